#!/usr/bin/env python3
"""kill -9 at random moments: nothing is lost and nothing is doubled.

A server runs one query of every kind that keeps state, and a stateless one, over topics that are already
full. It is killed again and again at seeded random moments and started again on the same data, until it
has been killed as often as asked for and has then come to the end. What every output topic holds must
equal, record for record, what an undisturbed run writes (results are not coalesced, so that they do not
depend on when commits happen), and the tables must hold the same rows.

Every second round has three partitions, and the server that is killed has two threads a query, the undisturbed
one has one. There rows of one source that have gone to another partition come in any order, so what
depends on that is left out.

usage: kill_test.py --sluice BIN --topic-tool BIN [--kills N] [--seed N] [--rows N] [--kafka HOST:PORT]
"""
import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

STATEMENTS = '''
CREATE STREAM orders (id STRING KEY, item STRING, amount BIGINT, price DOUBLE)
  WITH (KAFKA_TOPIC='{p}orders', VALUE_FORMAT='JSON');
CREATE TABLE items (item STRING PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='{p}items', VALUE_FORMAT='JSON');
CREATE STREAM payments (id STRING KEY, paid BIGINT) WITH (KAFKA_TOPIC='{p}payments', VALUE_FORMAT='JSON');
CREATE TABLE bought (id STRING PRIMARY KEY, item STRING, amount BIGINT)
  WITH (KAFKA_TOPIC='{p}orders', VALUE_FORMAT='JSON');
CREATE TABLE stock (item STRING PRIMARY KEY, pieces BIGINT) WITH (KAFKA_TOPIC='{p}stock', VALUE_FORMAT='JSON');
CREATE SOURCE TABLE names (item STRING PRIMARY KEY, name STRING) WITH (KAFKA_TOPIC='{p}items', VALUE_FORMAT='JSON');
CREATE STREAM large WITH (KAFKA_TOPIC='{p}large') AS
  SELECT id, item, amount * 2 AS doubled FROM orders WHERE amount > 50;
CREATE TABLE totals WITH (KAFKA_TOPIC='{p}totals') AS
  SELECT item, COUNT(*) AS n, SUM(amount) AS total, MAX(price) AS top FROM orders GROUP BY item;
CREATE TABLE minutes WITH (KAFKA_TOPIC='{p}minutes') AS
  SELECT item, COUNT(*) AS n FROM orders WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY item;
CREATE TABLE hops WITH (KAFKA_TOPIC='{p}hops') AS
  SELECT item, COUNT(*) AS n, LATEST_BY_OFFSET(id) AS id FROM orders
  WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 4 SECONDS, GRACE PERIOD 1 SECOND) GROUP BY item;
CREATE TABLE visits WITH (KAFKA_TOPIC='{p}visits') AS
  SELECT item, COUNT(*) AS n, COLLECT_LIST(amount) AS amounts FROM orders
  WINDOW SESSION (1 SECOND, GRACE PERIOD 1 SECOND) GROUP BY item;
CREATE TABLE finals WITH (KAFKA_TOPIC='{p}finals') AS
  SELECT item, SUM(amount) AS total FROM orders
  WINDOW HOPPING (SIZE 12 SECONDS, ADVANCE BY 4 SECONDS, GRACE PERIOD 1 SECOND) GROUP BY item EMIT FINAL;
CREATE TABLE amounts WITH (KAFKA_TOPIC='{p}amounts') AS
  SELECT item, COUNT(*) AS n, SUM(amount) AS total, COLLECT_LIST(id) AS ids FROM bought WHERE amount < 10
  GROUP BY item;
CREATE STREAM named WITH (KAFKA_TOPIC='{p}named') AS
  SELECT o.item AS item, o.id AS id, i.name AS name FROM orders o JOIN items i ON o.item = i.item;
CREATE STREAM settled WITH (KAFKA_TOPIC='{p}settled') AS
  SELECT o.id AS id, o.amount AS amount, p.paid AS paid FROM orders o
  JOIN payments p WITHIN 5 SECONDS GRACE PERIOD 5 SECONDS ON o.id = p.id;
CREATE STREAM open WITH (KAFKA_TOPIC='{p}open') AS
  SELECT ROWKEY AS id, o.amount AS amount, p.paid AS paid FROM orders o
  FULL OUTER JOIN payments p WITHIN (2 SECONDS, 5 SECONDS) GRACE PERIOD 1 SECOND ON o.id = p.id;
CREATE TABLE shelf WITH (KAFKA_TOPIC='{p}shelf') AS
  SELECT ROWKEY AS item, i.name AS name, s.pieces AS pieces FROM items i
  FULL OUTER JOIN stock s ON i.item = s.item;
CREATE TABLE what WITH (KAFKA_TOPIC='{p}what') AS
  SELECT b.id AS id, b.amount AS amount, i.name AS name FROM bought b LEFT JOIN items i ON b.item = i.item;
CREATE STREAM all_three WITH (KAFKA_TOPIC='{p}all_three') AS
  SELECT o.id AS id, p.paid AS paid, b.amount AS amount FROM orders o
  LEFT JOIN payments p WITHIN 5 SECONDS GRACE PERIOD 5 SECONDS ON o.id = p.id JOIN bought b ON o.id = b.id;
CREATE STREAM chain_1 WITH (KAFKA_TOPIC='{p}chain_1') AS
  SELECT id, item, amount FROM orders WHERE amount >= 30;
CREATE TABLE chain_2 WITH (KAFKA_TOPIC='{p}chain_2') AS
  SELECT item, COUNT(*) AS n, SUM(amount) AS total FROM chain_1 GROUP BY item;
CREATE TABLE chain_3 WITH (KAFKA_TOPIC='{p}chain_3') AS
  SELECT n / 10 AS tens, COUNT(*) AS items, SUM(total) AS total FROM chain_2 GROUP BY n / 10;
'''
# With a library of functions (docs/examples/udf/shop.c), whose aggregates keep states of their own.
EXTENSION_STATEMENTS = '''
CREATE TABLE shares WITH (KAFKA_TOPIC='{p}shares') AS
  SELECT item, PERCENT_TRUE(amount > 50) AS share, LONGEST(id, 3) AS longest FROM orders GROUP BY item;
CREATE TABLE shares_of_visits WITH (KAFKA_TOPIC='{p}shares_of_visits') AS
  SELECT item, PERCENT_TRUE(amount > 50) AS share FROM orders WINDOW SESSION (1 SECOND, GRACE PERIOD 1 SECOND) GROUP BY item;
CREATE TABLE shares_of_table WITH (KAFKA_TOPIC='{p}shares_of_table') AS
  SELECT item, PERCENT_TRUE(amount > 50) AS share FROM bought GROUP BY item;
'''
OUTPUTS = re.findall(r"WITH \(KAFKA_TOPIC='{p}(\w+)'\) AS", STATEMENTS)
QUERIES = len(OUTPUTS) + 1  # and the one that keeps the source table
TABLES = re.findall(r'CREATE (?:SOURCE )?TABLE (\w+) WITH \(KAFKA_TOPIC=\S+ AS|CREATE SOURCE TABLE (\w+)', STATEMENTS)
TABLES = [a or b for a, b in TABLES if a != 'visits']  # sessions past their retention may or may not be gone
SPREAD_OUTPUTS = ['large', 'named', 'settled', 'open', 'shelf', 'what', 'all_three', 'chain_1']
SPREAD_TABLES = ['totals', 'minutes', 'shelf', 'what', 'chain_2', 'chain_3', 'names']
PROPERTIES = ['ksql.streams.cache.max.bytes.buffering=0', 'ksql.streams.commit.interval.ms=3',
              'auto.offset.reset=earliest', 'sluice.changelog.bytes=20000']


class Cluster:
    """Where topics live: a data directory, or Kafka with a data directory for state."""

    def __init__(self, args, directory, prefix, partitions, threads):
        self.args, self.directory, self.prefix = args, directory, prefix
        self.partitions, self.threads = partitions, threads
        self.target = ['--kafka', args.kafka] if args.kafka else ['--log', os.path.join(directory, 'log')]
        os.makedirs(directory, exist_ok=True)

    def tool(self, command, topic, *more, text=None):
        done = subprocess.run([self.args.topic_tool, *self.target, command, self.prefix + topic, *more],
                              input=text, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self):
        """Starts a server; gives the process and the address it listens on."""
        command = [self.args.sluice, 'server', '--data-dir', self.directory, '--listen', '127.0.0.1:0',
                   '--service-id', self.prefix]
        if self.args.kafka:
            command += ['--kafka', self.args.kafka]
        if self.args.extension:
            command += ['--extension', self.args.extension]
        for p in PROPERTIES + [f'num.stream.threads={self.threads}']:
            command += ['--property', p]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log(), text=True)
        line = server.stdout.readline()
        port = re.search(r'port (\d+)', line)
        assert port, f'the server did not start: {line!r}\n' + open(os.path.join(self.directory, 'server.err')).read()
        return server, f'http://127.0.0.1:{port.group(1)}'

    def log(self):
        return open(os.path.join(self.directory, 'server.err'), 'a')

    def outputs(self):
        """Every output record without its offset (transaction markers take offsets on Kafka)."""
        found = {}
        for topic in OUTPUTS:
            lines = self.tool('dump', topic).splitlines()
            found[topic] = [tuple(f for i, f in enumerate(line.split('\t')) if i != 1) for line in lines]
        return found


def post(address, sql):
    request = urllib.request.Request(address + '/ksql', json.dumps({'ksql': sql}).encode())
    try:
        return urllib.request.urlopen(request, timeout=60).read()
    except urllib.error.HTTPError as e:
        raise AssertionError(e.read().decode())


def tables(address):
    """The rows of all tables."""
    found = {}
    for table in TABLES:
        body = json.dumps({'sql': f'SELECT * FROM {table};'}).encode()
        lines = urllib.request.urlopen(urllib.request.Request(address + '/query-stream', body), timeout=60).read()
        found[table] = sorted(lines.decode().splitlines()[1:])  # without the header, which has a query's id
    return found


def metric(address):
    """Lag of all queries, and what they have read and committed; what is not committed counts as lag."""
    text = urllib.request.urlopen(address + '/metrics', timeout=60).read().decode()
    lags = [int(v) for v in re.findall(r'^sluice_query_lag_records\{[^}]*\} (-?\d+)', text, re.M)]
    open_work = [int(v) for v in re.findall(r'^sluice_query_uncommitted\{[^}]*\} (\d+)', text, re.M)]
    done = re.findall(r'^sluice_query_(?:rows_in|commits)_total\{[^}]*\} (\d+)', text, re.M)
    return [lag + work for lag, work in zip(lags, open_work)], done


def fill(cluster, rows, seed):
    chance = random.Random(seed)
    # Outputs are not compacted, so that every record can be compared.
    for topic in ['orders', 'items', 'payments', 'stock'] + OUTPUTS:
        cluster.tool('create', topic, str(cluster.partitions))
    items, orders, payments, stock = [], [], [], []
    for i in range(50):
        items.append(f'item{i}\t{i + 1}\t{{"NAME":"name {i}"}}')
    for i in range(rows):
        at = 1000 + i * 20 + chance.randrange(-200, 200)
        item = f'item{chance.randrange(60)}'
        number = i if chance.random() < 0.9 else chance.randrange(i + 1)  # some orders are changed
        orders.append(f'o{number}\t{at}\t{{"ITEM":"{item}","AMOUNT":{chance.randrange(100)},"PRICE":{chance.random() * 10:.3f}}}')
        if chance.random() < 0.3:
            paid = at + chance.randrange(-6000, 6000)
            payments.append(f'o{max(0, i - chance.randrange(3))}\t{max(paid, 1)}\t{{"PAID":{chance.randrange(100)}}}')
        if chance.random() < 0.01:
            items.append(f'item{chance.randrange(60)}\t{at}\t{{"NAME":"renamed {i}"}}')
        if chance.random() < 0.02:
            pieces = '' if chance.random() < 0.2 else f'{{"PIECES":{chance.randrange(100)}}}'
            stock.append(f'item{chance.randrange(60)}\t{at}\t{pieces}')
    for topic, lines in (('items', items), ('orders', orders), ('payments', payments),
                         ('stock', stock)):
        cluster.tool('produce', topic, text='\n'.join(lines) + '\n')


def wait_until_done(address, wanted, quiet_s):
    """Until the queries have read and committed all there is: for so long nothing happens. A query hears of what another one
    has committed at once on the embedded log, and soon on Kafka."""
    last, since = None, time.monotonic()
    while True:
        now = metric(address)
        if now != last:
            last, since = now, time.monotonic()
        still_s, done = time.monotonic() - since, len(now[0]) == wanted and not any(now[0])
        if done and still_s >= quiet_s:
            return
        assert still_s < 120, f'the queries do not come to an end: {now}'
        time.sleep(0.1)


def stop(server):
    server.send_signal(signal.SIGTERM)
    assert server.wait(60) == 0


def run(args, root, number, kills, seed):
    chance = random.Random(seed)
    is_spread = number % 2 == 1
    partitions = 3 if is_spread else 1
    disturbed = Cluster(args, os.path.join(root, f'disturbed{number}'), f'd{os.getpid()}_{number}_', partitions, 2)
    calm = Cluster(args, os.path.join(root, f'calm{number}'), f'c{os.getpid()}_{number}_', partitions, 1)
    for cluster in (disturbed, calm):
        fill(cluster, args.rows, seed)
    server, address = calm.start()
    post(address, STATEMENTS.format(p=calm.prefix))
    wait_until_done(address, QUERIES, args.quiet_s)
    expected_rows = tables(address)
    stop(server)

    server, address = disturbed.start()
    post(address, STATEMENTS.format(p=disturbed.prefix))
    for kill in range(kills):
        time.sleep(chance.random() * args.longest_ms / 1000)
        server.send_signal(signal.SIGKILL)
        server.wait()
        server, address = disturbed.start()
    wait_until_done(address, QUERIES, args.quiet_s)
    found_rows = tables(address)
    stop(server)

    expected, found = calm.outputs(), disturbed.outputs()
    for topic in SPREAD_OUTPUTS if is_spread else OUTPUTS:
        assert expected[topic], f'{topic} is empty: the test would prove nothing'
        if expected[topic] == found[topic]:
            continue
        at = next((i for i, (a, b) in enumerate(zip(expected[topic], found[topic])) if a != b),
                  min(len(expected[topic]), len(found[topic])))
        raise AssertionError(
            f'seed {seed}: {topic} differs at record {at}: {len(expected[topic])} records expected, '
            f'{len(found[topic])} found\n  expected {expected[topic][at:at + 2]}\n  found    {found[topic][at:at + 2]}')
    for table in SPREAD_TABLES if is_spread else TABLES:
        assert expected_rows[table], f'{table} is empty: the test would prove nothing'
        assert expected_rows[table] == found_rows[table], f'seed {seed}: the rows of {table} differ'
    shutil.rmtree(disturbed.directory)
    shutil.rmtree(calm.directory)
    return sum(map(len, expected.values()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sluice', required=True)
    parser.add_argument('--topic-tool', required=True)
    parser.add_argument('--kills', type=int, default=200)
    parser.add_argument('--rounds', type=int, default=10, help='kills are spread over this many fresh starts')
    parser.add_argument('--rows', type=int, default=10000)
    parser.add_argument('--longest-ms', type=int, default=150, help='a kill comes within this time of a start')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--kafka')
    parser.add_argument('--quiet-s', type=float, default=0.5, help='queries that do nothing for so long are done')
    parser.add_argument('--extension', help='the library of docs/examples/udf/shop.c, for queries with its functions')
    args = parser.parse_args()
    if args.extension:
        global STATEMENTS, QUERIES
        STATEMENTS += EXTENSION_STATEMENTS
        QUERIES += 3
        OUTPUTS.extend(['shares', 'shares_of_visits', 'shares_of_table'])
    root = tempfile.mkdtemp(prefix='sluice-kill-')
    began = time.monotonic()
    for number in range(args.rounds):
        kills = args.kills // args.rounds + (number < args.kills % args.rounds)
        records = run(args, root, number, kills, args.seed * 1000 + number)
        print(f'round {number + 1}: {kills} kills, {records} output records equal', flush=True)
    shutil.rmtree(root)
    print(f'{args.kills} kills survived in {time.monotonic() - began:.0f} s')


if __name__ == '__main__':
    sys.exit(main())
