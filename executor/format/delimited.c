/* DELIMITED: one line of fields, quoted where they must be ("a,b"; a quote inside is doubled).
 *
 * Reading follows RFC 4180: a field that starts with a quote runs to the quote that is not doubled,
 * and only blanks may follow it; in any other field quotes are ordinary. Empty lines before the
 * record are skipped, lines behind it are ignored. An empty field is null.
 *
 * Writing quotes a field that holds a delimiter, a quote or a line end, that starts with a
 * character up to
 * '#' or ends with one up to blank. The first field of a line is also quoted when it is an empty
 * string or does not start with an ASCII letter or digit.
 */
#include "base/memory.h"
#include "base/utf8.h"
#include "executor/format/format_common.h"
#include "executor/format/text_value.h"

/* One character in UTF-8. */
typedef struct field_delimiter {
    char bytes[4];
    size_t length;
} field_delimiter;

typedef struct delimited_decoder {
    format_decoder base;
    format_times times;
    const format_schema *schema;
    field_delimiter delimiter;
    buffer scratch; /* a quoted field without its quotes */
} delimited_decoder;

typedef struct delimited_encoder {
    format_encoder base;
    format_times times;
    const format_schema *schema;
    field_delimiter delimiter;
    buffer scratch;
} delimited_encoder;

static bool validate(const format_schema *schema, const format_options *options, error *e) {
    for (int i = 0; i < schema->count; i++)
        if (sql_type_is_nested(schema->columns[i].type))
            return format_refuse_type("DELIMITED", &schema->columns[i], schema->columns[i].type, e);
    return format_check_unwrapped("DELIMITED", schema, e);
}

static field_delimiter delimiter_of(const format_options *options) {
    field_delimiter d = {{','}, 1};
    if (options && options->delimiter)
        d.length = utf8_write(d.bytes, options->delimiter);
    return d;
}

/* ---- reading ---- */

static format_decoder *open_decoder(
    const format_schema *schema, const format_options *options, const bool *wanted, error *e) {
    if (!validate(schema, options, e))
        return NULL;
    delimited_decoder *d = MEMORY_NEW(delimited_decoder);
    d->base.format = &FORMAT_DELIMITED;
    d->schema = schema;
    d->delimiter = delimiter_of(options);
    d->times = options ? options->times : FORMAT_TIMES_NUMBERS;
    return &d->base;
}

static void close_decoder(format_decoder *decoder) {
    delimited_decoder *d = (delimited_decoder *)decoder;
    buffer_free(&d->scratch);
    memory_free(d);
}

static bool is_line_end(char c) {
    return c == '\n' || c == '\r';
}

typedef struct field_reader {
    const char *at, *end;
    field_delimiter delimiter;
    buffer *scratch;
    bool more; /* a delimiter was behind the last field */
} field_reader;

static inline bool at_delimiter(const field_reader *r) {
    const field_delimiter *d = &r->delimiter;
    if (r->at == r->end || *r->at != d->bytes[0])
        return false;
    return d->length == 1 ||
           ((size_t)(r->end - r->at) >= d->length && memcmp(r->at, d->bytes, d->length) == 0);
}

static void read_plain_field(field_reader *r, slice *text) {
    const char *from = r->at;
    while (r->at < r->end && !at_delimiter(r) && !is_line_end(*r->at))
        r->at++;
    *text = slice_make(from, (size_t)(r->at - from));
}

static bool read_quoted_field(field_reader *r, slice *text, error *e) {
    buffer_clear(r->scratch);
    r->at++;
    for (;;) {
        const char *quote = memchr(r->at, '"', (size_t)(r->end - r->at));
        if (!quote)
            return error_set(e, ERROR_DATA, "a quoted field has no closing quote");
        buffer_append_bytes(r->scratch, r->at, (size_t)(quote - r->at));
        r->at = quote + 1;
        if (r->at == r->end || *r->at != '"')
            break;
        buffer_append_byte(r->scratch, '"');
        r->at++;
    }
    while (r->at < r->end && !at_delimiter(r) && (*r->at == ' ' || *r->at == '\t'))
        r->at++;
    if (r->at < r->end && !at_delimiter(r) && !is_line_end(*r->at))
        return error_set(
            e, ERROR_DATA, "'%c' between a quoted field and the next delimiter", *r->at);
    *text = buffer_slice(r->scratch);
    return true;
}

static bool read_field(field_reader *r, slice *text, error *e) {
    if (r->at < r->end && *r->at == '"') {
        if (!read_quoted_field(r, text, e))
            return false;
    } else {
        read_plain_field(r, text);
    }
    r->more = at_delimiter(r);
    r->at += r->more ? r->delimiter.length : 0;
    return true;
}

static bool is_time_text(const column *c, format_times times) {
    sql_base base = c->type->base;
    return times != FORMAT_TIMES_NUMBERS &&
           (base == SQL_DATE || base == SQL_TIME || base == SQL_TIMESTAMP);
}

static bool append_field(column *to, slice name, slice text, format_times times, error *e) {
    if (text.length == 0) {
        column_append_null(to);
        return true;
    }
    if (is_time_text(to, times) ? time_value_read(text, to, e) : text_value_read(text, to, e))
        return true;
    return error_detail(e, "In column `%.*s`.", SLICE_ARG(name));
}

static bool decode_row(delimited_decoder *d, slice payload, column *const *columns, error *e) {
    field_reader r = {payload.data, payload.data + payload.length, d->delimiter, &d->scratch, true};
    while (r.at < r.end && is_line_end(*r.at))
        r.at++;
    if (r.at == r.end)
        return error_set(e, ERROR_DATA, "the record has no fields");
    int count = 0;
    slice text;
    for (; r.more; count++) {
        if (!read_field(&r, &text, e))
            return false;
        if (count >= d->schema->count || !columns[count])
            continue;
        if (!append_field(columns[count], d->schema->columns[count].name, text, d->times, e))
            return false;
    }
    if (count == d->schema->count)
        return true;
    return error_set(e, ERROR_DATA, "the record has %d fields where the schema has %d columns",
        count, d->schema->count);
}

static void decode(format_decoder *decoder, const slice *payloads, int64_t count,
    column *const *columns, uint8_t *status, const format_report *report) {
    delimited_decoder *d = (delimited_decoder *)decoder;
    int64_t first = format_first_row(columns, d->schema->count);
    for (int64_t i = 0; i < count; i++) {
        status[i] = FORMAT_NULL;
        if (payloads[i].data && d->schema->count) {
            error e;
            e.code = ERROR_NONE;
            status[i] = decode_row(d, payloads[i], columns, &e) ? FORMAT_OK : FORMAT_BAD;
            if (status[i] == FORMAT_BAD)
                format_report_bad(report, i, slice_of(e.message));
        }
        if (status[i] != FORMAT_OK)
            format_append_null_row(columns, d->schema->count, first + i);
    }
}

/* ---- writing ---- */

static format_encoder *open_encoder(
    const format_schema *schema, const format_options *options, error *e) {
    if (!validate(schema, options, e))
        return NULL;
    delimited_encoder *c = MEMORY_NEW(delimited_encoder);
    c->base.format = &FORMAT_DELIMITED;
    c->schema = schema;
    c->delimiter = delimiter_of(options);
    c->times = options ? options->times : FORMAT_TIMES_NUMBERS;
    return &c->base;
}

static void close_encoder(format_encoder *encoder) {
    delimited_encoder *c = (delimited_encoder *)encoder;
    buffer_free(&c->scratch);
    memory_free(c);
}

static bool is_letter_or_digit(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool needs_quotes(slice text, const field_delimiter *delimiter, bool first) {
    if (text.length == 0)
        return first;
    unsigned char start = (unsigned char)text.data[0];
    if (start <= '#' || (first && !is_letter_or_digit(start)))
        return true;
    for (size_t i = 0; i < text.length; i++)
        if ((text.data[i] == delimiter->bytes[0] && text.length - i >= delimiter->length &&
                memcmp(text.data + i, delimiter->bytes, delimiter->length) == 0) ||
            text.data[i] == '"' || is_line_end(text.data[i]))
            return true;
    return (unsigned char)text.data[text.length - 1] <= ' ';
}

static void append_quoted(buffer *out, slice text) {
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"')
            buffer_append_byte(out, '"');
        buffer_append_byte(out, text.data[i]);
    }
    buffer_append_byte(out, '"');
}

/* A single null column has no line of its own: it is a null payload. */
static bool is_null_payload(const format_schema *schema, column *const *columns, int64_t row) {
    return schema->count == 0 || (schema->count == 1 && column_is_null(columns[0], row));
}

static format_status write_row(
    format_encoder *encoder, column *const *columns, int64_t row, buffer *out, error *e) {
    delimited_encoder *c = (delimited_encoder *)encoder;
    if (is_null_payload(c->schema, columns, row))
        return FORMAT_NULL;
    for (int i = 0; i < c->schema->count; i++) {
        if (i)
            buffer_append_bytes(out, c->delimiter.bytes, c->delimiter.length);
        if (column_is_null(columns[i], row))
            continue;
        buffer_clear(&c->scratch);
        if (is_time_text(columns[i], c->times))
            time_value_append(&c->scratch, columns[i], row, c->times);
        else
            text_value_append(&c->scratch, columns[i], row);
        slice text = buffer_slice(&c->scratch);
        if (needs_quotes(text, &c->delimiter, i == 0))
            append_quoted(out, text);
        else
            buffer_append(out, text);
    }
    return FORMAT_OK;
}

static void encode(format_encoder *encoder, column *const *columns, int64_t first, int64_t count,
    const uint8_t *skip, buffer *out, size_t *ends, uint8_t *status, const format_report *report) {
    format_encode_rows(write_row, encoder, columns, first, count, skip, out, ends, status, report);
}

const format FORMAT_DELIMITED = {
    .name = "DELIMITED",
    .wraps = true,
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
