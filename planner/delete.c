/* delete.c - DELETE FROM table WHERE key = value [AND ...]: the key of one row, checked and typed.
 *
 * A table over a topic has no rows that could be searched, so WHERE must be the whole key: one
 * equality with a constant for each key column. The row to write has these and nothing else. */
#include "planner/expression_analysis.h"
#include "planner/owned.h"
#include "planner/planner.h"
#include "planner/planning.h"

typedef struct deletion {
    const catalog *catalog;
    arena *arena;
    const ast_delete *ast;
    const source_descriptor *table;
    planner_values *out;
    const expression **values; /* one a column of the table; NULL: not given */
    error *e;
} deletion;

static column *own_literal(void *context, column *literal) {
    deletion *d = context;
    owned_add(&d->out->owned, d->arena, literal);
    return literal;
}

static const sql_type *find_type(void *context, slice name) {
    deletion *d = context;
    const type_descriptor *type = catalog_type(d->catalog, name);
    return type ? sql_type_copy(d->arena, type->type) : NULL;
}

/* ---- the table ---- */

static bool check_table(deletion *d) {
    const source_descriptor *table = d->table;
    source_span span = d->ast->target.span;
    if (table->kind != SOURCE_TABLE) {
        error_at(d->e, ERROR_STATEMENT, span, "DELETE is for tables, and %.*s is a stream",
            SLICE_ARG(table->name));
        return error_hint(d->e, "The records of a stream stay. A table over the same topic takes a "
                                "record without a value as a deleted row.");
    }
    if (table->is_source) {
        error_at(d->e, ERROR_STATEMENT, span, "Cannot delete from the read-only table %.*s",
            SLICE_ARG(table->name));
        return error_hint(d->e,
            "Delete from a CREATE TABLE (without SOURCE) over the topic '%.*s'.",
            SLICE_ARG(table->topic));
    }
    if (table->query_id.data) {
        error_at(d->e, ERROR_STATEMENT, span,
            "Cannot delete from the table %.*s, which the query %.*s fills", SLICE_ARG(table->name),
            SLICE_ARG(table->query_id));
        return error_hint(d->e, "The query would not know of it: delete from the tables that it "
                                "reads, or leave the row out of its result.");
    }
    if (table->window != WINDOW_NONE) {
        error_at(d->e, ERROR_UNSUPPORTED, span, "Cannot delete from the windowed table %.*s",
            SLICE_ARG(table->name));
        return error_hint(d->e, "Its windows leave with their retention.");
    }
    return true;
}

static bool find_table(deletion *d) {
    const ast_name *name = &d->ast->target;
    const source_descriptor *found = catalog_source(d->catalog, name->text);
    if (found) {
        d->table = source_copy(d->arena, found);
        return check_table(d);
    }
    error_at(d->e, ERROR_NOT_FOUND, name->span, "Unknown table: `%.*s`", SLICE_ARG(name->text));
    const source_descriptor *near = catalog_nearest_source(d->catalog, name->text);
    if (near)
        error_hint(d->e, "Did you mean \"%.*s\"? Quotes make a name case-sensitive.",
            SLICE_ARG(near->name));
    return false;
}

/* ---- WHERE ---- */

/* "id = ... AND kind = ..." */
static slice example(const deletion *d) {
    buffer text = {0};
    for (int i = 0; i < d->table->column_count; i++)
        if (d->table->columns[i].role == COLUMN_KEY)
            buffer_format(&text, "%s%.*s = ...", text.length ? " AND " : "",
                SLICE_ARG(d->table->columns[i].name));
    slice copy = arena_copy(d->arena, buffer_slice(&text));
    buffer_free(&text);
    return copy;
}

static bool hint_key(const deletion *d) {
    return error_hint(
        d->e, "DELETE takes one row, by its whole key: WHERE %.*s", SLICE_ARG(example(d)));
}

static bool is_column(void *context, const ast_expression *part) {
    (void)context;
    return part->kind == AST_EXPRESSION_COLUMN;
}

static bool is_constant(const ast_expression *ast) {
    return !ast_expression_visit(ast, is_column, NULL);
}

static bool is_null(const ast_expression *ast) {
    return ast->kind == AST_EXPRESSION_LITERAL && ast->literal.kind == AST_LITERAL_NULL;
}

static bool set_key(deletion *d, const ast_expression *key, const ast_expression *value) {
    slice qualifier = key->column.qualifier.text, name = key->column.name.text;
    bool other = ast_name_given(key->column.qualifier) && !slice_equal(qualifier, d->table->name);
    int column = other ? -1 : source_column_index(d->table, name);
    if (column < 0) {
        error_at(d->e, ERROR_NOT_FOUND, key->span, "Column name %.*s does not exist in %.*s",
            SLICE_ARG(name), SLICE_ARG(d->table->name));
        return hint_key(d);
    }
    if (d->table->columns[column].role != COLUMN_KEY) {
        error_at(d->e, ERROR_STATEMENT, key->span, "%.*s is not a key column of %.*s",
            SLICE_ARG(name), SLICE_ARG(d->table->name));
        return hint_key(d);
    }
    if (d->values[column]) {
        error_at(d->e, ERROR_STATEMENT, key->span, "The key column %.*s is compared twice",
            SLICE_ARG(name));
        return hint_key(d);
    }
    if (is_null(value)) {
        error_at(d->e, ERROR_STATEMENT, value->span, "The key column %.*s cannot be null",
            SLICE_ARG(name));
        return hint_key(d);
    }
    expression_scope scope = {.arena = d->arena,
        .context = d,
        .own = own_literal,
        .named_type = find_type,
        .clause = "WHERE"};
    d->values[column] = expression_analyze_as(&scope, value, d->table->columns[column].type, d->e);
    return d->values[column] != NULL;
}

static bool read_where(deletion *d, const ast_expression *part) {
    if (part->kind == AST_EXPRESSION_LOGICAL && part->logical.operation == AST_AND)
        return read_where(d, part->logical.left) && read_where(d, part->logical.right);
    if (part->kind == AST_EXPRESSION_COMPARISON && part->comparison.operation == AST_EQUAL) {
        const ast_expression *left = part->comparison.left, *right = part->comparison.right;
        if (is_column(NULL, left) && is_constant(right))
            return set_key(d, left, right);
        if (is_column(NULL, right) && is_constant(left))
            return set_key(d, right, left);
    }
    error_at(d->e, ERROR_UNSUPPORTED, part->span,
        "DELETE can only compare key columns with constants, by = and AND");
    return hint_key(d);
}

static bool check_whole(deletion *d) {
    for (int i = 0; i < d->table->column_count; i++) {
        if (d->table->columns[i].role != COLUMN_KEY || d->values[i])
            continue;
        error_at(d->e, ERROR_STATEMENT, d->ast->where->span,
            "WHERE of DELETE lacks the key column %.*s", SLICE_ARG(d->table->columns[i].name));
        return hint_key(d);
    }
    return true;
}

static bool read_key(deletion *d) {
    d->values = ARENA_ARRAY(d->arena, const expression *, d->table->column_count + 1);
    if (d->ast->where)
        return read_where(d, d->ast->where) && check_whole(d);
    error_at(d->e, ERROR_STATEMENT, d->ast->target.span, "DELETE needs a WHERE");
    return hint_key(d);
}

bool planner_delete(const ast_statement *statement, const catalog *catalog, arena *a,
    planner_values *out, error *e) {
    deletion d = {
        .catalog = catalog, .arena = a, .ast = &statement->delete_row, .out = out, .e = e};
    *out = (planner_values){0};
    if (!find_table(&d) || !read_key(&d)) {
        planner_values_free(out);
        return false;
    }
    planner_row *row = ARENA_NEW(a, planner_row);
    row->span = statement->span;
    row->values = d.values;
    out->source = d.table;
    out->rows = row;
    out->row_count = 1;
    return true;
}
