/* produce_events: fills a Kafka topic with events for the benchmarks.
 *
 *   produce_events --kafka HOST:PORT --topic NAME [--kind bids] [--events 2000000] [--keys 10000]
 *                  [--partitions 1] [--seed 1] [--avro-schema-id ID] [--append 1]
 *   produce_events --kafka HOST:PORT --delete PREFIX   deletes the topics whose names begin so
 *
 * KIND is one of
 *   bids           about 335 bytes each; the key is the auction as text, one of KEYS; prices are
 *                  even over 1 to 10,000; event time rises by 10,000 bids a second
 *   sessions       the same, but each auction takes bids for 20 s of every 40 s only
 *   auctions       KEYS auctions, spread over the time that EVENTS bids take
 *   auction-table  the same, all of them before the first bid
 *   nexmark        persons, auctions and bids as Nexmark mixes them, without keys
 * Values are JSON; bids are AVRO instead when the number of their schema in a registry is given.
 * The same seed gives the same events. With --append the topic is there already.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "benchmarks/events.h"
#include "executor/topic/topic.h"

enum { CHUNK = 1000, COMMIT_EVERY = 100000 };

/* In the order of event_kind. */
static const char *const KINDS[] = {"bids", "sessions", "auctions", "auction-table", "nexmark"};

typedef struct options {
    slice kafka, topic, delete, kind_name;
    event_recipe recipe;
    int64_t partitions, seed, append;
} options;

static bool fill(topic_system *kafka, const options *o, error *e) {
    static event_record made[CHUNK];
    topic_record records[CHUNK] = {0};
    uint64_t random = (uint64_t)o->seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
    int64_t total = event_count(&o->recipe);
    topic_writer *writer = topic_writer_open(kafka, (slice){NULL, 0}, e);
    bool good = writer != NULL;
    for (int64_t done = 0; good && done < total;) {
        int64_t count = total - done < CHUNK ? total - done : CHUNK;
        for (int64_t i = 0; i < count; i++) {
            event_record *m = &made[i];
            event_make(&o->recipe, done + i, &random, m);
            records[i] =
                (topic_record){.key = slice_make(m->key_length ? m->key : NULL, m->key_length),
                    .value = slice_make(m->value, m->value_length),
                    .timestamp_ms = m->time_ms,
                    .partition = m->key_length ? TOPIC_PARTITION_BY_KEY
                                               : (int32_t)((done + i) % o->partitions)};
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
        {"--events", NULL, &o->recipe.events}, {"--keys", NULL, &o->recipe.keys},
        {"--partitions", NULL, &o->partitions}, {"--seed", NULL, &o->seed},
        {"--append", NULL, &o->append}, {"--avro-schema-id", NULL, &o->recipe.schema_id}};
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
            o->recipe.kind = (event_kind)i;
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
        .recipe = {.events = 2000000, .keys = 10000},
        .partitions = 1,
        .seed = 1};
    for (int i = 1; i < argc; i += 2)
        if (!take_option(&o, argv[i], i + 1 < argc ? argv[i + 1] : NULL)) {
            fprintf(stderr, "produce_events: '%s' is not an option with a value\n", argv[i]);
            return 2;
        }
    if (!find_kind(&o)) {
        fprintf(stderr,
            "produce_events: --kind is bids, sessions, auctions, auction-table or nexmark\n");
        return 2;
    }
    o.recipe.avro = o.recipe.schema_id > 0;
    error e = {0};
    /* Uncompressed, so that readers are measured and not a decompressor. */
    slice settings[] = {SLICE_LITERAL("compression.codec"), SLICE_LITERAL("none")};
    topic_system *kafka = kafka_open(o.kafka, settings, 1, &e);
    if (!kafka)
        return finish(false, NULL, &e);
    if (o.delete.data)
        return finish(delete_topics(kafka, o.delete, &e), kafka, &e);
    topic_config config = {.partitions = (int32_t)o.partitions, .retention_ms = -1};
    bool good = (o.append || topic_create(kafka, o.topic, &config, &e)) && fill(kafka, &o, &e);
    return finish(good, kafka, &e);
}
