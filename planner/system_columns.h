/* system_columns.h - the columns every row has, and the one that tells its time. Private to the
 * planner. */
#ifndef SLUICE_PLANNER_SYSTEM_COLUMNS_H
#define SLUICE_PLANNER_SYSTEM_COLUMNS_H

#include "planner/planner.h"

/* ROWTIME, ROWPARTITION, ROWOFFSET, WINDOWSTART and WINDOWEND: no declared column and no column of
 * a CREATE ... AS SELECT may be called so. */
bool system_column_is_reserved(slice name);
bool system_column_is_window_bound(slice name);
/* Whether the source's TIMESTAMP column exists and has a type that tells a time, in a format that
 * can be read. */
bool timestamp_column_check(
    const source_descriptor *source, const planner_options *options, source_span span, error *e);

#endif
