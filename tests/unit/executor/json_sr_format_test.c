/* The JSON_SR format and the registry inside the process, by example. */
#include "tests/support/memory_registry.h"
#include "tests/unit/executor/format_fixture.h"

static void payloads_start_with_the_schemas_id(void **state) {
    memory_registry *registry = memory_registry_create();
    fixture f = fixture_open("JSON_SR", "FOO INT");
    f.options.registry = memory_registry_interface(registry);
    f.options.subject = SLICE_LITERAL("t-value");
    uint8_t status;
    const char *seven = "7";
    slice payload = fixture_encode_bytes(&f, &status, &seven);
    assert_int_equal(status, FORMAT_OK);
    assert_int_equal(payload.length, 14);
    assert_memory_equal(payload.data, "\0\0\0\0\1{\"FOO\":7}", 14);
    char copy[14];
    memcpy(copy, payload.data, 14);
    assert_string_equal(fixture_decode_bytes(&f, slice_make(copy, 14)), "{\"FOO\":7}");
    assert_string_equal(fixture_decode(&f, NULL), "null");
    assert_string_equal(fixture_decode(&f, "{\"FOO\":7}"),
        "bad: the payload does not start with a zero byte and the id of a schema");
    int32_t id;
    slice type, schema;
    error e = {0};
    assert_true(f.options.registry->latest_schema(
        f.options.registry, f.options.subject, f.memory, &id, &type, &schema, &e));
    assert_int_equal(id, 1);
    assert_true(slice_is(type, "JSON"));
    assert_true(
        slice_is(schema, "{\"type\":\"object\",\"properties\":{\"FOO\":{\"connect.index\":0,"
                         "\"oneOf\":[{\"type\":\"null\"},{\"type\":\"integer\","
                         "\"connect.type\":\"int32\"}]}}}"));
    fixture_close(&f);
    memory_registry_destroy(registry);
}

static void without_a_registry_nothing_is_written(void **state) {
    fixture f = fixture_open("JSON_SR", "FOO INT");
    uint8_t status;
    const char *seven = "7";
    slice message = fixture_encode_bytes(&f, &status, &seven);
    assert_int_equal(status, FORMAT_BAD);
    assert_string_equal(message.data, "The 'JSON_SR' format needs a schema registry");
    fixture_close(&f);
}

/* A schema's text becomes columns, and columns become the same text again. */
static void columns_can_be_inferred(void **state) {
    fixture f = fixture_open("JSON_SR",
        "A BOOLEAN, B INT, C BIGINT, D DOUBLE, E STRING, F BYTES, G DECIMAL(4,2), H DATE, I TIME, "
        "J TIMESTAMP, K ARRAY<INT>, L MAP<STRING, DOUBLE>, M STRUCT<X INT, Y ARRAY<STRING>>");
    f.schema.columns = f.columns;
    error e = {0};
    buffer text = {0}, again = {0};
    format_schema inferred;
    assert_true(f.format->describe(&f.schema, &f.options, &text, &e));
    assert_true(
        f.format->infer(buffer_slice(&text), true, false, &f.options, f.memory, &inferred, &e));
    assert_int_equal(inferred.count, f.schema.count);
    for (int i = 0; i < inferred.count; i++) {
        assert_true(slice_equal(inferred.columns[i].name, f.columns[i].name));
        assert_true(sql_type_equal(inferred.columns[i].type, f.columns[i].type));
    }
    assert_true(f.format->describe(&inferred, &f.options, &again, &e));
    assert_true(slice_equal(buffer_slice(&text), buffer_slice(&again)));
    buffer_free(&text);
    buffer_free(&again);
    fixture_close(&f);
}

static void expect_inferred(const char *schema, bool wrapped, const char *columns) {
    arena *a = arena_create();
    error e = {0};
    format_schema inferred;
    buffer out = {0};
    if (format_find(SLICE_LITERAL("JSON_SR"))
            ->infer(slice_of(schema), wrapped, true, NULL, a, &inferred, &e)) {
        for (int i = 0; i < inferred.count; i++) {
            buffer_format(&out, "%s%.*s ", i ? ", " : "", SLICE_ARG(inferred.columns[i].name));
            sql_type_format(inferred.columns[i].type, &out);
        }
    } else {
        buffer_append_text(&out, e.message);
    }
    buffer_append_byte(&out, 0);
    assert_string_equal(out.data, columns);
    buffer_free(&out);
    arena_destroy(a);
}

static void other_peoples_schemas_are_understood(void **state) {
    expect_inferred(
        "{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"string\"}]}", false, "ROWKEY STRING");
    expect_inferred(
        "{\"type\":\"object\",\"properties\":{\"b\":{\"type\":\"integer\","
        "\"connect.index\":1},\"a\":{\"$ref\":\"#/definitions/t\",\"connect.index\":0}},"
        "\"definitions\":{\"t\":{\"type\":\"number\"}}}",
        true, "A DOUBLE, B BIGINT");
    expect_inferred("{\"type\":\"integer\"}", true,
        "The schema describes a single value without fields: set WRAP_SINGLE_VALUE to false");
    expect_inferred("{\"$ref\":\"#\"}", true,
        "The JSON schema cannot become columns: it is recursive, or nested too deep");
    expect_inferred("{", true,
        "The JSON schema is not JSON: string or '}' expected near end of file (line 1, column 1)");
}

static void one_schema_has_one_id(void **state) {
    memory_registry *r = memory_registry_create();
    schema_registry *i = memory_registry_interface(r);
    error e = {0};
    int32_t id;
    const slice avro = SLICE_LITERAL("AVRO"), a = SLICE_LITERAL("a"), b = SLICE_LITERAL("b");
    assert_true(i->register_schema(i, a, avro, SLICE_LITERAL("\"int\""), &id, &e));
    assert_int_equal(id, 1);
    assert_true(i->register_schema(i, a, avro, SLICE_LITERAL("\"long\""), &id, &e));
    assert_int_equal(id, 2);
    assert_true(i->register_schema(i, b, avro, SLICE_LITERAL("\"int\""), &id, &e));
    assert_int_equal(id, 1);
    assert_true(memory_registry_put(r, b, avro, SLICE_LITERAL("\"string\""), 100, &e));
    assert_false(memory_registry_put(r, a, avro, SLICE_LITERAL("\"bytes\""), 100, &e));
    assert_string_equal(e.message, "The schema id 100 belongs to another schema");
    arena *memory = arena_create();
    int count;
    registered_schema *list = memory_registry_list(r, b, memory, &count);
    assert_int_equal(count, 2);
    assert_int_equal(list[1].version, 2);
    assert_true(memory_registry_delete(r, b));
    assert_false(memory_registry_delete(r, b));
    slice type, schema;
    error_clear(&e);
    assert_false(i->latest_schema(i, b, memory, &id, &type, &schema, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    assert_true(i->schema_by_id(i, 100, memory, &type, &schema, &e));
    assert_true(slice_is(schema, "\"string\""));
    arena_destroy(memory);
    memory_registry_destroy(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payloads_start_with_the_schemas_id),
        cmocka_unit_test(without_a_registry_nothing_is_written),
        cmocka_unit_test(columns_can_be_inferred),
        cmocka_unit_test(other_peoples_schemas_are_understood),
        cmocka_unit_test(one_schema_has_one_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
