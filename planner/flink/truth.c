/* Conditions, of which only matters whether they are true.
 *
 * There NULL is as good as FALSE, so comparisons that stand in no NOT need not tell them apart, and
 * kernels of two values, which are faster, do: AND and OR of them are true for the same rows. NOT
 * goes inwards for that: NOT (a = b AND c) is a <> b OR NOT c.
 */
#include "planner/flink/lowering.h"

static expression *copy_of(arena *a, const expression *e) {
    expression *copy = ARENA_NEW(a, expression);
    *copy = *e;
    return copy;
}

static const expression *negation_of(arena *a, const expression *e) {
    expression *node = ARENA_NEW(a, expression);
    const expression **operand = ARENA_NEW(a, const expression *);
    *operand = e;
    *node = (expression){.kind = EXPRESSION_NOT,
        .type = &SQL_TYPE_BOOLEAN,
        .span = e->span,
        .argument_count = 1,
        .arguments = operand};
    return node;
}

static const expression *both_sides(
    arena *a, const expression *e, expression_kind kind, bool negated) {
    expression *copy = copy_of(a, e);
    const expression **sides = ARENA_ARRAY(a, const expression *, 2);
    for (int i = 0; i < 2; i++)
        sides[i] = flink_truth(a, negated ? negation_of(a, e->arguments[i]) : e->arguments[i]);
    copy->kind = kind;
    copy->arguments = sides;
    return copy;
}

/* Of texts, numbers and times; not the order of DOUBLEs, of which NaN has none. */
static bool has_opposite(const expression *e) {
    return e->kind == EXPRESSION_COMPARE &&
           (e->compare <= COMPARE_NOT_EQUAL || e->compare >= COMPARE_DISTINCT ||
               e->arguments[0]->type->base != SQL_DOUBLE);
}

static const expression *opposite(arena *a, const expression *e) {
    static const compare_operator operators[] = {[COMPARE_EQUAL] = COMPARE_NOT_EQUAL,
        [COMPARE_NOT_EQUAL] = COMPARE_EQUAL,
        [COMPARE_LESS] = COMPARE_GREATER_OR_EQUAL,
        [COMPARE_LESS_OR_EQUAL] = COMPARE_GREATER,
        [COMPARE_GREATER] = COMPARE_LESS_OR_EQUAL,
        [COMPARE_GREATER_OR_EQUAL] = COMPARE_LESS,
        [COMPARE_DISTINCT] = COMPARE_NOT_DISTINCT,
        [COMPARE_NOT_DISTINCT] = COMPARE_DISTINCT};
    expression *copy = copy_of(a, e);
    copy->compare = operators[e->compare];
    copy->is_three_valued = false;
    return copy;
}

static const expression *truth_of_not(arena *a, const expression *e) {
    const expression *operand = e->arguments[0];
    switch (operand->kind) {
    case EXPRESSION_NOT:
        return flink_truth(a, operand->arguments[0]);
    case EXPRESSION_AND:
        return both_sides(a, operand, EXPRESSION_OR, true);
    case EXPRESSION_OR:
        return both_sides(a, operand, EXPRESSION_AND, true);
    default:
        return has_opposite(operand) ? opposite(a, operand) : e;
    }
}

const expression *flink_truth(arena *a, const expression *e) {
    switch (e->kind) {
    case EXPRESSION_AND:
    case EXPRESSION_OR:
        return both_sides(a, e, e->kind, false);
    case EXPRESSION_NOT:
        return truth_of_not(a, e);
    case EXPRESSION_COMPARE:
    case EXPRESSION_IN:
    case EXPRESSION_LIKE:
        if (e->is_three_valued) {
            expression *copy = copy_of(a, e);
            copy->is_three_valued = false;
            return copy;
        }
        return e;
    default:
        return e;
    }
}
