/* join.c - joins: stream-stream within a time, stream-table and table-table by primary key, and
 * table-table by a foreign key.
 *
 * A side that is not keyed by its side of ON is keyed anew and exchanged:
 *   PROJECT(join key, all columns) -> EXCHANGE
 * The joined row is the join key, the left columns, the right ones; names move along. The key may
 * be selected under the name of any column that equals it; where there is none (an outer join's
 * sides may both be missing, ON may compare expressions) it is a column of its own, ROWKEY. A
 * foreign-key join keeps the left table's key. */
#include "planner/format_rules.h"
#include "planner/join_condition.h"

typedef struct joining {
    planning *b;
    relation *left, *right;
    const ast_join *ast;
    join_condition on;
    bool left_table, right_table;
    bool foreign_key;
    bool last;
} joining;

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
        if (slice_equal(left->descriptor->name, right->descriptor->name)) {
            error_at(j->b->e, ERROR_UNSUPPORTED, j->ast->right.span,
                "Cannot join '%.*s' to itself: self joins are not supported yet",
                SLICE_ARG(right->descriptor->name));
            return error_hint(
                j->b->e, "Make a copy with CREATE STREAM ... AS SELECT and join that.");
        }
        if (slice_equal(left->alias, right->alias))
            return error_at(j->b->e, ERROR_STATEMENT, j->ast->right.span,
                "Two sources of the join are called '%.*s'", SLICE_ARG(right->alias));
    }
    return true;
}

static bool is_key(const relation *r, const expression *e) {
    if (r->key_count != 1)
        return false;
    for (int i = 0; i < r->keys[0].same_count; i++)
        if (expression_equal(e, r->keys[0].same[i]))
            return true;
    for (int i = 0; i < r->keys[0].equal_count; i++)
        if (expression_equal(e, r->keys[0].equal[i]))
            return true;
    return false;
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
    if (is_key(j->right, j->on.right))
        return true;
    return refuse(j,
        "Invalid join condition: a stream-table join must be on the table's primary key",
        "Make a table with the wanted key by GROUP BY, and join that.");
}

static bool check_table_table(joining *j) {
    if (!is_key(j->right, j->on.right))
        return refuse(j,
            "Invalid join condition: a table-table join must be on the primary key of the right "
            "table",
            "Swap the tables, or make a table with the wanted key by GROUP BY.");
    j->foreign_key = !is_key(j->left, j->on.left);
    if (!j->foreign_key)
        return true;
    if (j->left->node->window != WINDOW_NONE)
        return refuse(j, "Foreign-key joins are not supported on windowed tables",
            "Join windowed tables on their keys.");
    if (j->left->source_count > 1)
        return refuse(j,
            "Invalid join condition: foreign-key joins are not supported behind another join",
            "Put the foreign-key join first, or into a table of its own.");
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
    if (!j->right_table)
        return true;
    return j->left_table ? check_table_table(j) : check_stream_table(j);
}

static bool check_windows(joining *j) {
    const plan_node *left = j->left->node, *right = j->right->node;
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

static bool rekey(joining *j, relation *side, const expression *key, const char *name) {
    planning *b = j->b;
    if (is_key(side, key))
        return true;
    if (side->node->window != WINDOW_NONE)
        return refuse(j, "Implicit repartitioning of windowed sources is not supported",
            "Join windowed sources on their keys.");
    plan_node *input = side->node;
    plan_node *project = planning_node(b, PLAN_PROJECT, input);
    plan_column *columns = planning_columns(b, project, input->column_count + 1);
    const expression **expressions =
        ARENA_ARRAY(b->arena, const expression *, input->column_count + 1);
    columns[0] = (plan_column){SLICE_LITERAL("KSQL_JOIN_KEY"), key->type};
    expressions[0] = key;
    for (int i = 0; i < input->column_count; i++) {
        columns[i + 1] = input->columns[i];
        expressions[i + 1] = planning_input_column(b, input, i);
    }
    project->project.expressions = expressions;
    project->key_count = 1;
    plan_node *exchange = planning_node(b, PLAN_EXCHANGE, project);
    exchange->exchange.topic = planning_text(
        b, "%.*s-Join%d-%s-repartition", SLICE_ARG(b->plan->query_id), j->left->source_count, name);
    exchange->exchange.partitions = side->partitions;
    exchange->exchange.key_format =
        format_rules_exchange(side->format_source->key_format.name, columns, 1);
    side->node = exchange;
    shift_columns(side, 1);
    return true;
}

/* Rows with one key must be in partitions of one number. A side that is exchanged anyway takes the
 * other's count. */
static bool copartition(joining *j) {
    relation *left = j->left, *right = j->right;
    if (left->partitions == right->partitions || j->foreign_key)
        return true;
    bool left_free = left->node->kind == PLAN_EXCHANGE;
    bool right_free = right->node->kind == PLAN_EXCHANGE;
    if (left_free && !right_free)
        left->node->exchange.partitions = right->partitions;
    else if (right_free)
        right->node->exchange.partitions = left->partitions;
    else {
        error_at(j->b->e, ERROR_STATEMENT, j->ast->span,
            "Can't join `%.*s` with `%.*s` since the number of partitions don't match: `%.*s` has "
            "%d, `%.*s` has %d",
            SLICE_ARG(left->sources[0].alias), SLICE_ARG(right->sources[0].alias),
            SLICE_ARG(left->sources[0].alias), (int)left->partitions,
            SLICE_ARG(right->sources[0].alias), (int)right->partitions);
        return error_hint(j->b->e,
            "Copy one into a topic with the other's number of partitions: "
            "CREATE STREAM ... WITH (PARTITIONS=%d) AS SELECT ...",
            (int)left->partitions);
    }
    return true;
}

/* A foreign key's row may be anywhere: both tables meet in one partition. */
static void gather(joining *j, relation *side, const char *name) {
    planning *b = j->b;
    if (side->partitions <= 1)
        return;
    plan_node *exchange = planning_node(b, PLAN_EXCHANGE, side->node);
    exchange->exchange.topic =
        planning_text(b, "%.*s-ForeignKeyJoin-%s-subscription", SLICE_ARG(b->plan->query_id), name);
    exchange->exchange.partitions = 1;
    exchange->exchange.key_format = side->format_source->key_format.name;
    side->node = exchange;
}

/* ---- the node ---- */

static plan_node *make_node(joining *j) {
    planning *b = j->b;
    plan_node *left = j->left->node, *right = j->right->node;
    plan_kind kind = j->foreign_key   ? PLAN_FOREIGN_KEY_JOIN
                     : j->left_table  ? PLAN_TABLE_JOIN
                     : j->right_table ? PLAN_STREAM_TABLE_JOIN
                                      : PLAN_STREAM_JOIN;
    plan_node *node = planning_node(b, kind, left);
    node->input_count = 2;
    node->inputs[1] = right;
    node->key_count = j->foreign_key ? left->key_count : 1;
    int keys = node->key_count;
    plan_column *columns =
        planning_columns(b, node, keys + left->column_count + right->column_count);
    memcpy(columns, left->columns, sizeof *columns * (size_t)keys);
    memcpy(columns + keys, left->columns, sizeof *columns * (size_t)left->column_count);
    memcpy(columns + keys + left->column_count, right->columns,
        sizeof *columns * (size_t)right->column_count);
    node->store = planning_text(b, "Join%d", j->left->source_count);
    node->join.kind = plan_kind_of(j->ast->kind);
    node->join.before_ms = j->ast->before.duration_ms;
    node->join.after_ms = j->ast->after.duration_ms;
    node->join.grace_ms = j->ast->grace.given ? j->ast->grace.duration_ms : -1;
    if (j->foreign_key)
        node->join.foreign_key = j->on.left;
    if (kind == PLAN_STREAM_JOIN) {
        node->join.records[0] = j->left->records[0] + 1;
        node->join.records[1] = j->right->records[0] + 1;
        node->join.keeps_records = !j->last || b->query->window.kind != AST_WINDOW_NONE;
    }
    return node;
}

/* The records of a joined row are those of its sides, the left one's first. */
static void name_records(const joining *j, relation *out) {
    int found = 0, offset = out->node->key_count;
    const relation *sides[2] = {j->left, j->right};
    out->records[0] = out->records[1] = -1;
    for (int s = 0; s < 2; s++) {
        for (int i = 0; i < 2 && found < 2; i++)
            if (sides[s]->records[i] >= 0)
                out->records[found++] = sides[s]->records[i] + offset;
        offset += sides[s]->node->column_count;
    }
}

/* ---- names of the joined row ---- */

/* The columns of both sides behind the key, without a synthetic key of an earlier join. */
static void name_columns(joining *j, relation *out, slice synthetic) {
    planning *b = j->b;
    const relation *sides[2] = {j->left, j->right};
    int most = 1 + sides[0]->column_count + sides[1]->column_count;
    out->columns = ARENA_ARRAY(b->arena, scope_column, most);
    out->traits = ARENA_ARRAY(b->arena, relation_column, most);
    out->sources = ARENA_ARRAY(b->arena, relation_source, sides[0]->source_count + 1);
    out->column_count = out->source_count = 0;
    if (synthetic.data) {
        out->columns[0] = (scope_column){.name = synthetic, .type = out->node->columns[0].type};
        out->traits[0] = (relation_column){.star = true};
        out->column_count = 1;
    }
    int offset = out->node->key_count;
    for (int s = 0; s < 2; s++) {
        for (int i = 0; i < sides[s]->source_count; i++) {
            relation_source source = sides[s]->sources[i];
            int from = source.first;
            source.first = out->column_count;
            memcpy(out->columns + out->column_count, sides[s]->columns + from,
                sizeof *out->columns * (size_t)source.count);
            memcpy(out->traits + out->column_count, sides[s]->traits + from,
                sizeof *out->traits * (size_t)source.count);
            for (int c = 0; c < source.count; c++)
                out->columns[out->column_count + c].index += offset;
            out->column_count += source.count;
            out->sources[out->source_count++] = source;
        }
        offset += sides[s]->node->column_count;
    }
}

static slice synthetic_name(joining *j) {
    slice name = SLICE_LITERAL("ROWKEY");
    for (int n = 1;; n++) {
        bool used = source_column_index(j->right->sources[0].descriptor, name) >= 0;
        for (int i = 0; i < j->left->source_count; i++)
            used = used || source_column_index(j->left->sources[i].descriptor, name) >= 0;
        if (!used)
            return name;
        name = planning_text(j->b, "ROWKEY_%d", n);
    }
}

/* The expression with its columns moved by `offset`. */
static const expression *shifted(planning *b, const expression *e, int offset) {
    expression *copy = ARENA_NEW(b->arena, expression);
    *copy = *e;
    if (e->kind == EXPRESSION_COLUMN)
        copy->index += offset;
    const expression **arguments = ARENA_ARRAY(b->arena, const expression *, e->argument_count + 1);
    for (int i = 0; i < e->argument_count; i++)
        arguments[i] = shifted(b, e->arguments[i], offset);
    copy->arguments = arguments;
    return copy;
}

/* What equals the join key on one side, moved to where it is in the joined row: its expression in
 * ON and, where the side is keyed by that already, whatever else equals its key. */
static void add_same(
    joining *j, relation_key *key, const relation *side, const expression *e, int offset) {
    bool whole = side->key_any && is_key(side, e);
    for (int i = 0; whole && i < side->keys[0].same_count; i++)
        if (!side->key_synthetic)
            key->same[key->same_count++] = shifted(j->b, side->keys[0].same[i], offset);
    if (e->kind != EXPRESSION_COLUMN)
        key->equal[key->equal_count++] = shifted(j->b, e, offset);
    else if (!whole)
        key->same[key->same_count++] = shifted(j->b, e, offset);
}

static void name_join_key(joining *j, relation *out, int left_offset, int right_offset) {
    planning *b = j->b;
    relation_key *key = ARENA_NEW(b->arena, relation_key);
    key->value = planning_input_column(b, out->node, 0);
    key->same = ARENA_ARRAY(
        b->arena, const expression *, (j->left->key_count ? j->left->keys[0].same_count : 0) + 3);
    if (j->ast->kind != AST_JOIN_FULL) {
        add_same(j, key, j->left, j->on.left, left_offset);
        add_same(j, key, j->right, j->on.right, right_offset);
    }
    out->key_synthetic = key->same_count == 0;
    if (out->key_synthetic)
        key->same[key->same_count++] = key->value;
    out->keys = key;
    out->key_count = 1;
    out->key_any = true;
    out->key_noun = "join expression";
}

/* The left table's key stays; its columns are found behind the copies of the key. */
static void name_foreign_join_key(joining *j, relation *out) {
    planning *b = j->b;
    int count = out->node->key_count;
    out->keys = ARENA_ARRAY(b->arena, relation_key, count + 1);
    out->key_count = count;
    out->key_any = out->key_synthetic = false;
    out->key_noun = "primary key column of the left table";
    for (int i = 0; i < count; i++) {
        relation_key *key = &out->keys[i];
        key->value = planning_input_column(b, out->node, i);
        key->same = ARENA_NEW(b->arena, const expression *);
        key->same[0] = planning_input_column(b, out->node, count + i);
        key->same_count = 1;
        key->name = out->node->columns[i].name;
    }
}

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
    if (!check_sources(&j) || !join_condition_read(b, left, &right, join, &j.on) ||
        !check_kinds(&j) || !check_windows(&j))
        return false;
    int left_width = left->node->column_count, right_width = right.node->column_count;
    if (j.foreign_key) {
        gather(&j, left, "left");
        gather(&j, &right, "right");
    } else if (!rekey(&j, left, j.on.left, "left") || !rekey(&j, &right, j.on.right, "right") ||
               !copartition(&j))
        return false;
    *out = *left;
    out->node = make_node(&j);
    int left_shift = left->node->column_count - left_width;
    int right_shift = right.node->column_count - right_width;
    int keys = out->node->key_count;
    if (j.foreign_key)
        name_foreign_join_key(&j, out);
    else
        name_join_key(&j, out, keys + left_shift, keys + left->node->column_count + right_shift);
    bool synthetic = out->key_synthetic && last && !j.foreign_key;
    slice name = out->key_synthetic && !j.foreign_key ? synthetic_name(&j) : (slice){0};
    if (name.data) {
        ((plan_column *)out->node->columns)[0].name = name;
        out->keys[0].name = name;
    }
    name_columns(&j, out, synthetic ? name : (slice){0});
    name_records(&j, out);
    return true;
}
