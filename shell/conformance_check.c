#include "shell/conformance_check.h"

#include <math.h>

/* ---- values ---- */

static const json_node *field(const json_node *object, slice name) {
    for (const json_node *child = object->first; child; child = child->next)
        if (slice_equal(child->name, name))
            return child;
    for (const json_node *child = object->first; child; child = child->next)
        if (slice_equal_ignore_case(child->name, name))
            return child;
    return NULL;
}

static bool same_number(slice a, slice b) {
    double x, y;
    if (slice_equal(a, b))
        return true;
    if (!slice_to_double(a, &x) || !slice_to_double(b, &y))
        return false;
    return x == y || fabs(x - y) < 1e-6 || fabs(x - y) <= fabs(y) * 1e-15;
}

static bool same_list(const json_node *actual, const json_node *expected) {
    const json_node *a = actual->first, *b = expected->first;
    for (; a && b; a = a->next, b = b->next)
        if (!conformance_same(a, b))
            return false;
    return !a && !b;
}

static bool same_object(const json_node *actual, const json_node *expected) {
    if (actual->count != expected->count)
        return false;
    for (const json_node *b = expected->first; b; b = b->next) {
        const json_node *a = field(actual, b->name);
        if (json_tree_is_null(b) ? !json_tree_is_null(a) : !a || !conformance_same(a, b))
            return false;
    }
    return true;
}

bool conformance_same(const json_node *actual, const json_node *expected) {
    if (json_tree_is_null(expected) || json_tree_is_null(actual))
        return json_tree_is_null(expected) && json_tree_is_null(actual);
    bool numbers = expected->kind == JSON_KIND_NUMBER && actual->kind == JSON_KIND_NUMBER;
    bool number_text = expected->kind == JSON_KIND_STRING && actual->kind == JSON_KIND_NUMBER;
    if (numbers || number_text)
        return same_number(actual->text, numbers ? expected->text : expected->string);
    if (actual->kind != expected->kind)
        return false;
    switch (expected->kind) {
    case JSON_KIND_STRING:
        return slice_equal(actual->string, expected->string);
    case JSON_KIND_ARRAY:
        return same_list(actual, expected);
    case JSON_KIND_OBJECT:
        return same_object(actual, expected);
    default:
        return true;
    }
}

/* ---- records ---- */

static bool differs(buffer *why, slice topic, int at, const char *part, const json_node *actual,
    const json_node *expected) {
    slice a = actual ? actual->text : SLICE_LITERAL("nothing");
    slice b = expected ? expected->text : SLICE_LITERAL("null");
    buffer_format(why, "%.*s[%d] %s: expected %.*s, got %.*s", SLICE_ARG(topic), at, part,
        SLICE_ARG(b), SLICE_ARG(a));
    return false;
}

static bool same_record(const json_node *test, buffer *why, slice topic, int at,
    const json_node *actual, const json_node *expected) {
    static const char *const parts[] = {"key", "value"};
    for (int i = 0; i < 2; i++) {
        const json_node *a = json_tree_member(actual, parts[i]);
        const json_node *b = json_tree_member(expected, parts[i]);
        if (!conformance_same(a, b))
            return differs(why, topic, at, parts[i], a, b);
    }
    const json_node *a = json_tree_member(actual, "timestamp");
    const json_node *b = json_tree_member(expected, "timestamp");
    const json_node *inputs = json_tree_member(test, "inputs");
    bool any = !b || ((!inputs || inputs->count == 0) && slice_is(b->text, "0"));
    return any || conformance_same(a, b) || differs(why, topic, at, "timestamp", a, b);
}

static bool same_topic(const json_node *test, slice topic, const json_node *actual, buffer *why) {
    const json_node *expected = json_tree_member(test, "outputs");
    const json_node *a = actual ? actual->first : NULL;
    int at = 0;
    for (const json_node *b = expected->first; b; b = b->next) {
        if (!slice_equal(json_tree_string(b, "topic"), topic))
            continue;
        if (!a) {
            buffer_format(why, "%.*s: there are %d records, expected more: %.*s", SLICE_ARG(topic),
                at, SLICE_ARG(b->text));
            return false;
        }
        if (!same_record(test, why, topic, at++, a, b))
            return false;
        a = a->next;
    }
    if (a)
        buffer_format(why, "%.*s: %d records were expected, there are %d", SLICE_ARG(topic), at,
            actual->count);
    return !a;
}

static bool same_outputs(const json_node *test, const json_node *actual, buffer *why) {
    const json_node *expected = json_tree_member(test, "outputs");
    const json_node *topics = json_tree_member(actual, "outputs");
    for (const json_node *b = expected ? expected->first : NULL; b; b = b->next) {
        slice topic = json_tree_string(b, "topic");
        const json_node *found = NULL;
        for (const json_node *t = topics ? topics->first : NULL; t; t = t->next)
            if (slice_equal(t->name, topic))
                found = t;
        if (!same_topic(test, topic, found, why))
            return false;
    }
    return true;
}

bool conformance_check(const json_node *test, slice line, buffer *why) {
    arena *a = arena_create();
    error e = {0};
    const json_node *actual = json_tree_read(a, line, &e);
    slice outcome = json_tree_string(actual, "outcome"),
          message = json_tree_string(actual, "error");
    bool refused =
        json_tree_member(test, "expectedException") || json_tree_member(test, "expectedError");
    bool ok;
    if (refused) {
        ok = slice_is(outcome, "rejected") && message.length;
        if (!ok)
            buffer_format(why, "%.*s, expected to be rejected", SLICE_ARG(outcome));
    } else if (!slice_is(outcome, "ran")) {
        ok = false;
        buffer_format(why, "%.*s: %.*s", SLICE_ARG(outcome), SLICE_ARG(message));
    } else
        ok = same_outputs(test, actual, why);
    arena_destroy(a);
    return ok;
}
