#include "executor/operator/print_rows.h"

#include "base/memory.h"
#include "base/time_text.h"
#include "executor/format/text_value.h"

struct print_rows {
    slice identifier;
    const flink_table *table;
    buffer text;
    size_t *ends;
    topic_record *records;
    int64_t capacity;
};

print_rows *print_rows_open(const source_descriptor *sink) {
    print_rows *p = MEMORY_NEW(print_rows);
    p->identifier = flink_option(sink->flink, "print-identifier");
    p->table = sink->flink;
    return p;
}

void print_rows_close(print_rows *p) {
    if (!p)
        return;
    buffer_free(&p->text);
    memory_free(p->ends);
    memory_free(p->records);
    memory_free(p);
}

static void append_value(buffer *out, const column *c, int64_t row);

static void append_list(buffer *out, const column *c, int64_t row) {
    buffer_append_byte(out, '[');
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        if (i > c->offsets[row])
            buffer_append_text(out, ", ");
        append_value(out, c->children[0], i);
    }
    buffer_append_byte(out, ']');
}

static void append_map(buffer *out, const column *c, int64_t row) {
    buffer_append_byte(out, '{');
    for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
        if (i > c->offsets[row])
            buffer_append_text(out, ", ");
        append_value(out, c->children[0], i);
        buffer_append_byte(out, '=');
        append_value(out, c->children[1], i);
    }
    buffer_append_byte(out, '}');
}

/* As Java prints an array of bytes: [0, -1]. */
static void append_bytes(buffer *out, slice bytes) {
    buffer_append_byte(out, '[');
    for (size_t i = 0; i < bytes.length; i++)
        buffer_format(out, "%s%d", i ? ", " : "", (signed char)bytes.data[i]);
    buffer_append_byte(out, ']');
}

static void append_columns(buffer *out, column *const *columns, int count, int64_t row) {
    buffer_append_byte(out, '[');
    for (int i = 0; i < count; i++) {
        if (i)
            buffer_append_text(out, ", ");
        append_value(out, columns[i], row);
    }
    buffer_append_byte(out, ']');
}

/* As Java shows a time: no seconds where they are zero, a fraction of three digits or none. */
static void append_clock(buffer *out, int64_t milliseconds) {
    char text[TIME_TEXT_MAX];
    buffer_append_bytes(out, text, time_write_time(text, milliseconds));
}

static void append_date(buffer *out, int64_t days) {
    char text[TIME_TEXT_MAX];
    buffer_append_bytes(out, text, time_write_date(text, days));
}

static void append_value(buffer *out, const column *c, int64_t row) {
    if (column_is_null(c, row)) {
        buffer_append_text(out, "null");
        return;
    }
    switch (c->type->base) {
    case SQL_ARRAY:
        append_list(out, c, row);
        return;
    case SQL_MAP:
        append_map(out, c, row);
        return;
    case SQL_STRUCT:
        buffer_append_text(out, "+I");
        append_columns(out, c->children, c->child_count, row);
        return;
    case SQL_BYTES:
        append_bytes(out, column_slice(c, row));
        return;
    case SQL_DATE:
        append_date(out, c->int32s[row]);
        return;
    case SQL_TIME:
        append_clock(out, c->int32s[row]);
        return;
    case SQL_TIMESTAMP:
        append_date(out, time_days_of_timestamp(c->int64s[row]));
        buffer_append_byte(out, 'T');
        append_clock(out, time_of_day(c->int64s[row]));
        return;
    default:
        text_value_append(out, c, row);
        return;
    }
}

/* Old and new row of an update stand side by side. */
static const char *kind_of(const batch *rows, int64_t row) {
    if (rows->change[row] != CHANGE_INSERT)
        return row + 1 < rows->rows && rows->change[row + 1] == CHANGE_INSERT ? "-U" : "-D";
    return row > 0 && rows->change[row - 1] != CHANGE_INSERT ? "+U" : "+I";
}

/* An instant has seconds always, and says that it is in UTC. */
static void append_instant(buffer *out, int64_t timestamp_ms) {
    int64_t clock_ms = time_of_day(timestamp_ms);
    append_date(out, time_days_of_timestamp(timestamp_ms));
    buffer_append_byte(out, 'T');
    append_clock(out, clock_ms);
    buffer_append_text(out, clock_ms % 60000 ? "Z" : ":00Z");
}

static void append_row(print_rows *p, const batch *rows, int64_t row) {
    buffer_append_byte(&p->text, '[');
    for (int i = 0; i < rows->column_count; i++) {
        const column *c = rows->columns[i];
        bool is_instant = i < p->table->column_count && p->table->columns[i].is_time_ltz &&
                          c->type->base == SQL_TIMESTAMP && !column_is_null(c, row);
        if (i)
            buffer_append_text(&p->text, ", ");
        if (is_instant)
            append_instant(&p->text, c->int64s[row]);
        else
            append_value(&p->text, c, row);
    }
    buffer_append_byte(&p->text, ']');
}

static void reserve(print_rows *p, int64_t count) {
    if (count <= p->capacity)
        return;
    p->capacity = count;
    p->ends = memory_resize(p->ends, sizeof(size_t) * (size_t)count);
    p->records = memory_resize(p->records, sizeof(topic_record) * (size_t)count);
}

const topic_record *print_rows_write(print_rows *p, const batch *rows, int64_t *count) {
    reserve(p, rows->rows);
    buffer_clear(&p->text);
    for (int64_t row = 0; row < rows->rows; row++) {
        if (p->identifier.length)
            buffer_format(&p->text, "%.*s> ", SLICE_ARG(p->identifier));
        buffer_append_text(&p->text, kind_of(rows, row));
        append_row(p, rows, row);
        p->ends[row] = p->text.length;
    }
    for (int64_t row = 0; row < rows->rows; row++) {
        size_t start = row ? p->ends[row - 1] : 0;
        p->records[row] =
            (topic_record){.value = slice_make(p->text.data + start, p->ends[row] - start)};
    }
    *count = rows->rows;
    return p->records;
}
