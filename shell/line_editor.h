/* line_editor.h - reading lines from a person: editing, history and completion, by libedit.
 *
 * One thread. The history is kept in a file between runs.
 */
#ifndef SLUICE_SHELL_LINE_EDITOR_H
#define SLUICE_SHELL_LINE_EDITOR_H

#include "base/buffer.h"

typedef struct line_editor line_editor;

/* What a completer offers its words to. `word` is what the person may be typing, in any case;
 * `text` is what then stands in its place, with what goes behind it: a space, a parenthesis, ... */
typedef struct line_editor_offer line_editor_offer;
void line_editor_offer_word(line_editor_offer *offer, slice word, slice text);
/* `word` is what stands before the cursor, `before` the line before that, `after` what stands
 * behind the cursor. */
typedef void line_editor_completer(
    void *context, slice before, slice word, slice after, line_editor_offer *offer);

/* NULL when the terminal cannot be used. */
line_editor *line_editor_open(void);
void line_editor_set_completer(line_editor *e, line_editor_completer *completer, void *context);
/* Appends the line with escape sequences for its colors between its characters. */
typedef void line_editor_painter(void *context, slice line, buffer *out);
/* Lines are shown so while they are typed. */
void line_editor_set_painter(line_editor *e, line_editor_painter *painter, void *context);
/* Keeps the history; NULL is allowed. */
void line_editor_close(line_editor *e);

typedef enum line_read { LINE_READ, LINE_CANCELLED, LINE_END } line_read;

/* Asks for a line. It is without its line break, and valid until the next call. CANCELLED: Ctrl-C;
 * END: Ctrl-D on an empty line. */
line_read line_editor_read(line_editor *e, const char *prompt, slice *line);
/* Adds to the history. Line breaks become spaces where that does not change the meaning. */
void line_editor_remember(line_editor *e, slice text);
/* The history, oldest first. */
void line_editor_history(
    line_editor *e, void (*visit)(void *context, int number, slice text), void *context);

#endif
