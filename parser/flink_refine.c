/* First words that are keywords only in some company are looked at with their neighbours; then each
 * "(" is matched with its ")", and from the innermost outwards told what it opens: a query when it
 * stands before one, or before a query in parentheses that goes on as one; a row when commas stand
 * directly inside it and a value is wanted. */
#include "parser/flink_refine.h"

#include "parser/grammar.h"
#include "parser/grammar_driver.h"

enum { QUERY_DEPTH_LIMIT = 100 };

typedef struct refining {
    token *tokens;
    int count;
    int *closed_by;  /* of a "(": the index of its ")", or count */
    int *opened_by;  /* the innermost "(" a token stands in, or -1 */
    bool *has_comma; /* of a "(": a comma stands directly inside it */
    int *suspended;  /* of a "(": how many brackets and braces it stands in, of the "(" around it */
} refining;

static int code_at(const refining *r, int i) {
    return i >= 0 && i < r->count ? r->tokens[i].code : TOKEN_END;
}

static bool is_name(const refining *r, int i) {
    int code = code_at(r, i);
    return code == TK_IDENTIFIER || (code > 0 && grammar_falls_back(code));
}

static bool is_word(const refining *r, int i, const char *word) {
    return i >= 0 && i < r->count && slice_is_ignore_case(r->tokens[i].text, word);
}

/* ---- words ---- */

static bool is_truth(int code) {
    return code == TK_TRUE || code == TK_FALSE || code == TK_UNKNOWN || code == TK_JSON;
}

static bool is_typed(const refining *r, int i) {
    return is_word(r, i, "DATE") || is_word(r, i, "TIME") || is_word(r, i, "TIMESTAMP");
}

static int keyword_or_name(int code, bool is_keyword) {
    return is_keyword ? code : TK_IDENTIFIER;
}

/* OBJECT of IS JSON OBJECT. */
static bool is_json_kind(const refining *r, int i) {
    bool is_test = code_at(r, i - 1) == TK_JSON &&
                   (code_at(r, i - 2) == TK_FLINK_IS || code_at(r, i - 3) == TK_FLINK_IS);
    return is_test && (is_word(r, i, "OBJECT") || is_word(r, i, "ARRAY") ||
                          is_word(r, i, "SCALAR") || is_word(r, i, "VALUE"));
}

/* ANY of a > ANY (SELECT ...). */
static bool is_quantifier(const refining *r, int i) {
    if (code_at(r, i + 1) != TK_LEFT_PAREN ||
        !(is_word(r, i, "ANY") || is_word(r, i, "SOME") || is_word(r, i, "ALL")))
        return false;
    switch (code_at(r, i - 1)) {
    case TK_EQUAL:
    case TK_NOT_EQUAL:
    case TK_LESS:
    case TK_LESS_OR_EQUAL:
    case TK_GREATER:
    case TK_GREATER_OR_EQUAL:
        return true;
    default:
        return false;
    }
}

static int word_code(const refining *r, int i) {
    int code = code_at(r, i), next = code_at(r, i + 1), after = code_at(r, i + 2);
    if (next == TK_STRING && is_typed(r, i))
        return TK_TYPED;
    if (is_json_kind(r, i))
        return TK_JSON_KIND;
    if (is_quantifier(r, i))
        return TK_QUANTIFIER;
    switch (code) {
    case TK_ARRAY:
    case TK_MAP:
        return keyword_or_name(
            code, next == TK_LEFT_BRACKET || next == TK_LESS || next == TK_WRAPPER);
    case TK_STRUCT:
    case TK_EMIT:
        return TK_IDENTIFIER;
    case TK_ORDER:
        return keyword_or_name(code, next == TK_BY);
    case TK_PARTITION:
        return keyword_or_name(code, next == TK_BY || next == TK_LEFT_PAREN);
    case TK_OFFSET:
        return keyword_or_name(code, next == TK_INTEGER);
    case TK_WINDOW:
        return keyword_or_name(code, is_name(r, i + 1) && after == TK_AS);
    case TK_GROUPING:
        return keyword_or_name(code, next == TK_SETS);
    case TK_LEFT: /* LEFT(text, n) */
    case TK_RIGHT:
        return keyword_or_name(code, next != TK_LEFT_PAREN);
    case TK_WITH:
        return next == TK_LOCAL && after == TK_TIME ? TK_TYPE_WITH : code;
    case TK_WITHOUT:
        return next == TK_WRAPPER || after == TK_WRAPPER ? TK_JSON_WITHOUT : code;
    case TK_NOT:
        return next == TK_NULL && code_at(r, i - 1) != TK_IS ? TK_FLINK_NOT : code;
    case TK_IS:
        return is_truth(next) || (next == TK_NOT && is_truth(after)) ? TK_FLINK_IS : code;
    case TK_INTERVAL: {
        bool is_signed = next == TK_MINUS || next == TK_PLUS;
        return (is_signed ? after : next) == TK_STRING ? TK_FLINK_INTERVAL : TK_IDENTIFIER;
    }
    case TK_ARROW: /* ksqlDB's */
    case TK_ASSIGN:
        return TOKEN_UNKNOWN;
    default:
        return code;
    }
}

/* a.b is a name with a qualifier; every further dot, and one behind a bracket, reads a field. */
static bool reads_field(const refining *r, int i) {
    int before = code_at(r, i - 1), dot = code_at(r, i - 2);
    return before == TK_RIGHT_PAREN || before == TK_RIGHT_BRACKET || dot == TK_DOT ||
           dot == TK_FLINK_DOT;
}

static void refine_words(refining *r) {
    for (int i = 1; i < r->count; i++) {
        int code = r->tokens[i].code;
        r->tokens[i].code = code == TK_DOT && reads_field(r, i) ? TK_FLINK_DOT : word_code(r, i);
    }
}

/* ---- parentheses ---- */

/* What ARRAY[1, 2] and A{1,2} have commas between is not in the "(" around it directly. */
static void match_parentheses(refining *r) {
    int open = -1, brackets = 0;
    for (int i = 0; i < r->count; i++) {
        int code = r->tokens[i].code;
        r->opened_by[i] = open;
        r->closed_by[i] = r->count;
        if (code == TK_LEFT_PAREN) {
            r->suspended[i] = brackets;
            open = i;
            brackets = 0;
        } else if (code == TK_RIGHT_PAREN && open >= 0) {
            r->closed_by[open] = i;
            brackets = r->suspended[open];
            open = r->opened_by[open];
        } else if (code == TK_COMMA && open >= 0 && brackets == 0) {
            r->has_comma[open] = true;
        }
        brackets += (code == TK_LEFT_BRACE || code == TK_LEFT_BRACKET) -
                    (code == TK_RIGHT_BRACE || code == TK_RIGHT_BRACKET);
    }
}

static bool goes_on_as_query(int code) {
    switch (code) {
    case TK_UNION:
    case TK_INTERSECT:
    case TK_EXCEPT:
    case TK_ORDER:
    case TK_LIMIT:
    case TK_OFFSET:
    case TK_FETCH:
    case TK_RIGHT_PAREN:
        return true;
    default:
        return false;
    }
}

/* Whether a name before the "(" makes it a call's. */
static bool is_call(const refining *r, int i) {
    int before = code_at(r, i - 1);
    return is_name(r, i - 1) && before != TK_EXISTS && before != TK_TABLE;
}

static bool opens_query(const refining *r, int i) {
    switch (code_at(r, i + 1)) {
    case TK_SELECT:
    case TK_VALUES:
    case TK_WITH:
        return true;
    case TK_QUERY_PAREN:
        return !is_call(r, i) && goes_on_as_query(code_at(r, r->closed_by[i + 1] + 1));
    default:
        return false;
    }
}

/* Whether a value is wanted behind this token. */
static bool precedes_value(int code) {
    switch (code) {
    case TK_GOAL_EXPRESSION:
    case TK_EQUAL:
    case TK_NOT_EQUAL:
    case TK_LESS:
    case TK_LESS_OR_EQUAL:
    case TK_GREATER:
    case TK_GREATER_OR_EQUAL:
    case TK_AND:
    case TK_OR:
    case TK_NOT:
    case TK_SELECT:
    case TK_DISTINCT:
    case TK_WHERE:
    case TK_ON:
    case TK_HAVING:
    case TK_CASE:
    case TK_WHEN:
    case TK_THEN:
    case TK_ELSE:
    case TK_BETWEEN:
    case TK_VALUES:
    case TK_OVERLAPS:
    case TK_BY:
    case TK_COMMA:
    case TK_LEFT_PAREN:
    case TK_LEFT_BRACKET:
        return true;
    default:
        return false;
    }
}

static bool opens_row(const refining *r, int i) {
    return r->has_comma[i] && precedes_value(code_at(r, i - 1)) &&
           code_at(r, i - 2) != TK_PARTITIONED;
}

static void refine_parentheses(refining *r) {
    for (int i = r->count - 1; i > 0; i--)
        if (r->tokens[i].code == TK_LEFT_PAREN && opens_query(r, i))
            r->tokens[i].code = TK_QUERY_PAREN;
    for (int i = r->count - 1; i > 0; i--)
        if (r->tokens[i].code == TK_LEFT_PAREN && opens_row(r, i))
            r->tokens[i].code = TK_ROW_PAREN;
}

/* ---- words inside calls ---- */

static bool is_in_call(const refining *r, int i, const char *const *names) {
    for (int call = r->opened_by[i] - 1; *names; names++)
        if (is_word(r, call, *names))
            return true;
    return false;
}

/* JSON_OBJECT([KEY] k VALUE v, k : v). */
static int entry_code(const refining *r, int i) {
    int code = code_at(r, i), before = code_at(r, i - 1), next = code_at(r, i + 1);
    bool starts = before == TK_LEFT_PAREN || before == TK_COMMA;
    bool ends = next == TK_COMMA || next == TK_RIGHT_PAREN || is_word(r, i + 1, ":") ||
                is_word(r, i + 1, "VALUE");
    if (is_word(r, i, ":"))
        return TK_JSON_COLON;
    if (is_word(r, i, "KEY") && starts && !ends)
        return TK_JSON_KEY;
    bool is_separator = !starts && before != TK_JSON_COLON && before != TK_JSON_KEY &&
                        before != TK_DOT && next != TK_COMMA && next != TK_RIGHT_PAREN;
    return is_word(r, i, "VALUE") && is_separator ? TK_JSON_COLON : code;
}

static void refine_arguments(refining *r) {
    static const char *const WITH_ENTRIES[] = {"JSON_OBJECT", "JSON_OBJECTAGG", NULL};
    static const char *const WITH_FROM[] = {"EXTRACT", "TRIM", "SUBSTRING", "OVERLAY", NULL};
    static const char *const WITH_IN[] = {"POSITION", NULL};
    for (int i = 1; i < r->count; i++) {
        token *t = &r->tokens[i];
        if (t->code == TK_EXISTS && code_at(r, i + 1) == TK_QUERY_PAREN)
            t->code = TK_FLINK_EXISTS;
        else if (t->code == TK_FROM && code_at(r, i - 1) != TK_DISTINCT &&
                 is_in_call(r, i, WITH_FROM))
            t->code = TK_ARGUMENT_FROM;
        else if (t->code == TK_IN && is_in_call(r, i, WITH_IN))
            t->code = TK_ARGUMENT_IN;
        else if (code_at(r, i + 1) == TK_LEFT_PAREN && code_at(r, i + 2) != TK_RIGHT_PAREN &&
                 (is_word(r, i, "JSON_OBJECT") || is_word(r, i, "JSON_OBJECTAGG")))
            t->code = TK_JSON_OBJECT;
        else if (is_in_call(r, i, WITH_ENTRIES))
            t->code = entry_code(r, i);
    }
}

/* ---- together ---- */

/* What walks over queries recurses once for each level. */
static bool check_depth(parse *p, const refining *r) {
    int depth = 0;
    for (int i = 0; i < r->count; i++) {
        int open = r->opened_by[i];
        if (r->tokens[i].code == TK_QUERY_PAREN && ++depth > QUERY_DEPTH_LIMIT) {
            error_at(p->error, ERROR_LIMIT, ast_build_span(&r->tokens[i]),
                "Queries are nested more than %d levels deep", QUERY_DEPTH_LIMIT);
            error_hint(p->error, "Give the inner queries names: CREATE VIEW name AS SELECT ...");
            return false;
        }
        if (r->tokens[i].code == TK_RIGHT_PAREN && open >= 0 &&
            r->tokens[open].code == TK_QUERY_PAREN)
            depth--;
    }
    return true;
}

bool flink_refine(parse *p, token *tokens, int count) {
    size_t n = (size_t)count;
    refining r = {tokens, count, arena_allocate(p->arena, n * sizeof(int)),
        arena_allocate(p->arena, n * sizeof(int)), arena_allocate(p->arena, n),
        arena_allocate(p->arena, n * sizeof(int))};
    memset(r.has_comma, 0, n);
    refine_words(&r);
    match_parentheses(&r);
    refine_parentheses(&r);
    refine_arguments(&r);
    return check_depth(p, &r);
}
