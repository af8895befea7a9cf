/* entity.h - answers of /ksql as a person reads them.
 *
 * Each type of entity ("streams", "sourceDescription", ...) has a writer of its own; what has none
 * is shown as JSON. Private to shell/.
 */
#ifndef SLUICE_SHELL_ENTITY_H
#define SLUICE_SHELL_ENTITY_H

#include <jansson.h>

#include "shell/text_table.h"

/* Appends the entity's tables and texts; Nothing for an entity
 * that is a message only. */
void entity_write(const json_t *entity, const table_style *style, buffer *out);
/* The same as JSON, an object a line: each item of an entity that is a list, else the entity. */
void entity_write_lines(const json_t *entity, buffer *out);
/* Appends what it says in a sentence ("Stream created") and its warnings, each on a line. */
void entity_write_message(const json_t *entity, buffer *out);

/* ---- for the writers ---- */

/* A member as text: a string's characters, a number's digits, "" for null and what is missing. */
const char *entity_text(const json_t *object, const char *name, buffer *scratch);
/* The texts of an array, with commas. */
void entity_append_list(buffer *out, const json_t *array);
/* ARRAY<STRUCT<A INTEGER, B STRING>> of {"type":...,"fields":...,"memberSchema":...}. */
void entity_append_type(buffer *out, const json_t *schema);
/* A heading and the field table of a description. */
void entity_append_fields(
    buffer *out, const json_t *fields, const char *key_word, const table_style *style);
/* "name   : value" when there is a value. */
void entity_append_line(buffer *out, const char *name, const char *value);
/* The same for a statement. */
void entity_append_sql(
    buffer *out, const char *name, const char *statement, const table_style *style);

typedef void entity_writer(const json_t *entity, const table_style *style, buffer *out);
/* entity_source.c */
entity_writer entity_write_source_description, entity_write_source_descriptions;
/* entity_query.c */
entity_writer entity_write_queries, entity_write_query_description, entity_write_query_descriptions;
/* entity_function.c */
entity_writer entity_write_functions, entity_write_function_description;

#endif
