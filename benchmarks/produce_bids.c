/* produce_bids: fills a Kafka topic with bids as the Nexmark benchmark has them, in JSON.
 *
 *   produce_bids --kafka HOST:PORT [--topic bids] [--events 2000000] [--partitions 1] [--seed 1]
 *   produce_bids --kafka HOST:PORT --delete PREFIX     deletes the topics whose names begin so
 *
 * A bid is about 335 bytes. Its key is the auction as text, of 10,000 distinct ones; prices are
 * even over 1 to 10,000; event time rises by 10,000 bids a second. The same seed gives the same
 * bids.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "executor/topic/topic.h"

enum {
    AUCTIONS = 10000,
    BIDS_A_SECOND = 10000,
    CHUNK = 1000,
    COMMIT_EVERY = 100000,
    BID_BYTES = 512
};
#define FIRST_TIME_MS INT64_C(1700000000000)

typedef struct options {
    slice kafka, topic, delete;
    int64_t events, partitions, seed;
} options;

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(0x2545F4914F6CDD1D) >> 11;
}

/* The text of one bid in `out`; returns its length. */
static size_t write_bid(char *out, uint64_t auction, int64_t time_ms, uint64_t *random) {
    uint64_t channel = next_random(random) % 10000;
    int length = snprintf(out, BID_BYTES,
        "{\"auction\":%" PRIu64 ",\"bidder\":%" PRIu64 ",\"price\":%" PRIu64
        ",\"channel\":\"channel-%" PRIu64 "\",\"url\":\"https://auctions.example/%08" PRIx64
        "/item.htm?query=1&channel_id=%" PRIu64 "\",\"dateTime\":%" PRId64 ",\"extra\":\"",
        auction, next_random(random) % 100000, 1 + next_random(random) % 10000, channel,
        next_random(random) & 0xffffffff, channel, time_ms);
    size_t end = 325 + next_random(random) % 20;
    for (size_t at = (size_t)length; at < end; at++)
        out[length++] = (char)('a' + next_random(random) % 26);
    out[length++] = '"';
    out[length++] = '}';
    return (size_t)length;
}

static bool fill(topic_system *kafka, const options *o, error *e) {
    static char values[CHUNK][BID_BYTES], keys[CHUNK][24];
    topic_record records[CHUNK] = {0};
    uint64_t random = (uint64_t)o->seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
    topic_writer *writer = topic_writer_open(kafka, (slice){NULL, 0}, e);
    bool good = writer != NULL;
    for (int64_t done = 0; good && done < o->events;) {
        int64_t count = o->events - done < CHUNK ? o->events - done : CHUNK;
        for (int64_t i = 0; i < count; i++) {
            int64_t time_ms = FIRST_TIME_MS + (done + i) * 1000 / BIDS_A_SECOND;
            uint64_t auction = 1000 + next_random(&random) % AUCTIONS;
            size_t length = write_bid(values[i], auction, time_ms, &random);
            int key_length = snprintf(keys[i], sizeof keys[i], "%" PRIu64, auction);
            records[i] = (topic_record){.key = slice_make(keys[i], (size_t)key_length),
                .value = slice_make(values[i], length),
                .timestamp_ms = time_ms,
                .partition = TOPIC_PARTITION_BY_KEY};
        }
        done += count;
        good = topic_writer_append_batch(writer, o->topic, records, count, e) &&
               (done % COMMIT_EVERY || topic_writer_commit(writer, NULL, NULL, 0, e));
    }
    good = good && topic_writer_commit(writer, NULL, NULL, 0, e);
    topic_writer_close(writer);
    return good;
}

static bool delete_topics(topic_system *kafka, slice prefix, error *e) {
    arena *memory = arena_create();
    topic_info *topics;
    int count = 0;
    bool good = topic_list(kafka, memory, &topics, &count, e);
    for (int i = 0; good && i < count; i++)
        if (slice_starts_with(topics[i].name, prefix))
            good = topic_delete(kafka, topics[i].name, e);
    arena_destroy(memory);
    return good;
}

static bool take_option(options *o, const char *name, const char *value) {
    struct {
        const char *name;
        slice *text;
        int64_t *number;
    } known[] = {{"--kafka", &o->kafka, NULL}, {"--topic", &o->topic, NULL},
        {"--delete", &o->delete, NULL}, {"--events", NULL, &o->events},
        {"--partitions", NULL, &o->partitions}, {"--seed", NULL, &o->seed}};
    for (size_t i = 0; value && i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, known[i].name) != 0)
            continue;
        if (known[i].number)
            return slice_to_int64(slice_of(value), known[i].number);
        *known[i].text = slice_of(value);
        return true;
    }
    return false;
}

static int finish(bool good, topic_system *kafka, const error *e) {
    topic_system_close(kafka);
    if (!good)
        fprintf(stderr, "produce_bids: %s\n", e->message);
    return good ? 0 : 1;
}

int main(int argc, char **argv) {
    options o = {.topic = SLICE_LITERAL("bids"), .events = 2000000, .partitions = 1, .seed = 1};
    for (int i = 1; i < argc; i += 2)
        if (!take_option(&o, argv[i], i + 1 < argc ? argv[i + 1] : NULL)) {
            fprintf(stderr, "produce_bids: '%s' is not an option with a value\n", argv[i]);
            return 2;
        }
    error e = {0};
    /* Uncompressed, so that readers are measured and not a decompressor. */
    slice settings[] = {SLICE_LITERAL("compression.codec"), SLICE_LITERAL("none")};
    topic_system *kafka = kafka_open(o.kafka, settings, 1, &e);
    if (!kafka)
        return finish(false, NULL, &e);
    if (o.delete.data)
        return finish(delete_topics(kafka, o.delete, &e), kafka, &e);
    topic_config config = {.partitions = (int32_t)o.partitions, .retention_ms = -1};
    bool good = topic_create(kafka, o.topic, &config, &e) && fill(kafka, &o, &e);
    return finish(good, kafka, &e);
}
