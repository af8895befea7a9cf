/* AND, OR, NOT, CASE, and the masks of their branches.
 *
 * Logic has three values: a condition is true, false or null, and null AND false is false. A failed
 * operand counts only where the other one does not decide.
 */
#include "executor/expression/code.h"

#include "base/memory.h"

static bool value_at(const argument *a, int64_t row) {
    return a->values->booleans[row & a->row_mask];
}

/* ---- AND, OR ---- */

/* One row; `deciding` is false for AND, true for OR. */
static void combine_row(code *c, const instruction *i, int64_t row, bool deciding, column *own) {
    const argument *x = code_argument(c, i, 0), *y = code_argument(c, i, 1);
    int32_t failure = code_failure(x, row);
    bool decided = !failure && !code_is_null(x, row) && value_at(x, row) == deciding;
    if (!failure && !decided) {
        failure = code_failure(y, row);
        decided = !failure && !code_is_null(y, row) && value_at(y, row) == deciding;
    }
    if (failure) {
        code_nullify(own, row);
        code_inherit(c, i, row, failure);
    } else if (decided) {
        own->booleans[row] = deciding;
    } else if (code_is_null(x, row) || code_is_null(y, row)) {
        code_nullify(own, row);
    } else {
        own->booleans[row] = !deciding;
    }
}

static void run_logical(code *c, const instruction *i) {
    const argument *x = code_argument(c, i, 0), *y = code_argument(c, i, 1);
    bool is_and = i->node->kind == EXPRESSION_AND;
    column *own = code_start_filled(c, i);
    if (column_has_nulls(x->values) || column_has_nulls(y->values)) {
        for (int64_t row = 0; row < c->rows; row++)
            combine_row(c, i, row, !is_and, own);
        return;
    }
    const uint8_t *a = x->values->booleans, *b = y->values->booleans;
    uint8_t *out = own->booleans;
    if (is_and)
        for (int64_t row = 0; row < c->rows; row++)
            out[row] = a[row & x->row_mask] & b[row & y->row_mask];
    else
        for (int64_t row = 0; row < c->rows; row++)
            out[row] = a[row & x->row_mask] | b[row & y->row_mask];
}

/* ---- NOT ---- */

static void run_not(code *c, const instruction *i) {
    const argument *x = code_argument(c, i, 0);
    column *own = code_start_filled(c, i);
    for (int64_t row = 0; row < c->rows; row++)
        own->booleans[row] = !value_at(x, row);
    if (column_has_nulls(x->values))
        for (int64_t row = 0; row < c->rows; row++)
            if (code_is_null(x, row))
                code_nullify(own, row);
}

/* ---- CASE ---- */

/* The state: per row, which argument gives the result; NO_CHOICE for none, and FAILED_CHOICE - n
 * where the condition of branch n failed. */
typedef struct case_state {
    int32_t *choices;
    int64_t capacity;
} case_state;

enum { NO_CHOICE = -1, FAILED_CHOICE = -2 };

/* Branches are looked at from the last to the first, so that the first one that holds stays. */
static void choose_branch(code *c, const instruction *i, int n, int32_t *choices) {
    const argument *when = code_argument(c, i, n * 2);
    if (!column_has_nulls(when->values)) { /* failed rows are nulls too */
        const uint8_t *holds = when->values->booleans;
        for (int64_t row = 0; row < c->rows; row++)
            choices[row] = holds[row & when->row_mask] ? n * 2 + 1 : choices[row];
        return;
    }
    for (int64_t row = 0; row < c->rows; row++)
        if (code_failure(when, row))
            choices[row] = FAILED_CHOICE - n;
        else if (!code_is_null(when, row) && value_at(when, row))
            choices[row] = n * 2 + 1;
}

/* The argument that is the row's result; NULL for none, its failure being the row's. */
static const argument *take(code *c, const instruction *i, int64_t row, int32_t choice) {
    if (choice <= FAILED_CHOICE)
        code_inherit(
            c, i, row, code_failure(code_argument(c, i, (FAILED_CHOICE - choice) * 2), row));
    if (choice < 0)
        return NULL;
    const argument *taken = code_argument(c, i, choice);
    code_inherit(c, i, row, code_failure(taken, row));
    return code_is_null(taken, row) ? NULL : taken;
}

#define TAKE_VALUES(member)                                                                        \
    for (int64_t row = 0; row < c->rows; row++) {                                                  \
        const argument *taken = take(c, i, row, choices[row]);                                     \
        if (taken)                                                                                 \
            own->member[row] = taken->values->member[row & taken->row_mask];                       \
        else                                                                                       \
            code_nullify(own, row);                                                                \
    }

static void take_values(code *c, const instruction *i, const int32_t *choices) {
    column *own = code_start_filled(c, i);
    switch (own->type->base) {
    case SQL_BOOLEAN:
        TAKE_VALUES(booleans)
        break;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        TAKE_VALUES(int32s)
        break;
    case SQL_DECIMAL:
        TAKE_VALUES(decimals)
        break;
    default: /* BIGINT, TIMESTAMP; DOUBLE is as wide */
        TAKE_VALUES(int64s)
        break;
    }
}

static void take_rows(code *c, const instruction *i, const int32_t *choices) {
    column *own = code_start(c, i);
    for (int64_t row = 0; row < c->rows; row++) {
        const argument *taken = take(c, i, row, choices[row]);
        if (taken)
            column_append_row(own, taken->values, row & taken->row_mask);
        else
            column_append_null(own);
    }
}

static void run_case(code *c, const instruction *i) {
    case_state *state = i->state;
    if (state->capacity < c->rows) {
        state->capacity = c->rows;
        state->choices = memory_resize(state->choices, sizeof(int32_t) * (size_t)c->rows);
    }
    int32_t otherwise = i->node->has_else ? i->argument_count - 1 : NO_CHOICE;
    for (int64_t row = 0; row < c->rows; row++)
        state->choices[row] = otherwise;
    for (int n = (i->argument_count - i->node->has_else) / 2 - 1; n >= 0; n--)
        choose_branch(c, i, n, state->choices);
    sql_base base = i->node->type->base;
    if (base >= SQL_ARRAY || base == SQL_VARCHAR || base == SQL_BYTES)
        take_rows(c, i, state->choices);
    else
        take_values(c, i, state->choices);
}

static void release_case(void *state) {
    memory_free(((case_state *)state)->choices);
    memory_free(state);
}

void logic_choose(instruction *i) {
    i->inherits = i->node->kind == EXPRESSION_NOT;
    if (i->node->kind == EXPRESSION_CASE) {
        i->run = run_case;
        i->state = MEMORY_NEW(case_state);
        i->release = release_case;
    } else {
        i->run = i->node->kind == EXPRESSION_NOT ? run_not : run_logical;
    }
}

/* ---- masks ---- */

static bool is_wanted(const argument *condition, int64_t row, int wanted) {
    if (code_failure(condition, row))
        return false;
    bool null = code_is_null(condition, row), value = value_at(condition, row);
    return wanted == MASK_TRUE        ? !null && value
           : wanted == MASK_NOT_FALSE ? null || value
                                      : null || !value;
}

static void run_mask(code *c, const instruction *i) {
    code_mask *mask = &c->masks[i->choice / 4];
    int wanted = (int)(i->choice % 4);
    const argument *condition = code_argument(c, i, 0);
    if (mask->capacity < c->rows) {
        mask->capacity = c->rows;
        mask->rows = memory_resize(mask->rows, (size_t)c->rows);
    }
    for (int64_t row = 0; row < c->rows; row++)
        mask->rows[row] = code_is_active(c, i, row) && is_wanted(condition, row, wanted);
}

void mask_choose(instruction *i, int mask, int wanted) {
    i->run = run_mask;
    i->choice = (int64_t)mask * 4 + wanted;
}
