/* The JSON format, by example. */
#include "tests/unit/executor/format_fixture.h"

#define J(columns, payload, row) expect_decoded("JSON", columns, payload, row)
#define BAD(columns, payload, complaint) expect_bad("JSON", columns, payload, complaint)

static void an_object_has_a_field_a_column(void **state) {
    J("A INT, B STRING", "{\"A\":1,\"B\":\"x\"}", "{\"A\":1,\"B\":\"x\"}");
    J("A INT, B STRING", " { \"B\" : \"x\" ,\n\t\"A\" : 1 } ", "{\"A\":1,\"B\":\"x\"}");
    J("A INT", "{}", "{\"A\":null}");
    J("A INT", "{\"A\":null}", "{\"A\":null}");
    J("A INT", "{\"OTHER\":[{\"A\":2},\"}\"],\"A\":1}", "{\"A\":1}");
    J("A INT", "\xEF\xBB\xBF{\"A\":1}", "{\"A\":1}");
}

static void null_is_no_row(void **state) {
    J("A INT", NULL, "null");
    J("A INT", "null", "null");
    J("A INT", " null ", "null");
    BAD("A INT", "", "the text ends");
}

static void names_match_exactly_first_then_in_upper_case(void **state) {
    J("A INT", "{\"a\":1}", "{\"A\":1}");
    J("A INT", "{\"a\":1,\"A\":2}", "{\"A\":2}");
    J("A INT", "{\"A\":2,\"a\":1}", "{\"A\":2}");
    J("A INT", "{\"A\":null,\"a\":1}", "{\"A\":null}");
    J("`a` INT", "{\"A\":1}", "{\"a\":null}");
    J("`a` INT, A INT", "{\"a\":1}", "{\"a\":1,\"A\":1}");
    J("`a` INT, A INT", "{\"a\":1,\"A\":2}", "{\"a\":1,\"A\":2}");
    J("\xC3\x84 INT", "{\"\xC3\xA4\":1}", "{\"\xC3\x84\":1}");
    J("AB INT", "{\"\\u0041b\":1}", "{\"AB\":1}");
}

static void the_last_of_equal_names_wins(void **state) {
    J("A INT", "{\"A\":1,\"A\":2}", "{\"A\":2}");
    J("A ARRAY<INT>", "{\"a\":[1,2],\"a\":[3]}", "{\"A\":[3]}");
    J("M MAP<STRING, INT>", "{\"M\":{\"k\":1,\"l\":2,\"k\":3}}", "{\"M\":{\"l\":2,\"k\":3}}");
}

static void integers_come_from_numbers_and_numeric_strings(void **state) {
    J("A INT", "{\"A\":-2147483648}", "{\"A\":-2147483648}");
    J("A INT", "{\"A\":\"12\"}", "{\"A\":12}");
    J("A INT", "{\"A\":12.9}", "{\"A\":12}");
    J("A INT", "{\"A\":1.2e1}", "{\"A\":12}");
    J("A BIGINT", "{\"A\":9223372036854775807}", "{\"A\":9223372036854775807}");
    J("A BIGINT", "{\"A\":\"-9223372036854775808\"}", "{\"A\":-9223372036854775808}");
    J("D DATE, T TIME, S TIMESTAMP", "{\"D\":2,\"T\":1000,\"S\":-1}",
        "{\"D\":2,\"T\":1000,\"S\":-1}");
    BAD("A INT", "{\"A\":2147483648}", "out of range");
    BAD("A BIGINT", "{\"A\":9223372036854775808}", "out of range");
    BAD("A INT", "{\"A\":\"\"}", "is not an integer");
    BAD("A INT", "{\"A\":\"1.5\"}", "is not an integer");
    BAD("A INT", "{\"A\":true}", "a boolean cannot be read as INTEGER at $.A");
    BAD("A INT", "{\"A\":[1]}", "an array cannot be read as INTEGER");
    BAD("T TIME", "{\"T\":86400001}", "out of range");
}

static void doubles_are_right_to_the_last_bit(void **state) {
    J("A DOUBLE", "{\"A\":1}", "{\"A\":1.0}");
    J("A DOUBLE", "{\"A\":-0.0}", "{\"A\":0.0}");
    J("A DOUBLE", "{\"A\":0.1}", "{\"A\":0.1}");
    J("A DOUBLE", "{\"A\":1e400}", "{\"A\":\"Infinity\"}");
    J("A DOUBLE", "{\"A\":9007199254740993}", "{\"A\":9.007199254740992E15}");
    J("A DOUBLE", "{\"A\":2.2250738585072014E-308}", "{\"A\":2.2250738585072014E-308}");
    J("A DOUBLE", "{\"A\":123456789012345678901234567890}", "{\"A\":1.2345678901234568E29}");
    J("A DOUBLE", "{\"A\":\"1.5\"}", "{\"A\":1.5}");
    J("A DOUBLE", "{\"A\":\"NaN\"}", "{\"A\":\"NaN\"}");
    BAD("A DOUBLE", "{\"A\":\"one\"}", "is not a number");
    BAD("A DOUBLE", "{\"A\":false}", "cannot be read as DOUBLE");
}

static void booleans_come_from_booleans_only(void **state) {
    J("A BOOLEAN, B BOOLEAN", "{\"A\":true,\"B\":false}", "{\"A\":true,\"B\":false}");
    BAD("A BOOLEAN", "{\"A\":\"true\"}", "a string cannot be read as BOOLEAN");
    BAD("A BOOLEAN", "{\"A\":1}", "a number cannot be read as BOOLEAN");
}

static void decimals_keep_their_digits(void **state) {
    J("A DECIMAL(4,2)", "{\"A\":1.1}", "{\"A\":1.10}");
    J("A DECIMAL(4,2)", "{\"A\":\"-12.34\"}", "{\"A\":-12.34}");
    J("A DECIMAL(4,2)", "{\"A\":1.1000}", "{\"A\":1.10}");
    J("A DECIMAL(4,2)", "{\"A\":1e1}", "{\"A\":10.00}");
    J("A DECIMAL(38,0)", "{\"A\":99999999999999999999999999999999999999}",
        "{\"A\":99999999999999999999999999999999999999}");
    BAD("A DECIMAL(4,2)", "{\"A\":1.234}", "more digits behind the point");
    BAD("A DECIMAL(4,2)", "{\"A\":100}", "more digits before the point");
    BAD("A DECIMAL(4,2)", "{\"A\":\"x\"}", "not a number");
}

static void text_takes_any_value(void **state) {
    J("A STRING", "{\"A\":12}", "{\"A\":\"12\"}");
    J("A STRING", "{\"A\":1.10}", "{\"A\":\"1.10\"}");
    J("A STRING", "{\"A\":-0.05}", "{\"A\":\"-0.05\"}");
    J("A STRING", "{\"A\":1e3}", "{\"A\":\"1E+3\"}");
    J("A STRING", "{\"A\":12.5e-9}", "{\"A\":\"1.25E-8\"}");
    J("A STRING", "{\"A\":true}", "{\"A\":\"true\"}");
    J("A STRING", "{\"A\":{\"b\":[1, 2.50], \"a\" : \"x\"}}",
        "{\"A\":\"{\\\"b\\\":[1,2.50],\\\"a\\\":\\\"x\\\"}\"}");
    J("A STRING", "{\"A\":[ \"x\" ,null,{\"k\": 1}]}", "{\"A\":\"[x, null, {\\\"k\\\":1}]\"}");
}

static void strings_may_be_escaped(void **state) {
    J("A STRING", "{\"A\":\"\"}", "{\"A\":\"\"}");
    J("A STRING", "{\"A\":\"a\\\"b\\\\c\\/d\\n\\t\\u00e9\"}",
        "{\"A\":\"a\\\"b\\\\c/d\\n\\t\xC3\xA9\"}");
    J("A STRING", "{\"A\":\"\\ud83d\\ude00 long enough for words\"}",
        "{\"A\":\"\xF0\x9F\x98\x80 long enough for words\"}");
    J("A STRING", "{\"A\":\"\\ud83d\"}", "{\"A\":\"\xEF\xBF\xBD\"}");
    J("A STRING", "{\"A\":\"\xE2\x82\xAC\"}", "{\"A\":\"\xE2\x82\xAC\"}");
    BAD("A STRING", "{\"A\":\"\xFF\"}", "not UTF-8");
    BAD("A STRING", "{\"A\":\"long enough for words \xC0\xAF\"}", "not UTF-8");
    BAD("A STRING", "{\"A\":\"a\nb\"}", "the end of a string");
    BAD("A STRING", "{\"A\":\"a\\x\"}", "an escape");
    BAD("A STRING", "{\"A\":\"a\\u12G4\"}", "hexadecimal");
    BAD("A STRING", "{\"A\":\"a", "the text ends");
}

static void bytes_are_base64(void **state) {
    J("A BYTES", "{\"A\":\"YWJj\"}", "{\"A\":\"YWJj\"}");
    J("A BYTES", "{\"A\":\"YQ==\"}", "{\"A\":\"YQ==\"}");
    J("A BYTES", "{\"A\":\"\"}", "{\"A\":\"\"}");
    BAD("A BYTES", "{\"A\":\"Y\"}", "not base64");
    BAD("A BYTES", "{\"A\":\"Y*Jj\"}", "not base64");
    BAD("A BYTES", "{\"A\":1}", "cannot be read as BYTES");
}

static void values_nest(void **state) {
    J("A ARRAY<INT>", "{\"A\":[1,null,\"3\"]}", "{\"A\":[1,null,3]}");
    J("A ARRAY<ARRAY<STRING>>", "{\"A\":[[],null,[\"x\",1]]}", "{\"A\":[[],null,[\"x\",\"1\"]]}");
    J("A MAP<STRING, DOUBLE>", "{\"A\":{\"k\":1,\"l\":null}}", "{\"A\":{\"k\":1.0,\"l\":null}}");
    J("A STRUCT<X INT, Y STRUCT<Z STRING>>", "{\"A\":{\"y\":{\"z\":\"q\"},\"u\":{}}}",
        "{\"A\":{\"X\":null,\"Y\":{\"Z\":\"q\"}}}");
    J("A ARRAY<STRUCT<X INT>>", "{\"A\":[{\"X\":1},{},null,{\"x\":2}]}",
        "{\"A\":[{\"X\":1},{\"X\":null},null,{\"X\":2}]}");
    BAD("A ARRAY<INT>", "{\"A\":{}}", "an object cannot be read as ARRAY<INTEGER>");
    BAD("A ARRAY<INT>", "{\"A\":[1,2,\"x\"]}", "at $.A[2]");
    BAD("A STRUCT<X ARRAY<ARRAY<INT>>>", "{\"A\":{\"X\":[[1],[2,{}]]}}", "at $.A.X[1][1]");
    BAD("A MAP<STRING, INT>", "{\"A\":{\"k\":[]}}", "at $.A.k");
    BAD("A MAP<STRING, INT>", "{\"A\":[]}", "an array cannot be read as MAP");
    BAD("A STRUCT<X INT>", "{\"A\":7}", "a number cannot be read as STRUCT");
}

static void what_is_not_json_is_bad(void **state) {
    BAD("A INT", "[1]", "an object");
    BAD("A INT", "12", "an object");
    BAD("A INT", "{\"A\":1", "the text ends");
    BAD("A INT", "{\"A\":1,}", "a field name");
    BAD("A INT", "{\"A\" 1}", "':'");
    BAD("A INT", "{\"A\":1 \"B\":2}", "',' or '}'");
    BAD("A INT", "{\"A\":01}", "leading zeros");
    BAD("A INT", "{\"A\":+1}", "'+' where a value");
    BAD("A INT", "{\"A\":.5}", "'.' where a value");
    BAD("A DOUBLE", "{\"A\":5.}", "a digit");
    BAD("A DOUBLE", "{\"A\":1e}", "a digit");
    BAD("A DOUBLE", "{\"A\":-}", "a digit");
    BAD("A INT", "{\"A\":nul}", "a value");
    BAD("A INT", "{\"B\":tru}", "a value");
    BAD("A INT", "{\"B\":[1,2}}", "',' or ']'");
    BAD("A INT", "{'A':1}", "a field name");
}

static void nesting_has_a_limit(void **state) {
    char text[2048];
    size_t length = (size_t)snprintf(text, sizeof text, "{\"B\":");
    memset(text + length, '[', 1000);
    text[length + 1000] = 0;
    BAD("A INT", text, "nested more than 500 deep");
}

static void a_single_column_may_be_unwrapped(void **state) {
    static const struct {
        const char *columns, *payload, *row;
    } examples[] = {
        {"A INT", "10", "{\"A\":10}"},
        {"A INT", "null", "null"},
        {"A INT", "10x", "bad: 'x' where the end should be at $ (byte 2)"},
        {"A STRING", "\"x\"", "{\"A\":\"x\"}"},
        {"A STRING", "{\"b\":1}", "{\"A\":\"{\\\"b\\\":1}\"}"},
        {"A ARRAY<STRING>", "[1,2]", "{\"A\":[\"1\",\"2\"]}"},
        {"A STRUCT<F DOUBLE>", "{\"f\":1}", "{\"A\":{\"F\":1.0}}"},
        {"A MAP<STRING, INT>", "{\"f\":1}", "{\"A\":{\"f\":1}}"},
        {"A DECIMAL(4,2)", "10.10", "{\"A\":10.10}"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        fixture f = fixture_unwrapped("JSON", examples[i].columns);
        assert_string_equal(fixture_decode(&f, examples[i].payload), examples[i].row);
        fixture_close(&f);
    }
}

static void rows_are_encoded_as_declared(void **state) {
    expect_encoded("JSON", "A INT, `b` STRING", "{\"A\":1,\"b\":null}", "1", "null");
    expect_encoded("JSON", "A DOUBLE, B DOUBLE, C DOUBLE", "{\"A\":1.0,\"B\":1.0E10,\"C\":\"NaN\"}",
        "1", "1e10", "\"NaN\"");
    expect_encoded("JSON", "A DECIMAL(6,4)", "{\"A\":12.3650}", "12.365");
    expect_encoded("JSON", "A BYTES, B BOOLEAN", "{\"A\":\"YQ==\",\"B\":true}", "\"YQ==\"", "true");
    expect_encoded("JSON", "A STRING", "{\"A\":\"q\\\"\\\\\\n\\u0001\xC3\xA9\"}",
        "\"q\\\"\\\\\\n\\u0001\\u00e9\"");
    expect_encoded("JSON", "A MAP<STRING, ARRAY<INT>>, S STRUCT<X DATE>",
        "{\"A\":{\"k\":[1,null]},\"S\":{\"X\":3}}", "{\"k\":[1,null]}", "{\"X\":3}");
}

static void an_unwrapped_null_has_no_payload(void **state) {
    fixture f = fixture_unwrapped("JSON", "A INT");
    assert_string_equal(fixture_encode(&f, "null"), "null");
    assert_string_equal(fixture_encode(&f, "7"), "7");
    fixture_close(&f);
}

static void maps_need_string_keys(void **state) {
    expect_refused("JSON", "A STRUCT<F MAP<INT, DOUBLE>>",
        "JSON only supports MAP types with STRING keys, column: `A`");
    fixture f = fixture_unwrapped("JSON", "A INT, B INT");
    f.schema.columns = f.columns;
    error e = {0};
    assert_false(f.format->validate(&f.schema, &f.options, &e));
    fixture_close(&f);
}

/* Only the columns that are asked for are filled, and a bad record hurts no other. */
static void a_batch_reads_the_wanted_columns(void **state) {
    fixture f = fixture_open("JSON", "A INT, B STRING, C ARRAY<INT>");
    f.schema.columns = f.columns;
    column *columns[3];
    fixture_columns(&f, columns);
    column *unwanted = columns[1];
    columns[1] = NULL;
    const bool wanted[3] = {true, false, true};
    error e = {0};
    format_decoder *d = f.format->open_decoder(&f.schema, NULL, wanted, &e);
    const slice payloads[] = {SLICE_LITERAL("{\"A\":1,\"B\":{},\"C\":[1]}"), {NULL, 0},
        SLICE_LITERAL("{\"A\":2,\"C\":[1,\"x\"]}"), SLICE_LITERAL("{\"x\":1,\"c\":[2,3],\"A\":4}"),
        SLICE_LITERAL("{\"A\":5,\"B\":\"b\",\"C\":null}")};
    uint8_t status[5];
    f.format->decode(d, payloads, 5, columns, status, NULL);
    const uint8_t expected[5] = {FORMAT_OK, FORMAT_NULL, FORMAT_BAD, FORMAT_OK, FORMAT_OK};
    assert_memory_equal(status, expected, 5);
    buffer out = {0};
    for (int row = 0; row < 5; row++)
        for (int i = 0; i < 3; i += 2) {
            json_append_value(&out, columns[i], row);
            buffer_append_byte(&out, ' ');
        }
    assert_true(slice_is(buffer_slice(&out), "1 [1] null null null null 4 [2,3] 5 null "));
    assert_int_equal(unwanted->length, 0);
    buffer_free(&out);
    f.format->close_decoder(d);
    columns[1] = unwanted;
    fixture_drop(&f, columns);
    fixture_close(&f);
}

static void single_values_are_read_whole(void **state) {
    column *c = column_create(&SQL_TYPE_INTEGER);
    error e = {0};
    assert_true(json_read_value(SLICE_LITERAL(" 7 "), c, &e));
    assert_false(json_read_value(SLICE_LITERAL("7 8"), c, &e));
    assert_int_equal(c->length, 2);
    assert_true(column_is_null(c, 1));
    column_destroy(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_has_a_field_a_column),
        cmocka_unit_test(null_is_no_row),
        cmocka_unit_test(names_match_exactly_first_then_in_upper_case),
        cmocka_unit_test(the_last_of_equal_names_wins),
        cmocka_unit_test(integers_come_from_numbers_and_numeric_strings),
        cmocka_unit_test(doubles_are_right_to_the_last_bit),
        cmocka_unit_test(booleans_come_from_booleans_only),
        cmocka_unit_test(decimals_keep_their_digits),
        cmocka_unit_test(text_takes_any_value),
        cmocka_unit_test(strings_may_be_escaped),
        cmocka_unit_test(bytes_are_base64),
        cmocka_unit_test(values_nest),
        cmocka_unit_test(what_is_not_json_is_bad),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(a_single_column_may_be_unwrapped),
        cmocka_unit_test(rows_are_encoded_as_declared),
        cmocka_unit_test(an_unwrapped_null_has_no_payload),
        cmocka_unit_test(maps_need_string_keys),
        cmocka_unit_test(a_batch_reads_the_wanted_columns),
        cmocka_unit_test(single_values_are_read_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
