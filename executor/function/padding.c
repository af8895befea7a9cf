/* LPAD and RPAD, for texts and bytes. The result is the input cut or padded to the length; the
 * padding is repeated from its start. */
#include "executor/function/registry.h"
#include "executor/function/text.h"

static int64_t count_units(slice value, bool is_text) {
    return is_text ? text_units(value) : (int64_t)value.length;
}

/* `units` of padding, which repeats and has some, at `to`; returns the bytes. */
static size_t write_padding(char *to, slice padding, int64_t units, bool is_text) {
    size_t length = 0;
    int64_t whole = count_units(padding, is_text);
    while (units > 0) {
        int64_t taken = units < whole ? units : whole;
        size_t bytes = is_text ? text_offset(padding, taken) : (size_t)taken;
        memcpy(to + length, padding.data, bytes);
        length += bytes;
        units -= taken;
    }
    return length;
}

enum { LONGEST_RESULT = 64 * 1024 * 1024 };

static void pad(function_call *call, bool left, bool is_text) {
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0), padding = argument_slice(call, 2);
        int64_t length = argument_int32(call, 1);
        if (length < 0 ||
            count_units(padding, is_text) == 0) { /* bytes that are no text have none */
            return_null(call);
            continue;
        }
        if (length > LONGEST_RESULT) {
            function_fail(call, "A text of length %lld is too long", (long long)length);
            continue;
        }
        int64_t units = count_units(text, is_text);
        if (units >= length) {
            size_t bytes = is_text ? text_offset(text, length) : (size_t)length;
            return_slice(call, slice_make(text.data, bytes));
            continue;
        }
        int64_t missing = length - units;
        char *to = column_reserve_bytes(call->result, (int64_t)text.length + missing * 4);
        size_t padded = left ? write_padding(to, padding, missing, is_text) : 0;
        memcpy(to + padded, text.data, text.length);
        if (!left)
            padded = write_padding(to + text.length, padding, missing, is_text);
        column_append_reserved(call->result, (int64_t)(text.length + padded));
    }
}

static void run_lpad(function_call *call) {
    pad(call, true, true);
}

static void run_rpad(function_call *call) {
    pad(call, false, true);
}

static void run_lpad_bytes(function_call *call) {
    pad(call, true, false);
}

static void run_rpad_bytes(function_call *call) {
    pad(call, false, false);
}

static const scalar_kernel lpad = {.run = run_lpad}, rpad = {.run = run_rpad},
                           lpad_bytes = {.run = run_lpad_bytes},
                           rpad_bytes = {.run = run_rpad_bytes};
static const function_overload lpad_overloads[] = {
    {.signature = "(STRING, INTEGER, STRING) -> STRING", .scalar = &lpad},
    {.signature = "(BYTES, INTEGER, BYTES) -> BYTES", .scalar = &lpad_bytes}};
static const function_overload rpad_overloads[] = {
    {.signature = "(STRING, INTEGER, STRING) -> STRING", .scalar = &rpad},
    {.signature = "(BYTES, INTEGER, BYTES) -> BYTES", .scalar = &rpad_bytes}};

static const function_descriptor rows[] = {
    {"LPAD", FUNCTION_SCALAR, "STRING", "Padded at the left, or cut, to a length.",
        "LPAD('7', 3, '0')", "\"007\"", OVERLOADS(lpad_overloads)},
    {"RPAD", FUNCTION_SCALAR, "STRING", "Padded at the right, or cut, to a length.",
        "RPAD('Foo', 7, 'Bar')", "\"FooBarB\"", OVERLOADS(rpad_overloads)},
};

void padding_functions_register(void) {
    REGISTER_ROWS(rows);
}
