/* build_flink.h - makes the nodes of flink_ast.h for the actions of flink_grammar.y. Private to the
 * parser; the rules are those of build.h. */
#ifndef SLUICE_PARSER_BUILD_FLINK_H
#define SLUICE_PARSER_BUILD_FLINK_H

#include "parser/build.h"
#include "parser/flink_ast.h"

/* ---- values of the grammar that are not nodes ---- */

/* What is written behind the arguments of JSON_VALUE and JSON_QUERY. */
/* What a JSON function gives where there is nothing, or on an error: DEFAULT with a value, NULL,
 * ... */
typedef struct flink_build_json_answer {
    const char *what; /* NULL: not said */
    ast_expression *value;
} flink_build_json_answer;

typedef struct flink_build_json {
    ast_type *returning;
    const char *wraps, *on_null; /* NULL: not said */
    flink_build_json_answer on_empty, on_error;
} flink_build_json;

typedef struct flink_build_alias {
    ast_name name; /* optional */
    ast_name_list columns;
} flink_build_alias;

typedef struct flink_build_unit {
    token first, last; /* DAY TO SECOND; the same twice for one word */
} flink_build_unit;

typedef struct flink_build_argument {
    ast_name name;         /* SIZE => ...; optional */
    ast_expression *value; /* or: */
    flink_relation *table;
    ast_name_list partition_by;
} flink_build_argument;

typedef struct flink_build_argument_list {
    flink_build_argument *items;
    int count;
} flink_build_argument_list;

typedef struct flink_build_call {
    source_span span;
    ast_name name;
    flink_build_argument_list arguments;
} flink_build_call;

typedef struct flink_build_skip {
    flink_skip skip;
    ast_name variable;
} flink_build_skip;

typedef struct flink_build_quantifier {
    int64_t least, most;
} flink_build_quantifier;

typedef struct flink_build_with {
    int32_t offset;
    flink_common_table_list tables;
} flink_build_with;

typedef struct flink_build_limits {
    int64_t limit, offset; /* -1: not written */
} flink_build_limits;

typedef struct flink_build_groups {
    bool given;
    flink_grouping_list items;
} flink_build_groups;

/* One line between the parentheses of CREATE TABLE. */
typedef struct flink_build_element {
    enum { FLINK_ELEMENT_COLUMN, FLINK_ELEMENT_WATERMARK, FLINK_ELEMENT_PRIMARY_KEY } kind;
    source_span span;
    flink_column column;
    ast_name name;              /* WATERMARK */
    ast_expression *expression; /* WATERMARK */
    ast_name_list names;        /* PRIMARY_KEY */
} flink_build_element;

typedef struct flink_build_like {
    ast_name name;
    unsigned excluded, included; /* 1 << flink_like_part */
    bool excludes_all, includes_options;
} flink_build_like;

typedef struct flink_build_insert {
    flink_insert insert;
} flink_build_insert;

/* ---- names and types ---- */

ast_name flink_build_path(
    parse *p, const ast_name *catalog, const ast_name *database, ast_name name);
ast_type *flink_build_type(parse *p, const token *name, int precision, int scale);
ast_type *flink_build_zoned(parse *p, const token *name, int precision, bool local);
ast_type *flink_build_not_null(parse *p, ast_type *type);

/* ---- expressions ---- */

/* CURRENT_TIMESTAMP and the like, which are called without parentheses; NULL: none of them. */
ast_expression *flink_build_bare_call(parse *p, ast_name name);
ast_expression *flink_build_in_query(
    parse *p, ast_expression *operand, bool negated, flink_query *query);
/* operand > ANY (query), and > ANY (a, b); `quantifier` is the word. */
ast_expression *flink_build_compared_query(parse *p, ast_expression *operand,
    ast_comparison_operator operation, const token *quantifier, flink_query *query);
ast_expression *flink_build_compared_list(parse *p, ast_expression *operand,
    ast_comparison_operator operation, const token *quantifier, ast_expression_list list);
ast_expression *flink_build_similar(
    parse *p, ast_expression *operand, bool negated, ast_expression *pattern);
ast_expression *flink_build_is_boolean(
    parse *p, ast_expression *operand, bool negated, const token *word, bool value);
ast_expression *flink_build_subquery(
    parse *p, ast_expression_kind kind, const token *first, flink_query *query);
/* ROW(a, b), or (a, b) when bare. */
ast_expression *flink_build_row(parse *p, const token *first, ast_expression_list items, bool bare);
ast_expression *flink_build_typed_string(parse *p, const token *type, const token *text);
ast_expression *flink_build_interval(
    parse *p, const token *first, bool negative, const token *text, flink_build_unit unit);
/* MAP[k, v, k, v] */
ast_expression *flink_build_map(parse *p, const token *first, ast_expression_list items);
/* EXTRACT(unit FROM x), SUBSTRING(x FROM a FOR b), TRIM(side x FROM y). */
ast_expression *flink_build_call_from(parse *p, ast_name name, const token *side,
    ast_expression *first, ast_expression *second, ast_expression *third);
ast_expression *flink_build_call_two(
    parse *p, ast_name name, ast_expression *first, ast_expression *second);
/* OVERLAY(a PLACING b FROM c FOR d) */
ast_expression *flink_build_overlay(parse *p, ast_name name, ast_expression *text,
    ast_expression *placed, ast_expression *from, ast_expression *count);
flink_build_json flink_build_json_option(flink_build_json all, flink_build_json one);
/* COALESCE(CAST(JSON_VALUE(...) AS type), e) */
ast_expression *flink_build_json_call(
    parse *p, ast_name name, ast_expression_list arguments, flink_build_json options);
/* `entries` alternates keys and values. */
ast_expression *flink_build_json_object(
    parse *p, const token *first, ast_expression_list entries, const char *on_null);
ast_expression *flink_build_is_json(
    parse *p, ast_expression *operand, bool negated, const token *kind);
ast_expression *flink_build_between_symmetric(
    parse *p, ast_expression *operand, bool negated, ast_expression *lower, ast_expression *upper);
/* (start, end) OVERLAPS (start, interval) */
ast_expression *flink_build_overlaps(parse *p, ast_expression *left, ast_expression *right);
ast_expression *flink_build_filter(parse *p, ast_expression *call, ast_expression *condition);
ast_expression *flink_build_over_call(parse *p, ast_expression *call, flink_over *window);
flink_over *flink_build_over_name(parse *p, ast_name name);
flink_over *flink_build_over(parse *p, const token *first, ast_name base,
    ast_expression_list partition_by, ast_order_list order_by, const flink_over *frame);
/* to NULL: CURRENT ROW. */
flink_over *flink_build_frame(
    parse *p, bool is_range, const flink_frame_bound *from, const flink_frame_bound *to);
flink_frame_bound *flink_build_bound(parse *p, flink_frame_bound_kind kind, ast_expression *value);

/* ---- relations ---- */

flink_hint *flink_build_hint(
    parse *p, ast_name name, ast_property_list options, ast_name_list words);
flink_relation *flink_build_join(parse *p, flink_join_kind kind, flink_relation *left,
    flink_relation *right, ast_expression *on, ast_name_list using);
flink_relation *flink_build_named(
    parse *p, ast_name name, flink_hint_list hints, ast_expression *as_of);
flink_relation *flink_build_aliased(parse *p, flink_relation *relation, flink_build_alias alias);
flink_relation *flink_build_query_relation(
    parse *p, const token *first, flink_query *query, bool lateral, flink_build_alias alias);
flink_relation *flink_build_call_relation(parse *p, const token *first,
    const flink_build_call *call, bool lateral, flink_build_alias alias);
flink_relation *flink_build_unnest(parse *p, const token *first, ast_expression *operand,
    bool lateral, bool ordinality, flink_build_alias alias);
flink_relation *flink_build_match_relation(
    parse *p, flink_relation *input, flink_match *match, flink_build_alias alias);
flink_build_call *flink_build_table_call(
    parse *p, ast_name name, flink_build_argument_list arguments);
flink_build_argument *flink_build_value_argument(parse *p, ast_expression *value);
/* partition: a column, or several as a row; NULL: none. */
flink_build_argument *flink_build_table_argument(
    parse *p, const token *first, flink_relation *table, const ast_expression *partition);

/* ---- MATCH_RECOGNIZE ---- */

flink_match *flink_build_match(parse *p, ast_expression_list partition_by, ast_order_list order_by,
    ast_select_list measures, bool all_rows, flink_build_skip skip, flink_pattern *pattern,
    ast_expression *within, flink_define_list defines);
flink_pattern *flink_build_pattern_variable(parse *p, ast_name name);
flink_pattern *flink_build_pattern_group(parse *p, const token *first, flink_pattern *pattern);
flink_pattern *flink_build_pattern_join(
    parse *p, flink_pattern_kind kind, flink_pattern *left, flink_pattern *right);
flink_pattern *flink_build_quantified(
    parse *p, flink_pattern *pattern, flink_build_quantifier quantifier, bool reluctant);
flink_build_quantifier flink_build_range(parse *p, const token *least, const token *most);

/* ---- queries ---- */

flink_query *flink_build_query(parse *p, flink_build_with with, flink_body *body,
    ast_order_list order_by, flink_build_limits limits);
flink_common_table *flink_build_common_table(
    parse *p, ast_name name, ast_name_list columns, flink_query *query);
flink_build_limits flink_build_limit(parse *p, flink_build_limits limits, const token *count);
flink_build_limits flink_build_offset(parse *p, flink_build_limits limits, const token *count);
flink_body *flink_build_set(
    parse *p, flink_set_operator operation, bool all, flink_body *left, flink_body *right);
flink_body *flink_build_select_body(parse *p, flink_select *select);
flink_body *flink_build_values_body(parse *p, const token *first, ast_row_list rows);
flink_body *flink_build_query_body(parse *p, const token *first, flink_query *query);
flink_select *flink_build_select(parse *p, const token *first, flink_hint_list hints, bool distinct,
    ast_select_list select, flink_relation *from, ast_expression *where, flink_build_groups groups,
    ast_expression *having, flink_named_window_list windows);
flink_grouping_list flink_build_add_grouping(
    parse *p, flink_grouping_list list, const flink_grouping *grouping);
flink_grouping *flink_build_group_expression(parse *p, ast_expression *e);
flink_grouping *flink_build_group_list(
    parse *p, const token *first, int kind, ast_expression_list items);
/* set NULL: the empty one. sets NULL: the first. */
flink_grouping *flink_build_add_set(parse *p, flink_grouping *sets, ast_expression *set);
ast_row *flink_build_values_row(parse *p, ast_expression *e);

/* ---- statements ---- */

ast_statement *flink_build_query_statement(parse *p, flink_query *query);
flink_create_table *flink_build_table(parse *p);
flink_create_table *flink_build_add_element(
    parse *p, flink_create_table *table, const flink_build_element *element);
flink_build_element *flink_build_column(parse *p, flink_column_kind kind, ast_name name,
    ast_type *type, bool primary_key, ast_expression *expression);
flink_build_element *flink_build_metadata(
    parse *p, ast_name name, ast_type *type, slice key, bool is_virtual);
flink_build_element *flink_build_watermark(parse *p, ast_name name, ast_expression *expression);
flink_build_element *flink_build_primary_key(parse *p, const token *first, ast_name_list names);
flink_build_like flink_build_like_option(parse *p, flink_build_like like, flink_build_unit option);
ast_statement *flink_build_create_table(parse *p, const token *first, bool temporary,
    bool if_not_exists, ast_name name, flink_create_table *table, slice comment,
    ast_name_list partitioned_by, ast_property_list options, flink_build_like like,
    flink_query *as);
ast_statement *flink_build_create_view(parse *p, const token *first, bool temporary,
    bool or_replace, bool if_not_exists, ast_name name, ast_name_list columns, slice comment,
    flink_query *query);
ast_statement *flink_build_create_function(parse *p, const token *first, bool temporary,
    bool if_not_exists, ast_name name, const token *class_name);
ast_statement *flink_build_drop(parse *p, const token *first, flink_drop_kind kind, bool temporary,
    bool if_exists, ast_name name);
flink_build_insert *flink_build_insert_new(parse *p, const token *first, bool overwrite,
    ast_name target, flink_hint_list hints, ast_property_list partition, ast_name_list columns,
    flink_query *query);
ast_statement *flink_build_insert_statement(parse *p, const flink_build_insert *insert);
ast_statement *flink_build_statement_set(parse *p, const token *first, flink_statement_set inserts);
ast_statement *flink_build_alter(parse *p, const token *first, flink_alter alter);
ast_statement *flink_build_show(parse *p, const token *first, flink_show_kind kind, ast_name name);
/* USE catalog.database. */
ast_statement *flink_build_use(parse *p, const token *first, ast_name catalog, ast_name database);

#endif
