/* flink_options.h - options and formats of tables of the Flink dialect. Private to the planner. */
#ifndef SLUICE_PLANNER_FLINK_OPTIONS_H
#define SLUICE_PLANNER_FLINK_OPTIONS_H

#include "base/error.h"
#include "catalog/catalog.h"
#include "parser/flink_ast.h"

/* Refuses options that the table's connector and formats do not have, and values that theirs cannot
 * be. `spans[i]` is where option i stands. */
bool flink_options_check(const flink_table *table, const source_span *spans, error *e);

/* The engine's format for a format of Flink's. `option` is where it was named: 'format',
 * 'key.format' or 'value.format'. */
bool flink_format_find(const flink_table *table, slice name, bool of_key, source_span span,
    source_format *out, error *e);
/* Refuses columns that the format cannot carry. */
bool flink_format_check(const source_format *format, const source_column *columns, int count,
    source_span span, error *e);
/* Whether records are changes (debezium-json) rather than rows. */
bool flink_format_has_changes(const source_format *format);

/* Appends what a generator of the table's rows needs to know, as JSON: {"rows-per-second": 10000,
 * "fields": [{"name": "a", "type": "BIGINT", "kind": "random", "min": "0", ..., "parts":
 * [...]}, ...]}. `parts` are the fields of a ROW, an ARRAY's element, a MAP's key and value. */
bool flink_datagen_spec(const flink_table *table, const source_column *columns, int count,
    buffer *out, source_span span, error *e);
/* Whether it comes to an end: number-of-rows is given, or a field is a sequence. */
bool flink_datagen_is_bounded(const flink_table *table, const source_column *columns, int count);

#endif
