/* FROM: tables, views, common tables, subqueries, VALUES.
 *
 * A table is read as
 *
 *   SOURCE (physical columns) -> PROJECT (metadata) -> PROJECT (computed) -> WATERMARK -> EXCHANGE
 *
 * where the exchange gathers the partitions, so that everything behind it is one task. What a query
 * does not need of this, the rewrites take away.
 */
#include "planner/flink/lowering.h"

#include "base/similar.h"
#include "parser/parser.h"

enum { VIEW_DEPTH_LIMIT = 100 };

/* ---- names ---- */

bool flink_rename(lowering *l, ast_name alias, const ast_name_list *names, rows *r) {
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, r->column_count + 1);
    int given = names ? names->count : 0, visible = 0;
    for (int i = 0; i < r->column_count; i++) {
        columns[i] = r->columns[i];
        columns[i].table = alias.text;
        if (columns[i].hidden)
            continue;
        if (visible < given)
            columns[i].name = names->items[visible].text;
        visible++;
    }
    if (given > 0 && given != visible)
        return error_at(l->b.e, ERROR_STATEMENT, names->items[0].span,
            "%d column names are given for %d columns", given, visible);
    r->columns = columns;
    return true;
}

/* ---- tables ---- */

static plan_node *source_node(lowering *l, const source_descriptor *source) {
    plan_node *node = planning_source(&l->b, source, false);
    bool keyed = source->kind == SOURCE_TABLE;
    if (!keyed && slice_is(source->value_format.name, "DEBEZIUM_JSON"))
        node->mode = CHANGELOG_RETRACT;
    if (!keyed)
        return node;
    node = planning_node(&l->b, PLAN_NORMALIZE, node);
    node->mode = CHANGELOG_RETRACT;
    node->store = flink_store(l, "Normalize");
    node->normalize.ttl_ms = l->ttl_ms;
    return node;
}

static int node_column(const plan_node *source, int physical) {
    while (source->kind != PLAN_SOURCE)
        source = source->inputs[0];
    for (int i = 0; i < source->column_count; i++)
        if (source->source.source_columns[i] == physical)
            return i;
    return -1;
}

static const expression *metadata_value(lowering *l, const rows *r, const source_descriptor *source,
    const flink_table_column *c, source_span span) {
    typing t = {.l = l};
    expression_scope scope = flink_scope(&t);
    slice key = c->metadata_key.data ? c->metadata_key : c->name;
    const expression *value = NULL;
    if (slice_is(key, "timestamp")) {
        const expression *time = expression_make_pseudo(l->b.arena, PSEUDO_ROWTIME);
        value = flink_build_call(&scope, "FROM_UNIXTIME", &time, 1, span, l->b.e);
    } else if (slice_is(key, "partition"))
        value = expression_make_pseudo(l->b.arena, PSEUDO_ROWPARTITION);
    else if (slice_is(key, "offset"))
        value = expression_make_pseudo(l->b.arena, PSEUDO_ROWOFFSET);
    else if (slice_is(key, "topic"))
        value = flink_literal_text(&scope, source->topic, span);
    else if (slice_is(key, "headers"))
        value = flink_input(l, r->node, node_column(r->node, c->physical));
    else if (slice_is(key, "timestamp-type"))
        value = flink_literal_text(&scope, SLICE_LITERAL("CreateTime"), span);
    else if (slice_is(key, "leader-epoch"))
        value = build_null_value(&scope, &SQL_TYPE_INTEGER, span); /* the client is not told */
    else {
        error_at(l->b.e, ERROR_UNSUPPORTED, span,
            "Table %.*s: the metadata '%.*s' of column '%.*s' cannot be read",
            SLICE_ARG(source->name), SLICE_ARG(key), SLICE_ARG(c->name));
        error_hint(l->b.e, "There are timestamp, partition, offset, topic and headers.");
        return NULL;
    }
    const expression *cast = value && c->type ? flink_cast(l, &scope, value, c->type) : value;
    if (value && !cast)
        error_at(l->b.e, ERROR_STATEMENT, span,
            "The metadata '%.*s' does not fit its column's type", SLICE_ARG(key));
    return cast;
}

/* Errors inside the text of a table or view are told at the place that names it. */
static bool blame(lowering *l, const char *what, slice name, source_span span) {
    error *e = l->b.e;
    slice message = arena_copy(l->b.arena, slice_of(e->message));
    slice hint = arena_copy(l->b.arena, slice_of(e->hint));
    error_code code = e->code;
    error_clear(e);
    error_at(e, code, span, "%s %.*s: %.*s", what, SLICE_ARG(name), SLICE_ARG(message));
    if (hint.length > 0)
        error_hint(e, "%.*s", SLICE_ARG(hint));
    return false;
}

static const expression *parsed(lowering *l, const rows *r, slice text, const char *clause) {
    ast_expression *ast =
        parser_parse_expression_in(l->b.arena, PARSER_FLINK, arena_copy(l->b.arena, text), l->b.e);
    typing t = {.l = l, .rows = r, .clause = clause};
    return ast ? flink_expression(&t, ast) : NULL;
}

/* Physical and metadata columns (`computed` false), then all of them: in order of declaration. */
static bool project_declared(
    lowering *l, const source_descriptor *source, bool computed, source_span span, rows *r) {
    const flink_table *table = source->flink;
    const expression **values =
        ARENA_ARRAY(l->b.arena, const expression *, table->column_count + 1);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, table->column_count + 1);
    int count = 0, given = 0;
    for (int i = 0; i < table->column_count; i++) {
        const flink_table_column *c = &table->columns[i];
        if (c->role == FLINK_ROLE_COMPUTED && !computed)
            continue;
        if (c->role == FLINK_ROLE_COMPUTED)
            values[count] = parsed(l, r, c->expression, "a computed column");
        else if (computed)
            values[count] = flink_input(l, r->node, given++);
        else if (c->role == FLINK_ROLE_METADATA)
            values[count] = metadata_value(l, r, source, c, span);
        else
            values[count] = flink_input(l, r->node, node_column(r->node, c->physical));
        if (!values[count])
            return false;
        columns[count] =
            (rows_column){.table = source->name, .name = c->name, .is_ltz = c->is_time_ltz};
        if (values[count]->kind == EXPRESSION_CALL &&
            strcmp(values[count]->call->function->name, "FLINK_PROCTIME") == 0)
            columns[count].time = TIME_PROCESSING;
        count++;
    }
    return flink_project(l, r, values, columns, count, r);
}

slice flink_property(lowering *l, const char *name) {
    const planner_options *options = l->b.options;
    return options && options->property ? options->property(options->context, slice_of(name))
                                        : (slice){0};
}

bool flink_duration_property(lowering *l, const char *name, int64_t *ms) {
    slice text = flink_property(l, name);
    *ms = text.data ? flink_duration_ms(text) : 0;
    if (*ms >= 0)
        return true;
    error_at(l->b.e, ERROR_STATEMENT, SPAN_NONE, "'%s' is '%.*s', which is no duration", name,
        SLICE_ARG(text));
    return error_hint(l->b.e, "SET '%s' = ...: " FLINK_DURATION_EXAMPLES ".", name);
}

static bool add_watermark(lowering *l, const source_descriptor *source, rows *r) {
    const flink_table *table = source->flink;
    int time = -1;
    for (int i = 0; i < r->column_count; i++)
        if (slice_equal(r->columns[i].name, table->watermark_column))
            time = i;
    const expression *watermark =
        time < 0 ? NULL : parsed(l, r, table->watermark_expression, "WATERMARK");
    if (!watermark)
        return false;
    plan_node *node = flink_node(l, PLAN_WATERMARK, r->node, NULL);
    node->watermark.time = r->columns[time].index;
    node->watermark.watermark = watermark;
    node->store = flink_store(l, "Watermark");
    if (!flink_duration_property(l, "table.exec.source.idle-timeout", &node->watermark.idle_ms))
        return false;
    r->columns[time].time = TIME_EVENT;
    r->node = node;
    return true;
}

static void gather(lowering *l, rows *r) {
    plan_node *node = flink_node(l, PLAN_EXCHANGE, r->node, NULL);
    node->exchange.topic = planning_text(&l->b, "Gather%d-repartition", l->exchange_count++);
    node->exchange.partitions = 1;
    node->exchange.key_format = SLICE_LITERAL("NONE");
    r->node = node;
}

/* All columns of a source of the other dialect. */
static bool project_source(lowering *l, const source_descriptor *source, rows *r) {
    const expression **values =
        ARENA_ARRAY(l->b.arena, const expression *, source->column_count + 1);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, source->column_count + 1);
    for (int i = 0; i < source->column_count; i++) {
        values[i] = flink_input(l, r->node, node_column(r->node, i));
        columns[i] = (rows_column){.table = source->name, .name = source->columns[i].name};
    }
    return flink_project(l, r, values, columns, source->column_count, r);
}

static void declare_keys(lowering *l, const source_descriptor *source, rows *r) {
    const flink_table *table = source->flink;
    int *key = ARENA_ARRAY(l->b.arena, int, r->column_count + 1), count = 0;
    for (int i = 0; i < r->column_count; i++) {
        bool in_key = false;
        for (int k = 0; table && k < table->primary_key_count; k++)
            in_key = in_key || slice_equal(table->primary_key[k], r->columns[i].name);
        for (int k = 0; !table && k < source->column_count; k++)
            in_key =
                in_key || (source->kind == SOURCE_TABLE && source->columns[k].role == COLUMN_KEY &&
                              slice_equal(source->columns[k].name, r->columns[i].name));
        if (in_key)
            key[count++] = r->columns[i].index;
    }
    if (count > 0)
        flink_add_key(l, r, key, count);
}

static bool topic_rows(lowering *l, const source_descriptor *source, source_span span, rows *out) {
    rows r = {.node = source_node(l, source)};
    bool ok = true;
    if (source->flink) {
        ok = project_declared(l, source, false, span, &r) &&
             project_declared(l, source, true, span, &r);
        if (ok && source->flink->watermark_column.data)
            ok = add_watermark(l, source, &r);
        if (!ok)
            return blame(l, "Table", source->name, span);
    } else {
        ok = project_source(l, source, &r);
    }
    gather(l, &r);
    declare_keys(l, source, &r);
    r.table = source->flink;
    r.descriptor = source;
    *out = r;
    return ok;
}

/* A table over several topics is the union of one over each. */
bool flink_table_rows(lowering *l, const source_descriptor *table, source_span span, rows *out) {
    slice topics = table->flink ? flink_option(table->flink, "topic") : (slice){NULL, 0}, topic;
    int read = 0;
    while (slice_take_item(&topics, ';', &topic) &&
           !slice_is(table->flink->connector, "upsert-kafka")) {
        source_descriptor *source = source_copy(l->b.arena, table);
        rows one, before = *out;
        source->topic = arena_copy(l->b.arena, topic);
        if (!topic_rows(l, source, span, read ? &one : out))
            return false;
        if (read++)
            flink_union_all(l, &before, &one, out);
    }
    return read || topic_rows(l, source_copy(l->b.arena, table), span, out);
}

/* ---- names: common tables, views, tables ---- */

static bool report_unknown(lowering *l, ast_name name) {
    error_at(l->b.e, ERROR_NOT_FOUND, name.span, "Object '%.*s' not found", SLICE_ARG(name.text));
    const source_descriptor *near = catalog_nearest_source(l->b.catalog, name.text);
    if (near)
        return error_hint(
            l->b.e, "Did you mean %.*s? Names keep their case.", SLICE_ARG(near->name));
    return error_hint(l->b.e, "SHOW TABLES; and SHOW VIEWS; list what there is.");
}

static bool common_table_rows(lowering *l, const common_table *c, rows *out) {
    common_table *visible = l->common_tables;
    pending_conditions *pending = l->pending;
    l->common_tables = c->visible;
    l->pending = NULL;
    bool ok = flink_query_rows(l, c->ast->query, NULL, out) &&
              flink_rename(l, c->ast->name, &c->ast->columns, out);
    l->common_tables = visible;
    l->pending = pending;
    return ok;
}

static bool view_rows(lowering *l, const view_descriptor *view, ast_name name, rows *out) {
    if (l->view_depth >= VIEW_DEPTH_LIMIT)
        return error_at(
            l->b.e, ERROR_LIMIT, name.span, "Views nest deeper than %d", VIEW_DEPTH_LIMIT);
    ast_statement *statement = parser_parse_statement_in(
        l->b.arena, PARSER_FLINK, arena_copy(l->b.arena, view->query), l->b.e);
    common_table *visible = l->common_tables;
    pending_conditions *pending = l->pending;
    l->common_tables = NULL;
    l->pending = NULL;
    l->view_depth++;
    bool ok = statement && statement->kind == AST_STATEMENT_FLINK_QUERY &&
              flink_query_rows(l, statement->flink_query, NULL, out);
    l->view_depth--;
    l->common_tables = visible;
    l->pending = pending;
    if (!ok)
        return blame(l, "View", view->name, name.span);
    ast_name_list names = {
        ARENA_ARRAY(l->b.arena, ast_name, view->column_count + 1), view->column_count};
    for (int i = 0; i < view->column_count; i++)
        names.items[i] = (ast_name){.text = arena_copy(l->b.arena, view->columns[i])};
    return flink_rename(l, (ast_name){.text = arena_copy(l->b.arena, view->name)}, &names, out);
}

static bool refuse_hints(lowering *l, const flink_hint_list *hints, const char *what) {
    if (hints->count == 0)
        return true;
    error_at(l->b.e, ERROR_STATEMENT, hints->items[0].name.span, "A %s has no options", what);
    return error_hint(l->b.e, "Put the hint behind the name of a table.");
}

static bool named_rows(lowering *l, ast_name name, const flink_hint_list *hints, rows *out) {
    for (const common_table *c = l->common_tables; c; c = c->outer)
        if (slice_equal(c->name, name.text))
            return refuse_hints(l, hints, "common table") && common_table_rows(l, c, out);
    const view_descriptor *view = catalog_view(l->b.catalog, name.text);
    if (view)
        return refuse_hints(l, hints, "view") && view_rows(l, view, name, out);
    const source_descriptor *source = catalog_source(l->b.catalog, name.text);
    if (!source)
        return report_unknown(l, name);
    return flink_hinted_table(l, source, hints, &source) &&
           flink_table_rows(l, source, name.span, out);
}

/* ---- relations ---- */

static ast_name default_alias(const flink_relation *relation) {
    if (ast_name_given(relation->alias))
        return relation->alias;
    return relation->kind == FLINK_RELATION_NAME ? relation->named.name : (ast_name){0};
}

static bool query_rows(
    lowering *l, const flink_relation *relation, const typing *outer, rows *out) {
    pending_conditions *pending = l->pending;
    l->pending = NULL;
    bool ok = flink_query_rows(l, relation->query, relation->lateral ? outer : NULL, out);
    l->pending = pending;
    return ok;
}

bool flink_relation_rows(
    lowering *l, const flink_relation *relation, const typing *outer, rows *out) {
    bool ok = false;
    pending_conditions *pending = l->pending;
    switch (relation->kind) {
    case FLINK_RELATION_JOIN:
        return flink_join_rows(l, relation, outer, out);
    case FLINK_RELATION_NAME:
        ok = named_rows(l, relation->named.name, &relation->hints, out);
        break;
    case FLINK_RELATION_QUERY:
        ok = query_rows(l, relation, outer, out);
        break;
    case FLINK_RELATION_VALUES:
        ok = flink_values_rows(l, &relation->values, outer, relation->span, out);
        break;
    case FLINK_RELATION_WINDOW:
        l->pending = NULL;
        ok = flink_window_rows(l, relation->window, outer, out);
        break;
    case FLINK_RELATION_UNNEST:
    case FLINK_RELATION_FUNCTION:
        l->pending = pending;
        return flink_unnest_rows(l, relation, NULL, false, out);
    case FLINK_RELATION_MATCH:
        l->pending = NULL;
        ok = flink_match_rows(l, relation->match, outer, out);
        break;
    }
    l->pending = pending;
    return ok && flink_rename(l, default_alias(relation), &relation->columns, out);
}
