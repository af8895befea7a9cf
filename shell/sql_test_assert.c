/* ASSERT VALUES: the topic's next record has these column values; ASSERT NULL VALUES: it is a
 * tombstone of this key. In a topic with several partitions it is the next record of any of them.
 * ASSERT STREAM and TABLE: the source is as the statement would make it. */
#include "base/memory.h"
#include "executor/expression/program.h"
#include "planner/planner.h"
#include "server/json_out.h"
#include "shell/sql_test_state.h"
#include "shell/test_record.h"

/* ---- records ---- */

/* Columns of the source in the order of engine_decode: keys first. */
static int *key_first(arena *a, const source_descriptor *source) {
    static const column_role roles[] = {COLUMN_KEY, COLUMN_VALUE, COLUMN_HEADERS};
    int *order = ARENA_ARRAY(a, int, source->column_count), count = 0;
    for (int r = 0; r < 3; r++)
        for (int i = 0; i < source->column_count; i++)
            if (source->columns[i].role == roles[r])
                order[count++] = i;
    return order;
}

static batch_builder *decode(sql_test_state *t, const source_descriptor *source, const int *order,
    const topic_record *record) {
    const sql_type **types = ARENA_ARRAY(t->arena, const sql_type *, source->column_count);
    for (int i = 0; i < source->column_count; i++)
        types[i] = source->columns[order[i]].type;
    batch_builder *b = batch_builder_create(
        types, source->column_count, true, source->window != WINDOW_NONE, false);
    if (engine_decode(instance_engine(t->instance), source, record, 1, b, &t->e))
        return b;
    batch_builder_destroy(b);
    return NULL;
}

/* Whether the expected value is that of the column's row. */
static bool same_value(sql_test_state *t, const expression *expected, const column *actual) {
    column *value = program_evaluate_constant(expected, &t->e);
    bool same = value && column_rows_equal(value, 0, actual, 0);
    column_destroy(value);
    return same;
}

static bool same_number(sql_test_state *t, const expression *expected, int64_t actual) {
    column *value = program_evaluate_constant(expected, &t->e);
    bool same = value && !column_is_null(value, 0) &&
                (value->type->base == SQL_INTEGER ? value->int32s[0] : value->int64s[0]) == actual;
    column_destroy(value);
    return same;
}

static bool same_row(sql_test_state *t, const planner_values *values, const planner_row *row,
    const int *order, const batch *actual, bool tombstone) {
    for (int i = 0; i < values->source->column_count; i++) {
        const expression *expected = row->values[order[i]];
        if (expected && !same_value(t, expected, actual->columns[i]))
            return false;
    }
    if (row->rowtime && !same_number(t, row->rowtime, actual->rowtime[0]))
        return false;
    if (row->windowstart &&
        !(actual->window_start && same_number(t, row->windowstart, actual->window_start[0])))
        return false;
    if (row->windowend &&
        !(actual->window_end && same_number(t, row->windowend, actual->window_end[0])))
        return false;
    return true;
}

static bool matches(sql_test_state *t, const planner_values *values, const planner_row *row,
    const topic_record *record, bool tombstone) {
    int *order = key_first(t->arena, values->source);
    if (tombstone != (record->value.data == NULL))
        return false;
    batch_builder *b = decode(t, values->source, order, record);
    bool same =
        b && b->rows == 1 && same_row(t, values, row, order, batch_builder_view(b), tombstone);
    batch_builder_destroy(b);
    return same;
}

static bool wrong_record(sql_test_state *t, const planner_values *values, const planner_row *row,
    const topic_record *record) {
    buffer text = {0};
    if (record)
        test_record_append_json(&text, values->source, instance_registry(t->instance), record);
    error_clear(&t->e);
    error_at(&t->e, ERROR_DATA, row->span, "Expected record does not match actual");
    if (record)
        error_detail(&t->e, "The next record of topic %.*s is %.*s",
            SLICE_ARG(values->source->topic), (int)(text.length < 400 ? text.length : 400),
            text.data);
    else
        error_detail(
            &t->e, "There is no further record in topic %.*s.", SLICE_ARG(values->source->topic));
    buffer_free(&text);
    return false;
}

static bool assert_row(
    sql_test_state *t, const planner_values *values, const planner_row *row, bool tombstone) {
    topic_record *records;
    int64_t count;
    int32_t partitions, last = -1;
    if (!sql_test_unread(t, values->source->topic, &records, &count, &partitions))
        return false;
    /* The first unread record of each partition is a candidate. */
    for (int64_t i = 0; i < count; i++) {
        if (records[i].partition == last)
            continue;
        last = records[i].partition;
        if (matches(t, values, row, &records[i], tombstone)) {
            sql_test_mark_read(t, values->source->topic, &records[i]);
            return true;
        }
        if (error_is_set(&t->e))
            return false;
    }
    return wrong_record(t, values, row, count ? &records[0] : NULL);
}

static bool assert_values(sql_test_state *t, const ast_statement *statement) {
    catalog *c = instance_catalog(t->instance);
    planner_values values = {0};
    catalog_read_lock(c);
    bool ok = planner_assert_values(statement, c, t->arena, &values, &t->e);
    catalog_unlock(c);
    bool tombstone = statement->kind == AST_STATEMENT_ASSERT_TOMBSTONE;
    for (int i = 0; ok && i < values.row_count; i++)
        ok = assert_row(t, &values, &values.rows[i], tombstone);
    planner_values_free(&values);
    return ok;
}

/* ---- sources ---- */

static bool differs(sql_test_state *t, source_span span, const char *what, slice source,
    slice actual, slice expected) {
    error_at(&t->e, ERROR_DATA, span, "Expected %s does not match actual for source %.*s", what,
        SLICE_ARG(source));
    error_detail(&t->e, "Expected %.*s, but it is %.*s.", SLICE_ARG(expected), SLICE_ARG(actual));
    return false;
}

static bool same_schema(const source_descriptor *a, const source_descriptor *b) {
    if (a->column_count != b->column_count)
        return false;
    for (int i = 0; i < b->column_count; i++) {
        int at = source_column_index(a, b->columns[i].name);
        if (at < 0 || a->columns[at].role != b->columns[i].role ||
            !sql_type_equal(a->columns[at].type, b->columns[i].type))
            return false;
    }
    return true;
}

static slice given(const ast_property_list *list, const char *name, const char *other) {
    const ast_property *property = ast_property_find(list, name);
    if (!property && other)
        property = ast_property_find(list, other);
    return property && property->value.kind == AST_LITERAL_STRING ? property->value.text
                                                                  : (slice){NULL, 0};
}

static bool same_texts(
    sql_test_state *t, const ast_create_source *ast, const source_descriptor *actual) {
    const ast_property_list *list = &ast->properties;
    const struct {
        const char *what;
        slice expected, actual;
        bool any_case;
    } texts[] = {
        {"kafka topic", given(list, "KAFKA_TOPIC", NULL), actual->topic, false},
        {"key format", given(list, "KEY_FORMAT", "FORMAT"), actual->key_format.name, true},
        {"value format", given(list, "VALUE_FORMAT", "FORMAT"), actual->value_format.name, true},
        {"timestamp column", given(list, "TIMESTAMP", NULL), actual->timestamp_column, true},
        {"timestamp format", given(list, "TIMESTAMP_FORMAT", NULL), actual->timestamp_format,
            false},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bool same = texts[i].any_case ? slice_equal_ignore_case(texts[i].expected, texts[i].actual)
                                      : slice_equal(texts[i].expected, texts[i].actual);
        if (texts[i].expected.data && !same)
            return differs(t, list->span, texts[i].what, actual->name,
                texts[i].actual.data ? texts[i].actual : SLICE_LITERAL("none"), texts[i].expected);
    }
    return true;
}

static bool same_wrapping(
    sql_test_state *t, const ast_create_source *ast, const source_descriptor *actual) {
    const ast_property *wrap = ast_property_find(&ast->properties, "WRAP_SINGLE_VALUE");
    if (!wrap || wrap->value.kind != AST_LITERAL_BOOLEAN ||
        actual->value_format.wrap_single == (int)wrap->value.boolean)
        return true;
    return differs(t, wrap->span, "value serde features", actual->name,
        actual->value_format.wrap_single < 0 ? SLICE_LITERAL("the format's default")
        : actual->value_format.wrap_single   ? SLICE_LITERAL("wrapped")
                                             : SLICE_LITERAL("unwrapped"),
        wrap->value.boolean ? SLICE_LITERAL("wrapped") : SLICE_LITERAL("unwrapped"));
}

static bool same_window(sql_test_state *t, const source_descriptor *expected,
    const source_descriptor *actual, source_span span) {
    if (expected->window == WINDOW_NONE ||
        (expected->window == actual->window && expected->window_size_ms == actual->window_size_ms))
        return true;
    return differs(
        t, span, "window", actual->name, SLICE_LITERAL("another"), SLICE_LITERAL("as written"));
}

static bool compare_sources(sql_test_state *t, const ast_create_source *ast,
    const source_descriptor *expected, const source_descriptor *actual) {
    if (expected->kind != actual->kind)
        return differs(t, ast->name.span, "type", actual->name,
            actual->kind == SOURCE_STREAM ? SLICE_LITERAL("STREAM") : SLICE_LITERAL("TABLE"),
            expected->kind == SOURCE_STREAM ? SLICE_LITERAL("STREAM") : SLICE_LITERAL("TABLE"));
    if (ast->has_columns && !same_schema(actual, expected))
        return differs(t, ast->name.span, "schema", actual->name,
            source_schema_text(t->arena, actual), source_schema_text(t->arena, expected));
    return same_texts(t, ast, actual) && same_wrapping(t, ast, actual) &&
           same_window(t, expected, actual, ast->properties.span);
}

static bool assert_source(sql_test_state *t, const ast_statement *statement) {
    catalog *c = instance_catalog(t->instance);
    const ast_create_source *ast = &statement->create_source;
    planner_options options = {0};
    source_descriptor *expected = NULL;
    catalog_read_lock(c);
    const source_descriptor *actual = catalog_source(c, ast->name.text);
    bool ok = actual || error_at(&t->e, ERROR_NOT_FOUND, ast->name.span,
                            "There is no stream or table named '%.*s'", SLICE_ARG(ast->name.text));
    ok = ok && planner_create_source(statement, c, &options, t->arena, &expected, &t->e) &&
         compare_sources(t, ast, expected, actual);
    catalog_unlock(c);
    return ok;
}

bool sql_test_assert(sql_test_state *t, const ast_statement *statement) {
    t->assertion = true;
    if (!sql_test_drain(t))
        return false;
    return statement->kind == AST_STATEMENT_ASSERT_SOURCE ? assert_source(t, statement)
                                                          : assert_values(t, statement);
}
