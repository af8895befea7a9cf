/* connector.h - tables that are not topics, behind the interface of topics.
 *
 * A topic whose name has a colon belongs to a connector of the Flink dialect:
 *   filesystem:PATH   lines of a file, or of all files below a directory; written as new files
 *   filesystem:watch=MS:PATH  the same, looked at for new files every so many milliseconds
 *   datagen:SPEC      rows made up (planner/flink_options.h says how SPEC is written)
 *   print:NAME        what is written goes to standard output when it is committed
 *   print-error:NAME  the same to standard error
 *   blackhole:NAME    what is written is forgotten
 * All others are the inner system's. Connector topics have one partition and are there always.
 *
 * Offsets of files are bytes in all of them together, in order of their names or, where they are
 * watched, in the order in which they were found (file_ledger.h); those of datagen are row numbers.
 * The input must not change while it is read; files that are watched must not change at all.
 */
#ifndef SLUICE_EXECUTOR_TOPIC_CONNECTOR_H
#define SLUICE_EXECUTOR_TOPIC_CONNECTOR_H

#include "executor/topic/topic.h"

/* Takes the inner system over; closing closes both. What is known of watched files is kept in a
 * directory, which is made when it is needed. */
topic_system *connectors_open(topic_system *inner, slice directory);

bool connector_is_topic(slice topic);

/* ---- private to executor/topic ---- */

/* What is read from a connector's topic. */
typedef struct connector_source connector_source;

typedef struct connector_source_functions {
    void (*close)(connector_source *s);
    /* Records from the position on, at most `most`; moves it. They stay valid until the next call.
     */
    bool (*read)(
        connector_source *s, int64_t most, const topic_record **records, int64_t *count, error *e);
    /* Finds out where it ends now. NULL: that does not change. */
    bool (*look)(connector_source *s, error *e);
} connector_source_functions;

struct connector_source {
    const connector_source_functions *functions;
    int64_t position, end;
};

/* NULL: see the error. */
connector_source *file_source_open(slice path, slice directory, error *e);
/* The path without `watch=MS:`; *interval_ms is 0 without that. */
slice file_source_path(slice path, int64_t *interval_ms);
connector_source *datagen_source_open(slice spec, error *e);

/* Files that a transaction writes: hidden until they are committed. */
typedef struct file_sink file_sink;
file_sink *file_sink_open(void);
void file_sink_close(file_sink *s); /* what was not committed stays hidden */
/* `key`: {"column":"value"} of the columns the files are partitioned by, or NULL. */
bool file_sink_append(file_sink *s, slice path, const topic_record *record, error *e);
/* Everything appended is in hidden files on disk. */
bool file_sink_prepare(file_sink *s, error *e);
/* They get their names. */
bool file_sink_publish(file_sink *s, error *e);
/* As topic_writer_mark and topic_writer_resume. */
void file_sink_mark(const file_sink *s, topic_commit_mark *mark);
bool file_sink_resume(file_sink *s, slice path, const topic_commit_mark *mark, error *e);
void file_sink_abort(file_sink *s);

#endif
