/* catalog.h - what exists: sources, types, queries, variables, properties, and the ordered log of
 * statements that made them.
 *
 * Kept in one SQLite database, `catalog.db` in the data directory, as SQL text: at start the
 * statements are planned again. In memory it is a set of immutable descriptors; a lookup returns
 * one that stays valid as long as the caller holds it: between catalog_read_lock and _unlock, or
 * for ever when it was copied with source_copy. Changes happen inside one catalog_begin /
 * catalog_commit transaction on one thread at a time; a crash leaves all of it or nothing.
 */
#ifndef SLUICE_CATALOG_CATALOG_H
#define SLUICE_CATALOG_CATALOG_H

#include "base/error.h"
#include "base/type.h"

typedef enum source_kind { SOURCE_STREAM, SOURCE_TABLE } source_kind;

typedef enum window_kind {
    WINDOW_NONE,
    WINDOW_TUMBLING,
    WINDOW_HOPPING,
    WINDOW_SESSION
} window_kind;

typedef enum column_role {
    COLUMN_VALUE,
    COLUMN_KEY,     /* KEY of a stream, PRIMARY KEY of a table */
    COLUMN_HEADERS, /* all headers, or one when header_key is set */
} column_role;

typedef struct source_column {
    slice name;
    const sql_type *type;
    column_role role;
    slice header_key; /* HEADER('key'); NULL: none */
} source_column;

/* How PROTOBUF tells nulls from zeros (KEY_ and VALUE_PROTOBUF_NULLABLE_REPRESENTATION). */
typedef enum format_nullable {
    FORMAT_NULLABLE_NOT = 0,  /* it does not */
    FORMAT_NULLABLE_OPTIONAL, /* fields are declared optional */
    FORMAT_NULLABLE_WRAPPER,  /* fields are google.protobuf.Int32Value and the like */
} format_nullable;

/* A format and its options as written in WITH. */
typedef struct source_format {
    slice name;         /* upper case: JSON, KAFKA, ... */
    uint32_t delimiter; /* a Unicode character; 0: ',' */
    slice schema_full_name;
    int32_t schema_id; /* 0: none */
    /* WRAP_SINGLE_VALUE: -1 not said, 0, 1 */
    int wrap_single;
    format_nullable nullable;
} source_format;

typedef enum flink_column_role {
    FLINK_ROLE_PHYSICAL, /* `physical` is its index in source_descriptor.columns */
    FLINK_ROLE_COMPUTED, /* `expression` */
    FLINK_ROLE_METADATA, /* `metadata_key`: timestamp, partition, offset, headers, ...; `physical`
                            is that of the headers, -1 for others */
} flink_column_role;

typedef struct flink_table_column {
    slice name;
    const sql_type *type; /* COMPUTED: NULL, it is that of the expression */
    flink_column_role role;
    bool is_virtual;  /* cannot be written */
    bool is_time_ltz; /* TIMESTAMP_LTZ: an instant; other timestamps are wall clock times */
    bool not_null;
    slice declared; /* the type as it was written; NULL: COMPUTED */
    int physical;
    slice expression, metadata_key;
} flink_table_column;

/* What CREATE TABLE of the Flink dialect says of a table beyond a topic and its formats.
 * Expressions are SQL text: the planner parses them where it reads the table. */
typedef struct flink_table {
    slice connector; /* kafka, upsert-kafka, filesystem, datagen, print, blackhole */
    int option_count;
    const slice *option_names, *option_values; /* as written in WITH */
    int column_count;
    const flink_table_column *columns;            /* in the order of their declaration */
    slice watermark_column, watermark_expression; /* NULL: none */
    int primary_key_count;
    const slice *primary_key;
    bool is_bounded; /* the source ends: scan.bounded.mode, a file, a datagen with number-of-rows */
} flink_table;

/* A stream or a table. Columns are in declaration order; keys need not come first here. */
typedef struct source_descriptor {
    slice name;
    source_kind kind;
    bool is_source; /* CREATE SOURCE ...: read-only; a table is materialized */
    int column_count;
    const source_column *columns;
    slice topic;
    int32_t partitions;
    int16_t replicas;
    int64_t retention_ms; /* -1: as the system's default */
    source_format key_format, value_format;
    window_kind window;       /* of the key in the topic */
    int64_t window_size_ms;   /* TUMBLING and HOPPING */
    slice timestamp_column;   /* NULL: the record's timestamp */
    slice timestamp_format;   /* for VARCHAR timestamp columns; NULL: BIGINT or TIMESTAMP */
    slice sql;                /* the statement that made it */
    slice query_id;           /* the query that writes it (CREATE ... AS SELECT); NULL: none */
    const flink_table *flink; /* made in the Flink dialect; NULL: in ksqlDB's */
} source_descriptor;

/* A view of the Flink dialect: a query under a name. */
typedef struct view_descriptor {
    slice name;
    slice query; /* its SQL text */
    int column_count;
    const slice *columns; /* new names for its columns; 0: those of the query */
    slice sql;            /* the statement that made it */
} view_descriptor;

/* A running (or paused) persistent query. */
typedef struct query_descriptor {
    slice id;
    slice sql;
    slice sink;           /* source name it writes */
    const slice *sources; /* source names it reads */
    /* How many columns each of them, and the sink, had when the query was made: columns that were
     * added later are not for it. NULL, 0: all. */
    const int *source_columns;
    int sink_columns;
    int source_count;
    bool paused;
    int64_t fingerprint; /* of its state's layout; a plan with another one cannot read it */
    const slice *property_names, *property_values; /* session properties it was created under */
    int property_count;
} query_descriptor;

typedef struct type_descriptor {
    slice name;
    const sql_type *type;
} type_descriptor;

typedef struct catalog catalog;

/* Opens (making it when absent) the catalog in `directory`; the NULL slice: in memory only. */
catalog *catalog_open(slice directory, error *e);
void catalog_close(catalog *c); /* NULL is allowed */

/* Readers share; a change waits for them. Lookups below need one of the locks. */
void catalog_read_lock(catalog *c);
void catalog_unlock(catalog *c);

/* Exact names (case already folded by the parser). NULL when there is none. */
const source_descriptor *catalog_source(const catalog *c, slice name);
const type_descriptor *catalog_type(const catalog *c, slice name);
const query_descriptor *catalog_query(const catalog *c, slice id);
const view_descriptor *catalog_view(const catalog *c, slice name);
/* All of a kind, sorted by name (queries: by creation). The array is the catalog's. */
const source_descriptor *const *catalog_sources(const catalog *c, int *count);
const type_descriptor *const *catalog_types(const catalog *c, int *count);
const query_descriptor *const *catalog_queries(const catalog *c, int *count);
const view_descriptor *const *catalog_views(const catalog *c, int *count);
/* A source with a name near `name`, for "did you mean"; NULL when there is none. */
const source_descriptor *catalog_nearest_source(const catalog *c, slice name);
/* The same for types. */
const type_descriptor *catalog_nearest_type(const catalog *c, slice name);
/* Properties set by ALTER SYSTEM. The NULL slice when not set. */
slice catalog_property(const catalog *c, slice name);
/* What CREATE FUNCTION of the Flink dialect bound to a name (in either case): the name of a
 * function of a library, or of a class that a function stands for. The NULL slice: nothing. */
slice catalog_function_class(const catalog *c, slice name);
/* The property that holds it, for catalog_put_property. */
slice catalog_function_property(arena *a, slice name);
/* A number that rises with every committed change (commandSequenceNumber). */
int64_t catalog_sequence(const catalog *c);

/* ---- changes ---- */

/* Takes the write lock. All changes until catalog_commit happen together or not at all. */
bool catalog_begin(catalog *c, error *e);
bool catalog_commit(
    catalog *c, slice statement_sql, error *e); /* also appends to the statement log */
void catalog_rollback(catalog *c);
/* Descriptors are copied. Putting one whose name exists replaces it (CREATE OR REPLACE, ALTER). */
bool catalog_put_source(catalog *c, const source_descriptor *source, error *e);
bool catalog_drop_source(catalog *c, slice name, error *e);
bool catalog_put_type(catalog *c, const type_descriptor *type, error *e);
bool catalog_drop_type(catalog *c, slice name, error *e);
bool catalog_put_view(catalog *c, const view_descriptor *view, error *e);
bool catalog_drop_view(catalog *c, slice name, error *e);
bool catalog_put_query(catalog *c, const query_descriptor *query, error *e);
bool catalog_drop_query(catalog *c, slice id, error *e);
bool catalog_put_property(catalog *c, slice name, slice value, error *e);
/* The next number for query ids (CTAS_NAME_<n>); it is spent even when rolled back. */
int64_t catalog_next_query_number(catalog *c);

/* Deep copies. */
source_descriptor *source_copy(arena *a, const source_descriptor *source);
/* Index of a column by exact name; -1 when there is none. */
int source_column_index(const source_descriptor *source, slice name);
/* An option of a Flink table; the NULL slice when it was not given. */
slice flink_option(const flink_table *table, const char *name);
/* An option of the format of keys or of values, such as csv.null-literal: it may be written behind
 * `key.` or `value.`. */
slice flink_format_option(const flink_table *table, bool of_key, const char *name);
/* NULL when there is none. */
const flink_table_column *flink_column_named(const flink_table *table, slice name);
/* Whether column i is in the records' keys (or in their values). Tables of Flink's may have columns
 * in both: those are read from the value, but for the key of a table. */
bool source_has_column(const source_descriptor *source, bool of_key, int i);
/* The columns of a Flink table's keys in their order: "a;b" or the primary key. */
int source_key_columns(const source_descriptor *source, arena *a, int **columns);
/* "`ID` BIGINT KEY, `V` STRING": key columns first, as DESCRIBE and the tests print it. */
slice source_schema_text(arena *a, const source_descriptor *source);

#endif
