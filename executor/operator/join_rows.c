/* Rows stand in blocks, one behind the other, as they come: a queue for each input, with a mark up
 * to where it is saved. A run has an array for each input of its rows' times and addresses, sorted
 * by time: nearly always a row is appended at the end and taken out at the front. Runs are found by
 * a hash table (linear probing, backward-shift removal, at most half full) and go with their last
 * row.
 *
 * Cost: a hash a row, and a binary search a walk. */
#include "executor/operator/join_rows.h"

#include <assert.h>

#include "base/memory.h"

enum { BLOCK_BYTES_MOST = 64 << 10, BLOCKS_A_SHARE = 16, FIRST_CELLS = 1024, FIRST_ENTRIES = 2 };

typedef struct stored_row {
    join_run *run;
    int64_t time_ms, sequence;
    uint32_t length;
    char bytes[];
} stored_row;

typedef struct row_block row_block;
struct row_block {
    row_block *next;
    int64_t earliest_ms, latest_ms; /* of its rows */
    size_t used, capacity;
    size_t saved; /* bytes, whose rows the store has */
    _Alignas(8) char bytes[];
};

typedef struct run_entry {
    int64_t time_ms;
    const stored_row *row;
} run_entry;

/* The rows of one input: entries[first .. first + count). */
typedef struct run_rows {
    run_entry *entries;
    uint32_t first, count, capacity;
} run_rows;

struct join_run {
    uint64_t hash;
    run_rows rows[2];
    uint32_t key_length;
    char key[];
};

typedef struct row_queue {
    row_block *first, *last;
    row_block *unsaved; /* the first block with rows that are not saved */
    int64_t bytes;      /* of blocks and entries */
    int64_t since_ms;
} row_queue;

typedef struct run_cell {
    uint64_t hash;
    join_run *run;
} run_cell;

struct join_rows {
    row_queue queues[2];
    run_cell *cells;
    uint64_t mask, count; /* cells - 1; runs */
    int64_t share;
    size_t block_bytes;
    join_rows_save_function save;
    void *context;
};

join_rows *join_rows_create(int64_t share, join_rows_save_function save, void *context) {
    join_rows *r = MEMORY_NEW(join_rows);
    *r = (join_rows){.share = share, .save = save, .context = context, .mask = FIRST_CELLS - 1};
    bool is_small = share < (int64_t)BLOCK_BYTES_MOST * BLOCKS_A_SHARE;
    r->block_bytes = is_small ? (size_t)share / BLOCKS_A_SHARE : BLOCK_BYTES_MOST;
    r->cells = memory_allocate_zero(sizeof *r->cells * FIRST_CELLS);
    r->queues[0].since_ms = r->queues[1].since_ms = INT64_MIN;
    return r;
}

static void free_run(join_run *run) {
    memory_free(run->rows[0].entries);
    memory_free(run->rows[1].entries);
    memory_free(run);
}

void join_rows_destroy(join_rows *r) {
    if (!r)
        return;
    for (uint64_t i = 0; i <= r->mask; i++)
        if (r->cells[i].run)
            free_run(r->cells[i].run);
    for (int input = 0; input < 2; input++)
        for (row_block *b = r->queues[input].first, *next; b; b = next) {
            next = b->next;
            memory_free(b);
        }
    memory_free(r->cells);
    memory_free(r);
}

int64_t join_rows_since(const join_rows *r, int input) {
    return r->queues[input].since_ms;
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
    if (key.length)
        memcpy(run->key, key.data, key.length);
    place(r->cells, r->mask, (run_cell){hash, run});
    r->count++;
    return run;
}

static slice run_key(const join_run *run) {
    return slice_make(run->key, run->key_length);
}

join_run *join_rows_find(join_rows *r, slice key, bool makes) {
    uint64_t hash = slice_hash(key);
    for (uint64_t at = hash & r->mask; r->cells[at].run; at = (at + 1) & r->mask)
        if (r->cells[at].hash == hash && slice_equal(run_key(r->cells[at].run), key))
            return r->cells[at].run;
    return makes ? add_run(r, key, hash) : NULL;
}

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
    free_run(run);
}

/* ---- rows of a run ---- */

/* The first entry (counted from 0) at or after a time; after it when `behind`. */
static uint32_t find_entry(const run_rows *rows, int64_t time_ms, bool behind) {
    const run_entry *entries = rows->entries + rows->first;
    uint32_t low = 0, high = rows->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (entries[middle].time_ms < time_ms || (behind && entries[middle].time_ms == time_ms))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Room for one more entry at the end. Returns by how many bytes it grew. */
static int64_t reserve_entry(run_rows *rows) {
    if (rows->first + rows->count < rows->capacity)
        return 0;
    if (rows->first > rows->capacity / 2) {
        memmove(rows->entries, rows->entries + rows->first, sizeof(run_entry) * rows->count);
        rows->first = 0;
        return 0;
    }
    uint32_t capacity = rows->capacity ? rows->capacity * 2 : FIRST_ENTRIES;
    rows->entries = memory_resize(rows->entries, sizeof(run_entry) * capacity);
    int64_t grown = (int64_t)(sizeof(run_entry) * (capacity - rows->capacity));
    rows->capacity = capacity;
    return grown;
}

static void insert_entry(row_queue *queue, run_rows *rows, const stored_row *row) {
    queue->bytes += reserve_entry(rows);
    run_entry *entries = rows->entries + rows->first;
    uint32_t at = rows->count;
    if (at && entries[at - 1].time_ms > row->time_ms) {
        at = find_entry(rows, row->time_ms, true);
        memmove(entries + at + 1, entries + at, sizeof *entries * (rows->count - at));
    }
    entries[at] = (run_entry){row->time_ms, row};
    rows->count++;
}

static void remove_entry(run_rows *rows, const stored_row *row) {
    run_entry *entries = rows->entries + rows->first;
    uint32_t at = find_entry(rows, row->time_ms, false);
    while (entries[at].row != row)
        at++;
    memmove(entries + 1, entries, sizeof *entries * at);
    rows->first++;
    rows->count--;
}

int64_t join_run_seek(const join_run *run, int input, int64_t from_ms) {
    return find_entry(&run->rows[input], from_ms, false);
}

slice join_run_next(const join_run *run, int input, int64_t *at, int64_t to_ms) {
    const run_rows *rows = &run->rows[input];
    if (*at >= rows->count || rows->entries[rows->first + *at].time_ms > to_ms)
        return (slice){NULL, 0};
    const stored_row *row = rows->entries[rows->first + (*at)++].row;
    return slice_make(row->bytes, row->length);
}

/* ---- blocks ---- */

static row_block *block_for(row_queue *queue, size_t bytes, size_t usual_bytes) {
    row_block *last = queue->last;
    if (last && last->capacity - last->used >= bytes)
        return last;
    size_t capacity = bytes > usual_bytes ? bytes : usual_bytes;
    row_block *b = memory_allocate(sizeof *b + capacity);
    *b = (row_block){.earliest_ms = INT64_MAX, .latest_ms = INT64_MIN, .capacity = capacity};
    if (last)
        last->next = b;
    else
        queue->first = b;
    queue->last = b;
    if (!queue->unsaved)
        queue->unsaved = b;
    queue->bytes += (int64_t)(sizeof *b + capacity);
    return b;
}

static size_t row_bytes(size_t length) {
    return (sizeof(stored_row) + length + 7) & ~(size_t)7;
}

void join_rows_add(
    join_rows *r, join_run *run, int input, int64_t time_ms, int64_t sequence, slice value) {
    row_queue *queue = &r->queues[input];
    assert(time_ms >= queue->since_ms);
    row_block *b = block_for(queue, row_bytes(value.length), r->block_bytes);
    stored_row *row = (stored_row *)(void *)(b->bytes + b->used);
    *row = (stored_row){run, time_ms, sequence, (uint32_t)value.length};
    memcpy(row->bytes, value.data, value.length);
    b->used += row_bytes(value.length);
    if (time_ms < b->earliest_ms)
        b->earliest_ms = time_ms;
    if (time_ms > b->latest_ms)
        b->latest_ms = time_ms;
    insert_entry(queue, &run->rows[input], row);
}

static void save_block(join_rows *r, int input, row_block *b) {
    while (b->saved < b->used) {
        const stored_row *row = (const stored_row *)(void *)(b->bytes + b->saved);
        r->save(r->context, input, run_key(row->run), row->time_ms, row->sequence,
            slice_make(row->bytes, row->length));
        b->saved += row_bytes(row->length);
    }
}

void join_rows_save(join_rows *r) {
    for (int input = 0; input < 2; input++) {
        row_queue *queue = &r->queues[input];
        for (row_block *b = queue->unsaved; b; b = b->next)
            save_block(r, input, b);
        queue->unsaved = queue->last;
    }
}

static void drop_first(join_rows *r, int input) {
    row_queue *queue = &r->queues[input];
    row_block *b = queue->first;
    for (size_t at = 0; at < b->used;) {
        const stored_row *row = (const stored_row *)(void *)(b->bytes + at);
        at += row_bytes(row->length);
        run_rows *rows = &row->run->rows[input];
        remove_entry(rows, row);
        if (rows->count)
            continue;
        queue->bytes -= (int64_t)(sizeof(run_entry) * rows->capacity);
        memory_free(rows->entries);
        *rows = (run_rows){0};
        if (!row->run->rows[!input].count)
            remove_run(r, row->run);
    }
    queue->first = b->next;
    if (queue->last == b)
        queue->last = NULL;
    if (queue->unsaved == b)
        queue->unsaved = b->next;
    queue->bytes -= (int64_t)(sizeof *b + b->capacity);
    memory_free(b);
}

/* Nearly always the first blocks were saved at a barrier. The store has all rows up to the latest
 * of a dropped block; what is added from now on is later. */
static void drop_above_share(join_rows *r, int input) {
    row_queue *queue = &r->queues[input];
    int64_t since_ms = queue->since_ms;
    while (queue->first && queue->bytes > r->share) {
        save_block(r, input, queue->first);
        int64_t latest_ms = queue->first->latest_ms;
        if (latest_ms >= since_ms)
            since_ms = latest_ms < INT64_MAX ? latest_ms + 1 : INT64_MAX;
        drop_first(r, input);
    }
    if (since_ms == queue->since_ms)
        return;
    queue->since_ms = since_ms;
    for (row_block *b = queue->unsaved; b; b = b->next)
        if (b->earliest_ms < since_ms)
            save_block(r, input, b);
}

void join_rows_expire(join_rows *r, int input, int64_t kept_ms) {
    row_queue *queue = &r->queues[input];
    while (queue->first && queue->first->latest_ms < kept_ms)
        drop_first(r, input);
    drop_above_share(r, input);
}
