/* sluice sql: the interactive shell, statements with -e, files with -f, or a pipe.
 *
 * Everything goes through HTTP, to a server or, where an option names a data directory or a Kafka,
 * to an engine in this process behind a port of its own. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "server/rest.h"
#include "shell/commands.h"
#include "shell/highlight.h"
#include "shell/interrupt.h"
#include "shell/sql_shell.h"

static const char help[] =
    "usage: sluice sql [OPTIONS]\n"
    "\n"
    "The interactive shell. With -e or -f, or when standard input is no terminal, it executes "
    "what\n"
    "it is given and exits: with status 1 at the first statement that fails. Results go to\n"
    "standard output, messages to standard error.\n"
    "\n"
    "  -e, --execute STATEMENT   execute it and exit (may be repeated)\n"
    "  -f, --file FILE           execute a file (- is standard input) and exit (may be repeated)\n"
    "  -d, --define NAME=VALUE   define a variable: ${NAME} (may be repeated)\n"
    "      --server URL          the server (http://127.0.0.1:8088)\n"
    "  -u, --user USER           for servers that ask for it\n"
    "  -p, --password PASSWORD   (or SLUICE_PASSWORD in the environment)\n"
    "      --output FORMAT       TABULAR, VERTICAL, CSV, MARKDOWN, JSON or NDJSON\n"
    "      --config-file FILE    properties for every statement, NAME=VALUE in each line\n"
    "      --query-timeout MS    end queries after so long\n"
    "      --query-row-limit N   end queries after so many rows\n"
    "\n"
    "Without a server, on an engine in this process:\n"
    "\n"
    "      --embedded            with temporary data\n";

typedef struct sql_options {
    const char **actions; /* "e" or "f", and its argument, in turn */
    int action_count;
    const char *server, *user, *password;
    bool embedded, asked_for_help;
    instance_arguments instance;
} sql_options;

/* ---- options ---- */

static bool set_number(const char *name, const char *value, int64_t *number) {
    if (slice_to_int64(slice_of(value), number) && *number >= 0)
        return true;
    fprintf(stderr, "sluice sql: %s needs a number, not '%s'\n", name, value);
    return false;
}

static bool define(sql_shell *s, const char *value) {
    const char *equals = strchr(value, '=');
    if (!equals || equals == value) {
        fprintf(stderr, "sluice sql: expected NAME=VALUE, found '%s'\n", value);
        return false;
    }
    property_list_set(
        &s->variables, slice_make(value, (size_t)(equals - value)), slice_of(equals + 1));
    return true;
}

static bool set_output(sql_shell *s, const char *value) {
    if (output_format_find(slice_of(value), &s->output.format))
        return true;
    fprintf(stderr, "sluice sql: --output is %s, not '%s'\n", OUTPUT_FORMATS, value);
    return false;
}

/* A line of a properties file: NAME=VALUE, a comment, or nothing. */
static bool take_setting(sql_shell *s, const char *path, int number, slice line) {
    line = slice_trim(line);
    const char *equals = line.length ? memchr(line.data, '=', line.length) : NULL;
    if (!line.length || line.data[0] == '#')
        return true;
    if (!equals) {
        fprintf(stderr, "sluice sql: %s:%d: expected NAME=VALUE, found '%.*s'\n", path, number,
            SLICE_ARG(line));
        return false;
    }
    size_t split = (size_t)(equals - line.data);
    slice name = slice_trim(slice_make(line.data, split));
    slice value = slice_trim(slice_make(equals + 1, line.length - split - 1));
    property_list_set(&s->properties, property_plain_name(name), value);
    return true;
}

static bool read_config_file(sql_shell *s, const char *path) {
    arena *a = arena_create();
    slice text;
    bool ok = read_file_or_complain(a, path, &text);
    int number = 1;
    for (size_t at = 0; ok && at < text.length; number++) {
        const char *end = memchr(text.data + at, '\n', text.length - at);
        size_t length = end ? (size_t)(end - text.data) - at : text.length - at;
        ok = take_setting(s, path, number, slice_make(text.data + at, length));
        at += length + 1;
    }
    arena_destroy(a);
    return ok;
}

static bool add_action(sql_options *o, const char *kind, const char *argument) {
    o->actions = memory_resize(o->actions, sizeof(char *) * (size_t)(o->action_count + 1) * 2);
    o->actions[o->action_count * 2] = kind;
    o->actions[o->action_count * 2 + 1] = argument;
    o->action_count++;
    return true;
}

static bool set_text(const char **field, const char *value) {
    *field = value;
    return true;
}

/* An option with a value. `known` says whether there is one of that name. */
static bool take_option(
    sql_options *o, sql_shell *s, const char *name, const char *value, bool *known) {
    static const char *const names[][2] = {{"-e", "--execute"}, {"-f", "--file"},
        {"-d", "--define"}, {"", "--server"}, {"-u", "--user"}, {"-p", "--password"},
        {"", "--output"}, {"", "--query-timeout"}, {"", "--query-row-limit"},
        {"", "--config-file"}};
    size_t which = 0, count = sizeof names / sizeof *names;
    while (
        which < count && strcmp(name, names[which][0]) != 0 && strcmp(name, names[which][1]) != 0)
        which++;
    *known = which < count;
    if (!*known)
        return false;
    if (!value) {
        fprintf(stderr, "sluice sql: %s needs a value\n", name);
        return false;
    }
    switch (which) {
    case 0:
        return add_action(o, "e", value);
    case 1:
        return add_action(o, "f", value);
    case 2:
        return define(s, value);
    case 3:
        return set_text(&o->server, value);
    case 4:
        return set_text(&o->user, value);
    case 5:
        return set_text(&o->password, value);
    case 6:
        return set_output(s, value);
    case 7:
        return set_number(name, value, &s->query_timeout_ms);
    case 8:
        return set_number(name, value, &s->query_row_limit);
    default:
        return read_config_file(s, value);
    }
}

static bool read_options(sql_options *o, sql_shell *s, int argc, char **argv) {
    int index = 1;
    while (index < argc) {
        bool known;
        if (strcmp(argv[index], "--help") == 0 || strcmp(argv[index], "-h") == 0) {
            o->asked_for_help = true;
            return true;
        }
        if (strcmp(argv[index], "--embedded") == 0) {
            o->embedded = true;
            index++;
            continue;
        }
        int taken = instance_option(&o->instance, argc, argv, &index);
        if (taken < 0)
            return false;
        if (taken) {
            o->embedded = true;
            continue;
        }
        if (!take_option(o, s, argv[index], index + 1 < argc ? argv[index + 1] : NULL, &known)) {
            if (!known)
                fprintf(
                    stderr, "sluice sql: unknown argument '%s' (--help lists them)\n", argv[index]);
            return false;
        }
        index += 2;
    }
    if (o->embedded && o->server) {
        fprintf(stderr, "sluice sql: --server and an engine in this process exclude each other\n");
        return false;
    }
    return true;
}

/* ---- an engine in this process ---- */

typedef struct embedded_server {
    instance *instance;
    rest *rest;
    char url[64];
} embedded_server;

static bool start_embedded(embedded_server *server, const sql_options *o) {
    error e = {0};
    interrupt_hold(); /* its threads leave Ctrl-C to the shell */
    slice listen = SLICE_LITERAL("127.0.0.1:0");
    server->instance = instance_open(&o->instance.options, &e);
    if (server->instance)
        server->rest = rest_open(
            server->instance, o->instance.listen ? slice_of(o->instance.listen) : listen, &e);
    interrupt_release();
    if (server->rest) {
        snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", rest_port(server->rest));
        return true;
    }
    buffer text = {0};
    error_render(&e, (slice){NULL, 0}, &text);
    fprintf(stderr, "sluice sql: %.*s\n", SLICE_ARG(buffer_slice(&text)));
    buffer_free(&text);
    return false;
}

static void stop_embedded(embedded_server *server) {
    rest_close(server->rest);
    if (server->instance)
        instance_close(server->instance);
}

/* ---- ways to run ---- */

static int run_actions(sql_shell *s, const sql_options *o) {
    bool ok = true;
    for (int i = 0; ok && !s->exiting && i < o->action_count; i++) {
        const char *argument = o->actions[i * 2 + 1];
        ok = o->actions[i * 2][0] == 'f' ? sql_shell_run_file(s, argument)
                                         : sql_shell_run_text(s, slice_of(argument), NULL);
    }
    return ok ? 0 : 1;
}

/* Statements from a pipe are executed as they come. */
static int run_pipe(sql_shell *s) {
    sql_input input = {0};
    char *line = NULL;
    size_t capacity = 0;
    bool ok = true;
    s->source = "standard input";
    for (ssize_t length; ok && !s->exiting && (length = getline(&line, &capacity, stdin)) > 0;) {
        if (line[length - 1] == '\n')
            length--;
        ok = sql_shell_feed(s, &input, slice_make(line, (size_t)length));
    }
    if (ok && !s->exiting)
        ok = sql_shell_feed_end(s, &input);
    buffer_free(&input.pending);
    free(line); /* getline's */
    return ok ? 0 : 1;
}

static void greet(sql_shell *s) {
    buffer answer = {0};
    slice server = http_client_server(s->client);
    bool reached = sql_request_quietly(s, "/info", (slice){NULL, 0}, &answer);
    output_messagef(&s->output, "Sluice %s", SLUICE_VERSION);
    if (reached)
        output_messagef(
            &s->output, "Connected to %.*s. HELP says more, EXIT leaves.\n", SLICE_ARG(server));
    else
        output_messagef(&s->output,
            "No server answers at %.*s. Start one with `sluice server`, or leave (EXIT) and use "
            "--data-dir to run without one.\n",
            SLICE_ARG(server));
    buffer_free(&answer);
}

/* A line in its colors, which depend on what is open in the lines before it. */
static void paint_line(void *context, slice line, buffer *out) {
    const sql_input *input = context;
    highlight_state state = {0};
    buffer before = {0};
    highlight_append(&before, buffer_slice(&input->pending), &state);
    buffer_free(&before);
    highlight_append(out, line, &state);
}

static int run_terminal(sql_shell *s) {
    sql_input input = {0};
    completion *words = completion_create(s);
    line_editor_set_completer(s->editor, completion_words, words);
    if (s->output.colored)
        line_editor_set_painter(s->editor, paint_line, &input);
    s->pending = &input.pending;
    greet(s);
    while (!s->exiting && !interrupt_is_final()) {
        slice line;
        bool fresh = !slice_trim(buffer_slice(&input.pending)).length;
        const char *prompt = fresh ? "sluice> " : input.open_string ? "      '> " : "     -> ";
        line_read got = line_editor_read(s->editor, prompt, &line);
        if (got == LINE_CANCELLED)
            sql_input_clear(&input);
        else if (got == LINE_READ)
            sql_shell_feed(s, &input, line);
        else
            break;
    }
    s->pending = NULL;
    buffer_free(&input.pending);
    completion_destroy(words);
    return 0;
}

static int run_shell(sql_shell *s, const sql_options *o) {
    if (o->action_count)
        return run_actions(s, o);
    s->editor = isatty(STDIN_FILENO) ? line_editor_open() : NULL;
    if (!s->editor)
        return run_pipe(s);
    s->output.interactive = true;
    s->output.colored = highlight_wanted();
    int status = run_terminal(s);
    line_editor_close(s->editor);
    return status;
}

static int run(sql_shell *s, const sql_options *o) {
    embedded_server server = {0};
    int status = 1;
    interrupt_watch();
    if (!o->embedded || start_embedded(&server, o)) {
        const char *url = o->embedded ? server.url
                          : o->server ? o->server
                                      : "http://127.0.0.1:8088";
        const char *password = o->password ? o->password : getenv("SLUICE_PASSWORD");
        s->client = http_client_open(slice_of(url), slice_of(o->user), slice_of(password));
        status = run_shell(s, o);
        http_client_close(s->client);
    }
    stop_embedded(&server);
    return interrupt_pending() && status ? 130 : status;
}

int sql_command(int argc, char **argv) {
    sql_options options = {.instance = {.arena = arena_create()}};
    sql_shell shell = {.query_row_limit = -1};
    int status = 2;
    setlocale(LC_CTYPE, "");
    if (read_options(&options, &shell, argc, argv)) {
        status = 0;
        if (options.asked_for_help)
            printf("%s%s", help, INSTANCE_OPTIONS_HELP);
        else
            status = run(&shell, &options);
    }
    if (shell.output.spool)
        fclose(shell.output.spool);
    property_list_free(&shell.properties);
    property_list_free(&shell.variables);
    buffer_free(&shell.last_statement);
    memory_free(options.actions);
    arena_destroy(options.instance.arena);
    return status;
}
