/* How long a record takes to decode and encode, by format and by the columns wanted.
 *
 *     format_bench [records]
 *
 * Records are like an auction site's bids: about 335 bytes of JSON, most of them in fields that no
 * column wants.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "executor/format/format.h"

enum { BATCH = 4096 };

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
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

static slice csv_bid(buffer *storage, int i) {
    size_t from = storage->length;
    buffer_format(storage,
        "%d,%d,%d,channel-%d,https://www.nexmark.com/item.htm,%lld,%d.%02d,%d.25,", 1000 + i % 977,
        2000 + i % 8191, 100 + i * 7 % 1000003, i % 10, 1700000000000LL + i, i % 50, i % 100,
        i % 1000);
    buffer_append_text(storage, "some more text");
    return slice_make((const char *)from, storage->length - from);
}

static void run(const char *format_name, const char *label, slice (*make)(buffer *, int),
    const bool *wanted, int64_t records) {
    const format *f = format_find(slice_of(format_name));
    format_schema schema = {bid_columns, BID_COLUMNS, true, false};
    error e = {0};
    format_decoder *decoder = f->open_decoder(&schema, NULL, wanted, &e);
    buffer storage = {0};
    slice *payloads = memory_allocate(sizeof(slice) * BATCH);
    for (int i = 0; i < BATCH; i++)
        payloads[i] = make(&storage, i);
    for (int i = 0; i < BATCH; i++)
        payloads[i].data = storage.data + (size_t)payloads[i].data;
    column *columns[BID_COLUMNS] = {0};
    for (int i = 0; i < BID_COLUMNS; i++)
        if (!wanted || wanted[i])
            columns[i] = column_create(bid_columns[i].type);
    uint8_t *status = memory_allocate(BATCH);
    double start = seconds();
    for (int64_t done = 0; done < records; done += BATCH) {
        for (int i = 0; i < BID_COLUMNS; i++)
            if (columns[i])
                column_clear(columns[i]);
        f->decode(decoder, payloads, BATCH, columns, status, NULL);
    }
    double taken = seconds() - start;
    for (int i = 0; i < BATCH; i++)
        if (status[i] != FORMAT_OK)
            exit(1);
    printf("%-10s decode %-22s %6.1f ns a record  %5.2f GB/s  (%zu bytes)\n", format_name, label,
        taken / (double)records * 1e9,
        (double)storage.length / BATCH * (double)records / taken / 1e9, storage.length / BATCH);
    if (!wanted) {
        format_encoder *encoder = f->open_encoder(&schema, NULL, &e);
        buffer out = {0};
        size_t *ends = memory_allocate(sizeof(size_t) * BATCH);
        start = seconds();
        for (int64_t done = 0; done < records; done += BATCH) {
            buffer_clear(&out);
            f->encode(encoder, columns, 0, BATCH, NULL, &out, ends, status, NULL);
        }
        taken = seconds() - start;
        printf("%-10s encode %-22s %6.1f ns a record  %5.2f GB/s\n", format_name, label,
            taken / (double)records * 1e9,
            (double)out.length / BATCH * (double)records / taken / 1e9);
        f->close_encoder(encoder);
        memory_free(ends);
        buffer_free(&out);
    }
    f->close_decoder(decoder);
    for (int i = 0; i < BID_COLUMNS; i++)
        column_destroy(columns[i]);
    memory_free(payloads);
    memory_free(status);
    buffer_free(&storage);
}

int main(int count, char **arguments) {
    int64_t records = count > 1 ? strtoll(arguments[1], NULL, 10) : 2000000;
    const bool none[BID_COLUMNS] = {false};
    const bool three[BID_COLUMNS] = {true, true, true};
    const bool four[BID_COLUMNS] = {[0] = true, [2] = true, [3] = true, [5] = true};
    run("JSON", "no column", json_bid, none, records);
    run("JSON", "three columns", json_bid, three, records);
    run("JSON", "four columns, a string", json_bid, four, records);
    run("JSON", "all columns", json_bid, NULL, records);
    run("DELIMITED", "three columns", csv_bid, three, records);
    run("DELIMITED", "all columns", csv_bid, NULL, records);
    return 0;
}
