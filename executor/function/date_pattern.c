/* A pattern is compiled into items: runs of one letter, and texts. Writing (date_pattern_format.c)
 * goes through them; reading (date_pattern_parse.c) collects fields.
 */
#include "executor/function/date_pattern.h"

#include <stdio.h>

#include "base/memory.h"
#include "executor/function/date_items.h"

const char *const DATE_MONTHS[12] = {"January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December"};
const char *const DATE_WEEKDAYS[7] = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

static int part_of(char letter) {
    return strchr("GuyDMLdQEec", letter) ? DATE_HAS_DATE
           : strchr("VzOXxZ", letter)    ? DATE_HAS_ZONE
                                         : DATE_HAS_TIME;
}

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
                snprintf(
                    complaint, DATE_COMPLAINT_BYTES, "%d of the letter %c mean nothing", count, c);
                date_pattern_destroy(p);
                return NULL;
            }
            add_item(p, c, count);
        } else if (c == '\'') {
            at = add_quoted(p, text, at);
            if (at == 0) {
                snprintf(complaint, DATE_COMPLAINT_BYTES, "a quote is not closed");
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
        snprintf(complaint, DATE_COMPLAINT_BYTES, "a ] has no [");
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
