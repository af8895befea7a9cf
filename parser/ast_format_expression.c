/* Expressions, types, names and literals. Every operator stands in parentheses, so that what comes
 * out is a primary of the grammar wherever it is put; only signed operands need some more. */
#include "parser/format_text.h"
#include "parser/grammar.h"
#include "parser/keyword.h"
#include "parser/parser.h"

void format_separator(sql_text *out, int index) {
    if (index > 0)
        buffer_append_text(&out->text, ", ");
}

/* ---- names and literals ---- */

static void append_quoted(sql_text *out, slice text, char quote) {
    buffer_append_byte(&out->text, quote);
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == quote)
            buffer_append_byte(&out->text, quote);
        buffer_append_byte(&out->text, text.data[i]);
    }
    buffer_append_byte(&out->text, quote);
}

static void append_name(sql_text *out, slice name, bool quoted) {
    if (quoted)
        append_quoted(out, name, '`');
    else
        buffer_append(&out->text, name);
}

void format_name(sql_text *out, slice name) {
    if (out->dialect == PARSER_FLINK) {
        format_flink_name(out, name);
        return;
    }
    append_name(out, name, parser_name_needs_quotes(name));
}

void format_source_name(sql_text *out, slice name) {
    if (out->dialect == PARSER_FLINK) {
        format_flink_name(out, name);
        return;
    }
    append_name(out, name,
        parser_name_needs_quotes(name) || keyword_code(PARSER_KSQL, name) != TK_IDENTIFIER);
}

void format_exact_name(sql_text *out, ast_name name) {
    append_name(out, name.text, name.quoted);
}

void format_name_or_string(sql_text *out, ast_name name) {
    if (name.quoted)
        format_string(out, name.text);
    else
        buffer_append(&out->text, name.text);
}

void format_string(sql_text *out, slice text) {
    append_quoted(out, text, '\'');
}

void format_literal(sql_text *out, const ast_literal *literal) {
    switch (literal->kind) {
    case AST_LITERAL_NULL:
        buffer_append_text(&out->text, "null");
        break;
    case AST_LITERAL_BOOLEAN:
        buffer_append_text(&out->text, literal->boolean ? "true" : "false");
        break;
    case AST_LITERAL_STRING:
        format_string(out, literal->text);
        break;
    default:
        buffer_append(&out->text, literal->text);
    }
}

/* ---- types ---- */

static const char *const TYPE_TEXTS[] = {
    [AST_TYPE_BOOLEAN] = "BOOLEAN",
    [AST_TYPE_INTEGER] = "INTEGER",
    [AST_TYPE_BIGINT] = "BIGINT",
    [AST_TYPE_DOUBLE] = "DOUBLE",
    [AST_TYPE_STRING] = "STRING",
    [AST_TYPE_BYTES] = "BYTES",
    [AST_TYPE_DATE] = "DATE",
    [AST_TYPE_TIME] = "TIME",
    [AST_TYPE_TIMESTAMP] = "TIMESTAMP",
};

static void format_struct_type(sql_text *out, const ast_type *type) {
    buffer_append_text(&out->text, out->dialect == PARSER_FLINK ? "ROW<" : "STRUCT<");
    for (int i = 0; i < type->fields.count; i++) {
        format_separator(out, i);
        format_name(out, type->fields.items[i].name.text);
        buffer_append_byte(&out->text, ' ');
        format_type(out, type->fields.items[i].type);
    }
    buffer_append_byte(&out->text, '>');
}

static void format_simple_type(sql_text *out, const ast_type *type) {
    if (type->kind == AST_TYPE_DECIMAL)
        buffer_format(&out->text, "DECIMAL(%d, %d)", type->precision, type->scale);
    else if (type->kind == AST_TYPE_NAMED) /* `STRING` in quotes is not the built-in type */
        append_name(
            out, type->name.text, type->name.quoted || parser_name_needs_quotes(type->name.text));
    else
        buffer_append_text(&out->text, TYPE_TEXTS[type->kind]);
}

void format_type(sql_text *out, const ast_type *type) {
    switch (type->kind) {
    case AST_TYPE_ARRAY:
        buffer_append_text(&out->text, "ARRAY<");
        format_type(out, type->element);
        buffer_append_byte(&out->text, '>');
        break;
    case AST_TYPE_MAP:
        buffer_append_text(&out->text, "MAP<");
        format_type(out, type->key);
        buffer_append_text(&out->text, ", ");
        format_type(out, type->element);
        buffer_append_byte(&out->text, '>');
        break;
    case AST_TYPE_STRUCT:
        format_struct_type(out, type);
        break;
    default:
        if (out->dialect == PARSER_FLINK)
            format_flink_simple_type(out, type);
        else
            format_simple_type(out, type);
    }
    buffer_append_text(
        &out->text, out->dialect == PARSER_FLINK && type->not_null ? " NOT NULL" : "");
}

/* ---- expressions ---- */

static const char *const COMPARISONS[] = {
    [AST_EQUAL] = " = ",
    [AST_NOT_EQUAL] = " <> ",
    [AST_LESS] = " < ",
    [AST_LESS_OR_EQUAL] = " <= ",
    [AST_GREATER] = " > ",
    [AST_GREATER_OR_EQUAL] = " >= ",
};

void format_comparison(sql_text *out, ast_comparison_operator operation) {
    buffer_append_text(&out->text, COMPARISONS[operation]);
}

static const char *const ARITHMETICS[] = {
    [AST_ADD] = " + ",
    [AST_SUBTRACT] = " - ",
    [AST_MULTIPLY] = " * ",
    [AST_DIVIDE] = " / ",
    [AST_MODULO] = " % ",
};

void format_expressions(sql_text *out, ast_expression_list list) {
    for (int i = 0; i < list.count; i++) {
        format_separator(out, i);
        format_expression(out, list.items[i]);
    }
}

static void format_binary(
    sql_text *out, const ast_expression *left, const char *operation, const ast_expression *right) {
    buffer_append_byte(&out->text, '(');
    format_expression(out, left);
    buffer_append_text(&out->text, operation);
    format_expression(out, right);
    buffer_append_byte(&out->text, ')');
}

static void format_in_parentheses(sql_text *out, const ast_expression *e) {
    buffer_append_byte(&out->text, '(');
    format_expression(out, e);
    buffer_append_byte(&out->text, ')');
}

static bool is_number(const ast_expression *e) {
    return e->kind == AST_EXPRESSION_LITERAL && e->literal.kind >= AST_LITERAL_INTEGER &&
           e->literal.kind <= AST_LITERAL_DOUBLE;
}

/* Where -> or [ follows, or a time zone stands: a sign would take in too much or too little. */
static void format_primary(sql_text *out, const ast_expression *e) {
    bool is_signed =
        e->kind == AST_EXPRESSION_NEGATION || (is_number(e) && e->literal.text.data[0] == '-');
    if (is_signed)
        format_in_parentheses(out, e);
    else
        format_expression(out, e);
}

/* A minus before a number would become part of it, and two make a comment. */
static void format_negation(sql_text *out, const ast_expression *e) {
    const ast_expression *operand = e->negation.operand;
    buffer_append_byte(&out->text, '-');
    if (operand->kind == AST_EXPRESSION_NEGATION || is_number(operand))
        format_in_parentheses(out, operand);
    else
        format_expression(out, operand);
}

static void format_column(sql_text *out, const ast_expression *e) {
    if (ast_name_given(e->column.qualifier)) {
        format_name(out, e->column.qualifier.text);
        buffer_append_byte(&out->text, '.');
    }
    format_name(out, e->column.name.text);
}

static void format_call(sql_text *out, const ast_expression *e) {
    format_name(out, e->call.name.text);
    buffer_append_text(&out->text, e->call.distinct ? "(DISTINCT " : "(");
    if (e->call.star)
        buffer_append_byte(&out->text, '*');
    format_expressions(out, e->call.arguments);
    buffer_append_byte(&out->text, ')');
    if (e->call.filter) {
        buffer_append_text(&out->text, " FILTER (WHERE ");
        format_expression(out, e->call.filter);
        buffer_append_byte(&out->text, ')');
    }
}

static void format_lambda(sql_text *out, const ast_expression *e) {
    ast_name_list parameters = e->lambda.parameters;
    bool single = parameters.count == 1;
    if (!single)
        buffer_append_byte(&out->text, '(');
    for (int i = 0; i < parameters.count; i++) {
        format_separator(out, i);
        format_name(out, parameters.items[i].text);
    }
    buffer_append_text(&out->text, single ? " => " : ") => ");
    format_expression(out, e->lambda.body);
}

static void format_cast(sql_text *out, const ast_expression *e) {
    buffer_append_text(&out->text, e->cast.is_try ? "TRY_CAST(" : "CAST(");
    format_expression(out, e->cast.operand);
    buffer_append_text(&out->text, " AS ");
    format_type(out, e->cast.type);
    buffer_append_byte(&out->text, ')');
}

static void format_case(sql_text *out, const ast_expression *e) {
    buffer_append_text(&out->text, "(CASE");
    if (e->case_.operand) {
        buffer_append_byte(&out->text, ' ');
        format_expression(out, e->case_.operand);
    }
    for (int i = 0; i < e->case_.branches.count; i++) {
        buffer_append_text(&out->text, " WHEN ");
        format_expression(out, e->case_.branches.items[i].when);
        buffer_append_text(&out->text, " THEN ");
        format_expression(out, e->case_.branches.items[i].then);
    }
    if (e->case_.otherwise) {
        buffer_append_text(&out->text, " ELSE ");
        format_expression(out, e->case_.otherwise);
    }
    buffer_append_text(&out->text, " END)");
}

static void format_between(sql_text *out, const ast_expression *e) {
    buffer_append_byte(&out->text, '(');
    format_expression(out, e->between.operand);
    buffer_append_text(&out->text, e->between.negated ? " NOT BETWEEN " : " BETWEEN ");
    format_expression(out, e->between.lower);
    buffer_append_text(&out->text, " AND ");
    format_expression(out, e->between.upper);
    buffer_append_byte(&out->text, ')');
}

static void format_in(sql_text *out, const ast_expression *e) {
    buffer_append_byte(&out->text, '(');
    format_expression(out, e->in.operand);
    buffer_append_text(&out->text, e->in.negated ? " NOT IN (" : " IN (");
    format_expressions(out, e->in.items);
    buffer_append_text(&out->text, "))");
}

static void format_like(sql_text *out, const ast_expression *e) {
    buffer_append_byte(&out->text, '(');
    format_expression(out, e->like.operand);
    buffer_append_text(&out->text, e->like.negated ? " NOT LIKE " : " LIKE ");
    format_expression(out, e->like.pattern);
    if (e->like.escape.data) {
        buffer_append_text(&out->text, " ESCAPE ");
        format_string(out, e->like.escape);
    }
    buffer_append_byte(&out->text, ')');
}

static void format_map(sql_text *out, const ast_expression *e) {
    bool is_flink = out->dialect == PARSER_FLINK;
    buffer_append_text(&out->text, is_flink ? "MAP[" : "MAP(");
    for (int i = 0; i < e->map.entries.count; i++) {
        format_separator(out, i);
        format_expression(out, e->map.entries.items[i].key);
        buffer_append_text(&out->text, is_flink ? ", " : ":=");
        format_expression(out, e->map.entries.items[i].value);
    }
    buffer_append_byte(&out->text, is_flink ? ']' : ')');
}

static void format_struct(sql_text *out, const ast_expression *e) {
    buffer_append_text(&out->text, "STRUCT(");
    for (int i = 0; i < e->struct_.entries.count; i++) {
        format_separator(out, i);
        format_name(out, e->struct_.entries.items[i].name.text);
        buffer_append_text(&out->text, ":=");
        format_expression(out, e->struct_.entries.items[i].value);
    }
    buffer_append_byte(&out->text, ')');
}

void format_expression(sql_text *out, const ast_expression *e) {
    switch (e->kind) {
    case AST_EXPRESSION_LITERAL:
        format_literal(out, &e->literal);
        break;
    case AST_EXPRESSION_COLUMN:
        format_column(out, e);
        break;
    case AST_EXPRESSION_DEREFERENCE:
        format_primary(out, e->dereference.base);
        buffer_append_text(&out->text, out->dialect == PARSER_FLINK ? "." : "->");
        format_name(out, e->dereference.field.text);
        break;
    case AST_EXPRESSION_SUBSCRIPT:
        format_primary(out, e->subscript.base);
        buffer_append_byte(&out->text, '[');
        format_expression(out, e->subscript.index);
        buffer_append_byte(&out->text, ']');
        break;
    case AST_EXPRESSION_CALL:
        format_call(out, e);
        break;
    case AST_EXPRESSION_LAMBDA:
        format_lambda(out, e);
        break;
    case AST_EXPRESSION_CAST:
        format_cast(out, e);
        break;
    case AST_EXPRESSION_CASE:
        format_case(out, e);
        break;
    case AST_EXPRESSION_BETWEEN:
        format_between(out, e);
        break;
    case AST_EXPRESSION_IN:
        format_in(out, e);
        break;
    case AST_EXPRESSION_LIKE:
        format_like(out, e);
        break;
    case AST_EXPRESSION_IS_NULL:
        buffer_append_byte(&out->text, '(');
        format_expression(out, e->is_null.operand);
        buffer_append_text(&out->text, e->is_null.negated ? " IS NOT NULL)" : " IS NULL)");
        break;
    case AST_EXPRESSION_IS_DISTINCT:
        format_binary(out, e->is_distinct.left,
            e->is_distinct.negated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ",
            e->is_distinct.right);
        break;
    case AST_EXPRESSION_NOT:
        buffer_append_text(&out->text, "(NOT ");
        format_expression(out, e->not_.operand);
        buffer_append_byte(&out->text, ')');
        break;
    case AST_EXPRESSION_LOGICAL:
        format_binary(out, e->logical.left, e->logical.operation == AST_AND ? " AND " : " OR ",
            e->logical.right);
        break;
    case AST_EXPRESSION_COMPARISON:
        format_binary(
            out, e->comparison.left, COMPARISONS[e->comparison.operation], e->comparison.right);
        break;
    case AST_EXPRESSION_ARITHMETIC:
        format_binary(
            out, e->arithmetic.left, ARITHMETICS[e->arithmetic.operation], e->arithmetic.right);
        break;
    case AST_EXPRESSION_CONCATENATION:
        format_binary(out, e->concatenation.left, " || ", e->concatenation.right);
        break;
    case AST_EXPRESSION_NEGATION:
        format_negation(out, e);
        break;
    case AST_EXPRESSION_AT_TIME_ZONE:
        buffer_append_byte(&out->text, '(');
        format_primary(out, e->at_time_zone.operand);
        buffer_append_text(&out->text, " AT TIME ZONE ");
        format_primary(out, e->at_time_zone.zone);
        buffer_append_byte(&out->text, ')');
        break;
    case AST_EXPRESSION_ARRAY:
        buffer_append_text(&out->text, "ARRAY[");
        format_expressions(out, e->array.items);
        buffer_append_byte(&out->text, ']');
        break;
    case AST_EXPRESSION_MAP:
        format_map(out, e);
        break;
    case AST_EXPRESSION_STRUCT:
        format_struct(out, e);
        break;
    default:
        format_flink_expression(out, e);
    }
}
