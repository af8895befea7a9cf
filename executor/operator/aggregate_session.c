/* SESSION windows.
 *
 * A group's sessions are kept in the order of time; no two are as near as the gap. A row at time t
 * joins every session that ends at or after t - gap and starts at or before t + gap: the first of
 * them takes in the others, oldest first, then the row. Each session that is so replaced is taken
 * back under its old bounds before the result is emitted under the new ones; only when the session
 * was, and stays, the single instant t it is simply updated. A row whose session would end before
 * stream time - grace - gap is late. A session that ended more than a retention before the stream
 * time of earlier rows is over: no row joins it any more, whether it has been forgotten yet or not.
 * A result's time is the end of its session.
 *
 * In the store a session stands under its group and start, so one that grows stays where it is, and
 * a commit writes it once. Its age has an entry under an end that it once had: when that time has
 * come, either the session is over and leaves, or the entry goes on to the end it has now. Entries
 * of sessions that others have taken in stay until then, too.
 *
 * Rows of a batch that need no merging are applied to their sessions in one step; a merge first
 * applies what is pending.
 */
#include "base/memory.h"
#include "executor/operator/aggregate.h"
#include "executor/state/row_codec.h"

struct session {
    int64_t start, end;
    int64_t stored_start; /* its key in the store */
    int64_t change;       /* its place in session_changes; -1: unchanged */
    uint32_t before;      /* its results before the change: a place in op->before, from 1 */
    uint32_t heap_bytes;  /* of its slots, estimated when it was saved */
    bool is_stored;
    bool is_known; /* its result under these bounds has been emitted */
    _Alignas(16) char slots[];
};

typedef struct session_list {
    session **items;
    int32_t count, capacity;
} session_list;

size_t aggregate_session_state_bytes(void) {
    return sizeof(session_list);
}

static session_list *sessions_of(group *g) {
    return (session_list *)g->state;
}

/* ---- sessions in memory ---- */

static size_t session_bytes(const aggregate_operator *op) {
    return sizeof(session) + op->aggregates.bytes;
}

static session *session_insert(
    aggregate_operator *op, group *g, int32_t at, int64_t start, int64_t end) {
    session_list *list = sessions_of(g);
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 2;
        list->items = memory_resize(list->items, sizeof *list->items * (size_t)list->capacity);
    }
    session *s = pool_allocate(&op->sessions, session_bytes(op));
    memset(s, 0, session_bytes(op));
    s->start = start;
    s->end = end;
    s->change = -1;
    aggregate_slots_start(&op->aggregates, s->slots);
    memmove(
        list->items + at + 1, list->items + at, sizeof *list->items * (size_t)(list->count - at));
    list->items[at] = s;
    list->count++;
    group_table_count_heap(&op->groups, g, (int64_t)session_bytes(op));
    return s;
}

static void session_free(aggregate_operator *op, group *g, session *s) {
    group_table_count_heap(&op->groups, g, -(int64_t)(session_bytes(op) + s->heap_bytes));
    aggregate_slots_destroy(&op->aggregates, s->slots);
    pool_release(&op->sessions, s, session_bytes(op));
}

/* Takes `count` sessions out of the list; they are the caller's to free. */
static void session_list_cut(session_list *list, int32_t at, int32_t count) {
    if (count == 0) /* of a list that never had any, too */
        return;
    memmove(list->items + at, list->items + at + count,
        sizeof *list->items * (size_t)(list->count - at - count));
    list->count -= count;
}

void aggregate_session_drop(aggregate_operator *op, group *g) {
    session_list *list = sessions_of(g);
    for (int32_t i = 0; i < list->count; i++)
        session_free(op, g, list->items[i]);
    memory_free(list->items);
    *list = (session_list){0};
}

/* ---- sessions in the store ---- */

static slice session_place(aggregate_operator *op, const group *g, int64_t start) {
    buffer_clear(&op->key);
    buffer_append_byte(&op->key, STORE_TAG_SESSION);
    aggregate_encode_key(op, &g->key, &op->key);
    row_key_append_int64(&op->key, start);
    return buffer_slice(&op->key);
}

static slice session_age(aggregate_operator *op, const group *g, int64_t start, int64_t end) {
    aggregate_store_bound(&op->key, STORE_TAG_SESSION_AGE, end);
    row_key_append_int64(&op->key, start);
    aggregate_encode_key(op, &g->key, &op->key);
    return buffer_slice(&op->key);
}

/* Nobody reads what is changed here before the commit: the group is in memory until then. */
static void session_unstore(aggregate_operator *op, const group *g, session *s) {
    if (s->is_stored)
        store_delete_unread(op->store, session_place(op, g, s->stored_start));
    s->is_stored = false;
}

static void session_store(aggregate_operator *op, group *g, session *s) {
    if (s->stored_start != s->start)
        session_unstore(op, g, s);
    buffer_clear(&op->value);
    row_key_append_int64(&op->value, s->end);
    aggregate_slots_save(&op->aggregates, s->slots, &op->value);
    store_put_unread(op->store, session_place(op, g, s->start), buffer_slice(&op->value));
    if (!s->is_stored)
        store_put_unread(op->store, session_age(op, g, s->start, s->end), SLICE_LITERAL(""));
    s->is_stored = true;
    s->stored_start = s->start;
    uint32_t heap = op->value.length > op->aggregates.bytes + sizeof s->end
                        ? (uint32_t)(op->value.length * 2)
                        : 0;
    group_table_count_heap(&op->groups, g, (int64_t)heap - s->heap_bytes);
    s->heap_bytes = heap;
}

static void fail_to_load(aggregate_operator *op) {
    error e = {0};
    error_set(&e, ERROR_DATA, "The saved sessions of a group of %.*s cannot be read.",
        SLICE_ARG(op->base.node->store));
    task_fail(op->base.task, &e);
}

static bool session_load(aggregate_operator *op, group *g, slice start, slice value) {
    if (start.length != sizeof(int64_t) || value.length < sizeof(int64_t))
        return false;
    int64_t end = row_key_read_int64(&value);
    session *s = session_insert(op, g, sessions_of(g)->count, row_key_read_int64(&start), end);
    s->is_stored = s->is_known = true;
    s->stored_start = s->start;
    return aggregate_slots_load(&op->aggregates, s->slots, &value) && value.length == 0;
}

/* Keys of a group's sessions are its prefix and 8 bytes of start, whose first byte is below 0xFF.
 */
static void load_sessions(aggregate_operator *op, group *g) {
    buffer from = {0}, to = {0};
    buffer_append_byte(&from, STORE_TAG_SESSION);
    aggregate_encode_key(op, &g->key, &from);
    buffer_append(&to, buffer_slice(&from));
    buffer_append_byte(&to, (char)0xFF);
    store_cursor *cursor = store_cursor_open(op->store, buffer_slice(&from), buffer_slice(&to));
    slice key, value;
    while (store_cursor_next(cursor, &key, &value)) {
        slice start = slice_make(key.data + from.length, key.length - from.length);
        if (!session_load(op, g, start, value)) {
            fail_to_load(op);
            break;
        }
    }
    store_cursor_close(cursor);
    buffer_free(&from);
    buffer_free(&to);
}

/* ---- changes ---- */

static session_change *add_change(aggregate_operator *op) {
    if (op->session_change_count == op->session_change_capacity) {
        op->session_change_capacity =
            op->session_change_capacity ? op->session_change_capacity * 2 : 256;
        op->session_changes = memory_resize(
            op->session_changes, sizeof *op->session_changes * (size_t)op->session_change_capacity);
    }
    session_change *change = &op->session_changes[op->session_change_count++];
    *change = (session_change){0};
    return change;
}

static void mark_changed(aggregate_operator *op, group *g, session *s) {
    if (s->change >= 0)
        return;
    s->before =
        op->emits_old && !op->results_per_row && s->is_known ? aggregate_remember(op, s->slots) : 0;
    s->change = op->session_change_count;
    session_change *change = add_change(op);
    change->group = g;
    change->session = s;
    g->is_dirty = true;
}

static void overtake_change(aggregate_operator *op, session *s) {
    if (s->change >= 0)
        op->session_changes[s->change].session = NULL;
    s->change = -1;
}

/* The session is no longer there under its bounds; downstream is told at the barrier, if it knows.
 */
static bool note_gone(aggregate_operator *op, group *g, session *s) {
    if (op->results_per_row || !s->is_known)
        return false;
    uint32_t before = s->before;
    if (s->change < 0 && op->emits_old)
        before = aggregate_remember(op, s->slots);
    session_change *change = add_change(op);
    *change = (session_change){
        .group = g, .is_gone = true, .start = s->start, .end = s->end, .before = before};
    s->is_known = false;
    s->before = 0;
    g->is_dirty = true;
    return true;
}

/* ---- output ---- */

static void output_bounds(
    aggregate_operator *op, const group *g, int8_t change, int64_t start, int64_t end) {
    int64_t at = batch_builder_add_row(op->out, end, change);
    op->out->window_start[at] = start;
    op->out->window_end[at] = end;
    aggregate_output_key(op, &g->key);
}

static void output_before(aggregate_operator *op, uint32_t before) {
    for (int a = 0; a < op->aggregates.count; a++) {
        column *to = op->out->columns[op->key_count + a];
        if (before)
            column_append_row(to, op->before[a], before - 1);
        else
            column_append_null(to);
    }
}

static void output_session(
    aggregate_operator *op, const group *g, const session *s, int8_t change) {
    output_bounds(op, g, change, s->start, s->end);
    if (change == CHANGE_INSERT || op->emits_old)
        aggregate_slots_result(&op->aggregates, s->slots, op->out->columns + op->key_count);
    else
        output_before(op, 0);
}

static void output_change(aggregate_operator *op, const session_change *change) {
    session *s = change->session;
    if (s) {
        if (s->before) {
            output_bounds(op, change->group, CHANGE_DELETE, s->start, s->end);
            output_before(op, s->before);
        }
        output_session(op, change->group, s, CHANGE_INSERT);
        s->is_known = true;
    } else if (change->is_gone) {
        output_bounds(op, change->group, CHANGE_DELETE, change->start, change->end);
        output_before(op, change->before);
    }
}

void aggregate_session_emit(aggregate_operator *op) {
    if (op->results_per_row)
        return;
    batch_builder_clear(op->out);
    for (int64_t i = 0; i < op->session_change_count; i++) {
        output_change(op, &op->session_changes[i]);
        if (op->out->rows >= AGGREGATE_EMIT_ROWS)
            aggregate_emit_output(op);
    }
    aggregate_emit_output(op);
    for (int a = 0; op->emits_old && a < op->aggregates.count; a++)
        column_clear(op->before[a]);
}

/* Sessions that ended then or earlier are over. */
static int64_t over_before(const aggregate_operator *op) {
    return op->stream_time == INT64_MIN ? INT64_MIN : op->stream_time - op->window.retention_ms - 1;
}

/* Those that are over leave, or never come. */
void aggregate_session_save(aggregate_operator *op) {
    int64_t over = over_before(op);
    for (int64_t i = 0; i < op->session_change_count; i++) {
        session_change *change = &op->session_changes[i];
        change->group->is_dirty = false;
        if (!change->session)
            continue;
        session *s = change->session;
        if (s->end > over)
            session_store(op, change->group, s);
        else
            session_unstore(op, change->group, s);
        s->change = -1;
        s->before = 0;
    }
    op->session_change_count = 0;
}

/* ---- rows ---- */

typedef struct session_run {
    aggregate_operator *op;
    const batch *in;
    int64_t pending; /* rows in op->picked with their blocks in op->slots */
} session_run;

static void apply_pending(session_run *run) {
    if (run->pending)
        aggregate_step(run->op, run->in, run->op->picked, run->op->slots, run->pending, NULL);
    run->pending = 0;
}

static group *find_group(aggregate_operator *op, const batch *in, int64_t i) {
    group_key key = aggregate_row_key(op, in, i);
    group *g = group_table_find(&op->groups, &key);
    if (!g) {
        g = group_table_add(&op->groups, &key);
        if (op->store_has_groups)
            load_sessions(op, g);
    }
    g->is_used = true;
    return g;
}

/* The sessions a row at `time` joins: [*from, *to). Those that ended up to `over` are no more. */
static void find_sessions(
    const session_list *list, int64_t gap, int64_t time, int64_t over, int32_t *from, int32_t *to) {
    int32_t end = list->count;
    while (end > 0 && list->items[end - 1]->start > time + gap)
        end--;
    int32_t first = end;
    while (first > 0 && list->items[first - 1]->end >= time - gap &&
           list->items[first - 1]->end > over)
        first--;
    *from = first;
    *to = end;
}

/* Takes [from + 1, to) into the session at `from`. */
static void merge_sessions(session_run *run, group *g, int32_t from, int32_t to) {
    aggregate_operator *op = run->op;
    session_list *list = sessions_of(g);
    apply_pending(run);
    for (int32_t i = from + 1; i < to; i++) {
        session *s = list->items[i];
        aggregate_slots_merge(&op->aggregates, list->items[from]->slots, s->slots);
        overtake_change(op, s);
        session_unstore(op, g, s);
        session_free(op, g, s);
    }
    session_list_cut(list, from + 1, to - from - 1);
}

/* The session that takes the row in, with its bounds as they will be. */
static session *prepare_session(
    session_run *run, group *g, int32_t from, int32_t to, int64_t start, int64_t end) {
    aggregate_operator *op = run->op;
    session_list *list = sessions_of(g);
    if (from == to)
        return session_insert(op, g, from, start, end);
    session *first = list->items[from];
    bool gone = false;
    if (first->start != start || first->end != end)
        gone = note_gone(op, g, first);
    if (to - from > 1) {
        apply_pending(run);
        for (int32_t i = from + 1; i < to; i++)
            gone |= note_gone(op, g, list->items[i]);
        merge_sessions(run, g, from, to);
    }
    if (gone)
        overtake_change(op, first); /* its result comes after what is gone */
    first->start = start;
    first->end = end;
    return first;
}

/* Per row: what is replaced is taken back at once. */
static void output_replaced(
    session_run *run, group *g, int32_t from, int32_t to, int64_t start, int64_t end) {
    aggregate_operator *op = run->op;
    bool same_instant = start == end;
    if (!op->results_per_row || (same_instant && !op->emits_old))
        return;
    for (int32_t i = from; i < to; i++)
        output_session(op, g, sessions_of(g)->items[i], CHANGE_DELETE);
    if (op->emits_old && !same_instant && from < to)
        aggregate_emit_output(op); /* the result under the new bounds is not the update of a row */
}

static void drop_late(session_run *run, int32_t row, int64_t start, int64_t end) {
    aggregate_operator *op = run->op;
    late_row why = {.stream_time_ms = op->stream_time,
        .window_start_ms = start,
        .window_end_ms = end,
        .reason = "stream time has passed the session's end, gap and grace period"};
    const int *records = op->base.node->aggregate.records;
    task_late_row(op->base.task, op->base.node, run->in, row, records, &why);
}

static void add_row(session_run *run, int64_t i) {
    aggregate_operator *op = run->op;
    int32_t row = op->rows[i], from, to;
    int64_t time = run->in->rowtime[row], gap = op->window.size_ms;
    if (run->in->change[row] != CHANGE_INSERT)
        return;
    int64_t over = over_before(op);
    if (time > op->stream_time) {
        op->stream_time = time;
        op->has_new_time = true;
    }
    group *g = find_group(op, run->in, i);
    session_list *list = sessions_of(g);
    find_sessions(list, gap, time, over, &from, &to);
    int64_t start = time, end = time;
    if (from < to) {
        start = list->items[from]->start < start ? list->items[from]->start : start;
        end = list->items[to - 1]->end > end ? list->items[to - 1]->end : end;
    }
    if (end < op->stream_time - op->window.grace_ms - gap) {
        drop_late(run, row, start, end);
        return;
    }
    batch_builder_caused_by(op->out, run->in, row);
    output_replaced(run, g, from, to, start, end);
    session *s = prepare_session(run, g, from, to, start, end);
    mark_changed(op, g, s);
    op->picked[run->pending] = row;
    op->slots[run->pending++] = s->slots;
    if (op->results_per_row) {
        apply_pending(run);
        output_session(op, g, s, CHANGE_INSERT);
    }
}

void aggregate_session_batch(aggregate_operator *op, const batch *in, int64_t count) {
    if (op->groups.form != GROUP_KEY_ENCODED)
        group_table_hash(&op->groups, in->columns[0], op->rows, count, op->hashes);
    session_run run = {.op = op, .in = in};
    batch_builder_clear(op->out);
    for (int64_t i = 0; i < count; i++) {
        if (op->groups.form != GROUP_KEY_ENCODED)
            group_table_prefetch_ahead(&op->groups, op->hashes, i, count);
        add_row(&run, i);
    }
    apply_pending(&run);
    batch_builder_caused_by(op->out, NULL, 0);
    aggregate_emit_output(op);
}

/* ---- expiry ---- */

typedef struct session_expiry {
    aggregate_operator *op;
    int64_t cutoff;
} session_expiry;

static bool sessions_are_over(void *context, group *g) {
    session_expiry *expiry = context;
    session_list *list = sessions_of(g);
    int32_t over = 0;
    while (over < list->count && list->items[over]->end < expiry->cutoff)
        session_free(expiry->op, g, list->items[over++]);
    session_list_cut(list, 0, over);
    if (list->count)
        return false;
    aggregate_session_drop(expiry->op, g);
    return true;
}

/* From tag, some end, start, group key to tag, group key, start. */
static void place_of_age(slice age, buffer *place) {
    buffer_clear(place);
    buffer_append_byte(place, STORE_TAG_SESSION);
    buffer_append(place, slice_make(age.data + 17, age.length - 17));
    buffer_append(place, slice_make(age.data + 9, 8));
}

/* The same entry under the end that the session has now. */
static void move_age(aggregate_operator *op, slice age, int64_t end) {
    aggregate_store_bound(&op->key, STORE_TAG_SESSION_AGE, end);
    buffer_append(&op->key, slice_make(age.data + 9, age.length - 9));
    store_put_unread(op->store, buffer_slice(&op->key), SLICE_LITERAL(""));
}

static void expire_stored(aggregate_operator *op, int64_t cutoff) {
    buffer from = {0}, to = {0}, at = {0}, place = {0};
    aggregate_store_bound(&from, STORE_TAG_SESSION_AGE, INT64_MIN);
    aggregate_store_bound(&to, STORE_TAG_SESSION_AGE, cutoff);
    store_cursor *cursor = store_cursor_open(op->store, buffer_slice(&from), buffer_slice(&to));
    slice age, value;
    while (store_cursor_next(cursor, &age, &value)) {
        assert(age.length >= 1 + 2 * sizeof(int64_t));
        buffer_clear(&at);
        buffer_append(&at, age);
        place_of_age(buffer_slice(&at), &place);
        store_delete_unread(op->store, buffer_slice(&at));
        slice saved = store_get(op->store, buffer_slice(&place));
        if (saved.length < sizeof(int64_t))
            continue; /* another session has taken it in */
        int64_t end = row_key_read_int64(&saved);
        if (end < cutoff)
            store_delete_unread(op->store, buffer_slice(&place));
        else
            move_age(op, buffer_slice(&at), end);
    }
    store_cursor_close(cursor);
    buffer_free(&from);
    buffer_free(&to);
    buffer_free(&at);
    buffer_free(&place);
}

/* Sessions that were over at the last barrier: no row has joined them since, so the store knows
 * their ends. */
void aggregate_expire_sessions(aggregate_operator *op) {
    int64_t over = op->sessions_over;
    op->sessions_over = over_before(op);
    if (over == INT64_MIN ||
        (op->expired_to != INT64_MIN && over - op->expired_to < op->window.size_ms))
        return;
    op->expired_to = over;
    group_table_sweep(&op->groups, sessions_are_over, &(session_expiry){op, over + 1});
    expire_stored(op, over + 1);
}

void aggregate_sessions_open(aggregate_operator *op) {
    op->sessions_over = over_before(op);
}

void aggregate_sessions_close(aggregate_operator *op) {
    pool_clear(&op->sessions);
}
