/* live_rows.h - the rows of a query as they are now, for LIVE.
 *
 * A row is its cells as text. Rows of a table have keys: a new one takes the place of the old one,
 * a deleted one goes. Rows of a stream have none: the newest are kept. No more than `most` rows are
 * kept: then those go that have not changed for longest. One thread.
 */
#ifndef SLUICE_SHELL_LIVE_ROWS_H
#define SLUICE_SHELL_LIVE_ROWS_H

#include "base/buffer.h"

typedef struct live_rows live_rows;

typedef struct live_row {
    slice *cells;
    int64_t number; /* rises with the order in which rows first came */
} live_row;

live_rows *live_rows_create(int column_count, int64_t most);
void live_rows_destroy(live_rows *r); /* NULL is allowed */
/* A row with the key, new or changed; the NULL slice: a row of its own. Cells are copied. */
void live_rows_put(live_rows *r, slice key, const slice *cells);
void live_rows_delete(live_rows *r, slice key);
int64_t live_rows_count(const live_rows *r);
/* Rows that had to go because there were too many. */
int64_t live_rows_forgotten(const live_rows *r);
/* The rows that changed last, at most `count`, in the order in which they first came; how many.
 * Valid until the next change. */
int live_rows_latest(const live_rows *r, live_row *latest, int count);

#endif
