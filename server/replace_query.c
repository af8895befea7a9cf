#include "server/replace_query.h"

/* ---- columns ---- */

/* The next column of that role at or behind *at; NULL behind the last one. */
static const source_column *next_of(const source_descriptor *source, column_role role, int *at) {
    while (*at < source->column_count && source->columns[*at].role != role)
        ++*at;
    return *at < source->column_count ? &source->columns[(*at)++] : NULL;
}

bool replace_check_columns(
    const source_descriptor *before, const source_descriptor *after, source_span span, error *e) {
    static const column_role roles[] = {COLUMN_KEY, COLUMN_VALUE};
    for (int r = 0; r < 2; r++) {
        int i = 0, k = 0;
        const source_column *old, *new;
        while ((old = next_of(before, roles[r], &i))) {
            new = next_of(after, roles[r], &k);
            if (new &&slice_equal(old->name, new->name) && sql_type_equal(old->type, new->type))
                continue;
            error_at(e, ERROR_STATEMENT, span,
                "Cannot replace %.*s: its column `%.*s` is changed, missing or at another place",
                SLICE_ARG(before->name), SLICE_ARG(old->name));
            return error_hint(e, "Keep the columns there are, in their order; new ones come last.");
        }
    }
    return true;
}

/* ---- plans ---- */

static bool is_join(const plan_node *node) {
    return node->kind == PLAN_STREAM_JOIN || node->kind == PLAN_STREAM_TABLE_JOIN ||
           node->kind == PLAN_TABLE_JOIN || node->kind == PLAN_FOREIGN_KEY_JOIN;
}

static const char *unchangeable(const plan *p) {
    for (int i = 0; i < p->node_count; i++) {
        const plan_node *node = p->nodes[i];
        if (is_join(node))
            return "a join";
        if (node->kind == PLAN_FINAL ||
            (node->kind == PLAN_AGGREGATE && node->aggregate.window.kind != WINDOW_NONE))
            return "a windowed aggregation";
    }
    return NULL;
}

static const plan_node *find_aggregate(const plan *p) {
    for (int i = 0; i < p->node_count; i++)
        if (p->nodes[i]->kind == PLAN_AGGREGATE)
            return p->nodes[i];
    return NULL;
}

static bool same_aggregate(
    const plan_node *a, const plan_aggregate *x, const plan_node *b, const plan_aggregate *y) {
    if (x->function != y->function || x->argument_count != y->argument_count ||
        !sql_type_equal(x->result, y->result) || x->constant_count != y->constant_count)
        return false;
    for (int i = 0; i < x->argument_count; i++) {
        const plan_column *p = &a->inputs[0]->columns[x->arguments[i]];
        const plan_column *q = &b->inputs[0]->columns[y->arguments[i]];
        if (!slice_equal(p->name, q->name) || !sql_type_equal(p->type, q->type))
            return false;
    }
    for (int i = 0; i < x->constant_count; i++)
        if (!column_rows_equal(x->constants[i], 0, y->constants[i], 0))
            return false;
    return true;
}

static bool same_aggregation(const plan_node *a, const plan_node *b) {
    if (a->key_count != b->key_count ||
        a->aggregate.aggregate_count != b->aggregate.aggregate_count)
        return false;
    for (int i = 0; i < a->key_count; i++)
        if (!sql_type_equal(a->columns[i].type, b->columns[i].type))
            return false;
    for (int i = 0; i < a->aggregate.aggregate_count; i++)
        if (!same_aggregate(a, &a->aggregate.aggregates[i], b, &b->aggregate.aggregates[i]))
            return false;
    return true;
}

/* Whether the plan reads that column of a source. */
static bool reads_column(const plan *p, slice source, slice column) {
    for (int s = 0; s < p->source_count; s++) {
        const plan_node *node = p->sources[s];
        if (!slice_equal(node->source.source->name, source))
            continue;
        for (int i = 0; i < node->column_count; i++)
            if (slice_equal(node->columns[i].name, column) &&
                (!node->source.wanted || node->source.wanted[i] || i < node->key_count))
                return true;
    }
    return false;
}

static bool reads_same_columns(const plan *a, const plan *b) {
    for (int s = 0; s < a->source_count; s++) {
        const plan_node *node = a->sources[s];
        for (int i = 0; i < node->column_count; i++) {
            slice source = node->source.source->name, column = node->columns[i].name;
            if (reads_column(a, source, column) && !reads_column(b, source, column))
                return false;
        }
    }
    return true;
}

static bool same_types(const plan_node *a, const plan_node *b) {
    if (a->column_count != b->column_count || a->key_count != b->key_count)
        return false;
    for (int i = 0; i < a->column_count; i++)
        if (!sql_type_equal(a->columns[i].type, b->columns[i].type))
            return false;
    return true;
}

/* The last rows of a table that a filter keeps: where both have them, of the same types. */
static bool same_last_rows(const plan *a, const plan *b) {
    for (int i = 0; i < a->node_count; i++)
        for (int k = 0; k < b->node_count && a->nodes[i]->kind == PLAN_NORMALIZE; k++)
            if (b->nodes[k]->kind == PLAN_NORMALIZE &&
                slice_equal(a->nodes[i]->store, b->nodes[k]->store) &&
                !same_types(a->nodes[i], b->nodes[k]))
                return false;
    return true;
}

static bool refuse(source_span span, error *e, const char *what) {
    error_at(e, ERROR_STATEMENT, span, "The running query cannot be replaced: %s", what);
    return error_hint(e, "Drop it and create it again; its state is then built anew.");
}

/* Statements whose operators are the same in every respect: nothing changes at all. */
static bool same_plan(const plan *a, const plan *b) {
    buffer x = {0}, y = {0};
    plan_format(a, &x);
    plan_format(b, &y);
    bool same = slice_equal(buffer_slice(&x), buffer_slice(&y));
    buffer_free(&x);
    buffer_free(&y);
    return same;
}

bool replace_check_plan(const plan *before, const plan *after, source_span span, error *e) {
    if (same_plan(before, after))
        return true;
    const char *what = unchangeable(before);
    if (!what)
        what = unchangeable(after);
    if (what) {
        refuse(span, e, "what a join or a window has kept would not fit");
        return error_detail(e, "It has %s.", what);
    }
    const plan_node *old = find_aggregate(before), *new = find_aggregate(after);
    if (!old != !new)
        return refuse(span, e, "only one of the two aggregates");
    if (old && !same_aggregation(old, new))
        return refuse(span, e, "its keys or aggregates would change");
    if (old && (!reads_same_columns(before, after) || !reads_same_columns(after, before)))
        return refuse(span, e, "its aggregation would read other columns");
    if (!same_last_rows(before, after))
        return refuse(span, e, "what it has kept of its table has other columns");
    if (before->fingerprint != after->fingerprint)
        return refuse(span, e, "it would read or write other topics, or keep other state");
    return true;
}
