/* time_text.h - dates, times and timestamps as ISO-8601 text, and the calendar under them.
 *
 * The calendar is the proleptic Gregorian one. Any thread.
 */
#ifndef SLUICE_BASE_TIME_TEXT_H
#define SLUICE_BASE_TIME_TEXT_H

#include "base/slice.h"

enum {
    TIME_TEXT_MAX = 40, /* bytes that any text written here can take */
    MILLISECONDS_PER_DAY = 86400000,
};

/* Days since 1970-01-01 of a date; month 1 to 12, day 1 to 31. */
int64_t time_days_from_date(int64_t year, int month, int day);
/* The same day some months later (negative: earlier), or the last of that month. False when that is
 * billions of years away. */
bool time_add_months(int64_t days, int64_t months, int64_t *result);
void time_date_from_days(int64_t days, int64_t *year, int *month, int *day);
int time_days_in_month(int64_t year, int month);
/* Whole days before the moment, rounding down. */
int64_t time_days_of_timestamp(int64_t timestamp_ms);
/* The milliseconds since the midnight before the moment. */
int64_t time_of_day(int64_t timestamp_ms);

/* Write into `to` (TIME_TEXT_MAX bytes, no zero byte) and give the length. */
size_t time_write_date(char *to, int64_t days);              /* 2024-02-29 */
size_t time_write_time(char *to, int64_t milliseconds);      /* 09:16, 09:16:05, 09:16:05.010 */
size_t time_write_timestamp(char *to, int64_t timestamp_ms); /* 2024-02-29T09:16:05.010 */
/* The same with another sign between date and time, and without milliseconds where not wanted. */
size_t time_write_moment(char *to, int64_t timestamp_ms, char between, bool fraction);

/* Read the whole slice; false when it is something else or out of range. Parts may be left off from
 * the end: 2024, 2024-02, 2024-02-29T09:16. A timestamp may end in Z or an offset (+01:00) and has
 * UTC otherwise. */
bool time_parse_timestamp(slice text, int64_t *timestamp_ms);
bool time_parse_date(slice text, int64_t *days);
bool time_parse_time(slice text, int64_t *milliseconds);

#endif
