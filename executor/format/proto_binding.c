#include "executor/format/proto_binding.h"

typedef struct binder {
    arena *memory;
    error *e;
} binder;

static bool is_integer(proto_kind kind) {
    return kind >= PROTO_INT32 && kind <= PROTO_SFIXED64;
}

static bool is_narrow(proto_kind kind) {
    return kind == PROTO_INT32 || kind == PROTO_SINT32 || kind == PROTO_SFIXED32 ||
           kind == PROTO_UINT32 || kind == PROTO_FIXED32;
}

static bool fits_scalar(proto_kind kind, const sql_type *type) {
    switch (type->base) {
    case SQL_BOOLEAN:
        return kind == PROTO_BOOL;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        return is_narrow(kind);
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        return is_integer(kind);
    case SQL_DOUBLE:
        return kind <= PROTO_SFIXED64;
    case SQL_VARCHAR:
        return kind != PROTO_BYTES && kind != PROTO_MESSAGE;
    case SQL_BYTES:
        return kind == PROTO_BYTES;
    default:
        return false;
    }
}

static bool fits_known(const proto_message *m, const sql_type *type) {
    switch (m->known) {
    case PROTO_WRAPPER:
        return fits_scalar(m->fields[0].kind, type);
    case PROTO_TIMESTAMP:
        return type->base == SQL_TIMESTAMP;
    case PROTO_DATE:
        return type->base == SQL_DATE;
    case PROTO_TIME_OF_DAY:
        return type->base == SQL_TIME;
    case PROTO_DECIMAL:
        return type->base == SQL_DECIMAL;
    case PROTO_ORDINARY:
        break;
    }
    return false;
}

static proto_binding *bind_message(
    binder *b, const proto_message *m, int count, const sql_field *columns, const bool *wanted);

static bool refuse(binder *b, const proto_field *field, const sql_type *type) {
    buffer name = {0};
    sql_type_format(type, &name);
    error_set(b->e, ERROR_DATA, "The protobuf field %.*s of type %s%s does not fit %.*s",
        SLICE_ARG(field->name), field->repeated ? "repeated " : "", proto_kind_name(field->kind),
        SLICE_ARG(buffer_slice(&name)));
    buffer_free(&name);
    return false;
}

static bool bind_single(binder *b, bound_field *bound, const sql_type *type) {
    const proto_field *field = bound->field;
    if (field->kind != PROTO_MESSAGE)
        return fits_scalar(field->kind, type) || refuse(b, field, type);
    if (field->message->known != PROTO_ORDINARY)
        return fits_known(field->message, type) || refuse(b, field, type);
    if (type->base != SQL_STRUCT)
        return refuse(b, field, type);
    bound->inside = bind_message(b, field->message, type->field_count, type->fields, NULL);
    return bound->inside != NULL;
}

/* Map entries are messages of two columns, the keys and the values. */
static bool bind_entries(binder *b, bound_field *bound, const sql_type *type) {
    if (!proto_is_entries(bound->field))
        return refuse(b, bound->field, type);
    const sql_field columns[2] = {
        {SLICE_LITERAL("key"), type->key}, {SLICE_LITERAL("value"), type->element}};
    bound->inside = bind_message(b, bound->field->message, 2, columns, NULL);
    return bound->inside != NULL;
}

static bool bind_field(binder *b, bound_field *bound) {
    const sql_type *type = bound->type;
    if (type->base == SQL_MAP)
        return bind_entries(b, bound, type);
    if (bound->field->repeated != (type->base == SQL_ARRAY))
        return refuse(b, bound->field, type);
    return bind_single(b, bound, type->base == SQL_ARRAY ? type->element : type);
}

/* The column of a message's field: what proto_find_field says, seen from the column. */
static int find_column(
    const proto_message *m, int field, int count, const sql_field *columns, const bool *wanted) {
    for (int i = 0; i < count; i++)
        if ((!wanted || wanted[i]) && proto_find_field(m, columns[i].name) == field)
            return i;
    return -1;
}

/* Oneofs that have a STRUCT; the members of others may have columns of their own. */
static bool bind_choices(binder *b, proto_binding *made, int count, const sql_field *columns,
    const bool *wanted, bool *found) {
    const proto_message *m = made->message;
    made->choices = ARENA_ARRAY(b->memory, bound_choice, m->oneof_count + 1);
    for (int o = 0; o < m->oneof_count; o++)
        for (int i = 0; i < count; i++) {
            const sql_type *type = columns[i].type;
            if (found[i] || (wanted && !wanted[i]) || type->base != SQL_STRUCT ||
                !slice_equal_ignore_case(columns[i].name, m->oneofs[o].name))
                continue;
            found[i] = true;
            proto_binding *inside =
                bind_message(b, m->oneofs[o].members, type->field_count, type->fields, NULL);
            if (!inside)
                return false;
            made->choices[made->choice_count++] = (bound_choice){i, inside};
            break;
        }
    return true;
}

static proto_binding *bind_message(
    binder *b, const proto_message *m, int count, const sql_field *columns, const bool *wanted) {
    proto_binding *made = ARENA_NEW(b->memory, proto_binding);
    made->message = m;
    made->column_count = count;
    made->fields = ARENA_ARRAY(b->memory, bound_field, m->count + 1);
    made->missing = ARENA_ARRAY(b->memory, int, count + 1);
    bool *found = ARENA_ARRAY(b->memory, bool, count + 1);
    for (int i = 0; i < m->count; i++) {
        int target = find_column(m, i, count, columns, wanted);
        if (target < 0)
            continue;
        bound_field *bound = &made->fields[made->count++];
        *bound = (bound_field){&m->fields[i], columns[target].type, target, NULL};
        found[target] = true;
        if (!bind_field(b, bound))
            return NULL;
    }
    if (!bind_choices(b, made, count, columns, wanted, found))
        return NULL;
    for (int i = 0; i < count; i++)
        if (!found[i] && (!wanted || wanted[i]))
            made->missing[made->missing_count++] = i;
    return made;
}

proto_binding *proto_bind(arena *a, const proto_message *message, const format_schema *schema,
    const bool *wanted, error *e) {
    binder b = {a, e};
    sql_field *columns = ARENA_ARRAY(a, sql_field, schema->count + 1);
    for (int i = 0; i < schema->count; i++)
        columns[i] = (sql_field){schema->columns[i].name, schema->columns[i].type};
    return bind_message(&b, message, schema->count, columns, wanted);
}
