#!/usr/bin/env python3
"""Libraries of functions as a server meets them.

What is wrong with a library is one line that names it and says what to do, and the server runs
without its functions; a directory is loaded in the order of names; `ext` in the data directory is
taken by itself; the line of the manual that compiles a library works; and DESCRIBE FUNCTION says
where a function is from. (kill_test.py --extension proves that states of aggregates are exact.)

usage: extension_test.py --sluice BIN --libraries DIR --source DIR
"""
import argparse
import os
import shutil
import subprocess
import tempfile

REFUSED = {
    'newer': 'it was built with version 2 of sluice/udf.h, and this engine knows versions up to 1',
    'unversioned': 'use SLUICE_LIBRARY',
    'empty': 'it has no functions',
    'no_entry': 'it declares no functions: SLUICE_LIBRARY is missing',
    'built_in_name': 'UCASE: there is a function of that name already, built in',
    'same_signature': 'GOOD_ONE: it comes twice with the signature () -> BIGINT',
    'bad_signature': "BAD: the signature \"(VARCHR) -> BIGINT\" cannot be read: there is no type 'VARCHR'",
    'open_result': 'BAD: no argument says what T is',
    'open_decimal': 'BAD: no argument says how many digits its DECIMAL has: write DECIMAL(10, 2)',
    'open_struct': 'BAD: a STRUCT in a result or state needs its fields',
    'lambda': "BAD: lambdas and units cannot be parameters of a library's function",
    'bad_name': "'two words' cannot be a function's name",
    'no_run': 'BAD: it has no `run`',
    'no_state': 'BAD: an aggregate function needs `step` and `state`',
    'other_state': 'BAD: without `result` the state is the result, and their types differ',
    'no_summary': 'BAD: it has no summary',
}


def run(args, sql, *options, log='warn'):
    """Runs SQL in a process of its own; gives its exit status, rows and log."""
    with tempfile.NamedTemporaryFile('w', suffix='.sql') as file:
        file.write(sql)
        file.flush()
        done = subprocess.run([args.sluice, 'run', '--to-end', *options, file.name], capture_output=True, text=True,
                              timeout=120, env={**os.environ, 'SLUICE_LOG': log})
    return done.returncode, done.stdout, done.stderr


def check_refusals(args):
    for name, why in REFUSED.items():
        path = os.path.join(args.libraries, 'refused', name + '.so')
        status, _, log = run(args, 'SHOW STREAMS;', '--extension', path)
        lines = [line for line in log.splitlines() if 'No functions are loaded' in line]
        assert status == 0, (name, log)
        assert len(lines) == 1 and path in lines[0] and why in lines[0], (name, log)
        status, _, log = run(args, 'DESCRIBE FUNCTION good_one;', '--extension', path)
        assert status == 1 and "There is no function named 'GOOD_ONE'" in log, (name, log)


def check_not_libraries(args, directory):
    text = os.path.join(directory, 'text.so')
    with open(text, 'w') as file:
        file.write('not a library')
    status, _, log = run(args, 'SHOW STREAMS;', '--extension', text)
    assert status == 0 and f'{text}: it cannot be loaded as a shared library' in log, log
    gone = os.path.join(directory, 'gone.so')
    status, _, log = run(args, 'SHOW STREAMS;', '--extension', gone)
    assert status == 0 and f'{gone}: No such file or directory' in log, log
    status, _, log = run(args, 'SHOW STREAMS;', '--property', f'ksql.extension.dir={gone}')
    assert status == 0 and f'{gone}: No such file or directory' in log, log


def check_directory(args, directory):
    """A library beside a broken one is loaded; the second with the same names is not."""
    for name, source in (('a.so', 'good/shop.so'), ('b.so', 'good/shop.so'), ('c.so', 'refused/newer.so')):
        shutil.copy(os.path.join(args.libraries, source), os.path.join(directory, name))
    with open(os.path.join(directory, 'readme.txt'), 'w') as file:
        file.write('only files that end in .so are libraries')
    sql = '''CREATE STREAM s (id INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
             INSERT INTO s VALUES (1, 1); SELECT TAXED(1.00, 7) FROM s EMIT CHANGES LIMIT 1;'''
    status, rows, log = run(args, sql, '--extension', directory)
    assert status == 0 and '1.07' in rows, log
    assert 'b.so: TAXED: there is a function of that name already, from ' in log, log
    assert 'a.so' in log.split('already, from ')[1].splitlines()[0] and 'c.so: it was built with' in log, log
    status, rows, log = run(args, sql, '--property', f'ksql.extension.dir={directory}')
    assert status == 0 and '1.07' in rows, log


def check_data_directory(args, directory):
    """What the manual shows: its small library in `ext` in the data directory, and the example compiled."""
    data = os.path.join(directory, 'data')
    ext = os.path.join(data, 'ext')
    os.makedirs(ext)
    with open(os.path.join(args.source, 'docs/user-defined-functions.md')) as file:
        lines = file.read().splitlines()
    first = lines.index('`twice.c`:') + 2
    last = next(i for i, line in enumerate(lines) if i > first and line.startswith('Compile it'))
    with open(os.path.join(directory, 'twice.c'), 'w') as file:
        file.write('\n'.join(line[4:] for line in lines[first:last]))
    twice, shop = [line.strip() for line in lines if line.startswith('    cc -shared')]
    os.symlink(os.path.join(os.path.abspath(args.source), 'include'), os.path.join(directory, 'include'))
    subprocess.run(twice, shell=True, check=True, cwd=directory)
    shutil.move(os.path.join(directory, 'twice.so'), ext)
    subprocess.run(shop, shell=True, check=True, cwd=args.source, env={**os.environ, 'OUT': ext})
    status, _, log = run(args, 'DESCRIBE FUNCTION taxed; DESCRIBE FUNCTION twice;', '--data-dir', data, log='info')
    assert status == 0 and 'shop.so: 6 functions' in log and 'twice.so: 1 function\n' in log, log


def check_description(args):
    library = os.path.join(args.libraries, 'good', 'shop.so')
    shown = subprocess.run([args.sluice, 'sql', '--embedded', '--extension', library, '-e', 'DESCRIBE FUNCTION taxed;'],
                           capture_output=True, text=True, timeout=120).stdout
    for part in ('TAXED', 'A price with so many percent of tax on top.', library, 'The manual', '1.0',
                 'TAXED(DECIMAL(10, 2), INT) -> DECIMAL(12, 2)', 'TAXED(19.90, 7) = 21.29'):
        assert part in shown, (part, shown)


def check_versions(args, directory):
    """A query waits for its library; it goes on where it was, and never with a state of another type."""
    counted, changed = [os.path.join(args.libraries, 'other', f'{name}.so') for name in ('counted', 'counted_changed')]
    data = os.path.join(directory, 'data')
    insert = "INSERT INTO s VALUES (1, 5);"
    ask = insert + 'SELECT n FROM t WHERE id = 1;'
    status, _, log = run(args, """CREATE STREAM s (id INT KEY, n BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=1);
        CREATE TABLE t AS SELECT id, COUNTED(n) AS n FROM s GROUP BY id;""" + insert, '--data-dir', data, '--extension', counted)
    assert status == 0, log
    status, _, log = run(args, 'SHOW QUERIES;', '--data-dir', data)
    assert status == 0 and "cannot be started: There is no function called 'COUNTED'" in log, log
    status, rows, log = run(args, ask, '--data-dir', data, '--extension', counted)
    assert status == 0 and rows.split() == ['[2]'], (rows, log)
    status, rows, log = run(args, ask, '--data-dir', data, '--extension', changed)
    assert status == 1 and 'laid out by another plan' in log and '[' not in rows, (rows, log)
    status, rows, log = run(args, ask, '--data-dir', data, '--extension', counted)
    assert status == 0 and rows.split() == ['[4]'], (rows, log)


def main():
    parser = argparse.ArgumentParser()
    for name in ('--sluice', '--libraries', '--source'):
        parser.add_argument(name, required=True)
    args = parser.parse_args()
    check_refusals(args)
    for check in (check_not_libraries, check_directory, check_data_directory, check_versions):
        with tempfile.TemporaryDirectory() as directory:
            check(args, directory)
    check_description(args)
    print(f'{len(REFUSED) + 4} refusals and a library by every way in')


if __name__ == '__main__':
    main()
