#!/usr/bin/env python3
"""Random queries over random streams: the engine's results against an obvious model's.

Seeds are run in batches, each on one server with topics of their own. A batch is calm; or it is restarted
after a kill -9 between two halves of its inputs; or it is killed while it runs. Results are compared record
for record where they are determined, and as the final state of the table otherwise. With --dialect flink
the queries are Flink's (flink_shapes.py): what is left of their changes is compared. A disagreement is made
small (inputs are removed while it lasts) and printed with its seed, SQL, inputs, and both results.

usage: oracle.py --sluice BIN --topic-tool BIN [--seeds N] [--first N] [--dialect flink]
                 [--shape NAME] [--mode MODE] [--batch N]
"""
import argparse
import http.client
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import encoding
import generate
import model

MODES = ['calm', 'calm', 'restart', 'kill']


class Bench:
    """A data directory and the programs that work on it."""

    def __init__(self, args):
        self.args = args
        place = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
        self.directory = tempfile.mkdtemp(prefix='sluice-oracle-', dir=place)
        self.server, self.starts = None, 0

    def script(self, lines):
        command = [self.args.topic_tool, '--log', os.path.join(self.directory, 'log'), 'script', '-']
        done = subprocess.run(command, input=''.join(line + '\n' for line in lines), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self):
        command = [self.args.sluice, 'server', '--data-dir', self.directory, '--listen', '127.0.0.1:0']
        self.starts += 1
        output = os.path.join(self.directory, f'server.out.{self.starts}')
        with open(os.path.join(self.directory, 'server.err'), 'a') as errors, open(output, 'w') as out:
            self.server = subprocess.Popen(command, stdout=out, stderr=errors)
        since = time.monotonic()
        while not (port := re.search(r'port (\d+).*\n', open(output).read())):
            assert self.server.poll() is None and time.monotonic() - since < 60, 'it does not start\n' + self.errors()
            time.sleep(0.005)
        self.connection = http.client.HTTPConnection('127.0.0.1', int(port.group(1)), timeout=120)

    def printed(self):
        """What `print` tables have printed, over all starts: {identifier: lines}."""
        lines = {}
        for start in range(1, self.starts + 1):
            with open(os.path.join(self.directory, f'server.out.{start}')) as f:
                for identifier, _, text in (line.rstrip('\n').partition('> ') for line in f):
                    lines.setdefault(identifier, []).append(text)
        return lines

    def errors(self):
        with open(os.path.join(self.directory, 'server.err')) as f:
            return f.read()

    def post(self, case):
        """None, or what was wrong with the statements."""
        body = json.dumps({'ksql': case.sql(), 'streamsProperties': case.properties})
        try:
            self.connection.request('POST', '/ksql', body)
            response = self.connection.getresponse()
        except (OSError, http.client.HTTPException) as gone:
            status = self.server.wait(10)
            raise AssertionError(f'the server ended with {status}: {gone}\n{case.sql()}\n{self.errors()[-3000:]}') from gone
        text = response.read().decode()
        return None if response.status == 200 else json.loads(text)['message'][:800]

    def wait_until_done(self, pause=0.06):
        """Until all is read and committed, and nothing has happened for three looks."""
        last, quiet, since, behind = None, 0, time.monotonic(), []
        while quiet < 3:
            assert time.monotonic() - since < 60, f'The queries do not come to an end: {behind}\n' + self.errors()[-3000:]
            try:
                self.connection.request('GET', '/metrics')
                text = self.connection.getresponse().read().decode()
            except (OSError, http.client.HTTPException) as gone:
                raise AssertionError(f'the server ended with {self.server.wait(10)}\n{self.errors()[-6000:]}') from gone
            behind = re.findall(r'^sluice_query_(?:lag_records|uncommitted)\{[^}]*\} [^0].*', text, re.M)
            counts = re.findall(r'^sluice_query_(?:rows_in|rows_out|commits)_total\{[^}]*\} \d+', text, re.M)
            quiet = quiet + 1 if counts == last and not behind else 0
            since = since if counts == last else time.monotonic()
            last = counts
            time.sleep(pause)

    def kill(self, number=signal.SIGKILL):
        if not self.server:
            return
        self.connection.close()
        self.server.send_signal(number)
        status = self.server.wait(120)
        self.server = None
        assert number == signal.SIGKILL or status == 0, f'the server ended with {status}\n' + self.errors()

    def close(self):
        self.kill()
        shutil.rmtree(self.directory)


def fill_lines(case, phase):
    lines = []
    for topic in case.inputs:
        if case.is_flink:
            lines += topic.fill_lines(phase)
            continue
        records = topic.records[:topic.first_phase] if phase == 0 else topic.records[topic.first_phase:]
        for key, value, at in records:
            if isinstance(key, tuple):
                text = encoding.encode_value(value).encode().hex() or '-'
                lines.append(f'bytes {topic.name}\t{encoding.key_bytes(key).hex()}\t{at}\t{text}')
            else:
                lines.append(f'record {topic.name}\t{key or ""}\t{at}\t{encoding.encode_value(value)}')
    return lines


def run(args, cases, mode, seed):
    """Runs the cases on one server. Gives for each: found records [output][partition], or an error."""
    chance = random.Random(seed)
    bench = Bench(args)
    try:
        for case in cases:
            for topic in case.inputs:
                if mode != 'restart':
                    topic.first_phase = len(topic.records)
        bench.script([f'create {t.name} {c.partitions_of(t)}' for c in cases for t in c.inputs + c.outputs])
        bench.script([line for c in cases for line in fill_lines(c, 0)])
        bench.start()
        errors = [bench.post(case) for case in cases] if mode != 'kill' else killed(bench, cases, chance)
        bench.wait_until_done(args.pause)
        if mode == 'restart':
            bench.kill(chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM]))
            bench.script([line for c in cases for line in fill_lines(c, 1)])
            bench.start()
            bench.wait_until_done(args.pause)
        bench.kill(signal.SIGTERM)
        text = bench.script([f'dump {t.name}' for c in cases for t in c.outputs])
        return collect(cases, errors, text, bench.printed())
    finally:
        bench.close()


def killed(bench, cases, chance):
    """Posts the cases while killing the server now and then."""
    errors = [None] * len(cases)
    for i, case in enumerate(cases):
        errors[i] = bench.post(case)
        if chance.random() < 0.15:
            time.sleep(chance.random() * 0.03)
            bench.kill()
            bench.start()
    return errors


def collect(cases, errors, text, printed):
    parts = {}
    for part in ('\n' + text).split('\ntopic ')[1:]:
        name, _, body = part.partition('\n')
        parts[name] = body.splitlines()
    results = []
    for case, error in zip(cases, errors):
        if error:
            results.append(error)
            continue
        if case.is_flink:
            results.append(case.found([line for t in case.outputs for line in parts[t.name]], printed.get(case.name, [])))
            continue
        found = []
        for topic in case.outputs:
            partitions = [[] for _ in range(case.partitions_of(topic))]
            for line in parts[topic.name]:
                partition, _, at, key, value = line.split('\t', 4)
                partitions[int(partition)].append(
                    (encoding.decode_key(topic, key), int(at), encoding.decode_value(value)))
            found.append(partitions)
        results.append(found)
    return results


def phases_of(case):
    return [[t.records[:t.first_phase] for t in case.inputs], [t.records[t.first_phase:] for t in case.inputs]]


def exact(value):
    """Fractions to nine places: sums may be taken in another order."""
    if isinstance(value, float):
        return round(value, 9) + 0.0
    if isinstance(value, dict):
        return {k: exact(v) for k, v in value.items()}
    return [exact(v) for v in value] if isinstance(value, list) else value


def comparable(records, how):
    """What of an output's partitions is determined (see case.Topic)."""
    records = [[(key, at, exact(value)) for key, at, value in partition] for partition in records]
    if how == 'records':
        return records
    records = sum(records, [])
    if how == 'bag':
        return sorted(records, key=repr)
    if how == 'keys':
        by_key = {}
        for key, at, value in records:
            by_key.setdefault(key, []).append((at, value))
        return by_key
    state = model.table_state(records)
    return {key: value for key, (_, value) in state.items()} if how == 'rows' else state


def listed(what):
    """For people."""
    if isinstance(what, dict):
        return sorted(what.items(), key=repr)
    return sum(what, []) if what and isinstance(what[0], list) else what


def disagreement(case, found):
    """None, or (topic, expected, found) as lists of records."""
    if isinstance(found, str):
        return case.name, [], [found]
    if case.is_flink:
        wanted = case.wanted()
        return None if wanted == found else (case.sink, wanted, found)
    for topic, wanted, got in zip(case.outputs, case.expected(phases_of(case)), found):
        wanted, got = comparable(wanted, topic.compare), comparable(got, topic.compare)
        if wanted != got:
            return topic.name, listed(wanted), listed(got)
    return None


def disagrees(args, case, mode, attempts=1):
    for _ in range(attempts):
        result = disagreement(case, run(args, [case], mode, case.seed)[0])
        if result:
            return result
    return None


def shrink(args, case, mode):
    """Removes inputs while the disagreement lasts."""
    deadline = time.monotonic() + args.shrink_s
    for topic in case.inputs:
        size = max(1, len(topic.records) // 2)
        while size >= 1 and time.monotonic() < deadline:
            at = 0
            while at < len(topic.records) and time.monotonic() < deadline:
                kept, kept_first = topic.records, topic.first_phase
                topic.records = kept[:at] + kept[at + size:]
                topic.first_phase = kept_first - len(range(at, min(at + size, kept_first)))
                if not disagrees(args, case, mode):
                    topic.records, topic.first_phase = kept, kept_first
                    at += size
            size //= 2
    return disagrees(args, case, mode)


def report(args, case, mode, first):
    print(f'\n==== seed {case.seed} ({case.shape}, {mode}): disagreement in {first[0]}', flush=True)
    again = disagrees(args, case, mode, 2)
    if again:
        again = shrink(args, case, mode) or again
    else:
        print('It does not show again when the case runs alone.')
        again = first
    print(f'properties {case.properties}; {[case.partitions_of(t) for t in case.inputs]} partitions; compared: '
          + ', '.join(f'{t.name} {t.compare}' for t in case.outputs))
    print(case.sql())
    for topic in case.inputs:
        print(f'input {topic.name}:')
        for i, (key, value, at) in enumerate(topic.records):
            mark = '  -- restart' if i == topic.first_phase else ''
            print(f'  {key}\t{at}\t{case.value_text(value)}{mark}')
    for title, records in (('expected', again[1]), ('found', again[2])):
        print(f'{title} in {again[0]}:')
        for record in records:
            print('  ', record)
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sluice', required=True)
    parser.add_argument('--topic-tool', required=True)
    parser.add_argument('--seeds', type=int, default=200)
    parser.add_argument('--first', type=int, default=1)
    parser.add_argument('--shape', choices=list(generate.SHAPES) + list(generate.FLINK_SHAPES))
    parser.add_argument('--dialect', choices=['ksql', 'flink'], default='ksql')
    parser.add_argument('--mode', choices=sorted(set(MODES)))
    parser.add_argument('--batch', type=int, default=50)
    parser.add_argument('--pause', type=float, default=0.06, help='seconds between looks at whether all is done')
    parser.add_argument('--shrink-s', type=float, default=60)
    parser.add_argument('--most', type=int, default=5, help='stop after so many disagreements')
    args = parser.parse_args()
    began, bad, records = time.monotonic(), 0, 0
    for first in range(args.first, args.first + args.seeds, args.batch):
        seeds = range(first, min(first + args.batch, args.first + args.seeds))
        # The mode is the batch's; with the seed it decides everything but the moments of kills.
        mode = args.mode or MODES[(first // args.batch) % len(MODES)]
        cases = [generate.make_case(seed, args.shape, mode, args.dialect) for seed in seeds]
        for case in cases:
            for topic in case.inputs:
                topic.first_phase = case.chance.randrange(len(topic.records) + 1)
        for case, found in zip(cases, run(args, cases, mode, first)):
            problem = disagreement(case, found)
            if not problem:
                records += len(found) if case.is_flink else sum(len(p) for output in found for p in output)
                continue
            bad += 1
            report(args, case, mode, problem)
            if bad >= args.most:
                break
        if bad >= args.most:
            break
    print(f'{args.seeds} seeds from {args.first}: {bad} disagreements, {records} output records agree, '
          f'{time.monotonic() - began:.1f} s')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
