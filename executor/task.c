/* What a task offers its operators, and how operators are made and connected. */
#include "executor/task.h"

#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "executor/changelog.h"
#include "executor/operator/operators.h"

operator* operator_create(const plan_node *node, task *t) {
    switch (node->kind) {
    case PLAN_SOURCE:
        return source_operator_create(node, t);
    case PLAN_SCAN:
        return scan_operator_create(node, t);
    case PLAN_FILTER:
        return filter_operator_create(node, t);
    case PLAN_PROJECT:
        return project_operator_create(node, t);
    case PLAN_TABLE_FUNCTION:
        return table_function_operator_create(node, t);
    case PLAN_EXCHANGE:
        return exchange_operator_create(node, t);
    case PLAN_EXPIRE:
        return expire_operator_create(node, t);
    case PLAN_NORMALIZE:
        return normalize_operator_create(node, t);
    case PLAN_AGGREGATE:
        return aggregate_operator_create(node, t);
    case PLAN_STREAM_JOIN:
        return stream_join_operator_create(node, t);
    case PLAN_STREAM_TABLE_JOIN:
        return stream_table_join_operator_create(node, t);
    case PLAN_TABLE_JOIN:
        return table_join_operator_create(node, t);
    case PLAN_FOREIGN_KEY_JOIN:
        return foreign_key_join_operator_create(node, t);
    case PLAN_HASH_JOIN:
        return hash_join_operator_create(node, t);
    case PLAN_FINAL:
        return final_operator_create(node, t);
    case PLAN_CHANGES:
        return changes_operator_create(node, t);
    case PLAN_DISTINCT:
        return distinct_operator_create(node, t);
    case PLAN_SORT:
        return sort_operator_create(node, t);
    case PLAN_LIMIT:
        return limit_operator_create(node, t);
    case PLAN_SINK:
        return sink_operator_create(node, t);
    case PLAN_WATERMARK:
        return watermark_operator_create(node, t);
    case PLAN_GROUP_AGGREGATE:
        return group_aggregate_operator_create(node, t);
    case PLAN_WINDOW:
        return time_window_operator_create(node, t);
    case PLAN_WINDOW_AGGREGATE:
        return window_aggregate_operator_create(node, t);
    case PLAN_JOIN:
        return relational_join_operator_create(node, t);
    case PLAN_UPSERT:
        return upsert_operator_create(node, t);
    case PLAN_TOP_N:
        return top_n_operator_create(node, t);
    case PLAN_TEMPORAL_JOIN:
        return temporal_join_operator_create(node, t);
    case PLAN_TEMPORAL_SORT:
        return temporal_sort_operator_create(node, t);
    case PLAN_OVER:
        return over_operator_create(node, t);
    case PLAN_INTERVAL_JOIN:
        return interval_join_operator_create(node, t);
    case PLAN_WINDOW_JOIN:
        return window_join_operator_create(node, t);
    case PLAN_MATCH:
        return match_operator_create(node, t);
    case PLAN_UNION:
        return union_operator_create(node, t);
    case PLAN_RECORDS:
        return records_operator_create(node, t);
    default:
        return NULL;
    }
}

void operator_deliver(operator* to, int input, const batch *rows) {
    operator_count(&to->rows_in, rows->rows);
    operator* before = query_time_to(to->task, to);
    to->class->batch(to, input, rows);
    query_time_to(to->task, before);
}

static void send(operator* from, operator* to, int input, const batch *rows) {
    if (round_parts(from, to))
        round_pass_rows(from, to, input, rows, NULL, rows->rows);
    else
        operator_deliver(to, input, rows);
}

void operator_emit(operator* self, const batch *rows) {
    if (rows->rows == 0)
        return;
    operator_count(&self->rows_out, rows->rows);
    self->task->query->dirty = true;
    send(self, self->next, self->next_input, rows);
    for (int i = 0; i < self->more_count; i++)
        send(self, self->more[i].to, self->more[i].input, rows);
}

void operator_deliver_watermark(operator* to, int input, int64_t watermark_ms) {
    if (to->class->watermark)
        to->class->watermark(to, input, watermark_ms);
    else
        operator_emit_watermark(to, watermark_ms);
}

static void tell_watermark(const work *w) {
    operator* before = query_time_to(w->at->task, w->at);
    operator_deliver_watermark(w->at, w->input, w->number);
    query_time_to(w->at->task, before);
}

static void send_watermark(operator* from, operator* to, int input, int64_t watermark_ms) {
    work w = {.run = tell_watermark, .at = to, .input = input, .number = watermark_ms};
    if (round_parts(from, to))
        round_pass(from, &w);
    else
        operator_deliver_watermark(to, input, watermark_ms);
}

void operator_emit_watermark(operator* self, int64_t watermark_ms) {
    if (!self->next)
        return;
    send_watermark(self, self->next, self->next_input, watermark_ms);
    for (int i = 0; i < self->more_count; i++)
        send_watermark(self, self->more[i].to, self->more[i].input, watermark_ms);
}

batch_builder *node_batch_builder(const plan_node *node) {
    const sql_type **types = memory_allocate(sizeof(sql_type *) * (size_t)node->column_count);
    for (int i = 0; i < node->column_count; i++)
        types[i] = node->columns[i].type;
    batch_builder *b = batch_builder_create(types, node->column_count, node->needs_source,
        node->window != WINDOW_NONE, node->needs_headers);
    memory_free(types);
    return b;
}

int32_t task_partition(const task *t) {
    return t->partition;
}

bool task_results_per_row(const task *t) {
    return t->query->options.results_per_row;
}

void task_ask_commit(task *t) {
    t->query->commit_asked = true;
}

const clock_source *task_clock(const task *t) {
    return &t->query->engine->options.clock;
}

store *task_store(task *t, const plan_node *node, const char *suffix, error *e) {
    char name[256];
    int length =
        snprintf(name, sizeof name, "%.*s%s", SLICE_ARG(node->store), suffix ? suffix : "");
    return state_store(t->query->state, slice_make(name, (size_t)length), t->partition, e);
}

const char *task_node_kind(const plan_node *node) {
    static const char *const kinds[] = {
        [PLAN_SOURCE] = "source",
        [PLAN_SCAN] = "scan",
        [PLAN_FILTER] = "filter",
        [PLAN_PROJECT] = "project",
        [PLAN_TABLE_FUNCTION] = "table function",
        [PLAN_EXCHANGE] = "exchange",
        [PLAN_EXPIRE] = "expire",
        [PLAN_NORMALIZE] = "normalize",
        [PLAN_AGGREGATE] = "aggregate",
        [PLAN_STREAM_JOIN] = "stream join",
        [PLAN_STREAM_TABLE_JOIN] = "stream-table join",
        [PLAN_TABLE_JOIN] = "table join",
        [PLAN_FOREIGN_KEY_JOIN] = "foreign key join",
        [PLAN_HASH_JOIN] = "hash join",
        [PLAN_FINAL] = "final",
        [PLAN_CHANGES] = "changes",
        [PLAN_DISTINCT] = "distinct",
        [PLAN_SORT] = "sort",
        [PLAN_LIMIT] = "limit",
        [PLAN_SINK] = "sink",
        [PLAN_WATERMARK] = "watermark",
        [PLAN_WINDOW] = "window",
        [PLAN_WINDOW_AGGREGATE] = "window aggregate",
        [PLAN_GROUP_AGGREGATE] = "group aggregate",
        [PLAN_JOIN] = "join",
        [PLAN_INTERVAL_JOIN] = "interval join",
        [PLAN_WINDOW_JOIN] = "window join",
        [PLAN_TEMPORAL_JOIN] = "temporal join",
        [PLAN_TOP_N] = "top n",
        [PLAN_OVER] = "over",
        [PLAN_TEMPORAL_SORT] = "temporal sort",
        [PLAN_UNION] = "union",
        [PLAN_MATCH] = "match",
        [PLAN_UPSERT] = "upsert",
        [PLAN_RECORDS] = "records",
    };
    return kinds[node->kind];
}

void task_report_row(task *t, const plan_node *node, const char *message) {
    running_query *q = t->query;
    q->rows_failed++;
    if (q->engine->options.processing_log)
        q->engine->options.processing_log(q->engine->options.processing_log_context,
            q->plan->query_id, slice_of(task_node_kind(node)), message);
}

static void report_expression(void *context, int64_t row, int expression, const char *message) {
    node_report *r = context;
    (void)row;
    (void)expression;
    task_report_row(r->task, r->node, message);
}

static void report_record(void *context, const char *message) {
    node_report *r = context;
    task_report_row(r->task, r->node, message);
}

static void fail_on_time(void *context, const char *message) {
    node_report *r = context;
    error e = {0};
    error_set(&e, ERROR_DATA, "%s", message);
    error_hint(&e,
        "Correct the record, or SET 'ksql.timestamp.throw.on.invalid'='false'; and create "
        "the query again: such records are then left out.");
    task_fail(r->task, &e);
}

const program_report *task_program_report(task *t, const plan_node *node) {
    node_report *r = &t->reports[node->id];
    r->program = (program_report){report_expression, r};
    r->record =
        (record_report){report_record, r, t->query->options.bad_time_fails ? fail_on_time : NULL};
    r->task = t;
    r->node = node;
    return &r->program;
}

void task_fail(task *t, const error *e) {
    running_query *q = t->query;
    if (atomic_exchange(&q->is_failing, true))
        return;
    q->failure = *e;
    q->failed = true;
}

/* Not on threads of a round, which share the writer. */
void task_write_changes(task *t, store *st) {
    running_query *q = t->query;
    error e = {0};
    if (q->persistent && !t->lane && !q->failed &&
        !changelog_write_early(q->changelog, st, q->writer, &e))
        task_fail(t, &e);
}

/* ---- building ---- */

static void connect(operator* from, operator* to, int input) {
    if (!from->next) {
        from->next = to;
        from->next_input = input;
        return;
    }
    from->more = memory_resize(from->more, sizeof *from->more * (size_t)(from->more_count + 1));
    from->more[from->more_count++] = (operator_link){to, input};
}

/* All consumers of a node's rows, in the order of the plan. An exchange has one. */
static void connect_node(running_query *q, const plan_node *node) {
    const plan *p = q->plan;
    node_instances *from = &q->instances[node->id];
    for (int i = 0; i < p->node_count; i++)
        for (int k = 0; k < p->nodes[i]->input_count; k++) {
            if (p->nodes[i]->inputs[k] != node)
                continue;
            node_instances *to = &q->instances[i];
            for (int32_t n = 0; n < from->count; n++) {
                assert(node->kind != PLAN_EXCHANGE || !from->operators[n]->next);
                connect(from->operators[n], to->operators[n], k);
                if (node->kind == PLAN_EXCHANGE)
                    exchange_operator_connect(from->operators[n], to->operators, to->count, k);
            }
        }
}

bool query_build_operators(running_query *q, error *e) {
    plan *p = q->plan;
    q->instances = memory_allocate_zero(sizeof(node_instances) * (size_t)p->node_count);
    q->tasks = memory_allocate_zero(sizeof(task) * (size_t)q->partitions);
    for (int32_t i = 0; i < q->partitions; i++)
        q->tasks[i] = (task){.query = q,
            .partition = i,
            .time = &q->time,
            .reports = memory_allocate_zero(sizeof(node_report) * (size_t)p->node_count)};
    for (int n = 0; n < p->node_count; n++) {
        node_instances *ni = &q->instances[n];
        ni->operators = memory_allocate_zero(sizeof(operator*) * (size_t)q->partitions);
        ni->count = q->partitions;
        for (int32_t i = 0; i < q->partitions; i++)
            ni->operators[i] = operator_create(p->nodes[n], &q->tasks[i]);
    }
    for (int n = 0; n < p->node_count; n++)
        connect_node(q, p->nodes[n]);
    if (!query_open_rounds(q, e))
        return false;
    for (int n = p->node_count - 1; n >= 0; n--)
        for (int32_t i = 0; i < q->partitions; i++) {
            operator* o = q->instances[n].operators[i];
            if (o->class->open && !o->class->open(o, e))
                return false;
        }
    query_finish(q);
    return true;
}

void query_close_operators(running_query *q) {
    if (!q->instances)
        return;
    query_close_rounds(q);
    for (int n = 0; n < q->plan->node_count; n++) {
        for (int32_t i = 0; i < q->instances[n].count; i++)
            if (q->instances[n].operators[i]) {
                memory_free(q->instances[n].operators[i]->more);
                q->instances[n].operators[i]->class->close(q->instances[n].operators[i]);
            }
        memory_free(q->instances[n].operators);
    }
    for (int32_t i = 0; i < q->partitions; i++)
        memory_free(q->tasks[i].reports);
    memory_free(q->instances);
    memory_free(q->tasks);
    q->instances = NULL;
    q->tasks = NULL;
}
