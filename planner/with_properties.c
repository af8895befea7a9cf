/* with_properties.c - one row a property: its name, the statements that take it, its reader. */
#include "planner/with_properties.h"

#include "base/similar.h"
#include "base/utf8.h"
#include "planner/format_rules.h"

typedef struct reading {
    arena *arena;
    const ast_property *property;
    with_properties *out;
    error *e;
} reading;

static bool wrong(reading *r, const char *expected) {
    return error_at(r->e, ERROR_STATEMENT, r->property->value.span, "The property %.*s needs %s",
        SLICE_ARG(r->property->name.text), expected);
}

static bool read_text(reading *r, slice *out) {
    const ast_literal *value = &r->property->value;
    if (value->kind != AST_LITERAL_STRING)
        return wrong(r, "a string in single quotes");
    *out = arena_copy(r->arena, value->text);
    return true;
}

/* Numbers may be written as strings too. */
static bool read_number(reading *r, int64_t least, int64_t most, int64_t *out) {
    const ast_literal *value = &r->property->value;
    int64_t number = 0;
    bool valid = true;
    if (value->kind == AST_LITERAL_INTEGER || value->kind == AST_LITERAL_BIGINT)
        number = value->integer;
    else
        valid =
            value->kind == AST_LITERAL_STRING && slice_to_int64(slice_trim(value->text), &number);
    if (!valid)
        return wrong(r, "a whole number");
    if (number < least || number > most)
        return error_at(r->e, ERROR_STATEMENT, value->span,
            "The property %.*s must be between %lld and %lld", SLICE_ARG(r->property->name.text),
            (long long)least, (long long)most);
    *out = number;
    return true;
}

static bool read_format_name(reading *r, slice *out, source_span *span) {
    slice name;
    if (!read_text(r, &name))
        return false;
    *span = r->property->value.span;
    *out = arena_upper(r->arena, slice_trim(name));
    return format_rules_require(*out, *span, r->e) != NULL;
}

static bool read_delimiter(reading *r, uint32_t *out) {
    slice text;
    if (!read_text(r, &text))
        return false;
    if (slice_is(text, "TAB"))
        *out = '\t';
    else if (slice_is(text, "SPACE"))
        *out = ' ';
    else if (slice_trim(text).length == 0) {
        error_at(r->e, ERROR_STATEMENT, r->property->value.span,
            "The property %.*s cannot be empty or white space", SLICE_ARG(r->property->name.text));
        return error_hint(r->e, "For a tab or a space write 'TAB' or 'SPACE'.");
    } else if (!utf8_is_one(text, out))
        return wrong(r, "a single character, 'TAB' or 'SPACE'");
    return true;
}

/* ---- readers, one a property ---- */

static bool topic(reading *r) {
    if (!read_text(r, &r->out->topic))
        return false;
    return r->out->topic.length > 0 || wrong(r, "the name of a topic");
}

static bool partitions(reading *r) {
    return read_number(r, 1, 100000, &r->out->partitions);
}
static bool replicas(reading *r) {
    return read_number(r, -1, 32767, &r->out->replicas);
}
static bool retention(reading *r) {
    return read_number(r, -1, INT64_MAX, &r->out->retention_ms);
}

static bool key_format(reading *r) {
    return read_format_name(r, &r->out->key_format, &r->out->key_format_span);
}

static bool value_format(reading *r) {
    return read_format_name(r, &r->out->value_format, &r->out->value_format_span);
}

static bool both_formats(reading *r) {
    return key_format(r) && value_format(r);
}
static bool key_delimiter(reading *r) {
    return read_delimiter(r, &r->out->key_delimiter);
}
static bool value_delimiter(reading *r) {
    return read_delimiter(r, &r->out->value_delimiter);
}

/* A column's name as in SQL: folded to upper case unless it stands in backquotes or quotes. */
static bool timestamp(reading *r) {
    slice name;
    if (!read_text(r, &name))
        return false;
    name = slice_trim(name);
    r->out->timestamp_span = r->property->value.span;
    bool quoted = name.length >= 2 && (name.data[0] == '`' || name.data[0] == '"') &&
                  name.data[name.length - 1] == name.data[0];
    r->out->timestamp =
        quoted ? slice_make(name.data + 1, name.length - 2) : arena_upper(r->arena, name);
    return name.length > 0 || wrong(r, "the name of a column");
}

static bool timestamp_format(reading *r) {
    return read_text(r, &r->out->timestamp_format);
}

static bool window_type(reading *r) {
    slice text;
    if (!read_text(r, &text))
        return false;
    r->out->window_span = r->property->value.span;
    if (slice_is_ignore_case(text, "TUMBLING"))
        r->out->window = WINDOW_TUMBLING;
    else if (slice_is_ignore_case(text, "HOPPING"))
        r->out->window = WINDOW_HOPPING;
    else if (slice_is_ignore_case(text, "SESSION"))
        r->out->window = WINDOW_SESSION;
    else
        return wrong(r, "'TUMBLING', 'HOPPING' or 'SESSION'");
    return true;
}

static const struct {
    const char *name;
    int64_t ms;
} UNITS[] = {
    {"MILLISECOND", 1},
    {"SECOND", 1000},
    {"MINUTE", 60000},
    {"HOUR", 3600000},
    {"DAY", 86400000},
};

static int64_t unit_ms(slice unit) {
    if (unit.length > 1 && (unit.data[unit.length - 1] | 32) == 's')
        unit.length--;
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (slice_is_ignore_case(unit, UNITS[i].name))
            return UNITS[i].ms;
    return 0;
}

static bool window_size(reading *r) {
    slice text;
    if (!read_text(r, &text))
        return false;
    text = slice_trim(text);
    size_t digits = 0;
    while (digits < text.length && text.data[digits] != ' ')
        digits++;
    int64_t count = 0;
    slice unit = slice_trim(slice_make(text.data + digits, text.length - digits));
    if (!slice_to_int64(slice_make(text.data, digits), &count) || count <= 0)
        return wrong(r, "a number and a unit, as in '30 SECONDS'");
    int64_t ms = unit_ms(unit);
    if (ms == 0 || count > INT64_MAX / ms) {
        error_at(r->e, ERROR_STATEMENT, r->property->value.span,
            "The property WINDOW_SIZE has an unknown time unit: '%.*s'", SLICE_ARG(unit));
        return error_hint(r->e, "The units are MILLISECONDS, SECONDS, MINUTES, HOURS and DAYS.");
    }
    r->out->window_size_ms = count * ms;
    r->out->window_span = r->property->value.span;
    return true;
}

static bool wrap_single(reading *r) {
    const ast_literal *value = &r->property->value;
    if (value->kind == AST_LITERAL_BOOLEAN)
        r->out->wrap_single = value->boolean;
    else if (value->kind == AST_LITERAL_STRING && slice_is_ignore_case(value->text, "true"))
        r->out->wrap_single = 1;
    else if (value->kind == AST_LITERAL_STRING && slice_is_ignore_case(value->text, "false"))
        r->out->wrap_single = 0;
    else
        return wrong(r, "true or false");
    return true;
}

static bool key_schema_id(reading *r) {
    return read_number(r, 0, INT32_MAX, &r->out->key_schema_id);
}
static bool value_schema_id(reading *r) {
    return read_number(r, 0, INT32_MAX, &r->out->value_schema_id);
}

static bool read_schema_name(reading *r, slice *out) {
    slice text;
    if (!read_text(r, &text))
        return false;
    *out = slice_trim(text);
    return out->length > 0 || wrong(r, "the full name of a schema");
}

static bool key_schema_name(reading *r) {
    return read_schema_name(r, &r->out->key_schema_full_name);
}
static bool value_schema_name(reading *r) {
    return read_schema_name(r, &r->out->value_schema_full_name);
}
static bool read_nullable(reading *r, format_nullable *out) {
    slice text;
    if (!read_text(r, &text))
        return false;
    text = slice_trim(text);
    if (slice_is_ignore_case(text, "OPTIONAL"))
        *out = FORMAT_NULLABLE_OPTIONAL;
    else if (slice_is_ignore_case(text, "WRAPPER"))
        *out = FORMAT_NULLABLE_WRAPPER;
    else
        return wrong(r, "'OPTIONAL' or 'WRAPPER'");
    return true;
}

static bool key_nullable(reading *r) {
    return read_nullable(r, &r->out->key_nullable);
}
static bool value_nullable(reading *r) {
    return read_nullable(r, &r->out->value_nullable);
}
static bool query_id(reading *r) {
    slice text;
    if (!read_text(r, &text))
        return false;
    r->out->query_id = arena_upper(r->arena, slice_trim(text));
    return r->out->query_id.length > 0 || wrong(r, "an identifier");
}
static bool ignored(reading *r) {
    return true;
}

static const struct {
    const char *name;
    int statements;
    bool (*read)(reading *r);
} PROPERTIES[] = {
    {"KAFKA_TOPIC", WITH_CREATE | WITH_CREATE_AS, topic},
    {"PARTITIONS", WITH_CREATE | WITH_CREATE_AS, partitions},
    {"REPLICAS", WITH_CREATE | WITH_CREATE_AS, replicas},
    {"RETENTION_MS", WITH_CREATE | WITH_CREATE_AS, retention},
    {"CLEANUP_POLICY", WITH_CREATE | WITH_CREATE_AS, ignored},
    {"FORMAT", WITH_CREATE | WITH_CREATE_AS, both_formats},
    {"KEY_FORMAT", WITH_CREATE | WITH_CREATE_AS, key_format},
    {"VALUE_FORMAT", WITH_CREATE | WITH_CREATE_AS, value_format},
    {"KEY_DELIMITER", WITH_CREATE | WITH_CREATE_AS, key_delimiter},
    {"VALUE_DELIMITER", WITH_CREATE | WITH_CREATE_AS, value_delimiter},
    {"TIMESTAMP", WITH_CREATE | WITH_CREATE_AS, timestamp},
    {"TIMESTAMP_FORMAT", WITH_CREATE | WITH_CREATE_AS, timestamp_format},
    {"WRAP_SINGLE_VALUE", WITH_CREATE | WITH_CREATE_AS, wrap_single},
    {"WINDOW_TYPE", WITH_CREATE, window_type},
    {"WINDOW_SIZE", WITH_CREATE, window_size},
    {"KEY_SCHEMA_ID", WITH_CREATE | WITH_CREATE_AS, key_schema_id},
    {"VALUE_SCHEMA_ID", WITH_CREATE | WITH_CREATE_AS, value_schema_id},
    {"KEY_SCHEMA_FULL_NAME", WITH_CREATE | WITH_CREATE_AS, key_schema_name},
    {"VALUE_SCHEMA_FULL_NAME", WITH_CREATE | WITH_CREATE_AS, value_schema_name},
    {"VALUE_AVRO_SCHEMA_FULL_NAME", WITH_CREATE | WITH_CREATE_AS, value_schema_name},
    {"KEY_PROTOBUF_NULLABLE_REPRESENTATION", WITH_CREATE | WITH_CREATE_AS, key_nullable},
    {"VALUE_PROTOBUF_NULLABLE_REPRESENTATION", WITH_CREATE | WITH_CREATE_AS, value_nullable},
    {"SOURCED_BY_CONNECTOR", WITH_CREATE, ignored},
    {"QUERY_ID", WITH_CREATE_AS | WITH_INSERT, query_id},
};

static bool unknown_property(const ast_property *property, with_statement statement, error *e) {
    error_at(e, ERROR_STATEMENT, property->name.span, "Invalid property in the WITH clause: %.*s",
        SLICE_ARG(property->name.text));
    const char *nearest = similar_nearest(property->name.text, &PROPERTIES[0].name,
        sizeof *PROPERTIES, sizeof PROPERTIES / sizeof *PROPERTIES);
    if (nearest && statement != WITH_INSERT)
        return error_hint(e, "Did you mean %s?", nearest);
    return error_hint(e, "%s",
        statement == WITH_INSERT
            ? "INSERT INTO takes QUERY_ID only."
            : "The properties are KAFKA_TOPIC, PARTITIONS, REPLICAS, RETENTION_MS, FORMAT, "
              "KEY_FORMAT, VALUE_FORMAT, KEY_DELIMITER, VALUE_DELIMITER, TIMESTAMP, "
              "TIMESTAMP_FORMAT, WRAP_SINGLE_VALUE, KEY_SCHEMA_ID, VALUE_SCHEMA_ID, "
              "KEY_SCHEMA_FULL_NAME, VALUE_SCHEMA_FULL_NAME, "
              "KEY_PROTOBUF_NULLABLE_REPRESENTATION, VALUE_PROTOBUF_NULLABLE_REPRESENTATION and, "
              "for sources over topics, WINDOW_TYPE and WINDOW_SIZE.");
}

static bool read_property(reading *r, with_statement statement) {
    slice name = r->property->name.text;
    for (size_t i = 0; i < sizeof PROPERTIES / sizeof *PROPERTIES; i++)
        if (slice_is_ignore_case(name, PROPERTIES[i].name)) {
            if (!(PROPERTIES[i].statements & (int)statement))
                break;
            return PROPERTIES[i].read(r);
        }
    return unknown_property(r->property, statement, r->e);
}

static bool check_repeated(const ast_property_list *list, int index, error *e) {
    for (int i = 0; i < index; i++)
        if (slice_equal_ignore_case(list->items[i].name.text, list->items[index].name.text))
            return error_at(e, ERROR_STATEMENT, list->items[index].name.span,
                "The property %.*s is given twice", SLICE_ARG(list->items[index].name.text));
    return true;
}

static bool check_formats(const ast_property_list *list, error *e) {
    const ast_property *format = ast_property_find(list, "FORMAT");
    if (!format)
        return true;
    static const char *const OTHERS[] = {"KEY_FORMAT", "VALUE_FORMAT"};
    for (int i = 0; i < 2; i++) {
        const ast_property *other = ast_property_find(list, OTHERS[i]);
        if (!other)
            continue;
        error_at(e, ERROR_STATEMENT, other->span,
            "Cannot supply both '%s' and 'FORMAT' properties, as 'FORMAT' sets both key and value "
            "formats",
            OTHERS[i]);
        return error_hint(e, "Use just 'FORMAT', or use 'KEY_FORMAT' and 'VALUE_FORMAT'.");
    }
    return true;
}

static bool check_window(const with_properties *p, error *e) {
    bool sized = p->window_size_ms >= 0;
    if (p->window == WINDOW_NONE && sized)
        return error_at(e, ERROR_STATEMENT, p->window_span,
            "'WINDOW_SIZE' needs 'WINDOW_TYPE', either 'TUMBLING' or 'HOPPING'");
    if (p->window == WINDOW_SESSION && sized)
        return error_at(e, ERROR_STATEMENT, p->window_span,
            "'WINDOW_SIZE' should not be set for SESSION windows");
    if (p->window != WINDOW_NONE && p->window != WINDOW_SESSION && !sized) {
        error_at(
            e, ERROR_STATEMENT, p->window_span, "TUMBLING and HOPPING windows need 'WINDOW_SIZE'");
        return error_hint(e, "Add WINDOW_SIZE='30 SECONDS'.");
    }
    return true;
}

bool with_properties_read(const ast_property_list *list, with_statement statement, arena *a,
    with_properties *out, error *e) {
    *out = (with_properties){
        .span = list->count > 0 ? list->span : SPAN_NONE,
        .partitions = -1,
        .replicas = -1,
        .retention_ms = -1,
        .window_size_ms = -1,
        .wrap_single = -1,
        .key_schema_id = -1,
        .value_schema_id = -1,
        .key_format_span = SPAN_NONE,
        .value_format_span = SPAN_NONE,
        .timestamp_span = SPAN_NONE,
        .window_span = SPAN_NONE,
    };
    if (!check_formats(list, e))
        return false;
    for (int i = 0; i < list->count; i++) {
        reading r = {a, &list->items[i], out, e};
        if (!check_repeated(list, i, e) || !read_property(&r, statement))
            return false;
    }
    return check_window(out, e);
}

slice with_default_format(const planner_options *options, arena *a, bool is_key) {
    slice format = {0};
    if (options && options->property)
        format = options->property(
            options->context, is_key ? SLICE_LITERAL("ksql.persistence.default.format.key")
                                     : SLICE_LITERAL("ksql.persistence.default.format.value"));
    if (!format.data)
        return is_key ? SLICE_LITERAL("KAFKA") : (slice){0};
    return arena_upper(a, format);
}

slice with_key_schema_name(arena *a, slice source, slice format) {
    if (!slice_is(format, "AVRO"))
        return (slice){0};
    char *camel = arena_allocate(a, source.length + 1);
    size_t length = 0;
    bool capital = true;
    for (size_t i = 0; i < source.length; i++) {
        char c = source.data[i];
        bool letter = (c | 32) >= 'a' && (c | 32) <= 'z';
        if (c != '_')
            camel[length++] = !letter ? c : capital ? (char)(c & ~32) : (char)(c | 32);
        capital = c == '_';
    }
    return arena_format(a, "io.confluent.ksql.avro_schemas.%.*sKey", (int)length, camel);
}

int with_default_wrapping(const planner_options *options, slice format, int value_count) {
    const format_rules *rules = format_rules_find(format);
    if (value_count != 1 || !rules || !rules->wraps || !rules->unwraps || !options ||
        !options->property)
        return -1;
    slice value =
        options->property(options->context, SLICE_LITERAL("ksql.persistence.wrap.single.values"));
    if (slice_is_ignore_case(value, "true"))
        return 1;
    return slice_is_ignore_case(value, "false") ? 0 : -1;
}
