/* statement_flink.h - what the Flink dialect's statements share. Private to the server. */
#ifndef SLUICE_SERVER_STATEMENT_FLINK_H
#define SLUICE_SERVER_STATEMENT_FLINK_H

#include "server/statement.h"

/* "There is no view named 'x'", with the nearest name; false. */
bool statement_flink_missing(statement_call *call, ast_name name, const char *kind, error *e);
/* What the statement's text has at a place of its tree; it refers to that text. */
slice statement_flink_text_at(const ast_statement *statement, source_span span);
/* INSERT number i of a statement set as a statement of its own; it refers to the set. */
ast_statement statement_flink_of_set(const ast_statement *set, int i);
/* The query of CREATE TABLE ... AS as a statement of its own; it refers to that statement. */
ast_statement statement_flink_query_of(const ast_statement *create);
/* Appends a type as Flink writes it. */
void statement_flink_type(buffer *out, const sql_type *type, bool ltz);

#endif
