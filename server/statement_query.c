/* Persistent queries: CREATE ... AS SELECT, INSERT INTO ... SELECT, TERMINATE, PAUSE, RESUME.
 *
 * A query is made in this order: plan, sink topic, state opened (the query stands, paused), one
 * catalog transaction, then it runs. A failure before the commit leaves nothing but perhaps a
 * topic. */
#include "base/memory.h"
#include "server/replace_query.h"
#include "server/statement.h"

/* ---- making ---- */

/* The names of the sources that a plan reads, each once, and how many columns they have. */
static void query_sources(arena *a, const plan *p, query_descriptor *query) {
    slice *names = ARENA_ARRAY(a, slice, p->source_count);
    int *columns = ARENA_ARRAY(a, int, p->source_count);
    for (int i = 0; i < p->source_count; i++) {
        slice name = p->sources[i]->source.source->name;
        int at = 0;
        while (at < query->source_count && !slice_equal(names[at], name))
            at++;
        if (at == query->source_count) {
            columns[query->source_count] = p->sources[i]->source.source->column_count;
            names[query->source_count++] = arena_copy(a, name);
        }
    }
    query->sources = names;
    query->source_columns = columns;
}

static const source_descriptor *plan_target(const plan *p) {
    return p->nodes[p->node_count - 1]->sink.sink;
}

static query_descriptor describe_query(statement_call *call, const plan *p) {
    query_descriptor query = {.id = arena_copy(call->arena, p->query_id),
        .sql = call->text,
        .sink = arena_copy(call->arena, plan_target(p)->name),
        .sink_columns = plan_target(p)->column_count,
        .fingerprint = p->fingerprint};
    query_sources(call->arena, p, &query);
    statement_query_properties(call, &query);
    return query;
}

static bool commit_query(
    statement_call *call, const source_descriptor *sink, const query_descriptor *query, error *e) {
    catalog *c = call->instance->catalog;
    if (!catalog_begin(c, e))
        return false;
    if ((sink && !catalog_put_source(c, sink, e)) || !catalog_put_query(c, query, e)) {
        catalog_rollback(c);
        return false;
    }
    return catalog_commit(c, call->text, e);
}

/* CREATE OR REPLACE: the query that ran so far makes room; the new one goes on with its state. */
static bool stop_replaced(statement_call *call, const plan *p, error *e) {
    running_query *old = engine_query(call->instance->engine, p->query_id);
    return !old || query_stop(old, false, e);
}

/* Whether the source's new query may take the place of the one that runs. */
static bool check_replacement(
    statement_call *call, const source_descriptor *existing, const plan *p, error *e) {
    source_span span = call->statement->create_as.name.span;
    running_query *old = engine_query(call->instance->engine, p->query_id);
    return planner_check_replace(existing, p->sink, span, e) &&
           replace_check_columns(existing, p->sink, span, e) &&
           (!old || replace_check_plan(query_plan(old), p, span, e));
}

bool statement_start_query(statement_call *call, plan *p, error *e) {
    source_descriptor *sink = p->sink ? source_copy(call->arena, p->sink) : NULL;
    query_descriptor query = describe_query(call, p);
    topic_config config;
    bool makes_topic = false; /* which is done together with the query's own */
    if (sink) {
        sink->sql = call->text;
        sink->query_id = query.id;
        if (!instance_find_topic(
                call->instance, sink->topic, sink->partitions, sink, &makes_topic, &config, e) ||
            !instance_register_source(call->instance, sink, e)) {
            plan_destroy(p);
            return false;
        }
    }
    if (!stop_replaced(call, p, e)) {
        plan_destroy(p);
        return false;
    }
    catalog *c = call->instance->catalog;
    catalog_read_lock(c);
    bool is_new = !catalog_query(c, query.id); /* or else it replaces the one of that id */
    catalog_unlock(c);
    running_query *running = statement_open_query(call, p, is_new, makes_topic ? &config : NULL, e);
    if (!running)
        return false;
    if (!commit_query(call, sink, &query, e)) {
        query_stop(running, true, &(error){0});
        return false;
    }
    query_pause(running, false);
    const char *kind = sink ? source_kind_name(sink->kind) : "stream";
    answer_status(call, kind, arena_format(call->arena, "`%.*s`", SLICE_ARG(query.sink)), "create",
        arena_format(call->arena, "Created query with ID %.*s", SLICE_ARG(query.id)), query.id);
    return true;
}

/* The name's owner decides: free, replaced (its query's id is used again), left alone, or refused.
 */
static bool check_target(statement_call *call, const source_descriptor *existing, slice *query_id,
    bool *done, error *e) {
    const ast_create_as *create = &call->statement->create_as;
    const char *wanted = create->source_kind == AST_TABLE ? "table" : "stream";
    if (!existing)
        return true;
    if (create->if_not_exists) {
        *done = true;
        answer_warning(
            call, arena_format(call->arena,
                      "Cannot add %s `%.*s`: A %s with the same name already exists.", wanted,
                      SLICE_ARG(existing->name), source_kind_name(existing->kind)));
        return true;
    }
    if (!create->or_replace) {
        error_at(e, ERROR_EXISTS, create->name.span,
            "Cannot add %s '%.*s': A %s with the same name already exists", wanted,
            SLICE_ARG(existing->name), source_kind_name(existing->kind));
        return error_hint(e, "Drop it first, or use CREATE OR REPLACE or IF NOT EXISTS.");
    }
    *query_id = arena_copy(call->arena, existing->query_id);
    return true;
}

static bool plan_create_as(statement_call *call, plan **p, bool *done, error *e) {
    catalog *c = call->instance->catalog;
    const ast_create_as *create = &call->statement->create_as;
    planner_options options = statement_planner_options(call);
    slice query_id = {NULL, 0};
    catalog_read_lock(c);
    const source_descriptor *existing = catalog_source(c, create->name.text);
    bool ok = check_target(call, existing, &query_id, done, e);
    if (ok && !*done) {
        if (!query_id.data)
            query_id = statement_query_id(call, create->name.text);
        ok = planner_plan_query(call->statement, c, &options, query_id, p, e) &&
             (!existing || check_replacement(call, existing, *p, e));
    }
    catalog_unlock(c);
    if (!ok) {
        plan_destroy(*p);
        *p = NULL;
    }
    return ok;
}

bool statement_create_as(statement_call *call, error *e) {
    plan *p = NULL;
    bool done = false;
    pthread_mutex_lock(&call->instance->change);
    bool ok = plan_create_as(call, &p, &done, e);
    if (ok && !done)
        ok = statement_start_query(call, p, e);
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}

static bool insert_locked(statement_call *call, error *e) {
    catalog *c = call->instance->catalog;
    planner_options options = statement_planner_options(call);
    plan *p = NULL;
    catalog_read_lock(c);
    slice query_id = statement_query_id(call, (slice){NULL, 0});
    bool taken = catalog_query(c, query_id) != NULL;
    bool ok = !taken && planner_plan_query(call->statement, c, &options, query_id, &p, e);
    catalog_unlock(c);
    if (taken)
        return error_at(e, ERROR_EXISTS, call->statement->insert_select.target.span,
            "A query with the id '%.*s' exists already", SLICE_ARG(query_id));
    return ok && statement_start_query(call, p, e);
}

bool statement_insert_select(statement_call *call, error *e) {
    pthread_mutex_lock(&call->instance->change);
    bool ok = insert_locked(call, e);
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}

/* ---- terminating ---- */

/* The query goes, what it made stays without one. */
static bool terminate_query(statement_call *call, slice id, error *e) {
    catalog *c = call->instance->catalog;
    if (!catalog_begin(c, e))
        return false;
    const query_descriptor *query = catalog_query(c, id);
    const source_descriptor *sink = catalog_source(c, query->sink);
    bool ok = true;
    if (sink && slice_equal(sink->query_id, id)) {
        source_descriptor *orphan = source_copy(call->arena, sink);
        orphan->query_id = (slice){NULL, 0};
        ok = catalog_put_source(c, orphan, e);
    }
    ok = ok && catalog_drop_query(c, id, e);
    if (!ok) {
        catalog_rollback(c);
        return false;
    }
    if (!catalog_commit(c, call->text, e))
        return false;
    running_query *running = engine_query(call->instance->engine, id);
    return !running || query_stop(running, true, e);
}

/* Ids of the queries meant, copied. NULL with the error when the one named does not exist. */
static slice *queries_meant(statement_call *call, int *count, error *e) {
    catalog *c = call->instance->catalog;
    const ast_query_control *control = &call->statement->query_control;
    catalog_read_lock(c);
    int all;
    const query_descriptor *const *queries = catalog_queries(c, &all);
    slice *ids = ARENA_ARRAY(call->arena, slice, all + 1);
    *count = 0;
    for (int i = 0; i < all; i++)
        if (control->all || slice_equal_ignore_case(queries[i]->id, control->query_id.text))
            ids[(*count)++] = arena_copy(call->arena, queries[i]->id);
    catalog_unlock(c);
    if (control->all || *count)
        return ids;
    error_at(e, ERROR_NOT_FOUND, control->query_id.span, "There is no query with the id '%.*s'",
        SLICE_ARG(control->query_id.text));
    error_hint(e, "SHOW QUERIES lists the queries there are.");
    return NULL;
}

static slice control_name(statement_call *call) {
    const ast_query_control *control = &call->statement->query_control;
    return control->all ? SLICE_LITERAL("ALL") : control->query_id.text;
}

bool statement_terminate(statement_call *call, error *e) {
    const ast_query_control *control = &call->statement->query_control;
    if (!control->all && instance_end_push_query(call->instance, control->query_id.text)) {
        answer_status(call, "terminate", control->query_id.text, "execute",
            SLICE_LITERAL("Query terminated."), (slice){NULL, 0});
        return true;
    }
    pthread_mutex_lock(&call->instance->change);
    int count;
    slice *ids = queries_meant(call, &count, e);
    bool ok = ids != NULL;
    for (int i = 0; ok && i < count; i++)
        ok = terminate_query(call, ids[i], e);
    if (ok)
        answer_status(call, "terminate", control_name(call), "execute",
            SLICE_LITERAL("Query terminated."), (slice){NULL, 0});
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}

/* ---- pausing ---- */

static bool pause_query(statement_call *call, slice id, bool paused, error *e) {
    catalog *c = call->instance->catalog;
    if (!catalog_begin(c, e))
        return false;
    query_descriptor query = *catalog_query(c, id);
    query.paused = paused;
    if (!catalog_put_query(c, &query, e)) {
        catalog_rollback(c);
        return false;
    }
    if (!catalog_commit(c, call->text, e))
        return false;
    running_query *running = engine_query(call->instance->engine, id);
    if (running)
        query_pause(running, paused);
    return true;
}

bool statement_pause(statement_call *call, error *e) {
    bool paused = call->statement->kind == AST_STATEMENT_PAUSE;
    pthread_mutex_lock(&call->instance->change);
    int count;
    slice *ids = queries_meant(call, &count, e);
    bool ok = ids != NULL;
    for (int i = 0; ok && i < count; i++)
        ok = pause_query(call, ids[i], paused, e);
    if (ok)
        answer_status(call, paused ? "pause" : "resume", control_name(call), "execute",
            paused ? SLICE_LITERAL("Query paused.") : SLICE_LITERAL("Query resumed."),
            (slice){NULL, 0});
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}
