/* Rows made up: row n of a generator is the same in every run but for the seed of its random
 * values, so that a restart goes on where it was. Rows are JSON. */
#include <jansson.h>
#include <math.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/time_text.h"
#include "executor/topic/connector.h"

enum { DEFAULT_RATE = 10000, DEFAULT_LENGTH = 100 };

typedef struct datagen_source {
    connector_source base;
    json_t *spec;
    int64_t rate, first_row, began_ms; /* rows since the first one keep to the rate */
    buffer text;
    size_t *ends;
    topic_record *records;
    int64_t capacity;
} datagen_source;

static uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static double unit(uint64_t random) {
    return (double)(random >> 11) / 9007199254740992.0;
}

static double number_of(const json_t *field, const char *name, double otherwise) {
    const json_t *value = json_object_get(field, name);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

static int64_t length_of(const json_t *field, int64_t otherwise, uint64_t random) {
    int64_t length = (int64_t)number_of(field, "length", (double)otherwise);
    bool varies = json_is_true(json_object_get(field, "var-len"));
    return varies && length > 0 ? 1 + (int64_t)(mix(random + 2) % (uint64_t)length) : length;
}

static void append_random_text(buffer *out, const json_t *field, uint64_t random) {
    static const char DIGITS[] = "0123456789abcdef";
    int64_t length = length_of(field, DEFAULT_LENGTH, random);
    for (int64_t i = 0; i < length; i++) {
        if (i % 16 == 0)
            random = mix(random);
        buffer_append_byte(out, DIGITS[(random >> (4 * (i % 16))) & 15]);
    }
}

/* Bytes are base64 in JSON, as any text of its alphabet is. */
static void append_quoted_text(buffer *out, const json_t *field, uint64_t random, bool is_bytes) {
    size_t start = out->length + 1;
    buffer_append_byte(out, '"');
    append_random_text(out, field, random);
    while (is_bytes && (out->length - start) % 4 != 0)
        buffer_append_byte(out, '0');
    buffer_append_byte(out, '"');
}

static int64_t random_between(uint64_t random, double low, double high) {
    double value = floor(low + unit(random) * (high - low + 1));
    return value >= 9.2e18 ? INT64_MAX : value <= -9.2e18 ? INT64_MIN : (int64_t)value;
}

static void append_time(buffer *out, const json_t *field, const char *type, uint64_t random) {
    char text[TIME_TEXT_MAX];
    double past = number_of(field, "max-past", 0);
    int64_t now_ms = clock_now_ms(&CLOCK_SYSTEM) - (int64_t)(unit(random) * past);
    size_t length =
        strncmp(type, "DATE", 4) == 0        ? time_write_date(text, time_days_of_timestamp(now_ms))
        : strncmp(type, "TIMESTAMP", 9) == 0 ? time_write_timestamp(text, now_ms)
                                             : time_write_time(text, time_of_day(now_ms));
    for (size_t i = 0; i < length; i++)
        text[i] = text[i] == 'T' ? ' ' : text[i];
    buffer_format(out, "\"%.*s\"", (int)length, text);
}

/* Whole numbers of at most 15 digits, and the digits behind the point. */
static void append_decimal(buffer *out, const json_t *field, uint64_t random) {
    int precision = (int)number_of(field, "precision", 10),
        scale = (int)number_of(field, "scale", 0);
    int whole = precision - scale < 15 ? precision - scale : 15;
    double most = pow(10, whole) - 1;
    buffer_format(out, "%lld",
        (long long)random_between(
            random, number_of(field, "min", -most), number_of(field, "max", most)));
    if (scale > 0 && !json_object_get(field, "max") && !json_object_get(field, "min"))
        buffer_format(out, ".%0*lld", scale < 15 ? scale : 15,
            (long long)(mix(random + 3) % (uint64_t)pow(10, scale < 15 ? scale : 15)));
}

static void append_value(buffer *out, const json_t *field, int64_t row, uint64_t random);

static void append_name(buffer *out, const json_t *field) {
    char *name = json_dumps(json_object_get(field, "name"), JSON_ENCODE_ANY);
    buffer_append_text(out, name);
    buffer_append_byte(out, ':');
    free(name);
}

enum { DEFAULT_ELEMENTS = 3 };

/* ROW, ARRAY and MAP. */
static void append_nested(
    buffer *out, const json_t *field, const char *type, int64_t row, uint64_t random) {
    const json_t *parts = json_object_get(field, "parts");
    bool is_row = strncmp(type, "STRUCT", 6) == 0, is_map = strncmp(type, "MAP", 3) == 0;
    int64_t count =
        is_row ? (int64_t)json_array_size(parts) : length_of(field, DEFAULT_ELEMENTS, random);
    buffer_append_byte(out, is_row || is_map ? '{' : '[');
    for (int64_t i = 0; i < count; i++) {
        const json_t *part = json_array_get(parts, is_row ? (size_t)i : is_map ? 1 : 0);
        buffer_append_text(out, i ? "," : "");
        if (is_row)
            append_name(out, part);
        if (is_map) {
            append_value(out, json_array_get(parts, 0), row, mix(random + 11 * (uint64_t)i));
            buffer_append_byte(out, ':');
        }
        append_value(out, part, row, mix(random + 7 * (uint64_t)i + 5));
    }
    buffer_append_byte(out, is_row || is_map ? '}' : ']');
}

static void append_value(buffer *out, const json_t *field, int64_t row, uint64_t random) {
    const char *type = json_string_value(json_object_get(field, "type"));
    bool is_text = strncmp(type, "STRING", 6) == 0 || strncmp(type, "VARCHAR", 7) == 0;
    if (strcmp(json_string_value(json_object_get(field, "kind")), "sequence") == 0) {
        buffer_format(
            out, is_text ? "\"%.0f\"" : "%.0f", number_of(field, "start", 0) + (double)row);
        return;
    }
    if (unit(mix(random + 1)) < number_of(field, "null-rate", 0))
        buffer_append_text(out, "null");
    else if (is_text || strncmp(type, "BYTES", 5) == 0)
        append_quoted_text(out, field, random, !is_text);
    else if (json_object_get(field, "parts"))
        append_nested(out, field, type, row, random);
    else if (strncmp(type, "BOOLEAN", 7) == 0)
        buffer_append_text(out, random & 1 ? "true" : "false");
    else if (strncmp(type, "INT", 3) == 0)
        buffer_format(out, "%lld",
            (long long)random_between(
                random, number_of(field, "min", INT32_MIN), number_of(field, "max", INT32_MAX)));
    else if (strncmp(type, "BIGINT", 6) == 0)
        buffer_format(out, "%lld",
            (long long)random_between(
                random, number_of(field, "min", -9.2e18), number_of(field, "max", 9.2e18)));
    else if (strncmp(type, "DECIMAL", 7) == 0)
        append_decimal(out, field, random);
    else if (strncmp(type, "DOUBLE", 6) == 0)
        buffer_format(out, "%.17g",
            number_of(field, "min", 0) +
                unit(random) * (number_of(field, "max", 1) - number_of(field, "min", 0)));
    else if (strncmp(type, "DATE", 4) == 0 || strncmp(type, "TIME", 4) == 0)
        append_time(out, field, type, random);
    else
        buffer_append_text(out, "null");
}

static void append_row(datagen_source *d, int64_t row) {
    size_t i;
    json_t *field;
    buffer_append_byte(&d->text, '{');
    json_array_foreach(json_object_get(d->spec, "fields"), i, field) {
        buffer_append_text(&d->text, i ? "," : "");
        append_name(&d->text, field);
        append_value(&d->text, field, row, mix((uint64_t)row * 1000003u + i));
    }
    buffer_append_byte(&d->text, '}');
}

static int64_t due_rows(datagen_source *d, int64_t most) {
    int64_t now_ms = clock_monotonic_ms();
    if (!d->began_ms) {
        d->began_ms = now_ms;
        d->first_row = d->base.position;
    }
    int64_t due = d->first_row + (now_ms - d->began_ms + 1) * d->rate / 1000 + 1;
    if (due > d->base.end)
        due = d->base.end;
    due -= d->base.position;
    return due < most ? due : most;
}

static bool datagen_read(connector_source *source, int64_t most, const topic_record **records,
    int64_t *count, error *e) {
    datagen_source *d = (datagen_source *)source;
    (void)e;
    int64_t rows = due_rows(d, most);
    *count = rows > 0 ? rows : 0;
    if (rows > d->capacity) {
        d->capacity = rows;
        d->records = memory_resize(d->records, sizeof(topic_record) * (size_t)rows);
        d->ends = memory_resize(d->ends, sizeof(size_t) * (size_t)rows);
    }
    buffer_clear(&d->text);
    for (int64_t i = 0; i < rows; i++) {
        append_row(d, source->position + i);
        d->ends[i] = d->text.length;
    }
    int64_t now_ms = clock_now_ms(&CLOCK_SYSTEM);
    for (int64_t i = 0; i < rows; i++) {
        size_t start = i ? d->ends[i - 1] : 0;
        d->records[i] =
            (topic_record){.value = slice_make(d->text.data + start, d->ends[i] - start),
                .timestamp_ms = now_ms,
                .offset = source->position + i};
    }
    source->position += *count;
    *records = d->records;
    return true;
}

static void datagen_close(connector_source *source) {
    datagen_source *d = (datagen_source *)source;
    json_decref(d->spec);
    buffer_free(&d->text);
    memory_free(d->ends);
    memory_free(d->records);
    memory_free(d);
}

/* The shortest sequence ends the rows. */
static int64_t last_row(const json_t *spec) {
    const json_t *given = json_object_get(spec, "number-of-rows");
    int64_t end = json_is_integer(given) ? json_integer_value(given) : INT64_MAX / 2;
    size_t i;
    json_t *field;
    json_array_foreach(json_object_get(spec, "fields"), i, field) {
        if (strcmp(json_string_value(json_object_get(field, "kind")), "sequence") != 0)
            continue;
        double length = number_of(field, "end", 0) - number_of(field, "start", 0) + 1;
        if (length < (double)end)
            end = length < 0 ? 0 : (int64_t)length;
    }
    return end;
}

connector_source *datagen_source_open(slice spec, error *e) {
    static const connector_source_functions FUNCTIONS = {datagen_close, datagen_read, NULL};
    datagen_source *d = MEMORY_NEW(datagen_source);
    d->base.functions = &FUNCTIONS;
    d->spec = json_loadb(spec.data, spec.length, 0, NULL);
    if (!d->spec) {
        error_set(e, ERROR_INTERNAL, "The generator '%.*s' cannot be read", SLICE_ARG(spec));
        datagen_close(&d->base);
        return NULL;
    }
    const json_t *rate = json_object_get(d->spec, "rows-per-second");
    d->rate = json_is_integer(rate) ? json_integer_value(rate) : DEFAULT_RATE;
    d->base.end = last_row(d->spec);
    return &d->base;
}
