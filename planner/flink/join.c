/* Joins. The condition's parts decide what kind of join it is:
 *
 *   parts over one side filter that side where the join allows it,
 *   equalities between the sides are keys,
 *   equal starts and ends of the same windows make a WINDOW JOIN,
 *   bounds of one side's time by the other's make an INTERVAL JOIN,
 *   the rest is tested row by row.
 */
#include "planner/flink/lowering.h"

typedef struct join_parts {
    lowering *l;
    join_kind kind;
    rows left, right;
    source_span span;
    const expression **rest;
    int rest_count;
    const expression **left_keys, **right_keys; /* each over its own side */
    bool *null_safe;
    int key_count;
} join_parts;

static bool filters_left(join_kind kind) {
    return kind == JOIN_INNER || kind == JOIN_RIGHT || kind == JOIN_SEMI;
}

static bool filters_right(join_kind kind) {
    return kind == JOIN_INNER || kind == JOIN_LEFT || kind == JOIN_SEMI || kind == JOIN_ANTI;
}

/* The part as it reads over the right side alone. */
static const expression *over_right(join_parts *p, const expression *e) {
    int width = p->left.node->column_count, other = p->right.node->column_count;
    int *map = ARENA_ARRAY(p->l->b.arena, int, width + other + 1);
    for (int i = 0; i < width + other; i++)
        map[i] = i - width;
    return flink_renumber(p->l->b.arena, e, map);
}

static bool has_columns(const expression *e) {
    if (e->kind == EXPRESSION_COLUMN)
        return true;
    for (int i = 0; i < e->argument_count; i++)
        if (e->arguments[i] && has_columns(e->arguments[i]))
            return true;
    return false;
}

static bool take_key(join_parts *p, const expression *part) {
    int width = p->left.node->column_count, other = p->right.node->column_count;
    if (part->kind != EXPRESSION_COMPARE ||
        (part->compare != COMPARE_EQUAL && part->compare != COMPARE_NOT_DISTINCT))
        return false;
    const expression *a = part->arguments[0], *b = part->arguments[1];
    if (!has_columns(a) || !has_columns(b))
        return false;
    if (flink_reads_only(b, 0, width, 0) && flink_reads_only(a, width, other, 0)) {
        const expression *swap = a;
        a = b;
        b = swap;
    } else if (!flink_reads_only(a, 0, width, 0) || !flink_reads_only(b, width, other, 0)) {
        return false;
    }
    p->left_keys[p->key_count] = a;
    p->right_keys[p->key_count] = over_right(p, b);
    p->null_safe[p->key_count++] = part->compare == COMPARE_NOT_DISTINCT;
    return true;
}

static bool is_true(const expression *e) {
    return e->kind == EXPRESSION_LITERAL && !column_is_null(e->literal, 0) &&
           e->literal->booleans[0];
}

static void sort_parts(join_parts *p, const expression *condition) {
    const expression **parts;
    int count = flink_conjuncts(p->l, condition, &parts);
    int width = p->left.node->column_count, other = p->right.node->column_count;
    p->rest = ARENA_ARRAY(p->l->b.arena, const expression *, count + 1);
    p->left_keys = ARENA_ARRAY(p->l->b.arena, const expression *, count + 1);
    p->right_keys = ARENA_ARRAY(p->l->b.arena, const expression *, count + 1);
    p->null_safe = ARENA_ARRAY(p->l->b.arena, bool, count + 1);
    for (int i = 0; i < count; i++) {
        if (is_true(parts[i]))
            continue;
        if (filters_left(p->kind) && flink_reads_only(parts[i], 0, width, 0))
            p->left.node = flink_filter(p->l, p->left.node, parts[i]);
        else if (filters_right(p->kind) && has_columns(parts[i]) &&
                 flink_reads_only(parts[i], width, other, 0))
            p->right.node = flink_filter(p->l, p->right.node, over_right(p, parts[i]));
        else if (!take_key(p, parts[i]))
            p->rest[p->rest_count++] = parts[i];
    }
}

/* ---- windows ---- */

static const rows_column *role_of(const rows *r, const expression *e, window_role role) {
    for (int i = 0; e->kind == EXPRESSION_COLUMN && i < r->column_count; i++)
        if (r->columns[i].index == e->index && r->columns[i].role == role)
            return &r->columns[i];
    return NULL;
}

/* The key that equates starts (or ends) of the same windows; -1: there is none. */
static int window_key(const join_parts *p, window_role role) {
    for (int i = 0; i < p->key_count; i++) {
        const rows_column *a = role_of(&p->left, p->left_keys[i], role);
        const rows_column *b = role_of(&p->right, p->right_keys[i], role);
        if (a && b && flink_same_window(a->window, b->window) &&
            a->window->function != PLAN_WINDOW_SESSION)
            return i;
    }
    return -1;
}

static void drop_key(join_parts *p, int at) {
    p->key_count--;
    for (int i = at; i < p->key_count; i++) {
        p->left_keys[i] = p->left_keys[i + 1];
        p->right_keys[i] = p->right_keys[i + 1];
        p->null_safe[i] = p->null_safe[i + 1];
    }
}

/* ---- intervals ---- */

/* The time attribute of an expression `column` or `column + constant`, and the constant. */
static const rows_column *time_of(
    const rows *r, const expression *e, int shift, int64_t *plus, time_attribute *kind) {
    *plus = 0;
    if (e->kind == EXPRESSION_CALL && strcmp(e->call->function->name, "FLINK_ADD_MS") == 0) {
        if (!flink_constant_int64(e->arguments[1], plus))
            return NULL;
        e = e->arguments[0];
    }
    for (int i = 0; e->kind == EXPRESSION_COLUMN && i < r->column_count; i++)
        if (r->columns[i].index + shift == e->index && r->columns[i].time != TIME_NONE) {
            *kind = r->columns[i].time;
            return &r->columns[i];
        }
    return NULL;
}

typedef struct interval {
    const rows_column *left, *right;
    int64_t low, high; /* right - left lies between them, inclusive */
    bool has_low, has_high;
    bool *used;
} interval;

/* right + b  op  left + a, so right - left  op  a - b. */
static void bound(interval *v, compare_operator operation, int64_t difference, bool *used) {
    if (operation == COMPARE_GREATER)
        difference++;
    if (operation == COMPARE_LESS)
        difference--;
    bool low = operation == COMPARE_GREATER || operation == COMPARE_GREATER_OR_EQUAL,
         high = operation == COMPARE_LESS || operation == COMPARE_LESS_OR_EQUAL,
         equal = operation == COMPARE_EQUAL;
    if (low || equal) {
        v->low = v->has_low && v->low > difference ? v->low : difference;
        v->has_low = true;
    }
    if (high || equal) {
        v->high = v->has_high && v->high < difference ? v->high : difference;
        v->has_high = true;
    }
    *used = true;
}

static void read_bound(join_parts *p, interval *v, const expression *part, bool *used) {
    if (part->kind != EXPRESSION_COMPARE || part->compare == COMPARE_NOT_EQUAL ||
        part->compare >= COMPARE_DISTINCT)
        return;
    int width = p->left.node->column_count;
    int64_t plus[2];
    time_attribute kinds[2] = {TIME_NONE, TIME_NONE};
    const rows_column *left, *right;
    compare_operator operation = part->compare;
    right = time_of(&p->right, part->arguments[0], width, &plus[1], &kinds[1]);
    left = time_of(&p->left, part->arguments[1], 0, &plus[0], &kinds[0]);
    if (!left || !right) {
        operation = compare_mirrored(operation);
        right = time_of(&p->right, part->arguments[1], width, &plus[1], &kinds[1]);
        left = time_of(&p->left, part->arguments[0], 0, &plus[0], &kinds[0]);
    }
    if (!left || !right || kinds[0] != TIME_EVENT || kinds[1] != TIME_EVENT ||
        (v->left && (v->left != left || v->right != right)))
        return;
    v->left = left;
    v->right = right;
    bound(v, operation, plus[0] - plus[1], used);
}

/* Also an equality of times, which was taken for a key. */
static bool find_interval(join_parts *p, interval *v) {
    v->used = ARENA_ARRAY(p->l->b.arena, bool, p->rest_count + 1);
    if (p->left.node->mode != CHANGELOG_APPEND || p->right.node->mode != CHANGELOG_APPEND ||
        p->kind == JOIN_SEMI || p->kind == JOIN_ANTI)
        return false;
    for (int i = 0; i < p->rest_count; i++)
        read_bound(p, v, p->rest[i], &v->used[i]);
    return v->has_low && v->has_high;
}

/* ---- the node ---- */

/* The column of `r` that holds the key, computed where it is none yet. */
static int key_column(lowering *l, rows *r, const expression *e) {
    return e->kind == EXPRESSION_COLUMN ? e->index : flink_add_column(l, r, e, "$key");
}

int flink_add_column(lowering *l, rows *r, const expression *e, const char *name) {
    plan_node *node = planning_project_all(&l->b, r->node, 1);
    int index = r->node->column_count;
    node->key_count = 0;
    plan_column *columns = ARENA_ARRAY(l->b.arena, plan_column, index + 1);
    const expression **expressions = ARENA_ARRAY(l->b.arena, const expression *, index + 1);
    for (int i = 0; i < index; i++) {
        columns[i] = node->columns[i];
        expressions[i] = node->project.expressions[i];
    }
    columns[index] = (plan_column){slice_of(name), e->type};
    expressions[index] = e;
    node->columns = columns;
    node->column_count = index + 1;
    node->project.expressions = expressions;
    r->node = node;
    return index;
}

static const expression *rest_condition(
    join_parts *p, const bool *used, int left_width, int right_width) {
    typing t = {.l = p->l};
    expression_scope scope = flink_scope(&t);
    const expression *all = NULL;
    for (int i = 0; i < p->rest_count; i++)
        if (!used || !used[i])
            all = flink_and(&scope, all, p->rest[i]);
    if (!all || left_width == p->left.node->column_count)
        return all;
    /* The left side got columns for keys: those of the right moved on. */
    int moved = p->left.node->column_count - left_width;
    int *map = ARENA_ARRAY(p->l->b.arena, int, left_width + right_width + 1);
    for (int i = 0; i < left_width + right_width; i++)
        map[i] = i < left_width ? i : i + moved;
    return flink_renumber(p->l->b.arena, all, map);
}

/* A side's key stays one where the other side has at most one row for each of its rows. */
static void join_keys(lowering *l, const join_parts *p, const int *left_keys, const int *right_keys,
    int width, rows *out) {
    bool one_right = flink_has_key(&p->right, right_keys, p->key_count);
    bool one_left = flink_has_key(&p->left, left_keys, p->key_count);
    out->one_row = p->left.one_row && p->right.one_row && p->kind != JOIN_FULL;
    for (int i = 0; i < p->left.key_count; i++)
        if ((one_right && p->kind != JOIN_RIGHT && p->kind != JOIN_FULL) || p->kind >= JOIN_SEMI)
            flink_add_key(l, out, p->left.keys[i].columns, p->left.keys[i].count);
    if (p->kind >= JOIN_SEMI)
        return;
    for (int k = 0; k < p->right.key_count; k++) {
        const column_set *right = &p->right.keys[k];
        for (int i = -1; i < p->left.key_count; i++) {
            const column_set *left = i < 0 ? NULL : &p->left.keys[i];
            if (!left && (!one_left || (p->kind != JOIN_INNER && p->kind != JOIN_RIGHT)))
                continue;
            int count = 0, *columns = ARENA_ARRAY(
                               l->b.arena, int, right->count + (left ? left->count : 0) + 1);
            for (int c = 0; left && c < left->count; c++)
                columns[count++] = left->columns[c];
            for (int c = 0; c < right->count; c++)
                columns[count++] = right->columns[c] + width;
            if (p->kind != JOIN_FULL || left)
                flink_add_key(l, out, columns, count);
        }
    }
}

static bool appends(const join_parts *p, plan_kind kind) {
    if (p->left.node->mode != CHANGELOG_APPEND || p->right.node->mode != CHANGELOG_APPEND)
        return false;
    return kind != PLAN_JOIN || p->kind == JOIN_INNER || p->kind == JOIN_SEMI;
}

/* Where a side may be missing, what is NULL for that reason is no window's bound. */
static void forget_windows(join_kind kind, int left_count, rows *out) {
    bool left = kind == JOIN_RIGHT || kind == JOIN_FULL,
         right = kind == JOIN_LEFT || kind == JOIN_FULL;
    for (int i = 0; i < out->column_count; i++)
        if (i < left_count ? left : right)
            out->columns[i].role = WINDOW_ROLE_NONE;
}

bool flink_join(lowering *l, join_kind kind, const rows *left, const rows *right,
    const expression *condition, source_span span, rows *out) {
    join_parts p = {.l = l, .kind = kind, .left = *left, .right = *right, .span = span};
    int left_width = left->node->column_count, right_width = right->node->column_count;
    sort_parts(&p, condition);
    interval v = {0};
    int start = window_key(&p, WINDOW_ROLE_START), end = window_key(&p, WINDOW_ROLE_END);
    bool windowed = start >= 0 && end >= 0 && p.left.node->mode == CHANGELOG_APPEND &&
                    p.right.node->mode == CHANGELOG_APPEND;
    bool timed = !windowed && find_interval(&p, &v);
    int ends[2] = {-1, -1};
    if (windowed) {
        ends[0] = p.left_keys[end]->index;
        ends[1] = p.right_keys[end]->index;
        drop_key(&p, start > end ? start : end);
        drop_key(&p, start > end ? end : start);
    }
    int *left_keys = ARENA_ARRAY(l->b.arena, int, p.key_count + 2),
        *right_keys = ARENA_ARRAY(l->b.arena, int, p.key_count + 2);
    for (int i = 0; i < p.key_count; i++) {
        left_keys[i] = key_column(l, &p.left, p.left_keys[i]);
        right_keys[i] = key_column(l, &p.right, p.right_keys[i]);
    }
    const expression *rest = rest_condition(&p, timed ? v.used : NULL, left_width, right_width);
    plan_kind node_kind = windowed ? PLAN_WINDOW_JOIN : timed ? PLAN_INTERVAL_JOIN : PLAN_JOIN;
    plan_node *node = flink_node(l, node_kind, p.left.node, p.right.node);
    node->mode = appends(&p, node_kind) ? CHANGELOG_APPEND : CHANGELOG_RETRACT;
    node->store = flink_store(l, "Join");
    node->relational_join.kind = kind;
    node->relational_join.key_count = p.key_count;
    node->relational_join.left_keys = left_keys;
    node->relational_join.right_keys = right_keys;
    for (int i = 0; i < p.key_count; i++)
        if (p.null_safe[i])
            node->relational_join.null_safe = p.null_safe;
    node->relational_join.condition = rest;
    node->relational_join.left_time = node->relational_join.right_time = -1;
    node->relational_join.left_window_end = ends[0];
    node->relational_join.right_window_end = ends[1];
    if (node_kind == PLAN_JOIN) {
        node->relational_join.ttl_ms[0] = flink_state_ttl(l, left);
        node->relational_join.ttl_ms[1] = flink_state_ttl(l, right);
    }
    if (timed) {
        node->relational_join.left_time = v.left->index;
        node->relational_join.right_time = v.right->index;
        node->relational_join.before_ms = -v.low;
        node->relational_join.after_ms = v.high;
    }
    int width = p.left.node->column_count;
    if (kind == JOIN_SEMI || kind == JOIN_ANTI) {
        *out = p.left;
        out->node = node;
        out->keys = NULL;
        out->key_count = 0;
    } else {
        flink_concatenate(l, &p.left, &p.right, node, out);
        forget_windows(kind, p.left.column_count, out);
    }
    join_keys(l, &p, left_keys, right_keys, width, out);
    if (node_kind == PLAN_JOIN)
        flink_forget_times(out);
    return true;
}

/* ---- FROM a JOIN b ---- */

static join_kind kind_of(flink_join_kind kind) {
    switch (kind) {
    case FLINK_JOIN_LEFT:
        return JOIN_LEFT;
    case FLINK_JOIN_RIGHT:
        return JOIN_RIGHT;
    case FLINK_JOIN_FULL:
        return JOIN_FULL;
    case FLINK_JOIN_LEFT_SEMI:
        return JOIN_SEMI;
    case FLINK_JOIN_LEFT_ANTI:
        return JOIN_ANTI;
    default:
        return JOIN_INNER;
    }
}

void flink_side_by_side(lowering *l, const rows *left, const rows *right, rows *out) {
    plan_node *shape = ARENA_NEW(l->b.arena, plan_node);
    flink_concatenate(l, left, right, shape, out);
}

/* Conditions of WHERE that this join can answer become its own. */
static bool take_pending(lowering *l, typing *t, const expression **condition) {
    pending_conditions *pending = l->pending;
    int kept = 0;
    for (int i = 0; pending && i < pending->count; i++) {
        error *e = l->b.e, ignored = {0};
        l->b.e = &ignored;
        const expression *typed = flink_condition(t, pending->items[i]);
        l->b.e = e;
        error_clear(&ignored);
        if (!typed) {
            pending->items[kept++] = pending->items[i];
            continue;
        }
        expression_scope scope = flink_scope(t);
        *condition = flink_and(&scope, *condition, typed);
    }
    if (pending)
        pending->count = kept;
    return true;
}

/* The first column that is shown under the name; NULL: none. */
static rows_column *first_visible(rows_column *columns, int count, slice name) {
    for (int i = 0; i < count; i++)
        if (!columns[i].hidden && slice_equal(columns[i].name, name))
            return &columns[i];
    return NULL;
}

static bool is_named(const ast_name_list *names, slice name) {
    for (int i = 0; i < names->count; i++)
        if (slice_equal(names->items[i].text, name))
            return true;
    return false;
}

/* The columns of USING, each once; of NATURAL those that both sides have, in the order of the left
 * one. */
static ast_name_list using_names(
    lowering *l, const flink_relation *relation, const rows *left, const rows *right) {
    const ast_name_list *given = &relation->join.using;
    int most = relation->join.natural ? left->column_count : given->count;
    ast_name_list names = {ARENA_ARRAY(l->b.arena, ast_name, most + 1), 0};
    for (int i = 0; i < most; i++) {
        ast_name name = relation->join.natural
                            ? (ast_name){left->columns[i].name, relation->span, true}
                            : given->items[i];
        bool is_common = !relation->join.natural ||
                         (!left->columns[i].hidden &&
                             first_visible(right->columns, right->column_count, name.text));
        if (is_common && !is_named(&names, name.text))
            names.items[names.count++] = name;
    }
    return names;
}

static bool using_condition(lowering *l, const ast_name_list *names, int left_count, rows *both,
    const expression **condition) {
    typing t = {.l = l, .rows = both, .clause = "USING"};
    expression_scope scope = flink_scope(&t);
    for (int i = 0; i < names->count; i++) {
        const ast_name *name = &names->items[i];
        const rows_column *left = first_visible(both->columns, left_count, name->text);
        const rows_column *right =
            first_visible(both->columns + left_count, both->column_count - left_count, name->text);
        if (!left || !right)
            return error_at(l->b.e, ERROR_NOT_FOUND, name->span,
                "Column '%.*s' is not on both sides of the join", SLICE_ARG(name->text));
        const ast_expression *ast = ast_make_column(l->b.arena, (slice){0}, name->text, name->span);
        const expression *equal =
            compare_values(&scope, COMPARE_EQUAL, flink_input(l, both->node, left->index), ast,
                flink_input(l, both->node, right->index), ast, name->span, l->b.e);
        if (!equal)
            return false;
        *condition = flink_and(&scope, *condition, equal);
    }
    return true;
}

/* The value of both sides' column: that of the side whose rows are all there. */
static bool merge_column(lowering *l, join_kind kind, const rows_column *left,
    const rows_column *right, rows *r, rows_column *out) {
    *out = kind == JOIN_RIGHT ? *right : *left;
    out->table = (slice){0};
    if (kind != JOIN_FULL)
        return true;
    typing t = {.l = l};
    expression_scope scope = flink_scope(&t);
    const expression *parts[] = {
        flink_input(l, r->node, left->index), flink_input(l, r->node, right->index)};
    const expression *either = flink_build_call(&scope, "COALESCE", parts, 2, SPAN_NONE, l->b.e);
    if (either)
        *out = (rows_column){.name = left->name, .index = flink_add_column(l, r, either, "$using")};
    return either != NULL;
}

/* SELECT * shows the columns of USING once, before all others; by their tables' names both can be
 * named still. */
static bool merge_columns(
    lowering *l, join_kind kind, const ast_name_list *names, int left_count, rows *r) {
    rows_column *columns = ARENA_ARRAY(l->b.arena, rows_column, r->column_count + names->count + 1);
    for (int n = 0; n < names->count; n++) {
        slice name = names->items[n].text;
        rows_column *left = first_visible(r->columns, left_count, name);
        rows_column *right =
            first_visible(r->columns + left_count, r->column_count - left_count, name);
        if (!merge_column(l, kind, left, right, r, &columns[n]))
            return false;
        left->hidden = right->hidden = true;
    }
    for (int i = 0; i < r->column_count; i++)
        columns[names->count + i] = r->columns[i];
    r->columns = columns;
    r->column_count += names->count;
    return true;
}

/* ---- FOR SYSTEM_TIME AS OF ---- */

/* The table is kept by its key and each row of the left side meets the version of its time. A
 * table that ends and never changes, as a file, means the same as any other join. */
static bool temporal_join(lowering *l, const flink_relation *relation, const rows *left,
    const rows *right, const expression *condition, rows *out) {
    const ast_expression *as_of = relation->join.right->named.as_of;
    join_kind kind = kind_of(relation->join.kind);
    typing t = {.l = l, .rows = left, .clause = "FOR SYSTEM_TIME AS OF"};
    const expression *time = flink_expression(&t, as_of);
    if (!time)
        return false;
    rows_column traits = flink_traits(left, time);
    bool processing = traits.time == TIME_PROCESSING ||
                      (time->kind == EXPRESSION_CALL &&
                          strcmp(time->call->function->name, "FLINK_PROCTIME") == 0);
    if (!processing && traits.time != TIME_EVENT)
        return error_at(l->b.e, ERROR_STATEMENT, as_of->span,
            "FOR SYSTEM_TIME AS OF needs a time attribute of the left table");
    if (kind != JOIN_INNER && kind != JOIN_LEFT)
        return error_at(
            l->b.e, ERROR_STATEMENT, relation->span, "A temporal join is an INNER or a LEFT JOIN");
    if (processing && right->table && right->table->is_bounded)
        return flink_join(l, kind, left, right, condition, relation->span, out);
    join_parts p = {.l = l, .kind = JOIN_FULL, .left = *left, .right = *right};
    sort_parts(&p, condition);
    int left_width = left->node->column_count, right_width = right->node->column_count;
    int *left_keys = ARENA_ARRAY(l->b.arena, int, p.key_count + 1),
        *right_keys = ARENA_ARRAY(l->b.arena, int, p.key_count + 1);
    for (int i = 0; i < p.key_count; i++) {
        left_keys[i] = key_column(l, &p.left, p.left_keys[i]);
        right_keys[i] = key_column(l, &p.right, p.right_keys[i]);
    }
    if (!flink_has_key(right, right_keys, p.key_count)) {
        error_at(l->b.e, ERROR_STATEMENT, relation->join.right->span,
            "Temporal table join requires an equality condition on the primary key of the "
            "versioned "
            "table");
        return error_hint(l->b.e, "Declare it: PRIMARY KEY (id) NOT ENFORCED.");
    }
    int right_time = -1;
    for (int i = 0; i < right->column_count; i++)
        if (right->columns[i].time == TIME_EVENT)
            right_time = right->columns[i].index;
    if (!processing && right_time < 0)
        return error_at(l->b.e, ERROR_STATEMENT, relation->join.right->span,
            "The versioned table needs a WATERMARK on the time of its versions");
    plan_node *node = flink_node(l, PLAN_TEMPORAL_JOIN, p.left.node, p.right.node);
    node->mode = p.left.node->mode;
    node->store = flink_store(l, "TemporalJoin");
    node->temporal_join.ttl_ms = l->ttl_ms;
    node->temporal_join.kind = kind;
    node->temporal_join.key_count = p.key_count;
    node->temporal_join.left_keys = left_keys;
    node->temporal_join.right_keys = right_keys;
    node->temporal_join.condition = rest_condition(&p, NULL, left_width, right_width);
    node->temporal_join.left_time = processing ? -1 : traits.index;
    node->temporal_join.right_time = processing ? -1 : right_time;
    flink_concatenate(l, &p.left, &p.right, node, out);
    for (int i = p.left.column_count; i < out->column_count; i++)
        out->columns[i].time = TIME_NONE;
    return true;
}

/* t CROSS JOIN UNNEST(t.a), t LEFT JOIN UNNEST(t.a) ON TRUE */
static bool unnest_join(lowering *l, const flink_relation *relation, join_kind kind,
    const typing *outer, const rows *left, rows *out) {
    const ast_expression *on = relation->join.on;
    bool is_true = !on || (on->kind == AST_EXPRESSION_LITERAL &&
                              on->literal.kind == AST_LITERAL_BOOLEAN && on->literal.boolean);
    if ((kind != JOIN_INNER && kind != JOIN_LEFT) || (kind == JOIN_LEFT && !is_true))
        return error_at(l->b.e, ERROR_UNSUPPORTED, relation->span,
            "UNNEST and table functions are joined by CROSS JOIN, JOIN ... ON, or LEFT JOIN ... ON "
            "TRUE");
    if (!flink_unnest_rows(l, relation->join.right, left, kind == JOIN_LEFT, out))
        return false;
    if (is_true)
        return true;
    typing t = {.l = l, .rows = out, .outer = outer, .clause = "ON"};
    const expression *condition = flink_condition(&t, on);
    if (!condition)
        return false;
    out->node = flink_filter(l, out->node, condition);
    return true;
}

/* LATERAL (SELECT ...): its rows, and how they hang on those of the left side. */
static bool lateral_rows(lowering *l, const flink_relation *relation, join_kind kind,
    const typing *outer, const rows *left, rows *out, correlation **list, int *count) {
    const flink_relation *other = relation->join.right;
    if (kind != JOIN_INNER && kind != JOIN_LEFT)
        return error_at(l->b.e, ERROR_UNSUPPORTED, other->span,
            "LATERAL is joined by CROSS JOIN, JOIN or LEFT JOIN");
    return flink_correlated_rows(l, other->query, left, outer, out, list, count) &&
           flink_rename(l, other->alias, &other->columns, out);
}

bool flink_join_rows(lowering *l, const flink_relation *relation, const typing *outer, rows *out) {
    rows left, right, both;
    const flink_relation *other = relation->join.right;
    join_kind kind = kind_of(relation->join.kind);
    pending_conditions *pending = l->pending;
    if (kind != JOIN_INNER && kind != JOIN_LEFT)
        l->pending = NULL;
    bool ok = flink_relation_rows(l, relation->join.left, outer, &left);
    l->pending = NULL;
    if (ok && (other->kind == FLINK_RELATION_UNNEST || other->kind == FLINK_RELATION_FUNCTION)) {
        l->pending = pending;
        return unnest_join(l, relation, kind, outer, &left, out);
    }
    correlation *list = NULL;
    int correlated = 0;
    if (ok && other->kind == FLINK_RELATION_QUERY && other->lateral)
        ok = lateral_rows(l, relation, kind, outer, &left, &right, &list, &correlated);
    else
        ok = ok && flink_relation_rows(l, other, outer, &right);
    l->pending = pending;
    if (!ok)
        return false;
    flink_side_by_side(l, &left, &right, &both);
    typing t = {.l = l, .rows = &both, .outer = outer, .clause = "ON"};
    const expression *condition = NULL, *equal;
    if (relation->join.on && !(condition = flink_condition(&t, relation->join.on)))
        return false;
    expression_scope scope = flink_scope(&t);
    if (!flink_correlation(l, &left, outer, &right, list, correlated, &equal))
        return false;
    condition = flink_and(&scope, condition, equal);
    ast_name_list using = using_names(l, relation, &left, &right);
    if (!using_condition(l, &using, left.column_count, &both, &condition))
        return false;
    int left_count = left.column_count;
    if (other->kind == FLINK_RELATION_NAME && other->named.as_of)
        return temporal_join(l, relation, &left, &right, condition, out) &&
               merge_columns(l, kind, &using, left_count, out);
    bool always = correlated > 0 && flink_gives_one_row(other->query);
    if (kind == JOIN_INNER && !always)
        take_pending(l, &t, &condition);
    return flink_join(
               l, always ? JOIN_LEFT : kind, &left, &right, condition, relation->span, out) &&
           (!always || flink_count_nothing(l, other->query, out, left_count, right.column_count)) &&
           merge_columns(l, kind, &using, left_count, out);
}
