/* A decoder for each schema that records name is opened when the first one comes by, and kept: a
 * topic has few. One that cannot be opened is kept as well, as none, so that it is asked for once.
 */
#include "server/print_record.h"

#include <time.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "server/json_out.h"

enum { HEADER_BYTES = 5, BOUND_BYTES = 8 };

/* What a schema id stands for. */
typedef struct known_schema {
    int32_t id;
    bool is_key, wrapped;
    slice type;
    format_schema schema;
    format_decoder *decoder; /* NULL: cannot be read */
    column **row;
} known_schema;

struct record_printer {
    schema_registry *registry;
    window_kind window;
    int64_t size_ms;
    arena *arena;
    known_schema **schemas; /* each stays where it is: decoders point into it */
    int count;
};

/* ---- payloads that name their schema ---- */

static const format *format_of_schema(slice type) {
    return format_find(slice_is_ignore_case(type, "JSON") ? SLICE_LITERAL("JSON_SR") : type);
}

/* The columns of a record, or else of a single value. */
static bool infer(record_printer *p, const format *f, slice text, known_schema *to) {
    format_options options = {.registry = p->registry, .schema_id = to->id};
    error e = {0};
    to->wrapped = true;
    if (f->infer(text, true, to->is_key, &options, p->arena, &to->schema, &e))
        return true;
    error_clear(&e);
    to->wrapped = false;
    return f->unwraps && f->infer(text, false, to->is_key, &options, p->arena, &to->schema, &e);
}

static void open_schema(record_printer *p, known_schema *to) {
    error e = {0};
    slice text = {0};
    if (!p->registry->schema_by_id(p->registry, to->id, p->arena, &to->type, &text, &e))
        return;
    const format *f = format_of_schema(to->type);
    if (!f || !f->infer || !infer(p, f, text, to))
        return;
    format_options options = {.registry = p->registry};
    to->decoder = f->open_decoder(&to->schema, &options, NULL, &e);
    to->row = arena_allocate(p->arena, sizeof(column *) * (size_t)(to->schema.count + 1));
    for (int i = 0; to->decoder && i < to->schema.count; i++)
        to->row[i] = column_create(to->schema.columns[i].type);
}

static known_schema *find_schema(record_printer *p, int32_t id, bool is_key) {
    for (int i = 0; i < p->count; i++)
        if (p->schemas[i]->id == id && p->schemas[i]->is_key == is_key)
            return p->schemas[i];
    p->schemas = memory_resize(p->schemas, sizeof *p->schemas * (size_t)(p->count + 1));
    known_schema *added = arena_allocate(p->arena, sizeof *added);
    *added = (known_schema){.id = id, .is_key = is_key};
    p->schemas[p->count++] = added;
    open_schema(p, added);
    return added;
}

static void ignore_bad(void *context, int64_t row, const char *message) {}

static bool decode(known_schema *known, slice bytes) {
    uint8_t status = FORMAT_BAD;
    format_report report = {ignore_bad, NULL};
    for (int i = 0; i < known->schema.count; i++)
        column_truncate(known->row[i], 0);
    known->decoder->format->decode(known->decoder, &bytes, 1, known->row, &status, &report);
    return status == FORMAT_OK;
}

/* The schema that a payload names and can be read by; NULL: none. Its row is decoded. */
static known_schema *read_by_schema(record_printer *p, slice bytes, bool is_key) {
    if (bytes.length < HEADER_BYTES || bytes.data[0] != 0)
        return NULL;
    const unsigned char *at = (const unsigned char *)bytes.data + 1;
    int32_t id = (int32_t)((uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
                           (uint32_t)at[3]);
    known_schema *known = find_schema(p, id, is_key);
    return known->decoder && decode(known, bytes) ? known : NULL;
}

slice record_printer_schema_type(record_printer *p, slice bytes, bool is_key) {
    const known_schema *known = read_by_schema(p, bytes, is_key);
    return known ? known->type : (slice){NULL, 0};
}

static bool append_by_schema(record_printer *p, buffer *line, slice bytes, bool is_key) {
    const known_schema *known = read_by_schema(p, bytes, is_key);
    if (!known)
        return false;
    if (!known->wrapped) {
        json_append_value(line, known->row[0], 0);
        return true;
    }
    buffer_append_byte(line, '{');
    for (int i = 0; i < known->schema.count; i++) {
        buffer_append_text(line, i ? ", " : "");
        buffer name = {0};
        json_text(&name, known->schema.columns[i].name);
        buffer_append(line, buffer_slice(&name));
        buffer_free(&name);
        buffer_append_text(line, ": ");
        json_append_value(line, known->row[i], 0);
    }
    buffer_append_byte(line, '}');
    return true;
}

/* ---- other payloads ---- */

bool record_printer_is_text(slice bytes) {
    for (size_t i = 0; i < bytes.length; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return false;
    }
    return utf8_valid(bytes);
}

static int64_t read_number(slice bytes) {
    uint64_t number = 0;
    for (size_t i = 0; i < bytes.length; i++)
        number = number << 8 | (unsigned char)bytes.data[i];
    return bytes.length == 4 ? (int32_t)(uint32_t)number : (int64_t)number;
}

static void append_payload(record_printer *p, buffer *line, slice bytes, bool is_key) {
    if (!bytes.data) {
        buffer_append_text(line, "<null>");
    } else if (record_printer_is_text(bytes)) {
        buffer_append(line, bytes);
    } else if (append_by_schema(p, line, bytes, is_key)) {
        return;
    } else if (bytes.length == 4 || bytes.length == 8) {
        buffer_format(line, "%lld", (long long)read_number(bytes));
    } else {
        buffer_append_text(line, "0x");
        for (size_t i = 0; i < bytes.length; i++)
            buffer_format(line, "%02x", (unsigned char)bytes.data[i]);
    }
}

/* Behind the key stand the window's start, or of a session its end and its start. */
slice record_printer_plain_key(const record_printer *p, slice key) {
    size_t bounds = p->window == WINDOW_SESSION ? 2 * BOUND_BYTES : BOUND_BYTES;
    if (p->window == WINDOW_NONE || !key.data || key.length < bounds)
        return key;
    return slice_make(key.data, key.length - bounds);
}

window_kind record_printer_window(const record_printer *p) {
    return p->window;
}

static void append_key(record_printer *p, buffer *line, slice key) {
    bool is_session = p->window == WINDOW_SESSION;
    slice plain = record_printer_plain_key(p, key);
    if (plain.length == key.length) {
        append_payload(p, line, key, true);
        return;
    }
    int64_t start = read_number(slice_make(key.data + key.length - BOUND_BYTES, BOUND_BYTES));
    buffer_append_byte(line, '[');
    append_payload(p, line, plain, true);
    buffer_format(line, "@%lld/", (long long)start);
    if (is_session)
        buffer_format(line, "%lld]",
            (long long)read_number(slice_make(plain.data + plain.length, BOUND_BYTES)));
    else if (p->size_ms > 0)
        buffer_format(line, "%lld]", (long long)(int64_t)((uint64_t)start + (uint64_t)p->size_ms));
    else
        buffer_append_text(line, "-]");
}

/* ---- together ---- */

record_printer *record_printer_create(
    schema_registry *registry, window_kind window, int64_t size_ms) {
    record_printer *p = MEMORY_NEW(record_printer);
    *p = (record_printer){
        .registry = registry, .window = window, .size_ms = size_ms, .arena = arena_create()};
    return p;
}

void record_printer_destroy(record_printer *p) {
    if (!p)
        return;
    for (int i = 0; i < p->count; i++) {
        known_schema *known = p->schemas[i];
        for (int c = 0; known->decoder && c < known->schema.count; c++)
            column_destroy(known->row[c]);
        if (known->decoder)
            known->decoder->format->close_decoder(known->decoder);
    }
    memory_free(p->schemas);
    arena_destroy(p->arena);
    memory_free(p);
}

void record_printer_append(record_printer *p, const topic_record *record, buffer *line) {
    time_t seconds = (time_t)(record->timestamp_ms / 1000);
    struct tm parts;
    char text[32];
    gmtime_r(&seconds, &parts);
    strftime(text, sizeof text, "%Y/%m/%d %H:%M:%S", &parts);
    buffer_format(line, "rowtime: %s.%03d Z, key: ", text, (int)(record->timestamp_ms % 1000));
    append_key(p, line, record->key);
    buffer_append_text(line, ", value: ");
    append_payload(p, line, record->value, false);
    buffer_format(line, ", partition: %d", (int)record->partition);
}
