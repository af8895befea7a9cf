/* Recursive descent, one function a kind of value. */
#include "shell/json_tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/utf8.h"

enum { DEPTH_MOST = 200 };

typedef struct reading {
    arena *arena;
    const char *start, *at, *end;
    int depth;
    error *e;
} reading;

static json_node *read_value(reading *r);

static json_node *fail(reading *r, const char *what) {
    int line = 1;
    for (const char *c = r->start; c < r->at; c++)
        line += *c == '\n';
    error_set(r->e, ERROR_DATA, "Line %d of the JSON text: %s", line, what);
    return NULL;
}

static void skip_space(reading *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
        r->at++;
}

static bool take(reading *r, char c) {
    skip_space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static uint32_t read_hex(reading *r) {
    uint32_t code = 0;
    for (int i = 0; i < 4 && r->at < r->end; i++, r->at++)
        code = code << 4 | ((uint32_t)number_hex_digit(*r->at) & 15);
    return code;
}

static size_t read_escape(reading *r, char *to) {
    static const char escapes[] = "bfnrt\"\\/", meanings[] = "\b\f\n\r\t\"\\/";
    char c = *r->at++;
    const char *found = strchr(escapes, c);
    if (found && c) {
        *to = meanings[found - escapes];
        return 1;
    }
    uint32_t code = read_hex(r);
    if (code >= 0xD800 && code < 0xDC00 && r->end - r->at >= 6 && r->at[0] == '\\') {
        r->at += 2;
        code = 0x10000 + ((code - 0xD800) << 10) + (read_hex(r) - 0xDC00);
    }
    return utf8_write(to, code > 0x10FFFF ? 0xFFFD : code);
}

/* r->at is behind the opening quote. */
static bool read_string(reading *r, slice *out) {
    const char *start = r->at;
    bool escaped = false;
    const char *c = start;
    for (; c < r->end && *c != '"'; c++) {
        escaped |= *c == '\\';
        c += *c == '\\';
    }
    if (c >= r->end) {
        fail(r, "a string does not end");
        return false;
    }
    *out = slice_make(start, (size_t)(c - start));
    if (escaped) {
        char *to = arena_allocate(r->arena, out->length + 1);
        size_t length = 0;
        while (r->at < c) {
            if (*r->at == '\\') {
                r->at++;
                length += read_escape(r, to + length);
            } else
                to[length++] = *r->at++;
        }
        *out = slice_make(to, length);
    }
    r->at = c + 1;
    return true;
}

static json_node *read_array(reading *r, json_node *node) {
    json_node **tail = &node->first;
    while (!take(r, ']')) {
        if (node->count && !take(r, ','))
            return fail(r, "',' or ']' should stand here");
        if (!(*tail = read_value(r)))
            return NULL;
        tail = &(*tail)->next;
        node->count++;
    }
    return node;
}

static json_node *read_object(reading *r, json_node *node) {
    json_node **tail = &node->first;
    while (!take(r, '}')) {
        slice name;
        if (node->count && !take(r, ','))
            return fail(r, "',' or '}' should stand here");
        if (!take(r, '"') || !read_string(r, &name))
            return fail(r, "a name in quotes should stand here");
        if (!take(r, ':'))
            return fail(r, "':' should stand here");
        if (!(*tail = read_value(r)))
            return NULL;
        (*tail)->name = name;
        tail = &(*tail)->next;
        node->count++;
    }
    return node;
}

static bool take_word(reading *r, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(r->end - r->at) < length || memcmp(r->at, word, length) != 0)
        return false;
    r->at += length;
    return true;
}

static json_node *read_scalar(reading *r, json_node *node) {
    if (take_word(r, "null"))
        node->kind = JSON_KIND_NULL;
    else if (take_word(r, "true"))
        node->kind = JSON_KIND_TRUE;
    else if (take_word(r, "false"))
        node->kind = JSON_KIND_FALSE;
    else {
        node->kind = JSON_KIND_NUMBER;
        const char *start = r->at;
        while (r->at < r->end && *r->at && strchr("+-0123456789.eE", *r->at))
            r->at++;
        if (r->at == start)
            return fail(r, "a value should stand here");
    }
    return node;
}

static json_node *read_value(reading *r) {
    skip_space(r);
    if (r->at == r->end)
        return fail(r, "the text ends where a value should stand");
    if (r->depth++ == DEPTH_MOST)
        return fail(r, "nested too deep");
    json_node *node = ARENA_NEW(r->arena, json_node), *read = node;
    const char *start = r->at;
    switch (*r->at) {
    case '{':
        r->at++;
        node->kind = JSON_KIND_OBJECT;
        read = read_object(r, node);
        break;
    case '[':
        r->at++;
        node->kind = JSON_KIND_ARRAY;
        read = read_array(r, node);
        break;
    case '"':
        r->at++;
        node->kind = JSON_KIND_STRING;
        read = read_string(r, &node->string) ? node : NULL;
        break;
    default:
        read = read_scalar(r, node);
        break;
    }
    r->depth--;
    node->text = slice_make(start, (size_t)(r->at - start));
    return read;
}

json_node *json_tree_read(arena *a, slice text, error *e) {
    reading r = {a, text.data, text.data, text.data + text.length, 0, e};
    json_node *node = read_value(&r);
    skip_space(&r);
    return node && r.at != r.end ? fail(&r, "something follows behind the end") : node;
}

const json_node *json_tree_member(const json_node *node, const char *name) {
    if (!node || node->kind != JSON_KIND_OBJECT)
        return NULL;
    for (const json_node *child = node->first; child; child = child->next)
        if (slice_is(child->name, name))
            return child;
    return NULL;
}

slice json_tree_string(const json_node *node, const char *name) {
    const json_node *member = json_tree_member(node, name);
    return member && member->kind == JSON_KIND_STRING ? member->string : (slice){NULL, 0};
}

int64_t json_tree_integer(const json_node *node, const char *name, int64_t otherwise) {
    const json_node *member = json_tree_member(node, name);
    int64_t number;
    double real;
    if (!member || member->kind != JSON_KIND_NUMBER)
        return otherwise;
    if (slice_to_int64(member->text, &number))
        return number;
    return slice_to_double(member->text, &real) ? (int64_t)real : otherwise;
}

bool json_tree_is_null(const json_node *node) {
    return !node || node->kind == JSON_KIND_NULL;
}
