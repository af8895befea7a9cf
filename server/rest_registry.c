/* The REST API of the embedded schema registry, as Confluent's clients speak it: one table of
 * routes, whose '*' are a path's variable segments. Their handlers are in rest_registry_schemas.c
 * and rest_registry_settings.c. */
#include "server/rest_private.h"
#include "server/rest_registry_call.h"

#define REGISTRY_TYPE SLICE_LITERAL("application/vnd.schemaregistry.v1+json")

typedef struct registry_route {
    const char *method, *path;
    int (*handle)(registry_call *c);
    const registry_setting *setting; /* what `handle` is about; NULL: it is about one thing */
} registry_route;

static const registry_route routes[] = {
    {"GET", "/subjects", registry_get_subjects, NULL},
    {"POST", "/subjects/*", registry_post_lookup, NULL},
    {"DELETE", "/subjects/*", registry_remove_subject, NULL},
    {"GET", "/subjects/*/versions", registry_get_versions, NULL},
    {"POST", "/subjects/*/versions", registry_post_version, NULL},
    {"GET", "/subjects/*/versions/*", registry_get_version, NULL},
    {"DELETE", "/subjects/*/versions/*", registry_remove_version, NULL},
    {"GET", "/subjects/*/versions/*/schema", registry_get_version_schema, NULL},
    {"GET", "/subjects/*/versions/*/referencedby", registry_get_referrers, NULL},
    {"GET", "/schemas", registry_get_schemas, NULL},
    {"GET", "/schemas/types", registry_get_types, NULL},
    {"GET", "/schemas/ids/*", registry_get_id, NULL},
    {"GET", "/schemas/ids/*/schema", registry_get_id_schema, NULL},
    {"GET", "/schemas/ids/*/subjects", registry_get_id_subjects, NULL},
    {"GET", "/schemas/ids/*/versions", registry_get_id_versions, NULL},
    {"GET", "/config", registry_get_setting, &REGISTRY_LEVEL_SETTING},
    {"PUT", "/config", registry_put_setting, &REGISTRY_LEVEL_SETTING},
    {"DELETE", "/config", registry_remove_setting, &REGISTRY_LEVEL_SETTING},
    {"GET", "/config/*", registry_get_setting, &REGISTRY_LEVEL_SETTING},
    {"PUT", "/config/*", registry_put_setting, &REGISTRY_LEVEL_SETTING},
    {"DELETE", "/config/*", registry_remove_setting, &REGISTRY_LEVEL_SETTING},
    {"GET", "/mode", registry_get_setting, &REGISTRY_MODE_SETTING},
    {"PUT", "/mode", registry_put_setting, &REGISTRY_MODE_SETTING},
    {"GET", "/mode/*", registry_get_setting, &REGISTRY_MODE_SETTING},
    {"PUT", "/mode/*", registry_put_setting, &REGISTRY_MODE_SETTING},
    {"DELETE", "/mode/*", registry_remove_setting, &REGISTRY_MODE_SETTING},
    {"POST", "/compatibility/subjects/*/versions", registry_post_compatibility_all, NULL},
    {"POST", "/compatibility/subjects/*/versions/*", registry_post_compatibility, NULL},
};

/* Takes what is before the byte off the text. */
static slice take_until(slice *text, char byte) {
    const char *end = text->length ? memchr(text->data, byte, text->length) : NULL;
    slice taken = slice_make(text->data, end ? (size_t)(end - text->data) : text->length);
    size_t skipped = taken.length + (end ? 1 : 0);
    *text = slice_make(text->data + skipped, text->length - skipped);
    return taken;
}

/* Compares segment by segment and fills those that the pattern leaves open. */
static bool matches(registry_call *c, slice pattern, slice path) {
    int open = 0;
    memset(c->segments, 0, sizeof c->segments);
    while (pattern.length && path.length) {
        slice wanted = take_until(&pattern, '/'), given = take_until(&path, '/');
        if (slice_is(wanted, "*") && given.length)
            c->segments[open++] = rest_decode(c->arena, given, false);
        else if (!slice_equal(wanted, given))
            return false;
    }
    return !pattern.length && !path.length;
}

static int run(registry_call *c) {
    slice path = c->request->path, method = c->request->method;
    bool known = false;
    if (path.length > 1 && path.data[path.length - 1] == '/')
        path.length--;
    if (slice_is(method, "HEAD"))
        method = SLICE_LITERAL("GET");
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!matches(c, slice_of(routes[i].path), path))
            continue;
        c->setting = routes[i].setting;
        if (slice_is(method, routes[i].method))
            return routes[i].handle(c);
        known = true;
    }
    return known ? registry_call_fail(c, 405, "HTTP 405 Method Not Allowed")
                 : registry_call_fail(c, 404, "HTTP 404 Not Found");
}

/* A message with what is said besides. */
static void append_error(buffer *out, int code, const error *e) {
    buffer message = {0};
    buffer_append_text(&message, e->message);
    if (*e->detail)
        buffer_format(&message, " %s", e->detail);
    buffer_clear(out);
    buffer_format(out, "{\"error_code\":%d,\"message\":", code);
    buffer_append_json_string(out, buffer_slice(&message));
    buffer_append_byte(out, '}');
    buffer_free(&message);
}

static bool is_under(slice path, const char *root) {
    slice front = slice_of(root);
    return slice_starts_with(path, front) &&
           (path.length == front.length || path.data[front.length] == '/');
}

bool rest_registry(rest *r, http_exchange *x, const http_request *request) {
    slice path = request->path;
    if (!is_under(path, "/subjects") && !is_under(path, "/schemas") && !is_under(path, "/config") &&
        !is_under(path, "/mode") && !is_under(path, "/compatibility"))
        return false;
    registry_call c = {.registry = instance_embedded_registry(r->instance),
        .request = request,
        .arena = arena_create()};
    int code = c.registry ? run(&c)
                          : registry_call_fail(&c, 404,
                                "This server has no schema registry of its own: it was started "
                                "with --schema-registry");
    if (code)
        append_error(&c.out, code, &c.e);
    http_respond(x,
        !code         ? 200
        : code < 1000 ? code
                      : code / 100,
        REGISTRY_TYPE, buffer_slice(&c.out));
    buffer_free(&c.out);
    arena_destroy(c.arena);
    return true;
}
