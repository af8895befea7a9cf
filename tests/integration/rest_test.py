"""The REST API against a real server: the wire shapes that ksqlDB's clients read.

    rest_test.py [PATH OF sluice]
"""
import contextlib
import http.client
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import unittest

import sluice_server
from sluice_server import Server, wait_until

EARLIEST = {"auto.offset.reset": "earliest"}


class RestTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="sluice-rest-")
        self.server = Server(self.directory)

    def tearDown(self):
        self.server.stop()
        shutil.rmtree(self.directory)

    def make_orders(self):
        self.server.ksql("CREATE STREAM orders (id INT KEY, item STRING, price DECIMAL(6, 2)) WITH "
                         "(kafka_topic = 'orders', value_format = 'JSON', partitions = 2);")
        self.server.ksql("INSERT INTO orders VALUES (1, 'pen', 1.10);"
                         "INSERT INTO orders VALUES (2, 'ink', 25.00);"
                         "INSERT INTO orders VALUES (1, 'cap', 0.50);")

    def make_counts(self):
        self.make_orders()
        self.make_counts_again()

    def make_counts_again(self):
        self.server.ksql("CREATE TABLE counts AS SELECT id, COUNT(*) AS n FROM orders GROUP BY id;",
                         streamsProperties=EARLIEST)
        wait_until(lambda: self.server.query("SELECT * FROM counts WHERE id = 1;")[1:] == [[1, 2]],
                   "the table to have its rows")

    # ---- /ksql ----

    def test_a_created_stream_is_a_current_status(self):
        [entity] = self.server.ksql(
            "CREATE STREAM s (v INT) WITH (kafka_topic = 's', value_format = 'JSON', partitions = 1);")
        self.assertEqual(entity["@type"], "currentStatus")
        self.assertEqual(entity["commandId"], "stream/`S`/create")
        self.assertEqual(entity["commandStatus"],
                         {"status": "SUCCESS", "message": "Stream created", "queryId": None})
        self.assertIsInstance(entity["commandSequenceNumber"], int)
        self.assertEqual(entity["warnings"], [])
        self.assertTrue(entity["statementText"].startswith("CREATE STREAM s"))
        status, _, text = self.server.request("GET", "/status/stream/`S`/create")
        self.assertEqual((status, json.loads(text)["status"]), (200, "SUCCESS"))

    def test_lists(self):
        self.make_counts()
        streams, tables, queries, topics = self.server.ksql(
            "SHOW STREAMS; LIST TABLES; SHOW QUERIES; SHOW TOPICS;")
        self.assertEqual(streams["@type"], "streams")
        self.assertEqual(streams["streams"], [
            {"type": "STREAM", "name": "ORDERS", "topic": "orders", "keyFormat": "KAFKA",
             "valueFormat": "JSON", "format": "JSON", "isWindowed": False}])
        self.assertEqual(tables["@type"], "tables")
        self.assertEqual([t["name"] for t in tables["tables"]], ["COUNTS"])
        [query] = queries["queries"]
        self.assertEqual(query["sinks"], ["COUNTS"])
        self.assertEqual(query["sinkKafkaTopics"], ["COUNTS"])
        self.assertEqual(query["queryType"], "PERSISTENT")
        self.assertEqual(query["state"], "RUNNING")
        self.assertEqual(query["statusCount"], {"RUNNING": 1})
        self.assertIn({"name": "orders", "replicaInfo": [1, 1]}, topics["topics"])

    def test_describe_and_explain(self):
        self.make_counts()
        [entity] = self.server.ksql("DESCRIBE orders EXTENDED;")
        source = entity["sourceDescription"]
        self.assertEqual(source["name"], "ORDERS")
        self.assertEqual(source["type"], "STREAM")
        self.assertEqual(source["partitions"], 2)
        self.assertEqual([f["name"] for f in source["fields"]], ["ID", "ITEM", "PRICE"])
        self.assertEqual(source["fields"][0]["type"], "KEY")
        self.assertEqual(source["fields"][0]["schema"],
                         {"type": "INTEGER", "fields": None, "memberSchema": None})
        self.assertEqual(source["fields"][2]["schema"]["parameters"], {"precision": 6, "scale": 2})
        [query] = source["readQueries"]
        [explained] = self.server.ksql(f"EXPLAIN {query['id']};")
        self.assertEqual(explained["queryDescription"]["sinks"], ["COUNTS"])
        self.assertTrue(explained["queryDescription"]["executionPlan"])
        [explained] = self.server.ksql("EXPLAIN SELECT item FROM orders EMIT CHANGES;")
        self.assertEqual(explained["queryDescription"]["sources"], ["ORDERS"])

    def test_the_content_type_follows_accept(self):
        for accept, answered in (("application/vnd.ksql.v1+json", "application/vnd.ksql.v1+json"),
                                 ("application/json", "application/json"),
                                 ("*/*", "application/json")):
            _, headers, _ = self.server.request("POST", "/ksql", {"ksql": "SHOW TABLES;"},
                                                {"Accept": accept})
            self.assertEqual(headers["content-type"], answered)

    def test_set_lives_as_long_as_the_request(self):
        self.assertEqual(self.server.ksql("SET 'auto.offset.reset' = 'earliest';"), [])
        [entity] = self.server.ksql("SHOW PROPERTIES;")
        self.assertNotIn("auto.offset.reset", entity["overwrittenProperties"])
        [entity] = self.server.ksql("SET 'auto.offset.reset' = 'earliest'; SHOW PROPERTIES;")
        self.assertIn("auto.offset.reset", entity["overwrittenProperties"])

    def test_session_variables(self):
        self.server.ksql("CREATE STREAM ${name} (v INT) WITH (kafka_topic = '${topic}', "
                         "value_format = 'JSON', partitions = 1);",
                         sessionVariables={"name": "pens", "topic": "pen-topic"})
        [entity] = self.server.ksql("SHOW STREAMS;")
        self.assertEqual([(s["name"], s["topic"]) for s in entity["streams"]],
                         [("PENS", "pen-topic")])
        [entity] = self.server.ksql("DEFINE a = 'b'; SHOW VARIABLES;", sessionVariables={"c": 1})
        self.assertEqual(entity["variables"],
                         [{"name": "a", "value": "b"}, {"name": "c", "value": "1"}])

    # ---- errors ----

    def test_a_bad_statement(self):
        status, e = self.server.refused("SHOW STREAMS; SHOW NONSENSE; SHOW TABLES;")
        self.assertEqual(status, 400)
        self.assertEqual(e["@type"], "statement_error")
        self.assertEqual(e["error_code"], 40001)
        self.assertIn("NONSENSE", e["statementText"])
        self.assertIn("^", e["message"])  # the caret
        self.assertEqual([entity["@type"] for entity in e["entities"]], ["streams"])

    def test_queries_belong_elsewhere_and_statements_too(self):
        self.make_orders()
        status, e = self.server.refused("SELECT * FROM orders EMIT CHANGES;")
        self.assertEqual((status, e["error_code"]), (400, 40002))
        for path in ("/query", "/query-stream"):
            status, e = self.server.refused("SHOW STREAMS;", path)
            self.assertEqual(status, 400)
            status, e = self.server.refused("SELECT * FROM nowhere EMIT CHANGES;", path)
            self.assertEqual((status, e["error_code"]), (400, 40001))
            self.assertIn("NOWHERE", e["message"])

    def test_bodies_that_are_wrong(self):
        for body in ("", "{", "[]", "{}", '{"ksql": 1}', '{"ksql": "SHOW STREAMS;", "streamsProperties": {"x": "y"}}'):
            for path in ("/ksql", "/query", "/query-stream"):
                status, _, text = self.server.request("POST", path, body)
                self.assertEqual(status, 400, (path, body))
                self.assertEqual(json.loads(text)["@type"], "generic_error")
        status, _, _ = self.server.request("POST", "/ksql", b"\xff\xfe")
        self.assertEqual(status, 400)

    def test_paths_and_methods(self):
        self.assertEqual(self.server.request("GET", "/nowhere")[0], 404)
        status, headers, _ = self.server.request("GET", "/ksql")
        self.assertEqual((status, headers["allow"]), (405, "POST"))
        self.assertEqual(self.server.request("POST", "/info", "{}")[0], 405)
        status, headers, text = self.server.request("HEAD", "/info")
        self.assertEqual((status, text), (200, ""))
        self.assertGreater(int(headers["content-length"]), 0)
        status, headers, _ = self.server.request("GET", "/")
        self.assertEqual((status, headers["location"]), (307, "/info"))

    # ---- small endpoints ----

    def test_info_and_health(self):
        info = json.loads(self.server.request("GET", "/info")[2])["KsqlServerInfo"]
        self.assertEqual(info["serverStatus"], "RUNNING")
        self.assertTrue(info["version"] and info["ksqlServiceId"] and info["kafkaClusterId"])
        health = json.loads(self.server.request("GET", "/healthcheck")[2])
        self.assertTrue(health["isHealthy"])
        self.assertTrue(health["details"]["metastore"]["isHealthy"])
        self.assertEqual(self.server.request("GET", "/is_valid_property/auto.offset.reset")[2], "true")
        status, _, text = self.server.request("GET", "/is_valid_property/no.such.thing")
        self.assertEqual((status, json.loads(text)["error_code"]), (400, 40000))

    def test_metrics_are_prometheus_text(self):
        self.make_counts()
        status, headers, text = self.server.request("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertIn("text/plain", headers["content-type"])
        for line in text.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?\d+(\.\d+)?)$')
        self.assertEqual(self.server.metric("sluice_queries_running"), 1)
        self.assertEqual(self.server.metric("sluice_inserts_total"), 3)

    # ---- queries ----

    def test_query_stream_forms(self):
        self.make_orders()
        sql = "SELECT id, item, price FROM orders EMIT CHANGES LIMIT 3;"
        status, headers, text = self.server.request(
            "POST", "/query-stream", {"sql": sql, "properties": EARLIEST})
        self.assertEqual(headers["content-type"], "application/vnd.ksqlapi.delimited.v1")
        header, *rows = text.splitlines()
        self.assertEqual(json.loads(header)["columnNames"], ["ID", "ITEM", "PRICE"])
        self.assertEqual(json.loads(header)["columnTypes"], ["INTEGER", "STRING", "DECIMAL(6, 2)"])
        self.assertTrue(json.loads(header)["queryId"])
        self.assertEqual(sorted(rows), ['[1,"cap",0.50]', '[1,"pen",1.10]', '[2,"ink",25.00]'])
        status, headers, text = self.server.request(
            "POST", "/query-stream", {"sql": sql, "properties": EARLIEST},
            {"Accept": "application/json"})
        self.assertEqual(headers["content-type"], "application/json")
        self.assertEqual(len(json.loads(text)), 4)

    def test_query_form(self):
        self.make_orders()
        status, _, text = self.server.request("POST", "/query", {
            "ksql": "SELECT id, item FROM orders EMIT CHANGES LIMIT 2;", "streamsProperties": EARLIEST})
        header, first, second, last = json.loads(text)
        self.assertEqual(header["header"]["schema"], "`ID` INTEGER, `ITEM` STRING")
        self.assertTrue(header["header"]["queryId"])
        self.assertEqual(len(first["row"]["columns"]), 2)
        self.assertEqual(last, {"finalMessage": "Limit Reached"})
        for line in text.splitlines():  # an element a line, as clients that read lines expect
            json.loads(line.strip("[],") or "null")

    def test_pull_query_by_key(self):
        self.make_counts()
        header, row = self.server.query("SELECT * FROM counts WHERE id = 2;")
        self.assertEqual(header["columnNames"], ["ID", "N"])
        self.assertEqual(row, [2, 1])
        self.assertEqual(self.server.query("SELECT * FROM counts WHERE id = 7;")[1:], [])
        _, _, text = self.server.request(
            "POST", "/query", {"ksql": "SELECT n FROM counts WHERE id = 1;"})
        answer = json.loads(text)
        self.assertEqual(answer[1]["row"]["columns"], [2])
        self.assertEqual(sorted(self.server.query("SELECT * FROM counts;")[1:]), [[1, 2], [2, 1]])
        variables = {"id": "2"}
        self.assertEqual(self.server.query("SELECT n FROM counts WHERE id = ${id};",
                                           sessionVariables=variables)[1:], [[1]])

    def test_rows_come_while_the_query_runs_and_leaving_ends_it(self):
        self.make_orders()
        response = self.server.open_query("SELECT item FROM orders EMIT CHANGES;", properties=EARLIEST)
        json.loads(response.readline())
        self.assertEqual({json.loads(response.readline())[0] for _ in range(3)}, {"pen", "ink", "cap"})
        self.server.ksql("INSERT INTO orders VALUES (3, 'new', 1.00);")
        self.assertEqual(json.loads(response.readline()), ["new"])
        wait_until(lambda: self.server.metric("sluice_push_queries_active") == 1, "the query to be counted")
        response.close()
        response.connection_of_test.close()
        wait_until(lambda: self.server.metric("sluice_push_queries_active") == 0,
                   "the query to end with its connection")

    def test_close_query(self):
        self.make_orders()
        response = self.server.open_query("SELECT item FROM orders EMIT CHANGES;")
        query_id = json.loads(response.readline())["queryId"]
        status, _, _ = self.server.request("POST", "/close-query", {"queryId": query_id})
        self.assertEqual(status, 200)
        self.assertEqual(response.read(), b"")
        response.connection_of_test.close()
        wait_until(lambda: self.server.request("POST", "/close-query", {"queryId": query_id})[0] == 400,
                   "the query to be gone")

    def test_print(self):
        self.make_orders()
        for path in ("/query", "/query-stream"):
            status, _, text = self.server.request(
                "POST", path, {"sql": "PRINT 'orders' FROM BEGINNING LIMIT 2;"})
            self.assertEqual(status, 200)
            records = [line for line in text.splitlines() if line.startswith("rowtime")]
            self.assertEqual(len(records), 2)
            self.assertNotIn("Message", text)
            self.assertRegex(records[0], r"^rowtime: .* Z, key: 1, value: \{.*\}, partition: \d$")

    def test_a_table_s_deletion_is_a_tombstone(self):
        self.server.ksql("CREATE TABLE t (id INT PRIMARY KEY, v STRING) WITH (kafka_topic = 't', "
                         "value_format = 'JSON', partitions = 1);"
                         "INSERT INTO t VALUES (1, 'x');")
        connection = self.server.connect()
        connection.request("POST", "/query", json.dumps(
            {"ksql": "SELECT id, v FROM t WHERE v = 'x' EMIT CHANGES LIMIT 2;", "streamsProperties": EARLIEST}))
        self.server.ksql("INSERT INTO t VALUES (1, 'y');")
        rows = [element for element in json.loads(connection.getresponse().read()) if "row" in element]
        self.assertEqual(rows[0], {"row": {"columns": [1, "x"]}})
        self.assertEqual(rows[1]["row"]["tombstone"], True)
        self.assertEqual(rows[1]["row"]["columns"][0], 1)
        connection.close()

    def test_inserts_stream(self):
        self.make_orders()
        body = '{"target": "orders"}\n{"ID": 9, "ITEM": "a", "PRICE": 1.25}\n{"ID": 10, "ITEM": null}\n'
        status, _, text = self.server.request("POST", "/inserts-stream", body)
        self.assertEqual(status, 200)
        self.assertEqual([json.loads(line) for line in text.splitlines()],
                         [{"status": "ok", "seq": 0}, {"status": "ok", "seq": 1}])
        rows = self.server.query("SELECT id, price FROM orders WHERE id > 8 EMIT CHANGES LIMIT 2;",
                                 properties=EARLIEST)[1:]
        self.assertEqual(sorted(rows), [[9, 1.25], [10, None]])
        status, _, text = self.server.request("POST", "/inserts-stream", '{"target": "nowhere"}\n{"A": 1}\n')
        self.assertEqual((status, json.loads(text)["error_code"]), (400, 40001))
        self.assertEqual(self.server.request("POST", "/inserts-stream", "{}")[0], 400)

    def test_many_clients_come_and_go(self):
        self.make_orders()
        failures = []

        def client(number):
            try:
                for round_number in range(5):
                    sql = ("SELECT item FROM orders EMIT CHANGES;", "SELECT COUNT(*) FROM orders GROUP BY id EMIT CHANGES;",
                           "PRINT orders FROM BEGINNING;")[(number + round_number) % 3]
                    response = self.server.open_query(sql, properties=EARLIEST)
                    if round_number % 2:
                        response.readline()
                    response.close()
                    response.connection_of_test.close()
            except Exception as problem:  # pylint: disable=broad-except
                failures.append(problem)

        threads = [threading.Thread(target=client, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        wait_until(lambda: self.server.metric("sluice_push_queries_active") == 0 and
                   self.server.metric("sluice_http_exchanges") == 1, "everything to end")

    # ---- HTTP ----

    def test_one_connection_serves_many_requests(self):
        self.make_counts()
        connection = self.server.connect()
        for _ in range(50):
            connection.request("POST", "/query-stream", json.dumps({"sql": "SELECT n FROM counts WHERE id = 1;"}))
            self.assertEqual(connection.getresponse().read().splitlines()[1], b"[2]")
        self.assertEqual(self.server.metric("sluice_http_connections"), 2)
        connection.close()

    def test_http2_by_prior_knowledge(self):
        curl = shutil.which("curl")
        if not curl:
            self.skipTest("curl is not installed")
        self.make_counts()
        answer = subprocess.run(
            [curl, "-sS", "--http2-prior-knowledge", "-w", "%{http_version} %{http_code}",
             self.server.url() + "/query-stream", "-d", json.dumps({"sql": "SELECT n FROM counts WHERE id = 1;"})],
            capture_output=True, text=True, timeout=60, check=True).stdout
        self.assertTrue(answer.endswith("[2]\n2 200"), answer)
        push = subprocess.Popen(
            [curl, "-sSN", "--http2-prior-knowledge", self.server.url() + "/query-stream", "-d",
             json.dumps({"sql": "SELECT item FROM orders EMIT CHANGES;", "properties": EARLIEST})],
            stdout=subprocess.PIPE)
        for _ in range(4):
            self.assertTrue(push.stdout.readline())
        push.kill()
        push.wait()
        push.stdout.close()
        wait_until(lambda: self.server.metric("sluice_push_queries_active") == 0,
                   "the query to end with its connection")

    # ---- restart ----

    def test_a_restart_keeps_everything(self):
        self.make_counts()
        self.server.ksql("CREATE TYPE money AS DECIMAL(9, 2);")
        before = self.server.ksql("SHOW STREAMS; SHOW TABLES; SHOW QUERIES; SHOW TYPES; SHOW TOPICS;")
        self.server.restart()
        self.assertEqual(
            self.server.ksql("SHOW STREAMS; SHOW TABLES; SHOW QUERIES; SHOW TYPES; SHOW TOPICS;"), before)
        self.assertEqual(self.server.query("SELECT * FROM counts WHERE id = 1;")[1:], [[1, 2]])
        self.server.ksql("INSERT INTO orders VALUES (1, 'more', 2.00);")
        wait_until(lambda: self.server.query("SELECT * FROM counts WHERE id = 1;")[1:] == [[1, 3]],
                   "the query to go on after the restart")

    def test_state_that_another_plan_laid_out_is_not_read(self):
        self.make_counts()
        [shown] = self.server.ksql("SHOW QUERIES;")
        query = shown["queries"][0]["id"]
        self.server.stop()
        with contextlib.closing(sqlite3.connect(os.path.join(self.directory, "catalog.db"))) as catalog:
            catalog.execute("UPDATE queries SET fingerprint = fingerprint + 1")  # as another version would
            catalog.commit()
        self.server.start()
        [shown] = self.server.ksql("SHOW QUERIES;")
        self.assertEqual(shown["queries"][0]["state"], "ERROR")
        self.server.ksql(f"TERMINATE {query}; DROP TABLE counts;")
        self.make_counts_again()

    def test_a_restart_with_open_push_queries(self):
        self.make_orders()
        responses = [self.server.open_query("SELECT item FROM orders EMIT CHANGES;") for _ in range(3)]
        for response in responses:
            response.readline()
        self.server.restart()
        for response in responses:
            try:
                self.assertEqual(response.read(), b"")
            except (http.client.IncompleteRead, ConnectionError):
                pass
            response.connection_of_test.close()
        self.assertEqual(self.server.ksql("SHOW QUERIES;")[0]["queries"], [])


if __name__ == "__main__":
    sluice_server.take_binary_argument()
    unittest.main()
