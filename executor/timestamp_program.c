#include "executor/timestamp_program.h"

#include "executor/function/date_pattern.h"

bool timestamp_format_check(slice format, error *e) {
    char complaint[160];
    date_pattern *pattern = date_pattern_compile(format, complaint);
    date_pattern_destroy(pattern);
    return pattern || error_set(e, ERROR_STATEMENT, "%s", complaint);
}

program *timestamp_program_compile(arena *a, int input, slice format, column **pattern, error *e) {
    function_argument arguments[2] = {{.type = &SQL_TYPE_VARCHAR}, {.type = &SQL_TYPE_VARCHAR}};
    function_binding *binding = ARENA_NEW(a, function_binding);
    if (!function_bind(a, SLICE_LITERAL("STRINGTOTIMESTAMP"), arguments, 2, binding, e))
        return NULL;
    *pattern = column_create(&SQL_TYPE_VARCHAR);
    column_append_bytes(*pattern, format);
    expression *nodes = ARENA_ARRAY(a, expression, 3);
    const expression **children = ARENA_ARRAY(a, const expression *, 2);
    nodes[0] = (expression){
        .kind = EXPRESSION_COLUMN, .type = &SQL_TYPE_VARCHAR, .span = SPAN_NONE, .index = input};
    nodes[1] = (expression){.kind = EXPRESSION_LITERAL,
        .type = &SQL_TYPE_VARCHAR,
        .span = SPAN_NONE,
        .literal = *pattern};
    children[0] = &nodes[0];
    children[1] = &nodes[1];
    nodes[2] = (expression){.kind = EXPRESSION_CALL,
        .type = binding->result,
        .span = SPAN_NONE,
        .argument_count = 2,
        .arguments = children,
        .call = binding};
    const expression *call = &nodes[2];
    return program_compile(&call, 1, e);
}
