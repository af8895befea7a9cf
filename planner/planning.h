/* planning.h - what the files of the planner share while one plan is made. Private to the planner.
 *
 * A query is planned clause by clause, in the order in which rows pass the clauses. Between two
 * clauses stands a `relation`: the node that gives the rows, the names by which expressions reach
 * its columns, and what its key is called in the SELECT list. Nodes are made with planning_node and
 * stay in the order of their making, so inputs come before consumers.
 */
#ifndef SLUICE_PLANNER_PLANNING_H
#define SLUICE_PLANNER_PLANNING_H

#include "planner/expression_analysis.h"
#include "planner/planner.h"

typedef struct table_function_call {
    const ast_expression *ast;
    int column; /* of the TABLE_FUNCTION node */
    const sql_type *type;
} table_function_call;

typedef struct planning {
    plan *plan;
    arena *arena; /* the plan's */
    const catalog *catalog;
    const planner_options *options;
    const ast_query *query;
    error *e;
    bool persistent; /* writes a topic: keys are told from values */
    bool is_pull;
    int64_t ttl_ms; /* of what tables and groups remember; 0: for ever */
    int expire_count;
    bool keeps_records; /* late rows go to plan->late_topic, so sources give their records */
    slice sink_name;    /* for messages */
    plan_node **nodes;
    int node_count, node_capacity;
    /* Table functions already planned: later clauses use their columns. */
    table_function_call *table_functions;
    int table_function_count;
    slice *generated_names; /* given by select_generated_name */
    int generated_name_count;
    /* ORDER BY (pull_order.c): a column of the SELECT list for each item, and how many columns were
     * added to that list for it. */
    int *order_columns;
    int order_hidden;
} planning;

/* One key column of a relation, as the SELECT list may name it. */
typedef struct relation_key {
    const expression *value; /* over the relation's node */
    const expression **same; /* a SELECT item equal to one of these is this key */
    int same_count;
    /* Of a join: computed expressions that equal the key, over the relation's node. They cannot be
     * selected as the key, but joining by them again needs no exchange. */
    const expression *equal[2];
    int equal_count;
    bool synthetic; /* a column of its own, ROWKEY, because no source's column equals it */
    slice name;     /* when no SELECT item names it (push queries, messages) */
    const ast_expression *ast; /* for SELECT * where it is not a column; else NULL */
} relation_key;

typedef struct relation_source {
    slice alias;
    const source_descriptor *descriptor; /* the plan's copy */
    int first, count;                    /* its columns in relation.columns */
} relation_source;

typedef struct relation_column {
    bool star;   /* SELECT * takes it */
    bool is_key; /* of its source */
} relation_column;

typedef struct relation {
    plan_node *node;
    scope_column *columns;
    relation_column *traits; /* one for each of columns */
    int column_count;
    relation_source *sources;
    int source_count;
    relation_key *keys;
    int key_count;
    bool key_synthetic; /* one of the keys is: part of SELECT * */
    bool key_any;       /* a join: `same` are source columns, any of which may stand for the key */
    bool partitioned;   /* by PARTITION BY */
    bool drops_window;  /* PARTITION BY of windowed rows: the new key has no window */
    const char *key_noun; /* "key column", "join expression", ... */
    int32_t partitions;   /* of its source: what is made of it gets as many */
    /* Where its rows are: the partition of their key in that format, or all of them in the first.
     */
    int32_t placed_partitions;
    slice placed_format;
    bool gathered;
    /* Columns of the node with the records that its rows were made of; -1: none. */
    int records[2];
    const source_descriptor *format_source; /* whose key and value formats are inherited */
} relation;

/* ---- planning.c: plans, nodes and scopes ---- */

/* A plan without nodes, in an arena of its own. plan_destroy frees it. */
plan *planning_new_plan(const ast_statement *statement, slice query_id);
/* All nodes are there: hands them over to the plan, with its sources and the fingerprint. */
void planning_finish(planning *b);

/* A node over `input` (NULL: none) with a copy of its columns, key, mode and window. */
plan_node *planning_node(planning *b, plan_kind kind, plan_node *input);
/* Replaces the columns of a node: `count` of them, to be filled by the caller. */
plan_column *planning_columns(planning *b, plan_node *node, int count);
/* The scope of a relation for one clause; replaces table functions by their columns. */
expression_scope planning_scope(planning *b, const relation *r, const char *clause);
/* Where EXPLAIN and stores name things after the query: "Aggregate-GroupBy". */
slice planning_text(planning *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A PROJECT over `input` that gives all its columns. `extra` more are to be filled in by the caller
 * behind them, in node->columns and node->project.expressions. */
plan_node *planning_project_all(planning *b, plan_node *input, int extra);
const expression *planning_input_column(planning *b, const plan_node *input, int index);
/* The table's rows as -1 old, +1 new: by the operator that makes them where it can, else by a
 * NORMALIZE on top, whose store is called `store`. Gives the node to go on from. */
plan_node *planning_retract(planning *b, plan_node *node, slice store);
/* The table's rows with deletes for keys that nothing touches any more, where there is a time to
 * live. */
plan_node *planning_expire(planning *b, plan_node *node);
/* True when the query names this pseudo column anywhere. */
bool planning_mentions(const planning *b, pseudo_column pseudo);

/* ---- ast_match.c ---- */

/* Whether two expressions are the same one; columns are the same when they mean the same column
 * of the scope. */
bool ast_expression_match(
    const expression_scope *scope, const ast_expression *a, const ast_expression *b);
/* Calls `visit` for every part of the expression, itself first; stops when it returns true, and
 * returns whether it did. Bodies of lambdas are visited too. */
bool ast_expression_visit(const ast_expression *ast,
    bool (*visit)(void *context, const ast_expression *part), void *context);
/* The column of the scope a column reference means; NULL when none or several. */
const scope_column *scope_find(const expression_scope *scope, slice qualifier, slice name);
/* A reference to a column, as if it had been written. */
ast_expression *ast_make_column(arena *a, slice qualifier, slice name, source_span span);

/* What SELECT calls a column without AS: L_B where several sources of a join have a B. */
slice relation_column_name(planning *b, const relation *r, const scope_column *column);

/* ---- from.c, join.c ---- */

/* The node that reads a source, its key columns first. `record`: a last column gives the whole
 * record, for rows that turn out late. It has no name in SQL. */
plan_node *planning_source(planning *b, const source_descriptor *source, bool record);
/* FROM with its joins. False on error. */
bool plan_from(planning *b, relation *out);
/* One source. `joined`: its pseudo columns become columns of the node, since a join has none. */
bool plan_relation(planning *b, const ast_relation *ast, bool joined, relation *out);
bool plan_join(planning *b, relation *left, const ast_join *join, bool last, relation *out);

/* ---- clauses ---- */

bool plan_where(planning *b, relation *r);
bool plan_partition_by(planning *b, relation *r);
bool plan_table_functions(planning *b, relation *r);
/* SELECT without GROUP BY. */
bool plan_select(planning *b, relation *r);
/* WINDOW, GROUP BY, HAVING, EMIT FINAL and SELECT. */
bool plan_group_by(planning *b, relation *r);

/* ---- projection.c ---- */

typedef struct select_item {
    const ast_expression *ast;
    const expression *typed; /* after select_analyze */
    slice name;
    bool named; /* by AS */
    bool from_star;
    source_span span;
    int key; /* plan_project: the key column it is, or -1 */
} select_item;

typedef struct select_list {
    select_item *items;
    int count;
} select_list;

/* The SELECT list with stars expanded and every item named. */
bool select_expand(planning *b, const relation *r, expression_scope *scope, select_list *out);
/* Types every item. */
bool select_analyze(planning *b, expression_scope *scope, select_list *list);
/* The last PROJECT: puts key columns first (persistent queries) and checks that they are there. */
bool plan_project(planning *b, relation *r, const select_list *list);
/* The name of an expression without AS: the last field's of a dereference, else KSQL_COL_n. */
slice select_generated_name(planning *b, const relation *r, const ast_expression *ast);

/* ---- sink.c ---- */

/* CREATE ... AS: the descriptor of what is made, and the SINK node. */
bool plan_create_sink(planning *b, const relation *r, const ast_create_as *create, slice sql);
bool plan_insert_sink(planning *b, const relation *r, const ast_insert_select *insert);
bool plan_transient_sink(planning *b, relation *r);

/* ---- pull.c ---- */

/* The whole of a pull query: from FROM to the sink. */
bool plan_pull_query(planning *b);

/* ---- rewrites, after the DAG is whole ---- */

void rewrite_prune_columns(planning *b); /* also fills source.wanted */
void rewrite_drop_projects(planning *b); /* those that change nothing */
void rewrite_mark_system(planning *b);   /* needs_source, needs_headers */

#endif
