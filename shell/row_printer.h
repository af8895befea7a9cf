/* row_printer.h - the rows of a query as they come from the server.
 *
 * Takes the bytes of /query's answer: a header, rows, and perhaps a last message; or lines of text
 * (PRINT), which are passed on. Rows of a query that never ends are written at once, in columns as
 * wide as their types need; those of one that ends are gathered, and their columns fit. How they
 * look is the output's format.
 */
#ifndef SLUICE_SHELL_ROW_PRINTER_H
#define SLUICE_SHELL_ROW_PRINTER_H

#include "shell/output.h"

typedef struct row_printer row_printer;

/* `row_limit`: no more rows than that are wanted; -1: all. `bounded`: the query ends by itself. */
row_printer *row_printer_create(output *o, int64_t row_limit, bool bounded);
/* Before the first bytes: a column `op` in front says of each row whether it came (+I) or went
 * (-D), as Flink's client shows a changelog. Not in the forms of JSON, which tell it anyway. */
void row_printer_show_changes(row_printer *p);
void row_printer_destroy(row_printer *p);
/* For http_call's `take`; the context is the printer. False once the limit is reached. */
bool row_printer_take(void *context, bool is_json, slice bytes);
/* Writes what is left. */
void row_printer_finish(row_printer *p);
/* What the server said at the end ("Limit Reached"), or the NULL slice. */
slice row_printer_last_message(const row_printer *p);
/* The query failed on its way: why; or the NULL slice. */
slice row_printer_error(const row_printer *p);
/* Its id, to name it; the NULL slice before the header has come. */
slice row_printer_query_id(const row_printer *p);

#endif
