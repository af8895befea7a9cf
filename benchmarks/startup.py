#!/usr/bin/env python3
"""Measures how long after its start a process has written its first result, from a topic that is there.

Starts a broker (tests/kafka/broker.sh) unless one is given, fills a topic with a thousand bids, and runs a
new query over them RUNS times: on a data directory that is not there yet, with topics that have to be made.
The end is the commit of all results (the line "done" of sluice run), so it includes reading, processing, and
a transaction. Prints minimum, median and maximum in milliseconds.
"""
import argparse
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BROKER = ROOT / "tests" / "kafka" / "broker.sh"


def first_result_ms(tools, kafka, work, prefix):
    sql = (ROOT / "benchmarks" / "workloads" / "filter_project.sql").read_text()
    path = work / f"{prefix}.sql"
    path.write_text(sql.replace("'bids'", "'startup-bids'").replace("@PREFIX@", prefix))
    command = [str(tools / "sluice"), "run", "--to-end", "--kafka", kafka, "--data-dir", str(work / prefix),
               "--service-id", prefix, str(path)]
    began = time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    done_ms = None
    for line in process.stderr:
        if line.startswith("done"):
            done_ms = (time.monotonic() - began) * 1000
    if process.wait() != 0 or done_ms is None:
        raise SystemExit(f"{' '.join(command)} failed")
    return done_ms


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--kafka", help="HOST:PORT of a broker that runs already; else one is started")
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    arguments = parser.parse_args()
    tools = pathlib.Path(arguments.build)
    work = pathlib.Path(tempfile.mkdtemp(prefix="sluice-startup-"))
    kafka = arguments.kafka
    try:
        if not kafka:
            started = subprocess.run([str(BROKER), "start", str(work / "broker")], check=True,
                                     stdout=subprocess.PIPE, text=True)
            kafka = started.stdout.split()[-1]
        subprocess.run([str(tools / "produce_events"), "--kafka", kafka, "--topic", "startup-bids", "--events",
                        "1000", "--partitions", "1", "--keys", "10"], check=True)
        found = [first_result_ms(tools, kafka, work, f"startup-{i}-") for i in range(arguments.runs)]
        print(f"first result after {min(found):.0f} ms at best, {statistics.median(found):.0f} ms in the median, "
              f"{max(found):.0f} ms at worst")
    finally:
        if arguments.kafka:
            for prefix in ("startup-", "_sluice-startup-"):
                subprocess.run([str(tools / "produce_events"), "--kafka", kafka, "--delete", prefix], check=False)
        else:
            subprocess.run([str(BROKER), "stop", "--delete", str(work / "broker")], check=False)
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
