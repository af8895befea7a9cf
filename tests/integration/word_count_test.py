#!/usr/bin/env python3
"""Word count over a real text: every word's count equals what tr, sort and uniq give.

The statements are those of sql-tests/examples/word_count.sql. Each line of the text becomes a record;
`sluice run --to-end` processes them all, twice: first half of the text, then the rest, so that the counts also
survive an end and a new start.

usage: word_count_test.py --sluice BIN --topic-tool BIN [--text FILE] [--kafka HOST:PORT]
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENT = os.path.join(ROOT, 'sql-tests', 'examples', 'word_count.sql')
PIPELINE = "tr -cs 'A-Za-z' '\\n' | tr A-Z a-z | sort | uniq -c"


def statements(prefix):
    """What the document creates, with the input topic under a name of its own."""
    with open(DOCUMENT, encoding='utf-8') as document:
        created = re.findall(r'^CREATE .*?;', document.read(), re.M | re.S)
    assert len(created) == 3, f'{DOCUMENT} should create three things, not {len(created)}'
    text = '\n'.join(created)
    assert "KAFKA_TOPIC='lines'" in text
    return text.replace("KAFKA_TOPIC='lines'", f"KAFKA_TOPIC='{prefix}lines'")


def expected_counts(path):
    with open(path, 'rb') as text:
        listed = subprocess.run(['sh', '-c', PIPELINE], stdin=text, capture_output=True, check=True,
                                env={**os.environ, 'LC_ALL': 'C'}).stdout.decode()
    pairs = [line.split() for line in listed.splitlines()]
    return {pair[1]: int(pair[0]) for pair in pairs if len(pair) == 2}  # an empty line is no word


class Job:
    def __init__(self, args, directory):
        self.args, self.directory, self.prefix = args, directory, f'words{os.getpid()}_'
        self.target = ['--kafka', args.kafka] if args.kafka else ['--log', os.path.join(directory, 'log')]
        self.sql = os.path.join(directory, 'word_count.sql')
        with open(self.sql, 'w', encoding='utf-8') as file:
            file.write(statements(self.prefix))

    def tool(self, command, topic, *more, text=None):
        done = subprocess.run([self.args.topic_tool, *self.target, command, self.prefix + topic, *more],
                              input=text, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def produce(self, lines, first):
        """A record a line; the tool's fields are parted by tabs: no key, a time, the line."""
        self.tool('produce', 'lines', text=''.join(
            f'\t{1000 + number}\t{line}\n' for number, line in enumerate(lines, first)))

    def run(self, file):
        command = [self.args.sluice, 'run', '--to-end', '--data-dir', self.directory, '--service-id', self.prefix,
                   '--property', 'auto.offset.reset=earliest',
                   '--property', f'ksql.output.topic.name.prefix={self.prefix}']
        if self.args.kafka:
            command += ['--kafka', self.args.kafka]
        done = subprocess.run([*command, file], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    def counts(self):
        """The table that its topic describes: the last value of each key (8 bytes, big endian)."""
        found = {}
        for line in self.tool('dump', 'WORD_COUNTS').splitlines():
            _, _, _, key, value = line.split('\t')
            found[key] = number(value)
        return found


def number(dumped):
    r"""Of a BIGINT that the tool has dumped, with \xNN for bytes that are not printable."""
    raw = re.sub(rb'\\x([0-9a-f]{2})', lambda m: bytes([int(m.group(1), 16)]), dumped.encode())
    assert len(raw) == 8, f'not a BIGINT: {dumped!r}'
    return int.from_bytes(raw, 'big')


def test(args, directory):
    with open(args.text, encoding='utf-8') as text:
        lines = [line.replace('\t', ' ') for line in text.read().splitlines()]
    job = Job(args, directory)
    half = len(lines) // 2
    nothing = os.path.join(directory, 'nothing.sql')
    open(nothing, 'w', encoding='utf-8').close()
    job.tool('create', 'lines', '2')
    job.produce(lines[:half], 0)
    job.run(job.sql)
    job.produce(lines[half:], half)
    job.run(nothing)  # the queries are in the catalog
    expected, found = expected_counts(args.text), job.counts()
    wrong = sorted(word for word in expected.keys() | found.keys() if expected.get(word) != found.get(word))
    assert expected, f'{args.text} has no words: the test would prove nothing'
    assert not wrong, f'{len(wrong)} words differ, such as ' + ', '.join(
        f'{word!r}: {expected.get(word)} expected, {found.get(word)} found' for word in wrong[:5])
    print(f'{len(lines)} lines: {sum(expected.values())} words, {len(expected)} different ones, all counts equal')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sluice', required=True)
    parser.add_argument('--topic-tool', required=True)
    parser.add_argument('--text', default='/usr/share/common-licenses/GPL-3')
    parser.add_argument('--kafka', help='HOST:PORT of a broker, in place of the embedded log')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='sluice-words-') as directory:
        test(args, directory)


if __name__ == '__main__':
    sys.exit(main())
