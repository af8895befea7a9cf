/* engine.h - runs queries.
 *
 * An engine owns the running queries of one process: their tasks, operators, state, readers and
 * writers. A persistent query (CREATE ... AS SELECT, INSERT INTO ... SELECT) reads its source
 * topics, commits at every barrier as described below, and goes on until it is stopped. A transient
 * query (a push query) keeps its state in memory and gives its rows to a callback. A pull query is
 * bounded and runs on the caller's thread over a snapshot.
 *
 * A barrier is one commit: operators emit what they held back; outputs, the changelog of all state
 * and the input positions are produced in one transaction with the topics; after it has committed,
 * LMDB commits together with the changelog positions it corresponds to. So LMDB can only be behind,
 * and opening a query replays the tail of its changelog. That is also the only recovery path: after
 * any failed commit the query drops its open work, opens a new writer (which fences the old one),
 * replays the tail, and seeks.
 *
 * Threads: every function may be called from any thread, except that one running_query is
 * stepped (query_feed) by one thread at a time. Callbacks run on the query's own thread, and the
 * processing log's on any of its workers.
 */
#ifndef SLUICE_EXECUTOR_ENGINE_H
#define SLUICE_EXECUTOR_ENGINE_H

#include "base/clock.h"
#include "executor/format/format.h"
#include "executor/topic/topic.h"
#include "planner/plan.h"

typedef struct engine engine;
typedef struct running_query running_query;

typedef struct engine_options {
    topic_system *topics;      /* outlives the engine */
    schema_registry *registry; /* may be NULL */
    slice data_directory;      /* state lives in DIR/state/QUERY_ID; NULL: in memory, nothing is
                                  recovered */
    slice service_id;   /* prefix of internal topics and transactional ids; NULL: "default_" */
    clock_source clock; /* zeroed: CLOCK_SYSTEM */
    int64_t state_cache_bytes; /* a query's budget for cached state; 0: the default */
    /* A row that could not be processed, or a query's trouble: the processing log. May be NULL. */
    void (*processing_log)(void *context, slice query_id, slice node, const char *message);
    void *processing_log_context;
} engine_options;

engine *engine_open(const engine_options *options, error *e);
/* Stops all queries (committing their work) and frees them. */
void engine_close(engine *g);

/* ---- queries ---- */

/* Where a query that has no positions of its own yet begins to read streams. Tables are always read
 * from the start. */
typedef enum query_start { QUERY_FROM_EARLIEST, QUERY_FROM_LATEST } query_start;

/* Receives a transient or pull query's rows. */
typedef struct query_output {
    /* Rows of the node before the sink, in its columns. Returns false to end the query (a closed
     * connection, a limit). The batch is valid during the call only. */
    bool (*rows)(void *context, const plan_node *node, const batch *rows);
    /* Called once, last. `e` is NULL when the query ended by itself (LIMIT reached, the end) or was
     * stopped. */
    void (*ended)(void *context, const error *e);
    void *context;
} query_output;

typedef struct query_options {
    query_start start;
    int64_t commit_interval_ms; /* 0: the default, 100, and up to 250 where commits are much work */
    int threads; /* the most that run the tasks of the query; 0 and 1: its own thread does */
    bool results_per_row; /* no coalescing: every input row gives its results (cache size 0) */
    int64_t batch_rows;   /* most rows a batch; 0: the default, 4096 */
    int64_t
        changelog_bytes; /* a changelog of up to so many is not renewed; 0: the default, 64 MB */
    int64_t idle_timeout_ms; /* a partition without records for so long is idle; 0: never */
    bool at_least_once;      /* on Kafka: no transactions; after a crash some rows count twice */
    bool bad_time_fails;     /* a record without a usable timestamp stops the query */
    bool paused;             /* started paused */
    bool is_new; /* nothing of it can exist yet: what stands under its name is not its own */
    const topic_config *sink_topic; /* how the topic it writes is to be made with its own; read by
                                       query_open. NULL: it is there */
    const query_output *output;     /* transient queries: copied. NULL for persistent ones */
    bool
        only_when_drained; /* reads in query_drain only: what several queries write has one order */
    bool stepped;          /* no thread: the caller drives it with query_feed and query_commit. All
                              records run in partition 0's tasks, in the order they are fed. */
} query_options;

enum {
    QUERY_COMMIT_INTERVAL_DEFAULT_MS = 100,
    QUERY_COMMIT_INTERVAL_MOST_MS = 250,
    QUERY_THREADS_MOST = 64
};

/* Makes operators and state, recovers, and starts the query. The plan becomes the engine's, also on
 * failure. The handle stays valid until query_stop. */
running_query *query_open(engine *g, plan *p, const query_options *options, error *e);
/* Commits, ends and frees the query; waits for it and for pull queries on its state. `drop_state`
 * also removes its state, its changelog and its committed positions (DROP, TERMINATE). */
bool query_stop(running_query *q, bool drop_state, error *e);
/* While reading is held, queries that are opened and share the reading of a topic wait, so that
 * they begin together and the topic is read once for all of them. Counted; other queries do not
 * wait. */
void engine_hold_reading(engine *g, bool hold);
/* Asks a query to end by itself, and returns at once; query_stop is still to be called. False: it
 * has no thread that could. */
bool query_ask_to_end(running_query *q);
/* Pausing returns when the query reads no more; what it has read is committed soon after. */
void query_pause(running_query *q, bool paused);
/* Processes everything that its sources hold at this moment, commits, and returns. */
bool query_drain(running_query *q, error *e);

/* ---- stepping, for tests ---- */

/* Processes one record as if read from that source's topic (index into plan->sources) and pushes it
 * wholly through, repartitions included. */
bool query_feed(running_query *q, int source, const topic_record *record, error *e);
/* A barrier and commit. */
bool query_commit(running_query *q, error *e);

/* ---- looking at queries ---- */

typedef enum query_state { QUERY_RUNNING, QUERY_PAUSED, QUERY_ERROR, QUERY_ENDED } query_state;

typedef struct query_status {
    query_state state;
    char error_message[1024]; /* the last trouble; empty when there was none */
    int64_t rows_in, rows_out, rows_late, rows_failed, commits, recoveries;
    int64_t commit_time_ns; /* of commits, from what operators give to their end; rows may be
                               processed meanwhile */
    int64_t state_bytes, overlay_bytes;
    int64_t lag_records;    /* not yet read of its sources, when last heard of */
    bool uncommitted;       /* it has processed what is not committed yet */
    int64_t stream_time_ms; /* INT64_MIN before the first row */
    int64_t started_ms;
} query_status;

const plan *query_plan(const running_query *q);
void query_read_status(running_query *q, query_status *status);
/* For EXPLAIN ANALYZE: what a plan node has done since the query was opened, and what its stores
 * held at the last commit; summed over partitions. */
typedef struct node_metrics {
    int64_t rows_in, rows_out, rows_late;
    int64_t time_ns; /* by the wall clock, in the node itself: without the nodes behind it */
    int64_t state_entries, state_bytes; /* 0 without stores */
} node_metrics;

/* Of all nodes of the plan, by node id. Also of a query that has ended. */
void query_node_metrics(running_query *q, node_metrics *metrics);
/* Records between the query's positions and the ends its sources have now, which are asked for; -1:
 * not known. */
int64_t query_lag(running_query *q);
/* A running query by id; NULL when there is none. Valid until it is stopped: for those who know
 * that nobody stops it meanwhile. */
running_query *engine_query(engine *g, slice query_id);
/* The same, for everybody else: it cannot be stopped until query_let_go. Hold it briefly; who holds
 * it must not stop it. */
running_query *engine_hold_query(engine *g, slice query_id);
void query_let_go(running_query *q); /* NULL is allowed */

/* ---- pull queries ---- */

/* Runs a bounded plan on the calling thread over one snapshot of the committed state and gives its
 * rows (and the end) to `output`. `limit` rows at most when >= 0. */
bool engine_pull(engine *g, plan *p, const query_output *output, error *e);
/* The same without a word to output->ended; tells what each node has done, by node id (NULL: not
 * at all). The plan stays the caller's. */
bool engine_pull_measured(
    engine *g, plan *p, const query_output *output, node_metrics *metrics, error *e);

/* ---- single records ---- */

/* Encodes rows of a source (columns: its key columns, then its value columns, in declaration order,
 * as source_key_first gives them) and appends them to its topic in one commit: INSERT INTO ...
 * VALUES. */
bool engine_insert(engine *g, const source_descriptor *source, const batch *rows, error *e);
/* Decodes records of a source's topic into a batch of all its columns, keys first (PRINT with a
 * schema, tests). `builder` must have those columns, has_source and, for windowed sources,
 * has_window. */
bool engine_decode(engine *g, const source_descriptor *source, const topic_record *records,
    int64_t count, batch_builder *builder, error *e);

#endif
