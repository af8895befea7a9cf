/* Messages are found by their full names, fields by their numbers. A field may come and go and
 * change its name; its type may change to another that looks the same on the wire. */
#include "executor/format/proto_schema.h"
#include "server/registry_compatibility.h"

/* Kinds with the same number are written alike. */
static int wire_group(proto_kind kind) {
    switch (kind) {
    case PROTO_INT32:
    case PROTO_INT64:
    case PROTO_UINT32:
    case PROTO_UINT64:
    case PROTO_BOOL:
    case PROTO_ENUM:
        return 1;
    case PROTO_SINT32:
    case PROTO_SINT64:
        return 2;
    case PROTO_FIXED32:
    case PROTO_SFIXED32:
        return 3;
    case PROTO_FIXED64:
    case PROTO_SFIXED64:
        return 4;
    case PROTO_STRING:
    case PROTO_BYTES:
        return 5;
    default:
        return 100 + (int)kind;
    }
}

static const proto_message *find_message(const proto_schema *s, slice name) {
    for (int i = 0; i < s->message_count; i++)
        if (slice_equal(s->messages[i]->name, name))
            return s->messages[i];
    return NULL;
}

static const proto_field *find_number(const proto_message *m, int32_t number) {
    for (int i = 0; i < m->count; i++)
        if (m->fields[i].number == number)
            return &m->fields[i];
    return NULL;
}

static bool reads_field(
    const proto_message *m, const proto_field *reader, const proto_field *writer, error *why) {
    bool long_kind = wire_group(reader->kind) == 5 || reader->kind == PROTO_MESSAGE;
    if (wire_group(reader->kind) != wire_group(writer->kind))
        return error_set(why, ERROR_DATA,
            "field %d of %.*s is %s for the reader, %s for the writer", (int)reader->number,
            SLICE_ARG(m->name), proto_kind_name(reader->kind), proto_kind_name(writer->kind));
    if (reader->repeated != writer->repeated && !long_kind)
        return error_set(why, ERROR_DATA, "field %d of %.*s is repeated for one of both only",
            (int)reader->number, SLICE_ARG(m->name));
    if (reader->kind == PROTO_MESSAGE && reader->map == writer->map && !reader->map &&
        !slice_equal(reader->message->name, writer->message->name))
        return error_set(why, ERROR_DATA,
            "field %d of %.*s is a %.*s for the reader, a %.*s for "
            "the writer",
            (int)reader->number, SLICE_ARG(m->name), SLICE_ARG(reader->message->name),
            SLICE_ARG(writer->message->name));
    return reader->map == writer->map ||
           error_set(why, ERROR_DATA, "field %d of %.*s is a map for one of both only",
               (int)reader->number, SLICE_ARG(m->name));
}

static bool reads_message(const proto_message *reader, const proto_message *writer, error *why) {
    for (int i = 0; i < reader->count; i++) {
        const proto_field *field = &reader->fields[i];
        const proto_field *written = find_number(writer, field->number);
        if (!written)
            continue;
        if (!reads_field(reader, field, written, why) ||
            (field->map && !reads_message(field->message, written->message, why)))
            return false;
    }
    return true;
}

static bool reads(const proto_schema *reader, const proto_schema *writer, error *why) {
    for (int i = 0; i < writer->message_count; i++) {
        const proto_message *written = writer->messages[i];
        const proto_message *known = find_message(reader, written->name);
        if (!known && written->index >= 0)
            return error_set(
                why, ERROR_DATA, "the reader has no message %.*s", SLICE_ARG(written->name));
        if (known && !reads_message(known, written, why))
            return false;
    }
    return true;
}

bool registry_proto_reads(
    slice reader_text, slice writer_text, schema_registry *imports, error *why) {
    proto_schema *reader = proto_schema_parse(reader_text, imports, why);
    proto_schema *writer = reader ? proto_schema_parse(writer_text, imports, why) : NULL;
    bool ok = writer && reads(reader, writer, why);
    proto_schema_close(reader);
    proto_schema_close(writer);
    return ok;
}
