/* from.c - FROM: one source as a relation.
 *
 * Its node has the key columns first, then the others, in declaration order. Its names are the same
 * columns, with the window's bounds between keys and values (where SELECT * shows them), and behind
 * them the other pseudo columns. Under a join pseudo columns must be real ones, since a joined row
 * has two of each: a PROJECT adds those that the query mentions. */
#include "planner/planning.h"

static const source_descriptor *find_source(planning *b, const ast_relation *ast) {
    const source_descriptor *source = catalog_source(b->catalog, ast->name.text);
    if (source)
        return source_copy(b->arena, source);
    error_at(
        b->e, ERROR_NOT_FOUND, ast->name.span, "%.*s does not exist", SLICE_ARG(ast->name.text));
    const source_descriptor *near = catalog_nearest_source(b->catalog, ast->name.text);
    if (near)
        error_hint(
            b->e, "Did you mean %.*s? Names in another case need quotes.", SLICE_ARG(near->name));
    else
        error_hint(b->e, "SHOW STREAMS; and SHOW TABLES; list what there is.");
    return NULL;
}

plan_node *planning_source(planning *b, const source_descriptor *source, bool record) {
    plan_node *node = planning_node(b, PLAN_SOURCE, NULL);
    int count = source->column_count;
    plan_column *columns = planning_columns(b, node, count + record);
    int *indexes = ARENA_ARRAY(b->arena, int, count + 2);
    bool *wanted = ARENA_ARRAY(b->arena, bool, count + 2);
    int filled = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < count; i++) {
            if ((source->columns[i].role == COLUMN_KEY) != (pass == 0))
                continue;
            columns[filled] = (plan_column){source->columns[i].name, source->columns[i].type};
            wanted[filled] = true;
            indexes[filled++] = i;
            node->key_count += pass == 0;
        }
    if (record) {
        columns[filled] = (plan_column){SLICE_LITERAL("KSQL_RECORD"), &SQL_TYPE_BYTES};
        wanted[filled] = true;
        indexes[filled++] = PLAN_RECORD_COLUMN;
    }
    node->mode = source->kind == SOURCE_TABLE ? CHANGELOG_UPSERT : CHANGELOG_APPEND;
    node->window = source->window;
    node->window_size_ms = source->window_size_ms;
    node->source.source = source;
    node->source.source_columns = indexes;
    node->source.wanted = wanted;
    return node;
}

static void add_column(
    relation *r, slice alias, slice name, const sql_type *type, int index, bool star, bool is_key) {
    r->columns[r->column_count] =
        (scope_column){.source = alias, .name = name, .type = type, .index = index};
    r->traits[r->column_count] = (relation_column){.star = star, .is_key = is_key};
    r->column_count++;
}

static bool is_window_bound(pseudo_column pseudo) {
    return pseudo == PSEUDO_WINDOWSTART || pseudo == PSEUDO_WINDOWEND;
}

static void add_pseudo(relation *r, slice alias, pseudo_column pseudo) {
    r->columns[r->column_count] = (scope_column){.source = alias,
        .name = pseudo_column_name(pseudo),
        .type = pseudo_column_type(pseudo),
        .is_pseudo = true,
        .pseudo = pseudo};
    r->traits[r->column_count] = (relation_column){.star = is_window_bound(pseudo)};
    r->column_count++;
}

enum { PSEUDO_COUNT = 5 };

static void name_columns(planning *b, relation *r, slice alias) {
    const plan_node *node = r->node;
    r->columns = ARENA_ARRAY(b->arena, scope_column, node->column_count + PSEUDO_COUNT);
    r->traits = ARENA_ARRAY(b->arena, relation_column, node->column_count + PSEUDO_COUNT);
    int named = r->records[0] >= 0 ? r->records[0] : node->column_count;
    for (int i = 0; i <= named; i++) {
        if (i == node->key_count && node->window != WINDOW_NONE) {
            add_pseudo(r, alias, PSEUDO_WINDOWSTART);
            add_pseudo(r, alias, PSEUDO_WINDOWEND);
        }
        if (i < named)
            add_column(r, alias, node->columns[i].name, node->columns[i].type, i, true,
                i < node->key_count);
    }
    add_pseudo(r, alias, PSEUDO_ROWTIME);
    add_pseudo(r, alias, PSEUDO_ROWPARTITION);
    add_pseudo(r, alias, PSEUDO_ROWOFFSET);
}

static bool has_star(const ast_query *query) {
    for (int i = 0; i < query->select.count; i++)
        if (query->select.items[i].kind == AST_SELECT_ALL ||
            query->select.items[i].kind == AST_SELECT_SOURCE_ALL)
            return true;
    return false;
}

/* SELECT * of a windowed source shows its bounds, that of a join with PARTITION BY everything. */
static bool needs_pseudo(planning *b, pseudo_column pseudo) {
    bool star = has_star(b->query) && (is_window_bound(pseudo) || b->query->has_partition_by);
    return star || planning_mentions(b, pseudo);
}

/* Turns the pseudo columns that are needed into columns of the node; forgets the others. */
static void materialize_pseudo(planning *b, relation *r) {
    int kept = 0, extra = 0;
    for (int i = 0; i < r->column_count; i++) {
        if (r->columns[i].is_pseudo && !needs_pseudo(b, r->columns[i].pseudo))
            continue;
        extra += r->columns[i].is_pseudo;
        r->columns[kept] = r->columns[i];
        r->traits[kept++] = r->traits[i];
    }
    r->column_count = kept;
    if (extra == 0)
        return;
    plan_node *input = r->node;
    plan_node *project = planning_project_all(b, input, extra);
    plan_column *columns = (plan_column *)project->columns;
    const expression **expressions = (const expression **)project->project.expressions;
    int next = input->column_count;
    for (int i = 0; i < kept; i++) {
        scope_column *column = &r->columns[i];
        if (!column->is_pseudo)
            continue;
        columns[next] = (plan_column){column->name, column->type};
        expressions[next] = expression_make_pseudo(b->arena, column->pseudo);
        column->is_pseudo = false;
        column->index = next++;
    }
    r->node = project;
}

static void name_keys(planning *b, relation *r) {
    r->key_count = r->node->key_count;
    r->keys = ARENA_ARRAY(b->arena, relation_key, r->key_count + 1);
    r->key_noun = "key column";
    for (int i = 0; i < r->key_count; i++) {
        relation_key *key = &r->keys[i];
        key->value = planning_input_column(b, r->node, i);
        key->same = ARENA_NEW(b->arena, const expression *);
        key->same[0] = key->value;
        key->same_count = 1;
        key->name = r->node->columns[i].name;
    }
}

static bool read_changes(planning *b, const ast_relation *ast, relation *r) {
    if (r->node->mode == CHANGELOG_APPEND) {
        error_at(b->e, ERROR_STATEMENT, ast->span, "CHANGES(%.*s) needs a table",
            SLICE_ARG(ast->name.text));
        return error_hint(
            b->e, "%.*s is a stream: read it without CHANGES.", SLICE_ARG(ast->name.text));
    }
    r->node = planning_node(b, PLAN_CHANGES, r->node);
    r->node->mode = CHANGELOG_APPEND;
    return true;
}

/* The changes of a windowed table are rows of a plain stream: the bounds of their windows become
 * columns. */
static void unwindow(planning *b, relation *r) {
    plan_node *input = r->node;
    plan_node *project = planning_project_all(b, input, 2);
    plan_column *columns = (plan_column *)project->columns;
    const expression **expressions = (const expression **)project->project.expressions;
    int next = input->column_count;
    for (int i = 0; i < r->column_count; i++) {
        scope_column *column = &r->columns[i];
        if (!column->is_pseudo || !is_window_bound(column->pseudo))
            continue;
        columns[next] = (plan_column){column->name, column->type};
        expressions[next] = expression_make_pseudo(b->arena, column->pseudo);
        column->is_pseudo = false;
        column->index = next++;
    }
    project->window = WINDOW_NONE;
    project->window_size_ms = 0;
    r->node = project;
}

/* What a persistent query makes of a windowed table would keep all windows for ever: their
 * retention is known to the query that made them only. */
static bool check_windowed_table(
    planning *b, const ast_relation *ast, const source_descriptor *source) {
    if (!b->persistent || ast->changes || source->kind != SOURCE_TABLE ||
        source->window == WINDOW_NONE)
        return true;
    error_at(b->e, ERROR_STATEMENT, ast->span,
        "Persistent queries cannot read the windowed table `%.*s`: nothing would end its windows",
        SLICE_ARG(source->name));
    return error_hint(b->e,
        "Read its changes, FROM CHANGES(%.*s), or its topic as a windowed stream.",
        SLICE_ARG(source->name));
}

bool plan_relation(planning *b, const ast_relation *ast, bool joined, relation *out) {
    const source_descriptor *source = find_source(b, ast);
    if (!source || !check_windowed_table(b, ast, source))
        return false;
    slice alias =
        arena_copy(b->arena, ast_name_given(ast->alias) ? ast->alias.text : ast->name.text);
    bool record = b->keeps_records && (source->kind == SOURCE_STREAM || ast->changes);
    *out = (relation){.node = planning_source(b, source, record),
        .partitions = source->partitions,
        .placed_partitions = source->partitions,
        .placed_format = source->key_format.name,
        .records = {record ? source->column_count : -1, -1},
        .format_source = source};
    if (ast->changes && !read_changes(b, ast, out))
        return false;
    out->node = planning_expire(b, out->node);
    name_columns(b, out, alias);
    if (ast->changes && out->node->window != WINDOW_NONE)
        unwindow(b, out);
    if (joined)
        materialize_pseudo(b, out);
    name_keys(b, out);
    out->sources = ARENA_NEW(b->arena, relation_source);
    out->sources[0] = (relation_source){alias, source, 0, out->column_count};
    out->source_count = 1;
    return true;
}

bool plan_from(planning *b, relation *out) {
    const ast_query *query = b->query;
    if (!plan_relation(b, &query->from, query->joins.count > 0, out))
        return false;
    for (int i = 0; i < query->joins.count; i++) {
        relation left = *out;
        if (!plan_join(b, &left, &query->joins.items[i], i == query->joins.count - 1, out))
            return false;
    }
    return true;
}
