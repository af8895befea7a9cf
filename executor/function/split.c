/* SPLIT and SPLIT_TO_MAP. */
#include "executor/function/registry.h"
#include "executor/function/text.h"

/* An empty delimiter splits into characters (or bytes); the empty text is one empty part. */
static void split_characters(function_call *call, slice text, bool is_text) {
    column *parts = function_part(call, 0);
    if (text.length == 0)
        column_append_bytes(parts, text);
    for (size_t at = 0, bytes; at < text.length; at += bytes) {
        bytes = is_text ? text_character_bytes(text, at) : 1;
        column_append_bytes(parts, slice_make(text.data + at, bytes));
    }
}

static void split_by(function_call *call, slice text, slice delimiter) {
    column *parts = function_part(call, 0);
    size_t at = 0;
    for (int64_t found; (found = text_find(text, delimiter, at)) >= 0;) {
        column_append_bytes(parts, slice_make(text.data + at, (size_t)found - at));
        at = (size_t)found + delimiter.length;
    }
    column_append_bytes(parts, slice_make(text.data + at, text.length - at));
}

static void run_split(function_call *call) {
    bool is_text = call->types[0]->base == SQL_VARCHAR;
    while (function_next_row(call)) {
        slice text = argument_slice(call, 0), delimiter = argument_slice(call, 1);
        if (delimiter.length == 0)
            split_characters(call, text, is_text);
        else
            split_by(call, text, delimiter);
        return_nested(call);
    }
}

static const scalar_kernel split = {.run = run_split};
static const function_overload split_overloads[] = {
    {.signature = "(STRING, STRING) -> ARRAY<STRING>", .scalar = &split},
    {.signature = "(BYTES, BYTES) -> ARRAY<BYTES>", .scalar = &split}};

/* ---- SPLIT_TO_MAP ---- */

/* Cuts the part before the delimiter off the front; false when nothing is left. */
static bool next_part(slice *rest, slice delimiter, slice *part) {
    if (!rest->data)
        return false;
    int64_t found = text_find(*rest, delimiter, 0);
    if (found < 0) {
        *part = *rest;
        rest->data = NULL;
        return true;
    }
    *part = slice_make(rest->data, (size_t)found);
    size_t taken = (size_t)found + delimiter.length;
    *rest = slice_make(rest->data + taken, rest->length - taken);
    return true;
}

/* Whether the key comes again in what is left: then that entry counts. */
static bool key_follows(slice rest, slice entry_delimiter, slice key_delimiter, slice key) {
    slice entry;
    while (next_part(&rest, entry_delimiter, &entry)) {
        int64_t found = text_find(entry, key_delimiter, 0);
        if (found >= 0 && slice_equal(slice_make(entry.data, (size_t)found), key))
            return true;
    }
    return false;
}

static void run_split_to_map(function_call *call) {
    while (function_next_row(call)) {
        slice rest = argument_slice(call, 0), entry;
        slice entry_delimiter = argument_slice(call, 1), key_delimiter = argument_slice(call, 2);
        if (entry_delimiter.length == 0 || key_delimiter.length == 0) {
            return_null(call);
            continue;
        }
        while (next_part(&rest, entry_delimiter, &entry)) {
            int64_t found = text_find(entry, key_delimiter, 0);
            if (found < 0)
                continue;
            slice key = {entry.data, (size_t)found}, value;
            size_t start = (size_t)found + key_delimiter.length;
            value = slice_make(entry.data + start, entry.length - start);
            int64_t more = text_find(value, key_delimiter, 0);
            if (more >= 0)
                value.length = (size_t)more;
            if (key_follows(rest, entry_delimiter, key_delimiter, key))
                continue;
            column_append_bytes(function_part(call, 0), key);
            column_append_bytes(function_part(call, 1), value);
        }
        return_nested(call);
    }
}

static const scalar_kernel split_to_map = {.run = run_split_to_map};
static const function_overload split_to_map_overloads[] = {
    {.signature = "(STRING, STRING, STRING) -> MAP<STRING, STRING>", .scalar = &split_to_map}};

static const function_descriptor rows[] = {
    {"SPLIT", FUNCTION_SCALAR, "STRING",
        "The parts between the delimiters; an empty delimiter splits every character.",
        "SPLIT('a,b,,c', ',')", "[\"a\",\"b\",\"\",\"c\"]", OVERLOADS(split_overloads)},
    {"SPLIT_TO_MAP", FUNCTION_SCALAR, "STRING",
        "A map of the entries between entry delimiters, each a key, a delimiter and a value.",
        "SPLIT_TO_MAP('apple:green/cherry:red', '/', ':')",
        "{\"apple\":\"green\",\"cherry\":\"red\"}", OVERLOADS(split_to_map_overloads)},
};

void split_functions_register(void) {
    REGISTER_ROWS(rows);
}
