/* NONE: no columns, no bytes. */
#include "base/memory.h"
#include "executor/format/format_common.h"

static bool validate(const format_schema *schema, const format_options *options, error *e) {
    if (schema->count == 0)
        return true;
    buffer list = {0};
    for (int i = 0; i < schema->count; i++) {
        buffer_format(&list, "%s`%.*s` ", i ? ", " : "", SLICE_ARG(schema->columns[i].name));
        sql_type_format(schema->columns[i].type, &list);
        if (schema->is_key)
            buffer_append_text(&list, " KEY");
    }
    error_set(e, ERROR_STATEMENT,
        "The 'NONE' format can only be used when no columns are defined. Got: [%.*s]",
        SLICE_ARG(buffer_slice(&list)));
    buffer_free(&list);
    return false;
}

static format_decoder *open_decoder(
    const format_schema *schema, const format_options *options, const bool *wanted, error *e) {
    if (!validate(schema, options, e))
        return NULL;
    format_decoder *d = MEMORY_NEW(format_decoder);
    d->format = &FORMAT_NONE;
    return d;
}

static void close_decoder(format_decoder *decoder) {
    memory_free(decoder);
}

static void decode(format_decoder *decoder, const slice *payloads, int64_t count,
    column *const *columns, uint8_t *status, const format_report *report) {
    memset(status, FORMAT_NULL, (size_t)count);
}

static format_encoder *open_encoder(
    const format_schema *schema, const format_options *options, error *e) {
    if (!validate(schema, options, e))
        return NULL;
    format_encoder *c = MEMORY_NEW(format_encoder);
    c->format = &FORMAT_NONE;
    return c;
}

static void close_encoder(format_encoder *encoder) {
    memory_free(encoder);
}

static format_status write_row(
    format_encoder *encoder, column *const *columns, int64_t row, buffer *out, error *e) {
    return FORMAT_NULL;
}

static void encode(format_encoder *encoder, column *const *columns, int64_t first, int64_t count,
    const uint8_t *skip, buffer *out, size_t *ends, uint8_t *status, const format_report *report) {
    format_encode_rows(write_row, encoder, columns, first, count, skip, out, ends, status, report);
}

const format FORMAT_NONE = {
    .name = "NONE",
    .validate = validate,
    .open_decoder = open_decoder,
    .decode = decode,
    .close_decoder = close_decoder,
    .open_encoder = open_encoder,
    .encode = encode,
    .close_encoder = close_encoder,
};
