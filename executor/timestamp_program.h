/* timestamp_program.h - event times out of a text column: the program STRINGTOTIMESTAMP(column,
 * pattern), for sources and sinks whose TIMESTAMP column has a TIMESTAMP_FORMAT. */
#ifndef SLUICE_EXECUTOR_TIMESTAMP_PROGRAM_H
#define SLUICE_EXECUTOR_TIMESTAMP_PROGRAM_H

#include "executor/expression/program.h"

/* `input` is the column's index in the batches. `pattern` gets the pattern's column, which the
 * caller destroys after the program. `a` outlives the program. NULL when the pattern cannot be
 * read. */
program *timestamp_program_compile(arena *a, int input, slice format, column **pattern, error *e);

/* Whether the pattern can be read; the error says what is wrong with it. */
bool timestamp_format_check(slice format, error *e);

#endif
