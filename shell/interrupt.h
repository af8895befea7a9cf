/* interrupt.h - Ctrl-C as a flag: it ends the query that runs, not the shell. */
#ifndef SLUICE_SHELL_INTERRUPT_H
#define SLUICE_SHELL_INTERRUPT_H

#include <stdbool.h>

/* SIGINT sets the flag from now on; SIGTERM sets it for good. */
void interrupt_watch(void);
/* SIGHUP is from now on like SIGTERM: the terminal has gone. */
void interrupt_watch_hangup(void);
bool interrupt_pending(void);
/* SIGTERM came: the command is to end. */
bool interrupt_is_final(void);
void interrupt_clear(void);
/* Threads that are started between the two calls leave the signals to this one. */
void interrupt_hold(void);
void interrupt_release(void);

#endif
