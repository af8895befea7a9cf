/* Linear probing over 16-byte cells, at most five eighths full. Groups leave in sweeps only. What
 * stands behind a cell that becomes free moves into it if it may, so there are no tombstones.
 */
#include "executor/operator/group_table.h"

#include "base/memory.h"

enum { FIRST_CELLS = 1024, SWEEP_AHEAD = 16 };

group_key_form group_key_form_of(const sql_type *const *types, int count) {
    if (count != 1)
        return GROUP_KEY_ENCODED;
    switch (types[0]->base) {
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        return GROUP_KEY_INT64;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        return GROUP_KEY_INT32;
    case SQL_VARCHAR:
    case SQL_BYTES:
        return GROUP_KEY_BYTES;
    default:
        return GROUP_KEY_ENCODED;
    }
}

static group_cell *make_cells(uint64_t count) {
    return memory_allocate_zero(sizeof(group_cell) * count);
}

void group_table_open(group_table *table, group_key_form form, size_t state_bytes) {
    *table = (group_table){.form = form, .state_bytes = state_bytes, .mask = FIRST_CELLS - 1};
    table->cells = make_cells(FIRST_CELLS);
    table->bytes = FIRST_CELLS * (int64_t)sizeof(group_cell);
}

static void drop_states(
    const group_table *table, void (*drop)(void *context, group *g), void *context) {
    for (uint64_t i = 0; drop && table->cells && i <= table->mask; i++)
        if (table->cells[i].group)
            drop(context, table->cells[i].group);
}

void group_table_empty(group_table *table, void (*drop)(void *context, group *g), void *context) {
    drop_states(table, drop, context);
    pool_empty(&table->blocks);
    size_t bytes = sizeof *table->cells * (table->mask + 1);
    memset(table->cells, 0, bytes);
    table->bytes = (int64_t)bytes;
    table->count = 0;
}

void group_table_close(group_table *table, void (*drop)(void *context, group *g), void *context) {
    drop_states(table, drop, context);
    pool_clear(&table->blocks);
    memory_free(table->cells);
    *table = (group_table){0};
}

/* The finalizer of MurmurHash3: every input bit reaches the low bits. */
static inline uint64_t hash_integer(uint64_t value) {
    value ^= value >> 33;
    value *= UINT64_C(0xff51afd7ed558ccd);
    value ^= value >> 33;
    value *= UINT64_C(0xc4ceb9fe1a85ec53);
    return value ^ value >> 33;
}

uint64_t group_hash_bytes(slice bytes) {
    return slice_hash(bytes);
}

void group_table_hash(const group_table *table, const column *key, const int32_t *rows,
    int64_t count, uint64_t *hashes) {
    assert(table->form != GROUP_KEY_ENCODED);
    if (table->form == GROUP_KEY_INT64)
        for (int64_t i = 0; i < count; i++)
            hashes[i] = hash_integer((uint64_t)key->int64s[rows[i]]);
    else if (table->form == GROUP_KEY_INT32)
        for (int64_t i = 0; i < count; i++)
            hashes[i] = hash_integer((uint64_t)(int64_t)key->int32s[rows[i]]);
    else
        for (int64_t i = 0; i < count; i++)
            hashes[i] = group_hash_bytes(column_slice(key, rows[i]));
}

static void place(group_cell *cells, uint64_t mask, group *g) {
    uint64_t at = g->key.hash & mask;
    while (cells[at].group)
        at = (at + 1) & mask;
    cells[at] = (group_cell){g->key.hash, g};
}

static void rebuild(group_table *table, uint64_t cell_count) {
    group_cell *cells = make_cells(cell_count);
    for (uint64_t i = 0; i <= table->mask; i++)
        if (table->cells[i].group)
            place(cells, cell_count - 1, table->cells[i].group);
    memory_free(table->cells);
    table->bytes +=
        ((int64_t)cell_count - (int64_t)(table->mask + 1)) * (int64_t)sizeof(group_cell);
    table->cells = cells;
    table->mask = cell_count - 1;
}

group *group_table_add(group_table *table, const group_key *key) {
    if ((uint64_t)(table->count + 1) * 8 > (table->mask + 1) * 5)
        rebuild(table, (table->mask + 1) * 2);
    bool has_bytes = table->form > GROUP_KEY_INT32 && key->bytes.data;
    size_t bytes = sizeof(group) + table->state_bytes + (has_bytes ? key->bytes.length : 0);
    group *g = pool_allocate(&table->blocks, bytes);
    memset(g, 0, bytes);
    g->key = *key;
    g->block_bytes = (uint32_t)bytes;
    g->rowtime = INT64_MIN;
    if (has_bytes) {
        char *copy = g->state + table->state_bytes;
        memcpy(copy, key->bytes.data, key->bytes.length);
        g->key.bytes.data = copy;
    }
    place(table->cells, table->mask, g);
    table->count++;
    table->bytes += (int64_t)bytes;
    return g;
}

/* A cell behind the free one may move there unless its own place lies between the two. */
static void free_cell(group_table *table, uint64_t free) {
    group_cell *cells = table->cells;
    for (uint64_t at = free;;) {
        at = (at + 1) & table->mask;
        if (!cells[at].group)
            break;
        if (((at - cells[at].hash) & table->mask) < ((at - free) & table->mask))
            continue;
        cells[free] = cells[at];
        free = at;
    }
    cells[free].group = NULL;
}

static void drop(group_table *table, uint64_t at) {
    group *g = table->cells[at].group;
    table->bytes -= (int64_t)g->block_bytes + g->heap_bytes;
    table->count--;
    free_cell(table, at);
    pool_release(&table->blocks, g, g->block_bytes);
}

/* Begins behind a free cell, so what moves into a cell that is freed has not been looked at yet. */
void group_table_sweep(group_table *table, bool (*leaves)(void *context, group *g), void *context) {
    uint64_t start = 0, mask = table->mask;
    while (table->cells[start].group)
        start++;
    for (uint64_t n = 1; n <= mask; n++) {
        uint64_t at = (start + n) & mask;
        memory_prefetch(table->cells[(at + SWEEP_AHEAD) & mask].group);
        while (table->cells[at].group && leaves(context, table->cells[at].group))
            drop(table, at);
    }
    uint64_t cell_count = table->mask + 1;
    while (cell_count > FIRST_CELLS && cell_count > (uint64_t)table->count * 8)
        cell_count /= 2;
    if (cell_count <= table->mask)
        rebuild(table, cell_count);
}
