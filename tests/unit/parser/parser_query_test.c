/* SELECT and its clauses. */
#include "parser_testing.h"

static void select_items(void **state) {
    ast_query *q = query("SELECT *, s.*, a->b->*, a + 1 AS x, c d, e FROM s");
    assert_int_equal(q->select.count, 6);
    assert_int_equal(q->select.items[0].kind, AST_SELECT_ALL);
    assert_int_equal(q->select.items[1].kind, AST_SELECT_SOURCE_ALL);
    assert_slice(q->select.items[1].source.text, "S");
    assert_int_equal(q->select.items[2].kind, AST_SELECT_STRUCT_ALL);
    assert_slice(q->select.items[3].alias.text, "X");
    assert_slice(q->select.items[4].alias.text, "D");
    assert_false(ast_name_given(q->select.items[5].alias));
    assert_statement("SELECT *, s.*, a->b->*, a + 1 AS x, c d, e FROM s",
        "SELECT *, S.*, A->B->*, (A + 1) AS X, C AS D, E FROM S");
}

static void every_clause_in_its_order(void **state) {
    ast_query *q = query("SELECT DISTINCT k, COUNT(*) FROM s AS t WINDOW TUMBLING (SIZE 1 HOUR) "
                         "WHERE a > 1 GROUP BY k PARTITION BY k HAVING COUNT(*) > 1 "
                         "ORDER BY k DESC NULLS LAST, 2 EMIT CHANGES LIMIT 10 OFFSET 5;");
    assert_true(q->distinct);
    assert_slice(q->from.name.text, "S");
    assert_slice(q->from.alias.text, "T");
    assert_non_null(q->where);
    assert_true(q->has_group_by);
    assert_int_equal(q->group_by.count, 1);
    assert_true(q->has_partition_by);
    assert_non_null(q->having);
    assert_int_equal(q->order_by.count, 2);
    assert_true(q->order_by.items[0].descending);
    assert_int_equal(q->order_by.items[0].nulls, AST_NULLS_LAST);
    assert_int_equal(q->emit, AST_EMIT_CHANGES);
    assert_int_equal(q->limit, 10);
    assert_int_equal(q->offset, 5);
}

static void clauses_that_are_not_written_are_absent(void **state) {
    ast_query *q = query("SELECT a FROM s");
    assert_int_equal(q->joins.count, 0);
    assert_int_equal(q->window.kind, AST_WINDOW_NONE);
    assert_null(q->where);
    assert_false(q->has_group_by);
    assert_false(q->has_partition_by);
    assert_null(q->having);
    assert_int_equal(q->emit, AST_EMIT_NONE);
    assert_int_equal(q->limit, -1);
    assert_int_equal(q->offset, -1);
}

static void windows(void **state) {
    ast_query *q = query("SELECT 1 FROM s WINDOW w HOPPING (SIZE 10 MINUTES, ADVANCE BY 30 SECOND, "
                         "RETENTION 1 DAY, GRACE PERIOD 500 MILLISECONDS)");
    assert_int_equal(q->window.kind, AST_WINDOW_HOPPING);
    assert_slice(q->window.name.text, "W");
    assert_int_equal(q->window.size.duration_ms, 600000);
    assert_int_equal(q->window.advance.duration_ms, 30000);
    assert_int_equal(q->window.retention.duration_ms, 86400000);
    assert_int_equal(q->window.grace.duration_ms, 500);

    q = query("SELECT 1 FROM s WINDOW SESSION (5 MINUTES)");
    assert_int_equal(q->window.kind, AST_WINDOW_SESSION);
    assert_int_equal(q->window.size.duration_ms, 300000);
    assert_false(q->window.grace.given);

    q = query("SELECT 1 FROM s WINDOW TUMBLING (SIZE 0 SECONDS)");
    assert_true(q->window.size.given);
    assert_int_equal(q->window.size.duration_ms, 0);
}

static void joins(void **state) {
    ast_query *q =
        query("SELECT * FROM a l JOIN b WITHIN 1 HOUR GRACE PERIOD 2 MINUTES ON l.x = b.y "
              "LEFT JOIN c AS r WITHIN (1 SECOND, 2 SECONDS) ON a.x = r.z "
              "RIGHT OUTER JOIN d ON a.x = d.x FULL JOIN e ON a.x = e.x");
    assert_int_equal(q->joins.count, 4);
    ast_join *join = &q->joins.items[0];
    assert_int_equal(join->kind, AST_JOIN_INNER);
    assert_int_equal(join->before.duration_ms, 3600000);
    assert_int_equal(join->after.duration_ms, 3600000);
    assert_int_equal(join->grace.duration_ms, 120000);
    join = &q->joins.items[1];
    assert_int_equal(join->kind, AST_JOIN_LEFT);
    assert_slice(join->right.alias.text, "R");
    assert_int_equal(join->before.duration_ms, 1000);
    assert_int_equal(join->after.duration_ms, 2000);
    assert_false(join->grace.given);
    assert_int_equal(q->joins.items[2].kind, AST_JOIN_RIGHT);
    assert_false(q->joins.items[2].before.given);
    assert_int_equal(q->joins.items[3].kind, AST_JOIN_FULL);
}

static void grouping_forms(void **state) {
    assert_int_equal(query("SELECT 1 FROM s GROUP BY a, b + 1")->group_by.count, 2);
    assert_int_equal(query("SELECT 1 FROM s GROUP BY (a, b, c)")->group_by.count, 3);
    assert_int_equal(query("SELECT 1 FROM s GROUP BY (a)")->group_by.count, 1);
    assert_int_equal(query("SELECT 1 FROM s GROUP BY (a + b) * 2, c")->group_by.count, 2);
    ast_query *q = query("SELECT 1 FROM s GROUP BY ()");
    assert_true(q->has_group_by);
    assert_int_equal(q->group_by.count, 0);
}

static void the_changes_of_a_table_are_a_stream(void **state) {
    ast_query *q = query("SELECT * FROM CHANGES(t) AS c JOIN CHANGES(u) ON c.a = u.b");
    assert_true(q->from.changes);
    assert_slice(q->from.name.text, "T");
    assert_slice(q->from.alias.text, "C");
    assert_true(q->joins.items[0].right.changes);
    assert_false(query("SELECT * FROM changes")->from.changes);
}

static void words_that_start_clauses_can_be_names_elsewhere(void **state) {
    ast_query *q = query("SELECT emit, window, offset FROM order partition WINDOW SESSION "
                         "(1 DAY) PARTITION BY order EMIT FINAL");
    assert_int_equal(q->select.count, 3);
    assert_slice(q->from.name.text, "ORDER");
    assert_slice(q->from.alias.text, "PARTITION");
    assert_int_equal(q->window.kind, AST_WINDOW_SESSION);
    assert_int_equal(q->emit, AST_EMIT_FINAL);
}

static void places(void **state) {
    const char *sql = "SELECT a, b + 1 AS x FROM s t JOIN u WITHIN 1 DAY ON t.a = u.a EMIT CHANGES";
    ast_query *q = query(sql);
    assert_span(sql, q->span, sql);
    assert_span(sql, q->select.items[1].span, "b + 1 AS x");
    assert_span(sql, q->from.span, "s t");
    assert_span(sql, q->joins.items[0].span, "u WITHIN 1 DAY ON t.a = u.a");
    assert_span(sql, q->joins.items[0].before.span, "1 DAY");
    assert_span(sql, q->emit_span, "EMIT CHANGES");
}

static void canonical_texts(void **state) {
    assert_canonical(
        "SELECT DISTINCT A AS B FROM S AS T WHERE (A > 1) GROUP BY A, (B + 1) "
        "HAVING (COUNT(*) > 1) ORDER BY A DESC NULLS FIRST EMIT FINAL LIMIT 3 OFFSET 4");
    assert_canonical(
        "SELECT * FROM CHANGES(T) WINDOW W TUMBLING (SIZE 1 SECONDS, RETENTION 2 DAYS, "
        "GRACE PERIOD 3 HOURS) GROUP BY ()");
    assert_canonical("SELECT * FROM A INNER JOIN B WITHIN (1 DAYS, 2 DAYS) GRACE PERIOD 1 HOURS ON "
                     "(A.X = B.Y) FULL OUTER JOIN C WITHIN 1 WEEKS ON (A.X = C.Z)");
    assert_canonical("SELECT * FROM `WINDOW` AS `EMIT` PARTITION BY `ORDER`");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        parser_unit_test(select_items),
        parser_unit_test(every_clause_in_its_order),
        parser_unit_test(clauses_that_are_not_written_are_absent),
        parser_unit_test(windows),
        parser_unit_test(joins),
        parser_unit_test(grouping_forms),
        parser_unit_test(the_changes_of_a_table_are_a_stream),
        parser_unit_test(words_that_start_clauses_can_be_names_elsewhere),
        parser_unit_test(places),
        parser_unit_test(canonical_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
