"""Real clients of every protocol against a real server: websockets, httpx (HTTP/1.1 and HTTP/2), curl, TLS.

    http_clients_test.py [PATH OF sluice] [DIRECTORY of a virtual environment, made when absent]
"""
import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

import python_environment

PACKAGES = ("websockets==15.0.1", "httpx[http2]==0.28.1", "protobuf==6.31.1")
EARLIEST = {"auto.offset.reset": "earliest"}

if __name__ == "__main__":
    directory = sys.argv.pop() if len(sys.argv) > 2 else "build/http-clients-venv"
    python_environment.enter(os.path.abspath(directory), PACKAGES)

import httpx  # noqa: E402
import websockets.exceptions  # noqa: E402
import websockets.sync.client  # noqa: E402

import certificates  # noqa: E402
import sluice_server  # noqa: E402
from sluice_server import Server, wait_until  # noqa: E402


def properties(**values):
    return [word for name, value in values.items()
            for word in ("--property", f"{name.replace('_', '.')}={value}")]


class ClientsTest(unittest.TestCase):
    options = ()

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="sluice-clients-")
        self.server = Server(os.path.join(self.directory, "data"), *self.make_options())
        self.base = self.server.url()

    def make_options(self):
        return self.options

    def tearDown(self):
        self.server.stop()
        shutil.rmtree(self.directory)

    def make_pens(self):
        self.server.ksql("CREATE STREAM pens (id INT KEY, color STRING) WITH "
                         "(kafka_topic = 'pens', value_format = 'JSON', partitions = 1);"
                         "INSERT INTO pens VALUES (1, 'red'); INSERT INTO pens VALUES (2, 'blue');")

    def no_more_queries(self):
        wait_until(lambda: self.server.metric("sluice_push_queries_active") == 0, "the query to end")


class HttpxTest(ClientsTest):
    def test_both_versions_on_one_port(self):
        self.make_pens()
        body = {"sql": "SELECT * FROM pens EMIT CHANGES LIMIT 2;", "properties": EARLIEST}
        for http1, version in ((True, "HTTP/1.1"), (False, "HTTP/2")):
            with httpx.Client(http1=http1, http2=not http1, base_url=self.base, timeout=60) as client:
                answer = client.post("/query-stream", json=body)
                self.assertEqual(answer.http_version, version)
                self.assertEqual(answer.headers["content-type"], "application/vnd.ksqlapi.delimited.v1")
                self.assertEqual(answer.text.splitlines()[1:], ['[1,"red"]', '[2,"blue"]'])

    def test_a_row_is_a_piece_of_the_body_as_soon_as_it_is_there(self):
        self.make_pens()
        body = {"sql": "SELECT id FROM pens EMIT CHANGES;", "properties": EARLIEST}
        for http1 in (True, False):
            with httpx.Client(http1=http1, http2=not http1, base_url=self.base, timeout=60) as client, \
                    client.stream("POST", "/query-stream", json=body) as answer:
                pieces = answer.iter_raw()
                self.assertTrue(next(pieces).startswith(b'{"queryId":"'))
                self.assertEqual([next(pieces), next(pieces)], [b"[1]\n", b"[2]\n"])
                self.server.ksql("INSERT INTO pens VALUES (3, 'green');")
                self.assertEqual(next(pieces), b"[3]\n")
            self.no_more_queries()
            self.server.ksql("DROP STREAM pens DELETE TOPIC;")
            self.make_pens()

    def test_inserts_are_acknowledged_while_the_request_goes_on(self):
        self.make_pens()
        for http1 in (True, False):
            def rows():
                yield b'{"target":"pens"}\n'
                for number in range(3):
                    yield json.dumps({"ID": 10 + number, "COLOR": "x"}).encode() + b"\n"
                    # Over HTTP/1.1 this client reads only when it has sent everything.
                    if not http1:
                        wait_until(lambda: self.server.metric("sluice_inserts_total") >= 2 + number,
                                   "the row to be written")

            with httpx.Client(http1=http1, http2=not http1, base_url=self.base, timeout=60) as client:
                answer = client.post("/inserts-stream", content=rows())
            self.assertEqual([json.loads(line) for line in answer.text.splitlines()],
                             [{"status": "ok", "seq": n} for n in range(3)])

    def test_an_insert_is_acknowledged_before_the_next_is_sent(self):
        self.make_pens()
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=60) as client:
            def send(text):
                client.sendall(f"{len(text):x}\r\n{text}\r\n".encode())

            client.sendall(b"POST /inserts-stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            send('{"target":"PENS"}\n')
            reader = client.makefile("rb")
            self.assertIn(b"200", reader.readline())
            while reader.readline().strip():
                pass
            for number in range(3):
                send('{"ID":7,"COLOR":"gold"}\n')
                size = int(reader.readline(), 16)
                self.assertEqual(json.loads(reader.read(size)), {"status": "ok", "seq": number})
                reader.readline()
            client.sendall(b"0\r\n\r\n")
            self.assertEqual(reader.readline(), b"0\r\n")

    def test_a_tombstone_deletes_a_row(self):
        self.server.ksql("CREATE SOURCE TABLE t (id INT PRIMARY KEY, v STRING) WITH (kafka_topic = 't', "
                         "value_format = 'JSON', partitions = 1);"
                         "CREATE TABLE w (id INT PRIMARY KEY, v STRING) WITH (kafka_topic = 't', "
                         "value_format = 'JSON', partitions = 1);")
        answer = httpx.post(self.base + "/inserts-stream", content='{"target":"w"}\n{"ID":1,"V":"x"}\n{"ID":2}\n')
        self.assertEqual(len(answer.text.splitlines()), 2)
        wait_until(lambda: len(self.server.query("SELECT * FROM t;")) == 3, "both rows")
        httpx.post(self.base + "/inserts-stream", content='{"target":"w"}\n{"ID":1,"@tombstone":true}\n')
        wait_until(lambda: self.server.query("SELECT * FROM t;")[1:] == [[2, None]], "the row to go")
        refused = httpx.post(self.base + "/inserts-stream", content='{"target":"w"}\n{"V":"x"}\n')
        self.assertEqual(json.loads(refused.text)["status"], "error")

    def test_protobuf_rows(self):
        self.make_pens()
        answer = httpx.post(self.base + "/query-stream", headers={"Accept": "application/vnd.ksql.v1+protobuf"},
                            json={"sql": "SELECT id, color FROM pens EMIT CHANGES LIMIT 1;", "properties": EARLIEST})
        self.assertEqual(answer.headers["content-type"], "application/vnd.ksql.v1+protobuf")
        header, row, last = answer.json()
        self.assertEqual(header["header"]["schema"], "`ID` INTEGER, `COLOR` STRING")
        self.assertEqual(header["header"]["protoSchema"],
                         'syntax = "proto3";\n\nmessage ConnectDefault1 {\n  int32 ID = 1;\n  string COLOR = 2;\n}\n')
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
        file = descriptor_pb2.FileDescriptorProto(name="row.proto", syntax="proto3")
        message = file.message_type.add(name="ConnectDefault1")
        message.field.add(name="ID", number=1, type=5, label=1)
        message.field.add(name="COLOR", number=2, type=9, label=1)
        pool = descriptor_pool.DescriptorPool()
        pool.Add(file)
        decoded = message_factory.GetMessageClass(pool.FindMessageTypeByName("ConnectDefault1"))()
        decoded.ParseFromString(base64.b64decode(row["row"]["protobufBytes"]))
        self.assertEqual((decoded.ID, decoded.COLOR), (1, "red"))
        self.assertEqual(last, {"finalMessage": "Limit Reached"})

    def test_accept_is_negotiated(self):
        self.make_pens()
        for accept, answered in (("application/vnd.ksql.v1+json; q=0.9, application/json; q=0.5",
                                  "application/vnd.ksql.v1+json"),
                                 ("text/html, */*;q=0.1", "application/vnd.ksqlapi.delimited.v1"),
                                 ("application/*", "application/vnd.ksqlapi.delimited.v1"),
                                 ("application/json", "application/json")):
            answer = httpx.post(self.base + "/query-stream", headers={"Accept": accept},
                                json={"sql": "SELECT * FROM pens LIMIT 1;"})
            self.assertEqual(answer.headers["content-type"], answered, accept)
        for path in ("/query", "/query-stream", "/ksql"):
            answer = httpx.post(self.base + path, headers={"Accept": "text/html"}, json={"ksql": "SHOW STREAMS;"})
            self.assertEqual((answer.status_code, answer.json()["error_code"]), (406, 40600))

    def test_what_is_wrong_is_told(self):
        with httpx.Client(base_url=self.base, timeout=60) as client:
            self.assertEqual(client.get("/nowhere").json()["error_code"], 40400)
            answer = client.put("/query-stream")
            self.assertEqual((answer.status_code, answer.headers["allow"]), (405, "POST, GET, HEAD"))
            self.assertEqual(client.options("/ksql").headers["allow"], "POST")
            self.assertEqual(client.get("/ws/query").status_code, 426)
            self.assertEqual(client.get("/status/stream/NOPE/create").status_code, 404)
            late = client.post("/ksql", json={"ksql": "SHOW STREAMS;", "commandSequenceNumber": 1 << 40})
            self.assertEqual((late.status_code, late.json()["error_code"]), (503, 50301))

    def test_what_operators_ask(self):
        self.make_pens()
        [entity] = self.server.ksql("CREATE STREAM more AS SELECT * FROM pens;")
        with httpx.Client(base_url=self.base, timeout=60) as client:
            self.assertEqual(client.get("/status").json()["commandStatuses"]["stream/`MORE`/create"], "SUCCESS")
            status = client.get("/status/" + entity["commandId"]).json()
            self.assertEqual(status["queryId"], entity["commandStatus"]["queryId"])
            [host] = client.get("/clusterStatus").json()["clusterStatus"].values()
            self.assertTrue(host["hostAlive"])
            self.assertEqual(host["activeStandbyPerQuery"][status["queryId"]]["activePartitions"],
                             [{"topic": "pens", "partition": 0}])
            for path in ("/heartbeat", "/lag"):
                self.assertEqual(client.post(path, json={"hostInfo": {}, "timestamp": 1}).json(), {"isOk": True})
            for path in ("/v1/metadata", "/v1/metadata/id", "/livez", "/readyz", "/chc/live", "/chc/ready"):
                self.assertEqual(client.get(path).status_code, 200, path)
            again = client.post("/ksql", json={"ksql": "SHOW QUERIES;", "unknown": [1],
                                               "commandSequenceNumber": entity["commandSequenceNumber"]})
            self.assertEqual(len(again.json()[0]["queries"]), 1)

    def test_terminate_cluster(self):
        self.make_pens()
        self.server.ksql("CREATE STREAM kept AS SELECT * FROM pens; CREATE STREAM gone_1 AS SELECT * FROM pens;")
        answer = httpx.post(self.base + "/ksql/terminate", json={"deleteTopicList": ["GONE.*", "pens"]}, timeout=60)
        self.assertEqual(answer.json()[0]["commandStatus"]["status"], "SUCCESS")
        self.assertEqual(httpx.post(self.base + "/ksql", json={"ksql": "SHOW STREAMS;"}).status_code, 503)
        self.server.restart()
        streams, queries, topics = self.server.ksql("SHOW STREAMS; SHOW QUERIES; SHOW TOPICS;")
        self.assertEqual((streams["streams"], queries["queries"]), ([], []))
        self.assertEqual({t["name"] for t in topics["topics"]} & {"pens", "KEPT", "GONE_1"}, {"pens", "KEPT"})

    def test_memory_stays_flat(self):
        def resident():
            with open(f"/proc/{self.server.process.pid}/statm") as statm:
                return int(statm.read().split()[1]) * 4096

        self.make_pens()
        body = {"sql": "SELECT * FROM pens EMIT CHANGES LIMIT 1;", "properties": EARLIEST}
        with httpx.Client(base_url=self.base, timeout=60) as client:
            for _ in range(100):
                client.post("/query-stream", json=body)
            before = resident()
            for _ in range(200):
                client.post("/query-stream", json=body)
                client.post("/query-stream", json={"sql": "SELECT nonsense;"})
                client.get("/info")
        self.no_more_queries()
        self.assertLess(resident() - before, 64 << 20)


class AttachedQueryTest(ClientsTest):
    """ksql.query.push.v2.enabled: push queries that listen to a running query."""
    options = properties(ksql_query_push_v2_enabled="true")

    def setUp(self):
        super().setUp()
        self.make_pens()
        self.server.ksql("CREATE STREAM shown AS SELECT id, UCASE(color) AS color FROM pens;")
        self.server.ksql("CREATE TABLE counts AS SELECT color, COUNT(*) AS n FROM pens GROUP BY color;")

    def open(self, sql):
        response = self.server.open_query(sql)
        self.addCleanup(response.connection_of_test.close)
        self.assertTrue(json.loads(response.readline())["queryId"].startswith("SCALABLE_PUSH_QUERY_"))
        return response

    def test_rows_of_a_stream_and_a_table(self):
        streams = [self.open("SELECT * FROM shown EMIT CHANGES;"),
                   self.open("SELECT color || '!' AS c FROM shown WHERE id > 5 EMIT CHANGES;")]
        table = self.open("SELECT n, color FROM counts EMIT CHANGES LIMIT 1;")
        self.server.ksql("INSERT INTO pens VALUES (3, 'red'); INSERT INTO pens VALUES (6, 'green');")
        self.assertEqual([streams[0].readline() for _ in range(2)], [b'[3,"RED"]\n', b'[6,"GREEN"]\n'])
        self.assertEqual(streams[1].readline(), b'["GREEN!"]\n')
        self.assertEqual(table.readline(), b'[1,"red"]\n')
        self.assertEqual(table.read(), b"")
        for response in streams:
            response.connection_of_test.close()
        self.no_more_queries()

    def test_it_ends_with_the_query_that_it_listens_to(self):
        response = self.open("SELECT * FROM shown EMIT CHANGES;")
        [entity] = self.server.ksql("SHOW QUERIES;")
        [shown] = [q["id"] for q in entity["queries"] if q["sinks"] == ["SHOWN"]]
        self.server.ksql(f"TERMINATE {shown};")
        self.assertIn("has been stopped", json.loads(response.readline())["message"])
        self.assertEqual(response.read(), b"")

    def test_it_can_be_closed_by_id(self):
        response = self.server.open_query("SELECT * FROM shown EMIT CHANGES;")
        query_id = json.loads(response.readline())["queryId"]
        self.assertEqual(self.server.request("POST", "/close-query", {"queryId": query_id})[0], 200)
        self.assertEqual(response.read(), b"")
        response.connection_of_test.close()

    def test_what_cannot_listen_reads_the_topic(self):
        self.server.ksql("INSERT INTO shown SELECT * FROM pens;")  # a second writer
        response = self.server.open_query("SELECT id FROM shown EMIT CHANGES;")
        response.readline()
        self.server.ksql("INSERT INTO pens VALUES (9, 'grey');")
        self.assertEqual([response.readline() for _ in range(2)], [b"[9]\n", b"[9]\n"])
        response.connection_of_test.close()


class SlowClientsTest(ClientsTest):
    options = properties(sluice_http_slow_reader_ms=500, sluice_http_request_timeout_ms=500,
                         ksql_idle_connection_timeout_seconds=1, sluice_http_body_limit_bytes=10000)

    def dial(self):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(60)
        client.connect(("127.0.0.1", self.server.port))
        return client

    def test_a_slow_reader_is_told_and_closed(self):
        self.server.ksql("CREATE STREAM wide (v STRING) WITH (kafka_topic = 'wide', value_format = 'JSON', "
                         "partitions = 1); CREATE STREAM wider AS SELECT RPAD('', 200000, 'x') AS v FROM wide;")
        self.server.ksql("INSERT INTO wide VALUES ('x');" * 60)
        body = json.dumps({"sql": "SELECT * FROM wider EMIT CHANGES;", "properties": EARLIEST}).encode()
        with self.dial() as client:
            client.sendall(b"POST /query-stream HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            wait_until(lambda: self.server.metric("sluice_push_queries_total") == 1, "the query to start")
            self.no_more_queries()
            rest = b"".join(iter(lambda: client.recv(1 << 16), b""))
        self.assertIn(b'{"@type":"generic_error"', rest)
        self.assertIn(b"does not read fast enough", rest)
        self.assertTrue(rest.endswith(b"0\r\n\r\n"))

    def test_half_a_request_is_not_waited_for(self):
        for start in (b"POST /ksql HTTP/1.1\r\nHost: x\r\n", b"POST /ksql HTTP/1.1\r\nContent-Length: 10\r\n\r\n{"):
            with self.dial() as client:
                client.sendall(start)
                self.assertIn(b" 408 ", b"".join(iter(lambda: client.recv(4096), b"")))
        for start in (b"", b"PRI *"):
            with self.dial() as client:
                client.sendall(start)
                self.assertEqual(client.recv(1), b"")

    def test_an_idle_connection_is_closed_and_a_quiet_query_is_not(self):
        self.server.ksql("CREATE STREAM quiet (v INT) WITH (kafka_topic = 'q', value_format = 'JSON', partitions = 1);")
        response = self.server.open_query("SELECT v FROM quiet EMIT CHANGES;")
        response.readline()
        with self.dial() as client:
            client.sendall(b"GET /info HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(b"".join(iter(lambda: client.recv(4096), b"")).startswith(b"HTTP/1.1 200"))
        self.server.ksql("INSERT INTO quiet VALUES (1);")
        self.assertEqual(response.readline(), b"[1]\n")
        response.connection_of_test.close()

    def test_a_body_over_the_limit(self):
        answer = httpx.post(self.base + "/ksql", json={"ksql": "x" * 20000})
        self.assertEqual((answer.status_code, answer.json()["error_code"]), (413, 41300))


class WebSocketTest(ClientsTest):
    def dial(self, request):
        url = f"ws://127.0.0.1:{self.server.port}/ws/query?" + urllib.parse.urlencode({"request": json.dumps(request)})
        return websockets.sync.client.connect(url, open_timeout=60, close_timeout=60)

    def test_a_push_query(self):
        self.make_pens()
        with self.dial({"ksql": "SELECT * FROM pens EMIT CHANGES;", "streamsProperties": EARLIEST}) as socket_:
            self.assertEqual([f["name"] for f in json.loads(socket_.recv(60))], ["ID", "COLOR"])
            self.assertEqual(json.loads(socket_.recv(60)), {"row": {"columns": [1, "red"]}})
            self.assertEqual(json.loads(socket_.recv(60)), {"row": {"columns": [2, "blue"]}})
            socket_.ping().wait(60)
            socket_.send(["a fragmented ", "message that ", "nobody reads"])
            self.server.ksql("INSERT INTO pens VALUES (3, 'green');")
            self.assertEqual(json.loads(socket_.recv(60)), {"row": {"columns": [3, "green"]}})
        self.no_more_queries()

    def test_a_query_that_ends_closes_in_order(self):
        self.make_pens()
        with self.dial({"ksql": "SELECT color FROM pens EMIT CHANGES LIMIT 1;", "properties": EARLIEST}) as socket_:
            messages = list(socket_)
            self.assertEqual(json.loads(messages[0])[0]["schema"]["type"], "STRING")
            self.assertEqual(json.loads(messages[-1]), {"finalMessage": "Limit Reached"})
            self.assertEqual(socket_.close_code, 1000)

    def test_print_gives_lines(self):
        self.make_pens()
        with self.dial({"ksql": "PRINT pens FROM BEGINNING LIMIT 1;"}) as socket_:
            self.assertTrue(next(iter(socket_)).startswith("rowtime: "))

    def test_what_is_wrong_comes_with_the_close(self):
        for request in ({"ksql": "SELECT * FROM nowhere EMIT CHANGES;"}, {"ksql": "SHOW STREAMS;"}, {}, [1]):
            with self.dial(request) as socket_:
                self.assertEqual(json.loads(socket_.recv(60))["@type"], "generic_error")
                with self.assertRaises(websockets.exceptions.ConnectionClosedError):
                    socket_.recv(60)
                self.assertEqual(socket_.close_code, 1003)
                self.assertTrue(socket_.close_reason)

    def test_a_client_that_vanishes(self):
        self.make_pens()
        socket_ = self.dial({"ksql": "SELECT * FROM pens EMIT CHANGES;"})
        socket_.recv(60)
        socket_.socket.shutdown(socket.SHUT_RDWR)
        self.no_more_queries()

    def test_a_frame_without_mask_ends_it(self):
        self.make_pens()
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=60) as client:
            request = urllib.parse.quote(json.dumps({"ksql": "SELECT * FROM pens EMIT CHANGES;"}))
            client.sendall(f"GET /ws/query?request={request} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                           "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                           "Sec-WebSocket-Version: 13\r\n\r\n".encode())
            came = client.recv(4096)
            self.assertIn(b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", came)
            client.sendall(b"\x81\x05hello")
            while client.recv(4096):
                pass
        self.no_more_queries()


class BrowserTest(ClientsTest):
    options = properties(access_control_allow_origin="https://a.example,https://b.example")

    def test_server_sent_events(self):
        self.make_pens()
        ways = ((httpx.Client.get, {"params": {"sql": "SELECT id FROM pens EMIT CHANGES LIMIT 2;",
                                               "properties": json.dumps(EARLIEST)}}),
                (httpx.Client.post, {"json": {"sql": "SELECT id FROM pens EMIT CHANGES LIMIT 2;",
                                              "properties": EARLIEST},
                                     "headers": {"Accept": "text/event-stream"}}))
        with httpx.Client(base_url=self.base, timeout=60) as client:
            for method, arguments in ways:
                answer = method(client, "/query-stream", **arguments)
                self.assertEqual(answer.headers["content-type"], "text/event-stream")
                events = answer.text.split("\n\n")
                self.assertTrue(events[0].startswith('event: header\ndata: {"queryId":'))
                self.assertEqual(events[1:], ["data: [1]", "data: [2]", "event: end\ndata: {}", ""])
            self.assertEqual(client.get("/query-stream").status_code, 400)

    def test_other_origins(self):
        with httpx.Client(base_url=self.base, timeout=60) as client:
            asked = {"Origin": "https://b.example", "Access-Control-Request-Method": "POST",
                     "Access-Control-Request-Headers": "content-type"}
            answer = client.options("/query-stream", headers=asked)
            self.assertEqual((answer.status_code, answer.headers["access-control-allow-origin"]),
                             (204, "https://b.example"))
            self.assertIn("POST", answer.headers["access-control-allow-methods"])
            self.assertEqual(answer.headers["access-control-allow-headers"], "content-type")
            answer = client.get("/info", headers={"Origin": "https://a.example"})
            self.assertEqual(answer.headers["access-control-allow-origin"], "https://a.example")
            answer = client.get("/info", headers={"Origin": "https://c.example"})
            self.assertNotIn("access-control-allow-origin", answer.headers)


class TlsTest(ClientsTest):
    def make_options(self):
        certificates.make(self.directory)
        return ["--listen", "http://127.0.0.1:0,https://127.0.0.1:0",
                *properties(ssl_keystore_location=self.path("server.p12"), ssl_keystore_password="secret",
                            ssl_ca_file=self.path("ca.pem"), ssl_client_authentication="REQUESTED")]

    def path(self, name):
        return os.path.join(self.directory, name)

    def client(self, **arguments):
        context = ssl.create_default_context(cafile=self.path("ca.pem"))
        if arguments.pop("certificate", False):
            context.load_cert_chain(self.path("client.pem"), self.path("client.key"))
        return httpx.Client(base_url=f"https://localhost:{self.server.ports[1]}", verify=context, timeout=60,
                            **arguments)

    def test_alpn_chooses_the_version(self):
        self.make_pens()
        body = {"sql": "SELECT RPAD('', 100000, 'x') FROM pens EMIT CHANGES LIMIT 2;", "properties": EARLIEST}
        for arguments, version in (({}, "HTTP/1.1"), ({"http2": True}, "HTTP/2")):
            for certificate in (False, True):
                with self.client(certificate=certificate, **arguments) as client:
                    answer = client.post("/query-stream", json=body)
                    self.assertEqual(answer.http_version, version)
                    self.assertEqual([len(line) for line in answer.text.splitlines()[1:]], [100004] * 2)

    def test_websocket_over_tls(self):
        self.make_pens()
        request = urllib.parse.urlencode({"request": json.dumps(
            {"ksql": "SELECT * FROM pens EMIT CHANGES LIMIT 1;", "properties": EARLIEST})})
        with websockets.sync.client.connect(f"wss://localhost:{self.server.ports[1]}/ws/query?{request}", open_timeout=60,
                                            ssl=ssl.create_default_context(cafile=self.path("ca.pem"))) as socket_:
            self.assertEqual(json.loads(list(socket_)[1]), {"row": {"columns": [1, "red"]}})

    def test_clear_text_where_tls_is_spoken(self):
        with socket.create_connection(("127.0.0.1", self.server.ports[1]), timeout=60) as client:
            client.sendall(b"GET /info HTTP/1.1\r\nHost: x\r\n\r\n")
            while client.recv(4096):
                pass
        self.assertEqual(self.server.request("GET", "/info")[0], 200)


class RequiredCertificateTest(TlsTest):
    def make_options(self):
        certificates.make(self.directory)
        return ["--listen", "http://127.0.0.1:0,https://127.0.0.1:0",
                *properties(ssl_certificate_file=self.path("server.pem"), ssl_key_file=self.path("server.key"),
                            ssl_ca_file=self.path("ca.pem"), ssl_client_authentication="REQUIRED")]

    def test_alpn_chooses_the_version(self):
        with self.client(certificate=True) as client:
            self.assertEqual(client.get("/info").status_code, 200)
        with self.assertRaises(httpx.HTTPError), self.client() as client:
            client.get("/info")

    test_websocket_over_tls = None


class BasicAuthenticationTest(ClientsTest):
    def make_options(self):
        hashed = subprocess.run(["openssl", "passwd", "-6", "sesame"], check=True, capture_output=True,
                                text=True).stdout.strip()
        with open(os.path.join(self.directory, "users"), "w") as users:
            users.write(f"# who may come in\nann: CRYPT:{hashed},admin\nbob: secret,reader\n"
                        "dan: MD5:5ebe2294ecd0e0f08eab7690d2a6ee69,admin\neve: secret,nothing\n")
        return properties(authentication_method="BASIC", authentication_roles="admin",
                          authentication_roles_read="reader", authentication_realm="Pens",
                          authentication_users_file=os.path.join(self.directory, "users"))

    def ask(self, user, sql, path="/ksql"):
        answer = httpx.post(self.base + path, auth=user, json={"ksql": sql}, timeout=60)
        return answer.status_code, answer.json() if path == "/ksql" else answer.text

    def test_roles(self):
        create = "CREATE STREAM s (v INT) WITH (kafka_topic = 's', value_format = 'JSON', partitions = 1);"
        insert = "INSERT INTO s VALUES (1);"
        answer = httpx.post(self.base + "/ksql", json={"ksql": create})
        self.assertEqual((answer.status_code, answer.json()["error_code"]), (401, 40100))
        self.assertEqual(answer.headers["www-authenticate"], 'Basic realm="Pens"')
        for wrong in (("ann", "secret"), ("bob", ""), ("nobody", "sesame")):
            self.assertEqual(self.ask(wrong, "SHOW STREAMS;")[0], 401)
        status, error = self.ask(("bob", "secret"), create)
        self.assertEqual((status, error["error_code"]), (403, 40300))
        self.assertEqual(self.ask(("ann", "sesame"), create)[0], 200)
        self.assertEqual(self.ask(("dan", "secret"), insert)[0], 200)
        self.assertEqual(self.ask(("bob", "secret"), insert)[0], 403)
        self.assertEqual(self.ask(("bob", "secret"), "SHOW STREAMS; DESCRIBE s;")[0], 200)
        self.assertEqual(self.ask(("bob", "secret"), "SELECT * FROM s;", "/query-stream")[0], 200)
        self.assertEqual(self.ask(("eve", "secret"), "SHOW STREAMS;")[0], 403)
        for path in ("/inserts-stream", "/ksql/terminate"):
            self.assertEqual(httpx.post(self.base + path, auth=("bob", "secret"), content="{}").status_code, 403)
        self.assertEqual(httpx.get(self.base + "/livez").status_code, 200)

    def no_more_queries(self):
        pass


if __name__ == "__main__":
    sluice_server.take_binary_argument()
    unittest.main()
