/* A reader is one consumer a topic (`CLIENTS_MAX` at most), with partitions assigned by hand. Each
 * partition keeps a queue of its own, so that messages come grouped and a paused partition is
 * simply not read from; one eventfd wakes a waiting poll for all of them. Records point into
 * librdkafka's messages, which are given back at the next poll.
 *
 * The consumers are made at the first poll, when it is known among how many partitions the memory
 * for messages fetched ahead is to be divided.
 *
 * A client has one fetch at a time under way to a broker. One that was sent while the queue of the
 * only partition with something to give was full asks for the others only, and the broker holds it
 * for fetch.wait.max.ms. Topics differ most in that (a join's table is at its end soon), so each
 * has a client of its own.
 *
 * librdkafka stops fetching for a partition whose queue is full and looks again only when its
 * broker thread wakes, up to a second later. A reader that has half emptied such a queue therefore
 * wakes the thread with a small request to the partition's leader (`nudge`).
 *
 * Positions move past transaction markers when librdkafka reports the end of a partition.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "executor/topic/kafka.h"

enum {
    POLL_MESSAGES_MAX = 64 * 1024,
    AHEAD_KBYTES = 8 * 1024, /* fetched ahead, over all partitions */
    AHEAD_KBYTES_MIN = 1024, /* for one partition at least */
    AHEAD_MESSAGES = 64000,  /* over all partitions; fetching goes on below this */
    AHEAD_MESSAGES_MIN = 4000,
    AHEAD_MESSAGES_MAX = 8000, /* for one partition */
    FETCH_BYTES = 1 << 20,     /* at once, over all partitions */
    FETCH_BYTES_MIN = 1 << 19, /* of one; where batches are larger, one has its turn at a time */
    NUDGE_EVERY_MS = 5,
    NUDGE_TIMEOUT_MS = 0, /* the answer is of no use */
    STARVING_MS = 10,
    WAIT_MS = 1000,
    CHECK_TOPIC_EVERY_MS = 1000,
    CHECK_TIMEOUT_MS = 500,
    CLIENTS_MAX = 4,
};

typedef struct kafka_assignment {
    char *topic_text;
    slice topic;
    int32_t partition;
    int64_t position; /* the next offset to deliver */
    bool is_paused, is_at_end;
    bool was_full;         /* fetching has stopped until the queue is lower */
    bool may_starve;       /* its queue was long since the last nudge */
    int64_t message_bytes; /* of keys and values, on average, in what was read last */
    int client;            /* index in the reader's */
    rd_kafka_queue_t *queue;
} kafka_assignment;

typedef struct kafka_reader {
    topic_reader reader;
    kafka_system *system;
    char *group;
    rd_kafka_t *clients[CLIENTS_MAX]; /* by topic; NULL until the first poll */
    int topic_count;
    int event_fd;
    _Atomic bool is_woken; /* a poll is not to wait */
    bool has_moved;        /* the end of a partition was reached: the poll does not wait either */
    kafka_assignment *assignments;
    int assignment_count;
    int started_count; /* assignments that the client knows of */
    int next_turn;
    int64_t ahead_messages, ahead_bytes; /* of a partition */
    int64_t nudged_at_ms, checked_at_ms;
    /* What the last poll gave. */
    rd_kafka_message_t **messages;
    int64_t message_count, message_capacity;
    topic_record *records; /* as many as messages */
    int64_t record_count;
    topic_segment *segments;
    int segment_count;
    topic_header *headers;
    int64_t header_count, header_capacity;
} kafka_reader;

/* ---- opening and closing ---- */

topic_reader *kafka_reader_open(topic_system *system, slice group, error *e) {
    kafka_reader *reader = MEMORY_NEW(kafka_reader);
    reader->reader.functions = system->functions;
    reader->system = (kafka_system *)system;
    reader->group = memory_copy_text(group.length ? group : SLICE_LITERAL("sluice"));
    reader->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (reader->event_fd >= 0)
        return &reader->reader;
    error_set(e, ERROR_IO, "Cannot make an event descriptor for a Kafka reader.");
    kafka_reader_close(&reader->reader);
    return NULL;
}

static void give_back_messages(kafka_reader *reader) {
    for (int64_t i = 0; i < reader->message_count; i++)
        rd_kafka_message_destroy(reader->messages[i]);
    reader->message_count = reader->record_count = reader->header_count = 0;
    reader->segment_count = 0;
}

/* What is left in a partition's queue would keep the partition alive, which owns the queue:
 * librdkafka would wait for itself for ever. So the queues are joined to the client's and emptied.
 */
static void close_client(kafka_reader *reader, int which) {
    rd_kafka_t *client = reader->clients[which];
    rd_kafka_queue_t *all = rd_kafka_queue_get_consumer(client);
    rd_kafka_assign(client, NULL);
    for (int i = 0; i < reader->assignment_count; i++) {
        rd_kafka_queue_t *queue = reader->assignments[i].queue;
        if (!queue || reader->assignments[i].client != which)
            continue;
        rd_kafka_queue_io_event_enable(queue, -1, NULL, 0);
        rd_kafka_queue_forward(queue, all);
        rd_kafka_queue_destroy(queue);
    }
    rd_kafka_queue_destroy(all);
    for (rd_kafka_message_t *message; (message = rd_kafka_consumer_poll(client, 0));)
        rd_kafka_message_destroy(message);
    kafka_consumer_destroy(reader->system, client);
}

void kafka_reader_close(topic_reader *base) {
    kafka_reader *reader = (kafka_reader *)base;
    give_back_messages(reader);
    for (int i = 0; i < CLIENTS_MAX; i++)
        if (reader->clients[i])
            close_client(reader, i);
    if (reader->event_fd >= 0)
        close(reader->event_fd);
    for (int i = 0; i < reader->assignment_count; i++)
        memory_free(reader->assignments[i].topic_text);
    memory_free(reader->assignments);
    memory_free(reader->messages);
    memory_free(reader->records);
    memory_free(reader->segments);
    memory_free(reader->headers);
    memory_free(reader->group);
    memory_free(reader);
}

/* A partition's share of what may be fetched ahead. */
static int share_of(const kafka_reader *reader, int all, int least, int most) {
    int share = all / (reader->assignment_count ? reader->assignment_count : 1);
    return share < least ? least : share > most ? most : share;
}

static bool open_client(kafka_reader *reader, int which, error *e) {
    if (reader->clients[which])
        return true;
    char kbytes[16], messages[16], fetched[16];
    reader->ahead_bytes =
        INT64_C(1024) * share_of(reader, AHEAD_KBYTES, AHEAD_KBYTES_MIN, AHEAD_KBYTES);
    snprintf(kbytes, sizeof kbytes, "%" PRId64, reader->ahead_bytes / 1024);
    reader->ahead_messages =
        share_of(reader, AHEAD_MESSAGES, AHEAD_MESSAGES_MIN, AHEAD_MESSAGES_MAX);
    snprintf(messages, sizeof messages, "%" PRId64, reader->ahead_messages);
    snprintf(
        fetched, sizeof fetched, "%d", share_of(reader, FETCH_BYTES, FETCH_BYTES_MIN, FETCH_BYTES));
    kafka_setting settings[] = {
        {"group.id", reader->group},
        {"isolation.level", "read_committed"},
        {"enable.partition.eof", "true"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "earliest"},
        {"check.crcs", "false"},
        {"fetch.wait.max.ms", "50"},
        {"fetch.message.max.bytes", fetched},
        {"fetch.max.bytes", "33554432"},
        {"receive.message.max.bytes", "100000000"},
        {"queued.min.messages", messages},
        {"queued.max.messages.kbytes", kbytes},
        {"topic.metadata.propagation.max.ms", "5000"},
        {"fetch.error.backoff.ms", "50"},
    };
    reader->clients[which] = kafka_client_open(reader->system, RD_KAFKA_CONSUMER, settings,
        (int)(sizeof settings / sizeof *settings), NULL, reader, e);
    if (reader->clients[which])
        rd_kafka_poll_set_consumer(reader->clients[which]);
    return reader->clients[which] != NULL;
}

/* ---- assigning ---- */

static kafka_assignment *find_assignment(kafka_reader *reader, slice topic, int32_t partition) {
    for (int i = 0; i < reader->assignment_count; i++)
        if (reader->assignments[i].partition == partition &&
            slice_equal(reader->assignments[i].topic, topic))
            return &reader->assignments[i];
    return NULL;
}

static int client_of_topic(kafka_reader *reader, slice topic) {
    for (int i = 0; i < reader->assignment_count; i++)
        if (slice_equal(reader->assignments[i].topic, topic))
            return reader->assignments[i].client;
    return reader->topic_count++ % CLIENTS_MAX;
}

bool kafka_reader_assign(
    topic_reader *base, slice topic, int32_t partition, int64_t offset, error *e) {
    kafka_reader *reader = (kafka_reader *)base;
    int32_t partitions = kafka_known_partitions(reader->system, topic, e);
    if (partitions < 0 || !topic_check_partition(topic, partition, partitions, e))
        return false;
    int client = client_of_topic(reader, topic);
    size_t count = (size_t)reader->assignment_count + 1;
    reader->assignments = memory_resize(reader->assignments, sizeof(kafka_assignment) * count);
    reader->segments = memory_resize(reader->segments, sizeof(topic_segment) * count);
    char *text = memory_copy_text(topic);
    reader->assignments[reader->assignment_count++] = (kafka_assignment){.topic_text = text,
        .topic = slice_make(text, topic.length),
        .partition = partition,
        .position = offset < 0 ? 0 : offset,
        .client = client};
    return true;
}

/* The partition's messages stay in its own queue, and wake the reader. */
static bool take_queue(kafka_reader *reader, kafka_assignment *a, error *e) {
    static const uint64_t ONE = 1;
    a->queue =
        rd_kafka_queue_get_partition(reader->clients[a->client], a->topic_text, a->partition);
    if (!a->queue)
        return kafka_fail(e, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, NULL, "read topic", a->topic);
    rd_kafka_queue_forward(a->queue, NULL);
    rd_kafka_queue_io_event_enable(a->queue, reader->event_fd, &ONE, sizeof ONE);
    return true;
}

/* librdkafka looks for the leaders of new topics once a second; asked for their metadata it knows
 * at once. Without an answer it finds them by itself. */
static void find_leaders(kafka_reader *reader) {
    for (int i = reader->started_count; i < reader->assignment_count; i++) {
        slice topic = reader->assignments[i].topic;
        if (i == reader->started_count || !slice_equal(topic, reader->assignments[i - 1].topic))
            kafka_topic_is_gone(
                reader->clients[reader->assignments[i].client], topic, CHECK_TIMEOUT_MS);
    }
}

/* Tells a client of its assignments that came since the last poll. */
static bool start_client(kafka_reader *reader, int which, error *e) {
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(reader->assignment_count);
    bool good = true;
    for (int i = reader->started_count; good && i < reader->assignment_count; i++) {
        kafka_assignment *a = &reader->assignments[i];
        if (a->client != which)
            continue;
        good = open_client(reader, which, e) && take_queue(reader, a, e);
        rd_kafka_topic_partition_list_add(list, a->topic_text, a->partition)->offset = a->position;
    }
    rd_kafka_error_t *problem =
        good && list->cnt > 0 ? rd_kafka_incremental_assign(reader->clients[which], list) : NULL;
    rd_kafka_topic_partition_list_destroy(list);
    return good && (!problem || kafka_fail_with(e, problem, "read", SLICE_LITERAL("topics")));
}

static bool start_assignments(kafka_reader *reader, error *e) {
    if (reader->started_count == reader->assignment_count)
        return true;
    bool good = true;
    for (int i = 0; good && i < CLIENTS_MAX; i++)
        good = start_client(reader, i, e);
    if (good)
        find_leaders(reader);
    reader->started_count = reader->assignment_count;
    return good;
}

bool kafka_reader_seek(
    topic_reader *base, slice topic, int32_t partition, int64_t offset, error *e) {
    kafka_reader *reader = (kafka_reader *)base;
    kafka_assignment *a = find_assignment(reader, topic, partition);
    if (!a)
        return error_set(e, ERROR_NOT_FOUND, "Partition %d of topic %.*s is not assigned.",
            partition, SLICE_ARG(topic));
    a->position = offset < 0 ? 0 : offset;
    a->is_at_end = a->was_full = false;
    if (!a->queue)
        return true; /* the first poll begins there */
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, a->topic_text, partition)->offset = a->position;
    rd_kafka_error_t *problem =
        rd_kafka_seek_partitions(reader->clients[a->client], list, KAFKA_TIMEOUT_MS);
    rd_kafka_resp_err_t failed = list->elems[0].err;
    rd_kafka_topic_partition_list_destroy(list);
    if (problem)
        return kafka_fail_with(e, problem, "seek in topic", topic);
    return !failed || kafka_fail(e, failed, NULL, "seek in topic", topic);
}

void kafka_reader_pause(topic_reader *base, slice topic, int32_t partition, bool paused) {
    kafka_assignment *a = find_assignment((kafka_reader *)base, topic, partition);
    if (a)
        a->is_paused = paused;
}

/* ---- from messages to records ---- */

static bool is_about_topic(rd_kafka_resp_err_t code) {
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

/* Errors that waiting does not mend. */
static bool is_final(rd_kafka_resp_err_t code) {
    return is_about_topic(code) || code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
           code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
           code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || code == RD_KAFKA_RESP_ERR__FATAL;
}

/* A message that carries no record: the end of a partition, or an error. */
static bool take_event(
    kafka_reader *reader, kafka_assignment *a, const rd_kafka_message_t *message, error *e) {
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (!a)
            return true;
        reader->has_moved |= !a->is_at_end || message->offset > a->position;
        if (message->offset > a->position)
            a->position = message->offset;
        a->is_at_end = true;
        return true;
    }
    if (!is_final(message->err))
        return true;
    /* Brokers may forget a topic for a moment while its leader changes; ask before believing it. */
    if (a && is_about_topic(message->err)) {
        if (!kafka_topic_is_gone(reader->system->admin, a->topic, CHECK_TIMEOUT_MS))
            return true;
        return error_set(e, ERROR_NOT_FOUND, "Topic %.*s was deleted.", SLICE_ARG(a->topic));
    }
    return kafka_fail(e, message->err, rd_kafka_message_errstr(message), "read",
        a ? a->topic : SLICE_LITERAL("topics"));
}

static int32_t add_headers(kafka_reader *reader, const rd_kafka_headers_t *headers) {
    size_t count = rd_kafka_header_cnt(headers), size;
    if (reader->header_capacity - reader->header_count < (int64_t)count) {
        reader->header_capacity = (reader->header_count + (int64_t)count) * 2;
        reader->headers =
            memory_resize(reader->headers, sizeof(topic_header) * (size_t)reader->header_capacity);
    }
    for (size_t i = 0; i < count; i++) {
        const char *name;
        const void *value;
        rd_kafka_header_get_all(headers, i, &name, &value, &size);
        reader->headers[reader->header_count++] =
            (topic_header){slice_of(name), slice_make(value, value ? size : 0)};
    }
    return (int32_t)count;
}

/* The header array may move until the poll ends: records hold indexes until then. */
static void add_record(kafka_reader *reader, rd_kafka_message_t *message) {
    topic_record *record = &reader->records[reader->record_count++];
    *record = (topic_record){.key = slice_make(message->key, message->key_len),
        .value = slice_make(message->payload, message->len),
        .timestamp_ms = rd_kafka_message_timestamp(message, NULL),
        .offset = message->offset,
        .partition = message->partition};
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        record->headers = (const topic_header *)(uintptr_t)reader->header_count;
        record->header_count = add_headers(reader, headers);
    }
}

static void resolve(kafka_reader *reader) {
    for (int64_t i = 0; reader->header_count && i < reader->record_count; i++)
        if (reader->records[i].header_count)
            reader->records[i].headers = reader->headers + (uintptr_t)reader->records[i].headers;
    const topic_record *at = reader->records;
    for (int i = 0; i < reader->segment_count; i++) {
        reader->segments[i].records = at;
        at += reader->segments[i].count;
    }
}

/* ---- polling ---- */

/* Wakes the broker thread that serves the partition: it sees that there is room again. */
static void nudge(kafka_reader *reader, kafka_assignment *a) {
    int64_t now = clock_monotonic_ms();
    if (now - reader->nudged_at_ms < NUDGE_EVERY_MS)
        return;
    reader->nudged_at_ms = now;
    a->was_full = a->may_starve = false;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, a->topic_text, a->partition)->offset =
        RD_KAFKA_OFFSET_END;
    rd_kafka_offsets_for_times(reader->clients[a->client], list, NUDGE_TIMEOUT_MS);
    rd_kafka_topic_partition_list_destroy(list);
}

/* How many messages a partition's queue takes until fetching stops. Their sizes are known of those
 * only that were read. */
static int64_t full_at(const kafka_reader *reader, const kafka_assignment *a) {
    int64_t by_bytes = a->message_bytes ? reader->ahead_bytes / a->message_bytes : INT64_MAX;
    return by_bytes < reader->ahead_messages ? by_bytes : reader->ahead_messages;
}

/* Goes on with a partition whose queue was full and is half empty. */
static void note_fill(kafka_reader *reader, kafka_assignment *a, int64_t waiting) {
    int64_t full = full_at(reader, a);
    a->may_starve |= waiting >= full / 4;
    a->was_full |= waiting >= full - full / 8;
    if (a->was_full && waiting < full / 2)
        nudge(reader, a);
}

static void note_sizes(kafka_assignment *a, rd_kafka_message_t *const *messages, ssize_t count) {
    size_t bytes = 0;
    for (ssize_t i = 0; i < count; i++)
        bytes += messages[i]->err ? 0 : messages[i]->len + messages[i]->key_len;
    a->message_bytes = (int64_t)(bytes / (size_t)count);
}

/* Takes at most `quota` messages of one partition. */
static bool read_assignment(kafka_reader *reader, int index, int64_t quota, error *e) {
    kafka_assignment *a = &reader->assignments[index];
    rd_kafka_message_t **messages = reader->messages + reader->message_count;
    int64_t waiting = (int64_t)rd_kafka_queue_length(a->queue);
    ssize_t count = rd_kafka_consume_batch_queue(a->queue, 0, messages, (size_t)quota);
    note_fill(reader, a, waiting);
    if (count <= 0)
        return true;
    reader->message_count += count;
    note_sizes(a, messages, count);
    int64_t first = reader->record_count;
    for (ssize_t i = 0; i < count; i++) {
        rd_kafka_message_t *message = messages[i];
        if (message->err) {
            if (!take_event(reader, a, message, e))
                return false;
            continue;
        }
        if (message->offset < a->position)
            continue; /* left over from before a seek */
        add_record(reader, message);
        a->position = message->offset + 1;
        a->is_at_end = false;
    }
    if (reader->record_count > first)
        reader->segments[reader->segment_count++] = (topic_segment){
            .assignment = index, .count = reader->record_count - first, .next_offset = a->position};
    return true;
}

/* How many partitions have something to give. */
static int count_ready(const kafka_reader *reader) {
    int ready = 0;
    for (int i = 0; i < reader->assignment_count; i++)
        if (!reader->assignments[i].is_paused &&
            rd_kafka_queue_length(reader->assignments[i].queue) > 0)
            ready++;
    return ready;
}

static void reserve(kafka_reader *reader, int64_t count) {
    if (reader->message_capacity >= count)
        return;
    reader->message_capacity = count;
    memory_free(reader->messages);
    memory_free(reader->records);
    reader->messages = memory_allocate(sizeof(rd_kafka_message_t *) * (size_t)count);
    reader->records = memory_allocate(sizeof(topic_record) * (size_t)count);
}

static bool read_ready(kafka_reader *reader, int64_t max_records, error *e) {
    int ready = count_ready(reader);
    if (ready == 0)
        return true;
    int64_t quota = (max_records + ready - 1) / ready;
    quota = quota < 1 ? 1 : quota;
    give_back_messages(reader);
    reserve(reader, quota * reader->assignment_count);
    for (int i = 0; i < reader->assignment_count; i++) {
        int index = (reader->next_turn + i) % reader->assignment_count;
        if (!reader->assignments[index].is_paused && !read_assignment(reader, index, quota, e))
            return false;
    }
    reader->next_turn = (reader->next_turn + 1) % reader->assignment_count;
    return true;
}

/* Errors that belong to no partition's queue. */
static bool serve_client(kafka_reader *reader, rd_kafka_t *client, error *e) {
    for (rd_kafka_message_t *message; (message = rd_kafka_consumer_poll(client, 0));) {
        kafka_assignment *a = NULL;
        if (message->rkt)
            a = find_assignment(
                reader, slice_of(rd_kafka_topic_name(message->rkt)), message->partition);
        bool good = !message->err || take_event(reader, a, message, e);
        rd_kafka_message_destroy(message);
        if (!good)
            return false;
    }
    return true;
}

static bool serve_clients(kafka_reader *reader, error *e) {
    for (int i = 0; i < CLIENTS_MAX; i++)
        if (reader->clients[i] && !serve_client(reader, reader->clients[i], e))
            return false;
    return true;
}

/* A deleted topic shows as silence: with nothing coming, asks once in a while. */
static bool check_topics(kafka_reader *reader, error *e) {
    int64_t now = clock_monotonic_ms();
    if (now - reader->checked_at_ms < CHECK_TOPIC_EVERY_MS)
        return true;
    reader->checked_at_ms = now;
    for (int i = 0; i < reader->assignment_count; i++) {
        const kafka_assignment *a = &reader->assignments[i];
        if (i > 0 && slice_equal(a->topic, reader->assignments[i - 1].topic))
            continue;
        if (kafka_topic_is_gone(reader->system->admin, a->topic, CHECK_TIMEOUT_MS))
            return error_set(e, ERROR_NOT_FOUND, "Topic %.*s was deleted.", SLICE_ARG(a->topic));
    }
    return true;
}

/* A partition that gave records, has no more at hand, and is not at its end; NULL when none is. */
static kafka_assignment *find_starving(kafka_reader *reader) {
    for (int i = 0; i < reader->assignment_count; i++) {
        kafka_assignment *a = &reader->assignments[i];
        if (a->may_starve && !a->is_at_end && !a->is_paused && rd_kafka_queue_length(a->queue) == 0)
            return a;
    }
    return NULL;
}

static bool wait_for_event(kafka_reader *reader, int64_t wait_ms) {
    struct pollfd wake = {.fd = reader->event_fd, .events = POLLIN};
    if (poll(&wake, 1, wait_ms < 0 ? 0 : (int)wait_ms) <= 0)
        return false;
    uint64_t ignored;
    ssize_t got = read(reader->event_fd, &ignored, sizeof ignored);
    (void)got;
    return true;
}

/* Sleeps until a queue has something or the deadline has come. */
static void wait_for_messages(kafka_reader *reader, int64_t deadline_ms) {
    int64_t left_ms = deadline_ms - clock_monotonic_ms();
    kafka_assignment *starving = find_starving(reader);
    int64_t most_ms = starving ? STARVING_MS : WAIT_MS;
    if (!wait_for_event(reader, left_ms < most_ms ? left_ms : most_ms) && starving)
        nudge(reader, starving);
}

bool kafka_reader_poll(topic_reader *base, int64_t timeout_ms, int64_t max_records,
    const topic_segment **segments, int *count, error *e) {
    kafka_reader *reader = (kafka_reader *)base;
    *segments = NULL;
    *count = 0;
    give_back_messages(reader);
    if (reader->assignment_count == 0)
        return true;
    if (max_records > POLL_MESSAGES_MAX)
        max_records = POLL_MESSAGES_MAX;
    if (!start_assignments(reader, e) || !serve_clients(reader, e))
        return false;
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    for (;;) {
        if (!read_ready(reader, max_records, e))
            return false;
        if (reader->segment_count || reader->is_woken || reader->has_moved ||
            clock_monotonic_ms() >= deadline_ms)
            break;
        wait_for_messages(reader, deadline_ms);
        if (!serve_clients(reader, e) || !check_topics(reader, e))
            return false;
    }
    reader->is_woken = reader->has_moved = false;
    resolve(reader);
    *segments = reader->segments;
    *count = reader->segment_count;
    return true;
}

void kafka_reader_wake(topic_reader *base) {
    kafka_reader *reader = (kafka_reader *)base;
    uint64_t one = 1;
    reader->is_woken = true;
    if (write(reader->event_fd, &one, sizeof one) < 0)
        return; /* the counter is full: it wakes all the same */
}

/* ---- where it stands ---- */

bool kafka_reader_at_end(topic_reader *base, int assignment) {
    kafka_reader *reader = (kafka_reader *)base;
    assert(assignment >= 0 && assignment < reader->assignment_count);
    return reader->assignments[assignment].is_at_end;
}

int64_t kafka_reader_position(topic_reader *base, int assignment) {
    kafka_reader *reader = (kafka_reader *)base;
    assert(assignment >= 0 && assignment < reader->assignment_count);
    return reader->assignments[assignment].position;
}

/* The client remembers what the last fetch has said of the end. */
int64_t kafka_reader_lag(topic_reader *base, int assignment) {
    kafka_reader *reader = (kafka_reader *)base;
    assert(assignment >= 0 && assignment < reader->assignment_count);
    const kafka_assignment *a = &reader->assignments[assignment];
    int64_t start, end;
    if (a->is_at_end)
        return 0;
    rd_kafka_t *client = reader->clients[a->client];
    bool known = client &&
                 !rd_kafka_get_watermark_offsets(client, a->topic_text, a->partition, &start, &end);
    return known && end > a->position ? end - a->position : 1;
}

bool kafka_reader_ends(topic_reader *base, int64_t timeout_ms, int64_t *ends, error *e) {
    kafka_reader *reader = (kafka_reader *)base;
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new(reader->assignment_count);
    for (int i = 0; i < reader->assignment_count; i++)
        rd_kafka_topic_partition_list_add(
            list, reader->assignments[i].topic_text, reader->assignments[i].partition);
    bool ok = kafka_ask_ends(reader->system, list, timeout_ms, e);
    for (int i = 0; ok && i < reader->assignment_count; i++)
        ends[i] = list->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(list);
    return ok;
}

/* The reader's group has no members: partitions are assigned by hand. So its metadata is its name,
 * and a reader that reads nothing needs no client. */
rd_kafka_consumer_group_metadata_t *kafka_reader_group(topic_reader *base) {
    return rd_kafka_consumer_group_metadata_new(((kafka_reader *)base)->group);
}
