"""What aggregate functions give: a state, start, add, undo (over tables), merge (of sessions), result.

States are plain values that are never changed in place. `number` counts the rows of the query.
"""


class Count:
    def __init__(self, column=None):
        self.column = column

    def counts(self, value):
        return 1 if self.column is None or value[self.column] is not None else 0

    def start(self):
        return 0

    def add(self, state, value, number):
        return state + self.counts(value)

    def undo(self, state, value):
        return state - self.counts(value)

    def merge(self, a, b):
        return a + b

    def result(self, state):
        return state


class Sum:
    """Nulls count as nothing, so the sum of nothing is 0."""

    def __init__(self, column):
        self.column = column

    def start(self):
        return 0

    def add(self, state, value, number):
        return state + (value[self.column] or 0)

    def undo(self, state, value):
        return state - (value[self.column] or 0)

    def merge(self, a, b):
        return a + b

    def result(self, state):
        return state


class Extreme:
    def __init__(self, column, choose):
        self.column, self.choose = column, choose

    def start(self):
        return None

    def merge(self, a, b):
        return b if a is None else a if b is None else self.choose(a, b)

    def add(self, state, value, number):
        return self.merge(state, value[self.column])

    def result(self, state):
        return state


class Average:
    """The average of nothing is 0."""

    def __init__(self, column):
        self.column = column

    def start(self):
        return (0, 0)

    def add(self, state, value, number, sign=1):
        v = value[self.column]
        return state if v is None else (state[0] + sign * v, state[1] + sign)

    def undo(self, state, value):
        return self.add(state, value, 0, -1)

    def merge(self, a, b):
        return (a[0] + b[0], a[1] + b[1])

    def result(self, state):
        return state[0] / state[1] if state[1] else 0.0


class CollectList:
    """Nulls are collected too. Undo takes the last equal element out."""

    def __init__(self, column):
        self.column = column

    def start(self):
        return []

    def add(self, state, value, number):
        return state + [value[self.column]]

    def undo(self, state, value):
        for i in range(len(state) - 1, -1, -1):
            if state[i] == value[self.column]:
                return state[:i] + state[i + 1:]
        return state

    def merge(self, a, b):
        return a + b

    def result(self, state):
        return state


class Latest:
    """The value of the row that was processed last (or first), also across merged sessions. Nulls are
    skipped unless asked for."""

    def __init__(self, column, earliest=False, nulls=False):
        self.column, self.earliest, self.nulls = column, earliest, nulls

    def start(self):
        return None

    def add(self, state, value, number):
        v = value[self.column]
        return self.merge(state, None if v is None and not self.nulls else (number, v))

    def merge(self, a, b):
        if a is None or b is None:
            return b if a is None else a
        return (min if self.earliest else max)(a, b, key=lambda s: s[0])

    def result(self, state):
        return None if state is None else state[1]


class LatestMany(Latest):
    """The last (or first) N values in the order of their rows."""

    def __init__(self, column, n, earliest=False, nulls=False):
        super().__init__(column, earliest, nulls)
        self.n = n

    def start(self):
        return []

    def add(self, state, value, number):
        v = value[self.column]
        return state if v is None and not self.nulls else self.merge(state, [(number, v)])

    def merge(self, a, b):
        rows = sorted(a + b, key=lambda s: s[0])
        return rows[:self.n] if self.earliest else rows[-self.n:]

    def result(self, state):
        return [v for _, v in state]


class Top:
    """The k largest values; nulls aside."""

    def __init__(self, column, k, distinct=False):
        self.column, self.k, self.distinct = column, k, distinct

    def start(self):
        return []

    def add(self, state, value, number):
        v = value[self.column]
        return state if v is None else self.merge(state, [v])

    def merge(self, a, b):
        return sorted(set(a + b) if self.distinct else a + b, reverse=True)[:self.k]

    def result(self, state):
        return state


class CollectSet:
    """Different values in the order in which they came, null too."""

    def __init__(self, column):
        self.column = column

    def start(self):
        return []

    def add(self, state, value, number):
        return self.merge(state, [value[self.column]])

    def merge(self, a, b):
        return a + [v for v in b if v not in a]

    def result(self, state):
        return state


class CountDistinct(CollectSet):
    def result(self, state):
        return len([v for v in state if v is not None])


class Histogram:
    """How often each text came."""

    def __init__(self, column):
        self.column = column

    def start(self):
        return {}

    def change(self, state, v, more):
        if v is None:
            return state
        counts = dict(state, **{v: state.get(v, 0) + more})
        return {k: n for k, n in counts.items() if n > 0}

    def add(self, state, value, number):
        return self.change(state, value[self.column], 1)

    def undo(self, state, value):
        return self.change(state, value[self.column], -1)

    def merge(self, a, b):
        for v, n in b.items():
            a = self.change(a, v, n)
        return a

    def result(self, state):
        return state


class Attribute(CollectList):
    """The one value that all rows have."""

    def result(self, state):
        return state[0] if state and all(v == state[0] for v in state) else None


class Variance(CollectList):
    """The sample variance, the textbook's way."""

    def result(self, state):
        values = [v for v in state if v is not None]
        if len(values) < 2:
            return 0.0
        mean = sum(values) / len(values)
        return sum((v - mean) ** 2 for v in values) / (len(values) - 1)
