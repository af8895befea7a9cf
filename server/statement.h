/* statement.h - what the executors of statements share. Private to server/.
 *
 * Each kind of statement is a function in one of the statement_*.c files. It gets the call, fills
 * in its answer, and on failure the error, with places relative to the text that was parsed.
 */
#ifndef SLUICE_SERVER_STATEMENT_H
#define SLUICE_SERVER_STATEMENT_H

#include "planner/planner.h"
#include "server/instance_parts.h"
#include "server/json_out.h"
#include "server/session.h"

struct session {
    instance *instance;
    property_list properties, variables;
    char *found; /* the last system property given by session_property */
    int script_depth;
    bool scripts_allowed; /* RUN SCRIPT may read this machine's files */
    bool read_only;
};

typedef struct statement_call {
    session *session;
    instance *instance;
    arena *arena;
    const ast_statement *statement;
    slice text; /* of the statement, with its semicolon */
    const session_stream *stream;
    session_result *result;
    slice warning; /* goes into the answer's "warnings"; NULL: none */
} statement_call;

typedef bool statement_executor(statement_call *call, error *e);

statement_executor statement_create_source, statement_create_as, statement_insert_select,
    statement_insert_values, statement_delete, statement_create_type, statement_drop_type,
    statement_alter_source, statement_alter_system, statement_drop_source, statement_describe,
    statement_explain, statement_show, statement_print, statement_pause, statement_terminate,
    statement_assert_topic, statement_assert_schema, statement_set, statement_define,
    statement_run_script, statement_select, statement_show_functions, statement_flink_create_table,
    statement_flink_create_view, statement_flink_create_function, statement_flink_drop,
    statement_flink_alter, statement_flink_show, statement_flink_describe, statement_flink_reset,
    statement_flink_settings, statement_flink_insert, statement_flink_set, statement_flink_select;

/* ---- planning ---- */

/* The planner's view of this session and its topics. `statement` is what will be planned. */
planner_options statement_planner_options(statement_call *call);
/* "CSAS_NAME_7" for what the statement makes; in the call's arena. */
slice statement_query_id(statement_call *call, slice target);
/* What the session has set, for a query that is being made. */
void statement_query_properties(statement_call *call, query_descriptor *query);
slice statement_property(void *call, slice name);
/* ERROR_NOT_FOUND with "did you mean" for a source that does not exist. The catalog is locked. */
bool statement_source_missing(statement_call *call, ast_name name, error *e);
/* Whether a node's column is a key column of the table it comes from, or a bound of its window,
 * passed on as it is. */
bool statement_is_key_column(const plan_node *node, int index);
/* Opens a planned query, paused. The plan is the engine's afterwards. */
running_query *statement_open_query(
    statement_call *call, plan *p, bool is_new, const topic_config *sink_topic, error *e);

/* Makes and starts a persistent query, and answers the statement. Takes the plan; its sink is the
 * source that is made, NULL for INSERT. */
bool statement_start_query(statement_call *call, plan *p, error *e);
/* Starts a query that gives its rows to the call's stream. `final_only`: those that are left when
 * it has ended. */
bool statement_start_push(
    statement_call *call, plan *p, query_options *options, bool final_only, error *e);

/* ---- answers ---- */

/* {"@type":type,"statementText":... ; the caller adds members, then ends it. */
void answer_begin(statement_call *call, buffer *out, const char *type);
/* ,"warnings":[]} and makes it the call's answer; frees the buffer. */
void answer_end(statement_call *call, buffer *out, const char *type, slice message);
/* currentStatus: commandId "kind/name/verb". */
void answer_status(statement_call *call, const char *kind, slice name, const char *verb,
    slice message, slice query_id);
/* A warning_entity: nothing was done, and why. */
void answer_warning(statement_call *call, slice message);

/* ---- names of things ---- */

const char *source_kind_name(source_kind kind);  /* "stream" */
const char *source_kind_title(source_kind kind); /* "STREAM" */
const char *window_kind_name(window_kind kind);  /* "TUMBLING"; NULL for none */
const char *query_state_name(query_state state);

/* The id of a job that runs and uses the table; the NULL slice: none does. The catalog is locked.
 */
slice statement_flink_user_of(statement_call *call, slice table);

#endif
