/* lexer.h - SQL text to tokens. Private to the parser.
 *
 * A token's code is a terminal of the grammar (generated/parser/grammar.h), TOKEN_END, or one of
 * the TOKEN_ILLEGAL kinds below it, which no grammar rule accepts. Comments and white space are
 * skipped. The lexer holds no memory.
 */
#ifndef SLUICE_PARSER_LEXER_H
#define SLUICE_PARSER_LEXER_H

#include "base/error.h"
#include "base/slice.h"
#include "parser/ast.h"

enum {
    TOKEN_END = 0,
    TOKEN_OPEN_STRING = -1,  /* 'text that never ends */
    TOKEN_OPEN_NAME = -2,    /* `name that never ends */
    TOKEN_OPEN_COMMENT = -3, /* a comment that never ends */
    TOKEN_UNKNOWN = -4,      /* a character SQL has no use for */
    TOKEN_VARIABLE = -5,     /* ${name}, not yet substituted */
};

typedef struct token {
    slice text; /* as written, quotes included */
    int32_t offset;
    int code;
} token;

typedef struct lexer {
    slice sql;
    size_t position;
    parser_dialect dialect;
    bool in_hint; /* behind the start of a hint (Flink), which is a comment elsewhere */
} lexer;

/* The next token; at the end of the text TOKEN_END with an empty text, again and again. */
token lexer_next(lexer *l);

/* Where a statement ends: at its semicolon, but for the statements that hold others. Start with
 * zeros and add tokens until `ended`. */
typedef struct statement_extent {
    token first[4];
    int count;
    bool after_semicolon, saw_end, ended;
} statement_extent;
void statement_extent_add(statement_extent *x, const token *t);

#endif
