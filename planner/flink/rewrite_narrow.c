/* A JSON decoder that is given a ROW type with fewer fields decodes those fields only. From the top
 * down each node says which fields of its input's ROW columns are read; from the sources up the
 * types lose the others and expressions find the fields at their new places.
 *
 * One level is looked at: a field that is a ROW itself is kept whole.
 */
#include "planner/flink/rewrite.h"

/* For each column of a node: NULL, or which fields are read; `whole`: somebody takes all of it. */
typedef struct use {
    bool *fields;
    bool whole;
} use;

typedef struct narrowing {
    lowering *l;
    use **uses;                  /* by node id, then column */
    const sql_type ***new_types; /* by node id, then column: NULL: as it was */
    int ***moved;                /* ... field index -> new index */
} narrowing;

static void use_all(use *u) {
    u->whole = true;
}

static void read_expression(const expression *e, use *uses) {
    if (e->kind == EXPRESSION_FIELD && e->arguments[0]->kind == EXPRESSION_COLUMN) {
        use *u = &uses[e->arguments[0]->index];
        if (u->fields)
            u->fields[e->index] = true;
        return;
    }
    if (e->kind == EXPRESSION_IS_NULL && e->arguments[0]->kind == EXPRESSION_COLUMN)
        return; /* no field is needed to know that */
    if (e->kind == EXPRESSION_COLUMN)
        use_all(&uses[e->index]);
    for (int i = 0; i < e->argument_count; i++)
        if (e->arguments[i])
            read_expression(e->arguments[i], uses);
}

static void merge(use *to, const use *from, int fields) {
    to->whole = to->whole || from->whole;
    for (int f = 0; f < fields && to->fields && from->fields; f++)
        to->fields[f] = to->fields[f] || from->fields[f];
}

static bool passes_through(const plan_node *node) {
    return node->kind == PLAN_FILTER || node->kind == PLAN_WATERMARK || node->kind == PLAN_EXCHANGE;
}

static void read_node(narrowing *n, const plan_node *node) {
    use *own = n->uses[node->id];
    for (int i = 0; i < node->input_count; i++) {
        const plan_node *input = node->inputs[i];
        use *below = n->uses[input->id];
        if (node->kind == PLAN_PROJECT) {
            for (int c = 0; c < node->column_count; c++) {
                const expression *e = node->project.expressions[c];
                if (e->kind == EXPRESSION_COLUMN && below[e->index].fields)
                    merge(&below[e->index], &own[c], e->type->field_count);
                else
                    read_expression(e, below);
            }
            continue;
        }
        for (int c = 0; c < input->column_count; c++)
            if (!passes_through(node))
                use_all(&below[c]);
            else
                merge(&below[c], &own[c], input->columns[c].type->field_count);
        if (node->kind == PLAN_FILTER)
            read_expression(node->filter.predicate, below);
        if (node->kind == PLAN_WATERMARK)
            read_expression(node->watermark.watermark, below);
    }
}

/* ---- the new types ---- */

static const sql_type *narrowed_type(narrowing *n, const sql_type *type, const use *u, int *moved) {
    sql_field *fields = ARENA_ARRAY(n->l->b.arena, sql_field, type->field_count + 1);
    int count = 0;
    for (int f = 0; f < type->field_count; f++) {
        moved[f] = u->fields[f] ? count : -1;
        if (u->fields[f])
            fields[count++] = type->fields[f];
    }
    if (count == 0) { /* a ROW needs a field */
        moved[0] = 0;
        fields[count++] = type->fields[0];
    }
    return sql_type_struct(n->l->b.arena, fields, count);
}

static bool decodes_by_name(const source_descriptor *source) {
    return slice_is(source->value_format.name, "JSON");
}

static void narrow_source(narrowing *n, plan_node *node) {
    lowering *l = n->l;
    const source_descriptor *old = node->source.source;
    if (!decodes_by_name(old) || node->mode != CHANGELOG_APPEND)
        return;
    source_descriptor *source = source_copy(l->b.arena, old);
    source_column *columns = ARENA_ARRAY(l->b.arena, source_column, source->column_count + 1);
    plan_column *made = ARENA_ARRAY(l->b.arena, plan_column, node->column_count + 1);
    for (int i = 0; i < source->column_count; i++)
        columns[i] = source->columns[i];
    bool changed = false;
    for (int c = 0; c < node->column_count; c++) {
        made[c] = node->columns[c];
        use *u = &n->uses[node->id][c];
        int at = node->source.source_columns[c];
        if (u->whole || !u->fields || at < 0 || columns[at].role != COLUMN_VALUE)
            continue;
        int *moved = ARENA_ARRAY(l->b.arena, int, made[c].type->field_count + 1);
        made[c].type = columns[at].type = narrowed_type(n, made[c].type, u, moved);
        n->new_types[node->id][c] = made[c].type;
        n->moved[node->id][c] = moved;
        changed = true;
    }
    if (!changed)
        return;
    source->columns = columns;
    node->source.source = source;
    node->columns = made;
}

static const expression *moved_fields(narrowing *n, const plan_node *input, const expression *e) {
    arena *a = n->l->b.arena;
    expression *copy = ARENA_NEW(a, expression);
    *copy = *e;
    if (e->kind == EXPRESSION_COLUMN && n->new_types[input->id][e->index])
        copy->type = n->new_types[input->id][e->index];
    if (e->kind == EXPRESSION_FIELD && e->arguments[0]->kind == EXPRESSION_COLUMN &&
        n->moved[input->id][e->arguments[0]->index])
        copy->index = n->moved[input->id][e->arguments[0]->index][e->index];
    if (e->argument_count == 0)
        return copy;
    const expression **arguments = ARENA_ARRAY(a, const expression *, e->argument_count);
    for (int i = 0; i < e->argument_count; i++)
        arguments[i] = e->arguments[i] ? moved_fields(n, input, e->arguments[i]) : NULL;
    copy->arguments = arguments;
    return copy;
}

static void retype(narrowing *n, plan_node *node, int c, const plan_node *input, int from) {
    if (!n->new_types[input->id][from])
        return;
    n->new_types[node->id][c] = n->new_types[input->id][from];
    n->moved[node->id][c] = n->moved[input->id][from];
    plan_column *columns = ARENA_ARRAY(n->l->b.arena, plan_column, node->column_count + 1);
    for (int i = 0; i < node->column_count; i++)
        columns[i] = node->columns[i];
    columns[c].type = n->new_types[node->id][c];
    node->columns = columns;
}

static void rewrite_node(narrowing *n, plan_node *node) {
    const plan_node *input = node->input_count > 0 ? node->inputs[0] : NULL;
    if (node->kind == PLAN_SOURCE)
        narrow_source(n, node);
    if (node->kind == PLAN_PROJECT) {
        const expression **made =
            ARENA_ARRAY(n->l->b.arena, const expression *, node->column_count + 1);
        for (int c = 0; c < node->column_count; c++) {
            const expression *e = node->project.expressions[c];
            made[c] = moved_fields(n, input, e);
            if (e->kind == EXPRESSION_COLUMN)
                retype(n, node, c, input, e->index);
        }
        node->project.expressions = made;
    }
    if (passes_through(node))
        for (int c = 0; c < node->column_count; c++)
            retype(n, node, c, input, c);
    if (node->kind == PLAN_FILTER)
        node->filter.predicate = moved_fields(n, input, node->filter.predicate);
    if (node->kind == PLAN_WATERMARK)
        node->watermark.watermark = moved_fields(n, input, node->watermark.watermark);
}

void flink_narrow_rows(lowering *l, plan_node *root) {
    (void)root;
    int count = l->b.node_count;
    arena *a = l->b.arena;
    narrowing n = {.l = l,
        .uses = ARENA_ARRAY(a, use *, count),
        .new_types = ARENA_ARRAY(a, const sql_type **, count),
        .moved = ARENA_ARRAY(a, int **, count)};
    for (int i = 0; i < count; i++) {
        const plan_node *node = l->b.nodes[i];
        n.uses[i] = ARENA_ARRAY(a, use, node->column_count + 1);
        n.new_types[i] = ARENA_ARRAY(a, const sql_type *, node->column_count + 1);
        n.moved[i] = ARENA_ARRAY(a, int *, node->column_count + 1);
        for (int c = 0; c < node->column_count; c++)
            if (node->columns[c].type->base == SQL_STRUCT)
                n.uses[i][c].fields = ARENA_ARRAY(a, bool, node->columns[c].type->field_count + 1);
    }
    for (int i = count - 1; i >= 0; i--)
        read_node(&n, l->b.nodes[i]);
    for (int i = 0; i < count; i++)
        rewrite_node(&n, l->b.nodes[i]);
}
