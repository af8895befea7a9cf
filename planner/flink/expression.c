/* Expressions by Flink's rules.
 *
 * The analysis of expressions (expression_analysis.h) asks for every node, top down, whether
 * somebody knows better; here are the nodes where Flink's SQL means something else than ksqlDB's:
 * names that may be a ROW's field, intervals, comparisons (comparison.c), arithmetic
 * (arithmetic.c), casts (cast.c), calls (function_call.c). The rest is left to it.
 */
#include "planner/flink/expression.h"

#include "catalog/coercion.h"

enum { TYPED_MOST = 100 * 1000, NODES_MOST = 200 * 1000 };

const sql_type FLINK_INTERVAL_MS = {.base = SQL_BIGINT},
               FLINK_INTERVAL_MONTHS = {.base = SQL_BIGINT};

bool flink_is_interval(const expression *e) {
    return e->type == &FLINK_INTERVAL_MS || e->type == &FLINK_INTERVAL_MONTHS;
}

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

/* ---- values ---- */

static const expression *interval_of(expression_scope *scope, const ast_expression *ast) {
    expression *e = ARENA_NEW(scope->arena, expression);
    *e = *flink_literal_bigint(scope, ast->interval.amount, ast->span);
    e->type = ast->interval.is_months ? &FLINK_INTERVAL_MONTHS : &FLINK_INTERVAL_MS;
    return e;
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

static const expression *refuse(const ast_expression *ast, const char *what, error *e) {
    error_at(e, ERROR_UNSUPPORTED, ast->span, "%s cannot stand here", what);
    return NULL;
}

/* Some functions and operators are shorthands for expressions that have an operand twice or more
 * often: nested in each other they grow with every level. */
static bool too_large(const ast_expression *ast, error *e) {
    error_at(e, ERROR_LIMIT, ast->span, "The statement's expressions are too large");
    error_hint(e, "Compute parts of them as columns of a query in FROM.");
    return true;
}

static bool is_typed_too_often(lowering *l, const ast_expression *ast, error *e) {
    bool has_parts = ast->kind != AST_EXPRESSION_LITERAL && ast->kind != AST_EXPRESSION_COLUMN;
    return has_parts && ++l->typed_count > TYPED_MOST && too_large(ast, e);
}

/* Nodes with arguments, each as often as it is reached; not many more than `most`. */
static int count_nodes(const expression *e, int most) {
    int count = e->argument_count > 0;
    for (int i = 0; i < e->argument_count && count <= most; i++)
        if (e->arguments[i] && e->arguments[i]->argument_count)
            count += count_nodes(e->arguments[i], most - count);
    return count;
}

/* NULL with the error set when the expression is too large. */
static const expression *not_too_large(const expression *e, const ast_expression *ast, error *to) {
    return e && count_nodes(e, NODES_MOST) > NODES_MOST && too_large(ast, to) ? NULL : e;
}

static const expression *answer(
    void *context, expression_scope *scope, const ast_expression *ast, error *e) {
    typing *t = context;
    if (is_typed_too_often(t->l, ast, e))
        return NULL;
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
        return flink_type_cast(t, scope, ast, e);
    case AST_EXPRESSION_CASE:
        return type_case(scope, ast, e);
    case AST_EXPRESSION_BETWEEN:
        return flink_type_between(scope, ast, e);
    case AST_EXPRESSION_IN:
        return ast->in.operand->kind == AST_EXPRESSION_ROW ? flink_type_row_in(scope, ast, e)
                                                           : NULL;
    case AST_EXPRESSION_COMPARISON:
        return flink_type_comparison(scope, ast, e);
    case AST_EXPRESSION_IS_DISTINCT:
        return flink_type_distinct(scope, ast, e);
    case AST_EXPRESSION_ARITHMETIC:
        return flink_arithmetic(t, scope, ast, e);
    case AST_EXPRESSION_NEGATION:
        return flink_type_negation(scope, ast, e);
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
    case AST_EXPRESSION_QUANTIFIED:
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
    return not_too_large(expression_analyze(&scope, ast, t->l->b.e), ast, t->l->b.e);
}

const expression *flink_condition(typing *t, const ast_expression *ast) {
    expression_scope scope = flink_scope(t);
    const expression *e =
        not_too_large(expression_analyze_condition(&scope, ast, t->l->b.e), ast, t->l->b.e);
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
