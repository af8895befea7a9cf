"""The obvious model of Flink's relational operators: a query is a function of all rows that its tables have.

What a continuous query has given in the end, all changes added up, is what the same query gives over
its inputs at rest: so a join is two nested loops here, and an aggregate a loop over the rows of a group.
Time enters in two places only. A row that comes when the watermark has closed its window is late, so
every row of a table knows the watermark in front of it. And an operator that waits for time gives what
the last watermark, `until`, has reached.

Rows are tuples; NULL is None; times are milliseconds.
"""
import collections

FOREVER = float('inf')

Row = collections.namedtuple('Row', 'id k g v xs ts')
COLUMNS = (('id', 'n'), ('k', 's'), ('g', 's'), ('v', 'n'), ('ts', 't'))


class Arrival(collections.namedtuple('Arrival', 'row watermark')):
    """A row of a table, or None for a deletion, and the watermark of its partition when it came."""


# ---- values ----

def ordered(rows, order):
    """By (column, descending)...; NULL is less than every value."""
    for column, descending in reversed(order):
        rows = sorted(rows, key=lambda r: (True, r[column]) if r[column] is not None else (False,), reverse=descending)
    return rows


def compare(a, operator, b):
    if a is None or b is None:
        return None
    return {'=': a == b, '<>': a != b, '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b}[operator]


def truncated(a, b):
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


# ---- aggregates ----

def aggregate(function, values, distinct=False):
    """Of the values of a group's rows; COUNT(*) gets a value a row."""
    values = [value for value in values if value is not None]
    if distinct:
        values = sorted(set(values))
    if function == 'COUNT':
        return len(values)
    if not values:
        return None
    if function == 'AVG':
        return truncated(sum(values), len(values))
    return {'SUM': sum, 'MIN': min, 'MAX': max}[function](values)


def grouped(rows, key):
    """Groups in the order of their first rows; NULL is a group like others."""
    groups = collections.defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


# ---- joins ----

def join(kind, left, right, matches, left_width, right_width):
    """`matches(l, r)` may be None, which is not true."""
    result, matched = [], set()
    for row in left:
        others = [i for i, other in enumerate(right) if matches(row, other)]
        matched.update(others)
        if kind == 'SEMI' or kind == 'ANTI':
            if (kind == 'SEMI') == bool(others):
                result.append(row)
            continue
        result += [row + right[i] for i in others]
        if not others and kind in ('LEFT', 'FULL'):
            result.append(row + (None,) * right_width)
    if kind in ('RIGHT', 'FULL'):
        result += [(None,) * left_width + other for i, other in enumerate(right) if i not in matched]
    return result


# ---- ranks and sets ----

def top(rows, partition, order, most, least=1):
    """[(row, rank)]; `order` is a list of (column, descending)."""
    result = []
    for group in grouped(rows, lambda r: tuple(r[c] for c in partition)).values():
        result += [(row, rank) for rank, row in enumerate(ordered(group, order), 1) if least <= rank <= most]
    return result


def set_operation(kind, left, right):
    a, b = collections.Counter(left), collections.Counter(right)
    if kind == 'UNION':
        return list(a | b)
    if kind == 'UNION ALL':
        return left + right
    if kind == 'INTERSECT':
        return [row for row in a if row in b]
    if kind == 'EXCEPT':
        return [row for row in a if row not in b]
    return list((a & b if kind == 'INTERSECT ALL' else a - b).elements())


# ---- windows ----

def windows_of(kind, time, size, step):
    """[(start, end)] of TUMBLE, HOP and CUMULATE."""
    if kind == 'TUMBLE':
        return [(time - time % size, time - time % size + size)]
    if kind == 'HOP':
        last = time - time % step
        return [(start, start + size) for start in range(last - size + step, last + 1, step) if start <= time < start + size]
    start = time - time % size
    return [(start, end) for end in range(start + step, start + size + 1, step) if time < end]


def windowed(arrivals, kind, size, step, until):
    """[(row, start, end)] of the windows that have closed, without rows that came later."""
    return [(a.row, start, end) for a in arrivals for start, end in windows_of(kind, a.row.ts, size, step)
            if a.watermark < end - 1 <= until]


def sessions(arrivals, key, gap, until):
    """[(row, start, end)]: a row joins the sessions that it touches, and is late if what comes of that has closed."""
    found, open_sessions = [], collections.defaultdict(list)  # of a key: [start, end, rows]
    for row, watermark in arrivals:
        mine = open_sessions[key(row)]
        found += [s for s in mine if s[1] - 1 <= watermark]
        mine[:] = [s for s in mine if s[1] - 1 > watermark]
        touched = [s for s in mine if s[0] <= row.ts + gap and row.ts <= s[1]]
        merged = [min([row.ts] + [s[0] for s in touched]), max([row.ts + gap] + [s[1] for s in touched]),
                  sum((s[2] for s in touched), []) + [row]]
        if merged[1] - 1 > watermark:
            mine[:] = [s for s in mine if s not in touched] + [merged]
    found += [s for mine in open_sessions.values() for s in mine if s[1] - 1 <= until]
    return [(row, start, end) for start, end, rows in found for row in rows]


def in_time(arrivals, until):
    """Rows that wait for the watermark, in the order of their time."""
    return sorted((a.row for a in arrivals if a.watermark < a.row.ts <= until), key=lambda r: r.ts)


def over(rows, partition, is_range, preceding, call):
    """[(row, call(frame))]; `preceding` None: all rows before."""
    result = []
    for group in grouped(rows, partition).values():
        for i, row in enumerate(group):
            if is_range:
                frame = [r for r in group if r.ts <= row.ts and (preceding is None or r.ts >= row.ts - preceding)]
            else:
                frame = group[0 if preceding is None else max(0, i - preceding):i + 1]
            result.append((row, call(frame)))
    return result


def temporal_join(kind, lefts, versions, until):
    """Each row with the version of its key that was there at its time; of equally old ones the last counts."""
    result = []
    for row in lefts:
        if row.ts > until:
            continue
        mine = [v for v in versions if v.k == row.k and v.ts <= row.ts]
        last = max((v.ts for v in mine), default=None)
        version = [v for v in mine if v.ts == last][-1] if mine else None
        if version or kind == 'LEFT':
            result.append((row, version))
    return result


def last_rows(arrivals):
    """What an upsert table holds: (key, row or None) in the order of their coming."""
    rows = {}
    for key, row in arrivals:
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row
    return list(rows.values())

