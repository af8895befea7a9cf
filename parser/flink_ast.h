/* flink_ast.h - what the Flink dialect says beyond ast.h: queries that nest, and its statements.
 *
 * The conventions are those of ast.h, but names keep the case they were written in, quoted or not.
 * Expressions are ast_expression; the kinds that only this dialect writes are at the end of
 * ast_expression_kind. `a.b` is an AST_EXPRESSION_COLUMN with qualifier a, whether a is a table or
 * a column of type ROW; every further `.c` is an AST_EXPRESSION_DEREFERENCE.
 */
#ifndef SLUICE_PARSER_FLINK_AST_H
#define SLUICE_PARSER_FLINK_AST_H

#include "parser/ast.h"

typedef struct flink_query flink_query;
typedef struct flink_relation flink_relation;

/* ---- expressions ---- */

typedef enum flink_frame_bound_kind {
    FLINK_UNBOUNDED_PRECEDING,
    FLINK_PRECEDING, /* value: rows, or an INTERVAL */
    FLINK_CURRENT_ROW,
    FLINK_FOLLOWING,
    FLINK_UNBOUNDED_FOLLOWING,
} flink_frame_bound_kind;

typedef struct flink_frame_bound {
    flink_frame_bound_kind kind;
    ast_expression *value; /* PRECEDING, FOLLOWING */
} flink_frame_bound;

/* OVER (...), or OVER name. */
typedef struct flink_over flink_over;
struct flink_over {
    source_span span;
    ast_name base; /* a window of the WINDOW clause; optional */
    ast_expression_list partition_by;
    ast_order_list order_by;
    bool has_frame, is_range; /* is_range: RANGE, else ROWS */
    flink_frame_bound from, to;
};

/* ---- hints ---- */

/* NAME('k' = 'v', ...) or NAME(t, u) of a comment that begins with a plus. Which names there are is
 * the planner's to know. */
typedef struct flink_hint {
    ast_name name;
    ast_property_list options;
    ast_name_list words; /* tables, or 'text's */
} flink_hint;

typedef struct flink_hint_list {
    flink_hint *items;
    int count;
} flink_hint_list;

/* ---- relations ---- */

typedef enum flink_relation_kind {
    FLINK_RELATION_NAME,     /* a table or view, with hints and FOR SYSTEM_TIME AS OF */
    FLINK_RELATION_QUERY,    /* ( query ), LATERAL or not */
    FLINK_RELATION_VALUES,   /* ( VALUES (...), ... ) */
    FLINK_RELATION_WINDOW,   /* TABLE(TUMBLE(TABLE t, DESCRIPTOR(c), ...)) */
    FLINK_RELATION_FUNCTION, /* [LATERAL] TABLE(f(...)) */
    FLINK_RELATION_UNNEST,   /* UNNEST(e) [WITH ORDINALITY] */
    FLINK_RELATION_JOIN,
    FLINK_RELATION_MATCH, /* t MATCH_RECOGNIZE (...) */
} flink_relation_kind;

typedef enum flink_join_kind {
    FLINK_JOIN_CROSS, /* CROSS JOIN, and the comma */
    FLINK_JOIN_INNER,
    FLINK_JOIN_LEFT,
    FLINK_JOIN_RIGHT,
    FLINK_JOIN_FULL,
    FLINK_JOIN_LEFT_SEMI,
    FLINK_JOIN_LEFT_ANTI,
} flink_join_kind;

typedef enum flink_window_function {
    FLINK_WINDOW_TUMBLE,
    FLINK_WINDOW_HOP,
    FLINK_WINDOW_CUMULATE,
    FLINK_WINDOW_SESSION,
} flink_window_function;

/* The arguments of a windowing table function, in Flink's order or by name (SIZE => ...). Durations
 * are constant expressions, NULL where they were not given. */
typedef struct flink_window_call {
    source_span span;
    flink_window_function function;
    flink_relation *input;      /* TABLE name, or TABLE(query) */
    ast_name_list partition_by; /* SESSION: TABLE t PARTITION BY c */
    ast_name time;              /* DESCRIPTOR(c) */
    ast_expression *size;       /* TUMBLE, HOP; CUMULATE's largest; SESSION's gap */
    ast_expression *step;       /* HOP's slide, CUMULATE's step */
    ast_expression *offset;
} flink_window_call;

/* ---- MATCH_RECOGNIZE ---- */

typedef enum flink_pattern_kind {
    FLINK_PATTERN_VARIABLE,
    FLINK_PATTERN_CONCATENATION, /* items */
    FLINK_PATTERN_ALTERNATION,   /* items */
    FLINK_PATTERN_QUANTIFIED,    /* items[0]{least, most} */
} flink_pattern_kind;

typedef struct flink_pattern flink_pattern;
struct flink_pattern {
    flink_pattern_kind kind;
    source_span span;
    ast_name variable;
    flink_pattern **items;
    int count;
    int64_t least, most; /* most -1: no bound */
    bool reluctant;      /* *? +? {n,m}? */
    bool grouped;        /* written in parentheses of its own */
};

typedef enum flink_skip {
    FLINK_SKIP_PAST_LAST_ROW,
    FLINK_SKIP_TO_NEXT_ROW,
    FLINK_SKIP_TO_FIRST, /* variable */
    FLINK_SKIP_TO_LAST,  /* variable */
} flink_skip;

typedef struct flink_define {
    ast_name variable;
    ast_expression *condition;
} flink_define;

typedef struct flink_define_list {
    flink_define *items;
    int count;
} flink_define_list;

typedef struct flink_match {
    source_span span;
    flink_relation *input;
    ast_expression_list partition_by;
    ast_order_list order_by;
    ast_select_list measures; /* EXPRESSION items with aliases */
    bool all_rows;            /* ALL ROWS PER MATCH: refused by the planner, as Flink does */
    flink_skip skip;
    ast_name skip_variable;
    flink_pattern *pattern;
    ast_expression *within; /* an INTERVAL, or NULL */
    flink_define_list defines;
} flink_match;

struct flink_relation {
    flink_relation_kind kind;
    source_span span;
    ast_name alias;        /* optional */
    ast_name_list columns; /* AS t (a, b) */
    flink_hint_list hints; /* NAME */
    bool lateral;
    union {
        struct {
            ast_name name;
            ast_expression *as_of; /* FOR SYSTEM_TIME AS OF e; or NULL */
        } named;
        flink_query *query;
        ast_row_list values;
        flink_window_call *window;
        ast_expression *function; /* an AST_EXPRESSION_CALL */
        struct {
            ast_expression *operand;
            bool ordinality;
        } unnest;
        struct {
            flink_join_kind kind;
            flink_relation *left, *right;
            ast_expression *on;  /* or NULL */
            ast_name_list using; /* USING (a, b) */
            bool natural;        /* by the columns that both sides have */
        } join;
        flink_match *match;
    };
};

/* ---- queries ---- */

typedef enum flink_body_kind {
    FLINK_BODY_SELECT,
    FLINK_BODY_VALUES, /* VALUES (1, 'a'), (2, 'b') */
    FLINK_BODY_SET,    /* left UNION right */
    FLINK_BODY_QUERY,  /* ( query ) */
} flink_body_kind;

typedef enum flink_set_operator { FLINK_UNION, FLINK_INTERSECT, FLINK_EXCEPT } flink_set_operator;

typedef struct flink_grouping {
    enum { FLINK_GROUP_EXPRESSION, FLINK_GROUP_ROLLUP, FLINK_GROUP_CUBE, FLINK_GROUP_SETS } kind;
    source_span span;
    ast_expression_list items; /* EXPRESSION: one; ROLLUP and CUBE: their columns */
    ast_expression_list *sets; /* SETS: each a list, perhaps empty */
    int set_count;
} flink_grouping;

typedef struct flink_grouping_list {
    flink_grouping *items;
    int count;
} flink_grouping_list;

typedef struct flink_named_window {
    ast_name name;
    flink_over over;
} flink_named_window;

typedef struct flink_named_window_list {
    flink_named_window *items;
    int count;
} flink_named_window_list;

typedef struct flink_select {
    source_span span;
    flink_hint_list hints;
    bool distinct;
    ast_select_list select;
    flink_relation *from;  /* NULL: SELECT 1 */
    ast_expression *where; /* or NULL */
    bool has_group_by;
    flink_grouping_list group_by;
    ast_expression *having; /* or NULL */
    flink_named_window_list windows;
} flink_select;

typedef struct flink_body flink_body;
struct flink_body {
    flink_body_kind kind;
    source_span span;
    union {
        flink_select *select;
        ast_row_list values;
        struct {
            flink_set_operator operation;
            bool all;
            flink_body *left, *right;
        } set;
        flink_query *query;
    };
};

typedef struct flink_common_table {
    ast_name name;
    ast_name_list columns;
    flink_query *query;
} flink_common_table;

typedef struct flink_common_table_list {
    flink_common_table *items;
    int count;
} flink_common_table_list;

struct flink_query {
    source_span span;
    flink_common_table_list with;
    flink_body *body;
    ast_order_list order_by;
    int64_t limit, offset; /* -1: not written; FETCH FIRST n ROWS ONLY is a limit */
};

/* ---- statements ---- */

typedef enum flink_column_kind {
    FLINK_COLUMN_PHYSICAL,
    FLINK_COLUMN_COMPUTED, /* name AS expression */
    FLINK_COLUMN_METADATA, /* name TYPE METADATA [FROM 'key'] [VIRTUAL] */
} flink_column_kind;

typedef struct flink_column {
    source_span span;
    flink_column_kind kind;
    ast_name name;
    ast_type *type;
    bool not_null;
    bool primary_key; /* name TYPE PRIMARY KEY NOT ENFORCED */
    ast_expression *expression;
    slice metadata_key; /* NULL: the column's name */
    bool is_virtual;
} flink_column;

typedef struct flink_column_list {
    flink_column *items;
    int count;
} flink_column_list;

/* What LIKE copies. */
typedef enum flink_like_part {
    FLINK_LIKE_CONSTRAINTS,
    FLINK_LIKE_DISTRIBUTION,
    FLINK_LIKE_GENERATED,
    FLINK_LIKE_METADATA,
    FLINK_LIKE_OPTIONS,
    FLINK_LIKE_PARTITIONS,
    FLINK_LIKE_WATERMARKS,
    FLINK_LIKE_PARTS,
} flink_like_part;

/* The word of a part: "CONSTRAINTS". */
const char *flink_like_part_name(flink_like_part part);

/* CREATE [TEMPORARY] TABLE. */
typedef struct flink_create_table {
    bool temporary, if_not_exists;
    ast_name name;
    flink_column_list columns;
    ast_name watermark_column;            /* optional */
    ast_expression *watermark_expression; /* of WATERMARK FOR c AS e */
    ast_name_list primary_key;
    ast_name_list partitioned_by;
    slice comment;
    ast_property_list options;
    ast_name like;              /* LIKE t; optional */
    unsigned like_excludes;     /* 1 << flink_like_part */
    bool like_includes_options; /* written so: an option of both is an error */
    flink_query *as;            /* CREATE TABLE ... AS query; or NULL */
} flink_create_table;

typedef struct flink_create_view {
    bool temporary, or_replace, if_not_exists;
    ast_name name;
    ast_name_list columns;
    slice comment;
    flink_query *query;
} flink_create_view;

/* CREATE FUNCTION name AS 'class': binds a name to a function of a library, or of our own. */
typedef struct flink_create_function {
    bool temporary, if_not_exists;
    ast_name name;
    slice class_name;
} flink_create_function;

typedef struct flink_insert {
    source_span span;
    ast_name target;
    flink_hint_list hints;
    bool overwrite;
    ast_name_list columns;       /* optional */
    ast_property_list partition; /* PARTITION (c = v) */
    flink_query *query;
} flink_insert;

/* EXECUTE STATEMENT SET BEGIN insert; insert; END. */
typedef struct flink_statement_set {
    flink_insert *items;
    int count;
} flink_statement_set;

typedef enum flink_drop_kind {
    FLINK_DROP_TABLE,
    FLINK_DROP_VIEW,
    FLINK_DROP_FUNCTION
} flink_drop_kind;

typedef struct flink_drop {
    flink_drop_kind kind;
    bool temporary, if_exists;
    ast_name name;
} flink_drop;

typedef enum flink_alter_kind {
    FLINK_ALTER_RENAME, /* new_name */
    FLINK_ALTER_SET,    /* options */
    FLINK_ALTER_RESET,  /* keys */
} flink_alter_kind;

/* ALTER TABLE name RENAME TO name, SET ('k' = 'v'), RESET ('k'). */
typedef struct flink_alter {
    flink_alter_kind kind;
    ast_name name, new_name;
    ast_property_list options;
    ast_name_list keys;
} flink_alter;

typedef enum flink_show_kind {
    FLINK_SHOW_TABLES,
    FLINK_SHOW_VIEWS,
    FLINK_SHOW_FUNCTIONS,
    FLINK_SHOW_JOBS,
    FLINK_SHOW_CREATE_TABLE, /* name */
    FLINK_SHOW_CREATE_VIEW,  /* name */
    FLINK_SHOW_CATALOGS,
    FLINK_SHOW_DATABASES,
    FLINK_SHOW_COLUMNS, /* FROM name */
    FLINK_SHOW_USER_FUNCTIONS,
    FLINK_SHOW_CURRENT_CATALOG,
    FLINK_SHOW_CURRENT_DATABASE,
    FLINK_SHOW_JARS,
    FLINK_USE_CATALOG, /* name: there is the default only */
    FLINK_USE_DATABASE,
    FLINK_ADD_JAR, /* name: is said to have no effect */
} flink_show_kind;

typedef struct flink_show {
    flink_show_kind kind;
    ast_name name;
    slice like; /* [NOT] LIKE 'pattern', of names; NULL: all */
    bool not_like;
} flink_show;

#endif
