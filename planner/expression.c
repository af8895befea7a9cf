/* Expressions print as SQL that reads back: every operator in parentheses, names in backquotes. */
#include "planner/expression.h"

#include <math.h>

#include "base/sql_text.h"

static const char *const compare_texts[] = {
    "=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"};
static const char *const arithmetic_texts[] = {"+", "-", "*", "/", "%"};
static const char *const pseudo_names[] = {
    "ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND", "HEADERS"};

static void format_quoted(buffer *out, slice text, char quote) {
    buffer_append_byte(out, quote);
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == quote)
            buffer_append_byte(out, quote);
        buffer_append_byte(out, text.data[i]);
    }
    buffer_append_byte(out, quote);
}

static void format_value(const column *c, int64_t row, buffer *out);

static void format_elements(const column *c, int64_t row, buffer *out) {
    bool is_map = c->type->base == SQL_MAP;
    buffer_append_text(out, is_map ? "MAP(" : "ARRAY[");
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        if (i > c->offsets[row])
            buffer_append_text(out, ", ");
        format_value(c->children[0], i, out);
        if (is_map) {
            buffer_append_text(out, ":=");
            format_value(c->children[1], i, out);
        }
    }
    buffer_append_byte(out, is_map ? ')' : ']');
}

static void format_fields(const column *c, int64_t row, buffer *out) {
    buffer_append_text(out, "STRUCT(");
    for (int i = 0; i < c->child_count; i++) {
        if (i)
            buffer_append_text(out, ", ");
        format_quoted(out, c->type->fields[i].name, '`');
        buffer_append_text(out, ":=");
        format_value(c->children[i], row, out);
    }
    buffer_append_byte(out, ')');
}

static void format_quoted_value(const column *c, int64_t row, buffer *out) {
    buffer text = {0};
    sql_text_append(&text, c, row);
    format_quoted(out, buffer_slice(&text), '\'');
    buffer_free(&text);
}

static void format_value(const column *c, int64_t row, buffer *out) {
    if (column_is_null(c, row)) {
        buffer_append_text(out, "NULL");
        return;
    }
    switch (c->type->base) {
    case SQL_VARCHAR:
    case SQL_DATE:
    case SQL_TIME:
    case SQL_TIMESTAMP:
        format_quoted_value(c, row, out);
        break;
    case SQL_BYTES:
        buffer_append_text(out, "TO_BYTES(");
        format_quoted_value(c, row, out);
        buffer_append_text(out, ", 'base64')");
        break;
    case SQL_ARRAY:
    case SQL_MAP:
        format_elements(c, row, out);
        break;
    case SQL_STRUCT:
        format_fields(c, row, out);
        break;
    default:
        sql_text_append(out, c, row);
        break;
    }
}

static void format_list(
    const expression *e, int first, const char *separator, const slice *names, buffer *out) {
    for (int i = first; i < e->argument_count; i++) {
        if (i > first)
            buffer_append_text(out, separator);
        expression_format(e->arguments[i], names, out);
    }
}

static void format_infix(
    const expression *e, const char *operation, const slice *names, buffer *out) {
    buffer_append_byte(out, '(');
    expression_format(e->arguments[0], names, out);
    buffer_format(out, " %s ", operation);
    expression_format(e->arguments[1], names, out);
    buffer_append_byte(out, ')');
}

static void format_case(const expression *e, const slice *names, buffer *out) {
    buffer_append_text(out, "(CASE");
    int branches = e->argument_count - e->has_else;
    for (int i = 0; i < branches; i += 2) {
        buffer_append_text(out, " WHEN ");
        expression_format(e->arguments[i], names, out);
        buffer_append_text(out, " THEN ");
        expression_format(e->arguments[i + 1], names, out);
    }
    if (e->has_else) {
        buffer_append_text(out, " ELSE ");
        expression_format(e->arguments[e->argument_count - 1], names, out);
    }
    buffer_append_text(out, " END)");
}

static void format_pairs(const expression *e, const slice *names, buffer *out) {
    buffer_append_text(out, e->kind == EXPRESSION_MAP ? "MAP(" : "STRUCT(");
    int step = e->kind == EXPRESSION_MAP ? 2 : 1;
    for (int i = 0; i < e->argument_count; i += step) {
        if (i)
            buffer_append_text(out, ", ");
        if (step == 1)
            format_quoted(out, e->type->fields[i].name, '`');
        else
            expression_format(e->arguments[i], names, out);
        buffer_append_text(out, ":=");
        expression_format(e->arguments[i + step - 1], names, out);
    }
    buffer_append_byte(out, ')');
}

static void format_parameter(int depth, int index, buffer *out) {
    buffer_format(out, "x%d_%d", depth, index + 1);
}

static void format_lambda(const expression *e, const slice *names, buffer *out) {
    buffer_append_byte(out, '(');
    for (int i = 0; i < e->parameter_count; i++) {
        if (i)
            buffer_append_text(out, ", ");
        format_parameter(0, i, out);
    }
    buffer_append_text(out, ") => ");
    expression_format(e->arguments[0], names, out);
}

static void format_like(const expression *e, const slice *names, buffer *out) {
    buffer_append_byte(out, '(');
    format_list(e, 0, " LIKE ", names, out);
    if (e->escape)
        buffer_format(out, " ESCAPE '%c'", (int)e->escape);
    buffer_append_byte(out, ')');
}

void expression_format(const expression *e, const slice *names, buffer *out) {
    switch (e->kind) {
    case EXPRESSION_LITERAL:
        format_value(e->literal, 0, out);
        break;
    case EXPRESSION_COLUMN:
        if (names)
            buffer_append(out, names[e->index]);
        else
            buffer_format(out, "$%d", e->index);
        break;
    case EXPRESSION_PSEUDO:
        buffer_append_text(out, pseudo_names[e->pseudo]);
        break;
    case EXPRESSION_CALL:
        buffer_format(out, "%s(", e->call->function->name);
        format_list(e, 0, ", ", names, out);
        buffer_append_byte(out, ')');
        break;
    case EXPRESSION_CAST:
        buffer_append_text(out, "CAST(");
        expression_format(e->arguments[0], names, out);
        buffer_append_text(out, " AS ");
        sql_type_format(e->type, out);
        buffer_append_byte(out, ')');
        break;
    case EXPRESSION_COMPARE:
        format_infix(e, compare_texts[e->compare], names, out);
        break;
    case EXPRESSION_ARITHMETIC:
        format_infix(e, arithmetic_texts[e->arithmetic], names, out);
        break;
    case EXPRESSION_AND:
    case EXPRESSION_OR:
        buffer_append_byte(out, '(');
        format_list(e, 0, e->kind == EXPRESSION_AND ? " AND " : " OR ", names, out);
        buffer_append_byte(out, ')');
        break;
    case EXPRESSION_NOT:
        buffer_append_text(out, "(NOT ");
        format_list(e, 0, "", names, out);
        buffer_append_byte(out, ')');
        break;
    case EXPRESSION_IS_NULL:
        buffer_append_byte(out, '(');
        format_list(e, 0, "", names, out);
        buffer_append_text(out, " IS NULL)");
        break;
    case EXPRESSION_IN:
        buffer_append_byte(out, '(');
        expression_format(e->arguments[0], names, out);
        buffer_append_text(out, " IN (");
        format_list(e, 1, ", ", names, out);
        buffer_append_text(out, "))");
        break;
    case EXPRESSION_LIKE:
        format_like(e, names, out);
        break;
    case EXPRESSION_CASE:
        format_case(e, names, out);
        break;
    case EXPRESSION_FIELD:
        expression_format(e->arguments[0], names, out);
        buffer_append_text(out, "->");
        format_quoted(out, e->arguments[0]->type->fields[e->index].name, '`');
        break;
    case EXPRESSION_SUBSCRIPT:
        expression_format(e->arguments[0], names, out);
        buffer_append_byte(out, '[');
        expression_format(e->arguments[1], names, out);
        buffer_append_byte(out, ']');
        break;
    case EXPRESSION_ARRAY:
        buffer_append_text(out, "ARRAY[");
        format_list(e, 0, ", ", names, out);
        buffer_append_byte(out, ']');
        break;
    case EXPRESSION_MAP:
    case EXPRESSION_STRUCT:
        format_pairs(e, names, out);
        break;
    case EXPRESSION_LAMBDA:
        format_lambda(e, names, out);
        break;
    case EXPRESSION_PARAMETER:
        format_parameter(e->depth, e->index, out);
        break;
    case EXPRESSION_UNIT:
        buffer_append(out, e->text);
        break;
    }
}

void expression_columns(const expression *e, bool *used) {
    if (e->kind == EXPRESSION_COLUMN)
        used[e->index] = true;
    for (int i = 0; i < e->argument_count; i++)
        expression_columns(e->arguments[i], used);
}

static bool payload_equal(const expression *a, const expression *b) {
    switch (a->kind) {
    case EXPRESSION_LITERAL:
        return column_rows_equal(a->literal, 0, b->literal, 0) &&
               (a->type->base != SQL_DOUBLE ||
                   signbit(a->literal->doubles[0]) == signbit(b->literal->doubles[0]));
    case EXPRESSION_COLUMN:
    case EXPRESSION_FIELD:
        return a->index == b->index;
    case EXPRESSION_PARAMETER:
        return a->index == b->index && a->depth == b->depth;
    case EXPRESSION_PSEUDO:
        return a->pseudo == b->pseudo;
    case EXPRESSION_COMPARE:
        return a->compare == b->compare;
    case EXPRESSION_ARITHMETIC:
        return a->arithmetic == b->arithmetic;
    case EXPRESSION_CALL:
        return a->call->overload == b->call->overload;
    case EXPRESSION_LIKE:
        return a->escape == b->escape;
    case EXPRESSION_CASE:
        return a->has_else == b->has_else;
    case EXPRESSION_LAMBDA:
        return a->parameter_count == b->parameter_count;
    case EXPRESSION_UNIT:
        return slice_equal(a->text, b->text);
    default:
        return true;
    }
}

bool expression_equal(const expression *a, const expression *b) {
    if (a == b)
        return true;
    if (a->kind != b->kind || a->is_three_valued != b->is_three_valued ||
        a->argument_count != b->argument_count || !a->type != !b->type ||
        (a->type && !sql_type_equal(a->type, b->type)) || !payload_equal(a, b))
        return false;
    for (int i = 0; i < a->argument_count; i++)
        if (!expression_equal(a->arguments[i], b->arguments[i]))
            return false;
    return true;
}

compare_operator compare_mirrored(compare_operator operation) {
    switch (operation) {
    case COMPARE_LESS:
        return COMPARE_GREATER;
    case COMPARE_LESS_OR_EQUAL:
        return COMPARE_GREATER_OR_EQUAL;
    case COMPARE_GREATER:
        return COMPARE_LESS;
    case COMPARE_GREATER_OR_EQUAL:
        return COMPARE_LESS_OR_EQUAL;
    default:
        return operation;
    }
}
