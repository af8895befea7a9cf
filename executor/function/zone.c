/* A zone is a list of moments at which its offset changes (a TZif file, RFC 8536) and the rule for
 * all years after the last one (a POSIX TZ string such as PST8PDT,M3.2.0,M11.1.0). */
#include "executor/function/zone.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/time_text.h"

typedef struct zone_period {
    int64_t start; /* UTC seconds */
    int32_t offset;
    char abbreviation[ZONE_ABBREVIATION_BYTES];
} zone_period;

/* A day of the year at which clocks change: week `week` (5: last) of the month, or a numbered day.
 */
typedef struct zone_change {
    int month, week, weekday; /* month 0: `day` counts */
    int day;                  /* 0 to 365 */
    bool skips_leap_day;      /* day 1 to 365, without February 29 */
    int32_t time;             /* local seconds of that day */
} zone_change;

struct zone {
    zone_period *periods; /* the first one has no start */
    int count;
    bool has_rule, has_summer;
    zone_period winter, summer;
    zone_change to_summer, to_winter;
};

/* ---- the rule ---- */

typedef struct rule_reader {
    const char *at;
} rule_reader;

static bool read_name(rule_reader *r, char *name) {
    char close = *r->at == '<' ? '>' : 0;
    int length = 0;
    if (close)
        r->at++;
    while (
        *r->at && (close ? *r->at != close : ((*r->at | 0x20) >= 'a' && (*r->at | 0x20) <= 'z'))) {
        if (length + 1 < ZONE_ABBREVIATION_BYTES)
            name[length++] = *r->at;
        r->at++;
    }
    name[length] = 0;
    if (close && *r->at == close)
        r->at++;
    return length > 0;
}

static int read_digits(rule_reader *r) {
    int value = 0;
    while (*r->at >= '0' && *r->at <= '9')
        value = value * 10 + (*r->at++ - '0');
    return value;
}

/* [+-]hh[:mm[:ss]] */
static int32_t read_time(rule_reader *r) {
    int sign = *r->at == '-' ? -1 : 1;
    if (*r->at == '-' || *r->at == '+')
        r->at++;
    int32_t seconds = read_digits(r) * 3600;
    for (int unit = 60; *r->at == ':' && unit; unit /= 60) {
        r->at++;
        seconds += read_digits(r) * unit;
    }
    return sign * seconds;
}

static bool read_change(rule_reader *r, zone_change *change) {
    *change = (zone_change){.time = 7200};
    if (*r->at++ != ',')
        return false;
    if (*r->at == 'M') {
        r->at++;
        change->month = read_digits(r);
        r->at += *r->at == '.';
        change->week = read_digits(r);
        r->at += *r->at == '.';
        change->weekday = read_digits(r);
        if (change->month < 1 || change->month > 12)
            return false;
    } else {
        change->skips_leap_day = *r->at == 'J';
        r->at += change->skips_leap_day;
        change->day = read_digits(r);
    }
    if (*r->at == '/') {
        r->at++;
        change->time = read_time(r);
    }
    return true;
}

static void read_rule(zone *z, const char *text) {
    rule_reader r = {text};
    if (!read_name(&r, z->winter.abbreviation))
        return;
    z->winter.offset = -read_time(&r);
    z->has_rule = true;
    if (!read_name(&r, z->summer.abbreviation))
        return;
    z->summer.offset = z->winter.offset + 3600;
    if (*r.at && *r.at != ',')
        z->summer.offset = -read_time(&r);
    z->has_summer = read_change(&r, &z->to_summer) && read_change(&r, &z->to_winter);
}

/* Local seconds since the epoch of the change in a year. */
static int64_t change_in_year(const zone_change *change, int64_t year) {
    int64_t day;
    if (change->month) {
        int64_t first = time_days_from_date(year, change->month, 1);
        int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
        int of_month = (change->weekday - weekday + 7) % 7 + (change->week - 1) * 7;
        while (of_month >= time_days_in_month(year, change->month))
            of_month -= 7;
        day = first + of_month;
    } else {
        bool leap = time_days_in_month(year, 2) == 29;
        int of_year =
            change->skips_leap_day ? change->day - 1 + (leap && change->day >= 60) : change->day;
        day = time_days_from_date(year, 1, 1) + of_year;
    }
    return day * 86400 + change->time;
}

static const zone_period *rule_period(const zone *z, int64_t utc) {
    if (!z->has_summer)
        return &z->winter;
    int64_t year, local = utc + z->winter.offset;
    int month, day;
    time_date_from_days(local / 86400 - (local % 86400 < 0), &year, &month, &day);
    int64_t summer = change_in_year(&z->to_summer, year) - z->winter.offset;
    int64_t winter = change_in_year(&z->to_winter, year) - z->summer.offset;
    bool in_summer =
        summer < winter ? utc >= summer && utc < winter : utc >= summer || utc < winter;
    return in_summer ? &z->summer : &z->winter;
}

/* ---- the file ---- */

static int64_t read_big_endian(const unsigned char *at, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return bytes == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
}

typedef struct file_counts {
    int64_t universal, standard, leaps, times, types, characters;
} file_counts;

static bool read_counts(const unsigned char *at, const unsigned char *end, file_counts *c) {
    if (end - at < 44 || memcmp(at, "TZif", 4) != 0)
        return false;
    int64_t *const counts[] = {
        &c->universal, &c->standard, &c->leaps, &c->times, &c->types, &c->characters};
    for (int i = 0; i < 6; i++) {
        *counts[i] = read_big_endian(at + 20 + i * 4, 4);
        if (*counts[i] < 0 || *counts[i] > 100000)
            return false;
    }
    return c->types > 0;
}

static int64_t block_bytes(const file_counts *c, int time_bytes) {
    return c->times * (time_bytes + 1) + c->types * 6 + c->characters +
           c->leaps * (time_bytes + 4) + c->standard + c->universal;
}

static void set_period(zone_period *p, int64_t start, const unsigned char *type,
    const unsigned char *names, int64_t name_bytes) {
    p->start = start;
    p->offset = (int32_t)read_big_endian(type, 4);
    int length = 0;
    for (int64_t i = type[5]; i < name_bytes && names[i]; i++)
        if (length + 1 < ZONE_ABBREVIATION_BYTES)
            p->abbreviation[length++] = (char)names[i];
    p->abbreviation[length] = 0;
}

/* The second block, with 64-bit times, and the rule behind it. */
static bool read_periods(zone *z, const unsigned char *at, const unsigned char *end) {
    file_counts c;
    if (!read_counts(at, end, &c) || at[4] < '2')
        return false;
    at += 44 + block_bytes(&c, 4);
    if (at > end || !read_counts(at, end, &c))
        return false;
    at += 44;
    if (end - at < block_bytes(&c, 8))
        return false;
    const unsigned char *indexes = at + c.times * 8, *types = indexes + c.times;
    const unsigned char *names = types + c.types * 6;
    z->count = (int)c.times + 1;
    z->periods = memory_allocate_zero(sizeof *z->periods * (size_t)z->count);
    set_period(&z->periods[0], INT64_MIN, types, names, c.characters);
    for (int64_t i = 0; i < c.times; i++) {
        if (indexes[i] >= c.types)
            return false;
        set_period(&z->periods[i + 1], read_big_endian(at + i * 8, 8), types + indexes[i] * 6,
            names, c.characters);
    }
    const char *rule = (const char *)at + block_bytes(&c, 8);
    const char *rule_end = (const char *)end;
    if (rule < rule_end && *rule == '\n') {
        const char *line_end = memchr(rule + 1, '\n', (size_t)(rule_end - rule - 1));
        if (line_end) {
            char *text = memory_copy_text(slice_make(rule + 1, (size_t)(line_end - rule - 1)));
            read_rule(z, text);
            memory_free(text);
        }
    }
    return true;
}

static bool read_file(zone *z, slice name) {
    char path[256];
    if (name.length == 0 || name.length > 100 || *name.data == '/' || *name.data == '.' ||
        memmem(name.data, name.length, "..", 2) || memchr(name.data, 0, name.length))
        return false;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", SLICE_ARG(name));
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    enum { LARGEST_FILE = 65536 };
    unsigned char *bytes = memory_allocate(LARGEST_FILE);
    size_t length = fread(bytes, 1, LARGEST_FILE, file);
    fclose(file);
    bool ok = read_periods(z, bytes, bytes + length);
    memory_free(bytes);
    return ok;
}

/* ---- names that are offsets ---- */

/* [UTC|GMT|UT][+-]h[h][[:]mm[[:]ss]], or just the name or Z. */
static bool read_fixed(zone *z, slice name) {
    static const char *const prefixes[] = {"UTC", "GMT", "UT", ""};
    slice rest = name;
    for (int i = 0; i < 4; i++)
        if (slice_starts_with(name, slice_of(prefixes[i]))) {
            rest = slice_make(name.data + strlen(prefixes[i]), name.length - strlen(prefixes[i]));
            break;
        }
    int32_t offset = 0;
    bool zero = rest.length == 0 || slice_is_ignore_case(name, "Z");
    if (!zero) {
        if ((*rest.data != '+' && *rest.data != '-') || rest.length < 2 || rest.length > 9)
            return false;
        int digits[6], count = 0;
        for (size_t i = 1; i < rest.length; i++) {
            if (rest.data[i] == ':')
                continue;
            if (rest.data[i] < '0' || rest.data[i] > '9' || count == 6)
                return false;
            digits[count++] = rest.data[i] - '0';
        }
        if (count % 2) { /* one-digit hours */
            memmove(digits + 1, digits, sizeof *digits * (size_t)(count < 6 ? count : 5));
            digits[0] = 0;
            count++;
        }
        for (int i = 0, unit = 3600; i < count; i += 2, unit /= 60)
            offset += (digits[i] * 10 + digits[i + 1]) * unit;
        if (offset > 18 * 3600)
            return false;
        if (*rest.data == '-')
            offset = -offset;
    }
    z->has_rule = true;
    z->winter.offset = offset;
    snprintf(z->winter.abbreviation, ZONE_ABBREVIATION_BYTES, "%.*s", SLICE_ARG(name));
    return true;
}

zone *zone_open(slice name) {
    zone *z = MEMORY_NEW(zone);
    if (read_fixed(z, name) || read_file(z, name))
        return z;
    zone_close(z);
    return NULL;
}

void zone_close(zone *z) {
    if (z)
        memory_free(z->periods);
    memory_free(z);
}

/* ---- asking ---- */

static const zone_period *find_period(const zone *z, int64_t utc) {
    if (z->has_rule && (z->count == 0 || utc >= z->periods[z->count - 1].start))
        return z->count == 1 && !z->has_summer ? &z->periods[0] : rule_period(z, utc);
    int low = 0, high = z->count - 1;
    while (low < high) { /* the last period that has started */
        int middle = (low + high + 1) / 2;
        if (z->periods[middle].start <= utc)
            low = middle;
        else
            high = middle - 1;
    }
    return &z->periods[low];
}

int32_t zone_offset(const zone *z, int64_t utc_ms, char *abbreviation) {
    int64_t utc = utc_ms / 1000 - (utc_ms % 1000 < 0);
    const zone_period *p = find_period(z, utc);
    if (abbreviation) { /* LMT, local mean time, is what there was before zones */
        bool before_zones = z->has_rule && strcmp(p->abbreviation, "LMT") == 0;
        memcpy(abbreviation, before_zones ? z->winter.abbreviation : p->abbreviation,
            ZONE_ABBREVIATION_BYTES);
    }
    return p->offset;
}

/* The nearest time there is. */
static int64_t shifted(int64_t time_ms, int64_t by_ms) {
    int64_t sum;
    if (!__builtin_add_overflow(time_ms, by_ms, &sum))
        return sum;
    return by_ms < 0 ? INT64_MIN : INT64_MAX;
}

int64_t zone_to_utc(const zone *z, int64_t local_ms) {
    int32_t before = zone_offset(z, shifted(local_ms, -MILLISECONDS_PER_DAY), NULL);
    int32_t after = zone_offset(z, shifted(local_ms, MILLISECONDS_PER_DAY), NULL);
    int64_t utc = shifted(local_ms, before * -1000LL);
    if (before == after || zone_offset(z, utc, NULL) == before)
        return utc;
    int64_t later = shifted(local_ms, after * -1000LL);
    return zone_offset(z, later, NULL) == after ? later : utc;
}

int64_t zone_to_local(const zone *z, int64_t utc_ms) {
    return shifted(utc_ms, zone_offset(z, utc_ms, NULL) * 1000LL);
}

const zone *zone_cached(zone_cache *cache, slice name) {
    if (cache->name && slice_equal(slice_make(cache->name, cache->length), name))
        return cache->zone;
    zone_cache_free(cache);
    cache->name = memory_copy_text(name);
    cache->length = name.length;
    cache->zone = zone_open(name);
    return cache->zone;
}

void zone_cache_free(zone_cache *cache) {
    memory_free(cache->name);
    zone_close(cache->zone);
    *cache = (zone_cache){0};
}
