/* A seat holds the blocks whose rows it has given, and lets them go when it is asked for the next.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "executor/shared_reader_private.h"

/* ---- who is there ---- */

static void count_others(reader_seat *s, int more) {
    for (reader_seat *o = s->all->open; o; o = o->next_open)
        if (o != s && o->partitions == s->partitions &&
            reader_place_same_source(o->node->source.source, s->node->source.source)) {
            __atomic_store_n(&o->others, o->others + more, __ATOMIC_RELAXED);
            __atomic_store_n(&s->others, s->others + more, __ATOMIC_RELAXED);
        }
}

static void enlist(reader_seat *s) {
    pthread_mutex_lock(&s->all->lock);
    count_others(s, 1);
    s->next_open = s->all->open;
    s->all->open = s;
    pthread_mutex_unlock(&s->all->lock);
}

static void delist(reader_seat *s) {
    pthread_mutex_lock(&s->all->lock);
    reader_seat **at = &s->all->open;
    while (*at != s)
        at = &(*at)->next_open;
    *at = s->next_open;
    count_others(s, -1);
    pthread_mutex_unlock(&s->all->lock);
}

reader_seat *reader_seat_open(
    shared_readers *all, const plan_node *node, int32_t partitions, slice group) {
    reader_seat *s = MEMORY_NEW(reader_seat);
    s->all = all;
    s->node = node;
    s->group = group;
    s->partitions = partitions;
    s->threads = 1;
    s->positions = memory_allocate_zero(sizeof(int64_t) * (size_t)partitions);
    s->lags = memory_allocate_zero(sizeof(int64_t) * (size_t)partitions);
    s->ends = memory_allocate(sizeof(int64_t) * (size_t)partitions);
    for (int32_t p = 0; p < partitions; p++)
        s->ends[p] = INT64_MAX;
    enlist(s);
    return s;
}

void reader_seat_use_threads(reader_seat *s, int threads) {
    s->threads = threads;
}

void reader_seat_expect_long_barriers(reader_seat *s, bool are_long) {
    if (s->has_long_barriers == are_long)
        return;
    pthread_mutex_lock(&s->all->lock);
    s->has_long_barriers = are_long;
    if (s->at)
        pthread_cond_signal(&s->at->room);
    pthread_mutex_unlock(&s->all->lock);
}

void reader_seat_end_at(reader_seat *s, int32_t partition, int64_t end) {
    s->ends[partition] = end;
}

bool reader_seat_has_company(reader_seat *s) {
    return __atomic_load_n(&s->others, __ATOMIC_RELAXED) > 0;
}

bool reader_seat_is_held(reader_seat *s, int64_t timeout_ms) {
    if (!s->all->holds)
        return false;
    pthread_mutex_lock(&s->all->lock);
    if (s->all->holds)
        shared_reader_wait(&s->all->released, &s->all->lock, clock_monotonic_ms() + timeout_ms);
    pthread_mutex_unlock(&s->all->lock);
    return s->all->holds > 0;
}

void reader_seat_leave(reader_seat *s) {
    pthread_mutex_lock(&s->all->lock);
    reader *left = reader_place_leave(s);
    pthread_mutex_unlock(&s->all->lock);
    shared_reader_end(left);
}

void reader_seat_close(reader_seat *s) {
    if (!s)
        return;
    reader_seat_leave(s);
    delist(s);
    for (int i = 0; i < READER_SEAT_BLOCKS; i++) {
        reader_free_narrow(&s->held[i], s->node->column_count);
        batch_builder_destroy(s->held[i].rest);
        memory_free(s->held[i].columns);
    }
    memory_free(s->positions);
    memory_free(s->lags);
    memory_free(s->ends);
    memory_free(s);
}

bool reader_seat_take(reader_seat *s, const int64_t *positions, error *e) {
    pthread_mutex_lock(&s->all->lock);
    bool ok = reader_place_take(s, positions, e);
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

static void let_blocks_go(reader_seat *s) {
    for (int i = 0; i < s->held_count; i++)
        shared_reader_let_go(s->at, s->held[i].block);
    if (s->held_count)
        pthread_cond_signal(&s->at->room);
    s->held_count = 0;
}

/* The next block is held, and the seat is behind it. */
static void hold_next(reader_seat *s) {
    reader *r = s->at;
    shared_block *b = *shared_reader_block(r, s->block_next++);
    int64_t *position = &s->positions[b->partition];
    b->holders++;
    s->held[s->held_count].block = b;
    s->held[s->held_count++].position = *position;
    if (b->until > *position)
        *position = b->until;
}

/* Holds the next blocks, as many as are there; none may come in time. */
static void wait_for_blocks(reader_seat *s, int64_t deadline_ms, int most, error *e) {
    reader *r = s->at;
    s->waits = true;
    while (s->block_next == r->count_next && s->news == r->news && !r->failed && !s->woken &&
           clock_monotonic_ms() < deadline_ms)
        shared_reader_wait(&r->came, &s->all->lock, deadline_ms);
    s->news = r->news;
    s->waits = s->woken = false;
    while (s->block_next < r->count_next && s->held_count < most)
        hold_next(s);
    if (s->held_count)
        pthread_cond_signal(&r->room);
    else if (r->failed)
        *e = r->failure;
}

/* Where the seat is when the blocks in hand are processed. */
static void note_positions(reader_seat *s) {
    const reader *r = s->at;
    bool has_all = s->block_next == r->count_next;
    for (int32_t p = 0; p < s->partitions; p++) {
        if (has_all && r->positions[p] > s->positions[p])
            s->positions[p] = r->positions[p];
        int64_t behind = r->positions[p] - s->positions[p];
        s->lags[p] = r->lags[p] + (behind > 0 ? behind : 0);
    }
}

/* Rows as the query's source has them. */
static const batch *view_rows(const reader_seat *s, held_block *h, const batch *rows) {
    const plan_node *node = s->node;
    if (!h->columns)
        h->columns = memory_allocate(sizeof(column *) * (size_t)(node->column_count + 1));
    for (int i = 0; i < node->column_count; i++)
        h->columns[i] =
            !node->source.wanted || node->source.wanted[i]
                ? reader_narrow(h, i, node->column_count,
                      rows->columns[node->source.source_columns[i]], node->columns[i].type)
                : NULL;
    h->view = *rows;
    h->view.columns = h->columns;
    h->view.column_count = node->column_count;
    if (!node->needs_source) {
        h->view.partition = NULL;
        h->view.offset = NULL;
    }
    if (!node->needs_headers)
        h->view.headers = NULL;
    return &h->view;
}

static batch_builder *make_rest(const plan_node *node) {
    const sql_type **types = memory_allocate(sizeof(sql_type *) * (size_t)(node->column_count + 1));
    for (int i = 0; i < node->column_count; i++)
        types[i] = node->columns[i].type;
    batch_builder *rest = batch_builder_create(types, node->column_count, node->needs_source,
        node->window != WINDOW_NONE, node->needs_headers);
    memory_free(types);
    return rest;
}

/* The rows of records at or after the seat's position, and before its end. */
static const batch *rows_between(const reader_seat *s, held_block *h, const batch *rows) {
    int64_t first = 0, last = rows->rows, end = s->ends[h->block->partition];
    while (first < last && rows->offset[first] < h->position)
        first++;
    while (first < last && rows->offset[last - 1] >= end)
        last--;
    const batch *view = view_rows(s, h, rows);
    if (first == 0 && last == rows->rows)
        return view;
    if (!h->rest)
        h->rest = make_rest(s->node);
    batch_builder_clear(h->rest);
    batch_builder_append_rows(h->rest, view, first, last - first);
    return batch_builder_view(h->rest);
}

static bool open_block(
    const reader_seat *s, held_block *h, const record_report *report, shared_rows *rows) {
    const shared_block *b = h->block;
    if (b->until <= h->position)
        return false; /* passed over */
    shared_block_report(b, h->position, s->ends[b->partition], report);
    int64_t before = h->position - b->first_offset;
    *rows = (shared_rows){.partition = b->partition,
        .rows = rows_between(s, h, b->rows),
        .records = before > 0 && before < b->records ? b->records - before : b->records,
        .decode_ns = b->decode_ns};
    return true;
}

bool reader_seat_poll(reader_seat *s, const int64_t *positions, int64_t timeout_ms,
    const record_report *report, int most, const shared_rows **rows, int *count, error *e) {
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    reader *left = NULL;
    pthread_mutex_lock(&s->all->lock);
    let_blocks_go(s);
    if (s->lost_place)
        left = reader_place_leave(s);
    bool ok = reader_place_take(s, positions, e);
    if (ok && !left && s->all->readers->next)
        left = reader_place_move(s);
    if (ok) {
        wait_for_blocks(s, deadline_ms, most, e);
        note_positions(s);
    }
    pthread_mutex_unlock(&s->all->lock);
    shared_reader_end(left);
    *rows = s->rows;
    *count = 0;
    for (int i = 0; i < s->held_count; i++)
        *count += open_block(s, &s->held[i], report, &s->rows[*count]);
    return ok && !error_is_set(e);
}
