/* ast_format.h - AST back to SQL text.
 *
 * The text is canonical: one line, keywords in upper case, every operator in parentheses, names
 * quoted with backquotes only where they must be, defaults left out. Parsing it gives the same tree
 * (spans apart), so text -> tree -> text is stable from the first text on. Expressions print as
 * ksqlDB prints them in its messages. Results live in the arena.
 */
#ifndef SLUICE_PARSER_AST_FORMAT_H
#define SLUICE_PARSER_AST_FORMAT_H

#include "parser/ast.h"

slice ast_format_statement(arena *a, const ast_statement *statement); /* without semicolon */
slice ast_format_expression(arena *a, const ast_expression *expression);
slice ast_format_type(arena *a, const ast_type *type);
slice ast_format_name_in(arena *a, parser_dialect dialect, slice name);
/* `name`, or name without quotes where it reads back the same. */
slice ast_format_name(arena *a, slice name);
/* 'text' with its quotes doubled. */
slice ast_format_string(arena *a, slice text);

#endif
