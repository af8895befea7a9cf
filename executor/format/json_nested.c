/* Arrays, maps and objects, in one pass, without a tree.
 *
 * Field names: a shape keeps the names it has met, each with the columns it stands for and the
 * name that followed it last time. The next field is first compared with that successor (its
 * bytes and closing quote at once); only a surprise is looked up. A name matches a column exactly
 * or when its upper case does; exact matches win, and of equals the last, as a map that is
 * overwritten would have it.
 *
 * Fields that are not wanted are checked for their structure, not for their UTF-8.
 */
#include <utf8proc.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "executor/format/json_number.h"
#include "executor/format/json_token.h"
#include "executor/format/text_value.h"

enum {
    NAME_MAX_BYTES = 55, /* longer names are looked up each time */
    NAME_HEAD_BYTES = 16,
    NAMES_MAX = 200, /* names a shape remembers */
    NO_FIELD = -1,
    NO_NAME = -1,
};

enum { RANK_NONE, RANK_IGNORING_CASE, RANK_EXACT };

typedef struct shape_field {
    slice name;
    json_shape *shape;
    int column;
    uint8_t rank; /* how the value of the current object was matched */
} shape_field;

typedef struct known_name {
    uint64_t head[2], head_mask[2]; /* the first bytes of the text, and which of them count */
    char text[NAME_MAX_BYTES + 1];  /* with the closing quote */
    uint8_t length;                 /* quote included */
    int16_t exact, ignoring_case;   /* fields, or NO_FIELD */
    int16_t next;                   /* the name that followed it last, or NO_NAME */
} known_name;

struct json_shape {
    json_shape *element; /* ARRAY and MAP */
    int field_count;     /* STRUCT, or the fields wanted */
    shape_field *fields;
    known_name *names;
    int16_t name_count, name_capacity;
    int16_t first; /* the name that came first last time, or NO_NAME */
};

/* ---- shapes ---- */

static json_shape *shape_create(int field_count) {
    json_shape *shape = MEMORY_NEW(json_shape);
    shape->field_count = field_count;
    shape->first = NO_NAME;
    if (field_count)
        shape->fields = memory_allocate_zero(sizeof(shape_field) * (size_t)field_count);
    return shape;
}

json_shape *json_shape_of_type(const sql_type *type) {
    if (!sql_type_is_nested(type))
        return NULL;
    json_shape *shape = shape_create(type->base == SQL_STRUCT ? type->field_count : 0);
    for (int i = 0; i < shape->field_count; i++)
        shape->fields[i] = (shape_field){
            type->fields[i].name, json_shape_of_type(type->fields[i].type), i, RANK_NONE};
    if (type->base != SQL_STRUCT)
        shape->element = json_shape_of_type(type->element);
    return shape;
}

json_shape *json_shape_of_fields(const json_wanted *wanted, int count) {
    json_shape *shape = shape_create(count);
    for (int i = 0; i < count; i++)
        shape->fields[i] = (shape_field){
            wanted[i].name, json_shape_of_type(wanted[i].type), wanted[i].column, RANK_NONE};
    return shape;
}

void json_shape_destroy(json_shape *shape) {
    if (!shape)
        return;
    json_shape_destroy(shape->element);
    for (int i = 0; i < shape->field_count; i++)
        json_shape_destroy(shape->fields[i].shape);
    memory_free(shape->fields);
    memory_free(shape->names);
    memory_free(shape);
}

/* ---- arrays and maps ---- */

static inline bool take_separator(json_reader *r, char close, bool *more) {
    const char *at = json_skip_separator(r, r->at, close, more);
    if (at)
        r->at = at;
    return at != NULL;
}

static inline bool take_empty(json_reader *r, char close) {
    if (r->at >= r->end || *r->at != close)
        return false;
    r->at++;
    r->depth--;
    return true;
}

static inline bool take_colon(json_reader *r) {
    const char *at = json_skip_colon(r, r->at);
    if (at)
        r->at = at;
    return at != NULL;
}

static bool read_array(json_reader *r, json_shape *shape, column *to) {
    if (*r->at != '[')
        return json_fail_type(r, to);
    if (!json_enter(r))
        return false;
    int64_t index = 0;
    for (bool more = !take_empty(r, ']'); more; index++) {
        if (!json_read(r, shape->element, to->children[0])) {
            json_fail_in_element(r, index);
            return false;
        }
        if (!take_separator(r, ']', &more))
            return false;
    }
    column_append_nested(to);
    return true;
}

static bool read_map_key(json_reader *r, column *keys) {
    if (keys->type->base == SQL_VARCHAR)
        return json_at_quote(r) && json_read_text_column(r, keys);
    if (!json_at_quote(r))
        return false;
    slice text;
    if (!json_read_string(r, &text))
        return false;
    error e = {0};
    return text_value_read(text, keys, &e) || json_fail(r, "%.150s", e.message);
}

static bool read_map(json_reader *r, json_shape *shape, column *to) {
    if (*r->at != '{')
        return json_fail_type(r, to);
    if (!json_enter(r))
        return false;
    column *keys = to->children[0], *values = to->children[1];
    for (bool more = !take_empty(r, '}'); more;) {
        if (!read_map_key(r, keys) || !take_colon(r))
            return false;
        if (!json_read(r, shape->element, values)) {
            if (keys->type->base == SQL_VARCHAR)
                json_fail_in_field(r, column_slice(keys, keys->length - 1));
            return false;
        }
        if (!take_separator(r, '}', &more))
            return false;
    }
    column_append_map(to);
    return true;
}

/* ---- names ---- */

static int find_field(const json_shape *shape, slice name) {
    for (int i = 0; i < shape->field_count; i++)
        if (slice_equal(shape->fields[i].name, name))
            return i;
    return NO_FIELD;
}

static int find_field_ignoring_case(const json_shape *shape, slice name) {
    char upper[256];
    size_t length = 0;
    for (size_t i = 0; i < name.length;) {
        utf8proc_int32_t code_point;
        utf8proc_ssize_t read = utf8proc_iterate((const utf8proc_uint8_t *)name.data + i,
            (utf8proc_ssize_t)(name.length - i), &code_point);
        if (read <= 0 || length + 4 > sizeof upper)
            return NO_FIELD;
        i += (size_t)read;
        length += utf8_write(upper + length, (uint32_t)utf8proc_toupper(code_point));
    }
    return find_field(shape, slice_make(upper, length));
}

static known_name resolve_name(const json_shape *shape, slice name) {
    known_name known = {.next = NO_NAME};
    known.exact = (int16_t)find_field(shape, name);
    known.ignoring_case = (int16_t)find_field_ignoring_case(shape, name);
    if (known.ignoring_case == known.exact)
        known.ignoring_case = NO_FIELD;
    return known;
}

/* Whether the name is the one that begins with the quote at `at`. */
static inline bool name_is_next(const json_reader *r, const char *at, const known_name *name) {
    at++;
    if (r->end - at < NAME_HEAD_BYTES) /* near the end of the text */
        return r->end - at >= name->length && memcmp(at, name->text, name->length) == 0;
    uint64_t head[2];
    memcpy(head, at, sizeof head);
    if (((head[0] ^ name->head[0]) & name->head_mask[0]) |
        ((head[1] ^ name->head[1]) & name->head_mask[1]))
        return false;
    return name->length <= NAME_HEAD_BYTES ||
           (r->end - at >= name->length &&
               memcmp(at + NAME_HEAD_BYTES, name->text + NAME_HEAD_BYTES,
                   name->length - (size_t)NAME_HEAD_BYTES) == 0);
}

static int find_known_name(const json_reader *r, const json_shape *shape) {
    for (int i = 0; i < shape->name_count; i++)
        if (name_is_next(r, r->at, &shape->names[i]))
            return i;
    return NO_NAME;
}

static int remember_name(json_shape *shape, const known_name *known) {
    if (shape->name_count == NAMES_MAX)
        return NO_NAME;
    if (shape->name_count == shape->name_capacity) {
        shape->name_capacity = shape->name_capacity ? (int16_t)(shape->name_capacity * 2) : 16;
        shape->names =
            memory_resize(shape->names, sizeof(known_name) * (size_t)shape->name_capacity);
    }
    shape->names[shape->name_count] = *known;
    return shape->name_count++;
}

/* Takes a field name that is not where it was last time. `previous` is the name before it. */
static bool take_surprising_name(
    json_reader *r, json_shape *shape, int previous, int *index, known_name *known) {
    *index = find_known_name(r, shape);
    if (*index == NO_NAME) {
        const char *from = r->at + 1;
        slice name;
        if (!json_read_string(r, &name))
            return false;
        *known = resolve_name(shape, name);
        size_t raw = (size_t)(r->at - from);
        if (raw <= NAME_MAX_BYTES) {
            memcpy(known->text, from, raw);
            known->length = (uint8_t)raw;
            size_t head_bytes = raw < NAME_HEAD_BYTES ? raw : NAME_HEAD_BYTES;
            memset(known->head_mask, 0xFF, head_bytes);
            memcpy(known->head, from, head_bytes);
            *index = remember_name(shape, known);
        }
    } else {
        *known = shape->names[*index];
        r->at += 1 + known->length;
    }
    if (previous != NO_NAME)
        shape->names[previous].next = (int16_t)*index;
    else
        shape->first = (int16_t)*index;
    return true;
}

/* ---- fields ---- */

static inline bool read_field(
    json_reader *r, shape_field *field, uint8_t rank, column *const *columns, int64_t row) {
    column *to = columns[field->column];
    int64_t whole;
    if (to->length > row) {
        if (rank < field->rank)
            return json_skip_value(r);
        column_truncate(to, row);
    }
    field->rank = rank;
    if (to->type->base == SQL_BIGINT && r->at < r->end && json_take_plain_integer(r, &whole)) {
        column_append_int64(to, whole); /* the most frequent value comes the shortest way */
        return true;
    }
    if (json_read(r, field->shape, to))
        return true;
    json_fail_in_field(r, field->name);
    return false;
}

/* The value of a name that stands for two columns, one exactly and one ignoring case, is read
 * twice. */
static bool read_named(json_reader *r, json_shape *shape, const known_name *name,
    column *const *columns, int64_t row) {
    const char *value = r->at;
    if (name->exact != NO_FIELD &&
        !read_field(r, &shape->fields[name->exact], RANK_EXACT, columns, row))
        return false;
    if (name->ignoring_case == NO_FIELD)
        return true;
    r->at = value;
    return read_field(r, &shape->fields[name->ignoring_case], RANK_IGNORING_CASE, columns, row);
}

/* The value of a name at `at`: read where it is wanted. */
static inline const char *pass_named(json_reader *r, const char *at, json_shape *shape,
    const known_name *name, column *const *columns, int64_t row) {
    if (name->exact == NO_FIELD && name->ignoring_case == NO_FIELD)
        return json_skip(r, at);
    r->at = at;
    return read_named(r, shape, name, columns, row) ? r->at : NULL;
}

static bool append_missing(
    json_reader *r, const json_shape *shape, column *const *columns, int64_t row) {
    for (int i = 0; i < shape->field_count; i++) {
        if (columns[shape->fields[i].column]->length != row)
            continue;
        if (r->refuses_missing)
            return json_fail(r, "the field \"%.*s\" is missing", SLICE_ARG(shape->fields[i].name));
        column_append_null(columns[shape->fields[i].column]);
    }
    return true;
}

bool json_read_fields(json_reader *r, json_shape *shape, column *const *columns, int64_t row) {
    if (r->at >= r->end || *r->at != '{')
        return json_fail_here(r, "an object");
    if (!json_enter(r))
        return false;
    const char *at = r->at;
    int previous = NO_NAME, index;
    for (bool more = !take_empty(r, '}'); more; previous = index) {
        r->at = at;
        if (!json_at_quote(r))
            return false;
        known_name surprise;
        index = previous == NO_NAME ? shape->first : shape->names[previous].next;
        const known_name *name = index == NO_NAME ? NULL : &shape->names[index];
        if (name && name_is_next(r, at, name)) {
            at += 1 + name->length;
        } else {
            if (!take_surprising_name(r, shape, previous, &index, &surprise))
                return false;
            at = r->at;
            name = &surprise;
        }
        at = json_skip_colon(r, at);
        if (at)
            at = pass_named(r, at, shape, name, columns, row);
        if (at)
            at = json_skip_separator(r, at, '}', &more);
        if (!at)
            return false;
        r->at = at;
    }
    return append_missing(r, shape, columns, row);
}

static bool read_struct(json_reader *r, json_shape *shape, column *to) {
    if (*r->at != '{')
        return json_fail_type(r, to);
    if (!json_read_fields(r, shape, to->children, to->length))
        return false;
    column_append_nested(to);
    return true;
}

bool json_read_nested(json_reader *r, json_shape *shape, column *to) {
    switch (to->type->base) {
    case SQL_ARRAY:
        return read_array(r, shape, to);
    case SQL_MAP:
        return read_map(r, shape, to);
    default:
        return read_struct(r, shape, to);
    }
}
