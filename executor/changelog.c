/* A block is a list of changes, one behind the other:
 *
 *     0  length  name                            the store that the changes behind are of
 *     length + 1  key  length + 1  value         a change
 *     length + 1  key  0                         one that deletes
 *
 * with lengths as varints. Kafka takes about a microsecond of two threads for each record, so one
 * for every change would cost more than most queries do.
 *
 * Why renewing is right: all blocks behind the place where it began have, of every key, what was
 * committed when the walk of the state came by, or else a later change. What the walk gives is of
 * the last commit; so it stands before all other blocks of its commit. */
#include "executor/changelog.h"

#include <stdio.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/varint.h"

enum { BLOCK_BYTES = 30000, LEAST_BYTES = 64 << 20, TIMES_STATE = 4, STEPS = 256, LOOKS = 8 };

#define SIZE_FACT SLICE_LITERAL("changelog size, " CHANGELOG_FORM)

typedef struct changelog_size {
    int64_t bytes, changes;
} changelog_size;

struct changelog {
    topic_system *topics;
    slice topic;
    int32_t partitions;
    state *state;
    int64_t least_bytes;
    topic_writer *writer; /* of the commit under way */

    buffer block; /* being filled */
    buffer store; /* of its last change: the name */
    int32_t partition;

    changelog_size size;     /* of what is needed, roughly */
    int64_t committed_bytes; /* the same at the last commit */
    int64_t last_bytes;      /* of the last commit */
    bool has_begun;          /* something was written since the last commit */

    int64_t next_look; /* of that size it is asked whether it should be renewed */
    bool renews;
    state_walk walk;
    changelog_size renewed_from; /* its size when that began */
    int64_t *bases;              /* by partition: what was then the end */
    bool drops;                  /* it can begin at the bases once the state on disk is as far */
};

/* ---- facts ---- */

static int64_t find_position(slice fact) {
    int64_t position = 0;
    if (fact.length == sizeof position)
        memcpy(&position, fact.data, sizeof position);
    return position;
}

typedef struct position_name {
    char text[32];
} position_name;

static slice name_position(position_name *name, int32_t partition) {
    int length = snprintf(name->text, sizeof name->text, "changelog/%d", partition);
    return slice_make(name->text, (size_t)length);
}

int64_t changelog_position(const changelog *c, int32_t partition) {
    position_name name;
    return find_position(state_fact(c->state, name_position(&name, partition)));
}

void changelog_advance(changelog *c, int32_t partition, int64_t next_offset) {
    position_name name;
    state_put_fact(c->state, name_position(&name, partition),
        slice_make((const char *)&next_offset, sizeof next_offset));
}

static int64_t persisted_position(const changelog *c, int32_t partition) {
    position_name name;
    return find_position(state_persisted_fact(c->state, name_position(&name, partition)));
}

void changelog_keep(changelog *c) {
    state_put_fact(c->state, SIZE_FACT, slice_make((const char *)&c->size, sizeof c->size));
    c->committed_bytes = c->size.bytes;
}

/* ---- opening ---- */

changelog *changelog_open(
    topic_system *topics, slice topic, int32_t partitions, state *s, int64_t least_bytes) {
    changelog *c = MEMORY_NEW(changelog);
    if (!least_bytes)
        least_bytes = LEAST_BYTES;
    *c = (changelog){.topics = topics,
        .topic = topic,
        .partitions = partitions,
        .state = s,
        .least_bytes = least_bytes,
        .next_look = least_bytes,
        .bases = memory_allocate_zero(sizeof(int64_t) * (size_t)partitions)};
    slice size = state_fact(s, SIZE_FACT);
    if (size.length == sizeof c->size)
        memcpy(&c->size, size.data, sizeof c->size);
    c->committed_bytes = c->size.bytes;
    return c;
}

void changelog_close(changelog *c) {
    if (!c)
        return;
    buffer_free(&c->block);
    buffer_free(&c->store);
    state_walk_free(&c->walk);
    memory_free(c->bases);
    memory_free(c);
}

/* ---- blocks ---- */

static bool append_block(changelog *c, error *e) {
    if (!c->block.length)
        return true;
    topic_record record = {.value = buffer_slice(&c->block),
        .timestamp_ms = TOPIC_TIMESTAMP_NOW,
        .partition = c->partition};
    bool ok = topic_writer_append(c->writer, c->topic, &record, e);
    c->size.bytes += (int64_t)c->block.length;
    buffer_clear(&c->block);
    return ok;
}

static void append_bytes(buffer *out, slice bytes, uint64_t added) {
    varint_append(out, bytes.length + added);
    buffer_append(out, bytes);
}

static void name_store(changelog *c, const state_change *change) {
    buffer_append_byte(&c->block, 0);
    append_bytes(&c->block, change->store, 0);
    buffer_clear(&c->store);
    buffer_append(&c->store, change->store);
    c->partition = change->partition;
}

static bool add_change(void *context, const state_change *change, error *e) {
    changelog *c = context;
    size_t bytes = change->key.length + change->value.length;
    bool is_full = c->block.length + bytes > BLOCK_BYTES;
    if ((is_full || c->partition != change->partition) && !append_block(c, e))
        return false;
    if (!c->block.length || !slice_equal(buffer_slice(&c->store), change->store))
        name_store(c, change);
    append_bytes(&c->block, change->key, 1);
    if (change->value.data)
        append_bytes(&c->block, change->value, 1);
    else
        buffer_append_byte(&c->block, 0);
    c->size.changes++;
    return true;
}

/* ---- writing ---- */

/* As much as commits write, so that it comes to an end. */
static bool renew(changelog *c, error *e) {
    int64_t least = c->least_bytes / STEPS;
    int64_t step = c->last_bytes > least ? c->last_bytes : least;
    return state_walk_on(c->state, &c->walk, step, add_change, c, e);
}

/* Before the first change of a commit. */
static bool begin(changelog *c, topic_writer *writer, error *e) {
    c->writer = writer;
    if (c->has_begun)
        return true;
    c->has_begun = true;
    return !c->renews || c->walk.has_ended || renew(c, e);
}

bool changelog_write(changelog *c, topic_writer *writer, error *e) {
    return begin(c, writer, e) && state_flush(c->state, add_change, c, e) && append_block(c, e);
}

bool changelog_write_early(changelog *c, store *st, topic_writer *writer, error *e) {
    return begin(c, writer, e) && store_flush_early(st, add_change, c, e);
}

static void begin_to_renew(changelog *c) {
    c->renews = true;
    c->renewed_from = c->size;
    for (int32_t p = 0; p < c->partitions; p++)
        c->bases[p] = changelog_position(c, p);
}

static void end_renewing(changelog *c) {
    c->renews = false;
    c->drops = true;
    c->next_look = c->least_bytes;
    state_walk_free(&c->walk);
    c->size.bytes -= c->renewed_from.bytes;
    c->size.changes -= c->renewed_from.changes;
}

/* What fails is done by the next renewal. */
static void drop_front(changelog *c) {
    for (int32_t p = 0; p < c->partitions; p++)
        if (persisted_position(c, p) < c->bases[p])
            return;
    c->drops = false;
    error e = {0};
    bool ok = true;
    for (int32_t p = 0; p < c->partitions && ok; p++)
        ok = topic_delete_records(c->topics, c->topic, p, c->bases[p], &e);
    if (!ok)
        log_warn("what is no longer needed of the topic %.*s stays there: %s", SLICE_ARG(c->topic),
            e.message);
}

/* Meanwhile nothing more is dropped: there is one base. Counting the state looks at a part of it,
 * which is too much for each commit. */
static bool is_due(changelog *c) {
    if (c->renews || c->drops || c->size.bytes < c->next_look)
        return false;
    c->next_look = c->size.bytes + c->least_bytes / LOOKS;
    return c->size.changes > TIMES_STATE * state_count(c->state);
}

void changelog_committed(changelog *c, topic_writer *writer) {
    for (int32_t p = 0; p < c->partitions; p++) {
        int64_t end = topic_writer_end_offset(writer, c->topic, p);
        if (end >= 0)
            changelog_advance(c, p, end);
    }
    c->has_begun = false;
    c->last_bytes = c->size.bytes - c->committed_bytes;
    if (c->renews && c->walk.has_ended)
        end_renewing(c);
    if (c->drops)
        drop_front(c);
    if (is_due(c))
        begin_to_renew(c);
    changelog_keep(c);
}

/* ---- reading ---- */

static bool take_bytes(slice *from, uint64_t length, slice *bytes) {
    if (length > from->length)
        return false;
    *bytes = slice_make(from->data, (size_t)length);
    *from = slice_make(from->data + length, from->length - (size_t)length);
    return true;
}

static bool take_length(slice *from, uint64_t *length) {
    const char *end = from->data + from->length, *at = varint_read(from->data, end, length);
    if (at)
        *from = slice_make(at, (size_t)(end - at));
    return at != NULL;
}

/* The next change of a block, whose store may be that of the one before. */
static bool take_change(slice *block, state_change *change) {
    uint64_t length;
    if (!take_length(block, &length))
        return false;
    if (length == 0 && !(take_length(block, &length) && take_bytes(block, length, &change->store) &&
                           take_length(block, &length)))
        return false;
    if (length == 0 || !take_bytes(block, length - 1, &change->key) || !take_length(block, &length))
        return false;
    change->value = (slice){NULL, 0};
    return length == 0 || take_bytes(block, length - 1, &change->value);
}

/* Earlier versions noted no size, or under another name. */
bool changelog_check(const changelog *c, error *e) {
    bool is_known = state_fact(c->state, SIZE_FACT).data != NULL;
    for (int32_t p = 0; p < c->partitions && !is_known; p++)
        if (changelog_position(c, p) > 0) {
            error_set(e, ERROR_DATA, "the topic '%.*s' is not a changelog of this version",
                SLICE_ARG(c->topic));
            return error_hint(e, "Drop the query and create it again.");
        }
    return true;
}

static bool refuse_record(const changelog *c, const topic_record *record, error *e) {
    error_set(e, ERROR_DATA,
        "the topic '%.*s' is not a changelog of this version: partition %d, offset %lld",
        SLICE_ARG(c->topic), record->partition, (long long)record->offset);
    return error_hint(e, "Drop the query and create it again.");
}

bool changelog_apply(changelog *c, const topic_record *record, error *e) {
    if (record->key.data) {
        if (!slice_equal(record->key, CHANGELOG_POSITIONS))
            return refuse_record(c, record, e);
        state_put_fact(c->state, SLICE_LITERAL("positions"), record->value);
        return true;
    }
    slice block = record->value;
    state_change change = {.partition = record->partition};
    while (block.length) {
        if (!take_change(&block, &change) || !change.store.data)
            return refuse_record(c, record, e);
        state_apply(c->state, &change);
        c->size.changes++;
    }
    c->size.bytes += (int64_t)record->value.length;
    return true;
}
