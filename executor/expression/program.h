/* program.h - expressions compiled into a flat program of vector kernels.
 *
 * A program computes several expressions over a whole batch: common subexpressions once, constants
 * folded, columns that are only passed through not copied. Its registers are columns that are
 * reused from batch to batch, so a run allocates nothing once they have grown.
 *
 * A row for which an expression fails at run time (a cast of "x" to a number, a division by zero, a
 * malformed argument) gets null as the result of that whole expression, and is reported once; a
 * branch of CASE or of AND/OR that is not taken cannot fail.
 *
 * A call of a table function is compiled as one whose type is an ARRAY of its results; the elements
 * are the rows that it gives for its input row (null: none).
 *
 * A program belongs to one thread at a time; compile one for each task.
 */
#ifndef SLUICE_EXECUTOR_EXPRESSION_PROGRAM_H
#define SLUICE_EXECUTOR_EXPRESSION_PROGRAM_H

#include "base/column.h"
#include "planner/expression.h"

typedef struct program program;

/* Told about each row whose expression failed. */
typedef struct program_report {
    void (*failed)(void *context, int64_t row, int expression, const char *message);
    void *context;
} program_report;

/* Compiles `count` expressions over batches of one schema. They must outlive the program. NULL
 * with the error filled when one cannot be compiled (a bad constant pattern, ...). */
program *program_compile(const expression *const *expressions, int count, error *e);
void program_destroy(program *p); /* NULL is allowed */
/* Computes all of them for every row. `results` (an array of `count`) is filled with columns that
 * are the program's or the batch's own, valid until the next run or the batch ends. `report` may be
 * NULL. */
void program_run(
    program *p, const batch *input, const column **results, const program_report *report);
/* For a program of one BOOLEAN expression: fills `rows` (room for input->rows) with the indexes of
 * rows for which it is true and returns how many. */
int64_t program_filter(program *p, const batch *input, int32_t *rows, const program_report *report);
/* One expression without any row: a constant. The column has one row and is the caller's. */
column *program_evaluate_constant(const expression *expression, error *e);

#endif
