/* format_fuzz.c - whatever the bytes, no format crashes or contradicts itself.
 *
 * The first byte of an input chooses the format, the rest is a payload (or a schema's text).
 * Checked beside memory safety: a bad payload is reported and leaves one null row; a payload that
 * decodes can be encoded, and what was encoded decodes to the same row.
 *
 *   clang -fsanitize=fuzzer,address,undefined ... && ./format_fuzz tests/fuzz/seeds/format
 *
 * Built without libFuzzer (-DFUZZ_STANDALONE) it mutates seeds of its own:  ./format_fuzz RUNS
 * FIRST where run number n, from FIRST on, always does the same.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "executor/format/format.h"
#include "tests/support/memory_registry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static const char *const formats[] = {"JSON", "DELIMITED", "AVRO", "PROTOBUF", "PROTOBUF_NOSR"};
enum { FORMATS = sizeof formats / sizeof *formats, SCHEMAS = 3 };

static int64_t inputs, accepted;

static void require(bool condition, const char *what) {
    if (condition)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

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

static void check_payload(const format *f, slice payload) {
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
        accepted++;
        check_again(f, &schema, &options, row, strncmp(f->name, "PROTO", 5) != 0);
    }
    for (int i = 0; i < schema.count; i++)
        column_destroy(row[i]);
    f->close_decoder(decoder);
    memory_registry_destroy(registry);
}

static void check_schema(const format *f, slice text) {
    arena *a = arena_create();
    format_schema schema;
    error e = {0};
    if (f->infer(text, true, false, NULL, a, &schema, &e))
        accepted++;
    else
        require(e.message[0] != 0, "refused without a message");
    arena_destroy(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const with_schemas[SCHEMAS] = {"JSON_SR", "AVRO", "PROTOBUF"};
    if (size == 0)
        return 0;
    inputs++;
    int choice = data[0] % (FORMATS + SCHEMAS);
    char *copy = memory_allocate(size - 1); /* of the exact size, for the sanitizer */
    memcpy(copy, data + 1, size - 1);
    slice rest = slice_make(copy, size - 1);
    if (choice < FORMATS)
        check_payload(format_find(slice_of(formats[choice])), rest);
    else
        check_schema(format_find(slice_of(with_schemas[choice - FORMATS])), rest);
    memory_free(copy);
    return 0;
}

#ifdef FUZZ_STANDALONE

static const struct {
    const char *bytes;
    size_t length;
} seeds[] = {
#define SEED(text)                                                                                 \
    { text, sizeof(text) - 1 }
    SEED("\0{\"A\":-12,\"b\":\"34\",\"C\":1.5e-3,\"D\":true,\"E\":\"a\\u00e9\\n\",\"F\":\"YWJj\","
         "\"G\":1.25,\"H\":1,\"I\":2,\"J\":3,\"K\":{\"x\":1,\"Y\":[\"q\",null,{\"z\":[1]}],\"Z\":{"
         "\"k\":0.1}},\"L\":[{\"X\":2},null],\"M\":{\"a\":1,\"a\":2},\"other\":[{},\"\\\"\"]}"),
    SEED("\1-1,22,1.5,true,\"a,\"\"b\",YWJj,1.25,1,2,3\r\n"),
    SEED("\1,,,,x,,,,,"),
    SEED("\2\0\0\0\0\1\2\5\2\6\2\0\0\0\0\0\0\xF0\x3F\2\1\2\4ab\2\2x\2\4\4\xE2\2\2\2\4\2\6\2\2\2"
         "\2\2\2\2q\0\2\2\2\2k\2\0\0\0\0\0\0\0\0\0\0\0"),
    SEED("\3\0\0\0\0\1\0\x08\1\x10\2\x19\0\0\0\0\0\0\xF8\x3F\x20\1\x2A\2hi\x32\1b"),
    SEED("\4\x08\1\x10\2\x2A\2hi\x3A\7\x0A\1\5\x10\x09\x18\3\x42\x07\x08\xE4\x0F\x10\2\x18\x1D"
         "\x5A\x0A\x08\1\x12\1q\x1A\3\x0A\1k\x62\x04\x08\2\x12\0"),
    SEED("\5{\"type\":\"object\",\"properties\":{\"A\":{\"connect.index\":1,\"oneOf\":[{\"type\":"
         "\"null\"},{\"type\":\"integer\",\"connect.type\":\"int32\"}]},\"B\":{\"$ref\":\"#/x\"}},"
         "\"x\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}"),
    SEED("\6{\"type\":\"record\",\"name\":\"a.R\",\"fields\":[{\"name\":\"A\",\"type\":[\"null\","
         "\"int\"],\"default\":null},{\"name\":\"B\",\"type\":{\"type\":\"map\",\"values\":{"
         "\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"X\"]}}},{\"name\":\"C\",\"type\":{"
         "\"type\":\"bytes\",\"logicalType\":\"decimal\",\"precision\":4,\"scale\":2}}]}"),
    SEED("\7syntax = \"proto3\"; package p; message M { int32 a = 1 [x = \"y\"]; map<string, N> m "
         "= 2; oneof o { string s = 3; } enum E { Z = 0; } repeated E e = 4; message N { "
         "google.protobuf.Int32Value w = 1; } reserved 5; } /* end */"),
};

static uint64_t next_random(uint64_t *state) {
    *state += 0x9E3779B97F4A7C15u;
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

/* One to eight small changes: a byte set, a bit turned, a run cut out or repeated. */
static size_t mutate(uint8_t *bytes, size_t size, size_t room, uint64_t *state) {
    static const char interesting[] = "\"\\{}[],:-+.0189eEtfn\0\x7F\x80\xFF\xC3 \n\r;<>";
    for (uint64_t left = 1 + next_random(state) % 8; left; left--) {
        size_t at = size > 1 ? 1 + next_random(state) % (size - 1) : 1;
        size_t run = 1 + next_random(state) % 8;
        switch (next_random(state) % 4) {
        case 0:
            if (at < size)
                bytes[at] = (uint8_t)interesting[next_random(state) % sizeof interesting];
            break;
        case 1:
            if (at < size)
                bytes[at] ^= (uint8_t)(1u << next_random(state) % 8);
            break;
        case 2:
            if (at + run < size) {
                memmove(bytes + at, bytes + at + run, size - at - run);
                size -= run;
            }
            break;
        default:
            if (at + run < size && size + run < room) {
                memmove(bytes + at + run, bytes + at, size - at);
                size += run;
            }
        }
    }
    return size;
}

int main(int argc, char **argv) {
    int64_t runs = argc > 1 ? strtoll(argv[1], NULL, 10) : 100000;
    int64_t first = argc > 2 ? strtoll(argv[2], NULL, 10) : 0;
    uint8_t bytes[2048];
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        int64_t before = accepted;
        LLVMFuzzerTestOneInput((const uint8_t *)seeds[i].bytes, seeds[i].length);
        if (accepted == before)
            printf("seed %zu is not accepted\n", i);
    }
    for (int64_t run = first; run < first + runs; run++) {
        uint64_t state = (uint64_t)run;
        size_t seed = next_random(&state) % (sizeof seeds / sizeof *seeds);
        memcpy(bytes, seeds[seed].bytes, seeds[seed].length);
        size_t size = mutate(bytes, seeds[seed].length, sizeof bytes, &state);
        LLVMFuzzerTestOneInput(bytes, size);
    }
    printf("%lld inputs, %lld accepted\n", (long long)inputs, (long long)accepted);
    return 0;
}

#endif
