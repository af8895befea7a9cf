/* Names, numbers, literals, types and lists. Text that needs no change stays a slice of the input.
 */
#include "parser/build.h"

#include <ctype.h>

#include "parser/build_flink.h"
#include "parser/parser.h"

void ast_build_too_deep(parse *p) {
    error_at(p->error, ERROR_LIMIT, ast_build_span_from(p, p->previous_end),
        "The statement is nested too deeply");
    error_hint(p->error, "Split it into several statements, each with a part of it as a column.");
}

void *ast_build_grow(parse *p, const void *items, int count, size_t item_bytes) {
    void *grown = arena_allocate(p->arena, (count ? (size_t)count * 2 : 1) * item_bytes);
    if (count)
        memcpy(grown, items, (size_t)count * item_bytes);
    return grown;
}

ast_expression_list ast_build_prepend(parse *p, ast_expression *first, ast_expression_list rest) {
    ast_expression_list list = {0};
    ast_build_append(p, list, first);
    for (int i = 0; i < rest.count; i++)
        ast_build_append(p, list, rest.items[i]);
    return list;
}

/* ---- names ---- */

/* What stands between the quotes, with doubled quotes halved. */
static slice unquote(parse *p, slice quoted) {
    char quote = quoted.data[0];
    slice inner = slice_make(quoted.data + 1, quoted.length - 2);
    if (inner.length == 0 || !memchr(inner.data, quote, inner.length))
        return inner;
    char *copy = arena_allocate(p->arena, inner.length);
    size_t length = 0;
    for (size_t i = 0; i < inner.length; i++) {
        copy[length++] = inner.data[i];
        if (inner.data[i] == quote)
            i++;
    }
    return slice_make(copy, length);
}

static slice fold(parse *p, slice word) {
    for (size_t i = 0; i < word.length; i++)
        if (islower((unsigned char)word.data[i]))
            return arena_upper(p->arena, word);
    return word;
}

static bool is_quoted(const token *t) {
    char first = t->text.data[0];
    return first == '`' || first == '"' || first == '\'';
}

ast_name ast_build_exact_name(parse *p, const token *t) {
    ast_name name = {t->text, ast_build_span(t), is_quoted(t)};
    if (name.quoted)
        name.text = unquote(p, t->text);
    if (name.text.length == 0)
        error_at(p->error, ERROR_SYNTAX, name.span, "A name cannot be empty");
    return name;
}

ast_name ast_build_name(parse *p, const token *t) {
    ast_name name = ast_build_exact_name(p, t);
    if (!name.quoted && p->dialect == PARSER_KSQL)
        name.text = fold(p, name.text);
    return name;
}

/* ---- numbers ---- */

int64_t build_int64(parse *p, const token *t) {
    int64_t value = 0;
    if (!slice_to_int64(t->text, &value))
        error_at(p->error, ERROR_SYNTAX, ast_build_span(t), "The number %.*s is too large",
            SLICE_ARG(t->text));
    return value;
}

int ast_build_int(parse *p, const token *t) {
    int64_t value = build_int64(p, t);
    if (value > INT32_MAX)
        error_at(p->error, ERROR_SYNTAX, ast_build_span(t), "The number %.*s is too large",
            SLICE_ARG(t->text));
    return (int)value;
}

static ast_literal *literal_new(parse *p, ast_literal_kind kind, const token *t) {
    ast_literal *literal = ARENA_NEW(p->arena, ast_literal);
    literal->kind = kind;
    literal->span = ast_build_span(t);
    return literal;
}

ast_literal *ast_build_null(parse *p, const token *t) {
    return literal_new(p, AST_LITERAL_NULL, t);
}

ast_literal *ast_build_boolean(parse *p, const token *t, bool value) {
    ast_literal *literal = literal_new(p, AST_LITERAL_BOOLEAN, t);
    literal->boolean = value;
    return literal;
}

ast_literal *ast_build_string(parse *p, const token *t) {
    ast_literal *literal = literal_new(p, AST_LITERAL_STRING, t);
    literal->text = unquote(p, t->text);
    return literal;
}

static void set_integer(ast_literal *literal, int64_t value) {
    literal->kind =
        value >= INT32_MIN && value <= INT32_MAX ? AST_LITERAL_INTEGER : AST_LITERAL_BIGINT;
    literal->integer = value;
    literal->real = (double)value;
}

/* Digits that no BIGINT holds are a DECIMAL, so that nothing is rounded. */
ast_literal *ast_build_integer(parse *p, const token *t) {
    int64_t value;
    if (!slice_to_int64(t->text, &value))
        return ast_build_decimal(p, t);
    ast_literal *literal = literal_new(p, AST_LITERAL_INTEGER, t);
    literal->text = t->text;
    set_integer(literal, value);
    return literal;
}

ast_literal *ast_build_decimal(parse *p, const token *t) {
    ast_literal *literal = literal_new(p, AST_LITERAL_DECIMAL, t);
    literal->text = t->text;
    slice_to_double(t->text, &literal->real);
    return literal;
}

ast_literal *ast_build_double(parse *p, const token *t) {
    ast_literal *literal = literal_new(p, AST_LITERAL_DOUBLE, t);
    literal->text = fold(p, t->text);
    slice_to_double(t->text, &literal->real);
    return literal;
}

/* The digits are read again with their sign, as the smallest BIGINT has no positive twin. */
ast_literal *ast_build_negative(parse *p, const token *minus, ast_literal *number) {
    ast_literal *literal = ARENA_NEW(p->arena, ast_literal);
    *literal = *number;
    literal->span = ast_build_span_from(p, minus->offset);
    literal->text = arena_format(p->arena, "-%.*s", SLICE_ARG(number->text));
    literal->real = -number->real;
    int64_t value;
    if (slice_to_int64(literal->text, &value))
        set_integer(literal, value);
    return literal;
}

/* ---- types ---- */

static const struct {
    const char *name;
    ast_type_kind kind;
    int parameters;
} TYPE_NAMES[] = {
    {"BOOLEAN", AST_TYPE_BOOLEAN, 0},
    {"INT", AST_TYPE_INTEGER, 0},
    {"INTEGER", AST_TYPE_INTEGER, 0},
    {"BIGINT", AST_TYPE_BIGINT, 0},
    {"DOUBLE", AST_TYPE_DOUBLE, 0},
    {"STRING", AST_TYPE_STRING, 1},
    {"VARCHAR", AST_TYPE_STRING, 1},
    {"BYTES", AST_TYPE_BYTES, 0},
    {"DATE", AST_TYPE_DATE, 0},
    {"TIME", AST_TYPE_TIME, 0},
    {"TIMESTAMP", AST_TYPE_TIMESTAMP, 0},
    {"DECIMAL", AST_TYPE_DECIMAL, 2},
};

static ast_type *type_new(parse *p, ast_type_kind kind, const token *first) {
    ast_type *type = ARENA_NEW(p->arena, ast_type);
    type->kind = kind;
    type->span = ast_build_span_here(p, first);
    type->depth = 1;
    return type;
}

static void type_deepen(parse *p, ast_type *type, const ast_type *part) {
    if (part->depth < type->depth)
        return;
    type->depth = part->depth + 1;
    if (type->depth > PARSER_DEPTH_LIMIT)
        ast_build_too_deep(p);
}

static void check_parameters(
    parse *p, const ast_type *type, const token *name, int allowed, int given) {
    if (type->kind == AST_TYPE_DECIMAL && given != 2) {
        error_at(p->error, ERROR_SYNTAX, type->span, "DECIMAL needs a precision and a scale");
        error_hint(p->error, "Write DECIMAL(precision, scale), for example DECIMAL(10, 2).");
    } else if (given > allowed) {
        error_at(p->error, ERROR_SYNTAX, type->span,
            "The type %.*s takes no numbers in parentheses", SLICE_ARG(name->text));
    }
}

ast_type *ast_build_type_named(parse *p, const token *name, int precision, int scale) {
    if (p->dialect == PARSER_FLINK)
        return flink_build_type(p, name, precision, scale);
    int given = (precision >= 0) + (scale >= 0);
    ast_type *type = type_new(p, AST_TYPE_NAMED, name);
    size_t i = 0, count = sizeof TYPE_NAMES / sizeof TYPE_NAMES[0];
    while (i < count && !slice_is_ignore_case(name->text, TYPE_NAMES[i].name))
        i++;
    if (i < count)
        type->kind = TYPE_NAMES[i].kind;
    else
        type->name = ast_build_name(p, name);
    if (type->kind == AST_TYPE_DECIMAL) {
        type->precision = precision;
        type->scale = scale;
    }
    check_parameters(p, type, name, i < count ? TYPE_NAMES[i].parameters : 0, given);
    return type;
}

ast_type *ast_build_type_array(parse *p, const token *first, ast_type *element) {
    ast_type *type = type_new(p, AST_TYPE_ARRAY, first);
    type->element = element;
    type_deepen(p, type, element);
    return type;
}

ast_type *ast_build_type_map(parse *p, const token *first, ast_type *key, ast_type *value) {
    ast_type *type = type_new(p, AST_TYPE_MAP, first);
    type->key = key;
    type->element = value;
    type_deepen(p, type, key);
    type_deepen(p, type, value);
    return type;
}

ast_type *ast_build_type_struct(parse *p, const token *first, ast_type_field_list fields) {
    ast_type *type = type_new(p, AST_TYPE_STRUCT, first);
    type->fields = fields;
    for (int i = 0; i < fields.count; i++)
        type_deepen(p, type, fields.items[i].type);
    return type;
}
