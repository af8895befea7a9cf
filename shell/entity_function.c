/* SHOW FUNCTIONS and DESCRIBE FUNCTION. */
#include "shell/entity.h"
#include "shell/text_table.h"

void entity_write_functions(const json_t *entity, const table_style *style, buffer *out) {
    text_table *t =
        text_table_create(3, (const char *const[]){"Function Name", "Type", "Category"});
    buffer scratch = {0};
    size_t i;
    json_t *function;
    json_array_foreach(json_object_get(entity, "functions"), i, function) {
        text_table_add_text(t, entity_text(function, "name", &scratch));
        text_table_add_text(t, entity_text(function, "type", &scratch));
        text_table_add_text(t, entity_text(function, "category", &scratch));
    }
    text_table_write(t, style, 1, out);
    text_table_destroy(t);
    buffer_free(&scratch);
    buffer_append_text(out, "For more about one: DESCRIBE FUNCTION <name>;\n");
}

static void append_parameter(buffer *out, const json_t *parameter, bool first) {
    buffer scratch = {0};
    const char *name = entity_text(parameter, "name", &scratch);
    buffer_format(out, "%s%s%s", first ? "" : ", ", name, name[0] ? " " : "");
    buffer_append_text(out, entity_text(parameter, "type", &scratch));
    if (json_is_true(json_object_get(parameter, "isVariadic")))
        buffer_append_text(out, "...");
    buffer_free(&scratch);
}

static void append_variation(buffer *out, const json_t *variation, const char *name) {
    buffer scratch = {0};
    size_t i;
    json_t *parameter;
    buffer_format(out, "\n  %s(", name);
    json_array_foreach(json_object_get(variation, "arguments"), i, parameter) {
        append_parameter(out, parameter, i == 0);
    }
    buffer_format(out, ") -> %s\n", entity_text(variation, "returnType", &scratch));
    const char *description = entity_text(variation, "description", &scratch);
    if (description[0])
        buffer_format(out, "    %s\n", description);
    buffer_free(&scratch);
}

void entity_write_function_description(
    const json_t *entity, const table_style *style, buffer *out) {
    buffer name = {0}, scratch = {0};
    size_t i;
    json_t *variation;
    (void)style;
    entity_text(entity, "name", &name);
    entity_append_line(out, "Name", name.data);
    entity_append_line(out, "Type", entity_text(entity, "type", &scratch));
    entity_append_line(out, "Overview", entity_text(entity, "description", &scratch));
    if (strcmp(entity_text(entity, "path", &scratch), "internal") != 0) {
        entity_append_line(out, "Library", scratch.data);
        entity_append_line(out, "Version", entity_text(entity, "version", &scratch));
        entity_append_line(out, "Author", entity_text(entity, "author", &scratch));
    }
    json_array_foreach(json_object_get(entity, "functions"), i, variation) {
        append_variation(out, variation, name.data);
    }
    const char *example = entity_text(entity, "example", &scratch);
    if (example[0]) {
        buffer_format(out, "\nExample: %s", example);
        buffer_format(out, " = %s\n", entity_text(entity, "exampleResult", &scratch));
    }
    buffer_free(&name);
    buffer_free(&scratch);
}
