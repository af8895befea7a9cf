/* zone.h - time zones, from the system's tz database (/usr/share/zoneinfo, Debian's tzdata).
 *
 * Names are those of the database ("Europe/London"), UTC, GMT, Z, and offsets ("+05:30", "UTC-8").
 * A zone is read-only once opened; any thread may use it.
 */
#ifndef SLUICE_EXECUTOR_FUNCTION_ZONE_H
#define SLUICE_EXECUTOR_FUNCTION_ZONE_H

#include "base/slice.h"

enum { ZONE_ABBREVIATION_BYTES = 16 };

typedef struct zone zone;

/* NULL when there is no such zone. The caller closes it. */
zone *zone_open(slice name);
void zone_close(zone *z); /* NULL is allowed */
/* Seconds that local time is ahead of UTC at a moment. `abbreviation` (may be NULL) gets the name
 * in use then, zero-terminated: PDT. */
int32_t zone_offset(const zone *z, int64_t utc_ms, char *abbreviation);
/* The moment of a local time. In the hour that a change of clocks repeats, the first one; in the
 * hour it leaves out, as much later. */
int64_t zone_to_utc(const zone *z, int64_t local_ms);
/* The local time of a moment. Here and above, the nearest one that an int64_t holds. */
int64_t zone_to_local(const zone *z, int64_t utc_ms);

/* The zone that was asked for last, for calls whose zone is nearly always the same. Zeroed is
 * valid. */
typedef struct zone_cache {
    char *name;
    size_t length;
    zone *zone;
} zone_cache;

const zone *zone_cached(zone_cache *cache, slice name);
void zone_cache_free(zone_cache *cache);

#endif
