#include "executor/operator/row_lists.h"

#include "base/memory.h"
#include "base/varint.h"
#include "executor/state/row_codec.h"

enum {
    CACHE_BYTES = 64 << 20,
    SWEEP_BYTES = 8 << 20,
    TAG_ROW = 1,
    ROWS_A_READ = 64,
    ENTRY_BYTES = 1024,
    TOUCHED_BYTES = 8
};

bool row_lists_open(row_lists *l, operator* owner, int input, const int *columns, int count,
    const char *suffix, int64_t ttl_ms, error *e) {
    const plan_node *node = owner->node->inputs[input];
    *l = (row_lists){.owner = owner,
        .input = node,
        .cache_bytes = CACHE_BYTES,
        .sweep_bytes = SWEEP_BYTES,
        .ttl_ms = ttl_ms,
        .takes_back = node->mode != CHANGELOG_APPEND};
    l->types = memory_allocate(sizeof *l->types * ((size_t)node->column_count + 1));
    for (int i = 0; i < node->column_count; i++)
        l->types[i] = node->columns[i].type;
    row_keys_open(&l->keys, node, columns, count);
    group_table_open(&l->groups, l->keys.form, sizeof(row_list));
    l->store = task_store(owner->task, owner->node, suffix, e);
    if (!l->store)
        return false;
    l->is_lasting = store_is_lasting(l->store);
    if (!l->is_lasting)
        l->cache_bytes = INT64_MAX; /* the store is memory, too */
    evicted_keys_open(&l->evicted, store_count(l->store) > 0);
    slice saved = store_get(l->store, SLICE_LITERAL("\0"));
    if (saved.data && saved.length == 8)
        l->next_id = l->saved_id = row_key_read_int64(&saved);
    return true;
}

void row_lists_close(row_lists *l) {
    if (l->groups.cells)
        group_table_close(&l->groups, NULL, NULL);
    pool_clear(&l->rows);
    row_keys_close(&l->keys);
    memory_free(l->types);
    memory_free(l->dirty);
    evicted_keys_close(&l->evicted);
    buffer_free(&l->key);
    buffer_free(&l->value);
    buffer_free(&l->row);
    sweep_close(&l->swept);
    *l = (row_lists){0};
}

/* ---- lists ---- */

static slice place_of(row_lists *l, const group_key *key) {
    buffer_clear(&l->key);
    buffer_append_byte(&l->key, TAG_ROW);
    row_keys_append(&l->keys, key, &l->key);
    return buffer_slice(&l->key);
}

static slice place_of_entry(row_lists *l, const group_key *key, int64_t id) {
    place_of(l, key);
    row_key_append_int64(&l->key, id);
    return buffer_slice(&l->key);
}

static inline bool is_saved(const kept_row *r) {
    return r->place != ROW_UNSAVED;
}

/* Of unsaved rows it would begin with them. */
static inline int64_t entry_of(const kept_row *r) {
    return is_saved(r) ? r->id - r->place : r->id;
}

static inline bool share_entry(const kept_row *a, const kept_row *b) {
    return is_saved(a) && is_saved(b) && entry_of(a) == entry_of(b);
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

static inline size_t block_bytes(size_t length) {
    return offsetof(kept_row, bytes) + length;
}

static kept_row *make_row(row_lists *l, group *g, slice bytes) {
    kept_row *r = pool_allocate(&l->rows, block_bytes(bytes.length));
    r->owner = g;
    r->hash = l->takes_back ? (uint32_t)slice_hash(bytes) : 0;
    r->length = (uint32_t)bytes.length;
    r->is_dirty = false;
    if (bytes.length)
        memcpy(r->bytes, bytes.data, bytes.length);
    group_table_count_heap(&l->groups, g, (int64_t)block_bytes(bytes.length));
    return r;
}

static void release_row(row_lists *l, kept_row *r) {
    pool_release(&l->rows, r, block_bytes(r->length));
}

static void release_rows(row_lists *l, group *g) {
    for (kept_row *r = row_list_of(g)->first, *next; r; r = next) {
        next = r->next;
        release_row(l, r);
    }
}

static bool is_forgotten(const row_lists *l, const kept_row *r) {
    return l->ttl_ms && l->now_ms - r->touched_ms >= l->ttl_ms;
}

/* ---- entries ---- */

static void append_to_entry(row_lists *l, const kept_row *r, int64_t first_id) {
    varint_append(&l->row, (uint64_t)(r->id - first_id));
    varint_append(&l->row, zigzag(r->rowtime));
    varint_append(&l->row, zigzag(r->count));
    varint_append(&l->row, r->length);
    buffer_append_bytes(&l->row, r->bytes, r->length);
}

/* Takes a row's id, time, count and length off the front. */
static bool read_numbers(slice *from, uint64_t numbers[4]) {
    const char *at = from->data, *end = at + from->length;
    for (int i = 0; at && i < 4; i++)
        at = varint_read(at, end, &numbers[i]);
    if (!at || numbers[3] > (uint64_t)(end - at))
        return false;
    *from = slice_make(at, (size_t)(end - at));
    return true;
}

typedef void (*row_visitor)(void *context, group *g, kept_row *r);

/* Appends an entry's rows to the list. False: it is damaged. */
static bool read_entry(
    row_lists *l, group *g, int64_t first_id, slice entry, row_visitor added, void *context) {
    if (entry.length < TOUCHED_BYTES)
        return false;
    int64_t touched_ms = row_key_read_int64(&entry);
    while (entry.length) {
        uint64_t numbers[4];
        if (!read_numbers(&entry, numbers))
            return false;
        kept_row *r = make_row(l, g, slice_make(entry.data, numbers[3]));
        r->place = (uint32_t)numbers[0];
        r->id = first_id + r->place;
        r->rowtime = unzigzag(numbers[1]);
        r->count = (int32_t)unzigzag(numbers[2]);
        r->touched_ms = touched_ms;
        append(row_list_of(g), r);
        if (added)
            added(context, g, r);
        entry = slice_make(entry.data + numbers[3], entry.length - numbers[3]);
    }
    return true;
}

static void fail_damaged(row_lists *l) {
    error e = {0};
    error_set(&e, ERROR_DATA, "A stored row of the store %.*s cannot be read.",
        SLICE_ARG(l->owner->node->store));
    error_hint(&e, "Drop the query and create it again: its state is built up anew.");
    task_fail(l->owner->task, &e);
}

/* ---- what is in the store only ---- */

/* Stored rows are older than those that came while the list was not complete. */
void row_lists_complete(row_lists *l, group *g) {
    row_list *list = row_list_of(g);
    g->is_used = true;
    if (list->is_complete)
        return;
    list->is_complete = true;
    if (!l->evicted.any)
        return;
    row_list newer = *list;
    int64_t first_id = newer.first ? entry_of(newer.first) : INT64_MAX;
    *list = (row_list){.is_complete = true, .has_dirty = newer.has_dirty, .unsaved = newer.unsaved};
    size_t prefix = place_of(l, &g->key).length;
    buffer_clear(&l->value);
    buffer_append(&l->value, buffer_slice(&l->key));
    row_key_append_int64(&l->value, INT64_MAX);
    slice key, value;
    store_cursor *c = store_cursor_open(l->store, buffer_slice(&l->key), buffer_slice(&l->value));
    while (store_cursor_next(c, &key, &value)) {
        key = slice_make(key.data + prefix, key.length - prefix);
        if (key.length != 8)
            continue; /* of a longer key */
        int64_t id = row_key_read_int64(&key);
        if (id >= first_id)
            break; /* from here on in memory */
        if (!read_entry(l, g, id, value, NULL, NULL))
            fail_damaged(l);
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

bool row_lists_load_all(row_lists *l, row_visitor added, void *context) {
    static const char first[] = {TAG_ROW};
    slice key, value;
    bool ok = true;
    l->evicted.any = false;
    l->cache_bytes = INT64_MAX;
    store_cursor *c = store_cursor_open(l->store, slice_make(first, 1), (slice){NULL, 0});
    while (ok && store_cursor_next(c, &key, &value)) {
        group_key of;
        key = slice_make(key.data + 1, key.length - 1);
        ok = row_keys_read(&l->keys, &key, &of) && key.length == 8;
        if (!ok)
            break;
        group *g = row_lists_make(l, &of);
        ok = read_entry(l, g, row_key_read_int64(&key), value, added, context);
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
        row_list_of(g)->is_complete = !evicted_keys_may_have(&l->evicted, key->hash);
    }
    return g;
}

group *row_lists_find(row_lists *l, const group_key *key) {
    group *g = group_table_find(&l->groups, key);
    if (!g && !evicted_keys_may_have(&l->evicted, key->hash))
        return NULL;
    if (!g)
        g = row_lists_make(l, key);
    row_lists_complete(l, g);
    if (l->ttl_ms)
        forget_old(l, g);
    l->reads += row_list_of(g)->count > 0;
    return row_list_of(g)->count ? g : NULL;
}

/* ---- rows ---- */

static void mark_list(row_lists *l, group *g) {
    if (g->is_dirty || !l->is_lasting)
        return;
    g->is_dirty = true;
    if (l->dirty_count == l->dirty_capacity) {
        l->dirty_capacity = l->dirty_capacity ? l->dirty_capacity * 2 : 64;
        l->dirty = memory_resize(l->dirty, sizeof *l->dirty * (size_t)l->dirty_capacity);
    }
    l->dirty[l->dirty_count++] = g;
}

void row_lists_mark(row_lists *l, kept_row *r) {
    if (!is_saved(r))
        return; /* it is yet to be written */
    r->is_dirty = true;
    row_list_of(r->owner)->has_dirty = true;
    mark_list(l, r->owner);
}

void row_lists_touch(row_lists *l, group *g) {
    for (kept_row *r = row_list_of(g)->first; r; r = r->next) {
        if (r->touched_ms == l->now_ms)
            continue;
        r->touched_ms = l->now_ms;
        row_lists_mark(l, r);
    }
}

static slice encode(row_lists *l, const batch *in, int64_t row) {
    buffer_clear(&l->row);
    row_value_append(&l->row, in->columns, l->input->column_count, row);
    return buffer_slice(&l->row);
}

kept_row *row_lists_add(row_lists *l, group *g, const batch *in, int64_t row, int32_t count) {
    kept_row *r = make_row(l, g, encode(l, in, row));
    row_list *list = row_list_of(g);
    r->id = l->next_id++;
    r->rowtime = in->rowtime[row];
    r->touched_ms = l->now_ms;
    r->count = count;
    r->place = ROW_UNSAVED;
    append(list, r);
    if (!list->unsaved)
        list->unsaved = r;
    mark_list(l, g);
    l->swept.came++;
    l->added++;
    return r;
}

kept_row *row_lists_equal(row_lists *l, group *g, const batch *in, int64_t row) {
    slice bytes = encode(l, in, row);
    uint32_t hash = l->takes_back ? (uint32_t)slice_hash(bytes) : 0;
    kept_row *found = NULL;
    for (kept_row *r = row_list_of(g)->first; r; r = r->next)
        if (r->hash == hash && slice_equal(slice_make(r->bytes, r->length), bytes))
            found = r;
    return found;
}

/* A saved row between these two goes. */
static void leave_entry(row_lists *l, const kept_row *r, kept_row *before) {
    if (before && share_entry(before, r))
        row_lists_mark(l, before);
    else if (r->next && share_entry(r->next, r))
        row_lists_mark(l, r->next);
    else
        store_delete(l->store, place_of_entry(l, &r->owner->key, entry_of(r)));
}

void row_lists_remove(row_lists *l, kept_row *r) {
    group *g = r->owner;
    row_list *list = row_list_of(g);
    kept_row *before = NULL;
    for (kept_row *at = list->first; at != r; at = at->next)
        before = at;
    if (is_saved(r))
        leave_entry(l, r, before);
    if (before)
        before->next = r->next;
    else
        list->first = r->next;
    if (list->last == r)
        list->last = before;
    if (list->unsaved == r)
        list->unsaved = r->next;
    list->count--;
    group_table_count_heap(&l->groups, g, -(int64_t)block_bytes(r->length));
    release_row(l, r);
}

void row_lists_output(row_lists *l, const kept_row *r, column *const *to) {
    slice bytes = slice_make(r->bytes, r->length);
    if (row_value_read(&bytes, l->types, to, l->input->column_count))
        return;
    fail_damaged(l);
    for (int i = 0; i < l->input->column_count; i++)
        column_append_null(to[i]);
}

/* ---- saving ---- */

/* Writes the entry that begins with `first` and reaches as far as rows share it or, of unsaved
 * ones, as it has room. Gives the row behind it. */
static kept_row *save_entry(row_lists *l, group *g, kept_row *first) {
    bool is_new = !is_saved(first);
    int64_t id = entry_of(first), touched_ms = first->touched_ms;
    buffer_clear(&l->row);
    kept_row *r = first;
    for (; r && (is_new ? l->row.length < ENTRY_BYTES : share_entry(r, first)); r = r->next) {
        append_to_entry(l, r, id);
        r->is_dirty = false;
        if (r->touched_ms > touched_ms)
            touched_ms = r->touched_ms;
    }
    kept_row *end = r;
    for (r = first; is_new && r != end; r = r->next)
        r->place = (uint32_t)(r->id - id);
    buffer_clear(&l->value);
    row_key_append_int64(&l->value, touched_ms);
    buffer_append(&l->value, buffer_slice(&l->row));
    store_save(l->store, place_of_entry(l, &g->key, id), buffer_slice(&l->value), l->ttl_ms != 0);
    return end;
}

/* The saved entries of a list that are not as they were. */
static void save_dirty(row_lists *l, group *g) {
    row_list *list = row_list_of(g);
    kept_row *first = list->first; /* of an entry */
    for (kept_row *r = first; r != list->unsaved;) {
        if (!share_entry(first, r))
            first = r;
        r = r->is_dirty ? save_entry(l, g, first) : r->next;
    }
    list->has_dirty = false;
}

/* They are in the store. */
static void drop_rows(row_lists *l, group *g) {
    release_rows(l, g);
    group_table_count_heap(&l->groups, g, -(int64_t)g->heap_bytes);
    *row_list_of(g) = (row_list){0};
}

static void save_list(row_lists *l, group *g) {
    row_list *list = row_list_of(g);
    if (list->has_dirty)
        save_dirty(l, g);
    while (list->unsaved)
        list->unsaved = save_entry(l, g, list->unsaved);
    g->is_dirty = false;
}

/* Lists that come up soon, then their rows. */
static inline void prefetch(const row_lists *l, int64_t at) {
    if (at + 16 < l->dirty_count)
        memory_prefetch(l->dirty[at + 16]->state);
    if (at + 8 < l->dirty_count && row_list_of(l->dirty[at + 8])->unsaved)
        memory_prefetch(row_list_of(l->dirty[at + 8])->unsaved);
}

/* What has just been saved is at hand: where few rows are ever looked for, those of a list that
 * nobody has read leave at once. */
static void save_lists(row_lists *l) {
    bool leave = l->cache_bytes != INT64_MAX && l->reads * ROWS_A_READ < l->added;
    if (leave)
        evicted_keys_begin(&l->evicted);
    for (int64_t i = 0; i < l->dirty_count; i++) {
        group *g = l->dirty[i];
        prefetch(l, i);
        save_list(l, g);
        if (leave && !g->is_used)
            drop_rows(l, g);
    }
    l->dirty_count = 0;
    l->reads /= 2;
    l->added /= 2;
}

/* ---- leaving memory ---- */

typedef struct eviction {
    row_lists *lists;
    bool all;
} eviction;

static bool leaves_memory(void *context, group *g) {
    const eviction *e = context;
    bool leaves = e->all || !g->is_used || !row_list_of(g)->count;
    g->is_used = false;
    if (leaves && (row_list_of(g)->count || !row_list_of(g)->is_complete))
        evicted_keys_note(&e->lists->evicted, g->key.hash);
    if (leaves)
        release_rows(e->lists, g);
    return leaves;
}

/* Lists that nobody has read since the last time leave, whenever as much has come as was left then;
 * when that is not enough, all of them. */
static void shrink(row_lists *l) {
    if (l->cache_bytes == INT64_MAX ||
        (l->groups.bytes <= l->sweep_bytes && l->groups.bytes <= l->cache_bytes))
        return;
    eviction e = {.lists = l};
    evicted_keys_begin(&l->evicted);
    group_table_sweep(&l->groups, leaves_memory, &e);
    e.all = l->groups.bytes > l->cache_bytes / 4 * 3;
    if (e.all)
        group_table_sweep(&l->groups, leaves_memory, &e);
    l->sweep_bytes = l->groups.bytes * 2;
    if (l->sweep_bytes < SWEEP_BYTES)
        l->sweep_bytes = SWEEP_BYTES;
}

static bool is_empty(void *context, group *g) {
    (void)context;
    return !row_list_of(g)->count;
}

void row_lists_drop_empty(row_lists *l) {
    int64_t kept = 0;
    for (int64_t i = 0; i < l->dirty_count; i++)
        if (row_list_of(l->dirty[i])->count)
            l->dirty[kept++] = l->dirty[i];
    l->dirty_count = kept;
    group_table_sweep(&l->groups, is_empty, NULL);
}

/* Rows that are also in memory leave that when their list is looked at. */
static void forget_stored(void *context, slice key, slice value) {
    row_lists *l = context;
    if (value.length >= TOUCHED_BYTES && l->now_ms - row_key_read_int64(&value) >= l->ttl_ms)
        store_delete(l->store, key);
}

void row_lists_end(row_lists *l) {
    l->has_ended = true;
    l->swept.came = 0;
    group_table_close(&l->groups, NULL, NULL);
    group_table_open(&l->groups, l->keys.form, sizeof(row_list));
    pool_clear(&l->rows);
    l->dirty_count = 0;
    l->evicted.any = false;
}

static void delete_stored(void *context, slice key, slice value) {
    row_lists *l = context;
    (void)value;
    store_delete(l->store, key);
}

/* What nobody looks for any more leaves the store by and by. */
static void delete_all(row_lists *l) {
    if (l->is_lasting && store_count(l->store) > 1)
        sweep_run(&l->swept, l->store, SLICE_LITERAL("\1"), (slice){NULL, 0}, delete_stored, l);
    l->swept.came = 0;
}

void row_lists_save(row_lists *l) {
    if (l->has_ended) {
        delete_all(l);
        return;
    }
    save_lists(l);
    if (l->is_lasting && l->next_id != l->saved_id) {
        buffer_clear(&l->value);
        row_key_append_int64(&l->value, l->next_id);
        store_put(l->store, SLICE_LITERAL("\0"), buffer_slice(&l->value));
        l->saved_id = l->next_id;
    }
    if (l->ttl_ms && l->is_lasting)
        sweep_run(&l->swept, l->store, SLICE_LITERAL("\1"), (slice){NULL, 0}, forget_stored, l);
    shrink(l);
}
