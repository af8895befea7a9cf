/* Pieces of JSON that several statements answer with: types and errors. */
#include "server/response.h"

#include "server/json_out.h"

static void append_fields(buffer *out, const sql_type *type) {
    if (type->base != SQL_STRUCT) {
        json_null_value(out);
        return;
    }
    json_open(out, '[');
    for (int i = 0; i < type->field_count; i++) {
        json_open(out, '{');
        json_text_member(out, "name", type->fields[i].name);
        json_name(out, "schema");
        response_append_type(out, type->fields[i].type);
        json_shut(out, '}');
    }
    json_shut(out, ']');
}

void response_append_type(buffer *out, const sql_type *type) {
    static const char *const names[] = {"NULL", "BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "DECIMAL",
        "STRING", "BYTES", "DATE", "TIME", "TIMESTAMP", "ARRAY", "MAP", "STRUCT"};
    json_open(out, '{');
    json_text_member(out, "type", slice_of(names[type->base]));
    json_name(out, "fields");
    append_fields(out, type);
    json_name(out, "memberSchema");
    if (type->base == SQL_ARRAY || type->base == SQL_MAP)
        response_append_type(out, type->element);
    else
        json_null_value(out);
    if (type->base == SQL_DECIMAL) {
        json_name(out, "parameters");
        json_open(out, '{');
        json_number_member(out, "precision", type->precision);
        json_number_member(out, "scale", type->scale);
        json_shut(out, '}');
    }
    json_shut(out, '}');
}

void response_append_error(
    buffer *out, const error *e, int error_code, slice statement, slice entities, bool generic) {
    buffer message = {0};
    error_render(e, statement, &message);
    json_open(out, '{');
    json_text_member(out, "@type", slice_of(generic ? "generic_error" : "statement_error"));
    json_number_member(out, "error_code", error_code);
    json_text_member(out, "message", slice_trim(buffer_slice(&message)));
    buffer_free(&message);
    if (!generic) {
        json_text_member(out, "statementText", statement.data ? statement : SLICE_LITERAL(""));
        json_name(out, "entities");
        json_open(out, '[');
        buffer_append(out, entities);
        json_shut(out, ']');
    }
    json_shut(out, '}');
}
