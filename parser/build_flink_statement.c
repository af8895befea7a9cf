/* Statements of the Flink dialect. */
#include "parser/build_flink.h"

static ast_statement *statement_at(parse *p, ast_statement_kind kind, int32_t offset) {
    token first = {.offset = offset};
    return ast_build_statement(p, kind, &first);
}

ast_statement *flink_build_query_statement(parse *p, flink_query *query) {
    ast_statement *statement = statement_at(p, AST_STATEMENT_FLINK_QUERY, query->span.offset);
    statement->flink_query = query;
    return statement;
}

/* ---- CREATE TABLE ---- */

flink_create_table *flink_build_table(parse *p) {
    flink_create_table *table = ARENA_NEW(p->arena, flink_create_table);
    table->watermark_column = ast_build_no_name();
    table->like = ast_build_no_name();
    return table;
}

static flink_build_element *element_new(parse *p, int kind, int32_t offset) {
    flink_build_element *element = ARENA_NEW(p->arena, flink_build_element);
    element->kind = kind;
    element->span = ast_build_span_from(p, offset);
    return element;
}

flink_build_element *flink_build_column(parse *p, flink_column_kind kind, ast_name name,
    ast_type *type, bool primary_key, ast_expression *expression) {
    flink_build_element *element = element_new(p, FLINK_ELEMENT_COLUMN, name.span.offset);
    element->column = (flink_column){
        .span = element->span,
        .kind = kind,
        .name = name,
        .type = type,
        .not_null = primary_key || (type && type->not_null),
        .primary_key = primary_key,
        .expression = expression,
    };
    return element;
}

flink_build_element *flink_build_metadata(
    parse *p, ast_name name, ast_type *type, slice key, bool is_virtual) {
    flink_build_element *element =
        flink_build_column(p, FLINK_COLUMN_METADATA, name, type, false, NULL);
    element->column.metadata_key = key;
    element->column.is_virtual = is_virtual;
    return element;
}

flink_build_element *flink_build_watermark(parse *p, ast_name name, ast_expression *expression) {
    flink_build_element *element = element_new(p, FLINK_ELEMENT_WATERMARK, name.span.offset);
    element->name = name;
    element->expression = expression;
    return element;
}

flink_build_element *flink_build_primary_key(parse *p, const token *first, ast_name_list names) {
    flink_build_element *element = element_new(p, FLINK_ELEMENT_PRIMARY_KEY, first->offset);
    element->names = names;
    return element;
}

static void add_primary_key(
    parse *p, flink_create_table *table, source_span span, ast_name_list names) {
    if (table->primary_key.count > 0)
        error_at(p->error, ERROR_SYNTAX, span, "A table has one PRIMARY KEY");
    table->primary_key = names;
}

static void add_column(parse *p, flink_create_table *table, const flink_column *column) {
    ast_build_append(p, table->columns, *column);
    if (!column->primary_key)
        return;
    ast_name_list key = {0};
    ast_build_append(p, key, column->name);
    add_primary_key(p, table, column->span, key);
}

flink_create_table *flink_build_add_element(
    parse *p, flink_create_table *table, const flink_build_element *element) {
    switch (element->kind) {
    case FLINK_ELEMENT_COLUMN:
        add_column(p, table, &element->column);
        break;
    case FLINK_ELEMENT_WATERMARK:
        if (table->watermark_expression)
            error_at(p->error, ERROR_SYNTAX, element->span, "A table has one WATERMARK");
        table->watermark_column = element->name;
        table->watermark_expression = element->expression;
        break;
    case FLINK_ELEMENT_PRIMARY_KEY:
        add_primary_key(p, table, element->span, element->names);
        break;
    }
    return table;
}

const char *flink_like_part_name(flink_like_part part) {
    static const char *const NAMES[] = {"CONSTRAINTS", "DISTRIBUTION", "GENERATED", "METADATA",
        "OPTIONS", "PARTITIONS", "WATERMARKS"};
    return NAMES[part];
}

flink_build_like flink_build_like_option(parse *p, flink_build_like like, flink_build_unit option) {
    slice verb = option.first.text, what = option.last.text;
    bool excludes = slice_is_ignore_case(verb, "EXCLUDING");
    if (slice_is_ignore_case(what, "ALL")) {
        like.excludes_all = excludes;
        return like;
    }
    int part = 0;
    while (part < FLINK_LIKE_PARTS && !slice_is_ignore_case(what, flink_like_part_name(part)))
        part++;
    if (part == FLINK_LIKE_PARTS) {
        error_at(p->error, ERROR_SYNTAX, ast_build_span(&option.last),
            "%.*s is nothing LIKE copies", SLICE_ARG(what));
        error_hint(p->error, "It copies CONSTRAINTS, GENERATED columns, METADATA columns, OPTIONS, "
                             "PARTITIONS and WATERMARKS.");
        return like;
    }
    if (excludes)
        like.excluded |= 1u << part;
    else
        like.included |= 1u << part;
    if (part == FLINK_LIKE_OPTIONS)
        like.includes_options = slice_is_ignore_case(verb, "INCLUDING");
    return like;
}

ast_statement *flink_build_create_table(parse *p, const token *first, bool temporary,
    bool if_not_exists, ast_name name, flink_create_table *table, slice comment,
    ast_name_list partitioned_by, ast_property_list options, flink_build_like like,
    flink_query *as) {
    table->temporary = temporary;
    table->if_not_exists = if_not_exists;
    table->name = name;
    table->comment = comment;
    table->partitioned_by = partitioned_by;
    table->options = options;
    table->like = like.name;
    unsigned all = (1u << FLINK_LIKE_PARTS) - 1;
    table->like_excludes = (like.excludes_all ? all & ~like.included : 0) | like.excluded;
    table->like_includes_options = like.includes_options;
    table->as = as;
    if (as && table->columns.count > 0)
        error_at(p->error, ERROR_UNSUPPORTED, table->columns.items[0].span,
            "CREATE TABLE ... AS SELECT takes its columns from the query");
    ast_statement *statement = ast_build_statement(p, AST_STATEMENT_FLINK_CREATE_TABLE, first);
    statement->flink_create_table = table;
    return statement;
}

/* ---- views and functions ---- */

ast_statement *flink_build_create_view(parse *p, const token *first, bool temporary,
    bool or_replace, bool if_not_exists, ast_name name, ast_name_list columns, slice comment,
    flink_query *query) {
    flink_create_view *view = ARENA_NEW(p->arena, flink_create_view);
    *view =
        (flink_create_view){temporary, or_replace, if_not_exists, name, columns, comment, query};
    ast_statement *statement = ast_build_statement(p, AST_STATEMENT_FLINK_CREATE_VIEW, first);
    statement->flink_create_view = view;
    return statement;
}

ast_statement *flink_build_create_function(parse *p, const token *first, bool temporary,
    bool if_not_exists, ast_name name, const token *class_name) {
    flink_create_function *function = ARENA_NEW(p->arena, flink_create_function);
    *function = (flink_create_function){
        temporary, if_not_exists, name, ast_build_string(p, class_name)->text};
    ast_statement *statement = ast_build_statement(p, AST_STATEMENT_FLINK_CREATE_FUNCTION, first);
    statement->flink_create_function = function;
    return statement;
}

ast_statement *flink_build_drop(parse *p, const token *first, flink_drop_kind kind, bool temporary,
    bool if_exists, ast_name name) {
    flink_drop *drop = ARENA_NEW(p->arena, flink_drop);
    *drop = (flink_drop){kind, temporary, if_exists, name};
    ast_statement *statement = ast_build_statement(p, AST_STATEMENT_FLINK_DROP, first);
    statement->flink_drop = drop;
    return statement;
}

/* ---- INSERT ---- */

flink_build_insert *flink_build_insert_new(parse *p, const token *first, bool overwrite,
    ast_name target, flink_hint_list hints, ast_property_list partition, ast_name_list columns,
    flink_query *query) {
    flink_build_insert *insert = ARENA_NEW(p->arena, flink_build_insert);
    insert->insert = (flink_insert){
        ast_build_span_here(p, first), target, hints, overwrite, columns, partition, query};
    return insert;
}

ast_statement *flink_build_insert_statement(parse *p, const flink_build_insert *insert) {
    flink_insert *copy = ARENA_NEW(p->arena, flink_insert);
    *copy = insert->insert;
    ast_statement *statement =
        statement_at(p, AST_STATEMENT_FLINK_INSERT, insert->insert.span.offset);
    statement->flink_insert = copy;
    return statement;
}

ast_statement *flink_build_statement_set(
    parse *p, const token *first, flink_statement_set inserts) {
    flink_statement_set *set = ARENA_NEW(p->arena, flink_statement_set);
    *set = inserts;
    ast_statement *statement = ast_build_statement(p, AST_STATEMENT_FLINK_STATEMENT_SET, first);
    statement->flink_statement_set = set;
    return statement;
}

/* ---- ALTER ---- */

ast_statement *flink_build_alter(parse *p, const token *first, flink_alter alter) {
    flink_alter *copy = ARENA_NEW(p->arena, flink_alter);
    *copy = alter;
    ast_statement *statement = ast_build_statement(p, AST_STATEMENT_FLINK_ALTER, first);
    statement->flink_alter = copy;
    return statement;
}

/* ---- SHOW ---- */

ast_statement *flink_build_show(parse *p, const token *first, flink_show_kind kind, ast_name name) {
    flink_show *show = ARENA_NEW(p->arena, flink_show);
    *show = (flink_show){.kind = kind, .name = name};
    ast_statement *statement = ast_build_statement(p, AST_STATEMENT_FLINK_SHOW, first);
    statement->flink_show = show;
    return statement;
}

ast_statement *flink_build_use(parse *p, const token *first, ast_name catalog, ast_name database) {
    flink_build_path(p, &catalog, NULL, database);
    return flink_build_show(p, first, FLINK_USE_DATABASE, database);
}
