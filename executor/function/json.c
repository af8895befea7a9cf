/* Functions of JSON texts. Each walks the text with the reader of the JSON format and copies what
 * it needs; nothing is built in memory. What is copied is written without white space, numbers as
 * they were.
 *
 * As in ksqlDB, text behind the first value is not looked at.
 */
#include "executor/format/json_reader.h"

#include "base/memory.h"
#include "base/number.h"
#include "executor/function/json_path.h"
#include "executor/function/json_value.h"
#include "executor/function/registry.h"

typedef struct json_state {
    json_reader reader;
    buffer out, key;
    struct json_entry {
        size_t key_start, key_length; /* in `key` */
        slice value;                  /* of the text */
    } * entries;
    int entry_count, entry_capacity;
} json_state;

void *json_path_prepare(const function_call *call) {
    return MEMORY_NEW(json_state);
}

void json_path_release(void *prepared) {
    json_state *s = prepared;
    json_reader_finish(&s->reader);
    buffer_free(&s->out);
    buffer_free(&s->key);
    memory_free(s->entries);
    memory_free(s);
}

/* ---- walking ---- */

static bool take(json_reader *r, char byte) {
    if (json_peek(r) != byte)
        return false;
    r->at++;
    return true;
}

/* The text of the next value, which is passed over. */
static bool next_value(json_reader *r, slice *value) {
    if (json_peek(r) < 0)
        return false;
    const char *start = r->at;
    if (!json_skip_value(r))
        return false;
    *value = slice_make(start, (size_t)(r->at - start));
    return true;
}

/* Before each member of an array or object: true when there is one, false at the end or (with *bad
 * set) at something else. */
static bool next_member(json_reader *r, bool *first, char close, bool *bad) {
    if (take(r, close))
        return false;
    if (!*first && !take(r, ',')) {
        *bad = true;
        return false;
    }
    *first = false;
    return true;
}

static bool next_key(json_reader *r, slice *key, bool *bad) {
    if (json_peek(r) == '"' && json_read_string(r, key) && take(r, ':'))
        return true;
    *bad = true;
    return false;
}

static bool is_whole_value(json_state *s, slice text) {
    slice value;
    json_reader_start(&s->reader, text);
    return next_value(&s->reader, &value);
}

/* Copies the next value without white space. */
static bool copy_value(json_reader *r, buffer *out) {
    int byte = json_peek(r);
    bool first = true, bad = false;
    slice text;
    if (byte == '"') {
        if (!json_read_string(r, &text))
            return false;
        buffer_append_json_string(out, text);
        return true;
    }
    if (byte != '{' && byte != '[') {
        if (!next_value(r, &text))
            return false;
        buffer_append(out, slice_trim(text));
        return true;
    }
    char close = byte == '{' ? '}' : ']';
    r->at++;
    buffer_append_byte(out, (char)byte);
    bool starts = true;
    while (next_member(r, &first, close, &bad)) {
        if (!starts)
            buffer_append_byte(out, ',');
        starts = false;
        if (byte == '{') {
            if (!next_key(r, &text, &bad))
                return false;
            buffer_append_json_string(out, text);
            buffer_append_byte(out, ':');
        }
        if (!copy_value(r, out))
            return false;
    }
    buffer_append_byte(out, close);
    return !bad;
}

static bool copy_text(slice text, buffer *out) {
    json_reader r = {0};
    json_reader_start(&r, text);
    bool ok = copy_value(&r, out);
    json_reader_finish(&r);
    return ok;
}

/* A value as a SQL text: strings without quotes, everything else as JSON. */
static bool append_plain(slice value, buffer *out) {
    if (value.length == 0 || *value.data != '"')
        return copy_text(value, out);
    json_reader r = {0};
    slice text;
    json_reader_start(&r, value);
    bool ok = json_read_string(&r, &text);
    if (ok)
        buffer_append(out, text);
    json_reader_finish(&r);
    return ok;
}

/* ---- EXTRACTJSONFIELD ---- */

/* Takes the next step of a path ($.a.b[0]['c']) off its front; false at the end or a mistake. */
static bool next_step(slice *path, slice *step) {
    const char *at = path->data, *end = at + path->length;
    if (at == end)
        return false;
    bool bracket = *at == '[';
    if (*at == '.' || bracket)
        at++;
    char quote = at < end && (*at == '"' || (bracket && *at == '\'')) ? *at++ : 0;
    const char *start = at;
    while (at < end && (quote ? *at != quote : bracket ? *at != ']' : *at != '.' && *at != '['))
        at++;
    *step = slice_make(start, (size_t)(at - start));
    if (quote)
        at += at < end;
    if (bracket) {
        if (at == end)
            return false;
        at++;
    }
    *path = slice_make(at, (size_t)(end - at));
    return true;
}

/* Moves the reader to the member called `name`, or number `index` of an array. */
static bool enter(json_reader *r, slice step) {
    int byte = json_peek(r);
    int64_t index = 0;
    if (byte != '{' && (byte != '[' || !slice_to_int64(step, &index) || index < 0))
        return false;
    r->at++;
    bool first = true, bad = false;
    slice key, value;
    for (int64_t n = 0; next_member(r, &first, byte == '{' ? '}' : ']', &bad); n++) {
        bool wanted = n == index;
        if (byte == '{') {
            if (!next_key(r, &key, &bad))
                return false;
            wanted = slice_equal(key, step);
        }
        if (wanted)
            return true;
        if (!next_value(r, &value))
            return false;
    }
    return false;
}

static bool extract(json_state *s, slice text, slice path, slice *value) {
    slice step;
    json_reader_start(&s->reader, text);
    if (path.length == 0 || *path.data != '$')
        return false;
    path = slice_make(path.data + 1, path.length - 1);
    while (path.length > 0)
        if (!next_step(&path, &step) || !enter(&s->reader, step))
            return false;
    return next_value(&s->reader, value);
}

bool json_path_find(void *prepared, slice text, slice path, slice *value) {
    return extract(prepared, text, path, value);
}

buffer *json_path_plain(void *prepared, slice value) {
    json_state *s = prepared;
    buffer_clear(&s->out);
    return append_plain(value, &s->out) ? &s->out : NULL;
}

static void run_extract(function_call *call) {
    json_state *s = call->prepared;
    while (function_next_row(call)) {
        slice value, path = argument_slice(call, 1);
        buffer_clear(&s->out);
        if (path.length == 0 || *path.data != '$')
            function_fail(call, "The path '%.*s' does not start with $", SLICE_ARG(path));
        else if (extract(s, argument_slice(call, 0), path, &value) && append_plain(value, &s->out))
            return_slice(call, buffer_slice(&s->out));
        else
            return_null(call);
    }
}

/* ---- arrays ---- */

/* Appends the elements of a JSON array to the result's part; -1 when it is none. */
static int64_t walk_array(json_state *s, slice text, column *to) {
    json_reader *r = &s->reader;
    bool first = true, bad = false;
    slice value;
    int64_t count = 0;
    json_reader_start(r, text);
    if (!take(r, '['))
        return -1;
    for (; next_member(r, &first, ']', &bad); count++) {
        if (!next_value(r, &value))
            return -1;
        buffer_clear(&s->out);
        if (to && !copy_text(value, &s->out))
            return -1;
        if (to)
            column_append_bytes(to, buffer_slice(&s->out));
    }
    return bad ? -1 : count;
}

static void run_array_length(function_call *call) {
    while (function_next_row(call)) {
        int64_t count = walk_array(call->prepared, argument_slice(call, 0), NULL);
        if (count < 0)
            return_null(call);
        else
            return_int32(call, (int32_t)count);
    }
}

static void run_items(function_call *call) {
    while (function_next_row(call))
        if (walk_array(call->prepared, argument_slice(call, 0), function_part(call, 0)) < 0)
            return_null_discarding(call);
        else
            return_nested(call);
}

static bool is_fraction(slice number) {
    for (size_t i = 0; i < number.length; i++)
        if (strchr(".eE", number.data[i]))
            return true;
    return false;
}

/* Whether an element equals the value searched for. */
static bool element_matches(function_call *call, slice value) {
    json_state *s = call->prepared;
    value = slice_trim(value);
    if (argument_is_null(call, 1))
        return slice_is(value, "null");
    int64_t integer;
    double number;
    switch (call->types[1]->base) {
    case SQL_BOOLEAN:
        return slice_is(value, argument_boolean(call, 1) ? "true" : "false");
    case SQL_INTEGER:
        return slice_to_int64(value, &integer) && integer == argument_int32(call, 1);
    case SQL_BIGINT:
        return slice_to_int64(value, &integer) && integer == argument_int64(call, 1);
    case SQL_DOUBLE:
        return is_fraction(value) && number_parse_double(value, &number) &&
               number == argument_double(call, 1);
    default:
        buffer_clear(&s->out);
        return value.length && *value.data == '"' && append_plain(value, &s->out) &&
               slice_equal(buffer_slice(&s->out), argument_slice(call, 1));
    }
}

static bool array_contains(function_call *call) {
    json_state *s = call->prepared;
    bool first = true, bad = false;
    slice value;
    json_reader_start(&s->reader, argument_slice(call, 0));
    if (argument_is_null(call, 0) || !take(&s->reader, '['))
        return false;
    while (next_member(&s->reader, &first, ']', &bad)) {
        if (!next_value(&s->reader, &value))
            return false;
        if (element_matches(call, value))
            return true;
    }
    return false;
}

static void run_array_contains(function_call *call) {
    while (function_next_row(call))
        return_boolean(call, array_contains(call));
}

/* ---- objects ---- */

/* Reads the members of an object into s->entries, added to those that are there; false when it is
 * none. */
static bool read_entries(json_state *s, slice text) {
    json_reader *r = &s->reader;
    bool first = true, bad = false;
    slice key, value;
    json_reader_start(r, text);
    if (!take(r, '{'))
        return false;
    while (next_member(r, &first, '}', &bad)) {
        if (!next_key(r, &key, &bad))
            return false;
        size_t start = s->key.length;
        buffer_append(&s->key, key);
        if (!next_value(r, &value))
            return false;
        if (s->entry_count == s->entry_capacity) {
            s->entry_capacity = s->entry_capacity ? s->entry_capacity * 2 : 16;
            s->entries = memory_resize(s->entries, sizeof *s->entries * (size_t)s->entry_capacity);
        }
        s->entries[s->entry_count++] = (struct json_entry){start, s->key.length - start, value};
    }
    return !bad;
}

static void forget_entries(json_state *s) {
    s->entry_count = 0;
    buffer_clear(&s->key);
}

static slice entry_key(const json_state *s, int n) {
    return slice_make(s->key.data + s->entries[n].key_start, s->entries[n].key_length);
}

/* The last entry with the key of entry n, and whether one comes before it. */
static int last_of_key(const json_state *s, int n, bool *repeated) {
    int last = n;
    *repeated = false;
    for (int k = 0; k < s->entry_count; k++)
        if (k != n && slice_equal(entry_key(s, k), entry_key(s, n))) {
            *repeated |= k < n;
            if (k > last)
                last = k;
        }
    return last;
}

static void run_keys(function_call *call) {
    json_state *s = call->prepared;
    while (function_next_row(call)) {
        forget_entries(s);
        if (!read_entries(s, argument_slice(call, 0))) {
            return_null(call);
            continue;
        }
        bool repeated;
        for (int n = 0; n < s->entry_count; n++) {
            last_of_key(s, n, &repeated);
            if (!repeated)
                column_append_bytes(function_part(call, 0), entry_key(s, n));
        }
        return_nested(call);
    }
}

static void run_records(function_call *call) {
    json_state *s = call->prepared;
    while (function_next_row(call)) {
        forget_entries(s);
        if (!read_entries(s, argument_slice(call, 0))) {
            return_null(call);
            continue;
        }
        bool repeated;
        for (int n = 0; n < s->entry_count; n++) {
            int last = last_of_key(s, n, &repeated);
            if (repeated)
                continue;
            buffer_clear(&s->out);
            append_plain(s->entries[last].value, &s->out);
            column_append_bytes(function_part(call, 0), entry_key(s, n));
            column_append_bytes(function_part(call, 1), buffer_slice(&s->out));
        }
        return_nested(call);
    }
}

/* ---- JSON_CONCAT ---- */

static int kind_of(json_state *s, slice text) {
    if (!text.data || !is_whole_value(s, text))
        return -1;
    json_reader_start(&s->reader, text);
    return json_peek(&s->reader);
}

static void append_merged(json_state *s) {
    bool repeated, first = true;
    buffer_append_byte(&s->out, '{');
    for (int n = 0; n < s->entry_count; n++) {
        int last = last_of_key(s, n, &repeated);
        if (repeated)
            continue;
        if (!first)
            buffer_append_byte(&s->out, ',');
        first = false;
        buffer_append_json_string(&s->out, entry_key(s, n));
        buffer_append_byte(&s->out, ':');
        copy_text(s->entries[last].value, &s->out);
    }
    buffer_append_byte(&s->out, '}');
}

/* Arrays give their elements, other values are one. */
static void append_flattened(json_state *s, slice text, int kind) {
    size_t start = s->out.length;
    copy_text(text, &s->out);
    if (kind != '[')
        return;
    memmove(s->out.data + start, s->out.data + start + 1, s->out.length - start - 1);
    s->out.length -= 2;
}

static bool concat_row(function_call *call) {
    json_state *s = call->prepared;
    bool all_objects = true;
    forget_entries(s);
    buffer_clear(&s->out);
    for (int i = 0; i < call->argument_count; i++) {
        int kind = kind_of(s, argument_slice(call, i));
        if (kind < 0)
            return false;
        all_objects &= kind == '{';
    }
    if (all_objects) {
        for (int i = 0; i < call->argument_count; i++)
            read_entries(s, argument_slice(call, i));
        append_merged(s);
        return true;
    }
    buffer_append_byte(&s->out, '[');
    for (int i = 0; i < call->argument_count; i++) {
        size_t before = s->out.length;
        if (before > 1)
            buffer_append_byte(&s->out, ',');
        size_t start = s->out.length;
        append_flattened(s, argument_slice(call, i), kind_of(s, argument_slice(call, i)));
        if (s->out.length == start)
            s->out.length = before;
    }
    buffer_append_byte(&s->out, ']');
    return true;
}

static void run_concat(function_call *call) {
    json_state *s = call->prepared;
    while (function_next_row(call))
        if (concat_row(call))
            return_slice(call, buffer_slice(&s->out));
        else
            return_null(call);
}

/* ---- IS_JSON_STRING, TO_JSON_STRING ---- */

static void run_is_json(function_call *call) {
    while (function_next_row(call))
        return_boolean(call,
            !argument_is_null(call, 0) && is_whole_value(call->prepared, argument_slice(call, 0)));
}

static void run_to_json(function_call *call) {
    json_state *s = call->prepared;
    while (function_next_row(call)) {
        buffer_clear(&s->out);
        json_value_append(&s->out, argument_column(call, 0), argument_row(call, 0));
        return_slice(call, buffer_slice(&s->out));
    }
}

#define JSON_KERNEL(name, function)                                                                \
    static const scalar_kernel name = {                                                            \
        .run = function, .prepare = json_path_prepare, .release = json_path_release}

JSON_KERNEL(extract_kernel, run_extract);
JSON_KERNEL(array_length, run_array_length);
JSON_KERNEL(items, run_items);
JSON_KERNEL(array_contains_kernel, run_array_contains);
JSON_KERNEL(keys, run_keys);
JSON_KERNEL(records, run_records);
JSON_KERNEL(concat, run_concat);
JSON_KERNEL(is_json, run_is_json);
JSON_KERNEL(to_json, run_to_json);

static const function_overload extract_overloads[] = {
    {.signature = "(STRING, STRING) -> STRING", .scalar = &extract_kernel}};
static const function_overload array_length_overloads[] = {
    {.signature = "(STRING) -> INTEGER", .scalar = &array_length}};
static const function_overload items_overloads[] = {
    {.signature = "(STRING) -> ARRAY<STRING>", .scalar = &items}};
#define CONTAINS(type)                                                                             \
    {                                                                                              \
        .signature = "(STRING, " type ") -> BOOLEAN", .nulls = FUNCTION_SEES_NULLS,                \
        .scalar = &array_contains_kernel                                                           \
    }
static const function_overload array_contains_overloads[] = {CONTAINS("STRING"),
    CONTAINS("INTEGER"), CONTAINS("BIGINT"), CONTAINS("DOUBLE"), CONTAINS("BOOLEAN")};
static const function_overload keys_overloads[] = {
    {.signature = "(STRING) -> ARRAY<STRING>", .scalar = &keys}};
static const function_overload records_overloads[] = {
    {.signature = "(STRING) -> MAP<STRING, STRING>", .scalar = &records}};
static const function_overload concat_overloads[] = {
    {.signature = "(STRING...) -> STRING", .nulls = FUNCTION_SEES_NULLS, .scalar = &concat}};
static const function_overload is_json_overloads[] = {
    {.signature = "(STRING) -> BOOLEAN", .nulls = FUNCTION_SEES_NULLS, .scalar = &is_json}};
static const function_overload to_json_overloads[] = {
    {.signature = "(ANY) -> STRING", .nulls = FUNCTION_SEES_NULLS, .scalar = &to_json}};

#define ROW(name, summary, example, result, overloads)                                             \
    { name, FUNCTION_SCALAR, "JSON", summary, example, result, OVERLOADS(overloads) }

static const function_descriptor rows[] = {
    ROW("EXTRACTJSONFIELD",
        "The value at a path of a JSON text, as text; null when it is not there.",
        "EXTRACTJSONFIELD('{\"log\": {\"level\": \"warn\"}}', '$.log.level')", "\"warn\"",
        extract_overloads),
    ROW("IS_JSON_STRING", "Whether a text is JSON.", "IS_JSON_STRING('[1, 2')", "false",
        is_json_overloads),
    ROW("JSON_ARRAY_CONTAINS", "Whether a JSON array has an element.",
        "JSON_ARRAY_CONTAINS('[1, 2, 3]', 3)", "true", array_contains_overloads),
    ROW("JSON_ARRAY_LENGTH", "How many elements a JSON array has; null when it is none.",
        "JSON_ARRAY_LENGTH('[1, [2, 3]]')", "2", array_length_overloads),
    ROW("JSON_CONCAT", "JSON objects merged, or arrays and other values put into one array.",
        "JSON_CONCAT('{\"a\": 1}', '{\"b\": 2}')", "\"{\\\"a\\\":1,\\\"b\\\":2}\"",
        concat_overloads),
    ROW("JSON_ITEMS", "The elements of a JSON array, each as JSON.",
        "JSON_ITEMS('[1, {\"a\": 2}]')", "[\"1\",\"{\\\"a\\\":2}\"]", items_overloads),
    ROW("JSON_KEYS", "The names of a JSON object's members.", "JSON_KEYS('{\"a\": 1, \"b\": 2}')",
        "[\"a\",\"b\"]", keys_overloads),
    ROW("JSON_RECORDS", "A JSON object as a map of texts.",
        "JSON_RECORDS('{\"a\": \"x\", \"b\": 2}')", "{\"a\":\"x\",\"b\":\"2\"}", records_overloads),
    ROW("TO_JSON_STRING", "Any value as JSON.", "TO_JSON_STRING(ARRAY[1, NULL])", "\"[1,null]\"",
        to_json_overloads),
};

void json_functions_register(void) {
    REGISTER_ROWS(rows);
}
