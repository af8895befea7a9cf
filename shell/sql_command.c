/* sluice sql: the interactive shell, statements with -e, files with -f, or a pipe.
 *
 * Everything goes through HTTP, to a server or, where an option names a data directory or a Kafka,
 * to an engine in this process behind a port of its own. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "base/memory.h"
#include "server/rest.h"
#include "shell/highlight.h"
#include "shell/interrupt.h"
#include "shell/sql_options.h"

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
    output_messagef(&s->output, "Sluice %s", SLUICE_VERSION);
    if (sql_request_hello(s))
        output_messagef(&s->output, "Connected to %.*s. HELP says more, EXIT leaves.\n",
            SLICE_ARG(http_client_server(s->client)));
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

/* A line from the terminal, which does not show it. */
static void ask_password(const char *user, buffer *password) {
    struct termios before, silent;
    FILE *terminal = fopen("/dev/tty", "r+e");
    if (!terminal || tcgetattr(fileno(terminal), &before) != 0) {
        if (terminal)
            fclose(terminal);
        return;
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(fileno(terminal), TCSADRAIN, &silent); /* first: what is typed then is not shown */
    fprintf(terminal, "Password of %s: ", user);
    fflush(terminal);
    for (char c; read(fileno(terminal), &c, 1) == 1 && c != '\n';)
        buffer_append_byte(password, c);
    tcsetattr(fileno(terminal), TCSADRAIN, &before);
    fputc('\n', terminal);
    fclose(terminal);
}

/* Of a user without one: from the environment, or whoever sits there is asked. */
static void find_password(http_client_options *http, buffer *asked) {
    if (!http->user || http->password)
        return;
    http->password = getenv("SLUICE_PASSWORD");
    if (http->password || !isatty(STDIN_FILENO))
        return;
    ask_password(http->user, asked);
    buffer_append_byte(asked, 0);
    http->password = asked->data;
}

static int run(sql_shell *s, const sql_options *o) {
    embedded_server server = {0};
    int status = 1;
    interrupt_watch();
    interrupt_watch_hangup();
    if (!o->embedded || start_embedded(&server, o)) {
        const char *url = o->embedded ? server.url
                          : o->server ? o->server
                                      : "http://127.0.0.1:8088";
        buffer password = {0};
        http_client_options http = o->http;
        find_password(&http, &password);
        s->client = http_client_open(slice_of(url), &http);
        status = interrupt_pending() ? 1 : run_shell(s, o);
        http_client_close(s->client);
        buffer_free(&password);
    }
    stop_embedded(&server);
    return interrupt_pending() && status ? 130 : status;
}

int sql_command(int argc, char **argv) {
    sql_options options = {.instance = {.arena = arena_create()}};
    sql_shell shell = {.query_row_limit = -1};
    int status = 2;
    setlocale(LC_CTYPE, "");
    if (sql_options_read(&options, &shell, argc, argv)) {
        status = 0;
        if (options.asked_for_help)
            printf("%s%s", SQL_OPTIONS_HELP, INSTANCE_OPTIONS_HELP);
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
