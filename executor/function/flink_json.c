/* JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT and JSON_ARRAY of the Flink dialect. A path may
 * begin with `lax` or `strict`; what is not there, or is no JSON, is NULL in both. */
#include "base/memory.h"
#include "executor/function/json_path.h"
#include "executor/function/json_value.h"
#include "executor/function/registry.h"
#include "executor/function/scratch.h"

static bool find(function_call *call, slice *value) {
    slice path = slice_trim(argument_slice(call, 1));
    if (slice_starts_with(path, SLICE_LITERAL("lax ")))
        path = slice_make(path.data + 4, path.length - 4);
    else if (slice_starts_with(path, SLICE_LITERAL("strict ")))
        path = slice_make(path.data + 7, path.length - 7);
    if (!json_path_find(call->prepared, argument_slice(call, 0), slice_trim(path), value))
        return false;
    *value = slice_trim(*value);
    return value->length > 0;
}

static bool is_nested(slice value) {
    return value.data[0] == '{' || value.data[0] == '[';
}

static void run_exists(function_call *call) {
    slice value;
    while (function_next_row(call))
        return_boolean(call, find(call, &value));
}

static void return_plain(function_call *call, slice value) {
    buffer *text = json_path_plain(call->prepared, value);
    if (text)
        return_slice(call, text->length ? buffer_slice(text) : SLICE_LITERAL(""));
    else
        return_null(call);
}

static void run_value(function_call *call) {
    slice value;
    while (function_next_row(call))
        if (find(call, &value) && !is_nested(value) && !slice_is(value, "null"))
            return_plain(call, value);
        else
            return_null(call);
}

/* In brackets where a wrapper is asked for: always, or where it is not an array already. */
static void run_query(function_call *call) {
    slice value;
    while (function_next_row(call)) {
        slice wraps = call->argument_count > 2 ? argument_slice(call, 2) : (slice){0};
        if (!find(call, &value)) {
            return_null(call);
            continue;
        }
        bool wrapped = wraps.data && (slice_is(wraps, "UNCONDITIONAL") || value.data[0] != '[');
        if (!wrapped && !is_nested(value)) {
            return_null(call);
            continue;
        }
        buffer *text = is_nested(value) ? json_path_plain(call->prepared, value) : NULL;
        buffer out = {0};
        buffer_append_text(&out, wrapped ? "[" : "");
        buffer_append(&out, text ? buffer_slice(text) : value);
        buffer_append_text(&out, wrapped ? "]" : "");
        return_slice(call, buffer_slice(&out));
        buffer_free(&out);
    }
}

static void run_array(function_call *call) {
    buffer *out = call->prepared;
    while (function_next_row(call)) {
        int count = 0;
        buffer_clear(out);
        buffer_append_byte(out, '[');
        for (int i = 0; i < call->argument_count; i++) {
            if (argument_is_null(call, i))
                continue;
            buffer_append_text(out, count++ ? "," : "");
            json_value_append(out, argument_column(call, i), argument_row(call, i));
        }
        buffer_append_byte(out, ']');
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
                           array = {.run = run_array, SCRATCH_BUFFER},
                           quote = {.run = run_quote, SCRATCH_BUFFER},
                           unquote = {.run = run_unquote, JSON_PATH};
static const function_overload exists_overloads[] = {
    {.signature = "(STRING, STRING) -> BOOLEAN", .scalar = &exists}};
static const function_overload value_overloads[] = {
    {.signature = "(STRING, STRING) -> STRING", .scalar = &value}};
static const function_overload query_overloads[] = {
    {.signature = "(STRING, STRING) -> STRING", .scalar = &query},
    {.signature = "(STRING, STRING, STRING) -> STRING", .scalar = &query}};
static const function_overload array_overloads[] = {
    {.signature = "(ANY...) -> STRING", .nulls = FUNCTION_SEES_NULLS, .scalar = &array}};
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
    JSON_ROW("JSON_ARRAY", array_overloads, "The values as a JSON array, without NULLs."),
    JSON_ROW("JSON_QUOTE", quote_overloads, "A text as a JSON string."),
    JSON_ROW("JSON_UNQUOTE", unquote_overloads, "A JSON string as text."),
};

void flink_json_functions_register(void) {
    function_register_flink(rows, (int)(sizeof rows / sizeof *rows));
}
