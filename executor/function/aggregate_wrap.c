#include "executor/function/aggregate_wrap.h"

#include "base/memory.h"
#include "executor/function/aggregate_support.h"
#include "executor/function/value_set.h"
#include "executor/state/row_codec.h"

typedef struct wrapper {
    aggregate_kernel kernel; /* the instance's */
    aggregate_instance inner;
    size_t inner_offset; /* of its slot in the wrapper's */
    bool is_max;
    buffer encoded;
    int64_t capacity;
    int32_t *rows;
    void **slots;
} wrapper;

static void release_wrapper(aggregate_instance *instance) {
    wrapper *w = instance->prepared;
    aggregate_release(&w->inner);
    buffer_free(&w->encoded);
    memory_free(w->rows);
    memory_free(w->slots);
    memory_free(w);
}

void aggregate_release(aggregate_instance *instance) {
    if (instance->kernel && instance->kernel->release)
        instance->kernel->release(instance);
}

static wrapper *wrap(aggregate_instance *instance, const aggregate_kernel *kernel) {
    wrapper *w = MEMORY_NEW(wrapper);
    w->inner = *instance;
    w->kernel = *kernel;
    w->kernel.release = release_wrapper;
    w->inner_offset = (kernel->slot_bytes + 15) & ~(size_t)15;
    w->kernel.slot_bytes = w->inner_offset + instance->kernel->slot_bytes;
    instance->kernel = &w->kernel;
    instance->prepared = w;
    return w;
}

static void reserve(wrapper *w, int64_t count) {
    if (count <= w->capacity)
        return;
    w->capacity = count;
    w->rows = memory_resize(w->rows, sizeof *w->rows * (size_t)count);
    w->slots = memory_resize(w->slots, sizeof *w->slots * (size_t)count);
}

static inline void *inner_slot(const wrapper *w, const void *slot) {
    return (char *)slot + w->inner_offset;
}

static void step_inner(wrapper *w, const aggregate_rows *rows, int64_t count) {
    aggregate_rows picked = *rows;
    picked.count = count;
    picked.rows = w->rows;
    picked.slots = w->slots;
    if (count)
        w->inner.kernel->step(&w->inner, &picked, NULL);
}

/* ---- DISTINCT: the slot is a set of values, then the inner slot ---- */

static void distinct_start(const aggregate_instance *instance, void *slot) {
    wrapper *w = instance->prepared;
    value_set_open(slot, w->inner.argument_types[0]);
    w->inner.kernel->start(&w->inner, inner_slot(w, slot));
}

static void distinct_destroy(const aggregate_instance *instance, void *slot) {
    wrapper *w = instance->prepared;
    value_set_close(slot);
    if (w->inner.kernel->destroy)
        w->inner.kernel->destroy(&w->inner, inner_slot(w, slot));
}

static bool first_or_last(value_set *set, const column *x, int64_t row, int8_t change) {
    int64_t at = value_set_find(set, x, row);
    if (change == CHANGE_INSERT) {
        if (at < 0)
            value_set_add(set, x, row, 1);
        else
            set->counts[at]++;
        return at < 0;
    }
    if (at < 0 || --set->counts[at] > 0)
        return false;
    value_set_remove(set, at);
    return true;
}

static void distinct_step(
    const aggregate_instance *instance, const aggregate_rows *rows, column *results) {
    wrapper *w = instance->prepared;
    const column *x = rows->arguments[0];
    int64_t count = 0;
    (void)results; /* operators that wrap ask for results afterwards */
    reserve(w, rows->count);
    for (int64_t i = 0; i < rows->count; i++) {
        int32_t row = rows->rows[i];
        if (column_is_null(x, row) || !first_or_last(rows->slots[i], x, row, rows->change[row]))
            continue;
        w->rows[count] = row;
        w->slots[count++] = inner_slot(w, rows->slots[i]);
    }
    step_inner(w, rows, count);
}

static void distinct_merge(const aggregate_instance *instance, void *slot, const void *later) {
    wrapper *w = instance->prepared;
    value_set *to = slot;
    const value_set *from = later;
    int64_t length = from->values->length, count = 0;
    reserve(w, length);
    for (int64_t row = 0; row < length; row++) {
        int64_t at = value_set_find(to, from->values, row);
        if (at >= 0) {
            to->counts[at] += from->counts[row];
            continue;
        }
        value_set_add(to, from->values, row, from->counts[row]);
        w->rows[count] = (int32_t)row;
        w->slots[count++] = inner_slot(w, slot);
    }
    int8_t *change = memory_allocate((size_t)length + 1);
    memset(change, CHANGE_INSERT, (size_t)length + 1);
    int64_t *times = memory_allocate_zero(sizeof *times * ((size_t)length + 1));
    const column *arguments[] = {from->values};
    aggregate_rows rows = {.arguments = arguments, .change = change, .rowtime = times};
    step_inner(w, &rows, count);
    memory_free(change);
    memory_free(times);
}

static void inner_result(const aggregate_instance *instance, const void *slot, column *to) {
    const wrapper *w = instance->prepared;
    w->inner.kernel->result(&w->inner, inner_slot(w, slot), to);
}

static void distinct_save(const aggregate_instance *instance, const void *slot, buffer *out) {
    const wrapper *w = instance->prepared;
    value_set_save(slot, out);
    w->inner.kernel->save(&w->inner, inner_slot(w, slot), out);
}

static bool distinct_load(const aggregate_instance *instance, void *slot, slice *bytes) {
    wrapper *w = instance->prepared;
    return value_set_load(slot, bytes) &&
           w->inner.kernel->load(&w->inner, inner_slot(w, slot), bytes);
}

void aggregate_wrap_distinct(aggregate_instance *instance) {
    static const aggregate_kernel kernel = {
        .slot_bytes = sizeof(value_set),
        .can_undo = true,
        .can_merge = true,
        .start = distinct_start,
        .destroy = distinct_destroy,
        .step = distinct_step,
        .merge = distinct_merge,
        .result = inner_result,
        .save = distinct_save,
        .load = distinct_load,
    };
    wrap(instance, &kernel);
}

/* ---- MIN and MAX: the slot is a sorted array of values, each with a count ---- */

typedef struct ordered_value {
    uint64_t prefix; /* the first bytes of its key form: orders most values */
    char *bytes;     /* all of it, when it is longer */
    uint32_t length, count;
} ordered_value;

typedef struct ordered_slot {
    ordered_value *values;
    int64_t count, capacity;
} ordered_slot;

static void ordered_start(const aggregate_instance *instance, void *slot) {
    memset(slot, 0, sizeof(ordered_slot));
}

static void ordered_destroy(const aggregate_instance *instance, void *slot) {
    ordered_slot *s = slot;
    for (int64_t i = 0; i < s->count; i++)
        memory_free(s->values[i].bytes);
    memory_free(s->values);
}

/* Behind the tag. The bytes are not the value's own yet. */
static ordered_value ordered_of(slice key) {
    ordered_value v = {.count = 1};
    for (size_t i = 0; i < 8; i++)
        v.prefix = v.prefix << 8 | (i < key.length ? (uint8_t)key.data[i] : 0);
    if (key.length > 8) {
        v.bytes = (char *)key.data;
        v.length = (uint32_t)key.length;
    }
    return v;
}

static int compare_ordered(const ordered_value *a, const ordered_value *b) {
    if (a->prefix != b->prefix)
        return a->prefix < b->prefix ? -1 : 1;
    return slice_compare(slice_make(a->bytes, a->length), slice_make(b->bytes, b->length));
}

static int64_t ordered_place(const ordered_slot *s, const ordered_value *v, bool *found) {
    int64_t low = 0, high = s->count;
    *found = false;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        int order = compare_ordered(&s->values[middle], v);
        *found |= order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void ordered_add(ordered_slot *s, ordered_value v) {
    bool found;
    int64_t at = ordered_place(s, &v, &found);
    if (found) {
        s->values[at].count += v.count;
        return;
    }
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 4;
        s->values = memory_resize(s->values, sizeof *s->values * (size_t)s->capacity);
    }
    memmove(s->values + at + 1, s->values + at, sizeof *s->values * (size_t)(s->count - at));
    if (v.bytes) {
        char *copy = memory_allocate(v.length);
        memcpy(copy, v.bytes, v.length);
        v.bytes = copy;
    }
    s->values[at] = v;
    s->count++;
}

static void ordered_remove(ordered_slot *s, ordered_value v) {
    bool found;
    int64_t at = ordered_place(s, &v, &found);
    if (!found || --s->values[at].count > 0)
        return;
    memory_free(s->values[at].bytes);
    s->count--;
    memmove(s->values + at, s->values + at + 1, sizeof *s->values * (size_t)(s->count - at));
}

static void ordered_step(
    const aggregate_instance *instance, const aggregate_rows *rows, column *results) {
    wrapper *w = instance->prepared;
    column *x[] = {(column *)rows->arguments[0]};
    (void)results;
    for (int64_t i = 0; i < rows->count; i++) {
        int32_t row = rows->rows[i];
        if (column_is_null(x[0], row))
            continue;
        buffer_clear(&w->encoded);
        row_key_append(&w->encoded, x, 1, row);
        ordered_value v = ordered_of(slice_make(w->encoded.data + 1, w->encoded.length - 1));
        if (rows->change[row] == CHANGE_DELETE)
            ordered_remove(rows->slots[i], v);
        else
            ordered_add(rows->slots[i], v);
    }
}

static void ordered_merge(const aggregate_instance *instance, void *slot, const void *later) {
    const ordered_slot *from = later;
    for (int64_t i = 0; i < from->count; i++)
        ordered_add(slot, from->values[i]);
}

static void ordered_result(const aggregate_instance *instance, const void *slot, column *to) {
    wrapper *w = instance->prepared;
    const ordered_slot *s = slot;
    if (s->count == 0) {
        column_append_null(to);
        return;
    }
    const ordered_value *v = &s->values[w->is_max ? s->count - 1 : 0];
    char bytes[9] = {2};
    for (int i = 0; i < 8; i++)
        bytes[1 + i] = (char)(v->prefix >> (56 - 8 * i));
    buffer_clear(&w->encoded);
    buffer_append_bytes(&w->encoded, bytes, v->bytes ? 1 : 9);
    if (v->bytes)
        buffer_append_bytes(&w->encoded, v->bytes, v->length);
    slice key = buffer_slice(&w->encoded);
    bool ok = row_key_read(&key, &to, 1);
    assert(ok);
    (void)ok;
}

static void ordered_save(const aggregate_instance *instance, const void *slot, buffer *out) {
    const ordered_slot *s = slot;
    buffer_append_bytes(out, &s->count, sizeof s->count);
    for (int64_t i = 0; i < s->count; i++) {
        const ordered_value *v = &s->values[i];
        buffer_append_bytes(out, &v->prefix, sizeof v->prefix);
        buffer_append_bytes(out, &v->count, sizeof v->count);
        buffer_append_bytes(out, &v->length, sizeof v->length);
        buffer_append_bytes(out, v->bytes, v->length);
    }
}

static bool ordered_load(const aggregate_instance *instance, void *slot, slice *bytes) {
    int64_t count;
    if (!aggregate_take(bytes, &count, sizeof count))
        return false;
    for (int64_t i = 0; i < count; i++) {
        ordered_value v = {0};
        if (!aggregate_take(bytes, &v.prefix, sizeof v.prefix) ||
            !aggregate_take(bytes, &v.count, sizeof v.count) ||
            !aggregate_take(bytes, &v.length, sizeof v.length) || bytes->length < v.length)
            return false;
        v.bytes = v.length ? (char *)bytes->data : NULL;
        ordered_add(slot, v);
        *bytes = slice_make(bytes->data + v.length, bytes->length - v.length);
    }
    return true;
}

void aggregate_wrap_extreme(aggregate_instance *instance, bool is_max) {
    static const aggregate_kernel kernel = {
        .slot_bytes = sizeof(ordered_slot),
        .can_undo = true,
        .can_merge = true,
        .start = ordered_start,
        .destroy = ordered_destroy,
        .step = ordered_step,
        .merge = ordered_merge,
        .result = ordered_result,
        .save = ordered_save,
        .load = ordered_load,
    };
    wrapper *w = wrap(instance, &kernel);
    w->kernel.slot_bytes = sizeof(ordered_slot);
    w->is_max = is_max;
}

/* ---- any other: the slot is all rows' arguments ---- */

typedef struct replay_slot {
    column **arguments;
} replay_slot;

static void replay_start(const aggregate_instance *instance, void *slot) {
    const wrapper *w = instance->prepared;
    replay_slot *s = slot;
    s->arguments = memory_allocate(sizeof(column *) * ((size_t)w->inner.argument_count + 1));
    for (int i = 0; i < w->inner.argument_count; i++)
        s->arguments[i] = column_create(w->inner.argument_types[i]);
}

static void replay_destroy(const aggregate_instance *instance, void *slot) {
    const wrapper *w = instance->prepared;
    replay_slot *s = slot;
    for (int i = 0; i < w->inner.argument_count; i++)
        column_destroy(s->arguments[i]);
    memory_free(s->arguments);
}

static bool same_arguments(
    const replay_slot *s, int64_t at, const aggregate_rows *rows, int32_t row, int count) {
    for (int i = 0; i < count; i++)
        if (!column_rows_equal(s->arguments[i], at, rows->arguments[i], row))
            return false;
    return true;
}

static void replay_step(
    const aggregate_instance *instance, const aggregate_rows *rows, column *results) {
    const wrapper *w = instance->prepared;
    int count = w->inner.argument_count;
    (void)results;
    for (int64_t i = 0; i < rows->count; i++) {
        int32_t row = rows->rows[i];
        replay_slot *s = rows->slots[i];
        if (rows->change[row] != CHANGE_DELETE) {
            for (int k = 0; k < count; k++)
                column_append_row(s->arguments[k], rows->arguments[k], row);
            continue;
        }
        for (int64_t at = 0; at < s->arguments[0]->length; at++)
            if (same_arguments(s, at, rows, row, count)) {
                for (int k = 0; k < count; k++)
                    aggregate_values_remove(s->arguments[k], at);
                break;
            }
    }
}

static void replay_merge(const aggregate_instance *instance, void *slot, const void *later) {
    const wrapper *w = instance->prepared;
    for (int k = 0; k < w->inner.argument_count; k++) {
        const column *from = ((const replay_slot *)later)->arguments[k];
        column_append_rows(((replay_slot *)slot)->arguments[k], from, 0, from->length);
    }
}

static void replay_result(const aggregate_instance *instance, const void *slot, column *to) {
    wrapper *w = instance->prepared;
    const replay_slot *s = slot;
    int64_t count = s->arguments[0]->length;
    void *inner = memory_allocate_zero(w->inner.kernel->slot_bytes + 16);
    w->inner.kernel->start(&w->inner, inner);
    reserve(w, count);
    for (int64_t i = 0; i < count; i++) {
        w->rows[i] = (int32_t)i;
        w->slots[i] = inner;
    }
    int8_t *change = memory_allocate((size_t)count + 1);
    memset(change, CHANGE_INSERT, (size_t)count + 1);
    int64_t *times = memory_allocate_zero(sizeof *times * ((size_t)count + 1));
    aggregate_rows rows = {
        .arguments = (const column *const *)s->arguments, .change = change, .rowtime = times};
    step_inner(w, &rows, count);
    w->inner.kernel->result(&w->inner, inner, to);
    if (w->inner.kernel->destroy)
        w->inner.kernel->destroy(&w->inner, inner);
    memory_free(inner);
    memory_free(change);
    memory_free(times);
}

static void replay_save(const aggregate_instance *instance, const void *slot, buffer *out) {
    const wrapper *w = instance->prepared;
    for (int k = 0; k < w->inner.argument_count; k++)
        aggregate_values_save(((const replay_slot *)slot)->arguments[k], out);
}

static bool replay_load(const aggregate_instance *instance, void *slot, slice *bytes) {
    const wrapper *w = instance->prepared;
    for (int k = 0; k < w->inner.argument_count; k++)
        if (!aggregate_values_load(((replay_slot *)slot)->arguments[k], bytes))
            return false;
    return true;
}

void aggregate_wrap_replay(aggregate_instance *instance) {
    static const aggregate_kernel kernel = {
        .slot_bytes = sizeof(replay_slot),
        .can_undo = true,
        .can_merge = true,
        .start = replay_start,
        .destroy = replay_destroy,
        .step = replay_step,
        .merge = replay_merge,
        .result = replay_result,
        .save = replay_save,
        .load = replay_load,
    };
    wrapper *w = wrap(instance, &kernel);
    w->kernel.slot_bytes = sizeof(replay_slot);
}
