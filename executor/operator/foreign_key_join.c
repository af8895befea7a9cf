/* A table joined with another by a key that stands in its rows: each left row has at most one right
 * row, a right row any number of left rows.
 *
 * Three stores: left rows by primary key (with the foreign key they had), right rows by their key,
 * and an index [foreign key][primary key]. A left change moves its index entry and looks up one
 * right row; a right change walks the index and gives a result for each left row found, in the
 * order of their keys.
 *
 * What a left change gives, when its row now has the foreign key f:
 *   right row f exists:  the joined row
 *   otherwise LEFT:      the left row with nulls
 *   otherwise INNER:     a delete if the key had a row before, else nothing
 * and when it is deleted, a delete. A right change gives the joined rows, or when it is a delete,
 * what the two last lines say, for rows that had a result. A delete is also given where INNER
 * may not have had a result: whoever follows takes that as nothing.
 * A left row whose foreign key is null matches nothing.
 *
 * The time of a result is the later of both rows' times after a left change, and the right row's
 * after a right change. */
#include "base/memory.h"
#include "executor/operator/join_row.h"
#include "executor/operator/operators.h"

enum { LEFT = 0, RIGHT = 1 };

typedef struct foreign_key_join_operator {
    operator base;
    join_side sides[2];
    store *left, *right, *index;
    program *foreign_keys;
    const column **foreign_columns; /* of the batch at hand */
    join_output out;
    join_keys keys, foreigns; /* of the rows at hand and the next ones */
    buffer value, old, place, bound, primary;
    int64_t watermarks[2];
} foreign_key_join_operator;

/* A stored left row, taken apart. */
typedef struct left_row {
    slice foreign; /* encoded; NULL: it has none */
    slice value;   /* with its rowtime; NULL: there is no row */
} left_row;

static bool join_open(operator* self, error *e) {
    foreign_key_join_operator *j = (foreign_key_join_operator *)self;
    for (int i = 0; i < 2; i++) {
        join_side_open(&j->sides[i], self->node, i);
        j->watermarks[i] = INT64_MIN;
    }
    join_output_open(&j->out, self);
    int count = self->node->join.foreign_key_count;
    j->foreign_keys = program_compile(self->node->join.foreign_keys, count, e);
    if (!j->foreign_keys)
        return false;
    j->foreign_columns = memory_allocate(sizeof(column *) * (size_t)count);
    j->left = task_store(self->task, self->node, "-Left", e);
    j->right = task_store(self->task, self->node, "-Right", e);
    j->index = task_store(self->task, self->node, "-Index", e);
    return j->left && j->right && j->index;
}

static bool is_left_join(const foreign_key_join_operator *j) {
    return j->base.node->join.kind == JOIN_LEFT;
}

static bool retracts(const foreign_key_join_operator *j) {
    return j->base.node->mode == CHANGELOG_RETRACT;
}

/* ---- stored left rows: length of the foreign key (-1: null), the foreign key, the row ---- */

static void make_left_row(
    foreign_key_join_operator *j, slice foreign, const batch *rows, int64_t row) {
    buffer_clear(&j->value);
    row_key_append_int64(&j->value, foreign.data ? (int64_t)foreign.length : -1);
    buffer_append(&j->value, foreign);
    join_value_append(&j->sides[LEFT], rows, row, &j->value);
}

static left_row read_left_row(slice stored) {
    left_row row = {{NULL, 0}, {NULL, 0}};
    if (stored.length < sizeof(int64_t))
        return row;
    int64_t length = row_key_read_int64(&stored);
    if (length > (int64_t)stored.length)
        return row;
    if (length >= 0)
        row.foreign = slice_make(stored.data, (size_t)length);
    else
        length = 0;
    row.value = slice_make(stored.data + length, stored.length - (size_t)length);
    return row;
}

static slice index_key(foreign_key_join_operator *j, slice foreign, slice primary) {
    buffer_clear(&j->place);
    buffer_append(&j->place, foreign);
    buffer_append(&j->place, primary);
    return buffer_slice(&j->place);
}

static slice right_row(foreign_key_join_operator *j, slice foreign) {
    return foreign.data ? store_get(j->right, foreign) : (slice){NULL, 0};
}

static int64_t later(int64_t time_ms, slice stored) {
    int64_t other_ms = stored.data ? join_value_rowtime(&stored) : time_ms;
    return other_ms > time_ms ? other_ms : time_ms;
}

/* ---- results ---- */

static void output_side(foreign_key_join_operator *j, int input, slice key, slice value) {
    if (!value.data) {
        join_output_nulls(&j->out, &j->sides[input]);
        return;
    }
    join_value_rowtime(&value);
    join_output_stored(&j->out, &j->sides[input], key, value);
}

/* One result row; `left` NULL: a delete with key columns only. */
static void output(foreign_key_join_operator *j, int64_t time_ms, int8_t change, slice primary,
    const left_row *left, slice right) {
    slice none = {NULL, 0};
    join_output_start(&j->out, time_ms, change);
    join_output_stored_key(&j->out, &j->sides[LEFT], primary);
    output_side(j, LEFT, primary, left ? left->value : none);
    output_side(j, RIGHT, left ? left->foreign : none, left ? right : none);
}

static bool has_result(const foreign_key_join_operator *j, const left_row *left, slice right) {
    return left->value.data && (right.data || is_left_join(j));
}

/* The old result's end, where what follows needs to know it; then the new one, or its absence.
 * `right` is looked up by the caller and must be the last thing it asked of the state. */
static void output_new(foreign_key_join_operator *j, int64_t time_ms, slice primary,
    const left_row *now, slice right) {
    if (now && has_result(j, now, right))
        output(j, time_ms, CHANGE_INSERT, primary, now, right);
    else if (!retracts(j))
        output(j, time_ms, CHANGE_DELETE, primary, NULL, right);
    join_output_ended(&j->out);
}

static void output_old(foreign_key_join_operator *j, int64_t time_ms, slice primary,
    const left_row *old, slice right) {
    if (retracts(j) && has_result(j, old, right))
        output(j, time_ms, CHANGE_DELETE, primary, old, right);
}

/* ---- left changes ---- */

static slice keep(buffer *to, slice value) {
    buffer_clear(to);
    buffer_append(to, value);
    return value.data ? buffer_slice(to) : value;
}

static void left_deleted(
    foreign_key_join_operator *j, slice primary, const left_row *old, int64_t time_ms) {
    store_delete(j->left, primary);
    if (!old->foreign.data && !is_left_join(j))
        return;
    if (old->foreign.data)
        store_delete(j->index, index_key(j, old->foreign, primary));
    slice right = right_row(j, old->foreign);
    time_ms = later(time_ms, right);
    output_old(j, time_ms, primary, old, right);
    output_new(j, time_ms, primary, NULL, right);
}

static void left_put(foreign_key_join_operator *j, slice primary, const left_row *old,
    slice foreign, const batch *rows, int64_t row) {
    bool moved = old->foreign.data && !(foreign.data && slice_equal(old->foreign, foreign));
    make_left_row(j, foreign, rows, row);
    store_put(j->left, primary, buffer_slice(&j->value));
    left_row now = read_left_row(buffer_slice(&j->value));
    if (moved)
        store_delete(j->index, index_key(j, old->foreign, primary));
    if (foreign.data && (moved || !old->foreign.data))
        store_put(j->index, index_key(j, foreign, primary), (slice){"", 0});
    int64_t time_ms = rows->rowtime[row];
    if (retracts(j) && old->value.data) {
        int64_t change_ms = later(time_ms, right_row(j, foreign));
        output_old(j, change_ms, primary, old, right_row(j, old->foreign));
    }
    slice right = right_row(j, foreign);
    bool had_result = old->value.data && (old->foreign.data || is_left_join(j));
    if (had_result || has_result(j, &now, right))
        output_new(j, later(time_ms, right), primary, &now, right);
}

/* The foreign keys of left rows from `first` on, where no part of them is null. */
static void make_foreign_keys(foreign_key_join_operator *j, int64_t first) {
    int count = j->base.node->join.foreign_key_count;
    join_keys_clear(&j->foreigns);
    for (int64_t row = first; j->foreigns.count < j->keys.count; row++) {
        bool is_missing = false;
        for (int i = 0; i < count; i++)
            is_missing |= column_is_null(j->foreign_columns[i], row);
        if (!is_missing)
            row_key_append(&j->foreigns.bytes, (column *const *)j->foreign_columns, count, row);
        join_keys_add(&j->foreigns, is_missing);
    }
}

static void left_change(foreign_key_join_operator *j, const batch *rows, int64_t row, int which) {
    slice primary = join_keys_at(&j->keys, which), foreign = {NULL, 0};
    if (!j->foreigns.missing[which])
        foreign = join_keys_at(&j->foreigns, which);
    left_row old =
        read_left_row(keep(&j->old, store_get_hashed(j->left, primary, j->keys.hashes[which])));
    if (rows->change[row] != CHANGE_INSERT) {
        if (old.value.data)
            left_deleted(j, primary, &old, rows->rowtime[row]);
        return;
    }
    left_put(j, primary, &old, foreign, rows, row);
}

/* ---- right changes ---- */

/* One left row that refers to the changed right row. */
static void fan_out(
    foreign_key_join_operator *j, slice primary, int64_t time_ms, slice old, slice now) {
    left_row left = read_left_row(store_get(j->left, primary));
    if (!left.value.data)
        return;
    output_old(j, time_ms, primary, &left, old);
    output_new(j, time_ms, primary, &left, now);
}

static void right_change(foreign_key_join_operator *j, const batch *rows, int64_t row, int which) {
    slice foreign = join_keys_at(&j->keys, which), now = {NULL, 0}, place, unused;
    slice old = keep(&j->old, store_get_hashed(j->right, foreign, j->keys.hashes[which]));
    if (rows->change[row] == CHANGE_INSERT) {
        buffer_clear(&j->value);
        join_value_append(&j->sides[RIGHT], rows, row, &j->value);
        now = buffer_slice(&j->value);
        store_put(j->right, foreign, now);
    } else if (old.data) {
        store_delete(j->right, foreign);
    }
    buffer_clear(&j->bound);
    buffer_append(&j->bound, foreign);
    buffer_append_byte(&j->bound, (char)0xFF); /* above every key that goes on behind it */
    store_cursor *c = store_cursor_open(j->index, foreign, buffer_slice(&j->bound));
    while (store_cursor_next(c, &place, &unused)) {
        slice primary = slice_make(place.data + foreign.length, place.length - foreign.length);
        fan_out(j, keep(&j->primary, primary), rows->rowtime[row], old, now);
    }
    store_cursor_close(c);
}

/* A row that is replaced by the next one in the batch: both are one change. */
static bool is_replaced(const join_side *side, const batch *rows, int64_t row) {
    return side->node->mode == CHANGELOG_RETRACT && rows->change[row] == CHANGE_DELETE &&
           row + 1 < rows->rows && rows->change[row + 1] == CHANGE_INSERT &&
           join_same_key(side, rows, row, row + 1);
}

static void look_ahead(foreign_key_join_operator *j, int input, const batch *rows, int64_t first) {
    join_keys_make(&j->keys, &j->sides[input], rows, first);
    join_keys_fetch(&j->keys, input == LEFT ? j->left : j->right);
    if (input == LEFT) {
        make_foreign_keys(j, first);
        join_keys_fetch(&j->foreigns, j->right);
    }
}

static void join_batch(operator* self, int input, const batch *rows) {
    foreign_key_join_operator *j = (foreign_key_join_operator *)self;
    if (input == LEFT)
        program_run(
            j->foreign_keys, rows, j->foreign_columns, task_program_report(self->task, self->node));
    for (int64_t row = 0; row < rows->rows; row++) {
        int which = (int)(row % JOIN_ROWS_AHEAD);
        if (which == 0)
            look_ahead(j, input, rows, row);
        if (j->keys.missing[which] || is_replaced(&j->sides[input], rows, row))
            continue;
        batch_builder_caused_by(j->out.rows, rows, row);
        if (input == LEFT)
            left_change(j, rows, row, which);
        else
            right_change(j, rows, row, which);
    }
    batch_builder_caused_by(j->out.rows, NULL, 0);
    join_output_emit(&j->out);
}

static void join_watermark(operator* self, int input, int64_t watermark_ms) {
    foreign_key_join_operator *j = (foreign_key_join_operator *)self;
    j->watermarks[input] = watermark_ms;
    int64_t least = j->watermarks[j->watermarks[1] < j->watermarks[0]];
    if (least > INT64_MIN)
        operator_emit_watermark(self, least);
}

static void join_close(operator* self) {
    foreign_key_join_operator *j = (foreign_key_join_operator *)self;
    for (int i = 0; i < 2; i++)
        join_side_close(&j->sides[i]);
    join_output_close(&j->out);
    program_destroy(j->foreign_keys);
    memory_free(j->foreign_columns);
    buffer *const buffers[] = {
        &j->keys.bytes, &j->foreigns.bytes, &j->value, &j->old, &j->place, &j->bound, &j->primary};
    for (int i = 0; i < 7; i++)
        buffer_free(buffers[i]);
    memory_free(j);
}

static const operator_class foreign_key_join_class = {
    .name = "foreign key join",
    .open = join_open,
    .batch = join_batch,
    .watermark = join_watermark,
    .close = join_close,
};

operator* foreign_key_join_operator_create(const plan_node *node, task *t) {
    foreign_key_join_operator *j = MEMORY_NEW(foreign_key_join_operator);
    j->base = (operator){.class = &foreign_key_join_class, .node = node, .task = t};
    return &j->base;
}
