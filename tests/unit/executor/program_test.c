/* What a program promises besides values: shared work, no copies, no rows, filters, and tables. */
#include "expression_support.h"

static batch batch_of(expression_world *w, int64_t rows) {
    int64_t *rowtime = arena_allocate(w->arena, sizeof(int64_t) * (size_t)(rows + 1));
    for (int64_t row = 0; row < rows; row++)
        rowtime[row] = 1000 + row;
    return (batch){.rows = rows,
        .column_count = w->column_count,
        .columns = w->inputs,
        .rowtime = rowtime,
        .change = arena_allocate(w->arena, (size_t)(rows + 1))};
}

static program *compile(expression_world *w, const char *const *sql, int count) {
    error e = {0};
    const expression **nodes = ARENA_ARRAY(w->arena, const expression *, count);
    for (int i = 0; i < count; i++) {
        nodes[i] = strcmp(sql[i], "ROWTIME") == 0 ? expression_make_pseudo(w->arena, PSEUDO_ROWTIME)
                                                  : world_analyze(w, sql[i], &e);
        if (!nodes[i])
            fail_msg("%s: %s", sql[i], e.message);
    }
    return program_compile(nodes, count, &e);
}

static void columns_pass_through_without_a_copy(void **state) {
    expression_world w;
    world_open(&w);
    world_add_column(&w, "A", "ARRAY[1, 2, 3]");
    world_add_column(&w, "S", "ARRAY[STRUCT(X := 1), STRUCT(X := 2), STRUCT(X := 3)]");
    const char *const sql[] = {"A", "S->X", "A + 1", "A + 1"};
    program *p = compile(&w, sql, 4);
    batch input = batch_of(&w, 3);
    const column *results[4];
    program_run(p, &input, results, NULL);
    assert_ptr_equal(results[0], w.inputs[0]);
    assert_ptr_equal(results[1], w.inputs[1]->children[0]);
    assert_ptr_equal(results[2], results[3]); /* computed once */
    program_destroy(p);
    world_close(&w);
}

static void each_expression_reports_its_own_failures(void **state) {
    expression_world w;
    world_open(&w);
    world_add_column(&w, "A", "ARRAY[0, 2]");
    const char *const sql[] = {"10 / A", "1 + 10 / A", "A"};
    program *p = compile(&w, sql, 3);
    batch input = batch_of(&w, 2);
    const column *results[3];
    program_report report = {world_log, &w};
    program_run(p, &input, results, &report);
    assert_string_equal(world_log_text(&w), "0: Division by zero; 0: Division by zero");
    assert_true(column_is_null(results[0], 0) && column_is_null(results[1], 0));
    assert_int_equal(results[1]->int32s[1], 6);
    program_run(p, &input, results, NULL); /* nobody listens */
    assert_true(column_is_null(results[1], 0));
    program_destroy(p);
    world_close(&w);
}

static void batches_may_have_no_rows_and_any_number(void **state) {
    expression_world w;
    world_open(&w);
    world_add_column(&w, "A", "ARRAY[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]");
    const char *const sql[] = {"A * 2", "7", "UCASE('x')", "A IN (1, 2)",
        "CASE WHEN A > 1 THEN 'a' END", "TRANSFORM(ARRAY[A], x => x + A)", "ROWTIME",
        "CAST(A AS STRING) + 'x'"};
    program *p = compile(&w, sql, 8);
    const column *results[8];
    const int64_t sizes[] = {0, 10, 3, 0, 7};
    for (int n = 0; n < 5; n++) {
        batch input = batch_of(&w, sizes[n]);
        program_run(p, &input, results, NULL);
        for (int i = 0; i < 8; i++)
            assert_true(results[i]->length >= sizes[n]);
        assert_int_equal(results[1]->length, sizes[n]);
        if (sizes[n] > 2)
            assert_int_equal(results[6]->int64s[2], 1002);
    }
    program_destroy(p);
    world_close(&w);
}

static void filters_pick_rows(void **state) {
    expression_world w;
    world_open(&w);
    world_add_column(&w, "A", "ARRAY[0, 5, NULL, 7]");
    batch input = batch_of(&w, 4);
    int32_t rows[4];
    const char *const sql[] = {
        "A > 4", "10 / A = 2", "A IS NULL OR A > 6", "true", "A > 1 AND NULL"};
    const int counts[] = {2, 1, 2, 4, 0}, lasts[] = {3, 1, 3, 3, -1};
    for (int i = 0; i < 5; i++) {
        program *p = compile(&w, &sql[i], 1);
        int64_t count = program_filter(p, &input, rows, NULL);
        assert_int_equal(count, counts[i]);
        if (count)
            assert_int_equal(rows[count - 1], lasts[i]);
        program_destroy(p);
    }
    world_close(&w);
}

static void random_values_are_not_shared(void **state) {
    expression_world w;
    world_open(&w);
    const char *const sql[] = {"RANDOM()", "RANDOM()", "RANDOM() = RANDOM()"};
    program *p = compile(&w, sql, 3);
    batch input = batch_of(&w, 2);
    const column *results[3];
    program_run(p, &input, results, NULL);
    assert_true(results[0]->doubles[0] != results[1]->doubles[0]);
    assert_true(results[0]->doubles[0] != results[0]->doubles[1]);
    assert_false(results[2]->booleans[0]);
    program_destroy(p);
    world_close(&w);
}

/* A table function's call, typed as the ARRAY of its results. */
static const char *run_table(expression_world *w, const char *sql) {
    error e = {0};
    ast_expression *ast = parser_parse_expression(w->arena, slice_of(sql), &e);
    const expression *const *arguments;
    const function_binding *binding = expression_analyze_call(&w->scope, ast, &arguments, &e);
    if (!binding)
        return arena_format(w->arena, "! %s", e.message).data;
    expression call = {.kind = EXPRESSION_CALL,
        .type = sql_type_array(w->arena, binding->result),
        .span = SPAN_NONE,
        .argument_count = binding->count,
        .arguments = arguments,
        .call = binding};
    const expression *node = &call;
    program *p = program_compile(&node, 1, &e);
    batch input = batch_of(w, w->rows);
    const column *result;
    program_run(p, &input, &result, NULL);
    buffer out = {0};
    for (int64_t row = 0; row < w->rows; row++) {
        json_value_append(&out, result, row);
        buffer_append_byte(&out, ' ');
    }
    const char *text = arena_copy(w->arena, buffer_slice(&out)).data;
    buffer_free(&out);
    program_destroy(p);
    return text;
}

static void table_functions_give_arrays(void **state) {
    expression_world w;
    world_open(&w);
    world_add_column(&w, "L", "ARRAY[ARRAY[1, 2], NULL, ARRAY[3, NULL]]");
    assert_string_equal(run_table(&w, "EXPLODE(L)"), "[1,2] null [3,null] ");
    assert_string_equal(run_table(&w, "CUBE_EXPLODE(L)"),
        "[[null,null],[null,2],[1,null],[1,2]] null [[null,null],[3,null]] ");
    assert_string_equal(run_table(&w, "EXPLODE(MAP('a' := 1))"),
        "! Function 'EXPLODE' does not accept parameters (MAP<STRING, INTEGER>).");
    world_close(&w);
}

static void constants_without_a_row(void **state) {
    expression_world w;
    world_open(&w);
    error e = {0};
    column *value = program_evaluate_constant(world_analyze(&w, "UCASE('a' + 'b')", &e), &e);
    assert_true(slice_is(column_slice(value, 0), "AB"));
    column_destroy(value);
    assert_null(program_evaluate_constant(world_analyze(&w, "1 / 0", &e), &e));
    assert_string_equal(e.message, "Division by zero");
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(columns_pass_through_without_a_copy),
        cmocka_unit_test(each_expression_reports_its_own_failures),
        cmocka_unit_test(batches_may_have_no_rows_and_any_number),
        cmocka_unit_test(filters_pick_rows), cmocka_unit_test(random_values_are_not_shared),
        cmocka_unit_test(table_functions_give_arrays), cmocka_unit_test(constants_without_a_row)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
