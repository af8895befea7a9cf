/* What only Flink's dialect writes in expressions and types. Names stand in backquotes wherever a
 * word of either language could be meant; an interval is written in its smallest unit. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#include "parser/format_text.h"
#include "parser/grammar.h"
#include "parser/keyword.h"

/* ---- names ---- */

static bool is_plain(slice name) {
    if (name.length == 0 || isdigit((unsigned char)name.data[0]))
        return false;
    for (size_t i = 0; i < name.length; i++)
        if (!isalnum((unsigned char)name.data[i]) && name.data[i] != '_')
            return false;
    return true;
}

/* Words that mean something without parentheses, or before a text. */
static bool is_special(slice name) {
    static const char *const WORDS[] = {"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP",
        "LOCALTIME", "LOCALTIMESTAMP", "DATE", "TIME", "TIMESTAMP"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (slice_is_ignore_case(name, WORDS[i]))
            return true;
    return false;
}

void format_flink_name(sql_text *out, slice name) {
    bool bare =
        is_plain(name) && !is_special(name) && keyword_code(PARSER_FLINK, name) == TK_IDENTIFIER;
    if (bare) {
        buffer_append(&out->text, name);
        return;
    }
    buffer_append_byte(&out->text, '`');
    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] == '`')
            buffer_append_byte(&out->text, '`');
        buffer_append_byte(&out->text, name.data[i]);
    }
    buffer_append_byte(&out->text, '`');
}

/* ---- types ---- */

void format_flink_simple_type(sql_text *out, const ast_type *type) {
    static const char *const WORDS[] = {
        [AST_TYPE_BOOLEAN] = "BOOLEAN",
        [AST_TYPE_INTEGER] = "INT",
        [AST_TYPE_BIGINT] = "BIGINT",
        [AST_TYPE_DOUBLE] = "DOUBLE",
        [AST_TYPE_STRING] = "STRING",
        [AST_TYPE_BYTES] = "BYTES",
        [AST_TYPE_DATE] = "DATE",
        [AST_TYPE_TIME] = "TIME",
        [AST_TYPE_TIMESTAMP] = "TIMESTAMP",
        [AST_TYPE_DECIMAL] = "DECIMAL",
    };
    if (type->kind == AST_TYPE_NAMED) {
        format_flink_name(out, type->name.text);
        return;
    }
    if (ast_name_given(type->name))
        buffer_append(&out->text, type->name.text);
    else
        buffer_append_text(&out->text, type->local_zone ? "TIMESTAMP_LTZ" : WORDS[type->kind]);
    if (type->kind == AST_TYPE_DECIMAL)
        buffer_format(&out->text, "(%d, %d)", type->precision, type->scale);
    else if (type->precision >= 0)
        buffer_format(&out->text, "(%d)", type->precision);
}

/* ---- expressions ---- */

static void format_interval(sql_text *out, bool is_months, int64_t amount) {
    uint64_t size = amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
    const char *sign = amount < 0 ? "-" : "";
    if (is_months)
        buffer_format(&out->text, "INTERVAL '%s%" PRIu64 "' MONTH", sign, size);
    else if (size % 1000 == 0)
        buffer_format(&out->text, "INTERVAL '%s%" PRIu64 "' SECOND", sign, size / 1000);
    else
        buffer_format(&out->text, "INTERVAL '%s%" PRIu64 ".%03d' SECOND", sign, size / 1000,
            (int)(size % 1000));
}

static void format_typed_string(sql_text *out, ast_type_kind type, slice text) {
    buffer_append_text(&out->text, type == AST_TYPE_DATE   ? "DATE "
                                   : type == AST_TYPE_TIME ? "TIME "
                                                           : "TIMESTAMP ");
    format_string(out, text);
}

static void format_row(sql_text *out, const ast_expression *e) {
    bool bare = e->parenthesized && e->row.items.count > 1;
    buffer_append_text(&out->text, bare ? "(" : "ROW(");
    format_expressions(out, e->row.items);
    buffer_append_byte(&out->text, ')');
}

static void format_subquery(sql_text *out, const char *before, const flink_query *query) {
    buffer_append_text(&out->text, before);
    format_flink_query(out, query);
    buffer_append_byte(&out->text, ')');
}

void format_flink_expression(sql_text *out, const ast_expression *e) {
    switch (e->kind) {
    case AST_EXPRESSION_INTERVAL:
        format_interval(out, e->interval.is_months, e->interval.amount);
        break;
    case AST_EXPRESSION_TYPED_STRING:
        format_typed_string(out, e->typed_string.type, e->typed_string.text);
        break;
    case AST_EXPRESSION_ROW:
        format_row(out, e);
        break;
    case AST_EXPRESSION_OVER:
        format_expression(out, e->over.call);
        buffer_append_text(&out->text, " OVER ");
        format_flink_over(out, e->over.window);
        break;
    case AST_EXPRESSION_SUBQUERY:
        format_subquery(out, "(", e->query.query);
        break;
    case AST_EXPRESSION_EXISTS:
        format_subquery(out, "EXISTS (", e->query.query);
        break;
    case AST_EXPRESSION_QUANTIFIED:
        buffer_append_byte(&out->text, '(');
        format_expression(out, e->query.operand);
        format_comparison(out, e->query.operation);
        format_subquery(out, e->query.all ? "ALL (" : "ANY (", e->query.query);
        buffer_append_byte(&out->text, ')');
        break;
    case AST_EXPRESSION_IN_QUERY:
        buffer_append_byte(&out->text, '(');
        format_expression(out, e->query.operand);
        format_subquery(out, e->query.negated ? " NOT IN (" : " IN (", e->query.query);
        buffer_append_byte(&out->text, ')');
        break;
    default:
        break;
    }
}

/* ---- OVER ---- */

static void format_bound(sql_text *out, const flink_frame_bound *bound) {
    static const char *const WORDS[] = {
        "UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW", " FOLLOWING", "UNBOUNDED FOLLOWING"};
    if (bound->value)
        format_expression(out, bound->value);
    buffer_append_text(&out->text, WORDS[bound->kind]);
}

void format_flink_over(sql_text *out, const flink_over *over) {
    bool in_parentheses = over->partition_by.count || over->order_by.count || over->has_frame;
    if (ast_name_given(over->base) && !in_parentheses) {
        format_flink_name(out, over->base.text);
        return;
    }
    buffer_append_byte(&out->text, '(');
    if (ast_name_given(over->base)) {
        format_flink_name(out, over->base.text);
        buffer_append_byte(&out->text, ' ');
    }
    if (over->partition_by.count > 0) {
        buffer_append_text(&out->text, "PARTITION BY ");
        format_expressions(out, over->partition_by);
    }
    format_order_by(out, over->order_by);
    if (over->has_frame) {
        buffer_append_text(&out->text, over->is_range ? " RANGE BETWEEN " : " ROWS BETWEEN ");
        format_bound(out, &over->from);
        buffer_append_text(&out->text, " AND ");
        format_bound(out, &over->to);
    }
    buffer_append_byte(&out->text, ')');
}
