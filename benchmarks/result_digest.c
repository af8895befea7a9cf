/* result_digest: what a topic of results comes to, so that results of several systems can be
 * compared.
 *
 *   result_digest HOST:PORT TOPIC FIELD,FIELD,... all|last [LAYOUT]
 *
 * Prints the number of rows and a hash of the given fields, in which the order of rows has no part.
 * With `last` a row is the last value of its key, and a key whose last value is null is no row;
 * what has no key is final as it is. Names are compared without case; a row in which the first
 * field is 0 does not count, since some systems keep an emptied group and some do not.
 * Values are JSON; with a LAYOUT they are AVRO behind five bytes of header: the names of their
 * fields in order, all of them integers, with a ? where null is possible (the union's first
 * branch).
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/memory.h"
#include "benchmarks/consume_all.h"

enum { FIELDS = 8, AVRO_HEADER_BYTES = 5 };

/* The last row of each key: an open-addressing table of hashes of keys. */
typedef struct last_rows {
    uint64_t *keys, *rows;
    size_t count, capacity;
} last_rows;

static void fail(const char *what) {
    fprintf(stderr, "result_digest: %s\n", what);
    exit(1);
}

static size_t find(const last_rows *t, uint64_t key) {
    size_t at = key & (t->capacity - 1);
    while (t->keys[at] && t->keys[at] != key)
        at = (at + 1) & (t->capacity - 1);
    return at;
}

static void grow(last_rows *t) {
    last_rows bigger = {.capacity = t->capacity ? 2 * t->capacity : 1 << 16, .count = t->count};
    bigger.keys = memory_allocate_zero(bigger.capacity * sizeof *bigger.keys);
    bigger.rows = memory_allocate_zero(bigger.capacity * sizeof *bigger.rows);
    for (size_t i = 0; i < t->capacity; i++)
        if (t->keys[i]) {
            size_t at = find(&bigger, t->keys[i]);
            bigger.keys[at] = t->keys[i];
            bigger.rows[at] = t->rows[i];
        }
    memory_free(t->keys);
    memory_free(t->rows);
    *t = bigger;
}

static void set_last(last_rows *t, uint64_t key, uint64_t row) {
    if (2 * (t->count + 1) > t->capacity)
        grow(t);
    size_t at = find(t, key);
    t->count += t->keys[at] == 0;
    t->keys[at] = key;
    t->rows[at] = row;
}

static json_t *member(json_t *object, const char *name) {
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) if (strcasecmp(key, name) == 0) return value;
    fail("a row has not all fields");
    return NULL;
}

typedef struct digest {
    char *fields[FIELDS];
    char *layout[FIELDS]; /* of AVRO values */
    int field_count, layout_count;
    bool keep_last;
    last_rows last;
    uint64_t count, sum;
} digest;

static void json_values(const digest *d, const rd_kafka_message_t *m, int64_t *values) {
    json_t *row = json_loadb(m->payload, m->len, 0, NULL);
    if (!json_is_object(row))
        fail("a row is not a JSON object");
    for (int i = 0; i < d->field_count; i++)
        values[i] = json_integer_value(member(row, d->fields[i]));
    json_decref(row);
}

static int64_t take_long(const uint8_t **at, const uint8_t *end) {
    uint64_t bits = 0;
    int shift = 0;
    do {
        if (*at == end || shift > 63)
            fail("a row ends in the middle of a number");
        bits |= (uint64_t)(**at & 0x7f) << shift;
        shift += 7;
    } while (*(*at)++ & 0x80);
    return (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
}

static void avro_values(const digest *d, const rd_kafka_message_t *m, int64_t *values) {
    const uint8_t *at = m->payload, *end = at + m->len;
    int found = 0;
    if (m->len < AVRO_HEADER_BYTES)
        fail("a row has no header");
    at += AVRO_HEADER_BYTES;
    for (int i = 0; i < d->layout_count; i++) {
        size_t length = strcspn(d->layout[i], "?");
        bool is_null = d->layout[i][length] == '?' && take_long(&at, end) == 0;
        int64_t value = is_null ? 0 : take_long(&at, end);
        for (int k = 0; k < d->field_count; k++)
            if (strlen(d->fields[k]) == length &&
                strncasecmp(d->fields[k], d->layout[i], length) == 0) {
                values[k] = value;
                found++;
            }
    }
    if (found != d->field_count || at != end)
        fail("a row is not as the layout says");
}

/* The hash of a row's fields; 0 when it does not count. */
static uint64_t row_hash(const digest *d, const rd_kafka_message_t *m) {
    int64_t values[FIELDS];
    if (!m->payload)
        return 0;
    if (d->layout_count)
        avro_values(d, m, values);
    else
        json_values(d, m, values);
    return values[0] == 0 ? 0 : XXH64(values, (size_t)d->field_count * sizeof *values, 0) | 1;
}

static void take(void *context, const rd_kafka_message_t *m) {
    digest *d = context;
    uint64_t hash = row_hash(d, m);
    if (d->keep_last && m->key) {
        set_last(&d->last, XXH64(m->key, m->key_len, 0) | 1, hash);
        return;
    }
    d->count += hash != 0;
    d->sum += hash;
}

static int split(char *text, char **names) {
    int count = 0;
    while (text && count < FIELDS)
        names[count++] = strsep(&text, ",");
    return count;
}

int main(int argc, char **argv) {
    if (argc < 5)
        fail("usage: result_digest HOST:PORT TOPIC FIELD,FIELD,... all|last [LAYOUT]");
    digest d = {.keep_last = strcmp(argv[4], "last") == 0};
    d.field_count = split(argv[3], d.fields);
    d.layout_count = argc > 5 ? split(argv[5], d.layout) : 0;
    consume_all(argv[1], argv[2], take, &d);
    for (size_t i = 0; i < d.last.capacity; i++) {
        d.count += d.last.rows[i] != 0;
        d.sum += d.last.rows[i];
    }
    printf("%" PRIu64 " %016" PRIx64 "\n", d.count, d.sum);
    memory_free(d.last.keys);
    memory_free(d.last.rows);
    return 0;
}
