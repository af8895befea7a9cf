/* produce_events: fills a Kafka topic with bids or auctions as the Nexmark benchmark has them, in
 * JSON.
 *
 *   produce_events --kafka HOST:PORT --topic NAME [--kind bids] [--events 2000000] [--keys 10000]
 *                  [--partitions 1] [--seed 1]
 *   produce_events --kafka HOST:PORT --delete PREFIX   deletes the topics whose names begin so
 *
 * KIND is one of
 *   bids           about 335 bytes each; the key is the auction as text, one of KEYS; prices are
 *                  even over 1 to 10,000; event time rises by 10,000 bids a second
 *   sessions       the same, but each auction takes bids for 20 s of every 40 s only
 *   auctions       KEYS auctions, spread over the time that EVENTS bids take
 *   auction-table  the same, all of them before the first bid
 * The same seed gives the same events.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "executor/topic/topic.h"

enum {
    FIRST_AUCTION = 1000,
    BIDS_A_SECOND = 10000,
    SESSION_MS = 20000,
    CHUNK = 1000,
    COMMIT_EVERY = 100000,
    VALUE_BYTES = 512
};
#define FIRST_TIME_MS INT64_C(1700000000000)

typedef enum event_kind { BIDS, SESSIONS, AUCTIONS, AUCTION_TABLE } event_kind;
static const char *const KINDS[] = {"bids", "sessions", "auctions", "auction-table"};

typedef struct options {
    slice kafka, topic, delete, kind_name;
    event_kind kind;
    int64_t events, keys, partitions, seed;
} options;

/* One event, before it is written as text. */
typedef struct event {
    uint64_t auction;
    int64_t time_ms;
} event;

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(0x2545F4914F6CDD1D) >> 11;
}

/* The text of one bid in `out`; returns its length. */
static size_t write_bid(char *out, event what, uint64_t *random) {
    uint64_t channel = next_random(random) % 10000;
    int length = snprintf(out, VALUE_BYTES,
        "{\"auction\":%" PRIu64 ",\"bidder\":%" PRIu64 ",\"price\":%" PRIu64
        ",\"channel\":\"channel-%" PRIu64 "\",\"url\":\"https://auctions.example/%08" PRIx64
        "/item.htm?query=1&channel_id=%" PRIu64 "\",\"dateTime\":%" PRId64 ",\"extra\":\"",
        what.auction, next_random(random) % 100000, 1 + next_random(random) % 10000, channel,
        next_random(random) & 0xffffffff, channel, what.time_ms);
    size_t end = 325 + next_random(random) % 20;
    for (size_t at = (size_t)length; at < end; at++)
        out[length++] = (char)('a' + next_random(random) % 26);
    out[length++] = '"';
    out[length++] = '}';
    return (size_t)length;
}

static size_t write_auction(char *out, event what, uint64_t *random) {
    return (size_t)snprintf(out, VALUE_BYTES,
        "{\"id\":%" PRIu64 ",\"itemName\":\"item-%" PRIu64 "\",\"initialBid\":%" PRIu64
        ",\"seller\":%" PRIu64 ",\"category\":%" PRIu64 ",\"dateTime\":%" PRId64 "}",
        what.auction, next_random(random) % 10000, 1 + next_random(random) % 1000,
        next_random(random) % 100000, 10 + next_random(random) % 5, what.time_ms);
}

static bool is_bid(const options *o) {
    return o->kind == BIDS || o->kind == SESSIONS;
}

static int64_t bid_time_ms(int64_t bid) {
    return FIRST_TIME_MS + bid * 1000 / BIDS_A_SECOND;
}

/* The i-th event of its kind. */
static event make_event(const options *o, int64_t i, uint64_t *random) {
    event e = {.auction = FIRST_AUCTION + (uint64_t)i, .time_ms = FIRST_TIME_MS};
    if (o->kind == AUCTIONS)
        e.time_ms = bid_time_ms(i * o->events / o->keys);
    if (!is_bid(o))
        return e;
    uint64_t key = next_random(random) % (uint64_t)o->keys;
    e.time_ms = bid_time_ms(i);
    if (o->kind == SESSIONS) /* auctions with even and with odd numbers take turns */
        key = key / 2 * 2 + (uint64_t)(e.time_ms / SESSION_MS % 2);
    e.auction = FIRST_AUCTION + key;
    return e;
}

static bool fill(topic_system *kafka, const options *o, error *e) {
    static char values[CHUNK][VALUE_BYTES], keys[CHUNK][24];
    topic_record records[CHUNK] = {0};
    uint64_t random = (uint64_t)o->seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
    int64_t total = is_bid(o) ? o->events : o->keys;
    topic_writer *writer = topic_writer_open(kafka, (slice){NULL, 0}, e);
    bool good = writer != NULL;
    for (int64_t done = 0; good && done < total;) {
        int64_t count = total - done < CHUNK ? total - done : CHUNK;
        for (int64_t i = 0; i < count; i++) {
            event what = make_event(o, done + i, &random);
            size_t length = is_bid(o) ? write_bid(values[i], what, &random)
                                      : write_auction(values[i], what, &random);
            int key_length = snprintf(keys[i], sizeof keys[i], "%" PRIu64, what.auction);
            records[i] = (topic_record){.key = slice_make(keys[i], (size_t)key_length),
                .value = slice_make(values[i], length),
                .timestamp_ms = what.time_ms,
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
        {"--delete", &o->delete, NULL}, {"--kind", &o->kind_name, NULL},
        {"--events", NULL, &o->events}, {"--keys", NULL, &o->keys},
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

static bool find_kind(options *o) {
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (slice_is(o->kind_name, KINDS[i])) {
            o->kind = (event_kind)i;
            return true;
        }
    return false;
}

static int finish(bool good, topic_system *kafka, const error *e) {
    topic_system_close(kafka);
    if (!good)
        fprintf(stderr, "produce_events: %s\n", e->message);
    return good ? 0 : 1;
}

int main(int argc, char **argv) {
    options o = {.topic = SLICE_LITERAL("bids"),
        .kind_name = SLICE_LITERAL("bids"),
        .events = 2000000,
        .keys = 10000,
        .partitions = 1,
        .seed = 1};
    for (int i = 1; i < argc; i += 2)
        if (!take_option(&o, argv[i], i + 1 < argc ? argv[i + 1] : NULL)) {
            fprintf(stderr, "produce_events: '%s' is not an option with a value\n", argv[i]);
            return 2;
        }
    if (!find_kind(&o)) {
        fprintf(stderr, "produce_events: --kind is bids, sessions, auctions or auction-table\n");
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
