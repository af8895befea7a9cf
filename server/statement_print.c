/* PRINT: a topic's records as lines of text, from a thread of its own until the limit or the close.
 *
 * Nothing is known of a topic's format here, so each key and value is looked at by itself: UTF-8 is
 * printed as it is, 4 and 8 bytes as the integers of the KAFKA format, anything else in
 * hexadecimal. */
#include <time.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "server/active_query.h"
#include "server/statement.h"

enum { POLL_MS = 100, RECORDS_MOST = 500 };

typedef struct printing {
    active_query *query;
    topic_reader *reader;
    int64_t interval, seen;
} printing;

static bool is_text(slice bytes) {
    for (size_t i = 0; i < bytes.length; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return false;
    }
    return utf8_valid(bytes);
}

static void append_payload(buffer *line, slice bytes) {
    if (!bytes.data) {
        buffer_append_text(line, "<null>");
    } else if (is_text(bytes)) {
        buffer_append(line, bytes);
    } else if (bytes.length == 4 || bytes.length == 8) {
        uint64_t number = 0;
        for (size_t i = 0; i < bytes.length; i++)
            number = number << 8 | (unsigned char)bytes.data[i];
        buffer_format(line, "%lld",
            bytes.length == 4 ? (long long)(int32_t)(uint32_t)number : (long long)(int64_t)number);
    } else {
        buffer_append_text(line, "0x");
        for (size_t i = 0; i < bytes.length; i++)
            buffer_format(line, "%02x", (unsigned char)bytes.data[i]);
    }
}

static void append_record(buffer *line, const topic_record *record, int32_t partition) {
    time_t seconds = (time_t)(record->timestamp_ms / 1000);
    struct tm parts;
    char text[32];
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y/%m/%d %H:%M:%S", &parts);
    buffer_format(line, "rowtime: %s.%03d Z, key: ", text, (int)(record->timestamp_ms % 1000));
    append_payload(line, record->key);
    buffer_append_text(line, ", value: ");
    append_payload(line, record->value);
    buffer_format(line, ", partition: %d", (int)partition);
}

/* False when no more lines are wanted. */
static bool print_record(printing *p, const topic_record *record) {
    active_query *q = p->query;
    if (p->seen++ % p->interval)
        return true;
    buffer line = {0};
    append_record(&line, record, record->partition);
    bool more = q->stream.line(q->stream.context, buffer_slice(&line));
    buffer_free(&line);
    q->given++;
    return more && (q->limit < 0 || q->given < q->limit);
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
        for (int s = 0; ok && more && s < count; s++)
            for (int64_t r = 0; more && r < segments[s].count; r++)
                more = print_record(p, &segments[s].records[r]);
    }
    topic_reader_close(p->reader);
    memory_free(p);
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
    *p = (printing){q, reader, print->interval > 0 ? print->interval : 1, 0};
    call->result->query = q;
    q->has_thread = pthread_create(&q->thread, NULL, print_thread, p) == 0;
    if (q->has_thread)
        return true;
    topic_reader_close(reader);
    memory_free(p);
    active_query_close(q);
    call->result->query = NULL;
    return error_set(e, ERROR_IO, "Cannot start a thread for PRINT");
}
