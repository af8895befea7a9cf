/* PRINT: a topic's records as lines of text, from a thread of its own until the limit or the close.
 */
#include "base/memory.h"
#include "server/active_query.h"
#include "server/print_formats.h"
#include "server/statement.h"

enum { POLL_MS = 100, RECORDS_MOST = 500, ENDS_TIMEOUT_MS = 30000 };

typedef struct printing {
    active_query *query;
    topic_reader *reader;
    record_printer *printer;
    print_formats formats;
    int64_t interval, seen;
    int partitions;
    int64_t *ends;     /* of the partitions, when it was asked to catch up */
    int64_t answering; /* the number of that question */
} printing;

/* False when no more lines are wanted. */
static bool print_record(printing *p, const topic_record *record) {
    active_query *q = p->query;
    if (p->seen++ % p->interval)
        return true;
    buffer line = {0};
    record_printer_append(p->printer, record, &line);
    bool more = q->stream.line(q->stream.context, buffer_slice(&line));
    buffer_free(&line);
    q->given++;
    return more && (q->limit < 0 || q->given < q->limit);
}

/* False when no more lines are wanted. */
static bool print_what_formats(printing *p, const topic_segment *segments, int count) {
    const session_stream *stream = &p->query->stream;
    bool more = true;
    slice line;
    for (int s = 0; s < count; s++)
        for (int64_t r = 0; r < segments[s].count; r++)
            print_formats_observe(&p->formats, &segments[s].records[r]);
    while (more && print_formats_next(&p->formats, &line))
        more = stream->formats(stream->context, line);
    return more;
}

/* Tells those who wait for it when everything is printed that was there when they asked. */
static bool answer(printing *p, error *e) {
    active_query *q = p->query;
    pthread_mutex_lock(&q->lock);
    int64_t asked = q->asked, answered = q->answered;
    pthread_mutex_unlock(&q->lock);
    if (asked == answered)
        return true;
    if (p->answering == answered) {
        if (!topic_reader_ends(p->reader, ENDS_TIMEOUT_MS, p->ends, e))
            return false;
        p->answering = asked;
    }
    for (int i = 0; i < p->partitions; i++)
        if (topic_reader_position(p->reader, i) < p->ends[i])
            return true;
    pthread_mutex_lock(&q->lock);
    q->answered = p->answering;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
    return true;
}

static void free_printing(printing *p) {
    topic_reader_close(p->reader);
    record_printer_destroy(p->printer);
    arena_destroy(p->formats.texts);
    memory_free(p->ends);
    memory_free(p);
}

static void *print_thread(void *context) {
    printing *p = context;
    active_query *q = p->query;
    error e = {0};
    bool more = q->limit != 0, ok = true;
    while (more && ok && !q->stop) {
        const topic_segment *segments;
        int count = 0;
        ok = topic_reader_poll(p->reader, POLL_MS, RECORDS_MOST, &segments, &count, &e);
        if (ok && count && q->stream.formats)
            more = print_what_formats(p, segments, count);
        for (int s = 0; ok && more && s < count; s++)
            for (int64_t r = 0; more && r < segments[s].count; r++)
                more = print_record(p, &segments[s].records[r]);
        ok = ok && answer(p, &e);
    }
    free_printing(p);
    active_query_ended(q,
        !ok    ? QUERY_END_FAILED
        : more ? QUERY_END_CLOSED
               : QUERY_END_LIMIT,
        ok ? NULL : &e);
    return NULL;
}

static topic_reader *open_reader(
    statement_call *call, const ast_print *print, const topic_info *info, error *e) {
    topic_reader *reader =
        topic_reader_open(call->instance->topics, arena_format(call->arena, "print-%d", 0), e);
    bool ok = reader != NULL;
    for (int32_t p = 0; ok && p < info->config.partitions; p++) {
        int64_t start, end;
        ok = topic_offsets(call->instance->topics, print->topic.text, p, &start, &end, e) &&
             topic_reader_assign(
                 reader, print->topic.text, p, print->from_beginning ? start : end, e);
    }
    if (ok)
        return reader;
    if (reader)
        topic_reader_close(reader);
    return NULL;
}

/* Whether keys of the topic have windows is what a source over it says. */
static record_printer *open_printer(statement_call *call, const ast_print *print) {
    catalog *c = call->instance->catalog;
    window_kind window = WINDOW_NONE;
    int64_t size_ms = 0;
    int count;
    catalog_read_lock(c);
    const source_descriptor *const *sources = catalog_sources(c, &count);
    for (int i = 0; i < count; i++)
        if (sources[i]->window != WINDOW_NONE &&
            slice_equal(sources[i]->topic, print->topic.text)) {
            window = sources[i]->window;
            size_ms = sources[i]->window_size_ms;
        }
    catalog_unlock(c);
    return record_printer_create(call->instance->registry, window, size_ms);
}

bool statement_print(statement_call *call, error *e) {
    instance *i = call->instance;
    const ast_print *print = &call->statement->print;
    topic_info info;
    if (!topic_describe(i->topics, print->topic.text, &info, e)) {
        if (e->code == ERROR_NOT_FOUND) {
            error_clear(e);
            error_at(e, ERROR_NOT_FOUND, print->topic.span, "There is no topic named '%.*s'",
                SLICE_ARG(print->topic.text));
            error_hint(
                e, "SHOW TOPICS lists the topics there are; their names are case-sensitive.");
        }
        return false;
    }
    topic_reader *reader = open_reader(call, print, &info, e);
    if (!reader)
        return false;
    slice id = arena_format(call->arena, "print_%lld", (long long)++i->next_transient);
    active_query *q = active_query_create(i, id, call->text, call->stream);
    q->limit = print->limit;
    printing *p = MEMORY_NEW(printing);
    *p = (printing){.query = q,
        .reader = reader,
        .printer = open_printer(call, print),
        .interval = print->interval > 0 ? print->interval : 1,
        .partitions = info.config.partitions,
        .ends = memory_allocate(sizeof(int64_t) * (size_t)info.config.partitions)};
    p->formats = (print_formats){.printer = p->printer, .texts = arena_create()};
    call->result->query = q;
    q->has_thread = pthread_create(&q->thread, NULL, print_thread, p) == 0;
    if (q->has_thread)
        return true;
    free_printing(p);
    active_query_close(q);
    call->result->query = NULL;
    return error_set(e, ERROR_IO, "Cannot start a thread for PRINT");
}
