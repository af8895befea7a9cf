/* code.h - private to the expression room: what a program is made of.
 *
 * A piece of code is a list of instructions over registers. A register holds one column of values,
 * a row for each row of the batch (or one row when it is constant). An instruction reads registers
 * and fills another. The program has one piece for its expressions and one for each lambda in them.
 *
 * Failures. A kernel that cannot compute a row appends null there and notes the failure in its
 * register; instructions that read the register inherit it, row by row, up to where it ends: a
 * call, an element of a constructor, or the top. There it is reported, once, and becomes a plain
 * null. AND, OR and CASE inherit only from what they take. Failures of arithmetic on nulls are
 * quiet: they travel alike (as exceptions do in the engine whose results these must equal) but are
 * not reported.
 *
 * Masks. Code of a branch that contains calls, constructors or conversions of text runs under a
 * mask, a byte a row, so that nothing expensive or reportable happens for rows that do not take
 * it. Everything else is computed for all rows, because failures that nobody takes do no harm.
 */
#ifndef SLUICE_EXECUTOR_EXPRESSION_CODE_H
#define SLUICE_EXECUTOR_EXPRESSION_CODE_H

#include "executor/expression/program.h"
#include "executor/function/function.h"

enum {
    FAILURE_QUIET = 1,
    FAILURE_FIRST = 2
}; /* values in `failures`: FIRST + index of the message */

typedef struct code code;
typedef struct instruction instruction;

typedef struct code_register {
    argument value;
    column *own; /* what an instruction fills; NULL for inputs */
    int32_t *failures;
    int64_t failure_capacity;
    int expression; /* the first one that uses it, for reports */
} code_register;

typedef struct code_mask {
    uint8_t *rows; /* 1: computed. Mask 0 has none and means all rows */
    int64_t capacity;
    int outer; /* the mask it is part of */
} code_mask;

struct instruction {
    void (*run)(code *c, const instruction *i);
    int target;
    int mask;
    int argument_count;
    int *arguments; /* registers; -1 for lambdas and units */
    const expression *node;
    bool inherits; /* failures of arguments become failures of the target */
    union {
        void *state; /* the kernel's own */
        int64_t choice;
    };
    void (*release)(void *state);
};

/* A register of an outer piece of code that a lambda reads: repeated for each of the row's
 * elements. */
typedef struct code_capture {
    int outer, local;
} code_capture;

typedef struct code_input {
    int target;
    expression_kind kind; /* COLUMN, PSEUDO or PARAMETER */
    int index;
} code_input;

/* What was compiled already, for common subexpressions. */
typedef struct code_entry {
    const expression *node;
    int mask, target;
} code_entry;

struct code {
    program *program;
    code *outer; /* of a lambda: the code of the call */
    instruction *instructions;
    int instruction_count, instruction_capacity;
    code_register *registers;
    int register_count, register_capacity;
    code_mask *masks;
    int mask_count, mask_capacity;
    code_entry *entries;
    int entry_count, entry_capacity;
    code_input *inputs;
    int input_count, input_capacity;
    code_capture *captures;
    int capture_count, capture_capacity;
    int result; /* of a lambda: the register of its body */
    /* Of the run. */
    int64_t rows;
    const int32_t *outer_rows; /* of a lambda: the outer row of each row */
};

struct program {
    arena *arena;
    code main;
    int expression_count;
    int *results;       /* registers */
    column **constants; /* repeated, for results that are constant */
    int compiling;      /* index of the expression */
    bool is_folding, fold_failed;
    /* Of the run. */
    const batch *input;
    const program_report *report;
    buffer messages; /* zero-terminated, one after the other */
    int64_t *message_starts;
    int message_count, message_capacity;
};

/* ---- code.c: registers, masks and failures ---- */

int code_add_register(code *c, const sql_type *type); /* with a column of its own */
int code_add_constant(code *c, const column *value);
instruction *code_add_instruction(code *c);
int code_add_mask(code *c, int outer);
void code_release(code *c);

static inline const argument *code_argument(const code *c, const instruction *i, int n) {
    return &c->registers[i->arguments[n]].value;
}
/* An argument's value and failure at a row of the batch. */
static inline bool code_is_null(const argument *a, int64_t row) {
    return column_is_null(a->values, row & a->row_mask);
}
static inline int32_t code_failure(const argument *a, int64_t row) {
    return a->failures ? a->failures[row & a->row_mask] : 0;
}
/* The target's column, emptied, with room for all rows. */
column *code_start(code *c, const instruction *i);
/* The target's column with all rows valid, to be filled in place (types of fixed width). */
column *code_start_filled(code *c, const instruction *i);
/* True where `row` is to be computed. */
static inline bool code_is_active(const code *c, const instruction *i, int64_t row) {
    return i->mask == 0 || c->masks[i->mask].rows[row];
}
/* Marks the row of the target as failed; its value must be null. */
void code_fail(code *c, const instruction *i, int64_t row, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void code_fail_quietly(code *c, const instruction *i, int64_t row);
/* The same with a failure of an argument (0: none). */
void code_inherit(code *c, const instruction *i, int64_t row, int32_t failure);
/* Makes a row of a filled column null, its value zero. */
void code_nullify(column *own, int64_t row);
/* Reports a failure that ends at this register. */
void code_report(code *c, int target, int64_t row, int32_t failure);
void code_report_message(code *c, int target, int64_t row, const char *message);
/* Whether anybody listens to reports. */
bool code_has_report(const code *c);
/* Runs all instructions over c->rows rows. Inputs and captures are set. */
void code_run(code *c);
void code_load_inputs(code *c, const column *const *parameters);

/* ---- compile.c ---- */

/* The register that holds the expression's values. */
int code_compile(code *c, const expression *e, int mask);

/* ---- kernels: each chooses `run` (and state) for a node ---- */

bool arithmetic_choose(instruction *i);       /* arithmetic.c */
void compare_choose(code *c, instruction *i); /* compare.c */
void membership_choose(instruction *i);
void is_null_choose(instruction *i);
void logic_choose(instruction *i); /* logic.c: AND, OR, NOT, CASE */
/* Fills mask `mask` from mask i->mask: rows where the argument's condition is as wanted. */
enum { MASK_TRUE, MASK_NOT_FALSE, MASK_NOT_TRUE };
void mask_choose(instruction *i, int mask, int wanted);
void cast_choose(instruction *i);          /* cast.c */
void like_choose(instruction *i);          /* like.c */
void nested_choose(instruction *i);        /* nested.c: FIELD, SUBSCRIPT, ARRAY, MAP, STRUCT */
void call_choose(code *c, instruction *i); /* call.c */
bool call_is_volatile(const expression *e);

#endif
