/* Arrays as sets: each value once, in the order of its first occurrence. A null element is a value.
 */
#include "base/memory.h"
#include "executor/function/registry.h"
#include "executor/function/row_set.h"

/* Two sets: what the result has, and what the second array has. */
typedef struct set_state {
    row_set seen, other;
} set_state;

static void *prepare_sets(const function_call *call) {
    return MEMORY_NEW(set_state);
}

static void release_sets(void *prepared) {
    set_state *s = prepared;
    row_set_free(&s->seen);
    row_set_free(&s->other);
    memory_free(s);
}

static int64_t size_of(const function_call *call, int i) {
    return argument_end(call, i) - argument_first(call, i);
}

/* Appends the elements of array i that were not seen. */
static void append_unseen(function_call *call, int i) {
    set_state *s = call->prepared;
    const column *elements = argument_column(call, i)->children[0];
    for (int32_t n = argument_first(call, i); n < argument_end(call, i); n++)
        if (row_set_add(&s->seen, elements, n))
            column_append_row(function_part(call, 0), elements, n);
}

static void run_distinct(function_call *call) {
    set_state *s = call->prepared;
    while (function_next_row(call)) {
        row_set_start(&s->seen, size_of(call, 0));
        append_unseen(call, 0);
        return_nested(call);
    }
}

static void run_union(function_call *call) {
    set_state *s = call->prepared;
    while (function_next_row(call)) {
        row_set_start(&s->seen, size_of(call, 0) + size_of(call, 1));
        append_unseen(call, 0);
        append_unseen(call, 1);
        return_nested(call);
    }
}

/* The distinct elements of the first array that are (or are not) in the second. */
static void keep(function_call *call, bool in_other) {
    set_state *s = call->prepared;
    while (function_next_row(call)) {
        const column *elements = argument_column(call, 0)->children[0];
        const column *others = argument_column(call, 1)->children[0];
        row_set_start(&s->seen, size_of(call, 0));
        row_set_start(&s->other, size_of(call, 1));
        for (int32_t n = argument_first(call, 1); n < argument_end(call, 1); n++)
            row_set_add(&s->other, others, n);
        for (int32_t n = argument_first(call, 0); n < argument_end(call, 0); n++)
            if (row_set_contains(&s->other, elements, n) == in_other &&
                row_set_add(&s->seen, elements, n))
                column_append_row(function_part(call, 0), elements, n);
        return_nested(call);
    }
}

static void run_except(function_call *call) {
    keep(call, false);
}

static void run_intersect(function_call *call) {
    keep(call, true);
}

#define SETS .prepare = prepare_sets, .release = release_sets

static const scalar_kernel distinct = {.run = run_distinct, SETS},
                           union_kernel = {.run = run_union, SETS},
                           except = {.run = run_except, SETS},
                           intersect = {.run = run_intersect, SETS};
static const function_overload distinct_overloads[] = {
    {.signature = "(ARRAY<T>) -> ARRAY<T>", .scalar = &distinct}};
static const function_overload union_overloads[] = {
    {.signature = "(ARRAY<T>, ARRAY<T>) -> ARRAY<T>", .scalar = &union_kernel}};
static const function_overload except_overloads[] = {
    {.signature = "(ARRAY<T>, ARRAY<T>) -> ARRAY<T>", .scalar = &except}};
static const function_overload intersect_overloads[] = {
    {.signature = "(ARRAY<T>, ARRAY<T>) -> ARRAY<T>", .scalar = &intersect}};

static const function_descriptor rows[] = {
    {"ARRAY_DISTINCT", FUNCTION_SCALAR, "COLLECTION", "Each value of an array once.",
        "ARRAY_DISTINCT(ARRAY[1, 1, NULL, 3, NULL])", "[1,null,3]", OVERLOADS(distinct_overloads)},
    {"ARRAY_EXCEPT", FUNCTION_SCALAR, "COLLECTION",
        "Each value of the first array once that the second does not have.",
        "ARRAY_EXCEPT(ARRAY[1, 2, 3, 1], ARRAY[2, 3])", "[1]", OVERLOADS(except_overloads)},
    {"ARRAY_INTERSECT", FUNCTION_SCALAR, "COLLECTION",
        "Each value of the first array once that the second has too.",
        "ARRAY_INTERSECT(ARRAY[1, 2, 3, 1, 2], ARRAY[2, 1])", "[1,2]",
        OVERLOADS(intersect_overloads)},
    {"ARRAY_UNION", FUNCTION_SCALAR, "COLLECTION", "Each value of either array once.",
        "ARRAY_UNION(ARRAY[1, 2, 3, 1, 2], ARRAY[4, 1])", "[1,2,3,4]", OVERLOADS(union_overloads)},
};

void array_set_functions_register(void) {
    REGISTER_ROWS(rows);
}
