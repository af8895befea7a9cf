/* What a windowed join keeps in memory and saves: however rows come, a walk gives those from
 * join_rows_since() on in the order of time, and what has been saved has every row once. */
#include "executor/operator/join_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "executor/operator/join_pack.h"

enum { SLICE_MS = 50, KEYS = 3, ROWS_MOST = 4000, TEXT_MOST = 700 };

typedef struct model_row {
    int key, input;
    int64_t time_ms;
    int number; /* in the order of coming */
    int saved;  /* times */
} model_row;

typedef struct model {
    join_rows *rows;
    model_row list[ROWS_MOST];
    int count;
    uint64_t random;
} model;

static uint64_t draw(model *m) {
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;
    return m->random;
}

static slice key_text(int key) {
    static const char *const texts[KEYS] = {"one", "another", ""};
    return slice_of(texts[key]);
}

/* A row's bytes begin with its number. */
static int row_number(slice row) {
    int number;
    assert_true(row.length >= sizeof number);
    memcpy(&number, row.data, sizeof number);
    return number;
}

/* Rows of the same time are saved in the order of their coming, for that is all that a store knows
 * of it. */
static void check_order(const model *m, const model_row *saved) {
    for (int i = saved->number + 1; i < m->count; i++) {
        const model_row *r = &m->list[i];
        assert_false(r->saved && r->key == saved->key && r->input == saved->input &&
                     r->time_ms == saved->time_ms);
    }
}

static void note_saved(
    void *context, int input, slice key, int64_t slice_start_ms, int64_t last_ms, slice pack) {
    model *m = context;
    const char *at = pack.data, *end = pack.data + pack.length;
    int64_t before_ms = INT64_MIN;
    while (at < end) {
        uint64_t since = 0;
        slice row = {0};
        at = join_pack_read(at, end, &since, &row);
        assert_non_null(at);
        model_row *r = &m->list[row_number(row)];
        assert_int_equal(r->input, input);
        assert_true(slice_equal(key_text(r->key), key));
        assert_int_equal(r->time_ms, slice_start_ms + (int64_t)since);
        assert_true(since < SLICE_MS && r->time_ms >= before_ms && r->time_ms <= last_ms);
        before_ms = r->time_ms;
        check_order(m, r);
        r->saved++;
    }
}

static join_run *find(model *m, int key, bool makes) {
    return join_rows_find(m->rows, key_text(key), slice_hash(key_text(key)), makes);
}

/* Earlier rows of a key that has run out of memory go to the store at once. */
static void add(model *m, int key, int input, int64_t time_ms) {
    static char text[TEXT_MOST];
    int number = m->count;
    memcpy(text, &number, sizeof number);
    size_t length = sizeof number + (draw(m) % 8 ? draw(m) % 12 : draw(m) % (TEXT_MOST - 8));
    m->list[m->count++] = (model_row){key, input, time_ms, number, 0};
    if (time_ms < join_rows_since(m->rows, find(m, key, false), input))
        m->list[number].saved = 1;
    else
        join_rows_add(m->rows, find(m, key, true), input, time_ms, slice_make(text, length));
}

/* The model's next row of that key, input and time or later, behind `before`; NULL: none. */
static const model_row *next_row(
    const model *m, int key, int input, int64_t from_ms, int64_t to_ms, const model_row *before) {
    const model_row *next = NULL;
    for (int i = 0; i < m->count; i++) {
        const model_row *r = &m->list[i];
        bool is_behind = !before || r->time_ms > before->time_ms ||
                         (r->time_ms == before->time_ms && r->number > before->number);
        if (r->key == key && r->input == input && r->time_ms >= from_ms && r->time_ms <= to_ms &&
            is_behind && (!next || r->time_ms < next->time_ms))
            next = r;
    }
    return next;
}

static void check_walk(model *m, int key, int input, int64_t from_ms, int64_t to_ms) {
    join_run *run = find(m, key, false);
    int64_t since_ms = join_rows_since(m->rows, run, input), time_ms;
    if (from_ms < since_ms)
        from_ms = since_ms;
    const model_row *expected = NULL;
    slice row;
    if (run) {
        join_walk walk;
        join_walk_start(&walk, run, input, from_ms, to_ms);
        while (join_walk_next(&walk, &time_ms, &row)) {
            expected = next_row(m, key, input, from_ms, to_ms, expected);
            assert_non_null(expected);
            assert_int_equal(row_number(row), expected->number);
            assert_int_equal(time_ms, expected->time_ms);
        }
    }
    assert_null(next_row(m, key, input, from_ms, to_ms, expected));
}

/* What is in memory only must be there; no row is saved twice. */
static void check_saved(const model *m, bool all) {
    for (int i = 0; i < m->count; i++)
        assert_true(m->list[i].saved <= 1 && (!all || m->list[i].saved == 1));
}

static void check_random_rows(uint64_t seed, int64_t share, bool expires) {
    model *m = MEMORY_NEW(model);
    m->random = seed;
    m->rows = join_rows_create(SLICE_MS, share, note_saved, m);
    int64_t now_ms = -500;
    while (m->count < 600) {
        now_ms += (int64_t)(draw(m) % 4);
        int64_t late_ms = draw(m) % 3 ? 0 : (int64_t)(draw(m) % 120);
        add(m, (int)(draw(m) % KEYS), (int)(draw(m) % 2), now_ms - late_ms);
        int64_t from_ms = now_ms - (int64_t)(draw(m) % 200);
        int key = (int)(draw(m) % KEYS), input = (int)(draw(m) % 2);
        if (!expires || from_ms >= now_ms - 100)
            check_walk(m, key, input, from_ms, from_ms + (int64_t)(draw(m) % 200));
        if (draw(m) % 10 == 0)
            for (int i = 0; i < 2; i++)
                join_rows_expire(m->rows, i, expires ? now_ms - 100 : INT64_MIN);
        if (draw(m) % 20 == 0)
            join_rows_save(m->rows);
        check_saved(m, false);
    }
    join_rows_save(m->rows);
    check_saved(m, !expires);
    join_rows_destroy(m->rows);
    memory_free(m);
}

static void rows_are_found_in_the_order_of_time(void **unused) {
    for (uint64_t seed = 1; seed <= 60; seed++)
        check_random_rows(seed * 77, 1 << 20, false);
}

static void rows_beyond_the_share_are_in_the_store(void **unused) {
    for (uint64_t seed = 1; seed <= 60; seed++)
        check_random_rows(seed * 99, 3000, false);
}

static void expired_rows_leave(void **unused) {
    for (uint64_t seed = 1; seed <= 60; seed++)
        check_random_rows(seed * 55, seed % 2 ? 1 << 20 : 3000, true);
}

/* After a start the store has what came before. */
static void older_rows_are_not_here(void **unused) {
    model *m = MEMORY_NEW(model);
    m->random = 5;
    m->rows = join_rows_create(SLICE_MS, 1 << 20, note_saved, m);
    join_rows_begin(m->rows, 1, 100);
    assert_int_equal(join_rows_since(m->rows, NULL, 1), 100);
    add(m, 0, 1, 100);
    add(m, 0, 0, 20);
    assert_int_equal(join_rows_since(m->rows, find(m, 0, false), 1), 100);
    check_walk(m, 0, 1, 0, 200);
    check_walk(m, 0, 0, 0, 200);
    join_rows_destroy(m->rows);
    memory_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_in_the_order_of_time),
        cmocka_unit_test(rows_beyond_the_share_are_in_the_store),
        cmocka_unit_test(expired_rows_leave),
        cmocka_unit_test(older_rows_are_not_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
