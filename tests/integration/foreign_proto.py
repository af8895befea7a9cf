"""Message classes out of .proto texts, by protoc."""
import os
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc
import grpc_tools

LIBRARY = {
    "confluent/meta.proto": """syntax = "proto3"; package confluent; import "google/protobuf/descriptor.proto";
        message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; }
        extend google.protobuf.FieldOptions { Meta field_meta = 1088; }""",
    "confluent/type/decimal.proto": """syntax = "proto3"; package confluent.type;
        message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }""",
    "google/type/date.proto": """syntax = "proto3"; package google.type;
        message Date { int32 year = 1; int32 month = 2; int32 day = 3; }""",
    "google/type/timeofday.proto": """syntax = "proto3"; package google.type;
        message TimeOfDay { int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; }""",
}


class ProtoFiles:
    """Files that may import each other; each is compiled once."""

    def __init__(self):
        self.texts = dict(LIBRARY)
        self.pool = descriptor_pool.DescriptorPool()
        self.known = set()

    def compile(self, path, text, package=None):
        """{full name: class} of the file's messages. `package` is put into a text that has none."""
        if package:
            head, rest = text.split(";", 1)
            text = f"{head};\npackage {package};{rest}"
        self.texts[path] = text
        with tempfile.TemporaryDirectory() as root:
            for each, source in self.texts.items():
                os.makedirs(os.path.dirname(os.path.join(root, each)), exist_ok=True)
                with open(os.path.join(root, each), "w") as f:
                    f.write(source)
            out = os.path.join(root, "set")
            include = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")
            status = protoc.main(["protoc", "-I" + root, "-I" + include, "--include_imports", "--descriptor_set_out=" + out, path])
            if status != 0:
                raise AssertionError(f"protoc does not take {path}:\n{text}")
            with open(out, "rb") as f:
                files = descriptor_pb2.FileDescriptorSet.FromString(f.read())
        for file in files.file:
            if file.name not in self.known:
                self.pool.AddSerializedFile(file.SerializeToString())
                self.known.add(file.name)
        found, todo = {}, list(self.pool.FindFileByName(path).message_types_by_name.values())
        for message in todo:
            found[message.full_name] = message_factory.GetMessageClass(message)
            todo += message.nested_types
        return found
