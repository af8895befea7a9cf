/* RAW of the Flink dialect: one column as it is. Texts are in the charset of the options, numbers
 * in their byte order (big endian when nothing is said). The width of a number is that of the type
 * the table declares: SMALLINT takes two bytes, FLOAT four.
 */
#include <iconv.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "executor/format/format_common.h"

typedef struct raw_rules {
    int width; /* of a number; 0: any length */
    bool is_float, is_little;
    iconv_t convert; /* between the charset and UTF-8; (iconv_t)-1: it is UTF-8 */
} raw_rules;

typedef struct raw_decoder {
    format_decoder base;
    const format_schema *schema;
    raw_rules rules;
    buffer text;
} raw_decoder;

typedef struct raw_encoder {
    format_encoder base;
    const format_schema *schema;
    raw_rules rules;
} raw_encoder;

#define NO_CONVERSION ((iconv_t)-1)

static bool validate(const format_schema *schema, const format_options *options, error *e) {
    (void)options;
    if (schema->count != 1)
        return error_set(
            e, ERROR_STATEMENT, "The format raw has one column, not %d", schema->count);
    switch (schema->columns[0].type->base) {
    case SQL_BOOLEAN:
    case SQL_INTEGER:
    case SQL_BIGINT:
    case SQL_DOUBLE:
    case SQL_VARCHAR:
    case SQL_BYTES:
        return true;
    default:
        return format_refuse_type("raw", &schema->columns[0], schema->columns[0].type, e);
    }
}

static int width_of(const sql_type *type, slice declared) {
    static const struct {
        const char *word;
        int width;
    } NARROW[] = {{"TINYINT", 1}, {"SMALLINT", 2}, {"FLOAT", 4}, {"REAL", 4}};
    for (size_t i = 0; i < sizeof NARROW / sizeof *NARROW; i++) {
        slice word = slice_of(NARROW[i].word);
        if (declared.length >= word.length &&
            slice_is_ignore_case(slice_make(declared.data, word.length), NARROW[i].word))
            return NARROW[i].width;
    }
    switch (type->base) {
    case SQL_BOOLEAN:
        return 1;
    case SQL_INTEGER:
        return 4;
    case SQL_BIGINT:
    case SQL_DOUBLE:
        return 8;
    default:
        return 0;
    }
}

static bool open_rules(raw_rules *rules, const format_schema *schema, const format_options *o,
    bool to_utf8, error *e) {
    const flink_table_column *c =
        o && o->flink ? flink_column_named(o->flink, schema->columns[0].name) : NULL;
    rules->width = width_of(schema->columns[0].type, c ? c->declared : (slice){NULL, 0});
    rules->is_float = schema->columns[0].type->base == SQL_DOUBLE;
    rules->is_little = slice_is(format_flink_option(o, "raw.endianness"), "little-endian");
    rules->convert = NO_CONVERSION;
    slice charset = format_flink_option(o, "raw.charset");
    if (!charset.length || slice_is_ignore_case(charset, "UTF-8") ||
        schema->columns[0].type->base != SQL_VARCHAR)
        return true;
    char *name = memory_copy_text(charset);
    rules->convert = to_utf8 ? iconv_open("UTF-8", name) : iconv_open(name, "UTF-8");
    if (rules->convert == NO_CONVERSION) {
        error_set(e, ERROR_STATEMENT, "There is no charset '%s' ('raw.charset')", name);
        error_hint(e, "There are UTF-8, UTF-16, ISO-8859-1 and what else iconv -l lists.");
    }
    memory_free(name);
    return rules->convert != NO_CONVERSION;
}

static void close_rules(raw_rules *rules) {
    if (rules->convert != NO_CONVERSION)
        iconv_close(rules->convert);
}

/* What cannot be converted becomes a question mark. */
static void convert(iconv_t c, slice from, buffer *out) {
    char *in = (char *)(uintptr_t)from.data;
    size_t left = from.length;
    iconv(c, NULL, NULL, NULL, NULL);
    while (left) {
        buffer_reserve(out, left * 4 + 16);
        char *to = out->data + out->length;
        size_t room = left * 4 + 16, before = room;
        size_t done = iconv(c, &in, &left, &to, &room);
        out->length += before - room;
        if (done != (size_t)-1 || !left)
            continue;
        buffer_append_byte(out, '?');
        in++;
        left--;
    }
}

/* ---- reading ---- */

static format_decoder *open_decoder(
    const format_schema *schema, const format_options *options, const bool *wanted, error *e) {
    (void)wanted;
    if (!validate(schema, options, e))
        return NULL;
    raw_decoder *d = MEMORY_NEW(raw_decoder);
    d->base.format = &FORMAT_RAW;
    d->schema = schema;
    if (open_rules(&d->rules, schema, options, true, e))
        return &d->base;
    memory_free(d);
    return NULL;
}

static void close_decoder(format_decoder *decoder) {
    raw_decoder *d = (raw_decoder *)decoder;
    close_rules(&d->rules);
    buffer_free(&d->text);
    memory_free(d);
}

static int64_t read_integer(const raw_rules *rules, slice bytes) {
    uint64_t bits = 0;
    for (int i = 0; i < rules->width; i++)
        bits = bits << 8 | (unsigned char)bytes.data[rules->is_little ? rules->width - 1 - i : i];
    int unused = 64 - 8 * rules->width;
    return (int64_t)(bits << unused) >> unused;
}

static double double_of(const raw_rules *rules, int64_t bits) {
    double wide;
    float narrow;
    uint32_t four = (uint32_t)bits;
    if (rules->width == 8) {
        memcpy(&wide, &bits, sizeof wide);
        return wide;
    }
    memcpy(&narrow, &four, sizeof narrow);
    return narrow;
}

static void append_text(raw_decoder *d, column *to, slice payload) {
    buffer_clear(&d->text);
    if (d->rules.convert != NO_CONVERSION) {
        convert(d->rules.convert, payload, &d->text);
        payload = buffer_slice(&d->text);
    } else if (!utf8_valid(payload)) {
        utf8_append_repaired(&d->text, payload);
        payload = buffer_slice(&d->text);
    }
    column_append_bytes(to, payload.data ? payload : slice_make("", 0));
}

static void append_value(raw_decoder *d, column *to, slice payload) {
    const raw_rules *rules = &d->rules;
    switch (to->type->base) {
    case SQL_BOOLEAN:
        column_append_boolean(to, payload.data[0] != 0);
        return;
    case SQL_INTEGER:
        column_append_int32(to, (int32_t)read_integer(rules, payload));
        return;
    case SQL_BIGINT:
        column_append_int64(to, read_integer(rules, payload));
        return;
    case SQL_DOUBLE:
        column_append_double(to, double_of(rules, read_integer(rules, payload)));
        return;
    case SQL_VARCHAR:
        append_text(d, to, payload);
        return;
    default:
        column_append_bytes(to, payload);
    }
}

static void report_length(
    const raw_decoder *d, const format_report *report, int64_t row, size_t length) {
    buffer message = {0};
    buffer_format(&message, "the column `%.*s` takes %d bytes in the format raw, not %zu",
        SLICE_ARG(d->schema->columns[0].name), d->rules.width, length);
    format_report_bad(report, row, buffer_slice(&message));
    buffer_free(&message);
}

static void decode(format_decoder *decoder, const slice *payloads, int64_t count,
    column *const *columns, uint8_t *status, const format_report *report) {
    raw_decoder *d = (raw_decoder *)decoder;
    for (int64_t i = 0; i < count; i++) {
        status[i] = payloads[i].data ? FORMAT_OK : FORMAT_NULL;
        if (payloads[i].data && d->rules.width && payloads[i].length != (size_t)d->rules.width) {
            status[i] = FORMAT_BAD;
            report_length(d, report, i, payloads[i].length);
        }
        if (columns[0] && status[i] == FORMAT_OK)
            append_value(d, columns[0], payloads[i]);
        else if (columns[0])
            column_append_null(columns[0]);
    }
}

/* ---- writing ---- */

static format_encoder *open_encoder(
    const format_schema *schema, const format_options *options, error *e) {
    if (!validate(schema, options, e))
        return NULL;
    raw_encoder *c = MEMORY_NEW(raw_encoder);
    c->base.format = &FORMAT_RAW;
    c->schema = schema;
    if (open_rules(&c->rules, schema, options, false, e))
        return &c->base;
    memory_free(c);
    return NULL;
}

static void close_encoder(format_encoder *encoder) {
    close_rules(&((raw_encoder *)encoder)->rules);
    memory_free(encoder);
}

static void append_integer(const raw_rules *rules, int64_t value, buffer *out) {
    for (int i = 0; i < rules->width; i++) {
        int byte = rules->is_little ? i : rules->width - 1 - i;
        buffer_append_byte(out, (char)((uint64_t)value >> (8 * byte)));
    }
}

static int64_t bits_of(const raw_rules *rules, double value) {
    int64_t wide;
    float narrow = (float)value;
    uint32_t four;
    if (rules->width == 8) {
        memcpy(&wide, &value, sizeof wide);
        return wide;
    }
    memcpy(&four, &narrow, sizeof four);
    return four;
}

static format_status write_row(
    format_encoder *encoder, column *const *columns, int64_t row, buffer *out, error *e) {
    raw_encoder *c = (raw_encoder *)encoder;
    const column *from = columns[0];
    (void)e;
    if (column_is_null(from, row))
        return FORMAT_NULL;
    switch (from->type->base) {
    case SQL_BOOLEAN:
        buffer_append_byte(out, from->booleans[row] ? 1 : 0);
        break;
    case SQL_INTEGER:
        append_integer(&c->rules, from->int32s[row], out);
        break;
    case SQL_BIGINT:
        append_integer(&c->rules, from->int64s[row], out);
        break;
    case SQL_DOUBLE:
        append_integer(&c->rules, bits_of(&c->rules, from->doubles[row]), out);
        break;
    default:
        if (c->rules.convert != NO_CONVERSION)
            convert(c->rules.convert, column_slice(from, row), out);
        else
            buffer_append(out, column_slice(from, row));
    }
    return FORMAT_OK;
}

static void encode(format_encoder *encoder, column *const *columns, int64_t first, int64_t count,
    const uint8_t *skip, buffer *out, size_t *ends, uint8_t *status, const format_report *report) {
    format_encode_rows(write_row, encoder, columns, first, count, skip, out, ends, status, report);
}

const format FORMAT_RAW = {
    .name = "RAW",
    .unwraps = true,
    .validate = validate,
    .open_decoder = open_decoder,
    .decode = decode,
    .close_decoder = close_decoder,
    .open_encoder = open_encoder,
    .encode = encode,
    .close_encoder = close_encoder,
};
