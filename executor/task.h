/* task.h - inside the executor: a running query, its tasks, and what ties operators together.
 *
 * A task is all operators of one partition. They run on the query's thread, or on its workers, each
 * task on one thread at a time (round.h). Operators see a task only through operator.h.
 */
#ifndef SLUICE_EXECUTOR_TASK_H
#define SLUICE_EXECUTOR_TASK_H

#include <pthread.h>
#include <stdatomic.h>

#include "executor/engine.h"
#include "executor/operator/operator.h"
#include "executor/record_codec.h"
#include "executor/round.h"
#include "executor/shared_reader.h"

typedef struct merge merge;
typedef struct lane lane;

/* Where an operator's failed rows are reported: one for each node of a task. */
typedef struct node_report {
    program_report program;
    record_report record;
    struct task *task;
    const plan_node *node;
} node_report;

/* Whose time it is (node_metrics.c). */
typedef struct time_taker {
    operator* of; /* NULL: nobody's */
    int64_t since_ns;
} time_taker;

struct task {
    running_query *query;
    int32_t partition;
    node_report *reports; /* by node id */
    time_taker *time;     /* the query's, or its own when it may run beside others */
    time_taker own_time;
    lane *lane; /* its part of a round; NULL: there are none, everything is done at once */
};

/* All operators of one plan node, one a partition. */
typedef struct node_instances {
    int32_t count;
    operator** operators;
} node_instances;

/* One partition of one source, as the reader knows it. */
typedef struct assignment {
    int source; /* index in plan->sources */
    slice topic;
    int32_t partition;
    int64_t position; /* everything before it has been processed */
    int64_t told;     /* the same, atomic, for other threads; -1: not known yet */
    int64_t drain_to; /* a drain waits for this position */
    int input;        /* index among the reader's partitions */
    int twin;         /* the next assignment of the same partition, which is read once; -1: none */
    int64_t stop_at;  /* a bounded source ends before this offset, which a restart keeps; INT64_MAX:
                         it does not; -1: not known yet */
    bool has_ended;   /* its operators know that nothing more comes */

    /* For idle time-outs (idle.c). */
    int64_t latest_ms;  /* rowtime of its rows so far; INT64_MIN: none */
    int64_t arrived_ms; /* wall clock when its last record came, or the query began */
    int64_t end;        /* where it ended when last asked; INT64_MAX: not asked yet */
} assignment;

/* Among the positions that a commit keeps, without a topic. */
enum { POSITION_TIME = -1, POSITION_COMPLETE = -2, POSITION_TOKEN = -3, POSITION_NUMBER = -4 };

typedef struct tap_block tap_block;
typedef struct changelog changelog;

struct running_query {
    engine *engine;
    plan *plan;
    query_options options;
    query_output output; /* copied; rows is NULL for persistent queries */
    bool persistent;     /* has positions, a changelog and state on disk */
    bool gives_at_once;  /* it aggregates: many records come at a barrier, or when windows close */
    running_query *next; /* in the engine's list */
    slice state_directory, changelog_topic, group; /* in the plan's arena */

    /* The query's thread owns everything from here to the lock; in a round its workers have a part
     * of it, and what several of them touch is atomic. */
    int32_t partitions;        /* tasks of each stage: the largest number of source partitions */
    task *tasks;               /* by partition */
    node_instances *instances; /* by node id */
    state *state;
    changelog *changelog; /* NULL: it is not persistent */
    topic_writer *writer;
    topic_reader *reader;   /* of the inputs, though with a seat nothing is read from it */
    reader_seat *seat;      /* NULL: it reads on its own */
    reader_seat *free_seat; /* of one that does, to sit down at when others read the same */
    assignment *assignments;
    int assignment_count;
    int64_t *position_list; /* by assignment, for the seat */
    int *inputs;            /* for each partition of the reader its first assignment */
    int input_count;
    int64_t idle_time_ms; /* stream time that was told to idle partitions; INT64_MIN: none yet */
    int64_t idle_base_ms; /* stream time of before the restart or pause */
    int64_t heard_ms;     /* wall clock of the last question for the partitions' ends */
    int64_t asked_at_ms;  /* the same by the monotonic clock, answered or not */
    bool is_deaf;         /* the last question has had no answer */
    merge *merge;         /* NULL with a single source */
    _Atomic bool dirty;   /* something happened since the last commit */
    _Atomic bool commit_asked;  /* by an operator */
    bool has_long_barriers;     /* the last one was asked for */
    _Atomic bool is_committing; /* what came before the last barrier */
    time_taker time;
    rounds *rounds;  /* of several threads; NULL with one */
    bool at_barrier; /* operators save and give what they held back; nothing else happens before the
                        commit */
    _Atomic bool is_failing; /* somebody writes the failure */
    _Atomic bool failed;     /* an operator said so: see `failure`, which stays as it is */
    error failure;
    bool has_committed; /* since it was opened */
    int64_t clean_ms;   /* monotonic: when there was nothing to commit, before the first commit */
    int64_t commit_began_ms, commit_ended_ms; /* monotonic: the last one */
    int64_t commit_began_ns;                  /* the same, when operators had done their part */
    int64_t commit_work_ns;                   /* CPU time of the query's thread in the last one */
    int64_t limit_left;
    bool output_closed;
    topic_commit_mark mark; /* of the last commit's files; number 0: it has written none */
    bool is_complete; /* every source has ended, and everything was processed; kept for restarts */

    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    bool stop, paused, ended;
    bool pause_seen; /* the thread knows of `paused` and acts on it */
    bool reads;      /* the thread is at its input */
    bool open;       /* state, operators and input are there and may be looked at under this lock */
    int readers;     /* pull queries on the state: it stays open while there are any */
    int holders;     /* others who have the handle: query_stop waits for them */
    int64_t drains_requested, drains_done;
    error drain_error;
    query_state state_now;
    char error_message[1024];
    node_metrics *past; /* by node id: of operators that have been closed; NULL: there are none */

    _Atomic int64_t rows_in, rows_out, rows_late, rows_failed, commits, commit_time_ns, recoveries,
        lag, stream_time_ms, state_bytes, overlay_bytes;
    int64_t started_ms;

    tap_block *tap_pending;    /* of the query's thread: written since the last barrier */
    tap_block *tap_committing; /* before it, and not yet committed */
    _Atomic int tap_count;
};

struct engine {
    engine_options options;
    shared_readers *shared_readers;
    char *data_directory, *service_id; /* owned */
    pthread_mutex_t lock;
    running_query *queries;
    topic_writer *inserter; /* for engine_insert; guarded by insert_lock */
    pthread_mutex_t insert_lock;
    pthread_mutex_t tap_lock; /* guards the taps and what waits in them */
    struct query_tap *taps;
};

/* ---- the operators of the core; the others are in operators.h ---- */

operator* source_operator_create(const plan_node *node, task *t);
/* The rows of records; valid until the next call. The query emits them from this operator, at once
 * or merged. */
const batch *source_operator_decode(operator* self, const topic_record *records, int64_t count);
/* Counts rows that somebody has decoded for the operator. */
void source_operator_note(operator* self, const batch *rows, int64_t records);
operator* exchange_operator_create(const plan_node *node, task *t);
/* Tells an exchange where rows of each partition go. */
void exchange_operator_connect(operator* self, operator* const * targets, int32_t count, int input);
operator* sink_operator_create(const plan_node *node, task *t);
operator* filter_operator_create(const plan_node *node, task *t);
operator* project_operator_create(const plan_node *node, task *t);
operator* table_function_operator_create(const plan_node *node, task *t);
operator* changes_operator_create(const plan_node *node, task *t);
operator* sort_operator_create(const plan_node *node, task *t);
operator* limit_operator_create(const plan_node *node, task *t);
operator* scan_operator_create(const plan_node *node, task *t);
/* Scans are the sources of pull queries. What a scan reads, before the others; NULL, before the
 * view is closed: nothing any more. */
typedef struct query_view query_view;
void scan_operator_set_view(operator* self, const query_view *view);
/* Pushes all its rows, */
void scan_operator_run(operator* self);
/* or those with the given keys: rows of key columns, each key once. */
void scan_operator_look_up(operator* self, column *const *keys, int64_t count);
/* All right rows are there: looks up the left rows that may meet them, for a left scan BY_JOIN. */
void hash_join_ask_left(operator* self);

/* ---- merge.c: inputs of several sources in order of rowtime ---- */

/* One input for each assignment. Rows of an input keep their order. */
merge *merge_create(running_query *q);
void merge_destroy(merge *m); /* NULL is allowed */
/* Buffers rows of an assignment that its source operator has decoded. */
void merge_add(merge *m, int assignment, const batch *rows);
/* Emits rows as long as it is certain what comes next: every input has a row waiting, or is at its
 * end. */
void merge_run(merge *m);
/* The first offset of an input not yet emitted; `fallback` when nothing is waiting. */
int64_t merge_position(const merge *m, int assignment, int64_t fallback);
int64_t merge_waiting(const merge *m, int assignment);

/* ---- idle.c: stream time where no records come ---- */

/* Nothing has been silent yet. */
void idle_begin(running_query *q);
/* Rows of an assignment have come. */
void idle_note(running_query *q, int assignment, const batch *rows);
/* Stream time as far as it is known, to be kept over restarts; INT64_MIN: not at all. */
int64_t idle_known_ms(const running_query *q);
/* Asks where the partitions end now (`assignment.end`), which may take up to `timeout_ms`. */
bool idle_ask(running_query *q, int64_t timeout_ms, error *e);
/* Carries stream time to partitions that are idle; where all are, on with the wall clock. */
void idle_run(running_query *q);

/* ---- node_metrics.c: what each operator does, and how long it takes ---- */

/* From now on the time of a task is that of `to` (NULL: of nobody). Gives whose it was, to go back
 * to. */
operator* query_time_to(task *t, operator* to);
/* Adds what the operators that are there have counted, and says what is in their stores. Nobody
 * opens or closes them meanwhile. */
void query_measure(running_query *q, node_metrics *metrics);
/* The operators are about to be closed: what they have counted stays. */
void query_keep_metrics(running_query *q);

/* ---- query_input.c: where a query's rows come from ---- */

/* Finds the partitions that several assignments read. */
void query_list_inputs(running_query *q);
/* Opens the reader or a seat at a shared one, at the query's positions. */
bool query_open_input(running_query *q, error *e);
void query_close_input(running_query *q);
/* Where readers are shared: takes the query's place, or gives it up for a while. */
bool query_take_input(running_query *q, error *e);
void query_leave_input(running_query *q);
/* Waits for records at most that long, and processes them. */
bool query_read(running_query *q, int64_t timeout_ms, error *e);
/* Tells the operators of bounded sources that have been read that nothing more comes, and the query
 * when that is so of all of them. */
void query_end_sources(running_query *q);
/* The next offset to read; rows before it may still wait in a merge. */
int64_t query_input_position(const running_query *q, const assignment *a);
/* Makes query_read return. The query's lock is held. */
void query_wake_input(running_query *q);

/* ---- task.c, query_open.c, query_commit.c and query.c: parts of a query's life ---- */

/* Gives rows and times to an operator, whatever its level. */
void operator_deliver(operator* to, int input, const batch *rows);
void operator_deliver_watermark(operator* to, int input, int64_t watermark_ms);
bool query_build_operators(running_query *q, error *e); /* creates, connects and opens them */
void query_close_operators(running_query *q);
/* Begins a commit of all that has been processed, after the end of the one before. */
bool query_barrier(running_query *q, error *e);
/* Ends it when it is done; `waits`: waits until it is. False: it has failed. */
bool query_end_commit(running_query *q, bool waits, error *e);
/* Opens state and writer, replays the changelog's tail, opens operators and readers. */
bool query_recover(running_query *q, error *e);
/* A query's committed state at one moment, for any thread. While it is open the query neither ends
 * nor recovers: close it soon. */
typedef struct query_view {
    running_query *query; /* given, and held by the caller */
    state_snapshot *snapshot;
    int32_t partitions;
} query_view;
/* Of several queries, each given once, at the same moment. On failure none is open. */
bool query_views_open(query_view *views, int count, error *e);
void query_views_close(query_view *views, int count);
/* Closes what query_recover opened, once nobody looks at it any more. */
void query_release(running_query *q);
void query_set_state(running_query *q, query_state state, const error *e);
/* Names of internal topics. `a` gives the memory. */
slice query_changelog_name(arena *a, const engine *g, slice query_id);

#endif
