/* join_condition.c - ON: which side of each equality belongs to which side of the join.
 *
 * Both expressions are first analyzed over the columns of both sides together, which finds unknown
 * and ambiguous names; then each over its own side. They may stand in either order. Several
 * equalities are put in the order of the right side's key, or else the left side's, so that a side
 * that has that key already need not be keyed anew. */
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

static bool check_types(planning *b, const join_pair *p) {
    if (sql_type_equal(p->left->type, p->right->type))
        return true;
    error_at(b->e, ERROR_STATEMENT, p->ast->span,
        "Invalid join condition: types don't match. Got %.*s{%.*s} = %.*s{%.*s}",
        SLICE_ARG(ast_format_expression(b->arena, p->left_ast)),
        SLICE_ARG(sql_type_name(b->arena, p->left->type)),
        SLICE_ARG(ast_format_expression(b->arena, p->right_ast)),
        SLICE_ARG(sql_type_name(b->arena, p->right->type)));
    return error_hint(b->e, "CAST one side to the type of the other; the key of a table must stay "
                            "as it is.");
}

/* ---- ON as a list of equalities ---- */

static bool is_and(const ast_expression *on) {
    return on && on->kind == AST_EXPRESSION_LOGICAL && on->logical.operation == AST_AND;
}

static int count_pairs(const ast_expression *on) {
    return is_and(on) ? count_pairs(on->logical.left) + count_pairs(on->logical.right) : 1;
}

static bool read_pair(planning *b, const relation *left, const relation *right,
    const ast_expression *on, source_span join, join_pair *out) {
    if (!on || on->kind != AST_EXPRESSION_COMPARISON || on->comparison.operation != AST_EQUAL) {
        error_at(b->e, ERROR_UNSUPPORTED, on ? on->span : join, "A join needs one equality in ON");
        return error_hint(b->e, "Write ON left.column = right.column (several with AND), and "
                                "further conditions in WHERE.");
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
    *out = (join_pair){.ast = on, .left_ast = sides[l], .right_ast = sides[1 - l]};
    out->left = expression_analyze(&left_scope, out->left_ast, b->e);
    out->right = out->left ? expression_analyze(&right_scope, out->right_ast, b->e) : NULL;
    return out->right && check_types(b, out);
}

static bool read_pairs(planning *b, const relation *left, const relation *right,
    const ast_expression *on, source_span join, join_condition *out) {
    if (is_and(on))
        return read_pairs(b, left, right, on->logical.left, join, out) &&
               read_pairs(b, left, right, on->logical.right, join, out);
    return read_pair(b, left, right, on, join, &out->pairs[out->count++]);
}

/* ---- keys ---- */

bool join_key_is(const relation *r, int k, const expression *e) {
    for (int i = 0; i < r->keys[k].same_count; i++)
        if (expression_equal(e, r->keys[k].same[i]))
            return true;
    for (int i = 0; i < r->keys[k].equal_count; i++)
        if (expression_equal(e, r->keys[k].equal[i]))
            return true;
    return false;
}

bool join_is_keyed(const relation *r, const join_condition *on, bool left) {
    if (r->key_count != on->count)
        return false;
    for (int k = 0; k < on->count; k++)
        if (!join_key_is(r, k, left ? on->pairs[k].left : on->pairs[k].right))
            return false;
    return true;
}

/* Puts the equalities in the order of the side's key columns, where they are these. */
static void follow_key(const relation *r, join_condition *on, bool left) {
    for (int k = 0; k < on->count && r->key_count == on->count; k++)
        for (int i = k; i < on->count; i++)
            if (join_key_is(r, k, left ? on->pairs[i].left : on->pairs[i].right)) {
                join_pair pair = on->pairs[i];
                on->pairs[i] = on->pairs[k];
                on->pairs[k] = pair;
                break;
            }
}

bool join_condition_read(planning *b, const relation *left, const relation *right,
    const ast_join *join, join_condition *out) {
    *out = (join_condition){.pairs = ARENA_ARRAY(b->arena, join_pair, count_pairs(join->on))};
    if (!read_pairs(b, left, right, join->on, join->span, out))
        return false;
    follow_key(left, out, true);
    follow_key(right, out, false);
    return true;
}
