/* Keys and values of all records are decoded column by column into columns in the source's order;
 * then rows that turned out bad are left out. The usual case, nothing bad, copies nothing. */
#include <string.h>

#include "base/memory.h"
#include "executor/debezium.h"
#include "executor/late.h"
#include "executor/record_codec.h"
#include "executor/timestamp_program.h"

/* One half of a record: its format, its columns and what came out. */
typedef struct half {
    format_schema schema;
    int *source_columns;     /* by schema column */
    format_decoder *decoder; /* NULL: there are no columns */
    column **columns;        /* by schema column; NULL where not wanted */
    slice *payloads;         /* of the call at hand, as status is */
    uint8_t *status;
} half;

struct record_scratch {
    int64_t capacity;
    slice *payloads[2];
    uint8_t *status[2];
    int32_t *kept;
};

struct record_decoder {
    arena *arena;
    record_scratch *scratch; /* somebody else's, or own */
    record_scratch own;
    const source_descriptor *source;
    half key, value;
    int column_count;
    const int *source_columns; /* by output column */
    column **columns;          /* output order; columns of halves, headers and records */
    column **header_columns;   /* by output column; NULL for others. Owned */
    column *record_column;     /* whole records; NULL: nobody wants them. Owned */
    bool needs_source;
    bool keeps_null_keys;
    column *headers;      /* owned */
    bool has_headers;     /* some record of the call at hand has */
    int timestamp_column; /* output column with the event time; -1: the record's */
    program *timestamp_parser;
    column *timestamp_pattern;
    int64_t capacity;
    int64_t *rowtime, *offset, *window_start, *window_end;
    int32_t *partition;
    int8_t *change;
    batch decoded;
    batch_builder *compacted;    /* made when a record is bad for the first time */
    debezium_reader *changes;    /* records are changes rather than rows; or NULL */
    const int32_t *origin;       /* then: which record a row comes from */
    const record_report *report; /* of the call that runs */
    int64_t reporting;           /* the record that is reported */
};

static void report_bad_payload(void *context, int64_t row, const char *message) {
    record_decoder *d = context;
    d->reporting = d->origin ? d->origin[row] : row;
    if (d->report)
        d->report->dropped(d->report->context, message);
}

static void report_bad_record(void *context, int64_t record, const char *message) {
    record_decoder *d = context;
    d->reporting = record;
    if (d->report)
        d->report->dropped(d->report->context, message);
}

static void report_bad_time(record_decoder *d, int64_t row, const char *message) {
    d->reporting = row;
    if (d->report && d->report->bad_time)
        d->report->bad_time(d->report->context, message);
    else
        report_bad_payload(d, row, message);
}

int64_t record_decoder_reporting(const record_decoder *d) {
    return d->reporting;
}

/* ---- what a call needs ---- */

record_scratch *record_scratch_create(void) {
    return MEMORY_NEW(record_scratch);
}

static void free_scratch(record_scratch *s) {
    for (int i = 0; i < 2; i++) {
        memory_free(s->payloads[i]);
        memory_free(s->status[i]);
    }
    memory_free(s->kept);
}

void record_scratch_destroy(record_scratch *s) {
    if (s)
        free_scratch(s);
    memory_free(s);
}

static void reserve_scratch(record_scratch *s, int64_t count) {
    if (count <= s->capacity)
        return;
    s->capacity = count < 64 ? 64 : count;
    size_t rows = (size_t)s->capacity;
    for (int i = 0; i < 2; i++) {
        s->payloads[i] = memory_resize(s->payloads[i], sizeof(slice) * rows);
        s->status[i] = memory_resize(s->status[i], rows);
    }
    s->kept = memory_resize(s->kept, sizeof(int32_t) * rows);
}

void record_decoder_borrow(record_decoder *d, record_scratch *scratch) {
    d->scratch = scratch;
}

/* ---- opening ---- */

static bool open_half(record_decoder *d, half *h, bool of_key, const bool *source_wanted,
    schema_registry *registry, error *e) {
    h->schema = record_schema(d->arena, d->source, of_key, &h->source_columns);
    h->columns = ARENA_ARRAY(d->arena, column *, h->schema.count);
    if (h->schema.count == 0)
        return true;
    const source_format *f = of_key ? &d->source->key_format : &d->source->value_format;
    const format *format = format_find(f->name);
    if (!format)
        return error_set(
            e, ERROR_STATEMENT, "There is no format named '%.*s'.", SLICE_ARG(f->name));
    bool *wanted = ARENA_ARRAY(d->arena, bool, h->schema.count), any = !d->source->flink || !of_key;
    column_role role = of_key ? COLUMN_KEY : COLUMN_VALUE; /* columns in both are read once */
    for (int i = 0; i < h->schema.count; i++) {
        const source_column *c = &d->source->columns[h->source_columns[i]];
        wanted[i] = source_wanted[h->source_columns[i]] && c->role == role;
        any |= wanted[i];
        if (wanted[i])
            h->columns[i] = column_create(h->schema.columns[i].type);
    }
    if (!any)
        return true; /* nobody looks at the key */
    format_options *options = ARENA_NEW(d->arena, format_options);
    *options = record_format_options(d->arena, d->source, of_key, registry);
    h->decoder = format->open_decoder(&h->schema, options, wanted, e);
    return h->decoder != NULL;
}

static column *half_column(const half *h, int source_column) {
    for (int i = 0; i < h->schema.count; i++)
        if (h->source_columns[i] == source_column)
            return h->columns[i];
    return NULL;
}

static bool open_columns(record_decoder *d, const record_decoder_options *o, error *e) {
    int extra = -1; /* a timestamp column that nobody else wants is decoded behind the others */
    if (d->source->timestamp_column.data)
        extra = source_column_index(d->source, d->source->timestamp_column);
    bool *wanted = ARENA_ARRAY(d->arena, bool, d->source->column_count);
    for (int i = 0; i < o->column_count; i++)
        if ((!o->wanted || o->wanted[i]) && o->source_columns[i] >= 0)
            wanted[o->source_columns[i]] = true;
    if (extra >= 0)
        wanted[extra] = true;
    if (!open_half(d, &d->key, true, wanted, o->registry, e) ||
        !open_half(d, &d->value, false, wanted, o->registry, e))
        return false;
    for (int i = 0; i < o->column_count; i++) {
        if (o->wanted && !o->wanted[i])
            continue;
        if (o->source_columns[i] == PLAN_RECORD_COLUMN) {
            d->columns[i] = d->record_column = column_create(&SQL_TYPE_BYTES);
            continue;
        }
        const source_column *c = &d->source->columns[o->source_columns[i]];
        if (c->role == COLUMN_HEADERS)
            d->columns[i] = d->header_columns[i] = column_create(c->type);
        else
            d->columns[i] =
                half_column(c->role == COLUMN_KEY ? &d->key : &d->value, o->source_columns[i]);
    }
    if (extra < 0)
        return true;
    d->timestamp_column = d->column_count;
    d->columns[d->column_count] =
        half_column(d->source->columns[extra].role == COLUMN_KEY ? &d->key : &d->value, extra);
    if (d->source->columns[extra].type->base != SQL_VARCHAR)
        return true;
    if (!d->source->timestamp_format.data)
        return error_set(e, ERROR_STATEMENT,
            "Timestamp column '%.*s' is a STRING and has no TIMESTAMP_FORMAT.",
            SLICE_ARG(d->source->timestamp_column));
    d->timestamp_parser = timestamp_program_compile(
        d->arena, d->timestamp_column, d->source->timestamp_format, &d->timestamp_pattern, e);
    return d->timestamp_parser != NULL;
}

static debezium_reader *open_changes(const source_descriptor *source) {
    const flink_table *table = source->flink;
    slice wrapped = flink_format_option(table, false, "debezium-json.schema-include");
    slice silent = flink_format_option(table, false, "debezium-json.ignore-parse-errors");
    return debezium_reader_open(slice_is(wrapped, "true"), slice_is(silent, "true"));
}

record_decoder *record_decoder_open(
    const source_descriptor *source, const record_decoder_options *options, error *e) {
    record_decoder *d = MEMORY_NEW(record_decoder);
    d->arena = arena_create();
    d->scratch = &d->own;
    d->source = source;
    d->column_count = options->column_count;
    int *source_columns = ARENA_ARRAY(d->arena, int, options->column_count);
    for (int i = 0; i < options->column_count; i++)
        source_columns[i] = options->source_columns[i];
    d->source_columns = source_columns;
    d->columns = ARENA_ARRAY(d->arena, column *, options->column_count + 1);
    d->header_columns = ARENA_ARRAY(d->arena, column *, options->column_count);
    d->needs_source = options->needs_source;
    d->keeps_null_keys = options->keeps_null_keys;
    d->timestamp_column = -1;
    if (slice_is(source->value_format.name, "DEBEZIUM_JSON"))
        d->changes = open_changes(source);
    if (options->needs_headers)
        d->headers = column_create(&SQL_TYPE_HEADERS);
    if (open_columns(d, options, e))
        return d;
    record_decoder_close(d);
    return NULL;
}

static void close_half(half *h) {
    if (h->decoder)
        h->decoder->format->close_decoder(h->decoder);
    for (int i = 0; i < h->schema.count; i++)
        column_destroy(h->columns[i]);
}

void record_decoder_close(record_decoder *d) {
    if (!d)
        return;
    close_half(&d->key);
    close_half(&d->value);
    debezium_reader_close(d->changes);
    program_destroy(d->timestamp_parser);
    column_destroy(d->timestamp_pattern);
    for (int i = 0; i < d->column_count; i++)
        column_destroy(d->header_columns[i]);
    column_destroy(d->record_column);
    column_destroy(d->headers);
    batch_builder_destroy(d->compacted);
    memory_free(d->rowtime);
    memory_free(d->offset);
    memory_free(d->window_start);
    memory_free(d->window_end);
    memory_free(d->partition);
    memory_free(d->change);
    free_scratch(&d->own);
    arena_destroy(d->arena);
    memory_free(d);
}

/* ---- decoding ---- */

static void reserve_rows(record_decoder *d, int64_t count) {
    if (count <= d->capacity)
        return;
    int64_t capacity = count < 64 ? 64 : count + count / 2;
    size_t wide = sizeof(int64_t) * (size_t)capacity;
    d->rowtime = memory_resize(d->rowtime, wide);
    d->offset = memory_resize(d->offset, wide);
    d->window_start = memory_resize(d->window_start, wide);
    d->window_end = memory_resize(d->window_end, wide);
    d->partition = memory_resize(d->partition, sizeof(int32_t) * (size_t)capacity);
    d->change = memory_resize(d->change, (size_t)capacity);
    d->capacity = capacity;
}

static void reserve(record_decoder *d, int64_t count) {
    reserve_rows(d, count);
    reserve_scratch(d->scratch, count);
    half *halves[] = {&d->key, &d->value};
    for (int i = 0; i < 2; i++) {
        halves[i]->payloads = d->scratch->payloads[i];
        halves[i]->status = d->scratch->status[i];
    }
}

static int64_t read_big_endian(const char *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | (unsigned char)bytes[i];
    return (int64_t)value;
}

/* Takes the window bounds off the end of a key. */
static bool split_window(record_decoder *d, slice *key, int64_t row) {
    size_t suffix = d->source->window == WINDOW_SESSION ? 16 : 8;
    if (!key->data)
        return true;
    if (key->length < suffix)
        return false;
    key->length -= suffix;
    const char *bounds = key->data + key->length;
    if (d->source->window == WINDOW_SESSION) {
        d->window_end[row] = read_big_endian(bounds);
        d->window_start[row] = read_big_endian(bounds + 8);
    } else {
        d->window_start[row] = read_big_endian(bounds);
        d->window_end[row] = d->window_start[row] + d->source->window_size_ms;
    }
    return true;
}

static void decode_half(record_decoder *d, half *h, int64_t count) {
    format_report report = {report_bad_payload, d};
    for (int i = 0; i < h->schema.count; i++)
        if (h->columns[i])
            column_clear(h->columns[i]);
    if (h->decoder) {
        h->decoder->format->decode(h->decoder, h->payloads, count, h->columns, h->status, &report);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        h->status[i] = h->payloads[i].data ? FORMAT_OK : FORMAT_NULL;
}

static void append_all_headers(column *to, const topic_record *r) {
    column *entries = to->children[0];
    for (int32_t i = 0; i < r->header_count; i++) {
        column_append_bytes(entries->children[0], r->headers[i].key);
        column_append_bytes(entries->children[1], r->headers[i].value);
        column_append_nested(entries);
    }
    column_append_nested(to);
}

/* As Flink's tables have them: of several with one name the last. */
static void append_header_map(column *to, const topic_record *r) {
    for (int32_t i = 0; i < r->header_count; i++) {
        column_append_bytes(to->children[0], r->headers[i].key);
        column_append_bytes(to->children[1], r->headers[i].value);
    }
    column_append_map(to);
}

static void append_one_header(column *to, const topic_record *r, slice key) {
    for (int32_t i = r->header_count - 1; i >= 0; i--)
        if (slice_equal(r->headers[i].key, key)) {
            column_append_bytes(to, r->headers[i].value);
            return;
        }
    column_append_null(to);
}

static bool any_headers(const topic_record *records, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (records[i].header_count > 0)
            return true;
    return false;
}

static void decode_headers(record_decoder *d, const topic_record *records, int64_t count) {
    d->has_headers = d->headers && any_headers(records, count);
    if (d->has_headers) {
        column_clear(d->headers);
        for (int64_t i = 0; i < count; i++)
            append_all_headers(d->headers, &records[i]);
    }
    if (d->record_column) {
        column_clear(d->record_column);
        for (int64_t i = 0; i < count; i++)
            late_pack(d->record_column, d->source->topic, &records[i]);
    }
    for (int c = 0; c < d->column_count; c++) {
        column *to = d->header_columns[c];
        if (!to)
            continue;
        column_clear(to);
        slice key = d->source->columns[d->source_columns[c]].header_key;
        for (int64_t i = 0; i < count; i++) {
            if (key.data)
                append_one_header(to, &records[i], key);
            else if (to->type->base == SQL_MAP)
                append_header_map(to, &records[i]);
            else
                append_all_headers(to, &records[i]);
        }
    }
}

/* Event times from the timestamp column; rows without one are dropped (INT64_MIN marks them). A
 * null value keeps the record's own timestamp. */
static void decode_timestamps(record_decoder *d, int64_t count) {
    const column *times = d->columns[d->timestamp_column];
    if (d->timestamp_parser) {
        batch rows = d->decoded;
        rows.column_count = d->column_count + 1;
        program_run(d->timestamp_parser, &rows, &times, NULL);
    }
    for (int64_t i = 0; i < count; i++) {
        if (d->value.status[i] != FORMAT_OK)
            continue;
        if (column_is_null(times, i) || times->int64s[i] < 0) {
            report_bad_time(d, i, "The record has no usable timestamp in its TIMESTAMP column.");
            d->value.status[i] = FORMAT_BAD;
        } else {
            d->rowtime[i] = times->int64s[i];
        }
    }
}

static const batch *compact(record_decoder *d, int64_t kept) {
    if (!d->compacted) {
        const sql_type **types = ARENA_ARRAY(d->arena, const sql_type *, d->column_count);
        for (int i = 0; i < d->column_count; i++)
            types[i] = d->columns[i] ? d->columns[i]->type : &SQL_TYPE_NULL;
        d->compacted = batch_builder_create(types, d->column_count, d->needs_source,
            d->source->window != WINDOW_NONE, d->headers != NULL);
    }
    batch_builder_clear(d->compacted);
    batch_builder_append_gather(d->compacted, &d->decoded, d->scratch->kept, kept);
    return batch_builder_view(d->compacted);
}

/* Records of changes become the rows they are about. Both rows of an update are good, or none. */
static debezium_rows split_changes(record_decoder *d, const topic_record *records, int64_t count) {
    debezium_report report = {report_bad_record, d};
    d->origin = NULL;
    debezium_rows rows = debezium_read(d->changes, records, count, &report);
    d->origin = rows.origin;
    return rows;
}

static void spread_badness(record_decoder *d, const debezium_rows *rows) {
    uint8_t *status = d->value.status;
    for (int64_t i = 1; i < rows->count; i++)
        if (rows->origin[i] == rows->origin[i - 1] &&
            (status[i] == FORMAT_BAD || status[i - 1] == FORMAT_BAD))
            status[i] = status[i - 1] = FORMAT_BAD;
}

const batch *record_decode(
    record_decoder *d, const topic_record *records, int64_t count, const record_report *report) {
    bool windowed = d->source->window != WINDOW_NONE, is_table = d->source->kind == SOURCE_TABLE;
    debezium_rows changes = {.count = 0};
    d->report = report;
    if (d->changes) {
        changes = split_changes(d, records, count);
        records = changes.rows;
        count = changes.count;
    }
    reserve(d, count);
    for (int64_t i = 0; i < count; i++) {
        d->key.payloads[i] = records[i].key;
        d->value.payloads[i] = records[i].value;
        d->rowtime[i] = records[i].timestamp_ms;
        if (windowed && !split_window(d, &d->key.payloads[i], i))
            d->key.payloads[i] = (slice){"", 0};
    }
    if (d->needs_source)
        for (int64_t i = 0; i < count; i++) {
            d->partition[i] = records[i].partition;
            d->offset[i] = records[i].offset;
        }
    decode_half(d, &d->key, count);
    decode_half(d, &d->value, count);
    spread_badness(d, &changes);
    decode_headers(d, records, count);
    d->decoded = (batch){
        .rows = count,
        .column_count = d->column_count,
        .columns = d->columns,
        .rowtime = d->rowtime,
        .change = d->change,
        .partition = d->needs_source ? d->partition : NULL,
        .offset = d->needs_source ? d->offset : NULL,
        .window_start = windowed ? d->window_start : NULL,
        .window_end = windowed ? d->window_end : NULL,
        .headers = d->has_headers ? d->headers : NULL,
    };
    if (d->timestamp_column >= 0)
        decode_timestamps(d, count);
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++) {
        bool null_value = d->value.status[i] == FORMAT_NULL;
        d->change[i] = null_value ? (is_table ? CHANGE_DELETE : CHANGE_EMPTY) : CHANGE_INSERT;
        if (changes.count)
            d->change[i] = changes.change[i];
        bool bad = d->key.status[i] == FORMAT_BAD || d->value.status[i] == FORMAT_BAD;
        if (!bad && is_table && d->key.schema.count && !d->key.payloads[i].data) {
            report_bad_payload(d, i, "A record of a table has no key; it is left out.");
            d->change[i] = CHANGE_EMPTY;
            bad = !d->keeps_null_keys;
        }
        if (!bad)
            d->scratch->kept[kept++] = (int32_t)i;
    }
    return kept == count ? &d->decoded : compact(d, kept);
}
