/* table_absent.h - what a materialized table keeps of nulls, when its format cannot tell them from
 * zeros.
 *
 * A PROTOBUF record has no field where a value is null, and whoever reads it back gets 0, false, ''
 * or an empty list. A table in that format answers the same, whether it is asked or its topic is
 * read. With a NULLABLE_REPRESENTATION the format does tell null scalars, but never null lists.
 * Private to executor/operator.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_TABLE_ABSENT_H
#define SLUICE_EXECUTOR_OPERATOR_TABLE_ABSENT_H

#include "base/column.h"
#include "catalog/catalog.h"

/* Whether the value format is such, for values of any type. */
bool table_absent_matters(const source_format *format);
/* `from`, or when it has nulls a copy with zeros in their place, in `*filled`, which is made when
 * it is NULL and the caller's to destroy. */
column *table_absent_fill(const source_format *format, column *from, column **filled);

#endif
