/* Arithmetic of dates and times, conversions between them and numbers, the current time and time
 * zones. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/time_text.h"
#include "executor/function/registry.h"
#include "executor/function/zone.h"

/* ---- units ---- */

/* A unit's milliseconds, or its months where it has no fixed length. */
typedef struct interval_unit {
    const char *name;
    int64_t milliseconds;
    int months;
} interval_unit;

static const interval_unit units[] = {{"MILLISECONDS", 1, 0}, {"SECONDS", 1000, 0},
    {"MINUTES", 60000, 0}, {"HOURS", 3600000, 0}, {"DAYS", MILLISECONDS_PER_DAY, 0},
    {"WEEKS", 7LL * MILLISECONDS_PER_DAY, 0}, {"MONTHS", 0, 1}, {"YEARS", 0, 12}};

static const interval_unit *find_unit(slice name) {
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (slice_is_ignore_case(name, units[i].name))
            return &units[i];
    return NULL;
}

/* ---- DATEADD, DATESUB: hours less than a day lead into the day before, as in ksqlDB ---- */

static void add_to_date(function_call *call, int sign) {
    const interval_unit *unit = find_unit(call->units[0]);
    while (function_next_row(call)) {
        int64_t count = (int64_t)sign * argument_int32(call, 1), days = argument_int32(call, 2);
        if (unit->months)
            time_add_months(days, count * unit->months, &days);
        else
            days =
                (days * MILLISECONDS_PER_DAY + count * unit->milliseconds) / MILLISECONDS_PER_DAY;
        if (days < INT32_MIN || days > INT32_MAX)
            function_fail(call, "The date lies outside the calendar");
        else
            return_int32(call, (int32_t)days);
    }
}

static void run_dateadd(function_call *call) {
    add_to_date(call, 1);
}

static void run_datesub(function_call *call) {
    add_to_date(call, -1);
}

/* ---- TIMEADD, TIMESUB: around the clock ---- */

static void add_to_time(function_call *call, int sign) {
    const interval_unit *unit = find_unit(call->units[0]);
    while (function_next_row(call)) {
        if (unit->months) {
            function_fail(call, "A TIME has no %s", unit->name);
            continue;
        }
        int64_t added =
            sign * (argument_int32(call, 1) * unit->milliseconds % MILLISECONDS_PER_DAY);
        int64_t result = (argument_int32(call, 2) + added) % MILLISECONDS_PER_DAY;
        return_int32(call, (int32_t)(result < 0 ? result + MILLISECONDS_PER_DAY : result));
    }
}

static void run_timeadd(function_call *call) {
    add_to_time(call, 1);
}

static void run_timesub(function_call *call) {
    add_to_time(call, -1);
}

/* ---- TIMESTAMPADD, TIMESTAMPSUB ---- */

static void add_to_timestamp(function_call *call, int sign) {
    const interval_unit *unit = find_unit(call->units[0]);
    while (function_next_row(call)) {
        int64_t count = (int64_t)sign * argument_int32(call, 1), moment = argument_int64(call, 2);
        int64_t added = count * unit->milliseconds, result;
        bool outside = false;
        if (unit->months) {
            int64_t days = time_days_of_timestamp(moment), then;
            outside = !time_add_months(days, count * unit->months, &then) ||
                      __builtin_mul_overflow(then - days, MILLISECONDS_PER_DAY, &added);
        }
        if (outside || __builtin_add_overflow(moment, added, &result))
            function_fail(call, "The timestamp lies outside the calendar");
        else
            return_int64(call, result);
    }
}

static void run_timestampadd(function_call *call) {
    add_to_timestamp(call, 1);
}

static void run_timestampsub(function_call *call) {
    add_to_timestamp(call, -1);
}

static const scalar_kernel dateadd = {.run = run_dateadd}, datesub = {.run = run_datesub},
                           timeadd = {.run = run_timeadd}, timesub = {.run = run_timesub},
                           timestampadd = {.run = run_timestampadd},
                           timestampsub = {.run = run_timestampsub};
static const function_overload dateadd_overloads[] = {
    {.signature = "(UNIT, INTEGER, DATE) -> DATE", .scalar = &dateadd}};
static const function_overload datesub_overloads[] = {
    {.signature = "(UNIT, INTEGER, DATE) -> DATE", .scalar = &datesub}};
static const function_overload timeadd_overloads[] = {
    {.signature = "(UNIT, INTEGER, TIME) -> TIME", .scalar = &timeadd}};
static const function_overload timesub_overloads[] = {
    {.signature = "(UNIT, INTEGER, TIME) -> TIME", .scalar = &timesub}};
static const function_overload timestampadd_overloads[] = {
    {.signature = "(UNIT, INTEGER, TIMESTAMP) -> TIMESTAMP", .scalar = &timestampadd}};
static const function_overload timestampsub_overloads[] = {
    {.signature = "(UNIT, INTEGER, TIMESTAMP) -> TIMESTAMP", .scalar = &timestampsub}};

/* ---- numbers: dates are days, timestamps are milliseconds, so these only change the type ---- */

static void run_same_int32(function_call *call) {
    while (function_next_row(call))
        return_int32(call, argument_int32(call, 0));
}

static void run_same_int64(function_call *call) {
    while (function_next_row(call))
        return_int64(call, argument_int64(call, 0));
}

static void run_now_days(function_call *call) {
    int64_t days = time_days_of_timestamp(clock_now_ms(&CLOCK_SYSTEM));
    while (function_next_row(call))
        return_int32(call, (int32_t)days);
}

static void run_now(function_call *call) {
    int64_t now_ms = clock_now_ms(&CLOCK_SYSTEM);
    while (function_next_row(call))
        return_int64(call, now_ms);
}

static const scalar_kernel same_int32 = {.run = run_same_int32},
                           same_int64 = {.run = run_same_int64}, now_days = {.run = run_now_days},
                           now = {.run = run_now};
static const function_overload from_days_overloads[] = {
    {.signature = "(INTEGER) -> DATE", .scalar = &same_int32}};
static const function_overload from_unixtime_overloads[] = {
    {.signature = "(BIGINT) -> TIMESTAMP", .scalar = &same_int64}};
static const function_overload unix_date_overloads[] = {
    {.signature = "() -> INTEGER", .scalar = &now_days, .is_volatile = true},
    {.signature = "(DATE) -> INTEGER", .scalar = &same_int32}};
static const function_overload unix_timestamp_overloads[] = {
    {.signature = "() -> BIGINT", .scalar = &now, .is_volatile = true},
    {.signature = "(TIMESTAMP) -> BIGINT", .scalar = &same_int64}};

/* ---- CONVERT_TZ ---- */

typedef struct zones_state {
    zone_cache from, to;
} zones_state;

static void *prepare_zones(const function_call *call) {
    return MEMORY_NEW(zones_state);
}

static void release_zones(void *prepared) {
    zones_state *s = prepared;
    zone_cache_free(&s->from);
    zone_cache_free(&s->to);
    memory_free(s);
}

/* The timestamp is what the clocks of the first zone show; those of the second show the result. As
 * in ksqlDB, both offsets are those that the zones have when UTC shows the timestamp, which is
 * hours off around a change of clocks. */
static void run_convert_tz(function_call *call) {
    zones_state *s = call->prepared;
    while (function_next_row(call)) {
        slice from_name = argument_slice(call, 1), to_name = argument_slice(call, 2);
        const zone *from = zone_cached(&s->from, from_name), *to = zone_cached(&s->to, to_name);
        if (!from || !to) {
            slice name = from ? to_name : from_name;
            function_fail(call, "There is no time zone called '%.*s'", SLICE_ARG(name));
            continue;
        }
        int64_t moment = argument_int64(call, 0);
        int64_t ahead = zone_offset(to, moment, NULL) - zone_offset(from, moment, NULL), result;
        if (__builtin_add_overflow(moment, ahead * 1000, &result))
            function_fail(call, "The result is out of range");
        else
            return_int64(call, result);
    }
}

static const scalar_kernel convert_tz = {
    .run = run_convert_tz, .prepare = prepare_zones, .release = release_zones};
static const function_overload convert_tz_overloads[] = {
    {.signature = "(TIMESTAMP, STRING, STRING) -> TIMESTAMP", .scalar = &convert_tz}};

#define ROW(name, summary, example, result, overloads)                                             \
    { name, FUNCTION_SCALAR, "DATE / TIME", summary, example, result, OVERLOADS(overloads) }

static const function_descriptor rows[] = {
    ROW("CONVERT_TZ", "A TIMESTAMP of one time zone as that of another.",
        "CONVERT_TZ(FROM_UNIXTIME(1589234313000), 'America/Los_Angeles', 'America/New_York')",
        "\"2020-05-12T00:58:33.000\"", convert_tz_overloads),
    ROW("DATEADD", "A DATE some units later.", "DATEADD(DAYS, 10, FROM_DAYS(0))", "\"1970-01-11\"",
        dateadd_overloads),
    ROW("DATESUB", "A DATE some units earlier.", "DATESUB(DAYS, 1, FROM_DAYS(0))", "\"1969-12-31\"",
        datesub_overloads),
    ROW("FROM_DAYS", "The DATE so many days after 1970-01-01.", "FROM_DAYS(19000)",
        "\"2022-01-08\"", from_days_overloads),
    ROW("FROM_UNIXTIME", "The TIMESTAMP so many milliseconds after 1970.",
        "FROM_UNIXTIME(1589234313000)", "\"2020-05-11T21:58:33.000\"", from_unixtime_overloads),
    ROW("TIMEADD", "A TIME some units later, around the clock.",
        "TIMEADD(HOURS, 2, CAST('23:00' AS TIME))", "\"01:00\"", timeadd_overloads),
    ROW("TIMESUB", "A TIME some units earlier, around the clock.",
        "TIMESUB(MINUTES, 5, CAST('00:00' AS TIME))", "\"23:55\"", timesub_overloads),
    ROW("TIMESTAMPADD", "A TIMESTAMP some units later.",
        "TIMESTAMPADD(SECONDS, 5, FROM_UNIXTIME(0))", "\"1970-01-01T00:00:05.000\"",
        timestampadd_overloads),
    ROW("TIMESTAMPSUB", "A TIMESTAMP some units earlier.",
        "TIMESTAMPSUB(SECONDS, 5, FROM_UNIXTIME(0))", "\"1969-12-31T23:59:55.000\"",
        timestampsub_overloads),
    ROW("UNIX_DATE", "Today, or a DATE, as days since 1970-01-01.",
        "UNIX_DATE(CAST('1970-01-11' AS DATE))", "10", unix_date_overloads),
    ROW("UNIX_TIMESTAMP", "Now, or a TIMESTAMP, as milliseconds since 1970.",
        "UNIX_TIMESTAMP(FROM_UNIXTIME(7))", "7", unix_timestamp_overloads),
};

void date_functions_register(void) {
    REGISTER_ROWS(rows);
}
