/* The PROTOBUF and PROTOBUF_NOSR formats, by example. */
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

static fixture protobuf(const char *format_name, const char *columns) {
    fixture f = fixture_open(format_name, columns);
    f.options.registry = memory_registry_interface(registry);
    f.options.subject = SLICE_LITERAL("t-value");
    return f;
}

static void put_schema(int32_t id, const char *subject, const char *schema) {
    error e = {0};
    assert_true(memory_registry_put(
        registry, slice_of(subject), SLICE_LITERAL("PROTOBUF"), slice_of(schema), id, &e));
}

static void expect_back(const char *format_name, const char *columns, format_nullable nullable,
    int32_t id, const char *row, const char *const *values) {
    fixture f = protobuf(format_name, columns);
    f.options.nullable = nullable;
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
    for (size_t length = 0; length < payload.length; length++) /* no prefix may crash */
        fixture_decode_bytes(&f, slice_make(copy, length));
    fixture_close(&f);
}

#define BACK(columns, row, ...)                                                                    \
    expect_back(                                                                                   \
        "PROTOBUF", columns, FORMAT_NULLABLE_NOT, 0, row, (const char *const[]){__VA_ARGS__})

static void rows_come_back(void **state) {
    BACK("A INT, B BIGINT, C DOUBLE, D BOOLEAN, E STRING, F BYTES",
        "{\"A\":-1,\"B\":9223372036854775807,\"C\":1.5,\"D\":true,\"E\":\"x\",\"F\":\"YQ==\"}",
        "-1", "9223372036854775807", "1.5", "true", "\"x\"", "\"YQ==\"");
    BACK("A DATE, B TIME, C TIMESTAMP", "{\"A\":19000,\"B\":86399999,\"C\":-1}", "19000",
        "86399999", "-1");
    BACK("A DATE, B DATE", "{\"A\":-1,\"B\":0}", "-1", "0");
    BACK("A DECIMAL(4,2), B DECIMAL(38,0)",
        "{\"A\":-1.28,\"B\":99999999999999999999999999999999999999}", "-1.28",
        "99999999999999999999999999999999999999");
    BACK("A ARRAY<INT>, B MAP<STRING, DOUBLE>, C STRUCT<X INT, Y ARRAY<STRUCT<Z STRING>>>",
        "{\"A\":[1,2],\"B\":{\"k\":1.0},\"C\":{\"X\":3,\"Y\":[{\"Z\":\"z\"},{\"Z\":\"\"}]}}",
        "[1,2]", "{\"k\":1}", "{\"X\":3,\"Y\":[{\"Z\":\"z\"},{}]}");
    BACK("A ARRAY<STRING>, B MAP<STRING, STRUCT<X INT>>",
        "{\"A\":[\"\",\"x\"],\"B\":{\"k\":{\"X\":1}}}", "[\"\",\"x\"]", "{\"k\":{\"X\":1}}");
}

static void nulls_become_zeros(void **state) {
    BACK("A INT, B DOUBLE, C BOOLEAN, D STRING, E BYTES",
        "{\"A\":0,\"B\":0.0,\"C\":false,\"D\":\"\",\"E\":\"\"}", "null", "null", "null", "null",
        "null");
    BACK("A ARRAY<INT>, B MAP<STRING, INT>", "{\"A\":[],\"B\":{}}", "null", "null");
    BACK("A ARRAY<INT>", "{\"A\":[0,1]}", "[null,1]");
    BACK("A STRUCT<X INT>, B STRUCT<X INT>", "{\"A\":null,\"B\":{\"X\":0}}", "null", "{}");
    BACK("A DECIMAL(4,2), B TIMESTAMP", "{\"A\":null,\"B\":null}", "null", "null");
}

static void nulls_can_be_told_from_zeros(void **state) {
    const char *columns = "A INT, B STRING, C BOOLEAN, D DOUBLE, E BIGINT";
    const char *mixed[] = {"null", "\"\"", "false", "null", "0"};
    const char *row = "{\"A\":null,\"B\":\"\",\"C\":false,\"D\":null,\"E\":0}";
    expect_back("PROTOBUF", columns, FORMAT_NULLABLE_OPTIONAL, 0, row, mixed);
    expect_back("PROTOBUF", columns, FORMAT_NULLABLE_WRAPPER, 0, row, mixed);
    expect_back("PROTOBUF_NOSR", columns, FORMAT_NULLABLE_OPTIONAL, 0, row, mixed);
    expect_back("PROTOBUF_NOSR", columns, FORMAT_NULLABLE_WRAPPER, 0, row, mixed);
}

static void payloads_name_schema_and_message(void **state) {
    fixture f = protobuf("PROTOBUF", "A INT, B STRING");
    uint8_t status;
    const char *values[] = {"150", "\"hi\""};
    slice payload = fixture_encode_bytes(&f, &status, values);
    assert_int_equal(payload.length, 13);
    assert_memory_equal(payload.data, "\0\0\0\0\1\0\x08\x96\x01\x12\2hi", 13);
    fixture_close(&f);
    f = protobuf("PROTOBUF_NOSR", "A INT, B STRING");
    payload = fixture_encode_bytes(&f, &status, values);
    assert_int_equal(payload.length, 7);
    assert_memory_equal(payload.data, "\x08\x96\x01\x12\2hi", 7);
    fixture_close(&f);
}

static void expect_described(const char *columns, format_nullable nullable, const char *text) {
    fixture f = protobuf("PROTOBUF", columns);
    f.options.nullable = nullable;
    f.schema.columns = f.columns;
    buffer out = {0};
    error e = {0};
    assert_true(f.format->describe(&f.schema, &f.options, &out, &e));
    buffer_append_byte(&out, 0);
    assert_string_equal(out.data, text);
    buffer_free(&out);
    fixture_close(&f);
}

static void the_schema_is_a_proto_file(void **state) {
    expect_described("I INT, L BIGINT, D DOUBLE, B BOOLEAN, S STRING", FORMAT_NULLABLE_NOT,
        "syntax = \"proto3\";\n\nmessage ConnectDefault1 {\n  int32 I = 1;\n  int64 L = 2;\n"
        "  double D = 3;\n  bool B = 4;\n  string S = 5;\n}\n");
    expect_described("A STRUCT<X INT>, B ARRAY<STRING>, C MAP<STRING, DOUBLE>", FORMAT_NULLABLE_NOT,
        "syntax = \"proto3\";\n\nmessage ConnectDefault1 {\n  ConnectDefault2 A = 1;\n"
        "  repeated string B = 2;\n  map<string, double> C = 3;\n\n"
        "  message ConnectDefault2 {\n    int32 X = 1;\n  }\n}\n");
    expect_described("I INT", FORMAT_NULLABLE_WRAPPER,
        "syntax = \"proto3\";\n\nimport \"google/protobuf/wrappers.proto\";\n\n"
        "message ConnectDefault1 {\n  google.protobuf.Int32Value I = 1;\n}\n");
    expect_described("I INT", FORMAT_NULLABLE_OPTIONAL,
        "syntax = \"proto3\";\n\nmessage ConnectDefault1 {\n  optional int32 I = 1;\n}\n");
}

static void expect_inferred(const char *schema, const char *message, const char *columns) {
    arena *a = arena_create();
    error e = {0};
    format_schema inferred;
    format_options options = {
        .registry = memory_registry_interface(registry), .schema_full_name = slice_of(message)};
    buffer out = {0};
    if (format_find(SLICE_LITERAL("PROTOBUF"))
            ->infer(slice_of(schema), true, false, &options, a, &inferred, &e)) {
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

static void columns_can_be_inferred(void **state) {
    expect_inferred("syntax = \"proto3\"; // a comment\nmessage M {bool c1 = 1; int32 c2 = 2; "
                    "uint32 c3 = 3; float c4 = 4; string c5 = 5; bytes c6 = 6; sint64 c7 = 7;}",
        NULL, "C1 BOOLEAN, C2 INTEGER, C3 BIGINT, C4 DOUBLE, C5 STRING, C6 BYTES, C7 BIGINT");
    expect_inferred("syntax = \"proto3\"; package a.b; import \"google/protobuf/wrappers.proto\";"
                    "message M { enum E {X = 0; Y = 2 [deprecated = true];} /* and */ repeated E e "
                    "= 1; N n = 2; map<string, N> m = 3; oneof o { string s = 4; "
                    "google.protobuf.Int32Value w = 5; } reserved 9, 10; option x = {a: \"}\"}; "
                    "message N { .a.b.M.E x = 1; } }",
        NULL,
        "O_0 STRUCT<`S` STRING, `W` INTEGER>, E ARRAY<STRING>, N STRUCT<`X` STRING>, M MAP<STRING, "
        "STRUCT<`X` STRING>>");
    expect_inferred(
        "message M { confluent.type.Decimal d = 1 [(confluent.field_meta) = { params: [{ "
        "value: \"4\", key: \"precision\" }, { value: \"2\", key: \"scale\" }]}];"
        "google.type.Date t = 2; google.type.TimeOfDay u = 3; "
        "google.protobuf.Timestamp v = 4; }",
        NULL, "D DECIMAL(4, 2), T DATE, U TIME, V TIMESTAMP");
    expect_inferred("message A {int32 a = 1;} message B {string b = 1;}", "B", "B STRING");
    put_schema(7, "event.proto", "syntax = \"proto3\"; message Event { int64 timestamp = 1; }");
    expect_inferred("syntax = \"proto3\"; import \"event.proto\"; message L { Event event = 1; }",
        NULL, "EVENT STRUCT<`TIMESTAMP` BIGINT>");
}

static void broken_schemas_say_where(void **state) {
    expect_inferred(
        "message M { int32 a; }", NULL, "The protobuf schema is broken: ';' where = should be");
    expect_inferred(
        "message M { Gone a = 1; }", NULL, "The protobuf schema has no type called Gone");
    expect_inferred("message M { M m = 1; }", NULL,
        "The protobuf schema cannot become columns: it is recursive, or nested too deep");
    expect_inferred("message M {} ", "X", "The protobuf schema has no message called X");
    expect_inferred("import \"gone.proto\"; message M {}", NULL,
        "The protobuf import \"gone.proto\" is not a subject of the schema registry");
    expect_inferred("message M { int32 a = 1;", NULL,
        "The protobuf schema is broken: '' where a name should be");
}

static void other_peoples_schemas_are_written_and_read(void **state) {
    put_schema(50, "s",
        "syntax = \"proto3\"; message First {} message Second { message Third { uint32 id = 7; "
        "sint64 z = 2; float price = 3; K kind = 4; fixed32 f = 5; repeated sint32 many = 6; "
        "enum K { X = 0; Y = 1; } } }");
    const char *columns =
        "ID BIGINT, Z BIGINT, PRICE DOUBLE, KIND STRING, F BIGINT, MANY ARRAY<INT>";
    fixture f = protobuf("PROTOBUF", columns);
    f.options.schema_id = 50;
    f.options.schema_full_name = SLICE_LITERAL("Second.Third");
    uint8_t status;
    const char *values[] = {"4000000000", "-5", "0.5", "\"Y\"", "7", "[-1,2]"};
    slice payload = fixture_encode_bytes(&f, &status, values);
    assert_int_equal(status, FORMAT_OK);
    assert_memory_equal(payload.data, "\0\0\0\0\x32\4\2\0", 8);
    char copy[100];
    memcpy(copy, payload.data, payload.length);
    assert_string_equal(fixture_decode_bytes(&f, slice_make(copy, payload.length)),
        "{\"ID\":4000000000,\"Z\":-5,\"PRICE\":0.5,\"KIND\":\"Y\",\"F\":7,\"MANY\":[-1,2]}");
    values[0] = "-1";
    fixture_encode_bytes(&f, &status, values);
    assert_int_equal(status, FORMAT_BAD);
    assert_string_equal(
        f.answer, "bad: a value is out of range for the protobuf field id of type uint32");
    values[0] = "1";
    values[3] = "\"Z\"";
    fixture_encode_bytes(&f, &status, values);
    assert_string_equal(f.answer, "bad: 'Z' is no value of the protobuf enum Second.Third.K");
    fixture_close(&f);
}

static void expect_read(const char *columns, const char *bytes, size_t length, const char *row) {
    fixture f = protobuf("PROTOBUF_NOSR", columns);
    const char *answer = fixture_decode_bytes(&f, slice_make(bytes, length));
    if (!strstr(answer, row))
        fail_msg("%s is not %s", answer, row);
    fixture_close(&f);
}

static void fields_come_in_any_order(void **state) {
    expect_read("A INT, B STRING", "\x12\1x\x08\1\x08\2\x98\6\1", 10, "{\"A\":2,\"B\":\"x\"}");
    expect_read(
        "A ARRAY<INT>, B INT", "\x08\1\x10\5\x0A\2\2\3\x08\4", 10, "{\"A\":[1,2,3,4],\"B\":5}");
    expect_read("A ARRAY<ARRAY<INT>>", "", 0,
        "refused: The 'PROTOBUF_NOSR' format does not support ARRAY or MAP directly inside");
    expect_read("A INT", "\x0A\1x", 3, "bad: the protobuf field A has wire type 2");
    expect_read("A STRING", "\x0A\1\xFF", 3, "bad: the protobuf field A is not UTF-8");
    expect_read("A STRING", "\x0A\5x", 3, "bad: the protobuf payload ends too early");
    expect_read("A INT", "\x0B", 1, "bad: the protobuf payload has wire type 3");
    expect_read("A STRUCT<X ARRAY<INT>, Y STRING>, B INT", "\x0A\5\x08\1\x12\1\xFF", 7,
        "bad: the protobuf field Y is not UTF-8");
}

static void what_protobuf_cannot_say_is_refused(void **state) {
    expect_refused(
        "PROTOBUF", "A MAP<INT, INT>", "PROTOBUF only supports MAP types with STRING keys");
    expect_refused("PROTOBUF", "`a b` INT", "The 'PROTOBUF' format does not allow the name `a b`");
    fixture f = fixture_unwrapped("PROTOBUF", "A INT");
    f.schema.columns = f.columns;
    error e = {0};
    assert_false(f.format->validate(&f.schema, &f.options, &e));
    assert_string_equal(e.message, "The 'PROTOBUF' format does not support unwrapped values");
    fixture_close(&f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_registry, drop_registry)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(rows_come_back),
        TEST(nulls_become_zeros),
        TEST(nulls_can_be_told_from_zeros),
        TEST(payloads_name_schema_and_message),
        TEST(the_schema_is_a_proto_file),
        TEST(columns_can_be_inferred),
        TEST(broken_schemas_say_where),
        TEST(other_peoples_schemas_are_written_and_read),
        TEST(fields_come_in_any_order),
        TEST(what_protobuf_cannot_say_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
