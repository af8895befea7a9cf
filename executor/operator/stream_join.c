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
 * Kept rows are in memory (join_rows.h), at most ROWS_SHARE bytes of each input, the latest ones;
 * the store has them all from the next barrier on, and is read for what is not in memory: rows
 * pushed out by others, and those from before a restart. A row that has expired by the barrier is
 * never written.
 *
 * Stores. Kept rows: [1][segment][key][time][sequence], where a segment is a stretch of time as
 * long as the window, so that a row looks into two of them at most, what is written lies together,
 * and rows expire by whole segments, some at each barrier. Waiting rows: [time][side][key], value:
 * all rows of that key and time, each with its length. What else the operator knows stands under
 * one key, written at the barrier.
 *
 * Cost: a lookup by hash and a copy a row, a copy a result, and a write at the barrier. */
#include "base/memory.h"
#include "executor/operator/join_row.h"
#include "executor/operator/join_rows.h"
#include "executor/operator/operators.h"

enum { LEFT = 0, RIGHT = 1 };
enum { TAG_CLOCKS = 0, TAG_ROW = 1 };
enum { SEGMENT_MIN_MS = 1000, EXPIRE_ROWS_MIN = 256, ROWS_SHARE = 32 << 20 };
#define DAY_MS INT64_C(86400000)

typedef struct stream_join_operator {
    operator base;
    join_side sides[2];
    join_rows *kept; /* in memory */
    store *rows[2], *waiting;
    join_output out;
    buffer from, to, key, value, waiting_key, waiting_value;
    int64_t backward_ms[2], forward_ms[2]; /* the window of a row of each input */
    int64_t grace_ms, retention_ms, segment_ms;
    int64_t share; /* of memory, for each input's rows */
    bool preserved[2];
    bool waits; /* results without a partner come when the window closes */

    /* Committed with the stores. INT64_MIN: nothing seen yet. */
    int64_t stream_time_ms; /* of both inputs */
    int64_t latest_ms[2];   /* of each input */
    int64_t sequence;
    bool clocks_changed;

    int64_t oldest_waiting_ms;  /* no waiting row is older; INT64_MIN: not known */
    bool at_barrier;            /* what is saved now is not read before the commit */
    int64_t came;               /* rows since the last barrier */
    int64_t expired_segment[2]; /* segments up to this one are empty */
    buffer expired[2];          /* and so is everything before this key */
    int64_t watermarks[2];
} stream_join_operator;

/* ---- places of kept rows ---- */

static int64_t segment_of(const stream_join_operator *j, int64_t time_ms) {
    int64_t segment = time_ms / j->segment_ms;
    return time_ms < 0 && time_ms % j->segment_ms ? segment - 1 : segment;
}

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

static void make_row_key(buffer *out, int64_t segment, slice key, int64_t time_ms) {
    buffer_clear(out);
    buffer_append_byte(out, TAG_ROW);
    row_key_append_int64(out, segment);
    buffer_append(out, key);
    row_key_append_int64(out, time_ms);
}

static void store_row(
    stream_join_operator *j, int input, slice key, int64_t time_ms, int64_t sequence, slice value) {
    make_row_key(&j->from, segment_of(j, time_ms), key, time_ms);
    row_key_append_int64(&j->from, sequence);
    if (j->at_barrier)
        store_put_unread(j->rows[input], buffer_slice(&j->from), value);
    else
        store_put(j->rows[input], buffer_slice(&j->from), value);
}

static void save_row(
    void *context, int input, slice key, int64_t time_ms, int64_t sequence, slice value) {
    stream_join_operator *j = context;
    if (time_ms >= kept_from(j, input))
        store_row(j, input, key, time_ms, sequence, value);
}

/* ---- open, clocks ---- */

static void read_clocks(stream_join_operator *j) {
    static const char key[] = {TAG_CLOCKS};
    slice value = store_get(j->rows[LEFT], slice_make(key, 1));
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
    static const char key[] = {TAG_CLOCKS};
    if (!j->clocks_changed)
        return;
    buffer_clear(&j->value);
    row_key_append_int64(&j->value, j->stream_time_ms);
    row_key_append_int64(&j->value, j->latest_ms[LEFT]);
    row_key_append_int64(&j->value, j->latest_ms[RIGHT]);
    row_key_append_int64(&j->value, j->sequence);
    store_put_unread(j->rows[LEFT], slice_make(key, 1), buffer_slice(&j->value));
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
    int64_t window_ms = before_ms + after_ms;
    j->segment_ms = window_ms > SEGMENT_MIN_MS ? window_ms : SEGMENT_MIN_MS;
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
        j->rows[i] = task_store(self->task, self->node, suffixes[i], e);
        j->expired_segment[i] = j->watermarks[i] = INT64_MIN;
        buffer_append_byte(&j->expired[i], TAG_ROW);
    }
    join_output_open(&j->out, self);
    j->waiting = j->waits ? task_store(self->task, self->node, "-Waiting", e) : NULL;
    if (!j->rows[LEFT] || !j->rows[RIGHT] || (j->waits && !j->waiting))
        return false;
    j->oldest_waiting_ms = INT64_MIN;
    read_clocks(j);
    j->kept = join_rows_create(j->share, save_row, j);
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

/* Keeps the row whose key and stored form are in j->key and j->value. Returns the rows in memory
 * that have its key; NULL: there are none. */
static join_run *keep_row(stream_join_operator *j, int input, const batch *rows, int64_t row) {
    int64_t time_ms = rows->rowtime[row];
    slice key = buffer_slice(&j->key), value = buffer_slice(&j->value);
    bool is_late = time_ms < kept_from(j, input);
    bool is_remembered = !is_late && time_ms >= join_rows_since(j->kept, input);
    join_run *run = join_rows_find(j->kept, key, is_remembered);
    if (is_late)
        report_late(j, input, rows, row);
    else if (is_remembered)
        join_rows_add(j->kept, run, input, time_ms, j->sequence++, value);
    else
        store_row(j, input, key, time_ms, j->sequence++, value);
    return run;
}

/* Deletes rows of expired segments, at most `budget` of them. At a barrier. */
static void expire_rows(stream_join_operator *j, int input, int64_t budget) {
    int64_t kept = kept_from(j, input);
    if (kept == INT64_MIN)
        return;
    int64_t last = segment_of(j, kept) - 1;
    if (last <= j->expired_segment[input])
        return;
    slice key, value;
    make_row_key(&j->to, last + 1, (slice){"", 0}, INT64_MIN);
    j->to.length = 1 + sizeof(int64_t);
    store_cursor *c =
        store_cursor_open(j->rows[input], buffer_slice(&j->expired[input]), buffer_slice(&j->to));
    bool more = true;
    while (budget-- > 0 && (more = store_cursor_next(c, &key, &value))) {
        store_delete_unread(j->rows[input], key);
        if (budget == 0) { /* go on from here at the next barrier */
            buffer_clear(&j->expired[input]);
            buffer_append(&j->expired[input], key);
        }
    }
    store_cursor_close(c);
    if (!more)
        j->expired_segment[input] = last;
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
    row_key_append_int64(&j->waiting_value, (int64_t)j->value.length);
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
    while (values.length >= sizeof(int64_t)) {
        int64_t length = row_key_read_int64(&values);
        if (length < (int64_t)sizeof(int64_t) || length > (int64_t)values.length)
            return;
        slice value = slice_make(values.data, (size_t)length);
        values = slice_make(values.data + length, values.length - (size_t)length);
        join_value_rowtime(&value);
        output_alone(j, input, key, value, time_ms);
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

static void output_pair(stream_join_operator *j, int input, const batch *rows, int64_t row,
    slice key, slice other, int64_t other_ms) {
    int64_t time_ms = rows->rowtime[row];
    join_output_start(&j->out, other_ms > time_ms ? other_ms : time_ms, CHANGE_INSERT);
    join_output_key(&j->out, &j->sides[input], rows, row);
    for (int i = 0; i < 2; i++)
        if (i == input)
            join_output_row(&j->out, &j->sides[i], rows, row);
        else
            join_output_stored(&j->out, &j->sides[i], key, other);
    join_output_ended(&j->out);
}

/* Joins with the other input's rows of one segment. True when there was one. */
static bool join_segment(stream_join_operator *j, int input, const batch *rows, int64_t row,
    int64_t segment, int64_t from_ms, int64_t to_ms) {
    slice key = buffer_slice(&j->key), place, value;
    make_row_key(&j->from, segment, key, from_ms);
    make_row_key(&j->to, segment, key, to_ms);
    row_key_append_int64(&j->to, INT64_MAX);
    bool found = false;
    store_cursor *c =
        store_cursor_open(j->rows[!input], buffer_slice(&j->from), buffer_slice(&j->to));
    while (store_cursor_next(c, &place, &value)) {
        int64_t other_ms = join_value_rowtime(&value);
        found = true;
        output_pair(j, input, rows, row, key, value, other_ms);
        found_partner(j, !input, key, other_ms);
    }
    store_cursor_close(c);
    return found;
}

static bool join_stored(stream_join_operator *j, int input, const batch *rows, int64_t row,
    int64_t from_ms, int64_t to_ms) {
    bool found = false;
    for (int64_t s = segment_of(j, from_ms); s <= segment_of(j, to_ms); s++)
        if (join_segment(j, input, rows, row, s, from_ms, to_ms))
            found = true;
    return found;
}

static bool join_remembered(stream_join_operator *j, int input, const batch *rows, int64_t row,
    const join_run *run, int64_t from_ms, int64_t to_ms) {
    bool found = false;
    int64_t place = join_run_seek(run, !input, from_ms);
    slice key = buffer_slice(&j->key), value;
    while ((value = join_run_next(run, !input, &place, to_ms)).data) {
        int64_t other_ms = join_value_rowtime(&value);
        found = true;
        output_pair(j, input, rows, row, key, value, other_ms);
        found_partner(j, !input, key, other_ms);
    }
    return found;
}

/* Older ones are in the store, later ones in memory: `run`, if there are any. */
static bool join_others(
    stream_join_operator *j, int input, const batch *rows, int64_t row, const join_run *run) {
    int64_t time_ms = rows->rowtime[row], first = kept_from(j, !input);
    int64_t from_ms = add_saturated(time_ms, -j->backward_ms[input]);
    int64_t to_ms = add_saturated(time_ms, j->forward_ms[input]);
    if (from_ms < first)
        from_ms = first;
    if (to_ms > j->latest_ms[!input])
        to_ms = j->latest_ms[!input];
    if (to_ms < from_ms || j->latest_ms[!input] == INT64_MIN)
        return false;
    int64_t since_ms = join_rows_since(j->kept, !input);
    bool found = false;
    if (from_ms < since_ms) {
        found = join_stored(j, input, rows, row, from_ms, to_ms < since_ms ? to_ms : since_ms - 1);
        from_ms = since_ms;
    }
    if (run && from_ms <= to_ms && join_remembered(j, input, rows, row, run, from_ms, to_ms))
        found = true;
    return found;
}

static void join_alone(stream_join_operator *j, int input, const batch *rows, int64_t row) {
    int64_t time_ms = rows->rowtime[row];
    bool open = add_saturated(time_ms, j->forward_ms[input]) >= j->stream_time_ms;
    if (j->waits && open) {
        wait_for_partner(j, input, buffer_slice(&j->key), time_ms);
        return;
    }
    join_output_start(&j->out, time_ms, CHANGE_INSERT);
    join_output_key(&j->out, &j->sides[input], rows, row);
    for (int i = 0; i < 2; i++)
        if (i == input)
            join_output_row(&j->out, &j->sides[i], rows, row);
        else
            join_output_nulls(&j->out, &j->sides[i]);
    join_output_ended(&j->out);
}

static void advance(stream_join_operator *j, int64_t time_ms) {
    if (time_ms > j->stream_time_ms)
        j->stream_time_ms = time_ms;
    j->clocks_changed = true;
}

static void join_row(stream_join_operator *j, int input, const batch *rows, int64_t row) {
    int64_t time_ms = rows->rowtime[row];
    buffer_clear(&j->key);
    if (rows->change[row] != CHANGE_INSERT ||
        !join_key_append(&j->sides[input], rows, row, &j->key))
        return;
    advance(j, time_ms);
    if (time_ms > j->latest_ms[input])
        j->latest_ms[input] = time_ms;
    buffer_clear(&j->value);
    join_value_append(&j->sides[input], rows, row, &j->value);
    const join_run *run = keep_row(j, input, rows, row);
    if (j->waits && time_ms == j->stream_time_ms)
        emit_closed(j);
    if (!join_others(j, input, rows, row, run) && j->preserved[input])
        join_alone(j, input, rows, row);
}

static void join_batch(operator* self, int input, const batch *rows) {
    stream_join_operator *j = (stream_join_operator *)self;
    for (int64_t row = 0; row < rows->rows; row++) {
        batch_builder_caused_by(j->out.rows, rows, row);
        join_row(j, input, rows, row);
    }
    batch_builder_caused_by(j->out.rows, NULL, 0);
    join_output_emit(&j->out);
    j->came += rows->rows;
    for (int i = 0; i < 2; i++)
        join_rows_expire(j->kept, i, kept_from(j, i));
}

static bool join_barrier(operator* self, error *e) {
    stream_join_operator *j = (stream_join_operator *)self;
    (void)e;
    int64_t budget = 2 * j->came > EXPIRE_ROWS_MIN ? 2 * j->came : EXPIRE_ROWS_MIN;
    expire_rows(j, LEFT, budget);
    expire_rows(j, RIGHT, budget);
    j->came = 0;
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
        buffer_free(&j->expired[i]);
    }
    join_output_close(&j->out);
    join_rows_destroy(j->kept);
    buffer *const buffers[] = {
        &j->from, &j->to, &j->key, &j->value, &j->waiting_key, &j->waiting_value};
    for (int i = 0; i < 6; i++)
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
