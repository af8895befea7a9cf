/* KAFKA: one primitive column as Kafka's own serializers write it: integers and doubles big endian,
 * text as UTF-8, bytes as they are. No coercion.
 */
#include "base/memory.h"
#include "base/utf8.h"
#include "executor/format/format_common.h"

typedef struct kafka_decoder {
    format_decoder base;
    const format_schema *schema;
} kafka_decoder;

typedef struct kafka_encoder {
    format_encoder base;
    const format_schema *schema;
} kafka_encoder;

static bool fail_columns(const format_schema *schema, error *e) {
    buffer list = {0};
    for (int i = 0; i < schema->count; i++) {
        buffer_format(&list, "%s`%.*s` ", i ? ", " : "", SLICE_ARG(schema->columns[i].name));
        sql_type_format(schema->columns[i].type, &list);
    }
    error_set(e, ERROR_STATEMENT, "The 'KAFKA' format only supports a single field. Got: [%.*s]",
        SLICE_ARG(buffer_slice(&list)));
    buffer_free(&list);
    return error_hint(e, "Use JSON, AVRO, PROTOBUF or DELIMITED for several columns.");
}

static bool validate(const format_schema *schema, const format_options *options, error *e) {
    for (int i = 0; i < schema->count; i++) {
        switch (schema->columns[i].type->base) {
        case SQL_INTEGER:
        case SQL_BIGINT:
        case SQL_DOUBLE:
        case SQL_VARCHAR:
        case SQL_BYTES:
            break;
        default:
            return format_refuse_type("KAFKA", &schema->columns[i], schema->columns[i].type, e);
        }
    }
    return schema->count <= 1 || fail_columns(schema, e);
}

static format_decoder *open_decoder(
    const format_schema *schema, const format_options *options, const bool *wanted, error *e) {
    if (!validate(schema, options, e))
        return NULL;
    kafka_decoder *d = MEMORY_NEW(kafka_decoder);
    *d = (kafka_decoder){{&FORMAT_KAFKA}, schema};
    return &d->base;
}

static void close_decoder(format_decoder *decoder) {
    memory_free(decoder);
}

static void append_text(column *to, slice payload) {
    if (utf8_valid(payload)) {
        column_append_bytes(to, payload);
        return;
    }
    buffer repaired = {0};
    utf8_append_repaired(&repaired, payload);
    column_append_bytes(to, buffer_slice(&repaired));
    buffer_free(&repaired);
}

static size_t expected_bytes(const sql_type *type) {
    switch (type->base) {
    case SQL_INTEGER:
        return 4;
    case SQL_BIGINT:
    case SQL_DOUBLE:
        return 8;
    default:
        return 0; /* any */
    }
}

static void append_value(column *to, slice payload) {
    uint32_t four;
    uint64_t eight;
    double number;
    switch (to->type->base) {
    case SQL_INTEGER:
        memcpy(&four, payload.data, 4);
        column_append_int32(to, (int32_t)__builtin_bswap32(four));
        return;
    case SQL_BIGINT:
        memcpy(&eight, payload.data, 8);
        column_append_int64(to, (int64_t)__builtin_bswap64(eight));
        return;
    case SQL_DOUBLE:
        memcpy(&eight, payload.data, 8);
        eight = __builtin_bswap64(eight);
        memcpy(&number, &eight, 8);
        column_append_double(to, number);
        return;
    case SQL_VARCHAR:
        append_text(to, payload);
        return;
    default:
        column_append_bytes(to, payload);
    }
}

static void report_length(
    const format_report *report, int64_t row, size_t length, const sql_type *type) {
    buffer message = {0};
    sql_type_format(type, &message);
    buffer_format(
        &message, " takes %zu bytes in the KAFKA format, not %zu", expected_bytes(type), length);
    format_report_bad(report, row, buffer_slice(&message));
    buffer_free(&message);
}

static void decode(format_decoder *decoder, const slice *payloads, int64_t count,
    column *const *columns, uint8_t *status, const format_report *report) {
    const format_schema *schema = ((kafka_decoder *)decoder)->schema;
    const sql_type *type = schema->count ? schema->columns[0].type : &SQL_TYPE_BYTES;
    column *to = schema->count ? columns[0] : NULL;
    size_t expected = expected_bytes(type);
    for (int64_t i = 0; i < count; i++) {
        status[i] = FORMAT_OK;
        if (!payloads[i].data) {
            status[i] = FORMAT_NULL;
        } else if (expected && payloads[i].length != expected) {
            status[i] = FORMAT_BAD;
            report_length(report, i, payloads[i].length, type);
        }
        if (to && status[i] == FORMAT_OK)
            append_value(to, payloads[i]);
        else if (to)
            column_append_null(to);
    }
}

static format_encoder *open_encoder(
    const format_schema *schema, const format_options *options, error *e) {
    if (!validate(schema, options, e))
        return NULL;
    kafka_encoder *c = MEMORY_NEW(kafka_encoder);
    *c = (kafka_encoder){{&FORMAT_KAFKA}, schema};
    return &c->base;
}

static void close_encoder(format_encoder *encoder) {
    memory_free(encoder);
}

static void append_payload(buffer *out, const column *c, int64_t row) {
    uint32_t four;
    uint64_t eight;
    switch (c->type->base) {
    case SQL_INTEGER:
        four = __builtin_bswap32((uint32_t)c->int32s[row]);
        buffer_append_bytes(out, &four, 4);
        return;
    case SQL_BIGINT:
        eight = __builtin_bswap64((uint64_t)c->int64s[row]);
        buffer_append_bytes(out, &eight, 8);
        return;
    case SQL_DOUBLE:
        memcpy(&eight, &c->doubles[row], 8);
        eight = __builtin_bswap64(eight);
        buffer_append_bytes(out, &eight, 8);
        return;
    default:
        buffer_append(out, column_slice(c, row));
    }
}

static format_status write_row(
    format_encoder *encoder, column *const *columns, int64_t row, buffer *out, error *e) {
    const format_schema *schema = ((kafka_encoder *)encoder)->schema;
    if (!schema->count || column_is_null(columns[0], row))
        return FORMAT_NULL;
    append_payload(out, columns[0], row);
    return FORMAT_OK;
}

static void encode(format_encoder *encoder, column *const *columns, int64_t first, int64_t count,
    const uint8_t *skip, buffer *out, size_t *ends, uint8_t *status, const format_report *report) {
    format_encode_rows(write_row, encoder, columns, first, count, skip, out, ends, status, report);
}

const format FORMAT_KAFKA = {
    .name = "KAFKA",
    .wraps = false,
    .unwraps = true,
    .wraps_single_by_default = false,
    .validate = validate,
    .open_decoder = open_decoder,
    .decode = decode,
    .close_decoder = close_decoder,
    .open_encoder = open_encoder,
    .encode = encode,
    .close_encoder = close_encoder,
};
