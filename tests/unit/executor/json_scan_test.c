/* The ends of strings and of numbers are found wherever they are: at every distance from the
 * beginning and the end of the text, so at every border of the blocks that are looked at at once.
 * Texts are blocks of memory of exactly their size: ASan sees a byte read beside them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "executor/format/json_reader.h"
#include "executor/format/json_scan.h"

enum { LONGEST = 70 };

/* What json_scan is to find, a byte at a time. */
static const char *find_plainly(const char *at, const char *end, bool *beyond_ascii) {
    while (at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\')
        *beyond_ascii |= (unsigned char)*at++ >= 0x80;
    return at;
}

static void expect_scan(const char *text, size_t length) {
    for (size_t from = 0; from <= length; from++) {
        uint32_t beyond = 0;
        bool expected_beyond = false;
        const char *expected = find_plainly(text + from, text + length, &expected_beyond);
        assert_ptr_equal(json_scan(text, text + from, text + length, &beyond), expected);
        assert_int_equal(beyond != 0, expected_beyond);
    }
}

static void a_run_of_text_ends_at_the_first_special_byte(void **state) {
    static const unsigned char bytes[] = {
        '"', '\\', 0, 0x1F, '\n', ' ', '!', '#', '[', ']', 0x7F, 0x80, 0xA2, 0xDC, 0xFF};
    for (size_t length = 0; length <= LONGEST; length++) {
        char *text = memory_allocate(length);
        for (size_t place = 0; place < length; place++)
            for (size_t i = 0; i < sizeof bytes; i++) {
                memset(text, 'a', length);
                text[place] = (char)bytes[i];
                expect_scan(text, length);
            }
        memory_free(text);
    }
}

static void of_two_special_bytes_the_first_counts(void **state) {
    for (size_t length = 2; length <= 2 * JSON_STEP + 3; length++) {
        char *text = memory_allocate(length);
        for (size_t first = 0; first + 1 < length; first++)
            for (size_t second = first + 1; second < length; second++) {
                memset(text, 'a', length);
                text[first] = '"';
                text[second] = (char)0xC3; /* behind the end: not of the string */
                expect_scan(text, length);
                text[first] = (char)0xC3;
                text[second] = '\\';
                expect_scan(text, length);
            }
        memory_free(text);
    }
}

static void every_byte_is_told_apart(void **state) {
    char text[3 * JSON_STEP];
    for (int byte = 0; byte < 256; byte++)
        for (int neighbour = 0; neighbour < 256; neighbour++) {
            memset(text, 'a', sizeof text);
            text[JSON_STEP] = (char)byte;
            text[JSON_STEP + 1] = (char)neighbour;
            uint32_t beyond = 0;
            bool expected_beyond = false;
            const char *end = text + sizeof text;
            assert_ptr_equal(
                json_scan(text, text, end, &beyond), find_plainly(text, end, &expected_beyond));
            assert_int_equal(beyond != 0, expected_beyond);
        }
}

static void digits_are_counted_up_to_any_other_byte(void **state) {
    for (int digits = 0; digits <= 8; digits++)
        for (int other = 0; other < 256; other++) {
            char text[8];
            if (other >= '0' && other <= '9')
                continue;
            memcpy(text, "98765432", 8);
            memset(text + digits, other, (size_t)(8 - digits));
            uint64_t word = json_word(text, text, text + 8);
            assert_int_equal(json_count_digits(word), digits);
            uint64_t expected = 0;
            for (int i = 0; i < digits; i++)
                expected = expected * 10 + (uint64_t)(text[i] - '0');
            if (digits)
                assert_int_equal(json_digits_value(word, digits), expected);
        }
}

static void a_word_ends_with_the_text(void **state) {
    for (size_t length = 0; length <= 20; length++) {
        char *text = memory_allocate(length);
        memset(text, '7', length);
        for (size_t from = 0; from <= length; from++) {
            int expected = length - from < 8 ? (int)(length - from) : 8;
            assert_int_equal(
                json_count_digits(json_word(text, text + from, text + length)), expected);
        }
        memory_free(text);
    }
}

/* ---- whole values at the borders ---- */

static column *read_one(const sql_type *type, const char *json, size_t length, bool *fine) {
    char *text = memory_allocate(length);
    memcpy(text, json, length);
    json_reader r = {0};
    column *to = column_create(type);
    json_reader_start(&r, slice_make(text, length));
    *fine = json_read(&r, NULL, to) && json_read_end(&r);
    assert_int_equal(to->length, 1);
    json_reader_finish(&r);
    memory_free(text);
    return to;
}

static void integers_of_any_length_anywhere(void **state) {
    static const char digits[] = "1029384756473829106";
    for (int count = 1; count <= 19; count++)
        for (int sign = 0; sign < 2; sign++)
            for (int behind = 0; behind < 10; behind++) {
                char json[64];
                bool fine;
                int length = snprintf(
                    json, sizeof json, "%s%.*s%*s", sign ? "-" : "", count, digits, behind, "");
                column *to = read_one(&SQL_TYPE_BIGINT, json, (size_t)length, &fine);
                assert_true(fine);
                assert_int_equal(to->int64s[0], strtoll(json, NULL, 10));
                column_destroy(to);
            }
}

static void doubles_of_any_length_anywhere(void **state) {
    static const char digits[] = "30405060708090102030405";
    for (int whole = 1; whole <= 20; whole++)
        for (int fraction = 1; fraction <= 20; fraction++) {
            char json[64];
            bool fine;
            int length =
                snprintf(json, sizeof json, "%.*s.%.*s", whole, digits, fraction, digits + 1);
            column *to = read_one(&SQL_TYPE_DOUBLE, json, (size_t)length, &fine);
            assert_true(fine);
            assert_true(to->doubles[0] == strtod(json, NULL));
            column_destroy(to);
        }
}

static void numbers_that_are_none(void **state) {
    static const char *const bad[] = {"-", "01", "-01", "00000000", "012345678", "1x", "12345678x",
        "1.", "12345678.", "1e", "1e+", ".5", "+1", "123456789012345678x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool fine;
        column *to = read_one(&SQL_TYPE_BIGINT, bad[i], strlen(bad[i]), &fine);
        assert_false(fine);
        column_destroy(to);
    }
}

/* Reads {"skipped":"...","a":1} whose string has an escape, a quote's end or a bad byte anywhere.
 */
static void skipped_strings_of_any_length(void **state) {
    for (int length = 0; length <= LONGEST; length++)
        for (int place = 0; place < length; place++) {
            char json[2 * LONGEST], *text;
            memset(json, 'x', sizeof json);
            int size = snprintf(json, sizeof json, "\"%0*d\" ", length, 0);
            json[1 + place] = '\\';
            json[2 + place] = '"'; /* escaped, unless the backslash stands last: then the end is */
            text = memory_allocate((size_t)size);
            memcpy(text, json, (size_t)size);
            json_reader r = {0};
            json_reader_start(&r, slice_make(text, (size_t)size));
            assert_int_equal(json_skip_value(&r), place + 1 < length);
            if (place + 1 < length)
                assert_int_equal(r.at - r.start, length + 2);
            memory_free(text);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_of_text_ends_at_the_first_special_byte),
        cmocka_unit_test(of_two_special_bytes_the_first_counts),
        cmocka_unit_test(every_byte_is_told_apart),
        cmocka_unit_test(digits_are_counted_up_to_any_other_byte),
        cmocka_unit_test(a_word_ends_with_the_text),
        cmocka_unit_test(integers_of_any_length_anywhere),
        cmocka_unit_test(doubles_of_any_length_anywhere),
        cmocka_unit_test(numbers_that_are_none),
        cmocka_unit_test(skipped_strings_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
