/* JOIN of rows whose times are near each other: right.time in [left.time - before, left.time +
 * after]. Rows come and never go, so each is forgotten when the watermark says that none that could
 * match it will come; an outer row that had no match until then goes on with nulls. A row that
 * comes after that time still meets what is there; when that is nothing, and it is not an outer
 * one, it is late.
 *
 * Matches are given at once. A pair may be older than the watermark by as much as the interval is
 * wide, so the watermark goes on later by that much.
 *
 * Both sides' rows are in memory (row_lists.h), and leave in the order of their times. */
#include "base/memory.h"
#include "executor/operator/leaving_rows.h"
#include "executor/operator/operators.h"
#include "executor/operator/watermark_gather.h"

enum { EMIT_ROWS = 4096 };

typedef struct interval_side {
    row_lists rows;
    int time, column_count;
    int64_t before_ms, after_ms; /* other.time in [time - before, time + after] */
    bool is_outer;
    leaving_rows leaving;
    int64_t empty; /* lists */
} interval_side;

typedef struct interval_join {
    operator base;
    interval_side sides[2];
    program *condition;
    watermark_input watermark_inputs[2];
    watermark_gather watermarks;
    int64_t delay_ms;
    batch_builder *candidates, *out;
    int32_t pair_rows[EMIT_ROWS], passed[EMIT_ROWS];
    kept_row *own[EMIT_ROWS], *others[EMIT_ROWS];
    bool *had_match; /* by row: rows that are not kept */
    int64_t row_capacity;
} interval_join;

static void emit_out(interval_join *j) {
    operator_emit(&j->base, batch_builder_view(j->out));
    batch_builder_clear(j->out);
}

static void append_side(column *const *to, int count, const batch *in, int64_t row) {
    for (int c = 0; c < count; c++) {
        if (in && in->columns[c])
            column_append_row(to[c], in->columns[c], row);
        else
            column_append_null(to[c]);
    }
}

/* ---- pairs ---- */

static void emit_pairs(interval_join *j, int input, const batch *in, int64_t count) {
    if (count == 0)
        return;
    int left = j->sides[0].column_count;
    column **own = j->candidates->columns + (input ? left : 0);
    column **other = j->candidates->columns + (input ? 0 : left);
    batch_builder_clear(j->candidates);
    for (int c = 0; c < in->column_count; c++) {
        if (in->columns[c])
            column_append_gather(own[c], in->columns[c], j->pair_rows, count);
        else
            column_append_nulls(own[c], count);
    }
    const column *times = in->columns[j->sides[input].time];
    for (int64_t i = 0; i < count; i++) {
        int64_t time = times->int64s[j->pair_rows[i]];
        int64_t later = j->others[i]->rowtime > time ? j->others[i]->rowtime : time;
        batch_builder_add_row(j->candidates, later, CHANGE_INSERT);
        row_lists_output(&j->sides[!input].rows, j->others[i], other);
    }
    const batch *pairs = batch_builder_view(j->candidates);
    int64_t passed = count;
    if (j->condition)
        passed = program_filter(
            j->condition, pairs, j->passed, task_program_report(j->base.task, j->base.node));
    for (int64_t i = 0; i < passed; i++) {
        int64_t pair = j->condition ? j->passed[i] : i;
        j->had_match[j->pair_rows[pair]] = true;
        if (j->sides[input].is_outer && j->own[pair] && !j->own[pair]->count++)
            row_lists_mark(&j->sides[input].rows, j->own[pair]);
        if (j->sides[!input].is_outer && !j->others[pair]->count++)
            row_lists_mark(&j->sides[!input].rows, j->others[pair]);
    }
    if (passed == count) {
        operator_emit(&j->base, pairs);
    } else if (passed) {
        batch_builder_append_gather(j->out, pairs, j->passed, passed);
        emit_out(j);
    }
}

/* Whether no row that is to come can match one of that side at `time`. */
static bool is_over(const interval_join *j, const interval_side *s, int64_t time) {
    return time + s->after_ms <= j->watermarks.emitted;
}

static void drop_late(interval_join *j, const batch *in, int64_t row) {
    late_row why = {.stream_time_ms = j->watermarks.emitted,
        .window_start_ms = INT64_MIN,
        .window_end_ms = INT64_MIN,
        .reason = "rows that it could meet are gone"};
    task_late_row(j->base.task, j->base.node, in, row, NULL, &why);
}

/* What becomes of the rows that are not kept and met nothing. */
static void finish_unkept(interval_join *j, int input, const batch *in) {
    const interval_side *own = &j->sides[input];
    const column *times = in->columns[own->time];
    column **to = j->out->columns;
    int left = j->sides[0].column_count, right = j->sides[1].column_count;
    for (int64_t row = 0; row < in->rows; row++) {
        bool can_match = !column_is_null(times, row) && !row_keys_has_null(&own->rows.keys, row);
        bool kept = can_match && !is_over(j, own, times->int64s[row]);
        if (kept || j->had_match[row] || in->change[row] != CHANGE_INSERT)
            continue;
        if (own->is_outer) {
            batch_builder_add_row(j->out, in->rowtime[row], CHANGE_INSERT);
            append_side(to, left, input ? NULL : in, row);
            append_side(to + left, right, input ? in : NULL, row);
        } else if (can_match && times->int64s[row] <= j->watermarks.emitted) {
            drop_late(j, in, row);
        }
    }
    emit_out(j);
}

static void interval_batch(operator* self, int input, const batch *in) {
    interval_join *j = (interval_join *)self;
    interval_side *own = &j->sides[input], *other = &j->sides[!input];
    if (in->rows > j->row_capacity) {
        j->row_capacity = in->rows;
        j->had_match = memory_resize(j->had_match, (size_t)in->rows);
    }
    memset(j->had_match, 0, (size_t)in->rows);
    row_keys_bind(&own->rows.keys, in);
    const column *times = in->columns[own->time];
    int64_t count = 0;
    bool any_over = false;
    for (int64_t row = 0; row < in->rows; row++) {
        if (in->change[row] != CHANGE_INSERT || column_is_null(times, row) ||
            row_keys_has_null(&own->rows.keys, row))
            continue;
        int64_t time = times->int64s[row];
        group_key key = row_keys_get(&own->rows.keys, row);
        kept_row *kept = NULL;
        if (!is_over(j, own, time)) {
            kept = row_lists_add(&own->rows, row_lists_make(&own->rows, &key), in, row, 0);
            kept->rowtime = time;
            leaving_rows_add(&own->leaving, time, kept);
        }
        any_over |= !kept;
        group *matches = row_lists_find(&other->rows, &key);
        for (kept_row *r = matches ? row_list_of(matches)->first : NULL; r; r = r->next) {
            if (r->rowtime < time - own->before_ms || r->rowtime > time + own->after_ms)
                continue;
            if (count == EMIT_ROWS) {
                emit_pairs(j, input, in, count);
                count = 0;
            }
            j->pair_rows[count] = (int32_t)row;
            j->own[count] = kept;
            j->others[count++] = r;
        }
    }
    emit_pairs(j, input, in, count);
    if (own->is_outer || any_over)
        finish_unkept(j, input, in);
}

/* ---- time ---- */

static void leave(interval_join *j, int side) {
    interval_side *s = &j->sides[side];
    int left = j->sides[0].column_count;
    while (s->leaving.count && is_over(j, s, s->leaving.heap[0].time)) {
        kept_row *r = leaving_rows_take(&s->leaving);
        if (s->is_outer && !r->count) {
            batch_builder_add_row(j->out, r->rowtime, CHANGE_INSERT);
            row_lists_output(&s->rows, r, j->out->columns + (side ? left : 0));
            append_side(j->out->columns + (side ? 0 : left), j->sides[!side].column_count, NULL, 0);
            if (j->out->rows >= EMIT_ROWS)
                emit_out(j);
        }
        s->empty += row_list_of(r->owner)->count == 1;
        row_lists_remove(&s->rows, r);
    }
    emit_out(j);
}

static void interval_watermark(operator* self, int input, int64_t watermark_ms) {
    interval_join *j = (interval_join *)self;
    int64_t combined;
    if (!watermark_gather_update(&j->watermarks, input, watermark_ms, &combined))
        return;
    if (combined != WATERMARK_IDLE) {
        leave(j, 0);
        leave(j, 1);
    }
    bool is_time = combined != WATERMARK_IDLE && combined != INT64_MAX;
    operator_emit_watermark(self, is_time ? combined - j->delay_ms : combined);
}

static bool interval_barrier(operator* self, error *e) {
    interval_join *j = (interval_join *)self;
    (void)e;
    for (int side = 0; side < 2; side++) {
        interval_side *s = &j->sides[side];
        row_lists_save(&s->rows);
        if (s->empty > s->rows.groups.count / 2 + 1024) {
            row_lists_drop_empty(&s->rows);
            s->empty = 0;
        }
    }
    return true;
}

static void add_loaded(void *context, group *g, kept_row *r) {
    leaving_rows_add(&((interval_side *)context)->leaving, r->rowtime, r);
}

static bool open_side(interval_join *j, int side, error *e) {
    const plan_node *node = j->base.node;
    interval_side *s = &j->sides[side];
    int64_t before = node->relational_join.before_ms, after = node->relational_join.after_ms;
    join_kind kind = node->relational_join.kind;
    s->column_count = node->inputs[side]->column_count;
    s->time = side ? node->relational_join.right_time : node->relational_join.left_time;
    s->before_ms = side ? after : before;
    s->after_ms = side ? before : after;
    s->is_outer = kind == JOIN_FULL || kind == (side ? JOIN_RIGHT : JOIN_LEFT);
    if (!row_lists_open(&s->rows, &j->base, side,
            side ? node->relational_join.right_keys : node->relational_join.left_keys,
            node->relational_join.key_count, side ? "-Right" : "-Left", 0, e))
        return false;
    return row_lists_load_all(&s->rows, add_loaded, s) ||
           error_set(e, ERROR_DATA, "A stored row of the store %.*s cannot be read.",
               SLICE_ARG(node->store));
}

static bool interval_open(operator* self, error *e) {
    interval_join *j = (interval_join *)self;
    const plan_node *node = self->node;
    int64_t before = node->relational_join.before_ms, after = node->relational_join.after_ms;
    j->delay_ms = before > after ? before : after;
    if (j->delay_ms < 0)
        j->delay_ms = 0;
    watermark_gather_open(&j->watermarks, j->watermark_inputs, 2);
    j->out = node_batch_builder(node);
    j->candidates = node_batch_builder(node);
    if (!open_side(j, 0, e) || !open_side(j, 1, e))
        return false;
    if (!node->relational_join.condition)
        return true;
    j->condition = program_compile(&node->relational_join.condition, 1, e);
    return j->condition != NULL;
}

static void interval_close(operator* self) {
    interval_join *j = (interval_join *)self;
    for (int side = 0; side < 2; side++) {
        row_lists_close(&j->sides[side].rows);
        leaving_rows_close(&j->sides[side].leaving);
    }
    program_destroy(j->condition);
    batch_builder_destroy(j->candidates);
    batch_builder_destroy(j->out);
    memory_free(j->had_match);
    memory_free(j);
}

static const operator_class interval_class = {
    .name = "interval join",
    .open = interval_open,
    .batch = interval_batch,
    .watermark = interval_watermark,
    .barrier = interval_barrier,
    .close = interval_close,
};

operator* interval_join_operator_create(const plan_node *node, task *t) {
    interval_join *j = MEMORY_NEW(interval_join);
    j->base = (operator){.class = &interval_class, .node = node, .task = t};
    return &j->base;
}
