/* JOIN by equal columns and a condition. Both inputs may take rows back.
 *
 * Both sides' rows are kept by key (row_lists.h). A row of one side meets those of the other:
 *
 *   INNER over rows that are never taken back: pairs are gathered over the batch, and the condition
 *   is computed over all of them at once.
 *   Otherwise row by row. For a side whose rows have a result of their own (LEFT: the left; FULL:
 *   both) each row counts its matches: the first one replaces the row with nulls, and when the last
 *   one goes that row comes back. SEMI and ANTI count the left rows' matches in the same way.
 *
 * A NULL key matches nothing, but where the key is null-safe.
 *
 * A side whose other side has ended, being a bounded table's, keeps nothing any more: whatever its
 * rows meet is there, and stays.
 *
 * Where the plan knows by when a side's rows are matched for the last time (leaving_time) they are
 * all in memory, and leave when the other side's watermark says so. */
#include "base/memory.h"
#include "executor/operator/leaving_rows.h"
#include "executor/operator/operators.h"
#include "executor/operator/watermark_gather.h"

enum { EMIT_ROWS = 4096 };

/* The rows of a side that are matched for a time only. */
typedef struct passing_side {
    int time; /* the input's column; -1: the rows stay */
    int64_t after_ms, watermark_ms, empty;
    leaving_rows rows;
    batch_builder *loaded; /* a row that was read back */
} passing_side;

typedef struct relational_join {
    operator base;
    join_kind kind;
    row_lists sides[2];
    passing_side passing[2];
    int columns[2]; /* of the inputs */
    program *condition;
    bool appends; /* no input takes rows back */
    watermark_input watermark_inputs[2];
    watermark_gather watermarks;

    batch_builder *out, *candidates; /* candidates: the columns of both inputs */
    int64_t capacity;                /* of pairs */
    int32_t *rows, *passed;
    kept_row **others;
    kept_row **matches;
    int64_t match_capacity;
} relational_join;

static bool only_left(const relational_join *j) {
    return j->kind == JOIN_SEMI || j->kind == JOIN_ANTI;
}

/* Whether each row of that side has a result of its own. */
static bool is_outer(const relational_join *j, int side) {
    return j->kind == JOIN_FULL || j->kind == (side ? JOIN_RIGHT : JOIN_LEFT);
}

/* Whether the rows of that side count their matches. */
static bool counts(const relational_join *j, int side) {
    return is_outer(j, side) || (side == 0 && only_left(j));
}

static bool has_key(const relational_join *j, const row_keys *keys, int64_t row) {
    const bool *safe = j->base.node->relational_join.null_safe;
    for (int i = 0; i < keys->count; i++)
        if (!(safe && safe[i]) && column_is_null(keys->bound[i], row))
            return false;
    return true;
}

static void emit_out(relational_join *j) {
    operator_emit(&j->base, batch_builder_view(j->out));
    batch_builder_clear(j->out);
}

static void append_batch_row(column *const *to, const batch *in, int64_t row) {
    for (int c = 0; c < in->column_count; c++) {
        if (in->columns[c])
            column_append_row(to[c], in->columns[c], row);
        else
            column_append_null(to[c]);
    }
}

static void append_nulls(column *const *to, int count) {
    for (int c = 0; c < count; c++)
        column_append_null(to[c]);
}

/* ---- pairs of a batch ---- */

static void reserve_pairs(relational_join *j, int64_t count) {
    if (count <= j->capacity)
        return;
    j->capacity = count > j->capacity * 2 ? count : j->capacity * 2;
    size_t n = (size_t)j->capacity;
    j->rows = memory_resize(j->rows, sizeof *j->rows * n);
    j->passed = memory_resize(j->passed, sizeof *j->passed * n);
    j->others = memory_resize(j->others, sizeof *j->others * n);
}

/* Both inputs' columns of the pairs. */
static void fill_pairs(
    relational_join *j, batch_builder *to, int input, const batch *in, int64_t count) {
    batch_builder_clear(to);
    column **own = to->columns + (input ? j->columns[0] : 0);
    column **other = to->columns + (input ? 0 : j->columns[0]);
    for (int c = 0; c < in->column_count; c++) {
        if (in->columns[c])
            column_append_gather(own[c], in->columns[c], j->rows, count);
        else
            column_append_nulls(own[c], count);
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t time = in->rowtime[j->rows[i]];
        if (j->others[i]->rowtime > time)
            time = j->others[i]->rowtime;
        if (i + 8 < count)
            memory_prefetch(j->others[i + 8]->bytes);
        batch_builder_add_row(to, time, in->change[j->rows[i]]);
        row_lists_output(&j->sides[!input], j->others[i], other);
    }
}

static void emit_pairs(relational_join *j, int input, const batch *in, int64_t count) {
    if (count == 0)
        return;
    fill_pairs(j, j->candidates, input, in, count);
    const batch *pairs = batch_builder_view(j->candidates);
    if (!j->condition) {
        operator_emit(&j->base, pairs);
        return;
    }
    int64_t passed = program_filter(
        j->condition, pairs, j->passed, task_program_report(j->base.task, j->base.node));
    if (passed == pairs->rows) {
        operator_emit(&j->base, pairs);
    } else if (passed) {
        batch_builder_append_gather(j->out, pairs, j->passed, passed);
        emit_out(j);
    }
}

/* ---- rows that leave ---- */

static bool is_over(const passing_side *p, int64_t time) {
    return time <= p->watermark_ms - p->after_ms;
}

/* A row without a time matches nothing. */
static void keep_for_a_time(
    relational_join *j, int input, const group_key *key, const batch *in, int64_t row) {
    passing_side *p = &j->passing[input];
    row_lists *own = &j->sides[input];
    const column *times = in->columns[p->time];
    if (column_is_null(times, row) || is_over(p, times->int64s[row]))
        return;
    leaving_rows_add(
        &p->rows, times->int64s[row], row_lists_add(own, row_lists_make(own, key), in, row, 0));
}

static void let_leave(relational_join *j, int side, int64_t watermark_ms) {
    passing_side *p = &j->passing[side];
    p->watermark_ms = watermark_ms < INT64_MAX / 2 ? watermark_ms : INT64_MAX / 2;
    while (p->rows.count && is_over(p, p->rows.heap[0].time)) {
        kept_row *r = leaving_rows_take(&p->rows);
        p->empty += row_list_of(r->owner)->count == 1;
        row_lists_remove(&j->sides[side], r);
    }
}

static void add_loaded(void *context, group *g, kept_row *r) {
    relational_join *j = context;
    (void)g;
    for (int side = 0; side < 2; side++) {
        passing_side *p = &j->passing[side];
        if (!p->loaded)
            continue;
        batch_builder_clear(p->loaded);
        batch_builder_add_row(p->loaded, 0, CHANGE_INSERT);
        row_lists_output(&j->sides[side], r, p->loaded->columns);
        leaving_rows_add(&p->rows, p->loaded->columns[p->time]->int64s[0], r);
    }
}

static void join_appended(relational_join *j, int input, const batch *in) {
    row_lists *own = &j->sides[input], *other = &j->sides[!input];
    int64_t count = 0;
    for (int64_t row = 0; row < in->rows; row++) {
        group_table_prefetch_ahead(&other->groups, own->keys.hashes, row, in->rows);
        group_table_prefetch_ahead(&own->groups, own->keys.hashes, row, in->rows);
        if (in->change[row] == CHANGE_EMPTY || !has_key(j, &own->keys, row))
            continue;
        group_key key = row_keys_get(&own->keys, row);
        group *matches = row_lists_find(other, &key);
        for (kept_row *r = matches ? row_list_of(matches)->first : NULL; r; r = r->next) {
            if (count == EMIT_ROWS) {
                emit_pairs(j, input, in, count);
                count = 0;
            }
            j->rows[count] = (int32_t)row;
            j->others[count++] = r;
        }
        if (own->has_ended)
            continue;
        if (j->passing[input].time < 0)
            row_lists_add(own, row_lists_make(own, &key), in, row, 0);
        else
            keep_for_a_time(j, input, &key, in, row);
    }
    emit_pairs(j, input, in, count);
}

/* ---- row by row ---- */

/* Fills j->matches with the rows of the other side that match; returns how many. */
static int64_t find_matches(
    relational_join *j, int input, const batch *in, int64_t row, const group_key *key) {
    row_lists *other = &j->sides[!input];
    group *g = row_lists_find(other, key);
    int64_t count = g ? row_list_of(g)->count : 0;
    if (count == 0)
        return 0;
    if (count > j->match_capacity) {
        j->match_capacity = count * 2;
        j->matches = memory_resize(j->matches, sizeof *j->matches * (size_t)j->match_capacity);
    }
    int64_t found = 0;
    for (kept_row *r = row_list_of(g)->first; r; r = r->next)
        j->matches[found++] = r;
    if (!j->condition)
        return found;
    reserve_pairs(j, found);
    for (int64_t i = 0; i < found; i++) {
        j->rows[i] = (int32_t)row;
        j->others[i] = j->matches[i];
    }
    fill_pairs(j, j->candidates, input, in, found);
    int64_t passed = program_filter(j->condition, batch_builder_view(j->candidates), j->passed,
        task_program_report(j->base.task, j->base.node));
    for (int64_t i = 0; i < passed; i++)
        j->matches[i] = j->others[j->passed[i]];
    return passed;
}

static void output_pair(relational_join *j, int input, const batch *in, int64_t row,
    const kept_row *other, int8_t change) {
    column **own = j->out->columns + (input ? j->columns[0] : 0);
    column **others = j->out->columns + (input ? 0 : j->columns[0]);
    int64_t time = in->rowtime[row];
    if (other && other->rowtime > time)
        time = other->rowtime;
    batch_builder_add_row(j->out, time, change);
    append_batch_row(own, in, row);
    if (only_left(j))
        return;
    if (other)
        row_lists_output(&j->sides[!input], other, others);
    else
        append_nulls(others, j->columns[!input]);
}

/* A kept row of that side, alone. */
static void output_alone(relational_join *j, int side, const kept_row *r, int8_t change) {
    batch_builder_add_row(j->out, r->rowtime, change);
    row_lists_output(&j->sides[side], r, j->out->columns + (side ? j->columns[0] : 0));
    if (!only_left(j))
        append_nulls(j->out->columns + (side ? 0 : j->columns[0]), j->columns[!side]);
}

/* The matches of the other side's rows, each with one more or less. */
static void count_matches(
    relational_join *j, int input, const batch *in, int64_t row, int64_t found) {
    int other = !input;
    int8_t change = in->change[row];
    for (int64_t i = 0; i < found; i++) {
        kept_row *m = j->matches[i];
        int32_t before = m->count;
        m->count += change;
        row_lists_mark(&j->sides[other], m);
        bool first = before == 0 && change > 0, last = m->count == 0 && change < 0;
        if (only_left(j)) {
            if (first || last)
                output_alone(j, other, m, (j->kind == JOIN_SEMI) == first ? 1 : -1);
            continue;
        }
        if (first)
            output_alone(j, other, m, CHANGE_DELETE);
        output_pair(j, input, in, row, m, change);
        if (last)
            output_alone(j, other, m, CHANGE_INSERT);
    }
}

static void output_own(relational_join *j, int input, const batch *in, int64_t row, int64_t found) {
    int8_t change = in->change[row];
    if (only_left(j)) {
        if (input == 0 && (found > 0) == (j->kind == JOIN_SEMI))
            output_pair(j, 0, in, row, NULL, change);
        if (input == 1)
            count_matches(j, input, in, row, found);
        return;
    }
    if (found == 0 && is_outer(j, input))
        output_pair(j, input, in, row, NULL, change);
    if (counts(j, !input))
        count_matches(j, input, in, row, found);
    else
        for (int64_t i = 0; i < found; i++)
            output_pair(j, input, in, row, j->matches[i], change);
}

static void join_row(relational_join *j, int input, const batch *in, int64_t row) {
    row_lists *own = &j->sides[input];
    if (!has_key(j, &own->keys, row)) {
        if (is_outer(j, input) || (input == 0 && j->kind == JOIN_ANTI))
            output_pair(j, input, in, row, NULL, in->change[row]);
        return;
    }
    group_key key = row_keys_get(&own->keys, row);
    int64_t found;
    if (own->has_ended) {
        found = find_matches(j, input, in, row, &key);
    } else if (in->change[row] == CHANGE_INSERT) {
        found = find_matches(j, input, in, row, &key);
        row_lists_add(own, row_lists_make(own, &key), in, row, (int32_t)found);
    } else {
        group *g = row_lists_find(own, &key);
        kept_row *r = g ? row_lists_equal(own, g, in, row) : NULL;
        if (!r)
            return; /* it is forgotten, or never came */
        row_lists_remove(own, r);
        found = find_matches(j, input, in, row, &key);
    }
    output_own(j, input, in, row, found);
    if (j->out->rows >= EMIT_ROWS)
        emit_out(j);
}

static void join_batch(operator* self, int input, const batch *in) {
    relational_join *j = (relational_join *)self;
    if (j->sides[0].ttl_ms || j->sides[1].ttl_ms)
        j->sides[0].now_ms = j->sides[1].now_ms = clock_now_ms(task_clock(self->task));
    row_keys_bind(&j->sides[input].keys, in);
    reserve_pairs(j, EMIT_ROWS);
    if (j->sides[input].has_ended)
        j->sides[input].swept.came += in->rows;
    if (j->kind == JOIN_INNER && j->appends) {
        join_appended(j, input, in);
        return;
    }
    for (int64_t row = 0; row < in->rows; row++)
        if (in->change[row] != CHANGE_EMPTY)
            join_row(j, input, in, row);
    emit_out(j);
}

static void join_watermark(operator* self, int input, int64_t watermark_ms) {
    relational_join *j = (relational_join *)self;
    int64_t combined;
    if (j->passing[!input].time >= 0 && watermark_ms != WATERMARK_IDLE)
        let_leave(j, !input, watermark_ms);
    if (watermark_ms == INT64_MAX && !j->sides[!input].has_ended && j->passing[!input].time < 0)
        row_lists_end(&j->sides[!input]);
    if (watermark_gather_update(&j->watermarks, input, watermark_ms, &combined))
        operator_emit_watermark(self, combined);
}

static bool join_barrier(operator* self, error *e) {
    relational_join *j = (relational_join *)self;
    (void)e;
    for (int side = 0; side < 2; side++) {
        if (j->sides[side].ttl_ms)
            j->sides[side].now_ms = clock_now_ms(task_clock(self->task));
        row_lists_save(&j->sides[side]);
        if (j->passing[side].empty > j->sides[side].groups.count / 2 + 1024) {
            row_lists_drop_empty(&j->sides[side]);
            j->passing[side].empty = 0;
        }
    }
    return true;
}

static batch_builder *builder_of_both(const plan_node *node) {
    int count = node->inputs[0]->column_count + node->inputs[1]->column_count;
    const sql_type **types = memory_allocate(sizeof *types * ((size_t)count + 1));
    for (int i = 0; i < count; i++)
        types[i] = i < node->inputs[0]->column_count
                       ? node->inputs[0]->columns[i].type
                       : node->inputs[1]->columns[i - node->inputs[0]->column_count].type;
    batch_builder *b = batch_builder_create(types, count, false, false, false);
    memory_free(types);
    return b;
}

static bool open_passing(relational_join *j, int side, error *e) {
    const plan_node *node = j->base.node;
    passing_side *p = &j->passing[side];
    p->time = node->relational_join.leaving_time[side] - 1;
    p->after_ms = node->relational_join.leaves_after_ms[side];
    p->watermark_ms = INT64_MIN / 2;
    if (p->time < 0)
        return true;
    p->loaded = node_batch_builder(node->inputs[side]);
    bool ok = row_lists_load_all(&j->sides[side], add_loaded, j);
    batch_builder_destroy(p->loaded);
    p->loaded = NULL;
    return ok || error_set(e, ERROR_DATA, "A stored row of the store %.*s cannot be read.",
                     SLICE_ARG(node->store));
}

static bool join_open(operator* self, error *e) {
    relational_join *j = (relational_join *)self;
    const plan_node *node = self->node;
    watermark_gather_open(&j->watermarks, j->watermark_inputs, 2);
    j->out = node_batch_builder(node);
    j->candidates = builder_of_both(node);
    for (int side = 0; side < 2; side++) {
        j->columns[side] = node->inputs[side]->column_count;
        if (!row_lists_open(&j->sides[side], self, side,
                side ? node->relational_join.right_keys : node->relational_join.left_keys,
                node->relational_join.key_count, side ? "-Right" : "-Left",
                node->relational_join.ttl_ms[side], e) ||
            !open_passing(j, side, e))
            return false;
    }
    j->appends =
        node->inputs[0]->mode == CHANGELOG_APPEND && node->inputs[1]->mode == CHANGELOG_APPEND;
    if (!node->relational_join.condition)
        return true;
    j->condition = program_compile(&node->relational_join.condition, 1, e);
    return j->condition != NULL;
}

static void join_close(operator* self) {
    relational_join *j = (relational_join *)self;
    for (int side = 0; side < 2; side++) {
        leaving_rows_close(&j->passing[side].rows);
        row_lists_close(&j->sides[side]);
    }
    program_destroy(j->condition);
    batch_builder_destroy(j->out);
    batch_builder_destroy(j->candidates);
    memory_free(j->rows);
    memory_free(j->passed);
    memory_free(j->others);
    memory_free(j->matches);
    memory_free(j);
}

static const operator_class join_class = {
    .name = "join",
    .open = join_open,
    .batch = join_batch,
    .watermark = join_watermark,
    .barrier = join_barrier,
    .close = join_close,
};

operator* relational_join_operator_create(const plan_node *node, task *t) {
    relational_join *j = MEMORY_NEW(relational_join);
    j->base = (operator){.class = &join_class, .node = node, .task = t};
    j->kind = node->relational_join.kind;
    return &j->base;
}

void relational_join_operator_limit_cache(operator* self, int64_t bytes) {
    relational_join *j = (relational_join *)self;
    j->sides[0].cache_bytes = j->sides[1].cache_bytes = bytes;
}
