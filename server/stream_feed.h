/* stream_feed.h - gives a stepped query what a topic holds at this moment. Private to server/. */
#ifndef SLUICE_SERVER_STREAM_FEED_H
#define SLUICE_SERVER_STREAM_FEED_H

#include "executor/engine.h"

/* Feeds all partitions of the topic up to the ends they have now.
 * Stops when *given has reached `limit` (>= 0). */
bool stream_feed(topic_system *topics, slice topic, running_query *query, int64_t limit,
    const int64_t *given, error *e);

#endif
