/* A query's place is the last block before which the reader was nowhere further than the query, in
 * any partition; the few records in between are passed over. A reader that does not decode all
 * columns that are wanted does so from its next block on, and is waited for a moment. */
#include <stdio.h>

#include "base/clock.h"
#include "base/memory.h"
#include "executor/shared_reader_private.h"

enum {
    PASSED_OVER = 50000, /* records read again at most to find a place */
    COLUMNS_WAIT_MS = 300,
};

static bool has_columns(const bool *there, const source_descriptor *source, const plan_node *node) {
    for (int i = 0; i < node->column_count; i++) {
        int at = node->source.source_columns[i];
        if ((!node->source.wanted || node->source.wanted[i]) &&
            (!there[at] || !reader_has_fields(
                               source->columns[at].type, node->source.source->columns[at].type)))
            return false;
    }
    return true;
}

static bool same_format(const source_format *a, const source_format *b) {
    return slice_equal(a->name, b->name) && a->delimiter == b->delimiter &&
           slice_equal(a->schema_full_name, b->schema_full_name) && a->schema_id == b->schema_id &&
           a->wrap_single == b->wrap_single && a->nullable == b->nullable;
}

/* Options that say where a query begins and ends. */
static bool is_of_range(slice option) {
    return slice_starts_with(option, SLICE_LITERAL("scan.")) ||
           slice_is(option, "properties.group.id") ||
           slice_is(option, "properties.auto.offset.reset");
}

static bool has_options(const flink_table *there, const flink_table *wanted) {
    for (int i = 0; i < wanted->option_count; i++) {
        char name[128];
        snprintf(name, sizeof name, "%.*s", SLICE_ARG(wanted->option_names[i]));
        if (!is_of_range(wanted->option_names[i]) &&
            !slice_equal(flink_option(there, name), wanted->option_values[i]))
            return false;
    }
    return true;
}

static bool same_table(const source_descriptor *a, const source_descriptor *b) {
    if (!a->flink || !b->flink)
        return !a->flink && !b->flink;
    return slice_equal(a->sql, b->sql) && has_options(a->flink, b->flink) &&
           has_options(b->flink, a->flink);
}

bool reader_place_same_source(const source_descriptor *a, const source_descriptor *b) {
    if (!same_table(a, b) || !slice_equal(a->topic, b->topic) || a->kind != b->kind ||
        a->window != b->window || a->window_size_ms != b->window_size_ms ||
        a->column_count != b->column_count ||
        !slice_equal(a->timestamp_column, b->timestamp_column) ||
        !slice_equal(a->timestamp_format, b->timestamp_format) ||
        !same_format(&a->key_format, &b->key_format) ||
        !same_format(&a->value_format, &b->value_format))
        return false;
    for (int i = 0; i < a->column_count; i++)
        if (a->columns[i].role != b->columns[i].role ||
            !slice_equal(a->columns[i].name, b->columns[i].name) ||
            !slice_equal(a->columns[i].header_key, b->columns[i].header_key) ||
            !(a->flink || sql_type_equal(a->columns[i].type, b->columns[i].type)))
            return false; /* of the same table: fields of a ROW may have been left out */
    return true;
}

/* How far `positions` are ahead of `there`; -1 when one of them is behind. */
static int64_t distance(const int64_t *there, const int64_t *positions, int32_t partitions) {
    int64_t sum = 0;
    for (int32_t p = 0; p < partitions; p++) {
        if (positions[p] < there[p])
            return -1;
        sum += positions[p] - there[p];
    }
    return sum;
}

/* One that has not begun can begin a little earlier. */
static bool join_before_it_begins(reader *r, const int64_t *positions) {
    for (int32_t p = 0; p < r->partitions; p++) {
        int64_t apart = positions[p] - r->positions[p];
        if (apart > PASSED_OVER || apart < -PASSED_OVER)
            return false;
    }
    for (int32_t p = 0; p < r->partitions; p++)
        if (positions[p] < r->positions[p])
            r->positions[p] = positions[p];
    return true;
}

/* The block to begin with; -1: there is none. */
static int64_t find_place(const reader *r, const reader_seat *s, const int64_t *positions) {
    int64_t *there = memory_allocate(sizeof(int64_t) * (size_t)r->partitions);
    memcpy(there, r->positions, sizeof(int64_t) * (size_t)r->partitions);
    int64_t place = r->count_next, apart;
    int64_t first =
        r->count_next - SHARED_BLOCKS_BEHIND; /* nobody comes back to where it lost its place */
    first = first > r->first ? first : r->first;
    while ((apart = distance(there, positions, r->partitions)) < 0 && place > first) {
        const shared_block *b = *shared_reader_block(r, place - 1);
        if (!has_columns(b->wanted, b->source, s->node))
            break;
        there[b->partition] = b->from;
        place--;
    }
    memory_free(there);
    return apart >= 0 && apart <= PASSED_OVER ? place : -1;
}

typedef enum found { FOUND_NONE, FOUND_LACKS_COLUMNS, FOUND } found;

static found try_reader(reader *r, reader_seat *s, const int64_t *positions) {
    if (r->failed || r->stops || r->partitions != s->partitions ||
        !reader_place_same_source(r->source, s->node->source.source))
        return FOUND_NONE;
    int64_t place = r->count_next;
    if (!r->has_begun) {
        if (!join_before_it_begins(r, positions))
            return FOUND_NONE;
        shared_reader_want(r, s);
    } else {
        place = find_place(r, s, positions);
        if (place < 0)
            return FOUND_NONE;
        if (!has_columns(r->decoded, r->decoded_source, s->node)) {
            shared_reader_want(r, s);
            if (r->topic)
                topic_reader_wake(r->topic);
            return FOUND_LACKS_COLUMNS;
        }
    }
    s->block_next = place;
    return FOUND;
}

static void sit_down(reader_seat *s, reader *r, const int64_t *positions) {
    s->at = r;
    s->news = r->news;
    s->lost_place = false;
    s->next_seat = r->seats;
    r->seats = s;
    if (s->positions != positions)
        memcpy(s->positions, positions, sizeof(int64_t) * (size_t)s->partitions);
    for (int32_t p = 0; p < s->partitions; p++)
        s->lags[p] = 1;
}

/* Gives the reader that is to be ended without the lock, or NULL. */
reader *reader_place_leave(reader_seat *s) {
    reader *r = s->at;
    if (!r)
        return NULL;
    for (int i = 0; i < s->held_count; i++)
        shared_reader_let_go(r, s->held[i].block);
    s->held_count = 0;
    s->at = NULL;
    reader_seat **at = &r->seats;
    while (*at != s)
        at = &(*at)->next_seat;
    *at = s->next_seat;
    pthread_cond_signal(&r->room);
    if (r->seats)
        return NULL;
    reader **listed = &r->all->readers;
    while (*listed != r)
        listed = &(*listed)->next;
    *listed = r->next;
    r->stops = true;
    if (r->topic)
        topic_reader_wake(r->topic);
    pthread_cond_broadcast(&r->all->released);
    return r;
}

bool reader_place_take(reader_seat *s, const int64_t *positions, error *e) {
    if (s->at)
        return true;
    int64_t deadline_ms = clock_monotonic_ms() + COLUMNS_WAIT_MS;
    for (bool lacks = true; lacks && clock_monotonic_ms() < deadline_ms;) {
        lacks = false;
        for (reader *r = s->all->readers; r; r = r->next) {
            found f = try_reader(r, s, positions);
            if (f == FOUND) {
                sit_down(s, r, positions);
                return true;
            }
            if (f == FOUND_NONE)
                continue;
            lacks = true; /* the lock is given back: readers may be others afterwards */
            shared_reader_wait(&s->all->released, &s->all->lock, clock_monotonic_ms() + 5);
            break;
        }
    }
    reader *r = shared_reader_make(s, positions, e);
    if (!r)
        return false;
    s->block_next = 0;
    sit_down(s, r, positions);
    return true;
}

/* To an older reader that is where this seat is: two become one again. */
reader *reader_place_move(reader_seat *s) {
    for (reader *r = s->all->readers; r; r = r->next) {
        if (r->number >= s->at->number || try_reader(r, s, s->positions) != FOUND)
            continue;
        int64_t place = s->block_next;
        reader *left = reader_place_leave(s);
        s->block_next = place;
        sit_down(s, r, s->positions);
        return left;
    }
    return NULL;
}
