/* Functions of maps. Entries keep their order; of equal keys the last one counts. */
#include <stdlib.h>

#include "executor/function/registry.h"
#include "executor/function/scratch.h"

static void append_part(function_call *call, int part) {
    int32_t first = argument_first(call, 0);
    column_append_rows(function_part(call, 0), argument_column(call, 0)->children[part], first,
        argument_end(call, 0) - first);
    return_nested(call);
}

static void run_keys(function_call *call) {
    while (function_next_row(call))
        append_part(call, 0);
}

static void run_values(function_call *call) {
    while (function_next_row(call))
        append_part(call, 1);
}

static const scalar_kernel keys = {.run = run_keys}, values = {.run = run_values};
static const function_overload keys_overloads[] = {
    {.signature = "(MAP<K, V>) -> ARRAY<K>", .scalar = &keys}};
static const function_overload values_overloads[] = {
    {.signature = "(MAP<K, V>) -> ARRAY<V>", .scalar = &values}};

/* ---- MAP_UNION ---- */

/* The row of the key among the entries of argument i; -1 when it is not there. */
static int32_t find_key(function_call *call, int i, const column *key_column, int32_t key) {
    const column *others = argument_column(call, i)->children[0];
    for (int32_t n = argument_first(call, i); n < argument_end(call, i); n++)
        if (column_rows_equal(others, n, key_column, key))
            return n;
    return -1;
}

static void append_entry(
    function_call *call, int key_argument, int32_t key, int value_argument, int32_t value) {
    column_append_row(
        function_part(call, 0), argument_column(call, key_argument)->children[0], key);
    column_append_row(
        function_part(call, 1), argument_column(call, value_argument)->children[1], value);
}

static void append_union(function_call *call) {
    bool left = !argument_is_null(call, 0), right = !argument_is_null(call, 1);
    for (int32_t n = argument_first(call, 0); left && n < argument_end(call, 0); n++) {
        int32_t other = right ? find_key(call, 1, argument_column(call, 0)->children[0], n) : -1;
        append_entry(call, 0, n, other >= 0, other >= 0 ? other : n);
    }
    for (int32_t n = argument_first(call, 1); right && n < argument_end(call, 1); n++)
        if (!left || find_key(call, 0, argument_column(call, 1)->children[0], n) < 0)
            append_entry(call, 1, n, 1, n);
    return_nested(call);
}

static void run_union(function_call *call) {
    while (function_next_row(call))
        if (argument_is_null(call, 0) && argument_is_null(call, 1))
            return_null(call);
        else
            append_union(call);
}

static const scalar_kernel union_kernel = {.run = run_union};
static const function_overload union_overloads[] = {
    {.signature = "(MAP<K, V>, MAP<K, V>) -> MAP<K, V>",
        .nulls = FUNCTION_SEES_NULLS,
        .scalar = &union_kernel}};

/* ---- AS_MAP ---- */

static void run_as_map(function_call *call) {
    while (function_next_row(call)) {
        const column *key_column = argument_column(call, 0)->children[0];
        const column *value_column = argument_column(call, 1)->children[0];
        int32_t first = argument_first(call, 0), count = argument_end(call, 0) - first;
        int32_t first_value = argument_first(call, 1);
        if (argument_end(call, 1) - first_value < count)
            count = argument_end(call, 1) - first_value;
        for (int32_t n = 0; n < count; n++) {
            if (scratch_repeats(key_column, first + n, first + count))
                continue;
            column_append_row(function_part(call, 0), key_column, first + n);
            column_append_row(function_part(call, 1), value_column, first_value + n);
        }
        return_nested(call);
    }
}

static const scalar_kernel as_map = {.run = run_as_map};
static const function_overload as_map_overloads[] = {
    {.signature = "(ARRAY<STRING>, ARRAY<V>) -> MAP<STRING, V>", .scalar = &as_map}};

/* ---- ENTRIES ---- */

static int compare_keys(const void *a, const void *b, void *context) {
    return column_rows_compare(context, *(const int32_t *)a, context, *(const int32_t *)b);
}

static const sql_type *entries_type(
    arena *a, const sql_type *const *arguments, int count, error *e) {
    sql_field fields[] = {
        {SLICE_LITERAL("K"), &SQL_TYPE_VARCHAR}, {SLICE_LITERAL("V"), arguments[0]->element}};
    return sql_type_array(a, sql_type_struct(a, fields, 2));
}

static void run_entries(function_call *call) {
    while (function_next_row(call)) {
        const column *map = argument_column(call, 0);
        int32_t first = argument_first(call, 0), count = argument_end(call, 0) - first;
        int32_t *order = scratch_rows_fill(call->prepared, first, count);
        if (count && argument_boolean(call, 1))
            qsort_r(order, (size_t)count, sizeof *order, compare_keys, map->children[0]);
        column *to = function_part(call, 0);
        for (int32_t n = 0; n < count; n++) {
            column_append_row(to->children[0], map->children[0], order[n]);
            column_append_row(to->children[1], map->children[1], order[n]);
            column_append_nested(to);
        }
        return_nested(call);
    }
}

static const scalar_kernel entries = {.run = run_entries, SCRATCH_ROWS};
static const function_overload entries_overloads[] = {
    {.signature = "(MAP<STRING, V>, BOOLEAN) -> ARRAY<STRUCT<K STRING, V V>>",
        .result_type = entries_type,
        .scalar = &entries}};

#define ROW(name, summary, example, result, overloads)                                             \
    { name, FUNCTION_SCALAR, "COLLECTION", summary, example, result, OVERLOADS(overloads) }

static const function_descriptor rows[] = {
    ROW("AS_MAP", "A map from an array of keys and an array of values.",
        "AS_MAP(ARRAY['a', 'b'], ARRAY[1, 2])", "{\"a\":1,\"b\":2}", as_map_overloads),
    ROW("ENTRIES", "The entries of a map as STRUCTs of K and V, sorted by key if asked for.",
        "ENTRIES(MAP('b' := 2, 'a' := 1), true)", "[{\"K\":\"a\",\"V\":1},{\"K\":\"b\",\"V\":2}]",
        entries_overloads),
    ROW("MAP_KEYS", "The keys of a map.", "MAP_KEYS(MAP('apple' := 10))", "[\"apple\"]",
        keys_overloads),
    ROW("MAP_VALUES", "The values of a map.", "MAP_VALUES(MAP('apple' := 10))", "[10]",
        values_overloads),
    ROW("MAP_UNION", "The entries of both maps; of equal keys the second map's value counts.",
        "MAP_UNION(MAP('a' := 1, 'b' := 2), MAP('a' := 5))", "{\"a\":5,\"b\":2}", union_overloads),
};

void map_functions_register(void) {
    REGISTER_ROWS(rows);
}
