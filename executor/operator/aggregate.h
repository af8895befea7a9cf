/* aggregate.h - what the files of the aggregate operator share. Private to this folder.
 *
 * Groups without windows and with TUMBLING and HOPPING windows are rows of a group table: a group's
 * state is its aggregates' slots (aggregate.c, aggregate_window.c). With SESSION windows a group's
 * state is its list of sessions, each with slots of its own (aggregate_session.c), and with HOPPING
 * windows that are made of panes it is its list of these (aggregate_panes.c).
 *
 * Keys in the store start with a tag:
 *   0                                            stream time and row numbers
 *   1, group key                                 a group without time windows
 *   1, window start, group key                   a group of a window
 *   1, pane start, group key                     a pane of a group, where windows are made of panes
 *   2, group key, session start                  a session: its end, then its slots
 *   3, time, session start, group key            the same session by an end it had, for expiry
 *   4, time, group key                           a group by its age, for its time to live
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_AGGREGATE_H
#define SLUICE_EXECUTOR_OPERATOR_AGGREGATE_H

#include "executor/operator/aggregate_slots.h"
#include "executor/operator/group_table.h"
#include "executor/operator/operators.h"
#include "executor/operator/pane_merge.h"

enum {
    STORE_TAG_CLOCK = 0,
    STORE_TAG_GROUP = 1,
    STORE_TAG_SESSION = 2,
    STORE_TAG_SESSION_AGE = 3,
    STORE_TAG_GROUP_AGE = 4,
};

/* Groups in memory are kept below this many bytes; the rest are read back from the store. */
enum { GROUP_CACHE_BYTES = 32 << 20 };

/* Results are emitted in batches of this many groups. */
enum { AGGREGATE_EMIT_ROWS = 4096 };

typedef struct aggregate_operator aggregate_operator;

typedef struct session session;

/* Something to save and to emit about a session: its new state, or that it is gone. */
typedef struct session_change {
    group *group;
    session *session; /* NULL: gone if `is_gone`, else this change has been overtaken */
    bool is_gone;
    int64_t start, end; /* of a session that is gone */
    uint32_t before;    /* and the place of its results in op->before, counted from 1; 0: none */
} session_change;

struct aggregate_operator {
    operator base;
    store *store;
    plan_window window;
    int key_count;
    aggregate_slots aggregates;
    const column **arguments;        /* of all aggregates, as of the batch at hand */
    const column ***argument_sets;   /* by aggregate: its part of `arguments` */
    bool results_per_row, emits_old; /* emits_old: CHANGELOG_RETRACT */
    bool input_retracts;
    bool takes_deltas; /* aggregate_deltas.c */
    bool has_deltas;   /* since the last barrier */
    int64_t cache_bytes;
    int64_t kept_count;   /* groups in memory behind the last barrier */
    int64_t passing_left; /* barriers behind which none is to be kept */

    group_table groups;
    group_table rings; /* aggregate_hopping.c; only with ring_size */
    int64_t ring_size;
    int64_t pane_ms;       /* windows are made of panes, so long each (aggregate_panes.c); 0: no */
    pane_merge *merge;     /* only with pane_ms */
    bool store_has_groups; /* that are not in memory */
    bool has_new_time;     /* the clock record is to be saved */
    int64_t stream_time;   /* the largest rowtime seen; INT64_MIN: none */
    int64_t sequence;      /* rows seen */
    int64_t expired_to;    /* sessions up to this end, windows up to this start left the store */
    int64_t closed_to;     /* windows up to this start have closed and left memory */
    int64_t open_bytes;    /* of the groups that were left then */
    int64_t saved_count;   /* groups that the last barrier has saved */
    int64_t held_watermark;
    int64_t ttl_ms;    /* of groups without windows; 0: for ever */
    int64_t oldest_ms; /* no group was touched last before; INT64_MIN: not known */
    buffer age;

    /* Groups that differ from the store, in the order of their first change. */
    group **dirty;
    int64_t dirty_count, dirty_capacity;
    group **leaving; /* AGGREGATE_EMIT_ROWS of them; NULL until there are any */
    column **before; /* results by aggregate before the changes; only with emits_old */

    /* By entry: a row and one of its windows. Reused from batch to batch. */
    int64_t capacity;
    int32_t *rows, *picked, *selected; /* selected: only with ttl_ms */
    int64_t *starts, *rowtimes;
    uint64_t *hashes;
    group **entry_groups;
    void **slots;
    bool *refused;    /* an aggregate refused the row */
    column **results; /* by aggregate: after each entry; only with results_per_row */

    pool sessions;
    int64_t sessions_over; /* those that ended up to then were over at the last barrier */
    session_change *session_changes;
    int64_t session_change_count, session_change_capacity;

    batch_builder *out;
    column *key_scratch;
    column **age_keys; /* one key as columns; only with ttl_ms */
    buffer key, value, encoded;
};

/* Room for that many entries. */
void aggregate_reserve(aggregate_operator *op, int64_t entries);
/* Fills op->rows with the rows that have a key and carry a change. */
int64_t aggregate_select_rows(aggregate_operator *op, const batch *in);
/* The key of op->rows[i] (without its window): valid until the next call. */
group_key aggregate_row_key(aggregate_operator *op, const batch *in, int64_t i);
/* Appends the memcomparable form of a key. */
void aggregate_encode_key(aggregate_operator *op, const group_key *key, buffer *out);
/* Appends the key columns of a group to the output. */
void aggregate_output_key(aggregate_operator *op, const group_key *key);

/* Adds one of an AGGREGATE's aggregates, which is to be prepared. */
aggregate_instance *aggregate_add_planned(aggregate_slots *s, const plan_node *node, int index);

/* Takes the arguments out of a batch. */
void aggregate_bind_arguments(aggregate_operator *op, const batch *in);
/* Applies rows to the slot blocks in `blocks`, `count` of each; `results` may be NULL. */
void aggregate_step(aggregate_operator *op, const batch *in, const int32_t *in_rows,
    void *const *blocks, int64_t count, column *const *results);

/* Lists a group as one that differs from the store. */
void aggregate_mark_dirty(aggregate_operator *op, group *g);
/* Saves a group's state; what it seems to hold on the heap, in bytes. */
uint32_t aggregate_save_state(
    aggregate_operator *op, const group_key *key, int64_t rowtime, const void *slots);
/* The same back, into slots that were started. What cannot be read fails the task. */
void aggregate_load_state(aggregate_operator *op, slice saved, int64_t *rowtime, void *slots);

/* A bound of the store: a tag and a time. */
slice aggregate_store_bound(buffer *out, char tag, int64_t time_ms);

/* ---- aggregate_results.c ---- */

/* Adds a row to the output, whose columns are the caller's to append. */
int64_t aggregate_output_row(aggregate_operator *op, int64_t rowtime, int8_t change, int64_t start);
/* Emits the output so far. */
void aggregate_emit_output(aggregate_operator *op);
/* Remembers the results as they are now in op->before; gives their place, counted from 1. */
uint32_t aggregate_remember(aggregate_operator *op, const void *slots);
/* Emits the result after each of the batch's entries, which are those of op->rows. */
void aggregate_emit_rows(aggregate_operator *op, const batch *in, int64_t count);
/* Emits the results of changed groups, the old ones too if there are any. */
void aggregate_emit_groups(aggregate_operator *op, group *const *groups, int64_t count);
/* Those of all that changed since they were emitted last. */
void aggregate_emit_changed(aggregate_operator *op);

/* ---- aggregate_window.c ---- */

/* What groups are looked at for when windows up to a start have closed. */
typedef struct closing_windows {
    aggregate_operator *op;
    int64_t last_start;
} closing_windows;

/* Replaces the rows 0..count by entries, one for each window that a row is in and that is still
 * open. Counts late rows. Returns the number of entries. */
int64_t aggregate_expand_windows(aggregate_operator *op, const batch *in, int64_t count);
void aggregate_drop_late(aggregate_operator *op, const batch *in, int64_t row);
/* Windows that start here or before are closed; INT64_MIN: none is. */
int64_t aggregate_closed_start(const aggregate_operator *op);
/* Between barriers: emits and forgets groups of closed windows if that gives much memory back. */
void aggregate_give_closed(aggregate_operator *op);
/* At a barrier, when groups have been emitted and saved: takes those of closed windows out of
 * memory and out of the store. */
void aggregate_forget_closed(aggregate_operator *op);

/* ---- aggregate_hopping.c ---- */

/* Sets ring_size when windows overlap; 0: there are no rings. The groups are open. */
void aggregate_rings_open(aggregate_operator *op);
void aggregate_rings_close(aggregate_operator *op);
/* Groups have left the table, or will: any, or those of windows up to this start. */
void aggregate_rings_forget(aggregate_operator *op);
void aggregate_rings_forget_closed(aggregate_operator *op, int64_t last_start);
/* Before the groups of `count` entries are asked for, one after the other. */
void aggregate_find_rings(aggregate_operator *op, const batch *in, int64_t count);
group *aggregate_ring_group(aggregate_operator *op, int64_t i, int64_t count);

/* ---- aggregate_panes.c ---- */

size_t aggregate_panes_state_bytes(void);
void aggregate_panes_drop(aggregate_operator *op, group *g);
void aggregate_panes_batch(aggregate_operator *op, const batch *in, int64_t count);
/* Emits windows up to this start, which have closed, off the list of changed groups. */
void aggregate_panes_give_closed(aggregate_operator *op, int64_t last_start);
/* For a sweep with closing_windows: takes panes that are in closed windows only, which were given,
 * out of a group; true when none are left. */
bool aggregate_panes_are_over(void *context, group *g);
void aggregate_panes_emit(aggregate_operator *op);
void aggregate_panes_save(aggregate_operator *op);

/* ---- aggregate_session.c ---- */

/* The clock is loaded; the groups are closed. */
void aggregate_sessions_open(aggregate_operator *op);
void aggregate_sessions_close(aggregate_operator *op);
void aggregate_session_batch(aggregate_operator *op, const batch *in, int64_t count);
void aggregate_session_emit(aggregate_operator *op);
void aggregate_session_save(aggregate_operator *op);
void aggregate_expire_sessions(aggregate_operator *op);
/* The size of a group's state, and what frees what it holds. */
size_t aggregate_session_state_bytes(void);
void aggregate_session_drop(aggregate_operator *op, group *g);

/* ---- aggregate_ttl.c ---- */

/* A group has come into being: its rowtime was INT64_MIN before. */
void aggregate_ttl_note(aggregate_operator *op, const group *g);
/* Moves stream time on; forgets the groups that have not been touched for long, and emits their
 * deletes. */
void aggregate_ttl_advance(aggregate_operator *op, int64_t time_ms);
/* Takes forgotten groups out of the list of dirty ones. */
void aggregate_ttl_clean(aggregate_operator *op);

/* The group of a key: in memory, read from the store, or empty. */
group *aggregate_find_group(aggregate_operator *op, const group_key *key);
/* Where the store has it. */
slice aggregate_group_place(aggregate_operator *op, const group_key *key);

/* Saves a changed group, whose place in the store this is. */
void aggregate_save_group(aggregate_operator *op, group *g, slice place);

/* ---- aggregate_deltas.c ---- */

/* Sets takes_deltas. */
void aggregate_deltas_open(aggregate_operator *op);
/* A new, empty group becomes a delta. */
void aggregate_delta_begin(aggregate_operator *op, group *g);
/* At a barrier, before results are emitted: all changed groups become whole, and are saved. */
void aggregate_deltas_save(aggregate_operator *op);

/* ---- aggregate_cache.c ---- */

/* Behind a barrier: groups leave memory when they take too much of it. */
void aggregate_shrink_cache(aggregate_operator *op);
/* Frees what a group's state holds; the context is the operator. */
void aggregate_drop_state(void *op, group *g);
/* Another bound than GROUP_CACHE_BYTES. Before the first batch. */
void aggregate_operator_limit_cache(operator* self, int64_t bytes);

#endif
