/* Functions of time that the Flink dialect has. Timestamps are the clock's time as written, without
 * a zone. Names that start with FLINK_ are made by the planner of operators and casts. */

#include "base/clock.h"
#include "base/time_text.h"
#include "executor/function/registry.h"

enum { MS_PER_DAY = 86400000 };

/* ---- now ---- */

static void run_now(function_call *call) {
    while (function_next_row(call))
        return_int64(call, clock_now_ms(&CLOCK_SYSTEM));
}

/* ---- adding intervals ---- */

static void run_add_ms(function_call *call) {
    while (function_next_row(call)) {
        int64_t result;
        if (__builtin_add_overflow(argument_int64(call, 0), argument_int64(call, 1), &result))
            function_fail(call, "The timestamp lies outside the calendar");
        else
            return_int64(call, result);
    }
}

static void return_date(function_call *call, int64_t days) {
    if (days < INT32_MIN || days > INT32_MAX)
        function_fail(call, "The date lies outside the calendar");
    else
        return_int32(call, (int32_t)days);
}

static void run_add_ms_to_date(function_call *call) {
    while (function_next_row(call))
        return_date(call, argument_int32(call, 0) + argument_int64(call, 1) / MS_PER_DAY);
}

static void run_add_ms_to_time(function_call *call) {
    while (function_next_row(call)) {
        int64_t time =
            (argument_int32(call, 0) + argument_int64(call, 1) % MS_PER_DAY) % MS_PER_DAY;
        return_int32(call, (int32_t)(time < 0 ? time + MS_PER_DAY : time));
    }
}

static bool moment_add_months(int64_t moment, int64_t months, int64_t *result) {
    int64_t days;
    return time_add_months(time_days_of_timestamp(moment), months, &days) &&
           !__builtin_mul_overflow(days, MS_PER_DAY, result) &&
           !__builtin_add_overflow(*result, time_of_day(moment), result);
}

static void return_moment(function_call *call, bool exists, int64_t moment) {
    if (exists)
        return_int64(call, moment);
    else
        function_fail(call, "The timestamp lies outside the calendar");
}

static void run_add_months(function_call *call) {
    while (function_next_row(call)) {
        int64_t sum;
        bool exists = moment_add_months(argument_int64(call, 0), argument_int64(call, 1), &sum);
        return_moment(call, exists, sum);
    }
}

static void run_add_months_to_date(function_call *call) {
    while (function_next_row(call)) {
        int64_t days;
        if (time_add_months(argument_int32(call, 0), argument_int64(call, 1), &days))
            return_date(call, days);
        else
            function_fail(call, "The date lies outside the calendar");
    }
}

static void run_ms_between(function_call *call) {
    while (function_next_row(call)) {
        int64_t result;
        if (__builtin_sub_overflow(argument_int64(call, 1), argument_int64(call, 0), &result))
            function_fail(call, "The times are too far apart");
        else
            return_int64(call, result);
    }
}

/* ---- as text ---- */

static void run_timestamp_text(function_call *call) {
    while (function_next_row(call)) {
        int64_t moment = argument_int64(call, 0);
        char text[TIME_TEXT_MAX];
        return_slice(call, slice_make(text, time_write_moment(text, moment, ' ', true)));
    }
}

/* 2024-02-29 09:16:05.123; NULL when it is something else. */
static void run_read_timestamp(function_call *call) {
    while (function_next_row(call)) {
        slice text = slice_trim(argument_slice(call, 0));
        char copy[64];
        int64_t moment;
        size_t length = text.length < sizeof copy ? text.length : sizeof copy - 1;
        memcpy(copy, text.data ? text.data : "", length);
        char *space = memchr(copy, ' ', length);
        if (space)
            *space = 'T';
        if (length == text.length && time_parse_timestamp(slice_make(copy, length), &moment))
            return_int64(call, moment);
        else
            return_null(call);
    }
}

/* ---- units ---- */

typedef enum time_unit {
    UNIT_NONE,
    UNIT_MILLISECOND,
    UNIT_SECOND,
    UNIT_MINUTE,
    UNIT_HOUR,
    UNIT_DAY,
    UNIT_WEEK,
    UNIT_MONTH,
    UNIT_QUARTER,
    UNIT_YEAR,
    UNIT_DOW,
    UNIT_DOY,
    UNIT_EPOCH,
    UNIT_ISODOW,
    UNIT_ISOYEAR,
    UNIT_DECADE,
    UNIT_CENTURY,
    UNIT_MILLENNIUM,
    UNIT_MICROSECOND,
    UNIT_NANOSECOND,
} time_unit;

static time_unit read_unit(slice name) {
    static const struct {
        const char *name;
        time_unit unit;
    } units[] = {{"SECOND", UNIT_SECOND}, {"MINUTE", UNIT_MINUTE}, {"HOUR", UNIT_HOUR},
        {"DAY", UNIT_DAY}, {"WEEK", UNIT_WEEK}, {"MONTH", UNIT_MONTH}, {"QUARTER", UNIT_QUARTER},
        {"YEAR", UNIT_YEAR}, {"MILLISECOND", UNIT_MILLISECOND}, {"DOW", UNIT_DOW},
        {"DOY", UNIT_DOY}, {"ISODOW", UNIT_ISODOW}, {"ISOYEAR", UNIT_ISOYEAR},
        {"DECADE", UNIT_DECADE}, {"CENTURY", UNIT_CENTURY}, {"MILLENNIUM", UNIT_MILLENNIUM},
        {"MICROSECOND", UNIT_MICROSECOND}, {"NANOSECOND", UNIT_NANOSECOND}, {"EPOCH", UNIT_EPOCH},
        {"FRAC_SECOND", UNIT_MILLISECOND}, {"SQL_TSI_SECOND", UNIT_SECOND},
        {"SQL_TSI_MINUTE", UNIT_MINUTE}, {"SQL_TSI_HOUR", UNIT_HOUR}, {"SQL_TSI_DAY", UNIT_DAY},
        {"SQL_TSI_WEEK", UNIT_WEEK}, {"SQL_TSI_MONTH", UNIT_MONTH},
        {"SQL_TSI_QUARTER", UNIT_QUARTER}, {"SQL_TSI_YEAR", UNIT_YEAR}};
    if (name.length > 1 && name.data[name.length - 1] == 'S')
        name.length--;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (slice_is(name, units[i].name))
            return units[i].unit;
    return UNIT_NONE;
}

static bool fail_unit(function_call *call, int argument) {
    function_fail(call, "'%.*s' is no unit for this", SLICE_ARG(argument_slice(call, argument)));
    return false;
}

/* Monday is the first day of ISO weeks; 1970-01-01 was a Thursday. */
static int64_t week_day(int64_t days) {
    int64_t day = (days + 3) % 7;
    return day < 0 ? day + 7 : day;
}

static int64_t iso_week(int64_t days) {
    int64_t thursday = days - week_day(days) + 3, year;
    int month, day;
    time_date_from_days(thursday, &year, &month, &day);
    return (thursday - time_days_from_date(year, 1, 1)) / 7 + 1;
}

static bool extract(time_unit unit, int64_t moment, int64_t *out) {
    int64_t days = time_days_of_timestamp(moment), of_day = time_of_day(moment), year;
    int month, day;
    time_date_from_days(days, &year, &month, &day);
    switch (unit) {
    case UNIT_MILLISECOND:
        *out = of_day % 1000;
        return true;
    case UNIT_MICROSECOND:
        *out = of_day % 1000 * 1000;
        return true;
    case UNIT_NANOSECOND:
        *out = of_day % 1000 * 1000000;
        return true;
    case UNIT_SECOND:
        *out = of_day / 1000 % 60;
        return true;
    case UNIT_MINUTE:
        *out = of_day / 60000 % 60;
        return true;
    case UNIT_HOUR:
        *out = of_day / 3600000;
        return true;
    case UNIT_DAY:
        *out = day;
        return true;
    case UNIT_WEEK:
        *out = iso_week(days);
        return true;
    case UNIT_MONTH:
        *out = month;
        return true;
    case UNIT_QUARTER:
        *out = (month - 1) / 3 + 1;
        return true;
    case UNIT_YEAR:
        *out = year;
        return true;
    case UNIT_DOW: /* Sunday is 1 */
        *out = (week_day(days) + 1) % 7 + 1;
        return true;
    case UNIT_DOY:
        *out = days - time_days_from_date(year, 1, 1) + 1;
        return true;
    case UNIT_ISODOW: /* Monday is 1 */
        *out = week_day(days) + 1;
        return true;
    case UNIT_ISOYEAR:
        time_date_from_days(days - week_day(days) + 3, &year, &month, &day);
        *out = year;
        return true;
    case UNIT_DECADE:
        *out = year / 10;
        return true;
    case UNIT_CENTURY:
        *out = year > 0 ? (year + 99) / 100 : year / 100 - 1;
        return true;
    case UNIT_MILLENNIUM:
        *out = year > 0 ? (year + 999) / 1000 : year / 1000 - 1;
        return true;
    case UNIT_EPOCH:
        *out = days * 86400 + of_day / 1000;
        return true;
    default:
        return false;
    }
}

static void run_extract(function_call *call) {
    while (function_next_row(call)) {
        int64_t value;
        if (extract(read_unit(argument_slice(call, 0)), argument_int64(call, 1), &value))
            return_int64(call, value);
        else
            fail_unit(call, 0);
    }
}

static int64_t unit_ms(time_unit unit) {
    static const int64_t lengths[] = {[UNIT_MILLISECOND] = 1,
        [UNIT_SECOND] = 1000,
        [UNIT_MINUTE] = 60000,
        [UNIT_HOUR] = 3600000,
        [UNIT_DAY] = MS_PER_DAY,
        [UNIT_WEEK] = 7 * (int64_t)MS_PER_DAY};
    return unit >= UNIT_MILLISECOND && unit <= UNIT_WEEK ? lengths[unit] : 0;
}

static int64_t unit_months(time_unit unit) {
    switch (unit) {
    case UNIT_MONTH:
        return 1;
    case UNIT_QUARTER:
        return 3;
    case UNIT_YEAR:
        return 12;
    case UNIT_DECADE:
        return 120;
    case UNIT_CENTURY:
        return 1200;
    case UNIT_MILLENNIUM:
        return 12000;
    default:
        return 0;
    }
}

/* Whole months from one moment to a later one. */
static int64_t months_between(int64_t from, int64_t to) {
    if (from > to)
        return -months_between(to, from);
    int64_t years[2];
    int months[2], days[2];
    time_date_from_days(time_days_of_timestamp(from), &years[0], &months[0], &days[0]);
    time_date_from_days(time_days_of_timestamp(to), &years[1], &months[1], &days[1]);
    int64_t count = (years[1] - years[0]) * 12 + months[1] - months[0];
    int64_t reached;
    return moment_add_months(from, count, &reached) && reached <= to ? count : count - 1;
}

static void run_timestampdiff(function_call *call) {
    while (function_next_row(call)) {
        time_unit unit = read_unit(argument_slice(call, 0));
        int64_t from = argument_int64(call, 1), to = argument_int64(call, 2), apart;
        if (__builtin_sub_overflow(to, from, &apart))
            function_fail(call, "The times are too far apart");
        else if (unit_ms(unit))
            return_int32(call, (int32_t)(apart / unit_ms(unit)));
        else if (unit_months(unit))
            return_int32(call, (int32_t)(months_between(from, to) / unit_months(unit)));
        else
            fail_unit(call, 0);
    }
}

static void run_timestampadd(function_call *call) {
    while (function_next_row(call)) {
        time_unit unit = read_unit(argument_slice(call, 0));
        int64_t count = argument_int64(call, 1), moment = argument_int64(call, 2), sum;
        bool fits;
        if (unit_ms(unit))
            fits = !__builtin_mul_overflow(count, unit_ms(unit), &sum) &&
                   !__builtin_add_overflow(moment, sum, &sum);
        else
            fits = !__builtin_mul_overflow(count, unit_months(unit), &sum) &&
                   moment_add_months(moment, sum, &sum);
        if (unit_ms(unit) || unit_months(unit))
            return_moment(call, fits, sum);
        else
            fail_unit(call, 0);
    }
}

static int64_t first_year(time_unit unit, int64_t year) {
    int64_t length = unit_months(unit) / 12, from = unit == UNIT_DECADE ? 0 : 1;
    int64_t rest = (year - from) % length;
    return year - (rest < 0 ? rest + length : rest);
}

/* The start of the unit that the moment lies in. */
static bool floor_time(time_unit unit, int64_t moment, int64_t *out) {
    int64_t days = time_days_of_timestamp(moment), year;
    int month, day;
    time_date_from_days(days, &year, &month, &day);
    if (unit == UNIT_WEEK)
        *out = (days - (week_day(days) + 1) % 7) * MS_PER_DAY; /* as in Flink, of Sundays */
    else if (unit_ms(unit))
        *out = days * MS_PER_DAY + time_of_day(moment) / unit_ms(unit) * unit_ms(unit);
    else if (unit == UNIT_MONTH)
        *out = time_days_from_date(year, month, 1) * MS_PER_DAY;
    else if (unit == UNIT_QUARTER)
        *out = time_days_from_date(year, (month - 1) / 3 * 3 + 1, 1) * MS_PER_DAY;
    else if (unit == UNIT_YEAR)
        *out = time_days_from_date(year, 1, 1) * MS_PER_DAY;
    else if (unit_months(unit)) /* decades begin with a 0, centuries with a 1 */
        *out = time_days_from_date(first_year(unit, year), 1, 1) * MS_PER_DAY;
    else
        return false;
    return true;
}

static void run_time_of_day(function_call *call) {
    while (function_next_row(call))
        return_int64(call, argument_int32(call, 0));
}

static void run_floor_time(function_call *call) {
    while (function_next_row(call)) {
        int64_t value;
        if (floor_time(read_unit(argument_slice(call, 1)), argument_int64(call, 0), &value))
            return_int64(call, value);
        else
            fail_unit(call, 1);
    }
}

static void run_ceil_time(function_call *call) {
    while (function_next_row(call)) {
        time_unit unit = read_unit(argument_slice(call, 1));
        int64_t moment = argument_int64(call, 0), value;
        bool exists = true;
        if (!floor_time(unit, moment, &value)) {
            fail_unit(call, 1);
            continue;
        }
        if (value != moment)
            exists = unit_ms(unit) ? !__builtin_add_overflow(value, unit_ms(unit), &value)
                                   : moment_add_months(value, unit_months(unit), &value);
        return_moment(call, exists, value);
    }
}

/* TO_TIMESTAMP_LTZ(number, precision): 0 counts seconds, 3 milliseconds. */
static void run_to_timestamp_ltz(function_call *call) {
    while (function_next_row(call)) {
        int64_t number = argument_int64(call, 0);
        int32_t precision = call->argument_count > 1 ? argument_int32(call, 1) : 3;
        if (precision == 0)
            return_int64(call, number * 1000);
        else if (precision == 3)
            return_int64(call, number);
        else
            function_fail(call, "The precision must be 0 or 3");
    }
}

static const scalar_kernel now = {.run = run_now}, add_ms = {.run = run_add_ms},
                           add_ms_to_date = {.run = run_add_ms_to_date},
                           add_ms_to_time = {.run = run_add_ms_to_time},
                           add_months = {.run = run_add_months},
                           add_months_to_date = {.run = run_add_months_to_date},
                           ms_between = {.run = run_ms_between},
                           timestamp_text = {.run = run_timestamp_text},
                           read_timestamp = {.run = run_read_timestamp},
                           extract_part = {.run = run_extract},
                           timestampdiff = {.run = run_timestampdiff},
                           timestampadd = {.run = run_timestampadd},
                           floor_moment = {.run = run_floor_time},
                           ceil_moment = {.run = run_ceil_time},
                           to_timestamp_ltz = {.run = run_to_timestamp_ltz};
static const function_overload now_overloads[] = {
    {.signature = "() -> TIMESTAMP", .scalar = &now, .is_volatile = true}};
static const function_overload add_ms_overloads[] = {
    {.signature = "(TIMESTAMP, BIGINT) -> TIMESTAMP", .scalar = &add_ms},
    {.signature = "(DATE, BIGINT) -> DATE", .scalar = &add_ms_to_date},
    {.signature = "(TIME, BIGINT) -> TIME", .scalar = &add_ms_to_time}};
static const function_overload add_months_overloads[] = {
    {.signature = "(TIMESTAMP, BIGINT) -> TIMESTAMP", .scalar = &add_months},
    {.signature = "(DATE, BIGINT) -> DATE", .scalar = &add_months_to_date}};
static const function_overload ms_between_overloads[] = {
    {.signature = "(TIMESTAMP, TIMESTAMP) -> BIGINT", .scalar = &ms_between}};
static const function_overload timestamp_text_overloads[] = {
    {.signature = "(TIMESTAMP) -> STRING", .scalar = &timestamp_text}};
static const function_overload read_timestamp_overloads[] = {
    {.signature = "(STRING) -> TIMESTAMP", .scalar = &read_timestamp}};
static const function_overload extract_overloads[] = {
    {.signature = "(STRING, TIMESTAMP) -> BIGINT", .scalar = &extract_part}};
static const function_overload timestampdiff_overloads[] = {
    {.signature = "(STRING, TIMESTAMP, TIMESTAMP) -> INTEGER", .scalar = &timestampdiff}};
static const function_overload timestampadd_overloads[] = {
    {.signature = "(STRING, BIGINT, TIMESTAMP) -> TIMESTAMP", .scalar = &timestampadd}};
static const function_overload floor_overloads[] = {
    {.signature = "(TIMESTAMP, STRING) -> TIMESTAMP", .scalar = &floor_moment}};
static const function_overload ceil_overloads[] = {
    {.signature = "(TIMESTAMP, STRING) -> TIMESTAMP", .scalar = &ceil_moment}};
static const scalar_kernel time_of_day_kernel = {.run = run_time_of_day};
static const function_overload time_of_day_overloads[] = {
    {.signature = "(TIME) -> TIMESTAMP", .scalar = &time_of_day_kernel}};
static const function_overload read_ltz_overloads[] = {
    {.signature = "(BIGINT) -> TIMESTAMP", .scalar = &to_timestamp_ltz},
    {.signature = "(STRING) -> TIMESTAMP", .scalar = &read_timestamp}};
static const function_overload ltz_overloads[] = {
    {.signature = "(BIGINT) -> TIMESTAMP", .scalar = &to_timestamp_ltz},
    {.signature = "(BIGINT, INTEGER) -> TIMESTAMP", .scalar = &to_timestamp_ltz}};

#define TIME_ROW(text, list, what)                                                                 \
    {                                                                                              \
        .name = text, .kind = FUNCTION_SCALAR, .category = "DATE AND TIME", .summary = what,       \
        OVERLOADS(list)                                                                            \
    }

static const function_descriptor rows[] = {
    TIME_ROW("FLINK_NOW", now_overloads, "The wall clock's time."),
    TIME_ROW("FLINK_PROCTIME", now_overloads, "The wall clock's time, as a time attribute."),
    TIME_ROW("FLINK_ADD_MS", add_ms_overloads, "A time and an INTERVAL of days or shorter."),
    TIME_ROW("FLINK_ADD_MONTHS", add_months_overloads, "A time and an INTERVAL of months."),
    TIME_ROW("FLINK_MS_BETWEEN", ms_between_overloads, "The INTERVAL between two times."),
    TIME_ROW("FLINK_TIMESTAMP_TEXT", timestamp_text_overloads, "A TIMESTAMP as text."),
    TIME_ROW("FLINK_READ_TIMESTAMP", read_timestamp_overloads, "A text as TIMESTAMP."),
    TIME_ROW("TO_TIMESTAMP", read_timestamp_overloads, "A text as TIMESTAMP."),
    TIME_ROW("TO_TIMESTAMP_LTZ", ltz_overloads, "Seconds or milliseconds since 1970 as TIMESTAMP."),
    TIME_ROW("FLINK_TO_TIMESTAMP_LTZ", read_ltz_overloads, "Milliseconds or a text as TIMESTAMP."),
    TIME_ROW("FLINK_TIME_OF_DAY", time_of_day_overloads, "A TIME on the first of January 1970."),
    TIME_ROW("FLINK_EXTRACT", extract_overloads, "A part of a TIMESTAMP."),
    TIME_ROW("FLINK_TIMESTAMPDIFF", timestampdiff_overloads, "Whole units between two times."),
    TIME_ROW("FLINK_TIMESTAMPADD", timestampadd_overloads, "A time some units later."),
    TIME_ROW("FLINK_FLOOR_TIME", floor_overloads, "The start of the unit a time lies in."),
    TIME_ROW("FLINK_CEIL_TIME", ceil_overloads, "The end of the unit a time lies in."),
};

void flink_time_functions_register(void) {
    function_register_flink(rows, (int)(sizeof rows / sizeof *rows));
}
