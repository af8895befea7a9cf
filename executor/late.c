/* Packing records into values, and writing those of late rows. See late.h. */
#include "executor/late.h"

#include <stdio.h>

#include "base/memory.h"
#include "executor/state/row_codec.h"

/* ---- packed: timestamp, partition, offset, topic, key, value, headers; a text is its length and
 * its bytes, and the NULL slice the length -1 ---- */

static char *put_int64(char *to, int64_t value) {
    memcpy(to, &value, sizeof value);
    return to + sizeof value;
}

static char *put_text(char *to, slice text) {
    to = put_int64(to, text.data ? (int64_t)text.length : -1);
    if (text.length)
        memcpy(to, text.data, text.length);
    return to + text.length;
}

static size_t packed_length(slice topic, const topic_record *r) {
    size_t length = 4 * 8 + 3 * 8 + topic.length + r->key.length + r->value.length;
    for (int32_t i = 0; i < r->header_count; i++)
        length += 2 * 8 + r->headers[i].key.length + r->headers[i].value.length;
    return length;
}

void late_pack(column *to, slice topic, const topic_record *r) {
    size_t length = packed_length(topic, r);
    char *at = column_reserve_bytes(to, (int64_t)length);
    at = put_int64(at, r->timestamp_ms);
    at = put_int64(at, r->partition);
    at = put_int64(at, r->offset);
    at = put_text(at, topic);
    at = put_text(at, r->key);
    at = put_text(at, r->value);
    at = put_int64(at, r->header_count);
    for (int32_t i = 0; i < r->header_count; i++) {
        at = put_text(at, r->headers[i].key);
        at = put_text(at, r->headers[i].value);
    }
    column_append_reserved(to, (int64_t)length);
}

static int64_t take_int64(slice *from) {
    int64_t value;
    assert(from->length >= sizeof value);
    memcpy(&value, from->data, sizeof value);
    *from = slice_make(from->data + sizeof value, from->length - sizeof value);
    return value;
}

static slice take_text(slice *from) {
    int64_t length = take_int64(from);
    if (length < 0)
        return (slice){NULL, 0};
    assert((int64_t)from->length >= length);
    slice text = slice_make(from->data, (size_t)length);
    *from = slice_make(from->data + length, from->length - (size_t)length);
    return text;
}

/* ---- writing ---- */

enum { OWN_HEADERS = 9 };

static void add_header(topic_record *r, topic_header *headers, const char *key, slice value) {
    headers[r->header_count++] = (topic_header){slice_of(key), value};
}

static void add_number(
    topic_record *r, topic_header *headers, arena *a, const char *key, int64_t value) {
    if (value != INT64_MIN)
        add_header(r, headers, key, arena_format(a, "%lld", (long long)value));
}

static void write_record(task *t, const plan_node *node, slice packed, const late_row *why) {
    running_query *q = t->query;
    arena *a = arena_create();
    topic_record record = {
        .timestamp_ms = take_int64(&packed), .partition = TOPIC_PARTITION_BY_KEY};
    int64_t partition = take_int64(&packed), offset = take_int64(&packed);
    slice topic = take_text(&packed);
    record.key = take_text(&packed);
    record.value = take_text(&packed);
    int64_t count = take_int64(&packed);
    topic_header *headers = ARENA_ARRAY(a, topic_header, count + OWN_HEADERS);
    for (; record.header_count < count; record.header_count++) {
        headers[record.header_count].key = take_text(&packed);
        headers[record.header_count].value = take_text(&packed);
    }
    add_header(&record, headers, "sluice.late.query", q->plan->query_id);
    add_header(&record, headers, "sluice.late.operator", slice_of(task_node_kind(node)));
    add_header(&record, headers, "sluice.late.reason", slice_of(why->reason));
    add_number(&record, headers, a, "sluice.late.stream.time", why->stream_time_ms);
    add_number(&record, headers, a, "sluice.late.window.start", why->window_start_ms);
    add_number(&record, headers, a, "sluice.late.window.end", why->window_end_ms);
    add_header(&record, headers, "sluice.late.topic", topic);
    add_number(&record, headers, a, "sluice.late.partition", partition);
    add_number(&record, headers, a, "sluice.late.offset", offset);
    record.headers = headers;
    task_write(t, q->plan->late_topic, &record, 1, false);
    arena_destroy(a);
}

void task_late_row(task *t, const plan_node *node, const batch *rows, int64_t row,
    const int *records, const late_row *why) {
    operator_count(&t->query->instances[node->id].operators[t->partition]->rows_late, 1);
    t->query->rows_late++;
    if (!t->query->plan->late_topic.data || !t->query->writer)
        return;
    for (int i = 0; i < 2; i++) {
        const column *c = !records     ? rows->records
                          : records[i] ? rows->columns[records[i] - 1]
                                       : NULL;
        slice packed = c ? column_slice(c, row) : (slice){NULL, 0};
        if (packed.data) {
            write_record(t, node, packed, why);
            return;
        }
    }
}
