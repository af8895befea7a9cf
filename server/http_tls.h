/* http_tls.h - TLS for the HTTP server, by OpenSSL.
 *
 * A context has the server's certificate and what it asks of clients; a session is one
 * connection's. A session has no socket: bytes of the wire go in and out of it. The caller owns
 * both. A context may be used from any thread, a session from one at a time.
 */
#ifndef SLUICE_SERVER_HTTP_TLS_H
#define SLUICE_SERVER_HTTP_TLS_H

#include "base/error.h"

typedef struct http_tls http_tls;
typedef struct http_tls_session http_tls_session;

typedef enum http_client_certificate {
    HTTP_CLIENT_NONE,
    HTTP_CLIENT_REQUESTED, /* verified when the client shows one */
    HTTP_CLIENT_REQUIRED,
} http_client_certificate;

/* Either PEM files or PKCS#12 stores; NULL slices for what there is not. */
typedef struct http_tls_options {
    slice certificate_file, key_file, key_password; /* PEM; the certificate with its chain */
    slice keystore_file, keystore_password;         /* PKCS#12: certificate, key and chain */
    slice ca_file;                                  /* PEM: who signs clients' certificates */
    slice truststore_file, truststore_password;     /* the same as PKCS#12 */
    http_client_certificate client;
    slice protocols; /* "TLSv1.2,TLSv1.3": the versions allowed */
    slice ciphers;   /* OpenSSL's names, separated by commas or colons */
} http_tls_options;

/* NULL with the error when a file cannot be read or does not hold what it must. */
http_tls *http_tls_open(const http_tls_options *options, error *e);
void http_tls_close(http_tls *t); /* NULL is allowed */

http_tls_session *http_tls_accept(http_tls *t);
void http_tls_end(http_tls_session *s); /* NULL is allowed */
/* Takes what came from the wire; appends to `plain` what it says and to `wire` what must be sent.
 * False: the connection is over, after `wire` has been sent. */
bool http_tls_receive(http_tls_session *s, slice came, buffer *plain, buffer *wire);
/* Appends to `wire` what says `plain`. */
bool http_tls_send(http_tls_session *s, slice plain, buffer *wire);
/* Says goodbye. */
void http_tls_finish(http_tls_session *s, buffer *wire);
/* The common name in the verified certificate of the client, valid as long as the session; the NULL
 * slice when it showed none. */
slice http_tls_client(http_tls_session *s);

#endif
