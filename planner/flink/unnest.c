/* UNNEST: each row with each element of an ARRAY (or entry of a MAP), by a table function. Elements
 * that are ROWs give a column for each field. */
#include "planner/flink/lowering.h"

/* For LEFT JOIN: an array with one NULL stands for one without elements. */
static const expression *never_empty(typing *t, const expression *array) {
    expression_scope scope = flink_scope(t);
    const expression *length =
        flink_build_call(&scope, "ARRAY_LENGTH", &array, 1, array->span, t->l->b.e);
    if (!length)
        return NULL;
    const expression *null = build_null_value(&scope, array->type->element, array->span);
    const expression *parts[] = {
        build_compare(&scope, COMPARE_GREATER, expression_cast(&scope, length, &SQL_TYPE_BIGINT),
            flink_literal_bigint(&scope, 0, array->span), array->span),
        array, build_node(&scope, EXPRESSION_ARRAY, array->type, array->span, &null, 1)};
    expression *node = build_node(&scope, EXPRESSION_CASE, array->type, array->span, parts, 3);
    node->has_else = true;
    return node;
}

bool flink_unnest_rows(lowering *l, const flink_relation *relation, const rows *left,
    bool keeps_unmatched, rows *out) {
    if (!left)
        return error_at(l->b.e, ERROR_UNSUPPORTED, relation->span,
            "UNNEST stands behind the table whose column it reads: FROM t CROSS JOIN UNNEST(t.a)");
    if (relation->unnest.ordinality)
        return error_at(
            l->b.e, ERROR_UNSUPPORTED, relation->span, "WITH ORDINALITY is not there yet");
    typing t = {.l = l, .rows = left, .clause = "UNNEST"};
    const expression *operand = flink_expression(&t, relation->unnest.operand);
    if (!operand)
        return false;
    if (operand->type->base != SQL_ARRAY)
        return error_at(l->b.e, ERROR_STATEMENT, relation->unnest.operand->span,
            "UNNEST needs an ARRAY, and this is %.*s",
            SLICE_ARG(sql_type_name(l->b.arena, operand->type)));
    function_binding *binding = ARENA_NEW(l->b.arena, function_binding);
    function_argument shape = {.type = operand->type};
    if (!function_bind(l->b.arena, SLICE_LITERAL("EXPLODE"), &shape, 1, binding, l->b.e))
        return false;
    if (keeps_unmatched && !(operand = never_empty(&t, operand)))
        return false;
    int width = left->node->column_count;
    const sql_type *element = operand->type->element;
    plan_node *node = flink_node(l, PLAN_TABLE_FUNCTION, left->node, NULL);
    plan_column *made = planning_columns(&l->b, node, width + 1);
    for (int i = 0; i < width; i++)
        made[i] = left->node->columns[i];
    made[width] = (plan_column){SLICE_LITERAL("$element"), element};
    const function_binding **calls = ARENA_ARRAY(l->b.arena, const function_binding *, 1);
    const expression *const **arguments = ARENA_ARRAY(l->b.arena, const expression *const *, 1);
    const expression **argument = ARENA_ARRAY(l->b.arena, const expression *, 1);
    calls[0] = binding;
    argument[0] = operand;
    arguments[0] = argument;
    node->table_function.calls = calls;
    node->table_function.arguments = arguments;
    node->table_function.call_count = 1;
    int fields = element->base == SQL_STRUCT ? element->field_count : 1;
    int count = left->column_count + fields;
    rows in = *left;
    in.node = node;
    const expression **values = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, count + 1);
    for (int i = 0; i < left->column_count; i++) {
        columns[i] = left->columns[i];
        values[i] = flink_input(l, node, left->columns[i].index);
    }
    expression_scope scope = flink_scope(&t);
    const expression *value = flink_input(l, node, width);
    if (relation->columns.count > 0 && relation->columns.count != fields)
        return error_at(l->b.e, ERROR_STATEMENT, relation->columns.items[0].span,
            "%d column names are given for %d columns", relation->columns.count, fields);
    for (int i = 0; i < fields; i++) {
        int at = left->column_count + i;
        values[at] = value;
        columns[at] = (rows_column){.table = relation->alias.text,
            .name = relation->columns.count > 0       ? relation->columns.items[i].text
                    : element->base == SQL_STRUCT     ? element->fields[i].name
                    : ast_name_given(relation->alias) ? relation->alias.text
                                                      : SLICE_LITERAL("EXPR$0")};
        if (element->base == SQL_STRUCT) {
            expression *field = build_node(
                &scope, EXPRESSION_FIELD, element->fields[i].type, relation->span, &value, 1);
            field->index = i;
            values[at] = field;
        }
    }
    in.keys = NULL;
    in.key_count = 0;
    return flink_project(l, &in, values, columns, count, out);
}
