/* column.h - columns of values, and batches of rows.
 *
 * A column is laid out as Apache Arrow lays out its arrays
 * (https://arrow.apache.org/docs/format/Columnar.html): a validity bitmap, fixed-width values or
 * offsets into bytes, and child columns for ARRAY, MAP and STRUCT. It differs in one thing:
 * booleans take a byte each, because kernels are simpler and as fast. A null slot still takes its
 * place: fixed-width values are zero there, offsets repeat.
 *
 * Columns only grow at the end and are cleared as a whole; clearing keeps the memory, so a column
 * that is reused for batch after batch stops allocating. A column belongs to whoever created it
 * and is touched by one thread at a time. Types must outlive their columns.
 *
 * A batch borrows its columns: it is valid until the call it was passed to returns.
 */
#ifndef SLUICE_BASE_COLUMN_H
#define SLUICE_BASE_COLUMN_H

#include <assert.h>

#include "base/type.h"

typedef __int128 decimal128; /* unscaled value of a DECIMAL */

typedef struct column column;

struct column {
    const sql_type *type;
    int64_t length;   /* rows */
    int64_t capacity; /* rows there is room for */
    int64_t null_count;
    uint8_t *validity; /* bit i is 1 where row i has a value */
    union {            /* by type; VARCHAR, BYTES and nested types use none of them */
        void *values;
        uint8_t *booleans;
        int32_t *int32s; /* INTEGER, DATE, TIME */
        int64_t *int64s; /* BIGINT, TIMESTAMP */
        double *doubles;
        decimal128 *decimals;
    };
    int32_t *offsets; /* length + 1 of them. VARCHAR, BYTES: into bytes. ARRAY, MAP: child rows */
    char *bytes;
    int64_t bytes_capacity;
    column **children; /* ARRAY: the elements; MAP: keys, values; STRUCT: a column a field */
    int child_count;
};

/* An empty column of `type`, owned by the caller. */
column *column_create(const sql_type *type);
void column_destroy(column *c); /* NULL is allowed */
void column_clear(column *c);   /* no rows; keeps the memory */
/* Room for `rows` more rows. */
void column_reserve(column *c, int64_t rows);

static inline bool column_is_null(const column *c, int64_t row) {
    return !(c->validity[row >> 3] >> (row & 7) & 1);
}
/* True when no row is null: kernels may then skip the bitmap. */
static inline bool column_has_nulls(const column *c) {
    return c->null_count > 0;
}

/* Appending one row. The typed ones need a column of that type. */
void column_append_null(column *c);
void column_append_boolean(column *c, bool value);
void column_append_int32(column *c, int32_t value);
void column_append_int64(column *c, int64_t value);
void column_append_double(column *c, double value);
void column_append_decimal(column *c, decimal128 value);
void column_append_bytes(column *c, slice value); /* VARCHAR and BYTES; NULL data appends null */
/* VARCHAR and BYTES in place: room for up to `length` bytes; write there, then append_reserved with
 * the number of bytes written. */
char *column_reserve_bytes(column *c, int64_t length);
void column_append_reserved(column *c, int64_t length);
/* ARRAY and MAP: append the child rows first, then this, which makes all child rows since the last
 * call one row. STRUCT: append to every field first. */
void column_append_nested(column *c);
/* The same for a MAP whose entries come from outside: of equal keys the last one stays. */
void column_append_map(column *c);
/* Ends a nested row that turned out null or broken: drops what was appended to the children since
 * the last row, then appends null. Also right for scalars. */
void column_append_null_discarding(column *c);
/* Copies of rows from another column of an equal type. */
void column_append_row(column *c, const column *from, int64_t row);
void column_append_rows(column *c, const column *from, int64_t first, int64_t count);
/* The rows picked by `rows`, in that order. */
void column_append_gather(column *c, const column *from, const int32_t *rows, int64_t count);
/* `count` nulls. */
void column_append_nulls(column *c, int64_t count);
/* `count` copies of one row. */
void column_append_repeat(column *c, const column *from, int64_t row, int64_t count);
/* Drops rows from the end until `length` are left. */
void column_truncate(column *c, int64_t length);
/* Makes a row that has a value null. Offsets and children keep their place. */
void column_set_null(column *c, int64_t row);

/* The bytes of a VARCHAR or BYTES row; valid until the column changes. Null rows: the NULL slice.
 */
static inline slice column_slice(const column *c, int64_t row) {
    if (column_is_null(c, row))
        return (slice){NULL, 0};
    return (slice){c->bytes + c->offsets[row], (size_t)(c->offsets[row + 1] - c->offsets[row])};
}

/* Equality and order of two rows of equal types; nulls are equal to each other and sort first.
 * NaN equals NaN and sorts last. MAPs compare regardless of entry order. */
bool column_rows_equal(const column *a, int64_t row_a, const column *b, int64_t row_b);
int column_rows_compare(const column *a, int64_t row_a, const column *b, int64_t row_b);
uint64_t column_row_hash(const column *c, int64_t row);
/* Heap bytes held, children included. */
int64_t column_memory_bytes(const column *c);

/* What a row does to its table or stream. */
enum {
    CHANGE_INSERT = 1,  /* a row arrives (stream), or is the new row of its key (table) */
    CHANGE_DELETE = -1, /* a row leaves. In an upsert changelog only its key columns have values */
    CHANGE_EMPTY = 0,   /* a stream record whose value is null: it has a key and weighs nothing */
};

/* Rows in order. Every array has `rows` entries. */
typedef struct batch {
    int64_t rows;
    int column_count;
    column *const *columns;   /* in the order of the schema; NULL entries were not decoded */
    const int64_t *rowtime;   /* milliseconds since the epoch; never NULL */
    const int8_t *change;     /* CHANGE_*; never NULL */
    const int32_t *partition; /* of the source record; NULL where there is none */
    const int64_t *offset;    /* of the source record; NULL where there is none */
    const int64_t *window_start, *window_end; /* milliseconds; NULL when rows are not windowed */
    const column *headers; /* ARRAY<STRUCT<KEY STRING, VALUE BYTES>>; NULL when not asked for, or
                              when no row has any */
    /* The rows' source records, packed, for late rows (PLAN_RECORDS); else NULL. Nobody passes it
     * on. */
    const column *records;
} batch;

/* Whether two rows have the same key: the first `key_count` columns and, where there are any,
 * windows. */
bool batch_rows_share_key(const batch *rows, int key_count, int64_t a, int64_t b);

/* A batch that owns what it points to, built row by row and reused. */
typedef struct batch_builder {
    batch view; /* of the rows so far; refreshed by batch_builder_view */
    int column_count;
    column **columns;
    int64_t capacity;
    int64_t rows;
    int64_t *rowtime, *offset, *window_start, *window_end;
    int8_t *change;
    int32_t *partition;
    column *headers;     /* as many as rows, or fewer: the rest have none */
    const column *cause; /* headers of new rows; see batch_builder_caused_by */
    int64_t cause_row;
    bool has_source; /* partition and offset are kept */
    bool has_window;
} batch_builder;

/* `types` has one type a column. has_source keeps partition and offset, has_window the window
 * bounds, has_headers the headers column. The caller destroys it. */
batch_builder *batch_builder_create(const sql_type *const *types, int column_count, bool has_source,
    bool has_window, bool has_headers);
void batch_builder_destroy(batch_builder *b); /* NULL is allowed */
void batch_builder_clear(batch_builder *b);
/* Adds the system fields of one row; its columns are appended to b->columns by the caller. Returns
 * the row's index. */
int64_t batch_builder_add_row(batch_builder *b, int64_t rowtime, int8_t change);
/* Rows that are added from now on carry the headers of `row`, as the record that is being processed
 * gives its headers to all that comes of it. A NULL batch: they carry none. The batch must stay
 * valid until then. */
void batch_builder_caused_by(batch_builder *b, const batch *from, int64_t row);
/* Copies the system fields of `row` of another batch (those that both have); columns are the
 * caller's. */
int64_t batch_builder_copy_system(batch_builder *b, const batch *from, int64_t row);
/* Copies whole rows, columns included, of a batch with the same columns. */
void batch_builder_append_rows(batch_builder *b, const batch *from, int64_t first, int64_t count);
void batch_builder_append_gather(
    batch_builder *b, const batch *from, const int32_t *rows, int64_t count);
/* The batch as it stands; valid until the builder changes. */
const batch *batch_builder_view(batch_builder *b);

/* The type of a batch's headers column. */
extern const sql_type SQL_TYPE_HEADERS;

#endif
