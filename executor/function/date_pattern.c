/* A pattern is compiled into items: runs of one letter, and texts. What a run means depends on the
 * letter and how often it stands there, which one table says. Writing (date_pattern_format.c) goes
 * through the items; reading (date_pattern_parse.c, date_simple.c) collects fields, which
 * date_resolve.c puts together.
 */
#include "executor/function/date_pattern.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/time_text.h"
#include "executor/function/date_items.h"

const char *const DATE_MONTHS[12] = {"January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December"};
const char *const DATE_WEEKDAYS[7] = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
const char *const DATE_QUARTERS[4] = {"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"};

int date_weekday(int64_t days) {
    return (int)(((days + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

int64_t date_first_week(int64_t week_year) {
    int64_t first = time_days_from_date(week_year, 1, 1);
    return first - date_weekday(first);
}

int64_t date_week_year(int64_t days, int *week) {
    int64_t year;
    int month, day;
    time_date_from_days(days, &year, &month, &day);
    if (days >= date_first_week(year + 1))
        year++;
    *week = (int)((days - date_first_week(year)) / 7) + 1;
    return year;
}

/* ---- letters ---- */

/* How a letter's count is read. */
typedef enum letter_kind {
    KIND_YEAR,    /* 2: the last two digits; otherwise at least `count` digits with a sign */
    KIND_TWO,     /* 1: as many digits as needed; 2: two */
    KIND_ONE,     /* 1 */
    KIND_LONG,    /* `count` or more digits */
    KIND_DAYS,    /* 1 to 3 digits */
    KIND_SPLIT,   /* `count` digits of a fraction */
    KIND_MONTH,   /* 1, 2: digits; 3 to 5: a name */
    KIND_WEEKDAY, /* a name; from 1 */
    KIND_ERA,
    KIND_PERIOD, /* of the day, a name */
    KIND_ZONE,
} letter_kind;

typedef struct letter_rule {
    char letter;
    letter_kind kind;
    int part, most;
} letter_rule;

static const letter_rule rules[] = {{'G', KIND_ERA, DATE_HAS_DATE, 5},
    {'u', KIND_YEAR, DATE_HAS_DATE, 19}, {'y', KIND_YEAR, DATE_HAS_DATE, 19},
    {'Y', KIND_YEAR, DATE_HAS_DATE, 19}, {'M', KIND_MONTH, DATE_HAS_DATE, 5},
    {'L', KIND_MONTH, DATE_HAS_DATE, 5}, {'Q', KIND_MONTH, DATE_HAS_DATE, 5},
    {'q', KIND_MONTH, DATE_HAS_DATE, 5}, {'e', KIND_MONTH, DATE_HAS_DATE, 5},
    {'c', KIND_MONTH, DATE_HAS_DATE, 5}, {'E', KIND_WEEKDAY, DATE_HAS_DATE, 5},
    {'d', KIND_TWO, DATE_HAS_DATE, 2}, {'D', KIND_DAYS, DATE_HAS_DATE, 3},
    {'w', KIND_TWO, DATE_HAS_DATE, 2}, {'W', KIND_ONE, DATE_HAS_DATE, 1},
    {'F', KIND_ONE, DATE_HAS_DATE, 1}, {'g', KIND_LONG, DATE_HAS_DATE, 19},
    {'a', KIND_PERIOD, DATE_HAS_TIME, 1}, {'B', KIND_PERIOD, DATE_HAS_TIME, 5},
    {'H', KIND_TWO, DATE_HAS_TIME, 2}, {'h', KIND_TWO, DATE_HAS_TIME, 2},
    {'K', KIND_TWO, DATE_HAS_TIME, 2}, {'k', KIND_TWO, DATE_HAS_TIME, 2},
    {'m', KIND_TWO, DATE_HAS_TIME, 2}, {'s', KIND_TWO, DATE_HAS_TIME, 2},
    {'S', KIND_SPLIT, DATE_HAS_TIME, 9}, {'A', KIND_LONG, DATE_HAS_TIME, 19},
    {'n', KIND_LONG, DATE_HAS_TIME, 19}, {'N', KIND_LONG, DATE_HAS_TIME, 19},
    {'V', KIND_ZONE, DATE_HAS_ZONE, 2}, {'v', KIND_ZONE, DATE_HAS_ZONE, 4},
    {'z', KIND_ZONE, DATE_HAS_ZONE, 4}, {'O', KIND_ZONE, DATE_HAS_ZONE, 4},
    {'X', KIND_ZONE, DATE_HAS_ZONE, 5}, {'x', KIND_ZONE, DATE_HAS_ZONE, 5},
    {'Z', KIND_ZONE, DATE_HAS_ZONE, 5}};

static const letter_rule *find_rule(char letter) {
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].letter == letter)
            return &rules[i];
    return NULL;
}

static bool is_count_known(const letter_rule *rule, int count) {
    switch (rule->letter) {
    case 'V':
        return count == 2;
    case 'v':
    case 'O':
        return count == 1 || count == 4;
    case 'B':
        return count == 1 || count >= 4;
    case 'c':
        return count != 2;
    default:
        return count <= rule->most;
    }
}

static void set_digits(date_item *item, int least, int most) {
    item->form = DATE_NUMBER;
    item->least = least;
    item->most = most;
}

static void set_name(date_item *item, int full) {
    item->form = DATE_NAME;
    item->style = item->count < full ? DATE_SHORT : item->count == full ? DATE_FULL : DATE_NARROW;
}

static void apply_rule(date_item *item, letter_kind kind) {
    int count = item->count;
    switch (kind) {
    case KIND_YEAR:
        set_digits(item, count, count == 2 ? 2 : 19);
        item->is_signed = count != 2;
        item->is_year_of_two = count == 2;
        break;
    case KIND_MONTH:
        if (count < 3)
            set_digits(item, count, count == 1 ? 19 : 2);
        else
            set_name(item, 4);
        break;
    case KIND_TWO:
    case KIND_ONE:
        set_digits(item, count, count == 1 ? 19 : 2);
        break;
    case KIND_LONG:
        set_digits(item, count, 19);
        item->is_signed = item->letter == 'g';
        break;
    case KIND_DAYS:
        set_digits(item, count, count == 1 ? 19 : 3);
        break;
    case KIND_SPLIT:
        set_digits(item, count, count);
        break;
    case KIND_ZONE:
        item->form = DATE_ZONE;
        break;
    default:
        set_name(item, 4);
        break;
    }
}

/* ---- items ---- */

static date_item *add_item(date_pattern *p, date_form form) {
    if (p->count == p->capacity) {
        p->capacity = p->capacity ? p->capacity * 2 : 16;
        p->items = memory_resize(p->items, sizeof *p->items * (size_t)p->capacity);
    }
    p->items[p->count] = (date_item){.form = form, .start = p->texts.length};
    return &p->items[p->count++];
}

static void add_text(date_pattern *p, char byte) {
    bool extends = p->count > 0 && p->items[p->count - 1].form == DATE_TEXT;
    date_item *item = extends ? &p->items[p->count - 1] : add_item(p, DATE_TEXT);
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

/* How often the letter at `at` is repeated. */
static int run_length(slice text, size_t at) {
    size_t end = at;
    while (end < text.length && text.data[end] == text.data[at])
        end++;
    return (int)(end - at);
}

/* The letters at `at`, with the padding before them; their number, or 0 with the complaint. */
static int add_letters(date_pattern *p, slice text, size_t at, char *complaint) {
    int pad = 0;
    if (text.data[at] == 'p' && !p->is_simple) {
        pad = run_length(text, at);
        at += (size_t)pad;
        if (at == text.length || !is_letter(text.data[at]) || text.data[at] == 'p') {
            snprintf(complaint, DATE_COMPLAINT_BYTES, "the padding p is before nothing to pad");
            return 0;
        }
    }
    char letter = text.data[at];
    int count = run_length(text, at);
    const letter_rule *rule = find_rule(letter);
    if (p->is_simple ? !strchr("GyYMLwWDdFEuaHkKhmsSzZX", letter)
                     : !rule || !is_count_known(rule, count)) {
        snprintf(
            complaint, DATE_COMPLAINT_BYTES, "%d of the letter %c mean nothing", count, letter);
        return 0;
    }
    date_item *item = add_item(p, DATE_NUMBER);
    item->letter = letter;
    item->count = count;
    item->part = rule->part;
    item->pad = pad;
    apply_rule(item, rule->kind);
    return pad + count;
}

/* Closes the innermost optional part that is open; false when there is none. */
static bool close_optional(date_pattern *p) {
    int depth = 0;
    for (int i = p->count - 1; i >= 0; i--) {
        depth += (p->items[i].form == DATE_CLOSE) - (p->items[i].form == DATE_OPEN);
        if (depth >= 0)
            continue;
        add_item(p, DATE_CLOSE);
        p->items[i].behind = p->count;
        return true;
    }
    return false;
}

static size_t add_next(date_pattern *p, slice text, size_t at, char *complaint) {
    char c = text.data[at];
    if (is_letter(c)) {
        int count = add_letters(p, text, at, complaint);
        return count ? at + (size_t)count : 0;
    }
    if (c == '\'') {
        size_t behind = add_quoted(p, text, at);
        if (!behind)
            snprintf(complaint, DATE_COMPLAINT_BYTES, "a quote is not closed");
        return behind;
    }
    bool reserved = !p->is_simple && strchr("{}#", c);
    if (reserved) {
        snprintf(complaint, DATE_COMPLAINT_BYTES, "%c is reserved: write '%c'", c, c);
        return 0;
    }
    if (c == '[' && !p->is_simple) {
        add_item(p, DATE_OPEN);
    } else if (c == ']' && !p->is_simple) {
        if (!close_optional(p)) {
            snprintf(complaint, DATE_COMPLAINT_BYTES, "a ] has no [");
            return 0;
        }
    } else {
        add_text(p, c);
    }
    return at + 1;
}

static date_pattern *compile(slice text, bool is_simple, char *complaint) {
    date_pattern *p = MEMORY_NEW(date_pattern);
    p->is_simple = is_simple;
    for (size_t at = 0; at < text.length;) {
        at = add_next(p, text, at, complaint);
        if (at == 0) {
            date_pattern_destroy(p);
            return NULL;
        }
    }
    while (close_optional(p))
        ;
    for (int i = p->count - 2; i >= 0; i--)
        if (date_item_is_fixed(&p->items[i + 1]))
            p->items[i].digits_behind = p->items[i + 1].least + p->items[i + 1].digits_behind;
    return p;
}

date_pattern *date_pattern_compile(slice text, char *complaint) {
    return compile(text, false, complaint);
}

date_pattern *date_pattern_compile_simple(slice text, char *complaint) {
    return compile(text, true, complaint);
}

void date_pattern_destroy(date_pattern *p) {
    if (!p)
        return;
    memory_free(p->items);
    buffer_free(&p->texts);
    memory_free(p);
}
