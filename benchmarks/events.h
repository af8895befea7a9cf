/* events.h - the events that the benchmark's topics are filled with.
 *
 * Bids and auctions of their own topics, in JSON or (bids) in AVRO as Confluent's clients frame it,
 * and the mixed events of the Nexmark benchmark. An event is made from its number and a random
 * state alone, so the same seed gives the same events, and a bid has the same values in every
 * format.
 */
#ifndef SLUICE_BENCHMARKS_EVENTS_H
#define SLUICE_BENCHMARKS_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EVENT_KEY_BYTES = 24, EVENT_VALUE_BYTES = 1536 };
/* Event time of the first bid, and the first number that auctions and persons have. */
#define EVENT_FIRST_TIME_MS INT64_C(1700000000000)
enum { EVENT_FIRST_ID = 1000, EVENT_BIDS_A_SECOND = 10000 };

typedef enum event_kind {
    EVENT_BIDS,          /* even over all keys */
    EVENT_SESSIONS,      /* bids of which each key has some for 20 s of every 40 s only */
    EVENT_AUCTIONS,      /* one for each key, over the time that the bids take */
    EVENT_AUCTION_TABLE, /* the same, before the first bid */
    EVENT_NEXMARK        /* persons, auctions and bids, 1 : 3 : 46, 1 ms apart; without keys */
} event_kind;

typedef struct event_recipe {
    event_kind kind;
    bool avro;         /* bids only */
    int64_t schema_id; /* that AVRO values begin with */
    int64_t events;    /* bids in all */
    int64_t keys;
} event_recipe;

typedef struct event_record {
    char key[EVENT_KEY_BYTES], value[EVENT_VALUE_BYTES];
    size_t key_length, value_length; /* a key of length 0 is none */
    int64_t time_ms;
} event_record;

/* How many events the recipe makes. */
int64_t event_count(const event_recipe *recipe);

/* Makes the i-th one. */
void event_make(const event_recipe *recipe, int64_t i, uint64_t *random, event_record *out);

/* Nexmark's i-th event; for event_make. */
void event_make_nexmark(int64_t i, uint64_t *random, event_record *out);

/* The next random number, of 53 bits. */
static inline uint64_t event_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(0x2545F4914F6CDD1D) >> 11;
}

#endif
