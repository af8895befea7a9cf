/* Computes the output columns; system fields pass through. Columns that are only passed on are not
 * copied.
 *
 * A record without a value has a key only: a new key that is computed from values is null for it,
 * whatever the expression makes of nulls (PARTITION BY x IS NULL). */
#include "base/memory.h"
#include "executor/task.h"

typedef struct project_operator {
    operator base;
    program *program;
    const column **columns;
    bool *from_values; /* by key column: computed from values; NULL: none is */
} project_operator;

static bool reads_values(const expression *e, int key_count) {
    if (e->kind == EXPRESSION_PSEUDO || (e->kind == EXPRESSION_COLUMN && e->index >= key_count))
        return true;
    for (int i = 0; i < e->argument_count; i++)
        if (reads_values(e->arguments[i], key_count))
            return true;
    return false;
}

static void find_keys_from_values(project_operator *p, const plan_node *node) {
    if (node->inputs[0]->mode != CHANGELOG_APPEND)
        return;
    for (int i = 0; i < node->key_count; i++) {
        const expression *e = node->project.expressions[i];
        if (e->kind == EXPRESSION_COLUMN || !reads_values(e, node->inputs[0]->key_count))
            continue;
        if (!p->from_values)
            p->from_values = memory_allocate_zero(sizeof(bool) * (size_t)node->key_count);
        p->from_values[i] = true;
    }
}

static bool project_open(operator* self, error *e) {
    project_operator *p = (project_operator *)self;
    p->program = program_compile(self->node->project.expressions, self->node->column_count, e);
    p->columns = memory_allocate_zero(sizeof(column *) * (size_t)self->node->column_count);
    find_keys_from_values(p, self->node);
    return p->program != NULL;
}

/* Computed columns are the program's own, so they may be changed. */
static void clear_keys_of_empty(project_operator *p, const batch *rows) {
    for (int64_t row = 0; row < rows->rows; row++) {
        if (rows->change[row] != CHANGE_EMPTY)
            continue;
        for (int i = 0; i < p->base.node->key_count; i++)
            if (p->from_values[i])
                column_set_null((column *)p->columns[i], row);
    }
}

static void project_batch(operator* self, int input, const batch *rows) {
    project_operator *p = (project_operator *)self;
    (void)input;
    program_run(p->program, rows, p->columns, task_program_report(self->task, self->node));
    if (p->from_values)
        clear_keys_of_empty(p, rows);
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
    memory_free(p->from_values);
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
