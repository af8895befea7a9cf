/* One easy handle, kept for its connection, driven by a multi handle, so that waiting can look at
 * the interrupt flag. */
#include "shell/http_client.h"

#include <curl/curl.h>
#include <stdio.h>

#include "base/memory.h"
#include "shell/interrupt.h"

enum { TURN_MS = 50, CONNECT_MS = 5000 };

struct http_client {
    CURL *easy;
    CURLM *multi;
    char *server;
    http_client_options options;
    char problem[CURL_ERROR_SIZE]; /* curl's words about the last request */
};

http_client *http_client_open(slice server, const http_client_options *options) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    http_client *c = MEMORY_NEW(http_client);
    c->easy = curl_easy_init();
    c->multi = curl_multi_init();
    c->options = *options;
    http_client_set_server(c, server);
    return c;
}

http_client *http_client_twin(const http_client *c) {
    return http_client_open(slice_of(c->server), &c->options);
}

void http_client_close(http_client *c) {
    if (!c)
        return;
    curl_easy_cleanup(c->easy);
    curl_multi_cleanup(c->multi);
    memory_free(c->server);
    memory_free(c);
    curl_global_cleanup();
}

void http_client_set_server(http_client *c, slice server) {
    while (server.length && server.data[server.length - 1] == '/')
        server.length--;
    buffer url = {0};
    if (!memmem(server.data, server.length, "://", 3))
        buffer_append_text(&url, "http://");
    buffer_append(&url, server);
    memory_free(c->server);
    c->server = memory_copy_text(buffer_slice(&url));
    buffer_free(&url);
}

slice http_client_server(const http_client *c) {
    return slice_of(c->server);
}

/* ---- a request ---- */

typedef struct request {
    http_client *client;
    const http_call *call;
    http_answer *answer;
} request;

static void read_head(request *r) {
    long status = 0;
    const char *type = NULL;
    curl_easy_getinfo(r->client->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(r->client->easy, CURLINFO_CONTENT_TYPE, &type);
    r->answer->status = (int)status;
    r->answer->is_json = type && strstr(type, "json");
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *context) {
    request *r = context;
    slice piece = slice_make(bytes, size * count);
    if (!r->answer->status)
        read_head(r);
    if (r->answer->status != 200 || !r->call->take) {
        buffer_append(&r->answer->body, piece);
        return piece.length;
    }
    if (r->call->take(r->call->context, r->answer->is_json, piece))
        return piece.length;
    r->answer->stopped = true;
    return 0;
}

/* Who we are, and whom we trust. */
static void identify(http_client *c) {
    const http_client_options *o = &c->options;
    if (o->user) {
        curl_easy_setopt(c->easy, CURLOPT_USERNAME, o->user);
        curl_easy_setopt(c->easy, CURLOPT_PASSWORD, o->password ? o->password : "");
    }
    if (o->ca_file)
        curl_easy_setopt(c->easy, CURLOPT_CAINFO, o->ca_file);
    if (o->certificate_file) {
        curl_easy_setopt(c->easy, CURLOPT_SSLCERT, o->certificate_file);
        curl_easy_setopt(c->easy, CURLOPT_SSLKEY, o->key_file ? o->key_file : o->certificate_file);
    }
    curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYPEER, o->insecure ? 0L : 1L);
    curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYHOST, o->insecure ? 0L : 2L);
}

static struct curl_slist *prepare(request *r, const char *url) {
    http_client *c = r->client;
    struct curl_slist *headers = NULL;
    curl_easy_reset(c->easy);
    c->problem[0] = 0;
    curl_easy_setopt(c->easy, CURLOPT_ERRORBUFFER, c->problem);
    curl_easy_setopt(c->easy, CURLOPT_URL, url);
    curl_easy_setopt(c->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(c->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)r->call->timeout_ms);
    curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, r);
    curl_easy_setopt(c->easy, CURLOPT_USERAGENT, "sluice/" SLUICE_VERSION);
    headers = curl_slist_append(headers, "Accept: application/json");
    if (r->call->body.data) {
        headers = curl_slist_append(headers, "Content-Type: application/json");
        headers = curl_slist_append(headers, "Expect:");
        curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE, (long)r->call->body.length);
        curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, r->call->body.data);
    }
    curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, headers);
    identify(c);
    return headers;
}

/* Until it is done or interrupted. */
static CURLcode drive(http_client *c, const http_call *call, http_answer *answer) {
    int running = 1, left;
    while (running && !answer->interrupted) {
        if (curl_multi_perform(c->multi, &running) != CURLM_OK)
            return CURLE_FAILED_INIT;
        if (running)
            curl_multi_poll(c->multi, NULL, 0, TURN_MS, NULL);
        if (running && call->tick)
            call->tick(call->context);
        answer->interrupted = running && interrupt_pending();
    }
    const CURLMsg *message = curl_multi_info_read(c->multi, &left);
    return message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_OK;
}

static bool explain(const http_client *c, const http_call *call, CURLcode code, error *e) {
    if (code == CURLE_OPERATION_TIMEDOUT && call->timeout_ms > 0)
        return error_set(e, ERROR_LIMIT, "The query did not end within its time-out of %lld ms.",
            (long long)call->timeout_ms);
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
        code == CURLE_OPERATION_TIMEDOUT) {
        error_set(e, ERROR_IO, "Cannot reach a server at %s.", c->server);
        return error_hint(e, "Start one with `sluice server`, name another with --server, or use "
                             "--data-dir to run without one.");
    }
    if (code == CURLE_PEER_FAILED_VERIFICATION) {
        error_set(e, ERROR_IO, "The certificate of %s is not trusted: %s.", c->server, c->problem);
        return error_hint(e, "Name the authority that vouches for it with --ca-file FILE, or take "
                             "any certificate with --insecure.");
    }
    if (code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE)
        return error_set(e, ERROR_IO,
            "The certificate, its key or the authorities' file cannot be "
            "used: %s.",
            c->problem);
    if (strstr(c->problem, "alert certificate required") || strstr(c->problem, "bad certificate")) {
        error_set(e, ERROR_IO, "%s wants a certificate of ours: %s.", c->server, c->problem);
        return error_hint(e, "Give one that it trusts with --cert FILE and --key FILE.");
    }
    if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING) {
        error_set(e, ERROR_IO, "The server at %s broke off its answer.", c->server);
        return error_hint(e, "Give the statement again when the server is back.");
    }
    return error_set(e, ERROR_IO, "The request to %s failed: %s.", c->server,
        c->problem[0] ? c->problem : curl_easy_strerror(code));
}

bool http_client_call(http_client *c, const http_call *call, http_answer *answer, error *e) {
    buffer url = {0};
    request r = {c, call, answer};
    *answer = (http_answer){0};
    buffer_format(&url, "%s%s", c->server, call->path);
    buffer_append_byte(&url, 0);
    struct curl_slist *headers = prepare(&r, url.data);
    curl_multi_add_handle(c->multi, c->easy);
    CURLcode code = drive(c, call, answer);
    if (!answer->status)
        read_head(&r);
    curl_multi_remove_handle(c->multi, c->easy);
    curl_slist_free_all(headers);
    buffer_free(&url);
    if (code == CURLE_OK || answer->stopped)
        return true;
    answer->unreached = code == CURLE_COULDNT_CONNECT;
    return explain(c, call, code, e);
}
