/* Scalar and table functions of libraries: the kernel goes through the rows of a batch and calls
 * the library's function for each. A table function's results are the elements of one array. */
#include "base/memory.h"
#include "executor/function/extension_call.h"

static const extension_function *function_of(const scalar_kernel *kernel) {
    return (const extension_function *)((const char *)kernel -
                                        offsetof(extension_function, table.list));
}

static bool is_table(const extension_function *f) {
    return f->declared.kind == SLUICE_TABLE;
}

static void *prepare(const function_call *from) {
    extension_call *call = MEMORY_NEW(extension_call);
    call->function = function_of(from->kernel);
    call->argument_count = from->argument_count;
    call->types = from->types;
    call->puts_many = is_table(call->function);
    call->result_type = call->puts_many ? from->result_type->element : from->result_type;
    extension_call_open(call);
    return call;
}

static void release(void *prepared) {
    extension_call_close(prepared);
    memory_free(prepared);
}

static void run(function_call *from) {
    extension_call *call = from->prepared;
    void (*callback)(sluice_call *) = call->function->declared.run;
    call->arguments = from->arguments;
    column *to = call->puts_many ? from->result->children[0] : from->result;
    while (function_next_row(from)) {
        call->row = from->row;
        if (!extension_call_run(call, callback, to))
            function_fail(from, "%s", call->message);
        else if (call->puts_many)
            return_nested(from);
        else if (!call->puts)
            return_null(from);
    }
}

void extension_rows_fill(extension_function *f) {
    f->table.list = (scalar_kernel){.run = run, .prepare = prepare, .release = release};
    f->overload.is_volatile = f->declared.flags & SLUICE_VOLATILE;
    if (is_table(f))
        f->overload.table = &f->table;
    else
        f->overload.scalar = &f->table.list;
}
