/* The grammar is run once more over the tokens in front of the refused one and asked which
 * terminals it would take there. Those are told as "a name", "an expression", "an operator" where
 * they come together, and by name otherwise. A word close to a keyword that would fit is taken for
 * a slip, at the refused token and at the one before it: in SELECT a FORM t, FORM passes for an
 * alias. */
#include "parser/syntax_error.h"

#include <ctype.h>

#include "base/memory.h"
#include "base/similar.h"
#include "parser/grammar.h"
#include "parser/grammar_driver.h"
#include "parser/keyword.h"

enum { SHOWN_EXPECTATIONS = 8, SHOWN_TEXT = 40 };

/* ---- what was found ---- */

static const char *illegal_message(int code) {
    switch (code) {
    case TOKEN_OPEN_STRING:
        return "The string that starts here has no closing quote";
    case TOKEN_OPEN_NAME:
        return "The quoted name that starts here has no closing quote";
    case TOKEN_OPEN_COMMENT:
        return "The comment that starts here has no closing */";
    default:
        return NULL;
    }
}

static void report_illegal(parse *p, const token *t) {
    source_span span = ast_build_span(t);
    const char *message = illegal_message(t->code);
    if (message) {
        span.length = 1;
        error_at(p->error, ERROR_SYNTAX, span, "%s", message);
    } else if (t->code == TOKEN_VARIABLE) {
        error_at(p->error, ERROR_SYNTAX, span, "The variable %.*s has not been substituted",
            SLICE_ARG(t->text));
        error_hint(p->error, "Give it a value first, with DEFINE name = 'value';");
    } else if (t->text.data[0] == 0) {
        error_at(p->error, ERROR_SYNTAX, span, "A zero byte cannot be part of a statement");
    } else {
        error_at(p->error, ERROR_SYNTAX, span, "The character %.*s has no meaning here",
            SLICE_ARG(t->text));
    }
}

static bool is_end(const token *t) {
    return t->code == TOKEN_END || t->code == TK_SEMICOLON;
}

static bool is_word(const token *t) {
    return t->code >= 0 && t->text.length > 0 &&
           (isalpha((unsigned char)t->text.data[0]) || t->text.data[0] == '_');
}

/* ---- what was expected ---- */

/* Terminals an expression may start with; a keyword or sign among them is not told apart. */
static const int EXPRESSION_START[] = {TK_IDENTIFIER, TK_INTEGER, TK_DECIMAL, TK_DOUBLE, TK_STRING,
    TK_NULL, TK_TRUE, TK_FALSE, TK_CASE, TK_CAST, TK_ARRAY, TK_MAP, TK_STRUCT, TK_PLUS, TK_MINUS,
    TK_LEFT_PAREN, TK_NOT};
static const int OPERATORS[] = {TK_PLUS, TK_MINUS, TK_STAR, TK_SLASH, TK_PERCENT, TK_CONCAT, TK_AT,
    TK_EQUAL, TK_NOT_EQUAL, TK_LESS, TK_LESS_OR_EQUAL, TK_GREATER, TK_GREATER_OR_EQUAL, TK_BETWEEN,
    TK_IN, TK_LIKE, TK_IS, TK_NOT, TK_AND, TK_OR, TK_DOT, TK_ARROW, TK_LEFT_BRACKET, TK_ESCAPE};
static const int TYPE_START[] = {TK_IDENTIFIER, TK_ARRAY, TK_MAP, TK_STRUCT};
/* Never told: they are helpers of the grammar, or the same as another one. */
static const int UNTOLD[] = {TK_LAMBDA_PAREN, TK_CHANGES_OF, TK_SEMICOLON, TK_UNARY,
    TK_LAMBDA_ARROW, TK_GOAL_STATEMENT, TK_GOAL_SCHEMA, TK_GOAL_TYPE, TK_GOAL_EXPRESSION,
    TK_GOAL_FLINK, TK_QUERY_PAREN, TK_ROW_PAREN, TK_FLINK_DOT, TK_FLINK_NOT, TK_FLINK_IS,
    TK_FLINK_EXISTS, TK_FLINK_INTERVAL, TK_TYPED, TK_TYPE_WITH, TK_ARGUMENT_FROM, TK_ARGUMENT_IN,
    TK_JSON_WITHOUT, TK_JSON_OBJECT, TK_JSON_KEY, TK_JSON_COLON, TK_JSON_KIND, TK_QUANTIFIER,
    TK_HINT_OPEN, TK_ONE_UNIT};

#define COUNT(array) (int)(sizeof(array) / sizeof(array)[0])

static void forget(bool *expected, const int *codes, int count) {
    for (int i = 0; i < count; i++)
        expected[codes[i]] = false;
}

static const struct {
    int code;
    const char *text;
} SIGNS[] = {
    {TOKEN_END, "the end of the statement"},
    {TK_IDENTIFIER, "a name"},
    {TK_STRING, "a string"},
    {TK_INTEGER, "a whole number"},
    {TK_DECIMAL, "a number"},
    {TK_DOUBLE, "a number with an exponent"},
    {TK_LEFT_PAREN, "'('"},
    {TK_RIGHT_PAREN, "')'"},
    {TK_LEFT_BRACKET, "'['"},
    {TK_RIGHT_BRACKET, "']'"},
    {TK_COMMA, "','"},
    {TK_DOT, "'.'"},
    {TK_ARROW, "'->'"},
    {TK_ASSIGN, "':='"},
    {TK_EQUAL, "'='"},
    {TK_NOT_EQUAL, "'<>'"},
    {TK_LESS, "'<'"},
    {TK_GREATER, "'>'"},
    {TK_STAR, "'*'"},
    {TK_MINUS, "'-'"},
    {TK_PLUS, "'+'"},
    {TK_BAR, "'|'"},
    {TK_QUESTION, "'?'"},
    {TK_LEFT_BRACE, "'{'"},
    {TK_RIGHT_BRACE, "'}'"},
};

static const char *terminal_text(int code) {
    for (int i = 0; i < COUNT(SIGNS); i++)
        if (SIGNS[i].code == code)
            return SIGNS[i].text;
    const char *keyword = keyword_text(code);
    return keyword ? keyword : "a sign";
}

/* Text collected as "a, b or c": the last one is held back until it is known to be the last. */
typedef struct enumeration {
    buffer text;
    const char *held;
    int count;
} enumeration;

static void enumerate(enumeration *e, const char *item) {
    if (e->count++ >= SHOWN_EXPECTATIONS)
        return;
    if (e->held)
        buffer_format(&e->text, "%s%s", e->text.length ? ", " : "", e->held);
    e->held = item;
}

static void enumerate_end(enumeration *e) {
    const char *between = e->count > SHOWN_EXPECTATIONS ? ", " : " or ";
    if (e->held)
        buffer_format(&e->text, "%s%s", e->text.length ? between : "", e->held);
    if (e->count > SHOWN_EXPECTATIONS)
        buffer_append_text(&e->text, " ...");
}

static void describe_expected(bool *expected, enumeration *e) {
    forget(expected, UNTOLD, COUNT(UNTOLD));
    if (expected[TK_SELECT] && expected[TK_CREATE] && expected[TK_DESCRIBE]) {
        enumerate(e, "a statement such as SELECT, CREATE or INSERT");
        return;
    }
    if (expected[TK_IDENTIFIER] && expected[TK_CASE]) {
        enumerate(e, "an expression");
        forget(expected, EXPRESSION_START, COUNT(EXPRESSION_START));
    } else if (expected[TK_IDENTIFIER] && expected[TK_ARRAY]) {
        enumerate(e, "a type");
        forget(expected, TYPE_START, COUNT(TYPE_START));
    }
    if (expected[TK_CONCAT]) {
        enumerate(e, "an operator");
        forget(expected, OPERATORS, COUNT(OPERATORS));
    }
    for (int code = grammar_terminals() - 1; code >= 0; code--)
        if (expected[code])
            enumerate(e, terminal_text(code));
}

/* ---- what may be meant ---- */

/* The expected keyword closest to the word, near enough to be a slip, or NULL. */
static const char *closest_keyword(slice word, const bool *expected) {
    const char *closest = NULL;
    int least = similar_limit(word) + 1;
    for (int code = 1; code < grammar_terminals(); code++) {
        const char *keyword = expected[code] ? keyword_text(code) : NULL;
        int distance = keyword ? similar_distance(word, slice_of(keyword)) : least;
        if (distance < least && distance < (int)word.length) {
            closest = keyword;
            least = distance;
        }
    }
    return closest;
}

/* Whether the token was read as a name: what the grammar refused may be a keyword that can be one,
 * what it took is one only when it is no keyword. */
static bool may_be_slip(const token *t, bool was_refused) {
    return is_word(t) && (t->code == TK_IDENTIFIER || (was_refused && grammar_falls_back(t->code)));
}

static bool hint_slip(parse *p, const token *tokens, int at, bool was_refused) {
    if (at < 1 || !may_be_slip(&tokens[at], was_refused))
        return false;
    bool *expected = memory_allocate_zero((size_t)grammar_terminals());
    grammar_expected(p, tokens, at, expected);
    const char *keyword = closest_keyword(tokens[at].text, expected);
    if (keyword)
        error_hint(
            p->error, "Did you mean %s instead of %.*s?", keyword, SLICE_ARG(tokens[at].text));
    memory_free(expected);
    return keyword != NULL;
}

static void hint(parse *p, const token *tokens, int refused, bool name_fits) {
    const token *t = &tokens[refused];
    if (hint_slip(p, tokens, refused, true) || hint_slip(p, tokens, refused - 1, false))
        return;
    if (name_fits && is_word(t) && keyword_is_reserved(p->dialect, t->text))
        error_hint(p->error, "%.*s is a reserved word; to use it as a name write `%.*s`",
            SLICE_ARG(t->text), SLICE_ARG(t->text));
}

/* ---- together ---- */

static source_span refused_span(const parse *p, const token *tokens, int refused) {
    if (!is_end(&tokens[refused]) || refused < 2)
        return ast_build_span(&tokens[refused]);
    const token *last = &tokens[refused - 1];
    return (source_span){last->offset + (int32_t)last->text.length, 0};
}

static void report_refused(parse *p, const token *tokens, int refused, const char *expected) {
    const token *t = &tokens[refused];
    source_span span = refused_span(p, tokens, refused);
    slice text = t->text;
    const char *more = "";
    if (text.length > SHOWN_TEXT) {
        text.length = SHOWN_TEXT;
        more = "...";
    }
    if (is_end(t))
        error_at(
            p->error, ERROR_SYNTAX, span, "The statement ends too early: expected %s", expected);
    else
        error_at(p->error, ERROR_SYNTAX, span, "Unexpected %.*s%s: expected %s", SLICE_ARG(text),
            more, expected);
}

void syntax_error_report(parse *p, const token *tokens, int refused) {
    if (tokens[refused].code < 0) {
        report_illegal(p, &tokens[refused]);
        return;
    }
    bool *expected = memory_allocate_zero((size_t)grammar_terminals());
    grammar_expected(p, tokens, refused, expected);
    bool name_fits = expected[TK_IDENTIFIER];
    enumeration e = {0};
    describe_expected(expected, &e);
    enumerate_end(&e);
    buffer_append_byte(&e.text, 0);
    report_refused(p, tokens, refused, e.text.data);
    hint(p, tokens, refused, name_fits);
    buffer_free(&e.text);
    memory_free(expected);
}
