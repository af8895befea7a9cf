/* planner_fuzz.c - whatever the statement, the planner plans it or refuses it with a message.
 *
 * An input is one statement over a fixed catalog: streams, tables and a windowed table whose
 * columns have every type. Plans are printed and destroyed; nothing is put into the catalog, so
 * inputs do not depend on each other.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "executor/function/functions.h"
#include "parser/parser.h"
#include "planner/planner.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static catalog *known;

/* ---- the catalog ---- */

static const char *const SOURCES[] = {
    "CREATE STREAM s (k INT KEY, i INT, b BIGINT, d DOUBLE, f BOOLEAN, v STRING, y BYTES, "
    "n DECIMAL(9, 3), da DATE, ti TIME, ts TIMESTAMP, a ARRAY<INT>, m MAP<STRING, DOUBLE>, "
    "r STRUCT<x INT, y ARRAY<STRING>>, h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS) "
    "WITH (kafka_topic = 'topic_s_4', value_format = 'JSON');",
    "CREATE STREAM s2 (k INT KEY, i INT, v STRING, at BIGINT) WITH (kafka_topic = 'topic_s2_4', "
    "value_format = 'JSON', timestamp = 'at');",
    "CREATE TABLE t (k INT PRIMARY KEY, i INT, v STRING, n DECIMAL(9, 3)) WITH (kafka_topic = "
    "'topic_t_4', value_format = 'AVRO');",
    "CREATE TABLE t2 (k STRING PRIMARY KEY, i INT, ts TIMESTAMP) WITH (kafka_topic = "
    "'topic_t2_4', value_format = 'DELIMITED');",
    "CREATE TABLE w (k INT PRIMARY KEY, c BIGINT) WITH (kafka_topic = 'topic_w_4', value_format = "
    "'JSON', window_type = 'TUMBLING', window_size = '1 MINUTE');",
    "CREATE SOURCE TABLE st (k INT PRIMARY KEY, i INT) WITH (kafka_topic = 'topic_st_4', "
    "value_format = 'JSON');",
};

static void require(bool condition, const char *what) {
    if (condition)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

/* Topics whose names start with "topic" exist; their last character is the number of partitions. */
static bool find_topic(void *context, slice topic, planner_topic *out) {
    if (!slice_starts_with(topic, SLICE_LITERAL("topic")))
        return false;
    *out = (planner_topic){(topic.data[topic.length - 1] & 7) + 1, 1, -1};
    return true;
}

static const planner_options options = {.topic = find_topic};

static void put_source(const char *sql) {
    error e = {0};
    arena *a = arena_create();
    source_descriptor *source = NULL;
    ast_statement *statement = parser_parse_statement(a, slice_of(sql), &e);
    require(statement != NULL, e.message);
    catalog_begin(known, &e);
    require(planner_create_source(statement, known, &options, a, &source, &e), e.message);
    require(catalog_put_source(known, source, &e), e.message);
    require(catalog_commit(known, statement->text, &e), e.message);
    arena_destroy(a);
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    error e = {0};
    functions_register_all();
    known = catalog_open((slice){0}, &e);
    require(known != NULL, e.message);
    for (size_t i = 0; i < sizeof SOURCES / sizeof *SOURCES; i++)
        put_source(SOURCES[i]);
    return 0;
}

/* ---- one statement ---- */

static bool plan_query(const ast_statement *statement, error *e) {
    plan *p = NULL;
    buffer text = {0};
    if (!planner_plan_query(statement, known, &options, SLICE_LITERAL("query_1"), &p, e))
        return false;
    plan_format(p, &text);
    buffer_free(&text);
    plan_destroy(p);
    return true;
}

static bool check_statement(const ast_statement *statement, arena *a, error *e) {
    source_descriptor *source = NULL;
    planner_values values;
    switch (statement->kind) {
    case AST_STATEMENT_CREATE_SOURCE:
        return planner_create_source(statement, known, &options, a, &source, e) &&
               (!planner_query_prefix(statement) || plan_query(statement, e));
    case AST_STATEMENT_ALTER_SOURCE:
        return planner_alter_source(statement, known, a, &source, e);
    case AST_STATEMENT_CREATE_TYPE:
        return planner_resolve_type(statement->create_type.type, known, a, e) != NULL;
    case AST_STATEMENT_INSERT_VALUES:
    case AST_STATEMENT_ASSERT_VALUES:
    case AST_STATEMENT_ASSERT_TOMBSTONE:
        if (!(statement->kind == AST_STATEMENT_INSERT_VALUES
                    ? planner_insert_values
                    : planner_assert_values)(statement, known, a, &values, e))
            return false;
        planner_values_free(&values);
        return true;
    case AST_STATEMENT_DELETE:
        if (!planner_delete(statement, known, a, &values, e))
            return false;
        planner_values_free(&values);
        return true;
    default:
        return !planner_query_prefix(statement) || plan_query(statement, e);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    error e = {0};
    arena *a = arena_create();
    char *copy = memory_allocate(size); /* of the exact size, for the sanitizer */
    memcpy(copy, data, size);
    ast_statement *statement = parser_parse_statement(a, slice_make(copy, size), &e);
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
