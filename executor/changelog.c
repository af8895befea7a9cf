/* Changes are appended many at a time, which is much cheaper on Kafka than one by one. Until then
 * their keys wait in a buffer; their values stay where they are during a flush. */
#include "executor/changelog.h"

#include <assert.h>

enum { APPEND_MOST = 256 };

typedef struct changelog_batch {
    topic_writer *writer;
    slice topic;
    topic_record records[APPEND_MOST];
    size_t key_ends[APPEND_MOST];
    int count;
    buffer keys;
} changelog_batch;

static bool append(changelog_batch *b, error *e) {
    size_t begin = 0;
    for (int i = 0; i < b->count; i++) {
        b->records[i].key = slice_make(b->keys.data + begin, b->key_ends[i] - begin);
        begin = b->key_ends[i];
    }
    bool ok = !b->count || topic_writer_append_batch(b->writer, b->topic, b->records, b->count, e);
    buffer_clear(&b->keys);
    b->count = 0;
    return ok;
}

static bool add_change(void *context, const state_change *change, error *e) {
    changelog_batch *b = context;
    assert(change->store.length < 256);
    buffer_append_byte(&b->keys, (char)change->store.length);
    buffer_append(&b->keys, change->store);
    buffer_append(&b->keys, change->key);
    b->key_ends[b->count] = b->keys.length;
    b->records[b->count++] = (topic_record){.value = change->value,
        .timestamp_ms = TOPIC_TIMESTAMP_NOW,
        .partition = change->partition};
    return b->count < APPEND_MOST || append(b, e);
}

bool changelog_write(state *s, topic_writer *writer, slice topic, error *e) {
    changelog_batch b = {.writer = writer, .topic = topic};
    bool ok = state_flush(s, add_change, &b, e) && append(&b, e);
    buffer_free(&b.keys);
    return ok;
}

bool changelog_write_early(store *st, topic_writer *writer, slice topic, error *e) {
    changelog_batch b = {.writer = writer, .topic = topic};
    bool ok = store_flush_early(st, add_change, &b, e) && append(&b, e);
    buffer_free(&b.keys);
    return ok;
}

void changelog_apply(state *s, const topic_record *record) {
    size_t name = record->key.length ? (unsigned char)record->key.data[0] : 0;
    if (!name || record->key.length < 1 + name)
        return;
    state_change change = {.store = slice_make(record->key.data + 1, name),
        .partition = record->partition,
        .key = slice_make(record->key.data + 1 + name, record->key.length - 1 - name),
        .value = record->value};
    state_apply(s, &change);
}
