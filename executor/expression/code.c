/* Registers, masks and failures of a piece of code, and the loop that runs it. See code.h. */
#include "executor/expression/code.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/memory.h"

#define GROW(array, count, capacity)                                                               \
    do {                                                                                           \
        if ((count) == (capacity)) {                                                               \
            (capacity) = (capacity) ? (capacity)*2 : 8;                                            \
            (array) = memory_resize((array), sizeof *(array) * (size_t)(capacity));                \
        }                                                                                          \
    } while (0)

static int add_register(code *c) {
    GROW(c->registers, c->register_count, c->register_capacity);
    c->registers[c->register_count] = (code_register){.expression = c->program->compiling};
    return c->register_count++;
}

int code_add_register(code *c, const sql_type *type) {
    int added = add_register(c);
    code_register *r = &c->registers[added];
    r->own = column_create(type);
    r->value = (argument){.values = r->own, .row_mask = -1};
    return added;
}

int code_add_constant(code *c, const column *value) {
    int added = add_register(c);
    c->registers[added].value = (argument){.values = value, .row_mask = 0};
    return added;
}

instruction *code_add_instruction(code *c) {
    GROW(c->instructions, c->instruction_count, c->instruction_capacity);
    instruction *added = &c->instructions[c->instruction_count++];
    *added = (instruction){.target = -1};
    return added;
}

int code_add_mask(code *c, int outer) {
    GROW(c->masks, c->mask_count, c->mask_capacity);
    c->masks[c->mask_count] = (code_mask){.outer = outer};
    return c->mask_count++;
}

void code_release(code *c) {
    for (int i = 0; i < c->instruction_count; i++)
        if (c->instructions[i].release)
            c->instructions[i].release(c->instructions[i].state);
    for (int i = 0; i < c->register_count; i++) {
        column_destroy(c->registers[i].own);
        memory_free(c->registers[i].failures);
    }
    for (int i = 0; i < c->mask_count; i++)
        memory_free(c->masks[i].rows);
    memory_free(c->instructions);
    memory_free(c->registers);
    memory_free(c->masks);
    memory_free(c->entries);
    memory_free(c->inputs);
    memory_free(c->captures);
}

column *code_start(code *c, const instruction *i) {
    column *own = c->registers[i->target].own;
    column_clear(own);
    column_reserve(own, c->rows ? c->rows : 1);
    return own;
}

column *code_start_filled(code *c, const instruction *i) {
    column *own = code_start(c, i);
    memset(own->validity, 0xFF, (size_t)(c->rows + 7) / 8);
    own->length = c->rows;
    return own;
}

/* ---- failures ---- */

static int32_t *failures_of(code *c, int target) {
    code_register *r = &c->registers[target];
    if (r->value.failures)
        return r->failures;
    if (r->failure_capacity < c->rows) {
        r->failure_capacity = c->rows;
        r->failures = memory_resize(r->failures, sizeof(int32_t) * (size_t)c->rows);
    }
    memset(r->failures, 0, sizeof(int32_t) * (size_t)c->rows);
    r->value.failures = r->failures;
    return r->failures;
}

bool code_has_report(const code *c) {
    return c->program->is_folding || (c->program->report && c->program->report->failed);
}

static int32_t add_message(program *p, const char *format, va_list arguments) {
    char text[256];
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length >= (int)sizeof text)
        length = (int)sizeof text - 1;
    GROW(p->message_starts, p->message_count, p->message_capacity);
    p->message_starts[p->message_count] = (int64_t)p->messages.length;
    buffer_append_bytes(&p->messages, text, (size_t)length);
    buffer_append_byte(&p->messages, 0);
    return FAILURE_FIRST + p->message_count++;
}

void code_fail(code *c, const instruction *i, int64_t row, const char *format, ...) {
    int32_t *failures = failures_of(c, i->target);
    if (failures[row] > FAILURE_QUIET)
        return;
    failures[row] = FAILURE_FIRST;
    if (!code_has_report(c))
        return;
    va_list arguments;
    va_start(arguments, format);
    failures[row] = add_message(c->program, format, arguments);
    va_end(arguments);
}

void code_fail_quietly(code *c, const instruction *i, int64_t row) {
    int32_t *failures = failures_of(c, i->target);
    if (!failures[row])
        failures[row] = FAILURE_QUIET;
}

void code_inherit(code *c, const instruction *i, int64_t row, int32_t failure) {
    if (!failure)
        return;
    int32_t *failures = failures_of(c, i->target);
    if (failures[row] <= FAILURE_QUIET)
        failures[row] = failure;
}

void code_report_message(code *c, int target, int64_t row, const char *message) {
    program *p = c->program;
    int expression = c->registers[target].expression;
    p->fold_failed = true;
    if (p->is_folding || !p->report || !p->report->failed)
        return;
    for (; c->outer; c = c->outer)
        row = c->outer_rows[row];
    p->report->failed(p->report->context, row, expression, message);
}

void code_report(code *c, int target, int64_t row, int32_t failure) {
    program *p = c->program;
    p->fold_failed = true;
    if (failure <= FAILURE_QUIET || failure - FAILURE_FIRST >= p->message_count)
        return;
    code_report_message(
        c, target, row, p->messages.data + p->message_starts[failure - FAILURE_FIRST]);
}

static void zero_value(column *c, int64_t row) {
    switch (c->type->base) {
    case SQL_BOOLEAN:
        c->booleans[row] = 0;
        break;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        c->int32s[row] = 0;
        break;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
    case SQL_DOUBLE:
        c->int64s[row] = 0;
        break;
    case SQL_DECIMAL:
        c->decimals[row] = 0;
        break;
    default:
        break;
    }
}

void code_nullify(column *own, int64_t row) {
    column_set_null(own, row);
    zero_value(own, row);
}

static void inherit_all(code *c, const instruction *i) {
    for (int n = 0; n < i->argument_count; n++) {
        const argument *a = i->arguments[n] < 0 ? NULL : code_argument(c, i, n);
        if (!a || !a->failures)
            continue;
        column *own = c->registers[i->target].own;
        for (int64_t row = 0; row < c->rows; row++) {
            int32_t failure = a->failures[row & a->row_mask];
            if (!failure)
                continue;
            code_inherit(c, i, row, failure);
            code_nullify(own, row);
        }
    }
}

/* ---- running ---- */

static void load_times(column *own, const int64_t *values, int64_t rows) {
    column_clear(own);
    column_reserve(own, rows ? rows : 1);
    if (!values) {
        column_append_nulls(own, rows);
        return;
    }
    memcpy(own->int64s, values, sizeof(int64_t) * (size_t)rows);
    memset(own->validity, 0xFF, (size_t)(rows + 7) / 8);
    own->length = rows;
}

static void load_partitions(column *own, const int32_t *values, int64_t rows) {
    column_clear(own);
    for (int64_t row = 0; row < rows; row++)
        if (values)
            column_append_int32(own, values[row]);
        else
            column_append_null(own);
}

static void load_pseudo(code_register *r, pseudo_column pseudo, const batch *input) {
    switch (pseudo) {
    case PSEUDO_ROWTIME:
        load_times(r->own, input->rowtime, input->rows);
        break;
    case PSEUDO_ROWPARTITION:
        load_partitions(r->own, input->partition, input->rows);
        break;
    case PSEUDO_ROWOFFSET:
        load_times(r->own, input->offset, input->rows);
        break;
    case PSEUDO_WINDOWSTART:
        load_times(r->own, input->window_start, input->rows);
        break;
    case PSEUDO_WINDOWEND:
        load_times(r->own, input->window_end, input->rows);
        break;
    case PSEUDO_HEADERS:
        if (input->headers) {
            r->value.values = input->headers;
        } else {
            column_clear(r->own);
            column_append_nulls(r->own, input->rows);
            r->value.values = r->own;
        }
        break;
    }
}

void code_load_inputs(code *c, const column *const *parameters) {
    for (int n = 0; n < c->input_count; n++) {
        const code_input *in = &c->inputs[n];
        code_register *r = &c->registers[in->target];
        if (in->kind == EXPRESSION_COLUMN) {
            r->value.values = c->program->input->columns[in->index];
            assert(r->value.values && "a column that an expression reads was not decoded");
        } else if (in->kind == EXPRESSION_PARAMETER) {
            r->value.values = parameters[in->index];
        } else {
            load_pseudo(r, (pseudo_column)in->index, c->program->input);
        }
    }
    for (int n = 0; n < c->capture_count; n++) {
        const argument *outer = &c->outer->registers[c->captures[n].outer].value;
        column *own = c->registers[c->captures[n].local].own;
        column_clear(own);
        column_append_gather(own, outer->values, c->outer_rows, c->rows);
    }
}

void code_run(code *c) {
    for (int n = 0; n < c->instruction_count; n++) {
        const instruction *i = &c->instructions[n];
        if (i->target >= 0)
            c->registers[i->target].value.failures = NULL;
        i->run(c, i);
        if (i->inherits)
            inherit_all(c, i);
        assert(i->target < 0 || c->registers[i->target].value.row_mask == 0 ||
               c->registers[i->target].value.values->length >= c->rows);
    }
}
