/* VALUES, and the one row of SELECT without FROM: an array of rows, taken apart behind a source
 * that gives one row and ends.
 *
 *   SOURCE (one row) -> EXCHANGE -> TABLE FUNCTION EXPLODE(ARRAY[ROW(...), ...]) -> PROJECT
 */
#include "planner/flink/lowering.h"

#include "catalog/coercion.h"

/* One row, without anything in it that matters. */
static bool one_row(lowering *l, rows *out) {
    source_descriptor *source = ARENA_NEW(l->b.arena, source_descriptor);
    source_column *column = ARENA_NEW(l->b.arena, source_column);
    flink_table *table = ARENA_NEW(l->b.arena, flink_table);
    flink_table_column *declared = ARENA_NEW(l->b.arena, flink_table_column);
    *column = (source_column){
        .name = SLICE_LITERAL("$row"), .type = &SQL_TYPE_INTEGER, .role = COLUMN_VALUE};
    *declared = (flink_table_column){
        .name = column->name, .type = column->type, .role = FLINK_ROLE_PHYSICAL};
    *table = (flink_table){.connector = SLICE_LITERAL("datagen"),
        .column_count = 1,
        .columns = declared,
        .is_bounded = true};
    *source = (source_descriptor){.name = SLICE_LITERAL("$values"),
        .kind = SOURCE_STREAM,
        .column_count = 1,
        .columns = column,
        .topic = SLICE_LITERAL("datagen:{\"number-of-rows\": 1, \"fields\": []}"),
        .partitions = 1,
        .replicas = 1,
        .retention_ms = -1,
        .key_format = {.name = SLICE_LITERAL("NONE"), .wrap_single = -1},
        .value_format = {.name = SLICE_LITERAL("JSON"), .wrap_single = 1},
        .flink = table};
    if (!flink_table_rows(l, source, SPAN_NONE, out))
        return false;
    for (int i = 0; i < out->column_count; i++)
        out->columns[i].hidden = true;
    out->one_row = true;
    out->table = NULL;
    out->descriptor = NULL;
    return true;
}

/* The values of all rows, typed, in `cells`; the type of each column in `types`. */
static bool type_cells(lowering *l, const ast_row_list *list, const typing *outer, int width,
    const expression **cells, const sql_type **types) {
    typing t = {.l = l, .outer = outer, .clause = "VALUES"};
    for (int c = 0; c < width; c++)
        types[c] = &SQL_TYPE_NULL;
    for (int r = 0; r < list->count; r++) {
        if (list->items[r].values.count != width)
            return error_at(l->b.e, ERROR_STATEMENT, list->items[r].span,
                "The rows of VALUES have different numbers of columns: %d and %d", width,
                list->items[r].values.count);
        for (int c = 0; c < width; c++) {
            const ast_expression *ast = list->items[r].values.items[c];
            const expression *cell = flink_expression(&t, ast);
            if (!cell)
                return false;
            cells[r * width + c] = cell;
            const sql_type *common = types[c]->base == SQL_NULL ? cell->type
                                     : cell->type->base == SQL_NULL
                                         ? types[c]
                                         : coercion_common(l->b.arena, types[c], cell->type);
            if (!common)
                return error_at(l->b.e, ERROR_STATEMENT, ast->span,
                    "Column %d of VALUES is %.*s in one row and %.*s in another", c + 1,
                    SLICE_ARG(sql_type_name(l->b.arena, types[c])),
                    SLICE_ARG(sql_type_name(l->b.arena, cell->type)));
            types[c] = common;
        }
    }
    return true;
}

static const expression *array_of_rows(lowering *l, int count, int width, const expression **cells,
    const sql_type *const *types, source_span span) {
    typing t = {.l = l};
    expression_scope scope = flink_scope(&t);
    sql_field *fields = ARENA_ARRAY(l->b.arena, sql_field, width + 1);
    for (int c = 0; c < width; c++)
        fields[c] = (sql_field){
            flink_generated_name(l, c), types[c]->base == SQL_NULL ? &SQL_TYPE_VARCHAR : types[c]};
    const sql_type *row_type = sql_type_struct(l->b.arena, fields, width);
    const expression **items = ARENA_ARRAY(l->b.arena, const expression *, count + 1);
    for (int r = 0; r < count; r++) {
        for (int c = 0; c < width; c++) {
            const expression **cell = &cells[r * width + c];
            *cell = (*cell)->type->base == SQL_NULL ? build_null_value(&scope, fields[c].type, span)
                                                    : flink_cast(l, &scope, *cell, fields[c].type);
        }
        items[r] = build_node(&scope, EXPRESSION_STRUCT, row_type, span, &cells[r * width], width);
    }
    return build_node(
        &scope, EXPRESSION_ARRAY, sql_type_array(l->b.arena, row_type), span, items, count);
}

bool flink_values_rows(
    lowering *l, const ast_row_list *values, const typing *outer, source_span span, rows *out) {
    rows source;
    if (!one_row(l, &source))
        return false;
    if (!values) {
        *out = source;
        return true;
    }
    int width = values->items[0].values.count;
    const expression **cells =
        ARENA_ARRAY(l->b.arena, const expression *, values->count *width + 1);
    const sql_type **types = ARENA_ARRAY(l->b.arena, const sql_type *, width + 1);
    if (!type_cells(l, values, outer, width, cells, types))
        return false;
    const expression *array = array_of_rows(l, values->count, width, cells, types, span);
    if (!flink_explode(l, &source, "EXPLODE", &array, 1, false, false, span, out))
        return false;
    out->one_row = values->count == 1;
    return flink_drop_hidden(l, out);
}
