/* SELECT, and the queries around it: FROM, WHERE, GROUP BY, the list, DISTINCT; then set
 * operations, ORDER BY and LIMIT.
 */
#include "planner/flink/lowering.h"

/* ---- the list ---- */

static slice item_name(lowering *l, const ast_select_item *item, int i) {
    if (ast_name_given(item->alias))
        return item->alias.text;
    const ast_expression *ast = item->expression;
    if (ast->kind == AST_EXPRESSION_COLUMN)
        return ast->column.name.text;
    if (ast->kind == AST_EXPRESSION_DEREFERENCE)
        return ast->dereference.field.text;
    return flink_generated_name(l, i);
}

static int count_items(const ast_select_list *list, const rows *in) {
    int count = 0;
    for (int i = 0; i < list->count; i++) {
        const ast_select_item *item = &list->items[i];
        count += item->kind == AST_SELECT_EXPRESSION ? 1 : in->column_count;
        for (int c = 0; c < in->column_count && item->kind != AST_SELECT_EXPRESSION; c++)
            count += in->node->columns[in->columns[c].index].type->field_count;
    }
    return count;
}

static void add_fields(
    lowering *l, const expression *row, source_span span, output_item *items, int *count) {
    for (int f = 0; f < row->type->field_count; f++) {
        typing t = {.l = l};
        expression_scope scope = flink_scope(&t);
        expression *field =
            build_node(&scope, EXPRESSION_FIELD, row->type->fields[f].type, span, &row, 1);
        field->index = f;
        items[(*count)++] =
            (output_item){.typed = field, .name = row->type->fields[f].name, .span = span};
    }
}

/* t.* or row.*: the columns of a table, or the fields of a column. */
static bool add_table(
    lowering *l, const ast_select_item *item, const rows *in, output_item *items, int *count) {
    int before = *count;
    slice name = item->source.text;
    for (int c = 0; c < in->column_count; c++)
        if (in->columns[c].table.data && slice_equal(in->columns[c].table, name) &&
            slice_compare(in->columns[c].name, SLICE_LITERAL("$key")) != 0)
            items[(*count)++] =
                (output_item){.typed = flink_input(l, in->node, in->columns[c].index),
                    .name = in->columns[c].name,
                    .span = item->span};
    for (int c = 0; c < in->column_count && *count == before; c++) {
        const expression *row = flink_input(l, in->node, in->columns[c].index);
        if (slice_equal(in->columns[c].name, name) && row->type->base == SQL_STRUCT)
            add_fields(l, row, item->span, items, count);
    }
    if (*count == before)
        return error_at(l->b.e, ERROR_NOT_FOUND, item->source.span,
            "There is no table '%.*s' in FROM", SLICE_ARG(name));
    return true;
}

slice flink_order_name(lowering *l, int i) {
    return planning_text(&l->b, "$order%d", i);
}

static bool is_output(const ast_expression *ast, const output_item *items, int count) {
    if (ast->kind == AST_EXPRESSION_LITERAL)
        return true;
    if (ast->kind != AST_EXPRESSION_COLUMN || ast_name_given(ast->column.qualifier))
        return false;
    for (int i = 0; i < count; i++)
        if (slice_equal(items[i].name, ast->column.name.text))
            return true;
    return false;
}

static void add_order(lowering *l, const ast_order_list *order, output_item *items, int *count) {
    int selected = *count;
    for (int i = 0; order && i < order->count; i++)
        if (!is_output(order->items[i].expression, items, selected))
            items[(*count)++] = (output_item){.ast = order->items[i].expression,
                .name = flink_order_name(l, i),
                .span = order->items[i].span,
                .hidden = true};
}

static bool has_name(const output_item *items, int count, slice name) {
    for (int i = 0; i < count; i++)
        if (slice_equal(items[i].name, name))
            return true;
    return false;
}

/* Of columns with one name the second is called id0, the third id1. */
static void name_apart(lowering *l, output_item *items, int count) {
    for (int i = 1; i < count; i++) {
        slice name = items[i].name;
        for (int n = 0; has_name(items, i, items[i].name); n++)
            items[i].name = planning_text(&l->b, "%.*s%d", SLICE_ARG(name), n);
    }
}

bool flink_expand_select(
    lowering *l, const ast_select_list *list, const rows *in, output_item **items, int *count) {
    const ast_order_list *order = l->order_by;
    l->order_by = NULL;
    int room = count_items(list, in) + (order ? order->count : 0);
    *items = ARENA_ARRAY(l->b.arena, output_item, room + 1);
    *count = 0;
    for (int i = 0; i < list->count; i++) {
        const ast_select_item *item = &list->items[i];
        typing t = {.l = l, .rows = in, .clause = "SELECT"};
        const expression *row;
        switch (item->kind) {
        case AST_SELECT_EXPRESSION:
            (*items)[(*count)++] = (output_item){
                .ast = item->expression, .name = item_name(l, item, i), .span = item->span};
            break;
        case AST_SELECT_ALL:
            for (int c = 0; c < in->column_count; c++)
                if (!in->columns[c].hidden)
                    (*items)[(*count)++] =
                        (output_item){.typed = flink_input(l, in->node, in->columns[c].index),
                            .name = in->columns[c].name,
                            .span = item->span};
            break;
        case AST_SELECT_SOURCE_ALL:
            if (!add_table(l, item, in, *items, count))
                return false;
            break;
        case AST_SELECT_STRUCT_ALL:
            row = flink_expression(&t, item->expression);
            if (!row)
                return false;
            add_fields(l, row, item->span, *items, count);
            break;
        }
    }
    name_apart(l, *items, *count);
    add_order(l, order, *items, count);
    return true;
}

bool flink_project_items(
    lowering *l, const rows *in, const output_item *items, int count, rows *out) {
    const expression **values = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, count + 1);
    for (int i = 0; i < count; i++) {
        values[i] = items[i].typed;
        if (values[i]->type->base == SQL_NULL) {
            typing t = {.l = l};
            expression_scope scope = flink_scope(&t);
            values[i] = build_null_value(&scope, &SQL_TYPE_VARCHAR, items[i].span);
        }
        columns[i] = flink_traits(in, values[i]);
        columns[i].name = items[i].name;
        columns[i].table = (slice){0};
        columns[i].hidden = items[i].hidden;
        if (values[i]->kind == EXPRESSION_CALL &&
            strcmp(values[i]->call->function->name, "FLINK_PROCTIME") == 0)
            columns[i].time = TIME_PROCESSING;
    }
    const column_set *session_keys = in->session_keys;
    if (!flink_project(l, in, values, columns, count, out))
        return false;
    if (!session_keys)
        return true;
    column_set *moved = ARENA_NEW(l->b.arena, column_set); /* where the keys are now */
    int *places = ARENA_ARRAY(l->b.arena, int, session_keys->count + 1);
    for (int k = 0; k < session_keys->count; k++) {
        places[k] = -1;
        for (int i = 0; i < count; i++)
            if (values[i]->kind == EXPRESSION_COLUMN &&
                values[i]->index == session_keys->columns[k])
                places[k] = i;
    }
    *moved = (column_set){places, session_keys->count};
    out->session_keys = moved;
    return true;
}

const expression *flink_replace_computed(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    (void)scope;
    (void)e;
    const computed_columns *computed = t->context;
    for (int i = 0; computed && i < computed->count; i++)
        if (computed->asts[i] == ast)
            return flink_input(t->l, t->rows->node, computed->columns[i]);
    return NULL;
}

static bool plain_select(
    lowering *l, const flink_select *select, const typing *outer, rows *in, rows *out) {
    output_item *items;
    int count;
    computed_columns computed = {0};
    if (!flink_expand_select(l, &select->select, in, &items, &count))
        return false;
    for (int i = 0; i < count; i++)
        if (items[i].ast && !flink_scalar_subqueries(l, items[i].ast, outer, in, &computed))
            return false;
    if (!flink_over_rows(l, select, items, count, outer, in, &computed))
        return false;
    typing t = {.l = l,
        .rows = in,
        .outer = outer,
        .clause = "SELECT",
        .context = &computed,
        .replace = flink_replace_computed};
    for (int i = 0; i < count; i++)
        if (items[i].ast && !(items[i].typed = flink_expression(&t, items[i].ast)))
            return false;
    return flink_project_items(l, in, items, count, out);
}

/* ---- SELECT ---- */

static bool is_aggregate(void *context, const ast_expression *part) {
    (void)context;
    return part->kind == AST_EXPRESSION_CALL && flink_aggregate_function(part);
}

/* An aggregate outside of OVER. */
static bool has_aggregate(const ast_expression *ast) {
    if (ast->kind == AST_EXPRESSION_OVER)
        return false;
    return ast_expression_visit(ast, is_aggregate, NULL);
}

bool flink_has_aggregates(const flink_select *select) {
    for (int i = 0; i < select->select.count; i++)
        if (select->select.items[i].kind == AST_SELECT_EXPRESSION &&
            has_aggregate(select->select.items[i].expression))
            return true;
    return select->having != NULL;
}

static bool from_rows(lowering *l, const flink_select *select, const typing *outer,
    pending_conditions *conditions, rows *out) {
    if (!select->from)
        return flink_values_rows(l, NULL, outer, select->span, out);
    pending_conditions *before = l->pending;
    l->pending = conditions;
    bool ok = flink_relation_rows(l, select->from, outer, out);
    l->pending = before;
    return ok;
}

static bool select_rows(lowering *l, const flink_select *select, const typing *outer, rows *out) {
    rows in;
    const ast_order_list *order = select->distinct ? NULL : l->order_by;
    l->order_by = NULL;
    pending_conditions where = {0};
    where.count = flink_ast_conjuncts(l, select->where, &where.items);
    if (!from_rows(l, select, outer, &where, &in) || !flink_check_state_ttl(l, &in) ||
        !flink_where(l, where.items, where.count, outer, &in))
        return false;
    l->order_by = order;
    bool ok = select->has_group_by || flink_has_aggregates(select)
                  ? flink_group_rows(l, select, outer, &in, out)
                  : plain_select(l, select, outer, &in, out);
    if (!ok || !select->distinct)
        return ok;
    rows all = *out;
    return flink_distinct_rows(l, &all, out);
}

bool flink_select_rows(lowering *l, const flink_select *select, const typing *outer, rows *out) {
    const state_ttl *around = l->state_ttl;
    int count = l->state_ttl_count;
    bool ok = flink_select_hints(l, &select->hints) && select_rows(l, select, outer, out);
    l->state_ttl = around;
    l->state_ttl_count = count;
    return ok;
}

bool flink_body_rows(lowering *l, const flink_body *body, const typing *outer, rows *out) {
    switch (body->kind) {
    case FLINK_BODY_SELECT:
        return flink_select_rows(l, body->select, outer, out);
    case FLINK_BODY_VALUES:
        return flink_values_rows(l, &body->values, outer, body->span, out);
    case FLINK_BODY_SET:
        return flink_set_rows(l, body, outer, out);
    case FLINK_BODY_QUERY:
        return flink_query_rows(l, body->query, outer, out);
    }
    return false;
}

/* ---- WITH, ORDER BY, LIMIT ---- */

bool flink_query_rows(lowering *l, const flink_query *query, const typing *outer, rows *out) {
    common_table *before = l->common_tables;
    for (int i = 0; i < query->with.count; i++) {
        common_table *c = ARENA_NEW(l->b.arena, common_table);
        *c = (common_table){.outer = l->common_tables,
            .visible = l->common_tables,
            .name = query->with.items[i].name.text,
            .ast = &query->with.items[i]};
        l->common_tables = c;
    }
    l->order_by = query->body->kind == FLINK_BODY_SELECT ? &query->order_by : NULL;
    bool ok = flink_body_rows(l, query->body, outer, out) && flink_order(l, query, outer, out);
    l->common_tables = before;
    return ok;
}

static const expression *order_expression(
    lowering *l, typing *t, const ast_expression *ast, int item, const rows *r) {
    slice added = flink_order_name(l, item);
    for (int i = 0; i < r->column_count; i++)
        if (r->columns[i].hidden && slice_equal(r->columns[i].name, added))
            return flink_input(l, r->node, r->columns[i].index);
    if (ast->kind == AST_EXPRESSION_LITERAL && ast->literal.kind == AST_LITERAL_INTEGER) {
        int64_t at = ast->literal.integer;
        if (at >= 1 && at <= r->column_count)
            return flink_input(l, r->node, r->columns[at - 1].index);
        error_at(l->b.e, ERROR_STATEMENT, ast->span, "ORDER BY %lld: there are %d columns",
            (long long)at, r->column_count);
        return NULL;
    }
    return flink_expression(t, ast);
}

static bool read_order(
    lowering *l, const flink_query *query, const typing *outer, rows *r, plan_order *order) {
    for (int i = 0; i < query->order_by.count; i++) {
        const ast_order_item *item = &query->order_by.items[i];
        typing t = {.l = l, .rows = r, .outer = outer, .clause = "ORDER BY"};
        const expression *e = order_expression(l, &t, item->expression, i, r);
        if (!e)
            return false;
        int column = e->kind == EXPRESSION_COLUMN ? e->index : flink_add_column(l, r, e, "$order");
        order[i] = (plan_order){column, item->descending,
            item->nulls == AST_NULLS_DEFAULT ? !item->descending : item->nulls == AST_NULLS_FIRST};
    }
    return true;
}

bool flink_drop_hidden(lowering *l, rows *r) {
    bool any = r->node->column_count != r->column_count;
    const expression **values = ARENA_ARRAY(l->b.arena, const expression *, r->column_count + 1);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, r->column_count + 1);
    int count = 0;
    for (int i = 0; i < r->column_count; i++) {
        any = any || r->columns[i].hidden;
        if (r->columns[i].hidden)
            continue;
        columns[count] = r->columns[i];
        values[count++] = flink_input(l, r->node, r->columns[i].index);
    }
    rows in = *r;
    return !any || flink_project(l, &in, values, columns, count, r);
}

bool flink_order(lowering *l, const flink_query *query, const typing *outer, rows *r) {
    int count = query->order_by.count;
    if (count == 0 && query->limit < 0 && query->offset < 0)
        return true;
    plan_order *order = ARENA_ARRAY(l->b.arena, plan_order, count + 1);
    if (!read_order(l, query, outer, r, order))
        return false;
    int64_t offset = query->offset < 0 ? 0 : query->offset;
    if (query->limit >= 0 || query->offset >= 0) {
        if (query->limit < 0)
            return error_at(l->b.e, ERROR_UNSUPPORTED, query->span, "OFFSET needs a LIMIT");
        if (!flink_top_rows(l, r, order, count, NULL, 0, offset + 1, offset + query->limit, false))
            return false;
        r->one_row |= query->limit <= 1;
    } else {
        rows_column first = flink_traits(r, flink_input(l, r->node, order[0].column));
        if (first.time != TIME_EVENT || order[0].descending) {
            error_at(l->b.e, ERROR_UNSUPPORTED, query->order_by.items[0].span,
                "Sort on a non-time-attribute field is not supported");
            return error_hint(l->b.e,
                "Order by the column with the WATERMARK, ascending, first; or add a LIMIT.");
        }
        if (!flink_needs_append(l, r, query->span, "ORDER BY time"))
            return false;
        plan_node *node = flink_node(l, PLAN_TEMPORAL_SORT, r->node, NULL);
        node->store = flink_store(l, "Sort");
        node->temporal_sort.time = order[0].column;
        node->temporal_sort.order_count = count - 1;
        node->temporal_sort.order = order + 1;
        r->node = node;
    }
    return flink_drop_hidden(l, r);
}

/* ---- Top-N ---- */

/* The clock may be the same for many rows: they come in its order nevertheless. */
static bool is_processing_time(const rows *r, plan_order order) {
    for (int i = 0; i < r->column_count; i++)
        if (r->columns[i].index == order.column)
            return r->columns[i].time == TIME_PROCESSING;
    return false;
}

bool flink_top_rows(lowering *l, rows *r, const plan_order *order, int order_count,
    const int *partition, int partition_count, int64_t from, int64_t to, bool has_rank) {
    plan_node *node = flink_node(l, PLAN_TOP_N, r->node, NULL);
    int width = r->node->column_count, window_end = -1, starts = 0, others = 0;
    for (int i = 0; i < partition_count; i++) {
        rows_column traits = flink_traits(r, flink_input(l, r->node, partition[i]));
        window_end = traits.role == WINDOW_ROLE_END ? partition[i] : window_end;
        starts += traits.role == WINDOW_ROLE_START;
        others += traits.role == WINDOW_ROLE_NONE;
    }
    (void)others;
    bool windowed = window_end >= 0 && starts > 0 && r->node->mode == CHANGELOG_APPEND;
    node->store = flink_store(l, "TopN");
    node->top_n.partition = partition;
    node->top_n.partition_count = partition_count;
    node->top_n.order = order;
    node->top_n.order_count = order_count;
    node->top_n.from = from;
    node->top_n.to = to;
    node->top_n.has_rank = has_rank;
    node->top_n.newest_first = order_count > 0 && order[0].descending &&
                               r->node->mode == CHANGELOG_APPEND && is_processing_time(r, order[0]);
    node->top_n.window_end = windowed ? window_end : -1;
    node->top_n.ttl_ms = flink_state_ttl(l, r);
    if (!windowed && !(order_count == 0 && node->mode == CHANGELOG_APPEND))
        node->mode = CHANGELOG_RETRACT;
    if (has_rank) {
        plan_column *columns = planning_columns(&l->b, node, width + 1);
        for (int i = 0; i < width; i++)
            columns[i] = r->node->columns[i];
        columns[width] = (plan_column){SLICE_LITERAL("$rank"), &SQL_TYPE_BIGINT};
    }
    r->node = node;
    if (!windowed)
        flink_forget_times(r);
    return true;
}
