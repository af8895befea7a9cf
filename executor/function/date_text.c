/* Dates, times and timestamps to and from texts by a pattern: FORMAT_..., PARSE_... and the older
 * names.
 *
 * A call keeps the pattern and the zone it used last, so constant ones are compiled once. Results
 * are in UTC where no zone is given.
 */
#include "base/memory.h"
#include "base/time_text.h"
#include "executor/function/date_pattern.h"
#include "executor/function/registry.h"

typedef struct date_state {
    buffer source; /* the pattern that is compiled */
    bool is_compiled, is_simple;
    date_pattern *pattern;
    char complaint[160];
    zone_cache zone, text_zone;
    buffer out;
} date_state;

static void *prepare_date(const function_call *call) {
    return MEMORY_NEW(date_state);
}

static void *prepare_simple_date(const function_call *call) {
    date_state *s = MEMORY_NEW(date_state);
    s->is_simple = true;
    return s;
}

static void release_date(void *prepared) {
    date_state *s = prepared;
    date_pattern_destroy(s->pattern);
    zone_cache_free(&s->zone);
    zone_cache_free(&s->text_zone);
    buffer_free(&s->source);
    buffer_free(&s->out);
    memory_free(s);
}

/* Makes the pattern (argument 1) of the row ready; fails the row when it is malformed. */
static bool use_pattern(function_call *call) {
    date_state *s = call->prepared;
    slice text = argument_slice(call, 1);
    if (!s->is_compiled || !slice_equal(text, buffer_slice(&s->source))) {
        date_pattern_destroy(s->pattern);
        buffer_clear(&s->source);
        buffer_append(&s->source, text);
        s->is_compiled = true;
        s->pattern = s->is_simple ? date_pattern_compile_simple(text, s->complaint)
                                  : date_pattern_compile(text, s->complaint);
    }
    if (s->pattern)
        return true;
    function_fail(call, "The pattern '%.*s' is malformed: %s", SLICE_ARG(text), s->complaint);
    return false;
}

/* The zone of the row (argument 2, or the other); fails the row when there is no such zone. */
static const zone *use_zone(function_call *call, slice otherwise) {
    date_state *s = call->prepared;
    slice name = call->argument_count > 2 ? argument_slice(call, 2) : otherwise;
    const zone *z = zone_cached(&s->zone, name);
    if (!z)
        function_fail(call, "There is no time zone called '%.*s'", SLICE_ARG(name));
    return z;
}

/* ---- formatting ---- */

static void return_formatted(function_call *call, const date_moment *moment) {
    date_state *s = call->prepared;
    char complaint[160];
    buffer_clear(&s->out);
    if (date_pattern_format(s->pattern, moment, &s->out, complaint))
        return_slice(call, buffer_slice(&s->out));
    else
        function_fail(call, "The pattern '%.*s' does not suit: %s",
            SLICE_ARG(argument_slice(call, 1)), complaint);
}

static void run_format_date(function_call *call) {
    while (function_next_row(call))
        if (use_pattern(call)) {
            date_moment moment = {.parts = DATE_HAS_DATE,
                .local_ms = argument_int32(call, 0) * (int64_t)MILLISECONDS_PER_DAY};
            return_formatted(call, &moment);
        }
}

static void run_format_time(function_call *call) {
    while (function_next_row(call))
        if (use_pattern(call)) {
            date_moment moment = {.parts = DATE_HAS_TIME, .local_ms = argument_int32(call, 0)};
            return_formatted(call, &moment);
        }
}

/* `otherwise` is how the zone is called where none is given; both names mean the same. */
static void format_timestamps(function_call *call, slice otherwise) {
    char abbreviation[ZONE_ABBREVIATION_BYTES];
    while (function_next_row(call)) {
        const zone *z = use_pattern(call) ? use_zone(call, otherwise) : NULL;
        if (!z)
            continue;
        int64_t utc_ms = argument_int64(call, 0);
        int32_t offset = zone_offset(z, utc_ms, abbreviation);
        date_moment moment = {.parts = DATE_HAS_DATE | DATE_HAS_TIME | DATE_HAS_ZONE,
            .local_ms = zone_to_local(z, utc_ms),
            .offset_seconds = offset,
            .zone_name = call->argument_count > 2 ? argument_slice(call, 2) : otherwise,
            .zone_abbreviation = abbreviation};
        return_formatted(call, &moment);
    }
}

static void run_format_timestamp(function_call *call) {
    format_timestamps(call, SLICE_LITERAL("GMT"));
}

static void run_timestamp_to_string(function_call *call) {
    format_timestamps(call, SLICE_LITERAL("UTC"));
}

/* ---- parsing ---- */

/* Reads the row's text (argument 0); fails the row when it does not follow the pattern. */
static bool parse_row(function_call *call, date_parsed *parsed) {
    date_state *s = call->prepared;
    if (!use_pattern(call))
        return false;
    slice text = argument_slice(call, 0);
    if (date_pattern_parse(s->pattern, text, parsed))
        return true;
    function_fail(call, "'%.*s' does not follow the pattern '%.*s'", SLICE_ARG(text),
        SLICE_ARG(argument_slice(call, 1)));
    return false;
}

static void run_parse_date(function_call *call) {
    date_parsed parsed;
    while (function_next_row(call)) {
        if (!parse_row(call, &parsed))
            continue;
        if (time_of_day(parsed.local_ms))
            function_fail(call, "'%.*s' has a time of day beside its date; use PARSE_TIMESTAMP",
                SLICE_ARG(argument_slice(call, 0)));
        else
            return_int32(call, (int32_t)time_days_of_timestamp(parsed.local_ms));
    }
}

static void run_string_to_date(function_call *call) {
    date_parsed parsed;
    while (function_next_row(call)) {
        if (!parse_row(call, &parsed))
            continue;
        if (parsed.has_date)
            return_int32(call, (int32_t)time_days_of_timestamp(parsed.local_ms));
        else
            function_fail(
                call, "The pattern '%.*s' gives no whole date", SLICE_ARG(argument_slice(call, 1)));
    }
}

static void run_parse_time(function_call *call) {
    date_parsed parsed;
    while (function_next_row(call)) {
        if (!parse_row(call, &parsed))
            continue;
        if (parsed.names_date || !parsed.has_time)
            function_fail(call, "The pattern '%.*s' gives %s", SLICE_ARG(argument_slice(call, 1)),
                parsed.names_date ? "a date; use PARSE_TIMESTAMP" : "no whole time");
        else
            return_int32(call, (int32_t)time_of_day(parsed.local_ms));
    }
}

/* The zone in the text counts before the one that is given. */
static void run_parse_timestamp(function_call *call) {
    date_state *s = call->prepared;
    date_parsed parsed;
    while (function_next_row(call)) {
        if (!parse_row(call, &parsed))
            continue;
        if (parsed.has_offset) {
            return_int64(call, parsed.local_ms - parsed.offset_seconds * 1000LL);
            continue;
        }
        const zone *z = parsed.zone_name.data ? zone_cached(&s->text_zone, parsed.zone_name)
                                              : use_zone(call, SLICE_LITERAL("UTC"));
        if (z)
            return_int64(call, zone_to_utc(z, parsed.local_ms));
        else if (parsed.zone_name.data)
            function_fail(call, "There is no time zone called '%.*s'", SLICE_ARG(parsed.zone_name));
    }
}

#define DATES .prepare = prepare_date, .release = release_date

static const scalar_kernel format_date = {.run = run_format_date, DATES},
                           format_time = {.run = run_format_time, DATES},
                           format_timestamp = {.run = run_format_timestamp, DATES},
                           timestamp_to_string = {.run = run_timestamp_to_string, DATES},
                           parse_date = {.run = run_parse_date,
                               .prepare = prepare_simple_date,
                               .release = release_date},
                           string_to_date = {.run = run_string_to_date, DATES},
                           parse_time = {.run = run_parse_time, DATES},
                           parse_timestamp = {.run = run_parse_timestamp, DATES};
static const function_overload format_date_overloads[] = {
    {.signature = "(DATE, STRING) -> STRING", .scalar = &format_date}};
static const function_overload date_to_string_overloads[] = {
    {.signature = "(INTEGER, STRING) -> STRING", .scalar = &format_date}};
static const function_overload format_time_overloads[] = {
    {.signature = "(TIME, STRING) -> STRING", .scalar = &format_time}};
static const function_overload format_timestamp_overloads[] = {
    {.signature = "(TIMESTAMP, STRING) -> STRING", .scalar = &format_timestamp},
    {.signature = "(TIMESTAMP, STRING, STRING) -> STRING", .scalar = &format_timestamp}};
static const function_overload timestamp_to_string_overloads[] = {
    {.signature = "(BIGINT, STRING) -> STRING", .scalar = &timestamp_to_string},
    {.signature = "(BIGINT, STRING, STRING) -> STRING", .scalar = &timestamp_to_string}};
static const function_overload parse_date_overloads[] = {
    {.signature = "(STRING, STRING) -> DATE", .scalar = &parse_date}};
static const function_overload string_to_date_overloads[] = {
    {.signature = "(STRING, STRING) -> INTEGER", .scalar = &string_to_date}};
static const function_overload parse_time_overloads[] = {
    {.signature = "(STRING, STRING) -> TIME", .scalar = &parse_time}};
static const function_overload parse_timestamp_overloads[] = {
    {.signature = "(STRING, STRING) -> TIMESTAMP", .scalar = &parse_timestamp},
    {.signature = "(STRING, STRING, STRING) -> TIMESTAMP", .scalar = &parse_timestamp}};
static const function_overload string_to_timestamp_overloads[] = {
    {.signature = "(STRING, STRING) -> BIGINT", .scalar = &parse_timestamp},
    {.signature = "(STRING, STRING, STRING) -> BIGINT", .scalar = &parse_timestamp}};

#define ROW(name, summary, example, result, overloads)                                             \
    { name, FUNCTION_SCALAR, "DATE / TIME", summary, example, result, OVERLOADS(overloads) }

static const function_descriptor rows[] = {
    ROW("FORMAT_DATE", "A DATE as text by a pattern (Java's DateTimeFormatter).",
        "FORMAT_DATE(FROM_DAYS(18993), 'dd-MMM-yyyy')", "\"01-Jan-2022\"", format_date_overloads),
    ROW("FORMAT_TIME", "A TIME as text by a pattern.",
        "FORMAT_TIME(CAST('00:20:34' AS TIME), 'HHmmss')", "\"002034\"", format_time_overloads),
    ROW("FORMAT_TIMESTAMP", "A TIMESTAMP as text by a pattern, in UTC or a zone.",
        "FORMAT_TIMESTAMP(FROM_UNIXTIME(1526075913000), 'yyyy-MM-dd HH:mm:ss zzz', "
        "'America/Los_Angeles')",
        "\"2018-05-11 14:58:33 PDT\"", format_timestamp_overloads),
    ROW("PARSE_DATE", "The DATE that a text gives by a pattern.",
        "PARSE_DATE('11/05/2019', 'dd/MM/yyyy')", "\"2019-05-11\"", parse_date_overloads),
    ROW("PARSE_TIME", "The TIME that a text gives by a pattern.", "PARSE_TIME('13:25', 'HH:mm')",
        "\"13:25\"", parse_time_overloads),
    ROW("PARSE_TIMESTAMP",
        "The TIMESTAMP that a text gives by a pattern; in UTC unless it or the third argument "
        "names a zone.",
        "PARSE_TIMESTAMP('2018-05-11T21:58:33Z', 'yyyy-MM-dd''T''HH:mm:ssX')",
        "\"2018-05-11T21:58:33.000\"", parse_timestamp_overloads),
    ROW("DATETOSTRING", "Days since 1970 as text by a pattern. Newer: FORMAT_DATE.",
        "DATETOSTRING(17662, 'yyyy-MM-dd')", "\"2018-05-11\"", date_to_string_overloads),
    ROW("STRINGTODATE", "The days since 1970 of a date's text. Newer: PARSE_DATE.",
        "STRINGTODATE('2018-05-11', 'yyyy-MM-dd')", "17662", string_to_date_overloads),
    ROW("STRINGTOTIMESTAMP", "The milliseconds since 1970 of a text. Newer: PARSE_TIMESTAMP.",
        "STRINGTOTIMESTAMP('2018-05-11 21:58:33', 'yyyy-MM-dd HH:mm:ss')", "1526075913000",
        string_to_timestamp_overloads),
    ROW("TIMESTAMPTOSTRING", "Milliseconds since 1970 as text. Newer: FORMAT_TIMESTAMP.",
        "TIMESTAMPTOSTRING(1526075913000, 'yyyy-MM-dd HH:mm', 'Europe/London')",
        "\"2018-05-11 22:58\"", timestamp_to_string_overloads),
};

void date_text_functions_register(void) {
    REGISTER_ROWS(rows);
}
