/* HOPPING windows whose rows are added up once, in panes.
 *
 * A pane is a piece of time as long as the windows' advance, so a window is a number of panes, and
 * windows that overlap share them. A row changes the state of its one pane; the result of a window
 * is the merge of its panes' states, made when it is given: at the barrier, or with every row where
 * each gives its results. The planner chooses this where it comes to the same (window_panes.h).
 *
 * A group is a key; its state is the list of its panes, one behind the other in memory. Windows are
 * given from the oldest to the newest, each once for all that has changed in it (pane_merge.h).
 *
 * A pane may be in windows that have closed and in ones that are open. A row that is late for the
 * former must not show in them, so they are given before it is added.
 *
 * What memory has of a key begins at known_from; older panes are read when a row needs them. They
 * are stored as groups are, with the pane's start for the window's.
 */
#include "base/memory.h"
#include "executor/operator/aggregate.h"

typedef struct pane_list {
    char *panes; /* in the order of time */
    int32_t count, capacity;
    int64_t known_from; /* all panes that start here or later are in memory */
    int64_t given_to;   /* windows up to this start have closed and were given */
} pane_list;

enum { PANES_LEAST = 4 };

size_t aggregate_panes_state_bytes(void) {
    return sizeof(pane_list);
}

static pane_list *panes_of(group *g) {
    return (pane_list *)(void *)g->state;
}

static inline pane *pane_at(const aggregate_operator *op, const pane_list *list, int32_t i) {
    return (pane *)(void *)(list->panes + pane_bytes(&op->aggregates) * (size_t)i);
}

/* ---- lists ---- */

/* Rows and windows mostly look at the newest pane first. */
static void prefetch_panes(const aggregate_operator *op, const group *g) {
    const pane_list *list = (const pane_list *)(const void *)g->state;
    if (list->count)
        memory_prefetch(list->panes + pane_bytes(&op->aggregates) * (size_t)(list->count - 1));
}

enum { GROUPS_AHEAD = 8, PANES_AHEAD = 4 };

/* While groups are gone through: what the ones behind `i` have. */
static void prefetch_dirty(const aggregate_operator *op, int64_t i) {
    if (i + GROUPS_AHEAD >= op->dirty_count)
        return;
    memory_prefetch(op->dirty[i + GROUPS_AHEAD]->state);
    prefetch_panes(op, op->dirty[i + PANES_AHEAD]);
}

static void prefetch_row(const aggregate_operator *op, int64_t i, int64_t count) {
    group_table_prefetch_ahead(&op->groups, op->hashes, i, count);
    if (i + GROUPS_AHEAD >= count)
        return;
    const group *later = group_table_guess(&op->groups, op->hashes[i + GROUPS_AHEAD]);
    const group *next = group_table_guess(&op->groups, op->hashes[i + PANES_AHEAD]);
    if (later)
        memory_prefetch(later->state);
    if (next)
        prefetch_panes(op, next);
}

static void resize_list(aggregate_operator *op, group *g, int32_t capacity) {
    pane_list *list = panes_of(g);
    int64_t grown = (capacity - list->capacity) * (int64_t)pane_bytes(&op->aggregates);
    list->panes = memory_resize(list->panes, pane_bytes(&op->aggregates) * (size_t)capacity);
    list->capacity = capacity;
    group_table_count_heap(&op->groups, g, grown);
}

/* The place of the first pane that starts there or later. It is near the end, mostly. */
static int32_t place_of(const aggregate_operator *op, const pane_list *list, int64_t start) {
    int32_t at = list->count;
    while (at > 0 && pane_at(op, list, at - 1)->start >= start)
        at--;
    return at;
}

static pane *insert_pane(aggregate_operator *op, group *g, int32_t at, int64_t start) {
    pane_list *list = panes_of(g);
    if (list->count == list->capacity)
        resize_list(op, g, list->capacity ? list->capacity * 2 : PANES_LEAST);
    pane *p = pane_at(op, list, at);
    memmove((char *)p + pane_bytes(&op->aggregates), p,
        pane_bytes(&op->aggregates) * (size_t)(list->count - at));
    list->count++;
    *p = (pane){.start = start, .rowtime = INT64_MIN};
    aggregate_slots_start(&op->aggregates, p->slots);
    return p;
}

static void drop_oldest(aggregate_operator *op, group *g, int32_t count) {
    pane_list *list = panes_of(g);
    if (!count)
        return;
    for (int32_t i = 0; i < count; i++) {
        group_table_count_heap(&op->groups, g, -(int64_t)pane_at(op, list, i)->heap_bytes);
        aggregate_slots_destroy(&op->aggregates, pane_at(op, list, i)->slots);
    }
    list->count -= count;
    memmove(
        list->panes, pane_at(op, list, count), pane_bytes(&op->aggregates) * (size_t)list->count);
}

void aggregate_panes_drop(aggregate_operator *op, group *g) {
    drop_oldest(op, g, panes_of(g)->count);
    memory_free(panes_of(g)->panes);
}

/* ---- results ---- */

/* The first window that a pane is in, and as if windows began before 0. */
static int64_t first_window(const aggregate_operator *op, int64_t pane_start) {
    return pane_start - op->window.size_ms + op->pane_ms;
}

static void output_window(aggregate_operator *op, const group *g, const pane *p, int64_t start) {
    aggregate_output_row(op, p->rowtime, CHANGE_INSERT, start);
    aggregate_output_key(op, &g->key);
    aggregate_slots_result(&op->aggregates, p->slots, op->out->columns + op->key_count);
    if (op->out->rows == AGGREGATE_EMIT_ROWS)
        aggregate_emit_output(op);
}

static int32_t next_new(const aggregate_operator *op, const pane_list *list, int32_t i) {
    while (i < list->count && !pane_at(op, list, i)->is_new)
        i++;
    return i;
}

/* Outputs the windows of a key that have changed, up to one. */
static void give_windows(aggregate_operator *op, group *g, int64_t last_start) {
    pane_list *list = panes_of(g);
    int32_t changed = next_new(op, list, 0), from = 0, to = 0;
    int64_t start = list->given_to == INT64_MIN ? 0 : list->given_to + op->pane_ms;
    pane_merge_begin(op->merge, list->panes);
    for (; start <= last_start; start += op->pane_ms) {
        while (changed < list->count && pane_at(op, list, changed)->start < start)
            changed = next_new(op, list, changed + 1);
        if (changed == list->count)
            break;
        int64_t first = first_window(op, pane_at(op, list, changed)->start);
        if (first > start)
            start = first;
        if (start > last_start)
            break;
        while (pane_at(op, list, from)->start < start)
            from++;
        while (to < list->count && pane_at(op, list, to)->start < start + op->window.size_ms)
            to++;
        output_window(op, g, pane_merge_window(op->merge, from, to), start);
    }
}

static void give_changed(aggregate_operator *op, group *g) {
    pane_list *list = panes_of(g);
    give_windows(op, g, INT64_MAX - op->window.size_ms);
    for (int32_t i = 0; i < list->count; i++)
        pane_at(op, list, i)->is_new = false;
}

static void give_closed(aggregate_operator *op, group *g, int64_t last_start) {
    give_windows(op, g, last_start);
    panes_of(g)->given_to = last_start;
}

/* ---- reading ---- */

/* Nothing older than the panes of open windows is asked for. */
static void load_panes(aggregate_operator *op, group *g, int64_t from, int64_t to) {
    group_key key = g->key;
    for (int64_t start = from; start < to; start += op->pane_ms) {
        key.window_start = start;
        slice saved = store_get(op->store, aggregate_group_place(op, &key));
        if (!saved.data)
            continue;
        pane *p = insert_pane(op, g, place_of(op, panes_of(g), start), start);
        aggregate_load_state(op, saved, &p->rowtime, p->slots);
    }
}

/* A row of a pane needs the panes that share a window with it. */
static void know_panes(aggregate_operator *op, group *g, int64_t pane_start, int64_t closed_to) {
    pane_list *list = panes_of(g);
    int64_t from = first_window(op, pane_start), to = list->known_from;
    if (from >= to)
        return;
    list->known_from = from;
    if (!op->store_has_groups)
        return;
    from = from <= closed_to ? closed_to + op->pane_ms : from < 0 ? 0 : from;
    load_panes(op, g, from, to <= op->stream_time ? to : op->stream_time + 1);
}

static group *find_group(aggregate_operator *op, const batch *in, int64_t i, int64_t closed_to) {
    group_key key = aggregate_row_key(op, in, i);
    group *g = group_table_find(&op->groups, &key);
    if (!g) {
        g = group_table_add(&op->groups, &key);
        panes_of(g)->known_from = INT64_MAX;
        panes_of(g)->given_to = closed_to;
    }
    g->is_used = true;
    return g;
}

/* ---- rows ---- */

typedef struct pane_run {
    aggregate_operator *op;
    const batch *in;
    int64_t closed_to; /* windows up to this start have closed */
    int64_t pending;   /* rows in op->picked: their groups and panes in op->entry_groups, starts */
} pane_run;

static void apply_pending(pane_run *run) {
    aggregate_operator *op = run->op;
    for (int64_t i = 0; i < run->pending; i++) {
        const pane_list *list = panes_of(op->entry_groups[i]);
        pane *p = pane_at(op, list, place_of(op, list, op->starts[i]));
        int64_t rowtime = run->in->rowtime[op->picked[i]];
        if (rowtime > p->rowtime)
            p->rowtime = rowtime;
        p->is_dirty = p->is_new = true;
        op->slots[i] = p->slots;
    }
    if (run->pending)
        aggregate_step(op, run->in, op->picked, op->slots, run->pending, NULL);
    run->pending = 0;
}

/* A row comes into a pane that closed windows may share. */
static void give_before(pane_run *run, group *g, int64_t pane_start) {
    if (first_window(run->op, pane_start) > run->closed_to ||
        panes_of(g)->given_to >= run->closed_to)
        return;
    apply_pending(run);
    give_closed(run->op, g, run->closed_to);
}

static void add_row(pane_run *run, int64_t i) {
    aggregate_operator *op = run->op;
    int32_t row = op->rows[i];
    int64_t time = run->in->rowtime[row], start = time / op->pane_ms * op->pane_ms;
    if (time > op->stream_time) {
        op->stream_time = time;
        op->has_new_time = true;
        run->closed_to = aggregate_closed_start(op);
    }
    if (time < 0 || start <= run->closed_to) {
        aggregate_drop_late(op, run->in, row);
        return;
    }
    group *g = find_group(op, run->in, i, run->closed_to);
    know_panes(op, g, start, run->closed_to);
    give_before(run, g, start);
    pane_list *list = panes_of(g);
    int32_t at = place_of(op, list, start);
    if (at == list->count || pane_at(op, list, at)->start != start)
        insert_pane(op, g, at, start);
    if (!g->is_dirty)
        aggregate_mark_dirty(op, g);
    op->picked[run->pending] = row;
    op->entry_groups[run->pending] = g;
    op->starts[run->pending++] = start;
    if (op->results_per_row) {
        apply_pending(run);
        batch_builder_caused_by(op->out, run->in, row);
        give_changed(op, g);
    }
}

void aggregate_panes_batch(aggregate_operator *op, const batch *in, int64_t count) {
    bool prefetches = op->groups.form != GROUP_KEY_ENCODED;
    pane_run run = {.op = op, .in = in, .closed_to = aggregate_closed_start(op)};
    if (prefetches)
        group_table_hash(&op->groups, in->columns[0], op->rows, count, op->hashes);
    batch_builder_clear(op->out);
    for (int64_t i = 0; i < count; i++) {
        if (prefetches)
            prefetch_row(op, i, count);
        add_row(&run, i);
    }
    apply_pending(&run);
    batch_builder_caused_by(op->out, NULL, 0);
    aggregate_emit_output(op);
}

/* ---- between barriers, and at one ---- */

static bool has_dirty_after(const aggregate_operator *op, const pane_list *list, int64_t start) {
    for (int32_t i = list->count; i-- > 0 && pane_at(op, list, i)->start > start;)
        if (pane_at(op, list, i)->is_dirty)
            return true;
    return false;
}

void aggregate_panes_give_closed(aggregate_operator *op, int64_t last_start) {
    int64_t kept = 0;
    batch_builder_clear(op->out);
    for (int64_t i = 0; i < op->dirty_count; i++) {
        prefetch_dirty(op, i);
        group *g = op->dirty[i];
        give_closed(op, g, last_start);
        g->is_dirty = has_dirty_after(op, panes_of(g), last_start);
        if (g->is_dirty)
            op->dirty[kept++] = g;
    }
    op->dirty_count = kept;
    aggregate_emit_output(op);
}

bool aggregate_panes_are_over(void *context, group *g) {
    const closing_windows *closing = context;
    aggregate_operator *op = closing->op;
    pane_list *list = panes_of(g);
    int32_t over = 0;
    while (over < list->count && pane_at(op, list, over)->start <= closing->last_start)
        over++;
    drop_oldest(op, g, over);
    if (!list->count) {
        aggregate_panes_drop(op, g);
        return true;
    }
    if (list->capacity > PANES_LEAST && list->count < list->capacity / 4)
        resize_list(op, g, list->capacity / 2);
    return false;
}

void aggregate_panes_emit(aggregate_operator *op) {
    int64_t closed_to = aggregate_closed_start(op);
    batch_builder_clear(op->out);
    for (int64_t i = 0; i < op->dirty_count; i++) {
        prefetch_dirty(op, i);
        give_changed(op, op->dirty[i]);
        panes_of(op->dirty[i])->given_to = closed_to;
    }
    aggregate_emit_output(op);
}

static void save_pane(aggregate_operator *op, group *g, pane *p) {
    group_key key = g->key;
    key.window_start = p->start;
    uint32_t heap = aggregate_save_state(op, &key, p->rowtime, p->slots);
    group_table_count_heap(&op->groups, g, (int64_t)heap - p->heap_bytes);
    p->heap_bytes = heap;
    op->saved_count++;
}

/* Only as much of the past stays as rows that are not very late will want. */
static void forget_past(aggregate_operator *op, group *g) {
    pane_list *list = panes_of(g);
    int64_t from = pane_at(op, list, list->count - 1)->start - 2 * op->window.size_ms;
    int32_t past = 0;
    while (pane_at(op, list, past)->start < from)
        past++;
    if (!past)
        return;
    drop_oldest(op, g, past);
    list->known_from = from;
    op->store_has_groups = true;
}

void aggregate_panes_save(aggregate_operator *op) {
    int64_t closed_to = aggregate_closed_start(op);
    op->saved_count = 0;
    for (int64_t i = 0; i < op->dirty_count; i++) {
        prefetch_dirty(op, i);
        group *g = op->dirty[i];
        pane_list *list = panes_of(g);
        g->is_dirty = false;
        for (int32_t at = 0; at < list->count; at++) {
            pane *p = pane_at(op, list, at);
            if (p->is_dirty && p->start > closed_to)
                save_pane(op, g, p);
            p->is_dirty = false;
        }
        forget_past(op, g);
    }
    op->dirty_count = 0;
}
