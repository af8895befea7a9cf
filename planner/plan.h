/* plan.h - the physical plan: a read-only DAG of operators that ends in a sink.
 *
 * Every node says what rows it gives: `columns`, of which the first `key_count` are the key,
 * whether they are windowed, and how they change (append, upsert, retract). Input columns are found
 * by index. The executor makes one operator of each node for each partition it runs (a task is one
 * partition of the part of the DAG between two exchanges). A plan lives in an arena of its own and
 * is never stored: the catalog keeps the SQL, and it is planned again at start.
 */
#ifndef SLUICE_PLANNER_PLAN_H
#define SLUICE_PLANNER_PLAN_H

#include "catalog/catalog.h"
#include "planner/expression.h"

/* Their numbers are part of what tells one layout of state from another (state_layout.h): new ones
 * stand at the end. */
typedef enum plan_kind {
    PLAN_SOURCE, /* decodes a topic */
    PLAN_SCAN,   /* the rows of a materialized table at one moment (pull queries) */
    PLAN_FILTER,
    PLAN_PROJECT,
    PLAN_TABLE_FUNCTION, /* EXPLODE and its like: input columns plus one column a call */
    PLAN_EXCHANGE,       /* to the partition of the key; an internal topic or memory */
    PLAN_EXPIRE,         /* a table's keys that nothing has touched for long are deleted */
    PLAN_NORMALIZE,      /* keeps the last row of each key: upserts become -1 old, +1 new */
    PLAN_AGGREGATE,
    PLAN_STREAM_JOIN, /* stream-stream, windowed */
    PLAN_STREAM_TABLE_JOIN,
    PLAN_TABLE_JOIN, /* table-table, by primary key */
    PLAN_FOREIGN_KEY_JOIN,
    PLAN_FINAL,    /* EMIT FINAL: holds windowed results until the window closes */
    PLAN_CHANGES,  /* a table's changes as a stream of rows */
    PLAN_DISTINCT, /* SELECT DISTINCT: each row once */
    PLAN_SORT,     /* ORDER BY [LIMIT] of a bounded plan */
    PLAN_LIMIT,
    PLAN_SINK,
    /* The relational operators of the Flink dialect. Their rows have no key columns (key_count 0),
     * and their modes are APPEND and RETRACT: a -1 is the whole old row. */
    PLAN_WATERMARK,        /* rowtimes and watermarks from a column */
    PLAN_WINDOW,           /* TUMBLE, HOP, CUMULATE: a row once for each of its windows */
    PLAN_WINDOW_AGGREGATE, /* groups of windows: a row when its window closes, and never again */
    PLAN_GROUP_AGGREGATE,  /* groups without windows: rows that change */
    PLAN_JOIN,             /* by equal columns and a condition; both inputs may retract */
    PLAN_INTERVAL_JOIN,    /* JOIN whose rows are forgotten when none can match any more */
    PLAN_WINDOW_JOIN,      /* JOIN of rows of the same window, when it closes */
    PLAN_TEMPORAL_JOIN,    /* with the version of a table at the row's time */
    PLAN_TOP_N,            /* the first rows of each partition in some order */
    PLAN_OVER,             /* aggregates over the rows before each row */
    PLAN_TEMPORAL_SORT,    /* ORDER BY time: rows wait for the watermark */
    PLAN_UNION,            /* both inputs' rows */
    PLAN_MATCH,            /* MATCH_RECOGNIZE */
    PLAN_UPSERT,           /* the last row of each key, where changes of a key may overtake */
    PLAN_HASH_JOIN,        /* of bounded tables by any equalities (pull queries) */
    PLAN_RECORDS,          /* takes the source's record, the input's last column, out of the rows */
} plan_kind;

typedef enum changelog_mode {
    CHANGELOG_APPEND,  /* a stream: +1 rows (and CHANGE_EMPTY records) */
    CHANGELOG_UPSERT,  /* a table: +1 is the new row of its key, -1 (key columns only) deletes it */
    CHANGELOG_RETRACT, /* a table: -1 is the whole old row, +1 the new one, side by side */
} changelog_mode;

typedef enum join_kind {
    JOIN_INNER,
    JOIN_LEFT,
    JOIN_RIGHT,
    JOIN_FULL,
    JOIN_SEMI, /* left rows that have a match; the left columns only */
    JOIN_ANTI, /* left rows that have none */
} join_kind;

typedef struct plan_column {
    slice name;
    const sql_type *type;
} plan_column;

typedef struct plan_window {
    window_kind kind;     /* WINDOW_NONE: not windowed */
    int64_t size_ms;      /* SESSION: the inactivity gap */
    int64_t advance_ms;   /* HOPPING */
    int64_t grace_ms;     /* the default (24 h minus size, at least 0) is filled in */
    int64_t retention_ms; /* at least size + grace */
} plan_window;

typedef struct plan_aggregate {
    const function_overload *function;
    const function_descriptor *descriptor;
    int argument_count;
    const int *arguments; /* input columns */
    const column *const
        *constants; /* one row each: initial (literal) arguments, as of TOPK(x, 3) */
    int constant_count;
    const sql_type *result;
    int64_t element_limit; /* COLLECT_LIST, COLLECT_SET: the property's value; 0: the default */
} plan_aggregate;

/* ---- relational operators (Flink dialect) ---- */

typedef enum plan_window_function {
    PLAN_WINDOW_TUMBLE,
    PLAN_WINDOW_HOP,
    PLAN_WINDOW_CUMULATE,
    PLAN_WINDOW_SESSION,
    PLAN_WINDOW_ATTACHED, /* the input has windows already: their bounds are columns */
} plan_window_function;

typedef struct plan_time_window {
    plan_window_function function;
    bool processing_time; /* by the wall clock; `time` is -1 */
    int time;             /* input column, a TIMESTAMP */
    int64_t size_ms;      /* SESSION: the gap */
    int64_t step_ms;      /* HOP: the slide; CUMULATE: the step */
    int64_t offset_ms;
    int start, end; /* ATTACHED: input columns */
} plan_time_window;

typedef struct plan_call {
    const function_overload *function; /* an aggregate, as function_find_flink sees it */
    const function_descriptor *descriptor;
    int argument_count;
    const int *arguments; /* input columns */
    const column *const *constants;
    int constant_count;
    const sql_type *result;
    int filter; /* a BOOLEAN input column: only rows where it is true count; -1: none */
    bool distinct;
} plan_call;

typedef struct plan_order {
    int column;
    bool descending, nulls_first;
} plan_order;

typedef struct plan_frame {
    bool is_range;     /* by time; else by rows */
    bool is_unbounded; /* from the first row on */
    int64_t preceding; /* rows or ms; the frame ends with the current row */
} plan_frame;

typedef enum plan_pattern_kind {
    PLAN_PATTERN_VARIABLE, /* index */
    PLAN_PATTERN_CONCATENATION,
    PLAN_PATTERN_ALTERNATION,
    PLAN_PATTERN_QUANTIFIED, /* items[0] */
} plan_pattern_kind;

typedef struct plan_pattern plan_pattern;
struct plan_pattern {
    plan_pattern_kind kind;
    int variable;
    int count;
    const plan_pattern *const *items;
    int64_t least, most; /* most -1: no bound */
    bool reluctant;
};

/* What an expression of DEFINE or MEASURES reads. The expression is over a row of these values:
 * column i of its input is terms[i]. */
typedef enum plan_match_term_kind {
    PLAN_MATCH_FIRST,     /* FIRST(v.c, offset) */
    PLAN_MATCH_LAST,      /* LAST(v.c, offset); v.c is LAST(v.c, 0) */
    PLAN_MATCH_AGGREGATE, /* an aggregate of all rows mapped to v */
} plan_match_term_kind;

typedef struct plan_match_term {
    plan_match_term_kind kind;
    int variable; /* -1: any row of the match */
    int column;   /* input column; -1: COUNT(*) */
    int64_t offset;
    plan_call call; /* AGGREGATE: its arguments are columns of `row` */
    const sql_type *type;
} plan_match_term;

typedef struct plan_match_expression {
    const expression *expression; /* over the terms; NULL: always true */
    int term_count;
    const plan_match_term *terms;
} plan_match_expression;

typedef enum plan_skip {
    PLAN_SKIP_PAST_LAST_ROW,
    PLAN_SKIP_TO_NEXT_ROW,
    PLAN_SKIP_TO_FIRST,
    PLAN_SKIP_TO_LAST,
} plan_skip;

typedef struct plan_node plan_node;

struct plan_node {
    plan_kind kind;
    int id; /* index in plan.nodes; inputs come before their consumers */
    int column_count;
    const plan_column *columns;
    int key_count; /* the first columns are the key */
    changelog_mode mode;
    window_kind window; /* of the rows: WINDOW_NONE, or bounds are part of the key */
    int64_t window_size_ms;
    int input_count;
    plan_node *inputs[2];
    bool needs_source; /* someone below reads ROWPARTITION or ROWOFFSET */
    bool needs_headers;
    /* Name of the store this node keeps its state in ("Aggregate-Materialize", ...), unique in the
     * plan and stable when the same SQL is planned again. NULL: no state. */
    slice store;
    union {
        struct {
            const source_descriptor *source; /* copied into the plan's arena */
            const int *source_columns;       /* for each output column: index in source->columns */
            const bool *wanted; /* which output columns someone reads; others are NULL in batches */
            int input_index;    /* its place in plan.sources */
        } source;
        struct {
            slice query_id, table_store; /* whose store to read */
            const source_descriptor *source;
            /* Key lookups: rows of constants, one column a key column; NULL: the whole table. */
            column *const *keys;
            int64_t lookup_count;
            bool by_join; /* the HASH_JOIN behind it looks up the keys of its other side */
            /* Inclusive bounds on the window's start and end; INT64_MIN/MAX when open. */
            int64_t start_from_ms, start_to_ms, end_from_ms, end_to_ms;
        } scan;
        struct {
            const expression *predicate;
        } filter;
        struct {
            const expression *const *expressions; /* one an output column */
        } project;
        struct {
            const function_binding *const *calls;
            const expression *const *const *arguments; /* arguments[call][i] */
            int call_count;
        } table_function;
        struct {
            slice topic; /* name of the internal topic, ending in -repartition */
            int32_t partitions;
            slice key_format; /* partitions are those of the key in this format */
        } exchange;
        struct {
            plan_window window;
            const plan_aggregate *aggregates; /* output: the key columns, then one column each */
            int aggregate_count;
            int64_t pane_ms; /* HOPPING windows are made of panes so long (window_panes.h); 0: no */
            int64_t ttl_ms; /* groups that no row has touched for so long are forgotten; 0: never */
            /* For plan.late_topic: input columns with the source's records, counted from 1; 0:
             * none. The first that is not null is the late row's. */
            int records[2];
        } aggregate;
        struct {
            int64_t ttl_ms; /* of event time without a change; DISTINCT: 0: for ever */
        } expire;
        /* Output: key_count key columns (the join key, from whichever side has it), then all
         * columns of inputs[0], then all columns of inputs[1]; a side without a match is null. */
        struct {
            join_kind kind;
            int64_t before_ms,
                after_ms; /* STREAM_JOIN: right.time in [left.time - before, left.time + after] */
            int64_t
                ttl_ms; /* STREAM_TABLE_JOIN: older rows of the table are not there; 0: all are */
            int64_t grace_ms; /* -1: not given (24 h, and outer rows come at once) */
            /* FOREIGN_KEY_JOIN: over inputs[0]'s columns, one for each key column of inputs[1] */
            const expression *const *foreign_keys;
            int foreign_key_count;
            /* STREAM_JOIN, for plan.late_topic: each input's column with its record, counted from
             * 1; 0: none. */
            int records[2];
            bool keeps_records; /* someone behind the join reads them */
        } join;
        struct {
            int64_t grace_ms;
        } final;
        struct {
            const int *columns;
            const bool *descending, *nulls_first;
            int count;
        } sort;
        struct {
            int64_t limit; /* -1: none */
            int64_t offset;
        } limit;
        struct {
            const source_descriptor
                *sink; /* what is written (CREATE SOURCE TABLE: only materialized); NULL: rows
                          go to the query's own callback */
            slice table_store; /* materialized rows for pull queries; NULL: none */
            /* Or they are made of this AGGREGATE's groups when they are asked for, by the nodes
             * between it and the sink (table_rows.h); else NULL. */
            const plan_node *groups;
        } sink;
        /* Output: the input's columns. The batch's rowtimes become the time column's values. After
         * each batch the watermark is the largest value of `watermark` so far; at the end of a
         * bounded input it is INT64_MAX. Watermarks of partitions meet at an exchange: the least
         * counts. */
        struct {
            int time;
            const expression *watermark; /* a TIMESTAMP over the columns */
            int64_t idle_ms; /* a partition silent for so long is not waited for; 0: it is */
        } watermark;
        /* Output: the input's columns, then window_start, window_end, window_time (TIMESTAMP; the
         * last is end - 1 ms). */
        struct {
            plan_time_window window;
        } time_window;
        /* Output: the grouping columns, one column a call, then (WINDOW_AGGREGATE) window_start,
         * window_end, window_time. A group whose key is NULL is a group. GROUP_AGGREGATE without
         * grouping columns has one group; rows of it come with its first row. With a RETRACT input,
         * a group without rows is deleted. WINDOW_AGGREGATE takes and gives APPEND rows: a row
         * whose windows have closed is late. */
        struct {
            plan_time_window window;
            int group_count;
            const int *groups; /* input columns */
            int call_count;
            const plan_call *calls;
            int64_t ttl_ms;
            /* GROUP_AGGREGATE: results are given when so many rows have come since the last time
             * (1: with each row), and at barriers; 0: at barriers. */
            int64_t result_rows;
        } group;
        /* Output: the input's columns but the last. With for_late the next operator drops late
         * rows, and gets that column beside the batch (batch.records). */
        struct {
            bool for_late;
        } records;
        /* Output: all columns of inputs[0], then (but for SEMI and ANTI) all of inputs[1]. NULLs
         * are not equal unless null_safe says so. */
        struct {
            join_kind kind;
            int key_count;
            const int *left_keys, *right_keys; /* input columns of equal types */
            const bool *null_safe;             /* IS NOT DISTINCT FROM; NULL: none is */
            const expression *condition;       /* over both inputs' columns; NULL: none */
            /* INTERVAL_JOIN: right time in [left time - before, left time + after]. */
            int left_time, right_time;
            int64_t before_ms, after_ms;
            int left_window_end, right_window_end; /* WINDOW_JOIN */
            /* JOIN: a side's rows are matched no more once the other side's watermark has come to
             * their time + leaves_after_ms. leaving_time: its column, counted from 1; 0: they stay.
             * Only where no row is taken back. */
            int leaving_time[2];
            int64_t leaves_after_ms[2];
            int64_t ttl_ms[2]; /* JOIN: of each side's rows */
        } relational_join;
        /* Rows of inputs[0] with the row of inputs[1], a table with a key, as it was at left_time
         * (or, with left_time -1, is now). Kinds INNER and LEFT. Output as of a join. */
        struct {
            join_kind kind;
            int key_count;
            const int *left_keys, *right_keys;
            const expression *condition;
            int left_time, right_time;
            int64_t ttl_ms; /* of the right rows of a key that no row has touched */
        } temporal_join;
        /* Output: the input's columns, then, with has_rank, the rank (BIGINT, from 1). The rank is
         * ROW_NUMBER: rows that compare equal are in the order of their coming. */
        struct {
            int partition_count;
            const int *partition;
            int order_count;
            const plan_order *order;
            int64_t from, to; /* ranks, from 1, inclusive; to -1: no bound */
            bool has_rank;
            bool newest_first; /* of rows in the same place the one that came last is first */
            int window_end; /* of a window Top-N: rows come when the window closes; -1: at once */
            int64_t ttl_ms;
            int64_t result_rows; /* as in `group` */
        } top_n;
        /* Output: the input's columns, then one a call. Rows wait for the watermark to be in order
         * of `time`; with processing time (-1) they are in the order of their coming. */
        struct {
            int partition_count;
            const int *partition;
            int time;
            plan_frame frame;
            int call_count;
            const plan_call *calls;
            int64_t ttl_ms;
        } over;
        struct {
            int time;
            int order_count; /* behind the time */
            const plan_order *order;
        } temporal_sort;
        /* Output: the partition columns, then one column a measure. */
        struct {
            int partition_count;
            const int *partition;
            int time;
            int order_count; /* behind the time */
            const plan_order *order;
            const plan_pattern *pattern;
            int variable_count;
            const slice *variables;
            const plan_match_expression *defines; /* one a variable */
            int measure_count;
            const plan_match_expression *measures;
            int64_t within_ms; /* less than this from the first to the last row; 0: no bound */
            plan_skip skip;
            int skip_variable;
        } match;
        /* Output: the input's columns; the last row that was added under each key and not taken
         * back since. */
        struct {
            int key_count;
            const int *keys;
            int64_t ttl_ms;
        } upsert;
        struct {
            int64_t ttl_ms; /* by the wall clock since a key's last row */
        } normalize;
    };
};

typedef struct plan {
    arena *arena;
    slice query_id; /* CSAS_NAME_1, CTAS_NAME_2, INSERTQUERY_3, transient_... */
    slice sql;
    int node_count;
    plan_node *const *nodes; /* topological order; the last one is the sink */
    int source_count;
    plan_node *const *sources;
    const source_descriptor
        *sink;          /* what CREATE ... AS SELECT makes; NULL for INSERT and transient queries */
    slice late_topic;   /* where the records of late rows go; NULL: they are only counted */
    int64_t latency_ms; /* a commit that gives what was held back comes after so long; 0: as the
                           query's options say */
    int64_t limit;      /* LIMIT of a push query; -1: none */
    bool is_pull;
    int64_t fingerprint;      /* of the state's layout */
    struct plan_owned *owned; /* literals to destroy with the plan */
} plan;

/* In source.source_columns: not a column of the source but its whole record, packed
 * (executor/late.h). */
enum { PLAN_RECORD_COLUMN = -1 };

/* Destroys the plan, its literals and its arena. NULL is allowed. */
void plan_destroy(plan *p);
/* Makes the plan destroy a literal's column; returns it. */
column *plan_own_column(plan *p, column *c);
/* EXPLAIN: the DAG as an indented tree, sink first. */
void plan_format(const plan *p, buffer *out);
/* One node of it, without a line break. */
void plan_format_node(const plan *p, const plan_node *node, buffer *out);

#endif
