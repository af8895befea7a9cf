/* Regular expressions: Java's syntax is close to Perl's, so PCRE2 runs them, after regexp_java.c
 * has rewritten what differs; with Unicode text but (as in Java) ASCII \w and \d.
 *
 * A call keeps the pattern it compiled last: constant patterns are compiled once.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/memory.h"
#include "executor/function/regexp_java.h"
#include "executor/function/registry.h"
#include "executor/function/text.h"

typedef struct pattern_state {
    buffer source, translated;
    bool is_compiled; /* source was tried; code is NULL when it is malformed */
    pcre2_code *code;
    pcre2_match_data *match;
    char complaint[160];
    int trouble; /* of the row: why PCRE2 gave up; 0: it did not */
    buffer out;
} pattern_state;

static void *prepare_pattern(const function_call *call) {
    return MEMORY_NEW(pattern_state);
}

static void forget_pattern(pattern_state *s) {
    pcre2_match_data_free(s->match);
    pcre2_code_free(s->code);
    s->match = NULL;
    s->code = NULL;
}

static void release_pattern(void *prepared) {
    pattern_state *s = prepared;
    forget_pattern(s);
    buffer_free(&s->source);
    buffer_free(&s->translated);
    buffer_free(&s->out);
    memory_free(s);
}

static void compile(pattern_state *s, slice pattern) {
    forget_pattern(s);
    buffer_clear(&s->source);
    buffer_append(&s->source, pattern);
    s->is_compiled = true;
    buffer_clear(&s->translated);
    regexp_from_java(pattern, &s->translated);
    slice translated = buffer_slice(&s->translated);
    pcre2_compile_context *options = pcre2_compile_context_create(NULL);
    pcre2_set_newline(options, PCRE2_NEWLINE_ANYCRLF);
    int number;
    PCRE2_SIZE offset;
    s->code = pcre2_compile((PCRE2_SPTR)(translated.data ? translated.data : ""), translated.length,
        PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &number, &offset, options);
    pcre2_compile_context_free(options);
    if (!s->code) {
        pcre2_get_error_message(number, (PCRE2_UCHAR *)s->complaint, sizeof s->complaint);
        return;
    }
    pcre2_jit_compile(s->code, PCRE2_JIT_COMPLETE);
    s->match = pcre2_match_data_create_from_pattern(s->code, NULL);
}

/* Makes the pattern of the row ready; fails the row when it is malformed. */
static bool use_pattern(function_call *call, int argument_index) {
    pattern_state *s = call->prepared;
    slice pattern = argument_slice(call, argument_index);
    s->trouble = 0;
    if (!s->is_compiled || !slice_equal(pattern, buffer_slice(&s->source)))
        compile(s, pattern);
    if (s->code)
        return true;
    function_fail(
        call, "The regular expression '%.*s' is malformed: %s", SLICE_ARG(pattern), s->complaint);
    return false;
}

/* The groups of the first match at or after `from`: their number, or 0 for none. Nothing matches
 * bytes that are no UTF-8. */
static int find_match(pattern_state *s, slice text, size_t from) {
    int groups = pcre2_match(
        s->code, (PCRE2_SPTR)(text.data ? text.data : ""), text.length, from, 0, s->match, NULL);
    if (groups < PCRE2_ERROR_NOMATCH)
        s->trouble = groups;
    return groups > 0 ? groups : 0;
}

/* Fails the row when matching was given up, because the expression backtracks too much. */
static bool gave_up(function_call *call) {
    pattern_state *s = call->prepared;
    char reason[120];
    if (!s->trouble)
        return false;
    pcre2_get_error_message(s->trouble, (PCRE2_UCHAR *)reason, sizeof reason);
    function_fail(call, "Matching was given up: %s", reason);
    return true;
}

static slice group_of(const pattern_state *s, slice text, int group) {
    const PCRE2_SIZE *places = pcre2_get_ovector_pointer(s->match);
    if (places[group * 2] == PCRE2_UNSET)
        return (slice){NULL, 0};
    return slice_make(text.data + places[group * 2], places[group * 2 + 1] - places[group * 2]);
}

/* Where to look for the next match: behind this one, or one character on when it was empty. */
static size_t next_start(const pattern_state *s, slice text) {
    const PCRE2_SIZE *places = pcre2_get_ovector_pointer(s->match);
    size_t end = places[1];
    if (places[0] != places[1])
        return end;
    return end < text.length ? end + text_character_bytes(text, end) : text.length + 1;
}

static int group_count(const pattern_state *s) {
    uint32_t count = 0;
    pcre2_pattern_info(s->code, PCRE2_INFO_CAPTURECOUNT, &count);
    return (int)count;
}

/* The group that is asked for; -1 when the pattern has no such group. */
static int wanted_group(function_call *call) {
    int group = call->argument_count > 2 ? argument_int32(call, 2) : 0;
    return group < 0 || group > group_count(call->prepared) ? -1 : group;
}

static void run_extract(function_call *call) {
    pattern_state *s = call->prepared;
    while (function_next_row(call)) {
        if (!use_pattern(call, 0))
            continue;
        slice text = argument_slice(call, 1);
        int group = wanted_group(call);
        bool found = group >= 0 && find_match(s, text, 0);
        if (gave_up(call))
            continue;
        if (!found)
            return_null(call);
        else
            return_slice(call, group_of(s, text, group));
    }
}

static void run_extract_all(function_call *call) {
    pattern_state *s = call->prepared;
    while (function_next_row(call)) {
        if (!use_pattern(call, 0))
            continue;
        slice text = argument_slice(call, 1);
        int group = wanted_group(call);
        if (group < 0) {
            return_null(call);
            continue;
        }
        for (size_t at = 0; at <= text.length && find_match(s, text, at); at = next_start(s, text))
            column_append_bytes(function_part(call, 0), group_of(s, text, group));
        if (!gave_up(call))
            return_nested(call);
    }
}

/* ---- REGEXP_REPLACE: $1, ${name} and \ as in Java ---- */

/* The group that $1 at `at` means, taken off; -1 when there is none. */
static int take_number(const pattern_state *s, slice replacement, size_t *at) {
    size_t i = *at;
    if (i >= replacement.length || replacement.data[i] < '0' || replacement.data[i] > '9')
        return -1;
    int count = group_count(s), group = replacement.data[i++] - '0';
    while (i < replacement.length && replacement.data[i] >= '0' && replacement.data[i] <= '9' &&
           group * 10 + (replacement.data[i] - '0') <= count)
        group = group * 10 + (replacement.data[i++] - '0');
    *at = i;
    return group <= count ? group : -1;
}

/* The same for ${name}. */
static int take_name(const pattern_state *s, slice replacement, size_t *at) {
    char name[33] = {0};
    const char *start = replacement.data + *at + 1;
    const char *close = memchr(start, '}', replacement.length - *at - 1);
    if (!close || close == start || (size_t)(close - start) >= sizeof name)
        return -1;
    memcpy(name, start, (size_t)(close - start));
    *at = (size_t)(close - replacement.data) + 1;
    return pcre2_substring_number_from_name(s->code, (PCRE2_SPTR)name);
}

static bool append_group(pattern_state *s, slice text, slice replacement, size_t *at) {
    size_t i = *at + 1;
    bool named = i < replacement.length && replacement.data[i] == '{';
    int group = named ? take_name(s, replacement, &i) : take_number(s, replacement, &i);
    if (group < 0)
        return false;
    slice value = group_of(s, text, group);
    if (value.data)
        buffer_append(&s->out, value);
    *at = i;
    return true;
}

static bool append_replacement(pattern_state *s, slice text, slice replacement) {
    for (size_t i = 0; i < replacement.length;) {
        if (replacement.data[i] == '$') {
            if (!append_group(s, text, replacement, &i))
                return false;
            continue;
        }
        if (replacement.data[i] == '\\' && ++i == replacement.length)
            return false;
        buffer_append_byte(&s->out, replacement.data[i++]);
    }
    return true;
}

static bool replace_all(pattern_state *s, slice text, slice replacement) {
    size_t copied = 0;
    buffer_clear(&s->out);
    for (size_t at = 0; at <= text.length && find_match(s, text, at); at = next_start(s, text)) {
        const PCRE2_SIZE *places = pcre2_get_ovector_pointer(s->match);
        buffer_append_bytes(&s->out, text.data + copied, places[0] - copied);
        copied = places[1];
        if (!append_replacement(s, text, replacement))
            return false;
    }
    buffer_append_bytes(&s->out, text.data + copied, text.length - copied);
    return true;
}

static void run_replace(function_call *call) {
    pattern_state *s = call->prepared;
    while (function_next_row(call)) {
        if (!use_pattern(call, 1))
            continue;
        slice replacement = argument_slice(call, 2);
        bool ok = replace_all(s, argument_slice(call, 0), replacement);
        if (gave_up(call))
            continue;
        if (ok)
            return_slice(call, buffer_slice(&s->out));
        else
            function_fail(call, "The replacement '%.*s' names a group that is not there",
                SLICE_ARG(replacement));
    }
}

/* ---- REGEXP_SPLIT_TO_ARRAY ---- */

static void append_between(function_call *call, slice text, size_t from, size_t to) {
    column_append_bytes(function_part(call, 0), slice_make(text.data + from, to - from));
}

/* As Java's Pattern.split: nothing before an empty match at the start, no empty parts at the end.
 */
static void split_empty(function_call *call, slice text) {
    pattern_state *s = call->prepared;
    column *parts = function_part(call, 0);
    int64_t before = parts->length, kept = before;
    size_t copied = 0;
    for (size_t at = 0; at <= text.length && find_match(s, text, at); at = next_start(s, text)) {
        const PCRE2_SIZE *places = pcre2_get_ovector_pointer(s->match);
        if (places[1] == 0)
            continue;
        append_between(call, text, copied, places[0]);
        if (places[0] > copied)
            kept = parts->length;
        copied = places[1];
    }
    append_between(call, text, copied, text.length);
    if (copied < text.length || parts->length == before + 1)
        kept = parts->length;
    column_truncate(parts, kept);
}

/* All parts, also empty ones. An empty match (a look-around) gives none at the text's ends. */
static void split_between(function_call *call, slice text) {
    pattern_state *s = call->prepared;
    size_t copied = 0;
    bool ends_empty = false;
    for (size_t at = 0; at <= text.length && find_match(s, text, at); at = next_start(s, text)) {
        const PCRE2_SIZE *places = pcre2_get_ovector_pointer(s->match);
        bool is_empty = places[0] == places[1];
        if (is_empty && places[0] == copied)
            continue;
        append_between(call, text, copied, places[0]);
        copied = places[1];
        ends_empty = is_empty && copied == text.length;
    }
    if (!ends_empty)
        append_between(call, text, copied, text.length);
}

static bool matches_empty(pattern_state *s) {
    slice empty = SLICE_LITERAL("");
    return find_match(s, empty, 0) > 0;
}

static void run_split(function_call *call) {
    pattern_state *s = call->prepared;
    while (function_next_row(call)) {
        if (!use_pattern(call, 1))
            continue;
        slice text = argument_slice(call, 0);
        if (matches_empty(s))
            split_empty(call, text);
        else
            split_between(call, text);
        if (!gave_up(call))
            return_nested(call);
    }
}

#define PATTERN .prepare = prepare_pattern, .release = release_pattern

static const scalar_kernel extract = {.run = run_extract, PATTERN},
                           extract_all = {.run = run_extract_all, PATTERN},
                           replace = {.run = run_replace, PATTERN},
                           split = {.run = run_split, PATTERN};
static const function_overload extract_overloads[] = {
    {.signature = "(STRING, STRING) -> STRING", .scalar = &extract},
    {.signature = "(STRING, STRING, INTEGER) -> STRING", .scalar = &extract}};
static const function_overload extract_all_overloads[] = {
    {.signature = "(STRING, STRING) -> ARRAY<STRING>", .scalar = &extract_all},
    {.signature = "(STRING, STRING, INTEGER) -> ARRAY<STRING>", .scalar = &extract_all}};
static const function_overload replace_overloads[] = {
    {.signature = "(STRING, STRING, STRING) -> STRING", .scalar = &replace}};
static const function_overload split_overloads[] = {
    {.signature = "(STRING, STRING) -> ARRAY<STRING>", .scalar = &split}};

static const function_descriptor rows[] = {
    {"REGEXP_EXTRACT", FUNCTION_SCALAR, "REGULAR EXPRESSION",
        "The first part of a text that matches a pattern, or a group of it.",
        "REGEXP_EXTRACT('(.*) (.*)', 'hello there', 2)", "\"there\"", OVERLOADS(extract_overloads)},
    {"REGEXP_EXTRACT_ALL", FUNCTION_SCALAR, "REGULAR EXPRESSION",
        "All parts of a text that match a pattern, or a group of each.",
        "REGEXP_EXTRACT_ALL('[a-z]+', 'ab 12 cd')", "[\"ab\",\"cd\"]",
        OVERLOADS(extract_all_overloads)},
    {"REGEXP_REPLACE", FUNCTION_SCALAR, "REGULAR EXPRESSION",
        "The text with every match of a pattern replaced; $1 is its first group.",
        "REGEXP_REPLACE('baababaa', '(ab)+', 'cat')", "\"bacataa\"", OVERLOADS(replace_overloads)},
    {"REGEXP_SPLIT_TO_ARRAY", FUNCTION_SCALAR, "REGULAR EXPRESSION",
        "The parts of a text between the matches of a pattern.",
        "REGEXP_SPLIT_TO_ARRAY('aabcda', '(ab|cd)')", "[\"a\",\"\",\"a\"]",
        OVERLOADS(split_overloads)},
};

void regexp_functions_register(void) {
    REGISTER_ROWS(rows);
}
