#!/usr/bin/env python3
"""Measures Sluice on a local Kafka, beside a bare librdkafka consumer and beside Kafka Streams and Flink SQL.

One command: builds the release preset and, unless told otherwise, the peers (benchmarks/peers, from
Maven), starts a broker (tests/kafka/broker.sh), fills the topics, runs every system on every workload
RUNS times in turn, checks that the results agree, prints medians, and stops the broker again.

A run is a process of its own. Events per second count its whole life, start and stop included; CPU
seconds are user and system time of all its threads; memory is its greatest resident set.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"
LONGEST_RUN_S = 1200
PEERS = ROOT / "build" / "peers"
BROKER = ROOT / "tests" / "kafka" / "broker.sh"

# What is compared of the results: the fields, and whether a row is the last value of its key.
Workload = collections.namedtuple("Workload", "title topic fields last")
TOTALS = "bids,total,highest"
PRICED = "bidder,price,seller,category"
WORKLOADS = {
    "filter_project": Workload("filter, project", "bids", "auction,bidder,price_euro", False),
    "aggregate": Workload("COUNT, SUM, MAX per key", "bids", TOTALS, True),
    "tumbling": Workload("COUNT, tumbling 10 s", "bids", "bids", True),
    "hopping": Workload("COUNT, hopping 10 s by 1 s", "bids", "bids", True),
    "session": Workload("COUNT, sessions, gap 10 s", "bids-sessions", "bids", True),
    "stream_table_join": Workload("stream-table join", "bids", PRICED, False),
    "stream_stream_join": Workload("stream-stream join, 10 min", "bids", PRICED, False),
    "chain": Workload("aggregate of an aggregate", "bids", "auctions,total", True),
    "ten_queries": Workload("ten queries, one topic", "bids", None, False),
    "many_keys": Workload("COUNT, SUM, MAX, many keys", "bids-many-keys", TOTALS, True),
}
TENTH_FIELDS = [("auction,bidder,price_euro", False)] * 4 + [(TOTALS, True)] * 4 + [("bids", True)] * 2
GUARANTEES = {"exactly-once": ("exactly_once_v2", "exactly-once", "EXACTLY_ONCE"),
              "at-least-once": ("at_least_once", "at-least-once", "AT_LEAST_ONCE")}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--many-keys", type=int, default=5_000_000)
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--guarantee", choices=GUARANTEES, default="exactly-once")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--systems", default="sluice", help="of sluice, kafka-streams, flink; or all")
    parser.add_argument("--workloads", default="filter_project,aggregate,tumbling",
                        help=f"of {', '.join(WORKLOADS)}; or all")
    parser.add_argument("--kafka", help="HOST:PORT of a broker that runs already; else one is started")
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    parser.add_argument("--no-build", action="store_true", help="use what is built")
    parser.add_argument("--no-check", action="store_true", help="do not compare the results")
    parser.add_argument("--json", help="write the figures of every run to this file too")
    arguments = parser.parse_args()
    known = {"systems": list(SYSTEMS), "workloads": list(WORKLOADS)}
    for name, all_of_them in known.items():
        wanted = getattr(arguments, name)
        chosen = all_of_them if wanted == "all" else wanted.split(",")
        wrong = set(chosen) - set(all_of_them)
        if wrong:
            parser.error(f"--{name}: there is no {', '.join(sorted(wrong))}; there are {', '.join(all_of_them)}")
        setattr(arguments, name, chosen)
    return arguments


def measure(command):
    """Runs a command to its end; its wall time, CPU time and memory."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        deadline = threading.Timer(LONGEST_RUN_S, child.kill)
        deadline.start()
        _, status, usage = os.wait4(child.pid, 0)
        deadline.cancel()
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with {child.returncode}:\n{text[-4000:]}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024,
            "output": text}


class Bench:
    """The broker, the tools, and a folder for everything that is made."""

    def __init__(self, arguments, kafka, work):
        self.arguments, self.kafka, self.work = arguments, kafka, work
        self.tools = pathlib.Path(arguments.build)

    def produce(self, topic, **options):
        flags = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        a = self.arguments
        measure([str(self.tools / "produce_events"), "--kafka", self.kafka, "--topic", topic, "--events",
                 str(a.events), "--partitions", str(a.partitions), "--seed", str(a.seed)] + flags)

    def fill(self):
        """The topics that the chosen workloads read."""
        chosen = self.arguments.workloads
        keys = self.arguments.keys
        print(f"filling topics with {self.arguments.events:,} bids", flush=True)
        self.produce("bids", keys=keys)
        if "session" in chosen:
            self.produce("bids-sessions", kind="sessions", keys=keys)
        if "many_keys" in chosen:
            self.produce("bids-many-keys", keys=self.arguments.many_keys)
        if "stream_table_join" in chosen:
            self.produce("auctions-table", kind="auction-table", keys=keys)
        if "stream_stream_join" in chosen:
            self.produce("auctions", kind="auctions", keys=keys)

    def delete(self, prefix):
        measure([str(self.tools / "produce_events"), "--kafka", self.kafka, "--delete", prefix])

    def create(self, topic):
        measure([str(self.tools / "produce_events"), "--kafka", self.kafka, "--topic", topic, "--events", "0",
                 "--partitions", str(self.arguments.partitions)])

    def write_sql(self, text, prefix):
        guarantee = GUARANTEES[self.arguments.guarantee]
        for placeholder, value in (("@KAFKA@", self.kafka), ("@PREFIX@", prefix), ("@GUARANTEE@", guarantee[1])):
            text = text.replace(placeholder, value)
        path = self.work / f"{prefix}.sql"
        path.write_text(text)
        return str(path)

    def digest(self, prefix, name):
        """What the results of a run come to; None where they are not compared."""
        if name == "ten_queries":
            parts = [(f"{prefix}results-{i}", *fields) for i, fields in enumerate(TENTH_FIELDS)]
        else:
            parts = [(f"{prefix}results", WORKLOADS[name].fields, WORKLOADS[name].last)]
        return [measure([str(self.tools / "result_digest"), self.kafka, topic, fields] + ["last"] * last)
                ["output"].strip() for topic, fields, last in parts]


def run_sluice(bench, name, prefix):
    arguments = bench.arguments
    settings = (f"SET 'commit.interval.ms' = '1000';\n"
                f"SET 'processing.guarantee' = '{GUARANTEES[arguments.guarantee][0]}';\n"
                f"SET 'num.stream.threads' = '{arguments.threads}';\n")
    sql = bench.write_sql(settings + (HERE / "workloads" / f"{name}.sql").read_text(), prefix)
    return measure([str(bench.tools / "sluice"), "run", "--to-end", "--kafka", bench.kafka, "--data-dir",
                    str(bench.work / prefix), "--service-id", prefix, sql])


def java(peer, *options):
    folder = PEERS / peer
    return ["java", "-Xmx4g", *options, "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp",
            f"{folder}/peer.jar:{folder}/libraries/*", "peer.Main"]


def run_kafka_streams(bench, name, prefix):
    for topic in [f"{prefix}results-{i}" for i in range(10)] if name == "ten_queries" else [f"{prefix}results"]:
        bench.create(topic)
    return measure(java("kafka-streams-peer") + [
        name, bench.kafka, prefix, str(bench.work / prefix), str(bench.arguments.threads),
        GUARANTEES[bench.arguments.guarantee][0]])


# What Flink's own scripts open for it on this JDK.
OPEN_PACKAGES = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in
                 ("java.lang", "java.net", "java.io", "java.nio", "java.text", "java.time", "java.util",
                  "java.util.concurrent", "java.util.concurrent.atomic", "sun.nio.ch", "sun.net.util")]


def flink_sink(match):
    """The options of a table of results: @APPENDED:TOPIC@ or @UPSERTED:TOPIC@."""
    kind, topic = match.groups()
    format_options = ("'connector' = 'kafka', 'format' = 'json'" if kind == "APPENDED" else
                      "'connector' = 'upsert-kafka', 'key.format' = 'json', 'value.format' = 'json'")
    return (f"{format_options}, 'topic' = '@PREFIX@{topic}', 'properties.bootstrap.servers' = '@KAFKA@', "
            f"'properties.compression.type' = 'lz4', 'properties.linger.ms' = '100', "
            f"'properties.batch.size' = '262144', 'properties.transaction.timeout.ms' = '600000', "
            f"'sink.delivery-guarantee' = '@GUARANTEE@', "
            f"'sink.transactional-id-prefix' = '@PREFIX@{topic}'")


def run_flink(bench, name, prefix):
    sources = (HERE / "peers" / "flink" / "sql" / "sources.sql").read_text()
    query = (HERE / "peers" / "flink" / "sql" / f"{name}.sql").read_text()
    query = re.sub(r"@(APPENDED|UPSERTED):([^@]*)@", flink_sink, query)
    for topic in [f"{prefix}results-{i}" for i in range(10)] if name == "ten_queries" else [f"{prefix}results"]:
        bench.create(topic)
    sql = bench.write_sql(sources + query, prefix)
    return measure(java("flink-peer", *OPEN_PACKAGES) +
                   [sql, str(bench.arguments.threads), GUARANTEES[bench.arguments.guarantee][2],
                    str(bench.work / prefix)])


SYSTEMS = {"sluice": run_sluice, "kafka-streams": run_kafka_streams, "flink": run_flink}


def build(arguments):
    directory = arguments.build
    subprocess.run(["cmake", "--preset", "release", "-B", directory], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", directory, "--target", "benchmarks"], cwd=ROOT, check=True)
    for system in arguments.systems:
        pom = HERE / "peers" / system.replace("-", "_") / "pom.xml"
        if pom.exists():
            print(f"building {system}", flush=True)
            subprocess.run(["mvn", "-q", "-B", "-f", str(pom), "package"], check=True)


def check(digests, name, system, found):
    """The first system's results are what those of the others must be."""
    expected = digests.setdefault(name, (system, found))
    if expected[1] != found:
        print(f"  DIFFERENT RESULTS of {name}: {expected[0]} {expected[1]}, {system} {found}", flush=True)


def run_once(bench, system, name, number, digests):
    prefix = f"bench-{os.getpid()}-{number}-{system}-{name.replace('_', '-')}-"
    result = SYSTEMS[system](bench, name, prefix)
    if number == 0 and not bench.arguments.no_check:
        check(digests, name, system, bench.digest(prefix, name))
    bench.delete(prefix)
    shutil.rmtree(bench.work / prefix, ignore_errors=True)
    return result


def run_all(bench):
    arguments = bench.arguments
    figures = {("bare consumer", ""): []}
    digests = {}
    # Interleaved, so that a slow minute of the machine hits everything.
    for number in range(arguments.runs):
        bare = measure([str(bench.tools / "bare_consumer"), bench.kafka, "bids"])
        if int(bare["output"]) != arguments.events:
            sys.exit(f"the bare consumer counted {bare['output']}")
        figures["bare consumer", ""].append(bare)
        for name in arguments.workloads:
            for system in arguments.systems:
                result = run_once(bench, system, name, number, digests)
                figures.setdefault((system, name), []).append(result)
                print(f"  run {number + 1}, {name}, {system}: {result['wall']:.2f} s, "
                      f"CPU {result['cpu']:.2f} s, {result['memory']:.0f} MB", flush=True)
    return figures


def print_table(figures, arguments):
    events = arguments.events
    median = {case: {key: statistics.median(run[key] for run in runs) for key in ("wall", "cpu", "memory")}
              for case, runs in figures.items()}
    bare = median["bare consumer", ""]
    print(f"\n{events:,} events, {arguments.partitions} partition(s), {arguments.threads} thread(s), "
          f"{arguments.guarantee}, medians of {arguments.runs}\n")
    print(f"{'':44}{'events/s':>11}{'of bare':>8}{'CPU s/M':>9}{'x bare':>8}{'MB':>7}{'x Sluice':>10}")
    for (system, name), m in median.items():
        title = f"{WORKLOADS[name].title + ', ' if name else ''}{system}"
        own = median.get(("sluice", name))
        ratio = f"{m['cpu'] / own['cpu']:.1f}" if own else ""
        print(f"{title:<44}{events / m['wall']:>11,.0f}{bare['wall'] / m['wall']:>8.0%}"
              f"{m['cpu'] / events * 1e6:>9.2f}{m['cpu'] / bare['cpu']:>8.1f}{m['memory']:>7.0f}{ratio:>10}")


def main():
    arguments = parse_arguments()
    if not arguments.no_build:
        build(arguments)
    work = pathlib.Path(tempfile.mkdtemp(prefix="sluice-benchmark-"))
    kafka = arguments.kafka
    try:
        if not kafka:
            started = subprocess.run([str(BROKER), "start", str(work / "broker")], check=True,
                                     stdout=subprocess.PIPE, text=True)
            kafka = started.stdout.split()[-1]
        bench = Bench(arguments, kafka, work)
        bench.fill()
        figures = run_all(bench)
        print_table(figures, arguments)
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps(
                {"arguments": vars(arguments), "runs": [{"system": s, "workload": w, "runs": r}
                                                        for (s, w), r in figures.items()]}, indent=1))
    finally:
        if arguments.kafka:
            for prefix in ("bids", "auctions", "bench-"):
                Bench(arguments, kafka, work).delete(prefix)
        else:
            subprocess.run([str(BROKER), "stop", "--delete", str(work / "broker")], check=False)
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
