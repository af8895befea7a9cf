/* Functions of text that the Flink dialect has. */
#include "base/memory.h"
#include "executor/function/registry.h"
#include "executor/function/scratch.h"
#include "executor/function/text.h"

/* ---- SPLIT_INDEX: the part at an index from 0 on; NULL where there is none ---- */

static bool find_part(slice text, slice delimiter, int32_t index, slice *out) {
    if (index < 0 || delimiter.length == 0)
        return false;
    size_t at = 0;
    for (int32_t i = 0;; i++) {
        int64_t found;
        if (delimiter.length == 1) { /* the usual case */
            const char *place = text.length > at
                                    ? memchr(text.data + at, delimiter.data[0], text.length - at)
                                    : NULL;
            found = place ? place - text.data : -1;
        } else {
            found = text_find(text, delimiter, at);
        }
        size_t end = found < 0 ? text.length : (size_t)found;
        if (i == index) {
            *out = slice_make(text.data + at, end - at);
            return true;
        }
        if (found < 0)
            return false;
        at = end + delimiter.length;
    }
}

static void run_split_index(function_call *call) {
    while (function_next_row(call)) {
        slice part;
        if (argument_slice(call, 0).length > 0 &&
            find_part(
                argument_slice(call, 0), argument_slice(call, 1), argument_int32(call, 2), &part))
            return_slice(call, part);
        else
            return_null(call);
    }
}

/* ---- LEFT, RIGHT, REVERSE, REPEAT ---- */

static size_t characters(slice text) {
    size_t count = 0;
    for (size_t at = 0; at < text.length; at += text_character_bytes(text, at))
        count++;
    return count;
}

static size_t bytes_of(slice text, size_t count) {
    size_t at = 0;
    while (count-- > 0 && at < text.length)
        at += text_character_bytes(text, at);
    return at;
}

static void run_left(function_call *call) {
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        int32_t count = argument_int32(call, 1);
        return_slice(call, slice_make(text.data, count <= 0 ? 0 : bytes_of(text, (size_t)count)));
    }
}

static void run_right(function_call *call) {
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        int32_t count = argument_int32(call, 1);
        size_t all = characters(text), kept = count <= 0 ? 0 : (size_t)count;
        size_t at = bytes_of(text, kept < all ? all - kept : 0);
        return_slice(call, slice_make(text.data + at, text.length - at));
    }
}

static void run_reverse(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        buffer_clear(out);
        for (size_t end = text.length; end > 0;) {
            size_t start = end - 1;
            while (start > 0 && ((unsigned char)text.data[start] & 0xC0) == 0x80)
                start--;
            buffer_append(out, slice_make(text.data + start, end - start));
            end = start;
        }
        return_slice(call, out->length ? buffer_slice(out) : SLICE_LITERAL(""));
    }
}

enum { REPEAT_LIMIT = 64 << 20 };

static void run_repeat(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        int32_t count = argument_int32(call, 1);
        if (count > 0 && text.length * (uint64_t)count > REPEAT_LIMIT) {
            function_fail(call, "The text would be longer than %d bytes", REPEAT_LIMIT);
            continue;
        }
        buffer_clear(out);
        for (int32_t i = 0; i < count; i++)
            buffer_append(out, text);
        return_slice(call, out->length ? buffer_slice(out) : SLICE_LITERAL(""));
    }
}

/* ---- CHAR_LENGTH, SUBSTRING, LOCATE, INITCAP, ASCII, CHR ---- */

static void run_char_length(function_call *call) {
    while (function_next_row(call))
        return_int32(call, (int32_t)characters(argument_slice(call, 0)));
}

/* From a place, from 1 on, which counts from the end when negative; 0 is the first, too. */
static void run_substring(function_call *call) {
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        int64_t start = argument_int32(call, 1), all = (int64_t)characters(text);
        int64_t count = call->argument_count > 2 ? argument_int32(call, 2) : INT32_MAX;
        start = start > 0 ? start - 1 : start < 0 ? all + start : 0;
        if (count < 0) {
            return_null(call);
            continue;
        }
        if (start < 0 || start >= all)
            count = 0;
        size_t from = count ? bytes_of(text, (size_t)start) : 0;
        slice rest = slice_make(text.data + from, text.length - from);
        size_t bytes = bytes_of(rest, (size_t)count);
        return_slice(call, bytes ? slice_make(rest.data, bytes) : SLICE_LITERAL(""));
    }
}

/* LOCATE(wanted, text [, from]): from 1 on; 0 where it is not. */
static void run_locate(function_call *call) {
    while (function_next_row(call)) {
        slice wanted = argument_slice(call, 0), text = argument_slice(call, 1);
        int32_t from = call->argument_count > 2 ? argument_int32(call, 2) : 1;
        size_t at = from > 1 ? bytes_of(text, (size_t)from - 1) : 0;
        if (wanted.length == 0) {
            return_int32(call, 1);
            continue;
        }
        int64_t found = at < text.length ? text_find(text, wanted, at) : -1;
        return_int32(
            call, found < 0 ? 0 : (int32_t)characters(slice_make(text.data, (size_t)found)) + 1);
    }
}

/* A word is of letters and digits. */
static void run_initcap(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        bool starts = true;
        buffer_clear(out);
        for (size_t i = 0; i < text.length; i++) {
            unsigned char c = (unsigned char)text.data[i];
            bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
            buffer_append_byte(out, (char)(starts && lower    ? c - 32
                                           : !starts && upper ? c + 32
                                                              : c));
            starts = !(upper || lower || (c >= '0' && c <= '9') || c >= 0x80);
        }
        return_slice(call, out->length ? buffer_slice(out) : SLICE_LITERAL(""));
    }
}

static void run_ascii(function_call *call) {
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        return_int32(call, text.length ? (signed char)text.data[0] : 0);
    }
}

/* The last byte of a number as a character of Latin 1; nothing for a negative one. */
static void run_chr(function_call *call) {
    while (function_next_row(call)) {
        int64_t number = argument_int64(call, 0);
        unsigned byte = (unsigned)(number & 0xFF);
        char bytes[2] = {(char)byte, 0};
        if (byte >= 0x80) {
            bytes[0] = (char)(0xC0 | byte >> 6);
            bytes[1] = (char)(0x80 | (byte & 0x3F));
        }
        return_slice(call, number < 0 ? SLICE_LITERAL("") : slice_make(bytes, byte < 0x80 ? 1 : 2));
    }
}

/* ---- COUNT_CHAR: how many bytes of a text are the first byte of another ---- */

static void run_count_char(function_call *call) {
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0), wanted = argument_slice(call, 1);
        int64_t count = 0;
        for (size_t i = 0; i < text.length && wanted.length > 0; i++)
            count += text.data[i] == wanted.data[0];
        return_int64(call, count);
    }
}

static const scalar_kernel split_index = {.run = run_split_index}, left = {.run = run_left},
                           right = {.run = run_right},
                           reverse = {.run = run_reverse, SCRATCH_BUFFER},
                           repeat = {.run = run_repeat, SCRATCH_BUFFER},
                           char_length = {.run = run_char_length},
                           substring = {.run = run_substring}, locate = {.run = run_locate},
                           initcap = {.run = run_initcap, SCRATCH_BUFFER},
                           ascii = {.run = run_ascii}, chr = {.run = run_chr},
                           count_char = {.run = run_count_char};
static const function_overload char_length_overloads[] = {
    {.signature = "(STRING) -> INTEGER", .scalar = &char_length}};
static const function_overload substring_overloads[] = {
    {.signature = "(STRING, INTEGER) -> STRING", .scalar = &substring},
    {.signature = "(STRING, INTEGER, INTEGER) -> STRING", .scalar = &substring}};
static const function_overload locate_overloads[] = {
    {.signature = "(STRING, STRING) -> INTEGER", .scalar = &locate},
    {.signature = "(STRING, STRING, INTEGER) -> INTEGER", .scalar = &locate}};
static const function_overload initcap_overloads[] = {
    {.signature = "(STRING) -> STRING", .scalar = &initcap}};
static const function_overload ascii_overloads[] = {
    {.signature = "(STRING) -> INTEGER", .scalar = &ascii}};
static const function_overload chr_overloads[] = {
    {.signature = "(BIGINT) -> STRING", .scalar = &chr}};
static const function_overload split_index_overloads[] = {
    {.signature = "(STRING, STRING, INTEGER) -> STRING", .scalar = &split_index}};
static const function_overload left_overloads[] = {
    {.signature = "(STRING, INTEGER) -> STRING", .scalar = &left}};
static const function_overload right_overloads[] = {
    {.signature = "(STRING, INTEGER) -> STRING", .scalar = &right}};
static const function_overload reverse_overloads[] = {
    {.signature = "(STRING) -> STRING", .scalar = &reverse}};
static const function_overload repeat_overloads[] = {
    {.signature = "(STRING, INTEGER) -> STRING", .scalar = &repeat}};
static const function_overload count_char_overloads[] = {
    {.signature = "(STRING, STRING) -> BIGINT", .scalar = &count_char}};

#define TEXT_ROW(text, list, what)                                                                 \
    {                                                                                              \
        .name = text, .kind = FUNCTION_SCALAR, .category = "STRING", .summary = what,              \
        OVERLOADS(list)                                                                            \
    }

static const function_descriptor rows[] = {
    TEXT_ROW("SPLIT_INDEX", split_index_overloads, "The part at an index, from 0 on."),
    TEXT_ROW("LEFT", left_overloads, "The first characters."),
    TEXT_ROW("RIGHT", right_overloads, "The last characters."),
    TEXT_ROW("REVERSE", reverse_overloads, "The characters from the last to the first."),
    TEXT_ROW("REPEAT", repeat_overloads, "The text so many times."),
    TEXT_ROW("FLINK_CHAR_LENGTH", char_length_overloads, "How many characters a text has."),
    TEXT_ROW("FLINK_SUBSTRING", substring_overloads, "A part of a text."),
    TEXT_ROW("LOCATE", locate_overloads, "Where a text is in another, from 1 on; 0: nowhere."),
    TEXT_ROW("FLINK_INITCAP", initcap_overloads, "With each word's first letter in upper case."),
    TEXT_ROW("ASCII", ascii_overloads, "The first byte, -128 to 127."),
    TEXT_ROW("FLINK_CHR", chr_overloads, "The character of a number's last byte."),
    TEXT_ROW("COUNT_CHAR", count_char_overloads, "How often a character is in a text."),
    /* For CREATE FUNCTION ... AS: the class that does the same in Nexmark. */
    TEXT_ROW("COM.GITHUB.NEXMARK.FLINK.UDF.COUNTCHAR", count_char_overloads,
        "How often a character is in a text."),
};

void flink_text_functions_register(void) {
    function_register_flink(rows, (int)(sizeof rows / sizeof *rows));
}
