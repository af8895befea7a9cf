/* DESCRIBE a source, all streams or tables, or a function; EXPLAIN. */
#include "base/memory.h"
#include "server/describe.h"
#include "server/statement.h"

/* ---- DESCRIBE source ---- */

static bool describe_source(statement_call *call, error *e) {
    const ast_describe *describe = &call->statement->describe;
    catalog_read_lock(call->instance->catalog);
    const source_descriptor *source = catalog_source(call->instance->catalog, describe->name.text);
    if (source) {
        buffer out = {0};
        answer_begin(call, &out, "sourceDescription");
        json_name(&out, "sourceDescription");
        describe_append_source(call, &out, source, describe->extended);
        answer_end(call, &out, "sourceDescription", (slice){NULL, 0});
    } else
        statement_source_missing(call, describe->name, e);
    catalog_unlock(call->instance->catalog);
    return source != NULL;
}

/* ---- DESCRIBE FUNCTION ---- */

/* The next parameter of a signature at *at ("(STRING, INTEGER...) -> STRING"), commas inside <> and
 * () being part of it. False behind the last one. */
static bool next_parameter(slice signature, size_t *at, slice *parameter) {
    int depth = 0;
    size_t start = *at, i = start;
    for (; i < signature.length; i++) {
        char c = signature.data[i];
        if (depth == 0 && (c == ',' || c == ')'))
            break;
        depth += c == '<' || c == '(';
        depth -=
            c == ')' || (c == '>' && signature.data[i - 1] != '=' && signature.data[i - 1] != '-');
    }
    *parameter = slice_trim(slice_make(signature.data + start, i - start));
    *at = i < signature.length && signature.data[i] == ',' ? i + 1 : signature.length;
    return parameter->length > 0;
}

static slice result_type(slice signature) {
    for (size_t i = signature.length; i > 1; i--)
        if (signature.data[i - 1] == '>' && signature.data[i - 2] == '-')
            return slice_trim(slice_make(signature.data + i, signature.length - i));
    return SLICE_LITERAL("");
}

static void append_overload(buffer *out, const function_overload *overload) {
    slice signature = slice_of(overload->signature), parameter;
    json_open(out, '{');
    json_name(out, "arguments");
    json_open(out, '[');
    for (size_t at = 1; next_parameter(signature, &at, &parameter);) {
        bool variadic = slice_ends_with(parameter, SLICE_LITERAL("..."));
        if (variadic)
            parameter.length -= 3;
        json_open(out, '{');
        json_text_member(out, "name", SLICE_LITERAL(""));
        json_text_member(out, "type", parameter);
        json_text_member(out, "description", SLICE_LITERAL(""));
        json_boolean_member(out, "isVariadic", variadic);
        json_shut(out, '}');
    }
    json_shut(out, ']');
    json_text_member(out, "returnType", result_type(signature));
    json_text_member(
        out, "description", slice_of(overload->description ? overload->description : ""));
    json_shut(out, '}');
}

static bool describe_function(statement_call *call, error *e) {
    static const char *const kinds[] = {"SCALAR", "AGGREGATE", "TABLE"};
    static const function_origin built_in = {"", "Sluice", "internal"};
    ast_name name = call->statement->describe.name;
    const function_descriptor *function = function_find(name.text);
    if (!function) {
        error_at(e, ERROR_NOT_FOUND, name.span, "There is no function named '%.*s'",
            SLICE_ARG(name.text));
        const function_descriptor *nearest = function_nearest(name.text);
        return nearest ? error_hint(e, "Did you mean '%s'?", nearest->name)
                       : error_hint(e, "SHOW FUNCTIONS lists all of them.");
    }
    buffer out = {0};
    answer_begin(call, &out, "describe_function");
    json_text_member(&out, "name", slice_of(function->name));
    json_text_member(&out, "description", slice_of(function->summary));
    const function_origin *origin = function->origin ? function->origin : &built_in;
    json_text_member(&out, "author", slice_of(origin->author));
    json_text_member(&out, "version", slice_of(origin->version));
    json_text_member(&out, "path", slice_of(origin->path));
    json_name(&out, "functions");
    json_open(&out, '[');
    for (int i = 0; i < function->overload_count; i++)
        append_overload(&out, &function->overloads[i]);
    json_shut(&out, ']');
    json_text_member(&out, "type", slice_of(kinds[function->kind]));
    if (function->example) {
        json_text_member(&out, "example", slice_of(function->example));
        json_text_member(&out, "exampleResult", slice_of(function->example_result));
    }
    answer_end(call, &out, "describe_function", (slice){NULL, 0});
    return true;
}

bool statement_describe(statement_call *call, error *e) {
    switch (call->statement->describe.kind) {
    case AST_DESCRIBE_SOURCE:
        return describe_source(call, e);
    case AST_DESCRIBE_FUNCTION:
        return describe_function(call, e);
    case AST_DESCRIBE_STREAMS:
        statement_list_sources(call, SOURCE_STREAM, true);
        return true;
    case AST_DESCRIBE_TABLES:
        statement_list_sources(call, SOURCE_TABLE, true);
        return true;
    default: /* connectors: session.c refuses them */
        return false;
    }
}

/* ---- EXPLAIN ---- */

static void append_metrics(const plan *p, running_query *query, buffer *tree) {
    buffer_append_text(tree, "\nnode        rows in       rows out       time\n");
    for (int n = 0; n < p->node_count; n++) {
        int64_t rows_in, rows_out, time_ns;
        query_node_metrics(query, n, &rows_in, &rows_out, &time_ns);
        buffer_format(tree, "%4d %14lld %14lld %10.3f ms\n", n, (long long)rows_in,
            (long long)rows_out, (double)time_ns / 1e6);
    }
}

static void append_plan_columns(buffer *out, const plan *p) {
    const plan_node *node = p->nodes[p->node_count - 1]->inputs[0];
    json_name(out, "fields");
    json_open(out, '[');
    for (int i = 0; i < node->column_count; i++) {
        json_open(out, '{');
        json_text_member(out, "name", node->columns[i].name);
        json_name(out, "schema");
        response_append_type(out, node->columns[i].type);
        if (i < node->key_count)
            json_text_member(out, "type", SLICE_LITERAL("KEY"));
        json_shut(out, '}');
    }
    json_shut(out, ']');
}

static void answer_plan(
    statement_call *call, const plan *p, slice sql, running_query *query, bool analyze) {
    buffer out = {0}, tree = {0};
    plan_format(p, &tree);
    if (query && analyze)
        append_metrics(p, query, &tree);
    query_status status = {.state = QUERY_RUNNING};
    if (query)
        query_read_status(query, &status);
    const plan_node *last = p->nodes[p->node_count - 1];
    answer_begin(call, &out, "queryDescription");
    json_name(&out, "queryDescription");
    json_open(&out, '{');
    json_text_member(&out, "id", query ? p->query_id : SLICE_LITERAL(""));
    json_text_member(&out, "statementText", sql);
    json_text_member(&out, "windowType", slice_of(window_kind_name(last->inputs[0]->window)));
    append_plan_columns(&out, p);
    json_name(&out, "sources");
    json_open(&out, '[');
    for (int i = 0; i < p->source_count; i++)
        json_text(&out, p->sources[i]->source.source->name);
    json_shut(&out, ']');
    json_name(&out, "sinks");
    json_open(&out, '[');
    if (last->sink.sink)
        json_text(&out, last->sink.sink->name);
    json_shut(&out, ']');
    json_text_member(&out, "topology", buffer_slice(&tree));
    json_text_member(&out, "executionPlan", buffer_slice(&tree));
    json_name(&out, "overriddenProperties");
    json_raw(&out, SLICE_LITERAL("{}"));
    json_name(&out, "ksqlHostQueryStatus");
    json_raw(&out, SLICE_LITERAL("{}"));
    json_text_member(&out, "queryType",
        last->sink.sink ? SLICE_LITERAL("PERSISTENT")
        : p->is_pull    ? SLICE_LITERAL("PULL")
                        : SLICE_LITERAL("PUSH"));
    json_name(&out, "queryErrors");
    json_raw(&out, SLICE_LITERAL("[]"));
    json_name(&out, "tasksMetadata");
    json_raw(&out, SLICE_LITERAL("[]"));
    json_text_member(
        &out, "state", query ? slice_of(query_state_name(status.state)) : (slice){NULL, 0});
    json_shut(&out, '}');
    answer_end(call, &out, "queryDescription", buffer_slice(&tree));
    buffer_free(&tree);
}

static bool explain_running(statement_call *call, error *e) {
    const ast_explain *explain = &call->statement->explain;
    running_query *query = engine_hold_query(call->instance->engine, explain->query_id.text);
    if (!query) {
        error_at(e, ERROR_NOT_FOUND, explain->query_id.span, "There is no query with the id '%.*s'",
            SLICE_ARG(explain->query_id.text));
        return error_hint(e, "SHOW QUERIES lists the queries there are.");
    }
    answer_plan(call, query_plan(query), query_plan(query)->sql, query, explain->analyze);
    query_let_go(query);
    return true;
}

static bool explain_statement(statement_call *call, error *e) {
    const ast_statement *explain = call->statement, *inner = explain->explain.statement;
    if (!planner_query_prefix(inner)) {
        error_at(e, ERROR_STATEMENT, inner->span, "EXPLAIN is for statements that run a query");
        return error_hint(e, "%s runs none.", ast_statement_kind_name(inner->kind));
    }
    planner_options options = statement_planner_options(call);
    plan *p = NULL;
    call->statement = inner;
    catalog_read_lock(call->instance->catalog);
    bool ok = planner_plan_query(
        inner, call->instance->catalog, &options, SLICE_LITERAL("EXPLAINED"), &p, e);
    catalog_unlock(call->instance->catalog);
    call->statement = explain;
    if (ok)
        answer_plan(call, p, inner->text, NULL, false);
    plan_destroy(p);
    return ok;
}

bool statement_explain(statement_call *call, error *e) {
    return call->statement->explain.statement ? explain_statement(call, e)
                                              : explain_running(call, e);
}
