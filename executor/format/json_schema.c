#include "executor/format/json_schema.h"

#include <stdlib.h>

#include "executor/format/json_writer.h"
#include "executor/format/schema_header.h"

#define CONNECT "org.apache.kafka.connect.data."

enum { MAX_DEPTH = 64 };

/* ---- writing ---- */

static void append_type(buffer *out, const sql_type *type, int index);

/* "connect.index" tells the order of properties, which JSON objects do not. */
static void append_index(buffer *out, int index) {
    if (index >= 0)
        buffer_format(out, "\"connect.index\":%d,", index);
}

static void append_titled(
    buffer *out, const char *json_type, const char *title, const char *connect_type) {
    buffer_format(out,
        "{\"type\":\"%s\",\"title\":\"" CONNECT "%s\",\"connect.version\":1,"
        "\"connect.type\":\"%s\"",
        json_type, title, connect_type);
}

static void append_properties(buffer *out, int count, const sql_field *fields) {
    buffer_append_text(out, "\"type\":\"object\",\"properties\":{");
    for (int i = 0; i < count; i++) {
        if (i)
            buffer_append_byte(out, ',');
        json_append_string(out, fields[i].name);
        buffer_append_byte(out, ':');
        append_type(out, fields[i].type, i);
    }
    buffer_append_byte(out, '}');
}

static void append_plain(buffer *out, const sql_type *type) {
    switch (type->base) {
    case SQL_BOOLEAN:
        buffer_append_text(out, "{\"type\":\"boolean\"}");
        return;
    case SQL_INTEGER:
        buffer_append_text(out, "{\"type\":\"integer\",\"connect.type\":\"int32\"}");
        return;
    case SQL_BIGINT:
        buffer_append_text(out, "{\"type\":\"integer\",\"connect.type\":\"int64\"}");
        return;
    case SQL_DOUBLE:
        buffer_append_text(out, "{\"type\":\"number\",\"connect.type\":\"float64\"}");
        return;
    case SQL_DECIMAL:
        append_titled(out, "number", "Decimal", "bytes");
        buffer_format(out,
            ",\"connect.parameters\":{\"scale\":\"%d\",\"connect.decimal.precision\":\"%d\"}}",
            type->scale, type->precision);
        return;
    case SQL_VARCHAR:
    case SQL_NULL:
        buffer_append_text(out, "{\"type\":\"string\"}");
        return;
    case SQL_BYTES:
        buffer_append_text(out, "{\"type\":\"string\",\"connect.type\":\"bytes\"}");
        return;
    case SQL_DATE:
        append_titled(out, "integer", "Date", "int32");
        buffer_append_byte(out, '}');
        return;
    case SQL_TIME:
        append_titled(out, "integer", "Time", "int32");
        buffer_append_byte(out, '}');
        return;
    case SQL_TIMESTAMP:
        append_titled(out, "integer", "Timestamp", "int64");
        buffer_append_byte(out, '}');
        return;
    case SQL_ARRAY:
        buffer_append_text(out, "{\"type\":\"array\",\"items\":");
        append_type(out, type->element, -1);
        buffer_append_byte(out, '}');
        return;
    case SQL_MAP:
        buffer_append_text(
            out, "{\"type\":\"object\",\"connect.type\":\"map\",\"additionalProperties\":");
        append_type(out, type->element, -1);
        buffer_append_byte(out, '}');
        return;
    case SQL_STRUCT:
        buffer_append_byte(out, '{');
        append_properties(out, type->field_count, type->fields);
        buffer_append_byte(out, '}');
        return;
    }
}

/* Every column may be null. */
static void append_type(buffer *out, const sql_type *type, int index) {
    buffer_append_byte(out, '{');
    append_index(out, index);
    buffer_append_text(out, "\"oneOf\":[{\"type\":\"null\"},");
    append_plain(out, type);
    buffer_append_text(out, "]}");
}

void json_schema_append(buffer *out, const format_schema *schema) {
    if (!schema->wrapped) {
        append_type(out, schema->columns[0].type, -1);
        return;
    }
    buffer_append_text(out, "{\"type\":\"object\",\"properties\":{");
    for (int i = 0; i < schema->count; i++) {
        if (i)
            buffer_append_byte(out, ',');
        json_append_string(out, schema->columns[i].name);
        buffer_append_byte(out, ':');
        append_type(out, schema->columns[i].type, i);
    }
    buffer_append_text(out, "}}");
}

/* ---- reading ---- */

typedef struct inference {
    const json_t *root;
    const format_options *options;
    arena *memory;
    error *e;
    int depth;
    bool fatal; /* a field that cannot be had is not enough */
} inference;

static const sql_type *infer_type(inference *in, const json_t *schema);

static const sql_type *refuse(inference *in, const char *what) {
    error_set(in->e, ERROR_UNSUPPORTED, "The JSON schema cannot become columns: %s", what);
    return NULL;
}

static const sql_type *infer_union(inference *in, const json_t *choices) {
    const json_t *chosen = NULL;
    for (size_t i = 0; i < json_array_size(choices); i++) {
        const json_t *choice = json_array_get(choices, i);
        if (slice_is(schema_json_text(choice, "type"), "null"))
            continue;
        if (chosen)
            return refuse(in, "oneOf with several types");
        chosen = choice;
    }
    return chosen ? infer_type(in, chosen) : refuse(in, "a type that is always null");
}

static const sql_type *infer_reference(inference *in, slice reference) {
    if (!slice_starts_with(reference, SLICE_LITERAL("#")))
        return refuse(in, "$ref to another document");
    const json_t *at = in->root;
    size_t i = 1;
    while (at && i < reference.length) {
        size_t from = i + 1;
        for (i = from; i < reference.length && reference.data[i] != '/';)
            i++;
        slice step = from <= reference.length ? slice_make(reference.data + from, i - from)
                                              : slice_make("", 0);
        at = json_object_getn(at, step.data, step.length);
    }
    return at ? infer_type(in, at) : refuse(in, "$ref to nothing");
}

/* The order of properties: by connect.index, where it is given. */
typedef struct property {
    const char *name;
    const json_t *schema;
    json_int_t index;
    size_t order;
} property;

static int by_index(const void *a, const void *b) {
    const property *x = a, *y = b;
    if (x->index != y->index)
        return x->index < y->index ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static const sql_type *infer_struct(inference *in, const json_t *schema) {
    json_t *properties = json_object_get(schema, "properties");
    size_t count = json_object_size(properties), i = 0;
    property *list = ARENA_ARRAY(in->memory, property, count + 1);
    const char *name;
    json_t *value;
    json_object_foreach(properties, name, value) {
        const json_t *index = json_object_get(value, "connect.index");
        list[i] = (property){name, value, index ? json_integer_value(index) : (json_int_t)i, i};
        i++;
    }
    qsort(list, count, sizeof *list, by_index);
    sql_field *fields = ARENA_ARRAY(in->memory, sql_field, count + 1);
    int found = 0, depth = in->depth;
    for (i = 0; i < count; i++) {
        fields[found].name = schema_column_name(in->options, in->memory, slice_of(list[i].name));
        fields[found].type = infer_type(in, list[i].schema);
        if (in->fatal)
            return NULL;
        found += fields[found].type != NULL;
        in->depth = depth;
    }
    if (count && !found)
        return NULL;
    error_clear(in->e); /* what has no type of ours is no column */
    return sql_type_struct(in->memory, fields, found);
}

static const sql_type *infer_object(inference *in, const json_t *schema) {
    const json_t *values = json_object_get(schema, "additionalProperties");
    bool is_map = slice_is(schema_json_text(schema, "connect.type"), "map");
    if (!is_map)
        return infer_struct(in, schema);
    const sql_type *element = infer_type(in, values);
    return element ? sql_type_map(in->memory, &SQL_TYPE_VARCHAR, element) : NULL;
}

static int parameter(const json_t *schema, const char *name, int otherwise) {
    int64_t value;
    slice text = schema_json_text(json_object_get(schema, "connect.parameters"), name);
    return text.data && slice_to_int64(text, &value) ? (int)value : otherwise;
}

static const sql_type *infer_number(inference *in, const json_t *schema) {
    if (!slice_is(schema_json_text(schema, "title"), CONNECT "Decimal"))
        return &SQL_TYPE_DOUBLE;
    int precision = parameter(schema, "connect.decimal.precision", 38);
    int scale = parameter(schema, "scale", 0);
    if (precision < 1 || precision > 38 || scale < 0 || scale > precision)
        return refuse(in, "a decimal of more than 38 digits");
    return sql_type_decimal(in->memory, precision, scale);
}

static const sql_type *infer_integer(const json_t *schema) {
    slice title = schema_json_text(schema, "title"),
          type = schema_json_text(schema, "connect.type");
    if (slice_is(title, CONNECT "Date"))
        return &SQL_TYPE_DATE;
    if (slice_is(title, CONNECT "Time"))
        return &SQL_TYPE_TIME;
    if (slice_is(title, CONNECT "Timestamp"))
        return &SQL_TYPE_TIMESTAMP;
    bool narrow = slice_is(type, "int8") || slice_is(type, "int16") || slice_is(type, "int32");
    return narrow ? &SQL_TYPE_INTEGER : &SQL_TYPE_BIGINT;
}

/* "type" is a name, or a list of names of which only "null" may stand beside another. */
static slice type_name(const json_t *schema) {
    const json_t *list = json_object_get(schema, "type");
    slice chosen = schema_json_text(schema, "type");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *each = json_array_get(list, i);
        slice name = slice_make(json_string_value(each), json_string_length(each));
        if (slice_is(name, "null"))
            continue;
        if (chosen.data)
            return (slice){NULL, 0};
        chosen = name;
    }
    return chosen;
}

static const sql_type *infer_named(inference *in, const json_t *schema) {
    slice type = type_name(schema);
    if (slice_is(type, "integer"))
        return infer_integer(schema);
    if (slice_is(type, "number"))
        return infer_number(in, schema);
    if (slice_is(type, "boolean"))
        return &SQL_TYPE_BOOLEAN;
    if (slice_is(type, "string"))
        return slice_is(schema_json_text(schema, "connect.type"), "bytes") ? &SQL_TYPE_BYTES
                                                                           : &SQL_TYPE_VARCHAR;
    if (slice_is(type, "array")) {
        const sql_type *element = infer_type(in, json_object_get(schema, "items"));
        return element ? sql_type_array(in->memory, element) : NULL;
    }
    if (slice_is(type, "object") || json_object_get(schema, "properties"))
        return infer_object(in, schema);
    if (json_object_get(schema, "enum"))
        return &SQL_TYPE_VARCHAR;
    return refuse(in, "a part without a type");
}

static const sql_type *infer_type(inference *in, const json_t *schema) {
    if (!json_is_object(schema))
        return refuse(in, "a part that is no object");
    if (++in->depth > MAX_DEPTH) {
        in->fatal = true;
        return refuse(in, "it is recursive, or nested too deep");
    }
    const json_t *choices = json_object_get(schema, "oneOf");
    if (!choices)
        choices = json_object_get(schema, "anyOf");
    slice reference = schema_json_text(schema, "$ref");
    const sql_type *type = choices          ? infer_union(in, choices)
                           : reference.data ? infer_reference(in, reference)
                                            : infer_named(in, schema);
    in->depth--;
    return type;
}

bool json_schema_infer(slice text, bool wrapped, bool is_key, const format_options *options,
    arena *a, format_schema *out, error *e) {
    json_t *root = schema_parse_json(text, "JSON schema", e);
    if (!root)
        return false;
    inference in = {root, options, a, e, 0, false};
    const sql_type *type = infer_type(&in, root);
    json_decref(root);
    return schema_of_type(type, wrapped, is_key, a, out, e);
}
