/* format.h - between a record's bytes and columns.
 *
 * A format turns keys or values of many records into columns at once and back. Each format is one
 * constant table of functions in a file of its own (json.c, delimited.c, kafka.c, ...). A decoder
 * is opened for one schema and is told which columns are wanted, so that it touches no others.
 *
 * A payload that cannot be read hurts its own row only: every wanted column gets a null, the row's
 * status says so, and the error text goes to the caller's report function.
 *
 * Threads: decoders and encoders belong to one thread at a time.
 */
#ifndef SLUICE_EXECUTOR_FORMAT_FORMAT_H
#define SLUICE_EXECUTOR_FORMAT_FORMAT_H

#include "base/column.h"
#include "base/error.h"
#include "catalog/catalog.h"

typedef struct format_column {
    slice name;
    const sql_type *type;
} format_column;

/* The value (or key) schema: the columns in order. `wrapped` false: the single column is the
 * payload itself (42), not a record with one field ({"A": 42}). */
typedef struct format_schema {
    const format_column *columns;
    int count;
    bool wrapped;
    bool is_key;
} format_schema;

/* Reaches a schema registry; NULL where the formats need none. Filled by the server. */
typedef struct schema_registry schema_registry;
struct schema_registry {
    /* Registers `schema` (its text; type "AVRO", "PROTOBUF" or "JSON") under a subject and gives
     * its id. */
    bool (*register_schema)(
        schema_registry *registry, slice subject, slice type, slice schema, int32_t *id, error *e);
    /* The schema with that id. `schema` and `type` are copied into `a`. */
    bool (*schema_by_id)(
        schema_registry *registry, int32_t id, arena *a, slice *type, slice *schema, error *e);
    /* The latest schema of a subject; false with ERROR_NOT_FOUND when it has none. */
    bool (*latest_schema)(schema_registry *registry, slice subject, arena *a, int32_t *id,
        slice *type, slice *schema, error *e);
};

/* How JSON and DELIMITED write DATE, TIME and TIMESTAMP, and what they read. */
typedef enum format_times {
    FORMAT_TIMES_NUMBERS, /* days and milliseconds */
    FORMAT_TIMES_SQL,     /* 2024-02-29 09:16:05.1 */
    FORMAT_TIMES_ISO,     /* 2024-02-29T09:16:05.1 */
    FORMAT_TIMES_SQL_UTC, /* the same, a TIMESTAMP with a Z behind it */
    FORMAT_TIMES_ISO_UTC,
} format_times;

/* How a column's times are written: those of TIMESTAMP_LTZ say that they are in UTC. */
typedef struct format_options format_options;
format_times format_column_times(const format_options *options, slice column);

struct format_options {
    uint32_t delimiter; /* DELIMITED: a Unicode character; 0 means ',' */
    slice subject;      /* TOPIC-key or TOPIC-value, for formats with a registry */
    schema_registry *registry;
    int32_t schema_id;        /* write with exactly this schema; 0: none given */
    slice schema_full_name;   /* AVRO record name, PROTOBUF message name; NULL: the default */
    format_nullable nullable; /* PROTOBUF and PROTOBUF_NOSR */
    format_times times;       /* JSON, DELIMITED, CSV */
    const flink_table *flink; /* a table of the Flink dialect, for its formats' options; or NULL */
    bool of_key;              /* of which half of its records */
};
/* An option of the format itself, such as "csv.null-literal"; the NULL slice: not given. */
slice format_flink_option(const format_options *options, const char *name);
bool format_flink_flag(const format_options *options, const char *name);

typedef enum format_status {
    FORMAT_OK = 0,
    FORMAT_NULL, /* the payload is null (a tombstone) */
    FORMAT_BAD,  /* the payload does not fit the schema: columns are null, the error was reported */
} format_status;

/* Called once for a payload that cannot be read. `row` counts from 0 in this call. */
typedef struct format_report {
    void (*bad)(void *context, int64_t row, const char *message);
    void *context;
} format_report;

typedef struct format format;
typedef struct format_decoder format_decoder; /* each format embeds this as its first member */
typedef struct format_encoder format_encoder;

struct format_decoder {
    const format *format;
};
struct format_encoder {
    const format *format;
};

struct format {
    const char *name;             /* as in KEY_FORMAT and VALUE_FORMAT */
    bool wraps;                   /* can hold several columns */
    bool unwraps;                 /* can hold a single column unwrapped */
    bool wraps_single_by_default; /* WRAP_SINGLE_VALUE's default for values */
    bool needs_registry;
    /* Refuses schemas the format cannot carry (KAFKA with two columns, DELIMITED with an ARRAY,
     * ...). */
    bool (*validate)(const format_schema *schema, const format_options *options, error *e);
    /* `wanted[i]` says whether column i is to be decoded; NULL: all. The schema must outlive the
     * decoder. */
    format_decoder *(*open_decoder)(
        const format_schema *schema, const format_options *options, const bool *wanted, error *e);
    /* Appends `count` rows to every wanted column (`columns[i]` of schema column i; NULL where not
     * wanted) and fills status[0..count). */
    void (*decode)(format_decoder *decoder, const slice *payloads, int64_t count,
        column *const *columns, uint8_t *status, const format_report *report);
    void (*close_decoder)(format_decoder *decoder);
    format_encoder *(*open_encoder)(
        const format_schema *schema, const format_options *options, error *e);
    /* Appends the payloads of rows first..first+count of the columns to `out`, one behind the
     * other; payload i is out[ends[i-1]..ends[i]), where ends are offsets in `out` (ends[-1] is
     * out's length at the call). Rows for which `skip` is non-zero (skip may be NULL) get an empty
     * payload. A value that cannot be written is reported and its payload left empty with status
     * FORMAT_BAD. A payload that is null by the format's rules (unwrapped null, NONE) has status
     * FORMAT_NULL. */
    void (*encode)(format_encoder *encoder, column *const *columns, int64_t first, int64_t count,
        const uint8_t *skip, buffer *out, size_t *ends, uint8_t *status,
        const format_report *report);
    void (*close_encoder)(format_encoder *encoder);
    const char
        *schema_type; /* AVRO, PROTOBUF or JSON in a registry; NULL: the format has no schemas */
    /* Appends the text of the schema that an encoder registers. NULL where there are no schemas. */
    bool (*describe)(
        const format_schema *schema, const format_options *options, buffer *out, error *e);
    /* The columns that a schema's text describes, in `a`: its fields when `wrapped`, else one
     * column called ROWKEY or ROWVAL. Names get upper case unless options->schema_id is set, which
     * means that the statement named the schema. NULL where there are no schemas. */
    bool (*infer)(slice text, bool wrapped, bool is_key, const format_options *options, arena *a,
        format_schema *schema, error *e);
};

/* The format with that name (any case): NONE, KAFKA, DELIMITED, JSON, JSON_SR, AVRO, PROTOBUF,
 * PROTOBUF_NOSR, and what only tables of the Flink dialect have: CSV, RAW, AVRO_RECORD,
 * DEBEZIUM_JSON. NULL when there is none; the constant lives for ever. */
const format *format_find(slice name);
/* All formats that ksqlDB's statements can name; `*count` of them. */
const format *const *format_all(int *count);

/* The characters of a JSON text of one value of a column (numbers with their digits, BYTES in
 * base64, DATE and TIME as days and milliseconds, TIMESTAMP as milliseconds, field names as
 * declared). Used by the JSON formats, by the REST endpoint and by the test tools. */
void json_append_value(buffer *out, const column *c, int64_t row);
/* The same with dates and times as texts. */
void json_append_value_timed(buffer *out, const column *c, int64_t row, format_times times);
/* The reverse: parses one JSON value and appends it to a column, with the coercions of the JSON
 * format. False (and a null appended) when it does not fit. */
bool json_read_value(slice text, column *to, error *e);

#endif
