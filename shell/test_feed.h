/* test_feed.h - the records of a test case on their way into stepped queries.
 *
 * Knows the case's inputs, the sources that declare each topic, and what is in the topics. A query
 * is given the inputs of its source topics in the case's order, one at a time and wholly, and then
 * what others wrote into those of its source topics that have no inputs.
 */
#ifndef SLUICE_SHELL_TEST_FEED_H
#define SLUICE_SHELL_TEST_FEED_H

#include "server/instance.h"
#include "shell/json_tree.h"

typedef struct test_feed test_feed;

/* `inputs`: the array of a document; may be NULL. Both must outlive the feed. */
test_feed *test_feed_open(instance *i, const json_node *inputs);
/* Inputs get the partitions and offsets that a producer would give them. */
void test_feed_place_by_key(test_feed *feed);
void test_feed_close(test_feed *feed); /* NULL is allowed */
/* Remembers sources that are new in the catalog as the owners of their topics. Call after each
 * statement. */
void test_feed_note_sources(test_feed *feed);
/* Whoever declared the topic first; NULL when nobody did. */
const source_descriptor *test_feed_source(const test_feed *feed, slice topic);
/* Writes the inputs into their topics: for pull queries over streams. */
bool test_feed_produce(test_feed *feed, error *e);
/* Feeds every persistent query in order of creation, each wholly before the next. */
bool test_feed_all(test_feed *feed, error *e);
/* Feeds one query and commits. */
bool test_feed_query(test_feed *feed, running_query *query, error *e);
/* All records of a topic, partition by partition, in the feed's arena. Gives their number. */
int64_t test_feed_read(test_feed *feed, slice topic, topic_record **records, error *e);
/* Changelogs and the like. */
bool test_feed_is_internal(slice topic);
/* {"name":"...-repartition",...} for every exchange of the running queries. */
void test_feed_append_exchanges(test_feed *feed, buffer *out);

#endif
