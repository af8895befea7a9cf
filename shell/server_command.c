/* sluice server: an instance behind the REST API, until a signal ends it. */
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "server/rest.h"
#include "shell/commands.h"

static const char help[] =
    "usage: sluice server [OPTIONS]\n"
    "\n"
    "Serves SQL over HTTP (HTTP/1.1 and HTTP/2 on one port) until interrupted.\n"
    "\n"
    "  --listen PLACE[,...]      where to listen: [http://|https://]HOST:PORT (127.0.0.1:8088)\n";

enum { WAKE_MS = 100 };

static atomic_bool interrupted; /* any thread may be the one that takes the signal */

static void on_signal(int number) {
    (void)number;
    interrupted = true;
}

static int complain(const error *e) {
    buffer text = {0};
    error_render(e, (slice){NULL, 0}, &text);
    fprintf(stderr, "sluice: %.*s\n", SLICE_ARG(buffer_slice(&text)));
    buffer_free(&text);
    return 1;
}

static int serve(const instance_arguments *arguments) {
    error e = {0};
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    instance *i = instance_open(&arguments->options, &e);
    if (!i)
        return complain(&e);
    rest *r = rest_open(i, slice_of(arguments->listen), &e);
    if (!r) {
        instance_close(i);
        return complain(&e);
    }
    printf("Sluice " SLUICE_VERSION " listens on port %d", rest_port(r));
    for (int n = 1; rest_port_at(r, n); n++)
        printf(", %d", rest_port_at(r, n));
    printf(" (%s)\n", arguments->options.kafka.data ? "Kafka" : "embedded log");
    fflush(stdout);
    while (!interrupted)
        poll(NULL, 0, WAKE_MS);
    rest_close(r);
    instance_close(i);
    return 0;
}

int server_command(int argc, char **argv) {
    instance_arguments arguments = {.arena = arena_create()};
    int index = 1, status = -1;
    while (index < argc && status < 0) {
        int taken = instance_option(&arguments, argc, argv, &index);
        if (taken < 0) {
            status = 2;
        } else if (!taken && strcmp(argv[index], "--help") == 0) {
            printf("%s%s", help, INSTANCE_OPTIONS_HELP);
            status = 0;
        } else if (!taken) {
            fprintf(stderr, "sluice server: unknown argument '%s'\n", argv[index]);
            status = 2;
        }
    }
    if (status < 0)
        status = serve(&arguments);
    arena_destroy(arguments.arena);
    return status;
}
