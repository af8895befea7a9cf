/* INSERT INTO: the query's columns go to the table's by position, with the casts that lose no kind
 * of value. What a table can take decides about queries that update their rows:
 *
 *   kafka, filesystem   rows that are only added; kafka with debezium-json everything
 *   upsert-kafka        the last row of each primary key; where the query's rows are not unique by
 *                       that key, an UPSERT node keeps which one is the last
 *   print, blackhole    everything
 */
#include "planner/flink/lowering.h"

typedef struct target_column {
    slice name;
    const sql_type *type;
    bool is_key;
    const expression *constant; /* of PARTITION; or NULL */
} target_column;

/* Metadata that can be written: it has no place in key or value. */
static bool is_written_metadata(const flink_table_column *c) {
    return c->role == FLINK_ROLE_METADATA && !c->is_virtual;
}

/* Columns that can be written, in order of declaration. */
static int target_columns(lowering *l, const source_descriptor *table, target_column **out) {
    const flink_table *flink = table->flink;
    int room = flink ? flink->column_count : table->column_count, count = 0;
    *out = ARENA_ARRAY(l->b.arena, target_column, room + 1);
    for (int i = 0; i < room; i++) {
        if (flink && is_written_metadata(&flink->columns[i]))
            (*out)[count++] =
                (target_column){flink->columns[i].name, flink->columns[i].type, false, NULL};
        if (flink && flink->columns[i].role != FLINK_ROLE_PHYSICAL)
            continue;
        const source_column *c = &table->columns[flink ? flink->columns[i].physical : i];
        (*out)[count++] = (target_column){c->name, c->type, c->role == COLUMN_KEY, NULL};
    }
    return count;
}

static bool report_types(
    lowering *l, const flink_insert *insert, const rows *r, const char *cause) {
    error_at(l->b.e, ERROR_STATEMENT, insert->target.span,
        "Column types of query result and sink for '%.*s' do not match: %s",
        SLICE_ARG(insert->target.text), cause);
    buffer text = {0};
    for (int i = 0; i < r->column_count; i++) {
        buffer_format(&text, "%s%.*s ", i ? ", " : "", SLICE_ARG(r->columns[i].name));
        sql_type_format(r->node->columns[r->columns[i].index].type, &text);
    }
    error_hint(l->b.e, "The query gives %.*s. Use CAST where a type differs.",
        SLICE_ARG(buffer_slice(&text)));
    buffer_free(&text);
    return false;
}

/* PARTITION (c = v): columns that the query does not give. */
static bool read_partition(
    lowering *l, const flink_insert *insert, target_column *targets, int count) {
    typing t = {.l = l, .clause = "PARTITION"};
    for (int k = 0; k < insert->partition.count; k++) {
        const ast_property *part = &insert->partition.items[k];
        target_column *found = NULL;
        for (int i = 0; i < count; i++)
            if (slice_equal(targets[i].name, part->name.text))
                found = &targets[i];
        if (!found)
            return error_at(l->b.e, ERROR_NOT_FOUND, part->span,
                "Table %.*s has no column '%.*s' that can be written",
                SLICE_ARG(insert->target.text), SLICE_ARG(part->name.text));
        ast_expression *ast = ARENA_NEW(l->b.arena, ast_expression);
        ast->kind = AST_EXPRESSION_LITERAL;
        ast->span = part->value.span;
        ast->literal = part->value;
        expression_scope scope = flink_scope(&t);
        const expression *value = flink_expression(&t, ast);
        found->constant = value ? flink_cast(l, &scope, value, found->type) : NULL;
        if (!found->constant)
            return !error_is_set(l->b.e) &&
                   error_at(l->b.e, ERROR_STATEMENT, part->span,
                       "The value of '%.*s' does not fit its column", SLICE_ARG(part->name.text));
    }
    return true;
}

/* Which column of the query a column of the table takes; -1: none, it becomes NULL or its constant.
 */
static bool place_columns(lowering *l, const flink_insert *insert, const rows *r,
    const target_column *targets, int count, int *places) {
    int given = insert->columns.count ? insert->columns.count : count - insert->partition.count;
    if (given != r->column_count) {
        slice text = planning_text(
            &l->b, "%d columns of the query for %d of the table", r->column_count, given);
        return report_types(l, insert, r, text.data);
    }
    for (int i = 0, next = 0; i < count; i++)
        places[i] = insert->columns.count || targets[i].constant ? -1 : next++;
    for (int k = 0; k < insert->columns.count; k++) {
        int found = -1;
        for (int i = 0; i < count; i++)
            if (slice_equal(targets[i].name, insert->columns.items[k].text))
                found = i;
        if (found < 0)
            return error_at(l->b.e, ERROR_NOT_FOUND, insert->columns.items[k].span,
                "Table %.*s has no column '%.*s' that can be written",
                SLICE_ARG(insert->target.text), SLICE_ARG(insert->columns.items[k].text));
        places[found] = k;
    }
    return true;
}

static bool cast_columns(lowering *l, const flink_insert *insert, const target_column *targets,
    int count, const int *places, rows *r) {
    typing t = {.l = l};
    expression_scope scope = flink_scope(&t);
    const expression **values = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, count + 1);
    int filled = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < count; i++) {
            if (targets[i].is_key != (pass == 0))
                continue;
            const expression *value = targets[i].constant ? targets[i].constant
                                      : places[i] < 0
                                          ? build_null_value(&scope, targets[i].type, SPAN_NONE)
                                          : flink_input(l, r->node, r->columns[places[i]].index);
            if (!flink_can_assign(value->type, targets[i].type)) {
                slice text = planning_text(&l->b, "%.*s of the query cannot go into %.*s %.*s",
                    SLICE_ARG(sql_type_name(l->b.arena, value->type)), SLICE_ARG(targets[i].name),
                    SLICE_ARG(sql_type_name(l->b.arena, targets[i].type)));
                return report_types(l, insert, r, text.data);
            }
            values[filled] = flink_cast(l, &scope, value, targets[i].type);
            columns[filled++] = (rows_column){.name = targets[i].name};
        }
    rows in = *r;
    if (!flink_project(l, &in, values, columns, count, r))
        return false;
    /* A cast keeps rows apart that differ, so keys stay keys: project_keys saw columns only. */
    return true;
}

static bool is_connector(const source_descriptor *table, const char *name) {
    return table->flink && slice_is_ignore_case(table->flink->connector, name);
}

static bool takes_everything(const source_descriptor *table) {
    return slice_is(table->value_format.name, "DEBEZIUM_JSON") || is_connector(table, "print") ||
           is_connector(table, "blackhole");
}

static bool check_changes(
    lowering *l, const flink_insert *insert, const source_descriptor *table, const rows *r) {
    if (r->node->mode == CHANGELOG_APPEND || takes_everything(table) || table->kind == SOURCE_TABLE)
        return true;
    error_at(l->b.e, ERROR_STATEMENT, insert->target.span,
        "Table sink '%.*s' doesn't support consuming update and delete changes, which the query "
        "gives",
        SLICE_ARG(table->name));
    return error_hint(l->b.e, "The connector upsert-kafka takes them by PRIMARY KEY; print and "
                              "blackhole take everything.");
}

bool flink_insert_sink(lowering *l, const flink_insert *insert, rows *r) {
    const source_descriptor *found = catalog_source(l->b.catalog, insert->target.text);
    if (!found) {
        if (catalog_view(l->b.catalog, insert->target.text))
            return error_at(l->b.e, ERROR_STATEMENT, insert->target.span,
                "'%.*s' is a view and cannot be written", SLICE_ARG(insert->target.text));
        error_at(l->b.e, ERROR_NOT_FOUND, insert->target.span, "Cannot find table '%.*s'",
            SLICE_ARG(insert->target.text));
        const source_descriptor *near = catalog_nearest_source(l->b.catalog, insert->target.text);
        return near ? error_hint(l->b.e, "Did you mean %.*s?", SLICE_ARG(near->name)) : false;
    }
    if (!flink_hinted_table(l, found, &insert->hints, &found))
        return false;
    const source_descriptor *table = source_copy(l->b.arena, found);
    slice topics = table->flink ? flink_option(table->flink, "topic") : (slice){NULL, 0};
    if (topics.length && memchr(topics.data, ';', topics.length)) {
        error_at(l->b.e, ERROR_STATEMENT, insert->target.span,
            "The table %.*s has several topics and can only be read", SLICE_ARG(table->name));
        return error_hint(l->b.e, "Write to a table of one of them.");
    }
    target_column *targets;
    int count = target_columns(l, table, &targets);
    int *places = ARENA_ARRAY(l->b.arena, int, count + 1);
    if (!read_partition(l, insert, targets, count) ||
        !place_columns(l, insert, r, targets, count, places) || !check_changes(l, insert, table, r))
        return false;
    /* Whether the rows are unique by the table's key, told before casts hide it. */
    int keys = 0, *key = ARENA_ARRAY(l->b.arena, int, count + 1);
    for (int i = 0; i < count; i++)
        if (targets[i].is_key && places[i] >= 0)
            key[keys++] = r->columns[places[i]].index;
    bool unique = flink_has_key(r, key, keys);
    if (!cast_columns(l, insert, targets, count, places, r))
        return false;
    if (table->kind == SOURCE_TABLE && !unique && r->node->mode != CHANGELOG_APPEND) {
        plan_node *node = flink_node(l, PLAN_UPSERT, r->node, NULL);
        int *columns = ARENA_ARRAY(l->b.arena, int, keys + 1);
        for (int i = 0; i < keys; i++)
            columns[i] = i;
        node->mode = CHANGELOG_RETRACT;
        node->store = flink_store(l, "Upsert");
        node->upsert.key_count = keys;
        node->upsert.keys = columns;
        node->upsert.ttl_ms = l->ttl_ms;
        r->node = node;
    }
    plan_node *sink = flink_node(l, PLAN_SINK, r->node, NULL);
    if (table->kind == SOURCE_TABLE) {
        sink->key_count = keys;
        if (sink->mode == CHANGELOG_APPEND)
            sink->mode = CHANGELOG_UPSERT;
    }
    sink->sink.sink = table;
    return true;
}

bool flink_transient_sink(lowering *l, rows *r) {
    const expression **values = ARENA_ARRAY(l->b.arena, const expression *, r->column_count + 1);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, r->column_count + 1);
    int count = 0;
    for (int i = 0; i < r->column_count; i++) {
        if (r->columns[i].hidden)
            continue;
        columns[count] = r->columns[i];
        values[count++] = flink_input(l, r->node, r->columns[i].index);
    }
    rows in = *r;
    if (!flink_project(l, &in, values, columns, count, r))
        return false;
    flink_node(l, PLAN_SINK, r->node, NULL);
    return true;
}
