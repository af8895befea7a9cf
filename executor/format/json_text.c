/* Objects are written without white space, their members in the order in which they came; a name
 * that comes again has its first place and its last value. This path is rare; it may allocate.
 */
#include "executor/format/json_text.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/number.h"
#include "executor/format/json_reader.h"

typedef struct text_member {
    slice name;  /* owned */
    slice value; /* NULL: the name has come again */
    int order;
} text_member;

typedef struct text_members {
    text_member *items;
    int count, capacity;
} text_members;

static bool append_json(slice value, buffer *out);

/* A number with a fraction or an exponent, as an exact decimal is printed: digits and scale are
 * kept (1.10), an exponent is used when the scale is negative or the number is tiny. */
static void append_number(slice number, buffer *out) {
    buffer digits = {0};
    int64_t scale = 0, exponent = 0;
    bool negative = number.data[0] == '-', point = false, integer = true;
    for (size_t i = negative; i < number.length; i++) {
        char c = number.data[i];
        if (c == 'e' || c == 'E') {
            integer = false;
            slice_to_int64(slice_make(number.data + i + 1, number.length - i - 1), &exponent);
            break;
        }
        if (c == '.') {
            point = true;
            integer = false;
            continue;
        }
        scale += point;
        if (c != '0' || digits.length)
            buffer_append_byte(&digits, c);
    }
    scale -= exponent;
    if (digits.length == 0) {
        buffer_append_byte(&digits, '0');
        negative = false;
    }
    int64_t count = (int64_t)digits.length, adjusted = count - 1 - scale;
    if (negative)
        buffer_append_byte(out, '-');
    if (integer || scale == 0) {
        buffer_append(out, buffer_slice(&digits));
    } else if (scale > 0 && adjusted >= -6) {
        for (int64_t i = count <= scale ? count - scale - 1 : 0; i < count; i++) {
            if (i == count - scale)
                buffer_append_byte(out, '.');
            buffer_append_byte(out, i < 0 ? '0' : digits.data[i]);
        }
    } else {
        buffer_append_byte(out, digits.data[0]);
        if (count > 1) {
            buffer_append_byte(out, '.');
            buffer_append_bytes(out, digits.data + 1, digits.length - 1);
        }
        if (adjusted) {
            buffer_append_text(out, adjusted > 0 ? "E+" : "E");
            number_append_int64(out, adjusted);
        }
    }
    buffer_free(&digits);
}

static bool append_string(slice value, buffer *out) {
    json_reader r = {0};
    json_reader_start(&r, value);
    slice text;
    bool fine = json_read_string(&r, &text);
    if (fine)
        buffer_append_json_string(out, text);
    json_reader_finish(&r);
    return fine;
}

static int by_name(const void *a, const void *b) {
    const text_member *x = a, *y = b;
    int order = slice_compare(x->name, y->name);
    return order ? order : x->order - y->order;
}

static int by_order(const void *a, const void *b) {
    const text_member *x = a, *y = b;
    return x->order - y->order;
}

static void drop_repeated(text_members *members) {
    if (members->count < 2)
        return;
    qsort(members->items, (size_t)members->count, sizeof *members->items, by_name);
    text_member *first = members->items;
    for (int i = 1; i < members->count; i++) {
        text_member *m = &members->items[i];
        if (!slice_equal(m->name, first->name)) {
            first = m;
            continue;
        }
        first->value = m->value;
        m->value = (slice){NULL, 0};
    }
    qsort(members->items, (size_t)members->count, sizeof *members->items, by_order);
}

static bool read_member(json_reader *r, text_members *members) {
    slice name;
    if (!json_read_string(r, &name))
        return false;
    char *copy = memory_copy_text(name);
    json_peek(r); /* ':' */
    r->at++;
    json_peek(r);
    const char *from = r->at;
    json_skip_value(r);
    if (members->count == members->capacity) {
        members->capacity = members->capacity ? members->capacity * 2 : 8;
        members->items =
            memory_resize(members->items, sizeof(text_member) * (size_t)members->capacity);
    }
    members->items[members->count] = (text_member){
        slice_make(copy, name.length), slice_make(from, (size_t)(r->at - from)), members->count};
    members->count++;
    return true;
}

static bool append_members(const text_members *members, buffer *out) {
    bool first = true;
    for (int i = 0; i < members->count; i++) {
        const text_member *m = &members->items[i];
        if (!m->value.data)
            continue;
        if (!first)
            buffer_append_byte(out, ',');
        first = false;
        buffer_append_json_string(out, m->name);
        buffer_append_byte(out, ':');
        if (!append_json(m->value, out))
            return false;
    }
    return true;
}

static bool append_object(slice value, buffer *out) {
    text_members members = {0};
    json_reader r = {0};
    json_reader_start(&r, value);
    r.at++;
    bool fine = true;
    while (fine && json_peek(&r) != '}') {
        if (*r.at == ',')
            r.at++;
        json_peek(&r);
        fine = read_member(&r, &members);
    }
    json_reader_finish(&r);
    drop_repeated(&members);
    buffer_append_byte(out, '{');
    fine = fine && append_members(&members, out);
    buffer_append_byte(out, '}');
    for (int i = 0; i < members.count; i++)
        memory_free((char *)members.items[i].name.data);
    memory_free(members.items);
    return fine;
}

/* A string inside an array that becomes text loses its quotes; inside an object it keeps them. */
static bool append_array(
    slice value, const char *separator, bool (*element)(slice, buffer *), buffer *out) {
    json_reader r = {0};
    json_reader_start(&r, value);
    r.at++;
    bool fine = true;
    buffer_append_byte(out, '[');
    while (fine && json_peek(&r) != ']') {
        if (*r.at == ',') {
            r.at++;
            buffer_append_text(out, separator);
        }
        json_peek(&r);
        const char *from = r.at;
        json_skip_value(&r);
        fine = element(slice_make(from, (size_t)(r.at - from)), out);
    }
    buffer_append_byte(out, ']');
    return fine;
}

static bool append_json(slice value, buffer *out) {
    switch (value.data[0]) {
    case '{':
        return append_object(value, out);
    case '[':
        return append_array(value, ",", append_json, out);
    case '"':
        return append_string(value, out);
    case 't':
    case 'f':
    case 'n':
        buffer_append(out, value);
        return true;
    default:
        append_number(value, out);
        return true;
    }
}

static bool append_text(slice value, buffer *out) {
    if (value.data[0] != '"')
        return json_text_of_value(value, out);
    json_reader r = {0};
    json_reader_start(&r, value);
    slice text;
    bool fine = json_read_string(&r, &text);
    if (fine)
        buffer_append(out, text);
    json_reader_finish(&r);
    return fine;
}

bool json_text_of_value(slice value, buffer *out) {
    if (value.data[0] == '[')
        return append_array(value, ", ", append_text, out);
    return append_json(value, out);
}
