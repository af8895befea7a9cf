/* What a library's function gets: arguments, constants, states, and the types of all of them.
 *
 * A value is a column and a row. Reading one as another type than it has fails the call and gives
 * zero; so does a value that is not there, such as the third argument of two. */
#include "base/decimal.h"
#include "executor/function/extension_call.h"

_Static_assert((int)SLUICE_BOOLEAN == (int)SQL_BOOLEAN && (int)SLUICE_INT == (int)SQL_INTEGER &&
                   (int)SLUICE_BIGINT == (int)SQL_BIGINT && (int)SLUICE_DOUBLE == (int)SQL_DOUBLE &&
                   (int)SLUICE_DECIMAL == (int)SQL_DECIMAL &&
                   (int)SLUICE_VARCHAR == (int)SQL_VARCHAR && (int)SLUICE_BYTES == (int)SQL_BYTES &&
                   (int)SLUICE_DATE == (int)SQL_DATE && (int)SLUICE_TIME == (int)SQL_TIME &&
                   (int)SLUICE_TIMESTAMP == (int)SQL_TIMESTAMP &&
                   (int)SLUICE_ARRAY == (int)SQL_ARRAY && (int)SLUICE_MAP == (int)SQL_MAP &&
                   (int)SLUICE_STRUCT == (int)SQL_STRUCT,
    "kinds are numbered as bases are");

/* ---- places ---- */

static sluice_value value_at(extension_call *call, const column *c, int64_t row) {
    return (sluice_value){&call->face, c, row};
}

static sluice_value no_value(extension_call *call) {
    return value_at(call, NULL, 0);
}

static int argument_count(const sluice_call *face) {
    return extension_call_of(face)->argument_count;
}

static sluice_value argument_value(sluice_call *face, int index) {
    extension_call *call = extension_call_of(face);
    if (index < 0 || index >= call->argument_count || !call->arguments) {
        extension_fail(call, "it asks for argument %d, which is not there", index);
        return no_value(call);
    }
    const argument *a = &call->arguments[index];
    return value_at(call, a->values, call->row & a->row_mask);
}

static sluice_value constant_value(sluice_call *face, int index) {
    extension_call *call = extension_call_of(face);
    if (index >= 0 && index < call->constant_count)
        return value_at(call, call->constants[index], 0);
    extension_fail(call, "it asks for constant %d, which is not there", index);
    return no_value(call);
}

static sluice_value state_value(sluice_call *face) {
    extension_call *call = extension_call_of(face);
    if (!call->state)
        extension_fail(call, "it asks for a state where there is none");
    return value_at(call, call->state, 0);
}

static sluice_value other_state_value(sluice_call *face) {
    extension_call *call = extension_call_of(face);
    if (!call->other_state)
        extension_fail(call, "it asks for another state where there is none");
    return value_at(call, call->other_state, 0);
}

static void *prepared(const sluice_call *face) {
    return extension_call_of(face)->prepared;
}

static void *scratch(sluice_call *face, size_t bytes) {
    extension_call *call = extension_call_of(face);
    call->scratch_used = true;
    return arena_allocate(call->scratch, bytes ? bytes : 1);
}

static void fail(sluice_call *face, const char *message) {
    extension_fail(extension_call_of(face), "%s", message);
}

/* ---- types ---- */

static sluice_type type_handle(extension_call *call, const sql_type *type) {
    if (!type)
        return (sluice_type){.call = &call->face};
    return (sluice_type){(sluice_kind)type->base, type->precision, type->scale, type->field_count,
        &call->face, type};
}

static sluice_type argument_type(sluice_call *face, int index) {
    extension_call *call = extension_call_of(face);
    if (index >= 0 && index < call->argument_count)
        return type_handle(call, call->types[index]);
    extension_fail(call, "it asks for argument %d, which is not there", index);
    return type_handle(call, NULL);
}

static sluice_type result_type(sluice_call *face) {
    return type_handle(extension_call_of(face), extension_call_of(face)->result_type);
}

static sluice_type type_of(sluice_value value) {
    const column *c = value.column;
    return type_handle(extension_call_of(value.call), c ? c->type : NULL);
}

static sluice_type part_type(sluice_type type, const sql_type *part, const char *what) {
    extension_call *call = extension_call_of(type.call);
    if (!part)
        extension_fail(
            call, "it asks for the %s type of %s", what, extension_type_name(call, type.handle));
    return type_handle(call, part);
}

static sluice_type element_type(sluice_type type) {
    const sql_type *t = type.handle;
    return part_type(type, t ? t->element : NULL, "element");
}

static sluice_type key_type(sluice_type type) {
    const sql_type *t = type.handle;
    return part_type(type, t ? t->key : NULL, "key");
}

static const sql_field *field_at(sluice_type type, int index) {
    const sql_type *t = type.handle;
    return t && index >= 0 && index < t->field_count ? &t->fields[index] : NULL;
}

static sluice_type field_type(sluice_type type, int index) {
    const sql_field *field = field_at(type, index);
    return part_type(type, field ? field->type : NULL, "field");
}

static sluice_text field_name(sluice_type type, int index) {
    const sql_field *field = field_at(type, index);
    return field ? (sluice_text){field->name.data, field->name.length} : (sluice_text){"", 0};
}

/* ---- values ---- */

static int is_null(sluice_value value) {
    return !value.column || column_is_null(value.column, value.row);
}

/* The column when the value has one of the types and is not null. */
static const column *readable(sluice_value value, unsigned bases, const char *as) {
    const column *c = value.column;
    if (!c)
        return NULL;
    if (!(bases >> c->type->base & 1)) {
        extension_call *call = extension_call_of(value.call);
        extension_fail(call, "it reads %s as %s", extension_type_name(call, c->type), as);
        return NULL;
    }
    return column_is_null(c, value.row) ? NULL : c;
}

static int get_boolean(sluice_value value) {
    const column *c = readable(value, 1u << SQL_BOOLEAN, "BOOLEAN");
    return c ? c->booleans[value.row] : 0;
}

static const char *const kind_names[] = {"", "BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "DECIMAL",
    "STRING", "BYTES", "DATE", "TIME", "TIMESTAMP"};

static int64_t get_integer(sluice_value value, sluice_kind as) {
    unsigned bases = 1u << as | (as == SLUICE_BIGINT ? 1u << SQL_INTEGER : 0);
    const column *c = readable(value, bases, kind_names[as]);
    if (!c)
        return 0;
    return c->type->base == SQL_BIGINT || c->type->base == SQL_TIMESTAMP ? c->int64s[value.row]
                                                                         : c->int32s[value.row];
}

static double get_double(sluice_value value) {
    unsigned bases = 1u << SQL_INTEGER | 1u << SQL_BIGINT | 1u << SQL_DOUBLE | 1u << SQL_DECIMAL;
    const column *c = readable(value, bases, "DOUBLE");
    if (!c)
        return 0;
    switch (c->type->base) {
    case SQL_DOUBLE:
        return c->doubles[value.row];
    case SQL_DECIMAL:
        return decimal_to_double(c->decimals[value.row], c->type->scale);
    default:
        return (double)get_integer(value, SLUICE_BIGINT);
    }
}

static sluice_decimal get_decimal(sluice_value value) {
    const column *c = readable(value, 1u << SQL_DECIMAL, "DECIMAL");
    return c ? sluice_decimal_of(c->decimals[value.row]) : (sluice_decimal){0, 0};
}

static size_t get_decimal_text(sluice_value value, char *to) {
    const column *c = readable(value, 1u << SQL_DECIMAL, "DECIMAL");
    char text[DECIMAL_TEXT_MAX];
    size_t length = decimal_write(text, c ? c->decimals[value.row] : 0, c ? c->type->scale : 0);
    assert(length < SLUICE_DECIMAL_TEXT_MAX);
    memcpy(to, text, length);
    to[length] = 0;
    return length;
}

static sluice_text get_text(sluice_value value, sluice_kind as) {
    const column *c = readable(value, 1u << as, kind_names[as]);
    if (!c)
        return (sluice_text){"", 0};
    slice text = column_slice(c, value.row);
    return (sluice_text){text.data, text.length};
}

static int get_length(sluice_value value) {
    const column *c = readable(value, 1u << SQL_ARRAY | 1u << SQL_MAP, "ARRAY or MAP");
    return c ? c->offsets[value.row + 1] - c->offsets[value.row] : 0;
}

static sluice_value part_at(sluice_value value, int index, bool is_key) {
    extension_call *call = extension_call_of(value.call);
    const column *c = value.column;
    int length = get_length(value);
    if (index < 0 || index >= length) {
        extension_fail(call, "it reads element %d of %d", index, length);
        return no_value(call);
    }
    if (is_key && c->type->base != SQL_MAP) {
        extension_fail(call, "it reads a key of an ARRAY");
        return no_value(call);
    }
    const column *part = c->children[c->type->base == SQL_MAP && !is_key];
    return value_at(call, part, c->offsets[value.row] + index);
}

static sluice_value get_element(sluice_value value, int index) {
    return part_at(value, index, false);
}

static sluice_value get_key(sluice_value value, int index) {
    return part_at(value, index, true);
}

static sluice_value get_field(sluice_value value, int index) {
    extension_call *call = extension_call_of(value.call);
    const column *c = readable(value, 1u << SQL_STRUCT, "STRUCT");
    if (c && (index < 0 || index >= c->child_count)) {
        extension_fail(call, "it reads field %d of %d", index, c->child_count);
        return no_value(call);
    }
    return c ? value_at(call, c->children[index], value.row) : no_value(call);
}

static sluice_value get_field_named(sluice_value value, const char *name) {
    extension_call *call = extension_call_of(value.call);
    const column *c = readable(value, 1u << SQL_STRUCT, "STRUCT");
    if (!c)
        return no_value(call);
    int index = sql_type_field(c->type, slice_of(name));
    if (index < 0)
        extension_fail(
            call, "it reads the field %s of %s", name, extension_type_name(call, c->type));
    return index < 0 ? no_value(call) : value_at(call, c->children[index], value.row);
}

void extension_inputs_fill(struct sluice_api *api) {
    api->argument_count = argument_count;
    api->argument = argument_value;
    api->constant = constant_value;
    api->state = state_value;
    api->other_state = other_state_value;
    api->argument_type = argument_type;
    api->result_type = result_type;
    api->prepared = prepared;
    api->scratch = scratch;
    api->fail = fail;
    api->type_of = type_of;
    api->element_type = element_type;
    api->key_type = key_type;
    api->field_type = field_type;
    api->field_name = field_name;
    api->is_null = is_null;
    api->get_boolean = get_boolean;
    api->get_integer = get_integer;
    api->get_double = get_double;
    api->get_decimal = get_decimal;
    api->get_decimal_text = get_decimal_text;
    api->get_text = get_text;
    api->get_length = get_length;
    api->get_element = get_element;
    api->get_key = get_key;
    api->get_field = get_field;
    api->get_field_named = get_field_named;
}
