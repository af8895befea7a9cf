/* The shell's own commands: a table of words and functions. */
#include <string.h>

#include <jansson.h>

#include "base/memory.h"
#include "shell/sql_shell.h"

enum { WORDS_MOST = 4 };

typedef struct command_call {
    sql_shell *shell;
    slice words[WORDS_MOST]; /* behind the command's own; without quotes */
    int count;
} command_call;

static const char help_text[] =
    "Statements end with a semicolon and may take several lines.\n"
    "\n"
    "  SHOW STREAMS | TABLES | TOPICS | QUERIES | FUNCTIONS | TYPES | PROPERTIES | VARIABLES;\n"
    "  DESCRIBE <name> [EXTENDED];       columns, formats and queries of a stream or table\n"
    "  DESCRIBE FUNCTION <name>;         what a function takes and gives\n"
    "  EXPLAIN <query id or statement>;  how a query runs\n"
    "  PRINT <topic> [FROM BEGINNING] [LIMIT n];\n"
    "  CREATE STREAM | TABLE ... ;  CREATE ... AS SELECT ... ;  INSERT INTO ... VALUES (...);\n"
    "  SELECT ... EMIT CHANGES;          a query that goes on; Ctrl-C ends it\n"
    "  SELECT ... FROM <table> WHERE <key> = ...;   a query of what is known now\n"
    "  TERMINATE <query id>;  DROP STREAM | TABLE <name> [DELETE TOPIC];\n"
    "  SET '<property>' = '<value>';  UNSET '<property>';\n"
    "  DEFINE <name> = '<value>';  UNDEFINE <name>;    ${name} stands for the value\n"
    "\n"
    "The shell's own commands need no semicolon:\n"
    "\n"
    "  HELP                  this text\n"
    "  RUN SCRIPT '<file>';  executes the statements of a file\n"
    "  OUTPUT [TABULAR|JSON] how results are shown\n"
    "  WRAP [ON|OFF]         whether long values go on in the next line\n"
    "  SPOOL '<file>'|OFF    copies what is shown to a file\n"
    "  HISTORY               earlier statements; the arrow keys and Ctrl-R find them too\n"
    "  SERVER [<url>]        shows or changes the server\n"
    "  VERSION               of the shell and the server\n"
    "  CLEAR                 clears the screen\n"
    "  EXIT                  or Ctrl-D\n";

static bool fail(const command_call *call, const char *message) {
    sql_shell_complain(call->shell, 0, slice_of(message));
    return false;
}

static bool say_help(command_call *call) {
    output_message(&call->shell->output, slice_of(help_text));
    return true;
}

static bool set_format(command_call *call) {
    output *o = &call->shell->output;
    if (call->count && slice_is_ignore_case(call->words[0], "JSON"))
        o->format = OUTPUT_JSON;
    else if (call->count && slice_is_ignore_case(call->words[0], "TABULAR"))
        o->format = OUTPUT_TABULAR;
    else if (call->count)
        return fail(call, "OUTPUT is TABULAR or JSON.");
    output_messagef(o, "Output format: %s", o->format == OUTPUT_JSON ? "JSON" : "TABULAR");
    return true;
}

static bool set_wrap(command_call *call) {
    output *o = &call->shell->output;
    if (call->count && !slice_is_ignore_case(call->words[0], "ON") &&
        !slice_is_ignore_case(call->words[0], "OFF"))
        return fail(call, "WRAP is ON or OFF.");
    if (call->count)
        o->no_wrap = slice_is_ignore_case(call->words[0], "OFF");
    output_messagef(o, "Wrap: %s", o->no_wrap ? "OFF" : "ON");
    return true;
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
    output_messagef(&s->output, "%4d  %.*s", number, SLICE_ARG(text));
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
    {"HELP", 1, say_help},
    {"OUTPUT", 1, set_format},
    {"WRAP", 1, set_wrap},
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
