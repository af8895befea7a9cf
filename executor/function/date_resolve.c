/* From the fields that were read to a date and a time, in the way of Java's resolver (its "smart"
 * style).
 *
 * First the date: a year with a month and day, with a day of the year, or a week's year with a week
 * and weekday; then the time. What is left over must agree with them. Where the fields give no
 * whole date, those that are there change 1970-01-01 one by one, and likewise midnight.
 */
#include "base/time_text.h"
#include "executor/function/date_items.h"

#define HAS(field) date_reading_has(r, FIELD_##field)
#define VALUE(field) r->value[FIELD_##field]
#define SET(field, value) date_reading_set(r, FIELD_##field, value)

enum { LARGEST_YEAR = 999999999 };
#define NANOSECONDS_PER_DAY 86400000000000LL

static bool within(int64_t value, int64_t least, int64_t most) {
    return value >= least && value <= most;
}

static bool is_leap(int64_t year) {
    return time_days_in_month(year, 2) == 29;
}

/* ---- dates ---- */

static bool resolve_year(date_reading *r) {
    if (HAS(YEAR_OF_ERA)) {
        if (!within(VALUE(YEAR_OF_ERA), 1, LARGEST_YEAR))
            return false;
        bool before_christ = HAS(ERA) ? VALUE(ERA) == 0 : HAS(YEAR) && VALUE(YEAR) <= 0;
        if (!SET(YEAR, before_christ ? 1 - VALUE(YEAR_OF_ERA) : VALUE(YEAR_OF_ERA)))
            return false;
    }
    return (!HAS(YEAR) || within(VALUE(YEAR), -LARGEST_YEAR, LARGEST_YEAR)) &&
           (!HAS(WEEK_YEAR) || within(VALUE(WEEK_YEAR), -LARGEST_YEAR, LARGEST_YEAR));
}

static bool resolve_month_day(const date_reading *r, int64_t *days) {
    int64_t month = VALUE(MONTH), day = VALUE(DAY);
    if (!within(month, 1, 12) || !within(day, 1, 31))
        return false;
    int last = time_days_in_month(VALUE(YEAR), (int)month);
    *days = time_days_from_date(VALUE(YEAR), (int)month, day > last ? last : (int)day);
    return true;
}

static bool resolve_week_of_month(const date_reading *r, int64_t *days) {
    if (!within(VALUE(MONTH), 1, 12) || !within(VALUE(WEEK_OF_MONTH), 0, 6))
        return false;
    int64_t first = time_days_from_date(VALUE(YEAR), (int)VALUE(MONTH), 1);
    *days = first - date_weekday(first) + (VALUE(WEEK_OF_MONTH) - 1) * 7 + VALUE(WEEKDAY);
    return true;
}

#define BIT(field) (1u << FIELD_##field)

enum {
    DATE_FIELDS = BIT(ERA) | BIT(YEAR_OF_ERA) | BIT(YEAR) | BIT(MONTH) | BIT(DAY) |
                  BIT(DAY_OF_YEAR) | BIT(WEEKDAY) | BIT(ALIGNED_DAY) | BIT(JULIAN_DAY),
    OTHER_DATE_FIELDS = BIT(QUARTER) | BIT(WEEK_YEAR) | BIT(WEEK) | BIT(WEEK_OF_MONTH)
};

/* Finds fields for a whole date: which ones, and the days (0 for none). False when they are wrong.
 */
static bool resolve_date(const date_reading *r, uint32_t *used, int64_t *days) {
    if (HAS(JULIAN_DAY)) {
        *used = BIT(JULIAN_DAY);
        *days = VALUE(JULIAN_DAY) - 40587;
        return within(*days, -365000000000LL, 365000000000LL);
    }
    if (HAS(YEAR) && HAS(MONTH) && HAS(DAY)) {
        *used = BIT(YEAR) | BIT(YEAR_OF_ERA) | BIT(MONTH) | BIT(DAY);
        return resolve_month_day(r, days);
    }
    if (HAS(YEAR) && HAS(DAY_OF_YEAR)) {
        *used = BIT(YEAR) | BIT(DAY_OF_YEAR);
        *days = time_days_from_date(VALUE(YEAR), 1, 1) + VALUE(DAY_OF_YEAR) - 1;
        return within(VALUE(DAY_OF_YEAR), 1, 365 + is_leap(VALUE(YEAR)));
    }
    if (HAS(WEEK_YEAR) && HAS(WEEK) && HAS(WEEKDAY)) {
        *used = BIT(WEEK_YEAR) | BIT(WEEK) | BIT(WEEKDAY);
        *days = date_first_week(VALUE(WEEK_YEAR)) + (VALUE(WEEK) - 1) * 7 + VALUE(WEEKDAY);
        return within(VALUE(WEEK), 1, 53);
    }
    if (HAS(YEAR) && HAS(MONTH) && HAS(WEEK_OF_MONTH) && HAS(WEEKDAY)) {
        *used = BIT(YEAR) | BIT(MONTH) | BIT(WEEK_OF_MONTH) | BIT(WEEKDAY);
        return resolve_week_of_month(r, days);
    }
    *used = 0;
    return true;
}

/* Whether the fields that were read and not used are what the date has. */
static bool agrees_with_date(const date_reading *r, uint32_t used, int64_t days) {
    int64_t year;
    int month, day, week;
    if ((r->has & ~used & (uint32_t)(DATE_FIELDS | OTHER_DATE_FIELDS)) == 0)
        return true;
    time_date_from_days(days, &year, &month, &day);
    int64_t week_year = date_week_year(days, &week);
    const struct {
        date_field field;
        int64_t value;
    } own[] = {{FIELD_YEAR, year}, {FIELD_MONTH, month}, {FIELD_DAY, day},
        {FIELD_DAY_OF_YEAR, days - time_days_from_date(year, 1, 1) + 1},
        {FIELD_QUARTER, (month + 2) / 3}, {FIELD_WEEKDAY, date_weekday(days)},
        {FIELD_WEEK_YEAR, week_year}, {FIELD_WEEK, week},
        {FIELD_WEEK_OF_MONTH, (day - 1 + date_weekday(days - day + 1)) / 7 + 1},
        {FIELD_ALIGNED_DAY, (day - 1) % 7 + 1}, {FIELD_ERA, year > 0}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if ((r->has & ~used) >> own[i].field & 1 && r->value[own[i].field] != own[i].value)
            return false;
    return true;
}

/* The fields that there are, put into 1970-01-01 from the smallest to the largest. */
static bool default_date(const date_reading *r, int64_t *days) {
    int64_t year;
    int month, day;
    *days = HAS(WEEKDAY) ? (VALUE(WEEKDAY) + 6) % 7 - 3 : 0; /* within the week from Monday on */
    if (HAS(ALIGNED_DAY)) {
        time_date_from_days(*days, &year, &month, &day);
        *days += VALUE(ALIGNED_DAY) - ((day - 1) % 7 + 1);
    }
    time_date_from_days(*days, &year, &month, &day);
    if (HAS(DAY)) {
        if (!within(VALUE(DAY), 1, time_days_in_month(year, month)))
            return false;
        day = (int)VALUE(DAY);
    }
    if (HAS(DAY_OF_YEAR)) { /* there is no year beside it */
        if (!within(VALUE(DAY_OF_YEAR), 1, 365))
            return false;
        time_date_from_days(
            time_days_from_date(year, 1, 1) + VALUE(DAY_OF_YEAR) - 1, &year, &month, &day);
    }
    if (HAS(MONTH)) {
        if (!within(VALUE(MONTH), 1, 12))
            return false;
        month = (int)VALUE(MONTH);
    }
    if (HAS(YEAR))
        year = VALUE(YEAR);
    else if (HAS(ERA) && VALUE(ERA) == 0)
        year = 1 - year;
    int last = time_days_in_month(year, month);
    *days = time_days_from_date(year, month, day > last ? last : day);
    return true;
}

/* ---- times ---- */

/* Spreads the time of a day over hour, minute, second and nanosecond. */
static bool spread_time(date_reading *r, int64_t nanoseconds) {
    return SET(HOUR, nanoseconds / 3600000000000LL) &&
           SET(MINUTE, nanoseconds / 60000000000LL % 60) &&
           SET(SECOND, nanoseconds / 1000000000 % 60) && SET(NANOSECOND, nanoseconds % 1000000000);
}

static bool resolve_hour(date_reading *r) {
    if (HAS(NANOSECOND_OF_DAY) && (!within(VALUE(NANOSECOND_OF_DAY), 0, NANOSECONDS_PER_DAY - 1) ||
                                      !spread_time(r, VALUE(NANOSECOND_OF_DAY))))
        return false;
    if (HAS(MILLISECOND_OF_DAY) &&
        (!within(VALUE(MILLISECOND_OF_DAY), 0, MILLISECONDS_PER_DAY - 1) ||
            !spread_time(r, VALUE(MILLISECOND_OF_DAY) * 1000000)))
        return false;
    if (HAS(HOUR_OF_HALF) && !within(VALUE(HOUR_OF_HALF), 0, 11))
        return false;
    return !HAS(HOUR_OF_HALF) || !HAS(HALF) || SET(HOUR, VALUE(HALF) * 12 + VALUE(HOUR_OF_HALF));
}

static bool is_midnight_24(const date_reading *r) {
    return HAS(HOUR) && VALUE(HOUR) == 24 && VALUE(MINUTE) == 0 && VALUE(SECOND) == 0 &&
           VALUE(NANOSECOND) == 0;
}

/* The milliseconds of the day, with midnight for what is not there. */
static bool resolve_time(date_reading *r, date_parsed *parsed, int64_t *milliseconds) {
    if (!resolve_hour(r))
        return false;
    bool midnight = is_midnight_24(r);
    if (!midnight && !within(VALUE(HOUR), 0, 23))
        return false;
    if (!within(VALUE(MINUTE), 0, 59) || !within(VALUE(SECOND), 0, 59) ||
        !within(VALUE(NANOSECOND), 0, 999999999))
        return false;
    bool has_gap =
        (!HAS(MINUTE) && (HAS(SECOND) || HAS(NANOSECOND))) || (!HAS(SECOND) && HAS(NANOSECOND));
    parsed->has_time = HAS(HOUR) && !has_gap;
    int64_t hour = midnight ? 0 : VALUE(HOUR);
    if (!HAS(HOUR))
        hour = VALUE(HOUR_OF_HALF) + VALUE(HALF) * 12;
    else if ((HAS(HALF) && VALUE(HALF) != hour / 12) ||
             (HAS(HOUR_OF_HALF) && VALUE(HOUR_OF_HALF) != hour % 12))
        return false;
    *milliseconds =
        ((hour * 60 + VALUE(MINUTE)) * 60 + VALUE(SECOND)) * 1000 + VALUE(NANOSECOND) / 1000000;
    if (midnight && parsed->has_date)
        *milliseconds = MILLISECONDS_PER_DAY;
    return true;
}

bool date_resolve(date_reading *r, date_parsed *parsed) {
    int64_t days, milliseconds;
    uint32_t used;
    parsed->names_date = (r->has & DATE_FIELDS) != 0;
    if (!resolve_year(r) || !resolve_date(r, &used, &days))
        return false;
    parsed->has_date = used != 0;
    if (parsed->has_date ? !agrees_with_date(r, used, days) : !default_date(r, &days))
        return false;
    if (!resolve_time(r, parsed, &milliseconds))
        return false;
    return !__builtin_mul_overflow(days, (int64_t)MILLISECONDS_PER_DAY, &parsed->local_ms) &&
           !__builtin_add_overflow(parsed->local_ms, milliseconds, &parsed->local_ms);
}
