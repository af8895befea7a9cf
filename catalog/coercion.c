/* Numbers are ordered by width; everything else is equal or not, and nested types recur. */
#include "catalog/coercion.h"

#include "base/memory.h"

static const sql_type integer_digits = {.base = SQL_DECIMAL, .precision = 10, .scale = 0};
static const sql_type bigint_digits = {.base = SQL_DECIMAL, .precision = 19, .scale = 0};

const sql_type *coercion_decimal(arena *a, const sql_type *type) {
    (void)a;
    switch (type->base) {
    case SQL_INTEGER:
        return &integer_digits;
    case SQL_BIGINT:
        return &bigint_digits;
    default:
        return type->base == SQL_DECIMAL ? type : NULL;
    }
}

static int rank(const sql_type *type) {
    switch (type->base) {
    case SQL_INTEGER:
        return 1;
    case SQL_BIGINT:
        return 2;
    case SQL_DECIMAL:
        return 3;
    case SQL_DOUBLE:
        return 4;
    default:
        return 0;
    }
}

static bool number_widens(const sql_type *from, const sql_type *to) {
    if (to->base != SQL_DECIMAL)
        return rank(from) <= rank(to);
    const sql_type *digits = coercion_decimal(NULL, from);
    return digits && digits->scale <= to->scale &&
           digits->precision - digits->scale <= to->precision - to->scale;
}

static bool struct_widens(const sql_type *from, const sql_type *to) {
    for (int i = 0; i < from->field_count; i++) {
        int field = sql_type_field(to, from->fields[i].name);
        if (field >= 0 && !coercion_widens(from->fields[i].type, to->fields[field].type))
            return false;
    }
    return true;
}

bool coercion_widens(const sql_type *from, const sql_type *to) {
    if (from->base == SQL_NULL)
        return true;
    if (rank(from) && rank(to))
        return number_widens(from, to);
    if (from->base != to->base)
        return false;
    switch (from->base) {
    case SQL_ARRAY:
        return coercion_widens(from->element, to->element);
    case SQL_MAP:
        return coercion_widens(from->key, to->key) && coercion_widens(from->element, to->element);
    case SQL_STRUCT:
        return struct_widens(from, to);
    default:
        return true;
    }
}

static int larger(int a, int b) {
    return a > b ? a : b;
}

static const sql_type *common_number(arena *a, const sql_type *left, const sql_type *right) {
    const sql_type *wide = rank(left) >= rank(right) ? left : right;
    if (wide->base != SQL_DECIMAL)
        return wide;
    const sql_type *l = coercion_decimal(a, left), *r = coercion_decimal(a, right);
    int scale = larger(l->scale, r->scale);
    int whole = larger(l->precision - l->scale, r->precision - r->scale);
    return sql_type_decimal(a, whole + scale, scale);
}

static const sql_type *common_struct(arena *a, const sql_type *left, const sql_type *right) {
    int capacity = left->field_count + right->field_count, count = 0;
    sql_field *fields = ARENA_ARRAY(a, sql_field, capacity + 1);
    for (int i = 0; i < left->field_count; i++) {
        fields[count] = left->fields[i];
        int other = sql_type_field(right, left->fields[i].name);
        if (other >= 0)
            fields[count].type =
                coercion_common(a, left->fields[i].type, right->fields[other].type);
        if (!fields[count++].type)
            return NULL;
    }
    for (int i = 0; i < right->field_count; i++)
        if (sql_type_field(left, right->fields[i].name) < 0)
            fields[count++] = right->fields[i];
    return sql_type_struct(a, fields, count);
}

const sql_type *coercion_common(arena *a, const sql_type *left, const sql_type *right) {
    if (left->base == SQL_NULL || sql_type_equal(left, right))
        return right;
    if (right->base == SQL_NULL)
        return left;
    if (rank(left) && rank(right))
        return common_number(a, left, right);
    if (left->base != right->base)
        return NULL;
    switch (left->base) {
    case SQL_ARRAY: {
        const sql_type *element = coercion_common(a, left->element, right->element);
        return element ? sql_type_array(a, element) : NULL;
    }
    case SQL_MAP: {
        const sql_type *key = coercion_common(a, left->key, right->key);
        const sql_type *element = coercion_common(a, left->element, right->element);
        return key && element ? sql_type_map(a, key, element) : NULL;
    }
    case SQL_STRUCT:
        return common_struct(a, left, right);
    default:
        return left;
    }
}
