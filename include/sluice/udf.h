/* sluice/udf.h - functions of your own for Sluice's SQL.
 *
 * A shared library that includes this header and nothing else of Sluice gives the engine scalar,
 * aggregate and table functions. The smallest one:
 *
 *     #include <sluice/udf.h>
 *
 *     static void twice(sluice_call *call) {
 *         sluice_put_bigint(call, 2 * sluice_get_bigint(sluice_argument(call, 0)));
 *     }
 *
 *     static const sluice_function functions[] = {
 *         {.name = "TWICE", .kind = SLUICE_SCALAR, .signature = "(BIGINT) -> BIGINT",
 *             .summary = "Two times a number.", .run = twice},
 *     };
 *     SLUICE_LIBRARY(.name = "twice", .functions = functions, .function_count = 1);
 *
 * Build it with `cc -shared -fPIC -o twice.so twice.c`, put it into the engine's extension
 * directory, and `SELECT TWICE(21)` works. The manual's chapter is docs/user-defined-functions.md.
 *
 * How it works. The engine calls a function of yours with a `sluice_call`. You *get* what came
 * in (sluice_argument, sluice_state) and *put* what goes out (sluice_put_...). Types, nulls and
 * errors are checked for you: getting or putting a value of another type than the signature says
 * fails the row with a message, and never reads the wrong memory.
 *
 * Threads. Queries run on threads of their own, so a function may run in several threads at the
 * same time, each with a call of its own. Keep what a call needs between rows in its prepared
 * state, never in global variables.
 *
 * Lifetimes. Values, texts and scratch memory are valid until your function returns. Texts have
 * no zero byte at the end; use the length.
 *
 * Versions. Structs only grow at their ends and the numbers here never change their meaning, so a
 * library goes on working with newer engines as it is. An engine refuses a library that was built
 * with a newer version of this header.
 */
#ifndef SLUICE_UDF_H
#define SLUICE_UDF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_UDF_VERSION 1

typedef struct sluice_call sluice_call;

/* ---- what a library declares ---- */

typedef enum sluice_function_kind {
    SLUICE_SCALAR = 0,    /* one value for a row: usable wherever an expression is */
    SLUICE_AGGREGATE = 1, /* one value for a group of rows */
    SLUICE_TABLE = 2,     /* any number of rows for a row */
} sluice_function_kind;

typedef enum sluice_nulls {
    /* SCALAR: a null argument gives null. AGGREGATE: the row does not count. TABLE: no rows. Your
     * function is not called. */
    SLUICE_NULL_IF_ANY_NULL = 0,
    SLUICE_SEES_NULLS = 1, /* your function is called and looks with sluice_is_null */
} sluice_nulls;

enum {
    /* Equal arguments may give different results (random numbers, the time of day): such a call is
     * neither computed ahead of time nor shared between equal expressions. */
    SLUICE_VOLATILE = 1,
};

/* One function with one signature. Several rows with the same name (and kind) are overloads; the
 * one that suits a call's arguments best is taken.
 *
 * A signature reads "(VARCHAR, INT) -> VARCHAR". Types: BOOLEAN, INT, BIGINT, DOUBLE, DECIMAL (any
 * digits) or DECIMAL(p, s), VARCHAR, BYTES, DATE, TIME, TIMESTAMP, ARRAY<x>, MAP<k, v>,
 * STRUCT<name x, ...> or STRUCT (any), ANY. One letter is a variable and stands for any one type:
 * "(ARRAY<T>, T) -> T". "x..." as the last parameter takes one or more of it. A result that is a
 * bare DECIMAL has the digits of the first DECIMAL argument; everything else in a result is said
 * exactly or by variables. */
typedef struct sluice_function {
    const char *name; /* letters, digits and _; SQL does not mind the case */
    sluice_function_kind kind;
    const char *signature;
    sluice_nulls nulls;
    uint32_t flags;
    const char *summary;        /* one line, for DESCRIBE FUNCTION */
    const char *example;        /* an expression of SQL; may be NULL */
    const char *example_result; /* its value */
    const char *category;       /* as SHOW FUNCTIONS groups them; NULL: "EXTENSION" */

    /* Called once before the first row, where the types of arguments are known and their values are
     * not; what it returns is given by sluice_prepared. `release` ends it. All may be NULL. */
    void *(*prepare)(sluice_call *call);
    void (*release)(void *prepared);

    /* SCALAR: puts the result of one row; nothing put is null. TABLE: puts any number of results,
     * each becomes a row. */
    void (*run)(sluice_call *call);

    /* AGGREGATE. What is known of a group is its state, one SQL value of type `state`, written like
     * the types in a signature and with the same variables. The engine keeps it, stores it and
     * brings it back after a crash; you never free it. */
    const char *state;
    /* Puts the state of a group without rows, the same each time. NULL: the state starts as null.
     */
    void (*start)(sluice_call *call);
    /* Takes a row in: puts the new state, or nothing when it stays. */
    void (*step)(sluice_call *call);
    /* Takes a row out again, exactly: what is left is as if it had never come. Needed where rows
     * change: over tables. NULL: the function is refused there. */
    void (*undo)(sluice_call *call);
    /* Puts what two states are together: sluice_state is the earlier one, sluice_other_state the
     * later one. Needed for SESSION windows. NULL: the function is refused there. */
    void (*merge)(sluice_call *call);
    /* Puts the result. NULL: the state itself is. */
    void (*result)(sluice_call *call);
    /* So many last arguments are constants, the same for all rows: TOPK(x, 3) has one. They are
     * read with sluice_constant, not with sluice_argument. */
    int constants;
} sluice_function;

typedef struct sluice_library {
    uint32_t abi;          /* these three are filled in by SLUICE_LIBRARY */
    uint32_t library_size; /* bytes of this struct as the library knows it */
    uint32_t function_size;
    const char *name;
    const char *version; /* of the library: "1.2.0"; may be NULL */
    const char *author;  /* may be NULL */
    const sluice_function *functions;
    int function_count;
} sluice_library;

#if defined(__GNUC__)
#define SLUICE_EXPORT __attribute__((visibility("default")))
#define SLUICE_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define SLUICE_EXPORT
#define SLUICE_PRINTF(text, first)
#endif

#ifdef __cplusplus
#define SLUICE_C_SYMBOL extern "C"
#else
#define SLUICE_C_SYMBOL extern
#endif

/* Once in a library, with the fields above. */
#define SLUICE_LIBRARY(...)                                                                        \
    SLUICE_C_SYMBOL SLUICE_EXPORT const sluice_library sluice_library_entry;                       \
    const sluice_library sluice_library_entry = {.abi = SLUICE_UDF_VERSION,                        \
        .library_size = sizeof(sluice_library),                                                    \
        .function_size = sizeof(sluice_function),                                                  \
        __VA_ARGS__}

/* ---- values and types ---- */

typedef enum sluice_kind {
    SLUICE_BOOLEAN = 1,
    SLUICE_INT = 2,    /* 32 bits */
    SLUICE_BIGINT = 3, /* 64 bits */
    SLUICE_DOUBLE = 4,
    SLUICE_DECIMAL = 5, /* up to 38 digits */
    SLUICE_VARCHAR = 6, /* UTF-8 */
    SLUICE_BYTES = 7,
    SLUICE_DATE = 8,       /* days since 1970-01-01 */
    SLUICE_TIME = 9,       /* milliseconds since midnight */
    SLUICE_TIMESTAMP = 10, /* milliseconds since 1970-01-01, UTC */
    SLUICE_ARRAY = 11,
    SLUICE_MAP = 12,
    SLUICE_STRUCT = 13,
} sluice_kind;

typedef struct sluice_type {
    sluice_kind kind;
    int precision, scale; /* DECIMAL */
    int field_count;      /* STRUCT */
    sluice_call *call;    /* private */
    const void *handle;   /* private */
} sluice_type;

/* A value that came in; a handle, copied freely. */
typedef struct sluice_value {
    sluice_call *call; /* private, all of it */
    const void *column;
    int64_t row;
} sluice_value;

/* VARCHAR and BYTES. */
typedef struct sluice_text {
    const char *data; /* no zero byte at the end */
    size_t length;
} sluice_text;

/* The digits of a DECIMAL without the point, as a 128-bit number: 12.50 of DECIMAL(9, 2) is 1250.
 */
typedef struct sluice_decimal {
    uint64_t low;
    int64_t high;
} sluice_decimal;

enum { SLUICE_DECIMAL_TEXT_MAX = 48 }; /* bytes a DECIMAL's text takes at most, with a zero byte */

/* ---- the engine's side: private, used by the functions below ---- */

struct sluice_api {
    uint32_t version; /* of the engine */
    int (*argument_count)(const sluice_call *call);
    sluice_value (*argument)(sluice_call *call, int index);
    sluice_value (*constant)(sluice_call *call, int index);
    sluice_value (*state)(sluice_call *call);
    sluice_value (*other_state)(sluice_call *call);
    sluice_type (*argument_type)(sluice_call *call, int index);
    sluice_type (*result_type)(sluice_call *call);
    void *(*prepared)(const sluice_call *call);
    void *(*scratch)(sluice_call *call, size_t bytes);
    void (*fail)(sluice_call *call, const char *message);

    sluice_type (*type_of)(sluice_value value);
    sluice_type (*element_type)(sluice_type type);
    sluice_type (*key_type)(sluice_type type);
    sluice_type (*field_type)(sluice_type type, int index);
    sluice_text (*field_name)(sluice_type type, int index);

    int (*is_null)(sluice_value value);
    int (*get_boolean)(sluice_value value);
    int64_t (*get_integer)(sluice_value value, sluice_kind as);
    double (*get_double)(sluice_value value);
    sluice_decimal (*get_decimal)(sluice_value value);
    size_t (*get_decimal_text)(sluice_value value, char *to);
    sluice_text (*get_text)(sluice_value value, sluice_kind as);
    int (*get_length)(sluice_value value);
    sluice_value (*get_element)(sluice_value value, int index);
    sluice_value (*get_key)(sluice_value value, int index);
    sluice_value (*get_field)(sluice_value value, int index);
    sluice_value (*get_field_named)(sluice_value value, const char *name);

    void (*put_null)(sluice_call *call);
    void (*put_boolean)(sluice_call *call, int value);
    void (*put_integer)(sluice_call *call, int64_t value, sluice_kind as);
    void (*put_double)(sluice_call *call, double value);
    void (*put_decimal)(sluice_call *call, sluice_decimal digits, int scale);
    void (*put_decimal_text)(sluice_call *call, sluice_text text);
    void (*put_text)(sluice_call *call, sluice_text value, sluice_kind as);
    void (*put_value)(sluice_call *call, sluice_value value);
    void (*begin)(sluice_call *call);
    void (*end)(sluice_call *call);
};

struct sluice_call {
    const struct sluice_api *api; /* more follows, the engine's */
};

/* ---- what comes in ---- */

/* The arguments of the row. A variadic function has as many as the call has. */
static inline int sluice_argument_count(const sluice_call *call) {
    return call->api->argument_count(call);
}
static inline sluice_value sluice_argument(sluice_call *call, int index) {
    return call->api->argument(call, index);
}
/* AGGREGATE: constant arguments, from 0; the state of the group; in `merge` the later state. */
static inline sluice_value sluice_constant(sluice_call *call, int index) {
    return call->api->constant(call, index);
}
static inline sluice_value sluice_state(sluice_call *call) {
    return call->api->state(call);
}
static inline sluice_value sluice_other_state(sluice_call *call) {
    return call->api->other_state(call);
}
/* What `prepare` returned. */
static inline void *sluice_prepared(const sluice_call *call) {
    return call->api->prepared(call);
}
/* Memory until your function returns; zeroed, never NULL, not freed by you. */
static inline void *sluice_scratch(sluice_call *call, size_t bytes) {
    return call->api->scratch(call, bytes);
}

/* Nulls give 0, "" and no elements; ask first where it matters. */
static inline int sluice_is_null(sluice_value value) {
    return value.call->api->is_null(value);
}
static inline int sluice_get_boolean(sluice_value value) {
    return value.call->api->get_boolean(value);
}
static inline int32_t sluice_get_int(sluice_value value) {
    return (int32_t)value.call->api->get_integer(value, SLUICE_INT);
}
static inline int64_t sluice_get_bigint(sluice_value value) { /* of an INT too */
    return value.call->api->get_integer(value, SLUICE_BIGINT);
}
static inline double sluice_get_double(sluice_value value) { /* of every number */
    return value.call->api->get_double(value);
}
static inline sluice_decimal sluice_get_decimal(sluice_value value) {
    return value.call->api->get_decimal(value);
}
/* "-12.50" with a zero byte; `to` has SLUICE_DECIMAL_TEXT_MAX bytes. Returns the length. */
static inline size_t sluice_get_decimal_text(sluice_value value, char *to) {
    return value.call->api->get_decimal_text(value, to);
}
static inline sluice_text sluice_get_text(sluice_value value) { /* VARCHAR */
    return value.call->api->get_text(value, SLUICE_VARCHAR);
}
static inline sluice_text sluice_get_bytes(sluice_value value) {
    return value.call->api->get_text(value, SLUICE_BYTES);
}
static inline int32_t sluice_get_date(sluice_value value) {
    return (int32_t)value.call->api->get_integer(value, SLUICE_DATE);
}
static inline int32_t sluice_get_time(sluice_value value) {
    return (int32_t)value.call->api->get_integer(value, SLUICE_TIME);
}
static inline int64_t sluice_get_timestamp(sluice_value value) {
    return value.call->api->get_integer(value, SLUICE_TIMESTAMP);
}
/* ARRAY, MAP: the number of elements or entries. */
static inline int sluice_get_length(sluice_value value) {
    return value.call->api->get_length(value);
}
/* ARRAY: an element, from 0. MAP: an entry's value; sluice_get_key is its key. */
static inline sluice_value sluice_get_element(sluice_value value, int index) {
    return value.call->api->get_element(value, index);
}
static inline sluice_value sluice_get_key(sluice_value value, int index) {
    return value.call->api->get_key(value, index);
}
/* STRUCT. Names are as SQL keeps them: upper case unless they were quoted. */
static inline sluice_value sluice_get_field(sluice_value value, int index) {
    return value.call->api->get_field(value, index);
}
static inline sluice_value sluice_get_field_named(sluice_value value, const char *name) {
    return value.call->api->get_field_named(value, name);
}

/* Types, for functions with variables, ANY or bare DECIMALs in their signatures. */
static inline sluice_type sluice_argument_type(sluice_call *call, int index) {
    return call->api->argument_type(call, index);
}
static inline sluice_type sluice_result_type(sluice_call *call) {
    return call->api->result_type(call);
}
static inline sluice_type sluice_type_of(sluice_value value) {
    return value.call->api->type_of(value);
}
static inline sluice_type sluice_element_type(sluice_type type) { /* ARRAY; a MAP's values */
    return type.call->api->element_type(type);
}
static inline sluice_type sluice_key_type(sluice_type type) {
    return type.call->api->key_type(type);
}
static inline sluice_type sluice_field_type(sluice_type type, int index) {
    return type.call->api->field_type(type, index);
}
static inline sluice_text sluice_field_name(sluice_type type, int index) {
    return type.call->api->field_name(type, index);
}

/* ---- what goes out ---- */

static inline void sluice_put_null(sluice_call *call) {
    call->api->put_null(call);
}
static inline void sluice_put_boolean(sluice_call *call, int value) {
    call->api->put_boolean(call, value);
}
static inline void sluice_put_int(sluice_call *call, int32_t value) { /* to wider numbers too */
    call->api->put_integer(call, value, SLUICE_INT);
}
static inline void sluice_put_bigint(sluice_call *call, int64_t value) { /* to wider ones too */
    call->api->put_integer(call, value, SLUICE_BIGINT);
}
static inline void sluice_put_double(sluice_call *call, double value) {
    call->api->put_double(call, value);
}
/* Rounded (half up) to the scale of the type it goes to; what has too many digits fails the row. */
static inline void sluice_put_decimal(sluice_call *call, sluice_decimal digits, int scale) {
    call->api->put_decimal(call, digits, scale);
}
static inline void sluice_put_decimal_text(sluice_call *call, const char *text) { /* "-12.50" */
    sluice_text slice = {text, strlen(text)};
    call->api->put_decimal_text(call, slice);
}
static inline void sluice_put_text(sluice_call *call, const char *data, size_t length) {
    sluice_text text = {data, length}; /* VARCHAR; copied, must be UTF-8 */
    call->api->put_text(call, text, SLUICE_VARCHAR);
}
static inline void sluice_put_string(
    sluice_call *call, const char *text) { /* up to its zero byte */
    sluice_put_text(call, text, strlen(text));
}
static inline void sluice_put_bytes(sluice_call *call, const void *data, size_t length) {
    sluice_text text = {(const char *)data, length};
    call->api->put_text(call, text, SLUICE_BYTES);
}
static inline void sluice_put_date(sluice_call *call, int32_t days) {
    call->api->put_integer(call, days, SLUICE_DATE);
}
static inline void sluice_put_time(sluice_call *call, int32_t ms) {
    call->api->put_integer(call, ms, SLUICE_TIME);
}
static inline void sluice_put_timestamp(sluice_call *call, int64_t ms) {
    call->api->put_integer(call, ms, SLUICE_TIMESTAMP);
}
/* A copy of a value that came in, nested ones whole. Its type must be the one it goes to. */
static inline void sluice_put_value(sluice_call *call, sluice_value value) {
    call->api->put_value(call, value);
}
/* ARRAY, MAP and STRUCT: begin, put the parts, end. An ARRAY takes any number of elements, a MAP a
 * key and a value in turn, a STRUCT its fields in order (those that are left out are null). Parts
 * may be nested themselves. */
static inline void sluice_begin(sluice_call *call) {
    call->api->begin(call);
}
static inline void sluice_end(sluice_call *call) {
    call->api->end(call);
}

/* This row cannot be computed: it becomes null (SCALAR), gives no rows (TABLE) or does not count
 * (AGGREGATE), and the message goes to the processing log. Return after it; what is put later is
 * ignored. */
SLUICE_PRINTF(2, 3)
static inline void sluice_fail(sluice_call *call, const char *format, ...) {
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    call->api->fail(call, message);
}

/* Puts a VARCHAR that printf makes. */
SLUICE_PRINTF(2, 3)
static inline void sluice_put_format(sluice_call *call, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = (char *)sluice_scratch(call, (size_t)(length < 0 ? 0 : length) + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)(length < 0 ? 0 : length) + 1, format, arguments);
    va_end(arguments);
    sluice_put_string(call, text);
}

#if defined(__SIZEOF_INT128__)
/* A DECIMAL's digits as one number and back. */
__extension__ typedef __int128 sluice_int128;
static inline sluice_int128 sluice_decimal_number(sluice_decimal digits) {
    return (sluice_int128)digits.high * ((sluice_int128)1 << 64) + digits.low;
}
static inline sluice_decimal sluice_decimal_of(sluice_int128 number) {
    sluice_decimal digits = {(uint64_t)number, (int64_t)(number >> 64)};
    return digits;
}
#endif

#ifdef __cplusplus
}
#endif

#endif
