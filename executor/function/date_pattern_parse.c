/* Reading a text by a pattern: each item takes its characters off the front and sets a field.
 *
 * A number of variable length takes all digits there are but for those that fixed numbers directly
 * behind it need (yyyyMMdd).
 */
#include "base/time_text.h"
#include "executor/function/date_items.h"

static bool is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

typedef struct date_reader {
    const date_pattern *pattern;
    const char *at, *end;
    date_reading reading;
    date_parsed *parsed;
} date_reader;

/* ---- numbers ---- */

/* How many digits the item takes; 0 when there are too few. */
static int digits_of(const date_reader *r, const date_item *item) {
    int there = 0, behind = item->digits_behind;
    while (there < item->most + behind && r->at + there < r->end && is_digit(r->at[there]))
        there++;
    int taken = there - behind > item->least ? there - behind : item->least;
    if (date_item_is_fixed(item) && item->letter != 'S' && behind == 0 && there < taken)
        taken = there; /* one digit of two */
    return taken > there || taken > 18 ? 0 : taken;
}

static bool read_number(date_reader *r, const date_item *item, int64_t *value) {
    bool minus = false, plus = false;
    if (item->is_signed && r->at < r->end) {
        minus = *r->at == '-';
        plus = *r->at == '+' && item->least >= 4;
        r->at += minus || plus;
    }
    int digits = digits_of(r, item);
    if (digits == 0 || (plus && digits <= item->least) ||
        (item->is_signed && item->least >= 4 && !minus && !plus && digits > item->least))
        return false;
    *value = 0;
    for (int k = 0; k < digits; k++)
        *value = *value * 10 + (*r->at++ - '0');
    if (minus)
        *value = -*value;
    return true;
}

static int64_t scaled_fraction(int64_t value, int digits) {
    for (; digits < 9; digits++)
        value *= 10;
    return value;
}

static bool within(int64_t value, int64_t least, int64_t most) {
    return value >= least && value <= most;
}

static bool set_number(date_reader *r, const date_item *item, int64_t value) {
    date_reading *to = &r->reading;
    int64_t century = item->is_year_of_two ? 2000 : 0;
    switch (item->letter) {
    case 'u':
        return date_reading_set(to, FIELD_YEAR, value + century);
    case 'y':
        return date_reading_set(to, FIELD_YEAR_OF_ERA, value + century);
    case 'Y':
        return date_reading_set(to, FIELD_WEEK_YEAR, value + century);
    case 'M':
    case 'L':
        return date_reading_set(to, FIELD_MONTH, value);
    case 'Q':
    case 'q':
        return date_reading_set(to, FIELD_QUARTER, value);
    case 'd':
        return date_reading_set(to, FIELD_DAY, value);
    case 'D':
        return date_reading_set(to, FIELD_DAY_OF_YEAR, value);
    case 'e':
    case 'c':
        return within(value, 1, 7) && date_reading_set(to, FIELD_WEEKDAY, value - 1);
    case 'w':
        return date_reading_set(to, FIELD_WEEK, value);
    case 'W':
        return date_reading_set(to, FIELD_WEEK_OF_MONTH, value);
    case 'F':
        return date_reading_set(to, FIELD_ALIGNED_DAY, value);
    case 'g':
        return date_reading_set(to, FIELD_JULIAN_DAY, value);
    case 'H':
        return date_reading_set(to, FIELD_HOUR, value);
    case 'k':
        return within(value, 0, 24) && date_reading_set(to, FIELD_HOUR, value % 24);
    case 'K':
        return date_reading_set(to, FIELD_HOUR_OF_HALF, value);
    case 'h':
        return within(value, 0, 12) && date_reading_set(to, FIELD_HOUR_OF_HALF, value % 12);
    case 'm':
        return date_reading_set(to, FIELD_MINUTE, value);
    case 's':
        return date_reading_set(to, FIELD_SECOND, value);
    case 'S':
        return date_reading_set(to, FIELD_NANOSECOND, scaled_fraction(value, item->count));
    case 'A':
        return date_reading_set(to, FIELD_MILLISECOND_OF_DAY, value);
    case 'n':
        return date_reading_set(to, FIELD_NANOSECOND, value);
    default: /* N */
        return date_reading_set(to, FIELD_NANOSECOND_OF_DAY, value);
    }
}

/* ---- names ---- */

static bool read_text(date_reader *r, slice text) {
    if ((size_t)(r->end - r->at) < text.length)
        return false;
    bool equal = text.length == 1 && *r->at == *text.data;
    if (!equal && !slice_equal_ignore_case(slice_make(r->at, text.length), text))
        return false;
    r->at += text.length;
    return true;
}

/* The index of the name that the text goes on with; -1 for none. */
static int read_name(date_reader *r, const char *const *names, int count, date_style style) {
    for (int i = 0; i < count && style != DATE_NARROW; i++) /* one letter is several names */
        if (read_text(r, slice_make(names[i], style == DATE_FULL ? strlen(names[i]) : 3)))
            return i;
    return -1;
}

static int read_quarter(date_reader *r, date_style style) {
    if (style != DATE_SHORT)
        return read_name(r, DATE_QUARTERS, 4, style);
    bool ok = r->end - r->at >= 2 && (*r->at | 0x20) == 'q' && r->at[1] >= '1' && r->at[1] <= '4';
    if (!ok)
        return -1;
    r->at += 2;
    return r->at[-1] - '1';
}

static int read_era(date_reader *r, date_style style) {
    static const char *const eras[3][2] = {
        {"BC", "AD"}, {"Before Christ", "Anno Domini"}, {"B", "A"}};
    for (int i = 0; i < 2; i++)
        if (read_text(r, slice_of(eras[style][i])))
            return i;
    return -1;
}

static bool set_found(date_reader *r, date_field field, int found, int first) {
    return found >= 0 && date_reading_set(&r->reading, field, found + first);
}

static bool read_item_name(date_reader *r, const date_item *item) {
    switch (item->letter) {
    case 'G':
        return set_found(r, FIELD_ERA, read_era(r, item->style), 0);
    case 'M':
    case 'L':
        return set_found(r, FIELD_MONTH, read_name(r, DATE_MONTHS, 12, item->style), 1);
    case 'Q':
    case 'q':
        return set_found(r, FIELD_QUARTER, read_quarter(r, item->style), 1);
    case 'a': {
        int half = read_text(r, SLICE_LITERAL("AM"))   ? 0
                   : read_text(r, SLICE_LITERAL("PM")) ? 1
                                                       : -1;
        return set_found(r, FIELD_HALF, half, 0);
    }
    case 'B': /* written only */
        return false;
    default:
        return set_found(r, FIELD_WEEKDAY, read_name(r, DATE_WEEKDAYS, 7, item->style), 0);
    }
}

/* ---- zones ---- */

static bool read_two_digits(const char **at, const char *end, bool one_will_do, int32_t *value) {
    if (*at == end || !is_digit(**at))
        return false;
    *value = *(*at)++ - '0';
    if (*at < end && is_digit(**at))
        *value = *value * 10 + (*(*at)++ - '0');
    else if (!one_will_do)
        return false;
    return true;
}

bool date_read_offset(const char **at, const char *end, bool seconds_too, int32_t *offset) {
    bool localized = end - *at >= 3 && slice_is_ignore_case(slice_make(*at, 3), "GMT");
    *offset = 0;
    *at += localized ? 3 : 0;
    if (*at < end && !localized && (**at | 0x20) == 'z') {
        ++*at;
        return true;
    }
    int sign = *at == end ? 0 : **at == '-' ? -1 : **at == '+' ? 1 : 0;
    if (!sign)
        return localized;
    ++*at;
    int32_t hours, minutes = 0, seconds = 0;
    if (!read_two_digits(at, end, localized, &hours))
        return false;
    for (int n = 0; n < 1 + seconds_too && *at < end; n++) {
        bool colon = **at == ':' && end - *at > 1 && is_digit((*at)[1]);
        *at += colon;
        if (is_digit(**at) && !read_two_digits(at, end, colon, n ? &seconds : &minutes))
            return false;
    }
    *offset = sign * (hours * 3600 + minutes * 60 + seconds);
    return hours <= 18 && minutes < 60 && seconds < 60;
}

slice date_zone_of_abbreviation(slice text) {
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

/* Whether a name goes on with the byte at `at`: / before a letter and : before a digit only. */
static bool continues_name(const date_reader *r) {
    char c = *r->at, next = r->at + 1 < r->end ? r->at[1] : 0;
    return is_letter(c) || is_digit(c) || strchr("_+-", c) || (c == '/' && is_letter(next)) ||
           (c == ':' && is_digit(next));
}

static bool read_zone_name(date_reader *r, bool abbreviation) {
    const char *start = r->at;
    while (r->at < r->end && continues_name(r))
        r->at++;
    slice name = {start, (size_t)(r->at - start)};
    r->parsed->zone_name = abbreviation ? date_zone_of_abbreviation(name) : name;
    return name.length > 0;
}

static bool read_item_zone(date_reader *r, const date_item *item) {
    if (strchr("Vvz", item->letter))
        return read_zone_name(r, item->letter != 'V');
    r->parsed->has_offset = true;
    return date_read_offset(
        &r->at, r->end, item->count > 3 || item->letter == 'O', &r->parsed->offset_seconds);
}

/* ---- items ---- */

static bool read_unpadded(date_reader *r, const date_item *item) {
    int64_t value;
    switch (item->form) {
    case DATE_TEXT:
        return read_text(r, date_item_text(r->pattern, item));
    case DATE_NUMBER:
        return read_number(r, item, &value) && set_number(r, item, value);
    case DATE_NAME:
        return read_item_name(r, item);
    default:
        return read_item_zone(r, item);
    }
}

/* A padded item fills its width. */
static bool read_item(date_reader *r, const date_item *item) {
    int pad = item->pad;
    if (!pad)
        return read_unpadded(r, item);
    const char *end = r->end;
    if (end - r->at < pad)
        return false;
    r->end = r->at + pad;
    while (r->at < r->end && *r->at == ' ')
        r->at++;
    bool ok = read_unpadded(r, item) && r->at == r->end;
    r->end = end;
    return ok;
}

static bool read_items(date_reader *r, int from, int to) {
    for (int i = from; i < to; i++) {
        const date_item *item = &r->pattern->items[i];
        if (item->form != DATE_OPEN) {
            if (!read_item(r, item))
                return false;
            continue;
        }
        date_reader before = *r;
        date_parsed parsed = *r->parsed;
        if (!read_items(r, i + 1, item->behind - 1)) {
            *r = before;
            *r->parsed = parsed;
        }
        i = item->behind - 1;
    }
    return true;
}

bool date_pattern_parse(const date_pattern *p, slice text, date_parsed *parsed) {
    *parsed = (date_parsed){0};
    if (p->is_simple)
        return date_simple_parse(p, text, parsed);
    date_reader r = {
        .pattern = p, .at = text.data, .end = text.data + text.length, .parsed = parsed};
    return read_items(&r, 0, p->count) && r.at == r.end && date_resolve(&r.reading, parsed);
}
