/* What the registry's REST API can set for a subject, or for all that have nothing of their own:
 * the level of compatibility (/config) and the mode (/mode). Both are read, set and forgotten
 * alike; a setting says where they differ. */
#include "server/registry_compatibility.h"
#include "server/rest_registry_call.h"

struct registry_setting {
    const char *member;        /* in the body and answer of PUT */
    const char *shown;         /* in all other answers */
    const char *name;          /* in messages */
    const char *otherwise;     /* when nothing is set */
    const char *refusal;       /* for a value that is none of `find` */
    int missing, refused;      /* error codes */
    slice (*find)(slice name); /* the value as it is kept; the NULL slice for an unknown one */
    slice (*own)(embedded_registry *r, slice subject, arena *a);
    slice (*effective)(embedded_registry *r, slice subject, arena *a);
    int (*set)(registry_call *c, slice subject, slice value);
};

/* ---- the two settings ---- */

static slice effective_level(embedded_registry *r, slice subject, arena *a) {
    return registry_effective_level(r, subject, REGISTRY_LEVEL_SETTING.otherwise, a);
}

static int set_level(registry_call *c, slice subject, slice level) {
    pthread_mutex_lock(&c->registry->lock);
    bool ok = registry_set_level(c->registry, subject, level, &c->e);
    pthread_mutex_unlock(&c->registry->lock);
    return ok ? 0 : REGISTRY_BROKEN;
}

/* Going back to what holds for all is always allowed. */
static int set_mode(registry_call *c, slice subject, slice mode) {
    bool force = !mode.data || registry_call_is_on(c, "force");
    return registry_change_mode(c->registry, subject, mode, force, c->arena, &c->e);
}

const registry_setting REGISTRY_LEVEL_SETTING = {
    .member = "compatibility",
    .shown = "compatibilityLevel",
    .name = "compatibility",
    .otherwise = "BACKWARD",
    .refusal = "Invalid compatibility level. Valid values are none, backward, forward, full, "
               "backward_transitive, forward_transitive, and full_transitive",
    .missing = REGISTRY_NO_LEVEL,
    .refused = REGISTRY_BAD_LEVEL,
    .find = registry_level_find,
    .own = registry_level,
    .effective = effective_level,
    .set = set_level,
};

const registry_setting REGISTRY_MODE_SETTING = {
    .member = "mode",
    .shown = "mode",
    .name = "mode",
    .otherwise = "READWRITE",
    .refusal = "Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE, IMPORT",
    .missing = REGISTRY_NO_MODE,
    .refused = REGISTRY_BAD_MODE,
    .find = registry_mode_find,
    .own = registry_mode,
    .effective = registry_effective_mode,
    .set = set_mode,
};

/* ---- handlers ---- */

/* The subject of /config/SUBJECT; /config is about all: the empty one. */
static slice setting_subject(const registry_call *c) {
    return c->segments[0].data ? c->segments[0] : SLICE_LITERAL("");
}

static slice own_value(registry_call *c) {
    pthread_mutex_lock(&c->registry->lock);
    slice value = c->setting->own(c->registry, setting_subject(c), c->arena);
    pthread_mutex_unlock(&c->registry->lock);
    return value;
}

static int answer(registry_call *c, const char *name, slice value) {
    buffer_append_byte(&c->out, '{');
    registry_append_member(&c->out, name, value);
    buffer_append_byte(&c->out, '}');
    return 0;
}

static int answer_missing(registry_call *c) {
    error_set(&c->e, ERROR_NOT_FOUND, "Subject '%.*s' does not have subject-level %s configured",
        SLICE_ARG(c->segments[0]), c->setting->name);
    return c->setting->missing;
}

int registry_get_setting(registry_call *c) {
    bool is_own = c->segments[0].data && !registry_call_is_on(c, "defaultToGlobal");
    if (is_own && !own_value(c).data)
        return answer_missing(c);
    return answer(
        c, c->setting->shown, c->setting->effective(c->registry, setting_subject(c), c->arena));
}

int registry_put_setting(registry_call *c) {
    json_t *body = registry_call_body(c);
    if (!body)
        return 400;
    slice value = registry_call_text(c, body, c->setting->member);
    json_decref(body);
    value = value.data ? c->setting->find(value) : value;
    if (!value.data)
        return registry_call_fail(c, c->setting->refused, c->setting->refusal);
    int code = c->setting->set(c, setting_subject(c), value);
    return code ? code : answer(c, c->setting->member, value);
}

/* Answers what was set before. */
int registry_remove_setting(registry_call *c) {
    slice own = own_value(c);
    if (!own.data && c->segments[0].data)
        return answer_missing(c);
    int code = c->setting->set(c, setting_subject(c), (slice){NULL, 0});
    return code ? code
                : answer(c, c->setting->shown, own.data ? own : slice_of(c->setting->otherwise));
}
