/* output.h - where the shell writes.
 *
 * Results go to standard output. Messages go there too when a person sits at the terminal, and else
 * to standard error, so that a script's output is its results alone. SPOOL copies both to a file.
 */
#ifndef SLUICE_SHELL_OUTPUT_H
#define SLUICE_SHELL_OUTPUT_H

#include <stdio.h>

#include "base/buffer.h"

typedef enum output_format { OUTPUT_TABULAR, OUTPUT_JSON } output_format;

typedef struct output {
    output_format format;
    bool interactive;
    bool no_wrap; /* WRAP OFF */
    FILE *spool;  /* or NULL */
} output;

void output_result(output *o, slice text);
/* A line or more; a line break is added where it has none at its end. */
void output_message(output *o, slice text);
void output_messagef(output *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for what went wrong. */
void output_error(output *o, slice text);
/* Characters in a line; 0: unlimited, because no terminal reads it. */
int output_width(const output *o);

#endif
