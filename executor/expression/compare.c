/* Comparison, IN and IS NULL.
 *
 * A comparison with a null is false, not null, because that is what ksqlDB's users see, unless it
 * is three-valued; only IS [NOT] DISTINCT FROM looks at nulls. Numbers, dates and booleans are
 * compared for all rows in one loop and rows with nulls are corrected afterwards; other types row
 * by row.
 */
#include "executor/expression/code.h"

#define COMPARE_LOOP(type, member, operation)                                                      \
    do {                                                                                           \
        const type *a = x->values->member, *b = y->values->member;                                 \
        if (x->row_mask && y->row_mask)                                                            \
            for (int64_t r = 0; r < rows; r++)                                                     \
                out[r] = a[r] operation b[r];                                                      \
        else if (x->row_mask)                                                                      \
            for (int64_t r = 0; r < rows; r++)                                                     \
                out[r] = a[r] operation b[0];                                                      \
        else                                                                                       \
            for (int64_t r = 0; r < rows; r++)                                                     \
                out[r] = a[0] operation b[r & y->row_mask];                                        \
    } while (0)

#define COMPARE_KERNEL(name, type, member)                                                         \
    static void name(compare_operator operation, const argument *x, const argument *y,             \
        int64_t rows, uint8_t *out) {                                                              \
        switch (operation) {                                                                       \
        case COMPARE_EQUAL:                                                                        \
        case COMPARE_NOT_DISTINCT:                                                                 \
            COMPARE_LOOP(type, member, ==);                                                        \
            break;                                                                                 \
        case COMPARE_NOT_EQUAL:                                                                    \
        case COMPARE_DISTINCT:                                                                     \
            COMPARE_LOOP(type, member, !=);                                                        \
            break;                                                                                 \
        case COMPARE_LESS:                                                                         \
            COMPARE_LOOP(type, member, <);                                                         \
            break;                                                                                 \
        case COMPARE_LESS_OR_EQUAL:                                                                \
            COMPARE_LOOP(type, member, <=);                                                        \
            break;                                                                                 \
        case COMPARE_GREATER:                                                                      \
            COMPARE_LOOP(type, member, >);                                                         \
            break;                                                                                 \
        case COMPARE_GREATER_OR_EQUAL:                                                             \
            COMPARE_LOOP(type, member, >=);                                                        \
            break;                                                                                 \
        }                                                                                          \
    }

COMPARE_KERNEL(compare_boolean, uint8_t, booleans)
COMPARE_KERNEL(compare_int32, int32_t, int32s)
COMPARE_KERNEL(compare_int64, int64_t, int64s)
COMPARE_KERNEL(compare_double, double, doubles)
COMPARE_KERNEL(compare_decimal, decimal128, decimals)

static bool holds(compare_operator operation, int order) {
    switch (operation) {
    case COMPARE_EQUAL:
    case COMPARE_NOT_DISTINCT:
        return order == 0;
    case COMPARE_NOT_EQUAL:
    case COMPARE_DISTINCT:
        return order != 0;
    case COMPARE_LESS:
        return order < 0;
    case COMPARE_LESS_OR_EQUAL:
        return order <= 0;
    case COMPARE_GREATER:
        return order > 0;
    case COMPARE_GREATER_OR_EQUAL:
        return order >= 0;
    }
    return false;
}

static bool is_equality(compare_operator operation) {
    return operation == COMPARE_EQUAL || operation == COMPARE_NOT_EQUAL ||
           operation >= COMPARE_DISTINCT;
}

static void compare_text(
    compare_operator operation, const argument *x, const argument *y, int64_t rows, uint8_t *out) {
    const column *a = x->values, *b = y->values;
    bool equality = is_equality(operation), wanted = holds(operation, 0);
    for (int64_t r = 0; r < rows; r++) {
        int64_t ra = r & x->row_mask, rb = r & y->row_mask;
        slice l = {a->bytes + a->offsets[ra], (size_t)(a->offsets[ra + 1] - a->offsets[ra])};
        slice k = {b->bytes + b->offsets[rb], (size_t)(b->offsets[rb + 1] - b->offsets[rb])};
        out[r] = equality ? slice_equal(l, k) == wanted : holds(operation, slice_compare(l, k));
    }
}

static void compare_nested(
    compare_operator operation, const argument *x, const argument *y, int64_t rows, uint8_t *out) {
    bool wanted = holds(operation, 0);
    for (int64_t r = 0; r < rows; r++)
        out[r] =
            column_rows_equal(x->values, r & x->row_mask, y->values, r & y->row_mask) == wanted;
}

typedef void compare_values(
    compare_operator operation, const argument *x, const argument *y, int64_t rows, uint8_t *out);

static compare_values *values_kernel(const sql_type *type) {
    switch (type->base) {
    case SQL_BOOLEAN:
        return compare_boolean;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        return compare_int32;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        return compare_int64;
    case SQL_DOUBLE:
        return compare_double;
    case SQL_DECIMAL:
        return compare_decimal;
    case SQL_VARCHAR:
    case SQL_BYTES:
        return compare_text;
    default:
        return compare_nested;
    }
}

static void correct_nulls(
    compare_operator operation, const argument *x, const argument *y, int64_t rows, uint8_t *out) {
    if (!column_has_nulls(x->values) && !column_has_nulls(y->values))
        return;
    for (int64_t r = 0; r < rows; r++) {
        bool a = code_is_null(x, r), b = code_is_null(y, r);
        if (a || b)
            out[r] = operation == COMPARE_DISTINCT       ? a != b
                     : operation == COMPARE_NOT_DISTINCT ? a == b
                                                         : false;
    }
}

static void nullify_where_null(code *c, const argument *x, const argument *y, column *own) {
    if (!column_has_nulls(x->values) && !column_has_nulls(y->values))
        return;
    for (int64_t row = 0; row < c->rows; row++)
        if (code_is_null(x, row) || code_is_null(y, row))
            code_nullify(own, row);
}

static void run_compare(code *c, const instruction *i) {
    const argument *x = code_argument(c, i, 0), *y = code_argument(c, i, 1);
    column *own = code_start_filled(c, i);
    if (x->values->type->base == SQL_NULL) /* NULL IS DISTINCT FROM NULL */
        memset(own->booleans, 0, (size_t)c->rows);
    else
        values_kernel(x->values->type)(i->node->compare, x, y, c->rows, own->booleans);
    correct_nulls(i->node->compare, x, y, c->rows, own->booleans);
    if (i->node->is_three_valued && i->node->compare < COMPARE_DISTINCT)
        nullify_where_null(c, x, y, own);
}

void compare_choose(code *c, instruction *i) {
    i->run = run_compare;
}

/* ---- IN ---- */

/* What is not found among items of which one is null may be that one. */
static void nullify_unknown(code *c, const instruction *i, column *own) {
    for (int n = 0; n < i->argument_count; n++) {
        const argument *x = code_argument(c, i, n);
        if (!column_has_nulls(x->values))
            continue;
        for (int64_t row = 0; row < c->rows; row++)
            if (!own->booleans[row] && code_is_null(x, row))
                code_nullify(own, row);
    }
}

/* One pass an item: out |= value = item. The state is a column for each pass's result. */
static void run_membership(code *c, const instruction *i) {
    const argument *value = code_argument(c, i, 0);
    column *own = code_start_filled(c, i), *equal = i->state;
    memset(own->booleans, 0, (size_t)c->rows);
    column_clear(equal);
    column_reserve(equal, c->rows);
    compare_values *compare = values_kernel(value->values->type);
    bool is_null = value->values->type->base == SQL_NULL;
    for (int n = 1; n < i->argument_count && !is_null; n++) {
        const argument *item = code_argument(c, i, n);
        compare(COMPARE_EQUAL, value, item, c->rows, equal->booleans);
        correct_nulls(COMPARE_EQUAL, value, item, c->rows, equal->booleans);
        for (int64_t row = 0; row < c->rows; row++)
            own->booleans[row] |= equal->booleans[row];
    }
    if (i->node->is_three_valued)
        nullify_unknown(c, i, own);
}

static void release_column(void *state) {
    column_destroy(state);
}

void membership_choose(instruction *i) {
    i->run = run_membership;
    i->state = column_create(&SQL_TYPE_BOOLEAN);
    i->release = release_column;
}

/* ---- IS NULL ---- */

static void run_is_null(code *c, const instruction *i) {
    const argument *x = code_argument(c, i, 0);
    column *own = code_start_filled(c, i);
    memset(own->booleans, 0, (size_t)c->rows);
    if (column_has_nulls(x->values))
        for (int64_t row = 0; row < c->rows; row++)
            own->booleans[row] = code_is_null(x, row);
}

void is_null_choose(instruction *i) {
    i->run = run_is_null;
}
