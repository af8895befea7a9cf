/* first_record: waits for the first committed record of a Kafka topic, and prints when it was
 * there.
 *
 *   first_record HOST:PORT TOPIC [new]
 *
 * Prints "waiting" when it has begun to, and then seconds since the epoch. The topic may still have
 * to be made; with "new" it is there, and its records do not count.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "benchmarks/consume_all.h"

static void say_waiting(void) {
    printf("waiting\n");
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 4 || (argc == 4 && strcmp(argv[3], "new") != 0)) {
        fprintf(stderr, "usage: first_record HOST:PORT TOPIC [new]\n");
        return 2;
    }
    consume_first(argv[1], argv[2], argc == 4, say_waiting);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    printf("%lld.%06ld\n", (long long)now.tv_sec, now.tv_nsec / 1000);
    return 0;
}
