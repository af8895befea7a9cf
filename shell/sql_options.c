#include "shell/sql_options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

const char SQL_OPTIONS_HELP[] =
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
    "  -p, --password PASSWORD   (or SLUICE_PASSWORD in the environment; else it is asked for)\n"
    "      --ca-file FILE        authorities to trust behind https://, instead of the system's\n"
    "      --cert FILE           a certificate for servers that ask for one (PEM)\n"
    "      --key FILE            its key, if that is in another file\n"
    "      --insecure            take any certificate of the server's\n"
    "      --output FORMAT       TABULAR, VERTICAL, CSV, MARKDOWN, JSON or NDJSON\n"
    "      --config-file FILE    properties for every statement, NAME=VALUE in each line\n"
    "      --dialect ksql|flink  the SQL that is spoken (ksql)\n"
    "      --query-timeout MS    end queries after so long\n"
    "      --query-row-limit N   end queries after so many rows\n"
    "\n"
    "Without a server, on an engine in this process:\n"
    "\n"
    "      --embedded            with temporary data\n";

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

static bool set_file(const char **field, const char *path) {
    if (access(path, R_OK) == 0)
        return set_text(field, path);
    fprintf(stderr, "sluice sql: cannot read '%s'\n", path);
    return false;
}

static bool set_dialect(sql_shell *s, const char *value) {
    slice name = SLICE_LITERAL("sluice.sql.dialect");
    error e = {0};
    if (!property_check(name, slice_of(value), &e)) {
        fprintf(stderr, "sluice sql: --dialect: %s. %s\n", e.message, e.hint);
        return false;
    }
    property_list_set(&s->properties, name, slice_of(value));
    return true;
}

/* An option with a value. `known` says whether there is one of that name. */
static bool take_option(
    sql_options *o, sql_shell *s, const char *name, const char *value, bool *known) {
    static const char *const names[][2] = {{"-e", "--execute"}, {"-f", "--file"},
        {"-d", "--define"}, {"", "--server"}, {"-u", "--user"}, {"-p", "--password"},
        {"", "--output"}, {"", "--query-timeout"}, {"", "--query-row-limit"}, {"", "--config-file"},
        {"", "--ca-file"}, {"", "--cert"}, {"", "--key"}, {"", "--dialect"}};
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
        return set_text(&o->http.user, value);
    case 5:
        return set_text(&o->http.password, value);
    case 6:
        return set_output(s, value);
    case 7:
        return set_number(name, value, &s->query_timeout_ms);
    case 8:
        return set_number(name, value, &s->query_row_limit);
    case 9:
        return read_config_file(s, value);
    case 10:
        return set_file(&o->http.ca_file, value);
    case 11:
        return set_file(&o->http.certificate_file, value);
    case 12:
        return set_file(&o->http.key_file, value);
    default:
        return set_dialect(s, value);
    }
}

/* An option without a value. */
static bool take_flag(sql_options *o, const char *name) {
    bool *flag = strcmp(name, "--embedded") == 0                          ? &o->embedded
                 : strcmp(name, "--insecure") == 0                        ? &o->http.insecure
                 : strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ? &o->asked_for_help
                                                                          : NULL;
    if (flag)
        *flag = true;
    return flag != NULL;
}

bool sql_options_read(sql_options *o, sql_shell *s, int argc, char **argv) {
    int index = 1;
    while (index < argc && !o->asked_for_help) {
        bool known;
        if (take_flag(o, argv[index])) {
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
