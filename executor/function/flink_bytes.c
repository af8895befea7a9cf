/* Functions of the Flink dialect about the characters and bytes of texts: LTRIM and its like,
 * TRANSLATE, BIN, HEX, STR_TO_MAP. */
#include "base/memory.h"
#include "executor/function/registry.h"
#include "executor/function/scratch.h"
#include "executor/function/text.h"

/* ---- LTRIM, RTRIM, BTRIM: without the characters of a set at the ends ---- */

static bool in_set(slice set, const char *character, size_t bytes) {
    for (size_t at = 0; at < set.length; at += text_character_bytes(set, at))
        if (text_character_bytes(set, at) == bytes && memcmp(set.data + at, character, bytes) == 0)
            return true;
    return false;
}

static slice trim_left(slice text, slice set) {
    while (text.length > 0) {
        size_t bytes = text_character_bytes(text, 0);
        if (!in_set(set, text.data, bytes))
            break;
        text = slice_make(text.data + bytes, text.length - bytes);
    }
    return text;
}

static slice trim_right(slice text, slice set) {
    while (text.length > 0) {
        size_t start = text.length - 1;
        while (start > 0 && ((unsigned char)text.data[start] & 0xC0) == 0x80)
            start--;
        if (!in_set(set, text.data + start, text.length - start))
            break;
        text.length = start;
    }
    return text;
}

static void return_text(function_call *call, slice text) {
    return_slice(call, text.length ? text : SLICE_LITERAL(""));
}

static void run_ltrim(function_call *call) {
    while (function_next_row(call))
        return_text(call, trim_left(argument_slice(call, 0), argument_slice(call, 1)));
}

static void run_rtrim(function_call *call) {
    while (function_next_row(call))
        return_text(call, trim_right(argument_slice(call, 0), argument_slice(call, 1)));
}

static void run_btrim(function_call *call) {
    while (function_next_row(call)) {
        slice set = argument_slice(call, 1);
        return_text(call, trim_right(trim_left(argument_slice(call, 0), set), set));
    }
}

/* ---- TRANSLATE: each character of one set by that at its place in another ---- */

static slice character_at(slice text, size_t index) {
    size_t at = 0;
    while (index-- > 0 && at < text.length)
        at += text_character_bytes(text, at);
    if (at >= text.length)
        return SLICE_LITERAL("");
    return slice_make(text.data + at, text_character_bytes(text, at));
}

static void run_translate(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0), from = argument_slice(call, 1);
        buffer_clear(out);
        for (size_t i = 0;; i++) {
            slice c = character_at(text, i), wanted;
            if (c.length == 0)
                break;
            size_t place = 0;
            while ((wanted = character_at(from, place)).length > 0 && !slice_equal(wanted, c))
                place++;
            buffer_append(
                out, wanted.length == 0 ? c : character_at(argument_slice(call, 2), place));
        }
        return_text(call, buffer_slice(out));
    }
}

/* ---- BIN, HEX ---- */

static void return_digits(function_call *call, int bits) {
    char digits[64];
    uint64_t value = (uint64_t)argument_int64(call, 0);
    int at = 64;
    do {
        digits[--at] = "0123456789ABCDEF"[value & ((1u << bits) - 1)];
        value >>= bits;
    } while (value);
    return_slice(call, slice_make(digits + at, (size_t)(64 - at)));
}

static void run_bin(function_call *call) {
    while (function_next_row(call))
        return_digits(call, 1);
}

static void run_hex(function_call *call) {
    while (function_next_row(call))
        return_digits(call, 4);
}

static void run_hex_text(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        buffer_clear(out);
        for (size_t i = 0; i < text.length; i++)
            buffer_format(out, "%02X", (unsigned char)text.data[i]);
        return_text(call, buffer_slice(out));
    }
}

/* ---- STR_TO_MAP ---- */

static slice cut(slice *text, slice delimiter) {
    int64_t found = delimiter.length ? text_find(*text, delimiter, 0) : -1;
    slice part = found < 0 ? *text : slice_make(text->data, (size_t)found);
    size_t taken = found < 0 ? text->length : (size_t)found + delimiter.length;
    *text = slice_make(text->data + taken, text->length - taken);
    return part;
}

static bool key_comes_again(slice rest, slice list, slice pair, slice key) {
    while (rest.length > 0) {
        slice entry = cut(&rest, list);
        if (slice_equal(cut(&entry, pair), key))
            return true;
    }
    return false;
}

static void run_str_to_map(function_call *call) {
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        slice list = argument_slice(call, 1), pair = argument_slice(call, 2);
        while (text.length > 0) {
            slice value = cut(&text, list);
            size_t whole = value.length;
            slice key = cut(&value, pair);
            if (key_comes_again(text, list, pair, key))
                continue;
            column_append_bytes(function_part(call, 0), key);
            if (key.length == whole)
                column_append_null(function_part(call, 1));
            else
                column_append_bytes(
                    function_part(call, 1), value.length ? value : SLICE_LITERAL(""));
        }
        return_nested(call);
    }
}

/* ---- the rows ---- */

static const scalar_kernel ltrim = {.run = run_ltrim}, rtrim = {.run = run_rtrim},
                           btrim = {.run = run_btrim},
                           translate = {.run = run_translate, SCRATCH_BUFFER},
                           bin = {.run = run_bin}, hex = {.run = run_hex},
                           hex_text = {.run = run_hex_text, SCRATCH_BUFFER},
                           str_to_map = {.run = run_str_to_map};

#define ONE_OVERLOAD(name, words)                                                                  \
    static const function_overload name##_overloads[] = {{.signature = words, .scalar = &name}}

ONE_OVERLOAD(ltrim, "(STRING, STRING) -> STRING");
ONE_OVERLOAD(rtrim, "(STRING, STRING) -> STRING");
ONE_OVERLOAD(btrim, "(STRING, STRING) -> STRING");
ONE_OVERLOAD(translate, "(STRING, STRING, STRING) -> STRING");
ONE_OVERLOAD(bin, "(BIGINT) -> STRING");
ONE_OVERLOAD(str_to_map, "(STRING, STRING, STRING) -> MAP<STRING, STRING>");
static const function_overload hex_overloads[] = {
    {.signature = "(BIGINT) -> STRING", .scalar = &hex},
    {.signature = "(STRING) -> STRING", .scalar = &hex_text}};

#define BYTES_ROW(text, list, what)                                                                \
    {                                                                                              \
        .name = text, .kind = FUNCTION_SCALAR, .category = "STRING", .summary = what,              \
        OVERLOADS(list)                                                                            \
    }

static const function_descriptor rows[] = {
    BYTES_ROW("LTRIM", ltrim_overloads, "Without the characters of a set at the start."),
    BYTES_ROW("RTRIM", rtrim_overloads, "Without the characters of a set at the end."),
    BYTES_ROW("BTRIM", btrim_overloads, "Without the characters of a set at both ends."),
    BYTES_ROW("TRANSLATE", translate_overloads,
        "With the characters of one set replaced by those of another."),
    BYTES_ROW("BIN", bin_overloads, "A whole number in binary digits."),
    BYTES_ROW("HEX", hex_overloads, "A whole number, or a text's bytes, in hexadecimal digits."),
    BYTES_ROW("STR_TO_MAP", str_to_map_overloads,
        "A MAP of a text of entries, by the delimiters between entries, and of key and value."),
};

void flink_bytes_functions_register(void) {
    function_register_flink(rows, (int)(sizeof rows / sizeof *rows));
}
