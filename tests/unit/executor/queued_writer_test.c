/* A writer with a queue keeps the contract of topics, and lets who appends go on: while records are
 * written, and while they are committed. What that needs is shown with a writer that stands still
 * until it is told to go on. */
#include "topic_contract.h"

#include <stdatomic.h>
#include <sys/stat.h>

#include "executor/topic/queued_writer.h"
#include "executor/topic/topic_functions.h"
#include "tests/unit/temporary_directory.h"

enum { ROOM_BYTES = 1 << 20 };

/* ---- over the embedded log ---- */

static char directory[TEMPORARY_DIRECTORY_BYTES];
static const topic_functions *log_functions;
static topic_functions queued_functions; /* the log's, but for writers, which have a queue */

static topic_writer *open_queued(topic_system *system, slice transactional_id, error *e) {
    topic_writer *inner = log_functions->writer_open(system, transactional_id, e);
    if (!inner)
        return NULL;
    topic_writer *writer = queued_writer_open(inner, NULL, NULL);
    queued_writer_set_room(writer, ROOM_BYTES);
    return writer;
}

static int set_up(void **state) {
    error e = {0};
    temporary_directory_make(directory, "queued-writer");
    contract.prefix = "t";
    contract.names = arena_create();
    contract.is_told_later = true;
    contract.system = embedded_log_open(slice_of(directory), false, &e);
    if (!contract.system)
        fail_msg("open: %s", e.message);
    log_functions = contract.system->functions;
    queued_functions = *log_functions;
    queued_functions.writer_open = open_queued;
    queued_functions.writer_connect = NULL;
    contract.system->functions = &queued_functions;
    return 0;
}

static int tear_down(void **state) {
    topic_system_close(contract.system);
    arena_destroy(contract.names);
    temporary_directory_remove(directory);
    return 0;
}

/* ---- over a writer that stands still ---- */

/* What it was given is a text: "a1 a2 [commit] b1 ...", each record by its value. */
typedef struct held_writer {
    topic_writer writer;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int steps;   /* calls that may go on; who comes without one waits */
    int waiting; /* callers that do */
    bool fails;
    char text[4096];
    int64_t ends;
    atomic_int commits_told;
} held_writer;

static void take_step(held_writer *w, const char *what, size_t length) {
    pthread_mutex_lock(&w->lock);
    w->waiting++;
    pthread_cond_broadcast(&w->changed);
    while (!w->steps)
        pthread_cond_wait(&w->changed, &w->lock);
    w->steps--;
    w->waiting--;
    size_t at = strlen(w->text);
    snprintf(w->text + at, sizeof w->text - at, "%s%.*s", at ? " " : "", (int)length, what);
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static void allow(held_writer *w, int steps) {
    pthread_mutex_lock(&w->lock);
    w->steps += steps;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static void wait_until_held(held_writer *w) {
    pthread_mutex_lock(&w->lock);
    while (!w->waiting || w->steps)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

static const char *text_of(held_writer *w) {
    static char copy[sizeof w->text];
    pthread_mutex_lock(&w->lock);
    memcpy(copy, w->text, sizeof copy);
    pthread_mutex_unlock(&w->lock);
    return copy;
}

static bool held_append_batch(
    topic_writer *writer, slice topic, const topic_record *records, int64_t count, error *e) {
    held_writer *w = (held_writer *)writer;
    (void)topic;
    for (int64_t i = 0; i < count; i++)
        take_step(
            w, records[i].value.data, records[i].value.length < 16 ? records[i].value.length : 2);
    w->ends += count;
    return !w->fails || error_set(e, ERROR_IO, "the disk is gone");
}

static bool held_commit(topic_writer *writer, topic_reader *group_reader,
    const topic_position *positions, int count, error *e) {
    char text[64];
    (void)group_reader, (void)e;
    snprintf(text, sizeof text, "[commit %lld]", count ? (long long)positions[0].offset : 0LL);
    take_step((held_writer *)writer, text, strlen(text));
    return true;
}

static int64_t held_end_offset(topic_writer *writer, slice topic, int32_t partition) {
    (void)topic, (void)partition;
    return ((held_writer *)writer)->ends;
}

static void held_close(topic_writer *writer) {
    (void)writer;
}

static const topic_functions HELD = {.writer_close = held_close,
    .writer_append_batch = held_append_batch,
    .writer_commit = held_commit,
    .writer_end_offset = held_end_offset};

static void note_commit(void *context) {
    ((held_writer *)context)->commits_told++;
}

typedef struct fixture {
    held_writer held;
    topic_writer *queued;
} fixture;

static fixture *new_fixture(int steps) {
    fixture *f = MEMORY_NEW(fixture);
    f->held.writer.functions = &HELD;
    f->held.steps = steps;
    pthread_mutex_init(&f->held.lock, NULL);
    pthread_cond_init(&f->held.changed, NULL);
    f->queued = queued_writer_open(&f->held.writer, note_commit, &f->held);
    return f;
}

static void end_fixture(fixture *f) {
    topic_writer_close(f->queued);
    pthread_mutex_destroy(&f->held.lock);
    pthread_cond_destroy(&f->held.changed);
    memory_free(f);
}

static const slice TOPIC = SLICE_LITERAL("t");

static void begin_commit(fixture *f, int64_t offset) {
    topic_position position = {SLICE_LITERAL("in"), 0, offset};
    queued_writer_begin_commit(f->queued, NULL, &position, 1, TOPIC, 1);
}

/* Appending waits for nobody, and neither does the beginning of a commit. */
static void test_the_next_transaction_is_filled_while_one_is_committed(void **state) {
    error e = {0};
    fixture *f = new_fixture(2);
    queued_writer_set_room(f->queued, ROOM_BYTES);
    append(f->queued, TOPIC, 0, "k", "a1", 1);
    append(f->queued, TOPIC, 0, "k", "a2", 1);
    begin_commit(f, 7);
    append(f->queued, TOPIC, 0, "k", "b1", 1);
    assert_true(topic_writer_pending_bytes(f->queued) > 0); /* of the second one */
    wait_until_held(&f->held);
    assert_good(queued_writer_end_commit(f->queued, false, &e), &e);
    assert_true(queued_writer_is_committing(f->queued));
    assert_string_equal(text_of(&f->held), "a1 a2");
    allow(&f->held, 1);
    assert_good(queued_writer_end_commit(f->queued, true, &e), &e);
    assert_false(queued_writer_is_committing(f->queued));
    assert_string_equal(text_of(&f->held), "a1 a2 [commit 7]");
    assert_int_equal(topic_writer_end_offset(f->queued, TOPIC, 0), 2);
    allow(&f->held, 2);
    begin_commit(f, 8);
    assert_good(queued_writer_end_commit(f->queued, true, &e), &e);
    assert_string_equal(text_of(&f->held), "a1 a2 [commit 7] b1 [commit 8]");
    assert_int_equal(topic_writer_end_offset(f->queued, TOPIC, 0), 3);
    end_fixture(f);
}

static void test_the_end_of_a_commit_is_told(void **state) {
    error e = {0};
    fixture *f = new_fixture(1);
    begin_commit(f, 1);
    assert_good(queued_writer_end_commit(f->queued, true, &e), &e);
    topic_writer_close(f->queued); /* its thread has ended then */
    assert_int_equal(f->held.commits_told, 1);
    f->queued = NULL;
    end_fixture(f);
}

enum { MANY = 2000 };

typedef struct appending {
    fixture *f;
    atomic_int appended;
    int most_ahead; /* of the writer inside */
} appending;

static void *append_much(void *context) {
    appending *a = context;
    char value[1024];
    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = 0;
    for (int i = 0; i < MANY; i++) {
        append(a->f->queued, TOPIC, 0, "k", value, 1);
        a->appended++;
    }
    begin_commit(a->f, 1);
    return NULL;
}

/* A thousand bytes each, and room for three hundred of them, a block that is filled and one that is
 * written. */
static void test_appending_waits_when_the_queue_is_full(void **state) {
    error e = {0};
    fixture *f = new_fixture(0);
    queued_writer_set_room(f->queued, 300 * 1024);
    appending a = {.f = f};
    pthread_t thread;
    pthread_create(&thread, NULL, append_much, &a);
    for (int step = 0; step <= MANY; step++) { /* each record, and the commit */
        wait_until_held(&f->held);
        int ahead = a.appended - step;
        a.most_ahead = ahead > a.most_ahead ? ahead : a.most_ahead;
        allow(&f->held, 1);
    }
    pthread_join(thread, NULL);
    assert_good(queued_writer_end_commit(f->queued, true, &e), &e);
    assert_int_equal(a.appended, MANY);
    assert_in_range(a.most_ahead, 100, 700);
    end_fixture(f);
}

/* Without room there is a queue only while something is committed. */
static void test_without_room_records_are_given_on_at_once(void **state) {
    error e = {0};
    fixture *f = new_fixture(3);
    append(f->queued, TOPIC, 0, "k", "a1", 1);
    assert_string_equal(text_of(&f->held), "a1");
    begin_commit(f, 1);
    assert_good(queued_writer_end_commit(f->queued, true, &e), &e);
    append(f->queued, TOPIC, 0, "k", "b1", 1);
    assert_string_equal(text_of(&f->held), "a1 [commit 1] b1");
    begin_commit(f, 2);
    wait_until_held(&f->held);
    append(f->queued, TOPIC, 0, "k", "c1", 1);
    append(f->queued, TOPIC, 0, "k", "c2", 1);
    assert_string_equal(text_of(&f->held), "a1 [commit 1] b1");
    allow(&f->held, 1);
    assert_good(queued_writer_end_commit(f->queued, true, &e), &e);
    allow(&f->held, 3);
    append(f->queued, TOPIC, 0, "k", "c3", 1);
    assert_string_equal(text_of(&f->held), "a1 [commit 1] b1 [commit 2] c1 c2 c3");
    end_fixture(f);
}

static void test_a_failure_is_told_by_the_commit_and_from_then_on(void **state) {
    error e = {0};
    fixture *f = new_fixture(1);
    queued_writer_set_room(f->queued, ROOM_BYTES);
    f->held.fails = true;
    append(f->queued, TOPIC, 0, "k", "a1", 1);
    begin_commit(f, 1);
    assert_false(queued_writer_end_commit(f->queued, true, &e));
    assert_string_equal(e.message, "the disk is gone");
    assert_string_equal(text_of(&f->held), "a1"); /* and no commit */
    topic_record record = {.value = SLICE_LITERAL("b1")};
    error_clear(&e);
    assert_false(topic_writer_append(f->queued, TOPIC, &record, &e));
    assert_string_equal(e.message, "the disk is gone");
    begin_commit(f, 2);
    assert_false(queued_writer_end_commit(f->queued, true, &e));
    end_fixture(f);
}

/* What is in the queue is forgotten; what is being written is finished. */
static void test_closing_with_a_full_queue(void **state) {
    fixture *f = new_fixture(0);
    queued_writer_set_room(f->queued, ROOM_BYTES);
    for (int i = 0; i < 10; i++)
        append(f->queued, TOPIC, 0, "k", "a1", 1);
    begin_commit(f, 1);
    wait_until_held(&f->held);
    allow(&f->held, 11); /* the commit may be begun, or forgotten */
    topic_writer_close(f->queued);
    assert_int_equal(strncmp(text_of(&f->held), "a1 a1", 5), 0);
    f->queued = NULL;
    end_fixture(f);
}

int main(void) {
    const struct CMUnitTest contract_tests[] = {CONTRACT_TESTS};
    const struct CMUnitTest queue_tests[] = {
        cmocka_unit_test(test_the_next_transaction_is_filled_while_one_is_committed),
        cmocka_unit_test(test_the_end_of_a_commit_is_told),
        cmocka_unit_test(test_appending_waits_when_the_queue_is_full),
        cmocka_unit_test(test_without_room_records_are_given_on_at_once),
        cmocka_unit_test(test_a_failure_is_told_by_the_commit_and_from_then_on),
        cmocka_unit_test(test_closing_with_a_full_queue),
    };
    int failed = cmocka_run_group_tests_name(
        "the contract of topics, writers with a queue", contract_tests, set_up, tear_down);
    return failed + cmocka_run_group_tests_name("a writer with a queue", queue_tests, NULL, NULL);
}
