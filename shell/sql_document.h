/* sql_document.h - a .sql file of tests: its tests, and the lines that say what is expected.
 *
 * A test begins at a comment `--@test: NAME` and reaches to the next one. `--@expected.error` and
 * `--@expected.message` below it say that it must fail. Lines that begin with `-->` or `--!`
 * directly below a statement are what it must give: rows, or an error. See sql-tests/README.md.
 */
#ifndef SLUICE_SHELL_SQL_DOCUMENT_H
#define SLUICE_SHELL_SQL_DOCUMENT_H

#include "base/arena.h"

typedef struct sql_test {
    slice name;
    slice expected_error;   /* NULL: the test must not fail */
    slice expected_message; /* NULL: any */
    slice body;             /* from behind the name's line to the next test */
    int line;               /* of the body's start in the file, from 1 */
} sql_test;

/* The tests of a document. Names and bodies point into the text. What stands before the first test
 * is in no test. */
void sql_document_read(arena *a, slice text, sql_test **tests, int *count);

/* The expected lines below a statement. */
typedef struct sql_expectation {
    slice *rows; /* texts behind `-->`, trimmed */
    int row_count;
    bool has_rows;
    slice error;       /* text behind `--!`; NULL: none */
    size_t start, end; /* where in the body these lines stand (start == end: nowhere) */
} sql_expectation;

/* Reads them at `position` of a body, which is behind a statement's semicolon. */
sql_expectation sql_document_expectation(arena *a, slice body, size_t position);
/* The line of a body's byte, from 0. */
int sql_document_line(slice body, size_t position);

#endif
