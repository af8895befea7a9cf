/* The engine: its queries, pull queries over snapshots of their state, and single inserts. */
#include "executor/engine.h"

#include "base/memory.h"
#include "executor/function/functions.h"
#include "executor/task.h"

engine *engine_open(const engine_options *options, error *e) {
    (void)e;
    functions_register_all();
    engine *g = MEMORY_NEW(engine);
    g->options = *options;
    if (!g->options.clock.now_ms)
        g->options.clock = CLOCK_SYSTEM;
    if (options->data_directory.data)
        g->data_directory = memory_copy_text(options->data_directory);
    g->service_id = memory_copy_text(
        options->service_id.data ? options->service_id : SLICE_LITERAL("default_"));
    g->shared_readers = shared_readers_create(options->topics, options->registry);
    pthread_mutex_init(&g->lock, NULL);
    pthread_mutex_init(&g->insert_lock, NULL);
    pthread_mutex_init(&g->tap_lock, NULL);
    return g;
}

void engine_hold_reading(engine *g, bool hold) {
    shared_readers_hold(g->shared_readers, hold);
}

void engine_close(engine *g) {
    if (!g)
        return;
    while (g->queries) {
        error ignored = {0};
        query_stop(g->queries, false, &ignored);
    }
    if (g->inserter)
        topic_writer_close(g->inserter);
    shared_readers_destroy(g->shared_readers);
    pthread_mutex_destroy(&g->lock);
    pthread_mutex_destroy(&g->insert_lock);
    pthread_mutex_destroy(&g->tap_lock);
    memory_free(g->data_directory);
    memory_free(g->service_id);
    memory_free(g);
}

running_query *engine_query(engine *g, slice query_id) {
    pthread_mutex_lock(&g->lock);
    running_query *q = g->queries;
    while (q && !slice_equal(q->plan->query_id, query_id))
        q = q->next;
    pthread_mutex_unlock(&g->lock);
    return q;
}

running_query *engine_hold_query(engine *g, slice query_id) {
    pthread_mutex_lock(&g->lock);
    running_query *q = g->queries;
    while (q && !slice_equal(q->plan->query_id, query_id))
        q = q->next;
    if (q) {
        pthread_mutex_lock(&q->lock);
        q->holders++;
        pthread_mutex_unlock(&q->lock);
    }
    pthread_mutex_unlock(&g->lock);
    return q;
}

/* ---- pull queries ---- */

/* A client that reads slowly must not hold a snapshot, which would keep the table's own query from
 * growing its file or from ending. So what a scan gives is collected and handed on afterwards; only
 * a result that is too large to collect is handed on while the snapshot is held. */
enum { COLLECTED_BYTES_MOST = 16 * 1024 * 1024, COLLECTED_ROWS_MOST = 1 << 16 };

typedef struct collection {
    query_output to;
    const plan_node *node;
    batch_builder *rows; /* NULL: nothing is collected, or no longer */
    bool collects, wanted;
} collection;

static bool hand_on(collection *c) {
    c->collects = false;
    if (c->rows && c->wanted && c->rows->rows)
        c->wanted = c->to.rows(c->to.context, c->node, batch_builder_view(c->rows));
    batch_builder_destroy(c->rows);
    c->rows = NULL;
    return c->wanted;
}

static bool is_full(const collection *c) {
    int64_t bytes = 0;
    for (int i = 0; i < c->rows->column_count; i++)
        bytes += column_memory_bytes(c->rows->columns[i]);
    return bytes > COLLECTED_BYTES_MOST || c->rows->rows > COLLECTED_ROWS_MOST;
}

static bool collect(void *context, const plan_node *node, const batch *rows) {
    collection *c = context;
    if (!c->collects)
        return c->wanted && (c->wanted = c->to.rows(c->to.context, node, rows));
    if (!c->rows)
        c->rows = node_batch_builder(node);
    c->node = node;
    batch_builder_append_rows(c->rows, rows, 0, rows->rows);
    return !is_full(c) || hand_on(c);
}

/* The queries whose tables a pull query reads, each once. */
typedef struct pull_owners {
    query_view *views;
    int count;
} pull_owners;

static const query_view *find_owner(const pull_owners *owners, slice query_id) {
    for (int i = 0; i < owners->count; i++)
        if (slice_equal(owners->views[i].query->plan->query_id, query_id))
            return &owners->views[i];
    return NULL;
}

static bool hold_owners(running_query *q, pull_owners *owners, error *e) {
    for (int n = 0; n < q->plan->node_count; n++) {
        const plan_node *node = q->plan->nodes[n];
        if (node->kind != PLAN_SCAN || find_owner(owners, node->scan.query_id))
            continue;
        running_query *owner = engine_hold_query(q->engine, node->scan.query_id);
        if (!owner)
            return error_set(e, ERROR_STATEMENT,
                "The query '%.*s' that keeps the table is not running.",
                SLICE_ARG(node->scan.query_id));
        owners->views[owners->count++] = (query_view){.query = owner};
    }
    return true;
}

/* The join whose left side the scan is; NULL: none. */
static operator* join_behind(const running_query *q, const plan_node *scan) {
    for (int n = 0; n < q->plan->node_count; n++)
        if (q->plan->nodes[n]->kind == PLAN_HASH_JOIN && q->plan->nodes[n]->inputs[0] == scan)
            return q->instances[n].operators[0];
    return NULL;
}

static void run_scan(running_query *q, const plan_node *node) {
    operator* join = node->scan.by_join ? join_behind(q, node) : NULL;
    operator* o = join ? join : q->instances[node->id].operators[0];
    query_time_to(o->task, o);
    if (join)
        hash_join_ask_left(join);
    else if (!node->scan.by_join) /* else the join asks by itself */
        scan_operator_run(o);
    query_time_to(o->task, NULL);
}

/* The right side of a join comes first (hash_join.c). */
static void run_scans(running_query *q, const pull_owners *owners) {
    for (int n = 0; n < q->plan->node_count; n++) {
        const plan_node *node = q->plan->nodes[n];
        if (node->kind != PLAN_SCAN)
            continue;
        const query_view *view = find_owner(owners, node->scan.query_id);
        scan_operator_set_view(q->instances[n].operators[0], view);
    }
    for (int n = q->plan->node_count - 1; n >= 0; n--)
        if (q->plan->nodes[n]->kind == PLAN_SCAN && !q->failed)
            run_scan(q, q->plan->nodes[n]);
    for (int n = 0; n < q->plan->node_count; n++)
        if (q->plan->nodes[n]->kind == PLAN_SCAN)
            scan_operator_set_view(q->instances[n].operators[0], NULL);
}

/* All tables are read as they are at one moment. */
static bool scan_tables(running_query *q, error *e) {
    pull_owners owners = {
        .views = memory_allocate(sizeof(query_view) * (size_t)q->plan->node_count)};
    bool ok = hold_owners(q, &owners, e) && query_views_open(owners.views, owners.count, e);
    if (ok) {
        run_scans(q, &owners);
        query_views_close(owners.views, owners.count);
    }
    for (int i = 0; i < owners.count; i++)
        query_let_go(owners.views[i].query);
    memory_free(owners.views);
    return ok;
}

/* A pull query is a transient query without a thread: its scans push a snapshot's rows through the
 * operators, and one barrier ends it. */
static bool run_pull(running_query *q, error *e) {
    if (!scan_tables(q, e))
        return false;
    hand_on(q->output.context);
    for (int n = 0; n < q->plan->node_count; n++) {
        operator* o = q->instances[n].operators[0];
        query_time_to(o->task, o);
        bool ok = !o->class->barrier || o->class->barrier(o, e);
        query_time_to(o->task, NULL);
        if (!ok)
            return false;
    }
    if (q->failed)
        *e = q->failure;
    return !q->failed;
}

/* A lookup by key gives too little to ever wait for its client. */
static bool looks_up(const plan *p) {
    bool all = true;
    for (int n = 0; n < p->node_count; n++)
        if (p->nodes[n]->kind == PLAN_SCAN)
            all &= p->nodes[n]->scan.keys != NULL;
    return all;
}

bool engine_pull_measured(
    engine *g, plan *p, const query_output *output, node_metrics *metrics, error *e) {
    collection c = {.to = *output, .collects = !looks_up(p), .wanted = true};
    running_query q = {.engine = g,
        .plan = p,
        .output = {.rows = collect, .context = &c},
        .limit_left = p->limit,
        .partitions = 1,
        .options = {.stepped = true}};
    q.state = state_open((slice){NULL, 0}, e);
    bool ok = q.state && query_build_operators(&q, e) && run_pull(&q, e);
    if (metrics)
        query_measure(&q, metrics);
    query_close_operators(&q);
    state_close(q.state);
    batch_builder_destroy(c.rows);
    return ok;
}

bool engine_pull(engine *g, plan *p, const query_output *output, error *e) {
    bool ok = engine_pull_measured(g, p, output, NULL, e);
    plan_destroy(p);
    if (output->ended)
        output->ended(output->context, ok ? NULL : e);
    return ok;
}

/* ---- single records ---- */

static void keep_first_message(void *context, const char *message) {
    error_set(context, ERROR_DATA, "%s", message);
}

/* Key columns first, then value columns, each in declaration order. */
static int key_first_columns(
    const source_descriptor *source, arena *a, int **indexes, int *key_count) {
    int count = 0;
    *indexes = ARENA_ARRAY(a, int, source->column_count);
    static const column_role roles[] = {COLUMN_KEY, COLUMN_VALUE, COLUMN_HEADERS};
    for (int r = 0; r < 3; r++) {
        for (int i = 0; i < source->column_count; i++)
            if (source->columns[i].role == roles[r])
                (*indexes)[count++] = i;
        if (r == 0)
            *key_count = count;
    }
    return count;
}

static bool append_and_commit(engine *g, const source_descriptor *source,
    const topic_record *records, int64_t count, error *e) {
    if (!g->inserter)
        g->inserter = topic_writer_open(g->options.topics, (slice){NULL, 0}, e);
    if (!g->inserter)
        return false;
    if (topic_writer_append_batch(g->inserter, source->topic, records, count, e) &&
        topic_writer_commit(g->inserter, NULL, NULL, 0, e))
        return true;
    topic_writer_close(g->inserter); /* its fate is unknown: the next insert opens a new one */
    g->inserter = NULL;
    return false;
}

bool engine_insert(engine *g, const source_descriptor *source, const batch *rows, error *e) {
    arena *a = arena_create();
    int *indexes, key_count = 0;
    int count = key_first_columns(source, a, &indexes, &key_count);
    plan_column *columns = ARENA_ARRAY(a, plan_column, count);
    for (int i = 0; i < count; i++)
        columns[i] =
            (plan_column){source->columns[indexes[i]].name, source->columns[indexes[i]].type};
    source_descriptor plain =
        *source; /* ROWTIME is given, the timestamp column does not override it */
    plain.timestamp_column = (slice){NULL, 0};
    record_encoder *encoder =
        record_encoder_open(&plain, columns, count, true, g->options.registry, e);
    topic_info info;
    bool ok = encoder && topic_describe(g->options.topics, source->topic, &info, e);
    if (ok) {
        error dropped = {0};
        record_report report = {.dropped = keep_first_message, .context = &dropped};
        const topic_record *records;
        int64_t written =
            record_encode(encoder, rows, 0, rows->rows, info.config.partitions, &records, &report);
        if (written < rows->rows) {
            *e = dropped;
            ok = false;
        } else {
            pthread_mutex_lock(&g->insert_lock);
            ok = append_and_commit(g, source, records, written, e);
            pthread_mutex_unlock(&g->insert_lock);
        }
    }
    record_encoder_close(encoder);
    arena_destroy(a);
    return ok;
}

bool engine_decode(engine *g, const source_descriptor *source, const topic_record *records,
    int64_t count, batch_builder *builder, error *e) {
    arena *a = arena_create();
    int *indexes, key_count = 0;
    record_decoder_options options = {.needs_source = true, .registry = g->options.registry};
    options.column_count = key_first_columns(source, a, &indexes, &key_count);
    options.source_columns = indexes;
    source_descriptor plain = *source; /* the record's own timestamp is what is asked for */
    plain.timestamp_column = (slice){NULL, 0};
    record_decoder *d = record_decoder_open(&plain, &options, e);
    if (d) {
        error dropped = {0};
        record_report report = {.dropped = keep_first_message, .context = &dropped};
        const batch *rows = record_decode(d, records, count, &report);
        batch_builder_append_rows(builder, rows, 0, rows->rows);
        record_decoder_close(d);
        if (error_is_set(&dropped))
            *e = dropped;
    }
    arena_destroy(a);
    return d && !error_is_set(e);
}
