/* One function a kind of node, bottom-up: operands first, then the node's own rule.
 *
 * Names are looked up innermost first: parameters of the enclosing lambdas, then the scope's
 * columns.
 */
#include "planner/expression_analysis.h"

#include "base/decimal.h"
#include "base/similar.h"
#include "planner/expression_build.h"

/* ---- literals ---- */

static const expression *analyze_literal(
    expression_scope *scope, const ast_literal *literal, source_span span) {
    column *value;
    switch (literal->kind) {
    case AST_LITERAL_NULL:
        return build_null_value(scope, &SQL_TYPE_NULL, span);
    case AST_LITERAL_BOOLEAN:
        value = build_literal_column(scope, &SQL_TYPE_BOOLEAN);
        column_append_boolean(value, literal->boolean);
        break;
    case AST_LITERAL_INTEGER:
        value = build_literal_column(scope, &SQL_TYPE_INTEGER);
        column_append_int32(value, (int32_t)literal->integer);
        break;
    case AST_LITERAL_BIGINT:
        value = build_literal_column(scope, &SQL_TYPE_BIGINT);
        column_append_int64(value, literal->integer);
        break;
    case AST_LITERAL_DECIMAL:
        return number_from_text(scope, literal->text, span);
    case AST_LITERAL_DOUBLE:
        value = build_literal_column(scope, &SQL_TYPE_DOUBLE);
        column_append_double(value, literal->real);
        break;
    default:
        value = build_literal_column(scope, &SQL_TYPE_VARCHAR);
        column_append_bytes(value, literal->text.data ? literal->text : SLICE_LITERAL(""));
        break;
    }
    return build_literal_value(scope, value, span);
}

/* ---- names ---- */

static const expression *find_parameter(expression_scope *scope, slice name, source_span span) {
    int depth = 0;
    for (const lambda_scope *l = scope->lambda; l; l = l->outer, depth++)
        for (int i = 0; i < l->names->count; i++)
            if (slice_equal(l->names->items[i].text, name)) {
                expression *node =
                    build_node(scope, EXPRESSION_PARAMETER, l->types[i], span, NULL, 0);
                node->index = i;
                node->depth = depth;
                return node;
            }
    return NULL;
}

static bool source_exists(const expression_scope *scope, slice source) {
    for (int i = 0; i < scope->column_count; i++)
        if (scope->columns[i].source.data && slice_equal(scope->columns[i].source, source))
            return true;
    return false;
}

static const scope_column *nearest_column(const expression_scope *scope, slice name) {
    const scope_column *nearest = NULL;
    int least = similar_limit(name) + 1;
    for (int i = 0; i < scope->column_count; i++) {
        int distance = similar_distance(scope->columns[i].name, name);
        if (distance < least) {
            least = distance;
            nearest = &scope->columns[i];
        }
    }
    return nearest;
}

static const expression *report_unknown(
    expression_scope *scope, const ast_expression *ast, error *e) {
    slice qualifier = ast->column.qualifier.text, name = ast->column.name.text;
    const char *clause = scope->clause ? scope->clause : "";
    if (qualifier.data && !source_exists(scope, qualifier)) {
        error_at(e, ERROR_NOT_FOUND, ast->span, "'%.*s' is not a valid stream/table name or alias.",
            SLICE_ARG(qualifier));
        for (int i = 0; i < scope->column_count; i++)
            if (slice_equal(scope->columns[i].name, qualifier) &&
                scope->columns[i].type->base == SQL_STRUCT)
                error_hint(e, "Fields of a STRUCT are reached with ->: %.*s->%.*s.",
                    SLICE_ARG(qualifier), SLICE_ARG(name));
        return NULL;
    }
    error_at(e, ERROR_NOT_FOUND, ast->span, "%s%scolumn '%.*s%s%.*s' cannot be resolved.", clause,
        *clause ? " " : "", SLICE_ARG(qualifier), qualifier.data ? "." : "", SLICE_ARG(name));
    const scope_column *nearest = nearest_column(scope, name);
    if (nearest && qualifier.data && nearest->source.data)
        error_hint(
            e, "Did you mean %.*s.%.*s?", SLICE_ARG(nearest->source), SLICE_ARG(nearest->name));
    else if (nearest)
        error_hint(e, "Did you mean %.*s?", SLICE_ARG(nearest->name));
    return NULL;
}

static bool same_column(const scope_column *a, const scope_column *b) {
    return a->is_pseudo == b->is_pseudo &&
           (a->is_pseudo ? a->pseudo == b->pseudo : a->index == b->index);
}

static const expression *analyze_column(
    expression_scope *scope, const ast_expression *ast, error *e) {
    slice qualifier = ast->column.qualifier.text, name = ast->column.name.text;
    const expression *parameter = qualifier.data ? NULL : find_parameter(scope, name, ast->span);
    if (parameter)
        return parameter;
    const scope_column *found = NULL;
    for (int i = 0; i < scope->column_count; i++) {
        const scope_column *c = &scope->columns[i];
        if (!slice_equal(c->name, name) ||
            (qualifier.data && !(c->source.data && slice_equal(c->source, qualifier))))
            continue;
        if (found && !same_column(found, c)) {
            error_at(e, ERROR_STATEMENT, ast->span,
                "Column '%.*s' is ambiguous. Could be %.*s.%.*s or %.*s.%.*s.", SLICE_ARG(name),
                SLICE_ARG(found->source), SLICE_ARG(name), SLICE_ARG(c->source), SLICE_ARG(name));
            return NULL;
        }
        found = c;
    }
    if (!found)
        return report_unknown(scope, ast, e);
    expression *node = build_node(scope, found->is_pseudo ? EXPRESSION_PSEUDO : EXPRESSION_COLUMN,
        found->type, ast->span, NULL, 0);
    if (found->is_pseudo)
        node->pseudo = found->pseudo;
    else
        node->index = found->index;
    return node;
}

/* ---- types ---- */

static const sql_type *resolve_struct(expression_scope *scope, const ast_type *type, error *e) {
    sql_field *fields = ARENA_ARRAY(scope->arena, sql_field, type->fields.count + 1);
    for (int i = 0; i < type->fields.count; i++) {
        const ast_type_field *field = &type->fields.items[i];
        fields[i] = (sql_field){field->name.text, expression_resolve_type(scope, field->type, e)};
        if (!fields[i].type)
            return NULL;
        for (int j = 0; j < i; j++)
            if (slice_equal(fields[j].name, fields[i].name)) {
                error_at(e, ERROR_STATEMENT, field->name.span,
                    "Duplicate field names found in STRUCT: '%.*s'.", SLICE_ARG(fields[i].name));
                return NULL;
            }
    }
    return sql_type_struct(scope->arena, fields, type->fields.count);
}

static const sql_type *resolve_decimal(expression_scope *scope, const ast_type *type, error *e) {
    if (type->precision < 1) {
        error_at(e, ERROR_STATEMENT, type->span, "DECIMAL precision must be >= 1: DECIMAL(%d,%d)",
            type->precision, type->scale);
        return NULL;
    }
    if (type->scale < 0 || type->scale > type->precision) {
        error_at(e, ERROR_STATEMENT, type->span,
            "DECIMAL precision must be >= scale, and the scale not negative: DECIMAL(%d,%d)",
            type->precision, type->scale);
        return NULL;
    }
    return sql_type_decimal(scope->arena, type->precision, type->scale);
}

static const sql_type *unknown_type(expression_scope *scope, const ast_type *type, error *e) {
    static const char *const TYPES[] = {"BOOLEAN", "INT", "INTEGER", "BIGINT", "DOUBLE", "DECIMAL",
        "STRING", "VARCHAR", "BYTES", "DATE", "TIME", "TIMESTAMP", "ARRAY", "MAP", "STRUCT"};
    slice name = type->name.text;
    error_at(e, ERROR_NOT_FOUND, type->span, "Cannot resolve unknown type: %.*s", SLICE_ARG(name));
    const char *nearest =
        similar_nearest(name, TYPES, sizeof *TYPES, (int)(sizeof TYPES / sizeof *TYPES));
    slice own = scope->nearest_type ? scope->nearest_type(scope->context, name) : (slice){NULL, 0};
    if (nearest &&
        (!own.data || similar_distance(name, slice_of(nearest)) <= similar_distance(name, own)))
        error_hint(e, "Did you mean %s?", nearest);
    else if (own.data)
        error_hint(e, "Did you mean %.*s?", SLICE_ARG(own));
    else
        error_hint(e, "SHOW TYPES lists the types that CREATE TYPE has made.");
    return NULL;
}

const sql_type *expression_resolve_type(expression_scope *scope, const ast_type *type, error *e) {
    switch (type->kind) {
    case AST_TYPE_BOOLEAN:
        return &SQL_TYPE_BOOLEAN;
    case AST_TYPE_INTEGER:
        return &SQL_TYPE_INTEGER;
    case AST_TYPE_BIGINT:
        return &SQL_TYPE_BIGINT;
    case AST_TYPE_DOUBLE:
        return &SQL_TYPE_DOUBLE;
    case AST_TYPE_STRING:
        return &SQL_TYPE_VARCHAR;
    case AST_TYPE_BYTES:
        return &SQL_TYPE_BYTES;
    case AST_TYPE_DATE:
        return &SQL_TYPE_DATE;
    case AST_TYPE_TIME:
        return &SQL_TYPE_TIME;
    case AST_TYPE_TIMESTAMP:
        return &SQL_TYPE_TIMESTAMP;
    case AST_TYPE_DECIMAL:
        return resolve_decimal(scope, type, e);
    case AST_TYPE_ARRAY: {
        const sql_type *element = expression_resolve_type(scope, type->element, e);
        return element ? sql_type_array(scope->arena, element) : NULL;
    }
    case AST_TYPE_MAP: {
        const sql_type *key = expression_resolve_type(scope, type->key, e);
        const sql_type *element = key ? expression_resolve_type(scope, type->element, e) : NULL;
        return element ? sql_type_map(scope->arena, key, element) : NULL;
    }
    case AST_TYPE_STRUCT:
        return resolve_struct(scope, type, e);
    case AST_TYPE_NAMED: {
        const sql_type *named =
            scope->named_type ? scope->named_type(scope->context, type->name.text) : NULL;
        if (!named)
            return unknown_type(scope, type, e);
        return named;
    }
    }
    return NULL;
}

/* ---- conditions ---- */

static bool require_boolean(
    expression_scope *scope, const expression *e, const ast_expression *ast, error *error_out) {
    if (e->type->base == SQL_BOOLEAN || e->type->base == SQL_NULL)
        return true;
    slice text = describe_ast(scope, ast), type = describe_type(scope, e->type);
    return error_at(error_out, ERROR_STATEMENT, ast->span,
        "A condition must be BOOLEAN, but %.*s is %.*s.", SLICE_ARG(text), SLICE_ARG(type));
}

const expression *expression_analyze_condition(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *condition = expression_analyze(scope, ast, e);
    if (!condition || !require_boolean(scope, condition, ast, e))
        return NULL;
    return expression_cast(scope, condition, &SQL_TYPE_BOOLEAN);
}

static const expression *analyze_logical(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *operands[2];
    operands[0] = expression_analyze_condition(scope, ast->logical.left, e);
    operands[1] = operands[0] ? expression_analyze_condition(scope, ast->logical.right, e) : NULL;
    if (!operands[1])
        return NULL;
    return build_node(scope, ast->logical.operation == AST_AND ? EXPRESSION_AND : EXPRESSION_OR,
        &SQL_TYPE_BOOLEAN, ast->span, operands, 2);
}

static const expression *analyze_not(expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *operand = expression_analyze_condition(scope, ast->not_.operand, e);
    return operand ? build_node(scope, EXPRESSION_NOT, &SQL_TYPE_BOOLEAN, ast->span, &operand, 1)
                   : NULL;
}

static const expression *analyze_is_null(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *operand = expression_analyze(scope, ast->is_null.operand, e);
    if (!operand)
        return NULL;
    const expression *test =
        build_node(scope, EXPRESSION_IS_NULL, &SQL_TYPE_BOOLEAN, ast->span, &operand, 1);
    return ast->is_null.negated ? build_negated(scope, test) : test;
}

/* ---- CASE ---- */

static const expression *analyze_when(
    expression_scope *scope, const ast_expression *ast, const ast_expression *when, error *e) {
    if (!ast->case_.operand)
        return expression_analyze_condition(scope, when, e);
    const expression *operand = expression_analyze(scope, ast->case_.operand, e);
    const expression *value = operand ? expression_analyze(scope, when, e) : NULL;
    return value ? compare_values(scope, COMPARE_EQUAL, operand, ast->case_.operand, value, when,
                       when->span, e)
                 : NULL;
}

/* Results must be of one type, but numbers widen; unlike in lists, literals are not converted. */
static const sql_type *common_result(expression_scope *scope, const expression *const *results,
    const ast_expression *const *asts, int count, error *e) {
    const sql_type *type = &SQL_TYPE_NULL;
    for (int i = 0; i < count; i++) {
        const expression *list[] = {results[i]};
        const sql_type *common = results[i]->type;
        if (type->base != SQL_NULL && common->base != SQL_NULL) {
            bool mixed = type->base != common->base &&
                         !(sql_type_is_numeric(type) && sql_type_is_numeric(common));
            column *typed_null = mixed ? NULL : build_literal_column(scope, type);
            if (typed_null) {
                column_append_null(typed_null);
                const expression *pair[] = {
                    build_literal_value(scope, typed_null, results[i]->span), list[0]};
                const ast_expression *pair_asts[] = {asts[i], asts[i]};
                common = coerce_list(scope, pair, pair_asts, 2, e);
            }
            if (mixed || !common) {
                slice first = describe_type(scope, type),
                      other = describe_type(scope, results[i]->type);
                error_clear(e);
                error_at(e, ERROR_STATEMENT, asts[i]->span,
                    "All results of a CASE must have one type, but there are %.*s and %.*s.",
                    SLICE_ARG(first), SLICE_ARG(other));
                return NULL;
            }
        }
        if (common->base != SQL_NULL)
            type = common;
    }
    return type;
}

static const expression *analyze_case(
    expression_scope *scope, const ast_expression *ast, error *e) {
    int branches = ast->case_.branches.count;
    bool has_else = ast->case_.otherwise != NULL;
    int results = branches + has_else, count = branches * 2 + has_else;
    const expression **parts = ARENA_ARRAY(scope->arena, const expression *, count);
    const expression **values = ARENA_ARRAY(scope->arena, const expression *, results);
    const ast_expression **asts = ARENA_ARRAY(scope->arena, const ast_expression *, results);
    for (int i = 0; i < results; i++) {
        if (i < branches) {
            parts[i * 2] = analyze_when(scope, ast, ast->case_.branches.items[i].when, e);
            if (!parts[i * 2])
                return NULL;
        }
        asts[i] = i < branches ? ast->case_.branches.items[i].then : ast->case_.otherwise;
        values[i] = expression_analyze(scope, asts[i], e);
        if (!values[i])
            return NULL;
    }
    const sql_type *type = common_result(scope, values, asts, results, e);
    if (!type)
        return NULL;
    if (type->base == SQL_NULL) {
        error_at(e, ERROR_STATEMENT, ast->span, "All results of the CASE are NULL.");
        error_hint(e, "Give one of them a type: CAST(NULL AS INTEGER).");
        return NULL;
    }
    for (int i = 0; i < results; i++)
        parts[i < branches ? i * 2 + 1 : count - 1] = expression_cast(scope, values[i], type);
    expression *node = build_node(scope, EXPRESSION_CASE, type, ast->span, parts, count);
    node->has_else = has_else;
    return node;
}

/* ---- nested values ---- */

static const expression *analyze_dereference(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *base = expression_analyze(scope, ast->dereference.base, e);
    if (!base)
        return NULL;
    slice name = ast->dereference.field.text, text = describe_ast(scope, ast->dereference.base);
    if (base->type->base != SQL_STRUCT) {
        slice type = describe_type(scope, base->type);
        error_at(e, ERROR_STATEMENT, ast->dereference.field.span,
            "%.*s is %.*s and has no fields; -> needs a STRUCT.", SLICE_ARG(text), SLICE_ARG(type));
        return NULL;
    }
    int field = sql_type_field(base->type, name);
    if (field < 0) {
        error_at(e, ERROR_NOT_FOUND, ast->dereference.field.span,
            "Could not find field '%.*s' in %.*s.", SLICE_ARG(name), SLICE_ARG(text));
        slice type = describe_type(scope, base->type);
        error_hint(e, "It is %.*s.", SLICE_ARG(type));
        return NULL;
    }
    expression *node =
        build_node(scope, EXPRESSION_FIELD, base->type->fields[field].type, ast->span, &base, 1);
    node->index = field;
    return node;
}

static const expression *analyze_subscript(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *operands[2];
    operands[0] = expression_analyze(scope, ast->subscript.base, e);
    operands[1] = operands[0] ? expression_analyze(scope, ast->subscript.index, e) : NULL;
    if (!operands[1])
        return NULL;
    const sql_type *base = operands[0]->type, *index = operands[1]->type;
    if (base->base == SQL_MAP && expression_can_widen(index, base->key))
        operands[1] = expression_cast(scope, operands[1], base->key);
    else if (base->base == SQL_ARRAY && (index->base == SQL_INTEGER || index->base == SQL_BIGINT))
        operands[1] = expression_cast(scope, operands[1], &SQL_TYPE_BIGINT);
    else {
        slice b = describe_type(scope, base), i = describe_type(scope, index);
        error_at(e, ERROR_STATEMENT, ast->span, "%.*s cannot be subscripted with %.*s.",
            SLICE_ARG(b), SLICE_ARG(i));
        error_hint(e, "ARRAYs take an INTEGER from 1 on, MAPs a key.");
        return NULL;
    }
    return build_node(scope, EXPRESSION_SUBSCRIPT, base->element, ast->span, operands, 2);
}

static const expression **analyze_list(
    expression_scope *scope, const ast_expression *const *asts, int count, error *e) {
    const expression **list = ARENA_ARRAY(scope->arena, const expression *, count + 1);
    for (int i = 0; i < count; i++) {
        list[i] = expression_analyze(scope, asts[i], e);
        if (!list[i])
            return NULL;
    }
    return list;
}

static const expression *analyze_array(
    expression_scope *scope, const ast_expression *ast, error *e) {
    int count = ast->array.items.count;
    const ast_expression *const *asts = (const ast_expression *const *)ast->array.items.items;
    if (count == 0) {
        error_at(e, ERROR_STATEMENT, ast->span,
            "Array constructor cannot be empty. Please supply at least one element.");
        return NULL;
    }
    const expression **list = analyze_list(scope, asts, count, e);
    const sql_type *element = list ? coerce_list(scope, list, asts, count, e) : NULL;
    if (!element)
        return NULL;
    if (element->base == SQL_NULL) {
        error_at(
            e, ERROR_STATEMENT, ast->span, "Cannot construct an array with all NULL elements.");
        error_hint(e, "Give one of them a type: CAST(NULL AS INTEGER).");
        return NULL;
    }
    return build_node(
        scope, EXPRESSION_ARRAY, sql_type_array(scope->arena, element), ast->span, list, count);
}

static const expression *analyze_map(expression_scope *scope, const ast_expression *ast, error *e) {
    int count = ast->map.entries.count;
    if (count == 0) {
        error_at(e, ERROR_STATEMENT, ast->span,
            "Map constructor cannot be empty. Please supply at least one key value pair.");
        return NULL;
    }
    const ast_expression **asts = ARENA_ARRAY(scope->arena, const ast_expression *, count * 2);
    for (int i = 0; i < count; i++) {
        asts[i] = ast->map.entries.items[i].key;
        asts[count + i] = ast->map.entries.items[i].value;
    }
    const expression **keys = analyze_list(scope, asts, count, e);
    const expression **values = keys ? analyze_list(scope, asts + count, count, e) : NULL;
    const sql_type *key = values ? coerce_list(scope, keys, asts, count, e) : NULL;
    const sql_type *value = key ? coerce_list(scope, values, asts + count, count, e) : NULL;
    if (!value)
        return NULL;
    if (key->base == SQL_NULL || value->base == SQL_NULL) {
        error_at(e, ERROR_STATEMENT, ast->span, "Cannot construct a map with all NULL %s.",
            key->base == SQL_NULL ? "keys" : "values");
        return NULL;
    }
    const expression **parts = ARENA_ARRAY(scope->arena, const expression *, count * 2);
    for (int i = 0; i < count; i++) {
        parts[i * 2] = keys[i];
        parts[i * 2 + 1] = values[i];
    }
    return build_node(
        scope, EXPRESSION_MAP, sql_type_map(scope->arena, key, value), ast->span, parts, count * 2);
}

static const expression *analyze_struct(
    expression_scope *scope, const ast_expression *ast, error *e) {
    int count = ast->struct_.entries.count;
    const expression **values = ARENA_ARRAY(scope->arena, const expression *, count + 1);
    sql_field *fields = ARENA_ARRAY(scope->arena, sql_field, count + 1);
    for (int i = 0; i < count; i++) {
        const ast_struct_entry *entry = &ast->struct_.entries.items[i];
        for (int j = 0; j < i; j++)
            if (slice_equal(fields[j].name, entry->name.text)) {
                error_at(e, ERROR_STATEMENT, entry->name.span,
                    "Duplicate field names found in STRUCT: '%.*s'.", SLICE_ARG(entry->name.text));
                return NULL;
            }
        values[i] = expression_analyze(scope, entry->value, e);
        if (!values[i])
            return NULL;
        if (values[i]->type->base == SQL_NULL) {
            error_at(e, ERROR_STATEMENT, entry->value->span,
                "The field '%.*s' is NULL without a type.", SLICE_ARG(entry->name.text));
            error_hint(e, "Give it one: CAST(NULL AS INTEGER).");
            return NULL;
        }
        fields[i] = (sql_field){entry->name.text, values[i]->type};
    }
    return build_node(scope, EXPRESSION_STRUCT, sql_type_struct(scope->arena, fields, count),
        ast->span, values, count);
}

/* ---- CAST ---- */

static const expression *analyze_cast(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const sql_type *type = expression_resolve_type(scope, ast->cast.type, e);
    const expression *operand = type ? expression_analyze(scope, ast->cast.operand, e) : NULL;
    if (!operand)
        return NULL;
    if (!expression_can_cast(operand->type, type)) {
        slice from = describe_type(scope, operand->type), to = describe_type(scope, type);
        error_at(e, ERROR_STATEMENT, ast->span, "Cast of %.*s to %.*s is not supported.",
            SLICE_ARG(from), SLICE_ARG(to));
        if (operand->type->base == SQL_BYTES)
            error_hint(e, "FROM_BYTES(bytes, 'utf8') decodes BYTES.");
        return NULL;
    }
    return expression_cast(scope, operand, type);
}

/* ---- dispatch ---- */

static const expression *analyze_node(
    expression_scope *scope, const ast_expression *ast, error *e) {
    switch (ast->kind) {
    case AST_EXPRESSION_LITERAL:
        return analyze_literal(scope, &ast->literal, ast->span);
    case AST_EXPRESSION_COLUMN:
        return analyze_column(scope, ast, e);
    case AST_EXPRESSION_DEREFERENCE:
        return analyze_dereference(scope, ast, e);
    case AST_EXPRESSION_SUBSCRIPT:
        return analyze_subscript(scope, ast, e);
    case AST_EXPRESSION_CALL:
        return analyze_call(scope, ast, e);
    case AST_EXPRESSION_LAMBDA:
        error_at(e, ERROR_STATEMENT, ast->span,
            "A lambda can only be an argument of a function that takes one.");
        return NULL;
    case AST_EXPRESSION_CAST:
        return analyze_cast(scope, ast, e);
    case AST_EXPRESSION_CASE:
        return analyze_case(scope, ast, e);
    case AST_EXPRESSION_BETWEEN:
        return analyze_between(scope, ast, e);
    case AST_EXPRESSION_IN:
        return analyze_in(scope, ast, e);
    case AST_EXPRESSION_LIKE:
        return analyze_like(scope, ast, e);
    case AST_EXPRESSION_IS_NULL:
        return analyze_is_null(scope, ast, e);
    case AST_EXPRESSION_IS_DISTINCT:
        return analyze_distinct(scope, ast, e);
    case AST_EXPRESSION_NOT:
        return analyze_not(scope, ast, e);
    case AST_EXPRESSION_LOGICAL:
        return analyze_logical(scope, ast, e);
    case AST_EXPRESSION_COMPARISON:
        return analyze_comparison(scope, ast, e);
    case AST_EXPRESSION_ARITHMETIC:
        return analyze_arithmetic(scope, ast, e);
    case AST_EXPRESSION_CONCATENATION:
        return analyze_concatenation(scope, ast, e);
    case AST_EXPRESSION_NEGATION:
        return analyze_negation(scope, ast, e);
    case AST_EXPRESSION_AT_TIME_ZONE:
        error_at(e, ERROR_UNSUPPORTED, ast->span, "AT TIME ZONE is not supported.");
        error_hint(e, "Use CONVERT_TZ(timestamp, 'UTC', 'Europe/Paris').");
        return NULL;
    case AST_EXPRESSION_ARRAY:
        return analyze_array(scope, ast, e);
    case AST_EXPRESSION_MAP:
        return analyze_map(scope, ast, e);
    case AST_EXPRESSION_STRUCT:
        return analyze_struct(scope, ast, e);
    default:
        error_at(e, ERROR_UNSUPPORTED, ast->span, "This expression is not supported here");
        return NULL;
    }
}

static bool names_parameter(expression_scope *scope, const ast_expression *ast) {
    return ast->kind == AST_EXPRESSION_COLUMN && !ast->column.qualifier.text.data &&
           find_parameter(scope, ast->column.name.text, ast->span);
}

const expression *expression_analyze(expression_scope *scope, const ast_expression *ast, error *e) {
    if (scope->replace && !names_parameter(scope, ast)) {
        const expression *replacement = scope->replace(scope->context, scope, ast, e);
        if (replacement || error_is_set(e))
            return replacement;
    }
    return analyze_node(scope, ast, e);
}
