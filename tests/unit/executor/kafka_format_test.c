/* The KAFKA and NONE formats, by example. */
#include "tests/unit/executor/format_fixture.h"

static void expect_both_ways(
    const char *columns, const char *bytes, size_t length, const char *json, const char *row) {
    fixture f = fixture_unwrapped("KAFKA", columns);
    assert_string_equal(fixture_decode_bytes(&f, slice_make(bytes, length)), row);
    uint8_t status;
    slice payload = fixture_encode_bytes(&f, &status, &json);
    assert_int_equal(status, FORMAT_OK);
    assert_int_equal(payload.length, length);
    assert_memory_equal(payload.data, bytes, length);
    fixture_close(&f);
}

static void primitives_are_as_kafka_serializes_them(void **state) {
    expect_both_ways("A INT", "\0\0\x01\x02", 4, "258", "{\"A\":258}");
    expect_both_ways("A INT", "\xFF\xFF\xFF\xFF", 4, "-1", "{\"A\":-1}");
    expect_both_ways("A BIGINT", "\0\0\0\0\0\0\0\x07", 8, "7", "{\"A\":7}");
    expect_both_ways("A DOUBLE", "\x3F\xF8\0\0\0\0\0\0", 8, "1.5", "{\"A\":1.5}");
    expect_both_ways("A STRING", "h\xC3\xA9", 3, "\"h\xC3\xA9\"", "{\"A\":\"h\xC3\xA9\"}");
    expect_both_ways("A STRING", "", 0, "\"\"", "{\"A\":\"\"}");
    expect_both_ways("A BYTES", "\0\xFF", 2, "\"AP8=\"", "{\"A\":\"AP8=\"}");
}

static void null_is_null(void **state) {
    fixture f = fixture_unwrapped("KAFKA", "A INT");
    assert_string_equal(fixture_decode(&f, NULL), "null");
    assert_string_equal(fixture_encode(&f, "null"), "null");
    fixture_close(&f);
}

static void nothing_is_coerced(void **state) {
    expect_bad("KAFKA", "A INT", "12345", "INTEGER takes 4 bytes in the KAFKA format, not 5");
    expect_bad("KAFKA", "A BIGINT", "1234", "BIGINT takes 8 bytes in the KAFKA format, not 4");
    expect_bad("KAFKA", "A DOUBLE", "", "DOUBLE takes 8 bytes in the KAFKA format, not 0");
    expect_decoded("KAFKA", "A STRING", "a\xFF", "{\"A\":\"a\xEF\xBF\xBD\"}");
}

static void other_types_are_refused(void **state) {
    expect_refused(
        "KAFKA", "A ARRAY<INT>", "The 'KAFKA' format does not support type 'ARRAY', column: `A`");
    expect_refused(
        "KAFKA", "A BOOLEAN", "The 'KAFKA' format does not support type 'BOOLEAN', column: `A`");
    expect_refused("KAFKA", "A DECIMAL(4,2)",
        "The 'KAFKA' format does not support type 'DECIMAL', column: `A`");
    expect_refused("KAFKA", "A INT, B STRING",
        "The 'KAFKA' format only supports a single field. Got: [`A` INTEGER, `B` STRING]");
}

static void none_carries_no_columns(void **state) {
    fixture f = fixture_open("NONE", "");
    assert_string_equal(fixture_decode(&f, "anything"), "null");
    fixture_close(&f);
    expect_refused("NONE", "FOO INT",
        "The 'NONE' format can only be used when no columns are defined. Got: [`FOO` INTEGER]");
}

static void formats_are_found_by_name(void **state) {
    assert_string_equal(format_find(SLICE_LITERAL("kafka"))->name, "KAFKA");
    assert_null(format_find(SLICE_LITERAL("FOO")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(primitives_are_as_kafka_serializes_them),
        cmocka_unit_test(null_is_null),
        cmocka_unit_test(nothing_is_coerced),
        cmocka_unit_test(other_types_are_refused),
        cmocka_unit_test(none_carries_no_columns),
        cmocka_unit_test(formats_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
