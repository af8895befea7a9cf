/* The Flink dialect's queries: INSERT INTO, EXECUTE STATEMENT SET, SELECT. */
#include "parser/flink_ast.h"
#include "server/statement.h"

/* ---- INSERT ---- */

/* "INSERT_SINK_7" */
static slice job_id(statement_call *call, slice sink) {
    long long number = (long long)catalog_next_query_number(call->instance->catalog);
    return arena_format(call->arena, "INSERT_%.*s_%lld", SLICE_ARG(sink), number);
}

static bool check_insert(const ast_statement *insert, error *e) {
    const flink_insert *ast = insert->flink_insert;
    if (!ast->overwrite && ast->partition.count == 0)
        return true;
    error_at(e, ERROR_UNSUPPORTED, ast->target.span, "INSERT %s is not supported yet",
        ast->overwrite ? "OVERWRITE" : "with PARTITION");
    return error_hint(e, "Write INSERT INTO table SELECT ..., with all columns in the SELECT.");
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

bool statement_flink_insert(statement_call *call, error *e) {
    pthread_mutex_lock(&call->instance->change);
    bool ok = insert_one(call, call->statement, e);
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}

/* Every INSERT is a job of its own. All are planned before one starts. */
static bool insert_all(statement_call *call, error *e) {
    const flink_statement_set *set = call->statement->flink_statement_set;
    const char *sql = call->statement->text.data - call->statement->span.offset;
    ast_statement *inserts = ARENA_ARRAY(call->arena, ast_statement, set->count);
    planner_options options = statement_planner_options(call);
    for (int i = 0; i < set->count; i++) {
        source_span span = set->items[i].span;
        inserts[i] = (ast_statement){.kind = AST_STATEMENT_FLINK_INSERT,
            .dialect = PARSER_FLINK,
            .span = span,
            .text = slice_make(sql + span.offset, (size_t)span.length),
            .flink_insert = &set->items[i]};
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
    pthread_mutex_lock(&call->instance->change);
    bool ok = insert_all(call, e);
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
