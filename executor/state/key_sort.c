/* Eight bytes of each key, behind what all keys share, are sorted as numbers by their bytes, the
 * last one first, each with one pass of counting; bytes that are the same in all keys cost nothing.
 * Runs that are equal so far are mostly in order already, since what comes behind is often a time
 * or a count; else they are sorted the same way by the next eight bytes, or, when they are short or
 * their keys have ended, or after many rounds, by comparing. */
#include "executor/state/key_sort.h"

#include "base/memory.h"

enum { WORD_BYTES = 8, COMPARED_AT_MOST = 48, DEEPEST = 64 };

typedef struct sort_item {
    uint64_t word;
    void *thing;
} sort_item;

typedef struct sorting {
    slice (*key_of)(const void *thing);
    sort_item *spare; /* as many as there are items */
} sorting;

static uint64_t key_word(slice key, size_t from) {
    uint64_t word = 0;
    if (key.length >= from + WORD_BYTES) {
        memcpy(&word, key.data + from, sizeof word);
        return __builtin_bswap64(word);
    }
    for (size_t i = from; i < from + WORD_BYTES; i++)
        word = word << 8 | (i < key.length ? (unsigned char)key.data[i] : 0);
    return word;
}

static size_t shared_prefix(const sorting *s, const sort_item *items, size_t count, size_t known) {
    slice first = s->key_of(items[0].thing);
    size_t shared = first.length;
    for (size_t i = 1; i < count && shared > known; i++) {
        slice key = s->key_of(items[i].thing);
        size_t same = known;
        while (same < shared && same < key.length && key.data[same] == first.data[same])
            same++;
        shared = same;
    }
    return shared > known ? shared : known;
}

static bool is_sorted(const sorting *s, const sort_item *items, size_t count) {
    slice last = s->key_of(items[0].thing);
    for (size_t i = 1; i < count; i++) {
        slice key = s->key_of(items[i].thing);
        if (slice_compare(last, key) > 0)
            return false;
        last = key;
    }
    return true;
}

static void merge(const sorting *s, sort_item *items, size_t left, size_t count) {
    memcpy(s->spare, items, sizeof *items * left);
    size_t i = 0, j = left, to = 0;
    while (i < left && j < count) {
        bool takes_right =
            slice_compare(s->key_of(items[j].thing), s->key_of(s->spare[i].thing)) < 0;
        items[to++] = takes_right ? items[j++] : s->spare[i++];
    }
    memcpy(items + to, s->spare + i, sizeof *items * (left - i));
}

static void sort_by_comparing(const sorting *s, sort_item *items, size_t count) {
    if (count < 2)
        return;
    size_t left = count / 2;
    sort_by_comparing(s, items, left);
    sort_by_comparing(s, items + left, count - left);
    if (slice_compare(s->key_of(items[left - 1].thing), s->key_of(items[left].thing)) > 0)
        merge(s, items, left, count);
}

static void sort_by_byte(const sort_item *items, size_t count, int shift, sort_item *to) {
    size_t starts[256] = {0}, start = 0;
    for (size_t i = 0; i < count; i++)
        starts[items[i].word >> shift & 255]++;
    for (int b = 0; b < 256; b++) {
        size_t here = starts[b];
        starts[b] = start;
        start += here;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[items[i].word >> shift & 255]++] = items[i];
}

/* Bytes in which `differs` is zero are the same in all words. */
static void sort_by_word(const sorting *s, sort_item *items, size_t count, uint64_t differs) {
    sort_item *from = items, *to = s->spare;
    for (int shift = 0; shift < 64; shift += 8) {
        if (!(differs >> shift & 255))
            continue;
        sort_by_byte(from, count, shift, to);
        sort_item *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != items)
        memcpy(items, from, sizeof *items * count);
}

static void sort_from(const sorting *s, sort_item *items, size_t count, size_t from, int depth);

static void sort_equal_runs(
    const sorting *s, sort_item *items, size_t count, size_t from, int depth) {
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && items[end].word == items[first].word;)
            end++;
        if (end - first > 1 && !is_sorted(s, items + first, end - first))
            sort_from(s, items + first, end - first, from, depth);
    }
}

static void sort_from(const sorting *s, sort_item *items, size_t count, size_t from, int depth) {
    if (count <= COMPARED_AT_MOST || depth == DEEPEST) {
        sort_by_comparing(s, items, count);
        return;
    }
    from = shared_prefix(s, items, count, from);
    uint64_t differs = 0;
    bool has_ended = true;
    for (size_t i = 0; i < count; i++) {
        slice key = s->key_of(items[i].thing);
        items[i].word = key_word(key, from);
        differs |= items[i].word ^ items[0].word;
        has_ended &= key.length <= from + WORD_BYTES;
    }
    if (!differs && has_ended) { /* they differ by zeros at the end, if at all */
        sort_by_comparing(s, items, count);
        return;
    }
    sort_by_word(s, items, count, differs);
    sort_equal_runs(s, items, count, from + WORD_BYTES, depth + 1);
}

void key_sort(void **things, size_t count, slice (*key_of)(const void *thing)) {
    if (count < 2)
        return;
    sort_item *items = memory_allocate(sizeof *items * count * 2);
    for (size_t i = 0; i < count; i++)
        items[i].thing = things[i];
    sorting s = {key_of, items + count};
    if (!is_sorted(&s, items, count))
        sort_from(&s, items, count, 0, 0);
    for (size_t i = 0; i < count; i++)
        things[i] = items[i].thing;
    memory_free(items);
}
