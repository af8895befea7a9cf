/* The envelope is walked over once; rows are not looked into here, only passed over. */
#include "executor/debezium.h"

#include "base/column.h"
#include "base/memory.h"
#include "executor/format/json_reader.h"

struct debezium_reader {
    bool is_wrapped, is_silent;
    json_reader reader;
    topic_record *rows;
    int8_t *change;
    int32_t *origin;
    int64_t count, capacity;
    const debezium_report *report;
};

typedef struct envelope {
    slice before, after; /* the NULL slice: null, or not there */
    char op;             /* 0: not there */
    bool is_found;
} envelope;

debezium_reader *debezium_reader_open(bool is_wrapped, bool is_silent) {
    debezium_reader *d = MEMORY_NEW(debezium_reader);
    d->is_wrapped = is_wrapped;
    d->is_silent = is_silent;
    return d;
}

void debezium_reader_close(debezium_reader *d) {
    if (!d)
        return;
    json_reader_finish(&d->reader);
    memory_free(d->rows);
    memory_free(d->change);
    memory_free(d->origin);
    memory_free(d);
}

/* ---- walking ---- */

static bool take(json_reader *r, char c) {
    if (json_peek(r) != c)
        return json_fail(r, "'%c' is missing", c);
    r->at++;
    return true;
}

static bool take_value(json_reader *r, slice *value) {
    json_peek(r);
    const char *from = r->at;
    bool is_null = json_take_null(r);
    if (!is_null && !json_skip_value(r))
        return false;
    *value = is_null ? (slice){NULL, 0} : slice_make(from, (size_t)(r->at - from));
    return true;
}

static bool take_op(json_reader *r, char *op) {
    slice text;
    if (json_peek(r) != '"')
        return json_fail(r, "\"op\" is no string");
    if (!json_read_string(r, &text))
        return false;
    *op = text.length == 1 ? text.data[0] : '?';
    return true;
}

static bool read_envelope(json_reader *r, bool is_wrapped, envelope *out);

static bool take_field(json_reader *r, bool is_wrapped, envelope *out) {
    slice name, passed;
    if (json_peek(r) != '"')
        return json_fail(r, "a field name is missing");
    if (!json_read_string(r, &name))
        return false;
    bool is_payload = slice_is(name, "payload"), is_op = slice_is(name, "op");
    bool is_before = slice_is(name, "before"), is_after = slice_is(name, "after");
    if (!take(r, ':'))
        return false;
    if (is_wrapped && is_payload && json_peek(r) == '{')
        return read_envelope(r, false, out);
    if (is_wrapped)
        return take_value(r, &passed);
    if (is_op)
        return take_op(r, &out->op);
    return take_value(r, is_before ? &out->before : is_after ? &out->after : &passed);
}

static bool read_envelope(json_reader *r, bool is_wrapped, envelope *out) {
    if (!take(r, '{'))
        return false;
    out->is_found |= !is_wrapped;
    if (json_peek(r) == '}')
        return take(r, '}');
    for (;;) {
        if (!take_field(r, is_wrapped, out))
            return false;
        if (json_peek(r) != ',')
            return take(r, '}');
        r->at++;
    }
}

/* ---- rows ---- */

static void reserve(debezium_reader *d, int64_t count) {
    if (count <= d->capacity)
        return;
    d->capacity = count;
    d->rows = memory_resize(d->rows, sizeof(topic_record) * (size_t)count);
    d->change = memory_resize(d->change, (size_t)count);
    d->origin = memory_resize(d->origin, sizeof(int32_t) * (size_t)count);
}

static void add_row(
    debezium_reader *d, const topic_record *record, int64_t origin, slice row, int8_t change) {
    d->rows[d->count] = *record;
    d->rows[d->count].value = row;
    d->origin[d->count] = (int32_t)origin;
    d->change[d->count++] = change;
}

static const char *missing_row(const envelope *v) {
    bool needs_after = v->op == 'c' || v->op == 'r' || v->op == 'u';
    bool needs_before = v->op == 'u' || v->op == 'd';
    if (!v->is_found)
        return "the record has no \"payload\": 'debezium-json.schema-include' says that it has one";
    if (!v->op)
        return "the record has no \"op\": it is no envelope of Debezium's, or it is one with a "
               "schema ('debezium-json.schema-include' = 'true')";
    if (!needs_after && !needs_before)
        return "\"op\" is none of c, r, u and d";
    if (needs_after && !v->after.data)
        return "\"after\" is null";
    if (needs_before && !v->before.data)
        return "\"before\" is null: the database must tell whole old rows (in PostgreSQL, ALTER "
               "TABLE ... REPLICA IDENTITY FULL)";
    return NULL;
}

static void complain(debezium_reader *d, int64_t record, const char *message) {
    if (d->report && !d->is_silent)
        d->report->bad(d->report->context, record, message);
}

static void read_record(debezium_reader *d, const topic_record *record, int64_t number) {
    envelope v = {.op = 0};
    if (!record->value.length)
        return;
    json_reader_start(&d->reader, record->value);
    if (!read_envelope(&d->reader, d->is_wrapped, &v)) {
        buffer text = {0};
        json_reader_complaint(&d->reader, &text);
        buffer_append_byte(&text, 0);
        complain(d, number, text.data);
        buffer_free(&text);
        return;
    }
    const char *missing = missing_row(&v);
    if (missing) {
        complain(d, number, missing);
        return;
    }
    if (v.op == 'u' || v.op == 'd')
        add_row(d, record, number, v.before, CHANGE_DELETE);
    if (v.op != 'd')
        add_row(d, record, number, v.after, CHANGE_INSERT);
}

debezium_rows debezium_read(
    debezium_reader *d, const topic_record *records, int64_t count, const debezium_report *report) {
    reserve(d, 2 * count);
    d->report = report;
    d->count = 0;
    for (int64_t i = 0; i < count; i++)
        read_record(d, &records[i], i);
    return (debezium_rows){d->rows, d->change, d->origin, d->count};
}

void debezium_write(buffer *out, slice row, bool is_deletion) {
    buffer_append_text(out, "{\"before\":");
    if (is_deletion)
        buffer_append(out, row);
    buffer_append_text(out, is_deletion ? ",\"after\":" : "null,\"after\":");
    if (!is_deletion)
        buffer_append(out, row);
    buffer_append_text(out, is_deletion ? "null,\"op\":\"d\"}" : ",\"op\":\"c\"}");
}
