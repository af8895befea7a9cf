#include "executor/operator/row_lists.h"

#include "base/memory.h"
#include "executor/state/row_codec.h"

enum { CACHE_BYTES = 64 << 20, TAG_ROW = 1, SWEEP_LEAST = 256 };

bool row_lists_open(row_lists *l, operator* owner, int input, const int *columns, int count,
    const char *suffix, int64_t ttl_ms, error *e) {
    const plan_node *node = owner->node->inputs[input];
    *l = (row_lists){.owner = owner, .input = node, .cache_bytes = CACHE_BYTES, .ttl_ms = ttl_ms};
    l->types = memory_allocate(sizeof *l->types * ((size_t)node->column_count + 1));
    for (int i = 0; i < node->column_count; i++)
        l->types[i] = node->columns[i].type;
    row_keys_open(&l->keys, node, columns, count);
    group_table_open(&l->groups, l->keys.form, sizeof(row_list));
    l->store = task_store(owner->task, owner->node, suffix, e);
    if (!l->store)
        return false;
    l->store_has_more = store_count(l->store) > 0;
    slice saved = store_get(l->store, SLICE_LITERAL("\0"));
    if (saved.data && saved.length == 8)
        l->next_id = l->saved_id = row_key_read_int64(&saved);
    return true;
}

static void free_rows(void *context, group *g) {
    (void)context;
    for (kept_row *r = row_list_of(g)->first, *next; r; r = next) {
        next = r->next;
        memory_free(r);
    }
}

void row_lists_close(row_lists *l) {
    for (int64_t i = 0; i < l->dirty_count; i++)
        if (!l->dirty[i]->owner)
            memory_free(l->dirty[i]);
    if (l->groups.cells)
        group_table_close(&l->groups, free_rows, NULL);
    row_keys_close(&l->keys);
    memory_free(l->types);
    memory_free(l->dirty);
    memory_free(l->evicted);
    buffer_free(&l->key);
    buffer_free(&l->value);
    buffer_free(&l->swept);
    *l = (row_lists){0};
}

/* ---- which keys may be in the store only ---- */

enum { FILTER_BITS = 23 }; /* 1 MB */

static inline uint64_t filter_bit(uint64_t hash, int which) {
    uint64_t mixed = hash * UINT64_C(0x9E3779B97F4A7C15);
    return (which ? mixed >> 20 : mixed >> 41) & ((UINT64_C(1) << FILTER_BITS) - 1);
}

static void note_evicted(row_lists *l, const group *g) {
    for (int i = 0; l->evicted && i < 2; i++) {
        uint64_t bit = filter_bit(g->key.hash, i);
        l->evicted[bit >> 6] |= UINT64_C(1) << (bit & 63);
    }
}

static bool may_be_stored(const row_lists *l, const group_key *key) {
    if (!l->store_has_more || !l->evicted)
        return l->store_has_more;
    for (int i = 0; i < 2; i++) {
        uint64_t bit = filter_bit(key->hash, i);
        if (!(l->evicted[bit >> 6] >> (bit & 63) & 1))
            return false;
    }
    return true;
}

/* ---- lists ---- */

static slice place_of(row_lists *l, const group_key *key) {
    buffer_clear(&l->key);
    buffer_append_byte(&l->key, TAG_ROW);
    row_keys_append(&l->keys, key, &l->key);
    return buffer_slice(&l->key);
}

static void append(row_list *list, kept_row *r) {
    r->next = NULL;
    if (list->last)
        list->last->next = r;
    else
        list->first = r;
    list->last = r;
    list->count++;
}

static kept_row *make_row(row_lists *l, group *g, slice bytes) {
    kept_row *r = memory_allocate(sizeof *r + bytes.length);
    *r = (kept_row){.owner = g,
        .hash = (uint32_t)slice_hash(bytes),
        .length = (uint32_t)bytes.length,
        .touched_ms = l->now_ms};
    if (bytes.length)
        memcpy(r->bytes, bytes.data, bytes.length);
    group_table_count_heap(&l->groups, g, (int64_t)(sizeof *r + bytes.length) + 16);
    return r;
}

static bool is_forgotten(const row_lists *l, const kept_row *r) {
    return l->ttl_ms && l->now_ms - r->touched_ms >= l->ttl_ms;
}

static kept_row *read_row(row_lists *l, group *g, int64_t id, slice value) {
    int64_t rowtime = row_key_read_int64(&value), touched_ms = row_key_read_int64(&value);
    kept_row *r = make_row(l, g, slice_make(value.data + 4, value.length - 4));
    r->id = id;
    r->rowtime = rowtime;
    r->touched_ms = touched_ms;
    memcpy(&r->count, value.data, sizeof r->count);
    r->is_saved = true;
    append(row_list_of(g), r);
    return r;
}

/* Stored rows are older than those that came while the list was not complete. */
void row_lists_complete(row_lists *l, group *g) {
    row_list *list = row_list_of(g);
    if (list->is_complete)
        return;
    list->is_complete = true;
    if (!l->store_has_more)
        return;
    row_list newer = *list;
    int64_t first_id = newer.first ? newer.first->id : INT64_MAX;
    *list = (row_list){.is_complete = true};
    size_t prefix = place_of(l, &g->key).length;
    buffer_clear(&l->value);
    buffer_append(&l->value, buffer_slice(&l->key));
    row_key_append_int64(&l->value, INT64_MAX);
    slice key, value;
    store_cursor *c = store_cursor_open(l->store, buffer_slice(&l->key), buffer_slice(&l->value));
    while (store_cursor_next(c, &key, &value)) {
        key = slice_make(key.data + prefix, key.length - prefix);
        if (key.length != 8 || value.length < 20)
            continue; /* of a longer key */
        int64_t id = row_key_read_int64(&key);
        if (id >= first_id)
            break; /* from here on in memory */
        read_row(l, g, id, value);
    }
    store_cursor_close(c);
    if (!newer.first)
        return;
    if (list->last)
        list->last->next = newer.first;
    else
        list->first = newer.first;
    list->last = newer.last;
    list->count += newer.count;
}

bool row_lists_load_all(
    row_lists *l, void (*added)(void *context, group *g, kept_row *r), void *context) {
    static const char first[] = {TAG_ROW};
    slice key, value;
    bool ok = true;
    l->store_has_more = false;
    l->cache_bytes = INT64_MAX;
    store_cursor *c = store_cursor_open(l->store, slice_make(first, 1), (slice){NULL, 0});
    while (ok && store_cursor_next(c, &key, &value)) {
        group_key of;
        key = slice_make(key.data + 1, key.length - 1);
        ok = row_keys_read(&l->keys, &key, &of) && key.length == 8 && value.length >= 20;
        if (!ok)
            break;
        group *g = row_lists_make(l, &of);
        added(context, g, read_row(l, g, row_key_read_int64(&key), value));
    }
    store_cursor_close(c);
    return ok;
}

static void forget_old(row_lists *l, group *g) {
    row_list *list = row_list_of(g);
    while (list->first && is_forgotten(l, list->first))
        row_lists_remove(l, list->first);
}

group *row_lists_make(row_lists *l, const group_key *key) {
    group *g = group_table_find(&l->groups, key);
    if (!g) {
        g = group_table_add(&l->groups, key);
        row_list_of(g)->is_complete = !may_be_stored(l, key);
    }
    g->is_used = true;
    return g;
}

group *row_lists_find(row_lists *l, const group_key *key) {
    group *g = group_table_find(&l->groups, key);
    if (!g && !may_be_stored(l, key))
        return NULL;
    if (!g)
        g = row_lists_make(l, key);
    g->is_used = true;
    row_lists_complete(l, g);
    if (l->ttl_ms)
        forget_old(l, g);
    return row_list_of(g)->count ? g : NULL;
}

/* ---- rows ---- */

void row_lists_mark(row_lists *l, kept_row *r) {
    if (r->is_dirty)
        return;
    r->is_dirty = true;
    if (l->dirty_count == l->dirty_capacity) {
        l->dirty_capacity = l->dirty_capacity ? l->dirty_capacity * 2 : 1024;
        l->dirty = memory_resize(l->dirty, sizeof *l->dirty * (size_t)l->dirty_capacity);
    }
    l->dirty[l->dirty_count++] = r;
}

static slice encode(row_lists *l, const batch *in, int64_t row) {
    buffer_clear(&l->value);
    row_value_append(&l->value, in->columns, l->input->column_count, row);
    return buffer_slice(&l->value);
}

kept_row *row_lists_add(row_lists *l, group *g, const batch *in, int64_t row, int32_t count) {
    kept_row *r = make_row(l, g, encode(l, in, row));
    r->id = l->next_id++;
    r->rowtime = in->rowtime[row];
    r->count = count;
    append(row_list_of(g), r);
    row_lists_mark(l, r);
    l->came++;
    return r;
}

kept_row *row_lists_equal(row_lists *l, group *g, const batch *in, int64_t row) {
    slice bytes = encode(l, in, row);
    uint32_t hash = (uint32_t)slice_hash(bytes);
    kept_row *found = NULL;
    for (kept_row *r = row_list_of(g)->first; r; r = r->next)
        if (r->hash == hash && slice_equal(slice_make(r->bytes, r->length), bytes))
            found = r;
    return found;
}

void row_lists_remove(row_lists *l, kept_row *r) {
    group *g = r->owner;
    row_list *list = row_list_of(g);
    kept_row *before = NULL;
    for (kept_row *at = list->first; at != r; at = at->next)
        before = at;
    if (before)
        before->next = r->next;
    else
        list->first = r->next;
    if (list->last == r)
        list->last = before;
    list->count--;
    if (r->is_saved) {
        place_of(l, &g->key);
        row_key_append_int64(&l->key, r->id);
        store_delete(l->store, buffer_slice(&l->key));
    }
    group_table_count_heap(&l->groups, g, -((int64_t)(sizeof *r + r->length) + 16));
    r->owner = NULL;
    if (!r->is_dirty)
        memory_free(r);
}

void row_lists_output(row_lists *l, const kept_row *r, column *const *to) {
    slice bytes = slice_make(r->bytes, r->length);
    if (row_value_read(&bytes, l->types, to, l->input->column_count))
        return;
    error e = {0};
    error_set(&e, ERROR_DATA, "A stored row of the store %.*s cannot be read.",
        SLICE_ARG(l->owner->node->store));
    error_hint(&e, "Drop the query and create it again: its state is built up anew.");
    task_fail(l->owner->task, &e);
    for (int i = 0; i < l->input->column_count; i++)
        column_append_null(to[i]);
}

/* ---- saving ---- */

static void save_row(row_lists *l, kept_row *r) {
    r->is_dirty = false;
    if (!r->owner) {
        memory_free(r);
        return;
    }
    place_of(l, &r->owner->key);
    row_key_append_int64(&l->key, r->id);
    buffer_clear(&l->value);
    row_key_append_int64(&l->value, r->rowtime);
    row_key_append_int64(&l->value, r->touched_ms);
    buffer_append_bytes(&l->value, &r->count, sizeof r->count);
    buffer_append_bytes(&l->value, r->bytes, r->length);
    store_put(l->store, buffer_slice(&l->key), buffer_slice(&l->value));
    r->is_saved = true;
}

typedef struct eviction {
    row_lists *lists;
    bool all;
} eviction;

static bool leaves_memory(void *context, group *g) {
    const eviction *e = context;
    bool leaves = e->all || !g->is_used || !row_list_of(g)->count;
    g->is_used = false;
    if (leaves && (row_list_of(g)->count || !row_list_of(g)->is_complete))
        note_evicted(e->lists, g);
    if (leaves)
        free_rows(NULL, g);
    return leaves;
}

static void shrink(row_lists *l) {
    if (l->groups.bytes <= l->cache_bytes)
        return;
    eviction e = {.lists = l};
    if (!l->store_has_more)
        l->evicted = memory_allocate_zero((size_t)1 << (FILTER_BITS - 3));
    l->store_has_more = true;
    group_table_sweep(&l->groups, leaves_memory, &e);
    if (l->groups.bytes <= l->cache_bytes / 4 * 3)
        return;
    e.all = true;
    group_table_sweep(&l->groups, leaves_memory, &e);
}

/* Rows past their time to live leave the store by sweeps, a part at each barrier. Those that are
 * also in memory leave that when their list is looked at. */
static void sweep_forgotten(row_lists *l) {
    static const char first[] = {TAG_ROW};
    slice key, value, from = l->swept.length ? buffer_slice(&l->swept) : slice_make(first, 1);
    bool more = true;
    store_cursor *c = store_cursor_open(l->store, from, (slice){NULL, 0});
    for (int64_t left = 2 * l->came + SWEEP_LEAST;
         left > 0 && (more = store_cursor_next(c, &key, &value)); left--) {
        buffer_clear(&l->swept);
        buffer_append(&l->swept, key);
        if (value.length >= 16) {
            row_key_read_int64(&value);
            if (l->now_ms - row_key_read_int64(&value) >= l->ttl_ms)
                store_delete(l->store, buffer_slice(&l->swept));
        }
        buffer_append_byte(&l->swept, 0);
    }
    store_cursor_close(c);
    if (!more)
        buffer_clear(&l->swept);
}

void row_lists_save(row_lists *l) {
    for (int64_t i = 0; i < l->dirty_count; i++)
        save_row(l, l->dirty[i]);
    l->dirty_count = 0;
    if (l->next_id != l->saved_id) {
        buffer_clear(&l->value);
        row_key_append_int64(&l->value, l->next_id);
        store_put(l->store, SLICE_LITERAL("\0"), buffer_slice(&l->value));
        l->saved_id = l->next_id;
    }
    if (l->ttl_ms)
        sweep_forgotten(l);
    l->came = 0;
    shrink(l);
}
