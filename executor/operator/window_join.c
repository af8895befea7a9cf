/* JOIN of rows of the same window, when it closes.
 *
 * Rows are kept by their window's end and the key (row_lists.h), all of them in memory; each window
 * has a list of its keys. When the watermark has reached the window's last millisecond its keys'
 * left and right rows are joined, those without a match get their nulls (or are the answer: ANTI),
 * and the window is forgotten. A row whose window has closed is late. */
#include "base/memory.h"
#include "executor/operator/operators.h"
#include "executor/operator/row_lists.h"
#include "executor/operator/watermark_gather.h"
#include "executor/state/row_codec.h"

enum { EMIT_ROWS = 4096 };

typedef struct join_window {
    int64_t end;
    group **groups[2]; /* by side */
    int64_t count[2], capacity[2];
} join_window;

typedef struct window_join {
    operator base;
    join_kind kind;
    row_lists sides[2];
    int *columns[2]; /* of the keys: the window's end, then the join's */
    program *condition;
    watermark_input watermark_inputs[2];
    watermark_gather watermarks;
    join_window **windows; /* by end */
    int64_t window_count, window_capacity, watermark_ms, saved_watermark_ms;
    batch_builder *candidates, *out;
    kept_row *left[EMIT_ROWS], *right[EMIT_ROWS];
    int32_t passed[EMIT_ROWS];
    store *store;
    buffer value;
} window_join;

static bool only_left(const window_join *j) {
    return j->kind == JOIN_SEMI || j->kind == JOIN_ANTI;
}

static bool keeps_alone(const window_join *j, int side) {
    if (side == 0 && j->kind == JOIN_ANTI)
        return true;
    return j->kind == JOIN_FULL || j->kind == (side ? JOIN_RIGHT : JOIN_LEFT);
}

/* ---- windows ---- */

static join_window *window_of(window_join *j, int64_t end) {
    int64_t low = j->window_count;
    while (low > 0 && j->windows[low - 1]->end > end)
        low--;
    if (low > 0 && j->windows[low - 1]->end == end)
        return j->windows[low - 1];
    if (j->window_count == j->window_capacity) {
        j->window_capacity = j->window_capacity ? j->window_capacity * 2 : 16;
        j->windows = memory_resize(j->windows, sizeof *j->windows * (size_t)j->window_capacity);
    }
    memmove(j->windows + low + 1, j->windows + low,
        sizeof *j->windows * (size_t)(j->window_count - low));
    j->window_count++;
    join_window *w = MEMORY_NEW(join_window);
    w->end = end;
    return j->windows[low] = w;
}

static void enlist(join_window *w, int side, group *g) {
    if (w->count[side] == w->capacity[side]) {
        w->capacity[side] = w->capacity[side] ? w->capacity[side] * 2 : 64;
        w->groups[side] =
            memory_resize(w->groups[side], sizeof *w->groups[side] * (size_t)w->capacity[side]);
    }
    w->groups[side][w->count[side]++] = g;
}

static void free_window(join_window *w) {
    memory_free(w->groups[0]);
    memory_free(w->groups[1]);
    memory_free(w);
}

/* ---- rows ---- */

static void drop_late(window_join *j, const batch *in, int64_t row, int64_t end) {
    late_row why = {.stream_time_ms = j->watermark_ms,
        .window_start_ms = INT64_MIN,
        .window_end_ms = end,
        .reason = "the row's window has closed"};
    task_late_row(j->base.task, j->base.node, in, row, NULL, &why);
}

/* A NULL in the key matches nothing. */
static bool can_match(const window_join *j, const row_keys *keys, int64_t row) {
    const bool *safe = j->base.node->relational_join.null_safe;
    for (int k = 1; k < keys->count; k++)
        if (!(safe && safe[k - 1]) && column_is_null(keys->bound[k], row))
            return false;
    return true;
}

static void window_batch(operator* self, int input, const batch *in) {
    window_join *j = (window_join *)self;
    row_lists *own = &j->sides[input];
    const column *ends = in->columns[j->columns[input][0]];
    row_keys_bind(&own->keys, in);
    for (int64_t row = 0; row < in->rows; row++) {
        if (in->change[row] != CHANGE_INSERT || column_is_null(ends, row))
            continue;
        int64_t end = ends->int64s[row];
        if (end - 1 <= j->watermark_ms) {
            drop_late(j, in, row, end);
            continue;
        }
        bool matches = can_match(j, &own->keys, row);
        if (!matches && !keeps_alone(j, input))
            continue;
        group_key key = row_keys_get(&own->keys, row);
        group *g = row_lists_make(own, &key);
        if (!row_list_of(g)->count)
            enlist(window_of(j, end), input, g);
        row_lists_add(own, g, in, row, matches ? 0 : -1);
    }
}

/* ---- a window that closes ---- */

static void emit_out(window_join *j) {
    operator_emit(&j->base, batch_builder_view(j->out));
    batch_builder_clear(j->out);
}

static void append_nulls(column *const *to, int count) {
    for (int c = 0; c < count; c++)
        column_append_null(to[c]);
}

static void join_pairs(window_join *j, int64_t count, int64_t end) {
    if (count == 0)
        return;
    int left = j->base.node->inputs[0]->column_count;
    batch_builder_clear(j->candidates);
    for (int64_t i = 0; i < count; i++) {
        batch_builder_add_row(j->candidates, end - 1, CHANGE_INSERT);
        row_lists_output(&j->sides[0], j->left[i], j->candidates->columns);
        row_lists_output(&j->sides[1], j->right[i], j->candidates->columns + left);
    }
    const batch *pairs = batch_builder_view(j->candidates);
    int64_t passed = count;
    if (j->condition)
        passed = program_filter(
            j->condition, pairs, j->passed, task_program_report(j->base.task, j->base.node));
    for (int64_t i = 0; i < passed; i++) {
        int64_t pair = j->condition ? j->passed[i] : i;
        j->left[pair]->count = j->right[pair]->count = 1;
    }
    if (only_left(j))
        return;
    if (passed == count) {
        operator_emit(&j->base, pairs);
    } else if (passed) {
        batch_builder_append_gather(j->out, pairs, j->passed, passed);
        emit_out(j);
    }
}

static void join_keys(window_join *j, const join_window *w) {
    int64_t count = 0;
    for (int64_t i = 0; i < w->count[0]; i++) {
        group *left = w->groups[0][i], *right = row_lists_find(&j->sides[1], &left->key);
        if (!right)
            continue;
        for (kept_row *l = row_list_of(left)->first; l; l = l->next)
            for (kept_row *r = row_list_of(right)->first; r; r = r->next) {
                if (l->count < 0 || r->count < 0)
                    continue;
                if (count == EMIT_ROWS) {
                    join_pairs(j, count, w->end);
                    count = 0;
                }
                j->left[count] = l;
                j->right[count++] = r;
            }
    }
    join_pairs(j, count, w->end);
}

static void output_alone(window_join *j, int side, const kept_row *r, int64_t end) {
    int left = j->base.node->inputs[0]->column_count;
    batch_builder_add_row(j->out, end - 1, CHANGE_INSERT);
    row_lists_output(&j->sides[side], r, j->out->columns + (side ? left : 0));
    if (!only_left(j))
        append_nulls(
            j->out->columns + (side ? 0 : left), j->base.node->inputs[!side]->column_count);
    if (j->out->rows >= EMIT_ROWS)
        emit_out(j);
}

static void finish_side(window_join *j, const join_window *w, int side) {
    for (int64_t i = 0; i < w->count[side]; i++)
        for (kept_row *r; (r = row_list_of(w->groups[side][i])->first);) {
            bool matched = r->count > 0;
            if (matched ? side == 0 && j->kind == JOIN_SEMI : keeps_alone(j, side))
                output_alone(j, side, r, w->end);
            row_lists_remove(&j->sides[side], r);
        }
}

static void advance(window_join *j, int64_t watermark_ms) {
    j->watermark_ms = watermark_ms;
    int64_t closed = 0;
    for (; closed < j->window_count && j->windows[closed]->end - 1 <= watermark_ms; closed++) {
        join_keys(j, j->windows[closed]);
        finish_side(j, j->windows[closed], 0);
        finish_side(j, j->windows[closed], 1);
        emit_out(j);
        free_window(j->windows[closed]);
    }
    if (closed == 0)
        return;
    j->window_count -= closed;
    memmove(j->windows, j->windows + closed, sizeof *j->windows * (size_t)j->window_count);
    for (int side = 0; side < 2; side++)
        row_lists_drop_empty(&j->sides[side]);
}

static void window_watermark(operator* self, int input, int64_t watermark_ms) {
    window_join *j = (window_join *)self;
    int64_t combined;
    if (!watermark_gather_update(&j->watermarks, input, watermark_ms, &combined))
        return;
    if (combined != WATERMARK_IDLE && combined > j->watermark_ms)
        advance(j, combined);
    operator_emit_watermark(self, combined);
}

static bool window_barrier(operator* self, error *e) {
    window_join *j = (window_join *)self;
    (void)e;
    row_lists_save(&j->sides[0]);
    row_lists_save(&j->sides[1]);
    if (j->watermark_ms != j->saved_watermark_ms) {
        buffer_clear(&j->value);
        row_key_append_int64(&j->value, j->watermark_ms);
        store_put(j->store, SLICE_LITERAL("\0"), buffer_slice(&j->value));
        j->saved_watermark_ms = j->watermark_ms;
    }
    return true;
}

/* ---- opening and closing ---- */

typedef struct loading {
    window_join *join;
    int side;
} loading;

static void add_loaded(void *context, group *g, kept_row *r) {
    loading *l = context;
    if (row_list_of(g)->count == 1) /* the key's first column, just read */
        enlist(window_of(l->join, l->join->sides[l->side].keys.scratch[0]->int64s[0]), l->side, g);
}

static bool open_side(window_join *j, int side, error *e) {
    const plan_node *node = j->base.node;
    int count = node->relational_join.key_count;
    const int *keys = side ? node->relational_join.right_keys : node->relational_join.left_keys;
    j->columns[side] = memory_allocate(sizeof(int) * ((size_t)count + 1));
    j->columns[side][0] =
        side ? node->relational_join.right_window_end : node->relational_join.left_window_end;
    for (int k = 0; k < count; k++)
        j->columns[side][k + 1] = keys[k];
    if (!row_lists_open(&j->sides[side], &j->base, side, j->columns[side], count + 1,
            side ? "-Right" : "-Left", 0, e))
        return false;
    loading l = {j, side};
    return row_lists_load_all(&j->sides[side], add_loaded, &l) ||
           error_set(e, ERROR_DATA, "A stored row of the store %.*s cannot be read.",
               SLICE_ARG(node->store));
}

static batch_builder *builder_of_both(const plan_node *node) {
    plan_column columns[2 * 256];
    plan_node both = *node;
    both.column_count = 0;
    both.columns = columns;
    for (int side = 0; side < 2; side++)
        for (int c = 0; c < node->inputs[side]->column_count; c++)
            columns[both.column_count++] = node->inputs[side]->columns[c];
    return node_batch_builder(&both);
}

static bool window_open(operator* self, error *e) {
    window_join *j = (window_join *)self;
    const plan_node *node = self->node;
    assert(node->inputs[0]->column_count <= 256 && node->inputs[1]->column_count <= 256);
    watermark_gather_open(&j->watermarks, j->watermark_inputs, 2);
    j->watermark_ms = j->saved_watermark_ms = INT64_MIN;
    j->out = node_batch_builder(node);
    j->candidates = builder_of_both(node);
    j->store = task_store(self->task, node, NULL, e);
    if (!j->store)
        return false;
    slice saved = store_get(j->store, SLICE_LITERAL("\0"));
    if (saved.data && saved.length == 8)
        j->watermark_ms = j->saved_watermark_ms = row_key_read_int64(&saved);
    if (!open_side(j, 0, e) || !open_side(j, 1, e))
        return false;
    if (!node->relational_join.condition)
        return true;
    j->condition = program_compile(&node->relational_join.condition, 1, e);
    return j->condition != NULL;
}

static void window_close(operator* self) {
    window_join *j = (window_join *)self;
    for (int64_t i = 0; i < j->window_count; i++)
        free_window(j->windows[i]);
    memory_free(j->windows);
    for (int side = 0; side < 2; side++) {
        row_lists_close(&j->sides[side]);
        memory_free(j->columns[side]);
    }
    program_destroy(j->condition);
    batch_builder_destroy(j->candidates);
    batch_builder_destroy(j->out);
    buffer_free(&j->value);
    memory_free(j);
}

static const operator_class window_class = {
    .name = "window join",
    .open = window_open,
    .batch = window_batch,
    .watermark = window_watermark,
    .barrier = window_barrier,
    .close = window_close,
};

operator* window_join_operator_create(const plan_node *node, task *t) {
    window_join *j = MEMORY_NEW(window_join);
    j->base = (operator){.class = &window_class, .node = node, .task = t};
    j->kind = node->relational_join.kind;
    return &j->base;
}
