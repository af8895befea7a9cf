"""Seeded random cases of Flink's SQL: tables, what is in their topics, a query, where its rows go, and the
model's answer.

Tables are `kafka` (rows are added) or `upsert-kafka` (rows replace those of their key, and are deleted).
Their rows come out of order, but not late for the watermark unless the shape wants them late. A bounded
table ends, and with it all windows; in an unbounded one a last row in each partition, far in the future,
moves the watermark past all others.

The query's rows go to one of these, and what counts is what is left when all changes are added up:

  print   every change is looked at: only what has been given is taken back
  kafka   for queries that only ever add rows: every row once, whatever was killed
  upsert  for queries with a key: the last row of each key, in an upsert-kafka topic
  bag     how often each row is there, counted by the engine, in an upsert-kafka topic
"""
import collections
import datetime
import json
import random

import encoding
import flink_model as model
from case import Topic

START_MS = 1_704_067_200_000  # 2024-01-01 00:00:00
FAR_MS = START_MS + 86_400_000
KEYS = ['k1', 'k1', 'k1', 'k2', 'k2', 'k3', 'k4']
EPOCH = datetime.datetime(1970, 1, 1)


def timestamp(ms):
    return (EPOCH + datetime.timedelta(milliseconds=ms)).isoformat(' ', 'milliseconds')


def milliseconds(text):
    return round((datetime.datetime.fromisoformat(text) - EPOCH).total_seconds() * 1000)


class Table(Topic):
    """`records`: (topic key, row or None, record's time)."""

    def __init__(self, case, name, kind):
        super().__init__(f'{case.name}_{name}', key='string')
        self.kind, self.case = kind, case
        self.partitions = case.chance.choice(case.partition_choices)
        self.delay_ms = case.chance.choice([0, 1000, 2000, 5000])
        self.ends = self.closing_rows()
        self.fill()

    def ddl(self):
        columns = 'id BIGINT, k STRING, g STRING, v BIGINT, xs ARRAY<BIGINT>, ts TIMESTAMP(3)'
        options = f"'connector' = '{self.kind}', 'topic' = '{self.name}'"
        if self.kind == 'upsert-kafka':
            columns += ', PRIMARY KEY (k) NOT ENFORCED'
            options += ", 'key.format' = 'raw', 'value.format' = 'json'"
        else:
            options += ", 'format' = 'json', 'scan.startup.mode' = 'earliest-offset'"
        if self.case.bounded:
            options += ", 'scan.bounded.mode' = 'latest-offset'"
        return (f"CREATE TABLE {self.name} ({columns}, WATERMARK FOR ts AS ts - INTERVAL '{self.delay_ms // 1000}' SECOND) "
                f"WITH ({options});")

    # ---- what is in it ----

    def partition_of(self, key):
        return encoding.partition_of(key.encode(), self.partitions)

    def key_in(self, partition, prefix):
        return next(key for key in (f'{prefix}{i}' for i in range(1000)) if self.partition_of(key) == partition)

    def closing_rows(self):
        if self.case.bounded:
            return []
        rows = []
        for partition in range(self.partitions):
            key = self.key_in(partition, 'end')
            row_key = key if self.kind == 'upsert-kafka' else None
            rows.append((key, model.Row(-1 - partition, row_key, None, None, None, FAR_MS + partition), START_MS))
        return rows

    def fill(self):
        """Times go on by a few seconds a row; each row may be as far behind as the watermark allows."""
        chance = self.case.chance
        now, latest, used = START_MS, {}, set()
        for number in range(chance.randrange(self.case.most_rows + 1)):
            now += chance.choice([0, 250, 500, 1000, 1000, 2000, 7000])
            key = chance.choice(KEYS)
            nothing = self.kind == 'kafka' and chance.random() < 0.08
            topic_key = key if self.kind == 'upsert-kafka' else f'p{number}'
            partition = self.partition_of(topic_key)
            if self.kind == 'upsert-kafka' and self.case.tombstones and chance.random() < 0.2:
                self.records.append((topic_key, None, START_MS + number))
                continue
            behind = latest.get(partition, now) - self.delay_ms  # the watermark
            # (Closer, and whether a session that ends here takes it in depends on when the watermark comes.)
            time = max(now - chance.choice([0, 0, 0, 1000, 3000]), behind + 2)
            if self.case.late and chance.random() < 0.3:
                time = now - chance.choice([self.delay_ms, chance.randrange(20_000)])
            while self.case.unique_times and time in used:
                time += 1
            used.add(time)
            latest[partition] = max(latest.get(partition, 0), time)
            row = model.Row(number, None if nothing else key, chance.choice(['a', 'a', 'b', 'c', None]),
                            chance.choice([None] + list(range(-5, 10))),
                            chance.choice([None, [], [1], [2, 2], [3, None, 1]]), time)
            self.records.append((topic_key, row, START_MS + number))
        self.first_phase = len(self.records)

    # ---- what the model sees ----

    def records_of(self, phase):
        if phase == 0:
            records = self.records[:self.first_phase]
            return records + (self.ends if self.first_phase == len(self.records) else [])
        return self.records[self.first_phase:] + self.ends if self.first_phase < len(self.records) else []

    def all_records(self):
        return self.records + self.ends

    def arrivals(self):
        """Rows of a kafka table, each with the watermark of its partition in front of it."""
        watermarks, found = collections.defaultdict(lambda: -model.FOREVER), []
        for key, row, _ in self.all_records():
            partition = self.partition_of(key)
            found.append(model.Arrival(row, watermarks[partition]))
            watermarks[partition] = max(watermarks[partition], row.ts - self.delay_ms)
        return found

    def rows(self):
        if self.kind == 'kafka':
            return [row for _, row, _ in self.all_records()]
        return model.last_rows((key, row) for key, row, _ in self.all_records())

    def versions(self):
        return [row for _, row, _ in self.all_records()]

    def until(self):
        """The table's last watermark."""
        return model.FOREVER if self.case.bounded else FAR_MS - self.delay_ms

    def fill_lines(self, phase):
        for key, row, at in self.records_of(phase):
            yield f'record {self.name}\t{key}\t{at}\t{FlinkCase.value_text(row)}'


class FlinkCase:
    """One seed; has what oracle.py wants of a case."""
    is_flink = True

    def __init__(self, seed, shape, build_shape, mode):
        self.seed, self.shape, self.mode = seed, shape, mode
        self.chance = random.Random(f'flink {seed} {mode}')
        self.name = f's{seed}'
        self.partitions = 1
        self.partition_choices = [1, 1, 1, 2, 3, 4]
        self.bounded = mode != 'restart' and self.chance.random() < 0.6
        self.tombstones = True
        self.late = self.unique_times = False
        self.most_rows = self.chance.choice([5, 20, 40, 80])
        self.batch_rows = self.chance.choice([1, 2, 3, 7, 4096])
        self.mini_batch = {'enabled': 'false'}
        if self.chance.random() < 0.5:
            self.mini_batch = {'enabled': 'true', 'size': self.chance.choice([1, 2, 3, 10, 1000]),
                               'allow-latency': self.chance.choice(['2 ms', '10 ms'])}
        self.inputs, self.outputs, self.views = [], [], []
        self.query = build_shape(self)
        keyed = self.query.key and not self.query.appends
        sinks = (['bag'] + ['print', 'print'] * (mode != 'kill') + ['kafka'] * self.query.appends + ['upsert', 'upsert'] * bool(keyed))
        self.sink = self.chance.choice(sinks)
        if self.sink == 'upsert':
            self.query = self.query.with_key()
        if self.sink != 'print':
            self.outputs = [Topic(f'{self.name}_o')]
        self.properties = {
            'sluice.sql.dialect': 'flink',
            'sluice.batch.rows': str(self.batch_rows),
            'ksql.streams.commit.interval.ms': str(self.chance.choice([1, 3, 20, 50]))}
        self.properties['ksql.streams.num.stream.threads'] = str(self.chance.choice([1, 2, 3]))

    def rows_late(self):
        """With a watermark behind each row, so that it is known which ones are late."""
        self.late, self.batch_rows, self.partition_choices = True, 1, [1]

    def table(self, kind='kafka'):
        """A table of the case: mostly a new one."""
        same = [t for t in self.inputs if t.kind == kind]
        if same and self.chance.random() < 0.3:
            return self.chance.choice(same)
        self.inputs.append(Table(self, 'abcdefgh'[len(self.inputs)], kind))
        return self.inputs[-1]

    @staticmethod
    def partitions_of(topic):
        return topic.partitions or 1

    @staticmethod
    def value_text(row):
        return encoding.encode_value(row and {**row._asdict(), 'ts': timestamp(row.ts)})

    # ---- statements ----

    def sql(self):
        columns = self.query.columns
        types = {'n': 'BIGINT', 's': 'STRING', 't': 'TIMESTAMP(3)'}
        declared = ', '.join(f'{name} {types[kind]}' for name, kind in columns)
        out = f'{self.name}_o'
        if self.sink == 'bag':
            parts = ', '.join(f"COALESCE(CAST({name} AS STRING), '~')" for name, _ in columns)
            select = (f"SELECT line, COUNT(*) FROM (SELECT CONCAT_WS('|', {parts}) AS line FROM ({self.query.sql})) "
                      'GROUP BY line')
            sink = (f"(line STRING, n BIGINT, PRIMARY KEY (line) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', "
                    f"'topic' = '{out}', 'key.format' = 'raw', 'value.format' = 'json')")
        else:
            select = self.query.sql
            sink = f"({declared}) WITH ('connector' = 'print', 'print-identifier' = '{self.name}')"
            if self.sink == 'upsert':
                sink = (f"({declared}, PRIMARY KEY ({', '.join(self.query.key)}) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', "
                        f"'topic' = '{out}', 'key.format' = 'json', 'value.format' = 'json')")
            if self.sink == 'kafka':
                sink = f"({declared}) WITH ('connector' = 'kafka', 'topic' = '{out}', 'format' = 'json')"
        settings = [f"SET 'table.exec.mini-batch.{name}' = '{value}';" for name, value in self.mini_batch.items()]
        return '\n'.join(settings + [t.ddl() for t in self.inputs] + self.views
                         + [f'CREATE TABLE {out} {sink};', f'INSERT INTO {out} {select};'])

    # ---- what came, and what must ----

    def found(self, dump, printed):
        """The rows that are left, as texts; or a text that says what is wrong."""
        left = collections.Counter()
        if self.sink == 'print':
            for line in printed:
                sign, row = line[0], tuple(line[3:-1].split(', '))
                left[row] += 1 if sign == '+' else -1
                if sign == '-' and self.query.appends:
                    return f'{line}: the query only adds rows'
                if left[row] < 0:
                    return f'{line}: it takes back what is not there'
        last = {}
        for line in dump:
            _, _, _, key, value = line.split('\t', 4)
            if self.sink == 'upsert':
                last[key] = encoding.decode_value(value)
                continue
            if self.sink == 'bag':
                row = tuple(encoding.decode_bytes(key).decode().split('|'))
                left[row] = encoding.decode_value(value)['n'] if value else 0
            else:
                value = encoding.decode_value(value)
                left[tuple(str(value[name]) for name, _ in self.query.columns)] += 1
        left.update(tuple(str(row[name]) for name, _ in self.query.columns) for row in last.values() if row)
        return sorted(tuple(self.read(cell, kind) for cell, (_, kind) in zip(row, self.query.columns))
                      for row in left.elements())

    @staticmethod
    def read(cell, kind):
        """A cell in one way of writing, whatever the sink's."""
        if cell in ('null', 'None', '~'):
            return '~'
        return timestamp(milliseconds(cell)) if kind == 't' else cell

    def wanted(self):
        return sorted(tuple('~' if cell is None else timestamp(cell) if kind == 't' else str(cell)
                            for cell, (_, kind) in zip(row, self.query.columns)) for row in self.query.rows())
