#!/usr/bin/env python3
"""Measures how long after a record's append its result is seen, at a fixed rate, beside Kafka Streams and Flink SQL.

Each system runs two queries over one topic: one passes every record on, one keeps MAX(sent) per key. latency_probe
appends records that say when, and consumes the first query's results, read-committed. A pull query (Sluice) asks for a
key of the table again and again; a record counts as seen when the answer is not older than it. Exactly-once
everywhere, so a result is seen when it was committed: the commit interval is what matters. It is the system's
default first (Flink has none: 1 s), and then what users set who want results soon.
"""
import argparse
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

from harness import Failed, HERE, OPEN_PACKAGES, ROOT, broker, build, java, measure, work_folder

INTERVALS_MS = {"sluice": (100, 10), "kafka-streams": (100, 10), "flink": (1000, 100)}
SLUICE_DEFAULT_MS = 100
INPUT, KEYS = "latency-bids", 100
PULL_PAUSE_S = 0.001


class Sluice:
    def __init__(self, bench, prefix, interval_ms):
        interval = [] if interval_ms == SLUICE_DEFAULT_MS else ["--property", f"commit.interval.ms={interval_ms}"]
        self.process = subprocess.Popen(
            [str(bench.tools / "sluice"), "server", "--kafka", bench.kafka, "--data-dir", str(bench.work / prefix),
             "--service-id", prefix, "--listen", "127.0.0.1:0", *interval],
            stdout=subprocess.PIPE, text=True)
        self.port = int(re.search(r"port (\d+)", self.process.stdout.readline()).group(1))
        sql = (HERE / "workloads" / "latency.sql").read_text().replace("@PREFIX@", prefix)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", "/ksql", json.dumps({"ksql": sql}))
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            sys.exit(f"the statements are refused: {text}")


class KafkaStreams:
    port = None

    def __init__(self, bench, prefix, interval_ms):
        command = java("kafka-streams-peer", "-Dforever=true", "-Dlinger=0", "-Dfetch=1") + [
            "latency", bench.kafka, prefix, str(bench.work / prefix), "1", "exactly_once_v2", str(interval_ms)]
        self.process = subprocess.Popen(command, stdout=bench.log, stderr=bench.log)


class Flink:
    port = None

    def __init__(self, bench, prefix, interval_ms):
        sql = (HERE / "peers" / "flink" / "sql" / "latency.sql").read_text()
        path = bench.work / f"{prefix}.sql"
        path.write_text(sql.replace("@PREFIX@", prefix).replace("@KAFKA@", bench.kafka))
        command = java("flink-peer", *OPEN_PACKAGES) + [
            str(path), "1", "EXACTLY_ONCE", str(bench.work / prefix), f"execution.checkpointing.interval={interval_ms} ms",
            f"table.exec.mini-batch.allow-latency={interval_ms} ms"]
        self.process = subprocess.Popen(command, stdout=bench.log, stderr=bench.log)


SYSTEMS = {"sluice": Sluice, "kafka-streams": KafkaStreams, "flink": Flink}


class Bench:
    def __init__(self, arguments, kafka, work):
        self.arguments, self.kafka, self.work = arguments, kafka, work
        self.tools = pathlib.Path(arguments.build)
        self.log = open(work / "systems.log", "w")

    def create(self, topic):
        measure([self.tools / "produce_events", "--kafka", self.kafka, "--topic", topic, "--events", 0])

    def delete(self, prefix):
        measure([self.tools / "produce_events", "--kafka", self.kafka, "--delete", prefix])


class Pulls(threading.Thread):
    """Asks for one key until it is told to end. Its records come at a known distance, so those between two
    answers are known, too."""

    def __init__(self, port, distance_us, measured_from_us):
        super().__init__(daemon=True)
        self.port, self.distance_us, self.measured_from_us = port, distance_us, measured_from_us
        self.found_us, self.ended = [], threading.Event()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = json.dumps({"sql": "SELECT sent FROM last_bids WHERE id = '7';"})
        last = None
        while not self.ended.is_set():
            connection.request("POST", "/query-stream", body)
            rows = connection.getresponse().read().decode().splitlines()[1:]
            now_us = time.time() * 1e6
            sent = json.loads(rows[0])[0] if rows else None
            if sent != last and last is not None:
                at = sent
                while at > last + self.distance_us / 2:
                    if at > self.measured_from_us:
                        self.found_us.append(now_us - at)
                    at -= self.distance_us
            last = sent
            time.sleep(PULL_PAUSE_S)


def percentiles_ms(found_us):
    found = sorted(found_us)
    return [found[len(found) // 2] / 1e3, found[len(found) * 99 // 100] / 1e3, found[-1] / 1e3] if found else None


def run_once(bench, name, interval_ms):
    """Latencies of consuming, and of pulling where there is that: p50, p99 and maximum in milliseconds."""
    a = bench.arguments
    prefix = f"latency-{os.getpid()}-{name}-{interval_ms}-"
    for topic in (INPUT, f"{prefix}results", f"{prefix}last"):
        bench.create(topic)
    system = SYSTEMS[name](bench, prefix, interval_ms)
    pulls = None
    try:
        probe = subprocess.Popen([str(bench.tools / "latency_probe"), bench.kafka, INPUT, f"{prefix}results", str(a.rate),
                                  str(KEYS), str(a.warm_up), str(a.seconds)], stdout=subprocess.PIPE, text=True)
        if system.port:
            pulls = Pulls(system.port, KEYS * 1e6 / a.rate, (time.time() + a.warm_up) * 1e6)
            pulls.start()
        text = probe.communicate()[0]
        if probe.returncode or system.process.poll() is not None:
            print(f"  {name} failed:\n" + (bench.work / "systems.log").read_text()[-2000:], flush=True)
            return None, None
        return text.split(), pulls and percentiles_ms(pulls.found_us)
    finally:
        if pulls:
            pulls.ended.set()
            pulls.join()
        system.process.send_signal(signal.SIGTERM)
        try:
            system.process.wait(20)
        except subprocess.TimeoutExpired:
            system.process.kill()
            system.process.wait()
        for start in (prefix, f"_sluice-{prefix}", INPUT):
            bench.delete(start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=10_000, help="records a second")
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--warm-up", type=int, default=15, help="seconds before, from the first result on")
    parser.add_argument("--systems", default="sluice,kafka-streams,flink")
    parser.add_argument("--kafka", help="HOST:PORT of a broker that runs already; else one is started")
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    parser.add_argument("--no-build", action="store_true", help="use what is built")
    arguments = parser.parse_args()
    systems = arguments.systems.split(",")
    if not set(systems) <= set(SYSTEMS):
        parser.error(f"--systems: there are {', '.join(SYSTEMS)}")
    if not arguments.no_build:
        build(arguments.build, [s.replace("-", "_") for s in systems if s != "sluice"])
    with work_folder("latency") as work, broker(arguments.kafka, work, lambda kafka: None) as kafka:
        bench = Bench(arguments, kafka, work)
        print(f"{arguments.rate:,} records a second for {arguments.seconds} s, exactly-once; ms from append to seen\n\n"
              f"{'':36}{'results':>9}{'p50':>9}{'p99':>9}{'max':>9}", flush=True)
        for name in systems:
            for interval_ms in INTERVALS_MS[name]:
                consumed, pulled = run_once(bench, name, interval_ms)
                title = f"{name}, commit every {interval_ms} ms"
                if consumed:
                    print(f"{title:<36}{int(consumed[0]):>9,}" + "".join(f"{float(v):>9.1f}" for v in consumed[1:]), flush=True)
                if pulled:
                    print(f"{'  by a pull query':<45}" + "".join(f"{v:>9.1f}" for v in pulled), flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as problem:
        sys.exit(str(problem))
