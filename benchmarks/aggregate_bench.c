/* How long GROUP BY takes a row: COUNT(*), SUM and MAX over KEYS keys, in batches of 4096 rows,
 * with a barrier each 100 batches. Prints nanoseconds a row. Usage: aggregate_bench [keys [million
 * rows]].
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/memory.h"
#include "executor/operator/aggregate.h"

struct task {
    state *state;
    operator sink;
    int64_t results;
};

int32_t task_partition(const task *t) {
    return 0;
}
bool task_results_per_row(const task *t) {
    return false;
}
void task_ask_commit(task *t) {
    (void)t;
}
const clock_source *task_clock(const task *t) {
    return &CLOCK_SYSTEM;
}
store *task_store(task *t, const plan_node *node, const char *suffix, error *e) {
    return state_store(t->state, node->store, 0, e);
}
void task_late_row(task *t, const plan_node *node, const batch *rows, int64_t row,
    const int *records, const late_row *why) {}
void task_report_row(task *t, const plan_node *node, const char *message) {}
const program_report *task_program_report(task *t, const plan_node *node) {
    return NULL;
}
void task_fail(task *t, const error *e) {
    fprintf(stderr, "%s\n", e->message);
    exit(1);
}
void operator_emit(operator* self, const batch *rows) {
    self->task->results += rows->rows;
}
void operator_emit_watermark(operator* self, int64_t watermark_ms) {}

enum { BATCH_ROWS = 4096, BATCHES = 64 };

static void add_aggregate(
    arena *a, plan_aggregate *to, const char *name, int arguments, const int *column) {
    function_argument argument = {.type = &SQL_TYPE_BIGINT};
    function_binding binding;
    error e = {0};
    if (!function_bind(a, slice_of(name), &argument, arguments, &binding, &e)) {
        fprintf(stderr, "%s\n", e.message);
        exit(1);
    }
    *to = (plan_aggregate){.function = binding.overload,
        .descriptor = binding.function,
        .argument_count = arguments,
        .arguments = column,
        .result = binding.result};
}

static batch_builder *make_batch(int64_t keys) {
    static const sql_type *const types[] = {&SQL_TYPE_BIGINT, &SQL_TYPE_BIGINT};
    batch_builder *b = batch_builder_create(types, 2, false, false, false);
    for (int i = 0; i < BATCH_ROWS; i++) {
        batch_builder_add_row(b, i, CHANGE_INSERT);
        column_append_int64(b->columns[0], random() % keys);
        column_append_int64(b->columns[1], random() % 1000000);
    }
    batch_builder_view(b);
    return b;
}

int main(int argument_count, char **arguments) {
    int64_t keys = argument_count > 1 ? atoll(arguments[1]) : 10000;
    int64_t rows = (argument_count > 2 ? atoll(arguments[2]) : 40) * 1000000;
    aggregate_functions_register();
    arena *a = arena_create();
    const int column = 1;
    plan_aggregate aggregates[3];
    add_aggregate(a, &aggregates[0], "COUNT", 0, &column);
    add_aggregate(a, &aggregates[1], "SUM", 1, &column);
    add_aggregate(a, &aggregates[2], "MAX", 1, &column);
    plan_column columns[4];
    for (int i = 0; i < 4; i++)
        columns[i] = (plan_column){SLICE_LITERAL("C"), &SQL_TYPE_BIGINT};
    plan_node input = {.kind = PLAN_PROJECT, .column_count = 2, .columns = columns, .key_count = 1};
    plan_node node = {.kind = PLAN_AGGREGATE,
        .column_count = 4,
        .columns = columns,
        .key_count = 1,
        .mode = CHANGELOG_UPSERT,
        .input_count = 1,
        .inputs = {&input},
        .store = SLICE_LITERAL("Aggregate")};
    node.aggregate.aggregates = aggregates;
    node.aggregate.aggregate_count = 3;

    error e = {0};
    slice directory = slice_of(argument_count > 3 ? arguments[3] : NULL);
    task t = {.state = state_open(directory, &e)};
    t.sink.task = &t;
    operator* op = aggregate_operator_create(&node, &t);
    op->next = &t.sink;
    if (!op->class->open(op, &e))
        task_fail(&t, &e);
    batch_builder *batches[BATCHES];
    for (int i = 0; i < BATCHES; i++)
        batches[i] = make_batch(keys);

    int64_t done = 0, barrier_ns = 0, start = clock_monotonic_ns();
    for (int64_t i = 0; done < rows; i++, done += BATCH_ROWS) {
        batch_builder *rows_in = batches[i % BATCHES];
        for (int r = 0; r < BATCH_ROWS && i >= BATCHES; r++) /* other keys than the last time */
            rows_in->columns[0]->int64s[r] = (rows_in->columns[0]->int64s[r] + 7919) % keys;
        op->class->batch(op, 0, &rows_in->view);
        if (i % 100 != 99)
            continue;
        int64_t before = clock_monotonic_ns();
        op->class->barrier(op, &e);
        if (!state_flush(t.state, NULL, NULL, &e) || !state_commit(t.state, &e))
            task_fail(&t, &e);
        barrier_ns += clock_monotonic_ns() - before;
    }
    int64_t total = clock_monotonic_ns() - start;
    printf("%lld keys: %.1f ns a row in batches, %.1f with barriers; %lld results\n",
        (long long)keys, (double)(total - barrier_ns) / (double)done, (double)total / (double)done,
        (long long)t.results);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%ld MB resident, %lld MB of groups in memory\n", usage.ru_maxrss / 1024,
        (long long)(((aggregate_operator *)op)->groups.bytes >> 20));
    op->class->close(op);
    for (int i = 0; i < BATCHES; i++)
        batch_builder_destroy(batches[i]);
    state_close(t.state);
    arena_destroy(a);
    return 0;
}
