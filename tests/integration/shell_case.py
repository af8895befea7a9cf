"""What tests of `sluice sql` share: a server, a place for the shell's history, and ways to run it."""
import os
import random
import shutil
import socket
import subprocess
import tempfile
import unittest

import sluice_server
from sluice_server import PATIENCE_S, Server

CREATE = ("CREATE STREAM s (id INT KEY, v STRING) WITH (kafka_topic = 's', value_format = 'JSON', "
          "partitions = 1);")
SALES = ("CREATE STREAM sales (item STRING, amount INT) WITH (kafka_topic = 'sales', "
         "value_format = 'JSON', partitions = 1);")
TOTALS = ("CREATE TABLE totals AS SELECT item, SUM(amount) AS total FROM sales WHERE amount > 0 "
          "GROUP BY item;")


def properties(**values):
    """Options of a server."""
    return [word for name, value in values.items()
            for word in ("--property", f"{name.replace('_', '.')}={value}")]


def free_port():
    """One that the system does not give to others, for servers that come back on it."""
    for _ in range(100):
        port = random.randint(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
    raise AssertionError("there is no free port")


class ShellCase(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="sluice-shell-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.state = self.new_directory()
        self.server = self.start_server()

    def new_directory(self):
        return tempfile.mkdtemp(dir=self.directory)

    def run_shell(self, *arguments, text=None, server=None):
        """Executes what the arguments say, as a script does."""
        return subprocess.run([sluice_server.BINARY, "sql", "--server", server or self.server.url(), *arguments],
                              input=text, stdin=None if text is not None else subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE_S,
                              env=dict(os.environ, XDG_STATE_HOME=self.state))

    def start_server(self, *options):
        """One more, with these options."""
        server = Server(self.new_directory(), *options)
        self.addCleanup(server.stop)
        return server

    def file_of(self, text, name="script.sql"):
        path = os.path.join(self.state, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def sell(self, *sales):
        self.server.ksql("".join(f"INSERT INTO sales VALUES ('{item}', {amount});" for item, amount in sales))

    def operators(self, sql):
        """What each operator has done, by the first word of its line."""
        [entity] = self.server.ksql(sql)
        analysis = entity["queryDescription"]["analysis"]
        return {each["operator"].split()[0]: each for each in analysis["operators"]}, analysis
