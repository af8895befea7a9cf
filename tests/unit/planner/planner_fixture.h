/* planner_fixture.h - statements planned against a catalog in memory, with a few functions that
 * have signatures and no kernels. Include it once in a test file, behind cmocka's headers. */
#ifndef SLUICE_TESTS_PLANNER_FIXTURE_H
#define SLUICE_TESTS_PLANNER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "parser/parser.h"
#include "planner/planner.h"

#define OVERLOADS(...)                                                                             \
    .overloads = (const function_overload[]) {                                                     \
        __VA_ARGS__                                                                                \
    }
#define ROW(text, of, count, ...)                                                                  \
    { .name = text, .kind = of, .overload_count = count, OVERLOADS(__VA_ARGS__) }

static const function_descriptor FUNCTIONS[] = {
    ROW("COUNT", FUNCTION_AGGREGATE, 2, {.signature = "() -> BIGINT"},
        {.signature = "(ANY) -> BIGINT"}),
    ROW("SUM", FUNCTION_AGGREGATE, 2, {.signature = "(INTEGER) -> INTEGER"},
        {.signature = "(BIGINT) -> BIGINT"}),
    ROW("MAX", FUNCTION_AGGREGATE, 1, {.signature = "(T) -> T"}),
    ROW("TOPK", FUNCTION_AGGREGATE, 1,
        {.signature = "(T, INTEGER) -> ARRAY<T>", .initial_arguments = 1}),
    ROW("EXPLODE", FUNCTION_TABLE, 1, {.signature = "(ARRAY<T>) -> T"}),
    ROW("ABS", FUNCTION_SCALAR, 2, {.signature = "(INTEGER) -> INTEGER"},
        {.signature = "(BIGINT) -> BIGINT"}),
    ROW("UCASE", FUNCTION_SCALAR, 1, {.signature = "(STRING) -> STRING"}),
    ROW("AS_VALUE", FUNCTION_SCALAR, 1, {.signature = "(T) -> T"}),
    ROW("RANDOM", FUNCTION_SCALAR, 1, {.signature = "() -> DOUBLE", .is_volatile = true}),
};

typedef struct fixture {
    catalog *catalog;
    int queries;
    bool keeps_rows, keeps_groups; /* where the rows of the last table are (table_rows.h) */
    error error;
    buffer text; /* of the last plan, or the last rendered error */
    bool scans_forbidden;
} fixture;

static int fixture_open(void **state) {
    static bool registered;
    if (!registered)
        function_register(FUNCTIONS, sizeof FUNCTIONS / sizeof *FUNCTIONS);
    registered = true;
    fixture *f = calloc(1, sizeof *f);
    f->catalog = catalog_open((slice){0}, &f->error);
    *state = f;
    return f->catalog ? 0 : -1;
}

static int fixture_close(void **state) {
    fixture *f = *state;
    catalog_close(f->catalog);
    buffer_free(&f->text);
    free(f);
    return 0;
}

static slice fixture_property(void *context, slice name) {
    fixture *f = context;
    if (f->scans_forbidden && slice_is(name, "ksql.query.pull.table.scan.enabled"))
        return SLICE_LITERAL("false");
    return (slice){0};
}

/* Topics whose names start with "topic" exist; their last character is the number of partitions. */
static bool fixture_topic(void *context, slice topic, planner_topic *out) {
    if (!slice_starts_with(topic, SLICE_LITERAL("topic")))
        return false;
    *out = (planner_topic){topic.data[topic.length - 1] - '0', 1, -1};
    return true;
}

static void fixture_put(fixture *f, const source_descriptor *source, slice query_id, slice sql) {
    error e = {0};
    assert_true(catalog_begin(f->catalog, &e));
    assert_true(catalog_put_source(f->catalog, source, &e));
    query_descriptor query = {.id = query_id, .sql = sql, .sink = source->name};
    if (query_id.data)
        assert_true(catalog_put_query(f->catalog, &query, &e));
    assert_true(catalog_commit(f->catalog, sql, &e));
}

static bool fixture_plan(
    fixture *f, const ast_statement *statement, const planner_options *options) {
    char id[80];
    snprintf(id, sizeof id, "%s_%d", planner_query_prefix(statement), ++f->queries);
    plan *p = NULL;
    if (!planner_plan_query(statement, f->catalog, options, slice_of(id), &p, &f->error))
        return false;
    plan_format(p, &f->text);
    const plan_node *last = p->nodes[p->node_count - 1];
    f->keeps_rows = last->kind == PLAN_SINK && last->sink.table_store.data;
    f->keeps_groups = last->kind == PLAN_SINK && last->sink.groups;
    if (p->sink)
        fixture_put(f, p->sink, p->query_id, p->sql);
    else if (statement->kind == AST_STATEMENT_CREATE_SOURCE)
        fixture_put(f, p->sources[0]->source.source, p->query_id, p->sql);
    plan_destroy(p);
    return true;
}

static bool fixture_statement(
    fixture *f, arena *a, const ast_statement *statement, const planner_options *options) {
    source_descriptor *source = NULL;
    planner_values values;
    switch (statement->kind) {
    case AST_STATEMENT_CREATE_SOURCE:
        if (!planner_create_source(statement, f->catalog, options, a, &source, &f->error))
            return false;
        fixture_put(f, source, (slice){0}, statement->text);
        buffer_append(&f->text, source_schema_text(a, source));
        return !planner_query_prefix(statement) || fixture_plan(f, statement, options);
    case AST_STATEMENT_ALTER_SOURCE:
        if (!planner_alter_source(statement, f->catalog, a, &source, &f->error))
            return false;
        fixture_put(f, source, (slice){0}, statement->text);
        buffer_append(&f->text, source_schema_text(a, source));
        return true;
    case AST_STATEMENT_INSERT_VALUES:
        if (!planner_insert_values(statement, f->catalog, a, &values, &f->error))
            return false;
        buffer_format(&f->text, "%d rows", values.row_count);
        planner_values_free(&values);
        return true;
    case AST_STATEMENT_DELETE:
        if (!planner_delete(statement, f->catalog, a, &values, &f->error))
            return false;
        buffer_format(&f->text, "%d rows", values.row_count);
        planner_values_free(&values);
        return true;
    default:
        return fixture_plan(f, statement, options);
    }
}

/* Whole numbers, cast to BIGINT or not. */
static column *fixture_constant(void *context, const expression *e) {
    (void)context;
    const expression *number = e->kind == EXPRESSION_CAST ? e->arguments[0] : e;
    if (number->kind != EXPRESSION_LITERAL || number->type->base != SQL_INTEGER)
        return NULL;
    int32_t value = number->literal->int32s[0];
    column *c = column_create(e->type);
    if (e->type->base == SQL_BIGINT)
        column_append_int64(c, value);
    else
        column_append_int32(c, value);
    return c;
}

/* All but MAX can undo rows. */
static bool fixture_aggregate_can(
    void *context, const function_overload *aggregate, aggregate_need need) {
    (void)context;
    return need != AGGREGATE_UNDO || strcmp(aggregate->signature, "(T) -> T") != 0;
}

/* Runs one statement; f->text is then its plan (sources: their columns) or its error. */
static bool fixture_try(fixture *f, const char *sql) {
    planner_options options = {.context = f,
        .property = fixture_property,
        .topic = fixture_topic,
        .constant = fixture_constant,
        .aggregate_can = fixture_aggregate_can};
    arena *a = arena_create();
    error_clear(&f->error);
    buffer_clear(&f->text);
    ast_statement *statement = parser_parse_statement(a, slice_of(sql), &f->error);
    bool valid = statement && fixture_statement(f, a, statement, &options);
    if (!valid) {
        buffer_format(&f->text, "%s", f->error.message);
        assert_true(error_is_set(&f->error));
        assert_true(f->error.message[0] != 0);
    }
    buffer_append_byte(&f->text, 0);
    arena_destroy(a);
    return valid;
}

/* The statement is planned. */
static inline const char *plan_of(void **state, const char *sql) {
    fixture *f = *state;
    if (!fixture_try(f, sql))
        fail_msg("refused: %s\n%s", sql, f->text.data);
    return f->text.data;
}

/* The statement is refused with a message that contains `expected`. */
static inline void expect_error(void **state, const char *sql, const char *expected) {
    fixture *f = *state;
    if (fixture_try(f, sql))
        fail_msg("accepted: %s\n%s", sql, f->text.data);
    if (!strstr(f->text.data, expected))
        fail_msg("%s\n  gives:    %s\n  not: %s", sql, f->text.data, expected);
}

static inline void expect_plan(void **state, const char *sql, const char *expected) {
    assert_string_equal(plan_of(state, sql), expected);
}

static inline void expect_part(void **state, const char *sql, const char *expected) {
    const char *text = plan_of(state, sql);
    if (!strstr(text, expected))
        fail_msg("%s\n  gives:\n%s\n  without: %s", sql, text, expected);
}

static inline void expect_no_part(void **state, const char *sql, const char *unexpected) {
    const char *text = plan_of(state, sql);
    if (strstr(text, unexpected))
        fail_msg("%s\n  gives:\n%s\n  with: %s", sql, text, unexpected);
}

#define PLANNER_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

#endif
