"""Nexmark's events out of order, and what then has to come out.

`shuffled` brings events out of order by less than the 4 seconds that the watermark allows: no row is
late, so every query gives what it gives in order. `delayed` holds some of them back for longer. Most
queries do not care, since their results depend on the rows alone. Those with windows drop what comes
when the window has closed; `WINDOWED` says what they give then: one event at a time, and the watermark
behind each, as an engine does it whose batches have one row.
"""
import collections
import datetime
import json
import random

BOUND_MS = 4000
EPOCH = datetime.datetime(1970, 1, 1)
TYPES = ('person', 'auction', 'bid')


def milliseconds(text):
    """Of '2015-07-15 00:00:00.1'."""
    whole, _, fraction = text.partition('.')
    seconds = (datetime.datetime.strptime(whole, '%Y-%m-%d %H:%M:%S') - EPOCH).total_seconds()
    return int(seconds) * 1000 + int((fraction + '000')[:3])


def timestamp(ms):
    return (EPOCH + datetime.timedelta(milliseconds=ms)).isoformat(' ', 'milliseconds')


def read(lines):
    """(time, type, record, line) of each event."""
    events = []
    for line in lines:
        event = json.loads(line)
        kind = TYPES[event['event_type']]
        events.append((milliseconds(event[kind]['dateTime']), kind, event[kind], line))
    return events


def shuffled(events, seed):
    """No event comes behind one that is 4 s later."""
    chance = random.Random(seed)
    return [event for _, event in sorted(((e[0] + chance.randrange(BOUND_MS), e) for e in events), key=lambda p: p[0])]


def delayed(events, seed):
    """One in twenty comes up to half a minute late, some of them at the very bound."""
    chance = random.Random(seed)

    def arrival(event):
        late = chance.random() < 0.05
        delay = chance.choice([BOUND_MS, chance.randrange(30_000)]) if late else chance.randrange(BOUND_MS)
        return event[0] + delay
    return [event for _, event in sorted(((arrival(e), e) for e in events), key=lambda p: p[0])]


def with_watermarks(events):
    """(watermark in front of the event, event)."""
    latest = -BOUND_MS
    for event in events:
        yield latest - BOUND_MS, event
        latest = max(latest, event[0])


def not_late(events):
    """What a pattern sees of them: rows that come before the watermark has reached their time, in order."""
    return sorted((event for watermark, event in with_watermarks(events) if event[0] > watermark), key=lambda e: e[0])


def windows(events, size, slide):
    """{window's end: the events it counts}: those that came before it closed."""
    found = collections.defaultdict(list)
    for watermark, event in with_watermarks(events):
        end = event[0] - event[0] % slide + slide
        while end - size <= event[0]:
            if end - 1 > watermark:
                found[end].append(event)
            end += slide
    return found


def hot_items(events):
    for bids in windows(events, 10_000, 2000).values():
        counts = collections.Counter(record['auction'] for _, kind, record, _ in bids if kind == 'bid')
        for auction, count in counts.items():
            if count == max(counts.values()):
                yield auction, count


def highest_bids(events):
    """The maximum is of rows in time; the bids that have it are joined without regard to the watermark."""
    for end, inside in windows(events, 10_000, 10_000).items():
        prices = [record['price'] for _, kind, record, _ in inside if kind == 'bid']
        for time, kind, bid, _ in events:
            if prices and kind == 'bid' and bid['price'] == max(prices) and end - 10_000 <= time <= end:
                yield bid['auction'], bid['price'], bid['bidder'], timestamp(time), bid['extra']


def new_users(events):
    for end, inside in windows(events, 10_000, 10_000).items():
        sellers = {record['seller'] for _, kind, record, _ in inside if kind == 'auction'}
        for person in {(r['id'], r['name']) for _, kind, r, _ in inside if kind == 'person'}:
            if person[0] in sellers:
                yield (*person, timestamp(end - 10_000))


def sessions(events, gap=10_000):
    """A bid joins the sessions that it touches; it is late if what comes of that has closed."""
    open_sessions = collections.defaultdict(list)  # of each bidder: [start, end, count]
    for watermark, (time, kind, bid, _) in with_watermarks(events):
        if kind != 'bid':
            continue
        mine = open_sessions[bid['bidder']]
        for session in [s for s in mine if s[1] - 1 <= watermark]:
            mine.remove(session)
            yield bid['bidder'], session[2], timestamp(session[0]), timestamp(session[1])
        touched = [s for s in mine if s[0] <= time + gap and time <= s[1]]
        merged = [min([time] + [s[0] for s in touched]), max([time + gap] + [s[1] for s in touched]),
                  1 + sum(s[2] for s in touched)]
        if merged[1] - 1 > watermark:
            mine[:] = [s for s in mine if s not in touched] + [merged]
    for bidder, mine in open_sessions.items():
        for start, end, count in mine:
            yield bidder, count, timestamp(start), timestamp(end)


WINDOWED = {'q5': hot_items, 'q7': highest_bids, 'q8': new_users, 'q11': sessions}
