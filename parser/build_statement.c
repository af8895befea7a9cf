/* Queries and statements. */
#include "parser/build.h"
#include "parser/unit.h"

/* ---- queries ---- */

ast_query *ast_build_query(parse *p, const token *first) {
    ast_query *query = ARENA_NEW(p->arena, ast_query);
    query->span = ast_build_span_here(p, first);
    return query;
}

static ast_select_item *select_item_new(parse *p, ast_select_kind kind, source_span first) {
    ast_select_item *item = ARENA_NEW(p->arena, ast_select_item);
    item->kind = kind;
    item->span = ast_build_span_from(p, first.offset);
    return item;
}

ast_select_item *ast_build_select_expression(parse *p, ast_expression *e, ast_name alias) {
    ast_select_item *item = select_item_new(p, AST_SELECT_EXPRESSION, e->span);
    item->expression = e;
    item->alias = alias;
    return item;
}

ast_select_item *ast_build_select_all(parse *p, const token *star) {
    return select_item_new(p, AST_SELECT_ALL, ast_build_span(star));
}

ast_select_item *ast_build_select_source_all(parse *p, ast_name source) {
    ast_select_item *item = select_item_new(p, AST_SELECT_SOURCE_ALL, source.span);
    item->source = source;
    return item;
}

ast_select_item *ast_build_select_struct_all(parse *p, ast_expression *base) {
    ast_select_item *item = select_item_new(p, AST_SELECT_STRUCT_ALL, base->span);
    item->expression = base;
    return item;
}

ast_relation *ast_build_relation(
    parse *p, source_span first, ast_name name, ast_name alias, bool changes) {
    ast_relation *relation = ARENA_NEW(p->arena, ast_relation);
    *relation = (ast_relation){ast_build_span_from(p, first.offset), name, alias, changes};
    return relation;
}

ast_join *ast_build_join(parse *p) {
    return ARENA_NEW(p->arena, ast_join);
}

ast_join *ast_build_within(
    parse *p, const ast_duration *before, const ast_duration *after, const ast_duration *grace) {
    ast_join *join = ast_build_join(p);
    join->before = *before;
    join->after = *after;
    if (grace)
        join->grace = *grace;
    return join;
}

ast_duration *ast_build_duration(parse *p, const token *count, const token *unit) {
    ast_duration *d = ARENA_NEW(p->arena, ast_duration);
    d->span = ast_build_span_here(p, count);
    d->given = true;
    d->count = build_int64(p, count);
    d->unit = unit_from_word(unit->text);
    int64_t unit_ms = unit_duration_ms(d->unit);
    if (!unit_ms) {
        error_at(p->error, ERROR_SYNTAX, ast_build_span(unit), "%.*s is not a unit for a duration",
            SLICE_ARG(unit->text));
        error_hint(p->error, "Use MILLISECONDS, SECONDS, MINUTES, HOURS, DAYS or WEEKS.");
    } else if (__builtin_mul_overflow(d->count, unit_ms, &d->duration_ms)) {
        error_at(p->error, ERROR_SYNTAX, d->span, "The duration is too long");
    }
    return d;
}

ast_window *ast_build_window(parse *p, ast_window_kind kind, const token *first,
    const ast_duration *size, const ast_duration *advance, const ast_window *options) {
    ast_window *window = ARENA_NEW(p->arena, ast_window);
    if (options)
        *window = *options;
    window->kind = kind;
    window->span = ast_build_span_here(p, first);
    window->size = *size;
    if (advance)
        window->advance = *advance;
    return window;
}

static void set_option(
    parse *p, ast_duration *option, const token *first, const ast_duration *value) {
    if (option->given)
        error_at(p->error, ERROR_SYNTAX, ast_build_span(first), "%.*s is given twice",
            SLICE_ARG(first->text));
    *option = *value;
}

ast_window *ast_build_window_retention(
    parse *p, ast_window *options, const token *first, const ast_duration *d) {
    ast_window *window = options ? options : ARENA_NEW(p->arena, ast_window);
    set_option(p, &window->retention, first, d);
    return window;
}

ast_window *ast_build_window_grace(
    parse *p, ast_window *options, const token *first, const ast_duration *d) {
    ast_window *window = options ? options : ARENA_NEW(p->arena, ast_window);
    set_option(p, &window->grace, first, d);
    return window;
}

ast_order_item *ast_build_order_item(
    parse *p, ast_expression *e, bool descending, ast_nulls nulls) {
    ast_order_item *item = ARENA_NEW(p->arena, ast_order_item);
    *item = (ast_order_item){ast_build_span_from(p, e->span.offset), e, descending, nulls};
    return item;
}

/* ---- parts ---- */

ast_column_definition *ast_build_column_definition(
    parse *p, ast_name name, ast_type *type, ast_column_role role, const token *header) {
    ast_column_definition *column = ARENA_NEW(p->arena, ast_column_definition);
    column->span = ast_build_span_from(p, name.span.offset);
    column->name = name;
    column->type = type;
    column->role = role;
    if (header)
        column->header = ast_build_string(p, header)->text;
    return column;
}

ast_property *ast_build_property(parse *p, ast_name name, const ast_literal *value) {
    ast_property *property = ast_build_property_name(p, name);
    property->value = *value;
    return property;
}

ast_property *ast_build_property_name(parse *p, ast_name name) {
    ast_property *property = ARENA_NEW(p->arena, ast_property);
    property->name = name;
    property->span = ast_build_span_from(p, name.span.offset);
    property->value.span = SPAN_NONE;
    return property;
}

ast_row *ast_build_row(parse *p, const token *first, ast_expression_list values) {
    ast_row *row = ARENA_NEW(p->arena, ast_row);
    *row = (ast_row){ast_build_span_here(p, first), values};
    return row;
}

/* ---- statements ---- */

static ast_statement *statement_at(parse *p, ast_statement_kind kind, int32_t offset) {
    ast_statement *statement = ARENA_NEW(p->arena, ast_statement);
    statement->kind = kind;
    statement->dialect = p->dialect;
    statement->span = ast_build_span_from(p, offset);
    statement->text = slice_make(p->sql.data + offset, (size_t)statement->span.length);
    return statement;
}

ast_statement *ast_build_statement(parse *p, ast_statement_kind kind, const token *first) {
    return statement_at(p, kind, first->offset);
}

ast_statement *ast_build_query_statement(parse *p, ast_query *query) {
    ast_statement *statement = statement_at(p, AST_STATEMENT_QUERY, query->span.offset);
    statement->query = query;
    return statement;
}

ast_statement *ast_build_create_source(parse *p, const token *first, build_create_flags flags,
    ast_source_kind kind, bool if_not_exists, ast_name name, ast_column_list columns,
    ast_property_list properties) {
    ast_statement *statement = ast_build_statement(p, AST_STATEMENT_CREATE_SOURCE, first);
    statement->create_source = (ast_create_source){
        .source_kind = kind,
        .or_replace = flags.or_replace,
        .if_not_exists = if_not_exists,
        .is_source = flags.is_source,
        .name = name,
        .has_columns = columns.count > 0,
        .columns = columns,
        .properties = properties,
    };
    return statement;
}

ast_statement *ast_build_create_as(parse *p, const token *first, build_create_flags flags,
    ast_source_kind kind, bool if_not_exists, ast_name name, ast_column_list columns,
    ast_property_list properties, ast_query *query) {
    const char *word = kind == AST_STREAM ? "STREAM" : "TABLE";
    if (columns.count > 0) {
        error_at(p->error, ERROR_SYNTAX, columns.items[0].span,
            "CREATE %s ... AS SELECT takes its columns from the query", word);
        error_hint(p->error, "Leave the column list out; name the columns with AS in the SELECT.");
    }
    if (flags.is_source)
        error_at(p->error, ERROR_SYNTAX, ast_build_span(first),
            "CREATE SOURCE %s reads a topic and cannot be made AS SELECT", word);
    ast_statement *statement = ast_build_statement(p, AST_STATEMENT_CREATE_AS, first);
    statement->create_as =
        (ast_create_as){kind, flags.or_replace, if_not_exists, name, properties, query};
    return statement;
}

ast_statement *ast_build_property_statement(
    parse *p, ast_statement_kind kind, const token *first, const ast_property *property) {
    ast_statement *statement = ast_build_statement(p, kind, first);
    statement->property = *property;
    return statement;
}

ast_statement *ast_build_describe(
    parse *p, const token *first, ast_describe_kind kind, ast_name name, bool extended) {
    ast_statement *statement = ast_build_statement(p, AST_STATEMENT_DESCRIBE, first);
    statement->describe = (ast_describe){kind, name, extended};
    return statement;
}

ast_statement *ast_build_explain(
    parse *p, const token *first, bool analyze, ast_statement *explained, ast_name query_id) {
    if (explained && explained->kind == AST_STATEMENT_EXPLAIN)
        error_at(p->error, ERROR_SYNTAX, explained->span, "EXPLAIN cannot explain itself");
    ast_statement *statement = ast_build_statement(p, AST_STATEMENT_EXPLAIN, first);
    statement->explain = (ast_explain){analyze, explained, query_id};
    return statement;
}

ast_statement *ast_build_show(parse *p, const token *first, ast_show_kind kind, bool extended) {
    ast_statement *statement = ast_build_statement(p, AST_STATEMENT_SHOW, first);
    statement->show = (ast_show){kind, extended, false};
    return statement;
}

ast_statement *ast_build_query_control(
    parse *p, ast_statement_kind kind, const token *first, ast_name query_id) {
    ast_statement *statement = ast_build_statement(p, kind, first);
    statement->query_control = (ast_query_control){!ast_name_given(query_id), query_id};
    return statement;
}

ast_statement *ast_build_run_script(parse *p, const token *first, const token *path) {
    ast_statement *statement = ast_build_statement(p, AST_STATEMENT_RUN_SCRIPT, first);
    statement->run_script = (ast_run_script){ast_build_string(p, path)->text, ast_build_span(path)};
    return statement;
}
