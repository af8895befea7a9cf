/* Queries and statements. One function a statement, in the order of ast_statement_kind. */
#include "parser/ast_format.h"

#include <inttypes.h>

#include "parser/format_text.h"

/* ---- queries ---- */

static void format_duration(sql_text *out, const ast_duration *d) {
    buffer_format(&out->text, "%" PRId64 " %s", d->count, ast_unit_name(d->unit));
}

static void format_alias(sql_text *out, ast_name alias) {
    if (!ast_name_given(alias))
        return;
    buffer_append_text(&out->text, " AS ");
    format_name(out, alias.text);
}

static void format_select_item(sql_text *out, const ast_select_item *item) {
    switch (item->kind) {
    case AST_SELECT_EXPRESSION:
        format_expression(out, item->expression);
        format_alias(out, item->alias);
        break;
    case AST_SELECT_ALL:
        buffer_append_byte(&out->text, '*');
        break;
    case AST_SELECT_SOURCE_ALL:
        format_name(out, item->source.text);
        buffer_append_text(&out->text, ".*");
        break;
    case AST_SELECT_STRUCT_ALL:
        format_expression(out, item->expression);
        buffer_append_text(&out->text, out->dialect == PARSER_FLINK ? ".*" : "->*");
        break;
    }
}

void format_select_list(sql_text *out, ast_select_list list) {
    for (int i = 0; i < list.count; i++) {
        format_separator(out, i);
        format_select_item(out, &list.items[i]);
    }
}

static void format_relation(sql_text *out, const ast_relation *relation) {
    buffer_append_text(&out->text, relation->changes ? "CHANGES(" : "");
    format_source_name(out, relation->name.text);
    buffer_append_text(&out->text, relation->changes ? ")" : "");
    format_alias(out, relation->alias);
}

static void format_within(sql_text *out, const ast_join *join) {
    if (!join->before.given)
        return;
    bool same = join->before.count == join->after.count && join->before.unit == join->after.unit;
    buffer_append_text(&out->text, same ? " WITHIN " : " WITHIN (");
    format_duration(out, &join->before);
    if (!same) {
        buffer_append_text(&out->text, ", ");
        format_duration(out, &join->after);
        buffer_append_byte(&out->text, ')');
    }
    if (join->grace.given) {
        buffer_append_text(&out->text, " GRACE PERIOD ");
        format_duration(out, &join->grace);
    }
}

static const char *const JOIN_TEXTS[] = {
    [AST_JOIN_INNER] = " INNER JOIN ",
    [AST_JOIN_LEFT] = " LEFT OUTER JOIN ",
    [AST_JOIN_RIGHT] = " RIGHT OUTER JOIN ",
    [AST_JOIN_FULL] = " FULL OUTER JOIN ",
};

static void format_join(sql_text *out, const ast_join *join) {
    buffer_append_text(&out->text, JOIN_TEXTS[join->kind]);
    format_relation(out, &join->right);
    format_within(out, join);
    buffer_append_text(&out->text, " ON ");
    format_expression(out, join->on);
}

static void format_window_part(sql_text *out, const char *words, const ast_duration *d) {
    if (!d->given)
        return;
    buffer_append_text(&out->text, words);
    format_duration(out, d);
}

static void format_window(sql_text *out, const ast_window *window) {
    static const char *const KINDS[] = {"", "TUMBLING (SIZE ", "HOPPING (SIZE ", "SESSION ("};
    if (window->kind == AST_WINDOW_NONE)
        return;
    buffer_append_text(&out->text, " WINDOW ");
    if (ast_name_given(window->name)) {
        format_source_name(out, window->name.text);
        buffer_append_byte(&out->text, ' ');
    }
    format_window_part(out, KINDS[window->kind], &window->size);
    format_window_part(out, ", ADVANCE BY ", &window->advance);
    format_window_part(out, ", RETENTION ", &window->retention);
    format_window_part(out, ", GRACE PERIOD ", &window->grace);
    buffer_append_byte(&out->text, ')');
}

static void format_grouping(
    sql_text *out, const char *words, bool given, ast_expression_list items) {
    if (!given)
        return;
    buffer_append_text(&out->text, words);
    if (items.count == 0)
        buffer_append_text(&out->text, "()");
    format_expressions(out, items);
}

void format_condition(sql_text *out, const char *words, const ast_expression *condition) {
    if (!condition)
        return;
    buffer_append_text(&out->text, words);
    format_expression(out, condition);
}

void format_order_by(sql_text *out, ast_order_list list) {
    static const char *const NULLS[] = {"", " NULLS FIRST", " NULLS LAST"};
    if (list.count > 0)
        buffer_append_text(&out->text, " ORDER BY ");
    for (int i = 0; i < list.count; i++) {
        format_separator(out, i);
        format_expression(out, list.items[i].expression);
        buffer_append_text(&out->text, list.items[i].descending ? " DESC" : "");
        buffer_append_text(&out->text, NULLS[list.items[i].nulls]);
    }
}

void format_count(sql_text *out, const char *words, int64_t count) {
    if (count >= 0)
        buffer_format(&out->text, "%s%" PRId64, words, count);
}

static void format_query(sql_text *out, const ast_query *query) {
    static const char *const EMITS[] = {"", " EMIT CHANGES", " EMIT FINAL"};
    buffer_append_text(&out->text, query->distinct ? "SELECT DISTINCT " : "SELECT ");
    format_select_list(out, query->select);
    buffer_append_text(&out->text, " FROM ");
    format_relation(out, &query->from);
    for (int i = 0; i < query->joins.count; i++)
        format_join(out, &query->joins.items[i]);
    format_window(out, &query->window);
    format_condition(out, " WHERE ", query->where);
    format_grouping(out, " GROUP BY ", query->has_group_by, query->group_by);
    format_grouping(out, " PARTITION BY ", query->has_partition_by, query->partition_by);
    format_condition(out, " HAVING ", query->having);
    format_order_by(out, query->order_by);
    buffer_append_text(&out->text, EMITS[query->emit]);
    format_count(out, " LIMIT ", query->limit);
    format_count(out, " OFFSET ", query->offset);
}

/* ---- parts of statements ---- */

static const char *source_word(ast_source_kind kind) {
    return kind == AST_STREAM ? "STREAM " : "TABLE ";
}

static void format_property(sql_text *out, const ast_property *property) {
    format_name_or_string(out, property->name);
    buffer_append_text(&out->text, " = ");
    format_literal(out, &property->value);
}

void format_properties(sql_text *out, ast_property_list properties) {
    buffer_append_byte(&out->text, '(');
    for (int i = 0; i < properties.count; i++) {
        format_separator(out, i);
        format_property(out, &properties.items[i]);
    }
    buffer_append_byte(&out->text, ')');
}

static void format_with(sql_text *out, ast_property_list properties) {
    if (properties.count == 0)
        return;
    buffer_append_text(&out->text, " WITH ");
    format_properties(out, properties);
}

static void format_column_definition(sql_text *out, const ast_column_definition *column) {
    static const char *const ROLES[] = {"", " KEY", " PRIMARY KEY", " HEADERS", " HEADER("};
    format_name(out, column->name.text);
    buffer_append_byte(&out->text, ' ');
    format_type(out, column->type);
    buffer_append_text(&out->text, ROLES[column->role]);
    if (column->role == AST_COLUMN_HEADER) {
        format_string(out, column->header);
        buffer_append_byte(&out->text, ')');
    }
}

static void format_column_definitions(sql_text *out, ast_column_list columns) {
    if (columns.count == 0)
        return;
    buffer_append_text(&out->text, " (");
    for (int i = 0; i < columns.count; i++) {
        format_separator(out, i);
        format_column_definition(out, &columns.items[i]);
    }
    buffer_append_byte(&out->text, ')');
}

void format_column_names(sql_text *out, ast_name_list names) {
    if (names.count == 0)
        return;
    buffer_append_text(&out->text, " (");
    for (int i = 0; i < names.count; i++) {
        format_separator(out, i);
        format_name(out, names.items[i].text);
    }
    buffer_append_byte(&out->text, ')');
}

void format_rows(sql_text *out, const char *words, ast_row_list rows) {
    buffer_append_text(&out->text, words);
    for (int i = 0; i < rows.count; i++) {
        format_separator(out, i);
        buffer_append_byte(&out->text, '(');
        format_expressions(out, rows.items[i].values);
        buffer_append_byte(&out->text, ')');
    }
}

static void format_timeout(sql_text *out, const ast_duration *timeout) {
    if (!timeout->given)
        return;
    buffer_append_text(&out->text, " TIMEOUT ");
    format_duration(out, timeout);
}

/* ---- statements ---- */

static void format_create_source(sql_text *out, const ast_create_source *create) {
    buffer_append_text(&out->text, create->or_replace ? "CREATE OR REPLACE " : "CREATE ");
    buffer_append_text(&out->text, create->is_source ? "SOURCE " : "");
    buffer_append_text(&out->text, source_word(create->source_kind));
    buffer_append_text(&out->text, create->if_not_exists ? "IF NOT EXISTS " : "");
    format_source_name(out, create->name.text);
    format_column_definitions(out, create->columns);
    format_with(out, create->properties);
}

static void format_assert_source(sql_text *out, const ast_create_source *create) {
    buffer_format(&out->text, "ASSERT %s", source_word(create->source_kind));
    format_source_name(out, create->name.text);
    format_column_definitions(out, create->columns);
    format_with(out, create->properties);
}

static void format_create_as(sql_text *out, const ast_create_as *create) {
    buffer_append_text(&out->text, create->or_replace ? "CREATE OR REPLACE " : "CREATE ");
    buffer_append_text(&out->text, source_word(create->source_kind));
    buffer_append_text(&out->text, create->if_not_exists ? "IF NOT EXISTS " : "");
    format_source_name(out, create->name.text);
    format_with(out, create->properties);
    buffer_append_text(&out->text, " AS ");
    format_query(out, create->query);
}

static void format_insert_select(sql_text *out, const ast_insert_select *insert) {
    buffer_append_text(&out->text, "INSERT INTO ");
    format_source_name(out, insert->target.text);
    format_with(out, insert->properties);
    buffer_append_byte(&out->text, ' ');
    format_query(out, insert->query);
}

static void format_insert_values(sql_text *out, const ast_insert_values *insert) {
    buffer_append_text(&out->text, "INSERT INTO ");
    format_source_name(out, insert->target.text);
    format_column_names(out, insert->columns);
    format_rows(out, " VALUES ", insert->rows);
}

static void format_delete(sql_text *out, const ast_delete *deletion) {
    buffer_append_text(&out->text, "DELETE FROM ");
    format_source_name(out, deletion->target.text);
    format_condition(out, " WHERE ", deletion->where);
}

static void format_create_type(sql_text *out, const ast_create_type *create) {
    buffer_append_text(
        &out->text, create->if_not_exists ? "CREATE TYPE IF NOT EXISTS " : "CREATE TYPE ");
    format_source_name(out, create->name.text);
    buffer_append_text(&out->text, " AS ");
    format_type(out, create->type);
}

static void format_drop_type(sql_text *out, const ast_drop_type *drop) {
    buffer_append_text(&out->text, drop->if_exists ? "DROP TYPE IF EXISTS " : "DROP TYPE ");
    format_source_name(out, drop->name.text);
}

static void format_alter_source(sql_text *out, const ast_alter_source *alter) {
    buffer_format(&out->text, "ALTER %s", source_word(alter->source_kind));
    format_source_name(out, alter->name.text);
    for (int i = 0; i < alter->add.count; i++) {
        buffer_append_text(&out->text, i ? ", ADD COLUMN " : " ADD COLUMN ");
        format_column_definition(out, &alter->add.items[i]);
    }
}

static void format_drop_source(sql_text *out, const ast_drop_source *drop) {
    buffer_format(&out->text, "DROP %s", source_word(drop->source_kind));
    buffer_append_text(&out->text, drop->if_exists ? "IF EXISTS " : "");
    format_source_name(out, drop->name.text);
    buffer_append_text(&out->text, drop->delete_topic ? " DELETE TOPIC" : "");
}

static void format_describe(sql_text *out, const ast_describe *describe) {
    switch (describe->kind) {
    case AST_DESCRIBE_SOURCE:
        buffer_append_text(&out->text, "DESCRIBE ");
        format_source_name(out, describe->name.text);
        break;
    case AST_DESCRIBE_FUNCTION:
        buffer_append_text(&out->text, "DESCRIBE FUNCTION ");
        format_source_name(out, describe->name.text);
        break;
    case AST_DESCRIBE_CONNECTOR:
        buffer_append_text(&out->text, "DESCRIBE CONNECTOR ");
        format_name_or_string(out, describe->name);
        break;
    case AST_DESCRIBE_STREAMS:
        buffer_append_text(&out->text, "DESCRIBE STREAMS");
        break;
    case AST_DESCRIBE_TABLES:
        buffer_append_text(&out->text, "DESCRIBE TABLES");
        break;
    }
    buffer_append_text(&out->text, describe->extended ? " EXTENDED" : "");
}

static void format_explain(sql_text *out, const ast_explain *explain) {
    buffer_append_text(&out->text, explain->analyze ? "EXPLAIN ANALYZE " : "EXPLAIN ");
    if (explain->statement)
        format_statement(out, explain->statement);
    else
        format_source_name(out, explain->query_id.text);
}

static void format_show(sql_text *out, const ast_show *show) {
    static const char *const KINDS[] = {
        [AST_SHOW_STREAMS] = "STREAMS",
        [AST_SHOW_TABLES] = "TABLES",
        [AST_SHOW_TOPICS] = "TOPICS",
        [AST_SHOW_QUERIES] = "QUERIES",
        [AST_SHOW_FUNCTIONS] = "FUNCTIONS",
        [AST_SHOW_TYPES] = "TYPES",
        [AST_SHOW_PROPERTIES] = "PROPERTIES",
        [AST_SHOW_VARIABLES] = "VARIABLES",
        [AST_SHOW_CONNECTORS] = "CONNECTORS",
        [AST_SHOW_SOURCE_CONNECTORS] = "SOURCE CONNECTORS",
        [AST_SHOW_SINK_CONNECTORS] = "SINK CONNECTORS",
        [AST_SHOW_CONNECTOR_PLUGINS] = "CONNECTOR PLUGINS",
    };
    buffer_format(&out->text, "SHOW %s%s%s", show->all ? "ALL " : "", KINDS[show->kind],
        show->extended ? " EXTENDED" : "");
}

static void format_print(sql_text *out, const ast_print *print) {
    buffer_append_text(&out->text, "PRINT ");
    format_exact_name(out, print->topic);
    buffer_append_text(&out->text, print->from_beginning ? " FROM BEGINNING" : "");
    if (print->interval != 1)
        format_count(out, " INTERVAL ", print->interval);
    format_count(out, " LIMIT ", print->limit);
}

static void format_query_control(
    sql_text *out, const char *verb, const ast_query_control *control) {
    buffer_append_text(&out->text, verb);
    if (control->all)
        buffer_append_text(&out->text, "ALL");
    else
        format_source_name(out, control->query_id.text);
}

static void format_assert_topic(sql_text *out, const ast_assert_topic *assertion) {
    buffer_append_text(
        &out->text, assertion->not_exists ? "ASSERT NOT EXISTS TOPIC " : "ASSERT TOPIC ");
    format_exact_name(out, assertion->topic);
    format_with(out, assertion->properties);
    format_timeout(out, &assertion->timeout);
}

static void format_assert_schema(sql_text *out, const ast_assert_schema *assertion) {
    buffer_append_text(
        &out->text, assertion->not_exists ? "ASSERT NOT EXISTS SCHEMA" : "ASSERT SCHEMA");
    if (ast_name_given(assertion->subject)) {
        buffer_append_text(&out->text, " SUBJECT ");
        format_exact_name(out, assertion->subject);
    }
    format_count(out, " ID ", assertion->schema_id);
    format_timeout(out, &assertion->timeout);
}

static void format_assert_values(
    sql_text *out, const char *words, const ast_assert_values *assertion, const char *rows_word) {
    buffer_append_text(&out->text, words);
    format_source_name(out, assertion->source.text);
    format_column_names(out, assertion->columns);
    format_rows(out, rows_word, assertion->rows);
}

static void format_create_connector(sql_text *out, const ast_create_connector *create) {
    buffer_format(&out->text, "CREATE %s CONNECTOR %s", create->is_source ? "SOURCE" : "SINK",
        create->if_not_exists ? "IF NOT EXISTS " : "");
    format_name_or_string(out, create->name);
    format_with(out, create->properties);
}

void format_statement(sql_text *out, const ast_statement *statement) {
    switch (statement->kind) {
    case AST_STATEMENT_QUERY:
        format_query(out, statement->query);
        break;
    case AST_STATEMENT_CREATE_SOURCE:
        format_create_source(out, &statement->create_source);
        break;
    case AST_STATEMENT_CREATE_AS:
        format_create_as(out, &statement->create_as);
        break;
    case AST_STATEMENT_INSERT_SELECT:
        format_insert_select(out, &statement->insert_select);
        break;
    case AST_STATEMENT_INSERT_VALUES:
        format_insert_values(out, &statement->insert_values);
        break;
    case AST_STATEMENT_DELETE:
        format_delete(out, &statement->delete_row);
        break;
    case AST_STATEMENT_CREATE_TYPE:
        format_create_type(out, &statement->create_type);
        break;
    case AST_STATEMENT_DROP_TYPE:
        format_drop_type(out, &statement->drop_type);
        break;
    case AST_STATEMENT_ALTER_SOURCE:
        format_alter_source(out, &statement->alter_source);
        break;
    case AST_STATEMENT_ALTER_SYSTEM:
        buffer_append_text(&out->text, "ALTER SYSTEM ");
        format_property(out, &statement->property);
        break;
    case AST_STATEMENT_DROP_SOURCE:
        format_drop_source(out, &statement->drop_source);
        break;
    case AST_STATEMENT_DESCRIBE:
        format_describe(out, &statement->describe);
        break;
    case AST_STATEMENT_EXPLAIN:
        format_explain(out, &statement->explain);
        break;
    case AST_STATEMENT_SHOW:
        if (out->dialect == PARSER_FLINK)
            format_flink_statement(out, statement);
        else
            format_show(out, &statement->show);
        break;
    case AST_STATEMENT_PRINT:
        format_print(out, &statement->print);
        break;
    case AST_STATEMENT_PAUSE:
        format_query_control(out, "PAUSE ", &statement->query_control);
        break;
    case AST_STATEMENT_RESUME:
        format_query_control(out, "RESUME ", &statement->query_control);
        break;
    case AST_STATEMENT_TERMINATE:
        format_query_control(out, "TERMINATE ", &statement->query_control);
        break;
    case AST_STATEMENT_ASSERT_TOPIC:
        format_assert_topic(out, &statement->assert_topic);
        break;
    case AST_STATEMENT_ASSERT_SCHEMA:
        format_assert_schema(out, &statement->assert_schema);
        break;
    case AST_STATEMENT_ASSERT_VALUES:
        format_assert_values(out, "ASSERT VALUES ", &statement->assert_values, " VALUES ");
        break;
    case AST_STATEMENT_ASSERT_TOMBSTONE:
        format_assert_values(out, "ASSERT NULL VALUES ", &statement->assert_values, " KEY ");
        break;
    case AST_STATEMENT_ASSERT_SOURCE:
        format_assert_source(out, &statement->create_source);
        break;
    case AST_STATEMENT_SET:
        buffer_append_text(&out->text, "SET ");
        format_property(out, &statement->property);
        break;
    case AST_STATEMENT_UNSET:
        if (out->dialect == PARSER_FLINK) {
            format_flink_statement(out, statement);
            break;
        }
        buffer_append_text(&out->text, "UNSET ");
        format_name_or_string(out, statement->property.name);
        break;
    case AST_STATEMENT_DEFINE:
        buffer_append_text(&out->text, "DEFINE ");
        format_property(out, &statement->property);
        break;
    case AST_STATEMENT_UNDEFINE:
        buffer_append_text(&out->text, "UNDEFINE ");
        format_name_or_string(out, statement->property.name);
        break;
    case AST_STATEMENT_RUN_SCRIPT:
        buffer_append_text(&out->text, "RUN SCRIPT ");
        format_string(out, statement->run_script.path);
        break;
    case AST_STATEMENT_CREATE_CONNECTOR:
        format_create_connector(out, &statement->create_connector);
        break;
    case AST_STATEMENT_DROP_CONNECTOR:
        buffer_append_text(&out->text, "DROP CONNECTOR ");
        buffer_append_text(&out->text, statement->drop_connector.if_exists ? "IF EXISTS " : "");
        format_name_or_string(out, statement->drop_connector.name);
        break;
    default:
        format_flink_statement(out, statement);
    }
}

/* ---- the public doors ---- */

static slice take(arena *a, sql_text *out) {
    slice text = arena_copy(a, buffer_slice(&out->text));
    buffer_free(&out->text);
    return text;
}

slice ast_format_statement(arena *a, const ast_statement *statement) {
    sql_text out = {.dialect = statement->dialect};
    format_statement(&out, statement);
    return take(a, &out);
}

slice ast_format_expression(arena *a, const ast_expression *expression) {
    sql_text out = {.dialect = PARSER_KSQL};
    format_expression(&out, expression);
    return take(a, &out);
}

slice ast_format_type(arena *a, const ast_type *type) {
    sql_text out = {.dialect = PARSER_KSQL};
    format_type(&out, type);
    return take(a, &out);
}

slice ast_format_name(arena *a, slice name) {
    sql_text out = {.dialect = PARSER_KSQL};
    format_name(&out, name);
    return take(a, &out);
}

slice ast_format_name_in(arena *a, parser_dialect dialect, slice name) {
    sql_text out = {.dialect = dialect};
    format_name(&out, name);
    return take(a, &out);
}

slice ast_format_string(arena *a, slice text) {
    sql_text out = {.dialect = PARSER_KSQL};
    format_string(&out, text);
    return take(a, &out);
}
