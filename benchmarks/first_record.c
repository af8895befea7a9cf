/* first_record: waits for the first committed record of a Kafka topic, and prints when it was
 * there.
 *
 *   first_record HOST:PORT TOPIC
 *
 * Prints "waiting" when it has begun to, and then seconds since the epoch.
 */
#include <stdio.h>
#include <time.h>

#include "benchmarks/consume_all.h"

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: first_record HOST:PORT TOPIC\n");
        return 2;
    }
    printf("waiting\n");
    fflush(stdout);
    consume_first(argv[1], argv[2]);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    printf("%lld.%06ld\n", (long long)now.tv_sec, now.tv_nsec / 1000);
    return 0;
}
