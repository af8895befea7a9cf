/* parser.h - SQL text to AST (ast.h).
 *
 * Every function builds into the arena given and keeps no state: any thread may parse into an arena
 * of its own. The tree points into the arena and into the text, so both must outlive it. A failure
 * returns false and fills the error: ERROR_SYNTAX at the place in the text, saying what was found,
 * what could have stood there and, where that can be guessed, what was meant; or ERROR_LIMIT for
 * nesting deeper than PARSER_DEPTH_LIMIT, chains longer than PARSER_CHAIN_LIMIT and texts of 1 GiB
 * and more.
 *
 * A statement's way through a session: parser_split finds the statements of a text; each one, when
 * its turn comes, has its ${variables} filled in by parser_substitute and is then parsed by
 * parser_parse_statement. A text without variables can go through parser_parse_script at once.
 */
#ifndef SLUICE_PARSER_PARSER_H
#define SLUICE_PARSER_PARSER_H

#include "parser/ast.h"

enum {
    PARSER_DEPTH_LIMIT = 500,   /* of nested expressions, types and EXPLAINs */
    PARSER_CHAIN_LIMIT = 10000, /* of operators in a + b - c ...; chains of AND and OR have none */
    /* Of an expression, with what a shorthand writes twice: x BETWEEN SYMMETRIC y AND z. */
    PARSER_PARTS_LIMIT = 1000000,
};

/* All statements of a text, in order; empty statements (`;;`) are skipped. The semicolon after the
 * last one is optional. */
bool parser_parse_script(arena *a, slice sql, ast_script *out, error *e);

/* Exactly one statement, with or without its semicolon. NULL: see the error. */
ast_statement *parser_parse_statement(arena *a, slice sql, error *e);

/* Parts of statements by themselves; NULL or false: see the error. */
bool parser_parse_schema(
    arena *a, slice text, ast_column_list *out, error *e);               /* ID INT KEY, V STRING */
ast_type *parser_parse_type(arena *a, slice text, error *e);             /* ARRAY<INT> */
ast_expression *parser_parse_expression(arena *a, slice text, error *e); /* A + 1 */

/* The same in the dialect given; the functions above read ksqlDB's. A view's query is a statement
 * of kind AST_STATEMENT_FLINK_QUERY. */
bool parser_parse_script_in(arena *a, parser_dialect dialect, slice sql, ast_script *out, error *e);
ast_statement *parser_parse_statement_in(arena *a, parser_dialect dialect, slice sql, error *e);
ast_type *parser_parse_type_in(arena *a, parser_dialect dialect, slice text, error *e);
ast_expression *parser_parse_expression_in(arena *a, parser_dialect dialect, slice text, error *e);

/* ---- reading a text piece by piece ---- */

typedef enum parser_piece_end {
    PARSER_PIECE_STATEMENT,  /* ended by a semicolon */
    PARSER_PIECE_INCOMPLETE, /* the text ended first: a shell should ask for more */
    PARSER_PIECE_EMPTY,      /* nothing but white space and comments was left */
} parser_piece_end;

typedef struct parser_piece {
    parser_piece_end end;
    slice text;  /* first to last token, without the semicolon; part of the input */
    size_t next; /* where in the input the following piece starts */
    bool open_string, open_comment; /* INCOMPLETE inside 'text, `name or comment */
} parser_piece;

/* The first statement of sql at or after byte `start`. Looks at tokens only: a piece need not be
 * valid SQL, and may hold ${variables}. Call again with `next` until EMPTY or INCOMPLETE. */
parser_piece parser_split(slice sql, size_t start);

/* ---- variables ---- */

/* Gives the value of variable `name` (as written, without ${ }); false when there is none. */
typedef bool parser_variable_lookup(void *context, slice name, slice *value);

/* The text with each ${name} replaced by its value; `$${name}` stands for the characters ${name}.
 * Inside 'strings' and quoted names the value's quotes are doubled, so a value cannot end them;
 * elsewhere it is inserted as it is. Comments are left alone. An unknown variable is an error at
 * its place, but inside a string or quoted name it stays as it was written. A text without `${` is
 * returned as it is, otherwise the result lives in the arena. */
bool parser_substitute(
    arena *a, slice sql, parser_variable_lookup *lookup, void *context, slice *out, error *e);

/* ---- words ---- */

typedef struct parser_keyword {
    const char *text; /* upper case */
    bool reserved;    /* needs quotes to be used as a name */
} parser_keyword;

/* The keywords in alphabetical order: index 0, 1, ... until NULL. They are static. */
const parser_keyword *parser_keyword_at(int index);
/* Whether a name must be quoted to be read back as it is: it has other characters than upper case
 * letters, digits and _, starts with a digit, or is a word the grammar would take for itself. */
bool parser_name_needs_quotes(slice name);

#endif
