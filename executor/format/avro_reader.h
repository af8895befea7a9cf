/* avro_reader.h - Avro's binary form into columns, by the schema it was written with.
 *
 * A plan pairs each part of the writer's schema with the column type it goes to, once a schema.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_AVRO_READER_H
#define SLUICE_EXECUTOR_FORMAT_AVRO_READER_H

#include "executor/format/avro_schema.h"

typedef struct avro_plan avro_plan;

/* The plan lives in `a`, which must outlive it as the schema must. Fields of columns that are not
 * wanted are passed over. NULL with an error when the types do not go together. */
avro_plan *avro_plan_create(arena *a, const avro_schema *written, const format_schema *schema,
    const bool *wanted, error *e);

/* Appends one row to every wanted column; on failure columns may have one row more or not. `null`
 * is set when the whole payload is a null. */
bool avro_read(const avro_plan *plan, slice payload, column *const *columns, int64_t row,
    bool *null, error *e);

#endif
