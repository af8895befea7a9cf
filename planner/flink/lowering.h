/* lowering.h - what the files of the Flink dialect's planner share. Private to them.
 *
 * A query becomes nodes of plan.h from the inside out. Between two steps stand `rows`: the node
 * that gives them, the names by which expressions reach its columns, and what is known of each
 * column (does it carry the event time, is it a window's bound) and of all (which columns are
 * unique). The plan is made naively first, in the order of SQL; the rewrites then push filters and
 * projections down to the sources, drop watermarks nobody waits for and narrow what is decoded.
 */
#ifndef SLUICE_PLANNER_FLINK_LOWERING_H
#define SLUICE_PLANNER_FLINK_LOWERING_H

#include "parser/flink_ast.h"
#include "planner/expression_build.h"
#include "planner/flink_duration.h"
#include "planner/planning.h"

/* ---- rows ---- */

typedef enum time_attribute { TIME_NONE, TIME_EVENT, TIME_PROCESSING } time_attribute;

typedef enum window_role {
    WINDOW_ROLE_NONE,
    WINDOW_ROLE_START,
    WINDOW_ROLE_END,
    WINDOW_ROLE_TIME,
} window_role;

/* The windows that rows were put into. Two inputs have the same windows when all of it is equal. */
typedef struct row_window {
    plan_window_function function;
    bool processing_time;
    int64_t size_ms, step_ms, offset_ms;
} row_window;

typedef struct rows_column {
    slice table; /* the name or alias that may qualify it; the NULL slice: none */
    slice name;
    int index;   /* column of the node */
    bool hidden; /* not part of SELECT * */
    time_attribute time;
    bool is_ltz;
    window_role role;
    const row_window *window; /* of the role */
} rows_column;

typedef struct column_set {
    const int *columns; /* of the node, ascending */
    int count;
} column_set;

typedef struct rows {
    plan_node *node;
    rows_column *columns;
    int column_count;
    const column_set *keys; /* sets of columns whose values are unique among the rows */
    int key_count;
    bool one_row; /* never more than one: a global aggregate */
    /* What a SESSION window is split by; NULL: nothing said. Indexes of the node's columns. */
    const column_set *session_keys;
    const flink_table *table;            /* read as it is, for temporal joins; else NULL */
    const source_descriptor *descriptor; /* of `table` */
} rows;

/* ---- one statement ---- */

typedef struct common_table {
    struct common_table *outer;
    slice name;
    const flink_common_table *ast;
    struct common_table *visible; /* those its query may name */
} common_table;

/* Conditions of WHERE that the joins of FROM may take for their own. */
typedef struct pending_conditions {
    const ast_expression **items;
    int count;
} pending_conditions;

/* STATE_TTL('name' = 'time') */
typedef struct state_ttl {
    slice name;
    int64_t ms; /* 0: for ever */
    source_span span;
} state_ttl;

typedef struct lowering {
    planning b; /* nodes, plan, arena, catalog, options, error */
    common_table *common_tables;
    int view_depth;
    pending_conditions *pending;
    const ast_order_list *order_by; /* of the query whose SELECT is about to be made */
    int store_count, exchange_count;
    int typed_count; /* expressions so far that have parts */
    int64_t ttl_ms;             /* of state; 0: it is kept */
    const state_ttl *state_ttl; /* what STATE_TTL says of the SELECT at hand */
    int state_ttl_count;
} lowering;

/* Types expressions over rows. `over` and `aggregate` answer for calls that the clause computes
 * beforehand; NULL: such calls are errors. */
typedef struct typing {
    lowering *l;
    const rows *rows;
    const struct typing *outer; /* of the query around a subquery */
    bool sees_outer; /* names may be found there: both have one node, which holds both sides */
    const char *clause;
    void *context;
    /* The column an AST node stands for; NULL to go on, or with the error set. */
    const expression *(*replace)(
        struct typing *t, expression_scope *scope, const ast_expression *ast, error *e);
} typing;

/* ---- lowering.c: nodes and rows ---- */

/* A node without key columns, in the mode of its input. */
plan_node *flink_node(lowering *l, plan_kind kind, plan_node *left, plan_node *right);
/* A name for a node's store, unique in the plan. */
slice flink_store(lowering *l, const char *what);
/* The rows of a PROJECT: `count` expressions over in->node, named by `columns` (whose traits are
 * kept and whose indexes are set). Unique keys go along where their columns do. */
bool flink_project(lowering *l, const rows *in, const expression *const *expressions,
    rows_column *columns, int count, rows *out);
plan_node *flink_filter(lowering *l, plan_node *input, const expression *predicate);
/* The columns of `left` and then those of `right` under one node. */
void flink_concatenate(
    lowering *l, const rows *left, const rows *right, plan_node *node, rows *out);
/* What SELECT calls column `i` of its rows: EXPR$i. */
slice flink_generated_name(lowering *l, int i);
const expression *flink_input(lowering *l, const plan_node *node, int index);
/* Traits of an expression that is a plain column; otherwise none. */
rows_column flink_traits(const rows *in, const expression *e);
void flink_forget_times(rows *r);
bool flink_has_key(const rows *r, const int *columns, int count);
void flink_add_key(lowering *l, rows *r, const int *columns, int count);
bool flink_same_window(const row_window *a, const row_window *b);
/* Fails when rows may be taken back. */
bool flink_needs_append(lowering *l, const rows *r, source_span span, const char *who);

/* ---- expression.c, function_call.c ---- */

/* The type of intervals in milliseconds and in months: BIGINTs told by their address. */
extern const sql_type FLINK_INTERVAL_MS, FLINK_INTERVAL_MONTHS;

expression_scope flink_scope(typing *t);
const expression *flink_expression(typing *t, const ast_expression *ast);
const expression *flink_condition(typing *t, const ast_expression *ast);
/* The same rows are true for it, but it may be FALSE where the condition is NULL (truth.c). */
const expression *flink_truth(arena *a, const expression *e);
const expression *flink_cast(
    lowering *l, expression_scope *scope, const expression *e, const sql_type *to);
/* Whether a value of `from` goes into a column of `to` without a written CAST. */
bool flink_can_assign(const sql_type *from, const sql_type *to);
/* Two values compared; `a_ast` and `b_ast` name them in errors. */
const expression *flink_compare(expression_scope *scope, compare_operator operation,
    const expression *a, const ast_expression *a_ast, const expression *b,
    const ast_expression *b_ast, source_span span, error *e);
/* `ast` must be an INTERVAL of days and shorter, or a number of them. */
bool flink_interval(lowering *l, const ast_expression *ast, int64_t *ms);
const expression *flink_call(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e);
const expression *flink_arithmetic(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e);
/* What a call means that is an expression over others; NULL: it is none, or the error is set. */
const expression *flink_macro(
    lowering *l, expression_scope *scope, const ast_expression *ast, error *e);
/* A tree of the text, in which $0, $1, ... are the arguments. */
ast_expression *flink_template(
    lowering *l, const char *sql, ast_expression *const *arguments, int count, source_span span);
/* A call by name of typed arguments. */
const expression *flink_build_call(expression_scope *scope, const char *name,
    const expression *const *arguments, int count, source_span span, error *e);
const expression *flink_literal_bigint(expression_scope *scope, int64_t value, source_span span);
const expression *flink_literal_text(expression_scope *scope, slice value, source_span span);
const expression *flink_and(
    expression_scope *scope, const expression *left, const expression *right);
/* The function of that name, by Flink's names and those of CREATE FUNCTION; NULL: none. */
const function_descriptor *flink_find_function(lowering *l, slice name);
/* The aggregate function a call names, by Flink's name; NULL when it names none. */
const function_descriptor *flink_aggregate_function(const ast_expression *ast);
/* Its result when that is constant. */
bool flink_constant_int64(const expression *e, int64_t *out);
/* Calls `visit` for each part that is joined by AND. */
int flink_conjuncts(lowering *l, const expression *e, const expression ***out);
int flink_ast_conjuncts(lowering *l, const ast_expression *e, const ast_expression ***out);
/* A copy over other columns: column i becomes map[i] (an expression). */
const expression *flink_substitute(arena *a, const expression *e, const expression *const *map);
/* The same with column i at index map[i], which must be there. */
const expression *flink_renumber(arena *a, const expression *e, const int *map);
bool flink_reads_only(const expression *e, int first, int count, int width);
bool flink_is_volatile(const expression *e);

/* ---- relations ---- */

/* A whole query with its WITH, ORDER BY and LIMIT. */
bool flink_query_rows(lowering *l, const flink_query *query, const typing *outer, rows *out);
bool flink_body_rows(lowering *l, const flink_body *body, const typing *outer, rows *out);
bool flink_select_rows(lowering *l, const flink_select *select, const typing *outer, rows *out);
/* The table as OPTIONS hints have it. */
bool flink_hinted_table(lowering *l, const source_descriptor *found, const flink_hint_list *hints,
    const source_descriptor **out);
/* What the hints behind SELECT ask for: l->state_ttl. */
bool flink_select_hints(lowering *l, const flink_hint_list *hints);
/* Refuses names in STATE_TTL that are none of FROM's. */
bool flink_check_state_ttl(lowering *l, const rows *from);
/* How long an operator keeps what it makes of these rows: the longest of the times of the tables
 * among them, or what is set for all. */
int64_t flink_state_ttl(const lowering *l, const rows *r);
bool flink_relation_rows(
    lowering *l, const flink_relation *relation, const typing *outer, rows *out);
/* SELECT without GROUP BY whose items, HAVING or ORDER BY hold aggregates counts as one group. */
bool flink_has_aggregates(const flink_select *select);
bool flink_table_rows(lowering *l, const source_descriptor *table, source_span span, rows *out);
bool flink_window_rows(lowering *l, const flink_window_call *call, const typing *outer, rows *out);
bool flink_read_window(lowering *l, const flink_window_call *call, plan_time_window *out);
const rows_column *flink_time_column(lowering *l, const rows *in, ast_name name, source_span span);
void flink_set_window_time(plan_time_window *w, const rows_column *time);
row_window *flink_row_window(lowering *l, const plan_time_window *w);
/* The columns window_start, window_end and window_time, the first of them at `index`. */
void flink_name_window(
    rows_column *columns, int index, const row_window *window, bool processing_time);
void flink_window_columns(plan_column *columns);
/* What was set under this name; the NULL slice: nothing. */
slice flink_property(lowering *l, const char *name);
/* A duration that was set under this name; 0 where none is. */
bool flink_duration_property(lowering *l, const char *name, int64_t *ms);
/* Names over both sides' columns next to each other, before there is a join. */
void flink_side_by_side(lowering *l, const rows *left, const rows *right, rows *out);
bool flink_join_rows(lowering *l, const flink_relation *relation, const typing *outer, rows *out);
/* Joins rows on a typed condition over both (NULL: none), as the kind of join that suits it. */
bool flink_join(lowering *l, join_kind kind, const rows *left, const rows *right,
    const expression *condition, source_span span, rows *out);
/* Each row of `left` with each element of the operand; with `keeps_unmatched` also rows whose array
 * has none. */
bool flink_unnest_rows(
    lowering *l, const flink_relation *relation, const rows *left, bool keeps_unmatched, rows *out);
/* Each row of `left` with each row that the table function makes of it, behind the columns of
 * `left`. EXPLODE takes an ARRAY or a MAP, and may number what it gives. */
bool flink_explode(lowering *l, const rows *left, const char *function,
    const expression *const *operands, int count, bool ordinality, bool keeps_unmatched,
    source_span span, rows *out);
bool flink_match_rows(lowering *l, const flink_match *match, const typing *outer, rows *out);
/* VALUES; NULL: one row without visible columns. */
bool flink_values_rows(
    lowering *l, const ast_row_list *values, const typing *outer, source_span span, rows *out);
bool flink_set_rows(lowering *l, const flink_body *body, const typing *outer, rows *out);
/* The rows of both; their columns have the same types. */
void flink_union_all(lowering *l, const rows *left, const rows *right, rows *out);

/* ---- SELECT ---- */

typedef struct output_item {
    const ast_expression *ast; /* NULL: `typed` is a column of a star */
    const expression *typed;
    slice name;
    source_span span;
    bool hidden; /* for ORDER BY only */
} output_item;

/* The name of the column that ORDER BY item `i` reads where it is not selected. */
slice flink_order_name(lowering *l, int i);
/* Stars become columns; takes l->order_by, whose expressions that are not selected are added. */
bool flink_expand_select(
    lowering *l, const ast_select_list *list, const rows *in, output_item **items, int *count);
/* The PROJECT of a SELECT list; every item is typed by now. */
bool flink_project_items(
    lowering *l, const rows *in, const output_item *items, int count, rows *out);

/* Expressions that a PROJECT gives to the node above it, each once. */
typedef struct expression_list {
    const expression **items;
    int count, capacity;
} expression_list;

int flink_list_add(lowering *l, expression_list *list, const expression *e);
/* An aggregate's call, with its arguments and filter in `list`. */
bool flink_aggregate_call(
    typing *t, const ast_expression *ast, expression_list *list, plan_call *out);
bool flink_group_rows(
    lowering *l, const flink_select *select, const typing *outer, const rows *in, rows *out);
bool flink_distinct_rows(lowering *l, const rows *in, rows *out);

/* AST nodes that are columns by now: calls with OVER, scalar subqueries. */
typedef struct computed_columns {
    const ast_expression **asts;
    int *columns;
    int count;
} computed_columns;

const expression *flink_replace_computed(
    typing *t, expression_scope *scope, const ast_expression *ast, error *e);
/* Computes the OVER calls of a SELECT list as columns behind those of `r`. */
bool flink_over_rows(lowering *l, const flink_select *select, const output_item *items, int count,
    const typing *outer, rows *r, computed_columns *computed);
/* EXISTS or IN with a query as a column behind those of `r`; -1: the error is set. */
int flink_subquery_truth(lowering *l, const ast_expression *ast, const typing *outer, rows *r,
    computed_columns *computed);
/* A subquery that stands for a value, before it is joined. */
typedef struct scalar_subquery {
    const ast_expression *ast;
    rows rows;
    struct correlation *list;
    int count, value; /* of the list; the place of the value's column among those of `rows` */
} scalar_subquery;

bool flink_lower_scalar(lowering *l, const ast_expression *ast, const rows *around,
    const typing *outer, scalar_subquery *out);
const sql_type *flink_scalar_type(const scalar_subquery *sub);
/* Joins it as a column behind those of `r`. */
bool flink_join_scalar(lowering *l, const scalar_subquery *sub, const typing *outer, rows *r,
    computed_columns *computed);
/* For ast_expression_visit: a value that is a subquery's. */
bool flink_is_subquery(void *context, const ast_expression *part);
/* Joins the subqueries that are values in the expression as columns behind those of `r`. */
bool flink_scalar_subqueries(lowering *l, const ast_expression *ast, const typing *outer, rows *r,
    computed_columns *computed);
/* For ast_expression_visit: COUNT, which is 0 of no rows. */
bool flink_is_count(void *context, const ast_expression *part);
/* An aggregate without GROUP BY: one row, also of no rows. */
bool flink_gives_one_row(const flink_query *query);
/* Behind a LEFT JOIN with the groups of a subquery, where COUNT of no rows is 0 and there is no row
 * to say so: the `count` columns of `joined` from `first` on are the subquery's. */
bool flink_count_nothing(lowering *l, const flink_query *query, rows *joined, int first, int count);
/* outer = column: what joins the rows of a subquery with those around it. */
typedef struct correlation {
    const ast_expression *outer;
    int column; /* of the subquery's node */
} correlation;

/* The rows of a subquery that may name columns of `around` in equalities of its WHERE. The columns
 * that were added for these are hidden. */
bool flink_correlated_rows(lowering *l, const flink_query *query, const rows *around,
    const typing *outer, rows *out, correlation **list, int *count);
/* These equalities over both sides' columns next to each other; NULL without any. */
bool flink_correlation(lowering *l, const rows *left, const typing *outer, const rows *sub,
    const correlation *list, int count, const expression **out);
/* Calls with OVER that are expressions over others; NULL: with the error set. */
bool flink_over_is_derived(const ast_expression *over);
ast_expression *flink_derive_over(lowering *l, const ast_expression *over, const flink_over *base);
bool flink_top_rows(lowering *l, rows *r, const plan_order *order, int order_count,
    const int *partition, int partition_count, int64_t from, int64_t to, bool has_rank);
/* Filters by conditions, which may hold subqueries. */
bool flink_where(
    lowering *l, const ast_expression *const *conditions, int count, const typing *outer, rows *r);
/* Makes rows of the names given: AS t (a, b). `alias` with no text: names only lose their table. */
bool flink_rename(lowering *l, ast_name alias, const ast_name_list *columns, rows *r);
/* Takes away the columns that nobody may name any more. */
bool flink_drop_hidden(lowering *l, rows *r);
/* A PROJECT that keeps all columns and adds one more; gives its index. The names stay. */
int flink_add_column(lowering *l, rows *r, const expression *e, const char *name);
bool flink_order(lowering *l, const flink_query *query, const typing *outer, rows *r);

/* ---- sink ---- */

bool flink_insert_sink(lowering *l, const flink_insert *insert, rows *r);
bool flink_transient_sink(lowering *l, rows *r);

/* ---- rewrites ---- */

bool flink_rewrite(lowering *l);

/* How long results that change are held back. */
bool flink_mini_batch(lowering *l);

#endif
