/* distinct_sets.h - which values the groups of GROUP_AGGREGATE have seen, for its DISTINCT calls.
 *
 * Calls over the same arguments share a set: a value that the group has seen is one entry, which
 * says for each of the calls whether (or, where rows are taken back, how often) it has counted the
 * value. Entries are in a hash table in front of a store, one store entry each: at a barrier only
 * those that changed are written. Integers that are not taken back have a table of their own, which
 * is much smaller (integer_set.h).
 *
 * Store: 2, the group's id, the set's number, the values (memcomparable): how often each call has
 * counted the value; of an integer_set, the bits.
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_DISTINCT_SETS_H
#define SLUICE_EXECUTOR_OPERATOR_DISTINCT_SETS_H

#include "executor/operator/calls.h"
#include "executor/operator/evicted_keys.h"
#include "executor/operator/integer_set.h"
#include "executor/operator/row_keys.h"

enum { STORE_TAG_DISTINCT = 2 };

typedef struct distinct_set {
    row_keys keys;
    bool is_integers;     /* else `seen` is used */
    integer_set integers; /* of one column */
    group_table seen;     /* by value; the window's start is the group's id */
    evicted_keys evicted;
    int count; /* calls */
    int *calls;
    group **dirty;
    int64_t dirty_count, dirty_capacity;
} distinct_set;

typedef struct distinct_sets {
    calls *calls;
    store *store;
    bool undoes, forgets; /* forgets: groups, by distinct_sets_forget */
    int count;
    distinct_set *sets;
    int64_t capacity;
    uint64_t *hashes;
    int32_t **rows;  /* by call of the set at hand: picked rows */
    void ***blocks;  /* and their groups' blocks */
    int64_t *picked; /* and how many */
    int most_calls;
    buffer key, value;
} distinct_sets;

/* Sets for the DISTINCT calls among `c`. */
void distinct_sets_open(
    distinct_sets *d, calls *c, const plan_node *input, store *st, bool undoes, bool forgets);
void distinct_sets_close(distinct_sets *d);
/* Steps the DISTINCT calls over rows: of groups ids[i], whose blocks are blocks[i]. */
void distinct_sets_step(distinct_sets *d, const batch *in, const int32_t *rows, const int64_t *ids,
    void *const *blocks, int64_t count);
int64_t distinct_sets_bytes(const distinct_sets *d);
/* Writes what changed. */
void distinct_sets_save(distinct_sets *d);
/* Drops what was not used since the last time, or all of it. Everything must have been saved. */
void distinct_sets_shrink(distinct_sets *d, bool all);
/* Forgets a group's values. */
void distinct_sets_forget(distinct_sets *d, int64_t id);

#endif
