/* json_reader.h - one JSON value straight into a column.
 *
 * A shape is made once for a type and remembers, object after object, which field name followed
 * which; so a field in its usual place costs one comparison. A reader walks one text.
 *
 * On failure a value leaves exactly one null row in its column, so columns stay in step.
 *
 * Threads: a shape and a reader belong to one thread at a time.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_JSON_READER_H
#define SLUICE_EXECUTOR_FORMAT_JSON_READER_H

#include "base/column.h"
#include "base/error.h"

enum { JSON_MAX_DEPTH = 500 }; /* deeper nesting is refused */

typedef struct json_shape json_shape;

typedef struct json_reader {
    const char *start, *at, *end;
    int depth;
    bool times_are_texts; /* DATE, TIME and TIMESTAMP */
    bool is_lenient;      /* "true" is a BOOLEAN, and DECIMALs are rounded */
    bool forgives_values; /* what does not fit its column becomes a null */
    bool refuses_missing; /* wanted fields that are not there fail the record */
    buffer scratch;       /* a text with its escapes resolved */
    char message[200];
    char path[200]; /* where it went wrong: .A.B[2] */
} json_reader;

/* A field of an object that is wanted, and the index of its column in the array given to
 * json_read_fields. */
typedef struct json_wanted {
    slice name;
    const sql_type *type;
    int column;
} json_wanted;

/* The shape of a value of `type`; NULL for scalars, which need none. The type must outlive it. */
json_shape *json_shape_of_type(const sql_type *type);
/* The shape of an object of which only some fields are wanted. Names are borrowed. */
json_shape *json_shape_of_fields(const json_wanted *wanted, int count);
void json_shape_destroy(json_shape *shape); /* NULL is allowed */

/* Zeroed readers are valid. Starts at a text, which must stay until the last read. */
void json_reader_start(json_reader *r, slice text);
void json_reader_finish(json_reader *r); /* frees the scratch memory */

/* Skips white space; the next byte, or -1 at the end. */
int json_peek(json_reader *r);
/* Takes `null` when it is next. */
bool json_take_null(json_reader *r);
/* Takes the opening bracket; false when it is one too many. */
bool json_enter(json_reader *r);
/* Passes over one value without reading it. */
bool json_skip_value(json_reader *r);
/* Reads one value and appends it to the column. */
bool json_read(json_reader *r, json_shape *shape, column *to);
/* Reads an object's wanted fields: afterwards every wanted column has `row + 1` rows. On failure
 * columns may have row or row + 1 rows. */
bool json_read_fields(json_reader *r, json_shape *shape, column *const *columns, int64_t row);
/* True when nothing but white space follows, or at least white space does: a number that runs on
 * (10x) is refused. */
bool json_read_end(json_reader *r);
/* Reads a string token into a slice of the text or of the scratch memory; valid until the next
 * read. */
bool json_read_string(json_reader *r, slice *text);
/* The complaint with path and place, as a sentence. */
void json_reader_complaint(const json_reader *r, buffer *out);
/* Sets message, formatted; always false. */
bool json_fail(json_reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void json_fail_in_field(json_reader *r, slice name);

#endif
