#include "planner/flink_duration.h"

typedef struct duration_unit {
    const char *name;
    bool has_plural;
    int64_t ns;
} duration_unit;

#define MS_NS INT64_C(1000000)

static const duration_unit UNITS[] = {{"", false, MS_NS}, {"d", false, 86400000 * MS_NS},
    {"day", true, 86400000 * MS_NS}, {"h", false, 3600000 * MS_NS}, {"hour", true, 3600000 * MS_NS},
    {"m", false, 60000 * MS_NS}, {"min", true, 60000 * MS_NS}, {"minute", true, 60000 * MS_NS},
    {"s", false, 1000 * MS_NS}, {"sec", true, 1000 * MS_NS}, {"second", true, 1000 * MS_NS},
    {"ms", false, MS_NS}, {"milli", true, MS_NS}, {"millisecond", true, MS_NS}, {"us", false, 1000},
    {"\u00b5s", false, 1000}, {"micro", true, 1000}, {"microsecond", true, 1000}, {"ns", false, 1},
    {"nano", true, 1}, {"nanosecond", true, 1}};

static bool is_unit(slice text, const duration_unit *unit) {
    if (slice_is_ignore_case(text, unit->name))
        return true;
    return unit->has_plural && text.length > 1 &&
           (text.data[text.length - 1] == 's' || text.data[text.length - 1] == 'S') &&
           slice_is_ignore_case(slice_make(text.data, text.length - 1), unit->name);
}

/* In units of a millisecond or more there is no remainder, and in smaller ones no overflow. */
static int64_t to_ms(int64_t number, int64_t ns) {
    int64_t ms;
    if (ns < MS_NS)
        return number / (MS_NS / ns) + (number % (MS_NS / ns) > 0);
    return __builtin_mul_overflow(number, ns / MS_NS, &ms) ? -1 : ms;
}

int64_t flink_duration_ms(slice text) {
    size_t digits = 0;
    int64_t number;
    text = slice_trim(text);
    while (digits < text.length && text.data[digits] >= '0' && text.data[digits] <= '9')
        digits++;
    if (!slice_to_int64(slice_make(text.data, digits), &number))
        return -1;
    slice unit = slice_trim(slice_make(text.data + digits, text.length - digits));
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (is_unit(unit, &UNITS[i]))
            return to_ms(number, UNITS[i].ns);
    return -1;
}
