"""The engine with a schema registry that somebody else wrote: Apicurio, whose Confluent API is under a path.

    external_registry_test.py SLUICE FOLDER

FOLDER keeps the registry, which Maven fetches once. Needs JDK 17 and Maven; skipped when it cannot be fetched.
"""
import glob
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import unittest

import sluice_server
from sluice_server import PATIENCE_S, Server, wait_until

ARTIFACT = "io.apicurio:apicurio-registry-app:2.6.13.Final:tar.gz:all"
API = "/apis/ccompat/v7"
EARLIEST = {"auto.offset.reset": "earliest"}
FOLDER = None
SKIPPED = 77


def fetch():
    """The registry's jar."""
    found = glob.glob(FOLDER + "/apicurio/*-runner.jar")
    if not found:
        if not shutil.which("mvn") or not shutil.which("java"):
            skip("Java or Maven is missing")
        done = subprocess.run(["mvn", "-q", "-B", "dependency:copy", "-Dartifact=" + ARTIFACT, "-DoutputDirectory=" + FOLDER,
                               "-Dmaven.repo.local=" + FOLDER + "/.m2"], cwd=FOLDER, capture_output=True, text=True)
        archives = glob.glob(FOLDER + "/apicurio-registry-app-*.tar.gz")
        if done.returncode != 0 or not archives:
            skip("Maven cannot fetch the registry: " + done.stdout[-300:])
        with tarfile.open(archives[0]) as archive:
            archive.extractall(FOLDER + "/apicurio")
        os.remove(archives[0])
        shutil.rmtree(FOLDER + "/.m2")
        found = glob.glob(FOLDER + "/apicurio/*-runner.jar")
    return found[0]


def skip(why):
    print("SKIPPED: " + why)
    sys.exit(SKIPPED)


class Registry:
    def __init__(self, jar, log):
        self.jar, self.log = jar, log
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", f"-Dquarkus.http.port={self.port}", "-Dquarkus.http.host=127.0.0.1",
             "-jar", self.jar], stdout=self.log, stderr=self.log)
        wait_until(self.answers, "the registry to answer")

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE_S)

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError("the registry ended by itself")
        try:
            return self.call("GET", "/subjects")[0] == 200
        except OSError:
            return False

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request(method, API + path, json.dumps(body) if body else None,
                           {"Content-Type": "application/vnd.schemaregistry.v1+json"})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, json.loads(text) if text else None

    def register(self, subject, schema, kind="AVRO", references=()):
        body = {"schema": schema if isinstance(schema, str) else json.dumps(schema), "schemaType": kind,
                "references": list(references)}
        status, answer = self.call("POST", f"/subjects/{subject}/versions", body)
        if status != 200:
            raise AssertionError(answer)
        return answer["id"]


class ExternalRegistryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.log = open(FOLDER + "/registry.log", "w")
        cls.addClassCleanup(cls.log.close)
        cls.registry = Registry(fetch(), cls.log)
        cls.addClassCleanup(lambda: cls.registry.stop())

    def setUp(self):
        directory = tempfile.mkdtemp(prefix="sluice-external-")
        self.addCleanup(shutil.rmtree, directory)
        self.server = Server(directory, "--schema-registry", f"http://127.0.0.1:{self.registry.port}{API}")
        self.addCleanup(lambda: self.server.stop())

    def sql(self, text):
        return self.server.ksql(text, streamsProperties=EARLIEST)

    def rows(self, text):
        return self.server.query(text, properties=EARLIEST)[1:]

    def columns(self, source):
        [described] = self.sql(f"DESCRIBE {source};")
        return {f["name"]: f["schema"]["type"] for f in described["sourceDescription"]["fields"]}

    def test_each_format_registers_and_infers(self):
        for name, kind in (("AVRO", "AVRO"), ("PROTOBUF", "PROTOBUF"), ("JSON_SR", "JSON")):
            with self.subTest(name):
                self.sql(f"CREATE STREAM s_{name} (id INT KEY, name STRING, price DECIMAL(9, 2), tags ARRAY<STRING>, "
                         f"at STRUCT<x DOUBLE, d DATE>) WITH (kafka_topic = 't_{name}', value_format = '{name}', partitions = 1);"
                         f"INSERT INTO s_{name} VALUES (1, 'pen', 2.50, ARRAY['a', 'b'], STRUCT(x := 0.5, d := '2024-02-29'));"
                         f"CREATE STREAM u_{name} AS SELECT id, UCASE(name) AS n, price * 2 AS p, tags, at FROM s_{name};")
                self.assertEqual(self.rows(f"SELECT * FROM u_{name} EMIT CHANGES LIMIT 1;"),
                                 [[1, "PEN", 5.0, ["a", "b"], {"X": 0.5, "D": "2024-02-29"}]])
                status, latest = self.registry.call("GET", f"/subjects/U_{name}-value/versions/latest")
                self.assertEqual((status, latest.get("schemaType", "AVRO")), (200, kind))
                # Others' columns come from what we registered.
                self.sql(f"CREATE STREAM again_{name} WITH (kafka_topic = 'U_{name}', value_format = '{name}');")
                self.assertEqual(self.rows(f"SELECT n, at->d FROM again_{name} EMIT CHANGES LIMIT 1;"), [["PEN", "2024-02-29"]])

    def test_schemas_of_others(self):
        """Registered before there is a stream, with references, and chosen by id."""
        address = {"type": "record", "name": "Address", "namespace": "acme", "fields": [{"name": "street", "type": "string"}]}
        self.registry.register("address", address)
        user = self.registry.register("users-value", {"type": "record", "name": "User", "namespace": "acme", "fields": [
            {"name": "home", "type": "acme.Address"}, {"name": "level", "type": ["null", "int"], "default": None}]},
            references=[{"name": "acme.Address", "subject": "address", "version": 1}])
        self.sql("CREATE STREAM users WITH (kafka_topic = 'users', value_format = 'AVRO', partitions = 1);"
                 f"CREATE STREAM by_id WITH (kafka_topic = 'users', value_format = 'AVRO', value_schema_id = {user});"
                 "INSERT INTO by_id VALUES (STRUCT(`street` := 'High St'), 3);")
        self.assertEqual(self.columns("users"), {"HOME": "STRUCT", "LEVEL": "INTEGER"})
        self.assertEqual(self.columns("by_id"), {"home": "STRUCT", "level": "INTEGER"})
        self.assertEqual(self.rows("SELECT home->street, level FROM users EMIT CHANGES LIMIT 1;"), [["High St", 3]])
        self.registry.register("money.proto", 'syntax = "proto3"; package m; message Money { int64 cents = 1; }', "PROTOBUF")
        self.registry.register("orders-value", 'syntax = "proto3"; package o; import "money.proto"; '
                               'message Order { m.Money price = 1; repeated string notes = 2; }', "PROTOBUF",
                               [{"name": "money.proto", "subject": "money.proto", "version": 1}])
        self.sql("CREATE STREAM orders WITH (kafka_topic = 'orders', value_format = 'PROTOBUF', partitions = 1);")
        self.assertEqual(self.columns("orders"), {"PRICE": "STRUCT", "NOTES": "ARRAY"})
        self.registry.register("things-value", {"type": "object", "properties": {
            "Id": {"type": "integer"}, "size": {"oneOf": [{"type": "null"}, {"type": "number"}]}}}, "JSON")
        self.sql("CREATE STREAM things WITH (kafka_topic = 'things', value_format = 'JSON_SR', partitions = 1);")
        self.assertEqual(self.columns("things"), {"ID": "BIGINT", "SIZE": "DOUBLE"})

    def test_incompatible_and_missing(self):
        self.registry.call("PUT", "/config/narrow-value", {"compatibility": "BACKWARD"})
        self.registry.register("narrow-value", {"type": "record", "name": "KsqlDataSourceSchema",
                                                "namespace": "io.confluent.ksql.avro_schemas",
                                                "fields": [{"name": "V", "type": "string"}]})
        self.sql("CREATE STREAM v (v INT) WITH (kafka_topic = 'v', value_format = 'JSON', partitions = 1);")
        _, refusal = self.server.refused("CREATE STREAM narrow WITH (kafka_topic = 'narrow', value_format = 'AVRO') AS SELECT v FROM v;")
        self.assertIn("narrow-value", refusal["message"])
        _, refusal = self.server.refused("CREATE STREAM none WITH (kafka_topic = 'none', value_format = 'AVRO', partitions = 1);")
        self.assertIn("subject 'none-value'", refusal["message"])
        _, refusal = self.server.refused("CREATE STREAM none WITH (kafka_topic = 'none', value_format = 'AVRO', partitions = 1, "
                                         "value_schema_id = 99999);")
        self.assertIn("99999", refusal["message"])

    def test_a_registry_that_goes_away(self):
        """What is known stays readable; what is new waits for the registry, and says so."""
        self.sql("CREATE STREAM lasting (v INT) WITH (kafka_topic = 'lasting', value_format = 'AVRO', partitions = 1);"
                 "INSERT INTO lasting VALUES (7);")
        self.assertEqual(self.rows("SELECT * FROM lasting EMIT CHANGES LIMIT 1;"), [[7]])
        self.registry.stop()
        self.addCleanup(lambda: self.registry.process.poll() is None or self.registry.start())
        self.assertEqual(self.rows("SELECT * FROM lasting EMIT CHANGES LIMIT 1;"), [[7]])
        _, refusal = self.server.refused("CREATE STREAM late WITH (kafka_topic = 'late', value_format = 'AVRO', partitions = 1);")
        self.assertIn("cannot be reached", refusal["message"])
        self.registry.start()
        self.sql("CREATE STREAM late (v INT) WITH (kafka_topic = 'late', value_format = 'AVRO', partitions = 1);"
                 "INSERT INTO late VALUES (8);")
        self.assertEqual(self.rows("SELECT * FROM late EMIT CHANGES LIMIT 1;"), [[8]])


if __name__ == "__main__":
    sluice_server.BINARY, FOLDER = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    del sys.argv[1:3]
    os.makedirs(FOLDER, exist_ok=True)
    fetch()
    unittest.main()
