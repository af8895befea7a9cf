#include "shell/test_record.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "server/json_out.h"

enum { SCHEMA_HEADER_BYTES = 5 }; /* a zero byte and the schema's id */

static slice format_name(const source_descriptor *source, bool of_key) {
    slice name = of_key ? source->key_format.name : source->value_format.name;
    return slice_is(name, "DEBEZIUM_JSON") ? SLICE_LITERAL("JSON") : name;
}

/* ---- writing ---- */

/* The payload's columns from its JSON: fields of an object, or the single value itself. The column
 * that owns them is the caller's; NULL when the JSON does not fit. */
static column *read_columns(arena *a, const format_schema *schema, slice json, column **columns) {
    error ignored = {0};
    column *owner;
    if (schema->wrapped) {
        sql_field *fields = ARENA_ARRAY(a, sql_field, schema->count);
        for (int i = 0; i < schema->count; i++)
            fields[i] = (sql_field){schema->columns[i].name, schema->columns[i].type};
        owner = column_create(sql_type_struct(a, fields, schema->count));
    } else
        owner = column_create(schema->columns[0].type);
    bool fits =
        json_read_value(json, owner, &ignored) && !(schema->wrapped && column_is_null(owner, 0));
    if (!fits) {
        column_destroy(owner);
        return NULL;
    }
    for (int i = 0; i < schema->count; i++)
        columns[i] = schema->wrapped ? owner->children[i] : owner;
    return owner;
}

static void note_bad(void *context, int64_t row, const char *message) {
    *(bool *)context = true;
}

static bool encode_columns(arena *a, const format *format, const format_schema *schema,
    const format_options *options, column *const *columns, slice *bytes) {
    error ignored = {0};
    format_encoder *encoder = format->open_encoder(schema, options, &ignored);
    if (!encoder)
        return false;
    buffer out = {0};
    size_t end = 0;
    uint8_t status = FORMAT_OK;
    bool bad = false;
    format_report report = {note_bad, &bad};
    format->encode(encoder, columns, 0, 1, NULL, &out, &end, &status, &report);
    format->close_encoder(encoder);
    *bytes = status == FORMAT_NULL ? (slice){NULL, 0} : arena_copy(a, buffer_slice(&out));
    buffer_free(&out);
    return status != FORMAT_BAD && !bad;
}

/* What the registry has for the topic is what a record is written with, as any producer would: its
 * columns may be more than the source's. */
static void use_registered_schema(
    arena *a, const format *format, format_options *options, format_schema *schema) {
    slice type, text;
    int32_t id;
    error ignored = {0};
    format_schema registered = *schema;
    schema_registry *registry = options->registry;
    if (!format->infer || options->schema_id > 0 ||
        !registry->latest_schema(registry, options->subject, a, &id, &type, &text, &ignored))
        return;
    format_options exact = *options;
    exact.schema_id = id;
    if (!format->infer(text, schema->wrapped, schema->is_key, &exact, a, &registered, &ignored))
        return;
    *options = exact;
    *schema = registered;
}

static slice encode_by_schema(arena *a, const source_descriptor *source, bool of_key,
    schema_registry *registry, const json_node *value, slice plain) {
    format_schema schema = record_schema(a, source, of_key, NULL);
    format_options options = record_format_options(a, source, of_key, registry);
    const format *format = format_find(format_name(source, of_key));
    if (!format || schema.count == 0)
        return plain;
    use_registered_schema(a, format, &options, &schema);
    column **columns = ARENA_ARRAY(a, column *, schema.count);
    column *owner = read_columns(a, &schema, value->text, columns);
    slice bytes = plain;
    if (owner && !encode_columns(a, format, &schema, &options, columns, &bytes))
        bytes = plain;
    column_destroy(owner);
    return bytes;
}

slice test_payload_encode(arena *a, const source_descriptor *source, bool of_key,
    schema_registry *registry, const json_node *value) {
    if (json_tree_is_null(value))
        return (slice){NULL, 0};
    slice plain = value->kind == JSON_KIND_STRING ? value->string : value->text;
    if (!source)
        return plain;
    slice name = format_name(source, of_key);
    if (slice_is(name, "JSON"))
        return value->text;
    if (slice_is(name, "DELIMITED"))
        return plain;
    return encode_by_schema(a, source, of_key, registry, value, plain);
}

static void append_big_endian(buffer *out, int64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8)
        buffer_append_byte(out, (char)((uint64_t)value >> shift));
}

/* Window bounds stand behind the key: the start, or end and start for sessions. */
static slice windowed_key(arena *a, slice key, const json_node *window) {
    buffer out = {0};
    buffer_append(&out, key);
    if (slice_is_ignore_case(json_tree_string(window, "type"), "session"))
        append_big_endian(&out, json_tree_integer(window, "end", 0));
    append_big_endian(&out, json_tree_integer(window, "start", 0));
    slice bytes = arena_copy(a, buffer_slice(&out));
    buffer_free(&out);
    return bytes;
}

static slice header_value(arena *a, const json_node *header) {
    slice text = json_tree_string(header, "VALUE");
    if (!text.data)
        return text;
    char *bytes = arena_allocate(a, base64_decoded_max(text) + 1);
    size_t length;
    return base64_decode(text, bytes, &length) ? slice_make(bytes, length) : text;
}

static void read_headers(arena *a, topic_record *record, const json_node *headers) {
    if (!headers || headers->kind != JSON_KIND_ARRAY)
        return;
    topic_header *list = ARENA_ARRAY(a, topic_header, headers->count);
    for (const json_node *h = headers->first; h; h = h->next)
        list[record->header_count++] =
            (topic_header){json_tree_string(h, "KEY"), header_value(a, h)};
    record->headers = list;
}

topic_record test_record_read(
    arena *a, const source_descriptor *source, schema_registry *registry, const json_node *node) {
    topic_record record = {.timestamp_ms = json_tree_integer(node, "timestamp", 0),
        .partition = TOPIC_PARTITION_BY_KEY};
    record.key = test_payload_encode(a, source, true, registry, json_tree_member(node, "key"));
    record.value = test_payload_encode(a, source, false, registry, json_tree_member(node, "value"));
    const json_node *window = json_tree_member(node, "window");
    if (record.key.data && !json_tree_is_null(window))
        record.key = windowed_key(a, record.key, window);
    read_headers(a, &record, json_tree_member(node, "headers"));
    return record;
}

/* ---- reading ---- */

static bool is_json(slice text) {
    arena *a = arena_create();
    error ignored = {0};
    bool valid = json_tree_read(a, text, &ignored) != NULL;
    arena_destroy(a);
    return valid;
}

static void append_text(buffer *out, slice bytes) {
    buffer repaired = {0};
    utf8_append_repaired(&repaired, bytes);
    buffer_append_json_string(out, buffer_slice(&repaired));
    buffer_free(&repaired);
}

static bool decode_columns(const format *format, const format_schema *schema,
    const format_options *options, slice bytes, column **columns) {
    error ignored = {0};
    format_decoder *decoder = format->open_decoder(schema, options, NULL, &ignored);
    if (!decoder)
        return false;
    bool bad = false;
    uint8_t status = FORMAT_OK;
    format_report report = {note_bad, &bad};
    format->decode(decoder, &bytes, 1, columns, &status, &report);
    format->close_decoder(decoder);
    return status == FORMAT_OK && !bad;
}

static void append_columns(buffer *out, const format_schema *schema, column **columns) {
    if (!schema->wrapped) {
        json_append_value(out, columns[0], 0);
        return;
    }
    buffer_append_byte(out, '{');
    for (int i = 0; i < schema->count; i++) {
        json_name_slice(out, schema->columns[i].name);
        json_append_value(out, columns[i], 0);
    }
    buffer_append_byte(out, '}');
}

/* The columns of the schema that the statement named, which may be more than the source's; false:
 * it named none, or it cannot be read. */
static bool named_schema(
    arena *a, const format *format, const format_options *options, format_schema *schema) {
    slice type, text;
    error ignored = {0};
    schema_registry *registry = options->registry;
    return options->schema_id > 0 && format && format->infer &&
           registry->schema_by_id(registry, options->schema_id, a, &type, &text, &ignored) &&
           format->infer(text, schema->wrapped, schema->is_key, options, a, schema, &ignored);
}

static void append_by_schema(buffer *out, const source_descriptor *source, bool of_key,
    schema_registry *registry, slice bytes) {
    arena *a = arena_create();
    format_schema schema = record_schema(a, source, of_key, NULL);
    format_options options = record_format_options(a, source, of_key, registry);
    const format *format = format_find(format_name(source, of_key));
    format_schema named = schema;
    if (named_schema(a, format, &options, &named))
        schema = named;
    column **columns = ARENA_ARRAY(a, column *, schema.count);
    for (int i = 0; i < schema.count; i++)
        columns[i] = column_create(schema.columns[i].type);
    if (format && schema.count && decode_columns(format, &schema, &options, bytes, columns))
        append_columns(out, &schema, columns);
    else
        append_text(out, bytes);
    for (int i = 0; i < schema.count; i++)
        column_destroy(columns[i]);
    arena_destroy(a);
}

void test_payload_append_json(buffer *out, const source_descriptor *source, bool of_key,
    schema_registry *registry, slice bytes) {
    slice name = source ? format_name(source, of_key) : SLICE_LITERAL("JSON");
    if (!bytes.data) {
        buffer_append_text(out, "null");
        return;
    }
    if (slice_is(name, "JSON_SR") && bytes.length > SCHEMA_HEADER_BYTES)
        bytes = slice_make(bytes.data + SCHEMA_HEADER_BYTES, bytes.length - SCHEMA_HEADER_BYTES);
    if (slice_starts_with(name, SLICE_LITERAL("JSON")) && is_json(bytes))
        buffer_append(out, bytes);
    else if (slice_starts_with(name, SLICE_LITERAL("JSON")) || slice_is(name, "DELIMITED"))
        append_text(out, bytes);
    else
        append_by_schema(out, source, of_key, registry, bytes);
}

static int64_t read_big_endian(const char *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | (unsigned char)bytes[i];
    return (int64_t)value;
}

/* Cuts the bounds off the key and appends the window. */
static void append_window(buffer *out, const source_descriptor *source, slice *key) {
    bool session = source->window == WINDOW_SESSION;
    size_t suffix = session ? 16 : 8;
    if (!key->data || key->length < suffix)
        return;
    key->length -= suffix;
    const char *bounds = key->data + key->length;
    int64_t start = read_big_endian(session ? bounds + 8 : bounds);
    int64_t end = session ? read_big_endian(bounds) : start + source->window_size_ms;
    json_name(out, "window");
    json_open(out, '{');
    json_number_member(out, "start", start);
    json_number_member(out, "end", end);
    json_text_member(out, "type", session ? SLICE_LITERAL("session") : SLICE_LITERAL("time"));
    json_shut(out, '}');
}

static void append_headers(buffer *out, const topic_record *record) {
    json_name(out, "headers");
    json_open(out, '[');
    for (int i = 0; i < record->header_count; i++) {
        json_open(out, '{');
        json_text_member(out, "KEY", record->headers[i].key);
        json_name(out, "VALUE");
        buffer value = {0};
        base64_append(&value, record->headers[i].value);
        json_text(out, record->headers[i].value.data ? buffer_slice(&value) : (slice){NULL, 0});
        buffer_free(&value);
        json_shut(out, '}');
    }
    json_shut(out, ']');
}

void test_record_append_json(buffer *out, const source_descriptor *source,
    schema_registry *registry, const topic_record *record) {
    slice key = record->key;
    json_open(out, '{');
    if (source && source->window != WINDOW_NONE)
        append_window(out, source, &key);
    json_name(out, "key");
    test_payload_append_json(out, source, true, registry, key);
    json_name(out, "value");
    test_payload_append_json(out, source, false, registry, record->value);
    json_number_member(out, "timestamp", record->timestamp_ms);
    append_headers(out, record);
    json_shut(out, '}');
}
