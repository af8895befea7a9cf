/* flink_options.h - options of tables of the Flink dialect. Private to the planner. */
#ifndef SLUICE_PLANNER_FLINK_OPTIONS_H
#define SLUICE_PLANNER_FLINK_OPTIONS_H

#include "base/error.h"
#include "catalog/catalog.h"
#include "parser/flink_ast.h"

/* Appends what a generator of the table's rows needs to know, as JSON: {"rows-per-second": 10000,
 * "fields": [{"name": "a", "type": "BIGINT", "kind": "random", "min": "0", ...}, ...]}. */
bool flink_datagen_spec(const flink_table *table, const source_column *columns, int count,
    buffer *out, source_span span, error *e);
/* Whether it comes to an end: number-of-rows is given, or a field is a sequence. */
bool flink_datagen_is_bounded(const flink_table *table, const source_column *columns, int count);

#endif
