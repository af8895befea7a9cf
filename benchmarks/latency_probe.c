/* latency_probe: how long it takes from the append of a record until its result can be consumed.
 *
 *   latency_probe HOST:PORT INPUT RESULTS RATE KEYS WARM_UP_SECONDS SECONDS
 *
 * Appends RATE records a second to INPUT, a few each millisecond, with keys 0 to KEYS-1 in turn;
 * each says in `sent` when it was appended, in microseconds. At the same time it consumes RESULTS,
 * read-committed, whose records say `sent`, too. Prints how many came, and the median, the 99th
 * percentile and the maximum in milliseconds of those that were sent after the warm-up, which
 * begins with the first result.
 */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/memory.h"

enum {
    MESSAGES = 1000,
    WAIT_MS = 5,
    FIRST_RESULT_US = 180000000, /* how long is waited for the first and for the last results */
    LAST_RESULTS_US = 5000000,
    TICK_US = 1000
};

typedef struct probe {
    const char *brokers, *input, *results;
    int64_t rate, keys, warm_up_us, measured_us;
    int64_t measured_from_us; /* 0: no result has come */
    _Atomic int64_t end_us;
    uint32_t *latencies_us;
    int64_t count, capacity;
} probe;

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void fail(const char *what) {
    fprintf(stderr, "latency_probe: %s\n", what);
    exit(1);
}

static rd_kafka_t *open_client(rd_kafka_type_t type, const char *settings[][2], size_t count) {
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], text, sizeof text))
            fail(text);
    rd_kafka_t *client = rd_kafka_new(type, conf, text, sizeof text);
    if (!client)
        fail(text);
    return client;
}

static void append_one(rd_kafka_t *client, rd_kafka_topic_t *topic, int64_t number, int64_t keys) {
    char key[24], value[128];
    int key_length = snprintf(key, sizeof key, "%" PRId64, number % keys);
    int length = snprintf(
        value, sizeof value, "{\"auction\":%" PRId64 ",\"sent\":%" PRId64 "}", number, now_us());
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value,
        (size_t)length, key, (size_t)key_length, NULL))
        rd_kafka_poll(client, 1);
}

static void *produce(void *context) {
    probe *p = context;
    const char *settings[][2] = {
        {"bootstrap.servers", p->brokers}, {"linger.ms", "1"}, {"partitioner", "murmur2_random"}};
    rd_kafka_t *client = open_client(RD_KAFKA_PRODUCER, settings, 3);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, p->input, NULL);
    int64_t start_us = now_us(), number = 0, at_us;
    while ((at_us = now_us()) < p->end_us) {
        for (int64_t due = (at_us - start_us) * p->rate / 1000000; number < due; number++)
            append_one(client, topic, number, p->keys);
        rd_kafka_poll(client, 0);
        nanosleep(&(struct timespec){.tv_nsec = TICK_US * 1000}, NULL);
    }
    rd_kafka_flush(client, 10000);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(client);
    return NULL;
}

/* The number behind "sent" in a JSON object; names may be in capitals. */
static int64_t sent_us(const rd_kafka_message_t *m) {
    const char *at = m->payload, *end = at + m->len;
    for (; at && at + 6 < end; at++)
        if (strncasecmp(at, "sent\":", 6) == 0)
            return strtoll(at + 6, NULL, 10);
    fail("a result does not say when it was sent");
    return 0;
}

static void take(probe *p, const rd_kafka_message_t *m) {
    int64_t sent = sent_us(m), seen_us = now_us(), latency = seen_us - sent;
    if (p->measured_from_us == 0) {
        p->measured_from_us = seen_us + p->warm_up_us;
        p->end_us = p->measured_from_us + p->measured_us;
    }
    if (sent < p->measured_from_us || p->count == p->capacity)
        return;
    p->latencies_us[p->count++] = latency < 0 ? 0 : (uint32_t)latency;
}

static void consume(probe *p) {
    const char *settings[][2] = {{"bootstrap.servers", p->brokers}, {"group.id", "latency_probe"},
        {"enable.auto.commit", "false"}, {"fetch.wait.max.ms", "10"}};
    static rd_kafka_message_t *messages[MESSAGES];
    rd_kafka_t *client = open_client(RD_KAFKA_CONSUMER, settings, 4);
    rd_kafka_poll_set_consumer(client);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, p->results, 0)->offset = RD_KAFKA_OFFSET_END;
    if (rd_kafka_assign(client, list))
        fail("the results cannot be read");
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client);
    while (p->count < p->capacity && now_us() < p->end_us + LAST_RESULTS_US) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, WAIT_MS, messages, MESSAGES);
        for (ssize_t i = 0; i < got; i++) {
            if (!messages[i]->err)
                take(p, messages[i]);
            rd_kafka_message_destroy(messages[i]);
        }
    }
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc != 8)
        fail("usage: HOST:PORT INPUT RESULTS RATE KEYS WARM_UP_SECONDS SECONDS");
    probe p = {.brokers = argv[1],
        .input = argv[2],
        .results = argv[3],
        .rate = atoll(argv[4]),
        .keys = atoll(argv[5]),
        .warm_up_us = atoll(argv[6]) * 1000000};
    int64_t seconds = atoll(argv[7]);
    if (p.rate <= 0 || p.keys <= 0 || seconds <= 0)
        fail("RATE, KEYS and SECONDS are above 0");
    p.measured_us = seconds * 1000000;
    p.end_us = now_us() + FIRST_RESULT_US;
    p.capacity = p.rate * seconds - p.rate / 100; /* the last ones may wait for a commit */
    p.latencies_us = memory_allocate(sizeof *p.latencies_us * (size_t)p.capacity);
    pthread_t producer;
    if (pthread_create(&producer, NULL, produce, &p))
        fail("no thread");
    consume(&p);
    pthread_join(producer, NULL);
    if (p.count == 0)
        fail("no result came");
    qsort(p.latencies_us, (size_t)p.count, sizeof *p.latencies_us, compare);
    printf("%" PRId64 " %.1f %.1f %.1f\n", p.count, p.latencies_us[p.count / 2] / 1e3,
        p.latencies_us[p.count * 99 / 100] / 1e3, p.latencies_us[p.count - 1] / 1e3);
    memory_free(p.latencies_us);
    return 0;
}
