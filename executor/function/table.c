/* Table functions: each call gives an ARRAY, whose elements become rows. */
#include "executor/function/registry.h"

static void run_explode(function_call *call) {
    while (function_next_row(call))
        return_argument(call, 0);
}

static const table_kernel explode = {{.run = run_explode}};
static const function_overload explode_overloads[] = {
    {.signature = "(ARRAY<T>) -> T", .table = &explode}};

enum { MOST_COLUMNS = 20 }; /* a million rows for one */

/* Whether row `mask` of the cube differs from an earlier one: a bit for a null column changes
 * nothing. */
static bool is_needed(const column *elements, int32_t first, int32_t count, uint32_t mask) {
    for (int32_t n = 0; n < count; n++)
        if ((mask >> (count - 1 - n) & 1) && column_is_null(elements, first + n))
            return false;
    return true;
}

static void append_combination(
    column *to, const column *elements, int32_t first, int32_t count, uint32_t mask) {
    for (int32_t n = 0; n < count; n++)
        if (mask >> (count - 1 - n) & 1)
            column_append_row(to->children[0], elements, first + n);
        else
            column_append_null(to->children[0]);
    column_append_nested(to);
}

static void run_cube(function_call *call) {
    while (function_next_row(call)) {
        const column *elements = argument_column(call, 0)->children[0];
        int32_t first = argument_first(call, 0), count = argument_end(call, 0) - first;
        if (count > MOST_COLUMNS) {
            function_fail(call, "More than %d columns give too many rows", MOST_COLUMNS);
            continue;
        }
        for (uint32_t mask = 0; mask < 1u << count; mask++)
            if (is_needed(elements, first, count, mask))
                append_combination(function_part(call, 0), elements, first, count, mask);
        return_nested(call);
    }
}

static const table_kernel cube = {{.run = run_cube}};
static const function_overload cube_overloads[] = {
    {.signature = "(ARRAY<T>) -> ARRAY<T>", .table = &cube}};

static const function_descriptor rows[] = {
    {"EXPLODE", FUNCTION_TABLE, "TABLE", "A row for each element of an array.", NULL, NULL,
        OVERLOADS(explode_overloads)},
    {"CUBE_EXPLODE", FUNCTION_TABLE, "TABLE",
        "A row for each combination of an array's elements, with null in the place of the others.",
        NULL, NULL, OVERLOADS(cube_overloads)},
};

void table_functions_register(void) {
    REGISTER_ROWS(rows);
}
