/* extension_call.h - one call of a library's function, as the engine sees it. Private to the
 * functions.
 *
 * The library's `sluice_call *` is the first member of an extension_call, which knows where values
 * come from and where results go. Results are appended to a column; what a row that fails has
 * appended is cut off again by whoever called.
 */
#ifndef SLUICE_EXECUTOR_FUNCTION_EXTENSION_CALL_H
#define SLUICE_EXECUTOR_FUNCTION_EXTENSION_CALL_H

#include "catalog/signature.h"
#include "executor/function/aggregate.h"
#include "executor/function/function.h"
#include "include/sluice/udf.h"

/* A function of a library, with the kernels that run it. Lives for ever. */
typedef struct extension_function {
    sluice_function declared;
    const signature *signature;
    pattern state;      /* AGGREGATE */
    table_kernel table; /* SCALAR: its list is the kernel */
    aggregate_kernel aggregate;
    function_overload overload;
    function_descriptor descriptor;
} extension_function;

enum { EXTENSION_NESTING = 32, EXTENSION_MESSAGE = 256 };

/* A nested value that has been begun. */
typedef struct extension_frame {
    column *column;
    int parts; /* put so far */
} extension_frame;

typedef struct extension_call {
    sluice_call face; /* first */
    const extension_function *function;
    /* In. */
    int argument_count, constant_count;
    const sql_type *const *types;
    const argument *arguments; /* NULL while the function is prepared */
    int64_t row;
    const column *const *constants;
    const column *state, *other_state; /* one row each; NULL where there is none */
    const sql_type *result_type;
    void *prepared;
    arena *scratch;
    bool scratch_used;
    /* Out. */
    column *out; /* NULL where nothing can be put */
    bool puts_many;
    int64_t puts;
    extension_frame frames[EXTENSION_NESTING];
    int depth;
    bool failed, is_unusable; /* this time; for ever, because preparing failed */
    char message[EXTENSION_MESSAGE];
} extension_call;

static inline extension_call *extension_call_of(const sluice_call *face) {
    return (extension_call *)(uintptr_t)face;
}

/* Sets up a call whose types are filled in, and prepares the function. */
void extension_call_open(extension_call *call);
void extension_call_close(extension_call *call);
/* Calls `callback` with results going to `to`. False: the call failed and says why in its message,
 * and `to` is as it was. */
bool extension_call_run(extension_call *call, void (*callback)(sluice_call *), column *to);
/* Fails the call; the first message stays. */
void extension_fail(extension_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The name of a type, for messages; NULL is "nothing". In the call's scratch memory. */
const char *extension_type_name(extension_call *call, const sql_type *type);

/* The two halves of what a library calls. */
void extension_inputs_fill(struct sluice_api *api);
void extension_outputs_fill(struct sluice_api *api);
/* Kernels. */
void extension_rows_fill(extension_function *function);
void extension_aggregate_fill(extension_function *function);
/* The type of the first DECIMAL among arguments: what a bare DECIMAL result is. */
const sql_type *extension_type_of_decimal(
    arena *a, const sql_type *const *arguments, int count, error *e);

#endif
