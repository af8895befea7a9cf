/* Event time begins here: the rows' times become those of the time column, and behind each batch
 * the watermark says how far time has come: the largest value of the watermark expression so far.
 *
 * Nothing is copied: the batch's rowtimes are the column's own values. A row without a time cannot
 * be placed anywhere; it is reported and left out. A partition that brings no rows for the node's
 * idle time says so (WATERMARK_IDLE), and the exchange behind does not wait for it.
 *
 * Store: 0: the watermark. After a restart it is there before any row, as others of the query may
 * wait for this partition, which may bring nothing more. That a bounded source has ended is found
 * out anew. */
#include "base/memory.h"
#include "executor/operator/operators.h"
#include "executor/operator/row_keys.h"
#include "executor/state/row_codec.h"

typedef struct watermark_operator {
    operator base;
    program *program;
    store *store;      /* NULL: it is not kept */
    int64_t latest_ms; /* the watermark; INT64_MIN: none yet */
    int64_t saved_ms;
    int64_t arrived_ms;
    bool is_idle;
    int32_t *rows;
    int64_t capacity;
    batch_builder *picked;
    buffer value;
} watermark_operator;

static const slice PLACE = {"\0", 1};

static bool restore(watermark_operator *w, error *e) {
    const plan_node *node = w->base.node;
    w->latest_ms = w->saved_ms = INT64_MIN;
    if (!node->store.data)
        return true;
    w->store = task_store(w->base.task, node, NULL, e);
    if (!w->store)
        return false;
    slice saved = store_get(w->store, PLACE);
    if (!saved.data || saved.length != 8)
        return true;
    w->latest_ms = w->saved_ms = row_key_read_int64(&saved);
    operator_emit_watermark(&w->base, w->latest_ms); /* those behind are open already */
    return true;
}

static bool watermark_open(operator* self, error *e) {
    watermark_operator *w = (watermark_operator *)self;
    w->arrived_ms = clock_now_ms(task_clock(self->task));
    w->picked = node_batch_builder(self->node);
    w->program = program_compile(&self->node->watermark.watermark, 1, e);
    return w->program != NULL && restore(w, e);
}

static bool lacks_times(const watermark_operator *w, const batch *rows) {
    if (column_has_nulls(rows->columns[w->base.node->watermark.time]))
        return true;
    bool empty = false;
    for (int64_t i = 0; i < rows->rows; i++)
        empty |= rows->change[i] == CHANGE_EMPTY;
    return empty;
}

static const batch *pick_rows_with_times(watermark_operator *w, const batch *rows) {
    const column *time = rows->columns[w->base.node->watermark.time];
    if (rows->rows > w->capacity) {
        w->capacity = rows->rows;
        w->rows = memory_resize(w->rows, sizeof(int32_t) * (size_t)w->capacity);
    }
    int64_t count = 0;
    for (int64_t i = 0; i < rows->rows; i++) {
        if (rows->change[i] == CHANGE_EMPTY)
            continue;
        if (!column_is_null(time, i))
            w->rows[count++] = (int32_t)i;
        else
            task_report_row(w->base.task, w->base.node,
                "The row's event time is NULL, so it belongs nowhere: it is left out");
    }
    batch_builder_clear(w->picked);
    batch_builder_append_gather(w->picked, rows, w->rows, count);
    return batch_builder_view(w->picked);
}

static int64_t largest(const column *times, int64_t latest) {
    if (!column_has_nulls(times)) {
        for (int64_t i = 0; i < times->length; i++)
            latest = times->int64s[i] > latest ? times->int64s[i] : latest;
        return latest;
    }
    for (int64_t i = 0; i < times->length; i++)
        if (!column_is_null(times, i) && times->int64s[i] > latest)
            latest = times->int64s[i];
    return latest;
}

static void watermark_batch(operator* self, int input, const batch *rows) {
    watermark_operator *w = (watermark_operator *)self;
    (void)input;
    if (self->node->watermark.idle_ms)
        w->arrived_ms = clock_now_ms(task_clock(self->task));
    if (lacks_times(w, rows))
        rows = pick_rows_with_times(w, rows);
    if (rows->rows == 0)
        return;
    const column *watermarks;
    program_run(w->program, rows, &watermarks, task_program_report(self->task, self->node));
    int64_t latest_ms = largest(watermarks, w->latest_ms);
    batch timed = *rows;
    timed.rowtime = rows->columns[self->node->watermark.time]->int64s;
    operator_emit(self, &timed);
    if (latest_ms == w->latest_ms && !w->is_idle)
        return;
    w->is_idle = false;
    w->latest_ms = latest_ms;
    if (latest_ms > INT64_MIN)
        operator_emit_watermark(self, latest_ms);
}

/* Only the end of a bounded source is news: other times from below are those of records. */
static void watermark_watermark(operator* self, int input, int64_t watermark_ms) {
    watermark_operator *w = (watermark_operator *)self;
    (void)input;
    if (watermark_ms != INT64_MAX)
        return;
    w->latest_ms = INT64_MAX;
    operator_emit_watermark(self, INT64_MAX);
}

static void watermark_timer(operator* self, int64_t now_ms) {
    watermark_operator *w = (watermark_operator *)self;
    int64_t idle_ms = self->node->watermark.idle_ms;
    if (!idle_ms || w->is_idle || w->latest_ms == INT64_MAX || now_ms - w->arrived_ms < idle_ms)
        return;
    w->is_idle = true;
    operator_emit_watermark(self, WATERMARK_IDLE);
}

static bool watermark_barrier(operator* self, error *e) {
    watermark_operator *w = (watermark_operator *)self;
    (void)e;
    if (!w->store || w->latest_ms == w->saved_ms || w->latest_ms == INT64_MAX)
        return true;
    buffer_clear(&w->value);
    row_key_append_int64(&w->value, w->latest_ms);
    store_put(w->store, PLACE, buffer_slice(&w->value));
    w->saved_ms = w->latest_ms;
    return true;
}

static void watermark_close(operator* self) {
    watermark_operator *w = (watermark_operator *)self;
    program_destroy(w->program);
    batch_builder_destroy(w->picked);
    buffer_free(&w->value);
    memory_free(w->rows);
    memory_free(w);
}

static const operator_class watermark_class = {
    .name = "watermark",
    .open = watermark_open,
    .batch = watermark_batch,
    .watermark = watermark_watermark,
    .timer = watermark_timer,
    .barrier = watermark_barrier,
    .close = watermark_close,
};

operator* watermark_operator_create(const plan_node *node, task *t) {
    watermark_operator *w = MEMORY_NEW(watermark_operator);
    w->base = (operator){.class = &watermark_class, .node = node, .task = t};
    return &w->base;
}
