/* A hand-written parser of the part of the .proto language that describes messages. Type names
 * stay text until the file and its imports are read; then each is looked for from the innermost
 * scope outwards, as the language has it.
 */
#include "executor/format/proto_schema.h"

#include "base/memory.h"
#include "executor/format/proto_descriptor.h"

typedef struct proto_parser {
    proto_schema *schema;
    schema_registry *registry;
    const char *at, *end;
    slice token; /* empty at the end */
    slice package;
    int top_count; /* messages of the file so far */
    int depth;     /* of messages, and of imports */
    bool imported;
    bool in_braces; /* an imported file that ends with a brace */
    error *e;
} proto_parser;

static const char *const kind_names[] = {"double", "float", "int32", "int64", "uint32", "uint64",
    "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes",
    "enum", "message"};

const char *proto_kind_name(proto_kind kind) {
    return kind_names[kind];
}

/* ---- tokens ---- */

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '+';
}

static void skip_blanks(proto_parser *p) {
    while (p->at < p->end) {
        size_t left = (size_t)(p->end - p->at);
        if (*p->at == ' ' || (*p->at >= '\t' && *p->at <= '\r')) {
            p->at++;
        } else if (left > 1 && p->at[0] == '/' && p->at[1] == '/') {
            const char *line = memchr(p->at, '\n', left);
            p->at = line ? line : p->end;
        } else if (left > 1 && p->at[0] == '/' && p->at[1] == '*') {
            const char *close = memmem(p->at + 2, left - 2, "*/", 2);
            p->at = close ? close + 2 : p->end;
        } else {
            return;
        }
    }
}

static void advance(proto_parser *p) {
    skip_blanks(p);
    const char *from = p->at;
    if (p->at == p->end) {
        p->token = slice_make(p->end, 0);
        return;
    }
    if (*p->at == '"' || *p->at == '\'') {
        char quote = *p->at++;
        while (p->at < p->end && *p->at != quote)
            p->at += *p->at == '\\' && p->end - p->at > 1 ? 2 : 1;
        p->at += p->at < p->end;
    } else if (is_word(*p->at)) {
        while (p->at < p->end && is_word(*p->at))
            p->at++;
    } else {
        p->at++;
    }
    p->token = slice_make(from, (size_t)(p->at - from));
}

static bool fail(proto_parser *p, const char *expected) {
    return error_set(p->e, ERROR_DATA, "The protobuf schema is broken: '%.*s' where %s should be",
        (int)(p->token.length < 40 ? p->token.length : 40), p->token.data, expected);
}

static bool is_next(const proto_parser *p, const char *text) {
    return slice_is(p->token, text);
}

static bool take(proto_parser *p, const char *text) {
    if (!is_next(p, text))
        return false;
    advance(p);
    return true;
}

static bool expect(proto_parser *p, const char *text) {
    return take(p, text) || fail(p, text);
}

static bool expect_name(proto_parser *p, slice *name) {
    if (p->token.length == 0 || !is_word(p->token.data[0]))
        return fail(p, "a name");
    *name = arena_copy(p->schema->memory, p->token);
    advance(p);
    return true;
}

static bool expect_number(proto_parser *p, int64_t *number) {
    if (!slice_to_int64(p->token, number))
        return fail(p, "a number");
    advance(p);
    return true;
}

/* A string's text without its quotes. */
static slice unquoted(slice token) {
    return token.length >= 2 ? slice_make(token.data + 1, token.length - 2) : token;
}

/* Everything up to the semicolon, or a block in braces. */
static bool skip_statement(proto_parser *p) {
    int open = 0;
    while (p->token.length) {
        bool closing = is_next(p, "}");
        if (closing && open == 0)
            return fail(p, "';'");
        bool end = (closing && open == 1) || (is_next(p, ";") && open == 0);
        open += is_next(p, "{") ? 1 : closing ? -1 : 0;
        advance(p);
        if (end)
            return true;
    }
    return fail(p, "the end of a statement");
}

/* ---- definitions ---- */

static slice scoped(proto_parser *p, slice scope, slice name) {
    if (scope.length == 0)
        return name;
    return arena_format(p->schema->memory, "%.*s.%.*s", SLICE_ARG(scope), SLICE_ARG(name));
}

static proto_message *add_message(proto_schema *s, slice name) {
    if (s->message_count == s->message_capacity) {
        s->message_capacity = s->message_capacity ? s->message_capacity * 2 : 8;
        s->messages =
            memory_resize(s->messages, sizeof(proto_message *) * (size_t)s->message_capacity);
    }
    proto_message *m = ARENA_NEW(s->memory, proto_message);
    m->name = name;
    m->index = -1;
    s->messages[s->message_count++] = m;
    return m;
}

static proto_field *add_field(proto_schema *s, proto_message *m) {
    if ((m->count & (m->count - 1)) == 0) { /* room is doubled at powers of two */
        proto_field *more = ARENA_ARRAY(s->memory, proto_field, m->count ? m->count * 2 : 1);
        if (m->count)
            memcpy(more, m->fields, sizeof(proto_field) * (size_t)m->count);
        m->fields = more;
    }
    return &m->fields[m->count++];
}

static bool parse_enum(proto_parser *p, slice scope) {
    proto_schema *s = p->schema;
    slice name;
    if (!expect_name(p, &name) || !expect(p, "{"))
        return false;
    if (s->enum_count == s->enum_capacity) {
        s->enum_capacity = s->enum_capacity ? s->enum_capacity * 2 : 8;
        s->enums = memory_resize(s->enums, sizeof(proto_enum *) * (size_t)s->enum_capacity);
    }
    proto_enum *values = s->enums[s->enum_count++] = ARENA_NEW(s->memory, proto_enum);
    values->name = scoped(p, scope, name);
    int capacity = 0;
    while (!take(p, "}")) {
        if (is_next(p, "option") || is_next(p, "reserved")) {
            if (!skip_statement(p))
                return false;
            continue;
        }
        if (values->count == capacity) {
            capacity = capacity ? capacity * 2 : 8;
            slice *names = ARENA_ARRAY(s->memory, slice, capacity);
            int32_t *numbers = ARENA_ARRAY(s->memory, int32_t, capacity);
            if (values->count) {
                memcpy(names, values->names, sizeof(slice) * (size_t)values->count);
                memcpy(numbers, values->numbers, sizeof(int32_t) * (size_t)values->count);
            }
            values->names = names;
            values->numbers = numbers;
        }
        int64_t number;
        if (!expect_name(p, &values->names[values->count]) || !expect(p, "=") ||
            !expect_number(p, &number) || !skip_statement(p))
            return false;
        values->numbers[values->count++] = (int32_t)number;
    }
    take(p, ";");
    return true;
}

/* [ ... ]: of the options only a decimal's parameters matter: { value: "4", key: "precision" } in
 * either order. */
static bool parse_field_options(proto_parser *p, proto_field *field) {
    int open = 1;
    int64_t value = 0;
    slice key = {NULL, 0};
    while (open) {
        if (p->token.length == 0)
            return fail(p, "']'");
        bool is_value = is_next(p, "value"), is_key = is_next(p, "key");
        open += is_next(p, "[") || is_next(p, "{") ? 1 : 0;
        if (is_next(p, "]") || is_next(p, "}")) {
            open--;
            if (slice_is(key, "precision"))
                field->precision = (int)value;
            else if (slice_is(key, "scale"))
                field->scale = (int)value;
            key = (slice){NULL, 0};
        }
        advance(p);
        if (!is_value && !is_key)
            continue;
        take(p, ":");
        if (is_key)
            key = unquoted(p->token);
        else
            slice_to_int64(unquoted(p->token), &value);
    }
    return true;
}

/* name = number [options]; */
static bool parse_field_end(proto_parser *p, proto_field *field) {
    int64_t number;
    if (!expect_name(p, &field->name) || !expect(p, "=") || !expect_number(p, &number))
        return false;
    if (number < 1 || number > 536870911)
        return fail(p, "a field number");
    field->number = (int32_t)number;
    if (take(p, "[") && !parse_field_options(p, field))
        return false;
    return expect(p, ";");
}

/* map<key, value> name = number; is a repeated message of its own. */
static bool parse_map(proto_parser *p, proto_message *m) {
    proto_field key = {.name = SLICE_LITERAL("key"), .number = 1, .oneof = -1};
    proto_field value = {.name = SLICE_LITERAL("value"), .number = 2, .oneof = -1};
    proto_field field = {.repeated = true, .map = true, .kind = PROTO_MESSAGE, .oneof = -1};
    if (!expect(p, "<") || !expect_name(p, &key.type_name) || !expect(p, ",") ||
        !expect_name(p, &value.type_name) || !expect(p, ">") || !parse_field_end(p, &field))
        return false;
    value.precision = field.precision; /* options of the map speak of its values */
    value.scale = field.scale;
    slice name = arena_format(p->schema->memory, "%.*sEntry", SLICE_ARG(field.name));
    proto_message *entry = add_message(p->schema, scoped(p, m->name, name));
    entry->outer = m;
    *add_field(p->schema, entry) = key;
    *add_field(p->schema, entry) = value;
    field.message = entry;
    *add_field(p->schema, m) = field;
    return true;
}

/* `oneof`: the index of the one it stands in, or -1. */
static bool parse_field(proto_parser *p, proto_message *m, int oneof) {
    proto_field field = {.optional = oneof >= 0, .oneof = oneof};
    if (take(p, "map"))
        return parse_map(p, m);
    if (take(p, "repeated"))
        field.repeated = true;
    else if (take(p, "optional"))
        field.optional = true;
    else
        take(p, "required");
    if (!expect_name(p, &field.type_name) || !parse_field_end(p, &field))
        return false;
    *add_field(p->schema, m) = field;
    return true;
}

static bool parse_oneof(proto_parser *p, proto_message *m) {
    slice name;
    if (!expect_name(p, &name) || !expect(p, "{"))
        return false;
    int index = m->oneof_count++;
    proto_oneof *more = ARENA_ARRAY(p->schema->memory, proto_oneof, m->oneof_count);
    if (index)
        memcpy(more, m->oneofs, sizeof *more * (size_t)index);
    m->oneofs = more;
    more[index].name = arena_format(p->schema->memory, "%.*s_%d", SLICE_ARG(name), index);
    while (!take(p, "}")) {
        bool fine = is_next(p, "option") ? skip_statement(p) : parse_field(p, m, index);
        if (!fine)
            return false;
    }
    return true;
}

static bool parse_message(proto_parser *p, slice scope, proto_message *outer, int index);

static bool parse_member(proto_parser *p, proto_message *m, int *nested) {
    if (take(p, ";"))
        return true;
    if (take(p, "message"))
        return parse_message(p, m->name, m, (*nested)++);
    if (take(p, "enum"))
        return parse_enum(p, m->name);
    if (take(p, "oneof"))
        return parse_oneof(p, m);
    if (is_next(p, "option") || is_next(p, "reserved") || is_next(p, "extensions") ||
        is_next(p, "extend"))
        return skip_statement(p);
    return parse_field(p, m, -1);
}

static bool parse_message(proto_parser *p, slice scope, proto_message *outer, int index) {
    slice name;
    if (++p->depth > PROTO_MAX_DEPTH)
        return error_set(p->e, ERROR_LIMIT, "The protobuf schema is nested too deep");
    if (!expect_name(p, &name) || !expect(p, "{"))
        return false;
    proto_message *m = add_message(p->schema, scoped(p, scope, name));
    m->outer = outer;
    m->index = p->imported ? -1 : index;
    int nested = 0;
    while (!take(p, "}"))
        if (!parse_member(p, m, &nested))
            return false;
    p->depth--;
    return true;
}

/* ---- files ---- */

static bool parse_file(proto_parser *p);

static bool is_builtin_import(slice path) {
    return slice_starts_with(path, SLICE_LITERAL("google/")) ||
           slice_starts_with(path, SLICE_LITERAL("confluent/"));
}

bool proto_import_is_known(slice path) {
    static const char *const known[] = {"google/type/date.proto", "google/type/timeofday.proto",
        "confluent/meta.proto", "confluent/type/decimal.proto"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_is(path, known[i]))
            return true;
    return slice_starts_with(path, SLICE_LITERAL("google/protobuf/"));
}

static proto_parser imported_parser(const proto_parser *p, const char *at, const char *end) {
    return (proto_parser){.schema = p->schema,
        .registry = p->registry,
        .at = at,
        .end = end,
        .depth = p->depth + 1,
        .imported = true,
        .e = p->e};
}

/* The file behind its path, in braces. */
static bool parse_included(proto_parser *p) {
    proto_parser inner = imported_parser(p, p->at, p->end);
    inner.in_braces = true;
    if (!parse_file(&inner))
        return false;
    if (!is_next(&inner, "}"))
        return fail(&inner, "'}'");
    p->at = inner.at;
    advance(p);
    return true;
}

static bool parse_registered(proto_parser *p, slice path) {
    slice type, text;
    int32_t id;
    if (!p->registry || !p->registry->latest_schema(
                            p->registry, path, p->schema->memory, &id, &type, &text, p->e)) {
        error_clear(p->e);
        return error_set(p->e, ERROR_NOT_FOUND,
            "The protobuf import \"%.*s\" is not a subject of the schema registry",
            SLICE_ARG(path));
    }
    proto_parser inner = imported_parser(p, text.data, text.data + text.length);
    return parse_file(&inner);
}

static bool parse_import(proto_parser *p) {
    if (is_next(p, "public") || is_next(p, "weak"))
        advance(p);
    slice path = unquoted(p->token);
    advance(p);
    if (p->depth > 20)
        return error_set(p->e, ERROR_LIMIT, "Protobuf imports are nested too deep");
    bool fine = true;
    if (is_next(p, "{"))
        fine = parse_included(p);
    else if (!is_builtin_import(path))
        fine = parse_registered(p, path);
    return fine && expect(p, ";");
}

static bool parse_file(proto_parser *p) {
    advance(p);
    while (p->token.length && !(p->in_braces && is_next(p, "}"))) {
        bool fine;
        if (take(p, "package"))
            fine = expect_name(p, &p->package) && expect(p, ";");
        else if (take(p, "import"))
            fine = parse_import(p);
        else if (take(p, "message"))
            fine = parse_message(p, p->package, NULL, p->top_count++);
        else if (take(p, "enum"))
            fine = parse_enum(p, p->package);
        else if (is_next(p, "syntax") || is_next(p, "option") || is_next(p, "service") ||
                 is_next(p, "extend") || is_next(p, ";"))
            fine = skip_statement(p);
        else
            fine = fail(p, "a definition");
        if (!fine)
            return false;
    }
    return true;
}

/* ---- names of types ---- */

typedef struct known_type {
    const char *name;
    proto_known known;
    proto_kind value; /* of a wrapper */
} known_type;

static const known_type known_types[] = {
    {"google.protobuf.DoubleValue", PROTO_WRAPPER, PROTO_DOUBLE},
    {"google.protobuf.FloatValue", PROTO_WRAPPER, PROTO_FLOAT},
    {"google.protobuf.Int32Value", PROTO_WRAPPER, PROTO_INT32},
    {"google.protobuf.Int64Value", PROTO_WRAPPER, PROTO_INT64},
    {"google.protobuf.UInt32Value", PROTO_WRAPPER, PROTO_UINT32},
    {"google.protobuf.UInt64Value", PROTO_WRAPPER, PROTO_UINT64},
    {"google.protobuf.BoolValue", PROTO_WRAPPER, PROTO_BOOL},
    {"google.protobuf.StringValue", PROTO_WRAPPER, PROTO_STRING},
    {"google.protobuf.BytesValue", PROTO_WRAPPER, PROTO_BYTES},
    {"google.protobuf.Timestamp", PROTO_TIMESTAMP, PROTO_MESSAGE},
    {"google.type.Date", PROTO_DATE, PROTO_MESSAGE},
    {"google.type.TimeOfDay", PROTO_TIME_OF_DAY, PROTO_MESSAGE},
    {"confluent.type.Decimal", PROTO_DECIMAL, PROTO_MESSAGE},
};

static const proto_message *known_message(proto_schema *s, slice name) {
    for (size_t i = 0; i < sizeof known_types / sizeof *known_types; i++) {
        if (!slice_is(name, known_types[i].name))
            continue;
        proto_message *m = add_message(s, name);
        m->known = known_types[i].known;
        if (m->known == PROTO_WRAPPER)
            *add_field(s, m) = (proto_field){.name = SLICE_LITERAL("value"),
                .number = 1,
                .kind = known_types[i].value,
                .oneof = -1};
        return m;
    }
    return NULL;
}

static bool find_type(proto_schema *s, proto_field *field, slice full) {
    for (int i = 0; i < s->message_count; i++)
        if (slice_equal(s->messages[i]->name, full)) {
            field->kind = PROTO_MESSAGE;
            field->message = s->messages[i];
            return true;
        }
    for (int i = 0; i < s->enum_count; i++)
        if (slice_equal(s->enums[i]->name, full)) {
            field->kind = PROTO_ENUM;
            field->values = s->enums[i];
            return true;
        }
    return false;
}

static bool resolve_field(proto_schema *s, slice scope, proto_field *field, error *e) {
    slice name = field->type_name;
    for (int kind = 0; kind <= PROTO_BYTES; kind++)
        if (slice_is(name, kind_names[kind])) {
            field->kind = (proto_kind)kind;
            return true;
        }
    if (name.data[0] == '.') {
        name = slice_make(name.data + 1, name.length - 1);
        scope.length = 0;
    }
    for (;;) {
        slice full = scope.length
                         ? arena_format(s->memory, "%.*s.%.*s", SLICE_ARG(scope), SLICE_ARG(name))
                         : name;
        if (find_type(s, field, full))
            return true;
        if (scope.length == 0)
            break;
        while (scope.length && scope.data[scope.length - 1] != '.')
            scope.length--;
        scope.length -= scope.length > 0;
    }
    field->kind = PROTO_MESSAGE;
    field->message = known_message(s, name);
    return field->message ||
           error_set(e, ERROR_DATA, "The protobuf schema has no type called %.*s", SLICE_ARG(name));
}

static bool resolve(proto_schema *s, error *e) {
    for (int i = 0; i < s->message_count; i++)
        for (int j = 0; j < s->messages[i]->count; j++) {
            proto_message *m = s->messages[i]; /* the list may move while it is resolved */
            if (m->fields[j].type_name.data && !resolve_field(s, m->name, &m->fields[j], e))
                return false;
        }
    return true;
}

/* Once types are known, the members of each oneof become a message. */
static void gather_oneofs(proto_schema *s) {
    for (int i = 0; i < s->message_count; i++) {
        proto_message *m = s->messages[i];
        for (int o = 0; o < m->oneof_count; o++) {
            proto_message *members = ARENA_NEW(s->memory, proto_message);
            members->name = m->oneofs[o].name;
            members->index = -1;
            for (int f = 0; f < m->count; f++)
                if (m->fields[f].oneof == o)
                    *add_field(s, members) = m->fields[f];
            m->oneofs[o].members = members;
        }
    }
}

proto_schema *proto_schema_parse(slice text, schema_registry *registry, error *e) {
    proto_schema *s = MEMORY_NEW(proto_schema);
    s->memory = arena_create();
    buffer described = {0};
    if (proto_descriptor_text(text, &described))
        text = arena_copy(s->memory, buffer_slice(&described));
    buffer_free(&described);
    proto_parser p = {
        .schema = s, .registry = registry, .at = text.data, .end = text.data + text.length, .e = e};
    if (parse_file(&p) && resolve(s, e)) {
        gather_oneofs(s);
        return s;
    }
    proto_schema_close(s);
    return NULL;
}

void proto_schema_close(proto_schema *s) {
    if (!s)
        return;
    memory_free(s->messages);
    memory_free(s->enums);
    arena_destroy(s->memory);
    memory_free(s);
}

/* ---- looking up ---- */

const proto_message *proto_schema_message(const proto_schema *s, slice full_name, error *e) {
    for (int i = 0; i < s->message_count; i++) {
        const proto_message *m = s->messages[i];
        if (m->index >= 0 && (full_name.data ? slice_equal(m->name, full_name) : !m->outer))
            return m;
    }
    if (full_name.data)
        error_set(e, ERROR_NOT_FOUND, "The protobuf schema has no message called %.*s",
            SLICE_ARG(full_name));
    else
        error_set(e, ERROR_NOT_FOUND, "The protobuf schema has no message");
    return NULL;
}

const proto_message *proto_schema_at(const proto_schema *s, const int32_t *path, int length) {
    const proto_message *at = NULL;
    for (int step = 0; step < length; step++) {
        const proto_message *next = NULL;
        for (int i = 0; i < s->message_count && !next; i++)
            if (s->messages[i]->outer == at && s->messages[i]->index == path[step] &&
                s->messages[i]->index >= 0)
                next = s->messages[i];
        if (!next)
            return NULL;
        at = next;
    }
    return at;
}

int proto_find_field(const proto_message *m, slice name) {
    for (int i = 0; i < m->count; i++)
        if (slice_equal(m->fields[i].name, name))
            return i;
    for (int i = 0; i < m->count; i++)
        if (slice_equal_ignore_case(m->fields[i].name, name))
            return i;
    return -1;
}

bool proto_is_entries(const proto_field *f) {
    return f->repeated && f->kind == PROTO_MESSAGE && f->message->count == 2 &&
           slice_is(f->message->fields[0].name, "key") &&
           slice_is(f->message->fields[1].name, "value");
}
