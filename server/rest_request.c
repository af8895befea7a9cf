/* What a request says: its body, its query string, and what it would like as an answer. */
#include <jansson.h>
#include <stdlib.h>

#include "base/number.h"
#include "server/rest_private.h"

/* ---- the query string ---- */

/* A '%' without two digits stands for itself. */
slice rest_decode(arena *a, slice text, bool plus_is_space) {
    char *out = arena_allocate(a, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool escape = c == '%' && i + 2 < text.length;
        int high = escape ? number_hex_digit(text.data[i + 1]) : -1;
        int low = escape ? number_hex_digit(text.data[i + 2]) : -1;
        if (high >= 0 && low >= 0) {
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        out[length++] = c;
    }
    return slice_make(out, length);
}

slice rest_parameter(arena *a, const http_request *request, const char *name) {
    slice left = request->query, wanted = slice_of(name);
    while (left.length) {
        const char *end = memchr(left.data, '&', left.length);
        slice pair = slice_make(left.data, end ? (size_t)(end - left.data) : left.length);
        const char *equals = memchr(pair.data, '=', pair.length);
        size_t key = equals ? (size_t)(equals - pair.data) : pair.length;
        if (slice_equal(slice_make(pair.data, key), wanted))
            return rest_decode(a,
                equals ? slice_make(equals + 1, pair.length - key - 1) : SLICE_LITERAL(""), true);
        size_t taken = pair.length + (end != NULL);
        left = slice_make(left.data + taken, left.length - taken);
    }
    return (slice){NULL, 0};
}

/* ---- Accept ---- */

/* How much one part of the header likes a type: q, or -1 when it is about others. Exact names count
 * a little more than patterns. */
static double liking(slice part, slice type) {
    const char *semicolon = memchr(part.data, ';', part.length);
    size_t length = semicolon ? (size_t)(semicolon - part.data) : part.length;
    slice name = slice_trim(slice_make(part.data, length));
    const char *weight = semicolon ? memmem(semicolon, part.length - length, "q=", 2) : NULL;
    double q = 1;
    if (weight) {
        char number[16] = {0};
        size_t left = part.length - (size_t)(weight + 2 - part.data);
        memcpy(number, weight + 2, left < 15 ? left : 15);
        q = strtod(number, NULL);
    }
    if (slice_equal_ignore_case(name, type))
        return q;
    bool any = slice_is(name, "*/*");
    bool family = slice_ends_with(name, SLICE_LITERAL("/*")) &&
                  slice_starts_with(type, slice_make(name.data, name.length - 1));
    return any || family ? q - 0.0005 : -1;
}

static double like(slice accept, slice type) {
    double best = -1;
    while (accept.length) {
        const char *comma = memchr(accept.data, ',', accept.length);
        size_t length = comma ? (size_t)(comma - accept.data) : accept.length;
        double liked = liking(slice_make(accept.data, length), type);
        best = liked > best ? liked : best;
        size_t taken = length + (comma != NULL);
        accept = slice_make(accept.data + taken, accept.length - taken);
    }
    return best;
}

int rest_choose_type(const http_request *request, const char *const *types) {
    slice accept = slice_trim(http_header_value(request, "accept"));
    if (!accept.length)
        return 0;
    int chosen = -1;
    double best = 0;
    for (int i = 0; types[i]; i++) {
        double liked = like(accept, slice_of(types[i]));
        if (liked > best) {
            best = liked;
            chosen = i;
        }
    }
    return chosen;
}

/* ---- bodies ---- */

static slice value_text(arena *a, const json_t *value) {
    if (json_is_string(value))
        return arena_copy(a, slice_make(json_string_value(value), json_string_length(value)));
    if (json_is_integer(value))
        return arena_format(a, "%lld", (long long)json_integer_value(value));
    if (json_is_real(value))
        return arena_format(a, "%g", json_real_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? SLICE_LITERAL("true") : SLICE_LITERAL("false");
    return (slice){NULL, 0};
}

typedef bool (*session_setter)(session *s, slice name, slice value, error *e);

static bool set_all(
    rest_statement_request *request, const json_t *object, session_setter set, error *e) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        if (!set(request->session, slice_of(name), value_text(request->arena, value), e))
            return false;
    }
    return true;
}

static const json_t *either(const json_t *object, const char *name, const char *other) {
    const json_t *value = json_object_get(object, name);
    return value ? value : json_object_get(object, other);
}

static bool fill_request(rest *r, const json_t *body, rest_statement_request *out, error *e) {
    const json_t *sql = either(body, "ksql", "sql");
    const json_t *sequence = json_object_get(body, "commandSequenceNumber");
    if (!json_is_string(sql))
        return error_set(e, ERROR_STATEMENT,
            "The request has no field with the SQL: \"ksql\", or \"sql\" for /query-stream.");
    out->arena = arena_create();
    out->session = session_open(r->instance);
    out->sql = value_text(out->arena, sql);
    out->sequence = json_is_integer(sequence) ? json_integer_value(sequence) : -1;
    return set_all(out, either(body, "streamsProperties", "properties"), session_set_property, e) &&
           set_all(out, json_object_get(body, "sessionVariables"), session_set_variable, e);
}

bool rest_read_text(
    rest *r, const http_request *request, slice text, rest_statement_request *out, error *e) {
    json_error_t syntax;
    *out = (rest_statement_request){0};
    json_t *body = json_loadb(text.data, text.length, 0, &syntax);
    if (!json_is_object(body))
        error_set(e, ERROR_STATEMENT, "The request's body is not a JSON object: %s.",
            body ? "it is another kind of value" : syntax.text);
    else if (fill_request(r, body, out, e))
        session_set_read_only(
            out->session, r->auth && rest_auth_check(r->auth, request) != REST_WRITER);
    json_decref(body);
    if (!error_is_set(e))
        return true;
    rest_free_request(out);
    return false;
}

bool rest_read_request(
    rest *r, http_exchange *x, const http_request *request, rest_statement_request *out) {
    error e = {0};
    if (rest_read_text(r, request, request->body, out, &e))
        return true;
    buffer message = {0};
    error_render(&e, (slice){NULL, 0}, &message);
    buffer_append_byte(&message, 0);
    rest_answer_error(x, 40000, message.data);
    buffer_free(&message);
    return false;
}

void rest_free_request(rest_statement_request *request) {
    session_close(request->session);
    arena_destroy(request->arena);
    *request = (rest_statement_request){0};
}
