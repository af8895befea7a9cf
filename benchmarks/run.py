#!/usr/bin/env python3
"""Measures Sluice on a local Kafka, beside a bare librdkafka consumer and beside Kafka Streams and Flink SQL.

One command: builds the release preset and, unless told otherwise, the peers (benchmarks/peers, from
Maven), starts a broker (tests/kafka/broker.sh), fills the topics, runs every system on every workload
RUNS times in turn, checks that the results agree, prints medians, and stops the broker again.

A run is a process of its own. Events per second count its whole life, start and stop included; CPU
seconds are user and system time of all its threads; memory is its greatest resident set, and own memory
what of it is not pages of files. The first result is timed apart, over a topic of a thousand bids: from the
start of the process to the moment when a read-committed consumer has a record.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.request

from harness import (HERE, OPEN_PACKAGES, ROOT, Failed, Measured, broker, build, java, measure, median, work_folder)

# What is compared of the results: the fields, and whether a row is the last value of its key.
Workload = collections.namedtuple("Workload", "title fields last")
TOTALS = "bids,total,highest"
PRICED = "bidder,price,seller,category"
WORKLOADS = {
    "filter_project": Workload("filter, project", "auction,bidder,price_euro", False),
    "aggregate": Workload("COUNT, SUM, MAX per key", TOTALS, True),
    "tumbling": Workload("COUNT, tumbling 10 s", "bids", True),
    "hopping": Workload("COUNT, hopping 10 s by 1 s", "bids", True),
    "session": Workload("COUNT, sessions, gap 10 s", "bids", True),
    "stream_table_join": Workload("stream-table join", PRICED, False),
    "stream_stream_join": Workload("stream-stream join, 10 min", PRICED, False),
    "chain": Workload("aggregate of an aggregate", "auctions,total", True),
    "ten_queries": Workload("ten queries, one topic", None, False),
    "many_keys": Workload("COUNT, SUM, MAX, many keys", TOTALS, True),
}
AVRO = "_avro"  # the same workload over the same bids, with AVRO in and out
WORKLOADS.update({name + AVRO: WORKLOADS[name]._replace(title=WORKLOADS[name].title + ", AVRO")
                  for name in ("filter_project", "aggregate", "tumbling", "hopping")})
START_TOPIC, START_WORKLOAD, START_EVENTS = "bids-start", "filter_project", 1000
TENTH_FIELDS = [("auction,bidder,price_euro", False)] * 4 + [(TOTALS, True)] * 4 + [("bids", True)] * 2
GUARANTEES = {"exactly-once": ("exactly_once_v2", "exactly-once", "EXACTLY_ONCE"),
              "at-least-once": ("at_least_once", "at-least-once", "AT_LEAST_ONCE")}
BID_SCHEMA = {"type": "record", "name": "Bid", "fields": [
    {"name": name, "type": "string" if name in ("channel", "url", "extra") else "long"}
    for name in ("auction", "bidder", "price", "channel", "url", "dateTime", "extra")]}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--many-keys", type=int, default=5_000_000, help="keys of the workload many_keys")
    parser.add_argument("--many-events", type=int, help="and its events; as many as of the others when not given")
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--guarantee", choices=GUARANTEES, default="exactly-once")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--start-runs", type=int, default=3, help="how often the first result is timed")
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
    arguments.many_events = arguments.many_events or arguments.events
    return arguments


class Registry:
    """A schema registry for all systems: a server of Sluice with nothing else to do."""

    def __init__(self, tools, work):
        self.process = subprocess.Popen([str(tools / "sluice"), "server", "--data-dir", str(work / "registry"), "--listen",
                                         "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        port = re.search(r"port (\d+)", self.process.stdout.readline())
        if not port:
            sys.exit("the schema registry did not start")
        self.url = f"http://127.0.0.1:{port.group(1)}"

    def ask(self, path, body=None):
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/vnd.schemaregistry.v1+json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def add(self, topic, schema):
        return self.ask(f"/subjects/{topic}-value/versions", {"schema": json.dumps(schema)})["id"]

    def layout(self, topic):
        """The fields of a topic's records in order, for result_digest."""
        schema = json.loads(self.ask(f"/subjects/{topic}-value/versions/latest")["schema"])
        record = schema if isinstance(schema, dict) else next(t for t in schema if isinstance(t, dict))
        return ",".join(field["name"] + ("?" if isinstance(field["type"], list) else "") for field in record["fields"])

    def close(self):
        self.process.terminate()
        self.process.wait()


class Bench:
    """The broker, the tools, and a folder for everything that is made."""

    def __init__(self, arguments, kafka, work):
        self.arguments, self.kafka, self.work = arguments, kafka, work
        self.tools = pathlib.Path(arguments.build)
        self.registry = None
        self.bid_schema = 0
        if any(name.endswith(AVRO) for name in arguments.workloads):
            self.registry = Registry(self.tools, work)
            self.bid_schema = self.registry.add("bids-avro", BID_SCHEMA)

    def close(self):
        if self.registry:
            self.registry.close()

    def produce(self, topic, **options):
        a = self.arguments
        options = {"events": a.events, "keys": a.keys, "partitions": a.partitions, "seed": a.seed, **options}
        flags = [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", value)]
        measure([self.tools / "produce_events", "--kafka", self.kafka, "--topic", topic, *flags])

    def fill(self):
        """The topics that the chosen workloads read."""
        a = self.arguments
        print(f"filling topics with {a.events:,} bids", flush=True)
        self.produce("bids")
        self.produce(START_TOPIC, events=START_EVENTS)
        if self.registry:
            self.produce("bids-avro", avro_schema_id=self.bid_schema)
        if "session" in a.workloads:
            self.produce("bids-sessions", kind="sessions")
        if "many_keys" in a.workloads:
            self.produce("bids-many-keys", keys=a.many_keys, events=a.many_events)
        if "stream_table_join" in a.workloads:
            self.produce("auctions-table", kind="auction-table")
        if "stream_stream_join" in a.workloads:
            self.produce("auctions", kind="auctions")

    def events_of(self, name):
        return self.arguments.many_events if name == "many_keys" else self.arguments.events

    def forget(self, prefix):
        """What a run has left: its topics, the changelogs among them, and its folder."""
        for start in (prefix, f"_sluice-{prefix}"):
            measure([self.tools / "produce_events", "--kafka", self.kafka, "--delete", start])
        shutil.rmtree(self.work / prefix, ignore_errors=True)

    def create(self, topic):
        self.produce(topic, events=0)

    def results_of(self, name, prefix):
        return [f"{prefix}results-{i}" for i in range(10)] if name == "ten_queries" else [f"{prefix}results"]

    def write_sql(self, text, prefix):
        guarantee = GUARANTEES[self.arguments.guarantee]
        for placeholder, value in (("@KAFKA@", self.kafka), ("@PREFIX@", prefix), ("@GUARANTEE@", guarantee[1]),
                                   ("@REGISTRY@", self.registry.url if self.registry else "")):
            text = text.replace(placeholder, value)
        path = self.work / f"{prefix}.sql"
        path.write_text(text)
        return str(path)

    def digest(self, system, prefix, name):
        """What the results of a run come to."""
        workload = WORKLOADS[name]
        fields = TENTH_FIELDS if name == "ten_queries" else [(workload.fields, workload.last)]
        found = []
        for topic, (names, last) in zip(self.results_of(name, prefix), fields):
            layout = []
            if name.endswith(AVRO):  # Kafka Streams knows its schemas by itself
                layout = [names if system == "kafka-streams" else self.registry.layout(topic)]
            found.append(measure([self.tools / "result_digest", self.kafka, topic, names, "last" if last else "all", *layout])
                         ["output"].strip())
        return found


def sluice_command(bench, name, prefix, topic):
    arguments = bench.arguments
    sql = (HERE / "workloads" / f"{name.removesuffix(AVRO)}.sql").read_text()
    registry = []
    if name.endswith(AVRO):
        sql = sql.replace("VALUE_FORMAT = 'JSON'", "VALUE_FORMAT = 'AVRO'")
        registry = ["--schema-registry", bench.registry.url]
    settings = (f"SET 'commit.interval.ms' = '1000';\n"
                f"SET 'processing.guarantee' = '{GUARANTEES[arguments.guarantee][0]}';\n"
                f"SET 'num.stream.threads' = '{arguments.threads}';\n")
    path = bench.write_sql(settings + sql.replace("'bids'", f"'{topic}'"), prefix)
    return [bench.tools / "sluice", "run", "--to-end", "--kafka", bench.kafka, "--data-dir", bench.work / prefix,
            "--service-id", prefix, *registry, path]


def kafka_streams_command(bench, name, prefix, topic):
    properties = [f"-Dbids={topic}"]
    if name.endswith(AVRO):
        properties += ["-Davro=true", f"-Davro.schema.id={bench.bid_schema}"]
    return java("kafka-streams-peer", *properties) + [
        name.removesuffix(AVRO), bench.kafka, prefix, bench.work / prefix, bench.arguments.threads,
        GUARANTEES[bench.arguments.guarantee][0]]


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


def flink_command(bench, name, prefix, topic):
    folder = HERE / "peers" / "flink" / "sql"
    sources = (folder / "sources.sql").read_text().replace("'topic' = 'bids',", f"'topic' = '{topic}',")
    query = re.sub(r"@(APPENDED|UPSERTED):([^@]*)@", flink_sink, (folder / f"{name.removesuffix(AVRO)}.sql").read_text())
    if name.endswith(AVRO):
        for kind in ("format", "value.format"):
            prefix_of_options = kind.removesuffix("format")
            avro = f"'{kind}' = 'avro-confluent', '{prefix_of_options}avro-confluent.url' = '@REGISTRY@'"
            sources = sources.replace(f"'{kind}' = 'json'", avro, 1) if kind == "format" else sources
            query = query.replace(f"'{kind}' = 'json'", avro)
    path = bench.write_sql(sources + query, prefix)
    return java("flink-peer", *OPEN_PACKAGES) + [path, bench.arguments.threads, GUARANTEES[bench.arguments.guarantee][2],
                                                 bench.work / prefix]


SYSTEMS = {"sluice": sluice_command, "kafka-streams": kafka_streams_command, "flink": flink_command}


def prepare(bench, system, name, number, topic):
    """The prefix of a run's topics, and its command."""
    prefix = f"bench-{os.getpid()}-{number}-{system}-{name.replace('_', '-')}-"
    for results in bench.results_of(name, prefix):
        bench.create(results)
    return prefix, SYSTEMS[system](bench, name, prefix, topic)


def run_once(bench, system, name, number, digests):
    prefix, command = prepare(bench, system, name, number, "bids-avro" if name.endswith(AVRO) else "bids")
    try:
        result = measure(command)
        print(f"  run {number + 1}, {name}, {system}: {result['wall']:.2f} s, CPU {result['cpu']:.2f} s, "
              f"{result['memory']:.0f} MB", flush=True)
        if number == 0 and not bench.arguments.no_check:
            digests.setdefault(name, {})[system] = bench.digest(system, prefix, name)
        return result
    except Failed as problem:
        print(f"  {problem}", flush=True)
        return None
    finally:
        bench.forget(prefix)


def first_result_s(bench, system, number):
    """From a process's start to the first committed record of its results."""
    prefix, command = prepare(bench, system, START_WORKLOAD, f"start{number}", START_TOPIC)
    waiting = subprocess.Popen([str(bench.tools / "first_record"), bench.kafka, f"{prefix}results"], stdout=subprocess.PIPE,
                               text=True)
    try:
        waiting.stdout.readline()
        running = Measured(command)
        running.wait()
        return float(waiting.stdout.readline()) - running.began
    except Failed as problem:
        print(f"  {problem}", flush=True)
        return None
    finally:
        waiting.kill()
        waiting.wait()
        bench.forget(prefix)


def write_json(arguments, figures, digests, starts):
    """Everything measured so far: a run that is broken off leaves what it has."""
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(
            {"arguments": vars(arguments), "starts": starts, "digests": digests,
             "runs": [{"system": s, "workload": w, "runs": r} for (s, w), r in figures.items()]}, indent=1))


def run_all(bench):
    arguments = bench.arguments
    figures, digests, starts = {("bare consumer", ""): []}, {}, {}
    first_result_s(bench, arguments.systems[0], "-warm-up")  # a broker makes its own topics for the first transaction
    for number in range(arguments.start_runs):
        for system in arguments.systems:
            found = first_result_s(bench, system, number)
            if found is not None:
                starts.setdefault(system, []).append({"seconds": found})
    # Interleaved, so that a slow minute of the machine hits everything.
    for number in range(arguments.runs):
        bare = measure([bench.tools / "bare_consumer", bench.kafka, "bids"])
        if int(bare["output"]) != arguments.events:
            sys.exit(f"the bare consumer counted {bare['output']}")
        figures["bare consumer", ""].append(bare)
        for name in arguments.workloads:
            for system in arguments.systems:
                result = run_once(bench, system, name, number, digests)
                if result:
                    figures.setdefault((system, name), []).append(result)
            write_json(arguments, figures, digests, starts)
    return figures, digests, starts


def verdict(system, found):
    """Whether a system's results are those of the first system that has any."""
    if not found or system not in found:
        return ""
    first = next(iter(found))
    if system == first:
        return f"{sum(int(d.split()[0]) for d in found[system]):,} rows"
    return "equal" if found[system] == found[first] else "DIFFERENT"


def print_table(figures, digests, starts, bench):
    arguments = bench.arguments
    keys = ("wall", "cpu", "memory", "own_memory")
    medians = {case: {key: median(runs, key) for key in keys} for case, runs in figures.items()}
    bare = medians["bare consumer", ""]
    print(f"\n{arguments.events:,} events, {arguments.keys:,} keys, {arguments.partitions} partition(s), {arguments.threads} "
          f"thread(s), {arguments.guarantee}, medians of {arguments.runs}; 'x Sluice' is a peer's CPU seconds by Sluice's\n")
    print(f"{'':46}{'events/s':>11}{'of bare':>8}{'CPU s/M':>9}{'x bare':>8}{'MB':>7}{'own MB':>8}{'x Sluice':>10}  results")
    for (system, name), m in medians.items():
        title = f"{WORKLOADS[name].title + ', ' if name else ''}{system}"
        own = medians.get(("sluice", name))
        events = bench.events_of(name)
        ratio = f"{m['cpu'] / own['cpu']:.1f}" if own else ""
        of_bare = bare["wall"] / arguments.events * events / m["wall"]
        print(f"{title:<46}{events / m['wall']:>11,.0f}{of_bare:>8.0%}{m['cpu'] / events * 1e6:>9.2f}"
              f"{m['cpu'] / events * arguments.events / bare['cpu']:>8.1f}{m['memory']:>7.0f}{m['own_memory']:>8.0f}{ratio:>10}  "
              f"{verdict(system, digests.get(name))}")
    for system, runs in starts.items():
        seconds = [run["seconds"] * 1000 for run in runs]
        print(f"first result of {system}: {median(runs, 'seconds') * 1000:,.0f} ms after the start of the process "
              f"({min(seconds):,.0f} to {max(seconds):,.0f}, {len(runs)} runs)")
    for name, found in digests.items():
        if any(verdict(system, found) == "DIFFERENT" for system in found):
            print(f"DIFFERENT RESULTS of {name}: {found}")


def main():
    arguments = parse_arguments()
    if not arguments.no_build:
        build(arguments.build, [s.replace("-", "_") for s in arguments.systems if s != "sluice"])

    def clean_up(kafka):
        for prefix in ("bids", "auctions", "bench-", "_sluice-bench-"):
            measure([pathlib.Path(arguments.build) / "produce_events", "--kafka", kafka, "--delete", prefix])

    with work_folder("benchmark") as work, broker(arguments.kafka, work, clean_up) as kafka:
        bench = Bench(arguments, kafka, work)
        try:
            bench.fill()
            figures, digests, starts = run_all(bench)
        finally:
            bench.close()
        print_table(figures, digests, starts, bench)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as problem:
        sys.exit(str(problem))
