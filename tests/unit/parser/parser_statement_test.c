/* Every statement but the query itself. */
#include "parser_testing.h"

static void create_source(void **state) {
    ast_statement *s =
        statement("CREATE OR REPLACE SOURCE STREAM IF NOT EXISTS s (k INT KEY, v STRUCT<a INT>, "
                  "h ARRAY<STRUCT<key STRING, value BYTES>> HEADERS, x BYTES HEADER('abc')) "
                  "WITH (kafka_topic = 'Topic', partitions = 3, \"quoted.Key\" = true, n = -1.5);");
    assert_int_equal(s->kind, AST_STATEMENT_CREATE_SOURCE);
    ast_create_source *create = &s->create_source;
    assert_int_equal(create->source_kind, AST_STREAM);
    assert_true(create->or_replace && create->is_source && create->if_not_exists);
    assert_slice(create->name.text, "S");
    assert_int_equal(create->columns.count, 4);
    assert_int_equal(create->columns.items[0].role, AST_COLUMN_KEY);
    assert_int_equal(create->columns.items[1].role, AST_COLUMN_VALUE);
    assert_int_equal(create->columns.items[2].role, AST_COLUMN_HEADERS);
    assert_int_equal(create->columns.items[3].role, AST_COLUMN_HEADER);
    assert_slice(create->columns.items[3].header, "abc");
    assert_int_equal(create->properties.count, 4);
    assert_slice(ast_property_find(&create->properties, "kafka_topic")->value.text, "Topic");
    assert_int_equal(ast_property_find(&create->properties, "PARTITIONS")->value.integer, 3);
    assert_slice(create->properties.items[2].name.text, "quoted.Key");
    assert_null(ast_property_find(&create->properties, "other"));

    s = statement("CREATE TABLE t (id INT PRIMARY KEY)");
    assert_int_equal(s->create_source.columns.items[0].role, AST_COLUMN_PRIMARY_KEY);
    s = statement("CREATE TABLE t WITH (kafka_topic='x')");
    assert_false(s->create_source.has_columns);
}

static void create_as(void **state) {
    ast_statement *s = statement("CREATE TABLE IF NOT EXISTS t WITH (format='JSON') AS "
                                 "SELECT k, COUNT(*) FROM s GROUP BY k EMIT CHANGES");
    assert_int_equal(s->kind, AST_STATEMENT_CREATE_AS);
    assert_int_equal(s->create_as.source_kind, AST_TABLE);
    assert_true(s->create_as.if_not_exists);
    assert_int_equal(s->create_as.properties.count, 1);
    assert_int_equal(s->create_as.query->emit, AST_EMIT_CHANGES);
}

static void insert(void **state) {
    ast_statement *s = statement("INSERT INTO s (a, `b`) VALUES (1, 'x'), (2, f(3))");
    assert_int_equal(s->kind, AST_STATEMENT_INSERT_VALUES);
    assert_int_equal(s->insert_values.columns.count, 2);
    assert_int_equal(s->insert_values.rows.count, 2);
    assert_int_equal(s->insert_values.rows.items[1].values.count, 2);

    s = statement("INSERT INTO s VALUES (1)");
    assert_false(s->insert_values.has_columns);

    s = statement("DELETE FROM t WHERE a = 1 AND b = 'x'");
    assert_int_equal(s->kind, AST_STATEMENT_DELETE);
    assert_slice(s->delete_row.target.text, "T");
    assert_int_equal(s->delete_row.where->kind, AST_EXPRESSION_LOGICAL);
    assert_null(statement("DELETE FROM t")->delete_row.where);

    s = statement("INSERT INTO s WITH (query_id='q1') SELECT * FROM t");
    assert_int_equal(s->kind, AST_STATEMENT_INSERT_SELECT);
    assert_slice(s->insert_select.target.text, "S");
    assert_int_equal(s->insert_select.properties.count, 1);
}

static void names_of_topics_keep_their_case(void **state) {
    assert_slice(statement("PRINT myTopic")->print.topic.text, "myTopic");
    assert_slice(statement("PRINT 'my-Topic'")->print.topic.text, "my-Topic");
    assert_slice(statement("ASSERT TOPIC fooBar")->assert_topic.topic.text, "fooBar");
    assert_slice(statement("DEFINE fooBar = 'x'")->property.name.text, "fooBar");
    assert_slice(statement("TERMINATE csas_a_1")->query_control.query_id.text, "CSAS_A_1");
}

static void print(void **state) {
    ast_print *p = &statement("PRINT t FROM BEGINNING INTERVAL 2 LIMIT 3")->print;
    assert_true(p->from_beginning);
    assert_int_equal(p->interval, 2);
    assert_int_equal(p->limit, 3);
    p = &statement("PRINT t")->print;
    assert_false(p->from_beginning);
    assert_int_equal(p->interval, 1);
    assert_int_equal(p->limit, -1);
}

static void explain(void **state) {
    ast_explain *x = &statement("EXPLAIN ANALYZE CREATE STREAM a AS SELECT * FROM b")->explain;
    assert_true(x->analyze);
    assert_int_equal(x->statement->kind, AST_STATEMENT_CREATE_AS);
    assert_slice(x->statement->text, "CREATE STREAM a AS SELECT * FROM b");
    x = &statement("EXPLAIN csas_1")->explain;
    assert_null(x->statement);
    assert_slice(x->query_id.text, "CSAS_1");
}

static void asserts(void **state) {
    ast_statement *s = statement("ASSERT NOT EXISTS TOPIC x WITH (partitions=1) TIMEOUT 5 SECONDS");
    assert_true(s->assert_topic.not_exists);
    assert_int_equal(s->assert_topic.timeout.duration_ms, 5000);
    s = statement("ASSERT SCHEMA SUBJECT 'a-value' ID 7");
    assert_slice(s->assert_schema.subject.text, "a-value");
    assert_int_equal(s->assert_schema.schema_id, 7);
    s = statement("ASSERT NULL VALUES t (id) KEY (1)");
    assert_int_equal(s->kind, AST_STATEMENT_ASSERT_TOMBSTONE);
    s = statement("ASSERT STREAM s (id INT KEY) WITH (kafka_topic='x')");
    assert_int_equal(s->kind, AST_STATEMENT_ASSERT_SOURCE);
    assert_int_equal(s->create_source.columns.count, 1);
}

static void every_statement_prints_as_it_parses(void **state) {
    static const char *const TEXTS[] = {
        "CREATE STREAM S (K INTEGER KEY, V STRING) WITH (KAFKA_TOPIC = 't', 'Any.Key' = null)",
        "CREATE OR REPLACE SOURCE TABLE IF NOT EXISTS T (K INTEGER PRIMARY KEY)",
        "CREATE OR REPLACE STREAM S WITH (FORMAT = 'JSON') AS SELECT * FROM T EMIT CHANGES",
        "INSERT INTO S WITH (QUERY_ID = 'q') SELECT * FROM T",
        "INSERT INTO S (A, B) VALUES (1, (2 + 3)), ('x', null)",
        "CREATE TYPE IF NOT EXISTS ADDRESS AS STRUCT<A INTEGER>",
        "DROP TYPE IF EXISTS ADDRESS",
        "ALTER STREAM S ADD COLUMN A INTEGER, ADD COLUMN B DECIMAL(4, 2)",
        "ALTER SYSTEM 'a.b' = 'c'",
        "DROP STREAM S",
        "DROP TABLE IF EXISTS T DELETE TOPIC",
        "DESCRIBE S",
        "DESCRIBE S EXTENDED",
        "DESCRIBE FUNCTION SUM",
        "DESCRIBE CONNECTOR 'c-1'",
        "DESCRIBE STREAMS EXTENDED",
        "DESCRIBE TABLES",
        "EXPLAIN Q_1",
        "EXPLAIN ANALYZE SELECT * FROM S",
        "SHOW STREAMS EXTENDED",
        "SHOW TABLES",
        "SHOW ALL TOPICS EXTENDED",
        "SHOW QUERIES",
        "SHOW FUNCTIONS",
        "SHOW TYPES",
        "SHOW PROPERTIES",
        "SHOW VARIABLES",
        "SHOW CONNECTORS",
        "SHOW SOURCE CONNECTORS",
        "SHOW SINK CONNECTORS",
        "SHOW CONNECTOR PLUGINS",
        "PRINT myTopic FROM BEGINNING INTERVAL 2 LIMIT 3",
        "PRINT `my-topic`",
        "PAUSE Q_1",
        "PAUSE ALL",
        "RESUME Q_1",
        "RESUME ALL",
        "TERMINATE Q_1",
        "TERMINATE ALL",
        "ASSERT TOPIC x WITH (PARTITIONS = 1) TIMEOUT 5 SECONDS",
        "ASSERT NOT EXISTS SCHEMA SUBJECT x ID 4",
        "ASSERT VALUES S (A, B) VALUES (1, 2)",
        "ASSERT NULL VALUES T (K) KEY (1)",
        "ASSERT STREAM S (K INTEGER KEY) WITH (KAFKA_TOPIC = 't')",
        "ASSERT TABLE T",
        "SET 'auto.offset.reset' = 'earliest'",
        "UNSET 'auto.offset.reset'",
        "DEFINE name = 'value'",
        "UNDEFINE name",
        "RUN SCRIPT '/tmp/it''s.sql'",
        "CREATE SOURCE CONNECTOR IF NOT EXISTS 'c-1' WITH ('connector.class' = 'x')",
        "CREATE SINK CONNECTOR C WITH (A = 'x')",
        "DROP CONNECTOR IF EXISTS 'c-1'",
    };
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++)
        assert_canonical(TEXTS[i]);
}

static void list_is_show_and_sample_is_interval(void **state) {
    assert_statement("LIST STREAMS", "SHOW STREAMS");
    assert_statement("PRINT t SAMPLE 5", "PRINT t INTERVAL 5");
    assert_statement("ALTER TABLE t ADD a INT", "ALTER TABLE T ADD COLUMN A INTEGER");
}

static void sources_named_like_keywords_are_quoted_when_printed(void **state) {
    assert_statement("DROP TABLE `IF`", "DROP TABLE `IF`");
    assert_statement("DESCRIBE `STREAMS`", "DESCRIBE `STREAMS`");
}

static void a_script_is_a_list_of_statements(void **state) {
    const char *sql = "-- first\nSHOW STREAMS;;\n/* ; */ SELECT 'a;b' -- ;\n FROM s ;\nSHOW TABLES";
    ast_script script;
    error e;
    assert_true(parser_parse_script(test_arena, slice_of(sql), &script, &e));
    assert_int_equal(script.count, 3);
    assert_slice(script.items[0]->text, "SHOW STREAMS");
    assert_slice(script.items[1]->text, "SELECT 'a;b' -- ;\n FROM s");
    assert_slice(script.items[2]->text, "SHOW TABLES");
    assert_span(sql, script.items[1]->span, "SELECT 'a;b' -- ;\n FROM s");

    assert_true(parser_parse_script(test_arena, slice_of(" ;; -- nothing"), &script, &e));
    assert_int_equal(script.count, 0);
}

static void a_schema_by_itself(void **state) {
    ast_column_list columns;
    error e;
    assert_true(parser_parse_schema(
        test_arena, slice_of("`id` BIGINT KEY, V STRUCT<A INT>"), &columns, &e));
    assert_int_equal(columns.count, 2);
    assert_slice(columns.items[0].name.text, "id");
    assert_int_equal(columns.items[1].type->kind, AST_TYPE_STRUCT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        parser_unit_test(create_source),
        parser_unit_test(create_as),
        parser_unit_test(insert),
        parser_unit_test(names_of_topics_keep_their_case),
        parser_unit_test(print),
        parser_unit_test(explain),
        parser_unit_test(asserts),
        parser_unit_test(every_statement_prints_as_it_parses),
        parser_unit_test(list_is_show_and_sample_is_interval),
        parser_unit_test(sources_named_like_keywords_are_quoted_when_printed),
        parser_unit_test(a_script_is_a_list_of_statements),
        parser_unit_test(a_schema_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
