/* One statement of a test: the test language's own, an ASSERT, a query, or SQL for the session. */
#include <stdio.h>
#include <string.h>

#include "parser/flink_ast.h"
#include "parser/parser.h"
#include "server/property.h"
#include "shell/sql_test_state.h"

/* ---- draining ---- */

typedef struct query_list {
    sql_test_state *test;
    slice ids[1000];
    int count;
} query_list;

static void list_query(void *context, const query_descriptor *query, const query_status *status) {
    query_list *list = context;
    if (!query->paused && list->count < 1000)
        list->ids[list->count++] = arena_copy(list->test->arena, query->id);
}

bool sql_test_drain(sql_test_state *t) {
    query_list list = {.test = t};
    instance_visit_queries(t->instance, list_query, &list);
    for (int i = 0; i < list.count; i++) {
        running_query *query = engine_query(instance_engine(t->instance), list.ids[i]);
        if (query && !query_drain(query, &t->e))
            return false;
    }
    return true;
}

/* ---- statements for the session ---- */

static bool make_topic(sql_test_state *t, slice topic) {
    topic_system *topics = instance_topics(t->instance);
    topic_config config = {.partitions = 1};
    topic_info info;
    return topic_describe(topics, topic, &info, &(error){0}) ||
           topic_create(topics, topic, &config, &t->e);
}

/* Those of a Flink table of Kafka's: 'topic' = 'a;b'. */
static bool make_table_topics(sql_test_state *t, const ast_property_list *options) {
    slice list = {NULL, 0};
    for (int i = 0; i < options->count; i++)
        if (slice_is(options->items[i].name.text, "topic") &&
            options->items[i].value.kind == AST_LITERAL_STRING)
            list = options->items[i].value.text;
    for (slice topic; slice_take_item(&list, ';', &topic);)
        if (topic.length && !make_topic(t, topic))
            return false;
    return true;
}

/* A topic that CREATE STREAM or TABLE names is there, with one partition, unless it says how to
 * make it. */
static bool make_named_topic(sql_test_state *t, const ast_statement *statement) {
    if (!topic_system_is_kafka(instance_topics(t->instance)))
        return true;
    if (statement->kind == AST_STATEMENT_FLINK_CREATE_TABLE)
        return make_table_topics(t, &statement->flink_create_table->options);
    if (statement->kind != AST_STATEMENT_CREATE_SOURCE)
        return true;
    const ast_property_list *properties = &statement->create_source.properties;
    const ast_property *topic = ast_property_find(properties, "KAFKA_TOPIC");
    if (!topic || topic->value.kind != AST_LITERAL_STRING ||
        ast_property_find(properties, "PARTITIONS"))
        return true;
    return make_topic(t, topic->value.text);
}

/* What an entity shows: its message (EXPLAIN's plan), or its JSON. */
static void keep_answer(sql_test_state *t, const response *answer) {
    slice text = answer->message.data ? answer->message : answer->json;
    if (!text.data)
        return;
    buffer_append(&t->lines, text);
    buffer_append_byte(&t->lines, '\n');
}

static bool writes_records(const ast_statement *statement) {
    switch (statement->kind) {
    case AST_STATEMENT_INSERT_VALUES:
    case AST_STATEMENT_DELETE:
    case AST_STATEMENT_CREATE_AS:
    case AST_STATEMENT_CREATE_SOURCE:
    case AST_STATEMENT_INSERT_SELECT:
    case AST_STATEMENT_RUN_SCRIPT:
    case AST_STATEMENT_RESUME:
    case AST_STATEMENT_FLINK_INSERT:
    case AST_STATEMENT_FLINK_STATEMENT_SET:
        return true;
    default:
        return false;
    }
}

static bool execute(sql_test_state *t, slice text) {
    size_t position = 0;
    session_result result = {0};
    session_outcome outcome =
        session_next(t->session, text, &position, t->arena, NULL, &result, &t->e);
    t->failed_text = result.statement;
    if (outcome == SESSION_DONE)
        keep_answer(t, &result.answer);
    return outcome != SESSION_FAILED;
}

/* ---- RUN SCRIPT ---- */

/* A script is looked for where the statement says, then beside the document. */
static slice find_script(sql_test_state *t, slice path) {
    slice name = arena_copy(t->arena, path);
    FILE *file = fopen(name.data, "rb");
    if (file) {
        fclose(file);
        return name;
    }
    while (path.length && path.data[0] == '/')
        path = slice_make(path.data + 1, path.length - 1);
    return arena_format(t->arena, "%s/%.*s", t->options->directory, SLICE_ARG(path));
}

static bool run_script(sql_test_state *t, const ast_statement *statement) {
    slice path = find_script(t, statement->run_script.path);
    return execute(t, arena_format(t->arena, "RUN SCRIPT '%.*s'", SLICE_ARG(path)));
}

/* ---- dispatch ---- */

static bool find_variable(void *context, slice name, slice *value) {
    sql_test_state *t = context;
    slice found;
    for (int i = 0; i < session_variable_count(t->session); i++) {
        session_variable_at(t->session, i, &found, value);
        if (slice_equal_ignore_case(found, name))
            return true;
    }
    return false;
}

bool sql_test_statement(sql_test_state *t, slice text) {
    bool known = false, ok = sql_test_own_statement(t, text, &known);
    if (known)
        return ok;
    slice filled;
    t->failed_text = text;
    if (!parser_substitute(t->arena, text, find_variable, t, &filled, &t->e))
        return false;
    t->failed_text = filled;
    slice dialect = session_property(t->session, SLICE_LITERAL("sluice.sql.dialect"));
    ast_statement *statement =
        parser_parse_statement_in(t->arena, property_dialect(dialect), filled, &t->e);
    if (!statement)
        return false;
    switch (statement->kind) {
    case AST_STATEMENT_QUERY:
    case AST_STATEMENT_FLINK_QUERY:
    case AST_STATEMENT_PRINT:
        return sql_test_select(t, text, statement);
    case AST_STATEMENT_ASSERT_VALUES:
    case AST_STATEMENT_ASSERT_TOMBSTONE:
    case AST_STATEMENT_ASSERT_SOURCE:
        return sql_test_assert(t, statement);
    case AST_STATEMENT_RUN_SCRIPT:
        return run_script(t, statement) && sql_test_drain(t);
    default:
        return make_named_topic(t, statement) && execute(t, text) &&
               (!writes_records(statement) || sql_test_drain(t));
    }
}
