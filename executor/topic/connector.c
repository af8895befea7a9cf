/* The inner system's readers and writers are wrapped: what belongs to connectors is done here, the
 * rest handed on. A reader without connector topics costs one test a call. */
#include "executor/topic/connector.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/memory.h"
#include "executor/topic/topic_functions.h"

typedef struct connector_system {
    topic_system base;
    topic_system *inner;
    char *directory;
} connector_system;

typedef struct connector_assignment {
    connector_source *source; /* NULL: the inner reader's, by number */
    int inner;
    bool is_paused;
} connector_assignment;

typedef struct connector_reader {
    topic_reader base;
    topic_reader *inner;
    slice directory; /* the system's */
    connector_assignment *assignments;
    int count, source_count;
    int *inner_numbers; /* ours of the inner reader's */
    int inner_count;
    topic_segment *segments;
    bool is_awake;
} connector_reader;

typedef struct connector_writer {
    topic_writer base;
    topic_writer *inner;
    file_sink *files;
    buffer printed, printed_errors;
    topic_position *positions;
    bool has_connector_work;
} connector_writer;

enum { EMPTY_WAIT_MS = 5 };

bool connector_is_topic(slice topic) {
    return memchr(topic.data, ':', topic.length) != NULL;
}

static bool is_of(slice topic, const char *connector) {
    slice name = slice_of(connector);
    return slice_starts_with(topic, name) && topic.length > name.length &&
           topic.data[name.length] == ':';
}

static slice behind_colon(slice topic) {
    const char *colon = memchr(topic.data, ':', topic.length);
    return slice_make(colon + 1, (size_t)(topic.data + topic.length - colon - 1));
}

static connector_source *open_source(slice topic, slice directory, error *e) {
    if (is_of(topic, "filesystem"))
        return file_source_open(behind_colon(topic), directory, e);
    if (is_of(topic, "datagen"))
        return datagen_source_open(behind_colon(topic), e);
    error_set(e, ERROR_UNSUPPORTED, "A table of this connector cannot be read: it is only written");
    return NULL;
}

static topic_system *inner_of(topic_system *system) {
    return ((connector_system *)system)->inner;
}

static slice directory_of(topic_system *system) {
    return slice_of(((connector_system *)system)->directory);
}

/* ---- the system ---- */

static void system_close(topic_system *system) {
    topic_system_close(inner_of(system));
    memory_free(((connector_system *)system)->directory);
    memory_free(system);
}

static bool system_create(topic_system *system, slice name, const topic_config *config, error *e) {
    return topic_create(inner_of(system), name, config, e);
}

static bool system_create_all(topic_system *system, const topic_info *topics, int count, error *e) {
    return topic_create_all(inner_of(system), topics, count, e);
}

static bool system_delete(topic_system *system, slice name, error *e) {
    return connector_is_topic(name) || topic_delete(inner_of(system), name, e);
}

static bool system_describe(topic_system *system, slice name, topic_info *info, error *e) {
    if (!connector_is_topic(name))
        return topic_describe(inner_of(system), name, info, e);
    *info = (topic_info){name, {.partitions = 1, .replicas = 1, .retention_ms = -1}};
    return true;
}

static bool system_count_partitions(topic_system *system, slice name, int32_t *count, error *e) {
    *count = 1;
    return connector_is_topic(name) || topic_count_partitions(inner_of(system), name, count, e);
}

static bool system_list(topic_system *system, arena *a, topic_info **topics, int *count, error *e) {
    return topic_list(inner_of(system), a, topics, count, e);
}

static bool system_offsets(
    topic_system *system, slice topic, int32_t partition, int64_t *start, int64_t *end, error *e) {
    if (!connector_is_topic(topic))
        return topic_offsets(inner_of(system), topic, partition, start, end, e);
    *start = *end = 0;
    if (!is_of(topic, "filesystem") && !is_of(topic, "datagen"))
        return true;
    connector_source *source = open_source(topic, directory_of(system), e);
    if (!source)
        return false;
    *end = source->end;
    source->functions->close(source);
    return true;
}

static bool system_offset_at(topic_system *system, slice topic, int32_t partition,
    int64_t timestamp_ms, int64_t *offset, error *e) {
    *offset = 0;
    return connector_is_topic(topic) ||
           topic_offset_at(inner_of(system), topic, partition, timestamp_ms, offset, e);
}

static bool system_delete_records(
    topic_system *system, slice topic, int32_t partition, int64_t offset, error *e) {
    return connector_is_topic(topic) ||
           topic_delete_records(inner_of(system), topic, partition, offset, e);
}

static bool system_clean(topic_system *system, int64_t now_ms, error *e) {
    return topic_clean(inner_of(system), now_ms, e);
}

static bool system_group_offset(
    topic_system *system, slice group, slice topic, int32_t partition, int64_t *offset, error *e) {
    *offset = -1;
    return connector_is_topic(topic) ||
           topic_group_offset(inner_of(system), group, topic, partition, offset, e);
}

/* ---- reading ---- */

static void reader_close(topic_reader *reader) {
    connector_reader *r = (connector_reader *)reader;
    for (int i = 0; i < r->count; i++)
        if (r->assignments[i].source)
            r->assignments[i].source->functions->close(r->assignments[i].source);
    topic_reader_close(r->inner);
    memory_free(r->assignments);
    memory_free(r->inner_numbers);
    memory_free(r->segments);
    memory_free(r);
}

static bool reader_assign(
    topic_reader *reader, slice topic, int32_t partition, int64_t offset, error *e) {
    connector_reader *r = (connector_reader *)reader;
    connector_assignment a = {NULL, r->inner_count, false};
    if (connector_is_topic(topic)) {
        a.source = open_source(topic, r->directory, e);
        if (!a.source)
            return false;
        a.source->position = offset < 0 ? 0 : offset;
        r->source_count++;
    } else if (!topic_reader_assign(r->inner, topic, partition, offset, e)) {
        return false;
    }
    size_t count = (size_t)r->count + 1;
    r->assignments = memory_resize(r->assignments, sizeof(connector_assignment) * count);
    r->inner_numbers = memory_resize(r->inner_numbers, sizeof(int) * count);
    if (!a.source)
        r->inner_numbers[r->inner_count++] = r->count;
    r->assignments[r->count++] = a;
    return true;
}

static bool reader_seek(
    topic_reader *reader, slice topic, int32_t partition, int64_t offset, error *e) {
    connector_reader *r = (connector_reader *)reader;
    if (connector_is_topic(topic))
        return error_set(e, ERROR_UNSUPPORTED, "A connector's table is read from its start only");
    return topic_reader_seek(r->inner, topic, partition, offset, e);
}

/* Connector topics are not told apart by name here: all of them wait. */
static void reader_pause(topic_reader *reader, slice topic, int32_t partition, bool paused) {
    connector_reader *r = (connector_reader *)reader;
    if (!connector_is_topic(topic)) {
        topic_reader_pause(r->inner, topic, partition, paused);
        return;
    }
    for (int i = 0; i < r->count; i++)
        if (r->assignments[i].source)
            r->assignments[i].is_paused = paused;
}

static bool read_sources(connector_reader *r, int64_t most, int *count, error *e) {
    for (int i = 0; i < r->count; i++) {
        connector_source *source = r->assignments[i].source;
        const topic_record *records;
        int64_t read = 0;
        if (!source || r->assignments[i].is_paused)
            continue;
        if (!source->functions->read(source, most, &records, &read, e))
            return false;
        if (read > 0)
            r->segments[(*count)++] = (topic_segment){i, records, read, source->position};
    }
    return true;
}

static bool reader_poll(topic_reader *reader, int64_t timeout_ms, int64_t max_records,
    const topic_segment **segments, int *count, error *e) {
    connector_reader *r = (connector_reader *)reader;
    if (!r->source_count)
        return topic_reader_poll(r->inner, timeout_ms, max_records, segments, count, e);
    const topic_segment *inner;
    int inner_count = 0;
    r->segments = memory_resize(r->segments, sizeof(topic_segment) * (size_t)r->count * 2);
    *count = 0;
    *segments = r->segments;
    if (!read_sources(r, max_records, count, e))
        return false;
    if (*count)
        timeout_ms = 0;
    else if (timeout_ms > EMPTY_WAIT_MS)
        timeout_ms = EMPTY_WAIT_MS; /* a generator may have more by then */
    if (!topic_reader_poll(r->inner, timeout_ms, max_records, &inner, &inner_count, e))
        return false;
    r->segments = memory_resize(
        r->segments, sizeof(topic_segment) * (size_t)(*count + inner_count + r->count));
    *segments = r->segments;
    for (int i = 0; i < inner_count; i++) {
        r->segments[*count] = inner[i];
        r->segments[(*count)++].assignment = r->inner_numbers[inner[i].assignment];
    }
    return true;
}

static void reader_wake(topic_reader *reader) {
    topic_reader_wake(((connector_reader *)reader)->inner);
}

static bool reader_at_end(topic_reader *reader, int assignment) {
    connector_reader *r = (connector_reader *)reader;
    const connector_assignment *a = &r->assignments[assignment];
    return a->source ? a->source->position >= a->source->end
                     : topic_reader_at_end(r->inner, a->inner);
}

static int64_t reader_lag(topic_reader *reader, int assignment) {
    connector_reader *r = (connector_reader *)reader;
    const connector_assignment *a = &r->assignments[assignment];
    return a->source ? a->source->end - a->source->position : topic_reader_lag(r->inner, a->inner);
}

static int64_t reader_position(topic_reader *reader, int assignment) {
    connector_reader *r = (connector_reader *)reader;
    const connector_assignment *a = &r->assignments[assignment];
    return a->source ? a->source->position : topic_reader_position(r->inner, a->inner);
}

static bool reader_ends(topic_reader *reader, int64_t timeout_ms, int64_t *ends, error *e) {
    connector_reader *r = (connector_reader *)reader;
    if (!r->source_count)
        return topic_reader_ends(r->inner, timeout_ms, ends, e);
    int64_t *inner = memory_allocate_zero(sizeof(int64_t) * (size_t)(r->inner_count + 1));
    bool ok = r->inner_count == 0 || topic_reader_ends(r->inner, timeout_ms, inner, e);
    for (int i = 0; i < r->count; i++) {
        const connector_assignment *a = &r->assignments[i];
        ok = ok && (!a->source || !a->source->functions->look ||
                       a->source->functions->look(a->source, e));
        ends[i] = a->source ? a->source->end : inner[a->inner];
    }
    memory_free(inner);
    return ok;
}

/* ---- writing ---- */

static slice written_path(slice topic) {
    int64_t ignored;
    return file_source_path(behind_colon(topic), &ignored);
}

static void writer_close(topic_writer *writer) {
    connector_writer *w = (connector_writer *)writer;
    file_sink_close(w->files);
    topic_writer_close(w->inner);
    buffer_free(&w->printed);
    buffer_free(&w->printed_errors);
    memory_free(w->positions);
    memory_free(w);
}

static bool append_connector(
    connector_writer *w, slice topic, const topic_record *records, int64_t count, error *e) {
    w->has_connector_work = true;
    for (int64_t i = 0; i < count; i++) {
        if (is_of(topic, "print") || is_of(topic, "print-error")) {
            buffer *out = is_of(topic, "print") ? &w->printed : &w->printed_errors;
            buffer_append(out, records[i].value);
            buffer_append_byte(out, '\n');
        } else if (is_of(topic, "filesystem")) {
            if (!w->files)
                w->files = file_sink_open();
            if (!file_sink_append(w->files, written_path(topic), &records[i], e))
                return false;
        }
    }
    return true;
}

static void writer_begin_fence(topic_writer *writer) {
    topic_writer_begin_fence(((connector_writer *)writer)->inner);
}

static bool writer_fence(topic_writer *writer, error *e) {
    return topic_writer_fence(((connector_writer *)writer)->inner, e);
}

static void writer_expect(topic_writer *writer, slice topic) {
    if (!connector_is_topic(topic))
        topic_writer_expect(((connector_writer *)writer)->inner, topic);
}

static bool writer_append_batch(
    topic_writer *writer, slice topic, const topic_record *records, int64_t count, error *e) {
    connector_writer *w = (connector_writer *)writer;
    if (connector_is_topic(topic))
        return append_connector(w, topic, records, count, e);
    return topic_writer_append_batch(w->inner, topic, records, count, e);
}

static void print(buffer *text, FILE *to) {
    if (!text->length)
        return;
    fwrite(text->data, 1, text->length, to);
    fflush(to);
    buffer_clear(text);
}

static bool writer_commit(topic_writer *writer, topic_reader *group_reader,
    const topic_position *positions, int count, error *e) {
    connector_writer *w = (connector_writer *)writer;
    w->positions = memory_resize(w->positions, sizeof(topic_position) * (size_t)(count + 1));
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (!connector_is_topic(positions[i].topic))
            w->positions[kept++] = positions[i];
    topic_reader *inner = group_reader ? ((connector_reader *)group_reader)->inner : NULL;
    if (w->files && !file_sink_prepare(w->files, e))
        return false;
    if (!topic_writer_commit(w->inner, inner, w->positions, kept, e))
        return false;
    print(&w->printed, stdout);
    print(&w->printed_errors, stderr);
    w->has_connector_work = false;
    return !w->files || file_sink_publish(w->files, e);
}

static bool writer_abort(topic_writer *writer, error *e) {
    connector_writer *w = (connector_writer *)writer;
    buffer_clear(&w->printed);
    buffer_clear(&w->printed_errors);
    if (w->files)
        file_sink_abort(w->files);
    return topic_writer_abort(w->inner, e);
}

static int64_t writer_end_offset(topic_writer *writer, slice topic, int32_t partition) {
    connector_writer *w = (connector_writer *)writer;
    return connector_is_topic(topic) ? -1 : topic_writer_end_offset(w->inner, topic, partition);
}

static int64_t writer_pending_bytes(topic_writer *writer) {
    connector_writer *w = (connector_writer *)writer;
    return topic_writer_pending_bytes(w->inner) +
           (int64_t)(w->printed.length + w->printed_errors.length);
}

static bool writer_mark(topic_writer *writer, topic_commit_mark *mark) {
    connector_writer *w = (connector_writer *)writer;
    if (w->files)
        file_sink_mark(w->files, mark);
    return w->files != NULL;
}

static bool writer_resume(
    topic_writer *writer, slice topic, const topic_commit_mark *mark, error *e) {
    connector_writer *w = (connector_writer *)writer;
    if (!connector_is_topic(topic) || !is_of(topic, "filesystem"))
        return true;
    if (!w->files)
        w->files = file_sink_open();
    return file_sink_resume(w->files, written_path(topic), mark, e);
}

/* ---- opening ---- */

static topic_reader *reader_open(topic_system *system, slice group, error *e);
static topic_writer *writer_open(topic_system *system, slice transactional_id, error *e);
static topic_writer *writer_connect(topic_system *system, slice transactional_id, error *e);

#define FUNCTIONS(kafka)                                                                           \
    {                                                                                              \
        .is_kafka = kafka, .system_close = system_close, .create = system_create,                  \
        .create_all = system_create_all, .delete = system_delete, .describe = system_describe,     \
        .count_partitions = system_count_partitions, .list = system_list,                          \
        .offsets = system_offsets, .offset_at = system_offset_at,                                  \
        .delete_records = system_delete_records, .clean = system_clean,                            \
        .group_offset = system_group_offset, .reader_open = reader_open,                           \
        .reader_close = reader_close, .reader_assign = reader_assign, .reader_seek = reader_seek,  \
        .reader_pause = reader_pause, .reader_poll = reader_poll, .reader_wake = reader_wake,      \
        .reader_at_end = reader_at_end, .reader_lag = reader_lag,                                  \
        .reader_position = reader_position, .reader_ends = reader_ends,                            \
        .writer_open = writer_open, .writer_close = writer_close,                                  \
        .writer_connect = writer_connect, .writer_begin_fence = writer_begin_fence,                \
        .writer_fence = writer_fence, .writer_expect = writer_expect,                              \
        .writer_append_batch = writer_append_batch, .writer_commit = writer_commit,                \
        .writer_abort = writer_abort, .writer_end_offset = writer_end_offset,                      \
        .writer_pending_bytes = writer_pending_bytes, .writer_mark = writer_mark,                  \
        .writer_resume = writer_resume,                                                            \
    }

static const topic_functions OVER_LOG = FUNCTIONS(false), OVER_KAFKA = FUNCTIONS(true);

static topic_reader *reader_open(topic_system *system, slice group, error *e) {
    topic_reader *inner = topic_reader_open(inner_of(system), group, e);
    if (!inner)
        return NULL;
    connector_reader *r = MEMORY_NEW(connector_reader);
    r->base.functions = system->functions;
    r->inner = inner;
    r->directory = directory_of(system);
    return &r->base;
}

static topic_writer *writer_around(topic_system *system, topic_writer *inner) {
    if (!inner)
        return NULL;
    connector_writer *w = MEMORY_NEW(connector_writer);
    w->base.functions = system->functions;
    w->inner = inner;
    return &w->base;
}

static topic_writer *writer_open(topic_system *system, slice transactional_id, error *e) {
    return writer_around(system, topic_writer_open(inner_of(system), transactional_id, e));
}

static topic_writer *writer_connect(topic_system *system, slice transactional_id, error *e) {
    return writer_around(system, topic_writer_connect(inner_of(system), transactional_id, e));
}

topic_system *connectors_open(topic_system *inner, slice directory) {
    connector_system *s = MEMORY_NEW(connector_system);
    s->base.functions = topic_system_is_kafka(inner) ? &OVER_KAFKA : &OVER_LOG;
    s->inner = inner;
    s->directory = memory_copy_text(directory);
    return &s->base;
}
