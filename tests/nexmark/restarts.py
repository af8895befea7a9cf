"""Nexmark's queries on a server that is killed again and again: the results are those of an undisturbed run.

All queries of both tables below run at once over one topic, into topics, in small batches with a commit
every few milliseconds. The server is killed (-9) at seeded moments and started again on the same data; then
it comes to the end. Rows that are only added are in their topic once each; of the others the last row of
each key counts.
"""
import collections
import json
import pathlib
import random
import re
import sys
import time
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'oracle'))
import oracle  # noqa: E402

ADDED = ['q5', 'q7', 'q11', 'q20']
KEYED = {'q4': 'id', 'q9': 'id', 'q18': 'bidder, auction', 'q19': 'auction, rank_number'}
QUERIES = ADDED + list(KEYED)


def into_topic(name, sql):
    """The query with its sink in the topic out_NAME."""
    if name in KEYED:
        return re.sub(r"\s*\) WITH \(\s*'connector' = 'print'\s*\)", f",\n  PRIMARY KEY ({KEYED[name]}) NOT ENFORCED) WITH ("
                      f"'connector' = 'upsert-kafka', 'topic' = 'out_{name}', 'key.format' = 'json', 'value.format' = 'json')",
                      sql)
    return sql.replace("'connector' = 'print'", f"'connector' = 'kafka', 'topic' = 'out_{name}', 'format' = 'json'")


def columns_of(sql):
    declared = sql[sql.index('('):sql.index(') WITH')]
    return re.findall(r'`?(\w+)`?\s+(?:BIGINT|VARCHAR|TIMESTAMP)', declared)


def rows_of(name, sql, dump):
    """What is in the topic, as `print` would show it."""
    rows = {}
    for number, line in enumerate(dump):
        key, value = ([] if text == '-' else json.loads(bytes.fromhex(text)) for text in line.split('\t')[-2:])
        row = value or None
        if name not in KEYED:
            rows[number] = row
            continue
        columns = [column.strip(' `') for column in KEYED[name].split(',')]
        place = tuple(key[c] for c in columns) if isinstance(key, dict) else (key,)
        rows[place] = row and {**dict(zip(columns, place)), **row}
    return [', '.join(str(row[column]) for column in columns_of(sql)) for row in rows.values() if row is not None]


def run(args, events, partitions, source, queries, kills, seed):
    """{query: (its SQL, its rows)}. `queries`: {name: SQL}, with sinks that print."""
    chance = random.Random(seed)
    bench = oracle.Bench(args)
    statements = {name: into_topic(name, sql) for name, sql in queries.items()}
    try:
        bench.script([f'create nexmark {partitions}'] + [f'create out_{name} 2' for name in queries])
        bench.script([f'record nexmark\t{i}\t{i}\t{line.rstrip()}' for i, line in enumerate(events)])
        bench.start()
        properties = {'sluice.sql.dialect': 'flink', 'sluice.batch.rows': '500', 'ksql.streams.commit.interval.ms': '20'}
        for sql in [source, *statements.values()]:
            problem = bench.post(types.SimpleNamespace(sql=lambda sql=sql: sql, properties=properties))
            assert not problem, problem
        for _ in range(kills):
            time.sleep(chance.random() * 0.4)
            bench.kill()
            bench.start()
        bench.wait_until_done()
        bench.kill(15)
        parts = collections.defaultdict(list)
        for part in ('\n' + bench.script([f'export out_{name}' for name in queries])).split('\ntopic ')[1:]:
            name, _, body = part.partition('\n')
            parts[name] = body.splitlines()
        return {name: rows_of(name, sql, parts[f'out_{name}']) for name, sql in statements.items()}
    finally:
        bench.close()
