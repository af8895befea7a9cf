/* A set of formats a side, a bit each; records take bits away. */
#include "server/print_formats.h"

#include <jansson.h>

#include "base/utf8.h"

enum {
    AVRO = 1,
    PROTOBUF = 2,
    JSON_SR = 4,
    JSON = 8,
    KAFKA_INT = 16,
    KAFKA_BIGINT = 32,
    KAFKA_DOUBLE = 64,
    KAFKA_STRING = 128,
    UNRECOGNISED = 256,
    LONGEST_JSON = 1 << 20,
};

static const char *const NAMES[] = {"AVRO", "PROTOBUF", "JSON_SR", "JSON", "KAFKA_INT",
    "KAFKA_BIGINT", "KAFKA_DOUBLE", "KAFKA_STRING", "UNRECOGNISED_BYTES"};
static const char NOTHING_SEEN[] = "\302\257\\_(\343\203\204)_/\302\257 - no data processed";

/* ---- one payload ---- */

static bool is_json(slice bytes) {
    if (!bytes.length || bytes.length > LONGEST_JSON)
        return false;
    json_error_t ignored;
    json_t *value = json_loadb(bytes.data, bytes.length, JSON_DECODE_ANY, &ignored);
    json_decref(value);
    return value != NULL;
}

static unsigned possible_for(record_printer *p, slice bytes, bool is_key) {
    slice type = record_printer_schema_type(p, bytes, is_key);
    unsigned found = 0;
    if (slice_is_ignore_case(type, "AVRO"))
        return AVRO;
    if (slice_is_ignore_case(type, "PROTOBUF"))
        return PROTOBUF;
    if (type.data)
        return JSON_SR;
    if (is_json(bytes))
        found |= JSON;
    if (bytes.length == 4)
        found |= KAFKA_INT;
    if (bytes.length == 8)
        found |= KAFKA_BIGINT | KAFKA_DOUBLE;
    if (record_printer_is_text(bytes))
        found |= KAFKA_STRING;
    return found ? found : UNRECOGNISED;
}

static void observe(print_formats *f, print_side *side, slice bytes, bool is_key) {
    if (!bytes.data)
        return;
    unsigned before = side->seen ? side->possible : ~0u;
    side->possible = before & possible_for(f->printer, bytes, is_key);
    side->told = side->told && side->seen && side->possible == before;
    side->seen = true;
}

void print_formats_observe(print_formats *f, const topic_record *record) {
    observe(f, &f->key, record_printer_plain_key(f->printer, record->key), true);
    observe(f, &f->value, record->value, false);
}

/* ---- saying it ---- */

static slice describe(print_formats *f, const char *label, const print_side *side, bool is_key) {
    static const char *const windows[] = {
        [WINDOW_TUMBLING] = "TUMBLING", [WINDOW_HOPPING] = "HOPPING", [WINDOW_SESSION] = "SESSION"};
    window_kind window = is_key ? record_printer_window(f->printer) : WINDOW_NONE;
    slice text = arena_format(f->texts, "%s format: ", label);
    if (!side->seen || !side->possible)
        return arena_format(
            f->texts, "%.*s%s", SLICE_ARG(text), side->seen ? "MIXED" : NOTHING_SEEN);
    const char *between = "";
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (!(side->possible & 1u << i))
            continue;
        text = arena_format(f->texts, window == WINDOW_NONE ? "%.*s%s%s%s" : "%.*s%s%s(%s)",
            SLICE_ARG(text), between, window == WINDOW_NONE ? "" : windows[window], NAMES[i]);
        between = " or ";
    }
    return text;
}

static bool next_of(
    print_formats *f, const char *label, print_side *side, bool is_key, slice *line) {
    if (side->told)
        return false;
    side->told = true;
    *line = describe(f, label, side, is_key);
    return true;
}

bool print_formats_next(print_formats *f, slice *line) {
    return next_of(f, "Key", &f->key, true, line) || next_of(f, "Value", &f->value, false, line);
}
