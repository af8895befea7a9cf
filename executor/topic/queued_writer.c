/* Records stand packed in blocks: a run is some records of one topic, one behind the other. The
 * queue is a list of full blocks and of commits; it is handed over under the lock, so whoever has a
 * block has it alone.
 *
 * After a failure the thread forgets what it is given, and every commit fails with the same error.
 */
#include "executor/topic/queued_writer.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/memory.h"
#include "executor/topic/connector.h"
#include "executor/topic/topic_functions.h"

enum {
    BLOCK_BYTES = 128 * 1024,
    BLOCKS_KEPT = 2,
    RECORDS_AT_ONCE = 512,
    ROOM_BYTES_LEAST = 512 * 1024,
};

#define ABSENT UINT32_MAX

typedef struct packed_run {
    slice topic;
    int64_t count;
} packed_run;

/* Behind it come the lengths of headers, the key, the value, and the headers' keys and values. */
typedef struct packed_record {
    int64_t timestamp_ms;
    int32_t partition;
    int32_t header_count;
    uint32_t key_length, value_length;
} packed_record;

typedef struct packed_header {
    uint32_t key_length, value_length;
} packed_header;

typedef struct block {
    struct block *next;
    bool is_commit; /* and has no records */
    size_t used, capacity;
    char bytes[];
} block;

typedef struct commit_request {
    topic_reader *reader;
    topic_position *positions;
    int count;
    slice ends_of;
    int32_t partitions;
    int64_t *ends;
} commit_request;

typedef struct queued_writer {
    topic_writer writer;
    topic_writer *inner;
    void (*committed)(void *context);
    void *context;

    /* Of who appends. */
    block *filling;  /* or NULL */
    packed_run *run; /* the last one in it */
    slice *topics;   /* copies of their names */
    int topic_count;
    int64_t pending_bytes, room_bytes;
    bool writes_beside; /* topics */
    bool is_committing;
    pthread_t thread;
    bool has_thread;

    commit_request commit; /* of the thread while it commits */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t has_work, has_done;
    block *first, **last; /* the queue */
    block *kept;          /* empty blocks */
    int kept_count;
    int64_t queued_bytes;
    bool is_busy, is_closing, commit_ended;
    _Atomic bool has_failed;
    error failure;

    topic_record records[RECORDS_AT_ONCE]; /* of the thread */
    topic_header *headers;
    int32_t header_room;
} queued_writer;

static const topic_functions FUNCTIONS;

/* ---- blocks ---- */

static size_t block_bytes(const block *b) {
    return sizeof *b + b->capacity;
}

static void free_blocks(block *b) {
    for (block *next; b; b = next) {
        next = b->next;
        memory_unmap(b, block_bytes(b));
    }
}

/* An ordinary one is taken from those that are kept. */
static block *take_block(queued_writer *w, size_t least) {
    block *b = NULL;
    size_t capacity = BLOCK_BYTES - sizeof *b;
    if (least <= capacity) {
        pthread_mutex_lock(&w->lock);
        b = w->kept;
        if (b) {
            w->kept = b->next;
            w->kept_count--;
        }
        pthread_mutex_unlock(&w->lock);
    } else {
        capacity = least;
    }
    if (!b) {
        b = memory_map(sizeof *b + capacity);
        b->capacity = capacity;
    }
    b->next = NULL;
    b->is_commit = false;
    b->used = 0;
    return b;
}

/* The lock is held. */
static void keep_block(queued_writer *w, block *b) {
    b->next = NULL;
    if (w->kept_count == BLOCKS_KEPT || block_bytes(b) != BLOCK_BYTES) {
        free_blocks(b);
        return;
    }
    b->next = w->kept;
    w->kept = b;
    w->kept_count++;
}

/* ---- the thread ---- */

static slice unpack(const char **at, uint32_t length) {
    if (length == ABSENT)
        return (slice){NULL, 0};
    slice bytes = slice_make(*at, length);
    *at += length;
    return bytes;
}

static size_t padded(size_t bytes) {
    return (bytes + 7) & ~(size_t)7;
}

/* Its headers stand in `headers`. Returns where the next one begins. */
static const char *unpack_record(const char *from, topic_record *record, topic_header *headers) {
    const packed_record *packed = (const packed_record *)from;
    const packed_header *lengths = (const packed_header *)(packed + 1);
    const char *at = (const char *)(lengths + packed->header_count);
    *record = (topic_record){.timestamp_ms = packed->timestamp_ms,
        .partition = packed->partition,
        .header_count = packed->header_count,
        .headers = headers};
    record->key = unpack(&at, packed->key_length);
    record->value = unpack(&at, packed->value_length);
    for (int32_t i = 0; i < packed->header_count; i++) {
        headers[i].key = unpack(&at, lengths[i].key_length);
        headers[i].value = unpack(&at, lengths[i].value_length);
    }
    return from + padded((size_t)(at - from));
}

static void make_header_room(queued_writer *w, int32_t count) {
    if (count <= w->header_room)
        return;
    w->header_room = count;
    w->headers = memory_resize(w->headers, sizeof(topic_header) * (size_t)count);
}

/* As many records as have room for their headers, without moving those of the ones before. */
static const char *unpack_some(queued_writer *w, const char *at, int64_t left, int64_t *count) {
    int32_t headers = 0;
    for (*count = 0; *count < left && *count < RECORDS_AT_ONCE; ++*count) {
        int32_t more = ((const packed_record *)at)->header_count;
        if (*count && headers + more > w->header_room)
            break;
        make_header_room(w, headers + more);
        at = unpack_record(at, &w->records[*count], w->headers + headers);
        headers += more;
    }
    return at;
}

static const char *write_run(queued_writer *w, const packed_run *run, bool *ok, error *e) {
    const char *at = (const char *)(run + 1);
    int64_t count;
    for (int64_t left = run->count; *ok && left; left -= count) {
        at = unpack_some(w, at, left, &count);
        *ok = topic_writer_append_batch(w->inner, run->topic, w->records, count, e);
    }
    return at;
}

static bool write_block(queued_writer *w, const block *b, error *e) {
    bool ok = true;
    for (const char *at = b->bytes; ok && at < b->bytes + b->used;)
        at = write_run(w, (const packed_run *)at, &ok, e);
    return ok;
}

static bool commit(queued_writer *w, error *e) {
    commit_request *c = &w->commit;
    if (!topic_writer_commit(w->inner, c->reader, c->positions, c->count, e))
        return false;
    for (int32_t p = 0; p < c->partitions; p++)
        c->ends[p] = topic_writer_end_offset(w->inner, c->ends_of, p);
    return true;
}

static void note_failure(queued_writer *w, const error *e) {
    pthread_mutex_lock(&w->lock);
    if (!w->has_failed) {
        w->failure = *e;
        w->has_failed = true;
    }
    pthread_mutex_unlock(&w->lock);
}

static void do_block(queued_writer *w, const block *b) {
    error e = {0};
    bool ok = w->has_failed || (b->is_commit ? commit(w, &e) : write_block(w, b, &e));
    if (!ok)
        note_failure(w, &e);
    if (!b->is_commit)
        return;
    pthread_mutex_lock(&w->lock);
    w->commit_ended = true;
    pthread_mutex_unlock(&w->lock);
    if (w->committed)
        w->committed(w->context);
    memory_rest(); /* what librdkafka had for the records that are delivered now */
}

static void *run_thread(void *context) {
    queued_writer *w = context;
    pthread_setname_np(pthread_self(), "writer");
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->first && !w->is_closing)
            pthread_cond_wait(&w->has_work, &w->lock);
        if (w->is_closing)
            break;
        block *b = w->first;
        w->first = b->next;
        if (!w->first)
            w->last = &w->first;
        w->is_busy = true;
        pthread_mutex_unlock(&w->lock);
        do_block(w, b);
        pthread_mutex_lock(&w->lock);
        w->is_busy = false;
        w->queued_bytes -= (int64_t)b->used;
        keep_block(w, b);
        pthread_cond_signal(&w->has_done);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* ---- handing over ---- */

static bool tell_failure(queued_writer *w, error *e) {
    if (!w->has_failed)
        return true;
    pthread_mutex_lock(&w->lock);
    *e = w->failure;
    pthread_mutex_unlock(&w->lock);
    return false;
}

/* Without a thread everything fails: this cannot be told to who gives the first block. */
static void start_thread(queued_writer *w) {
    if (w->has_thread || w->has_failed)
        return;
    int code = pthread_create(&w->thread, NULL, run_thread, w);
    w->has_thread = code == 0;
    if (code) {
        error_set(&w->failure, ERROR_IO, "The writer gets no thread: %s.", strerror(code));
        w->has_failed = true;
    }
}

static void hand_over(queued_writer *w, block *b) {
    int64_t room_bytes = w->room_bytes ? w->room_bytes : ROOM_BYTES_LEAST;
    start_thread(w);
    pthread_mutex_lock(&w->lock);
    while (w->queued_bytes && w->queued_bytes + (int64_t)b->used > room_bytes && !w->has_failed)
        pthread_cond_wait(&w->has_done, &w->lock);
    if (w->has_thread) {
        *w->last = b;
        w->last = &b->next;
        w->queued_bytes += (int64_t)b->used;
        pthread_cond_signal(&w->has_work);
    } else {
        w->commit_ended |= b->is_commit;
        keep_block(w, b);
    }
    pthread_mutex_unlock(&w->lock);
}

static void hand_over_filled(queued_writer *w) {
    block *b = w->filling;
    w->filling = NULL;
    w->run = NULL;
    if (b)
        hand_over(w, b);
}

static bool rests(queued_writer *w) {
    pthread_mutex_lock(&w->lock);
    bool rests = !w->first && !w->is_busy;
    pthread_mutex_unlock(&w->lock);
    return rests;
}

/* When the thread has done everything, and until it is given more, the writer inside is ours. */
static topic_writer *wait_for_rest(queued_writer *w) {
    hand_over_filled(w);
    pthread_mutex_lock(&w->lock);
    while (w->has_thread && (w->first || w->is_busy))
        pthread_cond_wait(&w->has_done, &w->lock);
    pthread_mutex_unlock(&w->lock);
    return w->inner;
}

/* ---- appending ---- */

static slice copy_name(slice name) {
    return slice_make(memory_copy_text(name), name.length);
}

static slice keep_name(queued_writer *w, slice topic) {
    for (int i = 0; i < w->topic_count; i++)
        if (slice_equal(w->topics[i], topic))
            return w->topics[i];
    w->topics = memory_resize(w->topics, sizeof(slice) * (size_t)(w->topic_count + 1));
    w->writes_beside |= connector_is_topic(topic);
    return w->topics[w->topic_count++] = copy_name(topic);
}

static size_t packed_bytes(const topic_record *record) {
    size_t bytes = sizeof(packed_record) + record->key.length + record->value.length;
    for (int32_t i = 0; i < record->header_count; i++)
        bytes +=
            sizeof(packed_header) + record->headers[i].key.length + record->headers[i].value.length;
    return padded(bytes);
}

static uint32_t length_of(slice bytes) {
    return bytes.data ? (uint32_t)bytes.length : ABSENT;
}

static char *pack(char *to, slice bytes) {
    if (bytes.length)
        memcpy(to, bytes.data, bytes.length);
    return to + bytes.length;
}

static void pack_record(char *to, const topic_record *record) {
    packed_record *packed = (packed_record *)to;
    packed_header *lengths = (packed_header *)(packed + 1);
    *packed = (packed_record){record->timestamp_ms, record->partition, record->header_count,
        length_of(record->key), length_of(record->value)};
    char *at = pack((char *)(lengths + record->header_count), record->key);
    at = pack(at, record->value);
    for (int32_t i = 0; i < record->header_count; i++) {
        const topic_header *header = &record->headers[i];
        lengths[i] = (packed_header){length_of(header->key), length_of(header->value)};
        at = pack(pack(at, header->key), header->value);
    }
}

static void begin_run(queued_writer *w, slice topic) {
    w->run = (packed_run *)(w->filling->bytes + w->filling->used);
    *w->run = (packed_run){topic, 0};
    w->filling->used += sizeof *w->run;
}

static void add_record(queued_writer *w, slice topic, const topic_record *record) {
    size_t bytes = packed_bytes(record);
    if (w->filling && w->filling->used + sizeof(packed_run) + bytes > w->filling->capacity)
        hand_over_filled(w);
    if (!w->filling)
        w->filling = take_block(w, sizeof(packed_run) + bytes);
    if (!w->run || w->run->topic.data != topic.data)
        begin_run(w, topic);
    pack_record(w->filling->bytes + w->filling->used, record);
    w->filling->used += bytes;
    w->pending_bytes += (int64_t)bytes;
    w->run->count++;
}

static bool append_directly(
    queued_writer *w, slice topic, const topic_record *records, int64_t count, error *e) {
    bool ok = topic_writer_append_batch(wait_for_rest(w), topic, records, count, e);
    for (int64_t i = 0; i < count; i++)
        w->pending_bytes += (int64_t)packed_bytes(&records[i]);
    if (!ok)
        note_failure(w, e);
    return ok;
}

static bool queued_append_batch(
    topic_writer *base, slice name, const topic_record *records, int64_t count, error *e) {
    queued_writer *w = (queued_writer *)base;
    slice topic = keep_name(w, name);
    if (!w->room_bytes && !w->has_failed && rests(w))
        return append_directly(w, topic, records, count, e);
    for (int64_t i = 0; i < count; i++)
        add_record(w, topic, &records[i]);
    return tell_failure(w, e);
}

static int64_t queued_pending_bytes(topic_writer *base) {
    return ((queued_writer *)base)->pending_bytes;
}

/* ---- committing ---- */

static void forget_request(commit_request *c) {
    for (int i = 0; i < c->count; i++)
        memory_free((char *)(uintptr_t)c->positions[i].topic.data);
    memory_free(c->positions);
    memory_free((char *)(uintptr_t)c->ends_of.data);
    memory_free(c->ends);
    *c = (commit_request){0};
}

void queued_writer_begin_commit(topic_writer *base, topic_reader *group_reader,
    const topic_position *positions, int count, slice ends_of, int32_t partitions) {
    queued_writer *w = (queued_writer *)base;
    hand_over_filled(w);
    forget_request(&w->commit);
    w->commit = (commit_request){group_reader,
        memory_allocate(sizeof(topic_position) * (size_t)(count + 1)), count, copy_name(ends_of),
        partitions, memory_allocate(sizeof(int64_t) * (size_t)(partitions + 1))};
    for (int i = 0; i < count; i++) {
        w->commit.positions[i] = positions[i];
        w->commit.positions[i].topic = copy_name(positions[i].topic);
    }
    block *b = take_block(w, 0);
    b->is_commit = true;
    w->is_committing = true;
    w->pending_bytes = 0;
    hand_over(w, b);
}

bool queued_writer_is_committing(const topic_writer *base) {
    return ((const queued_writer *)base)->is_committing;
}

bool queued_writer_end_commit(topic_writer *base, bool waits, error *e) {
    queued_writer *w = (queued_writer *)base;
    if (!w->is_committing)
        return true;
    pthread_mutex_lock(&w->lock);
    while (waits && !w->commit_ended)
        pthread_cond_wait(&w->has_done, &w->lock);
    bool has_ended = w->commit_ended;
    pthread_mutex_unlock(&w->lock);
    if (!has_ended)
        return true;
    w->is_committing = w->commit_ended = false; /* it is ours now */
    return tell_failure(w, e);
}

static bool queued_commit(topic_writer *base, topic_reader *group_reader,
    const topic_position *positions, int count, error *e) {
    queued_writer_begin_commit(base, group_reader, positions, count, (slice){"", 0}, 0);
    return queued_writer_end_commit(base, true, e);
}

static int64_t queued_end_offset(topic_writer *base, slice topic, int32_t partition) {
    queued_writer *w = (queued_writer *)base;
    if (!w->is_committing && partition >= 0 && partition < w->commit.partitions &&
        slice_equal(topic, w->commit.ends_of))
        return w->commit.ends[partition];
    return topic_writer_end_offset(wait_for_rest(w), topic, partition);
}

static bool queued_abort(topic_writer *base, error *e) {
    queued_writer *w = (queued_writer *)base;
    bool ok = topic_writer_abort(wait_for_rest(w), e);
    w->pending_bytes = 0;
    w->has_failed = false;
    return ok;
}

static bool queued_mark(topic_writer *base, topic_commit_mark *mark) {
    queued_writer *w = (queued_writer *)base;
    return w->writes_beside && topic_writer_mark(wait_for_rest(w), mark);
}

/* ---- opening and closing ---- */

static void queued_begin_fence(topic_writer *base) {
    topic_writer_begin_fence(wait_for_rest((queued_writer *)base));
}

static bool queued_fence(topic_writer *base, error *e) {
    return topic_writer_fence(wait_for_rest((queued_writer *)base), e);
}

static void queued_expect(topic_writer *base, slice topic) {
    topic_writer_expect(wait_for_rest((queued_writer *)base), topic);
}

static bool queued_resume(
    topic_writer *base, slice topic, const topic_commit_mark *mark, error *e) {
    queued_writer *w = (queued_writer *)base;
    keep_name(w, topic);
    return topic_writer_resume(wait_for_rest(w), topic, mark, e);
}

topic_writer *queued_writer_open(
    topic_writer *inner, void (*committed)(void *context), void *context) {
    queued_writer *w = MEMORY_NEW(queued_writer);
    w->writer.functions = &FUNCTIONS;
    w->inner = inner;
    w->committed = committed;
    w->context = context;
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->has_work, NULL);
    pthread_cond_init(&w->has_done, NULL);
    return &w->writer;
}

static void queued_close(topic_writer *base) {
    queued_writer *w = (queued_writer *)base;
    pthread_mutex_lock(&w->lock);
    w->is_closing = true;
    pthread_cond_signal(&w->has_work);
    pthread_mutex_unlock(&w->lock);
    if (w->has_thread)
        pthread_join(w->thread, NULL);
    topic_writer_close(w->inner);
    free_blocks(w->filling);
    free_blocks(w->first);
    free_blocks(w->kept);
    forget_request(&w->commit);
    for (int i = 0; i < w->topic_count; i++)
        memory_free((char *)(uintptr_t)w->topics[i].data);
    memory_free(w->topics);
    memory_free(w->headers);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->has_work);
    pthread_cond_destroy(&w->has_done);
    memory_free(w);
}

void queued_writer_set_room(topic_writer *base, int64_t bytes) {
    ((queued_writer *)base)->room_bytes = bytes;
}

static const topic_functions FUNCTIONS = {
    .writer_close = queued_close,
    .writer_append_batch = queued_append_batch,
    .writer_commit = queued_commit,
    .writer_abort = queued_abort,
    .writer_end_offset = queued_end_offset,
    .writer_pending_bytes = queued_pending_bytes,
    .writer_begin_fence = queued_begin_fence,
    .writer_fence = queued_fence,
    .writer_expect = queued_expect,
    .writer_mark = queued_mark,
    .writer_resume = queued_resume,
};
