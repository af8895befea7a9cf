/* Durations of Flink's options: every unit, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/flink_duration.h"

static int64_t ms(const char *text) {
    return flink_duration_ms(slice_of(text));
}

static void every_unit_is_read(void **unused) {
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {{"1 d", 86400000}, {"2 day", 172800000}, {"2days", 172800000}, {"3 h", 10800000},
        {"1 hour", 3600000}, {"2 hours", 7200000}, {"4 m", 240000}, {"4 min", 240000},
        {"4 mins", 240000}, {"1 minute", 60000}, {"2 minutes", 120000}, {"5 s", 5000},
        {"5 sec", 5000}, {"5 secs", 5000}, {"1 second", 1000}, {"2 Seconds", 2000}, {"6 ms", 6},
        {"6 milli", 6}, {"6 millis", 6}, {"1 millisecond", 1}, {"6 MILLISECONDS", 6},
        {"7000 us", 7}, {"7000 \u00b5s", 7}, {"7000 micro", 7}, {"7000 micros", 7},
        {"7000 microseconds", 7}, {"8000000 ns", 8}, {"8000000 nano", 8}, {"8000000 nanos", 8},
        {"8000000 nanosecond", 8}, {"9", 9}, {"  10   s  ", 10000}, {"0", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(ms(cases[i].text), cases[i].ms);
}

/* So a time that is not zero never becomes one that means for ever. */
static void a_part_of_a_millisecond_counts_as_one(void **unused) {
    assert_int_equal(ms("1 ns"), 1);
    assert_int_equal(ms("1001 us"), 2);
    assert_int_equal(ms("9223372036854775807 ns"), 9223372036855);
}

static void what_is_no_duration_is_refused(void **unused) {
    static const char *const wrong[] = {"", "s", "-1 s", "1.5 s", "1 fortnight", "1 ss", "1 hs",
        "1 s 2 ms", "9223372036854775807 d", "9223372036854775808", "1 dayss"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(ms(wrong[i]), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_unit_is_read),
        cmocka_unit_test(a_part_of_a_millisecond_counts_as_one),
        cmocka_unit_test(what_is_no_duration_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
