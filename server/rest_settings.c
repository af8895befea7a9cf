/* The properties of the HTTP server, under the names that ksqlDB's configuration has for them where
 * it has one. */
#include "server/rest_private.h"

typedef struct reading {
    instance *instance;
    arena *arena;
} reading;

static slice text(const reading *r, const char *name) {
    slice value = instance_property(r->instance, r->arena, slice_of(name));
    return value.length ? value : (slice){NULL, 0};
}

static slice either(const reading *r, const char *name, const char *other) {
    slice value = text(r, name);
    return value.data ? value : text(r, other);
}

static int64_t number(const reading *r, const char *name, int64_t unit) {
    int64_t value;
    return slice_to_int64(text(r, name), &value) && value > 0 ? value * unit : 0;
}

static http_client_certificate client_certificate(const reading *r) {
    slice value = either(r, "ssl.client.authentication", "ssl.client.auth");
    if (slice_is_ignore_case(value, "REQUIRED") || slice_is_ignore_case(value, "true"))
        return HTTP_CLIENT_REQUIRED;
    return slice_is_ignore_case(value, "REQUESTED") ? HTTP_CLIENT_REQUESTED : HTTP_CLIENT_NONE;
}

static bool is_pem(const reading *r, const char *type) {
    return slice_is_ignore_case(text(r, type), "PEM");
}

/* Stores are PKCS#12 unless their type is PEM: Java's own kind cannot be read. */
static http_tls_options read_tls(const reading *r) {
    http_tls_options tls = {.certificate_file = text(r, "ssl.certificate.file"),
        .key_file = text(r, "ssl.key.file"),
        .key_password = text(r, "ssl.key.password"),
        .ca_file = text(r, "ssl.ca.file"),
        .client = client_certificate(r),
        .protocols = text(r, "ssl.enabled.protocols"),
        .ciphers = text(r, "ssl.cipher.suites")};
    slice keystore = text(r, "ssl.keystore.location"), trusted = text(r, "ssl.truststore.location");
    if (is_pem(r, "ssl.keystore.type"))
        tls.certificate_file = keystore;
    else
        tls.keystore_file = keystore;
    tls.keystore_password = text(r, "ssl.keystore.password");
    if (is_pem(r, "ssl.truststore.type"))
        tls.ca_file = trusted;
    else
        tls.truststore_file = trusted;
    tls.truststore_password = text(r, "ssl.truststore.password");
    return tls;
}

void rest_settings_read(rest_settings *s, instance *i) {
    reading r = {i, arena_create()};
    *s = (rest_settings){.arena = r.arena,
        .listeners = text(&r, "listeners"),
        .tls = read_tls(&r),
        .body_limit_bytes = number(&r, "sluice.http.body.limit.bytes", 1),
        .slow_reader_ms = number(&r, "sluice.http.slow.reader.ms", 1),
        .request_ms = number(&r, "sluice.http.request.timeout.ms", 1),
        .idle_ms = number(&r, "ksql.idle.connection.timeout.seconds", 1000),
        .allow_origin = text(&r, "access.control.allow.origin"),
        .allow_methods = text(&r, "access.control.allow.methods"),
        .allow_headers = text(&r, "access.control.allow.headers")};
}

void rest_settings_free(rest_settings *s) {
    arena_destroy(s->arena);
}

/* "*", or origins separated by commas. */
static bool origin_allowed(slice list, slice origin) {
    while (list.length) {
        const char *comma = memchr(list.data, ',', list.length);
        size_t length = comma ? (size_t)(comma - list.data) : list.length;
        slice one = slice_trim(slice_make(list.data, length));
        if (slice_is(one, "*") || slice_equal_ignore_case(one, origin))
            return true;
        size_t taken = length + (comma != NULL);
        list = slice_make(list.data + taken, list.length - taken);
    }
    return false;
}

void rest_add_cors(const rest *r, http_exchange *x, const http_request *request) {
    const rest_settings *s = &r->settings;
    slice origin = http_header_value(request, "origin");
    if (!s->allow_origin.data || !origin.data || !origin_allowed(s->allow_origin, origin))
        return;
    http_add_header(x, SLICE_LITERAL("access-control-allow-origin"), origin);
    http_add_header(x, SLICE_LITERAL("access-control-allow-credentials"), SLICE_LITERAL("true"));
    http_add_header(x, SLICE_LITERAL("vary"), SLICE_LITERAL("origin"));
    if (!slice_is(request->method, "OPTIONS"))
        return;
    http_add_header(x, SLICE_LITERAL("access-control-allow-methods"),
        s->allow_methods.data ? s->allow_methods : SLICE_LITERAL("GET, POST, HEAD, OPTIONS"));
    slice asked = http_header_value(request, "access-control-request-headers");
    http_add_header(x, SLICE_LITERAL("access-control-allow-headers"),
        s->allow_headers.data ? s->allow_headers
        : asked.data          ? asked
                              : SLICE_LITERAL("content-type, accept, authorization"));
    http_add_header(x, SLICE_LITERAL("access-control-max-age"), SLICE_LITERAL("3600"));
}
