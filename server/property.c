#include "server/property.h"

#include "base/memory.h"
#include "base/similar.h"
#include "executor/engine.h"

static const property_description PROPERTIES[] = {
    {"auto.offset.reset", "latest", "KAFKA",
        "Where a query starts to read a topic that it has not read before: `earliest` or "
        "`latest`."},
    {"cache.max.bytes.buffering", NULL, "KAFKA",
        "`0`: every input row gives its result. Anything else: results are coalesced until the "
        "query commits."},
    {"commit.interval.ms", NULL, "KAFKA",
        "The least time between commits of a query, in milliseconds. When not set it is 100, and "
        "up "
        "to 250 where commits are much work."},
    {"default.deserialization.exception.handler", NULL, "KAFKA", NULL},
    {"default.timestamp.extractor", NULL, "KAFKA", NULL},
    {"ksql.assert.topic.default.timeout.ms", "1000", "KSQL",
        "How long ASSERT TOPIC waits when it has no TIMEOUT."},
    {"ksql.assert.schema.default.timeout.ms", "1000", "KSQL",
        "How long ASSERT SCHEMA waits when it has no TIMEOUT."},
    {"ksql.connect.url", NULL, "KSQL", NULL},
    {"ksql.create.or.replace.enabled", "true", "KSQL", NULL},
    {"ksql.extension.dir", NULL, "KSQL",
        "A directory with libraries of functions, read when the engine starts."},
    {"ksql.fail.on.deserialization.error", "false", "KSQL", NULL},
    {"ksql.fail.on.production.error", "true", "KSQL", NULL},
    {"ksql.functions.collect_list.limit", "2147483647", "KSQL",
        "The most elements that COLLECT_LIST keeps."},
    {"ksql.functions.collect_set.limit", "2147483647", "KSQL",
        "The most elements that COLLECT_SET keeps."},
    {"ksql.functions.substring.legacy.args", "false", "KSQL", NULL},
    {"ksql.headers.columns.enabled", "true", "KSQL", NULL},
    {"ksql.insert.into.values.enabled", "true", "KSQL", NULL},
    {"ksql.lambdas.enabled", "true", "KSQL", NULL},
    {"ksql.new.query.planner.enabled", "false", "KSQL",
        "`true`: key columns stand in the order of the SELECT list, and a stream may leave them "
        "out."},
    {"ksql.output.topic.name.prefix", "", "KSQL",
        "Put before the name of a topic that CREATE ... AS makes without KAFKA_TOPIC."},
    {"ksql.persistence.default.format.key", "KAFKA", "KSQL",
        "KEY_FORMAT where a statement names none."},
    {"ksql.persistence.default.format.value", NULL, "KSQL",
        "VALUE_FORMAT where a statement names none."},
    {"ksql.persistence.wrap.single.values", NULL, "KSQL",
        "WRAP_SINGLE_VALUE where a statement says nothing."},
    {"ksql.query.persistent.max.bytes.buffering.total", NULL, "KSQL", NULL},
    {"ksql.query.pull.enable.standby.reads", "false", "KSQL", NULL},
    {"ksql.query.pull.interpreter.enabled", "true", "KSQL", NULL},
    {"ksql.query.pull.limit.clause.enabled", "true", "KSQL",
        "`false` refuses LIMIT in pull queries."},
    {"ksql.query.pull.max.allowed.offset.lag", NULL, "KSQL", NULL},
    {"ksql.query.pull.metrics.enabled", "true", "KSQL", NULL},
    {"ksql.query.pull.range.scan.enabled", "true", "KSQL",
        "`false` refuses pull queries over a range of keys."},
    {"ksql.query.pull.stream.enabled", "true", "KSQL", NULL},
    {"ksql.query.pull.table.scan.enabled", "true", "KSQL",
        "`false` refuses pull queries that read a whole table."},
    {"ksql.query.push.v2.enabled", "false", "KSQL", NULL},
    {"ksql.query.transient.max.bytes.buffering.total", NULL, "KSQL", NULL},
    {"ksql.rowpartition.rowoffset.enabled", "true", "KSQL", NULL},
    {"ksql.schema.registry.url", NULL, "KSQL",
        "The schema registry to use instead of the server's own. Names that begin with "
        "ksql.schema.registry. are its settings."},
    {"ksql.service.id", "default_", "KSQL", NULL},
    {"ksql.sink.partitions", NULL, "KSQL", NULL},
    {"ksql.sink.replicas", NULL, "KSQL", NULL},
    {"ksql.source.table.materialization.enabled", "true", "KSQL", NULL},
    {"ksql.suppress.buffer.size.bytes", NULL, "KSQL", NULL},
    {"ksql.suppress.enabled", "true", "KSQL", NULL},
    {"ksql.timestamp.throw.on.invalid", "false", "KSQL",
        "`true`: a record without a usable time in its TIMESTAMP column stops the query; otherwise "
        "the record is left out."},
    {"ksql.variable.substitution.enable", "true", "KSQL",
        "`false` leaves `${name}` in statements as it is."},
    {"max.poll.records", NULL, "KAFKA", NULL},
    {"max.task.idle.ms", NULL, "KAFKA", NULL},
    {"num.standby.replicas", NULL, "KAFKA", NULL},
    {"num.stream.threads", "1", "KAFKA",
        "How many threads run the tasks of a query, which has one for each partition of its source "
        "topics. Results do not depend on it."},
    {"processing.guarantee", "exactly_once_v2", "KAFKA",
        "`exactly_once_v2` or `at_least_once`: on Kafka, without transactions; after a crash some "
        "records are processed again. The embedded log is always exactly once."},
    {"replication.factor", NULL, "KAFKA", NULL},
    {"sluice.batch.rows", NULL, "KSQL",
        "The most rows of a batch (a few thousand when not set). Results do not depend on it."},
    {"sluice.changelog.bytes", "67108864", "KSQL",
        "A query's changelog that is longer, and has four times as many changes as the state has "
        "entries, is written anew while the query runs; what it replaces is dropped."},
    {"sluice.idle.timeout.ms", "0", "KSQL",
        "After so long without a record, a source no longer holds back the time of the others and "
        "windows close; 0: never."},
    {"sluice.late.rows.topic", NULL, "KSQL",
        "A topic for records that come too late for their window or join."},
    {"sluice.sql.dialect", "ksql", "KSQL", "The dialect of SQL: `ksql` or `flink`."},
    {"sluice.state.ttl.ms", "0", "KSQL", NULL},
    {"state.dir", NULL, "KAFKA", NULL},
    {"topology.optimization", NULL, "KAFKA", NULL},
};
enum { PROPERTY_COUNT = sizeof PROPERTIES / sizeof *PROPERTIES };

const property_description *property_all(int *count) {
    *count = PROPERTY_COUNT;
    return PROPERTIES;
}

slice property_plain_name(slice name) {
    slice prefix = SLICE_LITERAL("ksql.streams.");
    while (slice_starts_with(name, prefix))
        name = slice_make(name.data + prefix.length, name.length - prefix.length);
    slice role = SLICE_LITERAL("consumer.");
    return slice_starts_with(name, role)
               ? slice_make(name.data + role.length, name.length - role.length)
               : name;
}

const property_description *property_find(slice name) {
    name = property_plain_name(name);
    for (int i = 0; i < PROPERTY_COUNT; i++)
        if (slice_is(name, PROPERTIES[i].name))
            return &PROPERTIES[i];
    return NULL;
}

bool property_is_flink(slice name) {
    static const char *const prefixes[] = {"table.", "execution.", "pipeline.", "parallelism.",
        "sql-client.", "state.", "taskmanager.", "jobmanager.", "restart-strategy", "rest."};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (slice_starts_with(name, slice_of(prefixes[i])))
            return true;
    return false;
}

bool property_check_flink(slice name, slice value, error *e) {
    int64_t number;
    if (!slice_is(name, "parallelism.default") &&
        !slice_is(name, "table.exec.resource.default-parallelism"))
        return true;
    if (slice_to_int64(value, &number) && (number == -1 || number > 0))
        return true;
    error_set(e, ERROR_STATEMENT, "'%.*s' must be a number from 1 on, not '%.*s'", SLICE_ARG(name),
        SLICE_ARG(value));
    return error_hint(e, "It is how many threads a job may have; -1 is what is set otherwise.");
}

const char *property_nearest(slice name) {
    const char *nearest = NULL;
    int least = similar_limit(name) + 1;
    name = property_plain_name(name);
    for (int i = 0; i < PROPERTY_COUNT; i++) {
        int distance = similar_distance(name, slice_of(PROPERTIES[i].name));
        if (distance < least) {
            least = distance;
            nearest = PROPERTIES[i].name;
        }
    }
    return nearest;
}

static bool one_of(slice name, slice value, const char *const *choices, int count, error *e) {
    for (int i = 0; i < count; i++)
        if (slice_is_ignore_case(value, choices[i]))
            return true;
    error_set(e, ERROR_STATEMENT, "'%.*s' cannot be '%.*s'", SLICE_ARG(name), SLICE_ARG(value));
    buffer list = {0};
    for (int i = 0; i < count; i++)
        buffer_format(&list, "%s'%s'", i ? ", " : "", choices[i]);
    error_hint(e, "It can be one of %.*s.", SLICE_ARG(buffer_slice(&list)));
    buffer_free(&list);
    return false;
}

static bool check_threads(slice name, slice value, error *e) {
    int64_t number;
    if (slice_to_int64(value, &number) && number >= 1 && number <= QUERY_THREADS_MOST)
        return true;
    return error_set(e, ERROR_STATEMENT, "'%.*s' must be a number from 1 to %d, not '%.*s'",
        SLICE_ARG(name), QUERY_THREADS_MOST, SLICE_ARG(value));
}

static bool check_number(slice name, slice value, error *e) {
    int64_t number;
    if (slice_to_int64(value, &number) && number >= 0)
        return true;
    return error_set(e, ERROR_STATEMENT, "'%.*s' must be a number, not '%.*s'", SLICE_ARG(name),
        SLICE_ARG(value));
}

bool property_known(slice name, error *e) {
    if (property_find(name))
        return true;
    name = property_plain_name(name);
    error_set(e, ERROR_STATEMENT, "There is no property '%.*s'", SLICE_ARG(name));
    const char *nearest = property_nearest(name);
    return nearest ? error_hint(e, "Did you mean '%s'?", nearest)
                   : error_hint(e, "SHOW PROPERTIES lists all of them.");
}

bool property_check(slice name, slice value, error *e) {
    static const char *const offsets[] = {"earliest", "latest"};
    static const char *const booleans[] = {"true", "false"};
    static const char *const guarantees[] = {"exactly_once_v2", "exactly_once", "at_least_once"};
    static const char *const dialects[] = {"ksql", "flink"};
    const property_description *known = property_find(name);
    if (!property_known(name, e))
        return false;
    name = property_plain_name(name);
    if (slice_is(name, "auto.offset.reset"))
        return one_of(name, value, offsets, 2, e);
    if (slice_is(name, "num.stream.threads"))
        return check_threads(name, value, e);
    if (slice_is(name, "processing.guarantee"))
        return one_of(name, value, guarantees, 3, e);
    if (slice_is(name, "sluice.sql.dialect"))
        return one_of(name, value, dialects, 2, e);
    if (known->value && one_of(name, slice_of(known->value), booleans, 2, &(error){0}))
        return one_of(name, value, booleans, 2, e);
    if (slice_ends_with(name, SLICE_LITERAL(".ms")) ||
        slice_is(name, "cache.max.bytes.buffering") || slice_is(name, "sluice.batch.rows") ||
        slice_is(name, "sluice.changelog.bytes"))
        return check_number(name, value, e);
    return true;
}

parser_dialect property_dialect(slice value) {
    return slice_is_ignore_case(value, "flink") ? PARSER_FLINK : PARSER_KSQL;
}

/* ---- lists ---- */

static int list_place(const property_list *list, slice name, bool *found) {
    int at = 0;
    while (at < list->count && slice_compare(slice_of(list->items[at].name), name) < 0)
        at++;
    *found = at < list->count && slice_is(name, list->items[at].name);
    return at;
}

void property_list_set(property_list *list, slice name, slice value) {
    bool found;
    int at = list_place(list, name, &found);
    if (found) {
        memory_free(list->items[at].value);
        if (value.data) {
            list->items[at].value = memory_copy_text(value);
            return;
        }
        memory_free(list->items[at].name);
        list->count--;
        memmove(&list->items[at], &list->items[at + 1],
            sizeof *list->items * (size_t)(list->count - at));
        return;
    }
    if (!value.data)
        return;
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 8;
        list->items = memory_resize(list->items, sizeof *list->items * (size_t)list->capacity);
    }
    memmove(
        &list->items[at + 1], &list->items[at], sizeof *list->items * (size_t)(list->count - at));
    list->items[at].name = memory_copy_text(name);
    list->items[at].value = memory_copy_text(value);
    list->count++;
}

slice property_list_get(const property_list *list, slice name) {
    bool found;
    int at = list_place(list, name, &found);
    return found ? slice_of(list->items[at].value) : (slice){NULL, 0};
}

void property_list_free(property_list *list) {
    for (int i = 0; i < list->count; i++) {
        memory_free(list->items[i].name);
        memory_free(list->items[i].value);
    }
    memory_free(list->items);
    *list = (property_list){0};
}
