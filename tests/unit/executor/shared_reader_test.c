/* A topic that several queries read is read once: seats at a shared reader find their place, miss
 * nothing and get nothing twice, whenever they come and whatever columns they want. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "executor/function/functions.h"
#include "executor/shared_reader_private.h"
#include "tests/unit/temporary_directory.h"

enum { PARTITIONS = 2, WAIT_MS = 20000 };

static char directory[TEMPORARY_DIRECTORY_BYTES];
static topic_system *topics;
static shared_readers *all;

static const source_column COLUMNS[] = {
    {.name = {"ID", 2}, .type = &SQL_TYPE_VARCHAR, .role = COLUMN_KEY},
    {.name = {"A", 1}, .type = &SQL_TYPE_BIGINT},
    {.name = {"B", 1}, .type = &SQL_TYPE_BIGINT},
};
static const source_descriptor SOURCE = {.name = {"S", 1},
    .kind = SOURCE_STREAM,
    .column_count = 3,
    .columns = COLUMNS,
    .topic = {"s", 1},
    .key_format = {.name = {"KAFKA", 5}, .wrap_single = -1},
    .value_format = {.name = {"JSON", 4}, .wrap_single = -1}};
static const plan_column PLAN_COLUMNS[] = {
    {{"A", 1}, &SQL_TYPE_BIGINT}, {{"B", 1}, &SQL_TYPE_BIGINT}};
static const int SOURCE_COLUMNS[] = {1, 2};
static const bool ONLY_A[] = {true, false}, BOTH[] = {true, true};

static plan_node node_of(const bool *wanted) {
    return (plan_node){.kind = PLAN_SOURCE,
        .columns = PLAN_COLUMNS,
        .column_count = 2,
        .source = {.source = &SOURCE, .source_columns = SOURCE_COLUMNS, .wanted = wanted}};
}

/* ---- set up ---- */

static int set_up(void **state) {
    error e = {0};
    (void)state;
    functions_register_all();
    temporary_directory_make(directory, "shared-reader");
    topics = embedded_log_open(slice_of(directory), false, &e);
    assert_non_null(topics);
    assert_true(topic_create(topics, SOURCE.topic, &(topic_config){.partitions = PARTITIONS}, &e));
    all = shared_readers_create(topics, NULL);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    shared_readers_destroy(all);
    topic_system_close(topics);
    temporary_directory_remove(directory);
    return 0;
}

/* Records A = first..first+count-1 and B = 10 A, one after the other to both partitions. */
static void append(int64_t first, int64_t count) {
    error e = {0};
    topic_writer *writer = topic_writer_open(topics, (slice){NULL, 0}, &e);
    for (int64_t i = first; i < first + count; i++) {
        char text[64];
        int length =
            i < 0 ? snprintf(text, sizeof text, "{\"A\": nonsense}")
                  : snprintf(text, sizeof text, "{\"A\": %d, \"B\": %d}", (int)i, (int)i * 10);
        topic_record record = {.key = SLICE_LITERAL("k"),
            .value = slice_make(text, (size_t)length),
            .timestamp_ms = 1000,
            .partition = (int32_t)((i < 0 ? -i : i) % PARTITIONS)};
        assert_true(topic_writer_append(writer, SOURCE.topic, &record, &e));
    }
    assert_true(topic_writer_commit(writer, NULL, NULL, 0, &e));
    topic_writer_close(writer);
}

/* ---- a reading query ---- */

typedef struct query {
    plan_node node;
    reader_seat *seat;
    int64_t positions[PARTITIONS];
    int64_t rows, sum_a, sum_b, complaints;
} query;

static void note_complaint(void *context, const char *message) {
    assert_non_null(message);
    ((query *)context)->complaints++;
}

static void open_query_of(query *q, const bool *wanted, int64_t position, int threads) {
    error e = {0};
    *q = (query){.node = node_of(wanted), .positions = {position, position}};
    q->seat = reader_seat_open(all, &q->node, PARTITIONS, SLICE_LITERAL("g"));
    if (threads > 1)
        reader_seat_use_threads(q->seat, threads);
    assert_true(reader_seat_take(q->seat, q->positions, &e));
}

static void open_query(query *q, const bool *wanted, int64_t position) {
    open_query_of(q, wanted, position, 1);
}

static void add_rows(query *q, const batch *rows) {
    for (int64_t i = 0; i < rows->rows; i++) {
        q->rows++;
        q->sum_a += rows->columns[0]->int64s[i];
        if (q->node.source.wanted[1])
            q->sum_b += rows->columns[1]->int64s[i];
        else
            assert_null(rows->columns[1]);
    }
}

static bool poll_query(query *q, int64_t timeout_ms, error *e) {
    const shared_rows *rows;
    record_report report = {.dropped = note_complaint, .context = q};
    int count, most = 1 + (int)(q->rows % READER_SEAT_BLOCKS);
    if (!reader_seat_poll(q->seat, q->positions, timeout_ms, &report, most, &rows, &count, e))
        return false;
    assert_in_range(count, 0, most);
    for (int n = 0; n < count; n++)
        add_rows(q, rows[n].rows);
    for (int32_t p = 0; p < PARTITIONS; p++)
        q->positions[p] = reader_seat_position(q->seat, p);
    return true;
}

static bool is_behind(const query *q) {
    for (int32_t p = 0; p < PARTITIONS; p++) {
        error e = {0};
        int64_t start, end;
        assert_true(topic_offsets(topics, SOURCE.topic, p, &start, &end, &e));
        if (q->positions[p] < end)
            return true;
    }
    return false;
}

static void read_to_end(query *q) {
    while (is_behind(q)) {
        error e = {0};
        if (!poll_query(q, WAIT_MS, &e))
            fail_msg("%s", e.message);
    }
}

static int64_t sum_to(int64_t count) {
    return count * (count - 1) / 2;
}

/* ---- tests ---- */

static void test_queries_that_begin_together_share_a_reader(void **state) {
    query a, b;
    (void)state;
    append(0, 20000);
    shared_readers_hold(all, true);
    open_query(&a, ONLY_A, 0);
    open_query(&b, BOTH, 0);
    shared_readers_hold(all, false);
    assert_int_equal(shared_readers_count(all), 1);
    for (bool more = true; more; more = is_behind(&a) || is_behind(&b)) {
        error e = {0};
        assert_true(poll_query(&a, 10, &e) && poll_query(&b, 10, &e));
    }
    assert_int_equal(shared_readers_count(all), 1);
    assert_int_equal(a.rows, 20000);
    assert_int_equal(a.sum_a, sum_to(20000));
    assert_int_equal(b.sum_b, 10 * sum_to(20000));
    reader_seat_close(a.seat);
    reader_seat_close(b.seat);
    assert_int_equal(shared_readers_count(all), 0);
}

/* Each partition's records stay in order; what cannot be read is told to both. One that comes with
 * more threads brings them. */
static void test_several_threads_decode(void **state) {
    query a, b;
    (void)state;
    append(0, 30000);
    append(-7, 7); /* these cannot be read */
    append(30000, 30000);
    shared_readers_hold(all, true);
    open_query_of(&a, ONLY_A, 0, 1);
    open_query_of(&b, BOTH, 0, 4);
    shared_readers_hold(all, false);
    assert_int_equal(shared_readers_count(all), 1);
    for (bool more = true; more; more = is_behind(&a) || is_behind(&b)) {
        error e = {0};
        assert_true(poll_query(&a, 10, &e) && poll_query(&b, 10, &e));
    }
    assert_int_equal(a.rows, 60000);
    assert_int_equal(a.sum_a, sum_to(60000));
    assert_int_equal(b.sum_b, 10 * sum_to(60000));
    assert_int_equal(a.complaints, 7);
    assert_int_equal(b.complaints, 7);
    reader_seat_close(a.seat);
    reader_seat_close(b.seat);
}

/* The second begins where the first has been long ago: it reads alone until both are at one place.
 */
static void test_one_that_comes_later_catches_up(void **state) {
    query a, b;
    error e = {0};
    (void)state;
    append(0, 150000);
    open_query(&a, ONLY_A, 0);
    read_to_end(&a);
    open_query(&b, BOTH, 0);
    assert_int_equal(shared_readers_count(all), 2);
    read_to_end(&b);
    assert_true(
        poll_query(&b, 0, &e)); /* now it looks around; A's reader lacks a column at first */
    while (shared_readers_count(all) == 2)
        assert_true(poll_query(&b, 20, &e) && poll_query(&a, 0, &e));
    append(150000, 1000);
    read_to_end(&a);
    read_to_end(&b);
    assert_int_equal(a.sum_a, sum_to(151000));
    assert_int_equal(b.sum_a, sum_to(151000));
    assert_int_equal(b.sum_b, 10 * sum_to(151000));
    reader_seat_close(a.seat);
    reader_seat_close(b.seat);
}

/* After a restart queries are not at the same place. */
static void test_what_a_query_has_had_is_passed_over(void **state) {
    query a, b;
    (void)state;
    append(0, 6000);
    shared_readers_hold(all, true);
    open_query(&a, BOTH, 2500);
    open_query(&b, BOTH, 100);
    shared_readers_hold(all, false);
    assert_int_equal(shared_readers_count(all), 1);
    for (bool more = true; more; more = is_behind(&a) || is_behind(&b)) {
        error e = {0};
        assert_true(poll_query(&a, 10, &e) && poll_query(&b, 10, &e));
    }
    assert_int_equal(a.rows, 2 * (3000 - 2500));
    assert_int_equal(a.sum_a, sum_to(6000) - sum_to(5000));
    assert_int_equal(b.rows, 2 * (3000 - 100));
    assert_int_equal(b.sum_a, sum_to(6000) - sum_to(200));
    reader_seat_close(a.seat);
    reader_seat_close(b.seat);
}

/* A paused query gets up; the other one does not wait for it, and it goes on where it was. */
static void test_who_gets_up_holds_nobody_up(void **state) {
    query a, b;
    error e = {0};
    (void)state;
    append(0, 1000);
    shared_readers_hold(all, true);
    open_query(&a, BOTH, 0);
    open_query(&b, BOTH, 0);
    shared_readers_hold(all, false);
    reader_seat_leave(b.seat);
    append(1000, 200000);
    read_to_end(&a);
    assert_int_equal(a.sum_a, sum_to(201000));
    assert_true(reader_seat_take(b.seat, b.positions, &e));
    read_to_end(&b);
    assert_int_equal(b.sum_a, sum_to(201000));
    reader_seat_close(a.seat);
    reader_seat_close(b.seat);
}

/* One that takes no rows loses its place once others wait for it; it misses nothing. */
static void test_a_slow_query_loses_its_place(void **state) {
    query a, b;
    (void)state;
    append(0, 100);
    shared_readers_hold(all, true);
    open_query(&a, BOTH, 0);
    open_query(&b, BOTH, 0);
    shared_readers_hold(all, false);
    read_to_end(&a);
    append(100, 300000);
    read_to_end(&a);
    assert_int_equal(a.sum_a, sum_to(300100));
    read_to_end(&b);
    assert_int_equal(b.sum_a, sum_to(300100));
    reader_seat_close(a.seat);
    reader_seat_close(b.seat);
}

static void test_each_query_hears_of_bad_records(void **state) {
    query a, b;
    (void)state;
    append(0, 10);
    append(-2, 2);
    shared_readers_hold(all, true);
    open_query(&a, BOTH, 0);
    open_query(&b, BOTH, 6); /* behind them */
    shared_readers_hold(all, false);
    append(10, 10);
    for (bool more = true; more; more = is_behind(&a) || is_behind(&b)) {
        error e = {0};
        assert_true(poll_query(&a, 10, &e) && poll_query(&b, 10, &e));
    }
    assert_int_equal(a.complaints, 2);
    assert_int_equal(b.complaints, 0);
    assert_int_equal(a.sum_a, sum_to(20));
    assert_int_equal(b.sum_a, sum_to(20) - sum_to(10));
    reader_seat_close(a.seat);
    reader_seat_close(b.seat);
}

static void test_a_deleted_topic_is_an_error_for_all(void **state) {
    query a, b;
    error e = {0};
    (void)state;
    append(0, 10);
    shared_readers_hold(all, true);
    open_query(&a, BOTH, 0);
    open_query(&b, BOTH, 0);
    shared_readers_hold(all, false);
    read_to_end(&a);
    read_to_end(&b);
    assert_true(topic_delete(topics, SOURCE.topic, &e));
    while (poll_query(&a, WAIT_MS, &e))
        continue;
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    error_clear(&e);
    while (poll_query(&b, WAIT_MS, &e))
        continue;
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    reader_seat_close(a.seat);
    reader_seat_close(b.seat);
}

/* ---- Flink's tables: fields of ROWs, and ends ---- */

/* A query that reads these fields of the ROW `r`. */
typedef struct field_query {
    sql_type type;
    sql_field fields[2];
    source_column column;
    source_descriptor source;
    plan_column plan_column;
    plan_node node;
    reader_seat *seat;
    int64_t positions[PARTITIONS], rows, sums[2];
} field_query;

static const flink_table TABLE = {.connector = {"kafka", 5}};

static void open_field_query(field_query *q, const char *first, const char *second, int64_t end) {
    static const int first_column[] = {0};
    error e = {0};
    *q = (field_query){0};
    q->fields[0] = (sql_field){slice_of(first), &SQL_TYPE_BIGINT};
    q->fields[1] = (sql_field){second ? slice_of(second) : (slice){0}, &SQL_TYPE_BIGINT};
    q->type = (sql_type){.base = SQL_STRUCT, .fields = q->fields, .field_count = second ? 2 : 1};
    q->column = (source_column){.name = SLICE_LITERAL("r"), .type = &q->type};
    q->source = SOURCE;
    q->source.columns = &q->column;
    q->source.column_count = 1;
    q->source.sql = SLICE_LITERAL("CREATE TABLE s");
    q->source.flink = &TABLE;
    q->plan_column = (plan_column){SLICE_LITERAL("r"), &q->type};
    q->node = (plan_node){.kind = PLAN_SOURCE,
        .columns = &q->plan_column,
        .column_count = 1,
        .source = {.source = &q->source, .source_columns = first_column}};
    q->seat = reader_seat_open(all, &q->node, PARTITIONS, SLICE_LITERAL("g"));
    for (int32_t p = 0; p < PARTITIONS; p++)
        reader_seat_end_at(q->seat, p, end);
    assert_true(reader_seat_take(q->seat, q->positions, &e));
}

static void append_rows(int64_t first, int64_t count) {
    error e = {0};
    topic_writer *writer = topic_writer_open(topics, (slice){NULL, 0}, &e);
    for (int64_t i = first; i < first + count; i++) {
        char text[96];
        int length = snprintf(text, sizeof text, "{\"r\": {\"x\": %d, \"y\": %d, \"z\": %d}}",
            (int)i, (int)i * 10, (int)i * 100);
        topic_record record = {.key = SLICE_LITERAL("k"),
            .value = slice_make(text, (size_t)length),
            .partition = (int32_t)(i % PARTITIONS)};
        assert_true(topic_writer_append(writer, SOURCE.topic, &record, &e));
    }
    assert_true(topic_writer_commit(writer, NULL, NULL, 0, &e));
    topic_writer_close(writer);
}

static void read_fields(field_query *q, int64_t until) {
    while (q->positions[0] < until || q->positions[1] < until) {
        const shared_rows *rows;
        record_report report = {.dropped = note_complaint};
        int count;
        error e = {0};
        assert_true(
            reader_seat_poll(q->seat, q->positions, WAIT_MS, &report, 2, &rows, &count, &e));
        for (int n = 0; n < count; n++) {
            const column *r = rows[n].rows->columns[0];
            assert_int_equal(r->child_count, q->type.field_count);
            q->rows += rows[n].rows->rows;
            for (int64_t i = 0; i < rows[n].rows->rows; i++)
                for (int f = 0; f < r->child_count; f++)
                    q->sums[f] += r->children[f]->int64s[i];
        }
        for (int32_t p = 0; p < PARTITIONS; p++)
            q->positions[p] = reader_seat_position(q->seat, p);
    }
}

/* One that comes later and wants more fields sits down at the same reader. */
static void test_each_query_gets_its_fields_of_a_row(void **state) {
    field_query a, b, c;
    (void)state;
    append_rows(0, 1000);
    shared_readers_hold(all, true);
    open_field_query(&a, "y", NULL, INT64_MAX);
    assert_false(reader_seat_has_company(a.seat));
    open_field_query(&b, "z", "x", INT64_MAX);
    assert_true(reader_seat_has_company(a.seat) && reader_seat_has_company(b.seat));
    shared_readers_hold(all, false);
    assert_int_equal(shared_readers_count(all), 1);
    read_fields(&a, 500);
    read_fields(&b, 500);
    assert_int_equal(a.sums[0], 10 * sum_to(1000));
    assert_int_equal(b.sums[0], 100 * sum_to(1000));
    assert_int_equal(b.sums[1], sum_to(1000));
    reader_seat_close(b.seat);
    open_field_query(&c, "x", "y", INT64_MAX);
    append_rows(1000, 1000);
    read_fields(&a, 1000);
    read_fields(&c, 1000);
    assert_int_equal(a.sums[0], 10 * sum_to(2000));
    assert_int_equal(c.sums[0], sum_to(2000));
    assert_int_equal(c.sums[1], 10 * sum_to(2000));
    reader_seat_close(a.seat);
    reader_seat_close(c.seat);
}

static void test_rows_behind_the_end_are_not_given(void **state) {
    field_query a, b;
    (void)state;
    append_rows(0, 1000);
    shared_readers_hold(all, true);
    open_field_query(&a, "x", NULL, 100);
    open_field_query(&b, "x", NULL, INT64_MAX);
    shared_readers_hold(all, false);
    assert_int_equal(shared_readers_count(all), 1);
    read_fields(&a, 100);
    read_fields(&b, 500);
    assert_int_equal(a.rows, 200);
    assert_int_equal(a.sums[0], sum_to(200));
    assert_int_equal(b.rows, 1000);
    reader_seat_close(a.seat);
    reader_seat_close(b.seat);
}

/* The lock is held. */
static int64_t bytes_ahead(const reader *r) {
    int64_t bytes = 0;
    for (int64_t i = r->first; i < r->count_next; i++)
        bytes += (*shared_reader_block(r, i))->bytes;
    return bytes;
}

/* Waits until so many bytes of blocks are ahead of a query that takes none, and says how many it
 * found. */
static int64_t wait_for_bytes_ahead(int64_t least) {
    int64_t bytes, deadline = clock_monotonic_ms() + WAIT_MS;
    pthread_mutex_lock(&all->lock);
    while ((bytes = bytes_ahead(all->readers)) < least && clock_monotonic_ms() < deadline)
        shared_reader_wait(&all->readers->came, &all->lock, deadline);
    pthread_mutex_unlock(&all->lock);
    return bytes;
}

/* Of small rows as much is read ahead as takes some memory, and more while barriers are long. */
static void test_more_is_read_ahead_of_long_barriers(void **state) {
    const int64_t slack = 1 << 20; /* blocks of one poll */
    query q;
    (void)state;
    append(0, 600000);
    open_query(&q, BOTH, 0);
    assert_in_range(
        wait_for_bytes_ahead(SHARED_BYTES_AHEAD), SHARED_BYTES_AHEAD, SHARED_BYTES_AHEAD + slack);
    reader_seat_expect_long_barriers(q.seat, true);
    assert_in_range(wait_for_bytes_ahead(SHARED_BYTES_AHEAD_MOST), SHARED_BYTES_AHEAD_MOST,
        SHARED_BYTES_AHEAD_MOST + slack);
    read_to_end(&q);
    assert_int_equal(q.sum_a, sum_to(600000));
    reader_seat_close(q.seat);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_queries_that_begin_together_share_a_reader),
        TEST(test_several_threads_decode),
        TEST(test_one_that_comes_later_catches_up),
        TEST(test_what_a_query_has_had_is_passed_over),
        TEST(test_who_gets_up_holds_nobody_up),
        TEST(test_a_slow_query_loses_its_place),
        TEST(test_each_query_hears_of_bad_records),
        TEST(test_a_deleted_topic_is_an_error_for_all),
        TEST(test_each_query_gets_its_fields_of_a_row),
        TEST(test_rows_behind_the_end_are_not_given),
        TEST(test_more_is_read_ahead_of_long_barriers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
