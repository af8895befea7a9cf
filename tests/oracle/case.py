"""Seeded random cases: a query shape, its SQL, its inputs, and the model that says what must come out."""
import random
import re

import encoding
import functions
import model

SOURCE_COLUMNS = 'g STRING, v BIGINT, d DOUBLE'
KEYS = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8']


class Topic:
    """An input or an output. `compare` says what of an output is determined:

    records  every record of a partition, in order
    keys     the records of each key, in order
    bag      which records there are
    state    what the table holds in the end: each key's row and its time
    rows     the same without times (they depend on which input came first)
    """

    def __init__(self, name, records=(), key='string', window=None, is_table=False, compare=None):
        self.name, self.records, self.is_table = name, list(records), is_table
        self.key, self.window = key, window  # window: None, size of time windows, or 'session'
        self.compare = compare
        self.partitions = None  # None: as many as the case has
        self.first_phase = len(self.records)  # how many are there before the restart
        self.feeds = []  # the numbers of the sources that read it


class Case:
    """One seed: statements, their properties, inputs, and outputs with the model's `expected` records."""

    is_flink = False

    def __init__(self, seed, shape, build_shape):
        self.seed, self.shape = seed, shape
        self.chance = random.Random(seed)
        self.name = f's{seed}'
        self.partitions = 1 if self.chance.random() < 0.75 else self.chance.choice([2, 3])
        self.inputs, self.outputs, self.statements = [], [], []
        self.one_model = False  # one model for all partitions: rows change their partition on the way
        self.properties = {
            'auto.offset.reset': 'earliest',
            'ksql.streams.commit.interval.ms': str(self.chance.choice([1, 3, 20, 50])),
        }
        batch_rows = self.chance.choice([1, 2, 3, 7, 4096, None])
        if batch_rows:  # else it may share the reading of its topic
            self.properties['sluice.batch.rows'] = str(batch_rows)
        self.per_row = self.chance.random() < 0.75
        build_shape(self)
        if self.per_row:
            self.properties['ksql.streams.cache.max.bytes.buffering'] = '0'
        self.properties['ksql.streams.num.stream.threads'] = str(self.chance.choice([1, 2, 3]))
        for topic in self.outputs:
            if not topic.compare:
                topic.compare = self.determined(topic)

    def determined(self, topic):
        if topic.is_table and not self.per_row:
            return 'state'
        if not self.one_model:
            return 'records'
        # Several inputs are merged by time, whatever their partitions; those of one input are not.
        if len(self.inputs) > 1:
            return 'keys'
        return 'state' if topic.is_table else 'bag'

    def sql(self):
        return '\n'.join(self.statements)

    # ---- inputs ----

    def records(self, is_table, keys=None, window=None):
        """Keys with skew, some nulls, times that mostly go on, sometimes back, rarely leap."""
        c = self.chance
        keys = keys or KEYS[:c.choice([1, 3, 8])]
        if window:  # of a windowed source: few windows, so that they meet
            keys = [(k, start, start + window) for k in keys[:3] for start in (0, 5000, 10000)]
        count = c.choice([3, 10, 30, 60])
        step, back, leap = c.choice([200, 1500]), c.choice([0, 3000, 15000]), c.choice([0, 0.02])
        time, records = 1000 + c.randrange(30000), []
        for _ in range(count):
            time += c.randrange(step)
            if c.random() < leap:
                time += c.choice([60_000, 600_000, 90_000_000])
            at = max(0, time - c.randrange(back)) if back and c.random() < 0.3 else time
            if leap and c.random() < 0.05:
                at = max(0, time - 86_400_000 + c.randrange(-20000, 20000))
            if c.random() < 0.3:
                at = at // 1000 * 1000  # equal times, window bounds
            key = keys[min(int(c.expovariate(0.7)), len(keys) - 1)] if not window else c.choice(keys)
            if self.partitions == 1 and c.random() < 0.04:
                key = None
            records.append((key, self.value(is_table), at))
        return records

    def value(self, is_table):
        c = self.chance
        if c.random() < (0.2 if is_table else 0.05):
            return None
        return {'G': None if c.random() < 0.08 else c.choice('abc'),
                'V': None if c.random() < 0.1 else c.randrange(-3, 12),
                'D': None if c.random() < 0.1 else c.randrange(-20, 40) / 4}

    def source(self, suffix, kind, keys=None, window=None):
        """A source over a topic of its own. `window`: its records have keys of windows of that size."""
        name = f'{self.name}_{suffix}'
        records = self.records(kind == 'TABLE', keys, window)
        self.inputs.append(Topic(name, records, window=window, is_table=kind == 'TABLE'))
        self.inputs[-1].feeds.append(self.next_feed())
        self.declare(name, name, kind, window)
        return name

    def next_feed(self):
        return sum(len(t.feeds) for t in self.inputs)

    def again(self, source, suffix):
        """The only source so far a second time: itself, or another one over its topic."""
        topic = self.inputs[0]
        topic.feeds.append(self.next_feed())
        if self.chance.random() < 0.5:
            return source
        name = f'{self.name}_{suffix}'
        self.declare(name, topic.name, 'TABLE' if topic.is_table else 'STREAM', topic.window)
        return name

    def two_sources(self, kind, window=None):
        left = self.source('a', kind, window=window)
        if not window and self.chance.random() < 0.2:
            return left, self.again(left, 'b')
        return left, self.source('b', kind, window=window)

    def declare(self, name, topic, kind, window=None, columns=SOURCE_COLUMNS):
        key = 'PRIMARY KEY' if kind == 'TABLE' else 'KEY'
        more = ''
        if window == 'session':
            more = ", WINDOW_TYPE='SESSION'"
        elif window:
            more = f", WINDOW_TYPE='TUMBLING', WINDOW_SIZE='{window} MILLISECONDS'"
        self.statements.append(f"CREATE {kind} IF NOT EXISTS {name} (k STRING {key}, {columns}) "
                               f"WITH (KAFKA_TOPIC='{topic}', VALUE_FORMAT='JSON'{more});")

    def query(self, suffix, kind, select, key='string', window=None, compare=None):
        name = f'{self.name}_{suffix}'
        key_format = ", KEY_FORMAT='JSON'" if key == 'json' else ''
        self.outputs.append(Topic(name, key=key, window=window, is_table=kind == 'TABLE', compare=compare))
        self.statements.append(f"CREATE {kind} IF NOT EXISTS {name} WITH (KAFKA_TOPIC='{name}'{key_format}) AS {select};")
        return name

    # ---- parts of queries ----

    def predicate(self, prefix=''):
        c = self.chance
        bound = c.randrange(-2, 9)
        return c.choice([
            (f'{prefix}v > {bound}', lambda k, v: v['V'] is not None and v['V'] > bound),
            (f'{prefix}v <= {bound} OR {prefix}g IS NULL',
             lambda k, v: v['G'] is None or (v['V'] is not None and v['V'] <= bound)),
            (f"{prefix}g = 'a'", lambda k, v: v['G'] == 'a'),
            (f"{prefix}k <> 'k1'", lambda k, v: k is not None and k != 'k1'),
            (f'{prefix}d IS NOT NULL', lambda k, v: v['D'] is not None)])

    def aggregates(self, undo=False, ordered=True, columns=None):
        """Some functions of g, v and d (`columns`: what SQL calls these): their SQL with a name, their columns'
        names, their models, their SQL."""
        f, c = functions, self.chance
        known = [('COUNT(*)', f.Count()), ('COUNT(v)', f.Count('V')), ('SUM(v)', f.Sum('V')), ('SUM(d)', f.Sum('D')),
                 ('AVG(v)', f.Average('V')), ('AVG(d)', f.Average('D')), ('HISTOGRAM(g)', f.Histogram('G')),
                 ('ATTR(g)', f.Attribute('G')), ('STDDEV_SAMP(v)', f.Variance('V'))]
        if ordered:
            known += [('COLLECT_LIST(v)', f.CollectList('V')), ('COLLECT_LIST(g)', f.CollectList('G'))]
        if not undo:
            n = c.randrange(1, 4)
            known += [('MIN(v)', f.Extreme('V', min)), ('MAX(d)', f.Extreme('D', max)), ('MAX(v)', f.Extreme('V', max)),
                      ('MIN(d)', f.Extreme('D', min)), ('COUNT_DISTINCT(v)', f.CountDistinct('V')),
                      (f'TOPK(v, {n})', f.Top('V', n)), (f'TOPKDISTINCT(v, {n})', f.Top('V', n, distinct=True)),
                      (f'TOPKDISTINCT(g, {n})', f.Top('G', n, distinct=True))]
            if ordered:
                known += [('COLLECT_SET(v)', f.CollectSet('V')), ('COLLECT_SET(g)', f.CollectSet('G'))]
                for name, earliest in (('LATEST_BY_OFFSET', False), ('EARLIEST_BY_OFFSET', True)):
                    known += [(f'{name}(v)', f.Latest('V', earliest)),
                              (f'{name}(g, false)', f.Latest('G', earliest, nulls=True)),
                              (f'{name}(d, {n})', f.LatestMany('D', n, earliest)),
                              (f'{name}(v, {n}, false)', f.LatestMany('V', n, earliest, nulls=True))]
        chosen = self.chance.sample(known, self.chance.randrange(1, 5))
        if columns:
            chosen = [(re.sub(r'\b[gvd]\b', lambda m: columns[m[0]], sql), f) for sql, f in chosen]
        names = [f'A{i}' for i in range(len(chosen))]
        return ([f'{sql} AS a{i}' for i, (sql, _) in enumerate(chosen)], names, [f for _, f in chosen],
                [sql for sql, _ in chosen])

    def having(self, functions, sqls):
        if self.chance.random() >= 0.35:
            return '', None
        choices = [i for i, s in enumerate(sqls) if s[:3] in ('COU', 'SUM', 'AVG', 'MIN', 'MAX')]
        if not choices:
            return '', None
        i, bound = self.chance.choice(choices), self.chance.randrange(0, 6)
        name = f'A{i}'
        if self.chance.random() < 0.5:
            return f' HAVING {sqls[i]} > {bound}', lambda k, v: v[name] is not None and v[name] > bound
        return f' HAVING {sqls[i]} < {bound}', lambda k, v: v[name] is not None and v[name] < bound

    def where(self):
        if self.chance.random() >= 0.4:
            return '', None
        sql, test = self.predicate()
        return f' WHERE {sql}', test

    def seconds(self, *choices):
        return self.chance.choice(choices or [1, 2, 5, 10, 20])

    # ---- what must come out ----

    def expected(self, phases):
        """Of each output topic: the records of each partition. `phases`: of each, of each input, records."""
        results = []
        for partition in range(1 if self.one_model else self.partitions):
            feed, outputs = self.build()
            for inputs in phases:
                for i, (key, value, time) in model.merged(self.readers(inputs, partition)):
                    feed(i, key, value, time)
            results.append([o.records for o in outputs])
        return [[of_partition[i] for of_partition in results] for i in range(len(self.outputs))]

    def readers(self, inputs, partition):
        """What is merged: (input, its records in one partition), those of one partition or of all. A table's
        records without a key change nothing, but stand in the order of time."""
        feeds = sorted((feed, i) for i, topic in enumerate(self.inputs) for feed in topic.feeds)
        return [(feed, [r for r in inputs[i] if self.partition(r, self.partitions_of(self.inputs[i])) == p])
                for feed, i in feeds
                for p in (range(self.partitions_of(self.inputs[i])) if self.one_model else [partition])]

    def partitions_of(self, topic):
        return topic.partitions or self.partitions

    @staticmethod
    def value_text(value):
        return encoding.encode_value(value)

    @staticmethod
    def partition(record, partitions):
        return 0 if partitions == 1 else encoding.partition_of(encoding.key_bytes(record[0]), partitions)
