"""The Avro of Flink's tables against fastavro, in both directions: plain records, and records behind a registry's id.

    flink_avro_test.py SLUICE ENVIRONMENT

ENVIRONMENT is the folder for the Python packages that format_interop_test.py uses, too. A few seconds.
"""
import os
import sys

import python_environment

PACKAGES = ("fastavro==1.9.7", "confluent-kafka[avro,protobuf,json]==2.6.1", "grpcio-tools==1.66.2")  # of format_interop_test.py

if __name__ == "__main__":
    python_environment.enter(os.path.abspath(sys.argv[2]), PACKAGES)

import base64
import datetime
import decimal
import io
import json
import subprocess
import tempfile
import unittest

import fastavro

SLUICE = None
UTC = datetime.timezone.utc

COLUMNS = """id BIGINT NOT NULL, flag BOOLEAN, small SMALLINT, ratio FLOAT, exact DOUBLE, name STRING, raw BYTES, price DECIMAL(10, 2),
  `day` DATE, clock TIME(3), at TIMESTAMP(3), fine TIMESTAMP(6), tags ARRAY<STRING>, counts MAP<STRING, INT>,
  place ROW<city STRING, position ROW<x INT, y DOUBLE>>"""


def nullable(kind):
    return ["null", kind]


def field(name, kind):
    return {"name": name, "type": nullable(kind), "default": None}


# As Flink's AvroSchemaConverter makes it of these columns.
POSITION = {"type": "record", "name": "record_place_position", "fields": [field("x", "int"), field("y", "double")]}
PLACE = {"type": "record", "name": "record_place", "fields": [field("city", "string"), field("position", POSITION)]}
SCHEMA = fastavro.parse_schema({"type": "record", "name": "record", "namespace": "org.apache.flink.avro.generated", "fields": [
    {"name": "id", "type": "long"}, field("flag", "boolean"), field("small", "int"), field("ratio", "float"),
    field("exact", "double"), field("name", "string"), field("raw", "bytes"),
    field("price", {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}),
    field("day", {"type": "int", "logicalType": "date"}), field("clock", {"type": "int", "logicalType": "time-millis"}),
    field("at", {"type": "long", "logicalType": "timestamp-millis"}),
    field("fine", {"type": "long", "logicalType": "timestamp-micros"}),
    field("tags", {"type": "array", "items": nullable("string")}),
    field("counts", {"type": "map", "values": nullable("int")}), field("place", PLACE)]})

AT = datetime.datetime(2024, 2, 29, 12, 30, 5, 250000, UTC)
ROWS = [
    {"id": 1, "flag": True, "small": -7, "ratio": 0.5, "exact": 1.25, "name": "tea \u2603", "raw": b"\0\xff",
     "price": decimal.Decimal("-12.50"), "day": datetime.date(2024, 2, 29), "clock": datetime.time(9, 16, 5, 100000), "at": AT,
     "fine": AT, "tags": ["x", None, ""], "counts": {"a": 1, "b": None},
     "place": {"city": "Oslo", "position": {"x": 3, "y": -0.5}}},
    {"id": 2**62, "place": {"city": None, "position": None}, "tags": [], "counts": {}},
    {"id": -1},
]
ROWS = [{column["name"]: row.get(column["name"]) for column in SCHEMA["fields"]} for row in ROWS]

JSON_ROWS = [
    [1, True, -7, 0.5, 1.25, "tea \u2603", "AP8=", -12.50, "2024-02-29", "09:16:05.100", "2024-02-29T12:30:05.250",
     "2024-02-29T12:30:05.250", ["x", None, ""], {"a": 1, "b": None}, {"city": "Oslo", "position": {"x": 3, "y": -0.5}}],
    [2**62] + [None] * 11 + [[], {}, {"city": None, "position": None}],
    [-1] + [None] * 14,
]


def encoded(row):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMA, row)
    return out.getvalue()


def run(document):
    """The answers (`-->` lines) of a document of sluice test, by statement."""
    with tempfile.NamedTemporaryFile("w+", suffix=".sql") as file:
        file.write("--@test: avro\nSET 'sluice.sql.dialect' = 'flink';\n" + document)
        file.flush()
        done = subprocess.run([SLUICE, "test", "--rewrite", file.name], capture_output=True, text=True, timeout=60)
        file.seek(0)
        text = file.read()
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    return [json.loads(line[4:]) for line in text.splitlines() if line.startswith("--> [") or line.startswith("--> {")]


def table(name, options):
    return f"CREATE TABLE {name} ({COLUMNS}) WITH ('connector' = 'kafka', 'topic' = '{name}', {options});\n"


class AvroTest(unittest.TestCase):
    maxDiff = None

    def test_reads_what_fastavro_wrote(self):
        produced = "".join(f"PRODUCE TO t VALUE X'{encoded(row).hex()}';\n" for row in ROWS)
        rows = run(table("t", "'format' = 'avro'") + produced + "PRODUCE TO t VALUE X'02';\nSELECT * FROM t;\nEXPECT ROWS;\n-->\n")
        self.assertEqual(rows, JSON_ROWS)

    def copied(self, options):
        """The bytes of the rows in a table with these options, each copied from JSON."""
        produced = "".join(f"PRODUCE TO j VALUE X'{json.dumps(self.as_json(row)).encode().hex()}';\n" for row in JSON_ROWS)
        rows = run(table("j", "'format' = 'json'") + table("t", options) + "INSERT INTO t SELECT * FROM j;\n"
                   "CREATE TABLE bytes (b BYTES) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'raw');\n" + produced +
                   "SELECT * FROM bytes;\nEXPECT ROWS;\n-->\n")
        return [base64.b64decode(row[0]) for row in rows]

    def as_json(self, row):
        values = dict(zip([column["name"] for column in SCHEMA["fields"]], row))
        return {name: value.replace("T", " ") if name in ("at", "fine") and value else value for name, value in values.items()}

    def test_fastavro_reads_what_it_wrote(self):
        found = [fastavro.schemaless_reader(io.BytesIO(each), SCHEMA, None) for each in self.copied("'format' = 'avro'")]
        self.assertEqual(found, ROWS)

    def test_bytes_are_fastavros(self):
        self.assertEqual(self.copied("'format' = 'avro'"), [encoded(row) for row in ROWS])

    def test_behind_an_id_are_the_same_bytes(self):
        options = "'format' = 'avro-confluent', 'avro-confluent.url' = 'http://localhost:8081'"
        for found, row in zip(self.copied(options), ROWS):
            self.assertEqual(found[:1], b"\0")
            self.assertEqual(found[5:], encoded(row))


if __name__ == "__main__":
    SLUICE = os.path.abspath(sys.argv[1])
    del sys.argv[1:3]
    unittest.main()
