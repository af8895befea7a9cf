/* From expressions to instructions: depth first, each subexpression once.
 *
 * An expression that was compiled before is found again by equality, if it was compiled for all
 * rows that the new use needs. What depends on constants only is computed at once and becomes a
 * constant, unless it fails: then it stays an instruction and fails for each row that takes it.
 */
#include "base/memory.h"
#include "executor/expression/code.h"

static bool is_within(const code *c, int mask, int outer) {
    for (;; mask = c->masks[mask].outer) {
        if (mask == outer)
            return true;
        if (mask == 0)
            return false;
    }
}

static int find_entry(const code *c, const expression *e, int mask) {
    for (int n = 0; n < c->entry_count; n++)
        if (expression_equal(c->entries[n].node, e) && is_within(c, mask, c->entries[n].mask))
            return c->entries[n].target;
    return -1;
}

static int add_entry(code *c, const expression *e, int mask, int target) {
    if (c->entry_count == c->entry_capacity) {
        c->entry_capacity = c->entry_capacity ? c->entry_capacity * 2 : 16;
        c->entries = memory_resize(c->entries, sizeof *c->entries * (size_t)c->entry_capacity);
    }
    c->entries[c->entry_count++] = (code_entry){e, mask, target};
    return target;
}

static bool contains_volatile(const expression *e) {
    if (e->kind == EXPRESSION_CALL && call_is_volatile(e))
        return true;
    for (int n = 0; n < e->argument_count; n++)
        if (contains_volatile(e->arguments[n]))
            return true;
    return false;
}

/* Whether computing it for rows that do not take it would be seen or cost much. */
static bool needs_mask(const expression *e) {
    switch (e->kind) {
    case EXPRESSION_CALL:
    case EXPRESSION_ARRAY:
    case EXPRESSION_MAP:
    case EXPRESSION_STRUCT:
        return true;
    case EXPRESSION_CAST:
        if (e->type->base == SQL_VARCHAR || e->arguments[0]->type->base == SQL_VARCHAR ||
            sql_type_is_nested(e->type))
            return true;
        break;
    default:
        break;
    }
    for (int n = 0; n < e->argument_count; n++)
        if (needs_mask(e->arguments[n]))
            return true;
    return false;
}

/* ---- inputs ---- */

static int add_input(code *c, const expression *e, int index) {
    if (c->input_count == c->input_capacity) {
        c->input_capacity = c->input_capacity ? c->input_capacity * 2 : 8;
        c->inputs = memory_resize(c->inputs, sizeof *c->inputs * (size_t)c->input_capacity);
    }
    int target = code_add_register(c, e->type);
    if (e->kind != EXPRESSION_PSEUDO) {
        column_destroy(c->registers[target].own);
        c->registers[target].own = NULL;
        c->registers[target].value.values = NULL;
    }
    c->inputs[c->input_count++] = (code_input){target, e->kind, index};
    return target;
}

static int capture(code *c, const expression *e, int outer) {
    const argument *value = &c->outer->registers[outer].value;
    if (value->row_mask == 0)
        return code_add_constant(c, value->values);
    if (c->capture_count == c->capture_capacity) {
        c->capture_capacity = c->capture_capacity ? c->capture_capacity * 2 : 8;
        c->captures = memory_resize(c->captures, sizeof *c->captures * (size_t)c->capture_capacity);
    }
    int local = code_add_register(c, e->type);
    c->captures[c->capture_count++] = (code_capture){outer, local};
    return local;
}

static int compile_parameter(code *c, const expression *e) {
    if (e->depth == 0)
        return add_input(c, e, e->index);
    expression *outer = ARENA_NEW(c->program->arena, expression);
    *outer = *e;
    outer->depth--;
    return capture(c, e, code_compile(c->outer, outer, 0));
}

static int compile_leaf(code *c, const expression *e) {
    switch (e->kind) {
    case EXPRESSION_PARAMETER:
        return compile_parameter(c, e);
    case EXPRESSION_PSEUDO:
        return c->outer ? capture(c, e, code_compile(c->outer, e, 0))
                        : add_input(c, e, (int)e->pseudo);
    default:
        return c->outer ? capture(c, e, code_compile(c->outer, e, 0)) : add_input(c, e, e->index);
    }
}

/* ---- operators ---- */

static bool is_constant(const code *c, int target) {
    return target >= 0 && c->registers[target].value.row_mask == 0;
}

static bool can_fold(const code *c, const instruction *i) {
    for (int n = 0; n < i->argument_count; n++)
        if (!is_constant(c, i->arguments[n]))
            return false;
    if (i->node->kind != EXPRESSION_CALL)
        return true;
    for (int n = 0; n < i->node->argument_count; n++)
        if (!i->node->arguments[n]->type)
            return false;
    return !call_is_volatile(i->node);
}

/* Runs the last instruction for one row; its target becomes a constant if it does not fail. */
static bool fold(code *c, int *mask) {
    instruction *i = &c->instructions[c->instruction_count - 1];
    program *p = c->program;
    int64_t rows = c->rows;
    int own_mask = i->mask, target = i->target;
    bool was_folding = p->is_folding;
    p->is_folding = true;
    p->fold_failed = false;
    c->rows = 1;
    i->mask = 0;
    c->registers[target].value.failures = NULL;
    i->run(c, i);
    bool failed = p->fold_failed || c->registers[target].value.failures != NULL;
    p->is_folding = was_folding;
    p->message_count = 0;
    buffer_clear(&p->messages);
    c->rows = rows;
    i = &c->instructions[c->instruction_count - 1];
    i->mask = own_mask;
    c->registers[target].value.failures = NULL;
    if (failed)
        return false;
    c->registers[target].value.row_mask = 0;
    if (i->release)
        i->release(i->state);
    c->instruction_count--;
    *mask = 0;
    return true;
}

static void choose(code *c, instruction *i) {
    switch (i->node->kind) {
    case EXPRESSION_CALL:
        call_choose(c, i);
        break;
    case EXPRESSION_CAST:
        cast_choose(i);
        break;
    case EXPRESSION_COMPARE:
        compare_choose(c, i);
        break;
    case EXPRESSION_ARITHMETIC:
        arithmetic_choose(i);
        break;
    case EXPRESSION_AND:
    case EXPRESSION_OR:
    case EXPRESSION_NOT:
    case EXPRESSION_CASE:
        logic_choose(i);
        break;
    case EXPRESSION_IS_NULL:
        is_null_choose(i);
        break;
    case EXPRESSION_IN:
        membership_choose(i);
        break;
    case EXPRESSION_LIKE:
        like_choose(i);
        break;
    default:
        nested_choose(i);
        break;
    }
}

static int emit(code *c, const expression *e, int mask, const int *arguments) {
    int target = code_add_register(c, e->type);
    instruction *i = code_add_instruction(c);
    i->target = target;
    i->mask = mask;
    i->node = e;
    i->inherits = true;
    i->argument_count = e->argument_count;
    i->arguments = ARENA_ARRAY(c->program->arena, int, e->argument_count + 1);
    memcpy(i->arguments, arguments, sizeof(int) * (size_t)e->argument_count);
    /* Choosing may compile lambdas, which adds registers here: `i` stays, it is the last one. */
    instruction chosen = *i;
    choose(c, &chosen);
    c->instructions[c->instruction_count - 1] = chosen;
    bool shared = e->kind != EXPRESSION_CALL || !call_is_volatile(e);
    if (can_fold(c, &chosen))
        fold(c, &mask);
    return shared && !contains_volatile(e) ? add_entry(c, e, mask, target) : target;
}

static int emit_mask(code *c, int outer, int condition, int wanted) {
    int mask = code_add_mask(c, outer);
    instruction *i = code_add_instruction(c);
    i->mask = outer;
    i->argument_count = 1;
    i->arguments = ARENA_ARRAY(c->program->arena, int, 1);
    i->arguments[0] = condition;
    mask_choose(i, mask, wanted);
    return mask;
}

static int compile_logical(code *c, const expression *e, int mask) {
    int arguments[2];
    arguments[0] = code_compile(c, e->arguments[0], mask);
    int inner = mask;
    if (needs_mask(e->arguments[1]))
        inner = emit_mask(
            c, mask, arguments[0], e->kind == EXPRESSION_AND ? MASK_NOT_FALSE : MASK_NOT_TRUE);
    arguments[1] = code_compile(c, e->arguments[1], inner);
    return emit(c, e, mask, arguments);
}

static int compile_case(code *c, const expression *e, int mask) {
    int *arguments = ARENA_ARRAY(c->program->arena, int, e->argument_count + 1);
    int branches = (e->argument_count - e->has_else) / 2, rest = mask;
    for (int n = 0; n < branches; n++) {
        int when = code_compile(c, e->arguments[n * 2], rest), taken = rest;
        if (needs_mask(e->arguments[n * 2 + 1]))
            taken = emit_mask(c, rest, when, MASK_TRUE);
        arguments[n * 2] = when;
        arguments[n * 2 + 1] = code_compile(c, e->arguments[n * 2 + 1], taken);
        bool later = false;
        for (int k = n * 2 + 2; k < e->argument_count; k++)
            later |= needs_mask(e->arguments[k]);
        if (later)
            rest = emit_mask(c, rest, when, MASK_NOT_TRUE);
    }
    if (e->has_else)
        arguments[e->argument_count - 1] =
            code_compile(c, e->arguments[e->argument_count - 1], rest);
    return emit(c, e, mask, arguments);
}

static int compile_operator(code *c, const expression *e, int mask) {
    int *arguments = ARENA_ARRAY(c->program->arena, int, e->argument_count + 1);
    for (int n = 0; n < e->argument_count; n++)
        arguments[n] = e->arguments[n]->type ? code_compile(c, e->arguments[n], mask) : -1;
    return emit(c, e, mask, arguments);
}

int code_compile(code *c, const expression *e, int mask) {
    if (e->kind == EXPRESSION_LITERAL) /* not worth finding again: IN may have thousands */
        return code_add_constant(c, e->literal);
    int found = find_entry(c, e, mask);
    if (found >= 0)
        return found;
    switch (e->kind) {
    case EXPRESSION_COLUMN:
    case EXPRESSION_PSEUDO:
    case EXPRESSION_PARAMETER:
        return add_entry(c, e, 0, compile_leaf(c, e));
    case EXPRESSION_AND:
    case EXPRESSION_OR:
        return compile_logical(c, e, mask);
    case EXPRESSION_CASE:
        return compile_case(c, e, mask);
    default:
        return compile_operator(c, e, mask);
    }
}
