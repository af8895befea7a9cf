/* Reading a text by a pattern: each item takes its characters off the front and sets a field; the
 * fields are put together at the end.
 *
 * A number of one letter has as many digits as there are, unless digits of the next items follow
 * directly: then those get theirs (yyyyMMdd). Numbers of several letters have that many digits;
 * fewer are accepted where no digit follows.
 */
#include "base/time_text.h"
#include "executor/function/date_items.h"

static bool is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

typedef struct date_reader {
    const date_pattern *pattern;
    const char *at, *end;
    bool lenient;
    bool has_month, has_day, has_day_of_year, has_hour, before_christ, has_pm, is_pm;
    int64_t year, month, day, day_of_year, hour, half_hour, minute, second, nanos;
    int64_t of_day_ms; /* A and N; -1: not there */
    date_parsed *parsed;
} date_reader;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_numeric(const date_item *item) {
    switch (item->letter) {
    case 'M':
    case 'L':
    case 'Q':
    case 'e':
    case 'c':
        return item->count <= 2;
    default:
        return item->letter && strchr("uyDdHhKkmsSAnN", item->letter) != NULL;
    }
}

/* Digits that the items directly behind item `i` need. */
static int digits_behind(const date_pattern *p, int i) {
    int digits = 0;
    for (i++; i < p->count && is_numeric(&p->items[i]) && p->items[i].count > 1; i++)
        digits += p->items[i].count;
    return digits;
}

static bool read_number(date_reader *r, int i, int64_t *value) {
    const date_item *item = &r->pattern->items[i];
    int there = 0, behind = digits_behind(r->pattern, i);
    while (there < 19 && r->at + there < r->end && is_digit(r->at[there]))
        there++;
    bool fixed = item->count > 1;
    int wanted = fixed ? item->count : there - behind;
    int least = fixed && (behind || item->letter == 'S') ? item->count : 1;
    if (fixed && item->letter != 'S' && !behind && there < wanted)
        wanted = there;
    if (wanted > there || wanted < least)
        return false;
    *value = 0;
    for (int k = 0; k < wanted; k++)
        *value = *value * 10 + (*r->at++ - '0');
    return true;
}

static bool read_year(date_reader *r, int i) {
    const date_item *item = &r->pattern->items[i];
    bool negative = r->at < r->end && *r->at == '-';
    bool sign = negative || (r->at < r->end && *r->at == '+');
    const char *start = r->at;
    if (sign && item->count != 2) {
        r->at++;
        int digits = 0;
        r->year = 0;
        while (digits < 9 && r->at < r->end && is_digit(*r->at)) {
            r->year = r->year * 10 + (*r->at++ - '0');
            digits++;
        }
        if (negative)
            r->year = -r->year;
        return digits > 0;
    }
    if (!read_number(r, i, &r->year))
        return false;
    if (item->count == 2)
        r->year += 2000;
    return item->count < 3 || r->at - start == item->count;
}

/* The index of the name that the text goes on with; -1 for none. */
static int read_name(date_reader *r, const char *const *names, int count, bool full) {
    for (int i = 0; i < count; i++) {
        size_t length = full ? strlen(names[i]) : 3;
        slice name = {names[i], length};
        if ((size_t)(r->end - r->at) >= length &&
            slice_equal_ignore_case(slice_make(r->at, length), name)) {
            r->at += length;
            return i;
        }
    }
    return -1;
}

static bool read_text(date_reader *r, slice text) {
    if ((size_t)(r->end - r->at) < text.length ||
        !slice_equal_ignore_case(slice_make(r->at, text.length), text))
        return false;
    r->at += text.length;
    return true;
}

static bool read_two_digits(date_reader *r, int32_t *value) {
    if (r->end - r->at < 2 || !is_digit(r->at[0]) || !is_digit(r->at[1]))
        return false;
    *value = (r->at[0] - '0') * 10 + (r->at[1] - '0');
    r->at += 2;
    return true;
}

/* Z, or a sign, hours, and as many minutes and seconds as there are. */
static bool read_offset(date_reader *r) {
    r->parsed->has_offset = true;
    r->parsed->offset_seconds = 0;
    if (read_text(r, SLICE_LITERAL("GMT")) && (r->at == r->end || !strchr("+-", *r->at)))
        return true;
    if (r->at == r->end || read_text(r, SLICE_LITERAL("Z")))
        return r->at[-1] == 'Z' || r->at[-1] == 'z';
    int sign = *r->at == '-' ? -1 : *r->at == '+' ? 1 : 0;
    int32_t hours, minutes = 0, seconds = 0;
    r->at++;
    if (!sign || !read_two_digits(r, &hours))
        return false;
    if (r->at < r->end && *r->at == ':')
        r->at++;
    if (r->at < r->end && is_digit(*r->at) && !read_two_digits(r, &minutes))
        return false;
    if (r->at < r->end && *r->at == ':')
        r->at++;
    if (r->at < r->end && is_digit(*r->at) && !read_two_digits(r, &seconds))
        return false;
    r->parsed->offset_seconds = sign * (hours * 3600 + minutes * 60 + seconds);
    return hours <= 18 && minutes < 60 && seconds < 60;
}

/* Abbreviations stand for the zones that Java's English ones do. */
static slice zone_of_abbreviation(slice text) {
    static const char *const zones[][2] = {{"PST", "America/Los_Angeles"},
        {"PDT", "America/Los_Angeles"}, {"MST", "America/Denver"}, {"MDT", "America/Denver"},
        {"CST", "America/Chicago"}, {"CDT", "America/Chicago"}, {"EST", "America/New_York"},
        {"EDT", "America/New_York"}, {"BST", "Europe/London"}, {"CET", "Europe/Paris"},
        {"CEST", "Europe/Paris"}, {"EET", "Europe/Bucharest"}, {"EEST", "Europe/Bucharest"},
        {"JST", "Asia/Tokyo"}, {"IST", "Asia/Kolkata"}, {"AEST", "Australia/Sydney"},
        {"AEDT", "Australia/Sydney"}};
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
        if (slice_is_ignore_case(text, zones[i][0]))
            return slice_of(zones[i][1]);
    return text;
}

static bool read_zone(date_reader *r, bool abbreviation) {
    const char *start = r->at;
    while (r->at < r->end && (is_letter(*r->at) || is_digit(*r->at) || strchr("_/+-:", *r->at)))
        r->at++;
    slice name = {start, (size_t)(r->at - start)};
    r->parsed->zone_name = abbreviation ? zone_of_abbreviation(name) : name;
    return name.length > 0;
}

static bool read_month(date_reader *r, int i) {
    const date_item *item = &r->pattern->items[i];
    r->has_month = true;
    if (item->count <= 2)
        return read_number(r, i, &r->month) && (r->lenient || (r->month >= 1 && r->month <= 12));
    int month = read_name(r, DATE_MONTHS, 12, item->count == 4);
    r->month = month + 1;
    return month >= 0;
}

static bool read_fraction(date_reader *r, int i) {
    int count = r->pattern->items[i].count;
    const char *start = r->at;
    if (count == 1) { /* one letter is one digit here */
        if (r->at == r->end || !is_digit(*r->at))
            return false;
        r->nanos = *r->at++ - '0';
    } else if (!read_number(r, i, &r->nanos)) {
        return false;
    }
    for (long digits = r->at - start; digits < 9; digits++)
        r->nanos *= 10;
    return true;
}

static bool read_limited(date_reader *r, int i, int64_t *value, int64_t least, int64_t most) {
    return read_number(r, i, value) && *value >= least && *value <= most;
}

static bool read_item(date_reader *r, int i) {
    const date_item *item = &r->pattern->items[i];
    int64_t ignored;
    switch (item->letter) {
    case 0:
        return read_text(r, date_item_text(r->pattern, item));
    case 'G':
        r->before_christ = read_text(r, SLICE_LITERAL("BC"));
        return r->before_christ || read_text(r, SLICE_LITERAL("AD"));
    case 'u':
    case 'y':
        return read_year(r, i);
    case 'M':
    case 'L':
        return read_month(r, i);
    case 'd':
        r->has_day = true;
        return r->lenient ? read_number(r, i, &r->day) : read_limited(r, i, &r->day, 1, 31);
    case 'D':
        r->has_day_of_year = true;
        return read_limited(r, i, &r->day_of_year, 1, 366);
    case 'E':
        return read_name(r, DATE_WEEKDAYS, 7, item->count == 4) >= 0;
    case 'Q':
    case 'e':
    case 'c':
        return item->count > 2 ? read_name(r, DATE_WEEKDAYS, 7, item->count == 4) >= 0
                               : read_number(r, i, &ignored);
    case 'a':
        r->has_pm = true;
        r->is_pm = read_text(r, SLICE_LITERAL("PM"));
        return r->is_pm || read_text(r, SLICE_LITERAL("AM"));
    case 'H':
        r->has_hour = true;
        return read_limited(r, i, &r->hour, 0, 23);
    case 'k':
        r->has_hour = true;
        if (!read_limited(r, i, &r->hour, 1, 24))
            return false;
        r->hour %= 24;
        return true;
    case 'h':
    case 'K':
        if (!read_limited(r, i, &r->half_hour, 0, 12))
            return false;
        r->half_hour %= 12;
        return true;
    case 'm':
        return read_limited(r, i, &r->minute, 0, 59);
    case 's':
        return read_limited(r, i, &r->second, 0, 59);
    case 'S':
        return read_fraction(r, i);
    case 'n':
        return read_limited(r, i, &r->nanos, 0, 999999999);
    case 'A':
        return read_limited(r, i, &r->of_day_ms, 0, MILLISECONDS_PER_DAY - 1);
    case 'N':
        if (!read_number(r, i, &r->of_day_ms))
            return false;
        r->of_day_ms /= 1000000;
        return r->of_day_ms < MILLISECONDS_PER_DAY;
    case 'V':
        return read_zone(r, false);
    case 'z':
        return read_zone(r, true);
    default:
        return read_offset(r);
    }
}

/* The item behind the ] that closes the [ at item i. */
static int behind_optional(const date_pattern *p, int i) {
    int depth = 0;
    for (; i < p->count; i++) {
        depth += (p->items[i].letter == '[') - (p->items[i].letter == ']');
        if (depth == 0)
            return i + 1;
    }
    return i;
}

static bool read_items(date_reader *r, int from, int to) {
    for (int i = from; i < to;) {
        if (r->pattern->items[i].letter != '[') {
            if (!read_item(r, i))
                return false;
            i++;
            continue;
        }
        int behind = behind_optional(r->pattern, i);
        date_reader before = *r;
        if (!read_items(r, i + 1, behind - 1))
            *r = before;
        i = behind;
    }
    return true;
}

/* The days since 1970 of the date that was read. */
static int64_t days_read(const date_reader *r) {
    int64_t year = r->before_christ ? 1 - r->year : r->year, month = r->month - 1;
    if (r->has_day_of_year && !r->has_month)
        return time_days_from_date(year, 1, 1) + r->day_of_year - 1;
    year += month / 12 - (month % 12 < 0);
    month = (month % 12 + 12) % 12 + 1;
    int last = time_days_in_month(year, (int)month);
    int64_t day = r->day > last && !r->lenient ? last : r->day;
    return time_days_from_date(year, (int)month, 1) + day - 1;
}

static int64_t milliseconds_read(const date_reader *r) {
    if (r->of_day_ms >= 0)
        return r->of_day_ms;
    int64_t hour = r->has_hour ? r->hour : r->half_hour + (r->is_pm ? 12 : 0);
    return ((hour * 60 + r->minute) * 60 + r->second) * 1000 + r->nanos / 1000000;
}

bool date_pattern_parse(const date_pattern *p, slice text, bool lenient, date_parsed *parsed) {
    *parsed = (date_parsed){0};
    date_reader r = {.pattern = p,
        .at = text.data,
        .end = text.data + text.length,
        .lenient = lenient,
        .year = 1970,
        .month = 1,
        .day = 1,
        .of_day_ms = -1,
        .parsed = parsed};
    if (!read_items(&r, 0, p->count) || (r.at != r.end && !lenient))
        return false;
    return !__builtin_mul_overflow(
               days_read(&r), (int64_t)MILLISECONDS_PER_DAY, &parsed->local_ms) &&
           !__builtin_add_overflow(parsed->local_ms, milliseconds_read(&r), &parsed->local_ms);
}
