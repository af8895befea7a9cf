/* + - * / % and concatenation.
 *
 * Integers wrap as Java's do; division by zero fails the row, but not for doubles. Numbers are
 * computed for all rows in a tight loop, nulls included (their slots hold zeros), and those rows
 * are made null afterwards.
 */
#include <math.h>

#include "base/decimal.h"
#include "executor/expression/code.h"

/* The loop over two operands of which one may be constant, in a form that vectorizes. */
#define LOOP(type, member, operation)                                                              \
    do {                                                                                           \
        const type *a = x->values->member, *b = y->values->member;                                 \
        type *out = own->member;                                                                   \
        if (x->row_mask && y->row_mask)                                                            \
            for (int64_t r = 0; r < rows; r++)                                                     \
                out[r] = (type)(operation(a[r], b[r]));                                            \
        else if (x->row_mask)                                                                      \
            for (int64_t r = 0; r < rows; r++)                                                     \
                out[r] = (type)(operation(a[r], b[0]));                                            \
        else                                                                                       \
            for (int64_t r = 0; r < rows; r++)                                                     \
                out[r] = (type)(operation(a[0], b[r & y->row_mask]));                              \
    } while (0)

#define ADD32(a, b) ((uint32_t)(a) + (uint32_t)(b))
#define SUBTRACT32(a, b) ((uint32_t)(a) - (uint32_t)(b))
#define MULTIPLY32(a, b) ((uint32_t)(a) * (uint32_t)(b))
#define ADD64(a, b) ((uint64_t)(a) + (uint64_t)(b))
#define SUBTRACT64(a, b) ((uint64_t)(a) - (uint64_t)(b))
#define MULTIPLY64(a, b) ((uint64_t)(a) * (uint64_t)(b))
#define ADD_DOUBLE(a, b) ((a) + (b))
#define SUBTRACT_DOUBLE(a, b) ((a) - (b))
#define MULTIPLY_DOUBLE(a, b) ((a) * (b))
#define DIVIDE_DOUBLE(a, b) ((a) / (b))
#define MODULO_DOUBLE(a, b) fmod((a), (b))
/* Division by zero is sorted out afterwards; by -1 is negation, which cannot trap. */
#define DIVIDE32(a, b) ((b) == 0 ? 0 : (b) == -1 ? 0 - (uint32_t)(a) : (uint32_t)((a) / (b)))
#define MODULO32(a, b) ((b) == 0 || (b) == -1 ? 0 : (a) % (b))
#define DIVIDE64(a, b) ((b) == 0 ? 0 : (b) == -1 ? 0 - (uint64_t)(a) : (uint64_t)((a) / (b)))
#define MODULO64(a, b) ((b) == 0 || (b) == -1 ? 0 : (a) % (b))

static void mark_nulls(code *c, const instruction *i, column *own) {
    const argument *x = code_argument(c, i, 0), *y = code_argument(c, i, 1);
    if (!column_has_nulls(x->values) && !column_has_nulls(y->values))
        return;
    for (int64_t row = 0; row < c->rows; row++)
        if (code_is_null(x, row) || code_is_null(y, row)) {
            code_nullify(own, row);
            code_fail_quietly(c, i, row);
        }
}

static void fail_divisions(code *c, const instruction *i, column *own) {
    const argument *x = code_argument(c, i, 0), *y = code_argument(c, i, 1);
    bool narrow = own->type->base == SQL_INTEGER;
    if (y->row_mask == 0 && !code_is_null(y, 0) &&
        (narrow ? y->values->int32s[0] != 0 : y->values->int64s[0] != 0))
        return;
    for (int64_t row = 0; row < c->rows; row++) {
        int64_t at = row & y->row_mask;
        bool zero = narrow ? y->values->int32s[at] == 0 : y->values->int64s[at] == 0;
        if (zero && !code_is_null(x, row) && !code_is_null(y, row)) {
            code_nullify(own, row);
            code_fail(c, i, row, "Division by zero");
        }
    }
}

#define INTEGER_SWITCH(type, member, width)                                                        \
    switch (i->node->arithmetic) {                                                                 \
    case ARITHMETIC_ADD:                                                                           \
        LOOP(type, member, ADD##width);                                                            \
        break;                                                                                     \
    case ARITHMETIC_SUBTRACT:                                                                      \
        LOOP(type, member, SUBTRACT##width);                                                       \
        break;                                                                                     \
    case ARITHMETIC_MULTIPLY:                                                                      \
        LOOP(type, member, MULTIPLY##width);                                                       \
        break;                                                                                     \
    case ARITHMETIC_DIVIDE:                                                                        \
        LOOP(type, member, DIVIDE##width);                                                         \
        fail_divisions(c, i, own);                                                                 \
        break;                                                                                     \
    case ARITHMETIC_MODULO:                                                                        \
        LOOP(type, member, MODULO##width);                                                         \
        fail_divisions(c, i, own);                                                                 \
        break;                                                                                     \
    }

static void run_int32(code *c, const instruction *i) {
    const argument *x = code_argument(c, i, 0), *y = code_argument(c, i, 1);
    int64_t rows = c->rows;
    column *own = code_start_filled(c, i);
    INTEGER_SWITCH(int32_t, int32s, 32)
    mark_nulls(c, i, own);
}

static void run_int64(code *c, const instruction *i) {
    const argument *x = code_argument(c, i, 0), *y = code_argument(c, i, 1);
    int64_t rows = c->rows;
    column *own = code_start_filled(c, i);
    INTEGER_SWITCH(int64_t, int64s, 64)
    mark_nulls(c, i, own);
}

static void run_double(code *c, const instruction *i) {
    const argument *x = code_argument(c, i, 0), *y = code_argument(c, i, 1);
    int64_t rows = c->rows;
    column *own = code_start_filled(c, i);
    switch (i->node->arithmetic) {
    case ARITHMETIC_ADD:
        LOOP(double, doubles, ADD_DOUBLE);
        break;
    case ARITHMETIC_SUBTRACT:
        LOOP(double, doubles, SUBTRACT_DOUBLE);
        break;
    case ARITHMETIC_MULTIPLY:
        LOOP(double, doubles, MULTIPLY_DOUBLE);
        break;
    case ARITHMETIC_DIVIDE:
        LOOP(double, doubles, DIVIDE_DOUBLE);
        break;
    case ARITHMETIC_MODULO:
        LOOP(double, doubles, MODULO_DOUBLE);
        break;
    }
    mark_nulls(c, i, own);
}

/* ---- DECIMAL ---- */

/* Both operands at the larger of their scales. */
static bool align(decimal128 *a, int scale_a, decimal128 *b, int scale_b) {
    return scale_a < scale_b ? decimal_rescale(*a, scale_a, scale_b, a)
                             : decimal_rescale(*b, scale_b, scale_a, b);
}

static bool compute_decimal(
    const expression *node, decimal128 a, decimal128 b, decimal128 *result) {
    int scale_a = node->arguments[0]->type->scale, scale_b = node->arguments[1]->type->scale;
    switch (node->arithmetic) {
    case ARITHMETIC_ADD:
        return align(&a, scale_a, &b, scale_b) && decimal_add(a, b, result);
    case ARITHMETIC_SUBTRACT:
        return align(&a, scale_a, &b, scale_b) && decimal_subtract(a, b, result);
    case ARITHMETIC_MULTIPLY:
        return decimal_multiply(a, b, result);
    case ARITHMETIC_DIVIDE:
        return decimal_divide(a, b, node->type->scale - scale_a + scale_b, result);
    case ARITHMETIC_MODULO:
        if (b == 0 || !align(&a, scale_a, &b, scale_b))
            return false;
        *result = a % b;
        return true;
    }
    return false;
}

static void run_decimal(code *c, const instruction *i) {
    const argument *x = code_argument(c, i, 0), *y = code_argument(c, i, 1);
    bool divides = i->node->arithmetic >= ARITHMETIC_DIVIDE;
    column *own = code_start_filled(c, i);
    for (int64_t row = 0; row < c->rows; row++) {
        decimal128 a = x->values->decimals[row & x->row_mask];
        decimal128 b = y->values->decimals[row & y->row_mask];
        if (code_is_null(x, row) || code_is_null(y, row)) {
            code_nullify(own, row);
            code_fail_quietly(c, i, row);
        } else if (!compute_decimal(i->node, a, b, &own->decimals[row]) ||
                   !decimal_fits(own->decimals[row], i->node->type->precision)) {
            code_nullify(own, row);
            code_fail(c, i, row, divides && b == 0 ? "Division by zero" : "DECIMAL overflow");
        }
    }
}

/* ---- STRING ---- */

static void run_concatenation(code *c, const instruction *i) {
    const argument *x = code_argument(c, i, 0), *y = code_argument(c, i, 1);
    column *own = code_start(c, i);
    for (int64_t row = 0; row < c->rows; row++) {
        slice a = column_slice(x->values, row & x->row_mask);
        slice b = column_slice(y->values, row & y->row_mask);
        if (!a.data || !b.data) {
            column_append_null(own);
            continue;
        }
        size_t length = a.length + b.length;
        char *to = column_reserve_bytes(own, (int64_t)length);
        memcpy(to, a.data, a.length);
        memcpy(to + a.length, b.data, b.length);
        column_append_reserved(own, (int64_t)length);
    }
}

bool arithmetic_choose(instruction *i) {
    switch (i->node->type->base) {
    case SQL_INTEGER:
        i->run = run_int32;
        return true;
    case SQL_BIGINT:
        i->run = run_int64;
        return true;
    case SQL_DOUBLE:
        i->run = run_double;
        return true;
    case SQL_DECIMAL:
        i->run = run_decimal;
        return true;
    default:
        assert(i->node->type->base == SQL_VARCHAR);
        i->run = run_concatenation;
        return true;
    }
}
