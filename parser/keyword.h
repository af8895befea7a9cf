/* keyword.h - the words of the grammar. Private to the parser; parser_keywords is the public side.
 *
 * A keyword is reserved when the grammar cannot tell it from a name; the others fall back to being
 * names wherever the grammar does not want them as keywords (%fallback in grammar.y).
 */
#ifndef SLUICE_PARSER_KEYWORD_H
#define SLUICE_PARSER_KEYWORD_H

#include "base/slice.h"

/* The terminal of a word in either case; TK_IDENTIFIER when it is no keyword. */
int keyword_code(slice word);
/* The keyword of a terminal, or NULL when the terminal is not a word. */
const char *keyword_text(int code);
/* Whether the word is a reserved keyword. */
bool keyword_is_reserved(slice word);

#endif
