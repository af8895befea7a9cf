/* JSON_SR: JSON behind the id of its schema. The schema is registered when an encoder is opened;
 * decoding needs no schema, because the columns say what is expected.
 */
#include "base/memory.h"
#include "executor/format/format_common.h"
#include "executor/format/json_schema.h"
#include "executor/format/schema_header.h"

typedef struct json_sr_decoder {
    format_decoder base;
    format_decoder *json;
    int column_count;
} json_sr_decoder;

typedef struct json_sr_encoder {
    format_encoder base;
    format_encoder *json;
    int32_t id;
} json_sr_encoder;

static bool validate(const format_schema *schema, const format_options *options, error *e) {
    return FORMAT_JSON.validate(schema, options, e);
}

static format_decoder *open_decoder(
    const format_schema *schema, const format_options *options, const bool *wanted, error *e) {
    format_decoder *json = FORMAT_JSON.open_decoder(schema, options, wanted, e);
    if (!json)
        return NULL;
    json_sr_decoder *d = MEMORY_NEW(json_sr_decoder);
    *d = (json_sr_decoder){{&FORMAT_JSON_SR}, json, schema->count};
    return &d->base;
}

static void close_decoder(format_decoder *decoder) {
    json_sr_decoder *d = (json_sr_decoder *)decoder;
    FORMAT_JSON.close_decoder(d->json);
    memory_free(d);
}

/* Passes on the complaint about the only row of an inner call. */
typedef struct moved_report {
    const format_report *report;
    int64_t row;
} moved_report;

static void report_moved(void *context, int64_t row, const char *message) {
    const moved_report *moved = context;
    format_report_bad(moved->report, moved->row, slice_of(message));
}

static void decode(format_decoder *decoder, const slice *payloads, int64_t count,
    column *const *columns, uint8_t *status, const format_report *report) {
    json_sr_decoder *d = (json_sr_decoder *)decoder;
    int64_t first = format_first_row(columns, d->column_count);
    for (int64_t i = 0; i < count; i++) {
        slice payload = payloads[i];
        int32_t id;
        error e = {.code = ERROR_NONE};
        if (payload.data && !schema_header_take(&payload, &id, &e)) {
            status[i] = FORMAT_BAD;
            format_report_bad(report, i, slice_of(e.message));
            format_append_null_row(columns, d->column_count, first + i);
            continue;
        }
        moved_report moved = {report, i};
        FORMAT_JSON.decode(
            d->json, &payload, 1, columns, &status[i], &(format_report){report_moved, &moved});
    }
}

static bool describe(
    const format_schema *schema, const format_options *options, buffer *out, error *e) {
    json_schema_append(out, schema);
    return true;
}

static format_encoder *open_encoder(
    const format_schema *schema, const format_options *options, error *e) {
    if (!schema_require_registry("JSON_SR", options, e))
        return NULL;
    format_encoder *json = FORMAT_JSON.open_encoder(schema, options, e);
    if (!json)
        return NULL;
    buffer text = {0};
    json_schema_append(&text, schema);
    int32_t id;
    bool fine = schema_id_for(options, SLICE_LITERAL("JSON"), buffer_slice(&text), &id, e);
    buffer_free(&text);
    if (!fine) {
        FORMAT_JSON.close_encoder(json);
        return NULL;
    }
    json_sr_encoder *c = MEMORY_NEW(json_sr_encoder);
    *c = (json_sr_encoder){{&FORMAT_JSON_SR}, json, id};
    return &c->base;
}

static void close_encoder(format_encoder *encoder) {
    json_sr_encoder *c = (json_sr_encoder *)encoder;
    FORMAT_JSON.close_encoder(c->json);
    memory_free(c);
}

/* JSON can write every value, so it reports nothing. */
static format_status write_row(
    format_encoder *encoder, column *const *columns, int64_t row, buffer *out, error *e) {
    json_sr_encoder *c = (json_sr_encoder *)encoder;
    size_t end;
    uint8_t status;
    schema_header_append(out, c->id);
    FORMAT_JSON.encode(c->json, columns, row, 1, NULL, out, &end, &status, NULL);
    return (format_status)status;
}

static void encode(format_encoder *encoder, column *const *columns, int64_t first, int64_t count,
    const uint8_t *skip, buffer *out, size_t *ends, uint8_t *status, const format_report *report) {
    format_encode_rows(write_row, encoder, columns, first, count, skip, out, ends, status, report);
}

const format FORMAT_JSON_SR = {
    .name = "JSON_SR",
    .wraps = true,
    .unwraps = true,
    .wraps_single_by_default = true,
    .needs_registry = true,
    .schema_type = "JSON",
    .validate = validate,
    .open_decoder = open_decoder,
    .decode = decode,
    .close_decoder = close_decoder,
    .open_encoder = open_encoder,
    .encode = encode,
    .close_encoder = close_encoder,
    .describe = describe,
    .infer = json_schema_infer,
};
