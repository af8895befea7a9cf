/* A thread takes what the tap has heard and steps the query with it. */
#include "server/attached_query.h"

#include "executor/query_tap.h"

/* Only one query writes the source, so that its tap hears everything. */
static bool has_one_writer(instance *i, const source_descriptor *source) {
    int count, writers = 0;
    catalog_read_lock(i->catalog);
    const query_descriptor *const *queries = catalog_queries(i->catalog, &count);
    for (int n = 0; n < count; n++)
        writers += slice_equal(queries[n]->sink, source->name);
    catalog_unlock(i->catalog);
    return writers == 1;
}

static bool is_simple(const plan *p) {
    if (p->source_count != 1 || p->sources[0]->needs_source)
        return false;
    for (int i = 0; i < p->node_count; i++)
        switch (p->nodes[i]->kind) {
        case PLAN_SOURCE:
        case PLAN_PROJECT:
        case PLAN_FILTER:
        case PLAN_TABLE_FUNCTION:
        case PLAN_SINK:
            break;
        default:
            return false;
        }
    return true;
}

query_tap *attached_query_tap(
    instance *i, const plan *p, slice (*property)(void *context, slice name), void *context) {
    if (i->options.stepped || !is_simple(p) ||
        !slice_is_ignore_case(
            property(context, SLICE_LITERAL("ksql.query.push.v2.enabled")), "true"))
        return NULL;
    const source_descriptor *source = p->sources[0]->source.source;
    return source->query_id.data && has_one_writer(i, source)
               ? query_tap_open(i->engine, source->query_id)
               : NULL;
}

static bool feed(active_query *q, const topic_record *records, int64_t count, error *e) {
    for (int64_t n = 0; n < count && !q->stop && !q->is_full; n++)
        if (records[n].key.data && !query_feed(q->running, 0, &records[n], e))
            return false;
    return true;
}

static void *listen_to_query(void *context) {
    active_query *q = context;
    const topic_record *records;
    int64_t count;
    error e = {0};
    query_tap_state state = QUERY_TAP_RECORDS;
    pthread_setname_np(pthread_self(), "query-listener");
    while (!q->stop && !q->is_full &&
           (state = query_tap_take(q->tap, &records, &count)) == QUERY_TAP_RECORDS &&
           feed(q, records, count, &e))
        ;
    if (state == QUERY_TAP_OVERRUN)
        error_set(&e, ERROR_LIMIT,
            "The client does not read fast enough: rows were dropped, and the query has been "
            "ended");
    if (state == QUERY_TAP_ENDED)
        error_set(&e, ERROR_CANCELLED, "The query that makes the rows has been stopped");
    active_query_ended(q, error_is_set(&e) ? QUERY_END_FAILED : active_query_end_kind(q), &e);
    return NULL;
}

bool attached_query_start(active_query *q, error *e) {
    q->has_thread = pthread_create(&q->thread, NULL, listen_to_query, q) == 0;
    return q->has_thread || error_set(e, ERROR_IO, "Cannot start a thread for the query");
}
