/* AND, OR, NOT, CASE, and the masks of their branches.
 *
 * Logic has three values: a condition is true, false or null, and null AND false is false. A failed
 * operand counts only where the other one does not decide.
 */
#include "executor/expression/code.h"

#include "base/memory.h"

static bool is_null_at(const argument *a, int64_t row) {
    return column_is_null(a->values, row & a->row_mask);
}

static int32_t failure_at(const argument *a, int64_t row) {
    return a->failures ? a->failures[row & a->row_mask] : 0;
}

static bool value_at(const argument *a, int64_t row) {
    return a->values->booleans[row & a->row_mask];
}

/* ---- AND, OR ---- */

/* One row; `deciding` is false for AND, true for OR. */
static void combine_row(code *c, const instruction *i, int64_t row, bool deciding, column *own) {
    const argument *x = code_argument(c, i, 0), *y = code_argument(c, i, 1);
    int32_t failure = failure_at(x, row);
    bool decided = !failure && !is_null_at(x, row) && value_at(x, row) == deciding;
    if (!failure && !decided) {
        failure = failure_at(y, row);
        decided = !failure && !is_null_at(y, row) && value_at(y, row) == deciding;
    }
    if (failure) {
        code_nullify(own, row);
        code_inherit(c, i, row, failure);
    } else if (decided) {
        own->booleans[row] = deciding;
    } else if (is_null_at(x, row) || is_null_at(y, row)) {
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
            if (is_null_at(x, row))
                code_nullify(own, row);
}

/* ---- CASE ---- */

/* The state: per row, which argument gives the result; -1 for none. */
typedef struct case_state {
    int32_t *choices;
    int64_t capacity;
} case_state;

static void choose_row(code *c, const instruction *i, int64_t row, int32_t *choice) {
    int branches = (i->argument_count - i->node->has_else) / 2;
    for (int n = 0; n < branches; n++) {
        const argument *when = code_argument(c, i, n * 2);
        int32_t failure = failure_at(when, row);
        if (failure) {
            code_inherit(c, i, row, failure);
            *choice = -1;
            return;
        }
        if (!is_null_at(when, row) && value_at(when, row)) {
            *choice = n * 2 + 1;
            return;
        }
    }
    *choice = i->node->has_else ? i->argument_count - 1 : -1;
}

static void take_row(code *c, const instruction *i, int64_t row, int32_t choice, column *own) {
    if (choice < 0) {
        column_append_null(own);
        return;
    }
    const argument *taken = code_argument(c, i, choice);
    int32_t failure = failure_at(taken, row);
    if (failure) {
        column_append_null(own);
        code_inherit(c, i, row, failure);
    } else {
        column_append_row(own, taken->values, row & taken->row_mask);
    }
}

static void run_case(code *c, const instruction *i) {
    case_state *state = i->state;
    if (state->capacity < c->rows) {
        state->capacity = c->rows;
        state->choices = memory_resize(state->choices, sizeof(int32_t) * (size_t)c->rows);
    }
    column *own = code_start(c, i);
    for (int64_t row = 0; row < c->rows; row++)
        choose_row(c, i, row, &state->choices[row]);
    for (int64_t row = 0; row < c->rows; row++)
        take_row(c, i, row, state->choices[row], own);
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
    if (failure_at(condition, row))
        return false;
    bool null = is_null_at(condition, row), value = value_at(condition, row);
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
