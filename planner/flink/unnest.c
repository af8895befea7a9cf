/* UNNEST and table functions: each row with each of the rows that a function makes of it. Rows of
 * type ROW give a column for each field, entries of a MAP two.
 *
 * A MAP is two arrays side by side, its keys and its values, and WITH ORDINALITY is one more, the
 * numbers 1, 2, ...
 */
#include "planner/flink/lowering.h"

/* For LEFT JOIN: an array with one NULL stands for one without elements. */
static const expression *never_empty(typing *t, const expression *length, const expression *array) {
    expression_scope scope = flink_scope(t);
    const expression *null = build_null_value(&scope, array->type->element, array->span);
    const expression *parts[] = {
        build_compare(&scope, COMPARE_GREATER, expression_cast(&scope, length, &SQL_TYPE_BIGINT),
            flink_literal_bigint(&scope, 0, array->span), array->span),
        array, build_node(&scope, EXPRESSION_ARRAY, array->type, array->span, &null, 1)};
    expression *node = build_node(&scope, EXPRESSION_CASE, array->type, array->span, parts, 3);
    node->has_else = true;
    return node;
}

static const expression *call(
    typing *t, const char *name, const expression *const *arguments, int count) {
    expression_scope scope = flink_scope(t);
    return flink_build_call(
        &scope, name, arguments, count, count > 0 ? arguments[0]->span : SPAN_NONE, t->l->b.e);
}

/* 1, 2, ... as long as the array. */
static const expression *numbers(typing *t, const expression *array) {
    expression_scope scope = flink_scope(t);
    const expression *length = call(t, "ARRAY_LENGTH", &array, 1);
    if (!length)
        return NULL;
    const expression *ends[] = {
        expression_cast(&scope, flink_literal_bigint(&scope, 1, array->span), &SQL_TYPE_INTEGER),
        expression_cast(&scope, length, &SQL_TYPE_INTEGER)};
    const expression *series = call(t, "GENERATE_SERIES", ends, 2);
    if (!series)
        return NULL;
    /* From 1 to 0 it would count down. */
    const expression *parts[] = {
        build_compare(&scope, COMPARE_GREATER, expression_cast(&scope, length, &SQL_TYPE_BIGINT),
            flink_literal_bigint(&scope, 0, array->span), array->span),
        series, build_null_value(&scope, series->type, array->span)};
    expression *node = build_node(&scope, EXPRESSION_CASE, series->type, array->span, parts, 3);
    node->has_else = true;
    return node;
}

typedef struct explosion {
    const function_binding *calls[3];
    const expression **arguments[3];
    int count;
} explosion;

static bool add_call(lowering *l, explosion *x, const char *function,
    const expression *const *values, int count, source_span span) {
    function_binding *binding = ARENA_NEW(l->b.arena, function_binding);
    function_argument *shapes = ARENA_ARRAY(l->b.arena, function_argument, count + 1);
    const expression **arguments = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    typing t = {.l = l};
    expression_scope scope = flink_scope(&t);
    for (int i = 0; i < count; i++)
        shapes[i] = (function_argument){.type = values[i]->type};
    if (!function_bind(l->b.arena, slice_of(function), shapes, count, binding, l->b.e)) {
        l->b.e->span = span;
        return false;
    }
    for (int i = 0; i < count; i++)
        arguments[i] = binding->parameters[i]
                           ? expression_cast(&scope, values[i], binding->parameters[i])
                           : values[i];
    x->calls[x->count] = binding;
    x->arguments[x->count++] = arguments;
    return true;
}

/* EXPLODE's arrays. */
static bool add_arrays(lowering *l, explosion *x, const rows *left, const expression *operand,
    bool ordinality, bool keeps_unmatched, source_span span) {
    typing t = {.l = l, .rows = left, .clause = "UNNEST"};
    const expression *arrays[3];
    int count = 0;
    if (operand->type->base == SQL_MAP) {
        arrays[count++] = call(&t, "MAP_KEYS", &operand, 1);
        arrays[count++] = arrays[0] ? call(&t, "MAP_VALUES", &operand, 1) : NULL;
    } else {
        arrays[count++] = operand;
    }
    if (ordinality && arrays[count - 1]) {
        arrays[count] = numbers(&t, arrays[0]);
        count++;
    }
    if (!arrays[count - 1])
        return false;
    const expression *length = keeps_unmatched ? call(&t, "ARRAY_LENGTH", &arrays[0], 1) : NULL;
    for (int i = 0; i < count; i++) {
        const expression *array = length ? never_empty(&t, length, arrays[i]) : arrays[i];
        if (!add_call(l, x, "EXPLODE", &array, 1, span))
            return false;
    }
    return true;
}

static plan_node *function_node(lowering *l, const explosion *x, const rows *left) {
    int width = left->node->column_count;
    plan_node *node = flink_node(l, PLAN_TABLE_FUNCTION, left->node, NULL);
    plan_column *made = planning_columns(&l->b, node, width + x->count);
    const function_binding **calls =
        ARENA_ARRAY(l->b.arena, const function_binding *, x->count + 1);
    const expression *const **arguments =
        ARENA_ARRAY(l->b.arena, const expression *const *, x->count + 1);
    for (int i = 0; i < width; i++)
        made[i] = left->node->columns[i];
    for (int i = 0; i < x->count; i++) {
        calls[i] = x->calls[i];
        arguments[i] = x->arguments[i];
        made[width + i] = (plan_column){planning_text(&l->b, "$element%d", i), x->calls[i]->result};
    }
    node->table_function.calls = calls;
    node->table_function.arguments = arguments;
    node->table_function.call_count = x->count;
    return node;
}

static int parts_of(const sql_type *type) {
    return type->base == SQL_STRUCT ? type->field_count : 1;
}

bool flink_explode(lowering *l, const rows *left, const char *function,
    const expression *const *operands, int count, bool ordinality, bool keeps_unmatched,
    source_span span, rows *out) {
    explosion x = {0};
    bool explodes = strcmp(function, "EXPLODE") == 0;
    if (explodes ? !add_arrays(l, &x, left, operands[0], ordinality, keeps_unmatched, span)
                 : !add_call(l, &x, function, operands, count, span))
        return false;
    plan_node *node = function_node(l, &x, left);
    int width = left->node->column_count, made = 0;
    for (int i = 0; i < x.count; i++)
        made += parts_of(x.calls[i]->result);
    const expression **values =
        ARENA_ARRAY(l->b.arena, const expression *, left->column_count + made + 1);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, left->column_count + made + 1);
    for (int i = 0; i < left->column_count; i++) {
        columns[i] = left->columns[i];
        values[i] = flink_input(l, node, left->columns[i].index);
    }
    typing t = {.l = l};
    expression_scope scope = flink_scope(&t);
    int at = left->column_count;
    static const char *const ENTRY[] = {"KEY", "VALUE"};
    bool is_map = explodes && operands[0]->type->base == SQL_MAP;
    for (int i = 0; i < x.count; i++) {
        const expression *value = flink_input(l, node, width + i);
        const sql_type *type = value->type;
        bool numbers = ordinality && i == x.count - 1;
        for (int f = 0; f < parts_of(type); f++, at++) {
            bool is_row = type->base == SQL_STRUCT && !numbers;
            values[at] = value;
            columns[at] =
                (rows_column){.name = is_row    ? type->fields[f].name
                                      : numbers ? SLICE_LITERAL("ORDINALITY")
                                      : is_map  ? slice_of(ENTRY[i])
                                                : flink_generated_name(l, at - left->column_count)};
            if (!is_row)
                continue;
            expression *field =
                build_node(&scope, EXPRESSION_FIELD, type->fields[f].type, span, &value, 1);
            field->index = f;
            values[at] = field;
        }
    }
    rows in = *left;
    in.node = node;
    in.keys = NULL;
    in.key_count = 0;
    in.one_row = false;
    return flink_project(l, &in, values, columns, left->column_count + made, out);
}

/* Names the columns behind those of `left`: AS t (a, b), AS a. */
static bool name_made(lowering *l, const flink_relation *relation, int from, rows *r) {
    int made = r->column_count - from, given = relation->columns.count;
    if (given > 0 && given != made)
        return error_at(l->b.e, ERROR_STATEMENT, relation->columns.items[0].span,
            "%d column names are given for %d columns", given, made);
    for (int i = 0; i < made; i++) {
        rows_column *c = &r->columns[from + i];
        c->table = relation->alias.text;
        if (given > 0)
            c->name = relation->columns.items[i].text;
        else if (made == 1 && ast_name_given(relation->alias) &&
                 slice_starts_with(c->name, SLICE_LITERAL("EXPR$")))
            c->name = relation->alias.text;
    }
    return true;
}

static bool function_rows(lowering *l, const flink_relation *relation, const rows *left,
    bool keeps_unmatched, rows *out) {
    const ast_expression *ast = relation->function;
    const function_descriptor *function = flink_find_function(l, ast->call.name.text);
    if (!function || function->kind != FUNCTION_TABLE) {
        error_at(l->b.e, ERROR_NOT_FOUND, ast->span, "There is no table function %.*s",
            SLICE_ARG(ast->call.name.text));
        return error_hint(l->b.e,
            "There are EXPLODE (and UNNEST), those of libraries, and the windows TUMBLE, HOP, "
            "CUMULATE and SESSION.");
    }
    if (keeps_unmatched && strcmp(function->name, "EXPLODE") != 0) {
        error_at(l->b.e, ERROR_UNSUPPORTED, relation->span,
            "LEFT JOIN LATERAL TABLE is there for EXPLODE and UNNEST only");
        return error_hint(l->b.e, "Use CROSS JOIN, which leaves rows without results out.");
    }
    typing t = {.l = l, .rows = left, .clause = "a table function"};
    int count = ast->call.arguments.count;
    const expression **values = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    for (int i = 0; i < count; i++)
        if (!(values[i] = flink_expression(&t, ast->call.arguments.items[i])))
            return false;
    return flink_explode(
        l, left, function->name, values, count, false, keeps_unmatched, relation->span, out);
}

bool flink_unnest_rows(lowering *l, const flink_relation *relation, const rows *left,
    bool keeps_unmatched, rows *out) {
    rows one;
    int from = left ? left->column_count : 0;
    if (!left) { /* of constants, then */
        if (!flink_values_rows(l, NULL, NULL, relation->span, &one))
            return false;
        left = &one;
        from = one.column_count;
    }
    if (relation->kind == FLINK_RELATION_FUNCTION)
        return function_rows(l, relation, left, keeps_unmatched, out) &&
               name_made(l, relation, from, out);
    typing t = {.l = l, .rows = left, .clause = "UNNEST"};
    const expression *operand = flink_expression(&t, relation->unnest.operand);
    if (!operand)
        return false;
    if (operand->type->base != SQL_ARRAY && operand->type->base != SQL_MAP)
        return error_at(l->b.e, ERROR_STATEMENT, relation->unnest.operand->span,
            "UNNEST needs an ARRAY or a MAP, and this is %.*s",
            SLICE_ARG(sql_type_name(l->b.arena, operand->type)));
    return flink_explode(l, left, "EXPLODE", &operand, 1, relation->unnest.ordinality,
               keeps_unmatched, relation->span, out) &&
           name_made(l, relation, from, out);
}
