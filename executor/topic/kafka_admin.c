/* Topics of the cluster: what is known of them, making and deleting them; each a request and a wait
 * for its answer. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "executor/topic/kafka.h"

enum { KNOWN_FOR_MS = 1000, KNOWN_MOST = 256 };

/* ---- metadata ---- */

/* The topic's metadata alone; NULL after an error. Destroy `*all`. */
static const struct rd_kafka_metadata_topic *ask_topic(rd_kafka_t *client, slice name,
    int timeout_ms, const struct rd_kafka_metadata **all, error *e) {
    char *text = memory_copy_text(name);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, text, NULL);
    memory_free(text);
    if (!topic) {
        kafka_fail(e, rd_kafka_last_error(), NULL, "look at topic", name);
        return NULL;
    }
    rd_kafka_resp_err_t failed = rd_kafka_metadata(client, 0, topic, all, timeout_ms);
    rd_kafka_topic_destroy(topic);
    if (failed) {
        kafka_fail(e, failed, NULL, "look at topic", name);
        return NULL;
    }
    const struct rd_kafka_metadata_topic *found =
        (*all)->topic_cnt == 1 ? &(*all)->topics[0] : NULL;
    if (found && !found->err)
        return found;
    if (!found || found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        error_set(e, ERROR_NOT_FOUND, "There is no topic %.*s.", SLICE_ARG(name));
    else
        kafka_fail(e, found->err, NULL, "look at topic", name);
    rd_kafka_metadata_destroy(*all);
    return NULL;
}

static bool has_leaders(rd_kafka_t *client, slice topic) {
    error ignored = {0};
    const struct rd_kafka_metadata *all;
    const struct rd_kafka_metadata_topic *found =
        ask_topic(client, topic, KAFKA_TIMEOUT_MS, &all, &ignored);
    if (!found)
        return false;
    bool good = found->partition_cnt > 0;
    for (int i = 0; i < found->partition_cnt; i++)
        good = good && found->partitions[i].leader >= 0 && !found->partitions[i].err;
    rd_kafka_metadata_destroy(all);
    return good;
}

bool kafka_topic_is_gone(rd_kafka_t *client, slice topic, int timeout_ms) {
    error e = {0};
    const struct rd_kafka_metadata *all;
    if (!ask_topic(client, topic, timeout_ms, &all, &e))
        return e.code == ERROR_NOT_FOUND;
    rd_kafka_metadata_destroy(all);
    return false;
}

static bool is_gone(rd_kafka_t *client, slice topic) {
    return kafka_topic_is_gone(client, topic, KAFKA_TIMEOUT_MS);
}

void kafka_pause(int *step_ms) {
    usleep((useconds_t)*step_ms * 1000);
    *step_ms = 2 * *step_ms < KAFKA_SETTLE_STEP_MS ? 2 * *step_ms : KAFKA_SETTLE_STEP_MS;
}

/* Brokers hear of a change one after another: waits until the one asked knows of it. */
static void wait_until(bool (*is_so)(rd_kafka_t *, slice), rd_kafka_t *client, slice topic) {
    int64_t deadline = clock_monotonic_ms() + KAFKA_SETTLE_MS;
    int step_ms = KAFKA_SETTLE_FIRST_MS;
    while (!is_so(client, topic) && clock_monotonic_ms() < deadline)
        kafka_pause(&step_ms);
}

/* ---- topics known ----
 *
 * Opening a query asks for the same few topics again and again: for the plan, its readers and its
 * writer. What the last answer was is good for a second, except to who wants to know what is there.
 */

typedef struct kafka_known {
    char *name;
    int32_t partitions;
    int64_t asked_at_ms;
} kafka_known;

static kafka_known *find_known(kafka_system *system, slice name) {
    for (int i = 0; i < system->known_count; i++)
        if (slice_equal(slice_of(system->known[i].name), name))
            return &system->known[i];
    return NULL;
}

static void forget_all(kafka_system *system) {
    for (int i = 0; i < system->known_count; i++)
        memory_free(system->known[i].name);
    system->known_count = 0;
}

void kafka_forget_topics(kafka_system *system) {
    pthread_mutex_lock(&system->known_lock);
    forget_all(system);
    pthread_mutex_unlock(&system->known_lock);
}

static void remember(kafka_system *system, slice name, int32_t partitions) {
    pthread_mutex_lock(&system->known_lock);
    kafka_known *known = find_known(system, name);
    if (!known) {
        if (system->known_count == KNOWN_MOST)
            forget_all(system);
        if (!system->known)
            system->known = memory_allocate(sizeof(kafka_known) * KNOWN_MOST);
        known = &system->known[system->known_count++];
        known->name = memory_copy_text(name);
    }
    known->partitions = partitions;
    known->asked_at_ms = clock_monotonic_ms();
    pthread_mutex_unlock(&system->known_lock);
}

int32_t kafka_known_partitions(kafka_system *system, slice topic, error *e) {
    pthread_mutex_lock(&system->known_lock);
    const kafka_known *known = find_known(system, topic);
    bool is_fresh = known && clock_monotonic_ms() - known->asked_at_ms < KNOWN_FOR_MS;
    int32_t partitions = is_fresh ? known->partitions : -1;
    pthread_mutex_unlock(&system->known_lock);
    topic_info info;
    if (is_fresh)
        return partitions;
    return kafka_describe(&system->system, topic, &info, e) ? info.config.partitions : -1;
}

bool kafka_count_partitions(topic_system *system, slice name, int32_t *count, error *e) {
    *count = kafka_known_partitions((kafka_system *)system, name, e);
    return *count >= 0;
}

/* ---- requests with one answer ---- */

rd_kafka_event_t *kafka_take_answer(
    rd_kafka_queue_t *queue, const char *doing, slice what, error *e) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, KAFKA_TIMEOUT_MS + 5000);
    rd_kafka_queue_destroy(queue);
    if (!event) {
        kafka_fail(e, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, doing, what);
        return NULL;
    }
    if (!rd_kafka_event_error(event))
        return event;
    kafka_fail(e, rd_kafka_event_error(event), rd_kafka_event_error_string(event), doing, what);
    rd_kafka_event_destroy(event);
    return NULL;
}

rd_kafka_AdminOptions_t *kafka_new_options(rd_kafka_t *client, rd_kafka_admin_op_t kind) {
    char text[128];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, kind);
    rd_kafka_AdminOptions_set_request_timeout(options, KAFKA_TIMEOUT_MS, text, sizeof text);
    return options;
}

/* What happened to the topics of a create or delete request: the first failure. */
static bool check_topic_results(const rd_kafka_topic_result_t **results, size_t count,
    size_t expected, const char *doing, slice first, error *e) {
    if (count != expected)
        return kafka_fail(e, RD_KAFKA_RESP_ERR__FAIL, NULL, doing, first);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t failed = rd_kafka_topic_result_error(results[i]);
        slice name = slice_of(rd_kafka_topic_result_name(results[i]));
        if (failed == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return error_set(e, ERROR_EXISTS, "Topic %.*s exists already.", SLICE_ARG(name));
        if (failed == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            return error_set(e, ERROR_NOT_FOUND, "There is no topic %.*s.", SLICE_ARG(name));
        if (failed)
            return kafka_fail(
                e, failed, rd_kafka_topic_result_error_string(results[i]), doing, name);
    }
    return true;
}

/* ---- creating and deleting topics ---- */

static void set_topic_config(rd_kafka_NewTopic_t *topic, const topic_config *config) {
    if (config->compact)
        rd_kafka_NewTopic_set_config(
            topic, "cleanup.policy", config->retention_ms > 0 ? "compact,delete" : "compact");
    if (config->retention_ms != 0) {
        char value[32];
        snprintf(value, sizeof value, "%" PRId64, config->retention_ms);
        rd_kafka_NewTopic_set_config(topic, "retention.ms", value);
    }
    if (config->retention_ms < 0) /* for ever is not only for some time */
        rd_kafka_NewTopic_set_config(topic, "retention.bytes", "-1");
}

static rd_kafka_NewTopic_t *new_topic(const topic_info *wanted, error *e) {
    const topic_config *config = &wanted->config;
    char text[256], *name = memory_copy_text(wanted->name);
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(name, config->partitions ? config->partitions : -1,
            config->replicas ? config->replicas : -1, text, sizeof text);
    memory_free(name);
    if (topic)
        set_topic_config(topic, config);
    else
        kafka_fail(e, RD_KAFKA_RESP_ERR__INVALID_ARG, text, "create topic", wanted->name);
    return topic;
}

static bool send_create(
    kafka_system *system, rd_kafka_NewTopic_t **topics, int count, slice first, error *e) {
    rd_kafka_queue_t *queue = rd_kafka_queue_new(system->admin);
    rd_kafka_AdminOptions_t *options =
        kafka_new_options(system->admin, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(system->admin, topics, (size_t)count, options, queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_event_t *event = kafka_take_answer(queue, "create topic", first, e);
    if (!event)
        return false;
    size_t got;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &got);
    bool good = check_topic_results(results, got, (size_t)count, "create topic", first, e);
    rd_kafka_event_destroy(event);
    return good;
}

/* A leader that metadata names may not know of it yet, and refuses records: a producer tries again
 * a tenth of a second later only. One that says where a partition ends takes them. */
static void wait_until_led(kafka_system *system, const topic_info *topics, int count) {
    error ignored = {0};
    rd_kafka_topic_partition_list_t *partitions = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; i++) {
        wait_until(has_leaders, system->admin, topics[i].name);
        if (topics[i].config.partitions > 0)
            remember(system, topics[i].name, topics[i].config.partitions);
        int32_t many = kafka_known_partitions(system, topics[i].name, &ignored);
        char *name = memory_copy_text(topics[i].name);
        for (int32_t p = 0; p < many; p++)
            rd_kafka_topic_partition_list_add(partitions, name, p);
        memory_free(name);
    }
    kafka_ask_ends(system, partitions, KAFKA_SETTLE_MS, &ignored);
    rd_kafka_topic_partition_list_destroy(partitions);
}

bool kafka_create_all(topic_system *base, const topic_info *topics, int count, error *e) {
    kafka_system *system = (kafka_system *)base;
    rd_kafka_NewTopic_t **wanted = memory_allocate(sizeof *wanted * (size_t)count);
    int made = 0;
    while (made < count && (wanted[made] = new_topic(&topics[made], e)))
        made++;
    bool good = made == count && send_create(system, wanted, count, topics[0].name, e);
    rd_kafka_NewTopic_destroy_array(wanted, (size_t)made);
    memory_free(wanted);
    if (good)
        wait_until_led(system, topics, count);
    return good;
}

bool kafka_create(topic_system *system, slice name, const topic_config *config, error *e) {
    topic_info topic = {name, *config};
    return kafka_create_all(system, &topic, 1, e);
}

bool kafka_delete(topic_system *base, slice name, error *e) {
    kafka_system *system = (kafka_system *)base;
    char *name_text = memory_copy_text(name);
    rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name_text);
    memory_free(name_text);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(system->admin);
    rd_kafka_AdminOptions_t *options =
        kafka_new_options(system->admin, RD_KAFKA_ADMIN_OP_DELETETOPICS);
    rd_kafka_DeleteTopics(system->admin, &topic, 1, options, queue);
    rd_kafka_DeleteTopic_destroy(topic);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_event_t *event = kafka_take_answer(queue, "delete topic", name, e);
    if (!event)
        return false;
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
    bool good = check_topic_results(results, count, 1, "delete topic", name, e);
    rd_kafka_event_destroy(event);
    kafka_forget_topics(system);
    if (good)
        wait_until(is_gone, system->admin, name);
    return good;
}

/* ---- describing topics ---- */

static void read_config(const rd_kafka_ConfigResource_t *resource, topic_config *config) {
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    bool is_deleted = true;
    for (size_t i = 0; i < count; i++) {
        slice name = slice_of(rd_kafka_ConfigEntry_name(entries[i]));
        slice value = slice_of(rd_kafka_ConfigEntry_value(entries[i]));
        if (slice_is(name, "retention.ms"))
            slice_to_int64(value, &config->retention_ms);
        if (slice_is(name, "cleanup.policy")) {
            config->compact = slice_starts_with(value, SLICE_LITERAL("compact")) ||
                              slice_ends_with(value, SLICE_LITERAL("compact"));
            is_deleted = !slice_is(value, "compact");
        }
    }
    if (!is_deleted)
        config->retention_ms = -1;
}

static topic_info *find_info(topic_info *topics, int count, slice name) {
    for (int i = 0; i < count; i++)
        if (slice_equal(topics[i].name, name))
            return &topics[i];
    return NULL;
}

/* Completes `topics` (names known) with their settings. */
static bool ask_configs(kafka_system *system, topic_info *topics, int count, error *e) {
    if (count == 0)
        return true;
    rd_kafka_ConfigResource_t **wanted =
        memory_allocate(sizeof(rd_kafka_ConfigResource_t *) * (size_t)count);
    for (int i = 0; i < count; i++) {
        char *name = memory_copy_text(topics[i].name);
        wanted[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
        memory_free(name);
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(system->admin);
    rd_kafka_AdminOptions_t *options =
        kafka_new_options(system->admin, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(system->admin, wanted, (size_t)count, options, queue);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy_array(wanted, (size_t)count);
    memory_free(wanted);
    rd_kafka_event_t *event = kafka_take_answer(queue, "describe", SLICE_LITERAL("topics"), e);
    if (!event)
        return false;
    size_t got;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &got);
    for (size_t i = 0; i < got; i++) {
        topic_info *info =
            find_info(topics, count, slice_of(rd_kafka_ConfigResource_name(resources[i])));
        if (info && !rd_kafka_ConfigResource_error(resources[i]))
            read_config(resources[i], &info->config);
    }
    rd_kafka_event_destroy(event);
    return true;
}

static topic_config config_of(const struct rd_kafka_metadata_topic *topic) {
    topic_config config = {.partitions = topic->partition_cnt};
    if (topic->partition_cnt > 0)
        config.replicas = (int16_t)topic->partitions[0].replica_cnt;
    return config;
}

bool kafka_describe(topic_system *base, slice name, topic_info *info, error *e) {
    kafka_system *system = (kafka_system *)base;
    const struct rd_kafka_metadata *all;
    const struct rd_kafka_metadata_topic *found =
        ask_topic(system->admin, name, KAFKA_TIMEOUT_MS, &all, e);
    if (!found)
        return false;
    *info = (topic_info){name, config_of(found)};
    rd_kafka_metadata_destroy(all);
    remember(system, name, info->config.partitions);
    return true;
}

static void sort_by_name(topic_info *topics, int count) {
    for (int i = 1; i < count; i++) {
        topic_info moved = topics[i];
        int at = i;
        for (; at > 0 && slice_compare(topics[at - 1].name, moved.name) > 0; at--)
            topics[at] = topics[at - 1];
        topics[at] = moved;
    }
}

bool kafka_list(topic_system *base, arena *a, topic_info **topics, int *count, error *e) {
    kafka_system *system = (kafka_system *)base;
    const struct rd_kafka_metadata *all;
    rd_kafka_resp_err_t failed = rd_kafka_metadata(system->admin, 1, NULL, &all, KAFKA_TIMEOUT_MS);
    if (failed)
        return kafka_fail(e, failed, NULL, "list", SLICE_LITERAL("topics"));
    *topics = ARENA_ARRAY(a, topic_info, all->topic_cnt);
    *count = 0;
    for (int i = 0; i < all->topic_cnt; i++) {
        slice name = slice_of(all->topics[i].topic);
        if (all->topics[i].err || slice_starts_with(name, SLICE_LITERAL("__")))
            continue; /* the brokers' own */
        (*topics)[(*count)++] = (topic_info){arena_copy(a, name), config_of(&all->topics[i])};
    }
    rd_kafka_metadata_destroy(all);
    sort_by_name(*topics, *count);
    return ask_configs(system, *topics, *count, e);
}

bool kafka_clean(topic_system *system, int64_t now_ms, error *e) {
    return true;
}
