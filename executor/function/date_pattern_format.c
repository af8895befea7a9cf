/* Writing a moment by a pattern: each item appends its text. */
#include <stdio.h>

#include "base/time_text.h"
#include "executor/function/date_items.h"

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
            append_name(out, DATE_MONTHS[f->month - 1], item->count);
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
        append_name(out, DATE_WEEKDAYS[f->weekday], item->count);
        break;
    default:
        append_name(out, DATE_WEEKDAYS[f->weekday], item->count);
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
            buffer_append(out, date_item_text(p, item));
            continue;
        }
        if (item->letter == '[' || item->letter == ']')
            continue;
        int part = item->part;
        if (!(moment->parts & part)) {
            snprintf(complaint, DATE_COMPLAINT_BYTES, "%c asks for a %s, and there is none",
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
