/* pull_join.c - what WHERE says about keys, brought to the scans below the joins.
 *
 * A part of WHERE `a.id = 5` or `a.id IN (...)` that is not true of null holds in every row of the
 * result. So of A only that key is needed; and where ON says `a.id = b.id`, of B only the same key:
 * a row of the result that has a row of B has one with that key, or it would not have met A's.
 * WHERE itself stays above the joins and takes away rows that lack a partner only because it was
 * not read. That makes this right for outer joins, too. Bounds of windows narrow the scan of their
 * own table.
 *
 * Where the rows of one side are few, because all its tables are looked up, and the other side is a
 * table joined by its whole key, that one is looked up by the keys of the first: on the right when
 * right rows without a partner are not wanted, on the left likewise. */
#include "planner/pull_join.h"

#include "planner/pull_lookup.h"

/* A column of one of the joined tables; `source` -1: none. */
typedef struct reference {
    int source;
    slice name;
} reference;

typedef struct narrowing {
    planning *b;
    const relation *r;
    reference (*equal)[2]; /* what ON compares */
    int equal_count;
    const ast_expression **parts; /* of WHERE */
    reference *columns;           /* of which parts[i] speaks */
    int part_count;
} narrowing;

/* ---- reading ON and WHERE ---- */

static int count_ands(const ast_expression *ast) {
    if (!ast)
        return 0;
    return ast->kind == AST_EXPRESSION_LOGICAL && ast->logical.operation == AST_AND
               ? count_ands(ast->logical.left) + count_ands(ast->logical.right)
               : 1;
}

static reference find(const narrowing *n, const ast_expression *ast) {
    reference none = {-1, {0}};
    if (ast->kind != AST_EXPRESSION_COLUMN)
        return none;
    expression_scope scope = {
        .columns = n->r->columns, .column_count = n->r->column_count, .arena = n->b->arena};
    const scope_column *column =
        scope_find(&scope, ast->column.qualifier.text, ast->column.name.text);
    for (int i = 0; column && i < n->r->source_count; i++)
        if (slice_equal(n->r->sources[i].alias, column->source))
            return (reference){i, column->name};
    return none;
}

static bool is_column(void *context, const ast_expression *part) {
    (void)context;
    return part->kind == AST_EXPRESSION_COLUMN;
}

static bool has_columns(const ast_expression *ast) {
    return ast_expression_visit(ast, is_column, NULL);
}

static bool same_reference(const reference *a, const reference *b) {
    return a->source == b->source && slice_equal(a->name, b->name);
}

static void read_on(narrowing *n, const ast_expression *on) {
    if (!on)
        return;
    if (on->kind == AST_EXPRESSION_LOGICAL && on->logical.operation == AST_AND) {
        read_on(n, on->logical.left);
        read_on(n, on->logical.right);
    } else if (on->kind == AST_EXPRESSION_COMPARISON && on->comparison.operation == AST_EQUAL) {
        reference left = find(n, on->comparison.left), right = find(n, on->comparison.right);
        if (left.source < 0 || right.source < 0)
            return;
        n->equal[n->equal_count][0] = left;
        n->equal[n->equal_count++][1] = right;
    }
}

static void read_where(narrowing *n, const ast_expression *part) {
    reference column = {-1, {0}};
    if (part->kind == AST_EXPRESSION_LOGICAL && part->logical.operation == AST_AND) {
        read_where(n, part->logical.left);
        read_where(n, part->logical.right);
        return;
    }
    if (part->kind == AST_EXPRESSION_COMPARISON) {
        const ast_expression *left = part->comparison.left, *right = part->comparison.right;
        column = find(n, has_columns(right) ? right : left);
        if (has_columns(left) && has_columns(right))
            return;
    } else if (part->kind == AST_EXPRESSION_IN && !part->in.negated) {
        column = find(n, part->in.operand);
        for (int i = 0; i < part->in.items.count; i++)
            if (has_columns(part->in.items.items[i]))
                return;
    }
    if (column.source < 0)
        return;
    n->parts[n->part_count] = part;
    n->columns[n->part_count++] = column;
}

/* ---- what follows for one table ---- */

/* Whether ON makes the two columns equal, directly or through others. */
static bool are_equal(const narrowing *n, const reference *a, const reference *b) {
    bool *known = ARENA_ARRAY(n->b->arena, bool, n->equal_count + 1);
    if (same_reference(a, b))
        return true;
    for (bool grew = true; grew;) {
        grew = false;
        for (int i = 0; i < n->equal_count; i++) {
            bool reached = false;
            for (int side = 0; side < 2 && !known[i]; side++) {
                const reference *end = &n->equal[i][side];
                reached = reached || same_reference(end, a);
                for (int k = 0; k < n->equal_count; k++)
                    reached = reached || (known[k] && (same_reference(end, &n->equal[k][0]) ||
                                                          same_reference(end, &n->equal[k][1])));
            }
            if (!reached)
                continue;
            known[i] = grew = true;
            if (same_reference(b, &n->equal[i][0]) || same_reference(b, &n->equal[i][1]))
                return true;
        }
    }
    return false;
}

static ast_expression *with_column(
    narrowing *n, const ast_expression *part, slice alias, slice name) {
    ast_expression *copy = ARENA_NEW(n->b->arena, ast_expression);
    ast_expression *column = ast_make_column(n->b->arena, alias, name, part->span);
    *copy = *part;
    if (part->kind == AST_EXPRESSION_IN)
        copy->in.operand = column;
    else if (has_columns(part->comparison.left))
        copy->comparison.left = column;
    else
        copy->comparison.right = column;
    return copy;
}

static ast_expression *and_also(narrowing *n, ast_expression *all, ast_expression *part) {
    if (!all)
        return part;
    ast_expression *both = ARENA_NEW(n->b->arena, ast_expression);
    both->kind = AST_EXPRESSION_LOGICAL;
    both->span = part->span;
    both->depth = (all->depth > part->depth ? all->depth : part->depth) + 1;
    both->logical.operation = AST_AND;
    both->logical.left = all;
    both->logical.right = part;
    return both;
}

/* The scan's columns that its store can look up or bound. */
static int lookup_columns(const plan_node *scan, scope_column *columns, slice alias) {
    int count = 0;
    for (int k = 0; k < scan->key_count; k++)
        columns[count++] = (scope_column){.source = alias,
            .name = scan->columns[k].name,
            .type = scan->columns[k].type,
            .index = k};
    for (int p = PSEUDO_WINDOWSTART; p <= PSEUDO_WINDOWEND && scan->window != WINDOW_NONE; p++)
        columns[count++] = (scope_column){.source = alias,
            .name = pseudo_column_name((pseudo_column)p),
            .type = pseudo_column_type((pseudo_column)p),
            .is_pseudo = true,
            .pseudo = (pseudo_column)p};
    return count;
}

static void narrow(narrowing *n, plan_node *scan, int source) {
    planning *b = n->b;
    slice alias = n->r->sources[source].alias;
    relation table = {.columns = ARENA_ARRAY(b->arena, scope_column, scan->key_count + 2)};
    table.column_count = lookup_columns(scan, table.columns, alias);
    ast_expression *all = NULL;
    for (int c = 0; c < table.column_count; c++) {
        reference column = {source, table.columns[c].name};
        for (int i = 0; i < n->part_count; i++)
            if (are_equal(n, &column, &n->columns[i]))
                all = and_also(n, all, with_column(n, n->parts[i], alias, column.name));
    }
    if (!all)
        return;
    error unused = {0}; /* WHERE has been analyzed: what does not fit this column is not used */
    expression_scope scope = planning_scope(b, &table, "WHERE");
    const expression *predicate = expression_analyze_condition(&scope, all, &unused);
    bool constant_keys, key_range;
    if (predicate)
        pull_lookup_read(b, scan, predicate, &constant_keys, &key_range);
}

/* ---- lookups by the join ---- */

static bool is_looked_up(const plan_node *node) {
    if (node->kind == PLAN_SCAN)
        return node->scan.keys || node->scan.by_join;
    for (int i = 0; i < node->input_count; i++)
        if (!is_looked_up(node->inputs[i]))
            return false;
    return node->input_count > 0;
}

static void look_up_by_join(const plan_node *join) {
    plan_node *left = join->inputs[0], *right = join->inputs[1];
    join_kind kind = join->join.kind;
    bool right_wanted = kind == JOIN_RIGHT || kind == JOIN_FULL;
    bool left_wanted = kind == JOIN_LEFT || kind == JOIN_FULL;
    if (right->kind == PLAN_SCAN && right->key_count == join->key_count && !right_wanted &&
        !is_looked_up(right) && is_looked_up(left))
        right->scan.by_join = true;
    else if (left->kind == PLAN_SCAN && left->key_count == join->key_count && !left_wanted &&
             !is_looked_up(left) && is_looked_up(right))
        left->scan.by_join = true;
}

void pull_join_narrow(planning *b, const relation *r) {
    const ast_query *query = b->query;
    int pairs = 0, parts = count_ands(query->where);
    for (int i = 0; i < query->joins.count; i++)
        pairs += count_ands(query->joins.items[i].on);
    narrowing n = {.b = b,
        .r = r,
        .equal = (reference(*)[2])ARENA_ARRAY(b->arena, reference, 2 * pairs + 2),
        .parts = ARENA_ARRAY(b->arena, const ast_expression *, parts + 1),
        .columns = ARENA_ARRAY(b->arena, reference, parts + 1)};
    for (int i = 0; i < query->joins.count; i++)
        read_on(&n, query->joins.items[i].on);
    if (query->where)
        read_where(&n, query->where);
    int source = 0;
    for (int i = 0; i < b->node_count; i++)
        if (b->nodes[i]->kind == PLAN_SCAN)
            narrow(&n, b->nodes[i], source++);
    for (int i = 0; i < b->node_count; i++)
        if (b->nodes[i]->kind == PLAN_HASH_JOIN)
            look_up_by_join(b->nodes[i]);
}
