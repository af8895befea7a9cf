/* Dates, times and timestamps by patterns. What is expected was compared with Java's
 * DateTimeFormatter and SimpleDateFormat. */
#include "expression_support.h"

static void patterns(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"FORMAT_DATE(FROM_DAYS(-1), 'dd-MM-yyyy''Sophia''')", "\"31-12-1969Sophia\""},
        {"FORMAT_DATE(FROM_DAYS(0), 'EEE EEEE MMMM d, yy G Q D')",
            "\"Thu Thursday January 1, 70 AD 1 1\""},
        {"FORMAT_DATE(FROM_DAYS(0), 'HH')", "null"},
        {"FORMAT_TIME(CAST('00:01:05' AS TIME), 'HH_mm_ss_SSS')", "\"00_01_05_000\""},
        {"FORMAT_TIME(CAST('13:01' AS TIME), 'hh:mm a')", "\"01:01 PM\""},
        {"FORMAT_TIMESTAMP(FROM_UNIXTIME(1526075913123), 'yyyy-MM-dd''T''HH:mm:ss.SSSSSSX')",
            "\"2018-05-11T21:58:33.123000Z\""},
        {"FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'XXX xx VV O', 'Asia/Kolkata')",
            "\"+05:30 +0530 Asia/Kolkata GMT+5:30\""},
        {"TIMESTAMPTOSTRING(1526075913000, 'yyyy-MM-dd HH:mm:ss zzz', 'Europe/London')",
            "\"2018-05-11 22:58:33 BST\""},
        {"PARSE_DATE('2018-05-11Lit', 'yyyy-MM-dd''Lit''')", "\"2018-05-11\""},
        {"PARSE_DATE('20180511', 'yyyyMMdd')", "\"2018-05-11\""},
        {"PARSE_DATE('1-jan-2022', 'd-MMM-yyyy')", "\"2022-01-01\""},
        {"PARSE_DATE('2004', 'yyyy')", "\"2004-01-01\""},
        {"PARSE_DATE('2004', 'yyyy-MM-dd')", "null"},
        {"PARSE_DATE('2021-06-31', 'yyyy-MM-dd')", "\"2021-07-01\""},
        {"PARSE_DATE('2021-13-01-01', 'yyyy-MM-dd')", "\"2022-01-01\""},
        {"STRINGTODATE('2021-13-01', 'yyyy-MM-dd')", "null"},
        {"STRINGTODATE('2021-06-31', 'yyyy-MM-dd')", "18808"},
        {"PARSE_TIMESTAMP('99', 'yy')", "\"2099-01-01T00:00:00.000\""},
        {"PARSE_DATE('2020-060', 'yyyy-DDD')", "\"2020-02-29\""},
        {"PARSE_TIME('01:30 pm', 'hh:mm a')", "\"13:30\""},
        {"PARSE_TIME('235960', 'HHmmss')", "null"},
        {"STRINGTOTIMESTAMP('2020-05-11T21:58:33z', 'yyyy-MM-dd''T''HH:mm:ssX')", "1589234313000"},
        {"PARSE_TIMESTAMP('2020-05-11 21:58:33.1234567', 'yyyy-MM-dd HH:mm:ss.SSSSSSS')",
            "\"2020-05-11T21:58:33.123\""},
        {"PARSE_TIMESTAMP('2020-05-11 21:58', 'yyyy-MM-dd HH:mm', 'America/New_York')",
            "\"2020-05-12T01:58:00.000\""},
        {"PARSE_TIMESTAMP('2020-05-11 21:58 +02:00', 'yyyy-MM-dd HH:mm XXX')",
            "\"2020-05-11T19:58:00.000\""},
        {"PARSE_TIMESTAMP('2020-05-11 21:58 PDT', 'yyyy-MM-dd HH:mm zzz')",
            "\"2020-05-12T04:58:00.000\""},
        {"PARSE_TIMESTAMP('2020-05-11 21:58 Europe/Paris', 'yyyy-MM-dd HH:mm VV')",
            "\"2020-05-11T19:58:00.000\""},
        {"PARSE_TIMESTAMP('2020-05-11', 'yyyy-MM-dd[ HH:mm]')", "\"2020-05-11T00:00:00.000\""},
        {"PARSE_TIMESTAMP('2020-03-29 02:30', 'yyyy-MM-dd HH:mm', 'Europe/Paris')",
            "\"2020-03-29T01:30:00.000\""});
    assert_string_equal(world_run(&w, "PARSE_DATE('x', 'yyyy-bb')"), "null");
    assert_string_equal(world_log_text(&w),
        "0: PARSE_DATE: The pattern 'yyyy-bb' is malformed: 2 of the letter b mean nothing");
    assert_string_equal(world_run(&w, "PARSE_DATE('x', 'yyyy')"), "null");
    assert_string_equal(
        world_log_text(&w), "0: PARSE_DATE: 'x' does not follow the pattern 'yyyy'");
    /* A failed call is a null to the functions around it. */
    assert_string_equal(
        world_run(&w, "COALESCE(PARSE_DATE('2012', 'yyyy-MM-dd'), PARSE_DATE('2012', 'yyyy'))"),
        "\"2012-01-01\"");
    world_close(&w);
}

/* Every letter, at one moment: Tuesday, 2020-12-29 13:05:06.007 in Paris. */
static void letters(void **state) {
    static const char *const cases[][2] = {{"y yy yyy yyyy yyyyy", "2020 20 2020 2020 02020"},
        {"u uu uuuu", "2020 20 2020"}, {"G GGGG GGGGG", "AD Anno Domini A"},
        {"YYYY ww w W", "2021 01 1 5"}, {"Q QQ QQQ QQQQ QQQQQ", "4 04 Q4 4th quarter 4"},
        {"q qqq qqqq", "4 Q4 4th quarter"}, {"M MM MMM MMMM MMMMM", "12 12 Dec December D"},
        {"L LLL LLLL LLLLL", "12 Dec December D"}, {"d dd D DDD F g", "29 29 364 364 1 59212"},
        {"E EEEE EEEEE", "Tue Tuesday T"}, {"e ee eee eeee c ccc", "3 03 Tue Tuesday 3 Tue"},
        {"a B", "PM in the afternoon"}, {"H HH k kk", "13 13 13 13"}, {"h hh K KK", "1 01 1 01"},
        {"m mm s ss", "5 05 6 06"}, {"S SSS SSSSSSSSS", "0 007 007000000"},
        {"n A N", "7000000 47106007 47106007000000"}, {"VV z v", "Europe/Paris CET CET"},
        {"O OOOO", "GMT+1 GMT+01:00"}, {"X XX XXX XXXX XXXXX", "+01 +0100 +01:00 +0100 +01:00"},
        {"x xx xxx", "+01 +0100 +01:00"}, {"Z ZZZ ZZZZ ZZZZZ", "+0100 +0100 GMT+01:00 +01:00"},
        {"ppppd/ppH", "  29/13"}, {"''''yyyy''T''''''HH''''", "'2020T'13'"},
        {"yyyy[-MM[-dd]]", "2020-12-29"}};
    expression_world w;
    world_open(&w);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        slice sql = arena_format(w.arena,
            "FORMAT_TIMESTAMP(FROM_UNIXTIME(1609243506007), '%s', 'Europe/Paris')", cases[i][0]);
        slice expected = arena_format(w.arena, "\"%s\"", cases[i][1]);
        const char *result = world_run(&w, sql.data);
        if (strcmp(result, expected.data) != 0)
            fail_msg("%s gave %s, expected %s", cases[i][0], result, expected.data);
    }
    EXPECT(&w, {"FORMAT_DATE(FROM_DAYS(-800000), 'yyyy uuuu G')", "\"0222 -0221 BC\""},
        {"FORMAT_DATE(FROM_DAYS(4000000), 'yyyy y yyyyy')", "\"+12921 12921 12921\""},
        {"FORMAT_DATE(FROM_DAYS(0), 'yyyy[ HH:mm]')", "\"1970\""},
        {"FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'zzz VV XXX')", "\"GMT GMT Z\""},
        {"TIMESTAMPTOSTRING(0, 'zzz VV XXX')", "\"UTC UTC Z\""},
        {"FORMAT_TIMESTAMP(FROM_UNIXTIME(-5141227641513), 'z XXXXX', 'Europe/Paris')",
            "\"CET +00:09:21\""});
    world_close(&w);
}

static void malformed_patterns(void **state) {
    static const char *const cases[][2] = {{"b", "1 of the letter b mean nothing"},
        {"cc", "2 of the letter c mean nothing"}, {"aa", "2 of the letter a mean nothing"},
        {"SSSSSSSSSS", "10 of the letter S mean nothing"}, {"V", "1 of the letter V mean nothing"},
        {"yyyy]", "a ] has no ["}, {"''T", "a quote is not closed"},
        {"{", "{ is reserved: write '{'"}, {"pp-", "the padding p is before nothing to pad"}};
    expression_world w;
    world_open(&w);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        slice sql = arena_format(w.arena, "FORMAT_DATE(FROM_DAYS(0), '%s')", cases[i][0]);
        assert_string_equal(world_run(&w, sql.data), "null");
        if (!strstr(world_log_text(&w), cases[i][1]))
            fail_msg("%s gave %s, expected %s", cases[i][0], world_log_text(&w), cases[i][1]);
    }
    assert_string_equal(world_run(&w, "FORMAT_DATE(FROM_DAYS(0), 'yyyy HH')"), "null");
    assert_string_equal(world_log_text(&w), "0: FORMAT_DATE: The pattern 'yyyy HH' does not suit: "
                                            "H asks for a time, and there is none");
    world_close(&w);
}

/* Fields that are not there are those of 1970-01-01T00:00; those that are there must agree. */
static void resolving(void **state) {
    static const char *const cases[][3] = {{"2020-02-31", "yyyy-MM-dd", "2020-02-29T00:00:00.000"},
        {"2020-04-32", "yyyy-MM-dd", NULL}, {"2020-13-01", "yyyy-MM-dd", NULL},
        {"0000-01-01", "yyyy-MM-dd", NULL}, {"0000-01-01", "uuuu-MM-dd", "0000-01-01T00:00:00.000"},
        {"5 BC", "y G", "-0004-01-01T00:00:00.000"}, {"2020", "yyyy", "2020-01-01T00:00:00.000"},
        {"02-30", "MM-dd", "1970-02-28T00:00:00.000"}, {"366", "DDD", NULL},
        {"2020 366", "yyyy DDD", "2020-12-31T00:00:00.000"}, {"2021 366", "yyyy DDD", NULL},
        {"2021-01-3", "YYYY-ww-e", "2020-12-29T00:00:00.000"},
        {"2020-11-05", "YYYY-MM-dd", "1970-11-05T00:00:00.000"},
        {"Mon 2020-05-11", "EEE yyyy-MM-dd", "2020-05-11T00:00:00.000"},
        {"Tue 2020-05-11", "EEE yyyy-MM-dd", NULL}, {"Mon", "EEE", "1969-12-29T00:00:00.000"},
        {"Q3 2020-05-11", "QQQ yyyy-MM-dd", NULL},
        {"2020-05-11 24:00", "yyyy-MM-dd HH:mm", "2020-05-12T00:00:00.000"},
        {"2020-05-11 24:01", "yyyy-MM-dd HH:mm", NULL}, {"12 AM", "h a", "1970-01-01T00:00:00.000"},
        {"12 PM", "h a", "1970-01-01T12:00:00.000"}, {"13 PM", "h a", NULL},
        {"13:00 AM", "HH:mm a", NULL}, {"24", "kk", "1970-01-01T00:00:00.000"},
        {"86399999", "A", "1970-01-01T23:59:59.999"}, {"59212", "g", "2020-12-29T00:00:00.000"},
        {"+12021-01-01", "yyyy-MM-dd", "+12021-01-01T00:00:00.000"},
        {"12021-01-01", "yyyy-MM-dd", NULL}, {"2020 2021", "yyyy yyyy", NULL},
        {"   7", "ppppd", "1970-01-07T00:00:00.000"}, {"2020-01-01x", "yyyy-MM-dd", NULL},
        {"2020-01-01 +01:30", "yyyy-MM-dd xxx", "2019-12-31T22:30:00.000"},
        {"2020-01-01 GMT+2", "yyyy-MM-dd O", "2019-12-31T22:00:00.000"}};
    expression_world w;
    world_open(&w);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const *c = cases[i];
        slice sql = arena_format(w.arena, "PARSE_TIMESTAMP('%s', '%s')", c[0], c[1]);
        slice expected = c[2] ? arena_format(w.arena, "\"%s\"", c[2]) : SLICE_LITERAL("null");
        const char *result = world_run(&w, sql.data);
        if (strcmp(result, expected.data) != 0)
            fail_msg("%s by %s gave %s, expected %s", c[0], c[1], result, expected.data);
    }
    world_close(&w);
}

/* PARSE_DATE takes a date only, PARSE_TIME a time only, STRINGTODATE a whole date. */
static void whole_dates_and_times(void **state) {
    expression_world w;
    world_open(&w);
    EXPECT(&w, {"PARSE_DATE('2020-01-05 00:00', 'yyyy-MM-dd HH:mm')", "\"2020-01-05\""},
        {"PARSE_DATE('2020-01-05 10:00', 'yyyy-MM-dd HH:mm')", "null"},
        {"PARSE_DATE('5  3 2020 and more', 'd M yyyy')", "\"2020-03-05\""},
        {"PARSE_DATE('2020-01-05', 'YYYY-MM-dd')", "\"2019-12-29\""},
        {"PARSE_DATE('2020-365', 'yyyy-DDD')", "\"2020-12-30\""},
        {"PARSE_TIME('10:20:30.5', 'HH:mm:ss.S')", "\"10:20:30.500\""},
        {"PARSE_TIME('10', 'HH')", "\"10:00\""}, {"PARSE_TIME('05', 'mm')", "null"},
        {"PARSE_TIME('10:05', 'HH:ss')", "null"}, {"PARSE_TIME('10:05', 'hh:mm')", "null"},
        {"PARSE_TIME('10:20 2020', 'HH:mm yyyy')", "null"},
        {"STRINGTODATE('2020-05-11 10:00', 'yyyy-MM-dd HH:mm')", "18393"},
        {"STRINGTODATE('2020-05', 'yyyy-MM')", "null"},
        {"DATETOSTRING(18393, 'E d MMM')", "\"Mon 11 May\""});
    world_run(&w, "PARSE_DATE('2020-01-05 10:00', 'yyyy-MM-dd HH:mm')");
    assert_string_equal(world_log_text(&w),
        "0: PARSE_DATE: '2020-01-05 10:00' has a time of day beside its date; use PARSE_TIMESTAMP");
    world_run(&w, "PARSE_TIME('10:20 2020', 'HH:mm yyyy')");
    assert_string_equal(world_log_text(&w),
        "0: PARSE_TIME: The pattern 'HH:mm yyyy' gives a date; use PARSE_TIMESTAMP");
    world_run(&w, "STRINGTODATE('2020-05', 'yyyy-MM')");
    assert_string_equal(
        world_log_text(&w), "0: STRINGTODATE: The pattern 'yyyy-MM' gives no whole date");
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(patterns), cmocka_unit_test(letters),
        cmocka_unit_test(malformed_patterns), cmocka_unit_test(resolving),
        cmocka_unit_test(whole_dates_and_times)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
