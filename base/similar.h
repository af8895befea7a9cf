/* similar.h - names that are nearly the same, for "did you mean". Any thread. */
#ifndef SLUICE_BASE_SIMILAR_H
#define SLUICE_BASE_SIMILAR_H

#include "base/slice.h"

/* Characters to insert, delete, replace or swap with their neighbour to make `a` of `b`, letters
 * in either case being equal. Names longer than 64 bytes: 64 when they differ. */
int similar_distance(slice a, slice b);
/* How far apart two names may be and still be taken for a slip of `name`: a third of its length,
 * at least 1 and at most 3. */
int similar_limit(slice name);
/* The name most like `name` among `count` of them, `stride` bytes apart (they may be members of
 * rows); NULL when none is near. */
const char *similar_nearest(slice name, const char *const *names, size_t stride, int count);

#endif
