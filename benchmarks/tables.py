#!/usr/bin/env python3
"""Prints the figures that run.py and nexmark.py wrote with --json as tables for the README.

usage: tables.py FILE.json...
"""
import json
import pathlib
import sys

from harness import median


def cell(runs, key, scale, digits):
    return f"{median(runs, key) * scale:,.{digits}f}" if runs else "–"


def times(peer, own, key):
    if not peer or not own or not median(own, key):
        return "–"
    return f"{median(peer, key) / median(own, key):.1f}"


def line(cells):
    return "| " + " | ".join(cells) + " |"


def table(title, rows, systems, runs_of, events_of):
    """A row for each workload or query: each system's figures, then the ratio of every peer to the first system."""
    first, *peers = systems
    heads = [title] + [f"{s}: {what}" for s in systems for what in ("CPU s/M", "events/s", "MB")]
    heads += [f"× CPU, × MB {peer}" for peer in peers]
    print(line(heads))
    print("|" + "---|" * len(heads))
    for row, name in rows:
        cells, own, events = [name], runs_of(row, first), events_of(row)
        for system in systems:
            runs = runs_of(row, system)
            speed = f"{events / median(runs, 'wall'):,.0f}" if runs else "–"
            cells += [cell(runs, "cpu", 1e6 / events, 2), speed, cell(runs, "memory", 1, 0)]
        cells += [f"{times(runs_of(row, p), own, 'cpu')}, {times(runs_of(row, p), own, 'memory')}" for p in peers]
        print(line(cells))


def print_tables(found):
    arguments = found["arguments"]
    what = "query" if "results" in found else "workload"
    runs = {(r[what], r["system"]): r["runs"] for r in found["runs"]}
    print(f"{arguments['events']:,} events, {arguments['partitions']} partition(s), {arguments['threads']} thread(s), medians of "
          f"{arguments['runs']}, {arguments.get('guarantee', 'exactly-once')}.\n")

    def events_of(row):
        return arguments["many_events"] if row == "many_keys" else arguments["events"]

    rows = [(name, name.replace("_", " ")) for name in arguments["workloads" if what == "workload" else "queries"]]
    table(what, rows, arguments["systems"], lambda row, system: runs.get((row, system)), events_of)
    for name in (("", "bare consumer"), ("start", None)):
        for (row, system), of_run in runs.items():
            if row == name[0] and name[1] in (None, system):
                print(f"\n{row} {system}: {median(of_run, 'cpu'):.2f} CPU s, {median(of_run, 'wall'):.2f} s, {median(of_run, 'memory'):.0f} MB")
    for system, starts in found.get("starts", {}).items():
        print(f"\nfirst result, {system}: {median(starts, 'seconds') * 1000:,.0f} ms")
    print()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for path in sys.argv[1:]:
        print_tables(json.loads(pathlib.Path(path).read_text()))


if __name__ == "__main__":
    main()
