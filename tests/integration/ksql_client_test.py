"""The oldest client, PyPI's ksql, as it is: it asks by HTTP/1.1 with whole URLs, and reads /query by lines.

    ksql_client_test.py [PATH OF sluice] [DIRECTORY of a virtual environment, made when absent]
"""
import collections
import collections.abc
import json
import os
import shutil
import sys
import tempfile
import unittest

import python_environment

# It is there as source only, and its build wants pip and setuptools to be there before.
BUILT_WITH = ("setuptools==65.7.0", "wheel==0.45.1")
PACKAGES = ("ksql==0.10.2",)
EARLIEST = {"auto.offset.reset": "earliest"}

if __name__ == "__main__":
    directory = sys.argv.pop() if len(sys.argv) > 2 else "build/ksql-client-venv"
    python_environment.enter(os.path.abspath(directory), PACKAGES, BUILT_WITH)

# Its HTTP library knows these names from before Python 3.10.
for name in ("Iterable", "Mapping", "MutableMapping", "MutableSet"):
    setattr(collections, name, getattr(collections.abc, name))

import ksql  # noqa: E402

import sluice_server  # noqa: E402
from sluice_server import Server, wait_until  # noqa: E402


class KsqlTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="sluice-ksql-client-")
        self.server = Server(self.directory)
        self.client = ksql.KSQLAPI(self.server.url(), timeout=60)

    def tearDown(self):
        self.server.stop()
        shutil.rmtree(self.directory)

    def make_cups(self):
        self.assertTrue(self.server.ksql("CREATE STREAM cups (id INT KEY, size INT) WITH (kafka_topic = 'cups', "
                                         "value_format = 'JSON', partitions = 1);"))
        acks = self.client.inserts_stream("cups", [{"ID": 1, "SIZE": 3}, {"ID": 2, "SIZE": 4}])
        self.assertEqual(acks, [{"status": "ok", "seq": 0}, {"status": "ok", "seq": 1}])

    def test_statements(self):
        self.make_cups()
        self.assertTrue(self.client.create_stream("again", ["id INT KEY", "size INT"], "cups", "JSON"))
        self.assertTrue(self.client.create_stream_as("big", ["id", "size"], "cups", value_format="JSON",
                                                     conditions="size > 3"))
        [shown] = self.client.ksql("SHOW STREAMS")
        self.assertEqual([s["name"] for s in shown["streams"]], ["AGAIN", "BIG", "CUPS"])
        with self.assertRaises(ksql.errors.KSQLError) as refused:
            self.client.ksql("SHOW NONSENSE")
        self.assertEqual(refused.exception.error_code, 40001)

    def test_rows_by_lines(self):
        self.make_cups()
        rows = self.client.query("SELECT * FROM cups EMIT CHANGES", stream_properties=EARLIEST, return_objects=True)
        self.assertEqual([next(rows), next(rows)], [{"ID": 1, "SIZE": 3}, {"ID": 2, "SIZE": 4}])
        self.client.inserts_stream("cups", [{"ID": 3, "SIZE": 5}])
        self.assertEqual(next(rows), {"ID": 3, "SIZE": 5})
        rows.close()
        self.assertEqual(len(list(self.client.query("SELECT * FROM cups EMIT CHANGES LIMIT 2",
                                                    stream_properties=EARLIEST, return_objects=True))), 2)

    def test_a_pull_query(self):
        self.make_cups()
        self.server.ksql("CREATE TABLE sizes AS SELECT size, COUNT(*) AS n FROM cups GROUP BY size;",
                         streamsProperties=EARLIEST)
        pull = "SELECT n FROM sizes WHERE size = 4"
        wait_until(lambda: self.server.query(pull + ";")[1:] == [[1]], "the table to have counted")
        self.assertEqual(list(self.client.query(pull, return_objects=True)), [{"N": 1}])
        with self.assertRaises(ksql.errors.KSQLError) as refused:
            list(self.client.query("SELECT * FROM nowhere"))
        self.assertEqual(refused.exception.error_code, 40001)

    def test_a_push_query_is_closed_by_its_id(self):
        self.make_cups()
        rows = self.client.query("SELECT size FROM cups EMIT CHANGES", stream_properties=EARLIEST, use_http2=True)
        header = json.loads(next(rows))
        self.assertEqual([next(rows), next(rows)], ["[3]\n", "[4]\n"])
        self.assertTrue(self.client.close_query(header["queryId"]))
        self.assertEqual(list(rows), [])
        wait_until(lambda: not self.client.close_query(header["queryId"]), "the query to be gone")


if __name__ == "__main__":
    sluice_server.take_binary_argument()
    unittest.main(warnings="ignore")  # of the client's own code
