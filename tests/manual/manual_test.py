#!/usr/bin/env python3
"""The manual is true: its SQL runs, its generated pages are current, its links lead somewhere.

Blocks of ```sql in docs/ are in the language of sql-tests/README.md: `-->` lines below a statement are what it gives, `--!`
lines are what its error says. All blocks below one `## ` heading are one test, on an engine of its own. Text that is not to
be run stands in ```text blocks.

With --rewrite what happens is written into the pages as what is expected, and generated pages are made anew.

usage: manual_test.py --sluice BIN --docs DIR [--rewrite] [--match TEXT]
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

GENERATED = {'functions.md': 'functions', 'properties.md': 'properties'}
BLOCK = re.compile(r'^```sql\n(.*?)^```$', re.M | re.S)
HEADING = re.compile(r'^(#+) (.*)$', re.M)
LINK = re.compile(r'(?<!!)\[[^\]]*\]\(([^)\s]+)\)')
MARK = '-- block '


def read(path):
    with open(path) as file:
        return file.read()


def pages_of(docs):
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(docs) for name in names
                  if name.endswith('.md'))


def without_code(text):
    return re.sub(r'^```.*?^```$', '', text, flags=re.M | re.S)


# ---- SQL ----

def title_at(text, position):
    """The heading of level 1 or 2 that a place in a page is under."""
    title = ''
    for found in HEADING.finditer(text, 0, position):
        if len(found.group(1)) <= 2:
            title = found.group(2)
    return title


def document_of(text, name):
    """The page's SQL as one document of tests; `-- block N` says where each block came from."""
    out, last = [], None
    for number, block in enumerate(BLOCK.finditer(text)):
        title = title_at(text, block.start())
        if title != last:
            out.append(f'--@test: {name}: {title}\n')
            last = title
        out.append(f'{MARK}{number}\n{block.group(1)}')
    return ''.join(out)


def put_back(text, document):
    """The page with its blocks as they are in the document now."""
    bodies = {}
    for part in re.split(f'^{MARK}', document, flags=re.M)[1:]:
        number, body = part.split('\n', 1)
        bodies[int(number)] = re.split(r'^--@test: ', body, flags=re.M)[0]
    numbers = iter(range(len(bodies)))
    return BLOCK.sub(lambda block: f'```sql\n{bodies[next(numbers)]}```', text)


def check_sql(args, path):
    text, name = read(path), os.path.relpath(path, args.docs)
    document = document_of(text, name)
    if not document:
        return 0, ''
    with tempfile.NamedTemporaryFile('w+', suffix='.sql', prefix=name.replace('/', '_')[:-3] + '_') as file:
        file.write(document)
        file.flush()
        more = ['--rewrite'] if args.rewrite else []
        done = subprocess.run([args.sluice, 'test', *more, '--match', args.match, file.name], capture_output=True, text=True,
                              timeout=300)
        if args.rewrite:
            with open(path, 'w') as page:
                page.write(put_back(text, read(file.name)))
    passed = int(re.search(r'(\d+) passed', done.stdout).group(1))
    return passed, '' if done.returncode == 0 else done.stdout + done.stderr


# ---- pages ----

def check_generated(args, path):
    page = GENERATED.get(os.path.relpath(path, args.docs))
    if not page:
        return ''
    made = subprocess.run([args.sluice, 'manual', page], capture_output=True, text=True, timeout=60, check=True).stdout
    if args.rewrite:
        with open(path, 'w') as file:
            file.write(made)
    return '' if read(path) == made else f'{path} is not what `sluice manual {page}` prints: make docs\n'


def anchors_of(path):
    """As GitHub makes them."""
    found = set()
    for heading in HEADING.finditer(without_code(read(path))):
        text = re.sub(r'[^\w\- ]', '', heading.group(2).lower())
        found.add(text.replace(' ', '-'))
    return found


def check_links(path):
    wrong = ''
    for target in LINK.findall(without_code(read(path))):
        if re.match(r'[a-z]+:', target):
            continue
        file, _, anchor = target.partition('#')
        place = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
        if not os.path.exists(place):
            wrong += f'{path}: there is no {target}\n'
        elif anchor and place.endswith('.md') and anchor not in anchors_of(place):
            wrong += f'{path}: there is no heading for {target}\n'
    return wrong


def check_index(args, pages):
    """Every page can be reached from the index."""
    index = read(os.path.join(args.docs, 'README.md'))
    names = [os.path.relpath(path, args.docs) for path in pages]
    return ''.join(f'docs/README.md does not name {name}\n' for name in names
                   if name != 'README.md' and f'({name})' not in index)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--sluice', required=True)
    parser.add_argument('--docs', required=True)
    parser.add_argument('--rewrite', action='store_true')
    parser.add_argument('--match', default='')
    args = parser.parse_args()
    pages = pages_of(args.docs)
    passed, wrong = 0, ''
    for path in pages:
        wrong += check_generated(args, path)
        count, failed = check_sql(args, path)
        passed += count
        wrong += failed
    for path in pages:
        wrong += check_links(path)
    wrong += check_index(args, pages)
    print(wrong or f'{len(pages)} pages, {passed} examples')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
