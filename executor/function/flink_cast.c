/* Casts of the Flink dialect that are not those of ksqlDB, as functions that the planner calls:
 * texts of BOOLEANs and nested values (TRUE, [1, NULL], (1, a), {k=v}), numbers read from texts
 * with a fraction, truths by Flink's words, dates of texts that go on with a time, and lengths.
 */
#include <ctype.h>

#include "base/time_text.h"
#include "executor/expression/cast.h"
#include "executor/function/registry.h"
#include "executor/function/scratch.h"
#include "executor/function/text.h"

/* ---- as text ---- */

static void append_text(buffer *out, const column *c, int64_t row);

static void append_entries(buffer *out, const column *c, int64_t row) {
    bool is_map = c->type->base == SQL_MAP;
    buffer_append_byte(out, is_map ? '{' : '[');
    for (int32_t n = c->offsets[row]; n < c->offsets[row + 1]; n++) {
        buffer_append_text(out, n > c->offsets[row] ? ", " : "");
        append_text(out, c->children[0], n);
        if (is_map) {
            buffer_append_byte(out, '=');
            append_text(out, c->children[1], n);
        }
    }
    buffer_append_byte(out, is_map ? '}' : ']');
}

static void append_fields(buffer *out, const column *c, int64_t row) {
    buffer_append_byte(out, '(');
    for (int n = 0; n < c->child_count; n++) {
        buffer_append_text(out, n ? ", " : "");
        append_text(out, c->children[n], row);
    }
    buffer_append_byte(out, ')');
}

static void append_text(buffer *out, const column *c, int64_t row) {
    if (column_is_null(c, row)) {
        buffer_append_text(out, "NULL");
        return;
    }
    switch (c->type->base) {
    case SQL_BOOLEAN:
        buffer_append_text(out, c->booleans[row] ? "TRUE" : "FALSE");
        break;
    case SQL_TIMESTAMP: {
        char text[TIME_TEXT_MAX];
        int64_t moment = c->int64s[row];
        bool fraction = time_of_day(moment) % 1000 != 0;
        buffer_append_bytes(out, text, time_write_moment(text, moment, ' ', fraction));
        break;
    }
    case SQL_ARRAY:
    case SQL_MAP:
        append_entries(out, c, row);
        break;
    case SQL_STRUCT:
        append_fields(out, c, row);
        break;
    default:
        cast_append_text(c, row, out);
        break;
    }
}

static void run_text(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        buffer_clear(out);
        append_text(out, argument_column(call, 0), argument_row(call, 0));
        return_slice(call, out->length ? buffer_slice(out) : SLICE_LITERAL(""));
    }
}

/* FLINK_FIT(text, length, pads): cut to the length of a VARCHAR or CHAR, which is filled up. */
static void run_fit(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        int32_t left = argument_int32(call, 1);
        size_t at = 0;
        for (; left > 0 && at < text.length; left--)
            at += text_character_bytes(text, at);
        buffer_clear(out);
        buffer_append(out, slice_make(text.data, at));
        for (; left > 0 && argument_boolean(call, 2); left--)
            buffer_append_byte(out, ' ');
        return_slice(call, out->length ? buffer_slice(out) : SLICE_LITERAL(""));
    }
}

/* ---- from text ---- */

static bool read_whole(slice text, int64_t *out) {
    text = slice_trim(text);
    size_t at = 0, digits = 0;
    bool negative = text.length > 0 && text.data[0] == '-', in_fraction = false;
    int64_t value = 0;
    at += text.length > 0 && (negative || text.data[0] == '+');
    for (; at < text.length; at++) {
        char c = text.data[at];
        if (c == '.' && !in_fraction) {
            in_fraction = true;
            continue;
        }
        if (!isdigit((unsigned char)c))
            return false;
        digits++;
        if (!in_fraction && (__builtin_mul_overflow(value, 10, &value) ||
                                __builtin_sub_overflow(value, c - '0', &value)))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *out = negative ? value : -value;
    return digits > 0;
}

static void run_read_bigint(function_call *call) {
    int64_t value;
    while (function_next_row(call))
        if (read_whole(argument_slice(call, 0), &value))
            return_int64(call, value);
        else
            function_fail(
                call, "'%.*s' cannot be cast to BIGINT", SLICE_ARG(argument_slice(call, 0)));
}

static void run_read_integer(function_call *call) {
    int64_t value;
    while (function_next_row(call))
        if (read_whole(argument_slice(call, 0), &value) && value == (int32_t)value)
            return_int32(call, (int32_t)value);
        else
            function_fail(call, "'%.*s' cannot be cast to INT", SLICE_ARG(argument_slice(call, 0)));
}

static bool is_one_of(slice text, const char *const *words) {
    for (; *words; words++)
        if (slice_is_ignore_case(text, *words))
            return true;
    return false;
}

static void run_read_boolean(function_call *call) {
    static const char *const TRUES[] = {"t", "true", "y", "yes", "1", NULL};
    static const char *const FALSES[] = {"f", "false", "n", "no", "0", NULL};
    while (function_next_row(call)) {
        slice text = slice_trim(argument_slice(call, 0));
        if (is_one_of(text, TRUES) || is_one_of(text, FALSES))
            return_boolean(call, is_one_of(text, TRUES));
        else
            function_fail(call, "'%.*s' cannot be cast to BOOLEAN", SLICE_ARG(text));
    }
}

/* The part in front of the time. */
static void run_date_part(function_call *call) {
    while (function_next_row(call)) {
        slice text = slice_trim(argument_slice(call, 0));
        for (size_t i = 0; i < text.length; i++)
            if (text.data[i] == ' ' || text.data[i] == 'T')
                text.length = i;
        return_slice(call, text.length ? text : SLICE_LITERAL(""));
    }
}

static void run_whole_seconds(function_call *call) {
    while (function_next_row(call))
        return_int32(call, argument_int32(call, 0) / 1000 * 1000);
}

/* ---- the rows ---- */

#define KERNEL(name, words, ...)                                                                   \
    static const scalar_kernel name = {.run = run_##name, __VA_ARGS__};                            \
    static const function_overload name##_overloads[] = {{.signature = words, .scalar = &name}}

KERNEL(text, "(ANY) -> STRING", SCRATCH_BUFFER);
KERNEL(fit, "(STRING, INTEGER, BOOLEAN) -> STRING", SCRATCH_BUFFER);
KERNEL(read_bigint, "(STRING) -> BIGINT", .prepare = NULL);
KERNEL(read_integer, "(STRING) -> INTEGER", .prepare = NULL);
KERNEL(read_boolean, "(STRING) -> BOOLEAN", .prepare = NULL);
KERNEL(date_part, "(STRING) -> STRING", .prepare = NULL);
KERNEL(whole_seconds, "(TIME) -> TIME", .prepare = NULL);

#define CAST_ROW(text, list, what)                                                                 \
    { .name = text, .kind = FUNCTION_SCALAR, .category = "CAST", .summary = what, OVERLOADS(list) }

static const function_descriptor rows[] = {
    CAST_ROW("FLINK_TEXT", text_overloads, "A value as text."),
    CAST_ROW("FLINK_FIT", fit_overloads, "A text cut, or filled up, to a length."),
    CAST_ROW("FLINK_READ_BIGINT", read_bigint_overloads, "A text as BIGINT."),
    CAST_ROW("FLINK_READ_INTEGER", read_integer_overloads, "A text as INT."),
    CAST_ROW("FLINK_READ_BOOLEAN", read_boolean_overloads, "A text as BOOLEAN."),
    CAST_ROW("FLINK_DATE_PART", date_part_overloads, "The date in front of a time."),
    CAST_ROW("FLINK_WHOLE_SECONDS", whole_seconds_overloads, "A TIME without its fraction."),
};

void flink_cast_functions_register(void) {
    function_register_flink(rows, (int)(sizeof rows / sizeof *rows));
}
