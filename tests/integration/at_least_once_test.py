#!/usr/bin/env python3
"""kill -9 at random moments with processing.guarantee = at_least_once, on Kafka: nothing is lost.

A server is killed again and again while records come in, and started again on the same data. What it has written in the end is compared with what a few lines of Python find in the input:
- a stream that is filtered has every expected record at least as often as expected, and no other;
- MAX and MIN per key, with and without windows, are right, in the table and as the last record of each key in its
  topic, since taking a row twice does not change them;
- COUNT is not below the true one (rows between two commits may count twice: that is what this guarantee allows).

usage: at_least_once_test.py --sluice BIN --topic-tool BIN --kafka HOST:PORT [--kills N] [--seed N] [--rows N]
"""
import argparse
import collections
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import urllib.request

import kill_test

STATEMENTS = '''
CREATE STREAM orders (id STRING KEY, item STRING, amount BIGINT)
  WITH (KAFKA_TOPIC='{p}orders', VALUE_FORMAT='JSON');
CREATE STREAM large WITH (KAFKA_TOPIC='{p}large') AS
  SELECT id, item, amount * 2 AS doubled FROM orders WHERE amount > 50;
CREATE STREAM largest WITH (KAFKA_TOPIC='{p}largest') AS
  SELECT id, doubled FROM large WHERE doubled > 180;
CREATE TABLE bounds WITH (KAFKA_TOPIC='{p}bounds') AS
  SELECT item, MAX(amount) AS top, MIN(amount) AS low FROM orders GROUP BY item;
CREATE TABLE windows WITH (KAFKA_TOPIC='{p}windows') AS
  SELECT item, MAX(amount) AS top FROM orders WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY item;
CREATE TABLE counts WITH (KAFKA_TOPIC='{p}counts') AS
  SELECT item, COUNT(*) AS n FROM orders GROUP BY item;
'''
OUTPUTS = ('large', 'largest', 'bounds', 'windows', 'counts')
QUERIES = len(OUTPUTS)
WINDOW_MS = 10000


def make_orders(rows, seed):
    chance = random.Random(seed)
    return [(f'o{i}', 1000 + i * 20, f'item{chance.randrange(60)}', chance.randrange(100)) for i in range(rows)]


def append(cluster, orders):
    """Into the topic, while the server works."""
    lines = [f'{key}\t{at}\t{{"ITEM":"{item}","AMOUNT":{amount}}}' for key, at, item, amount in orders]
    appending = threading.Thread(target=cluster.tool, args=('produce', 'orders'), kwargs={'text': '\n'.join(lines) + '\n'})
    appending.start()
    return appending


def records(cluster, topic):
    """Key and value of each record; windowed keys are bytes that are not looked into."""
    lines = [line.split('\t') for line in cluster.tool('dump', topic).splitlines()]
    return [(line[-2], json.loads(line[-1])) for line in lines]


def pull(address, sql):
    request = urllib.request.Request(address + '/query-stream', json.dumps({'sql': sql}).encode())
    lines = urllib.request.urlopen(request, timeout=60).read().decode().splitlines()[1:]
    return [json.loads(line) for line in lines]


def check_stream(title, found, expected):
    """Every record at least as often as expected, and no other; gives how many came more often."""
    found, expected = collections.Counter(found), collections.Counter(expected)
    lost, foreign = expected - found, set(found) - set(expected)
    assert not lost, f'{title}: {len(lost)} records are lost, such as {next(iter(lost))}'
    assert not foreign, f'{title}: {len(foreign)} records should not be there, such as {next(iter(foreign))}'
    return sum((found - expected).values())


def check_tables(address, cluster, orders):
    amounts, windows = collections.defaultdict(list), collections.defaultdict(list)
    for _, at, item, amount in orders:
        amounts[item].append(amount)
        windows[item, at // WINDOW_MS * WINDOW_MS].append(amount)
    bounds = {item: [max(a), min(a)] for item, a in amounts.items()}
    found = {item: [top, low] for item, top, low in pull(address, 'SELECT item, top, low FROM bounds;')}
    assert found == bounds, 'MAX and MIN per key are wrong'
    last = {key: [value['TOP'], value['LOW']] for key, value in records(cluster, 'bounds')}
    assert last == bounds, 'the last records of MAX and MIN per key are wrong'
    found = {(item, start): top for item, start, top in pull(address, 'SELECT item, WINDOWSTART, top FROM windows;')}
    assert found == {window: max(a) for window, a in windows.items()}, 'MAX per window is wrong'
    counts = dict(pull(address, 'SELECT item, n FROM counts;'))
    assert set(counts) == set(amounts), 'COUNT has other keys'
    below = [item for item, n in counts.items() if n < len(amounts[item])]
    assert not below, f'COUNT of {below[0]} is {counts[below[0]]}, and {len(amounts[below[0]])} rows were there'
    return sum(counts.values()) - len(orders)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sluice', required=True)
    parser.add_argument('--topic-tool', required=True)
    parser.add_argument('--kafka', required=True)
    parser.add_argument('--kills', type=int, default=10)
    parser.add_argument('--rows', type=int, default=20000)
    parser.add_argument('--longest-ms', type=int, default=800, help='a kill comes within this time of a start')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--quiet-s', type=float, default=1)
    args = parser.parse_args()
    args.extension = None
    began, chance = time.monotonic(), random.Random(args.seed)
    kill_test.PROPERTIES = ['ksql.streams.commit.interval.ms=300', 'auto.offset.reset=earliest',
                            'processing.guarantee=at_least_once']
    root = tempfile.mkdtemp(prefix='sluice-at-least-once-')
    cluster = kill_test.Cluster(args, root, f'a{os.getpid()}_', partitions=1, threads=1)
    orders = make_orders(args.rows // args.kills * args.kills, args.seed)
    for topic in ('orders', *OUTPUTS):
        cluster.tool('create', topic, '1')
    server, address = cluster.start()
    kill_test.post(address, STATEMENTS.format(p=cluster.prefix))
    share = args.rows // args.kills
    for kill in range(args.kills):
        appending = append(cluster, orders[kill * share:(kill + 1) * share])
        time.sleep(chance.random() * args.longest_ms / 1000)
        server.send_signal(signal.SIGKILL)
        server.wait()
        appending.join()
        server, address = cluster.start()
    kill_test.wait_until_done(address, QUERIES, args.quiet_s)
    counted_twice = check_tables(address, cluster, orders)
    large = [(key, item, amount * 2) for key, _, item, amount in orders if amount > 50]
    doubles = check_stream('large', [(key, v['ITEM'], v['DOUBLED']) for key, v in records(cluster, 'large')], large)
    doubles += check_stream('largest', [(key, v['DOUBLED']) for key, v in records(cluster, 'largest')],
                            [(key, doubled) for key, _, doubled in large if doubled > 180])
    kill_test.stop(server)
    shutil.rmtree(root)
    print(f'{args.kills} kills at least once: nothing lost, {doubles} records doubled, {counted_twice} rows counted twice, '
          f'{time.monotonic() - began:.0f} s')


if __name__ == '__main__':
    sys.exit(main())
