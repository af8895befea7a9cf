/* The resolution of a reader's and a writer's schema
 * (https://avro.apache.org/docs/1.11.1/specification/#schema-resolution), on the two graphs at
 * once. A pair of records that is already being compared further out is taken to fit: whether it
 * does is decided there.
 */
#include "executor/format/avro_schema.h"
#include "server/registry_compatibility.h"

/* Unions of records can ask for more comparisons than anybody waits for. */
enum { MAX_STEPS = 200000 };

typedef struct pair {
    const avro_node *reader, *writer;
    const struct pair *outer;
    slice path; /* in the reader's schema */
} pair;

typedef struct check {
    arena *arena;
    error *why;
    int *steps; /* comparisons so far */
} check;

static bool reads(const check *c, const avro_node *reader, const avro_node *writer,
    const pair *outer, slice path);

static bool refuse(const check *c, const pair *at, const char *what) {
    return error_set(c->why, ERROR_DATA, "at %.*s: %s (reader: %s %.*s, writer: %s %.*s)",
        SLICE_ARG(at->path), what, avro_kind_name(at->reader->kind), SLICE_ARG(at->reader->name),
        avro_kind_name(at->writer->kind), SLICE_ARG(at->writer->name));
}

/* ---- names ---- */

static slice plain_name(slice name) {
    for (size_t i = name.length; i > 0; i--)
        if (name.data[i - 1] == '.')
            return slice_make(name.data + i, name.length - i);
    return name;
}

static bool is_alias(const json_t *json, slice name) {
    const json_t *aliases = json_object_get(json, "aliases");
    for (size_t i = 0; i < json_array_size(aliases); i++) {
        const char *alias = json_string_value(json_array_get(aliases, i));
        if (alias && slice_is(name, alias))
            return true;
    }
    return false;
}

static bool same_name(const avro_node *reader, const avro_node *writer) {
    return slice_equal(plain_name(reader->name), plain_name(writer->name)) ||
           is_alias(reader->json, writer->name) || is_alias(reader->json, plain_name(writer->name));
}

static const avro_field *writers_field(const avro_field *wanted, const avro_node *writer) {
    for (int i = 0; i < writer->count; i++)
        if (slice_equal(writer->fields[i].name, wanted->name))
            return &writer->fields[i];
    for (int i = 0; i < writer->count; i++)
        if (is_alias(wanted->json, writer->fields[i].name))
            return &writer->fields[i];
    return NULL;
}

/* ---- types ---- */

static bool is_promoted(avro_kind reader, avro_kind writer) {
    switch (writer) {
    case AVRO_INT:
        return reader == AVRO_LONG || reader == AVRO_FLOAT || reader == AVRO_DOUBLE;
    case AVRO_LONG:
        return reader == AVRO_FLOAT || reader == AVRO_DOUBLE;
    case AVRO_FLOAT:
        return reader == AVRO_DOUBLE;
    case AVRO_STRING:
        return reader == AVRO_BYTES;
    case AVRO_BYTES:
        return reader == AVRO_STRING;
    default:
        return false;
    }
}

static bool reads_record(const check *c, const pair *at) {
    if (!same_name(at->reader, at->writer))
        return refuse(c, at, "the names differ");
    for (int i = 0; i < at->reader->count; i++) {
        const avro_field *field = &at->reader->fields[i];
        const avro_field *written = writers_field(field, at->writer);
        slice path =
            arena_format(c->arena, "%.*s/%.*s", SLICE_ARG(at->path), SLICE_ARG(field->name));
        if (written && !reads(c, field->node, written->node, at, path))
            return false;
        if (!written && !field->fallback)
            return error_set(c->why, ERROR_DATA,
                "at %.*s: the reader's field '%.*s' has no default and the writer has no such "
                "field",
                SLICE_ARG(path), SLICE_ARG(field->name));
    }
    return true;
}

static bool has_symbol(const avro_node *node, slice symbol) {
    for (int i = 0; i < node->count; i++)
        if (slice_equal(node->symbols[i], symbol))
            return true;
    return false;
}

static bool reads_enum(const check *c, const pair *at) {
    if (!same_name(at->reader, at->writer))
        return refuse(c, at, "the names differ");
    if (json_object_get(at->reader->json, "default"))
        return true;
    for (int i = 0; i < at->writer->count; i++)
        if (!has_symbol(at->reader, at->writer->symbols[i]))
            return error_set(c->why, ERROR_DATA, "at %.*s: the reader's enum has no symbol %.*s",
                SLICE_ARG(at->path), SLICE_ARG(at->writer->symbols[i]));
    return true;
}

static bool reads_union(const check *c, const pair *at) {
    for (int i = 0; i < at->reader->count; i++)
        if (reads(&(check){c->arena, &(error){0}, c->steps}, at->reader->branches[i], at->writer,
                at->outer, at->path))
            return true;
    return refuse(c, at, "no branch of the reader's union fits");
}

static bool reads_same_kind(const check *c, const pair *at) {
    switch (at->reader->kind) {
    case AVRO_RECORD:
        return reads_record(c, at);
    case AVRO_ENUM:
        return reads_enum(c, at);
    case AVRO_FIXED:
        return (same_name(at->reader, at->writer) && at->reader->size == at->writer->size) ||
               refuse(c, at, "the names or sizes differ");
    case AVRO_ARRAY:
        return reads(c, at->reader->element, at->writer->element, at,
            arena_format(c->arena, "%.*s/items", SLICE_ARG(at->path)));
    case AVRO_MAP:
        return reads(c, at->reader->element, at->writer->element, at,
            arena_format(c->arena, "%.*s/values", SLICE_ARG(at->path)));
    default:
        return true;
    }
}

static bool is_being_compared(const pair *outer, const avro_node *reader, const avro_node *writer) {
    while (outer && !(outer->reader == reader && outer->writer == writer))
        outer = outer->outer;
    return outer != NULL;
}

static bool reads(const check *c, const avro_node *reader, const avro_node *writer,
    const pair *outer, slice path) {
    pair at = {reader, writer, outer, path};
    if (is_being_compared(outer, reader, writer))
        return true;
    if (++*c->steps > MAX_STEPS)
        return error_set(c->why, ERROR_LIMIT, "the schemas are too intricate to compare");
    if (writer->kind == AVRO_UNION) {
        for (int i = 0; i < writer->count; i++)
            if (!reads(c, reader, writer->branches[i], &at, path))
                return false;
        return true;
    }
    if (reader->kind == AVRO_UNION)
        return reads_union(c, &at);
    if (reader->kind == writer->kind)
        return reads_same_kind(c, &at);
    return is_promoted(reader->kind, writer->kind) || refuse(c, &at, "the types differ");
}

bool registry_avro_reads(slice reader_text, slice writer_text, error *why) {
    avro_schema *reader = avro_schema_parse(reader_text, why);
    avro_schema *writer = reader ? avro_schema_parse(writer_text, why) : NULL;
    int steps = 0;
    check c = {arena_create(), why, &steps};
    bool ok = writer && reads(&c, reader->root, writer->root, NULL, (slice){"", 0});
    arena_destroy(c.arena);
    avro_schema_close(reader);
    avro_schema_close(writer);
    return ok;
}
