"""The formats against other people's encoders and decoders: fastavro, protobuf, and Confluent's serializers, which
register and fetch their schemas at the server's own schema registry.

    format_interop_test.py SLUICE TOPIC_TOOL ENVIRONMENT

ENVIRONMENT is a folder for the Python packages (pip). Each test writes records with a foreign encoder, reads them with
a query, has a second query write them again, and reads those with the foreign decoder.
"""
import os
import sys

import interop_environment

if __name__ == "__main__":
    interop_environment.enter(os.path.abspath(sys.argv[3]))

import base64
import decimal
import json
import random
import shutil
import struct
import subprocess
import tempfile
import unittest

from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

import sluice_server
from foreign_proto import ProtoFiles
from sluice_server import Server
from sql_values import (PROTO_HEAD, avro_schema, fill_proto, from_avro, from_json, from_proto, proto_message, proto_normal,
                        random_base, random_type, random_value, sql, to_json, without_null_elements)

TOPIC_TOOL = None
EARLIEST = {"auto.offset.reset": "earliest"}
ROWS = 120
PATIENCE_S = 20


def at(topic, key=False):
    return SerializationContext(topic, MessageField.KEY if key else MessageField.VALUE)


class InteropCase(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="sluice-interop-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.start()
        self.addCleanup(lambda: self.server.stop())
        self.pending = []

    def start(self):
        if hasattr(self, "server"):
            self.server.start()
        else:
            self.server = Server(self.directory)
        self.registry = SchemaRegistryClient({"url": self.server.url()})

    def tool(self, script):
        """Runs topic_tool on the stopped server's log."""
        self.server.stop()
        try:
            done = subprocess.run([TOPIC_TOOL, "--log", self.directory + "/log", "script", "-"], input=script,
                                  capture_output=True, text=True, timeout=sluice_server.PATIENCE_S)
            self.assertEqual(done.returncode, 0, done.stderr)
        finally:
            self.start()
        return done.stdout

    def record(self, topic, value, key=None):
        def digits(each):
            return "-" if each is None else each.hex()
        self.pending.append(f"bytes {topic}\t{digits(key)}\t{1000 + len(self.pending)}\t{digits(value)}\n")

    def load(self):
        """Appends the records so far to their topics, which exist."""
        self.tool("".join(self.pending))
        self.pending = []

    def topics(self, *names):
        """{topic: [(key, value)]} in order of the partition."""
        found, rows = {}, None
        for line in self.tool("".join(f"export {name}\n" for name in names)).splitlines():
            if line.startswith("topic "):
                rows = found.setdefault(line[6:], [])
            else:
                fields = line.split("\t")
                rows.append(tuple(None if each == "-" else bytes.fromhex(each) for each in fields[3:5]))
        return found

    def rows(self, sql_text, count):
        """The rows of a push query; numbers keep their digits."""
        response = self.server.open_query(f"{sql_text} EMIT CHANGES LIMIT {count};", properties=EARLIEST)
        response.connection_of_test.sock.settimeout(PATIENCE_S)
        rows = []
        try:
            for line in response:
                parsed = json.loads(line, parse_float=decimal.Decimal)
                if isinstance(parsed, list):
                    rows.append(parsed)
        except TimeoutError:
            self.fail(f"{sql_text}: {len(rows)} of {count} rows came")
        finally:
            response.connection_of_test.close()
        return rows

    def columns(self, source):
        [described] = self.server.ksql(f"DESCRIBE {source};")
        return {field["name"]: field["schema"]["type"] for field in described["sourceDescription"]["fields"]}

    def create(self, sql_text):
        self.server.ksql(sql_text, streamsProperties=EARLIEST)

    def avro(self, topic, schema, value, key=False):
        serializer = AvroSerializer(self.registry, json.dumps(schema))
        return serializer(value, at(topic, key))

    def same(self, kind, expected, row, where):
        """A row of the REST API, as a list, against values of a STRUCT's fields."""
        self.assertEqual(len(kind[1]), len(row), where)
        for (field, inner), found in zip(kind[1], row):
            wanted = to_json(inner, expected[field], rest=True)
            self.assertTrue(equal(inner, wanted, found), f"{where}, {field} {sql(inner)}: {wanted!r} is not {found!r}")


def equal(kind, wanted, found):
    """Compares as JSON: doubles as doubles, decimals by value."""
    if wanted is None or found is None:
        return wanted is None and found is None
    name = kind[0]
    if name in ("DOUBLE", "DECIMAL"):
        return (float if name == "DOUBLE" else decimal.Decimal)(found) == wanted
    if name == "ARRAY":
        return len(wanted) == len(found) and all(equal(kind[1], a, b) for a, b in zip(wanted, found))
    if name == "MAP":
        return wanted.keys() == found.keys() and all(equal(kind[1], wanted[key], found[key]) for key in wanted)
    if name == "STRUCT":
        return all(equal(inner, wanted[field.upper()], found[field.upper()]) for field, inner in kind[1])
    return wanted == found


def random_row_type(rng, lists_in_lists=True):
    return ("STRUCT", tuple((f"c{i}", random_type(rng, 3, lists_in_lists=lists_in_lists)) for i in range(6)))


def every_base():
    return tuple((f"b{i}", kind) for i, kind in enumerate([
        ("BOOLEAN",), ("INT",), ("BIGINT",), ("DOUBLE",), ("STRING",), ("BYTES",), ("DECIMAL", 38, 10), ("DECIMAL", 5, 5),
        ("DATE",), ("TIME",), ("TIMESTAMP",)]))


def row_types(seed, lists_in_lists=True):
    """All simple types, and random nested ones."""
    rng = random.Random(seed)
    return [("STRUCT", every_base())] + [random_row_type(rng, lists_in_lists) for _ in range(5)]


class RandomTest(InteropCase):
    """Rows of random types there and back, in each format, with a key in the same format."""

    KEY = ("STRUCT", (("k1", ("BIGINT",)), ("k2", ("STRING",)), ("k3", ("DECIMAL", 12, 3))))

    def random_rows(self, kind, seed):
        rng = random.Random(seed)
        return [random_value(rng, kind, nulls=0 if i % 3 == 0 else 0.2) or {f: None for f, _ in kind[1]} for i in range(ROWS)]

    def test_avro(self):
        kinds = row_types(1)
        data = [self.random_rows(kind, i) for i, kind in enumerate(kinds)]
        keys = self.random_rows(self.KEY, 99)
        keys = [{f: v if v is not None else random_value(random.Random(i), dict(self.KEY[1])[f], 0) for f, v in key.items()}
                for i, key in enumerate(keys)]
        for i, (kind, rows) in enumerate(zip(kinds, data)):
            key_serializer = AvroSerializer(self.registry, json.dumps(avro_schema(self.KEY, "Key", False)))
            serializer = AvroSerializer(self.registry, json.dumps(avro_schema(kind, "Row", False)))
            for key, row in zip(keys, rows):
                self.record(f"in{i}", serializer(row, at(f"in{i}")), key_serializer(key, at(f"in{i}", True)))
            self.create(f"CREATE STREAM in{i} WITH (kafka_topic = 'in{i}', format = 'AVRO', partitions = 1);"
                        f"CREATE STREAM out{i} WITH (kafka_topic = 'out{i}') AS SELECT * FROM in{i};")
        self.load()
        whole = [("STRUCT", (("rowkey", self.KEY),) + kind[1]) for kind in kinds]
        for i, kind in enumerate(whole):
            for n, row in enumerate(self.rows(f"SELECT * FROM out{i}", ROWS)):
                self.same(kind, {"rowkey": keys[n], **data[i][n]}, row, f"in{i} row {n}")
        written = self.topics(*(f"out{i}" for i in range(len(kinds))))
        decode = AvroDeserializer(self.registry)
        for i, kind in enumerate(kinds):
            for n, (key, value) in enumerate(written[f"out{i}"]):
                self.assertEqual(from_avro(kind, decode(value, at("out"))), data[i][n], f"out{i} row {n}")
                self.assertEqual(from_avro(self.KEY, decode(key, at("out", True))), keys[n])

    def json_round_trip(self, format_name, encode, decode):
        kinds = row_types(2)
        data = [self.random_rows(kind, 50 + i) for i, kind in enumerate(kinds)]
        for i, (kind, rows) in enumerate(zip(kinds, data)):
            columns = ", ".join(f"{field} {sql(inner)}" for field, inner in kind[1])
            self.create(f"CREATE STREAM in{i} (k STRUCT<id BIGINT, t STRING> KEY, {columns}) "
                        f"WITH (kafka_topic = 'in{i}', format = '{format_name}', partitions = 1);"
                        f"CREATE STREAM out{i} WITH (kafka_topic = 'out{i}') AS SELECT * FROM in{i};")
            for n, row in enumerate(rows):
                self.record(f"in{i}", encode(f"in{i}", False, to_json(kind, row)), encode(f"in{i}", True, {"id": n, "t": "k"}))
        self.load()
        for i, kind in enumerate(kinds):
            for n, row in enumerate(self.rows(f"SELECT * FROM out{i}", ROWS)):
                self.assertEqual(row[0], {"ID": n, "T": "k"})
                self.same(kind, data[i][n], row[1:], f"in{i} row {n}")
        written = self.topics(*(f"out{i}" for i in range(len(kinds))))
        for i, kind in enumerate(kinds):
            for n, (key, value) in enumerate(written[f"out{i}"]):
                self.assertEqual(from_json(kind, decode(f"out{i}", False, value)), data[i][n], f"out{i} row {n}")
                self.assertEqual(decode(f"out{i}", True, key), {"ID": n, "T": "k"})

    @staticmethod
    def dumps(value):
        """Python's JSON, with decimals as numbers, now and then as text, escaped or not."""
        marked = json.dumps(value, default=lambda d: f"\0{d}", ensure_ascii=len(str(value)) % 2 == 0)
        return "".join(split_decimals(marked)).encode()

    def test_json(self):
        self.json_round_trip("JSON", lambda topic, key, value: self.dumps(value),
                             lambda topic, key, payload: json.loads(payload, parse_float=decimal.Decimal))

    def test_json_sr(self):
        """Written by hand with an id in front; what the engine writes must fit the schema that it registered."""
        any_schema = json.dumps({"title": "any", "type": "object"})
        registered = self.registry.register_schema("any", Schema(any_schema, "JSON"))
        readers = {}

        def encode(topic, key, value):
            return struct.pack(">bI", 0, registered) + self.dumps(value)

        def decode(topic, key, payload):
            magic, schema_id = struct.unpack(">bI", payload[:5])
            self.assertEqual(magic, 0)
            if schema_id not in readers:
                readers[schema_id] = JSONDeserializer(self.registry.get_schema(schema_id).schema_str)
            readers[schema_id](payload, at(topic, key))
            return json.loads(payload[5:], parse_float=decimal.Decimal)

        self.json_round_trip("JSON_SR", encode, decode)

    def test_protobuf(self):
        self.protobuf_round_trip("PROTOBUF")

    def test_protobuf_without_registry(self):
        self.protobuf_round_trip("PROTOBUF_NOSR")

    def protobuf_round_trip(self, format_name):
        kinds = row_types(3, lists_in_lists=False)
        files = ProtoFiles()
        data = [[without_null_elements(kind, row) for row in self.random_rows(kind, 70 + i)] for i, kind in enumerate(kinds)]
        for i, (kind, rows) in enumerate(zip(kinds, data)):
            row_class = files.compile(f"row{i}.proto", PROTO_HEAD + f"package p{i};\n" + proto_message(kind)).get(f"p{i}.Row")
            registers = format_name == "PROTOBUF"
            serializer = ProtobufSerializer(row_class, self.registry, {"use.deprecated.format": False}) if registers else None
            for row in rows:
                message = row_class()
                fill_proto(kind, row, message)
                payload = serializer(message, at(f"in{i}")) if registers else message.SerializeToString()
                self.record(f"in{i}", payload)
            columns = "" if registers else "(" + ", ".join(f"{field} {sql(inner)}" for field, inner in kind[1]) + ")"
            self.create(f"CREATE STREAM in{i} {columns} WITH (kafka_topic = 'in{i}', value_format = '{format_name}', partitions = 1);"
                        f"CREATE STREAM out{i} WITH (kafka_topic = 'out{i}') AS SELECT * FROM in{i};")
        self.load()
        expected = [[proto_normal(kind, row) for row in rows] for kind, rows in zip(kinds, data)]
        for i, kind in enumerate(kinds):
            for n, row in enumerate(self.rows(f"SELECT * FROM out{i}", ROWS)):
                self.same(kind, expected[i][n], row, f"in{i} row {n}")
        written = self.topics(*(f"out{i}" for i in range(len(kinds))))
        for i, kind in enumerate(kinds):
            if format_name == "PROTOBUF":
                text = self.registry.get_latest_version(f"out{i}-value").schema.schema_str
                classes = files.compile(f"out{i}.proto", text, package=f"out{i}")
                decode = ProtobufDeserializer(classes[f"out{i}.ConnectDefault1"], {"use.deprecated.format": False})
            else:
                upper = upper_names(kind)
                row_class = files.compile(f"own{i}.proto", PROTO_HEAD + f"package own{i};\n" + proto_message(upper))[f"own{i}.Row"]
                decode = lambda payload, _: row_class.FromString(payload)
            for n, (_, value) in enumerate(written[f"out{i}"]):
                self.assertEqual(from_proto(kind, decode(value, at("out"))), expected[i][n], f"out{i} row {n}")


def upper_names(kind):
    if kind[0] == "STRUCT":
        return (kind[0], tuple((field.upper(), upper_names(inner)) for field, inner in kind[1]))
    if kind[0] in ("ARRAY", "MAP"):
        return (kind[0], upper_names(kind[1]))
    return kind


def split_decimals(text):
    """Cuts at the marks of decimals, which are between the other parts, as numbers or as texts."""
    parts = []
    while '"\\u0000' in text:
        before, text = text.split('"\\u0000', 1)
        digits, text = text.split('"', 1)
        parts += [before, digits if len(digits) % 3 else f'"{digits}"']
    return parts + [text]


if __name__ == "__main__":
    sluice_server.BINARY, TOPIC_TOOL = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    del sys.argv[1:4]
    unittest.main()
