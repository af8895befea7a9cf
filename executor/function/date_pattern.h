/* date_pattern.h - patterns of dates and times in the language of Java's DateTimeFormatter, in
 * English: yyyy-MM-dd'T'HH:mm:ss.SSSX.
 *
 * Known letters: G u y D M L d Q E e c a H h K k m s S A n N V z O X x Z, quoted text, '' for a
 * quote, and [optional parts].
 */
#ifndef SLUICE_EXECUTOR_FUNCTION_DATE_PATTERN_H
#define SLUICE_EXECUTOR_FUNCTION_DATE_PATTERN_H

#include "base/buffer.h"
#include "executor/function/zone.h"

typedef struct date_pattern date_pattern;

/* NULL for a malformed pattern, with the reason in `complaint` (160 bytes). The caller destroys it.
 */
date_pattern *date_pattern_compile(slice text, char *complaint);
void date_pattern_destroy(date_pattern *p); /* NULL is allowed */

enum { DATE_HAS_DATE = 1, DATE_HAS_TIME = 2, DATE_HAS_ZONE = 4 };

/* What is written: a moment as the clocks of its zone show it. */
typedef struct date_moment {
    int parts; /* DATE_HAS_...: letters for other parts are an error */
    int64_t local_ms;
    int32_t offset_seconds;
    slice zone_name;
    const char *zone_abbreviation;
} date_moment;

/* False (with the complaint) when the pattern asks for a part that the moment does not have. */
bool date_pattern_format(
    const date_pattern *p, const date_moment *moment, buffer *out, char *complaint);

/* What was read. Parts that the pattern does not have are those of 1970-01-01T00:00. */
typedef struct date_parsed {
    int64_t local_ms;
    bool has_offset; /* offset_seconds counts */
    int32_t offset_seconds;
    slice zone_name; /* of the text; the NULL slice where it names no zone */
} date_parsed;

/* The whole text, letters in either case. Days beyond a month's end become its last day. `lenient`
 * reads as Java's older SimpleDateFormat does: text behind the last item is not looked at, and
 * months and days beyond their end run on into the next ones. */
bool date_pattern_parse(const date_pattern *p, slice text, bool lenient, date_parsed *parsed);

#endif
