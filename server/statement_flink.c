/* The Flink dialect's statements about tables, views and functions: CREATE and DROP. */
#include <string.h>

#include "catalog/function.h"
#include "parser/ast_format.h"
#include "parser/flink_ast.h"
#include "parser/parser.h"
#include "server/statement.h"
#include "server/statement_flink.h"

/* ---- names ---- */

static bool is_view(const statement_call *call, slice name) {
    return catalog_view(call->instance->catalog, name) != NULL;
}

/* Whether a table or view may take the name; `done` when there is nothing to do. */
static bool check_free(statement_call *call, ast_name name, bool if_not_exists, bool or_replace,
    bool *done, error *e) {
    bool view = is_view(call, name.text);
    bool table = catalog_source(call->instance->catalog, name.text) != NULL;
    *done = false;
    if ((!view && !table) || (or_replace && view))
        return true;
    if (if_not_exists) {
        *done = true;
        answer_warning(call, arena_format(call->arena, "The %s `%.*s` exists already.",
                                 view ? "view" : "table", SLICE_ARG(name.text)));
        return true;
    }
    error_at(e, ERROR_EXISTS, name.span, "The %s '%.*s' exists already", view ? "view" : "table",
        SLICE_ARG(name.text));
    return error_hint(e, "Drop it first, or use IF NOT EXISTS.");
}

bool statement_flink_missing(statement_call *call, ast_name name, const char *kind, error *e) {
    error_at(
        e, ERROR_NOT_FOUND, name.span, "There is no %s named '%.*s'", kind, SLICE_ARG(name.text));
    const source_descriptor *nearest = catalog_nearest_source(call->instance->catalog, name.text);
    return nearest && error_hint(e, "Did you mean '%.*s'?", SLICE_ARG(nearest->name));
}

static slice quoted(statement_call *call, slice name) {
    return arena_format(call->arena, "`%.*s`", SLICE_ARG(name));
}

/* ---- CREATE ---- */

static bool describe_table(statement_call *call, source_descriptor **source, bool *done, error *e) {
    const flink_create_table *create = call->statement->flink_create_table;
    planner_options options = statement_planner_options(call);
    catalog *c = call->instance->catalog;
    catalog_read_lock(c);
    bool ok = check_free(call, create->name, create->if_not_exists, false, done, e) &&
              (*done || planner_flink_table(call->statement, c, &options, call->arena, source, e));
    catalog_unlock(c);
    return ok;
}

/* On the embedded log nobody else makes topics. */
static bool ensure_table_topic(statement_call *call, source_descriptor *source, error *e) {
    bool is_kafka = slice_ends_with(source->flink->connector, SLICE_LITERAL("kafka"));
    if (!is_kafka || topic_system_is_kafka(call->instance->topics))
        return true;
    slice topics = flink_option(source->flink, "topic");
    for (slice topic; slice_take_item(&topics, ';', &topic);)
        if (!instance_ensure_topic(call->instance, topic, source->partitions, source, e))
            return false;
    return true;
}

static bool commit(statement_call *call, bool ok, error *e) {
    if (ok)
        return catalog_commit(call->instance->catalog, call->text, e);
    catalog_rollback(call->instance->catalog);
    return false;
}

static bool create_table(statement_call *call, error *e) {
    source_descriptor *source = NULL;
    bool done;
    if (!describe_table(call, &source, &done, e))
        return false;
    if (done)
        return true;
    source->sql = call->text;
    catalog *c = call->instance->catalog;
    if (!ensure_table_topic(call, source, e) || !catalog_begin(c, e) ||
        !commit(call, catalog_put_source(c, source, e), e))
        return false;
    answer_status(call, "table", quoted(call, source->name), "create",
        SLICE_LITERAL("Table created"), (slice){NULL, 0});
    return true;
}

/* A view is planned once when it is made, so that its errors are told there. */
static bool check_view(statement_call *call, slice query, error *e) {
    planner_options options = statement_planner_options(call);
    plan *p = NULL;
    ast_statement *statement = parser_parse_statement_in(call->arena, PARSER_FLINK, query, e);
    bool ok = statement && planner_plan_flink(statement, call->instance->catalog, &options,
                               SLICE_LITERAL("view"), &p, e);
    plan_destroy(p);
    return ok;
}

slice statement_flink_text_at(const ast_statement *statement, source_span span) {
    const char *sql = statement->text.data - statement->span.offset;
    return slice_make(sql + span.offset, (size_t)span.length);
}

static bool create_view(statement_call *call, error *e) {
    const flink_create_view *create = call->statement->flink_create_view;
    catalog *c = call->instance->catalog;
    slice *columns = ARENA_ARRAY(call->arena, slice, create->columns.count + 1);
    for (int i = 0; i < create->columns.count; i++)
        columns[i] = create->columns.items[i].text;
    view_descriptor view = {.name = create->name.text,
        .query = statement_flink_text_at(call->statement, create->query->span),
        .column_count = create->columns.count,
        .columns = columns,
        .sql = call->text};
    bool done;
    catalog_read_lock(c);
    bool ok = check_free(call, create->name, create->if_not_exists, create->or_replace, &done, e);
    if (ok && !done && !check_view(call, view.query, e)) {
        if (e->span.offset >= 0)
            e->span.offset += create->query->span.offset;
        ok = false;
    }
    catalog_unlock(c);
    if (!ok || done)
        return ok;
    if (!catalog_begin(c, e) || !commit(call, catalog_put_view(c, &view, e), e))
        return false;
    answer_status(call, "view", quoted(call, view.name), "create", SLICE_LITERAL("View created"),
        (slice){NULL, 0});
    return true;
}

static bool create_function(statement_call *call, error *e) {
    const flink_create_function *create = call->statement->flink_create_function;
    catalog *c = call->instance->catalog;
    catalog_read_lock(c);
    bool taken = catalog_function_class(c, create->name.text).data != NULL;
    catalog_unlock(c);
    if (taken && create->if_not_exists) {
        answer_warning(call, arena_format(call->arena, "The function %.*s exists already.",
                                 SLICE_ARG(create->name.text)));
        return true;
    }
    if (taken)
        return error_at(e, ERROR_EXISTS, create->name.span, "The function '%.*s' exists already",
            SLICE_ARG(create->name.text));
    if (!function_find_class(create->class_name)) {
        error_at(e, ERROR_NOT_FOUND, call->statement->span, "There is no function of class '%.*s'",
            SLICE_ARG(create->class_name));
        return error_hint(e, "Java classes cannot be loaded: write the name of a function of a "
                             "library (--extension), or of one that SHOW FUNCTIONS lists.");
    }
    if (!catalog_begin(c, e) ||
        !commit(call,
            catalog_put_property(c, catalog_function_property(call->arena, create->name.text),
                create->class_name, e),
            e))
        return false;
    answer_status(call, "function", quoted(call, create->name.text), "create",
        SLICE_LITERAL("Function created"), (slice){NULL, 0});
    return true;
}

static bool run_locked(statement_call *call, statement_executor *execute, error *e) {
    pthread_mutex_lock(&call->instance->change);
    bool ok = execute(call, e);
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}

/* ---- CREATE TABLE ... AS ---- */

void statement_flink_type(buffer *out, const sql_type *type, bool ltz) {
    switch (type->base) {
    case SQL_TIMESTAMP:
        buffer_append_text(out, ltz ? "TIMESTAMP_LTZ(3)" : "TIMESTAMP(3)");
        return;
    case SQL_INTEGER:
        buffer_append_text(out, "INT");
        return;
    case SQL_ARRAY:
        buffer_append_text(out, "ARRAY<");
        statement_flink_type(out, type->element, false);
        buffer_append_byte(out, '>');
        return;
    case SQL_MAP:
        buffer_append_text(out, "MAP<");
        statement_flink_type(out, type->key, false);
        buffer_append_text(out, ", ");
        statement_flink_type(out, type->element, false);
        buffer_append_byte(out, '>');
        return;
    case SQL_STRUCT:
        buffer_append_text(out, "ROW<");
        for (int i = 0; i < type->field_count; i++) {
            buffer_format(out, "%s`%.*s` ", i ? ", " : "", SLICE_ARG(type->fields[i].name));
            statement_flink_type(out, type->fields[i].type, false);
        }
        buffer_append_byte(out, '>');
        return;
    default:
        sql_type_format(type, out);
    }
}

static bool drop_made(statement_call *call, error *e) {
    catalog *c = call->instance->catalog;
    return catalog_begin(c, e) &&
           commit(
               call, catalog_drop_source(c, call->statement->flink_create_table->name.text, e), e);
}

/* The statement without its query, with the columns that the query gives. */
static bool described_by_query(
    statement_call *call, ast_statement **out, bool *exists_already, error *e) {
    const flink_create_table *create = call->statement->flink_create_table;
    catalog *c = call->instance->catalog;
    planner_options options = statement_planner_options(call);
    slice query = statement_flink_text_at(call->statement, create->as->span);
    plan *p = NULL;
    catalog_read_lock(c);
    bool ok = check_free(call, create->name, create->if_not_exists, false, exists_already, e);
    ast_statement *select = ok && !*exists_already
                                ? parser_parse_statement_in(call->arena, PARSER_FLINK, query, e)
                                : NULL;
    if (select && !planner_plan_flink(select, c, &options, SLICE_LITERAL("table"), &p, e) &&
        e->span.offset >= 0)
        e->span.offset += create->as->span.offset;
    catalog_unlock(c);
    if (!p)
        return ok && *exists_already;
    const plan_node *rows = p->nodes[p->node_count - 1]->inputs[0];
    buffer columns = {0};
    buffer_append_text(&columns, "CREATE TABLE t (");
    for (int i = 0; i < rows->column_count; i++) {
        buffer_append_text(&columns, i ? ", " : "");
        buffer_format(&columns, "`%.*s` ", SLICE_ARG(rows->columns[i].name));
        statement_flink_type(&columns, rows->columns[i].type, false);
    }
    buffer_append_byte(&columns, ')');
    plan_destroy(p);
    slice text = arena_copy(call->arena, buffer_slice(&columns));
    buffer_free(&columns);
    ast_statement *shape = parser_parse_statement_in(call->arena, PARSER_FLINK, text, e);
    if (!shape)
        return false;
    ast_statement changed = *call->statement;
    changed.flink_create_table = ARENA_NEW(call->arena, flink_create_table);
    *changed.flink_create_table = *create;
    changed.flink_create_table->columns = shape->flink_create_table->columns;
    changed.flink_create_table->as = NULL;
    *out = parser_parse_statement_in(
        call->arena, PARSER_FLINK, ast_format_statement(call->arena, &changed), e);
    return *out != NULL;
}

ast_statement statement_flink_query_of(const ast_statement *create) {
    flink_query *query = create->flink_create_table->as;
    return (ast_statement){.kind = AST_STATEMENT_FLINK_QUERY,
        .dialect = PARSER_FLINK,
        .span = query->span,
        .text = statement_flink_text_at(create, query->span),
        .flink_query = query};
}

/* The table, and a job that fills it. Without the one there is not the other. */
static bool create_table_as(statement_call *call, error *e) {
    const flink_create_table *create = call->statement->flink_create_table;
    statement_call part = *call;
    ast_statement *table = NULL;
    bool exists_already = false;
    if (!described_by_query(call, &table, &exists_already, e) || exists_already)
        return !error_is_set(e);
    part.statement = table;
    part.text = arena_format(call->arena, "%.*s;", SLICE_ARG(table->text));
    if (!run_locked(&part, create_table, e)) {
        e->span = create->name.span; /* the text is another one */
        return false;
    }
    slice sql = arena_format(call->arena, "INSERT INTO %.*s %.*s",
        SLICE_ARG(ast_format_name_in(call->arena, PARSER_FLINK, create->name.text)),
        SLICE_ARG(statement_flink_text_at(call->statement, create->as->span)));
    statement_call fill = *call;
    error ignored = {0};
    ast_statement *insert = parser_parse_statement_in(call->arena, PARSER_FLINK, sql, e);
    fill.statement = insert;
    fill.text = sql;
    if (insert && statement_flink_insert(&fill, e))
        return true;
    e->span = create->name.span;
    run_locked(call, drop_made, &ignored);
    error_clear(&ignored);
    return false;
}

bool statement_flink_create_table(statement_call *call, error *e) {
    return call->statement->flink_create_table->as ? create_table_as(call, e)
                                                   : run_locked(call, create_table, e);
}
bool statement_flink_create_view(statement_call *call, error *e) {
    return run_locked(call, create_view, e);
}
bool statement_flink_create_function(statement_call *call, error *e) {
    return run_locked(call, create_function, e);
}

/* ---- DROP ---- */

slice statement_flink_user_of(statement_call *call, slice name) {
    int count;
    const query_descriptor *const *queries = catalog_queries(call->instance->catalog, &count);
    for (int i = 0; i < count; i++) {
        bool uses = slice_equal(queries[i]->sink, name);
        for (int n = 0; n < queries[i]->source_count; n++)
            uses |= slice_equal(queries[i]->sources[n], name);
        running_query *running = uses ? engine_query(call->instance->engine, queries[i]->id) : NULL;
        query_status status = {.state = QUERY_ENDED};
        if (running)
            query_read_status(running, &status);
        if (uses && status.state != QUERY_ENDED)
            return queries[i]->id;
    }
    return (slice){NULL, 0};
}

static bool exists(statement_call *call, const flink_drop *drop) {
    catalog *c = call->instance->catalog;
    switch (drop->kind) {
    case FLINK_DROP_TABLE:
        return catalog_source(c, drop->name.text) != NULL;
    case FLINK_DROP_VIEW:
        return catalog_view(c, drop->name.text) != NULL;
    default:
        return catalog_function_class(c, drop->name.text).data != NULL;
    }
}

static bool remove_it(statement_call *call, const flink_drop *drop, error *e) {
    catalog *c = call->instance->catalog;
    switch (drop->kind) {
    case FLINK_DROP_TABLE:
        return catalog_drop_source(c, drop->name.text, e);
    case FLINK_DROP_VIEW:
        return catalog_drop_view(c, drop->name.text, e);
    default:
        return catalog_put_property(
            c, catalog_function_property(call->arena, drop->name.text), (slice){NULL, 0}, e);
    }
}

static bool drop(statement_call *call, error *e) {
    static const char *const KINDS[] = {"table", "view", "function"};
    const flink_drop *drop = call->statement->flink_drop;
    catalog *c = call->instance->catalog;
    catalog_read_lock(c);
    bool found = exists(call, drop);
    bool ok =
        found || drop->if_exists || statement_flink_missing(call, drop->name, KINDS[drop->kind], e);
    slice user = found && drop->kind == FLINK_DROP_TABLE
                     ? arena_copy(call->arena, statement_flink_user_of(call, drop->name.text))
                     : (slice){NULL, 0};
    catalog_unlock(c);
    if (!ok)
        return false;
    if (user.data) {
        error_at(e, ERROR_STATEMENT, drop->name.span, "The table '%.*s' is in use by the job %.*s",
            SLICE_ARG(drop->name.text), SLICE_ARG(user));
        return error_hint(e, "STOP JOB '%.*s'; first.", SLICE_ARG(user));
    }
    if (found && (!catalog_begin(c, e) || !commit(call, remove_it(call, drop, e), e)))
        return false;
    answer_status(call, KINDS[drop->kind], quoted(call, drop->name.text), "drop",
        arena_format(
            call->arena, found ? "The %s was dropped" : "There was no such %s", KINDS[drop->kind]),
        (slice){NULL, 0});
    return true;
}

bool statement_flink_drop(statement_call *call, error *e) {
    return run_locked(call, drop, e);
}
