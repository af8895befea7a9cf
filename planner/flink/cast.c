/* CAST by Flink's rules, and what a column takes without one. */
#include "planner/flink/expression.h"

static const expression *case_of(expression_scope *scope, const expression *when,
    const expression *then, const expression *otherwise) {
    const expression *parts[] = {when, then, otherwise};
    expression *node = build_node(scope, EXPRESSION_CASE, then->type, when->span, parts, 3);
    node->has_else = true;
    return node;
}

static const expression *boolean_as_number(expression_scope *scope, const expression *e) {
    const expression *null = build_null_value(scope, &SQL_TYPE_INTEGER, e->span);
    column *one = build_literal_column(scope, &SQL_TYPE_INTEGER),
           *zero = build_literal_column(scope, &SQL_TYPE_INTEGER);
    column_append_int32(one, 1);
    column_append_int32(zero, 0);
    const expression *not_true =
        case_of(scope, build_negated(scope, e), build_literal_value(scope, zero, e->span), null);
    return case_of(scope, e, build_literal_value(scope, one, e->span), not_true);
}

/* Fields go by position. */
static const expression *cast_row(
    lowering *l, expression_scope *scope, const expression *e, const sql_type *to) {
    if (e->type->field_count != to->field_count)
        return NULL;
    const expression **fields = ARENA_ARRAY(scope->arena, const expression *, to->field_count + 1);
    for (int i = 0; i < to->field_count; i++) {
        expression *field =
            build_node(scope, EXPRESSION_FIELD, e->type->fields[i].type, e->span, &e, 1);
        field->index = i;
        if (!(fields[i] = flink_cast(l, scope, field, to->fields[i].type)))
            return NULL;
    }
    const expression *row =
        build_node(scope, EXPRESSION_STRUCT, to, e->span, fields, to->field_count);
    const expression *is_null =
        build_node(scope, EXPRESSION_IS_NULL, &SQL_TYPE_BOOLEAN, e->span, &e, 1);
    const expression *null = build_null_value(scope, to, e->span);
    return case_of(scope, is_null, null, row);
}

static const expression *with_encoding(
    expression_scope *scope, const char *name, const expression *e) {
    error ignored = {0};
    const expression *arguments[] = {e, flink_literal_text(scope, SLICE_LITERAL("utf8"), e->span)};
    return flink_build_call(scope, name, arguments, 2, e->span, &ignored);
}

/* Texts as Flink reads them. */
static const expression *cast_text(
    expression_scope *scope, const expression *e, const sql_type *to) {
    error ignored = {0};
    const expression *part = e;
    switch (to->base) {
    case SQL_TIMESTAMP:
        part = is_text_literal(e) ? flink_read_timestamp(scope, e, &ignored) : NULL;
        return part ? part
                    : flink_build_call(scope, "FLINK_READ_TIMESTAMP", &e, 1, e->span, &ignored);
    case SQL_INTEGER:
        return flink_build_call(scope, "FLINK_READ_INTEGER", &e, 1, e->span, &ignored);
    case SQL_BIGINT:
        return flink_build_call(scope, "FLINK_READ_BIGINT", &e, 1, e->span, &ignored);
    case SQL_BOOLEAN:
        return flink_build_call(scope, "FLINK_READ_BOOLEAN", &e, 1, e->span, &ignored);
    case SQL_BYTES:
        return with_encoding(scope, "TO_BYTES", e);
    case SQL_DATE:
        part = flink_build_call(scope, "FLINK_DATE_PART", &e, 1, e->span, &ignored);
        return expression_cast(scope, part, to);
    case SQL_TIME:
        part = expression_cast(scope, e, to);
        return flink_build_call(scope, "FLINK_WHOLE_SECONDS", &part, 1, e->span, &ignored);
    default:
        return expression_can_cast(e->type, to) ? expression_cast(scope, e, to) : NULL;
    }
}

const expression *flink_cast(
    lowering *l, expression_scope *scope, const expression *e, const sql_type *to) {
    (void)l;
    error ignored = {0};
    if (sql_type_equal(e->type, to) && !flink_is_interval(e))
        return e;
    if (flink_is_interval(e) && to->base == SQL_BIGINT)
        return e;
    if (is_null_literal(e))
        return build_null_value(scope, to, e->span);
    if (e->type->base == SQL_TIMESTAMP && to->base == SQL_VARCHAR)
        return flink_build_call(scope, "FLINK_TIMESTAMP_TEXT", &e, 1, e->span, &ignored);
    if (e->type->base == SQL_VARCHAR)
        return cast_text(scope, e, to);
    if (to->base == SQL_VARCHAR && (e->type->base == SQL_BOOLEAN || e->type->base >= SQL_ARRAY))
        return flink_build_call(scope, "FLINK_TEXT", &e, 1, e->span, &ignored);
    if (e->type->base == SQL_BYTES && to->base == SQL_VARCHAR)
        return with_encoding(scope, "FROM_BYTES", e);
    if (e->type->base == SQL_TIMESTAMP && to->base == SQL_TIME) {
        const expression *time = expression_cast(scope, e, to);
        return flink_build_call(scope, "FLINK_WHOLE_SECONDS", &time, 1, e->span, &ignored);
    }
    if (e->type->base == SQL_TIME && to->base == SQL_TIMESTAMP)
        return flink_build_call(scope, "FLINK_TIME_OF_DAY", &e, 1, e->span, &ignored);
    if (e->type->base == SQL_BOOLEAN && sql_type_is_numeric(to))
        return expression_cast(scope, boolean_as_number(scope, e), to);
    if (sql_type_is_numeric(e->type) && to->base == SQL_BOOLEAN) {
        column *zero = build_literal_column(scope, &SQL_TYPE_INTEGER);
        column_append_int32(zero, 0);
        return build_compare(scope, COMPARE_NOT_EQUAL, e,
            expression_cast(scope, build_literal_value(scope, zero, e->span), e->type), e->span);
    }
    if (e->type->base == SQL_STRUCT && to->base == SQL_STRUCT)
        return cast_row(l, scope, e, to);
    return expression_can_cast(e->type, to) ? expression_cast(scope, e, to) : NULL;
}

/* Texts have the length of a VARCHAR(n) at most, and that of a CHAR(n). */
static const expression *fit_length(
    expression_scope *scope, const expression *value, const ast_type *type, error *e) {
    bool pads = slice_is_ignore_case(type->name.text, "CHAR");
    if (type->kind != AST_TYPE_STRING || (type->precision <= 0 && !pads))
        return value;
    column *truth = build_literal_column(scope, &SQL_TYPE_BOOLEAN),
           *length = build_literal_column(scope, &SQL_TYPE_INTEGER);
    column_append_boolean(truth, pads);
    column_append_int32(length, type->precision > 0 ? type->precision : 1);
    const expression *arguments[] = {value, build_literal_value(scope, length, value->span),
        build_literal_value(scope, truth, value->span)};
    return flink_build_call(scope, "FLINK_FIT", arguments, 3, value->span, e);
}

const expression *flink_type_cast(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    const sql_type *type = expression_resolve_type(scope, ast->cast.type, e);
    const expression *operand = type ? expression_analyze(scope, ast->cast.operand, e) : NULL;
    if (!operand)
        return NULL;
    const expression *result = flink_cast(t->l, scope, operand, type);
    if (!result) {
        slice from = describe_type(scope, operand->type), to = describe_type(scope, type);
        error_at(e, ERROR_STATEMENT, ast->span,
            "Cast function cannot convert value of type %.*s to type %.*s", SLICE_ARG(from),
            SLICE_ARG(to));
    }
    if (result)
        result = fit_length(scope, result, ast->cast.type, e);
    return result && ast->cast.is_try
               ? flink_build_call(scope, "FLINK_TRY", &result, 1, ast->span, e)
               : result;
}

/* ---- assignments ---- */

static int width_of(const sql_type *number) {
    static const int widths[] = {
        [SQL_INTEGER] = 1, [SQL_BIGINT] = 2, [SQL_DECIMAL] = 3, [SQL_DOUBLE] = 4};
    return widths[number->base];
}

/* What a column takes without a CAST: the same kind of value, and numbers among numbers. */
bool flink_can_assign(const sql_type *from, const sql_type *to) {
    if (from->base == SQL_NULL)
        return true;
    if (sql_type_is_numeric(from) && sql_type_is_numeric(to)) /* wider, or of another scale */
        return width_of(from) <= width_of(to);
    if (from->base != to->base)
        return from->base == SQL_DATE && to->base == SQL_TIMESTAMP;
    switch (from->base) {
    case SQL_ARRAY:
        return flink_can_assign(from->element, to->element);
    case SQL_MAP:
        return flink_can_assign(from->key, to->key) && flink_can_assign(from->element, to->element);
    case SQL_STRUCT:
        if (from->field_count != to->field_count)
            return false;
        for (int i = 0; i < from->field_count; i++)
            if (!flink_can_assign(from->fields[i].type, to->fields[i].type))
                return false;
        return true;
    default:
        return true;
    }
}
