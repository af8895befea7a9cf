/* bare_consumer: reads a Kafka topic to its end with librdkafka alone and counts: what any program
 * that reads this topic with this library pays at least.
 *
 *   bare_consumer HOST:PORT TOPIC
 */
#include <inttypes.h>
#include <stdio.h>

#include "benchmarks/consume_all.h"

static void count_one(void *context, const rd_kafka_message_t *record) {
    (void)record;
    ++*(int64_t *)context;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: bare_consumer HOST:PORT TOPIC\n");
        return 2;
    }
    int64_t count = 0;
    consume_all(argv[1], argv[2], count_one, &count);
    printf("%" PRId64 "\n", count);
    return 0;
}
