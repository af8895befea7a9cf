/* rest_auth.h - who may use the REST API: HTTP's Basic authentication, and roles.
 *
 * authentication.method=BASIC switches it on. Users stand in a file (authentication.users.file), a
 * line each: `NAME: PASSWORD[,ROLE...]`, where the password is CRYPT:hash (any of crypt(5):
 * bcrypt, yescrypt, SHA-512, ...), MD5:hex, OBF:text, or plain (with a warning). A user needs one
 * of authentication.roles to do anything ("**": any user) and, to only read, one of
 * authentication.roles.read.
 *
 * Threads: any.
 */
#ifndef SLUICE_SERVER_REST_AUTH_H
#define SLUICE_SERVER_REST_AUTH_H

#include "server/http.h"
#include "server/instance.h"

typedef struct rest_auth rest_auth;

typedef enum rest_access {
    REST_UNKNOWN,   /* no or wrong credentials: 401 */
    REST_FORBIDDEN, /* none of the roles: 403 */
    REST_READER,
    REST_WRITER,
} rest_access;

/* NULL without an error: authentication is not switched on. */
rest_auth *rest_auth_open(instance *i, error *e);
void rest_auth_close(rest_auth *a); /* NULL is allowed */
/* What the user of a request may do. Everybody may do everything when `a` is NULL. */
rest_access rest_auth_check(rest_auth *a, const http_request *request);
/* Whether the path is open to everybody: probes, and authentication.skip.paths. */
bool rest_auth_skips(const rest_auth *a, slice path);
/* For the WWW-Authenticate header. */
slice rest_auth_realm(const rest_auth *a);

#endif
