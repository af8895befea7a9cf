/* partition_by.c - PARTITION BY: new key columns for a stream.
 *
 * No node is made: the last PROJECT computes the key, and the sink writes by it. The old key
 * columns become value columns. PARTITION BY NULL leaves no key. */
#include "planner/planning.h"

static bool is_null_literal(const ast_expression *ast) {
    return ast->kind == AST_EXPRESSION_LITERAL && ast->literal.kind == AST_LITERAL_NULL;
}

static bool check_partition_by(planning *b, const relation *r, const ast_expression_list *list) {
    source_span span = list->count > 0 ? list->items[0]->span : b->query->span;
    if (list->count == 0)
        return error_at(
            b->e, ERROR_STATEMENT, span, "PARTITION BY requires at least one expression");
    if (r->node->mode != CHANGELOG_APPEND) {
        error_at(b->e, ERROR_STATEMENT, span, "PARTITION BY is only for streams");
        return error_hint(b->e, "A table's key is fixed: use GROUP BY to make a table with another "
                                "key, or read FROM CHANGES(table).");
    }
    for (int i = 0; i < list->count && list->count > 1; i++)
        if (is_null_literal(list->items[i]))
            return error_at(b->e, ERROR_STATEMENT, list->items[i]->span,
                "Cannot PARTITION BY multiple columns including NULL");
    if (b->query->has_group_by)
        return error_at(b->e, ERROR_STATEMENT, span,
            "PARTITION BY and GROUP BY cannot stand in one query: GROUP BY decides the key");
    return true;
}

static bool same_keys(const relation *r, const relation_key *keys, int count) {
    if (r->key_count != count)
        return false;
    for (int i = 0; i < count; i++) {
        bool same = false;
        for (int j = 0; j < r->keys[i].same_count; j++)
            same = same || expression_equal(keys[i].value, r->keys[i].same[j]);
        if (!same)
            return false;
    }
    return true;
}

bool plan_partition_by(planning *b, relation *r) {
    const ast_expression_list *list = &b->query->partition_by;
    if (!b->query->has_partition_by)
        return true;
    if (!check_partition_by(b, r, list))
        return false;
    expression_scope scope = planning_scope(b, r, "PARTITION BY");
    int count = list->count == 1 && is_null_literal(list->items[0]) ? 0 : list->count;
    relation_key *keys = ARENA_ARRAY(b->arena, relation_key, count + 1);
    for (int i = 0; i < count; i++) {
        const ast_expression *ast = list->items[i];
        const expression *value = expression_analyze(&scope, ast, b->e);
        if (!value)
            return false;
        const scope_column *column =
            ast->kind == AST_EXPRESSION_COLUMN
                ? scope_find(&scope, ast->column.qualifier.text, ast->column.name.text)
                : NULL;
        keys[i] = (relation_key){.value = value,
            .same = ARENA_NEW(b->arena, const expression *),
            .same_count = 1,
            .ast = column && !column->is_pseudo ? NULL : ast,
            .name = column ? relation_column_name(b, r, column) : (slice){0}};
        keys[i].same[0] = value;
    }
    if (same_keys(r, keys, count))
        return true;
    r->drops_window = r->node->window != WINDOW_NONE;
    r->keys = keys;
    r->key_count = count;
    r->key_any = false;
    r->key_synthetic = false;
    r->partitioned = true;
    r->key_noun = "partitioning expression";
    return true;
}
