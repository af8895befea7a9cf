/* An instance of its own with one session, and what its last statement gave: the answer, or the
 * rows as text, each ended by a line break. Included by one test each. */
#ifndef SLUICE_SESSION_FIXTURE_H
#define SLUICE_SESSION_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <unistd.h>

#include "base/clock.h"
#include "server/session.h"

typedef struct session_fixture {
    instance *instance;
    session *session;
    arena *arena;
    session_result result;
    error e;
    buffer header; /* of the last query, as text */
    buffer rows;
    query_end_kind end;
} session_fixture;

/* Of the options no_sync is set, and sources are read from their beginnings. */
static inline void session_fixture_open(session_fixture *f, instance_options options) {
    slice names[8] = {SLICE_LITERAL("auto.offset.reset")};
    slice values[8] = {SLICE_LITERAL("earliest")};
    int count = 1;
    for (; count <= options.property_count; count++) {
        assert_true(count < 8);
        names[count] = options.property_names[count - 1];
        values[count] = options.property_values[count - 1];
    }
    options.property_names = names;
    options.property_values = values;
    options.property_count = count;
    options.no_sync = true;
    *f = (session_fixture){.arena = arena_create()};
    f->instance = instance_open(&options, &f->e);
    if (!f->instance)
        fail_msg("%s", f->e.message);
    f->session = session_open(f->instance);
}

static inline void session_fixture_close(session_fixture *f) {
    session_close(f->session);
    instance_close(f->instance);
    arena_destroy(f->arena);
    buffer_free(&f->header);
    buffer_free(&f->rows);
}

static inline void session_fixture_keep_header(void *context, const query_header *header) {
    session_fixture *f = context;
    buffer_clear(&f->header);
    response_append_query_header(&f->header, header);
}

static inline bool session_fixture_keep_rows(
    void *context, const query_header *header, const batch *rows) {
    session_fixture *f = context;
    for (int64_t i = 0; i < rows->rows; i++) {
        response_append_row(&f->rows, header, rows, i);
        buffer_append_byte(&f->rows, '\n');
    }
    return true;
}

static inline void session_fixture_keep_end(void *context, query_end_kind kind, const error *e) {
    (void)e;
    ((session_fixture *)context)->end = kind;
}

/* One statement. SESSION_FAILED leaves the error in `f`. */
static inline session_outcome execute(session_fixture *f, const char *sql) {
    session_stream stream = {.context = f,
        .header = session_fixture_keep_header,
        .rows = session_fixture_keep_rows,
        .end = session_fixture_keep_end};
    size_t position = 0;
    buffer_clear(&f->rows);
    error_clear(&f->e);
    return session_next(f->session, slice_of(sql), &position, f->arena, &stream, &f->result, &f->e);
}

static inline void must_do(session_fixture *f, const char *sql) {
    if (execute(f, sql) == SESSION_FAILED)
        fail_msg("%s: %s", sql, f->e.message);
}

static inline void assert_rows(const session_fixture *f, const char *expected) {
    assert_int_equal(f->rows.length, strlen(expected));
    assert_memory_equal(f->rows.data, expected, f->rows.length);
}

static inline running_query *must_have(const session_fixture *f, const char *query_id) {
    running_query *query = engine_query(instance_engine(f->instance), slice_of(query_id));
    assert_non_null(query);
    return query;
}

static inline query_status status_of(const session_fixture *f, const char *query_id) {
    query_status status;
    query_read_status(must_have(f, query_id), &status);
    return status;
}

enum { SESSION_FIXTURE_WAIT_MS = 20000, SESSION_FIXTURE_STEP_US = 1000 };

/* Until it has processed so many rows, and made so many commits. */
static inline void wait_for_query(
    const session_fixture *f, const char *query_id, int64_t rows_in, int64_t commits) {
    int64_t deadline_ms = clock_monotonic_ms() + SESSION_FIXTURE_WAIT_MS;
    for (query_status s; s = status_of(f, query_id), s.rows_in < rows_in || s.commits < commits;) {
        if (clock_monotonic_ms() > deadline_ms)
            fail_msg("%d rows in, %d commits", (int)s.rows_in, (int)s.commits);
        usleep(SESSION_FIXTURE_STEP_US);
    }
}

/* Until the query has read, processed and committed all that its sources hold. */
static inline void drain(session_fixture *f, const char *query_id) {
    if (!query_drain(must_have(f, query_id), &f->e))
        fail_msg("%s: %s", query_id, f->e.message);
}

#endif
