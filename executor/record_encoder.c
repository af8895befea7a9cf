/* Keys and values of a run of rows are encoded into two buffers; records are then cut out of them.
 */
#include "base/memory.h"
#include "executor/debezium.h"
#include "executor/record_codec.h"
#include "executor/timestamp_program.h"

typedef struct half {
    format_schema schema;
    format_encoder *encoder; /* NULL: there are no columns */
    int *inputs;             /* input column of each schema column */
    column **columns;        /* of the batch at hand */
    buffer bytes;
    size_t *ends;
    uint8_t *status, *skip;
} half;

struct record_encoder {
    arena *arena;
    const source_descriptor *sink;
    half key, value;
    bool key_of_nulls_is_null;
    int timestamp_input; /* input column that gives the record's timestamp; -1: the row's time */
    program *timestamp_parser;
    column *timestamp_pattern;
    const column *parsed_times; /* of the batch at hand */
    int header_input;           /* input column with the record's headers, a MAP; -1: the row's */
    bool writes_changes;        /* every row is a change with a value, deletions too */
    buffer envelopes;
    buffer windowed_keys;
    topic_record *records;
    int64_t capacity;
    topic_header *headers; /* of all records of the run */
    int64_t header_capacity;
    const record_report *report;
};

static void report_bad(void *context, int64_t row, const char *message) {
    record_encoder *c = context;
    (void)row;
    if (c->report)
        c->report->dropped(c->report->context, message);
}

static bool open_half(record_encoder *c, half *h, bool of_key, const plan_column *columns,
    int column_count, schema_registry *registry, error *e) {
    int *source_columns;
    h->schema = record_schema(c->arena, c->sink, of_key, &source_columns);
    h->inputs = ARENA_ARRAY(c->arena, int, h->schema.count);
    h->columns = ARENA_ARRAY(c->arena, column *, h->schema.count);
    for (int i = 0; i < h->schema.count; i++) {
        h->inputs[i] = -1;
        for (int k = 0; k < column_count && h->inputs[i] < 0; k++)
            if (slice_equal(columns[k].name, c->sink->columns[source_columns[i]].name))
                h->inputs[i] = k;
        assert(h->inputs[i] >= 0);
    }
    if (h->schema.count == 0)
        return true;
    const source_format *f = of_key ? &c->sink->key_format : &c->sink->value_format;
    const format *format = format_find(f->name);
    if (!format)
        return error_set(
            e, ERROR_STATEMENT, "There is no format named '%.*s'.", SLICE_ARG(f->name));
    format_options *options = ARENA_NEW(c->arena, format_options);
    *options = record_format_options(c->arena, c->sink, of_key, registry);
    h->encoder = format->open_encoder(&h->schema, options, e);
    return h->encoder != NULL;
}

/* Metadata columns that can be written. */
static void open_metadata(record_encoder *c, const plan_column *columns, int column_count) {
    const flink_table *table = c->sink->flink;
    for (int i = 0; table && i < column_count; i++) {
        const flink_table_column *column = flink_column_named(table, columns[i].name);
        if (!column || column->role != FLINK_ROLE_METADATA || column->is_virtual)
            continue;
        if (slice_is(column->metadata_key, "timestamp"))
            c->timestamp_input = i;
        else if (slice_is(column->metadata_key, "headers"))
            c->header_input = i;
    }
}

static bool open_timestamp(
    record_encoder *c, const plan_column *columns, int column_count, error *e) {
    c->timestamp_input = c->header_input = -1;
    open_metadata(c, columns, column_count);
    if (!c->sink->timestamp_column.data)
        return true;
    for (int i = 0; i < column_count; i++)
        if (slice_equal(columns[i].name, c->sink->timestamp_column))
            c->timestamp_input = i;
    if (c->timestamp_input < 0 || columns[c->timestamp_input].type->base != SQL_VARCHAR)
        return true;
    c->timestamp_parser = timestamp_program_compile(
        c->arena, c->timestamp_input, c->sink->timestamp_format, &c->timestamp_pattern, e);
    return c->timestamp_parser != NULL;
}

record_encoder *record_encoder_open(const source_descriptor *sink, const plan_column *columns,
    int column_count, bool key_of_nulls_is_null, schema_registry *registry, error *e) {
    record_encoder *c = MEMORY_NEW(record_encoder);
    c->arena = arena_create();
    c->sink = sink;
    c->key_of_nulls_is_null = key_of_nulls_is_null && !sink->flink;
    c->writes_changes = slice_is(sink->value_format.name, "DEBEZIUM_JSON");
    if (open_half(c, &c->key, true, columns, column_count, registry, e) &&
        open_half(c, &c->value, false, columns, column_count, registry, e) &&
        open_timestamp(c, columns, column_count, e))
        return c;
    record_encoder_close(c);
    return NULL;
}

static void close_half(half *h) {
    if (h->encoder)
        h->encoder->format->close_encoder(h->encoder);
    buffer_free(&h->bytes);
    memory_free(h->ends);
    memory_free(h->status);
    memory_free(h->skip);
}

void record_encoder_close(record_encoder *c) {
    if (!c)
        return;
    close_half(&c->key);
    close_half(&c->value);
    program_destroy(c->timestamp_parser);
    column_destroy(c->timestamp_pattern);
    buffer_free(&c->windowed_keys);
    buffer_free(&c->envelopes);
    memory_free(c->records);
    memory_free(c->headers);
    arena_destroy(c->arena);
    memory_free(c);
}

static void reserve(record_encoder *c, int64_t count) {
    if (count <= c->capacity)
        return;
    int64_t capacity = count < 64 ? 64 : count + count / 2;
    half *halves[] = {&c->key, &c->value};
    for (int i = 0; i < 2; i++) {
        halves[i]->ends = memory_resize(halves[i]->ends, sizeof(size_t) * (size_t)capacity);
        halves[i]->status = memory_resize(halves[i]->status, (size_t)capacity);
        halves[i]->skip = memory_resize(halves[i]->skip, (size_t)capacity);
    }
    c->records = memory_resize(c->records, sizeof(topic_record) * (size_t)capacity);
    c->capacity = capacity;
}

static void encode_half(
    record_encoder *c, half *h, const batch *rows, int64_t first, int64_t count) {
    buffer_clear(&h->bytes);
    if (!h->encoder)
        return;
    format_report report = {report_bad, c};
    for (int i = 0; i < h->schema.count; i++)
        h->columns[i] = rows->columns[h->inputs[i]];
    memset(h->status, FORMAT_OK, (size_t)count);
    h->encoder->format->encode(
        h->encoder, h->columns, first, count, h->skip, &h->bytes, h->ends, h->status, &report);
}

/* The payload of row i of the run; the NULL slice when it is null. */
static slice half_payload(const half *h, int64_t i) {
    if (!h->encoder || h->status[i] == FORMAT_NULL || h->skip[i])
        return (slice){NULL, 0};
    size_t from = i ? h->ends[i - 1] : 0;
    return slice_make(h->bytes.data ? h->bytes.data + from : "", h->ends[i] - from);
}

static bool key_is_null(const record_encoder *c, int64_t row) {
    if (!c->key_of_nulls_is_null)
        return false;
    for (int i = 0; i < c->key.schema.count; i++)
        if (!column_is_null(c->key.columns[i], row))
            return false;
    return true;
}

static void append_big_endian(buffer *out, int64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8)
        buffer_append_byte(out, (char)((uint64_t)value >> shift));
}

/* Gives every record its key with the window's bounds behind it; the partition is that of the bare
 * key, so that all windows of a key stay together. */
static void append_windows(record_encoder *c, const batch *rows, int64_t first, int64_t count,
    const int32_t *row_of, int32_t partitions) {
    size_t suffix = c->sink->window == WINDOW_SESSION ? 16 : 8;
    buffer_clear(&c->windowed_keys);
    buffer_reserve(&c->windowed_keys, c->key.bytes.length + suffix * (size_t)count);
    (void)first;
    for (int64_t i = 0; i < count; i++) {
        topic_record *r = &c->records[i];
        int64_t row = row_of ? row_of[i] : first + i;
        if (!r->key.data || !rows->window_start)
            continue;
        size_t from = c->windowed_keys.length;
        buffer_append(&c->windowed_keys, r->key);
        if (c->sink->window == WINDOW_SESSION)
            append_big_endian(&c->windowed_keys, rows->window_end[row]);
        append_big_endian(&c->windowed_keys, rows->window_start[row]);
        r->partition = topic_partition_of(r->key, partitions);
        r->key = slice_make(c->windowed_keys.data + from, c->windowed_keys.length - from);
    }
}

/* A key of one column that is null is a null key, also where the column would be wrapped. */
static bool is_null_key(const record_encoder *c, const batch *rows, int64_t row) {
    return c->key.schema.count == 1 && !c->sink->flink &&
           column_is_null(rows->columns[c->key.inputs[0]], row);
}

/* Room for the headers of rows first..first+count, of which there are offsets[first + count] -
 * offsets[first]. */
static void reserve_headers(
    record_encoder *c, const column *headers, int64_t first, int64_t count) {
    int64_t needed = headers->offsets[first + count] - headers->offsets[first];
    if (needed <= c->header_capacity)
        return;
    c->header_capacity = needed;
    c->headers = memory_resize(c->headers, sizeof(topic_header) * (size_t)needed);
}

/* The record gets the row's headers; `used` counts those handed out in this run. */
static void copy_headers(
    record_encoder *c, const column *headers, int64_t row, topic_record *record, int64_t *used) {
    if (column_is_null(headers, row))
        return;
    const column *entries = headers->children[0];
    record->headers = c->headers + *used;
    for (int32_t i = headers->offsets[row]; i < headers->offsets[row + 1]; i++)
        c->headers[(*used)++] = (topic_header){.key = column_slice(entries->children[0], i),
            .value = column_slice(entries->children[1], i)};
    record->header_count = (int32_t)(c->headers + *used - record->headers);
}

/* The record's headers are a column of the row. */
static void copy_header_map(
    record_encoder *c, const column *headers, int64_t row, topic_record *record, int64_t *used) {
    if (column_is_null(headers, row))
        return;
    record->headers = c->headers + *used;
    for (int32_t i = headers->offsets[row]; i < headers->offsets[row + 1]; i++)
        c->headers[(*used)++] = (topic_header){.key = column_slice(headers->children[0], i),
            .value = column_is_null(headers->children[1], i)
                         ? (slice){NULL, 0}
                         : column_slice(headers->children[1], i)};
    record->header_count = (int32_t)(c->headers + *used - record->headers);
}

/* Values are put into their envelopes once all of them are there, since the buffer moves. */
static void wrap_changes(record_encoder *c, const batch *rows, int64_t first, int64_t count) {
    buffer_clear(&c->envelopes);
    size_t *ends = c->value.ends, from = 0;
    for (int64_t i = 0; i < count; i++) {
        slice row = slice_make(c->value.bytes.data + from, ends[i] - from);
        from = ends[i];
        if (c->value.status[i] == FORMAT_OK)
            debezium_write(&c->envelopes, row, rows->change[first + i] != CHANGE_INSERT);
        ends[i] = c->envelopes.length;
    }
    buffer encoded = c->value.bytes;
    c->value.bytes = c->envelopes;
    c->envelopes = encoded;
}

int64_t record_encode(record_encoder *c, const batch *rows, int64_t first, int64_t count,
    int32_t partitions, const topic_record **records, const record_report *report) {
    c->report = report;
    reserve(c, count);
    for (int64_t i = 0; i < count; i++) {
        c->key.skip[i] = is_null_key(c, rows, first + i);
        c->value.skip[i] = rows->change[first + i] != CHANGE_INSERT && !c->writes_changes;
    }
    encode_half(c, &c->key, rows, first, count);
    encode_half(c, &c->value, rows, first, count);
    if (c->writes_changes && c->value.encoder)
        wrap_changes(c, rows, first, count);
    const column *times = c->timestamp_input >= 0 ? rows->columns[c->timestamp_input] : NULL;
    if (c->timestamp_parser) {
        if (first == 0)
            program_run(c->timestamp_parser, rows, &c->parsed_times, NULL);
        times = c->parsed_times;
    }
    int32_t *row_of = NULL;
    int64_t written = 0, headers_used = 0;
    const column *given = c->header_input >= 0 ? rows->columns[c->header_input] : NULL;
    if (given || rows->headers)
        reserve_headers(c, given ? given : rows->headers, first, count);
    for (int64_t i = 0; i < count; i++) {
        int64_t row = first + i, timestamp_ms = rows->rowtime[row];
        bool bad = (c->key.encoder && c->key.status[i] == FORMAT_BAD) ||
                   (c->value.encoder && !c->value.skip[i] && c->value.status[i] == FORMAT_BAD);
        if (times && c->sink->flink) {
            timestamp_ms = column_is_null(times, row) ? timestamp_ms : times->int64s[row];
        } else if (times && rows->change[row] == CHANGE_INSERT) {
            if (column_is_null(times, row) || times->int64s[row] < 0) {
                report_bad(
                    c, i, "The row's TIMESTAMP column has no usable timestamp; it is left out.");
                bad = true;
            } else {
                timestamp_ms = times->int64s[row];
            }
        }
        if (bad) {
            if (!row_of) {
                row_of = memory_allocate(sizeof(int32_t) * (size_t)count);
                for (int64_t k = 0; k < written; k++)
                    row_of[k] = (int32_t)(first + k);
            }
            continue;
        }
        if (row_of)
            row_of[written] = (int32_t)row;
        c->records[written++] = (topic_record){
            .key = key_is_null(c, row) ? (slice){NULL, 0} : half_payload(&c->key, i),
            .value = half_payload(&c->value, i),
            .timestamp_ms = timestamp_ms,
            .offset = -1,
            .partition = TOPIC_PARTITION_BY_KEY,
        };
        if (given)
            copy_header_map(c, given, row, &c->records[written - 1], &headers_used);
        else if (rows->headers)
            copy_headers(c, rows->headers, row, &c->records[written - 1], &headers_used);
    }
    if (c->sink->window != WINDOW_NONE)
        append_windows(c, rows, first, written, row_of, partitions);
    memory_free(row_of);
    *records = c->records;
    return written;
}
