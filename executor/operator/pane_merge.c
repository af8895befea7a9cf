#include "executor/operator/pane_merge.h"

#include "base/memory.h"

struct pane_merge {
    const aggregate_slots *aggregates;
    const char *panes;
    char *front; /* panes first to middle: each merged with those that follow, up to the middle */
    int32_t capacity;
    pane *behind; /* panes middle to end */
    pane *window; /* the result */
    int32_t first, middle, end;
};

static const pane *pane_at(const pane_merge *m, int32_t i) {
    return (const pane *)(const void *)(m->panes + pane_bytes(m->aggregates) * (size_t)i);
}

static pane *front_at(const pane_merge *m, int32_t i) {
    return (pane *)(void *)(m->front + pane_bytes(m->aggregates) * (size_t)(i - m->first));
}

static pane *make_pane(const pane_merge *m) {
    pane *p = memory_allocate_zero(pane_bytes(m->aggregates));
    aggregate_slots_start(m->aggregates, p->slots);
    return p;
}

static void free_pane(const pane_merge *m, pane *p) {
    aggregate_slots_destroy(m->aggregates, p->slots);
    memory_free(p);
}

pane_merge *pane_merge_open(const aggregate_slots *aggregates) {
    pane_merge *m = MEMORY_NEW(pane_merge);
    m->aggregates = aggregates;
    m->behind = make_pane(m);
    m->window = make_pane(m);
    return m;
}

void pane_merge_close(pane_merge *m) {
    if (!m)
        return;
    m->first = 0;
    for (int32_t i = 0; i < m->capacity; i++)
        aggregate_slots_destroy(m->aggregates, front_at(m, i)->slots);
    memory_free(m->front);
    free_pane(m, m->behind);
    free_pane(m, m->window);
    memory_free(m);
}

void pane_merge_begin(pane_merge *m, const char *panes) {
    m->panes = panes;
    m->middle = m->end = 0;
}

static void merge(const pane_merge *m, pane *to, const pane *from) {
    if (from->rowtime > to->rowtime)
        to->rowtime = from->rowtime;
    aggregate_slots_merge(m->aggregates, to->slots, from->slots);
}

static void empty(const pane_merge *m, pane *p) {
    aggregate_slots_destroy(m->aggregates, p->slots);
    aggregate_slots_start(m->aggregates, p->slots);
    p->rowtime = INT64_MIN;
}

static void reserve_front(pane_merge *m, int32_t count) {
    if (count <= m->capacity)
        return;
    m->front = memory_resize(m->front, pane_bytes(m->aggregates) * (size_t)count);
    m->first = 0;
    for (int32_t i = m->capacity; i < count; i++)
        aggregate_slots_start(m->aggregates, front_at(m, i)->slots);
    m->capacity = count;
}

static void turn_over(pane_merge *m, int32_t from, int32_t to) {
    reserve_front(m, to - from);
    m->first = from;
    m->middle = m->end = to;
    for (int32_t i = to - 1; i >= from; i--) {
        pane *merged = front_at(m, i);
        empty(m, merged);
        merge(m, merged, pane_at(m, i));
        if (i + 1 < to)
            merge(m, merged, front_at(m, i + 1));
    }
    empty(m, m->behind);
}

const pane *pane_merge_window(pane_merge *m, int32_t from, int32_t to) {
    if (to - from == 1)
        return pane_at(m, from);
    if (from >= m->middle)
        turn_over(m, from, to);
    for (; m->end < to; m->end++)
        merge(m, m->behind, pane_at(m, m->end));
    empty(m, m->window);
    merge(m, m->window, front_at(m, from));
    merge(m, m->window, m->behind);
    return m->window;
}
