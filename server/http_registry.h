/* http_registry.h - a schema registry elsewhere, over HTTP: Confluent's API, as Apicurio and
 * Karapace speak it too.
 *
 * Schemas by id are asked for once and kept: an id never changes its meaning. Requests go over one
 * connection, one at a time; one that cannot reach the registry is tried again a few times.
 * Any thread.
 */
#ifndef SLUICE_SERVER_HTTP_REGISTRY_H
#define SLUICE_SERVER_HTTP_REGISTRY_H

#include "executor/format/format.h"

typedef struct http_registry http_registry;

/* `url` is http://[USER:PASSWORD@]HOST[:PORT][/PATH], or several with commas between, which are
 * tried in turn. `setting` gives settings by name, or the NULL slice, and is called during this
 * call only: ksql.schema.registry. followed by basic.auth.user.info (USER:PASSWORD),
 * bearer.auth.token, http.connect.timeout.ms, http.read.timeout.ms, and those of TLS
 * (registry_tls.h).
 * The registry need not be there yet. NULL with an error when the URL is none. */
http_registry *http_registry_open(
    slice url, slice (*setting)(void *context, const char *name), void *context, error *e);
void http_registry_close(http_registry *registry); /* NULL is allowed */
/* What formats use; lives as long as the registry. */
schema_registry *http_registry_interface(http_registry *registry);

#endif
