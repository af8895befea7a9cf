/* Queries and statements of Flink's dialect. Joins lean to the left and set operators bind as the
 * grammar reads them, so that parentheses stand only where the tree has them. */
#include <inttypes.h>

#include "parser/format_text.h"

static void append(sql_text *out, const char *text) {
    buffer_append_text(&out->text, text);
}

static void format_alias(sql_text *out, const flink_relation *relation) {
    if (!ast_name_given(relation->alias))
        return;
    append(out, " AS ");
    format_name(out, relation->alias.text);
    format_column_names(out, relation->columns);
}

/* ---- hints ---- */

static void format_hint(sql_text *out, const flink_hint *hint) {
    format_name(out, hint->name.text);
    if (hint->options.count > 0)
        format_properties(out, hint->options);
    for (int i = 0; i < hint->words.count; i++) {
        append(out, i == 0 ? "(" : ", ");
        format_exact_name(out, hint->words.items[i]);
    }
    append(out, hint->words.count > 0 ? ")" : "");
}

void format_flink_hints(sql_text *out, const flink_hint_list *hints) {
    if (hints->count == 0)
        return;
    append(out, " /*+ ");
    for (int i = 0; i < hints->count; i++) {
        format_separator(out, i);
        format_hint(out, &hints->items[i]);
    }
    append(out, " */");
}

/* ---- relations ---- */

static void format_named(sql_text *out, const flink_relation *relation) {
    format_name(out, relation->named.name.text);
    format_flink_hints(out, &relation->hints);
    if (!relation->named.as_of)
        return;
    append(out, " FOR SYSTEM_TIME AS OF ");
    format_expression(out, relation->named.as_of);
}

static void format_window_argument(sql_text *out, const ast_expression *argument) {
    if (!argument)
        return;
    append(out, ", ");
    format_expression(out, argument);
}

static void format_window_partition(sql_text *out, ast_name_list columns) {
    if (columns.count == 0)
        return;
    append(out, columns.count > 1 ? " PARTITION BY (" : " PARTITION BY ");
    for (int i = 0; i < columns.count; i++) {
        format_separator(out, i);
        format_name(out, columns.items[i].text);
    }
    append(out, columns.count > 1 ? ")" : "");
}

static void format_window(sql_text *out, const flink_window_call *window) {
    static const char *const NAMES[] = {"TUMBLE", "HOP", "CUMULATE", "SESSION"};
    buffer_format(&out->text, "TABLE(%s(TABLE ", NAMES[window->function]);
    format_flink_relation(out, window->input);
    format_window_partition(out, window->partition_by);
    append(out, ", DESCRIPTOR(");
    format_name(out, window->time.text);
    append(out, ")");
    format_window_argument(out, window->step);
    format_window_argument(out, window->size);
    format_window_argument(out, window->offset);
    append(out, "))");
}

static void format_join(sql_text *out, const flink_relation *relation) {
    static const char *const KINDS[] = {" CROSS JOIN ", " INNER JOIN ", " LEFT JOIN ",
        " RIGHT JOIN ", " FULL JOIN ", " LEFT SEMI JOIN ", " LEFT ANTI JOIN "};
    bool nested = relation->join.right->kind == FLINK_RELATION_JOIN;
    format_flink_relation(out, relation->join.left);
    append(out, relation->join.natural ? " NATURAL" : "");
    append(out, KINDS[relation->join.kind]);
    append(out, nested ? "(" : "");
    format_flink_relation(out, relation->join.right);
    append(out, nested ? ")" : "");
    format_condition(out, " ON ", relation->join.on);
    if (relation->join.using.count > 0) {
        append(out, " USING");
        format_column_names(out, relation->join.using);
    }
}

/* ---- MATCH_RECOGNIZE ---- */

static void format_pattern(sql_text *out, const flink_pattern *pattern);

static void format_quantifier(sql_text *out, const flink_pattern *pattern) {
    int64_t least = pattern->least, most = pattern->most;
    if (most < 0 && least <= 1)
        append(out, least == 0 ? "*" : "+");
    else if (least == 0 && most == 1)
        append(out, "?");
    else if (most < 0)
        buffer_format(&out->text, "{%" PRId64 ",}", least);
    else if (least == most)
        buffer_format(&out->text, "{%" PRId64 "}", least);
    else
        buffer_format(&out->text, "{%" PRId64 ",%" PRId64 "}", least, most);
    append(out, pattern->reluctant ? "?" : "");
}

static void format_pattern(sql_text *out, const flink_pattern *pattern) {
    append(out, pattern->grouped ? "(" : "");
    if (pattern->kind == FLINK_PATTERN_VARIABLE)
        format_name(out, pattern->variable.text);
    for (int i = 0; i < pattern->count; i++) {
        if (i > 0)
            append(out, pattern->kind == FLINK_PATTERN_ALTERNATION ? " | " : " ");
        format_pattern(out, pattern->items[i]);
    }
    if (pattern->kind == FLINK_PATTERN_QUANTIFIED)
        format_quantifier(out, pattern);
    append(out, pattern->grouped ? ")" : "");
}

static void format_match(sql_text *out, const flink_match *match) {
    static const char *const SKIPS[] = {"PAST LAST ROW", "TO NEXT ROW", "TO FIRST ", "TO LAST "};
    format_flink_relation(out, match->input);
    append(out, " MATCH_RECOGNIZE (");
    if (match->partition_by.count > 0) {
        append(out, "PARTITION BY ");
        format_expressions(out, match->partition_by);
    }
    format_order_by(out, match->order_by);
    append(out, match->measures.count > 0 ? " MEASURES " : "");
    format_select_list(out, match->measures);
    append(out, match->all_rows ? " ALL ROWS PER MATCH" : " ONE ROW PER MATCH");
    buffer_format(&out->text, " AFTER MATCH SKIP %s", SKIPS[match->skip]);
    if (ast_name_given(match->skip_variable))
        format_name(out, match->skip_variable.text);
    append(out, " PATTERN (");
    format_pattern(out, match->pattern);
    append(out, ")");
    format_condition(out, " WITHIN ", match->within);
    append(out, " DEFINE ");
    for (int i = 0; i < match->defines.count; i++) {
        format_separator(out, i);
        format_name(out, match->defines.items[i].variable.text);
        format_condition(out, " AS ", match->defines.items[i].condition);
    }
    append(out, ")");
}

static void format_in_parentheses(sql_text *out, const flink_query *query) {
    append(out, "(");
    format_flink_query(out, query);
    append(out, ")");
}

void format_flink_relation(sql_text *out, const flink_relation *relation) {
    append(out, relation->lateral ? "LATERAL " : "");
    switch (relation->kind) {
    case FLINK_RELATION_NAME:
        format_named(out, relation);
        break;
    case FLINK_RELATION_QUERY:
        format_in_parentheses(out, relation->query);
        break;
    case FLINK_RELATION_VALUES:
        format_rows(out, "(VALUES ", relation->values);
        append(out, ")");
        break;
    case FLINK_RELATION_WINDOW:
        format_window(out, relation->window);
        break;
    case FLINK_RELATION_FUNCTION:
        append(out, "TABLE(");
        format_expression(out, relation->function);
        append(out, ")");
        break;
    case FLINK_RELATION_UNNEST:
        append(out, "UNNEST(");
        format_expression(out, relation->unnest.operand);
        append(out, relation->unnest.ordinality ? ") WITH ORDINALITY" : ")");
        break;
    case FLINK_RELATION_JOIN:
        format_join(out, relation);
        break;
    case FLINK_RELATION_MATCH:
        format_match(out, relation->match);
        break;
    }
    format_alias(out, relation);
}

/* ---- queries ---- */

static void format_set(sql_text *out, ast_expression_list columns) {
    append(out, "(");
    format_expressions(out, columns);
    append(out, ")");
}

static void format_grouping(sql_text *out, const flink_grouping *grouping) {
    switch (grouping->kind) {
    case FLINK_GROUP_EXPRESSION:
        format_expressions(out, grouping->items);
        break;
    case FLINK_GROUP_ROLLUP:
    case FLINK_GROUP_CUBE:
        append(out, grouping->kind == FLINK_GROUP_ROLLUP ? "ROLLUP " : "CUBE ");
        format_set(out, grouping->items);
        break;
    case FLINK_GROUP_SETS:
        append(out, "GROUPING SETS (");
        for (int i = 0; i < grouping->set_count; i++) {
            format_separator(out, i);
            format_set(out, grouping->sets[i]);
        }
        append(out, ")");
        break;
    }
}

static void format_select(sql_text *out, const flink_select *select) {
    append(out, "SELECT");
    format_flink_hints(out, &select->hints);
    append(out, select->distinct ? " DISTINCT " : " ");
    format_select_list(out, select->select);
    append(out, select->from ? " FROM " : "");
    if (select->from)
        format_flink_relation(out, select->from);
    format_condition(out, " WHERE ", select->where);
    append(out, select->has_group_by ? " GROUP BY " : "");
    for (int i = 0; i < select->group_by.count; i++) {
        format_separator(out, i);
        format_grouping(out, &select->group_by.items[i]);
    }
    format_condition(out, " HAVING ", select->having);
    append(out, select->windows.count > 0 ? " WINDOW " : "");
    for (int i = 0; i < select->windows.count; i++) {
        format_separator(out, i);
        format_name(out, select->windows.items[i].name.text);
        append(out, " AS ");
        format_flink_over(out, &select->windows.items[i].over);
    }
}

static void format_body(sql_text *out, const flink_body *body) {
    static const char *const OPERATORS[] = {" UNION ", " INTERSECT ", " EXCEPT "};
    switch (body->kind) {
    case FLINK_BODY_SELECT:
        format_select(out, body->select);
        break;
    case FLINK_BODY_VALUES:
        format_rows(out, "VALUES ", body->values);
        break;
    case FLINK_BODY_SET:
        format_body(out, body->set.left);
        append(out, OPERATORS[body->set.operation]);
        append(out, body->set.all ? "ALL " : "");
        format_body(out, body->set.right);
        break;
    case FLINK_BODY_QUERY:
        format_in_parentheses(out, body->query);
        break;
    }
}

void format_flink_query(sql_text *out, const flink_query *query) {
    for (int i = 0; i < query->with.count; i++) {
        const flink_common_table *table = &query->with.items[i];
        append(out, i == 0 ? "WITH " : ", ");
        format_name(out, table->name.text);
        format_column_names(out, table->columns);
        append(out, " AS ");
        format_in_parentheses(out, table->query);
    }
    append(out, query->with.count > 0 ? " " : "");
    format_body(out, query->body);
    format_order_by(out, query->order_by);
    format_count(out, " LIMIT ", query->limit);
    format_count(out, " OFFSET ", query->offset);
}

/* ---- CREATE TABLE ---- */

static void format_comment(sql_text *out, slice comment) {
    if (!comment.data)
        return;
    append(out, " COMMENT ");
    format_string(out, comment);
}

static void format_column(sql_text *out, const flink_column *column) {
    format_name(out, column->name.text);
    if (column->kind == FLINK_COLUMN_COMPUTED) {
        format_condition(out, " AS ", column->expression);
        return;
    }
    append(out, " ");
    format_type(out, column->type);
    append(out, column->primary_key ? " PRIMARY KEY NOT ENFORCED" : "");
    if (column->kind != FLINK_COLUMN_METADATA)
        return;
    append(out, " METADATA");
    if (column->metadata_key.data) {
        append(out, " FROM ");
        format_string(out, column->metadata_key);
    }
    append(out, column->is_virtual ? " VIRTUAL" : "");
}

static bool has_key_column(const flink_create_table *table) {
    for (int i = 0; i < table->columns.count; i++)
        if (table->columns.items[i].primary_key)
            return true;
    return false;
}

static void format_elements(sql_text *out, const flink_create_table *table) {
    int count = 0;
    bool own_key = table->primary_key.count > 0 && !has_key_column(table);
    if (table->columns.count == 0 && !table->watermark_expression && !own_key)
        return;
    append(out, " (");
    for (int i = 0; i < table->columns.count; i++) {
        format_separator(out, count++);
        format_column(out, &table->columns.items[i]);
    }
    if (table->watermark_expression) {
        format_separator(out, count++);
        append(out, "WATERMARK FOR ");
        format_name(out, table->watermark_column.text);
        format_condition(out, " AS ", table->watermark_expression);
    }
    if (own_key) {
        format_separator(out, count++);
        append(out, "PRIMARY KEY");
        format_column_names(out, table->primary_key);
        append(out, " NOT ENFORCED");
    }
    append(out, ")");
}

static void format_like(sql_text *out, const flink_create_table *table) {
    if (!ast_name_given(table->like))
        return;
    append(out, " LIKE ");
    format_name(out, table->like.text);
    int count = 0;
    for (int part = 0; part < FLINK_LIKE_PARTS; part++)
        if (table->like_excludes & 1u << part)
            buffer_format(
                &out->text, "%sEXCLUDING %s", count++ ? " " : " (", flink_like_part_name(part));
    if (table->like_includes_options)
        append(out, count++ ? " INCLUDING OPTIONS" : " (INCLUDING OPTIONS");
    append(out, count > 0 ? ")" : "");
}

static void format_create_table(sql_text *out, const flink_create_table *table) {
    append(out, table->temporary ? "CREATE TEMPORARY TABLE " : "CREATE TABLE ");
    append(out, table->if_not_exists ? "IF NOT EXISTS " : "");
    format_name(out, table->name.text);
    format_elements(out, table);
    format_comment(out, table->comment);
    append(out, table->partitioned_by.count > 0 ? " PARTITIONED BY" : "");
    format_column_names(out, table->partitioned_by);
    if (table->options.count > 0) {
        append(out, " WITH ");
        format_properties(out, table->options);
    }
    format_like(out, table);
    if (table->as) {
        append(out, " AS ");
        format_flink_query(out, table->as);
    }
}

/* ---- other statements ---- */

static void format_create_view(sql_text *out, const flink_create_view *view) {
    append(out, view->or_replace ? "CREATE OR REPLACE " : "CREATE ");
    append(out, view->temporary ? "TEMPORARY VIEW " : "VIEW ");
    append(out, view->if_not_exists ? "IF NOT EXISTS " : "");
    format_name(out, view->name.text);
    format_column_names(out, view->columns);
    format_comment(out, view->comment);
    append(out, " AS ");
    format_flink_query(out, view->query);
}

static void format_create_function(sql_text *out, const flink_create_function *function) {
    append(out, function->temporary ? "CREATE TEMPORARY FUNCTION " : "CREATE FUNCTION ");
    append(out, function->if_not_exists ? "IF NOT EXISTS " : "");
    format_name(out, function->name.text);
    append(out, " AS ");
    format_string(out, function->class_name);
}

static void format_insert(sql_text *out, const flink_insert *insert) {
    append(out, insert->overwrite ? "INSERT OVERWRITE " : "INSERT INTO ");
    format_name(out, insert->target.text);
    format_flink_hints(out, &insert->hints);
    if (insert->partition.count > 0) {
        append(out, " PARTITION ");
        format_properties(out, insert->partition);
    }
    format_column_names(out, insert->columns);
    append(out, " ");
    format_flink_query(out, insert->query);
}

static void format_statement_set(sql_text *out, const flink_statement_set *set) {
    append(out, "EXECUTE STATEMENT SET BEGIN ");
    for (int i = 0; i < set->count; i++) {
        format_insert(out, &set->items[i]);
        append(out, "; ");
    }
    append(out, "END");
}

static void format_drop(sql_text *out, const flink_drop *drop) {
    static const char *const KINDS[] = {"TABLE ", "VIEW ", "FUNCTION "};
    append(out, drop->temporary ? "DROP TEMPORARY " : "DROP ");
    append(out, KINDS[drop->kind]);
    append(out, drop->if_exists ? "IF EXISTS " : "");
    format_name(out, drop->name.text);
}

static void format_alter(sql_text *out, const flink_alter *alter) {
    append(out, "ALTER TABLE ");
    format_name(out, alter->name.text);
    switch (alter->kind) {
    case FLINK_ALTER_RENAME:
        append(out, " RENAME TO ");
        format_name(out, alter->new_name.text);
        break;
    case FLINK_ALTER_SET:
        append(out, " SET ");
        format_properties(out, alter->options);
        break;
    case FLINK_ALTER_RESET:
        append(out, " RESET (");
        for (int i = 0; i < alter->keys.count; i++) {
            format_separator(out, i);
            format_name_or_string(out, alter->keys.items[i]);
        }
        append(out, ")");
        break;
    }
}

static void format_show(sql_text *out, const flink_show *show) {
    static const char *const KINDS[] = {"SHOW TABLES", "SHOW VIEWS", "SHOW FUNCTIONS", "SHOW JOBS",
        "SHOW CREATE TABLE ", "SHOW CREATE VIEW ", "SHOW CATALOGS", "SHOW DATABASES",
        "SHOW COLUMNS FROM ", "SHOW USER FUNCTIONS", "SHOW CURRENT CATALOG",
        "SHOW CURRENT DATABASE", "SHOW JARS", "USE CATALOG ", "USE ", "ADD JAR "};
    append(out, KINDS[show->kind]);
    if (show->kind == FLINK_ADD_JAR)
        format_string(out, show->name.text);
    else if (ast_name_given(show->name))
        format_name(out, show->name.text);
    if (!show->like.data)
        return;
    append(out, show->not_like ? " NOT LIKE " : " LIKE ");
    format_string(out, show->like);
}

static void format_reset(sql_text *out, ast_name name) {
    append(out, ast_name_given(name) ? "RESET " : "RESET");
    if (ast_name_given(name))
        format_name_or_string(out, name);
}

void format_flink_statement(sql_text *out, const ast_statement *statement) {
    switch (statement->kind) {
    case AST_STATEMENT_FLINK_QUERY:
        format_flink_query(out, statement->flink_query);
        break;
    case AST_STATEMENT_FLINK_CREATE_TABLE:
        format_create_table(out, statement->flink_create_table);
        break;
    case AST_STATEMENT_FLINK_CREATE_VIEW:
        format_create_view(out, statement->flink_create_view);
        break;
    case AST_STATEMENT_FLINK_CREATE_FUNCTION:
        format_create_function(out, statement->flink_create_function);
        break;
    case AST_STATEMENT_FLINK_INSERT:
        format_insert(out, statement->flink_insert);
        break;
    case AST_STATEMENT_FLINK_STATEMENT_SET:
        format_statement_set(out, statement->flink_statement_set);
        break;
    case AST_STATEMENT_FLINK_DROP:
        format_drop(out, statement->flink_drop);
        break;
    case AST_STATEMENT_FLINK_ALTER:
        format_alter(out, statement->flink_alter);
        break;
    case AST_STATEMENT_FLINK_SHOW:
        format_show(out, statement->flink_show);
        break;
    case AST_STATEMENT_UNSET:
        format_reset(out, statement->property.name);
        break;
    case AST_STATEMENT_SHOW: /* all settings */
        append(out, "SET");
        break;
    default:
        break;
    }
}
