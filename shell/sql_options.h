/* sql_options.h - the command line of `sluice sql`. */
#ifndef SLUICE_SHELL_SQL_OPTIONS_H
#define SLUICE_SHELL_SQL_OPTIONS_H

#include "shell/commands.h"
#include "shell/sql_shell.h"

typedef struct sql_options {
    const char **actions; /* "e" or "f", and its argument, in turn; the caller frees the array */
    int action_count;
    const char *server; /* NULL: not given */
    http_client_options http;
    bool embedded, asked_for_help;
    instance_arguments instance;
} sql_options;

extern const char SQL_OPTIONS_HELP[];

/* Reads the arguments; what belongs to the shell (-d, --output, ...) is set there. False: they are
 * wrong, which has been said. */
bool sql_options_read(sql_options *o, sql_shell *s, int argc, char **argv);

#endif
