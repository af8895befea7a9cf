/* How long a pull query takes from its text to its last row, without HTTP: lookups of one key, of
 * ten, of a key's windows, of a key in two joined tables, and a walk over the whole table. The
 * queries that keep the tables have nothing to do meanwhile.
 * Usage: pull_bench [keys [partitions [lookups [data directory]]]]; without a directory the state
 * is in memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "server/session.h"

typedef struct bench {
    instance *instance;
    session *session;
    arena *arena;
    int64_t rows;
    bool counts; /* the rows hold one count each */
    int64_t count;
} bench;

static void give_header(void *context, const query_header *header) {}
static void give_end(void *context, query_end_kind kind, const error *e) {}

static bool give_rows(void *context, const query_header *header, const batch *rows) {
    bench *b = context;
    b->rows += rows->rows;
    if (b->counts && rows->rows)
        b->count = rows->columns[header->columns[0].index]->int64s[0];
    return true;
}

static void execute(bench *b, slice sql) {
    session_stream stream = {
        .context = b, .header = give_header, .rows = give_rows, .end = give_end};
    session_result result;
    error e = {0};
    size_t position = 0;
    arena *a = arena_create();
    while (position < sql.length)
        if (session_next(b->session, sql, &position, a, &stream, &result, &e) == SESSION_FAILED) {
            fprintf(stderr, "%.200s: %s\n", sql.data, e.message);
            exit(1);
        }
    arena_destroy(a);
}

static void fill(bench *b, int64_t keys) {
    enum { ROWS_A_STATEMENT = 1000 };
    buffer sql = {0};
    for (int64_t key = 0; key < keys;) {
        buffer_clear(&sql);
        buffer_append_text(&sql, "INSERT INTO s (id, name, v) VALUES ");
        for (int i = 0; i < ROWS_A_STATEMENT && key < keys; i++, key++)
            buffer_format(&sql, "%s(%lld, 'name of %lld', %lld)", i ? ", " : "", (long long)key,
                (long long)key, (long long)key * 7);
        buffer_append_text(&sql, ";");
        execute(b, buffer_slice(&sql));
    }
    buffer_free(&sql);
}

static void wait_for(bench *b, const char *table, int64_t keys) {
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM %s;", table);
    b->counts = true;
    b->count = 0;
    for (execute(b, slice_of(sql)); b->count < keys; execute(b, slice_of(sql)))
        usleep(20000); /* looks at a whole table, which takes time from the query that fills it */
    b->counts = false;
}

static int compare(const void *x, const void *y) {
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

/* `form` has %1$lld for a random key, and %2$lld, ... %10$lld for others. */
static void measure(bench *b, const char *what, const char *form, int64_t keys, int64_t times) {
    int64_t *took = memory_allocate(sizeof *took * (size_t)times);
    b->rows = 0;
    for (int64_t i = 0; i < times; i++) {
        char sql[400];
        long long k[10];
        for (int n = 0; n < 10; n++)
            k[n] = random() % keys;
        snprintf(sql, sizeof sql, form, k[0], k[1], k[2], k[3], k[4], k[5], k[6], k[7], k[8], k[9]);
        int64_t before = clock_monotonic_ns();
        execute(b, slice_of(sql));
        took[i] = clock_monotonic_ns() - before;
    }
    qsort(took, (size_t)times, sizeof *took, compare);
    printf("%-28s %10.1f us median, %10.1f us p99, %lld rows\n", what,
        (double)took[times / 2] / 1000, (double)took[times * 99 / 100] / 1000, (long long)b->rows);
    memory_free(took);
}

static void create(bench *b, long long partitions) {
    char sql[1200];
    snprintf(sql, sizeof sql,
        "CREATE STREAM s (id BIGINT KEY, name STRING, v BIGINT)"
        "  WITH (KAFKA_TOPIC='s', VALUE_FORMAT='JSON', PARTITIONS=%lld);"
        "CREATE TABLE t AS SELECT id, LATEST_BY_OFFSET(name) AS name, SUM(v) AS v FROM s GROUP BY "
        "id;"
        "CREATE TABLE u AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;"
        "CREATE TABLE w AS SELECT id, COUNT(*) AS n FROM s WINDOW TUMBLING (SIZE 1 HOUR) GROUP BY "
        "id;",
        partitions);
    execute(b, slice_of(sql));
}

int main(int argument_count, char **arguments) {
    int64_t keys = argument_count > 1 ? atoll(arguments[1]) : 100000;
    long long partitions = argument_count > 2 ? atoll(arguments[2]) : 4;
    int64_t times = argument_count > 3 ? atoll(arguments[3]) : 20000;
    static const slice names[] = {{"auto.offset.reset", 17}}, values[] = {{"earliest", 8}};
    instance_options options = {
        .data_directory = slice_of(argument_count > 4 ? arguments[4] : NULL),
        .property_names = names,
        .property_values = values,
        .property_count = 1,
        .no_sync = true};
    error e = {0};
    setvbuf(stdout, NULL, _IOLBF, 0);
    bench b = {.instance = instance_open(&options, &e)};
    if (!b.instance) {
        fprintf(stderr, "%s\n", e.message);
        return 1;
    }
    b.session = session_open(b.instance);
    create(&b, partitions);
    fill(&b, keys);
    wait_for(&b, "t", keys);
    wait_for(&b, "u", keys);
    wait_for(&b, "w", keys);
    measure(&b, "one key", "SELECT * FROM t WHERE id = %1$lld;", keys, times);
    measure(&b, "one key, named columns", "SELECT name, v FROM t WHERE id = %1$lld;", keys, times);
    measure(&b, "ten keys",
        "SELECT * FROM t WHERE id IN (%1$lld, %2$lld, %3$lld, %4$lld, %5$lld, %6$lld, %7$lld, "
        "%8$lld, %9$lld, %10$lld);",
        keys, times);
    measure(&b, "the windows of one key", "SELECT * FROM w WHERE id = %1$lld;", keys, times);
    measure(&b, "one key of two joined tables",
        "SELECT t.name, u.n FROM t JOIN u ON t.id = u.id WHERE t.id = %1$lld;", keys, times);
    measure(&b, "the whole table", "SELECT COUNT(*) FROM t;", keys, 10);
    session_close(b.session);
    instance_close(b.instance);
    return 0;
}
