/* One pass, no tree. Each read_* function starts at the first byte of its value and leaves `at`
 * behind it.
 *
 * Field names: a shape keeps the names it has met, each with the columns it stands for and the
 * name that followed it last time. The next field is first compared with that successor (its
 * bytes and closing quote at once); only a surprise is looked up. A name matches a column exactly
 * or when its upper case does; exact matches win, and of equals the last, as a map that is
 * overwritten would have it.
 *
 * Fields that are not wanted are checked for their structure, not for their UTF-8.
 */
#include "executor/format/json_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/base64.h"
#include "base/decimal.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"
#include "executor/format/json_skip.h"
#include "executor/format/json_text.h"
#include "executor/format/text_value.h"

enum {
    NAME_MAX_BYTES = 55, /* longer names are looked up each time */
    NAME_HEAD_BYTES = 16,
    NAMES_MAX = 200, /* names a shape remembers */
    NO_FIELD = -1,
    NO_NAME = -1,
    DAY_MS = 86400000,
};

enum { RANK_NONE, RANK_IGNORING_CASE, RANK_EXACT };

typedef struct shape_field {
    slice name;
    json_shape *shape;
    int column;
    uint8_t rank; /* how the value of the current object was matched */
} shape_field;

typedef struct known_name {
    uint64_t head[2], head_mask[2]; /* the first bytes of the text, and which of them count */
    char text[NAME_MAX_BYTES + 1];  /* with the closing quote */
    uint8_t length;                 /* quote included */
    int16_t exact, ignoring_case;   /* fields, or NO_FIELD */
    int16_t next;                   /* the name that followed it last, or NO_NAME */
} known_name;

struct json_shape {
    json_shape *element; /* ARRAY and MAP */
    int field_count;     /* STRUCT, or the fields wanted */
    shape_field *fields;
    known_name *names;
    int16_t name_count, name_capacity;
    int16_t first; /* the name that came first last time, or NO_NAME */
};

/* ---- shapes ---- */

static json_shape *shape_create(int field_count) {
    json_shape *shape = MEMORY_NEW(json_shape);
    shape->field_count = field_count;
    shape->first = NO_NAME;
    if (field_count)
        shape->fields = memory_allocate_zero(sizeof(shape_field) * (size_t)field_count);
    return shape;
}

json_shape *json_shape_of_type(const sql_type *type) {
    if (!sql_type_is_nested(type))
        return NULL;
    json_shape *shape = shape_create(type->base == SQL_STRUCT ? type->field_count : 0);
    for (int i = 0; i < shape->field_count; i++)
        shape->fields[i] = (shape_field){
            type->fields[i].name, json_shape_of_type(type->fields[i].type), i, RANK_NONE};
    if (type->base != SQL_STRUCT)
        shape->element = json_shape_of_type(type->element);
    return shape;
}

json_shape *json_shape_of_fields(const json_wanted *wanted, int count) {
    json_shape *shape = shape_create(count);
    for (int i = 0; i < count; i++)
        shape->fields[i] = (shape_field){
            wanted[i].name, json_shape_of_type(wanted[i].type), wanted[i].column, RANK_NONE};
    return shape;
}

void json_shape_destroy(json_shape *shape) {
    if (!shape)
        return;
    json_shape_destroy(shape->element);
    for (int i = 0; i < shape->field_count; i++)
        json_shape_destroy(shape->fields[i].shape);
    memory_free(shape->fields);
    memory_free(shape->names);
    memory_free(shape);
}

/* ---- the reader ---- */

void json_reader_start(json_reader *r, slice text) {
    if (text.length >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
        text = slice_make(text.data + 3, text.length - 3); /* a byte order mark */
    r->start = r->at = text.data;
    r->end = text.data + text.length;
    r->depth = 0;
    r->path[0] = r->message[0] = 0;
}

void json_reader_finish(json_reader *r) {
    buffer_free(&r->scratch);
}

bool json_fail(json_reader *r, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->message, sizeof r->message, format, arguments);
    va_end(arguments);
    return false;
}

/* Paths that grow too long lose their end. */
static void prepend_path(json_reader *r, const char *step) {
    size_t added = strlen(step), kept = strlen(r->path), room = sizeof r->path - 1;
    if (added > room)
        added = room;
    if (kept > room - added)
        kept = room - added;
    memmove(r->path + added, r->path, kept);
    memcpy(r->path, step, added);
    r->path[added + kept] = 0;
}

void json_fail_in_field(json_reader *r, slice name) {
    char step[80];
    snprintf(step, sizeof step, ".%.*s", (int)(name.length < 70 ? name.length : 70), name.data);
    prepend_path(r, step);
}

static void fail_in_element(json_reader *r, int64_t index) {
    char step[32];
    snprintf(step, sizeof step, "[%lld]", (long long)index);
    prepend_path(r, step);
}

void json_reader_complaint(const json_reader *r, buffer *out) {
    buffer_format(out, "%s at $%s (byte %lld)", r->message, r->path, (long long)(r->at - r->start));
}

int json_peek(json_reader *r) {
    r->at = json_skip_space(r, r->at);
    return r->at < r->end ? (unsigned char)*r->at : -1;
}

static bool fail_here(json_reader *r, const char *expected) {
    json_fail_at(r, r->at, expected);
    return false;
}

static bool take_word(json_reader *r) {
    const char *at = json_skip_word(r, r->at);
    if (at)
        r->at = at;
    return at != NULL;
}

bool json_take_null(json_reader *r) {
    if (r->end - r->at < 4 || memcmp(r->at, "null", 4) != 0)
        return false;
    r->at += 4;
    return true;
}

/* ---- numbers ---- */

typedef struct json_number {
    slice text;
    uint64_t mantissa; /* all digits, when there are at most 19 */
    int64_t exponent;  /* of the last digit */
    int digits;        /* of the mantissa, leading zeros not counted */
    bool negative;
    bool integer; /* without fraction and exponent */
} json_number;

static const uint64_t TENS[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/* Digits of a number below 10^8 that is not zero. */
static int count_significant(uint64_t value) {
    int digits = 1;
    while (digits < 8 && value >= TENS[digits])
        digits++;
    return digits;
}

/* Reads a run of digits eight at a time. */
static bool scan_digits(json_reader *r, json_number *n) {
    const char *from = r->at;
    int count;
    do {
        uint64_t word = json_word(r->start, r->at, r->end);
        count = json_count_digits(word);
        if (count == 0)
            break;
        uint64_t value = json_digits_value(word, count);
        if (n->digits)
            n->digits += count;
        else if (value)
            n->digits = count_significant(value);
        n->mantissa = n->mantissa * TENS[count] + value;
        r->at += count;
    } while (count == 8);
    return r->at > from || fail_here(r, "a digit");
}

static bool scan_exponent(json_reader *r, json_number *n) {
    r->at++;
    bool negative = r->at < r->end && *r->at == '-';
    if (r->at < r->end && (*r->at == '-' || *r->at == '+'))
        r->at++;
    json_number exponent = {.digits = 0};
    if (!scan_digits(r, &exponent))
        return false;
    if (exponent.digits > 6)
        return json_fail(r, "the exponent is out of range");
    n->exponent += negative ? -(int64_t)exponent.mantissa : (int64_t)exponent.mantissa;
    return true;
}

static bool scan_number(json_reader *r, json_number *n) {
    const char *from = r->at;
    *n = (json_number){.integer = true};
    if (*r->at == '-') {
        n->negative = true;
        r->at++;
    }
    bool zero = r->at < r->end && *r->at == '0';
    const char *first = r->at;
    if (!scan_digits(r, n))
        return false;
    if (zero && r->at - first > 1)
        return json_fail(r, "a number with leading zeros");
    if (r->at < r->end && *r->at == '.') {
        n->integer = false;
        const char *fraction = ++r->at;
        if (!scan_digits(r, n))
            return false;
        n->exponent = -(r->at - fraction);
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        n->integer = false;
        if (!scan_exponent(r, n))
            return false;
    }
    n->text = slice_make(from, (size_t)(r->at - from));
    return true;
}

/* ---- brackets and what stands between values ---- */

bool json_enter(json_reader *r) {
    r->at++;
    if (++r->depth > JSON_MAX_DEPTH)
        return json_fail(r, "values are nested more than %d deep", JSON_MAX_DEPTH);
    r->at = json_skip_space(r, r->at);
    return true;
}

static inline bool take_separator(json_reader *r, char close, bool *more) {
    const char *at = json_skip_separator(r, r->at, close, more);
    if (at)
        r->at = at;
    return at != NULL;
}

static inline bool take_empty(json_reader *r, char close) {
    if (r->at >= r->end || *r->at != close)
        return false;
    r->at++;
    r->depth--;
    return true;
}

static inline bool take_colon(json_reader *r) {
    const char *at = json_skip_colon(r, r->at);
    if (at)
        r->at = at;
    return at != NULL;
}

static inline bool at_quote(json_reader *r) {
    return (r->at < r->end && *r->at == '"') || fail_here(r, "a field name");
}

bool json_read_end(json_reader *r) {
    if (r->at == r->end || json_is_space(*r->at) || r->at[-1] == '}' || r->at[-1] == ']' ||
        r->at[-1] == '"')
        return true;
    return fail_here(r, "the end");
}

/* ---- strings ---- */

static bool read_hex(json_reader *r, const char *at, uint32_t *value) {
    if (r->end - at < 4)
        return false;
    *value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = number_hex_digit(at[i]);
        if (digit < 0)
            return false;
        *value = *value << 4 | (uint32_t)digit;
    }
    return true;
}

/* \uXXXX, or two of them for a surrogate pair; `at` is behind the u. A surrogate without its
 * other half becomes U+FFFD. Gives the bytes read, 0 for bad digits. */
static size_t read_unicode_escape(json_reader *r, const char *at, uint32_t *code_point) {
    uint32_t low;
    if (!read_hex(r, at, code_point))
        return 0;
    if (*code_point < 0xD800 || *code_point > 0xDFFF)
        return 4;
    bool pair = *code_point < 0xDC00 && r->end - at >= 10 && at[4] == '\\' && at[5] == 'u' &&
                read_hex(r, at + 6, &low) && low >= 0xDC00 && low <= 0xDFFF;
    if (!pair) {
        *code_point = 0xFFFD;
        return 4;
    }
    *code_point = 0x10000 + ((*code_point - 0xD800) << 10) + (low - 0xDC00);
    return 10;
}

static bool append_escape(json_reader *r, buffer *out) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    r->at++;
    if (r->at >= r->end)
        return fail_here(r, "an escape");
    if (*r->at == 'u') {
        uint32_t code_point;
        size_t read = read_unicode_escape(r, r->at + 1, &code_point);
        if (!read)
            return json_fail(r, "\\u without four hexadecimal digits");
        r->at += 1 + read;
        buffer_reserve(out, 4);
        out->length += utf8_write(out->data + out->length, code_point);
        return true;
    }
    const char *found = *r->at ? strchr(from, *r->at) : NULL;
    if (!found)
        return fail_here(r, "an escape");
    r->at++;
    buffer_append_byte(out, to[found - from]);
    return true;
}

/* The rest of a string with escapes, into the scratch memory; `from` is its first byte. */
static bool read_escaped(json_reader *r, const char *from, uint32_t *beyond_ascii) {
    buffer *out = &r->scratch;
    buffer_clear(out);
    buffer_append_bytes(out, from, (size_t)(r->at - from));
    for (;;) {
        if (r->at >= r->end || (unsigned char)*r->at < 0x20)
            return fail_here(r, "the end of a string");
        if (*r->at == '"')
            return true;
        if (!append_escape(r, out))
            return false;
        const char *run = r->at;
        r->at = json_scan(r->start, run, r->end, beyond_ascii);
        buffer_append_bytes(out, run, (size_t)(r->at - run));
    }
}

bool json_read_string(json_reader *r, slice *text) {
    uint32_t beyond_ascii = 0;
    const char *from = r->at + 1;
    r->at = json_scan(r->start, from, r->end, &beyond_ascii);
    if (r->at < r->end && *r->at == '"') {
        *text = slice_make(from, (size_t)(r->at - from));
    } else {
        if (!read_escaped(r, from, &beyond_ascii))
            return false;
        *text = buffer_slice(&r->scratch);
    }
    if (beyond_ascii && !utf8_valid(*text))
        return json_fail(r, "a string that is not UTF-8");
    r->at++;
    return true;
}

/* ---- scalars ---- */

static bool fail_type(json_reader *r, const column *to) {
    buffer name = {0};
    sql_type_format(to->type, &name);
    const char *kind = "a value";
    if (r->at < r->end)
        switch (*r->at) {
        case '"':
            kind = "a string";
            break;
        case '{':
            kind = "an object";
            break;
        case '[':
            kind = "an array";
            break;
        case 't':
        case 'f':
            kind = "a boolean";
            break;
        default:
            if (!json_is_digit(*r->at) && *r->at != '-') {
                buffer_free(&name);
                return fail_here(r, "a value");
            }
            kind = "a number";
        }
    json_fail(r, "%s cannot be read as %.*s", kind, SLICE_ARG(buffer_slice(&name)));
    buffer_free(&name);
    return false;
}

static bool fail_text(json_reader *r, slice text, const char *what) {
    return json_fail(r, "\"%.*s\" %s", (int)(text.length < 60 ? text.length : 60), text.data, what);
}

static inline bool at_number(const json_reader *r) {
    return json_is_digit(*r->at) || *r->at == '-';
}

/* The usual integer, of fewer than sixteen digits and with nothing strange about it. Leaves others,
 * and what is wrong, where they are. */
static inline bool take_plain_integer(json_reader *r, int64_t *value) {
    const char *at = r->at + (*r->at == '-'), *first = at;
    uint64_t word = json_word(r->start, at, r->end);
    int count = json_count_digits(word);
    if (count == 0 || ((word & 0xFF) == '0' && count > 1))
        return false;
    uint64_t number = json_digits_value(word, count);
    at += count;
    if (count == 8) {
        word = json_word(r->start, at, r->end);
        count = json_count_digits(word);
        if (count == 8)
            return false;
        if (count)
            number = number * TENS[count] + json_digits_value(word, count);
        at += count;
    }
    if (at < r->end && (*at == '.' || *at == 'e' || *at == 'E'))
        return false;
    *value = first > r->at ? -(int64_t)number : (int64_t)number;
    r->at = at;
    return true;
}

/* An integer from a number (a fraction is cut off) or from a numeric string. */
static bool read_int64(
    json_reader *r, const column *to, int64_t low, int64_t high, int64_t *value) {
    const char *from = r->at;
    slice text;
    if (at_number(r) && take_plain_integer(r, value)) {
        text = slice_make(from, (size_t)(r->at - from));
    } else if (at_number(r)) {
        json_number n;
        if (!scan_number(r, &n))
            return false;
        text = n.text;
        if (n.integer && n.digits <= 18) {
            *value = n.negative ? -(int64_t)n.mantissa : (int64_t)n.mantissa;
        } else {
            decimal128 whole;
            if (decimal_parse(n.text, DECIMAL_MAX_PRECISION, 0, DECIMAL_DOWN, &whole) !=
                    DECIMAL_OK ||
                !decimal_to_int64(whole, 0, value))
                return fail_text(r, text, "is out of range");
        }
    } else if (*r->at == '"') {
        if (!json_read_string(r, &text))
            return false;
        if (!slice_to_int64(text, value))
            return fail_text(r, text, "is not an integer");
    } else {
        return fail_type(r, to);
    }
    if (*value < low || *value > high)
        return fail_text(r, text, "is out of range");
    return true;
}

static bool read_int32_column(json_reader *r, column *to, int64_t low, int64_t high) {
    int64_t value;
    if (!read_int64(r, to, low, high, &value))
        return false;
    column_append_int32(to, (int32_t)value);
    return true;
}

static bool read_int64_column(json_reader *r, column *to) {
    int64_t value;
    if (!read_int64(r, to, INT64_MIN, INT64_MAX, &value))
        return false;
    column_append_int64(to, value);
    return true;
}

static bool read_double_column(json_reader *r, column *to) {
    double value;
    slice text;
    if (at_number(r)) {
        json_number n;
        if (!scan_number(r, &n))
            return false;
        if (n.digits > 19 || !number_scale_double(n.mantissa, n.exponent, &value))
            slice_to_double(n.text, &value);
        else if (n.negative)
            value = -value;
        if (n.negative && value == 0)
            value = 0; /* an exact number has no negative zero */
    } else if (*r->at == '"') {
        if (!json_read_string(r, &text))
            return false;
        if (!number_parse_double(text, &value))
            return fail_text(r, text, "is not a number");
    } else {
        return fail_type(r, to);
    }
    column_append_double(to, value);
    return true;
}

static bool read_decimal_column(json_reader *r, column *to) {
    slice text;
    if (at_number(r)) {
        json_number n;
        if (!scan_number(r, &n))
            return false;
        text = n.text;
    } else if (*r->at == '"') {
        if (!json_read_string(r, &text))
            return false;
    } else {
        return fail_type(r, to);
    }
    decimal128 value;
    decimal_status status = decimal_parse(text, to->type->precision, to->type->scale,
        r->is_lenient ? DECIMAL_HALF_UP : DECIMAL_EXACT, &value);
    if (status != DECIMAL_OK)
        return json_fail(r, "%.*s cannot be read as DECIMAL(%d, %d): %s",
            (int)(text.length < 60 ? text.length : 60), text.data, to->type->precision,
            to->type->scale, decimal_status_text(status));
    column_append_decimal(to, value);
    return true;
}

static bool read_boolean_text(json_reader *r, column *to) {
    slice text;
    if (!json_read_string(r, &text))
        return false;
    column_append_boolean(to, slice_is_ignore_case(text, "true"));
    return true;
}

static bool read_boolean_column(json_reader *r, column *to) {
    if (r->is_lenient && *r->at == '"')
        return read_boolean_text(r, to);
    bool value = *r->at == 't';
    if (*r->at != 't' && *r->at != 'f')
        return fail_type(r, to);
    if (!take_word(r))
        return false;
    column_append_boolean(to, value);
    return true;
}

/* Objects, arrays, numbers and booleans become text. */
static bool read_other_as_text(json_reader *r, column *to) {
    const char *from = r->at;
    if (!json_skip_value(r))
        return false;
    slice value = slice_make(from, (size_t)(r->at - from));
    buffer text = {0};
    bool fine = json_text_of_value(value, &text);
    if (fine)
        column_append_bytes(to, buffer_slice(&text));
    buffer_free(&text);
    return fine || json_fail(r, "a value that is not UTF-8");
}

static bool read_text_column(json_reader *r, column *to) {
    if (*r->at != '"')
        return read_other_as_text(r, to);
    slice text;
    if (!json_read_string(r, &text))
        return false;
    column_append_bytes(to, text);
    return true;
}

static bool read_bytes_column(json_reader *r, column *to) {
    slice text;
    size_t length;
    if (*r->at != '"')
        return fail_type(r, to);
    if (!json_read_string(r, &text))
        return false;
    char *into = column_reserve_bytes(to, (int64_t)base64_decoded_max(text));
    if (!base64_decode(text, into, &length))
        return fail_text(r, text, "is not base64");
    column_append_reserved(to, (int64_t)length);
    return true;
}

/* ---- nested values ---- */

static bool read_array(json_reader *r, json_shape *shape, column *to) {
    if (*r->at != '[')
        return fail_type(r, to);
    if (!json_enter(r))
        return false;
    int64_t index = 0;
    for (bool more = !take_empty(r, ']'); more; index++) {
        if (!json_read(r, shape->element, to->children[0])) {
            fail_in_element(r, index);
            return false;
        }
        if (!take_separator(r, ']', &more))
            return false;
    }
    column_append_nested(to);
    return true;
}

static bool read_map_key(json_reader *r, column *keys) {
    if (keys->type->base == SQL_VARCHAR)
        return at_quote(r) && read_text_column(r, keys);
    if (!at_quote(r))
        return false;
    slice text;
    if (!json_read_string(r, &text))
        return false;
    error e = {0};
    return text_value_read(text, keys, &e) || json_fail(r, "%.150s", e.message);
}

static bool read_map(json_reader *r, json_shape *shape, column *to) {
    if (*r->at != '{')
        return fail_type(r, to);
    if (!json_enter(r))
        return false;
    column *keys = to->children[0], *values = to->children[1];
    for (bool more = !take_empty(r, '}'); more;) {
        if (!read_map_key(r, keys) || !take_colon(r))
            return false;
        if (!json_read(r, shape->element, values)) {
            if (keys->type->base == SQL_VARCHAR)
                json_fail_in_field(r, column_slice(keys, keys->length - 1));
            return false;
        }
        if (!take_separator(r, '}', &more))
            return false;
    }
    column_append_map(to);
    return true;
}

/* ---- fields ---- */

static int find_field(const json_shape *shape, slice name) {
    for (int i = 0; i < shape->field_count; i++)
        if (slice_equal(shape->fields[i].name, name))
            return i;
    return NO_FIELD;
}

static int find_field_ignoring_case(const json_shape *shape, slice name) {
    char upper[256];
    size_t length = 0;
    for (size_t i = 0; i < name.length;) {
        utf8proc_int32_t code_point;
        utf8proc_ssize_t read = utf8proc_iterate((const utf8proc_uint8_t *)name.data + i,
            (utf8proc_ssize_t)(name.length - i), &code_point);
        if (read <= 0 || length + 4 > sizeof upper)
            return NO_FIELD;
        i += (size_t)read;
        length += utf8_write(upper + length, (uint32_t)utf8proc_toupper(code_point));
    }
    return find_field(shape, slice_make(upper, length));
}

static known_name resolve_name(const json_shape *shape, slice name) {
    known_name known = {.next = NO_NAME};
    known.exact = (int16_t)find_field(shape, name);
    known.ignoring_case = (int16_t)find_field_ignoring_case(shape, name);
    if (known.ignoring_case == known.exact)
        known.ignoring_case = NO_FIELD;
    return known;
}

/* Whether the name is the one that begins with the quote at `at`. */
static inline bool name_is_next(const json_reader *r, const char *at, const known_name *name) {
    at++;
    if (r->end - at < NAME_HEAD_BYTES) /* near the end of the text */
        return r->end - at >= name->length && memcmp(at, name->text, name->length) == 0;
    uint64_t head[2];
    memcpy(head, at, sizeof head);
    if (((head[0] ^ name->head[0]) & name->head_mask[0]) |
        ((head[1] ^ name->head[1]) & name->head_mask[1]))
        return false;
    return name->length <= NAME_HEAD_BYTES ||
           (r->end - at >= name->length &&
               memcmp(at + NAME_HEAD_BYTES, name->text + NAME_HEAD_BYTES,
                   name->length - (size_t)NAME_HEAD_BYTES) == 0);
}

static int find_known_name(const json_reader *r, const json_shape *shape) {
    for (int i = 0; i < shape->name_count; i++)
        if (name_is_next(r, r->at, &shape->names[i]))
            return i;
    return NO_NAME;
}

static int remember_name(json_shape *shape, const known_name *known) {
    if (shape->name_count == NAMES_MAX)
        return NO_NAME;
    if (shape->name_count == shape->name_capacity) {
        shape->name_capacity = shape->name_capacity ? (int16_t)(shape->name_capacity * 2) : 16;
        shape->names =
            memory_resize(shape->names, sizeof(known_name) * (size_t)shape->name_capacity);
    }
    shape->names[shape->name_count] = *known;
    return shape->name_count++;
}

/* Takes a field name that is not where it was last time. `previous` is the name before it. */
static bool take_surprising_name(
    json_reader *r, json_shape *shape, int previous, int *index, known_name *known) {
    *index = find_known_name(r, shape);
    if (*index == NO_NAME) {
        const char *from = r->at + 1;
        slice name;
        if (!json_read_string(r, &name))
            return false;
        *known = resolve_name(shape, name);
        size_t raw = (size_t)(r->at - from);
        if (raw <= NAME_MAX_BYTES) {
            memcpy(known->text, from, raw);
            known->length = (uint8_t)raw;
            size_t head_bytes = raw < NAME_HEAD_BYTES ? raw : NAME_HEAD_BYTES;
            memset(known->head_mask, 0xFF, head_bytes);
            memcpy(known->head, from, head_bytes);
            *index = remember_name(shape, known);
        }
    } else {
        *known = shape->names[*index];
        r->at += 1 + known->length;
    }
    if (previous != NO_NAME)
        shape->names[previous].next = (int16_t)*index;
    else
        shape->first = (int16_t)*index;
    return true;
}

static inline bool read_field(
    json_reader *r, shape_field *field, uint8_t rank, column *const *columns, int64_t row) {
    column *to = columns[field->column];
    int64_t whole;
    if (to->length > row) {
        if (rank < field->rank)
            return json_skip_value(r);
        column_truncate(to, row);
    }
    field->rank = rank;
    if (to->type->base == SQL_BIGINT && r->at < r->end && take_plain_integer(r, &whole)) {
        column_append_int64(to, whole); /* the most frequent value comes the shortest way */
        return true;
    }
    if (json_read(r, field->shape, to))
        return true;
    json_fail_in_field(r, field->name);
    return false;
}

/* The value of a name that stands for two columns, one exactly and one ignoring case, is read
 * twice. */
static bool read_named(json_reader *r, json_shape *shape, const known_name *name,
    column *const *columns, int64_t row) {
    const char *value = r->at;
    if (name->exact != NO_FIELD &&
        !read_field(r, &shape->fields[name->exact], RANK_EXACT, columns, row))
        return false;
    if (name->ignoring_case == NO_FIELD)
        return true;
    r->at = value;
    return read_field(r, &shape->fields[name->ignoring_case], RANK_IGNORING_CASE, columns, row);
}

/* The value of a name at `at`: read where it is wanted. */
static inline const char *pass_named(json_reader *r, const char *at, json_shape *shape,
    const known_name *name, column *const *columns, int64_t row) {
    if (name->exact == NO_FIELD && name->ignoring_case == NO_FIELD)
        return json_skip(r, at);
    r->at = at;
    return read_named(r, shape, name, columns, row) ? r->at : NULL;
}

static bool append_missing(
    json_reader *r, const json_shape *shape, column *const *columns, int64_t row) {
    for (int i = 0; i < shape->field_count; i++) {
        if (columns[shape->fields[i].column]->length != row)
            continue;
        if (r->refuses_missing)
            return json_fail(r, "the field \"%.*s\" is missing", SLICE_ARG(shape->fields[i].name));
        column_append_null(columns[shape->fields[i].column]);
    }
    return true;
}

bool json_read_fields(json_reader *r, json_shape *shape, column *const *columns, int64_t row) {
    if (r->at >= r->end || *r->at != '{')
        return fail_here(r, "an object");
    if (!json_enter(r))
        return false;
    const char *at = r->at;
    int previous = NO_NAME, index;
    for (bool more = !take_empty(r, '}'); more; previous = index) {
        r->at = at;
        if (!at_quote(r))
            return false;
        known_name surprise;
        index = previous == NO_NAME ? shape->first : shape->names[previous].next;
        const known_name *name = index == NO_NAME ? NULL : &shape->names[index];
        if (name && name_is_next(r, at, name)) {
            at += 1 + name->length;
        } else {
            if (!take_surprising_name(r, shape, previous, &index, &surprise))
                return false;
            at = r->at;
            name = &surprise;
        }
        at = json_skip_colon(r, at);
        if (at)
            at = pass_named(r, at, shape, name, columns, row);
        if (at)
            at = json_skip_separator(r, at, '}', &more);
        if (!at)
            return false;
        r->at = at;
    }
    return append_missing(r, shape, columns, row);
}

static bool read_struct(json_reader *r, json_shape *shape, column *to) {
    if (*r->at != '{')
        return fail_type(r, to);
    if (!json_read_fields(r, shape, to->children, to->length))
        return false;
    column_append_nested(to);
    return true;
}

static bool read_time_text(json_reader *r, column *to) {
    slice text;
    error e = {0};
    if (*r->at != '"')
        return fail_type(r, to);
    if (!json_read_string(r, &text))
        return false;
    return time_value_read(text, to, &e) || json_fail(r, "%s", e.message);
}

static bool is_time(sql_base base) {
    return base == SQL_DATE || base == SQL_TIME || base == SQL_TIMESTAMP;
}

static bool read_value(json_reader *r, json_shape *shape, column *to) {
    if (r->times_are_texts && is_time(to->type->base))
        return read_time_text(r, to);
    switch (to->type->base) {
    case SQL_NULL:
        return fail_type(r, to);
    case SQL_BOOLEAN:
        return read_boolean_column(r, to);
    case SQL_INTEGER:
    case SQL_DATE:
        return read_int32_column(r, to, INT32_MIN, INT32_MAX);
    case SQL_TIME:
        return read_int32_column(r, to, 0, DAY_MS);
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        return read_int64_column(r, to);
    case SQL_DOUBLE:
        return read_double_column(r, to);
    case SQL_DECIMAL:
        return read_decimal_column(r, to);
    case SQL_VARCHAR:
        return read_text_column(r, to);
    case SQL_BYTES:
        return read_bytes_column(r, to);
    case SQL_ARRAY:
        return read_array(r, shape, to);
    case SQL_MAP:
        return read_map(r, shape, to);
    case SQL_STRUCT:
        return read_struct(r, shape, to);
    }
    return false;
}

bool json_read(json_reader *r, json_shape *shape, column *to) {
    if (r->at < r->end && *r->at == 'n' && json_take_null(r)) {
        column_append_null(to);
        return true;
    }
    const char *from = r->at;
    int depth = r->depth;
    if (r->at >= r->end)
        fail_here(r, "a value");
    else if (read_value(r, shape, to))
        return true;
    column_append_null_discarding(to);
    if (!r->forgives_values)
        return false;
    r->at = from;
    r->depth = depth;
    return json_skip_value(r);
}
