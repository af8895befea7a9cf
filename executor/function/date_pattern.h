/* date_pattern.h - patterns of dates and times in the language of Java's DateTimeFormatter, in
 * English: yyyy-MM-dd'T'HH:mm:ss.SSSX.
 *
 * Known letters: G u y Y M L d D Q q w W F E e c g a B H h K k m s S A n N V v z O X x Z, pp for
 * padding, quoted text, '' for a quote, and [optional parts]. The simple patterns are those of
 * Java's older SimpleDateFormat, which only reads here.
 */
#ifndef SLUICE_EXECUTOR_FUNCTION_DATE_PATTERN_H
#define SLUICE_EXECUTOR_FUNCTION_DATE_PATTERN_H

#include "base/buffer.h"
#include "executor/function/zone.h"

typedef struct date_pattern date_pattern;

/* NULL for a malformed pattern, with the reason in `complaint` (160 bytes). The caller destroys it.
 */
date_pattern *date_pattern_compile(slice text, char *complaint);
date_pattern *date_pattern_compile_simple(slice text, char *complaint);
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

/* False (with the complaint) when the pattern asks for a part that the moment does not have, unless
 * that is in an optional part. */
bool date_pattern_format(
    const date_pattern *p, const date_moment *moment, buffer *out, char *complaint);

/* What was read. Parts that the pattern does not have are those of 1970-01-01T00:00. */
typedef struct date_parsed {
    int64_t local_ms;
    bool has_date, has_time; /* a whole one: not the month or the minute only */
    bool names_date;         /* some field of a date was read */
    bool has_offset;         /* offset_seconds counts */
    int32_t offset_seconds;
    slice zone_name; /* of the text; the NULL slice where it names no zone */
} date_parsed;

/* Reads the whole text, letters in either case. As Java's resolver does unless told otherwise: days
 * beyond a month's end become its last day, 24:00 is the next midnight, and fields that contradict
 * each other (a wrong weekday) are an error. Beyond what Java reads, numbers of two digits may have
 * one where no digit follows.
 *
 * A simple pattern need not reach the text's end, and its numbers run on: month 13 is the next
 * January. */
bool date_pattern_parse(const date_pattern *p, slice text, date_parsed *parsed);

#endif
