/* format_text.h - appends AST parts as SQL text. Private to ast_format*.c. */
#ifndef SLUICE_PARSER_FORMAT_TEXT_H
#define SLUICE_PARSER_FORMAT_TEXT_H

#include "parser/ast.h"

void format_name(buffer *out, slice name);
/* A name where statements have keywords: every keyword is quoted. */
void format_source_name(buffer *out, slice name);
/* A name that is never folded: quoted as it was. */
void format_exact_name(buffer *out, ast_name name);
/* A property's or connector's name: a string if it was quoted. */
void format_name_or_string(buffer *out, ast_name name);
void format_string(buffer *out, slice text);
void format_literal(buffer *out, const ast_literal *literal);
void format_type(buffer *out, const ast_type *type);
void format_expression(buffer *out, const ast_expression *e);
void format_expressions(buffer *out, ast_expression_list list);
/* ", " before every item but the first. */
void format_separator(buffer *out, int index);

#endif
