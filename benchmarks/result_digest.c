/* result_digest: what a topic of JSON results comes to, so that results of several systems can be
 * compared.
 *
 *   result_digest HOST:PORT TOPIC FIELD,FIELD,... [last]
 *
 * Prints the number of rows and a hash of the given fields, in which the order of rows has no part.
 * With `last` a row is the last value of its key, and a key whose last value is null is no row;
 * what has no key is final as it is. Names are compared without case; a row in which the first
 * field is 0 does not count, since some systems keep an emptied group and some do not.
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

enum { FIELDS = 8 };

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

/* The hash of a row's fields; 0 when it does not count. */
static uint64_t row_hash(const rd_kafka_message_t *m, char *const *fields, int count) {
    if (!m->payload)
        return 0;
    json_t *row = json_loadb(m->payload, m->len, 0, NULL);
    if (!json_is_object(row))
        fail("a row is not a JSON object");
    int64_t values[FIELDS];
    for (int i = 0; i < count; i++)
        values[i] = json_integer_value(member(row, fields[i]));
    json_decref(row);
    return values[0] == 0 ? 0 : XXH64(values, (size_t)count * sizeof *values, 0) | 1;
}

typedef struct digest {
    char *fields[FIELDS];
    int field_count;
    bool keep_last;
    last_rows last;
    uint64_t count, sum;
} digest;

static void take(void *context, const rd_kafka_message_t *m) {
    digest *d = context;
    uint64_t hash = row_hash(m, d->fields, d->field_count);
    if (d->keep_last && m->key) {
        set_last(&d->last, XXH64(m->key, m->key_len, 0) | 1, hash);
        return;
    }
    d->count += hash != 0;
    d->sum += hash;
}

int main(int argc, char **argv) {
    if (argc < 4)
        fail("usage: result_digest HOST:PORT TOPIC FIELD,FIELD,... [last]");
    digest d = {.keep_last = argc > 4 && strcmp(argv[4], "last") == 0};
    for (char *name = argv[3]; name && d.field_count < FIELDS;)
        d.fields[d.field_count++] = strsep(&name, ",");
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
