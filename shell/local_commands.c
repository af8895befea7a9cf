/* The shell's own commands: a table of words and functions. */
#include <string.h>

#include <jansson.h>

#include "base/memory.h"
#include "shell/help.h"
#include "shell/highlight.h"
#include "shell/sql_shell.h"

enum { WORDS_MOST = 4 };

typedef struct command_call {
    sql_shell *shell;
    slice words[WORDS_MOST]; /* behind the command's own; without quotes */
    int count;
    slice rest; /* everything behind the command's name */
} command_call;

static bool fail(const command_call *call, const char *message) {
    sql_shell_complain(call->shell, 0, slice_of(message));
    return false;
}

static bool say_help(command_call *call) {
    buffer text = {0};
    bool found = help_write(call->rest, &text);
    if (found)
        output_page(&call->shell->output, buffer_slice(&text));
    else
        sql_shell_complain(call->shell, 0, buffer_slice(&text));
    buffer_free(&text);
    return found;
}

/* ON or OFF; without a word nothing changes. */
static bool take_switch(command_call *call, const char *name, slice word, bool *off) {
    bool on = slice_is_ignore_case(word, "ON");
    if (word.length && !on && !slice_is_ignore_case(word, "OFF")) {
        buffer text = {0};
        buffer_format(&text, "%s is ON or OFF.", name);
        sql_shell_complain(call->shell, 0, buffer_slice(&text));
        buffer_free(&text);
        return false;
    }
    if (word.length)
        *off = !on;
    output_messagef(&call->shell->output, "%s: %s", name, *off ? "OFF" : "ON");
    return true;
}

static bool set_format(command_call *call) {
    output *o = &call->shell->output;
    if (call->count && !output_format_find(call->words[0], &o->format))
        return fail(call, "OUTPUT is TABULAR, VERTICAL, CSV, MARKDOWN, JSON or NDJSON.");
    output_messagef(o, "Output format: %s", output_format_name(o->format));
    return true;
}

static bool set_wrap(command_call *call) {
    return take_switch(call, "WRAP", call->words[0], &call->shell->output.no_wrap);
}

static bool set_pager(command_call *call) {
    return take_switch(call, "PAGER", call->words[0], &call->shell->output.no_pager);
}

/* Here each statement waits until those before it are done, because it is sent when they have been
 * answered; so the switch is kept for scripts that have it. */
static bool set_pipelining(command_call *call) {
    if (!slice_is_ignore_case(call->words[0], "PIPELINING"))
        return fail(call, "REQUEST PIPELINING [ON|OFF] is meant?");
    return take_switch(
        call, "REQUEST PIPELINING", call->words[1], &call->shell->no_request_pipelining);
}

static bool set_live(command_call *call) {
    sql_shell *s = call->shell;
    bool off = !s->live;
    bool ok = take_switch(call, "LIVE", call->words[0], &off);
    s->live = !off;
    return ok;
}

static bool spool(command_call *call) {
    output *o = &call->shell->output;
    if (!call->count)
        return fail(call, "SPOOL needs a file's name or OFF.");
    if (o->spool)
        fclose(o->spool);
    o->spool = NULL;
    if (slice_is_ignore_case(call->words[0], "OFF"))
        return true;
    char *path = memory_copy_text(call->words[0]);
    o->spool = fopen(path, "we");
    memory_free(path);
    if (!o->spool)
        return fail(call, "That file cannot be written.");
    output_messagef(o, "Session will be spooled to %.*s", SLICE_ARG(call->words[0]));
    return true;
}

static void say_entry(void *context, int number, slice text) {
    sql_shell *s = context;
    buffer line = {0};
    buffer_format(&line, "%4d  ", number);
    highlight_sql(&line, text, s->output.colored);
    output_message(&s->output, buffer_slice(&line));
    buffer_free(&line);
}

static bool say_history(command_call *call) {
    if (call->shell->editor)
        line_editor_history(call->shell->editor, say_entry, call->shell);
    return true;
}

static bool say_version(command_call *call) {
    buffer answer = {0};
    json_error_t ignored;
    sql_shell *s = call->shell;
    output_messagef(&s->output, "Sluice shell %s", SLUICE_VERSION);
    if (sql_request_quietly(s, "/info", (slice){NULL, 0}, &answer)) {
        json_t *info = json_loadb(answer.data, answer.length, 0, &ignored);
        const char *version =
            json_string_value(json_object_get(json_object_get(info, "KsqlServerInfo"), "version"));
        output_messagef(&s->output, "Server %s at %.*s", version ? version : "of unknown version",
            SLICE_ARG(http_client_server(s->client)));
        json_decref(info);
    } else {
        output_messagef(
            &s->output, "No server answers at %.*s", SLICE_ARG(http_client_server(s->client)));
    }
    buffer_free(&answer);
    return true;
}

static bool set_server(command_call *call) {
    sql_shell *s = call->shell;
    if (call->count)
        http_client_set_server(s->client, call->words[0]);
    output_messagef(&s->output, "%.*s", SLICE_ARG(http_client_server(s->client)));
    return true;
}

static bool clear_screen(command_call *call) {
    if (call->shell->output.interactive)
        output_result(&call->shell->output, SLICE_LITERAL("\033[H\033[2J\033[3J"));
    return true;
}

static bool leave(command_call *call) {
    call->shell->exiting = true;
    return true;
}

static bool run_script(command_call *call) {
    if (call->count != 2 || !slice_is_ignore_case(call->words[0], "SCRIPT"))
        return fail(call, "RUN SCRIPT '<file>'; is meant?");
    char *path = memory_copy_text(call->words[1]);
    bool ok = sql_shell_run_file(call->shell, path);
    memory_free(path);
    return ok;
}

static const struct {
    const char *name;
    int words_most; /* behind it; more make it something else */
    bool (*run)(command_call *call);
} commands[] = {
    {"HELP", WORDS_MOST, say_help},
    {"OUTPUT", 1, set_format},
    {"WRAP", 1, set_wrap},
    {"PAGER", 1, set_pager},
    {"LIVE", 1, set_live},
    {"REQUEST", 2, set_pipelining},
    {"SPOOL", 1, spool},
    {"HISTORY", 0, say_history},
    {"VERSION", 0, say_version},
    {"SERVER", 1, set_server},
    {"CLEAR", 0, clear_screen},
    {"RUN", 2, run_script},
    {"EXIT", 0, leave},
    {"QUIT", 0, leave},
};

/* The next word, which may stand in single quotes. False at the end. */
static bool next_word(slice text, size_t *at, slice *word) {
    size_t i = *at;
    while (i < text.length && (text.data[i] == ' ' || text.data[i] == '\t'))
        i++;
    if (i == text.length)
        return false;
    char quote = text.data[i] == '\'' ? '\'' : ' ';
    size_t start = quote == '\'' ? i + 1 : i, end = start;
    while (end < text.length && text.data[end] != quote && text.data[end] != '\n')
        end++;
    *word = slice_make(text.data + start, end - start);
    *at = quote == '\'' && end < text.length ? end + 1 : end;
    return true;
}

bool local_command(sql_shell *s, slice text, bool *ok) {
    command_call call = {.shell = s};
    slice name, word;
    size_t at = 0;
    if (!next_word(text, &at, &name))
        return false;
    call.rest = slice_trim(slice_make(text.data + at, text.length - at));
    if (name.length && name.data[0] == '\\') {
        *ok = backslash_command(s, name, call.rest);
        return true;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (!slice_is_ignore_case(name, commands[i].name))
            continue;
        while (next_word(text, &at, &word)) {
            if (call.count == commands[i].words_most)
                return false;
            call.words[call.count++] = word;
        }
        *ok = commands[i].run(&call);
        return true;
    }
    return false;
}
