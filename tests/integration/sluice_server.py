"""A `sluice server` for tests: on a free port and a data directory of its own."""
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time

BINARY = os.environ.get("SLUICE", "build/dev/sluice")
PATIENCE_S = 60


def take_binary_argument():
    """Takes the binary's path off the command line, so that unittest sees only its own arguments."""
    global BINARY
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-") and os.path.exists(sys.argv[1]):
        BINARY = os.path.abspath(sys.argv.pop(1))


class Server:
    def __init__(self, directory, *options):
        self.directory = directory
        self.options = options
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [BINARY, "server", "--listen", "127.0.0.1:0", "--data-dir", self.directory, *self.options],
            stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"port (\d+)", line)
        if not found:
            raise AssertionError("the server did not start: " + line)
        self.port = int(found.group(1))
        self.ports = [int(port) for port in re.findall(r"[ ,](\d+)(?=[, ]| \()", line[found.start():])]

    def stop(self):
        """Ends it in order; its exit status is part of every test."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        if status != 0:
            raise AssertionError(f"the server exited with {status}")

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()

    def restart(self):
        self.stop()
        self.start()

    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)

    def request(self, method, path, body=None, headers=None):
        """(status, headers, text)"""
        connection = self.connect()
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, response.headers, text

    def ksql(self, sql, **fields):
        status, _, text = self.request("POST", "/ksql", {"ksql": sql, **fields})
        if status != 200:
            raise AssertionError(f"{sql}\n{status} {text}")
        return json.loads(text)

    def refused(self, sql, path="/ksql", **fields):
        """The error of a statement that must be refused: (status, object)."""
        status, _, text = self.request("POST", path, {"ksql": sql, "sql": sql, **fields})
        if status == 200:
            raise AssertionError(f"{sql} was not refused: {text}")
        return status, json.loads(text)

    def query(self, sql, path="/query-stream", **fields):
        """The whole answer: [header, row, ...] as parsed JSON."""
        status, _, text = self.request("POST", path, {"sql": sql, **fields})
        if status != 200:
            raise AssertionError(f"{sql}\n{status} {text}")
        if text.startswith("["):
            return json.loads(text)
        return [json.loads(line) for line in text.splitlines() if line]

    def open_query(self, sql, **fields):
        """A push query: the response, whose lines come as the rows do."""
        connection = self.connect()
        body = json.dumps({"sql": sql, **fields})
        connection.request("POST", "/query-stream", body)
        response = connection.getresponse()
        response.connection_of_test = connection  # closing the response alone leaves the socket open
        if response.status != 200:
            raise AssertionError(f"{sql}\n{response.status} {response.read().decode()}")
        return response

    def metric(self, name):
        _, _, text = self.request("GET", "/metrics")
        found = re.search(rf"^{name} (\S+)$", text, re.M)
        if not found:
            raise AssertionError(f"{name} is not in /metrics")
        return float(found.group(1))


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("in vain waited for: " + what)
