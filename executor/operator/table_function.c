/* EXPLODE and its like: each call gives an ARRAY, and a row becomes as many rows as its longest
 * array has elements; shorter ones are filled up with nulls. A row whose arrays are all empty or
 * null gives none. */
#include "base/memory.h"
#include "executor/task.h"

typedef struct table_function_operator {
    operator base;
    arena *arena;
    program *program;
    const column **lists;
    batch_builder *out;
} table_function_operator;

/* The calls as expressions of type ARRAY, which is what their kernels compute. */
static bool table_function_open(operator* self, error *e) {
    table_function_operator *t = (table_function_operator *)self;
    const plan_node *node = self->node;
    int count = node->table_function.call_count;
    t->arena = arena_create();
    t->lists = ARENA_ARRAY(t->arena, const column *, count);
    t->out = node_batch_builder(node);
    const expression **calls = ARENA_ARRAY(t->arena, const expression *, count);
    for (int i = 0; i < count; i++) {
        const function_binding *binding = node->table_function.calls[i];
        expression *call = ARENA_NEW(t->arena, expression);
        *call = (expression){
            .kind = EXPRESSION_CALL,
            .type = sql_type_array(t->arena, binding->result),
            .span = SPAN_NONE,
            .argument_count = binding->count,
            .arguments = node->table_function.arguments[i],
            .call = binding,
        };
        calls[i] = call;
    }
    t->program = program_compile(calls, count, e);
    return t->program != NULL;
}

static int32_t list_length(const column *list, int64_t row) {
    return column_is_null(list, row) ? 0 : list->offsets[row + 1] - list->offsets[row];
}

static void append_row(
    table_function_operator *t, const batch *rows, int64_t row, int32_t element, int inputs) {
    batch_builder_copy_system(t->out, rows, row);
    for (int i = 0; i < inputs; i++) {
        if (rows->columns[i])
            column_append_row(t->out->columns[i], rows->columns[i], row);
        else
            column_append_null(t->out->columns[i]);
    }
    for (int i = 0; i < t->base.node->table_function.call_count; i++) {
        const column *list = t->lists[i];
        if (element < list_length(list, row))
            column_append_row(
                t->out->columns[inputs + i], list->children[0], list->offsets[row] + element);
        else
            column_append_null(t->out->columns[inputs + i]);
    }
}

static void table_function_batch(operator* self, int input, const batch *rows) {
    table_function_operator *t = (table_function_operator *)self;
    const plan_node *node = self->node;
    int inputs = node->column_count - node->table_function.call_count;
    (void)input;
    program_run(t->program, rows, t->lists, task_program_report(self->task, node));
    batch_builder_clear(t->out);
    for (int64_t row = 0; row < rows->rows; row++) {
        int32_t longest = 0;
        if (rows->change[row] == CHANGE_EMPTY)
            continue;
        for (int i = 0; i < node->table_function.call_count; i++)
            if (list_length(t->lists[i], row) > longest)
                longest = list_length(t->lists[i], row);
        for (int32_t element = 0; element < longest; element++)
            append_row(t, rows, row, element, inputs);
    }
    operator_emit(self, batch_builder_view(t->out));
}

static void table_function_close(operator* self) {
    table_function_operator *t = (table_function_operator *)self;
    program_destroy(t->program);
    batch_builder_destroy(t->out);
    arena_destroy(t->arena);
    memory_free(t);
}

static const operator_class table_function_class = {
    .name = "table function",
    .open = table_function_open,
    .batch = table_function_batch,
    .close = table_function_close,
};

operator* table_function_operator_create(const plan_node *node, task *t) {
    table_function_operator *o = MEMORY_NEW(table_function_operator);
    o->base = (operator){.class = &table_function_class, .node = node, .task = t};
    return &o->base;
}
