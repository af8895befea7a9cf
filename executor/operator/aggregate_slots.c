#include "executor/operator/aggregate_slots.h"

#include "base/memory.h"
#include "executor/function/aggregate_wrap.h"

void aggregate_slots_open(aggregate_slots *s, int most) {
    size_t n = (size_t)most + 1;
    *s = (aggregate_slots){.instances = memory_allocate_zero(sizeof *s->instances * n),
        .offsets = memory_allocate_zero(sizeof *s->offsets * n)};
}

aggregate_instance *aggregate_slots_add(aggregate_slots *s, const aggregate_instance *declared,
    const plan_node *input, const int *arguments) {
    aggregate_instance *instance = &s->instances[s->count++];
    size_t n = (size_t)declared->argument_count + 1;
    const sql_type **types = memory_allocate(sizeof *types * n);
    for (int i = 0; i < declared->argument_count; i++)
        types[i] = input->columns[arguments[i]].type;
    *instance = *declared;
    instance->argument_types = types;
    return instance;
}

void aggregate_slots_lay_out(aggregate_slots *s) {
    s->bytes = aggregate_lay_out(s->instances, s->count, s->offsets);
}

void aggregate_slots_close(aggregate_slots *s) {
    for (int i = 0; i < s->count; i++) {
        const sql_type *const *types = s->instances[i].argument_types; /* releasing may unwrap */
        aggregate_release(&s->instances[i]);
        memory_free((void *)types);
    }
    memory_free(s->instances);
    memory_free(s->offsets);
    *s = (aggregate_slots){0};
}

void aggregate_slots_start(const aggregate_slots *s, void *block) {
    for (int i = 0; i < s->count; i++)
        s->instances[i].kernel->start(&s->instances[i], (char *)block + s->offsets[i]);
}

bool aggregate_slots_hold_memory(const aggregate_slots *s) {
    bool holds = false;
    for (int i = 0; i < s->count; i++)
        holds |= s->instances[i].kernel->destroy != NULL;
    return holds;
}

void aggregate_slots_destroy(const aggregate_slots *s, void *block) {
    for (int i = 0; i < s->count; i++)
        if (s->instances[i].kernel->destroy)
            s->instances[i].kernel->destroy(&s->instances[i], (char *)block + s->offsets[i]);
}

void aggregate_slots_merge(const aggregate_slots *s, void *block, const void *later) {
    for (int i = 0; i < s->count; i++)
        s->instances[i].kernel->merge(
            &s->instances[i], (char *)block + s->offsets[i], (const char *)later + s->offsets[i]);
}

void aggregate_slots_save(const aggregate_slots *s, const void *block, buffer *out) {
    for (int i = 0; i < s->count; i++)
        s->instances[i].kernel->save(&s->instances[i], (const char *)block + s->offsets[i], out);
}

bool aggregate_slots_load(const aggregate_slots *s, void *block, slice *bytes) {
    for (int i = 0; i < s->count; i++)
        if (!s->instances[i].kernel->load(&s->instances[i], (char *)block + s->offsets[i], bytes))
            return false;
    return true;
}

void aggregate_slots_result(const aggregate_slots *s, const void *block, column *const *columns) {
    for (int i = 0; i < s->count; i++)
        s->instances[i].kernel->result(
            &s->instances[i], (const char *)block + s->offsets[i], columns[i]);
}
