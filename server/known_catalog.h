/* known_catalog.h - the catalog as a query knew it when it was made. Private to server/.
 *
 * A query is planned again from its text at every start. What its sources got since must not change
 * what it means: SELECT * stays the columns that there were.
 */
#ifndef SLUICE_SERVER_KNOWN_CATALOG_H
#define SLUICE_SERVER_KNOWN_CATALOG_H

#include "catalog/catalog.h"

/* Gives NULL in *known when the catalog itself still serves; else one in memory that the caller
 * closes. `c` is locked. False: see the error. */
bool known_catalog_open(const catalog *c, const query_descriptor *query, catalog **known, error *e);

#endif
