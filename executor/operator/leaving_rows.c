#include "executor/operator/leaving_rows.h"

#include "base/memory.h"

void leaving_rows_add(leaving_rows *l, int64_t time, kept_row *r) {
    if (l->count == l->capacity) {
        l->capacity = l->capacity ? l->capacity * 2 : 1024;
        l->heap = memory_resize(l->heap, sizeof *l->heap * (size_t)l->capacity);
    }
    int64_t at = l->count++;
    for (; at > 0 && l->heap[(at - 1) / 2].time > time; at = (at - 1) / 2)
        l->heap[at] = l->heap[(at - 1) / 2];
    l->heap[at] = (leaving_row){time, r};
}

kept_row *leaving_rows_take(leaving_rows *l) {
    kept_row *top = l->heap[0].row;
    leaving_row last = l->heap[--l->count];
    int64_t at = 0;
    for (int64_t child; (child = 2 * at + 1) < l->count; at = child) {
        if (child + 1 < l->count && l->heap[child + 1].time < l->heap[child].time)
            child++;
        if (l->heap[child].time >= last.time)
            break;
        l->heap[at] = l->heap[child];
    }
    l->heap[at] = last;
    return top;
}

void leaving_rows_close(leaving_rows *l) {
    memory_free(l->heap);
    *l = (leaving_rows){0};
}
