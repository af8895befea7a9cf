/* JSON: an object with a field a column, or the one column's value itself.
 *
 * Decoding is json_reader.c, with a shape of the wanted columns. Encoding writes the columns' names
 * from texts prepared once ({"A": and ,"B":) and the values in between.
 */
#include "base/memory.h"
#include "executor/format/format_common.h"
#include "executor/format/json_reader.h"
#include "executor/format/json_writer.h"

typedef struct json_decoder {
    format_decoder base;
    const format_schema *schema;
    json_shape *shape; /* of the wanted fields, or of the unwrapped column */
    json_reader reader;
} json_decoder;

typedef struct json_encoder {
    format_encoder base;
    const format_schema *schema;
    format_times *times;
    bool leaves_nulls_out;
    slice *names; /* {"A": then ,"B": and so on; in `text` */
    buffer text;
} json_encoder;

static bool validate(const format_schema *schema, const format_options *options, error *e) {
    if (!format_check_unwrapped("JSON", schema, e))
        return false;
    for (int i = 0; i < schema->count; i++)
        if (!format_check_map_keys("JSON", &schema->columns[i], schema->columns[i].type, e))
            return false;
    return true;
}

static json_shape *wanted_shape(const format_schema *schema, const bool *wanted) {
    json_wanted *fields = memory_allocate(sizeof(json_wanted) * (size_t)schema->count);
    int count = 0;
    for (int i = 0; i < schema->count; i++)
        if (!wanted || wanted[i])
            fields[count++] = (json_wanted){schema->columns[i].name, schema->columns[i].type, i};
    json_shape *shape = json_shape_of_fields(fields, count);
    memory_free(fields);
    return shape;
}

static format_decoder *open_decoder(
    const format_schema *schema, const format_options *options, const bool *wanted, error *e) {
    if (!validate(schema, options, e))
        return NULL;
    json_decoder *d = MEMORY_NEW(json_decoder);
    d->base.format = &FORMAT_JSON; /* also of DEBEZIUM_JSON */
    d->schema = schema;
    d->reader.times_are_texts = options && options->times != FORMAT_TIMES_NUMBERS;
    d->reader.is_lenient = options && options->flink;
    d->reader.forgives_values = format_flink_flag(options, "json.ignore-parse-errors") ||
                                format_flink_flag(options, "debezium-json.ignore-parse-errors");
    d->reader.refuses_missing = format_flink_flag(options, "json.fail-on-missing-field");
    d->shape = schema->wrapped ? wanted_shape(schema, wanted)
                               : json_shape_of_type(schema->columns[0].type);
    return &d->base;
}

static void close_decoder(format_decoder *decoder) {
    json_decoder *d = (json_decoder *)decoder;
    json_shape_destroy(d->shape);
    json_reader_finish(&d->reader);
    memory_free(d);
}

static void report_bad(json_decoder *d, const format_report *report, int64_t row) {
    buffer message = {0};
    json_reader_complaint(&d->reader, &message);
    format_report_bad(report, row, buffer_slice(&message));
    buffer_free(&message);
}

static uint8_t decode_row(
    json_decoder *d, slice payload, column *const *columns, int64_t row, const format_report *r) {
    json_reader *reader = &d->reader;
    json_reader_start(reader, payload);
    json_peek(reader);
    if (json_take_null(reader))
        return FORMAT_NULL;
    bool fine;
    if (d->schema->wrapped)
        fine = json_read_fields(reader, d->shape, columns, row);
    else if (columns[0])
        fine = json_read(reader, d->shape, columns[0]);
    else
        fine = json_skip_value(reader);
    return fine && json_read_end(reader) ? FORMAT_OK : FORMAT_BAD;
}

static void decode(format_decoder *decoder, const slice *payloads, int64_t count,
    column *const *columns, uint8_t *status, const format_report *report) {
    json_decoder *d = (json_decoder *)decoder;
    int64_t first = format_first_row(columns, d->schema->count);
    for (int64_t i = 0; i < count; i++) {
        status[i] = FORMAT_NULL;
        if (payloads[i].data)
            status[i] = decode_row(d, payloads[i], columns, first + i, report);
        if (status[i] == FORMAT_BAD)
            report_bad(d, report, i);
        if (status[i] != FORMAT_OK)
            format_append_null_row(columns, d->schema->count, first + i);
    }
}

static format_encoder *open_encoder(
    const format_schema *schema, const format_options *options, error *e) {
    if (!validate(schema, options, e))
        return NULL;
    json_encoder *c = MEMORY_NEW(json_encoder);
    c->base.format = &FORMAT_JSON;
    c->schema = schema;
    c->times = memory_allocate(sizeof(format_times) * (size_t)(schema->count + 1));
    for (int i = 0; i < schema->count; i++)
        c->times[i] = format_column_times(options, schema->columns[i].name);
    c->leaves_nulls_out = format_flink_flag(options, "json.encode.ignore-null-fields") ||
                          format_flink_flag(options, "debezium-json.encode.ignore-null-fields");
    c->names = memory_allocate(sizeof(slice) * (size_t)(schema->count + 1));
    size_t *ends = memory_allocate(sizeof(size_t) * (size_t)(schema->count + 1));
    for (int i = 0; i < schema->count; i++) {
        buffer_append_byte(&c->text, i ? ',' : '{');
        json_append_string(&c->text, schema->columns[i].name);
        buffer_append_byte(&c->text, ':');
        ends[i] = c->text.length;
    }
    for (int i = 0; i < schema->count; i++) {
        size_t from = i ? ends[i - 1] : 0;
        c->names[i] = slice_make(c->text.data + from, ends[i] - from);
    }
    memory_free(ends);
    return &c->base;
}

static void close_encoder(format_encoder *encoder) {
    json_encoder *c = (json_encoder *)encoder;
    memory_free(c->names);
    memory_free(c->times);
    buffer_free(&c->text);
    memory_free(c);
}

static void append_object(json_encoder *c, column *const *columns, int64_t row, buffer *out) {
    for (int i = 0; i < c->schema->count; i++) {
        buffer_append(out, c->names[i]);
        json_append_value_timed(out, columns[i], row, c->times[i]);
    }
    if (c->schema->count == 0)
        buffer_append_byte(out, '{');
    buffer_append_byte(out, '}');
}

/* The names begin with '{' or ',': which of the two depends on what came before. */
static void append_given(json_encoder *c, column *const *columns, int64_t row, buffer *out) {
    bool first = true;
    for (int i = 0; i < c->schema->count; i++) {
        if (column_is_null(columns[i], row))
            continue;
        buffer_append_byte(out, first ? '{' : ',');
        buffer_append_bytes(out, c->names[i].data + 1, c->names[i].length - 1);
        json_append_value_timed(out, columns[i], row, c->times[i]);
        first = false;
    }
    buffer_append_text(out, first ? "{}" : "}");
}

static format_status write_row(
    format_encoder *encoder, column *const *columns, int64_t row, buffer *out, error *e) {
    json_encoder *c = (json_encoder *)encoder;
    if (c->leaves_nulls_out && c->schema->wrapped)
        append_given(c, columns, row, out);
    else if (c->schema->wrapped)
        append_object(c, columns, row, out);
    else if (column_is_null(columns[0], row))
        return FORMAT_NULL;
    else
        json_append_value_timed(out, columns[0], row, c->times[0]);
    return FORMAT_OK;
}

static void encode(format_encoder *encoder, column *const *columns, int64_t first, int64_t count,
    const uint8_t *skip, buffer *out, size_t *ends, uint8_t *status, const format_report *report) {
    format_encode_rows(write_row, encoder, columns, first, count, skip, out, ends, status, report);
}

bool json_read_value(slice text, column *to, error *e) {
    json_reader r = {0};
    json_shape *shape = json_shape_of_type(to->type);
    json_reader_start(&r, text);
    json_peek(&r);
    bool fine = json_read(&r, shape, to);
    if (fine && json_peek(&r) != -1) {
        fine = json_fail(&r, "text behind the value");
        column_truncate(to, to->length - 1);
        column_append_null(to);
    }
    if (!fine) {
        buffer message = {0};
        json_reader_complaint(&r, &message);
        error_set(e, ERROR_DATA, "%.*s", SLICE_ARG(buffer_slice(&message)));
        buffer_free(&message);
    }
    json_shape_destroy(shape);
    json_reader_finish(&r);
    return fine;
}

const format FORMAT_JSON = {
    .name = "JSON",
    .wraps = true,
    .unwraps = true,
    .wraps_single_by_default = true,
    .validate = validate,
    .open_decoder = open_decoder,
    .decode = decode,
    .close_decoder = close_decoder,
    .open_encoder = open_encoder,
    .encode = encode,
    .close_encoder = close_encoder,
};

/* The rows inside Debezium's envelope (executor/debezium.h). */
const format FORMAT_DEBEZIUM_JSON = {
    .name = "DEBEZIUM_JSON",
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
