/* row_gate.h - what of a query's changes a person or client sees as rows. Private to server/.
 *
 * A stream's record without a value is no row. A table's change from an old row to a new one is one
 * row, the new one; only a deletion that stands alone is seen as such.
 */
#ifndef SLUICE_SERVER_ROW_GATE_H
#define SLUICE_SERVER_ROW_GATE_H

#include "planner/plan.h"

typedef struct row_gate row_gate;

/* For the rows of `node`, which must live as long as the gate passes rows. `keys` (copied; NULL:
 * none) marks columns that are the key of the query's source: rows in which all of them are null
 * are not seen, as in ksqlDB's scalable push queries. */
row_gate *row_gate_create(const plan_node *node, const bool *keys);
void row_gate_free(row_gate *gate); /* NULL is allowed */
/* The rows that are seen; valid until the next call or the batch ends. */
const batch *row_gate_pass(row_gate *gate, const batch *rows);

#endif
