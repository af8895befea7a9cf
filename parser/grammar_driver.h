/* grammar_driver.h - runs the generated parser over tokens. Private to the parser.
 *
 * Tokens come as an array: a GOAL token, the tokens of one statement, TOKEN_END.
 */
#ifndef SLUICE_PARSER_GRAMMAR_DRIVER_H
#define SLUICE_PARSER_GRAMMAR_DRIVER_H

#include "parser/build.h"

/* Feeds the tokens; returns the index of the first one refused, with p->error set when a node could
 * not be built, or count when all were taken and the result is in *p. */
int grammar_run(parse *p, const token *tokens, int count);

/* Which terminals could stand behind these tokens, one flag a code; flags has grammar_terminals()
 * entries. A keyword that would only be taken as a name is not among them, nor,
 * for a ksqlDB text, are the terminals of the Flink dialect. */
void grammar_expected(parse *p, const token *tokens, int count, bool *expected);

int grammar_terminals(void);
/* Whether the keyword may also be a name. */
bool grammar_falls_back(int code);

#endif
