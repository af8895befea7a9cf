/* The public face of compiled expressions: compile, run, filter. See code.h for how they work. */
#include "executor/expression/program.h"

#include "base/memory.h"
#include "executor/expression/code.h"

static program *program_create(int count) {
    program *p = MEMORY_NEW(program);
    p->arena = arena_create();
    p->main.program = p;
    code_add_mask(&p->main, 0); /* mask 0: all rows */
    p->expression_count = count;
    p->results = ARENA_ARRAY(p->arena, int, count + 1);
    p->constants = ARENA_ARRAY(p->arena, column *, count + 1);
    return p;
}

program *program_compile(const expression *const *expressions, int count, error *e) {
    (void)e;
    program *p = program_create(count);
    for (int i = 0; i < count; i++) {
        p->compiling = i;
        p->results[i] = code_compile(&p->main, expressions[i], 0);
    }
    return p;
}

void program_destroy(program *p) {
    if (!p)
        return;
    code_release(&p->main);
    for (int i = 0; i < p->expression_count; i++)
        column_destroy(p->constants[i]);
    buffer_free(&p->messages);
    memory_free(p->message_starts);
    arena_destroy(p->arena);
    memory_free(p);
}

static const column *repeat_constant(program *p, int i, const column *value) {
    column **repeated = &p->constants[i];
    int64_t rows = p->input->rows;
    if (!*repeated)
        *repeated = column_create(value->type);
    if ((*repeated)->length > rows)
        column_truncate(*repeated, rows);
    else
        column_append_repeat(*repeated, value, 0, rows - (*repeated)->length);
    return *repeated;
}

static void report_result(program *p, int i, const argument *value) {
    if (!value->failures)
        return;
    for (int64_t row = 0; row < p->input->rows; row++) {
        int32_t failure = value->failures[row];
        if (failure > FAILURE_QUIET && failure - FAILURE_FIRST < p->message_count && p->report &&
            p->report->failed)
            p->report->failed(p->report->context, row, i,
                p->messages.data + p->message_starts[failure - FAILURE_FIRST]);
    }
}

static void start_run(program *p, const batch *input, const program_report *report) {
    p->input = input;
    p->report = report;
    p->message_count = 0;
    buffer_clear(&p->messages);
    p->main.rows = input->rows;
    code_load_inputs(&p->main, NULL);
    code_run(&p->main);
}

void program_run(
    program *p, const batch *input, const column **results, const program_report *report) {
    start_run(p, input, report);
    for (int i = 0; i < p->expression_count; i++) {
        const argument *value = &p->main.registers[p->results[i]].value;
        report_result(p, i, value);
        results[i] = value->row_mask == 0 ? repeat_constant(p, i, value->values) : value->values;
    }
    p->input = NULL;
    p->report = NULL;
}

int64_t program_filter(
    program *p, const batch *input, int32_t *rows, const program_report *report) {
    assert(p->expression_count == 1);
    start_run(p, input, report);
    const argument *value = &p->main.registers[p->results[0]].value;
    const column *condition = value->values;
    report_result(p, 0, value);
    int64_t count = 0;
    if (value->row_mask == 0) {
        bool all = !column_is_null(condition, 0) && condition->booleans[0];
        for (int64_t row = 0; all && row < input->rows; row++)
            rows[count++] = (int32_t)row;
    } else if (!column_has_nulls(condition)) {
        for (int64_t row = 0; row < input->rows; row++) {
            rows[count] = (int32_t)row;
            count += condition->booleans[row];
        }
    } else {
        for (int64_t row = 0; row < input->rows; row++)
            if (!column_is_null(condition, row) && condition->booleans[row])
                rows[count++] = (int32_t)row;
    }
    p->input = NULL;
    p->report = NULL;
    return count;
}

static void collect_failure(void *context, int64_t row, int expression, const char *message) {
    error_set(context, ERROR_DATA, "%s", message);
}

column *program_evaluate_constant(const expression *expression, error *e) {
    program *p = program_compile(&expression, 1, e);
    if (!p)
        return NULL;
    int64_t rowtime = 0;
    int8_t change = CHANGE_INSERT;
    batch one = {.rows = 1, .rowtime = &rowtime, .change = &change};
    program_report report = {collect_failure, e};
    const column *result;
    program_run(p, &one, &result, &report);
    column *copy = NULL;
    if (!error_is_set(e)) {
        copy = column_create(expression->type);
        column_append_row(copy, result, 0);
    } else {
        e->span = expression->span;
    }
    program_destroy(p);
    return copy;
}
