/* A text is cut into statements at its semicolons; each statement's tokens are collected into an
 * array, refined where the grammar needs to look further than one token, and run through the
 * grammar with a GOAL token in front. The first error ends the parse. */
#include "parser/parser.h"

#include "parser/build.h"
#include "parser/flink_refine.h"
#include "parser/grammar.h"
#include "parser/grammar_driver.h"
#include "parser/syntax_error.h"

enum { TEXT_LIMIT = 1 << 30 };

typedef struct token_list {
    token *items;
    int count;
} token_list;

/* ---- refining ---- */

static bool is_name(const token *t) {
    return t->code == TK_IDENTIFIER || grammar_falls_back(t->code);
}

/* Whether the "(" at i opens the parameters of a lambda: (a, b) => */
static bool opens_lambda(token_list tokens, int i) {
    do {
        if (i + 3 >= tokens.count || !is_name(&tokens.items[i + 1]))
            return false;
        i += 2;
    } while (tokens.items[i].code == TK_COMMA);
    return tokens.items[i].code == TK_RIGHT_PAREN && tokens.items[i + 1].code == TK_LAMBDA_ARROW;
}

static bool is_window_kind(int code) {
    return code == TK_TUMBLING || code == TK_HOPPING || code == TK_SESSION;
}

/* Whether the word at i is the keyword it looks like, by what stands behind it. */
static bool is_keyword_before(int code, int next, int after_next) {
    switch (code) {
    case TK_ARRAY:
        return next == TK_LEFT_BRACKET || next == TK_LESS;
    case TK_MAP:
        return next == TK_LEFT_PAREN || next == TK_LESS;
    case TK_STRUCT:
        return next == TK_LEFT_PAREN || next == TK_LESS || next == TK_NOT_EQUAL;
    case TK_EMIT: /* misspelt words and missing ones included, for the message about them */
        return next == TK_CHANGES || next == TK_FINAL || next == TK_IDENTIFIER ||
               next == TK_SEMICOLON || next == TOKEN_END;
    case TK_ORDER:
    case TK_PARTITION:
        return next == TK_BY;
    case TK_OFFSET:
        return next == TK_INTEGER;
    case TK_WINDOW:
        return is_window_kind(next) || is_window_kind(after_next);
    default:
        return true;
    }
}

static int code_at(token_list tokens, int i) {
    return i < tokens.count ? tokens.items[i].code : TOKEN_END;
}

static void refine(token_list tokens) {
    for (int i = 1; i < tokens.count; i++) {
        token *t = &tokens.items[i];
        int next = code_at(tokens, i + 1);
        if (t->code == TK_CHANGES && next == TK_LEFT_PAREN)
            t->code = TK_CHANGES_OF;
        else if (!is_keyword_before(t->code, next, code_at(tokens, i + 2)))
            t->code = TK_IDENTIFIER;
    }
    for (int i = 1; i < tokens.count; i++)
        if (tokens.items[i].code == TK_LEFT_PAREN && opens_lambda(tokens, i))
            tokens.items[i].code = TK_LAMBDA_PAREN;
}

/* ---- collecting ---- */

static void add_token(parse *p, token_list *tokens, token t) {
    ast_build_append(p, *tokens, t);
}

/* The tokens up to a semicolon or the end, with the goal in front and that last token behind. */
static token_list collect(parse *p, lexer *l, int goal) {
    token_list tokens = {0};
    add_token(p, &tokens, (token){slice_make(p->sql.data, 0), (int32_t)l->position, goal});
    statement_extent extent = {0};
    while (!extent.ended) {
        token t = lexer_next(l);
        add_token(p, &tokens, t);
        statement_extent_add(&extent, &t);
    }
    if (p->dialect == PARSER_FLINK)
        flink_refine(p, tokens.items, tokens.count);
    else
        refine(tokens);
    return tokens;
}

static bool is_empty(token_list tokens) {
    return tokens.count == 2;
}

/* Runs the grammar over one statement's tokens, ended as by the end of the text. */
static bool run(parse *p, token_list tokens) {
    if (error_is_set(p->error))
        return false;
    token *last = &tokens.items[tokens.count - 1];
    int ended_by = last->code;
    if (ended_by == TK_SEMICOLON)
        last->code = TOKEN_END;
    int taken = grammar_run(p, tokens.items, tokens.count);
    if (taken == tokens.count && !error_is_set(p->error))
        return true;
    if (!error_is_set(p->error))
        syntax_error_report(p, tokens.items, taken);
    return false;
}

static bool parse_start(parse *p, parser_dialect dialect, arena *a, slice sql, error *e) {
    error_clear(e);
    if (!sql.data)
        sql = SLICE_LITERAL("");
    *p = (parse){.arena = a, .sql = sql, .error = e, .dialect = dialect};
    if (sql.length >= TEXT_LIMIT)
        return error_set(
            e, ERROR_LIMIT, "The text is %zu bytes long; the limit is %d", sql.length, TEXT_LIMIT);
    return true;
}

static int statement_goal(parser_dialect dialect) {
    return dialect == PARSER_FLINK ? TK_GOAL_FLINK : TK_GOAL_STATEMENT;
}

/* ---- the public doors ---- */

bool parser_parse_script(arena *a, slice sql, ast_script *out, error *e) {
    return parser_parse_script_in(a, PARSER_KSQL, sql, out, e);
}

bool parser_parse_script_in(
    arena *a, parser_dialect dialect, slice sql, ast_script *out, error *e) {
    parse p;
    *out = (ast_script){0};
    if (!parse_start(&p, dialect, a, sql, e))
        return false;
    lexer l = {.sql = p.sql, .dialect = dialect};
    for (;;) {
        token_list tokens = collect(&p, &l, statement_goal(dialect));
        bool last = tokens.items[tokens.count - 1].code == TOKEN_END;
        if (!is_empty(tokens)) {
            if (!run(&p, tokens))
                return false;
            ast_build_append(&p, *out, p.statement);
        }
        if (last)
            return true;
    }
}

/* One thing that is the whole text, a semicolon behind it aside. */
static bool parse_whole(
    parse *p, parser_dialect dialect, arena *a, slice text, int goal, error *e) {
    if (!parse_start(p, dialect, a, text, e))
        return false;
    lexer l = {.sql = p->sql, .dialect = dialect};
    token_list tokens = collect(p, &l, goal);
    if (!run(p, tokens))
        return false;
    for (token t = lexer_next(&l); t.code != TOKEN_END; t = lexer_next(&l))
        if (t.code != TK_SEMICOLON)
            return error_at(e, ERROR_SYNTAX, ast_build_span(&t),
                "Unexpected text behind the end of the statement");
    return true;
}

ast_statement *parser_parse_statement(arena *a, slice sql, error *e) {
    return parser_parse_statement_in(a, PARSER_KSQL, sql, e);
}

ast_statement *parser_parse_statement_in(arena *a, parser_dialect dialect, slice sql, error *e) {
    parse p;
    return parse_whole(&p, dialect, a, sql, statement_goal(dialect), e) ? p.statement : NULL;
}

bool parser_parse_schema(arena *a, slice text, ast_column_list *out, error *e) {
    parse p;
    *out = (ast_column_list){0};
    if (!parse_whole(&p, PARSER_KSQL, a, text, TK_GOAL_SCHEMA, e))
        return false;
    *out = p.columns;
    return true;
}

ast_type *parser_parse_type(arena *a, slice text, error *e) {
    return parser_parse_type_in(a, PARSER_KSQL, text, e);
}

ast_type *parser_parse_type_in(arena *a, parser_dialect dialect, slice text, error *e) {
    parse p;
    return parse_whole(&p, dialect, a, text, TK_GOAL_TYPE, e) ? p.type : NULL;
}

ast_expression *parser_parse_expression(arena *a, slice text, error *e) {
    return parser_parse_expression_in(a, PARSER_KSQL, text, e);
}

ast_expression *parser_parse_expression_in(arena *a, parser_dialect dialect, slice text, error *e) {
    parse p;
    return parse_whole(&p, dialect, a, text, TK_GOAL_EXPRESSION, e) ? p.expression : NULL;
}
