/* sql_shell.h - the interactive shell: what it holds, and what it does with a line or a statement.
 *
 * Lines are gathered until a statement is complete. Some commands are the shell's own (HELP,
 * OUTPUT, SPOOL, ...: local_commands.c) and need no semicolon; SET and DEFINE are kept here and
 * sent along with every request; everything else goes to the server. One thread.
 */
#ifndef SLUICE_SHELL_SQL_SHELL_H
#define SLUICE_SHELL_SQL_SHELL_H

#include "parser/ast.h"
#include "server/property.h"
#include "shell/http_client.h"
#include "shell/line_editor.h"
#include "shell/output.h"

typedef struct sql_shell {
    output output;
    http_client *client;
    property_list properties, variables;
    int64_t query_timeout_ms; /* 0: none */
    int64_t query_row_limit;  /* -1: none */
    line_editor *editor;      /* NULL: no person at a terminal */
    const char *source;       /* the script that runs, for messages; NULL: none */
    const buffer *pending;    /* earlier lines of the statement that a person types; NULL: none */
    int script_depth;
    bool reached; /* a server has answered */
    int64_t sent; /* statements, each of which may have changed what there is */
    bool exiting; /* EXIT was said */
    bool timing;  /* \timing: say how long statements take */
    bool no_request_pipelining;
    bool live;             /* LIVE: push queries are tables that change in place */
    buffer last_statement; /* for \watch */
} sql_shell;

/* Lines that do not make a whole statement yet. Zeroed: a valid start. */
typedef struct sql_input {
    buffer pending;
    int line; /* number of the first pending line, from 0 */
    bool open_string;
    int statements, done; /* of a script, for its progress; else 0 */
} sql_input;

/* Adds a line (without its line break) and executes what is complete. False: a statement failed, or
 * was interrupted. */
bool sql_shell_feed(sql_shell *s, sql_input *input, slice line);
/* The input has ended: what is pending is executed although it has no semicolon. */
bool sql_shell_feed_end(sql_shell *s, sql_input *input);
/* Forgets what is pending (Ctrl-C). */
void sql_input_clear(sql_input *input);
/* A whole text; `source` as in sql_shell. */
bool sql_shell_run_text(sql_shell *s, slice text, const char *source);
bool sql_shell_run_file(sql_shell *s, const char *path);
/* One statement without its semicolon, in line `line` of its source (from 1). */
bool sql_shell_execute(sql_shell *s, slice statement, int line);
/* Says an error, with the place in the script. */
void sql_shell_complain(const sql_shell *s, int line, slice message);

/* ---- sql_request.c: what goes to the server ---- */

bool sql_request_statement(sql_shell *s, slice statement, int line);
/* SELECT and PRINT. */
bool sql_request_query(sql_shell *s, slice statement, bool bounded, int line);
/* Whether the server accepts a statement that only the shell keeps (SET). */
bool sql_request_check(sql_shell *s, slice statement, int line);
/* http_client_call; a person's server that does not listen (any more) is waited for. */
bool sql_request_call(sql_shell *s, const http_call *call, http_answer *answer, error *e);
/* Whether a server is there and lets us in; why not is said. */
bool sql_request_hello(sql_shell *s);
/* A request whose answer is only looked at: the JSON text of /ksql's or another path's answer, to
 * be freed by the caller. False without a word when there is none. */
bool sql_request_quietly(sql_shell *s, const char *path, slice statements, buffer *answer);

/* The same through another client than the shell's, which may be busy. */
bool sql_request_beside(
    sql_shell *s, http_client *client, const char *path, slice statements, buffer *answer);
/* The body of a request: the statement, which gets its semicolon, and what SET and DEFINE said. */
void sql_request_body(const sql_shell *s, slice statement, buffer *body);
/* What came of a query, said after its rows. `failure` and `last_message` are what the server said
 * at the end, or the NULL slice. False: it failed. */
bool sql_request_end(sql_shell *s, slice last_message, slice failure, const http_answer *answer,
    int line, const error *e);

/* ---- sql_live.c: LIVE ---- */

/* A push query as a table that changes in place. False: LIVE is off, nobody sits at a terminal, or
 * the statement is no query with a table to show. */
bool sql_live_query(sql_shell *s, slice statement, int line, bool *ok);

/* ---- local_commands.c ---- */

/* Executes one of the shell's own commands. False: `text` is none. */
bool local_command(sql_shell *s, slice text, bool *ok);

/* ---- backslash_commands.c ---- */

/* \d, \timing, ...: the command's name and what stands behind it. False: it failed. */
bool backslash_command(sql_shell *s, slice name, slice argument);

/* ---- completion.c ---- */

typedef struct completion completion;
completion *completion_create(sql_shell *s);
void completion_destroy(completion *c); /* NULL is allowed */
/* For the line editor: gives each word that may stand for the one that begins `word`. */
void completion_words(
    void *context, slice before, slice word, slice after, line_editor_offer *offer);

#endif
