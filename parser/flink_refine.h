/* flink_refine.h - settles what one token of lookahead cannot, in a Flink text. Private to the
 * parser. */
#ifndef SLUICE_PARSER_FLINK_REFINE_H
#define SLUICE_PARSER_FLINK_REFINE_H

#include "parser/build.h"

/* Gives the tokens of one statement the codes that flink_grammar.y names at its head. False when
 * queries nest too deeply: see p->error. */
bool flink_refine(parse *p, token *tokens, int count);

#endif
