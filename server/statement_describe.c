/* DESCRIBE a source, all streams or tables, or a function. */
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
