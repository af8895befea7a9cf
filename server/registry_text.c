/* Equality is that of tokens. References of Avro schemas are resolved on the parsed JSON: a name
 * that no definition has and a reference does is replaced by the definition, once. */
#include "server/registry_text.h"

#include <jansson.h>
#include <stdlib.h>

#include "executor/format/proto_descriptor.h"
#include "executor/format/proto_schema.h"

enum { MAX_DEPTH = 50 };

/* ---- equality ---- */

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The place behind a string that starts at `at`. */
static size_t skip_string(slice text, size_t at) {
    char quote = text.data[at++];
    while (at < text.length && text.data[at] != quote)
        at += text.data[at] == '\\' ? 2 : 1;
    return at < text.length ? at + 1 : text.length;
}

/* The place behind a comment; `at` when none starts there. */
static size_t skip_comment(slice text, size_t at) {
    slice rest = slice_make(text.data + at, text.length - at);
    if (slice_starts_with(rest, SLICE_LITERAL("//"))) {
        const char *line = memchr(rest.data, '\n', rest.length);
        return line ? (size_t)(line - text.data) : text.length;
    }
    if (!slice_starts_with(rest, SLICE_LITERAL("/*")))
        return at;
    const char *close = memmem(rest.data + 2, rest.length - 2, "*/", 2);
    return close ? (size_t)(close - text.data) + 2 : text.length;
}

/* Without white space and, if asked, comments; a blank stays between two words. */
static slice squeeze(arena *a, slice text, bool comments) {
    char *out = arena_allocate(a, text.length + 1);
    size_t length = 0, at = 0;
    bool gap = false;
    while (at < text.length) {
        size_t behind = comments ? skip_comment(text, at) : at;
        if (behind > at || is_space(text.data[at])) {
            at = behind > at ? behind : at + 1;
            gap = true;
            continue;
        }
        if (gap && length && is_word(out[length - 1]) && is_word(text.data[at]))
            out[length++] = ' ';
        gap = false;
        bool quoted = text.data[at] == '"' || (comments && text.data[at] == '\'');
        behind = quoted ? skip_string(text, at) : at + 1;
        memcpy(out + length, text.data + at, behind - at);
        length += behind - at;
        at = behind;
    }
    return slice_make(out, length);
}

/* {"type":"long"} is "long". */
static slice plain_type(slice text) {
    slice front = SLICE_LITERAL("{\"type\":");
    if (!slice_starts_with(text, front) || text.length < front.length + 3)
        return text;
    slice inner = slice_make(text.data + front.length, text.length - front.length - 1);
    if (inner.data[0] != '"' || inner.data[inner.length - 1] != '"' ||
        memchr(inner.data + 1, '"', inner.length - 2))
        return text;
    return inner;
}

static slice proto_text(arena *a, slice text) {
    buffer described = {0};
    if (proto_descriptor_text(text, &described))
        text = buffer_slice(&described);
    text = arena_copy(a, text);
    buffer_free(&described);
    return text;
}

slice registry_store_text(arena *a, slice type, slice text) {
    if (slice_is(type, "PROTOBUF"))
        return proto_text(a, text);
    slice squeezed = squeeze(a, text, false);
    return slice_is(type, "AVRO") ? plain_type(squeezed) : squeezed;
}

slice registry_identity(arena *a, slice type, slice text, slice references) {
    slice own =
        slice_is(type, "PROTOBUF") ? squeeze(a, text, true) : registry_store_text(a, type, text);
    if (!references.length || slice_is(references, "[]"))
        return own;
    return arena_format(a, "%.*s\n%.*s", SLICE_ARG(own), SLICE_ARG(references));
}

/* ---- references ---- */

/* Named types that references bring. */
typedef struct brought {
    json_t *definition;
    slice name; /* full */
    bool used;
} brought;

typedef struct resolver {
    const registry_fetcher *fetcher;
    arena *arena;
    brought *types;
    int count, depth;
    error *e;
} resolver;

static slice json_slice(const json_t *text) {
    return json_is_string(text) ? slice_make(json_string_value(text), json_string_length(text))
                                : (slice){NULL, 0};
}

static slice full_name(arena *a, slice name, slice namespace) {
    if (!namespace.length || memchr(name.data, '.', name.length))
        return name;
    return arena_format(a, "%.*s.%.*s", SLICE_ARG(namespace), SLICE_ARG(name));
}

static slice namespace_of(slice name) {
    while (name.length && name.data[name.length - 1] != '.')
        name.length--;
    name.length -= name.length > 0;
    return name;
}

static json_t *resolve_name(resolver *r, slice name, slice namespace) {
    slice full = full_name(r->arena, name, namespace);
    for (int i = 0; i < r->count; i++) {
        brought *t = &r->types[i];
        if (t->used || !(slice_equal(t->name, full) || slice_equal(t->name, name)))
            continue;
        t->used = true;
        return json_deep_copy(t->definition);
    }
    return NULL;
}

static void resolve_member(resolver *r, json_t *object, const char *member, slice namespace);

static void resolve_object(resolver *r, json_t *object, slice namespace) {
    slice name = json_slice(json_object_get(object, "name"));
    json_t *own = json_object_get(object, "namespace");
    if (name.data)
    namespace = namespace_of(full_name(r->arena, name, own ? json_slice(own) : namespace));
    json_t *fields = json_object_get(object, "fields"), *field;
    size_t i;
    json_array_foreach(fields, i, field) resolve_member(r, field, "type", namespace);
    resolve_member(r, object, "items", namespace);
    resolve_member(r, object, "values", namespace);
    if (!json_is_string(json_object_get(object, "type")))
        resolve_member(r, object, "type", namespace);
}

/* What stands for a type: itself (NULL), or the definition of its name. */
static json_t *resolve_type(resolver *r, json_t *type, slice namespace) {
    if (json_is_string(type))
        return resolve_name(r, json_slice(type), namespace);
    if (++r->depth > MAX_DEPTH)
        return NULL;
    if (json_is_object(type))
        resolve_object(r, type, namespace);
    for (size_t i = 0; i < json_array_size(type); i++) {
        json_t *other = resolve_type(r, json_array_get(type, i), namespace);
        if (other)
            json_array_set_new(type, i, other);
    }
    r->depth--;
    return NULL;
}

static void resolve_member(resolver *r, json_t *object, const char *member, slice namespace) {
    json_t *type = json_object_get(object, member);
    json_t *other = type ? resolve_type(r, type, namespace) : NULL;
    if (other)
        json_object_set_new(object, member, other);
}

/* A definition must mean the same wherever it is put. */
static void bring(resolver *r, json_t *definition) {
    slice name = json_slice(json_object_get(definition, "name"));
    slice namespace = json_slice(json_object_get(definition, "namespace"));
    if (name.data && !namespace.data && !memchr(name.data, '.', name.length))
        json_object_set_new(definition, "namespace", json_string(""));
    if (name.data)
        r->types[r->count++] = (brought){definition, full_name(r->arena, name, namespace), false};
    else
        json_decref(definition);
}

static slice resolve_avro_text(resolver *r, slice text) {
    json_t *json = json_loadb(text.data, text.length, JSON_DECODE_ANY, NULL);
    json_t *other = json ? resolve_type(r, json, (slice){NULL, 0}) : NULL;
    if (other) {
        json_decref(json);
        json = other;
    }
    char *dumped = json ? json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    json_decref(json);
    slice resolved = dumped ? arena_copy(r->arena, slice_of(dumped)) : text;
    free(dumped);
    return resolved;
}

/* The place behind the path of `import "path"`; NULL when the text imports it nowhere. Comments
 * and strings are passed over. */
static const char *find_import(slice text, slice path) {
    bool importing = false;
    for (size_t at = 0; at < text.length;) {
        size_t behind = skip_comment(text, at), from = at;
        if (behind > at) {
            at = behind;
        } else if (text.data[at] == '"' || text.data[at] == '\'') {
            at = skip_string(text, at);
            if (importing && at - from == path.length + 2 &&
                memcmp(text.data + from + 1, path.data, path.length) == 0)
                return text.data + at;
        } else if (is_word(text.data[at])) {
            while (at < text.length && is_word(text.data[at]))
                at++;
            slice word = slice_make(text.data + from, at - from);
            importing = slice_is(word, "import") ||
                        (importing && (slice_is(word, "public") || slice_is(word, "weak")));
        } else {
            importing = importing && is_space(text.data[at]);
            at++;
        }
    }
    return NULL;
}

/* Puts the imported file behind its path, as proto_schema_parse reads it. */
static slice include(arena *a, slice text, slice path, slice file) {
    const char *at = proto_import_is_known(path) ? NULL : find_import(text, path);
    if (!at)
        return text;
    int before = (int)(at - text.data), after = (int)text.length - before;
    return arena_format(a, "%.*s {\n%.*s\n}%.*s", before, text.data, SLICE_ARG(file), after, at);
}

static bool resolve_at_depth(const registry_fetcher *fetcher, slice type, slice text,
    slice references, int depth, arena *a, slice *resolved, error *e);

static bool resolve_reference(
    resolver *r, slice type, const json_t *reference, int depth, slice *resolved) {
    slice name = json_slice(json_object_get(reference, "name"));
    slice subject = json_slice(json_object_get(reference, "subject"));
    int32_t version = (int32_t)json_integer_value(json_object_get(reference, "version"));
    slice text, others;
    if (!name.data || !subject.data || version == 0)
        return error_set(
            r->e, ERROR_DATA, "A reference needs a \"name\", a \"subject\" and a \"version\"");
    if (!r->fetcher->fetch(r->fetcher->context, subject, version, r->arena, &text, &others, r->e) ||
        !resolve_at_depth(r->fetcher, type, text, others, depth + 1, r->arena, &text, r->e))
        return false;
    if (slice_is(type, "AVRO")) {
        json_t *definition = json_loadb(text.data, text.length, JSON_DECODE_ANY, NULL);
        if (definition)
            bring(r, definition);
    } else if (slice_is(type, "PROTOBUF")) {
        *resolved = include(r->arena, *resolved, name, text);
    }
    return true;
}

static bool resolve_at_depth(const registry_fetcher *fetcher, slice type, slice text,
    slice references, int depth, arena *a, slice *resolved, error *e) {
    *resolved = slice_is(type, "PROTOBUF") && references.length ? proto_text(a, text) : text;
    if (!references.length)
        return true;
    if (depth > MAX_DEPTH)
        return error_set(e, ERROR_LIMIT, "References of schemas are nested too deep");
    json_t *list = json_loadb(references.data, references.length, 0, NULL), *reference;
    resolver r = {.fetcher = fetcher, .arena = a, .e = e};
    r.types = ARENA_ARRAY(a, brought, json_array_size(list) + 1);
    bool ok = true;
    size_t i;
    json_array_foreach(list, i, reference) ok =
        ok && resolve_reference(&r, type, reference, depth, resolved);
    if (ok && slice_is(type, "AVRO"))
        *resolved = resolve_avro_text(&r, text);
    for (int t = 0; t < r.count; t++)
        json_decref(r.types[t].definition);
    json_decref(list);
    return ok;
}

bool registry_resolve(const registry_fetcher *fetcher, slice type, slice text, slice references,
    arena *a, slice *resolved, error *e) {
    return resolve_at_depth(fetcher, type, text, references, 0, a, resolved, e);
}
