/* The Flink dialect's queries: INSERT INTO, EXECUTE STATEMENT SET, SELECT. */
#include <string.h>

#include "parser/flink_ast.h"
#include "server/statement_flink.h"

/* ---- INSERT ---- */

/* "INSERT_SINK_7" */
static slice job_id(statement_call *call, slice sink) {
    long long number = (long long)catalog_next_query_number(call->instance->catalog);
    return arena_format(call->arena, "INSERT_%.*s_%lld", SLICE_ARG(sink), number);
}

static bool check_insert(const ast_statement *insert, error *e) {
    const flink_insert *ast = insert->flink_insert;
    if (!ast->overwrite)
        return true;
    error_at(
        e, ERROR_UNSUPPORTED, ast->target.span, "Streaming mode does not support INSERT OVERWRITE");
    return error_hint(e, "Write INSERT INTO, or into a new table and drop the old one.");
}

static bool insert_one(statement_call *call, const ast_statement *insert, error *e) {
    if (!check_insert(insert, e))
        return false;
    statement_call part = *call;
    part.statement = insert;
    part.text = arena_format(call->arena, "%.*s;", SLICE_ARG(insert->text));
    catalog *c = call->instance->catalog;
    planner_options options = statement_planner_options(&part);
    plan *p = NULL;
    catalog_read_lock(c);
    slice id = job_id(&part, insert->flink_insert->target.text);
    bool ok = planner_plan_flink(insert, c, &options, id, &p, e);
    catalog_unlock(c);
    if (!ok)
        return false;
    const source_descriptor *sink = p->nodes[p->node_count - 1]->sink.sink;
    if (slice_ends_with(sink->flink->connector, SLICE_LITERAL("kafka")) &&
        !instance_ensure_topic(call->instance, sink->topic, sink->partitions, sink, e)) {
        plan_destroy(p);
        return false;
    }
    return statement_start_query(&part, p, e);
}

/* ---- INSERT ... VALUES ---- */

static bool gives_values(const flink_insert *insert) {
    const flink_query *query = insert->query;
    return query->body->kind == FLINK_BODY_VALUES && !query->with.count && !query->order_by.count &&
           query->limit < 0 && query->offset < 0;
}

/* TIMESTAMP '2024-02-29 12:00:00' is the text "2024-02-29T12:00:00" for a TIMESTAMP column. */
static ast_expression *plain_literal(arena *a, ast_expression *value) {
    if (value->kind != AST_EXPRESSION_TYPED_STRING)
        return value;
    ast_expression *literal = ARENA_NEW(a, ast_expression);
    *literal = *value;
    literal->kind = AST_EXPRESSION_LITERAL;
    slice text = arena_copy(a, value->typed_string.text);
    char *space = memchr(text.data, ' ', text.length);
    if (space && value->typed_string.type == AST_TYPE_TIMESTAMP)
        *space = 'T';
    literal->literal = (ast_literal){.kind = AST_LITERAL_STRING, .span = value->span, .text = text};
    return literal;
}

static ast_row_list plain_rows(arena *a, const ast_row_list *rows) {
    ast_row_list plain = {ARENA_ARRAY(a, ast_row, rows->count), rows->count};
    for (int i = 0; i < rows->count; i++) {
        plain.items[i] = rows->items[i];
        ast_expression_list *values = &plain.items[i].values;
        values->items = ARENA_ARRAY(a, ast_expression *, values->count + 1);
        for (int k = 0; k < values->count; k++)
            values->items[k] = plain_literal(a, rows->items[i].values.items[k]);
    }
    return plain;
}

/* Whether the table is a topic, to which records can be written at once. */
static bool is_topic(statement_call *call, const flink_insert *insert, bool *out, error *e) {
    catalog *c = call->instance->catalog;
    source_descriptor *sink = NULL;
    catalog_read_lock(c);
    const source_descriptor *found = catalog_source(c, insert->target.text);
    if (found && found->flink)
        sink = source_copy(call->arena, found);
    catalog_unlock(c);
    *out = !sink || slice_ends_with(sink->flink->connector, SLICE_LITERAL("kafka"));
    if (!sink || !*out) /* who inserts says what is wrong */
        return true;
    return instance_ensure_topic(call->instance, sink->topic, sink->partitions, sink, e);
}

/* Constants are records at once; no job is needed. */
static bool insert_values(statement_call *call, error *e) {
    const flink_insert *insert = call->statement->flink_insert;
    ast_statement statement = *call->statement;
    statement.kind = AST_STATEMENT_INSERT_VALUES;
    statement.insert_values = (ast_insert_values){.target = insert->target,
        .has_columns = insert->columns.count > 0,
        .columns = insert->columns,
        .rows = plain_rows(call->arena, &insert->query->body->values)};
    statement_call part = *call;
    part.statement = &statement;
    return statement_insert_values(&part, e);
}

bool statement_flink_insert(statement_call *call, error *e) {
    const flink_insert *insert = call->statement->flink_insert;
    bool at_once = gives_values(insert) && !insert->partition.count && !insert->hints.count;
    if (!check_insert(call->statement, e) || (at_once && !is_topic(call, insert, &at_once, e)))
        return false;
    if (at_once)
        return insert_values(call, e);
    pthread_mutex_lock(&call->instance->change);
    bool ok = insert_one(call, call->statement, e);
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}

ast_statement statement_flink_of_set(const ast_statement *set, int i) {
    flink_insert *insert = &set->flink_statement_set->items[i];
    return (ast_statement){.kind = AST_STATEMENT_FLINK_INSERT,
        .dialect = PARSER_FLINK,
        .span = insert->span,
        .text = statement_flink_text_at(set, insert->span),
        .flink_insert = insert};
}

/* Every INSERT is a job of its own. All are planned before one starts. */
static bool insert_all(statement_call *call, error *e) {
    const flink_statement_set *set = call->statement->flink_statement_set;
    ast_statement *inserts = ARENA_ARRAY(call->arena, ast_statement, set->count);
    planner_options options = statement_planner_options(call);
    for (int i = 0; i < set->count; i++) {
        inserts[i] = statement_flink_of_set(call->statement, i);
        plan *p = NULL;
        catalog_read_lock(call->instance->catalog);
        bool ok = planner_plan_flink(
            &inserts[i], call->instance->catalog, &options, SLICE_LITERAL("check"), &p, e);
        catalog_unlock(call->instance->catalog);
        plan_destroy(p);
        if (!ok)
            return false;
    }
    for (int i = 0; i < set->count; i++)
        if (!insert_one(call, &inserts[i], e))
            return false;
    return true;
}

bool statement_flink_set(statement_call *call, error *e) {
    engine *runs = instance_engine(call->instance);
    pthread_mutex_lock(&call->instance->change);
    engine_hold_reading(runs, true); /* they begin together, and read each topic once */
    bool ok = insert_all(call, e);
    engine_hold_reading(runs, false);
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}

/* ---- SELECT ---- */

static bool ends_by_itself(const plan *p) {
    for (int i = 0; i < p->source_count; i++) {
        const flink_table *table = p->sources[i]->source.source->flink;
        if (!table || !table->is_bounded)
            return false;
    }
    return true;
}

/* 'table', the default, shows the rows there are at the end; 'changelog' and 'tableau' each change.
 */
static bool wants_changes(statement_call *call) {
    slice mode = session_property(call->session, SLICE_LITERAL("sql-client.execution.result-mode"));
    return slice_is_ignore_case(mode, "changelog") || slice_is_ignore_case(mode, "tableau");
}

bool statement_flink_select(statement_call *call, error *e) {
    instance *i = call->instance;
    planner_options options = statement_planner_options(call);
    slice id = arena_format(call->arena, "transient_%lld", (long long)++i->next_transient);
    plan *p = NULL;
    bool changes = wants_changes(call);
    catalog_read_lock(i->catalog);
    bool ok = planner_plan_flink(call->statement, i->catalog, &options, id, &p, e);
    query_options running = instance_query_options(i, statement_property, call);
    catalog_unlock(i->catalog);
    if (!ok)
        return false;
    bool updates = p->nodes[p->node_count - 1]->inputs[0]->mode != CHANGELOG_APPEND;
    return statement_start_push(call, p, &running, updates && ends_by_itself(p) && !changes, e);
}
