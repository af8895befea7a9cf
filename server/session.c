/* A statement's way here: cut off, ${variables} filled in, parsed, dispatched by its kind. */
#include "server/session.h"

#include "base/memory.h"
#include "parser/parser.h"
#include "server/statement.h"

enum {
    CODE_BAD_STATEMENT = 40001,
    CODE_QUERY_ENDPOINT = 40002,
    CODE_FORBIDDEN = 40300,
    CODE_SERVER = 50000,
};

session *session_open(instance *i) {
    session *s = MEMORY_NEW(session);
    s->instance = i;
    return s;
}

void session_set_read_only(session *s, bool read_only) {
    s->read_only = read_only;
}

void session_allow_scripts(session *s) {
    s->scripts_allowed = true;
}

void session_close(session *s) {
    if (!s)
        return;
    property_list_free(&s->properties);
    property_list_free(&s->variables);
    memory_free(s->found);
    memory_free(s);
}

/* ---- properties and variables ---- */

static bool knows_flink_settings(session *s) {
    return property_dialect(session_property(s, SLICE_LITERAL("sluice.sql.dialect"))) ==
           PARSER_FLINK;
}

bool session_set_property(session *s, slice name, slice value, error *e) {
    bool known = property_is_flink(name) && knows_flink_settings(s);
    if (known && value.data && !property_check_flink(name, value, e))
        return false;
    if (!known && (value.data ? !property_check(name, value, e) : !property_known(name, e)))
        return false;
    property_list_set(&s->properties, property_plain_name(name), value);
    return true;
}

static bool valid_variable_name(slice name) {
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.length > 0;
}

/* Variables are the same in either case; kept in lower case. */
static slice variable_key(slice name, buffer *out) {
    for (size_t i = 0; i < name.length; i++)
        buffer_append_byte(out, name.data[i] >= 'A' && name.data[i] <= 'Z'
                                    ? (char)(name.data[i] + 'a' - 'A')
                                    : name.data[i]);
    return buffer_slice(out);
}

bool session_set_variable(session *s, slice name, slice value, error *e) {
    if (!valid_variable_name(name)) {
        error_set(e, ERROR_STATEMENT, "'%.*s' cannot be the name of a variable", SLICE_ARG(name));
        return error_hint(e, "Use letters, digits and _, and do not start with a digit.");
    }
    buffer key = {0};
    property_list_set(&s->variables, variable_key(name, &key), value);
    buffer_free(&key);
    return true;
}

slice session_property(session *s, slice name) {
    slice plain = property_plain_name(name);
    slice value = property_list_get(&s->properties, plain);
    if (value.data)
        return value;
    arena *a = arena_create();
    value = instance_property(s->instance, a, plain);
    memory_free(s->found);
    s->found = value.data ? memory_copy_text(value) : NULL;
    arena_destroy(a);
    return slice_of(s->found);
}

int session_property_count(const session *s) {
    return s->properties.count;
}
int session_variable_count(const session *s) {
    return s->variables.count;
}

void session_property_at(const session *s, int index, slice *name, slice *value) {
    *name = slice_of(s->properties.items[index].name);
    *value = slice_of(s->properties.items[index].value);
}

void session_variable_at(const session *s, int index, slice *name, slice *value) {
    *name = slice_of(s->variables.items[index].name);
    *value = slice_of(s->variables.items[index].value);
}

bool session_property_known(slice name) {
    return property_find(name) != NULL;
}

static bool find_variable(void *context, slice name, slice *value) {
    session *s = context;
    buffer key = {0};
    *value = property_list_get(&s->variables, variable_key(name, &key));
    buffer_free(&key);
    return value->data != NULL;
}

/* ---- executing ---- */

static bool no_such_kind(statement_call *call, error *e) {
    return error_at(e, ERROR_UNSUPPORTED, call->statement->span, "%s is not supported here",
        ast_statement_kind_name(call->statement->kind));
}

static bool no_connectors(statement_call *call, error *e) {
    error_at(e, ERROR_UNSUPPORTED, call->statement->span,
        "Connectors are not supported: Sluice has no Kafka Connect and speaks to none");
    return error_hint(e,
        "Run Kafka Connect on the same Kafka, give the connector's properties to its REST "
        "API (POST /connectors), and CREATE a STREAM or TABLE over its topics.");
}

static statement_executor *executor_of(const ast_statement *statement) {
    switch (statement->kind) {
    case AST_STATEMENT_QUERY:
        return statement_select;
    case AST_STATEMENT_CREATE_SOURCE:
        return statement_create_source;
    case AST_STATEMENT_CREATE_AS:
        return statement_create_as;
    case AST_STATEMENT_INSERT_SELECT:
        return statement_insert_select;
    case AST_STATEMENT_INSERT_VALUES:
        return statement_insert_values;
    case AST_STATEMENT_DELETE:
        return statement_delete;
    case AST_STATEMENT_CREATE_TYPE:
        return statement_create_type;
    case AST_STATEMENT_DROP_TYPE:
        return statement_drop_type;
    case AST_STATEMENT_ALTER_SOURCE:
        return statement_alter_source;
    case AST_STATEMENT_ALTER_SYSTEM:
        return statement_alter_system;
    case AST_STATEMENT_DROP_SOURCE:
        return statement_drop_source;
    case AST_STATEMENT_DESCRIBE:
        if (statement->dialect == PARSER_FLINK)
            return statement_flink_describe;
        return statement->describe.kind == AST_DESCRIBE_CONNECTOR ? no_connectors
                                                                  : statement_describe;
    case AST_STATEMENT_EXPLAIN:
        return statement_explain;
    case AST_STATEMENT_SHOW:
        return statement->dialect == PARSER_FLINK ? statement_flink_settings : statement_show;
    case AST_STATEMENT_PRINT:
        return statement_print;
    case AST_STATEMENT_PAUSE:
    case AST_STATEMENT_RESUME:
        return statement_pause;
    case AST_STATEMENT_TERMINATE:
        return statement_terminate;
    case AST_STATEMENT_ASSERT_TOPIC:
        return statement_assert_topic;
    case AST_STATEMENT_ASSERT_SCHEMA:
        return statement_assert_schema;
    case AST_STATEMENT_SET:
        return statement_set;
    case AST_STATEMENT_UNSET:
        return statement->dialect == PARSER_FLINK ? statement_flink_reset : statement_set;
    case AST_STATEMENT_DEFINE:
    case AST_STATEMENT_UNDEFINE:
        return statement_define;
    case AST_STATEMENT_RUN_SCRIPT:
        return statement_run_script;
    case AST_STATEMENT_CREATE_CONNECTOR:
    case AST_STATEMENT_DROP_CONNECTOR:
        return no_connectors;
    case AST_STATEMENT_FLINK_QUERY:
        return statement_flink_select;
    case AST_STATEMENT_FLINK_CREATE_TABLE:
        return statement_flink_create_table;
    case AST_STATEMENT_FLINK_CREATE_VIEW:
        return statement_flink_create_view;
    case AST_STATEMENT_FLINK_CREATE_FUNCTION:
        return statement_flink_create_function;
    case AST_STATEMENT_FLINK_INSERT:
        return statement_flink_insert;
    case AST_STATEMENT_FLINK_STATEMENT_SET:
        return statement_flink_set;
    case AST_STATEMENT_FLINK_DROP:
        return statement_flink_drop;
    case AST_STATEMENT_FLINK_ALTER:
        return statement_flink_alter;
    case AST_STATEMENT_FLINK_SHOW:
        return statement_flink_show;
    default:
        return no_such_kind;
    }
}

static int code_of(const error *e) {
    bool server = e->code == ERROR_IO || e->code == ERROR_INTERNAL || e->code == ERROR_FENCED;
    return server ? CODE_SERVER : CODE_BAD_STATEMENT;
}

static bool gives_rows(const ast_statement *statement) {
    return statement->kind == AST_STATEMENT_QUERY || statement->kind == AST_STATEMENT_PRINT ||
           statement->kind == AST_STATEMENT_FLINK_QUERY;
}

static bool only_looks(const ast_statement *statement) {
    switch (statement->kind) {
    case AST_STATEMENT_QUERY:
    case AST_STATEMENT_FLINK_QUERY:
    case AST_STATEMENT_FLINK_SHOW:
    case AST_STATEMENT_PRINT:
    case AST_STATEMENT_SHOW:
    case AST_STATEMENT_DESCRIBE:
    case AST_STATEMENT_EXPLAIN:
    case AST_STATEMENT_ASSERT_TOPIC:
    case AST_STATEMENT_ASSERT_SCHEMA:
    case AST_STATEMENT_SET:
    case AST_STATEMENT_UNSET:
    case AST_STATEMENT_DEFINE:
    case AST_STATEMENT_UNDEFINE:
        return true;
    default:
        return false;
    }
}

static session_outcome failed(session *s, session_result *result, const error *e) {
    s->instance->statement_errors++;
    if (!result->error_code)
        result->error_code = code_of(e);
    return SESSION_FAILED;
}

session_outcome session_execute(session *s, const ast_statement *statement, arena *a,
    const session_stream *stream, session_result *result, error *e) {
    slice text = statement->text;
    *result = (session_result){
        .statement = arena_format(a, "%.*s;", SLICE_ARG(text)), .answer = {.sequence = -1}};
    s->instance->statements++;
    if (s->read_only && !only_looks(statement)) {
        result->error_code = CODE_FORBIDDEN;
        error_at(e, ERROR_STATEMENT, (source_span){0, 0}, "You may not execute this statement");
        error_hint(e, "Your roles allow queries, SHOW, DESCRIBE and EXPLAIN only.");
        return failed(s, result, e);
    }
    if (gives_rows(statement) && !stream) {
        result->error_code = CODE_QUERY_ENDPOINT;
        error_at(e, ERROR_STATEMENT, (source_span){0, 0},
            "This statement gives rows and cannot be executed here");
        error_hint(e, "Send it to /query or /query-stream.");
        return failed(s, result, e);
    }
    statement_call call = {.session = s,
        .instance = s->instance,
        .arena = a,
        .statement = statement,
        .text = result->statement,
        .stream = stream,
        .result = result};
    if (executor_of(statement)(&call, e))
        return gives_rows(statement) ? SESSION_QUERY : SESSION_DONE;
    /* Places are relative to the text that was parsed; make them relative to the statement. */
    if (e->span.offset >= statement->span.offset)
        e->span.offset -= statement->span.offset;
    return failed(s, result, e);
}

session_outcome session_next(session *s, slice sql, size_t *position, arena *a,
    const session_stream *stream, session_result *result, error *e) {
    parser_piece piece = parser_split(sql, *position);
    if (piece.end == PARSER_PIECE_EMPTY) {
        *position = sql.length;
        return SESSION_END;
    }
    *position = piece.end == PARSER_PIECE_INCOMPLETE ? sql.length : piece.next;
    *result = (session_result){.statement = piece.text, .answer = {.sequence = -1}};
    slice text = arena_copy(a, piece.text);
    if (slice_is_ignore_case(
            session_property(s, SLICE_LITERAL("ksql.variable.substitution.enable")), "true") &&
        !parser_substitute(a, text, find_variable, s, &text, e))
        return failed(s, result, e);
    result->statement = text;
    slice dialect = session_property(s, SLICE_LITERAL("sluice.sql.dialect"));
    ast_statement *statement = parser_parse_statement_in(a, property_dialect(dialect), text, e);
    if (!statement)
        return failed(s, result, e);
    return session_execute(s, statement, a, stream, result, e);
}
