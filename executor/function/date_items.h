/* date_items.h - private to the patterns of dates: what they are compiled into. */
#ifndef SLUICE_EXECUTOR_FUNCTION_DATE_ITEMS_H
#define SLUICE_EXECUTOR_FUNCTION_DATE_ITEMS_H

#include "executor/function/date_pattern.h"

enum { DATE_COMPLAINT_BYTES = 160 };

typedef enum date_form {
    DATE_TEXT,  /* stands for itself */
    DATE_OPEN,  /* [ of an optional part; `behind` is the item after its ] */
    DATE_CLOSE, /* ] */
    DATE_NUMBER,
    DATE_NAME,
    DATE_ZONE,
} date_form;

typedef enum date_style { DATE_SHORT, DATE_FULL, DATE_NARROW } date_style;

/* A run of one letter, or a text. */
typedef struct date_item {
    date_form form;
    char letter;
    int part;            /* DATE_HAS_... that the letter stands for */
    int count;           /* of the letter */
    int least, most;     /* NUMBER: digits */
    int digits_behind;   /* NUMBER: what the fixed numbers directly behind it need */
    bool is_year_of_two; /* NUMBER: yy */
    bool is_signed;      /* NUMBER: a minus may stand before it, and a plus before more digits than
                            `least` where that is 4 or more */
    date_style style;    /* NAME */
    int pad;             /* to so many characters, with spaces in front */
    int behind;
    size_t start, length; /* of a text, in `texts` */
} date_item;

struct date_pattern {
    date_item *items;
    int count, capacity;
    buffer texts;
    bool is_simple; /* of SimpleDateFormat */
};

static inline slice date_item_text(const date_pattern *p, const date_item *item) {
    return slice_make(p->texts.data + item->start, item->length);
}

/* A number whose digits are always as many. */
static inline bool date_item_is_fixed(const date_item *item) {
    return item->form == DATE_NUMBER && item->least == item->most;
}

/* English names; weekdays start with Sunday, eras with Christ's. */
extern const char *const DATE_MONTHS[12];
extern const char *const DATE_WEEKDAYS[7];
extern const char *const DATE_QUARTERS[4];

/* ---- weeks: from Sunday to Saturday, the first of a year or month has its first day ---- */

/* The year that the day's week belongs to: the next one when the week reaches into it. */
int64_t date_week_year(int64_t days, int *week);
/* The Sunday with which the first week of a year begins. */
int64_t date_first_week(int64_t week_year);
/* 0 for Sunday. */
int date_weekday(int64_t days);

/* ---- what was read, and its meaning (date_resolve.c) ---- */

typedef enum date_field {
    FIELD_ERA, /* 0: before Christ */
    FIELD_YEAR_OF_ERA,
    FIELD_YEAR,
    FIELD_MONTH,
    FIELD_DAY,
    FIELD_DAY_OF_YEAR,
    FIELD_QUARTER,
    FIELD_WEEKDAY, /* 0: Sunday */
    FIELD_WEEK_YEAR,
    FIELD_WEEK,
    FIELD_WEEK_OF_MONTH,
    FIELD_ALIGNED_DAY, /* day 1 to 7 of weeks that begin with the month */
    FIELD_JULIAN_DAY,
    FIELD_HALF, /* 0: AM, 1: PM */
    FIELD_HOUR,
    FIELD_HOUR_OF_HALF, /* 0 to 11 */
    FIELD_MINUTE,
    FIELD_SECOND,
    FIELD_NANOSECOND,
    FIELD_MILLISECOND_OF_DAY,
    FIELD_NANOSECOND_OF_DAY,
    FIELD_COUNT
} date_field;

typedef struct date_reading {
    uint32_t has; /* bits of date_field */
    int64_t value[FIELD_COUNT];
} date_reading;

static inline bool date_reading_has(const date_reading *r, date_field field) {
    return r->has >> field & 1;
}
/* False when the field was read before with another value. */
static inline bool date_reading_set(date_reading *r, date_field field, int64_t value) {
    if (date_reading_has(r, field))
        return r->value[field] == value;
    r->has |= 1u << field;
    r->value[field] = value;
    return true;
}

/* Puts the fields together; false when they contradict each other or the calendar. */
bool date_resolve(date_reading *r, date_parsed *parsed);

/* ---- SimpleDateFormat (date_simple.c) ---- */

bool date_simple_parse(const date_pattern *p, slice text, date_parsed *parsed);
/* Z, or [GMT], a sign, hours, and as many minutes (and seconds, if wanted) as there are, with or
 * without colons; moves `at` behind it. */
bool date_read_offset(const char **at, const char *end, bool seconds_too, int32_t *offset);
/* The names of zones that English abbreviations stand for; others are names themselves. */
slice date_zone_of_abbreviation(slice text);

#endif
