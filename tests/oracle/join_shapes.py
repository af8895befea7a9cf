"""Shapes of joins: of streams, tables and both, by foreign keys, of three, of windowed streams."""
import model
from aggregate_shapes import nodes_of, window_of

WINDOW = 10000


def joined():
    """A pair of rows as the output's columns."""
    def project(key, pair):
        left, right = pair
        return {'LV': left and left['V'], 'RV': right and right['V'], 'RG': right and right['G']}
    return model.Project(project)


SELECTED = 'l.v AS lv, r.v AS rv, r.g AS rg'


def join_filter(c):
    """A WHERE on the joined rows."""
    if c.chance.random() >= 0.3:
        return '', None
    bound = c.chance.randrange(-2, 9)
    if c.chance.random() < 0.5:
        return f' WHERE l.v > {bound}', lambda k, p: bool(p[0]) and p[0]['V'] is not None and p[0]['V'] > bound
    return f' WHERE r.v <= {bound}', lambda k, p: bool(p[1]) and p[1]['V'] is not None and p[1]['V'] <= bound


def windowed(c):
    """Sometimes both streams have windowed keys. In one partition: which one it is does not depend on the
    window, but topic_tool takes it from all bytes. (A query that stays cannot read a windowed table.)"""
    if c.chance.random() >= 0.2:
        return None
    c.partitions = 1
    return WINDOW


def outer(kind):
    return kind + (' OUTER' if kind == 'FULL' else '')


def finish(c, join, *nodes):
    """The case's model: the join, then `nodes` (functions that make them)."""
    def build():
        first = join()
        first.next, output = model.chain(*nodes_of(*(n() for n in nodes if n)))
        return first.row, [output]
    c.build = build


def filter_of(where):
    return where and (lambda: model.Filter(where))


def stream_table_join(c):
    on_g = c.chance.random() < 0.4
    left = c.source('a', 'STREAM')
    right = c.source('b', 'TABLE', list('abc') if on_g else None)
    if on_g and c.partitions > 1:
        c.one_model = True
        c.inputs[1].partitions = c.chance.randrange(1, 4)  # rows of the stream go to where the table has them
    kind = c.chance.choice(['INNER', 'LEFT'])
    where_sql, where = join_filter(c)
    column = 'g' if on_g else 'k'
    c.query('o', 'STREAM', f'SELECT l.{column} AS j, {SELECTED} FROM {left} l {kind} JOIN {right} r '
            f'ON l.{column} = r.k{where_sql} EMIT CHANGES')
    c.outputs[0].partitions = c.inputs[1].partitions
    finish(c, lambda: model.StreamTableJoin(kind, (lambda k, v: v['G']) if on_g else lambda k, v: k),
           filter_of(where), joined)


def join_key(kind):
    return 'ROWKEY' if kind == 'FULL' else 'r.k' if kind == 'RIGHT' else 'l.k'


def table_table_join(c):
    left, right = c.two_sources('TABLE')
    kind = c.chance.choice(['INNER', 'LEFT', 'FULL', 'RIGHT'])
    where_sql, where = join_filter(c)
    c.query('o', 'TABLE', f'SELECT {join_key(kind)} AS j, {SELECTED} FROM {left} l {outer(kind)} JOIN '
            f'{right} r ON l.k = r.k{where_sql} EMIT CHANGES')
    finish(c, lambda: model.TableTableJoin(kind), filter_of(where), joined)


def foreign_key_join(c):
    left, right = c.source('a', 'TABLE'), c.source('b', 'TABLE', list('abc'))
    c.one_model = c.partitions > 1
    kind = c.chance.choice(['INNER', 'LEFT'])
    where_sql, where = join_filter(c)
    c.query('o', 'TABLE', f'SELECT l.k AS j, {SELECTED} FROM {left} l {kind} JOIN {right} r ON l.g = r.k{where_sql} '
            'EMIT CHANGES')
    finish(c, lambda: model.ForeignKeyJoin(kind, lambda v: v['G']), filter_of(where), joined)


def within(c, kind):
    """SQL of WITHIN and what makes the join."""
    before, after = c.seconds(0, 1, 3, 10), c.seconds(1, 3, 10)
    if c.chance.random() < 0.6:
        before = after
    grace = None if c.chance.random() < 0.3 else c.seconds(0, 1, 5, 30)
    sql = f'{after} SECONDS' if before == after else f'({before} SECONDS, {after} SECONDS)'
    if grace is not None:
        sql += f' GRACE PERIOD {grace} SECONDS'

    def make():
        return model.StreamStreamJoin(kind, before * 1000, after * 1000, None if grace is None else grace * 1000)
    return 'WITHIN ' + sql, make


def stream_stream_join(c):
    window = windowed(c)
    left, right = c.two_sources('STREAM', window)
    kind = c.chance.choice(['INNER', 'LEFT', 'FULL', 'RIGHT'])
    within_sql, make = within(c, kind)
    where_sql, where = join_filter(c)
    c.query('o', 'STREAM', f'SELECT {join_key(kind)} AS j, {SELECTED} FROM {left} l {outer(kind)} JOIN '
            f'{right} r {within_sql} ON l.k = r.k{where_sql} EMIT CHANGES', window=window)
    finish(c, make, filter_of(where), joined)


def three_way_join(c):
    """(l, r) and a third one, x."""
    kinds = c.chance.choice(['SSS', 'SST', 'STT', 'TTT'])
    names = [c.source(s, 'STREAM' if kind == 'S' else 'TABLE') for s, kind in zip('abx', kinds)]
    joins, sql = [], []
    for alias, name, pair in (('r', names[1], kinds[:2]), ('x', names[2], kinds[0] + kinds[2])):
        kind = c.chance.choice(['INNER', 'LEFT'])
        within_sql = ''
        if pair == 'SS':
            within_sql, make = within(c, kind)
        elif pair == 'ST':
            def make(kind=kind):
                return model.StreamTableJoin(kind, lambda k, v: k)
        else:
            def make(kind=kind):
                return model.TableTableJoin(kind)
        joins.append(make)
        sql.append(f'{kind} JOIN {name} {alias} {within_sql} ON l.k = {alias}.k')
    c.query('o', 'TABLE' if kinds[0] == 'T' else 'STREAM',
            f"SELECT l.k AS j, l.v AS lv, r.v AS rv, x.v AS xv, x.g AS xg FROM {names[0]} l {' '.join(sql)} EMIT CHANGES")

    def project(key, rows):
        (left, right), third = rows
        return {'LV': left['V'], 'RV': right and right['V'], 'XV': third and third['V'], 'XG': third and third['G']}

    def build():
        first, second = joins[0](), joins[1]()
        first.next = model.Side(second, 0)
        second.next, output = model.chain(model.Project(project))
        return lambda i, *record: (first.row(i, *record) if i < 2 else second.row(1, *record)), [output]
    c.build = build


def aggregate_of_join(c):
    """A join and GROUP BY in one query: tables give their old rows too."""
    pair = c.chance.choice(['TT', 'TT', 'FK', 'ST', 'SS'])
    kind = c.chance.choice(['INNER', 'LEFT'] + (['FULL', 'RIGHT'] if pair == 'TT' else []))
    left = c.source('a', 'STREAM' if pair[0] == 'S' else 'TABLE')
    right = c.source('b', 'STREAM' if pair == 'SS' else 'TABLE', list('abc') if pair == 'FK' else None)
    within_sql, make = '', None
    if pair == 'SS':
        c.partitions = 1
        within_sql, make = within(c, kind)
    elif pair == 'ST':
        def make():
            return model.StreamTableJoin(kind, lambda k, v: k)
    elif pair == 'FK':
        def make():
            return model.ForeignKeyJoin(kind, lambda v: v['G'])
    else:
        def make():
            return model.TableTableJoin(kind)
    window_sql, window, group_node = '', None, model.GroupTable if pair[0] != 'S' else model.GroupStream
    if pair[0] == 'S' and c.partitions == 1 and c.chance.random() < 0.5:
        window_sql, window, group_node, _ = window_of(c)
    where_sql, where = join_filter(c)
    by = c.chance.choice(['l.g', 'r.g', 'r.v'])
    c.one_model = c.partitions > 1
    sqls, names, functions, plain = c.aggregates(pair[0] != 'S', True, {'g': 'l.g', 'v': 'r.v', 'd': 'r.d'})
    having_sql, having = c.having(functions, plain)
    on = 'l.g = r.k' if pair == 'FK' else 'l.k = r.k'
    c.query('o', 'TABLE', f"SELECT {by}, {', '.join(sqls)} FROM {left} l {outer(kind)} JOIN {right} r {within_sql} ON {on}"
            f'{window_sql}{where_sql} GROUP BY {by}{having_sql} EMIT CHANGES', 'bigint' if by == 'r.v' else 'string', window)

    def project(key, pair):
        left, right = pair
        return {'G': left and left['G'], 'V': right and right['V'], 'D': right and right['D'], 'RG': right and right['G']}
    column = {'l.g': 'G', 'r.g': 'RG', 'r.v': 'V'}[by]
    finish(c, make, filter_of(where), lambda: model.Project(project),
           lambda: group_node(lambda k, v: v[column], names, functions), having and (lambda: model.Filter(having)))
