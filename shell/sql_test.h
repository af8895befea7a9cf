/* sql_test.h - runs one test of a .sql document on an engine of its own. */
#ifndef SLUICE_SHELL_SQL_TEST_H
#define SLUICE_SHELL_SQL_TEST_H

#include "server/instance.h"
#include "shell/sql_document.h"

typedef struct sql_test_options {
    const char *directory;     /* of the document: RUN SCRIPT looks there */
    instance_options instance; /* where topics live; a data directory is not taken from here */
    bool rewrite;              /* what happens is what is expected */
} sql_test_options;

/* Appends {"passed":true} or {"passed":false,"why":"..."}, and with `rewrite` "body" with its
 * expected lines as they should be. */
void sql_test_run(const sql_test *test, const sql_test_options *options, buffer *result);

#endif
