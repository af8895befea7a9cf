/* What an aggregate emits: a result for every row, or at the barrier one for each changed group.
 *
 * With emits_old the results before the first change are kept in `before`, so that a change can be
 * emitted as the old row and the new one side by side.
 *
 * An update of a table arrives as the old row and the new one. When both are in the same group, the
 * pair gives one result, not two.
 */
#include "executor/operator/aggregate.h"

/* ---- results that are remembered ---- */

uint32_t aggregate_remember(aggregate_operator *op, const void *slots) {
    assert(op->emits_old);
    aggregate_slots_result(&op->aggregates, slots, op->before);
    return op->aggregates.count ? (uint32_t)op->before[0]->length : 1;
}

static void forget_before(aggregate_operator *op) {
    for (int a = 0; op->emits_old && a < op->aggregates.count; a++)
        column_clear(op->before[a]);
}

int64_t aggregate_output_row(
    aggregate_operator *op, int64_t rowtime, int8_t change, int64_t start) {
    int64_t at = batch_builder_add_row(op->out, rowtime, change);
    if (op->window.kind != WINDOW_NONE) {
        op->out->window_start[at] = start;
        op->out->window_end[at] = start + op->window.size_ms;
    }
    return at;
}

/* ---- results for every row ---- */

/* Whether entry i is the old row of an update whose new row, the next entry, is in the same group.
 */
static bool is_old_of_pair(
    const aggregate_operator *op, const batch *in, int64_t i, int64_t count) {
    return op->input_retracts && i + 1 < count && op->rows[i + 1] == op->rows[i] + 1 &&
           in->change[op->rows[i]] == CHANGE_DELETE &&
           in->change[op->rows[i + 1]] == CHANGE_INSERT &&
           op->entry_groups[i] == op->entry_groups[i + 1];
}

void aggregate_emit_output(aggregate_operator *op) {
    operator_emit(&op->base, batch_builder_view(op->out));
    batch_builder_clear(op->out);
}

/* One row: the key of entry i and results from `columns` at `row`. */
static void output_entry(aggregate_operator *op, const batch *in, int64_t i, int8_t change,
    column *const *columns, int64_t row) {
    batch_builder_caused_by(op->out, in, op->rows[i]);
    aggregate_output_row(op, op->rowtimes[i], change, op->starts[i]);
    for (int k = 0; k < op->key_count; k++)
        column_append_row(op->out->columns[k], in->columns[k], op->rows[i]);
    for (int a = 0; a < op->aggregates.count; a++)
        column_append_row(op->out->columns[op->key_count + a], columns[a], row);
}

/* The old row of entry i is the last one emitted for its group in this batch, else what there was
 * before the batch. */
static void emit_entries_with_old(aggregate_operator *op, const batch *in, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        group *g = op->entry_groups[i];
        if (op->refused[i] || is_old_of_pair(op, in, i, count))
            continue;
        if (g->emitted_entry)
            output_entry(op, in, i, CHANGE_DELETE, op->results, g->emitted_entry - 1);
        else if (g->changed_place)
            output_entry(op, in, i, CHANGE_DELETE, op->before, g->changed_place - 1);
        output_entry(op, in, i, CHANGE_INSERT, op->results, i);
        g->emitted_entry = (uint32_t)i + 1;
    }
}

static void emit_entries(aggregate_operator *op, const batch *in, int64_t count) {
    int64_t emitted = 0;
    for (int64_t i = 0; i < count; i++) {
        if (op->refused[i] || is_old_of_pair(op, in, i, count))
            continue;
        batch_builder_caused_by(op->out, in, op->rows[i]);
        aggregate_output_row(op, op->rowtimes[i], CHANGE_INSERT, op->starts[i]);
        op->picked[emitted++] = (int32_t)i;
    }
    for (int a = 0; a < op->aggregates.count; a++)
        column_append_gather(
            op->out->columns[op->key_count + a], op->results[a], op->picked, emitted);
    for (int64_t i = 0; i < emitted; i++)
        op->picked[i] = op->rows[op->picked[i]];
    for (int k = 0; k < op->key_count; k++)
        column_append_gather(op->out->columns[k], in->columns[k], op->picked, emitted);
}

void aggregate_emit_rows(aggregate_operator *op, const batch *in, int64_t count) {
    batch_builder_clear(op->out);
    if (op->emits_old)
        emit_entries_with_old(op, in, count);
    else
        emit_entries(op, in, count);
    for (int64_t i = 0; i < count; i++) {
        op->entry_groups[i]->is_changed = false;
        op->entry_groups[i]->emitted_entry = 0;
    }
    forget_before(op);
    batch_builder_caused_by(op->out, NULL, 0);
    operator_emit(&op->base, batch_builder_view(op->out));
}

/* ---- results at the barrier ---- */

static void output_group_results(aggregate_operator *op, group *const *groups, int64_t count) {
    for (int a = 0; a < op->aggregates.count; a++) {
        column *to = op->out->columns[op->key_count + a];
        const aggregate_instance *instance = &op->aggregates.instances[a];
        for (int64_t i = 0; i < count; i++) {
            if (groups[i]->changed_place)
                column_append_row(to, op->before[a], groups[i]->changed_place - 1);
            instance->kernel->result(instance, groups[i]->state + op->aggregates.offsets[a], to);
        }
    }
}

void aggregate_emit_groups(aggregate_operator *op, group *const *groups, int64_t count) {
    batch_builder_clear(op->out);
    for (int64_t i = 0; i < count; i++) {
        const group *g = groups[i];
        if (g->changed_place) {
            aggregate_output_row(op, g->rowtime, CHANGE_DELETE, g->key.window_start);
            aggregate_output_key(op, &g->key);
        }
        aggregate_output_row(op, g->rowtime, CHANGE_INSERT, g->key.window_start);
        aggregate_output_key(op, &g->key);
    }
    output_group_results(op, groups, count);
    operator_emit(&op->base, batch_builder_view(op->out));
}

void aggregate_emit_changed(aggregate_operator *op) {
    for (int64_t first = 0; first < op->dirty_count; first += AGGREGATE_EMIT_ROWS) {
        int64_t left = op->dirty_count - first;
        aggregate_emit_groups(
            op, op->dirty + first, left < AGGREGATE_EMIT_ROWS ? left : AGGREGATE_EMIT_ROWS);
    }
    for (int64_t i = 0; i < op->dirty_count; i++)
        op->dirty[i]->is_changed = false;
    forget_before(op);
}
