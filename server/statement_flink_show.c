/* The Flink dialect's statements that show what there is: SHOW, DESCRIBE, SET; and those that
 * change a session only: RESET, USE. */
#include <string.h>

#include "catalog/function.h"
#include "parser/flink_ast.h"
#include "parser/parser.h"
#include "server/statement.h"
#include "server/statement_flink.h"

/* ---- tables of text ---- */

typedef struct result_table {
    statement_call *call;
    buffer out;
} result_table;

static void table_begin(result_table *t, statement_call *call, const char *const *titles) {
    *t = (result_table){.call = call};
    answer_begin(call, &t->out, "result_table");
    json_name(&t->out, "columns");
    json_open(&t->out, '[');
    for (; *titles; titles++)
        json_text(&t->out, slice_of(*titles));
    json_shut(&t->out, ']');
    json_name(&t->out, "rows");
    json_open(&t->out, '[');
}

static void table_row(result_table *t, const slice *cells, int count) {
    json_open(&t->out, '[');
    for (int i = 0; i < count; i++)
        json_text(&t->out, cells[i]);
    json_shut(&t->out, ']');
}

static void table_end(result_table *t) {
    json_shut(&t->out, ']');
    answer_end(t->call, &t->out, "result_table", (slice){NULL, 0});
}

static void one_column(statement_call *call, const char *title, const slice *cells, int count) {
    const char *titles[] = {title, NULL};
    result_table t;
    table_begin(&t, call, titles);
    for (int i = 0; i < count; i++)
        table_row(&t, &cells[i], 1);
    table_end(&t);
}

/* ---- SHOW ---- */

/* % is any text, _ any character. */
static bool is_like(slice name, slice pattern) {
    while (pattern.length && pattern.data[0] != '%') {
        if (!name.length || (pattern.data[0] != '_' && pattern.data[0] != name.data[0]))
            return false;
        name = slice_make(name.data + 1, name.length - 1);
        pattern = slice_make(pattern.data + 1, pattern.length - 1);
    }
    if (!pattern.length)
        return !name.length;
    pattern = slice_make(pattern.data + 1, pattern.length - 1);
    for (size_t i = 0; i <= name.length; i++)
        if (is_like(slice_make(name.data + i, name.length - i), pattern))
            return true;
    return false;
}

static bool is_shown(const flink_show *show, slice name) {
    return !show->like.data || is_like(name, show->like) != show->not_like;
}

static void show_names(statement_call *call, const char *title, slice *names, int count) {
    const flink_show *show = call->statement->flink_show;
    int kept = 0;
    for (int i = 0; i < count; i++)
        if (is_shown(show, names[i]))
            names[kept++] = names[i];
    one_column(call, title, names, kept);
}

static void show_tables(statement_call *call, bool tables) {
    catalog *c = call->instance->catalog;
    int source_count, view_count, count = 0;
    const source_descriptor *const *sources = catalog_sources(c, &source_count);
    const view_descriptor *const *views = catalog_views(c, &view_count);
    slice *names = ARENA_ARRAY(call->arena, slice, source_count + view_count + 1);
    for (int i = 0; tables && i < source_count; i++)
        names[count++] = sources[i]->name;
    for (int i = 0; i < view_count; i++)
        names[count++] = views[i]->name;
    show_names(call, tables ? "table name" : "view name", names, count);
}

/* Those that the dialect has under names of its own, too; `user`: of libraries only. */
static void show_functions(statement_call *call, bool user) {
    int shared, own, count = 0;
    const function_descriptor *const *all = function_all(&shared);
    const function_descriptor *const *flink = function_all_flink(&own);
    slice *names = ARENA_ARRAY(call->arena, slice, shared + own + 1);
    for (int a = 0, b = 0; a < shared || b < own;) {
        bool first = b == own || (a < shared && strcmp(all[a]->name, flink[b]->name) < 0);
        const function_descriptor *next = first ? all[a] : flink[b];
        if (!first && a < shared && strcmp(all[a]->name, next->name) == 0)
            a++;
        a += first;
        b += !first;
        bool is_inner = strncmp(next->name, "FLINK_", 6) == 0; /* what syntax stands for */
        if (!is_inner && (!user || next->origin))
            names[count++] = slice_of(next->name);
    }
    show_names(call, "function name", names, count);
}

static void show_jobs(statement_call *call) {
    static const char *const TITLES[] = {"job id", "job name", "status", "sink", NULL};
    static const char *const STATES[] = {"RUNNING", "SUSPENDED", "FAILED", "FINISHED"};
    int count;
    const query_descriptor *const *queries = catalog_queries(call->instance->catalog, &count);
    result_table t;
    table_begin(&t, call, TITLES);
    for (int i = 0; i < count; i++) {
        query_status status = {.state = QUERY_ERROR};
        running_query *running = engine_hold_query(call->instance->engine, queries[i]->id);
        if (running)
            query_read_status(running, &status);
        query_let_go(running);
        slice cells[] = {queries[i]->id,
            arena_format(call->arena, "insert-into_%.*s", SLICE_ARG(queries[i]->sink)),
            slice_of(STATES[status.state]), queries[i]->sink};
        table_row(&t, cells, 4);
    }
    table_end(&t);
}

static bool show_create(statement_call *call, const flink_show *show, error *e) {
    bool view = show->kind == FLINK_SHOW_CREATE_VIEW;
    const source_descriptor *source = catalog_source(call->instance->catalog, show->name.text);
    const view_descriptor *found = catalog_view(call->instance->catalog, show->name.text);
    if (view ? !found : !source)
        return statement_flink_missing(call, show->name, view ? "view" : "table", e);
    slice sql = view ? found->sql : source->sql;
    one_column(call, "result", &sql, 1);
    return true;
}

static bool show_columns(statement_call *call, const flink_show *show, error *e);

/* There is one of each. */
static bool use_default(statement_call *call, const flink_show *show, error *e) {
    bool is_catalog = show->kind == FLINK_USE_CATALOG;
    const char *only = is_catalog ? "default_catalog" : "default_database";
    if (slice_is(show->name.text, only)) {
        answer_status(call, is_catalog ? "catalog" : "database", show->name.text, "use",
            arena_format(call->arena, "It is %s.", only), (slice){NULL, 0});
        return true;
    }
    error_at(e, ERROR_NOT_FOUND, show->name.span, "There is no %s %.*s",
        is_catalog ? "catalog" : "database", SLICE_ARG(show->name.text));
    return error_hint(e, "Everything is in %s.", only);
}

static void add_jar(statement_call *call, const flink_show *show) {
    answer_warning(call, arena_format(call->arena,
                             "'%.*s' is not loaded: CREATE FUNCTION finds a function by its "
                             "class's name, among Sluice's own and those of libraries.",
                             SLICE_ARG(show->name.text)));
}

static bool show(statement_call *call, const flink_show *show, error *e) {
    slice catalog = SLICE_LITERAL("default_catalog"), database = SLICE_LITERAL("default_database");
    switch (show->kind) {
    case FLINK_SHOW_TABLES:
    case FLINK_SHOW_VIEWS:
        show_tables(call, show->kind == FLINK_SHOW_TABLES);
        return true;
    case FLINK_SHOW_FUNCTIONS:
    case FLINK_SHOW_USER_FUNCTIONS:
        show_functions(call, show->kind == FLINK_SHOW_USER_FUNCTIONS);
        return true;
    case FLINK_SHOW_JOBS:
        show_jobs(call);
        return true;
    case FLINK_SHOW_CREATE_TABLE:
    case FLINK_SHOW_CREATE_VIEW:
        return show_create(call, show, e);
    case FLINK_SHOW_CATALOGS:
        show_names(call, "catalog name", &catalog, 1);
        return true;
    case FLINK_SHOW_DATABASES:
        show_names(call, "database name", &database, 1);
        return true;
    case FLINK_SHOW_CURRENT_CATALOG:
        one_column(call, "current catalog name", &catalog, 1);
        return true;
    case FLINK_SHOW_CURRENT_DATABASE:
        one_column(call, "current database name", &database, 1);
        return true;
    case FLINK_SHOW_COLUMNS:
        return show_columns(call, show, e);
    case FLINK_SHOW_JARS:
        one_column(call, "jars", NULL, 0);
        return true;
    case FLINK_USE_CATALOG:
    case FLINK_USE_DATABASE:
        return use_default(call, show, e);
    case FLINK_ADD_JAR:
        add_jar(call, show);
        return true;
    }
    return true;
}

bool statement_flink_show(statement_call *call, error *e) {
    catalog_read_lock(call->instance->catalog);
    bool ok = show(call, call->statement->flink_show, e);
    catalog_unlock(call->instance->catalog);
    return ok;
}

/* ---- DESCRIBE ---- */

static slice type_text(statement_call *call, const sql_type *type, bool ltz) {
    buffer text = {0};
    if (type)
        statement_flink_type(&text, type, ltz);
    slice copy = arena_copy(call->arena, buffer_slice(&text));
    buffer_free(&text);
    return copy;
}

/* As it was declared, where the engine keeps another type's values: SMALLINT, VARCHAR(10). */
static slice declared_type(statement_call *call, const flink_table_column *column) {
    slice plain = type_text(call, column->type, column->is_time_ltz), text = column->declared;
    if (!column->type || sql_type_is_nested(column->type) || !text.length)
        return plain;
    buffer upper = {0};
    for (size_t i = 0; i < text.length; i++)
        buffer_append_byte(&upper, text.data[i] >= 'a' && text.data[i] <= 'z'
                                       ? (char)(text.data[i] - 'a' + 'A')
                                       : text.data[i]);
    slice not_null = SLICE_LITERAL(" NOT NULL");
    if (slice_ends_with(buffer_slice(&upper), not_null))
        upper.length -= not_null.length;
    slice copy = arena_copy(call->arena, slice_trim(buffer_slice(&upper)));
    buffer_free(&upper);
    return slice_is(copy, "INTEGER") ? SLICE_LITERAL("INT") : copy;
}

static slice nullable(const flink_table_column *column) {
    return column->not_null ? SLICE_LITERAL("FALSE") : SLICE_LITERAL("TRUE");
}

static slice extras(statement_call *call, const flink_table_column *column) {
    if (column->role == FLINK_ROLE_COMPUTED)
        return arena_format(call->arena, "AS %.*s", SLICE_ARG(column->expression));
    if (column->role == FLINK_ROLE_METADATA)
        return arena_format(call->arena, "METADATA FROM '%.*s'%s", SLICE_ARG(column->metadata_key),
            column->is_virtual ? " VIRTUAL" : "");
    return SLICE_LITERAL("");
}

static slice key_text(statement_call *call, const flink_table *table, slice column) {
    for (int i = 0; i < table->primary_key_count; i++)
        if (slice_equal(table->primary_key[i], column))
            return arena_format(call->arena, "PRI");
    return SLICE_LITERAL("");
}

static const char *const DESCRIBE_TITLES[] = {
    "name", "type", "null", "key", "extras", "watermark", NULL};

static void describe_columns(
    statement_call *call, const source_descriptor *source, const flink_show *show) {
    const flink_table *table = source->flink;
    result_table t;
    table_begin(&t, call, DESCRIBE_TITLES);
    for (int i = 0; i < table->column_count; i++) {
        const flink_table_column *column = &table->columns[i];
        if (show && !is_shown(show, column->name))
            continue;
        bool has_watermark = slice_equal(table->watermark_column, column->name);
        slice cells[] = {column->name, declared_type(call, column), nullable(column),
            key_text(call, table, column->name), extras(call, column),
            has_watermark ? table->watermark_expression : SLICE_LITERAL("")};
        table_row(&t, cells, 6);
    }
    table_end(&t);
}

static bool describe_view(statement_call *call, const view_descriptor *view, error *e) {
    planner_options options = statement_planner_options(call);
    plan *p = NULL;
    ast_statement *statement = parser_parse_statement_in(call->arena, PARSER_FLINK, view->query, e);
    if (!statement || !planner_plan_flink(statement, call->instance->catalog, &options,
                          SLICE_LITERAL("view"), &p, e))
        return false;
    const plan_node *node = p->nodes[p->node_count - 1]->inputs[0];
    result_table t;
    table_begin(&t, call, DESCRIBE_TITLES);
    for (int i = 0; i < node->column_count; i++) {
        slice empty = SLICE_LITERAL("");
        slice cells[] = {i < view->column_count ? view->columns[i] : node->columns[i].name,
            type_text(call, node->columns[i].type, false), SLICE_LITERAL("TRUE"), empty, empty,
            empty};
        table_row(&t, cells, 6);
    }
    table_end(&t);
    plan_destroy(p);
    return true;
}

static bool describe(statement_call *call, ast_name name, const flink_show *show, error *e) {
    const source_descriptor *source = catalog_source(call->instance->catalog, name.text);
    const view_descriptor *view = catalog_view(call->instance->catalog, name.text);
    if (view)
        return describe_view(call, view, e);
    if (!source || !source->flink)
        return statement_flink_missing(call, name, "table or view", e);
    describe_columns(call, source, show);
    return true;
}

static bool show_columns(statement_call *call, const flink_show *show, error *e) {
    return describe(call, show->name, show, e);
}

bool statement_flink_describe(statement_call *call, error *e) {
    catalog_read_lock(call->instance->catalog);
    bool ok = describe(call, call->statement->describe.name, NULL, e);
    catalog_unlock(call->instance->catalog);
    return ok;
}

/* ---- SET and RESET ---- */

bool statement_flink_settings(statement_call *call, error *e) {
    static const char *const TITLES[] = {"key", "value", NULL};
    const property_list *list = &call->session->properties;
    result_table t;
    (void)e;
    table_begin(&t, call, TITLES);
    for (int i = 0; i < list->count; i++) {
        slice cells[] = {slice_of(list->items[i].name), slice_of(list->items[i].value)};
        table_row(&t, cells, 2);
    }
    table_end(&t);
    return true;
}

bool statement_flink_reset(statement_call *call, error *e) {
    slice name = call->statement->property.name.text;
    property_list *list = &call->session->properties;
    if (name.data)
        return statement_set(call, e);
    for (int i = list->count - 1; i >= 0; i--)
        if (strcmp(list->items[i].name, "sluice.sql.dialect") != 0)
            property_list_set(list, slice_of(list->items[i].name), (slice){NULL, 0});
    call->result->answer.message = SLICE_LITERAL("All properties are back at their defaults.");
    return true;
}
