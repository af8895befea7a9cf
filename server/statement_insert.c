/* INSERT INTO ... VALUES and DELETE: constants are evaluated, put into a batch with the source's
 * columns (keys first, as the engine wants them), and appended to the topic in one commit. */
#include "base/memory.h"
#include "executor/expression/program.h"
#include "server/statement.h"

/* Indexes of the source's columns: keys, then values, then headers (which cannot be written). */
static int *ordered_columns(arena *a, const source_descriptor *source) {
    static const column_role roles[] = {COLUMN_KEY, COLUMN_VALUE, COLUMN_HEADERS};
    int *order = ARENA_ARRAY(a, int, source->column_count), count = 0;
    for (int r = 0; r < 3; r++)
        for (int i = 0; i < source->column_count; i++)
            if (source->columns[i].role == roles[r])
                order[count++] = i;
    return order;
}

static batch_builder *insert_builder(arena *a, const source_descriptor *source, const int *order) {
    const sql_type **types = ARENA_ARRAY(a, const sql_type *, source->column_count);
    for (int i = 0; i < source->column_count; i++)
        types[i] = source->columns[order[i]].type;
    return batch_builder_create(types, source->column_count, false, false, false);
}

static bool append_value(column *to, const expression *value, const source_column *column_of,
    source_span span, error *e) {
    if (!value) {
        column_append_null(to);
        return true;
    }
    column *result = program_evaluate_constant(value, e);
    if (!result) {
        if (e->span.offset < 0)
            e->span = span;
        return false;
    }
    column_append_row(to, result, 0);
    column_destroy(result);
    return true;
}

static bool row_time(const planner_row *row, int64_t now_ms, int64_t *rowtime, error *e) {
    *rowtime = now_ms;
    if (!row->rowtime)
        return true;
    column *result = program_evaluate_constant(row->rowtime, e);
    if (!result)
        return false;
    if (!column_is_null(result, 0))
        *rowtime = result->int64s[0];
    column_destroy(result);
    if (*rowtime >= 0)
        return true;
    return error_at(e, ERROR_STATEMENT, row->span, "ROWTIME cannot be negative");
}

static bool check_keys(const source_descriptor *source, const batch_builder *b, int64_t at,
    source_span span, error *e) {
    for (int i = 0, key = 0; source->kind == SOURCE_TABLE && i < source->column_count; i++) {
        if (source->columns[i].role != COLUMN_KEY)
            continue;
        if (column_is_null(b->columns[key++], at)) {
            error_at(e, ERROR_STATEMENT, span, "The primary key '%.*s' of table %.*s needs a value",
                SLICE_ARG(source->columns[i].name), SLICE_ARG(source->name));
            return error_hint(e, "Name it among the columns and give it a value that is not NULL.");
        }
    }
    return true;
}

static bool build_rows(const planner_values *values, int8_t change, const int *order,
    batch_builder *b, int64_t now_ms, error *e) {
    for (int r = 0; r < values->row_count; r++) {
        const planner_row *row = &values->rows[r];
        int64_t rowtime;
        if (!row_time(row, now_ms, &rowtime, e))
            return false;
        int64_t at = batch_builder_add_row(b, rowtime, change);
        for (int i = 0; i < values->source->column_count; i++)
            if (!append_value(b->columns[i], row->values[order[i]],
                    &values->source->columns[order[i]], row->span, e))
                return false;
        if (!check_keys(values->source, b, at, row->span, e))
            return false;
    }
    return true;
}

static bool write_rows(
    statement_call *call, const planner_values *values, int8_t change, error *e) {
    int *order = ordered_columns(call->arena, values->source);
    batch_builder *b = insert_builder(call->arena, values->source, order);
    bool ok = build_rows(values, change, order, b, instance_now_ms(call->instance), e) &&
              engine_insert(call->instance->engine, values->source, batch_builder_view(b), e);
    batch_builder_destroy(b);
    return ok;
}

bool statement_insert_values(statement_call *call, error *e) {
    catalog *c = call->instance->catalog;
    planner_values values = {0};
    catalog_read_lock(c);
    bool ok = planner_insert_values(call->statement, c, call->arena, &values, e);
    catalog_unlock(c);
    if (ok) {
        ok = write_rows(call, &values, CHANGE_INSERT, e);
        call->instance->inserts += ok;
    }
    planner_values_free(&values);
    return ok;
}

/* DELETE: a record with the key and without a value. */
bool statement_delete(statement_call *call, error *e) {
    catalog *c = call->instance->catalog;
    planner_values values = {0};
    catalog_read_lock(c);
    bool ok = planner_delete(call->statement, c, call->arena, &values, e);
    catalog_unlock(c);
    if (ok) {
        ok = write_rows(call, &values, CHANGE_DELETE, e);
        call->instance->inserts += ok;
    }
    planner_values_free(&values);
    return ok;
}

/* ---- a row given as JSON ---- */

/* The object is read as one STRUCT whose fields are the source's columns, in the order of `order`,
 * and "@tombstone" behind them: true deletes the key's row. */
static column *read_object(
    arena *a, const source_descriptor *source, const int *order, slice json, error *e) {
    sql_field *fields = ARENA_ARRAY(a, sql_field, source->column_count + 1);
    for (int i = 0; i < source->column_count; i++)
        fields[i] = (sql_field){source->columns[order[i]].name, source->columns[order[i]].type};
    fields[source->column_count] = (sql_field){SLICE_LITERAL("@tombstone"), &SQL_TYPE_BOOLEAN};
    json = slice_trim(json);
    if (!json.length || json.data[0] != '{') {
        error_set(e, ERROR_DATA, "A row must be a JSON object");
        error_hint(e, "Send {\"COLUMN\": value, ...} on a line of its own for each row.");
        return NULL;
    }
    column *row = column_create(sql_type_struct(a, fields, source->column_count + 1));
    if (json_read_value(json, row, e))
        return row;
    column_destroy(row);
    return NULL;
}

bool session_insert_json(session *s, slice name, slice json, error *e) {
    catalog *c = s->instance->catalog;
    arena *a = arena_create();
    catalog_read_lock(c);
    const source_descriptor *found = catalog_source(c, name);
    source_descriptor *source = found ? source_copy(a, found) : NULL;
    catalog_unlock(c);
    int *order = source ? ordered_columns(a, source) : NULL;
    column *row = source ? read_object(a, source, order, json, e) : NULL;
    if (!source)
        error_set(e, ERROR_NOT_FOUND, "There is no stream or table named '%.*s'", SLICE_ARG(name));
    bool ok = row != NULL;
    if (ok && source->is_source)
        ok = error_set(e, ERROR_STATEMENT, "Cannot insert into the read-only %s %.*s",
            source_kind_name(source->kind), SLICE_ARG(source->name));
    for (int i = 0; ok && source->kind == SOURCE_TABLE && i < source->column_count; i++)
        if (source->columns[order[i]].role == COLUMN_KEY && column_is_null(row->children[i], 0))
            ok = error_set(e, ERROR_STATEMENT, "The primary key '%.*s' needs a value",
                SLICE_ARG(source->columns[order[i]].name));
    if (ok) {
        int64_t rowtime = instance_now_ms(s->instance);
        const column *gone = row->children[source->column_count];
        int8_t change =
            !column_is_null(gone, 0) && gone->booleans[0] ? CHANGE_DELETE : CHANGE_INSERT;
        batch rows = {.rows = 1,
            .column_count = source->column_count,
            .columns = row->children,
            .rowtime = &rowtime,
            .change = &change};
        ok = engine_insert(s->instance->engine, source, &rows, e);
        s->instance->inserts += ok;
    }
    column_destroy(row);
    arena_destroy(a);
    return ok;
}
