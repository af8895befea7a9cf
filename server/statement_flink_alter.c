/* ALTER TABLE of the Flink dialect: the statement that made the table is read again, changed, and
 * takes the place of the old one. A job that runs would be planned otherwise when it is started
 * again, so nobody may be using the table. */
#include "parser/ast_format.h"
#include "parser/flink_ast.h"
#include "parser/parser.h"
#include "server/statement.h"

static bool set_options(
    statement_call *call, flink_create_table *table, const flink_alter *alter, error *e) {
    ast_property_list *options = &table->options, all;
    all = (ast_property_list){
        ARENA_ARRAY(call->arena, ast_property, options->count + alter->options.count + 1), 0,
        options->span};
    for (int i = 0; i < options->count + alter->options.count; i++) {
        const ast_property *option =
            i < options->count ? &options->items[i] : &alter->options.items[i - options->count];
        int at = 0;
        while (at < all.count && !slice_equal(all.items[at].name.text, option->name.text))
            at++;
        all.items[at] = *option;
        all.count += at == all.count;
    }
    *options = all;
    return true;
}

static bool reset_options(
    statement_call *call, flink_create_table *table, const flink_alter *alter, error *e) {
    for (int k = 0; k < alter->keys.count; k++) {
        ast_property_list *options = &table->options;
        int at = 0;
        while (at < options->count &&
               !slice_equal(options->items[at].name.text, alter->keys.items[k].text))
            at++;
        if (at == options->count)
            return error_at(e, ERROR_NOT_FOUND, alter->keys.items[k].span,
                "The table has no option '%.*s' of its own", SLICE_ARG(alter->keys.items[k].text));
        options->count--;
        for (; at < options->count; at++)
            options->items[at] = options->items[at + 1];
    }
    return true;
}

/* The statement that would have made the table as it is to be. */
static ast_statement *altered(statement_call *call, const source_descriptor *source, error *e) {
    const flink_alter *alter = call->statement->flink_alter;
    ast_statement *made = parser_parse_statement_in(
        call->arena, PARSER_FLINK, arena_copy(call->arena, source->sql), e);
    if (!made)
        return NULL;
    flink_create_table *table = made->flink_create_table;
    bool ok = true;
    switch (alter->kind) {
    case FLINK_ALTER_RENAME:
        table->name.text = alter->new_name.text;
        break;
    case FLINK_ALTER_SET:
        ok = set_options(call, table, alter, e);
        break;
    case FLINK_ALTER_RESET:
        ok = reset_options(call, table, alter, e);
        break;
    }
    slice sql =
        arena_format(call->arena, "%.*s;", SLICE_ARG(ast_format_statement(call->arena, made)));
    return ok ? parser_parse_statement_in(call->arena, PARSER_FLINK, sql, e) : NULL;
}

static bool check_names(statement_call *call, const source_descriptor *source, error *e) {
    const flink_alter *alter = call->statement->flink_alter;
    catalog *c = call->instance->catalog;
    if (!source || !source->flink) {
        error_at(e, ERROR_NOT_FOUND, alter->name.span, "There is no table named '%.*s'",
            SLICE_ARG(alter->name.text));
        return error_hint(e, "SHOW TABLES; lists what there is.");
    }
    slice user = statement_flink_user_of(call, source->name);
    if (user.data) {
        error_at(e, ERROR_STATEMENT, alter->name.span, "The table '%.*s' is in use by the job %.*s",
            SLICE_ARG(source->name), SLICE_ARG(user));
        return error_hint(e, "STOP JOB '%.*s'; first.", SLICE_ARG(user));
    }
    if (alter->kind == FLINK_ALTER_RENAME &&
        (catalog_source(c, alter->new_name.text) || catalog_view(c, alter->new_name.text)))
        return error_at(e, ERROR_EXISTS, alter->new_name.span,
            "There is a table or view '%.*s' already", SLICE_ARG(alter->new_name.text));
    return true;
}

static bool describe(statement_call *call, source_descriptor **out, error *e) {
    const flink_alter *alter = call->statement->flink_alter;
    catalog *c = call->instance->catalog;
    planner_options options = statement_planner_options(call);
    catalog_read_lock(c);
    const source_descriptor *source = catalog_source(c, alter->name.text);
    ast_statement *made = check_names(call, source, e) ? altered(call, source, e) : NULL;
    bool ok = made && planner_flink_table(made, c, &options, call->arena, out, e);
    if (ok)
        (*out)->sql = made->text;
    catalog_unlock(c);
    if (!ok && made)
        e->span = alter->name.span; /* the text is another one */
    return ok;
}

static bool replace(statement_call *call, error *e) {
    source_descriptor *made = NULL;
    catalog *c = call->instance->catalog;
    if (!describe(call, &made, e) || !catalog_begin(c, e))
        return false;
    if (!catalog_drop_source(c, call->statement->flink_alter->name.text, e) ||
        !catalog_put_source(c, made, e)) {
        catalog_rollback(c);
        return false;
    }
    if (!catalog_commit(c, call->text, e))
        return false;
    call->result->answer.message = SLICE_LITERAL("Table altered");
    return true;
}

bool statement_flink_alter(statement_call *call, error *e) {
    pthread_mutex_lock(&call->instance->change);
    bool ok = replace(call, e);
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}
