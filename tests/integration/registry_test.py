"""The schema registry of a server: its REST API, and a second server that uses it.

    registry_test.py [PATH OF sluice]
"""
import base64
import http.server
import json
import shutil
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import threading
import unittest
import urllib.parse

import certificates
import sluice_server
from sluice_server import Server

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
EARLIEST = {"auto.offset.reset": "earliest"}


def record(*fields, name="R"):
    return {"type": "record", "name": name, "fields": list(fields)}


A = {"name": "a", "type": "int"}
B = {"name": "b", "type": "string"}
B_WITH_DEFAULT = {"name": "b", "type": "string", "default": ""}


class RegistryCase(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="sluice-registry-")
        self.addCleanup(shutil.rmtree, self.directory)
        self.server = Server(self.directory)
        self.addCleanup(self.server.stop)

    def call(self, method, path, body=None, server=None):
        """(status, parsed answer)"""
        status, headers, text = (server or self.server).request(
            method, path, body, {"Content-Type": MEDIA_TYPE})
        self.assertEqual(headers["content-type"], MEDIA_TYPE)
        return status, json.loads(text)

    def good(self, method, path, body=None, server=None):
        status, answer = self.call(method, path, body, server)
        self.assertEqual(status, 200, answer)
        return answer

    def bad(self, code, method, path, body=None):
        """The message of an error that must have that code."""
        status, answer = self.call(method, path, body)
        self.assertEqual(answer.get("error_code"), code, answer)
        self.assertEqual(status, code if code < 1000 else code // 100)
        return answer["message"]

    @staticmethod
    def body(schema, kind="AVRO", references=None):
        body = {"schema": schema if isinstance(schema, str) else json.dumps(schema)}
        if kind != "AVRO":
            body["schemaType"] = kind
        if references:
            body["references"] = references
        return body

    def register(self, subject, schema, kind="AVRO", references=None):
        return self.good("POST", f"/subjects/{subject}/versions",
                         self.body(schema, kind, references))["id"]

    def level(self, subject, level):
        self.good("PUT", f"/config/{subject}", {"compatibility": level})

    def compatible(self, old, new, level="BACKWARD", kind="AVRO"):
        """Whether the registry takes `new` after `old`; the endpoint that only asks must agree."""
        self.count = getattr(self, "count", 0) + 1
        subject = f"compatible-{self.count}"
        self.level(subject, level)
        self.register(subject, old, kind)
        asked = self.good("POST", f"/compatibility/subjects/{subject}/versions/latest?verbose=true",
                          self.body(new, kind))
        status, answer = self.call("POST", f"/subjects/{subject}/versions", self.body(new, kind))
        self.assertEqual(asked["is_compatible"], status == 200, answer)
        self.assertEqual(bool(asked["messages"]), status != 200)
        if status != 200:
            self.assertEqual(answer["error_code"], 409, answer)
        return status == 200


class RegistryTest(RegistryCase):
    def test_register_and_fetch(self):
        self.assertEqual(self.good("GET", "/subjects"), [])
        first = self.register("s", record(A))
        self.assertEqual(first, 1)
        self.assertEqual(self.register("s", record(A)), first)
        self.assertEqual(self.register("other", json.dumps(record(A), indent=4)), first)
        second = self.register("s", record(A, B_WITH_DEFAULT))
        self.assertEqual(second, 2)
        self.assertEqual(self.good("GET", "/subjects"), ["other", "s"])
        self.assertEqual(self.good("GET", "/subjects?subjectPrefix=o"), ["other"])
        self.assertEqual(self.good("GET", "/subjects/s/versions"), [1, 2])
        latest = self.good("GET", "/subjects/s/versions/latest")
        self.assertEqual(json.loads(latest.pop("schema")), record(A, B_WITH_DEFAULT))
        self.assertEqual(latest, {"subject": "s", "version": 2, "id": 2})
        self.assertEqual(self.good("GET", "/subjects/s/versions/1")["id"], 1)
        self.assertEqual(self.good("GET", "/subjects/s/versions/1/schema"), record(A))
        self.assertEqual(json.loads(self.good("GET", "/schemas/ids/1")["schema"]), record(A))
        self.assertEqual(self.good("GET", "/schemas/ids/1/schema"), record(A))
        self.assertEqual(self.good("GET", "/schemas/ids/1/subjects"), ["other", "s"])
        self.assertEqual(self.good("GET", "/schemas/ids/1/versions"),
                         [{"subject": "other", "version": 1}, {"subject": "s", "version": 1}])
        self.assertEqual(set(self.good("GET", "/schemas/types")), {"AVRO", "PROTOBUF", "JSON"})
        self.assertEqual(self.good("GET", "/mode"), {"mode": "READWRITE"})

    def test_types_have_schemas_of_their_own(self):
        proto = 'syntax = "proto3"; message M { int32 a = 1; }'
        schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
        self.assertEqual(self.register("p", proto, "PROTOBUF"), 1)
        self.assertEqual(self.register("p2", proto.replace("; ", ";\n  // a\n "), "PROTOBUF"), 1)
        self.assertEqual(self.register("j", schema, "JSON"), 2)
        self.assertEqual(self.good("GET", "/schemas/ids/1"),
                         {"schemaType": "PROTOBUF", "schema": proto})
        self.assertEqual(self.good("GET", "/subjects/j/versions/latest")["schemaType"], "JSON")
        self.assertEqual(self.register("plain", '{"type": "long"}'), 3)
        self.assertEqual(self.register("plain2", '"long"'), 3)

    def test_lookup(self):
        self.register("s", record(A))
        found = self.good("POST", "/subjects/s", self.body(json.dumps(record(A), indent=1)))
        self.assertEqual((found["subject"], found["version"], found["id"]), ("s", 1, 1))
        self.bad(40401, "POST", "/subjects/none", self.body(record(A)))
        self.bad(40403, "POST", "/subjects/s", self.body(record(B)))

    def test_errors(self):
        self.register("s", record(A))
        self.assertIn("none", self.bad(40401, "GET", "/subjects/none/versions"))
        self.bad(40401, "GET", "/subjects/none/versions/1")
        self.bad(40401, "DELETE", "/subjects/none")
        self.bad(40402, "GET", "/subjects/s/versions/7")
        self.bad(40402, "DELETE", "/subjects/s/versions/7")
        self.bad(42202, "GET", "/subjects/s/versions/x")
        self.bad(42202, "GET", "/subjects/s/versions/0")
        self.bad(40403, "GET", "/schemas/ids/99")
        self.bad(40403, "GET", "/schemas/ids/99/subjects")
        self.bad(404, "GET", "/schemas/ids/x")
        self.bad(404, "GET", "/subjects/s/nothing")
        self.bad(405, "PUT", "/subjects/s/versions")
        self.bad(400, "POST", "/subjects/s/versions", "no json")
        self.bad(42201, "POST", "/subjects/s/versions", {"schema": " "})
        self.bad(42201, "POST", "/subjects/s/versions", {})
        self.bad(42201, "POST", "/subjects/s/versions", self.body('{"type": "nothing"}'))
        self.bad(42201, "POST", "/subjects/s/versions", self.body("{"))
        self.bad(42201, "POST", "/subjects/n/versions", self.body("[1]", "JSON"))
        self.bad(42201, "POST", "/subjects/n/versions", self.body("message {", "PROTOBUF"))
        self.bad(42201, "POST", "/subjects/n/versions", self.body("x", "XML"))
        self.bad(42205, "POST", "/subjects/n/versions", {**self.body(record(A)), "id": 7})
        self.bad(42203, "PUT", "/config", {"compatibility": "SOMEWHAT"})
        self.bad(40408, "GET", "/config/s")
        self.bad(40408, "DELETE", "/config/s")
        self.bad(40409, "GET", "/mode/s")
        self.assertEqual(self.good("GET", "/subjects"), ["s"])

    def test_deleting(self):
        for schema in (record(A), record(A, B_WITH_DEFAULT)):
            self.register("s", schema)
        self.bad(40407, "DELETE", "/subjects/s/versions/1?permanent=true")
        self.assertEqual(self.good("DELETE", "/subjects/s/versions/1"), 1)
        self.bad(40406, "DELETE", "/subjects/s/versions/1")
        self.assertEqual(self.good("GET", "/subjects/s/versions"), [2])
        self.assertEqual(self.good("GET", "/subjects/s/versions?deleted=true"), [1, 2])
        self.bad(40402, "GET", "/subjects/s/versions/1")
        self.assertEqual(self.good("GET", "/subjects/s/versions/1?deleted=true")["id"], 1)
        self.assertEqual(self.good("GET", "/schemas/ids/1/schema"), record(A))
        self.assertEqual(self.good("DELETE", "/subjects/s/versions/1?permanent=true"), 1)
        self.bad(40402, "GET", "/subjects/s/versions/1?deleted=true")
        self.bad(40403, "GET", "/schemas/ids/1")
        self.bad(40405, "DELETE", "/subjects/s?permanent=true")
        self.assertEqual(self.good("DELETE", "/subjects/s"), [2])
        self.bad(40404, "DELETE", "/subjects/s")
        self.bad(40401, "GET", "/subjects/s/versions")
        self.assertEqual(self.good("GET", "/subjects"), [])
        self.assertEqual(self.good("GET", "/subjects?deleted=true"), ["s"])
        # What comes back gets the next version, and has its id still.
        self.assertEqual(self.register("s", record(A, B_WITH_DEFAULT)), 2)
        self.assertEqual(self.good("GET", "/subjects/s/versions"), [3])
        self.good("DELETE", "/subjects/s")
        self.assertEqual(self.good("DELETE", "/subjects/s?permanent=true"), [2, 3])
        self.assertEqual(self.good("GET", "/subjects?deleted=true"), [])

    def test_config(self):
        self.assertEqual(self.good("GET", "/config"), {"compatibilityLevel": "BACKWARD"})
        self.assertEqual(self.good("PUT", "/config", {"compatibility": "full"}),
                         {"compatibility": "FULL"})
        self.assertEqual(self.good("GET", "/config/s?defaultToGlobal=true"),
                         {"compatibilityLevel": "FULL"})
        self.level("s", "NONE")
        self.assertEqual(self.good("GET", "/config/s"), {"compatibilityLevel": "NONE"})
        self.assertEqual(self.good("DELETE", "/config/s"), {"compatibilityLevel": "NONE"})
        self.assertEqual(self.good("DELETE", "/config"), {"compatibilityLevel": "FULL"})
        self.assertEqual(self.good("GET", "/config"), {"compatibilityLevel": "BACKWARD"})

    def test_modes(self):
        schema = self.body(record(A))
        self.assertEqual(self.good("PUT", "/mode", {"mode": "readonly"}), {"mode": "READONLY"})
        self.assertIn("read-only", self.bad(42205, "POST", "/subjects/s/versions", schema))
        refusal = self.server.refused("CREATE STREAM s (v INT) WITH (kafka_topic = 's', value_format = 'AVRO', partitions = 1);"
                                      "INSERT INTO s VALUES (1);")
        self.assertIn("read-only", refusal[1]["message"])
        self.assertEqual(self.good("PUT", "/mode/s", {"mode": "READWRITE"}), {"mode": "READWRITE"})
        self.assertEqual(self.register("s", record(A)), 1)
        self.assertEqual(self.good("GET", "/mode/s"), {"mode": "READWRITE"})
        self.assertEqual(self.good("GET", "/mode/other?defaultToGlobal=true"), {"mode": "READONLY"})
        self.good("PUT", "/mode", {"mode": "READONLY_OVERRIDE"})
        self.bad(42205, "POST", "/subjects/s/versions", self.body(record(A, B_WITH_DEFAULT)))
        self.assertEqual(self.good("DELETE", "/mode/s"), {"mode": "READWRITE"})
        self.bad(40409, "DELETE", "/mode/s")
        self.bad(42204, "PUT", "/mode", {"mode": "SOMEHOW"})
        self.server.restart()
        self.assertEqual(self.good("GET", "/mode"), {"mode": "READONLY_OVERRIDE"})

    def test_importing_ids(self):
        self.register("old", record(A))
        self.bad(42205, "POST", "/subjects/s/versions", {**self.body(record(B)), "id": 40})
        self.bad(42205, "PUT", "/mode", {"mode": "IMPORT"})
        self.good("PUT", "/mode/s", {"mode": "IMPORT"})
        imported = {**self.body(record(B)), "id": 40, "version": 7}
        self.assertEqual(self.good("POST", "/subjects/s/versions", imported)["id"], 40)
        self.assertEqual(self.good("POST", "/subjects/s/versions", imported)["id"], 40)
        self.assertEqual(self.good("GET", "/subjects/s/versions"), [7])
        self.assertEqual(self.good("GET", "/schemas/ids/40/schema"), record(B))
        self.bad(42207, "POST", "/subjects/s/versions", {**self.body(record(B_WITH_DEFAULT)), "id": 40})
        self.good("PUT", "/mode?force=true", {"mode": "IMPORT"})
        self.good("PUT", "/mode", {"mode": "READWRITE"})
        self.good("DELETE", "/mode/s")
        self.assertEqual(self.register("next", record(A, B)), 41)

    def test_normalized(self):
        def shuffled(schema):
            return json.dumps(dict(reversed(schema.items())))

        schema = record(A)
        self.register("s", schema)
        body = self.body(shuffled(schema))
        self.bad(40403, "POST", "/subjects/s", body)
        self.assertEqual(self.good("POST", "/subjects/s?normalize=true", body)["version"], 1)
        first = self.good("POST", "/subjects/n/versions?normalize=true", body)["id"]
        self.assertEqual(self.good("POST", "/subjects/n/versions?normalize=true", self.body(schema))["id"], first)
        self.assertEqual(self.good("GET", "/subjects/n/versions"), [1])

    def test_all_schemas(self):
        self.register("a", record(A))
        self.register("a", record(A, B_WITH_DEFAULT))
        self.register("b", record(B))
        self.register("gone", record(B))
        self.good("DELETE", "/subjects/gone")

        def listed(query=""):
            return [(each["subject"], each["version"]) for each in self.good("GET", "/schemas" + query)]
        self.assertEqual(listed(), [("a", 1), ("a", 2), ("b", 1)])
        self.assertEqual(listed("?latestOnly=true"), [("a", 2), ("b", 1)])
        self.assertEqual(listed("?deleted=true&subjectPrefix=g"), [("gone", 1)])
        self.assertEqual(listed("?offset=1&limit=1"), [("a", 2)])
        self.assertEqual(self.good("GET", "/subjects?deletedOnly=true"), ["gone"])

    def test_an_import_means_its_version(self):
        """What a reference names stays as it was when the subject goes on."""
        money = 'syntax = "proto3"; package m; message Money { int64 cents = 1; }'
        self.register("money", money, "PROTOBUF")
        order = ('syntax = "proto3"; package o; import "a/money.proto"; // import "a/money.proto"\n'
                 'message Order { m.Money price = 1; string note = 2; }')
        reference = [{"name": "a/money.proto", "subject": "money", "version": 1}]
        schema_id = self.register("order", order, "PROTOBUF", reference)
        self.level("money", "NONE")
        self.register("money", money.replace("int64 cents", "string amount"), "PROTOBUF")
        self.server.ksql("CREATE STREAM orders WITH (kafka_topic = 'order', partitions = 1, value_format = 'PROTOBUF', "
                         f"value_schema_id = {schema_id});")
        [described] = self.server.ksql("DESCRIBE orders;")
        price = described["sourceDescription"]["fields"][0]["schema"]
        self.assertEqual([(f["name"], f["schema"]["type"]) for f in price["fields"]], [("cents", "BIGINT")])

    def test_protobuf_descriptors(self):
        """Clients may send a schema as a descriptor; it is answered as text."""
        found = self.good("POST", "/subjects/d/versions", self.body(self.describe_example(), "PROTOBUF"))
        text = self.good("GET", f"/schemas/ids/{found['id']}")["schema"]
        for part in ('syntax = "proto3";', "package p;", "int32 a = 1;", "map<string, bool> m = 2;", "oneof k {", "string s = 3;",
                     "optional int32 o = 4;", "enum E {", "ZERO = 0;"):
            self.assertIn(part, text)
        self.assertEqual(self.register("d", text, "PROTOBUF"), found["id"])

    @staticmethod
    def describe_example():
        """A FileDescriptorProto in base64, made by hand."""
        def number(field, value):
            return bytes([field << 3, value]) if field < 16 else bytes([field << 3 & 0x7F | 0x80, field >> 4, value])

        def run(field, content):
            content = content.encode() if isinstance(content, str) else content
            head = bytes([field << 3 | 2])
            return head + (bytes([len(content)]) if len(content) < 128 else
                           bytes([len(content) & 0x7F | 0x80, len(content) >> 7])) + content

        def field(name, tag, kind, label=1, *more):
            return run(2, run(1, name) + number(3, tag) + number(4, label) + number(5, kind) + b"".join(more))

        entry = run(3, run(1, "MEntry") + field("key", 1, 9) + field("value", 2, 8) + run(7, number(7, 1)))
        message = (run(1, "M") + field("a", 1, 5) + field("m", 2, 11, 3, run(6, ".p.M.MEntry")) + field("s", 3, 9, 1, number(9, 0)) +
                   field("o", 4, 5, 1, number(9, 1), number(17, 1)) + entry + run(8, run(1, "k")) + run(8, run(1, "_o")))
        zero = run(5, run(1, "E") + run(2, run(1, "ZERO") + number(2, 0)))
        return base64.b64encode(run(1, "m.proto") + run(2, "p") + run(4, message) + zero + run(12, "proto3")).decode()

    def test_names_are_decoded(self):
        self.register("a%2Fb%20c%25", record(A))
        self.assertEqual(self.good("GET", "/subjects"), ["a/b c%"])
        self.assertEqual(self.good("GET", "/subjects/a%2Fb%20c%25/versions"), [1])

    def test_references(self):
        self.register("address", record(B, name="acme.Address"))
        reference = [{"name": "acme.Address", "subject": "address", "version": 1}]
        user = record({"name": "home", "type": "acme.Address"},
                      {"name": "work", "type": "acme.Address"}, name="acme.User")
        self.bad(42201, "POST", "/subjects/user/versions", self.body(user))
        self.assertEqual(self.register("user", user, references=reference), 2)
        found = self.good("GET", "/schemas/ids/2")
        self.assertEqual(found["references"], reference)
        self.assertEqual(json.loads(found["schema"]), user)
        self.assertEqual(self.good("GET", "/subjects/address/versions/1/referencedby"), [2])
        self.bad(42206, "DELETE", "/subjects/address/versions/1")
        self.bad(42206, "DELETE", "/subjects/address")
        missing = [{"name": "x", "subject": "none", "version": 1}]
        self.bad(42201, "POST", "/subjects/user/versions", self.body(user, references=missing))
        # The engine sees one schema.
        self.server.ksql("CREATE STREAM users WITH (kafka_topic = 'user', partitions = 1, "
                         "value_format = 'AVRO', value_schema_id = 2);")
        [described] = self.server.ksql("DESCRIBE users;")
        fields = described["sourceDescription"]["fields"]
        self.assertEqual([f["name"] for f in fields], ["home", "work"])
        self.assertEqual([f["schema"]["type"] for f in fields], ["STRUCT", "STRUCT"])
        # Protobuf: an import is a reference's name.
        self.register("money", 'syntax = "proto3"; message Money { int64 cents = 1; }', "PROTOBUF")
        order = 'syntax = "proto3"; import "money.proto"; message Order { Money price = 1; }'
        self.bad(42201, "POST", "/subjects/order/versions", self.body(order, "PROTOBUF"))
        self.register("order", order, "PROTOBUF",
                      [{"name": "money.proto", "subject": "money", "version": -1}])
        self.assertEqual(self.good("GET", "/subjects/order/versions/1")["references"][0]["version"], 1)

    def test_persistence(self):
        self.register("s", record(A))
        self.register("s", record(A, B_WITH_DEFAULT))
        self.register("gone", record(B))
        self.good("DELETE", "/subjects/gone")
        self.level("s", "FULL_TRANSITIVE")
        before = [self.good("GET", path) for path in
                  ("/subjects", "/subjects?deleted=true", "/subjects/s/versions/latest", "/config/s")]
        self.server.restart()
        after = [self.good("GET", path) for path in
                 ("/subjects", "/subjects?deleted=true", "/subjects/s/versions/latest", "/config/s")]
        self.assertEqual(before, after)
        self.assertEqual(self.register("new", record(A, name="Other")), 4)

    def test_tables_of_the_first_form_are_taken_over(self):
        self.server.stop()
        db = sqlite3.connect(self.directory + "/schemas.db")
        db.executescript("DROP TABLE schemas; DROP TABLE versions;"
                         "CREATE TABLE schemas(id INTEGER PRIMARY KEY, type TEXT, text TEXT);"
                         "CREATE TABLE versions(subject TEXT, version INT, id INT,"
                         " PRIMARY KEY(subject, version));"
                         "INSERT INTO schemas VALUES(5, 'AVRO', '\"string\"');"
                         "INSERT INTO versions VALUES('s', 1, 5);")
        db.close()
        self.server.start()
        self.assertEqual(self.good("GET", "/subjects/s/versions/1/schema"), "string")
        self.assertEqual(self.register("s", '{"type": "string"}'), 5)


class CompatibilityTest(RegistryCase):
    def test_avro_levels(self):
        narrow, wide, defaulted = record(A), record(A, B), record(A, B_WITH_DEFAULT)
        self.assertFalse(self.compatible(narrow, wide, "BACKWARD"))
        self.assertTrue(self.compatible(narrow, wide, "FORWARD"))
        self.assertTrue(self.compatible(wide, narrow, "BACKWARD"))
        self.assertFalse(self.compatible(wide, narrow, "FORWARD"))
        self.assertFalse(self.compatible(narrow, wide, "FULL"))
        self.assertTrue(self.compatible(narrow, defaulted, "FULL"))
        self.assertTrue(self.compatible(narrow, '"string"', "NONE"))

    def test_avro_rules(self):
        def enum(*symbols, **more):
            return {"type": "enum", "name": "E", "symbols": list(symbols), **more}

        def fixed(size):
            return {"type": "fixed", "name": "F", "size": size}
        recursive = record({"name": "next", "type": ["null", "R"]})
        wider = record({"name": "next", "type": ["null", "R"]},
                       {"name": "v", "type": ["null", "int"], "default": None})
        for old, new, expected in [
                ('"int"', '"long"', True), ('"long"', '"int"', False), ('"float"', '"double"', True),
                ('"string"', '"bytes"', True), ('"int"', '["null", "int"]', True),
                ('["null", "int"]', '"int"', False), ('["null", "int"]', '["null", "long"]', True),
                (enum("x"), enum("x", "y"), True), (enum("x", "y"), enum("x"), False),
                (enum("x", "y"), enum("x", default="x"), True),
                (fixed(4), fixed(8), False),
                ({"type": "array", "items": "int"}, {"type": "array", "items": "string"}, False),
                ({"type": "map", "values": "int"}, {"type": "map", "values": "double"}, True),
                (record(A), record(A, name="Other"), False),
                (record(A), {**record(A, name="Other"), "aliases": ["R"]}, True),
                (record(A), record({"name": "z", "type": "int", "aliases": ["a"]}), True),
                (recursive, wider, True)]:
            with self.subTest(old=old, new=new):
                self.assertEqual(self.compatible(old, new), expected)

    def test_transitive(self):
        versions = [record(A, B), record(A), record(A, {"name": "b", "type": "int", "default": 1})]
        for level, expected in (("BACKWARD", 200), ("BACKWARD_TRANSITIVE", 409)):
            self.level(level, level)
            for schema in versions[:2]:
                self.register(level, schema)
            status, _ = self.call("POST", f"/subjects/{level}/versions", self.body(versions[2]))
            self.assertEqual(status, expected)

    def test_asking_only(self):
        path = "/compatibility/subjects/s/versions/"
        self.assertEqual(self.good("POST", path + "latest", self.body(record(A))),
                         {"is_compatible": True})
        self.bad(40401, "POST", path + "1", self.body(record(A)))
        self.register("s", record(A))
        self.bad(40402, "POST", path + "2", self.body(record(A)))
        self.bad(42202, "POST", path + "x", self.body(record(A)))
        self.assertEqual(self.good("POST", path + "1", self.body(record(A, B))),
                         {"is_compatible": False})
        self.assertEqual(self.good("POST", path[:-1], self.body(record(A, B_WITH_DEFAULT))),
                         {"is_compatible": True})
        self.assertEqual(self.good("GET", "/subjects/s/versions"), [1])

    def test_another_type_is_incompatible(self):
        self.register("s", record(A))
        self.bad(409, "POST", "/subjects/s/versions", self.body({"type": "object"}, "JSON"))

    def test_json_rules(self):
        def thing(properties, **more):
            return {"type": "object", "properties": properties, **more}
        closed = {"additionalProperties": False}
        integer, number, text = {"type": "integer"}, {"type": "number"}, {"type": "string"}
        tree = {"$ref": "#/definitions/n", "definitions": {"n": thing({"v": integer, "n": {"$ref": "#/definitions/n"}})}}
        wide_tree = json.loads(json.dumps(tree).replace('"integer"', '"number"'))
        for old, new, expected in [
                (integer, number, True), (number, integer, False), (text, {}, True),
                (text, {"type": ["string", "null"]}, True), ({"type": ["string", "null"]}, text, False),
                (text, {"oneOf": [{"type": "null"}, text]}, True),
                ({"oneOf": [{"type": "null"}, text]}, text, False),
                (text, {"type": "string", "title": "T"}, True),
                (text, {"type": "string", "maxLength": 3}, False),
                ({"type": "string", "maxLength": 2}, {"type": "string", "maxLength": 3}, True),
                (text, {"type": "string", "pattern": "a"}, False),
                ({"enum": ["a"]}, {"enum": ["a", "b"]}, True), ({"enum": ["a", "b"]}, {"enum": ["a"]}, False),
                (thing({"a": integer}), thing({"a": text}), False),
                (thing({"a": integer}, **closed), thing({"a": integer, "b": text}, **closed), True),
                (thing({"a": integer, "b": text}, **closed), thing({"a": integer}, **closed), False),
                # An open object may have held a "b" of any type.
                (thing({"a": integer}), thing({"a": integer, "b": text}), False),
                (thing({"a": integer, "b": text}), thing({"a": integer}), True),
                (thing({"a": integer}), thing({"a": integer}, required=["a"]), False),
                (thing({"a": integer}, required=["a"]), thing({"a": integer}), True),
                ({"type": "array", "items": integer}, {"type": "array", "items": number}, True),
                ({"type": "array", "items": number}, {"type": "array", "items": integer}, False),
                (tree, wide_tree, True), (wide_tree, tree, False)]:
            with self.subTest(old=old, new=new):
                self.assertEqual(self.compatible(old, new, kind="JSON"), expected)

    def test_protobuf_rules(self):
        def message(fields, more=""):
            return f'syntax = "proto3"; message M {{ {fields} }} {more}'
        for old, new, expected in [
                (message("int32 a = 1;"), message("int32 a = 1; string b = 2;"), True),
                (message("int32 a = 1; string b = 2;"), message("int32 a = 1;"), True),
                (message("int32 a = 1;"), message("int64 z = 1;"), True),
                (message("int32 a = 1;"), message("sint32 a = 1;"), False),
                (message("int32 a = 1;"), message("string a = 1;"), False),
                (message("int32 a = 1;"), message("repeated int32 a = 1;"), False),
                (message("map<string, int32> a = 1;"), message("map<string, string> a = 1;"), False),
                (message("N a = 1;", "message N { int32 x = 1; }"),
                 message("N a = 1;", "message N { double x = 1; }"), False),
                (message("int32 a = 1;", "message N { int32 x = 1; }"), message("int32 a = 1;"), False)]:
            with self.subTest(old=old, new=new):
                self.assertEqual(self.compatible(old, new, kind="PROTOBUF"), expected)


class SqlTest(RegistryCase):
    def test_streams_register_their_schemas(self):
        for kind in ("AVRO", "PROTOBUF", "JSON_SR"):
            self.server.ksql(f"CREATE STREAM s_{kind} (id INT KEY, name STRING, n BIGINT) WITH "
                             f"(kafka_topic = 't-{kind}', value_format = '{kind}', partitions = 1);")
        self.assertEqual(self.good("GET", "/subjects"),
                         ["t-AVRO-value", "t-JSON_SR-value", "t-PROTOBUF-value"])
        found = self.good("GET", "/subjects/t-AVRO-value/versions/latest")
        self.assertEqual(self.good("GET", f"/schemas/ids/{found['id']}")["schema"], found["schema"])
        self.assertEqual([f["name"] for f in json.loads(found["schema"])["fields"]], ["NAME", "N"])
        kinds = [self.good("GET", f"/subjects/t-{kind}-value/versions/1").get("schemaType")
                 for kind in ("AVRO", "PROTOBUF", "JSON_SR")]
        self.assertEqual(kinds, [None, "PROTOBUF", "JSON"])

    def test_columns_come_from_the_registry(self):
        self.register("t-value", record(A, B))
        self.server.ksql("CREATE STREAM s WITH (kafka_topic = 't', value_format = 'AVRO', partitions = 1, "
                         "value_avro_schema_full_name = 'R');")
        self.server.ksql("INSERT INTO s (a, b) VALUES (1, 'x');")
        rows = self.server.query("SELECT a, b FROM s EMIT CHANGES LIMIT 1;", properties=EARLIEST)
        self.assertEqual(rows[1:2], [[1, "x"]])

    def test_an_incompatible_stream_is_refused_where_a_level_was_set(self):
        self.server.ksql("CREATE STREAM s (v INT) WITH (kafka_topic = 's', value_format = 'JSON', partitions = 1);")
        self.register("t-value", record({"name": "V", "type": "string"},
                                        name="io.confluent.ksql.avro_schemas.KsqlDataSourceSchema"))
        sql = "CREATE STREAM t WITH (kafka_topic = 't', value_format = 'AVRO') AS SELECT v FROM s;"
        self.level("t-value", "BACKWARD")
        self.assertIn("incompatible", self.server.refused(sql)[1]["message"])
        self.good("DELETE", "/config/t-value")
        self.server.ksql(sql)
        self.assertEqual(self.good("GET", "/subjects/t-value/versions"), [1, 2])


class ExternalTest(RegistryCase):
    def open_second(self, url, *options):
        directory = tempfile.mkdtemp(prefix="sluice-registry-user-")
        self.addCleanup(shutil.rmtree, directory)
        server = Server(directory, "--schema-registry", url, *options)
        self.addCleanup(server.stop)
        return server

    def test_a_second_server_uses_the_first_ones(self):
        second = self.open_second(self.server.url())
        second.ksql("CREATE STREAM s (id INT KEY, name STRING) WITH "
                    "(kafka_topic = 't', value_format = 'AVRO', partitions = 1);"
                    "INSERT INTO s VALUES (1, 'pen');")
        second.ksql("CREATE STREAM u WITH (value_format = 'PROTOBUF') AS SELECT id, UCASE(name) AS n FROM s;",
                    streamsProperties=EARLIEST)
        rows = second.query("SELECT id, n FROM u EMIT CHANGES LIMIT 1;", properties=EARLIEST)
        self.assertEqual(rows[1:2], [[1, "PEN"]])
        self.assertEqual(self.good("GET", "/subjects"), ["U-value", "t-value"])
        status, answer = self.call("GET", "/subjects", server=second)
        self.assertEqual((status, answer["error_code"]), (404, 404))
        # Columns by id, and with references.
        self.register("address", record(B, name="Address"))
        self.register("user", record({"name": "home", "type": "Address"}, name="acme.User"),
                      references=[{"name": "Address", "subject": "address", "version": 1}])
        second.ksql("CREATE STREAM users WITH (kafka_topic = 'users', partitions = 1, "
                    f"value_format = 'AVRO', value_schema_id = {self.good('GET', '/subjects/user/versions/1')['id']});")
        self.assertIn("does not exist", second.refused("ASSERT SCHEMA SUBJECT 'none' TIMEOUT 0 SECONDS;")[1]["message"])
        second.restart()
        self.assertEqual(second.query("SELECT id, n FROM u EMIT CHANGES LIMIT 1;", properties=EARLIEST)[1:2], [[1, "PEN"]])

    def test_incompatible(self):
        self.register("t-value", record({"name": "V", "type": "string"},
                                        name="io.confluent.ksql.avro_schemas.KsqlDataSourceSchema"))
        second = self.open_second(self.server.url())
        second.ksql("CREATE STREAM s (v INT) WITH (kafka_topic = 's', value_format = 'JSON', partitions = 1);")
        _, refusal = second.refused("CREATE STREAM t WITH (kafka_topic = 't', value_format = 'AVRO') AS SELECT v FROM s;")
        self.assertIn("incompatible", refusal["message"])

    def test_missing_and_unreachable(self):
        second = self.open_second(self.server.url())
        sql = "CREATE STREAM s WITH (kafka_topic = 't', value_format = 'AVRO', partitions = 1);"
        self.assertIn("subject 't-value'", second.refused(sql)[1]["message"])
        third = self.open_second("http://user:secret@127.0.0.1:9/")
        message = third.refused(sql)[1]["message"]
        self.assertIn("http://127.0.0.1:9 cannot be reached", message)
        self.assertNotIn("secret", message)
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            fourth = self.open_second(f"http://127.0.0.1:{silent.getsockname()[1]}", "--property",
                                      "ksql.schema.registry.http.connect.timeout.ms=100", "--property",
                                      "ksql.schema.registry.http.read.timeout.ms=200")
            self.assertIn("Timeout", fourth.refused(sql)[1]["message"])

    def test_urls(self):
        for url in ("nothing", "ftp://host", "http://", ","):
            done = subprocess.run([sluice_server.BINARY, "server", "--listen", "127.0.0.1:0",
                                   "--schema-registry", url], capture_output=True, text=True,
                                  timeout=sluice_server.PATIENCE_S)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("schema registry", done.stderr)

    def test_prefix_credentials_and_a_list_of_urls(self):
        """A stand-in that wants a password and a path passes requests on to the real registry."""
        prefix, expected = "/apis/ccompat/v7", "Basic " + base64.b64encode(b"me:p@ss").decode()

        def answer(request, body):
            if request.headers["Authorization"] != expected:
                return 401, '{"error_code": 401, "message": "who are you?"}'
            self.assertTrue(request.path.startswith(prefix))
            status, _, text = self.server.request(request.command, request.path[len(prefix):], body)
            return status, text

        place = f"127.0.0.1:{self.stand_in(answer)}{prefix}"
        sql = ("CREATE STREAM {0} (v INT) WITH (kafka_topic = '{0}.topic', value_format = 'AVRO', partitions = 1);")
        by_url = self.open_second(f"http://127.0.0.1:9,http://me:{urllib.parse.quote('p@ss', '')}@{place}/")
        by_url.ksql(sql.format("a"))
        by_property = self.open_second(
            "http://" + place, "--property", "ksql.schema.registry.basic.auth.user.info=me:p@ss")
        by_property.ksql(sql.format("b"))
        self.assertEqual(self.good("GET", "/subjects"), ["a.topic-value", "b.topic-value"])
        nobody = self.open_second("http://" + place)
        self.assertIn("who are you?", nobody.refused(sql.format("c"))[1]["message"])

    def stand_in(self, answer, tls=None):
        """The port of a server that gives what answer(request, body) says: (status, text)."""
        class Handler(http.server.BaseHTTPRequestHandler):
            def respond(self):
                length = int(self.headers["Content-Length"] or 0)
                status, text = answer(self, self.rfile.read(length) if length else None)
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_POST = respond

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):  # a handshake that fails, which some tests want
                pass

        server = (Quiet if tls else http.server.ThreadingHTTPServer)(("127.0.0.1", 0), Handler)
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_port

    def certificates(self):
        """A folder with certificates, the client's also as one file with its key, and a store of Java's own kind."""
        folder = tempfile.mkdtemp(prefix="sluice-certificates-")
        self.addCleanup(shutil.rmtree, folder)
        certificates.make(folder)
        with open(folder + "/both.pem", "w") as both:
            for name in ("client.pem", "client.key"):
                with open(f"{folder}/{name}") as part:
                    both.write(part.read())
        with open(folder + "/store.jks", "wb") as store:
            store.write(b"\xfe\xed\xfe\xed\0\0\0\2")
        return folder

    def test_tls(self):
        """A registry that shows a certificate of a CA of its own, and wants one of the client."""
        folder = self.certificates()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder + "/server.pem", folder + "/server.key")
        tls.load_verify_locations(folder + "/ca.pem")
        tls.verify_mode = ssl.CERT_REQUIRED

        def answer(request, body):
            status, _, text = self.server.request(request.command, request.path, body)
            return status, text
        port = self.stand_in(answer, tls)

        def second(**settings):
            options = []
            for name, value in settings.items():
                options += ["--property", f"ksql.schema.registry.ssl.{name.replace('_', '.')}={value}"]
            return self.open_second(f"https://127.0.0.1:{port}", *options)
        sql = "CREATE STREAM {0} (v INT) WITH (kafka_topic = '{0}', value_format = 'AVRO', partitions = 1);INSERT INTO {0} VALUES (1);"
        second(ca_location=folder + "/ca.pem", certificate_location=folder + "/client.pem",
               key_location=folder + "/client.key").ksql(sql.format("pem"))
        second(truststore_location=folder + "/ca.pem", keystore_location=folder + "/both.pem").ksql(sql.format("both"))
        second(truststore_location=folder + "/ca.pem", keystore_location=folder + "/client.p12",
               keystore_password="secret").ksql(sql.format("p12"))
        self.assertEqual(self.good("GET", "/subjects"), ["both-value", "p12-value", "pem-value"])
        message = second().refused(sql.format("stranger"))[1]["message"]
        self.assertIn("certificate", message)
        message = second(truststore_location=folder + "/ca.pem").refused(sql.format("nobody"))[1]["message"]
        self.assertIn("cannot be reached", message)

    def test_tls_files(self):
        folder = self.certificates()
        for name, path, complaint in (("truststore.location", "none.pem", "cannot be read"),
                                      ("truststore.location", "client.p12", "is not PEM"),
                                      ("keystore.location", "store.jks", "PEM or PKCS12")):
            done = subprocess.run([sluice_server.BINARY, "server", "--listen", "127.0.0.1:0", "--schema-registry",
                                   "https://127.0.0.1:9", "--property", f"ksql.schema.registry.ssl.{name}={folder}/{path}"],
                                  capture_output=True, text=True, timeout=sluice_server.PATIENCE_S)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(complaint, done.stderr)


if __name__ == "__main__":
    sluice_server.take_binary_argument()
    unittest.main()
