/* JSON functions of the Flink dialect.
 *
 * A path may begin with `lax` or `strict`, which it is without a word. What is not there, is null,
 * of the wrong kind, or in a text that is no JSON, is an error where the path is strict, and
 * nothing where it is lax; what is given for either are arguments that the parser makes of ON EMPTY
 * and ON ERROR. A JSON text that is NULL gives NULL.
 */
#include "base/memory.h"
#include "executor/function/json_path.h"
#include "executor/function/json_value.h"
#include "executor/function/registry.h"
#include "executor/function/scratch.h"

/* ---- places ---- */

typedef struct place {
    bool is_lax, exists;
    slice value;
} place;

static bool take_word(slice *path, const char *word) {
    slice w = slice_of(word);
    if (!slice_starts_with(*path, w))
        return false;
    *path = slice_trim(slice_make(path->data + w.length, path->length - w.length));
    return true;
}

static place find(function_call *call) {
    place p = {0};
    slice path = slice_trim(argument_slice(call, 1));
    p.is_lax = take_word(&path, "lax ");
    if (!p.is_lax)
        take_word(&path, "strict ");
    if (json_path_find(call->prepared, argument_slice(call, 0), path, &p.value)) {
        p.value = slice_trim(p.value);
        p.exists = p.value.length > 0 && !slice_is(p.value, "null");
    }
    return p;
}

static bool is_nested(slice value) {
    return value.data[0] == '{' || value.data[0] == '[';
}

/* What ON EMPTY or ON ERROR says: at `at` the word, behind it the value of DEFAULT. */
static void answer(function_call *call, const place *p, int on_empty, int on_error) {
    int at = p->is_lax ? on_empty : on_error;
    slice word = at > 0 && at < call->argument_count ? argument_slice(call, at) : (slice){0};
    if (slice_is(word, "DEFAULT"))
        return_argument(call, at + 1);
    else if (slice_is(word, "ARRAY"))
        return_slice(call, SLICE_LITERAL("[]"));
    else if (slice_is(word, "OBJECT"))
        return_slice(call, SLICE_LITERAL("{}"));
    else if (slice_is(word, "ERROR"))
        function_fail(call, "There is nothing that fits at the path '%.*s'",
            SLICE_ARG(argument_slice(call, 1)));
    else
        return_null(call);
}

static void return_plain(function_call *call, slice value) {
    buffer *text = json_path_plain(call->prepared, value);
    if (text)
        return_slice(call, text->length ? buffer_slice(text) : SLICE_LITERAL(""));
    else
        return_null(call);
}

/* JSON_EXISTS(json, path [, on error]) */
static void run_exists(function_call *call) {
    while (function_next_row(call)) {
        place p = find(call);
        slice word = call->argument_count > 2 && !p.exists && !p.is_lax ? argument_slice(call, 2)
                                                                        : (slice){0};
        if (slice_is(word, "UNKNOWN"))
            return_null(call);
        else if (slice_is(word, "ERROR"))
            function_fail(
                call, "There is nothing at the path '%.*s'", SLICE_ARG(argument_slice(call, 1)));
        else
            return_boolean(call, p.exists || slice_is(word, "TRUE"));
    }
}

/* JSON_VALUE(json, path [, on empty, default, on error, default]) */
static void run_value(function_call *call) {
    while (function_next_row(call)) {
        if (argument_is_null(call, 0) || argument_is_null(call, 1)) {
            return_null(call);
            continue;
        }
        place p = find(call);
        if (p.exists && !is_nested(p.value))
            return_plain(call, p.value);
        else
            answer(call, &p, 2, 4);
    }
}

/* JSON_QUERY(json, path [, wrapper, on empty, on error]): in brackets where a wrapper is asked for,
 * always, or where it is not an object or array already. */
static void run_query(function_call *call) {
    while (function_next_row(call)) {
        slice wraps = call->argument_count > 2 ? argument_slice(call, 2) : (slice){0};
        place p = find(call);
        bool wrapped = p.exists && (slice_is(wraps, "UNCONDITIONAL") ||
                                       (slice_is(wraps, "CONDITIONAL") && p.value.data[0] != '['));
        if (!p.exists || (!wrapped && !is_nested(p.value))) {
            answer(call, &p, 3, 4);
            continue;
        }
        buffer *text = is_nested(p.value) ? json_path_plain(call->prepared, p.value) : NULL;
        buffer out = {0};
        buffer_append_text(&out, wrapped ? "[" : "");
        buffer_append(&out, text ? buffer_slice(text) : p.value);
        buffer_append_text(&out, wrapped ? "]" : "");
        return_slice(call, buffer_slice(&out));
        buffer_free(&out);
    }
}

/* IS JSON: any, or of a kind. */
static void run_is_json(function_call *call) {
    while (function_next_row(call)) {
        slice text = slice_trim(argument_slice(call, 0)), value;
        slice kind = call->argument_count > 1 ? argument_slice(call, 1) : (slice){0};
        bool is_json = text.length > 0 &&
                       json_path_find(call->prepared, text, SLICE_LITERAL("$"), &value) &&
                       json_path_plain(call->prepared, text) != NULL;
        if (slice_is(kind, "OBJECT"))
            is_json = is_json && text.data[0] == '{';
        else if (slice_is(kind, "ARRAY"))
            is_json = is_json && text.data[0] == '[';
        else if (slice_is(kind, "SCALAR"))
            is_json = is_json && !is_nested(text);
        return_boolean(call, is_json);
    }
}

/* ---- making JSON ---- */

/* The first argument says NULL or ABSENT, the second, for each value, whether it is JSON already:
 * 'r', or a value: 'v'. */
static bool is_left_out(const function_call *call, int i) {
    return argument_is_null(call, i) && slice_is(argument_slice(call, 0), "ABSENT");
}

static void append_value(const function_call *call, int i, bool is_raw, buffer *out) {
    if (is_raw && !argument_is_null(call, i))
        buffer_append(out, argument_slice(call, i));
    else
        json_value_append(out, argument_column(call, i), argument_row(call, i));
}

static void run_array(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        int count = 0;
        buffer_clear(out);
        buffer_append_byte(out, '[');
        for (int i = 2; i < call->argument_count; i++) {
            if (is_left_out(call, i))
                continue;
            buffer_append_text(out, count++ ? "," : "");
            append_value(call, i, argument_slice(call, 1).data[i - 2] == 'r', out);
        }
        buffer_append_byte(out, ']');
        return_slice(call, buffer_slice(out));
    }
}

/* The entry with the least key behind `last`, of equal ones the last; -1: there is none. */
static int next_entry(const function_call *call, const slice *last) {
    int found = -1;
    for (int i = 2; i + 1 < call->argument_count; i += 2) {
        slice key = argument_slice(call, i);
        if (is_left_out(call, i + 1) || (last && slice_compare(key, *last) <= 0))
            continue;
        if (found < 0 || slice_compare(key, argument_slice(call, found)) <= 0)
            found = i;
    }
    return found;
}

static void run_object(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        buffer_clear(out);
        buffer_append_byte(out, '{');
        slice last = {0};
        bool has_null_key = false, first = true;
        for (int i = 2; i + 1 < call->argument_count; i += 2)
            has_null_key |= argument_is_null(call, i);
        if (has_null_key) {
            function_fail(call, "A key of JSON_OBJECT is NULL");
            continue;
        }
        for (int i; (i = next_entry(call, first ? NULL : &last)) >= 0; first = false) {
            last = argument_slice(call, i);
            buffer_append_text(out, first ? "" : ",");
            buffer_append_json_string(out, last);
            buffer_append_byte(out, ':');
            append_value(call, i + 1, argument_slice(call, 1).data[(i - 2) / 2] == 'r', out);
        }
        buffer_append_byte(out, '}');
        return_slice(call, buffer_slice(out));
    }
}

static void run_quote(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        buffer_clear(out);
        json_value_append(out, argument_column(call, 0), argument_row(call, 0));
        return_slice(call, buffer_slice(out));
    }
}

static void run_unquote(function_call *call) {
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0);
        bool quoted = text.length > 1 && text.data[0] == '"' && text.data[text.length - 1] == '"';
        if (quoted)
            return_plain(call, text);
        else
            return_slice(call, text);
    }
}

static const scalar_kernel exists = {.run = run_exists, JSON_PATH},
                           value = {.run = run_value, JSON_PATH},
                           query = {.run = run_query, JSON_PATH},
                           is_json = {.run = run_is_json, JSON_PATH},
                           array = {.run = run_array, SCRATCH_BUFFER},
                           object = {.run = run_object, SCRATCH_BUFFER},
                           quote = {.run = run_quote, SCRATCH_BUFFER},
                           unquote = {.run = run_unquote, JSON_PATH};
static const function_overload exists_overloads[] = {
    {.signature = "(STRING, STRING) -> BOOLEAN", .scalar = &exists},
    {.signature = "(STRING, STRING, STRING) -> BOOLEAN", .scalar = &exists}};
static const function_overload value_overloads[] = {
    {.signature = "(STRING, STRING) -> STRING", .scalar = &value},
    {.signature = "(STRING, STRING, STRING, STRING, STRING, STRING) -> STRING",
        .nulls = FUNCTION_SEES_NULLS,
        .scalar = &value}};
static const function_overload query_overloads[] = {
    {.signature = "(STRING, STRING) -> STRING", .scalar = &query},
    {.signature = "(STRING, STRING, STRING, STRING, STRING) -> STRING", .scalar = &query}};
static const function_overload is_json_overloads[] = {
    {.signature = "(STRING) -> BOOLEAN", .nulls = FUNCTION_SEES_NULLS, .scalar = &is_json},
    {.signature = "(STRING, STRING) -> BOOLEAN", .nulls = FUNCTION_SEES_NULLS, .scalar = &is_json}};
static const function_overload array_overloads[] = {
    {.signature = "(STRING, STRING, ANY...) -> STRING",
        .nulls = FUNCTION_SEES_NULLS,
        .scalar = &array},
    {.signature = "(STRING, STRING) -> STRING", .nulls = FUNCTION_SEES_NULLS, .scalar = &array}};
static const function_overload object_overloads[] = {
    {.signature = "(STRING, STRING, ANY...) -> STRING",
        .nulls = FUNCTION_SEES_NULLS,
        .scalar = &object},
    {.signature = "(STRING, STRING) -> STRING", .nulls = FUNCTION_SEES_NULLS, .scalar = &object}};
static const function_overload quote_overloads[] = {
    {.signature = "(STRING) -> STRING", .scalar = &quote}};
static const function_overload unquote_overloads[] = {
    {.signature = "(STRING) -> STRING", .scalar = &unquote}};

#define JSON_ROW(text, list, what)                                                                 \
    { .name = text, .kind = FUNCTION_SCALAR, .category = "JSON", .summary = what, OVERLOADS(list) }

static const function_descriptor rows[] = {
    JSON_ROW("JSON_EXISTS", exists_overloads, "Whether there is something at a path."),
    JSON_ROW("JSON_VALUE", value_overloads, "The simple value at a path, as text."),
    JSON_ROW("JSON_QUERY", query_overloads, "The object or array at a path, as JSON."),
    JSON_ROW("IS_JSON", is_json_overloads, "Whether a text is JSON, or JSON of a kind."),
    JSON_ROW("FLINK_JSON_ARRAY", array_overloads, "The values as a JSON array."),
    JSON_ROW("FLINK_JSON_OBJECT", object_overloads, "Keys and values as a JSON object."),
    JSON_ROW("JSON_QUOTE", quote_overloads, "A text as a JSON string."),
    JSON_ROW("JSON_UNQUOTE", unquote_overloads, "A JSON string as text."),
};

void flink_json_functions_register(void) {
    function_register_flink(rows, (int)(sizeof rows / sizeof *rows));
}
