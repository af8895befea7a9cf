/* commands.h - the commands of `sluice`. Each gets its own arguments (argv[0] is the command's
 * name) and returns the exit status: 0 done, 1 something failed, 2 wrong usage. */
#ifndef SLUICE_SHELL_COMMANDS_H
#define SLUICE_SHELL_COMMANDS_H

#include "server/instance.h"

int server_command(int argc, char **argv);
int sql_command(int argc, char **argv);
int run_command(int argc, char **argv);
int test_command(int argc, char **argv);
int manual_command(int argc, char **argv);

/* The options that every command with an engine of its own understands. */
typedef struct instance_arguments {
    instance_options options;
    const char *listen; /* HOST:PORT; NULL: the default */
    arena *arena;
} instance_arguments;

/* Their text for --help. */
extern const char INSTANCE_OPTIONS_HELP[];
/* Takes one option at argv[*index] and moves behind it: 1 taken, 0 not one of these, -1 wrong (a
 * message has been printed). Zeroed arguments with an arena are a valid start. */
int instance_option(instance_arguments *arguments, int argc, char **argv, int *index);

/* A whole file as text in the arena; "-" is standard input. False after printing why not. */
bool read_file_or_complain(arena *a, const char *path, slice *text);

#endif
