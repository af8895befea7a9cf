/* Parts of URLs, and the encoding of their parameters (application/x-www-form-urlencoded).
 *
 * A URL is cut as RFC 3986 says: scheme ":" ["//" [user "@"] host [":" port]] path ["?" query]
 * ["#" fragment]. Characters that no URI may hold make it invalid, and the result null.
 */
#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"
#include "executor/function/registry.h"
#include "executor/function/scratch.h"
#include "executor/function/text.h"

typedef struct url_parts {
    slice scheme, host, port, path, query, fragment; /* NULL data: not there */
} url_parts;

static bool is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* The byte of the %XX that begins at `at`; -1 when two digits do not follow. */
static int read_escape(slice text, size_t at) {
    if (at + 2 >= text.length)
        return -1;
    int high = number_hex_digit(text.data[at + 1]), low = number_hex_digit(text.data[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Whether every character may stand in a URI; other than ASCII may, as Java has it. */
static bool is_valid(slice text) {
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c <= ' ' || c == 0x7F || strchr("\"<>\\^`{|}", c))
            return false;
        if (c == '%' && read_escape(text, i) < 0)
            return false;
    }
    return true;
}

/* Cuts the text before the first `mark` off; what follows it goes to `after` (NULL when there is
 * none). */
static slice cut_at(slice text, char mark, slice *after) {
    const char *found = text.length ? memchr(text.data, mark, text.length) : NULL;
    *after = (slice){NULL, 0};
    if (!found)
        return text;
    size_t length = (size_t)(found - text.data);
    *after = slice_make(found + 1, text.length - length - 1);
    return slice_make(text.data, length);
}

static slice scheme_of(slice text) {
    size_t i = 0;
    if (text.length == 0 || !is_letter(text.data[0]))
        return (slice){NULL, 0};
    while (i < text.length &&
           (is_letter(text.data[i]) || is_digit(text.data[i]) || strchr("+-.", text.data[i])))
        i++;
    return i < text.length && text.data[i] == ':' ? slice_make(text.data, i) : (slice){NULL, 0};
}

/* Whether it names a server: labels of letters, digits and inner hyphens, the last of which begins
 * with a letter; four numbers; or an IPv6 address in brackets. */
static bool is_server(slice host) {
    if (host.length > 2 && *host.data == '[')
        return host.data[host.length - 1] == ']';
    size_t start = 0;
    bool numeric = true, last_starts_with_letter = false;
    for (size_t i = 0; i <= host.length; i++) {
        if (i < host.length && host.data[i] != '.') {
            char c = host.data[i];
            if (!is_letter(c) && !is_digit(c) && c != '-')
                return false;
            numeric &= is_digit(c);
            continue;
        }
        bool is_root = i == host.length && i == start && i > 0; /* "test.com." */
        if (is_root)
            break;
        if (i == start || host.data[start] == '-' || host.data[i - 1] == '-')
            return false;
        last_starts_with_letter = is_letter(host.data[start]);
        start = i + 1;
    }
    return numeric || last_starts_with_letter;
}

static void cut_authority(slice authority, url_parts *u) {
    for (size_t i = authority.length; i > 0; i--)
        if (authority.data[i - 1] == '@') {
            authority = slice_make(authority.data + i, authority.length - i);
            break;
        }
    size_t colon = authority.length;
    while (colon > 0 && is_digit(authority.data[colon - 1]))
        colon--;
    if (colon > 0 && authority.data[colon - 1] == ':') {
        if (colon < authority.length)
            u->port = slice_make(authority.data + colon, authority.length - colon);
        authority.length = colon - 1;
    }
    if (is_server(authority))
        u->host = authority;
    else
        u->port = (slice){NULL, 0};
}

static bool cut_url(slice text, url_parts *u) {
    *u = (url_parts){0};
    if (!is_valid(text))
        return false;
    slice rest = cut_at(text, '#', &u->fragment);
    u->scheme = scheme_of(rest);
    if (u->scheme.data) {
        size_t taken = u->scheme.length + 1;
        rest = slice_make(rest.data + taken, rest.length - taken);
        if (rest.length == 0)
            return false;
        if (rest.data[0] != '/') /* opaque, as mailto: is: no path, no query */
            return true;
    }
    rest = cut_at(rest, '?', &u->query);
    if (rest.length >= 2 && rest.data[0] == '/' && rest.data[1] == '/') {
        size_t end = 2;
        while (end < rest.length && rest.data[end] != '/')
            end++;
        cut_authority(slice_make(rest.data + 2, end - 2), u);
        rest = slice_make(rest.data + end, rest.length - end);
    }
    u->path = rest;
    return true;
}

/* ---- decoding ---- */

/* %XX becomes its byte, and + a space in encoded parameters; false for a broken %. */
static bool decode(slice text, bool plus_is_space, buffer *out) {
    buffer_clear(out);
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '%') {
            int byte = read_escape(text, i);
            if (byte < 0)
                return false;
            c = (char)byte;
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        buffer_append_byte(out, c);
    }
    return true;
}

/* Bytes that are no UTF-8 become U+FFFD. */
static void return_text(function_call *call, const buffer *text) {
    if (utf8_valid(buffer_slice(text))) {
        return_slice(call, buffer_slice(text));
        return;
    }
    buffer repaired = {0};
    utf8_append_repaired(&repaired, buffer_slice(text));
    return_slice(call, buffer_slice(&repaired));
    buffer_free(&repaired);
}

static void return_decoded(function_call *call, slice part) {
    buffer *out = call->prepared;
    if (part.data && decode(part, false, out))
        return_text(call, out);
    else
        return_null(call);
}

#define PART_FUNCTION(name, part)                                                                  \
    static void run_##name(function_call *call) {                                                  \
        url_parts u;                                                                               \
        while (function_next_row(call))                                                            \
            if (cut_url(argument_slice(call, 0), &u))                                              \
                return_decoded(call, u.part);                                                      \
            else                                                                                   \
                return_null(call);                                                                 \
    }                                                                                              \
    static const scalar_kernel name = {.run = run_##name, SCRATCH_BUFFER};                         \
    static const function_overload name##_overloads[] = {                                          \
        {.signature = "(STRING) -> STRING", .scalar = &name}}

PART_FUNCTION(fragment, fragment);
PART_FUNCTION(host, host);
PART_FUNCTION(path, path);
PART_FUNCTION(protocol, scheme);
PART_FUNCTION(query, query);

static void run_port(function_call *call) {
    url_parts u;
    while (function_next_row(call)) {
        int64_t port;
        if (cut_url(argument_slice(call, 0), &u) && u.port.data && slice_to_int64(u.port, &port) &&
            port <= INT32_MAX)
            return_int32(call, (int32_t)port);
        else
            return_null(call);
    }
}

static const scalar_kernel port = {.run = run_port};
static const function_overload port_overloads[] = {
    {.signature = "(STRING) -> INTEGER", .scalar = &port}};

/* ---- parameters ---- */

static void return_parameter(function_call *call, slice query, slice wanted) {
    buffer *out = call->prepared;
    while (query.data) {
        slice rest, value;
        slice name = cut_at(cut_at(query, '&', &rest), '=', &value);
        if (decode(name, false, out) && slice_equal(buffer_slice(out), wanted)) {
            return_decoded(call, value);
            return;
        }
        query = rest;
    }
    return_null(call);
}

static void run_parameter(function_call *call) {
    url_parts u;
    while (function_next_row(call))
        if (cut_url(argument_slice(call, 0), &u))
            return_parameter(call, u.query, argument_slice(call, 1));
        else
            return_null(call);
}

static const scalar_kernel parameter = {.run = run_parameter, SCRATCH_BUFFER};
static const function_overload parameter_overloads[] = {
    {.signature = "(STRING, STRING) -> STRING", .scalar = &parameter}};

static void run_decode(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        if (decode(text, true, out))
            return_text(call, out);
        else
            function_fail(
                call, "'%.*s' has a %% that is not followed by two hex digits", SLICE_ARG(text));
    }
}

static void run_encode(function_call *call) {
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        char *to = column_reserve_bytes(call->result, (int64_t)text.length * 3);
        size_t length = 0;
        for (size_t i = 0; i < text.length; i++) {
            unsigned char c = (unsigned char)text.data[i];
            if (c < 0x80 && c && (is_letter((char)c) || is_digit((char)c) || strchr("-_.*", c))) {
                to[length++] = (char)c;
                continue;
            }
            if (c == ' ') {
                to[length++] = '+';
                continue;
            }
            to[length++] = '%';
            to[length++] = "0123456789ABCDEF"[c >> 4];
            to[length++] = "0123456789ABCDEF"[c & 15];
        }
        column_append_reserved(call->result, (int64_t)length);
    }
}

static const scalar_kernel decode_kernel = {.run = run_decode, SCRATCH_BUFFER};
static const scalar_kernel encode_kernel = {.run = run_encode};
static const function_overload decode_overloads[] = {
    {.signature = "(STRING) -> STRING", .scalar = &decode_kernel}};
static const function_overload encode_overloads[] = {
    {.signature = "(STRING) -> STRING", .scalar = &encode_kernel}};

static const function_descriptor rows[] = {
    {"URL_DECODE_PARAM", FUNCTION_SCALAR, "URL", "A parameter's text without its URL encoding.",
        "URL_DECODE_PARAM('url%20encoded')", "\"url encoded\"", OVERLOADS(decode_overloads)},
    {"URL_ENCODE_PARAM", FUNCTION_SCALAR, "URL", "A text encoded for use as a parameter of a URL.",
        "URL_ENCODE_PARAM('url encoded')", "\"url+encoded\"", OVERLOADS(encode_overloads)},
    {"URL_EXTRACT_FRAGMENT", FUNCTION_SCALAR, "URL", "What follows the # of a URL, decoded.",
        "URL_EXTRACT_FRAGMENT('http://test.com#frag%20space')", "\"frag space\"",
        OVERLOADS(fragment_overloads)},
    {"URL_EXTRACT_HOST", FUNCTION_SCALAR, "URL", "The host of a URL.",
        "URL_EXTRACT_HOST('http://test.com:8080/path')", "\"test.com\"", OVERLOADS(host_overloads)},
    {"URL_EXTRACT_PARAMETER", FUNCTION_SCALAR, "URL", "The decoded value of a parameter of a URL.",
        "URL_EXTRACT_PARAMETER('http://test.com?a%20b=c%20d', 'a b')", "\"c d\"",
        OVERLOADS(parameter_overloads)},
    {"URL_EXTRACT_PATH", FUNCTION_SCALAR, "URL", "The path of a URL.",
        "URL_EXTRACT_PATH('http://test.com/path/to#a')", "\"/path/to\"", OVERLOADS(path_overloads)},
    {"URL_EXTRACT_PORT", FUNCTION_SCALAR, "URL", "The port of a URL, where it is given.",
        "URL_EXTRACT_PORT('http://localhost:8080/path')", "8080", OVERLOADS(port_overloads)},
    {"URL_EXTRACT_PROTOCOL", FUNCTION_SCALAR, "URL", "The protocol of a URL.",
        "URL_EXTRACT_PROTOCOL('http://test.com?a=foo')", "\"http\"", OVERLOADS(protocol_overloads)},
    {"URL_EXTRACT_QUERY", FUNCTION_SCALAR, "URL", "What follows the ? of a URL, decoded.",
        "URL_EXTRACT_QUERY('http://test.com?a=foo%20bar&b=baz')", "\"a=foo bar&b=baz\"",
        OVERLOADS(query_overloads)},
};

void url_functions_register(void) {
    REGISTER_ROWS(rows);
}
