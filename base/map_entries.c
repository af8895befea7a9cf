/* Entries of a MAP that came from outside, where a key may come twice: the last one wins. Looked
 * for from the end, so that of equal keys the first one met is the one to keep; few keys are
 * compared with each other, many go through a table of their hashes. Only a map that really has a
 * key twice is copied. */
#include "base/column.h"
#include "base/memory.h"

enum { FEW = 16 };

static bool comes_again(const column *keys, int64_t row, int64_t end) {
    for (int64_t later = row + 1; later < end; later++)
        if (column_rows_equal(keys, row, keys, later))
            return true;
    return false;
}

/* Whether an equal key is in the table, which has room for twice the keys; puts the row there when
 * not. Entries are rows counted from 1. */
static bool seen(int32_t *table, uint64_t mask, const column *keys, int64_t first, int64_t row) {
    uint64_t at = column_row_hash(keys, row) & mask;
    for (; table[at]; at = (at + 1) & mask)
        if (column_rows_equal(keys, row, keys, first + table[at] - 1))
            return true;
    table[at] = (int32_t)(row - first + 1);
    return false;
}

/* Marks the entries that a later one replaces, counted from `first`; how many they are. */
static int64_t mark_replaced(const column *keys, int64_t first, bool *replaced) {
    int64_t count = keys->length - first, found = 0;
    uint64_t mask = 63;
    while (mask < (uint64_t)count * 2)
        mask = mask * 2 + 1;
    int32_t *table = count > FEW ? memory_allocate_zero((mask + 1) * sizeof *table) : NULL;
    for (int64_t row = keys->length - 1; row >= first; row--) {
        replaced[row - first] =
            table ? seen(table, mask, keys, first, row) : comes_again(keys, row, keys->length);
        found += replaced[row - first];
    }
    memory_free(table);
    return found;
}

static void remove_marked(column *child, int64_t first, const bool *marked) {
    column *kept = column_create(child->type);
    for (int64_t row = first; row < child->length; row++)
        if (!marked[row - first])
            column_append_row(kept, child, row);
    column_truncate(child, first);
    column_append_rows(child, kept, 0, kept->length);
    column_destroy(kept);
}

void column_append_map(column *map) {
    int64_t first = map->length ? map->offsets[map->length] : 0;
    int64_t count = map->children[0]->length - first;
    bool few[FEW], *replaced = count > FEW ? memory_allocate((size_t)count) : few;
    if (count > 1 && mark_replaced(map->children[0], first, replaced) > 0) {
        remove_marked(map->children[0], first, replaced);
        remove_marked(map->children[1], first, replaced);
    }
    if (count > FEW)
        memory_free(replaced);
    column_append_nested(map);
}
