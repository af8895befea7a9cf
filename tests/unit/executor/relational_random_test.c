/* Random changes through the relational operators, with random batches, commits and restarts: what
 * their changes add up to is what a plain computation over the rows that are there gives. The seeds
 * are fixed; RELATIONAL_RUNS in the environment makes more of them. */
#include "tests/unit/executor/relational_fixture.h"

enum { MOST_ROWS = 60, MOST_LINES = 4096, STEPS = 120 };

/* A row K, V; K may be NULL (-1). */
typedef struct row {
    int key, value;
} row;

typedef struct table {
    row rows[MOST_ROWS];
    int count;
} table;

typedef struct lines {
    char *items[MOST_LINES];
    int count;
} lines;

static uint32_t state_of_random;

static int pick(int below) {
    state_of_random = state_of_random * 1664525u + 1013904223u;
    return (int)((state_of_random >> 8) % (uint32_t)below);
}

/* ---- results as lines ---- */

static void add_line(lines *l, const char *text) {
    assert_true(l->count < MOST_LINES);
    l->items[l->count++] = strdup(text);
}

static void remove_line(lines *l, const char *text) {
    for (int i = 0; i < l->count; i++)
        if (strcmp(l->items[i], text) == 0) {
            free(l->items[i]);
            l->items[i] = l->items[--l->count];
            return;
        }
    fail_msg("taken back but not there: %s", text);
}

static void clear_lines(lines *l) {
    for (int i = 0; i < l->count; i++)
        free(l->items[i]);
    l->count = 0;
}

/* Applies the changes given so far. */
static void fold(fixture *f, lines *l) {
    buffer_append_byte(&f->task.results, 0);
    for (char *at = f->task.results.data, *next; at && *at; at = next) {
        next = strstr(at, "; ");
        if (next) {
            *next = 0;
            next += 2;
        }
        if (*at == '+')
            add_line(l, at + 1);
        else
            remove_line(l, at + 1);
    }
    buffer_clear(&f->task.results);
}

static int compare_lines(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void check_lines(lines *got, lines *expected, uint32_t seed) {
    qsort(got->items, (size_t)got->count, sizeof(char *), compare_lines);
    qsort(expected->items, (size_t)expected->count, sizeof(char *), compare_lines);
    for (int i = 0; i < got->count || i < expected->count; i++) {
        const char *g = i < got->count ? got->items[i] : "(nothing)";
        const char *e = i < expected->count ? expected->items[i] : "(nothing)";
        if (strcmp(g, e))
            fail_msg("seed %u: got '%s', expected '%s'", seed, g, e);
    }
}

/* ---- changes ---- */

static void append_change(buffer *text, table *t, bool retracts) {
    char line[64], key[16] = "_";
    bool leaves = retracts && t->count && (pick(3) == 0 || t->count == MOST_ROWS);
    int at = leaves ? pick(t->count) : t->count;
    if (!leaves)
        t->rows[t->count++] = (row){pick(5) - 1, pick(6)};
    row r = t->rows[at];
    if (leaves)
        t->rows[at] = t->rows[--t->count];
    if (r.key >= 0)
        snprintf(key, sizeof key, "%d", r.key);
    snprintf(
        line, sizeof line, "%s%s%s %d", text->length ? "; " : "", leaves ? "-" : "", key, r.value);
    buffer_append_text(text, line);
}

static void run_changes(fixture *f, table *tables, bool retracts, lines *got) {
    buffer text = {0};
    for (int step = 0; step < STEPS; step++) {
        int input = f->node.input_count == 2 ? pick(2) : 0;
        buffer_clear(&text);
        for (int n = 1 + pick(4); n > 0 && (retracts || tables[input].count < MOST_ROWS); n--)
            append_change(&text, &tables[input], retracts);
        buffer_append_byte(&text, 0);
        if (text.data[0])
            feed(f, input, text.data);
        fold(f, got);
        if (pick(6) == 0) {
            commit(f);
            fold(f, got);
            if (pick(2) == 0)
                restart(f);
            if (f->node.kind == PLAN_JOIN && pick(2)) /* from the next commit on */
                relational_join_operator_limit_cache(f->operator, 1);
        }
    }
    commit(f);
    fold(f, got);
    buffer_free(&text);
}

static const char *text_of(int number, char *to) {
    if (number < 0)
        return "_";
    snprintf(to, 16, "%d", number);
    return to;
}

/* ---- joins ---- */

static void expect_join(const table *t, join_kind kind, bool condition, lines *expected) {
    char line[96], a[16], b[16];
    bool right_matched[MOST_ROWS] = {false};
    for (int l = 0; l < t[0].count; l++) {
        row x = t[0].rows[l];
        bool matched = false;
        for (int r = 0; r < t[1].count; r++) {
            row y = t[1].rows[r];
            if (x.key < 0 || x.key != y.key || (condition && x.value >= y.value))
                continue;
            matched = right_matched[r] = true;
            snprintf(line, sizeof line, "%d %d %d %d", x.key, x.value, y.key, y.value);
            if (kind != JOIN_SEMI && kind != JOIN_ANTI)
                add_line(expected, line);
        }
        bool alone = kind == JOIN_LEFT || kind == JOIN_FULL;
        snprintf(line, sizeof line, alone ? "%s %d _ _" : "%s %d", text_of(x.key, a), x.value);
        if ((!matched && (alone || kind == JOIN_ANTI)) || (matched && kind == JOIN_SEMI))
            add_line(expected, line);
    }
    for (int r = 0; r < t[1].count; r++) {
        if (right_matched[r] || (kind != JOIN_RIGHT && kind != JOIN_FULL))
            continue;
        row y = t[1].rows[r];
        snprintf(line, sizeof line, "_ _ %s %d", text_of(y.key, b), y.value);
        add_line(expected, line);
    }
}

static void run_join(uint32_t seed) {
    static lines got, expected;
    table tables[2] = {0};
    state_of_random = seed * 7919;
    join_kind kind = (join_kind)pick(6);
    bool condition = pick(2), retracts = pick(4) > 0;
    fixture *f = fixture_create(relational_join_operator_create, PLAN_JOIN, "ii", "ii");
    f->node.relational_join.kind = kind;
    f->node.relational_join.key_count = 1;
    f->node.relational_join.left_keys = f->node.relational_join.right_keys = numbers(f, 1, 0);
    f->inputs[0].mode = f->inputs[1].mode = retracts ? CHANGELOG_RETRACT : CHANGELOG_APPEND;
    if (condition)
        f->node.relational_join.condition =
            compare_columns(f, &SQL_TYPE_BIGINT, 1, COMPARE_LESS, 3);
    fixture_open(f, kind == JOIN_SEMI || kind == JOIN_ANTI ? "ii" : "iiii");
    run_changes(f, tables, retracts, &got);
    expect_join(tables, kind, condition, &expected);
    check_lines(&got, &expected, seed);
    clear_lines(&got);
    clear_lines(&expected);
    fixture_close(f);
}

/* ---- groups ---- */

static void expect_groups(const table *t, lines *expected) {
    for (int key = -1; key < 4; key++) {
        int count = 0, sum = 0, least = 99, most = -1, seen[6] = {0}, distinct = 0;
        for (int i = 0; i < t->count; i++) {
            row r = t->rows[i];
            if (r.key != key)
                continue;
            count++;
            sum += r.value;
            least = r.value < least ? r.value : least;
            most = r.value > most ? r.value : most;
            distinct += !seen[r.value]++;
        }
        char line[96], text[16];
        snprintf(line, sizeof line, "%s %d %d %d %d %d %d", text_of(key, text), count, sum, least,
            most, distinct, count ? sum / count : 0);
        if (count)
            add_line(expected, line);
    }
}

static void run_groups(uint32_t seed) {
    static lines got, expected;
    table t = {0};
    state_of_random = seed * 104729;
    bool retracts = pick(4) > 0;
    fixture *f = fixture_create(group_aggregate_operator_create, PLAN_GROUP_AGGREGATE, "ii", NULL);
    plan_call calls[6] = {call_of(f, "COUNT", -1), call_of(f, "SUM", 1), call_of(f, "MIN", 1),
        call_of(f, "MAX", 1), call_of(f, "COUNT", 1), call_of(f, "AVG", 1)};
    calls[4].distinct = true;
    f->task.results_per_row = pick(2);
    f->node.group.groups = numbers(f, 1, 0);
    f->node.group.group_count = 1;
    f->node.group.calls = calls;
    f->node.group.call_count = 6;
    f->inputs[0].mode = retracts ? CHANGELOG_RETRACT : CHANGELOG_APPEND;
    fixture_open(f, "iiiiiii");
    run_changes(f, &t, retracts, &got);
    expect_groups(&t, &expected);
    check_lines(&got, &expected, seed);
    clear_lines(&got);
    clear_lines(&expected);
    fixture_close(f);
}

/* ---- first rows ---- */

static int by_value(const void *a, const void *b) {
    return ((const row *)b)->value - ((const row *)a)->value;
}

static void run_top(uint32_t seed) {
    static lines got, expected;
    table t = {0};
    state_of_random = seed * 31337;
    bool retracts = pick(4) > 0, has_rank = pick(2);
    int from = 1 + pick(2), to = from + pick(3);
    fixture *f = fixture_create(top_n_operator_create, PLAN_TOP_N, "ii", NULL);
    plan_order order = {.column = 1, .descending = true};
    f->task.results_per_row = pick(2);
    f->node.top_n.partition_count = 1;
    f->node.top_n.partition = numbers(f, 1, 0);
    f->node.top_n.order_count = 1;
    f->node.top_n.order = &order;
    f->node.top_n.from = from;
    f->node.top_n.to = to;
    f->node.top_n.has_rank = has_rank;
    f->node.top_n.window_end = -1;
    f->inputs[0].mode = retracts ? CHANGELOG_RETRACT : CHANGELOG_APPEND;
    fixture_open(f, has_rank ? "iii" : "ii");
    run_changes(f, &t, retracts, &got);
    qsort(t.rows, (size_t)t.count, sizeof(row), by_value);
    int ranks[5] = {0};
    for (int i = 0; i < t.count; i++) {
        row r = t.rows[i];
        int rank = ++ranks[r.key + 1];
        char line[64], text[16];
        snprintf(line, sizeof line, has_rank ? "%s %d %d" : "%s %d", text_of(r.key, text), r.value,
            rank);
        if (rank >= from && rank <= to)
            add_line(&expected, line);
    }
    check_lines(&got, &expected, seed);
    clear_lines(&got);
    clear_lines(&expected);
    fixture_close(f);
}

static uint32_t runs(void) {
    const char *more = getenv("RELATIONAL_RUNS");
    return more ? (uint32_t)atoi(more) : 15;
}

static void joins_add_up(void **unused) {
    for (uint32_t seed = 1; seed <= runs(); seed++)
        run_join(seed);
}

static void groups_add_up(void **unused) {
    for (uint32_t seed = 1; seed <= runs(); seed++)
        run_groups(seed);
}

static void first_rows_add_up(void **unused) {
    for (uint32_t seed = 1; seed <= runs(); seed++)
        run_top(seed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_add_up),
        cmocka_unit_test(groups_add_up),
        cmocka_unit_test(first_rows_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
