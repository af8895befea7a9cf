/* build.h - makes AST nodes for the grammar's actions. Private to the parser.
 *
 * Every function allocates in p->arena, and may fail by setting p->error, upon which grammar_run
 * stops; what it returns then is a usable node all the same. A rule is reduced when the token
 * behind it has been seen, so a node ends where the previous token ended: p->previous_end.
 */
#ifndef SLUICE_PARSER_BUILD_H
#define SLUICE_PARSER_BUILD_H

#include "parser/ast.h"
#include "parser/lexer.h"

typedef struct parse {
    arena *arena;
    slice sql;
    error *error;
    parser_dialect dialect;
    int deepest; /* steps of any expression so far: a subquery may hold as many */
    int chain;   /* of joins and set operators so far: the trees of them lean to the left */
    int32_t previous_end; /* of the last token shifted */
    bool rejected;        /* a token did not fit */
    /* What was read, by goal. */
    ast_statement *statement;
    ast_column_list columns;
    ast_type *type;
    ast_expression *expression;
} parse;

/* Values of the grammar that are not nodes. */
typedef struct build_grouping {
    bool given;
    ast_expression_list items;
} build_grouping;

typedef struct build_emission {
    ast_emit emit;
    source_span span;
} build_emission;

typedef struct build_create_flags {
    bool or_replace, is_source;
} build_create_flags;

/* Adds to a list whose capacity is the power of two at or above its count. */
#define ast_build_append(p, list, item)                                                            \
    do {                                                                                           \
        if (((list).count & ((list).count - 1)) == 0)                                              \
            (list).items = ast_build_grow((p), (list).items, (list).count, sizeof *(list).items);  \
        (list).items[(list).count++] = (item);                                                     \
    } while (0)
void *ast_build_grow(parse *p, const void *items, int count, size_t item_bytes);
ast_expression_list ast_build_prepend(parse *p, ast_expression *first, ast_expression_list rest);

/* Places */
static inline source_span ast_build_span(const token *t) {
    return (source_span){t->offset, (int32_t)t->text.length};
}
static inline source_span ast_build_span_from(const parse *p, int32_t offset) {
    return (source_span){offset, p->previous_end - offset};
}
static inline source_span ast_build_span_here(const parse *p, const token *first) {
    return ast_build_span_from(p, first->offset);
}
static inline source_span ast_build_span_between(source_span first, source_span last) {
    return (source_span){first.offset, last.offset + last.length - first.offset};
}
void ast_build_too_deep(parse *p);

/* Names and numbers */
ast_name ast_build_name(parse *p, const token *t);       /* folded unless quoted */
ast_name ast_build_exact_name(parse *p, const token *t); /* never folded; also from a string */
static inline ast_name ast_build_no_name(void) {
    return (ast_name){.span = SPAN_NONE};
}
int64_t build_int64(parse *p, const token *t);
int ast_build_int(parse *p, const token *t);

/* Types */
ast_type *ast_build_type_named(
    parse *p, const token *name, int precision, int scale); /* -1: absent */
ast_type *ast_build_type_array(parse *p, const token *first, ast_type *element);
ast_type *ast_build_type_map(parse *p, const token *first, ast_type *key, ast_type *value);
ast_type *ast_build_type_struct(parse *p, const token *first, ast_type_field_list fields);

/* Literals */
ast_literal *ast_build_null(parse *p, const token *t);
ast_literal *ast_build_boolean(parse *p, const token *t, bool value);
ast_literal *ast_build_string(parse *p, const token *t);
ast_literal *ast_build_integer(parse *p, const token *t);
ast_literal *ast_build_decimal(parse *p, const token *t);
ast_literal *ast_build_double(parse *p, const token *t);
ast_literal *ast_build_negative(parse *p, const token *minus, ast_literal *number);

/* Expressions */
ast_expression *ast_build_literal(parse *p, const ast_literal *literal);
ast_expression *ast_build_column(parse *p, ast_name qualifier, ast_name name);
ast_expression *ast_build_dereference(parse *p, ast_expression *base, ast_name field);
ast_expression *ast_build_subscript(parse *p, ast_expression *base, ast_expression *index);
ast_expression *ast_build_parenthesized(parse *p, const token *first, ast_expression *e);
ast_expression *ast_build_call(
    parse *p, ast_name name, bool distinct, ast_expression_list arguments);
ast_expression *ast_build_call_star(parse *p, ast_name name);
ast_expression *ast_build_lambda(
    parse *p, const token *first, ast_name_list parameters, ast_expression *body);
ast_expression *ast_build_lambda_single(parse *p, ast_name parameter, ast_expression *body);
ast_expression *ast_build_cast(
    parse *p, const token *first, ast_expression *operand, ast_type *type);
ast_expression *ast_build_case(parse *p, const token *first, ast_expression *operand,
    ast_case_branch_list branches, ast_expression *otherwise);
ast_expression *ast_build_between(
    parse *p, ast_expression *operand, bool negated, ast_expression *lower, ast_expression *upper);
ast_expression *ast_build_in(
    parse *p, ast_expression *operand, bool negated, ast_expression_list items);
ast_expression *ast_build_like(
    parse *p, ast_expression *operand, bool negated, ast_expression *pattern, const token *escape);
ast_expression *ast_build_is_null(parse *p, ast_expression *operand, bool negated);
ast_expression *ast_build_is_distinct(
    parse *p, ast_expression *left, bool negated, ast_expression *right);
ast_expression *ast_build_not(parse *p, const token *first, ast_expression *operand);
/* a AND b AND c: nested to the left, and a long chain as a balanced tree. */
ast_expression *ast_build_logical_chain(
    parse *p, ast_logical_operator operation, ast_expression_list terms);
ast_expression *ast_build_comparison(
    parse *p, ast_comparison_operator operation, ast_expression *left, ast_expression *right);
ast_expression *ast_build_arithmetic(
    parse *p, ast_arithmetic_operator operation, ast_expression *left, ast_expression *right);
ast_expression *ast_build_concatenation(parse *p, ast_expression *left, ast_expression *right);
ast_expression *ast_build_negation(parse *p, const token *minus, ast_expression *operand);
ast_expression *ast_build_plus(parse *p, const token *plus, ast_expression *operand);
ast_expression *ast_build_at_time_zone(parse *p, ast_expression *operand, ast_expression *zone);
ast_expression *ast_build_array(parse *p, const token *first, ast_expression_list items);
ast_expression *ast_build_map(parse *p, const token *first, ast_map_entry_list entries);
ast_expression *ast_build_struct(parse *p, const token *first, ast_struct_entry_list entries);

/* Counts the steps to a part, and refuses too many. */
void ast_build_deepen(parse *p, ast_expression *e, const ast_expression *part);

/* Queries */
ast_query *ast_build_query(parse *p, const token *first);
ast_select_item *ast_build_select_expression(parse *p, ast_expression *e, ast_name alias);
ast_select_item *ast_build_select_all(parse *p, const token *star);
ast_select_item *ast_build_select_source_all(parse *p, ast_name source);
ast_select_item *ast_build_select_struct_all(parse *p, ast_expression *base);
ast_relation *ast_build_relation(
    parse *p, source_span first, ast_name name, ast_name alias, bool changes);
ast_join *ast_build_join(parse *p);
ast_join *ast_build_within(
    parse *p, const ast_duration *before, const ast_duration *after, const ast_duration *grace);
ast_duration *ast_build_duration(parse *p, const token *count, const token *unit);
ast_window *ast_build_window(parse *p, ast_window_kind kind, const token *first,
    const ast_duration *size, const ast_duration *advance, const ast_window *options);
ast_window *ast_build_window_retention(
    parse *p, ast_window *options, const token *first, const ast_duration *d);
ast_window *ast_build_window_grace(
    parse *p, ast_window *options, const token *first, const ast_duration *d);
ast_order_item *ast_build_order_item(parse *p, ast_expression *e, bool descending, ast_nulls nulls);

/* Statements */
ast_statement *ast_build_statement(parse *p, ast_statement_kind kind, const token *first);
ast_statement *ast_build_query_statement(parse *p, ast_query *query);
ast_statement *ast_build_create_source(parse *p, const token *first, build_create_flags flags,
    ast_source_kind kind, bool if_not_exists, ast_name name, ast_column_list columns,
    ast_property_list properties);
ast_statement *ast_build_create_as(parse *p, const token *first, build_create_flags flags,
    ast_source_kind kind, bool if_not_exists, ast_name name, ast_column_list columns,
    ast_property_list properties, ast_query *query);
ast_statement *ast_build_property_statement(
    parse *p, ast_statement_kind kind, const token *first, const ast_property *property);
ast_statement *ast_build_describe(
    parse *p, const token *first, ast_describe_kind kind, ast_name name, bool extended);
ast_statement *ast_build_explain(
    parse *p, const token *first, bool analyze, ast_statement *statement, ast_name query_id);
ast_statement *ast_build_show(parse *p, const token *first, ast_show_kind kind, bool extended);
/* Without a name: ALL. */
ast_statement *ast_build_query_control(
    parse *p, ast_statement_kind kind, const token *first, ast_name query_id);
ast_statement *ast_build_run_script(parse *p, const token *first, const token *path);
ast_column_definition *ast_build_column_definition(
    parse *p, ast_name name, ast_type *type, ast_column_role role, const token *header);
ast_property *ast_build_property(parse *p, ast_name name, const ast_literal *value);
ast_property *ast_build_property_name(parse *p, ast_name name); /* its value is NULL */
ast_row *ast_build_row(parse *p, const token *first, ast_expression_list values);

#endif
