"""SQL types, random values of them, and how other people's formats and the REST API spell both.

A type is a tuple: ("BIGINT",), ("DECIMAL", 20, 4), ("ARRAY", type), ("MAP", type), ("STRUCT", ((name, type), ...)).
A value is Python's: None, bool, int, float, str, bytes, Decimal, date, time, datetime, list, dict.
"""
import base64
import datetime
import decimal
import math

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
DAY = datetime.date(1970, 1, 1)
BASES = ["BOOLEAN", "INT", "BIGINT", "DOUBLE", "STRING", "BYTES", "DECIMAL", "DATE", "TIME", "TIMESTAMP"]
TEXTS = ["", "a", "naïve", "日本語", "😀", 'quo"te', "back\\slash", "line\nend", "tab\t", "\x01\x1f", "null", "-", " pad ", "x" * 300]


def sql(kind):
    """As in a column's declaration."""
    name = kind[0]
    if name == "DECIMAL":
        return f"DECIMAL({kind[1]}, {kind[2]})"
    if name == "ARRAY":
        return f"ARRAY<{sql(kind[1])}>"
    if name == "MAP":
        return f"MAP<STRING, {sql(kind[1])}>"
    if name == "STRUCT":
        return "STRUCT<" + ", ".join(f"{field} {sql(inner)}" for field, inner in kind[1]) + ">"
    return name


def random_base(rng):
    name = rng.choice(BASES)
    if name != "DECIMAL":
        return (name,)
    precision = rng.randint(1, 38)
    return (name, precision, rng.randint(0, precision))


def random_type(rng, depth, inside_list=False, lists_in_lists=True):
    """With `lists_in_lists` false no ARRAY or MAP is directly inside another, which protobuf cannot say."""
    roll = rng.random()
    if depth == 0 or roll < 0.35:
        return random_base(rng)
    if roll < 0.6 or (inside_list and not lists_in_lists):
        count = rng.randint(1, 4)
        return ("STRUCT", tuple((f"f{i}", random_type(rng, depth - 1, False, lists_in_lists)) for i in range(count)))
    return ("ARRAY" if roll < 0.8 else "MAP", random_type(rng, depth - 1, True, lists_in_lists))


def random_value(rng, kind, nulls=0.15):
    if rng.random() < nulls:
        return None
    name = kind[0]
    if name == "BOOLEAN":
        return rng.random() < 0.5
    if name == "INT":
        return rng.choice([0, 1, -1, 2**31 - 1, -2**31, rng.randint(-2**31, 2**31 - 1), rng.randint(-99, 99)])
    if name == "BIGINT":
        return rng.choice([0, 1, -1, 2**63 - 1, -2**63, 2**53 + 1, rng.randint(-2**63, 2**63 - 1)])
    if name == "DOUBLE":
        return rng.choice([0.0, 1.5, -0.1, 1e300, -1e-300, 5e-324, math.pi, rng.uniform(-1e6, 1e6), float(rng.randint(-9, 9))])
    if name == "STRING":
        return rng.choice(TEXTS)
    if name == "BYTES":
        return rng.randbytes(rng.choice([0, 1, 2, 3, 17, 200]))
    if name == "DECIMAL":
        digits = rng.randint(1, kind[1])
        unscaled = rng.choice([0, 10**digits - 1, rng.randint(0, 10**digits - 1)])
        return decimal.Decimal((rng.randint(0, 1) if unscaled else 0, tuple(map(int, str(unscaled))), -kind[2]))
    if name == "DATE":
        return DAY + datetime.timedelta(days=rng.choice([0, 1, -1, -25567, rng.randint(-100000, 100000)]))
    if name == "TIME":
        ms = rng.choice([0, 1, 86399999, rng.randrange(86400000)])
        return datetime.time(ms // 3600000, ms // 60000 % 60, ms // 1000 % 60, ms % 1000 * 1000)
    if name == "TIMESTAMP":
        return EPOCH + datetime.timedelta(milliseconds=rng.choice([0, 1, -1, 1700000000123, rng.randint(-2**42, 2**42)]))
    if name == "ARRAY":
        return [random_value(rng, kind[1], nulls) for _ in range(rng.choice([0, 1, 2, 5]))]
    if name == "MAP":
        return {rng.choice(TEXTS): random_value(rng, kind[1], nulls) for _ in range(rng.choice([0, 1, 2, 4]))}
    return {field: random_value(rng, inner, nulls) for field, inner in kind[1]}


def days(value):
    return (value - DAY).days


def day_ms(value):
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1000 + value.microsecond // 1000


def epoch_ms(value):
    return (value - EPOCH) // datetime.timedelta(milliseconds=1)


# ---- JSON, as the JSON formats have it and as the REST API answers ----

def to_json(kind, value, rest=False):
    """`rest`: dates and times as text, names in upper case."""
    name = kind[0]
    if value is None:
        return None
    if name == "BYTES":
        return base64.b64encode(value).decode()
    if name == "DATE":
        return value.isoformat() if rest else days(value)
    if name == "TIME":
        return rest_time(value) if rest else day_ms(value)
    if name == "TIMESTAMP":
        return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}" if rest else epoch_ms(value)
    if name == "ARRAY":
        return [to_json(kind[1], each, rest) for each in value]
    if name == "MAP":
        return {key: to_json(kind[1], each, rest) for key, each in value.items()}
    if name == "STRUCT":
        return {field.upper() if rest else field: to_json(inner, value[field], rest) for field, inner in kind[1]}
    return value


def rest_time(value):
    text = value.strftime("%H:%M:%S")
    return text + f".{value.microsecond // 1000:03d}" if value.microsecond else text


def from_json(kind, found):
    """What a JSON payload says, read without a reader of ours: field names in upper case."""
    name = kind[0]
    if found is None:
        return None
    if name == "BYTES":
        return base64.b64decode(found, validate=True)
    if name == "DATE":
        return DAY + datetime.timedelta(days=found)
    if name == "TIME":
        return datetime.time(found // 3600000, found // 60000 % 60, found // 1000 % 60, found % 1000 * 1000)
    if name == "TIMESTAMP":
        return EPOCH + datetime.timedelta(milliseconds=found)
    if name == "DOUBLE":
        return float(found)
    if name == "DECIMAL":
        return decimal.Decimal(found)
    if name == "ARRAY":
        return [from_json(kind[1], each) for each in found]
    if name == "MAP":
        return {key: from_json(kind[1], each) for key, each in found.items()}
    if name == "STRUCT":
        return {field: from_json(inner, found[field.upper()]) for field, inner in kind[1]}
    return found


# ---- Avro ----

def avro_schema(kind, name="Row", nullable=True):
    plain = {"BOOLEAN": "boolean", "INT": "int", "BIGINT": "long", "DOUBLE": "double", "STRING": "string", "BYTES": "bytes",
             "DATE": {"type": "int", "logicalType": "date"}, "TIME": {"type": "int", "logicalType": "time-millis"},
             "TIMESTAMP": {"type": "long", "logicalType": "timestamp-millis"}}
    if kind[0] == "DECIMAL":
        schema = {"type": "bytes", "logicalType": "decimal", "precision": kind[1], "scale": kind[2]}
    elif kind[0] == "ARRAY":
        schema = {"type": "array", "items": avro_schema(kind[1], name + "_i")}
    elif kind[0] == "MAP":
        schema = {"type": "map", "values": avro_schema(kind[1], name + "_v")}
    elif kind[0] == "STRUCT":
        schema = {"type": "record", "name": name, "fields": [
            {"name": field, "type": avro_schema(inner, f"{name}_{field}"), "default": None} for field, inner in kind[1]]}
    else:
        schema = plain[kind[0]]
    return ["null", schema] if nullable else schema


def from_avro(kind, found):
    """What fastavro read: a MAP that was written by the engine is a list of entries."""
    if found is None:
        return None
    if kind[0] == "ARRAY":
        return [from_avro(kind[1], each) for each in found]
    if kind[0] == "MAP":
        return {entry["key"]: from_avro(kind[1], entry["value"]) for entry in found}
    if kind[0] == "STRUCT":
        return {field: from_avro(inner, found[field.upper()]) for field, inner in kind[1]}
    return found


# ---- protobuf ----

PROTO_NAMES = {"BOOLEAN": "bool", "INT": "int32", "BIGINT": "int64", "DOUBLE": "double", "STRING": "string", "BYTES": "bytes",
               "DECIMAL": "confluent.type.Decimal", "DATE": "google.type.Date", "TIME": "google.type.TimeOfDay",
               "TIMESTAMP": "google.protobuf.Timestamp"}
PROTO_WRAPPERS = {"BOOLEAN": "BoolValue", "INT": "Int32Value", "BIGINT": "Int64Value", "DOUBLE": "DoubleValue",
                  "STRING": "StringValue", "BYTES": "BytesValue"}
PROTO_IMPORTS = ("confluent/meta.proto", "confluent/type/decimal.proto", "google/type/date.proto",
                 "google/type/timeofday.proto", "google/protobuf/timestamp.proto", "google/protobuf/wrappers.proto")
PROTO_HEAD = 'syntax = "proto3";\n' + "".join(f'import "{path}";\n' for path in PROTO_IMPORTS)


def proto_message(kind, name="Row"):
    """A STRUCT as a message, with those inside it."""
    lines, inner_messages = [], []
    for number, (field, inner) in enumerate(kind[1], 1):
        element = inner[1] if inner[0] in ("ARRAY", "MAP") else inner
        type_name, options = PROTO_NAMES.get(element[0]), ""
        if element[0] == "STRUCT":
            type_name = f"M_{field}"
            inner_messages.append(proto_message(element, type_name))
        elif element[0] == "DECIMAL":
            options = (f' [(confluent.field_meta) = {{ params: [{{ key: "precision", value: "{element[1]}" }}, '
                       f'{{ key: "scale", value: "{element[2]}" }}] }}]')
        if inner[0] == "ARRAY":
            type_name = "repeated " + type_name
        elif inner[0] == "MAP":
            type_name = f"map<string, {type_name}>"
        lines.append(f"{type_name} {field} = {number}{options};")
    return f"message {name} {{\n" + "\n".join(lines + inner_messages) + "\n}\n"


def proto_normal(kind, value, top=True):
    """The value that is left when nulls of scalars and lists are what a field holds by default. `top` false: an
    element, which is a message always."""
    zero = {"BOOLEAN": False, "INT": 0, "BIGINT": 0, "DOUBLE": 0.0, "STRING": "", "BYTES": b"", "ARRAY": [], "MAP": {}}
    if value is None:
        if kind[0] in zero:
            return zero[kind[0]]
        return None if top else proto_normal(kind, {field: None for field, _ in kind[1]})
    if kind[0] == "ARRAY":
        return [proto_normal(kind[1], each, False) for each in value]
    if kind[0] == "MAP":
        return {key: proto_normal(kind[1], each, False) for key, each in value.items()}
    if kind[0] == "STRUCT":
        return {field: proto_normal(inner, value[field]) for field, inner in kind[1]}
    return value


def without_null_elements(kind, value):
    """Lists hold no nulls in protobuf: they are left out."""
    if value is None:
        return None
    if kind[0] == "ARRAY":
        return [without_null_elements(kind[1], each) for each in value if each is not None]
    if kind[0] == "MAP":
        return {key: without_null_elements(kind[1], each) for key, each in value.items() if each is not None}
    if kind[0] == "STRUCT":
        return {field: without_null_elements(inner, value[field]) for field, inner in kind[1]}
    return value


def fill_known(kind, value, message):
    if kind[0] == "DECIMAL":
        unscaled = int(value.scaleb(kind[2], decimal.Context(prec=60)))
        message.value = unscaled.to_bytes((unscaled.bit_length() + 8) // 8, "big", signed=True)
        message.precision, message.scale = kind[1], kind[2]
    elif kind[0] == "DATE":
        message.year, message.month, message.day = value.year, value.month, value.day
    elif kind[0] == "TIME":
        message.hours, message.minutes, message.seconds = value.hour, value.minute, value.second
        message.nanos = value.microsecond * 1000
    elif kind[0] == "TIMESTAMP":
        ms = epoch_ms(value)
        message.seconds, message.nanos = ms // 1000, ms % 1000 * 1000000


def fill_proto(kind, value, message, upper=False):
    for field, inner in kind[1]:
        each = value[field]
        if each is None:
            continue
        place = getattr(message, field)
        if inner[0] == "ARRAY":
            for element in each:
                if inner[1][0] in ("STRUCT", "DECIMAL", "DATE", "TIME", "TIMESTAMP"):
                    fill_message(inner[1], element, place.add())
                else:
                    place.append(element)
        elif inner[0] == "MAP":
            for key, element in each.items():
                if inner[1][0] in ("STRUCT", "DECIMAL", "DATE", "TIME", "TIMESTAMP"):
                    fill_message(inner[1], element, place[key])
                else:
                    place[key] = element
        elif inner[0] in ("STRUCT", "DECIMAL", "DATE", "TIME", "TIMESTAMP"):
            fill_message(inner, each, place)
        else:
            setattr(message, field, each)


def fill_message(kind, value, message):
    message.SetInParent()
    if kind[0] == "STRUCT":
        fill_proto(kind, value, message)
    else:
        fill_known(kind, value, message)


def from_proto_single(kind, found):
    if kind[0] == "STRUCT":
        return from_proto(kind, found)
    if kind[0] == "DECIMAL":
        unscaled = int.from_bytes(found.value, "big", signed=True)
        return decimal.Decimal(unscaled).scaleb(-found.scale, decimal.Context(prec=60))
    if kind[0] == "DATE":
        return datetime.date(found.year, found.month, found.day)
    if kind[0] == "TIME":
        return datetime.time(found.hours, found.minutes, found.seconds, found.nanos // 1000)
    if kind[0] == "TIMESTAMP":
        return EPOCH + datetime.timedelta(seconds=found.seconds, milliseconds=found.nanos // 1000000)
    return found


def from_proto(kind, message):
    """The fields of a message that the engine wrote: names in upper case."""
    value = {}
    for field, inner in kind[1]:
        name = field.upper()
        found = getattr(message, name)
        if inner[0] == "ARRAY":
            value[field] = [from_proto_single(inner[1], each) for each in found]
        elif inner[0] == "MAP":
            value[field] = {key: from_proto_single(inner[1], found[key]) for key in found}
        elif inner[0] in ("STRUCT", "DECIMAL", "DATE", "TIME", "TIMESTAMP"):
            value[field] = from_proto_single(inner, found) if message.HasField(name) else None
        else:
            value[field] = found
    return value
