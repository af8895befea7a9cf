/* The system's table of functions is replaced by a copy that differs in two places: writers get a
 * table of their own too, whose append sets the partition. */
#include "shell/test_topics.h"

#include "base/memory.h"
#include "executor/topic/topic_functions.h"

static topic_functions orderly;
static const topic_functions *original;

static topic_writer *open_orderly(topic_system *system, slice transactional_id, error *e) {
    topic_writer *writer = original->writer_open(system, transactional_id, e);
    if (writer)
        writer->functions = &orderly;
    return writer;
}

static bool append_orderly(
    topic_writer *writer, slice topic, const topic_record *records, int64_t count, error *e) {
    topic_record *copies = memory_allocate(sizeof *copies * (size_t)count);
    for (int64_t i = 0; i < count; i++) {
        copies[i] = records[i];
        copies[i].partition = 0;
    }
    bool ok = original->writer_append_batch(writer, topic, copies, count, e);
    memory_free(copies);
    return ok;
}

void test_topics_keep_order(topic_system *system) {
    original = system->functions;
    orderly = *original;
    orderly.writer_open = open_orderly;
    orderly.writer_append_batch = append_orderly;
    system->functions = &orderly;
}
