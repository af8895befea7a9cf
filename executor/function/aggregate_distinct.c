/* COUNT_DISTINCT: exact up to EXACT_MAX different values, by their 64-bit hashes; beyond that a
 * HyperLogLog of 16,384 registers (16 KB, a standard error of 0.8 %), so that the state stays
 * bounded. Nulls are not counted.
 */
#include <math.h>

#include "base/memory.h"
#include "executor/function/aggregate_support.h"

enum {
    EXACT_MAX = 32768,
    REGISTER_BITS = 14,
    REGISTERS = 1 << REGISTER_BITS,
};

typedef struct distinct_slot {
    uint64_t *cells;    /* hashes, open addressing; 0 is free */
    uint8_t *registers; /* NULL while the count is exact */
    int64_t count, capacity;
} distinct_slot;

static void distinct_start(const aggregate_instance *instance, void *slot) {
    memset(slot, 0, sizeof(distinct_slot));
}

static void distinct_destroy(const aggregate_instance *instance, void *slot) {
    distinct_slot *d = slot;
    memory_free(d->cells);
    memory_free(d->registers);
}

/* The number of the first bit that is set in what the register's number leaves over. */
static void add_to_registers(distinct_slot *d, uint64_t hash) {
    uint64_t at = hash >> (64 - REGISTER_BITS);
    uint64_t rest = hash << REGISTER_BITS | UINT64_C(1) << (REGISTER_BITS - 1);
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    if (rank > d->registers[at])
        d->registers[at] = rank;
}

static void estimate(distinct_slot *d) {
    d->registers = memory_allocate_zero(REGISTERS);
    for (int64_t i = 0; i < d->capacity; i++)
        if (d->cells[i])
            add_to_registers(d, d->cells[i]);
    memory_free(d->cells);
    d->cells = NULL;
    d->capacity = d->count = 0;
}

static bool place(uint64_t *cells, int64_t capacity, uint64_t hash) {
    uint64_t mask = (uint64_t)capacity - 1, at = hash & mask;
    while (cells[at]) {
        if (cells[at] == hash)
            return false;
        at = (at + 1) & mask;
    }
    cells[at] = hash;
    return true;
}

static void grow(distinct_slot *d) {
    int64_t capacity = d->capacity ? d->capacity * 2 : 8;
    uint64_t *cells = memory_allocate_zero(sizeof *cells * (size_t)capacity);
    for (int64_t i = 0; i < d->capacity; i++)
        if (d->cells[i])
            place(cells, capacity, d->cells[i]);
    memory_free(d->cells);
    d->cells = cells;
    d->capacity = capacity;
}

static void add_hash(distinct_slot *d, uint64_t hash) {
    if (!d->registers && d->count == EXACT_MAX)
        estimate(d);
    if (d->registers) {
        add_to_registers(d, hash);
        return;
    }
    if (d->count * 2 >= d->capacity)
        grow(d);
    d->count += place(d->cells, d->capacity, hash ? hash : 1);
}

static int64_t distinct_count(const distinct_slot *d) {
    if (!d->registers)
        return d->count;
    double sum = 0, m = REGISTERS;
    int64_t zeros = 0;
    for (int i = 0; i < REGISTERS; i++) {
        sum += ldexp(1, -d->registers[i]);
        zeros += d->registers[i] == 0;
    }
    double count = 0.7213 / (1 + 1.079 / m) * m * m / sum;
    if (count <= 2.5 * m && zeros)
        count = m * log(m / (double)zeros);
    return llround(count);
}

static void distinct_result(const aggregate_instance *instance, const void *slot, column *to) {
    column_append_int64(to, distinct_count(slot));
}

AGGREGATE_STEP(distinct_step, distinct_slot, add_hash(slot, column_row_hash(x, row)),
    column_append_int64(results, distinct_count(slot)))

static void distinct_merge(const aggregate_instance *instance, void *slot, const void *later) {
    distinct_slot *to = slot;
    const distinct_slot *from = later;
    for (int64_t i = 0; i < from->capacity; i++)
        if (from->cells[i])
            add_hash(to, from->cells[i]);
    if (!from->registers)
        return;
    if (!to->registers)
        estimate(to);
    for (int i = 0; i < REGISTERS; i++)
        if (from->registers[i] > to->registers[i])
            to->registers[i] = from->registers[i];
}

/* A count and the hashes; or -1 and the registers. */
static void distinct_save(const aggregate_instance *instance, const void *slot, buffer *out) {
    const distinct_slot *d = slot;
    int32_t count = d->registers ? -1 : (int32_t)d->count;
    buffer_append_bytes(out, (const char *)&count, sizeof count);
    if (d->registers)
        buffer_append_bytes(out, (const char *)d->registers, REGISTERS);
    for (int64_t i = 0; i < d->capacity; i++)
        if (d->cells[i])
            buffer_append_bytes(out, (const char *)&d->cells[i], sizeof d->cells[i]);
}

static bool distinct_load(const aggregate_instance *instance, void *slot, slice *bytes) {
    distinct_slot *d = slot;
    int32_t count;
    if (!aggregate_take(bytes, &count, sizeof count))
        return false;
    if (count < 0) {
        d->registers = memory_allocate_zero(REGISTERS);
        return aggregate_take(bytes, d->registers, REGISTERS);
    }
    for (int32_t i = 0; i < count; i++) {
        uint64_t hash;
        if (!aggregate_take(bytes, &hash, sizeof hash))
            return false;
        add_hash(d, hash);
    }
    return true;
}

static const aggregate_kernel distinct_kernel = {
    .slot_bytes = sizeof(distinct_slot),
    .can_merge = true,
    .start = distinct_start,
    .destroy = distinct_destroy,
    .step = distinct_step,
    .merge = distinct_merge,
    .result = distinct_result,
    .save = distinct_save,
    .load = distinct_load,
};

static const function_overload overloads[] = {
    {.signature = "(ANY) -> BIGINT", .nulls = FUNCTION_SEES_NULLS, .aggregate = &distinct_kernel}};

static const function_descriptor function = {.name = "COUNT_DISTINCT",
    .kind = FUNCTION_AGGREGATE,
    .category = "AGGREGATE",
    .summary = "How many different values there are: exact up to 32768, about 0.8 % off beyond.",
    .overloads = overloads,
    .overload_count = 1};

void aggregate_distinct_register(void) {
    function_register(&function, 1);
}
