/* Casts, explicit and implicit.
 *
 * A list's common type is found left to right. Literals are read by what the type so far wants of
 * them ('10' among numbers is a number), also inside ARRAY, MAP and STRUCT constructors, whose
 * elements are still there to be converted one by one.
 */
#include "base/decimal.h"
#include "base/number.h"
#include "base/sql_text.h"
#include "catalog/coercion.h"
#include "planner/expression_build.h"

/* ---- which casts exist ---- */

static bool can_cast_text(const sql_type *to) {
    return to->base != SQL_BYTES && !sql_type_is_nested(to);
}

static bool can_cast_struct(const sql_type *from, const sql_type *to) {
    for (int i = 0; i < to->field_count; i++) {
        int field = sql_type_field(from, to->fields[i].name);
        if (field >= 0 && !expression_can_cast(from->fields[field].type, to->fields[i].type))
            return false;
    }
    return true;
}

bool expression_can_cast(const sql_type *from, const sql_type *to) {
    if (from->base == SQL_NULL || sql_type_equal(from, to))
        return true;
    if (to->base == SQL_VARCHAR)
        return from->base != SQL_BYTES;
    if (sql_type_is_numeric(from) && sql_type_is_numeric(to))
        return true;
    switch (from->base) {
    case SQL_VARCHAR:
        return can_cast_text(to);
    case SQL_TIMESTAMP:
        return to->base == SQL_DATE || to->base == SQL_TIME;
    case SQL_DATE:
        return to->base == SQL_TIMESTAMP;
    case SQL_ARRAY:
        return to->base == SQL_ARRAY && expression_can_cast(from->element, to->element);
    case SQL_MAP:
        return to->base == SQL_MAP && expression_can_cast(from->key, to->key) &&
               expression_can_cast(from->element, to->element);
    case SQL_STRUCT:
        return to->base == SQL_STRUCT && can_cast_struct(from, to);
    default:
        return false;
    }
}

bool expression_can_widen(const sql_type *from, const sql_type *to) {
    return coercion_widens(from, to);
}

const expression *expression_cast(
    expression_scope *scope, const expression *e, const sql_type *type) {
    if (sql_type_equal(e->type, type))
        return e;
    if (is_null_literal(e))
        return build_null_value(scope, type, e->span);
    assert(expression_can_cast(e->type, type));
    return build_node(scope, EXPRESSION_CAST, type, e->span, &e, 1);
}

/* ---- literals from text ---- */

const expression *literal_from_text(
    expression_scope *scope, slice text, const sql_type *type, source_span span) {
    column *value = build_literal_column(scope, type);
    return sql_text_read(value, text) == SQL_TEXT_OK ? build_literal_value(scope, value, span)
                                                     : NULL;
}

/* The DECIMAL type that holds the digits of a plain number; NULL when there are too many. */
static const sql_type *decimal_type_of(arena *a, slice text) {
    int digits = 0, scale = 0;
    bool point = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        point |= c == '.';
        if (c < '0' || c > '9')
            continue;
        scale += point;
        digits += digits > 0 || c != '0';
    }
    int precision = digits > scale ? digits : scale;
    if (precision == 0)
        precision = 1;
    return precision > DECIMAL_MAX_PRECISION ? NULL : sql_type_decimal(a, precision, scale);
}

const expression *number_from_text(expression_scope *scope, slice text, source_span span) {
    slice trimmed = slice_trim(text);
    double number;
    if (!number_parse_double(trimmed, &number))
        return NULL;
    int64_t integer;
    if (slice_to_int64(trimmed, &integer))
        return literal_from_text(scope, trimmed,
            integer >= INT32_MIN && integer <= INT32_MAX ? &SQL_TYPE_INTEGER : &SQL_TYPE_BIGINT,
            span);
    bool plain = true;
    for (size_t i = 0; i < trimmed.length; i++)
        plain &= strchr("+-.0123456789", trimmed.data[i]) != NULL;
    const sql_type *type = plain ? decimal_type_of(scope->arena, trimmed) : NULL;
    return literal_from_text(scope, trimmed, type ? type : &SQL_TYPE_DOUBLE, span);
}

/* ---- the common type of a list ---- */

static slice literal_text(const expression *literal) {
    return column_slice(literal->literal, 0);
}

static bool report_syntax(
    expression_scope *scope, const expression *value, const sql_type *type, error *e) {
    slice name = describe_type(scope, type), text = literal_text(value);
    return error_at(e, ERROR_STATEMENT, value->span, "'%.*s' cannot be read as %.*s.",
        SLICE_ARG(text), SLICE_ARG(name));
}

static bool report_types(expression_scope *scope, const expression *value, const sql_type *type,
    const ast_expression *ast, error *e) {
    slice wanted = describe_type(scope, type), given = describe_type(scope, value->type);
    slice text = ast ? describe_ast(scope, ast) : SLICE_LITERAL("the value");
    error_at(e, ERROR_STATEMENT, value->span, "%.*s is %.*s where %.*s is needed.", SLICE_ARG(text),
        SLICE_ARG(given), SLICE_ARG(wanted));
    if (expression_can_cast(value->type, type))
        return error_hint(e, "Add a cast: CAST(%.*s AS %.*s).", SLICE_ARG(text), SLICE_ARG(wanted));
    return false;
}

/* The type that holds `so_far` and `value`; NULL when there is none, with the error set only when a
 * literal is malformed. */
static const sql_type *common_with(
    expression_scope *scope, const sql_type *so_far, const expression *value, error *e) {
    if (is_text_literal(value) && so_far->base != SQL_VARCHAR && can_cast_text(so_far)) {
        if (sql_type_is_numeric(so_far)) {
            const expression *number = number_from_text(scope, literal_text(value), value->span);
            if (number)
                return coercion_common(scope->arena, so_far, number->type);
        } else if (literal_from_text(scope, literal_text(value), so_far, value->span)) {
            return so_far;
        }
        report_syntax(scope, value, so_far, e);
        return NULL;
    }
    if (so_far->base == SQL_VARCHAR && is_literal(value) &&
        expression_can_cast(value->type, so_far))
        return so_far;
    if (so_far->base == SQL_ARRAY && value->kind == EXPRESSION_ARRAY) {
        const sql_type *element = so_far->element;
        for (int i = 0; element && i < value->argument_count; i++)
            element = common_with(scope, element, value->arguments[i], e);
        return element ? sql_type_array(scope->arena, element) : NULL;
    }
    if (so_far->base == SQL_MAP && value->kind == EXPRESSION_MAP) {
        const sql_type *key = so_far->key, *element = so_far->element;
        for (int i = 0; key && element && i < value->argument_count; i += 2) {
            key = common_with(scope, key, value->arguments[i], e);
            element = common_with(scope, element, value->arguments[i + 1], e);
        }
        return key && element ? sql_type_map(scope->arena, key, element) : NULL;
    }
    if (so_far->base == SQL_STRUCT && value->kind == EXPRESSION_STRUCT) {
        sql_field *fields = ARENA_ARRAY(scope->arena, sql_field, value->argument_count + 1);
        for (int i = 0; i < value->argument_count; i++) {
            int field = sql_type_field(so_far, value->type->fields[i].name);
            fields[i] = value->type->fields[i];
            if (field >= 0)
                fields[i].type =
                    common_with(scope, so_far->fields[field].type, value->arguments[i], e);
            if (!fields[i].type)
                return NULL;
        }
        const sql_type *converted = sql_type_struct(scope->arena, fields, value->argument_count);
        return coercion_common(scope->arena, so_far, converted);
    }
    return coercion_common(scope->arena, so_far, value->type);
}

static const expression *coerce_constructor(expression_scope *scope, const expression *value,
    const sql_type *type, const ast_expression *ast, error *e) {
    const expression **parts = ARENA_ARRAY(
        scope->arena, const expression *, value->argument_count + type->field_count + 1);
    int count = value->argument_count;
    if (value->kind == EXPRESSION_STRUCT) {
        count = type->field_count;
        for (int i = 0; i < count; i++) {
            int field = sql_type_field(value->type, type->fields[i].name);
            parts[i] =
                field < 0 ? build_null_value(scope, type->fields[i].type, value->span)
                          : coerce_to(scope, value->arguments[field], type->fields[i].type, ast, e);
            if (!parts[i])
                return NULL;
        }
    } else {
        for (int i = 0; i < count; i++) {
            bool is_key = value->kind == EXPRESSION_MAP && i % 2 == 0;
            parts[i] =
                coerce_to(scope, value->arguments[i], is_key ? type->key : type->element, ast, e);
            if (!parts[i])
                return NULL;
        }
    }
    return build_node(scope, value->kind, type, value->span, parts, count);
}

static bool is_constructor_of(const expression *value, const sql_type *type) {
    return (value->kind == EXPRESSION_ARRAY && type->base == SQL_ARRAY) ||
           (value->kind == EXPRESSION_MAP && type->base == SQL_MAP) ||
           (value->kind == EXPRESSION_STRUCT && type->base == SQL_STRUCT);
}

const expression *coerce_to(expression_scope *scope, const expression *value, const sql_type *type,
    const ast_expression *ast, error *e) {
    if (sql_type_equal(value->type, type))
        return value;
    if (is_null_literal(value))
        return build_null_value(scope, type, value->span);
    if (is_text_literal(value) && !sql_type_is_nested(type)) {
        const expression *literal =
            literal_from_text(scope, literal_text(value), type, value->span);
        if (!literal)
            report_syntax(scope, value, type, e);
        return literal;
    }
    if (is_constructor_of(value, type))
        return coerce_constructor(scope, value, type, ast, e);
    if (coercion_widens(value->type, type) ||
        (is_literal(value) && type->base == SQL_VARCHAR && expression_can_cast(value->type, type)))
        return expression_cast(scope, value, type);
    report_types(scope, value, type, ast, e);
    return NULL;
}

const sql_type *coerce_list(expression_scope *scope, const expression **list,
    const ast_expression *const *asts, int count, error *e) {
    const sql_type *type = &SQL_TYPE_NULL;
    for (int i = 0; i < count; i++) {
        if (is_null_literal(list[i]) && list[i]->type->base == SQL_NULL)
            continue;
        const sql_type *common =
            type->base == SQL_NULL ? list[i]->type : common_with(scope, type, list[i], e);
        if (!common) {
            if (!error_is_set(e))
                report_types(scope, list[i], type, asts[i], e);
            return NULL;
        }
        type = common;
    }
    for (int i = 0; i < count; i++) {
        list[i] = coerce_to(scope, list[i], type, asts[i], e);
        if (!list[i])
            return NULL;
    }
    return type;
}

/* ---- assignment ---- */

static bool is_number_literal(const expression *value) {
    return is_literal(value) && sql_type_is_numeric(value->type);
}

/* A number's literal also becomes a DECIMAL that its digits fit. */
static bool literal_fits(const expression *value, const sql_type *type) {
    decimal128 converted;
    if (!is_number_literal(value) || type->base != SQL_DECIMAL)
        return false;
    const column *c = value->literal;
    switch (value->type->base) {
    case SQL_INTEGER:
        return decimal_convert(c->int32s[0], 0, type->precision, type->scale, &converted);
    case SQL_BIGINT:
        return decimal_convert(c->int64s[0], 0, type->precision, type->scale, &converted);
    case SQL_DECIMAL:
        return decimal_convert(
            c->decimals[0], value->type->scale, type->precision, type->scale, &converted);
    default:
        return decimal_from_double(c->doubles[0], type->precision, type->scale, &converted);
    }
}

const expression *expression_analyze_as(
    expression_scope *scope, const ast_expression *ast, const sql_type *type, error *e) {
    const expression *value = expression_analyze(scope, ast, e);
    if (!value)
        return NULL;
    if (literal_fits(value, type))
        return expression_cast(scope, value, type);
    if (is_number_literal(value) && type->base == SQL_VARCHAR) {
        report_types(scope, value, type, ast, e);
        return NULL;
    }
    return coerce_to(scope, value, type, ast, e);
}
