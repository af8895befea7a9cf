/* All rows that ever came, and a table from a row's text to the rows with it that are alive: chains
 * of indexes, the last one first. */
#include "server/final_rows.h"

#include "base/memory.h"

struct final_rows {
    batch_builder *rows, *alive;
    int64_t count, capacity;
    uint64_t *hashes; /* by row */
    size_t *texts;    /* by row: where its text begins in `text` */
    int32_t *next;    /* by row: the row before it in its bucket; -1: none */
    bool *dead;
    int32_t *buckets;
    int64_t bucket_count;
    buffer text, row_text;
};

final_rows *final_rows_create(const plan_node *node) {
    final_rows *f = MEMORY_NEW(final_rows);
    const sql_type **types = memory_allocate(sizeof(sql_type *) * (size_t)(node->column_count + 1));
    for (int i = 0; i < node->column_count; i++)
        types[i] = node->columns[i].type;
    f->rows = batch_builder_create(types, node->column_count, false, false, false);
    f->alive = batch_builder_create(types, node->column_count, false, false, false);
    memory_free(types);
    return f;
}

void final_rows_destroy(final_rows *f) {
    if (!f)
        return;
    batch_builder_destroy(f->rows);
    batch_builder_destroy(f->alive);
    memory_free(f->hashes);
    memory_free(f->texts);
    memory_free(f->next);
    memory_free(f->dead);
    memory_free(f->buckets);
    buffer_free(&f->text);
    buffer_free(&f->row_text);
    memory_free(f);
}

static uint64_t hash_of(slice text) {
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * 1099511628211u;
    return hash;
}

static int64_t bucket_of(const final_rows *f, uint64_t hash) {
    return (int64_t)(hash & (uint64_t)(f->bucket_count - 1));
}

static void rehash(final_rows *f) {
    f->bucket_count = f->bucket_count ? f->bucket_count * 2 : 1024;
    f->buckets = memory_resize(f->buckets, sizeof(int32_t) * (size_t)f->bucket_count);
    memset(f->buckets, 0xff, sizeof(int32_t) * (size_t)f->bucket_count);
    for (int64_t row = 0; row < f->count; row++) {
        int64_t bucket = bucket_of(f, f->hashes[row]);
        f->next[row] = f->buckets[bucket];
        f->buckets[bucket] = (int32_t)row;
    }
}

static void reserve(final_rows *f) {
    if (f->count == f->capacity) {
        f->capacity = f->capacity ? f->capacity * 2 : 1024;
        size_t n = (size_t)f->capacity;
        f->hashes = memory_resize(f->hashes, sizeof *f->hashes * n);
        f->texts = memory_resize(f->texts, sizeof *f->texts * (n + 1));
        f->next = memory_resize(f->next, sizeof *f->next * n);
        f->dead = memory_resize(f->dead, sizeof *f->dead * n);
    }
    if (f->count >= f->bucket_count)
        rehash(f);
}

static void insert(final_rows *f, const batch *rows, int64_t row, uint64_t hash) {
    reserve(f);
    int32_t index = (int32_t)row;
    batch_builder_append_gather(f->rows, rows, &index, 1);
    int64_t bucket = bucket_of(f, hash);
    f->hashes[f->count] = hash;
    f->texts[f->count] = f->text.length;
    buffer_append(&f->text, buffer_slice(&f->row_text));
    f->texts[f->count + 1] = f->text.length;
    f->next[f->count] = f->buckets[bucket];
    f->dead[f->count] = false;
    f->buckets[bucket] = (int32_t)f->count++;
}

static slice text_of(const final_rows *f, int64_t row) {
    return slice_make(f->text.data + f->texts[row], f->texts[row + 1] - f->texts[row]);
}

static void take_away(final_rows *f, uint64_t hash) {
    if (!f->bucket_count)
        return;
    slice text = buffer_slice(&f->row_text);
    int32_t *link = &f->buckets[bucket_of(f, hash)];
    for (; *link >= 0; link = &f->next[*link])
        if (f->hashes[*link] == hash && slice_equal(text_of(f, *link), text)) {
            f->dead[*link] = true;
            *link = f->next[*link];
            return;
        }
}

void final_rows_add(final_rows *f, const query_header *header, const batch *rows) {
    for (int64_t row = 0; row < rows->rows; row++) {
        buffer_clear(&f->row_text);
        response_append_row(&f->row_text, header, rows, row);
        uint64_t hash = hash_of(buffer_slice(&f->row_text));
        if (rows->change[row] == CHANGE_INSERT)
            insert(f, rows, row, hash);
        else
            take_away(f, hash);
    }
}

const batch *final_rows_take(final_rows *f) {
    const batch *all = batch_builder_view(f->rows);
    for (int64_t row = 0; row < f->count; row++) {
        int32_t index = (int32_t)row;
        if (!f->dead[row])
            batch_builder_append_gather(f->alive, all, &index, 1);
    }
    return batch_builder_view(f->alive);
}
