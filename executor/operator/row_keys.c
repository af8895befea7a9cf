#include "executor/operator/row_keys.h"

#include "base/memory.h"
#include "executor/state/row_codec.h"

/* Of a NULL. An integer's hash is a bijection, whose value for the integer 0 is 0. */
#define NULL_HASH UINT64_C(0x8F14E45FCEEA167A)

void row_keys_open(row_keys *k, const plan_node *input, const int *columns, int count) {
    *k = (row_keys){.count = count, .columns = columns};
    const sql_type **types = memory_allocate(sizeof *types * (size_t)(count + 1));
    k->bound = memory_allocate_zero(sizeof(column *) * (size_t)(count + 1));
    k->scratch = memory_allocate_zero(sizeof(column *) * (size_t)(count + 1));
    for (int i = 0; i < count; i++) {
        types[i] = input->columns[columns[i]].type;
        k->scratch[i] = column_create(types[i]);
    }
    k->form = group_key_form_of(types, count);
    memory_free(types);
    buffer_reserve(&k->encoded, 1);
}

void row_keys_close(row_keys *k) {
    for (int i = 0; k->scratch && i < k->count; i++)
        column_destroy(k->scratch[i]);
    memory_free(k->bound);
    memory_free(k->scratch);
    memory_free(k->hashes);
    memory_free(k->ends);
    memory_free(k->all);
    buffer_free(&k->encoded);
    *k = (row_keys){0};
}

static void reserve(row_keys *k, int64_t rows) {
    if (rows <= k->capacity)
        return;
    k->capacity = rows;
    k->hashes = memory_resize(k->hashes, sizeof *k->hashes * (size_t)rows);
    k->ends = memory_resize(k->ends, sizeof *k->ends * (size_t)rows);
    k->all = memory_resize(k->all, sizeof *k->all * (size_t)rows);
    for (int64_t i = 0; i < rows; i++)
        k->all[i] = (int32_t)i;
}

static void encode_rows(row_keys *k, int64_t rows) {
    buffer_clear(&k->encoded);
    size_t from = 0;
    for (int64_t row = 0; row < rows; row++) {
        row_key_append(&k->encoded, k->bound, k->count, row);
        k->ends[row] = k->encoded.length;
        k->hashes[row] =
            group_hash_bytes(slice_make(k->encoded.data + from, k->encoded.length - from));
        from = k->encoded.length;
    }
}

static void hash_bound(row_keys *k, int64_t rows) {
    reserve(k, rows);
    if (k->form == GROUP_KEY_ENCODED) {
        encode_rows(k, rows);
        return;
    }
    group_table form = {.form = k->form};
    group_table_hash(&form, k->bound[0], k->all, rows, k->hashes);
    if (column_has_nulls(k->bound[0]))
        for (int64_t row = 0; row < rows; row++)
            if (column_is_null(k->bound[0], row))
                k->hashes[row] = NULL_HASH;
}

void row_keys_bind(row_keys *k, const batch *rows) {
    for (int i = 0; i < k->count; i++)
        k->bound[i] = rows->columns[k->columns[i]];
    hash_bound(k, rows->rows);
}

static bool is_null_key(const row_keys *k, const group_key *key) {
    if (k->form == GROUP_KEY_BYTES)
        return !key->bytes.data;
    /* A hash may have a window's in it. */
    return k->form != GROUP_KEY_ENCODED && key->integer == 0 &&
           (key->hash == NULL_HASH || key->hash == group_hash_window(NULL_HASH, key->window_start));
}

void row_keys_output(const row_keys *k, const group_key *key, column *const *to) {
    if (k->form == GROUP_KEY_ENCODED) {
        slice bytes = key->bytes;
        bool ok = row_key_read(&bytes, to, k->count);
        assert(ok && bytes.length == 0);
        (void)ok;
    } else if (is_null_key(k, key)) {
        column_append_null(to[0]);
    } else if (k->form == GROUP_KEY_INT64) {
        column_append_int64(to[0], key->integer);
    } else if (k->form == GROUP_KEY_INT32) {
        column_append_int32(to[0], (int32_t)key->integer);
    } else {
        column_append_bytes(to[0], key->bytes);
    }
}

void row_keys_append(row_keys *k, const group_key *key, buffer *out) {
    if (k->form == GROUP_KEY_ENCODED) {
        buffer_append(out, key->bytes);
        return;
    }
    column_clear(k->scratch[0]);
    row_keys_output(k, key, k->scratch);
    row_key_append(out, k->scratch, 1, 0);
}

bool row_keys_read(row_keys *k, slice *bytes, group_key *key) {
    for (int i = 0; i < k->count; i++)
        column_clear(k->scratch[i]);
    if (!row_key_read(bytes, k->scratch, k->count))
        return false;
    memcpy(k->bound, k->scratch, sizeof(column *) * (size_t)k->count);
    hash_bound(k, 1);
    *key = row_keys_get(k, 0);
    return true;
}
