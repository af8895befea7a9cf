/* Helpers that let the format tests read as examples: a schema is written as SQL columns, a row as
 * a JSON object, and what comes out is compared as text.
 */
#ifndef SLUICE_TESTS_FORMAT_FIXTURE_H
#define SLUICE_TESTS_FORMAT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "executor/format/format.h"

enum { FIXTURE_COLUMNS = 32 };

typedef struct fixture {
    arena *memory;
    const format *format;
    format_options options;
    format_column columns[FIXTURE_COLUMNS];
    format_schema schema;
    char answer[8192];
} fixture;

/* ---- schemas: "A INT, B STRUCT<X STRING, Y ARRAY<DOUBLE>>" ---- */

static inline void fixture_space(const char **at) {
    while (**at == ' ')
        (*at)++;
}

static inline slice fixture_word(const char **at) {
    fixture_space(at);
    const char *from = *at;
    if (*from == '`') {
        const char *close = strchr(from + 1, '`');
        *at = close + 1;
        return slice_make(from + 1, (size_t)(close - from - 1));
    }
    while (**at && !strchr(" ,<>()", **at))
        (*at)++;
    return slice_make(from, (size_t)(*at - from));
}

static inline void fixture_expect(const char **at, char c) {
    fixture_space(at);
    assert_int_equal(**at, c);
    (*at)++;
}

static inline const sql_type *fixture_type(arena *memory, const char **at) {
    static const struct {
        const char *name;
        const sql_type *type;
    } scalars[] = {{"BOOLEAN", &SQL_TYPE_BOOLEAN}, {"INT", &SQL_TYPE_INTEGER},
        {"BIGINT", &SQL_TYPE_BIGINT}, {"DOUBLE", &SQL_TYPE_DOUBLE}, {"STRING", &SQL_TYPE_VARCHAR},
        {"BYTES", &SQL_TYPE_BYTES}, {"DATE", &SQL_TYPE_DATE}, {"TIME", &SQL_TYPE_TIME},
        {"TIMESTAMP", &SQL_TYPE_TIMESTAMP}};
    slice name = fixture_word(at);
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
        if (slice_is(name, scalars[i].name))
            return scalars[i].type;
    if (slice_is(name, "DECIMAL")) {
        fixture_expect(at, '(');
        int precision = (int)strtol(*at, (char **)at, 10);
        fixture_expect(at, ',');
        int scale = (int)strtol(*at, (char **)at, 10);
        fixture_expect(at, ')');
        return sql_type_decimal(memory, precision, scale);
    }
    fixture_expect(at, '<');
    if (slice_is(name, "ARRAY")) {
        const sql_type *element = fixture_type(memory, at);
        fixture_expect(at, '>');
        return sql_type_array(memory, element);
    }
    if (slice_is(name, "MAP")) {
        const sql_type *key = fixture_type(memory, at);
        fixture_expect(at, ',');
        const sql_type *value = fixture_type(memory, at);
        fixture_expect(at, '>');
        return sql_type_map(memory, key, value);
    }
    assert_true(slice_is(name, "STRUCT"));
    sql_field fields[16];
    int count = 0;
    do {
        fields[count].name = fixture_word(at);
        fields[count++].type = fixture_type(memory, at);
        fixture_space(at);
    } while (*(*at)++ == ',');
    return sql_type_struct(memory, fields, count);
}

static inline fixture fixture_open(const char *format_name, const char *columns) {
    fixture f = {.memory = arena_create(), .format = format_find(slice_of(format_name))};
    assert_non_null(f.format);
    const char *at = columns;
    while (*at) {
        format_column *c = &f.columns[f.schema.count++];
        c->name = fixture_word(&at);
        c->type = fixture_type(f.memory, &at);
        fixture_space(&at);
        if (*at == ',')
            at++;
    }
    f.schema.wrapped = true;
    return f;
}

static inline fixture fixture_unwrapped(const char *format_name, const char *columns) {
    fixture f = fixture_open(format_name, columns);
    f.schema.wrapped = false;
    return f;
}

static inline void fixture_close(fixture *f) {
    arena_destroy(f->memory);
}

/* ---- decoding ---- */

static inline void fixture_bad(void *context, int64_t row, const char *message) {
    fixture *f = context;
    assert_int_equal(row, 0);
    snprintf(f->answer, sizeof f->answer, "bad: %s", message);
}

static inline void fixture_columns(const fixture *f, column **columns) {
    for (int i = 0; i < f->schema.count; i++)
        columns[i] = column_create(f->columns[i].type);
}

static inline void fixture_drop(const fixture *f, column **columns) {
    for (int i = 0; i < f->schema.count; i++)
        column_destroy(columns[i]);
}

/* The decoded row as JSON, "null" for a null payload, "bad: ..." for one that does not fit. */
static inline const char *fixture_decode_bytes(fixture *f, slice payload) {
    column *columns[FIXTURE_COLUMNS];
    fixture_columns(f, columns);
    f->schema.columns = f->columns;
    error e = {0};
    format_decoder *d = f->format->open_decoder(&f->schema, &f->options, NULL, &e);
    if (!d) {
        snprintf(f->answer, sizeof f->answer, "refused: %s", e.message);
        fixture_drop(f, columns);
        return f->answer;
    }
    /* a copy of the exact size, so that the sanitizer sees a byte read behind it */
    char *copy = payload.data ? memory_allocate(payload.length) : NULL;
    if (payload.length)
        memcpy(copy, payload.data, payload.length);
    slice exact = slice_make(copy, payload.length);
    uint8_t status;
    format_report report = {fixture_bad, f};
    f->answer[0] = 0;
    f->format->decode(d, &exact, 1, columns, &status, &report);
    memory_free(copy);
    for (int i = 0; i < f->schema.count; i++)
        assert_int_equal(columns[i]->length, 1);
    if (status == FORMAT_NULL)
        snprintf(f->answer, sizeof f->answer, "null");
    if (status == FORMAT_OK) {
        buffer out = {0};
        for (int i = 0; i < f->schema.count; i++) {
            buffer_format(&out, "%s\"%.*s\":", i ? "," : "{", SLICE_ARG(f->columns[i].name));
            json_append_value(&out, columns[i], 0);
        }
        snprintf(f->answer, sizeof f->answer, "%.*s}", SLICE_ARG(buffer_slice(&out)));
        buffer_free(&out);
    } else {
        for (int i = 0; i < f->schema.count; i++)
            assert_true(column_is_null(columns[i], 0));
    }
    if (status == FORMAT_BAD)
        assert_true(strncmp(f->answer, "bad: ", 5) == 0);
    f->format->close_decoder(d);
    fixture_drop(f, columns);
    return f->answer;
}

static inline const char *fixture_decode(fixture *f, const char *payload) {
    return fixture_decode_bytes(f, slice_of(payload));
}

/* ---- encoding ---- */

/* Fills one row of the columns from JSON values, one a column. */
static inline void fixture_fill(fixture *f, column **columns, const char *const *values) {
    for (int i = 0; i < f->schema.count; i++) {
        error e = {0};
        if (!json_read_value(slice_of(values[i]), columns[i], &e))
            fail_msg("%s: %s", values[i], e.message);
    }
}

/* The payload of a row given as one JSON text a column. NULL status is asserted to be FORMAT_OK. */
static inline slice fixture_encode_bytes(fixture *f, uint8_t *status, const char *const *values) {
    column *columns[FIXTURE_COLUMNS];
    fixture_columns(f, columns);
    fixture_fill(f, columns, values);
    f->schema.columns = f->columns;
    error e = {0};
    format_encoder *c = f->format->open_encoder(&f->schema, &f->options, &e);
    if (!c) {
        fixture_drop(f, columns);
        *status = FORMAT_BAD;
        return slice_of(memcpy(f->answer, e.message, sizeof e.message));
    }
    buffer out = {0};
    size_t end;
    format_report report = {fixture_bad, f};
    f->answer[0] = 0;
    f->format->encode(c, columns, 0, 1, NULL, &out, &end, status, &report);
    assert_int_equal(end, out.length);
    assert_true(out.length < sizeof f->answer);
    if (*status == FORMAT_OK && out.length)
        memcpy(f->answer, out.data, out.length);
    if (*status == FORMAT_OK)
        f->answer[out.length] = 0;
    slice answer = slice_make(f->answer, out.length);
    f->format->close_encoder(c);
    buffer_free(&out);
    fixture_drop(f, columns);
    return answer;
}

static inline const char *fixture_encode_values(fixture *f, const char *const *values) {
    uint8_t status;
    slice payload = fixture_encode_bytes(f, &status, values);
    if (status == FORMAT_NULL) {
        assert_int_equal(payload.length, 0);
        return "null";
    }
    return f->answer;
}

#define fixture_encode(f, ...) fixture_encode_values(f, (const char *const[]){__VA_ARGS__})

/* ---- one-line examples ---- */

static inline void expect_decoded(
    const char *format_name, const char *columns, const char *payload, const char *row) {
    fixture f = fixture_open(format_name, columns);
    assert_string_equal(fixture_decode(&f, payload), row);
    fixture_close(&f);
}

static inline void expect_bad(
    const char *format_name, const char *columns, const char *payload, const char *complaint) {
    fixture f = fixture_open(format_name, columns);
    const char *answer = fixture_decode(&f, payload);
    if (strncmp(answer, "bad: ", 5) != 0 || !strstr(answer, complaint))
        fail_msg("%s gave '%s', not a complaint with '%s'", payload, answer, complaint);
    fixture_close(&f);
}

static inline void expect_refused(
    const char *format_name, const char *columns, const char *message) {
    fixture f = fixture_open(format_name, columns);
    f.schema.columns = f.columns;
    error e = {0};
    assert_false(f.format->validate(&f.schema, &f.options, &e));
    assert_string_equal(e.message, message);
    fixture_close(&f);
}

#define expect_encoded(format_name, columns, payload, ...)                                         \
    do {                                                                                           \
        fixture f_ = fixture_open(format_name, columns);                                           \
        assert_string_equal(fixture_encode(&f_, __VA_ARGS__), payload);                            \
        fixture_close(&f_);                                                                        \
    } while (0)

#endif
