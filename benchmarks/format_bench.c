/* How long a record takes to decode and encode, by format and by the columns wanted.
 *
 *     format_bench [records] [format]
 *
 * Records are like an auction site's bids: about 335 bytes of JSON, most of them in fields that no
 * column wants. They are made as JSON; every format then decodes what it encoded itself. KAFKA has
 * one column, a BIGINT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "executor/format/format.h"
#include "tests/support/memory_registry.h"

enum { BATCH = 4096 };

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* other work on the machine counts less */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static sql_type price_type = {.base = SQL_DECIMAL, .precision = 10, .scale = 2};

static format_column bid_columns[] = {
    {{"AUCTION", 7}, &SQL_TYPE_BIGINT},
    {{"BIDDER", 6}, &SQL_TYPE_BIGINT},
    {{"PRICE", 5}, &SQL_TYPE_BIGINT},
    {{"CHANNEL", 7}, &SQL_TYPE_VARCHAR},
    {{"URL", 3}, &SQL_TYPE_VARCHAR},
    {{"DATETIME", 8}, &SQL_TYPE_TIMESTAMP},
    {{"RATE", 4}, &SQL_TYPE_DOUBLE},
    {{"FEE", 3}, &price_type},
    {{"EXTRA", 5}, &SQL_TYPE_VARCHAR},
};
enum { BID_COLUMNS = sizeof bid_columns / sizeof *bid_columns };

static slice json_bid(buffer *storage, int i) {
    size_t from = storage->length;
    buffer_format(storage,
        "{\"auction\":%d,\"bidder\":%d,\"price\":%d,\"channel\":\"channel-%d\",\"url\":"
        "\"https://www.nexmark.com/item.htm?query=1&channel_id=%d\",\"dateTime\":%lld,"
        "\"rate\":%d.%02d,\"fee\":%d.25,\"extra\":\"",
        1000 + i % 977, 2000 + i % 8191, 100 + i * 7 % 1000003, i % 10, i % 97, 1700000000000LL + i,
        i % 50, i % 100, i % 1000);
    while (storage->length - from < 333)
        buffer_append_byte(storage, (char)('a' + (int)(storage->length * 7 % 26)));
    buffer_append_text(storage, "\"}");
    return slice_make((const char *)from, storage->length - from); /* an offset for now */
}

/* A batch of payloads, one behind the other. */
typedef struct payload_batch {
    buffer bytes;
    slice payloads[BATCH];
} payload_batch;

static void check(bool fine, const char *what, const error *e) {
    if (fine)
        return;
    fprintf(stderr, "format_bench: %s %s\n", what, e->message);
    exit(1);
}

static void report(
    const char *format_name, const char *what, double taken, int64_t records, size_t bytes) {
    double each = (double)bytes / BATCH;
    printf("%-13s %-31s %7.1f ns a record %7.2f M/s %6.2f GB/s (%.0f bytes)\n", format_name, what,
        taken / (double)records * 1e9, (double)records / taken / 1e6,
        each * (double)records / taken / 1e9, each);
}

static void clear(column *const *columns, int count) {
    for (int i = 0; i < count; i++)
        if (columns[i])
            column_clear(columns[i]);
}

/* Decodes the batch again and again; the columns hold it once at the end. */
static void bench_decode(const format *f, const format_schema *schema,
    const format_options *options, const bool *wanted, const char *label,
    const payload_batch *batch, column *const *columns, int64_t records) {
    error e = {0};
    uint8_t status[BATCH];
    format_decoder *decoder = f->open_decoder(schema, options, wanted, &e);
    check(decoder != NULL, f->name, &e);
    double start = seconds();
    for (int64_t done = 0; done < records; done += BATCH) {
        clear(columns, schema->count);
        f->decode(decoder, batch->payloads, BATCH, columns, status, NULL);
    }
    double taken = seconds() - start;
    for (int i = 0; i < BATCH; i++)
        check(status[i] == FORMAT_OK, "a record cannot be decoded", &e);
    f->close_decoder(decoder);
    if (label)
        report(f->name, label, taken, records, batch->bytes.length);
}

static void bench_encode(const format *f, const format_schema *schema,
    const format_options *options, column *const *columns, payload_batch *batch, int64_t records) {
    error e = {0};
    uint8_t status[BATCH];
    size_t ends[BATCH];
    format_encoder *encoder = f->open_encoder(schema, options, &e);
    check(encoder != NULL, f->name, &e);
    double start = seconds();
    for (int64_t done = 0; done < records; done += BATCH) {
        buffer_clear(&batch->bytes);
        f->encode(encoder, columns, 0, BATCH, NULL, &batch->bytes, ends, status, NULL);
    }
    double taken = seconds() - start;
    for (int i = 0; i < BATCH; i++) {
        size_t from = i ? ends[i - 1] : 0;
        check(status[i] == FORMAT_OK, "a record cannot be encoded", &e);
        batch->payloads[i] = slice_make(batch->bytes.data + from, ends[i] - from);
    }
    f->close_encoder(encoder);
    report(f->name, "encode all columns", taken, records, batch->bytes.length);
}

static column **make_columns(const format_schema *schema, const bool *wanted) {
    column **columns = memory_allocate_zero(sizeof(column *) * (size_t)(schema->count + 1));
    for (int i = 0; i < schema->count; i++)
        if (!wanted || wanted[i])
            columns[i] = column_create(schema->columns[i].type);
    return columns;
}

static void free_columns(column **columns, int count) {
    for (int i = 0; i < count; i++)
        column_destroy(columns[i]);
    memory_free(columns);
}

static void bench_wanted(const format *f, const format_schema *schema,
    const format_options *options, const bool *wanted, const char *label,
    const payload_batch *batch, int64_t records) {
    column **columns = make_columns(schema, wanted);
    bench_decode(f, schema, options, wanted, label, batch, columns, records);
    free_columns(columns, schema->count);
}

static void bench_format(const format *f, const payload_batch *json, int64_t records) {
    static const bool none[BID_COLUMNS] = {false}, three[BID_COLUMNS] = {true, true, true},
                      four[BID_COLUMNS] = {[0] = true, [2] = true, [3] = true, [5] = true};
    memory_registry *registry = memory_registry_create();
    format_options options = {
        .subject = SLICE_LITERAL("bids-value"), .registry = memory_registry_interface(registry)};
    bool single = slice_is(slice_of(f->name), "KAFKA");
    format_schema schema = {bid_columns, single ? 1 : BID_COLUMNS, !single, false};
    format_schema full = {bid_columns, BID_COLUMNS, true, false};
    column **columns = make_columns(&full, NULL);
    bench_decode(format_find(SLICE_LITERAL("JSON")), &full, NULL, NULL, NULL, json, columns, 1);
    payload_batch *batch = MEMORY_NEW(payload_batch);
    bench_encode(f, &schema, &options, columns, batch, records);
    bool own = slice_is(slice_of(f->name), "JSON"); /* with the field names of producers */
    const payload_batch *read = own ? json : batch;
    if (!single) {
        bench_wanted(f, &schema, &options, none, "decode no column", read, records);
        bench_wanted(f, &schema, &options, three, "decode three numbers", read, records);
        bench_wanted(f, &schema, &options, four, "decode four, one a string", read, records);
    }
    bench_wanted(f, &schema, &options, NULL, "decode all columns", read, records);
    free_columns(columns, BID_COLUMNS);
    buffer_free(&batch->bytes);
    memory_free(batch);
    memory_registry_destroy(registry);
}

int main(int count, char **arguments) {
    int64_t records = count > 1 ? strtoll(arguments[1], NULL, 10) : 2000000;
    payload_batch *json = MEMORY_NEW(payload_batch);
    for (int i = 0; i < BATCH; i++)
        json->payloads[i] = json_bid(&json->bytes, i);
    for (int i = 0; i < BATCH; i++)
        json->payloads[i].data = json->bytes.data + (size_t)json->payloads[i].data;
    int formats;
    const format *const *all = format_all(&formats);
    for (int i = 0; i < formats; i++) {
        bool chosen = count < 3 || slice_is_ignore_case(slice_of(arguments[2]), all[i]->name);
        if (chosen && !slice_is(slice_of(all[i]->name), "NONE"))
            bench_format(all[i], json, records);
    }
    buffer_free(&json->bytes);
    memory_free(json);
    return 0;
}
