/* Connections that only cost: idle ones, and those whose client writes or reads a few bytes a
 * second. One that the server ends is opened again. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "load.h"

enum { ROUND_MS = 1000, TAKEN_BYTES = 100, SMALL_RECEIVE_BYTES = 4096 };

typedef struct held {
    const load_options *options;
    int *fds;
    size_t *sent; /* of the request */
    int64_t opened;
    buffer request;
    int receive_bytes;
} held;

static void open_one(held *h, int i) {
    h->fds[i] = load_connect(h->options->port, h->receive_bytes);
    h->sent[i] = 0;
    h->opened++;
}

static bool send_part(held *h, int i, size_t bytes) {
    size_t left = h->request.length - h->sent[i];
    bytes = bytes < left ? bytes : left;
    if (bytes && !load_send(h->fds[i], slice_make(h->request.data + h->sent[i], bytes)))
        return false;
    h->sent[i] += bytes;
    return true;
}

/* Takes a few bytes, if there are any. False: the server has closed. */
static bool take_part(const held *h, int i) {
    char bytes[TAKEN_BYTES];
    ssize_t got = recv(h->fds[i], bytes, sizeof bytes, MSG_DONTWAIT);
    return got != 0;
}

static void sleep_until(int64_t until_us) {
    int64_t left = until_us - load_now_us();
    struct timespec pause = {left / 1000000, left % 1000000 * 1000};
    if (left > 0)
        nanosleep(&pause, NULL);
}

/* `step`: what is sent of the request in a round. */
static void hold(const load_options *o, size_t step, slice request, int receive_bytes) {
    held h = {.options = o, .receive_bytes = receive_bytes};
    int64_t end_us = load_now_us() + (int64_t)(o->seconds * 1e6);
    h.fds = memory_allocate(sizeof(int) * (size_t)o->connections);
    h.sent = memory_allocate(sizeof(size_t) * (size_t)o->connections);
    buffer_append(&h.request, request);
    for (int i = 0; i < o->connections; i++)
        open_one(&h, i);
    puts("open");
    fflush(stdout);
    for (int64_t round = load_now_us(); round < end_us; round += ROUND_MS * 1000) {
        for (int i = 0; i < o->connections; i++) {
            sleep_until(round + (int64_t)ROUND_MS * 1000 * i / o->connections);
            if (!send_part(&h, i, step) || !take_part(&h, i)) {
                close(h.fds[i]);
                open_one(&h, i);
            }
        }
        sleep_until(round + ROUND_MS * 1000);
    }
    printf("{\"opened\":%lld}\n", (long long)h.opened);
    for (int i = 0; i < o->connections; i++)
        close(h.fds[i]);
    memory_free(h.fds);
    memory_free(h.sent);
    buffer_free(&h.request);
}

void load_idle(const load_options *o) {
    hold(o, 0, SLICE_LITERAL(""), 0);
}

void load_slow_send(const load_options *o) {
    buffer request = {0};
    load_query_request(&request, o->sql, SLICE_LITERAL(""));
    hold(o, 1, buffer_slice(&request), 0);
    buffer_free(&request);
}

void load_slow_read(const load_options *o) {
    buffer request = {0};
    load_query_request(&request, o->sql, SLICE_LITERAL("\"auto.offset.reset\":\"earliest\""));
    hold(o, request.length, buffer_slice(&request), SMALL_RECEIVE_BYTES);
    buffer_free(&request);
}
