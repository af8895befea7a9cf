/* format_text.h - appends AST parts as SQL text. Private to ast_format*.c. */
#ifndef SLUICE_PARSER_FORMAT_TEXT_H
#define SLUICE_PARSER_FORMAT_TEXT_H

#include "parser/flink_ast.h"

/* A text in the making. */
typedef struct sql_text {
    buffer text;
    parser_dialect dialect;
} sql_text;

void format_name(sql_text *out, slice name); /* quoted where its dialect needs it */
/* A name where statements have keywords: every keyword is quoted. */
void format_source_name(sql_text *out, slice name);
/* A name that is never folded: quoted as it was. */
void format_exact_name(sql_text *out, ast_name name);
/* A property's or connector's name: a string if it was quoted. */
void format_name_or_string(sql_text *out, ast_name name);
void format_string(sql_text *out, slice text);
void format_literal(sql_text *out, const ast_literal *literal);
void format_type(sql_text *out, const ast_type *type);
void format_expression(sql_text *out, const ast_expression *e);
void format_comparison(sql_text *out, ast_comparison_operator operation); /* " >= " */
void format_expressions(sql_text *out, ast_expression_list list);
void format_select_list(sql_text *out, ast_select_list list);
void format_condition(sql_text *out, const char *words, const ast_expression *condition);
void format_order_by(sql_text *out, ast_order_list list);
void format_count(sql_text *out, const char *words, int64_t count);  /* nothing below 0 */
void format_properties(sql_text *out, ast_property_list properties); /* (a = 1, ...) */
void format_column_names(sql_text *out, ast_name_list names);        /*  (a, b), or nothing */
void format_rows(sql_text *out, const char *words, ast_row_list rows);
void format_statement(sql_text *out, const ast_statement *statement);

/* What only Flink's dialect has. */
void format_flink_name(sql_text *out, slice name);
void format_flink_simple_type(sql_text *out, const ast_type *type); /* has no others within */
void format_flink_expression(sql_text *out, const ast_expression *e);
void format_flink_hints(sql_text *out, const flink_hint_list *hints);
void format_flink_over(sql_text *out, const flink_over *over);
void format_flink_relation(sql_text *out, const flink_relation *relation);
void format_flink_query(sql_text *out, const flink_query *query);
void format_flink_statement(sql_text *out, const ast_statement *statement);

/* ", " before every item but the first. */
void format_separator(sql_text *out, int index);

#endif
