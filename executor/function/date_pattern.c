/* A pattern is compiled into items: runs of one letter, and texts. Writing goes through them;
 * reading collects fields, which are put together at the end.
 *
 * A number of one letter has as many digits as there are, unless digits of the next items follow
 * directly: then those get theirs (yyyyMMdd). Numbers of several letters have that many digits;
 * fewer are accepted where no digit follows.
 */
#include "executor/function/date_pattern.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/time_text.h"

enum { COMPLAINT_BYTES = 160 };

typedef struct date_item {
    char letter; /* 0: text; '[' and ']': an optional part */
    int part;    /* DATE_HAS_... that the letter writes */
    int count;
    size_t start, length; /* of a text, in `texts` */
} date_item;

struct date_pattern {
    date_item *items;
    int count, capacity;
    buffer texts;
};

static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December"};
static const char *const weekdays[] = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

static int part_of(char letter) {
    return strchr("GuyDMLdQEec", letter) ? DATE_HAS_DATE
           : strchr("VzOXxZ", letter)    ? DATE_HAS_ZONE
                                         : DATE_HAS_TIME;
}

/* ---- compiling ---- */

static date_item *add_item(date_pattern *p, char letter, int count) {
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? p->capacity * 2 : 16;
        p->items = memory_resize(p->items, sizeof *p->items * (size_t)p->capacity);
    }
    p->items[p->count] = (date_item){.letter = letter,
        .part = letter ? part_of(letter) : 0,
        .count = count,
        .start = p->texts.length};
    return &p->items[p->count++];
}

static void add_text(date_pattern *p, char byte) {
    bool extends = p->count > 0 && p->items[p->count - 1].letter == 0;
    date_item *item = extends ? &p->items[p->count - 1] : add_item(p, 0, 0);
    buffer_append_byte(&p->texts, byte);
    item->length++;
}

/* Quoted text from the quote at `at`; the place behind it, or 0 when the quote is not closed. */
static size_t add_quoted(date_pattern *p, slice text, size_t at) {
    size_t i = at + 1;
    if (i < text.length && text.data[i] == '\'') {
        add_text(p, '\'');
        return i + 1;
    }
    for (; i < text.length; i++) {
        if (text.data[i] != '\'') {
            add_text(p, text.data[i]);
        } else if (i + 1 < text.length && text.data[i + 1] == '\'') {
            add_text(p, '\'');
            i++;
        } else {
            return i + 1;
        }
    }
    return 0;
}

static bool is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static int most_of(char letter) {
    switch (letter) {
    case 'y':
    case 'u':
    case 'A':
    case 'n':
    case 'N':
        return 19;
    case 'S':
        return 9;
    case 'M':
    case 'L':
    case 'E':
    case 'G':
    case 'Q':
    case 'X':
    case 'x':
    case 'Z':
    case 'e':
    case 'c':
        return 5;
    case 'D':
        return 3;
    case 'z':
    case 'O':
        return 4;
    case 'a':
        return 1;
    default:
        return 2;
    }
}

date_pattern *date_pattern_compile(slice text, char *complaint) {
    date_pattern *p = MEMORY_NEW(date_pattern);
    int depth = 0;
    for (size_t at = 0; at < text.length;) {
        char c = text.data[at];
        if (is_letter(c)) {
            int count = 0;
            while (at < text.length && text.data[at] == c) {
                at++;
                count++;
            }
            if (!strchr("GuyDMLdQEecaHhKkmsSAnNVzOXxZ", c) || count > most_of(c)) {
                snprintf(complaint, COMPLAINT_BYTES, "%d of the letter %c mean nothing", count, c);
                date_pattern_destroy(p);
                return NULL;
            }
            add_item(p, c, count);
        } else if (c == '\'') {
            at = add_quoted(p, text, at);
            if (at == 0) {
                snprintf(complaint, COMPLAINT_BYTES, "a quote is not closed");
                date_pattern_destroy(p);
                return NULL;
            }
        } else if (c == '[' || c == ']') {
            depth += c == '[' ? 1 : -1;
            if (depth >= 0)
                add_item(p, c, 0);
            at++;
            if (depth < 0)
                break;
        } else {
            add_text(p, c);
            at++;
        }
    }
    if (depth < 0) {
        snprintf(complaint, COMPLAINT_BYTES, "a ] has no [");
        date_pattern_destroy(p);
        return NULL;
    }
    for (; depth > 0; depth--)
        add_item(p, ']', 0);
    return p;
}

void date_pattern_destroy(date_pattern *p) {
    if (!p)
        return;
    memory_free(p->items);
    buffer_free(&p->texts);
    memory_free(p);
}

static slice item_text(const date_pattern *p, const date_item *item) {
    return slice_make(p->texts.data + item->start, item->length);
}

/* ---- writing ---- */

/* The moment in fields. */
typedef struct date_fields {
    int64_t days, year;
    int month, day, weekday;
    int64_t of_day; /* milliseconds */
} date_fields;

/* Decimal digits, with zeros in front up to the width. */
static void append_number(buffer *out, int64_t value, int width) {
    char digits[24];
    int at = sizeof digits;
    for (; value > 0 || width > 0; value /= 10, width--)
        digits[--at] = (char)('0' + value % 10);
    buffer_append_bytes(out, digits + at, sizeof digits - (size_t)at);
}

static void append_year(buffer *out, int64_t year, int count, bool of_era) {
    if (of_era && year <= 0)
        year = 1 - year;
    if (count == 2) {
        append_number(out, (year % 100 + 100) % 100, 2);
        return;
    }
    if (count >= 4 && year > 9999 && count == 4)
        buffer_append_byte(out, '+');
    if (year < 0)
        buffer_append_byte(out, '-');
    append_number(out, year < 0 ? -year : year, count);
}

static void append_name(buffer *out, const char *name, int count) {
    size_t length = count == 4 ? strlen(name) : count == 5 ? 1 : 3;
    buffer_append_bytes(out, name, length);
}

/* Offsets: `least` digits groups as the letter and its count say. */
static void append_offset(buffer *out, int32_t seconds, char letter, int count) {
    if (letter == 'X' && seconds == 0) {
        buffer_append_byte(out, 'Z');
        return;
    }
    if (letter == 'O' || (letter == 'Z' && count == 4)) {
        buffer_append_text(out, "GMT");
        if (seconds == 0)
            return;
    }
    if (letter == 'Z')
        count = count < 4 ? 2 : 3;
    int32_t magnitude = seconds < 0 ? -seconds : seconds;
    int hours = magnitude / 3600, minutes = magnitude / 60 % 60, rest = magnitude % 60;
    buffer_append_byte(out, seconds < 0 ? '-' : '+');
    if (letter == 'O') {
        append_number(out, hours, count == 4 ? 2 : 1);
        if (count == 4 || minutes)
            buffer_format(out, ":%02d", minutes);
        return;
    }
    bool colon = count == 3 || count == 5;
    append_number(out, hours, 2);
    if (count > 1 || minutes)
        buffer_format(out, colon ? ":%02d" : "%02d", minutes);
    if (count > 3 && rest)
        buffer_format(out, colon ? ":%02d" : "%02d", rest);
}

static void append_date_item(buffer *out, const date_item *item, const date_fields *f) {
    switch (item->letter) {
    case 'G':
        buffer_append_text(out, item->count == 4 ? (f->year > 0 ? "Anno Domini" : "Before Christ")
                                                 : (f->year > 0 ? "AD" : "BC"));
        break;
    case 'u':
    case 'y':
        append_year(out, f->year, item->count, item->letter == 'y');
        break;
    case 'M':
    case 'L':
        if (item->count > 2)
            append_name(out, months[f->month - 1], item->count);
        else
            append_number(out, f->month, item->count);
        break;
    case 'Q':
        append_number(out, (f->month + 2) / 3, item->count);
        break;
    case 'd':
        append_number(out, f->day, item->count);
        break;
    case 'D':
        append_number(out, f->days - time_days_from_date(f->year, 1, 1) + 1, item->count);
        break;
    case 'e':
    case 'c':
        if (item->count < 3) {
            append_number(out, f->weekday + 1, item->count);
            break;
        }
        append_name(out, weekdays[f->weekday], item->count);
        break;
    default:
        append_name(out, weekdays[f->weekday], item->count);
        break;
    }
}

static void append_time_item(buffer *out, const date_item *item, int64_t of_day) {
    int64_t hours = of_day / 3600000, half = hours % 12;
    switch (item->letter) {
    case 'a':
        buffer_append_text(out, hours < 12 ? "AM" : "PM");
        break;
    case 'H':
        append_number(out, hours, item->count);
        break;
    case 'h':
        append_number(out, half ? half : 12, item->count);
        break;
    case 'K':
        append_number(out, half, item->count);
        break;
    case 'k':
        append_number(out, hours ? hours : 24, item->count);
        break;
    case 'm':
        append_number(out, of_day / 60000 % 60, item->count);
        break;
    case 's':
        append_number(out, of_day / 1000 % 60, item->count);
        break;
    case 'A':
        append_number(out, of_day, item->count);
        break;
    case 'n':
        append_number(out, of_day % 1000 * 1000000, item->count);
        break;
    case 'N':
        append_number(out, of_day * 1000000, item->count);
        break;
    default: { /* S: the first digits of the fraction, zeros behind milliseconds */
        size_t start = out->length;
        append_number(out, of_day % 1000 * 1000000, 9);
        out->length = start + (size_t)item->count;
        break;
    }
    }
}

static void append_zone_item(buffer *out, const date_item *item, const date_moment *moment) {
    if (item->letter == 'V')
        buffer_append(out, moment->zone_name);
    else if (item->letter == 'z')
        buffer_append_text(out, moment->zone_abbreviation);
    else
        append_offset(out, moment->offset_seconds, item->letter, item->count);
}

bool date_pattern_format(
    const date_pattern *p, const date_moment *moment, buffer *out, char *complaint) {
    date_fields f = {.days = time_days_of_timestamp(moment->local_ms)};
    time_date_from_days(f.days, &f.year, &f.month, &f.day);
    f.weekday = (int)(((f.days + 4) % 7 + 7) % 7);
    f.of_day = time_of_day(moment->local_ms);
    for (int i = 0; i < p->count; i++) {
        const date_item *item = &p->items[i];
        if (item->letter == 0) {
            buffer_append(out, item_text(p, item));
            continue;
        }
        if (item->letter == '[' || item->letter == ']')
            continue;
        int part = item->part;
        if (!(moment->parts & part)) {
            snprintf(complaint, COMPLAINT_BYTES, "%c asks for a %s, and there is none",
                item->letter,
                part == DATE_HAS_DATE   ? "date"
                : part == DATE_HAS_TIME ? "time"
                                        : "time zone");
            return false;
        }
        if (part == DATE_HAS_DATE)
            append_date_item(out, item, &f);
        else if (part == DATE_HAS_TIME)
            append_time_item(out, item, f.of_day);
        else
            append_zone_item(out, item, moment);
    }
    return true;
}

/* ---- reading ---- */

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
    int month = read_name(r, months, 12, item->count == 4);
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
        return read_text(r, item_text(r->pattern, item));
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
        return read_name(r, weekdays, 7, item->count == 4) >= 0;
    case 'Q':
    case 'e':
    case 'c':
        return item->count > 2 ? read_name(r, weekdays, 7, item->count == 4) >= 0
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
