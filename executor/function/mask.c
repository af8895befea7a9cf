/* MASK and its relatives: upper-case letters, lower-case letters, digits and everything else are
 * each replaced by a character of their own ('X', 'x', 'n', '-' unless given; NULL keeps that kind
 * as it is). */
#include <utf8proc.h>

#include "base/utf8.h"
#include "executor/function/registry.h"
#include "executor/function/text.h"

/* The four replacements, as UTF-8; length 0 keeps the character. */
typedef struct masks {
    slice upper, lower, digit, other;
} masks;

/* Arguments from `first` on are the replacements, as many as are given. A null one counts as such.
 */
static slice mask_argument(function_call *call, int index, const char *otherwise) {
    if (index >= call->argument_count)
        return slice_of(otherwise);
    slice given = argument_slice(call, index);
    if (!given.data || given.length == 0)
        return slice_make("", 0);
    return slice_make(given.data, text_character_bytes(given, 0));
}

static masks masks_of(function_call *call, int first) {
    return (masks){mask_argument(call, first, "X"), mask_argument(call, first + 1, "x"),
        mask_argument(call, first + 2, "n"), mask_argument(call, first + 3, "-")};
}

static slice mask_for(const masks *m, uint32_t code_point) {
    switch (utf8proc_category((utf8proc_int32_t)code_point)) {
    case UTF8PROC_CATEGORY_LU:
        return m->upper;
    case UTF8PROC_CATEGORY_LL:
        return m->lower;
    case UTF8PROC_CATEGORY_ND:
        return m->digit;
    default:
        return m->other;
    }
}

/* Masks the characters from `from` to `to` (counted in characters) of the row's text. */
static void return_masked(function_call *call, int64_t from, int64_t to, const masks *m) {
    slice text = argument_slice(call, 0);
    char *out = column_reserve_bytes(call->result, (int64_t)text.length * 4);
    size_t length = 0;
    int64_t index = 0;
    for (size_t at = 0, bytes; at < text.length; at += bytes, index++) {
        slice rest = {text.data + at, text.length - at};
        uint32_t code_point = text_code_point(rest, &bytes);
        slice mask = index >= from && index < to ? mask_for(m, code_point) : slice_make("", 0);
        slice written = mask.length ? mask : slice_make(rest.data, bytes);
        memcpy(out + length, written.data, written.length);
        length += written.length;
    }
    column_append_reserved(call->result, (int64_t)length);
}

static int64_t characters_of(slice text) {
    int64_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += (text.data[i] & 0xC0) != 0x80;
    return count;
}

static void run_mask(function_call *call) {
    while (function_next_row(call)) {
        masks m = masks_of(call, 1);
        if (argument_is_null(call, 0))
            return_null(call);
        else
            return_masked(call, 0, INT64_MAX, &m);
    }
}

enum { LEFT, RIGHT, KEEP_LEFT, KEEP_RIGHT };

static void mask_part(function_call *call, int part) {
    while (function_next_row(call)) {
        if (argument_is_null(call, 0) || argument_is_null(call, 1)) {
            return_null(call);
            continue;
        }
        int64_t count = argument_int32(call, 1), length = characters_of(argument_slice(call, 0));
        if (count < 0) {
            function_fail(call, "The number of characters must not be negative");
            continue;
        }
        masks m = masks_of(call, 2);
        int64_t from = part == RIGHT ? length - count : part == KEEP_LEFT ? count : 0;
        int64_t to = part == LEFT ? count : part == KEEP_RIGHT ? length - count : length;
        return_masked(call, from, to, &m);
    }
}

static void run_mask_left(function_call *call) {
    mask_part(call, LEFT);
}

static void run_mask_right(function_call *call) {
    mask_part(call, RIGHT);
}

static void run_mask_keep_left(function_call *call) {
    mask_part(call, KEEP_LEFT);
}

static void run_mask_keep_right(function_call *call) {
    mask_part(call, KEEP_RIGHT);
}

static const scalar_kernel mask = {.run = run_mask}, mask_left = {.run = run_mask_left},
                           mask_right = {.run = run_mask_right},
                           mask_keep_left = {.run = run_mask_keep_left},
                           mask_keep_right = {.run = run_mask_keep_right};
static const function_overload mask_overloads[] = {
    {.signature = "(STRING) -> STRING", .nulls = FUNCTION_SEES_NULLS, .scalar = &mask},
    {.signature = "(STRING, STRING, STRING, STRING, STRING) -> STRING",
        .nulls = FUNCTION_SEES_NULLS,
        .scalar = &mask}};

#define PART_OVERLOADS(name, kernel)                                                               \
    static const function_overload name[] = {{.signature = "(STRING, INTEGER) -> STRING",          \
                                                 .nulls = FUNCTION_SEES_NULLS,                     \
                                                 .scalar = &kernel},                               \
        {.signature = "(STRING, INTEGER, STRING, STRING, STRING, STRING) -> STRING",               \
            .nulls = FUNCTION_SEES_NULLS,                                                          \
            .scalar = &kernel}}

PART_OVERLOADS(mask_left_overloads, mask_left);
PART_OVERLOADS(mask_right_overloads, mask_right);
PART_OVERLOADS(mask_keep_left_overloads, mask_keep_left);
PART_OVERLOADS(mask_keep_right_overloads, mask_keep_right);

static const function_descriptor rows[] = {
    {"MASK", FUNCTION_SCALAR, "STRING",
        "The text with its characters hidden: letters, digits and others by kind.",
        "MASK('My Test $123')", "\"Xx-Xxxx--nnn\"", OVERLOADS(mask_overloads)},
    {"MASK_LEFT", FUNCTION_SCALAR, "STRING", "The text with its first characters hidden.",
        "MASK_LEFT('My Test $123', 4)", "\"Xx-Xest $123\"", OVERLOADS(mask_left_overloads)},
    {"MASK_RIGHT", FUNCTION_SCALAR, "STRING", "The text with its last characters hidden.",
        "MASK_RIGHT('My Test $123', 4)", "\"My Test -nnn\"", OVERLOADS(mask_right_overloads)},
    {"MASK_KEEP_LEFT", FUNCTION_SCALAR, "STRING",
        "The text with all but its first characters hidden.", "MASK_KEEP_LEFT('My Test $123', 4)",
        "\"My Txxx--nnn\"", OVERLOADS(mask_keep_left_overloads)},
    {"MASK_KEEP_RIGHT", FUNCTION_SCALAR, "STRING",
        "The text with all but its last characters hidden.", "MASK_KEEP_RIGHT('My Test $123', 4)",
        "\"Xx-Xxxx-$123\"", OVERLOADS(mask_keep_right_overloads)},
};

void mask_functions_register(void) {
    REGISTER_ROWS(rows);
}
