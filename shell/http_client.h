/* http_client.h - requests of the shell, over libcurl.
 *
 * A request can be interrupted (interrupt.h), and its answer can be taken as it comes. One thread.
 */
#ifndef SLUICE_SHELL_HTTP_CLIENT_H
#define SLUICE_SHELL_HTTP_CLIENT_H

#include "base/buffer.h"
#include "base/error.h"

typedef struct http_client http_client;

/* Texts that are NULL are not used; files are PEM. They must outlive the clients. */
typedef struct http_client_options {
    const char *user, *password;
    const char *ca_file;          /* who is trusted, instead of the system's authorities */
    const char *certificate_file; /* of the client itself, */
    const char *key_file;         /* and its key; NULL: in the same file */
    bool insecure;                /* any certificate is taken */
} http_client_options;

/* Nothing is connected yet. */
http_client *http_client_open(slice server, const http_client_options *options);
/* Another client of the same server, for requests while an answer still comes. */
http_client *http_client_twin(const http_client *c);
void http_client_close(http_client *c); /* NULL is allowed */
/* Another server from now on. */
void http_client_set_server(http_client *c, slice server);
slice http_client_server(const http_client *c); /* valid until it is changed */

typedef struct http_call {
    const char *path;
    slice body;         /* posted as JSON; the NULL slice: GET */
    int64_t timeout_ms; /* 0: none */
    /* Takes pieces of a good answer's body as they come; false ends the request. NULL: the body is
     * gathered in the answer. */
    bool (*take)(void *context, bool is_json, slice bytes);
    /* Called now and then, at least every tenth of a second, while the answer comes. May be NULL.
     */
    void (*tick)(void *context);
    void *context;
} http_call;

typedef struct http_answer {
    int status;
    bool is_json;
    bool interrupted; /* by Ctrl-C */
    bool stopped;     /* by `take` */
    bool unreached;   /* no connection came about: the request has not been sent */
    buffer body;      /* the caller frees it */
} http_answer;

/* False when there is no answer: the server cannot be reached, it broke off, or time is up. Being
 * interrupted is not an error. The answer is filled in either way. */
bool http_client_call(http_client *c, const http_call *call, http_answer *answer, error *e);

#endif
