/* expression.h - typed expressions: what the planner hands to the executor.
 *
 * Names are resolved (a column is an index into the input batch), every node has its type, and all
 * implicit casts are explicit EXPRESSION_CAST nodes: the operands of a comparison have equal
 * types, the operands of arithmetic have the types its rule needs, a call's arguments have the
 * types of the chosen overload. Immutable; lives in the plan's arena.
 */
#ifndef SLUICE_PLANNER_EXPRESSION_H
#define SLUICE_PLANNER_EXPRESSION_H

#include "base/column.h"
#include "base/error.h"
#include "catalog/function.h"

typedef enum expression_kind {
    EXPRESSION_LITERAL, /* constant: one row of a column */
    EXPRESSION_COLUMN,  /* input column by index */
    EXPRESSION_PSEUDO,  /* ROWTIME and its like: a system array of the batch */
    EXPRESSION_CALL,    /* a scalar function */
    EXPRESSION_CAST,
    EXPRESSION_COMPARE,    /* arguments[0] operator arguments[1] */
    EXPRESSION_ARITHMETIC, /* + - * / % ; + also concatenates strings; unary minus is 0 - x */
    EXPRESSION_AND,
    EXPRESSION_OR,
    EXPRESSION_NOT,
    EXPRESSION_IS_NULL,
    EXPRESSION_IN,        /* arguments[0] in the others */
    EXPRESSION_LIKE,      /* arguments[0] like arguments[1]; `escape` or 0 */
    EXPRESSION_CASE,      /* when, then, when, then, ..., [else] */
    EXPRESSION_FIELD,     /* field `index` of the STRUCT arguments[0] */
    EXPRESSION_SUBSCRIPT, /* ARRAY by 1-based (negative: from the end) index, or MAP by key */
    EXPRESSION_ARRAY,
    EXPRESSION_MAP, /* key, value, key, value, ... */
    EXPRESSION_STRUCT,
    EXPRESSION_LAMBDA,    /* arguments[0] is the body; only as an argument of a call */
    EXPRESSION_PARAMETER, /* parameter `index` of the enclosing lambda at `depth` (0: innermost) */
    EXPRESSION_UNIT,      /* an interval unit; its name is `text` */
} expression_kind;

typedef enum pseudo_column {
    PSEUDO_ROWTIME,
    PSEUDO_ROWPARTITION,
    PSEUDO_ROWOFFSET,
    PSEUDO_WINDOWSTART,
    PSEUDO_WINDOWEND,
    PSEUDO_HEADERS, /* the batch's headers column */
} pseudo_column;

typedef enum compare_operator {
    COMPARE_EQUAL,
    COMPARE_NOT_EQUAL,
    COMPARE_LESS,
    COMPARE_LESS_OR_EQUAL,
    COMPARE_GREATER,
    COMPARE_GREATER_OR_EQUAL,
    COMPARE_DISTINCT, /* IS DISTINCT FROM: never null */
    COMPARE_NOT_DISTINCT,
} compare_operator;

typedef enum arithmetic_operator {
    ARITHMETIC_ADD,
    ARITHMETIC_SUBTRACT,
    ARITHMETIC_MULTIPLY,
    ARITHMETIC_DIVIDE,
    ARITHMETIC_MODULO,
} arithmetic_operator;

typedef struct expression expression;

struct expression {
    expression_kind kind;
    const sql_type *type; /* NULL for lambdas and units */
    source_span span;
    int argument_count;
    const expression *const *arguments;
    union {
        const column *literal; /* LITERAL: row 0 */
        int index;             /* COLUMN, FIELD, PARAMETER */
        pseudo_column pseudo;
        compare_operator compare;
        arithmetic_operator arithmetic;
        const function_binding *call;
        uint32_t escape;     /* LIKE: a code point */
        bool has_else;       /* CASE */
        int parameter_count; /* LAMBDA */
        slice text;          /* UNIT */
    };
    int depth; /* PARAMETER */
    /* COMPARE, IN, LIKE: NULL where an operand is, as in SQL; else false, as in ksqlDB. */
    bool is_three_valued;
};

/* A literal of `type` with no row yet; the planner appends its one row. Destroyed with the plan:
 * the plan keeps a list of them (plan_own_column). */

/* The SQL of an expression, for EXPLAIN; `names[i]` is input column i's name. */
void expression_format(const expression *e, const slice *names, buffer *out);
/* Marks the input columns it reads in `used`. */
void expression_columns(const expression *e, bool *used);
bool expression_equal(const expression *a, const expression *b);
/* The same comparison with its operands in the other order. */
compare_operator compare_mirrored(compare_operator operation);

#endif
