#!/usr/bin/env python3
"""State is bounded by windows, not by the time a query has run.

Hours of event time go through windows of every kind, final results, and joins of streams, in as many
parts as there are hours. After each part it is asked of the state itself how many entries its databases
have and how large its file is: what is left must be about the windows that are still open or retained,
and the file must not grow after the first hours.

usage: bounded_state_test.py --sluice BIN --topic-tool BIN --state-tool BIN [--hours N] [--step-ms N]
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

from kill_test import metric, post, stop

KEYS = 20
SOURCES = '''
CREATE STREAM a (k STRING KEY, v BIGINT) WITH (KAFKA_TOPIC='a', VALUE_FORMAT='JSON');
CREATE STREAM b (k STRING KEY, v BIGINT) WITH (KAFKA_TOPIC='b', VALUE_FORMAT='JSON');
'''
WINDOW = 'GRACE PERIOD 10 SECONDS'
QUERIES = {
    'tumbling': ('TABLE', 'SELECT k, COUNT(*) AS n FROM a WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 3 MINUTES, '
                 f'{WINDOW}) GROUP BY k'),
    'hopping': ('TABLE', 'SELECT k, COUNT(*) AS n FROM a WINDOW HOPPING (SIZE 1 MINUTE, ADVANCE BY 20 SECONDS, '
                f'RETENTION 3 MINUTES, {WINDOW}) GROUP BY k'),
    'sessions': ('TABLE', f'SELECT k, COUNT(*) AS n FROM a WINDOW SESSION (3 SECONDS, {WINDOW}) GROUP BY k'),
    'finals': ('TABLE', 'SELECT k, COUNT(*) AS n FROM a WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 3 MINUTES, '
               f'{WINDOW}) GROUP BY k EMIT FINAL'),
    'final_sessions': ('TABLE', f'SELECT k, COUNT(*) AS n FROM a WINDOW SESSION (3 SECONDS, {WINDOW}) GROUP BY k EMIT FINAL'),
    'inner_join': ('STREAM', 'SELECT a.k AS k, a.v AS av, b.v AS bv FROM a JOIN b WITHIN 20 SECONDS '
                   f'{WINDOW} ON a.k = b.k'),
    'outer_join': ('STREAM', 'SELECT ROWKEY AS k, a.v AS av, b.v AS bv FROM a FULL OUTER JOIN b WITHIN 20 SECONDS '
                   f'{WINDOW} ON a.k = b.k'),
}
KEPT_MINUTES = 4  # the retention, and the window that is open


def statements():
    made = [f"CREATE {kind} {name} WITH (KAFKA_TOPIC='{name}') AS {select};" for name, (kind, select) in QUERIES.items()]
    return SOURCES + '\n'.join(made)


def records(topic, hour, step_ms, chance):
    lines = []
    for at in range(hour * 3_600_000, (hour + 1) * 3_600_000, step_ms):
        late = chance.randrange(12_000) if chance.random() < 0.1 else 0
        # Joined keys are few, so that most rows of the other stream wait for their window to close.
        key = chance.randrange(KEYS) if topic == 'a' else KEYS // 2 + chance.randrange(KEYS)
        lines.append(f'record {topic}\tk{key}\t{max(0, at - late)}\t{{"V":{at % 1000}}}')
    return lines


def script(args, directory, lines):
    command = [args.topic_tool, '--log', os.path.join(directory, 'log'), 'script', '-']
    done = subprocess.run(command, input='\n'.join(lines) + '\n', capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def start(args, directory):
    command = [args.sluice, 'server', '--data-dir', directory, '--listen', '127.0.0.1:0', '--property',
               'auto.offset.reset=earliest', '--property', 'ksql.streams.commit.interval.ms=20']
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    port = re.search(r'port (\d+)', server.stdout.readline())
    assert port, 'the server did not start'
    return server, f'http://127.0.0.1:{port.group(1)}'


def wait_until_done(address):
    last, since = None, time.monotonic()
    while True:
        now = metric(address)
        if now != last:
            last, since = now, time.monotonic()
        still_s, done = time.monotonic() - since, len(now[0]) == len(QUERIES) and not any(now[0])
        if done and still_s >= 0.3:
            return
        assert still_s < 120, f'the queries do not come to an end: {now}'
        time.sleep(0.1)


def state(args, directory):
    """Of each query: entries of all its databases, and the size of its file."""
    found = {}
    for query in sorted(os.listdir(os.path.join(directory, 'state'))):
        place = os.path.join(directory, 'state', query)
        done = subprocess.run([args.state_tool, place], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        databases = {line.split('\t')[0]: int(line.split('\t')[1]) for line in done.stdout.splitlines()}
        name = next(n for n in sorted(QUERIES, key=len, reverse=True) if f'_{n.upper()}_' in query + '_')
        found[name] = (databases, os.path.getsize(os.path.join(place, 'data.mdb')))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sluice', required=True)
    parser.add_argument('--topic-tool', required=True)
    parser.add_argument('--state-tool', required=True)
    parser.add_argument('--hours', type=int, default=10)
    parser.add_argument('--step-ms', type=int, default=400, help='event time between rows')
    parser.add_argument('--verbose', action='store_true')
    args = parser.parse_args()
    began, chance = time.monotonic(), random.Random(1)
    directory = tempfile.mkdtemp(prefix='sluice-bounded-')
    script(args, directory, [f'create {t} 1' for t in ['a', 'b', *QUERIES]])
    history = []
    for hour in range(args.hours):
        script(args, directory, records('a', hour, args.step_ms, chance) + records('b', hour, args.step_ms, chance))
        server, address = start(args, directory)
        if hour == 0:
            post(address, statements())
        wait_until_done(address)
        history.append(state(args, directory))
        stop(server)
        if args.verbose:
            print(f'{hour + 1} h', {n: (sum(d.values()), size) for n, (d, size) in history[-1].items()}, flush=True)
            print('   ', history[-1])
    # A window has an entry in the aggregate's store and one in the table, final results one more; a session has its
    # age besides. A row of a join is kept for the window each way and the grace period, and may wait besides. Twice as
    # much is allowed, because what has expired leaves some rows at a time.
    per_minute, windows = 60_000 // args.step_ms, KEYS * KEPT_MINUTES
    most = {'tumbling': 2 * 2 * windows, 'hopping': 2 * 2 * 3 * windows, 'finals': 2 * 3 * windows,
            'sessions': 2 * 3 * per_minute, 'final_sessions': 2 * 4 * per_minute,
            'inner_join': 2 * 2 * per_minute, 'outer_join': 2 * 3 * per_minute}
    for hour, found in enumerate(history):
        for name, (databases, size) in found.items():
            entries = sum(databases.values())
            assert entries <= most[name], f'{name} keeps {entries} entries, more than {most[name]}, after {hour + 1} h: {databases}'
    for name in QUERIES:
        early = max(size for found in history[:3] for size in [found[name][1]])
        late = history[-1][name][1]
        assert late <= early * 1.25 + 65536, f'the state of {name} grew from {early} to {late} bytes'
    shutil.rmtree(directory)
    rows = 2 * args.hours * 3_600_000 // args.step_ms
    print(f'{args.hours} hours of event time, {rows} rows: '
          + ', '.join(f'{n} {sum(d.values())} entries, {size // 1024} KB' for n, (d, size) in history[-1].items())
          + f'; {time.monotonic() - began:.0f} s')


if __name__ == '__main__':
    sys.exit(main())
