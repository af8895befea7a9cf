/* text_table.h - rows and columns of text: for a fixed-width font, as CSV, as Markdown, or a line
 * for each cell.
 *
 *      Stream | Topic  | Windowed
 *     --------+--------+----------
 *      ORDERS | orders | no
 *
 * Widths count what a terminal shows (wide East Asian characters are two). A cell that is wider
 * than its column, or has line breaks, goes on in the next line. CSV is RFC 4180's.
 */
#ifndef SLUICE_SHELL_TEXT_TABLE_H
#define SLUICE_SHELL_TEXT_TABLE_H

#include "base/arena.h"
#include "base/buffer.h"

/* Columns on the screen that a text takes. */
int text_width(slice text);
/* The text, or, when it is wider, as much as fits with a ~ behind it, in `a`. */
slice text_cut(arena *a, slice text, int width);

/* Appends the text with control characters (other than line breaks) as \t, \r, \x1B, so that data
 * cannot command the terminal that shows it. */
void text_append_visible(buffer *out, slice text);

typedef struct text_column {
    slice title;
    int width;
    bool right; /* numbers stand at the right */
} text_column;

typedef enum table_form {
    TABLE_COLUMNS,
    TABLE_VERTICAL, /* a line for each cell, and one with the row's number */
    TABLE_CSV,
    TABLE_MARKDOWN,
} table_form;

typedef struct table_style {
    table_form form;
    int line_width; /* of COLUMNS; 0: no limit, rows are never wrapped */
    bool colored;   /* statements around tables have colors */
} table_style;

/* The head: titles and a rule. VERTICAL has none. */
void text_table_head(buffer *out, const table_style *style, const text_column *columns, int count);
/* One row, the `number`-th (from 1). */
void text_table_row(buffer *out, const table_style *style, const text_column *columns, int count,
    const slice *cells, int64_t number);
/* Takes from the widest columns until the row fits into `line_width`. */
void text_table_shrink(text_column *columns, int count, int line_width);

/* A table that is gathered first, so that its columns are as wide as what is in them. */
typedef struct text_table text_table;
text_table *text_table_create(int column_count, const char *const *titles);
void text_table_destroy(text_table *t);
/* The next cell, row by row; the text is copied. */
void text_table_add(text_table *t, slice cell);
void text_table_add_text(text_table *t, const char *cell);
/* Column `index` stands at the right. */
void text_table_align_right(text_table *t, int index);
int text_table_rows(const text_table *t);
/* Everything; the first row has the number `first`. */
void text_table_write(const text_table *t, const table_style *style, int64_t first, buffer *out);

#endif
