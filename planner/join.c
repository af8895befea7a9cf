/* join.c - joins: stream-stream within a time, stream-table and table-table by primary key, and
 * table-table by a foreign key.
 *
 * A side that is not keyed by its side of ON is keyed anew and exchanged:
 *   PROJECT(join key, all columns) -> EXCHANGE
 * A foreign-key join keeps the left table's key; both tables are gathered in one partition, and
 * what comes behind it is spread again. The joined row is the join key, the left columns, the right
 * ones (join_names.c). */
#include "planner/format_rules.h"
#include "planner/join_condition.h"

static const char *kind_text(ast_join_kind kind) {
    switch (kind) {
    case AST_JOIN_LEFT:
        return "LEFT OUTER";
    case AST_JOIN_RIGHT:
        return "RIGHT OUTER";
    case AST_JOIN_FULL:
        return "FULL OUTER";
    case AST_JOIN_INNER:
        break;
    }
    return "INNER";
}

static join_kind plan_kind_of(ast_join_kind kind) {
    switch (kind) {
    case AST_JOIN_LEFT:
        return JOIN_LEFT;
    case AST_JOIN_RIGHT:
        return JOIN_RIGHT;
    case AST_JOIN_FULL:
        return JOIN_FULL;
    case AST_JOIN_INNER:
        break;
    }
    return JOIN_INNER;
}

/* ---- what may be joined ---- */

static bool check_sources(joining *j) {
    const relation_source *right = &j->right->sources[0];
    for (int i = 0; i < j->left->source_count; i++) {
        const relation_source *left = &j->left->sources[i];
        if (!slice_equal(left->alias, right->alias))
            continue;
        error_at(j->b->e, ERROR_STATEMENT, j->ast->right.span,
            "Two sources of the join are called '%.*s'", SLICE_ARG(right->alias));
        return error_hint(j->b->e, "Give one of them another name: %.*s AS other.",
            SLICE_ARG(right->descriptor->name));
    }
    return true;
}

static bool refuse(joining *j, const char *message, const char *hint) {
    error_at(j->b->e, ERROR_STATEMENT, j->ast->span, "%s", message);
    return error_hint(j->b->e, "%s", hint);
}

static bool check_stream_table(joining *j) {
    if (j->ast->kind == AST_JOIN_FULL || j->ast->kind == AST_JOIN_RIGHT) {
        error_at(j->b->e, ERROR_STATEMENT, j->ast->span,
            "Invalid join type: a %s join of a stream with a table is not supported",
            kind_text(j->ast->kind));
        return error_hint(
            j->b->e, "A table's rows alone do not make stream rows: use INNER or LEFT.");
    }
    if (join_is_keyed(j->right, &j->on, false))
        return true;
    return refuse(j,
        "Invalid join condition: a stream-table join must be on the table's primary key",
        "Make a table with the wanted key by GROUP BY, and join that.");
}

/* Whether the left table's key is what ON names, in any order. */
static bool has_left_key(const joining *j) {
    if (j->left->key_count != j->on.count)
        return false;
    for (int k = 0; k < j->on.count; k++) {
        bool found = false;
        for (int i = 0; i < j->on.count; i++)
            found = found || join_key_is(j->left, k, j->on.pairs[i].left);
        if (!found)
            return false;
    }
    return true;
}

static bool check_table_table(joining *j) {
    if (!join_is_keyed(j->right, &j->on, false))
        return refuse(j,
            "Invalid join condition: a table-table join must be on the primary key of the right "
            "table",
            "Swap the tables, or make a table with the wanted key by GROUP BY.");
    j->foreign_key = !has_left_key(j);
    if (!j->foreign_key)
        return true;
    if (j->left->node->window != WINDOW_NONE)
        return refuse(j, "Foreign-key joins are not supported on windowed tables",
            "Join windowed tables on their keys.");
    if (j->ast->kind == AST_JOIN_FULL || j->ast->kind == AST_JOIN_RIGHT)
        return refuse(j, "Invalid join type: a foreign-key join is INNER or LEFT",
            "Swap the tables, or use LEFT JOIN.");
    return true;
}

static bool check_kinds(joining *j) {
    bool within = j->ast->before.given || j->ast->after.given;
    if (j->left_table && !j->right_table)
        return refuse(j,
            "Invalid join order: a table cannot be joined with a stream, only a stream with a "
            "table",
            "Swap the two: FROM stream JOIN table.");
    if (!j->left_table && !j->right_table && !within)
        return refuse(j, "A join of two streams needs a WITHIN clause",
            "Say how far apart in time rows may be: JOIN s WITHIN 1 HOUR ON ...");
    if (j->right_table && within)
        return refuse(j, "WITHIN is only for joins of two streams", "Remove WITHIN.");
    if (!j->right_table || j->bounded)
        return true;
    return j->left_table ? check_table_table(j) : check_stream_table(j);
}

static bool check_windows(joining *j) {
    const plan_node *left = j->left->node, *right = j->right->node;
    if (j->bounded && (left->window == WINDOW_NONE || right->window == WINDOW_NONE))
        return true;
    if ((left->window == WINDOW_NONE) != (right->window == WINDOW_NONE))
        return refuse(j, "Cannot join a windowed source to one that is not windowed",
            "Window bounds are part of the key: drop them with FROM CHANGES(...) and PARTITION "
            "BY.");
    if ((left->window == WINDOW_SESSION) != (right->window == WINDOW_SESSION))
        return refuse(j, "Incompatible windowed sources: sessions join only with sessions",
            "Both sides need windows of one kind.");
    if (left->window_size_ms != right->window_size_ms)
        return refuse(
            j, "Incompatible windowed sources: their window sizes differ", "Use equal sizes.");
    return true;
}

/* ---- rekeying a side ---- */

static void shift_columns(relation *r, int by) {
    for (int i = 0; i < r->column_count; i++)
        r->columns[i].index += by;
    for (int i = 0; i < 2; i++)
        if (r->records[i] >= 0)
            r->records[i] += by;
}

/* Moves a side's rows to the partition of their key, in that format. */
static void exchange(joining *j, relation *side, bool left, slice key_format) {
    planning *b = j->b;
    plan_node *node = planning_node(b, PLAN_EXCHANGE, side->node);
    node->exchange.topic = planning_text(b, "%.*s-Join%d-%s-repartition",
        SLICE_ARG(b->plan->query_id), j->left->source_count, left ? "left" : "right");
    node->exchange.partitions = side->placed_partitions;
    node->exchange.key_format = side->placed_format = key_format;
    side->gathered = false;
    side->node = node;
}

/* Whether the first columns of the side's rows are its side of ON. What merely equals the key would
 * do for queries that run on, but after an outer join it may be null where the key is not. */
static bool begins_with_key(const joining *j, const relation *side, bool left) {
    for (int k = 0; k < j->on.count; k++) {
        const expression *e = left ? j->on.pairs[k].left : j->on.pairs[k].right;
        if (k >= side->node->key_count || e->kind != EXPRESSION_COLUMN || e->index != k)
            return false;
    }
    return true;
}

static bool rekey(joining *j, relation *side, bool left) {
    planning *b = j->b;
    int count = j->on.count;
    if (j->bounded ? begins_with_key(j, side, left) : join_is_keyed(side, &j->on, left))
        return true;
    if (!j->bounded && side->node->window != WINDOW_NONE)
        return refuse(j, "Implicit repartitioning of windowed sources is not supported",
            "Join windowed sources on their keys.");
    plan_node *input = side->node;
    plan_node *project = planning_node(b, PLAN_PROJECT, input);
    plan_column *columns = planning_columns(b, project, count + input->column_count);
    const expression **expressions =
        ARENA_ARRAY(b->arena, const expression *, count + input->column_count);
    for (int k = 0; k < count; k++) {
        const expression *key = left ? j->on.pairs[k].left : j->on.pairs[k].right;
        slice name = k ? planning_text(b, "KSQL_JOIN_KEY_%d", k) : SLICE_LITERAL("KSQL_JOIN_KEY");
        columns[k] = (plan_column){name, key->type};
        expressions[k] = key;
    }
    for (int i = 0; i < input->column_count; i++) {
        columns[count + i] = input->columns[i];
        expressions[count + i] = planning_input_column(b, input, i);
    }
    project->project.expressions = expressions;
    project->key_count = count;
    side->node = project;
    if (!j->bounded)
        exchange(j, side, left,
            format_rules_exchange(side->format_source->key_format.name, columns, count));
    shift_columns(side, count);
    return true;
}

/* Keys of several columns have their names in their bytes. */
static bool same_names(const joining *j) {
    for (int k = 0; k < j->on.count && j->on.count > 1; k++)
        if (!slice_equal(j->left->node->columns[k].name, j->right->node->columns[k].name))
            return false;
    return true;
}

/* Lets a side's rows go where the other side's are. */
static void move_to(joining *j, relation *side, const relation *other) {
    if (side->node->kind != PLAN_EXCHANGE)
        exchange(j, side, side == j->left, other->placed_format);
    plan_node *node = side->node;
    const plan_column *before = node->columns;
    plan_column *columns = planning_columns(j->b, node, node->column_count);
    memcpy(columns, before, sizeof *columns * (size_t)node->column_count);
    for (int k = 0; k < j->on.count; k++)
        columns[k].name = other->node->columns[k].name;
    node->exchange.partitions = side->placed_partitions = other->placed_partitions;
    node->exchange.key_format = side->placed_format = other->placed_format;
}

/* Rows with one key must be in the same partition of both sides: partitions of one number, chosen
 * by the same bytes. A side that is exchanged anyway, or was gathered in one partition, goes where
 * the other is; where only the bytes differ, the left side does. */
static bool copartition(joining *j) {
    relation *left = j->left, *right = j->right;
    bool left_free = left->node->kind == PLAN_EXCHANGE || left->gathered;
    bool right_free = right->node->kind == PLAN_EXCHANGE;
    bool same_count = left->placed_partitions == right->placed_partitions;
    bool alone = same_count && left->placed_partitions == 1;
    bool same_bytes =
        slice_equal_ignore_case(left->placed_format, right->placed_format) && same_names(j);
    if (alone || (same_count && same_bytes) || j->b->is_pull) /* which runs in one task */
        return true;
    if (right_free && !left_free)
        move_to(j, right, left);
    else if (same_count || left_free)
        move_to(j, left, right);
    if (same_count || left_free || right_free)
        return true;
    error_at(j->b->e, ERROR_STATEMENT, j->ast->span,
        "Can't join `%.*s` with `%.*s` since the number of partitions don't match: `%.*s` has "
        "%d, `%.*s` has %d",
        SLICE_ARG(left->sources[0].alias), SLICE_ARG(right->sources[0].alias),
        SLICE_ARG(left->sources[0].alias), (int)left->placed_partitions,
        SLICE_ARG(right->sources[0].alias), (int)right->placed_partitions);
    return error_hint(j->b->e,
        "Copy one into a topic with the other's number of partitions: "
        "CREATE STREAM ... WITH (PARTITIONS=%d) AS SELECT ...",
        (int)left->placed_partitions);
}

/* A foreign key's row may be anywhere: both tables meet in one partition. */
static void gather(joining *j, relation *side, const char *name) {
    planning *b = j->b;
    if (side->placed_partitions <= 1)
        return;
    plan_node *exchange = planning_node(b, PLAN_EXCHANGE, side->node);
    int joins = j->left->source_count;
    exchange->exchange.topic = joins > 1 ? planning_text(b, "%.*s-ForeignKeyJoin%d-%s-subscription",
                                               SLICE_ARG(b->plan->query_id), joins, name)
                                         : planning_text(b, "%.*s-ForeignKeyJoin-%s-subscription",
                                               SLICE_ARG(b->plan->query_id), name);
    exchange->exchange.partitions = side->placed_partitions = 1;
    exchange->exchange.key_format = side->placed_format;
    side->gathered = true;
    side->node = exchange;
}

/* ---- the node ---- */

static plan_node *make_node(joining *j) {
    planning *b = j->b;
    plan_node *left = j->left->node, *right = j->right->node;
    plan_kind kind = j->bounded       ? PLAN_HASH_JOIN
                     : j->foreign_key ? PLAN_FOREIGN_KEY_JOIN
                     : j->left_table  ? PLAN_TABLE_JOIN
                     : j->right_table ? PLAN_STREAM_TABLE_JOIN
                                      : PLAN_STREAM_JOIN;
    plan_node *node = planning_node(b, kind, left);
    node->input_count = 2;
    node->inputs[1] = right;
    node->key_count = j->foreign_key ? left->key_count : j->on.count;
    int keys = node->key_count;
    plan_column *columns =
        planning_columns(b, node, keys + left->column_count + right->column_count);
    memcpy(columns, left->columns, sizeof *columns * (size_t)keys);
    memcpy(columns + keys, left->columns, sizeof *columns * (size_t)left->column_count);
    memcpy(columns + keys + left->column_count, right->columns,
        sizeof *columns * (size_t)right->column_count);
    if (j->bounded && right->window == WINDOW_NONE) {
        node->window = WINDOW_NONE;
        node->window_size_ms = 0;
    }
    node->store = planning_text(b, "Join%d", j->left->source_count);
    node->join.kind = plan_kind_of(j->ast->kind);
    node->join.before_ms = j->ast->before.duration_ms;
    node->join.after_ms = j->ast->after.duration_ms;
    node->join.grace_ms = j->ast->grace.given ? j->ast->grace.duration_ms : -1;
    if (j->foreign_key) {
        const expression **foreign = ARENA_ARRAY(b->arena, const expression *, j->on.count);
        for (int i = 0; i < j->on.count; i++)
            foreign[i] = j->on.pairs[i].left;
        node->join.foreign_keys = foreign;
        node->join.foreign_key_count = j->on.count;
    }
    if (kind == PLAN_STREAM_TABLE_JOIN)
        node->join.ttl_ms = b->ttl_ms;
    if (kind == PLAN_STREAM_JOIN) {
        node->join.records[0] = j->left->records[0] + 1;
        node->join.records[1] = j->right->records[0] + 1;
        node->join.keeps_records = !j->last || b->query->window.kind != AST_WINDOW_NONE;
    }
    return node;
}

/* ---- the whole ---- */

bool plan_join(planning *b, relation *left, const ast_join *join, bool last, relation *out) {
    relation right;
    if (!plan_relation(b, &join->right, true, &right))
        return false;
    joining j = {.b = b,
        .left = left,
        .right = &right,
        .ast = join,
        .left_table = left->node->mode != CHANGELOG_APPEND,
        .right_table = right.node->mode != CHANGELOG_APPEND,
        .last = last};
    j.bounded = b->is_pull && j.left_table && j.right_table;
    if (!check_sources(&j) || !join_condition_read(b, left, &right, join, &j.on) ||
        !check_kinds(&j) || !check_windows(&j))
        return false;
    int left_width = left->node->column_count, right_width = right.node->column_count;
    if (j.foreign_key) {
        gather(&j, left, "left");
        gather(&j, &right, "right");
    } else if (!rekey(&j, left, true) || !rekey(&j, &right, false) || !copartition(&j))
        return false;
    *out = *left;
    out->node = make_node(&j);
    join_name_row(
        &j, out, left->node->column_count - left_width, right.node->column_count - right_width);
    return true;
}
