/* Flink's statements as trees, as texts, and as trees again: the canonical text of a statement
 * parses, is then its own canonical text, and has every name, number and string of the statement.
 * The statements are those below, those of sql-tests/flink_*.sql and, where it is at hand, those of
 * a well-known suite of queries. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>

#include "base/memory.h"
#include "parser/lexer.h"
#include "parser_testing.h"

#define QUERIES "../shared/reference/nexmark/queries"
#define DOCUMENTS "sql-tests"

static int parsed, others;

/* ---- one statement ---- */

/* Keywords that the canonical text leaves out or says otherwise. */
static bool is_optional(slice word) {
    static const char *const WORDS[] = {"AS", "INNER", "OUTER", "FROM", "TO", "IN", "INTEGER",
        "DEC", "NUMERIC", "WITHOUT", "WITH", "LOCAL", "TIME", "TIMESTAMP", "ZONE", "PRECISION",
        "ROW", "ROWS", "BOTH", "LEADING", "TRAILING", "TRIM", "IS", "NOT", "UNKNOWN", "SIZE",
        "DATA", "TIMECOL", "SLIDE", "STEP", "GAP", "OFFSET", "FETCH", "FIRST", "NEXT", "ONLY",
        "DISTINCT", "ALL", "DEFAULT_CATALOG", "DEFAULT_DATABASE", "LATERAL", "CONSTRAINT",
        "COMMENT", "SIMILAR", "OVERWRITING", "OPTIONS", "SYMMETRIC", "ASYMMETRIC", "RETURNING",
        "DEFAULT", "ANY", "SOME", "ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN",
        "PLAN_ADVICE", "EMPTY", "ERROR", "ON", "WRAPPER", "NULL", "PLACING", "INTERVAL", "BEGIN",
        "STATEMENT", "EXECUTE", "INCLUDING", "LANGUAGE", "JAVA", "DESC", "PLAN", "FOR", "STOP",
        "JOB", "ASC", "RANGE", "MAP", "TABLE", "VALUES", "BETWEEN", "AND", "KEY", "VALUE"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (slice_is_ignore_case(word, WORDS[i]))
            return true;
    return false;
}

static bool has_word(slice sql, slice word) {
    return memmem(sql.data, sql.length, word.data, word.length) != NULL;
}

static void check_words(slice sql, slice once, const char *where) {
    slice upper = arena_upper(test_arena, once);
    lexer l = {.sql = sql};
    slice before = {0};
    for (token t = lexer_next(&l); t.code != TOKEN_END; t = lexer_next(&l)) {
        char first = t.text.data[0];
        bool is_interval = slice_is_ignore_case(before, "INTERVAL");
        before = t.text;
        if (is_interval) { /* is written in its smallest unit */
            lexer_next(&l);
            continue;
        }
        bool is_quoted = first == '`' || first == '\'';
        slice word = is_quoted ? slice_make(t.text.data + 1, t.text.length - 2) : t.text;
        if (!is_quoted && !isalnum((unsigned char)first) && first != '_')
            continue;
        if ((!is_quoted && is_optional(word)) || slice_is_ignore_case(word, "INTERVAL"))
            continue;
        if (!has_word(upper, arena_upper(test_arena, word)))
            fail_msg("%s: %.*s is lost\n  %.*s\n  %.*s", where, SLICE_ARG(word), SLICE_ARG(sql),
                SLICE_ARG(once));
    }
}

static slice canonical(slice sql, error *e) {
    ast_statement *s = parser_parse_statement_in(test_arena, PARSER_FLINK, sql, e);
    return s ? ast_format_statement(test_arena, s) : (slice){0};
}

static bool round_trip(slice sql, const char *where) {
    error e;
    slice once = canonical(sql, &e);
    if (!once.data)
        return false;
    slice twice = canonical(once, &e);
    if (!twice.data)
        fail_msg("%s: %.*s\n  %s", where, SLICE_ARG(once), e.message);
    if (!slice_equal(once, twice))
        fail_msg("%s:\n  %.*s\n  %.*s", where, SLICE_ARG(once), SLICE_ARG(twice));
    check_words(sql, once, where);
    parsed++;
    return true;
}

/* ---- statements of our own ---- */

static const char *const STATEMENTS[] = {
    "CREATE TEMPORARY TABLE IF NOT EXISTS t (a TINYINT NOT NULL, `b c` VARCHAR(9), d DECIMAL(9, "
    "2), "
    "e TIMESTAMP(3) WITH LOCAL TIME ZONE, r ROW<x INT, `value` ARRAY<MAP<STRING, DOUBLE>>>, "
    "z AS a + 1, h TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, p INT METADATA, "
    "WATERMARK FOR e AS e - INTERVAL '1.5' SECOND, PRIMARY KEY (a, `b c`) NOT ENFORCED) "
    "COMMENT 'it''s one' PARTITIONED BY (a) WITH ('connector' = 'kafka', 'n' = '1')",
    "CREATE TABLE k (a BIGINT PRIMARY KEY NOT ENFORCED, b STRING) WITH ('connector' = 'print')",
    "CREATE TABLE u WITH ('connector' = 'print') LIKE t (EXCLUDING OPTIONS)",
    "CREATE TABLE u (c INT) LIKE t (INCLUDING OPTIONS EXCLUDING WATERMARKS)",
    "CREATE TABLE u (c INT) LIKE t (EXCLUDING GENERATED EXCLUDING CONSTRAINTS)",
    "CREATE TABLE v WITH ('connector' = 'print') AS SELECT a FROM t",
    "CREATE OR REPLACE TEMPORARY VIEW v (x, y) AS SELECT a, b FROM t",
    "CREATE VIEW IF NOT EXISTS v COMMENT 'c' AS SELECT * FROM t",
    "CREATE FUNCTION IF NOT EXISTS f AS 'com.example.F' LANGUAGE JAVA",
    "DROP TEMPORARY TABLE IF EXISTS default_catalog.default_database.t",
    "DROP VIEW v",
    "ALTER TABLE t RENAME TO u",
    "ALTER TABLE t SET ('a' = 'b', 'c' = 'd')",
    "ALTER TABLE t RESET ('a', 'b')",
    "SHOW CREATE TABLE t",
    "SHOW JOBS",
    "DESCRIBE t",
    "EXPLAIN PLAN FOR SELECT 1 AS one",
    "EXPLAIN SET 'a' = 'b'",
    "SELECT a > ANY (SELECT 1), b <= ALL (SELECT 2), c >= ANY (1, 2) FROM t NATURAL LEFT JOIN u",
    "EXPLAIN STATEMENT SET BEGIN INSERT INTO t SELECT 1; INSERT INTO u SELECT 2; END",
    "SET 'table.exec.state.ttl' = '1 h'",
    "SET",
    "RESET 'table.exec.state.ttl'",
    "RESET",
    "STOP JOB 'job-1'",
    "INSERT INTO t (a, b) SELECT a, b FROM u",
    "INSERT OVERWRITE t PARTITION (a = 1, b = 'x') SELECT c FROM u",
    "INSERT INTO t /*+ OPTIONS('sink.partitioner' = 'fixed') */ VALUES (1, 'a'), (2, NULL)",
    "EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT * FROM u; INSERT INTO v VALUES (1); END",
    "SELECT 1, 'a' AS t, DATE '2024-02-29', TIMESTAMP '2024-02-29 12:00:00', INTERVAL '2' DAY",
    "VALUES (1, 2), ROW(3, 4), (5)",
    "SELECT CURRENT_TIMESTAMP, LOCALTIME, `CURRENT_DATE`, LEFT(a, 2), EXTRACT(DAY FROM b), "
    "FLOOR(b TO HOUR), TRIM(LEADING 'x' FROM c), POSITION('a' IN d), SUBSTRING(e FROM 2 FOR 3) "
    "FROM t",
    "SELECT TRY_CAST(a AS SMALLINT), CAST(b AS ROW<x INT NOT NULL>), -a, -(1), - -a, a || 'x', "
    "ARRAY[1, 2][1], MAP['a', 1]['a'], t.r.x.y, r.*, ROW(1, 'a'), (1, 2) IN ((1, 2), (3, 4)) FROM "
    "t",
    "SELECT COUNT(DISTINCT a) FILTER (WHERE b > 1), COUNT(*), a IS NOT TRUE, b IS UNKNOWN, "
    "c NOT LIKE 'x!_%' ESCAPE '!', d SIMILAR TO 'a|b', e NOT BETWEEN 1 AND 2, "
    "CASE WHEN a THEN 1 ELSE 2 END, CASE a WHEN 1 THEN 2 END FROM t",
    "SELECT DISTINCT a FROM (SELECT a FROM t WHERE b NOT IN (SELECT c FROM u) "
    "AND EXISTS (SELECT 1 FROM v WHERE v.x = t.y) AND a > (SELECT MAX(z) FROM w)) AS q (a)",
    "WITH a AS (SELECT 1 AS x), b (y) AS (SELECT x FROM a) SELECT * FROM a, b JOIN c USING (x, y) "
    "ORDER BY x DESC NULLS LAST, 2 LIMIT 10 OFFSET 5",
    "SELECT * FROM a LEFT JOIN (b CROSS JOIN c) ON a.x = b.x FULL JOIN d AS e (f) ON TRUE "
    "RIGHT OUTER JOIN g FOR SYSTEM_TIME AS OF a.ts AS h ON a.k = h.k",
    "SELECT /*+ STATE_TTL('a' = '1d', 'b' = '2 h'), BROADCAST(a, b) */ * FROM "
    "a /*+ OPTIONS('x' = 'y') */ CROSS JOIN LATERAL TABLE(split(a.s)) AS s (w), "
    "UNNEST(a.list) WITH ORDINALITY AS l (v, o), LATERAL (SELECT 1) AS z",
    "(SELECT 1) UNION ALL SELECT 2 INTERSECT SELECT 3 EXCEPT ALL (SELECT 4 UNION SELECT 5) ORDER "
    "BY 1",
    "SELECT a, GROUPING(a) FROM t GROUP BY (a, b), ROLLUP (c, d), CUBE (e), "
    "GROUPING SETS ((f, g), h, ()) HAVING COUNT(*) > 1",
    "SELECT SUM(a) OVER w, COUNT(*) OVER (w ROWS BETWEEN 3 PRECEDING AND CURRENT ROW), "
    "ROW_NUMBER() OVER (PARTITION BY b ORDER BY c DESC), "
    "AVG(a) OVER (ORDER BY c RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW), "
    "LAG(a, 1, 0) OVER (ORDER BY c ROWS UNBOUNDED PRECEDING) "
    "FROM t WINDOW w AS (PARTITION BY b ORDER BY c)",
    "SELECT * FROM TABLE(HOP(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SLIDE => INTERVAL '1' "
    "MINUTE, SIZE => INTERVAL '5' MINUTES))",
    "SELECT * FROM TABLE(SESSION(TABLE t PARTITION BY (a, b), DESCRIPTOR(ts), INTERVAL '5' "
    "MINUTE)) "
    "JOIN TABLE(CUMULATE(TABLE (SELECT * FROM u), DESCRIPTOR(ts), INTERVAL '1' DAY, INTERVAL '2' "
    "DAY)) ON TRUE",
    "SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY a, b ORDER BY ts MEASURES FIRST(A.x, 1) AS f, "
    "MATCH_ROWTIME() AS m ONE ROW PER MATCH AFTER MATCH SKIP TO LAST B PATTERN (A{2} (B | C+?)* "
    "(D E{,3}){1,2}? F{4,}) WITHIN INTERVAL '1' HOUR DEFINE A AS A.x > 1, B AS LAST(B.y) < A.z) AS "
    "m",
    "SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts PATTERN ((A)) DEFINE A AS TRUE)",
};

static void statements_of_our_own_survive(void **state) {
    for (size_t i = 0; i < sizeof STATEMENTS / sizeof *STATEMENTS; i++) {
        error e;
        if (!round_trip(slice_of(STATEMENTS[i]), "below")) {
            canonical(slice_of(STATEMENTS[i]), &e);
            fail_msg("%s\n  %s", STATEMENTS[i], e.message);
        }
        arena_reset(test_arena);
    }
}

/* ---- files ---- */

static slice read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    buffer text = {0};
    size_t got;
    do {
        buffer_reserve(&text, 65536);
        got = fread(text.data + text.length, 1, 65536, file);
        text.length += got;
    } while (got > 0);
    fclose(file);
    return buffer_slice(&text);
}

/* Placeholders stand for names. */
static bool fill(void *context, slice name, slice *value) {
    *value = slice_of("t");
    return true;
}

/* What does not parse is a statement of the test runner's or of the other dialect. */
static void check_file(const char *path) {
    slice sql = read_file(path), filled;
    arena *a = arena_create();
    error e;
    assert_true(parser_substitute(a, sql, fill, NULL, &filled, &e));
    size_t next = 0;
    for (;;) {
        parser_piece piece = parser_split(filled, next);
        if (piece.end != PARSER_PIECE_STATEMENT)
            break;
        others += !round_trip(piece.text, path);
        arena_reset(test_arena);
        next = piece.next;
    }
    arena_destroy(a);
    memory_free((char *)sql.data);
}

static int for_each_file(const char *folder, const char *prefix) {
    DIR *directory = opendir(folder);
    if (!directory)
        return -1;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory));) {
        slice name = slice_of(entry->d_name);
        if (!slice_starts_with(name, slice_of(prefix)) ||
            !slice_ends_with(name, SLICE_LITERAL(".sql")))
            continue;
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        check_file(path);
        count++;
    }
    closedir(directory);
    return count;
}

static void documents_survive(void **state) {
    parsed = others = 0;
    assert_true(for_each_file(DOCUMENTS, "flink_") > 0);
    print_message("%d statements of documents parsed; not Flink's: %d\n", parsed, others);
    assert_true(parsed > others);
}

static void a_suite_of_queries_survives(void **state) {
    parsed = others = 0;
    if (for_each_file(QUERIES, "") < 0) {
        print_message("SKIPPED: %s is not there\n", QUERIES);
        skip();
    }
    assert_int_equal(others, 0);
    assert_int_equal(parsed, 58);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        parser_unit_test(statements_of_our_own_survive),
        parser_unit_test(documents_survive),
        parser_unit_test(a_suite_of_queries_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
