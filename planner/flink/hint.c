/* Hints: comments that begin with a plus.
 *
 *   OPTIONS('k' = 'v')   behind a table: its options for this query; the table is described anew as
 *                        CREATE TABLE t WITH (...) LIKE t (OVERWRITING OPTIONS) would
 *   STATE_TTL('t' = '1d') behind SELECT: how long what is made of that table's rows is kept (of
 *                        several tables the longest), instead of table.exec.state.ttl
 *   LOOKUP, BROADCAST, SHUFFLE_HASH, SHUFFLE_MERGE, NEST_LOOP, MULTI_JOIN  say how a join is run:
 *                        there is one way here, so they have no effect
 */
#include "planner/flink/lowering.h"
#include "planner/planner.h"

static bool is_hint(const flink_hint *hint, const char *name) {
    return slice_is_ignore_case(hint->name.text, name);
}

static bool unknown(lowering *l, const flink_hint *hint, const char *where, const char *known) {
    error_at(l->b.e, ERROR_STATEMENT, hint->name.span, "There is no hint %.*s %s",
        SLICE_ARG(hint->name.text), where);
    return error_hint(l->b.e, "%s", known);
}

/* ---- OPTIONS ---- */

static int count_options(const flink_hint_list *hints) {
    int count = 0;
    for (int i = 0; i < hints->count; i++)
        count += hints->items[i].options.count;
    return count;
}

static ast_property_list all_options(lowering *l, const flink_hint_list *hints) {
    ast_property_list all = {
        ARENA_ARRAY(l->b.arena, ast_property, count_options(hints) + 1), 0, SPAN_NONE};
    for (int i = 0; i < hints->count; i++)
        for (int k = 0; k < hints->items[i].options.count; k++)
            all.items[all.count++] = hints->items[i].options.items[k];
    return all;
}

bool flink_hinted_table(lowering *l, const source_descriptor *found, const flink_hint_list *hints,
    const source_descriptor **out) {
    *out = found;
    for (int i = 0; i < hints->count; i++)
        if (!is_hint(&hints->items[i], "OPTIONS"))
            return unknown(
                l, &hints->items[i], "behind a table", "Write /*+ OPTIONS('key' = 'value') */.");
    if (count_options(hints) == 0)
        return true;
    if (!found->flink) {
        error_at(l->b.e, ERROR_STATEMENT, hints->items[0].name.span,
            "%.*s has no options: it was made in ksqlDB's dialect", SLICE_ARG(found->name));
        return error_hint(l->b.e, "Make a table over its topic: CREATE TABLE ... WITH (...).");
    }
    flink_create_table *create = ARENA_NEW(l->b.arena, flink_create_table);
    ast_statement *statement = ARENA_NEW(l->b.arena, ast_statement);
    source_span span = hints->items[0].name.span;
    create->name = create->like = (ast_name){.text = found->name, .span = span};
    create->options = all_options(l, hints);
    statement->kind = AST_STATEMENT_FLINK_CREATE_TABLE;
    statement->dialect = PARSER_FLINK;
    statement->span = span;
    statement->flink_create_table = create;
    source_descriptor *made;
    if (!planner_flink_table(statement, l->b.catalog, l->b.options, l->b.arena, &made, l->b.e))
        return false;
    made->sql = found->sql;
    *out = made;
    return true;
}

/* ---- hints of SELECT ---- */

static bool read_state_ttl(lowering *l, const flink_hint *hint) {
    if (hint->options.count == 0) {
        error_at(l->b.e, ERROR_STATEMENT, hint->name.span, "STATE_TTL names no table");
        return error_hint(l->b.e, "Write /*+ STATE_TTL('table' = '1 d') */.");
    }
    state_ttl *times = ARENA_ARRAY(l->b.arena, state_ttl, hint->options.count);
    for (int i = 0; i < hint->options.count; i++) {
        const ast_property *option = &hint->options.items[i];
        times[i] =
            (state_ttl){option->name.text, flink_duration_ms(option->value.text), option->span};
        if (option->value.kind != AST_LITERAL_STRING || times[i].ms < 0) {
            error_at(l->b.e, ERROR_STATEMENT, option->span, "The time of '%.*s' is no duration",
                SLICE_ARG(option->name.text));
            return error_hint(l->b.e, "Write " FLINK_DURATION_EXAMPLES "; '0 s' is for ever.");
        }
    }
    l->state_ttl = times;
    l->state_ttl_count = hint->options.count;
    return true;
}

bool flink_select_hints(lowering *l, const flink_hint_list *hints) {
    static const char *const WITHOUT_EFFECT[] = {
        "LOOKUP", "BROADCAST", "SHUFFLE_HASH", "SHUFFLE_MERGE", "NEST_LOOP", "MULTI_JOIN"};
    l->state_ttl = NULL;
    l->state_ttl_count = 0;
    for (int i = 0; i < hints->count; i++) {
        const flink_hint *hint = &hints->items[i];
        bool known = false;
        for (size_t k = 0; k < sizeof WITHOUT_EFFECT / sizeof *WITHOUT_EFFECT; k++)
            known = known || is_hint(hint, WITHOUT_EFFECT[k]);
        if (is_hint(hint, "STATE_TTL")) {
            if (!read_state_ttl(l, hint))
                return false;
        } else if (!known) {
            return unknown(l, hint, "behind SELECT",
                "There is STATE_TTL('table' = '1 d'); OPTIONS stands behind a table's name.");
        }
    }
    return true;
}

static bool has_table(const rows *r, slice name) {
    for (int i = 0; i < r->column_count; i++)
        if (r->columns[i].table.data && slice_equal(r->columns[i].table, name))
            return true;
    return false;
}

bool flink_check_state_ttl(lowering *l, const rows *from) {
    for (int i = 0; i < l->state_ttl_count; i++) {
        const state_ttl *t = &l->state_ttl[i];
        if (has_table(from, t->name))
            continue;
        error_at(l->b.e, ERROR_STATEMENT, t->span, "STATE_TTL names '%.*s', which FROM does not",
            SLICE_ARG(t->name));
        return error_hint(l->b.e, "Name a table, view or alias of this SELECT's FROM.");
    }
    return true;
}

int64_t flink_state_ttl(const lowering *l, const rows *r) {
    int64_t longest = -1;
    for (int i = 0; i < l->state_ttl_count; i++) {
        const state_ttl *t = &l->state_ttl[i];
        if (longest == 0 || !has_table(r, t->name))
            continue;
        longest = t->ms == 0 || t->ms > longest ? t->ms : longest;
    }
    return longest < 0 ? l->ttl_ms : longest;
}
