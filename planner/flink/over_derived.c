/* Calls with OVER that are expressions over simpler ones:
 *
 *   RANK()        rows so far, without those of the same time, and one
 *   DENSE_RANK()  different times so far
 *   LAG(x, n, d)  the first of the last n + 1 rows, where there are that many; d otherwise, and
 *                 where that is NULL
 *
 * They look at rows in the order of time. LEAD and the like would have to know rows to come.
 */
#include "planner/flink/lowering.h"

static bool is_named(const ast_expression *over, const char *name) {
    return slice_is_ignore_case(over->over.call->call.name.text, name);
}

bool flink_over_is_derived(const ast_expression *over) {
    return is_named(over, "RANK") || is_named(over, "DENSE_RANK") || is_named(over, "LAG") ||
           is_named(over, "LEAD") || is_named(over, "NTILE") || is_named(over, "PERCENT_RANK") ||
           is_named(over, "CUME_DIST");
}

/* ---- windows ---- */

typedef struct windows {
    flink_over *all;   /* all rows until now, with those of the same time */
    flink_over *peers; /* those of the same time */
    flink_over *last;  /* the last n + 1 */
} windows;

static flink_over *window(lowering *l, const flink_over *base, bool is_range,
    flink_frame_bound_kind from, ast_expression *value) {
    flink_over *over = ARENA_NEW(l->b.arena, flink_over);
    over->span = base->span;
    over->partition_by = base->partition_by;
    over->order_by = base->order_by;
    over->has_frame = true;
    over->is_range = is_range;
    over->from = (flink_frame_bound){from, value};
    over->to = (flink_frame_bound){FLINK_CURRENT_ROW, NULL};
    return over;
}

static bool set_window(void *context, const ast_expression *part) {
    const windows *w = context;
    if (part->kind != AST_EXPRESSION_OVER)
        return false;
    ast_expression *over = (ast_expression *)part; /* of a tree made here */
    slice name = over->over.window->base.text;
    over->over.window = slice_is(name, "$all")     ? w->all
                        : slice_is(name, "$peers") ? w->peers
                        : slice_is(name, "$last")  ? w->last
                                                   : over->over.window;
    return false;
}

static ast_expression *derive(lowering *l, const char *sql, ast_expression *const *arguments,
    int count, const ast_expression *over, windows *w) {
    ast_expression *tree = flink_template(l, sql, arguments, count, over->span);
    ast_expression_visit(tree, set_window, w);
    return tree;
}

/* ---- the calls ---- */

static ast_expression *number(lowering *l, int64_t value, source_span span) {
    ast_expression *e = ARENA_NEW(l->b.arena, ast_expression);
    e->kind = AST_EXPRESSION_LITERAL;
    e->span = span;
    e->literal = (ast_literal){.kind = AST_LITERAL_INTEGER,
        .span = span,
        .integer = value,
        .text = planning_text(&l->b, "%lld", (long long)value)};
    return e;
}

static bool read_offset(lowering *l, const ast_expression *call, int64_t *offset) {
    *offset = 1;
    if (call->call.arguments.count < 2)
        return true;
    const ast_expression *e = call->call.arguments.items[1];
    *offset = e->kind == AST_EXPRESSION_LITERAL && e->literal.kind == AST_LITERAL_INTEGER
                  ? e->literal.integer
                  : -1;
    return *offset >= 0 ||
           error_at(l->b.e, ERROR_STATEMENT, e->span, "LAG goes back by a constant number of rows");
}

static ast_expression *lag(
    lowering *l, const ast_expression *over, const flink_over *base, windows *w) {
    const ast_expression *call = over->over.call;
    int count = call->call.arguments.count;
    int64_t offset;
    if (count < 1 || count > 3) {
        error_at(l->b.e, ERROR_STATEMENT, call->span, "Write LAG(x), LAG(x, n) or LAG(x, n, d)");
        return NULL;
    }
    if (!read_offset(l, call, &offset))
        return NULL;
    w->last = window(l, base, false, FLINK_PRECEDING, number(l, offset, call->span));
    ast_expression *arguments[] = {call->call.arguments.items[0], number(l, offset + 1, call->span),
        count > 2 ? call->call.arguments.items[2] : NULL};
    return derive(l,
        count > 2 ? "COALESCE(CASE WHEN COUNT(*) OVER `$last` = $1 THEN "
                    "(FIRST_VALUE(ROW($0)) OVER `$last`).`EXPR$0` END, $2)"
                  : "CASE WHEN COUNT(*) OVER `$last` = $1 THEN "
                    "(FIRST_VALUE(ROW($0)) OVER `$last`).`EXPR$0` END",
        arguments, count > 2 ? 3 : 2, over, w);
}

/* `base` is the window with its name looked up. */
ast_expression *flink_derive_over(lowering *l, const ast_expression *over, const flink_over *base) {
    windows w = {0};
    if (is_named(over, "LAG"))
        return lag(l, over, base, &w);
    if (!is_named(over, "RANK") && !is_named(over, "DENSE_RANK")) {
        error_at(l->b.e, ERROR_UNSUPPORTED, over->span, "%.*s is not supported in stream mode",
            SLICE_ARG(over->over.call->call.name.text));
        error_hint(l->b.e, "It would need to know rows to come. LAG looks back.");
        return NULL;
    }
    if (base->order_by.count != 1) {
        error_at(l->b.e, ERROR_STATEMENT, over->span,
            "OVER windows' ordering in stream mode must be defined on a time attribute");
        return NULL;
    }
    w.all = window(l, base, true, FLINK_UNBOUNDED_PRECEDING, NULL);
    w.peers = window(l, base, true, FLINK_CURRENT_ROW, NULL);
    if (is_named(over, "RANK"))
        return derive(l, "COUNT(*) OVER `$all` - COUNT(*) OVER `$peers` + 1", NULL, 0, over, &w);
    ast_expression *time[] = {base->order_by.items[0].expression};
    return derive(l, "COUNT(DISTINCT $0) OVER `$all`", time, 1, over, &w);
}
