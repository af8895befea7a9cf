/* Nodes, rows, and what is known of their columns. */
#include "planner/flink/lowering.h"

plan_node *flink_node(lowering *l, plan_kind kind, plan_node *left, plan_node *right) {
    plan_node *node = planning_node(&l->b, kind, left);
    node->key_count = 0;
    node->window = WINDOW_NONE;
    if (right) {
        node->inputs[1] = right;
        node->input_count = 2;
        if (right->mode != CHANGELOG_APPEND)
            node->mode = right->mode;
    }
    return node;
}

slice flink_store(lowering *l, const char *what) {
    return planning_text(&l->b, "%s%d", what, l->store_count++);
}

const expression *flink_input(lowering *l, const plan_node *node, int index) {
    return expression_make_column(l->b.arena, index, node->columns[index].type);
}

slice flink_generated_name(lowering *l, int i) {
    return planning_text(&l->b, "EXPR$%d", i);
}

rows_column flink_traits(const rows *in, const expression *e) {
    rows_column traits = {0};
    if (e->kind != EXPRESSION_COLUMN)
        return traits;
    for (int i = 0; i < in->column_count; i++)
        if (in->columns[i].index == e->index) {
            traits = in->columns[i];
            traits.hidden = false;
            return traits;
        }
    return traits;
}

void flink_forget_times(rows *r) {
    for (int i = 0; i < r->column_count; i++)
        r->columns[i].time = TIME_NONE;
}

bool flink_same_window(const row_window *a, const row_window *b) {
    return a && b && a->function == b->function && a->processing_time == b->processing_time &&
           a->size_ms == b->size_ms && a->step_ms == b->step_ms && a->offset_ms == b->offset_ms;
}

bool flink_needs_append(lowering *l, const rows *r, source_span span, const char *who) {
    if (r->node->mode == CHANGELOG_APPEND)
        return true;
    error_at(l->b.e, ERROR_STATEMENT, span,
        "%s doesn't support consuming update and delete changes, and its input has them", who);
    return error_hint(l->b.e,
        "Updates come from GROUP BY without windows, outer joins, Top-N and the like: use windows, "
        "or keep only the first row.");
}

/* ---- unique keys ---- */

static bool in_set(int column, const int *columns, int count) {
    for (int i = 0; i < count; i++)
        if (columns[i] == column)
            return true;
    return false;
}

bool flink_has_key(const rows *r, const int *columns, int count) {
    if (r->one_row)
        return true;
    for (int k = 0; k < r->key_count; k++) {
        bool covered = true;
        for (int i = 0; i < r->keys[k].count; i++)
            covered = covered && in_set(r->keys[k].columns[i], columns, count);
        if (covered)
            return true;
    }
    return false;
}

void flink_add_key(lowering *l, rows *r, const int *columns, int count) {
    column_set *keys = ARENA_ARRAY(l->b.arena, column_set, r->key_count + 1);
    for (int i = 0; i < r->key_count; i++)
        keys[i] = r->keys[i];
    int *copy = ARENA_ARRAY(l->b.arena, int, count + 1);
    for (int i = 0; i < count; i++)
        copy[i] = columns[i];
    keys[r->key_count++] = (column_set){copy, count};
    r->keys = keys;
}

/* Where column `index` of the input went; -1: nowhere. */
static int projected(const expression *const *expressions, int count, int index) {
    for (int i = 0; i < count; i++)
        if (expressions[i]->kind == EXPRESSION_COLUMN && expressions[i]->index == index)
            return i;
    return -1;
}

static void project_keys(
    lowering *l, const rows *in, const expression *const *expressions, int count, rows *out) {
    for (int k = 0; k < in->key_count; k++) {
        int *columns = ARENA_ARRAY(l->b.arena, int, in->keys[k].count + 1);
        bool kept = true;
        for (int i = 0; i < in->keys[k].count; i++) {
            columns[i] = projected(expressions, count, in->keys[k].columns[i]);
            kept = kept && columns[i] >= 0;
        }
        if (kept)
            flink_add_key(l, out, columns, in->keys[k].count);
    }
}

/* ---- PROJECT, FILTER ---- */

bool flink_project(lowering *l, const rows *in, const expression *const *expressions,
    rows_column *columns, int count, rows *out) {
    plan_node *node = flink_node(l, PLAN_PROJECT, in->node, NULL);
    plan_column *made = planning_columns(&l->b, node, count);
    const expression **copy = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    for (int i = 0; i < count; i++) {
        copy[i] = expressions[i];
        made[i] = (plan_column){columns[i].name, expressions[i]->type};
        columns[i].index = i;
    }
    node->project.expressions = copy;
    rows result = {.node = node, .columns = columns, .column_count = count, .one_row = in->one_row};
    project_keys(l, in, copy, count, &result);
    *out = result;
    return true;
}

plan_node *flink_filter(lowering *l, plan_node *input, const expression *predicate) {
    plan_node *node = flink_node(l, PLAN_FILTER, input, NULL);
    node->filter.predicate = predicate;
    return node;
}

void flink_concatenate(
    lowering *l, const rows *left, const rows *right, plan_node *node, rows *out) {
    int width = left->node->column_count, other = right->node->column_count;
    plan_column *made = planning_columns(&l->b, node, width + other);
    for (int i = 0; i < width + other; i++)
        made[i] = i < width ? left->node->columns[i] : right->node->columns[i - width];
    int count = left->column_count + right->column_count;
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, count + 1);
    for (int i = 0; i < count; i++) {
        bool is_left = i < left->column_count;
        columns[i] = is_left ? left->columns[i] : right->columns[i - left->column_count];
        columns[i].index += is_left ? 0 : width;
    }
    *out = (rows){.node = node, .columns = columns, .column_count = count};
}

/* ---- expressions over other columns ---- */

static const expression *rebuild(arena *a, const expression *e, const expression **arguments) {
    expression *copy = ARENA_NEW(a, expression);
    *copy = *e;
    copy->arguments = arguments;
    return copy;
}

const expression *flink_substitute(arena *a, const expression *e, const expression *const *map) {
    if (e->kind == EXPRESSION_COLUMN)
        return map[e->index];
    if (e->argument_count == 0)
        return e;
    const expression **arguments = ARENA_ARRAY(a, const expression *, e->argument_count);
    for (int i = 0; i < e->argument_count; i++)
        arguments[i] = e->arguments[i] ? flink_substitute(a, e->arguments[i], map) : NULL;
    return rebuild(a, e, arguments);
}

const expression *flink_renumber(arena *a, const expression *e, const int *map) {
    if (e->kind == EXPRESSION_COLUMN) {
        assert(map[e->index] >= 0);
        return expression_make_column(a, map[e->index], e->type);
    }
    if (e->argument_count == 0)
        return e;
    const expression **arguments = ARENA_ARRAY(a, const expression *, e->argument_count);
    for (int i = 0; i < e->argument_count; i++)
        arguments[i] = e->arguments[i] ? flink_renumber(a, e->arguments[i], map) : NULL;
    return rebuild(a, e, arguments);
}

bool flink_reads_only(const expression *e, int first, int count, int width) {
    if (e->kind == EXPRESSION_COLUMN)
        return e->index >= first && e->index < first + count;
    for (int i = 0; i < e->argument_count; i++)
        if (e->arguments[i] && !flink_reads_only(e->arguments[i], first, count, width))
            return false;
    return true;
}

/* Functions that give another result at each call. */
static bool is_volatile_name(const char *name) {
    static const char *const names[] = {"UUID", "RANDOM", "RAND", "RAND_INTEGER", "UNIX_TIMESTAMP",
        "PROCTIME", "CURRENT_TIMESTAMP"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

bool flink_is_volatile(const expression *e) {
    if (e->kind == EXPRESSION_CALL && is_volatile_name(e->call->function->name))
        return true;
    for (int i = 0; i < e->argument_count; i++)
        if (e->arguments[i] && flink_is_volatile(e->arguments[i]))
            return true;
    return false;
}

/* ---- conjunctions ---- */

static void collect(const expression *e, const expression **list, int *count) {
    if (e->kind == EXPRESSION_AND)
        for (int i = 0; i < e->argument_count; i++)
            collect(e->arguments[i], list, count);
    else {
        if (list)
            list[*count] = e;
        ++*count;
    }
}

int flink_conjuncts(lowering *l, const expression *e, const expression ***out) {
    int count = 0;
    if (e)
        collect(e, NULL, &count);
    *out = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    int filled = 0;
    if (e)
        collect(e, *out, &filled);
    return count;
}

static void collect_ast(const ast_expression *e, const ast_expression **list, int *count) {
    if (e->kind == AST_EXPRESSION_LOGICAL && e->logical.operation == AST_AND) {
        collect_ast(e->logical.left, list, count);
        collect_ast(e->logical.right, list, count);
        return;
    }
    if (list)
        list[*count] = e;
    ++*count;
}

int flink_ast_conjuncts(lowering *l, const ast_expression *e, const ast_expression ***out) {
    int count = 0;
    if (e)
        collect_ast(e, NULL, &count);
    *out = ARENA_ARRAY(l->b.arena, const ast_expression *, count + 1);
    int filled = 0;
    if (e)
        collect_ast(e, *out, &filled);
    return count;
}
