"""ksqlDB's clients from PyPI, as they are, and curl, against a real server.

    python_clients_test.py [PATH OF sluice] [DIRECTORY of a virtual environment, made when absent]
"""
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import python_environment

# ksql-python-ng hands httpx an argument that it has no longer since 0.28.
PACKAGES = ("ksqldb==1.0.1", "ksql-python-ng==0.29.0.1", "httpx[http2]==0.27.2", "requests==2.32.3")
EARLIEST = {"auto.offset.reset": "earliest"}

if __name__ == "__main__":
    directory = sys.argv.pop() if len(sys.argv) > 2 else "build/python-clients-venv"
    python_environment.enter(os.path.abspath(directory), PACKAGES)

import ksql  # noqa: E402  ksql-python-ng
import ksql.upload  # noqa: E402
import ksql.utils  # noqa: E402
import ksqldb  # noqa: E402
import requests  # noqa: E402

import sluice_server  # noqa: E402
from sluice_server import Server, wait_until  # noqa: E402

PENS = ("CREATE STREAM pens (id INT KEY, color STRING) WITH (kafka_topic = 'pens', value_format = 'JSON', "
        "partitions = 1);")
COUNTS = "CREATE TABLE counts AS SELECT color, COUNT(*) AS n FROM pens GROUP BY color;"


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="sluice-python-clients-")
        self.server = Server(os.path.join(self.directory, "data"))
        self.base = self.server.url()

    def tearDown(self):
        self.server.stop()
        shutil.rmtree(self.directory)

    def no_more_queries(self):
        wait_until(lambda: self.server.metric("sluice_push_queries_active") == 0, "the query to end")

    def counted(self, color, n):
        sql = f"SELECT n FROM counts WHERE color = '{color}';"
        wait_until(lambda: self.server.query(sql)[1:] == [[n]], "the table to have counted")


class KsqldbTest(ClientTest):
    """The package ksqldb: statements by requests, queries and inserts by httpx over HTTP/2."""

    def setUp(self):
        super().setUp()
        self.client = ksqldb.KSQLdbClient(self.base)
        self.client.ksql(PENS)

    def test_statements(self):
        [made] = self.client.ksql(COUNTS, {"auto.offset.reset": "earliest"})
        self.assertEqual(made["commandStatus"]["queryId"], "CTAS_COUNTS_1")
        [listed] = self.client.ksql("SHOW TABLES;")
        self.assertEqual([t["name"] for t in listed["tables"]], ["COUNTS"])
        self.assertIn("auto.offset.reset", [p["name"] for p in self.client.get_properties()])
        self.client.ksql("INSERT INTO pens VALUES (1, 'red');")
        self.counted("red", 1)
        self.client.ksql("TERMINATE CTAS_COUNTS_1; DROP TABLE counts;")
        with self.assertRaises(requests.HTTPError) as refused:
            self.client.ksql("DROP TABLE counts;")
        self.assertEqual(refused.exception.response.json()["@type"], "statement_error")

    def test_inserts_and_a_pull_query(self):
        self.client.ksql(COUNTS, EARLIEST)
        acks = self.client.inserts_stream("pens", [{"ID": 1, "COLOR": "red"}, {"id": 2, "color": "red"}])
        self.assertEqual(acks, [{"status": "ok", "seq": 0}, {"status": "ok", "seq": 1}])
        self.counted("red", 2)
        header, row = self.client.query_sync("SELECT * FROM counts WHERE color = 'red';")
        self.assertEqual((header["columnNames"], row), (["COLOR", "N"], ["red", 2]))
        [error] = self.client.query_sync("SELECT * FROM nowhere;")
        self.assertEqual(error["error_code"], 40001)
        [error] = self.client.inserts_stream("nowhere", [{"ID": 1}])
        self.assertEqual(error["error_code"], 40001)

    def test_a_push_query_is_closed_by_its_id(self):
        self.client.inserts_stream("pens", [{"ID": 1, "COLOR": "red"}])

        async def read():
            rows = []
            query = self.client.query_async("SELECT * FROM pens EMIT CHANGES;", EARLIEST, timeout=60)
            header = await anext(query)
            rows.append(await anext(query))
            await asyncio.to_thread(self.client.inserts_stream, "pens", [{"ID": 2, "COLOR": "blue"}])
            rows.append(await anext(query))
            self.assertTrue(await asyncio.to_thread(self.client.close_query, header["queryId"]))
            rows += [row async for row in query]
            return header["queryId"], rows

        query_id, rows = asyncio.run(read())
        self.assertEqual(rows, [[1, "red"], [2, "blue"]])
        self.no_more_queries()
        self.assertFalse(self.client.close_query(query_id))


class KsqlPythonNgTest(ClientTest):
    """The package ksql-python-ng: HTTP/1.1 with /query, HTTP/2 with /query-stream."""

    def setUp(self):
        super().setUp()
        self.client = ksql.KSQLAPI(self.base, timeout=60)

    def test_statements_and_what_it_builds(self):
        self.assertRegex(self.client.get_ksql_version(), r"^[0-9]+\.[0-9]+\.[0-9]+")
        self.assertTrue(self.client.get_properties())
        self.client.ksql(PENS)
        self.assertTrue(self.client.create_stream("shown", ["id INT KEY", "color STRING"], "pens", "JSON"))
        self.assertTrue(self.client.create_stream_as("red", ["id", "color"], "pens", value_format="JSON",
                                                     conditions='color = "red"'))
        self.assertEqual(ksql.utils.get_all_streams(self.client), ["PENS", "RED", "SHOWN"])
        self.assertEqual(ksql.utils.get_dependent_queries(self.client, "red"), ([], ["CSAS_RED_1"]))
        self.assertEqual(ksql.utils.get_stream_info(self.client, "pens")["type"], "STREAM")
        self.assertIsNone(ksql.utils.get_stream_info(self.client, "nowhere"))
        self.assertEqual(self.client.ksql("INSERT INTO pens VALUES (1, 'red')"), [])
        ksql.utils.drop_all_streams(self.client)
        self.assertEqual(ksql.utils.get_all_streams(self.client), [])
        with self.assertRaises(ksql.errors.KSQLError) as refused:
            self.client.ksql("SELEC 1")
        self.assertEqual(refused.exception.error_code, 40001)
        self.assertIn("SELEC", refused.exception.msg)

    def test_a_file_of_statements(self):
        path = os.path.join(self.directory, "rules.ksql")
        with open(path, "w") as file:
            file.write(PENS.replace(" WITH", "\n  WITH") + "\nSHOW STREAMS;\n")
        made, shown = ksql.upload.FileUpload(self.base).upload(path)
        self.assertEqual((made[0]["@type"], shown[0]["streams"][0]["name"]), ("currentStatus", "PENS"))

    def test_rows(self):
        self.client.ksql(PENS)
        self.client.ksql(COUNTS, EARLIEST)
        self.assertEqual(self.client.inserts_stream("pens", [{"ID": 1, "COLOR": "red"}, {"ID": 2, "COLOR": None}]),
                         [{"status": "ok", "seq": 0}, {"status": "ok", "seq": 1}])
        push = "SELECT * FROM pens EMIT CHANGES LIMIT 2"
        self.assertEqual(list(self.client.query(push, stream_properties=EARLIEST, use_http2=True, parse=True)),
                         [{"ID": 1, "COLOR": "red"}, {"ID": 2, "COLOR": None}])
        header, *rows, last = json.loads("".join(self.client.query(push, stream_properties=EARLIEST)))
        self.assertEqual(header["header"]["schema"], "`ID` INTEGER, `COLOR` STRING")
        self.assertEqual(rows, [{"row": {"columns": [1, "red"]}}, {"row": {"columns": [2, None]}}])
        self.assertEqual(last, {"finalMessage": "Limit Reached"})
        self.counted("red", 1)
        pull = "SELECT * FROM counts WHERE color = 'red'"
        self.assertEqual(list(self.client.query(pull, use_http2=True, parse=True)), [{"COLOR": "red", "N": 1}])
        self.assertEqual(json.loads("".join(self.client.query(pull)))[1:], [{"row": {"columns": ["red", 1]}}])
        with self.assertRaisesRegex(ValueError, "400: .*NOWHERE does not exist"):
            list(self.client.query("SELECT * FROM nowhere"))

    def test_a_push_query_is_closed_by_its_id(self):
        self.client.ksql(PENS)
        self.client.inserts_stream("pens", [{"ID": 1, "COLOR": "red"}])
        for http2 in (True, False):
            rows = self.client.query("SELECT * FROM pens EMIT CHANGES", stream_properties=EARLIEST, use_http2=http2)
            header = next(rows)
            found = json.loads(header)["queryId"] if http2 else json.loads(header[1:].strip(",\n"))["header"]["queryId"]
            self.assertIn("red", next(rows))
            self.assertTrue(self.client.close_query(found))
            self.assertEqual("".join(rows), "" if http2 else '{"finalMessage":"Query Terminated"}]\n')
            self.no_more_queries()
            self.assertFalse(self.client.close_query(found))

    def test_a_push_query_that_is_left(self):
        self.client.ksql(PENS)
        rows = self.client.query("SELECT * FROM pens EMIT CHANGES", use_http2=True)
        next(rows)
        rows.close()
        self.no_more_queries()


class CurlTest(ClientTest):
    def setUp(self):
        super().setUp()
        self.server.ksql(PENS + COUNTS)

    def command(self, version, path, body, *options):
        return ["curl", "-sSN", "--max-time", "60", version, *options, self.base + path, "-d", body]

    def curl(self, *arguments, **options):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=90, check=True,
                              **options).stdout

    def test_everything_in_both_versions(self):
        for n, version in enumerate(("--http1.1", "--http2-prior-knowledge"), 1):
            [made] = json.loads(self.curl(version, "/ksql", json.dumps(
                {"ksql": f"CREATE STREAM made{n} AS SELECT * FROM pens;"})))
            self.assertEqual(made["commandStatus"]["status"], "SUCCESS")
            rows = '{"target":"pens"}\n{"ID":1,"COLOR":"red"}\n{"ID":2,"COLOR":"red"}\n'
            acks = subprocess.run(["curl", "-sSN", version, "-T", "-", "-X", "POST", self.base + "/inserts-stream"],
                                  input=rows, capture_output=True, text=True, timeout=90, check=True).stdout
            self.assertEqual(acks, '{"status":"ok","seq":0}\n{"status":"ok","seq":1}\n')
            self.counted("red", 2 * n)
            pull = self.curl(version, "/query-stream", '{"sql":"SELECT n FROM counts;"}',
                             "-w", "%{http_version} %{http_code}")
            self.assertEqual(pull.splitlines()[1:], [f"[{2 * n}]", f"{1.1 if n == 1 else 2} 200"])
            self.push(version)

    def push(self, version):
        """Each line of /query is whole as soon as its row is there."""
        query = subprocess.Popen(self.command(version, "/query", json.dumps(
            {"ksql": "SELECT id FROM pens EMIT CHANGES;", "streamsProperties": EARLIEST})), stdout=subprocess.PIPE,
            text=True)
        header = query.stdout.readline()
        self.assertEqual((header[0], header[-2:]), ("[", ",\n"))
        self.assertEqual([query.stdout.readline() for _ in range(2)],
                         ['{"row":{"columns":[1]}},\n', '{"row":{"columns":[2]}},\n'])
        query_id = json.loads(header[1:-2])["header"]["queryId"]
        self.curl(version, "/close-query", json.dumps({"queryId": query_id}))
        rest = query.communicate(timeout=60)[0]
        self.assertTrue(rest.endswith('{"finalMessage":"Query Terminated"}]\n'), rest)
        self.assertEqual(query.returncode, 0)
        self.no_more_queries()

    def test_acknowledgements_as_an_array(self):
        for rows, expected in (('{"ID":1}\n{"ID":2}', [{"status": "ok", "seq": 0}, {"status": "ok", "seq": 1}]), ("", [])):
            for version in ("--http1.1", "--http2-prior-knowledge"):
                acks = self.curl(version, "/inserts-stream", '{"target":"pens"}\n' + rows, "-H", "Accept: application/json")
                self.assertEqual(json.loads(acks), expected)
        *_, bad = json.loads(self.curl("--http1.1", "/inserts-stream", '{"target":"pens"}\n{"ID":1}\n{"ID":"x"}\n{"ID":2}',
                                       "-H", "Accept: application/json"))
        self.assertEqual((bad["status"], bad["seq"]), ("error", 1))
        bad = json.loads(self.curl("--http1.1", "/inserts-stream", '{"target":"pens"}\n[1,"red"]'))
        self.assertIn("must be a JSON object", bad["message"])

    def test_the_whole_url_as_a_request_s_target(self):
        info = self.curl("--http1.1", "/is_valid_property/auto.offset.reset", "", "-G", "--proxy", self.base)
        self.assertEqual(info, "true")

    def test_a_terminated_push_query(self):
        query = subprocess.Popen(self.command("--http1.1", "/query-stream", '{"sql":"SELECT * FROM pens EMIT CHANGES;"}'),
                                 stdout=subprocess.PIPE, text=True)
        query_id = json.loads(query.stdout.readline())["queryId"]
        self.server.ksql(f"TERMINATE {query_id};")  # ids are names: either case
        self.assertEqual(query.communicate(timeout=60)[0], "")
        self.no_more_queries()
        status, error = self.server.refused(f"TERMINATE {query_id};")
        self.assertIn("no query with the id", error["message"])


if __name__ == "__main__":
    sluice_server.take_binary_argument()
    unittest.main(warnings="ignore")  # of the clients' own code
