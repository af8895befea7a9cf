/* output.h - where the shell writes.
 *
 * Results go to standard output. Messages go there too when a person sits at the terminal, and else
 * to standard error, so that a script's output is its results alone. SPOOL copies both to a file.
 */
#ifndef SLUICE_SHELL_OUTPUT_H
#define SLUICE_SHELL_OUTPUT_H

#include <stdio.h>

#include "shell/text_table.h"

typedef enum output_format {
    OUTPUT_TABULAR,
    OUTPUT_VERTICAL,
    OUTPUT_CSV,
    OUTPUT_MARKDOWN,
    OUTPUT_JSON,   /* what the server answers */
    OUTPUT_NDJSON, /* an object a row, its columns by name */
} output_format;

typedef struct output {
    output_format format;
    bool interactive;
    bool colored;  /* messages and SQL have colors on the screen */
    bool no_wrap;  /* WRAP OFF */
    bool no_pager; /* PAGER OFF */
    FILE *spool;   /* or NULL */
    bool progress_shown;
} output;

/* By name, in any case. False: there is none of that name. */
bool output_format_find(slice name, output_format *format);
const char *output_format_name(output_format format);
/* Their names, for messages. */
extern const char OUTPUT_FORMATS[];
/* How tables are written in the format; of JSON and NDJSON, those that are tables all the same. */
table_style output_style(const output *o);

void output_result(output *o, slice text);
/* The same for a result that is whole: what a person's screen cannot hold goes through the pager
 * ($SLUICE_PAGER or $PAGER, else less). */
void output_page(output *o, slice text);
/* A line or more; a line break is added where it has none at its end. */
void output_message(output *o, slice text);
void output_messagef(output *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for what went wrong. */
void output_error(output *o, slice text);
/* How far a script is, on a line of standard error that the next output replaces; only where that
 * is a terminal. The empty text takes it away. */
void output_progress(output *o, slice text);
/* Characters in a line; 0: unlimited, because no terminal reads it. */
int output_width(const output *o);

#endif
