/* The DELIMITED format, by example. */
#include "tests/unit/executor/format_fixture.h"

#define D(columns, payload, row) expect_decoded("DELIMITED", columns, payload, row)
#define BAD(columns, payload, complaint) expect_bad("DELIMITED", columns, payload, complaint)
#define WRITES(columns, payload, ...) expect_encoded("DELIMITED", columns, payload, __VA_ARGS__)

static void a_line_has_a_field_a_column(void **state) {
    D("A INT, B STRING", "1,x", "{\"A\":1,\"B\":\"x\"}");
    D("A INT, B STRING", "1,x\r\n", "{\"A\":1,\"B\":\"x\"}");
    D("A INT, B STRING", "\n1,x\nignored", "{\"A\":1,\"B\":\"x\"}");
    D("A BIGINT, B DOUBLE, C BOOLEAN", "-1,1e3,TRUE", "{\"A\":-1,\"B\":1000.0,\"C\":true}");
    D("A DECIMAL(4,2), B BYTES", "10.1,YWJj", "{\"A\":10.10,\"B\":\"YWJj\"}");
    D("A DATE, B TIME, C TIMESTAMP", "1,2,3", "{\"A\":1,\"B\":2,\"C\":3}");
    D("A INT", NULL, "null");
}

static void empty_fields_are_null(void **state) {
    D("A INT, B STRING, C INT", ",,3", "{\"A\":null,\"B\":null,\"C\":3}");
    D("A INT, B STRING", "1,", "{\"A\":1,\"B\":null}");
    D("A INT, B STRING", "1,\"\"", "{\"A\":1,\"B\":null}");
    BAD("A INT", "", "no fields");
    BAD("A INT", "\n", "no fields");
}

static void quotes_protect(void **state) {
    D("A STRING, B STRING", "\"a,b\",\"c\"\"d\"", "{\"A\":\"a,b\",\"B\":\"c\\\"d\"}");
    D("A STRING", "\"two\nlines\"", "{\"A\":\"two\\nlines\"}");
    D("A INT", "\"22\"", "{\"A\":22}");
    D("A STRING, B INT", "\"a\" ,1", "{\"A\":\"a\",\"B\":1}");
    D("A STRING, B STRING", "a\"b, \"c\"", "{\"A\":\"a\\\"b\",\"B\":\" \\\"c\\\"\"}");
    BAD("A STRING", "\"a", "no closing quote");
    BAD("A STRING", "\"a\"b", "'b' between a quoted field and the next delimiter");
}

static void what_does_not_fit_is_bad(void **state) {
    BAD("A INT, B INT", "1", "the record has 1 fields where the schema has 2 columns");
    BAD("A INT", "1,2", "the record has 2 fields where the schema has 1 columns");
    BAD("A INT", "x", "'x' cannot be read as INTEGER");
    BAD("A INT", "3000000000", "cannot be read as INTEGER");
    BAD("A INT", " 1", "cannot be read as INTEGER");
    BAD("A DOUBLE", "1,5", "2 fields");
    BAD("A DECIMAL(4,2)", "1.234", "cannot be read as DECIMAL(4, 2)");
    BAD("A BYTES", "*", "cannot be read as BYTES");
    BAD("A TIME", "-1", "cannot be read as TIME");
}

static void rows_are_written_with_few_quotes(void **state) {
    WRITES("A INT, B STRING", "1,x y", "1", "\"x y\"");
    WRITES("A INT, B INT", ",5", "null", "5");
    WRITES("A STRING, B STRING", "\"\",", "\"\"", "\"\"");
    WRITES("A STRING, B STRING", "\"a,b\",\"c\"\"d\"", "\"a,b\"", "\"c\\\"d\"");
    WRITES("A STRING, B STRING", "a,\"!b\"", "\"a\"", "\"!b\"");
    WRITES("A STRING, B STRING", "a,\"b \"", "\"a\"", "\"b \"");
    WRITES("A INT, B INT", "\"-1\",-1", "-1", "-1");
    WRITES("A STRING, B STRING", "\"\xC3\xA9\",\xC3\xA9", "\"\xC3\xA9\"", "\"\xC3\xA9\"");
    WRITES("A DOUBLE, B DECIMAL(6,4), C BYTES", "1.0E10,1.0000,YQ==", "1e10", "1", "\"YQ==\"");
    WRITES("A INT", "null", "null");
}

static void the_delimiter_is_chosen(void **state) {
    fixture f = fixture_open("DELIMITED", "A STRING, B STRING");
    f.options.delimiter = '\t';
    assert_string_equal(fixture_decode(&f, "x,y\tz"), "{\"A\":\"x,y\",\"B\":\"z\"}");
    assert_string_equal(fixture_encode(&f, "\"x,y\"", "\"a\\tb\""), "x,y\t\"a\tb\"");
    f.options.delimiter = ' ';
    assert_string_equal(fixture_decode(&f, "x y"), "{\"A\":\"x\",\"B\":\"y\"}");
    fixture_close(&f);
}

static void nested_columns_are_refused(void **state) {
    expect_refused("DELIMITED", "A INT, B ARRAY<INT>",
        "The 'DELIMITED' format does not support type 'ARRAY', column: `B`");
    expect_refused("DELIMITED", "A STRUCT<X INT>",
        "The 'DELIMITED' format does not support type 'STRUCT', column: `A`");
    expect_refused("DELIMITED", "A MAP<STRING, INT>",
        "The 'DELIMITED' format does not support type 'MAP', column: `A`");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_a_field_a_column),
        cmocka_unit_test(empty_fields_are_null),
        cmocka_unit_test(quotes_protect),
        cmocka_unit_test(what_does_not_fit_is_bad),
        cmocka_unit_test(rows_are_written_with_few_quotes),
        cmocka_unit_test(the_delimiter_is_chosen),
        cmocka_unit_test(nested_columns_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
