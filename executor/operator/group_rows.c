/* Groups are collected as rows of the aggregate, as it would emit them. Then the steps, which are
 * the plan's nodes up to the sink, are done one after the other with the whole batch. */
#include "executor/operator/group_rows.h"

#include "base/memory.h"
#include "base/packed.h"
#include "executor/operator/aggregate.h"
#include "executor/operator/table_absent.h"
#include "executor/state/row_codec.h"

typedef struct row_step {
    const plan_node *node; /* PROJECT or FILTER */
    program *program;
    const column **columns; /* PROJECT */
    batch_builder *kept;    /* FILTER */
    batch view;
} row_step;

struct group_rows {
    const plan_node *sink, *aggregate;
    aggregate_slots aggregates;
    char *block; /* of one group */
    batch_builder *groups;
    bool is_taken;   /* the groups are those of the rows that were given last */
    row_step *steps; /* in the order of rows */
    int step_count;
    int32_t *matches;
    int64_t match_capacity;
    /* The table's columns: their places in the last step's rows. */
    int *places;
    int column_count, key_count;
    column **columns;
    column **filled; /* values with zeros for nulls; NULL: nulls are kept */
    batch out;
};

const plan_node *group_rows_sink(const plan *owner) {
    for (int n = 0; n < owner->node_count; n++)
        if (owner->nodes[n]->kind == PLAN_SINK && owner->nodes[n]->sink.groups)
            return owner->nodes[n];
    return NULL;
}

/* ---- opening and closing ---- */

static bool open_aggregates(group_rows *r, error *e) {
    int count = r->aggregate->aggregate.aggregate_count;
    aggregate_slots_open(&r->aggregates, count);
    for (int a = 0; a < count; a++)
        if (!aggregate_prepare(aggregate_add_planned(&r->aggregates, r->aggregate, a), e))
            return false;
    aggregate_slots_lay_out(&r->aggregates);
    r->block = memory_allocate(r->aggregates.bytes + 16);
    r->groups = node_batch_builder(r->aggregate);
    return true;
}

static bool open_step(row_step *step, const plan_node *node, error *e) {
    step->node = node;
    if (node->kind == PLAN_FILTER) {
        step->program = program_compile(&node->filter.predicate, 1, e);
        step->kept = node_batch_builder(node);
    } else {
        assert(node->kind == PLAN_PROJECT);
        step->program = program_compile(node->project.expressions, node->column_count, e);
        step->columns = memory_allocate_zero(sizeof(column *) * (size_t)(node->column_count + 1));
    }
    return step->program != NULL;
}

static bool open_steps(group_rows *r, error *e) {
    for (const plan_node *n = r->sink->inputs[0]; n != r->aggregate; n = n->inputs[0])
        r->step_count++;
    r->steps = memory_allocate_zero(sizeof *r->steps * (size_t)(r->step_count + 1));
    int at = r->step_count;
    for (const plan_node *n = r->sink->inputs[0]; n != r->aggregate; n = n->inputs[0])
        if (!open_step(&r->steps[--at], n, e))
            return false;
    return true;
}

static int place_of(const plan_node *rows, slice name) {
    for (int i = 0; i < rows->column_count; i++)
        if (slice_equal(rows->columns[i].name, name))
            return i;
    assert(!"a table has the columns of its query");
    return 0;
}

static void find_places(group_rows *r) {
    const source_descriptor *table = r->sink->sink.sink;
    size_t count = (size_t)table->column_count + 1;
    r->places = memory_allocate(sizeof *r->places * count);
    r->columns = memory_allocate_zero(sizeof(column *) * count);
    if (table_absent_matters(&table->value_format))
        r->filled = memory_allocate_zero(sizeof(column *) * count);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < table->column_count; i++) {
            column_role role = table->columns[i].role;
            if (role != (pass == 0 ? COLUMN_KEY : COLUMN_VALUE))
                continue;
            r->places[r->column_count++] = place_of(r->sink->inputs[0], table->columns[i].name);
            r->key_count += pass == 0;
        }
}

group_rows *group_rows_open(const plan_node *sink, error *e) {
    group_rows *r = MEMORY_NEW(group_rows);
    r->sink = sink;
    r->aggregate = sink->sink.groups;
    if (open_aggregates(r, e) && open_steps(r, e)) {
        find_places(r);
        return r;
    }
    group_rows_close(r);
    return NULL;
}

void group_rows_close(group_rows *r) {
    if (!r)
        return;
    for (int i = 0; i < r->step_count && r->steps; i++) {
        program_destroy(r->steps[i].program);
        memory_free(r->steps[i].columns);
        batch_builder_destroy(r->steps[i].kept);
    }
    aggregate_slots_close(&r->aggregates);
    for (int i = 0; r->filled && i < r->column_count; i++)
        column_destroy(r->filled[i]);
    batch_builder_destroy(r->groups);
    void *blocks[] = {r->block, r->steps, r->matches, r->places, r->columns, r->filled};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        memory_free(blocks[i]);
    memory_free(r);
}

slice group_rows_store(const group_rows *r) {
    return r->aggregate->store;
}

slice group_rows_prefix(const group_rows *r) {
    (void)r;
    static const char groups = STORE_TAG_GROUP;
    return slice_make(&groups, 1);
}

slice group_rows_end(const group_rows *r) {
    (void)r;
    static const char behind_groups = STORE_TAG_GROUP + 1;
    return slice_make(&behind_groups, 1);
}

/* ---- groups ---- */

/* What is started is destroyed, whether or not it could be loaded. */
static bool append_results(group_rows *r, slice saved) {
    aggregate_slots_start(&r->aggregates, r->block);
    bool ok = aggregate_slots_load(&r->aggregates, r->block, &saved) && saved.length == 0;
    if (ok)
        aggregate_slots_result(
            &r->aggregates, r->block, r->groups->columns + r->aggregate->key_count);
    aggregate_slots_destroy(&r->aggregates, r->block);
    return ok;
}

bool group_rows_add(group_rows *r, slice key, slice value) {
    int64_t rowtime;
    if (r->is_taken)
        batch_builder_clear(r->groups);
    r->is_taken = false;
    if (!packed_take(&value, &rowtime, sizeof rowtime) || !append_results(r, value))
        return false;
    batch_builder_add_row(r->groups, rowtime, CHANGE_INSERT);
    return row_key_read(&key, r->groups->columns, r->aggregate->key_count);
}

int64_t group_rows_count(const group_rows *r) {
    return r->is_taken ? 0 : r->groups->rows;
}

/* ---- rows ---- */

static const batch *project(row_step *step, const batch *rows) {
    program_run(step->program, rows, step->columns, NULL);
    step->view = *rows;
    step->view.column_count = step->node->column_count;
    step->view.columns = (column *const *)step->columns;
    return &step->view;
}

static const batch *filter(group_rows *r, row_step *step, const batch *rows) {
    if (rows->rows > r->match_capacity) {
        r->match_capacity = rows->rows;
        r->matches = memory_resize(r->matches, sizeof *r->matches * (size_t)r->match_capacity);
    }
    int64_t count = program_filter(step->program, rows, r->matches, NULL);
    batch_builder_clear(step->kept);
    batch_builder_append_gather(step->kept, rows, r->matches, count);
    return batch_builder_view(step->kept);
}

const batch *group_rows_take(group_rows *r) {
    if (r->is_taken)
        batch_builder_clear(r->groups);
    const batch *rows = batch_builder_view(r->groups);
    for (int i = 0; i < r->step_count && rows->rows; i++) {
        row_step *step = &r->steps[i];
        rows = step->node->kind == PLAN_FILTER ? filter(r, step, rows) : project(step, rows);
    }
    r->out = *rows;
    if (rows->rows) {
        for (int i = 0; i < r->column_count; i++) {
            r->columns[i] = rows->columns[r->places[i]];
            if (r->filled && i >= r->key_count)
                r->columns[i] = table_absent_fill(
                    &r->sink->sink.sink->value_format, r->columns[i], &r->filled[i]);
        }
        r->out.column_count = r->column_count;
        r->out.columns = r->columns;
    }
    r->is_taken = true;
    return &r->out;
}
