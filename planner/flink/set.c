/* UNION, INTERSECT and EXCEPT.
 *
 * UNION is a UNION ALL made DISTINCT; INTERSECT and EXCEPT are semi and anti joins on all columns,
 * made DISTINCT. With ALL they count equal rows on each side and give as many as SQL wants: each
 * group is taken apart into numbers from 1 to that. Columns take the names of the left side and the
 * type that both sides widen to.
 */
#include "planner/flink/lowering.h"

#include "catalog/coercion.h"
#include "parser/parser.h"

static bool common_types(lowering *l, const flink_body *body, const rows *left, const rows *right,
    const sql_type **types) {
    if (left->column_count != right->column_count)
        return error_at(l->b.e, ERROR_STATEMENT, body->span,
            "Column count mismatch in a set operation: %d and %d", left->column_count,
            right->column_count);
    for (int i = 0; i < left->column_count; i++) {
        const sql_type *a = left->node->columns[left->columns[i].index].type;
        const sql_type *b = right->node->columns[right->columns[i].index].type;
        types[i] = coercion_common(l->b.arena, a, b);
        if (!types[i])
            return error_at(l->b.e, ERROR_STATEMENT, body->span,
                "Type mismatch in column %d of a set operation: %.*s and %.*s", i + 1,
                SLICE_ARG(sql_type_name(l->b.arena, a)), SLICE_ARG(sql_type_name(l->b.arena, b)));
    }
    return true;
}

static bool cast_side(lowering *l, const rows *names, const sql_type *const *types, rows *r) {
    typing t = {.l = l};
    expression_scope scope = flink_scope(&t);
    int count = r->column_count;
    const expression **values = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, count + 1);
    for (int i = 0; i < count; i++) {
        columns[i] = r->columns[i];
        columns[i].name = names->columns[i].name;
        columns[i].table = (slice){0};
        values[i] = expression_cast(&scope, flink_input(l, r->node, r->columns[i].index), types[i]);
    }
    rows in = *r;
    return flink_project(l, &in, values, columns, count, r);
}

/* Traits stay where both sides have them. */
void flink_union_all(lowering *l, const rows *left, const rows *right, rows *out) {
    plan_node *node = flink_node(l, PLAN_UNION, left->node, right->node);
    *out = *left;
    out->node = node;
    out->keys = NULL;
    out->key_count = 0;
    out->one_row = false;
    for (int i = 0; i < out->column_count; i++) {
        const rows_column *other = &right->columns[i];
        if (out->columns[i].time != other->time)
            out->columns[i].time = TIME_NONE;
        if (out->columns[i].role != other->role ||
            !flink_same_window(out->columns[i].window, other->window))
            out->columns[i].role = WINDOW_ROLE_NONE;
    }
}

static bool match_rows(
    lowering *l, join_kind kind, const rows *left, const rows *right, source_span span, rows *out) {
    typing t = {.l = l};
    expression_scope scope = flink_scope(&t);
    rows both;
    flink_side_by_side(l, left, right, &both);
    const expression *all = NULL;
    for (int i = 0; i < left->column_count; i++)
        all = flink_and(&scope, all,
            build_compare(&scope, COMPARE_NOT_DISTINCT,
                flink_input(l, both.node, both.columns[i].index),
                flink_input(l, both.node, both.columns[left->column_count + i].index), span));
    rows distinct;
    return flink_distinct_rows(l, left, &distinct) &&
           flink_join(l, kind, &distinct, right, all, span, out);
}

/* ---- with ALL ---- */

/* The columns as `$0`, `$1`, ..., then how often the row counts for the left and for the right. */
static bool count_side(lowering *l, bool is_left, rows *r) {
    typing t = {.l = l};
    expression_scope scope = flink_scope(&t);
    int count = r->column_count;
    const expression **values = ARENA_ARRAY(l->b.arena, const expression *, count + 2);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, count + 2);
    for (int i = 0; i < count; i++) {
        columns[i] = (rows_column){.name = planning_text(&l->b, "$%d", i)};
        values[i] = flink_input(l, r->node, r->columns[i].index);
    }
    columns[count] = (rows_column){.name = SLICE_LITERAL("$left")};
    columns[count + 1] = (rows_column){.name = SLICE_LITERAL("$right")};
    values[count] = flink_literal_bigint(&scope, is_left, SPAN_NONE);
    values[count + 1] = flink_literal_bigint(&scope, !is_left, SPAN_NONE);
    rows in = *r;
    return flink_project(l, &in, values, columns, count + 2, r);
}

/* SELECT `$0`, ..., SUM(`$left`) AS `$left`, SUM(`$right`) AS `$right` GROUP BY `$0`, ... */
static bool group_sides(lowering *l, int count, const rows *in, rows *out) {
    buffer sql = {0};
    buffer_append_text(&sql, "SELECT ");
    for (int i = 0; i < count; i++)
        buffer_format(&sql, "`$%d`, ", i);
    buffer_append_text(&sql, "SUM(`$left`) AS `$left`, SUM(`$right`) AS `$right` GROUP BY ");
    for (int i = 0; i < count; i++)
        buffer_format(&sql, "%s`$%d`", i ? ", " : "", i);
    slice text = arena_copy(l->b.arena, buffer_slice(&sql));
    buffer_free(&sql);
    ast_statement *statement = parser_parse_statement_in(l->b.arena, PARSER_FLINK, text, l->b.e);
    return statement && flink_group_rows(l, statement->flink_query->body->select, NULL, in, out);
}

static bool count_rows(
    lowering *l, const flink_body *body, const rows *names, rows *left, rows *right, rows *out) {
    static const char *const OFTEN[] = {
        [FLINK_INTERSECT] = "GENERATE_SERIES(1, CAST(CASE WHEN `$left` < `$right` THEN `$left` "
                            "ELSE `$right` END AS INT))",
        [FLINK_EXCEPT] = "CASE WHEN `$left` > `$right` THEN "
                         "GENERATE_SERIES(1, CAST(`$left` - `$right` AS INT)) END"};
    rows both, groups, made;
    int count = left->column_count;
    const rows old = *names;
    if (!count_side(l, true, left) || !count_side(l, false, right))
        return false;
    flink_union_all(l, left, right, &both);
    if (!group_sides(l, count, &both, &groups))
        return false;
    typing t = {.l = l, .rows = &groups};
    if (body->set.operation == FLINK_INTERSECT) {
        ast_expression *common = parser_parse_expression_in(
            l->b.arena, PARSER_FLINK, SLICE_LITERAL("`$left` > 0 AND `$right` > 0"), l->b.e);
        groups.node = flink_filter(l, groups.node, flink_condition(&t, common));
    }
    ast_expression *ast = parser_parse_expression_in(
        l->b.arena, PARSER_FLINK, slice_of(OFTEN[body->set.operation]), l->b.e);
    const expression *often = flink_expression(&t, ast);
    if (!often || !flink_explode(l, &groups, "EXPLODE", &often, 1, false, false, body->span, &made))
        return false;
    const expression **values = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, count + 1);
    for (int i = 0; i < count; i++) {
        columns[i] = (rows_column){.name = old.columns[i].name};
        values[i] = flink_input(l, made.node, made.columns[i].index);
    }
    return flink_project(l, &made, values, columns, count, out);
}

bool flink_set_rows(lowering *l, const flink_body *body, const typing *outer, rows *out) {
    rows left, right, made;
    if (!flink_body_rows(l, body->set.left, outer, &left) ||
        !flink_body_rows(l, body->set.right, outer, &right))
        return false;
    const sql_type **types = ARENA_ARRAY(l->b.arena, const sql_type *, left.column_count + 1);
    if (!common_types(l, body, &left, &right, types))
        return false;
    rows names = left;
    if (!cast_side(l, &names, types, &left) || !cast_side(l, &names, types, &right))
        return false;
    if (body->set.operation != FLINK_UNION) {
        if (body->set.all)
            return count_rows(l, body, &names, &left, &right, out);
        return match_rows(l, body->set.operation == FLINK_INTERSECT ? JOIN_SEMI : JOIN_ANTI, &left,
            &right, body->span, out);
    }
    flink_union_all(l, &left, &right, &made);
    if (!body->set.all)
        return flink_distinct_rows(l, &made, out);
    *out = made;
    return true;
}
