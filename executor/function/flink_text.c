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
                           count_char = {.run = run_count_char};
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
    TEXT_ROW("COUNT_CHAR", count_char_overloads, "How often a character is in a text."),
    /* For CREATE FUNCTION ... AS: the class that does the same in Nexmark. */
    TEXT_ROW("COM.GITHUB.NEXMARK.FLINK.UDF.COUNTCHAR", count_char_overloads,
        "How often a character is in a text."),
};

void flink_text_functions_register(void) {
    function_register_flink(rows, (int)(sizeof rows / sizeof *rows));
}
