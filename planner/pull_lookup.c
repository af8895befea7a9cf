/* pull_lookup.c - WHERE of a pull query as key lookups and window bounds.
 *
 * The predicate is split at its ANDs. A part `key = literal` or `key IN (literals)`, or several of
 * them between ORs, gives the values of that key column; when every key column has some, the rows
 * to look up are all their combinations. A part that compares WINDOWSTART or WINDOWEND with a
 * number narrows the bounds. Parts used so are done; the rest is filtered. */
#include "planner/pull_lookup.h"

enum { LOOKUPS_MOST = 10000 };

typedef struct key_values {
    const expression *part;            /* the part of WHERE that gave them */
    const expression *const *literals; /* of the column's type */
    int count;
} key_values;

typedef struct lookup {
    planning *b;
    plan_node *scan;
    const expression **parts;
    bool *done;
    int part_count, part_capacity;
    key_values *keys; /* one a key column */
    bool mixes;       /* = and IN on one key column */
} lookup;

static void split(lookup *l, const expression *e) {
    if (e->kind == EXPRESSION_AND) {
        for (int i = 0; i < e->argument_count; i++)
            split(l, e->arguments[i]);
        return;
    }
    if (l->part_count == l->part_capacity) {
        int capacity = l->part_capacity ? 2 * l->part_capacity : 8;
        const expression **parts = ARENA_ARRAY(l->b->arena, const expression *, capacity);
        if (l->part_count > 0)
            memcpy(parts, l->parts, sizeof *parts * (size_t)l->part_count);
        l->parts = parts;
        l->part_capacity = capacity;
    }
    l->parts[l->part_count++] = e;
}

/* ---- constants ---- */

static bool is_constant(const expression *e) {
    if (e->kind == EXPRESSION_COLUMN || e->kind == EXPRESSION_PSEUDO)
        return false;
    for (int i = 0; i < e->argument_count; i++)
        if (!is_constant(e->arguments[i]))
            return false;
    return true;
}

/* The literal an expression is, or comes to. NULL when it has no value before rows are read. */
static const expression *literal_of(lookup *l, const expression *e) {
    if (e->kind == EXPRESSION_LITERAL)
        return e;
    const planner_options *options = l->b->options;
    if (!options || !options->constant || !is_constant(e))
        return NULL;
    column *value = options->constant(options->context, e);
    return value ? expression_make_literal(l->b->arena, plan_own_column(l->b->plan, value)) : NULL;
}

static bool read_integer(lookup *l, const expression *given, int64_t *out) {
    const expression *e = literal_of(l, given);
    if (!e || column_is_null(e->literal, 0))
        return false;
    if (e->type->base == SQL_INTEGER)
        *out = e->literal->int32s[0];
    else if (e->type->base == SQL_BIGINT)
        *out = e->literal->int64s[0];
    else
        return false;
    return true;
}

/* ---- keys ---- */

static int key_column(const lookup *l, const expression *e) {
    return e->kind == EXPRESSION_COLUMN && e->index < l->scan->key_count ? e->index : -1;
}

/* The key column for which a part `key = constant`, `key IN (constants)`, or several of these for
 * the same column between ORs, says which values it may have; -1: none. */
static int valued_column(const lookup *l, const expression *part) {
    if (part->kind == EXPRESSION_IN)
        return key_column(l, part->arguments[0]);
    if (part->kind == EXPRESSION_COMPARE && part->compare == COMPARE_EQUAL) {
        int left = key_column(l, part->arguments[0]);
        return left >= 0 ? left : key_column(l, part->arguments[1]);
    }
    if (part->kind != EXPRESSION_OR)
        return -1;
    int column = valued_column(l, part->arguments[0]);
    for (int i = 1; i < part->argument_count; i++)
        if (valued_column(l, part->arguments[i]) != column)
            return -1;
    return column;
}

static int count_values(const expression *part) {
    int count = 0;
    if (part->kind == EXPRESSION_OR)
        for (int i = 0; i < part->argument_count; i++)
            count += count_values(part->arguments[i]);
    return part->kind == EXPRESSION_OR   ? count
           : part->kind == EXPRESSION_IN ? part->argument_count - 1
                                         : 1;
}

/* Appends the literals that are not there yet. False when one has no value before rows are read. */
static bool read_values(lookup *l, const expression *part, const expression **literals, int *kept) {
    if (part->kind == EXPRESSION_OR) {
        for (int i = 0; i < part->argument_count; i++)
            if (!read_values(l, part->arguments[i], literals, kept))
                return false;
        return true;
    }
    bool left = key_column(l, part->arguments[0]) >= 0;
    int first = left ? 1 : 0, end = left ? part->argument_count : 1;
    for (int i = first; i < end; i++) {
        const expression *literal = literal_of(l, part->arguments[i]);
        if (!literal)
            return false;
        bool known = column_is_null(literal->literal, 0); /* null equals nothing */
        for (int k = 0; k < *kept; k++)
            known = known || column_rows_equal(literals[k]->literal, 0, literal->literal, 0);
        if (!known)
            literals[(*kept)++] = literal;
    }
    return true;
}

static void read_key(lookup *l, const expression *part) {
    int column = valued_column(l, part);
    if (column >= 0 && l->keys[column].part)
        l->mixes |= l->keys[column].part->kind != part->kind;
    if (column < 0 || l->keys[column].part)
        return;
    const expression **literals =
        ARENA_ARRAY(l->b->arena, const expression *, count_values(part) + 1);
    int kept = 0;
    if (read_values(l, part, literals, &kept))
        l->keys[column] = (key_values){part, literals, kept};
}

static int64_t combination_count(const lookup *l) {
    int64_t count = 1;
    for (int k = 0; k < l->scan->key_count; k++) {
        if (!l->keys[k].part)
            return -1;
        count *= l->keys[k].count;
        if (count > LOOKUPS_MOST)
            return -1;
    }
    return l->scan->key_count > 0 ? count : -1;
}

static void finish_part(lookup *l, const expression *part) {
    for (int i = 0; i < l->part_count; i++)
        if (l->parts[i] == part)
            l->done[i] = true;
}

/* Writes all combinations, the last key column changing fastest. */
static void make_lookups(lookup *l) {
    plan_node *scan = l->scan;
    int64_t count = combination_count(l);
    if (count < 0)
        return;
    column **columns = ARENA_ARRAY(l->b->arena, column *, scan->key_count);
    int64_t repeat = count;
    for (int k = 0; k < scan->key_count; k++) {
        const key_values *key = &l->keys[k];
        columns[k] = plan_own_column(l->b->plan, column_create(scan->columns[k].type));
        repeat = key->count > 0 ? repeat / key->count : 0;
        for (int64_t row = 0; row < count; row++)
            column_append_row(columns[k], key->literals[row / repeat % key->count]->literal, 0);
        finish_part(l, key->part);
    }
    scan->scan.keys = columns;
    scan->scan.lookup_count = count;
}

/* ---- window bounds ---- */

static bool narrow(compare_operator operation, int64_t value, int64_t *from, int64_t *to) {
    switch (operation) {
    case COMPARE_EQUAL:
        *from = value > *from ? value : *from;
        *to = value < *to ? value : *to;
        return true;
    case COMPARE_GREATER:
        if (value == INT64_MAX)
            return false;
        value++;
        /* fall through */
    case COMPARE_GREATER_OR_EQUAL:
        *from = value > *from ? value : *from;
        return true;
    case COMPARE_LESS:
        if (value == INT64_MIN)
            return false;
        value--;
        /* fall through */
    case COMPARE_LESS_OR_EQUAL:
        *to = value < *to ? value : *to;
        return true;
    default:
        return false;
    }
}

static bool is_bound(const expression *e) {
    return e->kind == EXPRESSION_PSEUDO &&
           (e->pseudo == PSEUDO_WINDOWSTART || e->pseudo == PSEUDO_WINDOWEND);
}

static bool read_bound(lookup *l, const expression *part) {
    if (part->kind != EXPRESSION_COMPARE)
        return false;
    int side = is_bound(part->arguments[0]) ? 0 : 1;
    const expression *bound = part->arguments[side];
    int64_t value;
    if (!is_bound(bound) || !read_integer(l, part->arguments[1 - side], &value))
        return false;
    compare_operator operation = side == 0 ? part->compare : compare_mirrored(part->compare);
    plan_node *scan = l->scan;
    return bound->pseudo == PSEUDO_WINDOWSTART
               ? narrow(operation, value, &scan->scan.start_from_ms, &scan->scan.start_to_ms)
               : narrow(operation, value, &scan->scan.end_from_ms, &scan->scan.end_to_ms);
}

/* ---- what WHERE says about keys at all ---- */

static bool ties_to_constant(const expression *part, int column, bool equality) {
    if (part->kind == EXPRESSION_OR && equality) {
        for (int i = 0; i < part->argument_count; i++)
            if (!ties_to_constant(part->arguments[i], column, true))
                return false;
        return true;
    }
    bool compares =
        part->kind == EXPRESSION_COMPARE &&
        (equality ? part->compare == COMPARE_EQUAL : part->compare != COMPARE_NOT_EQUAL);
    if (!compares && !(equality && part->kind == EXPRESSION_IN))
        return false;
    int found = -1;
    for (int i = 0; i < part->argument_count; i++) {
        const expression *e = part->arguments[i];
        if (e->kind == EXPRESSION_COLUMN && e->index == column && found < 0)
            found = i;
        else if (!is_constant(e))
            return false;
    }
    return found >= 0;
}

static bool all_keys_tied(const lookup *l) {
    for (int k = 0; k < l->scan->key_count; k++) {
        bool tied = false;
        for (int i = 0; i < l->part_count; i++)
            tied = tied || ties_to_constant(l->parts[i], k, true);
        if (!tied)
            return false;
    }
    return l->scan->key_count > 0;
}

static bool one_key_bounded(const lookup *l) {
    int bounds = 0;
    for (int i = 0; i < l->part_count; i++)
        bounds += ties_to_constant(l->parts[i], 0, false);
    return bounds == 1 && l->scan->key_count == 1 && l->scan->window == WINDOW_NONE;
}

const expression *pull_lookup_read(planning *b, plan_node *scan, const expression *predicate,
    bool *constant_keys, bool *key_range) {
    lookup l = {.b = b, .scan = scan};
    split(&l, predicate);
    l.done = ARENA_ARRAY(b->arena, bool, l.part_count + 1);
    l.keys = ARENA_ARRAY(b->arena, key_values, scan->key_count + 1);
    for (int i = 0; i < l.part_count; i++) {
        read_key(&l, l.parts[i]);
        l.done[i] = read_bound(&l, l.parts[i]);
    }
    *constant_keys = all_keys_tied(&l) && !l.mixes;
    *key_range = one_key_bounded(&l) && !l.mixes;
    make_lookups(&l);
    int left = 0;
    for (int i = 0; i < l.part_count; i++)
        if (!l.done[i])
            l.parts[left++] = l.parts[i];
    if (left <= 1)
        return left == 1 ? l.parts[0] : NULL;
    expression *rest = ARENA_NEW(b->arena, expression);
    *rest = *l.parts[0];
    for (int i = 1; i < left; i++) {
        const expression **both = ARENA_ARRAY(b->arena, const expression *, 2);
        expression *first = ARENA_NEW(b->arena, expression);
        *first = *rest;
        both[0] = first;
        both[1] = l.parts[i];
        *rest = (expression){.kind = EXPRESSION_AND,
            .type = &SQL_TYPE_BOOLEAN,
            .span = predicate->span,
            .argument_count = 2,
            .arguments = both};
    }
    return rest;
}
