/* Which options tables of each connector and format have, and what they may be: a row an option. An
 * option of a format may have `key.` or `value.` in front of it. Options that have a meaning for a
 * cluster only (parallelism, file rolling, ...) are listed, too: scripts have them. */
#include <string.h>

#include "base/buffer.h"
#include "base/similar.h"
#include "planner/flink_options.h"

typedef enum option_kind {
    OPTION_ANY,
    OPTION_BOOLEAN,
    OPTION_NUMBER,
    OPTION_CHARACTER,
    OPTION_CHOICE,
} option_kind;

typedef struct option_rule {
    const char *owner; /* a connector or a format */
    const char *name;  /* without the format's; NAME.* is everything that begins with it */
    option_kind kind;
    const char *choices; /* CHOICE: 'a', 'b' */
} option_rule;

static const option_rule CONNECTOR_RULES[] = {
    {"kafka", "topic", OPTION_ANY, NULL},
    {"kafka", "topic-pattern", OPTION_ANY, NULL},
    {"kafka", "properties.*", OPTION_ANY, NULL},
    {"kafka", "format", OPTION_ANY, NULL},
    {"kafka", "key.format", OPTION_ANY, NULL},
    {"kafka", "key.fields", OPTION_ANY, NULL},
    {"kafka", "key.fields-prefix", OPTION_ANY, NULL},
    {"kafka", "value.format", OPTION_ANY, NULL},
    {"kafka", "value.fields-include", OPTION_CHOICE, "'ALL', 'EXCEPT_KEY'"},
    {"kafka", "scan.startup.mode", OPTION_CHOICE,
        "'earliest-offset', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'"},
    {"kafka", "scan.startup.specific-offsets", OPTION_ANY, NULL},
    {"kafka", "scan.startup.timestamp-millis", OPTION_NUMBER, NULL},
    {"kafka", "scan.bounded.mode", OPTION_CHOICE,
        "'unbounded', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'"},
    {"kafka", "scan.bounded.specific-offsets", OPTION_ANY, NULL},
    {"kafka", "scan.bounded.timestamp-millis", OPTION_NUMBER, NULL},
    {"kafka", "scan.topic-partition-discovery.interval", OPTION_ANY, NULL},
    {"kafka", "scan.parallelism", OPTION_NUMBER, NULL},
    {"kafka", "scan.watermark.*", OPTION_ANY, NULL},
    {"kafka", "sink.partitioner", OPTION_ANY, NULL},
    {"kafka", "sink.semantic", OPTION_CHOICE, "'exactly-once', 'at-least-once', 'none'"},
    {"kafka", "sink.delivery-guarantee", OPTION_CHOICE, "'exactly-once', 'at-least-once', 'none'"},
    {"kafka", "sink.transactional-id-prefix", OPTION_ANY, NULL},
    {"kafka", "sink.transaction-naming-strategy", OPTION_ANY, NULL},
    {"kafka", "sink.parallelism", OPTION_NUMBER, NULL},
    {"upsert-kafka", "topic", OPTION_ANY, NULL},
    {"upsert-kafka", "properties.*", OPTION_ANY, NULL},
    {"upsert-kafka", "key.format", OPTION_ANY, NULL},
    {"upsert-kafka", "key.fields-prefix", OPTION_ANY, NULL},
    {"upsert-kafka", "value.format", OPTION_ANY, NULL},
    {"upsert-kafka", "format", OPTION_ANY, NULL},
    {"upsert-kafka", "value.fields-include", OPTION_CHOICE, "'ALL', 'EXCEPT_KEY'"},
    {"upsert-kafka", "scan.bounded.mode", OPTION_CHOICE,
        "'unbounded', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'"},
    {"upsert-kafka", "scan.bounded.specific-offsets", OPTION_ANY, NULL},
    {"upsert-kafka", "scan.bounded.timestamp-millis", OPTION_NUMBER, NULL},
    {"upsert-kafka", "scan.parallelism", OPTION_NUMBER, NULL},
    {"upsert-kafka", "scan.watermark.*", OPTION_ANY, NULL},
    {"upsert-kafka", "sink.parallelism", OPTION_NUMBER, NULL},
    {"upsert-kafka", "sink.buffer-flush.max-rows", OPTION_NUMBER, NULL},
    {"upsert-kafka", "sink.buffer-flush.interval", OPTION_ANY, NULL},
    {"upsert-kafka", "sink.delivery-guarantee", OPTION_CHOICE,
        "'exactly-once', 'at-least-once', 'none'"},
    {"upsert-kafka", "sink.transactional-id-prefix", OPTION_ANY, NULL},
    {"upsert-kafka", "sink.transaction-naming-strategy", OPTION_ANY, NULL},
    {"filesystem", "path", OPTION_ANY, NULL},
    {"filesystem", "format", OPTION_ANY, NULL},
    {"filesystem", "source.monitor-interval", OPTION_ANY, NULL},
    {"filesystem", "source.report-statistics", OPTION_ANY, NULL},
    {"filesystem", "partition.time-extractor.*", OPTION_ANY, NULL},
    {"filesystem", "sink.rolling-policy.*", OPTION_ANY, NULL},
    {"filesystem", "sink.partition-commit.*", OPTION_ANY, NULL},
    {"filesystem", "sink.shuffle-by-partition.enable", OPTION_BOOLEAN, NULL},
    {"filesystem", "sink.parallelism", OPTION_NUMBER, NULL},
    {"filesystem", "auto-compaction", OPTION_BOOLEAN, NULL},
    {"filesystem", "compaction.*", OPTION_ANY, NULL},
    {"filesystem", "scan.watermark.*", OPTION_ANY, NULL},
    {"datagen", "rows-per-second", OPTION_NUMBER, NULL},
    {"datagen", "number-of-rows", OPTION_NUMBER, NULL},
    {"datagen", "fields.*", OPTION_ANY, NULL},
    {"datagen", "scan.parallelism", OPTION_NUMBER, NULL},
    {"print", "print-identifier", OPTION_ANY, NULL},
    {"print", "standard-error", OPTION_BOOLEAN, NULL},
    {"print", "sink.parallelism", OPTION_NUMBER, NULL},
};

static const option_rule FORMAT_RULES[] = {
    {"json", "fail-on-missing-field", OPTION_BOOLEAN, NULL},
    {"json", "ignore-parse-errors", OPTION_BOOLEAN, NULL},
    {"json", "timestamp-format.standard", OPTION_CHOICE, "'SQL', 'ISO-8601'"},
    {"json", "map-null-key.mode", OPTION_CHOICE, "'FAIL', 'DROP', 'LITERAL'"},
    {"json", "map-null-key.literal", OPTION_ANY, NULL},
    {"json", "encode.decimal-as-plain-number", OPTION_BOOLEAN, NULL},
    {"json", "encode.ignore-null-fields", OPTION_BOOLEAN, NULL},
    {"json", "decode.json-parser.enabled", OPTION_BOOLEAN, NULL},
    {"debezium-json", "schema-include", OPTION_BOOLEAN, NULL},
    {"debezium-json", "ignore-parse-errors", OPTION_BOOLEAN, NULL},
    {"debezium-json", "timestamp-format.standard", OPTION_CHOICE, "'SQL', 'ISO-8601'"},
    {"debezium-json", "map-null-key.mode", OPTION_CHOICE, "'FAIL', 'DROP', 'LITERAL'"},
    {"debezium-json", "map-null-key.literal", OPTION_ANY, NULL},
    {"debezium-json", "encode.decimal-as-plain-number", OPTION_BOOLEAN, NULL},
    {"debezium-json", "encode.ignore-null-fields", OPTION_BOOLEAN, NULL},
    {"csv", "field-delimiter", OPTION_CHARACTER, NULL},
    {"csv", "disable-quote-character", OPTION_BOOLEAN, NULL},
    {"csv", "quote-character", OPTION_CHARACTER, NULL},
    {"csv", "allow-comments", OPTION_BOOLEAN, NULL},
    {"csv", "ignore-parse-errors", OPTION_BOOLEAN, NULL},
    {"csv", "array-element-delimiter", OPTION_ANY, NULL},
    {"csv", "escape-character", OPTION_CHARACTER, NULL},
    {"csv", "null-literal", OPTION_ANY, NULL},
    {"csv", "write-bigdecimal-in-scientific-notation", OPTION_BOOLEAN, NULL},
    {"raw", "charset", OPTION_ANY, NULL},
    {"raw", "endianness", OPTION_CHOICE, "'big-endian', 'little-endian'"},
    {"avro", "encoding", OPTION_CHOICE, "'binary'"},
    {"avro", "codec", OPTION_ANY, NULL},
    {"avro", "timestamp_mapping.legacy", OPTION_BOOLEAN, NULL},
    {"avro-confluent", "url", OPTION_ANY, NULL},
    {"avro-confluent", "subject", OPTION_ANY, NULL},
    {"avro-confluent", "schema", OPTION_ANY, NULL},
    {"avro-confluent", "properties.*", OPTION_ANY, NULL},
    {"avro-confluent", "ssl.*", OPTION_ANY, NULL},
    {"avro-confluent", "basic-auth.*", OPTION_ANY, NULL},
    {"avro-confluent", "bearer-auth.*", OPTION_ANY, NULL},
    {"avro-confluent", "schema-registry.*", OPTION_ANY, NULL},
    {"avro-confluent", "timestamp_mapping.legacy", OPTION_BOOLEAN, NULL},
};

#define LENGTH(rows) ((int)(sizeof(rows) / sizeof *(rows)))
enum { NAMES_MAX = LENGTH(CONNECTOR_RULES) + 3 * LENGTH(FORMAT_RULES) };

static bool matches(slice name, slice rule) {
    if (!slice_ends_with(rule, SLICE_LITERAL("*")))
        return slice_equal(name, rule);
    return slice_starts_with(name, slice_make(rule.data, rule.length - 1));
}

static const option_rule *find_connector_rule(const flink_table *table, slice name) {
    for (int i = 0; i < LENGTH(CONNECTOR_RULES); i++)
        if (slice_is(table->connector, CONNECTOR_RULES[i].owner) &&
            matches(name, slice_of(CONNECTOR_RULES[i].name)))
            return &CONNECTOR_RULES[i];
    return NULL;
}

/* The options that name formats, and what stands before these formats' own. */
static const char *const FORMAT_OPTIONS[][2] = {
    {"format", ""}, {"value.format", ""}, {"value.format", "value."}, {"key.format", "key."}};

/* "value.csv.null-literal" */
static void append_format_name(buffer *out, int place, const option_rule *rule) {
    buffer_format(out, "%s%s.%s", FORMAT_OPTIONS[place][1], rule->owner, rule->name);
}

/* A format that does not exist is complained about where it is named. */
static bool may_be(slice format, const char *owner) {
    if (!format.data || slice_is(format, owner))
        return format.data != NULL;
    for (int i = 0; i < LENGTH(FORMAT_RULES); i++)
        if (slice_is(format, FORMAT_RULES[i].owner))
            return false;
    return true;
}

static const option_rule *find_format_rule(const flink_table *table, slice name) {
    buffer full = {0};
    const option_rule *found = NULL;
    for (int place = 0; place < LENGTH(FORMAT_OPTIONS) && !found; place++) {
        slice format = flink_option(table, FORMAT_OPTIONS[place][0]);
        for (int i = 0; i < LENGTH(FORMAT_RULES) && !found; i++) {
            if (!may_be(format, FORMAT_RULES[i].owner))
                continue;
            buffer_clear(&full);
            append_format_name(&full, place, &FORMAT_RULES[i]);
            if (matches(name, buffer_slice(&full)))
                found = &FORMAT_RULES[i];
        }
    }
    buffer_free(&full);
    return found;
}

/* ---- complaints ---- */

typedef struct name_list {
    const char *names[NAMES_MAX];
    int count;
    arena *memory;
} name_list;

static void list_names(const flink_table *table, name_list *list) {
    list->names[list->count++] = "connector";
    for (int i = 0; i < LENGTH(CONNECTOR_RULES); i++)
        if (slice_is(table->connector, CONNECTOR_RULES[i].owner))
            list->names[list->count++] = CONNECTOR_RULES[i].name;
    for (int place = 0; place < LENGTH(FORMAT_OPTIONS); place++) {
        slice format = flink_option(table, FORMAT_OPTIONS[place][0]);
        for (int i = 0; i < LENGTH(FORMAT_RULES); i++)
            if (slice_is(format, FORMAT_RULES[i].owner) && list->count < NAMES_MAX)
                list->names[list->count++] = arena_format(list->memory, "%s%s.%s%c",
                    FORMAT_OPTIONS[place][1], FORMAT_RULES[i].owner, FORMAT_RULES[i].name, 0)
                                                 .data;
    }
}

static bool report_unknown(const flink_table *table, slice name, source_span span, error *e) {
    name_list list = {.memory = arena_create()};
    list_names(table, &list);
    error_at(e, ERROR_STATEMENT, span, "Tables of connector '%.*s' have no option '%.*s'",
        SLICE_ARG(table->connector), SLICE_ARG(name));
    const char *nearest = similar_nearest(name, list.names, sizeof *list.names, list.count);
    buffer hint = {0};
    if (nearest)
        buffer_format(&hint, "Did you mean '%s'?", nearest);
    else
        buffer_append_text(&hint, "There are ");
    for (int i = 1; i < list.count && !nearest; i++)
        buffer_format(&hint, "%s%s", i > 1 ? ", " : "", list.names[i]);
    if (!nearest)
        buffer_append_text(&hint, list.count > 1 ? "." : "none but 'connector'.");
    error_hint(e, "%.*s", SLICE_ARG(buffer_slice(&hint)));
    buffer_free(&hint);
    arena_destroy(list.memory);
    return false;
}

static bool is_choice(slice value, const char *choices) {
    buffer quoted = {0};
    buffer_format(&quoted, "'%.*s'", SLICE_ARG(value));
    buffer_append_byte(&quoted, 0);
    bool found = strstr(choices, quoted.data) != NULL;
    buffer_free(&quoted);
    return found;
}

/* One character, or the name of one that SQL cannot write, as \t. */
static bool is_character(slice value) {
    size_t characters = 0;
    for (size_t i = 0; i < value.length; i++)
        characters += ((unsigned char)value.data[i] & 0xC0) != 0x80;
    return characters == 1 || (value.length > 1 && value.data[0] == '\\');
}

static bool check_value(
    const option_rule *rule, slice name, slice value, source_span span, error *e) {
    static const char BOOLEANS[] = "'true', 'false'";
    int64_t number;
    const char *choices = rule->kind == OPTION_BOOLEAN ? BOOLEANS : rule->choices;
    switch (rule->kind) {
    case OPTION_ANY:
        return true;
    case OPTION_NUMBER:
        if (slice_to_int64(value, &number) && number >= 0)
            return true;
        return error_at(e, ERROR_STATEMENT, span, "'%.*s' must be a number, not '%.*s'",
            SLICE_ARG(name), SLICE_ARG(value));
    case OPTION_CHARACTER:
        return is_character(value) ||
               error_at(e, ERROR_STATEMENT, span, "'%.*s' must be one character, not '%.*s'",
                   SLICE_ARG(name), SLICE_ARG(value));
    default:
        if (is_choice(value, choices))
            return true;
        error_at(
            e, ERROR_STATEMENT, span, "'%.*s' cannot be '%.*s'", SLICE_ARG(name), SLICE_ARG(value));
        return error_hint(e, "It can be one of %s.", choices);
    }
}

bool flink_options_check(const flink_table *table, const source_span *spans, error *e) {
    for (int i = 0; i < table->option_count; i++) {
        slice name = table->option_names[i];
        if (slice_is(name, "connector") || slice_is(name, "property-version"))
            continue;
        const option_rule *rule = find_connector_rule(table, name);
        if (!rule)
            rule = find_format_rule(table, name);
        if (!rule)
            return report_unknown(table, name, spans[i], e);
        if (!check_value(rule, name, table->option_values[i], spans[i], e))
            return false;
    }
    return true;
}
