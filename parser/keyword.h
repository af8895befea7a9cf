/* keyword.h - the words of the grammar. Private to the parser; parser_keywords is the public side.
 *
 * A keyword is reserved when the grammar cannot tell it from a name; the others fall back to being
 * names wherever the grammar does not want them as keywords (%fallback in grammar.y).
 */
#ifndef SLUICE_PARSER_KEYWORD_H
#define SLUICE_PARSER_KEYWORD_H

#include "parser/parser.h"

typedef struct keyword_entry {
    parser_keyword keyword;
    int code; /* its terminal */
} keyword_entry;

/* The words only the Flink dialect knows (flink_keyword.c), sorted. It knows those of ksqlDB too.
 */
extern const keyword_entry FLINK_KEYWORDS[];
extern const int FLINK_KEYWORD_COUNT;

/* The terminal of a word in either case; TK_IDENTIFIER when it is no keyword. */
int keyword_code(parser_dialect dialect, slice word);
/* The keyword of a terminal, or NULL when the terminal is not a word. */
const char *keyword_text(int code);
/* Whether the word is a reserved keyword. */
bool keyword_is_reserved(parser_dialect dialect, slice word);

#endif
