/* A descriptor is a message like any other: each function walks one kind of it, once for each
 * block of its text (fields, then nested types). Of the options only those that readers need are
 * kept: packed, a decimal's parameters, aliases in enums.
 */
#include "executor/format/proto_descriptor.h"

#include "base/base64.h"
#include "executor/format/proto_binding.h"

enum { MAX_DEPTH = 100 };

/* One field on the wire: a number or bytes. */
typedef struct wire_field {
    uint64_t number, value;
    slice bytes;
} wire_field;

/* Takes the next field; false at the end, or where the bytes are broken (`*ok` says which). */
static bool take_field(slice *from, wire_field *f, bool *ok) {
    uint64_t tag;
    *f = (wire_field){.bytes = {"", 0}};
    if (!from->length)
        return false;
    *ok = proto_take_varint(from, &tag);
    f->number = tag >> 3;
    size_t fixed = (tag & 7) == WIRE_FIXED64 ? 8 : 4;
    switch (*ok ? tag & 7 : 7) {
    case WIRE_VARINT:
        *ok = proto_take_varint(from, &f->value);
        break;
    case WIRE_BYTES:
        *ok = proto_take_varint(from, &f->value) && f->value <= from->length;
        if (*ok) {
            f->bytes = slice_make(from->data, (size_t)f->value);
            *from = slice_make(from->data + f->value, from->length - (size_t)f->value);
        }
        break;
    case WIRE_FIXED64:
    case WIRE_FIXED32:
        *ok = fixed <= from->length;
        if (*ok)
            *from = slice_make(from->data + fixed, from->length - fixed);
        break;
    default:
        *ok = false;
    }
    return *ok;
}

/* The last value of a field; `bytes.data` is NULL when it is not there. */
static wire_field find(slice message, uint64_t number) {
    wire_field f, found = {.bytes = {NULL, 0}};
    for (bool ok = true; take_field(&message, &f, &ok);)
        if (f.number == number)
            found = f;
    return found;
}

static slice name_of(slice message) {
    return find(message, 1).bytes;
}

static void indent(buffer *out, int depth) {
    for (int i = 0; i < depth; i++)
        buffer_append_text(out, "  ");
}

/* ---- fields ---- */

enum {
    FIELD_NUMBER = 3,
    LABEL = 4,
    TYPE = 5,
    TYPE_NAME = 6,
    OPTIONS = 8,
    ONEOF = 9,
    OPTIONAL = 17
};
enum { REPEATED = 3, REQUIRED = 2, NESTED = 3, FIELD = 2, ENUM = 4, ONEOFS = 8, FIELD_META = 1088 };

static void append_type(buffer *out, slice field) {
    static const char *const names[] = {"?", "double", "float", "int64", "uint64", "int32",
        "fixed64", "fixed32", "bool", "string", "group", "message", "bytes", "uint32", "enum",
        "sfixed32", "sfixed64", "sint32", "sint64"};
    slice name = find(field, TYPE_NAME).bytes;
    uint64_t type = find(field, TYPE).value;
    if (name.length && name.data[0] == '.')
        name = slice_make(name.data + 1, name.length - 1);
    if (name.length)
        buffer_append(out, name);
    else
        buffer_append_text(out, names[type < sizeof names / sizeof *names ? type : 0]);
}

/* [(confluent.field_meta) = { params: [...] }, packed = false] */
static void append_options(buffer *out, slice options) {
    slice meta = find(options, FIELD_META).bytes;
    wire_field f;
    bool first = true, ok = true;
    for (slice rest = options; take_field(&rest, &f, &ok);)
        if (f.number == 2)
            buffer_format(out, " [packed = %s", f.value ? "true" : "false"), first = false;
    bool params = false;
    while (take_field(&meta, &f, &ok)) {
        if (f.number != 2)
            continue;
        buffer_append_text(out, params  ? ", "
                                : first ? " [(confluent.field_meta) = { params: ["
                                        : ", (confluent.field_meta) = { params: [");
        params = true;
        buffer_append_text(out, "{ key: ");
        buffer_append_json_string(out, find(f.bytes, 1).bytes);
        buffer_append_text(out, ", value: ");
        buffer_append_json_string(out, find(f.bytes, 2).bytes);
        buffer_append_text(out, " }");
    }
    buffer_append_text(out, params ? "] }]" : first ? "" : "]");
}

/* The nested message that holds a map's entries; empty when the field is none. */
static slice entries_of(slice message, slice field) {
    slice type = find(field, TYPE_NAME).bytes, rest = message;
    wire_field f;
    for (bool ok = true; find(field, LABEL).value == REPEATED && take_field(&rest, &f, &ok);) {
        if (f.number != NESTED || !find(find(f.bytes, 7).bytes, 7).value)
            continue;
        slice name = name_of(f.bytes);
        if (type.length > name.length && type.data[type.length - name.length - 1] == '.' &&
            slice_equal(slice_make(type.data + type.length - name.length, name.length), name))
            return f.bytes;
    }
    return (slice){NULL, 0};
}

/* The `number`-th field of a message. */
static slice nth_field(slice message, uint64_t number) {
    wire_field f;
    for (bool ok = true; take_field(&message, &f, &ok);)
        if (f.number == FIELD && find(f.bytes, FIELD_NUMBER).value == number)
            return f.bytes;
    return (slice){NULL, 0};
}

static void append_field(buffer *out, slice message, slice field, bool proto2, int depth) {
    slice entries = entries_of(message, field);
    uint64_t label = find(field, LABEL).value;
    bool in_oneof = find(field, ONEOF).bytes.data && !find(field, OPTIONAL).value;
    indent(out, depth);
    if (entries.data) {
        buffer_append_text(out, "map<");
        append_type(out, nth_field(entries, 1));
        buffer_append_text(out, ", ");
        append_type(out, nth_field(entries, 2));
        buffer_append_byte(out, '>');
    } else {
        if (label == REPEATED)
            buffer_append_text(out, "repeated ");
        else if (label == REQUIRED)
            buffer_append_text(out, "required ");
        else if (find(field, OPTIONAL).value || (proto2 && !in_oneof))
            buffer_append_text(out, "optional ");
        append_type(out, field);
    }
    buffer_format(out, " %.*s = %llu", SLICE_ARG(name_of(field)),
        (unsigned long long)find(field, FIELD_NUMBER).value);
    append_options(out, find(field, OPTIONS).bytes);
    buffer_append_text(out, ";\n");
}

/* Whether a field belongs to the oneof with that index. */
static bool is_of(slice field, uint64_t oneof) {
    wire_field f = find(field, ONEOF);
    return f.bytes.data && f.value == oneof && !find(field, OPTIONAL).value;
}

/* A oneof is written where its first field stands. */
static void append_oneof(buffer *out, slice message, slice first, int depth) {
    uint64_t index = find(first, ONEOF).value, at = 0;
    slice rest = message, name = {"", 0};
    wire_field f;
    for (bool ok = true; take_field(&rest, &f, &ok);) {
        if (f.number == ONEOFS && at++ == index)
            name = name_of(f.bytes);
        if (f.number == FIELD && is_of(f.bytes, index) && f.bytes.data < first.data)
            return; /* it has been written */
    }
    indent(out, depth);
    buffer_format(out, "oneof %.*s {\n", SLICE_ARG(name));
    rest = message;
    for (bool ok = true; take_field(&rest, &f, &ok);)
        if (f.number == FIELD && is_of(f.bytes, index))
            append_field(out, message, f.bytes, false, depth + 1);
    indent(out, depth);
    buffer_append_text(out, "}\n");
}

/* ---- types ---- */

static void append_enum(buffer *out, slice type, int depth) {
    wire_field f;
    indent(out, depth);
    buffer_format(out, "enum %.*s {\n", SLICE_ARG(name_of(type)));
    if (find(find(type, 3).bytes, 2).value) {
        indent(out, depth + 1);
        buffer_append_text(out, "option allow_alias = true;\n");
    }
    for (bool ok = true; take_field(&type, &f, &ok);) {
        if (f.number != 2)
            continue;
        indent(out, depth + 1);
        buffer_format(
            out, "%.*s = %d;\n", SLICE_ARG(name_of(f.bytes)), (int)find(f.bytes, 2).value);
    }
    indent(out, depth);
    buffer_append_text(out, "}\n");
}

static bool append_message(buffer *out, slice message, bool proto2, int depth) {
    wire_field f;
    bool ok = depth < MAX_DEPTH && name_of(message).length > 0;
    indent(out, depth);
    buffer_format(out, "message %.*s {\n", SLICE_ARG(name_of(message)));
    for (slice rest = message; ok && take_field(&rest, &f, &ok);) {
        if (f.number != FIELD)
            continue;
        if (find(f.bytes, ONEOF).bytes.data && !find(f.bytes, OPTIONAL).value)
            append_oneof(out, message, f.bytes, depth + 1);
        else
            append_field(out, message, f.bytes, proto2, depth + 1);
    }
    for (slice rest = message; ok && take_field(&rest, &f, &ok);) {
        if (f.number == NESTED && !find(find(f.bytes, 7).bytes, 7).value)
            ok = append_message(out, f.bytes, proto2, depth + 1);
        else if (f.number == ENUM)
            append_enum(out, f.bytes, depth + 1);
    }
    indent(out, depth);
    buffer_append_text(out, "}\n");
    return ok;
}

static bool append_file(buffer *out, slice file) {
    slice package = find(file, 2).bytes, syntax = find(file, 12).bytes;
    bool proto2 = !slice_is(syntax, "proto3"), ok = true;
    wire_field f;
    buffer_format(out, "syntax = \"%s\";\n", proto2 ? "proto2" : "proto3");
    if (package.length)
        buffer_format(out, "package %.*s;\n", SLICE_ARG(package));
    for (slice rest = file; take_field(&rest, &f, &ok);)
        if (f.number == 3)
            buffer_format(out, "import \"%.*s\";\n", SLICE_ARG(f.bytes));
    for (slice rest = file; ok && take_field(&rest, &f, &ok);) {
        if (f.number != 4 && f.number != 5)
            continue;
        buffer_append_byte(out, '\n');
        if (f.number == 5)
            append_enum(out, f.bytes, 0);
        else
            ok = append_message(out, f.bytes, proto2, 0);
    }
    return ok;
}

bool proto_descriptor_text(slice text, buffer *out) {
    size_t before = out->length, length;
    buffer bytes = {0};
    text = slice_trim(text);
    buffer_reserve(&bytes, base64_decoded_max(text) + 1);
    bool ok = text.length > 0 && base64_decode(text, bytes.data, &length) && length > 0 &&
              append_file(out, slice_make(bytes.data, length));
    if (!ok)
        out->length = before;
    buffer_free(&bytes);
    return ok;
}
