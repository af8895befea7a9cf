/* The Flink dialect: what its texts become, that words it knows are nothing special to ksqlDB, and
 * that its errors say where and what. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "parser/flink_ast.h"
#include "parser_testing.h"

#define QUERIES "../shared/reference/nexmark/queries"

static ast_statement *flink(const char *sql) {
    error e;
    ast_statement *s = parser_parse_statement_in(test_arena, PARSER_FLINK, slice_of(sql), &e);
    if (!s)
        fail_msg("%s\n  %s", sql, e.message);
    assert_int_equal(s->dialect, PARSER_FLINK);
    return s;
}

static flink_select *flink_selecting(const char *sql) {
    ast_statement *s = flink(sql);
    assert_int_equal(s->kind, AST_STATEMENT_FLINK_QUERY);
    assert_int_equal(s->flink_query->body->kind, FLINK_BODY_SELECT);
    return s->flink_query->body->select;
}

static ast_expression *flink_value(const char *sql) {
    error e;
    ast_expression *x = parser_parse_expression_in(test_arena, PARSER_FLINK, slice_of(sql), &e);
    if (!x)
        fail_msg("%s\n  %s", sql, e.message);
    return x;
}

static void assert_refused(const char *sql, const char *at, const char *message) {
    error e;
    assert_null(parser_parse_statement_in(test_arena, PARSER_FLINK, slice_of(sql), &e));
    if (!strstr(e.message, message))
        fail_msg("%s\n  %s", sql, e.message);
    assert_span(sql, e.span, at);
}

static void names_keep_their_case(void **state) {
    flink_select *s = flink_selecting("SELECT B.`dateTime`, bid.Price FROM bid AS B");
    assert_slice(s->select.items[0].expression->column.qualifier.text, "B");
    assert_slice(s->select.items[1].expression->column.name.text, "Price");
    assert_slice(s->from->named.name.text, "bid");
    assert_slice(s->from->alias.text, "B");
}

static void fields_of_rows(void **state) {
    ast_expression *e = flink_value("a.b.c.d");
    assert_int_equal(e->kind, AST_EXPRESSION_DEREFERENCE);
    assert_slice(e->dereference.field.text, "d");
    e = e->dereference.base->dereference.base;
    assert_int_equal(e->kind, AST_EXPRESSION_COLUMN);
    assert_slice(e->column.qualifier.text, "a");
}

static void intervals(void **state) {
    assert_int_equal(flink_value("INTERVAL '10' SECOND")->interval.amount, 10000);
    assert_int_equal(flink_value("INTERVAL '1 02:03:04.5' DAY TO SECOND")->interval.amount,
        (((24 + 2) * 60 + 3) * 60 + 4) * 1000 + 500);
    ast_expression *e = flink_value("INTERVAL -'1-2' YEAR TO MONTH");
    assert_true(e->interval.is_months);
    assert_int_equal(e->interval.amount, -14);
    assert_refused("SELECT INTERVAL '1' FORTNIGHT", "FORTNIGHT", "not the unit of an interval");
    assert_refused("SELECT INTERVAL '1:x' HOUR TO MINUTE", "'1:x'", "is not an interval");
}

static void truth_is_told_from_null(void **state) {
    ast_expression *e = flink_value("a IS NOT TRUE");
    assert_int_equal(e->kind, AST_EXPRESSION_IS_DISTINCT);
    assert_false(e->is_distinct.negated);
    assert_int_equal(flink_value("a IS UNKNOWN")->kind, AST_EXPRESSION_IS_NULL);
}

static void rows_and_queries_in_parentheses(void **state) {
    assert_int_equal(flink_value("(a, b) = (1, 2)")->comparison.left->kind, AST_EXPRESSION_ROW);
    assert_int_equal(flink_value("(a, b) IN (SELECT 1, 2)")->kind, AST_EXPRESSION_IN_QUERY);
    assert_int_equal(flink_value("a IN (1, 2)")->kind, AST_EXPRESSION_IN);
    assert_int_equal(flink_value("((SELECT 1))")->query.query->body->kind, FLINK_BODY_SELECT);
    assert_int_equal(flink_value("a > ANY (SELECT 1)")->kind, AST_EXPRESSION_QUANTIFIED);
    assert_int_equal(flink_value("a = SOME (SELECT 1)")->kind, AST_EXPRESSION_IN_QUERY);
    assert_true(flink_value("a <> ALL (SELECT 1)")->query.negated);
    assert_int_equal(flink_value("a > ALL (1, 2)")->logical.operation, AST_AND);
    assert_int_equal(flink_value("EXISTS (SELECT 1)")->kind, AST_EXPRESSION_EXISTS);
    assert_int_equal(
        flink_value("ABS((SELECT 1))")->call.arguments.items[0]->kind, AST_EXPRESSION_SUBQUERY);
    assert_int_equal(flink_value("(ARRAY[1, 2])")->kind, AST_EXPRESSION_ARRAY);
    ast_expression *e = flink_value("(ARRAY[(1, 2), (3, 4)], MAP[1, 2])");
    assert_int_equal(e->kind, AST_EXPRESSION_ROW);
    assert_int_equal(e->row.items.count, 2);
    assert_int_equal(e->row.items.items[0]->array.items.items[0]->kind, AST_EXPRESSION_ROW);
    ast_statement *s = flink("(SELECT 1) UNION ALL (SELECT 2) ORDER BY 1 LIMIT 3");
    assert_int_equal(s->flink_query->body->kind, FLINK_BODY_SET);
    assert_int_equal(s->flink_query->limit, 3);
}

static void groupings(void **state) {
    flink_select *s = flink_selecting(
        "SELECT 1 FROM t GROUP BY (a, b), ROLLUP (c, d), GROUPING SETS ((e, f), g, ())");
    assert_int_equal(s->group_by.count, 4); /* (a, b) are two */
    assert_int_equal(s->group_by.items[2].kind, FLINK_GROUP_ROLLUP);
    assert_int_equal(s->group_by.items[3].set_count, 3);
    assert_int_equal(s->group_by.items[3].sets[0].count, 2);
    assert_int_equal(s->group_by.items[3].sets[2].count, 0);
}

static void calls_over_windows(void **state) {
    flink_select *s = flink_selecting(
        "SELECT COUNT(*) FILTER (WHERE a > 1) OVER (PARTITION BY b ORDER BY c "
        "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), SUM(a) OVER w FROM t WINDOW w AS (ORDER BY c)");
    ast_expression *e = s->select.items[0].expression;
    assert_int_equal(e->kind, AST_EXPRESSION_OVER);
    assert_non_null(e->over.call->call.filter);
    assert_int_equal(e->over.window->from.kind, FLINK_PRECEDING);
    assert_int_equal(e->over.window->to.kind, FLINK_CURRENT_ROW);
    assert_slice(s->select.items[1].expression->over.window->base.text, "w");
    assert_int_equal(s->windows.count, 1);
}

static void windows_as_tables(void **state) {
    flink_select *s = flink_selecting("SELECT * FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL "
                                      "'2' SECOND, INTERVAL '10' SECOND)) w");
    const flink_window_call *w = s->from->window;
    assert_int_equal(w->function, FLINK_WINDOW_HOP);
    assert_int_equal(w->step->interval.amount, 2000);
    assert_int_equal(w->size->interval.amount, 10000);
    s = flink_selecting("SELECT * FROM TUMBLE(SIZE => INTERVAL '1' MINUTE, DATA => TABLE bid, "
                        "TIMECOL => DESCRIPTOR(ts))");
    assert_slice(s->from->window->time.text, "ts");
    assert_refused("SELECT * FROM TABLE(TUMBLE(TABLE bid, ts, INTERVAL '1' MINUTE))", "ts",
        "not those of a window");
}

static void joins_in_time(void **state) {
    flink_select *s = flink_selecting("SELECT 1 FROM a /*+ OPTIONS('k'='v') */ AS x, b LEFT JOIN c "
                                      "FOR SYSTEM_TIME AS OF x.p AS s ON x.k = s.k");
    assert_int_equal(s->from->join.kind, FLINK_JOIN_CROSS);
    assert_slice(s->from->join.left->hints.items[0].options.items[0].value.text, "v");
    const flink_relation *left = s->from->join.right;
    assert_int_equal(left->join.kind, FLINK_JOIN_LEFT);
    assert_non_null(left->join.right->named.as_of);
}

static void patterns(void **state) {
    flink_select *s = flink_selecting(
        "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY u ORDER BY ts MEASURES A.x AS a "
        "ONE ROW PER MATCH AFTER MATCH SKIP TO LAST B PATTERN (A B{2,}? (C | D)*) "
        "WITHIN INTERVAL '5' SECOND DEFINE B AS B.x > LAST(B.x, 1)) AS m");
    const flink_match *m = s->from->match;
    assert_int_equal(m->pattern->count, 3);
    assert_int_equal(m->pattern->items[1]->least, 2);
    assert_int_equal(m->pattern->items[1]->most, -1);
    assert_true(m->pattern->items[1]->reluctant);
    assert_int_equal(m->pattern->items[2]->items[0]->kind, FLINK_PATTERN_ALTERNATION);
    assert_int_equal(m->skip, FLINK_SKIP_TO_LAST);
    assert_refused(
        "SELECT * FROM t MATCH_RECOGNIZE (PATTERN (A{3,2}) DEFINE A AS TRUE)", "2", "upper bound");
}

static void tables(void **state) {
    const char *sql =
        "CREATE TEMPORARY TABLE IF NOT EXISTS default_catalog.default_database.t (a SMALLINT NOT "
        "NULL COMMENT 'x', r ROW<b INT, `c` ARRAY<VARCHAR(10)>>, d AS a + 1, m TIMESTAMP_LTZ(3) "
        "METADATA FROM 'timestamp' VIRTUAL, ts TIMESTAMP(3) WITH LOCAL TIME ZONE, PRIMARY KEY (a) "
        "NOT ENFORCED, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) PARTITIONED BY (a) "
        "WITH ('connector' = 'kafka') LIKE u (EXCLUDING OPTIONS)";
    const flink_create_table *t = flink(sql)->flink_create_table;
    assert_slice(t->name.text, "t");
    assert_int_equal(t->columns.count, 5);
    assert_true(t->columns.items[0].not_null);
    assert_slice(t->columns.items[0].type->name.text, "SMALLINT");
    assert_int_equal(t->columns.items[1].type->kind, AST_TYPE_STRUCT);
    assert_int_equal(t->columns.items[2].kind, FLINK_COLUMN_COMPUTED);
    assert_true(t->columns.items[3].is_virtual && t->columns.items[3].type->local_zone);
    assert_true(t->columns.items[4].type->local_zone);
    assert_slice(t->watermark_column.text, "ts");
    assert_int_equal(t->like_excludes, 1u << FLINK_LIKE_OPTIONS);
    assert_refused("CREATE TABLE other.t (a INT)", "other", "no catalog or database");
    assert_refused("CREATE TABLE t (a INT, PRIMARY KEY (a))", ")", "expected NOT");
}

/* Its semicolons do not end it. */
static void statement_sets(void **state) {
    slice sql = slice_of("EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b (x) "
                         "VALUES (1), (CASE WHEN TRUE THEN 2 END); END; SHOW JOBS;");
    parser_piece piece = parser_split(sql, 0);
    assert_int_equal(piece.end, PARSER_PIECE_STATEMENT);
    assert_slice(parser_split(sql, piece.next).text, "SHOW JOBS");
    error e;
    ast_script script;
    assert_true(parser_parse_script_in(test_arena, PARSER_FLINK, sql, &script, &e));
    assert_int_equal(script.count, 2);
    assert_int_equal(script.items[0]->flink_statement_set->count, 2);
    assert_int_equal(parser_split(slice_of("BEGIN STATEMENT SET; INSERT INTO a SELECT 1;"), 0).end,
        PARSER_PIECE_INCOMPLETE);
}

/* Words of Flink are names to ksqlDB, and its own signs are none. */
static void ksqldb_stays_itself(void **state) {
    assert_int_equal(statement("SELECT OVER, ROW, UNION FROM WATERMARK EMIT CHANGES;")->kind,
        AST_STATEMENT_QUERY);
    error e;
    assert_null(parser_parse_statement(test_arena, slice_of("SELECT (SELECT 1) FROM t;"), &e));
    assert_null(parser_parse_statement(test_arena, slice_of("SELECT a.b.c FROM t;"), &e));
    assert_refused("SELECT a->b FROM t", "->", "has no meaning here");
    assert_refused("SELECT a FROM t EMIT CHANGES", "CHANGES", "Unexpected CHANGES");
}

static void nesting_has_bounds(void **state) {
    buffer sql = {0};
    for (int i = 0; i < 200; i++)
        buffer_append_text(&sql, "SELECT * FROM (");
    error e;
    assert_null(parser_parse_statement_in(test_arena, PARSER_FLINK, buffer_slice(&sql), &e));
    assert_int_equal(e.code, ERROR_LIMIT);
    buffer_clear(&sql);
    buffer_append_text(&sql, "SELECT 1");
    for (int i = 0; i < 600; i++)
        buffer_append_text(&sql, " UNION SELECT 1");
    assert_null(parser_parse_statement_in(test_arena, PARSER_FLINK, buffer_slice(&sql), &e));
    assert_int_equal(e.code, ERROR_LIMIT);
    buffer_free(&sql);
}

/* `before` 10,000 times, then `after` as often: it gets an answer, and is no trouble to whoever
 * walks over the tree. */
static void assert_survives(
    const char *start, const char *before, const char *middle, const char *after) {
    buffer sql = {0};
    buffer_append_text(&sql, start);
    for (int i = 0; i < 10000; i++)
        buffer_append_text(&sql, before);
    buffer_append_text(&sql, middle);
    for (int i = 0; i < 10000; i++)
        buffer_append_text(&sql, after);
    if (strstr(start, "PATTERN"))
        buffer_append_text(&sql, ") DEFINE a AS TRUE)");
    error e;
    ast_statement *s = parser_parse_statement_in(test_arena, PARSER_FLINK, buffer_slice(&sql), &e);
    if (s)
        ast_format_statement(test_arena, s);
    else if (e.code != ERROR_LIMIT)
        fail_msg("%s %s: %s", start, before, e.message);
    buffer_free(&sql);
    arena_reset(test_arena);
}

static void ten_thousand_levels_are_refused(void **state) {
    assert_survives("SELECT ", "(", "1", ")");
    assert_survives("SELECT ", "f(", "1", ")");
    assert_survives("SELECT ", "NOT ", "TRUE", "");
    assert_survives("SELECT a", ".b", "", "");
    assert_survives("SELECT ", "ROW(", "1", ")");
    assert_survives("SELECT ", "ARRAY[", "1", "]");
    assert_survives("SELECT ", "CASE WHEN TRUE THEN ", "1", " END");
    assert_survives("SELECT ", "CAST(", "1", " AS INT)");
    assert_survives("SELECT CAST(a AS ", "ROW<x ", "INT", ">");
    assert_survives("SELECT CAST(a AS INT", " NOT NULL", ")", "");
    assert_survives("SELECT * FROM ", "(", "t", ")");
    assert_survives("SELECT * FROM ", "(a JOIN ", "t", " ON TRUE)");
    assert_survives("SELECT * FROM ", "a, ", "t", "");
    assert_survives("SELECT * FROM ", "(SELECT * FROM ", "t", ")");
    assert_survives("SELECT * FROM t WHERE ", "a IN (SELECT a FROM t WHERE ", "TRUE", ")");
    assert_survives("SELECT * FROM t MATCH_RECOGNIZE (PATTERN (", "(", "a", ")?");
    assert_survives("SELECT * FROM t MATCH_RECOGNIZE (PATTERN (", "(a | b ", "a", ")");
    assert_survives("", "EXPLAIN ", "SELECT 1", "");
    assert_survives("", "(", "SELECT 1", ")");
    assert_survives("SELECT 1", " UNION SELECT 1", "", "");
    assert_survives("", "WITH a AS (", "SELECT 1", ") SELECT 1");
}

/* A well-known suite of queries, where it is at hand. */
static void nexmark_is_read(void **state) {
    DIR *directory = opendir(QUERIES);
    if (!directory) {
        print_message("SKIPPED: %s is not there\n", QUERIES);
        skip();
    }
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] == '.')
            continue;
        slice path = arena_format(test_arena, "%s/%s", QUERIES, entry->d_name);
        FILE *file = fopen(path.data, "rb");
        assert_non_null(file);
        char text[16384], filled[16384];
        size_t length = fread(text, 1, sizeof text - 1, file);
        fclose(file);
        text[length] = 0;
        const char *placeholder = "${NEXMARK_TABLE}";
        size_t at = 0;
        for (const char *from = text; *from;) {
            bool found = strncmp(from, placeholder, strlen(placeholder)) == 0;
            if (found)
                from += strlen(placeholder);
            else
                filled[at++] = *from++;
            if (found)
                filled[at++] = 't';
        }
        error e;
        ast_script script;
        if (!parser_parse_script_in(test_arena, PARSER_FLINK, slice_make(filled, at), &script, &e))
            fail_msg("%s: %s", entry->d_name, e.message);
        count += script.count;
    }
    closedir(directory);
    assert_int_equal(count, 58);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        parser_unit_test(names_keep_their_case),
        parser_unit_test(fields_of_rows),
        parser_unit_test(intervals),
        parser_unit_test(truth_is_told_from_null),
        parser_unit_test(rows_and_queries_in_parentheses),
        parser_unit_test(groupings),
        parser_unit_test(calls_over_windows),
        parser_unit_test(windows_as_tables),
        parser_unit_test(joins_in_time),
        parser_unit_test(patterns),
        parser_unit_test(tables),
        parser_unit_test(statement_sets),
        parser_unit_test(ksqldb_stays_itself),
        parser_unit_test(nesting_has_bounds),
        parser_unit_test(ten_thousand_levels_are_refused),
        parser_unit_test(nexmark_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
