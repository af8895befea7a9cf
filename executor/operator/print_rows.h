/* print_rows.h - rows as Flink's print connector shows them: +I[1, a], -U[1, a], +U[2, b], -D[2,
 * b]. */
#ifndef SLUICE_EXECUTOR_OPERATOR_PRINT_ROWS_H
#define SLUICE_EXECUTOR_OPERATOR_PRINT_ROWS_H

#include "executor/topic/topic.h"
#include "planner/plan.h"

typedef struct print_rows print_rows;

/* Reads the option 'print-identifier', which goes in front of each line. */
print_rows *print_rows_open(const source_descriptor *sink);
void print_rows_close(print_rows *p); /* NULL is allowed */
/* A record a row whose value is the line. A deletion directly in front of an insertion is its old
 * row. Valid until the next call. */
const topic_record *print_rows_write(print_rows *p, const batch *rows, int64_t *count);

#endif
