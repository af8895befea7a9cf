"""Shapes of several queries, each reading what another writes."""
import functions as f
import model
from aggregate_shapes import nodes_of, stream_aggregate, window_of


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


class Reader:
    def __init__(self, row):
        self.row = row


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
        first.next = Both(Reader(lambda k, v, t: feed(0, k, v, t)))
        return lambda i, k, v, t: first.row(k, v, t), [first.next, output]
    c.build = build


def aggregate_over_changes(c):
    c.partitions, c.per_row = 1, True
    source = c.source('a', 'STREAM')
    window_sql, window, make, _ = window_of(c) if c.chance.random() < 0.7 else ('', None, model.GroupStream, None)
    middle = c.query('m', 'TABLE', f'SELECT k, COUNT(*) AS n, SUM(v) AS v FROM {source}{window_sql} GROUP BY k EMIT CHANGES',
                     window=window)
    c.query('o', 'TABLE', f'SELECT n, COUNT(*) AS c, MAX(v) AS top FROM CHANGES({middle}) GROUP BY n EMIT CHANGES', 'bigint')

    def build():
        second, output = model.chain(
            model.Changes(), model.GroupStream(lambda k, v: v['N'], ['C', 'TOP'], [f.Count(), f.Extreme('V', max)]))
        first = make(lambda k, v: k, ['N', 'V'], [f.Count(), f.Sum('V')])
        first.next = Both(second)
        return lambda i, k, v, t: first.row(k, v, t), [first.next, output]
    c.build = build


# ---- chains of random steps: every topic has the columns k, g, v, d ----

def step_filter(c, source, kind):
    sql, where = c.predicate()
    return (f'SELECT k, g, v + 1 AS v, d FROM {source} WHERE {sql}', kind,
            lambda: [model.Filter(where), model.Project(lambda k, v: dict(v, V=None if v['V'] is None else v['V'] + 1))])


def step_rekey(c, source, kind):
    return (f'SELECT g AS k, k AS g, v, d FROM {source} PARTITION BY g', 'STREAM',
            lambda: [model.Project(lambda k, v: dict(v, K=k)), model.Rekey(lambda k, v: v['G']),
                     model.Project(lambda k, v: {'G': v['K'], 'V': v['V'], 'D': v['D']})])


def step_group(c, source, kind):
    """By the key or by g; the columns are counted, added up, and so on."""
    undo = kind == 'TABLE'
    by = c.chance.choice('kg')
    other = 'kg'[by == 'k']
    name = c.chance.choice(['ATTR'] if undo else ['ATTR', 'LATEST_BY_OFFSET', 'EARLIEST_BY_OFFSET'])
    one = {'ATTR': f.Attribute('O'), 'LATEST_BY_OFFSET': f.Latest('O'),
           'EARLIEST_BY_OFFSET': f.Latest('O', earliest=True)}[name]
    aggregates = [f.Count(), one, c.chance.choice([f.Sum('D'), f.Average('D')])]
    number = 'SUM' if isinstance(aggregates[2], f.Sum) else 'AVG'
    if c.chance.random() < 0.4:
        number, aggregates[2] = 'SUM', f.Sum('V')
    column = aggregates[2].column.lower()
    group = model.GroupTable if undo else model.GroupStream
    cast = f'CAST({number}({column}) AS DOUBLE)'
    return (f'SELECT {by} AS k, COUNT(*) AS v, {name}({other}) AS g, {cast} AS d FROM {source} GROUP BY {by}', 'TABLE',
            lambda: [model.Project(lambda k, v: dict(v, O=v['G'] if other == 'g' else k)),
                     group(lambda k, v: k if by == 'k' else v['G'], ['V', 'G', 'D'], aggregates)])


def step_changes(c, source, kind):
    return f'SELECT k, g, v, d FROM CHANGES({source})', 'STREAM', lambda: [model.Changes()]


def chain(c):
    """Two to five queries, the next one reading what the last one writes."""
    c.partitions, c.per_row = 1, True
    kind = c.chance.choice(['STREAM', 'STREAM', 'TABLE'])
    source = c.source('a', kind)
    steps = []
    for number in range(c.chance.randrange(2, 6)):
        choices = [step_filter, step_rekey, step_group] if kind == 'STREAM' else [step_filter, step_group, step_changes]
        before = kind
        select, kind, make = c.chance.choice(choices)(c, source, kind)
        source = c.query(f'o{number}', kind, select + ' EMIT CHANGES')
        steps.append((model.StreamSource if before == 'STREAM' or 'CHANGES(' in select else model.TableSource, make))

    def build():
        outputs, reader = [], None
        for first, make in reversed(steps):
            nodes = [first()] + make()
            for a, b in zip(nodes, nodes[1:]):
                a.next = b
            nodes[-1].next = Both(reader) if reader else model.Output()
            outputs.insert(0, nodes[-1].next)
            reader = nodes[0]
        return lambda i, k, v, t: reader.row(k, v, t), outputs
    c.build = build


def aggregate_over_aggregate(c):
    c.partitions, c.per_row = 1, True
    source = c.source('a', 'STREAM')
    middle = c.query('m', 'TABLE', f'SELECT k, COUNT(*) AS d, SUM(v) AS v, LATEST_BY_OFFSET(g) AS g FROM {source} '
                     'GROUP BY k EMIT CHANGES')
    column = c.chance.choice('dg')
    sqls, names, functions, plain = c.aggregates(undo=True)
    c.query('o', 'TABLE', f"SELECT {column}, {', '.join(sqls)} FROM {middle} GROUP BY {column} EMIT CHANGES",
            'bigint' if column == 'd' else 'string')

    def build():
        second, output = model.chain(
            model.TableSource(), model.GroupTable(lambda k, v: v[column.upper()], names, functions))
        first = model.GroupStream(lambda k, v: k, ['D', 'V', 'G'], [f.Count(), f.Sum('V'), f.Latest('G')])
        first.next = Both(second)
        return lambda i, k, v, t: first.row(k, v, t), [first.next, output]
    c.build = build


def aggregate_over_join_over_aggregate(c):
    """Which input of the join comes first is open, and so are times and what was in between."""
    stream, table = c.source('a', 'STREAM'), c.source('b', 'TABLE')
    c.one_model = True
    kind = c.chance.choice(['INNER', 'LEFT', 'RIGHT'])
    middle = c.query('m', 'TABLE', f'SELECT k, COUNT(*) AS v, SUM(d) AS d, LATEST_BY_OFFSET(g) AS g FROM {stream} '
                     'GROUP BY k EMIT CHANGES', compare=None if c.partitions == 1 else 'state')
    side = 'r' if kind == 'RIGHT' else 'l'
    join = c.query('j', 'TABLE', f'SELECT {side}.k AS k, r.g AS g, l.v AS v, r.d AS d FROM {middle} l {kind} JOIN {table} r '
                   'ON l.k = r.k EMIT CHANGES', compare='rows')
    sqls, names, functions, plain = c.aggregates(undo=True, ordered=False)
    c.query('o', 'TABLE', f"SELECT g, {', '.join(sqls)} FROM {join} GROUP BY g HAVING COUNT(*) > 0 EMIT CHANGES",
            compare='rows')

    def project(key, pair):
        left, right = pair
        return {'G': right and right['G'], 'V': left and left['V'], 'D': right and right['D']}

    def build():
        last, output = model.chain(
            model.TableSource(), model.GroupTable(lambda k, v: v['G'], names + ['N'], functions + [f.Count()]),
            model.Filter(lambda k, v: v['N'] > 0),
            model.Project(lambda k, v: {n: v[n] for n in names}))
        join = model.TableTableJoin(kind)
        join.next = model.Project(project)
        join.next.next = Both(last)
        first = model.GroupStream(lambda k, v: k, ['V', 'D', 'G'], [f.Count(), f.Sum('D'), f.Latest('G')])
        first.next = Both(model.Side(join, 0))
        return (lambda i, *record: first.row(*record) if i == 0 else join.row(1, *record),
                [first.next, join.next.next, output])
    c.build = build


# ---- windowed sources ----

def windowed_source(c):
    """The topic of a windowed table read again, as a stream with windowed keys."""
    c.partitions, c.per_row = 1, True
    source = c.source('a', 'STREAM')
    window_sql, window, make, _ = window_of(c)
    middle = c.query('m', 'TABLE', f'SELECT k, COUNT(*) AS n, SUM(v) AS v FROM {source}{window_sql} GROUP BY k EMIT CHANGES',
                     window=window)
    again = f'{c.name}_w'
    c.declare(again, middle, 'STREAM', window, 'n BIGINT, v BIGINT')
    bound = c.chance.randrange(1, 5)
    grouped = c.chance.random() < 0.5
    if grouped:
        c.query('o', 'TABLE', f'SELECT n, COUNT(*) AS c, MAX(v) AS top FROM {again} WHERE v > {bound} GROUP BY n EMIT CHANGES',
                'bigint')
    else:
        c.query('o', 'STREAM', f'SELECT k, n, v FROM {again} WHERE n > {bound} EMIT CHANGES', window=window)

    def build():
        if grouped:
            second, output = model.chain(
                model.StreamSource(), model.Filter(lambda k, v: v['V'] > bound),
                model.GroupStream(lambda k, v: v['N'], ['C', 'TOP'], [f.Count(), f.Extreme('V', max)]))
        else:
            second, output = model.chain(model.StreamSource(), model.Filter(lambda k, v: v['N'] > bound))
        first = make(lambda k, v: k, ['N', 'V'], [f.Count(), f.Sum('V')])
        first.next = Both(second)
        return lambda i, k, v, t: first.row(k, v, t), [first.next, output]
    c.build = build


def insert_into(c):
    """Two queries write one stream, a third one counts it."""
    first, second = c.source('a', 'STREAM'), c.source('b', 'STREAM')
    sql, where = c.predicate()
    to = c.query('m', 'STREAM', f'SELECT k, g, v, d FROM {first} EMIT CHANGES', compare='bag')
    c.statements.append(f'INSERT INTO {to} SELECT k, g, v, d FROM {second} WHERE {sql};')
    sqls, names, functions, plain = c.aggregates(ordered=False)
    c.query('o', 'TABLE', f"SELECT k, {', '.join(sqls)} FROM {to} GROUP BY k EMIT CHANGES", compare='state')

    def build():
        last, output = model.chain(model.StreamSource(), model.GroupStream(lambda k, v: k, names, functions))
        both = Both(last)
        insert = model.Filter(where)
        insert.next = both
        return lambda i, *record: (both if i == 0 else insert).row(*record), [both, output]
    c.build = build
