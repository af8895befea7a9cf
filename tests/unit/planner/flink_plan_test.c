/* Flink SQL as plans: what becomes of names, filters, joins, windows, ranks and patterns. */
#include "planner_fixture.h"

static const function_descriptor FLINK_FUNCTIONS[] = {
    ROW("COUNT", FUNCTION_AGGREGATE, 2, {.signature = "() -> BIGINT"},
        {.signature = "(ANY) -> BIGINT"}),
    ROW("AVG", FUNCTION_AGGREGATE, 1, {.signature = "(BIGINT) -> BIGINT"}),
    ROW("FLINK_ADD_MS", FUNCTION_SCALAR, 1, {.signature = "(TIMESTAMP, BIGINT) -> TIMESTAMP"}),
    ROW("FLINK_PROCTIME", FUNCTION_SCALAR, 1, {.signature = "() -> TIMESTAMP"}),
    ROW("FLINK_EXTRACT", FUNCTION_SCALAR, 1, {.signature = "(STRING, TIMESTAMP) -> BIGINT"}),
    ROW("LCASE", FUNCTION_SCALAR, 1, {.signature = "(STRING) -> STRING"}),
};

/* events (kind, shop ROW<id, town>, sale ROW<item, price, at>, at AS sale.at, WATERMARK), and the
 * table `totals` that takes additions only. */
static void put_tables(fixture *f) {
    static bool registered;
    if (!registered)
        function_register_flink(FLINK_FUNCTIONS, sizeof FLINK_FUNCTIONS / sizeof *FLINK_FUNCTIONS);
    registered = true;
    static const sql_field shop[] = {
        {SLICE_LITERAL("id"), &SQL_TYPE_BIGINT}, {SLICE_LITERAL("town"), &SQL_TYPE_VARCHAR}};
    static const sql_field sale[] = {{SLICE_LITERAL("item"), &SQL_TYPE_BIGINT},
        {SLICE_LITERAL("price"), &SQL_TYPE_BIGINT}, {SLICE_LITERAL("at"), &SQL_TYPE_TIMESTAMP}};
    static const sql_type shop_type = {.base = SQL_STRUCT, .field_count = 2, .fields = shop};
    static const sql_type sale_type = {.base = SQL_STRUCT, .field_count = 3, .fields = sale};
    static const source_column columns[] = {
        {.name = SLICE_LITERAL("kind"), .type = &SQL_TYPE_INTEGER},
        {.name = SLICE_LITERAL("shop"), .type = &shop_type},
        {.name = SLICE_LITERAL("sale"), .type = &sale_type}};
    static const flink_table_column declared[] = {
        {.name = SLICE_LITERAL("kind"), .type = &SQL_TYPE_INTEGER, .physical = 0},
        {.name = SLICE_LITERAL("shop"), .type = &shop_type, .physical = 1},
        {.name = SLICE_LITERAL("sale"), .type = &sale_type, .physical = 2},
        {.name = SLICE_LITERAL("at"),
            .role = FLINK_ROLE_COMPUTED,
            .expression = SLICE_LITERAL("CASE WHEN kind = 0 THEN NULL ELSE sale.at END")}};
    static const flink_table events = {.connector = SLICE_LITERAL("kafka"),
        .column_count = 4,
        .columns = declared,
        .watermark_column = SLICE_LITERAL("at"),
        .watermark_expression = SLICE_LITERAL("at - INTERVAL '4' SECOND")};
    source_descriptor source = {.name = SLICE_LITERAL("events"),
        .column_count = 3,
        .columns = columns,
        .topic = SLICE_LITERAL("events"),
        .partitions = 2,
        .key_format = {.name = SLICE_LITERAL("NONE")},
        .value_format = {.name = SLICE_LITERAL("JSON")},
        .flink = &events};
    fixture_put(f, &source, (slice){0}, SLICE_LITERAL("CREATE TABLE events"));
    static const source_column taken[] = {{.name = SLICE_LITERAL("item"), .type = &SQL_TYPE_BIGINT},
        {.name = SLICE_LITERAL("total"), .type = &SQL_TYPE_BIGINT}};
    static const flink_table_column taken_columns[] = {
        {.name = SLICE_LITERAL("item"), .type = &SQL_TYPE_BIGINT, .physical = 0},
        {.name = SLICE_LITERAL("total"), .type = &SQL_TYPE_BIGINT, .physical = 1}};
    static const flink_table totals = {
        .connector = SLICE_LITERAL("kafka"), .column_count = 2, .columns = taken_columns};
    source_descriptor sink = {.name = SLICE_LITERAL("totals"),
        .column_count = 2,
        .columns = taken,
        .topic = SLICE_LITERAL("totals"),
        .partitions = 1,
        .key_format = {.name = SLICE_LITERAL("NONE")},
        .value_format = {.name = SLICE_LITERAL("JSON")},
        .flink = &totals};
    fixture_put(f, &sink, (slice){0}, SLICE_LITERAL("CREATE TABLE totals"));
}

static bool try_flink(void **state, const char *sql) {
    fixture *f = *state;
    arena *a = arena_create();
    plan *p = NULL;
    error_clear(&f->error);
    buffer_clear(&f->text);
    if (!catalog_source(f->catalog, SLICE_LITERAL("events")))
        put_tables(f);
    planner_options options = {.context = f, .property = fixture_property};
    ast_statement *statement = parser_parse_statement_in(a, PARSER_FLINK, slice_of(sql), &f->error);
    bool ok = statement && planner_plan_flink(statement, f->catalog, &options, SLICE_LITERAL("q_1"),
                               &p, &f->error);
    if (ok)
        plan_format(p, &f->text);
    else
        buffer_format(&f->text, "%s / %s", f->error.message, f->error.hint);
    buffer_append_byte(&f->text, 0);
    plan_destroy(p);
    arena_destroy(a);
    return ok;
}

static const char *flink_plan(void **state, const char *sql) {
    fixture *f = *state;
    if (!try_flink(state, sql))
        fail_msg("refused: %s\n%s", sql, f->text.data);
    return f->text.data;
}

static void has_part(void **state, const char *sql, const char *expected) {
    const char *text = flink_plan(state, sql);
    if (!strstr(text, expected))
        fail_msg("%s\n  gives:\n%s\n  without: %s", sql, text, expected);
}

static void has_no_part(void **state, const char *sql, const char *unexpected) {
    const char *text = flink_plan(state, sql);
    if (strstr(text, unexpected))
        fail_msg("%s\n  gives:\n%s\n  with: %s", sql, text, unexpected);
}

static void refused(void **state, const char *sql, const char *expected) {
    fixture *f = *state;
    if (try_flink(state, sql))
        fail_msg("accepted: %s\n%s", sql, f->text.data);
    if (!strstr(f->text.data, expected))
        fail_msg("%s\n  gives:    %s\n  not: %s", sql, f->text.data, expected);
}

#define SALES "(SELECT sale.item, sale.price, at FROM events WHERE kind = 1)"
#define SHOPS "(SELECT shop.id, shop.town, at FROM events WHERE kind = 2)"
/* The rows of a window behind the watermark. */
#define TEN_SECONDS "TABLE(TUMBLE(TABLE events, DESCRIPTOR(at), INTERVAL '10' SECOND))"

/* The filter goes below the exchange, the CASE is decided by it, no one needs the watermark, and of
 * the ROW two fields are decoded. */
static void a_projection_reads_what_it_needs(void **state) {
    assert_string_equal(
        flink_plan(state, "SELECT s.item, s.at FROM " SALES " AS s WHERE price > 3"),
        "SINK results: `item` BIGINT, `at` TIMESTAMP\n"
        "  EXCHANGE all partitions into one\n"
        "    PROJECT sale->`item` AS `item`, sale->`at` AS `at`\n"
        "      FILTER ((kind = 1) AND (sale->`price` > CAST(3 AS BIGINT)))\n"
        "        SOURCE events (topic events, NONE/JSON): `kind` INTEGER, `sale` STRUCT<`item` "
        "BIGINT, `price` BIGINT, `at` TIMESTAMP>\n");
    has_no_part(state, "SELECT sale.item FROM events", "WATERMARK");
}

static void names_are_told(void **state) {
    refused(state, "SELECT nothing FROM events", "'nothing'");
    refused(state, "SELECT sale.nothing FROM events", "nothing");
    refused(state, "SELECT a.kind FROM nowhere a", "Object 'nowhere' not found");
    refused(state, "SELECT kind FROM events a, events b", "ambiguous");
    has_part(state, "SELECT e.sale.price p FROM events e", "`p` BIGINT");
    has_part(state, "SELECT e.* FROM events e", "`kind` INTEGER, `shop` STRUCT");
    has_part(state, "SELECT sale.* FROM events", "results: `item` BIGINT, `price` BIGINT, `at`");
}

static void expressions_follow_flink(void **state) {
    has_part(state, "SELECT 0.908 * kind FROM events", "DECIMAL(14, 3)");
    has_part(state, "SELECT CASE WHEN kind = 1 THEN 1 ELSE NULL END x FROM events", "`x` INTEGER");
    has_part(state, "SELECT at + INTERVAL '1' MINUTE x FROM events", "`x` TIMESTAMP");
    has_part(state, "SELECT HOUR(at), LOWER(shop.town) FROM events", "LCASE(");
    has_part(state, "SELECT kind FROM events WHERE (kind, kind) IN ((1, 2), (3, 4))", " OR ");
    refused(state, "SELECT at + 1 FROM events", "INTERVAL");
    refused(state, "SELECT NO_SUCH(kind) FROM events", "no function NO_SUCH");
}

#define ENDS                                                                                       \
    "(SELECT COUNT(*) m, window_start s, window_end e FROM " TEN_SECONDS                           \
    " GROUP BY window_start, window_end) w"

/* A window that is yet to come ends after the watermark. */
static void rows_leave_a_join_that_windows_bound(void **state) {
    has_part(state,
        "SELECT price FROM " SALES " a JOIN " ENDS
        " ON a.price = w.m AND a.at >= w.e - INTERVAL '10' SECOND AND a.at < w.e",
        ", left rows leave at at + 10000 ms");
    has_part(state,
        "SELECT price FROM " ENDS " JOIN " SALES
        " a ON a.price = w.m AND w.s < a.at + INTERVAL '1' SECOND",
        ", right rows leave at at + 11000 ms");
    has_no_part(state,
        "SELECT price FROM " SALES " a JOIN " ENDS " ON a.price = w.m AND a.at <= w.e", "leave");
    has_no_part(state,
        "SELECT price FROM " SALES " a LEFT JOIN " ENDS " ON a.price = w.m AND a.at >= w.e",
        "leave");
}

static void joins_are_chosen_by_their_conditions(void **state) {
    has_part(state,
        "SELECT * FROM " SALES " a JOIN " SHOPS " b ON a.item = b.id AND a.price > b.id",
        "JOIN INNER on item = id where");
    has_part(state,
        "SELECT a.item FROM " SALES " a, " SHOPS " b WHERE a.item = b.id AND "
        "b.at BETWEEN a.at - INTERVAL '5' SECOND AND a.at + INTERVAL '1' MINUTE",
        "INTERVAL JOIN INNER on item = id, right at from 5000 ms before to 60000 ms after left at");
    has_part(state,
        "SELECT a.kind FROM (SELECT kind, window_start s, window_end e FROM " TEN_SECONDS
        " GROUP BY kind, window_start, window_end) a JOIN (SELECT window_start s, window_end e "
        "FROM " TEN_SECONDS " GROUP BY window_start, window_end) b ON a.s = b.s AND a.e = b.e",
        "WINDOW JOIN INNER in windows that end at e");
    has_part(state,
        "SELECT item FROM " SALES " WHERE item IN (SELECT id FROM " SHOPS " WHERE town = 'A')",
        "JOIN SEMI on item = id");
    has_part(state,
        "SELECT item FROM " SALES " s WHERE NOT EXISTS (SELECT 1 FROM " SHOPS " WHERE id = s.item)",
        "JOIN ANTI on item = id");
}

static void windows_go_into_their_aggregate(void **state) {
    const char *grouped = "SELECT kind, window_end, COUNT(*) FROM " TEN_SECONDS
                          " GROUP BY kind, window_start, window_end";
    has_part(state, grouped, "WINDOW AGGREGATE TUMBLE of at, size 10000 ms by kind: COUNT(*)");
    has_part(state, grouped, "WATERMARK at: FLINK_ADD_MS(at, -4000)");
    has_part(state,
        "SELECT kind, SESSION_START(at, INTERVAL '9' SECOND) FROM events GROUP BY kind, "
        "SESSION(at, "
        "INTERVAL '9' SECOND)",
        "WINDOW AGGREGATE SESSION of at, gap 9000 ms by kind");
    has_part(state, "SELECT kind, window_end FROM " TEN_SECONDS, "  WINDOW TUMBLE of at");
    refused(state, "SELECT COUNT(*) FROM events GROUP BY TUMBLE(sale.at, INTERVAL '1' SECOND)",
        "time attribute");
    refused(state,
        "SELECT * FROM TABLE(SESSION(TABLE events, DESCRIPTOR(at), INTERVAL '1' SECOND))",
        "need an aggregate");
}

static void groups_take_filters_and_sets(void **state) {
    has_part(state,
        "SELECT kind, COUNT(DISTINCT sale.item) FILTER (WHERE sale.price > 3), AVG(sale.price) "
        "FROM events GROUP BY kind HAVING COUNT(*) > 1",
        "GROUP AGGREGATE by kind: COUNT(DISTINCT $f1) FILTER $f2, AVG($f3), COUNT(*)");
    has_part(state, "SELECT kind, COUNT(*), GROUPING(kind) FROM events GROUP BY ROLLUP(kind)",
        "EXPLODE(ARRAY[0, 1])");
    refused(state, "SELECT kind, sale FROM events GROUP BY kind", "not being grouped");
    refused(state, "SELECT COUNT(*) FROM events WHERE COUNT(*) > 1", "cannot be used in WHERE");
}

static void ranks_are_bounded_by_filters(void **state) {
    has_part(state,
        "SELECT item FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price DESC) AS "
        "n "
        "FROM " SALES ") WHERE n <= 3",
        "TOP N 1 to 3 by item order by price DESC");
    has_part(state,
        "SELECT item, n FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY price) AS n FROM " SALES
        ") WHERE n = 2 AND price > 5",
        "TOP N 2 to 2 order by price");
    has_part(state, "SELECT item FROM " SALES " ORDER BY price LIMIT 5", "TOP N 1 to 5");
    has_part(state, "SELECT item, ROW_NUMBER() OVER (PARTITION BY item ORDER BY price) FROM " SALES,
        "TOP N 1 to the last by item order by price");
    refused(state, "SELECT item FROM " SALES " ORDER BY item", "non-time-attribute");
}

static void rows_before_a_row_are_aggregated(void **state) {
    has_part(state,
        "SELECT AVG(price) OVER (PARTITION BY item ORDER BY at ROWS BETWEEN 2 PRECEDING AND "
        "CURRENT ROW) FROM " SALES,
        "OVER by item order by at, 2 rows before: AVG(price)");
    refused(state, "SELECT AVG(price) OVER (ORDER BY price) FROM " SALES, "time attribute");
}

static void patterns_read_terms(void **state) {
    has_part(state,
        "SELECT * FROM " SALES " MATCH_RECOGNIZE (PARTITION BY item ORDER BY at MEASURES "
        "FIRST(A.price) AS f, AVG(A.price) AS m PATTERN (A+ B{1,2}?) WITHIN INTERVAL '5' SECOND "
        "DEFINE A AS A.price > 10, B AS B.price < LAST(A.price, 1)) AS t",
        "MATCH by item order by at, pattern (A{1,} B{1,2}?) within 5000 ms");
    refused(state,
        "SELECT * FROM " SALES " MATCH_RECOGNIZE (ORDER BY price MEASURES A.price AS p PATTERN (A) "
        "DEFINE A AS TRUE) AS t",
        "rowtime");
    refused(state,
        "SELECT * FROM " SALES " MATCH_RECOGNIZE (ORDER BY at MEASURES A.price AS p PATTERN (A) "
        "DEFINE B AS TRUE) AS t",
        "not in the PATTERN");
}

static void sets_are_joined_or_added(void **state) {
    has_part(state, "SELECT item FROM " SALES " UNION ALL SELECT id FROM " SHOPS, "  UNION\n");
    has_part(state, "SELECT item FROM " SALES " EXCEPT SELECT id FROM " SHOPS,
        "JOIN ANTI on item IS NOT DISTINCT FROM item");
    has_part(state, "WITH x AS " SALES " SELECT DISTINCT item FROM x", "GROUP AGGREGATE by item");
    refused(state, "SELECT item, price FROM " SALES " UNION SELECT id FROM " SHOPS, "mismatch");
}

static void sinks_take_what_fits(void **state) {
    has_part(state, "INSERT INTO totals SELECT item, price FROM " SALES, "SINK stream totals");
    has_part(state, "INSERT INTO totals (total) SELECT kind FROM events",
        "PROJECT NULL AS `item`, CAST(kind AS BIGINT) AS `total`");
    refused(state, "INSERT INTO totals SELECT item FROM " SALES, "do not match");
    refused(state, "INSERT INTO totals SELECT item, 'x' FROM " SALES, "do not match");
    refused(state, "INSERT INTO totals SELECT item, COUNT(*) FROM " SALES " GROUP BY item",
        "doesn't support consuming update");
    refused(state, "INSERT INTO total SELECT item, price FROM " SALES, "Did you mean totals");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PLANNER_TEST(a_projection_reads_what_it_needs),
        PLANNER_TEST(names_are_told),
        PLANNER_TEST(expressions_follow_flink),
        PLANNER_TEST(rows_leave_a_join_that_windows_bound),
        PLANNER_TEST(joins_are_chosen_by_their_conditions),
        PLANNER_TEST(windows_go_into_their_aggregate),
        PLANNER_TEST(groups_take_filters_and_sets),
        PLANNER_TEST(ranks_are_bounded_by_filters),
        PLANNER_TEST(rows_before_a_row_are_aggregated),
        PLANNER_TEST(patterns_read_terms),
        PLANNER_TEST(sets_are_joined_or_added),
        PLANNER_TEST(sinks_take_what_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
