/* Records and what they point to lie in an arena, which is empty again when all have been written.
 */
#include "executor/outbox.h"

#include "base/memory.h"
#include "executor/query_tap.h"
#include "executor/task.h"

typedef struct letter {
    place at;
    slice topic;
    topic_record *records;
    int64_t count;
    bool are_results;
} letter;

struct outbox {
    arena *arena;
    letter *letters;
    int64_t count, capacity, written;
    int64_t bytes;
};

outbox *outbox_create(void) {
    outbox *o = MEMORY_NEW(outbox);
    o->arena = arena_create();
    return o;
}

void outbox_destroy(outbox *o) {
    if (!o)
        return;
    arena_destroy(o->arena);
    memory_free(o->letters);
    memory_free(o);
}

void outbox_clear(outbox *o) {
    arena_reset(o->arena);
    o->count = o->written = o->bytes = 0;
}

static const topic_header *copy_headers(arena *a, const topic_record *record) {
    if (!record->header_count)
        return NULL;
    topic_header *headers = ARENA_ARRAY(a, topic_header, record->header_count);
    for (int i = 0; i < record->header_count; i++)
        headers[i] = (topic_header){
            arena_copy(a, record->headers[i].key), arena_copy(a, record->headers[i].value)};
    return headers;
}

void outbox_add(outbox *o, const place *at, slice topic, const topic_record *records, int64_t count,
    bool are_results) {
    if (!count)
        return;
    if (o->count == o->capacity) {
        o->capacity = o->capacity * 2 + 16;
        o->letters = memory_resize(o->letters, sizeof(letter) * (size_t)o->capacity);
    }
    topic_record *copies = ARENA_ARRAY(o->arena, topic_record, count);
    for (int64_t i = 0; i < count; i++) {
        copies[i] = records[i];
        copies[i].key = arena_copy(o->arena, records[i].key);
        copies[i].value = arena_copy(o->arena, records[i].value);
        copies[i].headers = copy_headers(o->arena, &records[i]);
        o->bytes += (int64_t)(sizeof *copies + records[i].key.length + records[i].value.length);
    }
    o->letters[o->count++] = (letter){*at, topic, copies, count, are_results};
}

int64_t outbox_bytes(const outbox *o) {
    return o->bytes;
}

bool outbox_first(const outbox *o, place *at) {
    if (o->written == o->count)
        return false;
    *at = o->letters[o->written].at;
    return true;
}

static bool write_letter(const letter *l, running_query *q, error *e) {
    if (l->are_results)
        query_tap_note(q, l->records, l->count);
    return topic_writer_append_batch(q->writer, l->topic, l->records, l->count, e);
}

bool outbox_write_first(outbox *o, running_query *q, error *e) {
    const letter *first = &o->letters[o->written];
    bool ok = true;
    while (ok && o->written < o->count && o->letters[o->written].at.root == first->at.root &&
           o->letters[o->written].at.minor == first->at.minor)
        ok = write_letter(&o->letters[o->written++], q, e);
    if (o->written == o->count)
        outbox_clear(o);
    return ok;
}

bool outbox_write(outbox *o, running_query *q, error *e) {
    bool ok = true;
    while (ok && o->written < o->count)
        ok = write_letter(&o->letters[o->written++], q, e);
    outbox_clear(o);
    return ok;
}
