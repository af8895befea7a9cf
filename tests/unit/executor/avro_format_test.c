/* The AVRO format, by example. */
#include "tests/support/memory_registry.h"
#include "tests/unit/executor/format_fixture.h"

static memory_registry *registry;

static int fresh_registry(void **state) {
    registry = memory_registry_create();
    return 0;
}

static int drop_registry(void **state) {
    memory_registry_destroy(registry);
    return 0;
}

static fixture avro(const char *columns, bool wrapped) {
    fixture f = fixture_open("AVRO", columns);
    f.schema.wrapped = wrapped;
    f.options.registry = memory_registry_interface(registry);
    f.options.subject = SLICE_LITERAL("t-value");
    return f;
}

static void put_schema(int32_t id, const char *schema) {
    error e = {0};
    assert_true(memory_registry_put(
        registry, SLICE_LITERAL("s"), SLICE_LITERAL("AVRO"), slice_of(schema), id, &e));
}

/* Writes with the schema of the id (0: the columns' own) and reads it back. */
static void expect_back(
    const char *columns, bool wrapped, int32_t id, const char *row, const char *const *values) {
    fixture f = avro(columns, wrapped);
    f.options.schema_id = id;
    uint8_t status;
    slice payload = fixture_encode_bytes(&f, &status, values);
    if (status != FORMAT_OK) {
        if (!strstr(f.answer, row))
            fail_msg("%s is not %s", f.answer, row);
        fixture_close(&f);
        return;
    }
    char copy[8192];
    memcpy(copy, payload.data, payload.length);
    assert_string_equal(fixture_decode_bytes(&f, slice_make(copy, payload.length)), row);
    /* no prefix of a payload is a payload that can be trusted, but none may crash */
    for (size_t length = 0; length < payload.length; length++)
        fixture_decode_bytes(&f, slice_make(copy, length));
    fixture_close(&f);
}

#define EXPECT_BACK(columns, row, ...)                                                             \
    expect_back(columns, true, 0, row, (const char *const[]){__VA_ARGS__})

static void rows_come_back(void **state) {
    EXPECT_BACK("A INT, B BIGINT, C DOUBLE, D BOOLEAN, E STRING, F BYTES",
        "{\"A\":-1,\"B\":9223372036854775807,\"C\":1.5,\"D\":true,\"E\":\"x\",\"F\":\"YQ==\"}",
        "-1", "9223372036854775807", "1.5", "true", "\"x\"", "\"YQ==\"");
    EXPECT_BACK("A INT, B STRING", "{\"A\":null,\"B\":null}", "null", "null");
    EXPECT_BACK("A DATE, B TIME, C TIMESTAMP", "{\"A\":1,\"B\":2,\"C\":-3}", "1", "2", "-3");
    EXPECT_BACK("A DECIMAL(4,2), B DECIMAL(38,0), C DECIMAL(38,38)",
        "{\"A\":-1.28,\"B\":99999999999999999999999999999999999999,\"C\":"
        "-0.00000000000000000000000000000000000128}",
        "-1.28", "99999999999999999999999999999999999999",
        "-0.00000000000000000000000000000000000128");
    EXPECT_BACK("A ARRAY<INT>, B MAP<STRING, DOUBLE>, C STRUCT<X INT, Y ARRAY<STRUCT<Z STRING>>>",
        "{\"A\":[1,null],\"B\":{\"k\":1.0,\"l\":null},\"C\":{\"X\":null,\"Y\":[{\"Z\":\"z\"},null]}"
        "}",
        "[1,null]", "{\"k\":1,\"l\":null}", "{\"Y\":[{\"Z\":\"z\"},null]}");
    EXPECT_BACK("A ARRAY<INT>, B MAP<STRING, INT>", "{\"A\":[],\"B\":{}}", "[]", "{}");
}

static void a_single_column_may_be_unwrapped(void **state) {
    const char *values[] = {"[1,null]"};
    expect_back("A ARRAY<BIGINT>", false, 0, "{\"A\":[1,null]}", values);
    values[0] = "true";
    expect_back("A BOOLEAN", false, 0, "{\"A\":true}", values);
    values[0] = "{\"F\":1}";
    expect_back("A STRUCT<F INT>", false, 0, "{\"A\":{\"F\":1}}", values);
    fixture f = avro("A INT", false);
    assert_string_equal(fixture_encode(&f, "null"), "null");
    assert_string_equal(fixture_decode(&f, NULL), "null");
    fixture_close(&f);
}

static void integers_are_zigzag(void **state) {
    fixture f = avro("A INT, B STRING", true);
    uint8_t status;
    const char *values[] = {"-2", "\"hi\""};
    slice payload = fixture_encode_bytes(&f, &status, values);
    assert_int_equal(payload.length, 11);
    assert_memory_equal(payload.data, "\0\0\0\0\1\2\3\2\4hi", 11);
    fixture_close(&f);
}

static void the_schema_is_named_and_nullable(void **state) {
    fixture f = avro("A INT, B STRUCT<C DECIMAL(4,2)>, D MAP<STRING, INT>", true);
    f.schema.columns = f.columns;
    buffer out = {0};
    error e = {0};
    assert_true(f.format->describe(&f.schema, &f.options, &out, &e));
    buffer_append_byte(&out, 0);
    assert_string_equal(out.data,
        "{\"type\":\"record\",\"name\":\"KsqlDataSourceSchema\",\"namespace\":"
        "\"io.confluent.ksql.avro_schemas\",\"fields\":["
        "{\"name\":\"A\",\"type\":[\"null\",\"int\"],\"default\":null},"
        "{\"name\":\"B\",\"type\":[\"null\",{\"type\":\"record\",\"name\":"
        "\"KsqlDataSourceSchema_B\",\"fields\":["
        "{\"name\":\"C\",\"type\":[\"null\",{\"type\":\"bytes\",\"scale\":2,\"precision\":4,"
        "\"connect.version\":1,\"connect.parameters\":{\"scale\":\"2\","
        "\"connect.decimal.precision\":\"4\"},\"connect.name\":"
        "\"org.apache.kafka.connect.data.Decimal\",\"logicalType\":\"decimal\"}],"
        "\"default\":null}],\"connect.name\":"
        "\"io.confluent.ksql.avro_schemas.KsqlDataSourceSchema_B\"}],\"default\":null},"
        "{\"name\":\"D\",\"type\":[\"null\",{\"type\":\"array\",\"items\":{\"type\":\"record\","
        "\"name\":\"KsqlDataSourceSchema_D\","
        "\"fields\":[{\"name\":\"key\",\"type\":[\"null\",\"string\"],\"default\":null},"
        "{\"name\":\"value\",\"type\":[\"null\",\"int\"],\"default\":null}],"
        "\"connect.internal.type\":\"MapEntry\"}}],\"default\":null}],"
        "\"connect.name\":\"io.confluent.ksql.avro_schemas.KsqlDataSourceSchema\"}");
    buffer_clear(&out);
    f.options.schema_full_name = SLICE_LITERAL("com.acme.User");
    f.schema.count = 1;
    assert_true(f.format->describe(&f.schema, &f.options, &out, &e));
    assert_true(slice_starts_with(buffer_slice(&out),
        SLICE_LITERAL("{\"type\":\"record\",\"name\":\"User\",\"namespace\":\"com.acme\",")));
    buffer_free(&out);
    fixture_close(&f);
}

static void other_peoples_schemas_are_written(void **state) {
    put_schema(50,
        "{\"type\":\"record\",\"name\":\"T\",\"fields\":["
        "{\"name\":\"id\",\"type\":\"long\",\"default\":7},"
        "{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"K\",\"symbols\":[\"X\","
        "\"Y\"]}},"
        "{\"name\":\"price\",\"type\":\"float\"},"
        "{\"name\":\"tags\",\"type\":{\"type\":\"map\",\"values\":\"int\"}},"
        "{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":"
        "\"timestamp-micros\"}},"
        "{\"name\":\"note\",\"type\":[\"null\",\"string\"]},"
        "{\"name\":\"more\",\"type\":{\"type\":\"array\",\"items\":\"string\"},"
        "\"default\":[\"d\"]}]}");
    const char *columns =
        "ID BIGINT, KIND STRING, PRICE DOUBLE, TAGS MAP<STRING, INT>, AT TIMESTAMP";
    const char *fine[] = {"1", "\"Y\"", "0.5", "{\"k\":3}", "1234"};
    expect_back(columns, true, 50,
        "{\"ID\":1,\"KIND\":\"Y\",\"PRICE\":0.5,\"TAGS\":{\"k\":3},\"AT\":1234}", fine);
    const char *defaulted[] = {"null", "\"X\"", "0.5", "{}", "-1"};
    expect_back(columns, true, 50, "{\"ID\":7,\"KIND\":\"X\",\"PRICE\":0.5,\"TAGS\":{},\"AT\":-1}",
        defaulted);
    const char *symbol[] = {"1", "\"Z\"", "0.5", "{}", "1"};
    expect_back(columns, true, 50, "'Z' is no symbol of enum K", symbol);
    const char *null[] = {"1", "null", "0.5", "{}", "1"};
    expect_back(
        columns, true, 50, "field kind is null, which the Avro schema does not allow", null);
    const char *null_value[] = {"1", "\"X\"", "0.5", "{\"k\":null}", "1"};
    expect_back(columns, true, 50, "a null where the Avro schema has type int", null_value);
    const char *missing[] = {"1"};
    expect_back("ID BIGINT", true, 50,
        "The Avro schema has a field kind without a default, and there is no such column", missing);
    expect_back("ID STRING", true, 50,
        "A column of type STRING cannot be written as Avro type long",
        (const char *const[]){"\"1\""});
    expect_back("ID BIGINT", true, 51, "No schema has the id 51", missing);
}

static void expect_read(
    int32_t id, const char *columns, const char *bytes, size_t length, const char *row) {
    fixture f = avro(columns, true);
    char payload[100] = {0, 0, 0, 0, (char)id};
    memcpy(payload + 5, bytes, length);
    const char *answer = fixture_decode_bytes(&f, slice_make(payload, length + 5));
    if (!strstr(answer, row))
        fail_msg("%s is not %s", answer, row);
    fixture_close(&f);
}

static void the_writers_schema_decides_how_to_read(void **state) {
    put_schema(60, "{\"type\":\"record\",\"name\":\"n.R\",\"fields\":["
                   "{\"name\":\"skipped\",\"type\":[\"null\",\"R\",{\"type\":\"array\",\"items\":"
                   "\"string\"}]},"
                   "{\"name\":\"a\",\"type\":\"int\"},"
                   "{\"name\":\"f\",\"type\":\"float\"},"
                   "{\"name\":\"u\",\"type\":[\"string\",\"long\"]}]}");
    const char bytes[] = "\2\0\4\0\0\0\0\0\2x\6\0\0\xC0\x3F\2\x08"; /* skipped: an R inside */
    expect_read(60, "A INT, F DOUBLE, U STRING, GONE INT", bytes, sizeof bytes - 1,
        "{\"A\":3,\"F\":1.5,\"U\":\"4\",\"GONE\":null}");
    expect_read(60, "A STRING", bytes, sizeof bytes - 1, "{\"A\":\"3\"}");
    expect_read(60, "A BOOLEAN", bytes, sizeof bytes - 1,
        "bad: Avro type int cannot be read as BOOLEAN. In field a.");
    expect_read(60, "U BIGINT", bytes, sizeof bytes - 1, "{\"U\":4}");
    expect_read(60, "A INT", bytes, 8, "bad: the Avro payload ends too early");
    expect_read(60, "A INT", "\x08", 1, "bad: the Avro payload names branch or symbol 4 of 3");
    expect_read(61, "A INT", bytes, 1, "bad: No schema has the id 61");
    put_schema(62, "{\"type\":\"array\",\"items\":\"null\"}");
    expect_read(62, "A INT", bytes, 1, "bad: Avro type array is no record");
}

static void empty_elements_cannot_go_on_for_ever(void **state) {
    put_schema(70, "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"s\",\"type\":{"
                   "\"type\":\"array\",\"items\":\"null\"}}]}");
    expect_read(70, "A INT", "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\x7F\0", 9,
        "bad: an Avro array has too many empty elements");
}

static void columns_can_be_inferred(void **state) {
    fixture f = avro("A BOOLEAN, B INT, C BIGINT, D DOUBLE, E STRING, F BYTES, G DECIMAL(4,2), "
                     "H DATE, I TIME, J TIMESTAMP, K ARRAY<INT>, L MAP<STRING, DOUBLE>, "
                     "M STRUCT<X INT, Y ARRAY<STRING>>",
        true);
    f.schema.columns = f.columns;
    error e = {0};
    buffer text = {0};
    format_schema inferred;
    assert_true(f.format->describe(&f.schema, &f.options, &text, &e));
    assert_true(
        f.format->infer(buffer_slice(&text), true, false, &f.options, f.memory, &inferred, &e));
    assert_int_equal(inferred.count, f.schema.count);
    for (int i = 0; i < inferred.count; i++)
        assert_true(sql_type_equal(inferred.columns[i].type, f.columns[i].type));
    assert_true(f.format->infer(
        SLICE_LITERAL("\"string\""), false, true, &f.options, f.memory, &inferred, &e));
    assert_true(slice_is(inferred.columns[0].name, "ROWKEY"));
    assert_false(f.format->infer(SLICE_LITERAL("{\"type\":\"record\",\"name\":\"R\",\"fields\":[{"
                                               "\"name\":\"r\",\"type\":[\"null\",\"R\"]}]}"),
        true, false, &f.options, f.memory, &inferred, &e));
    assert_string_equal(
        e.message, "The Avro schema cannot become columns: it is recursive, or nested too deep");
    buffer_free(&text);
    fixture_close(&f);
}

static void what_avro_cannot_say_is_refused(void **state) {
    expect_refused("AVRO", "A MAP<INT, DOUBLE>", "Avro only supports MAPs with STRING keys");
    expect_refused("AVRO", "`a b` INT", "Schema is not compatible with Avro: illegal name `a b`");
    expect_refused("AVRO", "`1a` INT", "Schema is not compatible with Avro: illegal name `1a`");
    fixture f = fixture_open("AVRO", "A INT");
    assert_string_equal(
        fixture_decode(&f, "x"), "refused: The 'AVRO' format needs a schema registry");
    fixture_close(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_come_back, fresh_registry, drop_registry),
        cmocka_unit_test_setup_teardown(
            a_single_column_may_be_unwrapped, fresh_registry, drop_registry),
        cmocka_unit_test_setup_teardown(integers_are_zigzag, fresh_registry, drop_registry),
        cmocka_unit_test_setup_teardown(
            the_schema_is_named_and_nullable, fresh_registry, drop_registry),
        cmocka_unit_test_setup_teardown(
            other_peoples_schemas_are_written, fresh_registry, drop_registry),
        cmocka_unit_test_setup_teardown(
            the_writers_schema_decides_how_to_read, fresh_registry, drop_registry),
        cmocka_unit_test_setup_teardown(
            empty_elements_cannot_go_on_for_ever, fresh_registry, drop_registry),
        cmocka_unit_test_setup_teardown(columns_can_be_inferred, fresh_registry, drop_registry),
        cmocka_unit_test_setup_teardown(
            what_avro_cannot_say_is_refused, fresh_registry, drop_registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
