/* expression_bench.c - what expressions cost: nanoseconds a row, for batches of 4096 rows.
 *
 * Built on demand (ninja expression_bench); run it from a release build. Each line is one program;
 * the best of several rounds counts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "executor/expression/program.h"
#include "executor/function/functions.h"
#include "parser/parser.h"
#include "planner/expression_analysis.h"

enum { ROWS = 4096, ROUNDS = 7, RUNS = 200, COLUMNS = 5, MOST_LITERALS = 1000 };

static const char *const expressions[] = {
    "PRICE",
    "PRICE + 1",
    "PRICE * 2 + AUCTION % 7",
    "PRICE / 3",
    "RATE * 0.908e0",
    "PRICE > 500",
    "PRICE > 500 AND AUCTION % 10 = 3",
    "PRICE > 500 OR NAME = 'user_7'",
    "NAME = 'user_7'",
    "NAME LIKE 'user_1%'",
    "NAME LIKE '%_1%3%'",
    "AUCTION IN (1007, 1020, 2001, 2019, 2087)",
    "CASE WHEN PRICE < 100 THEN 'low' WHEN PRICE < 1000 THEN 'middle' ELSE 'high' END",
    "CASE WHEN AUCTION <> 0 THEN PRICE / AUCTION END",
    "CAST(PRICE AS STRING)",
    "CAST(TEXT AS BIGINT)",
    "CAST(PRICE AS DECIMAL(18, 2)) * 0.908",
    "UCASE(NAME)",
    "CONCAT(NAME, '-', TEXT)",
    "SUBSTRING(NAME, 2, 3)",
    "LEN(NAME)",
    "REGEXP_EXTRACT('([0-9]+)', NAME, 1)",
    "FORMAT_TIMESTAMP(FROM_UNIXTIME(PRICE), 'yyyy-MM-dd HH:mm:ss')",
    "TIMESTAMPTOSTRING(PRICE, 'yyyy-MM-dd HH:mm', 'Europe/London')",
    "PARSE_TIMESTAMP('2020-05-11 21:58:33', CONCAT('yyyy-MM-dd HH:mm:ss', ''))",
    "EXTRACTJSONFIELD(CONCAT('{\"a\": {\"b\": ', TEXT, '}}'), '$.a.b')",
    "TRANSFORM(SPLIT(TEXT, '0'), x => LEN(x) + 1)",
    "COALESCE(PRICE, 0)",
    "GEO_DISTANCE(RATE, RATE, 51.5, 0.1)",
};

typedef struct bench {
    arena *arena;
    column *literals[MOST_LITERALS];
    int literal_count;
    column *columns[COLUMNS];
    int64_t rowtime[ROWS];
    int8_t change[ROWS];
} bench;

static column *own(void *context, column *literal) {
    bench *b = context;
    if (b->literal_count == MOST_LITERALS)
        abort();
    return b->literals[b->literal_count++] = literal;
}

static scope_column scope_columns[COLUMNS];

static void add_column(bench *b, int index, const char *name, const sql_type *type) {
    b->columns[index] = column_create(type);
    scope_columns[index] = (scope_column){.name = slice_of(name), .type = type, .index = index};
}

static void fill(bench *b) {
    add_column(b, 0, "AUCTION", &SQL_TYPE_BIGINT);
    add_column(b, 1, "PRICE", &SQL_TYPE_BIGINT);
    add_column(b, 2, "RATE", &SQL_TYPE_DOUBLE);
    add_column(b, 3, "NAME", &SQL_TYPE_VARCHAR);
    add_column(b, 4, "TEXT", &SQL_TYPE_VARCHAR);
    for (int64_t row = 0; row < ROWS; row++) {
        char text[32];
        column_append_int64(b->columns[0], 1000 + row * 7919 % 2000);
        column_append_int64(b->columns[1], row * 104729 % 2000000);
        column_append_double(b->columns[2], (double)(row % 90) + 0.25);
        snprintf(text, sizeof text, "user_%d", (int)(row * 31 % 500));
        column_append_bytes(b->columns[3], slice_of(text));
        snprintf(text, sizeof text, "%d", (int)(row * 1009 % 1000000));
        column_append_bytes(b->columns[4], slice_of(text));
        b->rowtime[row] = row;
        b->change[row] = CHANGE_INSERT;
    }
}

static int64_t time_once(program *p, const batch *input) {
    const column *result;
    int64_t start = clock_monotonic_ns();
    for (int run = 0; run < RUNS; run++)
        program_run(p, input, &result, NULL);
    return clock_monotonic_ns() - start;
}

static void measure(bench *b, const char *sql) {
    error e = {0};
    expression_scope scope = {.arena = b->arena,
        .columns = scope_columns,
        .column_count = COLUMNS,
        .context = b,
        .own = own};
    ast_expression *ast = parser_parse_expression(b->arena, slice_of(sql), &e);
    const expression *node = ast ? expression_analyze(&scope, ast, &e) : NULL;
    program *p = node ? program_compile(&node, 1, &e) : NULL;
    if (!p) {
        fprintf(stderr, "%s: %s\n", sql, e.message);
        exit(1);
    }
    batch input = {.rows = ROWS,
        .column_count = COLUMNS,
        .columns = b->columns,
        .rowtime = b->rowtime,
        .change = b->change};
    int64_t best = INT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t taken = time_once(p, &input);
        if (taken < best)
            best = taken;
    }
    printf("%9.2f ns  %s\n", (double)best / ((double)RUNS * ROWS), sql);
    program_destroy(p);
}

int main(void) {
    bench *b = MEMORY_NEW(bench);
    functions_register_all();
    b->arena = arena_create();
    fill(b);
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++)
        measure(b, expressions[i]);
    for (int i = 0; i < b->literal_count; i++)
        column_destroy(b->literals[i]);
    for (int i = 0; i < COLUMNS; i++)
        column_destroy(b->columns[i]);
    arena_destroy(b->arena);
    memory_free(b);
    return 0;
}
