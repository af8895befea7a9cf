/* The time to live of groups without windows: a group that no row has touched for that long, in
 * event time, is forgotten. Its row is deleted downstream, and the next row of its key finds a new
 * group.
 *
 * Each group has one entry in the store under a time at which it was touched. It is not moved when
 * the group is touched again, but when its time has come: then the group is either forgotten, or
 * the entry goes on to the time at which it was touched last. So a touch costs nothing, and a group
 * one pair of writes in a time to live. A forgotten group that is in memory stays there empty until
 * the cache drops it. */
#include "base/memory.h"
#include "executor/operator/aggregate.h"
#include "executor/state/row_codec.h"

enum { EMIT_ROWS = 4096 };

static void put_age(aggregate_operator *op, const group_key *key, int64_t time_ms) {
    aggregate_store_bound(&op->age, STORE_TAG_GROUP_AGE, time_ms);
    aggregate_encode_key(op, key, &op->age);
    store_put(op->store, buffer_slice(&op->age), (slice){"", 0});
    if (time_ms < op->oldest_ms)
        op->oldest_ms = time_ms;
}

void aggregate_ttl_note(aggregate_operator *op, const group *g) {
    put_age(op, &g->key, g->rowtime);
}

/* The key of an encoded one; valid until the next call. */
static group_key decode_key(aggregate_operator *op, slice encoded) {
    static const int32_t first_row = 0;
    group_key key = {0};
    slice bytes = encoded;
    for (int k = 0; k < op->key_count; k++)
        column_clear(op->age_keys[k]);
    bool ok = row_key_read(&bytes, op->age_keys, op->key_count);
    assert(ok && bytes.length == 0);
    (void)ok;
    if (op->groups.form == GROUP_KEY_ENCODED) {
        key.bytes = encoded;
        key.hash = group_hash_window(group_hash_bytes(encoded), 0);
        return key;
    }
    group_table_hash(&op->groups, op->age_keys[0], &first_row, 1, &key.hash);
    if (op->groups.form == GROUP_KEY_INT64)
        key.integer = op->age_keys[0]->int64s[0];
    else if (op->groups.form == GROUP_KEY_INT32)
        key.integer = op->age_keys[0]->int32s[0];
    else
        key.bytes = column_slice(op->age_keys[0], 0);
    return key;
}

/* The group's row, as it was emitted last, leaves. */
static void output_delete(aggregate_operator *op, const group *g) {
    if (op->emits_old && g->is_changed && !g->changed_place)
        return; /* nobody has seen it */
    batch_builder_add_row(op->out, g->rowtime + op->ttl_ms, CHANGE_DELETE);
    aggregate_output_key(op, &g->key);
    if (!g->changed_place)
        aggregate_slots_result(&op->aggregates, g->state, op->out->columns + op->key_count);
    for (int a = 0; g->changed_place && a < op->aggregates.count; a++)
        column_append_row(op->out->columns[op->key_count + a], op->before[a], g->changed_place - 1);
    if (op->out->rows == EMIT_ROWS) {
        operator_emit(&op->base, batch_builder_view(op->out));
        batch_builder_clear(op->out);
    }
}

static void forget(aggregate_operator *op, group *g) {
    output_delete(op, g);
    store_delete(op->store, aggregate_group_place(op, &g->key));
    aggregate_slots_destroy(&op->aggregates, g->state);
    memset(g->state, 0, op->aggregates.bytes);
    aggregate_slots_start(&op->aggregates, g->state);
    group_table_count_heap(&op->groups, g, -(int64_t)g->heap_bytes);
    g->rowtime = INT64_MIN;
    g->is_changed = false;
    g->changed_place = 0;
}

static void forget_untouched(aggregate_operator *op, int64_t bound_ms) {
    slice entry, value;
    buffer from = {0}, at = {0};
    aggregate_store_bound(&from, STORE_TAG_GROUP_AGE, op->oldest_ms);
    op->oldest_ms = INT64_MAX;
    batch_builder_clear(op->out);
    store_cursor *c = store_cursor_open(op->store, buffer_slice(&from), (slice){NULL, 0});
    while (store_cursor_next(c, &entry, &value)) {
        slice time = slice_make(entry.data + 1, sizeof(int64_t));
        int64_t time_ms = row_key_read_int64(&time);
        if (time_ms >= bound_ms) {
            if (time_ms < op->oldest_ms)
                op->oldest_ms = time_ms;
            break;
        }
        buffer_clear(&at);
        buffer_append(&at, entry);
        store_delete(op->store, buffer_slice(&at));
        group_key key = decode_key(op, slice_make(at.data + 9, at.length - 9));
        group *g = aggregate_find_group(op, &key);
        if (g->rowtime >= bound_ms)
            put_age(op, &g->key, g->rowtime);
        else if (g->rowtime != INT64_MIN)
            forget(op, g);
    }
    store_cursor_close(c);
    operator_emit(&op->base, batch_builder_view(op->out));
    batch_builder_clear(op->out);
    buffer_free(&from);
    buffer_free(&at);
}

void aggregate_ttl_advance(aggregate_operator *op, int64_t time_ms) {
    int64_t bound_ms;
    if (time_ms > op->stream_time) {
        op->stream_time = time_ms;
        op->has_new_time = true;
    }
    if (!__builtin_sub_overflow(op->stream_time, op->ttl_ms, &bound_ms) && bound_ms > op->oldest_ms)
        forget_untouched(op, bound_ms);
}

void aggregate_ttl_clean(aggregate_operator *op) {
    int64_t kept = 0;
    for (int64_t i = 0; i < op->dirty_count; i++) {
        group *g = op->dirty[i];
        if (g->rowtime == INT64_MIN)
            g->is_dirty = false;
        else
            op->dirty[kept++] = g;
    }
    op->dirty_count = kept;
}
