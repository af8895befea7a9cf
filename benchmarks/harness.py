"""What the benchmarks share: a broker, processes that are measured, Java peers."""
import contextlib
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERE = ROOT / "benchmarks"
PEERS = ROOT / "build" / "peers"
BROKER = ROOT / "tests" / "kafka" / "broker.sh"
LONGEST_RUN_S = 1200
SAMPLE_S = 0.05

# What Flink's own scripts open for it on this JDK.
OPEN_PACKAGES = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in
                 ("java.lang", "java.net", "java.io", "java.nio", "java.text", "java.time", "java.util",
                  "java.util.concurrent", "java.util.concurrent.atomic", "sun.nio.ch", "sun.net.util")]

RUNNING = set()  # measured processes that have not ended


class Failed(Exception):
    """A process ended with an error, or not at all."""


def own_memory_mb(pid):
    """What a process holds apart from files that it has mapped; those pages are the page cache's."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


class Measured:
    """A process from its start to its end: wall time, CPU time and memory."""

    def __init__(self, command, stdout=None):
        self.command = [str(part) for part in command]
        self.log = tempfile.TemporaryFile()
        self.began = time.time()
        self.clock = time.monotonic()
        self.child = subprocess.Popen(self.command, stdout=stdout or self.log, stderr=self.log)
        RUNNING.add(self.child)
        self.own_mb = 0.0

    def sample(self, ended):
        while not ended.wait(SAMPLE_S):
            self.own_mb = max(self.own_mb, own_memory_mb(self.child.pid))

    def wait(self):
        ended = threading.Event()
        sampler = threading.Thread(target=self.sample, args=(ended,), daemon=True)
        deadline = threading.Timer(LONGEST_RUN_S, self.child.kill)
        deadline.daemon = True
        sampler.start()
        deadline.start()
        _, status, usage = os.wait4(self.child.pid, 0)
        wall = time.monotonic() - self.clock
        deadline.cancel()
        ended.set()
        sampler.join()
        self.child.returncode = os.waitstatus_to_exitcode(status)
        RUNNING.discard(self.child)
        self.log.seek(0)
        text = self.log.read().decode(errors="replace")
        self.log.close()
        if self.child.returncode != 0:
            raise Failed(f"{self.command[0]} ... {self.command[-1]} failed with {self.child.returncode}:\n{text[-3000:]}")
        return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": usage.ru_maxrss / 1024,
                "own_memory": self.own_mb, "output": text}


def measure(command):
    return Measured(command).wait()


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def java(peer, *options, heap="4g"):
    folder = PEERS / peer
    return ["java", f"-Xmx{heap}", *options, "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp",
            f"{folder}/peer.jar:{folder}/libraries/*", "peer.Main"]


def build(directory, peers):
    """The release preset and the peers named; says what it builds."""
    subprocess.run(["cmake", "--preset", "release", "-B", directory], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", directory, "--target", "benchmarks"], cwd=ROOT, check=True,
                   stdout=sys.stderr)
    for peer in peers:
        print(f"building {peer}", flush=True)
        subprocess.run(["mvn", "-q", "-B", "-f", str(HERE / "peers" / peer / "pom.xml"), "package"], check=True)


@contextlib.contextmanager
def work_folder(name):
    """A folder for everything that is made; gone afterwards, and so is what still runs."""
    work = pathlib.Path(tempfile.mkdtemp(prefix=f"sluice-{name}-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        yield work
    finally:
        for child in RUNNING:
            child.kill()
        shutil.rmtree(work, ignore_errors=True)


@contextlib.contextmanager
def broker(given, work, clean_up):
    """HOST:PORT of a broker: the given one, of which `clean_up` deletes what was made, or a new one."""
    if given:
        try:
            yield given
        finally:
            clean_up(given)
        return
    started = subprocess.run([str(BROKER), "start", str(work / "broker")], check=True, stdout=subprocess.PIPE,
                             text=True, env={"KAFKA_HEAP": "1g", **os.environ})
    try:
        yield started.stdout.split()[-1]
    finally:
        subprocess.run([str(BROKER), "stop", "--delete", str(work / "broker")], check=False)
