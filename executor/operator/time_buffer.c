#include "executor/operator/time_buffer.h"

#include "base/memory.h"

enum { TAG_ROW = 1 };

static bool load_all(time_buffer *b, error *e);

bool time_buffer_open(time_buffer *b, operator* owner, int input, int time, const plan_order *order,
    int order_count, const char *suffix, error *e) {
    const plan_node *node = owner->node->inputs[input];
    *b = (time_buffer){
        .owner = owner, .input = node, .time = time, .order = order, .order_count = order_count};
    b->types = memory_allocate(sizeof *b->types * ((size_t)node->column_count + 1));
    for (int i = 0; i < node->column_count; i++)
        b->types[i] = node->columns[i].type;
    b->store = task_store(owner->task, owner->node, suffix, e);
    return b->store && load_all(b, e);
}

void time_buffer_close(time_buffer *b) {
    for (int64_t i = 0; i < b->count; i++)
        memory_free(b->heap[i].row);
    memory_free(b->heap);
    memory_free(b->types);
    buffer_free(&b->key);
    buffer_free(&b->value);
    *b = (time_buffer){0};
}

/* ---- the heap ---- */

static bool is_before(const waiting_place *a, const waiting_place *b) {
    if (a->time != b->time)
        return a->time < b->time;
    int order = slice_compare(slice_make(a->row->bytes, a->row->place_length),
        slice_make(b->row->bytes, b->row->place_length));
    return order ? order < 0 : a->row->id < b->row->id;
}

static void push(time_buffer *b, waiting_row *r) {
    if (b->count == b->capacity) {
        b->capacity = b->capacity ? b->capacity * 2 : 1024;
        b->heap = memory_resize(b->heap, sizeof *b->heap * (size_t)b->capacity);
    }
    waiting_place place = {r->time, r};
    int64_t at = b->count++;
    for (; at > 0 && is_before(&place, &b->heap[(at - 1) / 2]); at = (at - 1) / 2)
        b->heap[at] = b->heap[(at - 1) / 2];
    b->heap[at] = place;
}

static waiting_row *pop(time_buffer *b) {
    waiting_row *top = b->heap[0].row;
    waiting_place last = b->heap[--b->count];
    int64_t at = 0;
    for (int64_t child; (child = 2 * at + 1) < b->count; at = child) {
        if (child + 1 < b->count && is_before(&b->heap[child + 1], &b->heap[child]))
            child++;
        if (!is_before(&b->heap[child], &last))
            break;
        b->heap[at] = b->heap[child];
    }
    b->heap[at] = last;
    return top;
}

/* ---- rows ---- */

static waiting_row *make_row(int64_t time, int64_t id, int8_t change, slice place, slice row) {
    waiting_row *r = memory_allocate(sizeof *r + place.length + row.length);
    *r = (waiting_row){.time = time,
        .id = id,
        .change = change,
        .place_length = (uint32_t)place.length,
        .length = (uint32_t)row.length};
    memcpy(r->bytes, place.data, place.length);
    memcpy(r->bytes + place.length, row.data, row.length);
    return r;
}

void time_buffer_add(time_buffer *b, const batch *in, int64_t row) {
    buffer_clear(&b->key);
    order_key_append(b->order, b->order_count, in, row, &b->key);
    buffer_clear(&b->value);
    row_value_append(&b->value, in->columns, b->input->column_count, row);
    push(b, make_row(in->columns[b->time]->int64s[row], b->next_id++, in->change[row],
                buffer_slice(&b->key), buffer_slice(&b->value)));
    b->unsaved++;
}

void time_buffer_add_batch(time_buffer *b, const batch *in, int64_t watermark_ms) {
    const column *times = in->columns[b->time];
    for (int64_t row = 0; row < in->rows; row++) {
        if (in->change[row] == CHANGE_EMPTY || column_is_null(times, row))
            continue;
        if (times->int64s[row] > watermark_ms) {
            time_buffer_add(b, in, row);
            continue;
        }
        late_row why = {.stream_time_ms = watermark_ms,
            .window_start_ms = INT64_MIN,
            .window_end_ms = INT64_MIN,
            .reason = "the watermark has passed the row's time"};
        task_late_row(b->owner->task, b->owner->node, in, row, NULL, &why);
    }
}

static slice stored_at(time_buffer *b, const waiting_row *r) {
    buffer_clear(&b->key);
    buffer_append_byte(&b->key, TAG_ROW);
    row_key_append_int64(&b->key, r->time);
    buffer_append_bytes(&b->key, r->bytes, r->place_length);
    row_key_append_int64(&b->key, r->id);
    return buffer_slice(&b->key);
}

int64_t time_buffer_take(time_buffer *b, int64_t until_ms, batch_builder *to, int64_t most) {
    int64_t taken = 0;
    for (; taken < most && b->count && b->heap[0].time <= until_ms; taken++) {
        waiting_row *r = pop(b);
        slice bytes = slice_make(r->bytes + r->place_length, r->length);
        batch_builder_add_row(to, r->time, r->change);
        if (!row_value_read(&bytes, b->types, to->columns, b->input->column_count)) {
            error e = {0};
            error_set(&e, ERROR_DATA, "A stored row of the store %.*s cannot be read.",
                SLICE_ARG(b->owner->node->store));
            task_fail(b->owner->task, &e);
            for (int i = 0; i < b->input->column_count; i++)
                column_append_null(to->columns[i]);
        }
        if (r->is_saved)
            store_delete(b->store, stored_at(b, r));
        else
            b->unsaved--;
        memory_free(r);
    }
    return taken;
}

/* ---- state ---- */

void time_buffer_save(time_buffer *b) {
    for (int64_t i = 0; b->unsaved && i < b->count; i++) {
        waiting_row *r = b->heap[i].row;
        if (r->is_saved)
            continue;
        buffer_clear(&b->value);
        buffer_append_byte(&b->value, r->change);
        buffer_append_bytes(&b->value, r->bytes + r->place_length, r->length);
        store_put(b->store, stored_at(b, r), buffer_slice(&b->value));
        r->is_saved = true;
        b->unsaved--;
    }
}

static bool load_all(time_buffer *b, error *e) {
    static const char first[] = {TAG_ROW};
    slice key, value;
    bool ok = true;
    store_cursor *c = store_cursor_open(b->store, slice_make(first, 1), (slice){NULL, 0});
    while (ok && store_cursor_next(c, &key, &value)) {
        ok = key.length >= 17 && value.length >= 1;
        if (!ok)
            break;
        key = slice_make(key.data + 1, key.length - 1);
        int64_t time = row_key_read_int64(&key);
        slice id = slice_make(key.data + key.length - 8, 8);
        slice place = slice_make(key.data, key.length - 8);
        waiting_row *r = make_row(time, row_key_read_int64(&id), value.data[0], place,
            slice_make(value.data + 1, value.length - 1));
        r->is_saved = true;
        if (r->id >= b->next_id)
            b->next_id = r->id + 1;
        push(b, r);
    }
    store_cursor_close(c);
    return ok || error_set(e, ERROR_DATA, "A stored row of the store %.*s cannot be read.",
                     SLICE_ARG(b->owner->node->store));
}
