/* Parsing: named types are kept in a list by full name, so that a name stands for the node met
 * before, or for the one being defined (recursion). A record's node is listed before its fields are
 * read.
 */
#include "executor/format/avro_schema.h"

#include "base/memory.h"
#include "executor/format/schema_header.h"

typedef struct avro_parser {
    arena *memory;
    avro_node **named;
    int named_count, named_capacity;
    int depth;
    error *e;
} avro_parser;

static const char *const kind_names[] = {"null", "boolean", "int", "long", "float", "double",
    "bytes", "string", "record", "enum", "array", "map", "union", "fixed"};

const char *avro_kind_name(avro_kind kind) {
    return kind_names[kind];
}

static avro_node *fail(avro_parser *p, const char *what, slice about) {
    error_set(p->e, ERROR_DATA, "The Avro schema is broken: %s%s%.*s", what,
        about.length ? " " : "", SLICE_ARG(about));
    return NULL;
}

static avro_node *parse(avro_parser *p, const json_t *json, slice namespace);

/* ---- names ---- */

static bool has_dot(slice name) {
    return name.length && memchr(name.data, '.', name.length) != NULL;
}

static slice full_name(avro_parser *p, slice name, slice namespace) {
    if (has_dot(name) || namespace.length == 0)
        return arena_copy(p->memory, name);
    return arena_format(p->memory, "%.*s.%.*s", SLICE_ARG(namespace), SLICE_ARG(name));
}

static slice namespace_of(slice name) {
    for (size_t i = name.length; i > 0; i--)
        if (name.data[i - 1] == '.')
            return slice_make(name.data, i - 1);
    return slice_make("", 0);
}

static avro_node *find_named(avro_parser *p, slice name, slice namespace) {
    slice full = full_name(p, name, namespace);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < p->named_count; i++)
            if (slice_equal(p->named[i]->name, pass ? name : full))
                return p->named[i];
    }
    return fail(p, "unknown type", name);
}

static void add_named(avro_parser *p, avro_node *node) {
    if (p->named_count == p->named_capacity) {
        p->named_capacity = p->named_capacity ? p->named_capacity * 2 : 8;
        p->named = memory_resize(p->named, sizeof(avro_node *) * (size_t)p->named_capacity);
    }
    p->named[p->named_count++] = node;
}

/* ---- types ---- */

static avro_node *parse_name(avro_parser *p, slice name, slice namespace) {
    for (int kind = AVRO_NULL; kind <= AVRO_STRING; kind++)
        if (slice_is(name, kind_names[kind])) {
            avro_node *node = ARENA_NEW(p->memory, avro_node);
            node->kind = (avro_kind)kind;
            return node;
        }
    return find_named(p, name, namespace);
}

static avro_node *parse_union(avro_parser *p, const json_t *json, slice namespace) {
    avro_node *node = ARENA_NEW(p->memory, avro_node);
    node->kind = AVRO_UNION;
    node->count = (int)json_array_size(json);
    node->branches = ARENA_ARRAY(p->memory, avro_node *, node->count + 1);
    for (int i = 0; i < node->count; i++) {
        node->branches[i] = parse(p, json_array_get(json, (size_t)i), namespace);
        if (!node->branches[i])
            return NULL;
    }
    return node;
}

static avro_node *parse_record(
    avro_parser *p, const json_t *json, avro_node *node, slice namespace) {
    const json_t *fields = json_object_get(json, "fields");
    if (!json_is_array(fields))
        return fail(p, "no fields in record", node->name);
    node->count = (int)json_array_size(fields);
    node->fields = ARENA_ARRAY(p->memory, avro_field, node->count + 1);
    for (int i = 0; i < node->count; i++) {
        const json_t *field = json_array_get(fields, (size_t)i);
        avro_field *to = &node->fields[i];
        to->name = schema_json_text(field, "name");
        if (!to->name.data)
            return fail(p, "a field without a name in record", node->name);
        to->fallback = json_object_get(field, "default");
        to->json = field;
        to->node = parse(p, json_object_get(field, "type"), namespace);
        if (!to->node)
            return NULL;
    }
    return node;
}

static avro_node *parse_enum(avro_parser *p, const json_t *json, avro_node *node) {
    const json_t *symbols = json_object_get(json, "symbols");
    node->count = (int)json_array_size(symbols);
    node->symbols = ARENA_ARRAY(p->memory, slice, node->count + 1);
    for (int i = 0; i < node->count; i++) {
        const json_t *symbol = json_array_get(symbols, (size_t)i);
        if (!json_is_string(symbol))
            return fail(p, "a symbol that is no string in enum", node->name);
        node->symbols[i] = slice_make(json_string_value(symbol), json_string_length(symbol));
    }
    return node;
}

static avro_node *parse_fixed(avro_parser *p, const json_t *json, avro_node *node) {
    const json_t *size = json_object_get(json, "size");
    node->size = json_integer_value(size);
    if (!json_is_integer(size) || node->size < 0)
        return fail(p, "no size in fixed", node->name);
    return node;
}

static avro_node *parse_named(avro_parser *p, const json_t *json, avro_kind kind, slice namespace) {
    avro_node *node = ARENA_NEW(p->memory, avro_node);
    node->kind = kind;
    node->json = json;
    slice name = schema_json_text(json, "name"), own = schema_json_text(json, "namespace");
    if (!name.data)
        return fail(p, "a type without a name", slice_make("", 0));
    node->name = full_name(p, name, own.data ? own : namespace);
    add_named(p, node);
    if (kind == AVRO_RECORD)
        return parse_record(p, json, node, namespace_of(node->name));
    return kind == AVRO_ENUM ? parse_enum(p, json, node) : parse_fixed(p, json, node);
}

static avro_node *parse_container(
    avro_parser *p, const json_t *json, avro_kind kind, slice namespace) {
    avro_node *node = ARENA_NEW(p->memory, avro_node);
    node->kind = kind;
    node->element =
        parse(p, json_object_get(json, kind == AVRO_ARRAY ? "items" : "values"), namespace);
    return node->element ? node : NULL;
}

static avro_logical logical_of(slice name, avro_kind kind) {
    static const struct {
        const char *name;
        avro_logical logical;
        avro_kind kind;
    } all[] = {{"decimal", AVRO_DECIMAL, AVRO_BYTES}, {"decimal", AVRO_DECIMAL, AVRO_FIXED},
        {"date", AVRO_DATE, AVRO_INT}, {"time-millis", AVRO_TIME_MILLIS, AVRO_INT},
        {"time-micros", AVRO_TIME_MICROS, AVRO_LONG},
        {"timestamp-millis", AVRO_TIMESTAMP_MILLIS, AVRO_LONG},
        {"timestamp-micros", AVRO_TIMESTAMP_MICROS, AVRO_LONG}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (kind == all[i].kind && slice_is(name, all[i].name))
            return all[i].logical;
    return AVRO_PLAIN;
}

/* A primitive with a logical type is a node of its own. A broken decimal is plain bytes. */
static avro_node *add_logical(avro_parser *p, avro_node *node, const json_t *json) {
    avro_logical logical = logical_of(schema_json_text(json, "logicalType"), node->kind);
    if (logical == AVRO_PLAIN)
        return node;
    int64_t precision = json_integer_value(json_object_get(json, "precision"));
    int64_t scale = json_integer_value(json_object_get(json, "scale"));
    if (logical == AVRO_DECIMAL && (precision < 1 || scale < 0 || scale > precision))
        return node;
    node->logical = logical;
    node->precision = precision > 38 ? 38 : (int)precision;
    node->scale = scale > 38 ? 38 : (int)scale;
    return node;
}

static avro_node *parse_object(avro_parser *p, const json_t *json, slice namespace) {
    const json_t *type = json_object_get(json, "type");
    if (!json_is_string(type))
        return type ? parse(p, type, namespace) : fail(p, "no type", slice_make("", 0));
    slice name = schema_json_text(json, "type");
    if (slice_is(name, "array"))
        return parse_container(p, json, AVRO_ARRAY, namespace);
    if (slice_is(name, "map"))
        return parse_container(p, json, AVRO_MAP, namespace);
    avro_node *node;
    if (slice_is(name, "record") || slice_is(name, "error"))
        node = parse_named(p, json, AVRO_RECORD, namespace);
    else if (slice_is(name, "enum"))
        node = parse_named(p, json, AVRO_ENUM, namespace);
    else if (slice_is(name, "fixed"))
        node = parse_named(p, json, AVRO_FIXED, namespace);
    else
        node = parse_name(p, name, namespace);
    return node ? add_logical(p, node, json) : NULL;
}

static avro_node *parse(avro_parser *p, const json_t *json, slice namespace) {
    if (++p->depth > AVRO_MAX_DEPTH)
        return fail(p, "nested too deep", slice_make("", 0));
    avro_node *node = NULL;
    if (json_is_string(json))
        node =
            parse_name(p, slice_make(json_string_value(json), json_string_length(json)), namespace);
    else if (json_is_array(json))
        node = parse_union(p, json, namespace);
    else if (json_is_object(json))
        node = parse_object(p, json, namespace);
    else
        fail(p, "a type that is no name, object or list", slice_make("", 0));
    p->depth--;
    return node;
}

avro_schema *avro_schema_parse(slice text, error *e) {
    json_t *json = schema_parse_json(text, "Avro schema", e);
    if (!json)
        return NULL;
    avro_schema *s = MEMORY_NEW(avro_schema);
    s->memory = arena_create();
    s->json = json;
    avro_parser p = {.memory = s->memory, .e = e};
    s->root = parse(&p, json, slice_make("", 0));
    memory_free(p.named);
    if (s->root)
        return s;
    avro_schema_close(s);
    return NULL;
}

void avro_schema_close(avro_schema *s) {
    if (!s)
        return;
    json_decref(s->json);
    arena_destroy(s->memory);
    memory_free(s);
}

int avro_find_field(const avro_node *record, slice name) {
    for (int i = 0; i < record->count; i++)
        if (slice_equal(record->fields[i].name, name))
            return i;
    for (int i = 0; i < record->count; i++)
        if (slice_equal_ignore_case(record->fields[i].name, name))
            return i;
    return -1;
}

bool avro_is_map_entries(const avro_node *array) {
    const avro_node *entry = array->element;
    return array->kind == AVRO_ARRAY && entry->kind == AVRO_RECORD && entry->count == 2 &&
           slice_is(entry->fields[0].name, "key") && slice_is(entry->fields[1].name, "value");
}

bool avro_is_choice(const avro_node *node) {
    int values = 0;
    for (int i = 0; node->kind == AVRO_UNION && i < node->count; i++)
        values += node->branches[i]->kind != AVRO_NULL;
    return values > 1;
}

slice avro_branch_name(const avro_node *branch) {
    slice name = branch->name;
    if (!name.data)
        return slice_of(kind_names[branch->kind]);
    slice namespace = namespace_of(name);
    size_t skipped = namespace.length ? namespace.length + 1 : 0;
    return slice_make(name.data + skipped, name.length - skipped);
}

int *avro_match_choice(arena *a, const avro_node *node, const sql_type *type) {
    if (!avro_is_choice(node) || type->base != SQL_STRUCT)
        return NULL;
    int *fields = ARENA_ARRAY(a, int, node->count);
    bool any = false;
    for (int i = 0; i < node->count; i++) {
        slice name = avro_branch_name(node->branches[i]);
        bool null = node->branches[i]->kind == AVRO_NULL;
        fields[i] = -1;
        for (int f = 0; !null && f < type->field_count && fields[i] < 0; f++)
            if (slice_equal_ignore_case(type->fields[f].name, name))
                fields[i] = f;
        any |= fields[i] >= 0;
    }
    return any ? fields : NULL;
}
