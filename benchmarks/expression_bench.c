/* expression_bench.c - what each kind of expression costs: nanoseconds a row, rows and megabytes
 * (of the columns it reads) a second, for batches of 4096 rows.
 *
 * Built on demand (ninja expression_bench); run it from a release build, with a word to measure
 * only the kinds or expressions that have it in them. Each line is one program; the best of several
 * rounds counts.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "executor/expression/program.h"
#include "executor/function/functions.h"
#include "parser/parser.h"
#include "planner/expression_analysis.h"

enum { ROWS = 4096, ROUNDS = 7, RUNS = 200, COLUMNS = 11, MOST_LITERALS = 1000 };

typedef struct measured {
    const char *kind, *sql;
} measured;

static const measured expressions[] = {
    {"column", "PRICE"},
    {"arithmetic", "PRICE + 1"},
    {"arithmetic", "PRICE * 2 + AUCTION % 7"},
    {"arithmetic", "PRICE / 3"},
    {"arithmetic", "RATE * 0.908e0"},
    {"decimal", "AMOUNT + 1.25"},
    {"decimal", "AMOUNT * 0.908"},
    {"decimal", "AMOUNT / 7"},
    {"decimal", "CAST(PRICE AS DECIMAL(18, 2)) * 0.908"},
    {"compare", "PRICE > 500"},
    {"compare", "AMOUNT > 500.25"},
    {"compare", "NAME = 'user_7'"},
    {"compare", "NAME < 'user_7'"},
    {"compare", "AUCTION IN (1007, 1020, 2001, 2019, 2087)"},
    {"compare", "AUCTION BETWEEN 1500 AND 2000"},
    {"logic", "PRICE > 500 AND AUCTION % 10 = 3"},
    {"logic", "PRICE > 500 OR NAME = 'user_7'"},
    {"case", "CASE WHEN PRICE < 100 THEN 1 WHEN PRICE < 1000 THEN 2 ELSE 3 END"},
    {"case", "CASE WHEN PRICE < 100 THEN 'low' WHEN PRICE < 1000 THEN 'middle' ELSE 'high' END"},
    {"case", "CASE WHEN AUCTION <> 0 THEN PRICE / AUCTION END"},
    {"cast", "CAST(PRICE AS STRING)"},
    {"cast", "CAST(RATE AS STRING)"},
    {"cast", "CAST(TEXT AS BIGINT)"},
    {"cast", "CAST(TEXT AS DOUBLE)"},
    {"cast", "CAST(TEXT AS DECIMAL(10, 2))"},
    {"cast", "CAST(AMOUNT AS STRING)"},
    {"cast", "CAST(MOMENT AS STRING)"},
    {"like", "NAME LIKE 'user_1%'"},
    {"like", "NAME LIKE '%_1%3%'"},
    {"string", "UCASE(NAME)"},
    {"string", "CONCAT(NAME, '-', TEXT)"},
    {"string", "SUBSTRING(NAME, 2, 3)"},
    {"string", "LEN(NAME)"},
    {"string", "REPLACE(NAME, '_', '-')"},
    {"string", "SPLIT(NAME, '_')"},
    {"string", "MASK(NAME)"},
    {"nested", "ITEMS[2]"},
    {"nested", "PLACE->CITY"},
    {"nested", "PLACE->ZIP + 1"},
    {"nested", "TAGS['b']"},
    {"nested", "ARRAY[PRICE, AUCTION]"},
    {"nested", "STRUCT(A := PRICE, B := NAME)"},
    {"nested", "ARRAY_CONTAINS(ITEMS, 3)"},
    {"nested", "ARRAY_SORT(ITEMS)"},
    {"lambda", "TRANSFORM(ITEMS, x => x + 1)"},
    {"lambda", "FILTER(ITEMS, x => x > 2)"},
    {"lambda", "REDUCE(ITEMS, 0, (s, x) => s + x)"},
    {"lambda", "TRANSFORM(SPLIT(TEXT, '0'), x => LEN(x) + 1)"},
    {"date", "FORMAT_TIMESTAMP(MOMENT, 'yyyy-MM-dd HH:mm:ss')"},
    {"date", "FORMAT_TIMESTAMP(MOMENT, 'yyyy-MM-dd HH:mm', 'Europe/London')"},
    {"date", "PARSE_TIMESTAMP(WHEN_TEXT, 'yyyy-MM-dd''T''HH:mm:ss.SSS')"},
    {"date", "PARSE_DATE(WHEN_TEXT, 'yyyy-MM-dd')"},
    {"regexp", "REGEXP_EXTRACT('([0-9]+)', NAME, 1)"},
    {"regexp", "REGEXP_REPLACE(NAME, '[aeiou]', '*')"},
    {"json", "EXTRACTJSONFIELD(CONCAT('{\"a\": {\"b\": ', TEXT, '}}'), '$.a.b')"},
    {"null", "COALESCE(PRICE, 0)"},
    {"number", "ROUND(RATE, 1)"},
    {"number", "GEO_DISTANCE(RATE, RATE, 51.5, 0.1)"},
    {"hash", "MD5(NAME)"},
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

static program *compile(bench *b, const char *sql, int column_count, const expression **compiled) {
    error e = {0};
    expression_scope scope = {.arena = b->arena,
        .columns = scope_columns,
        .column_count = column_count,
        .context = b,
        .own = own};
    ast_expression *ast = parser_parse_expression(b->arena, slice_of(sql), &e);
    const expression *node = ast ? expression_analyze(&scope, ast, &e) : NULL;
    program *p = node ? program_compile(&node, 1, &e) : NULL;
    if (!p) {
        fprintf(stderr, "%s: %s\n", sql, e.message);
        exit(1);
    }
    *compiled = node;
    return p;
}

static batch input_of(bench *b, int column_count) {
    return (batch){.rows = ROWS,
        .column_count = column_count,
        .columns = b->columns,
        .rowtime = b->rowtime,
        .change = b->change};
}

/* Fills a column with what an expression over the columns before it gives. */
static void derive_column(bench *b, int index, const char *name, const char *sql) {
    const expression *node;
    program *p = compile(b, sql, index, &node);
    batch input = input_of(b, index);
    const column *result;
    program_run(p, &input, &result, NULL);
    add_column(b, index, name, result->type);
    column_append_rows(b->columns[index], result, 0, ROWS);
    program_destroy(p);
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
    derive_column(b, 5, "MOMENT", "FROM_UNIXTIME(1500000000000 + PRICE * 86399)");
    derive_column(b, 6, "WHEN_TEXT", "CAST(MOMENT AS STRING)");
    derive_column(b, 7, "ITEMS", "ARRAY[CAST(AUCTION % 5 AS INTEGER), 3, 2, 1]");
    derive_column(b, 8, "PLACE", "STRUCT(CITY := NAME, ZIP := PRICE)");
    derive_column(b, 9, "AMOUNT", "CAST(CAST(PRICE AS DECIMAL(18, 2)) / 7 AS DECIMAL(18, 2))");
    derive_column(b, 10, "TAGS", "MAP('a' := AUCTION, 'b' := PRICE, 'c' := 3)");
}

static int64_t time_once(program *p, const batch *input) {
    const column *result;
    int64_t start = clock_monotonic_ns();
    for (int run = 0; run < RUNS; run++)
        program_run(p, input, &result, NULL);
    return clock_monotonic_ns() - start;
}

/* The bytes of a column's values. */
static int64_t bytes_of(const column *c) {
    if (c->type->base == SQL_VARCHAR || c->type->base == SQL_BYTES)
        return c->offsets[c->length];
    int64_t bytes = c->length * (int64_t)sql_type_fixed_bytes(c->type);
    for (int i = 0; i < c->child_count; i++)
        bytes += bytes_of(c->children[i]);
    return bytes;
}

static int64_t bytes_read(bench *b, const expression *node) {
    bool used[COLUMNS] = {false};
    int64_t bytes = 0;
    expression_columns(node, used);
    for (int i = 0; i < COLUMNS; i++)
        bytes += used[i] ? bytes_of(b->columns[i]) : 0;
    return bytes;
}

static void measure(bench *b, const measured *m) {
    const expression *node;
    program *p = compile(b, m->sql, COLUMNS, &node);
    batch input = input_of(b, COLUMNS);
    int64_t best = INT64_MAX;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t taken = time_once(p, &input);
        if (taken < best)
            best = taken;
    }
    double seconds = (double)best / 1e9 / RUNS;
    printf("%-10s %8.2f ns %9.2f M rows/s %9.1f MB/s  %s\n", m->kind, seconds * 1e9 / ROWS,
        ROWS / seconds / 1e6, (double)bytes_read(b, node) / seconds / 1e6, m->sql);
    program_destroy(p);
}

int main(int argc, char **argv) {
    const char *wanted = argc > 1 ? argv[1] : "";
    bench *b = MEMORY_NEW(bench);
    functions_register_all();
    b->arena = arena_create();
    fill(b);
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++)
        if (strstr(expressions[i].kind, wanted) || strstr(expressions[i].sql, wanted))
            measure(b, &expressions[i]);
    for (int i = 0; i < b->literal_count; i++)
        column_destroy(b->literals[i]);
    for (int i = 0; i < COLUMNS; i++)
        column_destroy(b->columns[i]);
    arena_destroy(b->arena);
    memory_free(b);
    return 0;
}
