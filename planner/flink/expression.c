/* Expressions by Flink's rules.
 *
 * The analysis of expressions (expression_analysis.h) asks for every node, top down, whether
 * somebody knows better; here are the nodes where Flink's SQL means something else than ksqlDB's:
 * names that may be a ROW's field, intervals, comparisons with NULL, decimals, calls. The rest is
 * left to it.
 */
#include "planner/flink/lowering.h"

#include "base/decimal.h"
#include "catalog/coercion.h"

const sql_type FLINK_INTERVAL_MS = {.base = SQL_BIGINT},
               FLINK_INTERVAL_MONTHS = {.base = SQL_BIGINT};

/* ---- names ---- */

static const expression *column_of(
    typing *t, const rows *r, const rows_column *c, source_span span) {
    expression *e = ARENA_NEW(t->l->b.arena, expression);
    *e = *flink_input(t->l, r->node, c->index);
    e->span = span;
    return e;
}

static const rows_column *find_named(
    const rows *r, slice table, slice name, const rows_column **other) {
    const rows_column *found = NULL;
    for (int i = 0; i < r->column_count; i++) {
        const rows_column *c = &r->columns[i];
        if (!slice_equal(c->name, name) ||
            (table.data ? !(c->table.data && slice_equal(c->table, table)) : c->hidden))
            continue;
        if (found && found->index != c->index)
            *other = c;
        found = found ? found : c;
    }
    return found;
}

static const expression *field_of(
    expression_scope *scope, const expression *base, slice name, source_span span) {
    int field = base->type->base == SQL_STRUCT ? sql_type_field(base->type, name) : -1;
    if (field < 0)
        return NULL;
    expression *node =
        build_node(scope, EXPRESSION_FIELD, base->type->fields[field].type, span, &base, 1);
    node->index = field;
    return node;
}

/* The column, or the field of a ROW column, that `qualifier.name` means among these rows. */
static const expression *find_in(
    typing *t, expression_scope *scope, const rows *r, const ast_expression *ast, error *e) {
    slice qualifier = ast->column.qualifier.text, name = ast->column.name.text;
    const rows_column *other = NULL, *c = find_named(r, qualifier, name, &other);
    if (!c && qualifier.data) {
        const rows_column *row = find_named(r, (slice){0}, qualifier, &other);
        const expression *field =
            row && !other ? field_of(scope, column_of(t, r, row, ast->span), name, ast->span)
                          : NULL;
        if (field)
            return field;
    }
    if (c && other) {
        error_at(e, ERROR_STATEMENT, ast->span, "Column '%.*s' is ambiguous", SLICE_ARG(name));
        error_hint(e, "Say which: %.*s.%.*s or %.*s.%.*s.", SLICE_ARG(c->table), SLICE_ARG(name),
            SLICE_ARG(other->table), SLICE_ARG(name));
        return NULL;
    }
    return c ? column_of(t, r, c, ast->span) : NULL;
}

static const expression *type_column(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *found = NULL;
    for (const typing *at = t; at && !found && !error_is_set(e);
         at = at->sees_outer ? at->outer : NULL)
        found = at->rows ? find_in(t, scope, at->rows, ast, e) : NULL;
    if (found || error_is_set(e))
        return found;
    static const char *const niladic[] = {"CURRENT_TIMESTAMP", "LOCALTIMESTAMP", "CURRENT_DATE",
        "LOCALTIME", "CURRENT_TIME", "CURRENT_ROW_TIMESTAMP"};
    for (size_t i = 0; i < sizeof niladic / sizeof *niladic; i++)
        if (!ast->column.qualifier.text.data &&
            slice_is_ignore_case(ast->column.name.text, niladic[i]))
            return flink_build_call(scope, "FLINK_NOW", NULL, 0, ast->span, e);
    return NULL; /* the analysis reports it */
}

/* ---- operators ---- */

static bool is_interval(const expression *e) {
    return e->type == &FLINK_INTERVAL_MS || e->type == &FLINK_INTERVAL_MONTHS;
}

static const expression *interval_of(expression_scope *scope, const ast_expression *ast) {
    expression *e = ARENA_NEW(scope->arena, expression);
    *e = *flink_literal_bigint(scope, ast->interval.amount, ast->span);
    e->type = ast->interval.is_months ? &FLINK_INTERVAL_MONTHS : &FLINK_INTERVAL_MS;
    return e;
}

/* NULL compares to anything, and gives NULL. */
static bool give_type_to_null(expression_scope *scope, const expression **a, const expression **b) {
    if ((*a)->type->base == SQL_NULL && (*b)->type->base == SQL_NULL)
        *a = build_null_value(scope, &SQL_TYPE_INTEGER, (*a)->span);
    if ((*a)->type->base == SQL_NULL)
        *a = build_null_value(scope, (*b)->type, (*a)->span);
    if ((*b)->type->base == SQL_NULL)
        *b = build_null_value(scope, (*a)->type, (*b)->span);
    return true;
}

/* A text as a TIMESTAMP; in a constant a blank may stand for the T. */
static const expression *read_timestamp(expression_scope *scope, const expression *text, error *e) {
    if (!is_text_literal(text))
        return flink_cast(NULL, scope, text, &SQL_TYPE_TIMESTAMP);
    slice copy = arena_copy(scope->arena, slice_trim(column_slice(text->literal, 0)));
    char *space = memchr(copy.data, ' ', copy.length);
    if (space)
        *space = 'T';
    const expression *value = literal_from_text(scope, copy, &SQL_TYPE_TIMESTAMP, text->span);
    if (!value)
        error_at(e, ERROR_STATEMENT, text->span, "'%.*s' is no TIMESTAMP", SLICE_ARG(copy));
    return value;
}

const expression *flink_compare(expression_scope *scope, compare_operator operation,
    const expression *a, const ast_expression *a_ast, const expression *b,
    const ast_expression *b_ast, source_span span, error *e) {
    give_type_to_null(scope, &a, &b);
    if (is_interval(a) != is_interval(b)) {
        error_at(e, ERROR_STATEMENT, span, "An INTERVAL compares to an INTERVAL only");
        return NULL;
    }
    /* Texts are read as what they are compared with. */
    if (a->type->base == SQL_TIMESTAMP && b->type->base == SQL_VARCHAR)
        b = read_timestamp(scope, b, e);
    else if (b->type->base == SQL_TIMESTAMP && a->type->base == SQL_VARCHAR)
        a = read_timestamp(scope, a, e);
    if (!a || !b)
        return NULL;
    if (a->type->base == SQL_VARCHAR && sql_type_is_numeric(b->type))
        a = expression_cast(scope, a, b->type);
    if (b->type->base == SQL_VARCHAR && sql_type_is_numeric(a->type))
        b = expression_cast(scope, b, a->type);
    if (a->type->base == SQL_BOOLEAN && b->type->base == SQL_BOOLEAN &&
        operation != COMPARE_EQUAL && operation != COMPARE_NOT_EQUAL &&
        operation < COMPARE_DISTINCT) {
        const expression *numbers[2] = {a, b};
        for (int i = 0; i < 2; i++)
            numbers[i] = flink_cast(NULL, scope, numbers[i], &SQL_TYPE_INTEGER);
        return build_compare(scope, operation, numbers[0], numbers[1], span);
    }
    return compare_values(scope, operation, a, a_ast, b, b_ast, span, e);
}

static const expression *compare_rows(expression_scope *scope, const ast_expression *ast,
    const ast_expression_list *left, const ast_expression_list *right, error *e) {
    if (left->count != right->count) {
        error_at(e, ERROR_STATEMENT, ast->span, "Rows of %d and %d values cannot be compared",
            left->count, right->count);
        return NULL;
    }
    const expression *all = NULL;
    for (int i = 0; i < left->count; i++) {
        const expression *a = expression_analyze(scope, left->items[i], e);
        const expression *b = a ? expression_analyze(scope, right->items[i], e) : NULL;
        const expression *one = b ? flink_compare(scope, COMPARE_EQUAL, a, left->items[i], b,
                                        right->items[i], ast->span, e)
                                  : NULL;
        if (!one)
            return NULL;
        all = flink_and(scope, all, one);
    }
    return all;
}

static const expression *type_comparison(
    expression_scope *scope, const ast_expression *ast, error *e) {
    static const compare_operator operators[] = {[AST_EQUAL] = COMPARE_EQUAL,
        [AST_NOT_EQUAL] = COMPARE_NOT_EQUAL,
        [AST_LESS] = COMPARE_LESS,
        [AST_LESS_OR_EQUAL] = COMPARE_LESS_OR_EQUAL,
        [AST_GREATER] = COMPARE_GREATER,
        [AST_GREATER_OR_EQUAL] = COMPARE_GREATER_OR_EQUAL};
    const ast_expression *left = ast->comparison.left, *right = ast->comparison.right;
    compare_operator operation = operators[ast->comparison.operation];
    if (left->kind == AST_EXPRESSION_ROW && right->kind == AST_EXPRESSION_ROW &&
        operation <= COMPARE_NOT_EQUAL) {
        const expression *same = compare_rows(scope, ast, &left->row.items, &right->row.items, e);
        return same && operation == COMPARE_NOT_EQUAL ? build_negated(scope, same) : same;
    }
    const expression *a = expression_analyze(scope, left, e);
    const expression *b = a ? expression_analyze(scope, right, e) : NULL;
    return b ? flink_compare(scope, operation, a, left, b, right, ast->span, e) : NULL;
}

static const expression *type_distinct(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *a = expression_analyze(scope, ast->is_distinct.left, e);
    const expression *b = a ? expression_analyze(scope, ast->is_distinct.right, e) : NULL;
    return b ? flink_compare(scope,
                   ast->is_distinct.negated ? COMPARE_NOT_DISTINCT : COMPARE_DISTINCT, a,
                   ast->is_distinct.left, b, ast->is_distinct.right, ast->span, e)
             : NULL;
}

static const expression *type_between(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const ast_expression *operand = ast->between.operand;
    const expression *value = expression_analyze(scope, operand, e);
    const expression *lower = value ? expression_analyze(scope, ast->between.lower, e) : NULL;
    const expression *upper = lower ? expression_analyze(scope, ast->between.upper, e) : NULL;
    const expression *from = upper ? flink_compare(scope, COMPARE_GREATER_OR_EQUAL, value, operand,
                                         lower, ast->between.lower, ast->span, e)
                                   : NULL;
    const expression *to = from ? flink_compare(scope, COMPARE_LESS_OR_EQUAL, value, operand, upper,
                                      ast->between.upper, ast->span, e)
                                : NULL;
    if (!to)
        return NULL;
    const expression *both = flink_and(scope, from, to);
    return ast->between.negated ? build_negated(scope, both) : both;
}

/* (a, b) IN ((1, 2), (3, 4)) is a = 1 AND b = 2 OR ... */
static const expression *type_row_in(expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *any = NULL;
    for (int i = 0; i < ast->in.items.count; i++) {
        const ast_expression *item = ast->in.items.items[i];
        if (item->kind != AST_EXPRESSION_ROW) {
            error_at(e, ERROR_STATEMENT, item->span, "A row compares to rows only");
            return NULL;
        }
        const expression *one =
            compare_rows(scope, item, &ast->in.operand->row.items, &item->row.items, e);
        if (!one)
            return NULL;
        const expression *either[] = {any, one};
        any = any ? build_node(scope, EXPRESSION_OR, &SQL_TYPE_BOOLEAN, ast->span, either, 2) : one;
    }
    return ast->in.negated ? build_negated(scope, any) : any;
}

static int larger(int a, int b) {
    return a > b ? a : b;
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* Digits of the scale give way to those before the point, but for six. */
static const sql_type *fit_decimal(arena *a, int precision, int scale) {
    if (precision > DECIMAL_MAX_PRECISION) {
        int whole = precision - scale;
        scale = larger(DECIMAL_MAX_PRECISION - whole, smaller(scale, 6));
        precision = DECIMAL_MAX_PRECISION;
    }
    return sql_type_decimal(a, precision, smaller(scale, precision));
}

static const expression *numbers_node(expression_scope *scope, arithmetic_operator operation,
    const expression *left, const expression *right, source_span span) {
    const sql_type *type = coercion_common(scope->arena, left->type, right->type);
    const expression *operands[2];
    if (type->base == SQL_DECIMAL) {
        const sql_type *l = coercion_decimal(scope->arena, left->type);
        const sql_type *r = coercion_decimal(scope->arena, right->type);
        operands[0] = expression_cast(scope, left, l);
        operands[1] = expression_cast(scope, right, r);
        int precision, scale;
        decimal_result_digits(operation, l, r, &precision, &scale);
        type = fit_decimal(scope->arena, precision, scale);
    } else {
        operands[0] = expression_cast(scope, left, type);
        operands[1] = expression_cast(scope, right, type);
    }
    expression *node = build_node(scope, EXPRESSION_ARITHMETIC, type, span, operands, 2);
    node->arithmetic = operation;
    return node;
}

static bool is_time(const sql_type *type) {
    return type->base == SQL_TIMESTAMP || type->base == SQL_DATE || type->base == SQL_TIME;
}

static const expression *negative(expression_scope *scope, const expression *e) {
    int64_t value;
    if (flink_constant_int64(e, &value))
        return flink_literal_bigint(scope, -value, e->span);
    const expression *operands[] = {flink_literal_bigint(scope, 0, e->span), e};
    expression *node =
        build_node(scope, EXPRESSION_ARITHMETIC, &SQL_TYPE_BIGINT, e->span, operands, 2);
    node->arithmetic = ARITHMETIC_SUBTRACT;
    return node;
}

/* A point in time and an interval, a difference of points, or two intervals. */
static const expression *time_arithmetic(expression_scope *scope, arithmetic_operator operation,
    const expression *left, const expression *right, source_span span, error *e) {
    bool minus = operation == ARITHMETIC_SUBTRACT;
    if (operation == ARITHMETIC_ADD && is_interval(left) && is_time(right->type))
        return time_arithmetic(scope, operation, right, left, span, e);
    if (is_time(left->type) && is_interval(right) && operation <= ARITHMETIC_SUBTRACT) {
        const expression *arguments[] = {left, minus ? negative(scope, right) : right};
        return flink_build_call(scope,
            right->type == &FLINK_INTERVAL_MONTHS ? "FLINK_ADD_MONTHS" : "FLINK_ADD_MS", arguments,
            2, span, e);
    }
    expression *result = NULL;
    if (left->type->base == SQL_TIMESTAMP && right->type->base == SQL_TIMESTAMP && minus) {
        const expression *arguments[] = {right, left};
        const expression *call = flink_build_call(scope, "FLINK_MS_BETWEEN", arguments, 2, span, e);
        if (!call)
            return NULL;
        result = ARENA_NEW(scope->arena, expression);
        *result = *call;
        result->type = &FLINK_INTERVAL_MS;
        return result;
    }
    bool both = is_interval(left) && left->type == right->type && operation <= ARITHMETIC_SUBTRACT;
    bool scaled = operation == ARITHMETIC_MULTIPLY && is_interval(left) != is_interval(right) &&
                  sql_type_is_numeric(left->type) && sql_type_is_numeric(right->type) &&
                  left->type->base <= SQL_BIGINT && right->type->base <= SQL_BIGINT;
    if (both || scaled) {
        const sql_type *type = is_interval(left) ? left->type : right->type;
        const expression *operands[] = {expression_cast(scope, left, &SQL_TYPE_BIGINT),
            expression_cast(scope, right, &SQL_TYPE_BIGINT)};
        result = build_node(scope, EXPRESSION_ARITHMETIC, type, span, operands, 2);
        result->arithmetic = operation;
        return result;
    }
    error_at(e, ERROR_STATEMENT, span, "Times and INTERVALs do not combine like this");
    error_hint(e, "A time plus or minus an INTERVAL is a time, two times minus each other are an "
                  "INTERVAL; TIMESTAMPDIFF gives numbers.");
    return NULL;
}

const expression *flink_arithmetic(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    static const arithmetic_operator operators[] = {[AST_ADD] = ARITHMETIC_ADD,
        [AST_SUBTRACT] = ARITHMETIC_SUBTRACT,
        [AST_MULTIPLY] = ARITHMETIC_MULTIPLY,
        [AST_DIVIDE] = ARITHMETIC_DIVIDE,
        [AST_MODULO] = ARITHMETIC_MODULO};
    const expression *left = expression_analyze(scope, ast->arithmetic.left, e);
    const expression *right = left ? expression_analyze(scope, ast->arithmetic.right, e) : NULL;
    if (!right)
        return NULL;
    give_type_to_null(scope, &left, &right);
    arithmetic_operator operation = operators[ast->arithmetic.operation];
    if (is_time(left->type) || is_time(right->type) || is_interval(left) || is_interval(right))
        return time_arithmetic(scope, operation, left, right, ast->span, e);
    const expression *sides[] = {left, right};
    for (int i = 0; i < 2; i++) {
        if (sides[i]->type->base == SQL_VARCHAR) /* as Flink reads texts among numbers */
            sides[i] = expression_cast(scope, sides[i], &SQL_TYPE_DOUBLE);
        if (!sql_type_is_numeric(sides[i]->type)) {
            slice type = describe_type(scope, sides[i]->type);
            error_at(e, ERROR_STATEMENT, sides[i]->span,
                "Arithmetic needs numbers, and this is %.*s", SLICE_ARG(type));
            return NULL;
        }
    }
    return numbers_node(scope, operation, sides[0], sides[1], ast->span);
}

static const expression *type_negation(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *operand = expression_analyze(scope, ast->negation.operand, e);
    if (!operand || !is_interval(operand))
        return NULL; /* left to the analysis, which types the operand again */
    expression *node = ARENA_NEW(scope->arena, expression);
    *node = *negative(scope, operand);
    node->type = operand->type;
    return node;
}

static const expression *type_concatenation(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const ast_expression *asts[] = {ast->concatenation.left, ast->concatenation.right};
    const expression *operands[2];
    for (int i = 0; i < 2; i++) {
        operands[i] = expression_analyze(scope, asts[i], e);
        if (!operands[i])
            return NULL;
        operands[i] = flink_cast(NULL, scope, operands[i], &SQL_TYPE_VARCHAR);
    }
    expression *node =
        build_node(scope, EXPRESSION_ARITHMETIC, &SQL_TYPE_VARCHAR, ast->span, operands, 2);
    node->arithmetic = ARITHMETIC_ADD;
    return node;
}

static const expression *type_typed_string(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const sql_type *type = ast->typed_string.type == AST_TYPE_DATE   ? &SQL_TYPE_DATE
                           : ast->typed_string.type == AST_TYPE_TIME ? &SQL_TYPE_TIME
                                                                     : &SQL_TYPE_TIMESTAMP;
    slice text = arena_copy(scope->arena, slice_trim(ast->typed_string.text));
    char *space = text.data ? memchr(text.data, ' ', text.length) : NULL;
    if (space)
        *space = 'T';
    const expression *value = literal_from_text(scope, text, type, ast->span);
    if (!value) {
        slice name = describe_type(scope, type);
        error_at(e, ERROR_STATEMENT, ast->span, "'%.*s' is no %.*s",
            SLICE_ARG(ast->typed_string.text), SLICE_ARG(name));
        error_hint(e, "Write DATE '2024-02-29', TIME '09:16:05', TIMESTAMP '2024-02-29 09:16:05'.");
    }
    return value;
}

static const expression *type_row(expression_scope *scope, const ast_expression *ast, error *e) {
    int count = ast->row.items.count;
    const expression **values = ARENA_ARRAY(scope->arena, const expression *, count + 1);
    sql_field *fields = ARENA_ARRAY(scope->arena, sql_field, count + 1);
    for (int i = 0; i < count; i++) {
        values[i] = expression_analyze(scope, ast->row.items.items[i], e);
        if (!values[i])
            return NULL;
        fields[i] = (sql_field){arena_format(scope->arena, "EXPR$%d", i), values[i]->type};
    }
    return build_node(scope, EXPRESSION_STRUCT, sql_type_struct(scope->arena, fields, count),
        ast->span, values, count);
}

/* ---- casts ---- */

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
        part = is_text_literal(e) ? read_timestamp(scope, e, &ignored) : NULL;
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
    if (sql_type_equal(e->type, to) && !is_interval(e))
        return e;
    if (is_interval(e) && to->base == SQL_BIGINT)
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

static const expression *type_cast(
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

/* ---- CASE ---- */

/* Results of a CASE are of the type all of them widen to; NULL has that of the others. */
static const expression *type_case(expression_scope *scope, const ast_expression *ast, error *e) {
    int branches = ast->case_.branches.count;
    int count = branches * 2 + 1;
    const expression **parts = ARENA_ARRAY(scope->arena, const expression *, count);
    const sql_type *type = &SQL_TYPE_NULL;
    const expression *operand =
        ast->case_.operand ? expression_analyze(scope, ast->case_.operand, e) : NULL;
    if (ast->case_.operand && !operand)
        return NULL;
    for (int i = 0; i <= branches; i++) {
        const ast_expression *when = i < branches ? ast->case_.branches.items[i].when : NULL;
        const ast_expression *then =
            i < branches ? ast->case_.branches.items[i].then : ast->case_.otherwise;
        const expression *condition = NULL;
        if (when && operand) {
            const expression *value = expression_analyze(scope, when, e);
            condition = value ? flink_compare(scope, COMPARE_EQUAL, operand, ast->case_.operand,
                                    value, when, when->span, e)
                              : NULL;
        } else if (when) {
            condition = expression_analyze_condition(scope, when, e);
        }
        if (when && !condition)
            return NULL;
        if (when)
            parts[i * 2] = flink_truth(scope->arena, condition);
        const expression *value = then ? expression_analyze(scope, then, e)
                                       : build_null_value(scope, &SQL_TYPE_NULL, ast->span);
        if (!value)
            return NULL;
        parts[i < branches ? i * 2 + 1 : count - 1] = value;
        const sql_type *common = type->base == SQL_NULL ? value->type
                                 : value->type->base == SQL_NULL
                                     ? type
                                     : coercion_common(scope->arena, type, value->type);
        if (!common) {
            slice first = describe_type(scope, type), other = describe_type(scope, value->type);
            error_at(e, ERROR_STATEMENT, then->span,
                "All results of a CASE must have one type, but there are %.*s and %.*s",
                SLICE_ARG(first), SLICE_ARG(other));
            return NULL;
        }
        type = common;
    }
    if (type->base == SQL_NULL)
        type = &SQL_TYPE_INTEGER;
    for (int i = 0; i <= branches; i++) {
        int at = i < branches ? i * 2 + 1 : count - 1;
        parts[at] = expression_cast(scope, parts[at], type);
    }
    expression *node = build_node(scope, EXPRESSION_CASE, type, ast->span, parts, count);
    node->has_else = true;
    return node;
}

/* ---- dispatch ---- */

static const expression *type_dereference(
    expression_scope *scope, const ast_expression *ast, error *e) {
    const expression *base = expression_analyze(scope, ast->dereference.base, e);
    if (!base)
        return NULL;
    slice name = ast->dereference.field.text;
    const expression *field = field_of(scope, base, name, ast->span);
    if (!field) {
        slice type = describe_type(scope, base->type);
        error_at(e, ERROR_NOT_FOUND, ast->dereference.field.span,
            "There is no field '%.*s' in %.*s", SLICE_ARG(name), SLICE_ARG(type));
    }
    return field;
}

static const expression *refuse(const ast_expression *ast, const char *what, error *e) {
    error_at(e, ERROR_UNSUPPORTED, ast->span, "%s cannot stand here", what);
    return NULL;
}

static const expression *answer(
    void *context, expression_scope *scope, const ast_expression *ast, error *e) {
    typing *t = context;
    const expression *replaced = t->replace ? t->replace(t, scope, ast, e) : NULL;
    if (replaced || error_is_set(e))
        return replaced;
    switch (ast->kind) {
    case AST_EXPRESSION_COLUMN:
        return type_column(t, scope, ast, e);
    case AST_EXPRESSION_DEREFERENCE:
        return type_dereference(scope, ast, e);
    case AST_EXPRESSION_CALL:
        return flink_call(t, scope, ast, e);
    case AST_EXPRESSION_CAST:
        return type_cast(t, scope, ast, e);
    case AST_EXPRESSION_CASE:
        return type_case(scope, ast, e);
    case AST_EXPRESSION_BETWEEN:
        return type_between(scope, ast, e);
    case AST_EXPRESSION_IN:
        return ast->in.operand->kind == AST_EXPRESSION_ROW ? type_row_in(scope, ast, e) : NULL;
    case AST_EXPRESSION_COMPARISON:
        return type_comparison(scope, ast, e);
    case AST_EXPRESSION_IS_DISTINCT:
        return type_distinct(scope, ast, e);
    case AST_EXPRESSION_ARITHMETIC:
        return flink_arithmetic(t, scope, ast, e);
    case AST_EXPRESSION_NEGATION:
        return type_negation(scope, ast, e);
    case AST_EXPRESSION_CONCATENATION:
        return type_concatenation(scope, ast, e);
    case AST_EXPRESSION_INTERVAL:
        return interval_of(scope, ast);
    case AST_EXPRESSION_TYPED_STRING:
        return type_typed_string(scope, ast, e);
    case AST_EXPRESSION_ROW:
        return type_row(scope, ast, e);
    case AST_EXPRESSION_OVER:
        return refuse(ast, "A call with OVER", e);
    case AST_EXPRESSION_SUBQUERY:
    case AST_EXPRESSION_EXISTS:
    case AST_EXPRESSION_IN_QUERY:
        return refuse(ast, "A subquery", e);
    default:
        return NULL;
    }
}

static column *own_literal(void *context, column *literal) {
    return plan_own_column(((typing *)context)->l->b.plan, literal);
}

/* The scope's columns serve for messages only: names are resolved here. */
expression_scope flink_scope(typing *t) {
    int count = t->rows ? t->rows->column_count : 0;
    scope_column *columns = ARENA_ARRAY(t->l->b.arena, scope_column, count + 1);
    for (int i = 0; i < count; i++)
        columns[i] = (scope_column){.source = t->rows->columns[i].table,
            .name = t->rows->columns[i].name,
            .type = t->rows->node->columns[t->rows->columns[i].index].type,
            .index = t->rows->columns[i].index};
    return (expression_scope){.arena = t->l->b.arena,
        .columns = columns,
        .column_count = count,
        .context = t,
        .own = own_literal,
        .replace = answer,
        .is_three_valued = true,
        .clause = t->clause};
}

const expression *flink_expression(typing *t, const ast_expression *ast) {
    expression_scope scope = flink_scope(t);
    return expression_analyze(&scope, ast, t->l->b.e);
}

const expression *flink_condition(typing *t, const ast_expression *ast) {
    expression_scope scope = flink_scope(t);
    const expression *e = expression_analyze_condition(&scope, ast, t->l->b.e);
    return e ? flink_truth(scope.arena, e) : NULL;
}

/* ---- literals ---- */

const expression *flink_literal_bigint(expression_scope *scope, int64_t value, source_span span) {
    column *c = build_literal_column(scope, &SQL_TYPE_BIGINT);
    column_append_int64(c, value);
    return build_literal_value(scope, c, span);
}

const expression *flink_literal_text(expression_scope *scope, slice value, source_span span) {
    column *c = build_literal_column(scope, &SQL_TYPE_VARCHAR);
    column_append_bytes(c, value);
    return build_literal_value(scope, c, span);
}

const expression *flink_and(
    expression_scope *scope, const expression *left, const expression *right) {
    if (!left || !right)
        return left ? left : right;
    const expression *both[] = {left, right};
    return build_node(scope, EXPRESSION_AND, &SQL_TYPE_BOOLEAN, left->span, both, 2);
}

bool flink_constant_int64(const expression *e, int64_t *out) {
    if (e->kind == EXPRESSION_CAST)
        return flink_constant_int64(e->arguments[0], out);
    if (e->kind != EXPRESSION_LITERAL || column_is_null(e->literal, 0))
        return false;
    if (e->type->base == SQL_INTEGER)
        *out = e->literal->int32s[0];
    else if (e->type->base == SQL_BIGINT)
        *out = e->literal->int64s[0];
    else
        return false;
    return true;
}

bool flink_interval(lowering *l, const ast_expression *ast, int64_t *ms) {
    typing t = {.l = l, .clause = "a window"};
    const expression *e = ast ? flink_expression(&t, ast) : NULL;
    if (!e)
        return false;
    if (e->type == &FLINK_INTERVAL_MS && flink_constant_int64(e, ms))
        return true;
    error_at(l->b.e, ERROR_STATEMENT, ast->span, "An INTERVAL of days or shorter is needed here");
    return error_hint(l->b.e, "Write INTERVAL '10' SECOND.");
}
