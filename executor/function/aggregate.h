/* aggregate.h - what an aggregate function gives to the operator that groups.
 *
 * The state of one aggregate for one group is a slot of fixed size in the group's entry. Small
 * aggregates (COUNT, SUM, MAX) keep all of it there; others keep a pointer to a heap object that
 * destroy frees. A kernel steps over many rows in one call, each row with its own slot, in order.
 */
#ifndef SLUICE_EXECUTOR_FUNCTION_AGGREGATE_H
#define SLUICE_EXECUTOR_FUNCTION_AGGREGATE_H

#include "base/buffer.h"
#include "base/column.h"
#include "base/error.h"
#include "catalog/function.h"

/* One aggregate of a query, prepared once (argument types, constants). */
typedef struct aggregate_instance {
    const struct aggregate_kernel *kernel;
    const sql_type *result;
    int argument_count;
    const sql_type *const *argument_types;
    const column *const *constants; /* one row each */
    int constant_count;
    int64_t element_limit; /* of collected values; 0: the default */
    void *prepared;        /* the kernel's own */
} aggregate_instance;

typedef struct aggregate_rows {
    int64_t count;
    const int32_t *rows; /* indexes into the arguments and `change`, in order */
    void *const *slots;  /* slots[i] belongs to rows[i] */
    const column *const *arguments;
    const int8_t *change;            /* CHANGE_DELETE undoes a row */
    const int64_t *rowtime, *offset; /* of the input batch; offset may be NULL */
    const int32_t *partition;
    /* rows[i] is the operator's row number sequence + i: tells sessions that merge who came first.
     */
    int64_t sequence;
    /* Called for an i that cannot be applied (a DECIMAL overflows); its slot stays as it was. */
    void (*failed)(void *context, int64_t i, const char *message);
    void *failed_context;
} aggregate_rows;

struct aggregate_kernel {
    size_t slot_bytes;
    bool can_undo;  /* CHANGE_DELETE is understood: usable over tables */
    bool can_merge; /* usable in SESSION windows */
    /* The same rows give the same state, bit for bit, in whatever order they come and however they
     * are divided into states that are merged. So sums of DOUBLEs do not, nor what may refuse a
     * row. Implies can_merge. */
    bool is_order_free;
    bool (*prepare)(aggregate_instance *instance, error *e); /* NULL: nothing to do */
    void (*release)(aggregate_instance *instance);
    void (*start)(const aggregate_instance *instance, void *slot);   /* an empty group's state */
    void (*destroy)(const aggregate_instance *instance, void *slot); /* NULL: nothing to free */
    /* Applies the rows in order. When `results` is not NULL, appends the result after each row to
     * it. */
    void (*step)(const aggregate_instance *instance, const aggregate_rows *rows, column *results);
    void (*merge)(const aggregate_instance *instance, void *slot, const void *later);
    void (*result)(
        const aggregate_instance *instance, const void *slot, column *to); /* appends one row */
    /* The slot as bytes and back, for the store. */
    void (*save)(const aggregate_instance *instance, const void *slot, buffer *out);
    bool (*load)(const aggregate_instance *instance, void *slot,
        slice *bytes); /* takes its bytes off the front */
};

/* Prepares an instance, whose other fields are filled; false with the error when its constants are
 * wrong. */
static inline bool aggregate_prepare(aggregate_instance *instance, error *e) {
    return !instance->kernel->prepare || instance->kernel->prepare(instance, e);
}

/* Where the slots of several aggregates stand in one block of state, each aligned for its kernel.
 * Returns the block's bytes, a multiple of 16. */
static inline size_t aggregate_lay_out(
    const aggregate_instance *instances, int count, size_t *offsets) {
    size_t end = 0;
    for (int i = 0; i < count; i++) {
        size_t bytes = instances[i].kernel->slot_bytes, align = bytes >= 16 ? 15 : 7;
        offsets[i] = (end + align) & ~align;
        end = offsets[i] + bytes;
    }
    return (end + 15) & ~(size_t)15;
}

/* Registers the rows of all aggregate functions. */
void aggregate_functions_register(void);

#endif
