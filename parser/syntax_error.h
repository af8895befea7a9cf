/* syntax_error.h - says what is wrong with a text that the grammar refuses. Private to the parser.
 */
#ifndef SLUICE_PARSER_SYNTAX_ERROR_H
#define SLUICE_PARSER_SYNTAX_ERROR_H

#include "parser/build.h"

/* Sets p->error for the token at `refused`: what stands there, what could, what may be meant.
 * tokens[0] is the GOAL token. */
void syntax_error_report(parse *p, const token *tokens, int refused);

#endif
