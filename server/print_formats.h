/* print_formats.h - what the formats of a topic seem to be, from its records' bytes, for PRINT.
 *
 * Each record leaves those formats possible that it could have been written in; none left means
 * that they are mixed. Threads: one at a time.
 */
#ifndef SLUICE_SERVER_PRINT_FORMATS_H
#define SLUICE_SERVER_PRINT_FORMATS_H

#include "server/print_record.h"

typedef struct print_side {
    bool seen; /* a payload that is not null */
    bool told; /* there is nothing new to say */
    unsigned possible;
} print_side;

/* Zeroed with its printer and an arena: a valid start. */
typedef struct print_formats {
    record_printer *printer;
    arena *texts;
    print_side key, value;
} print_formats;

/* Looks at one more record. */
void print_formats_observe(print_formats *f, const topic_record *record);
/* The next line to give, without its line break, such as "Key format: JSON or KAFKA_STRING"; false
 * when nothing has changed since they were given. */
bool print_formats_next(print_formats *f, slice *line);

#endif
