"""A statement set reads its table once, and gives what its INSERTs give one by one, also after a kill.

    flink_statement_set_test.py SLUICE

Six seconds.
"""
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SLUICE = None
ROWS = 30000

SETTINGS = "SET 'sluice.sql.dialect' = 'flink';\n"
TABLE = """CREATE TABLE events (kind INT, bid ROW<item BIGINT, price BIGINT, note STRING>, person ROW<id BIGINT, name STRING>, ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json');
"""
INSERTS = {
    "prices": ("item BIGINT, price BIGINT", "SELECT bid.item, bid.price FROM events WHERE kind = 1"),
    "notes": ("note STRING", "SELECT bid.note FROM events WHERE kind = 1 AND MOD(bid.price, 7) = 0"),
    "people": ("id BIGINT, name STRING", "SELECT person.id, person.name FROM events WHERE kind = 0"),
    "everything": ("kind INT, price BIGINT, name STRING", "SELECT kind, bid.price, person.name FROM events"),
    "counts": ("item BIGINT, n BIGINT, total BIGINT, starts TIMESTAMP(3)",
               "SELECT bid.item, COUNT(*), SUM(bid.price), window_start FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(ts), INTERVAL '10' SECOND)) "
               "WHERE kind = 1 GROUP BY bid.item, window_start, window_end"),
}


def events(count):
    chance = random.Random(4)
    for i in range(count):
        at = f"2024-01-01 {i // 36000:02}:{i // 600 % 60:02}:{i // 10 % 60:02}.{i % 10}00"
        if chance.random() < 0.2:
            yield {"kind": 0, "person": {"id": i, "name": f"n{i % 100}"}, "bid": None, "ts": at}
        else:
            bid = {"item": chance.randrange(20), "price": chance.randrange(1000), "note": f"note {i}"}
            yield {"kind": 1, "bid": bid, "person": None, "ts": at}


class StatementSet(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="sluice-statement-set-")
        os.mkdir(f"{cls.folder}/in")
        with open(f"{cls.folder}/in/events.json", "w", encoding="utf-8") as out:
            for event in events(ROWS):
                out.write(json.dumps(event) + "\n")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def script(self, name, statements):
        sinks = "".join(f"CREATE TABLE {sink} ({columns}) WITH ('connector' = 'filesystem', 'path' = '{self.folder}/{name}/{sink}', "
                        "'format' = 'json');\n" for sink, (columns, _) in INSERTS.items())
        path = f"{self.folder}/{name}.sql"
        with open(path, "w", encoding="utf-8") as out:
            out.write(SETTINGS + TABLE.format(folder=self.folder) + sinks + statements)
        return path

    def start(self, name, path):
        return subprocess.Popen([SLUICE, "run", "--quiet", "--data-dir", f"{self.folder}/{name}.data", path],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def finish(self, process):
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, errors)

    def rows(self, name):
        found = {}
        for sink in INSERTS:
            lines = []
            folder = f"{self.folder}/{name}/{sink}"
            for file in os.listdir(folder):
                if not file.startswith("."):
                    with open(f"{folder}/{file}", encoding="utf-8") as lines_of:
                        lines += lines_of.read().splitlines()
            found[sink] = sorted(lines)
        return found

    @staticmethod
    def as_set():
        return "EXECUTE STATEMENT SET BEGIN\n" + "".join(f"INSERT INTO {sink} {query};\n" for sink, (_, query) in INSERTS.items()) + "END;\n"

    def expected(self):
        if not os.path.exists(f"{self.folder}/alone"):
            for sink, (_, query) in INSERTS.items():
                self.finish(self.start(f"alone-{sink}", self.script("alone", f"INSERT INTO {sink} {query};\n")))
        found = self.rows("alone")
        self.assertEqual(len(found["everything"]), ROWS)
        return found

    def test_together_as_alone(self):
        self.finish(self.start("set", self.script("set", self.as_set())))
        self.assertEqual(self.rows("set"), self.expected())

    def test_through_a_kill(self):
        process = self.start("killed", self.script("killed", self.as_set()))
        while process.poll() is None and not os.path.exists(f"{self.folder}/killed/everything"):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        again = f"{self.folder}/again.sql"  # the jobs are in the catalog, and go on
        with open(again, "w", encoding="utf-8") as out:
            out.write(SETTINGS)
        self.finish(self.start("killed", again))
        self.assertEqual(self.rows("killed"), self.expected())


if __name__ == "__main__":
    SLUICE = os.path.abspath(sys.argv.pop(1))
    unittest.main()
