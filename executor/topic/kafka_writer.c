/* A writer is one transactional, idempotent producer. librdkafka batches and sends while records
 * are appended; a commit waits for all of them, adds the group's positions, and commits. Delivery
 * reports, served on the writer's own thread, say where records ended up and what failed.
 *
 * librdkafka (2.0) has one request of a partition under way at a time, and while it waits for the
 * answer its thread polls without pause if the next batch could go already: because it is full,
 * has lingered, or is being flushed. Only the first of these is worth a thread's time. So batches
 * linger for longer than it takes between commits mostly, and a flush begins when no batch is full.
 *
 * A message that waits takes three to five times its bytes, and a process may have many writers. So
 * batches are no larger than is worth a request, and no more is appended at once than makes sure
 * that some partition has a full one: who appends waits for the cluster then, as librdkafka's own
 * bounds, which are far above, would make it wait.
 *
 * Any failure leaves the producer unusable: the caller closes it and opens another, which
 * fences what the old one may still have under way.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "executor/topic/kafka.h"

enum {
    TRANSACTION_TIMEOUT_MS = 10000,
    ABORT_FLUSH_MS = 2000,
    OPEN_TIMEOUT_MS = 60000, /* an earlier transaction may have to time out first */
    SERVE_EVERY = 1024,      /* records between looks at delivery reports */
    HEADER_LIMIT = 1024,
    BATCH_BYTES = 150000, /* unless a setting says otherwise */
    WRITERS_FEW = 4,
};

typedef struct written_topic {
    char *name_text;
    slice name;
    rd_kafka_topic_t *handle;
    int32_t partitions;
    int64_t *reported_ends;  /* by partition: of what was delivered in the open transaction */
    int64_t *committed_ends; /* -1: nothing */
} written_topic;

typedef struct kafka_writer {
    topic_writer writer;
    kafka_system *system;
    slice id;
    char *id_text; /* NULL: no transactions */
    rd_kafka_t *client;
    bool is_fenced; /* earlier writers with the id are: transactions may begin */
    bool is_open;   /* a transaction has begun */
    written_topic **topics;
    int topic_count, last_topic;
    int64_t pending_bytes;
    int64_t batch_bytes;       /* a batch is full then */
    int64_t batches_bytes;     /* of a batch for each partition of the topics */
    int64_t undelivered_bytes; /* of keys and values */
    int64_t since_served;
    rd_kafka_resp_err_t failed; /* of the first record that could not be delivered */
} kafka_writer;

/* ---- opening and closing ---- */

static void note_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *context) {
    kafka_writer *writer = context;
    written_topic *topic = message->_private;
    writer->undelivered_bytes -= (int64_t)(message->len + message->key_len);
    if (message->err) {
        if (!writer->failed)
            writer->failed = message->err;
        return;
    }
    if (message->partition >= 0 && message->partition < topic->partitions &&
        message->offset >= topic->reported_ends[message->partition])
        topic->reported_ends[message->partition] = message->offset + 1;
}

/* As the client has it: settings of the system come behind ours. */
static int64_t full_batch(const kafka_writer *writer) {
    char text[32] = "";
    size_t size = sizeof text;
    rd_kafka_conf_get(rd_kafka_conf(writer->client), "batch.size", text, &size);
    int64_t bytes = strtoll(text, NULL, 10);
    return bytes > 0 ? bytes : BATCH_BYTES;
}

static bool open_producer(kafka_writer *writer, error *e) {
    char timeout[16], batch_bytes[16];
    snprintf(batch_bytes, sizeof batch_bytes, "%d", BATCH_BYTES);
    snprintf(timeout, sizeof timeout, "%d", TRANSACTION_TIMEOUT_MS);
    kafka_setting settings[] = {
        {"enable.idempotence", "true"},
        {"partitioner", "murmur2_random"},
        {"linger.ms", "1000"},
        {"batch.size", batch_bytes},
        {"batch.num.messages", "50000"},
        {"queue.buffering.max.messages", "100000"},
        {"queue.buffering.max.kbytes", "32768"},
        {"compression.codec", "lz4"},
        {"topic.metadata.propagation.max.ms", "5000"},
        {"message.timeout.ms", timeout},
        {"transactional.id", writer->id_text},
        {"transaction.timeout.ms", timeout},
    };
    int count = (int)(sizeof settings / sizeof *settings) - (writer->id_text ? 0 : 2);
    writer->client = kafka_client_open(
        writer->system, RD_KAFKA_PRODUCER, settings, count, note_delivery, writer, e);
    if (writer->client)
        writer->batch_bytes = full_batch(writer);
    return writer->client != NULL;
}

/* Fences earlier writers with the id and waits for the end of what they left open. */
static bool init_transactions(kafka_writer *writer, error *e) {
    int64_t deadline = clock_monotonic_ms() + OPEN_TIMEOUT_MS;
    for (;;) {
        rd_kafka_error_t *problem = rd_kafka_init_transactions(writer->client, OPEN_TIMEOUT_MS);
        if (!problem)
            return true;
        if (!rd_kafka_error_is_retriable(problem) || clock_monotonic_ms() > deadline)
            return kafka_fail_with(e, problem, "open the transactional writer", writer->id);
        rd_kafka_error_destroy(problem);
    }
}

topic_writer *kafka_writer_connect(topic_system *system, slice transactional_id, error *e) {
    kafka_writer *writer = MEMORY_NEW(kafka_writer);
    writer->writer.functions = system->functions;
    writer->system = (kafka_system *)system;
    writer->system->writers++;
    if (transactional_id.data) {
        writer->id_text = memory_copy_text(transactional_id);
        writer->id = slice_make(writer->id_text, transactional_id.length);
    }
    if (open_producer(writer, e))
        return &writer->writer;
    kafka_writer_close(&writer->writer);
    return NULL;
}

/* librdkafka goes on by itself when it is asked with a time-out, and may be asked again. */
void kafka_writer_begin_fence(topic_writer *base) {
    kafka_writer *writer = (kafka_writer *)base;
    rd_kafka_error_t *unfinished =
        writer->id_text ? rd_kafka_init_transactions(writer->client, 1) : NULL;
    writer->is_fenced = writer->id_text && !unfinished;
    if (unfinished)
        rd_kafka_error_destroy(unfinished); /* asked again, it says what is wrong */
}

bool kafka_writer_fence(topic_writer *base, error *e) {
    kafka_writer *writer = (kafka_writer *)base;
    writer->is_fenced = writer->is_fenced || !writer->id_text || init_transactions(writer, e);
    return writer->is_fenced;
}

topic_writer *kafka_writer_open(topic_system *system, slice transactional_id, error *e) {
    topic_writer *writer = kafka_writer_connect(system, transactional_id, e);
    if (!writer || kafka_writer_fence(writer, e))
        return writer;
    kafka_writer_close(writer);
    return NULL;
}

static void abandon(kafka_writer *writer) {
    char text[64];
    bool is_fatal = rd_kafka_fatal_error(writer->client, text, sizeof text) != 0;
    rd_kafka_purge(writer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    if (writer->is_open && writer->id_text && !is_fatal) {
        rd_kafka_flush(writer->client, 1000);
        rd_kafka_error_t *problem = rd_kafka_abort_transaction(writer->client, 5000);
        if (problem)
            rd_kafka_error_destroy(problem); /* the next writer with this id ends it */
    }
    rd_kafka_flush(writer->client, 0);
}

void kafka_writer_close(topic_writer *base) {
    kafka_writer *writer = (kafka_writer *)base;
    if (writer->client)
        abandon(writer);
    for (int i = 0; i < writer->topic_count; i++)
        rd_kafka_topic_destroy(writer->topics[i]->handle);
    if (writer->client)
        rd_kafka_destroy(writer->client);
    /* Last reports may have come until here. */
    for (int i = 0; i < writer->topic_count; i++) {
        memory_free(writer->topics[i]->name_text);
        memory_free(writer->topics[i]->reported_ends);
        memory_free(writer->topics[i]->committed_ends);
        memory_free(writer->topics[i]);
    }
    memory_free(writer->topics);
    memory_free(writer->id_text);
    writer->system->writers--;
    memory_free(writer);
}

/* ---- topics written to ---- */

static int find_written(const kafka_writer *writer, slice topic) {
    if (writer->last_topic < writer->topic_count &&
        slice_equal(writer->topics[writer->last_topic]->name, topic))
        return writer->last_topic;
    for (int i = 0; i < writer->topic_count; i++)
        if (slice_equal(writer->topics[i]->name, topic))
            return i;
    return -1;
}

static written_topic *add_written(kafka_writer *writer, slice name, error *e) {
    int32_t partitions = kafka_known_partitions(writer->system, name, e);
    if (partitions < 0)
        return NULL;
    written_topic *topic = MEMORY_NEW(written_topic);
    topic->name_text = memory_copy_text(name);
    topic->name = slice_make(topic->name_text, name.length);
    topic->handle = rd_kafka_topic_new(writer->client, topic->name_text, NULL);
    topic->partitions = partitions;
    topic->reported_ends = memory_allocate(sizeof(int64_t) * (size_t)partitions);
    topic->committed_ends = memory_allocate(sizeof(int64_t) * (size_t)partitions);
    for (int32_t i = 0; i < partitions; i++)
        topic->reported_ends[i] = topic->committed_ends[i] = -1;
    writer->topics =
        memory_resize(writer->topics, sizeof(written_topic *) * (size_t)(writer->topic_count + 1));
    writer->last_topic = writer->topic_count;
    writer->batches_bytes += (int64_t)partitions * writer->batch_bytes;
    return writer->topics[writer->topic_count++] = topic;
}

static written_topic *take_written(kafka_writer *writer, slice name, error *e) {
    int found = find_written(writer, name);
    if (found < 0)
        return add_written(writer, name, e);
    writer->last_topic = found;
    return writer->topics[found];
}

/* The handle makes the client ask for the partitions' leaders. What is wrong is said when it is
 * written. */
void kafka_writer_expect(topic_writer *base, slice topic) {
    error ignored = {0};
    take_written((kafka_writer *)base, topic, &ignored);
}

int64_t kafka_writer_end_offset(topic_writer *base, slice topic, int32_t partition) {
    kafka_writer *writer = (kafka_writer *)base;
    int found = find_written(writer, topic);
    if (found < 0 || partition < 0 || partition >= writer->topics[found]->partitions)
        return -1;
    return writer->topics[found]->committed_ends[partition];
}

/* ---- appending ---- */

static bool begin(kafka_writer *writer, error *e) {
    if (writer->is_open)
        return true;
    rd_kafka_error_t *problem = writer->id_text ? rd_kafka_begin_transaction(writer->client) : NULL;
    if (problem)
        return kafka_fail_with(e, problem, "begin a transaction of", writer->id);
    writer->is_open = true;
    writer->failed = RD_KAFKA_RESP_ERR_NO_ERROR;
    return true;
}

/* The producer's arguments for one record. */
typedef struct produce_arguments {
    rd_kafka_vu_t items[7];
    size_t count;
    rd_kafka_headers_t *headers;
} produce_arguments;

/* librdkafka takes a NULL pointer for null; an empty value needs a place to point to. */
static void *bytes_of(slice bytes) {
    return (void *)(uintptr_t)bytes.data;
}

static rd_kafka_headers_t *make_headers(const topic_record *record) {
    rd_kafka_headers_t *headers = rd_kafka_headers_new((size_t)record->header_count);
    for (int32_t i = 0; i < record->header_count; i++)
        rd_kafka_header_add(headers, record->headers[i].key.data,
            (ssize_t)record->headers[i].key.length, record->headers[i].value.data,
            record->headers[i].value.data ? (ssize_t)record->headers[i].value.length : -1);
    return headers;
}

/* 0 means now. */
static int64_t timestamp_of(const topic_record *record) {
    if (record->timestamp_ms == TOPIC_TIMESTAMP_NOW)
        return 0;
    return record->timestamp_ms ? record->timestamp_ms : 1;
}

static void fill_arguments(produce_arguments *p, written_topic *topic, const topic_record *record) {
    p->items[0].vtype = RD_KAFKA_VTYPE_RKT;
    p->items[0].u.rkt = topic->handle;
    p->items[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    p->items[1].u.i32 =
        record->partition == TOPIC_PARTITION_BY_KEY ? RD_KAFKA_PARTITION_UA : record->partition;
    p->items[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    p->items[2].u.i = RD_KAFKA_MSG_F_COPY;
    p->items[3].vtype = RD_KAFKA_VTYPE_KEY;
    p->items[3].u.mem.ptr = bytes_of(record->key);
    p->items[3].u.mem.size = record->key.length;
    p->items[4].vtype = RD_KAFKA_VTYPE_VALUE;
    p->items[4].u.mem.ptr = bytes_of(record->value);
    p->items[4].u.mem.size = record->value.length;
    p->items[5].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    p->items[5].u.i64 = timestamp_of(record);
    p->items[6].vtype = RD_KAFKA_VTYPE_OPAQUE;
    p->items[6].u.ptr = topic;
}

static rd_kafka_error_t *produce(
    kafka_writer *writer, written_topic *topic, const topic_record *record) {
    rd_kafka_vu_t items[8];
    produce_arguments p = {.count = 7};
    fill_arguments(&p, topic, record);
    if (!record->header_count)
        return rd_kafka_produceva(writer->client, p.items, p.count);
    memcpy(items, p.items, sizeof p.items);
    items[7].vtype = RD_KAFKA_VTYPE_HEADERS;
    items[7].u.headers = make_headers(record);
    rd_kafka_error_t *problem = rd_kafka_produceva(writer->client, items, 8);
    if (problem)
        rd_kafka_headers_destroy(items[7].u.headers);
    return problem;
}

/* Waits until no more than that is undelivered: `most` is such that some partition has a full batch
 * to send as long as there is more. A failure, or that the cluster does not answer, shows later. */
static void wait_until_below(kafka_writer *writer, int64_t most) {
    int64_t deadline = clock_monotonic_ms() + 2 * TRANSACTION_TIMEOUT_MS;
    while (writer->undelivered_bytes > most && !writer->failed && clock_monotonic_ms() < deadline)
        rd_kafka_poll(writer->client, 100);
}

/* Each partition may have a part of a batch, which nobody sends yet. While one batch is under way
 * another one is filled, but where there are many writers: others send theirs then. */
static int64_t most_waiting(const kafka_writer *writer) {
    int64_t ahead = writer->system->writers <= WRITERS_FEW ? writer->batch_bytes : 0;
    return writer->batches_bytes + ahead;
}

static void count_appended(kafka_writer *writer, const topic_record *record) {
    writer->undelivered_bytes += (int64_t)(record->key.length + record->value.length);
    writer->pending_bytes += (int64_t)(record->key.length + record->value.length) + 32;
    writer->since_served++;
}

static void serve(kafka_writer *writer) {
    if (writer->undelivered_bytes > most_waiting(writer)) {
        wait_until_below(writer, most_waiting(writer));
    } else if (writer->since_served >= SERVE_EVERY) {
        writer->since_served = 0;
        rd_kafka_poll(writer->client, 0);
    }
}

/* Appends one record, waiting for room as long as the cluster takes records at all. */
static bool append_one(
    kafka_writer *writer, written_topic *topic, const topic_record *record, error *e) {
    int64_t deadline = 0;
    for (;;) {
        rd_kafka_error_t *problem = produce(writer, topic, record);
        if (!problem)
            break;
        int64_t now = clock_monotonic_ms();
        if (rd_kafka_error_code(problem) != RD_KAFKA_RESP_ERR__QUEUE_FULL ||
            (deadline && now > deadline))
            return kafka_fail_with(e, problem, "write to topic", topic->name);
        rd_kafka_error_destroy(problem);
        deadline = deadline ? deadline : now + 2 * TRANSACTION_TIMEOUT_MS;
        rd_kafka_poll(writer->client, 10);
    }
    count_appended(writer, record);
    serve(writer);
    return true;
}

static bool check_record(slice topic, const topic_record *record, int32_t partitions, error *e) {
    return record->partition == TOPIC_PARTITION_BY_KEY ||
           topic_check_partition(topic, record->partition, partitions, e);
}

bool kafka_writer_append_batch(
    topic_writer *base, slice name, const topic_record *records, int64_t count, error *e) {
    kafka_writer *writer = (kafka_writer *)base;
    written_topic *topic = take_written(writer, name, e);
    if (!topic || !begin(writer, e))
        return false;
    for (int64_t i = 0; i < count; i++)
        if (!check_record(name, &records[i], topic->partitions, e) ||
            !append_one(writer, topic, &records[i], e))
            return false;
    return true;
}

int64_t kafka_writer_pending_bytes(topic_writer *base) {
    return ((kafka_writer *)base)->pending_bytes;
}

/* ---- committing ---- */

static rd_kafka_topic_partition_list_t *list_positions(const topic_position *positions, int count) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int i = 0; i < count; i++) {
        char *name = memory_copy_text(positions[i].topic);
        rd_kafka_topic_partition_list_add(list, name, positions[i].partition)->offset =
            positions[i].offset;
        memory_free(name);
    }
    return list;
}

static bool send_positions(kafka_writer *writer, topic_reader *group_reader,
    const topic_position *positions, int count, error *e) {
    if (count == 0)
        return true;
    rd_kafka_consumer_group_metadata_t *group = kafka_reader_group(group_reader);
    rd_kafka_topic_partition_list_t *list = list_positions(positions, count);
    rd_kafka_error_t *problem =
        rd_kafka_send_offsets_to_transaction(writer->client, list, group, TRANSACTION_TIMEOUT_MS);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_consumer_group_metadata_destroy(group);
    return !problem || kafka_fail_with(e, problem, "commit the positions of", writer->id);
}

/* Waits until every record was delivered or has failed. */
static bool flush(kafka_writer *writer, error *e) {
    char text[256];
    wait_until_below(writer, writer->batches_bytes);
    rd_kafka_resp_err_t late = rd_kafka_flush(writer->client, 2 * TRANSACTION_TIMEOUT_MS);
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(writer->client, text, sizeof text);
    if (fatal)
        return kafka_fail(e, fatal, text, "write as", writer->id);
    if (writer->failed)
        return kafka_fail(e, writer->failed, NULL, "write as", writer->id);
    return !late || kafka_fail(e, late, NULL, "write as", writer->id);
}

static bool commit_transaction(kafka_writer *writer, error *e) {
    rd_kafka_error_t *problem = rd_kafka_commit_transaction(writer->client, TRANSACTION_TIMEOUT_MS);
    return !problem || kafka_fail_with(e, problem, "commit the transaction of", writer->id);
}

static void keep_ends(kafka_writer *writer) {
    for (int t = 0; t < writer->topic_count; t++)
        memcpy(writer->topics[t]->committed_ends, writer->topics[t]->reported_ends,
            sizeof(int64_t) * (size_t)writer->topics[t]->partitions);
}

/* After an abort, what was reported in the transaction does not count. */
static void forget_ends(kafka_writer *writer) {
    for (int t = 0; t < writer->topic_count; t++)
        memcpy(writer->topics[t]->reported_ends, writer->topics[t]->committed_ends,
            sizeof(int64_t) * (size_t)writer->topics[t]->partitions);
}

bool kafka_writer_commit(topic_writer *base, topic_reader *group_reader,
    const topic_position *positions, int count, error *e) {
    kafka_writer *writer = (kafka_writer *)base;
    if (!writer->is_open && count == 0)
        return true;
    if (!begin(writer, e) || !flush(writer, e))
        return false;
    if (writer->id_text && (!send_positions(writer, group_reader, positions, count, e) ||
                               !commit_transaction(writer, e)))
        return false;
    keep_ends(writer);
    writer->is_open = false;
    writer->pending_bytes = 0;
    return true;
}

bool kafka_writer_abort(topic_writer *base, error *e) {
    kafka_writer *writer = (kafka_writer *)base;
    if (!writer->is_open)
        return true;
    /* What is on its way arrives first: a transaction whose partitions the broker does not know yet
     * cannot be ended (INVALID_TXN_STATE). What does not arrive in time is thrown away. */
    rd_kafka_flush(writer->client, ABORT_FLUSH_MS);
    rd_kafka_purge(writer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_flush(writer->client, TRANSACTION_TIMEOUT_MS);
    rd_kafka_error_t *problem =
        writer->id_text ? rd_kafka_abort_transaction(writer->client, TRANSACTION_TIMEOUT_MS) : NULL;
    writer->is_open = false;
    writer->pending_bytes = 0;
    writer->failed = RD_KAFKA_RESP_ERR_NO_ERROR;
    forget_ends(writer);
    return !problem || kafka_fail_with(e, problem, "abort the transaction of", writer->id);
}
