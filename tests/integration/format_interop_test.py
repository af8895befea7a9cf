"""The formats against other people's encoders and decoders: fastavro, protobuf, and Confluent's serializers, which
register and fetch their schemas at the server's own schema registry.

    format_interop_test.py SLUICE TOPIC_TOOL ENVIRONMENT

ENVIRONMENT is a folder for the Python packages (pip). Each test writes records with a foreign encoder, reads them with
a query, has a second query write them again, and reads those with the foreign decoder.
"""
import os
import sys

import python_environment

PACKAGES = ("fastavro==1.9.7", "confluent-kafka[avro,protobuf,json]==2.6.1", "grpcio-tools==1.66.2")

if __name__ == "__main__":
    python_environment.enter(os.path.abspath(sys.argv[3]), PACKAGES)

import base64
import csv
import decimal
import io
import json
import random
import shutil
import struct
import subprocess
import tempfile
import unittest

from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
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
ROWS = 100
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
    return [("STRUCT", every_base())] + [random_row_type(rng, lists_in_lists) for _ in range(4)]


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


class AvroTest(InteropCase):
    """What Avro's schemas can say besides."""

    def write(self, topic, schema, value):
        self.record(topic, self.avro(topic, schema, value))

    def record_of(self, *fields, name="acme.R"):
        return {"type": "record", "name": name, "fields": [dict(zip(("name", "type", "default"), each)) for each in fields]}

    def test_named_types_and_unions(self):
        """A union of several types is a STRUCT with a field for each."""
        point = self.record_of(("x", "int"), ("y", "int"), name="Point")
        schema = self.record_of(
            ("color", {"type": "enum", "name": "Color", "symbols": ["RED", "GREEN"]}),
            ("hash", {"type": "fixed", "name": "Hash", "size": 4}),
            ("money", {"type": "fixed", "name": "Money", "size": 9, "logicalType": "decimal", "precision": 20, "scale": 2}),
            ("again", ["null", "Color"]), ("any", ["null", "int", "string", point, {"type": "array", "items": "long"}]),
            ("pair", ["string", "null"]), ("us", {"type": "long", "logicalType": "timestamp-micros"}),
            ("f", "float"), ("m", {"type": "map", "values": "Hash"}), ("next", "Point"))
        base = {"color": "GREEN", "hash": b"abcd", "money": decimal.Decimal("-12345678901234567.89"), "again": "RED", "pair": "p",
                "us": 1700000000123456, "f": 0.5, "m": {"a": b"1234"}, "next": {"x": 1, "y": -1}}
        choices = [None, 7, "seven", {"x": 3, "y": 4}, [1, 2**40]]
        for choice in choices:
            self.write("named", schema, {**base, "any": choice})
        self.create("CREATE STREAM named WITH (kafka_topic = 'named', value_format = 'AVRO', partitions = 1);"
                    "CREATE STREAM back WITH (kafka_topic = 'back', value_format = 'AVRO') AS SELECT * FROM named;")
        self.assertEqual(self.columns("named")["ANY"], "STRUCT")
        self.load()
        nothing = {"INT": None, "STRING": None, "POINT": None, "ARRAY": None}
        expected = [None, {**nothing, "INT": 7}, {**nothing, "STRING": "seven"}, {**nothing, "POINT": {"X": 3, "Y": 4}},
                    {**nothing, "ARRAY": [1, 2**40]}]
        rows = self.rows("SELECT any, color, hash, money, again, us, f, m, next->y FROM back", len(choices))
        self.assertEqual([row[0] for row in rows], expected)
        self.assertEqual(rows[0][1:], ["GREEN", base64.b64encode(b"abcd").decode(), base["money"], "RED", 1700000000123456,
                                       decimal.Decimal("0.5"), {"a": base64.b64encode(b"1234").decode()}, -1])

    def test_the_schema_of_an_id(self):
        """Values are written with exactly the schema that was named: its enum, fixed, union, order and defaults."""
        schema = self.record_of(
            ("note", "string", "none"), ("any", ["null", "int", "string"], None),
            ("color", {"type": "enum", "name": "Color", "symbols": ["RED", "GREEN"]}),
            ("cents", {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 4}), ("narrow", "float"),
            ("tags", {"type": "map", "values": ["null", "string"]}, {}), ("raw", {"type": "fixed", "name": "Raw", "size": 2}))
        schema_id = self.registry.register_schema("chosen", Schema(json.dumps(schema), "AVRO"))
        self.create("CREATE STREAM chosen WITH (kafka_topic = 'chosen', value_format = 'AVRO', partitions = 1, "
                    f"value_schema_id = {schema_id});"
                    "INSERT INTO chosen (`color`, `cents`, `narrow`, `raw`, `any`) VALUES ('RED', 1.5, 0.25, TO_BYTES('AAE=', 'base64'), "
                    "STRUCT(`int` := CAST(NULL AS INT), `string` := 's'));"
                    "INSERT INTO chosen (`note`, `color`, `cents`, `narrow`, `raw`, `tags`) VALUES "
                    "('n', 'GREEN', -0.0001, 1, TO_BYTES('AAA=', 'base64'), MAP('k' := 'v'));")
        _, refusal = self.server.refused("INSERT INTO chosen (`color`, `cents`, `narrow`, `raw`) VALUES "
                                         "('BLUE', 1, 1, TO_BYTES('AAA=', 'base64'));")
        self.assertIn("BLUE", refusal["message"])
        _, refusal = self.server.refused("INSERT INTO chosen (`color`) VALUES ('RED');")
        self.assertIn("null", refusal["message"])
        written = self.topics("chosen")["chosen"]
        decode = AvroDeserializer(self.registry)
        values = [decode(value, at("chosen")) for _, value in written]
        D = decimal.Decimal
        self.assertEqual(values, [
            {"note": "none", "any": "s", "color": "RED", "cents": D("1.5"), "narrow": 0.25, "tags": {}, "raw": b"\0\1"},
            {"note": "n", "any": None, "color": "GREEN", "cents": D("-0.0001"), "narrow": 1.0, "tags": {"k": "v"}, "raw": b"\0\0"}])
        self.assertEqual(struct.unpack(">bI", written[0][1][:5]), (0, schema_id))

    def test_versions_in_one_topic(self):
        """Old records under new columns and new ones under old columns: by name, missing fields are null, int may be long."""
        old = self.record_of(("id", "int"), ("name", "string"), ("gone", "boolean"))
        new = self.record_of(("note", ["null", "string"], None), ("id", "long"), ("name", ["null", "string"], None),
                             ("extra", {"type": "array", "items": "int"}, []))
        self.write("versions", old, {"id": 1, "name": "a", "gone": True})
        self.create("CREATE STREAM old WITH (kafka_topic = 'versions', value_format = 'AVRO', partitions = 1);")
        self.registry.set_compatibility("versions-value", "NONE")
        for i in range(2, 5):
            self.write("versions", new, {"note": "n", "id": i, "name": None if i == 3 else "b", "extra": [i]})
            self.write("versions", old, {"id": -i, "name": "c", "gone": False})
        self.create("CREATE STREAM new WITH (kafka_topic = 'versions', value_format = 'AVRO', partitions = 1);"
                    "CREATE STREAM chosen (extra ARRAY<BIGINT>, id BIGINT) WITH (kafka_topic = 'versions', value_format = 'AVRO');")
        self.load()
        self.assertEqual(self.columns("old"), {"ID": "INTEGER", "NAME": "STRING", "GONE": "BOOLEAN"})
        self.assertEqual(list(self.columns("new")), ["NOTE", "ID", "NAME", "EXTRA"])
        self.assertEqual(self.rows("SELECT * FROM new", 7), [
            [None, 1, "a", None], ["n", 2, "b", [2]], [None, -2, "c", None], ["n", 3, None, [3]], [None, -3, "c", None],
            ["n", 4, "b", [4]], [None, -4, "c", None]])
        self.assertEqual(self.rows("SELECT id, extra FROM chosen WHERE id > 0", 4), [[1, None], [2, [2]], [3, [3]], [4, [4]]])
        # A long where the columns say INTEGER is not read; the old records are.
        self.assertEqual(self.rows("SELECT id, gone FROM old WHERE id < 2", 4), [[1, True], [-2, False], [-3, False], [-4, False]])

    def test_foreign_reader_schemas(self):
        """What the engine wrote, read with a reader's schema that has aliases, defaults and wider types."""
        self.create("CREATE STREAM s (id INT, name STRING, at STRUCT<x INT>) WITH (kafka_topic = 's', value_format = 'AVRO', "
                    "partitions = 1); INSERT INTO s VALUES (1, 'a', STRUCT(x := 2)); INSERT INTO s (id) VALUES (3);")
        reader = {"type": "record", "name": "KsqlDataSourceSchema", "namespace": "io.confluent.ksql.avro_schemas", "fields": [
            {"name": "number", "aliases": ["ID"], "type": ["null", "double"]},
            {"name": "color", "type": "string", "default": "red"},
            {"name": "NAME", "type": ["null", "string"]}]}
        written = self.topics("s")["s"]
        decode = AvroDeserializer(self.registry, json.dumps(reader))
        self.assertEqual([decode(value, at("s")) for _, value in written],
                         [{"number": 1.0, "color": "red", "NAME": "a"}, {"number": 3.0, "color": "red", "NAME": None}])

    def test_many_kinds_of_records_in_one_topic(self):
        """A union at the top: a column for each kind."""
        union = [self.record_of(("id", "int"), name="acme.Created"), self.record_of(("id", "int"), ("why", "string"), name="acme.Gone")]
        schema_id = self.registry.register_schema("events-value", Schema(json.dumps(union), "AVRO"))
        for index, value in ((0, b"\x02"), (1, b"\x04\x06bad")):
            self.record("events", struct.pack(">bI", 0, schema_id) + bytes([index * 2]) + value)
        self.create("CREATE STREAM events WITH (kafka_topic = 'events', value_format = 'AVRO', partitions = 1);")
        self.load()
        self.assertEqual(self.rows("SELECT * FROM events", 2), [[{"ID": 1}, None], [None, {"ID": 2, "WHY": "bad"}]])

    def test_single_values_and_tombstones(self):
        schemas = {"INT": '"int"', "STRING": '["null", "string"]', "ARRAY<BIGINT>": '{"type": "array", "items": "long"}',
                   "DATE": '{"type": "int", "logicalType": "date"}'}
        values = {"INT": 7, "STRING": "s", "ARRAY<BIGINT>": [1, 2], "DATE": 1}
        rest = {"INT": 7, "STRING": "s", "ARRAY<BIGINT>": [1, 2], "DATE": "1970-01-02"}
        for i, (kind, schema) in enumerate(schemas.items()):
            serialize = AvroSerializer(self.registry, schema)
            self.record(f"v{i}", serialize(values[kind], at(f"v{i}")), serialize(values[kind], at(f"v{i}", True)))
            self.record(f"v{i}", None, serialize(values[kind], at(f"v{i}", True)))
            self.create(f"CREATE STREAM v{i} WITH (kafka_topic = 'v{i}', format = 'AVRO', partitions = 1, wrap_single_value = false);"
                        f"CREATE STREAM w{i} WITH (kafka_topic = 'w{i}', wrap_single_value = false) AS SELECT * FROM v{i};")
        self.load()
        for i, kind in enumerate(schemas):
            self.assertEqual(list(self.columns(f"v{i}")), ["ROWKEY", "ROWVAL"])
            self.assertEqual(self.rows(f"SELECT * FROM w{i}", 1), [[rest[kind], rest[kind]]])
        written = self.topics(*(f"w{i}" for i in range(len(schemas))))
        decode = AvroDeserializer(self.registry)
        for i, kind in enumerate(schemas):
            (key, value), (last_key, last) = written[f"w{i}"]
            self.assertIsNone(last)
            self.assertEqual(key, last_key)
            self.assertEqual(to_plain(decode(key, at("w", True))), values[kind])
            self.assertEqual(to_plain(decode(value, at("w"))), values[kind])

    def test_recursive_schemas_are_refused(self):
        tree = self.record_of(("left", ["null", "acme.R"]))
        self.registry.register_schema("tree-value", Schema(json.dumps(tree), "AVRO"))
        _, refusal = self.server.refused("CREATE STREAM tree WITH (kafka_topic = 'tree', value_format = 'AVRO', partitions = 1);")
        self.assertIn("recursive", refusal["message"])


def to_plain(value):
    return value.toordinal() - 719163 if hasattr(value, "toordinal") else value


class ProtobufTest(InteropCase):
    """What protobuf's schemas can say besides."""

    def setUp(self):
        super().setUp()
        self.files = ProtoFiles()

    def serialize(self, topic, message):
        return ProtobufSerializer(type(message), self.registry, {"use.deprecated.format": False})(message, at(topic))

    def test_fields_of_all_kinds(self):
        """Every scalar, packed and not, enums, maps, wrappers, presence, imports of other files."""
        scalars = ["double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
                   "sfixed64", "bool", "string", "bytes"]
        self.files.texts["acme/parts.proto"] = """syntax = "proto3"; package acme.parts;
            message Part { string name = 1; Size size = 2; } enum Size { SMALL = 0; LARGE = 5; }"""
        fields = "".join(f"{kind} s_{kind} = {i}; repeated {kind} r_{kind} = {i + 20}; repeated {kind} u_{kind} = {i + 40}"
                         f"{' [packed = false]' if i <= 13 else ''}; optional {kind} o_{kind} = {i + 60};" for i, kind in enumerate(scalars, 1))
        classes = self.files.compile("acme/all.proto", 'syntax = "proto3"; package acme; import "acme/parts.proto"; '
                                     'import "google/protobuf/wrappers.proto"; message Unused { int32 a = 1; } '
                                     f"message All {{ {fields} parts.Part part = 90; map<string, parts.Part> by_id = 91; "
                                     "map<string, parts.Size> sizes = 92; google.protobuf.Int64Value w = 93; "
                                     "google.protobuf.StringValue ws = 94; repeated parts.Size many = 95; "
                                     "message In { message Deep { int32 d = 1; } } In.Deep deep = 96; }")
        numbers = {"double": 1e-5, "float": 0.5, "bool": True, "string": "x", "bytes": b"\0\xff"}
        full = classes["acme.All"](w={"value": 0}, sizes={"a": 0, "b": 5}, many=[5, 0])
        full.by_id["5"].name, full.by_id["5"].size = "five", 5
        for kind in scalars:
            largest = {"int32": -2**31, "int64": -2**63, "uint32": 2**32 - 1, "uint64": 2**62, "sint32": -2**31, "sint64": -2**63,
                       "fixed32": 2**32 - 1, "fixed64": 2**63 - 1, "sfixed32": -2**31, "sfixed64": -2**63}.get(kind, numbers.get(kind))
            setattr(full, f"s_{kind}", largest)
            zero = type(largest)()
            setattr(full, f"o_{kind}", zero)
            getattr(full, f"r_{kind}").extend([largest, zero])
            getattr(full, f"u_{kind}").extend([zero, largest])
        full.part.name = "p"
        full.deep.d = 3
        for message in (full, classes["acme.All"]()):
            self.record("kinds", self.serialize("kinds", message))
        self.create("CREATE STREAM kinds WITH (kafka_topic = 'kinds', value_format = 'PROTOBUF', value_schema_full_name = 'acme.All', "
                    "partitions = 1);")
        self.load()
        [row, empty] = self.rows("SELECT * FROM kinds", 2)
        names = [name for name in self.columns("kinds")]
        row, empty = dict(zip(names, row)), dict(zip(names, empty))
        for kind in scalars:
            plain = getattr(full, f"s_{kind}")
            rest = base64.b64encode(plain).decode() if kind == "bytes" else plain
            zero = type(rest)()
            self.assertEqual([float(row[f"S_{kind}".upper()]) if isinstance(rest, float) else row[f"S_{kind}".upper()]], [rest])
            self.assertEqual(row[f"R_{kind}".upper()], [row[f"S_{kind}".upper()], zero])
            self.assertEqual(row[f"U_{kind}".upper()], [zero, row[f"S_{kind}".upper()]])
            self.assertEqual((row[f"O_{kind}".upper()], empty[f"O_{kind}".upper()]), (zero, None))
            self.assertEqual((empty[f"S_{kind}".upper()], empty[f"R_{kind}".upper()]), (zero, []))
        self.assertEqual({name: row[name] for name in ("PART", "BY_ID", "SIZES", "W", "WS", "MANY", "DEEP")}, {
            "PART": {"NAME": "p", "SIZE": "SMALL"}, "BY_ID": {"5": {"NAME": "five", "SIZE": "LARGE"}},
            "SIZES": {"a": "SMALL", "b": "LARGE"}, "W": 0, "WS": None, "MANY": ["LARGE", "SMALL"], "DEEP": {"D": 3}})
        self.assertEqual([empty[name] for name in ("PART", "BY_ID", "W", "DEEP")], [None, {}, None, None])

    def test_oneof(self):
        """A STRUCT of which one field is there; of several on the wire the last."""
        classes = self.files.compile("one.proto", """syntax = "proto3"; package one; message M { int32 before = 1;
            oneof kind { string text = 2; int64 number = 3; Inner inner = 4; } int32 after = 5; message Inner { bool b = 1; } }""")
        M = classes["one.M"]
        twice = M(before=9, number=8).SerializeToString() + M(text="last").SerializeToString()
        for message in (M(before=1, text="t"), M(number=0, after=2), M(inner={"b": True}), M(before=4), M.FromString(twice)):
            self.record("one", self.serialize("one", message))
        header = self.serialize("one", M())[:6]
        self.record("one", header + twice)
        self.create("CREATE STREAM one WITH (kafka_topic = 'one', value_format = 'PROTOBUF', partitions = 1);"
                    "CREATE STREAM flat (text STRING, number BIGINT) WITH (kafka_topic = 'one', value_format = 'PROTOBUF');")
        self.load()
        nothing = {"TEXT": None, "NUMBER": None, "INNER": None}
        expected = [[{**nothing, "TEXT": "t"}, 1, 0], [{**nothing, "NUMBER": 0}, 0, 2], [{**nothing, "INNER": {"B": True}}, 0, 0],
                    [None, 4, 0], [{**nothing, "TEXT": "last"}, 9, 0], [{**nothing, "TEXT": "last"}, 9, 0]]
        self.assertEqual(list(self.columns("one")), ["KIND_0", "BEFORE", "AFTER"])
        self.assertEqual(self.rows("SELECT * FROM one", 6), expected)
        self.assertEqual([row[0] for row in self.rows("SELECT text FROM flat", 6)], ["t", None, None, None, "last", "last"])

    def test_nested_and_later_messages(self):
        """The indexes in the header say which message of the file it is."""
        classes = self.files.compile("many.proto", """syntax = "proto3"; package many; message First { int32 a = 1; }
            message Second { message Third { string c = 1; message Fourth { string d = 1; } } int32 b = 1; }""")
        for name, field, value in (("First", "a", 1), ("Second", "b", 2), ("Second.Third", "c", "c"), ("Second.Third.Fourth", "d", "d")):
            self.record("many", self.serialize("many", classes["many." + name](**{field: value})))
        self.create("CREATE STREAM many (a INT, b INT, c STRING, d STRING) WITH (kafka_topic = 'many', value_format = 'PROTOBUF', "
                    "partitions = 1); CREATE STREAM third WITH (kafka_topic = 'many', value_format = 'PROTOBUF', "
                    "value_schema_full_name = 'many.Second.Third');")
        self.load()
        self.assertEqual(self.columns("third"), {"C": "STRING"})
        self.assertEqual([[each or None for each in row] for row in self.rows("SELECT * FROM many", 4)],
                         [[1, None, None, None], [None, 2, None, None], [None, None, "c", None], [None, None, None, "d"]])

    def test_versions_in_one_topic(self):
        old = self.files.compile("v1.proto", 'syntax = "proto3"; package v; message M1 { int32 id = 1; string gone = 2; }')["v.M1"]
        new = ProtoFiles().compile("v2.proto", 'syntax = "proto3"; package v; message M2 { int64 id = 1; repeated string tags = 3; }')["v.M2"]
        self.registry.set_compatibility("v-value", "NONE")
        self.record("v", self.serialize("v", old(id=1, gone="x")))
        self.record("v", self.serialize("v", new(id=2**40, tags=["a"])))
        self.record("v", self.serialize("v", old(id=3)))
        self.create("CREATE STREAM v WITH (kafka_topic = 'v', value_format = 'PROTOBUF', partitions = 1);"
                    "CREATE STREAM both (gone STRING, id BIGINT, tags ARRAY<STRING>) WITH (kafka_topic = 'v', value_format = 'PROTOBUF');")
        self.load()
        self.assertEqual(self.rows("SELECT * FROM v", 3), [[1, None], [2**40, ["a"]], [3, None]])
        self.assertEqual(self.rows("SELECT * FROM both", 3), [["x", 1, None], [None, 2**40, ["a"]], ["", 3, None]])

    def test_nulls_that_are_told_from_zeros(self):
        for how in ("OPTIONAL", "WRAPPER"):
            name = how.lower()
            self.create(f"CREATE STREAM {name} (i INT, s STRING, r STRUCT<x DOUBLE>) WITH (kafka_topic = '{name}', partitions = 1, "
                        f"value_format = 'PROTOBUF', value_protobuf_nullable_representation = '{how}');"
                        f"INSERT INTO {name} VALUES (0, NULL, STRUCT(x := 0.0)); INSERT INTO {name} VALUES (NULL, '', STRUCT(x := CAST(NULL AS DOUBLE)));")
            self.assertEqual(self.rows(f"SELECT * FROM {name}", 2), [[0, None, {"X": 0.0}], [None, "", {"X": None}]])
        written = self.topics("optional", "wrapper")
        for name in written:
            text = self.registry.get_latest_version(name + "-value").schema.schema_str
            M = self.files.compile(name + ".proto", text, package=name)[name + ".ConnectDefault1"]
            decode = ProtobufDeserializer(M, {"use.deprecated.format": False})
            first, second = (decode(value, at(name)) for _, value in written[name])
            self.assertEqual([(m.HasField("I"), m.HasField("S"), m.R.HasField("X")) for m in (first, second)],
                             [(True, False, True), (False, True, False)])

    def test_proto2(self):
        M = self.files.compile("two.proto", 'syntax = "proto2"; package two; message M { required int32 a = 1; optional string b = 2 '
                               '[default = "dflt"]; repeated int32 c = 3; enum E { X = 1; Y = 2; } optional E e = 4; }')["two.M"]
        self.record("two", self.serialize("two", M(a=1, c=[1, 2])))
        self.record("two", self.serialize("two", M(a=0, b="", e=2)))
        self.create("CREATE STREAM two WITH (kafka_topic = 'two', value_format = 'PROTOBUF', partitions = 1);")
        self.load()
        self.assertEqual(self.rows("SELECT * FROM two", 2), [[1, None, [1, 2], None], [0, "", [], "Y"]])


class JsonSchemaTest(InteropCase):
    """JSON_SR with Confluent's serializer, which checks values against their schema."""

    SCHEMA = {
        "$schema": "http://json-schema.org/draft-07/schema#", "title": "Order", "type": "object", "required": ["id"],
        "properties": {
            "id": {"type": "integer"}, "note": {"oneOf": [{"type": "null"}, {"type": "string"}]},
            "at": {"$ref": "#/definitions/place"}, "all": {"type": "array", "items": {"$ref": "#/definitions/place"}},
            "kind": {"enum": ["new", "used"]}, "rate": {"type": ["number", "null"]},
            "tags": {"type": "object", "connect.type": "map", "additionalProperties": {"type": "integer"}}},
        "definitions": {"place": {"type": "object", "properties": {"x": {"type": "number"}, "y": {"type": "number"}}}}}

    def test_definitions_and_choices(self):
        serialize = JSONSerializer(json.dumps(self.SCHEMA), self.registry)
        values = [{"id": 1, "note": None, "at": {"x": 1.5}, "all": [{"y": 2}], "kind": "new", "rate": None, "tags": {"a": 1}},
                  {"id": 2**60, "note": "n", "unknown": {"deep": [1, {"x": None}]}}]
        for value in values:
            self.record("orders", serialize(value, at("orders")))
        self.record("orders", None)
        self.create("CREATE STREAM orders WITH (kafka_topic = 'orders', value_format = 'JSON_SR', partitions = 1);"
                    "CREATE STREAM copy WITH (kafka_topic = 'copy') AS SELECT * FROM orders;")
        self.load()
        names = ["ID", "NOTE", "AT", "ALL", "KIND", "RATE", "TAGS"]
        self.assertEqual(sorted(self.columns("orders")), sorted(names))
        rows = [dict(zip(self.columns("copy"), row)) for row in self.rows("SELECT * FROM copy", 2)]
        D = decimal.Decimal
        self.assertEqual(rows[0], {"ID": 1, "NOTE": None, "AT": {"X": D("1.5"), "Y": None}, "ALL": [{"X": None, "Y": D("2.0")}],
                                   "KIND": "new", "RATE": None, "TAGS": {"a": 1}})
        self.assertEqual(rows[1], {**{name: None for name in names}, "ID": 2**60, "NOTE": "n"})
        written = self.topics("copy")["copy"]
        self.assertEqual([value is None for _, value in written], [False, False, True])
        text = self.registry.get_latest_version("copy-value").schema.schema_str
        self.assertEqual(JSONDeserializer(text)(written[1][1], at("copy"))["ID"], 2**60)


class PlainFormatsTest(InteropCase):
    """KAFKA against struct, DELIMITED against csv."""

    def test_kafka(self):
        rng = random.Random(5)
        packed = {"INT": ">i", "BIGINT": ">q", "DOUBLE": ">d", "STRING": None, "BYTES": None}
        for kind, layout in packed.items():
            values = [random_value(rng, (kind,), 0) for _ in range(60)]
            for value in values:
                payload = struct.pack(layout, value) if layout else value.encode() if kind == "STRING" else value
                self.record(f"t_{kind}", payload, payload)
            self.create(f"CREATE STREAM t_{kind} (k {kind} KEY, v {kind}) WITH (kafka_topic = 't_{kind}', format = 'KAFKA', partitions = 1);"
                        f"CREATE STREAM u_{kind} WITH (kafka_topic = 'u_{kind}') AS SELECT * FROM t_{kind};")
        sent = {kind: [line.split("\t") for line in self.pending if line.startswith(f"bytes t_{kind}\t")] for kind in packed}
        self.load()
        for kind in packed:
            self.rows(f"SELECT * FROM u_{kind}", 60)
        written = self.topics(*(f"u_{kind}" for kind in packed))
        for kind in packed:
            self.assertEqual([(key.hex(), value.hex()) for key, value in written[f"u_{kind}"]],
                             [(line[1], line[3].strip()) for line in sent[kind]])

    def test_delimited(self):
        rng = random.Random(6)
        kind = ("STRUCT", every_base())
        for i, (delimiter, character) in enumerate(((",", ","), ("TAB", "\t"), ("SPACE", " "), ("☺", "☺"))):
            columns = ", ".join(f"{field} {sql(inner)}" for field, inner in kind[1])
            options = f"value_format = 'DELIMITED', value_delimiter = '{delimiter}'"
            rows = [random_value(rng, kind, 0.1) or {f: None for f, _ in kind[1]} for _ in range(60)]
            for row in rows:
                for field, inner in kind[1]: # no text is also null, and blanks around it are not kept
                    if inner[0] in ("STRING", "BYTES"):
                        row[field] = row[field] or None
                row["b4"] = row["b4"].strip() or None if row["b4"] else None
                out = io.StringIO()
                cells = [to_json(inner, row[field]) for field, inner in kind[1]]
                csv.writer(out, delimiter=character, lineterminator="\r\n").writerow(
                    ["" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell) for cell in cells])
                self.record(f"d{i}", out.getvalue()[:-2].encode())
            self.create(f"CREATE STREAM d{i} ({columns}) WITH (kafka_topic = 'd{i}', {options}, partitions = 1);"
                        f"CREATE STREAM e{i} WITH (kafka_topic = 'e{i}') AS SELECT * FROM d{i};")
            self.load()
            for n, row in enumerate(self.rows(f"SELECT * FROM e{i}", 60)):
                self.same(kind, rows[n], row, f"d{i} row {n}")
            for n, (_, payload) in enumerate(self.topics(f"e{i}")[f"e{i}"]):
                [cells] = csv.reader(io.StringIO(payload.decode(), newline=""), delimiter=character)
                for (field, inner), cell in zip(kind[1], cells, strict=True):
                    wanted = to_json(inner, rows[n][field])
                    found = None if cell == "" else cell if inner[0] in ("STRING", "BYTES") else json.loads(
                        cell.replace("Infinity", "1e999"), parse_float=decimal.Decimal)
                    self.assertTrue(equal(inner, wanted, found), f"e{i} row {n} {field}: {wanted!r} {cell!r}")


class RegistryClientTest(InteropCase):
    """Confluent's client of the registry, each of its calls."""

    def test_every_call(self):
        client = self.registry
        first = Schema('{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}', "AVRO")
        second = Schema('{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, '
                        '{"name": "b", "type": "string", "default": ""}]}', "AVRO")
        wrong = Schema('{"type": "record", "name": "R", "fields": [{"name": "c", "type": "string"}]}', "AVRO")
        one, two = client.register_schema("s", first), client.register_schema("s", second)
        self.assertEqual((client.get_subjects(), client.get_versions("s")), (["s"], [1, 2]))
        self.assertEqual(json.loads(client.get_schema(one).schema_str), json.loads(first.schema_str))
        self.assertEqual(client.lookup_schema("s", second).version, 2)
        self.assertEqual((client.get_latest_version("s").schema_id, client.get_version("s", 1).schema_id), (two, one))
        self.assertFalse(client.test_compatibility("s", wrong))
        self.assertTrue(client.test_compatibility("s", first))
        client.set_compatibility("s", "NONE")
        self.assertEqual((client.get_compatibility("s"), client.get_compatibility()), ("NONE", "BACKWARD"))
        self.assertTrue(client.test_compatibility("s", wrong))
        shared = Schema('{"type": "record", "name": "T", "namespace": "n", "fields": [{"name": "r", "type": "R"}]}', "AVRO",
                        [SchemaReference("R", "s", 1)])
        client.register_schema("t", shared)
        self.assertEqual([(r.name, r.subject, r.version) for r in client.get_latest_version("t").schema.references], [("R", "s", 1)])
        with self.assertRaises(SchemaRegistryError) as refusal:
            client.delete_version("s", 1)
        self.assertEqual(refusal.exception.error_code, 42206)
        client.delete_subject("t", permanent=True)
        self.assertEqual((client.delete_version("s", 1), client.delete_subject("s")), (1, [2]))
        with self.assertRaises(SchemaRegistryError) as refusal:
            client.get_versions("s")
        self.assertEqual((refusal.exception.error_code, refusal.exception.http_status_code), (40401, 404))


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
