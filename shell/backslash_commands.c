/* Commands that begin with a backslash, for people who know them from psql: short names for
 * statements, and switches of the shell. */
#include <math.h>
#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "shell/interrupt.h"
#include "shell/sql_shell.h"

static const char help_text[] =
    "  \\d [NAME]         streams and tables, or what one of them looks like; \\d+ says more\n"
    "  \\dt  \\ds          tables; streams\n"
    "  \\df [NAME]        functions, or one of them\n"
    "  \\dq [ID]          queries, or one of them\n"
    "  \\dT  \\l           types; topics\n"
    "  \\i FILE           executes a file\n"
    "  \\x                OUTPUT VERTICAL and back\n"
    "  \\timing [on|off]  how long each statement takes\n"
    "  \\watch [SECONDS]  the last statement again and again, every 2 seconds; Ctrl-C ends it\n"
    "  \\q                leaves\n";

static void say(sql_shell *s, const char *text) {
    output_message(&s->output, slice_of(text));
}

/* ---- short names: with an argument they are another statement ---- */

static const struct {
    const char *name, *plain, *with_name;
} shorts[] = {
    {"\\d", "SHOW STREAMS; SHOW TABLES", "DESCRIBE %.*s"},
    {"\\d+", "SHOW STREAMS EXTENDED; SHOW TABLES EXTENDED", "DESCRIBE %.*s EXTENDED"},
    {"\\dt", "SHOW TABLES", NULL},
    {"\\ds", "SHOW STREAMS", NULL},
    {"\\df", "SHOW FUNCTIONS", "DESCRIBE FUNCTION %.*s"},
    {"\\dq", "SHOW QUERIES", "EXPLAIN %.*s"},
    {"\\dT", "SHOW TYPES", NULL},
    {"\\l", "SHOW TOPICS", NULL},
};

static bool run_short(sql_shell *s, size_t which, slice argument) {
    buffer statement = {0};
    const char *with_name = shorts[which].with_name;
    if (argument.length && !with_name) {
        buffer_format(&statement, "%s takes no name.", shorts[which].name);
        sql_shell_complain(s, 0, buffer_slice(&statement));
        buffer_free(&statement);
        return false;
    }
    if (argument.length)
        buffer_format(&statement, with_name, SLICE_ARG(argument));
    else
        buffer_append_text(&statement, shorts[which].plain);
    bool ok = sql_shell_execute(s, buffer_slice(&statement), 0);
    buffer_free(&statement);
    return ok;
}

/* ---- switches ---- */

static bool set_timing(sql_shell *s, slice argument) {
    s->timing = argument.length ? slice_is_ignore_case(argument, "on") : !s->timing;
    say(s, s->timing ? "Timing is on." : "Timing is off.");
    return true;
}

static bool set_vertical(sql_shell *s, slice argument) {
    (void)argument;
    output *o = &s->output;
    o->format = o->format == OUTPUT_VERTICAL ? OUTPUT_TABULAR : OUTPUT_VERTICAL;
    output_messagef(o, "Output format: %s", output_format_name(o->format));
    return true;
}

static bool run_file(sql_shell *s, slice argument) {
    if (!argument.length) {
        sql_shell_complain(s, 0, SLICE_LITERAL("\\i needs a file's name."));
        return false;
    }
    if (argument.length > 1 && argument.data[0] == '\'' &&
        argument.data[argument.length - 1] == '\'')
        argument = slice_make(argument.data + 1, argument.length - 2);
    char *path = memory_copy_text(argument);
    bool ok = sql_shell_run_file(s, path);
    memory_free(path);
    return ok;
}

static bool leave(sql_shell *s, slice argument) {
    (void)argument;
    s->exiting = true;
    return true;
}

static bool say_help(sql_shell *s, slice argument) {
    (void)argument;
    say(s, help_text);
    return true;
}

/* ---- \watch ---- */

static bool read_seconds(slice text, double *seconds) {
    char *copy = memory_copy_text(text), *end;
    *seconds = strtod(copy, &end);
    bool good = end != copy && !*end && *seconds >= 0.1 && *seconds <= 86400;
    memory_free(copy);
    return good;
}

static bool watch(sql_shell *s, slice argument) {
    double seconds = 2;
    if (argument.length && !read_seconds(argument, &seconds)) {
        sql_shell_complain(s, 0, SLICE_LITERAL("\\watch needs seconds, from 0.1 to 86400."));
        return false;
    }
    if (!s->last_statement.length) {
        sql_shell_complain(s, 0, SLICE_LITERAL("There is no statement yet to do again."));
        return false;
    }
    buffer statement = {0};
    buffer_append(&statement, buffer_slice(&s->last_statement));
    bool ok = true;
    while (ok && !interrupt_pending()) {
        output_messagef(
            &s->output, "Every %g s: %.*s", seconds, SLICE_ARG(buffer_slice(&statement)));
        ok = sql_shell_execute(s, buffer_slice(&statement), 0);
        if (ok && !interrupt_pending())
            poll(NULL, 0, (int)lround(seconds * 1000)); /* a signal ends it */
    }
    bool interrupted = interrupt_pending();
    if (interrupted && s->output.interactive)
        interrupt_clear();
    buffer_free(&statement);
    return ok || interrupted;
}

static const struct {
    const char *name;
    bool (*run)(sql_shell *s, slice argument);
} commands[] = {
    {"\\?", say_help},
    {"\\timing", set_timing},
    {"\\x", set_vertical},
    {"\\i", run_file},
    {"\\watch", watch},
    {"\\q", leave},
};

bool backslash_command(sql_shell *s, slice name, slice argument) {
    for (size_t i = 0; i < sizeof shorts / sizeof *shorts; i++)
        if (slice_is(name, shorts[i].name))
            return run_short(s, i, argument);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (slice_is(name, commands[i].name))
            return commands[i].run(s, argument);
    buffer text = {0};
    buffer_format(&text, "There is no command %.*s; \\? lists them.", SLICE_ARG(name));
    sql_shell_complain(s, 0, buffer_slice(&text));
    buffer_free(&text);
    return false;
}
