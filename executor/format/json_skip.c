/* What is seldom passed over: containers and words; and how it fails. */
#include "executor/format/json_skip.h"

const char *json_fail_at(json_reader *r, const char *at, const char *expected) {
    r->at = at;
    unsigned char c = at < r->end ? (unsigned char)*at : 0;
    if (at >= r->end)
        json_fail(r, "the text ends where %s should be", expected);
    else if (c < 0x20 || c >= 0x7F)
        json_fail(r, "byte 0x%02x where %s should be", c, expected);
    else
        json_fail(r, "'%c' where %s should be", c, expected);
    return NULL;
}

const char *json_skip_word(json_reader *r, const char *at) {
    char c = at < r->end ? *at : 0;
    const char *word = c == 't' ? "true" : c == 'f' ? "false" : "null";
    size_t length = strlen(word);
    if ((size_t)(r->end - at) < length || memcmp(at, word, length) != 0)
        return json_fail_at(r, at, "a value");
    return at + length;
}

static const char *skip_name(json_reader *r, const char *at) {
    if (at >= r->end || *at != '"')
        return json_fail_at(r, at, "a field name");
    at = json_skip_string(r, at);
    return at ? json_skip_colon(r, at) : NULL;
}

const char *json_skip_container(json_reader *r, const char *at, char close) {
    r->at = at;
    if (!json_enter(r))
        return NULL;
    at = r->at;
    if (at < r->end && *at == close) {
        r->depth--;
        return at + 1;
    }
    for (bool more = true; more;) {
        if (close == '}' && !(at = skip_name(r, at)))
            return NULL;
        at = json_skip(r, at);
        at = at ? json_skip_separator(r, at, close, &more) : NULL;
        if (!at)
            return NULL;
    }
    return at;
}

bool json_skip_value(json_reader *r) {
    const char *at = json_skip(r, r->at);
    if (at)
        r->at = at;
    return at != NULL;
}
