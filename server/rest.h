/* rest.h - the REST API over an instance: ksqlDB's endpoints and wire shapes.
 *
 * One handler for an http_server: statements (/ksql), queries (/query, /query-stream,
 * /close-query), and what operators ask for (/info, /healthcheck, /metrics, /livez, /readyz, ...).
 * A request is one session: its properties and variables come with it.
 */
#ifndef SLUICE_SERVER_REST_H
#define SLUICE_SERVER_REST_H

#include "server/http.h"
#include "server/instance.h"

typedef struct rest rest;

/* Listens on `listen` ("HOST:PORT"; NULL: the property "listeners") and serves the instance, which
 * must outlive it. TLS, authentication, CORS and limits come from the instance's properties. */
rest *rest_open(instance *i, slice listen, error *e);
/* Ends running push queries of clients and stops serving. */
void rest_close(rest *r); /* NULL is allowed */
int rest_port(const rest *r);
/* The port of the nth listener, from 0; 0 when there is none. */
int rest_port_at(const rest *r, int n);

#endif
