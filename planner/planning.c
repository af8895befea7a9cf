/* planning.c - making plans, nodes, scopes and small texts while a query is planned. */
#include "planner/planning.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/memory.h"
#include "planner/state_layout.h"
#include "planner/table_rows.h"
#include "planner/window_panes.h"

plan *planning_new_plan(const ast_statement *statement, slice query_id) {
    arena *a = arena_create();
    plan *p = ARENA_NEW(a, plan);
    p->arena = a;
    p->query_id = arena_copy(a, query_id);
    p->sql = arena_copy(a, statement->text);
    p->limit = -1;
    return p;
}

void planning_finish(planning *b) {
    plan *p = b->plan;
    p->nodes = b->nodes;
    p->node_count = b->node_count;
    table_rows_place(b->nodes, b->node_count);
    window_panes_place(b->nodes, b->node_count, b->options);
    plan_node **sources = ARENA_ARRAY(b->arena, plan_node *, b->node_count + 1);
    for (int i = 0; i < b->node_count; i++)
        if (b->nodes[i]->kind == PLAN_SOURCE) {
            b->nodes[i]->source.input_index = p->source_count;
            sources[p->source_count++] = b->nodes[i];
        }
    p->sources = sources;
    buffer text = {0};
    state_layout_append(p, &text);
    p->fingerprint = (int64_t)slice_hash(buffer_slice(&text));
    buffer_free(&text);
}

plan_node *planning_node(planning *b, plan_kind kind, plan_node *input) {
    plan_node *node = ARENA_NEW(b->arena, plan_node);
    node->kind = kind;
    node->id = b->node_count;
    if (input) {
        node->column_count = input->column_count;
        node->columns = input->columns;
        node->key_count = input->key_count;
        node->mode = input->mode;
        node->window = input->window;
        node->window_size_ms = input->window_size_ms;
        node->input_count = 1;
        node->inputs[0] = input;
    }
    if (b->node_count == b->node_capacity) {
        int capacity = b->node_capacity ? 2 * b->node_capacity : 16;
        plan_node **nodes = ARENA_ARRAY(b->arena, plan_node *, capacity);
        if (b->node_count > 0)
            memcpy(nodes, b->nodes, sizeof *nodes * (size_t)b->node_count);
        b->nodes = nodes;
        b->node_capacity = capacity;
    }
    b->nodes[b->node_count++] = node;
    return node;
}

plan_column *planning_columns(planning *b, plan_node *node, int count) {
    plan_column *columns = ARENA_ARRAY(b->arena, plan_column, count > 0 ? count : 1);
    node->columns = columns;
    node->column_count = count;
    return columns;
}

slice planning_text(planning *b, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    slice text = arena_format_list(b->arena, format, arguments);
    va_end(arguments);
    return text;
}

const expression *planning_input_column(planning *b, const plan_node *input, int index) {
    return expression_make_column(b->arena, index, input->columns[index].type);
}

plan_node *planning_project_all(planning *b, plan_node *input, int extra) {
    plan_node *node = planning_node(b, PLAN_PROJECT, input);
    int count = input->column_count;
    plan_column *columns = planning_columns(b, node, count + extra);
    const expression **expressions = ARENA_ARRAY(b->arena, const expression *, count + extra + 1);
    for (int i = 0; i < count; i++) {
        columns[i] = input->columns[i];
        expressions[i] = planning_input_column(b, input, i);
    }
    node->project.expressions = expressions;
    return node;
}

plan_node *planning_retract(planning *b, plan_node *node, slice store) {
    if (node->mode != CHANGELOG_UPSERT)
        return node;
    if (node->kind != PLAN_AGGREGATE && node->kind != PLAN_TABLE_JOIN &&
        node->kind != PLAN_FOREIGN_KEY_JOIN) {
        node = planning_node(b, PLAN_NORMALIZE, node);
        node->store = store;
    }
    node->mode = CHANGELOG_RETRACT;
    return node;
}

plan_node *planning_expire(planning *b, plan_node *node) {
    if (!b->ttl_ms || node->mode != CHANGELOG_UPSERT)
        return node;
    node = planning_node(b, PLAN_EXPIRE, node);
    node->expire.ttl_ms = b->ttl_ms;
    node->store = planning_text(b, "Expire%d", b->expire_count++);
    return node;
}

/* ---- scopes ---- */

static column *own_literal(void *context, column *literal) {
    planning *b = context;
    return plan_own_column(b->plan, literal);
}

static const sql_type *find_type(void *context, slice name) {
    planning *b = context;
    const type_descriptor *type = catalog_type(b->catalog, name);
    return type ? sql_type_copy(b->arena, type->type) : NULL;
}

static slice nearest_type(void *context, slice name) {
    const planning *b = context;
    const type_descriptor *type = catalog_nearest_type(b->catalog, name);
    return type ? type->name : (slice){NULL, 0};
}

static const expression *replace_table_function(
    void *context, expression_scope *scope, const ast_expression *ast, error *e) {
    planning *b = context;
    for (int i = 0; i < b->table_function_count; i++) {
        const table_function_call *call = &b->table_functions[i];
        if (ast_expression_match(scope, call->ast, ast))
            return expression_make_column(b->arena, call->column, call->type);
    }
    return NULL;
}

expression_scope planning_scope(planning *b, const relation *r, const char *clause) {
    return (expression_scope){
        .arena = b->arena,
        .columns = r->columns,
        .column_count = r->column_count,
        .context = b,
        .own = own_literal,
        .named_type = find_type,
        .nearest_type = nearest_type,
        .replace = b->table_function_count > 0 ? replace_table_function : NULL,
        .clause = clause,
    };
}

/* ---- what the query mentions ---- */

static bool names_column(void *context, const ast_expression *part) {
    return part->kind == AST_EXPRESSION_COLUMN &&
           slice_equal(part->column.name.text, *(const slice *)context);
}

static bool list_mentions(const ast_expression_list *list, slice *name) {
    for (int i = 0; i < list->count; i++)
        if (ast_expression_visit(list->items[i], names_column, name))
            return true;
    return false;
}

bool planning_mentions(const planning *b, pseudo_column pseudo) {
    const ast_query *query = b->query;
    slice name = pseudo_column_name(pseudo);
    for (int i = 0; i < query->select.count; i++) {
        const ast_expression *ast = query->select.items[i].expression;
        if (ast && ast_expression_visit(ast, names_column, &name))
            return true;
    }
    for (int i = 0; i < query->joins.count; i++)
        if (query->joins.items[i].on &&
            ast_expression_visit(query->joins.items[i].on, names_column, &name))
            return true;
    for (int i = 0; i < query->order_by.count; i++)
        if (ast_expression_visit(query->order_by.items[i].expression, names_column, &name))
            return true;
    return (query->where && ast_expression_visit(query->where, names_column, &name)) ||
           (query->having && ast_expression_visit(query->having, names_column, &name)) ||
           list_mentions(&query->group_by, &name) || list_mentions(&query->partition_by, &name);
}
