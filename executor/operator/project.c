/* Computes the output columns; system fields pass through. Columns that are only passed on are not
 * copied. */
#include "base/memory.h"
#include "executor/task.h"

typedef struct project_operator {
    operator base;
    program *program;
    const column **columns;
} project_operator;

static bool project_open(operator* self, error *e) {
    project_operator *p = (project_operator *)self;
    p->program = program_compile(self->node->project.expressions, self->node->column_count, e);
    p->columns = memory_allocate_zero(sizeof(column *) * (size_t)self->node->column_count);
    return p->program != NULL;
}

static void project_batch(operator* self, int input, const batch *rows) {
    project_operator *p = (project_operator *)self;
    (void)input;
    program_run(p->program, rows, p->columns, task_program_report(self->task, self->node));
    batch out = *rows;
    out.column_count = self->node->column_count;
    out.columns = (column *const *)p->columns;
    if (self->node->window == WINDOW_NONE)
        out.window_start = out.window_end = NULL;
    operator_emit(self, &out);
}

static void project_close(operator* self) {
    project_operator *p = (project_operator *)self;
    program_destroy(p->program);
    memory_free(p->columns);
    memory_free(p);
}

static const operator_class project_class = {
    .name = "project",
    .open = project_open,
    .batch = project_batch,
    .close = project_close,
};

operator* project_operator_create(const plan_node *node, task *t) {
    project_operator *p = MEMORY_NEW(project_operator);
    p->base = (operator){.class = &project_class, .node = node, .task = t};
    return &p->base;
}
