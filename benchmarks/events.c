/* Bids and auctions: a bid's fields are drawn once and then written in the format that is asked
 * for. */
#include "benchmarks/events.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SESSION_MS = 20000, BID_BYTES = 325, BID_BYTES_SPREAD = 20, TEXT_BYTES = 128 };

typedef struct bid {
    uint64_t auction, bidder, price;
    int64_t time_ms;
    char channel[TEXT_BYTES], url[TEXT_BYTES], extra[TEXT_BYTES];
    size_t extra_length;
} bid;

/* How much longer the JSON text is than its channel, url, numbers and extra. */
static size_t text_without_extra(const bid *b) {
    char numbers[96];
    int digits = snprintf(numbers, sizeof numbers, "%" PRIu64 "%" PRIu64 "%" PRIu64 "%" PRId64,
        b->auction, b->bidder, b->price, b->time_ms);
    return (size_t)digits + strlen(b->channel) + strlen(b->url) +
           strlen("{\"auction\":,\"bidder\":,\"price\":,\"channel\":\"\",\"url\":\"\",\"dateTime\":"
                  ",\"extra\":\"");
}

static void draw_bid(bid *b, uint64_t *random) {
    uint64_t channel = event_random(random) % 10000;
    b->bidder = event_random(random) % 100000;
    b->price = 1 + event_random(random) % 10000;
    snprintf(b->channel, sizeof b->channel, "channel-%" PRIu64, channel);
    snprintf(b->url, sizeof b->url,
        "https://auctions.example/%08" PRIx64 "/item.htm?query=1&channel_id=%" PRIu64,
        event_random(random) & 0xffffffff, channel);
    size_t length = text_without_extra(b),
           end = BID_BYTES + event_random(random) % BID_BYTES_SPREAD;
    b->extra_length = 0;
    while (length + b->extra_length < end && b->extra_length < TEXT_BYTES)
        b->extra[b->extra_length++] = (char)('a' + event_random(random) % 26);
}

static size_t write_bid_json(char *out, const bid *b) {
    return (size_t)snprintf(out, EVENT_VALUE_BYTES,
        "{\"auction\":%" PRIu64 ",\"bidder\":%" PRIu64 ",\"price\":%" PRIu64
        ",\"channel\":\"%s\",\"url\":\"%s\",\"dateTime\":%" PRId64 ",\"extra\":\"%.*s\"}",
        b->auction, b->bidder, b->price, b->channel, b->url, b->time_ms, (int)b->extra_length,
        b->extra);
}

static char *put_long(char *at, int64_t value) {
    uint64_t bits = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    for (; bits > 0x7f; bits >>= 7)
        *at++ = (char)(bits | 0x80);
    *at++ = (char)bits;
    return at;
}

static char *put_text(char *at, const char *text, size_t length) {
    at = put_long(at, (int64_t)length);
    memcpy(at, text, length);
    return at + length;
}

/* A zero byte, the schema's number in four bytes, then the fields in the schema's order. */
static size_t write_bid_avro(char *out, const bid *b, int64_t schema_id) {
    char *at = out;
    *at++ = 0;
    for (int shift = 24; shift >= 0; shift -= 8)
        *at++ = (char)(schema_id >> shift);
    at = put_long(at, (int64_t)b->auction);
    at = put_long(at, (int64_t)b->bidder);
    at = put_long(at, (int64_t)b->price);
    at = put_text(at, b->channel, strlen(b->channel));
    at = put_text(at, b->url, strlen(b->url));
    at = put_long(at, b->time_ms);
    at = put_text(at, b->extra, b->extra_length);
    return (size_t)(at - out);
}

static size_t write_auction(char *out, uint64_t id, int64_t time_ms, uint64_t *random) {
    return (size_t)snprintf(out, EVENT_VALUE_BYTES,
        "{\"id\":%" PRIu64 ",\"itemName\":\"item-%" PRIu64 "\",\"initialBid\":%" PRIu64
        ",\"seller\":%" PRIu64 ",\"category\":%" PRIu64 ",\"dateTime\":%" PRId64 "}",
        id, event_random(random) % 10000, 1 + event_random(random) % 1000,
        event_random(random) % 100000, 10 + event_random(random) % 5, time_ms);
}

static int64_t bid_time_ms(int64_t i) {
    return EVENT_FIRST_TIME_MS + i * 1000 / EVENT_BIDS_A_SECOND;
}

static void make_bid(const event_recipe *r, int64_t i, uint64_t *random, event_record *out) {
    uint64_t key = event_random(random) % (uint64_t)r->keys;
    bid b = {.time_ms = bid_time_ms(i)};
    if (r->kind == EVENT_SESSIONS) /* auctions with even and with odd numbers take turns */
        key = key / 2 * 2 + (uint64_t)(b.time_ms / SESSION_MS % 2);
    b.auction = EVENT_FIRST_ID + key;
    draw_bid(&b, random);
    out->time_ms = b.time_ms;
    out->key_length = (size_t)snprintf(out->key, sizeof out->key, "%" PRIu64, b.auction);
    out->value_length =
        r->avro ? write_bid_avro(out->value, &b, r->schema_id) : write_bid_json(out->value, &b);
}

static void make_auction(const event_recipe *r, int64_t i, uint64_t *random, event_record *out) {
    uint64_t id = EVENT_FIRST_ID + (uint64_t)i;
    out->time_ms = r->kind == EVENT_AUCTIONS ? bid_time_ms(i * r->events / r->keys)
                                             : EVENT_FIRST_TIME_MS - 1000;
    out->key_length = (size_t)snprintf(out->key, sizeof out->key, "%" PRIu64, id);
    out->value_length = write_auction(out->value, id, out->time_ms, random);
}

static bool makes_auctions(const event_recipe *r) {
    return r->kind == EVENT_AUCTIONS || r->kind == EVENT_AUCTION_TABLE;
}

int64_t event_count(const event_recipe *recipe) {
    return makes_auctions(recipe) ? recipe->keys : recipe->events;
}

void event_make(const event_recipe *recipe, int64_t i, uint64_t *random, event_record *out) {
    if (recipe->kind == EVENT_NEXMARK)
        event_make_nexmark(i, random, out);
    else if (makes_auctions(recipe))
        make_auction(recipe, i, random, out);
    else
        make_bid(recipe, i, random, out);
}
