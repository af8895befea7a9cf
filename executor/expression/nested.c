/* Fields, subscripts and constructors of ARRAY, MAP and STRUCT.
 *
 * A failure in an element of a constructor ends there: the element becomes null and is reported.
 */
#include "executor/expression/code.h"

/* A field of a STRUCT without nulls is its child column itself. */
static void run_field(code *c, const instruction *i) {
    const argument *base = code_argument(c, i, 0);
    const column *field = base->values->children[i->node->index];
    argument *target = &c->registers[i->target].value;
    if (!column_has_nulls(base->values) && !base->failures && !c->program->is_folding) {
        target->values = field;
        target->row_mask = base->row_mask;
        return;
    }
    column *own = code_start(c, i);
    target->values = own;
    target->row_mask = -1;
    for (int64_t row = 0; row < c->rows; row++)
        if (code_is_null(base, row))
            column_append_null(own);
        else
            column_append_row(own, field, row & base->row_mask);
}

static void run_array_subscript(code *c, const instruction *i) {
    const argument *base = code_argument(c, i, 0), *index = code_argument(c, i, 1);
    const column *elements = base->values->children[0];
    column *own = code_start(c, i);
    for (int64_t row = 0; row < c->rows; row++) {
        if (code_is_null(base, row) || code_is_null(index, row)) {
            column_append_null(own);
            continue;
        }
        int64_t at = row & base->row_mask;
        int64_t first = base->values->offsets[at], count = base->values->offsets[at + 1] - first;
        int64_t wanted = index->values->int64s[row & index->row_mask];
        int64_t place = wanted >= 0 ? wanted - 1 : count + wanted;
        if (place < 0 || place >= count)
            column_append_null(own);
        else
            column_append_row(own, elements, first + place);
    }
}

static void run_map_subscript(code *c, const instruction *i) {
    const argument *base = code_argument(c, i, 0), *key = code_argument(c, i, 1);
    column *own = code_start(c, i);
    for (int64_t row = 0; row < c->rows; row++) {
        int64_t at = row & base->row_mask, found = -1;
        if (!code_is_null(base, row))
            for (int32_t n = base->values->offsets[at]; n < base->values->offsets[at + 1]; n++)
                if (column_rows_equal(
                        base->values->children[0], n, key->values, row & key->row_mask)) {
                    found = n;
                    break;
                }
        if (found < 0)
            column_append_null(own);
        else
            column_append_row(own, base->values->children[1], found);
    }
}

/* ---- constructors ---- */

/* Appends argument n of the row, null where it failed. */
static void append_part(code *c, const instruction *i, int n, int64_t row, column *to) {
    const argument *part = code_argument(c, i, n);
    int32_t failure = code_failure(part, row);
    if (failure) {
        code_report(c, i->target, row, failure);
        column_append_null(to);
    } else {
        column_append_row(to, part->values, row & part->row_mask);
    }
}

static void run_array(code *c, const instruction *i) {
    column *own = code_start(c, i);
    for (int64_t row = 0; row < c->rows; row++) {
        if (!code_is_active(c, i, row)) {
            column_append_null(own);
            continue;
        }
        for (int n = 0; n < i->argument_count; n++)
            append_part(c, i, n, row, own->children[0]);
        column_append_nested(own);
    }
}

/* Whether an entry before number n (of the same row) has its key. */
static bool key_comes_before(code *c, const instruction *i, int n, int64_t row) {
    const argument *key = code_argument(c, i, n * 2);
    for (int k = 0; k < n; k++) {
        const argument *other = code_argument(c, i, k * 2);
        if (column_rows_equal(
                key->values, row & key->row_mask, other->values, row & other->row_mask))
            return true;
    }
    return false;
}

/* The last entry with the same key as entry n: its value counts. */
static int last_with_key(code *c, const instruction *i, int n, int64_t row) {
    const argument *key = code_argument(c, i, n * 2);
    int last = n;
    for (int k = n + 1; k < i->argument_count / 2; k++) {
        const argument *other = code_argument(c, i, k * 2);
        if (column_rows_equal(
                key->values, row & key->row_mask, other->values, row & other->row_mask))
            last = k;
    }
    return last;
}

static void run_map(code *c, const instruction *i) {
    column *own = code_start(c, i);
    for (int64_t row = 0; row < c->rows; row++) {
        if (!code_is_active(c, i, row)) {
            column_append_null(own);
            continue;
        }
        for (int n = 0; n < i->argument_count / 2; n++) {
            if (key_comes_before(c, i, n, row))
                continue;
            append_part(c, i, n * 2, row, own->children[0]);
            append_part(c, i, last_with_key(c, i, n, row) * 2 + 1, row, own->children[1]);
        }
        column_append_nested(own);
    }
}

static void run_struct(code *c, const instruction *i) {
    column *own = code_start(c, i);
    for (int64_t row = 0; row < c->rows; row++) {
        if (!code_is_active(c, i, row)) {
            column_append_null(own);
            continue;
        }
        for (int n = 0; n < i->argument_count; n++)
            append_part(c, i, n, row, own->children[n]);
        column_append_nested(own);
    }
}

void nested_choose(instruction *i) {
    i->inherits = i->node->kind == EXPRESSION_FIELD || i->node->kind == EXPRESSION_SUBSCRIPT;
    switch (i->node->kind) {
    case EXPRESSION_FIELD:
        i->run = run_field;
        break;
    case EXPRESSION_SUBSCRIPT:
        i->run =
            i->node->arguments[0]->type->base == SQL_MAP ? run_map_subscript : run_array_subscript;
        break;
    case EXPRESSION_ARRAY:
        i->run = run_array;
        break;
    case EXPRESSION_MAP:
        i->run = run_map;
        break;
    default:
        assert(i->node->kind == EXPRESSION_STRUCT);
        i->run = run_struct;
        break;
    }
}
