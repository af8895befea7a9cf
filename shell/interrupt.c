#include "shell/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_bool pending, final; /* any thread may be the one that takes the signal */

static void on_signal(int number) {
    pending = true;
    if (number != SIGINT)
        final = true;
}

void interrupt_watch_hangup(void) {
    struct sigaction action;
    sigaction(SIGHUP, NULL, &action);
    if (action.sa_handler == SIG_IGN)
        return; /* nohup */
    action = (struct sigaction){.sa_handler = on_signal};
    sigaction(SIGHUP, &action, NULL);
}

void interrupt_watch(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool interrupt_pending(void) {
    return pending;
}

bool interrupt_is_final(void) {
    return final;
}

void interrupt_clear(void) {
    if (!final)
        pending = false;
}

static void mask(int how) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGWINCH);
    pthread_sigmask(how, &signals, NULL);
}

void interrupt_hold(void) {
    mask(SIG_BLOCK);
}

void interrupt_release(void) {
    mask(SIG_UNBLOCK);
}
