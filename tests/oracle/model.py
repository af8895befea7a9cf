"""The obvious model of Sluice's stateful queries: one record at a time, dictionaries, no cleverness.

A query is a chain of nodes. Each node takes one message and calls `emit` for every message it gives:

  stream nodes   row(key, value, time)          value: a dict of columns, or None
  table nodes    change(key, new, old, time)    new, old: dicts or None (there is no row)

Which rules hold is ksqlDB's and Kafka Streams' behaviour; where a rule surprises, a comment says so.
Each partition has nodes of its own.
"""
DAY = 86_400_000


class Node:
    """Passes its results to the next node; the last one's results are the query's output."""
    next = None

    def then(self, node):
        self.next = node
        return node

    def row(self, key, value, time):
        raise NotImplementedError

    def change(self, key, new, old, time):
        raise NotImplementedError


class Output(Node):
    """The topic: a table's change is a record with the new row, or a tombstone."""

    def __init__(self):
        self.records = []

    def row(self, key, value, time):
        self.records.append((key, time, value))

    def change(self, key, new, old, time):
        self.records.append((key, time, new))


# ---- sources ----

class StreamSource(Node):
    def row(self, key, value, time):
        self.next.row(key, value, time)


class TableSource(Node):
    """Remembers the last row of each key. A key is needed; times may go backwards."""

    def __init__(self):
        self.rows = {}

    def row(self, key, value, time):
        if key is None:
            return
        old = self.rows.get(key)
        if value is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = value
        self.next.change(key, value, old, time)


class Changes(Node):
    """A table read as a stream of its new rows."""

    def row(self, key, value, time):
        if key is not None and value is not None:
            self.next.row(key, value, time)


# ---- stateless ----

class Filter(Node):
    """Streams: rows without a value are dropped. Tables: a row that matched and no longer does is deleted;
    one that never did gives nothing."""

    def __init__(self, predicate):
        self.predicate = predicate

    def row(self, key, value, time):
        if value is not None and self.predicate(key, value):
            self.next.row(key, value, time)

    def change(self, key, new, old, time):
        if new is not None and not self.predicate(key, new):
            new = None
        if old is not None and not self.predicate(key, old):
            old = None
        if new is not None or old is not None:
            self.next.change(key, new, old, time)


class Project(Node):
    def __init__(self, project):
        self.project = project

    def apply(self, key, value):
        return None if value is None else self.project(key, value)

    def row(self, key, value, time):
        self.next.row(key, self.apply(key, value), time)

    def change(self, key, new, old, time):
        self.next.change(key, self.apply(key, new), self.apply(key, old), time)


class Rekey(Node):
    """PARTITION BY an expression: a row without a value has no new key either."""

    def __init__(self, new_key):
        self.new_key = new_key

    def row(self, key, value, time):
        self.next.row(None if value is None else self.new_key(key, value), value, time)


# ---- GROUP BY ----

class Aggregate(Node):
    """What all kinds of aggregation share. `names` of the results go with `functions`."""

    def __init__(self, group_by, names, functions):
        self.group_by, self.names, self.functions = group_by, names, functions
        self.number = 0

    def start(self):
        return [f.start() for f in self.functions]

    def add(self, states, value):
        self.number += 1
        return [f.add(s, value, self.number) for f, s in zip(self.functions, states)]

    def undo(self, states, value):
        return [f.undo(s, value) for f, s in zip(self.functions, states)]

    def result(self, states):
        return {n: f.result(s) for n, f, s in zip(self.names, self.functions, states)}

    def group(self, key, value):
        """None: the row has no group. A group of several columns needs all of them."""
        if value is None:
            return None
        group = self.group_by(key, value)
        if isinstance(group, tuple) and None in group:
            return None
        return group


class GroupStream(Aggregate):
    def __init__(self, *args):
        super().__init__(*args)
        self.groups = {}

    def row(self, key, value, time):
        group = self.group(key, value)
        if group is None:
            return
        self.update(group, group, value, time)

    def update(self, group, result_key, value, time):
        before = self.groups.get(group)
        states, old_time = before or (self.start(), time)
        states, time = self.add(states, value), max(time, old_time)
        self.groups[group] = (states, time)
        self.next.change(result_key, self.result(states), before and self.result(before[0]), time)


class GroupTable(Aggregate):
    """A row that moves leaves its old group first, then enters the new one; within a group both are
    one change. A group without rows stays."""

    def __init__(self, *args):
        super().__init__(*args)
        self.groups = {}

    def change(self, key, new, old, time):
        to, origin = self.group(key, new), self.group(key, old)
        if origin is not None and origin != to:
            self.update(origin, None, old, time)
        if to is not None:
            self.update(to, new, old if origin == to else None, time)

    def update(self, group, new, old, time):
        before = self.groups.get(group)
        states, old_time = before or (self.start(), time)
        if old is not None:
            states = self.undo(states, old)
        if new is not None:
            states = self.add(states, new)
        time = max(time, old_time)
        self.groups[group] = (states, time)
        self.next.change(group, self.result(states), before and self.result(before[0]), time)


class GroupWindows(GroupStream):
    """TUMBLING (advance = size) and HOPPING. Stream time is the latest of all rows that have a group.
    A row does not enter a window that ended a grace period ago or earlier."""

    def __init__(self, size, advance, grace, *args):
        super().__init__(*args)
        self.size, self.advance = size, advance
        self.grace = grace
        self.stream_time = -1

    def row(self, key, value, time):
        group = self.group(key, value)
        if group is None:
            return
        self.stream_time = max(self.stream_time, time)
        start = max(0, (time - self.size) // self.advance * self.advance)
        while start <= time:
            end = start + self.size
            if time < end and end > self.stream_time - self.grace:
                self.update((group, start), (group, start, end), value, time)
            start += self.advance


class GroupSessions(Aggregate):
    """A row takes in all sessions of its group that are no further away than the gap. What it takes in
    is deleted under its old bounds, unless the result is the single instant of the row itself."""

    def __init__(self, gap, grace, retention, *args):
        super().__init__(*args)
        self.gap, self.grace, self.retention = gap, grace, retention
        self.sessions = {}  # group: {(start, end): states}
        self.stream_time = -1

    def row(self, key, value, time):
        group = self.group(key, value)
        if group is None:
            return
        over = self.stream_time - self.retention
        self.stream_time = max(self.stream_time, time)
        sessions = self.sessions.setdefault(group, {})
        joined = sorted(((s, e) for s, e in sessions if e >= time - self.gap and s <= time + self.gap
                         and e >= over), key=lambda b: (b[1], b[0]))
        start = min([time] + [s for s, _ in joined])
        end = max([time] + [e for _, e in joined])
        if end < self.stream_time - self.grace - self.gap:
            return
        states, before = self.start(), None
        for bounds in joined:
            old = sessions.pop(bounds)
            states = [f.merge(a, b) for f, a, b in zip(self.functions, states, old)]
            if (start, end) != (time, time):
                self.next.change((group, *bounds), None, self.result(old), bounds[1])
            else:
                before = self.result(old)
        states = self.add(states, value)
        sessions[start, end] = states
        self.next.change((group, start, end), self.result(states), before, end)


# ---- EMIT FINAL ----

class Final(Node):
    """Holds the row of each window and gives it once, when its window closes; then it is forgotten. A
    delete takes the held row away and is never given."""

    def __init__(self):
        self.stream_time = -1
        self.held = {}  # (what decides when and in which order, key): (value, time)

    def change(self, key, new, old, time):
        self.stream_time = max(self.stream_time, time)
        if new is None:
            self.held.pop(self.place(key), None)
        else:
            self.held[self.place(key)] = (new, time)
        for place in sorted(self.held):
            if self.is_closed(place):
                value, held_time = self.held.pop(place)
                if self.is_given(place):
                    self.next.change(place[2], value, None, held_time)


class FinalWindows(Final):
    """Closed once time has come to the end and the grace period. When every row gives its result, windows
    are given out of a store that forgets them: one that is past its retention by then is not given."""

    def __init__(self, size, advance, grace, retention, per_row):
        super().__init__()
        self.size, self.advance, self.grace, self.per_row = size, advance, grace, per_row
        self.retention = size + grace
        if retention > self.retention and retention != DAY:  # a day is the default
            self.retention = retention

    def place(self, key):
        return key[1], key[2], key

    def is_closed(self, place):
        return place[0] + self.size + self.grace <= self.stream_time

    def is_given(self, place):
        latest_start = self.stream_time // self.advance * self.advance
        return not self.per_row or place[0] >= latest_start - self.retention


class FinalSessions(Final):
    def __init__(self, gap, grace):
        super().__init__()
        self.wait = gap + grace

    def place(self, key):
        return key[2], key[1], key

    def is_closed(self, place):
        return place[0] + self.wait < self.stream_time

    def is_given(self, place):
        return True


# ---- joins: row(side, ...) or change(side, ...), side 0 is the left one ----

class StreamTableJoin:
    next = None

    def __init__(self, kind, join_key):
        self.kind, self.join_key = kind, join_key  # join_key: of a stream row
        self.table = {}

    def row(self, side, key, value, time):
        if side == 1:
            if key is None:
                return
            if value is None:
                self.table.pop(key, None)
            else:
                self.table[key] = value
            return
        if value is None:
            return
        match_key = self.join_key(key, value)
        if match_key is None:
            return
        right = self.table.get(match_key)
        if right is not None or self.kind == 'LEFT':
            self.next.row(match_key, (value, right), time)


class TableTableJoin:
    next = None

    def __init__(self, kind):
        self.kind = kind
        self.tables = ({}, {})  # key: (value, time)
        self.preserved = (kind in ('LEFT', 'FULL'), kind in ('RIGHT', 'FULL'))

    def row(self, side, key, value, time):
        if key is None:
            return
        old = self.tables[side].pop(key, None)
        if value is not None:
            self.tables[side][key] = (value, time)
        other = self.tables[1 - side].get(key)
        if other is None and not (self.preserved[side] and (value is not None or old is not None)):
            return
        if other is not None:
            time = max(time, other[1])
        self.next.change(key, self.pair(side, value, other), self.pair(side, old and old[0], other), time)

    def pair(self, side, value, other):
        if value is None and (other is None or not self.preserved[1 - side]):
            return None
        if other is None and not self.preserved[side]:
            return None
        other = other and other[0]
        return (value, other) if side == 0 else (other, value)


class ForeignKeyJoin:
    """Each left row has the right row of its foreign key, or none. A right row changes all left rows that
    refer to it, in the order of their keys. INNER: a delete is also given to a key that may have had no row."""
    next = None

    def __init__(self, kind, foreign_key):
        self.keeps_left, self.foreign_key = kind == 'LEFT', foreign_key
        self.left, self.right = {}, {}  # key: (value, time)

    def pair(self, left, right):
        return (left, right) if left is not None and (right is not None or self.keeps_left) else None

    def right_value(self, foreign):
        return self.right.get(foreign, (None, None))[0]

    def row(self, side, key, value, time):
        if key is None:
            return
        if side == 0:
            self.left_row(key, value, time)
            return
        old = self.right.pop(key, (None, None))[0]
        if value is not None:
            self.right[key] = (value, time)
        for primary in sorted(self.left):
            left = self.left[primary][0]
            if self.foreign_key(left) == key:
                self.next.change(primary, self.pair(left, value), self.pair(left, old), time)

    def left_row(self, key, value, time):
        old = self.left.pop(key, (None, None))[0]
        if value is not None:
            self.left[key] = (value, time)
        old_foreign = old and self.foreign_key(old)
        foreign = old_foreign if value is None else self.foreign_key(value)
        before = self.pair(old, self.right_value(old_foreign))
        after = value and self.pair(value, self.right_value(foreign))
        had = old is not None and (old_foreign is not None or self.keeps_left)
        if had or after is not None:
            self.next.change(key, after, before, max(time, self.right.get(foreign, (None, time))[1]))


class StreamStreamJoin:
    """Rows of a side are kept for the window and the grace period behind the side's own latest time.

    A row of a preserved side that finds nobody waits until its window and grace have passed (of the
    time of both sides), if a grace period was given; else it is given at once."""
    next = None

    def __init__(self, kind, before, after, grace):
        self.backward, self.forward = (before, after), (after, before)
        self.waits = grace is not None and kind != 'INNER'
        self.grace = DAY - 2 * before if grace is None else grace
        self.retention = before + after + self.grace
        self.preserved = (kind in ('LEFT', 'FULL'), kind in ('RIGHT', 'FULL'))
        self.kept = ([], [])  # (key, time, value) in order of arrival
        self.latest = [-1, -1]
        self.stream_time = -1
        self.waiting = {}  # (time, is left, key): [values]; this is also the order in which they go

    def row(self, side, key, value, time):
        if key is None or value is None:
            return
        self.stream_time = max(self.stream_time, time)
        self.latest[side] = max(self.latest[side], time)
        self.kept[side].append((key, time, value))
        if time == self.stream_time:
            self.give_closed()
        found = False
        for other_key, other_time, other in sorted(self.kept[1 - side], key=lambda r: r[1]):
            if other_key != key or other_time <= self.latest[1 - side] - self.retention:
                continue
            if not time - self.backward[side] <= other_time <= time + self.forward[side]:
                continue
            found = True
            self.waiting.pop((other_time, side != 0, key), None)
            pair = (value, other) if side == 0 else (other, value)
            self.next.row(key, pair, max(time, other_time))
        if found or not self.preserved[side]:
            return
        if self.waits and time + self.forward[side] >= self.stream_time:
            self.waiting.setdefault((time, side == 0, key), []).append(value)
        else:
            self.give_alone(side, key, value, time)

    def give_alone(self, side, key, value, time):
        self.next.row(key, (value, None) if side == 0 else (None, value), time)

    def give_closed(self):
        for time, is_left, key in sorted(self.waiting):
            side = 0 if is_left else 1
            if time + self.forward[side] + self.grace < self.stream_time:
                for value in self.waiting.pop((time, is_left, key)):
                    self.give_alone(side, key, value, time)


class Side(Node):
    """What a join gives as one side of another."""

    def __init__(self, join, side):
        self.join, self.side = join, side

    def row(self, key, value, time):
        self.join.row(self.side, key, value, time)

    def change(self, key, new, old, time):
        self.join.row(self.side, key, new, time)


# ---- running ----

def merged(inputs):
    """Records of several inputs, [(which, [(key, value, time)])], in the order in which they are processed:
    the one with the earliest first record goes next, the lower one when equal. Gives (which, record)."""
    places = [0] * len(inputs)
    while True:
        heads = [(records[at][2], i) for i, ((_, records), at) in enumerate(zip(inputs, places)) if at < len(records)]
        if not heads:
            return
        i = min(heads)[1]
        yield inputs[i][0], inputs[i][1][places[i]]
        places[i] += 1


def chain(*nodes):
    """Links the nodes and gives (first, output)."""
    output = Output()
    for a, b in zip(nodes, nodes[1:] + (output,)):
        a.next = b
    return nodes[0], output


def table_state(records):
    """What a table holds in the end: key -> (time, value)."""
    state = {}
    for key, time, value in records:
        if value is None:
            state.pop(key, None)
        else:
            state[key] = (time, value)
    return state
