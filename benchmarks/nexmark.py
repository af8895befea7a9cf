#!/usr/bin/env python3
"""Measures the Nexmark queries in Sluice beside Flink, one thread each, over the same Kafka topic.

The queries are read from ../shared/reference/nexmark/queries, where they are as Nexmark has them; where
that is absent there is nothing to measure, and this program says so. The events are made by
produce_events (--kind nexmark), and each query runs as it is written into a `blackhole`, so that only the
query counts. Then all run again in both systems into `print`, over the first --check-events events, and what
the changes come to must be the same. A run is a process of its own; CPU seconds are user and system
time of all its threads, start and stop included; memory is its greatest resident set.

Not here: q6, which Flink refuses. Not compared: q12, whose windows are of the wall clock. Of q19 rows are
compared without what ties leave open. Flink is tuned as Nexmark tunes it: mini-batches of 2 s or 50,000 rows, two-phase and
split distinct aggregation, objects reused, a checkpoint every three minutes; its state is on the heap.
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys

from harness import (OPEN_PACKAGES, ROOT, Failed, Measured, broker, build, java, measure, median, work_folder)

QUERIES_FOLDER = ROOT.parent / "shared" / "reference" / "nexmark" / "queries"
QUERIES = [f"q{i}" for i in range(24) if i != 6]
NOT_COMPARED = {"q12": "windows of the wall clock"}
SKIPPED = 77
GROUP = 7  # queries that are compared in one process
FLINK_SETTINGS = ("execution.checkpointing.interval=180 s", "table.exec.mini-batch.allow-latency=2 s",
                  "table.optimizer.agg-phase-strategy=TWO_PHASE")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--check-events", type=int, help="how many of them the results are compared over; all when not given, 0: none")
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1, help="0: only compare the results")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--systems", default="sluice,flink")
    parser.add_argument("--queries", default=",".join(QUERIES))
    parser.add_argument("--kafka", help="HOST:PORT of a broker that runs already; else one is started")
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    parser.add_argument("--no-build", action="store_true", help="use what is built")
    parser.add_argument("--heap", default="6g", help="Java's, for Flink")
    parser.add_argument("--json", help="write the figures of every run to this file too")
    arguments = parser.parse_args()
    for name, known in (("systems", list(SYSTEMS)), ("queries", QUERIES)):
        chosen = getattr(arguments, name).split(",")
        wrong = set(chosen) - set(known)
        if wrong:
            parser.error(f"--{name}: there is no {', '.join(sorted(wrong))}; there are {', '.join(known)}")
        setattr(arguments, name, chosen)
    if arguments.check_events is None:
        arguments.check_events = arguments.events
    return arguments


def reference(name):
    return (QUERIES_FOLDER / name).read_text()


def source(kafka, topic):
    """The table of events and its three views."""
    ddl = reference("ddl_kafka.sql").replace("${BOOTSTRAP_SERVERS}", kafka)
    ddl = ddl.replace("'topic' = 'nexmark'", f"'topic' = '{topic}', 'scan.bounded.mode' = 'latest-offset'")
    return ddl + "\n" + reference("ddl_views.sql").replace("${NEXMARK_TABLE}", "kafka") + "\n"


def query(name, work, sink):
    """A query whose rows go to `sink`, with its placeholders filled in."""
    sql = reference(f"{name}.sql").replace("${FLINK_HOME}", str(work))
    if name == "q10":  # its sink is a directory of files: only the SELECT counts
        sql = re.sub(r"\) PARTITIONED BY \(dt, hm\) WITH \(.*?\n\);", ") WITH ('connector' = 'blackhole');", sql, flags=re.S)
    if name == "q19" and sink == "print":
        sql = re.sub(r"  bidder.*?extra  VARCHAR,", "  price BIGINT,", sql, flags=re.S)
        sql = sql.replace("SELECT * FROM\n", "SELECT auction, price, rank_number FROM\n")
    if name == "q23":  # Flink wants it quoted
        sql = sql.replace("A.dateTime", "A.`dateTime`")
    if sink == "print":
        sink = f"print', 'print-identifier' = '{name}"
    return sql.replace("'connector' = 'blackhole'", f"'connector' = '{sink}'")


def for_flink(sql):
    """What Flink 2.3 no longer reads as it is written: options of before 1.11, and a lookup in a file."""
    for old, new in (("'connector.type'", "'connector'"), ("'connector.path'", "'path'"), ("'format.type'", "'format'"),
                     ("FOR SYSTEM_TIME AS OF B.p_time ", ""), ("com.github.nexmark.flink.udf.CountChar", "peer.CountChar")):
        sql = sql.replace(old, new)
    return sql


class Bench:
    def __init__(self, arguments, kafka, work):
        self.arguments, self.kafka, self.work = arguments, kafka, work
        self.tools = pathlib.Path(arguments.build)
        (work / "data").mkdir()
        (work / "data" / "side_input.txt").write_text("".join(f"{i},{i}\n" for i in range(10000)))

    def fill(self, topic, events):
        measure([self.tools / "produce_events", "--kafka", self.kafka, "--topic", topic, "--kind", "nexmark",
                 "--events", events, "--partitions", self.arguments.partitions, "--seed", self.arguments.seed])

    def script(self, system, title, names, topic, sink):
        """A file with these queries over the topic."""
        sql = "\n".join(query(name, self.work, sink) for name in names)
        path = self.work / f"{system}-{title}-{sink}.sql"
        path.write_text(source(self.kafka, topic) + (for_flink(sql) if system == "flink" else sql))
        return path

    def forget(self, name):
        """What a run has left: its topics, the changelogs among them, and its folder."""
        for prefix in (f"{name}-", f"_sluice-{name}-"):
            measure([self.tools / "produce_events", "--kafka", self.kafka, "--delete", prefix])
        shutil.rmtree(self.work / name, ignore_errors=True)


def sluice_command(bench, script):
    threads = ["--property", f"num.stream.threads={bench.arguments.threads}"] if bench.arguments.threads > 1 else []
    return [bench.tools / "sluice", "run", "--to-end", "--dialect", "flink", "--kafka", bench.kafka, "--data-dir",
            bench.work / script.stem, "--service-id", f"{script.stem}-", *threads, script]


def flink_command(bench, script):
    return java("flink-peer", *OPEN_PACKAGES, heap=bench.arguments.heap) + [
        script, bench.arguments.threads, "EXACTLY_ONCE", bench.work / script.stem, *FLINK_SETTINGS]


SYSTEMS = {"sluice": sluice_command, "flink": flink_command}


def digest(bench, system, names, number):
    """A process of all these queries, and what adds up the changes that they print."""
    topic = "nexmark-check" if bench.arguments.check_events != bench.arguments.events else "nexmark"
    script = bench.script(system, f"check{number}", names, topic, "print")
    adder = subprocess.Popen([str(bench.tools / "changes_digest")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             text=True)
    running = Measured(SYSTEMS[system](bench, script), stdout=adder.stdin)
    adder.stdin.close()
    return script, running, adder


def compare(bench, names, number):
    """What some queries come to in each system; both run at once, and are not measured."""
    started = {system: digest(bench, system, names, number) for system in bench.arguments.systems}
    found = {name: {} for name in names}
    for system, (script, running, adder) in started.items():
        try:
            running.wait()
        except Failed as problem:
            print(f"  {problem}", flush=True)
        for name, *digest_of_query in map(str.split, adder.stdout.read().splitlines()):
            found[name][system] = digest_of_query
        adder.wait()
        bench.forget(script.stem)
    return {name: verdict(digests, bench.arguments.systems) for name, digests in found.items()}


def verdict(digests, systems):
    given = [digests.get(system, ["no rows"]) for system in systems]
    if all(d == given[0] for d in given):
        return f"{int(given[0][0]):,} rows" + (" equal" if len(given) > 1 else "") if len(given[0]) == 2 else "no rows"
    return "DIFFERENT: " + ", ".join(f"{system} {' '.join(d)}" for system, d in zip(systems, given))


def compare_all(bench):
    """In groups, because a Java program is slow to start and one for all queries would need much memory."""
    results = {name: f"not compared: {why}" for name, why in NOT_COMPARED.items()}
    names = [name for name in bench.arguments.queries if name not in NOT_COMPARED]
    for number, at in enumerate(range(0, len(names) if bench.arguments.check_events else 0, GROUP)):
        for name, text in compare(bench, names[at:at + GROUP], number).items():
            results[name] = text
            print(f"  {name}: {text}", flush=True)
    return results


def start_cost(bench, system):
    """What a query over 100 events costs: the start and the end of a process."""
    script = bench.script(system, "start", ["q0"], "nexmark-start", "blackhole")
    result = measure(SYSTEMS[system](bench, script))
    bench.forget(script.stem)
    return result


def run_once(bench, system, name):
    script = bench.script(system, name, [name], "nexmark", "blackhole")
    try:
        result = measure(SYSTEMS[system](bench, script))
        print(f"  {name}, {system}: {result['wall']:.2f} s, CPU {result['cpu']:.2f} s, {result['memory']:.0f} MB", flush=True)
        return result
    except Failed as problem:
        print(f"  {problem}", flush=True)
        return None
    finally:
        bench.forget(script.stem)


def run_all(bench):
    arguments = bench.arguments
    figures = {}
    for number in range(arguments.runs):
        for system in arguments.systems:
            figures.setdefault(("start", system), []).append(start_cost(bench, system))
        for name in arguments.queries:
            for system in arguments.systems:
                result = run_once(bench, system, name)
                if result:
                    figures.setdefault((name, system), []).append(result)
    return figures


def ratio(numerator, denominator):
    return f"{numerator / denominator:.1f}" if denominator > 0 else "-"


def print_table(figures, results, arguments):
    events, systems = arguments.events, arguments.systems
    start = {system: median(figures["start", system], "cpu") for system in systems}
    print(f"\n{events:,} Nexmark events, {arguments.partitions} partition(s), {arguments.threads} thread(s), medians of "
          f"{arguments.runs}; results compared over {arguments.check_events:,} events.\nCPU seconds per million events, all of the "
          "process; net: without what it costs to start and end (" +
          ", ".join(f"{system} {start[system]:.2f} s CPU, {median(figures['start', system], 'wall'):.2f} s" for system in systems) + ")\n")
    print(f"{'':6}" + "".join(f"{system + ' events/s':>17}{'CPU s/M':>9}{'net':>7}{'MB':>6}" for system in systems) +
          f"{'x CPU':>8}{'x net':>7}{'x MB':>7}  results")
    for name in arguments.queries:
        line, cells = f"{name:6}", []
        for system in systems:
            runs = figures.get((name, system))
            if not runs:
                line += f"{'failed':>17}{'':22}"
                continue
            cpu, memory = median(runs, "cpu"), median(runs, "memory")
            cells.append((cpu, max(0, cpu - start[system]), memory))
            line += f"{events / median(runs, 'wall'):>17,.0f}{cpu * 1e6 / events:>9.2f}{cells[-1][1] * 1e6 / events:>7.2f}{memory:>6.0f}"
        if len(cells) == 2:
            line += "".join(f"{ratio(b, a):>{w}}" for a, b, w in zip(cells[0], cells[1], (8, 7, 7)))
        print(f"{line}  {results.get(name, '')}")


def main():
    arguments = parse_arguments()
    if not QUERIES_FOLDER.is_dir():
        print(f"NEXMARK IS SKIPPED: its queries are not at {QUERIES_FOLDER}")
        return SKIPPED
    if not arguments.no_build:
        build(arguments.build, [system for system in arguments.systems if system == "flink"])

    def clean_up(kafka):
        for prefix in ("nexmark", "_sluice-sluice-q"):
            measure([pathlib.Path(arguments.build) / "produce_events", "--kafka", kafka, "--delete", prefix])

    with work_folder("nexmark") as work, broker(arguments.kafka, work, clean_up) as kafka:
        bench = Bench(arguments, kafka, work)
        print(f"filling a topic with {arguments.events:,} events", flush=True)
        bench.fill("nexmark", arguments.events)
        if arguments.check_events not in (0, arguments.events):
            bench.fill("nexmark-check", arguments.check_events)
        bench.fill("nexmark-start", 100)
        figures = run_all(bench)
        results = compare_all(bench)
        if arguments.runs:
            print_table(figures, results, arguments)
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps(
                {"arguments": vars(arguments), "results": results,
                 "runs": [{"query": q, "system": s, "runs": r} for (q, s), r in figures.items()]}, indent=1))
    return 1 if any("DIFFERENT" in text for text in results.values()) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as problem:
        sys.exit(str(problem))
