/* The `sluice` command. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "shell/commands.h"

static const char help[] =
    "Sluice, a streaming SQL engine\n"
    "\n"
    "usage: sluice server [OPTIONS]         serve SQL over HTTP\n"
    "       sluice sql [OPTIONS]            the interactive shell, or one statement with -e, a "
    "file with -f\n"
    "       sluice run [OPTIONS] FILE.sql   run a file of SQL in this process\n"
    "       sluice test [OPTIONS] FILE...   run test files\n"
    "       sluice version\n"
    "\n"
    "Each command says more with --help. SLUICE_LOG=info (or debug) in the environment logs to\n"
    "standard error.\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"server", server_command}, {"sql", sql_command}, {"run", run_command}, {"test", test_command},
    {"manual", manual_command}, /* for the pages in docs/ */
};

static void choose_log_level(const char *name) {
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (int i = 0; name && i < 4; i++)
        if (strcmp(name, names[i]) == 0)
            log_set_level((log_level)i);
}

int main(int argc, char **argv) {
    memory_share_arenas();
    signal(SIGPIPE, SIG_IGN);
    choose_log_level(getenv("SLUICE_LOG"));
    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0) {
        fputs(help, argc < 2 ? stderr : stdout);
        return argc < 2 ? 2 : 0;
    }
    if (strcmp(argv[1], "version") == 0 || strcmp(argv[1], "--version") == 0) {
        puts("sluice " SLUICE_VERSION);
        return 0;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "sluice: there is no command '%s'\n\n%s", argv[1], help);
    return 2;
}
