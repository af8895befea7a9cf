/* Columns to an Avro schema and back.
 *
 * The text is what Kafka Connect's converter makes: fields are nullable with null as default; a
 * nested record is called after the path to it (KsqlDataSourceSchema_ADDRESS); a MAP, whose keys
 * may be null too, is an array of key and value records; decimals, dates and times carry Connect's
 * names beside Avro's logical types.
 */
#include "executor/format/avro_schema.h"
#include "executor/format/format_common.h"
#include "executor/format/schema_header.h"

#define DEFAULT_NAME "io.confluent.ksql.avro_schemas.KsqlDataSourceSchema"
#define CONNECT "org.apache.kafka.connect.data."

/* ---- checks ---- */

static bool is_avro_name(slice name) {
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.length > 0;
}

static bool check_name(slice name, error *e) {
    if (is_avro_name(name))
        return true;
    error_set(e, ERROR_STATEMENT, "Schema is not compatible with Avro: illegal name `%.*s`",
        SLICE_ARG(name));
    return error_hint(
        e, "Avro names have letters, digits and underscores, and do not start with a digit.");
}

static bool check_type(const sql_type *type, error *e) {
    switch (type->base) {
    case SQL_MAP:
        if (type->key->base != SQL_VARCHAR)
            return error_set(e, ERROR_STATEMENT, "Avro only supports MAPs with STRING keys");
        return check_type(type->element, e);
    case SQL_ARRAY:
        return check_type(type->element, e);
    case SQL_STRUCT:
        for (int i = 0; i < type->field_count; i++)
            if (!check_name(type->fields[i].name, e) || !check_type(type->fields[i].type, e))
                return false;
        return true;
    default:
        return true;
    }
}

bool avro_schema_check(const format_schema *schema, error *e) {
    for (int i = 0; i < schema->count; i++) {
        if (schema->wrapped && !check_name(schema->columns[i].name, e))
            return false;
        if (!check_type(schema->columns[i].type, e))
            return false;
    }
    return true;
}

/* ---- writing ---- */

/* `inside`: a record stands around it, whose namespace a record in it takes over unsaid. */
static void append_type(buffer *out, const sql_type *type, slice name, bool inside);

static void append_nullable(buffer *out, const sql_type *type, slice name, bool inside) {
    buffer_append_text(out, "[\"null\",");
    append_type(out, type, name, inside);
    buffer_append_byte(out, ']');
}

static void append_field(buffer *out, slice field, const sql_type *type, slice name) {
    buffer_format(out, "{\"name\":\"%.*s\",\"type\":", SLICE_ARG(field));
    append_nullable(out, type, name, true);
    buffer_append_text(out, ",\"default\":null}");
}

static void append_child_field(
    buffer *out, slice field, const sql_type *type, slice record, const char *suffix) {
    buffer name = {0};
    if (suffix)
        buffer_format(&name, "%.*s_%s", SLICE_ARG(record), suffix);
    else
        buffer_format(&name, "%.*s_%.*s", SLICE_ARG(record), SLICE_ARG(field));
    append_field(out, field, type, buffer_slice(&name));
    buffer_free(&name);
}

/* "name" and "namespace" of a full name. */
static void append_record_name(buffer *out, slice name, bool inside) {
    size_t dot = 0;
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] == '.')
            dot = i + 1;
    buffer_format(
        out, "{\"type\":\"record\",\"name\":\"%.*s\",", (int)(name.length - dot), name.data + dot);
    if (dot && !inside)
        buffer_format(out, "\"namespace\":\"%.*s\",", (int)dot - 1, name.data);
    buffer_append_text(out, "\"fields\":[");
}

static void append_record(
    buffer *out, int count, const sql_field *fields, slice name, bool inside) {
    append_record_name(out, name, inside);
    for (int i = 0; i < count; i++) {
        if (i)
            buffer_append_byte(out, ',');
        append_child_field(out, fields[i].name, fields[i].type, name, NULL);
    }
    buffer_format(out, "],\"connect.name\":\"%.*s\"}", SLICE_ARG(name));
}

static void append_map(buffer *out, const sql_type *type, slice name, bool inside) {
    buffer_append_text(out, "{\"type\":\"array\",\"items\":");
    append_record_name(out, name, inside);
    append_child_field(out, SLICE_LITERAL("key"), type->key, name, "MapKey");
    buffer_append_byte(out, ',');
    append_child_field(out, SLICE_LITERAL("value"), type->element, name, "MapValue");
    buffer_append_text(out, "],\"connect.internal.type\":\"MapEntry\"}}");
}

static void append_logical(
    buffer *out, const char *type, const char *connect_name, const char *logical) {
    buffer_format(out,
        "{\"type\":\"%s\",\"connect.version\":1,\"connect.name\":\"" CONNECT
        "%s\",\"logicalType\":\"%s\"}",
        type, connect_name, logical);
}

static void append_decimal(buffer *out, const sql_type *type) {
    buffer_format(out,
        "{\"type\":\"bytes\",\"scale\":%d,\"precision\":%d,\"connect.version\":1,"
        "\"connect.parameters\":{\"scale\":\"%d\",\"connect.decimal.precision\":\"%d\"},"
        "\"connect.name\":\"" CONNECT "Decimal\",\"logicalType\":\"decimal\"}",
        type->scale, type->precision, type->scale, type->precision);
}

static void append_type(buffer *out, const sql_type *type, slice name, bool inside) {
    static const char *const plain[] = {[SQL_NULL] = "\"null\"",
        [SQL_BOOLEAN] = "\"boolean\"",
        [SQL_INTEGER] = "\"int\"",
        [SQL_BIGINT] = "\"long\"",
        [SQL_DOUBLE] = "\"double\"",
        [SQL_VARCHAR] = "\"string\"",
        [SQL_BYTES] = "\"bytes\""};
    switch (type->base) {
    case SQL_DECIMAL:
        append_decimal(out, type);
        return;
    case SQL_DATE:
        append_logical(out, "int", "Date", "date");
        return;
    case SQL_TIME:
        append_logical(out, "int", "Time", "time-millis");
        return;
    case SQL_TIMESTAMP:
        append_logical(out, "long", "Timestamp", "timestamp-millis");
        return;
    case SQL_ARRAY:
        buffer_append_text(out, "{\"type\":\"array\",\"items\":");
        append_nullable(out, type->element, name, inside);
        buffer_append_byte(out, '}');
        return;
    case SQL_MAP:
        append_map(out, type, name, inside);
        return;
    case SQL_STRUCT:
        append_record(out, type->field_count, type->fields, name, inside);
        return;
    default:
        buffer_append_text(out, plain[type->base]);
    }
}

bool avro_schema_append(
    const format_schema *schema, const format_options *options, buffer *out, error *e) {
    if (!avro_schema_check(schema, e))
        return false;
    slice name = SLICE_LITERAL(DEFAULT_NAME);
    if (options && options->schema_full_name.data)
        name = options->schema_full_name;
    if (!schema->wrapped) {
        append_type(out, schema->columns[0].type, name, false);
        return true;
    }
    append_record_name(out, name, false);
    for (int i = 0; i < schema->count; i++) {
        if (i)
            buffer_append_byte(out, ',');
        append_child_field(out, schema->columns[i].name, schema->columns[i].type, name, NULL);
    }
    buffer_format(out, "],\"connect.name\":\"%.*s\"}", SLICE_ARG(name));
    return true;
}

/* ---- inference ---- */

typedef struct inference {
    const format_options *options;
    arena *memory;
    error *e;
    int depth;
} inference;

static const sql_type *infer_type(inference *in, const avro_node *node);

static const sql_type *refuse(inference *in, const char *what) {
    error_set(in->e, ERROR_UNSUPPORTED, "The Avro schema cannot become columns: %s", what);
    return NULL;
}

static const sql_type *infer_record(inference *in, const avro_node *node) {
    sql_field *fields = ARENA_ARRAY(in->memory, sql_field, node->count + 1);
    for (int i = 0; i < node->count; i++) {
        fields[i].name = schema_column_name(in->options, in->memory, node->fields[i].name);
        fields[i].type = infer_type(in, node->fields[i].node);
        if (!fields[i].type)
            return NULL;
    }
    return sql_type_struct(in->memory, fields, node->count);
}

/* A choice of several types is a STRUCT of which one field is there. */
static const sql_type *infer_choice(inference *in, const avro_node *node) {
    sql_field *fields = ARENA_ARRAY(in->memory, sql_field, node->count);
    int count = 0;
    for (int i = 0; i < node->count; i++) {
        if (node->branches[i]->kind == AVRO_NULL)
            continue;
        slice name = avro_branch_name(node->branches[i]);
        fields[count].name = schema_column_name(in->options, in->memory, name);
        fields[count].type = infer_type(in, node->branches[i]);
        if (!fields[count++].type)
            return NULL;
    }
    return sql_type_struct(in->memory, fields, count);
}

static const sql_type *infer_union(inference *in, const avro_node *node) {
    if (avro_is_choice(node))
        return infer_choice(in, node);
    for (int i = 0; i < node->count; i++)
        if (node->branches[i]->kind != AVRO_NULL)
            return infer_type(in, node->branches[i]);
    return refuse(in, "a type that is always null");
}

static const sql_type *infer_container(inference *in, const avro_node *node) {
    if (avro_is_map_entries(node)) {
        const sql_type *key = infer_type(in, node->element->fields[0].node);
        const sql_type *value = infer_type(in, node->element->fields[1].node);
        return key && value ? sql_type_map(in->memory, key, value) : NULL;
    }
    const sql_type *element = infer_type(in, node->element);
    if (!element)
        return NULL;
    return node->kind == AVRO_ARRAY ? sql_type_array(in->memory, element)
                                    : sql_type_map(in->memory, &SQL_TYPE_VARCHAR, element);
}

static const sql_type *infer_bytes(inference *in, const avro_node *node) {
    if (node->logical == AVRO_DECIMAL)
        return sql_type_decimal(in->memory, node->precision, node->scale);
    return &SQL_TYPE_BYTES;
}

static const sql_type *infer_kind(inference *in, const avro_node *node) {
    switch (node->kind) {
    case AVRO_NULL:
        return refuse(in, "a type that is always null");
    case AVRO_BOOLEAN:
        return &SQL_TYPE_BOOLEAN;
    case AVRO_INT:
        return node->logical == AVRO_DATE          ? &SQL_TYPE_DATE
               : node->logical == AVRO_TIME_MILLIS ? &SQL_TYPE_TIME
                                                   : &SQL_TYPE_INTEGER;
    case AVRO_LONG:
        return node->logical == AVRO_TIMESTAMP_MILLIS ? &SQL_TYPE_TIMESTAMP : &SQL_TYPE_BIGINT;
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        return &SQL_TYPE_DOUBLE;
    case AVRO_STRING:
    case AVRO_ENUM:
        return &SQL_TYPE_VARCHAR;
    case AVRO_BYTES:
    case AVRO_FIXED:
        return infer_bytes(in, node);
    case AVRO_RECORD:
        return infer_record(in, node);
    case AVRO_UNION:
        return infer_union(in, node);
    case AVRO_ARRAY:
    case AVRO_MAP:
        return infer_container(in, node);
    }
    return NULL;
}

static const sql_type *infer_type(inference *in, const avro_node *node) {
    if (++in->depth > AVRO_MAX_DEPTH)
        return refuse(in, "it is recursive, or nested too deep");
    const sql_type *type = infer_kind(in, node);
    in->depth--;
    return type;
}

bool avro_schema_infer(slice text, bool wrapped, bool is_key, const format_options *options,
    arena *a, format_schema *out, error *e) {
    avro_schema *schema = avro_schema_parse(text, e);
    if (!schema)
        return false;
    inference in = {options, a, e, 0};
    const sql_type *type = infer_type(&in, schema->root);
    avro_schema_close(schema);
    return schema_of_type(type, wrapped, is_key, a, out, e);
}
