/* unit.h - time units in SQL. Private to the parser; ast_unit_name is in ast.h. */
#ifndef SLUICE_PARSER_UNIT_H
#define SLUICE_PARSER_UNIT_H

#include "parser/ast.h"

/* The unit a word names, singular or plural, in either case; AST_UNIT_NONE for other words. */
ast_unit unit_from_word(slice word);
/* Its length, or 0 for units whose length varies (months, years). */
int64_t unit_duration_ms(ast_unit unit);

#endif
