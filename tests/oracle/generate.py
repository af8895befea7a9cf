"""Seeded random cases: a query shape, its SQL, its inputs, and the model that says what must come out."""
import json
import random
import struct

import model

SOURCE_COLUMNS = 'g STRING, v BIGINT, d DOUBLE'
KEYS = ['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8']


def partition_of(key, partitions):
    """Where a Java client puts a key: murmur2."""
    data = key.encode()
    mask, m, h = 0xffffffff, 0x5bd1e995, 0x9747b28c ^ len(data)
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = struct.unpack_from('<I', data, i)[0] * m & mask
        h = (h * m & mask) ^ ((k ^ k >> 24) * m & mask)
    rest = data[whole:]
    if rest:
        h = (h ^ int.from_bytes(rest, 'little')) * m & mask
    h = (h ^ h >> 13) * m & mask
    return ((h ^ h >> 15) & 0x7fffffff) % partitions


class Topic:
    def __init__(self, name, records=(), key='string', window=None, is_table=False):
        self.name, self.records, self.is_table = name, list(records), is_table
        self.key, self.window = key, window  # window: None, size of time windows, or 'session'
        self.first_phase = len(self.records)  # how many are there before the restart


class Case:
    """One seed. `compare` is 'records' (all, in order) or 'state' (what the table holds in the end)."""

    def __init__(self, seed, shape=None):
        self.seed = seed
        self.chance = random.Random(seed)
        self.name = f's{seed}'
        self.partitions = 1 if self.chance.random() < 0.75 else self.chance.choice([2, 3])
        self.inputs, self.outputs, self.statements = [], [], []
        self.one_model = False  # one model for all partitions: rows change their partition on the way
        self.is_stream = True
        self.properties = {
            'auto.offset.reset': 'earliest',
            'sluice.batch.rows': str(self.chance.choice([1, 2, 3, 7, 4096])),
            'ksql.streams.commit.interval.ms': str(self.chance.choice([1, 3, 20, 50])),
        }
        self.per_row = self.chance.random() < 0.75
        self.shape = shape or self.chance.choice(list(SHAPES))
        SHAPES[self.shape](self)
        if self.per_row:
            self.properties['ksql.streams.cache.max.bytes.buffering'] = '0'

    @property
    def compare(self):
        return 'records' if (self.is_stream or self.per_row) and not self.one_model else 'state'

    def sql(self):
        return '\n'.join(self.statements)

    # ---- inputs ----

    def records(self, is_table, keys=None):
        """Keys with skew, some nulls, times that mostly go on, sometimes back, rarely leap."""
        c = self.chance
        keys = keys or KEYS[:c.choice([1, 3, 8])]
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
            key = keys[min(int(c.expovariate(0.7)), len(keys) - 1)]
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

    def source(self, suffix, kind, keys=None):
        name = f'{self.name}_{suffix}'
        self.inputs.append(Topic(name, self.records(kind == 'TABLE', keys), is_table=kind == 'TABLE'))
        key = 'PRIMARY KEY' if kind == 'TABLE' else 'KEY'
        self.statements.append(f"CREATE {kind} IF NOT EXISTS {name} (k STRING {key}, {SOURCE_COLUMNS}) "
                               f"WITH (KAFKA_TOPIC='{name}', VALUE_FORMAT='JSON');")
        return name

    def query(self, suffix, kind, select, key='string', window=None):
        name = f'{self.name}_{suffix}'
        key_format = ", KEY_FORMAT='JSON'" if key == 'json' else ''
        self.outputs.append(Topic(name, key=key, window=window))
        self.is_stream = kind == 'STREAM'
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

    def aggregates(self, undo=False, ordered=True):
        """Some functions: their SQL, their columns' names, their models."""
        known = [('COUNT(*)', model.Count()), ('COUNT(v)', model.Count('V')), ('SUM(v)', model.Sum('V')),
                 ('SUM(d)', model.Sum('D')), ('AVG(v)', model.Average('V')), ('AVG(d)', model.Average('D'))]
        if ordered:
            known += [('COLLECT_LIST(v)', model.CollectList('V')), ('COLLECT_LIST(g)', model.CollectList('G'))]
        if not undo:
            known += [('MIN(v)', model.Extreme('V', min)), ('MAX(d)', model.Extreme('D', max)),
                      ('MAX(v)', model.Extreme('V', max)), ('MIN(d)', model.Extreme('D', min))]
            if ordered:
                known += [('LATEST_BY_OFFSET(v)', model.Latest('V')), ('LATEST_BY_OFFSET(g)', model.Latest('G')),
                          ('EARLIEST_BY_OFFSET(d)', model.Latest('D', earliest=True))]
        chosen = self.chance.sample(known, self.chance.randrange(1, 5))
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
            mine = [[[r for r in records if self.one_model or self.partition(r) == partition]
                     for records in self.with_keys(inputs)] for inputs in phases]
            feed, outputs = self.build()
            for inputs in mine:
                for i, (key, value, time) in model.merged(inputs):
                    feed(i, key, value, time)
            results.append([o.records for o in outputs])
        return [[of_partition[i] for of_partition in results] for i in range(len(self.outputs))]

    def with_keys(self, inputs):
        """Records of tables without a key do not count, not even for the order of a join's inputs."""
        return [[r for r in records if r[0] is not None] if topic.is_table else records
                for topic, records in zip(self.inputs, inputs)]

    def partition(self, record):
        return 0 if self.partitions == 1 else partition_of(record[0], self.partitions)


# ---- shapes ----

def nodes_of(*nodes):
    return [n for n in nodes if n is not None]


def grouping(c, table=False):
    """GROUP BY: SQL of the key columns, format of the key, the model's function."""
    choice = c.chance.choice(['k', 'g', 'k, g'])
    if c.partitions > 1 and choice != 'k':
        c.one_model = True
    if choice == 'k':
        return 'k', 'string', lambda k, v: k
    if choice == 'g':
        return 'g', 'string', lambda k, v: v['G']
    return 'k, g', 'json', lambda k, v: (k, v['G'])


def window_of(c):
    """SQL of a window, the form of keys, and what makes the node."""
    kind = c.chance.choice(['TUMBLING', 'HOPPING', 'SESSION'])
    size = c.seconds()
    grace = None if c.chance.random() < 0.25 else c.seconds(0, 1, 3, 10)
    if c.one_model:
        grace = None
    advance = size if kind == 'TUMBLING' else c.seconds(1, 2, size)
    advance = min(advance, size)
    sql = {'TUMBLING': f'SIZE {size} SECONDS', 'HOPPING': f'SIZE {size} SECONDS, ADVANCE BY {advance} SECONDS',
           'SESSION': f'{size} SECONDS'}[kind]
    if grace is not None:
        sql += f', GRACE PERIOD {grace} SECONDS'
    grace_ms = None if grace is None else grace * 1000

    def make(*args):
        if kind == 'SESSION':
            return model.GroupSessions(size * 1000, grace_ms, None, *args)
        return model.GroupWindows(size * 1000, advance * 1000, grace_ms, *args)
    return f' WINDOW {kind} ({sql})', 'session' if kind == 'SESSION' else size * 1000, make


def stream_aggregate(c, windowed=False, source=None, before=()):
    source = source or c.source('a', 'STREAM')
    columns, key, group = grouping(c)
    window_sql, window, make = window_of(c) if windowed else ('', None, model.GroupStream)
    if windowed and c.one_model:
        c.inputs[0].records = [(k, v, t % 80_000_000) for k, v, t in c.inputs[0].records]  # nothing is late
    where_sql, where = c.where()
    sqls, names, functions, plain = c.aggregates(ordered=not c.one_model)
    having_sql, having = c.having(functions, plain)
    c.query('o', 'TABLE', f"SELECT {columns}, {', '.join(sqls)} FROM {source}{window_sql}{where_sql} "
            f'GROUP BY {columns}{having_sql} EMIT CHANGES', key, window)

    def build():
        first, output = model.chain(*nodes_of(
            model.StreamSource(), where and model.Filter(where), make(group, names, functions),
            having and model.Filter(having)))
        return lambda i, k, v, t: first.row(k, v, t), [output]
    c.build = build


def windowed_aggregate(c):
    stream_aggregate(c, windowed=True)


def table_aggregate(c):
    source = c.source('a', 'TABLE')
    columns, key, group = grouping(c)
    where_sql, where = c.where()
    sqls, names, functions, plain = c.aggregates(undo=True, ordered=not c.one_model)
    having_sql, having = c.having(functions, plain)
    c.query('o', 'TABLE', f"SELECT {columns}, {', '.join(sqls)} FROM {source}{where_sql} "
            f'GROUP BY {columns}{having_sql} EMIT CHANGES', key)

    def build():
        first, output = model.chain(*nodes_of(
            model.TableSource(), where and model.Filter(where),
            model.GroupTable(group, names, functions), having and model.Filter(having)))
        return lambda i, k, v, t: first.row(k, v, t), [output]
    c.build = build


def table_filter(c):
    source = c.source('a', 'TABLE')
    sql, where = c.predicate()
    c.query('o', 'TABLE', f'SELECT k, g, v * 2 AS w FROM {source} WHERE {sql} EMIT CHANGES')

    def build():
        first, output = model.chain(model.TableSource(), model.Filter(where), model.Project(doubled))
        return lambda i, k, v, t: first.row(k, v, t), [output]
    c.build = build


def doubled(key, value):
    return {'G': value['G'], 'W': None if value['V'] is None else value['V'] * 2}


def stream_filter(c):
    source = c.source('a', 'STREAM')
    where_sql, where = c.where()
    c.query('o', 'STREAM', f'SELECT k, g, v * 2 AS w FROM {source}{where_sql} EMIT CHANGES')

    def build():
        first, output = model.chain(*nodes_of(
            model.StreamSource(), where and model.Filter(where), model.Project(doubled)))
        return lambda i, k, v, t: first.row(k, v, t), [output]
    c.build = build


def partition_by(c):
    c.partitions = 1
    source = c.source('a', 'STREAM')
    where_sql, where = c.where()
    column = c.chance.choice(['g', 'v'])
    other = 'v' if column == 'g' else 'g'
    c.query('o', 'STREAM', f'SELECT {column}, k, {other}, d FROM {source}{where_sql} PARTITION BY {column} EMIT CHANGES',
            'string' if column == 'g' else 'bigint')

    def build():
        first, output = model.chain(*nodes_of(
            model.StreamSource(), where and model.Filter(where),
            model.Project(lambda k, v: dict(v, K=k)),
            model.Rekey(lambda k, v: v[column.upper()]),
            model.Project(lambda k, v: {n: v[n] for n in v if n != column.upper()})))
        return lambda i, k, v, t: first.row(k, v, t), [output]
    c.build = build


def joined(with_key=False):
    """A pair of rows as the output's columns."""
    def project(key, pair):
        left, right = pair
        return {'LV': left and left['V'], 'RV': right and right['V'], 'RG': right and right['G']}
    return model.Project(project)


def join_filter(c):
    """A WHERE on the joined rows."""
    if c.chance.random() >= 0.3:
        return '', None
    bound = c.chance.randrange(-2, 9)
    if c.chance.random() < 0.5:
        return f' WHERE l.v > {bound}', lambda k, p: bool(p[0]) and p[0]['V'] is not None and p[0]['V'] > bound
    return f' WHERE r.v <= {bound}', lambda k, p: bool(p[1]) and p[1]['V'] is not None and p[1]['V'] <= bound


def stream_table_join(c):
    on_g = c.partitions == 1 and c.chance.random() < 0.4
    left = c.source('a', 'STREAM')
    right = c.source('b', 'TABLE', list('abc') if on_g else None)
    kind = c.chance.choice(['INNER', 'LEFT'])
    where_sql, where = join_filter(c)
    column = 'g' if on_g else 'k'
    c.query('o', 'STREAM', f'SELECT l.{column} AS j, l.v AS lv, r.v AS rv, r.g AS rg FROM {left} l {kind} JOIN {right} r '
            f'ON l.{column} = r.k{where_sql} EMIT CHANGES')

    def build():
        join = model.StreamTableJoin(kind, (lambda k, v: v['G']) if on_g else lambda k, v: k)
        join.next, output = model.chain(*nodes_of(where and model.Filter(where), joined()))
        return join.row, [output]
    c.build = build


def join_key(kind):
    return 'ROWKEY' if kind == 'FULL' else 'r.k' if kind == 'RIGHT' else 'l.k'


def table_table_join(c):
    left, right = c.source('a', 'TABLE'), c.source('b', 'TABLE')
    kind = c.chance.choice(['INNER', 'LEFT', 'FULL', 'RIGHT'])
    where_sql, where = join_filter(c)
    outer = ' OUTER' if kind == 'FULL' else ''
    c.query('o', 'TABLE', f'SELECT {join_key(kind)} AS j, l.v AS lv, r.v AS rv, r.g AS rg FROM {left} l {kind}{outer} JOIN '
            f'{right} r ON l.k = r.k{where_sql} EMIT CHANGES')

    def build():
        join = model.TableTableJoin(kind)
        join.next, output = model.chain(*nodes_of(where and model.Filter(where), joined()))
        return join.row, [output]
    c.build = build


def stream_stream_join(c):
    left, right = c.source('a', 'STREAM'), c.source('b', 'STREAM')
    kind = c.chance.choice(['INNER', 'LEFT', 'FULL', 'RIGHT'])
    before, after = c.seconds(0, 1, 3, 10), c.seconds(1, 3, 10)
    if c.chance.random() < 0.6:
        before = after
    grace = None if c.chance.random() < 0.3 else c.seconds(0, 1, 5, 30)
    within = f'{after} SECONDS' if before == after else f'({before} SECONDS, {after} SECONDS)'
    if grace is not None:
        within += f' GRACE PERIOD {grace} SECONDS'
    where_sql, where = join_filter(c)
    outer = ' OUTER' if kind == 'FULL' else ''
    c.query('o', 'STREAM', f'SELECT {join_key(kind)} AS j, l.v AS lv, r.v AS rv, r.g AS rg FROM {left} l {kind}{outer} JOIN '
            f'{right} r WITHIN {within} ON l.k = r.k{where_sql} EMIT CHANGES')

    def build():
        join = model.StreamStreamJoin(kind, before * 1000, after * 1000, None if grace is None else grace * 1000)
        join.next, output = model.chain(*nodes_of(where and model.Filter(where), joined()))
        return join.row, [output]
    c.build = build


class Both(model.Output):
    """An output topic that another query reads."""

    def __init__(self, reader):
        super().__init__()
        self.reader = reader

    def row(self, key, value, time):
        super().row(key, value, time)
        self.reader.row(key, value, time)

    def change(self, key, new, old, time):
        super().change(key, new, old, time)
        self.reader.row(key, new, time)


def aggregate_over_filter(c):
    c.partitions = 1
    source = c.source('a', 'STREAM')
    sql, test = c.predicate()
    middle = c.query('m', 'STREAM', f'SELECT k, g, v, d FROM {source} WHERE {sql} EMIT CHANGES')
    stream_aggregate(c, c.chance.random() < 0.6, middle)
    build_second = c.build

    def build():
        feed, (output,) = build_second()
        first = model.Filter(test)
        first.next = Both(type('Reader', (), {'row': staticmethod(lambda k, v, t: feed(0, k, v, t))}))
        return lambda i, k, v, t: first.row(k, v, t), [first.next, output]
    c.build = build


def aggregate_over_aggregate(c):
    c.partitions, c.per_row = 1, True
    source = c.source('a', 'STREAM')
    middle = c.query('m', 'TABLE', f'SELECT k, COUNT(*) AS n, SUM(v) AS v, LATEST_BY_OFFSET(g) AS g FROM {source} GROUP BY k EMIT CHANGES')
    column = c.chance.choice(['n', 'g'])
    sqls, names, functions, plain = c.aggregates(undo=True)
    sqls = [s.replace('(d)', '(n)') for s in sqls]
    for f in functions:
        if getattr(f, 'column', None) == 'D':
            f.column = 'N'
    c.query('o', 'TABLE', f"SELECT {column}, {', '.join(sqls)} FROM {middle} GROUP BY {column} EMIT CHANGES",
            'bigint' if column == 'n' else 'string')

    def build():
        second, output = model.chain(
            model.TableSource(), model.GroupTable(lambda k, v: v[column.upper()], names, functions))
        first = model.GroupStream(lambda k, v: k, ['N', 'V', 'G'],
                                  [model.Count(), model.Sum('V'), model.Latest('G')])
        first.next = Both(second)
        return lambda i, k, v, t: first.row(k, v, t), [first.next, output]
    c.build = build


def aggregate_over_changes(c):
    c.partitions, c.per_row = 1, True
    windowed = c.chance.random() < 0.7
    source = c.source('a', 'STREAM')
    window_sql, window, make = window_of(c) if windowed else ('', None, model.GroupStream)
    middle = c.query('m', 'TABLE', f'SELECT k, COUNT(*) AS n, SUM(v) AS v FROM {source}{window_sql} GROUP BY k EMIT CHANGES',
                     window=window)
    c.query('o', 'TABLE', f'SELECT n, COUNT(*) AS c, MAX(v) AS top FROM CHANGES({middle}) GROUP BY n EMIT CHANGES', 'bigint')

    def build():
        second, output = model.chain(
            model.Changes(), model.GroupStream(lambda k, v: v['N'], ['C', 'TOP'],
                                               [model.Count(), model.Extreme('V', max)]))
        first = make(lambda k, v: k, ['N', 'V'], [model.Count(), model.Sum('V')])
        first.next = Both(second)
        return lambda i, k, v, t: first.row(k, v, t), [first.next, output]
    c.build = build


SHAPES = {f.__name__: f for f in (
    stream_aggregate, windowed_aggregate, table_aggregate, table_filter, stream_filter, partition_by,
    stream_table_join, table_table_join, stream_stream_join, aggregate_over_filter, aggregate_over_aggregate,
    aggregate_over_changes)}


# ---- bytes ----

def encode_value(value):
    return '' if value is None else json.dumps(value, separators=(',', ':'))


def decode_bytes(text):
    """What topic_tool prints as bytes."""
    out, i = bytearray(), 0
    while i < len(text):
        if text.startswith('\\x', i):
            out.append(int(text[i + 2:i + 4], 16))
            i += 4
        else:
            out.append(ord(text[i]))
            i += 1
    return bytes(out)


def decode_key(topic, text):
    data = decode_bytes(text)
    bounds = ()
    if topic.window == 'session':
        data, tail = data[:-16], data[-16:]
        end, start = struct.unpack('>qq', tail)
        bounds = (start, end)
    elif topic.window is not None:
        data, tail = data[:-8], data[-8:]
        start = struct.unpack('>q', tail)[0]
        bounds = (start, start + topic.window)
    if not data:
        key = None
    elif topic.key == 'string':
        key = data.decode()
    elif topic.key == 'bigint':
        key = struct.unpack('>q', data)[0] if len(data) == 8 else data
    else:
        key = tuple(json.loads(data).values())
    return (key, *bounds) if bounds else key


def decode_value(text):
    return json.loads(decode_bytes(text)) if text else None
