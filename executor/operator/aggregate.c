/* GROUP BY.
 *
 * For a batch: take the rows that have a key; give each its windows (aggregate_window.c); find the
 * group of every entry; then run each aggregate once over all entries, in order. A group that is
 * found in memory costs no allocation and no call of the store. One that is not is read from the
 * store, or starts empty. Changed groups are listed in the order of their first change; the barrier
 * emits their results (unless every row has given its own) and saves them. When windows have closed
 * and their groups are many, these are emitted and forgotten before that. (Results:
 * aggregate_results.c; groups of which only the changes are here: aggregate_deltas.c; which groups
 * stay in memory: aggregate_cache.c.)
 */
#include "executor/operator/aggregate.h"

#include "base/memory.h"
#include "base/packed.h"
#include "executor/state/row_codec.h"

/* ---- bytes ---- */

static bool read_int64(slice *bytes, int64_t *value) {
    if (bytes->length < sizeof *value)
        return false;
    memcpy(value, bytes->data, sizeof *value);
    bytes->data += sizeof *value;
    bytes->length -= sizeof *value;
    return true;
}

static void append_int64(buffer *out, int64_t value) {
    buffer_append_bytes(out, (const char *)&value, sizeof value);
}

/* ---- keys ---- */

void aggregate_reserve(aggregate_operator *op, int64_t entries) {
    if (entries <= op->capacity)
        return;
    size_t n = (size_t)entries;
    op->capacity = entries;
    op->rows = memory_resize(op->rows, sizeof *op->rows * n);
    op->picked = memory_resize(op->picked, sizeof *op->picked * n);
    op->starts = memory_resize(op->starts, sizeof *op->starts * n);
    op->rowtimes = memory_resize(op->rowtimes, sizeof *op->rowtimes * n);
    op->hashes = memory_resize(op->hashes, sizeof *op->hashes * n);
    op->entry_groups = memory_resize(op->entry_groups, sizeof *op->entry_groups * n);
    op->slots = memory_resize(op->slots, sizeof *op->slots * 2 * n);
    op->refused = memory_resize(op->refused, sizeof *op->refused * n);
}

static bool key_has_nulls(const batch *in, int key_count) {
    for (int k = 0; k < key_count; k++)
        if (column_has_nulls(in->columns[k]))
            return true;
    return false;
}

static bool row_has_key(const batch *in, int key_count, int64_t row) {
    for (int k = 0; k < key_count; k++)
        if (column_is_null(in->columns[k], row))
            return false;
    return true;
}

int64_t aggregate_select_rows(aggregate_operator *op, const batch *in) {
    aggregate_reserve(op, in->rows);
    bool check = key_has_nulls(in, op->key_count);
    int64_t count = 0;
    for (int64_t row = 0; row < in->rows; row++) {
        op->rows[count] = (int32_t)row;
        count += in->change[row] != CHANGE_EMPTY && (!check || row_has_key(in, op->key_count, row));
    }
    return count;
}

/* For keys of the encoded form; consecutive entries of one row share the encoding. */
static slice encode_row_key(aggregate_operator *op, const batch *in, int64_t i) {
    if (i == 0 || op->rows[i] != op->rows[i - 1]) {
        buffer_clear(&op->encoded);
        row_key_append(&op->encoded, in->columns, op->key_count, op->rows[i]);
    }
    return buffer_slice(&op->encoded);
}

group_key aggregate_row_key(aggregate_operator *op, const batch *in, int64_t i) {
    group_key key = {.hash = op->hashes[i]};
    switch (op->groups.form) {
    case GROUP_KEY_INT64:
        key.integer = in->columns[0]->int64s[op->rows[i]];
        break;
    case GROUP_KEY_INT32:
        key.integer = in->columns[0]->int32s[op->rows[i]];
        break;
    case GROUP_KEY_BYTES:
        key.bytes = column_slice(in->columns[0], op->rows[i]);
        break;
    case GROUP_KEY_ENCODED:
        key.bytes = encode_row_key(op, in, i);
        key.hash = group_hash_bytes(key.bytes);
        break;
    }
    return key;
}

static void append_key(const aggregate_operator *op, const group_key *key, column *const *to) {
    slice bytes = key->bytes;
    switch (op->groups.form) {
    case GROUP_KEY_INT64:
        column_append_int64(to[0], key->integer);
        break;
    case GROUP_KEY_INT32:
        column_append_int32(to[0], (int32_t)key->integer);
        break;
    case GROUP_KEY_BYTES:
        column_append_bytes(to[0], bytes);
        break;
    case GROUP_KEY_ENCODED: {
        bool ok = row_key_read(&bytes, to, op->key_count);
        assert(ok && bytes.length == 0);
        (void)ok;
        break;
    }
    }
}

void aggregate_output_key(aggregate_operator *op, const group_key *key) {
    append_key(op, key, op->out->columns);
}

void aggregate_encode_key(aggregate_operator *op, const group_key *key, buffer *out) {
    if (op->groups.form == GROUP_KEY_ENCODED) {
        buffer_append(out, key->bytes);
        return;
    }
    column_clear(op->key_scratch);
    append_key(op, key, &op->key_scratch);
    row_key_append(out, &op->key_scratch, 1, 0);
}

slice aggregate_store_bound(buffer *out, char tag, int64_t time_ms) {
    buffer_clear(out);
    buffer_append_byte(out, tag);
    row_key_append_int64(out, time_ms);
    return buffer_slice(out);
}

slice aggregate_group_place(aggregate_operator *op, const group_key *key) {
    if (op->window.kind == WINDOW_NONE) {
        buffer_clear(&op->key);
        buffer_append_byte(&op->key, STORE_TAG_GROUP);
    } else
        aggregate_store_bound(&op->key, STORE_TAG_GROUP, key->window_start);
    aggregate_encode_key(op, key, &op->key);
    return buffer_slice(&op->key);
}

/* ---- finding groups ---- */

void aggregate_load_state(aggregate_operator *op, slice saved, int64_t *rowtime, void *slots) {
    if (packed_take(&saved, rowtime, sizeof *rowtime) &&
        aggregate_slots_load(&op->aggregates, slots, &saved) && saved.length == 0)
        return;
    error e = {0};
    error_set(&e, ERROR_DATA, "The saved state of a group of %.*s cannot be read.",
        SLICE_ARG(op->base.node->store));
    task_fail(op->base.task, &e);
}

static void load_group(aggregate_operator *op, group *g) {
    aggregate_slots_start(&op->aggregates, g->state);
    if (!op->store_has_groups)
        return;
    if (op->takes_deltas) {
        aggregate_delta_begin(op, g);
        return;
    }
    slice saved = store_get(op->store, aggregate_group_place(op, &g->key));
    if (saved.data)
        aggregate_load_state(op, saved, &g->rowtime, g->state);
}

group *aggregate_find_group(aggregate_operator *op, const group_key *key) {
    group *g = group_table_find(&op->groups, key);
    if (!g) {
        g = group_table_add(&op->groups, key);
        load_group(op, g);
    }
    return g;
}

void aggregate_mark_dirty(aggregate_operator *op, group *g) {
    g->is_dirty = true;
    if (op->dirty_count == op->dirty_capacity) {
        op->dirty_capacity = op->dirty_capacity ? op->dirty_capacity * 2 : 1024;
        op->dirty = memory_resize(op->dirty, sizeof *op->dirty * (size_t)op->dirty_capacity);
    }
    op->dirty[op->dirty_count++] = g;
}

/* The first change since the last result: remember what was there. */
static void mark_changed(aggregate_operator *op, group *g) {
    g->is_changed = true;
    bool has_old = op->emits_old && g->rowtime != INT64_MIN;
    g->changed_place = has_old ? aggregate_remember(op, g->state) : 0;
    if (!g->is_dirty)
        aggregate_mark_dirty(op, g);
}

/* The hashes of all entries; keys of the encoded form are hashed when they are encoded. */
static void hash_entries(aggregate_operator *op, const batch *in, int64_t count) {
    if (op->groups.form == GROUP_KEY_ENCODED)
        return;
    group_table_hash(&op->groups, in->columns[0], op->rows, count, op->hashes);
    if (op->window.kind != WINDOW_NONE)
        for (int64_t i = 0; i < count; i++)
            op->hashes[i] = group_hash_window(op->hashes[i], op->starts[i]);
}

static inline group_key entry_key(aggregate_operator *op, const batch *in, int64_t i) {
    if (op->groups.form == GROUP_KEY_INT64)
        return (group_key){.hash = op->hashes[i],
            .integer = in->columns[0]->int64s[op->rows[i]],
            .window_start = op->starts[i]};
    group_key key = aggregate_row_key(op, in, i);
    if (op->groups.form == GROUP_KEY_ENCODED)
        key.hash = group_hash_window(key.hash, op->starts[i]);
    key.window_start = op->starts[i];
    return key;
}

/* The groups of entries are asked for one after the other. */
static void start_finding(aggregate_operator *op, const batch *in, int64_t count) {
    if (op->ring_size)
        aggregate_find_rings(op, in, count);
    else
        hash_entries(op, in, count);
}

static inline group *entry_group(
    aggregate_operator *op, const batch *in, int64_t i, int64_t count) {
    if (op->ring_size)
        return aggregate_ring_group(op, i, count);
    if (op->groups.form != GROUP_KEY_ENCODED)
        group_table_prefetch_ahead(&op->groups, op->hashes, i, count);
    group_key key = entry_key(op, in, i);
    return aggregate_find_group(op, &key);
}

/* Finds the group of each entry. Entries that undo a row of a group that has none are dropped.
 * Returns how many are left. */
static int64_t find_groups(aggregate_operator *op, const batch *in, int64_t count) {
    start_finding(op, in, count);
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++) {
        int32_t row = op->rows[i];
        group *g = entry_group(op, in, i, count);
        g->is_used = true;
        if (g->rowtime == INT64_MIN && in->change[row] == CHANGE_DELETE)
            continue;
        if (!g->is_changed)
            mark_changed(op, g);
        bool is_new = g->rowtime == INT64_MIN;
        if (in->rowtime[row] > g->rowtime)
            g->rowtime = in->rowtime[row];
        if (is_new && op->ttl_ms)
            aggregate_ttl_note(op, g);
        op->picked[kept] = row;
        op->entry_groups[kept] = g;
        op->rowtimes[kept] = g->rowtime;
        op->starts[kept] = g->key.window_start;
        kept++;
    }
    int32_t *rows = op->rows;
    op->rows = op->picked;
    op->picked = rows;
    return kept;
}

/* ---- one batch ---- */

void aggregate_bind_arguments(aggregate_operator *op, const batch *in) {
    const plan_node *node = op->base.node;
    const column **to = op->arguments;
    for (int a = 0; a < op->aggregates.count; a++)
        for (int i = 0; i < node->aggregate.aggregates[a].argument_count; i++)
            *to++ = in->columns[node->aggregate.aggregates[a].arguments[i]];
}

static void refuse_row(void *context, int64_t i, const char *message) {
    aggregate_operator *op = context;
    op->refused[i] = true;
    task_report_row(op->base.task, op->base.node, message);
}

void aggregate_step(aggregate_operator *op, const batch *in, const int32_t *in_rows,
    void *const *blocks, int64_t count, column *const *results) {
    void **slots = op->slots + op->capacity; /* the first half holds the caller's blocks */
    aggregate_rows rows = {.count = count,
        .rows = in_rows,
        .slots = slots,
        .change = in->change,
        .rowtime = in->rowtime,
        .offset = in->offset,
        .partition = in->partition,
        .sequence = op->sequence,
        .failed = refuse_row,
        .failed_context = op};
    memset(op->refused, 0, (size_t)count);
    for (int a = 0; a < op->aggregates.count; a++) {
        size_t offset = op->aggregates.offsets[a];
        for (int64_t i = 0; i < count; i++)
            slots[i] = (char *)blocks[i] + offset;
        rows.arguments = op->argument_sets[a];
        op->aggregates.instances[a].kernel->step(
            &op->aggregates.instances[a], &rows, results ? results[a] : NULL);
    }
    op->sequence += count;
    op->has_new_time = true;
}

static void step_entries(aggregate_operator *op, const batch *in, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        op->slots[i] = op->entry_groups[i]->state;
    for (int a = 0; op->results_per_row && a < op->aggregates.count; a++)
        column_clear(op->results[a]);
    aggregate_step(op, in, op->rows, op->slots, count, op->results_per_row ? op->results : NULL);
}

/* The rows 0..count of op->rows. */
static void aggregate_rows_of_batch(aggregate_operator *op, const batch *in, int64_t count) {
    if (op->window.kind == WINDOW_SESSION) {
        aggregate_session_batch(op, in, count);
        return;
    }
    if (op->pane_ms) {
        aggregate_panes_batch(op, in, count);
        aggregate_give_closed(op);
        return;
    }
    if (op->window.kind != WINDOW_NONE)
        count = aggregate_expand_windows(op, in, count);
    else
        memset(op->starts, 0, sizeof *op->starts * (size_t)count);
    count = find_groups(op, in, count);
    if (count == 0)
        return;
    step_entries(op, in, count);
    if (op->results_per_row)
        aggregate_emit_rows(op, in, count);
    if (op->window.kind != WINDOW_NONE)
        aggregate_give_closed(op);
}

/* Before a row changes its group, the groups that are forgotten at its time go: so the rows are
 * taken in portions, between which time goes on past the oldest group's. */
static void batch_with_ttl(aggregate_operator *op, const batch *in, int64_t count) {
    op->selected = memory_resize(op->selected, sizeof(int32_t) * (size_t)op->capacity);
    int32_t *all = op->selected;
    memcpy(all, op->rows, sizeof *all * (size_t)count);
    for (int64_t first = 0, end; first < count; first = end) {
        aggregate_ttl_advance(op, in->rowtime[all[first]]);
        int64_t time = op->stream_time, oldest = op->oldest_ms;
        for (end = first; end < count; end++) {
            int64_t now = in->rowtime[all[end]];
            bool ends_pair = end > first && in->change[all[end - 1]] == CHANGE_DELETE &&
                             all[end] == all[end - 1] + 1;
            if (end > first && !ends_pair && (now > time ? now : time) - op->ttl_ms > oldest)
                break;
            time = now > time ? now : time;
            oldest = now < oldest ? now : oldest;
        }
        if (time > op->stream_time) {
            op->stream_time = time;
            op->has_new_time = true;
        }
        memcpy(op->rows, all + first, sizeof *all * (size_t)(end - first));
        aggregate_rows_of_batch(op, in, end - first);
    }
}

static void aggregate_batch(operator* self, int input, const batch *in) {
    aggregate_operator *op = (aggregate_operator *)self;
    int64_t selected = aggregate_select_rows(op, in);
    if (selected == 0)
        return;
    aggregate_bind_arguments(op, in);
    if (op->ttl_ms)
        batch_with_ttl(op, in, selected);
    else
        aggregate_rows_of_batch(op, in, selected);
    if (op->groups.bytes > 2 * op->cache_bytes) /* none leaves before it is saved */
        task_ask_commit(op->base.task);
}

/* ---- saving ---- */

static uint32_t save_at(aggregate_operator *op, slice place, int64_t rowtime, const void *slots) {
    buffer_clear(&op->value);
    packed_append(&op->value, &rowtime, sizeof rowtime);
    aggregate_slots_save(&op->aggregates, slots, &op->value);
    store_put_unread(op->store, place, buffer_slice(&op->value));
    /* What is held outside the slots is about what was saved of it. */
    return aggregate_slots_hold_memory(&op->aggregates) ? (uint32_t)op->value.length * 2 : 0;
}

uint32_t aggregate_save_state(
    aggregate_operator *op, const group_key *key, int64_t rowtime, const void *slots) {
    return save_at(op, aggregate_group_place(op, key), rowtime, slots);
}

void aggregate_save_group(aggregate_operator *op, group *g, slice place) {
    int64_t heap = save_at(op, place, g->rowtime, g->state);
    group_table_count_heap(&op->groups, g, heap - (int64_t)g->heap_bytes);
    g->is_dirty = false;
}

/* But for those of closed windows, which nobody will ask for. */
static void save_groups(aggregate_operator *op) {
    int64_t closed_start = aggregate_closed_start(op);
    for (int64_t i = 0; i < op->dirty_count; i++) {
        group *g = op->dirty[i];
        memory_prefetch(op->dirty[i + 4 < op->dirty_count ? i + 4 : i]);
        if (g->key.window_start > closed_start)
            aggregate_save_group(op, g, aggregate_group_place(op, &g->key));
        g->is_dirty = false;
    }
}

/* Stream time and the number of rows seen outlive a restart: windows close by the one, and
 * functions that keep the earliest or the latest rows compare the other. */
static void save_clock(aggregate_operator *op) {
    if (!op->has_new_time)
        return;
    buffer_clear(&op->value);
    append_int64(&op->value, op->stream_time);
    append_int64(&op->value, op->sequence);
    store_put_unread(op->store, SLICE_LITERAL("\0"), buffer_slice(&op->value));
    op->has_new_time = false;
}

static void load_clock(aggregate_operator *op) {
    slice saved = store_get(op->store, SLICE_LITERAL("\0"));
    if (saved.data && read_int64(&saved, &op->stream_time))
        read_int64(&saved, &op->sequence);
}

/* ---- messages ---- */

static void release_watermark(aggregate_operator *op) {
    if (op->held_watermark == INT64_MIN)
        return;
    operator_emit_watermark(&op->base, op->held_watermark);
    op->held_watermark = INT64_MIN;
}

/* A watermark must not overtake results that are held back. */
static void aggregate_watermark(operator* self, int input, int64_t watermark_ms) {
    aggregate_operator *op = (aggregate_operator *)self;
    (void)input;
    if (op->ttl_ms)
        aggregate_ttl_advance(op, watermark_ms);
    if (op->window.kind != WINDOW_NONE && watermark_ms > op->stream_time) {
        op->stream_time = watermark_ms;
        op->has_new_time = true;
    }
    op->held_watermark = watermark_ms;
    bool holds_results = op->dirty_count || op->session_change_count;
    if (op->results_per_row || !holds_results)
        release_watermark(op);
}

static bool aggregate_barrier(operator* self, error *e) {
    aggregate_operator *op = (aggregate_operator *)self;
    save_clock(op); /* the store sorts what comes in the order of keys sooner */
    if (op->window.kind == WINDOW_SESSION) {
        aggregate_session_emit(op);
        aggregate_session_save(op);
        aggregate_expire_sessions(op);
    } else if (op->pane_ms) {
        if (!op->results_per_row)
            aggregate_panes_emit(op);
        aggregate_panes_save(op);
        aggregate_forget_closed(op);
    } else {
        if (op->ttl_ms)
            aggregate_ttl_clean(op);
        if (op->has_deltas)
            aggregate_deltas_save(op);
        if (!op->results_per_row)
            aggregate_emit_changed(op);
        if (!op->has_deltas)
            save_groups(op);
        op->has_deltas = false;
        op->saved_count = op->dirty_count;
        op->dirty_count = 0;
        if (op->window.kind != WINDOW_NONE)
            aggregate_forget_closed(op);
    }
    aggregate_shrink_cache(op);
    release_watermark(op);
    return true;
}

/* ---- opening and closing ---- */

aggregate_instance *aggregate_add_planned(aggregate_slots *s, const plan_node *node, int index) {
    const plan_aggregate *p = &node->aggregate.aggregates[index];
    aggregate_instance declared = {.kernel = p->function->aggregate,
        .result = p->result,
        .argument_count = p->argument_count,
        .constants = p->constants,
        .constant_count = p->constant_count,
        .element_limit = p->element_limit};
    return aggregate_slots_add(s, &declared, node->inputs[0], p->arguments);
}

static bool open_instance(aggregate_operator *op, int index, error *e) {
    const plan_aggregate *p = &op->base.node->aggregate.aggregates[index];
    aggregate_instance *instance = aggregate_add_planned(&op->aggregates, op->base.node, index);
    if (op->input_retracts && !p->function->aggregate->can_undo)
        return error_set(e, ERROR_STATEMENT,
            "%s cannot be used over a table, because it cannot take a row back.",
            p->descriptor->name);
    if (op->window.kind == WINDOW_SESSION && !p->function->aggregate->can_merge)
        return error_set(e, ERROR_STATEMENT,
            "%s cannot be used with SESSION windows, because its values cannot be merged.",
            p->descriptor->name);
    return aggregate_prepare(instance, e);
}

static column **make_result_columns(const aggregate_operator *op) {
    column **columns = memory_allocate_zero(sizeof(column *) * (size_t)(op->aggregates.count + 1));
    for (int a = 0; a < op->aggregates.count; a++)
        columns[a] = column_create(op->aggregates.instances[a].result);
    return columns;
}

static void destroy_columns(const aggregate_operator *op, column **columns) {
    for (int a = 0; columns && a < op->aggregates.count; a++)
        column_destroy(columns[a]);
    memory_free(columns);
}

static size_t state_bytes(const aggregate_operator *op) {
    if (op->window.kind == WINDOW_SESSION)
        return aggregate_session_state_bytes();
    return op->pane_ms ? aggregate_panes_state_bytes() : op->aggregates.bytes;
}

static void open_groups(aggregate_operator *op) {
    const plan_node *node = op->base.node;
    const sql_type **types = memory_allocate(sizeof *types * (size_t)(node->column_count + 1));
    for (int i = 0; i < node->column_count; i++)
        types[i] = node->columns[i].type;
    group_table_open(&op->groups, group_key_form_of(types, op->key_count), state_bytes(op));
    if (op->pane_ms)
        op->merge = pane_merge_open(&op->aggregates);
    else
        aggregate_rings_open(op);
    if (op->key_count)
        op->key_scratch = column_create(types[0]);
    if (op->ttl_ms) {
        op->age_keys = memory_allocate_zero(sizeof(column *) * (size_t)(op->key_count + 1));
        for (int k = 0; k < op->key_count; k++)
            op->age_keys[k] = column_create(types[k]);
    }
    op->out = batch_builder_create(
        types, node->column_count, false, op->window.kind != WINDOW_NONE, node->needs_headers);
    memory_free(types);
}

static bool aggregate_open(operator* self, error *e) {
    aggregate_operator *op = (aggregate_operator *)self;
    const plan_node *node = self->node;
    int count = node->aggregate.aggregate_count, arguments = 0;
    aggregate_slots_open(&op->aggregates, count);
    for (int a = 0; a < count; a++) {
        if (!open_instance(op, a, e))
            return false;
        arguments += op->aggregates.instances[a].argument_count;
    }
    op->arguments = memory_allocate_zero(sizeof *op->arguments * (size_t)(arguments + 1));
    op->argument_sets = memory_allocate(sizeof *op->argument_sets * (size_t)(count + 1));
    arguments = 0;
    for (int a = 0; a < count; a++) {
        op->argument_sets[a] = op->arguments + arguments;
        arguments += op->aggregates.instances[a].argument_count;
    }
    aggregate_slots_lay_out(&op->aggregates);
    open_groups(op);
    if (op->results_per_row)
        op->results = make_result_columns(op);
    if (op->emits_old)
        op->before = make_result_columns(op);
    op->store = task_store(self->task, node, NULL, e);
    if (!op->store)
        return false;
    op->store_has_groups = store_count(op->store) > 0;
    aggregate_deltas_open(op);
    load_clock(op);
    aggregate_sessions_open(op);
    return true;
}

static void aggregate_close(operator* self) {
    aggregate_operator *op = (aggregate_operator *)self;
    aggregate_rings_close(op);
    group_table_close(&op->groups, aggregate_drop_state, op);
    pane_merge_close(op->merge);
    aggregate_sessions_close(op);
    destroy_columns(op, op->results);
    destroy_columns(op, op->before);
    aggregate_slots_close(&op->aggregates);
    void *blocks[] = {op->arguments, op->argument_sets, op->dirty, op->rows, op->picked, op->starts,
        op->rowtimes, op->hashes, op->entry_groups, op->slots, op->refused, op->session_changes,
        op->selected, op->leaving};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        memory_free(blocks[i]);
    batch_builder_destroy(op->out);
    column_destroy(op->key_scratch);
    for (int k = 0; op->age_keys && k < op->key_count; k++)
        column_destroy(op->age_keys[k]);
    memory_free(op->age_keys);
    buffer_free(&op->age);
    buffer_free(&op->key);
    buffer_free(&op->value);
    buffer_free(&op->encoded);
    memory_free(op);
}

static const operator_class aggregate_class = {
    .name = "aggregate",
    .open = aggregate_open,
    .batch = aggregate_batch,
    .watermark = aggregate_watermark,
    .barrier = aggregate_barrier,
    .close = aggregate_close,
};

operator* aggregate_operator_create(const plan_node *node, task *t) {
    assert(node->kind == PLAN_AGGREGATE);
    aggregate_operator *op = MEMORY_NEW(aggregate_operator);
    op->base = (operator){.class = &aggregate_class, .node = node, .task = t};
    op->window = node->aggregate.window;
    op->pane_ms = node->aggregate.pane_ms;
    op->ttl_ms = node->aggregate.ttl_ms;
    op->oldest_ms = INT64_MIN;
    op->key_count = node->key_count;
    op->emits_old = node->mode == CHANGELOG_RETRACT;
    op->input_retracts = node->inputs[0]->mode == CHANGELOG_RETRACT;
    op->results_per_row = task_results_per_row(t);
    op->cache_bytes = GROUP_CACHE_BYTES;
    op->stream_time = op->expired_to = op->closed_to = op->held_watermark = INT64_MIN;
    return &op->base;
}
