"""Random queries of Flink's SQL, made by putting one relational operator on top of another.

A `Query` is a SELECT, its columns, and a function that gives its rows. Operators of time (windows, OVER,
interval and temporal joins) stand on tables; all others stand on any query, so that they also take back
rows that were taken back from them.
"""
import flink_model as model
from flink_model import COLUMNS

COMPARISONS = ['=', '<>', '<', '<=', '>', '>=']
# The order of rows that differ in nothing is free, so every other order ends with all columns.


class Query:
    def __init__(self, sql, columns, rows, appends=False, key=()):
        self.sql, self.columns, self.rows, self.appends = sql, list(columns), rows, appends
        self.key = list(key)  # columns whose values no two rows share

    def names(self, kind=None):
        return [name for name, own in self.columns if kind in (None, own)]

    def place(self, name):
        return self.names().index(name)

    def width(self):
        return len(self.columns)

    def with_key(self):
        """Rows whose key has no NULL, as a primary key wants it."""
        tests = ' AND '.join(f'{name} IS NOT NULL' for name in self.key)
        return Query(f'SELECT * FROM ({self.sql}) WHERE {tests}', self.columns,
                     lambda: [r for r in self.rows() if all(r[self.place(n)] is not None for n in self.key)], key=self.key)


def named(c, kinds):
    """Fresh columns, so that no two in a case have the same name."""
    columns = []
    for kind in kinds:
        c.column_count = getattr(c, 'column_count', 0) + 1
        columns.append((f'c{c.column_count}', kind))
    return columns


def renamed(c, query):
    """SQL of a subquery whose columns have fresh names."""
    columns = named(c, [kind for _, kind in query.columns])
    pairs = ', '.join(f'{old} AS {new}' for (old, _), (new, _) in zip(query.columns, columns))
    return Query(f'SELECT {pairs} FROM ({query.sql})', columns, query.rows, query.appends)


def scan(c, kind=None):
    """A table as it is, with fresh column names."""
    kind = kind or c.chance.choice(['kafka', 'kafka', 'upsert-kafka'])
    table = c.table(kind)
    columns = named(c, [k for _, k in COLUMNS])
    pairs = ', '.join(f'{old} AS {new}' for (old, _), (new, _) in zip(COLUMNS, columns))
    return Query(f'SELECT {pairs} FROM {table.name}', columns, lambda: [(r.id, r.k, r.g, r.v, r.ts) for r in table.rows()],
                 kind == 'kafka')


# ---- predicates and aggregates ----

def predicate(c, query):
    """A condition on one or two columns: SQL, and a function of a row that gives True, False or None."""
    kind = 'n' if query.names('n') and c.chance.random() < 0.7 else 's'
    names = query.names(kind)
    if not names:
        return 'TRUE', lambda row: True
    name = c.chance.choice(names)
    at = query.place(name)
    operator = c.chance.choice(COMPARISONS)
    if c.chance.random() < 0.15:
        return f'{name} IS NULL', lambda row: row[at] is None
    if len(names) > 1 and c.chance.random() < 0.2:
        other = c.chance.choice(names)
        place = query.place(other)
        return f'{name} {operator} {other}', lambda row: model.compare(row[at], operator, row[place])
    value = c.chance.randrange(-3, 8) if kind == 'n' else c.chance.choice(['a', 'b', 'k1', 'k2'])
    literal = str(value) if kind == 'n' else f"'{value}'"
    return f'{name} {operator} {literal}', lambda row: model.compare(row[at], operator, value)


def calls_of(c, query, some=None):
    """Aggregates: [SQL], and a function of a group's rows that gives their values. All are BIGINT or STRING."""
    sqls, functions, kinds = [], [], []
    for _ in range(some or c.chance.randrange(1, 4)):
        function = c.chance.choice(['COUNT', 'COUNT', 'SUM', 'MIN', 'MAX', 'AVG'])
        names = query.names('n') + (query.names('s') if function in ('COUNT', 'MIN', 'MAX') else [])
        name = c.chance.choice(names) if names else None
        if name is None or (function == 'COUNT' and c.chance.random() < 0.4):
            function, name = 'COUNT', None
        distinct = name is not None and function in ('COUNT', 'SUM') and c.chance.random() < 0.3
        test_sql, test = predicate(c, query) if c.chance.random() < 0.25 else (None, None)
        at = None if name is None else query.place(name)
        sql = f"{function}({'DISTINCT ' if distinct else ''}{name or '*'})"
        sqls.append(sql + (f' FILTER (WHERE {test_sql})' if test else ''))
        kinds.append('s' if at is not None and query.columns[at][1] == 's' and function != 'COUNT' else 'n')

        def value(rows, function=function, at=at, distinct=distinct, test=test):
            rows = [row for row in rows if not test or test(row)]
            return model.aggregate(function, [1 if at is None else row[at] for row in rows], distinct)
        functions.append(value)
    return sqls, kinds, lambda rows: tuple(f(rows) for f in functions)


# ---- operators on any query ----

def filtered(c, query):
    sql, test = predicate(c, query)
    return Query(f'SELECT * FROM ({query.sql}) WHERE {sql}', query.columns,
                 lambda: [row for row in query.rows() if test(row)], query.appends, query.key)


def projected(c, query):
    """Some columns only, so that rows become equal to others."""
    names = [name for name in query.names() if c.chance.random() < 0.6] or query.names()[:1]
    places = [query.place(name) for name in names]
    return Query(f"SELECT {', '.join(names)} FROM ({query.sql})", [query.columns[at] for at in places],
                 lambda: [tuple(row[at] for at in places) for row in query.rows()], query.appends)


def aggregated(c, query):
    by = [name for name in query.names() if c.chance.random() < 0.35][:2]
    if len(by) == query.width():
        by = by[1:]
    places = [query.place(name) for name in by]
    sqls, kinds, values = calls_of(c, query)
    columns = named(c, [query.columns[at][1] for at in places] + kinds)
    bound = c.chance.randrange(1, 3) if c.chance.random() < 0.25 else None
    fields = by + sqls
    sql = f"SELECT {', '.join(f'{f} AS {n}' for f, (n, _) in zip(fields, columns))} FROM ({query.sql})"
    sql += f" GROUP BY {', '.join(by)}" if by else ''
    sql += f' HAVING COUNT(*) > {bound}' if bound else ''

    def rows():
        groups = model.grouped(query.rows(), lambda row: tuple(row[at] for at in places))
        return [key + values(group) for key, group in groups.items() if not bound or len(group) > bound]
    return Query(sql, columns, rows, key=[n for n, _ in columns[:len(by)]])


def grouping_sets(c, query):
    """ROLLUP and CUBE of two columns."""
    names = query.names()
    if len(names) < 3:
        return aggregated(c, query)
    first, second = c.chance.sample(names, 2)
    kind = c.chance.choice(['ROLLUP', 'CUBE'])
    sets = [(first, second), (first,), ()] + ([(second,)] if kind == 'CUBE' else [])
    sqls, kinds, values = calls_of(c, query)
    columns = named(c, [query.columns[query.place(n)][1] for n in (first, second)] + kinds)
    fields = ', '.join(f'{f} AS {n}' for f, (n, _) in zip([first, second] + sqls, columns))

    def rows():
        result = []
        for chosen in sets:
            def key(row):
                return tuple(row[query.place(n)] if n in chosen else None for n in (first, second))
            result += [k + values(group) for k, group in model.grouped(query.rows(), key).items()]
        return result
    return Query(f'SELECT {fields} FROM ({query.sql}) GROUP BY {kind} ({first}, {second})', columns, rows)


def distinct(c, query):
    return Query(f'SELECT DISTINCT * FROM ({query.sql})', query.columns, lambda: list(set(query.rows())), key=query.names())


def other_than(c, query):
    """What stands beside a query: another one, or the same once more."""
    return query if c.chance.random() < 0.25 else simple(c)


def joined(c, query):
    """With another query, by equal columns and sometimes a condition beside."""
    left, right = renamed(c, query), renamed(c, other_than(c, query))
    pairs = [(a, b) for a, kind in left.columns for b, other in right.columns if kind == other and kind != 't']
    if not pairs:
        return filtered(c, query)
    on = c.chance.sample(pairs, 2 if len(pairs) > 1 and c.chance.random() < 0.2 else 1)
    safe = c.chance.random() < 0.15
    kind = c.chance.choice(['INNER', 'LEFT', 'RIGHT', 'FULL'])
    both = Query('', left.columns + right.columns, None)
    extra_sql, extra = predicate(c, both) if c.chance.random() < 0.3 else (None, None)
    equal = ' AND '.join(f'{a} IS NOT DISTINCT FROM {b}' if safe else f'{a} = {b}' for a, b in on)
    places = [(left.place(a), right.place(b)) for a, b in on]

    def matches(a, b):
        same = all(a[i] == b[j] and (safe or a[i] is not None) for i, j in places)
        return same and (not extra or extra(a + b))
    return Query(
        f"SELECT * FROM ({left.sql}) {kind} JOIN ({right.sql}) ON {equal}" + (f' AND {extra_sql}' if extra else ''),
        both.columns,
        lambda: model.join(kind, left.rows(), right.rows(), matches, left.width(), right.width()),
        kind == 'INNER' and left.appends and right.appends)


def semi_joined(c, query):
    """IN, EXISTS and NOT EXISTS."""
    left, right = renamed(c, query), renamed(c, other_than(c, query))
    pairs = [(a, b) for a, kind in left.columns for b, other in right.columns if kind == other and kind != 't']
    if not pairs:
        return filtered(c, query)
    a, b = c.chance.choice(pairs)
    i, j = left.place(a), right.place(b)
    form = c.chance.choice(['IN', 'EXISTS', 'NOT EXISTS'])
    if form == 'IN':
        sql = f'SELECT * FROM ({left.sql}) WHERE {a} IN (SELECT {b} FROM ({right.sql}))'
    else:
        sql = f'SELECT * FROM ({left.sql}) WHERE {form} (SELECT 1 FROM ({right.sql}) WHERE {b} = {a})'
    return Query(sql, left.columns, lambda: model.join(
        'ANTI' if form == 'NOT EXISTS' else 'SEMI', left.rows(), right.rows(),
        lambda l, r: model.compare(l[i], '=', r[j]), left.width(), 0))


def ranked(c, query):
    """Top-N: with the rank among the columns or without."""
    by = [name for name in query.names() if c.chance.random() < 0.3][:1]
    rest = query.names()
    c.chance.shuffle(rest)
    order = [(name, c.chance.random() < 0.5) for name in rest]
    most, shows = c.chance.randrange(1, 4), c.chance.random() < 0.5
    least = 1 if most == 1 or c.chance.random() < 0.8 else 2
    (rank, _), = named(c, 'n')
    partition = f"PARTITION BY {', '.join(by)} " if by else ''
    ordering = ', '.join(name + (' DESC' if down else '') for name, down in order)
    test = f'{rank} <= {most}' + (f' AND {rank} >= {least}' if least > 1 else '')
    fields = '*' if shows else ', '.join(query.names())
    sql = (f'SELECT {fields} FROM (SELECT *, ROW_NUMBER() OVER ({partition}ORDER BY {ordering}) AS {rank} '
           f'FROM ({query.sql})) WHERE {test}')
    columns = query.columns + ([(rank, 'n')] if shows else [])
    places, keys = [(query.place(n), down) for n, down in order], [query.place(n) for n in by]
    return Query(sql, columns, lambda: [row + ((at,) if shows else ()) for row, at in
                                        model.top(query.rows(), keys, places, most, least)],
                 key=by + [rank] if shows else by if most == 1 else ())


def limited(c, query):
    """ORDER BY with LIMIT and OFFSET."""
    order = [(name, c.chance.random() < 0.5) for name in query.names()]
    c.chance.shuffle(order)
    most, skipped = c.chance.randrange(1, 5), c.chance.choice([0, 0, 2])
    ordering = ', '.join(name + (' DESC' if down else '') for name, down in order)
    sql = f'SELECT * FROM ({query.sql}) ORDER BY {ordering} LIMIT {most}' + (f' OFFSET {skipped}' if skipped else '')
    return Query(sql, query.columns, lambda: model.ordered(
        query.rows(), [(query.place(n), down) for n, down in order])[skipped:skipped + most])


def with_scalar(c, query):
    """An aggregate of another query's rows, of those that have something in common with the row."""
    left, right = renamed(c, query), renamed(c, other_than(c, query))
    pairs = [(a, b) for a, kind in left.columns for b, other in right.columns if kind == other and kind != 't']
    if not pairs or not right.names('n'):
        return filtered(c, query)
    (a, b), value = c.chance.choice(pairs), c.chance.choice(right.names('n'))
    function, (column,) = c.chance.choice(['SUM', 'MAX', 'MIN']), named(c, 'n')
    i, j, at = left.place(a), right.place(b), right.place(value)
    sql = (f'SELECT *, (SELECT {function}({value}) FROM ({right.sql}) WHERE {b} = {a}) AS {column[0]} FROM ({left.sql})')
    return Query(sql, left.columns + [column], lambda: [row + (model.aggregate(
        function, [r[at] for r in right.rows() if model.compare(row[i], '=', r[j])]),) for row in left.rows()])


def combined(c, query):
    """UNION, INTERSECT, EXCEPT with another query of the same types."""
    kind = c.chance.choice(['UNION', 'UNION ALL', 'UNION ALL', 'INTERSECT', 'EXCEPT', 'INTERSECT ALL', 'EXCEPT ALL'])
    other = other_than(c, query)
    kinds = []
    for _, k in query.columns:
        if k in [kind for _, kind in other.columns] and len(kinds) < 3:
            kinds.append(k)
    if not kinds:
        return filtered(c, query)

    def narrow(q):
        names, left = [], list(q.names())
        for k in kinds:
            pick = next((n for n in left if q.columns[q.place(n)][1] == k), q.names(k)[0])
            if pick in left:
                left.remove(pick)
            names.append(pick)
        return names
    a, b = narrow(query), narrow(other)
    columns = named(c, kinds)
    heads = ', '.join(f'{old} AS {new}' for old, (new, _) in zip(a, columns))
    return Query(
        f"SELECT * FROM ((SELECT {heads} FROM ({query.sql})) {kind} (SELECT {', '.join(b)} FROM ({other.sql})))", columns,
        lambda: model.set_operation(kind, [tuple(row[query.place(n)] for n in a) for row in query.rows()],
                                    [tuple(row[other.place(n)] for n in b) for row in other.rows()]),
        kind == 'UNION ALL' and query.appends and other.appends)


OPERATORS = [filtered, projected, aggregated, aggregated, aggregated, grouping_sets, distinct, joined, joined, semi_joined,
             ranked, ranked, limited, combined, with_scalar]


def simple(c):
    """A small query to be put beside another."""
    query = scan(c)
    for _ in range(c.chance.choice([0, 0, 1, 1, 2])):
        query = c.chance.choice([filtered, projected, aggregated, distinct, ranked])(c, query)
    return query


def on_top(c, query, most=3):
    for _ in range(c.chance.randrange(most + 1)):
        query = c.chance.choice(OPERATORS)(c, query)
    return query


# ---- shapes ----

def relational(c):
    """Two to five operators on top of each other."""
    query = scan(c)
    for _ in range(c.chance.randrange(1, 5)):
        query = c.chance.choice(OPERATORS)(c, query)
    return query


def unnested(c):
    """The elements of an array, each as a row; with LEFT JOIN a row without elements stays."""
    table = c.table(c.chance.choice(['kafka', 'upsert-kafka']))
    outer = c.chance.random() < 0.5
    columns = named(c, 'nsn')
    join = 'LEFT JOIN UNNEST(xs) AS u (x) ON TRUE' if outer else 'CROSS JOIN UNNEST(xs) AS u (x)'
    sql = f'SELECT id AS {columns[0][0]}, g AS {columns[1][0]}, x AS {columns[2][0]} FROM {table.name} {join}'
    return on_top(c, Query(sql, columns, lambda: [
        (r.id, r.g, x) for r in table.rows() for x in (r.xs or ([None] if outer else []))], table.kind == 'kafka'))


def deduplicated(c):
    """The first or the last row of each key, by event time."""
    c.unique_times = True
    table = c.table('kafka')
    last = c.chance.random() < 0.5
    columns = named(c, [k for _, k in COLUMNS])
    pairs = ', '.join(f'{old} AS {new}' for (old, _), (new, _) in zip(COLUMNS, columns))
    sql = (f"SELECT {pairs} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts{' DESC' if last else ''}) AS rn "
           f'FROM {table.name}) WHERE rn = 1')

    def rows():
        groups = model.grouped(table.rows(), lambda r: r.k).values()
        return [(r.id, r.k, r.g, r.v, r.ts) for r in ((max if last else min)(g, key=lambda r: r.ts) for g in groups)]
    return on_top(c, Query(sql, columns, rows))


class Timed:
    """What has a time: a table, or a view over tables. `arrivals` as of a table."""

    def __init__(self, name, arrivals, until):
        self.name, self.arrivals, self.until = name, arrivals, until


def timed(c, may_be_late=True):
    kind = c.chance.choice(['table'] * 5 + ['filter', 'union', 'interval join'])
    if kind in ('table', 'filter') and may_be_late and c.chance.random() < 0.4:
        c.rows_late()
    table = c.table('kafka')
    if kind == 'table':
        return table
    name = f'{table.name}_v{len(c.views)}'
    if kind == 'filter':
        bound = c.chance.randrange(-3, 6)
        c.views.append(f'CREATE VIEW {name} AS SELECT * FROM {table.name} WHERE v > {bound};')
        return Timed(name, lambda: [a for a in table.arrivals() if model.compare(a.row.v, '>', bound)], table.until)
    other = c.table('kafka')

    def in_time(rows):
        return [model.Arrival(row, -model.FOREVER) for row in rows]

    def until():
        return min(table.until(), other.until())
    if kind == 'union':
        c.views.append(f'CREATE VIEW {name} AS SELECT * FROM {table.name} UNION ALL SELECT * FROM {other.name};')
        return Timed(name, lambda: in_time(table.rows() + other.rows()), until)
    before, after = c.chance.choice([0, 1, 5]), c.chance.choice([0, 2, 10])
    own = c.chance.choice('lr')
    c.views.append(f'CREATE VIEW {name} AS SELECT l.id, l.k, r.g, r.v, l.xs, {own}.ts FROM {table.name} l JOIN {other.name} r '
                   f"ON l.k = r.k AND r.ts BETWEEN l.ts - INTERVAL '{before}' SECOND AND l.ts + INTERVAL '{after}' SECOND;")

    def pairs():
        found = model.join('INNER', [(r,) for r in table.rows()], [(r,) for r in other.rows()],
                           lambda a, b: a[0].k is not None and a[0].k == b[0].k
                           and a[0].ts - before * 1000 <= b[0].ts <= a[0].ts + after * 1000, 1, 1)
        return in_time([model.Row(l.id, l.k, r.g, r.v, l.xs, l.ts if own == 'l' else r.ts) for l, r in found])
    return Timed(name, pairs, until)


def window(c, session=True):
    """(kind, size, step, the function's SQL with a table's name to be filled in)"""
    kind = c.chance.choice(['TUMBLE', 'HOP', 'CUMULATE'] + ['SESSION'] * session)
    step = c.chance.choice([1, 2, 5])
    size = step * c.chance.choice([1, 2, 3]) if kind in ('HOP', 'CUMULATE') else c.chance.choice([1, 2, 5, 10])
    if kind == 'TUMBLE' or kind == 'SESSION':
        lengths = f"INTERVAL '{size}' SECOND"
    else:
        lengths = f"INTERVAL '{step}' SECOND, INTERVAL '{size}' SECOND"
    partition = ' PARTITION BY k' if kind == 'SESSION' else ''
    return kind, size * 1000, step * 1000, f'TABLE({kind}(TABLE %s{partition}, DESCRIPTOR(ts), {lengths}))'


def windowed_rows(table, kind, size, step):
    if kind == 'SESSION':
        found = model.sessions(table.arrivals(), lambda r: r.k, size, table.until())
    else:
        found = model.windowed(table.arrivals(), kind, size, step, table.until())
    return [(r.id, r.k, r.g, r.v, r.ts, start, end) for r, start, end in found]


WINDOWED = list(COLUMNS) + [('window_start', 't'), ('window_end', 't')]


def window_groups(c, windowed, by):
    """GROUP BY the window and more columns, as a query; nothing of it is taken back."""
    sqls, kinds, values = calls_of(c, windowed)
    keys = by + ['window_start', 'window_end']
    columns = named(c, [windowed.columns[windowed.place(n)][1] for n in by]) + WINDOWED[-2:] + named(c, kinds)
    fields = ', '.join(f'{f} AS {n}' if f != n else f for f, (n, _) in zip(keys + sqls, columns))
    places = [windowed.place(n) for n in keys]
    return Query(f"SELECT {fields} FROM {windowed.sql} GROUP BY {', '.join(keys)}", columns,
                 lambda: [key + values(group) for key, group in
                          model.grouped(windowed.rows(), lambda row: tuple(row[at] for at in places)).items()], True)


def plain_names(c, query):
    """Windows' bounds by other names, so that what comes on top does not take them for windows."""
    return renamed(c, query)


def window_aggregate(c):
    """Sometimes the windows of one aggregate are those of a second, sometimes ranked."""
    table = timed(c)
    if c.chance.random() < 0.2:
        return on_top(c, group_window(c, table), 2)
    kind, size, step, function = window(c)
    windowed = Query(function % table.name, WINDOWED, lambda: windowed_rows(table, kind, size, step), True)
    by = ['k'] if kind == 'SESSION' else c.chance.choice([[], ['k'], ['g'], ['k', 'g']])
    query = window_groups(c, windowed, by)
    if by and c.chance.random() < 0.3:
        query = window_groups(c, Query(f'({query.sql})', query.columns, query.rows, True), [])
    elif c.chance.random() < 0.3:
        query = window_top(c, Query(f'({query.sql})', query.columns, query.rows, True))
    return on_top(c, plain_names(c, query), 2)


def group_window(c, table):
    """The older form: GROUP BY TUMBLE(ts, ...)."""
    kind = c.chance.choice(['TUMBLE', 'HOP', 'SESSION'])
    step = c.chance.choice([1, 2, 5])
    size = step * c.chance.choice([1, 2, 3])
    lengths = (f"INTERVAL '{step}' SECOND, " if kind == 'HOP' else '') + f"INTERVAL '{size}' SECOND"
    by = ['k'] if kind == 'SESSION' else c.chance.choice([[], ['k'], ['k', 'g']])
    windowed = Query(table.name, WINDOWED, lambda: windowed_rows(table, kind, size * 1000, step * 1000), True)
    plain = Query('', COLUMNS, None)
    sqls, kinds, values = calls_of(c, plain)
    columns = named(c, ['s'] * len(by) + ['t', 't'] + kinds)
    call = f'{kind}%s(ts, {lengths})'
    fields = by + [call % '_START', call % '_END'] + sqls
    sql = (f"SELECT {', '.join(f'{f} AS {n}' for f, (n, _) in zip(fields, columns))} FROM {table.name} "
           f"GROUP BY {', '.join(by + [call % ''])}")
    places = [windowed.place(n) for n in by + ['window_start', 'window_end']]
    return Query(sql, columns, lambda: [key + values(group) for key, group in model.grouped(
        windowed.rows(), lambda row: tuple(row[at] for at in places)).items()], True)


def window_top(c, windowed):
    by = [n for n in windowed.names() if n not in ('window_start', 'window_end') and c.chance.random() < 0.2][:1]
    order = [n for n in windowed.names() if n not in ('window_start', 'window_end')]
    c.chance.shuffle(order)
    order = [(n, c.chance.random() < 0.5) for n in order]
    most = c.chance.randrange(1, 4)
    ordering = ', '.join(n + (' DESC' if down else '') for n, down in order)
    sql = (f"SELECT {', '.join(windowed.names())} FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY "
           f"{', '.join(['window_start', 'window_end'] + by)} ORDER BY {ordering}) AS place FROM {windowed.sql}) "
           f'WHERE place <= {most}')
    keys = [windowed.place(n) for n in ['window_start', 'window_end'] + by]
    return Query(sql, windowed.columns, lambda: [row for row, _ in model.top(
        windowed.rows(), keys, [(windowed.place(n), down) for n, down in order], most)], True)


def window_rank(c):
    """The first rows of each window, without an aggregate."""
    table = timed(c)
    kind, size, step, function = window(c, session=False)
    windowed = Query(function % table.name, WINDOWED, lambda: windowed_rows(table, kind, size, step), True)
    return on_top(c, plain_names(c, window_top(c, windowed)), 2)


def window_join(c):
    """Rows of two tables that are in the same window."""
    left, right = timed(c, False), timed(c, False)
    kind, size, step, function = window(c, session=False)
    join = c.chance.choice(['INNER', 'LEFT', 'RIGHT', 'FULL', 'SEMI', 'ANTI'])
    names, others = named(c, 'nsntt'), named(c, 'nsntt')

    def side(table, columns, alias):
        fields = ', '.join(f'{old} AS {new}' for old, (new, _) in zip(('id', 'k', 'v'), columns))
        return f'(SELECT {fields}, window_start, window_end FROM {function % table.name}) {alias}'
    on = f'l.window_start = r.window_start AND l.window_end = r.window_end AND l.{names[1][0]} = r.{others[1][0]}'
    if join in ('SEMI', 'ANTI'):
        columns = names[:3]
        sql = (f"SELECT {', '.join(n for n, _ in columns)} FROM {side(left, names, 'l')} WHERE "
               f"{'NOT ' if join == 'ANTI' else ''}EXISTS (SELECT * FROM {side(right, others, 'r')} WHERE {on})")
    else:
        columns = names + others
        bounds = ', '.join(f'{a}.window_{b} AS {n}' for (a, b), (n, _) in zip(
            (('l', 'start'), ('l', 'end'), ('r', 'start'), ('r', 'end')), names[3:] + others[3:]))
        sql = (f"SELECT {', '.join(n for n, _ in names[:3] + others[:3])}, {bounds} FROM {side(left, names, 'l')} {join} "
               f"JOIN {side(right, others, 'r')} ON {on}")
        columns = names[:3] + others[:3] + names[3:] + others[3:]

    def rows():
        until = min(left.until(), right.until())
        a, b = ([(r[0], r[1], r[3], r[5], r[6]) for r in windowed_rows(t, kind, size, step) if r[6] - 1 <= until]
                for t in (left, right))
        found = model.join(join, a, b, lambda x, y: x[1] is not None and (x[1], *x[3:]) == (y[1], *y[3:]), 5, 5)
        return [r[:3] if join in ('SEMI', 'ANTI') else r[:3] + r[5:8] + r[3:5] + r[8:] for r in found]
    return on_top(c, Query(sql, columns, rows, True), 2)


def interval_join(c):
    left, right = c.table('kafka'), c.table('kafka')
    kind = c.chance.choice(['INNER', 'INNER', 'LEFT', 'RIGHT', 'FULL'])
    before, after = c.chance.choice([0, 1, 5]), c.chance.choice([0, 2, 10])
    columns = named(c, 'nsntnsnt')
    fields = ', '.join(f'{alias}.{old} AS {new}' for (alias, old), (new, _) in zip(
        ((a, o) for a in 'lr' for o in ('id', 'k', 'v', 'ts')), columns))
    sql = (f"SELECT {fields} FROM {left.name} l {kind} JOIN {right.name} r ON l.k = r.k AND r.ts BETWEEN "
           f"l.ts - INTERVAL '{before}' SECOND AND l.ts + INTERVAL '{after}' SECOND")

    def rows():
        until = min(left.until(), right.until())
        a, b = ([(r.id, r.k, r.v, r.ts) for r in t.rows()] for t in (left, right))
        found = model.join(kind, a, b, lambda l, r: l[1] is not None and l[1] == r[1]
                           and l[3] - before * 1000 <= r[3] <= l[3] + after * 1000, 4, 4)
        # Rows that can match nobody need not wait.
        return [r for r in found if (r[3] or 0) <= until and (r[7] or 0) <= until or r[1] is r[5] is None]
    return on_top(c, Query(sql, columns, rows, True), 2)


def over(c):
    """Aggregates over the rows before each row."""
    is_range = c.chance.random() < 0.5
    c.unique_times = not is_range
    table = timed(c) if is_range else c.table('kafka')
    by = c.chance.choice([None, 'k', 'g'])
    preceding = c.chance.choice([None, 0, 1, 3])
    unit = f"INTERVAL '{preceding}' SECOND" if is_range else preceding
    frame = f"{'RANGE' if is_range else 'ROWS'} BETWEEN {'UNBOUNDED' if preceding is None else unit} PRECEDING AND CURRENT ROW"
    source = Query('', COLUMNS, None)
    sqls, kinds, values = calls_of(c, source)
    plain = [s for s in sqls if 'FILTER' not in s and 'DISTINCT' not in s]
    if len(plain) < len(sqls):
        sqls, kinds, values = ['COUNT(*)', 'SUM(v)', 'MAX(v)'], 'nnn', lambda rows: (
            len(rows), model.aggregate('SUM', [r[3] for r in rows]), model.aggregate('MAX', [r[3] for r in rows]))
    columns = named(c, ['n', 's', 't', *kinds])
    calls = ', '.join(f'{s} OVER w AS {n}' for s, (n, _) in zip(sqls, columns[3:]))
    partition = f'PARTITION BY {by} ' if by else ''
    sql = (f'SELECT id AS {columns[0][0]}, k AS {columns[1][0]}, ts AS {columns[2][0]}, {calls} FROM {table.name} '
           f'WINDOW w AS ({partition}ORDER BY ts {frame})')

    def rows():
        found = model.over(model.in_time(table.arrivals(), table.until()), lambda r: getattr(r, by or 'xs', None) if by else 0,
                           is_range, preceding if preceding is None or not is_range else preceding * 1000,
                           lambda frame: values([(r.id, r.k, r.g, r.v, r.ts) for r in frame]))
        return [(r.id, r.k, r.ts) + results for r, results in found]
    return on_top(c, Query(sql, columns, rows, True), 2)


def temporal_join(c):
    """With the version of a table that was there at the row's time. A deletion has the time of the row that it
    deletes, which has mostly been asked for by then: what it takes away depends on how reading was timed."""
    c.tombstones = False
    left, right = c.table('kafka'), c.table('upsert-kafka')
    kind = c.chance.choice(['INNER', 'LEFT'])
    columns = named(c, 'nsnsn')
    fields = ', '.join(f'{old} AS {new}' for old, (new, _) in zip(('l.id', 'l.k', 'r.id', 'r.g', 'r.v'), columns))
    sql = (f"SELECT {fields} FROM {left.name} l {'LEFT ' * (kind == 'LEFT')}JOIN {right.name} FOR SYSTEM_TIME AS OF l.ts r "
           'ON l.k = r.k')

    def rows():
        found = model.temporal_join(kind, left.rows(), right.versions(), min(left.until(), right.until()))
        return [(l.id, l.k) + ((r.id, r.g, r.v) if r else (None,) * 3) for l, r in found]
    return on_top(c, Query(sql, columns, rows, True), 2)


SHAPES = [relational, unnested, deduplicated, window_aggregate, window_rank, window_join, interval_join, over,
          temporal_join]
