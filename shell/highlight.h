/* highlight.h - SQL in the colors of a terminal.
 *
 * Looks at words and quotes only, so half a statement can be shown too. The characters stay as they
 * are: only escape sequences stand between them. Any thread.
 */
#ifndef SLUICE_SHELL_HIGHLIGHT_H
#define SLUICE_SHELL_HIGHLIGHT_H

#include "base/buffer.h"

/* Whether standard output is a terminal that shows colors, and NO_COLOR does not forbid them. */
bool highlight_wanted(void);

/* What is open at the end of a text and goes on in the next one. Zeroed: nothing. */
typedef struct highlight_state {
    char quote;   /* ' or `; 0: none */
    bool comment; /* that began with a slash and a star */
} highlight_state;

/* Appends the text with its colors; none is left on at the end. */
void highlight_append(buffer *out, slice text, highlight_state *state);
/* The same for a text by itself, without colors where `on` is false. */
void highlight_sql(buffer *out, slice text, bool on);
/* An error as error.h renders it: what is wrong, the lines of SQL, the place, the hint. */
void highlight_error(buffer *out, slice text);

#endif
