/* The distance is Damerau's with adjacent swaps, filled row by row; three rows are enough. */
#include "base/similar.h"

#include <ctype.h>

enum { LONGEST = 64 };

static int smallest(int a, int b, int c) {
    int least = a < b ? a : b;
    return least < c ? least : c;
}

int similar_distance(slice a, slice b) {
    if (a.length > LONGEST || b.length > LONGEST)
        return slice_equal_ignore_case(a, b) ? 0 : LONGEST;
    int rows[3][LONGEST + 1];
    for (size_t j = 0; j <= b.length; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= a.length; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= b.length; j++) {
            int x = tolower((unsigned char)a.data[i - 1]),
                y = tolower((unsigned char)b.data[j - 1]);
            row[j] = smallest(row[j - 1] + 1, above[j] + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b.data[j - 2]) &&
                y == tolower((unsigned char)a.data[i - 2]))
                row[j] = smallest(row[j], two_above[j - 2] + 1, row[j]);
        }
    }
    return rows[a.length % 3][b.length];
}

int similar_limit(slice name) {
    int limit = (int)(name.length / 3);
    return limit < 1 ? 1 : limit > 3 ? 3 : limit;
}

const char *similar_nearest(slice name, const char *const *names, size_t stride, int count) {
    const char *nearest = NULL;
    int least = similar_limit(name) + 1;
    for (int i = 0; i < count; i++) {
        const char *other = *(const char *const *)((const char *)names + stride * (size_t)i);
        int distance = similar_distance(name, slice_of(other));
        if (distance < least) {
            nearest = other;
            least = distance;
        }
    }
    return nearest;
}
