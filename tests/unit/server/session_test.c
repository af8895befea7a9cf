/* Sessions: what statements answer, where errors point, what queries give, what a restart finds,
 * and several sessions at once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "session_fixture.h"
#include "tests/unit/temporary_directory.h"

/* In a directory of its own; with none everything is temporary. */
static void open_fixture(session_fixture *f, slice directory) {
    session_fixture_open(f, (instance_options){.data_directory = directory});
}

/* The last answer; the caller gives it back with json_decref. */
static json_t *answer(const session_fixture *f) {
    json_t *root = json_loadb(f->result.answer.json.data, f->result.answer.json.length, 0, NULL);
    assert_non_null(root);
    return root;
}

static const char *text_of(json_t *root, const char *member) {
    return json_string_value(json_object_get(root, member));
}

/* ---- statements ---- */

static void test_create_answers_its_status(void **state) {
    session_fixture f;
    open_fixture(&f, (slice){NULL, 0});
    must_do(&f, "CREATE STREAM clicks (id INT KEY, url STRING) WITH (KAFKA_TOPIC='c', "
                "VALUE_FORMAT='JSON', PARTITIONS=2);");
    json_t *root = answer(&f);
    assert_string_equal(text_of(root, "@type"), "currentStatus");
    assert_string_equal(text_of(root, "commandId"), "stream/`CLICKS`/create");
    assert_int_equal(json_integer_value(json_object_get(root, "commandSequenceNumber")), 0);
    json_t *status = json_object_get(root, "commandStatus");
    assert_string_equal(text_of(status, "status"), "SUCCESS");
    assert_string_equal(text_of(status, "message"), "Stream created");
    json_decref(root);

    must_do(&f, "CREATE TABLE counts AS SELECT url, COUNT(*) AS n FROM clicks GROUP BY url;");
    root = answer(&f);
    assert_string_equal(
        text_of(json_object_get(root, "commandStatus"), "queryId"), "CTAS_COUNTS_1");
    json_decref(root);
    assert_int_equal(f.result.answer.sequence, 1);
    session_fixture_close(&f);
}

static void test_show_and_describe(void **state) {
    session_fixture f;
    open_fixture(&f, (slice){NULL, 0});
    must_do(&f, "CREATE STREAM s (id INT KEY, a STRUCT<x INT, y ARRAY<STRING>>) WITH "
                "(KAFKA_TOPIC='s', VALUE_FORMAT='JSON');");
    must_do(&f, "CREATE STREAM t AS SELECT * FROM s;");
    must_do(&f, "SHOW STREAMS;");
    json_t *root = answer(&f), *streams = json_object_get(root, "streams");
    assert_string_equal(text_of(root, "@type"), "streams");
    assert_int_equal(json_array_size(streams), 2);
    assert_string_equal(text_of(json_array_get(streams, 0), "name"), "S");
    assert_string_equal(text_of(json_array_get(streams, 0), "keyFormat"), "KAFKA");
    json_decref(root);

    must_do(&f, "DESCRIBE s;");
    root = answer(&f);
    json_t *source = json_object_get(root, "sourceDescription");
    json_t *fields = json_object_get(source, "fields");
    assert_string_equal(text_of(json_array_get(fields, 0), "type"), "KEY");
    json_t *schema = json_object_get(json_array_get(fields, 1), "schema");
    assert_string_equal(text_of(schema, "type"), "STRUCT");
    assert_int_equal(json_array_size(json_object_get(schema, "fields")), 2);
    assert_int_equal(json_array_size(json_object_get(source, "readQueries")), 1);
    assert_int_equal(json_array_size(json_object_get(source, "writeQueries")), 0);
    json_decref(root);

    must_do(&f, "SHOW QUERIES;");
    root = answer(&f);
    json_t *query = json_array_get(json_object_get(root, "queries"), 0);
    assert_string_equal(text_of(query, "id"), "CSAS_T_1");
    assert_string_equal(text_of(query, "state"), "RUNNING");
    assert_string_equal(text_of(query, "queryType"), "PERSISTENT");
    json_decref(root);
    static const char *const others[] = {"SHOW TABLES;", "SHOW TOPICS;",
        "SHOW ALL TOPICS EXTENDED;", "SHOW PROPERTIES;", "SHOW FUNCTIONS;", "SHOW TYPES;",
        "SHOW VARIABLES;", "SHOW STREAMS EXTENDED;", "SHOW QUERIES EXTENDED;",
        "DESCRIBE t EXTENDED;", "DESCRIBE FUNCTION UCASE;", "EXPLAIN CSAS_T_1;",
        "EXPLAIN ANALYZE CSAS_T_1;", "EXPLAIN SELECT id FROM s EMIT CHANGES;", "SHOW CONNECTORS;"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        must_do(&f, others[i]);
        json_decref(answer(&f));
    }
    session_fixture_close(&f);
}

static void test_errors_point_into_their_statement(void **state) {
    session_fixture f;
    open_fixture(&f, (slice){NULL, 0});
    slice sql = SLICE_LITERAL("SET 'auto.offset.reset'='latest';\n\n  DROP STREAM nowhere;");
    size_t position = 0;
    assert_int_equal(
        session_next(f.session, sql, &position, f.arena, NULL, &f.result, &f.e), SESSION_DONE);
    assert_int_equal(
        session_next(f.session, sql, &position, f.arena, NULL, &f.result, &f.e), SESSION_FAILED);
    assert_int_equal(f.e.code, ERROR_NOT_FOUND);
    assert_int_equal(f.e.span.offset, 12);
    assert_true(slice_starts_with(f.result.statement, SLICE_LITERAL("DROP STREAM nowhere")));
    assert_int_equal(f.result.error_code, 40001);
    error_clear(&f.e);
    assert_int_equal(
        session_next(f.session, sql, &position, f.arena, NULL, &f.result, &f.e), SESSION_END);

    position = 0;
    sql = SLICE_LITERAL("SELECT 1 FROM s EMIT CHANGES;");
    assert_int_equal(
        session_next(f.session, sql, &position, f.arena, NULL, &f.result, &f.e), SESSION_FAILED);
    assert_int_equal(f.result.error_code, 40002);
    session_fixture_close(&f);
}

/* A file of the machine is nothing that a client far away may have read, not even in an error. */
static void test_scripts_are_read_only_where_that_is_allowed(void **state) {
    session_fixture f;
    open_fixture(&f, (slice){NULL, 0});
    assert_int_equal(execute(&f, "RUN SCRIPT '/etc/passwd';"), SESSION_FAILED);
    assert_string_equal(f.e.message, "A server does not read scripts");
    assert_int_equal(f.e.detail[0], 0);
    session_allow_scripts(f.session);
    assert_int_equal(execute(&f, "RUN SCRIPT '/no/such/file';"), SESSION_FAILED);
    assert_true(slice_starts_with(slice_of(f.e.message), SLICE_LITERAL("Cannot open the script")));
    session_fixture_close(&f);
}

static void test_properties_and_variables(void **state) {
    session_fixture f;
    open_fixture(&f, (slice){NULL, 0});
    must_do(&f, "SET 'ksql.streams.auto.offset.reset' = 'latest';");
    assert_true(
        slice_is(session_property(f.session, SLICE_LITERAL("auto.offset.reset")), "latest"));
    assert_int_equal(session_property_count(f.session), 1);
    must_do(&f, "UNSET 'auto.offset.reset';");
    assert_true(
        slice_is(session_property(f.session, SLICE_LITERAL("auto.offset.reset")), "earliest"));
    must_do(&f, "ALTER SYSTEM 'auto.offset.reset' = 'latest';");
    assert_true(
        slice_is(session_property(f.session, SLICE_LITERAL("auto.offset.reset")), "latest"));
    assert_int_equal(execute(&f, "SET 'no.such.thing' = '1';"), SESSION_FAILED);
    must_do(&f, "DEFINE name = 'v';");
    must_do(&f,
        "CREATE STREAM s (k INT KEY, ${name} INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');");
    assert_int_equal(execute(&f, "DROP STREAM ${other};"), SESSION_FAILED);
    session_fixture_close(&f);
}

/* ---- queries ---- */

static void test_pull_and_push(void **state) {
    session_fixture f;
    open_fixture(&f, (slice){NULL, 0});
    must_do(&f, "CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');");
    must_do(&f, "CREATE TABLE t AS SELECT k, SUM(v) AS total FROM s GROUP BY k;");
    must_do(&f, "INSERT INTO s VALUES (1, 10);");
    must_do(&f, "INSERT INTO s VALUES (1, 5);");
    assert_null(f.result.answer.type);
    assert_true(session_insert_json(
        f.session, SLICE_LITERAL("S"), SLICE_LITERAL("{\"K\":2,\"V\":7}"), &f.e));
    drain(&f, "CTAS_T_1");
    assert_int_equal(execute(&f, "SELECT * FROM t WHERE k = 1;"), SESSION_QUERY);
    assert_null(f.result.query);
    assert_int_equal(f.end, QUERY_END_COMPLETE);
    assert_true(
        slice_starts_with(buffer_slice(&f.header), SLICE_LITERAL("{\"header\":{\"queryId\":\"")));
    assert_rows(&f, "[1,15]\n");

    assert_int_equal(execute(&f, "SELECT v FROM s EMIT CHANGES LIMIT 3;"), SESSION_QUERY);
    assert_non_null(f.result.query);
    assert_true(active_query_wait(f.result.query, 10000));
    assert_int_equal(f.end, QUERY_END_LIMIT);
    assert_rows(&f, "[10]\n[5]\n[7]\n");
    active_query_close(f.result.query);

    assert_int_equal(execute(&f, "SELECT v FROM s EMIT CHANGES;"), SESSION_QUERY);
    active_query *open = f.result.query;
    assert_false(active_query_wait(open, 20));
    assert_true(instance_end_push_query(f.instance, active_query_id(open)));
    assert_true(active_query_wait(open, 10000));
    assert_int_equal(f.end, QUERY_END_CLOSED);
    active_query_close(open);
    session_fixture_close(&f);
}

static void test_values_of_every_type(void **state) {
    session_fixture f;
    open_fixture(&f, (slice){NULL, 0});
    must_do(&f,
        "CREATE STREAM s (k INT KEY, b BOOLEAN, l BIGINT, d DOUBLE, m DECIMAL(6, 2), t STRING, "
        "y BYTES, da DATE, ti TIME, ts TIMESTAMP, a ARRAY<INT>, mp MAP<STRING, DOUBLE>, "
        "st STRUCT<x INT>) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');");
    must_do(&f,
        "INSERT INTO s VALUES (1, true, 9007199254740993, 0.1, 4.5, 'a\"b', 'IQ==', '2024-02-29', "
        "'10:30:00.5', '1969-12-31T23:59:59.999', ARRAY[1, NULL], MAP('p' := 1.0), "
        "STRUCT(x := 3));");
    must_do(&f, "INSERT INTO s (k) VALUES (2);");
    assert_int_equal(execute(&f, "SELECT * FROM s;"), SESSION_QUERY);
    assert_rows(&f,
        "[1,true,9007199254740993,0.1,4.50,\"a\\\"b\",\"IQ==\",\"2024-02-29\",\"10:30:00.500\","
        "\"1969-12-31T23:59:59.999\",[1,null],{\"p\":1.0},{\"X\":3}]\n"
        "[2,null,null,null,null,null,null,null,null,null,null,null,null]\n");
    session_fixture_close(&f);
}

/* ---- restart ---- */

static void test_restart_finds_everything(void **state) {
    char path[TEMPORARY_DIRECTORY_BYTES];
    temporary_directory_make(path, "session");
    session_fixture f;
    open_fixture(&f, slice_of(path));
    must_do(&f, "CREATE TYPE pair AS STRUCT<a INT, b INT>;");
    must_do(&f, "CREATE STREAM s (k INT KEY, p pair) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');");
    must_do(&f, "CREATE TABLE t AS SELECT k, SUM(p->a) AS total FROM s GROUP BY k;");
    must_do(&f, "INSERT INTO s VALUES (1, STRUCT(a := 4, b := 0));");
    drain(&f, "CTAS_T_1");
    session_fixture_close(&f);

    open_fixture(&f, slice_of(path));
    must_do(&f, "INSERT INTO s VALUES (1, STRUCT(a := 3, b := 0));");
    drain(&f, "CTAS_T_1");
    assert_int_equal(execute(&f, "SELECT total FROM t WHERE k = 1;"), SESSION_QUERY);
    assert_rows(&f, "[7]\n");
    must_do(&f, "DROP TABLE t DELETE TOPIC;");
    session_fixture_close(&f);

    open_fixture(&f, slice_of(path));
    assert_int_equal(execute(&f, "DESCRIBE t;"), SESSION_FAILED);
    assert_null(engine_query(instance_engine(f.instance), SLICE_LITERAL("CTAS_T_1")));
    session_fixture_close(&f);
    temporary_directory_remove(path);
}

/* A query that says SELECT * keeps the columns that there were, whatever its source gets later. */
static void test_restart_after_new_columns(void **state) {
    char path[TEMPORARY_DIRECTORY_BYTES];
    temporary_directory_make(path, "session");
    session_fixture f;
    open_fixture(&f, slice_of(path));
    must_do(&f, "CREATE STREAM s (k INT KEY, v INT) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');");
    must_do(&f, "CREATE STREAM t AS SELECT * FROM s;");
    must_do(&f, "CREATE STREAM u AS SELECT * FROM s;");
    must_do(&f, "INSERT INTO u SELECT * FROM t;");
    must_do(&f, "ALTER STREAM s ADD COLUMN w STRING;");
    must_do(&f, "CREATE STREAM late AS SELECT * FROM s;");
    session_fixture_close(&f);

    open_fixture(&f, slice_of(path));
    must_do(&f, "INSERT INTO s VALUES (1, 2, 'three');");
    drain(&f, "CSAS_T_1");
    drain(&f, "CSAS_LATE_4");
    must_do(&f, "SELECT * FROM t;");
    assert_rows(&f, "[1,2]\n");
    must_do(&f, "SELECT * FROM late;");
    assert_rows(&f, "[1,2,\"three\"]\n");
    const plan *p = query_plan(must_have(&f, "CSAS_T_1"));
    assert_int_equal(p->sink->column_count, 2);
    session_fixture_close(&f);
    temporary_directory_remove(path);
}

static void test_types_that_queries_name_stay(void **state) {
    session_fixture f;
    open_fixture(&f, (slice){NULL, 0});
    must_do(&f, "CREATE TYPE pair AS STRUCT<a INT, b INT>;");
    must_do(&f, "CREATE TYPE other AS STRUCT<a INT>;");
    must_do(
        &f, "CREATE STREAM s (k INT KEY, v STRING) WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON');");
    must_do(&f, "CREATE STREAM t AS SELECT k, CAST(NULL AS pair) AS p FROM s;");
    assert_int_equal(execute(&f, "DROP TYPE pair;"), SESSION_FAILED);
    must_do(&f, "DROP TYPE other;");
    must_do(&f, "DROP STREAM t;");
    must_do(&f, "DROP TYPE pair;");
    session_fixture_close(&f);
}

/* ---- several at once ---- */

enum { THREADS = 4, ROUNDS = 6 };

typedef struct worker {
    session_fixture *shared;
    int number, failures;
} worker;

static void *work(void *context) {
    worker *w = context;
    session_fixture f = {.instance = w->shared->instance, .arena = arena_create()};
    f.session = session_open(f.instance);
    char sql[300];
    for (int round = 0; round < ROUNDS; round++) {
        snprintf(sql, sizeof sql,
            "CREATE STREAM s%d (k INT KEY, v INT) WITH (KAFKA_TOPIC='t%d', VALUE_FORMAT='JSON');",
            w->number, w->number);
        w->failures += execute(&f, sql) == SESSION_FAILED;
        snprintf(sql, sizeof sql, "CREATE STREAM c%d AS SELECT * FROM s%d;", w->number, w->number);
        w->failures += execute(&f, sql) == SESSION_FAILED;
        snprintf(sql, sizeof sql, "INSERT INTO s%d VALUES (1, %d);", w->number, round);
        w->failures += execute(&f, sql) == SESSION_FAILED;
        w->failures += execute(&f, "SHOW QUERIES;") == SESSION_FAILED;
        w->failures += execute(&f, "SELECT * FROM shared WHERE k = 1;") == SESSION_FAILED;
        w->failures += execute(&f, "INSERT INTO common VALUES (1, 1);") == SESSION_FAILED;
        snprintf(sql, sizeof sql, "DROP STREAM c%d;", w->number);
        w->failures += execute(&f, sql) == SESSION_FAILED;
        snprintf(sql, sizeof sql, "DROP STREAM s%d;", w->number);
        w->failures += execute(&f, sql) == SESSION_FAILED;
    }
    session_close(f.session);
    arena_destroy(f.arena);
    buffer_free(&f.header);
    buffer_free(&f.rows);
    return NULL;
}

static void test_sessions_do_not_disturb_each_other(void **state) {
    session_fixture f;
    open_fixture(&f, (slice){NULL, 0});
    must_do(&f, "CREATE STREAM common (k INT KEY, v INT) WITH (KAFKA_TOPIC='common', "
                "VALUE_FORMAT='JSON');");
    must_do(&f, "CREATE TABLE shared AS SELECT k, COUNT(*) AS n FROM common GROUP BY k;");
    pthread_t threads[THREADS];
    worker workers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){&f, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(workers[i].failures, 0);
    }
    drain(&f, "CTAS_SHARED_1");
    assert_int_equal(execute(&f, "SELECT n FROM shared WHERE k = 1;"), SESSION_QUERY);
    char last[40];
    snprintf(last, sizeof last, "[%d]\n", THREADS * ROUNDS);
    assert_rows(&f, last);
    int count;
    catalog_sources(instance_catalog(f.instance), &count);
    assert_int_equal(count, 2);
    session_fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_create_answers_its_status),
        cmocka_unit_test(test_show_and_describe),
        cmocka_unit_test(test_errors_point_into_their_statement),
        cmocka_unit_test(test_scripts_are_read_only_where_that_is_allowed),
        cmocka_unit_test(test_properties_and_variables), cmocka_unit_test(test_pull_and_push),
        cmocka_unit_test(test_values_of_every_type),
        cmocka_unit_test(test_restart_finds_everything),
        cmocka_unit_test(test_restart_after_new_columns),
        cmocka_unit_test(test_types_that_queries_name_stay),
        cmocka_unit_test(test_sessions_do_not_disturb_each_other)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
