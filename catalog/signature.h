/* signature.h - the signatures of functions, read from their text and matched with types.
 *
 * The text is what function.h describes: "(ARRAY<T>, (T) => R) -> ARRAY<R>". Matching binds the
 * type variables and says how far the arguments are from the parameters.
 */
#ifndef SLUICE_CATALOG_SIGNATURE_H
#define SLUICE_CATALOG_SIGNATURE_H

#include "catalog/function.h"

typedef enum pattern_kind {
    PATTERN_BASE, /* base; DECIMAL is any precision and scale unless `exact` says them */
    PATTERN_ANY,
    PATTERN_VARIABLE,
    PATTERN_ARRAY,
    PATTERN_MAP,
    PATTERN_LAMBDA,
    PATTERN_UNIT,
} pattern_kind;

typedef struct pattern pattern;

struct pattern {
    pattern_kind kind;
    sql_base base;
    const sql_type *exact; /* DECIMAL(9, 2), STRUCT<A INTEGER>; NULL: digits or fields are open */
    char variable;         /* 'A' to 'Z' */
    pattern *key;          /* MAP */
    pattern *element;      /* ARRAY, MAP's values, a LAMBDA's result */
    pattern *parameters;   /* LAMBDA */
    int parameter_count;
};

typedef struct signature {
    pattern *parameters;
    int parameter_count;
    bool is_variadic; /* the last parameter repeats */
    pattern result;
} signature;

/* The types that variables stand for; NULL where nothing is known. */
typedef struct type_bindings {
    const sql_type *types['Z' - 'A' + 1];
} type_bindings;

/* NULL with ERROR_STATEMENT when the text is not a signature. */
signature *signature_read(arena *a, const char *text, error *e);
/* The text is a constant of the program: a mistake in it asserts. */
signature *signature_parse(arena *a, const char *text);
/* One type, which may have variables. */
bool signature_read_type(arena *a, const char *text, pattern *p, error *e);
/* The type that `p` says without knowing anything else; NULL when it has variables, ANY, or a
 * DECIMAL or STRUCT without its details. */
const sql_type *signature_exact_type(arena *a, const pattern *p);
/* The parameter that argument `index` goes to. */
const pattern *signature_parameter(const signature *s, int index);

enum { SIGNATURE_MISMATCH = -1 };

/* Binds the variables of `p` by `argument`. Returns the distance: 0 for the same type, more for
 * casts and variables, or SIGNATURE_MISMATCH. */
int signature_unify(
    arena *a, const pattern *p, const function_argument *argument, type_bindings *bindings);
/* The type `p` stands for; `argument` (may be NULL) decides where `p` leaves it open. NULL when a
 * variable has no type. */
const sql_type *signature_type(
    arena *a, const pattern *p, const sql_type *argument, const type_bindings *bindings);

#endif
