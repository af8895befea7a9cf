/* group_by.c - WINDOW, GROUP BY, HAVING, EMIT FINAL and the SELECT over groups.
 *
 *   PROJECT(keys, aggregate arguments) -> EXCHANGE unless keyed so -> AGGREGATE -> FINAL
 *   -> FILTER(having) -> PROJECT
 *
 * SELECT and HAVING are analyzed over the groups: a part equal to a GROUP BY expression is that key
 * column, an aggregate call is a column behind the keys (equal calls share one), and any other
 * column is an error. So both are analyzed before the nodes below them are made. A table's rows are
 * normalized first, since a group must undo the old row. */
#include "planner/format_rules.h"
#include "planner/planning.h"
#include "planner/pull_order.h"

typedef struct group_aggregate {
    const ast_expression *ast;
    const function_binding *binding;
    const expression *const *arguments;
} group_aggregate;

typedef struct grouping {
    planning *b;
    relation *r;
    expression_scope input; /* of what is grouped */
    const ast_expression **keys;
    const expression **key_values;
    int key_count;
    group_aggregate *aggregates;
    int aggregate_count, aggregate_capacity;
    plan_window window;
    /* Inputs of the AGGREGATE node: the keys, then the aggregates' distinct arguments. */
    const expression **columns;
    int column_count;
} grouping;

/* ---- GROUP BY ---- */

static bool find_aggregate(void *context, const ast_expression *part) {
    const ast_expression **found = context;
    if (!expression_call_function(part, FUNCTION_AGGREGATE))
        return false;
    *found = part;
    return true;
}

static bool find_window_bound(void *context, const ast_expression *part) {
    const ast_expression **found = context;
    if (part->kind != AST_EXPRESSION_COLUMN || (!slice_is(part->column.name.text, "WINDOWSTART") &&
                                                   !slice_is(part->column.name.text, "WINDOWEND")))
        return false;
    *found = part;
    return true;
}

/* The bounds of the window that the query itself makes are not there yet. */
static bool refuse_window_bounds(grouping *g, const ast_expression *ast) {
    const ast_expression *bound = NULL;
    if (g->window.kind == WINDOW_NONE || !ast_expression_visit(ast, find_window_bound, &bound))
        return true;
    error_at(g->b->e, ERROR_STATEMENT, bound->span,
        "The window bound %.*s can only be used in the SELECT of a windowed aggregation, outside "
        "of aggregate functions",
        SLICE_ARG(bound->column.name.text));
    return error_hint(g->b->e, "The window is part of the key already.");
}

static bool add_key(grouping *g, const ast_expression *ast) {
    planning *b = g->b;
    const ast_expression *call = NULL;
    if (ast_expression_visit(ast, find_aggregate, &call))
        return error_at(b->e, ERROR_STATEMENT, call->span,
            "GROUP BY does not support aggregate functions: %.*s is one",
            SLICE_ARG(call->call.name.text));
    for (int i = 0; i < g->key_count; i++)
        if (ast_expression_match(&g->input, g->keys[i], ast))
            return error_at(b->e, ERROR_STATEMENT, ast->span, "Duplicate GROUP BY expression");
    if (!refuse_window_bounds(g, ast))
        return false;
    const expression *value = expression_analyze(&g->input, ast, b->e);
    if (!value)
        return false;
    g->keys[g->key_count] = ast;
    g->key_values[g->key_count++] = value;
    return true;
}

/* SELECT COUNT(*) without GROUP BY: one group, whose key is the constant 1. */
static const ast_expression *all_rows(grouping *g) {
    ast_expression *one = ARENA_NEW(g->b->arena, ast_expression);
    one->kind = AST_EXPRESSION_LITERAL;
    one->depth = 1;
    one->span = g->b->query->span;
    one->literal = (ast_literal){.kind = AST_LITERAL_INTEGER,
        .span = one->span,
        .integer = 1,
        .real = 1,
        .text = SLICE_LITERAL("1")};
    return one;
}

static bool add_keys(grouping *g) {
    const ast_expression_list *list = &g->b->query->group_by;
    g->keys = ARENA_ARRAY(g->b->arena, const ast_expression *, list->count + 1);
    g->key_values = ARENA_ARRAY(g->b->arena, const expression *, list->count + 1);
    if (list->count == 0 && g->b->query->has_group_by)
        return error_at(g->b->e, ERROR_STATEMENT, g->b->query->span,
            "GROUP BY requires at least one expression");
    if (list->count == 0)
        return add_key(g, all_rows(g));
    for (int i = 0; i < list->count; i++)
        if (!add_key(g, list->items[i]))
            return false;
    return true;
}

/* ---- SELECT and HAVING over groups ---- */

static const sql_type *aggregate_type(const group_aggregate *aggregate) {
    return aggregate->binding->result;
}

static bool aggregate_can(const grouping *g, const function_binding *binding, aggregate_need need) {
    const planner_options *options = g->b->options;
    return !options || !options->aggregate_can ||
           options->aggregate_can(options->context, binding->overload, need);
}

/* A table's rows change, and sessions grow together: not every aggregate can follow. */
static bool check_abilities(
    grouping *g, const ast_expression *call, const function_binding *binding) {
    if (g->r->node->mode != CHANGELOG_APPEND && !aggregate_can(g, binding, AGGREGATE_UNDO)) {
        error_at(g->b->e, ERROR_STATEMENT, call->span,
            "The aggregate function %s cannot be applied to a table, only to a stream",
            binding->function->name);
        return error_hint(g->b->e, "It cannot take back a row that the table changes. Read "
                                   "FROM CHANGES(table) to aggregate all changes.");
    }
    if (g->window.kind == WINDOW_SESSION && !aggregate_can(g, binding, AGGREGATE_MERGE)) {
        error_at(g->b->e, ERROR_STATEMENT, call->span,
            "The aggregate function %s cannot be used with SESSION windows",
            binding->function->name);
        return error_hint(g->b->e, "Its values cannot be merged when two sessions become one. Use "
                                   "TUMBLING or HOPPING windows.");
    }
    return true;
}

static const expression *add_aggregate(grouping *g, const ast_expression *call) {
    planning *b = g->b;
    for (int i = 0; i < g->aggregate_count; i++)
        if (ast_expression_match(&g->input, g->aggregates[i].ast, call))
            return expression_make_column(
                b->arena, g->key_count + i, aggregate_type(&g->aggregates[i]));
    const ast_expression *inner = NULL;
    for (int i = 0; i < call->call.arguments.count; i++) {
        const ast_expression *argument = call->call.arguments.items[i];
        if (ast_expression_visit(argument, find_aggregate, &inner)) {
            error_at(b->e, ERROR_STATEMENT, inner->span,
                "Aggregate functions cannot be nested: %.*s inside %.*s",
                SLICE_ARG(inner->call.name.text), SLICE_ARG(call->call.name.text));
            return NULL;
        }
        if (!refuse_window_bounds(g, argument))
            return NULL;
    }
    group_aggregate aggregate = {.ast = call};
    aggregate.binding = expression_analyze_call(&g->input, call, &aggregate.arguments, b->e);
    if (!aggregate.binding || !check_abilities(g, call, aggregate.binding))
        return NULL;
    if (g->aggregate_count == g->aggregate_capacity) {
        int capacity = g->aggregate_capacity ? 2 * g->aggregate_capacity : 8;
        group_aggregate *list = ARENA_ARRAY(b->arena, group_aggregate, capacity);
        if (g->aggregate_count > 0)
            memcpy(list, g->aggregates, sizeof *list * (size_t)g->aggregate_count);
        g->aggregates = list;
        g->aggregate_capacity = capacity;
    }
    g->aggregates[g->aggregate_count++] = aggregate;
    return expression_make_column(
        b->arena, g->key_count + g->aggregate_count - 1, aggregate.binding->result);
}

static bool is_own_window_bound(const grouping *g, const ast_expression *ast) {
    return g->window.kind != WINDOW_NONE && !ast_name_given(ast->column.qualifier) &&
           (slice_is(ast->column.name.text, "WINDOWSTART") ||
               slice_is(ast->column.name.text, "WINDOWEND"));
}

static const expression *replace_grouped(
    void *context, expression_scope *scope, const ast_expression *ast, error *e) {
    grouping *g = context;
    for (int i = 0; i < g->key_count; i++)
        if (ast_expression_match(&g->input, g->keys[i], ast))
            return expression_make_column(g->b->arena, i, g->key_values[i]->type);
    if (expression_call_function(ast, FUNCTION_AGGREGATE))
        return add_aggregate(g, ast);
    const function_descriptor *table = expression_call_function(ast, FUNCTION_TABLE);
    if (table) {
        error_at(e, ERROR_STATEMENT, ast->span,
            "The table function %s in %s is not part of GROUP BY", table->name, scope->clause);
        error_hint(e,
            "Add it to GROUP BY, use it inside an aggregate function, or make a stream of its rows "
            "first.");
        return NULL;
    }
    if (ast->kind != AST_EXPRESSION_COLUMN || is_own_window_bound(g, ast))
        return NULL;
    if (!scope_find(&g->input, ast->column.qualifier.text, ast->column.name.text)) {
        expression_analyze(&g->input, ast, e); /* says that it is unknown or ambiguous */
        if (error_is_set(e))
            return NULL;
    }
    error_at(e, ERROR_STATEMENT, ast->span, "The %s column %.*s is not part of GROUP BY",
        scope->clause, SLICE_ARG(ast->column.name.text));
    error_hint(e,
        "Add it to GROUP BY, or use it in an aggregate function such as LATEST_BY_OFFSET(%.*s).",
        SLICE_ARG(ast->column.name.text));
    return NULL;
}

static column *own_literal(void *context, column *literal) {
    grouping *g = context;
    return plan_own_column(g->b->plan, literal);
}

static const sql_type *find_type(void *context, slice name) {
    grouping *g = context;
    return g->input.named_type(g->input.context, name);
}

static slice nearest_type(void *context, slice name) {
    grouping *g = context;
    return g->input.nearest_type(g->input.context, name);
}

static expression_scope group_scope(grouping *g, const char *clause) {
    expression_scope scope = {.arena = g->b->arena,
        .context = g,
        .own = own_literal,
        .named_type = find_type,
        .nearest_type = nearest_type,
        .replace = replace_grouped,
        .clause = clause};
    if (g->window.kind == WINDOW_NONE)
        return scope;
    scope_column *bounds = ARENA_ARRAY(g->b->arena, scope_column, 2);
    for (int i = 0; i < 2; i++) {
        pseudo_column pseudo = i == 0 ? PSEUDO_WINDOWSTART : PSEUDO_WINDOWEND;
        bounds[i] = (scope_column){.name = pseudo_column_name(pseudo),
            .type = pseudo_column_type(pseudo),
            .is_pseudo = true,
            .pseudo = pseudo};
    }
    scope.columns = bounds;
    scope.column_count = 2;
    return scope;
}

/* ---- WINDOW ---- */

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static bool read_window(grouping *g) {
    const ast_window *ast = &g->b->query->window;
    plan_window *window = &g->window;
    switch (ast->kind) {
    case AST_WINDOW_NONE:
        return true;
    case AST_WINDOW_TUMBLING:
        window->kind = WINDOW_TUMBLING;
        break;
    case AST_WINDOW_HOPPING:
        window->kind = WINDOW_HOPPING;
        break;
    case AST_WINDOW_SESSION:
        window->kind = WINDOW_SESSION;
        break;
    }
    error *e = g->b->e;
    if (g->r->node->mode != CHANGELOG_APPEND) {
        error_at(e, ERROR_STATEMENT, ast->span, "WINDOW is for streams, not for tables");
        return error_hint(e, "Read the table's changes with FROM CHANGES(table).");
    }
    window->size_ms = ast->size.duration_ms;
    window->advance_ms =
        window->kind == WINDOW_HOPPING ? ast->advance.duration_ms : window->size_ms;
    if (window->size_ms <= 0)
        return error_at(e, ERROR_STATEMENT, ast->span, "The window's %s must be positive",
            window->kind == WINDOW_SESSION ? "gap" : "size");
    if (window->advance_ms <= 0 || window->advance_ms > window->size_ms)
        return error_at(e, ERROR_STATEMENT, ast->advance.span,
            "The window must advance by more than zero and at most its size");
    /* Results that are given once, when the window closes, do not wait unless told to. */
    int64_t rest = g->b->query->emit == AST_EMIT_FINAL ? 0 : DAY_MS - window->size_ms;
    window->grace_ms = ast->grace.given ? ast->grace.duration_ms : rest > 0 ? rest : 0;
    int64_t least = window->size_ms + window->grace_ms;
    /* As Kafka Streams keeps them: sessions no longer than needed, other windows for a day at
     * least. */
    int64_t kept = window->kind == WINDOW_SESSION || least > DAY_MS ? least : DAY_MS;
    window->retention_ms = ast->retention.given ? ast->retention.duration_ms : kept;
    if (ast->retention.given && !ast->grace.given && window->retention_ms < least &&
        window->retention_ms >= window->size_ms)
        window->grace_ms = window->retention_ms - window->size_ms;
    else if (window->retention_ms < least) {
        error_at(e, ERROR_STATEMENT, ast->retention.span,
            "The RETENTION of a window must be at least its size and grace period: %lld ms",
            (long long)least);
        return error_hint(e, "Lengthen RETENTION or shorten GRACE PERIOD.");
    }
    return true;
}

/* ---- the nodes ---- */

/* The AGGREGATE's input column for an argument; equal ones share a column. */
static int argument_column(grouping *g, const expression *argument) {
    for (int i = 0; i < g->column_count; i++)
        if (expression_equal(g->columns[i], argument))
            return i;
    g->columns[g->column_count] = argument;
    return g->column_count++;
}

static int64_t element_limit(planning *b, const char *function) {
    slice name =
        !strcmp(function, "COLLECT_LIST")  ? SLICE_LITERAL("ksql.functions.collect_list.limit")
        : !strcmp(function, "COLLECT_SET") ? SLICE_LITERAL("ksql.functions.collect_set.limit")
                                           : (slice){0};
    int64_t limit = 0;
    if (name.data && b->options && b->options->property) {
        slice value = b->options->property(b->options->context, name);
        if (value.data && !slice_to_int64(value, &limit))
            limit = 0;
    }
    return limit;
}

static bool fill_aggregate(grouping *g, const group_aggregate *from, plan_aggregate *to) {
    const function_binding *binding = from->binding;
    arena *a = g->b->arena;
    int constants = binding->overload->initial_arguments;
    int arguments = binding->count - constants;
    int *columns = ARENA_ARRAY(a, int, arguments + 1);
    const column **literals = ARENA_ARRAY(a, const column *, constants + 1);
    for (int i = 0; i < arguments; i++)
        columns[i] = argument_column(g, from->arguments[i]);
    for (int i = 0; i < constants; i++) {
        const expression *constant = from->arguments[arguments + i];
        if (constant->kind != EXPRESSION_LITERAL) {
            error_at(g->b->e, ERROR_STATEMENT, constant->span,
                "Parameter %d of %s must be a literal", arguments + i + 1, binding->function->name);
            return error_hint(g->b->e, "Write the number itself, not an expression.");
        }
        literals[i] = constant->literal;
    }
    *to = (plan_aggregate){.function = binding->overload,
        .descriptor = binding->function,
        .argument_count = arguments,
        .arguments = columns,
        .constants = literals,
        .constant_count = constants,
        .result = binding->result,
        .element_limit = element_limit(g->b, binding->function->name)};
    return true;
}

static plan_aggregate *fill_aggregates(grouping *g) {
    arena *a = g->b->arena;
    int most = g->key_count;
    for (int i = 0; i < g->aggregate_count; i++)
        most += g->aggregates[i].binding->count;
    g->columns = ARENA_ARRAY(a, const expression *, most + 3);
    memcpy(g->columns, g->key_values, sizeof *g->columns * (size_t)g->key_count);
    g->column_count = g->key_count;
    plan_aggregate *aggregates = ARENA_ARRAY(a, plan_aggregate, g->aggregate_count + 1);
    for (int i = 0; i < g->aggregate_count; i++)
        if (!fill_aggregate(g, &g->aggregates[i], &aggregates[i]))
            return NULL;
    return aggregates;
}

static slice key_name(grouping *g, int k) {
    const ast_expression *ast = g->keys[k];
    if (ast->kind == AST_EXPRESSION_COLUMN)
        return arena_copy(g->b->arena, ast->column.name.text);
    if (ast->kind == AST_EXPRESSION_DEREFERENCE)
        return arena_copy(g->b->arena, ast->dereference.field.text);
    return planning_text(g->b, "KSQL_KEY_%d", k);
}

static plan_node *make_input(grouping *g) {
    planning *b = g->b;
    plan_node *node = planning_node(b, PLAN_PROJECT, g->r->node);
    plan_column *columns = planning_columns(b, node, g->column_count);
    for (int i = 0; i < g->column_count; i++)
        columns[i] = (plan_column){
            i < g->key_count ? key_name(g, i) : planning_text(b, "KSQL_ARG_%d", i - g->key_count),
            g->columns[i]->type};
    node->project.expressions = g->columns;
    node->key_count = g->key_count;
    node->window = WINDOW_NONE;
    node->window_size_ms = 0;
    return node;
}

/* Whether rows of one group are in one partition already. */
static bool is_keyed_so(const grouping *g) {
    const relation *r = g->r;
    if (r->node->window != WINDOW_NONE || r->key_count != g->key_count || r->partitioned)
        return false;
    for (int i = 0; i < g->key_count; i++) {
        bool same = false;
        for (int s = 0; s < r->keys[i].same_count; s++)
            same = same || expression_equal(r->keys[i].same[s], g->key_values[i]);
        if (!same)
            return false;
    }
    return true;
}

static plan_node *make_exchange(grouping *g, plan_node *input) {
    planning *b = g->b;
    plan_node *node = planning_node(b, PLAN_EXCHANGE, input);
    node->exchange.topic =
        planning_text(b, "%.*s-Aggregate-GroupBy-repartition", SLICE_ARG(b->plan->query_id));
    node->exchange.partitions = g->r->partitions;
    node->exchange.key_format =
        format_rules_exchange(g->r->format_source->key_format.name, input->columns, g->key_count);
    return node;
}

/* Windows hand the records of late rows on. */
static void add_records(grouping *g, int *records) {
    for (int i = 0; i < 2 && g->window.kind != WINDOW_NONE; i++)
        if (g->r->records[i] >= 0) {
            g->columns[g->column_count++] =
                planning_input_column(g->b, g->r->node, g->r->records[i]);
            records[i] = g->column_count;
        }
}

static plan_node *make_aggregate(grouping *g, plan_node *input, const plan_aggregate *aggregates) {
    planning *b = g->b;
    plan_node *node = planning_node(b, PLAN_AGGREGATE, input);
    plan_column *columns = planning_columns(b, node, g->key_count + g->aggregate_count);
    for (int i = 0; i < g->key_count; i++)
        columns[i] = input->columns[i];
    for (int i = 0; i < g->aggregate_count; i++)
        columns[g->key_count + i] =
            (plan_column){planning_text(b, "KSQL_AGG_VARIABLE_%d", i), aggregates[i].result};
    node->mode = CHANGELOG_UPSERT;
    node->window = g->window.kind;
    node->window_size_ms = g->window.kind == WINDOW_SESSION ? 0 : g->window.size_ms;
    node->store = SLICE_LITERAL("Aggregate-Aggregate-Materialize");
    node->aggregate.window = g->window;
    node->aggregate.ttl_ms = g->window.kind == WINDOW_NONE ? b->ttl_ms : 0;
    node->aggregate.aggregates = aggregates;
    node->aggregate.aggregate_count = g->aggregate_count;
    return node;
}

static bool make_nodes(grouping *g, const expression *having) {
    planning *b = g->b;
    relation *r = g->r;
    plan_aggregate *aggregates = fill_aggregates(g);
    if (!aggregates)
        return false;
    bool keyed = is_keyed_so(g);
    int records[2] = {0, 0};
    add_records(g, records);
    r->node = planning_retract(b, r->node, SLICE_LITERAL("Aggregate-Prepare-Normalize"));
    plan_node *node = make_input(g);
    if (!keyed && !b->is_pull)
        node = make_exchange(g, node);
    node = make_aggregate(g, node, aggregates);
    memcpy(node->aggregate.records, records, sizeof records);
    if (b->query->emit == AST_EMIT_FINAL) {
        /* Below HAVING, because time goes on with the groups that do not pass, too. */
        node = planning_node(b, PLAN_FINAL, node);
        node->store = SLICE_LITERAL("Aggregate-Final");
        node->final.grace_ms = g->window.grace_ms;
    }
    if (having) {
        node->mode = CHANGELOG_RETRACT; /* a group that never passed must not leave */
        node = planning_node(b, PLAN_FILTER, node);
        node->filter.predicate = having;
        node->mode = CHANGELOG_UPSERT;
    }
    r->node = node;
    return true;
}

/* From here on the relation is the groups. */
static void name_groups(grouping *g) {
    planning *b = g->b;
    relation *r = g->r;
    r->keys = ARENA_ARRAY(b->arena, relation_key, g->key_count + 1);
    r->key_count = g->key_count;
    for (int i = 0; i < g->key_count; i++) {
        relation_key *key = &r->keys[i];
        key->value = planning_input_column(b, r->node, i);
        key->same = ARENA_NEW(b->arena, const expression *);
        key->same[0] = key->value;
        key->same_count = 1;
        key->name = r->node->columns[i].name;
    }
    r->column_count = 0;
    r->key_noun = "grouping expression";
    r->records[0] = r->records[1] = -1;
    r->key_any = r->key_synthetic = r->partitioned = r->drops_window = false;
}

static bool check_clauses(grouping *g) {
    planning *b = g->b;
    if (b->query->emit == AST_EMIT_FINAL && g->window.kind == WINDOW_NONE) {
        error_at(b->e, ERROR_STATEMENT, b->query->emit_span,
            "EMIT FINAL is only supported for windowed aggregations");
        return error_hint(b->e, "Without a WINDOW a group is never final: use EMIT CHANGES.");
    }
    if (g->aggregate_count > 0)
        return true;
    error_at(b->e, ERROR_STATEMENT, b->query->group_by.items[0]->span,
        "GROUP BY requires aggregate functions in either the SELECT or HAVING clause");
    return error_hint(b->e, "Add one, such as COUNT(*).");
}

bool plan_group_by(planning *b, relation *r) {
    grouping g = {.b = b, .r = r, .input = planning_scope(b, r, "GROUP BY")};
    select_list list;
    if (!read_window(&g) || !add_keys(&g))
        return false;
    expression_scope select = group_scope(&g, "SELECT");
    expression_scope having_scope = group_scope(&g, "HAVING");
    expression_scope names = planning_scope(b, r, "SELECT");
    if (!select_expand(b, r, &names, &list) || !select_analyze(b, &select, &list))
        return false;
    const expression *having = NULL;
    if (b->query->having) {
        having = expression_analyze_condition(&having_scope, b->query->having, b->e);
        if (!having)
            return false;
    }
    if (!pull_order_read(b, &select, &list) || !check_clauses(&g) || !make_nodes(&g, having))
        return false;
    name_groups(&g);
    return plan_project(b, r, &list);
}
