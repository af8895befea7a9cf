/* function.h - functions are rows of a table.
 *
 * Each function of the language is one `function_descriptor`: its name, its overloads with their
 * signatures in words, one line of documentation, and an example with its result that a test runs.
 * SHOW FUNCTIONS, DESCRIBE FUNCTION, type checking and the manual all read these rows. The rows are
 * constants that live in executor/function/ (a kernel and a row each) and are registered once at
 * start; this header knows their shape only.
 *
 * Signatures read "(STRING, INTEGER) -> STRING". Types: BOOLEAN, INTEGER, BIGINT, DOUBLE,
 * DECIMAL (any precision and scale) or DECIMAL(p, s), STRING, BYTES, DATE, TIME, TIMESTAMP,
 * ARRAY<x>, MAP<k, v>, STRUCT (any) or STRUCT<name x, ...>, ANY; type variables T, K, V, R, S stand
 * for any one type; "x..." as the last parameter repeats it (once or more); a lambda is written
 * "(T, V) => R"; an interval unit is UNIT.
 *
 * Registration happens before any thread starts; afterwards everything here is read-only.
 */
#ifndef SLUICE_CATALOG_FUNCTION_H
#define SLUICE_CATALOG_FUNCTION_H

#include "base/error.h"
#include "base/type.h"

typedef enum function_kind { FUNCTION_SCALAR, FUNCTION_AGGREGATE, FUNCTION_TABLE } function_kind;

typedef enum function_nulls {
    FUNCTION_NULL_IF_ANY_NULL, /* a null argument gives null without calling the kernel */
    FUNCTION_SEES_NULLS,
} function_nulls;

/* What the executor runs; opaque here. Defined in executor/function/. */
typedef struct scalar_kernel scalar_kernel;
typedef struct aggregate_kernel aggregate_kernel;
typedef struct table_kernel table_kernel;

typedef struct function_overload {
    const char *signature;
    function_nulls nulls;
    /* For result types a signature cannot say (decimals, struct fields). Given the argument types;
     * NULL when the signature says it all. Returns NULL after filling the error. */
    const sql_type *(*result_type)(arena *a, const sql_type *const *arguments, int count, error *e);
    const scalar_kernel *scalar;
    const aggregate_kernel *aggregate;
    const table_kernel *table;
    const char *description; /* of this overload where it differs; may be NULL */
    bool
        is_volatile; /* gives other results for equal arguments: never folded, shared or repeated */
    int initial_arguments; /* AGGREGATE: so many last ones are literals given once, as TOPK's k */
    const char
        *state; /* AGGREGATE of a library: the type of its state, part of the state's layout */
} function_overload;

/* The library that a function comes from. */
typedef struct function_origin {
    const char *version, *author, *path; /* never NULL */
} function_origin;

typedef struct function_descriptor {
    const char *name; /* upper case */
    function_kind kind;
    const char *category; /* as the manual groups them: "STRING", "MATHEMATICAL", ... */
    const char *summary;  /* one line */
    const char *example;  /* an expression, run by a test; NULL where none can be (aggregates) */
    const char *example_result; /* its value as JSON */
    const function_overload *overloads;
    int overload_count;
    const function_origin *origin; /* NULL: built in */
} function_descriptor;

/* Adds rows; `rows` must live for ever. A name may come twice when its overloads are of one kind.
 */
void function_register(const function_descriptor *rows, int count);
/* The same for what only the Flink dialect has, or has otherwise under the same name. */
void function_register_flink(const function_descriptor *rows, int count);
/* Any case. NULL when there is no such function. */
const function_descriptor *function_find(slice name);
/* As the Flink dialect sees it: its own rows hide those of the same name. */
const function_descriptor *function_find_flink(slice name);
/* The function that CREATE FUNCTION ... AS 'com.example.CountChar' means: one of that very name,
 * else one called as its last part is, CountChar or COUNT_CHAR. */
const function_descriptor *function_find_class(slice class_name);
/* All, sorted by name. */
const function_descriptor *const *function_all(int *count);
/* Those that only the Flink dialect has, or has otherwise. */
const function_descriptor *const *function_all_flink(int *count);
/* Whether an overload takes an interval unit (DAYS) as argument number `index`. */
bool function_takes_unit(const function_descriptor *function, int index);
/* The function with the name most like `name`, for "did you mean"; NULL when none is near. */
const function_descriptor *function_nearest(slice name);

/* How a call's arguments look to overload resolution. */
typedef struct function_argument {
    const sql_type *type;  /* NULL for a lambda or an interval unit */
    int lambda_parameters; /* > 0: a lambda with that many parameters */
    bool is_unit;
    bool is_text_literal; /* a STRING literal also becomes a DATE, TIME or TIMESTAMP */
} function_argument;

typedef struct function_binding {
    const function_descriptor *function;
    const function_overload *overload;
    const sql_type *result; /* NULL while it depends on a lambda's body */
    const sql_type *const
        *parameters; /* what to cast each argument to; NULL for lambdas and units */
    /* Per argument that is a lambda: the types of its parameters. */
    const sql_type *const *const *lambda_types;
    /* Per argument that is a lambda: what to cast its body to; NULL until the result is known. */
    const sql_type *const *lambda_results;
    int count;
    const struct function_match *match; /* private */
} function_binding;

/* Chooses the overload for these arguments with ksqlDB's rules: an exact match first, then the
 * implicit casts INTEGER -> BIGINT -> DECIMAL -> DOUBLE, NULL to anything; variadics last. Fills
 * the error (naming the signatures there are) and returns false when none or several fit. Lambdas
 * whose result type is still open: bind again with function_bind_lambda_results once the bodies are
 * typed. */
bool function_bind(arena *a, slice name, const function_argument *arguments, int count,
    function_binding *binding, error *e);
/* The same, as the Flink dialect sees names. */
bool function_bind_flink(arena *a, slice name, const function_argument *arguments, int count,
    function_binding *binding, error *e);
/* `lambda_results[i]` is the type of lambda argument i's body (NULL for other arguments). */
bool function_bind_lambda_results(
    arena *a, function_binding *binding, const sql_type *const *lambda_results, error *e);

#endif
