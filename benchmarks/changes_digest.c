/* changes_digest: what printed changes come to when they are added up, so that systems that print
 * other changes on the way to the same result can be compared.
 *
 *   SYSTEM | changes_digest
 *
 * Reads lines `NAME> +I[...]`, and with -U, +U and -D, as Flink's print connector writes them for a
 * table with a `print-identifier`, and prints for each NAME how many rows are left and the sum of
 * their hashes, in which order has no part. Lines of other forms are left out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { KIND_BYTES = 2, NAMES = 64, NAME_BYTES = 32 };

typedef struct total {
    char name[NAME_BYTES];
    int64_t rows;
    uint64_t sum;
} total;

static total totals[NAMES];
static int total_count;

static total *total_of(const char *name, size_t length) {
    for (int i = 0; i < total_count; i++)
        if (strlen(totals[i].name) == length && memcmp(totals[i].name, name, length) == 0)
            return &totals[i];
    if (length >= NAME_BYTES || total_count == NAMES)
        return NULL;
    memcpy(totals[total_count].name, name, length);
    return &totals[total_count++];
}

/* 1 for a row given, -1 for one taken back, 0 for no change. */
static int weight_of(const char *change, size_t length) {
    if (length < KIND_BYTES + 2 || change[KIND_BYTES] != '[' || change[length - 1] != ']')
        return 0;
    if (change[0] == '+' && (change[1] == 'I' || change[1] == 'U'))
        return 1;
    return change[0] == '-' && (change[1] == 'U' || change[1] == 'D') ? -1 : 0;
}

static void take(const char *line, size_t length) {
    const char *arrow = memchr(line, '>', length);
    size_t name_length = arrow ? (size_t)(arrow - line) : 0;
    if (!arrow || length < name_length + 2 || arrow[1] != ' ')
        return;
    const char *change = arrow + 2;
    size_t change_length = length - name_length - 2;
    int weight = weight_of(change, change_length);
    total *t = weight ? total_of(line, name_length) : NULL;
    if (!t)
        return;
    uint64_t hash = XXH64(change + KIND_BYTES, change_length - KIND_BYTES, 0);
    t->rows += weight;
    t->sum += weight < 0 ? 0 - hash : hash;
}

int main(void) {
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&line, &capacity, stdin)) > 0)
        take(line, (size_t)(length - (line[length - 1] == '\n')));
    free(line);
    for (int i = 0; i < total_count; i++)
        printf("%s %" PRId64 " %016" PRIx64 "\n", totals[i].name, totals[i].rows, totals[i].sum);
    return 0;
}
