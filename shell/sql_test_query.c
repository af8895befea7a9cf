/* SELECT and PRINT in tests. A pull query's rows are there at once. A push query stays open; its
 * rows are collected on its own thread and taken when asked for. */
#include <pthread.h>

#include "base/memory.h"
#include "server/json_out.h"
#include "shell/sql_test_state.h"

struct watched_query {
    pthread_mutex_t lock;
    buffer lines; /* not yet taken */
    query_end_kind end;
    error e;
    active_query *query; /* NULL: it has ended */
    watched_query *next;
};

static void ignore_header(void *context, const query_header *header) {}

static bool take_rows(void *context, const query_header *header, const batch *rows) {
    watched_query *w = context;
    pthread_mutex_lock(&w->lock);
    for (int64_t i = 0; i < rows->rows; i++) {
        if (rows->change[i] == CHANGE_DELETE)
            buffer_append_text(&w->lines, "deleted ");
        response_append_row(&w->lines, header, rows, i);
        buffer_append_byte(&w->lines, '\n');
    }
    pthread_mutex_unlock(&w->lock);
    return true;
}

static bool take_line(void *context, slice line) {
    watched_query *w = context;
    pthread_mutex_lock(&w->lock);
    buffer_append(&w->lines, line);
    buffer_append_byte(&w->lines, '\n');
    pthread_mutex_unlock(&w->lock);
    return true;
}

static void take_end(void *context, query_end_kind kind, const error *e) {
    watched_query *w = context;
    pthread_mutex_lock(&w->lock);
    w->end = kind;
    if (e)
        w->e = *e;
    pthread_mutex_unlock(&w->lock);
}

static watched_query *watch(sql_test_state *t) {
    watched_query *w = MEMORY_NEW(watched_query);
    pthread_mutex_init(&w->lock, NULL);
    w->next = t->watched;
    t->watched = w;
    return w;
}

bool sql_test_take_rows(sql_test_state *t) {
    watched_query *w = t->watched;
    if (!w)
        return error_set(&t->e, ERROR_STATEMENT, "EXPECT ROWS needs a SELECT or PRINT before it");
    if (!sql_test_drain(t) || (w->query && !active_query_catch_up(w->query, &t->e)))
        return false;
    pthread_mutex_lock(&w->lock);
    buffer_append(&t->lines, buffer_slice(&w->lines));
    buffer_clear(&w->lines);
    bool failed = error_is_set(&w->e);
    if (failed)
        t->e = w->e;
    pthread_mutex_unlock(&w->lock);
    t->gives_lines = true;
    return !failed;
}

/* A push query without expected rows below it is only opened; EXPECT ROWS takes them. A pull
 * query's order is its own business unless it says ORDER BY. */
bool sql_test_select(sql_test_state *t, slice text, const ast_statement *statement) {
    watched_query *w = watch(t);
    session_stream stream = {w, ignore_header, take_rows, take_line, take_end, NULL};
    session_result result = {0};
    size_t position = 0;
    if (!sql_test_drain(t))
        return false;
    session_outcome outcome =
        session_next(t->session, text, &position, t->arena, &stream, &result, &t->e);
    t->failed_text = result.statement;
    if (outcome != SESSION_QUERY)
        return false;
    w->query = result.query;
    bool pull = statement->kind == AST_STATEMENT_QUERY && statement->query->emit == AST_EMIT_NONE;
    t->any_order = pull && statement->query->order_by.count == 0;
    if (pull)
        return sql_test_take_rows(t);
    t->rows_wait = true;
    return true;
}

void sql_test_close_queries(sql_test_state *t) {
    while (t->watched) {
        watched_query *w = t->watched;
        t->watched = w->next;
        active_query_close(w->query);
        pthread_mutex_destroy(&w->lock);
        buffer_free(&w->lines);
        memory_free(w);
    }
}
