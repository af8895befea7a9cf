/* join_names.c - how SQL reaches the columns of a joined row.
 *
 * The row is its keys, the left columns, the right ones; names move along. A key may be selected
 * under the name of any column that equals it; where there is none (an outer join's sides may both
 * be missing, ON may compare expressions) it is a column of its own, ROWKEY. A foreign-key join
 * keeps the left table's key. */
#include "planner/join_condition.h"

/* The columns of both sides behind the key; synthetic keys only where no join follows. */
static void name_columns(joining *j, relation *out) {
    planning *b = j->b;
    const relation *sides[2] = {j->left, j->right};
    int most = out->key_count + sides[0]->column_count + sides[1]->column_count;
    out->columns = ARENA_ARRAY(b->arena, scope_column, most);
    out->traits = ARENA_ARRAY(b->arena, relation_column, most);
    out->sources = ARENA_ARRAY(b->arena, relation_source, sides[0]->source_count + 1);
    out->column_count = out->source_count = 0;
    for (int k = 0; k < out->key_count; k++) {
        if (!out->keys[k].synthetic || !j->last)
            continue;
        out->columns[out->column_count] = (scope_column){
            .name = out->keys[k].name, .type = out->node->columns[k].type, .index = k};
        /* No table has it, so the rows of pull queries show it on demand only. */
        out->traits[out->column_count++] = (relation_column){.star = !j->bounded};
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

static slice synthetic_name(joining *j, int *number) {
    for (;; ++*number) {
        slice name = *number ? planning_text(j->b, "ROWKEY_%d", *number) : SLICE_LITERAL("ROWKEY");
        bool used = source_column_index(j->right->sources[0].descriptor, name) >= 0;
        for (int i = 0; i < j->left->source_count; i++)
            used = used || source_column_index(j->left->sources[i].descriptor, name) >= 0;
        if (used)
            continue;
        ++*number;
        return name;
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

/* What equals a join key on one side, moved to where it is in the joined row: its expression in
 * ON and, where the side is keyed by that already, whatever else equals its key. */
static void add_same(joining *j, int k, relation_key *key, bool left, int offset) {
    const relation *side = left ? j->left : j->right;
    const expression *e = left ? j->on.pairs[k].left : j->on.pairs[k].right;
    bool whole = side->key_any && join_is_keyed(side, &j->on, left);
    for (int i = 0; whole && i < side->keys[k].same_count; i++)
        if (!side->keys[k].synthetic)
            key->same[key->same_count++] = shifted(j->b, side->keys[k].same[i], offset);
    if (e->kind != EXPRESSION_COLUMN)
        key->equal[key->equal_count++] = shifted(j->b, e, offset);
    else if (!whole)
        key->same[key->same_count++] = shifted(j->b, e, offset);
}

static void name_join_keys(joining *j, relation *out, int left_offset, int right_offset) {
    planning *b = j->b;
    int number = 0;
    out->key_count = j->on.count;
    out->keys = ARENA_ARRAY(b->arena, relation_key, out->key_count);
    out->key_synthetic = false;
    for (int k = 0; k < out->key_count; k++) {
        relation_key *key = &out->keys[k];
        int most = (k < j->left->key_count ? j->left->keys[k].same_count : 0) + 3;
        key->value = planning_input_column(b, out->node, k);
        key->same = ARENA_ARRAY(b->arena, const expression *, most);
        if (j->ast->kind != AST_JOIN_FULL) {
            add_same(j, k, key, true, left_offset);
            add_same(j, k, key, false, right_offset);
        }
        key->synthetic = key->same_count == 0;
        if (!key->synthetic)
            continue;
        out->key_synthetic = true;
        key->same[key->same_count++] = key->value;
        key->name = synthetic_name(j, &number);
        ((plan_column *)out->node->columns)[k].name = key->name;
    }
    out->key_any = true;
    out->key_noun = "join expression";
}

/* The left table's key stays; what equals it is found behind the copies of the key. */
static void name_foreign_join_keys(joining *j, relation *out) {
    planning *b = j->b;
    int count = out->node->key_count;
    out->keys = ARENA_ARRAY(b->arena, relation_key, count + 1);
    out->key_count = count;
    if (!out->key_any)
        out->key_noun = "primary key column of the left table";
    for (int k = 0; k < count; k++) {
        const relation_key *before = &j->left->keys[k];
        relation_key *key = &out->keys[k];
        key->value = planning_input_column(b, out->node, k);
        key->same = ARENA_ARRAY(b->arena, const expression *, before->same_count + 1);
        for (int i = 0; i < before->same_count && !before->synthetic; i++)
            key->same[key->same_count++] = shifted(b, before->same[i], count);
        for (int i = 0; i < before->equal_count; i++)
            key->equal[key->equal_count++] = shifted(b, before->equal[i], count);
        if (before->synthetic)
            key->same[key->same_count++] = key->value;
        key->synthetic = before->synthetic;
        key->name = out->node->columns[k].name;
    }
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

void join_name_row(joining *j, relation *out, int left_shift, int right_shift) {
    int keys = out->node->key_count;
    if (j->foreign_key)
        name_foreign_join_keys(j, out);
    else
        name_join_keys(j, out, keys + left_shift, keys + j->left->node->column_count + right_shift);
    name_columns(j, out);
    name_records(j, out);
}
