/* Up to FEW values are searched one by one; beyond, cells hold row numbers by hash, at most half
 * full. */
#include "executor/function/value_set.h"

#include "base/memory.h"
#include "executor/function/aggregate_support.h"

enum { FEW = 12 };

void value_set_open(value_set *set, const sql_type *type) {
    *set = (value_set){.values = column_create(type)};
}

void value_set_close(value_set *set) {
    column_destroy(set->values);
    memory_free(set->counts);
    memory_free(set->cells);
    *set = (value_set){0};
}

int64_t value_set_find(const value_set *set, const column *from, int64_t row) {
    if (!set->cells)
        return aggregate_values_find(set->values, from, row);
    uint64_t mask = (uint64_t)set->cell_count - 1;
    for (uint64_t at = column_row_hash(from, row) & mask; set->cells[at]; at = (at + 1) & mask)
        if (column_rows_equal(set->values, set->cells[at] - 1, from, row))
            return set->cells[at] - 1;
    return -1;
}

static void place(value_set *set, int64_t row) {
    uint64_t mask = (uint64_t)set->cell_count - 1;
    uint64_t at = column_row_hash(set->values, row) & mask;
    while (set->cells[at])
        at = (at + 1) & mask;
    set->cells[at] = (int32_t)row + 1;
}

static void rebuild_cells(value_set *set) {
    memory_free(set->cells);
    set->cells = NULL;
    set->cell_count = 0;
    if (set->values->length <= FEW)
        return;
    set->cell_count = 64;
    while (set->cell_count < set->values->length * 4)
        set->cell_count *= 2;
    set->cells = memory_allocate_zero(sizeof *set->cells * (size_t)set->cell_count);
    for (int64_t row = 0; row < set->values->length; row++)
        place(set, row);
}

static void reserve_counts(value_set *set, int64_t count) {
    if (count <= set->capacity)
        return;
    set->capacity = set->capacity * 2 > count ? set->capacity * 2 : count + 3;
    set->counts = memory_resize(set->counts, sizeof *set->counts * (size_t)set->capacity);
}

void value_set_add(value_set *set, const column *from, int64_t row, int64_t count) {
    column_append_row(set->values, from, row);
    int64_t added = set->values->length - 1;
    reserve_counts(set, set->values->length);
    set->counts[added] = count;
    if (set->values->length > FEW && set->values->length * 2 > set->cell_count)
        rebuild_cells(set);
    else if (set->cells)
        place(set, added);
}

void value_set_remove(value_set *set, int64_t at) {
    int64_t last = set->values->length - 1;
    memmove(set->counts + at, set->counts + at + 1, sizeof *set->counts * (size_t)(last - at));
    aggregate_values_remove(set->values, at);
    rebuild_cells(set);
}

void value_set_save(const value_set *set, buffer *out) {
    aggregate_values_save(set->values, out);
    buffer_append_bytes(
        out, (const char *)set->counts, sizeof *set->counts * (size_t)set->values->length);
}

bool value_set_load(value_set *set, slice *bytes) {
    if (!aggregate_values_load(set->values, bytes))
        return false;
    reserve_counts(set, set->values->length);
    rebuild_cells(set);
    return set->values->length == 0 ||
           aggregate_take(bytes, set->counts, sizeof *set->counts * (size_t)set->values->length);
}
