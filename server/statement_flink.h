/* statement_flink.h - what the Flink dialect's statements share. Private to the server. */
#ifndef SLUICE_SERVER_STATEMENT_FLINK_H
#define SLUICE_SERVER_STATEMENT_FLINK_H

#include "server/statement.h"

/* "There is no view named 'x'", with the nearest name; false. */
bool statement_flink_missing(statement_call *call, ast_name name, const char *kind, error *e);
/* Appends a type as Flink writes it. */
void statement_flink_type(buffer *out, const sql_type *type, bool ltz);

#endif
