#include "shell/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t pending, final;

static void on_signal(int number) {
    pending = 1;
    if (number == SIGTERM)
        final = 1;
}

void interrupt_watch(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool interrupt_pending(void) {
    return pending != 0;
}

bool interrupt_is_final(void) {
    return final != 0;
}

void interrupt_clear(void) {
    if (!final)
        pending = 0;
}

static void mask(int how) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGWINCH);
    pthread_sigmask(how, &signals, NULL);
}

void interrupt_hold(void) {
    mask(SIG_BLOCK);
}

void interrupt_release(void) {
    mask(SIG_UNBLOCK);
}
