#!/usr/bin/env python3
"""Measures Sluice on a local Kafka, beside a bare librdkafka consumer.

One command: builds the release preset, starts a broker (tests/kafka/broker.sh), fills a topic with
bids, runs each case RUNS times in turn, prints medians, and stops the broker again.

A case is a process of its own. Events per second count its whole life, start and stop included; CPU
seconds are user and system time of all its threads; memory is its greatest resident set.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"
BROKER = ROOT / "tests" / "kafka" / "broker.sh"
SQL_CASES = [
    ("filter and project into a topic", "filter_project.sql"),
    ("COUNT, SUM, MAX per key", "aggregate.sql"),
    ("COUNT per key, 10 s windows", "window.sql"),
]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kafka", help="HOST:PORT of a broker that runs already; else one is started")
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    parser.add_argument("--no-build", action="store_true", help="use what is built")
    parser.add_argument("--only", help="run the SQL files whose names contain this")
    parser.add_argument("--json", help="write the figures of every run to this file too")
    return parser.parse_args()


def build(directory):
    subprocess.run(["cmake", "--preset", "release", "-B", directory], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", directory, "--target", "benchmarks"], cwd=ROOT, check=True)


def measure(command):
    """Runs a command to its end; its wall time, CPU time and memory."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if child.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with {child.returncode}:\n{text}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024,
            "output": text}


def run_sql(sluice, kafka, name, run, work):
    """One run of a SQL file with topics and state of its own."""
    directory = work / f"state-{run}"
    sql = work / f"{run}.sql"
    sql.write_text((HERE / name).read_text().replace("@RUN@", run))
    result = measure([str(sluice), "run", "--to-end", "--kafka", kafka, "--data-dir",
                      str(directory), "--service-id", f"bench-{run}-", str(sql)])
    shutil.rmtree(directory, ignore_errors=True)
    return result


def print_table(cases, events):
    first = {key: statistics.median(run[key] for run in cases[0][1]) for key in ("wall", "cpu")}
    print(f"\n{'':34}{'events/s':>12}{'of (a)':>8}{'CPU s/M':>10}{'x (a)':>8}{'MB':>8}")
    for letter, (title, runs) in zip("abcdefgh", cases):
        wall, cpu, memory = (statistics.median(run[key] for run in runs)
                             for key in ("wall", "cpu", "memory"))
        print(f"({letter}) {title:<30}{events / wall:>12,.0f}{first['wall'] / wall:>8.0%}"
              f"{cpu / events * 1e6:>10.2f}{cpu / first['cpu']:>8.1f}{memory:>8.0f}")


def run_all(arguments, kafka, work):
    tools = pathlib.Path(arguments.build)
    print(f"filling the topic with {arguments.events:,} bids", flush=True)
    fill = measure([str(tools / "produce_bids"), "--kafka", kafka, "--events",
                    str(arguments.events), "--partitions", str(arguments.partitions), "--seed",
                    str(arguments.seed)])
    print(f"  {arguments.events / fill['wall']:,.0f} events/s", flush=True)
    sql_cases = [case for case in SQL_CASES if not arguments.only or arguments.only in case[1]]
    cases = [("bare librdkafka consumer", [])] + [(title, []) for title, _ in sql_cases]
    # Interleaved, so that a slow minute of the machine hits all cases.
    for number in range(arguments.runs):
        for index, (title, runs) in enumerate(cases):
            if index == 0:
                result = measure([str(tools / "bare_consumer"), kafka, "bids"])
                if int(result["output"]) != arguments.events:
                    sys.exit(f"the bare consumer counted {result['output']}")
            else:
                run = f"{os.getpid()}-{number}-{index}"
                result = run_sql(tools / "sluice", kafka, sql_cases[index - 1][1], run, work)
                subprocess.run([str(tools / "produce_bids"), "--kafka", kafka, "--delete",
                                f"bench-{run}-"], check=True)
            runs.append(result)
            print(f"  run {number + 1}, {title}: {result['wall']:.2f} s, CPU {result['cpu']:.2f} s, "
                  f"{result['memory']:.0f} MB", flush=True)
    print_table(cases, arguments.events)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(
            {"events": arguments.events, "cases": [{"title": t, "runs": r} for t, r in cases]}, indent=1))


def main():
    arguments = parse_arguments()
    if not arguments.no_build:
        build(arguments.build)
    work = pathlib.Path(tempfile.mkdtemp(prefix="sluice-benchmark-"))
    kafka = arguments.kafka
    try:
        if not kafka:
            started = subprocess.run([str(BROKER), "start", str(work / "broker")], check=True,
                                     stdout=subprocess.PIPE, text=True)
            kafka = started.stdout.split()[-1]
        run_all(arguments, kafka, work)
    finally:
        if not arguments.kafka:
            subprocess.run([str(BROKER), "stop", "--delete", str(work / "broker")], check=False)
        else:
            subprocess.run([str(pathlib.Path(arguments.build) / "produce_bids"), "--kafka", kafka,
                            "--delete", "bids"], check=False)
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
