/* sluice run: a file of SQL on an engine in this process.
 *
 * With --to-end every query processes what its sources hold, in the order of creation, so that what
 * one writes the next one reads; then everything is committed. Statements that only add queries
 * over topics that no query writes need nothing of those before them: such queries begin together,
 * and what they have in common is read once. Rows of SELECT go to standard output as JSON arrays,
 * one a line; everything else goes to standard error. */
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "parser/parser.h"
#include "server/session.h"
#include "shell/commands.h"

static const char help[] = "usage: sluice run [OPTIONS] FILE.sql ...\n"
                           "\n"
                           "Runs the statements of the files on an engine in this process, and its "
                           "queries until interrupted.\n"
                           "\n"
                           "  --to-end                  process every source up to the end it has "
                           "now, commit, print what was\n"
                           "                            done, and exit\n"
                           "  --dialect ksql|flink      how the files are read, until they say SET "
                           "'sluice.sql.dialect'\n"
                           "  --quiet                   print rows and errors only\n";

typedef struct run_options {
    bool to_end, quiet;
    const char *dialect; /* NULL: the system's */
} run_options;

enum { WAKE_MS = 100, FINISH_MS = 10 };

static atomic_bool interrupted; /* any thread may be the one that takes the signal */

static void on_signal(int number) {
    (void)number;
    interrupted = true;
}

static void print_error(const error *e, slice statement) {
    buffer text = {0};
    error_render(e, statement, &text);
    fprintf(stderr, "sluice: %.*s\n", SLICE_ARG(buffer_slice(&text)));
    buffer_free(&text);
}

/* ---- rows of SELECT ---- */

static bool print_rows(void *context, const query_header *header, const batch *rows) {
    buffer line = {0};
    (void)context;
    for (int64_t i = 0; i < rows->rows; i++) {
        buffer_clear(&line);
        response_append_row(&line, header, rows, i);
        buffer_append_byte(&line, '\n');
        fwrite(line.data, 1, line.length, stdout);
    }
    buffer_free(&line);
    fflush(stdout);
    return !interrupted;
}

static bool print_line(void *context, slice line) {
    (void)context;
    printf("%.*s\n", SLICE_ARG(line));
    fflush(stdout);
    return !interrupted;
}

static void ignore_header(void *context, const query_header *header) {
    (void)context;
    (void)header;
}

static void print_end(void *context, query_end_kind kind, const error *e) {
    (void)context;
    if (kind == QUERY_END_FAILED)
        fprintf(stderr, "sluice: %s\n", e->message);
}

static const session_stream row_printer = {
    .header = ignore_header, .rows = print_rows, .line = print_line, .end = print_end};

/* ---- to the end ---- */

enum { QUERIES_MOST = 1024 };

typedef struct query_list {
    engine *engine;
    running_query *queries[QUERIES_MOST];
    int count;
} query_list;

static void list_query(void *context, const query_descriptor *query, const query_status *status) {
    query_list *list = context;
    running_query *running = engine_query(list->engine, query->id);
    if (running && status->state != QUERY_PAUSED && list->count < QUERIES_MOST)
        list->queries[list->count++] = running;
}

/* Reading is held between statements, and goes on here. */
static bool drain_all(instance *i) {
    query_list list = {.engine = instance_engine(i)};
    bool ok = true;
    engine_hold_reading(list.engine, false);
    instance_visit_queries(i, list_query, &list);
    for (int n = 0; n < list.count && !interrupted; n++) {
        error e = {0};
        if (!query_drain(list.queries[n], &e)) {
            print_error(&e, (slice){NULL, 0});
            ok = false;
        }
    }
    engine_hold_reading(list.engine, true);
    return ok;
}

/* Whether a running query writes the topic of that source. */
static bool is_written(const catalog *c, slice name) {
    const source_descriptor *source = catalog_source(c, name);
    int count;
    const query_descriptor *const *queries = catalog_queries(c, &count);
    for (int n = 0; source && n < count; n++) {
        const source_descriptor *sink = catalog_source(c, queries[n]->sink);
        if (sink && slice_equal(sink->topic, source->topic))
            return true;
    }
    return false;
}

static bool reads_written(const catalog *c, const ast_query *query) {
    bool reads = is_written(c, query->from.name.text);
    for (int n = 0; n < query->joins.count; n++)
        reads |= is_written(c, query->joins.items[n].right.name.text);
    return reads;
}

/* Whether what the queries so far have made matters to the next statement. */
static bool needs_results(instance *i, slice sql, size_t position) {
    parser_piece piece = parser_split(sql, position);
    arena *a = arena_create();
    error e = {0};
    ast_statement *s =
        piece.end == PARSER_PIECE_EMPTY ? NULL : parser_parse_statement(a, piece.text, &e);
    bool needs = true;
    catalog *c = instance_catalog(i);
    catalog_read_lock(c);
    switch (s ? s->kind : AST_STATEMENT_QUERY) {
    case AST_STATEMENT_CREATE_SOURCE:
        needs = s->create_source.or_replace;
        break;
    case AST_STATEMENT_CREATE_AS:
        needs = s->create_as.or_replace || reads_written(c, s->create_as.query);
        break;
    case AST_STATEMENT_INSERT_SELECT:
        needs =
            is_written(c, s->insert_select.target.text) || reads_written(c, s->insert_select.query);
        break;
    case AST_STATEMENT_CREATE_TYPE:
    case AST_STATEMENT_SET:
    case AST_STATEMENT_UNSET:
    case AST_STATEMENT_DEFINE:
    case AST_STATEMENT_UNDEFINE:
        needs = false;
        break;
    default:
        break;
    }
    catalog_unlock(c);
    arena_destroy(a);
    return needs;
}

typedef struct running_count {
    int running, failed, all;
    bool complains;
} running_count;

static void count_running(
    void *context, const query_descriptor *query, const query_status *status) {
    running_count *count = context;
    count->all++;
    count->running += status->state == QUERY_RUNNING || status->state == QUERY_PAUSED;
    if (status->state != QUERY_ERROR)
        return;
    count->failed++;
    if (count->complains)
        fprintf(stderr, "sluice: %.*s failed: %s\n", SLICE_ARG(query->id), status->error_message);
}

/* Bounded INSERTs of the Flink dialect come to their end; ksqlDB's queries never do. */
static bool all_have_ended(instance *i, bool is_flink, bool *ok) {
    running_count count = {0};
    instance_visit_queries(i, count_running, &count);
    if (count.running || (!is_flink && !count.all) || (count.failed && !is_flink))
        return false;
    *ok = count.failed == 0;
    count.complains = true;
    if (!*ok)
        instance_visit_queries(i, count_running, &count);
    return true;
}

static void report_all(instance *i, int64_t began_ms) {
    query_list list = {.engine = instance_engine(i)};
    instance_visit_queries(i, list_query, &list);
    for (int n = 0; n < list.count; n++) {
        query_status status;
        query_read_status(list.queries[n], &status);
        fprintf(stderr, "%.*s: %lld records in, %lld out, %lld late, %lld failed\n",
            SLICE_ARG(query_plan(list.queries[n])->query_id), (long long)status.rows_in,
            (long long)status.rows_out, (long long)status.rows_late, (long long)status.rows_failed);
    }
    fprintf(stderr, "done in %.3f s\n", (double)(clock_monotonic_ms() - began_ms) / 1000);
}

/* ---- statements ---- */

/* A push query in the file: to its end or until interrupted. */
static bool finish_push_query(active_query *q, const run_options *options, error *e) {
    bool ok = true;
    if (options->to_end) {
        ok = active_query_catch_up(q, e);
    } else {
        while (!interrupted && !active_query_wait(q, WAKE_MS))
            ;
    }
    active_query_close(q);
    return ok;
}

/* With --to-end a statement sees all that the queries before it have made of their sources. */
static bool run_text(instance *i, session *s, slice sql, const run_options *options) {
    size_t position = 0;
    bool ok = true;
    while (ok && !interrupted &&
           (!options->to_end || !needs_results(i, sql, position) || drain_all(i))) {
        arena *a = arena_create();
        session_result result = {0};
        error e = {0};
        session_outcome outcome = session_next(s, sql, &position, a, &row_printer, &result, &e);
        if (outcome == SESSION_FAILED) {
            print_error(&e, result.statement);
            ok = false;
        } else if (outcome == SESSION_QUERY && result.query) {
            ok = finish_push_query(result.query, options, &e);
            if (!ok)
                print_error(&e, result.statement);
        } else if (outcome == SESSION_DONE && result.answer.message.data && !options->quiet) {
            fprintf(stderr, "%.*s\n", SLICE_ARG(result.answer.message));
        }
        arena_destroy(a);
        if (outcome == SESSION_END)
            break;
    }
    return ok;
}

static bool run_files(instance *i, char **files, int count, const run_options *options) {
    session *s = session_open(i);
    session_allow_scripts(s);
    arena *a = arena_create();
    int64_t began_ms = clock_monotonic_ms();
    error e = {0};
    slice text;
    bool ok =
        session_set_property(s, SLICE_LITERAL("auto.offset.reset"), SLICE_LITERAL("earliest"), &e);
    if (options->to_end)
        engine_hold_reading(instance_engine(i), true);
    if (ok && options->dialect)
        ok = session_set_property(
            s, SLICE_LITERAL("sluice.sql.dialect"), slice_of(options->dialect), &e);
    if (!ok)
        print_error(&e, (slice){NULL, 0});
    for (int n = 0; n < count && ok && !interrupted; n++)
        ok = read_file_or_complain(a, files[n], &text) && run_text(i, s, text, options);
    if (ok && options->to_end)
        ok = drain_all(i);
    if (ok && options->to_end && !options->quiet)
        report_all(i, began_ms);
    bool is_flink =
        slice_is_ignore_case(session_property(s, SLICE_LITERAL("sluice.sql.dialect")), "flink");
    while (ok && !options->to_end && !interrupted && !all_have_ended(i, is_flink, &ok))
        poll(NULL, 0, FINISH_MS);
    arena_destroy(a);
    session_close(s);
    return ok;
}

int run_command(int argc, char **argv) {
    run_options options = {0};
    instance_arguments arguments = {.arena = arena_create()};
    int index = 1, status = 2;
    while (index < argc && argv[index][0] == '-' && argv[index][1]) {
        int taken = instance_option(&arguments, argc, argv, &index);
        if (taken < 0)
            goto out;
        if (taken)
            continue;
        if (strcmp(argv[index], "--help") == 0) {
            printf("%s%s", help, INSTANCE_OPTIONS_HELP);
            status = 0;
            goto out;
        }
        if (strcmp(argv[index], "--to-end") == 0) {
            options.to_end = true;
        } else if (strcmp(argv[index], "--dialect") == 0 && index + 1 < argc) {
            options.dialect = argv[++index];
        } else if (strcmp(argv[index], "--quiet") == 0) {
            options.quiet = true;
        } else {
            fprintf(stderr, "sluice run: unknown option '%s'\n", argv[index]);
            goto out;
        }
        index++;
    }
    if (index == argc) {
        fprintf(stderr, "%s%s", help, INSTANCE_OPTIONS_HELP);
        goto out;
    }
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    error e = {0};
    instance *i = instance_open(&arguments.options, &e);
    if (!i) {
        print_error(&e, (slice){NULL, 0});
        status = 1;
        goto out;
    }
    status = run_files(i, argv + index, argc - index, &options) ? 0 : 1;
    instance_close(i);
out:
    arena_destroy(arguments.arena);
    return status;
}
