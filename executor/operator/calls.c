#include "executor/operator/calls.h"

#include "base/memory.h"
#include "executor/function/aggregate_wrap.h"

static bool open_instance(calls *c, int index, const calls_options *options, error *e) {
    const plan_call *p = &c->list[index];
    aggregate_instance declared = {.kernel = p->function->aggregate,
        .result = p->result,
        .argument_count = p->argument_count,
        .constants = p->constants,
        .constant_count = p->constant_count};
    aggregate_instance *instance =
        aggregate_slots_add(&c->aggregates, &declared, c->owner->node->inputs[0], p->arguments);
    if (!aggregate_prepare(instance, e))
        return false;
    bool distinct = p->distinct && !options->stored_distinct && p->argument_count == 1;
    if (options->undoes && !instance->kernel->can_undo) {
        bool is_max = slice_is(slice_of(p->descriptor->name), "MAX");
        if (is_max || slice_is(slice_of(p->descriptor->name), "MIN"))
            aggregate_wrap_extreme(instance, is_max);
        else
            aggregate_wrap_replay(instance);
    }
    if (options->merges && !instance->kernel->can_merge)
        aggregate_wrap_replay(instance);
    if (distinct)
        aggregate_wrap_distinct(instance);
    return true;
}

bool calls_open(calls *c, operator* owner, const plan_call *list, int count,
    const calls_options *options, error *e) {
    *c = (calls){.owner = owner, .list = list, .count = count};
    size_t n = (size_t)count + 1;
    aggregate_slots_open(&c->aggregates, count);
    c->argument_sets = memory_allocate_zero(sizeof *c->argument_sets * n);
    int arguments = 0;
    for (int i = 0; i < count; i++)
        arguments += list[i].argument_count;
    c->arguments = memory_allocate_zero(sizeof *c->arguments * ((size_t)arguments + 1));
    arguments = 0;
    for (int i = 0; i < count; i++) {
        c->argument_sets[i] = c->arguments + arguments;
        arguments += list[i].argument_count;
        if (!open_instance(c, i, options, e))
            return false;
    }
    aggregate_slots_lay_out(&c->aggregates);
    return true;
}

void calls_close(calls *c) {
    aggregate_slots_close(&c->aggregates);
    memory_free(c->argument_sets);
    memory_free(c->arguments);
    memory_free(c->rows);
    memory_free(c->slots);
    *c = (calls){0};
}

void calls_bind(calls *c, const batch *in) {
    const column **to = c->arguments;
    for (int i = 0; i < c->count; i++)
        for (int k = 0; k < c->list[i].argument_count; k++)
            *to++ = in->columns[c->list[i].arguments[k]];
}

static void reserve(calls *c, int64_t count) {
    if (count <= c->capacity)
        return;
    c->capacity = count;
    c->rows = memory_resize(c->rows, sizeof *c->rows * (size_t)count);
    c->slots = memory_resize(c->slots, sizeof *c->slots * (size_t)count);
}

static void refuse_row(void *context, int64_t i, const char *message) {
    calls *c = context;
    (void)i;
    task_report_row(c->owner->task, c->owner->node, message);
}

static void step(calls *c, int call, const batch *in, const int32_t *rows, int64_t count) {
    aggregate_rows all = {.count = count,
        .rows = rows,
        .slots = c->slots,
        .arguments = c->argument_sets[call],
        .change = in->change,
        .rowtime = in->rowtime,
        .offset = in->offset,
        .partition = in->partition,
        .sequence = c->sequence,
        .failed = refuse_row,
        .failed_context = c};
    c->aggregates.instances[call].kernel->step(&c->aggregates.instances[call], &all, NULL);
}

void calls_step_one(
    calls *c, int call, const batch *in, const int32_t *rows, void *const *blocks, int64_t count) {
    reserve(c, count);
    for (int64_t i = 0; i < count; i++)
        c->slots[i] = (char *)blocks[i] + c->aggregates.offsets[call];
    step(c, call, in, rows, count);
}

static void step_filtered(
    calls *c, int call, const batch *in, const int32_t *rows, void *const *blocks, int64_t count) {
    const column *condition = in->columns[c->list[call].filter];
    bool nulls = column_has_nulls(condition);
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++) {
        int32_t row = rows[i];
        c->rows[kept] = row;
        c->slots[kept] = (char *)blocks[i] + c->aggregates.offsets[call];
        kept += condition->booleans[row] && (!nulls || !column_is_null(condition, row));
    }
    if (kept)
        step(c, call, in, c->rows, kept);
}

void calls_step_plain(
    calls *c, int call, const batch *in, const int32_t *rows, void *const *blocks, int64_t count) {
    reserve(c, count);
    if (c->list[call].filter >= 0)
        step_filtered(c, call, in, rows, blocks, count);
    else
        calls_step_one(c, call, in, rows, blocks, count);
}

void calls_step(
    calls *c, const batch *in, const int32_t *rows, void *const *blocks, int64_t count) {
    for (int call = 0; call < c->count; call++)
        calls_step_plain(c, call, in, rows, blocks, count);
    c->sequence += count;
}
