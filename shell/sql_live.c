/* A push query under LIVE: EXPLAIN says what tells its rows apart, and EXPLAIN ANALYZE of its id,
 * asked through a second connection while it runs, how far it is. A server that does not tell the
 * key columns is believed to key by what is grouped by. */
#include <jansson.h>
#include <unistd.h>

#include "base/memory.h"
#include "parser/parser.h"
#include "shell/live_table.h"
#include "shell/sql_shell.h"

typedef struct live_query {
    sql_shell *shell;
    http_client *beside;
    arena *arena;
    live_options options;
} live_query;

static bool wants_live(const sql_shell *s) {
    return s->live && s->output.interactive && isatty(STDOUT_FILENO) &&
           s->output.format == OUTPUT_TABULAR;
}

/* The queryDescription of an EXPLAIN; NULL when there is none. To be freed. */
static json_t *explain(live_query *q, const char *format, slice statement) {
    buffer text = {0}, answer = {0};
    json_error_t ignored;
    json_t *description = NULL;
    buffer_format(&text, format, SLICE_ARG(statement));
    if (sql_request_beside(q->shell, q->beside, "/ksql", buffer_slice(&text), &answer)) {
        json_t *entities = json_loadb(answer.data, answer.length, 0, &ignored);
        description = json_incref(json_object_get(json_array_get(entities, 0), "queryDescription"));
        json_decref(entities);
    }
    buffer_free(&answer);
    buffer_free(&text);
    return description;
}

static void add_key(live_query *q, slice *keys, slice name) {
    keys[q->options.key_count++] = arena_copy(q->arena, name);
}

static void take_told_keys(live_query *q, const json_t *names) {
    slice *keys = ARENA_ARRAY(q->arena, slice, (int)json_array_size(names) + 1);
    size_t i;
    json_t *name;
    json_array_foreach((json_t *)names, i, name) {
        add_key(q, keys, slice_of(json_string_value(name)));
    }
    q->options.key_columns = keys;
}

/* GROUP BY's columns that are also in the SELECT. */
static void guess_keys(live_query *q, slice statement) {
    error ignored = {0};
    const ast_statement *parsed = parser_parse_statement(q->arena, statement, &ignored);
    if (!parsed || parsed->kind != AST_STATEMENT_QUERY)
        return;
    const ast_query *query = parsed->query;
    slice *keys = ARENA_ARRAY(q->arena, slice, query->group_by.count + 1);
    for (int i = 0; i < query->group_by.count; i++)
        if (query->group_by.items[i]->kind == AST_EXPRESSION_COLUMN)
            add_key(q, keys, query->group_by.items[i]->column.name.text);
    q->options.is_table = q->options.key_count > 0;
    q->options.key_columns = keys;
}

static bool find_keys(live_query *q, slice statement) {
    json_t *description = explain(q, "EXPLAIN %.*s", statement);
    const json_t *names = json_object_get(description, "keyColumns");
    q->options.is_table = json_is_true(json_object_get(description, "isTable"));
    if (names)
        take_told_keys(q, names);
    else if (description)
        guess_keys(q, statement);
    json_decref(description);
    return description != NULL;
}

static bool ask(void *context, slice query_id, live_facts *facts) {
    json_t *description = explain(context, "EXPLAIN ANALYZE `%.*s`", query_id);
    const json_t *analysis = json_object_get(description, "analysis");
    const json_t *lag = json_object_get(analysis, "lag"),
                 *late = json_object_get(analysis, "rowsLate");
    if (json_is_integer(lag))
        facts->lag = json_integer_value(lag);
    if (json_is_integer(late))
        facts->late = json_integer_value(late);
    json_decref(description);
    return analysis != NULL;
}

static bool run(live_query *q, slice statement, int line) {
    sql_shell *s = q->shell;
    buffer body = {0};
    http_answer answer;
    error e = {0};
    live_table *t = live_table_create(&s->output, &q->options);
    sql_request_body(s, statement, &body);
    http_call call = {.path = "/query",
        .body = buffer_slice(&body),
        .timeout_ms = s->query_timeout_ms,
        .take = live_table_take,
        .tick = live_table_tick,
        .context = t};
    sql_request_call(s, &call, &answer, &e);
    live_table_finish(t);
    bool ok =
        sql_request_end(s, live_table_last_message(t), live_table_error(t), &answer, line, &e);
    live_table_destroy(t);
    buffer_free(&answer.body);
    buffer_free(&body);
    return ok;
}

bool sql_live_query(sql_shell *s, slice statement, int line, bool *ok) {
    if (!wants_live(s))
        return false;
    live_query q = {.shell = s, .arena = arena_create(), .beside = http_client_twin(s->client)};
    q.options = (live_options){.row_limit = s->query_row_limit, .ask = ask, .context = &q};
    bool is_query = find_keys(&q, statement);
    if (is_query)
        *ok = run(&q, statement, line);
    http_client_close(q.beside);
    arena_destroy(q.arena);
    return is_query;
}
