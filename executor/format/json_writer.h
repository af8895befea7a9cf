/* json_writer.h - values of columns as JSON text. The entry for one value is json_append_value in
 * format.h.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_JSON_WRITER_H
#define SLUICE_EXECUTOR_FORMAT_JSON_WRITER_H

#include "base/column.h"

/* A string with its quotes, escaped where JSON asks for it. */
void json_append_string(buffer *out, slice text);

#endif
