/* Relations, MATCH_RECOGNIZE and queries of the Flink dialect. */
#include "parser/build_flink.h"

enum {
    CHAIN_LIMIT = 500
}; /* joins and set operators of a statement: their trees lean to the left */

static void count_link(parse *p, source_span span) {
    if (++p->chain <= CHAIN_LIMIT)
        return;
    error_at(p->error, ERROR_LIMIT, span, "The statement has more than %d joins and set operators",
        CHAIN_LIMIT);
    error_hint(p->error, "Give some of them a name of their own: CREATE VIEW name AS SELECT ...");
}

static flink_relation *relation_new(parse *p, flink_relation_kind kind, int32_t offset) {
    flink_relation *relation = ARENA_NEW(p->arena, flink_relation);
    relation->kind = kind;
    relation->span = ast_build_span_from(p, offset);
    relation->alias = ast_build_no_name();
    return relation;
}

/* ---- relations ---- */

flink_hint *flink_build_hint(
    parse *p, ast_name name, ast_property_list options, ast_name_list words) {
    flink_hint *hint = ARENA_NEW(p->arena, flink_hint);
    *hint = (flink_hint){name, options, words};
    return hint;
}

flink_relation *flink_build_join(parse *p, flink_join_kind kind, flink_relation *left,
    flink_relation *right, ast_expression *on, ast_name_list using) {
    flink_relation *join = relation_new(p, FLINK_RELATION_JOIN, left->span.offset);
    join->join.kind = kind;
    join->join.left = left;
    join->join.right = right;
    join->join.on = on;
    join->join.using = using;
    count_link(p, right->span);
    return join;
}

flink_relation *flink_build_named(
    parse *p, ast_name name, flink_hint_list hints, ast_expression *as_of) {
    flink_relation *relation = relation_new(p, FLINK_RELATION_NAME, name.span.offset);
    relation->named.name = name;
    relation->named.as_of = as_of;
    relation->hints = hints;
    return relation;
}

flink_relation *flink_build_aliased(parse *p, flink_relation *relation, flink_build_alias alias) {
    relation->alias = alias.name;
    relation->columns = alias.columns;
    relation->span = ast_build_span_from(p, relation->span.offset);
    return relation;
}

/* A query that is only its rows. */
static bool is_bare_values(const flink_query *query) {
    return query->body->kind == FLINK_BODY_VALUES && query->with.count == 0 &&
           query->order_by.count == 0 && query->limit < 0 && query->offset < 0;
}

flink_relation *flink_build_query_relation(
    parse *p, const token *first, flink_query *query, bool lateral, flink_build_alias alias) {
    bool values = is_bare_values(query);
    flink_relation *relation =
        relation_new(p, values ? FLINK_RELATION_VALUES : FLINK_RELATION_QUERY, first->offset);
    relation->lateral = lateral;
    if (values)
        relation->values = query->body->values;
    else
        relation->query = query;
    return flink_build_aliased(p, relation, alias);
}

flink_relation *flink_build_unnest(parse *p, const token *first, ast_expression *operand,
    bool lateral, bool ordinality, flink_build_alias alias) {
    flink_relation *relation = relation_new(p, FLINK_RELATION_UNNEST, first->offset);
    relation->lateral = lateral;
    relation->unnest.operand = operand;
    relation->unnest.ordinality = ordinality;
    return flink_build_aliased(p, relation, alias);
}

/* ---- table functions ---- */

flink_build_call *flink_build_table_call(
    parse *p, ast_name name, flink_build_argument_list arguments) {
    flink_build_call *call = ARENA_NEW(p->arena, flink_build_call);
    *call = (flink_build_call){ast_build_span_from(p, name.span.offset), name, arguments};
    return call;
}

/* name => value was read as a lambda. */
flink_build_argument *flink_build_value_argument(parse *p, ast_expression *value) {
    flink_build_argument *argument = ARENA_NEW(p->arena, flink_build_argument);
    argument->name = ast_build_no_name();
    argument->value = value;
    if (value->kind == AST_EXPRESSION_LAMBDA && value->lambda.parameters.count == 1) {
        argument->name = value->lambda.parameters.items[0];
        argument->value = value->lambda.body;
    }
    return argument;
}

static void add_partition(parse *p, ast_name_list *names, const ast_expression *e) {
    if (e->kind != AST_EXPRESSION_COLUMN || ast_name_given(e->column.qualifier)) {
        error_at(p->error, ERROR_UNSUPPORTED, e->span,
            "A window function partitions by columns of its table only");
        error_hint(p->error, "Compute it as a column in a view or subquery first.");
        return;
    }
    ast_build_append(p, *names, e->column.name);
}

flink_build_argument *flink_build_table_argument(
    parse *p, const token *first, flink_relation *table, const ast_expression *partition) {
    flink_build_argument *argument = ARENA_NEW(p->arena, flink_build_argument);
    argument->name = ast_build_no_name();
    argument->table = table;
    table->span = ast_build_span_here(p, first);
    if (partition && partition->kind == AST_EXPRESSION_ROW)
        for (int i = 0; i < partition->row.items.count; i++)
            add_partition(p, &argument->partition_by, partition->row.items.items[i]);
    else if (partition)
        add_partition(p, &argument->partition_by, partition);
    return argument;
}

/* The parameters of each windowing function in their order. */
enum parameter {
    TABLE_PARAMETER,
    TIME_PARAMETER,
    SIZE_PARAMETER,
    STEP_PARAMETER,
    OFFSET_PARAMETER
};

static const struct {
    const char *name;
    flink_window_function function;
    int count, required;
    struct {
        const char *name;
        enum parameter parameter;
    } parameters[5];
} WINDOW_FUNCTIONS[] = {
    {"TUMBLE", FLINK_WINDOW_TUMBLE, 4, 3,
        {{"DATA", TABLE_PARAMETER}, {"TIMECOL", TIME_PARAMETER}, {"SIZE", SIZE_PARAMETER},
            {"OFFSET", OFFSET_PARAMETER}}},
    {"HOP", FLINK_WINDOW_HOP, 5, 4,
        {{"DATA", TABLE_PARAMETER}, {"TIMECOL", TIME_PARAMETER}, {"SLIDE", STEP_PARAMETER},
            {"SIZE", SIZE_PARAMETER}, {"OFFSET", OFFSET_PARAMETER}}},
    {"CUMULATE", FLINK_WINDOW_CUMULATE, 5, 4,
        {{"DATA", TABLE_PARAMETER}, {"TIMECOL", TIME_PARAMETER}, {"STEP", STEP_PARAMETER},
            {"SIZE", SIZE_PARAMETER}, {"OFFSET", OFFSET_PARAMETER}}},
    {"SESSION", FLINK_WINDOW_SESSION, 3, 3,
        {{"DATA", TABLE_PARAMETER}, {"TIMECOL", TIME_PARAMETER}, {"GAP", SIZE_PARAMETER}}},
};

static int find_window_function(slice name) {
    for (int i = 0; i < (int)(sizeof WINDOW_FUNCTIONS / sizeof *WINDOW_FUNCTIONS); i++)
        if (slice_is_ignore_case(name, WINDOW_FUNCTIONS[i].name))
            return i;
    return -1;
}

static int parameter_index(int function, const flink_build_argument *argument, int position) {
    if (!ast_name_given(argument->name))
        return position < WINDOW_FUNCTIONS[function].count ? position : -1;
    for (int i = 0; i < WINDOW_FUNCTIONS[function].count; i++)
        if (slice_is_ignore_case(
                argument->name.text, WINDOW_FUNCTIONS[function].parameters[i].name))
            return i;
    return -1;
}

/* DESCRIPTOR(c) */
static bool set_time(flink_window_call *window, const ast_expression *e) {
    if (!e || e->kind != AST_EXPRESSION_CALL || e->call.arguments.count != 1 ||
        !slice_is_ignore_case(e->call.name.text, "DESCRIPTOR"))
        return false;
    const ast_expression *column = e->call.arguments.items[0];
    if (column->kind != AST_EXPRESSION_COLUMN || ast_name_given(column->column.qualifier))
        return false;
    window->time = column->column.name;
    return true;
}

static bool set_parameter(
    flink_window_call *window, enum parameter parameter, const flink_build_argument *argument) {
    if (parameter == TABLE_PARAMETER) {
        window->input = argument->table;
        window->partition_by = argument->partition_by;
        return argument->table != NULL;
    }
    if (parameter == TIME_PARAMETER)
        return set_time(window, argument->value);
    ast_expression **into = parameter == SIZE_PARAMETER   ? &window->size
                            : parameter == STEP_PARAMETER ? &window->step
                                                          : &window->offset;
    *into = argument->value;
    return argument->value != NULL;
}

static void window_error(parse *p, const flink_build_call *call, int function, source_span span) {
    static const char *const FORMS[] = {
        "TUMBLE(TABLE t, DESCRIPTOR(time), INTERVAL '10' SECOND)",
        "HOP(TABLE t, DESCRIPTOR(time), INTERVAL '2' SECOND, INTERVAL '10' SECOND)",
        "CUMULATE(TABLE t, DESCRIPTOR(time), INTERVAL '2' SECOND, INTERVAL '10' SECOND)",
        "SESSION(TABLE t PARTITION BY a, DESCRIPTOR(time), INTERVAL '10' SECOND)",
    };
    error_at(p->error, ERROR_SYNTAX, span.offset < 0 ? call->span : span,
        "The arguments of %s are not those of a window", WINDOW_FUNCTIONS[function].name);
    error_hint(p->error, "Write %s.", FORMS[function]);
}

static flink_window_call *window_call(parse *p, const flink_build_call *call, int function) {
    flink_window_call *window = ARENA_NEW(p->arena, flink_window_call);
    window->span = call->span;
    window->function = WINDOW_FUNCTIONS[function].function;
    unsigned given = 0;
    for (int i = 0; i < call->arguments.count; i++) {
        const flink_build_argument *argument = &call->arguments.items[i];
        int index = parameter_index(function, argument, i);
        if (index < 0 || (given & 1u << index) ||
            !set_parameter(
                window, WINDOW_FUNCTIONS[function].parameters[index].parameter, argument)) {
            window_error(p, call, function,
                argument->value   ? argument->value->span
                : argument->table ? argument->table->span
                                  : SPAN_NONE);
            return window;
        }
        given |= 1u << index;
    }
    unsigned required = (1u << WINDOW_FUNCTIONS[function].required) - 1;
    if ((given & required) != required)
        window_error(p, call, function, SPAN_NONE);
    return window;
}

static ast_expression *function_call(parse *p, const flink_build_call *call) {
    ast_expression_list arguments = {0};
    for (int i = 0; i < call->arguments.count; i++) {
        const flink_build_argument *argument = &call->arguments.items[i];
        if (argument->value && !ast_name_given(argument->name)) {
            ast_build_append(p, arguments, argument->value);
            continue;
        }
        error_at(p->error, ERROR_UNSUPPORTED,
            argument->table ? argument->table->span : argument->value->span,
            "The table function %.*s takes neither tables nor named arguments",
            SLICE_ARG(call->name.text));
        error_hint(p->error, "Functions over tables are TUMBLE, HOP, CUMULATE and SESSION.");
    }
    ast_expression *e = ast_build_call(p, call->name, false, arguments);
    e->span = call->span;
    return e;
}

flink_relation *flink_build_call_relation(parse *p, const token *first,
    const flink_build_call *call, bool lateral, flink_build_alias alias) {
    int function = find_window_function(call->name.text);
    int32_t offset = first ? first->offset : call->span.offset;
    flink_relation *relation =
        relation_new(p, function < 0 ? FLINK_RELATION_FUNCTION : FLINK_RELATION_WINDOW, offset);
    relation->lateral = lateral;
    if (function < 0)
        relation->function = function_call(p, call);
    else
        relation->window = window_call(p, call, function);
    return flink_build_aliased(p, relation, alias);
}

/* ---- MATCH_RECOGNIZE ---- */

flink_match *flink_build_match(parse *p, ast_expression_list partition_by, ast_order_list order_by,
    ast_select_list measures, bool all_rows, flink_build_skip skip, flink_pattern *pattern,
    ast_expression *within, flink_define_list defines) {
    flink_match *match = ARENA_NEW(p->arena, flink_match);
    match->span = ast_build_span_from(p, pattern->span.offset);
    match->partition_by = partition_by;
    match->order_by = order_by;
    match->measures = measures;
    match->all_rows = all_rows;
    match->skip = skip.skip;
    match->skip_variable = skip.variable;
    match->pattern = pattern;
    match->within = within;
    match->defines = defines;
    return match;
}

flink_relation *flink_build_match_relation(
    parse *p, flink_relation *input, flink_match *match, flink_build_alias alias) {
    flink_relation *relation = relation_new(p, FLINK_RELATION_MATCH, input->span.offset);
    match->input = input;
    relation->match = match;
    return flink_build_aliased(p, relation, alias);
}

static flink_pattern *pattern_new(parse *p, flink_pattern_kind kind, int32_t offset) {
    flink_pattern *pattern = ARENA_NEW(p->arena, flink_pattern);
    pattern->kind = kind;
    pattern->span = ast_build_span_from(p, offset);
    pattern->variable = ast_build_no_name();
    return pattern;
}

flink_pattern *flink_build_pattern_variable(parse *p, ast_name name) {
    flink_pattern *pattern = pattern_new(p, FLINK_PATTERN_VARIABLE, name.span.offset);
    pattern->variable = name;
    return pattern;
}

/* Parentheses make a pattern whole: its items do not melt into those of another. */
flink_pattern *flink_build_pattern_group(parse *p, const token *first, flink_pattern *pattern) {
    pattern->grouped = true;
    pattern->span = ast_build_span_here(p, first);
    return pattern;
}

flink_pattern *flink_build_pattern_join(
    parse *p, flink_pattern_kind kind, flink_pattern *left, flink_pattern *right) {
    flink_pattern *pattern = left;
    if (left->kind != kind || left->grouped) {
        pattern = pattern_new(p, kind, left->span.offset);
        ast_build_append(p, *pattern, left);
    }
    ast_build_append(p, *pattern, right);
    pattern->span = ast_build_span_from(p, pattern->span.offset);
    return pattern;
}

flink_pattern *flink_build_quantified(
    parse *p, flink_pattern *inner, flink_build_quantifier quantifier, bool reluctant) {
    flink_pattern *pattern = pattern_new(p, FLINK_PATTERN_QUANTIFIED, inner->span.offset);
    ast_build_append(p, *pattern, inner);
    pattern->least = quantifier.least;
    pattern->most = quantifier.most;
    pattern->reluctant = reluctant;
    return pattern;
}

flink_build_quantifier flink_build_range(parse *p, const token *least, const token *most) {
    flink_build_quantifier q = {
        least ? build_int64(p, least) : 0, most ? build_int64(p, most) : -1};
    if (q.most >= 0 && (q.most < q.least || q.most == 0))
        error_at(p->error, ERROR_SYNTAX, ast_build_span(most),
            "The upper bound of a quantifier must be at least 1 and not below the lower one");
    return q;
}

/* ---- queries ---- */

flink_query *flink_build_query(parse *p, flink_build_with with, flink_body *body,
    ast_order_list order_by, flink_build_limits limits) {
    flink_query *query = ARENA_NEW(p->arena, flink_query);
    query->span = ast_build_span_from(p, with.tables.count > 0 ? with.offset : body->span.offset);
    query->with = with.tables;
    query->body = body;
    query->order_by = order_by;
    query->limit = limits.limit;
    query->offset = limits.offset;
    return query;
}

flink_common_table *flink_build_common_table(
    parse *p, ast_name name, ast_name_list columns, flink_query *query) {
    flink_common_table *table = ARENA_NEW(p->arena, flink_common_table);
    *table = (flink_common_table){name, columns, query};
    return table;
}

static void check_once(parse *p, int64_t before, const token *count, const char *what) {
    if (before >= 0)
        error_at(p->error, ERROR_SYNTAX, ast_build_span(count), "%s is given twice", what);
}

flink_build_limits flink_build_limit(parse *p, flink_build_limits limits, const token *count) {
    check_once(p, limits.limit, count, "LIMIT");
    limits.limit = build_int64(p, count);
    return limits;
}

flink_build_limits flink_build_offset(parse *p, flink_build_limits limits, const token *count) {
    check_once(p, limits.offset, count, "OFFSET");
    limits.offset = build_int64(p, count);
    return limits;
}

static flink_body *body_new(parse *p, flink_body_kind kind, int32_t offset) {
    flink_body *body = ARENA_NEW(p->arena, flink_body);
    body->kind = kind;
    body->span = ast_build_span_from(p, offset);
    return body;
}

flink_body *flink_build_set(
    parse *p, flink_set_operator operation, bool all, flink_body *left, flink_body *right) {
    flink_body *body = body_new(p, FLINK_BODY_SET, left->span.offset);
    body->set.operation = operation;
    body->set.all = all;
    body->set.left = left;
    body->set.right = right;
    count_link(p, right->span);
    return body;
}

flink_body *flink_build_select_body(parse *p, flink_select *select) {
    flink_body *body = body_new(p, FLINK_BODY_SELECT, select->span.offset);
    body->select = select;
    return body;
}

flink_body *flink_build_values_body(parse *p, const token *first, ast_row_list rows) {
    flink_body *body = body_new(p, FLINK_BODY_VALUES, first->offset);
    body->values = rows;
    return body;
}

flink_body *flink_build_query_body(parse *p, const token *first, flink_query *query) {
    flink_body *body = body_new(p, FLINK_BODY_QUERY, first->offset);
    body->query = query;
    return body;
}

flink_select *flink_build_select(parse *p, const token *first, flink_hint_list hints, bool distinct,
    ast_select_list select, flink_relation *from, ast_expression *where, flink_build_groups groups,
    ast_expression *having, flink_named_window_list windows) {
    flink_select *s = ARENA_NEW(p->arena, flink_select);
    s->span = ast_build_span_here(p, first);
    s->hints = hints;
    s->distinct = distinct;
    s->select = select;
    s->from = from;
    s->where = where;
    s->has_group_by = groups.given;
    s->group_by = groups.items;
    s->having = having;
    s->windows = windows;
    return s;
}

/* ---- GROUP BY ---- */

flink_grouping *flink_build_group_expression(parse *p, ast_expression *e) {
    flink_grouping *grouping = ARENA_NEW(p->arena, flink_grouping);
    grouping->kind = FLINK_GROUP_EXPRESSION;
    grouping->span = e->span;
    ast_build_append(p, grouping->items, e);
    return grouping;
}

/* SETS without items: (), the one empty set. */
flink_grouping *flink_build_group_list(
    parse *p, const token *first, int kind, ast_expression_list items) {
    flink_grouping *grouping = kind == FLINK_GROUP_SETS ? flink_build_add_set(p, NULL, NULL) : NULL;
    if (!grouping)
        grouping = ARENA_NEW(p->arena, flink_grouping);
    grouping->kind = kind;
    grouping->items = items;
    grouping->span = ast_build_span_here(p, first);
    return grouping;
}

static bool is_bare_row(const ast_expression *e) {
    return e->kind == AST_EXPRESSION_ROW && e->parenthesized;
}

/* GROUP BY (a, b) groups by a and by b. */
flink_grouping_list flink_build_add_grouping(
    parse *p, flink_grouping_list list, const flink_grouping *grouping) {
    if (grouping->kind != FLINK_GROUP_EXPRESSION || !is_bare_row(grouping->items.items[0])) {
        ast_build_append(p, list, *grouping);
        return list;
    }
    ast_expression_list items = grouping->items.items[0]->row.items;
    for (int i = 0; i < items.count; i++)
        ast_build_append(p, list, *flink_build_group_expression(p, items.items[i]));
    return list;
}

typedef struct set_list {
    ast_expression_list *items;
    int count;
} set_list;

flink_grouping *flink_build_add_set(parse *p, flink_grouping *sets, ast_expression *set) {
    if (!sets) {
        sets = ARENA_NEW(p->arena, flink_grouping);
        sets->kind = FLINK_GROUP_SETS;
    }
    ast_expression_list columns = {0};
    if (set && is_bare_row(set))
        columns = set->row.items;
    else if (set)
        ast_build_append(p, columns, set);
    set_list list = {sets->sets, sets->set_count};
    ast_build_append(p, list, columns);
    sets->sets = list.items;
    sets->set_count = list.count;
    return sets;
}

/* (1, 2) and ROW(1, 2) are rows; anything else is a row of one value. */
ast_row *flink_build_values_row(parse *p, ast_expression *e) {
    ast_row *row = ARENA_NEW(p->arena, ast_row);
    row->span = e->span;
    if (e->kind == AST_EXPRESSION_ROW)
        row->values = e->row.items;
    else
        ast_build_append(p, row->values, e);
    return row;
}
