/* consume_all.h - reads a Kafka topic from its start with librdkafka alone.
 *
 * For the programs of the benchmark, each of which reads one topic and ends. */
#ifndef SLUICE_BENCHMARKS_CONSUME_ALL_H
#define SLUICE_BENCHMARKS_CONSUME_ALL_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

/* Calls `each` for every committed record that the topic holds now; the record is valid during the
 * call. What goes wrong ends the program with a message. */
void consume_all(const char *brokers, const char *topic,
    void (*each)(void *context, const rd_kafka_message_t *record), void *context);

/* Waits until the topic has a committed record; it may still have to be made. With `only_new` it is
 * there, and records that it has already do not count. `ready` is called when it waits. */
void consume_first(const char *brokers, const char *topic, bool only_new, void (*ready)(void));

#endif
