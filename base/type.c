#include "base/type.h"

const sql_type SQL_TYPE_NULL = {.base = SQL_NULL}, SQL_TYPE_BOOLEAN = {.base = SQL_BOOLEAN},
               SQL_TYPE_INTEGER = {.base = SQL_INTEGER}, SQL_TYPE_BIGINT = {.base = SQL_BIGINT},
               SQL_TYPE_DOUBLE = {.base = SQL_DOUBLE}, SQL_TYPE_VARCHAR = {.base = SQL_VARCHAR},
               SQL_TYPE_BYTES = {.base = SQL_BYTES}, SQL_TYPE_DATE = {.base = SQL_DATE},
               SQL_TYPE_TIME = {.base = SQL_TIME}, SQL_TYPE_TIMESTAMP = {.base = SQL_TIMESTAMP};

static const sql_type *type_copy_of(arena *a, sql_type type) {
    sql_type *copy = ARENA_NEW(a, sql_type);
    *copy = type;
    return copy;
}

const sql_type *sql_type_decimal(arena *a, int precision, int scale) {
    return type_copy_of(a, (sql_type){.base = SQL_DECIMAL, .precision = precision, .scale = scale});
}

const sql_type *sql_type_array(arena *a, const sql_type *element) {
    return type_copy_of(a, (sql_type){.base = SQL_ARRAY, .element = element});
}

const sql_type *sql_type_map(arena *a, const sql_type *key, const sql_type *value) {
    return type_copy_of(a, (sql_type){.base = SQL_MAP, .key = key, .element = value});
}

const sql_type *sql_type_struct(arena *a, const sql_field *fields, int field_count) {
    sql_field *copy = ARENA_ARRAY(a, sql_field, field_count);
    for (int i = 0; i < field_count; i++)
        copy[i] = (sql_field){arena_copy(a, fields[i].name), fields[i].type};
    return type_copy_of(
        a, (sql_type){.base = SQL_STRUCT, .field_count = field_count, .fields = copy});
}

const sql_type *sql_type_copy(arena *a, const sql_type *type) {
    switch (type->base) {
    case SQL_DECIMAL:
        return type_copy_of(a, *type);
    case SQL_ARRAY:
        return sql_type_array(a, sql_type_copy(a, type->element));
    case SQL_MAP:
        return sql_type_map(a, sql_type_copy(a, type->key), sql_type_copy(a, type->element));
    case SQL_STRUCT: {
        sql_field *fields = ARENA_ARRAY(a, sql_field, type->field_count);
        for (int i = 0; i < type->field_count; i++)
            fields[i] = (sql_field){type->fields[i].name, sql_type_copy(a, type->fields[i].type)};
        return sql_type_struct(a, fields, type->field_count);
    }
    default: {
        static const sql_type *const shared[] = {&SQL_TYPE_NULL, &SQL_TYPE_BOOLEAN,
            &SQL_TYPE_INTEGER, &SQL_TYPE_BIGINT, &SQL_TYPE_DOUBLE, NULL, &SQL_TYPE_VARCHAR,
            &SQL_TYPE_BYTES, &SQL_TYPE_DATE, &SQL_TYPE_TIME, &SQL_TYPE_TIMESTAMP};
        return shared[type->base];
    }
    }
}

bool sql_type_equal(const sql_type *a, const sql_type *b) {
    if (a == b)
        return true;
    if (a->base != b->base)
        return false;
    switch (a->base) {
    case SQL_DECIMAL:
        return a->precision == b->precision && a->scale == b->scale;
    case SQL_ARRAY:
        return sql_type_equal(a->element, b->element);
    case SQL_MAP:
        return sql_type_equal(a->key, b->key) && sql_type_equal(a->element, b->element);
    case SQL_STRUCT:
        if (a->field_count != b->field_count)
            return false;
        for (int i = 0; i < a->field_count; i++)
            if (!slice_equal(a->fields[i].name, b->fields[i].name) ||
                !sql_type_equal(a->fields[i].type, b->fields[i].type))
                return false;
        return true;
    default:
        return true;
    }
}

int sql_type_field(const sql_type *type, slice name) {
    for (int i = 0; i < type->field_count; i++)
        if (slice_equal(type->fields[i].name, name))
            return i;
    return -1;
}

void sql_type_format(const sql_type *type, buffer *out) {
    static const char *const names[] = {"NULL", "BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "DECIMAL",
        "STRING", "BYTES", "DATE", "TIME", "TIMESTAMP", "ARRAY", "MAP", "STRUCT"};
    buffer_append_text(out, names[type->base]);
    switch (type->base) {
    case SQL_DECIMAL:
        buffer_format(out, "(%d, %d)", type->precision, type->scale);
        break;
    case SQL_ARRAY:
        buffer_append_byte(out, '<');
        sql_type_format(type->element, out);
        buffer_append_byte(out, '>');
        break;
    case SQL_MAP:
        buffer_append_byte(out, '<');
        sql_type_format(type->key, out);
        buffer_append_text(out, ", ");
        sql_type_format(type->element, out);
        buffer_append_byte(out, '>');
        break;
    case SQL_STRUCT:
        buffer_append_byte(out, '<');
        for (int i = 0; i < type->field_count; i++) {
            buffer_format(out, "%s`%.*s` ", i ? ", " : "", SLICE_ARG(type->fields[i].name));
            sql_type_format(type->fields[i].type, out);
        }
        buffer_append_byte(out, '>');
        break;
    default:
        break;
    }
}

slice sql_type_name(arena *a, const sql_type *type) {
    buffer text = {0};
    sql_type_format(type, &text);
    slice name = arena_copy(a, buffer_slice(&text));
    buffer_free(&text);
    return name;
}
