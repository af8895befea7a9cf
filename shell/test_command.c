/* sluice test: test documents, each run on engines of its own in child processes.
 *
 * A .json file holds cases with statements, records and what must come of them
 * (conformance_case.h); with
 * --actual what really happened is written to a file, for a scorer. A .sql file is a script of
 * tests (sql_test.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "server/json_out.h"
#include "shell/commands.h"
#include "shell/conformance_case.h"
#include "shell/conformance_check.h"
#include "shell/sql_test.h"
#include "shell/test_pool.h"
#include "shell/three_file_test.h"

static const char help[] =
    "usage: sluice test [OPTIONS] FILE...\n"
    "       sluice test -s STATEMENTS.sql [-i INPUT.json] -o OUTPUT.json\n"
    "\n"
    "Runs test documents: .sql scripts of tests, and .json files of cases. Exits with 1 when one "
    "fails.\n"
    "\n"
    "  --actual OUT.jsonl        write what each case of the .json files really did, one object a "
    "line\n"
    "  -s, --sql-file FILE       with -i (--input-file) and -o (--output-file): the statements, "
    "the records\n"
    "                            for their topics and the records that must come out, in three "
    "files\n"
    "  --rewrite                 write what happens into the .sql files as what is expected\n"
    "  --kafka HOST:PORT         run the .sql files on this Kafka instead of the embedded log\n"
    "  --extension PATH          a library of functions for all tests, or a directory of them\n"
    "  --match TEXT              run only tests whose name contains TEXT\n"
    "  --jobs N                  run N at a time (default 2)\n"
    "  --limit SECONDS           give up on a test after that time (default 30)\n"
    "  --verbose                 show what the engine logs\n";

typedef struct test_options {
    const char *actual_path, *match, *kafka, *extension;
    const char *sql_path, *input_path, *output_path; /* the three-file form */
    int jobs;
    int64_t limit_ms;
    bool verbose, rewrite;
} test_options;

typedef struct test_run {
    const test_options *options;
    FILE *actual;
    int passed, failed, crashed;
} test_run;

/* ---- JSON cases ---- */

typedef struct case_item {
    const json_node *test;
    slice file;
} case_item;

static void run_case(void *item, buffer *result) {
    case_item *c = item;
    conformance_case_run(c->test, c->file, result);
}

static void append_crash(buffer *line, const case_item *item, const char *crash) {
    json_open(line, '{');
    json_text_member(line, "file", item->file);
    json_text_member(line, "name", json_tree_string(item->test, "name"));
    json_text_member(line, "outcome", SLICE_LITERAL("crashed"));
    json_text_member(line, "error", slice_of(crash));
    json_shut(line, '}');
}

static void case_done(void *context, void *item, slice result, const char *crash) {
    test_run *run = context;
    case_item *c = item;
    buffer line = {0}, why = {0};
    if (crash)
        append_crash(&line, c, crash);
    else
        buffer_append(&line, result);
    bool passed = conformance_check(c->test, buffer_slice(&line), &why);
    run->passed += passed;
    run->failed += !passed;
    run->crashed += crash != NULL;
    if (!passed)
        printf("FAILED %.*s / %.*s: %.*s\n", SLICE_ARG(c->file),
            SLICE_ARG(json_tree_string(c->test, "name")), SLICE_ARG(buffer_slice(&why)));
    if (run->actual) {
        /* Values are handed on as they were written; line ends in JSON mean nothing. */
        for (size_t i = 0; i < line.length; i++)
            if (line.data[i] == '\n' || line.data[i] == '\r')
                line.data[i] = ' ';
        fwrite(line.data, 1, line.length, run->actual);
        fputc('\n', run->actual);
    }
    buffer_free(&line);
    buffer_free(&why);
}

static slice base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slice_of(slash ? slash + 1 : path);
}

static bool contains(slice text, const char *part) {
    return !part || memmem(text.data, text.length, part, strlen(part)) != NULL;
}

static void run_cases(test_run *run, arena *a, const json_node *first, int most, slice file) {
    void **items = ARENA_ARRAY(a, void *, most + 1);
    int count = 0;
    for (const json_node *test = first; test; test = test->next) {
        if (!contains(json_tree_string(test, "name"), run->options->match))
            continue;
        case_item *item = ARENA_NEW(a, case_item);
        *item = (case_item){test, file};
        items[count++] = item;
    }
    test_pool_options pool = {.processes = run->options->jobs,
        .limit_ms = run->options->limit_ms,
        .show_stderr = run->options->verbose,
        .work = run_case,
        .done = case_done,
        .context = run};
    test_pool_run(&pool, items, count);
}

static bool run_json_file(test_run *run, const char *path) {
    arena *a = arena_create();
    slice text;
    error e = {0};
    bool ok = read_file_or_complain(a, path, &text);
    const json_node *tests = json_tree_member(ok ? json_tree_read(a, text, &e) : NULL, "tests");
    if (tests)
        run_cases(run, a, tests->first, tests->count, base_name(path));
    else if (ok)
        fprintf(stderr, "sluice test: %s: %s\n", path,
            error_is_set(&e) ? e.message : "there is no member \"tests\"");
    arena_destroy(a);
    return tests != NULL;
}

static bool run_three_files(test_run *run) {
    const test_options *options = run->options;
    arena *a = arena_create();
    const json_node *test = NULL;
    if (!options->sql_path || !options->output_path)
        fprintf(stderr, "sluice test: -s and -o are needed together\n");
    else
        test =
            three_file_test_read(a, options->sql_path, options->input_path, options->output_path);
    if (test)
        run_cases(run, a, test, 1, base_name(options->sql_path));
    arena_destroy(a);
    return test != NULL;
}

/* ---- SQL tests ---- */

typedef struct sql_item {
    const sql_test *test;
    const sql_test_options *options;
    slice file;
    slice rewritten; /* its body as it should be; NULL: unchanged */
    arena *arena;
} sql_item;

static void run_sql_test(void *item, buffer *result) {
    sql_item *s = item;
    sql_test_run(s->test, s->options, result);
}

static void sql_test_done(void *context, void *item, slice result, const char *crash) {
    test_run *run = context;
    sql_item *s = item;
    error e = {0};
    const json_node *root = crash ? NULL : json_tree_read(s->arena, result, &e);
    const json_node *passed = json_tree_member(root, "passed");
    bool ok = passed && passed->kind == JSON_KIND_TRUE;
    slice why = crash ? slice_of(crash) : json_tree_string(root, "why");
    run->passed += ok;
    run->failed += !ok;
    run->crashed += crash != NULL;
    if (!ok)
        printf("FAILED %.*s / %.*s: %.*s\n", SLICE_ARG(s->file), SLICE_ARG(s->test->name),
            SLICE_ARG(why));
    s->rewritten = arena_copy(s->arena, json_tree_string(root, "body"));
}

/* The document with each test's body replaced by what its run made of it. */
static bool write_document(const char *path, slice text, const sql_item *items, int count) {
    buffer out = {0};
    const char *copied = text.data;
    for (int i = 0; i < count; i++) {
        slice body = items[i].test->body;
        if (!items[i].rewritten.data)
            continue;
        buffer_append_bytes(&out, copied, (size_t)(body.data - copied));
        buffer_append(&out, items[i].rewritten);
        copied = body.data + body.length;
    }
    buffer_append_bytes(&out, copied, (size_t)(text.data + text.length - copied));
    FILE *file = fopen(path, "w");
    bool ok = file && fwrite(out.data, 1, out.length, file) == out.length;
    ok = file && fclose(file) == 0 && ok;
    if (!ok)
        perror(path);
    buffer_free(&out);
    return ok;
}

static slice directory_name(arena *a, const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? arena_copy(a, slice_make(path, (size_t)(slash - path))) : SLICE_LITERAL(".");
}

static bool run_sql_file(test_run *run, const char *path) {
    arena *a = arena_create();
    slice text;
    bool ok = read_file_or_complain(a, path, &text);
    if (ok) {
        sql_test *tests;
        int found, count = 0;
        slice extension = slice_of(run->options->extension);
        sql_test_options options = {.directory = directory_name(a, path).data,
            .rewrite = run->options->rewrite,
            .instance = {.kafka = slice_of(run->options->kafka),
                .extensions = &extension,
                .extension_count = extension.data != NULL}};

        sql_document_read(a, text, &tests, &found);
        sql_item *items = ARENA_ARRAY(a, sql_item, found + 1);
        void **pointers = ARENA_ARRAY(a, void *, found + 1);
        for (int i = 0; i < found; i++) {
            if (!contains(tests[i].name, run->options->match))
                continue;
            items[count] = (sql_item){&tests[i], &options, base_name(path), {NULL, 0}, a};
            pointers[count] = &items[count];
            count++;
        }
        test_pool_options pool = {.processes = run->options->kafka ? 1 : run->options->jobs,
            .limit_ms = run->options->limit_ms,
            .show_stderr = run->options->verbose,
            .work = run_sql_test,
            .done = sql_test_done,
            .context = run};
        test_pool_run(&pool, pointers, count);
        if (run->options->rewrite)
            ok = write_document(path, text, items, count);
    }
    arena_destroy(a);
    return ok;
}

/* ---- the command ---- */

static bool run_file(test_run *run, const char *path) {
    slice name = slice_of(path);
    if (slice_ends_with(name, SLICE_LITERAL(".json")))
        return run_json_file(run, path);
    if (slice_ends_with(name, SLICE_LITERAL(".sql")))
        return run_sql_file(run, path);
    fprintf(stderr, "sluice test: %s: a test document ends in .sql or .json\n", path);
    return false;
}

static const char *option_value(int argc, char **argv, int *index) {
    if (*index + 1 == argc) {
        fprintf(stderr, "sluice test: %s needs a value\n", argv[*index]);
        return NULL;
    }
    return argv[++*index];
}

/* Where the value of an option with a text goes; NULL for other options. */
static const char **path_option(test_options *options, const char *name) {
    const struct {
        const char *name, *other;
        const char **to;
    } known[] = {{"--kafka", "--kafka", &options->kafka},
        {"--extension", "--extension", &options->extension},
        {"--actual", "--actual", &options->actual_path}, {"--match", "--match", &options->match},
        {"-s", "--sql-file", &options->sql_path}, {"-i", "--input-file", &options->input_path},
        {"-o", "--output-file", &options->output_path}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i].name) == 0 || strcmp(name, known[i].other) == 0)
            return known[i].to;
    return NULL;
}

/* 1: taken, 0: not an option, -1: wrong. */
static int take_option(test_options *options, int argc, char **argv, int *index) {
    const char *name = argv[*index], *value;
    int64_t number;
    if (name[0] != '-' || !name[1])
        return 0;
    if (strcmp(name, "--verbose") == 0) {
        options->verbose = true;
        return 1;
    }
    const char **path = path_option(options, name);
    if (path)
        return (*path = option_value(argc, argv, index)) ? 1 : -1;
    if (strcmp(name, "--rewrite") == 0) {
        options->rewrite = true;
        return 1;
    }
    if (strcmp(name, "--jobs") && strcmp(name, "--limit")) {
        fprintf(stderr, "sluice test: unknown option '%s'\n%s", name, help);
        return -1;
    }
    if (!(value = option_value(argc, argv, index)))
        return -1;
    if (!slice_to_int64(slice_of(value), &number) || number < 1) {
        fprintf(stderr, "sluice test: %s needs a number of at least 1\n", name);
        return -1;
    }
    if (strcmp(name, "--jobs") == 0)
        options->jobs = (int)number;
    else
        options->limit_ms = number * 1000;
    return 1;
}

static void print_verdict(const test_run *run) {
    printf("%d passed, %d failed", run->passed, run->failed);
    if (run->crashed)
        printf(" (%d of them crashed)", run->crashed);
    putchar('\n');
}

int test_command(int argc, char **argv) {
    test_options options = {.jobs = 2, .limit_ms = 30000};
    int index = 1, taken;
    for (; index < argc; index++) {
        if (strcmp(argv[index], "--help") == 0) {
            fputs(help, stdout);
            return 0;
        }
        if ((taken = take_option(&options, argc, argv, &index)) < 0)
            return 2;
        if (!taken)
            break;
    }
    bool three_files = options.sql_path || options.input_path || options.output_path;
    if (index == argc && !three_files) {
        fputs(help, stderr);
        return 2;
    }
    test_run run = {.options = &options};
    if (options.actual_path && !(run.actual = fopen(options.actual_path, "w"))) {
        perror(options.actual_path);
        return 1;
    }
    bool ok = !three_files || run_three_files(&run);
    for (; index < argc; index++)
        ok = run_file(&run, argv[index]) && ok;
    if (run.actual && fclose(run.actual) != 0) {
        perror(options.actual_path);
        ok = false;
    }
    print_verdict(&run);
    return ok && run.failed == 0 ? 0 : 1;
}
