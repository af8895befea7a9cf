/* Statements one by one; below each, what it gave is held against what the document says. The first
 * difference ends the test, unless the document is being rewritten. */
#include "shell/sql_test.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "parser/parser.h"
#include "server/json_out.h"
#include "shell/conformance_check.h"
#include "shell/remove_directory.h"
#include "shell/sql_test_state.h"

/* Not 0, which librdkafka takes for "now". */
enum { CLOCK_START_MS = 1000 };

static _Atomic int64_t now_ms;

int64_t sql_test_now_ms(void) {
    return now_ms;
}
void sql_test_set_now_ms(int64_t at_ms) {
    now_ms = at_ms;
}

static int64_t read_clock(void *context) {
    return now_ms;
}

bool sql_test_open_instance(sql_test_state *t) {
    static const slice names[] = {{"auto.offset.reset", 17}, {"cache.max.bytes.buffering", 25}};
    static const slice values[] = {{"earliest", 8}, {"0", 1}};
    instance_options options = t->options->instance;
    options.data_directory = slice_of(t->directory);
    options.service_id = arena_format(t->arena, "test_%d_", (int)getpid());
    options.no_sync = true;
    options.only_when_drained = true;
    options.property_names = names;
    options.property_values = values;
    options.property_count = 2;
    options.clock = (clock_source){read_clock, NULL};
    t->instance = instance_open(&options, &t->e);
    if (t->instance && !t->session)
        t->session = session_open(t->instance);
    if (t->session)
        session_allow_scripts(t->session);
    return t->instance != NULL;
}

void sql_test_close_instance(sql_test_state *t) {
    sql_test_close_queries(t);
    instance_close(t->instance);
    t->instance = NULL;
}

/* ---- comparing ---- */

static bool same_line(arena *a, slice actual, slice expected) {
    error ignored = {0};
    if (slice_equal(actual, expected))
        return true;
    const json_node *x = json_tree_read(a, actual, &ignored);
    const json_node *y = json_tree_read(a, expected, &ignored);
    return x && y && conformance_same(x, y);
}

static slice *split_lines(arena *a, slice text, int *count) {
    int lines = 0;
    for (size_t i = 0; i < text.length; i++)
        lines += text.data[i] == '\n';
    slice *found = ARENA_ARRAY(a, slice, lines + 1);
    *count = 0;
    for (size_t at = 0, i = 0; i < text.length; i++)
        if (text.data[i] == '\n') {
            slice line = slice_trim(slice_make(text.data + at, i - at));
            if (line.length)
                found[(*count)++] = line;
            at = i + 1;
        }
    return found;
}

/* The first of the lines that no expected row has taken, for an error. */
static void tell_what_is_there(sql_test_state *t, const slice *actual, int count) {
    int at = 0;
    while (at < count && !actual[at].data)
        at++;
    if (at < count)
        error_hint(&t->e, "There is: %.*s", SLICE_ARG(actual[at]));
}

static bool same_lines(sql_test_state *t, const sql_expectation *expected) {
    int count, matched = 0;
    slice *actual = split_lines(t->arena, buffer_slice(&t->lines), &count);
    for (int i = 0; i < expected->row_count; i++) {
        int at = t->any_order ? 0 : matched;
        while (t->any_order && at < count &&
               !(actual[at].data && same_line(t->arena, actual[at], expected->rows[i])))
            at++;
        if (at >= count) {
            error_set(
                &t->e, ERROR_DATA, "There is no such row: %.*s", SLICE_ARG(expected->rows[i]));
            tell_what_is_there(t, actual, count);
            return false;
        }
        if (!t->any_order && !same_line(t->arena, actual[at], expected->rows[i]))
            return error_set(&t->e, ERROR_DATA, "Row %d should be %.*s, but it is %.*s", i + 1,
                SLICE_ARG(expected->rows[i]), SLICE_ARG(actual[at]));
        actual[at] = (slice){NULL, 0};
        matched++;
    }
    for (int i = 0; i < count; i++)
        if (actual[i].data)
            return error_set(&t->e, ERROR_DATA, "There is a row that is not expected: %.*s",
                SLICE_ARG(actual[i]));
    return true;
}

static bool contains(slice text, slice part) {
    return !part.length || memmem(text.data, text.length, part.data, part.length) != NULL;
}

static slice rendered_error(sql_test_state *t) {
    buffer text = {0};
    error_render(&t->e, t->failed_text, &text);
    slice copy = arena_copy(t->arena, slice_trim(buffer_slice(&text)));
    buffer_free(&text);
    return copy;
}

/* ---- rewriting ---- */

static void append_marked(buffer *out, const char *mark, slice text) {
    size_t start = 0;
    for (size_t i = 0; i <= text.length; i++) {
        if (i < text.length && text.data[i] != '\n')
            continue;
        if (i > start)
            buffer_format(out, "%s %.*s\n", mark, (int)(i - start), text.data + start);
        start = i + 1;
    }
}

static int compare_lines(const void *a, const void *b) {
    return slice_compare(*(const slice *)a, *(const slice *)b);
}

static void rewrite(sql_test_state *t, buffer *body, const sql_expectation *expected, bool failed) {
    if (failed && !t->test->expected_error.data) {
        append_marked(body, "--!", slice_of(t->e.message));
        return;
    }
    if (!t->gives_lines && !expected->has_rows)
        return;
    int count;
    slice *lines = split_lines(t->arena, buffer_slice(&t->lines), &count);
    if (t->any_order && count)
        qsort(lines, (size_t)count, sizeof *lines, compare_lines);
    for (int i = 0; i < count; i++)
        append_marked(body, "-->", lines[i]);
    if (!count)
        buffer_append_text(body, "-->\n");
}

/* ---- running ---- */

/* Whether what the statement did is what stands below it. A document that is being rewritten gets
 * the rows of statements that give some, also where nothing stands yet. */
static bool judge(sql_test_state *t, const sql_expectation *expected, bool ok) {
    if (!expected->error.data && ok && t->options->rewrite && t->gives_lines && !expected->has_rows)
        return false;
    if (!expected->error.data)
        return ok && (!expected->has_rows || same_lines(t, expected));
    if (ok)
        return error_set(
            &t->e, ERROR_DATA, "The statement should fail: %.*s", SLICE_ARG(expected->error));
    if (!contains(rendered_error(t), expected->error)) {
        slice actual = arena_copy(t->arena, slice_of(t->e.message));
        error_clear(&t->e);
        return error_set(&t->e, ERROR_DATA, "The error should say \"%.*s\", but it says \"%.*s\"",
            SLICE_ARG(expected->error), SLICE_ARG(actual));
    }
    error_clear(&t->e);
    return true;
}

static bool run_body(sql_test_state *t, buffer *rewritten, size_t *failed_at) {
    slice body = t->test->body;
    size_t position = 0, copied = 0;
    bool ok = true;
    while (ok) {
        parser_piece piece = parser_split(body, position);
        if (piece.end == PARSER_PIECE_EMPTY)
            break;
        position = piece.end == PARSER_PIECE_INCOMPLETE ? body.length : piece.next;
        sql_expectation expected = sql_document_expectation(t->arena, body, position);
        buffer_clear(&t->lines);
        t->gives_lines = t->any_order = t->assertion = t->rows_wait = false;
        *failed_at = (size_t)(piece.text.data - body.data);
        ok = sql_test_statement(t, piece.text);
        if (ok && t->rows_wait && expected.has_rows)
            ok = sql_test_take_rows(t);
        bool failed = !ok;
        error actual = t->e;
        ok = judge(t, &expected, ok);
        if (ok || !t->options->rewrite)
            continue; /* what is as expected stays as it is written */
        t->e = actual;
        buffer_append_bytes(rewritten, body.data + copied, expected.start - copied);
        rewrite(t, rewritten, &expected, failed);
        copied = expected.end;
        if (!failed || !t->test->expected_error.data) {
            error_clear(&t->e);
            ok = true;
        }
    }
    buffer_append_bytes(rewritten, body.data + copied, body.length - copied);
    return ok;
}

/* A test that must fail has to, somewhere. The words are compared when they are ours: those of
 * other engines are recognized by the error's kind, which is a class of Java. */
static bool fails_as_expected(sql_test_state *t) {
    slice kind = t->test->expected_error;
    bool foreign = kind.length && memchr(kind.data, '.', kind.length);
    return foreign || contains(rendered_error(t), t->test->expected_message);
}

static void append_failure(sql_test_state *t, size_t failed_at, buffer *result) {
    buffer why = {0};
    int line = t->test->line + sql_document_line(t->test->body, failed_at);
    buffer_format(&why, "line %d: ", line);
    error_render(&t->e, t->failed_text, &why);
    json_text_member(result, "why", slice_trim(buffer_slice(&why)));
    buffer_free(&why);
}

/* On a Kafka that others use too, a test leaves no topics behind: those that were not there before
 * go. */
static topic_info *list_topics(sql_test_state *t, int *count) {
    topic_info *topics = NULL;
    error ignored = {0};
    *count = 0;
    if (t->instance && topic_system_is_kafka(instance_topics(t->instance)))
        topic_list(instance_topics(t->instance), t->arena, &topics, count, &ignored);
    return topics;
}

static void delete_new_topics(sql_test_state *t, const topic_info *before, int before_count) {
    int count;
    size_t position = 0;
    session_result result;
    error ignored = {0};
    topic_info *after = list_topics(t, &count);
    if (count)
        session_next(t->session, SLICE_LITERAL("TERMINATE ALL;"), &position, t->arena, NULL,
            &result, &ignored);
    for (int i = 0; i < count; i++) {
        int at = 0;
        while (at < before_count && !slice_equal(before[at].name, after[i].name))
            at++;
        error_clear(&ignored);
        if (at == before_count && !slice_starts_with(after[i].name, SLICE_LITERAL("__")))
            topic_delete(instance_topics(t->instance), after[i].name, &ignored);
    }
}

void sql_test_run(const sql_test *test, const sql_test_options *options, buffer *result) {
    char directory[] = "/tmp/sluice-test-XXXXXX";
    sql_test_state t = {.test = test, .options = options, .arena = arena_create()};
    buffer rewritten = {0};
    size_t failed_at = 0;
    bool ok = mkdtemp(directory) || error_set(&t.e, ERROR_IO, "Cannot make a directory under /tmp");
    t.directory = directory;
    now_ms = CLOCK_START_MS;
    int topic_count = 0;
    ok = ok && sql_test_open_instance(&t);
    const topic_info *topics = list_topics(&t, &topic_count);
    ok = ok && run_body(&t, &rewritten, &failed_at);
    bool passed = ok;
    if (test->expected_error.data && ok)
        passed = error_set(&t.e, ERROR_DATA, "The test should fail, but every statement succeeded");
    else if (test->expected_error.data)
        passed = fails_as_expected(&t);
    json_open(result, '{');
    json_boolean_member(result, "passed", passed);
    if (!passed)
        append_failure(&t, failed_at, result);
    if (options->rewrite)
        json_text_member(result, "body", buffer_slice(&rewritten));
    json_shut(result, '}');
    buffer_free(&rewritten);
    if (t.instance)
        delete_new_topics(&t, topics, topic_count);
    session_close(t.session);
    sql_test_close_instance(&t);
    remove_directory(directory);
    buffer_free(&t.lines);
    arena_destroy(t.arena);
}
