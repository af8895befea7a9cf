/* Functions of one or two strings: length, case, concatenation, parts and places. */
#include <utf8proc.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"
#include "executor/function/registry.h"
#include "executor/function/scratch.h"
#include "executor/function/text.h"

/* ---- LEN ---- */

static void run_len(function_call *call) {
    while (function_next_row(call))
        return_int32(call, (int32_t)text_units(argument_slice(call, 0)));
}

static void run_len_bytes(function_call *call) {
    while (function_next_row(call))
        return_int32(call, (int32_t)argument_slice(call, 0).length);
}

static const scalar_kernel len = {.run = run_len}, len_bytes = {.run = run_len_bytes};
static const function_overload len_overloads[] = {
    {.signature = "(STRING) -> INTEGER", .scalar = &len},
    {.signature = "(BYTES) -> INTEGER", .scalar = &len_bytes}};

/* ---- LCASE, UCASE ---- */

static bool is_ascii(slice text) {
    unsigned char all = 0;
    for (size_t i = 0; i < text.length; i++)
        all |= (unsigned char)text.data[i];
    return all < 0x80;
}

/* Appends the character in the other case; only the sharp s becomes two. */
static size_t write_case(char *to, uint32_t code_point, bool upper) {
    if (upper && code_point == 0xDF) {
        to[0] = to[1] = 'S';
        return 2;
    }
    return utf8_write(to, (uint32_t)(upper ? utf8proc_toupper((utf8proc_int32_t)code_point)
                                           : utf8proc_tolower((utf8proc_int32_t)code_point)));
}

static void return_case(function_call *call, slice text, bool upper) {
    if (is_ascii(text)) {
        char *to = column_reserve_bytes(call->result, (int64_t)text.length);
        char first = upper ? 'a' : 'A', last = upper ? 'z' : 'Z';
        for (size_t i = 0; i < text.length; i++)
            to[i] = text.data[i] >= first && text.data[i] <= last ? (char)(text.data[i] ^ 0x20)
                                                                  : text.data[i];
        column_append_reserved(call->result, (int64_t)text.length);
        return;
    }
    char *to = column_reserve_bytes(call->result, (int64_t)text.length * 2 + 8);
    size_t length = 0;
    for (size_t at = 0, bytes; at < text.length; at += bytes) {
        slice rest = {text.data + at, text.length - at};
        length += write_case(to + length, text_code_point(rest, &bytes), upper);
    }
    column_append_reserved(call->result, (int64_t)length);
}

static void run_lcase(function_call *call) {
    while (function_next_row(call))
        return_case(call, argument_slice(call, 0), false);
}

static void run_ucase(function_call *call) {
    while (function_next_row(call))
        return_case(call, argument_slice(call, 0), true);
}

static const scalar_kernel lcase = {.run = run_lcase}, ucase = {.run = run_ucase};
static const function_overload lcase_overloads[] = {
    {.signature = "(STRING) -> STRING", .scalar = &lcase}};
static const function_overload ucase_overloads[] = {
    {.signature = "(STRING) -> STRING", .scalar = &ucase}};

/* ---- INITCAP ---- */

/* As Java's Character.isWhitespace: separators that a line may break at, and control characters. */
static bool is_white_space(uint32_t code_point) {
    if ((code_point >= 9 && code_point <= 13) || (code_point >= 0x1C && code_point <= 0x20))
        return true;
    if (code_point < 0x1680 || code_point == 0x2007 || code_point == 0x202F)
        return false;
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)code_point);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP;
}

static void run_initcap(function_call *call) {
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        char *to = column_reserve_bytes(call->result, (int64_t)text.length * 2 + 8);
        size_t length = 0;
        bool starts_word = true;
        for (size_t at = 0, bytes; at < text.length; at += bytes) {
            slice rest = {text.data + at, text.length - at};
            uint32_t code_point = text_code_point(rest, &bytes);
            utf8proc_int32_t changed = (utf8proc_int32_t)code_point;
            if (!starts_word)
                changed = utf8proc_tolower(changed);
            else if (code_point != 0xDF) /* the sharp s has no title case */
                changed = utf8proc_totitle(changed);
            length += utf8_write(to + length, (uint32_t)changed);
            starts_word = is_white_space(code_point);
        }
        column_append_reserved(call->result, (int64_t)length);
    }
}

static const scalar_kernel initcap = {.run = run_initcap};
static const function_overload initcap_overloads[] = {
    {.signature = "(STRING) -> STRING", .scalar = &initcap}};

/* ---- TRIM ---- */

/* As Java's String.trim: everything up to the space goes. */
static void run_trim(function_call *call) {
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        while (text.length && (unsigned char)*text.data <= ' ')
            text = slice_make(text.data + 1, text.length - 1);
        while (text.length && (unsigned char)text.data[text.length - 1] <= ' ')
            text.length--;
        return_slice(call, text);
    }
}

static const scalar_kernel trim = {.run = run_trim};
static const function_overload trim_overloads[] = {
    {.signature = "(STRING) -> STRING", .scalar = &trim}};

/* ---- CONCAT, CONCAT_WS ---- */

static void append_slice(function_call *call, size_t *length, slice text) {
    /* The row is still open: what was written so far stays where it is, or moves along. */
    char *to = column_reserve_bytes(call->result, (int64_t)(*length + text.length));
    if (text.length)
        memcpy(to + *length, text.data, text.length);
    *length += text.length;
}

/* Room for the whole row first, so that nothing moves. */
static void reserve_all(function_call *call, size_t separator_bytes) {
    size_t total = 0;
    for (int i = 0; i < call->argument_count; i++)
        total += argument_slice(call, i).length + separator_bytes;
    column_reserve_bytes(call->result, (int64_t)total);
}

static void run_concat(function_call *call) {
    while (function_next_row(call)) {
        size_t length = 0;
        reserve_all(call, 0);
        for (int i = 0; i < call->argument_count; i++)
            append_slice(call, &length, argument_slice(call, i));
        column_append_reserved(call->result, (int64_t)length);
    }
}

static const scalar_kernel concat = {.run = run_concat};
static const function_overload concat_overloads[] = {
    {.signature = "(STRING...) -> STRING", .nulls = FUNCTION_SEES_NULLS, .scalar = &concat},
    {.signature = "(BYTES...) -> BYTES", .nulls = FUNCTION_SEES_NULLS, .scalar = &concat}};

static void run_concat_ws(function_call *call) {
    while (function_next_row(call)) {
        slice separator = argument_slice(call, 0);
        if (!separator.data) {
            return_null(call);
            continue;
        }
        size_t length = 0;
        bool first = true;
        reserve_all(call, separator.length);
        for (int i = 1; i < call->argument_count; i++) {
            slice text = argument_slice(call, i);
            if (!text.data)
                continue;
            if (!first)
                append_slice(call, &length, separator);
            append_slice(call, &length, text);
            first = false;
        }
        column_append_reserved(call->result, (int64_t)length);
    }
}

static const scalar_kernel concat_ws = {.run = run_concat_ws};
static const function_overload concat_ws_overloads[] = {
    {.signature = "(STRING, STRING...) -> STRING",
        .nulls = FUNCTION_SEES_NULLS,
        .scalar = &concat_ws},
    {.signature = "(BYTES, BYTES...) -> BYTES",
        .nulls = FUNCTION_SEES_NULLS,
        .scalar = &concat_ws}};

/* ---- SUBSTRING ---- */

/* The 0-based unit where `position` (1-based, negative from the end) points, within the text. */
static int64_t start_unit(int64_t position, int64_t units) {
    int64_t start = position < 0 ? units + position : position - 1;
    return start < 0 ? 0 : start > units ? units : start;
}

static void run_substring(function_call *call) {
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        int64_t units = text_units(text);
        int64_t start = start_unit(argument_int32(call, 1), units), end = units;
        if (call->argument_count > 2) {
            int64_t length = argument_int32(call, 2);
            end = start + (length < 0 ? 0 : length);
        }
        size_t from = text_offset(text, start);
        size_t to = end >= units ? text.length : text_offset(text, end);
        return_slice(call, slice_make(text.data + from, to > from ? to - from : 0));
    }
}

static void run_substring_bytes(function_call *call) {
    while (function_next_row(call)) {
        slice bytes = argument_slice(call, 0);
        int64_t size = (int64_t)bytes.length;
        int64_t start = start_unit(argument_int32(call, 1), size), end = size;
        if (call->argument_count > 2) {
            int64_t length = argument_int32(call, 2);
            end = start + (length < 0 ? 0 : length);
        }
        if (end > size)
            end = size;
        return_slice(call, slice_make(bytes.data + start, (size_t)(end - start)));
    }
}

static const scalar_kernel substring = {.run = run_substring},
                           substring_bytes = {.run = run_substring_bytes};
static const function_overload substring_overloads[] = {
    {.signature = "(STRING, INTEGER) -> STRING", .scalar = &substring},
    {.signature = "(STRING, INTEGER, INTEGER) -> STRING", .scalar = &substring},
    {.signature = "(BYTES, INTEGER) -> BYTES", .scalar = &substring_bytes},
    {.signature = "(BYTES, INTEGER, INTEGER) -> BYTES", .scalar = &substring_bytes}};

/* ---- INSTR ---- */

static int32_t find_forward(slice text, slice wanted, int64_t position, int32_t occurrence) {
    size_t from = text_offset(text, position - 1);
    int64_t found = -1;
    for (; occurrence > 0; occurrence--) {
        found = text_find(text, wanted, from);
        if (found < 0)
            return 0;
        from = (size_t)found + 1;
    }
    return found < 0 ? 0 : (int32_t)text_units(slice_make(text.data, (size_t)found)) + 1;
}

/* From the position (counted from the end) towards the start. */
static int32_t find_backward(slice text, slice wanted, int64_t position, int32_t occurrence) {
    int64_t unit = text_units(text) + position;
    if (unit < 0 || occurrence < 1)
        return 0;
    for (int64_t at = (int64_t)text_offset(text, unit); at >= 0; at--) {
        slice rest = {text.data + at, text.length - (size_t)at};
        if (slice_starts_with(rest, wanted) && --occurrence == 0)
            return (int32_t)text_units(slice_make(text.data, (size_t)at)) + 1;
    }
    return 0;
}

static void run_instr(function_call *call) {
    while (function_next_row(call)) {
        int32_t position = call->argument_count > 2 ? argument_int32(call, 2) : 1;
        int32_t occurrence = call->argument_count > 3 ? argument_int32(call, 3) : 1;
        slice text = argument_slice(call, 0), wanted = argument_slice(call, 1);
        if (wanted.length == 0 || position == 0)
            return_int32(call, 0);
        else
            return_int32(call, position > 0 ? find_forward(text, wanted, position, occurrence)
                                            : find_backward(text, wanted, position, occurrence));
    }
}

static const scalar_kernel instr = {.run = run_instr};
static const function_overload instr_overloads[] = {
    {.signature = "(STRING, STRING) -> INTEGER", .scalar = &instr},
    {.signature = "(STRING, STRING, INTEGER) -> INTEGER", .scalar = &instr},
    {.signature = "(STRING, STRING, INTEGER, INTEGER) -> INTEGER", .scalar = &instr}};

/* ---- REPLACE ---- */

static void run_replace(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0), old = argument_slice(call, 1);
        slice fresh = argument_slice(call, 2);
        buffer_clear(out);
        size_t at = 0;
        if (old.length == 0) { /* before every character and at the end */
            for (size_t bytes; at < text.length; at += bytes) {
                bytes = text_character_bytes(text, at);
                buffer_append(out, fresh);
                buffer_append_bytes(out, text.data + at, bytes);
            }
            buffer_append(out, fresh);
        } else {
            for (int64_t found; (found = text_find(text, old, at)) >= 0;) {
                buffer_append_bytes(out, text.data + at, (size_t)found - at);
                buffer_append(out, fresh);
                at = (size_t)found + old.length;
            }
            buffer_append_bytes(out, text.data + at, text.length - at);
        }
        return_slice(call, buffer_slice(out));
    }
}

static const scalar_kernel replace = {.run = run_replace, SCRATCH_BUFFER};
static const function_overload replace_overloads[] = {
    {.signature = "(STRING, STRING, STRING) -> STRING", .scalar = &replace}};

/* ---- CHR ---- */

static void return_code_point(function_call *call, int64_t code_point) {
    bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < 0 || code_point > 0x10FFFF || surrogate) {
        return_null(call);
        return;
    }
    char bytes[4];
    return_slice(call, slice_make(bytes, utf8_write(bytes, (uint32_t)code_point)));
}

static void run_chr(function_call *call) {
    while (function_next_row(call))
        return_code_point(call, argument_int32(call, 0));
}

/* \uXXXX at the start of the text (with more u's, as Java allows): its number and its bytes; -1
 * when it is not there. */
static int64_t read_escape(slice text, size_t *bytes) {
    size_t i = 1;
    if (text.length < 6 || text.data[0] != '\\' || text.data[1] != 'u')
        return -1;
    while (i < text.length && text.data[i] == 'u')
        i++;
    if (text.length < i + 4)
        return -1;
    int64_t value = 0;
    for (size_t end = i + 4; i < end; i++) {
        int digit = number_hex_digit(text.data[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    *bytes = i;
    return value;
}

static bool is_low_surrogate(int64_t unit) {
    return unit >= 0xDC00 && unit < 0xE000;
}

/* One code point from one escape, or from two that are a pair of surrogates. */
static int64_t read_escaped(slice text, size_t *bytes) {
    int64_t unit = read_escape(text, bytes);
    if (unit < 0xD800 || unit >= 0xDC00)
        return is_low_surrogate(unit) ? -1 : unit;
    size_t more;
    int64_t low = read_escape(slice_make(text.data + *bytes, text.length - *bytes), &more);
    if (!is_low_surrogate(low))
        return -1;
    *bytes += more;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

/* The text with its escapes replaced; it must begin with one. */
static bool unescape(slice text, buffer *out) {
    buffer_clear(out);
    if (text.length < 6 || text.data[0] != '\\' || text.data[1] != 'u')
        return false;
    for (size_t at = 0, bytes; at < text.length; at += bytes) {
        char character[4];
        slice rest = {text.data + at, text.length - at};
        bytes = 1;
        if (*rest.data != '\\') {
            buffer_append_byte(out, *rest.data);
            continue;
        }
        int64_t code_point = read_escaped(rest, &bytes);
        if (code_point < 0)
            return false;
        buffer_append_bytes(out, character, utf8_write(character, (uint32_t)code_point));
    }
    return true;
}

static void run_chr_text(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call))
        if (unescape(argument_slice(call, 0), out))
            return_slice(call, buffer_slice(out));
        else
            return_null(call);
}

static const scalar_kernel chr = {.run = run_chr}, chr_text = {.run = run_chr_text, SCRATCH_BUFFER};
static const function_overload chr_overloads[] = {
    {.signature = "(INTEGER) -> STRING", .scalar = &chr},
    {.signature = "(STRING) -> STRING", .scalar = &chr_text}};

/* ---- ELT, FIELD ---- */

static void run_elt(function_call *call) {
    while (function_next_row(call)) {
        if (argument_is_null(call, 0)) {
            return_null(call);
            continue;
        }
        int32_t n = argument_int32(call, 0);
        if (n < 1 || n >= call->argument_count)
            return_null(call);
        else
            return_slice(call, argument_slice(call, n));
    }
}

static void run_field(function_call *call) {
    while (function_next_row(call)) {
        slice wanted = argument_slice(call, 0);
        int32_t found = 0;
        for (int i = 1; wanted.data && !found && i < call->argument_count; i++) {
            slice text = argument_slice(call, i);
            if (text.data && slice_equal(text, wanted))
                found = i;
        }
        return_int32(call, found);
    }
}

static const scalar_kernel elt = {.run = run_elt}, field = {.run = run_field};
static const function_overload elt_overloads[] = {
    {.signature = "(INTEGER, STRING...) -> STRING", .nulls = FUNCTION_SEES_NULLS, .scalar = &elt}};
static const function_overload field_overloads[] = {{.signature = "(STRING, STRING...) -> INTEGER",
    .nulls = FUNCTION_SEES_NULLS,
    .scalar = &field}};

static const function_descriptor rows[] = {
    {"LEN", FUNCTION_SCALAR, "STRING", "The number of characters of a STRING, or bytes of BYTES.",
        "LEN('sluice')", "6", OVERLOADS(len_overloads)},
    {"LCASE", FUNCTION_SCALAR, "STRING", "The text in lower case.", "LCASE('Open GATE')",
        "\"open gate\"", OVERLOADS(lcase_overloads)},
    {"UCASE", FUNCTION_SCALAR, "STRING", "The text in upper case.", "UCASE('Open gate')",
        "\"OPEN GATE\"", OVERLOADS(ucase_overloads)},
    {"INITCAP", FUNCTION_SCALAR, "STRING",
        "Each word with its first letter in upper case and the others in lower case.",
        "INITCAP('the lazy DOG')", "\"The Lazy Dog\"", OVERLOADS(initcap_overloads)},
    {"TRIM", FUNCTION_SCALAR, "STRING", "The text without white space at its ends.",
        "TRIM('  water ')", "\"water\"", OVERLOADS(trim_overloads)},
    {"CONCAT", FUNCTION_SCALAR, "STRING", "All arguments one after the other; nulls are empty.",
        "CONCAT('a', NULL, 'b')", "\"ab\"", OVERLOADS(concat_overloads)},
    {"CONCAT_WS", FUNCTION_SCALAR, "STRING",
        "The arguments that are not null with the first one between them.",
        "CONCAT_WS('-', 'a', NULL, 'b')", "\"a-b\"", OVERLOADS(concat_ws_overloads)},
    {"SUBSTRING", FUNCTION_SCALAR, "STRING",
        "The part from a position on (1 is the first, negative counts from the end), of a length.",
        "SUBSTRING('stream', 2, 3)", "\"tre\"", OVERLOADS(substring_overloads)},
    {"INSTR", FUNCTION_SCALAR, "STRING",
        "Where a text is found in another; 0 when it is not. Optionally from a position on "
        "(negative: backwards from the end), and which occurrence.",
        "INSTR('corporate floor', 'or', 3)", "5", OVERLOADS(instr_overloads)},
    {"REPLACE", FUNCTION_SCALAR, "STRING", "The text with every occurrence of a part replaced.",
        "REPLACE('a.b.c', '.', '/')", "\"a/b/c\"", OVERLOADS(replace_overloads)},
    {"CHR", FUNCTION_SCALAR, "STRING",
        "The character with a code point, given as a number or as '\\uXXXX'.", "CHR(75)", "\"K\"",
        OVERLOADS(chr_overloads)},
    {"ELT", FUNCTION_SCALAR, "STRING", "The n-th of the arguments that follow n.",
        "ELT(2, 'a', 'b', 'c')", "\"b\"", OVERLOADS(elt_overloads)},
    {"FIELD", FUNCTION_SCALAR, "STRING",
        "Which of the following arguments equals the first: 1, 2, ...; 0 for none.",
        "FIELD('b', 'a', 'b')", "2", OVERLOADS(field_overloads)},
};

void string_functions_register(void) {
    REGISTER_ROWS(rows);
}
