/* ast.h - what a SQL text says, as a tree.
 *
 * The parser builds these nodes in an arena and never changes them afterwards; they live exactly as
 * long as that arena. Nothing here knows the catalog: names are names, types are what was written.
 *
 * Conventions
 * - Every list is an array and a count: `items[0] .. items[count - 1]`. An empty list has count 0
 *   and may have NULL items.
 * - An optional node is a NULL pointer; an optional name is one whose `text.data` is NULL
 *   (ast_name_given); an optional number is negative.
 * - Every node has a `span`: its place in the text that was given to the parser. A span is relative
 *   to the whole text, also when the text holds many statements.
 * - Unquoted names are folded to upper case, quoted ones (`x` or "x") keep their case: `text` is
 * the name to look up, with the quotes gone.
 * - In a tagged union the member to read has the name of the kind.
 * - Expressions and types nest at most PARSER_DEPTH_LIMIT deep, chains of operators at most
 *   PARSER_CHAIN_LIMIT, and both together no deeper than either (parser.h), so recursion is safe.
 *   Long chains of AND and OR are balanced trees.
 */
#ifndef SLUICE_PARSER_AST_H
#define SLUICE_PARSER_AST_H

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"

typedef struct ast_expression ast_expression;
typedef struct ast_type ast_type;
typedef struct ast_query ast_query;
typedef struct ast_statement ast_statement;
struct flink_query;
struct flink_over;

/* Which SQL a text is: ksqlDB's, or Flink's (flink_ast.h). */
typedef enum parser_dialect { PARSER_KSQL, PARSER_FLINK } parser_dialect;

/* ---- names ---- */

typedef struct ast_name {
    slice text; /* folded; data is NULL where an optional name was not written */
    source_span span;
    bool quoted;
} ast_name;

typedef struct ast_name_list {
    ast_name *items;
    int count;
} ast_name_list;

static inline bool ast_name_given(ast_name name) {
    return name.text.data != NULL;
}

/* ---- types ---- */

typedef enum ast_type_kind {
    AST_TYPE_BOOLEAN,
    AST_TYPE_INTEGER, /* INT, INTEGER */
    AST_TYPE_BIGINT,
    AST_TYPE_DOUBLE,
    AST_TYPE_STRING, /* VARCHAR, STRING; a length in parentheses is accepted and has no effect */
    AST_TYPE_BYTES,
    AST_TYPE_DATE,
    AST_TYPE_TIME,
    AST_TYPE_TIMESTAMP,
    AST_TYPE_DECIMAL, /* precision, scale */
    AST_TYPE_ARRAY,   /* element */
    AST_TYPE_MAP,     /* key, element */
    AST_TYPE_STRUCT,  /* fields */
    AST_TYPE_NAMED,   /* name: a type made by CREATE TYPE, or nothing at all */
} ast_type_kind;

typedef struct ast_type_field {
    ast_name name;
    ast_type *type;
} ast_type_field;

typedef struct ast_type_field_list {
    ast_type_field *items;
    int count;
} ast_type_field_list;

struct ast_type {
    ast_type_kind kind;
    source_span span;
    int depth;            /* 1 for a type without parts */
    int precision, scale; /* DECIMAL, as written: not checked; Flink: any type's, -1: absent */
    bool not_null;        /* NOT NULL (Flink) */
    bool local_zone;      /* TIMESTAMP_LTZ, WITH LOCAL TIME ZONE (Flink) */
    ast_type *key;        /* MAP */
    ast_type *element;    /* ARRAY, and a MAP's value */
    ast_type_field_list fields; /* STRUCT */
    ast_name name; /* NAMED; Flink: the word of a type that is one of another kind here, as
                      SMALLINT is */
};

/* ---- expressions ---- */

typedef enum ast_expression_kind {
    AST_EXPRESSION_LITERAL,
    AST_EXPRESSION_COLUMN, /* a column, a lambda's variable, or a function's interval unit */
    AST_EXPRESSION_DEREFERENCE,
    AST_EXPRESSION_SUBSCRIPT,
    AST_EXPRESSION_CALL,
    AST_EXPRESSION_LAMBDA, /* only as an argument of a call */
    AST_EXPRESSION_CAST,
    AST_EXPRESSION_CASE,
    AST_EXPRESSION_BETWEEN,
    AST_EXPRESSION_IN,
    AST_EXPRESSION_LIKE,
    AST_EXPRESSION_IS_NULL,
    AST_EXPRESSION_IS_DISTINCT,
    AST_EXPRESSION_NOT,
    AST_EXPRESSION_LOGICAL,
    AST_EXPRESSION_COMPARISON,
    AST_EXPRESSION_ARITHMETIC,
    AST_EXPRESSION_CONCATENATION, /* left || right */
    AST_EXPRESSION_NEGATION,      /* -operand; a minus before a number is part of the literal */
    AST_EXPRESSION_AT_TIME_ZONE,
    AST_EXPRESSION_ARRAY,
    AST_EXPRESSION_MAP,
    AST_EXPRESSION_STRUCT,
    /* Only in the Flink dialect (flink_ast.h): */
    AST_EXPRESSION_INTERVAL,     /* INTERVAL '10' SECOND */
    AST_EXPRESSION_TYPED_STRING, /* DATE '...', TIME '...', TIMESTAMP '...' */
    AST_EXPRESSION_ROW,          /* ROW(a, b), (a, b) */
    AST_EXPRESSION_OVER,         /* call OVER (...) */
    AST_EXPRESSION_SUBQUERY,     /* (query) as a value */
    AST_EXPRESSION_EXISTS,       /* EXISTS (query) */
    AST_EXPRESSION_IN_QUERY,     /* operand [NOT] IN (query) */
    AST_EXPRESSION_QUANTIFIED,   /* operand > ANY (query) */
} ast_expression_kind;

typedef enum ast_literal_kind {
    AST_LITERAL_NULL,
    AST_LITERAL_BOOLEAN,
    AST_LITERAL_INTEGER, /* fits 32 bits */
    AST_LITERAL_BIGINT,
    AST_LITERAL_DECIMAL, /* 1.50: `text` has every digit */
    AST_LITERAL_DOUBLE,  /* 1.5e3: with an exponent */
    AST_LITERAL_STRING,
} ast_literal_kind;

typedef struct ast_literal {
    ast_literal_kind kind;
    source_span span;
    bool boolean;
    int64_t integer; /* INTEGER, BIGINT */
    double real;     /* DECIMAL (rounded) and DOUBLE */
    slice text; /* STRING: its characters, unquoted. Numbers: digits with a leading '-' if any */
} ast_literal;

/* Time units, as in windows and in functions like DATEADD(DAYS, 1, d). Singular and plural are one.
 */
typedef enum ast_unit {
    AST_UNIT_NONE,
    AST_UNIT_MILLISECONDS,
    AST_UNIT_SECONDS,
    AST_UNIT_MINUTES,
    AST_UNIT_HOURS,
    AST_UNIT_DAYS,
    AST_UNIT_WEEKS,
    AST_UNIT_MONTHS,
    AST_UNIT_YEARS,
} ast_unit;

typedef enum ast_logical_operator { AST_AND, AST_OR } ast_logical_operator;

typedef enum ast_comparison_operator {
    AST_EQUAL,
    AST_NOT_EQUAL,
    AST_LESS,
    AST_LESS_OR_EQUAL,
    AST_GREATER,
    AST_GREATER_OR_EQUAL,
} ast_comparison_operator;

typedef enum ast_arithmetic_operator {
    AST_ADD,
    AST_SUBTRACT,
    AST_MULTIPLY,
    AST_DIVIDE,
    AST_MODULO,
} ast_arithmetic_operator;

typedef struct ast_expression_list {
    ast_expression **items;
    int count;
} ast_expression_list;

typedef struct ast_case_branch {
    ast_expression *when, *then;
} ast_case_branch;

typedef struct ast_case_branch_list {
    ast_case_branch *items;
    int count;
} ast_case_branch_list;

typedef struct ast_map_entry {
    ast_expression *key, *value;
} ast_map_entry;

typedef struct ast_map_entry_list {
    ast_map_entry *items;
    int count;
} ast_map_entry_list;

typedef struct ast_struct_entry {
    ast_name name;
    ast_expression *value;
} ast_struct_entry;

typedef struct ast_struct_entry_list {
    ast_struct_entry *items;
    int count;
} ast_struct_entry_list;

struct ast_expression {
    ast_expression_kind kind;
    source_span span;
    int depth;          /* steps to its deepest part (build_expression.c) */
    int parts;          /* nodes below it; one that stands in two places counts twice */
    bool parenthesized; /* written in parentheses of its own */
    union {
        ast_literal literal;
        struct {
            ast_name qualifier; /* the source, optional */
            ast_name name;
            ast_unit unit; /* set when an unquoted, unqualified name also reads as a time unit:
                              where a function wants a unit this is it, elsewhere it is a column */
        } column;
        struct {
            ast_expression *base;
            ast_name field;
        } dereference; /* base->field */
        struct {
            ast_expression *base, *index;
        } subscript; /* base[index] */
        struct {
            ast_name name; /* function names match in either case */
            ast_expression_list arguments;
            bool star;              /* COUNT(*): no arguments */
            bool distinct;          /* COUNT(DISTINCT x) */
            ast_expression *filter; /* FILTER (WHERE condition); or NULL */
        } call;
        struct {
            ast_name_list parameters;
            ast_expression *body;
        } lambda;
        struct {
            ast_expression *operand;
            ast_type *type;
            bool is_try; /* TRY_CAST (Flink): NULL where it fails */
        } cast;
        struct {
            ast_expression *operand; /* NULL: a searched CASE, whose WHENs are conditions */
            ast_case_branch_list branches;
            ast_expression *otherwise; /* ELSE, or NULL */
        } case_;
        struct {
            ast_expression *operand, *lower, *upper;
            bool negated;
        } between;
        struct {
            ast_expression *operand;
            ast_expression_list items;
            bool negated;
        } in;
        struct {
            ast_expression *operand, *pattern;
            slice escape; /* ESCAPE's text; data is NULL without it */
            bool negated;
        } like;
        struct {
            ast_expression *operand;
            bool negated; /* IS NOT NULL */
        } is_null;
        struct {
            ast_expression *left, *right;
            bool negated; /* IS NOT DISTINCT FROM */
        } is_distinct;
        struct {
            ast_expression *operand;
        } not_;
        struct {
            ast_logical_operator operation;
            ast_expression *left, *right;
        } logical;
        struct {
            ast_comparison_operator operation;
            ast_expression *left, *right;
        } comparison;
        struct {
            ast_arithmetic_operator operation;
            ast_expression *left, *right;
        } arithmetic;
        struct {
            ast_expression *left, *right;
        } concatenation;
        struct {
            ast_expression *operand;
        } negation;
        struct {
            ast_expression *operand, *zone;
        } at_time_zone;
        struct {
            ast_expression_list items;
        } array; /* ARRAY[a, b] */
        struct {
            ast_map_entry_list entries;
        } map; /* MAP(k := v) */
        struct {
            ast_struct_entry_list entries;
        } struct_; /* STRUCT(a := v) */
        struct {
            bool is_months; /* YEAR, MONTH and YEAR TO MONTH; else milliseconds */
            int64_t amount; /* months or milliseconds, with its sign */
        } interval;
        struct {
            ast_type_kind type; /* DATE, TIME or TIMESTAMP */
            slice text;
        } typed_string;
        struct {
            ast_expression_list items;
        } row;
        struct {
            ast_expression *call;
            struct flink_over *window;
        } over;
        struct {
            struct flink_query *query;
            ast_expression *operand;           /* IN_QUERY, QUANTIFIED */
            bool negated;                      /* IN_QUERY */
            ast_comparison_operator operation; /* QUANTIFIED */
            bool all;                          /* QUANTIFIED: ALL, not ANY */
        } query;
    };
};

/* ---- queries ---- */

/* `5 MINUTES`: days and shorter only. */
typedef struct ast_duration {
    source_span span;
    bool given;
    int64_t count;
    ast_unit unit;
    int64_t duration_ms;
} ast_duration;

typedef enum ast_select_kind {
    AST_SELECT_EXPRESSION, /* expression [AS alias] */
    AST_SELECT_ALL,        /* * */
    AST_SELECT_SOURCE_ALL, /* source.* */
    AST_SELECT_STRUCT_ALL, /* expression->* */
} ast_select_kind;

typedef struct ast_select_item {
    ast_select_kind kind;
    source_span span;
    ast_expression *expression; /* EXPRESSION, STRUCT_ALL */
    ast_name alias;             /* EXPRESSION, optional */
    ast_name source;            /* SOURCE_ALL */
} ast_select_item;

typedef struct ast_select_list {
    ast_select_item *items;
    int count;
} ast_select_list;

/* A source in FROM. `FROM CHANGES(t)` reads the changes of table t as a stream. */
typedef struct ast_relation {
    source_span span;
    ast_name name;
    ast_name alias; /* optional */
    bool changes;
} ast_relation;

typedef enum ast_join_kind {
    AST_JOIN_INNER,
    AST_JOIN_LEFT,
    AST_JOIN_RIGHT,
    AST_JOIN_FULL,
} ast_join_kind;

typedef struct ast_join {
    ast_join_kind kind;
    source_span span;
    ast_relation right;
    /* WITHIN d is before = after = d; WITHIN (b, a) names both. */
    ast_duration before, after, grace;
    ast_expression *on;
} ast_join;

typedef struct ast_join_list {
    ast_join *items;
    int count;
} ast_join_list;

typedef enum ast_window_kind {
    AST_WINDOW_NONE,
    AST_WINDOW_TUMBLING, /* size */
    AST_WINDOW_HOPPING,  /* size, advance */
    AST_WINDOW_SESSION,  /* size is the gap of inactivity */
} ast_window_kind;

typedef struct ast_window {
    ast_window_kind kind; /* AST_WINDOW_NONE: the query has no WINDOW */
    source_span span;
    ast_name name; /* optional */
    ast_duration size, advance, retention, grace;
} ast_window;

typedef enum ast_emit {
    AST_EMIT_NONE, /* not written: a pull query, or a persistent query's default */
    AST_EMIT_CHANGES,
    AST_EMIT_FINAL,
} ast_emit;

typedef enum ast_nulls { AST_NULLS_DEFAULT, AST_NULLS_FIRST, AST_NULLS_LAST } ast_nulls;

typedef struct ast_order_item {
    source_span span;
    ast_expression *expression;
    bool descending;
    ast_nulls nulls;
} ast_order_item;

typedef struct ast_order_list {
    ast_order_item *items;
    int count;
} ast_order_list;

struct ast_query {
    source_span span;
    bool distinct;
    ast_select_list select;
    ast_relation from;
    ast_join_list joins; /* left to right: each joins what stands before it */
    ast_window window;
    ast_expression *where; /* or NULL */
    bool has_group_by;     /* GROUP BY () has it, and no items */
    ast_expression_list group_by;
    bool has_partition_by;
    ast_expression_list partition_by;
    ast_expression *having; /* or NULL */
    ast_order_list order_by;
    ast_emit emit;
    source_span emit_span;
    int64_t limit, offset; /* -1: not written */
};

/* ---- parts of statements ---- */

/* name = literal, in WITH (...) and SET. Names match in either case. A name that was written as a
 * string keeps its case and counts as quoted. */
typedef struct ast_property {
    ast_name name;
    ast_literal value;
    source_span span;
} ast_property;

typedef struct ast_property_list {
    ast_property *items;
    int count;
    source_span span;
} ast_property_list;

/* The property called `name` (either case), or NULL. */
const ast_property *ast_property_find(const ast_property_list *properties, const char *name);

typedef enum ast_column_role {
    AST_COLUMN_VALUE,
    AST_COLUMN_KEY,
    AST_COLUMN_PRIMARY_KEY,
    AST_COLUMN_HEADERS, /* all headers of the record */
    AST_COLUMN_HEADER,  /* HEADER('name'): the value of one */
} ast_column_role;

typedef struct ast_column_definition {
    source_span span;
    ast_name name;
    ast_type *type;
    ast_column_role role;
    slice header; /* AST_COLUMN_HEADER's name */
} ast_column_definition;

typedef struct ast_column_list {
    ast_column_definition *items;
    int count;
} ast_column_list;

typedef struct ast_row {
    source_span span;
    ast_expression_list values;
} ast_row;

typedef struct ast_row_list {
    ast_row *items;
    int count;
} ast_row_list;

typedef enum ast_source_kind { AST_STREAM, AST_TABLE } ast_source_kind;

/* ---- statements ---- */

typedef enum ast_statement_kind {
    AST_STATEMENT_QUERY,            /* query */
    AST_STATEMENT_CREATE_SOURCE,    /* create_source */
    AST_STATEMENT_CREATE_AS,        /* create_as */
    AST_STATEMENT_INSERT_SELECT,    /* insert_select */
    AST_STATEMENT_INSERT_VALUES,    /* insert_values */
    AST_STATEMENT_DELETE,           /* delete_row */
    AST_STATEMENT_CREATE_TYPE,      /* create_type */
    AST_STATEMENT_DROP_TYPE,        /* drop_type */
    AST_STATEMENT_ALTER_SOURCE,     /* alter_source */
    AST_STATEMENT_ALTER_SYSTEM,     /* property */
    AST_STATEMENT_DROP_SOURCE,      /* drop_source */
    AST_STATEMENT_DESCRIBE,         /* describe */
    AST_STATEMENT_EXPLAIN,          /* explain */
    AST_STATEMENT_SHOW,             /* show */
    AST_STATEMENT_PRINT,            /* print */
    AST_STATEMENT_PAUSE,            /* query_control */
    AST_STATEMENT_RESUME,           /* query_control */
    AST_STATEMENT_TERMINATE,        /* query_control */
    AST_STATEMENT_ASSERT_TOPIC,     /* assert_topic */
    AST_STATEMENT_ASSERT_SCHEMA,    /* assert_schema */
    AST_STATEMENT_ASSERT_VALUES,    /* assert_values */
    AST_STATEMENT_ASSERT_TOMBSTONE, /* assert_values: ASSERT NULL VALUES */
    AST_STATEMENT_ASSERT_SOURCE,    /* create_source: ASSERT STREAM / TABLE */
    AST_STATEMENT_SET,              /* property */
    AST_STATEMENT_UNSET,            /* property: its value is NULL */
    AST_STATEMENT_DEFINE,           /* property */
    AST_STATEMENT_UNDEFINE,         /* property: its value is NULL */
    AST_STATEMENT_RUN_SCRIPT,       /* run_script */
    AST_STATEMENT_CREATE_CONNECTOR, /* create_connector */
    AST_STATEMENT_DROP_CONNECTOR,   /* drop_connector */
    /* Only in the Flink dialect (flink_ast.h): */
    AST_STATEMENT_FLINK_QUERY,           /* flink_query */
    AST_STATEMENT_FLINK_CREATE_TABLE,    /* flink_create_table */
    AST_STATEMENT_FLINK_CREATE_VIEW,     /* flink_create_view */
    AST_STATEMENT_FLINK_CREATE_FUNCTION, /* flink_create_function */
    AST_STATEMENT_FLINK_INSERT,          /* flink_insert */
    AST_STATEMENT_FLINK_STATEMENT_SET,   /* flink_statement_set */
    AST_STATEMENT_FLINK_DROP,            /* flink_drop */
    AST_STATEMENT_FLINK_SHOW,            /* flink_show */
    AST_STATEMENT_FLINK_ALTER,           /* flink_alter */
} ast_statement_kind;

typedef struct ast_create_source {
    ast_source_kind source_kind;
    bool or_replace, if_not_exists;
    bool is_source; /* CREATE SOURCE STREAM: read-only */
    ast_name name;
    bool has_columns; /* a column list was written */
    ast_column_list columns;
    ast_property_list properties;
} ast_create_source;

typedef struct ast_create_as {
    ast_source_kind source_kind;
    bool or_replace, if_not_exists;
    ast_name name;
    ast_property_list properties;
    ast_query *query;
} ast_create_as;

typedef struct ast_insert_select {
    ast_name target;
    ast_property_list properties; /* QUERY_ID */
    ast_query *query;
} ast_insert_select;

typedef struct ast_insert_values {
    ast_name target;
    bool has_columns;
    ast_name_list columns;
    ast_row_list rows; /* at least one */
} ast_insert_values;

typedef struct ast_delete {
    ast_name target;
    ast_expression *where; /* or NULL */
} ast_delete;

typedef struct ast_create_type {
    ast_name name;
    bool if_not_exists;
    ast_type *type;
} ast_create_type;

typedef struct ast_drop_type {
    ast_name name;
    bool if_exists;
} ast_drop_type;

typedef struct ast_alter_source {
    ast_source_kind source_kind;
    ast_name name;
    ast_column_list add; /* value columns */
} ast_alter_source;

typedef struct ast_drop_source {
    ast_source_kind source_kind;
    ast_name name;
    bool if_exists, delete_topic;
} ast_drop_source;

typedef enum ast_describe_kind {
    AST_DESCRIBE_SOURCE,    /* name */
    AST_DESCRIBE_FUNCTION,  /* name */
    AST_DESCRIBE_CONNECTOR, /* name */
    AST_DESCRIBE_STREAMS,
    AST_DESCRIBE_TABLES,
} ast_describe_kind;

typedef struct ast_describe {
    ast_describe_kind kind;
    ast_name name;
    bool extended;
} ast_describe;

typedef struct ast_explain {
    bool analyze;
    ast_statement *statement; /* or NULL: then `query_id` */
    ast_name query_id;
} ast_explain;

typedef enum ast_show_kind {
    AST_SHOW_STREAMS,
    AST_SHOW_TABLES,
    AST_SHOW_TOPICS,
    AST_SHOW_QUERIES,
    AST_SHOW_FUNCTIONS,
    AST_SHOW_TYPES,
    AST_SHOW_PROPERTIES,
    AST_SHOW_VARIABLES,
    AST_SHOW_CONNECTORS,
    AST_SHOW_SOURCE_CONNECTORS,
    AST_SHOW_SINK_CONNECTORS,
    AST_SHOW_CONNECTOR_PLUGINS,
} ast_show_kind;

typedef struct ast_show {
    ast_show_kind kind;
    bool extended;
    bool all; /* SHOW ALL TOPICS: the hidden ones too */
} ast_show;

typedef struct ast_print {
    ast_name topic; /* never folded: topics are case-sensitive */
    bool from_beginning;
    int64_t interval; /* every n-th record; 1 where not written */
    int64_t limit;    /* -1: not written */
} ast_print;

typedef struct ast_query_control {
    bool all;
    ast_name query_id; /* unless all */
} ast_query_control;

typedef struct ast_assert_topic {
    bool not_exists;
    ast_name topic; /* never folded */
    ast_property_list properties;
    ast_duration timeout; /* optional */
} ast_assert_topic;

typedef struct ast_assert_schema {
    bool not_exists;
    ast_name subject;  /* optional; never folded */
    int64_t schema_id; /* -1: not written */
    ast_duration timeout;
} ast_assert_schema;

typedef struct ast_assert_values {
    ast_name source;
    bool has_columns;
    ast_name_list columns;
    ast_row_list rows; /* the key columns of ASSERT NULL VALUES */
} ast_assert_values;

typedef struct ast_run_script {
    slice path;
    source_span path_span;
} ast_run_script;

typedef struct ast_create_connector {
    bool is_source; /* else a sink */
    bool if_not_exists;
    ast_name name;
    ast_property_list properties;
} ast_create_connector;

typedef struct ast_drop_connector {
    ast_name name;
    bool if_exists;
} ast_drop_connector;

struct ast_statement {
    ast_statement_kind kind;
    parser_dialect dialect;
    source_span span; /* from its first to its last token, without the semicolon */
    slice text;       /* that part of the input, comments inside it included; not a copy */
    union {
        ast_query *query;
        ast_create_source create_source;
        ast_create_as create_as;
        ast_insert_select insert_select;
        ast_insert_values insert_values;
        ast_delete delete_row;
        ast_create_type create_type;
        ast_drop_type drop_type;
        ast_alter_source alter_source;
        ast_property property;
        ast_drop_source drop_source;
        ast_describe describe;
        ast_explain explain;
        ast_show show;
        ast_print print;
        ast_query_control query_control;
        ast_assert_topic assert_topic;
        ast_assert_schema assert_schema;
        ast_assert_values assert_values;
        ast_run_script run_script;
        ast_create_connector create_connector;
        ast_drop_connector drop_connector;
        struct flink_query *flink_query;
        struct flink_create_table *flink_create_table;
        struct flink_create_view *flink_create_view;
        struct flink_create_function *flink_create_function;
        struct flink_insert *flink_insert;
        struct flink_statement_set *flink_statement_set;
        struct flink_drop *flink_drop;
        struct flink_show *flink_show;
        struct flink_alter *flink_alter;
    };
};

typedef struct ast_script {
    ast_statement **items;
    int count;
} ast_script;

/* The words a statement of that kind starts with, for messages: "CREATE TYPE". */
const char *ast_statement_kind_name(ast_statement_kind kind);
/* The unit's name in the plural and upper case: "DAYS". */
const char *ast_unit_name(ast_unit unit);

#endif
