/* A request is tried on each URL; when none can be reached, again after a pause. What the registry
 * answers is final: its status becomes an error that says what was asked for. */
#include "server/http_registry.h"

#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "server/registry_text.h"
#include "server/registry_tls.h"

#define MEDIA_TYPE "application/vnd.schemaregistry.v1+json"
#define SETTING "ksql.schema.registry."

enum {
    URLS_MOST = 8,
    ROUNDS = 3,
    PAUSE_MS = 200,
    CONNECT_TIMEOUT_MS = 5000,
    READ_TIMEOUT_MS = 30000,
    ANSWER_MOST_BYTES = 64 << 20,
};

typedef struct known_schema {
    int32_t id;
    slice type, text; /* in the registry's arena, resolved */
} known_schema;

struct http_registry {
    schema_registry interface; /* first */
    arena *arena;              /* guarded by cache_lock once it is open */
    slice urls[URLS_MOST];     /* without credentials and trailing '/'; zero-terminated */
    slice credentials[URLS_MOST];
    int url_count;
    slice token;
    registry_tls tls;
    int64_t connect_timeout_ms, read_timeout_ms;
    CURL *curl;                    /* guarded by request_lock */
    char trouble[CURL_ERROR_SIZE]; /* curl's words about the last request */
    struct curl_slist *headers;
    pthread_mutex_t request_lock, cache_lock;
    known_schema *known;
    int known_count;
};

/* ---- requests ---- */

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
    buffer *body = context;
    if (body->length + size * count > ANSWER_MOST_BYTES)
        return 0;
    buffer_append_bytes(body, bytes, size * count);
    return size * count;
}

static CURLcode perform(http_registry *r, int which, slice path, slice sent, buffer *body) {
    buffer url = {0};
    buffer_format(&url, "%.*s%.*s", SLICE_ARG(r->urls[which]), SLICE_ARG(path));
    buffer_append_byte(&url, 0);
    curl_easy_reset(r->curl);
    curl_easy_setopt(r->curl, CURLOPT_URL, url.data);
    curl_easy_setopt(r->curl, CURLOPT_HTTPHEADER, r->headers);
    curl_easy_setopt(r->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(r->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)r->connect_timeout_ms);
    curl_easy_setopt(
        r->curl, CURLOPT_TIMEOUT_MS, (long)(r->connect_timeout_ms + r->read_timeout_ms));
    curl_easy_setopt(r->curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(r->curl, CURLOPT_WRITEDATA, body);
    if (r->credentials[which].data)
        curl_easy_setopt(r->curl, CURLOPT_USERPWD, r->credentials[which].data);
    registry_tls_apply(&r->tls, r->curl);
    curl_easy_setopt(r->curl, CURLOPT_ERRORBUFFER, r->trouble);
    r->trouble[0] = 0;
    if (sent.data) {
        curl_easy_setopt(r->curl, CURLOPT_POSTFIELDSIZE, (long)sent.length);
        curl_easy_setopt(r->curl, CURLOPT_POSTFIELDS, sent.data);
    }
    CURLcode result = curl_easy_perform(r->curl);
    buffer_free(&url);
    return result;
}

/* A POST may be sent again: registering a schema twice is registering it once. */
static CURLcode perform_somewhere(
    http_registry *r, slice path, slice sent, buffer *body, int *which) {
    CURLcode result = CURLE_OK;
    for (int round = 0; round < ROUNDS; round++) {
        struct timespec pause = {0, PAUSE_MS * 1000000L * round};
        nanosleep(&pause, NULL);
        for (*which = 0; *which < r->url_count; ++*which) {
            buffer_clear(body);
            result = perform(r, *which, path, sent, body);
            if (result == CURLE_OK)
                return result;
        }
        --*which;
        if (result == CURLE_OPERATION_TIMEDOUT)
            break;
    }
    return result;
}

/* The registry's own words: {"error_code", "message"}, or the beginning of what it said. */
static slice answer_message(const json_t *answer, slice body) {
    const char *message = json_string_value(json_object_get(answer, "message"));
    return message ? slice_of(message)
                   : slice_make(body.data, body.length < 200 ? body.length : 200);
}

static bool judge(http_registry *r, long status, const json_t *answer, slice body, slice what,
    slice url, error *e) {
    slice message = answer_message(answer, body);
    if (status >= 200 && status < 300 && answer)
        return true;
    if (status == 404)
        return error_set(e, ERROR_NOT_FOUND, "The schema registry has no %.*s: %.*s",
            SLICE_ARG(what), SLICE_ARG(message));
    if (status == 409)
        return error_set(e, ERROR_STATEMENT,
            "The schema registry refuses %.*s as incompatible: %.*s", SLICE_ARG(what),
            SLICE_ARG(message));
    if (status == 401 || status == 403) {
        error_set(e, ERROR_IO, "The schema registry at %.*s does not let us in (%ld): %.*s",
            SLICE_ARG(url), status, SLICE_ARG(message));
        return error_hint(e, "Set " SETTING "basic.auth.user.info to USER:PASSWORD.");
    }
    if (status >= 200 && status < 300)
        return error_set(e, ERROR_IO,
            "What answers at %.*s is no schema registry: it sends no JSON", SLICE_ARG(url));
    return error_set(e, status == 422 ? ERROR_STATEMENT : ERROR_IO,
        "The schema registry at %.*s answered %ld about %.*s: %.*s", SLICE_ARG(url), status,
        SLICE_ARG(what), SLICE_ARG(message));
}

/* GET, or POST when something is sent. `what` is how errors call it. The caller calls json_decref;
 * NULL: see the error. */
static json_t *request(http_registry *r, slice path, slice sent, slice what, error *e) {
    buffer body = {0};
    int which;
    long status = 0;
    char trouble[CURL_ERROR_SIZE];
    pthread_mutex_lock(&r->request_lock);
    CURLcode result = perform_somewhere(r, path, sent, &body, &which);
    curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
    memcpy(trouble, r->trouble, sizeof trouble);
    pthread_mutex_unlock(&r->request_lock);
    json_t *answer = NULL;
    if (result != CURLE_OK) {
        error_set(e, ERROR_IO, "The schema registry at %.*s cannot be reached: %s",
            SLICE_ARG(r->urls[which]), curl_easy_strerror(result));
        if (*trouble)
            error_detail(e, "%s.", trouble);
        error_hint(e, "Is it running? It was named by --schema-registry or " SETTING "url.");
    } else {
        answer = json_loadb(body.data, body.length, JSON_DECODE_ANY, NULL);
        if (!judge(r, status, answer, buffer_slice(&body), what, r->urls[which], e)) {
            json_decref(answer);
            answer = NULL;
        }
    }
    buffer_free(&body);
    return answer;
}

/* ---- schemas ---- */

static slice escaped(arena *a, slice segment) {
    buffer out = {0};
    for (size_t i = 0; i < segment.length; i++) {
        unsigned char c = (unsigned char)segment.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-_.~", c) != NULL;
        buffer_format(&out, plain && c ? "%c" : "%%%02X", c);
    }
    slice text = arena_copy(a, buffer_slice(&out));
    buffer_free(&out);
    return text;
}

static slice member(arena *a, const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    return json_is_string(value)
               ? arena_copy(a, slice_make(json_string_value(value), json_string_length(value)))
               : (slice){NULL, 0};
}

/* {"schema", "schemaType", "references"}: a missing type is AVRO. */
static bool read_schema(
    const json_t *answer, arena *a, slice *type, slice *text, slice *references, error *e) {
    char *list = json_dumps(json_object_get(answer, "references"), JSON_COMPACT);
    *references = list ? arena_copy(a, slice_of(list)) : SLICE_LITERAL("");
    free(list);
    *type = member(a, answer, "schemaType");
    if (!type->data)
        *type = SLICE_LITERAL("AVRO");
    *text = member(a, answer, "schema");
    return text->data || error_set(e, ERROR_IO, "The schema registry sent a schema without text");
}

static bool fetch_version(void *context, slice subject, int32_t version, arena *a, slice *schema,
    slice *references, error *e) {
    slice path =
        arena_format(a, "/subjects/%.*s/versions/%d", SLICE_ARG(escaped(a, subject)), (int)version);
    json_t *answer = request(context, path, (slice){NULL, 0},
        arena_format(a, "version %d of subject '%.*s'", (int)version, SLICE_ARG(subject)), e);
    slice type;
    bool ok = answer && read_schema(answer, a, &type, schema, references, e);
    json_decref(answer);
    return ok;
}

static bool read_resolved(
    http_registry *r, const json_t *answer, arena *a, slice *type, slice *text, error *e) {
    slice references;
    registry_fetcher fetcher = {fetch_version, r};
    return read_schema(answer, a, type, text, &references, e) &&
           registry_resolve(&fetcher, *type, *text, references, a, text, e);
}

/* ---- the cache ---- */

static bool recall(http_registry *r, int32_t id, arena *a, slice *type, slice *text) {
    bool found = false;
    pthread_mutex_lock(&r->cache_lock);
    for (int i = 0; i < r->known_count && !found; i++) {
        found = r->known[i].id == id;
        if (found) {
            *type = arena_copy(a, r->known[i].type);
            *text = arena_copy(a, r->known[i].text);
        }
    }
    pthread_mutex_unlock(&r->cache_lock);
    return found;
}

static void remember(http_registry *r, int32_t id, slice type, slice text) {
    pthread_mutex_lock(&r->cache_lock);
    if ((r->known_count & (r->known_count - 1)) == 0) /* room is doubled at powers of two */
        r->known = memory_resize(
            r->known, sizeof *r->known * (size_t)(r->known_count ? r->known_count * 2 : 1));
    r->known[r->known_count++] =
        (known_schema){id, arena_copy(r->arena, type), arena_copy(r->arena, text)};
    pthread_mutex_unlock(&r->cache_lock);
}

/* ---- the interface ---- */

static bool schema_by_id(
    schema_registry *registry, int32_t id, arena *a, slice *type, slice *schema, error *e) {
    http_registry *r = (http_registry *)registry;
    if (recall(r, id, a, type, schema))
        return true;
    json_t *answer = request(r, arena_format(a, "/schemas/ids/%d", (int)id), (slice){NULL, 0},
        arena_format(a, "schema with id %d", (int)id), e);
    bool ok = answer && read_resolved(r, answer, a, type, schema, e);
    json_decref(answer);
    if (ok)
        remember(r, id, *type, *schema);
    return ok;
}

static bool latest_schema(schema_registry *registry, slice subject, arena *a, int32_t *id,
    slice *type, slice *schema, error *e) {
    http_registry *r = (http_registry *)registry;
    slice path = arena_format(a, "/subjects/%.*s/versions/latest", SLICE_ARG(escaped(a, subject)));
    json_t *answer = request(
        r, path, (slice){NULL, 0}, arena_format(a, "subject '%.*s'", SLICE_ARG(subject)), e);
    if (answer)
        *id = (int32_t)json_integer_value(json_object_get(answer, "id"));
    bool ok = answer && read_resolved(r, answer, a, type, schema, e);
    json_decref(answer);
    return ok;
}

static bool register_schema(
    schema_registry *registry, slice subject, slice type, slice schema, int32_t *id, error *e) {
    http_registry *r = (http_registry *)registry;
    arena *a = arena_create();
    buffer body = {0};
    buffer_append_text(&body, "{\"schema\":");
    buffer_append_json_string(&body, schema);
    if (!slice_is(type, "AVRO"))
        buffer_format(&body, ",\"schemaType\":\"%.*s\"", SLICE_ARG(type));
    buffer_append_byte(&body, '}');
    json_t *answer =
        request(r, arena_format(a, "/subjects/%.*s/versions", SLICE_ARG(escaped(a, subject))),
            buffer_slice(&body),
            arena_format(a, "the new schema of subject '%.*s'", SLICE_ARG(subject)), e);
    *id = (int32_t)json_integer_value(json_object_get(answer, "id"));
    bool ok = *id > 0 || (answer && error_set(e, ERROR_IO, "The schema registry sent no id"));
    json_decref(answer);
    buffer_free(&body);
    arena_destroy(a);
    return ok;
}

/* ---- opening ---- */

static int64_t number(slice text, int64_t otherwise) {
    int64_t value;
    return text.data && slice_to_int64(text, &value) && value > 0 ? value : otherwise;
}

static slice unescaped(arena *a, slice text) {
    int length = 0;
    char *plain = curl_easy_unescape(NULL, text.data, (int)text.length, &length);
    slice copy = arena_copy(a, slice_make(plain, (size_t)length));
    curl_free(plain);
    return copy;
}

/* Takes SCHEME://USER:PASSWORD@REST apart, so that no message shows the password. */
static bool add_url(http_registry *r, slice url, slice user_info, error *e) {
    slice http = SLICE_LITERAL("http://"), https = SLICE_LITERAL("https://");
    size_t scheme = slice_starts_with(url, http)    ? http.length
                    : slice_starts_with(url, https) ? https.length
                                                    : 0;
    while (url.length > scheme && url.data[url.length - 1] == '/')
        url.length--;
    if (!scheme || url.length == scheme || r->url_count == URLS_MOST) {
        error_set(e, ERROR_STATEMENT, "This is no URL of a schema registry: '%.*s'",
            (int)(memchr(url.data, '@', url.length) ? scheme : url.length), url.data);
        return error_hint(e, "It looks like http://HOST:8081 or https://USER:PASSWORD@HOST/PATH.");
    }
    slice rest = slice_make(url.data + scheme, url.length - scheme);
    const char *slash = memchr(rest.data, '/', rest.length);
    size_t host = slash ? (size_t)(slash - rest.data) : rest.length;
    const char *at = memrchr(rest.data, '@', host);
    if (at) {
        user_info = unescaped(r->arena, slice_make(rest.data, (size_t)(at - rest.data)));
        rest = slice_make(at + 1, rest.length - (size_t)(at + 1 - rest.data));
    }
    r->credentials[r->url_count] =
        user_info.length ? arena_copy(r->arena, user_info) : (slice){NULL, 0};
    r->urls[r->url_count++] =
        arena_format(r->arena, "%.*s%.*s", (int)scheme, url.data, SLICE_ARG(rest));
    return true;
}

static bool add_urls(http_registry *r, slice urls, slice user_info, error *e) {
    while (urls.length) {
        const char *comma = memchr(urls.data, ',', urls.length);
        size_t length = comma ? (size_t)(comma - urls.data) : urls.length;
        slice url = slice_trim(slice_make(urls.data, length));
        if (url.length && !add_url(r, url, user_info, e))
            return false;
        length += comma ? 1 : 0;
        urls = slice_make(urls.data + length, urls.length - length);
    }
    return r->url_count > 0 ||
           error_set(e, ERROR_STATEMENT, "The URL of the schema registry is empty");
}

static void prepare_curl(http_registry *r) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    r->curl = curl_easy_init();
    r->headers = curl_slist_append(r->headers, "Content-Type: " MEDIA_TYPE);
    r->headers = curl_slist_append(r->headers, "Accept: " MEDIA_TYPE ", application/json");
    r->headers = curl_slist_append(r->headers, "Expect:");
    if (r->token.length)
        r->headers = curl_slist_append(r->headers,
            arena_format(r->arena, "Authorization: Bearer %.*s", SLICE_ARG(r->token)).data);
}

http_registry *http_registry_open(
    slice url, slice (*setting)(void *context, const char *name), void *context, error *e) {
    http_registry *r = MEMORY_NEW(http_registry);
    r->interface = (schema_registry){register_schema, schema_by_id, latest_schema};
    r->arena = arena_create();
    pthread_mutex_init(&r->request_lock, NULL);
    pthread_mutex_init(&r->cache_lock, NULL);
    r->token = arena_copy(r->arena, setting(context, SETTING "bearer.auth.token"));
    r->connect_timeout_ms =
        number(setting(context, SETTING "http.connect.timeout.ms"), CONNECT_TIMEOUT_MS);
    r->read_timeout_ms = number(setting(context, SETTING "http.read.timeout.ms"), READ_TIMEOUT_MS);
    bool ok = add_urls(r, url, setting(context, SETTING "basic.auth.user.info"), e) &&
              registry_tls_read(&r->tls, r->arena, setting, context, e);
    prepare_curl(r);
    if (ok)
        return r;
    http_registry_close(r);
    return NULL;
}

void http_registry_close(http_registry *r) {
    if (!r)
        return;
    curl_slist_free_all(r->headers);
    curl_easy_cleanup(r->curl);
    pthread_mutex_destroy(&r->request_lock);
    pthread_mutex_destroy(&r->cache_lock);
    arena_destroy(r->arena);
    memory_free(r->known);
    memory_free(r);
}

schema_registry *http_registry_interface(http_registry *r) {
    return &r->interface;
}
