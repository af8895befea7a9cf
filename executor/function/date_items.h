/* date_items.h - private to the patterns of dates: what they are compiled into. */
#ifndef SLUICE_EXECUTOR_FUNCTION_DATE_ITEMS_H
#define SLUICE_EXECUTOR_FUNCTION_DATE_ITEMS_H

#include "executor/function/date_pattern.h"

enum { DATE_COMPLAINT_BYTES = 160 };

/* A run of one letter, or a text. */
typedef struct date_item {
    char letter; /* 0: text; '[' and ']': an optional part */
    int part;    /* DATE_HAS_... that the letter stands for */
    int count;
    size_t start, length; /* of a text, in `texts` */
} date_item;

struct date_pattern {
    date_item *items;
    int count, capacity;
    buffer texts;
};

static inline slice date_item_text(const date_pattern *p, const date_item *item) {
    return slice_make(p->texts.data + item->start, item->length);
}

/* English names; weekdays start with Sunday. */
extern const char *const DATE_MONTHS[12];
extern const char *const DATE_WEEKDAYS[7];

#endif
