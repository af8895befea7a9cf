#include "executor/operator/distinct_sets.h"

#include "base/memory.h"
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

/* One number a call: how often the value is there. Without undo 0 or 1. */
void distinct_sets_open(
    distinct_sets *d, calls *c, const plan_node *input, store *st, bool undoes) {
    *d = (distinct_sets){.calls = c, .store = st, .undoes = undoes};
    d->store_has_more = store_count(st) > 0;
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
        group_table_open(
            &d->sets[s].seen, d->sets[s].keys.form, sizeof(uint32_t) * (size_t)d->sets[s].count);
    size_t n = (size_t)d->most_calls + 1;
    d->rows = memory_allocate_zero(sizeof *d->rows * n);
    d->blocks = memory_allocate_zero(sizeof *d->blocks * n);
    d->picked = memory_allocate_zero(sizeof *d->picked * n);
}

void distinct_sets_close(distinct_sets *d) {
    for (int s = 0; s < d->count; s++) {
        row_keys_close(&d->sets[s].keys);
        group_table_close(&d->sets[s].seen, NULL, NULL);
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
    if (d->store_has_more) {
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

static void step_set(distinct_sets *d, distinct_set *set, const batch *in, const int32_t *rows,
    const int64_t *ids, void *const *blocks, int64_t count) {
    row_keys_bind(&set->keys, in);
    for (int64_t i = 0; i < count; i++)
        d->hashes[i] = group_hash_window(set->keys.hashes[rows[i]], ids[i]);
    memset(d->picked, 0, sizeof *d->picked * (size_t)set->count);
    bool nulls = false;
    for (int k = 0; k < set->keys.count; k++)
        nulls |= column_has_nulls(set->keys.bound[k]);
    for (int64_t i = 0; i < count; i++) {
        if (i + 16 < count) {
            group_table_prefetch(&set->seen, d->hashes[i + 16]);
            group_table_prefetch_group(&set->seen, d->hashes[i + 8]);
        }
        if (nulls && row_keys_has_null(&set->keys, rows[i]))
            continue;
        group_key key = row_keys_get(&set->keys, rows[i]);
        key.hash = d->hashes[i];
        key.window_start = ids[i];
        group *g = find(d, set, &key);
        g->is_used = true;
        count_value(d, set, g, in, rows[i], blocks[i]);
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
        bytes += d->sets[s].seen.bytes;
    return bytes;
}

void distinct_sets_save(distinct_sets *d) {
    for (int s = 0; s < d->count; s++) {
        distinct_set *set = &d->sets[s];
        size_t bytes = sizeof(uint32_t) * (size_t)set->count;
        for (int64_t i = 0; i < set->dirty_count; i++) {
            group *g = set->dirty[i];
            const uint32_t *counts = (const uint32_t *)g->state;
            uint32_t any = 0;
            for (int k = 0; k < set->count; k++)
                any |= counts[k];
            slice place = place_of(d, set, &g->key);
            if (any)
                store_put(d->store, place, slice_make(g->state, bytes));
            else
                store_delete(d->store, place);
            g->is_dirty = false;
        }
        set->dirty_count = 0;
    }
}

static bool leaves_memory(void *context, group *g) {
    bool leaves = *(const bool *)context || !g->is_used;
    g->is_used = false;
    return leaves;
}

void distinct_sets_shrink(distinct_sets *d, bool all) {
    d->store_has_more = true;
    for (int s = 0; s < d->count; s++)
        group_table_sweep(&d->sets[s].seen, leaves_memory, &all);
}

static bool is_of_group(void *context, group *g) {
    return g->key.window_start == *(const int64_t *)context;
}

void distinct_sets_forget(distinct_sets *d, int64_t id) {
    if (d->count == 0)
        return;
    distinct_sets_save(d);
    for (int s = 0; s < d->count; s++)
        group_table_sweep(&d->sets[s].seen, is_of_group, &id);
    buffer_clear(&d->key);
    buffer_append_byte(&d->key, STORE_TAG_DISTINCT);
    row_key_append_int64(&d->key, id);
    buffer_clear(&d->value);
    buffer_append_byte(&d->value, STORE_TAG_DISTINCT);
    row_key_append_int64(&d->value, id + 1);
    store_delete_range(d->store, buffer_slice(&d->key), buffer_slice(&d->value));
}
