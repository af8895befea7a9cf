/* AVRO_RECORD: Avro's binary form without a header. Both sides know the schema, since it follows
 * from the table's columns: fields are nullable, null first, unless their column is NOT NULL; a
 * ROW inside is called after the path to it (record_address).
 */
#include "executor/format/avro_record.h"

#include "base/memory.h"
#include "executor/format/avro_reader.h"
#include "executor/format/avro_writer.h"
#include "executor/format/format_common.h"

typedef struct avro_record_decoder {
    format_decoder base;
    const format_schema *schema;
    arena *memory;
    avro_schema *written;
    avro_plan *plan;
} avro_record_decoder;

typedef struct avro_record_encoder {
    format_encoder base;
    const format_schema *schema;
    arena *memory;
    avro_schema *written;
    avro_script *script;
} avro_record_encoder;

/* ---- the schema ---- */

static void append_type(buffer *out, const sql_type *type, slice declared, slice name);

static void append_nullable(buffer *out, const sql_type *type, slice declared, slice name) {
    buffer_append_text(out, "[\"null\",");
    append_type(out, type, declared, name);
    buffer_append_byte(out, ']');
}

static bool begins_with(slice declared, const char *word) {
    size_t length = strlen(word);
    return declared.length >= length &&
           slice_is_ignore_case(slice_make(declared.data, length), word);
}

/* TIMESTAMP(4) and finer, and TIMESTAMP, which is TIMESTAMP(6). */
static bool has_micros(slice declared) {
    const char *number = declared.data ? memchr(declared.data, '(', declared.length) : NULL;
    return declared.data && (!number || number[1] > '3');
}

static void append_field(
    buffer *out, slice field, const sql_type *type, slice declared, bool not_null, slice record) {
    buffer name = {0};
    buffer_format(&name, "%.*s_%.*s", SLICE_ARG(record), SLICE_ARG(field));
    buffer_format(out, "{\"name\":\"%.*s\",\"type\":", SLICE_ARG(field));
    if (not_null)
        append_type(out, type, declared, buffer_slice(&name));
    else
        append_nullable(out, type, declared, buffer_slice(&name));
    buffer_append_text(out, not_null ? "}" : ",\"default\":null}");
    buffer_free(&name);
}

static void append_row(buffer *out, const sql_type *type, slice name) {
    buffer_format(out, "{\"type\":\"record\",\"name\":\"%.*s\",\"fields\":[", SLICE_ARG(name));
    for (int i = 0; i < type->field_count; i++) {
        if (i)
            buffer_append_byte(out, ',');
        append_field(
            out, type->fields[i].name, type->fields[i].type, (slice){NULL, 0}, false, name);
    }
    buffer_append_text(out, "]}");
}

static void append_type(buffer *out, const sql_type *type, slice declared, slice name) {
    slice none = {NULL, 0};
    switch (type->base) {
    case SQL_BOOLEAN:
        buffer_append_text(out, "\"boolean\"");
        return;
    case SQL_INTEGER:
        buffer_append_text(out, "\"int\"");
        return;
    case SQL_BIGINT:
        buffer_append_text(out, "\"long\"");
        return;
    case SQL_DOUBLE:
        buffer_append_text(out, begins_with(declared, "FLOAT") || begins_with(declared, "REAL")
                                    ? "\"float\""
                                    : "\"double\"");
        return;
    case SQL_BYTES:
        buffer_append_text(out, "\"bytes\"");
        return;
    case SQL_DATE:
        buffer_append_text(out, "{\"type\":\"int\",\"logicalType\":\"date\"}");
        return;
    case SQL_TIME:
        buffer_append_text(out, "{\"type\":\"int\",\"logicalType\":\"time-millis\"}");
        return;
    case SQL_TIMESTAMP:
        buffer_format(out, "{\"type\":\"long\",\"logicalType\":\"timestamp-%s\"}",
            has_micros(declared) ? "micros" : "millis");
        return;
    case SQL_DECIMAL:
        buffer_format(out,
            "{\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":%d,\"scale\":%d}",
            type->precision, type->scale);
        return;
    case SQL_ARRAY:
        buffer_append_text(out, "{\"type\":\"array\",\"items\":");
        append_nullable(out, type->element, none, name);
        buffer_append_byte(out, '}');
        return;
    case SQL_MAP:
        buffer_append_text(out, "{\"type\":\"map\",\"values\":");
        append_nullable(out, type->element, none, name);
        buffer_append_byte(out, '}');
        return;
    case SQL_STRUCT:
        append_row(out, type, name);
        return;
    default:
        buffer_append_text(out, "\"string\"");
    }
}

void avro_record_append_schema(
    const format_schema *schema, const format_options *options, buffer *out) {
    slice record = SLICE_LITERAL("record");
    buffer_append_text(out, "{\"type\":\"record\",\"name\":\"record\",\"namespace\":"
                            "\"org.apache.flink.avro.generated\",\"fields\":[");
    for (int i = 0; i < schema->count; i++) {
        const format_column *c = &schema->columns[i];
        const flink_table_column *told =
            options && options->flink ? flink_column_named(options->flink, c->name) : NULL;
        if (i)
            buffer_append_byte(out, ',');
        append_field(out, c->name, c->type, told ? told->declared : (slice){NULL, 0},
            told && told->not_null, record);
    }
    buffer_append_text(out, "]}");
}

static avro_schema *table_schema(
    const format_schema *schema, const format_options *options, error *e) {
    buffer text = {0};
    avro_record_append_schema(schema, options, &text);
    avro_schema *parsed = avro_schema_parse(buffer_slice(&text), e);
    buffer_free(&text);
    return parsed;
}

static bool validate(const format_schema *schema, const format_options *options, error *e) {
    (void)options;
    return avro_schema_check(schema, e);
}

/* ---- reading ---- */

static void close_decoder(format_decoder *decoder) {
    avro_record_decoder *d = (avro_record_decoder *)decoder;
    avro_schema_close(d->written);
    arena_destroy(d->memory);
    memory_free(d);
}

static format_decoder *open_decoder(
    const format_schema *schema, const format_options *options, const bool *wanted, error *e) {
    if (!validate(schema, options, e))
        return NULL;
    avro_record_decoder *d = MEMORY_NEW(avro_record_decoder);
    d->base.format = &FORMAT_AVRO_RECORD;
    d->schema = schema;
    d->memory = arena_create();
    d->written = table_schema(schema, options, e);
    d->plan = d->written ? avro_plan_create(d->memory, d->written, schema, wanted, e) : NULL;
    if (d->plan)
        return &d->base;
    close_decoder(&d->base);
    return NULL;
}

static void decode(format_decoder *decoder, const slice *payloads, int64_t count,
    column *const *columns, uint8_t *status, const format_report *report) {
    avro_record_decoder *d = (avro_record_decoder *)decoder;
    int64_t first = format_first_row(columns, d->schema->count);
    for (int64_t i = 0; i < count; i++) {
        error e;
        bool null;
        e.code = ERROR_NONE;
        status[i] = FORMAT_NULL;
        if (payloads[i].data)
            status[i] = avro_read(d->plan, payloads[i], columns, first + i, &null, &e) ? FORMAT_OK
                                                                                       : FORMAT_BAD;
        if (status[i] == FORMAT_BAD)
            format_report_bad(report, i, slice_of(e.message));
        if (status[i] != FORMAT_OK)
            format_append_null_row(columns, d->schema->count, first + i);
    }
}

/* ---- writing ---- */

static void close_encoder(format_encoder *encoder) {
    avro_record_encoder *c = (avro_record_encoder *)encoder;
    avro_schema_close(c->written);
    arena_destroy(c->memory);
    memory_free(c);
}

static format_encoder *open_encoder(
    const format_schema *schema, const format_options *options, error *e) {
    if (!validate(schema, options, e))
        return NULL;
    avro_record_encoder *c = MEMORY_NEW(avro_record_encoder);
    c->base.format = &FORMAT_AVRO_RECORD;
    c->schema = schema;
    c->memory = arena_create();
    c->written = table_schema(schema, options, e);
    c->script = c->written ? avro_script_create(c->memory, c->written, schema, e) : NULL;
    if (c->script)
        return &c->base;
    close_encoder(&c->base);
    return NULL;
}

static format_status write_row(
    format_encoder *encoder, column *const *columns, int64_t row, buffer *out, error *e) {
    avro_record_encoder *c = (avro_record_encoder *)encoder;
    return avro_write(c->script, columns, row, out, e) ? FORMAT_OK : FORMAT_BAD;
}

static void encode(format_encoder *encoder, column *const *columns, int64_t first, int64_t count,
    const uint8_t *skip, buffer *out, size_t *ends, uint8_t *status, const format_report *report) {
    format_encode_rows(write_row, encoder, columns, first, count, skip, out, ends, status, report);
}

const format FORMAT_AVRO_RECORD = {
    .name = "AVRO_RECORD",
    .wraps = true,
    .wraps_single_by_default = true,
    .validate = validate,
    .open_decoder = open_decoder,
    .decode = decode,
    .close_decoder = close_decoder,
    .open_encoder = open_encoder,
    .encode = encode,
    .close_encoder = close_encoder,
};
