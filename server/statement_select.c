/* SELECT: push queries run on the engine until they end, pull queries run here and now. */
#include "base/memory.h"
#include "server/active_query.h"
#include "server/statement.h"

/* ---- the header ---- */

static const plan_node *output_node(const plan *p) {
    return p->nodes[p->node_count - 1]->inputs[0];
}

static void fill_header(arena *a, const plan *p, query_header *header) {
    const plan_node *node = output_node(p);
    query_column *columns = ARENA_ARRAY(a, query_column, node->column_count);
    for (int i = 0; i < node->column_count; i++)
        columns[i] = (query_column){.name = arena_copy(a, node->columns[i].name),
            .type = sql_type_copy(a, node->columns[i].type),
            .is_key = p->is_pull && node->mode != CHANGELOG_APPEND && i < node->key_count,
            .index = i};
    header->columns = columns;
    header->column_count = node->column_count;
    header->is_pull = p->is_pull;
    header->is_table = node->mode != CHANGELOG_APPEND;
}

/* ---- push ---- */

static bool give_rows(void *context, const plan_node *node, const batch *rows) {
    active_query *q = context;
    q->given += rows->rows;
    return !q->stop && q->stream.rows(q->stream.context, &q->header, rows);
}

static void give_end(void *context, const error *e) {
    active_query *q = context;
    bool limit = q->limit >= 0 && q->given >= q->limit;
    active_query_ended(q, e ? QUERY_END_FAILED : limit ? QUERY_END_LIMIT : QUERY_END_CLOSED, e);
}

static bool start_push(statement_call *call, plan *p, error *e) {
    active_query *q = active_query_create(call->instance, p->query_id, call->text, call->stream);
    fill_header(q->arena, p, &q->header);
    q->limit = p->limit;
    query_output output = {give_rows, give_end, q};
    query_options options = instance_query_options(call->instance, statement_property, call);
    options.output = &output;
    options.results_per_row = true; /* a person watches: nothing is held back */
    call->instance->push_queries++;
    q->stream.header(q->stream.context, &q->header);
    pthread_mutex_lock(&q->stopping);
    q->running = query_open(call->instance->engine, p, &options, e);
    pthread_mutex_unlock(&q->stopping);
    call->result->query = q;
    if (q->running)
        return true;
    active_query_ended(q, QUERY_END_FAILED, e);
    active_query_close(q);
    call->result->query = NULL;
    return false;
}

/* ---- pull ---- */

typedef struct pull {
    const session_stream *stream;
    query_header header;
    int64_t given;
} pull;

static bool pull_rows(void *context, const plan_node *node, const batch *rows) {
    pull *q = context;
    q->given += rows->rows;
    return q->stream->rows(q->stream->context, &q->header, rows);
}

static bool run_pull(statement_call *call, plan *p, error *e) {
    pull q = {.stream = call->stream, .header = {.query_id = arena_copy(call->arena, p->query_id)}};
    fill_header(call->arena, p, &q.header);
    query_output output = {.rows = pull_rows, .context = &q};
    call->instance->pull_queries++;
    int64_t limit = p->limit;
    call->stream->header(call->stream->context, &q.header);
    bool ok = engine_pull(call->instance->engine, p, &output, e);
    bool limited = limit >= 0 && q.given >= limit;
    query_end_kind kind = !ok ? QUERY_END_FAILED : limited ? QUERY_END_LIMIT : QUERY_END_COMPLETE;
    call->stream->end(call->stream->context, kind, ok ? NULL : e);
    return ok;
}

bool statement_select(statement_call *call, error *e) {
    instance *i = call->instance;
    planner_options options = statement_planner_options(call);
    slice id = arena_format(call->arena, "transient_%lld", (long long)++i->next_transient);
    plan *p = NULL;
    catalog_read_lock(i->catalog);
    bool ok = planner_plan_query(call->statement, i->catalog, &options, id, &p, e);
    catalog_unlock(i->catalog);
    if (!ok)
        return false;
    return p->is_pull ? run_pull(call, p, e) : start_push(call, p, e);
}
