/* test_topics.h - topics that keep the order in which records were written.
 *
 * Tests compare a topic's records in order, whatever its number of partitions. So a topic system
 * that is made orderly writes every record to partition 0.
 */
#ifndef SLUICE_SHELL_TEST_TOPICS_H
#define SLUICE_SHELL_TEST_TOPICS_H

#include "executor/topic/topic.h"

/* Applies to writers opened from now on. One system in a process can be orderly at a time. */
void test_topics_keep_order(topic_system *system);

#endif
