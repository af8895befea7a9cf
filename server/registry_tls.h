/* registry_tls.h - how to speak TLS with a schema registry. Private to server/.
 *
 * The settings have the names that Kafka's clients use, behind ksql.schema.registry. :
 * ssl.truststore.location or ssl.ca.location (PEM), ssl.keystore.location (PEM with certificate and
 * key, or PKCS12), ssl.certificate.location with ssl.key.location (PEM), ssl.keystore.password or
 * ssl.key.password, ssl.endpoint.identification.algorithm (empty: any host name will do).
 */
#ifndef SLUICE_SERVER_REGISTRY_TLS_H
#define SLUICE_SERVER_REGISTRY_TLS_H

#include <curl/curl.h>

#include "base/arena.h"
#include "base/error.h"

/* NULL slices: not set. */
typedef struct registry_tls {
    slice ca, certificate, key, password;
    const char *certificate_type; /* PEM or P12 */
    bool any_host;
} registry_tls;

/* Reads the settings, copied into `a`. False when a file is missing or of another kind. */
bool registry_tls_read(registry_tls *tls, arena *a,
    slice (*setting)(void *context, const char *name), void *context, error *e);
void registry_tls_apply(const registry_tls *tls, CURL *curl);

#endif
