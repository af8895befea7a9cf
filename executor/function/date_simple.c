/* Reading as Java's SimpleDateFormat does, for PARSE_DATE: numbers may be out of range and run on
 * (month 13 is the next January), a number takes all digits unless another letter follows it
 * directly, spaces before a field are passed over, and text behind the last item is not looked at.
 */
#include "base/clock.h"
#include "base/time_text.h"
#include "executor/function/date_items.h"

typedef struct simple_reader {
    const char *at, *end;
    int64_t year, month, day, week_year, week, weekday;
    bool before_christ, is_pm;
    char date_letter; /* D or Y when the date goes by that, otherwise by month and day */
    int64_t hour, minute, second, millisecond;
    int32_t offset_seconds;
} simple_reader;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool read_text(simple_reader *r, slice text, bool any_case) {
    slice there = slice_make(r->at, text.length);
    if ((size_t)(r->end - r->at) < text.length ||
        !(any_case ? slice_equal_ignore_case(there, text) : slice_equal(there, text)))
        return false;
    r->at += text.length;
    return true;
}

/* The longest of the names, full or short, that the text goes on with. */
static int read_name(simple_reader *r, const char *const *names, int count) {
    for (int full = 1; full >= 0; full--)
        for (int i = 0; i < count; i++)
            if (read_text(r, slice_make(names[i], full ? strlen(names[i]) : 3), true))
                return i;
    return -1;
}

/* At most `most` digits (with the sign); false when there is none. */
static bool read_number(simple_reader *r, int64_t most, int64_t *value) {
    bool negative = r->at < r->end && *r->at == '-' && most > 1;
    const char *start = r->at;
    r->at += negative;
    *value = 0;
    int digits = 0;
    for (; r->at < r->end && is_digit(*r->at) && r->at - start < most; r->at++, digits++) {
        if (*value > INT32_MAX)
            return false;
        *value = *value * 10 + (*r->at - '0');
    }
    if (negative)
        *value = -*value;
    return digits > 0;
}

/* Two digits are a year from 80 years ago to 19 ahead. */
static int64_t century_of(int64_t two_digits) {
    int64_t year;
    int month, day;
    time_date_from_days(time_days_of_timestamp(clock_now_ms(&CLOCK_SYSTEM)), &year, &month, &day);
    int64_t first = year - 80, full = first - first % 100 + two_digits;
    return full < first ? full + 100 : full;
}

static bool read_zone(simple_reader *r) {
    if (date_read_offset(&r->at, r->end, false, &r->offset_seconds))
        return true;
    return read_text(r, SLICE_LITERAL("UTC"), true) || read_text(r, SLICE_LITERAL("UT"), true);
}

static bool read_half(simple_reader *r) {
    r->is_pm = read_text(r, SLICE_LITERAL("PM"), true);
    return r->is_pm || read_text(r, SLICE_LITERAL("AM"), true);
}

static bool read_era(simple_reader *r) {
    r->before_christ = read_text(r, SLICE_LITERAL("BC"), true);
    return r->before_christ || read_text(r, SLICE_LITERAL("AD"), true);
}

/* 1 when the letter is a name that was read, 0 when it is none, -1 when it is not there. */
static int read_named(simple_reader *r, const date_item *item) {
    int found;
    switch (item->letter) {
    case 'M':
    case 'L':
        if (item->count < 3)
            return 0;
        found = read_name(r, DATE_MONTHS, 12);
        r->month = found + 1;
        return found >= 0 ? 1 : -1;
    case 'E':
        found = read_name(r, DATE_WEEKDAYS, 7);
        r->weekday = found;
        return found >= 0 ? 1 : -1;
    case 'G':
        return read_era(r) ? 1 : -1;
    case 'a':
        return read_half(r) ? 1 : -1;
    case 'z':
    case 'Z':
    case 'X':
        return read_zone(r) ? 1 : -1;
    default:
        return 0;
    }
}

static void set_number(simple_reader *r, const date_item *item, int64_t value, long digits) {
    switch (item->letter) {
    case 'y':
    case 'Y':
        if (item->count <= 2 && digits == 2 && value >= 0)
            value = century_of(value);
        if (item->letter == 'y')
            r->year = value;
        else
            r->week_year = value;
        r->date_letter = item->letter == 'Y' ? 'Y' : r->date_letter == 'Y' ? 0 : r->date_letter;
        break;
    case 'M':
    case 'L':
        r->month = value;
        break;
    case 'd':
    case 'D':
        r->day = value;
        r->date_letter = r->date_letter == 'Y' ? 'Y' : item->letter;
        break;
    case 'w':
        r->week = value;
        break;
    case 'u': /* 1: Monday */
        r->weekday = value % 7;
        break;
    case 'H':
    case 'K':
        r->hour = value;
        break;
    case 'k':
        r->hour = value == 24 ? 0 : value;
        break;
    case 'h':
        r->hour = value == 12 ? 0 : value;
        break;
    case 'm':
        r->minute = value;
        break;
    case 's':
        r->second = value;
        break;
    case 'S':
        r->millisecond = value;
        break;
    default: /* W, F */
        break;
    }
}

static bool read_item(simple_reader *r, const date_pattern *p, int i) {
    const date_item *item = &p->items[i];
    if (item->form == DATE_TEXT)
        return read_text(r, date_item_text(p, item), false);
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
        r->at++;
    int named = read_named(r, item);
    if (named)
        return named > 0;
    bool letter_follows = i + 1 < p->count && p->items[i + 1].form != DATE_TEXT;
    const char *start = r->at;
    int64_t value;
    if (!read_number(r, letter_follows ? item->count : INT32_MAX, &value))
        return false;
    set_number(r, item, value, r->at - start);
    return true;
}

static int64_t days_read(const simple_reader *r) {
    if (r->date_letter == 'Y')
        return date_first_week(r->week_year) + (r->week - 1) * 7 + r->weekday;
    int64_t year = r->before_christ ? 1 - r->year : r->year, month = r->month - 1;
    if (r->date_letter == 'D')
        return time_days_from_date(year, 1, 1) + r->day - 1;
    year += month / 12 - (month % 12 < 0);
    month = (month % 12 + 12) % 12 + 1;
    return time_days_from_date(year, (int)month, 1) + r->day - 1;
}

bool date_simple_parse(const date_pattern *p, slice text, date_parsed *parsed) {
    simple_reader r = {.at = text.data,
        .end = text.data + text.length,
        .year = 1970,
        .month = 1,
        .day = 1,
        .week = 1};
    for (int i = 0; i < p->count; i++)
        if (!read_item(&r, p, i))
            return false;
    int64_t hour = r.hour + (r.is_pm ? 12 : 0);
    int64_t seconds = (hour * 60 + r.minute) * 60 + r.second - r.offset_seconds;
    parsed->has_date = parsed->has_time = parsed->names_date = true;
    return !__builtin_mul_overflow(
               days_read(&r), (int64_t)MILLISECONDS_PER_DAY, &parsed->local_ms) &&
           !__builtin_add_overflow(
               parsed->local_ms, seconds * 1000 + r.millisecond, &parsed->local_ms);
}
