#!/usr/bin/env python3
"""Measures how long after its start a process has given its first result, from a topic that is there.

Starts a broker (tests/kafka/broker.sh) unless one is given, fills a topic with a thousand bids, and RUNS times
has a new query read them: on a data directory that is not there yet, with topics that have to be made
("new"). Then it starts a server on that directory, with a thousand bids more to read ("again"). The end is when a
read-committed consumer has a record (first_record). Prints minimum, median and maximum in milliseconds.
"""
import argparse
import pathlib
import shutil
import signal
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BROKER = ROOT / "tests" / "kafka" / "broker.sh"
INPUT, EVENTS = "startup-bids", 1000


class Bench:
    def __init__(self, tools, kafka, work):
        self.tools, self.kafka, self.work = tools, kafka, work

    def produce(self, **options):
        flags = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        subprocess.run([str(self.tools / "produce_events"), "--kafka", self.kafka, *flags], check=True)

    def produce_bids(self, topic, **options):
        self.produce(topic=topic, events=EVENTS, partitions=1, keys=10, **options)

    def first_result_ms(self, command, topic, *which):
        """From the start of a process, which is then ended, to a record in a topic."""
        waiting = subprocess.Popen([str(self.tools / "first_record"), self.kafka, topic, *which],
                                   stdout=subprocess.PIPE, text=True)
        waiting.stdout.readline()
        began = time.time()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            ended = float(waiting.communicate(timeout=60)[0])
        finally:
            process.send_signal(signal.SIGINT)
            waiting.kill()
            if process.wait() != 0:
                raise SystemExit(f"{' '.join(command)} failed")
        return (ended - began) * 1000

    def run(self, prefix):
        """The first results of a new query, and of the same one in another process."""
        topic, results = f"{prefix}{INPUT}", f"{prefix}results"
        sql = (ROOT / "benchmarks" / "workloads" / "filter_project.sql").read_text()
        path = self.work / f"{prefix}.sql"
        path.write_text(sql.replace("'bids'", f"'{topic}'").replace("@PREFIX@", prefix))
        options = ["--kafka", self.kafka, "--data-dir", str(self.work / prefix), "--service-id", prefix]
        self.produce_bids(topic)
        new_ms = self.first_result_ms([str(self.tools / "sluice"), "run", *options, str(path)], results)
        self.produce_bids(topic, append=1)
        again_ms = self.first_result_ms(
            [str(self.tools / "sluice"), "server", "--listen", "127.0.0.1:0", *options], results, "new")
        for start in (prefix, f"_sluice-{prefix}"):
            self.produce(delete=start)
        return new_ms, again_ms


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--kafka", help="HOST:PORT of a broker that runs already; else one is started")
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    arguments = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="sluice-startup-"))
    kafka = arguments.kafka
    try:
        if not kafka:
            started = subprocess.run([str(BROKER), "start", str(work / "broker")], check=True,
                                     stdout=subprocess.PIPE, text=True)
            kafka = started.stdout.split()[-1]
        bench = Bench(pathlib.Path(arguments.build), kafka, work)
        bench.run("startup-first-")  # a broker makes its own topics for the first transaction
        found = [bench.run(f"startup-{i}-") for i in range(arguments.runs)]
        for title, times in (("new", [run[0] for run in found]), ("again", [run[1] for run in found])):
            print(f"first result of {title}: {min(times):.0f} ms at best, {statistics.median(times):.0f} ms in the "
                  f"median, {max(times):.0f} ms at worst")
    finally:
        if not arguments.kafka:
            subprocess.run([str(BROKER), "stop", "--delete", str(work / "broker")], check=False)
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
