/* pull.c - pull queries: a bounded plan over a materialized table, or over a stream's topic up to
 * its end.
 *
 *   SCAN (keys, window bounds) [-> HASH JOIN] -> FILTER(what is left of WHERE) -> [TABLE FUNCTION]
 * -> [AGGREGATE -> FILTER(having)] -> PROJECT -> [SORT] -> [LIMIT] -> SINK
 *
 * A table can be asked when a query keeps its rows: it was made by CREATE TABLE ... AS SELECT, or
 * is a CREATE SOURCE TABLE. */
#include "planner/pull_join.h"
#include "planner/pull_lookup.h"
#include "planner/pull_order.h"

static bool property_is_false(planning *b, const char *name) {
    if (!b->options || !b->options->property)
        return false;
    slice value = b->options->property(b->options->context, slice_of(name));
    return value.data && slice_is_ignore_case(value, "false");
}

/* ---- what pull queries do not have ---- */

static bool check_clauses(planning *b) {
    const ast_query *query = b->query;
    if (query->has_partition_by) {
        error_at(b->e, ERROR_UNSUPPORTED, query->span,
            "Pull queries don't support PARTITION BY clauses");
        return error_hint(b->e, "Add EMIT CHANGES if you intended to issue a push query.");
    }
    if (query->limit >= 0 && property_is_false(b, "ksql.query.pull.limit.clause.enabled"))
        return error_at(b->e, ERROR_STATEMENT, query->span,
            "LIMIT in pull queries is disabled by ksql.query.pull.limit.clause.enabled");
    static const pseudo_column HIDDEN[] = {PSEUDO_ROWPARTITION, PSEUDO_ROWOFFSET};
    for (int i = 0; i < 2; i++)
        if (planning_mentions(b, HIDDEN[i])) {
            error_at(b->e, ERROR_STATEMENT, query->span,
                "Pull queries don't have the column `%.*s`",
                SLICE_ARG(pseudo_column_name(HIDDEN[i])));
            return error_hint(b->e, "A stored row does not know where its records were: use EMIT "
                                    "CHANGES.");
        }
    return true;
}

/* ---- the table's rows ---- */

/* The query that keeps the table's rows; the NULL slice when none does. */
static slice materializing_query(planning *b, const source_descriptor *table) {
    if (table->query_id.data)
        return table->query_id;
    int count;
    const query_descriptor *const *queries = catalog_queries(b->catalog, &count);
    for (int i = 0; i < count && table->is_source; i++) {
        const query_descriptor *query = queries[i];
        if (!slice_starts_with(query->id, SLICE_LITERAL("CST_")))
            continue;
        if (slice_equal(query->sink, table->name) ||
            (query->source_count == 1 && slice_equal(query->sources[0], table->name)))
            return arena_copy(b->arena, query->id);
    }
    return (slice){0};
}

/* The SOURCE becomes a SCAN with the same columns. */
static bool make_scan(planning *b, plan_node *node, source_span span) {
    const source_descriptor *table = node->source.source;
    slice query_id = materializing_query(b, table);
    if (!query_id.data) {
        error_at(b->e, ERROR_STATEMENT, span,
            "The table `%.*s` cannot be asked: its rows are kept nowhere", SLICE_ARG(table->name));
        return error_hint(b->e,
            "Derive one that can: CREATE TABLE QUERYABLE_%.*s AS SELECT * FROM %.*s; or add EMIT "
            "CHANGES for a push query.",
            SLICE_ARG(table->name), SLICE_ARG(table->name));
    }
    node->kind = PLAN_SCAN;
    node->mode = CHANGELOG_APPEND; /* each row once */
    memset(&node->scan, 0, sizeof node->scan);
    node->scan.query_id = query_id;
    node->scan.table_store = SLICE_LITERAL("table");
    node->scan.source = table;
    node->scan.start_from_ms = node->scan.end_from_ms = INT64_MIN;
    node->scan.start_to_ms = node->scan.end_to_ms = INT64_MAX;
    return true;
}

static bool check_scan_allowed(planning *b, bool constant_keys, bool key_range) {
    if (constant_keys || !property_is_false(b, "ksql.query.pull.table.scan.enabled"))
        return true;
    if (key_range && !property_is_false(b, "ksql.query.pull.range.scan.enabled"))
        return true;
    source_span span = b->query->where ? b->query->where->span : b->query->from.span;
    error_at(b->e, ERROR_STATEMENT, span,
        "The query must read the whole table, which ksql.query.pull.table.scan.enabled forbids");
    return error_hint(
        b->e, "Compare every key column with = or IN to constants, and with one of them only.");
}

/* Elsewhere IN converts 'text' and skips nulls; as a key to look up both are mistakes. */
typedef struct key_check {
    planning *b;
    const expression_scope *scope;
    const plan_node *scan;
} key_check;

static bool has_wrong_key(void *context, const ast_expression *part) {
    key_check *check = context;
    if (part->kind != AST_EXPRESSION_IN || part->in.operand->kind != AST_EXPRESSION_COLUMN)
        return false;
    const ast_expression *operand = part->in.operand;
    const scope_column *column =
        scope_find(check->scope, operand->column.qualifier.text, operand->column.name.text);
    if (!column || column->is_pseudo || column->index >= check->scan->key_count)
        return false;
    for (int i = 0; i < part->in.items.count; i++) {
        const ast_expression *item = part->in.items.items[i];
        if (item->kind != AST_EXPRESSION_LITERAL)
            continue;
        if (item->literal.kind == AST_LITERAL_NULL)
            return !error_at(check->b->e, ERROR_STATEMENT, item->span,
                "A primary key column cannot be NULL: `%.*s`", SLICE_ARG(column->name));
        bool number = sql_type_is_numeric(column->type) || column->type->base == SQL_BOOLEAN;
        if (number && item->literal.kind == AST_LITERAL_STRING)
            return !error_at(check->b->e, ERROR_STATEMENT, item->span,
                "'%.*s' is not of the type of the key column `%.*s`, %.*s",
                SLICE_ARG(item->literal.text), SLICE_ARG(column->name),
                SLICE_ARG(sql_type_name(check->b->arena, column->type)));
    }
    return false;
}

static bool plan_lookup(planning *b, relation *r) {
    plan_node *scan = r->node;
    bool constant_keys = false, key_range = false;
    const expression *rest = NULL;
    if (b->query->where) {
        expression_scope scope = planning_scope(b, r, "WHERE");
        const expression *predicate = expression_analyze_condition(&scope, b->query->where, b->e);
        key_check check = {b, &scope, scan};
        if (!predicate || ast_expression_visit(b->query->where, has_wrong_key, &check))
            return false;
        rest = pull_lookup_read(b, scan, predicate, &constant_keys, &key_range);
    }
    if (!check_scan_allowed(b, constant_keys, key_range))
        return false;
    if (rest) {
        plan_node *filter = planning_node(b, PLAN_FILTER, scan);
        filter->filter.predicate = rest;
        r->node = filter;
    }
    return true;
}

/* ---- joins ---- */

static bool check_joined_scans(planning *b) {
    if (!property_is_false(b, "ksql.query.pull.table.scan.enabled"))
        return true;
    for (int i = 0; i < b->node_count; i++) {
        const plan_node *node = b->nodes[i];
        if (node->kind != PLAN_SCAN || node->scan.keys || node->scan.by_join)
            continue;
        error_at(b->e, ERROR_STATEMENT, b->query->joins.items[0].span,
            "The join reads the whole table %.*s, which ksql.query.pull.table.scan.enabled forbids",
            SLICE_ARG(node->scan.source->name));
        return error_hint(b->e,
            "Compare its key with constants in WHERE, or join it by its key with a table whose "
            "key is compared.");
    }
    return true;
}

static bool scan_joined(planning *b, relation *r) {
    const ast_query *query = b->query;
    for (int i = 0; i < b->node_count; i++) {
        plan_node *node = b->nodes[i];
        if (node->kind != PLAN_SOURCE)
            continue;
        if (node->mode != CHANGELOG_UPSERT) {
            error_at(b->e, ERROR_UNSUPPORTED, query->joins.items[0].span,
                "Pull queries join tables only, and %.*s is a stream",
                SLICE_ARG(node->source.source->name));
            return error_hint(b->e, "Add EMIT CHANGES if you intended to issue a push query.");
        }
        if (!make_scan(b, node, query->from.span))
            return false;
    }
    r->node->mode = CHANGELOG_APPEND; /* each row once */
    if (!plan_where(b, r))
        return false;
    pull_join_narrow(b, r);
    return check_joined_scans(b);
}

/* ---- LIMIT ---- */

static void plan_limit(planning *b, relation *r) {
    if (b->query->limit < 0 && b->query->offset <= 0)
        return;
    plan_node *node = planning_node(b, PLAN_LIMIT, r->node);
    node->limit.limit = b->query->limit;
    node->limit.offset = b->query->offset > 0 ? b->query->offset : 0;
    r->node = node;
}

bool plan_pull_query(planning *b) {
    relation r;
    if (!check_clauses(b) || !plan_from(b, &r))
        return false;
    bool table = r.node->kind == PLAN_SOURCE && r.node->mode == CHANGELOG_UPSERT;
    bool ok = b->query->joins.count > 0 ? scan_joined(b, &r)
              : table ? make_scan(b, r.node, b->query->from.span) && plan_lookup(b, &r)
                      : plan_where(b, &r);
    if (!ok)
        return false;
    if (!plan_table_functions(b, &r) ||
        !(b->query->has_group_by ? plan_group_by(b, &r) : plan_select(b, &r)))
        return false;
    pull_order_plan(b, &r);
    plan_limit(b, &r);
    return plan_transient_sink(b, &r);
}
