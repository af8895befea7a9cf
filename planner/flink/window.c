/* Windowing table functions: TABLE(TUMBLE(TABLE t, DESCRIPTOR(c), size)).
 *
 * They are made as a WINDOW node, which gives each row once for each of its windows; where an
 * aggregate groups by the windows, a rewrite puts them into the aggregate instead. SESSION has no
 * node of its own: its windows are known only when the aggregate closes them.
 */
#include "planner/flink/lowering.h"

static const char *const NAMES[] = {[FLINK_WINDOW_TUMBLE] = "TUMBLE",
    [FLINK_WINDOW_HOP] = "HOP",
    [FLINK_WINDOW_CUMULATE] = "CUMULATE",
    [FLINK_WINDOW_SESSION] = "SESSION"};

static bool read_times(lowering *l, const flink_window_call *call, plan_time_window *w) {
    bool steps = call->function == FLINK_WINDOW_HOP || call->function == FLINK_WINDOW_CUMULATE;
    if (!flink_interval(l, call->size, &w->size_ms) ||
        (steps && !flink_interval(l, call->step, &w->step_ms)) ||
        (call->offset && !flink_interval(l, call->offset, &w->offset_ms))) {
        if (!error_is_set(l->b.e))
            return error_at(l->b.e, ERROR_STATEMENT, call->span, "%s needs %s",
                NAMES[call->function], steps ? "two INTERVALs" : "an INTERVAL");
        return false;
    }
    if (w->size_ms <= 0 || (steps && w->step_ms <= 0))
        return error_at(
            l->b.e, ERROR_STATEMENT, call->span, "The size of a window must be positive");
    if (call->function == FLINK_WINDOW_CUMULATE && w->size_ms % w->step_ms != 0)
        return error_at(l->b.e, ERROR_STATEMENT, call->span,
            "CUMULATE's largest window must be a multiple of its step");
    return true;
}

bool flink_read_window(lowering *l, const flink_window_call *call, plan_time_window *out) {
    *out = (plan_time_window){.time = -1, .start = -1, .end = -1};
    out->function = call->function == FLINK_WINDOW_TUMBLE     ? PLAN_WINDOW_TUMBLE
                    : call->function == FLINK_WINDOW_HOP      ? PLAN_WINDOW_HOP
                    : call->function == FLINK_WINDOW_CUMULATE ? PLAN_WINDOW_CUMULATE
                                                              : PLAN_WINDOW_SESSION;
    return read_times(l, call, out);
}

const rows_column *flink_time_column(lowering *l, const rows *in, ast_name name, source_span span) {
    const rows_column *found = NULL;
    for (int i = 0; i < in->column_count; i++)
        if (slice_equal(in->columns[i].name, name.text) && !in->columns[i].hidden)
            found = &in->columns[i];
    if (!found) {
        error_at(
            l->b.e, ERROR_NOT_FOUND, name.span, "There is no column '%.*s'", SLICE_ARG(name.text));
        return NULL;
    }
    if (found->time == TIME_NONE) {
        error_at(l->b.e, ERROR_STATEMENT, name.span,
            "The window function requires the timecol to be a time attribute type, but '%.*s' is "
            "none",
            SLICE_ARG(name.text));
        error_hint(l->b.e, "A time attribute has a WATERMARK in CREATE TABLE, or is AS PROCTIME(); "
                           "joins and aggregates make ordinary columns of it.");
        return NULL;
    }
    (void)span;
    return found;
}

void flink_set_window_time(plan_time_window *w, const rows_column *time) {
    w->processing_time = time->time == TIME_PROCESSING;
    w->time = w->processing_time ? -1 : time->index;
}

row_window *flink_row_window(lowering *l, const plan_time_window *w) {
    row_window *window = ARENA_NEW(l->b.arena, row_window);
    *window = (row_window){w->function, w->processing_time, w->size_ms, w->step_ms, w->offset_ms};
    return window;
}

/* The columns window_start, window_end and window_time, the first of them at `index`. */
void flink_name_window(
    rows_column *columns, int index, const row_window *window, bool processing_time) {
    columns[0] = (rows_column){.name = SLICE_LITERAL("window_start"),
        .index = index,
        .role = WINDOW_ROLE_START,
        .window = window};
    columns[1] = (rows_column){.name = SLICE_LITERAL("window_end"),
        .index = index + 1,
        .role = WINDOW_ROLE_END,
        .window = window};
    columns[2] = (rows_column){.name = SLICE_LITERAL("window_time"),
        .index = index + 2,
        .role = WINDOW_ROLE_TIME,
        .window = window,
        .time = processing_time ? TIME_PROCESSING : TIME_EVENT};
}

void flink_window_columns(plan_column *columns) {
    columns[0] = (plan_column){SLICE_LITERAL("window_start"), &SQL_TYPE_TIMESTAMP};
    columns[1] = (plan_column){SLICE_LITERAL("window_end"), &SQL_TYPE_TIMESTAMP};
    columns[2] = (plan_column){SLICE_LITERAL("window_time"), &SQL_TYPE_TIMESTAMP};
}

static bool read_session_keys(
    lowering *l, const flink_window_call *call, const rows *in, rows *out) {
    int *keys = ARENA_ARRAY(l->b.arena, int, call->partition_by.count + 1);
    for (int i = 0; i < call->partition_by.count; i++) {
        keys[i] = -1;
        for (int c = 0; c < in->column_count; c++)
            if (slice_equal(in->columns[c].name, call->partition_by.items[i].text))
                keys[i] = in->columns[c].index;
        if (keys[i] < 0)
            return error_at(l->b.e, ERROR_NOT_FOUND, call->partition_by.items[i].span,
                "There is no column '%.*s'", SLICE_ARG(call->partition_by.items[i].text));
    }
    column_set *set = ARENA_NEW(l->b.arena, column_set);
    *set = (column_set){keys, call->partition_by.count};
    out->session_keys = set;
    return true;
}

bool flink_window_rows(lowering *l, const flink_window_call *call, const typing *outer, rows *out) {
    rows in;
    plan_time_window w;
    if (!flink_relation_rows(l, call->input, outer, &in) || !flink_read_window(l, call, &w))
        return false;
    const rows_column *time = flink_time_column(l, &in, call->time, call->span);
    if (!time || !flink_needs_append(l, &in, call->span, NAMES[call->function]))
        return false;
    flink_set_window_time(&w, time);
    plan_node *node = flink_node(l, PLAN_WINDOW, in.node, NULL);
    int width = in.node->column_count, count = in.column_count;
    plan_column *made = planning_columns(&l->b, node, width + 3);
    for (int i = 0; i < width; i++)
        made[i] = in.node->columns[i];
    flink_window_columns(made + width);
    node->time_window.window = w;
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, count + 3);
    for (int i = 0; i < count; i++) {
        columns[i] = in.columns[i];
        if (columns[i].time == TIME_EVENT)
            columns[i].time = TIME_NONE; /* window_time goes on */
    }
    flink_name_window(columns + count, width, flink_row_window(l, &w), w.processing_time);
    *out = (rows){.node = node, .columns = columns, .column_count = count + 3};
    return read_session_keys(l, call, &in, out);
}
