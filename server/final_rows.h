/* final_rows.h - the rows that are left when all changes of a query have been applied. */
#ifndef SLUICE_SERVER_FINAL_ROWS_H
#define SLUICE_SERVER_FINAL_ROWS_H

#include "planner/plan.h"
#include "server/response.h"

typedef struct final_rows final_rows;

final_rows *final_rows_create(const plan_node *node);
void final_rows_destroy(final_rows *f); /* NULL is allowed */
/* A deletion takes one equal row away. */
void final_rows_add(final_rows *f, const query_header *header, const batch *rows);
/* In the order of their coming; valid until it is destroyed. */
const batch *final_rows_take(final_rows *f);

#endif
