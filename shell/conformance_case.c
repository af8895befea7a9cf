#include "shell/conformance_case.h"

#include "parser/parser.h"
#include "server/json_out.h"
#include "server/session.h"
#include "shell/test_feed.h"
#include "shell/test_record.h"
#include "shell/test_topics.h"

enum { DEFAULT_PARTITIONS = 4 };

typedef struct test_case {
    const json_node *test;
    arena *arena;
    instance *instance;
    session *session;
    test_feed *feed;
    buffer responses;
    int statement; /* the one at hand */
    error e;
    slice failed_text;
} test_case;

/* ---- setting up ---- */

static slice property_text(const json_node *value) {
    return value->kind == JSON_KIND_STRING ? value->string : value->text;
}

static bool open_instance(test_case *t) {
    const json_node *properties = json_tree_member(t->test, "properties");
    int most = properties ? properties->count + 1 : 1, count = 0;
    slice *names = ARENA_ARRAY(t->arena, slice, most), *values = ARENA_ARRAY(t->arena, slice, most);
    names[count] = SLICE_LITERAL("auto.offset.reset");
    values[count++] = SLICE_LITERAL("earliest");
    for (const json_node *p = properties ? properties->first : NULL; p; p = p->next) {
        names[count] = p->name;
        values[count++] = property_text(p);
    }
    instance_options options = {.property_names = names,
        .property_values = values,
        .property_count = count,
        .no_sync = true,
        .stepped = true,
        .results_per_row = true};
    t->instance = instance_open(&options, &t->e);
    if (!t->instance)
        return false;
    test_topics_keep_order(instance_topics(t->instance));
    t->session = session_open(t->instance);
    session_allow_scripts(t->session);
    t->feed = test_feed_open(t->instance, json_tree_member(t->test, "inputs"));
    if (json_tree_member(t->test, "responses"))
        test_feed_place_by_key(t->feed);
    return true;
}

static slice schema_type(slice format) {
    return slice_starts_with(format, SLICE_LITERAL("JSON"))       ? SLICE_LITERAL("JSON")
           : slice_starts_with(format, SLICE_LITERAL("PROTOBUF")) ? SLICE_LITERAL("PROTOBUF")
                                                                  : SLICE_LITERAL("AVRO");
}

static bool register_schema(test_case *t, const json_node *topic, bool of_key) {
    const json_node *schema = json_tree_member(topic, of_key ? "keySchema" : "valueSchema");
    if (json_tree_is_null(schema))
        return true;
    slice format = json_tree_string(topic, of_key ? "keyFormat" : "valueFormat");
    slice type = schema_type(format);
    bool is_text = schema->kind == JSON_KIND_STRING && slice_is(type, "PROTOBUF");
    slice subject = arena_format(
        t->arena, "%.*s-%s", SLICE_ARG(json_tree_string(topic, "name")), of_key ? "key" : "value");
    int64_t id = json_tree_integer(topic, of_key ? "keySchemaId" : "valueSchemaId", 0);
    if (!instance_register_schema(t->instance, subject, type,
            is_text ? schema->string : schema->text, (int32_t)id, &t->e))
        return false;
    const json_node *references =
        json_tree_member(topic, of_key ? "keySchemaReferences" : "valueSchemaReferences");
    for (const json_node *r = references ? references->first : NULL; r; r = r->next) {
        const json_node *referred = json_tree_member(r, "schema");
        if (referred && !instance_register_schema(t->instance, json_tree_string(r, "name"), type,
                            is_text ? referred->string : referred->text, 0, &t->e))
            return false;
    }
    return true;
}

static bool make_topic(test_case *t, slice name, int64_t partitions) {
    topic_config config = {.partitions = (int32_t)partitions};
    topic_info info;
    error missing = {0};
    return topic_describe(instance_topics(t->instance), name, &info, &missing) ||
           topic_create(instance_topics(t->instance), name, &config, &t->e);
}

/* Topics without a number of partitions are left to the statements that name them. */
static bool make_declared_topics(test_case *t) {
    const json_node *topics = json_tree_member(t->test, "topics");
    for (const json_node *topic = topics ? topics->first : NULL; topic; topic = topic->next)
        if (json_tree_member(topic, "partitions") &&
            !make_topic(t, json_tree_string(topic, "name"),
                json_tree_integer(topic, "partitions", DEFAULT_PARTITIONS)))
            return false;
    return true;
}

/* Schemas get their ids in the order in which they are met: those of a statement's own topic when
 * it comes, the others before the first query that could write them. */
static bool register_declared(test_case *t, slice only) {
    const json_node *topics = json_tree_member(t->test, "topics");
    for (const json_node *topic = topics ? topics->first : NULL; topic; topic = topic->next) {
        slice name = json_tree_string(topic, "name");
        if (only.data && !slice_equal(name, only))
            continue;
        if (!register_schema(t, topic, true) || !register_schema(t, topic, false))
            return false;
    }
    return true;
}

static bool register_for(test_case *t, const ast_statement *statement) {
    if (statement && statement->kind == AST_STATEMENT_CREATE_SOURCE) {
        const ast_property *topic =
            ast_property_find(&statement->create_source.properties, "KAFKA_TOPIC");
        return register_declared(t, topic ? topic->value.text : SLICE_LITERAL(""));
    }
    return register_declared(t, (slice){NULL, 0});
}

/* The topic of a CREATE STREAM or TABLE is there already, unless the statement says how to make it.
 */
static bool make_named_topic(test_case *t, const ast_statement *statement) {
    if (!statement || statement->kind != AST_STATEMENT_CREATE_SOURCE)
        return true;
    const ast_property_list *properties = &statement->create_source.properties;
    const ast_property *topic = ast_property_find(properties, "KAFKA_TOPIC");
    if (!topic || topic->value.kind != AST_LITERAL_STRING ||
        ast_property_find(properties, "PARTITIONS"))
        return true;
    return make_topic(t, topic->value.text, DEFAULT_PARTITIONS);
}

/* ---- statements ---- */

static bool fail_statement(test_case *t, slice text) {
    t->failed_text = text;
    return false;
}

static bool run_admin(test_case *t, slice sql) {
    size_t position = 0;
    for (;;) {
        session_result result = {0};
        session_outcome outcome =
            session_next(t->session, sql, &position, t->arena, NULL, &result, &t->e);
        if (outcome == SESSION_FAILED)
            return fail_statement(t, result.statement);
        if (outcome == SESSION_END)
            return true;
        test_feed_note_sources(t->feed);
        if (!result.answer.type)
            continue;
        json_open(&t->responses, '{');
        json_name(&t->responses, "admin");
        json_raw(&t->responses, result.answer.json);
        json_shut(&t->responses, '}');
    }
}

/* ---- SELECT ---- */

static void take_header(void *context, const query_header *header) {
    buffer *out = context;
    json_comma(out);
    response_append_query_header(out, header);
}

static bool take_rows(void *context, const query_header *header, const batch *rows) {
    buffer *out = context;
    for (int64_t i = 0; i < rows->rows; i++) {
        json_comma(out);
        response_append_query_row(out, header, rows, i);
    }
    return true;
}

static void take_end(void *context, query_end_kind kind, const error *e) {
    buffer *out = context;
    if (kind == QUERY_END_LIMIT)
        json_raw(out, SLICE_LITERAL("{\"finalMessage\":\"Limit Reached\"}"));
    if (kind == QUERY_END_COMPLETE)
        json_raw(out, SLICE_LITERAL("{\"finalMessage\":\"Query Completed\"}"));
}

/* A pull query over a table ends without a word; over a stream it says so. */
static void take_pull_end(void *context, query_end_kind kind, const error *e) {}

static bool run_select(test_case *t, slice sql, const ast_statement *statement) {
    buffer rows = {0};
    session_stream stream = {&rows, take_header, take_rows, NULL, take_end, NULL};
    bool table = false;
    if (statement->kind == AST_STATEMENT_QUERY && statement->query->emit == AST_EMIT_NONE) {
        catalog_read_lock(instance_catalog(t->instance));
        const source_descriptor *from =
            catalog_source(instance_catalog(t->instance), statement->query->from.name.text);
        table = from && from->kind == SOURCE_TABLE;
        catalog_unlock(instance_catalog(t->instance));
    }
    if (table)
        stream.end = take_pull_end;
    size_t position = 0;
    session_result result = {0};
    buffer_append_text(&rows, "[");
    session_outcome outcome =
        session_next(t->session, sql, &position, t->arena, &stream, &result, &t->e);
    bool ok = outcome == SESSION_QUERY || fail_statement(t, result.statement);
    if (ok && result.query) {
        running_query *running = active_query_running(result.query);
        ok = !running || test_feed_query(t->feed, running, &t->e);
        active_query_close(result.query);
    }
    buffer_append_text(&rows, "]");
    json_open(&t->responses, '{');
    json_name(&t->responses, "query");
    json_raw(&t->responses, buffer_slice(&rows));
    json_shut(&t->responses, '}');
    buffer_free(&rows);
    return ok;
}

static bool run_statements(test_case *t) {
    const json_node *statements = json_tree_member(t->test, "statements");
    bool fed = false;
    for (const json_node *s = statements ? statements->first : NULL; s;
         s = s->next, t->statement++) {
        error ignored = {0};
        ast_statement *parsed = parser_parse_statement(t->arena, s->string, &ignored);
        bool asks = parsed && parsed->kind == AST_STATEMENT_QUERY;
        if (!make_named_topic(t, parsed) || !register_for(t, parsed))
            return false;
        if (asks && !fed) {
            fed = true;
            if (!test_feed_produce(t->feed, &t->e) || !test_feed_all(t->feed, &t->e))
                return false;
        }
        if (!(asks ? run_select(t, s->string, parsed) : run_admin(t, s->string)))
            return false;
    }
    t->statement = -1;
    return fed || test_feed_all(t->feed, &t->e);
}

/* ---- what came of it ---- */

static void append_format(buffer *out, const char *name, const source_format *format) {
    json_name(out, name);
    json_open(out, '{');
    json_text_member(out, "format", format->name);
    json_shut(out, '}');
}

/* How a single column is put into its payload, where the format knows both ways. */
static void append_features(buffer *out, const source_descriptor *source, bool of_key) {
    const source_format *written = of_key ? &source->key_format : &source->value_format;
    const format *format = format_find(written->name);
    int columns = 0;
    for (int i = 0; i < source->column_count; i++)
        columns += source->columns[i].role == (of_key ? COLUMN_KEY : COLUMN_VALUE);
    json_name(out, of_key ? "keyFeatures" : "valueFeatures");
    json_open(out, '[');
    if (columns == 1 && format && format->wraps && format->unwraps) {
        if (of_key)
            json_text(out, SLICE_LITERAL("UNWRAP_SINGLES"));
        else if (written->wrap_single >= 0)
            json_text(out, written->wrap_single ? SLICE_LITERAL("WRAP_SINGLES")
                                                : SLICE_LITERAL("UNWRAP_SINGLES"));
    }
    json_shut(out, ']');
}

/* Types as most documents write them: INT, DECIMAL(4,2). */
static slice shorten_types(arena *a, slice schema) {
    char *to = arena_allocate(a, schema.length + 1);
    size_t length = 0;
    bool quoted = false, in_decimal = false;
    for (size_t i = 0; i < schema.length; i++) {
        slice rest = slice_make(schema.data + i, schema.length - i);
        quoted ^= schema.data[i] == '`';
        if (!quoted && slice_starts_with(rest, SLICE_LITERAL("INTEGER"))) {
            memcpy(to + length, "INT", 3);
            length += 3;
            i += 6;
            continue;
        }
        if (!quoted && slice_starts_with(rest, SLICE_LITERAL("DECIMAL(")))
            in_decimal = true;
        if (in_decimal && schema.data[i] == ')')
            in_decimal = false;
        if (!(in_decimal && schema.data[i] == ' '))
            to[length++] = schema.data[i];
    }
    return slice_make(to, length);
}

static void append_source(test_case *t, buffer *out, const source_descriptor *source) {
    json_open(out, '{');
    json_text_member(out, "name", source->name);
    json_text_member(out, "type",
        source->kind == SOURCE_STREAM ? SLICE_LITERAL("stream") : SLICE_LITERAL("table"));
    json_text_member(out, "schema", shorten_types(t->arena, source_schema_text(t->arena, source)));
    append_format(out, "keyFormat", &source->key_format);
    append_format(out, "valueFormat", &source->value_format);
    append_features(out, source, true);
    append_features(out, source, false);
    json_boolean_member(out, "isSource", source->is_source);
    json_shut(out, '}');
}

static void append_sources(test_case *t, buffer *out) {
    json_name(out, "sources");
    json_open(out, '[');
    catalog_read_lock(instance_catalog(t->instance));
    int count;
    const source_descriptor *const *sources =
        catalog_sources(instance_catalog(t->instance), &count);
    for (int i = 0; i < count; i++)
        append_source(t, out, sources[i]);
    catalog_unlock(instance_catalog(t->instance));
    json_shut(out, ']');
}

static void append_schema(test_case *t, buffer *out, slice topic, bool of_key) {
    slice subject = arena_format(t->arena, "%.*s-%s", SLICE_ARG(topic), of_key ? "key" : "value");
    slice type, schema;
    int32_t id;
    error ignored = {0};
    schema_registry *registry = instance_registry(t->instance);
    json_name(out, of_key ? "keySchema" : "valueSchema");
    if (!registry->latest_schema(registry, subject, t->arena, &id, &type, &schema, &ignored))
        json_null_value(out);
    else if (slice_is(type, "PROTOBUF"))
        json_text(out, schema);
    else
        json_raw(out, schema);
}

static void append_topics(test_case *t, buffer *out) {
    topic_info *topics;
    int count = 0;
    error ignored = {0};
    topic_list(instance_topics(t->instance), t->arena, &topics, &count, &ignored);
    json_name(out, "topics");
    json_open(out, '[');
    for (int i = 0; i < count; i++) {
        if (test_feed_is_internal(topics[i].name))
            continue;
        const source_descriptor *source = test_feed_source(t->feed, topics[i].name);
        json_open(out, '{');
        json_text_member(out, "name", topics[i].name);
        if (source) {
            append_format(out, "keyFormat", &source->key_format);
            append_format(out, "valueFormat", &source->value_format);
        }
        json_number_member(out, "partitions", topics[i].config.partitions);
        append_schema(t, out, topics[i].name, true);
        append_schema(t, out, topics[i].name, false);
        json_shut(out, '}');
    }
    test_feed_append_exchanges(t->feed, out);
    json_shut(out, ']');
}

static void append_outputs(test_case *t, buffer *out) {
    topic_info *topics;
    int count = 0;
    error ignored = {0};
    topic_list(instance_topics(t->instance), t->arena, &topics, &count, &ignored);
    json_name(out, "outputs");
    json_open(out, '{');
    for (int i = 0; i < count; i++) {
        topic_record *records;
        int64_t found = test_feed_read(t->feed, topics[i].name, &records, &ignored);
        if (!found || test_feed_is_internal(topics[i].name))
            continue;
        json_name_slice(out, topics[i].name);
        json_open(out, '[');
        for (int64_t r = 0; r < found; r++)
            test_record_append_json(out, test_feed_source(t->feed, topics[i].name),
                instance_registry(t->instance), &records[r]);
        json_shut(out, ']');
    }
    json_shut(out, '}');
}

static void append_rejection(test_case *t, buffer *out) {
    buffer message = {0};
    error_render(&t->e, t->failed_text, &message);
    json_text_member(out, "outcome", SLICE_LITERAL("rejected"));
    json_text_member(out, "error", slice_trim(buffer_slice(&message)));
    json_number_member(out, "statement", t->statement);
    buffer_free(&message);
}

void conformance_case_run(const json_node *test, slice file, buffer *out) {
    test_case t = {.test = test, .arena = arena_create()};
    json_open(out, '{');
    json_text_member(out, "file", file);
    json_text_member(out, "name", json_tree_string(test, "name"));
    if (open_instance(&t) && make_declared_topics(&t) && run_statements(&t)) {
        json_text_member(out, "outcome", SLICE_LITERAL("ran"));
        append_outputs(&t, out);
        append_sources(&t, out);
        append_topics(&t, out);
        json_name(out, "responses");
        json_open(out, '[');
        buffer_append(out, buffer_slice(&t.responses));
        json_shut(out, ']');
    } else
        append_rejection(&t, out);
    json_shut(out, '}');
    buffer_free(&t.responses);
    test_feed_close(t.feed);
    session_close(t.session);
    instance_close(t.instance);
    arena_destroy(t.arena);
}
