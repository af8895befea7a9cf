/* session.h - executes SQL for one user: properties, variables, statements, queries.
 *
 * A session holds what SET and DEFINE said and executes statements one at a time against its
 * instance. For a request of REST a session is made, given the request's properties and variables,
 * and closed with it; the shell's requests carry theirs along.
 *
 * A text goes through session_next: it cuts off one statement, fills in its ${variables}, parses
 * and executes it, and says what came of it: an entity (response.h), or a query that gives its rows
 * to the session_stream. A pull query has ended when session_next returns. A push query and PRINT
 * go on by themselves on a thread of their own until they end, or are closed with
 * active_query_close.
 *
 * Threads: a session belongs to one thread at a time. An active_query may be waited for and closed
 * from any thread, except from within its own callbacks.
 */
#ifndef SLUICE_SERVER_SESSION_H
#define SLUICE_SERVER_SESSION_H

#include "parser/ast.h"
#include "server/instance.h"
#include "server/response.h"

typedef struct session session;
typedef struct active_query active_query;

session *session_open(instance *i);
/* Statements that change something are refused from now on. */
void session_set_read_only(session *s, bool read_only);
/* RUN SCRIPT may read files of this machine: for sessions of who sits at it, never for those of
 * REST. */
void session_allow_scripts(session *s);
void session_close(session *s); /* NULL is allowed. Its active queries go on. */

/* As SET and DEFINE do. A NULL value takes it away. False when there is no such property or it
 * cannot have that value. */
bool session_set_property(session *s, slice name, slice value, error *e);
bool session_set_variable(session *s, slice name, slice value, error *e);
/* The session's value or else the system's; the NULL slice when there is none. Valid until it is
 * set again. "ksql.streams." in front of a name makes no difference. */
slice session_property(session *s, slice name);
/* What the session itself has set, in order of name: for the shell, which keeps them over requests.
 */
int session_property_count(const session *s);
void session_property_at(const session *s, int index, slice *name, slice *value);
int session_variable_count(const session *s);
void session_variable_at(const session *s, int index, slice *name, slice *value);
/* Whether a property of that name may be set: /is_valid_property. */
bool session_property_known(slice name);

/* ---- rows of queries ---- */

typedef enum query_end_kind {
    QUERY_END_COMPLETE, /* a pull query's last row has been given */
    QUERY_END_LIMIT,    /* LIMIT was reached */
    QUERY_END_CLOSED,   /* active_query_close, or TERMINATE */
    QUERY_END_FAILED,
} query_end_kind;

/* Callbacks of one query. For push queries and PRINT they come on the query's thread, one at a
 * time, `header` before the others and `end` last; for pull queries from within session_next. Rows
 * are given already cut to LIMIT; `change` says CHANGE_DELETE where a table's row went away. */
typedef struct session_stream {
    void *context;
    void (*header)(void *context, const query_header *header);
    /* False: no more rows are wanted, the query ends. */
    bool (*rows)(void *context, const query_header *header, const batch *rows);
    /* PRINT's lines, instead of header and rows. */
    bool (*line)(void *context, slice line);
    void (*end)(void *context, query_end_kind kind, const error *e); /* `e` when FAILED */
    /* What PRINT takes the topic's formats for, before its lines and when that changes; false as
     * with `line`. May be NULL. */
    bool (*formats)(void *context, slice line);
} session_stream;

/* ---- executing ---- */

typedef enum session_outcome {
    SESSION_DONE,  /* a statement was executed: `answer` */
    SESSION_QUERY, /* a query was started: `query` (NULL when it has already ended: a pull query) */
    SESSION_FAILED, /* the error is filled; its place is relative to `statement` */
    SESSION_END,    /* nothing but white space and comments was left */
} session_outcome;

typedef struct session_result {
    slice statement; /* its text with variables filled in and a semicolon at the end */
    response answer;
    active_query *query; /* the caller closes it */
    int error_code; /* of the REST API when FAILED: 40001 bad statement, 40002 a query where none
                       may stand, 40300 not allowed to who may only read, 50000 trouble of the
                       server */
} session_result;

/* Executes the next statement of `sql` at *position and moves it behind that statement. `stream`
 * gets the rows of a SELECT or PRINT; NULL: they are refused. Results live in `a`. */
session_outcome session_next(session *s, slice sql, size_t *position, arena *a,
    const session_stream *stream, session_result *result, error *e);
/* The same for a statement that is already parsed (variables included). */
session_outcome session_execute(session *s, const ast_statement *statement, arena *a,
    const session_stream *stream, session_result *result, error *e);
/* Appends one row, given as a JSON object of column values ({"ID": 1, "V": "x"}), to a stream or
 * table: /inserts-stream. */
bool session_insert_json(session *s, slice source, slice json, error *e);

/* ---- active queries ---- */

/* "transient_..."; valid until it is closed. */
slice active_query_id(const active_query *q);
/* Waits until it has ended (its `end` has returned); false when `timeout_ms` passed first; -1: for
 * ever. */
bool active_query_wait(active_query *q, int64_t timeout_ms);
/* Waits until it has given all that its topics hold now, or has ended. */
bool active_query_catch_up(active_query *q, error *e);
/* Ends it when it still runs, waits for its `end`, and frees it. */
void active_query_close(active_query *q);
/* The engine's handle of a push query, for tests that feed it; NULL for PRINT. */
running_query *active_query_running(active_query *q);
/* Asks a push query to end, by id: TERMINATE and /close-query. False when there is none. Returns at
 * once; the holder of the query still closes it. */
bool instance_end_push_query(instance *i, slice query_id);

#endif
