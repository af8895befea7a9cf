#include "executor/state/state.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/temporary_directory.h"

static char directory[TEMPORARY_DIRECTORY_BYTES];
static error problem;

static slice here(void) {
    return slice_of(directory);
}

static int make_directory(void **unused) {
    temporary_directory_make(directory, "state");
    error_clear(&problem);
    return 0;
}

static int remove_directory(void **unused) {
    return state_remove(here(), &problem) ? 0 : -1;
}

static bool count_change(void *context, const state_change *change, error *e) {
    ++*(int *)context;
    return true;
}

static void commit(state *s) {
    assert_true(state_flush(s, NULL, NULL, &problem));
    assert_true(state_commit(s, &problem));
}

static void put(store *st, const char *key, const char *value) {
    store_put(st, slice_of(key), slice_of(value));
}

static void check(store *st, const char *key, const char *expected) {
    slice value = store_get(st, slice_of(key));
    if (!expected) {
        assert_null(value.data);
        return;
    }
    assert_non_null(value.data);
    assert_true(slice_is(value, expected));
}

/* "k=v k=v ..." of a walk. */
static void check_walk(store *st, slice from, slice to, const char *expected) {
    buffer text = {0};
    store_cursor *c = store_cursor_open(st, from, to);
    slice key, value;
    while (store_cursor_next(c, &key, &value))
        buffer_format(&text, "%.*s=%.*s ", SLICE_ARG(key), SLICE_ARG(value));
    store_cursor_close(c);
    buffer_append_byte(&text, 0);
    assert_string_equal(text.data, expected);
    buffer_free(&text);
}

#define ALL ((slice){"", 0}), ((slice){NULL, 0})

static void basics(state *s) {
    store *a = state_store(s, SLICE_LITERAL("a"), 3, &problem);
    assert_ptr_equal(a, state_store(s, SLICE_LITERAL("a"), 3, &problem));
    store *other = state_store(s, SLICE_LITERAL("a"), 4, &problem);
    assert_ptr_not_equal(a, other);
    put(a, "b", "1");
    put(a, "a", "2");
    put(a, "c", "");
    put(other, "z", "9");
    check(a, "b", "1");
    check(a, "c", "");
    check(a, "z", NULL);
    check_walk(a, ALL, "a=2 b=1 c= ");
    state_put_fact(s, SLICE_LITERAL("position"), SLICE_LITERAL("17"));
    int changes = 0;
    assert_true(state_flush(s, count_change, &changes, &problem));
    assert_int_equal(changes, 4);
    assert_true(state_commit(s, &problem));
    assert_int_equal(store_count(a), 3);
    put(a, "b", "longer than it was before");
    store_delete(a, slice_of("a"));
    put(a, "aa", "3");
    check_walk(a, ALL, "aa=3 b=longer than it was before c= ");
    check_walk(a, slice_of("aa"), slice_of("b"), "aa=3 ");
    state_put_fact(s, SLICE_LITERAL("position"), SLICE_LITERAL("18"));
    state_rollback(s);
    check_walk(a, ALL, "a=2 b=1 c= ");
    assert_true(slice_is(state_fact(s, SLICE_LITERAL("position")), "17"));
    put(a, "d", "4");
    store_delete(a, slice_of("b"));
    commit(s);
    check_walk(a, ALL, "a=2 c= d=4 ");
    changes = 0;
    assert_true(state_flush(s, count_change, &changes, &problem));
    assert_int_equal(changes, 0);
    store_delete_range(a, slice_of("b"), slice_of("d"));
    check_walk(a, ALL, "a=2 d=4 ");
    state_apply(s, &(state_change){SLICE_LITERAL("a"), 3, SLICE_LITERAL("e"), SLICE_LITERAL("5")});
    state_apply(s, &(state_change){SLICE_LITERAL("a"), 3, SLICE_LITERAL("a"), {NULL, 0}});
    check_walk(a, ALL, "d=4 e=5 ");
    changes = 0;
    assert_true(state_flush(s, count_change, &changes, &problem));
    assert_int_equal(changes, 1); /* only the deletion of c */
    assert_true(state_commit(s, &problem));
    check_walk(a, ALL, "d=4 e=5 ");
}

static void it_works_on_disk_and_survives_reopening(void **unused) {
    state *s = state_open(here(), &problem);
    assert_non_null(s);
    basics(s);
    store *a = state_store(s, SLICE_LITERAL("a"), 3, &problem);
    put(a, "lost", "because it is not committed");
    state_close(s);
    s = state_open(here(), &problem);
    a = state_store(s, SLICE_LITERAL("a"), 3, &problem);
    check_walk(a, ALL, "d=4 e=5 ");
    assert_true(slice_is(state_fact(s, SLICE_LITERAL("position")), "17"));
    assert_true(state_file_bytes(s) > 0);
    state_close(s);
}

static bool is_d(void *unused, slice key) {
    return slice_is(key, "d");
}

/* Unread changes reach changelog and disk with the commit, behind the others, and the last of a key
 * counts; without a commit they are gone. */
static void unread_changes_are_committed(void **unused) {
    state *s = state_open(here(), &problem);
    store *st = state_store(s, SLICE_LITERAL("a"), 0, &problem);
    put(st, "b", "overwritten");
    put(st, "c", "deleted");
    put(st, "d", "kept");
    store_put_unread(st, SLICE_LITERAL("b"), SLICE_LITERAL("1"));
    store_put_unread(st, SLICE_LITERAL("a"), SLICE_LITERAL("2"));
    store_put_unread(st, SLICE_LITERAL("b"), SLICE_LITERAL("3"));
    store_delete_unread(st, SLICE_LITERAL("c"));
    store_delete_unread(st, SLICE_LITERAL("never there"));
    assert_true(state_overlay_bytes(s) > 0);
    int changes = 0;
    assert_true(state_flush(s, count_change, &changes, &problem));
    assert_int_equal(changes, 8);
    assert_true(state_flush(s, count_change, &changes, &problem));
    assert_int_equal(changes, 8); /* each once */
    assert_true(state_commit(s, &problem));
    check_walk(st, ALL, "a=2 b=3 d=kept ");
    store_put_unread(st, SLICE_LITERAL("b"), SLICE_LITERAL("4"));
    store_put_unread(st, SLICE_LITERAL("d"), SLICE_LITERAL("5"));
    store_drop_unread(st, is_d, NULL);
    commit(s);
    check_walk(st, ALL, "a=2 b=4 ");
    store_put_unread(st, SLICE_LITERAL("z"), SLICE_LITERAL("9"));
    store_delete_unread(st, SLICE_LITERAL("a"));
    state_rollback(s);
    commit(s);
    check_walk(st, ALL, "a=2 b=4 ");
    state_close(s);
    s = state_open(here(), &problem);
    check_walk(state_store(s, SLICE_LITERAL("a"), 0, &problem), ALL, "a=2 b=4 ");
    state_close(s);
}

/* Keys and values of every length around the one from which a change is stored otherwise. */
static void unread_changes_may_be_long(void **unused) {
    enum { SHORTEST = 250, LONGEST = 260 };
    char key[LONGEST + 1], value[LONGEST + 1];
    (void)unused;
    state *s = state_open(here(), &problem);
    store *st = state_store(s, SLICE_LITERAL("a"), 0, &problem);
    memset(value, 'v', sizeof value);
    for (int pass = 0; pass < 2; pass++) { /* values, then what deletes every other one */
        for (size_t k = SHORTEST; k <= LONGEST; k++)
            for (size_t v = SHORTEST; v <= LONGEST; v++) {
                memset(key, (int)v, k);
                if (pass == 0)
                    store_put_unread(st, slice_make(key, k), slice_make(value, v));
                else if (v % 2)
                    store_delete_unread(st, slice_make(key, k));
            }
        commit(s);
    }
    store_put_unread(st, SLICE_LITERAL("empty"), SLICE_LITERAL(""));
    commit(s);
    for (size_t k = SHORTEST; k <= LONGEST; k++)
        for (size_t v = SHORTEST; v <= LONGEST; v++) {
            memset(key, (int)v, k);
            slice found = store_get(st, slice_make(key, k));
            assert_int_equal(found.data != NULL, v % 2 == 0);
            assert_true(!found.data || slice_equal(found, slice_make(value, v)));
        }
    assert_true(slice_is(store_get(st, SLICE_LITERAL("empty")), ""));
    state_close(s);
}

/* Changes that were flushed ahead are not flushed again, are committed with the others, and are
 * forgotten with them. */
static void unread_changes_are_flushed_early(void **unused) {
    state *s = state_open(here(), &problem);
    store *st = state_store(s, SLICE_LITERAL("a"), 0, &problem);
    int changes = 0;
    store_put_unread(st, SLICE_LITERAL("a"), SLICE_LITERAL("1"));
    store_put_unread(st, SLICE_LITERAL("b"), SLICE_LITERAL("2"));
    assert_true(store_flush_early(st, count_change, &changes, &problem));
    assert_int_equal(changes, 2);
    store_put_unread(st, SLICE_LITERAL("a"), SLICE_LITERAL("3"));
    assert_true(store_flush_early(st, count_change, &changes, &problem));
    assert_int_equal(changes, 3);
    store_put_unread(st, SLICE_LITERAL("c"), SLICE_LITERAL("4"));
    assert_true(state_flush(s, count_change, &changes, &problem));
    assert_int_equal(changes, 4);
    assert_true(state_commit(s, &problem));
    check_walk(st, ALL, "a=3 b=2 c=4 ");
    store_put_unread(st, SLICE_LITERAL("a"), SLICE_LITERAL("5"));
    assert_true(store_flush_early(st, count_change, &changes, &problem));
    state_rollback(s);
    commit(s);
    check_walk(st, ALL, "a=3 b=2 c=4 ");
    state_close(s);
}

static void check_committed(state *s, const char *key, const char *expected) {
    state_snapshot *snapshot = state_snapshot_open(s, &problem);
    slice value = state_snapshot_get(snapshot, SLICE_LITERAL("a"), 0, slice_of(key));
    assert_int_equal(value.data != NULL, expected != NULL);
    assert_true(!expected || slice_is(value, expected));
    state_snapshot_close(snapshot);
}

/* What is changed while a commit is under way is read at once, and is part of the next one. */
static void a_commit_is_prepared_while_more_is_changed(void **unused) {
    state *s = state_open(here(), &problem);
    store *st = state_store(s, SLICE_LITERAL("a"), 0, &problem);
    put(st, "a", "1");
    store_put_unread(st, SLICE_LITERAL("b"), SLICE_LITERAL("1"));
    commit(s);
    put(st, "a", "2");
    store_put_unread(st, SLICE_LITERAL("b"), SLICE_LITERAL("2"));
    put(st, "c", "2");
    assert_true(state_flush(s, NULL, NULL, &problem));
    state_prepare(s);
    put(st, "a", "3");
    store_put_unread(st, SLICE_LITERAL("b"), SLICE_LITERAL("3"));
    store_delete(st, SLICE_LITERAL("c"));
    check(st, "a", "3");
    check(st, "c", NULL);
    check_committed(s, "a", "1");
    check_committed(s, "b", "1");
    check_committed(s, "c", NULL);
    assert_true(state_persist(s, &problem)); /* of the first commit only */
    state_put_fact(s, SLICE_LITERAL("position"), SLICE_LITERAL("2"));
    assert_true(state_commit(s, &problem));
    check_committed(s, "a", "2");
    check_committed(s, "b", "2");
    check_committed(s, "c", "2");
    check(st, "a", "3");
    int changes = 0;
    assert_true(state_flush(s, count_change, &changes, &problem));
    assert_int_equal(changes, 3);
    state_prepare(s);
    state_close(s); /* and the third commit never comes */
    s = state_open(here(), &problem);
    st = state_store(s, SLICE_LITERAL("a"), 0, &problem);
    check_walk(st, ALL, "a=2 b=2 c=2 ");
    assert_true(slice_is(state_fact(s, SLICE_LITERAL("position")), "2"));
    put(st, "a", "4");
    assert_true(state_flush(s, NULL, NULL, &problem));
    state_prepare(s);
    state_rollback(s);
    check_walk(st, ALL, "a=2 b=2 c=2 ");
    state_close(s);
}

/* Keys that share long beginnings, end early, or differ by zeros only, come in order. */
static void many_keys_are_sorted(void **unused) {
    state *s = state_open(here(), &problem);
    store *st = state_store(s, SLICE_LITERAL("a"), 0, &problem);
    uint64_t random = 7;
    for (int i = 0; i < 5000; i++) {
        char key[64] = {0};
        random = random * 6364136223846793005u + 1442695040888963407u;
        size_t shared = random >> 60, zeros = random >> 40 & 31;
        memset(key, 'k', shared);
        key[shared] = (char)(random >> 33 & 3);
        store_put_unread(st, slice_make(key, shared + 1 + zeros), SLICE_LITERAL("x"));
        store_put(st, slice_make(key, zeros), SLICE_LITERAL("y"));
    }
    commit(s);
    buffer last = {0};
    slice key, value;
    int64_t seen = 0;
    store_cursor *c = store_cursor_open(st, ALL);
    while (store_cursor_next(c, &key, &value)) {
        assert_true(seen++ == 0 || slice_compare(buffer_slice(&last), key) < 0);
        buffer_clear(&last);
        buffer_append(&last, key);
    }
    store_cursor_close(c);
    assert_int_equal(seen, store_count(st));
    buffer_free(&last);
    state_close(s);
}

static void it_works_in_memory(void **unused) {
    state *s = state_open((slice){NULL, 0}, &problem);
    basics(s);
    state_close(s);
}

/* ---- long and strange keys ---- */

static void make_key(buffer *key, char fill, size_t length, const char *end) {
    buffer_clear(key);
    for (size_t i = 0; i < length; i++)
        buffer_append_byte(key, fill);
    buffer_append_text(key, end);
}

static int read_int(slice value) {
    int number;
    assert_int_equal(value.length, sizeof number);
    memcpy(&number, value.data, sizeof number);
    return number;
}

static void long_and_zero_keys_keep_their_order(void **unused) {
    static const struct {
        char fill;
        size_t length;
        const char *end;
    } keys[] = {{0, 0, ""}, {0, 1, ""}, {0, 2, ""}, {0, 2, "a"}, {0, 600, ""}, {0, 601, ""},
        {0, 600, "x"}, {'x', 494, ""}, {'x', 495, ""}, {'x', 495, "\1"},
        {'x', 495, "\1zzzzzzzzzzzzzzzzzzzz"}, {'x', 495, "a"}, {'x', 495, "aa"}, {'x', 495, "b"},
        {'x', 496, ""}, {'x', 511, ""}, {'x', 512, ""}, {'x', 3000, ""}, {'y', 1, ""}};
    enum { COUNT = sizeof keys / sizeof *keys };
    /* {0,2,"a"} sorts behind the zeros of 600 */
    static const int order[COUNT] = {
        0, 1, 2, 4, 5, 6, 3, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
    state *s = state_open(here(), &problem);
    store *st = state_store(s, SLICE_LITERAL("s"), 0, &problem);
    buffer key = {0};
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++) {
            if (round != 1 && i % 2 == round / 2)
                continue;
            make_key(&key, keys[i].fill, keys[i].length, keys[i].end);
            store_put(st, buffer_slice(&key), slice_make((char *)&i, sizeof i));
        }
        if (round == 0)
            commit(s);
    }
    for (int round = 0; round < 3; round++) {
        for (int from = 0; from < COUNT; from++) {
            make_key(&key, keys[order[from]].fill, keys[order[from]].length, keys[order[from]].end);
            slice found, value;
            store_cursor *c = store_cursor_open(st, buffer_slice(&key), (slice){NULL, 0});
            for (int i = from; i < COUNT; i++) {
                assert_true(store_cursor_next(c, &found, &value));
                assert_int_equal(read_int(value), order[i]);
            }
            assert_false(store_cursor_next(c, &found, &value));
            store_cursor_close(c);
            value = store_get(st, buffer_slice(&key));
            assert_non_null(value.data);
            assert_int_equal(read_int(value), order[from]);
        }
        store_ascent *ascent = store_ascent_open(st);
        for (int i = 0; i < COUNT; i++) {
            make_key(&key, keys[order[i]].fill, keys[order[i]].length, keys[order[i]].end);
            slice value = store_ascent_get(ascent, buffer_slice(&key));
            assert_non_null(value.data);
            assert_int_equal(read_int(value), order[i]);
        }
        store_ascent_close(ascent);
        commit(s);
        if (round == 1) {
            state_close(s);
            s = state_open(here(), &problem);
            st = state_store(s, SLICE_LITERAL("s"), 0, &problem);
        }
    }
    make_key(&key, 'x', 495, "aa");
    store_delete(st, buffer_slice(&key));
    commit(s);
    assert_null(store_get(st, buffer_slice(&key)).data);
    make_key(&key, 'x', 495, "a");
    assert_non_null(store_get(st, buffer_slice(&key)).data);
    buffer_free(&key);
    state_close(s);
}

/* ---- against a model ---- */

enum { KEYS = 300 };

typedef struct model {
    int64_t value[KEYS]; /* 0: absent */
} model;

static uint64_t seed;

static uint64_t random_bits(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static slice model_key(int i, char room[32]) {
    int length = snprintf(room, 32, "%05d", i * 7);
    return slice_make(room, (size_t)length);
}

static void check_model(store *st, const model *m, int from, int to) {
    char from_key[32], to_key[32], expected[32];
    store_cursor *c = store_cursor_open(st, model_key(from, from_key), model_key(to, to_key));
    slice key, value;
    for (int i = from; i < to; i++) {
        if (!m->value[i])
            continue;
        assert_true(store_cursor_next(c, &key, &value));
        assert_true(slice_equal(key, model_key(i, expected)));
        assert_true(value.length >= sizeof(int64_t));
        assert_memory_equal(value.data, &m->value[i], sizeof(int64_t));
    }
    assert_false(store_cursor_next(c, &key, &value));
    store_cursor_close(c);
}

/* Some of the keys, and others between them, that are not there. */
static void check_ascent(store *st, const model *m, int from, int to) {
    char room[32], between[33];
    store_ascent *a = store_ascent_open(st);
    for (int i = from; i < to; i += 1 + (int)(random_bits() % 3)) {
        slice key = model_key(i, room), value = store_ascent_get(a, key);
        assert_int_equal(value.data != NULL, m->value[i] != 0);
        if (value.data)
            assert_memory_equal(value.data, &m->value[i], sizeof(int64_t));
        int length = snprintf(between, sizeof between, "%.*s-", SLICE_ARG(key));
        if (random_bits() & 1)
            assert_null(store_ascent_get(a, slice_make(between, (size_t)length)).data);
    }
    store_ascent_close(a);
}

static void write_model(store *st, model *m, int i) {
    char room[32], value[200] = {0};
    if (random_bits() % 3 == 0) {
        m->value[i] = 0;
        store_delete(st, model_key(i, room));
        return;
    }
    m->value[i] = (int64_t)(random_bits() | 1);
    memcpy(value, &m->value[i], sizeof m->value[i]);
    store_put(st, model_key(i, room), slice_make(value, 8 + random_bits() % 190));
}

static int count_model(const model *m) {
    int count = 0;
    for (int i = 0; i < KEYS; i++)
        count += m->value[i] != 0;
    return count;
}

static bool count_entry(void *context, slice key, slice value) {
    (void)key;
    (void)value;
    ++*(int *)context;
    return true;
}

/* So little may wait that something is being written nearly always. */
static state *open_model(slice where) {
    state *s = state_open(where, &problem);
    state_limit_waiting(s, 64 << 10);
    return s;
}

static void run_model(slice where) {
    state *s = open_model(where);
    store *st = state_store(s, SLICE_LITERAL("model"), 1, &problem);
    model now = {0}, prepared = {0}, committed = {0};
    bool is_prepared = false;
    for (int step = 0; step < 20000; step++) {
        int i = (int)(random_bits() % KEYS), j = (int)(random_bits() % KEYS);
        char room[32];
        switch (random_bits() % 64) {
        case 0:
            if (is_prepared)
                assert_true(state_commit(s, &problem));
            else
                commit(s);
            committed = is_prepared ? prepared : now;
            is_prepared = false;
            break;
        case 1:
            state_rollback(s);
            now = committed;
            is_prepared = false;
            break;
        case 2:
            assert_true(is_prepared || state_flush(s, NULL, NULL, &problem));
            break;
        case 3:
            if (where.data && step % 5 == 0) {
                state_close(s);
                s = open_model(where);
                st = state_store(s, SLICE_LITERAL("model"), 1, &problem);
                now = committed;
                is_prepared = false;
            }
            break;
        case 10:
        case 11:
            if (!where.data || is_prepared)
                break;
            assert_true(state_flush(s, NULL, NULL, &problem));
            state_prepare(s);
            prepared = now;
            is_prepared = true;
            break;
        case 4: {
            state_snapshot *snapshot = state_snapshot_open(s, &problem);
            slice value =
                state_snapshot_get(snapshot, SLICE_LITERAL("model"), 1, model_key(i, room));
            assert_int_equal(value.data != NULL, committed.value[i] != 0);
            int seen = 0;
            state_snapshot_scan(snapshot, SLICE_LITERAL("model"), 1, ALL, count_entry, &seen);
            assert_int_equal(seen, count_model(&committed));
            assert_int_equal(
                state_measure(s, SLICE_LITERAL("model")).entries, count_model(&committed));
            state_snapshot_close(snapshot);
            break;
        }
        case 5:
            assert_true(state_persist_when_due(s, &problem));
            break;
        case 6:
        case 7:
            check_model(st, &now, i < j ? i : j, i < j ? j : i);
            break;
        case 8:
        case 9:
            check_ascent(st, &now, i < j ? i : j, i < j ? j : i);
            break;
        default:
            if (random_bits() & 1) {
                write_model(st, &now, i);
            } else {
                slice value = store_get(st, model_key(i, room));
                assert_int_equal(value.data != NULL, now.value[i] != 0);
            }
        }
    }
    state_close(s);
}

static void random_steps_equal_a_model(void **unused) {
    for (int run = 1; run <= 5; run++) {
        seed = (uint64_t)run * 7919;
        run_model(here());
        assert_true(state_remove(here(), &problem));
        run_model((slice){NULL, 0});
    }
}

/* Many keys are looked for in vain, so that a filter is made, which commits fill until it is full:
 * what is there is found all the time. */
static void keys_are_found_among_many_that_are_not_there(void **unused) {
    state *s = state_open(here(), &problem);
    store *st = state_store(s, SLICE_LITERAL("s"), 0, &problem);
    char room[32];
    for (int round = 0; round < 12; round++) {
        for (int i = round * 12000; i < (round + 1) * 12000; i++)
            store_put_unread(st, model_key(2 * i, room), SLICE_LITERAL("x"));
        commit(s);
        assert_true(round % 3 || state_persist(s, &problem));
        store_delete(st, model_key(2 * round, room));
        commit(s);
        for (int i = 0; i < (round + 1) * 12000; i++) {
            assert_int_equal(store_get(st, model_key(2 * i, room)).data != NULL, i > round);
            assert_null(store_get(st, model_key(2 * i + 1, room)).data);
        }
    }
    state_close(s);
}

static void a_cursor_lives_through_changes_and_commits(void **unused) {
    state *s = state_open(here(), &problem);
    store *st = state_store(s, SLICE_LITERAL("s"), 0, &problem);
    char room[32];
    for (int i = 0; i < 1000; i++)
        store_put(st, model_key(i, room), SLICE_LITERAL("x"));
    commit(s);
    store_cursor *c = store_cursor_open(st, ALL);
    slice key, value;
    for (int i = 0; i < 1000; i++) {
        assert_true(store_cursor_next(c, &key, &value));
        assert_true(slice_equal(key, model_key(i, room)));
        store_delete(st, key);
        if (i % 100 == 50)
            commit(s);
        if (i % 100 == 70)
            state_rollback(s);
    }
    assert_false(store_cursor_next(c, &key, &value));
    store_cursor_close(c);
    state_close(s);
}

/* ---- growth, snapshots, faults ---- */

static void fill(store *st, int64_t from, int64_t count, int64_t tag) {
    char value[200] = {0};
    memcpy(value, &tag, sizeof tag);
    for (int64_t i = from; i < from + count; i++) {
        char room[32];
        int length = snprintf(room, sizeof room, "%012lld", (long long)(i * 7919 % 1000003));
        store_put(st, slice_make(room, (size_t)length), slice_make(value, sizeof value));
    }
}

/* Of files that are mapped, in the process's memory. */
static int64_t mapped_bytes(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    assert_int_equal(fscanf(file, "%*d %*d %ld", &pages), 1);
    fclose(file);
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static void a_large_map_leaves_memory_at_a_commit(void **unused) {
    state *s = state_open(here(), &problem);
    store *st = state_store(s, SLICE_LITERAL("s"), 0, &problem);
    fill(st, 0, 300000, 1); /* of 212 bytes */
    commit(s);
    assert_true(state_persist(s, &problem));
    slice key, value;
    store_cursor *c = store_cursor_open(st, ALL);
    while (store_cursor_next(c, &key, &value))
        ;
    store_cursor_close(c);
    int64_t read = mapped_bytes();
    assert_true(read > 64 << 20);
    fill(st, 0, 1, 2);
    commit(s);
    assert_true(state_persist(s, &problem));
    assert_true(mapped_bytes() < read - (50 << 20));
    assert_int_equal(store_count(st), 300000);
    state_close(s);
}

typedef struct watcher {
    state *s;
    bool stop, torn;
    int64_t scans;
} watcher;

typedef struct tally {
    int64_t tag, entries;
    bool torn;
} tally;

static bool visit_tag(void *context, slice key, slice value) {
    tally *t = context;
    int64_t tag;
    memcpy(&tag, value.data, sizeof tag);
    if (t->entries++ && tag != t->tag)
        t->torn = true;
    t->tag = tag;
    return true;
}

static void *watch(void *context) {
    watcher *w = context;
    while (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
        error e = {0};
        tally t = {0};
        state_snapshot *snapshot = state_snapshot_open(w->s, &e);
        if (!snapshot)
            break;
        state_snapshot_scan(snapshot, SLICE_LITERAL("s"), 0, ALL, visit_tag, &t);
        state_snapshot_close(snapshot);
        w->torn |= t.torn;
        w->scans++;
    }
    return NULL;
}

static void watch_growth(slice directory_or_none, int64_t entries) {
    state *s = state_open(directory_or_none, &problem);
    store *st = state_store(s, SLICE_LITERAL("s"), 0, &problem);
    watcher watchers[2] = {{.s = s}, {.s = s}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, watch, &watchers[i]);
    for (int round = 1; round <= 4; round++) {
        fill(st, 0, entries * round, round);
        commit(s);
        assert_true(round == 3 || state_persist(s, &problem));
    }
    for (int i = 0; i < 2; i++) {
        __atomic_store_n(&watchers[i].stop, true, __ATOMIC_RELEASE);
        pthread_join(threads[i], NULL);
        assert_false(watchers[i].torn);
        assert_true(watchers[i].scans > 0);
    }
    assert_int_equal(store_count(st), entries * 4);
    state_close(s);
}

static void the_map_grows_while_snapshots_read(void **unused) {
    watch_growth(here(), 40000); /* 160,000 entries of 212 bytes: twice the first map */
}

static void snapshots_in_memory_see_whole_commits(void **unused) {
    watch_growth((slice){NULL, 0}, 1000);
}

/* A writer commits each tag to the first state, then to the second. */
typedef struct pair_writer {
    state *states[2];
    bool stop;
} pair_writer;

static void *write_pairs(void *context) {
    pair_writer *w = context;
    for (int64_t tag = 1; !__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE); tag++)
        for (int i = 0; i < 2; i++) {
            error e = {0};
            fill(state_store(w->states[i], SLICE_LITERAL("s"), 0, &e), 0, 1, tag);
            if (!state_flush(w->states[i], NULL, NULL, &e) || !state_commit(w->states[i], &e))
                return context;
        }
    return NULL;
}

/* Read at one moment the first state is at most one commit ahead of the second. */
static void check_pairs(state *const *states) {
    pair_writer w = {.states = {states[0], states[1]}};
    pthread_t thread;
    pthread_create(&thread, NULL, write_pairs, &w);
    bool torn = false;
    for (int round = 0; round < 1000; round++) {
        tally tallies[2] = {{0}};
        state_snapshot *snapshots[2];
        state *const asked[2] = {states[round % 2], states[1 - round % 2]};
        if (!state_snapshots_open(asked, 2, snapshots, &problem))
            break;
        for (int i = 0; i < 2; i++) {
            state_snapshot_scan(snapshots[i], SLICE_LITERAL("s"), 0, ALL, visit_tag,
                &tallies[round % 2 ? 1 - i : i]);
            state_snapshot_close(snapshots[i]);
        }
        int64_t ahead = tallies[0].tag - tallies[1].tag;
        torn |= ahead < 0 || ahead > 1;
    }
    __atomic_store_n(&w.stop, true, __ATOMIC_RELEASE);
    void *failed;
    pthread_join(thread, &failed);
    assert_null(failed);
    assert_false(torn || error_is_set(&problem));
}

static void snapshots_of_several_states_are_of_one_moment(void **unused) {
    char other[TEMPORARY_DIRECTORY_BYTES];
    temporary_directory_make(other, "state");
    slice none = {NULL, 0};
    state *states[4] = {state_open(here(), &problem), state_open(slice_of(other), &problem),
        state_open(none, &problem), state_open(none, &problem)};
    check_pairs(states);
    check_pairs(states + 2);
    for (int i = 0; i < 4; i++)
        state_close(states[i]);
    assert_true(state_remove(slice_of(other), &problem));
}

static void many_stores_find_room(void **unused) {
    state *s = state_open(here(), &problem);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 150; i++) {
            store *st = state_store(s, SLICE_LITERAL("many"), round * 150 + i, &problem);
            put(st, "k", "v");
            if (i % 50 == 0)
                commit(s);
        }
    commit(s);
    state_close(s);
    s = state_open(here(), &problem);
    for (int i = 0; i < 450; i++)
        check(state_store(s, SLICE_LITERAL("many"), i, &problem), "k", "v");
    state_close(s);
}

static void check_count(state *s, int expected) {
    int seen = 0;
    state_snapshot *snapshot = state_snapshot_open(s, &problem);
    state_snapshot_scan(snapshot, SLICE_LITERAL("s"), 0, ALL, count_entry, &seen);
    state_snapshot_close(snapshot);
    assert_int_equal(seen, expected);
}

/* A limit on file sizes stands in for a full disk. */
static void a_full_disk_leaves_the_committed_state(void **unused) {
    signal(SIGXFSZ, SIG_IGN);
    state *s = state_open(here(), &problem);
    store *st = state_store(s, SLICE_LITERAL("s"), 0, &problem);
    fill(st, 0, 1000, 1);
    state_put_fact(s, SLICE_LITERAL("position"), SLICE_LITERAL("1"));
    commit(s);
    assert_true(state_persist(s, &problem));
    struct rlimit old, small;
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 1 << 20;
    setrlimit(RLIMIT_FSIZE, &small);
    fill(st, 1000, 20000, 2);
    state_put_fact(s, SLICE_LITERAL("position"), SLICE_LITERAL("2"));
    commit(s);
    assert_false(state_persist(s, &problem));
    assert_int_equal(problem.code, ERROR_IO);
    assert_non_null(strstr(problem.message, "cannot commit state in"));
    error_clear(&problem);
    store_put(st, SLICE_LITERAL("lost"), SLICE_LITERAL("x"));
    state_rollback(s);
    check_count(s, 21000);
    assert_true(slice_is(state_fact(s, SLICE_LITERAL("position")), "2"));
    assert_false(state_persist(s, &problem)); /* still full */
    error_clear(&problem);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_true(state_persist(s, &problem));
    assert_int_equal(store_count(st), 21000);
    state_close(s);
    s = state_open(here(), &problem);
    st = state_store(s, SLICE_LITERAL("s"), 0, &problem);
    assert_int_equal(store_count(st), 21000);
    state_close(s);
}

static void a_directory_that_cannot_be_made_is_an_error(void **unused) {
    assert_null(state_open(SLICE_LITERAL("/proc/no/such"), &problem));
    assert_int_equal(problem.code, ERROR_IO);
    assert_non_null(strstr(problem.message, "/proc/no"));
    error_clear(&problem);
}

/* ---- what is committed and not written ---- */

/* What a process leaves that is killed behind its commits: what was written, and no facts of later
 * commits. Who applies again what came behind those has the whole state. */
static void commits_that_were_not_written_can_be_applied_again(void **unused) {
    pid_t child = fork();
    if (child == 0) {
        state *s = state_open(here(), &problem);
        store *st = state_store(s, SLICE_LITERAL("s"), 0, &problem);
        for (int64_t round = 1; round <= 3; round++) {
            fill(st, round * 100, 100, round);
            state_put_fact(s, SLICE_LITERAL("round"), slice_make((char *)&round, sizeof round));
            if (!state_flush(s, NULL, NULL, &problem) || !state_commit(s, &problem) ||
                (round == 1 && !state_persist(s, &problem)))
                _exit(1);
        }
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    state *s = state_open(here(), &problem);
    assert_int_equal(read_int(slice_make(state_fact(s, SLICE_LITERAL("round")).data, 4)), 1);
    check_count(s, 100);
    for (int i = 100; i < 400; i++) {
        char room[32];
        int length = snprintf(room, sizeof room, "%012d", i * 7919 % 1000003);
        slice key = slice_make(room, (size_t)length);
        state_apply(s, &(state_change){SLICE_LITERAL("s"), 0, key, SLICE_LITERAL("x")});
    }
    assert_true(state_commit(s, &problem));
    check_count(s, 300);
    state_close(s);
}

/* Snapshots see each commit at once and whole, while earlier ones are being written. */
static void commits_are_seen_before_and_while_they_are_written(void **unused) {
    state *s = state_open(here(), &problem);
    state_limit_waiting(s, 32 << 10);
    store *st = state_store(s, SLICE_LITERAL("s"), 0, &problem);
    watcher w = {.s = s};
    pthread_t thread;
    pthread_create(&thread, NULL, watch, &w);
    for (int64_t tag = 1; tag <= 200; tag++) {
        fill(st, 0, 300, tag);
        commit(s);
        tally t = {0};
        state_snapshot *snapshot = state_snapshot_open(s, &problem);
        state_snapshot_scan(snapshot, SLICE_LITERAL("s"), 0, ALL, visit_tag, &t);
        state_snapshot_close(snapshot);
        assert_int_equal(t.tag, tag);
        assert_int_equal(t.entries, 300);
        assert_false(t.torn);
    }
    __atomic_store_n(&w.stop, true, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    assert_false(w.torn);
    /* Several were written meanwhile: pages that a commit changes are written to other places. */
    assert_true(state_file_bytes(s) > 2 * 300 * 200);
    state_close(s);
}

static void what_is_dropped_is_not_written(void **unused) {
    state *s = state_open(here(), &problem);
    put(state_store(s, SLICE_LITERAL("s"), 0, &problem), "k", "v");
    commit(s);
    state_set_dropped(s);
    state_close(s);
    s = state_open(here(), &problem);
    check(state_store(s, SLICE_LITERAL("s"), 0, &problem), "k", NULL);
    state_close(s);
}

/* ---- many changes ---- */

enum { MANY = 120000 };

static slice many_key(char room[32], int i) {
    return slice_make(room, (size_t)snprintf(room, 32, "%012d", (int)(i * INT64_C(7919) % MANY)));
}

/* Of a commit `tag`; every third key is deleted by the second one. */
static void change_many(store *st, int tag) {
    char room[32], value[96];
    for (int i = 0; i < MANY; i++) {
        slice key = many_key(room, i);
        if (tag == 2 && i % 3 == 0)
            store_delete_unread(st, key);
        else
            store_put_unread(st, key,
                slice_make(value, (size_t)snprintf(value, sizeof value, "%d-%080d", tag, i)));
    }
}

static bool is_in_maps(const char *text) {
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    bool found = false;
    while (!found && fgets(line, sizeof line, maps))
        found = strstr(line, text) != NULL;
    fclose(maps);
    return found;
}

typedef struct many {
    int tag, entries;
} many;

static bool visit_many(void *context, slice key, slice value) {
    many *m = context;
    m->entries += value.data[0] == '0' + m->tag;
    return true;
}

static int count_many(state *s, int tag) {
    many m = {tag, 0};
    state_snapshot *snapshot = state_snapshot_open(s, &problem);
    assert_non_null(snapshot);
    state_snapshot_scan(snapshot, SLICE_LITERAL("s"), 0, ALL, visit_many, &m);
    state_snapshot_close(snapshot);
    return m.entries;
}

static bool is_third(void *context, slice key) {
    return key.data[key.length - 1] == '3';
}

/* Two commits of many changes, the first one flushed twice, as when a commit is tried again. */
static void commit_many(state *s) {
    store *st = state_store(s, SLICE_LITERAL("s"), 0, &problem);
    int changes = 0;
    change_many(st, 1);
    assert_true(state_flush(s, count_change, &changes, &problem));
    assert_true(state_flush(s, count_change, &changes, &problem));
    assert_int_equal(changes, MANY);
    assert_true(state_commit(s, &problem));
    assert_int_equal(count_many(s, 1), MANY);
    change_many(st, 3); /* is lost */
    state_rollback(s);
    change_many(st, 2);
    assert_int_equal(count_many(s, 1), MANY);
    commit(s);
    assert_int_equal(count_many(s, 1), 0);
    assert_int_equal(count_many(s, 2), MANY / 3 * 2);
    assert_in_range(store_count(st), MANY / 2, MANY / 4 * 3);
    change_many(st, 4);
    store_drop_unread(st, is_third, NULL);
    commit(s);
    assert_int_equal(count_many(s, 4), MANY / 10 * 9);
    check(st, "000000000003", NULL);
    assert_true(store_get(st, SLICE_LITERAL("000000000004")).data[0] == '4');
}

static void check_many_written(void) {
    state *s = state_open(here(), &problem);
    assert_int_equal(count_many(s, 4), MANY / 10 * 9);
    assert_int_equal(store_count(state_store(s, SLICE_LITERAL("s"), 0, &problem)), MANY / 10 * 9);
    state_close(s);
}

static void many_changes_stand_in_files_until_they_are_written(void **unused) {
    state *s = state_open(here(), &problem);
    commit_many(s);
    assert_true(is_in_maps("spill.tmp"));
    state_close(s);
    assert_false(is_in_maps("spill.tmp"));
    check_many_written();
}

static void many_changes_stay_in_memory_when_files_cannot_be_written(void **unused) {
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit old, small;
    getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 128 << 10;
    state *s = state_open(here(), &problem);
    setrlimit(RLIMIT_FSIZE, &small);
    commit_many(s);
    assert_false(is_in_maps("spill.tmp"));
    setrlimit(RLIMIT_FSIZE, &old);
    state_close(s);
    check_many_written();
}

/* ---- kill ---- */

static void commit_until_killed(void) {
    state *s = state_open(here(), &problem);
    store *st = state_store(s, SLICE_LITERAL("s"), 0, &problem);
    slice last = state_fact(s, SLICE_LITERAL("round"));
    int64_t round = 0;
    if (last.data)
        memcpy(&round, last.data, sizeof round);
    for (;;) {
        round++;
        fill(st, 0, 500, round);
        state_put_fact(s, SLICE_LITERAL("round"), slice_make((char *)&round, sizeof round));
        if (!state_flush(s, NULL, NULL, &problem) || !state_commit(s, &problem) ||
            !state_persist(s, &problem))
            _exit(1);
    }
}

static void a_killed_process_leaves_whole_commits(void **unused) {
    int64_t before = 0;
    for (int i = 0; i < 12; i++) {
        pid_t child = fork();
        if (child == 0)
            commit_until_killed();
        usleep(20000 + (unsigned)i * 7000);
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        assert_true(WIFSIGNALED(status));
        state *s = state_open(here(), &problem);
        assert_non_null(s);
        slice last = state_fact(s, SLICE_LITERAL("round"));
        if (last.data) {
            int64_t round;
            memcpy(&round, last.data, sizeof round);
            tally t = {0};
            state_snapshot *snapshot = state_snapshot_open(s, &problem);
            state_snapshot_scan(snapshot, SLICE_LITERAL("s"), 0, ALL, visit_tag, &t);
            state_snapshot_close(snapshot);
            assert_false(t.torn);
            assert_int_equal(t.entries, 500);
            assert_int_equal(t.tag, round);
            assert_true(round >= before);
            before = round;
        }
        state_close(s);
    }
    assert_true(before > 0);
}

int main(void) {
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)
    const struct CMUnitTest tests[] = {
        ON_DISK(it_works_on_disk_and_survives_reopening),
        ON_DISK(unread_changes_are_committed),
        ON_DISK(unread_changes_may_be_long),
        ON_DISK(unread_changes_are_flushed_early),
        ON_DISK(a_commit_is_prepared_while_more_is_changed),
        ON_DISK(many_keys_are_sorted),
        cmocka_unit_test(it_works_in_memory),
        ON_DISK(long_and_zero_keys_keep_their_order),
        ON_DISK(random_steps_equal_a_model),
        ON_DISK(keys_are_found_among_many_that_are_not_there),
        ON_DISK(a_cursor_lives_through_changes_and_commits),
        ON_DISK(a_large_map_leaves_memory_at_a_commit),
        ON_DISK(the_map_grows_while_snapshots_read),
        ON_DISK(snapshots_of_several_states_are_of_one_moment),
        cmocka_unit_test(snapshots_in_memory_see_whole_commits),
        ON_DISK(many_stores_find_room),
        ON_DISK(a_full_disk_leaves_the_committed_state),
        cmocka_unit_test(a_directory_that_cannot_be_made_is_an_error),
        ON_DISK(commits_that_were_not_written_can_be_applied_again),
        ON_DISK(commits_are_seen_before_and_while_they_are_written),
        ON_DISK(what_is_dropped_is_not_written),
        ON_DISK(many_changes_stand_in_files_until_they_are_written),
        ON_DISK(many_changes_stay_in_memory_when_files_cannot_be_written),
        ON_DISK(a_killed_process_leaves_whole_commits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
