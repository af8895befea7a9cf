/* A run has an array of packs for each input. They are sorted by time and do not overlap: nearly
 * always a row is appended to the last one. One that comes late is inserted into its pack, which is
 * split when it is full. A pack is saved as far as its mark; a row that is inserted in front of the
 * mark is saved by itself at once. Packs begin small and get larger with their run, so a key with
 * few rows needs little and one with many has few packs.
 *
 * All packs of an input stand in a queue in the order in which they were begun. Runs are found by a
 * hash table (linear probing, backward-shift removal, at most half full) and go with their last
 * row. A run remembers from when on it has all rows; of runs that are gone, the input does.
 *
 * Cost: a hash and an append a row, about ten bytes more than its own, and a walk through half a
 * pack a lookup. */
#include "executor/operator/join_rows.h"

#include <assert.h>

#include "base/memory.h"
#include "executor/operator/join_pack.h"

enum { PACK_BYTES_LEAST = 64, PACK_BYTES_MOST = 512, FIRST_CELLS = 1024, FIRST_PACKS = 2 };
enum { ALLOCATION_BYTES = 8, SPARE_PART = 16 };

typedef struct row_pack row_pack;
struct row_pack {
    join_run *run;
    row_pack *next; /* in the input's queue */
    int64_t slice_start_ms, first_ms, last_ms;
    uint32_t used, capacity;
    uint32_t saved;   /* bytes, whose rows the store has */
    uint32_t unsaved; /* its place in the list of those with unsaved rows; 0: none */
    char bytes[];
};

/* The rows of one input: packs[first .. first + count), of which `last` is the last one. */
typedef struct run_rows {
    row_pack **packs, *last;
    uint32_t first, count, capacity;
    int64_t since_ms;
} run_rows;

struct join_run {
    uint64_t hash;
    run_rows rows[2];
    uint32_t key_length;
    char key[];
};

typedef struct row_queue {
    row_pack *first, *last;
    row_pack **unsaved; /* from place 1 on; NULL: saved meanwhile */
    uint32_t unsaved_count, unsaved_capacity;
    int64_t bytes;
    int64_t since_ms; /* of keys without a run */
} row_queue;

typedef struct run_cell {
    uint64_t hash;
    join_run *run;
} run_cell;

struct join_rows {
    row_queue queues[2];
    run_cell *cells;
    uint64_t mask, count; /* cells - 1; runs */
    int64_t slice_ms, share;
    join_rows_save_function save;
    void *context;
};

join_rows *join_rows_create(
    int64_t slice_ms, int64_t share, join_rows_save_function save, void *context) {
    join_rows *r = MEMORY_NEW(join_rows);
    *r = (join_rows){.slice_ms = slice_ms,
        .share = share,
        .save = save,
        .context = context,
        .mask = FIRST_CELLS - 1};
    r->cells = memory_allocate_zero(sizeof *r->cells * FIRST_CELLS);
    r->queues[0].since_ms = r->queues[1].since_ms = INT64_MIN;
    return r;
}

static void free_run(join_run *run) {
    memory_free(run->rows[0].packs);
    memory_free(run->rows[1].packs);
    memory_free(run);
}

void join_rows_destroy(join_rows *r) {
    if (!r)
        return;
    for (uint64_t i = 0; i <= r->mask; i++)
        if (r->cells[i].run)
            free_run(r->cells[i].run);
    for (int input = 0; input < 2; input++) {
        for (row_pack *p = r->queues[input].first, *next; p; p = next) {
            next = p->next;
            memory_free(p);
        }
        memory_free(r->queues[input].unsaved);
    }
    memory_free(r->cells);
    memory_free(r);
}

void join_rows_begin(join_rows *r, int input, int64_t since_ms) {
    assert(!r->queues[input].first);
    r->queues[input].since_ms = since_ms;
}

/* ---- runs ---- */

static void place(run_cell *cells, uint64_t mask, run_cell cell) {
    uint64_t at = cell.hash & mask;
    while (cells[at].run)
        at = (at + 1) & mask;
    cells[at] = cell;
}

static void grow_cells(join_rows *r) {
    uint64_t mask = r->mask * 2 + 1;
    run_cell *cells = memory_allocate_zero(sizeof *cells * (mask + 1));
    for (uint64_t i = 0; i <= r->mask; i++)
        if (r->cells[i].run)
            place(cells, mask, r->cells[i]);
    memory_free(r->cells);
    r->cells = cells;
    r->mask = mask;
}

static join_run *add_run(join_rows *r, slice key, uint64_t hash) {
    if ((r->count + 1) * 2 > r->mask)
        grow_cells(r);
    join_run *run = memory_allocate(sizeof *run + key.length);
    *run = (join_run){.hash = hash, .key_length = (uint32_t)key.length};
    for (int input = 0; input < 2; input++)
        run->rows[input].since_ms = r->queues[input].since_ms;
    if (key.length)
        memcpy(run->key, key.data, key.length);
    place(r->cells, r->mask, (run_cell){hash, run});
    r->count++;
    return run;
}

static slice run_key(const join_run *run) {
    return slice_make(run->key, run->key_length);
}

join_run *join_rows_find(join_rows *r, slice key, uint64_t hash, bool makes) {
    for (uint64_t at = hash & r->mask; r->cells[at].run; at = (at + 1) & r->mask)
        if (r->cells[at].hash == hash && slice_equal(run_key(r->cells[at].run), key))
            return r->cells[at].run;
    return makes ? add_run(r, key, hash) : NULL;
}

void join_rows_fetch(const join_rows *r, uint64_t hash, int step) {
    uint64_t at = hash & r->mask;
    if (step == 0) {
        memory_prefetch(&r->cells[at]);
        return;
    }
    while (r->cells[at].run && r->cells[at].hash != hash)
        at = (at + 1) & r->mask;
    const join_run *run = r->cells[at].run;
    if (!run)
        return;
    if (step == 1) {
        memory_prefetch(run);
        memory_prefetch((const char *)run + 64);
        return;
    }
    for (int input = 0; input < 2; input++)
        if (run->rows[input].last) {
            memory_prefetch(run->rows[input].last);
            memory_prefetch(run->rows[input].last->bytes);
        }
}

/* Its key's older rows are in the store only. */
static void remove_run(join_rows *r, join_run *run) {
    uint64_t at = run->hash & r->mask;
    while (r->cells[at].run != run)
        at = (at + 1) & r->mask;
    for (uint64_t i = (at + 1) & r->mask; r->cells[i].run; i = (i + 1) & r->mask) {
        uint64_t home = r->cells[i].hash & r->mask;
        if (((i - home) & r->mask) < ((i - at) & r->mask))
            continue; /* it is nearer to its home than the hole is */
        r->cells[at] = r->cells[i];
        at = i;
    }
    r->cells[at] = (run_cell){0};
    r->count--;
    for (int input = 0; input < 2; input++)
        if (run->rows[input].since_ms > r->queues[input].since_ms)
            r->queues[input].since_ms = run->rows[input].since_ms;
    free_run(run);
}

int64_t join_rows_since(const join_rows *r, const join_run *run, int input) {
    return run ? run->rows[input].since_ms : r->queues[input].since_ms;
}

/* ---- the packs of a run ---- */

static row_pack *pack_at(const run_rows *rows, uint32_t place) {
    return rows->packs[rows->first + place];
}

/* How many packs begin at or before a time. */
static uint32_t count_begun(const run_rows *rows, int64_t time_ms) {
    uint32_t low = 0, high = rows->count;
    if (high && rows->last->first_ms <= time_ms)
        return high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (pack_at(rows, middle)->first_ms <= time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Room for one more pack at the end. Returns by how many bytes it grew. */
static int64_t reserve_pack(run_rows *rows) {
    if (rows->first + rows->count < rows->capacity)
        return 0;
    if (rows->first > rows->capacity / 2) {
        memmove(rows->packs, rows->packs + rows->first, sizeof *rows->packs * rows->count);
        rows->first = 0;
        return 0;
    }
    uint32_t capacity = rows->capacity ? rows->capacity * 2 : FIRST_PACKS;
    rows->packs = memory_resize(rows->packs, sizeof *rows->packs * capacity);
    int64_t grown = (int64_t)(sizeof *rows->packs * (capacity - rows->capacity));
    rows->capacity = capacity;
    return grown;
}

static int64_t pack_bytes(const row_pack *p) {
    return (int64_t)(sizeof *p + p->capacity + ALLOCATION_BYTES);
}

/* An empty pack for rows of a slice, with room for a row of so many bytes, at a place among the
 * others. */
static row_pack *add_pack(
    row_queue *queue, join_run *run, int input, uint32_t at, int64_t slice_start_ms, size_t bytes) {
    run_rows *rows = &run->rows[input];
    queue->bytes += reserve_pack(rows);
    size_t capacity = at ? 2 * (size_t)pack_at(rows, at - 1)->used : PACK_BYTES_LEAST;
    if (capacity < PACK_BYTES_LEAST)
        capacity = PACK_BYTES_LEAST;
    if (capacity > PACK_BYTES_MOST)
        capacity = PACK_BYTES_MOST;
    if (capacity < bytes)
        capacity = bytes;
    row_pack *p = memory_allocate(sizeof *p + capacity);
    *p = (row_pack){.run = run, .slice_start_ms = slice_start_ms, .capacity = (uint32_t)capacity};
    row_pack **packs = rows->packs + rows->first;
    memmove(packs + at + 1, packs + at, sizeof *packs * (rows->count - at));
    packs[at] = p;
    rows->count++;
    rows->last = packs[rows->count - 1];
    if (queue->last)
        queue->last->next = p;
    else
        queue->first = p;
    queue->last = p;
    queue->bytes += pack_bytes(p);
    return p;
}

static void list_unsaved(row_queue *queue, row_pack *p) {
    if (p->unsaved)
        return;
    if (queue->unsaved_count + 1 >= queue->unsaved_capacity) {
        queue->unsaved_capacity = queue->unsaved_capacity ? queue->unsaved_capacity * 2 : 64;
        queue->unsaved =
            memory_resize(queue->unsaved, sizeof(row_pack *) * queue->unsaved_capacity);
    }
    p->unsaved = ++queue->unsaved_count;
    queue->unsaved[p->unsaved] = p;
}

static void save_pack(join_rows *r, int input, row_pack *p) {
    if (!p->unsaved)
        return;
    r->queues[input].unsaved[p->unsaved] = NULL;
    p->unsaved = 0;
    if (p->saved < p->used)
        r->save(r->context, input, run_key(p->run), p->slice_start_ms, p->last_ms,
            slice_make(p->bytes + p->saved, p->used - p->saved));
    p->saved = p->used;
}

/* Saves a pack before the next barrier. Rows of the same time must be saved in the order of their
 * coming, and those that came before may end the pack before. */
static void save_early(join_rows *r, int input, const run_rows *rows, uint32_t place) {
    uint32_t first = place;
    while (first && pack_at(rows, first - 1)->last_ms == pack_at(rows, first)->first_ms)
        first--;
    for (; first <= place; first++)
        save_pack(r, input, pack_at(rows, first));
}

/* ---- adding a row ---- */

/* The first row later than `time_ms`; the pack has one. The last row before it is from
 * `before_ms`. */
static uint32_t find_later(const row_pack *p, int64_t time_ms, int64_t *before_ms) {
    const char *at = p->bytes, *end = p->bytes + p->used;
    for (;;) {
        uint64_t since = 0;
        slice ignored;
        const char *next = join_pack_read(at, end, &since, &ignored);
        if (p->slice_start_ms + (int64_t)since > time_ms)
            return (uint32_t)(at - p->bytes);
        *before_ms = p->slice_start_ms + (int64_t)since;
        at = next;
    }
}

static void append_row(row_queue *queue, row_pack *p, int64_t time_ms, slice row) {
    uint64_t since = (uint64_t)(time_ms - p->slice_start_ms);
    join_pack_write(p->bytes + p->used, since, row);
    if (!p->used)
        p->first_ms = time_ms;
    p->used += (uint32_t)join_pack_row_bytes(since, row.length);
    p->last_ms = time_ms;
    list_unsaved(queue, p);
}

/* Inserts a row in front of a later one. */
static void insert_row(
    join_rows *r, int input, row_pack *p, uint32_t at, int64_t time_ms, slice row) {
    uint64_t since = (uint64_t)(time_ms - p->slice_start_ms);
    uint32_t bytes = (uint32_t)join_pack_row_bytes(since, row.length);
    memmove(p->bytes + at + bytes, p->bytes + at, p->used - at);
    join_pack_write(p->bytes + at, since, row);
    p->used += bytes;
    if (!at)
        p->first_ms = time_ms;
    if (at >= p->saved) {
        list_unsaved(&r->queues[input], p);
        return;
    }
    p->saved += bytes;
    r->save(r->context, input, run_key(p->run), p->slice_start_ms, time_ms,
        slice_make(p->bytes + at, bytes));
}

/* Rows from `at` on move to a pack of their own behind this one, whose last row is then from
 * `last_ms`. The pack has been saved, or at the barrier those behind it, which may have rows of the
 * same time, would be saved before the new one. */
static void split_pack(
    row_queue *queue, int input, row_pack *p, uint32_t place, uint32_t at, int64_t last_ms) {
    uint32_t moved = p->used - at;
    row_pack *later = add_pack(queue, p->run, input, place + 1, p->slice_start_ms, moved);
    memcpy(later->bytes, p->bytes + at, moved);
    uint64_t since = 0;
    slice ignored;
    join_pack_read(later->bytes, later->bytes + moved, &since, &ignored);
    later->first_ms = p->slice_start_ms + (int64_t)since;
    later->last_ms = p->last_ms;
    later->used = moved;
    later->saved = moved;
    p->used = p->saved = at;
    p->last_ms = last_ms;
}

void join_rows_add(join_rows *r, join_run *run, int input, int64_t time_ms, slice row) {
    row_queue *queue = &r->queues[input];
    run_rows *rows = &run->rows[input];
    assert(time_ms >= rows->since_ms);
    uint64_t since = join_pack_since(time_ms, r->slice_ms);
    int64_t slice_start_ms = (int64_t)((uint64_t)time_ms - since);
    size_t bytes = join_pack_row_bytes(since, row.length);
    uint32_t begun = count_begun(rows, time_ms);
    row_pack *p = begun ? pack_at(rows, begun - 1) : NULL;
    bool fits = p && p->slice_start_ms == slice_start_ms && p->capacity - p->used >= bytes;
    if (p && time_ms < p->last_ms) { /* then it is of this slice */
        int64_t before_ms = 0;
        uint32_t at = find_later(p, time_ms, &before_ms);
        if (fits) {
            insert_row(r, input, p, at, time_ms, row);
            return;
        }
        save_early(r, input, rows, begun - 1);
        split_pack(queue, input, p, begun - 1, at, before_ms);
        fits = p->capacity - p->used >= bytes;
    }
    if (!fits)
        p = add_pack(queue, run, input, begun, slice_start_ms, bytes);
    append_row(queue, p, time_ms, row);
}

/* ---- walking ---- */

static void enter_pack(join_walk *w) {
    const run_rows *rows = &w->run->rows[w->input];
    if (w->pack >= rows->count) {
        w->at = w->end = NULL;
        return;
    }
    const row_pack *p = w->pack + 1 == rows->count ? rows->last : pack_at(rows, w->pack);
    w->at = p->bytes;
    w->end = p->bytes + p->used;
    w->slice_start_ms = p->slice_start_ms;
}

void join_walk_start(join_walk *w, const join_run *run, int input, int64_t from_ms, int64_t to_ms) {
    *w = (join_walk){.run = run, .input = input, .from_ms = from_ms, .to_ms = to_ms};
    const run_rows *rows = &run->rows[input];
    if (rows->count > 1 && from_ms > INT64_MIN) { /* rows of that time may end the pack before */
        uint32_t begun = count_begun(rows, from_ms - 1);
        w->pack = begun ? begun - 1 : 0;
    }
    enter_pack(w);
}

bool join_walk_next(join_walk *w, int64_t *time_ms, slice *row) {
    while (w->at) {
        if (w->at == w->end) {
            w->pack++;
            enter_pack(w);
            continue;
        }
        uint64_t since = 0;
        w->at = join_pack_read(w->at, w->end, &since, row);
        *time_ms = w->slice_start_ms + (int64_t)since;
        if (*time_ms > w->to_ms)
            w->at = NULL;
        else if (*time_ms >= w->from_ms)
            return true;
    }
    return false;
}

/* ---- saving and leaving ---- */

void join_rows_save(join_rows *r) {
    for (int input = 0; input < 2; input++) {
        row_queue *queue = &r->queues[input];
        for (uint32_t i = 1; i <= queue->unsaved_count; i++)
            if (queue->unsaved[i])
                save_pack(r, input, queue->unsaved[i]);
        queue->unsaved_count = 0;
    }
}

static void take_out(join_rows *r, int input, row_pack *p) {
    row_queue *queue = &r->queues[input];
    join_run *run = p->run;
    run_rows *rows = &run->rows[input];
    row_pack **packs = rows->packs + rows->first;
    uint32_t at = 0;
    while (packs[at] != p)
        at++;
    memmove(packs + 1, packs, sizeof *packs * at);
    rows->first++;
    rows->count--;
    rows->last = rows->count ? pack_at(rows, rows->count - 1) : NULL;
    if (rows->count)
        return;
    queue->bytes -= (int64_t)(sizeof *packs * rows->capacity);
    memory_free(rows->packs);
    rows->packs = NULL;
    rows->first = rows->capacity = 0;
    if (!run->rows[!input].count)
        remove_run(r, run);
}

static void drop_first(join_rows *r, int input) {
    row_queue *queue = &r->queues[input];
    row_pack *p = queue->first;
    if (p->unsaved)
        queue->unsaved[p->unsaved] = NULL;
    queue->first = p->next;
    if (queue->last == p)
        queue->last = NULL;
    queue->bytes -= pack_bytes(p);
    take_out(r, input, p);
    memory_free(p);
}

/* The store gets all rows of the run up to the last of a dropped pack; what is added from now on is
 * later. Nearly always it has them. */
static void leave_to_store(join_rows *r, int input, row_pack *p) {
    run_rows *rows = &p->run->rows[input];
    if (p->last_ms >= rows->since_ms)
        rows->since_ms = p->last_ms < INT64_MAX ? p->last_ms + 1 : INT64_MAX;
    for (uint32_t i = 0; i < rows->count && pack_at(rows, i)->first_ms < rows->since_ms; i++)
        save_pack(r, input, pack_at(rows, i));
}

/* More than it must, so that there is something to do now and then only. */
static void drop_above_share(join_rows *r, int input) {
    row_queue *queue = &r->queues[input];
    if (queue->bytes <= r->share)
        return;
    while (queue->first && queue->bytes > r->share - r->share / SPARE_PART) {
        leave_to_store(r, input, queue->first);
        drop_first(r, input);
    }
}

void join_rows_expire(join_rows *r, int input, int64_t kept_ms) {
    row_queue *queue = &r->queues[input];
    while (queue->first && queue->first->last_ms < kept_ms)
        drop_first(r, input);
    drop_above_share(r, input);
}
