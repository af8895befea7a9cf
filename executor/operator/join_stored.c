/* Packs of one slice may overlap in time, when rows came out of order; then the rows of a slice are
 * sorted as they are read. */
#include "executor/operator/join_stored.h"

#include <stdlib.h>

#include "base/memory.h"
#include "executor/operator/join_pack.h"
#include "executor/state/row_codec.h"

enum { WINDOW_LEAST_MS = 1000, SLICES_MOST = 8 };

/* Slices make expiry in memory exact to a part of the retention, so a long one needs few. */
void join_stored_open(join_stored *s, store *store, int64_t window_ms, int64_t retention_ms) {
    *s = (join_stored){.store = store, .expired_segment = INT64_MIN};
    if (window_ms < WINDOW_LEAST_MS)
        window_ms = WINDOW_LEAST_MS;
    int64_t parts = retention_ms > window_ms ? retention_ms / window_ms : 1;
    s->slices = parts < SLICES_MOST ? SLICES_MOST / (int)parts : 1;
    s->slice_ms = window_ms / s->slices + (window_ms % s->slices != 0);
    buffer_append_byte(&s->expired, JOIN_STORED_TAG);
}

void join_stored_close(join_stored *s) {
    buffer_free(&s->expired);
    buffer_free(&s->from);
    buffer_free(&s->to);
    buffer_free(&s->bytes);
    memory_free(s->rows);
}

static int64_t divide_down(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static int64_t segment_of(const join_stored *s, int64_t time_ms) {
    return divide_down(divide_down(time_ms, s->slice_ms), s->slices);
}

static int64_t slice_start(const join_stored *s, int64_t time_ms) {
    return (int64_t)((uint64_t)time_ms - join_pack_since(time_ms, s->slice_ms));
}

static void make_key(buffer *out, int64_t segment, slice key, int64_t slice_start_ms) {
    buffer_clear(out);
    buffer_append_byte(out, JOIN_STORED_TAG);
    row_key_append_int64(out, segment);
    buffer_append(out, key);
    row_key_append_int64(out, slice_start_ms);
}

void join_stored_put(
    join_stored *s, slice key, int64_t slice_start_ms, int64_t sequence, slice pack, bool unread) {
    make_key(&s->from, segment_of(s, slice_start_ms), key, slice_start_ms);
    row_key_append_int64(&s->from, sequence);
    store_save(s->store, buffer_slice(&s->from), pack, !unread);
}

void join_stored_put_row(join_stored *s, slice key, int64_t time_ms, int64_t sequence, slice row) {
    uint64_t since = join_pack_since(time_ms, s->slice_ms);
    size_t bytes = join_pack_row_bytes(since, row.length);
    buffer_clear(&s->bytes);
    buffer_reserve(&s->bytes, bytes);
    join_pack_write(s->bytes.data, since, row);
    s->bytes.length = bytes;
    join_stored_put(s, key, slice_start(s, time_ms), sequence, buffer_slice(&s->bytes), false);
}

/* ---- reading ---- */

static void add_row(join_stored *s, int64_t time_ms, slice row) {
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 64;
        s->rows = memory_resize(s->rows, sizeof *s->rows * (size_t)s->capacity);
    }
    s->rows[s->count] = (join_stored_row){time_ms, s->count, s->bytes.length, row.length};
    s->count++;
    buffer_append(&s->bytes, row);
}

static bool add_pack(
    join_stored *s, int64_t slice_start_ms, slice pack, int64_t from_ms, int64_t to_ms) {
    const char *at = pack.data, *end = pack.data + pack.length;
    while (at < end) {
        uint64_t since;
        slice row;
        at = join_pack_read(at, end, &since, &row);
        if (!at || since >= (uint64_t)s->slice_ms)
            return false;
        int64_t time_ms = slice_start_ms + (int64_t)since;
        if (time_ms > to_ms)
            break;
        if (time_ms >= from_ms)
            add_row(s, time_ms, row);
    }
    return true;
}

static int compare_rows(const void *a, const void *b) {
    const join_stored_row *x = a, *y = b;
    if (x->time_ms != y->time_ms)
        return x->time_ms < y->time_ms ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static void visit_rows(join_stored *s, join_stored_visitor visit, void *context) {
    int64_t i = 1;
    while (i < s->count && s->rows[i - 1].time_ms <= s->rows[i].time_ms)
        i++;
    if (i < s->count)
        qsort(s->rows, (size_t)s->count, sizeof *s->rows, compare_rows);
    for (i = 0; i < s->count; i++)
        visit(context, s->rows[i].time_ms,
            slice_make(s->bytes.data + s->rows[i].at, s->rows[i].length));
    s->count = 0;
    buffer_clear(&s->bytes);
}

static bool read_segment(join_stored *s, int64_t segment, slice key, int64_t from_ms, int64_t to_ms,
    join_stored_visitor visit, void *context) {
    make_key(&s->from, segment, key, slice_start(s, from_ms));
    make_key(&s->to, segment, key, slice_start(s, to_ms));
    row_key_append_int64(&s->to, INT64_MAX);
    slice place, pack;
    int64_t current_ms = INT64_MIN;
    bool fits = true;
    s->count = 0;
    buffer_clear(&s->bytes);
    store_cursor *c = store_cursor_open(s->store, buffer_slice(&s->from), buffer_slice(&s->to));
    while (fits && store_cursor_next(c, &place, &pack)) {
        place = slice_make(place.data + place.length - 16, 8);
        int64_t slice_start_ms = row_key_read_int64(&place);
        if (slice_start_ms != current_ms && s->count)
            visit_rows(s, visit, context);
        current_ms = slice_start_ms;
        fits = add_pack(s, slice_start_ms, pack, from_ms, to_ms);
    }
    store_cursor_close(c);
    visit_rows(s, visit, context);
    return fits;
}

bool join_stored_read(join_stored *s, slice key, int64_t from_ms, int64_t to_ms,
    join_stored_visitor visit, void *context) {
    bool fits = true;
    for (int64_t g = segment_of(s, from_ms); fits && g <= segment_of(s, to_ms); g++)
        fits = read_segment(s, g, key, from_ms, to_ms, visit, context);
    return fits;
}

/* ---- expiring ---- */

void join_stored_expire(join_stored *s, int64_t kept_ms, int64_t budget) {
    int64_t last = segment_of(s, kept_ms) - 1;
    if (last <= s->expired_segment)
        return;
    slice key, pack;
    make_key(&s->to, last + 1, (slice){"", 0}, INT64_MIN);
    s->to.length = 1 + sizeof(int64_t);
    store_cursor *c = store_cursor_open(s->store, buffer_slice(&s->expired), buffer_slice(&s->to));
    bool more = true;
    while (budget-- > 0 && (more = store_cursor_next(c, &key, &pack))) {
        store_delete_unread(s->store, key);
        if (budget == 0) { /* go on from here at the next barrier */
            buffer_clear(&s->expired);
            buffer_append(&s->expired, key);
        }
    }
    store_cursor_close(c);
    if (!more)
        s->expired_segment = last;
}
