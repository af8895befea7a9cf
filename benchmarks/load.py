#!/usr/bin/env python3
"""Puts a server under load and prints what its clients see: pull queries, push queries, idle and slow connections, bad input.

One command: builds the release preset, fills a topic of the embedded log, starts a server on a free port of this machine,
runs the parts in turn, each with a load generator of its own (benchmarks/load, one thread), and stops the server.

Times are what a client waits. A pull query's is counted from when it was due, so a server that falls behind shows. CPU
is the server's: per core means per second of CPU time that its HTTP threads take.
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "integration"))
import sluice_server  # noqa: E402

EARLIEST = {"auto.offset.reset": "earliest"}
TICKS = os.sysconf("SC_CLK_TCK")
PART_NAMES = ("pull", "push", "bad", "crowd")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=20_000_000, help="what the ingesting query has to read")
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=1000, help="pull queries a second, where the rate is fixed")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--push", type=int, default=1000, help="push queries that are open at once")
    parser.add_argument("--crowd", type=int, default=1000, help="idle connections, and slow ones")
    parser.add_argument("--parts", default=",".join(PART_NAMES))
    parser.add_argument("--build", default=str(ROOT / "build" / "release"))
    parser.add_argument("--no-build", action="store_true", help="use what is built")
    parser.add_argument("--json", help="write the figures to this file too")
    return parser.parse_args()


def fill(tools, directory, events, keys):
    """A topic of bids, straight into the log."""
    log = os.path.join(directory, "log")
    tool = [str(tools / "topic_tool"), "--log", log]
    subprocess.run([*tool, "create", "bids", "1"], check=True)
    chance = random.Random(1)
    block = "".join(f"{chance.randrange(keys)}\t{1_700_000_000_000 + n}\t{{\"PRICE\":{chance.randrange(10_000)}}}\n"
                    for n in range(100_000)).encode()
    writer = subprocess.Popen([*tool, "produce", "bids"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    for _ in range(events // 100_000):
        writer.stdin.write(block)
    writer.stdin.close()
    if writer.wait() != 0:
        sys.exit("filling the topic failed")


class Load:
    """The server, what it serves, and its clients."""

    def __init__(self, arguments, directory):
        self.arguments = arguments
        self.tools = pathlib.Path(arguments.build)
        self.rows = []
        fill(self.tools, directory, arguments.events, arguments.keys)
        sluice_server.BINARY = str(self.tools / "sluice")
        self.server = sluice_server.Server(directory, "--property", "ksql.query.push.v2.enabled=true")
        self.pid = self.server.process.pid
        self.server.ksql("CREATE STREAM bids (id STRING KEY, price INT) WITH (kafka_topic='bids', value_format='JSON');"
                         "CREATE STREAM live (id INT KEY, sent BIGINT) "
                         "WITH (kafka_topic='live', value_format='JSON', partitions=1);")
        self.ingest("totals")
        self.wait_for(arguments.events)

    def ingest(self, table):
        self.read_before = self.server.metric("sluice_rows_in_total")
        self.server.ksql(f"CREATE TABLE {table} AS SELECT id, COUNT(*) AS n, SUM(price) AS total "
                         f"FROM bids GROUP BY id;", streamsProperties=EARLIEST)

    def read(self):
        return self.server.metric("sluice_rows_in_total") - self.read_before

    def wait_for(self, events):
        while self.read() < events:
            time.sleep(0.1)

    def cpu_s(self, prefix=""):
        """CPU seconds so far of the server's threads whose names begin so."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                name, numbers = (task / "stat").read_text().rsplit(")", 1)
                if name.split("(", 1)[1].startswith(prefix):
                    total += sum(map(int, numbers.split()[11:13])) / TICKS
        return total

    def process_cpu_s(self):
        return sum(map(int, pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13])) / TICKS

    def memory_mb(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0

    def threads(self):
        return len(list(pathlib.Path(f"/proc/{self.pid}/task").iterdir()))

    def client(self, mode, **options):
        words = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        return subprocess.Popen([str(self.tools / "load_client"), mode, "--port", str(self.server.port), *words],
                                stdout=subprocess.PIPE, text=True)

    def ask(self, table="totals", rate=None):
        """Pull queries by key over sixteen connections; what their clients saw."""
        rate = self.arguments.rate if rate is None else rate
        cpu = self.cpu_s("http")
        client = self.client("pull", connections=16, rate=rate, seconds=self.arguments.seconds,
                             keys=self.arguments.keys, sql=f"SELECT * FROM {table} WHERE id = '%d';")
        seen = json.loads(client.communicate(timeout=120)[0])
        seen["cpu_s"] = self.cpu_s("http") - cpu
        if seen["failed"] or not seen["rows"]:
            sys.exit(f"pull queries failed: {seen}")
        return seen

    def report_pull(self, what, seen, notes=""):
        self.report("pull queries by key, " + what, f"{seen['rate']:,.0f}/s",
                    f"{seen['answered'] / max(seen['cpu_s'], 0.01):,.0f}", seen["p50_us"], seen["p99_us"], notes)

    def report(self, what, rate, per_core, p50_us, p99_us, notes=""):
        self.rows.append({"what": what, "rate": rate, "per_core": per_core, "p50_ms": p50_us / 1000,
                          "p99_ms": p99_us / 1000, "notes": notes})
        print(f"| {what} | {rate} | {per_core} | {p50_us / 1000:.2f} | {p99_us / 1000:.2f} | {notes} |", flush=True)


def part_pull(load):
    """(a) pull queries by key: alone, then while a query fills the table that they ask."""
    load.report_pull("as fast as they are answered", load.ask(rate=0))
    load.report_pull("nothing else to do", load.ask())
    load.ingest("filling")
    sluice_server.wait_until(lambda: len(load.server.query("SELECT * FROM filling LIMIT 1;")) > 1, "the first commit")
    began, already = time.monotonic(), load.read()
    seen = load.ask("filling")
    read, seconds = load.read(), time.monotonic() - began
    load.report_pull("while their table is filled", seen, f"{(read - already) / seconds / 1e6:.2f} M events/s read meanwhile")
    if read >= load.arguments.events:
        print("  (the query had read everything before the end: give more --events)")
    load.server.ksql("DROP TABLE filling DELETE TOPIC;")


def insert_live(load, rate, seconds):
    """Rows that say when they were made, on one request."""
    connection = socket.create_connection(("127.0.0.1", load.server.port))
    connection.sendall(b"POST /inserts-stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    threading.Thread(target=lambda: [None for _ in iter(lambda: connection.recv(65536), b"")], daemon=True).start()

    def send(line):
        connection.sendall(f"{len(line):x}\r\n{line}\r\n".encode())

    send('{"target":"live"}\n')
    began, sent = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        time.sleep(max(0, began + sent / rate - time.monotonic()))
        send(f'{{"ID":{sent},"SENT":{time.time_ns() // 1000}}}\n')
        sent += 1
    connection.sendall(b"0\r\n\r\n")
    return sent


def push(load, what, sql, rate=20):
    count, seconds = load.arguments.push, load.arguments.seconds
    memory, cpu = load.memory_mb(), load.process_cpu_s()
    client = load.client("push", connections=count, seconds=seconds + 5, sql=sql)
    client.stdout.readline()
    opened_cpu, open_mb = load.process_cpu_s(), load.memory_mb()
    time.sleep(1)
    idle_from, began = load.process_cpu_s(), time.monotonic()
    time.sleep(2)
    idle_cpu = (load.process_cpu_s() - idle_from) / (time.monotonic() - began)
    before = load.process_cpu_s()
    sent = insert_live(load, rate, seconds)
    threads = load.threads()
    seen = json.loads(client.communicate(timeout=120)[0])
    if seen["gone"] or seen["rows"] != sent * count:
        print(f"  ROWS MISSING: {sent} rows to {count} queries gave {seen}")
    load.report(f"{count} push queries, {what}", f"{seen['rows'] / seconds:,.0f} rows/s",
                f"{seen['rows'] / (load.process_cpu_s() - before):,.0f}", seen["p50_us"], seen["p99_us"],
                f"open in {seen['open_ms']:,} ms and {opened_cpu - cpu:.1f} CPU s; {(open_mb - memory) * 1024 / count:.0f} KB each; "
                f"{threads} threads; idle {100 * idle_cpu:.1f} % of a core")
    sluice_server.wait_until(lambda: load.server.metric("sluice_push_queries_active") == 0, "the queries to end")


def part_push(load):
    """(b) push queries that are open at once."""
    push(load, "each reads the topic", "SELECT id, sent FROM live WHERE id >= 0 EMIT CHANGES;")
    load.server.ksql("CREATE STREAM shown AS SELECT id, sent FROM live;")
    push(load, "all listen to one query", "SELECT id, sent FROM shown WHERE id >= 0 EMIT CHANGES;")
    load.server.ksql("DROP STREAM shown DELETE TOPIC;")


def part_crowd(load):
    """(c) what others notice of idle and of slow connections. Medians of three."""
    count = load.arguments.crowd
    idle = ("idle", {"connections": count})

    def slow(part):
        return [("slow-send", {"connections": count // part, "sql": "SELECT 1;"}),
                ("slow-read", {"connections": count // part // 2, "sql": "SELECT * FROM bids EMIT CHANGES;"}),
                ("slow-read", {"connections": count // part // 2, "sql": "SELECT * FROM totals;"})]

    senders, pushed, pulled = slow(1)
    crowds = {
        "alone": [],
        f"beside {count} idle connections": [idle],
        f"beside {count} that send a byte a second": [senders],
        f"beside {count // 2} slow readers of push queries": [pushed],
        f"beside {count // 2} slow readers of whole tables": [pulled],
        f"beside {count} idle and {count} slow ones of all kinds": [idle, *slow(2)],
    }
    alone = None
    for what, modes in crowds.items():
        memory, length = load.memory_mb(), 3 * load.arguments.seconds + 6
        clients = [load.client(mode, seconds=length, **options) for mode, options in modes]
        for client in clients:
            client.stdout.readline()
        time.sleep(4)
        seen = [load.ask() for _ in range(3)]
        seen = sorted(seen, key=lambda run: run["p99_us"])[1]
        alone = alone or seen
        load.report_pull(what, seen, f"p99 {seen['p99_us'] / alone['p99_us']:.1f} times that alone; "
                         f"{load.memory_mb() - memory:.0f} MB more; {load.threads()} threads")
        for client in clients:
            client.communicate(timeout=120)


def exchange(load, request, patience_s=20):
    """Sends bytes and reads until the server has answered or closed."""
    with socket.create_connection(("127.0.0.1", load.server.port), timeout=patience_s) as connection:
        try:
            connection.sendall(request)
            return connection.recv(4096)
        except OSError:
            return b""


def part_bad(load):
    """Memory under bad input, twice as often: it must not follow."""
    huge = b'{"ksql":"' + b"x" * (17 << 20)
    kinds = {
        "bodies of 17 MiB": (20, lambda: exchange(
            load, b"POST /ksql HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(huge) + huge)),
        "broken JSON": (5000, lambda: exchange(
            load, b"POST /ksql HTTP/1.1\r\nContent-Length: 9\r\n\r\n" + b'{"ksql":[')),
        "nested a million deep": (100, lambda: exchange(
            load, b"POST /query HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + b"[" * 1_000_000)),
        "half a request, then gone": (5000, lambda: half(load)),
        "no HTTP at all": (5000, lambda: exchange(load, b"\x16\x03\x01\x02\x00 nonsense\r\n\r\n")),
    }
    for what, (times, send) in kinds.items():
        sizes = []
        for _ in range(3):
            for _ in range(times):
                send()
            sizes.append(load.memory_mb())
        print(f"| bad input: {what} | {times} times: {sizes[0]:.1f} MB, again {sizes[1]:.1f} MB, again {sizes[2]:.1f} MB |", flush=True)
        load.rows.append({"what": "bad input: " + what, "times": times, "memory_mb": sizes})
    if not load.server.query("SELECT * FROM totals WHERE id = '1';")[1:]:
        sys.exit("the server no longer answers")


def half(load):
    connection = socket.create_connection(("127.0.0.1", load.server.port))
    connection.sendall(b"POST /query-stream HTTP/1.1\r\nContent-Length: 1000\r\n\r\n{\"sql\":")
    connection.close()


def main():
    arguments = parse_arguments()
    if not arguments.no_build:
        subprocess.run(["cmake", "--preset", "release", "-B", arguments.build], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["cmake", "--build", arguments.build, "--target", "sluice", "load_client", "topic_tool"],
                       cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    directory = tempfile.mkdtemp(prefix="sluice-load-")
    load = None
    try:
        load = Load(arguments, directory)
        print("| what | rate | per core | p50 ms | p99 ms | |\n|---|---|---|---|---|---|")
        for name in arguments.parts.split(","):
            globals()["part_" + name](load)
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps(load.rows, indent=1))
    finally:
        if load:
            load.server.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
