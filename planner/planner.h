/* planner.h - from statements to descriptors and plans.
 *
 * The planner checks a parsed statement against the catalog and says what it would make: a source
 * descriptor (CREATE STREAM / TABLE over a topic, ALTER), a physical plan (everything with a
 * SELECT), or typed constants (INSERT VALUES, ASSERT VALUES). It changes nothing: the caller
 * commits what it gets.
 *
 * Every function is given a catalog that the caller holds a lock on and keeps no state, so any
 * thread may call. What it returns never points into the catalog or the AST: it lives in the
 * arena given (which the caller owns), or, for plans, in the plan itself. On failure it returns
 * false (or NULL) and fills the error with a place in the statement's text, the reason, and a hint.
 */
#ifndef SLUICE_PLANNER_PLANNER_H
#define SLUICE_PLANNER_PLANNER_H

#include "parser/ast.h"
#include "planner/plan.h"

typedef struct planner_topic {
    int32_t partitions;
    int16_t replicas;
    int64_t retention_ms; /* -1: the system's default */
} planner_topic;

/* What a query may ask of an aggregate function beyond adding rows up. */
typedef enum aggregate_need {
    AGGREGATE_UNDO,         /* taking a row back: over tables */
    AGGREGATE_MERGE,        /* making one of two groups: SESSION windows */
    AGGREGATE_IN_ANY_ORDER, /* the same result, however rows are ordered and divided: panes */
} aggregate_need;

/* What the planner asks about the world. Callbacks may be NULL: no properties are set, no topic
 * exists, no schema can be inferred. */
typedef struct planner_options {
    void *context; /* handed to the callbacks */
    /* A property of the session or else the system ("ksql.persistence.default.format.value"), or
     * the NULL slice. Must stay valid during the call. */
    slice (*property)(void *context, slice name);
    /* Whether the topic exists, and how it is made. */
    bool (*topic)(void *context, slice topic, planner_topic *out);
    /* The columns a schema registry knows for a topic's keys or values; called where a format has
     * a registry and the statement gives no columns of that kind, or a schema id. Names and types
     * go into the arena; roles are filled in by the planner. */
    bool (*infer_columns)(void *context, slice topic, bool is_key, const source_format *format,
        arena *a, source_column **columns, int *count, error *e);
    /* The value of an expression without columns, one row, owned by the caller; NULL where it
     * cannot be computed. Lets pull queries look keys up that are computed. */
    column *(*constant)(void *context, const expression *e);
    bool (*aggregate_can)(void *context, const function_overload *aggregate, aggregate_need need);
    /* Whether a TIMESTAMP_FORMAT can be read; says what is wrong with it. */
    bool (*time_format)(void *context, slice pattern, error *e);
} planner_options;

/* ---- sources ---- */

/* What CREATE STREAM or CREATE TABLE (without AS SELECT) makes; also for ASSERT STREAM / TABLE,
 * which need no existing topic. Does not look whether the name is taken (the caller knows IF NOT
 * EXISTS and OR REPLACE). */
bool planner_create_source(const ast_statement *statement, const catalog *catalog,
    const planner_options *options, arena *a, source_descriptor **out, error *e);
/* What CREATE TABLE of the Flink dialect makes. */
bool planner_flink_table(const ast_statement *statement, const catalog *catalog,
    const planner_options *options, arena *a, source_descriptor **out, error *e);
/* What ALTER STREAM / TABLE makes of the source: a descriptor with the new columns. */
bool planner_alter_source(const ast_statement *statement, const catalog *catalog, arena *a,
    source_descriptor **out, error *e);
/* Whether `after` may replace `before` (CREATE OR REPLACE): same kind, topic, formats and keys, and
 * no value column lost or changed. */
bool planner_check_replace(
    const source_descriptor *before, const source_descriptor *after, source_span span, error *e);
/* What a written type means, with the catalog's custom types. NULL on error. */
const sql_type *planner_resolve_type(
    const ast_type *type, const catalog *catalog, arena *a, error *e);

/* ---- queries ---- */

/* Plans a statement that runs a query:
 * - CREATE STREAM / TABLE ... AS SELECT: plan->sink is the source to create;
 * - INSERT INTO ... SELECT: the plan's last node writes the existing source;
 * - SELECT ... EMIT: a push query, the last node gives rows to the query's own callback;
 * - SELECT without EMIT: a pull query, plan->is_pull;
 * - CREATE SOURCE TABLE: the query that materializes the table (nothing is written to a topic).
 * The caller destroys the plan. */
bool planner_plan_query(const ast_statement *statement, const catalog *catalog,
    const planner_options *options, slice query_id, plan **out, error *e);

/* The same for the Flink dialect:
 * - a query: the last node gives rows to the query's own callback;
 * - INSERT INTO: the plan's last node writes the existing table; of a statement set each INSERT is
 *   a plan of its own (an ast_statement of kind FLINK_INSERT);
 * - EXPLAIN of either. */
bool planner_plan_flink(const ast_statement *statement, const catalog *catalog,
    const planner_options *options, slice query_id, plan **out, error *e);

/* The kind of query id a statement's query has: "CSAS", "CTAS", "INSERTQUERY", "CST", "transient",
 * and "INSERT" in the Flink dialect;
 * NULL when the statement runs none. */
const char *planner_query_prefix(const ast_statement *statement);
/* INSERT INTO ... WITH (QUERY_ID='x') names its query; the NULL slice otherwise. */
slice planner_given_query_id(const ast_statement *statement);

/* ---- values ---- */

/* One row of VALUES: constant expressions of the columns' types. */
typedef struct planner_row {
    source_span span;
    const expression *const *values; /* one a column of the source; NULL: not given */
    const expression *rowtime, *rowpartition, *rowoffset; /* NULL: not given */
    const expression *windowstart, *windowend;            /* NULL: not given (ASSERT VALUES only) */
} planner_row;

typedef struct planner_values {
    const source_descriptor *source; /* in the arena */
    const planner_row *rows;
    int row_count;
    struct plan_owned *owned; /* literals, freed by planner_values_free */
} planner_values;

/* INSERT INTO ... VALUES: the columns exist, may be written, and every expression is a constant
 * that fits its column. */
bool planner_insert_values(const ast_statement *statement, const catalog *catalog, arena *a,
    planner_values *out, error *e);
/* DELETE: one row with the values of the key columns, from constants that fit them; the others are
 * NULL. */
bool planner_delete(const ast_statement *statement, const catalog *catalog, arena *a,
    planner_values *out, error *e);
/* The same for ASSERT VALUES and ASSERT NULL VALUES, which may also name window bounds. */
bool planner_assert_values(const ast_statement *statement, const catalog *catalog, arena *a,
    planner_values *out, error *e);
void planner_values_free(planner_values *values);

#endif
