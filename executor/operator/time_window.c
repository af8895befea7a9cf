/* TUMBLE, HOP and CUMULATE as tables: each row once for each of its windows, with the window's
 * bounds behind its columns. A row without a time belongs to no window and is left out. */
#include "base/memory.h"
#include "executor/operator/operators.h"
#include "executor/operator/time_windows.h"

typedef struct time_window_operator {
    operator base;
    int64_t capacity;
    int32_t *rows;
    batch_builder *out;
} time_window_operator;

static bool window_open(operator* self, error *e) {
    time_window_operator *w = (time_window_operator *)self;
    (void)e;
    w->out = node_batch_builder(self->node);
    return true;
}

static void add(time_window_operator *w, int64_t *count, int32_t row, int64_t start, int64_t end) {
    column **bounds = w->out->columns + w->base.node->inputs[0]->column_count;
    if (*count == w->capacity) {
        w->capacity = w->capacity ? w->capacity * 2 : 4096;
        w->rows = memory_resize(w->rows, sizeof *w->rows * (size_t)w->capacity);
    }
    w->rows[(*count)++] = row;
    column_append_int64(bounds[0], start);
    column_append_int64(bounds[1], end);
    column_append_int64(bounds[2], end - 1);
}

static void window_batch(operator* self, int input, const batch *in) {
    time_window_operator *w = (time_window_operator *)self;
    const plan_time_window *window = &self->node->time_window.window;
    const column *time = window->processing_time ? NULL : in->columns[window->time];
    int64_t now_ms = time ? 0 : clock_now_ms(task_clock(self->task)), count = 0;
    (void)input;
    batch_builder_clear(w->out);
    for (int64_t row = 0; row < in->rows; row++) {
        if (time && column_is_null(time, row))
            continue;
        int64_t at = time ? time->int64s[row] : now_ms, start, end;
        time_windows_first(window, at, &start, &end);
        if (at >= end)
            continue; /* between windows that are shorter than their slide */
        do
            add(w, &count, (int32_t)row, start, end);
        while (time_windows_next(window, at, &start, &end));
    }
    for (int c = 0; c < in->column_count; c++) {
        if (in->columns[c])
            column_append_gather(w->out->columns[c], in->columns[c], w->rows, count);
        else
            column_append_nulls(w->out->columns[c], count);
    }
    for (int64_t i = 0; i < count; i++)
        batch_builder_copy_system(w->out, in, w->rows[i]);
    operator_emit(self, batch_builder_view(w->out));
}

static void window_close(operator* self) {
    time_window_operator *w = (time_window_operator *)self;
    batch_builder_destroy(w->out);
    memory_free(w->rows);
    memory_free(w);
}

static const operator_class window_class = {
    .name = "window",
    .open = window_open,
    .batch = window_batch,
    .close = window_close,
};

operator* time_window_operator_create(const plan_node *node, task *t) {
    time_window_operator *w = MEMORY_NEW(time_window_operator);
    w->base = (operator){.class = &window_class, .node = node, .task = t};
    return &w->base;
}
