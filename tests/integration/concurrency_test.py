#!/usr/bin/env python3
"""Everything at once: inserts, pull and push queries, metrics, EXPLAIN, PAUSE, and queries that are made,
terminated and dropped meanwhile. Nothing may crash, hang, or answer with an error of the server; the
sanitizers that the server is built with have the last word by its exit status.

usage: concurrency_test.py SLUICE [SECONDS]
"""
import http.client
import json
import random
import re
import sys
import tempfile
import threading
import time

import sluice_server

KEYS = 200
EARLIEST = {"auto.offset.reset": "earliest", "commit.interval.ms": "20"}
MADE_AND_DROPPED = "CREATE TABLE passing AS SELECT id, COUNT(*) AS n FROM s GROUP BY id EMIT CHANGES;"
PULLS = ["SELECT * FROM t WHERE id = 'k{}';", "SELECT * FROM t;", "SELECT * FROM win WHERE id = 'k{}';",
         "SELECT id, n FROM t WHERE n > 3;", "SELECT * FROM passing WHERE id = 'k{}';", "SELECT * FROM passing;"]
PUSHES = ["SELECT * FROM s EMIT CHANGES;", "SELECT id, COUNT(*) AS n FROM s GROUP BY id EMIT CHANGES;",
          "SELECT * FROM t EMIT CHANGES;", "PRINT s FROM BEGINNING LIMIT 5;", "PRINT s;",
          "SELECT s.id, t.n FROM s JOIN t ON s.id = t.id EMIT CHANGES LIMIT 3;"]


class Crowd:
    def __init__(self, server, seconds):
        self.server, self.until = server, time.monotonic() + seconds
        self.troubles, self.counts = [], {}

    def say(self, sql, path="/ksql", may_be_gone=False, **fields):
        """`may_be_gone`: a table can be dropped between planning and reading; then the client is told so."""
        status, _, text = self.server.request("POST", path, {"ksql": sql, "sql": sql, **fields})
        self.counts[path, status] = self.counts.get((path, status), 0) + 1
        gone = may_be_gone and ("is not running" in text or "is closed" in text)
        if (status >= 500 or '"error_code":5' in text) and not gone:
            self.troubles.append(f"{sql}: {status} {text[:500]}")
        return text

    def insert(self, chance):
        rows = [json.dumps({"ID": f"k{chance.randrange(KEYS)}", "V": chance.randrange(100)}) for _ in range(20)]
        self.server.request("POST", "/inserts-stream", "\n".join(['{"target":"S"}'] + rows))

    def insert_value(self, chance):
        self.say(f"INSERT INTO s2 (id, w) VALUES ('k{chance.randrange(KEYS)}', 1);")

    def pull(self, chance):
        sql = chance.choice(PULLS).format(chance.randrange(KEYS))
        self.say(sql, chance.choice(["/query", "/query-stream"]), may_be_gone="passing" in sql)

    def push(self, chance):
        """Opens a push query and leaves at some moment."""
        connection = self.server.connect()
        body = {"sql": chance.choice(PUSHES), "properties": {"auto.offset.reset": chance.choice(["earliest", "latest"])}}
        connection.request("POST", "/query-stream", json.dumps(body))
        connection.sock.settimeout(chance.uniform(0.02, 0.5))
        try:
            connection.getresponse().read(20000)
        except (TimeoutError, http.client.HTTPException):
            pass
        connection.close()

    def make_and_drop(self, chance):
        self.say(MADE_AND_DROPPED, streamsProperties=EARLIEST)
        time.sleep(chance.uniform(0, 0.3))
        running = re.findall(r"CTAS_PASSING_\d+", self.say("SHOW QUERIES;"))
        if running and chance.random() < 0.5:
            self.say(f"TERMINATE {running[0]};")
        self.say("DROP TABLE passing DELETE TOPIC;")

    def look(self, chance):
        self.server.request("GET", "/metrics")
        text = self.say("SHOW QUERIES EXTENDED;")
        for query in set(re.findall(r"\b[CI][A-Z]+_[A-Z]+_\d+", text)):
            self.say(f"EXPLAIN ANALYZE {query};")
        self.say("DESCRIBE t EXTENDED;")
        pushes = re.findall(r"transient_\d+", text)
        if pushes and chance.random() < 0.5:
            self.say(f"TERMINATE {pushes[0]};")

    def pause(self, chance):
        for query in re.findall(r"CTAS_WIN_\d+", self.say("SHOW QUERIES;"))[:1]:
            self.say(f"PAUSE {query};")
            time.sleep(chance.uniform(0, 0.2))
            self.say(f"RESUME {query};")
        self.say(f"ALTER SYSTEM 'auto.offset.reset'='{chance.choice(['earliest', 'latest'])}';")

    def repeat(self, action, seed):
        chance = random.Random(seed)
        try:
            while time.monotonic() < self.until:
                action(chance)
        except Exception as e:  # a thread's trouble is the test's
            self.troubles.append(f"{action.__name__}: {e!r}")

    def run(self):
        actions = [self.insert, self.insert, self.insert_value, self.pull, self.pull, self.push, self.push,
                   self.make_and_drop, self.look, self.pause]
        threads = [threading.Thread(target=self.repeat, args=(a, i)) for i, a in enumerate(actions)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()


def main():
    sluice_server.take_binary_argument()
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as directory:
        server = sluice_server.Server(directory)
        crowd = Crowd(server, seconds)
        for sql in ("CREATE STREAM s (id STRING KEY, v BIGINT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=3);",
                    "CREATE STREAM s2 (id STRING KEY, w BIGINT) WITH (KAFKA_TOPIC='s2', VALUE_FORMAT='JSON', PARTITIONS=3);",
                    "CREATE TABLE t AS SELECT id, COUNT(*) AS n, SUM(v) AS total FROM s GROUP BY id EMIT CHANGES;",
                    "CREATE TABLE win AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 SECONDS) GROUP BY id"
                    " EMIT CHANGES;",
                    "CREATE STREAM j AS SELECT s.id AS id, s.v AS v, s2.w AS w FROM s JOIN s2 WITHIN 5 SECONDS"
                    " GRACE PERIOD 1 SECOND ON s.id = s2.id;"):
            server.ksql(sql, streamsProperties=EARLIEST)
        crowd.run()
        server.stop()
    for trouble in crowd.troubles[:10]:
        print(trouble)
    print(sorted(crowd.counts.items()))
    return 1 if crowd.troubles else 0


if __name__ == "__main__":
    sys.exit(main())
