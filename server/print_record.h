/* print_record.h - a record of any topic as a line of text, for PRINT.
 *
 * The registry says what a payload is that begins with a schema's id: it is shown as JSON. Else a
 * payload is looked at by itself: text is shown as it is, 4 and 8 bytes as the integers of the
 * KAFKA format, anything else in hexadecimal. Where sources over the topic have windows in their
 * keys, these are shown as [key@start/end], times in milliseconds.
 *
 * Threads: one at a time.
 */
#ifndef SLUICE_SERVER_PRINT_RECORD_H
#define SLUICE_SERVER_PRINT_RECORD_H

#include "catalog/catalog.h"
#include "executor/format/format.h"
#include "executor/topic/topic.h"

typedef struct record_printer record_printer;

/* `size_ms` is the length of TUMBLING and HOPPING windows; 0: not known. The registry must outlive
 * the printer. */
record_printer *record_printer_create(
    schema_registry *registry, window_kind window, int64_t size_ms);
void record_printer_destroy(record_printer *p); /* NULL is allowed */
/* What print_formats.c looks at: the kind of schema that a payload names, as the registry calls it,
 * or the NULL slice; a key without its window; whether keys have one; whether bytes are text. */
slice record_printer_schema_type(record_printer *p, slice bytes, bool is_key);
slice record_printer_plain_key(const record_printer *p, slice key);
window_kind record_printer_window(const record_printer *p);
bool record_printer_is_text(slice bytes);
/* Appends "rowtime: ..., key: ..., value: ..., partition: N". */
void record_printer_append(record_printer *p, const topic_record *record, buffer *line);

#endif
