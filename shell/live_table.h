/* live_table.h - LIVE: a push query as a table on the screen that changes in place.
 *
 * Takes the bytes of /query's answer like a row_printer. What is on the screen fits it, is drawn
 * again at most ten times a second, and stays when the query ends. Of more rows than fit, those
 * that changed last are shown. The line below says how many there are, how fast they change, and
 * what the server says of the query. One thread.
 */
#ifndef SLUICE_SHELL_LIVE_TABLE_H
#define SLUICE_SHELL_LIVE_TABLE_H

#include "shell/output.h"

typedef struct live_table live_table;

/* What the server knows of a query that runs; -1: not known. */
typedef struct live_facts {
    int64_t lag, late;
} live_facts;

typedef struct live_options {
    bool is_table; /* rows have keys; else the newest rows are shown */
    const slice *key_columns;
    int key_count;
    int64_t row_limit; /* no more changes than that are taken; -1: all */
    /* Asks for facts about the query of that id, about once a second. May be NULL. */
    bool (*ask)(void *context, slice query_id, live_facts *facts);
    void *context;
} live_options;

/* The options are copied, the names of the key columns are not: they outlive the table. */
live_table *live_table_create(output *o, const live_options *options);
void live_table_destroy(live_table *t);
/* For http_call's `take` and `tick`; the context is the table. */
bool live_table_take(void *context, bool is_json, slice bytes);
void live_table_tick(void *context);
/* Draws the last state; it also goes to the spool. */
void live_table_finish(live_table *t);
/* As those of row_printer.h. */
slice live_table_last_message(const live_table *t);
slice live_table_error(const live_table *t);

#endif
