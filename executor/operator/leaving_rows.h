/* leaving_rows.h - kept rows (row_lists.h) in the order in which they leave: a heap by time.
 *
 * A row that is in it must not be taken out of its list by anybody else.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_LEAVING_ROWS_H
#define SLUICE_EXECUTOR_OPERATOR_LEAVING_ROWS_H

#include "executor/operator/row_lists.h"

typedef struct leaving_row {
    int64_t time;
    kept_row *row;
} leaving_row;

/* All zero: empty. */
typedef struct leaving_rows {
    leaving_row *heap;
    int64_t count, capacity;
} leaving_rows;

void leaving_rows_add(leaving_rows *l, int64_t time, kept_row *r);
/* The row with the least time, which must be there, leaves the heap. */
kept_row *leaving_rows_take(leaving_rows *l);
void leaving_rows_close(leaving_rows *l);

#endif
