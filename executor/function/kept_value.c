/* Which union member is used follows from the type alone. */
#include "executor/function/kept_value.h"

#include "base/memory.h"
#include "executor/function/aggregate_support.h"
#include "executor/state/row_codec.h"

void kept_value_free(kept_value *v, const sql_type *type) {
    if (sql_type_fixed_bytes(type) == 0)
        memory_free(v->block.data);
    *v = (kept_value){0};
}

static void set_block(kept_value *v, slice bytes) {
    if (bytes.length > v->block.capacity) {
        v->block.data = memory_resize(v->block.data, bytes.length);
        v->block.capacity = (uint32_t)bytes.length;
    }
    if (bytes.length)
        memcpy(v->block.data, bytes.data, bytes.length);
    v->block.length = (uint32_t)bytes.length;
}

static slice block_of(const kept_value *v) {
    return slice_make(v->block.data ? v->block.data : "", v->block.length);
}

static void set_nested(kept_value *v, const column *from, int64_t row) {
    buffer bytes = {0};
    column *columns[] = {(column *)from};
    row_value_append(&bytes, columns, 1, row);
    set_block(v, buffer_slice(&bytes));
    buffer_free(&bytes);
}

void kept_value_set(kept_value *v, const column *from, int64_t row) {
    v->has = true;
    v->is_null = column_is_null(from, row);
    if (v->is_null)
        return;
    size_t width = sql_type_fixed_bytes(from->type);
    if (width)
        memcpy(&v->fixed, (const char *)from->values + width * (size_t)row, width);
    else if (sql_type_is_nested(from->type))
        set_nested(v, from, row);
    else
        set_block(v, column_slice(from, row));
}

void kept_value_copy(kept_value *v, const kept_value *from, const sql_type *type) {
    if (sql_type_fixed_bytes(type)) {
        *v = *from;
        return;
    }
    v->has = from->has;
    v->is_null = from->is_null;
    set_block(v, block_of(from));
}

static void append_fixed(const kept_value *v, column *to) {
    switch (sql_type_fixed_bytes(to->type)) {
    case 1:
        column_append_boolean(to, v->boolean);
        break;
    case 4:
        column_append_int32(to, v->int32);
        break;
    case 16:
        column_append_decimal(to, v->fixed);
        break;
    default:
        if (to->type->base == SQL_DOUBLE)
            column_append_double(to, v->float64);
        else
            column_append_int64(to, v->int64);
    }
}

void kept_value_append(const kept_value *v, column *to) {
    if (!v->has || v->is_null) {
        column_append_null(to);
    } else if (sql_type_fixed_bytes(to->type)) {
        append_fixed(v, to);
    } else if (sql_type_is_nested(to->type)) {
        slice bytes = block_of(v);
        bool ok = row_value_read(&bytes, &to->type, &to, 1);
        assert(ok);
        (void)ok;
    } else {
        column_append_bytes(to, block_of(v));
    }
}

void kept_value_save(const kept_value *v, const sql_type *type, buffer *out) {
    size_t width = sql_type_fixed_bytes(type);
    buffer_append_byte(out, (char)(v->has | v->is_null << 1));
    if (!v->has || v->is_null)
        return;
    if (width) {
        buffer_append_bytes(out, (const char *)&v->fixed, width);
        return;
    }
    buffer_append_bytes(out, (const char *)&v->block.length, sizeof v->block.length);
    buffer_append(out, block_of(v));
}

bool kept_value_load(kept_value *v, const sql_type *type, slice *bytes) {
    uint8_t flags;
    uint32_t length;
    if (!aggregate_take(bytes, &flags, 1))
        return false;
    v->has = flags & 1;
    v->is_null = flags >> 1 & 1;
    if (!v->has || v->is_null)
        return true;
    size_t width = sql_type_fixed_bytes(type);
    if (width)
        return aggregate_take(bytes, &v->fixed, width);
    if (!aggregate_take(bytes, &length, sizeof length) || bytes->length < length)
        return false;
    set_block(v, slice_make(bytes->data, length));
    bytes->data += length;
    bytes->length -= length;
    return true;
}
