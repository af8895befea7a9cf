/* Dates are counted in eras of 400 years with March as the first month, so that leap days come last
 * (Howard Hinnant's algorithms). Text is read left to right by a cursor. */
#include "base/time_text.h"

int64_t time_days_from_date(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void time_date_from_days(int64_t days, int64_t *year, int *month, int *day) {
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

int time_days_in_month(int64_t year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

bool time_add_months(int64_t days, int64_t months, int64_t *result) {
    const int64_t most = 100 * INT64_C(1000000000);
    int64_t year;
    int month, day;
    if (months < -most || months > most)
        return false;
    time_date_from_days(days, &year, &month, &day);
    int64_t total = year * 12 + (month - 1) + months;
    year = total / 12 - (total % 12 < 0);
    month = (int)(total - year * 12) + 1;
    int last = time_days_in_month(year, month);
    *result = time_days_from_date(year, month, day > last ? last : day);
    return true;
}

int64_t time_days_of_timestamp(int64_t timestamp_ms) {
    int64_t days = timestamp_ms / MILLISECONDS_PER_DAY;
    return days - (timestamp_ms % MILLISECONDS_PER_DAY < 0);
}

int64_t time_of_day(int64_t timestamp_ms) {
    int64_t rest = timestamp_ms % MILLISECONDS_PER_DAY;
    return rest < 0 ? rest + MILLISECONDS_PER_DAY : rest;
}

static size_t write_digits(char *to, uint64_t value, int width) {
    for (int i = width - 1; i >= 0; i--, value /= 10)
        to[i] = (char)('0' + value % 10);
    return (size_t)width;
}

size_t time_write_date(char *to, int64_t days) {
    int64_t year;
    int month, day;
    time_date_from_days(days, &year, &month, &day);
    size_t length = 0;
    uint64_t magnitude = (uint64_t)(year < 0 ? -year : year);
    if (year < 0 || year > 9999)
        to[length++] = year < 0 ? '-' : '+';
    int width = 4;
    for (uint64_t rest = magnitude / 10000; rest; rest /= 10)
        width++;
    length += write_digits(to + length, magnitude, width);
    to[length++] = '-';
    length += write_digits(to + length, (uint64_t)month, 2);
    to[length++] = '-';
    return length + write_digits(to + length, (uint64_t)day, 2);
}

static size_t write_clock(char *to, int64_t milliseconds, bool seconds, bool fraction) {
    uint64_t rest = (uint64_t)milliseconds;
    size_t length = write_digits(to, rest / 3600000, 2);
    to[length++] = ':';
    length += write_digits(to + length, rest / 60000 % 60, 2);
    if (!seconds)
        return length;
    to[length++] = ':';
    length += write_digits(to + length, rest / 1000 % 60, 2);
    if (!fraction)
        return length;
    to[length++] = '.';
    return length + write_digits(to + length, rest % 1000, 3);
}

size_t time_write_time(char *to, int64_t milliseconds) {
    int64_t of_day = time_of_day(milliseconds);
    return write_clock(to, of_day, of_day % 60000 != 0, of_day % 1000 != 0);
}

size_t time_write_moment(char *to, int64_t timestamp_ms, char between, bool fraction) {
    size_t length = time_write_date(to, time_days_of_timestamp(timestamp_ms));
    to[length++] = between;
    return length + write_clock(to + length, time_of_day(timestamp_ms), true, fraction);
}

size_t time_write_timestamp(char *to, int64_t timestamp_ms) {
    return time_write_moment(to, timestamp_ms, 'T', true);
}

typedef struct cursor {
    const char *at, *end;
} cursor;

static bool at_digit(const cursor *c) {
    return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

static bool accept(cursor *c, char byte) {
    if (c->at == c->end || *c->at != byte)
        return false;
    c->at++;
    return true;
}

/* A number of `least` to `most` digits. */
static bool read_number(cursor *c, int least, int most, int64_t *value) {
    int count = 0;
    *value = 0;
    for (; count < most && at_digit(c); count++)
        *value = *value * 10 + (*c->at++ - '0');
    return count >= least;
}

static bool read_date(cursor *c, int64_t *days) {
    int64_t year, month = 1, day = 1;
    bool negative = accept(c, '-');
    if (!negative)
        accept(c, '+');
    if (!read_number(c, 4, 9, &year))
        return false;
    if (accept(c, '-') && !read_number(c, 1, 2, &month))
        return false;
    if (month < 1 || month > 12)
        return false;
    if (accept(c, '-') && !read_number(c, 1, 2, &day))
        return false;
    year = negative ? -year : year;
    if (day < 1 || day > time_days_in_month(year, (int)month))
        return false;
    *days = time_days_from_date(year, (int)month, (int)day);
    return true;
}

/* Up to nine digits behind the point; those behind milliseconds are dropped. */
static bool read_fraction(cursor *c, int64_t *milliseconds) {
    const char *start = c->at;
    int64_t value;
    if (!read_number(c, 1, 9, &value))
        return false;
    for (long digits = c->at - start; digits != 3; digits += digits < 3 ? 1 : -1)
        value = digits < 3 ? value * 10 : value / 10;
    *milliseconds = value;
    return true;
}

static bool read_clock(cursor *c, int64_t *milliseconds) {
    int64_t hours, minutes = 0, seconds = 0, fraction = 0;
    if (!read_number(c, 1, 2, &hours))
        return false;
    if (accept(c, ':')) {
        if (!read_number(c, 1, 2, &minutes))
            return false;
        if (accept(c, ':') && !read_number(c, 1, 2, &seconds))
            return false;
        if (accept(c, '.') && !read_fraction(c, &fraction))
            return false;
    }
    *milliseconds = ((hours * 60 + minutes) * 60 + seconds) * 1000 + fraction;
    return hours < 24 && minutes < 60 && seconds < 60;
}

static bool read_offset(cursor *c, int64_t *milliseconds) {
    *milliseconds = 0;
    if (c->at == c->end || accept(c, 'Z') || accept(c, 'z'))
        return c->at == c->end;
    bool negative = *c->at == '-';
    if (!accept(c, '-') && !accept(c, '+'))
        return false;
    int64_t hours, minutes = 0;
    if (!read_number(c, 1, 2, &hours))
        return false;
    bool colon = accept(c, ':');
    if ((colon || at_digit(c)) && !read_number(c, colon ? 1 : 2, 2, &minutes))
        return false;
    *milliseconds = (hours * 60 + minutes) * 60000 * (negative ? -1 : 1);
    return c->at == c->end && hours <= 18 && minutes < 60;
}

bool time_parse_timestamp(slice text, int64_t *timestamp_ms) {
    cursor c = {text.data, text.data + text.length};
    int64_t days, clock = 0, offset;
    if (!read_date(&c, &days))
        return false;
    if ((accept(&c, 'T') || accept(&c, ' ')) && at_digit(&c) && !read_clock(&c, &clock))
        return false;
    if (!read_offset(&c, &offset))
        return false;
    return !__builtin_mul_overflow(days, (int64_t)MILLISECONDS_PER_DAY, timestamp_ms) &&
           !__builtin_add_overflow(*timestamp_ms, clock - offset, timestamp_ms);
}

bool time_parse_date(slice text, int64_t *days) {
    cursor c = {text.data, text.data + text.length};
    return read_date(&c, days) && c.at == c.end;
}

bool time_parse_time(slice text, int64_t *milliseconds) {
    cursor c = {text.data, text.data + text.length};
    return read_clock(&c, milliseconds) && c.at == c.end;
}
