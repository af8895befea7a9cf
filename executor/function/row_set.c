/* Open addressing; the table is at most half full. */
#include "executor/function/row_set.h"

#include "base/memory.h"

void row_set_free(row_set *s) {
    memory_free(s->slots);
    *s = (row_set){0};
}

void row_set_start(row_set *s, int64_t count) {
    int64_t wanted = 16;
    while (wanted < count * 2)
        wanted *= 2;
    if (wanted > s->room) {
        s->room = wanted;
        s->slots = memory_resize(s->slots, sizeof *s->slots * (size_t)wanted);
    }
    s->capacity = wanted;
    memset(s->slots, 0, sizeof *s->slots * (size_t)wanted);
}

/* The value's slot, or the free one where it belongs. */
static int64_t find(const row_set *s, const column *c, int64_t row) {
    int64_t at = (int64_t)(column_row_hash(c, row) & (uint64_t)(s->capacity - 1));
    while (s->slots[at].column && !column_rows_equal(s->slots[at].column, s->slots[at].row, c, row))
        at = (at + 1) & (s->capacity - 1);
    return at;
}

bool row_set_contains(const row_set *s, const column *c, int64_t row) {
    return s->slots[find(s, c, row)].column != NULL;
}

bool row_set_add(row_set *s, const column *c, int64_t row) {
    int64_t at = find(s, c, row);
    if (s->slots[at].column)
        return false;
    s->slots[at].column = c;
    s->slots[at].row = row;
    return true;
}
