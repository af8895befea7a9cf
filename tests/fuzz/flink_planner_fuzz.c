/* flink_planner_fuzz.c - whatever the statement of Flink's dialect, the planner plans it or refuses
 * it with a message.
 *
 * An input is one statement over the tables that tests/flink/cases are about. Plans are printed and
 * destroyed; nothing is put into the catalog, so inputs do not depend on each other.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "executor/function/functions.h"
#include "parser/flink_ast.h"
#include "parser/parser.h"
#include "planner/planner.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static catalog *known;

/* ---- the catalog ---- */

static const char *const TABLES[] = {
    "CREATE TABLE o (id INT, k STRING, v INT, p DECIMAL(10, 2), ts TIMESTAMP(3), pt AS PROCTIME(), "
    "WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'kafka', 'topic' = 'o', "
    "'format' = 'json')",
    "CREATE TABLE u (k STRING, uid INT, name STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - "
    "INTERVAL '1' SECOND) WITH ('connector' = 'filesystem', 'path' = '/u.csv', 'format' = 'csv')",
    "CREATE TABLE p (s STRING, price INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' "
    "SECOND) WITH ('connector' = 'kafka', 'topic' = 'p', 'format' = 'csv')",
    "CREATE TABLE x (i INT, big BIGINT, d DOUBLE, `dec` DECIMAL(10, 2), s STRING, b BOOLEAN, ts "
    "TIMESTAMP(3), ltz TIMESTAMP_LTZ(3), dt DATE, tm TIME, arr ARRAY<INT>, m MAP<STRING, INT>, r "
    "ROW<x INT, y STRING>, texts ARRAY<STRING>, PRIMARY KEY (i) NOT ENFORCED) WITH ('connector' = "
    "'upsert-kafka', 'topic' = 'x', 'key.format' = 'json', 'value.format' = 'json')",
    "CREATE TABLE shown (a INT, b STRING) WITH ('connector' = 'print')",
};

static void require(bool condition, const char *what) {
    if (condition)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static bool find_topic(void *context, slice topic, planner_topic *out) {
    (void)context;
    *out = (planner_topic){(int)topic.length, 1, -1};
    return true;
}

static slice no_property(void *context, slice name) {
    (void)context;
    (void)name;
    return (slice){NULL, 0};
}

static const planner_options options = {.topic = find_topic, .property = no_property};

static void put_table(const char *sql) {
    error e = {0};
    arena *a = arena_create();
    source_descriptor *source = NULL;
    ast_statement *statement = parser_parse_statement_in(a, PARSER_FLINK, slice_of(sql), &e);
    require(statement != NULL, e.message);
    catalog_begin(known, &e);
    require(planner_flink_table(statement, known, &options, a, &source, &e), e.message);
    require(catalog_put_source(known, source, &e), e.message);
    require(catalog_commit(known, statement->text, &e), e.message);
    arena_destroy(a);
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    error e = {0};
    functions_register_all();
    known = catalog_open((slice){0}, &e);
    require(known != NULL, e.message);
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++)
        put_table(TABLES[i]);
    return 0;
}

/* ---- one statement ---- */

static bool plan_query(const ast_statement *statement, error *e) {
    plan *p = NULL;
    buffer text = {0};
    if (!planner_plan_flink(statement, known, &options, SLICE_LITERAL("query_1"), &p, e))
        return false;
    plan_format(p, &text);
    buffer_free(&text);
    plan_destroy(p);
    return true;
}

static bool check_statement(const ast_statement *statement, arena *a, error *e) {
    source_descriptor *source = NULL;
    switch (statement->kind) {
    case AST_STATEMENT_FLINK_QUERY:
    case AST_STATEMENT_FLINK_INSERT:
        return plan_query(statement, e);
    case AST_STATEMENT_FLINK_CREATE_TABLE:
        return statement->flink_create_table->as ||
               planner_flink_table(statement, known, &options, a, &source, e);
    default:
        return true;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    error e = {0};
    arena *a = arena_create();
    char *copy = memory_allocate(size); /* of the exact size, for the sanitizer */
    memcpy(copy, data, size);
    ast_statement *statement =
        parser_parse_statement_in(a, PARSER_FLINK, slice_make(copy, size), &e);
    if (statement) {
        error_clear(&e);
        catalog_read_lock(known);
        bool valid = check_statement(statement, a, &e);
        catalog_unlock(known);
        require(valid || (error_is_set(&e) && e.message[0]), "refused without a message");
    }
    memory_free(copy);
    arena_destroy(a);
    return 0;
}
