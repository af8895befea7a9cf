#include "benchmarks/consume_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MESSAGES = 10000, WAIT_MS = 100, TIMEOUT_MS = 10000, LOOK_EVERY_US = 2000 };

static void fail(const char *what) {
    fprintf(stderr, "reading a topic: %s\n", what);
    exit(1);
}

static rd_kafka_t *open_consumer(const char *brokers, const char *fetch_wait_ms) {
    const char *settings[][2] = {{"bootstrap.servers", brokers}, {"group.id", "consume_all"},
        {"enable.partition.eof", "true"}, {"enable.auto.commit", "false"},
        {"auto.offset.reset", "earliest"}, {"fetch.wait.max.ms", fetch_wait_ms},
        {"fetch.error.backoff.ms", "10"}}; /* a topic that was just made has no leader yet */
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], text, sizeof text))
            fail(text);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (!client)
        fail(text);
    rd_kafka_poll_set_consumer(client);
    return client;
}

static int count_partitions(rd_kafka_t *client, rd_kafka_topic_t *topic) {
    const struct rd_kafka_metadata *metadata;
    if (!topic || rd_kafka_metadata(client, 0, topic, &metadata, TIMEOUT_MS))
        fail("the broker does not answer");
    int partitions = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return partitions;
}

/* Assigns all partitions; returns how many. */
static int assign_all(rd_kafka_t *client, const char *name, int64_t offset, bool may_be_missing) {
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
    int partitions = count_partitions(client, topic);
    while (partitions == 0 && may_be_missing) {
        usleep(LOOK_EVERY_US);
        partitions = count_partitions(client, topic);
    }
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, name, i)->offset = offset;
    if (partitions == 0 || rd_kafka_assign(client, list))
        fail("there is no such topic");
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_topic_destroy(topic);
    return partitions;
}

void consume_all(const char *brokers, const char *topic,
    void (*each)(void *context, const rd_kafka_message_t *record), void *context) {
    static rd_kafka_message_t *messages[MESSAGES];
    rd_kafka_t *client = open_consumer(brokers, "500");
    int left = assign_all(client, topic, 0, false);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client);
    while (left > 0) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, WAIT_MS, messages, MESSAGES);
        for (ssize_t i = 0; i < got; i++) {
            if (messages[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
                left--;
            else if (messages[i]->err)
                fail(rd_kafka_message_errstr(messages[i]));
            else
                each(context, messages[i]);
            rd_kafka_message_destroy(messages[i]);
        }
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

/* Whether what comes next is a record, and not the end of a partition. */
static bool is_record(rd_kafka_t *client) {
    rd_kafka_message_t *message;
    do
        message = rd_kafka_consumer_poll(client, WAIT_MS);
    while (!message);
    bool found = message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!found && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        fail(rd_kafka_message_errstr(message));
    rd_kafka_message_destroy(message);
    return found;
}

void consume_first(const char *brokers, const char *topic, bool only_new, void (*ready)(void)) {
    rd_kafka_t *client = open_consumer(brokers, "10");
    if (!only_new)
        ready();
    int ends = assign_all(client, topic, only_new ? RD_KAFKA_OFFSET_END : 0, !only_new);
    for (; only_new && ends > 0; ends--)
        if (is_record(client))
            fail("records come already");
    if (only_new)
        ready();
    while (!is_record(client))
        continue;
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}
