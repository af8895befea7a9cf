/* operator.h - the operators of a running query and the messages between them.
 *
 * Three messages travel down the DAG: a batch of rows, a watermark, a barrier. An operator is a
 * constant table of at most six functions; its own struct embeds `operator` first. The plan node is
 * shared and read-only; the operator's state is its own. There is one operator for each plan node
 * and partition; a task holds those of one partition, and one thread at a time runs what is in it.
 *
 * Rules for batches: rows are processed in order, row i's effect complete before row i+1's, and
 * what is emitted keeps that order: the results equal one-at-a-time processing. An input batch is
 * valid only during the call. Nothing is allocated per row.
 *
 * Results of aggregates and other upserting operators: when `task_results_per_row` is true every
 * input row gives its result at once; otherwise results are coalesced (one per changed key, its
 * last) and emitted at the barrier, in the order in which the keys first changed.
 *
 * Modes of rows between operators are those of plan.h (changelog_mode of the node that emits). In
 * CHANGELOG_RETRACT a -1 with a +1 behind it in the same batch is one update and may become one
 * result. So a -1 that stands for itself is never followed by a +1 of the same key or group in its
 * batch: a new batch begins between them (operator_pairs_end says where, for picked rows).
 */
#ifndef SLUICE_EXECUTOR_OPERATOR_OPERATOR_H
#define SLUICE_EXECUTOR_OPERATOR_OPERATOR_H

#include "base/clock.h"
#include "base/column.h"
#include "base/error.h"
#include "executor/expression/program.h"
#include "executor/state/state.h"
#include "planner/plan.h"

typedef struct operator operator;
typedef struct task task;

/* A watermark that is no time: the input is silent and is not waited for until its next one. */
#define WATERMARK_IDLE INT64_MIN

typedef struct operator_class {
    const char *name;
    /* Compiles programs, opens stores, restores what it keeps in memory. */
    bool (*open)(operator* self, error *e);
    /* `input` is 0, or 1 for a join's right side. */
    void (*batch)(operator* self, int input, const batch *rows);
    /* No row with an earlier rowtime is expected any more on that input. NULL: passed on. */
    void (*watermark)(operator* self, int input, int64_t watermark_ms);
    /* Wall clock, now and then (idle time-outs). NULL: nothing to do. */
    void (*timer)(operator* self, int64_t now_ms);
    /* Emit what was held back and put all state into stores. Called on inputs before consumers. */
    bool (*barrier)(operator* self, error *e);
    void (*close)(operator* self); /* frees everything, the operator included */
} operator_class;

/* Where rows go: an operator, and which of its inputs. */
typedef struct operator_link {
    operator* to;
    int input;
} operator_link;

struct operator{
    const operator_class *class;
    const plan_node *node;
    task *task;
    operator* next; /* where its rows go; NULL for a sink */
    int next_input;
    operator_link *more; /* others that its rows go to as well, in order */
    int more_count;
    int level; /* with several threads: how many exchanges are in front of it (round.c) */
    /* Metrics and EXPLAIN ANALYZE: counted by the task's thread with operator_count, read by any.
     * The time is the operator's own, without what those behind it take (node_metrics.c). */
    int64_t rows_in, rows_out, rows_late, time_ns;
};

static inline void operator_count(int64_t *counter, int64_t more) {
    __atomic_store_n(counter, *counter + more, __ATOMIC_RELAXED);
}

/* Makes the operator for a node (opened later). One constructor for each kind:
 * NODE_operator_create in NODE.c. */
operator* operator_create(const plan_node *node, task *t);

/* Passes rows to the next operator. Empty batches are dropped. */
void operator_emit(operator* self, const batch *rows);
void operator_emit_watermark(operator* self, int64_t watermark_ms);

/* Rows picked out of a retract batch, in order: how far from `first` they can go into one batch
 * without a -1 meeting a +1 that was not right behind it before. */
int64_t operator_pairs_end(const batch *rows, const int32_t *picked, int64_t first, int64_t count);

/* An empty builder with the columns and system fields of a node's rows, owned by the caller. */
batch_builder *node_batch_builder(const plan_node *node);

/* ---- what a task offers to its operators ---- */

int32_t task_partition(const task *t);
bool task_results_per_row(const task *t);
/* More is in memory than should wait for the next commit: the commit comes at once. */
void task_ask_commit(task *t);
/* At a barrier: unread changes of a store so far go to the changelog, ahead of the commit. */
void task_write_changes(task *t, store *st);
const clock_source *task_clock(const task *t);
/* The store of a node in this task's partition. The node's `store` name, plus `suffix` when not
 * NULL. */
store *task_store(task *t, const plan_node *node, const char *suffix, error *e);
/* Why a row is late. Times that do not apply are INT64_MIN. */
typedef struct late_row {
    int64_t stream_time_ms, window_start_ms, window_end_ms;
    const char *reason;
} late_row;
/* Counts a row that came too late and is dropped, and sends its record to the plan's late_topic.
 * `records` are the two columns of `rows` that may hold it, counted from 1; 0: none. NULL: it is
 * beside them (batch.records), where it is at all. */
void task_late_row(task *t, const plan_node *node, const batch *rows, int64_t row,
    const int *records, const late_row *why);
/* What kind of operator a node is, in words. */
const char *task_node_kind(const plan_node *node);
/* A row that could not be processed goes to the processing log; its neighbours are unaffected. */
void task_report_row(task *t, const plan_node *node, const char *message);
/* For program_run: reports failed expressions of this node to the processing log. */
const program_report *task_program_report(task *t, const plan_node *node);
/* Something is wrong beyond one row (disk full): the query stops at the next step with this error
 * and recovers from its last commit. */
void task_fail(task *t, const error *e);

#endif
