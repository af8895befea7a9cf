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
    if (width == 2 && value < 100) { /* nearly always */
        buffer_append_byte(out, (char)('0' + value / 10));
        buffer_append_byte(out, (char)('0' + value % 10));
        return;
    }
    char digits[24];
    int at = sizeof digits;
    for (; value > 0 || width > 0; value /= 10, width--)
        digits[--at] = (char)('0' + value % 10);
    buffer_append_bytes(out, digits + at, sizeof digits - (size_t)at);
}

static int64_t power_of_ten(int n) {
    int64_t power = 1;
    while (n-- > 0)
        power *= 10;
    return power;
}

/* A number with a sign: a plus only where it has more digits than are asked for, and 4 are. */
static void append_signed(buffer *out, int64_t value, int least) {
    if (value < 0)
        buffer_append_byte(out, '-');
    else if (least >= 4 && least < 19 && value >= power_of_ten(least))
        buffer_append_byte(out, '+');
    append_number(out, value < 0 ? -value : value, least);
}

static int64_t date_number(const date_item *item, const date_fields *f) {
    int week;
    switch (item->letter) {
    case 'u':
        return f->year;
    case 'y':
        return f->year <= 0 ? 1 - f->year : f->year;
    case 'Y':
        return date_week_year(f->days, &week);
    case 'w':
        date_week_year(f->days, &week);
        return week;
    case 'W':
        return (f->day - 1 + date_weekday(f->days - f->day + 1)) / 7 + 1;
    case 'F':
        return (f->day - 1) % 7 + 1;
    case 'M':
    case 'L':
        return f->month;
    case 'Q':
    case 'q':
        return (f->month + 2) / 3;
    case 'd':
        return f->day;
    case 'D':
        return f->days - time_days_from_date(f->year, 1, 1) + 1;
    case 'g':
        return f->days + 40587; /* 1970-01-01 as a modified Julian day */
    default:                    /* e, c */
        return f->weekday + 1;
    }
}

static int64_t time_number(const date_item *item, int64_t of_day) {
    int64_t hours = of_day / 3600000, half = hours % 12;
    switch (item->letter) {
    case 'H':
        return hours;
    case 'h':
        return half ? half : 12;
    case 'K':
        return half;
    case 'k':
        return hours ? hours : 24;
    case 'm':
        return of_day / 60000 % 60;
    case 's':
        return of_day / 1000 % 60;
    case 'A':
        return of_day;
    case 'n':
        return of_day % 1000 * 1000000;
    case 'N':
        return of_day * 1000000;
    default: /* S: the first digits of the fraction */
        return of_day % 1000 * 1000000 / power_of_ten(9 - item->count);
    }
}

static void append_item_number(buffer *out, const date_item *item, const date_fields *f) {
    int64_t value =
        item->part == DATE_HAS_DATE ? date_number(item, f) : time_number(item, f->of_day);
    if (item->is_year_of_two)
        append_number(out, (value % 100 + 100) % 100, 2);
    else if (item->is_signed)
        append_signed(out, value, item->least);
    else
        append_number(out, value, item->least);
}

static const char *period_of_day(int64_t of_day) {
    int64_t hours = of_day / 3600000;
    if (of_day / 60000 == 0)
        return "midnight";
    if (of_day / 60000 == 12 * 60)
        return "noon";
    return hours < 6    ? "at night"
           : hours < 12 ? "in the morning"
           : hours < 18 ? "in the afternoon"
           : hours < 21 ? "in the evening"
                        : "at night";
}

static void append_styled(buffer *out, const char *name, date_style style) {
    size_t length = style == DATE_FULL ? strlen(name) : style == DATE_SHORT ? 3 : 1;
    buffer_append_bytes(out, name, length);
}

static void append_item_name(buffer *out, const date_item *item, const date_fields *f) {
    static const char *const eras[2][3] = {
        {"BC", "Before Christ", "B"}, {"AD", "Anno Domini", "A"}};
    int quarter = (f->month - 1) / 3;
    switch (item->letter) {
    case 'G':
        buffer_append_text(out, eras[f->year > 0][item->style]);
        break;
    case 'M':
    case 'L':
        append_styled(out, DATE_MONTHS[f->month - 1], item->style);
        break;
    case 'Q':
    case 'q':
        if (item->style == DATE_FULL)
            buffer_append_text(out, DATE_QUARTERS[quarter]);
        else
            buffer_format(out, "%s%d", item->style == DATE_SHORT ? "Q" : "", quarter + 1);
        break;
    case 'a':
        buffer_append_text(out, f->of_day < 12 * 3600000 ? "AM" : "PM");
        break;
    case 'B':
        buffer_append_text(out, period_of_day(f->of_day));
        break;
    default:
        append_styled(out, DATE_WEEKDAYS[f->weekday], item->style);
        break;
    }
}

/* What the letter and its count say: whether there is a colon, minutes, seconds. */
static void append_offset(buffer *out, int32_t seconds, char letter, int count) {
    bool localized = letter == 'O' || (letter == 'Z' && count == 4);
    if (seconds == 0 && (letter == 'X' || (letter == 'Z' && count == 5))) {
        buffer_append_byte(out, 'Z');
        return;
    }
    if (localized) {
        buffer_append_text(out, "GMT");
        if (seconds == 0)
            return;
    }
    if (letter == 'Z')
        count = count < 4 ? 2 : count;
    int32_t magnitude = seconds < 0 ? -seconds : seconds;
    int hours = magnitude / 3600, minutes = magnitude / 60 % 60, rest = magnitude % 60;
    buffer_append_byte(out, seconds < 0 ? '-' : '+');
    if (localized) {
        append_number(out, hours, count == 4 ? 2 : 1);
        if (count == 4 || minutes || rest)
            buffer_format(out, ":%02d", minutes);
        if (rest)
            buffer_format(out, ":%02d", rest);
        return;
    }
    bool colon = count == 3 || count == 5;
    append_number(out, hours, 2);
    if (count > 1 || minutes)
        buffer_format(out, colon ? ":%02d" : "%02d", minutes);
    if (count > 3 && rest)
        buffer_format(out, colon ? ":%02d" : "%02d", rest);
}

static void append_item_zone(buffer *out, const date_item *item, const date_moment *moment) {
    if (item->letter == 'V')
        buffer_append(out, moment->zone_name);
    else if (item->letter == 'z' || item->letter == 'v')
        buffer_append_text(out, moment->zone_abbreviation);
    else
        append_offset(out, moment->offset_seconds, item->letter, item->count);
}

/* Spaces before what was appended from `start` on; false when that is longer. */
static bool pad(buffer *out, size_t start, int width) {
    size_t length = out->length - start;
    if (length > (size_t)width)
        return false;
    size_t spaces = (size_t)width - length;
    for (size_t i = 0; i < spaces; i++)
        buffer_append_byte(out, ' ');
    memmove(out->data + start + spaces, out->data + start, length);
    memset(out->data + start, ' ', spaces);
    return true;
}

static bool append_item(buffer *out, const date_item *item, const date_fields *f,
    const date_moment *moment, char *complaint) {
    if (!(moment->parts & item->part)) {
        snprintf(complaint, DATE_COMPLAINT_BYTES, "%c asks for a %s, and there is none",
            item->letter,
            item->part == DATE_HAS_DATE   ? "date"
            : item->part == DATE_HAS_TIME ? "time"
                                          : "time zone");
        return false;
    }
    size_t start = out->length;
    if (item->form == DATE_NUMBER)
        append_item_number(out, item, f);
    else if (item->form == DATE_NAME)
        append_item_name(out, item, f);
    else
        append_item_zone(out, item, moment);
    if (!item->pad || pad(out, start, item->pad))
        return true;
    snprintf(
        complaint, DATE_COMPLAINT_BYTES, "%c has more than %d characters", item->letter, item->pad);
    return false;
}

/* Items `from` to `to`. An optional part that asks for what is not there is left out. */
static bool append_items(const date_pattern *p, int from, int to, buffer *out, const date_fields *f,
    const date_moment *moment, char *complaint) {
    for (int i = from; i < to; i++) {
        const date_item *item = &p->items[i];
        if (item->form == DATE_TEXT) {
            if (item->length == 1)
                buffer_append_byte(out, p->texts.data[item->start]);
            else
                buffer_append(out, date_item_text(p, item));
        } else if (item->form == DATE_OPEN) {
            size_t start = out->length;
            if (!append_items(p, i + 1, item->behind - 1, out, f, moment, complaint))
                out->length = start;
            i = item->behind - 1;
        } else if (!append_item(out, item, f, moment, complaint)) {
            return false;
        }
    }
    return true;
}

bool date_pattern_format(
    const date_pattern *p, const date_moment *moment, buffer *out, char *complaint) {
    date_fields f = {.days = time_days_of_timestamp(moment->local_ms)};
    time_date_from_days(f.days, &f.year, &f.month, &f.day);
    f.weekday = date_weekday(f.days);
    f.of_day = time_of_day(moment->local_ms);
    return append_items(p, 0, p->count, out, &f, moment, complaint);
}
