/* table_function.c - EXPLODE and its like: one TABLE_FUNCTION node for all calls of a query.
 *
 * A row gives as many rows as the longest result; shorter ones are filled with nulls. Each call
 * becomes a column behind those of the input, and later clauses use that column (planning_scope).
 */
#include "planner/planning.h"

typedef struct call_list {
    planning *b;
    expression_scope *scope;
    const ast_expression **calls;
    int count, capacity;
    bool nested;
} call_list;

static bool is_table_function(void *context, const ast_expression *part) {
    return expression_call_function(part, FUNCTION_TABLE) != NULL;
}

static bool is_aggregate(void *context, const ast_expression *part) {
    return expression_call_function(part, FUNCTION_AGGREGATE) != NULL;
}

static bool collect(void *context, const ast_expression *part) {
    call_list *list = context;
    if (!expression_call_function(part, FUNCTION_TABLE))
        return false;
    for (int i = 0; i < part->call.arguments.count; i++) {
        const ast_expression *argument = part->call.arguments.items[i];
        const char *inner =
            ast_expression_visit(argument, is_table_function, NULL) ? "another table function"
            : ast_expression_visit(argument, is_aggregate, NULL)    ? "an aggregate function"
                                                                    : NULL;
        if (inner) {
            error_at(list->b->e, ERROR_STATEMENT, argument->span,
                "A table function cannot be called on the result of %s", inner);
            error_hint(list->b->e, "Do it in two steps, with a stream between them.");
            return true;
        }
    }
    for (int i = 0; i < list->count; i++)
        if (ast_expression_match(list->scope, list->calls[i], part))
            return false;
    if (list->count == list->capacity) {
        int capacity = list->capacity ? 2 * list->capacity : 4;
        const ast_expression **calls =
            ARENA_ARRAY(list->b->arena, const ast_expression *, capacity);
        if (list->count > 0)
            memcpy(calls, list->calls, sizeof *calls * (size_t)list->count);
        list->calls = calls;
        list->capacity = capacity;
    }
    list->calls[list->count++] = part;
    return false;
}

static bool collect_calls(planning *b, call_list *list) {
    const ast_query *query = b->query;
    for (int i = 0; i < query->select.count; i++)
        if (ast_expression_visit(query->select.items[i].expression, collect, list))
            return false;
    for (int i = 0; i < query->group_by.count; i++)
        if (ast_expression_visit(query->group_by.items[i], collect, list))
            return false;
    return true;
}

static bool check_clauses(planning *b, const relation *r, const ast_expression *call) {
    if (r->node->mode == CHANGELOG_APPEND)
        return true;
    error_at(b->e, ERROR_STATEMENT, call->span,
        "Table functions such as %.*s work on streams, not on tables",
        SLICE_ARG(call->call.name.text));
    return error_hint(b->e, "Read the table's changes with FROM CHANGES(table).");
}

bool plan_table_functions(planning *b, relation *r) {
    expression_scope scope = planning_scope(b, r, "SELECT");
    call_list list = {.b = b, .scope = &scope};
    if (!collect_calls(b, &list))
        return false;
    if (list.count == 0)
        return true;
    if (!check_clauses(b, r, list.calls[0]))
        return false;
    plan_node *input = r->node;
    plan_node *node = planning_node(b, PLAN_TABLE_FUNCTION, input);
    plan_column *columns = planning_columns(b, node, input->column_count + list.count);
    memcpy(columns, input->columns, sizeof *columns * (size_t)input->column_count);
    const function_binding **calls = ARENA_ARRAY(b->arena, const function_binding *, list.count);
    const expression *const **arguments =
        ARENA_ARRAY(b->arena, const expression *const *, list.count);
    table_function_call *planned = ARENA_ARRAY(b->arena, table_function_call, list.count);
    for (int i = 0; i < list.count; i++) {
        calls[i] = expression_analyze_call(&scope, list.calls[i], &arguments[i], b->e);
        if (!calls[i])
            return false;
        int column = input->column_count + i;
        columns[column] = (plan_column){planning_text(b, "KSQL_SYNTH_%d", i), calls[i]->result};
        planned[i] = (table_function_call){list.calls[i], column, calls[i]->result};
    }
    node->table_function.calls = calls;
    node->table_function.arguments = arguments;
    node->table_function.call_count = list.count;
    b->table_functions = planned;
    b->table_function_count = list.count;
    r->node = node;
    return true;
}
