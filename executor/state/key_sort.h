/* key_sort.h - sorts things by keys of bytes, stably. */
#ifndef SLUICE_EXECUTOR_STATE_KEY_SORT_H
#define SLUICE_EXECUTOR_STATE_KEY_SORT_H

#include "base/slice.h"

/* Sorts `things` by the keys that `key_of` gives. Those with equal keys stay in their order. */
void key_sort(void **things, size_t count, slice (*key_of)(const void *thing));

#endif
