/* insert_values.c - VALUES (...): constants for the columns of a source, checked and typed.
 *
 * Without a column list the values are for the declared columns in their order. ROWTIME may be
 * given too; where a record lands (ROWPARTITION, ROWOFFSET) and the window of a key may only be
 * asserted, not inserted. */
#include "planner/expression_analysis.h"
#include "planner/owned.h"
#include "planner/planner.h"

typedef struct reading {
    const catalog *catalog;
    arena *arena;
    planner_values *out;
    bool inserting;
    ast_name target;
    bool has_columns;
    const ast_name_list *names;
    int *columns; /* of the source for each value; a pseudo column p is -1 - p */
    int column_count;
    error *e;
} reading;

static column *own_literal(void *context, column *literal) {
    reading *r = context;
    owned_add(&r->out->owned, r->arena, literal);
    return literal;
}

static const sql_type *find_type(void *context, slice name) {
    reading *r = context;
    const type_descriptor *type = catalog_type(r->catalog, name);
    return type ? sql_type_copy(r->arena, type->type) : NULL;
}

/* ---- the source and its columns ---- */

static bool find_source(reading *r) {
    slice name = r->target.text;
    const source_descriptor *source = catalog_source(r->catalog, name);
    if (!source) {
        const source_descriptor *near = catalog_nearest_source(r->catalog, name);
        error_at(r->e, ERROR_NOT_FOUND, r->target.span, "Unknown stream or table: `%.*s`",
            SLICE_ARG(name));
        return near ? error_hint(r->e, "Did you mean \"%.*s\"? Quotes make a name case-sensitive.",
                          SLICE_ARG(near->name))
                    : false;
    }
    const char *kind = source->kind == SOURCE_TABLE ? "table" : "stream";
    if (r->inserting && source->is_source)
        return error_at(r->e, ERROR_STATEMENT, r->target.span,
            "Cannot insert values into read-only %s: %.*s", kind, SLICE_ARG(name));
    if (r->inserting && source->window != WINDOW_NONE)
        return error_at(r->e, ERROR_STATEMENT, r->target.span,
            "Cannot insert values into a windowed %s: %.*s", kind, SLICE_ARG(name));
    r->out->source = source_copy(r->arena, source);
    return true;
}

static bool find_pseudo(slice name, int *column) {
    for (int p = PSEUDO_ROWTIME; p <= PSEUDO_WINDOWEND; p++)
        if (slice_equal(name, pseudo_column_name((pseudo_column)p))) {
            *column = -1 - p;
            return true;
        }
    return false;
}

static bool find_column(reading *r, const ast_name *name, int *column) {
    const source_descriptor *source = r->out->source;
    if (find_pseudo(name->text, column)) {
        if (!r->inserting || *column == -1 - (int)PSEUDO_ROWTIME)
            return true;
        return error_at(r->e, ERROR_STATEMENT, name->span,
            "Inserting into column `%.*s` is not allowed", SLICE_ARG(name->text));
    }
    *column = source_column_index(source, name->text);
    if (*column < 0) {
        error_at(r->e, ERROR_NOT_FOUND, name->span, "Column name %.*s does not exist in %.*s",
            SLICE_ARG(name->text), SLICE_ARG(source->name));
        return error_hint(
            r->e, "Its columns are %.*s.", SLICE_ARG(source_schema_text(r->arena, source)));
    }
    if (r->inserting && source->columns[*column].role == COLUMN_HEADERS)
        return error_at(r->e, ERROR_STATEMENT, name->span,
            "Cannot insert into HEADER columns: %.*s", SLICE_ARG(name->text));
    return true;
}

static bool choose_columns(reading *r) {
    const source_descriptor *source = r->out->source;
    int most = r->has_columns ? r->names->count : source->column_count;
    r->columns = ARENA_ARRAY(r->arena, int, most + 1);
    if (!r->has_columns) {
        for (int i = 0; i < source->column_count; i++)
            if (source->columns[i].role != COLUMN_HEADERS)
                r->columns[r->column_count++] = i;
        return true;
    }
    for (int i = 0; i < r->names->count; i++) {
        const ast_name *name = &r->names->items[i];
        if (!find_column(r, name, &r->columns[i]))
            return false;
        for (int j = 0; j < i; j++)
            if (r->columns[j] == r->columns[i])
                return error_at(r->e, ERROR_STATEMENT, name->span, "Column %.*s is given twice",
                    SLICE_ARG(name->text));
        r->column_count++;
    }
    return true;
}

/* ---- rows ---- */

static const sql_type *target_type(const reading *r, int column) {
    return column >= 0 ? r->out->source->columns[column].type
                       : pseudo_column_type((pseudo_column)(-1 - column));
}

static void set_value(
    planner_row *row, const expression **values, int column, const expression *value) {
    if (column >= 0)
        values[column] = value;
    else if (column == -1 - (int)PSEUDO_ROWTIME)
        row->rowtime = value;
    else if (column == -1 - (int)PSEUDO_ROWPARTITION)
        row->rowpartition = value;
    else if (column == -1 - (int)PSEUDO_ROWOFFSET)
        row->rowoffset = value;
    else if (column == -1 - (int)PSEUDO_WINDOWSTART)
        row->windowstart = value;
    else
        row->windowend = value;
}

/* A table's row needs its whole key. */
static bool check_key(reading *r, const planner_row *row) {
    const source_descriptor *source = r->out->source;
    for (int i = 0; i < source->column_count; i++) {
        const expression *value = row->values[i];
        bool missing =
            !value || (value->kind == EXPRESSION_LITERAL && column_is_null(value->literal, 0));
        if (source->columns[i].role != COLUMN_KEY || !missing)
            continue;
        error_at(r->e, ERROR_STATEMENT, row->span,
            "A value for the primary key column `%.*s` is required",
            SLICE_ARG(source->columns[i].name));
        return error_hint(r->e, "A row of a table is found by its key, which cannot be null.");
    }
    return true;
}

static bool read_row(reading *r, const ast_row *ast, planner_row *row) {
    if (ast->values.count != r->column_count)
        return error_at(r->e, ERROR_STATEMENT, ast->span,
            "Expected number columns and values to match: there are %d columns and %d values",
            r->column_count, ast->values.count);
    expression_scope scope = {.arena = r->arena,
        .context = r,
        .own = own_literal,
        .named_type = find_type,
        .clause = "VALUES"};
    const expression **values =
        ARENA_ARRAY(r->arena, const expression *, r->out->source->column_count + 1);
    row->span = ast->span;
    row->values = values;
    for (int i = 0; i < r->column_count; i++) {
        const expression *value = expression_analyze_as(
            &scope, ast->values.items[i], target_type(r, r->columns[i]), r->e);
        if (!value)
            return false;
        set_value(row, values, r->columns[i], value);
    }
    bool table = r->out->source->kind == SOURCE_TABLE;
    return !(r->inserting && table) || check_key(r, row);
}

static bool read_values(reading *r, const ast_row_list *rows) {
    *r->out = (planner_values){0};
    planner_row *read = ARENA_ARRAY(r->arena, planner_row, rows->count + 1);
    bool valid = find_source(r) && choose_columns(r);
    for (int i = 0; valid && i < rows->count; i++)
        valid = read_row(r, &rows->items[i], &read[i]);
    r->out->rows = read;
    r->out->row_count = rows->count;
    if (!valid)
        planner_values_free(r->out);
    return valid;
}

bool planner_insert_values(const ast_statement *statement, const catalog *catalog, arena *a,
    planner_values *out, error *e) {
    const ast_insert_values *ast = &statement->insert_values;
    reading r = {.catalog = catalog,
        .arena = a,
        .out = out,
        .inserting = true,
        .target = ast->target,
        .has_columns = ast->has_columns,
        .names = &ast->columns,
        .e = e};
    return read_values(&r, &ast->rows);
}

bool planner_assert_values(const ast_statement *statement, const catalog *catalog, arena *a,
    planner_values *out, error *e) {
    const ast_assert_values *ast = &statement->assert_values;
    reading r = {.catalog = catalog,
        .arena = a,
        .out = out,
        .target = ast->source,
        .has_columns = ast->has_columns,
        .names = &ast->columns,
        .e = e};
    return read_values(&r, &ast->rows);
}

void planner_values_free(planner_values *values) {
    owned_free(values->owned);
    values->owned = NULL;
}
