/* format_fuzz.c - whatever the bytes, no format crashes or contradicts itself.
 *
 * Compiled once for each format, named by FUZZ_FORMAT, where an input is a record's value, and,
 * with FUZZ_SCHEMA, for each kind of schema, where it is a schema's text. Checked beside memory
 * safety: a bad payload is reported and leaves one null row; a payload that decodes can be encoded,
 * and what was encoded decodes to the same row.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "executor/format/format.h"
#include "tests/support/memory_registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what) {
    if (condition)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

#ifdef FUZZ_SCHEMA

static void check(const format *f, slice text) {
    arena *a = arena_create();
    format_schema schema;
    error e = {0};
    if (!f->infer(text, true, false, NULL, a, &schema, &e))
        require(e.message[0] != 0, "refused without a message");
    arena_destroy(a);
}

#else

static const sql_type decimal = {.base = SQL_DECIMAL, .precision = 9, .scale = 3};
static const sql_type list = {.base = SQL_ARRAY, .element = &SQL_TYPE_VARCHAR};
static const sql_type map = {
    .base = SQL_MAP, .key = &SQL_TYPE_VARCHAR, .element = &SQL_TYPE_DOUBLE};
static const sql_field fields[] = {
    {{"X", 1}, &SQL_TYPE_INTEGER}, {{"Y", 1}, &list}, {{"Z", 1}, &map}};
static const sql_type record = {.base = SQL_STRUCT, .field_count = 3, .fields = fields};
static const sql_type records = {.base = SQL_ARRAY, .element = &record};

static const format_column columns[] = {
    {{"A", 1}, &SQL_TYPE_INTEGER},
    {{"B", 1}, &SQL_TYPE_BIGINT},
    {{"C", 1}, &SQL_TYPE_DOUBLE},
    {{"D", 1}, &SQL_TYPE_BOOLEAN},
    {{"E", 1}, &SQL_TYPE_VARCHAR},
    {{"F", 1}, &SQL_TYPE_BYTES},
    {{"G", 1}, &decimal},
    {{"H", 1}, &SQL_TYPE_DATE},
    {{"I", 1}, &SQL_TYPE_TIME},
    {{"J", 1}, &SQL_TYPE_TIMESTAMP},
    {{"K", 1}, &record},
    {{"L", 1}, &records},
    {{"M", 1}, &map},
};
enum { ALL = sizeof columns / sizeof *columns, FLAT = 10 };

static void note_bad(void *context, int64_t row, const char *message) {
    require(row == 0 && message[0], "a complaint without words");
    *(bool *)context = true;
}

static uint8_t decode(format_decoder *d, slice payload, int count, column **row) {
    uint8_t status;
    bool reported = false;
    d->format->decode(d, &payload, 1, row, &status, &(format_report){note_bad, &reported});
    require(reported == (status == FORMAT_BAD), "a bad payload is reported, a good one is not");
    for (int i = 0; i < count; i++) {
        require(row[i]->length == 1, "one row a payload");
        require(status == FORMAT_OK || column_is_null(row[i], 0), "no row, but a value");
    }
    return status;
}

static void require_equal(const format *f, int column_index, const column *a, const column *b) {
    if (column_rows_equal(a, 0, b, 0))
        return;
    buffer text = {0};
    json_append_value(&text, a, 0);
    buffer_append_text(&text, " comes back as ");
    json_append_value(&text, b, 0);
    fprintf(stderr, "%s, column %.*s: %.*s\n", f->name, SLICE_ARG(columns[column_index].name),
        SLICE_ARG(buffer_slice(&text)));
    abort();
}

/* PROTOBUF turns nulls into zeros, so its rows must come back the same from the second time on. */
static void check_again(const format *f, const format_schema *schema, const format_options *options,
    column **row, bool same) {
    error e = {0};
    buffer out = {0};
    size_t end;
    uint8_t status;
    bool reported = false;
    format_encoder *encoder = f->open_encoder(schema, options, &e);
    require(encoder != NULL, e.message);
    f->encode(encoder, row, 0, 1, NULL, &out, &end, &status, &(format_report){note_bad, &reported});
    f->close_encoder(encoder);
    require(status == FORMAT_OK, "a decoded row cannot be encoded");
    format_decoder *decoder = f->open_decoder(schema, options, NULL, &e);
    column *again[ALL];
    for (int i = 0; i < schema->count; i++)
        again[i] = column_create(columns[i].type);
    status = decode(decoder, buffer_slice(&out), schema->count, again);
    require(status == FORMAT_OK, "an encoded row cannot be decoded");
    for (int i = 0; same && i < schema->count; i++)
        require_equal(f, i, row[i], again[i]);
    if (!same)
        check_again(f, schema, options, again, true);
    for (int i = 0; i < schema->count; i++)
        column_destroy(again[i]);
    f->close_decoder(decoder);
    buffer_free(&out);
}

static void check(const format *f, slice payload) {
    memory_registry *registry = memory_registry_create();
    format_options options = {
        .registry = memory_registry_interface(registry), .subject = SLICE_LITERAL("t-value")};
    bool flat = strcmp(f->name, "DELIMITED") == 0;
    format_schema schema = {columns, flat ? FLAT : ALL, true, false};
    error e = {0};
    format_encoder *registering = f->open_encoder(&schema, &options, &e);
    f->close_encoder(registering);
    format_decoder *decoder = f->open_decoder(&schema, &options, NULL, &e);
    require(decoder != NULL, e.message);
    column *row[ALL];
    for (int i = 0; i < schema.count; i++)
        row[i] = column_create(columns[i].type);
    if (decode(decoder, payload, schema.count, row) == FORMAT_OK) {
        check_again(f, &schema, &options, row, strncmp(f->name, "PROTO", 5) != 0);
    }
    for (int i = 0; i < schema.count; i++)
        column_destroy(row[i]);
    f->close_decoder(decoder);
    memory_registry_destroy(registry);
}

#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *copy = memory_allocate(size); /* of the exact size, for the sanitizer */
    memcpy(copy, data, size);
    check(format_find(SLICE_LITERAL(FUZZ_FORMAT)), slice_make(copy, size));
    memory_free(copy);
    return 0;
}
