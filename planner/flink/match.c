/* MATCH_RECOGNIZE: a PROJECT of the columns that are read, and a MATCH node.
 *
 * An expression of DEFINE or MEASURES is typed over a row of terms: each `variable.column` in it is
 * the last (or first, or n-th last) value of that column among the rows mapped to the variable, or
 * an aggregate of them.
 */
#include "planner/flink/lowering.h"

typedef struct matching {
    lowering *l;
    const flink_match *ast;
    rows in;
    typing over_input;
    expression_list needed; /* columns of the PROJECT below the node */
    slice *variables;
    int variable_count, variable_room;
    /* The expression being typed. */
    plan_match_term *terms;
    int term_count, term_room;
    plan_match_term_kind kind; /* of columns: inside FIRST(...) another one */
    int64_t offset;
    int time;
} matching;

/* ---- the pattern ---- */

static int variable_index(const matching *m, slice name) {
    for (int i = 0; i < m->variable_count; i++)
        if (slice_equal(m->variables[i], name))
            return i;
    return -1;
}

static int count_variables(const flink_pattern *p) {
    int count = p->kind == FLINK_PATTERN_VARIABLE;
    for (int i = 0; i < p->count; i++)
        count += count_variables(p->items[i]);
    if (p->kind == FLINK_PATTERN_QUANTIFIED && p->count == 0 && p->items)
        count += count_variables(p->items[0]);
    return count;
}

/* A sequence of variables, each with a quantifier: what Flink takes. */
static bool check_pattern(matching *m, const flink_pattern *p) {
    error *e = m->l->b.e;
    if (p->kind == FLINK_PATTERN_ALTERNATION) {
        error_at(e, ERROR_UNSUPPORTED, p->span, "PATTERN: alternatives are not supported");
        return error_hint(e, "DEFINE one variable with the conditions of both, joined by OR.");
    }
    if (p->kind == FLINK_PATTERN_QUANTIFIED && p->items[0]->kind != FLINK_PATTERN_VARIABLE) {
        error_at(e, ERROR_UNSUPPORTED, p->span, "PATTERN: a group cannot have a quantifier");
        return error_hint(e, "Write the group out as often as it is to come.");
    }
    if (p->kind == FLINK_PATTERN_QUANTIFIED && p->reluctant && p->least == 0 && p->most == 1)
        return error_at(e, ERROR_UNSUPPORTED, p->span,
            "PATTERN: a variable that may be absent cannot be reluctant");
    for (int i = 0; p->kind == FLINK_PATTERN_CONCATENATION && i < p->count; i++)
        if (!check_pattern(m, p->items[i]))
            return false;
    return true;
}

static bool may_be_empty(const flink_pattern *p) {
    if (p->kind == FLINK_PATTERN_QUANTIFIED)
        return p->least == 0;
    for (int i = 0; p->kind == FLINK_PATTERN_CONCATENATION && i < p->count; i++)
        if (!may_be_empty(p->items[i]))
            return false;
    return p->kind == FLINK_PATTERN_CONCATENATION;
}

/* A match has rows, and where it would end behind a greedy element nobody could say. */
static bool check_end(matching *m, const flink_pattern *p) {
    if (may_be_empty(p))
        return error_at(m->l->b.e, ERROR_UNSUPPORTED, p->span,
            "PATTERN: at least one variable must not be optional");
    while (p->kind == FLINK_PATTERN_CONCATENATION)
        p = p->items[p->count - 1];
    bool is_greedy = p->kind == FLINK_PATTERN_QUANTIFIED && !p->reluctant && p->least != p->most &&
                     !(p->least == 0 && p->most == 1);
    if (!is_greedy)
        return true;
    error_at(
        m->l->b.e, ERROR_UNSUPPORTED, p->span, "PATTERN: a greedy quantifier cannot be the last");
    return error_hint(
        m->l->b.e, "End with a variable alone, or with a reluctant quantifier: B*?, B+?.");
}

static const plan_pattern *lower_pattern(matching *m, const flink_pattern *p) {
    arena *a = m->l->b.arena;
    plan_pattern *out = ARENA_NEW(a, plan_pattern);
    if (p->kind == FLINK_PATTERN_VARIABLE) {
        out->kind = PLAN_PATTERN_VARIABLE;
        out->variable = variable_index(m, p->variable.text);
        if (out->variable < 0) {
            out->variable = m->variable_count;
            m->variables[m->variable_count++] = p->variable.text;
        }
        return out;
    }
    int count = p->kind == FLINK_PATTERN_QUANTIFIED ? 1 : p->count;
    const plan_pattern **items = ARENA_ARRAY(a, const plan_pattern *, count + 1);
    for (int i = 0; i < count; i++)
        items[i] = lower_pattern(m, p->items[i]);
    out->kind = p->kind == FLINK_PATTERN_CONCATENATION ? PLAN_PATTERN_CONCATENATION
                : p->kind == FLINK_PATTERN_ALTERNATION ? PLAN_PATTERN_ALTERNATION
                                                       : PLAN_PATTERN_QUANTIFIED;
    out->count = count;
    out->items = items;
    out->least = p->least;
    out->most = p->most;
    out->reluctant = p->reluctant;
    return out;
}

/* ---- terms ---- */

static bool same_term(const plan_match_term *a, const plan_match_term *b) {
    return a->kind != PLAN_MATCH_AGGREGATE && a->kind == b->kind && a->variable == b->variable &&
           a->column == b->column && a->offset == b->offset;
}

static const expression *add_term(matching *m, const plan_match_term *term) {
    int at = 0;
    while (at < m->term_count && !same_term(&m->terms[at], term))
        at++;
    if (at == m->term_room) {
        m->term_room = m->term_room ? 2 * m->term_room : 8;
        plan_match_term *terms = ARENA_ARRAY(m->l->b.arena, plan_match_term, m->term_room);
        for (int i = 0; i < m->term_count; i++)
            terms[i] = m->terms[i];
        m->terms = terms;
    }
    if (at == m->term_count)
        m->terms[m->term_count++] = *term;
    return expression_make_column(m->l->b.arena, at, term->type);
}

/* The input's column, as if it had been written without its variable. */
static const expression *input_value(matching *m, const ast_expression *ast, int *variable) {
    *variable = -1;
    ast_expression copy = *ast;
    if (ast_name_given(ast->column.qualifier)) {
        int found = variable_index(m, ast->column.qualifier.text);
        if (found >= 0) {
            *variable = found;
            copy.column.qualifier = (ast_name){0};
        }
    }
    return flink_expression(&m->over_input, &copy);
}

static const expression *column_term(matching *m, const ast_expression *ast) {
    int variable;
    const expression *value = input_value(m, ast, &variable);
    if (!value)
        return NULL;
    plan_match_term term = {.kind = m->kind,
        .variable = variable,
        .column = flink_list_add(m->l, &m->needed, value),
        .offset = m->offset,
        .type = value->type};
    return add_term(m, &term);
}

/* FIRST(e, n), LAST(e, n): every column in e is of that row. */
static const expression *navigate(
    matching *m, expression_scope *scope, const ast_expression *ast, error *e) {
    plan_match_term_kind kind = m->kind;
    int64_t offset = m->offset;
    const ast_expression_list *arguments = &ast->call.arguments;
    int64_t given = 0;
    if (arguments->count == 2) {
        const ast_expression *n = arguments->items[1];
        if (n->kind != AST_EXPRESSION_LITERAL || n->literal.kind != AST_LITERAL_INTEGER) {
            error_at(e, ERROR_STATEMENT, n->span, "The offset must be a whole number");
            return NULL;
        }
        given = n->literal.integer;
    }
    m->kind =
        slice_is_ignore_case(ast->call.name.text, "FIRST") ? PLAN_MATCH_FIRST : PLAN_MATCH_LAST;
    m->offset = given;
    const expression *value = expression_analyze(scope, arguments->items[0], e);
    m->kind = kind;
    m->offset = offset;
    return value;
}

/* ---- aggregates ---- */

typedef struct variable_search {
    matching *m;
    int variable; /* -2: none seen yet */
    bool several;
} variable_search;

static bool see_variable(void *context, const ast_expression *part) {
    variable_search *s = context;
    if (part->kind != AST_EXPRESSION_COLUMN)
        return false;
    int found = ast_name_given(part->column.qualifier)
                    ? variable_index(s->m, part->column.qualifier.text)
                    : -1;
    s->several = s->several || (s->variable != -2 && s->variable != found);
    s->variable = found;
    return false;
}

static const expression *strip_variables(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    (void)scope;
    (void)e;
    int variable;
    matching *m = t->context;
    if (ast->kind != AST_EXPRESSION_COLUMN || !ast_name_given(ast->column.qualifier) ||
        variable_index(m, ast->column.qualifier.text) < 0)
        return NULL;
    return input_value(m, ast, &variable);
}

static const expression *aggregate_term(matching *m, const ast_expression *ast, error *e) {
    variable_search search = {m, -2, false};
    ast_expression_visit(ast, see_variable, &search);
    if (search.several) {
        error_at(e, ERROR_STATEMENT, ast->span,
            "An aggregate of MATCH_RECOGNIZE must be over a single pattern variable");
        return NULL;
    }
    typing t = m->over_input;
    t.context = m;
    t.replace = strip_variables;
    plan_match_term term = {.kind = PLAN_MATCH_AGGREGATE,
        .variable = search.variable < 0 ? -1 : search.variable,
        .column = -1};
    ast_expression copy = *ast;
    if (!flink_aggregate_call(&t, &copy, &m->needed, &term.call))
        return NULL;
    if (term.call.argument_count > 0)
        term.column = term.call.arguments[0];
    term.type = term.call.result;
    return add_term(m, &term);
}

static const expression *replace_terms(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e) {
    matching *m = t->context;
    if (ast->kind == AST_EXPRESSION_COLUMN)
        return column_term(m, ast);
    if (ast->kind != AST_EXPRESSION_CALL)
        return NULL;
    slice name = ast->call.name.text;
    int count = ast->call.arguments.count;
    if ((slice_is_ignore_case(name, "FIRST") || slice_is_ignore_case(name, "LAST")) &&
        (count == 1 || count == 2))
        return navigate(m, scope, ast, e);
    if (slice_is_ignore_case(name, "PREV") || slice_is_ignore_case(name, "NEXT")) {
        error_at(e, ERROR_UNSUPPORTED, ast->span, "PREV and NEXT are not supported");
        error_hint(e, "LAST(v.column, 1) is the row mapped before the last one.");
        return NULL;
    }
    if (slice_is_ignore_case(name, "MATCH_ROWTIME")) {
        plan_match_term term = {.kind = PLAN_MATCH_LAST,
            .variable = -1,
            .column = m->time,
            .type = &SQL_TYPE_TIMESTAMP};
        return add_term(m, &term);
    }
    if (slice_is_ignore_case(name, "MATCH_PROCTIME"))
        return flink_build_call(scope, "FLINK_PROCTIME", NULL, 0, ast->span, e);
    return flink_aggregate_function(ast) ? aggregate_term(m, ast, e) : NULL;
}

static bool type_match(matching *m, const ast_expression *ast, bool condition, const char *clause,
    plan_match_expression *out) {
    typing t = {.l = m->l, .clause = clause, .context = m, .replace = replace_terms};
    m->terms = NULL;
    m->term_count = m->term_room = 0;
    m->kind = PLAN_MATCH_LAST;
    m->offset = 0;
    out->expression = condition ? flink_condition(&t, ast) : flink_expression(&t, ast);
    out->terms = m->terms;
    out->term_count = m->term_count;
    return out->expression != NULL;
}

/* ---- the clauses ---- */

static bool read_order(matching *m, plan_node *node) {
    lowering *l = m->l;
    const ast_order_list *list = &m->ast->order_by;
    if (list->count == 0)
        return error_at(l->b.e, ERROR_STATEMENT, m->ast->span,
            "MATCH_RECOGNIZE needs ORDER BY a time attribute");
    plan_order *order = ARENA_ARRAY(l->b.arena, plan_order, list->count + 1);
    for (int i = 0; i < list->count; i++) {
        const ast_order_item *item = &list->items[i];
        const expression *e = flink_expression(&m->over_input, item->expression);
        if (!e)
            return false;
        rows_column traits = flink_traits(&m->in, e);
        if (i == 0 && (traits.time == TIME_NONE || item->descending)) {
            error_at(l->b.e, ERROR_STATEMENT, item->span,
                "You must specify either rowtime or proctime for order by as the first one, "
                "ascending");
            return error_hint(l->b.e, "A time attribute has a WATERMARK in CREATE TABLE.");
        }
        int column = flink_list_add(l, &m->needed, e);
        if (i == 0)
            node->match.time = m->time = column;
        else
            order[i - 1] = (plan_order){column, item->descending,
                item->nulls == AST_NULLS_DEFAULT ? !item->descending
                                                 : item->nulls == AST_NULLS_FIRST};
    }
    node->match.order = order;
    node->match.order_count = list->count - 1;
    return true;
}

static bool read_defines(matching *m, plan_node *node) {
    const flink_define_list *list = &m->ast->defines;
    plan_match_expression *defines =
        ARENA_ARRAY(m->l->b.arena, plan_match_expression, m->variable_count + 1);
    for (int i = 0; i < list->count; i++) {
        int variable = variable_index(m, list->items[i].variable.text);
        if (variable < 0)
            return error_at(m->l->b.e, ERROR_STATEMENT, list->items[i].variable.span,
                "DEFINE names '%.*s', which is not in the PATTERN",
                SLICE_ARG(list->items[i].variable.text));
        if (!type_match(m, list->items[i].condition, true, "DEFINE", &defines[variable]))
            return false;
    }
    node->match.defines = defines;
    return true;
}

static bool read_skip(matching *m, plan_node *node) {
    static const plan_skip skips[] = {[FLINK_SKIP_PAST_LAST_ROW] = PLAN_SKIP_PAST_LAST_ROW,
        [FLINK_SKIP_TO_NEXT_ROW] = PLAN_SKIP_TO_NEXT_ROW,
        [FLINK_SKIP_TO_FIRST] = PLAN_SKIP_TO_FIRST,
        [FLINK_SKIP_TO_LAST] = PLAN_SKIP_TO_LAST};
    node->match.skip = skips[m->ast->skip];
    node->match.skip_variable = -1;
    if (m->ast->skip < FLINK_SKIP_TO_FIRST)
        return true;
    node->match.skip_variable = variable_index(m, m->ast->skip_variable.text);
    return node->match.skip_variable >= 0 ||
           error_at(m->l->b.e, ERROR_STATEMENT, m->ast->skip_variable.span,
               "AFTER MATCH names '%.*s', which is not in the PATTERN",
               SLICE_ARG(m->ast->skip_variable.text));
}

/* Partition columns and measures. */
static bool read_output(matching *m, plan_node *node, rows *out) {
    lowering *l = m->l;
    int partitions = m->ast->partition_by.count, measures = m->ast->measures.count;
    plan_column *made = ARENA_ARRAY(l->b.arena, plan_column, partitions + measures + 1);
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, partitions + measures + 1);
    int *partition = ARENA_ARRAY(l->b.arena, int, partitions + 1);
    plan_match_expression *values = ARENA_ARRAY(l->b.arena, plan_match_expression, measures + 1);
    for (int i = 0; i < partitions; i++) {
        const expression *e = flink_expression(&m->over_input, m->ast->partition_by.items[i]);
        if (!e)
            return false;
        if (e->kind != EXPRESSION_COLUMN)
            return error_at(l->b.e, ERROR_STATEMENT, m->ast->partition_by.items[i]->span,
                "PARTITION BY of MATCH_RECOGNIZE takes columns");
        partition[i] = flink_list_add(l, &m->needed, e);
        columns[i] = flink_traits(&m->in, e);
        columns[i].index = i;
        columns[i].time = TIME_NONE;
        made[i] = (plan_column){columns[i].name, e->type};
    }
    for (int i = 0; i < measures; i++) {
        const ast_select_item *item = &m->ast->measures.items[i];
        if (!type_match(m, item->expression, false, "MEASURES", &values[i]))
            return false;
        int at = partitions + i;
        made[at] = (plan_column){item->alias.text, values[i].expression->type};
        bool time = item->expression->kind == AST_EXPRESSION_CALL &&
                    slice_is_ignore_case(item->expression->call.name.text, "MATCH_ROWTIME");
        columns[at] = (rows_column){
            .name = item->alias.text, .index = at, .time = time ? TIME_EVENT : TIME_NONE};
    }
    node->match.partition = partition;
    node->match.partition_count = partitions;
    node->match.measures = values;
    node->match.measure_count = measures;
    node->columns = made;
    node->column_count = partitions + measures;
    *out = (rows){.node = node, .columns = columns, .column_count = partitions + measures};
    return true;
}

static plan_node *project_needed(matching *m) {
    lowering *l = m->l;
    plan_node *node = flink_node(l, PLAN_PROJECT, m->in.node, NULL);
    plan_column *columns = planning_columns(&l->b, node, m->needed.count);
    for (int i = 0; i < m->needed.count; i++) {
        const expression *e = m->needed.items[i];
        columns[i] = (plan_column){e->kind == EXPRESSION_COLUMN ? m->in.node->columns[e->index].name
                                                                : planning_text(&l->b, "$f%d", i),
            e->type};
    }
    node->project.expressions = m->needed.items;
    return node;
}

bool flink_match_rows(lowering *l, const flink_match *match, const typing *outer, rows *out) {
    matching m = {.l = l, .ast = match};
    if (match->all_rows)
        return error_at(
            l->b.e, ERROR_UNSUPPORTED, match->span, "ALL ROWS PER MATCH is not supported");
    if (!flink_relation_rows(l, match->input, outer, &m.in) ||
        !flink_needs_append(l, &m.in, match->span, "MATCH_RECOGNIZE"))
        return false;
    m.over_input = (typing){.l = l, .rows = &m.in, .outer = outer, .clause = "MATCH_RECOGNIZE"};
    if (!check_pattern(&m, match->pattern) || !check_end(&m, match->pattern))
        return false;
    m.variable_room = count_variables(match->pattern) + 1;
    m.variables = ARENA_ARRAY(l->b.arena, slice, m.variable_room);
    plan_node *node = flink_node(l, PLAN_MATCH, m.in.node, NULL);
    node->match.pattern = lower_pattern(&m, match->pattern);
    if (!read_order(&m, node) || !read_defines(&m, node) || !read_output(&m, node, out) ||
        !read_skip(&m, node))
        return false;
    if (match->within && !flink_interval(l, match->within, &node->match.within_ms))
        return false;
    node->match.variables = m.variables;
    node->match.variable_count = m.variable_count;
    node->store = flink_store(l, "Match");
    node->inputs[0] = project_needed(&m);
    return true;
}
