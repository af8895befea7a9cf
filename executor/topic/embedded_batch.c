/* Encoding is one pass into a growing buffer; decoding one pass without copies. Offsets inside a
 * transaction count from 0 until the commit knows where they go, so the body's hash is taken when
 * a batch is closed and the header is mixed in at the commit. */
#include "executor/topic/embedded_batch.h"

#include <assert.h>

#include "base/memory.h"
#include "base/varint.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the log is stored little-endian");

enum { FLAG_KEY = 1, FLAG_VALUE = 2, FLAG_HEADERS = 4, FLAG_GAP = 8, FLAG_ALL = 15 };

/* ---- encoding ---- */

void log_batch_builder_free(log_batch_builder *b) {
    buffer_free(&b->bytes);
    *b = (log_batch_builder){0};
}

void log_batch_builder_clear(log_batch_builder *b) {
    buffer_clear(&b->bytes);
    b->is_open = false;
    b->header.appended_ms = 0;
}

static size_t record_bytes_max(const topic_record *record) {
    size_t bytes = 1 + 5 * VARINT_MAX_BYTES + record->key.length + record->value.length;
    for (int32_t i = 0; i < record->header_count; i++)
        bytes +=
            2 * VARINT_MAX_BYTES + record->headers[i].key.length + record->headers[i].value.length;
    return bytes;
}

static char *write_bytes(char *at, slice bytes) {
    at = varint_write(at, bytes.length);
    if (bytes.length)
        memcpy(at, bytes.data, bytes.length);
    return at + bytes.length;
}

static char *write_headers(char *at, const topic_record *record) {
    at = varint_write(at, (uint64_t)record->header_count);
    for (int32_t i = 0; i < record->header_count; i++) {
        const topic_header *header = &record->headers[i];
        at = write_bytes(at, header->key);
        if (!header->value.data) {
            at = varint_write(at, 0);
            continue;
        }
        at = varint_write(at, header->value.length + 1);
        memcpy(at, header->value.data, header->value.length);
        at += header->value.length;
    }
    return at;
}

static void open_batch(log_batch_builder *b, const topic_record *record, int64_t offset) {
    int64_t appended_ms = b->header.appended_ms;
    b->is_open = true;
    b->open_at = b->bytes.length;
    b->header = (log_batch_header){.magic = LOG_BATCH_MAGIC,
        .base_offset = offset,
        .base_timestamp_ms = record->timestamp_ms,
        .max_timestamp_ms = record->timestamp_ms,
        .appended_ms = appended_ms};
    b->previous_offset = offset - 1;
    b->previous_timestamp_ms = record->timestamp_ms;
    buffer_append_bytes(&b->bytes, &b->header, sizeof b->header);
}

void log_batch_builder_append(log_batch_builder *b, const topic_record *record, int64_t offset) {
    if (b->is_open && offset - b->header.base_offset > INT32_MAX / 2)
        log_batch_builder_seal(b); /* after compaction gaps may be of any width */
    if (!b->is_open)
        open_batch(b, record, offset);
    assert(offset > b->previous_offset);
    buffer_reserve(&b->bytes, record_bytes_max(record));
    char *start = b->bytes.data + b->bytes.length, *at = start;
    bool has_gap = offset != b->previous_offset + 1;
    *at++ = (char)((record->key.data ? FLAG_KEY : 0) | (record->value.data ? FLAG_VALUE : 0) |
                   (record->header_count ? FLAG_HEADERS : 0) | (has_gap ? FLAG_GAP : 0));
    at = varint_write(
        at, zigzag((int64_t)((uint64_t)record->timestamp_ms - (uint64_t)b->previous_timestamp_ms)));
    if (has_gap)
        at = varint_write(at, (uint64_t)(offset - b->previous_offset - 1));
    if (record->key.data)
        at = write_bytes(at, record->key);
    if (record->value.data)
        at = write_bytes(at, record->value);
    if (record->header_count)
        at = write_headers(at, record);
    b->bytes.length += (size_t)(at - start);
    b->previous_offset = offset;
    b->previous_timestamp_ms = record->timestamp_ms;
    if (record->timestamp_ms > b->header.max_timestamp_ms)
        b->header.max_timestamp_ms = record->timestamp_ms;
    b->header.record_count++;
    if (b->bytes.length - b->open_at >= LOG_BATCH_BODY_BYTES)
        log_batch_builder_seal(b);
}

void log_batch_builder_seal(log_batch_builder *b) {
    if (!b->is_open)
        return;
    const char *body = b->bytes.data + b->open_at + sizeof b->header;
    b->header.body_bytes = (uint32_t)(b->bytes.length - b->open_at - sizeof b->header);
    b->header.last_delta = (int32_t)(b->previous_offset - b->header.base_offset);
    b->header.checksum = XXH3_64bits(body, b->header.body_bytes);
    memcpy(b->bytes.data + b->open_at, &b->header, sizeof b->header);
    b->is_open = false;
    b->header.appended_ms = 0;
}

void log_batch_builder_age(log_batch_builder *b, int64_t appended_ms) {
    if (appended_ms > b->header.appended_ms)
        b->header.appended_ms = appended_ms;
}

/* The body's hash seeds that of the header fields behind the checksum. */
static uint64_t header_checksum(const log_batch_header *header, uint64_t body_hash) {
    uint64_t seed = body_hash ^ header->body_bytes;
    return XXH3_64bits_withSeed(
        &header->base_offset, sizeof *header - offsetof(log_batch_header, base_offset), seed);
}

void log_batch_builder_stamp(log_batch_builder *b, int64_t shift, int64_t appended_ms) {
    log_batch_header header;
    for (size_t at = 0; at < b->bytes.length; at += sizeof header + header.body_bytes) {
        memcpy(&header, b->bytes.data + at, sizeof header);
        header.base_offset += shift;
        if (appended_ms)
            header.appended_ms = appended_ms;
        header.checksum = header_checksum(&header, header.checksum);
        memcpy(b->bytes.data + at, &header, sizeof header);
    }
}

/* ---- decoding ---- */

bool log_batch_check(const log_batch_header *header, const char *body) {
    return header->checksum == header_checksum(header, XXH3_64bits(body, header->body_bytes));
}

log_batch_cursor log_batch_start(const log_batch_header *header) {
    return (log_batch_cursor){.next_offset = header->base_offset,
        .previous_timestamp_ms = header->base_timestamp_ms,
        .left = header->record_count};
}

void log_headers_free(log_headers *headers) {
    memory_free(headers->items);
    *headers = (log_headers){0};
}

static topic_header *add_headers(log_headers *headers, int64_t count) {
    if (headers->capacity - headers->count < count) {
        headers->capacity = (headers->count + count) * 2;
        headers->items =
            memory_resize(headers->items, sizeof(topic_header) * (size_t)headers->capacity);
    }
    headers->count += count;
    return headers->items + headers->count - count;
}

static const char *read_bytes(const char *at, const char *end, slice *bytes) {
    uint64_t length;
    at = varint_read(at, end, &length);
    if (!at || length > (uint64_t)(end - at))
        return NULL;
    *bytes = slice_make(at, length);
    return at + length;
}

static const char *read_header(const char *at, const char *end, topic_header *header) {
    uint64_t length;
    at = read_bytes(at, end, &header->key);
    at = at ? varint_read(at, end, &length) : NULL;
    if (!at)
        return NULL;
    if (length == 0) {
        header->value = (slice){NULL, 0};
        return at;
    }
    if (length - 1 > (uint64_t)(end - at))
        return NULL;
    header->value = slice_make(at, length - 1);
    return at + length - 1;
}

static const char *read_headers(
    const char *at, const char *end, topic_record *record, log_headers *headers) {
    uint64_t count;
    at = varint_read(at, end, &count);
    if (!at || count > (uint64_t)(end - at)) /* a header takes two bytes at least */
        return NULL;
    record->header_count = (int32_t)count;
    record->headers = (const topic_header *)(uintptr_t)headers->count;
    topic_header *items = add_headers(headers, (int64_t)count);
    for (uint64_t i = 0; at && i < count; i++)
        at = read_header(at, end, &items[i]);
    return at;
}

int64_t log_batch_decode(log_batch_cursor *cursor, const char *body, int64_t body_bytes,
    int32_t partition, topic_record *records, int64_t limit, log_headers *headers) {
    const char *at = body + cursor->at, *end = body + body_bytes;
    int64_t offset = cursor->next_offset, timestamp_ms = cursor->previous_timestamp_ms, count = 0;
    if (limit > cursor->left)
        limit = cursor->left;
    for (; count < limit; count++) {
        topic_record *record = &records[count];
        uint64_t number;
        if (at >= end)
            return -1;
        uint8_t flags = (uint8_t)*at++;
        at = varint_read(at, end, &number);
        if (!at || flags > FLAG_ALL)
            return -1;
        timestamp_ms = (int64_t)((uint64_t)timestamp_ms + (uint64_t)unzigzag(number));
        if (flags & FLAG_GAP) {
            at = varint_read(at, end, &number);
            if (!at)
                return -1;
            offset += (int64_t)number;
        }
        *record = (topic_record){
            .timestamp_ms = timestamp_ms, .offset = offset++, .partition = partition};
        if ((flags & FLAG_KEY) && !(at = read_bytes(at, end, &record->key)))
            return -1;
        if ((flags & FLAG_VALUE) && !(at = read_bytes(at, end, &record->value)))
            return -1;
        if ((flags & FLAG_HEADERS) && !(at = read_headers(at, end, record, headers)))
            return -1;
    }
    cursor->at = at - body;
    cursor->next_offset = offset;
    cursor->previous_timestamp_ms = timestamp_ms;
    cursor->left -= (int32_t)count;
    return count;
}

void log_headers_resolve(const log_headers *headers, topic_record *records, int64_t count) {
    if (headers->count == 0)
        return;
    for (int64_t i = 0; i < count; i++)
        if (records[i].header_count)
            records[i].headers = headers->items + (uintptr_t)records[i].headers;
}
