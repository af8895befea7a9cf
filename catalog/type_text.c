/* type := NAME | DECIMAL(p, s) | ARRAY<type> | MAP<type, type> | STRUCT<`name` type, ...>
 * Written and read by this file alone, so white space is exactly as written here. */
#include "catalog/type_text.h"

static const sql_type *const SCALARS[] = {&SQL_TYPE_BOOLEAN, &SQL_TYPE_INTEGER, &SQL_TYPE_BIGINT,
    &SQL_TYPE_DOUBLE, &SQL_TYPE_VARCHAR, &SQL_TYPE_BYTES, &SQL_TYPE_DATE, &SQL_TYPE_TIME,
    &SQL_TYPE_TIMESTAMP};
static const char *const SCALAR_NAMES[] = {
    "BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "STRING", "BYTES", "DATE", "TIME", "TIMESTAMP"};
enum { SCALAR_COUNT = sizeof SCALARS / sizeof SCALARS[0] };

static void append_field(buffer *out, const sql_field *field) {
    buffer_append_byte(out, '`');
    for (size_t i = 0; i < field->name.length; i++) {
        if (field->name.data[i] == '`')
            buffer_append_byte(out, '`');
        buffer_append_byte(out, field->name.data[i]);
    }
    buffer_append_text(out, "` ");
    type_text_append(out, field->type);
}

void type_text_append(buffer *out, const sql_type *type) {
    switch (type->base) {
    case SQL_DECIMAL:
        buffer_format(out, "DECIMAL(%d, %d)", type->precision, type->scale);
        break;
    case SQL_ARRAY:
        buffer_append_text(out, "ARRAY<");
        type_text_append(out, type->element);
        buffer_append_byte(out, '>');
        break;
    case SQL_MAP:
        buffer_append_text(out, "MAP<");
        type_text_append(out, type->key);
        buffer_append_text(out, ", ");
        type_text_append(out, type->element);
        buffer_append_byte(out, '>');
        break;
    case SQL_STRUCT:
        buffer_append_text(out, "STRUCT<");
        for (int i = 0; i < type->field_count; i++) {
            if (i)
                buffer_append_text(out, ", ");
            append_field(out, &type->fields[i]);
        }
        buffer_append_byte(out, '>');
        break;
    default:
        for (int i = 0; i < SCALAR_COUNT; i++)
            if (SCALARS[i]->base == type->base)
                buffer_append_text(out, SCALAR_NAMES[i]);
        break;
    }
}

static bool take(slice *text, const char *word) {
    slice prefix = slice_of(word);
    if (!slice_starts_with(*text, prefix))
        return false;
    *text = slice_make(text->data + prefix.length, text->length - prefix.length);
    return true;
}

static bool take_number(slice *text, int *number) {
    size_t digits = 0;
    while (digits < text->length && text->data[digits] >= '0' && text->data[digits] <= '9')
        digits++;
    int64_t value;
    if (!slice_to_int64(slice_make(text->data, digits), &value))
        return false;
    *number = (int)value;
    *text = slice_make(text->data + digits, text->length - digits);
    return true;
}

static bool take_name(arena *a, slice *text, slice *name) {
    if (!take(text, "`"))
        return false;
    char *bytes = arena_allocate(a, text->length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text->length; i++) {
        bool quote = text->data[i] == '`';
        if (quote && (i + 1 == text->length || text->data[i + 1] != '`')) {
            *name = slice_make(bytes, length);
            *text = slice_make(text->data + i + 1, text->length - i - 1);
            return true;
        }
        i += quote;
        bytes[length++] = text->data[i];
    }
    return false;
}

static const sql_type *read_type(arena *a, slice *text);

static const sql_type *read_struct(arena *a, slice *text) {
    int count = 0, capacity = 8;
    sql_field *fields = ARENA_ARRAY(a, sql_field, capacity);
    while (!take(text, ">")) {
        if (count == capacity) {
            sql_field *more = ARENA_ARRAY(a, sql_field, capacity * 2);
            memcpy(more, fields, sizeof *fields * (size_t)count);
            fields = more;
            capacity *= 2;
        }
        if ((count && !take(text, ", ")) || !take_name(a, text, &fields[count].name) ||
            !take(text, " ") || !(fields[count].type = read_type(a, text)))
            return NULL;
        count++;
    }
    return sql_type_struct(a, fields, count);
}

static const sql_type *read_type(arena *a, slice *text) {
    int precision, scale;
    const sql_type *key, *element;
    if (take(text, "DECIMAL("))
        return take_number(text, &precision) && take(text, ", ") && take_number(text, &scale) &&
                       take(text, ")")
                   ? sql_type_decimal(a, precision, scale)
                   : NULL;
    if (take(text, "ARRAY<"))
        return (element = read_type(a, text)) && take(text, ">") ? sql_type_array(a, element)
                                                                 : NULL;
    if (take(text, "MAP<"))
        return (key = read_type(a, text)) && take(text, ", ") && (element = read_type(a, text)) &&
                       take(text, ">")
                   ? sql_type_map(a, key, element)
                   : NULL;
    if (take(text, "STRUCT<"))
        return read_struct(a, text);
    /* The longest name wins: TIMESTAMP before TIME. */
    for (int i = SCALAR_COUNT - 1; i >= 0; i--)
        if (take(text, SCALAR_NAMES[i]))
            return SCALARS[i];
    return NULL;
}

const sql_type *type_text_read(arena *a, slice text, error *e) {
    slice rest = text;
    const sql_type *type = read_type(a, &rest);
    if (type && rest.length == 0)
        return type;
    error_set(e, ERROR_DATA, "The catalog holds '%.*s' where a type should stand", SLICE_ARG(text));
    return NULL;
}
