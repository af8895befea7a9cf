/* Two streams joined within a window of time.
 *
 * Rows of each input are kept for before + after + grace past the latest rowtime of that input. A
 * row at time t looks into the other input's rows with the same key: a left row joins right rows
 * from t - before to t + after, a right row left rows from t - after to t + before. Each pair gives
 * one result, in order of the other row's time, at the later of both times. Rows without key or
 * value are dropped; one older than what its input still keeps is counted late and not kept, but
 * joins what is there.
 *
 * A row that finds no partner and whose side the join preserves (LEFT: left, RIGHT: right, FULL:
 * both) gives a result with nulls: at once when no grace period was given, otherwise when its
 * window closes: when stream time (the latest rowtime of both inputs) is past its time + its reach
 * forward + grace. Until then it waits in a store in the order time, side, key, and is taken out as
 * soon as a partner comes. A row that has no partner and whose window lies in the past already
 * gives its result at once.
 *
 * Kept rows are in memory (join_rows.h), at most ROWS_SHARE bytes of each input, those that came
 * last; the stores (join_stored.h) have them all from the next barrier on, and are read for what is
 * not in memory: rows pushed out by others, and those from before a restart. Rows of a key that
 * came between two barriers are saved together. What has expired by the barrier is never written.
 *
 * Waiting rows stand at [time][side][key], value: all rows of that key and time, each with its
 * length. What else the operator knows stands under one key, written at the barrier.
 *
 * Cost: a lookup by hash and a copy a row, a copy a result, and a write a key at the barrier. */
#include "base/memory.h"
#include "base/varint.h"
#include "executor/operator/join_row.h"
#include "executor/operator/join_rows.h"
#include "executor/operator/join_stored.h"
#include "executor/operator/operators.h"

enum { LEFT = 0, RIGHT = 1 };
enum { EXPIRE_PACKS_MIN = 256, ROWS_SHARE = 32 << 20 };
#define DAY_MS INT64_C(86400000)

typedef struct stream_join_operator {
    operator base;
    join_side sides[2];
    join_rows *kept; /* in memory */
    join_stored stored[2];
    store *waiting;
    join_output out;
    join_keys keys;
    slice key; /* of the row at hand */
    buffer value, from, waiting_key, waiting_value;
    int64_t backward_ms[2], forward_ms[2]; /* the window of a row of each input */
    int64_t grace_ms, retention_ms;
    int64_t share; /* of memory, for each input's rows */
    bool preserved[2];
    bool waits; /* results without a partner come when the window closes */

    /* Committed with the stores. INT64_MIN: nothing seen yet. */
    int64_t stream_time_ms; /* of both inputs */
    int64_t latest_ms[2];   /* of each input */
    int64_t sequence;
    bool clocks_changed;

    int64_t oldest_waiting_ms; /* no waiting row is older; INT64_MIN: not known */
    bool at_barrier;           /* what is saved now is not read before the commit */
    int64_t saved;             /* packs since the last barrier */
    int64_t watermarks[2];
} stream_join_operator;

static int64_t add_saturated(int64_t a, int64_t b) {
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return b > 0 ? INT64_MAX : INT64_MIN;
    return sum;
}

/* Rows of an input before this time have expired. */
static int64_t kept_from(const stream_join_operator *j, int input) {
    if (j->latest_ms[input] == INT64_MIN)
        return INT64_MIN;
    return add_saturated(j->latest_ms[input], 1 - j->retention_ms);
}

static void save_pack(
    void *context, int input, slice key, int64_t slice_start_ms, int64_t last_ms, slice pack) {
    stream_join_operator *j = context;
    if (last_ms < kept_from(j, input))
        return;
    join_stored_put(&j->stored[input], key, slice_start_ms, j->sequence++, pack, j->at_barrier);
    j->saved++;
}

/* ---- open, clocks ---- */

/* Before all kept rows. */
#define CLOCKS_KEY slice_make("\0", 1)

static void read_clocks(stream_join_operator *j) {
    slice value = store_get(j->stored[LEFT].store, CLOCKS_KEY);
    j->stream_time_ms = j->latest_ms[LEFT] = j->latest_ms[RIGHT] = INT64_MIN;
    j->sequence = 0;
    if (value.length != 4 * sizeof(int64_t))
        return;
    j->stream_time_ms = row_key_read_int64(&value);
    j->latest_ms[LEFT] = row_key_read_int64(&value);
    j->latest_ms[RIGHT] = row_key_read_int64(&value);
    j->sequence = row_key_read_int64(&value);
}

static void write_clocks(stream_join_operator *j) {
    if (!j->clocks_changed)
        return;
    buffer_clear(&j->value);
    row_key_append_int64(&j->value, j->stream_time_ms);
    row_key_append_int64(&j->value, j->latest_ms[LEFT]);
    row_key_append_int64(&j->value, j->latest_ms[RIGHT]);
    row_key_append_int64(&j->value, j->sequence);
    store_put_unread(j->stored[LEFT].store, CLOCKS_KEY, buffer_slice(&j->value));
    j->clocks_changed = false;
}

static void open_windows(stream_join_operator *j) {
    const plan_node *node = j->base.node;
    int64_t before_ms = node->join.before_ms, after_ms = node->join.after_ms;
    j->backward_ms[LEFT] = j->forward_ms[RIGHT] = before_ms;
    j->forward_ms[LEFT] = j->backward_ms[RIGHT] = after_ms;
    j->waits = node->join.grace_ms >= 0;
    /* Without a grace period rows are kept for a day in all (twice `before` is taken for the
     * window). */
    int64_t rest_ms = DAY_MS - 2 * before_ms;
    j->grace_ms = j->waits ? node->join.grace_ms : rest_ms > 0 ? rest_ms : 0;
    j->retention_ms = before_ms + after_ms + j->grace_ms;
    join_kind kind = node->join.kind;
    j->preserved[LEFT] = kind == JOIN_LEFT || kind == JOIN_FULL;
    j->preserved[RIGHT] = kind == JOIN_RIGHT || kind == JOIN_FULL;
    j->waits = j->waits && kind != JOIN_INNER;
}

static bool join_open(operator* self, error *e) {
    stream_join_operator *j = (stream_join_operator *)self;
    static const char *const suffixes[2] = {"-Left", "-Right"};
    open_windows(j);
    for (int i = 0; i < 2; i++) {
        join_side_open(&j->sides[i], self->node, i);
        if (!self->node->join.keeps_records)
            j->sides[i].unstored = self->node->join.records[i] - 1;
        store *kept = task_store(self->task, self->node, suffixes[i], e);
        const plan_node *node = self->node;
        join_stored_open(
            &j->stored[i], kept, node->join.before_ms + node->join.after_ms, j->retention_ms);
        j->watermarks[i] = INT64_MIN;
    }
    join_output_open(&j->out, self);
    j->waiting = j->waits ? task_store(self->task, self->node, "-Waiting", e) : NULL;
    if (!j->stored[LEFT].store || !j->stored[RIGHT].store || (j->waits && !j->waiting))
        return false;
    j->oldest_waiting_ms = INT64_MIN;
    read_clocks(j);
    j->kept = join_rows_create(j->stored[LEFT].slice_ms, j->share, save_pack, j);
    for (int i = 0; i < 2; i++)
        if (j->latest_ms[i] != INT64_MIN)
            join_rows_begin(j->kept, i, add_saturated(j->latest_ms[i], 1));
    return true;
}

/* ---- kept rows ---- */

static void report_late(stream_join_operator *j, int input, const batch *rows, int64_t row) {
    int records[2] = {j->base.node->join.records[input], 0};
    late_row why = {.stream_time_ms = j->latest_ms[input],
        .window_start_ms = kept_from(j, input),
        .window_end_ms = INT64_MIN,
        .reason = "its input keeps no rows that are as old"};
    task_late_row(j->base.task, j->base.node, rows, row, records, &why);
}

/* Keeps the row whose key and columns are in j->key and j->value. Returns the rows in memory that
 * have its key; NULL: there are none. */
static join_run *keep_row(
    stream_join_operator *j, int input, const batch *rows, int64_t row, uint64_t hash) {
    int64_t time_ms = rows->rowtime[row];
    slice value = buffer_slice(&j->value);
    bool is_late = time_ms < kept_from(j, input);
    join_run *run = join_rows_find(j->kept, j->key, hash, false);
    if (is_late) {
        report_late(j, input, rows, row);
    } else if (time_ms >= join_rows_since(j->kept, run, input)) {
        if (!run)
            run = join_rows_find(j->kept, j->key, hash, true);
        join_rows_add(j->kept, run, input, time_ms, value);
    } else {
        join_stored_put_row(&j->stored[input], j->key, time_ms, j->sequence++, value);
        j->saved++;
    }
    return run;
}

/* ---- waiting rows ---- */

static slice waiting_key(stream_join_operator *j, int input, slice key, int64_t time_ms) {
    buffer_clear(&j->waiting_key);
    row_key_append_int64(&j->waiting_key, time_ms);
    buffer_append_byte(&j->waiting_key, input == LEFT ? 1 : 0);
    buffer_append(&j->waiting_key, key);
    return buffer_slice(&j->waiting_key);
}

static void wait_for_partner(stream_join_operator *j, int input, slice key, int64_t time_ms) {
    slice place = waiting_key(j, input, key, time_ms);
    slice others = store_get(j->waiting, place);
    buffer_clear(&j->waiting_value);
    buffer_append(&j->waiting_value, others);
    varint_append(&j->waiting_value, j->value.length);
    buffer_append(&j->waiting_value, buffer_slice(&j->value));
    store_put(j->waiting, place, buffer_slice(&j->waiting_value));
    if (time_ms < j->oldest_waiting_ms)
        j->oldest_waiting_ms = time_ms;
}

static void found_partner(stream_join_operator *j, int input, slice key, int64_t time_ms) {
    if (!j->waits || !j->preserved[input] || time_ms < j->oldest_waiting_ms)
        return;
    slice place = waiting_key(j, input, key, time_ms);
    if (store_get(j->waiting, place).data)
        store_delete(j->waiting, place);
}

/* One result of a stored row without a partner. */
static void output_alone(
    stream_join_operator *j, int input, slice key, slice value, int64_t time_ms) {
    join_output_start(&j->out, time_ms, CHANGE_INSERT);
    join_output_stored_key(&j->out, &j->sides[input], key);
    for (int i = 0; i < 2; i++)
        if (i == input)
            join_output_stored(&j->out, &j->sides[i], key, value);
        else
            join_output_nulls(&j->out, &j->sides[i]);
    join_output_ended(&j->out);
}

static bool has_closed(const stream_join_operator *j, int input, int64_t time_ms) {
    return add_saturated(time_ms, j->forward_ms[input] + j->grace_ms) < j->stream_time_ms;
}

static void output_waiting(
    stream_join_operator *j, int input, slice key, slice values, int64_t time_ms) {
    const char *at = values.data, *end = values.data + values.length;
    uint64_t length;
    join_output_settle(&j->out);
    while ((at = varint_read(at, end, &length)) && length <= (uint64_t)(end - at)) {
        output_alone(j, input, key, slice_make(at, (size_t)length), time_ms);
        at += length;
    }
}

/* Gives the results of waiting rows whose window has closed. */
static void emit_closed(stream_join_operator *j) {
    int64_t reach =
        j->forward_ms[LEFT] < j->forward_ms[RIGHT] ? j->forward_ms[LEFT] : j->forward_ms[RIGHT];
    int64_t bound = add_saturated(j->stream_time_ms, -(reach + j->grace_ms));
    if (j->oldest_waiting_ms >= bound) /* every row from `bound` on is still open */
        return;
    int64_t oldest = INT64_MAX;
    slice place, values;
    buffer_clear(&j->from); /* not at the front: there are the rows deleted since the last commit */
    row_key_append_int64(&j->from, j->oldest_waiting_ms);
    store_cursor *c = store_cursor_open(j->waiting, buffer_slice(&j->from), (slice){NULL, 0});
    while (store_cursor_next(c, &place, &values)) {
        slice key = place;
        int64_t time_ms = row_key_read_int64(&key);
        int input = key.data[0] ? LEFT : RIGHT;
        key = slice_make(key.data + 1, key.length - 1);
        bool closed = has_closed(j, input, time_ms);
        if (!closed && time_ms < oldest)
            oldest = time_ms;
        if (time_ms >= bound)
            break;
        if (!closed)
            continue;
        output_waiting(j, input, key, values, time_ms);
        store_delete(j->waiting, place);
    }
    store_cursor_close(c);
    j->oldest_waiting_ms = oldest;
}

/* ---- one row ---- */

/* The row that is being joined. */
typedef struct joined_row {
    stream_join_operator *join;
    int input;
    const batch *rows;
    int64_t row;
    bool found; /* a partner */
} joined_row;

static void output_pair(void *context, int64_t other_ms, slice other) {
    joined_row *r = context;
    stream_join_operator *j = r->join;
    int64_t time_ms = r->rows->rowtime[r->row];
    r->found = true;
    join_output_start(&j->out, other_ms > time_ms ? other_ms : time_ms, CHANGE_INSERT);
    join_output_pick(&j->out, r->row, true);
    join_output_columns(&j->out, &j->sides[!r->input], other);
    join_output_ended(&j->out);
    found_partner(j, !r->input, j->key, other_ms);
}

static void join_remembered(joined_row *r, const join_run *run, int64_t from_ms, int64_t to_ms) {
    join_walk walk;
    int64_t other_ms;
    slice other;
    join_walk_start(&walk, run, !r->input, from_ms, to_ms);
    while (join_walk_next(&walk, &other_ms, &other))
        output_pair(r, other_ms, other);
}

static void join_stored_rows(joined_row *r, int64_t from_ms, int64_t to_ms) {
    stream_join_operator *j = r->join;
    if (!join_stored_read(&j->stored[!r->input], j->key, from_ms, to_ms, output_pair, r))
        join_output_fail(&j->out);
}

/* Older ones are in the store, later ones in memory: `run`, if there are any. */
static void join_others(joined_row *r, const join_run *run) {
    stream_join_operator *j = r->join;
    int other = !r->input;
    int64_t time_ms = r->rows->rowtime[r->row], first = kept_from(j, other);
    int64_t from_ms = add_saturated(time_ms, -j->backward_ms[r->input]);
    int64_t to_ms = add_saturated(time_ms, j->forward_ms[r->input]);
    if (from_ms < first)
        from_ms = first;
    if (to_ms > j->latest_ms[other])
        to_ms = j->latest_ms[other];
    if (to_ms < from_ms || j->latest_ms[other] == INT64_MIN)
        return;
    int64_t since_ms = join_rows_since(j->kept, run, other);
    if (from_ms < since_ms) {
        join_stored_rows(r, from_ms, to_ms < since_ms ? to_ms : since_ms - 1);
        from_ms = since_ms;
    }
    if (run && from_ms <= to_ms)
        join_remembered(r, run, from_ms, to_ms);
}

static void join_alone(joined_row *r) {
    stream_join_operator *j = r->join;
    int64_t time_ms = r->rows->rowtime[r->row];
    bool open = add_saturated(time_ms, j->forward_ms[r->input]) >= j->stream_time_ms;
    if (j->waits && open) {
        wait_for_partner(j, r->input, j->key, time_ms);
        return;
    }
    join_output_start(&j->out, time_ms, CHANGE_INSERT);
    join_output_pick(&j->out, r->row, false);
    join_output_ended(&j->out);
}

static void advance(stream_join_operator *j, int64_t time_ms) {
    if (time_ms > j->stream_time_ms)
        j->stream_time_ms = time_ms;
    j->clocks_changed = true;
}

static void join_row(
    stream_join_operator *j, int input, const batch *rows, int64_t row, uint64_t hash) {
    int64_t time_ms = rows->rowtime[row];
    advance(j, time_ms);
    if (time_ms > j->latest_ms[input])
        j->latest_ms[input] = time_ms;
    buffer_clear(&j->value);
    join_columns_append(&j->sides[input], rows, row, &j->value);
    const join_run *run = keep_row(j, input, rows, row, hash);
    if (j->waits && time_ms == j->stream_time_ms)
        emit_closed(j);
    joined_row r = {.join = j, .input = input, .rows = rows, .row = row};
    join_others(&r, run);
    if (!r.found && j->preserved[input])
        join_alone(&r);
}

static void fetch(const stream_join_operator *j) {
    for (int step = 0; step < JOIN_ROWS_FETCH_STEPS; step++)
        for (int i = 0; i < j->keys.count; i++)
            if (!j->keys.missing[i])
                join_rows_fetch(j->kept, j->keys.hashes[i], step);
}

static void join_some(stream_join_operator *j, int input, const batch *rows, int64_t first) {
    for (int i = 0; i < j->keys.count; i++) {
        if (j->keys.missing[i] || rows->change[first + i] != CHANGE_INSERT)
            continue;
        j->key = join_keys_at(&j->keys, i);
        batch_builder_caused_by(j->out.rows, rows, first + i);
        join_row(j, input, rows, first + i, j->keys.hashes[i]);
    }
}

static void join_batch(operator* self, int input, const batch *rows) {
    stream_join_operator *j = (stream_join_operator *)self;
    join_output_begin(&j->out, &j->sides[input], &j->sides[!input], rows);
    for (int64_t first = 0; first < rows->rows; first += JOIN_ROWS_AHEAD) {
        join_keys_make(&j->keys, &j->sides[input], rows, first);
        fetch(j);
        join_some(j, input, rows, first);
    }
    batch_builder_caused_by(j->out.rows, NULL, 0);
    join_output_emit(&j->out);
    for (int i = 0; i < 2; i++)
        join_rows_expire(j->kept, i, kept_from(j, i));
}

static bool join_barrier(operator* self, error *e) {
    stream_join_operator *j = (stream_join_operator *)self;
    (void)e;
    int64_t budget = 2 * j->saved > EXPIRE_PACKS_MIN ? 2 * j->saved : EXPIRE_PACKS_MIN;
    for (int i = 0; i < 2; i++)
        if (j->latest_ms[i] != INT64_MIN)
            join_stored_expire(&j->stored[i], kept_from(j, i), budget);
    j->saved = 0;
    j->at_barrier = true;
    join_rows_save(j->kept);
    j->at_barrier = false;
    write_clocks(j);
    return true;
}

/* Both inputs have come this far: windows may close without a row. */
static void join_watermark(operator* self, int input, int64_t watermark_ms) {
    stream_join_operator *j = (stream_join_operator *)self;
    j->watermarks[input] = watermark_ms;
    int64_t least = j->watermarks[j->watermarks[1] < j->watermarks[0]];
    if (least == INT64_MIN)
        return;
    if (least > j->stream_time_ms) {
        advance(j, least);
        if (j->waits)
            emit_closed(j);
        join_output_emit(&j->out);
    }
    operator_emit_watermark(self, least);
}

static void join_close(operator* self) {
    stream_join_operator *j = (stream_join_operator *)self;
    for (int i = 0; i < 2; i++) {
        join_side_close(&j->sides[i]);
        join_stored_close(&j->stored[i]);
    }
    join_output_close(&j->out);
    join_rows_destroy(j->kept);
    buffer *const buffers[] = {
        &j->keys.bytes, &j->value, &j->from, &j->waiting_key, &j->waiting_value};
    for (int i = 0; i < 5; i++)
        buffer_free(buffers[i]);
    memory_free(j);
}

static const operator_class stream_join_class = {
    .name = "stream join",
    .open = join_open,
    .batch = join_batch,
    .watermark = join_watermark,
    .barrier = join_barrier,
    .close = join_close,
};

operator* stream_join_operator_create(const plan_node *node, task *t) {
    stream_join_operator *j = MEMORY_NEW(stream_join_operator);
    j->base = (operator){.class = &stream_join_class, .node = node, .task = t};
    j->share = ROWS_SHARE;
    return &j->base;
}

void stream_join_operator_limit_memory(operator* self, int64_t share) {
    ((stream_join_operator *)self)->share = share;
}
