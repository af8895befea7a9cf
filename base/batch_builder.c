#include "base/column.h"
#include "base/memory.h"

batch_builder *batch_builder_create(const sql_type *const *types, int column_count, bool has_source,
    bool has_window, bool has_headers) {
    batch_builder *b = MEMORY_NEW(batch_builder);
    b->column_count = column_count;
    b->columns = memory_allocate(sizeof(column *) * (size_t)column_count);
    for (int i = 0; i < column_count; i++)
        b->columns[i] = column_create(types[i]);
    b->has_source = has_source;
    b->has_window = has_window;
    if (has_headers)
        b->headers = column_create(&SQL_TYPE_HEADERS);
    return b;
}

void batch_builder_destroy(batch_builder *b) {
    if (!b)
        return;
    for (int i = 0; i < b->column_count; i++)
        column_destroy(b->columns[i]);
    column_destroy(b->headers);
    memory_free(b->columns);
    memory_free(b->rowtime);
    memory_free(b->change);
    memory_free(b->partition);
    memory_free(b->offset);
    memory_free(b->window_start);
    memory_free(b->window_end);
    memory_free(b);
}

void batch_builder_clear(batch_builder *b) {
    for (int i = 0; i < b->column_count; i++)
        column_clear(b->columns[i]);
    if (b->headers)
        column_clear(b->headers);
    b->rows = 0;
}

/* Headers of the last row; rows in front of it that have none get nulls now. */
static void append_headers(batch_builder *b, const column *from, int64_t row) {
    if (!b->headers || !from)
        return;
    column_append_nulls(b->headers, b->rows - 1 - b->headers->length);
    column_append_row(b->headers, from, row);
}

void batch_builder_caused_by(batch_builder *b, const batch *from, int64_t row) {
    b->cause = from ? from->headers : NULL;
    b->cause_row = row;
}

static void reserve(batch_builder *b, int64_t rows) {
    if (b->rows + rows <= b->capacity)
        return;
    int64_t capacity = b->capacity ? b->capacity * 2 : 64;
    while (capacity < b->rows + rows)
        capacity *= 2;
    size_t bytes = sizeof(int64_t) * (size_t)capacity;
    b->rowtime = memory_resize(b->rowtime, bytes);
    b->change = memory_resize(b->change, (size_t)capacity);
    if (b->has_source) {
        b->partition = memory_resize(b->partition, sizeof(int32_t) * (size_t)capacity);
        b->offset = memory_resize(b->offset, bytes);
    }
    if (b->has_window) {
        b->window_start = memory_resize(b->window_start, bytes);
        b->window_end = memory_resize(b->window_end, bytes);
    }
    b->capacity = capacity;
}

static int64_t add_row(batch_builder *b, int64_t rowtime, int8_t change) {
    reserve(b, 1);
    int64_t row = b->rows++;
    b->rowtime[row] = rowtime;
    b->change[row] = change;
    if (b->has_source) {
        b->partition[row] = -1;
        b->offset[row] = -1;
    }
    if (b->has_window)
        b->window_start[row] = b->window_end[row] = 0;
    return row;
}

int64_t batch_builder_add_row(batch_builder *b, int64_t rowtime, int8_t change) {
    int64_t row = add_row(b, rowtime, change);
    append_headers(b, b->cause, b->cause_row);
    return row;
}

int64_t batch_builder_copy_system(batch_builder *b, const batch *from, int64_t row) {
    int64_t to = add_row(b, from->rowtime[row], from->change[row]);
    if (b->has_source && from->partition) {
        b->partition[to] = from->partition[row];
        b->offset[to] = from->offset[row];
    }
    if (b->has_window && from->window_start) {
        b->window_start[to] = from->window_start[row];
        b->window_end[to] = from->window_end[row];
    }
    append_headers(b, from->headers, row);
    return to;
}

void batch_builder_append_rows(batch_builder *b, const batch *from, int64_t first, int64_t count) {
    reserve(b, count);
    for (int64_t i = 0; i < count; i++)
        batch_builder_copy_system(b, from, first + i);
    for (int i = 0; i < b->column_count; i++) {
        if (from->columns[i])
            column_append_rows(b->columns[i], from->columns[i], first, count);
        else
            column_append_nulls(b->columns[i], count);
    }
}

void batch_builder_append_gather(
    batch_builder *b, const batch *from, const int32_t *rows, int64_t count) {
    reserve(b, count);
    for (int64_t i = 0; i < count; i++)
        batch_builder_copy_system(b, from, rows[i]);
    for (int i = 0; i < b->column_count; i++) {
        if (from->columns[i])
            column_append_gather(b->columns[i], from->columns[i], rows, count);
        else
            column_append_nulls(b->columns[i], count);
    }
}

const batch *batch_builder_view(batch_builder *b) {
    bool any_headers = b->headers && b->headers->length > 0;
    if (any_headers)
        column_append_nulls(b->headers, b->rows - b->headers->length);
    b->view = (batch){
        .rows = b->rows,
        .column_count = b->column_count,
        .columns = b->columns,
        .rowtime = b->rowtime,
        .change = b->change,
        .partition = b->has_source ? b->partition : NULL,
        .offset = b->has_source ? b->offset : NULL,
        .window_start = b->has_window ? b->window_start : NULL,
        .window_end = b->has_window ? b->window_end : NULL,
        .headers = any_headers ? b->headers : NULL,
    };
    return &b->view;
}
