"""A job over a directory that is watched: new files are read once each, also by the process that goes on after a kill.

    flink_watched_files_test.py SLUICE

Two seconds.
"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SLUICE = None

SQL = """SET 'sluice.sql.dialect' = 'flink';
CREATE TABLE lines (n INT, day STRING) PARTITIONED BY (day) WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json',
  'source.monitor-interval' = '20 ms');
CREATE TABLE seen (n INT, day STRING) WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'csv');
INSERT INTO seen SELECT n, day FROM lines;
"""


class WatchedFiles(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="sluice-watched-")
        os.makedirs(f"{self.folder}/in/day=1")
        os.makedirs(f"{self.folder}/in/day=2")
        self.process = None

    def tearDown(self):
        if self.process:
            self.kill()
        shutil.rmtree(self.folder)

    def run_sql(self, sql):
        path = f"{self.folder}/job.sql"
        with open(path, "w", encoding="utf-8") as out:
            out.write(sql.format(folder=self.folder))
        self.process = subprocess.Popen([SLUICE, "run", "--quiet", "--data-dir", f"{self.folder}/data", path],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def add(self, day, name, numbers):
        """A file appears whole."""
        hidden, path = f"{self.folder}/in/day={day}/.{name}", f"{self.folder}/in/day={day}/{name}"
        with open(hidden, "w", encoding="utf-8") as out:
            out.writelines(f'{{"n": {n}}}\n' for n in numbers)
        os.rename(hidden, path)

    def seen(self):
        rows = []
        folder = f"{self.folder}/out"
        for file in os.listdir(folder) if os.path.isdir(folder) else []:
            if not file.startswith("."):
                with open(f"{folder}/{file}", encoding="utf-8") as lines:
                    rows += lines.read().split()
        return sorted(rows)

    def wait_for(self, rows):
        until = time.monotonic() + 60
        while len(self.seen()) < len(rows) and time.monotonic() < until:
            time.sleep(0.01)
        self.assertEqual(self.seen(), sorted(rows))

    def test_each_file_is_read_once(self):
        self.add(2, "m", [1, 2])
        self.run_sql(SQL)
        rows = ["1,2", "2,2"]
        self.wait_for(rows)
        self.add(1, "z", [3])
        self.wait_for(rows := rows + ["3,1"])
        self.kill()
        os.remove(f"{self.folder}/in/day=2/m")
        self.add(2, "a", [4, 5])
        self.run_sql("SET 'sluice.sql.dialect' = 'flink';")
        self.wait_for(rows := rows + ["4,2", "5,2"])
        self.add(1, "a", [6])
        self.wait_for(rows + ["6,1"])


if __name__ == "__main__":
    SLUICE = os.path.abspath(sys.argv.pop(1))
    unittest.main()
