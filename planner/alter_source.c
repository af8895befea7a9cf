/* alter_source.c - a source changed: ALTER adds value columns, CREATE OR REPLACE may do no more. */
#include "planner/format_rules.h"
#include "planner/planner.h"
#include "planner/system_columns.h"

static const char *kind_word(source_kind kind) {
    return kind == SOURCE_TABLE ? "table" : "stream";
}

static bool check_alterable(const ast_alter_source *ast, const source_descriptor *source,
    const catalog *catalog, error *e) {
    slice name = ast->name.text;
    if (!source) {
        const source_descriptor *near = catalog_nearest_source(catalog, name);
        error_at(e, ERROR_NOT_FOUND, ast->name.span, "Source %.*s does not exist", SLICE_ARG(name));
        return near ? error_hint(e, "Did you mean %.*s?", SLICE_ARG(near->name)) : false;
    }
    source_kind kind = ast->source_kind == AST_TABLE ? SOURCE_TABLE : SOURCE_STREAM;
    if (source->kind != kind)
        return error_at(e, ERROR_STATEMENT, ast->name.span, "%.*s is a %s, not a %s",
            SLICE_ARG(name), kind_word(source->kind), kind_word(kind));
    if (source->is_source)
        return error_at(e, ERROR_STATEMENT, ast->name.span,
            "Cannot alter %s '%.*s': ALTER is not supported for source %ss", kind_word(kind),
            SLICE_ARG(name), kind_word(kind));
    if (source->query_id.data) {
        error_at(e, ERROR_STATEMENT, ast->name.span,
            "Cannot alter %s '%.*s': its columns come from the query %.*s", kind_word(kind),
            SLICE_ARG(name), SLICE_ARG(source->query_id));
        return error_hint(e, "Use CREATE OR REPLACE %s ... AS SELECT.",
            kind == SOURCE_TABLE ? "TABLE" : "STREAM");
    }
    return true;
}

static bool add_column(const ast_column_definition *ast, const catalog *catalog, arena *a,
    const source_descriptor *source, source_column *out, error *e) {
    slice name = ast->name.text;
    if (system_column_is_reserved(name))
        return error_at(e, ERROR_STATEMENT, ast->name.span, "'%.*s' is a reserved column name",
            SLICE_ARG(name));
    if (source_column_index(source, name) >= 0)
        return error_at(e, ERROR_EXISTS, ast->name.span,
            "Cannot add column `%.*s`: `%.*s` has a column of that name", SLICE_ARG(name),
            SLICE_ARG(source->name));
    if (ast->role != AST_COLUMN_VALUE)
        return error_at(
            e, ERROR_STATEMENT, ast->span, "ALTER can add value columns only, no keys or headers");
    const sql_type *type = planner_resolve_type(ast->type, catalog, a, e);
    *out = (source_column){.name = arena_copy(a, name), .type = type, .role = COLUMN_VALUE};
    return type != NULL;
}

bool planner_alter_source(const ast_statement *statement, const catalog *catalog, arena *a,
    source_descriptor **out, error *e) {
    const ast_alter_source *ast = &statement->alter_source;
    const source_descriptor *before = catalog_source(catalog, ast->name.text);
    if (!check_alterable(ast, before, catalog, e))
        return false;
    source_descriptor *after = source_copy(a, before);
    source_column *columns =
        ARENA_ARRAY(a, source_column, before->column_count + ast->add.count + 1);
    memcpy(columns, after->columns, sizeof *columns * (size_t)before->column_count);
    after->columns = columns;
    for (int i = 0; i < ast->add.count; i++) {
        if (!add_column(&ast->add.items[i], catalog, a, after, &columns[after->column_count], e))
            return false;
        after->column_count++;
    }
    source_column *values = ARENA_ARRAY(a, source_column, after->column_count + 1);
    int count = 0;
    for (int i = 0; i < after->column_count; i++)
        if (columns[i].role == COLUMN_VALUE)
            values[count++] = columns[i];
    if (!format_rules_check(&after->value_format, false, values, count, ast->name.span, e))
        return false;
    *out = after;
    return true;
}

/* ---- CREATE OR REPLACE ---- */

static bool refuse(const source_descriptor *s, source_span span, error *e, const char *what) {
    return error_at(e, ERROR_STATEMENT, span, "Cannot upgrade data source `%.*s`: %s",
        SLICE_ARG(s->name), what);
}

static bool check_column_kept(
    const source_column *old, const source_descriptor *after, source_span span, error *e) {
    int index = source_column_index(after, old->name);
    if (index >= 0 && after->columns[index].role == old->role &&
        sql_type_equal(after->columns[index].type, old->type))
        return true;
    error_at(e, ERROR_STATEMENT, span,
        "Cannot upgrade data source `%.*s`: the column `%.*s` would be %s", SLICE_ARG(after->name),
        SLICE_ARG(old->name), index < 0 ? "lost" : "changed");
    return error_hint(e, "CREATE OR REPLACE may only add value columns.");
}

bool planner_check_replace(
    const source_descriptor *before, const source_descriptor *after, source_span span, error *e) {
    if (before->kind != after->kind)
        return refuse(before, span, e, "a stream cannot become a table, nor a table a stream");
    if (before->is_source || after->is_source) {
        error_at(e, ERROR_STATEMENT, span,
            "Cannot add %s '%.*s': CREATE OR REPLACE is not supported on source %ss",
            kind_word(after->kind), SLICE_ARG(after->name), kind_word(after->kind));
        return false;
    }
    if (!slice_equal(before->topic, after->topic))
        return refuse(before, span, e, "its topic would change");
    if (!slice_equal(before->key_format.name, after->key_format.name) ||
        !slice_equal(before->value_format.name, after->value_format.name))
        return refuse(before, span, e, "its formats would change");
    if (before->window != after->window || before->window_size_ms != after->window_size_ms)
        return refuse(before, span, e, "its window would change");
    int keys = 0;
    for (int i = 0; i < before->column_count; i++) {
        if (!check_column_kept(&before->columns[i], after, span, e))
            return false;
        keys += before->columns[i].role == COLUMN_KEY;
    }
    for (int i = 0; i < after->column_count; i++)
        keys -= after->columns[i].role == COLUMN_KEY;
    return keys == 0 || refuse(before, span, e, "its key columns would change");
}
