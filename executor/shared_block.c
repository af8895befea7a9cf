/* A block's decoder is opened for the columns that are wanted at the time, and again when more
 * are. */
#include "executor/shared_block.h"

#include "base/clock.h"
#include "base/memory.h"

shared_block *shared_block_create(int column_count) {
    shared_block *b = MEMORY_NEW(shared_block);
    b->column_count = column_count;
    b->wanted = memory_allocate_zero((size_t)column_count + 1);
    return b;
}

static void clear_complaints(shared_block *b) {
    for (int i = 0; i < b->complaint_count; i++)
        memory_free(b->complaints[i].message);
    b->complaint_count = 0;
}

void shared_block_destroy(shared_block *b) {
    clear_complaints(b);
    memory_free(b->complaints);
    memory_free(b->wanted);
    record_decoder_close(b->decoder);
    memory_free(b);
}

/* ---- filling ---- */

typedef struct filling {
    shared_block *block;
    const topic_segment *segment;
} filling;

static void complain(filling *f, const char *message, bool of_time) {
    shared_block *b = f->block;
    if (b->complaint_count == b->complaint_capacity) {
        b->complaint_capacity = b->complaint_capacity * 2 + 8;
        b->complaints =
            memory_resize(b->complaints, sizeof *b->complaints * (size_t)b->complaint_capacity);
    }
    int64_t record = record_decoder_reporting(b->decoder);
    b->complaints[b->complaint_count++] =
        (block_complaint){.offset = f->segment->records[record].offset,
            .of_time = of_time,
            .message = memory_copy_text(slice_of(message))};
}

static void note_dropped(void *context, const char *message) {
    complain(context, message, false);
}

static void note_bad_time(void *context, const char *message) {
    complain(context, message, true);
}

static bool open_decoder(shared_block *b, const source_descriptor *source, const bool *wanted,
    schema_registry *registry, error *e) {
    if (b->decoder && b->source == source &&
        memcmp(b->wanted, wanted, (size_t)b->column_count) == 0)
        return true;
    record_decoder_close(b->decoder);
    b->source = source;
    memcpy(b->wanted, wanted, (size_t)b->column_count);
    int *columns = memory_allocate(sizeof *columns * (size_t)(b->column_count + 1));
    for (int i = 0; i < b->column_count; i++)
        columns[i] = i;
    record_decoder_options options = {.source_columns = columns,
        .column_count = b->column_count,
        .wanted = b->wanted,
        .needs_source = true,
        .needs_headers = true,
        .registry = registry};
    b->decoder = record_decoder_open(source, &options, e);
    memory_free(columns);
    return b->decoder != NULL;
}

static int64_t memory_of(const batch *rows) {
    int64_t bytes = rows->rows * (int64_t)sizeof(int64_t) * 3; /* times, offsets, partitions */
    for (int i = 0; i < rows->column_count; i++)
        if (rows->columns[i])
            bytes += column_memory_bytes(rows->columns[i]);
    return bytes;
}

bool shared_block_fill(shared_block *b, const source_descriptor *source, const bool *wanted,
    schema_registry *registry, const topic_segment *segment, record_scratch *scratch, error *e) {
    clear_complaints(b);
    if (!open_decoder(b, source, wanted, registry, e))
        return false;
    record_decoder_borrow(b->decoder, scratch);
    filling f = {b, segment};
    record_report report = {note_dropped, &f, note_bad_time};
    int64_t began_ns = clock_monotonic_ns();
    b->partition = segment->assignment;
    b->first_offset = segment->records[0].offset;
    b->records = segment->count;
    b->until = segment->next_offset;
    b->rows = record_decode(b->decoder, segment->records, segment->count, &report);
    b->decode_ns = clock_monotonic_ns() - began_ns;
    b->bytes = memory_of(b->rows);
    return true;
}

void shared_block_report(
    const shared_block *b, int64_t offset, int64_t end, const record_report *report) {
    for (int i = 0; i < b->complaint_count; i++) {
        const block_complaint *c = &b->complaints[i];
        if (c->offset < offset || c->offset >= end)
            continue;
        if (c->of_time && report->bad_time)
            report->bad_time(report->context, c->message);
        else
            report->dropped(report->context, c->message);
    }
}
