/* SELECT: push queries run on the engine until they end, pull queries run here and now. */
#include "base/memory.h"
#include "executor/query_tap.h"
#include "server/active_query.h"
#include "server/attached_query.h"
#include "server/final_rows.h"
#include "server/row_gate.h"
#include "server/statement.h"
#include "server/stream_feed.h"

/* ---- the header ---- */

static const plan_node *output_node(const plan *p) {
    return p->nodes[p->node_count - 1]->inputs[0];
}

bool statement_is_key_column(const plan_node *node, int index) {
    while (node->kind == PLAN_PROJECT || node->kind == PLAN_FILTER || node->kind == PLAN_SORT ||
           node->kind == PLAN_LIMIT) {
        if (node->kind == PLAN_PROJECT) {
            const expression *from = node->project.expressions[index];
            if (from->kind == EXPRESSION_PSEUDO)
                return from->pseudo == PSEUDO_WINDOWSTART || from->pseudo == PSEUDO_WINDOWEND;
            if (from->kind != EXPRESSION_COLUMN)
                return false;
            index = from->index;
        }
        node = node->inputs[0];
    }
    return index < node->key_count;
}

static void fill_header(arena *a, const plan *p, query_header *header) {
    const plan_node *node = output_node(p);
    query_column *columns = ARENA_ARRAY(a, query_column, node->column_count);
    for (int i = 0; i < node->column_count; i++)
        columns[i] = (query_column){.name = arena_copy(a, node->columns[i].name),
            .type = sql_type_copy(a, node->columns[i].type),
            .is_key = p->is_pull && p->source_count == 0 && statement_is_key_column(node, i),
            .index = i};
    header->columns = columns;
    header->column_count = node->column_count;
    header->is_pull = p->is_pull;
    header->is_table = p->is_pull ? p->source_count == 0 : node->mode != CHANGELOG_APPEND;
}

/* ---- push ---- */

static row_gate *make_gate(arena *a, const plan_node *node, bool scalable) {
    bool *keys = ARENA_ARRAY(a, bool, node->column_count);
    for (int i = 0; i < node->column_count; i++)
        keys[i] = statement_is_key_column(node, i);
    return row_gate_create(node, scalable ? keys : NULL);
}

static bool give_rows(void *context, const plan_node *node, const batch *rows) {
    active_query *q = context;
    if (q->final) {
        final_rows_add(q->final, &q->header, rows);
        return !q->stop;
    }
    const batch *wanted = q->gate ? row_gate_pass(q->gate, rows) : rows;
    batch part = *wanted;
    if (q->limit >= 0 && part.rows > q->limit - q->given)
        part.rows = q->limit - q->given;
    q->given += part.rows;
    if (part.rows && !q->stream.rows(q->stream.context, &q->header, &part))
        return !(q->is_full = true);
    q->is_full = q->limit >= 0 && q->given >= q->limit;
    return !q->stop && !q->is_full;
}

static void give_end(void *context, const error *e) {
    active_query *q = context;
    const batch *rows = q->final && !e && !q->stop ? final_rows_take(q->final) : NULL;
    if (rows && rows->rows)
        q->stream.rows(q->stream.context, &q->header, rows);
    active_query_ended(q, e ? QUERY_END_FAILED : active_query_end_kind(q), e);
}

/* What ksqlDB serves from the running query itself goes by another kind of id, which clients look
 * at: the latest rows of what a query makes, changed row by row only. */
static bool is_scalable(const plan *p) {
    if (p->source_count != 1 || !p->sources[0]->source.source->query_id.data)
        return false;
    for (int i = 0; i < p->node_count; i++)
        if (p->nodes[i]->kind == PLAN_AGGREGATE || p->nodes[i]->kind == PLAN_EXCHANGE)
            return false;
    return true;
}

bool statement_start_push(
    statement_call *call, plan *p, query_options *options, bool final_only, error *e) {
    bool scalable = call->statement->dialect == PARSER_KSQL &&
                    options->start == QUERY_FROM_LATEST && is_scalable(p);
    query_tap *tap =
        scalable ? attached_query_tap(call->instance, p, statement_property, call) : NULL;
    if (scalable)
        p->query_id = arena_format(p->arena, "SCALABLE_PUSH_QUERY_%.*s", SLICE_ARG(p->query_id));
    active_query *q = active_query_create(call->instance, p->query_id, call->text, call->stream);
    fill_header(q->arena, p, &q->header);
    q->gate = call->statement->dialect == PARSER_KSQL
                  ? make_gate(q->arena, output_node(p), scalable)
                  : NULL;
    if (final_only) {
        q->final = final_rows_create(output_node(p));
        q->header.is_table = false;
    }
    q->limit = p->limit;
    p->limit = -1; /* counted here, behind the gate */
    query_output output = {give_rows, give_end, q};
    options->output = &output;
    options->results_per_row = !final_only; /* a person watches: nothing is held back */
    call->result->query = q;
    q->stream.header(q->stream.context, &q->header);
    if (q->limit == 0) {
        call->instance->push_queries++;
        plan_destroy(p);
        query_tap_close(tap);
        active_query_ended(q, QUERY_END_LIMIT, NULL);
        return true;
    }
    options->stepped |= tap != NULL;
    running_query *running = query_open(call->instance->engine, p, options, e);
    if (running) {
        active_query_runs(q, running, tap);
        call->instance->push_queries++; /* who sees it counted finds it open */
        if (!tap || attached_query_start(q, e))
            return true;
    } else {
        query_tap_close(tap);
    }
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

/* A pull query over a stream: a stepped query is given what the topic holds now, then it ends. */
static bool pull_stream(
    statement_call *call, plan *p, const pull *q, const query_output *output, error *e) {
    arena *a = arena_create();
    slice topic = arena_copy(a, p->sources[0]->source.source->topic);
    int64_t limit = p->limit;
    query_options options = {.start = QUERY_FROM_EARLIEST, .output = output, .stepped = true};
    running_query *running = query_open(call->instance->engine, p, &options, e);
    bool ok = running && stream_feed(call->instance->topics, topic, running, limit, &q->given, e) &&
              query_commit(running, e);
    if (running)
        query_stop(running, true, &(error){0});
    arena_destroy(a);
    return ok;
}

static bool run_pull(statement_call *call, plan *p, error *e) {
    pull q = {.stream = call->stream, .header = {.query_id = arena_copy(call->arena, p->query_id)}};
    fill_header(call->arena, p, &q.header);
    query_output output = {.rows = pull_rows, .context = &q};
    call->instance->pull_queries++;
    int64_t limit = p->limit;
    call->stream->header(call->stream->context, &q.header);
    bool ok = p->source_count ? pull_stream(call, p, &q, &output, e)
                              : engine_pull(call->instance->engine, p, &output, e);
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
    query_options running = instance_query_options(i, statement_property, call);
    catalog_unlock(i->catalog);
    if (!ok)
        return false;
    return p->is_pull ? run_pull(call, p, e) : statement_start_push(call, p, &running, false, e);
}
