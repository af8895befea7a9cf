/* A reader keeps its blocks in order, as a ring: `first` and `count_next` count them from its
 * beginning. A seat knows the block it takes next. Blocks that all have taken stay for a little, so
 * that a query that comes a moment later finds its place. The reader waits for the slowest of its
 * queries, unless that one holds up the others for too long. */
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "executor/shared_reader_private.h"
#include "executor/workers.h"

enum {
    BATCH_ROWS = 4096,
    POLL_MS = 100,
    HELD_UP_MS = 2000, /* then the slowest loses its place, where the topic's end was reached */
    STUCK_MS = 10000,  /* the same anywhere */
};

/* ---- all of them ---- */

static void make_condition(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

void shared_reader_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline_ms) {
    struct timespec until = {.tv_sec = deadline_ms / 1000, .tv_nsec = deadline_ms % 1000 * 1000000};
    pthread_cond_timedwait(condition, lock, &until);
}

shared_readers *shared_readers_create(topic_system *topics, schema_registry *registry) {
    shared_readers *all = MEMORY_NEW(shared_readers);
    all->topics = topics;
    all->registry = registry;
    pthread_mutex_init(&all->lock, NULL);
    make_condition(&all->released);
    return all;
}

void shared_readers_destroy(shared_readers *all) {
    assert(!all->readers);
    pthread_mutex_destroy(&all->lock);
    pthread_cond_destroy(&all->released);
    memory_free(all);
}

void shared_readers_hold(shared_readers *all, bool hold) {
    pthread_mutex_lock(&all->lock);
    all->holds += hold ? 1 : -1;
    assert(all->holds >= 0);
    pthread_cond_broadcast(&all->released);
    pthread_mutex_unlock(&all->lock);
}

int shared_readers_count(shared_readers *all) {
    pthread_mutex_lock(&all->lock);
    int count = 0;
    for (const reader *r = all->readers; r; r = r->next)
        count++;
    pthread_mutex_unlock(&all->lock);
    return count;
}

/* ---- blocks; the lock is held ---- */

shared_block **shared_reader_block(const reader *r, int64_t number) {
    return &r->blocks[number % r->capacity];
}

void shared_reader_let_go(reader *r, shared_block *b) {
    if (--b->holders > 0)
        return;
    b->next_free = r->free;
    r->free = b;
}

static shared_block *take_free(reader *r) {
    shared_block *b = r->free;
    if (!b)
        return shared_block_create(r->source->column_count);
    r->free = b->next_free;
    return b;
}

/* The first block that somebody has not taken yet. */
static int64_t slowest(const reader *r) {
    int64_t least = r->count_next;
    for (const reader_seat *s = r->seats; s; s = s->next_seat)
        if (!s->lost_place && s->block_next < least)
            least = s->block_next;
    return least;
}

static void drop_taken(reader *r) {
    int64_t until = slowest(r);
    while (r->first < until && r->count_next - r->first > SHARED_BLOCKS_BEHIND)
        shared_reader_let_go(r, *shared_reader_block(r, r->first++));
}

/* ---- the reader's thread ---- */

/* Somebody waits for rows while another one is far behind: for how long, and when it is enough. */
static void watch_slowest(reader *r, int64_t waited_ms, int64_t full_ms) {
    bool somebody_waits = false;
    for (const reader_seat *s = r->seats; s; s = s->next_seat)
        somebody_waits |= s->waits && !s->lost_place;
    if (!somebody_waits)
        return;
    r->held_up_ms += waited_ms;
    if (!(r->was_at_end && r->held_up_ms > HELD_UP_MS) && full_ms <= STUCK_MS)
        return;
    int64_t least = slowest(r);
    for (reader_seat *s = r->seats; s; s = s->next_seat)
        s->lost_place |= s->block_next == least;
    r->held_up_ms = 0;
}

static int64_t bytes_ahead(const reader *r) {
    int seats = 0;
    bool has_long_barriers = false;
    for (const reader_seat *s = r->seats; s; s = s->next_seat) {
        seats += seats < SHARED_SEATS_COUNTED;
        has_long_barriers |= s->has_long_barriers;
    }
    return has_long_barriers ? SHARED_BYTES_AHEAD_MOST : SHARED_BYTES_AHEAD / (seats ? seats : 1);
}

static bool has_room(const reader *r) {
    int64_t from = slowest(r), bytes = 0;
    if (r->count_next - from < SHARED_BLOCKS_AHEAD_LEAST)
        return true;
    for (int64_t i = from; i < r->count_next; i++)
        bytes += (*shared_reader_block(r, i))->bytes;
    return r->count_next - from < SHARED_BLOCKS_AHEAD && bytes < bytes_ahead(r);
}

static void wait_for_room(reader *r) {
    int64_t began_ms = clock_monotonic_ms(), before_ms = began_ms;
    for (;;) {
        drop_taken(r);
        if (r->stops || has_room(r))
            return;
        shared_reader_wait(&r->room, &r->all->lock, before_ms + POLL_MS);
        int64_t now_ms = clock_monotonic_ms();
        watch_slowest(r, now_ms - before_ms, now_ms - began_ms);
        before_ms = now_ms;
    }
}

static bool open_topic(reader *r, error *e) {
    topic_reader *topic = topic_reader_open(r->all->topics, r->group, e);
    for (int32_t p = 0; topic && p < r->partitions; p++)
        if (!topic_reader_assign(topic, r->decoded_source->topic, p, r->positions[p], e)) {
            topic_reader_close(topic);
            return false;
        }
    pthread_mutex_lock(&r->all->lock);
    r->topic = topic;
    pthread_mutex_unlock(&r->all->lock);
    return topic != NULL;
}

static void publish(reader *r, shared_block *b) {
    int64_t seats = 0;
    for (const reader_seat *s = r->seats; s; s = s->next_seat)
        seats++;
    b->decode_ns /= seats ? seats : 1;
    b->holders = 1;
    b->from = r->positions[b->partition];
    r->positions[b->partition] = b->until;
    *shared_reader_block(r, r->count_next++) = b;
    r->news++;
}

static void publish_positions(reader *r) {
    bool at_end = true;
    for (int32_t p = 0; p < r->partitions; p++) {
        int64_t position = topic_reader_position(r->topic, p);
        int64_t lag = topic_reader_lag(r->topic, p);
        r->news += position > r->positions[p] || (lag == 0) != (r->lags[p] == 0);
        if (position > r->positions[p])
            r->positions[p] = position;
        r->lags[p] = lag;
        at_end &= lag == 0;
    }
    if (at_end) {
        r->was_at_end = true;
        r->held_up_ms = 0;
    }
}

/* Of the reader's thread. */
typedef struct decoding {
    reader *reader;
    int threads;              /* that it decodes with now */
    workers *workers;         /* NULL: the reader's thread alone */
    shared_block **filled;    /* one a segment */
    record_scratch **scratch; /* the same */
    const topic_segment *segments;
    _Atomic bool failed; /* somebody writes the failure */
    error failure;
} decoding;

static void decode_segment(void *context, int index) {
    decoding *d = context;
    const reader *r = d->reader;
    error e = {0};
    bool ok = shared_block_fill(d->filled[index], r->decoded_source, r->decoded, r->all->registry,
        &d->segments[index], d->scratch[index], &e);
    if (!ok && !atomic_exchange(&d->failed, true))
        d->failure = e;
}

/* Each block has a decoder of its own. */
static bool decode_segments(decoding *d, const topic_segment *segments, int count, error *e) {
    d->segments = segments;
    if (d->workers)
        workers_run(d->workers, count, decode_segment, d);
    else
        for (int i = 0; i < count && !d->failed; i++)
            decode_segment(d, i);
    if (d->failed)
        *e = d->failure;
    return !d->failed;
}

/* Without more threads it goes on with those it has. */
static void take_threads(decoding *d, int threads) {
    if (threads <= d->threads)
        return;
    error ignored = {0};
    workers_destroy(d->workers);
    d->workers = workers_create(threads, "reader-worker", &ignored);
    d->threads = threads;
}

/* One turn: what the topic has now, decoded and given to the seats. */
static bool read_once(reader *r, decoding *d, error *e) {
    shared_block **filled = d->filled;
    pthread_mutex_t *lock = &r->all->lock;
    const topic_segment *segments = NULL;
    int count = 0;
    int64_t news = r->news; /* only this thread changes it */
    bool ok = topic_reader_poll(
        r->topic, POLL_MS, (int64_t)BATCH_ROWS * d->threads, &segments, &count, e);
    pthread_mutex_lock(lock);
    for (int i = 0; i < count; i++)
        filled[i] = take_free(r);
    pthread_mutex_unlock(lock);
    ok = ok && decode_segments(d, segments, count, e);
    pthread_mutex_lock(lock);
    for (int i = 0; i < count && ok; i++)
        publish(r, filled[i]);
    if (ok)
        publish_positions(r);
    for (int i = 0; i < count && !ok; i++) {
        filled[i]->holders = 1;
        shared_reader_let_go(r, filled[i]);
    }
    if (r->news > news)
        pthread_cond_broadcast(&r->came);
    pthread_mutex_unlock(lock);
    return ok;
}

static void note_wanted(reader *r) {
    memcpy(r->decoded, r->wanted, (size_t)r->source->column_count);
    r->decoded_source = r->source;
}

static void *reader_thread(void *context) {
    reader *r = context;
    pthread_mutex_t *lock = &r->all->lock;
    pthread_setname_np(pthread_self(), "reader");
    decoding d = {.reader = r,
        .threads = 1,
        .filled = memory_allocate(sizeof *d.filled * (size_t)r->partitions),
        .scratch = memory_allocate(sizeof *d.scratch * (size_t)r->partitions)};
    for (int32_t p = 0; p < r->partitions; p++)
        d.scratch[p] = record_scratch_create();
    error e = {0};
    pthread_mutex_lock(lock);
    while (r->all->holds && !r->stops)
        pthread_cond_wait(&r->all->released, lock);
    r->has_begun = true;
    note_wanted(r);
    pthread_mutex_unlock(lock);
    bool ok = open_topic(r, &e);
    while (ok) {
        pthread_mutex_lock(lock);
        wait_for_room(r);
        note_wanted(r);
        bool stops = r->stops;
        int threads = r->threads;
        pthread_mutex_unlock(lock);
        if (stops)
            break;
        take_threads(&d, threads);
        ok = read_once(r, &d, &e);
    }
    pthread_mutex_lock(lock);
    r->failed = !ok;
    r->failure = e;
    topic_reader *topic = r->topic;
    r->topic = NULL;
    pthread_cond_broadcast(&r->came);
    pthread_mutex_unlock(lock);
    if (topic)
        topic_reader_close(topic);
    workers_destroy(d.workers);
    for (int32_t p = 0; p < r->partitions; p++)
        record_scratch_destroy(d.scratch[p]);
    memory_free(d.scratch);
    memory_free(d.filled);
    return NULL;
}

/* ---- making and ending readers ---- */

/* Its thread has ended or was never made, and it has no blocks. */
static void free_reader(reader *r) {
    pthread_cond_destroy(&r->came);
    pthread_cond_destroy(&r->room);
    memory_free(r->blocks);
    memory_free(r->positions);
    memory_free(r->lags);
    memory_free(r->wanted);
    memory_free(r->decoded);
    arena_destroy(r->arena);
    memory_free(r);
}

/* `r` is not listed any more, and nobody sits there. Not with the lock. */
void shared_reader_end(reader *r) {
    if (!r)
        return;
    pthread_join(r->thread, NULL);
    while (r->first < r->count_next)
        shared_reader_let_go(r, *shared_reader_block(r, r->first++));
    for (shared_block *b; (b = r->free);) {
        r->free = b->next_free;
        shared_block_destroy(b);
    }
    free_reader(r);
}

void shared_reader_want(reader *r, const reader_seat *s) {
    const plan_node *node = s->node;
    int threads = s->threads < s->partitions ? s->threads : s->partitions;
    r->threads = threads > r->threads ? threads : r->threads;
    for (int i = 0; i < node->column_count; i++)
        if (!node->source.wanted || node->source.wanted[i])
            r->wanted[node->source.source_columns[i]] = true;
    r->source = reader_add_fields(r->arena, r->source, node);
}

reader *shared_reader_make(reader_seat *s, const int64_t *positions, error *e) {
    shared_readers *all = s->all;
    reader *r = MEMORY_NEW(reader);
    r->all = all;
    r->arena = arena_create();
    r->source = r->decoded_source = source_copy(r->arena, s->node->source.source);
    r->group = arena_copy(r->arena, s->group);
    r->partitions = s->partitions;
    r->number = all->made++;
    size_t partitions = (size_t)s->partitions, columns = (size_t)r->source->column_count + 1;
    r->positions = memory_allocate(sizeof(int64_t) * partitions);
    memcpy(r->positions, positions, sizeof(int64_t) * partitions);
    r->lags = memory_allocate(sizeof(int64_t) * partitions);
    for (size_t p = 0; p < partitions; p++)
        r->lags[p] = 1; /* not known yet */
    r->wanted = memory_allocate_zero(columns);
    r->decoded = memory_allocate_zero(columns);
    r->capacity = SHARED_BLOCKS_AHEAD + SHARED_BLOCKS_BEHIND + s->partitions;
    r->blocks = memory_allocate_zero(sizeof(shared_block *) * (size_t)r->capacity);
    make_condition(&r->came);
    make_condition(&r->room);
    shared_reader_want(r, s);
    int code = pthread_create(&r->thread, NULL, reader_thread, r);
    if (code == 0) {
        r->next = all->readers;
        all->readers = r;
        return r;
    }
    error_set(e, ERROR_IO, "The topic %.*s gets no thread to be read: %s.",
        SLICE_ARG(r->source->topic), strerror(code));
    free_reader(r);
    return NULL;
}
