/* Opening clients of a Kafka cluster, and its errors in our words. */
#include "executor/topic/kafka.h"

#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "base/memory.h"

/* ---- errors ---- */

static error_code code_of(rd_kafka_resp_err_t code) {
    switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return ERROR_NOT_FOUND;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
        return ERROR_EXISTS;
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_TRANSACTION_COORDINATOR_FENCED:
        return ERROR_FENCED;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        return ERROR_LIMIT;
    default:
        return ERROR_IO;
    }
}

bool kafka_fail(
    error *e, rd_kafka_resp_err_t code, const char *text, const char *doing, slice what) {
    return error_set(e, code_of(code), "Cannot %s %.*s in Kafka: %s (%s).", doing, SLICE_ARG(what),
        text && *text ? text : rd_kafka_err2str(code), rd_kafka_err2name(code));
}

bool kafka_fail_with(error *e, rd_kafka_error_t *problem, const char *doing, slice what) {
    kafka_fail(e, rd_kafka_error_code(problem), rd_kafka_error_string(problem), doing, what);
    rd_kafka_error_destroy(problem);
    return false;
}

/* ---- clients ---- */

static void log_line(const rd_kafka_t *client, int level, const char *facility, const char *text) {
    /* Lost connections are librdkafka's to mend; what cannot be mended comes back as an error. */
    log_debug("kafka %s: %s: %s", client ? rd_kafka_name(client) : "", facility, text);
}

static void ignore_error(rd_kafka_t *client, int code, const char *reason, void *context) {
    log_debug("kafka %s: %s", rd_kafka_name(client), reason);
}

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value, error *e) {
    char text[256];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK)
        return true;
    return error_set(
        e, ERROR_STATEMENT, "The Kafka setting %s = '%s' is not possible: %s.", name, value, text);
}

static bool set_all(rd_kafka_conf_t *conf, const kafka_setting *settings, int count, error *e) {
    for (int i = 0; i < count; i++)
        if (!set(conf, settings[i].name, settings[i].value, e))
            return false;
    return true;
}

rd_kafka_t *kafka_client_open(const kafka_system *system, rd_kafka_type_t type,
    const kafka_setting *settings, int count,
    void (*delivered)(rd_kafka_t *, const rd_kafka_message_t *, void *), void *context, error *e) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (!set(conf, "bootstrap.servers", system->brokers, e) ||
        !set(conf, "client.id", "sluice", e) || !set_all(conf, settings, count, e) ||
        !set_all(conf, system->settings, system->setting_count, e)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_log_cb(conf, log_line);
    rd_kafka_conf_set_error_cb(conf, ignore_error);
    rd_kafka_conf_set_opaque(conf, context);
    if (delivered)
        rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    char text[256];
    rd_kafka_t *client = rd_kafka_new(type, conf, text, sizeof text);
    if (client)
        return client;
    rd_kafka_conf_destroy(conf);
    error_set(e, ERROR_STATEMENT, "Cannot make a Kafka client: %s.", text);
    return NULL;
}

/* ---- destroying consumers ----
 *
 * librdkafka 2.0.2 may wait for itself for ever when it destroys a consumer one of whose topics was
 * deleted, if the news of it arrives in between. Such a consumer is left behind. */

enum { CLOSE_WAIT_MS = 3000 };

/* Shared by the system and the threads; the last one frees it. */
typedef struct kafka_closing {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int waiting; /* consumers not destroyed yet */
    int users;
} kafka_closing;

typedef struct closing_consumer {
    kafka_closing *closing;
    rd_kafka_t *client;
} closing_consumer;

static kafka_closing *new_closing(void) {
    kafka_closing *closing = MEMORY_NEW(kafka_closing);
    pthread_mutex_init(&closing->mutex, NULL);
    pthread_cond_init(&closing->changed, NULL);
    closing->users = 1;
    return closing;
}

/* The mutex, which is given back. */
static void leave_closing(kafka_closing *closing) {
    bool last = --closing->users == 0;
    pthread_mutex_unlock(&closing->mutex);
    if (!last)
        return;
    pthread_mutex_destroy(&closing->mutex);
    pthread_cond_destroy(&closing->changed);
    memory_free(closing);
}

static void *destroy_consumer(void *argument) {
    closing_consumer consumer = *(closing_consumer *)argument;
    memory_free(argument);
    rd_kafka_destroy_flags(consumer.client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    pthread_mutex_lock(&consumer.closing->mutex);
    consumer.closing->waiting--;
    pthread_cond_signal(&consumer.closing->changed);
    leave_closing(consumer.closing);
    return NULL;
}

void kafka_consumer_destroy(kafka_system *system, rd_kafka_t *client) {
    closing_consumer *consumer = MEMORY_NEW(closing_consumer);
    *consumer = (closing_consumer){system->closing, client};
    pthread_mutex_lock(&system->closing->mutex);
    system->closing->waiting++;
    system->closing->users++;
    pthread_mutex_unlock(&system->closing->mutex);
    pthread_t thread;
    if (pthread_create(&thread, NULL, destroy_consumer, consumer) == 0)
        pthread_detach(thread);
    else
        destroy_consumer(consumer);
}

static void wait_for_consumers(kafka_closing *closing) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_WAIT_MS / 1000;
    pthread_mutex_lock(&closing->mutex);
    while (closing->waiting > 0 &&
           pthread_cond_timedwait(&closing->changed, &closing->mutex, &until) == 0)
        continue;
    leave_closing(closing);
}

/* ---- the system ---- */

static void close_system(kafka_system *system) {
    wait_for_consumers(system->closing);
    if (system->admin)
        rd_kafka_destroy_flags(system->admin, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    for (int i = 0; i < system->setting_count; i++) {
        memory_free(system->settings[i].name);
        memory_free(system->settings[i].value);
    }
    memory_free(system->settings);
    memory_free(system->brokers);
    kafka_forget_topics(system);
    memory_free(system->known);
    pthread_mutex_destroy(&system->known_lock);
    memory_free(system);
}

static void kafka_close(topic_system *system) {
    close_system((kafka_system *)system);
}

static const topic_functions KAFKA_FUNCTIONS = {
    .is_kafka = true,
    .system_close = kafka_close,
    .create = kafka_create,
    .create_all = kafka_create_all,
    .delete = kafka_delete,
    .describe = kafka_describe,
    .count_partitions = kafka_count_partitions,
    .list = kafka_list,
    .offsets = kafka_offsets,
    .offset_at = kafka_offset_at,
    .delete_records = kafka_delete_records,
    .clean = kafka_clean,
    .group_offset = kafka_group_offset,
    .reader_open = kafka_reader_open,
    .reader_close = kafka_reader_close,
    .reader_assign = kafka_reader_assign,
    .reader_seek = kafka_reader_seek,
    .reader_pause = kafka_reader_pause,
    .reader_wake = kafka_reader_wake,
    .reader_poll = kafka_reader_poll,
    .reader_at_end = kafka_reader_at_end,
    .reader_position = kafka_reader_position,
    .reader_lag = kafka_reader_lag,
    .reader_ends = kafka_reader_ends,
    .writer_open = kafka_writer_open,
    .writer_connect = kafka_writer_connect,
    .writer_begin_fence = kafka_writer_begin_fence,
    .writer_fence = kafka_writer_fence,
    .writer_expect = kafka_writer_expect,
    .writer_close = kafka_writer_close,
    .writer_append_batch = kafka_writer_append_batch,
    .writer_commit = kafka_writer_commit,
    .writer_abort = kafka_writer_abort,
    .writer_end_offset = kafka_writer_end_offset,
    .writer_pending_bytes = kafka_writer_pending_bytes,
};

/* One question, so that a wrong address is an error now and not later. */
static bool check_connection(kafka_system *system, error *e) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t failed =
        rd_kafka_metadata(system->admin, 0, NULL, &metadata, KAFKA_TIMEOUT_MS);
    if (failed) {
        error_set(e, ERROR_IO, "Cannot reach Kafka at %s: %s.", system->brokers,
            rd_kafka_err2str(failed));
        return error_hint(e, "Check that a broker listens there.");
    }
    rd_kafka_metadata_destroy(metadata);
    return true;
}

topic_system *kafka_open(slice brokers, const slice *properties, int count, error *e) {
    if (!brokers.length) {
        error_set(e, ERROR_STATEMENT, "The address of Kafka is empty; it is HOST:PORT[,...].");
        return NULL;
    }
    kafka_system *system = MEMORY_NEW(kafka_system);
    system->closing = new_closing();
    pthread_mutex_init(&system->known_lock, NULL);
    system->system.functions = &KAFKA_FUNCTIONS;
    system->brokers = memory_copy_text(brokers);
    system->settings = memory_allocate_zero(sizeof(kafka_setting) * (size_t)(count + 1));
    system->setting_count = count;
    for (int i = 0; i < count; i++)
        system->settings[i] = (kafka_setting){
            memory_copy_text(properties[2 * i]), memory_copy_text(properties[2 * i + 1])};
    kafka_setting settings[] = {{"group.id", "sluice"}, {"isolation.level", "read_uncommitted"}};
    system->admin = kafka_client_open(system, RD_KAFKA_CONSUMER, settings, 2, NULL, system, e);
    if (system->admin && check_connection(system, e))
        return &system->system;
    close_system(system);
    return NULL;
}
