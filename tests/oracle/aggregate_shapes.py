"""Shapes of one query: filters, PARTITION BY, GROUP BY with and without windows, EMIT FINAL."""
import model


def nodes_of(*nodes):
    return [n for n in nodes if n is not None]


def grouping(c, table=False):
    """GROUP BY: what is selected, the expressions, format of the key, the model's function."""
    choices = {
        'k': ('k', 'k', 'string', lambda k, v: k),
        'g': ('g', 'g', 'string', lambda k, v: v['G']),
        'v': ('v', 'v', 'bigint', lambda k, v: v['V']),
        'k, g': ('k, g', 'k, g', 'json', lambda k, v: (k, v['G'])),
        'g, v': ('g, v', 'g, v', 'json', lambda k, v: (v['G'], v['V'])),
        'v + 1': ('v + 1 AS e', 'v + 1', 'bigint', lambda k, v: None if v['V'] is None else v['V'] + 1),
        'ucase': ('UCASE(g) AS e', 'UCASE(g)', 'string', lambda k, v: v['G'] and v['G'].upper()),
        'two': ("COALESCE(g, 'x') AS e, v - 1 AS f", "COALESCE(g, 'x'), v - 1", 'json',
                lambda k, v: ('x' if v['G'] is None else v['G'], None if v['V'] is None else v['V'] - 1)),
    }
    choice = c.chance.choice(['k', 'k', 'k', 'g', 'g', 'k, g', 'v', 'g, v', 'v + 1', 'ucase', 'two'])
    if c.partitions > 1 and choice != 'k':
        c.one_model = True
    return choices[choice]


def window_of(c, final=False):
    """SQL of a window, the form of keys, and what makes the node."""
    kind = c.chance.choice(['TUMBLING', 'HOPPING', 'SESSION'])
    size = c.seconds()
    grace = None if c.chance.random() < 0.25 else c.seconds(0, 1, 3, 10)
    if c.one_model:
        grace = 86_400  # nothing is late: each partition has a time of its own
    advance = size if kind == 'TUMBLING' else c.seconds(1, 2, size)
    advance = min(advance, size)
    sql = {'TUMBLING': f'SIZE {size} SECONDS', 'HOPPING': f'SIZE {size} SECONDS, ADVANCE BY {advance} SECONDS',
           'SESSION': f'{size} SECONDS'}[kind]
    day = model.DAY // 1000
    waits = grace if grace is not None else 0 if final else max(0, day - size)
    retention = size + waits if kind == 'SESSION' else max(size + waits, day)
    # Sessions past their grace period can still be merged while they are retained: whether they were given
    # before that depends on commits, so not with final results that are coalesced.
    if grace is not None and c.chance.random() < 0.3 and not (final and not c.per_row):
        retention = size + waits + c.seconds(0, 1, 10, 100)
        sql += f', RETENTION {retention} SECONDS'
    if grace is not None:
        sql += f', GRACE PERIOD {grace} SECONDS'

    def make(*args):
        if kind == 'SESSION':
            return model.GroupSessions(size * 1000, waits * 1000, retention * 1000, *args)
        return model.GroupWindows(size * 1000, advance * 1000, waits * 1000, *args)

    def make_final():
        if kind == 'SESSION':
            return model.FinalSessions(size * 1000, waits * 1000)
        return model.FinalWindows(size * 1000, advance * 1000, waits * 1000, retention * 1000, c.per_row)
    return f' WINDOW {kind} ({sql})', 'session' if kind == 'SESSION' else size * 1000, make, make_final


def stream_aggregate(c, windowed=False, source=None, final=False):
    source = source or c.source('a', 'STREAM')
    columns, expressions, key, group = ('k', 'k', 'string', lambda k, v: k) if final else grouping(c)
    window_sql, window, make, make_final = window_of(c, final) if windowed else ('', None, model.GroupStream, None)
    if windowed and c.one_model:
        c.inputs[0].records = [(k, v, t % 80_000_000) for k, v, t in c.inputs[0].records]  # nothing is late
    where_sql, where = c.where()
    sqls, names, functions, plain = c.aggregates(ordered=not c.one_model)
    having_sql, having = c.having(functions, plain)
    emit = 'FINAL' if final else 'CHANGES'
    c.query('o', 'TABLE', f"SELECT {columns}, {', '.join(sqls)} FROM {source}{window_sql}{where_sql} "
            f'GROUP BY {expressions}{having_sql} EMIT {emit}', key, window,
            compare='bag' if final and not c.per_row else None)

    def build():
        first, output = model.chain(*nodes_of(
            model.StreamSource(), where and model.Filter(where), make(group, names, functions),
            make_final() if final else None, having and model.Filter(having)))
        return lambda i, k, v, t: first.row(k, v, t), [output]
    c.build = build


def windowed_aggregate(c):
    stream_aggregate(c, windowed=True)


def final_aggregate(c):
    stream_aggregate(c, windowed=True, final=True)


def table_aggregate(c):
    source = c.source('a', 'TABLE')
    columns, expressions, key, group = grouping(c)
    where_sql, where = c.where()
    sqls, names, functions, plain = c.aggregates(undo=True, ordered=not c.one_model)
    having_sql, having = c.having(functions, plain)
    c.query('o', 'TABLE', f"SELECT {columns}, {', '.join(sqls)} FROM {source}{where_sql} "
            f'GROUP BY {expressions}{having_sql} EMIT CHANGES', key)

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


