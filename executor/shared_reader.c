/* A reader keeps its blocks in order, as a ring: `first` and `next` count them from its beginning.
 * A seat knows the block it takes next. Blocks that all have taken stay for a little, so that a
 * query that comes a moment later finds its place.
 *
 * A query's place is the last block before which the reader was nowhere further than the query, in
 * any partition; the few records in between are passed over. One lock guards everything except the
 * decoding, which only the reader's thread does, and the rows of blocks that are held.
 */
#include "executor/shared_reader.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "executor/shared_block.h"

enum {
    BATCH_ROWS = 4096,
    BLOCKS_AHEAD = 16,   /* of the slowest query */
    BLOCKS_BEHIND = 4,   /* taken by all, and still there */
    PASSED_OVER = 50000, /* records read again at most to find a place */
    POLL_MS = 100,
    COLUMNS_WAIT_MS = 300,
    HELD_UP_MS = 2000, /* then the slowest loses its place, where the topic's end was reached */
    STUCK_MS = 10000,  /* the same anywhere */
};

typedef struct reader {
    struct reader *next;
    int64_t number; /* older readers have lower ones */
    shared_readers *all;
    arena *arena;
    const source_descriptor *source;
    slice group;
    int32_t partitions;
    pthread_t thread;
    pthread_cond_t came, room;
    bool has_begun, stops;
    topic_reader *topic; /* NULL while it is not open */
    int64_t *positions;  /* by partition: what is behind the newest blocks */
    int64_t *lags;       /* behind its positions */
    int64_t news;        /* counts what seats may wait for: blocks, positions, failure */
    bool *wanted;        /* by source column */
    bool *decoded;       /* what the blocks from now on have */
    shared_block **blocks;
    int64_t capacity, first, count_next;
    shared_block *free;
    reader_seat *seats;
    bool was_at_end;
    int64_t held_up_ms;
    bool failed;
    error failure;
} reader;

struct reader_seat {
    reader_seat *next_seat;
    shared_readers *all;
    const plan_node *node;
    slice group;
    int32_t partitions;
    reader *at;        /* NULL: it has no place */
    bool lost_place;   /* its reader does not wait for it any more */
    bool waits, woken; /* guarded by the lock */
    int64_t news;      /* of the reader, that it has heard */
    int64_t block_next;
    shared_block *block; /* held */
    /* Of the seat's thread. */
    int64_t *positions, *lags;
    column **columns;
    batch view;
    batch_builder *rest; /* of a block that begins before the position */
    shared_rows rows;
};

struct shared_readers {
    topic_system *topics;
    schema_registry *registry;
    pthread_mutex_t lock;
    pthread_cond_t released;
    int holds;
    reader *readers;
    int64_t made;
};

/* ---- all of them ---- */

static void make_condition(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t deadline_ms) {
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

static shared_block **block_at(const reader *r, int64_t number) {
    return &r->blocks[number % r->capacity];
}

static void let_go(reader *r, shared_block *b) {
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
    while (r->first < until && r->count_next - r->first > BLOCKS_BEHIND)
        let_go(r, *block_at(r, r->first++));
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

static void wait_for_room(reader *r) {
    int64_t began_ms = clock_monotonic_ms(), before_ms = began_ms;
    for (;;) {
        drop_taken(r);
        if (r->stops || r->count_next - slowest(r) < BLOCKS_AHEAD)
            return;
        wait_until(&r->room, &r->all->lock, before_ms + POLL_MS);
        int64_t now_ms = clock_monotonic_ms();
        watch_slowest(r, now_ms - before_ms, now_ms - began_ms);
        before_ms = now_ms;
    }
}

static bool open_topic(reader *r, error *e) {
    topic_reader *topic = topic_reader_open(r->all->topics, r->group, e);
    for (int32_t p = 0; topic && p < r->partitions; p++)
        if (!topic_reader_assign(topic, r->source->topic, p, r->positions[p], e)) {
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
    *block_at(r, r->count_next++) = b;
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

/* One turn: what the topic has now, decoded and given to the seats. */
static bool read_once(reader *r, shared_block **filled, error *e) {
    pthread_mutex_t *lock = &r->all->lock;
    const topic_segment *segments = NULL;
    int count = 0;
    int64_t news = r->news; /* only this thread changes it */
    bool ok = topic_reader_poll(r->topic, POLL_MS, BATCH_ROWS, &segments, &count, e);
    pthread_mutex_lock(lock);
    for (int i = 0; i < count; i++)
        filled[i] = take_free(r);
    pthread_mutex_unlock(lock);
    for (int i = 0; i < count && ok; i++)
        ok = shared_block_fill(filled[i], r->source, r->decoded, r->all->registry, &segments[i], e);
    pthread_mutex_lock(lock);
    for (int i = 0; i < count && ok; i++)
        publish(r, filled[i]);
    if (ok)
        publish_positions(r);
    for (int i = 0; i < count && !ok; i++) {
        filled[i]->holders = 1;
        let_go(r, filled[i]);
    }
    if (r->news > news)
        pthread_cond_broadcast(&r->came);
    pthread_mutex_unlock(lock);
    return ok;
}

static void *reader_thread(void *context) {
    reader *r = context;
    pthread_mutex_t *lock = &r->all->lock;
    shared_block **filled = memory_allocate(sizeof *filled * (size_t)r->partitions);
    error e = {0};
    pthread_mutex_lock(lock);
    while (r->all->holds && !r->stops)
        pthread_cond_wait(&r->all->released, lock);
    r->has_begun = true;
    memcpy(r->decoded, r->wanted, (size_t)r->source->column_count);
    pthread_mutex_unlock(lock);
    bool ok = open_topic(r, &e);
    while (ok) {
        pthread_mutex_lock(lock);
        wait_for_room(r);
        memcpy(r->decoded, r->wanted, (size_t)r->source->column_count);
        bool stops = r->stops;
        pthread_mutex_unlock(lock);
        if (stops)
            break;
        ok = read_once(r, filled, &e);
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
    memory_free(filled);
    return NULL;
}

/* ---- making and ending readers ---- */

/* `r` is not listed any more, and nobody sits there. Not with the lock. */
static void end_reader(reader *r) {
    if (!r)
        return;
    pthread_join(r->thread, NULL);
    while (r->first < r->count_next)
        let_go(r, *block_at(r, r->first++));
    for (shared_block *b; (b = r->free);) {
        r->free = b->next_free;
        shared_block_destroy(b);
    }
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

static void add_wanted(reader *r, const plan_node *node) {
    for (int i = 0; i < node->column_count; i++)
        if (!node->source.wanted || node->source.wanted[i])
            r->wanted[node->source.source_columns[i]] = true;
}

static bool has_columns(const bool *there, const plan_node *node) {
    for (int i = 0; i < node->column_count; i++)
        if ((!node->source.wanted || node->source.wanted[i]) &&
            !there[node->source.source_columns[i]])
            return false;
    return true;
}

static reader *make_reader(reader_seat *s, const int64_t *positions, error *e) {
    shared_readers *all = s->all;
    reader *r = MEMORY_NEW(reader);
    r->all = all;
    r->arena = arena_create();
    r->source = source_copy(r->arena, s->node->source.source);
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
    r->capacity = BLOCKS_AHEAD + BLOCKS_BEHIND + s->partitions;
    r->blocks = memory_allocate_zero(sizeof(shared_block *) * (size_t)r->capacity);
    make_condition(&r->came);
    make_condition(&r->room);
    add_wanted(r, s->node);
    int code = pthread_create(&r->thread, NULL, reader_thread, r);
    if (code == 0) {
        r->next = all->readers;
        all->readers = r;
        return r;
    }
    error_set(e, ERROR_IO, "The topic %.*s gets no thread to be read: %s.",
        SLICE_ARG(r->source->topic), strerror(code));
    pthread_cond_destroy(&r->came);
    pthread_cond_destroy(&r->room);
    memory_free(r->blocks);
    memory_free(r->positions);
    memory_free(r->lags);
    memory_free(r->wanted);
    memory_free(r->decoded);
    arena_destroy(r->arena);
    memory_free(r);
    return NULL;
}

/* ---- finding a place; the lock is held ---- */

static bool same_format(const source_format *a, const source_format *b) {
    return slice_equal(a->name, b->name) && a->delimiter == b->delimiter &&
           slice_equal(a->schema_full_name, b->schema_full_name) && a->schema_id == b->schema_id &&
           a->wrap_single == b->wrap_single && a->nullable == b->nullable;
}

/* Whether what is decoded for one is what the other needs. */
static bool same_source(const source_descriptor *a, const source_descriptor *b) {
    if (!slice_equal(a->topic, b->topic) || a->kind != b->kind || a->window != b->window ||
        a->window_size_ms != b->window_size_ms || a->column_count != b->column_count ||
        !slice_equal(a->timestamp_column, b->timestamp_column) ||
        !slice_equal(a->timestamp_format, b->timestamp_format) ||
        !same_format(&a->key_format, &b->key_format) ||
        !same_format(&a->value_format, &b->value_format))
        return false;
    for (int i = 0; i < a->column_count; i++)
        if (a->columns[i].role != b->columns[i].role ||
            !slice_equal(a->columns[i].name, b->columns[i].name) ||
            !slice_equal(a->columns[i].header_key, b->columns[i].header_key) ||
            !sql_type_equal(a->columns[i].type, b->columns[i].type))
            return false;
    return true;
}

/* How far `positions` are ahead of `there`; -1 when one of them is behind. */
static int64_t distance(const int64_t *there, const int64_t *positions, int32_t partitions) {
    int64_t sum = 0;
    for (int32_t p = 0; p < partitions; p++) {
        if (positions[p] < there[p])
            return -1;
        sum += positions[p] - there[p];
    }
    return sum;
}

/* One that has not begun can begin a little earlier. */
static bool join_before_it_begins(reader *r, const int64_t *positions) {
    for (int32_t p = 0; p < r->partitions; p++) {
        int64_t apart = positions[p] - r->positions[p];
        if (apart > PASSED_OVER || apart < -PASSED_OVER)
            return false;
    }
    for (int32_t p = 0; p < r->partitions; p++)
        if (positions[p] < r->positions[p])
            r->positions[p] = positions[p];
    return true;
}

/* The block to begin with; -1: there is none. */
static int64_t find_place(const reader *r, const reader_seat *s, const int64_t *positions) {
    int64_t *there = memory_allocate(sizeof(int64_t) * (size_t)r->partitions);
    memcpy(there, r->positions, sizeof(int64_t) * (size_t)r->partitions);
    int64_t place = r->count_next, apart;
    int64_t first =
        r->count_next - BLOCKS_BEHIND; /* nobody comes back to where it lost its place */
    first = first > r->first ? first : r->first;
    while ((apart = distance(there, positions, r->partitions)) < 0 && place > first) {
        const shared_block *b = *block_at(r, place - 1);
        if (!has_columns(b->wanted, s->node))
            break;
        there[b->partition] = b->from;
        place--;
    }
    memory_free(there);
    return apart >= 0 && apart <= PASSED_OVER ? place : -1;
}

typedef enum found { FOUND_NONE, FOUND_LACKS_COLUMNS, FOUND } found;

static found try_reader(reader *r, reader_seat *s, const int64_t *positions) {
    if (r->failed || r->stops || r->partitions != s->partitions ||
        !same_source(r->source, s->node->source.source))
        return FOUND_NONE;
    int64_t place = r->count_next;
    if (!r->has_begun) {
        if (!join_before_it_begins(r, positions))
            return FOUND_NONE;
        add_wanted(r, s->node);
    } else {
        place = find_place(r, s, positions);
        if (place < 0)
            return FOUND_NONE;
        if (!has_columns(r->decoded, s->node)) {
            add_wanted(r, s->node);
            if (r->topic)
                topic_reader_wake(r->topic);
            return FOUND_LACKS_COLUMNS;
        }
    }
    s->block_next = place;
    return FOUND;
}

static void sit_down(reader_seat *s, reader *r, const int64_t *positions) {
    s->at = r;
    s->news = r->news;
    s->lost_place = false;
    s->next_seat = r->seats;
    r->seats = s;
    if (s->positions != positions)
        memcpy(s->positions, positions, sizeof(int64_t) * (size_t)s->partitions);
    for (int32_t p = 0; p < s->partitions; p++)
        s->lags[p] = 1;
}

/* Gives the reader that is to be ended without the lock, or NULL. */
static reader *get_up(reader_seat *s) {
    reader *r = s->at;
    if (!r)
        return NULL;
    if (s->block)
        let_go(r, s->block);
    s->block = NULL;
    s->at = NULL;
    reader_seat **at = &r->seats;
    while (*at != s)
        at = &(*at)->next_seat;
    *at = s->next_seat;
    pthread_cond_signal(&r->room);
    if (r->seats)
        return NULL;
    reader **listed = &r->all->readers;
    while (*listed != r)
        listed = &(*listed)->next;
    *listed = r->next;
    r->stops = true;
    if (r->topic)
        topic_reader_wake(r->topic);
    pthread_cond_broadcast(&r->all->released);
    return r;
}

static bool take_place(reader_seat *s, const int64_t *positions, error *e) {
    if (s->at)
        return true;
    int64_t deadline_ms = clock_monotonic_ms() + COLUMNS_WAIT_MS;
    for (bool lacks = true; lacks && clock_monotonic_ms() < deadline_ms;) {
        lacks = false;
        for (reader *r = s->all->readers; r; r = r->next) {
            found f = try_reader(r, s, positions);
            if (f == FOUND) {
                sit_down(s, r, positions);
                return true;
            }
            if (f == FOUND_NONE)
                continue;
            lacks = true; /* the lock is given back: readers may be others afterwards */
            wait_until(&s->all->released, &s->all->lock, clock_monotonic_ms() + 5);
            break;
        }
    }
    reader *r = make_reader(s, positions, e);
    if (!r)
        return false;
    s->block_next = 0;
    sit_down(s, r, positions);
    return true;
}

/* To an older reader that is where this seat is: two become one again. */
static reader *move_over(reader_seat *s) {
    for (reader *r = s->all->readers; r; r = r->next) {
        if (r->number >= s->at->number || try_reader(r, s, s->positions) != FOUND)
            continue;
        int64_t place = s->block_next;
        reader *left = get_up(s);
        s->block_next = place;
        sit_down(s, r, s->positions);
        return left;
    }
    return NULL;
}

/* ---- seats ---- */

reader_seat *reader_seat_open(
    shared_readers *all, const plan_node *node, int32_t partitions, slice group) {
    reader_seat *s = MEMORY_NEW(reader_seat);
    s->all = all;
    s->node = node;
    s->group = group;
    s->partitions = partitions;
    s->positions = memory_allocate_zero(sizeof(int64_t) * (size_t)partitions);
    s->lags = memory_allocate_zero(sizeof(int64_t) * (size_t)partitions);
    s->columns = memory_allocate_zero(sizeof(column *) * (size_t)(node->column_count + 1));
    return s;
}

void reader_seat_leave(reader_seat *s) {
    pthread_mutex_lock(&s->all->lock);
    reader *left = get_up(s);
    pthread_mutex_unlock(&s->all->lock);
    end_reader(left);
}

void reader_seat_close(reader_seat *s) {
    if (!s)
        return;
    reader_seat_leave(s);
    batch_builder_destroy(s->rest);
    memory_free(s->positions);
    memory_free(s->lags);
    memory_free(s->columns);
    memory_free(s);
}

bool reader_seat_take(reader_seat *s, const int64_t *positions, error *e) {
    pthread_mutex_lock(&s->all->lock);
    bool ok = take_place(s, positions, e);
    pthread_mutex_unlock(&s->all->lock);
    return ok;
}

void reader_seat_wake(reader_seat *s) {
    pthread_mutex_lock(&s->all->lock);
    s->woken = true;
    if (s->at)
        pthread_cond_broadcast(&s->at->came);
    pthread_mutex_unlock(&s->all->lock);
}

int64_t reader_seat_position(const reader_seat *s, int32_t partition) {
    return s->positions[partition];
}

int64_t reader_seat_lag(const reader_seat *s, int32_t partition) {
    return s->lags[partition];
}

/* ---- taking rows ---- */

static void let_block_go(reader_seat *s) {
    if (!s->block)
        return;
    let_go(s->at, s->block);
    s->block = NULL;
    pthread_cond_signal(&s->at->room);
}

/* The next block, held; NULL: none came in time. */
static shared_block *next_block(reader_seat *s, int64_t deadline_ms, error *e) {
    reader *r = s->at;
    s->waits = true;
    while (s->block_next == r->count_next && s->news == r->news && !r->failed && !s->woken &&
           clock_monotonic_ms() < deadline_ms)
        wait_until(&r->came, &s->all->lock, deadline_ms);
    s->news = r->news;
    s->waits = s->woken = false;
    if (s->block_next < r->count_next) {
        s->block = *block_at(r, s->block_next++);
        s->block->holders++;
        pthread_cond_signal(&r->room);
    } else if (r->failed) {
        *e = r->failure;
    }
    return s->block;
}

/* Where the seat is when the block in hand is processed. */
static void note_positions(reader_seat *s) {
    const reader *r = s->at;
    if (s->block && s->block->until > s->positions[s->block->partition])
        s->positions[s->block->partition] = s->block->until;
    bool has_all = s->block_next == r->count_next;
    for (int32_t p = 0; p < s->partitions; p++) {
        if (has_all && r->positions[p] > s->positions[p])
            s->positions[p] = r->positions[p];
        int64_t behind = r->positions[p] - s->positions[p];
        s->lags[p] = r->lags[p] + (behind > 0 ? behind : 0);
    }
}

/* Rows as the query's source has them. */
static const batch *view_rows(reader_seat *s, const batch *rows) {
    const plan_node *node = s->node;
    for (int i = 0; i < node->column_count; i++)
        s->columns[i] = !node->source.wanted || node->source.wanted[i]
                            ? rows->columns[node->source.source_columns[i]]
                            : NULL;
    s->view = *rows;
    s->view.columns = s->columns;
    s->view.column_count = node->column_count;
    if (!node->needs_source) {
        s->view.partition = NULL;
        s->view.offset = NULL;
    }
    if (!node->needs_headers)
        s->view.headers = NULL;
    return &s->view;
}

/* The rows of records at or after `offset`. */
static const batch *rows_from(reader_seat *s, const batch *rows, int64_t offset) {
    int64_t first = 0;
    while (first < rows->rows && rows->offset[first] < offset)
        first++;
    const batch *view = view_rows(s, rows);
    if (first == 0)
        return view;
    const plan_node *node = s->node;
    if (!s->rest) {
        const sql_type **types =
            memory_allocate(sizeof(sql_type *) * (size_t)(node->column_count + 1));
        for (int i = 0; i < node->column_count; i++)
            types[i] = node->columns[i].type;
        s->rest = batch_builder_create(types, node->column_count, node->needs_source,
            node->window != WINDOW_NONE, node->needs_headers);
        memory_free(types);
    }
    batch_builder_clear(s->rest);
    batch_builder_append_rows(s->rest, view, first, rows->rows - first);
    return batch_builder_view(s->rest);
}

static const shared_rows *open_block(
    reader_seat *s, const shared_block *b, int64_t position, const record_report *report) {
    if (b->until <= position)
        return NULL; /* passed over */
    shared_block_report(b, position, report);
    int64_t before = position - b->first_offset;
    s->rows = (shared_rows){.partition = b->partition,
        .rows = rows_from(s, b->rows, position),
        .records = before > 0 && before < b->records ? b->records - before : b->records,
        .decode_ns = b->decode_ns};
    return &s->rows;
}

bool reader_seat_poll(reader_seat *s, const int64_t *positions, int64_t timeout_ms,
    const record_report *report, const shared_rows **rows, error *e) {
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    *rows = NULL;
    reader *left = NULL;
    pthread_mutex_lock(&s->all->lock);
    let_block_go(s);
    if (s->lost_place)
        left = get_up(s);
    bool ok = take_place(s, positions, e);
    if (ok && !left && s->all->readers->next)
        left = move_over(s);
    shared_block *b = ok ? next_block(s, deadline_ms, e) : NULL;
    int64_t position = b ? s->positions[b->partition] : 0;
    if (ok)
        note_positions(s);
    pthread_mutex_unlock(&s->all->lock);
    end_reader(left);
    if (b)
        *rows = open_block(s, b, position, report);
    return ok && !error_is_set(e);
}
