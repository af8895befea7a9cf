/* Events shaped as those of the Nexmark benchmark: of 50 events the first is a person, three are
 * auctions, 46 are bids. Ids are consecutive. Half of the bids go to one hot auction of each
 * hundred, three quarters come from one hot bidder of each hundred persons; the others take one of
 * the last hundred auctions, of the last thousand persons. Prices are log-uniform. Events are 1 ms
 * apart, so that orders by time have no ties.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "benchmarks/events.h"

enum {
    ROUND = 50,
    AUCTIONS_A_ROUND = 3,
    BIDS_A_ROUND = 46,
    IN_FLIGHT = 100, /* auctions that take bids */
    ACTIVE = 1000,   /* persons that bid and sell */
    LEAD = 10,       /* ids that are named before they exist */
    HOT_EVERY = 100,
    MOST_LIFE_MS = 2 * IN_FLIGHT * ROUND / AUCTIONS_A_ROUND
};
/* Ten minutes before midnight UTC. */
#define NEXMARK_FIRST_TIME_MS INT64_C(1700005800000)

static const char *const STATES[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};
static const char *const CITIES[] = {"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
    "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"};
static const char *const FIRST_NAMES[] = {"Ada", "Blaise", "Carl", "Donald", "Edsger", "Frances",
    "Grace", "Hedy", "Ivan", "John", "Kurt"};
static const char *const LAST_NAMES[] = {
    "Abel", "Bernoulli", "Cantor", "Dirichlet", "Euler", "Fermat", "Gauss", "Hilbert", "Jacobi"};
static const char *const HOT_CHANNELS[] = {"Apple", "Google", "Facebook", "Baidu"};

#define PICK(list, random) (list)[event_random(random) % (sizeof(list) / sizeof *(list))]

static void append(event_record *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(event_record *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    out->value_length += (size_t)vsnprintf(
        out->value + out->value_length, EVENT_VALUE_BYTES - out->value_length, format, arguments);
    va_end(arguments);
}

static void append_letters(event_record *out, uint64_t count, uint64_t *random) {
    for (uint64_t i = 0; i < count; i++)
        out->value[out->value_length++] = (char)('a' + event_random(random) % 26);
}

static void append_time(event_record *out, int64_t ms) {
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    char text[32];
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    append(out, "%s.%03d", text, (int)(ms % 1000));
}

static int64_t last_person(int64_t i) {
    return i / ROUND;
}

static int64_t last_auction(int64_t i) {
    int64_t in_round = i % ROUND;
    return i / ROUND * AUCTIONS_A_ROUND +
           (in_round < AUCTIONS_A_ROUND ? in_round : AUCTIONS_A_ROUND) - 1;
}

static uint64_t price(uint64_t *random) {
    double exponent = (double)event_random(random) / (double)(UINT64_C(1) << 53) * 6;
    return (uint64_t)llround(pow(10, exponent) * 100);
}

static int64_t some_person(int64_t i, uint64_t *random) {
    int64_t count = last_person(i) + 1, active = count < ACTIVE ? count : ACTIVE;
    return count - active + (int64_t)(event_random(random) % (uint64_t)(active + LEAD));
}

static int64_t some_auction(int64_t i, uint64_t *random) {
    int64_t last = last_auction(i), first = last > IN_FLIGHT ? last - IN_FLIGHT : 0;
    return first + (int64_t)(event_random(random) % (uint64_t)(last - first + 1 + LEAD));
}

static void make_person(int64_t i, event_record *out, uint64_t *random) {
    append(out,
        "{\"event_type\":0,\"person\":{\"id\":%" PRId64 ",\"name\":\"%s %s\",\"emailAddress\":\"",
        EVENT_FIRST_ID + last_person(i), PICK(FIRST_NAMES, random), PICK(LAST_NAMES, random));
    append_letters(out, 7, random);
    append(out, "@");
    append_letters(out, 5, random);
    append(out,
        ".example\",\"creditCard\":\"%04d %04d %04d "
        "%04d\",\"city\":\"%s\",\"state\":\"%s\",\"dateTime\":\"",
        (int)(event_random(random) % 10000), (int)(event_random(random) % 10000),
        (int)(event_random(random) % 10000), (int)(event_random(random) % 10000),
        PICK(CITIES, random), PICK(STATES, random));
    append_time(out, out->time_ms);
    append(out, "\",\"extra\":\"");
    append_letters(out, 60 + event_random(random) % 40, random);
    append(out, "\"},\"auction\":null,\"bid\":null}");
}

static void make_auction(int64_t i, event_record *out, uint64_t *random) {
    uint64_t initial = price(random);
    append(out, "{\"event_type\":1,\"person\":null,\"auction\":{\"id\":%" PRId64 ",\"itemName\":\"",
        EVENT_FIRST_ID + last_auction(i));
    append_letters(out, 10 + event_random(random) % 10, random);
    append(out, "\",\"description\":\"");
    append_letters(out, 60 + event_random(random) % 40, random);
    append(out, "\",\"initialBid\":%" PRIu64 ",\"reserve\":%" PRIu64 ",\"dateTime\":\"", initial,
        initial + price(random));
    append_time(out, out->time_ms);
    append(out, "\",\"expires\":\"");
    append_time(out, out->time_ms + 1 + (int64_t)(event_random(random) % MOST_LIFE_MS));
    bool hot = event_random(random) % 4 != 0;
    int64_t seller = hot ? last_person(i) / HOT_EVERY * HOT_EVERY : some_person(i, random);
    append(out, "\",\"seller\":%" PRId64 ",\"category\":%d,\"extra\":\"", EVENT_FIRST_ID + seller,
        (int)(10 + event_random(random) % 5));
    append_letters(out, 180 + event_random(random) % 60, random);
    append(out, "\"},\"bid\":null}");
}

static void append_channel(event_record *out, uint64_t *random) {
    if (event_random(random) % 2) {
        const char *name = PICK(HOT_CHANNELS, random);
        append(out,
            "\"channel\":\"%s\",\"url\":\"https://auctions.example/%.2s/hot/%s/item.htm?query=1\"",
            name, name, name);
        return;
    }
    uint64_t channel = event_random(random) % 10000, name = channel * 0x9E3779B1 & 0xffffffff;
    append(out,
        "\"channel\":\"channel-%" PRIu64 "\",\"url\":\"https://auctions.example/%03" PRIx64
        "/%03" PRIx64 "/%02" PRIx64 "/item.htm?query=1",
        channel, name >> 20, name >> 8 & 0xfff, name & 0xff);
    append(out, channel % 10 ? "&channel_id=%" PRIu64 "\"" : "\"", name);
}

static void make_bid(int64_t i, event_record *out, uint64_t *random) {
    bool hot_auction = event_random(random) % 2 != 0, hot_bidder = event_random(random) % 4 != 0;
    int64_t auction =
        hot_auction ? last_auction(i) / HOT_EVERY * HOT_EVERY : some_auction(i, random);
    int64_t bidder =
        hot_bidder ? last_person(i) / HOT_EVERY * HOT_EVERY + 1 : some_person(i, random);
    append(out,
        "{\"event_type\":2,\"person\":null,\"auction\":null,\"bid\":{\"auction\":%" PRId64
        ",\"bidder\":%" PRId64 ",\"price\":%" PRIu64 ",",
        EVENT_FIRST_ID + auction, EVENT_FIRST_ID + bidder, price(random));
    append_channel(out, random);
    append(out, ",\"dateTime\":\"");
    append_time(out, out->time_ms);
    append(out, "\",\"extra\":\"");
    append_letters(out, 40 + event_random(random) % 30, random);
    append(out, "\"}}");
}

void event_make_nexmark(int64_t i, uint64_t *random, event_record *out) {
    out->key_length = out->value_length = 0;
    out->time_ms = NEXMARK_FIRST_TIME_MS + i;
    int64_t in_round = i % ROUND;
    if (in_round == 0)
        make_person(i, out, random);
    else if (in_round <= AUCTIONS_A_ROUND)
        make_auction(i, out, random);
    else
        make_bid(i, out, random);
}
