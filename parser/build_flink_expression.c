/* Names, types and expressions of the Flink dialect. */
#include "parser/build_flink.h"
#include "parser/unit.h"

static ast_expression *expression_new(parse *p, ast_expression_kind kind, int32_t offset) {
    ast_expression *e = ARENA_NEW(p->arena, ast_expression);
    e->kind = kind;
    e->span = ast_build_span_from(p, offset);
    return e;
}

/* ---- names ---- */

static void require_default(parse *p, const ast_name *name, const char *only) {
    if (!name || slice_is_ignore_case(name->text, only))
        return;
    error_at(p->error, ERROR_NOT_FOUND, name->span, "There is no catalog or database %.*s",
        SLICE_ARG(name->text));
    error_hint(p->error, "Leave it out: everything is in %s.", only);
}

ast_name flink_build_path(
    parse *p, const ast_name *catalog, const ast_name *database, ast_name name) {
    require_default(p, catalog, "default_catalog");
    require_default(p, database, "default_database");
    return name;
}

/* ---- types ---- */

/* The types that keep their own word are kept as another one's values. */
static const struct {
    const char *name;
    ast_type_kind kind;
    int parameters;
    bool keeps_word;
} TYPES[] = {
    {"BOOLEAN", AST_TYPE_BOOLEAN, 0, false},
    {"TINYINT", AST_TYPE_INTEGER, 0, true},
    {"SMALLINT", AST_TYPE_INTEGER, 0, true},
    {"INT", AST_TYPE_INTEGER, 0, false},
    {"INTEGER", AST_TYPE_INTEGER, 0, false},
    {"BIGINT", AST_TYPE_BIGINT, 0, false},
    {"FLOAT", AST_TYPE_DOUBLE, 0, true},
    {"REAL", AST_TYPE_DOUBLE, 0, true},
    {"DOUBLE", AST_TYPE_DOUBLE, 0, false},
    {"CHAR", AST_TYPE_STRING, 1, true},
    {"VARCHAR", AST_TYPE_STRING, 1, true},
    {"STRING", AST_TYPE_STRING, 0, false},
    {"BINARY", AST_TYPE_BYTES, 1, true},
    {"VARBINARY", AST_TYPE_BYTES, 1, true},
    {"BYTES", AST_TYPE_BYTES, 0, false},
    {"DATE", AST_TYPE_DATE, 0, false},
    {"TIME", AST_TYPE_TIME, 1, false},
    {"TIMESTAMP", AST_TYPE_TIMESTAMP, 1, false},
    {"TIMESTAMP_LTZ", AST_TYPE_TIMESTAMP, 1, false},
    {"DECIMAL", AST_TYPE_DECIMAL, 2, false},
    {"DEC", AST_TYPE_DECIMAL, 2, false},
    {"NUMERIC", AST_TYPE_DECIMAL, 2, false},
};

enum { DEFAULT_DECIMAL_PRECISION = 10 };

static void set_parameters(ast_type *type, int precision, int scale) {
    bool is_decimal = type->kind == AST_TYPE_DECIMAL;
    type->precision = is_decimal && precision < 0 ? DEFAULT_DECIMAL_PRECISION : precision;
    type->scale = is_decimal && scale < 0 ? 0 : scale;
}

ast_type *flink_build_type(parse *p, const token *name, int precision, int scale) {
    ast_type *type = ARENA_NEW(p->arena, ast_type);
    int count = (int)(sizeof TYPES / sizeof TYPES[0]), i = 0;
    while (i < count && !slice_is_ignore_case(name->text, TYPES[i].name))
        i++;
    type->kind = i < count ? TYPES[i].kind : AST_TYPE_NAMED;
    type->span = ast_build_span_here(p, name);
    type->depth = 1;
    type->name = ast_build_name(p, name);
    if (i == count)
        return type;
    if (TYPES[i].keeps_word)
        type->name.text = slice_of(TYPES[i].name);
    else
        type->name = ast_build_no_name();
    type->local_zone = slice_is(slice_of(TYPES[i].name), "TIMESTAMP_LTZ");
    set_parameters(type, precision, scale);
    if ((precision >= 0) + (scale >= 0) > TYPES[i].parameters)
        error_at(p->error, ERROR_SYNTAX, type->span,
            TYPES[i].parameters ? "The type %s takes one number in parentheses"
                                : "The type %s takes no numbers in parentheses",
            TYPES[i].name);
    return type;
}

ast_type *flink_build_zoned(parse *p, const token *name, int precision, bool local) {
    ast_type *type = flink_build_type(p, name, precision, -1);
    if (type->kind != AST_TYPE_TIMESTAMP && (local || type->kind != AST_TYPE_TIME))
        error_at(p->error, ERROR_SYNTAX, type->span, "The type %.*s has no time zone",
            SLICE_ARG(name->text));
    type->local_zone = local;
    return type;
}

ast_type *flink_build_not_null(parse *p, ast_type *type) {
    type->not_null = true;
    type->span = ast_build_span_from(p, type->span.offset);
    return type;
}

/* ---- predicates ---- */

/* The query holds no more steps than any expression so far. */
static void deepen_query(parse *p, ast_expression *e) {
    ast_expression inside = {.depth = p->deepest};
    ast_build_deepen(p, e, &inside);
}

/* ((SELECT 1)) is (SELECT 1). */
static flink_query *without_parentheses(flink_query *query) {
    while (query->body->kind == FLINK_BODY_QUERY && query->with.count == 0 &&
           query->order_by.count == 0 && query->limit < 0 && query->offset < 0)
        query = query->body->query;
    return query;
}

ast_expression *flink_build_in_query(
    parse *p, ast_expression *operand, bool negated, flink_query *query) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_IN_QUERY, operand->span.offset);
    e->query.operand = operand;
    e->query.negated = negated;
    e->query.query = without_parentheses(query);
    deepen_query(p, e);
    ast_build_deepen(p, e, operand);
    return e;
}

/* x = ANY (q) is x IN (q), and x <> ALL (q) is x NOT IN (q). */
ast_expression *flink_build_compared_query(parse *p, ast_expression *operand,
    ast_comparison_operator operation, const token *quantifier, flink_query *query) {
    bool all = slice_is_ignore_case(quantifier->text, "ALL");
    if (operation == (all ? AST_NOT_EQUAL : AST_EQUAL))
        return flink_build_in_query(p, operand, all, query);
    ast_expression *e = flink_build_in_query(p, operand, false, query);
    e->kind = AST_EXPRESSION_QUANTIFIED;
    e->query.operation = operation;
    e->query.all = all;
    return e;
}

/* x > ANY (a, b) is x > a OR x > b. */
ast_expression *flink_build_compared_list(parse *p, ast_expression *operand,
    ast_comparison_operator operation, const token *quantifier, ast_expression_list list) {
    bool all = slice_is_ignore_case(quantifier->text, "ALL");
    for (int i = 0; i < list.count; i++)
        list.items[i] = ast_build_comparison(p, operation, operand, list.items[i]);
    return ast_build_logical_chain(p, all ? AST_AND : AST_OR, list);
}

ast_expression *flink_build_similar(
    parse *p, ast_expression *operand, bool negated, ast_expression *pattern) {
    ast_name name = {SLICE_LITERAL("SIMILAR"), operand->span, false};
    ast_expression *e = flink_build_call_two(p, name, operand, pattern);
    if (!negated)
        return e;
    ast_expression *not_ = expression_new(p, AST_EXPRESSION_NOT, operand->span.offset);
    not_->not_.operand = e;
    ast_build_deepen(p, not_, e);
    return not_;
}

/* x IS TRUE says the same as x IS NOT DISTINCT FROM TRUE. */
ast_expression *flink_build_is_boolean(
    parse *p, ast_expression *operand, bool negated, const token *word, bool value) {
    ast_expression *literal = ast_build_literal(p, ast_build_boolean(p, word, value));
    return ast_build_is_distinct(p, operand, !negated, literal);
}

ast_expression *flink_build_subquery(
    parse *p, ast_expression_kind kind, const token *first, flink_query *query) {
    ast_expression *e = expression_new(p, kind, first->offset);
    e->query.query = without_parentheses(query);
    deepen_query(p, e);
    return e;
}

/* ---- values ---- */

ast_expression *flink_build_bare_call(parse *p, ast_name name) {
    static const char *const NAMES[] = {
        "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (!name.quoted && slice_is_ignore_case(name.text, NAMES[i]))
            return ast_build_call(p, name, false, (ast_expression_list){0});
    return NULL;
}

ast_expression *flink_build_row(
    parse *p, const token *first, ast_expression_list items, bool bare) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_ROW, first->offset);
    e->row.items = items;
    e->parenthesized = bare;
    for (int i = 0; i < items.count; i++)
        ast_build_deepen(p, e, items.items[i]);
    return e;
}

ast_expression *flink_build_typed_string(parse *p, const token *type, const token *text) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_TYPED_STRING, type->offset);
    e->typed_string.type = slice_is_ignore_case(type->text, "DATE")   ? AST_TYPE_DATE
                           : slice_is_ignore_case(type->text, "TIME") ? AST_TYPE_TIME
                                                                      : AST_TYPE_TIMESTAMP;
    e->typed_string.text = ast_build_string(p, text)->text;
    return e;
}

ast_expression *flink_build_map(parse *p, const token *first, ast_expression_list items) {
    ast_map_entry_list entries = {0};
    for (int i = 0; i + 1 < items.count; i += 2)
        ast_build_append(p, entries, ((ast_map_entry){items.items[i], items.items[i + 1]}));
    ast_expression *e = ast_build_map(p, first, entries);
    if (items.count % 2)
        error_at(p->error, ERROR_SYNTAX, e->span, "MAP[...] takes keys and values in turn");
    return e;
}

/* ---- intervals ---- */

/* Days to seconds are milliseconds, years and months months. */
static const struct {
    const char *name;
    int64_t size;
    bool is_months;
    char before; /* what stands before this part in a text of several */
} INTERVAL_PARTS[] = {
    {"YEAR", 12, true, 0},
    {"MONTH", 1, true, '-'},
    {"DAY", 24 * 60 * 60 * 1000, false, 0},
    {"HOUR", 60 * 60 * 1000, false, ' '},
    {"MINUTE", 60 * 1000, false, ':'},
    {"SECOND", 1000, false, ':'},
    {"QUARTER", 3, true, 0},
    {"WEEK", 7 * 24 * 60 * 60 * 1000, false, 0},
    {"MILLISECOND", 1, false, 0},
};
enum { PART_COUNT = sizeof INTERVAL_PARTS / sizeof *INTERVAL_PARTS };

static int interval_part(slice word) {
    slice singular = word;
    if (singular.length > 1 && (singular.data[singular.length - 1] | 32) == 's')
        singular.length--;
    for (int i = 0; i < PART_COUNT; i++)
        if (slice_is_ignore_case(word, INTERVAL_PARTS[i].name) ||
            slice_is_ignore_case(singular, INTERVAL_PARTS[i].name))
            return i;
    return -1;
}

static bool read_digits(slice *text, int64_t *value) {
    size_t length = 0;
    while (length < text->length && text->data[length] >= '0' && text->data[length] <= '9')
        length++;
    if (length == 0 || !slice_to_int64(slice_make(text->data, length), value))
        return false;
    *text = slice_make(text->data + length, text->length - length);
    return true;
}

/* .5 is 500 ms; digits behind the third are dropped. */
static bool read_fraction(slice *text, int64_t *milliseconds) {
    *milliseconds = 0;
    if (text->length == 0 || text->data[0] != '.')
        return true;
    int64_t place = 100;
    size_t i = 1;
    for (; i < text->length && text->data[i] >= '0' && text->data[i] <= '9'; i++, place /= 10)
        *milliseconds += (text->data[i] - '0') * place;
    *text = slice_make(text->data + i, text->length - i);
    return i > 1;
}

static bool read_interval(slice text, int first, int last, int64_t *amount) {
    *amount = 0;
    for (int part = first; part <= last; part++) {
        int64_t value, fraction = 0;
        if (part > first) {
            if (text.length == 0 || text.data[0] != INTERVAL_PARTS[part].before)
                return false;
            text = slice_make(text.data + 1, text.length - 1);
        }
        if (!read_digits(&text, &value) ||
            (slice_is(slice_of(INTERVAL_PARTS[part].name), "SECOND") &&
                !read_fraction(&text, &fraction)) ||
            __builtin_mul_overflow(value, INTERVAL_PARTS[part].size, &value) ||
            __builtin_add_overflow(*amount, value + fraction, amount))
            return false;
    }
    return text.length == 0;
}

static bool is_sign(char c) {
    return c == '-' || c == '+';
}

ast_expression *flink_build_interval(
    parse *p, const token *first, bool negative, const token *text, flink_build_unit unit) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_INTERVAL, first->offset);
    int from = interval_part(unit.first.text), to = interval_part(unit.last.text);
    bool is_range = unit.first.offset != unit.last.offset;
    if (from < 0 || to < 0 || to < from || (is_range && to > 5) ||
        INTERVAL_PARTS[from].is_months != INTERVAL_PARTS[to].is_months) {
        const token *bad = from < 0 ? &unit.first : &unit.last;
        error_at(p->error, ERROR_SYNTAX, ast_build_span(bad), "%.*s is not the unit of an interval",
            SLICE_ARG(bad->text));
        error_hint(p->error, "Use YEAR, MONTH, DAY, HOUR, MINUTE or SECOND, or a range of them.");
        return e;
    }
    slice value = slice_trim(ast_build_string(p, text)->text);
    if (value.length > 0 && is_sign(value.data[0])) {
        negative ^= value.data[0] == '-';
        value = slice_make(value.data + 1, value.length - 1);
    }
    e->interval.is_months = INTERVAL_PARTS[from].is_months;
    if (!read_interval(value, from, to, &e->interval.amount)) {
        error_at(p->error, ERROR_SYNTAX, ast_build_span(text), "%.*s is not an interval in %.*s",
            SLICE_ARG(text->text), SLICE_ARG(unit.first.text));
        error_hint(p->error, "Write INTERVAL '10' SECOND, INTERVAL '1 06:30:00' DAY TO SECOND.");
    }
    if (negative)
        e->interval.amount = -e->interval.amount;
    return e;
}

/* ---- calls ---- */

static ast_expression *call_three(
    parse *p, ast_name name, ast_expression *first, ast_expression *second, ast_expression *third) {
    ast_expression_list arguments = {0};
    ast_build_append(p, arguments, first);
    if (second)
        ast_build_append(p, arguments, second);
    if (third)
        ast_build_append(p, arguments, third);
    return ast_build_call(p, name, false, arguments);
}

ast_expression *flink_build_call_two(
    parse *p, ast_name name, ast_expression *first, ast_expression *second) {
    return call_three(p, name, first, second, NULL);
}

/* TRIM(LEADING 'x' FROM s) is LTRIM(s, 'x'). */
static ast_expression *trim_call(
    parse *p, ast_name name, const token *side, ast_expression *what, ast_expression *from) {
    bool is_leading = side && slice_is_ignore_case(side->text, "LEADING");
    bool is_trailing = side && slice_is_ignore_case(side->text, "TRAILING");
    name.text = slice_of(is_leading ? "LTRIM" : is_trailing ? "RTRIM" : "BTRIM");
    return call_three(p, name, from, what, NULL);
}

ast_expression *flink_build_call_from(parse *p, ast_name name, const token *side,
    ast_expression *first, ast_expression *second, ast_expression *third) {
    if (slice_is_ignore_case(name.text, "TRIM"))
        return trim_call(p, name, side, first, second);
    if (side || !first)
        error_at(p->error, ERROR_SYNTAX, name.span, "Only TRIM takes BOTH, LEADING or TRAILING");
    return call_three(p, name, first ? first : second, second, third);
}

ast_expression *flink_build_overlay(parse *p, ast_name name, ast_expression *text,
    ast_expression *placed, ast_expression *from, ast_expression *count) {
    ast_expression_list arguments = {0};
    ast_expression *all[] = {text, placed, from, count};
    for (int i = 0; i < 4 && all[i]; i++)
        ast_build_append(p, arguments, all[i]);
    return ast_build_call(p, name, false, arguments);
}

flink_build_json flink_build_json_option(flink_build_json all, flink_build_json one) {
    all.returning = one.returning ? one.returning : all.returning;
    all.wraps = one.wraps ? one.wraps : all.wraps;
    all.on_null = one.on_null ? one.on_null : all.on_null;
    all.on_empty = one.on_empty.what ? one.on_empty : all.on_empty;
    all.on_error = one.on_error.what ? one.on_error : all.on_error;
    return all;
}

static ast_expression *text_literal(parse *p, source_span span, slice text) {
    ast_literal *literal = ARENA_NEW(p->arena, ast_literal);
    *literal = (ast_literal){.kind = AST_LITERAL_STRING, .span = span, .text = text};
    return ast_build_literal(p, literal);
}

static ast_expression *word_literal(
    parse *p, source_span span, const char *word, const char *otherwise) {
    return text_literal(p, span, slice_of(word ? word : otherwise));
}

static ast_expression *answer_value(parse *p, source_span span, flink_build_json_answer answer) {
    if (answer.value)
        return answer.value;
    ast_literal *literal = ARENA_NEW(p->arena, ast_literal);
    *literal = (ast_literal){.kind = AST_LITERAL_NULL, .span = span};
    return ast_build_literal(p, literal);
}

/* The options become arguments: JSON_VALUE(json, path, 'DEFAULT', 'none', 'NULL', NULL). */
ast_expression *flink_build_json_call(
    parse *p, ast_name name, ast_expression_list arguments, flink_build_json options) {
    source_span span = name.span;
    if (slice_is_ignore_case(name.text, "JSON_ARRAY") ||
        slice_is_ignore_case(name.text, "JSON_ARRAYAGG")) {
        ast_expression_list all = {0};
        ast_build_append(p, all, word_literal(p, span, options.on_null, "ABSENT"));
        for (int i = 0; i < arguments.count; i++)
            ast_build_append(p, all, arguments.items[i]);
        name.text = slice_is_ignore_case(name.text, "JSON_ARRAY")
                        ? SLICE_LITERAL("FLINK_JSON_ARRAY")
                        : SLICE_LITERAL("FLINK_JSON_ARRAYAGG");
        return ast_build_call(p, name, false, all);
    }
    bool is_value = slice_is_ignore_case(name.text, "JSON_VALUE");
    if (slice_is_ignore_case(name.text, "JSON_QUERY"))
        ast_build_append(p, arguments, word_literal(p, span, options.wraps, "WITHOUT"));
    if (!slice_is_ignore_case(name.text, "JSON_EXISTS"))
        ast_build_append(p, arguments, word_literal(p, span, options.on_empty.what, "NULL"));
    if (is_value)
        ast_build_append(p, arguments, answer_value(p, span, options.on_empty));
    ast_build_append(p, arguments, word_literal(p, span, options.on_error.what, "NULL"));
    if (is_value)
        ast_build_append(p, arguments, answer_value(p, span, options.on_error));
    ast_expression *e = ast_build_call(p, name, false, arguments);
    token first = {.offset = span.offset};
    return options.returning ? ast_build_cast(p, &first, e, options.returning) : e;
}

ast_expression *flink_build_json_object(
    parse *p, const token *first, ast_expression_list entries, const char *on_null) {
    source_span span = ast_build_span(first);
    bool is_aggregate = slice_is_ignore_case(first->text, "JSON_OBJECTAGG");
    ast_name name = {
        is_aggregate ? SLICE_LITERAL("FLINK_JSON_OBJECTAGG") : SLICE_LITERAL("FLINK_JSON_OBJECT"),
        span, false};
    ast_expression_list all = {0};
    ast_build_append(p, all, word_literal(p, span, on_null, "NULL"));
    for (int i = 0; i < entries.count; i++)
        ast_build_append(p, all, entries.items[i]);
    return ast_build_call(p, name, false, all);
}

static ast_expression *negated_or_not(parse *p, ast_expression *e, bool negated) {
    if (!negated)
        return e;
    ast_expression *not_ = expression_new(p, AST_EXPRESSION_NOT, e->span.offset);
    not_->not_.operand = e;
    ast_build_deepen(p, not_, e);
    return not_;
}

ast_expression *flink_build_is_json(
    parse *p, ast_expression *operand, bool negated, const token *kind) {
    ast_name name = {SLICE_LITERAL("IS_JSON"), operand->span, false};
    ast_expression *word =
        kind ? text_literal(p, ast_build_span(kind), arena_upper(p->arena, kind->text)) : NULL;
    return negated_or_not(p, call_three(p, name, operand, word, NULL), negated);
}

ast_expression *flink_build_between_symmetric(
    parse *p, ast_expression *operand, bool negated, ast_expression *lower, ast_expression *upper) {
    ast_expression *either = expression_new(p, AST_EXPRESSION_LOGICAL, operand->span.offset);
    either->logical.operation = AST_OR;
    either->logical.left = ast_build_between(p, operand, false, lower, upper);
    either->logical.right = ast_build_between(p, operand, false, upper, lower);
    ast_build_deepen(p, either, either->logical.left);
    ast_build_deepen(p, either, either->logical.right);
    return negated_or_not(p, either, negated);
}

/* The end of a period, which may be given as its length. */
static ast_expression *period_end(parse *p, const ast_expression_list *period) {
    ast_expression *second = period->items[1];
    if (second->kind != AST_EXPRESSION_INTERVAL)
        return second;
    ast_expression *sum = expression_new(p, AST_EXPRESSION_ARITHMETIC, second->span.offset);
    sum->arithmetic.operation = AST_ADD;
    sum->arithmetic.left = period->items[0];
    sum->arithmetic.right = second;
    ast_build_deepen(p, sum, period->items[0]);
    ast_build_deepen(p, sum, second);
    return sum;
}

ast_expression *flink_build_overlaps(parse *p, ast_expression *left, ast_expression *right) {
    ast_expression *sides[] = {left, right};
    ast_expression_list arguments = {0};
    for (int i = 0; i < 2; i++) {
        if (sides[i]->kind != AST_EXPRESSION_ROW || sides[i]->row.items.count != 2) {
            error_at(p->error, ERROR_SYNTAX, sides[i]->span,
                "OVERLAPS takes two periods: (start, end) OVERLAPS (start, end)");
            return left;
        }
        ast_build_append(p, arguments, sides[i]->row.items.items[0]);
        ast_build_append(p, arguments, period_end(p, &sides[i]->row.items));
    }
    ast_name name = {SLICE_LITERAL("OVERLAPS"), left->span, true};
    return ast_build_call(p, name, false, arguments);
}

ast_expression *flink_build_filter(parse *p, ast_expression *call, ast_expression *condition) {
    call->call.filter = condition;
    call->span = ast_build_span_from(p, call->span.offset);
    ast_build_deepen(p, call, condition);
    return call;
}

/* ---- OVER ---- */

ast_expression *flink_build_over_call(parse *p, ast_expression *call, flink_over *window) {
    ast_expression *e = expression_new(p, AST_EXPRESSION_OVER, call->span.offset);
    e->over.call = call;
    e->over.window = window;
    ast_build_deepen(p, e, call);
    for (int i = 0; i < window->partition_by.count; i++)
        ast_build_deepen(p, e, window->partition_by.items[i]);
    for (int i = 0; i < window->order_by.count; i++)
        ast_build_deepen(p, e, window->order_by.items[i].expression);
    return e;
}

flink_over *flink_build_over_name(parse *p, ast_name name) {
    flink_over *over = ARENA_NEW(p->arena, flink_over);
    over->span = name.span;
    over->base = name;
    return over;
}

flink_over *flink_build_over(parse *p, const token *first, ast_name base,
    ast_expression_list partition_by, ast_order_list order_by, const flink_over *frame) {
    flink_over *over = ARENA_NEW(p->arena, flink_over);
    if (frame)
        *over = *frame;
    over->span = ast_build_span_here(p, first);
    over->base = base;
    over->partition_by = partition_by;
    over->order_by = order_by;
    return over;
}

flink_over *flink_build_frame(
    parse *p, bool is_range, const flink_frame_bound *from, const flink_frame_bound *to) {
    flink_over *over = ARENA_NEW(p->arena, flink_over);
    over->has_frame = true;
    over->is_range = is_range;
    over->from = *from;
    over->to = to ? *to : (flink_frame_bound){FLINK_CURRENT_ROW, NULL};
    return over;
}

flink_frame_bound *flink_build_bound(parse *p, flink_frame_bound_kind kind, ast_expression *value) {
    flink_frame_bound *bound = ARENA_NEW(p->arena, flink_frame_bound);
    *bound = (flink_frame_bound){kind, value};
    return bound;
}
