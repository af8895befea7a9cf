/* join_condition.c - ON: which side of the equality belongs to which side of the join.
 *
 * Both expressions are first analyzed over the columns of both sides together, which finds unknown
 * and ambiguous names; then each over its own side. They may stand in either order. */
#include "planner/join_condition.h"

#include "parser/ast_format.h"

/* Which sources an expression reads. */
typedef struct references {
    const expression_scope *left, *right;
    const relation *left_relation;
    slice first_source;
    bool has_left, has_right, several;
} references;

static bool note_reference(void *context, const ast_expression *part) {
    references *r = context;
    if (part->kind != AST_EXPRESSION_COLUMN)
        return false;
    slice qualifier = part->column.qualifier.text, name = part->column.name.text;
    const scope_column *column = scope_find(r->left, qualifier, name);
    if (column) {
        if (r->has_left && !slice_equal(column->source, r->first_source))
            r->several = true;
        r->first_source = column->source;
        r->has_left = true;
    } else if (scope_find(r->right, qualifier, name)) {
        r->has_right = true;
    }
    return false;
}

static relation both_sides(planning *b, const relation *left, const relation *right) {
    relation both = *left;
    both.column_count = left->column_count + right->column_count;
    both.columns = ARENA_ARRAY(b->arena, scope_column, both.column_count + 1);
    memcpy(both.columns, left->columns, sizeof *both.columns * (size_t)left->column_count);
    memcpy(both.columns + left->column_count, right->columns,
        sizeof *both.columns * (size_t)right->column_count);
    return both;
}

static bool invalid_side(planning *b, const ast_expression *side, const ast_expression *on) {
    error_at(b->e, ERROR_STATEMENT, side->span,
        "Invalid comparison expression '%.*s' in join '%.*s'",
        SLICE_ARG(ast_format_expression(b->arena, side)),
        SLICE_ARG(ast_format_expression(b->arena, on)));
    return error_hint(
        b->e, "Each side of the comparison must contain columns of exactly one source.");
}

static bool check_types(planning *b, const join_condition *c) {
    if (sql_type_equal(c->left->type, c->right->type))
        return true;
    error_at(b->e, ERROR_STATEMENT, c->ast->span,
        "Invalid join condition: types don't match. Got %.*s{%.*s} = %.*s{%.*s}",
        SLICE_ARG(ast_format_expression(b->arena, c->left_ast)),
        SLICE_ARG(sql_type_name(b->arena, c->left->type)),
        SLICE_ARG(ast_format_expression(b->arena, c->right_ast)),
        SLICE_ARG(sql_type_name(b->arena, c->right->type)));
    return error_hint(b->e, "CAST one side to the type of the other; the key of a table must stay "
                            "as it is.");
}

bool join_condition_read(planning *b, const relation *left, const relation *right,
    const ast_join *join, join_condition *out) {
    const ast_expression *on = join->on;
    if (!on || on->kind != AST_EXPRESSION_COMPARISON || on->comparison.operation != AST_EQUAL) {
        error_at(
            b->e, ERROR_UNSUPPORTED, on ? on->span : join->span, "A join needs one equality in ON");
        return error_hint(b->e, "Write ON left.column = right.column, and further conditions in "
                                "WHERE.");
    }
    relation both = both_sides(b, left, right);
    expression_scope scope = planning_scope(b, &both, "JOIN ON");
    expression_scope left_scope = planning_scope(b, left, "JOIN ON");
    expression_scope right_scope = planning_scope(b, right, "JOIN ON");
    const ast_expression *sides[2] = {on->comparison.left, on->comparison.right};
    references refs[2];
    for (int i = 0; i < 2; i++) {
        if (!expression_analyze(&scope, sides[i], b->e))
            return false;
        refs[i] = (references){.left = &left_scope, .right = &right_scope, .left_relation = left};
        ast_expression_visit(sides[i], note_reference, &refs[i]);
        if (refs[i].several || refs[i].has_left == refs[i].has_right)
            return invalid_side(b, sides[i], on);
    }
    if (refs[0].has_left == refs[1].has_left)
        return invalid_side(b, sides[1], on);
    int l = refs[0].has_left ? 0 : 1;
    *out = (join_condition){.ast = on, .left_ast = sides[l], .right_ast = sides[1 - l]};
    out->left = expression_analyze(&left_scope, out->left_ast, b->e);
    out->right = out->left ? expression_analyze(&right_scope, out->right_ast, b->e) : NULL;
    return out->right && check_types(b, out);
}
