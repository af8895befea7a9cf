/* The two languages differ in few places, which are rewritten; everything else is copied.
 *
 *   classes in classes     [a-c[x-z]]     (?:[a-c]|[x-z])
 *   intersections          [a-z&&[^aeiou]] (?:(?=(?:[a-z]))(?:[^aeiou]))
 *   properties             \p{Lower} \p{IsGreek} \p{javaUpperCase}
 *   code points            \u0041 \0101
 *   flags                  (?d) (?u) (?U) are left out
 */
#include "executor/function/regexp_java.h"

#include <stdlib.h>
#include <string.h>

typedef struct translator {
    const char *at, *end;
    buffer *out;
} translator;

static bool looking_at(const translator *t, const char *text) {
    size_t length = strlen(text);
    return (size_t)(t->end - t->at) >= length && memcmp(t->at, text, length) == 0;
}

static void copy(translator *t, size_t count) {
    if ((size_t)(t->end - t->at) < count)
        count = (size_t)(t->end - t->at);
    buffer_append_bytes(t->out, t->at, count);
    t->at += count;
}

/* ---- properties ---- */

typedef struct property {
    const char *java, *inside, *inside_not; /* as part of a class, and its complement */
} property;

#define POSIX(java, name)                                                                          \
    { java, "[:" name ":]", "[:^" name ":]" }

static const property properties[] = {POSIX("Lower", "lower"), POSIX("Upper", "upper"),
    POSIX("Alpha", "alpha"), POSIX("Digit", "digit"), POSIX("Alnum", "alnum"),
    POSIX("Punct", "punct"), POSIX("Graph", "graph"), POSIX("Print", "print"),
    POSIX("Blank", "blank"), POSIX("Cntrl", "cntrl"), POSIX("XDigit", "xdigit"),
    POSIX("Space", "space"), {"ASCII", "\\x{0}-\\x{7F}", "\\x{80}-\\x{10FFFF}"},
    {"javaLowerCase", "\\p{Ll}", "\\P{Ll}"}, {"javaUpperCase", "\\p{Lu}", "\\P{Lu}"},
    {"javaWhitespace", "\\s", "\\S"}, {"javaLetter", "\\p{L}", "\\P{L}"},
    {"javaDigit", "\\p{Nd}", "\\P{Nd}"}, {"javaAlphabetic", "\\p{Alphabetic}", "\\P{Alphabetic}"},
    {"IsLetter", "\\p{L}", "\\P{L}"}, {"IsDigit", "\\p{Nd}", "\\P{Nd}"},
    {"IsPunctuation", "\\p{P}", "\\P{P}"}, {"IsControl", "\\p{Cc}", "\\P{Cc}"},
    {"LC", "\\p{L&}", "\\P{L&}"}};

/* The name without what Java puts before it: IsGreek, script=Greek, gc=Lu. */
static slice plain_name(slice name) {
    const char *equals = memchr(name.data, '=', name.length);
    if (equals)
        return slice_make(equals + 1, name.length - (size_t)(equals + 1 - name.data));
    return slice_starts_with(name, SLICE_LITERAL("Is")) ? slice_make(name.data + 2, name.length - 2)
                                                        : name;
}

/* \p{...} or \P{...} at `at`. */
static void translate_property(translator *t, bool in_class) {
    const char *close = memchr(t->at, '}', (size_t)(t->end - t->at));
    if (t->end - t->at < 4 || t->at[2] != '{' || !close) {
        copy(t, 3);
        return;
    }
    bool negated = t->at[1] == 'P';
    slice name = {t->at + 3, (size_t)(close - t->at - 3)};
    t->at = close + 1;
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        if (!slice_is(name, properties[i].java))
            continue;
        const char *text = negated ? properties[i].inside_not : properties[i].inside;
        buffer_format(t->out, in_class ? "%s" : "[%s]", text);
        return;
    }
    slice plain = plain_name(name);
    buffer_format(t->out, "\\%c{%.*s}", negated ? 'P' : 'p', SLICE_ARG(plain));
}

/* ---- escapes ---- */

static int64_t digits_at(const char *at, const char *end, int count, int base) {
    char text[8] = {0};
    if (end - at < count)
        return -1;
    memcpy(text, at, (size_t)count);
    char *behind;
    long value = strtol(text, &behind, base);
    return behind == text + count && *text != '-' && *text != '+' && *text != ' ' ? value : -1;
}

/* \uXXXX, or two of them that are one character. */
static bool translate_unicode(translator *t) {
    int64_t unit = digits_at(t->at + 2, t->end, 4, 16);
    if (unit < 0)
        return false;
    t->at += 6;
    if (unit >= 0xD800 && unit < 0xDC00 && looking_at(t, "\\u")) {
        int64_t low = digits_at(t->at + 2, t->end, 4, 16);
        if (low >= 0xDC00 && low < 0xE000) {
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            t->at += 6;
        }
    }
    buffer_format(t->out, "\\x{%llX}", (long long)unit);
    return true;
}

/* \0n, \0nn, \0mnn with m up to 3. */
static void translate_octal(translator *t) {
    int value = 0, count = 0;
    const char *at = t->at + 2;
    while (at < t->end && count < 3 && *at >= '0' && *at <= '7' && value * 8 + (*at - '0') <= 255) {
        value = value * 8 + (*at++ - '0');
        count++;
    }
    buffer_format(t->out, "\\x{%X}", (unsigned)value);
    t->at = at;
}

static void translate_quoted(translator *t) {
    const char *close = memmem(t->at, (size_t)(t->end - t->at), "\\E", 2);
    copy(t, close ? (size_t)(close + 2 - t->at) : (size_t)(t->end - t->at));
}

static void translate_escape(translator *t, bool in_class) {
    char kind = t->end - t->at > 1 ? t->at[1] : 0;
    if (kind == 'p' || kind == 'P')
        translate_property(t, in_class);
    else if (kind == 'Q')
        translate_quoted(t);
    else if (kind == '0')
        translate_octal(t);
    else if (kind != 'u' || !translate_unicode(t))
        copy(t, 2);
}

/* ---- classes ---- */

/* Whether the class at `at` (its [) has another one or && in it; sets the place behind its ]. */
static bool is_nested_class(const translator *t, const char **behind) {
    int depth = 0;
    bool nested = false;
    const char *start = t->at;
    for (const char *at = t->at; at < t->end; at++) {
        if (*at == '\\') {
            at++;
        } else if (*at == '[') {
            nested |= depth++ > 0;
            start = at + (at + 1 < t->end && at[1] == '^');
        } else if (*at == ']' && at > start + 1) {
            if (--depth == 0) {
                *behind = at + 1;
                return nested;
            }
        } else if (*at == '&' && at + 1 < t->end && at[1] == '&') {
            nested = true;
        }
    }
    *behind = t->end;
    return false;
}

static void translate_class(translator *t);

/* One side of &&: members and classes, any of which may match. */
static void translate_union(translator *t) {
    buffer members = {0}, *out = t->out;
    bool first = true;
    buffer_append_text(out, "(?:");
    while (t->at < t->end && *t->at != ']' && !looking_at(t, "&&")) {
        if (*t->at == '[') {
            buffer_append_text(out, first ? "" : "|");
            first = false;
            translate_class(t);
            continue;
        }
        t->out = &members;
        if (*t->at == '\\')
            translate_escape(t, true);
        else
            copy(t, 1);
        t->out = out;
    }
    if (members.length)
        buffer_format(out, "%s[%.*s]", first ? "" : "|", (int)members.length, members.data);
    buffer_append_text(out, ")");
    buffer_free(&members);
}

static void translate_nested_class(translator *t) {
    t->at++;
    bool negated = looking_at(t, "^");
    t->at += negated;
    buffer_append_text(t->out, negated ? "(?:(?!" : "(?:");
    buffer all = {0}, *out = t->out;
    t->out = &all;
    translate_union(t);
    t->out = out;
    while (looking_at(t, "&&")) {
        t->at += 2;
        buffer_format(out, "(?=%.*s)", (int)all.length, all.data);
        buffer_clear(&all);
        t->out = &all;
        translate_union(t);
        t->out = out;
    }
    buffer_append(out, buffer_slice(&all));
    buffer_free(&all);
    buffer_append_text(out, negated ? ")(?s:.))" : ")");
    t->at += t->at < t->end;
}

static void translate_class(translator *t) {
    const char *behind;
    if (is_nested_class(t, &behind)) {
        translate_nested_class(t);
        return;
    }
    while (t->at < behind)
        if (*t->at == '\\')
            translate_escape(t, true);
        else
            copy(t, 1);
}

/* ---- groups ---- */

/* (?flags) or (?flags: without those that PCRE2 reads as something else. */
static void translate_group(translator *t) {
    const char *at = t->at + 2;
    while (at < t->end && strchr("idmsuxU-", *at))
        at++;
    bool flags = looking_at(t, "(?") && at < t->end && at > t->at + 2 && strchr("):", *at);
    copy(t, flags ? 2 : 1);
    for (; flags && t->at < at; t->at++)
        if (!strchr("duU", *t->at))
            buffer_append_byte(t->out, *t->at);
}

void regexp_from_java(slice pattern, buffer *out) {
    translator t = {pattern.data, pattern.data + pattern.length, out};
    while (t.at < t.end)
        if (*t.at == '\\')
            translate_escape(&t, false);
        else if (*t.at == '[')
            translate_class(&t);
        else if (*t.at == '(')
            translate_group(&t);
        else
            copy(&t, 1);
}
