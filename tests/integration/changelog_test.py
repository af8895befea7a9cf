#!/usr/bin/env python3
"""The changelog alone makes a query's state again.

A server with a short changelog runs until the front of it has been dropped. Then its state's directory is
taken away, and is then an old copy for which the changelog begins too late. Each time the
table must be what it was.

usage: changelog_test.py SLUICE TOPIC_TOOL
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from sluice_server import Server, take_binary_argument, wait_until

TOPIC_TOOL = ""
KEYS = 5
PERSISTED_S = 12  # what is committed goes to LMDB after ten seconds
STATEMENTS = """
CREATE STREAM orders (item STRING KEY, amount BIGINT) WITH (KAFKA_TOPIC='orders', VALUE_FORMAT='JSON', PARTITIONS=2);
CREATE TABLE totals AS SELECT item, COUNT(*) AS n, SUM(amount) AS total FROM orders GROUP BY item;
CREATE TABLE some AS SELECT item, n FROM totals WHERE item <> 'item0' OR n < 20;
"""


class ChangelogTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="sluice-changelog-")
        self.server = Server(self.directory, "--property", "sluice.changelog.bytes=1000",
                             "--property", "commit.interval.ms=1")
        self.server.ksql(STATEMENTS)
        self.state = os.path.join(self.directory, "state")
        self.rows = 0

    def tearDown(self):
        if self.server.process.poll() is None:
            self.server.stop()
        shutil.rmtree(self.directory)

    def insert(self, count):
        statements = (f"INSERT INTO orders VALUES ('item{(self.rows + i) % KEYS}', 3);" for i in range(count))
        self.server.ksql("".join(statements))
        self.rows += count

    def totals(self):
        return sorted(self.server.query("SELECT * FROM totals;")[1:])

    def expected(self):
        counts = [len(range(k, self.rows, KEYS)) for k in range(KEYS)]
        return [[f"item{k}", n, 3 * n] for k, n in enumerate(counts)]

    def check(self):
        wait_until(lambda: self.totals() == self.expected(), f"{self.expected()}, and not {self.totals()}")
        some = [[item, n] for item, n, _ in self.expected() if item != "item0" or n < 20]
        wait_until(lambda: sorted(self.server.query("SELECT * FROM some;")[1:]) == some, f"some: {some}")

    def changelog_offsets(self):
        """By partition the first and the last offset that is left. The server is down."""
        (state,) = glob.glob(os.path.join(self.state, "CTAS_SOME_*"))
        topic = f"_sluice-default_-{os.path.basename(state)}-changelog"
        dump = subprocess.run([TOPIC_TOOL, "--log", os.path.join(self.directory, "log"), "dump", topic],
                              check=True, capture_output=True, text=True).stdout
        offsets = {}
        for line in dump.splitlines():
            partition, offset = line.split("\t")[:2]
            offsets.setdefault(partition, [int(offset), 0])[1] = int(offset)
        return offsets

    def test_the_state_comes_back_without_the_front_of_its_changelog(self):
        self.insert(50)
        self.check()
        self.server.stop()
        before = self.changelog_offsets()
        old = os.path.join(self.directory, "old")
        shutil.copytree(self.state, old)
        self.server.start()
        self.insert(60)  # item0 leaves the second table
        self.check()
        self.server.restart()
        end = time.monotonic() + PERSISTED_S
        while time.monotonic() < end:
            self.insert(20)
        self.check()
        self.server.stop()
        for partition, (first, _) in self.changelog_offsets().items():
            self.assertGreater(first, before[partition][1])

        with self.subTest("there is no state"):
            shutil.rmtree(self.state)
            self.server.start()
            self.check()
            self.insert(10)
            self.check()
            self.server.stop()
        with self.subTest("the state is so old that what it lacks is gone"):
            shutil.rmtree(self.state)
            os.rename(old, self.state)
            self.server.start()
            self.check()
            self.insert(10)
            self.check()
            self.server.stop()


if __name__ == "__main__":
    take_binary_argument()
    TOPIC_TOOL = os.path.abspath(sys.argv.pop(1))
    unittest.main()
