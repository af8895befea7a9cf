#include "executor/operator/distinct_sets.h"

#include "base/memory.h"
#include "base/varint.h"
#include "executor/state/row_codec.h"

static bool same_arguments(const plan_call *a, const plan_call *b) {
    return a->argument_count == b->argument_count &&
           memcmp(a->arguments, b->arguments, sizeof(int) * (size_t)a->argument_count) == 0;
}

static distinct_set *set_for(distinct_sets *d, const plan_call *call, const plan_node *input) {
    for (int s = 0; s < d->count; s++)
        if (same_arguments(&d->calls->list[d->sets[s].calls[0]], call))
            return &d->sets[s];
    distinct_set *set = &d->sets[d->count++];
    row_keys_open(&set->keys, input, call->arguments, call->argument_count);
    set->calls = memory_allocate(sizeof(int) * (size_t)d->calls->count);
    return set;
}

static void open_set(distinct_sets *d, distinct_set *set) {
    bool of_integers = set->keys.form == GROUP_KEY_INT64 || set->keys.form == GROUP_KEY_INT32;
    set->is_integers = of_integers && !d->undoes && set->count <= INTEGER_SET_CALLS;
    evicted_keys_open(&set->evicted, store_count(d->store) > 0);
    if (set->is_integers)
        integer_set_open(&set->integers);
    else
        group_table_open(&set->seen, set->keys.form, sizeof(uint32_t) * (size_t)set->count);
}

/* One number a call: how often the value is there. Without undo 0 or 1. */
void distinct_sets_open(
    distinct_sets *d, calls *c, const plan_node *input, store *st, bool undoes, bool forgets) {
    *d = (distinct_sets){.calls = c, .store = st, .undoes = undoes, .forgets = forgets};
    d->sets = memory_allocate_zero(sizeof *d->sets * ((size_t)c->count + 1));
    for (int i = 0; i < c->count; i++) {
        if (!c->list[i].distinct)
            continue;
        distinct_set *set = set_for(d, &c->list[i], input);
        set->calls[set->count++] = i;
        if (set->count > d->most_calls)
            d->most_calls = set->count;
    }
    for (int s = 0; s < d->count; s++)
        open_set(d, &d->sets[s]);
    size_t n = (size_t)d->most_calls + 1;
    d->rows = memory_allocate_zero(sizeof *d->rows * n);
    d->blocks = memory_allocate_zero(sizeof *d->blocks * n);
    d->picked = memory_allocate_zero(sizeof *d->picked * n);
}

void distinct_sets_close(distinct_sets *d) {
    for (int s = 0; s < d->count; s++) {
        row_keys_close(&d->sets[s].keys);
        integer_set_close(&d->sets[s].integers);
        group_table_close(&d->sets[s].seen, NULL, NULL);
        evicted_keys_close(&d->sets[s].evicted);
        memory_free(d->sets[s].calls);
        memory_free(d->sets[s].dirty);
    }
    for (int i = 0; i < d->most_calls; i++) {
        memory_free(d->rows[i]);
        memory_free(d->blocks[i]);
    }
    memory_free(d->sets);
    memory_free(d->rows);
    memory_free(d->blocks);
    memory_free(d->picked);
    memory_free(d->hashes);
    buffer_free(&d->key);
    buffer_free(&d->value);
    *d = (distinct_sets){0};
}

static void reserve(distinct_sets *d, int64_t count) {
    if (count <= d->capacity)
        return;
    d->capacity = count;
    d->hashes = memory_resize(d->hashes, sizeof *d->hashes * (size_t)count);
    for (int i = 0; i < d->most_calls; i++) {
        d->rows[i] = memory_resize(d->rows[i], sizeof(int32_t) * (size_t)count);
        d->blocks[i] = memory_resize(d->blocks[i], sizeof(void *) * (size_t)count);
    }
}

static slice place_of(distinct_sets *d, distinct_set *set, const group_key *key) {
    buffer_clear(&d->key);
    buffer_append_byte(&d->key, STORE_TAG_DISTINCT);
    row_key_append_int64(&d->key, key->window_start);
    buffer_append_byte(&d->key, (char)(set - d->sets));
    row_keys_append(&set->keys, key, &d->key);
    return buffer_slice(&d->key);
}

static group *find(distinct_sets *d, distinct_set *set, const group_key *key) {
    group *g = group_table_find(&set->seen, key);
    if (g)
        return g;
    g = group_table_add(&set->seen, key);
    if (evicted_keys_may_have(&set->evicted, key->hash)) {
        slice saved = store_get(d->store, place_of(d, set, key));
        size_t bytes = sizeof(uint32_t) * (size_t)set->count;
        if (saved.data && saved.length == bytes)
            memcpy(g->state, saved.data, bytes);
    }
    return g;
}

static void mark_dirty(distinct_set *set, group *g) {
    if (g->is_dirty)
        return;
    g->is_dirty = true;
    if (set->dirty_count == set->dirty_capacity) {
        set->dirty_capacity = set->dirty_capacity ? set->dirty_capacity * 2 : 256;
        set->dirty = memory_resize(set->dirty, sizeof *set->dirty * (size_t)set->dirty_capacity);
    }
    set->dirty[set->dirty_count++] = g;
}

static void pick(distinct_sets *d, int i, int32_t row, void *block) {
    d->rows[i][d->picked[i]] = row;
    d->blocks[i][d->picked[i]++] = block;
}

static void count_value(
    distinct_sets *d, distinct_set *set, group *g, const batch *in, int32_t row, void *block) {
    uint32_t *counts = (uint32_t *)g->state;
    bool leaves = in->change[row] == CHANGE_DELETE;
    for (int i = 0; i < set->count; i++) {
        if ((!d->undoes && counts[i]) || (leaves && !counts[i]) ||
            !calls_filter_passes(d->calls, set->calls[i], in, row))
            continue;
        uint32_t before = counts[i];
        counts[i] += leaves ? (uint32_t)-1 : 1;
        mark_dirty(set, g);
        if (before == 0 || counts[i] == 0)
            pick(d, i, row, block);
    }
}

static void step_values(distinct_sets *d, distinct_set *set, const batch *in, const int32_t *rows,
    const int64_t *ids, void *const *blocks, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        d->hashes[i] = group_hash_window(set->keys.hashes[rows[i]], ids[i]);
    bool nulls = false;
    for (int k = 0; k < set->keys.count; k++)
        nulls |= column_has_nulls(set->keys.bound[k]);
    for (int64_t i = 0; i < count; i++) {
        group_table_prefetch_ahead(&set->seen, d->hashes, i, count);
        if (nulls && row_keys_has_null(&set->keys, rows[i]))
            continue;
        group_key key = row_keys_get(&set->keys, rows[i]);
        key.hash = d->hashes[i];
        key.window_start = ids[i];
        group *g = find(d, set, &key);
        g->is_used = true;
        count_value(d, set, g, in, rows[i], blocks[i]);
    }
}

/* ---- integers ---- */

static slice place_of_integer(distinct_sets *d, distinct_set *set, const seen_integer *e) {
    group_key key = {.window_start = e->id, .integer = e->value, .hash = UINT64_MAX};
    return place_of(d, set, &key);
}

static seen_integer *add_integer(
    distinct_sets *d, distinct_set *set, uint64_t hash, int64_t value, int64_t id) {
    seen_integer *e = integer_set_add(&set->integers, hash, value, id);
    if (!evicted_keys_may_have(&set->evicted, hash))
        return e;
    slice saved = store_get(d->store, place_of_integer(d, set, e));
    uint64_t calls;
    if (saved.length && varint_read(saved.data, saved.data + saved.length, &calls))
        e->calls = (uint32_t)calls;
    return e;
}

static void count_integer(distinct_sets *d, distinct_set *set, seen_integer *e, const batch *in,
    int32_t row, void *block) {
    for (int i = 0; i < set->count; i++) {
        if (e->calls >> i & 1 || !calls_filter_passes(d->calls, set->calls[i], in, row))
            continue;
        e->calls |= UINT32_C(1) << i;
        integer_set_mark(&set->integers, e);
        pick(d, i, row, block);
    }
}

static inline int64_t integer_of(const distinct_set *set, int32_t row) {
    const column *c = set->keys.bound[0];
    return set->keys.form == GROUP_KEY_INT64 ? c->int64s[row] : c->int32s[row];
}

static void step_integers(distinct_sets *d, distinct_set *set, const batch *in, const int32_t *rows,
    const int64_t *ids, void *const *blocks, int64_t count) {
    const column *values = set->keys.bound[0];
    for (int64_t i = 0; i < count; i++)
        d->hashes[i] = integer_set_hash(integer_of(set, rows[i]), ids[i]);
    for (int64_t i = 0; i < count; i++) {
        if (i + 16 < count)
            integer_set_prefetch(&set->integers, d->hashes[i + 16]);
        if (column_is_null(values, rows[i]))
            continue;
        int64_t value = integer_of(set, rows[i]);
        seen_integer *e = integer_set_find(&set->integers, d->hashes[i], value, ids[i]);
        if (!e)
            e = add_integer(d, set, d->hashes[i], value, ids[i]);
        e->is_used = true;
        count_integer(d, set, e, in, rows[i], blocks[i]);
    }
}

/* ---- rows ---- */

static void step_set(distinct_sets *d, distinct_set *set, const batch *in, const int32_t *rows,
    const int64_t *ids, void *const *blocks, int64_t count) {
    memset(d->picked, 0, sizeof *d->picked * (size_t)set->count);
    if (set->is_integers) {
        set->keys.bound[0] = in->columns[set->keys.columns[0]]; /* nobody needs their hashes */
        step_integers(d, set, in, rows, ids, blocks, count);
    } else {
        row_keys_bind(&set->keys, in);
        step_values(d, set, in, rows, ids, blocks, count);
    }
    for (int i = 0; i < set->count; i++)
        if (d->picked[i])
            calls_step_one(d->calls, set->calls[i], in, d->rows[i], d->blocks[i], d->picked[i]);
}

void distinct_sets_step(distinct_sets *d, const batch *in, const int32_t *rows, const int64_t *ids,
    void *const *blocks, int64_t count) {
    reserve(d, count);
    for (int s = 0; s < d->count; s++)
        step_set(d, &d->sets[s], in, rows, ids, blocks, count);
}

int64_t distinct_sets_bytes(const distinct_sets *d) {
    int64_t bytes = 0;
    for (int s = 0; s < d->count; s++)
        bytes += d->sets[s].is_integers ? integer_set_bytes(&d->sets[s].integers)
                                        : d->sets[s].seen.bytes;
    return bytes;
}

/* ---- saving ---- */

static void save_values(distinct_sets *d, distinct_set *set) {
    size_t bytes = sizeof(uint32_t) * (size_t)set->count;
    for (int64_t i = 0; i < set->dirty_count; i++) {
        group *g = set->dirty[i];
        const uint32_t *counts = (const uint32_t *)g->state;
        uint32_t any = 0;
        for (int k = 0; k < set->count; k++)
            any |= counts[k];
        slice place = place_of(d, set, &g->key);
        if (any)
            store_save(d->store, place, slice_make(g->state, bytes), d->forgets);
        else
            store_delete(d->store, place);
        g->is_dirty = false;
    }
    set->dirty_count = 0;
}

static void save_integers(distinct_sets *d, distinct_set *set) {
    integer_set *s = &set->integers;
    for (int64_t i = 0; i < s->dirty_count; i++) {
        seen_integer *e = &s->places[s->dirty[i]];
        buffer_clear(&d->value);
        varint_append(&d->value, e->calls);
        store_save(d->store, place_of_integer(d, set, e), buffer_slice(&d->value), d->forgets);
        e->is_dirty = false;
    }
    s->dirty_count = 0;
}

void distinct_sets_save(distinct_sets *d) {
    for (int s = 0; s < d->count; s++) {
        if (d->sets[s].is_integers)
            save_integers(d, &d->sets[s]);
        else
            save_values(d, &d->sets[s]);
    }
}

/* ---- leaving memory ---- */

typedef struct eviction {
    distinct_set *set;
    bool all;
} eviction;

static bool value_leaves(void *context, group *g) {
    const eviction *e = context;
    bool leaves = e->all || !g->is_used;
    g->is_used = false;
    if (leaves)
        evicted_keys_note(&e->set->evicted, g->key.hash);
    return leaves;
}

static bool integer_leaves(void *context, seen_integer *i) {
    const eviction *e = context;
    bool leaves = e->all || !i->is_used;
    i->is_used = false;
    if (leaves)
        evicted_keys_note(&e->set->evicted, integer_set_hash(i->value, i->id));
    return leaves;
}

void distinct_sets_shrink(distinct_sets *d, bool all) {
    for (int s = 0; s < d->count; s++) {
        eviction e = {&d->sets[s], all};
        evicted_keys_begin(&e.set->evicted);
        if (e.set->is_integers)
            integer_set_sweep(&e.set->integers, integer_leaves, &e);
        else
            group_table_sweep(&e.set->seen, value_leaves, &e);
    }
}

static bool is_of_group(void *context, group *g) {
    return g->key.window_start == *(const int64_t *)context;
}

static bool integer_is_of_group(void *context, seen_integer *e) {
    return e->id == *(const int64_t *)context;
}

void distinct_sets_forget(distinct_sets *d, int64_t id) {
    if (d->count == 0)
        return;
    assert(d->forgets);
    distinct_sets_save(d);
    for (int s = 0; s < d->count; s++) {
        if (d->sets[s].is_integers)
            integer_set_sweep(&d->sets[s].integers, integer_is_of_group, &id);
        else
            group_table_sweep(&d->sets[s].seen, is_of_group, &id);
    }
    buffer_clear(&d->key);
    buffer_append_byte(&d->key, STORE_TAG_DISTINCT);
    row_key_append_int64(&d->key, id);
    buffer_clear(&d->value);
    buffer_append_byte(&d->value, STORE_TAG_DISTINCT);
    row_key_append_int64(&d->value, id + 1);
    store_delete_range(d->store, buffer_slice(&d->key), buffer_slice(&d->value));
}
