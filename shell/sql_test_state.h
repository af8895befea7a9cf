/* sql_test_state.h - a test of a .sql document while it runs. Private to the sql_test files.
 *
 * After every statement that may have written records, all queries are drained in the order of
 * their creation, so that a test sees the same on every run, on the embedded log and on Kafka.
 */
#ifndef SLUICE_SHELL_SQL_TEST_STATE_H
#define SLUICE_SHELL_SQL_TEST_STATE_H

#include "server/session.h"
#include "shell/sql_test.h"

typedef struct topic_mark topic_mark;       /* how far a topic has been compared */
typedef struct watched_query watched_query; /* an open push query or PRINT, and its lines */

typedef struct sql_test_state {
    const sql_test *test;
    const sql_test_options *options;
    arena *arena;
    char *directory; /* the instance's data */
    instance *instance;
    session *session;
    topic_mark *marks;
    watched_query *watched;
    /* What the statement at hand gave, one line each; NULL data: it gives no lines. */
    buffer lines;
    bool gives_lines, any_order;
    bool rows_wait; /* an open push query has rows that are taken when rows are expected here */
    bool assertion; /* the error is that of an ASSERT */
    error e;
    slice failed_text; /* what the error's place refers to */
} sql_test_state;

/* Executes one statement of the test language or of SQL. */
bool sql_test_statement(sql_test_state *t, slice text);
/* Waits until every query has processed what there is. */
bool sql_test_drain(sql_test_state *t);
bool sql_test_open_instance(sql_test_state *t);
void sql_test_close_instance(sql_test_state *t);

/* ASSERT VALUES, NULL VALUES, STREAM and TABLE. `statement` is parsed. */
bool sql_test_assert(sql_test_state *t, const ast_statement *statement);

/* The test language's own statements: PRODUCE, EXPECT, RESTART, ADVANCE. False in *known: it is
 * none of them. */
bool sql_test_own_statement(sql_test_state *t, slice text, bool *known);

/* Runs SELECT and PRINT and collects what they give. */
bool sql_test_select(sql_test_state *t, slice text, const ast_statement *statement);
/* Appends to `lines` what the open push query gave since it was last asked. */
bool sql_test_take_rows(sql_test_state *t);
void sql_test_close_queries(sql_test_state *t);

/* The records of a topic that no one has looked at yet, in order of partition and offset; in
 * t->arena. */
bool sql_test_unread(
    sql_test_state *t, slice topic, topic_record **records, int64_t *count, int32_t *partitions);
/* Marks one of them as looked at. */
void sql_test_mark_read(sql_test_state *t, slice topic, const topic_record *record);
/* A source that has this topic; NULL when there is none. Copied. */
const source_descriptor *sql_test_topic_source(sql_test_state *t, slice topic);

/* The injected wall clock. */
int64_t sql_test_now_ms(void);
void sql_test_set_now_ms(int64_t now_ms);

#endif
