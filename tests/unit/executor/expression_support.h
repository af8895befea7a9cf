/* Running expressions from their SQL: parse, analyze, compile, run, print as JSON. */
#ifndef SLUICE_TESTS_EXPRESSION_SUPPORT_H
#define SLUICE_TESTS_EXPRESSION_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "executor/expression/program.h"
#include "executor/function/functions.h"
#include "executor/function/json_value.h"
#include "parser/parser.h"
#include "planner/expression_analysis.h"

/* One row of input columns, given as "NAME TYPE = literal" expressions, or several rows. */
typedef struct expression_world {
    arena *arena;
    expression_scope scope;
    scope_column *columns;
    column **inputs;
    int column_count;
    int64_t rows;
    column *owned[4096];
    int owned_count;
    buffer log; /* reports of failed rows */
} expression_world;

static inline column *world_own(void *context, column *literal) {
    expression_world *w = context;
    assert_true(w->owned_count < 4096);
    return w->owned[w->owned_count++] = literal;
}

static inline void world_open(expression_world *w) {
    functions_register_all();
    *w = (expression_world){.arena = arena_create()};
    w->scope = (expression_scope){.arena = w->arena, .context = w, .own = world_own};
    w->rows = 1;
}

static inline void world_close(expression_world *w) {
    for (int i = 0; i < w->owned_count; i++)
        column_destroy(w->owned[i]);
    for (int i = 0; i < w->column_count; i++)
        column_destroy(w->inputs[i]);
    memory_free(w->columns);
    memory_free(w->inputs);
    buffer_free(&w->log);
    arena_destroy(w->arena);
}

static inline const expression *world_analyze(expression_world *w, const char *sql, error *e) {
    ast_expression *ast = parser_parse_expression(w->arena, slice_of(sql), e);
    return ast ? expression_analyze(&w->scope, ast, e) : NULL;
}

static inline void world_log(void *context, int64_t row, int expression, const char *message) {
    expression_world *w = context;
    buffer_format(&w->log, "%s%lld: %s", w->log.length ? "; " : "", (long long)row, message);
}

/* Adds an input column whose rows are the elements of the ARRAY that `sql` gives. */
static inline void world_add_column(expression_world *w, const char *name, const char *sql) {
    error e = {0};
    const expression *values = world_analyze(w, sql, &e);
    if (!values)
        fail_msg("%s: %s", sql, e.message);
    column *array = program_evaluate_constant(values, &e);
    if (!array)
        fail_msg("%s: %s", sql, e.message);
    int n = w->column_count++;
    w->columns = memory_resize(w->columns, sizeof *w->columns * (size_t)w->column_count);
    w->inputs = memory_resize(w->inputs, sizeof *w->inputs * (size_t)w->column_count);
    w->inputs[n] = column_create(array->type->element);
    column_append_rows(w->inputs[n], array->children[0], 0, array->children[0]->length);
    w->rows = w->inputs[n]->length;
    w->columns[n] = (scope_column){.source = SLICE_LITERAL("T"),
        .name = slice_of(name),
        .type = array->type->element,
        .index = n};
    column_destroy(array);
    w->scope.columns = w->columns;
    w->scope.column_count = w->column_count;
}

/* The overloads that this program's expressions have called. */
typedef struct called_overloads {
    const function_overload *list[1024];
    int count;
} called_overloads;

static inline called_overloads *world_called(void) {
    static called_overloads called;
    return &called;
}

static inline bool world_has_called(const function_overload *overload) {
    for (int i = 0; i < world_called()->count; i++)
        if (world_called()->list[i] == overload)
            return true;
    return false;
}

static inline void world_note_calls(const expression *e) {
    if (e->kind == EXPRESSION_CALL && !world_has_called(e->call->overload)) {
        assert_true(world_called()->count < 1024);
        world_called()->list[world_called()->count++] = e->call->overload;
    }
    for (int i = 0; i < e->argument_count; i++)
        world_note_calls(e->arguments[i]);
}

/* Runs the expression for every row; the values as JSON with spaces between. Errors give "!
 * message". The text lives in the world's arena. */
static inline const char *world_run(expression_world *w, const char *sql) {
    error e = {0};
    buffer_clear(&w->log);
    const expression *node = world_analyze(w, sql, &e);
    program *p = node ? program_compile(&node, 1, &e) : NULL;
    if (!p)
        return arena_format(w->arena, "! %s", e.message).data;
    world_note_calls(node);
    int64_t *rowtime = arena_allocate(w->arena, sizeof(int64_t) * (size_t)(w->rows + 1));
    int8_t *change = arena_allocate(w->arena, (size_t)(w->rows + 1));
    batch input = {.rows = w->rows,
        .column_count = w->column_count,
        .columns = w->inputs,
        .rowtime = rowtime,
        .change = change};
    const column *result;
    program_report report = {world_log, w};
    buffer out = {0};
    for (int round = 0; round < 2;
         round++) { /* registers are reused: the second run must not differ */
        buffer_clear(&out);
        buffer_clear(&w->log);
        program_run(p, &input, &result, &report);
        assert_int_equal(result->length, w->rows);
        assert_true(sql_type_equal(result->type, node->type));
        for (int64_t row = 0; row < w->rows; row++) {
            if (row)
                buffer_append_byte(&out, ' ');
            json_value_append(&out, result, row);
        }
    }
    slice text = arena_copy(w->arena, buffer_slice(&out));
    buffer_free(&out);
    program_destroy(p);
    return text.data;
}

static inline const char *world_log_text(expression_world *w) {
    return arena_copy(w->arena, buffer_slice(&w->log)).data;
}

typedef struct expression_case {
    const char *sql, *result;
} expression_case;

static inline void world_expect(expression_world *w, const expression_case *cases, int count) {
    for (int i = 0; i < count; i++) {
        const char *result = world_run(w, cases[i].sql);
        if (strcmp(result, cases[i].result) != 0)
            fail_msg("%s\n  gave     %s\n  expected %s", cases[i].sql, result, cases[i].result);
    }
}

#define EXPECT(world, ...)                                                                         \
    do {                                                                                           \
        const expression_case cases_[] = {__VA_ARGS__};                                            \
        world_expect(world, cases_, (int)(sizeof cases_ / sizeof *cases_));                        \
    } while (0)

#endif
