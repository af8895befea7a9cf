/* MATCH_RECOGNIZE: greedy and reluctant quantifiers, skipping, WITHIN, what conditions and measures
 * read, and restarts in the middle of a match. */
#include "tests/unit/executor/relational_fixture.h"

enum { A, B, C };

static const plan_pattern *variable(fixture *f, int v) {
    plan_pattern *p = ARENA_NEW(f->arena, plan_pattern);
    *p = (plan_pattern){.kind = PLAN_PATTERN_VARIABLE, .variable = v};
    return p;
}

static const plan_pattern *times(fixture *f, int v, int64_t least, int64_t most, bool reluctant) {
    plan_pattern *p = ARENA_NEW(f->arena, plan_pattern);
    const plan_pattern **items = ARENA_ARRAY(f->arena, const plan_pattern *, 1);
    items[0] = variable(f, v);
    *p = (plan_pattern){.kind = PLAN_PATTERN_QUANTIFIED,
        .count = 1,
        .items = items,
        .least = least,
        .most = most,
        .reluctant = reluctant};
    return p;
}

static void set_pattern(
    fixture *f, const plan_pattern *a, const plan_pattern *b, const plan_pattern *c) {
    plan_pattern *p = ARENA_NEW(f->arena, plan_pattern);
    const plan_pattern **items = ARENA_ARRAY(f->arena, const plan_pattern *, 3);
    items[0] = a;
    items[1] = b;
    items[2] = c;
    *p = (plan_pattern){.kind = PLAN_PATTERN_CONCATENATION,
        .count = c   ? 3
                 : b ? 2
                     : 1,
        .items = items};
    f->node.match.pattern = p;
}

static plan_match_term term(plan_match_term_kind kind, int v, int64_t offset) {
    return (plan_match_term){
        .kind = kind, .variable = v, .column = 1, .offset = offset, .type = &SQL_TYPE_BIGINT};
}

/* Of two terms: the first compared with the second. */
static void define(
    fixture *f, int v, plan_match_term one, compare_operator how, plan_match_term two) {
    plan_match_expression *all = (plan_match_expression *)f->node.match.defines;
    plan_match_term *terms = ARENA_ARRAY(f->arena, plan_match_term, 2);
    terms[0] = one;
    terms[1] = two;
    all[v] = (plan_match_expression){.expression = compare_columns(f, &SQL_TYPE_BIGINT, 0, how, 1),
        .term_count = 2,
        .terms = terms};
}

static void measure(fixture *f, plan_match_term what) {
    plan_match_expression *all = (plan_match_expression *)f->node.match.measures;
    plan_match_term *terms = ARENA_NEW(f->arena, plan_match_term);
    *terms = what;
    all[f->node.match.measure_count++] = (plan_match_expression){
        .expression = column_expression(f, what.type, 0), .term_count = 1, .terms = terms};
}

/* K, V, the time, and a limit: by K. Measures: the first and the last V. */
static fixture *matching(void) {
    fixture *f = fixture_create(match_operator_create, PLAN_MATCH, "iiti", NULL);
    f->node.mode = CHANGELOG_APPEND;
    f->node.match.partition_count = 1;
    f->node.match.partition = numbers(f, 1, 0);
    f->node.match.time = 2;
    f->node.match.variable_count = 3;
    f->node.match.defines = ARENA_ARRAY(f->arena, plan_match_expression, 3);
    f->node.match.measures = ARENA_ARRAY(f->arena, plan_match_expression, 4);
    measure(f, term(PLAN_MATCH_FIRST, -1, 0));
    measure(f, term(PLAN_MATCH_LAST, -1, 0));
    return f;
}

/* V below (or not below) the limit of its own row. */
static void define_by_limit(fixture *f, int v, compare_operator how) {
    plan_match_term limit = term(PLAN_MATCH_LAST, v, 0);
    limit.column = 3;
    define(f, v, term(PLAN_MATCH_LAST, v, 0), how, limit);
}

static void a_greedy_variable_does_not_give_back(void **unused) {
    fixture *f = matching();
    set_pattern(f, times(f, A, 1, -1, false), variable(f, B), NULL);
    define_by_limit(f, A, COMPARE_LESS); /* B is any row */
    fixture_open(f, "iii");
    check(f, "1 1 1 5; 1 2 2 5; 2 9 2 5; 1 7 3 5; 1 3 4 5; 1 4 5 5; 2 1 6 5", "");
    check_time(f, INT64_MAX, "+1 1 7; end");
    fixture_close(f);
}

static void a_reluctant_one_ends_as_soon_as_it_can(void **unused) {
    fixture *f = matching();
    set_pattern(f, times(f, A, 1, -1, true), variable(f, B), NULL);
    define_by_limit(f, A, COMPARE_LESS);
    fixture_open(f, "iii");
    check(f, "1 1 1 5; 1 2 2 5; 1 3 3 5; 1 7 4 5", "");
    check_time(f, INT64_MAX, "+1 1 2; +1 3 7; end");
    fixture_close(f);
}

static void matches_begin_where_the_skip_says(void **unused) {
    fixture *f = matching();
    set_pattern(f, variable(f, A), variable(f, B), NULL);
    f->node.match.skip = PLAN_SKIP_TO_NEXT_ROW;
    fixture_open(f, "iii");
    check(f, "1 1 1 0; 1 2 2 0; 1 3 3 0", "");
    check_time(f, INT64_MAX, "+1 1 2; +1 2 3; end");
    fixture_close(f);
    f = matching();
    set_pattern(f, variable(f, A), times(f, B, 2, 2, false), variable(f, C));
    f->node.match.skip = PLAN_SKIP_TO_LAST;
    f->node.match.skip_variable = B;
    fixture_open(f, "iii");
    check(f, "1 1 1 0; 1 2 2 0; 1 3 3 0; 1 4 4 0; 1 5 5 0; 1 6 6 0", "");
    check_time(f, INT64_MAX, "+1 1 4; +1 3 6; end");
    fixture_close(f);
}

/* A V shape: down as long as it falls, then up. */
static void conditions_read_the_rows_before(void **unused) {
    fixture *f = matching();
    set_pattern(f, variable(f, A), times(f, B, 1, -1, false), variable(f, C));
    define(f, B, term(PLAN_MATCH_LAST, B, 0), COMPARE_LESS, term(PLAN_MATCH_LAST, A, 0));
    define(f, C, term(PLAN_MATCH_LAST, C, 0), COMPARE_GREATER, term(PLAN_MATCH_LAST, B, 1));
    plan_match_term sum = term(PLAN_MATCH_AGGREGATE, B, 0);
    sum.call = call_of(f, "SUM", 1);
    measure(f, sum);
    fixture_open(f, "iiii");
    /* With one B, LAST(B, 1) is NULL for C. */
    check(f, "1 9 1 0; 1 5 2 0; 1 20 3 0; 1 8 4 0; 1 7 5 0; 1 30 6 0", "");
    check_time(f, 4, "W4");
    check_commit(f, "");
    restart(f);
    check_time(f, 6, "+1 20 30 15; W6");
    check_commit(f, "");
    restart(f);
    check(f, "1 6 6 0; 1 9 7 0; 1 8 8 0", "");
    assert_int_equal(f->task.late_rows, 1);
    check_time(f, INT64_MAX, "end");
    fixture_close(f);
}

static void matches_end_within_their_time(void **unused) {
    fixture *f = matching();
    set_pattern(f, variable(f, A), times(f, B, 0, -1, false), variable(f, C));
    define_by_limit(f, A, COMPARE_LESS);
    define_by_limit(f, B, COMPARE_LESS);
    define_by_limit(f, C, COMPARE_GREATER_OR_EQUAL);
    f->node.match.within_ms = 5;
    fixture_open(f, "iii");
    check(f, "1 1 1 3; 1 2 2 3; 1 3 6 3; 2 1 1 3; 2 3 5 3; 3 1 1 3", "");
    check_time(f, 3, "W3");
    check_commit(f, "");
    restart(f);
    check_time(f, 7, "+2 1 3; +1 2 3; W7");
    check_time(f, INT64_MAX, "end");
    check_commit(f, "");
    fixture_close(f);
}

static void optional_variables_and_bounds(void **unused) {
    fixture *f = matching();
    set_pattern(f, variable(f, A), times(f, B, 0, 1, false), variable(f, C));
    define_by_limit(f, B, COMPARE_LESS);
    define_by_limit(f, C, COMPARE_GREATER_OR_EQUAL);
    fixture_open(f, "iii");
    check(f, "1 1 1 3; 1 2 2 3; 1 3 3 3; 2 9 1 3; 2 9 2 3", "");
    check_time(f, INT64_MAX, "+2 9 9; +1 1 3; end");
    fixture_close(f);
    f = matching();
    set_pattern(f, times(f, A, 2, 3, false), variable(f, B), NULL);
    define_by_limit(f, A, COMPARE_LESS);
    define_by_limit(f, B, COMPARE_GREATER_OR_EQUAL);
    fixture_open(f, "iii");
    check(f, "1 0 1 5; 1 1 2 5; 1 2 3 5; 1 3 4 5; 1 9 5 5; 2 1 1 5; 2 9 2 5", "");
    check_time(f, INT64_MAX, "+1 1 9; end");
    fixture_close(f);
}

static void other_patterns_are_refused(void **unused) {
    fixture *f = matching();
    plan_pattern either = {.kind = PLAN_PATTERN_ALTERNATION};
    f->node.match.pattern = &either;
    add_columns(f, &f->node, "iii");
    operator* o = match_operator_create(&f->node, &f->task);
    assert_false(o->class->open(o, &f->problem));
    assert_string_equal(f->problem.message,
        "PATTERN: only a sequence of variables, each with a quantifier, is supported.");
    o->class->close(o);
    arena_destroy(f->arena);
    memory_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_greedy_variable_does_not_give_back),
        cmocka_unit_test(a_reluctant_one_ends_as_soon_as_it_can),
        cmocka_unit_test(matches_begin_where_the_skip_says),
        cmocka_unit_test(conditions_read_the_rows_before),
        cmocka_unit_test(matches_end_within_their_time),
        cmocka_unit_test(optional_variables_and_bounds),
        cmocka_unit_test(other_patterns_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
