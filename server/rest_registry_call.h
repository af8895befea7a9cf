/* rest_registry_call.h - one request to the embedded schema registry: what it says, the pieces that
 * answers are made of, and the handlers. Private to server/.
 *
 * A handler appends its answer to the call's buffer and gives 0, or an error code (40401) with the
 * message in the call's error. A call lives as long as its request and belongs to one thread; what
 * is read from it is in its arena.
 */
#ifndef SLUICE_SERVER_REST_REGISTRY_CALL_H
#define SLUICE_SERVER_REST_REGISTRY_CALL_H

#include <jansson.h>

#include "server/http.h"
#include "server/registry_register.h"

enum { REGISTRY_SEGMENTS_MOST = 3 };

/* What can be set for one subject or for all: rest_registry_settings.c. */
typedef struct registry_setting registry_setting;
extern const registry_setting REGISTRY_LEVEL_SETTING, REGISTRY_MODE_SETTING;

typedef struct registry_call {
    embedded_registry *registry;
    const http_request *request;
    arena *arena;
    slice
        segments[REGISTRY_SEGMENTS_MOST]; /* the path's variable ones, decoded; then NULL slices */
    const registry_setting *setting;      /* of the route; NULL where it is about none */
    buffer out;
    error e;
} registry_call;

int registry_call_fail(registry_call *c, int code, const char *message);
/* A parameter of the query string; the NULL slice when it is not there. */
slice registry_call_parameter(const registry_call *c, const char *name);
/* Whether a parameter of the query string is "true". */
bool registry_call_is_on(const registry_call *c, const char *name);
/* A version's number, or REGISTRY_LATEST. */
int registry_call_version(registry_call *c, slice text, int32_t *version);
/* The body, for json_decref; NULL with the error when it is no JSON object. */
json_t *registry_call_body(registry_call *c);
/* A text of the body; the NULL slice when it is not there. */
slice registry_call_text(registry_call *c, const json_t *body, const char *name);
/* The body {"schema", "schemaType", "references"} as a prepared schema of the path's subject. */
int registry_call_schema(registry_call *c, registry_version *schema);

/* "name":"text", behind a comma unless it is an object's first member. */
void registry_append_member(buffer *out, const char *name, slice text);

/* Handlers of rest_registry_schemas.c. */
int registry_get_subjects(registry_call *c);
int registry_get_versions(registry_call *c);
int registry_post_version(registry_call *c);
int registry_post_lookup(registry_call *c);
int registry_get_version(registry_call *c);
int registry_get_version_schema(registry_call *c);
int registry_get_referrers(registry_call *c);
int registry_remove_subject(registry_call *c);
int registry_remove_version(registry_call *c);
int registry_get_schemas(registry_call *c);
int registry_get_types(registry_call *c);
int registry_get_id(registry_call *c);
int registry_get_id_schema(registry_call *c);
int registry_get_id_subjects(registry_call *c);
int registry_get_id_versions(registry_call *c);
int registry_post_compatibility(registry_call *c);
int registry_post_compatibility_all(registry_call *c);

/* Handlers of rest_registry_settings.c, for the call's setting. */
int registry_get_setting(registry_call *c);
int registry_put_setting(registry_call *c);
int registry_remove_setting(registry_call *c);

#endif
