/* CSV of the Flink dialect: one line of fields, with the quote, escape and null of the table's
 * options. Unlike DELIMITED, an empty field is an empty text (and no value of other types), ARRAYs
 * and ROWs of scalars are one field with a delimiter of their own, and times are texts.
 *
 * Reading: a field that starts with the quote character runs to the one that is not doubled or
 * escaped. A field that is the null literal and not quoted is null.
 *
 * Writing quotes a field that holds a delimiter, a quote, an escape or a line end.
 */
#include "base/memory.h"
#include "executor/format/format_common.h"
#include "executor/format/text_value.h"

typedef struct csv_rules {
    char quote, escape; /* 0: none */
    slice delimiter;    /* a character */
    slice element_delimiter;
    slice null_literal; /* the NULL slice: nothing stands for a null */
    bool comments;      /* lines that begin with # are left out */
    bool forgives;      /* what does not fit its column becomes a null */
} csv_rules;

typedef struct csv_decoder {
    format_decoder base;
    const format_schema *schema;
    csv_rules rules;
    buffer text; /* a quoted field without its quotes */
} csv_decoder;

typedef struct csv_encoder {
    format_encoder base;
    const format_schema *schema;
    csv_rules rules;
    format_times *times;
    buffer text;
} csv_encoder;

static bool validate(const format_schema *schema, const format_options *options, error *e) {
    (void)options;
    for (int i = 0; i < schema->count; i++) {
        const sql_type *type = schema->columns[i].type;
        bool deep =
            type->base == SQL_MAP || (type->base == SQL_ARRAY && sql_type_is_nested(type->element));
        for (int f = 0; type->base == SQL_STRUCT && f < type->field_count; f++)
            deep |= sql_type_is_nested(type->fields[f].type);
        if (deep)
            return format_refuse_type("csv", &schema->columns[i], type, e);
    }
    return true;
}

/* Some characters cannot be written in a literal of SQL. */
static slice unescaped(slice text) {
    static const char *const NAMES[][2] = {
        {"\\t", "\t"}, {"\\n", "\n"}, {"\\r", "\r"}, {"\\\\", "\\"}, {"\\0", ""}};
    static const char CODES[128] = {[1] = 1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        12,
        13,
        14,
        15,
        16,
        17,
        18,
        19,
        20,
        21,
        22,
        23,
        24,
        25,
        26,
        27,
        28,
        29,
        30,
        31};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (slice_is(text, NAMES[i][0]))
            return slice_of(NAMES[i][1]);
    int code = 0;
    for (size_t i = 2; i < text.length && text.length == 6; i++)
        code = code * 16 + (text.data[i] >= 'a'      ? text.data[i] - 'a' + 10
                               : text.data[i] >= 'A' ? text.data[i] - 'A' + 10
                                                     : text.data[i] - '0');
    if (slice_starts_with(text, SLICE_LITERAL("\\u")) && code > 0 && code < 32)
        return slice_make(&CODES[code], 1); /* \u0001, as Hive's files have it */
    return text;
}

static slice option_or(const format_options *o, const char *name, const char *otherwise) {
    slice given = format_flink_option(o, name);
    return given.data ? unescaped(given) : slice_of(otherwise);
}

static csv_rules read_rules(const format_options *o) {
    slice quote = option_or(o, "csv.quote-character", "\"");
    slice escape = option_or(o, "csv.escape-character", "");
    return (csv_rules){
        .quote = format_flink_flag(o, "csv.disable-quote-character") || !quote.length
                     ? 0
                     : quote.data[0],
        .escape = escape.length ? escape.data[0] : 0,
        .delimiter = option_or(o, "csv.field-delimiter", ","),
        .element_delimiter = option_or(o, "csv.array-element-delimiter", ";"),
        .null_literal = format_flink_option(o, "csv.null-literal"),
        .comments = format_flink_flag(o, "csv.allow-comments"),
        .forgives = format_flink_flag(o, "csv.ignore-parse-errors"),
    };
}

/* ---- reading ---- */

typedef struct csv_field {
    slice text;
    bool quoted;
} csv_field;

typedef struct csv_line {
    const char *at, *end;
    const csv_rules *rules;
    buffer *scratch;
    bool more; /* a delimiter was behind the last field */
} csv_line;

static inline bool starts(const char *at, const char *end, slice what) {
    return what.length && (size_t)(end - at) >= what.length && *at == what.data[0] &&
           memcmp(at, what.data, what.length) == 0;
}

static bool take_quoted(csv_line *l, error *e) {
    const csv_rules *rules = l->rules;
    buffer_clear(l->scratch);
    l->at++;
    for (; l->at < l->end; l->at++) {
        char c = *l->at;
        if (rules->escape && c == rules->escape && l->at + 1 < l->end) {
            buffer_append_byte(l->scratch, *++l->at);
        } else if (c != rules->quote) {
            buffer_append_byte(l->scratch, c);
        } else if (l->at + 1 < l->end && l->at[1] == rules->quote) {
            buffer_append_byte(l->scratch, c);
            l->at++;
        } else {
            l->at++;
            while (l->at < l->end && (*l->at == ' ' || *l->at == '\t') &&
                   !starts(l->at, l->end, rules->delimiter))
                l->at++;
            if (l->at == l->end || starts(l->at, l->end, rules->delimiter))
                return true;
            return error_set(
                e, ERROR_DATA, "'%c' between a quoted field and the next delimiter", *l->at);
        }
    }
    return error_set(e, ERROR_DATA, "a quoted field has no closing quote");
}

static void take_plain(csv_line *l, slice *text) {
    const csv_rules *rules = l->rules;
    const char *from = l->at;
    bool escaped = false;
    while (l->at < l->end && !starts(l->at, l->end, rules->delimiter)) {
        bool escape = rules->escape && *l->at == rules->escape && l->at + 1 < l->end;
        escaped |= escape;
        l->at += escape ? 2 : 1;
    }
    *text = slice_make(from, (size_t)(l->at - from));
    if (!escaped)
        return;
    buffer_clear(l->scratch);
    for (const char *c = from; c < l->at; c++)
        buffer_append_byte(l->scratch, *c == rules->escape && c + 1 < l->at ? *++c : *c);
    *text = buffer_slice(l->scratch);
}

static bool take_field(csv_line *l, csv_field *field, error *e) {
    field->quoted = l->rules->quote && l->at < l->end && *l->at == l->rules->quote;
    if (field->quoted) {
        if (!take_quoted(l, e))
            return false;
        field->text = buffer_slice(l->scratch);
    } else {
        take_plain(l, &field->text);
    }
    l->more = starts(l->at, l->end, l->rules->delimiter);
    l->at += l->more ? l->rules->delimiter.length : 0;
    return true;
}

static bool is_time(const sql_type *type) {
    return type->base == SQL_DATE || type->base == SQL_TIME || type->base == SQL_TIMESTAMP;
}

static bool append_scalar(const csv_rules *rules, column *to, csv_field field, error *e) {
    slice null = rules->null_literal;
    bool is_null = null.data && !field.quoted && slice_equal(field.text, null);
    bool is_text = to->type->base == SQL_VARCHAR;
    if (is_null || (!field.text.length && !is_text)) {
        column_append_null(to);
        return true;
    }
    if (is_text) /* an empty slice is no null */
        return text_value_read(field.text.data ? field.text : slice_make("", 0), to, e);
    slice text = slice_trim(field.text);
    return is_time(to->type) ? time_value_read(text, to, e) : text_value_read(text, to, e);
}

/* The elements of an ARRAY, or the fields of a ROW. */
static bool append_parts(const csv_rules *rules, column *to, csv_field field, error *e) {
    bool is_row = to->type->base == SQL_STRUCT;
    const char *at = field.text.data, *end = at + field.text.length;
    int count = 0;
    for (bool more = at < end || is_row; more; count++) {
        const char *from = at;
        while (at < end && !starts(at, end, rules->element_delimiter))
            at++;
        more = at < end;
        csv_field part = {slice_make(from, (size_t)(at - from)), false};
        at += more ? rules->element_delimiter.length : 0;
        if (is_row && count == to->type->field_count)
            break;
        if (!append_scalar(rules, to->children[is_row ? count : 0], part, e))
            return false;
    }
    if (is_row && count != to->type->field_count)
        return error_set(
            e, ERROR_DATA, "a ROW of %d fields has another number of parts", to->type->field_count);
    column_append_nested(to);
    return true;
}

static bool append_field(
    const csv_rules *rules, column *to, slice name, csv_field field, error *e) {
    if (!sql_type_is_nested(to->type)) {
        if (append_scalar(rules, to, field, e))
            return true;
    } else {
        bool is_null = rules->null_literal.data && slice_equal(field.text, rules->null_literal);
        if (is_null) {
            column_append_null(to);
            return true;
        }
        if (append_parts(rules, to, field, e))
            return true;
        column_append_null_discarding(to);
        if (!rules->forgives)
            column_truncate(to, to->length - 1);
    }
    if (!rules->forgives)
        return error_detail(e, "In column `%.*s`.", SLICE_ARG(name));
    error_clear(e);
    if (!sql_type_is_nested(to->type))
        column_append_null(to);
    return true;
}

static bool decode_row(csv_decoder *d, slice payload, column *const *columns, error *e) {
    csv_line l = {payload.data, payload.data + payload.length, &d->rules, &d->text, true};
    while (l.end > l.at && (l.end[-1] == '\n' || l.end[-1] == '\r'))
        l.end--;
    int count = 0, columns_there = d->schema->count;
    csv_field field;
    for (; l.more; count++) {
        if (!take_field(&l, &field, e))
            return false;
        if (count >= columns_there || !columns[count])
            continue;
        if (!append_field(&d->rules, columns[count], d->schema->columns[count].name, field, e))
            return false;
    }
    for (int i = count; d->rules.forgives && i < columns_there; i++)
        if (columns[i])
            column_append_null(columns[i]);
    if (count == columns_there || (d->rules.forgives && count < columns_there))
        return true;
    return error_set(e, ERROR_DATA, "the record has %d fields where the table has %d columns",
        count, columns_there);
}

static bool is_comment(const csv_decoder *d, slice payload) {
    return d->rules.comments && payload.length && payload.data[0] == '#';
}

/* A comment is no row, and no complaint either. */
static void decode(format_decoder *decoder, const slice *payloads, int64_t count,
    column *const *columns, uint8_t *status, const format_report *report) {
    csv_decoder *d = (csv_decoder *)decoder;
    int64_t first = format_first_row(columns, d->schema->count);
    for (int64_t i = 0; i < count; i++) {
        status[i] = FORMAT_NULL;
        if (payloads[i].data && is_comment(d, payloads[i])) {
            status[i] = FORMAT_BAD;
        } else if (payloads[i].data && d->schema->count) {
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

static format_decoder *open_decoder(
    const format_schema *schema, const format_options *options, const bool *wanted, error *e) {
    (void)wanted;
    if (!validate(schema, options, e))
        return NULL;
    csv_decoder *d = MEMORY_NEW(csv_decoder);
    d->base.format = &FORMAT_CSV;
    d->schema = schema;
    d->rules = read_rules(options);
    return &d->base;
}

static void close_decoder(format_decoder *decoder) {
    csv_decoder *d = (csv_decoder *)decoder;
    buffer_free(&d->text);
    memory_free(d);
}

/* ---- writing ---- */

static format_encoder *open_encoder(
    const format_schema *schema, const format_options *options, error *e) {
    if (!validate(schema, options, e))
        return NULL;
    csv_encoder *c = MEMORY_NEW(csv_encoder);
    c->base.format = &FORMAT_CSV;
    c->schema = schema;
    c->rules = read_rules(options);
    c->times = memory_allocate(sizeof(format_times) * (size_t)(schema->count + 1));
    for (int i = 0; i < schema->count; i++)
        c->times[i] = format_column_times(options, schema->columns[i].name);
    return &c->base;
}

static void close_encoder(format_encoder *encoder) {
    csv_encoder *c = (csv_encoder *)encoder;
    memory_free(c->times);
    buffer_free(&c->text);
    memory_free(c);
}

static void append_value(csv_encoder *c, const column *from, int64_t row, format_times times) {
    if (column_is_null(from, row))
        buffer_append(&c->text, c->rules.null_literal);
    else if (is_time(from->type))
        time_value_append(&c->text, from, row, times);
    else
        text_value_append(&c->text, from, row);
}

static void append_nested(csv_encoder *c, const column *from, int64_t row, format_times times) {
    bool is_row = from->type->base == SQL_STRUCT;
    int64_t first = is_row ? 0 : from->offsets[row];
    int64_t end = is_row ? from->child_count : from->offsets[row + 1];
    for (int64_t i = first; i < end; i++) {
        if (i > first)
            buffer_append(&c->text, c->rules.element_delimiter);
        append_value(c, from->children[is_row ? i : 0], is_row ? row : i, times);
    }
}

static bool needs_quotes(const csv_rules *rules, slice text) {
    const char *end = text.data + text.length;
    for (const char *at = text.data; at < end; at++)
        if (*at == rules->quote || *at == '\n' || *at == '\r' ||
            (rules->escape && *at == rules->escape) || starts(at, end, rules->delimiter))
            return true;
    /* a text that is what stands for a null */
    return rules->null_literal.length && slice_equal(text, rules->null_literal);
}

static void append_quoted(const csv_rules *rules, slice text, buffer *out) {
    buffer_append_byte(out, rules->quote);
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (rules->escape && (c == rules->quote || c == rules->escape))
            buffer_append_byte(out, rules->escape);
        else if (c == rules->quote)
            buffer_append_byte(out, c);
        buffer_append_byte(out, c);
    }
    buffer_append_byte(out, rules->quote);
}

static format_status write_row(
    format_encoder *encoder, column *const *columns, int64_t row, buffer *out, error *e) {
    csv_encoder *c = (csv_encoder *)encoder;
    (void)e;
    for (int i = 0; i < c->schema->count; i++) {
        if (i)
            buffer_append(out, c->rules.delimiter);
        if (column_is_null(columns[i], row)) {
            buffer_append(out, c->rules.null_literal);
            continue;
        }
        buffer_clear(&c->text);
        if (sql_type_is_nested(columns[i]->type))
            append_nested(c, columns[i], row, c->times[i]);
        else
            append_value(c, columns[i], row, c->times[i]);
        slice text = buffer_slice(&c->text);
        if (c->rules.quote && needs_quotes(&c->rules, text))
            append_quoted(&c->rules, text, out);
        else
            buffer_append(out, text);
    }
    return FORMAT_OK;
}

static void encode(format_encoder *encoder, column *const *columns, int64_t first, int64_t count,
    const uint8_t *skip, buffer *out, size_t *ends, uint8_t *status, const format_report *report) {
    format_encode_rows(write_row, encoder, columns, first, count, skip, out, ends, status, report);
}

const format FORMAT_CSV = {
    .name = "CSV",
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
