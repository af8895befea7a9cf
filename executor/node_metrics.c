/* What each node of a plan has done: EXPLAIN ANALYZE.
 *
 * Operators call each other, so the time of a call is that of everything behind it. A query
 * therefore knows whose time it is (with several threads, each task does): passing rows on makes it
 * the next operator's, returning makes it that of before, and each change charges what has passed
 * to whom it belonged. That is two looks at the clock for each batch and operator, and none for a
 * row. Counters are written by the thread that runs the task and read by any; stores are looked at
 * as of the last commit. */
#include "base/memory.h"
#include "executor/task.h"

operator* query_time_to(task *t, operator* to) {
    int64_t now_ns = clock_monotonic_ns();
    time_taker *time = t->time;
    operator* from = time->of;
    if (from)
        operator_count(&from->time_ns, now_ns - time->since_ns);
    *time = (time_taker){to, now_ns};
    return from;
}

void query_measure(running_query *q, node_metrics *metrics) {
    for (int n = 0; q->instances && n < q->plan->node_count; n++) {
        node_metrics *m = &metrics[n];
        for (int32_t i = 0; i < q->instances[n].count; i++) {
            const operator* o = q->instances[n].operators[i];
            if (!o)
                continue;
            m->rows_in += __atomic_load_n(&o->rows_in, __ATOMIC_RELAXED);
            m->rows_out += __atomic_load_n(&o->rows_out, __ATOMIC_RELAXED);
            m->rows_late += __atomic_load_n(&o->rows_late, __ATOMIC_RELAXED);
            m->time_ns += __atomic_load_n(&o->time_ns, __ATOMIC_RELAXED);
        }
        if (!q->plan->nodes[n]->store.data)
            continue;
        store_size size = state_measure(q->state, q->plan->nodes[n]->store);
        m->state_entries = size.entries;
        m->state_bytes = size.bytes;
    }
}

void query_keep_metrics(running_query *q) {
    if (!q->instances)
        return;
    size_t bytes = sizeof(node_metrics) * (size_t)q->plan->node_count;
    node_metrics *past = memory_allocate_zero(bytes);
    if (q->past)
        memcpy(past, q->past, bytes);
    query_measure(q, past);
    pthread_mutex_lock(&q->lock);
    node_metrics *before = q->past;
    q->past = past;
    pthread_mutex_unlock(&q->lock);
    memory_free(before);
}

/* Between these nothing of it is closed. False: it is closed already. The lock is held. */
static bool begin_looking(running_query *q) {
    q->readers += q->open;
    return q->open;
}

static void end_looking(running_query *q) {
    pthread_mutex_lock(&q->lock);
    q->readers--;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

void query_node_metrics(running_query *q, node_metrics *metrics) {
    size_t bytes = sizeof(node_metrics) * (size_t)q->plan->node_count;
    memset(metrics, 0, bytes);
    pthread_mutex_lock(&q->lock);
    bool open = begin_looking(q);
    if (q->past)
        memcpy(metrics, q->past, bytes);
    pthread_mutex_unlock(&q->lock);
    if (!open)
        return;
    query_measure(q, metrics);
    end_looking(q);
}

static int64_t measure_lag(running_query *q) {
    int64_t lag = 0;
    for (int i = 0; i < q->assignment_count; i++) {
        const assignment *a = &q->assignments[i];
        int64_t start, end, told = __atomic_load_n(&a->told, __ATOMIC_RELAXED);
        error ignored = {0};
        if (told < 0 || !topic_offsets(q->engine->options.topics, a->topic, a->partition, &start,
                            &end, &ignored))
            return -1;
        lag += end > told ? end - told : 0;
    }
    return lag;
}

int64_t query_lag(running_query *q) {
    pthread_mutex_lock(&q->lock);
    bool open = begin_looking(q);
    pthread_mutex_unlock(&q->lock);
    if (!open)
        return -1;
    int64_t lag = measure_lag(q);
    end_looking(q);
    return lag;
}
