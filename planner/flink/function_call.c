/* Calls of functions by Flink's names.
 *
 * Some have another name in the table of functions, some calls are operators, and where a unit of
 * time is written its name is passed on as a text.
 */
#include "planner/flink/lowering.h"

#include <stdio.h>

typedef struct alias {
    const char *name, *target;
} alias;

static const alias ALIASES[] = {
    {"LOWER", "LCASE"},
    {"UPPER", "UCASE"},
    {"CHAR_LENGTH", "FLINK_CHAR_LENGTH"},
    {"CHARACTER_LENGTH", "FLINK_CHAR_LENGTH"},
    {"SUBSTRING", "FLINK_SUBSTRING"},
    {"INITCAP", "FLINK_INITCAP"},
    {"CHR", "FLINK_CHR"},
    {"POSITION", "LOCATE"},
    {"TRANSLATE3", "TRANSLATE"},

    {"CEILING", "CEIL"},
    {"TRUNCATE", "TRUNC"},
    {"SUBSTR", "FLINK_SUBSTRING"},
    {"NOW", "FLINK_NOW"},
    {"CURRENT_TIMESTAMP", "FLINK_NOW"},
    {"LOCALTIMESTAMP", "FLINK_NOW"},
    {"PROCTIME", "FLINK_PROCTIME"},
    {"CURRENT_ROW_TIMESTAMP", "FLINK_NOW"},
    {"POW", "POWER"},
    {"DATE_FORMAT", "FORMAT_TIMESTAMP"},
};

static bool is_name(slice name, const char *other) {
    return slice_is_ignore_case(name, other);
}

/* What CREATE FUNCTION has bound comes first. */
static const function_descriptor *find_function(const catalog *c, slice name) {
    slice bound = catalog_function_class(c, name);
    if (bound.data)
        return function_find_class(bound);
    for (size_t i = 0; i < sizeof ALIASES / sizeof *ALIASES; i++)
        if (is_name(name, ALIASES[i].name))
            return function_find_flink(slice_of(ALIASES[i].target));
    return function_find_flink(name);
}

const function_descriptor *flink_find_function(lowering *l, slice name) {
    return find_function(l->b.catalog, name);
}

const function_descriptor *flink_aggregate_function(const ast_expression *ast) {
    if (ast->kind != AST_EXPRESSION_CALL)
        return NULL;
    const function_descriptor *found = function_find_flink(ast->call.name.text);
    return found && found->kind == FUNCTION_AGGREGATE ? found : NULL;
}

/* ---- building ---- */

const expression *flink_build_call(expression_scope *scope, const char *name,
    const expression *const *arguments, int count, source_span span, error *e) {
    function_argument *shapes = ARENA_ARRAY(scope->arena, function_argument, count + 1);
    const expression **values = ARENA_ARRAY(scope->arena, const expression *, count + 1);
    function_binding *binding = ARENA_NEW(scope->arena, function_binding);
    for (int i = 0; i < count; i++)
        shapes[i] = (function_argument){.type = arguments[i]->type,
            .is_unit = arguments[i]->kind == EXPRESSION_UNIT,
            .is_text_literal = is_text_literal(arguments[i])};
    if (!function_bind_flink(scope->arena, slice_of(name), shapes, count, binding, e)) {
        e->span = span;
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        const sql_type *type = binding->parameters[i];
        values[i] = !type ? arguments[i]
                    : shapes[i].is_text_literal && type->base != SQL_VARCHAR
                        ? coerce_to(scope, arguments[i], type, NULL, e)
                        : expression_cast(scope, arguments[i], type);
        if (!values[i])
            return NULL;
    }
    expression *node = build_node(scope, EXPRESSION_CALL, binding->result, span, values, count);
    node->call = binding;
    return node;
}

/* ---- calls that are something else ---- */

static const expression *call_if(expression_scope *scope, const ast_expression *ast, error *e) {
    ast_case_branch *branch = ARENA_NEW(scope->arena, ast_case_branch);
    ast_expression *node = ARENA_NEW(scope->arena, ast_expression);
    *branch = (ast_case_branch){ast->call.arguments.items[0], ast->call.arguments.items[1]};
    node->kind = AST_EXPRESSION_CASE;
    node->span = ast->span;
    node->case_.branches = (ast_case_branch_list){branch, 1};
    node->case_.otherwise = ast->call.arguments.items[2];
    return expression_analyze(scope, node, e);
}

static const expression *call_mod(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    ast_expression *node = ARENA_NEW(scope->arena, ast_expression);
    node->kind = AST_EXPRESSION_ARITHMETIC;
    node->span = ast->span;
    node->arithmetic.operation = AST_MODULO;
    node->arithmetic.left = ast->call.arguments.items[0];
    node->arithmetic.right = ast->call.arguments.items[1];
    return flink_arithmetic(t, scope, node, e);
}

static bool is_unit(slice name) {
    static const char *const NAMES[] = {"MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK",
        "MONTH", "QUARTER", "YEAR", "DOW", "DOY", "EPOCH", "ISODOW", "ISOYEAR", "DECADE", "CENTURY",
        "MILLENNIUM", "FRAC_SECOND", "MICROSECOND", "NANOSECOND"};
    if (name.length > 8 && slice_is_ignore_case(slice_make(name.data, 8), "SQL_TSI_"))
        name = slice_make(name.data + 8, name.length - 8);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (is_name(name, NAMES[i]))
            return true;
    return false;
}

/* A unit as the text that the functions of time take: 'SECOND'. */
static bool read_unit(expression_scope *scope, const ast_expression *ast, const expression **out) {
    slice name = ast->kind == AST_EXPRESSION_COLUMN && !ast->column.qualifier.text.data
                     ? ast->column.name.text
                 : ast->kind == AST_EXPRESSION_LITERAL && ast->literal.kind == AST_LITERAL_STRING
                     ? ast->literal.text
                     : (slice){0};
    if (!name.data || !is_unit(name))
        return false;
    *out = flink_literal_text(scope, arena_upper(scope->arena, name), ast->span);
    return true;
}

/* Midnight of a DATE; a TIME on the first day. */
static const expression *as_timestamp(expression_scope *scope, const expression *e, error *error) {
    if (e->type->base == SQL_DATE)
        return expression_cast(scope, e, &SQL_TYPE_TIMESTAMP);
    if (e->type->base == SQL_TIME)
        return flink_build_call(scope, "FLINK_TIME_OF_DAY", &e, 1, e->span, error);
    return e;
}

/* EXTRACT(unit FROM t), TIMESTAMPDIFF(unit, a, b), TIMESTAMPADD(unit, n, t), FLOOR(t TO unit). */
static const expression *call_with_unit_raw(
    expression_scope *scope, const ast_expression *ast, const char *name, int unit_at, error *e) {
    int count = ast->call.arguments.count;
    const expression **values = ARENA_ARRAY(scope->arena, const expression *, count + 1);
    for (int i = 0; i < count; i++) {
        const ast_expression *argument = ast->call.arguments.items[i];
        if (i == unit_at) {
            if (!read_unit(scope, argument, &values[i])) {
                error_at(e, ERROR_STATEMENT, argument->span, "A unit like SECOND is needed here");
                return NULL;
            }
            continue;
        }
        values[i] = expression_analyze(scope, argument, e);
        if (!values[i])
            return NULL;
        if (is_text_literal(values[i]))
            values[i] = flink_cast(NULL, scope, values[i], &SQL_TYPE_TIMESTAMP);
        values[i] = values[i] ? as_timestamp(scope, values[i], e) : NULL;
        if (!values[i])
            return NULL;
    }
    return flink_build_call(scope, name, values, count, ast->span, e);
}

static bool is_day_or_longer(const ast_expression *unit) {
    static const char *const WORDS[] = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"};
    slice name = unit->kind == AST_EXPRESSION_COLUMN ? unit->column.name.text : (slice){0};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (is_name(name, WORDS[i]))
            return true;
    return false;
}

/* What is made of a DATE by days and longer is a DATE, of a TIME a TIME. */
static const expression *call_with_unit(
    expression_scope *scope, const ast_expression *ast, const char *name, int unit_at, error *e) {
    const expression *made = call_with_unit_raw(scope, ast, name, unit_at, e);
    if (!made || made->type->base != SQL_TIMESTAMP)
        return made;
    int at = unit_at == 0 ? ast->call.arguments.count - 1 : 0;
    const expression *operand = expression_analyze(scope, ast->call.arguments.items[at], e);
    if (!operand)
        return NULL;
    if (operand->type->base == SQL_DATE && is_day_or_longer(ast->call.arguments.items[unit_at]))
        return expression_cast(scope, made, &SQL_TYPE_DATE);
    return operand->type->base == SQL_TIME ? expression_cast(scope, made, &SQL_TYPE_TIME) : made;
}

static const char *const UNIT_FUNCTIONS[] = {"YEAR", "QUARTER", "MONTH", "WEEK", "DAYOFYEAR",
    "DAYOFMONTH", "DAYOFWEEK", "HOUR", "MINUTE", "SECOND"};
static const char *const UNITS[] = {
    "YEAR", "QUARTER", "MONTH", "WEEK", "DOY", "DAY", "DOW", "HOUR", "MINUTE", "SECOND"};

/* HOUR(t) is EXTRACT(HOUR FROM t). */
static const expression *call_part(
    expression_scope *scope, const ast_expression *ast, const char *unit, error *e) {
    const expression *values[2];
    values[0] = flink_literal_text(scope, slice_of(unit), ast->span);
    values[1] = expression_analyze(scope, ast->call.arguments.items[0], e);
    if (!values[1])
        return NULL;
    values[1] = as_timestamp(scope, values[1], e);
    if (values[1] && is_text_literal(values[1]))
        values[1] = flink_cast(NULL, scope, values[1], &SQL_TYPE_TIMESTAMP);
    if (!values[1])
        return NULL;
    return flink_build_call(scope, "FLINK_EXTRACT", values, 2, ast->span, e);
}

/* The call with its arguments in another order (-1: left out) and under another name. */
static const expression *call_permuted(expression_scope *scope, const ast_expression *ast,
    const char *name, const int *order, int count, error *e) {
    const expression **values = ARENA_ARRAY(scope->arena, const expression *, count + 1);
    for (int i = 0; i < count; i++) {
        values[i] = expression_analyze(scope, ast->call.arguments.items[order[i]], e);
        if (!values[i])
            return NULL;
    }
    return flink_build_call(scope, name, values, count, ast->span, e);
}

/* Flink's CONCAT of anything NULL is NULL, as || is. */
static const expression *call_concat(expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *all = NULL;
    for (int i = 0; i < ast->call.arguments.count; i++) {
        const expression *value = expression_analyze(scope, ast->call.arguments.items[i], e);
        value = value ? flink_cast(NULL, scope, value, &SQL_TYPE_VARCHAR) : NULL;
        if (!value)
            return NULL;
        const expression *operands[] = {all, value};
        if (all) {
            expression *node =
                build_node(scope, EXPRESSION_ARITHMETIC, &SQL_TYPE_VARCHAR, ast->span, operands, 2);
            node->arithmetic = ARITHMETIC_ADD;
            value = node;
        }
        all = value;
    }
    return all;
}

/* ---- JSON ---- */

/* What gives JSON goes into other JSON as it is. */
static bool gives_json(const ast_expression *ast) {
    static const char *const NAMES[] = {
        "FLINK_JSON_OBJECT", "FLINK_JSON_ARRAY", "JSON_OBJECT", "JSON_ARRAY", "JSON"};
    for (size_t i = 0; ast->kind == AST_EXPRESSION_CALL && i < sizeof NAMES / sizeof *NAMES; i++)
        if (is_name(ast->call.name.text, NAMES[i]))
            return true;
    return false;
}

/* FLINK_JSON_OBJECT('NULL', k, v, ...) and FLINK_JSON_ARRAY('ABSENT', v, ...): behind the first
 * argument goes one that says which values are JSON. */
static const expression *call_json(expression_scope *scope, const ast_expression *ast,
    const char *name, int step, int first, error *e) {
    const ast_expression_list *arguments = &ast->call.arguments;
    int count = arguments->count - first;
    const expression **values = ARENA_ARRAY(scope->arena, const expression *, count + 3);
    char *kinds = ARENA_ARRAY(scope->arena, char, count + 1);
    int kind_count = 0;
    values[0] = first ? expression_analyze(scope, arguments->items[0], e)
                      : flink_literal_text(scope, SLICE_LITERAL("ABSENT"), ast->span);
    for (int i = 0; i < count; i++) {
        const ast_expression *item = arguments->items[first + i];
        bool is_value = i % step == step - 1;
        values[i + 2] = expression_analyze(scope, item, e);
        if (!values[i + 2])
            return NULL;
        if (values[i + 2]->type->base == SQL_NULL)
            values[i + 2] = build_null_value(scope, &SQL_TYPE_VARCHAR, item->span);
        if (!is_value && values[i + 2]->type->base != SQL_VARCHAR) {
            error_at(e, ERROR_STATEMENT, item->span, "The keys of JSON_OBJECT are STRINGs");
            return NULL;
        }
        if (is_value)
            kinds[kind_count++] = gives_json(item) ? 'r' : 'v';
    }
    values[1] = flink_literal_text(scope, slice_make(kinds, (size_t)kind_count), ast->span);
    return values[0] ? flink_build_call(scope, name, values, count + 2, ast->span, e) : NULL;
}

/* The values of DEFAULT as texts, which RETURNING then casts. */
static const expression *call_json_value(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *values[6];
    for (int i = 0; i < 6; i++) {
        values[i] = expression_analyze(scope, ast->call.arguments.items[i], e);
        if (values[i] && i >= 2)
            values[i] = flink_cast(NULL, scope, values[i], &SQL_TYPE_VARCHAR);
        if (!values[i])
            return NULL;
    }
    return flink_build_call(scope, "JSON_VALUE", values, 6, ast->span, e);
}

static const expression *call_typeof(expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *value = expression_analyze(scope, ast->call.arguments.items[0], e);
    return value ? flink_literal_text(scope, describe_type(scope, value->type), ast->span) : NULL;
}

/* GREATEST and LEAST of anything NULL are NULL. */
static const expression *call_extreme(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    const ast_expression_list *arguments = &ast->call.arguments;
    ast_expression *plain = ARENA_NEW(scope->arena, ast_expression);
    *plain = *ast;
    plain->call.name.text = arena_format(scope->arena, "$%.*s", SLICE_ARG(ast->call.name.text));
    const expression *value = expression_analyze(scope, plain, e), *any = NULL;
    for (int i = 0; value && i < arguments->count; i++) {
        const expression *item = expression_analyze(scope, arguments->items[i], e);
        if (!item)
            return NULL;
        if (item->type->base == SQL_NULL)
            item = build_null_value(scope, value->type, item->span);
        const expression *null =
            build_node(scope, EXPRESSION_IS_NULL, &SQL_TYPE_BOOLEAN, ast->span, &item, 1);
        const expression *either[] = {any, null};
        any =
            any ? build_node(scope, EXPRESSION_OR, &SQL_TYPE_BOOLEAN, ast->span, either, 2) : null;
    }
    if (!value)
        return NULL;
    const expression *parts[] = {any, build_null_value(scope, value->type, ast->span), value};
    expression *node = build_node(scope, EXPRESSION_CASE, value->type, ast->span, parts, 3);
    node->has_else = true;
    return node;
}

static const expression *plain_call(
    expression_scope *scope, const ast_expression *ast, const char *name, error *e) {
    ast_expression *plain = ARENA_NEW(scope->arena, ast_expression);
    *plain = *ast;
    plain->call.name.text = slice_of(name);
    return expression_analyze(scope, plain, e);
}

/* ROUND and TRUNCATE keep the type, but a DECIMAL has as many digits behind the point as are asked
 * for, and one more before it; halves are rounded away from zero, as a CAST does. */
static const expression *call_rounded(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    (void)t;
    bool rounds = is_name(ast->call.name.text, "ROUND");
    const expression *operand = expression_analyze(scope, ast->call.arguments.items[0], e);
    const expression *digits =
        operand ? expression_analyze(scope, ast->call.arguments.items[1], e) : NULL;
    if (!digits)
        return NULL;
    int64_t scale;
    bool is_decimal = operand->type->base == SQL_DECIMAL;
    bool is_known = is_decimal && flink_constant_int64(digits, &scale);
    if (is_known && scale >= operand->type->scale)
        return operand;
    int kept = is_known && scale > 0 ? (int)scale : 0;
    const sql_type *type = operand->type;
    if (is_known) {
        int precision = type->precision - type->scale + kept + rounds;
        precision = precision < 1 ? 1 : precision > 38 ? 38 : precision;
        type = sql_type_decimal(scope->arena, precision, kept);
    }
    if (is_known && rounds && scale >= 0)
        return expression_cast(scope, operand, type);
    const expression *value = plain_call(scope, ast, rounds ? "$ROUND" : "$TRUNC", e);
    return value && (is_known || !is_decimal) && sql_type_is_numeric(type)
               ? expression_cast(scope, value, type)
               : value;
}

/* SIGN has the type of its argument; FLOOR and CEIL of a DECIMAL have no digits behind the point.
 */
static const expression *call_of_type(
    expression_scope *scope, const ast_expression *ast, const char *name, bool is_whole, error *e) {
    const expression *operand = expression_analyze(scope, ast->call.arguments.items[0], e);
    const expression *value = operand ? plain_call(scope, ast, name, e) : NULL;
    if (!value || !sql_type_is_numeric(operand->type))
        return value;
    const sql_type *type = operand->type;
    if (is_whole && type->base != SQL_DECIMAL)
        return value;
    return expression_cast(
        scope, value, is_whole ? sql_type_decimal(scope->arena, type->precision, 0) : type);
}

static const expression *special_call(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    slice name = ast->call.name.text;
    const ast_expression_list *arguments = &ast->call.arguments;
    if (is_name(name, "IF") && arguments->count == 3)
        return call_if(scope, ast, e);
    if (is_name(name, "MOD") && arguments->count == 2)
        return call_mod(t, scope, ast, e);
    if (is_name(name, "EXTRACT") && arguments->count == 2)
        return call_with_unit(scope, ast, "FLINK_EXTRACT", 0, e);
    if (is_name(name, "TIMESTAMPDIFF") && arguments->count == 3)
        return call_with_unit(scope, ast, "FLINK_TIMESTAMPDIFF", 0, e);
    if (is_name(name, "TIMESTAMPADD") && arguments->count == 3)
        return call_with_unit(scope, ast, "FLINK_TIMESTAMPADD", 0, e);
    if ((is_name(name, "FLOOR") || is_name(name, "CEIL")) && arguments->count == 2)
        return call_with_unit(
            scope, ast, is_name(name, "FLOOR") ? "FLINK_FLOOR_TIME" : "FLINK_CEIL_TIME", 1, e);
    static const int second_first[] = {1, 0, 2};
    int count = arguments->count;
    if (is_name(name, "REGEXP_EXTRACT") && (count == 2 || count == 3))
        return call_permuted(scope, ast, "REGEXP_EXTRACT", second_first, count, e);
    if (is_name(name, "TO_TIMESTAMP") && count == 2)
        return call_permuted(scope, ast, "PARSE_TIMESTAMP", (const int[]){0, 1}, 2, e);
    if (is_name(name, "CURRENT_WATERMARK") || is_name(name, "SOURCE_WATERMARK")) {
        error_at(e, ERROR_UNSUPPORTED, ast->span, "%.*s is not supported", SLICE_ARG(name));
        error_hint(e, "Rows behind the watermark are counted as late, and go to the topic that "
                      "sluice.late.rows.topic names.");
        return NULL;
    }
    if (is_name(name, "JSON_VALUE") && count == 6)
        return call_json_value(scope, ast, e);
    if (is_name(name, "JSON_OBJECT") && count == 0)
        return call_json(scope, ast, "FLINK_JSON_OBJECT", 2, 0, e);
    if (is_name(name, "FLINK_JSON_OBJECT") && count % 2 == 1)
        return call_json(scope, ast, "FLINK_JSON_OBJECT", 2, 1, e);
    if (is_name(name, "JSON_ARRAY"))
        return call_json(scope, ast, "FLINK_JSON_ARRAY", 1, 0, e);
    if (is_name(name, "FLINK_JSON_ARRAY") && count > 0)
        return call_json(scope, ast, "FLINK_JSON_ARRAY", 1, 1, e);
    if (is_name(name, "TYPEOF") && count == 1)
        return call_typeof(scope, ast, e);
    if ((is_name(name, "GREATEST") || is_name(name, "LEAST")) && count > 0)
        return call_extreme(t, scope, ast, e);
    if ((is_name(name, "ROUND") || is_name(name, "TRUNCATE")) && count == 2)
        return call_rounded(t, scope, ast, e);
    if (is_name(name, "SIGN") && count == 1)
        return call_of_type(scope, ast, "$SIGN", false, e);
    if (is_name(name, "FLOOR") && count == 1)
        return call_of_type(scope, ast, "$FLOOR", true, e);
    if ((is_name(name, "CEIL") || is_name(name, "CEILING")) && count == 1)
        return call_of_type(scope, ast, "$CEIL", true, e);
    if (is_name(name, "CONCAT") && count > 0)
        return call_concat(scope, ast, e);
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (is_name(name, UNIT_FUNCTIONS[i]) && arguments->count == 1)
            return call_part(scope, ast, UNITS[i], e);
    return NULL;
}

/* ---- all others ---- */

static const expression *report_unknown(const ast_expression *ast, error *e) {
    slice name = ast->call.name.text;
    error_at(e, ERROR_NOT_FOUND, ast->span, "There is no function %.*s", SLICE_ARG(name));
    const function_descriptor *nearest = function_nearest(name);
    if (nearest)
        error_hint(e, "Did you mean %s? SHOW FUNCTIONS lists all.", nearest->name);
    return NULL;
}

const expression *flink_call(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    slice name = ast->call.name.text;
    bool is_plain = name.length > 1 && name.data[0] == '$'; /* of a macro's text */
    if (is_plain)
        name = slice_make(name.data + 1, name.length - 1);
    bool is_bound = catalog_function_class(t->l->b.catalog, name).data != NULL;
    const expression *known = is_plain || is_bound ? NULL : special_call(t, scope, ast, e);
    if (!known && !error_is_set(e) && !is_plain && !is_bound)
        known = flink_macro(t->l, scope, ast, e);
    if (known || error_is_set(e))
        return known;
    const function_descriptor *function =
        is_plain ? function_find_flink(name) : find_function(t->l->b.catalog, name);
    if (!function)
        return report_unknown(ast, e);
    if (function->kind != FUNCTION_SCALAR) {
        error_at(e, ERROR_STATEMENT, ast->span, "The %s function %.*s cannot be used in %s",
            function->kind == FUNCTION_AGGREGATE ? "aggregate" : "table",
            SLICE_ARG(ast->call.name.text), scope->clause ? scope->clause : "this expression");
        return NULL;
    }
    int count = ast->call.arguments.count;
    for (int i = 0; i < count; i++)
        if (ast->call.arguments.items[i]->kind == AST_EXPRESSION_LAMBDA)
            return NULL; /* the analysis knows how */
    const expression **values = ARENA_ARRAY(scope->arena, const expression *, count + 1);
    for (int i = 0; i < count; i++) {
        values[i] = expression_analyze(scope, ast->call.arguments.items[i], e);
        if (!values[i])
            return NULL;
    }
    return flink_build_call(scope, function->name, values, count, ast->span, e);
}
