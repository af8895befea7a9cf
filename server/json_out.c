#include "server/json_out.h"

void json_comma(buffer *out) {
    if (out->length && !strchr("{[:\n", out->data[out->length - 1]))
        buffer_append_byte(out, ',');
}

void json_open(buffer *out, char bracket) {
    json_comma(out);
    buffer_append_byte(out, bracket);
}

void json_shut(buffer *out, char bracket) {
    buffer_append_byte(out, bracket);
}

void json_name_slice(buffer *out, slice name) {
    json_comma(out);
    buffer_append_json_string(out, name);
    buffer_append_byte(out, ':');
}

void json_name(buffer *out, const char *name) {
    json_name_slice(out, slice_of(name));
}

void json_text(buffer *out, slice text) {
    json_comma(out);
    if (text.data)
        buffer_append_json_string(out, text);
    else
        buffer_append_text(out, "null");
}

void json_number(buffer *out, int64_t number) {
    json_comma(out);
    buffer_format(out, "%lld", (long long)number);
}

void json_boolean(buffer *out, bool value) {
    json_comma(out);
    buffer_append_text(out, value ? "true" : "false");
}

void json_null_value(buffer *out) {
    json_comma(out);
    buffer_append_text(out, "null");
}

void json_raw(buffer *out, slice json) {
    json_comma(out);
    buffer_append(out, json);
}

void json_text_member(buffer *out, const char *name, slice text) {
    json_name(out, name);
    json_text(out, text);
}

void json_number_member(buffer *out, const char *name, int64_t number) {
    json_name(out, name);
    json_number(out, number);
}

void json_boolean_member(buffer *out, const char *name, bool value) {
    json_name(out, name);
    json_boolean(out, value);
}
