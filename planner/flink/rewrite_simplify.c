/* Above a filter `a = 1 AND ...` column a is 1: comparisons with it are decided, and the branches
 * of a CASE that they rule out go away, and with them the need for the columns they read. A
 * comparison that is false for NULL is not decided here, but a filter lets no NULL through. */
#include "planner/flink/rewrite.h"

typedef struct known {
    const expression **columns, **values; /* columns[i] = values[i] */
    int count;
} known;

static void learn(lowering *l, const expression *predicate, known *out) {
    const expression **parts;
    int count = flink_conjuncts(l, predicate, &parts);
    out->columns = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    out->values = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    for (int i = 0; i < count; i++) {
        const expression *e = parts[i];
        if (e->kind != EXPRESSION_COMPARE || e->compare != COMPARE_EQUAL)
            continue;
        const expression *a = e->arguments[0], *b = e->arguments[1];
        bool swap = a->kind == EXPRESSION_LITERAL;
        const expression *column = swap ? b : a, *value = swap ? a : b;
        if (column->kind != EXPRESSION_COLUMN || value->kind != EXPRESSION_LITERAL ||
            column_is_null(value->literal, 0))
            continue;
        out->columns[out->count] = column;
        out->values[out->count++] = value;
    }
}

/* 1: true, 0: false, -1: not known. */
static int decide(const known *k, const expression *e) {
    if (e->kind == EXPRESSION_LITERAL && e->type->base == SQL_BOOLEAN &&
        !column_is_null(e->literal, 0))
        return e->literal->booleans[0] != 0;
    if (e->kind != EXPRESSION_COMPARE ||
        (e->compare != COMPARE_EQUAL && e->compare != COMPARE_NOT_EQUAL))
        return -1;
    for (int i = 0; i < k->count; i++)
        for (int side = 0; side < 2; side++) {
            const expression *column = e->arguments[side], *value = e->arguments[!side];
            if (value->kind == EXPRESSION_LITERAL && !column_is_null(value->literal, 0) &&
                expression_equal(column, k->columns[i]) &&
                sql_type_equal(value->type, k->values[i]->type))
                return column_rows_equal(value->literal, 0, k->values[i]->literal, 0) ==
                       (e->compare == COMPARE_EQUAL);
        }
    return -1;
}

static const expression *simplified(lowering *l, const known *k, const expression *e);

static const expression *simplified_case(lowering *l, const known *k, const expression *e) {
    const expression **parts = ARENA_ARRAY(l->b.arena, const expression *, e->argument_count + 1);
    int count = 0, branches = e->argument_count / 2;
    bool has_else = e->has_else;
    const expression *otherwise = has_else ? e->arguments[e->argument_count - 1] : NULL;
    for (int i = 0; i < branches; i++) {
        int decided = decide(k, e->arguments[2 * i]);
        if (decided == 0)
            continue;
        if (decided == 1) {
            otherwise = e->arguments[2 * i + 1];
            has_else = true;
            break;
        }
        parts[count++] = simplified(l, k, e->arguments[2 * i]);
        parts[count++] = simplified(l, k, e->arguments[2 * i + 1]);
    }
    if (count == 0 && otherwise)
        return simplified(l, k, otherwise);
    if (count == 0)
        return e;
    if (has_else)
        parts[count++] = simplified(l, k, otherwise);
    expression *copy = ARENA_NEW(l->b.arena, expression);
    *copy = *e;
    copy->arguments = parts;
    copy->argument_count = count;
    copy->has_else = has_else;
    return copy;
}

static const expression *simplified(lowering *l, const known *k, const expression *e) {
    if (e->kind == EXPRESSION_CASE)
        return simplified_case(l, k, e);
    if (e->argument_count == 0)
        return e;
    const expression **parts = ARENA_ARRAY(l->b.arena, const expression *, e->argument_count);
    for (int i = 0; i < e->argument_count; i++)
        parts[i] = e->arguments[i] ? simplified(l, k, e->arguments[i]) : NULL;
    expression *copy = ARENA_NEW(l->b.arena, expression);
    *copy = *e;
    copy->arguments = parts;
    return copy;
}

/* The filter's other conditions hold only together with those equalities. */
static void simplify_filter(lowering *l, plan_node *filter) {
    known k = {0};
    learn(l, filter->filter.predicate, &k);
    const expression **parts;
    int count = flink_conjuncts(l, filter->filter.predicate, &parts);
    typing t = {.l = l};
    expression_scope scope = flink_scope(&t);
    const expression *all = NULL;
    for (int i = 0; i < count && k.count > 0; i++) {
        bool defines = decide(&k, parts[i]) == 1;
        all = flink_and(&scope, all, defines ? parts[i] : simplified(l, &k, parts[i]));
    }
    if (all)
        filter->filter.predicate = all;
}

void flink_simplify(lowering *l, plan_node *root) {
    for (int i = 0; i < root->input_count; i++)
        flink_simplify(l, root->inputs[i]);
    if (root->kind == PLAN_FILTER)
        simplify_filter(l, root);
    if (root->input_count == 0 || root->inputs[0]->kind != PLAN_FILTER)
        return;
    known k = {0};
    learn(l, root->inputs[0]->filter.predicate, &k);
    if (k.count == 0 || root->kind != PLAN_PROJECT)
        return;
    const expression **made = ARENA_ARRAY(l->b.arena, const expression *, root->column_count + 1);
    for (int i = 0; i < root->column_count; i++)
        made[i] = simplified(l, &k, root->project.expressions[i]);
    root->project.expressions = made;
}
