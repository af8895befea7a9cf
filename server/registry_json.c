/* Does every value that the writer's schema admits fit the reader's? Each keyword of the reader
 * restricts, so each must be shown to hold from the writer's keywords; keywords of the writer that
 * the reader does not have may be left out. A pair of schemas that is already being compared
 * further out is taken to fit, as recursive schemas need.
 */
#include <jansson.h>

#include "base/arena.h"
#include "server/registry_compatibility.h"

/* Unions of unions can ask for more comparisons than anybody waits for. */
enum { MAX_DEPTH = 200, MAX_STEPS = 200000 };

typedef struct pair {
    const json_t *reader, *writer;
    const struct pair *outer;
    slice path; /* in the reader's schema */
    int depth;
} pair;

typedef struct check {
    arena *arena;
    const json_t *reader_root, *writer_root;
    error *why;
    int *steps; /* comparisons so far */
} check;

static bool reads(const check *c, const json_t *reader, const json_t *writer, const pair *outer,
    const char *step);

static bool refuse(const check *c, const pair *at, const char *keyword) {
    return error_set(c->why, ERROR_DATA,
        "at #%.*s: the writer's schema does not show that \"%s\" of the reader's holds",
        SLICE_ARG(at->path), keyword);
}

/* ---- looking at schemas ---- */

static bool has_reference(const json_t *schema) {
    const char *name;
    json_t *value;
    if (json_is_object(schema) && json_object_get(schema, "$ref"))
        return true;
    json_object_foreach((json_t *)schema, name, value) {
        if (has_reference(value))
            return true;
    }
    for (size_t i = 0; i < json_array_size(schema); i++)
        if (has_reference(json_array_get(schema, i)))
            return true;
    return false;
}

/* What a chain of references within the document leads to; what leads out of it stays. */
static const json_t *follow(arena *a, const json_t *root, const json_t *schema) {
    for (int step = 0; step < MAX_DEPTH; step++) {
        const char *path = json_string_value(json_object_get(schema, "$ref"));
        if (!path || path[0] != '#')
            return schema;
        const json_t *at = root;
        slice rest = slice_of(path + 1);
        while (at && rest.length) {
            rest = slice_make(rest.data + 1, rest.length - 1);
            const char *end = memchr(rest.data, '/', rest.length);
            size_t length = end ? (size_t)(end - rest.data) : rest.length;
            at = json_object_get(at, arena_copy(a, slice_make(rest.data, length)).data);
            rest = slice_make(rest.data + length, rest.length - length);
        }
        if (!at)
            return schema;
        schema = at;
    }
    return schema;
}

static bool lists(const json_t *list, const json_t *value) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), value))
            return true;
    return false;
}

static bool names_type(const json_t *type, const char *name) {
    const char *single = json_string_value(type);
    if (single && strcmp(single, name) == 0)
        return true;
    for (size_t i = 0; i < json_array_size(type); i++)
        if (names_type(json_array_get(type, i), name))
            return true;
    return false;
}

static bool may_be(const json_t *writer, const char *type) {
    const json_t *types = json_object_get(writer, "type");
    return !types || names_type(types, type);
}

/* ---- keywords ---- */

static bool takes_type(const json_t *reader, const json_t *type) {
    const char *name = json_string_value(type);
    return name && (names_type(reader, name) ||
                       (strcmp(name, "integer") == 0 && names_type(reader, "number")));
}

static bool fits_type(const check *c, const pair *at) {
    const json_t *reader = json_object_get(at->reader, "type");
    const json_t *writer = json_object_get(at->writer, "type");
    if (!reader)
        return true;
    bool ok = json_is_array(writer) || takes_type(reader, writer);
    for (size_t i = 0; i < json_array_size(writer); i++)
        ok = ok && takes_type(reader, json_array_get(writer, i));
    return ok || refuse(c, at, "type");
}

static bool fits_values(const check *c, const pair *at) {
    const json_t *all = json_object_get(at->reader, "enum");
    const json_t *one = json_object_get(at->reader, "const");
    const json_t *written = json_object_get(at->writer, "enum");
    const json_t *single = json_object_get(at->writer, "const");
    if (one && !(single && json_equal(one, single)))
        return refuse(c, at, "const");
    if (!all)
        return true;
    bool ok = written || (single && lists(all, single));
    for (size_t i = 0; i < json_array_size(written); i++)
        ok = ok && lists(all, json_array_get(written, i));
    return ok || refuse(c, at, "enum");
}

static bool fits_bounds(const check *c, const pair *at) {
    static const char *const least[] = {
        "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"};
    static const char *const most[] = {
        "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"};
    for (int i = 0; i < 10; i++) {
        const char *name = i < 5 ? least[i] : most[i - 5];
        const json_t *reader = json_object_get(at->reader, name);
        const json_t *writer = json_object_get(at->writer, name);
        double limit = json_number_value(reader), written = json_number_value(writer);
        bool equal = writer && json_equal(reader, writer);
        bool within = json_is_number(reader) && json_is_number(writer) &&
                      (i < 5 ? written >= limit : written <= limit);
        if (reader && !equal && !within)
            return refuse(c, at, name);
    }
    return true;
}

/* Keywords that are not taken apart: the writer must have the same. */
static bool fits_others(const check *c, const pair *at) {
    static const char *const names[] = {"$ref", "$dynamicRef", "$recursiveRef", "not", "if", "then",
        "else", "patternProperties", "dependencies", "dependentRequired", "dependentSchemas",
        "contains", "minContains", "maxContains", "propertyNames", "pattern", "format",
        "multipleOf", "uniqueItems", "unevaluatedProperties", "unevaluatedItems", "additionalItems",
        "prefixItems"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *reader = json_object_get(at->reader, names[i]);
        const json_t *writer = json_object_get(at->writer, names[i]);
        bool exact = i == 0 || (reader && !has_reference(reader));
        if (reader && !(writer && exact && json_equal(reader, writer)))
            return refuse(c, at, names[i]);
    }
    return true;
}

/* ---- objects and arrays ---- */

static bool is_closed(const json_t *schema) {
    return json_is_false(json_object_get(schema, "additionalProperties"));
}

/* What a schema says about properties that it does not name; NULL: anything goes. */
static const json_t *rest_of(const json_t *schema) {
    return json_object_get(schema, "additionalProperties");
}

static bool fits_required(const check *c, const pair *at) {
    const json_t *reader = json_object_get(at->reader, "required");
    const json_t *writer = json_object_get(at->writer, "required");
    const json_t *properties = json_object_get(at->reader, "properties");
    for (size_t i = 0; i < json_array_size(reader); i++) {
        const json_t *name = json_array_get(reader, i);
        const json_t *property = json_object_get(properties, json_string_value(name));
        if (!lists(writer, name) && !json_object_get(property, "default"))
            return refuse(c, at, "required");
    }
    return true;
}

/* A property that only one names meets what the other says about the rest. */
static bool fits_properties(const check *c, const pair *at) {
    json_t *reader = json_object_get(at->reader, "properties");
    json_t *writer = json_object_get(at->writer, "properties");
    const char *name;
    json_t *property;
    json_object_foreach(reader, name, property) {
        const json_t *written = json_object_get(writer, name);
        if (!written && is_closed(at->writer))
            continue;
        if (!reads(c, property, written ? written : rest_of(at->writer), at, name))
            return false;
    }
    json_object_foreach(writer, name, property) {
        if (!json_object_get(reader, name) && !reads(c, rest_of(at->reader), property, at, name))
            return false;
    }
    return is_closed(at->writer) ||
           reads(c, rest_of(at->reader), rest_of(at->writer), at, "additionalProperties");
}

static bool fits_items(const check *c, const pair *at) {
    const json_t *reader = json_object_get(at->reader, "items");
    const json_t *writer = json_object_get(at->writer, "items");
    if (!reader)
        return true;
    if (json_is_array(reader) || json_is_array(writer))
        return json_equal(reader, writer) || refuse(c, at, "items");
    return reads(c, reader, writer, at, "items");
}

/* ---- alternatives ---- */

static bool any_branch(const check *c, const pair *at, const char *keyword) {
    const json_t *branches = json_object_get(at->reader, keyword);
    check quiet = *c;
    if (!branches)
        return true;
    for (size_t i = 0; i < json_array_size(branches); i++) {
        error ignored = {0};
        quiet.why = &ignored;
        if (reads(&quiet, json_array_get(branches, i), at->writer, at, keyword))
            return true;
    }
    return refuse(c, at, keyword);
}

static bool all_branches(const check *c, const pair *at) {
    const json_t *branches = json_object_get(at->reader, "allOf");
    for (size_t i = 0; i < json_array_size(branches); i++)
        if (!reads(c, json_array_get(branches, i), at->writer, at, "allOf"))
            return false;
    return true;
}

/* A writer's alternatives must all be read. */
static bool reads_alternatives(const check *c, const pair *at, const json_t *branches) {
    for (size_t i = 0; i < json_array_size(branches); i++)
        if (!reads(c, at->reader, json_array_get(branches, i), at, "oneOf"))
            return false;
    return true;
}

static bool is_being_compared(const pair *outer, const json_t *reader, const json_t *writer) {
    while (outer && !(outer->reader == reader && outer->writer == writer))
        outer = outer->outer;
    return outer != NULL;
}

/* NULL stands for the schema that admits anything. */
static bool reads(const check *c, const json_t *reader, const json_t *writer, const pair *outer,
    const char *step) {
    reader = follow(c->arena, c->reader_root, reader);
    writer = follow(c->arena, c->writer_root, writer);
    if (!reader || json_is_true(reader) || json_is_false(writer) ||
        is_being_compared(outer, reader, writer))
        return true;
    slice path =
        outer ? arena_format(c->arena, "%.*s/%s", SLICE_ARG(outer->path), step) : (slice){"", 0};
    pair at = {reader, writer, outer, path, outer ? outer->depth + 1 : 0};
    if (++*c->steps > MAX_STEPS)
        return error_set(c->why, ERROR_LIMIT, "the schemas are too intricate to compare");
    if (json_is_false(reader) || at.depth > MAX_DEPTH)
        return error_set(
            c->why, ERROR_DATA, "at #%.*s: the reader admits nothing here", SLICE_ARG(path));
    const json_t *branches = json_object_get(writer, "oneOf");
    if (!branches)
        branches = json_object_get(writer, "anyOf");
    if (branches)
        return reads_alternatives(c, &at, branches);
    if (!any_branch(c, &at, "oneOf") || !any_branch(c, &at, "anyOf") || !all_branches(c, &at))
        return false;
    return fits_type(c, &at) && fits_values(c, &at) && fits_bounds(c, &at) && fits_others(c, &at) &&
           (!may_be(writer, "object") || (fits_required(c, &at) && fits_properties(c, &at))) &&
           (!may_be(writer, "array") || fits_items(c, &at));
}

static json_t *parse(slice text, error *why) {
    json_t *json = json_loadb(text.data, text.length, JSON_DECODE_ANY, NULL);
    if (!json)
        error_set(why, ERROR_DATA, "the schema is not JSON");
    return json;
}

bool registry_json_reads(slice reader_text, slice writer_text, error *why) {
    json_t *reader = parse(reader_text, why), *writer = parse(writer_text, why);
    int steps = 0;
    check c = {arena_create(), reader, writer, why, &steps};
    bool ok = reader && writer && reads(&c, reader, writer, NULL, "");
    arena_destroy(c.arena);
    json_decref(reader);
    json_decref(writer);
    return ok;
}
