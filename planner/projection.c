/* projection.c - the last PROJECT of a query.
 *
 * A persistent query writes keys and values apart. So every key column must be in the SELECT list
 * exactly once: the item that is the key column gives it its name. Key columns come first, then
 * the other items in their order. A transient query gives its items as they stand. */
#include "planner/planning.h"
#include "planner/pull_order.h"
#include "planner/system_columns.h"

/* ---- which item is which key ---- */

static void append_name(buffer *names, int index, int count, slice name) {
    if (index > 0)
        buffer_append_text(names, index == count - 1 ? " and " : ", ");
    buffer_format(names, "`%.*s`", SLICE_ARG(name));
}

static bool repeated_key(planning *b, const relation_key *key, const select_list *list, int k) {
    buffer names = {0};
    int count = 0, index = 0;
    source_span span = SPAN_NONE;
    for (int i = 0; i < list->count; i++)
        count += list->items[i].key == k;
    for (int i = 0; i < list->count; i++)
        if (list->items[i].key == k) {
            append_name(&names, index++, count, list->items[i].name);
            span = list->items[i].span;
        }
    error_at(b->e, ERROR_STATEMENT, span,
        "The projection contains a key column more than once: %.*s",
        SLICE_ARG(buffer_slice(&names)));
    buffer_free(&names);
    return error_hint(b->e,
        "Each key column may be there once. To copy it into the value use "
        "AS_VALUE(%.*s).",
        SLICE_ARG(key->name));
}

/* Marks the items that are key column k; the first of its alternatives that is there counts. */
static int mark_key(const relation_key *key, select_list *list, int k) {
    int found = 0;
    for (int s = 0; s < key->same_count && found == 0; s++)
        for (int i = 0; i < list->count; i++)
            if (list->items[i].key < 0 && expression_equal(list->items[i].typed, key->same[s])) {
                list->items[i].key = k;
                found++;
            }
    return found;
}

static slice key_text(planning *b, const relation *r, const relation_key *key, int alternative) {
    const expression *e = key->same[alternative];
    for (int i = 0; i < r->column_count; i++)
        if (e->kind == EXPRESSION_COLUMN && !r->columns[i].is_pseudo &&
            r->columns[i].index == e->index)
            return r->source_count > 1 && r->columns[i].source.data
                       ? planning_text(b, "%.*s.%.*s", SLICE_ARG(r->columns[i].source),
                             SLICE_ARG(r->columns[i].name))
                       : r->columns[i].name;
    if (key->name.data)
        return key->name;
    buffer text = {0};
    slice *names = ARENA_ARRAY(b->arena, slice, r->node->column_count + 1);
    for (int i = 0; i < r->node->column_count; i++)
        names[i] = r->node->columns[i].name;
    expression_format(e, names, &text);
    slice copy = arena_copy(b->arena, buffer_slice(&text));
    buffer_free(&text);
    return copy;
}

static bool missing_keys(planning *b, const relation *r, const bool *missing) {
    buffer names = {0};
    slice first = {0};
    for (int k = 0; k < r->key_count; k++)
        for (int s = 0; missing[k] && s < r->keys[k].same_count; s++) {
            slice text = key_text(b, r, &r->keys[k], s);
            if (first.data)
                buffer_append_text(&names, s ? " or " : " and ");
            else
                first = text;
            buffer_append(&names, text);
        }
    error_at(b->e, ERROR_STATEMENT, b->query->select.items[0].span,
        "Key missing from projection: the query used to build `%.*s` must include the %s %.*s in "
        "its projection",
        SLICE_ARG(b->sink_name), r->key_noun, SLICE_ARG(buffer_slice(&names)));
    buffer_free(&names);
    if (r->key_synthetic)
        error_detail(b->e,
            "%.*s is a synthetic key column: the join criteria give no column that "
            "could be the key.",
            SLICE_ARG(first));
    return error_hint(
        b->e, "Add %.*s to the projection: SELECT %.*s, ...", SLICE_ARG(first), SLICE_ARG(first));
}

/* The other planner that the property chooses: keys stand in the order of the SELECT list, and a
 * stream may leave them out. */
static bool keys_follow_select(planning *b) {
    if (!b->options || !b->options->property)
        return false;
    slice value =
        b->options->property(b->options->context, SLICE_LITERAL("ksql.new.query.planner.enabled"));
    return slice_is_ignore_case(value, "true");
}

static void order_keys(planning *b, relation *r, select_list *list) {
    relation_key *keys = ARENA_ARRAY(b->arena, relation_key, r->key_count + 1);
    int count = 0;
    for (int i = 0; i < list->count; i++)
        if (list->items[i].key >= 0) {
            keys[count] = r->keys[list->items[i].key];
            list->items[i].key = count++;
        }
    r->keys = keys;
    r->key_count = count;
}

static bool find_keys(planning *b, relation *r, select_list *list) {
    bool *missing = ARENA_ARRAY(b->arena, bool, r->key_count + 1);
    bool any_missing = false;
    for (int k = 0; k < r->key_count; k++) {
        int found = mark_key(&r->keys[k], list, k);
        if (found > 1)
            return repeated_key(b, &r->keys[k], list, k);
        missing[k] = found == 0;
        any_missing = any_missing || missing[k];
    }
    bool follows = keys_follow_select(b);
    if (any_missing && !(follows && r->node->mode == CHANGELOG_APPEND))
        return missing_keys(b, r, missing);
    if (follows)
        order_keys(b, r, list);
    return true;
}

/* ---- names ---- */

static bool check_reserved(planning *b, const select_item *item) {
    if (!system_column_is_reserved(item->name) || item->from_star)
        return true; /* PARTITION BY ROWTIME makes a key column of that name */
    if (item->named) {
        error_at(b->e, ERROR_STATEMENT, item->span,
            "`%.*s` is a reserved column name: it cannot be an alias", SLICE_ARG(item->name));
        return error_hint(b->e, "Give the column another name with AS.");
    }
    error_at(b->e, ERROR_STATEMENT, item->span, "Reserved column name in SELECT: `%.*s`",
        SLICE_ARG(item->name));
    return error_hint(b->e, "Remove the column, or give it another name: %.*s AS %.*s_1.",
        SLICE_ARG(item->name), SLICE_ARG(item->name));
}

static bool check_duplicates(planning *b, const plan_node *node, const select_list *list) {
    for (int i = 0; i < node->column_count; i++)
        for (int j = 0; j < i; j++)
            if (slice_equal(node->columns[i].name, node->columns[j].name)) {
                source_span span = SPAN_NONE;
                for (int k = 0; k < list->count; k++)
                    if (slice_equal(list->items[k].name, node->columns[i].name))
                        span = list->items[k].span;
                error_at(b->e, ERROR_STATEMENT, span,
                    "Two columns of the result have the same name: `%.*s`",
                    SLICE_ARG(node->columns[i].name));
                return error_hint(b->e, "Name one of them differently with AS.");
            }
    return true;
}

/* The bounds of a window are part of the key: SELECT * does not copy them into the value. */
static void drop_star_bounds(select_list *list) {
    int kept = 0;
    for (int i = 0; i < list->count; i++)
        if (!list->items[i].from_star || !system_column_is_window_bound(list->items[i].name))
            list->items[kept++] = list->items[i];
    list->count = kept;
}

/* ---- the node ---- */

static bool check_persistent(planning *b, relation *r, select_list *list) {
    drop_star_bounds(list);
    for (int i = 0; i < list->count; i++)
        if (!check_reserved(b, &list->items[i]))
            return false;
    if (!find_keys(b, r, list))
        return false;
    if (list->count > r->key_count)
        return true;
    error_at(b->e, ERROR_STATEMENT, b->query->select.items[0].span,
        "The projection contains no value columns");
    return error_hint(b->e, "Add a column that is not a key, or copy one with AS_VALUE.");
}

static void fill_project(planning *b, const relation *r, const select_list *list, plan_node *node) {
    plan_column *columns = planning_columns(b, node, list->count);
    const expression **expressions = ARENA_ARRAY(b->arena, const expression *, list->count + 1);
    int value = b->persistent ? r->key_count : 0;
    for (int i = 0; i < list->count; i++) {
        const select_item *item = &list->items[i];
        int at = item->key >= 0 ? item->key : value++;
        columns[at] = (plan_column){item->name, item->typed->type};
        expressions[at] = item->key >= 0 ? r->keys[item->key].value : item->typed;
    }
    node->project.expressions = expressions;
    node->key_count = b->persistent ? r->key_count : 0;
}

bool plan_project(planning *b, relation *r, const select_list *given) {
    select_list list = *given;
    if (b->persistent && !check_persistent(b, r, &list))
        return false;
    plan_node *node = planning_node(b, PLAN_PROJECT, r->node);
    fill_project(b, r, &list, node);
    if (r->drops_window) {
        node->window = WINDOW_NONE;
        node->window_size_ms = 0;
    }
    r->node = node;
    return check_duplicates(b, node, &list);
}

/* ---- SELECT without GROUP BY ---- */

static bool is_aggregate(void *context, const ast_expression *part) {
    const ast_expression **found = context;
    if (!expression_call_function(part, FUNCTION_AGGREGATE))
        return false;
    *found = part;
    return true;
}

static const ast_expression *find_aggregate(const ast_query *query) {
    const ast_expression *call = NULL;
    for (int i = 0; i < query->select.count && !call; i++)
        ast_expression_visit(query->select.items[i].expression, is_aggregate, &call);
    return call;
}

static bool check_not_grouped(planning *b) {
    const ast_query *query = b->query;
    if (query->window.kind != AST_WINDOW_NONE) {
        error_at(b->e, ERROR_STATEMENT, query->window.span, "WINDOW requires a GROUP BY clause");
        return error_hint(b->e, "Add GROUP BY behind the window.");
    }
    if (query->having) {
        error_at(b->e, ERROR_STATEMENT, query->having->span, "HAVING requires a GROUP BY clause");
        return error_hint(b->e, "Without GROUP BY, WHERE filters the rows.");
    }
    if (query->emit == AST_EMIT_FINAL) {
        error_at(b->e, ERROR_STATEMENT, query->emit_span,
            "EMIT FINAL is only supported for windowed aggregations");
        return error_hint(b->e, "Use EMIT CHANGES, or add a WINDOW and GROUP BY.");
    }
    return true;
}

/* SELECT DISTINCT. Equal rows must meet: they do where the key, which is part of them, places them;
 * else all rows go to one partition. A table with its key in the result has no row twice. */
static void plan_distinct(planning *b, relation *r) {
    plan_node *node = r->node;
    if (!b->query->distinct || (b->persistent && node->mode != CHANGELOG_APPEND))
        return;
    bool placed = b->is_pull || (b->persistent && node->key_count && !r->partitioned);
    if (!placed && r->placed_partitions > 1) {
        node = planning_node(b, PLAN_EXCHANGE, node);
        node->key_count = 0;
        node->exchange.topic =
            planning_text(b, "%.*s-Distinct-repartition", SLICE_ARG(b->plan->query_id));
        node->exchange.partitions = 1;
        node->exchange.key_format = SLICE_LITERAL("KAFKA");
    }
    plan_node *distinct = planning_node(b, PLAN_DISTINCT, node);
    distinct->key_count = r->node->key_count;
    distinct->expire.ttl_ms = node->mode == CHANGELOG_RETRACT ? 0 : b->ttl_ms;
    distinct->store = SLICE_LITERAL("Distinct");
    r->node = distinct;
}

bool plan_select(planning *b, relation *r) {
    const ast_expression *aggregate = find_aggregate(b->query);
    if (aggregate && !b->persistent)
        return plan_group_by(b, r); /* all rows are one group */
    if (aggregate) {
        error_at(b->e, ERROR_STATEMENT, aggregate->span,
            "Use of the aggregate function %.*s requires a GROUP BY clause",
            SLICE_ARG(aggregate->call.name.text));
        return error_hint(b->e, "Add GROUP BY with the columns to group by.");
    }
    expression_scope scope = planning_scope(b, r, "SELECT");
    select_list list;
    if (b->query->distinct && !b->persistent && !b->is_pull)
        r->node = planning_retract(b, r->node, SLICE_LITERAL("Distinct-Normalize"));
    if (!check_not_grouped(b) || !select_expand(b, r, &scope, &list) ||
        !select_analyze(b, &scope, &list) || !pull_order_read(b, &scope, &list) ||
        !plan_project(b, r, &list))
        return false;
    plan_distinct(b, r);
    return true;
}
