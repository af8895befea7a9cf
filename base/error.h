/* error.h - what the world did wrong, said once and clearly.
 *
 * A function that can fail for reasons outside the program takes an `error *` last and returns
 * false or NULL after filling it. Programming mistakes assert instead. The caller owns the struct
 * (it holds no pointers and needs no freeing). The first failure wins: error_set on an error that
 * is already set does nothing, so a caller may go on collecting and report the cause.
 */
#ifndef SLUICE_BASE_ERROR_H
#define SLUICE_BASE_ERROR_H

#include "base/buffer.h"

typedef enum error_code {
    ERROR_NONE = 0,
    ERROR_SYNTAX,      /* the text is not SQL */
    ERROR_STATEMENT,   /* the statement cannot be executed as written */
    ERROR_NOT_FOUND,   /* a name that nothing has */
    ERROR_EXISTS,      /* a name that is taken */
    ERROR_UNSUPPORTED, /* understood, and not there (yet) */
    ERROR_DATA,        /* a record or value that cannot be read as its schema says */
    ERROR_IO,          /* disk, network or broker */
    ERROR_FENCED,      /* another writer has taken over */
    ERROR_LIMIT,       /* a bound was reached: too large, too deep, too many */
    ERROR_CANCELLED,
    ERROR_INTERNAL,
} error_code;

/* A place in the SQL text: byte offset from its start and bytes covered. Offset -1: no place. */
typedef struct source_span {
    int32_t offset, length;
} source_span;

#define SPAN_NONE ((source_span){-1, 0})

typedef struct error {
    error_code code;
    source_span span;
    char message[1024]; /* what happened, one sentence */
    char detail[512];   /* more about it, or empty */
    char hint[512];     /* what to do instead, or empty */
} error;

/* Sets code and message without a place. Always returns false, so that callers can return it. */
bool error_set(error *e, error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with a place in the SQL. */
bool error_at(error *e, error_code code, source_span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Adds to an error that is set; each returns false. */
bool error_detail(error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool error_hint(error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
void error_clear(error *e);
static inline bool error_is_set(const error *e) {
    return e->code != ERROR_NONE;
}

/* Appends the error as a person reads it: message, the line of `sql` with a caret under the place
 * (when it has one), detail, hint. `sql` may be the NULL slice. */
void error_render(const error *e, slice sql, buffer *out);

#endif
