/* avro_record.h - Avro as Flink's tables have it: the schema that follows from the table. Private
 * to executor/format.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_AVRO_RECORD_H
#define SLUICE_EXECUTOR_FORMAT_AVRO_RECORD_H

#include "executor/format/format.h"

/* Appends the schema of a record of a Flink table's columns. */
void avro_record_append_schema(
    const format_schema *schema, const format_options *options, buffer *out);

#endif
