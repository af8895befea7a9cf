/* The joins: what each kind gives for every change, in which order and at which time; and that
 * neither the cut into batches nor a restart is visible in the results. */
#include "tests/unit/executor/join_fixture.h"

static fixture *table_join(join_kind kind) {
    return fixture_join(table_join_operator_create, PLAN_TABLE_JOIN, kind);
}

static fixture *foreign_key_join(join_kind kind) {
    fixture *f = fixture_join(foreign_key_join_operator_create, PLAN_FOREIGN_KEY_JOIN, kind);
    fixture_input(f, 0, 3, CHANGELOG_UPSERT);
    f->columns[0][1].type = &SQL_TYPE_BIGINT;
    f->foreign_key = (expression){.kind = EXPRESSION_COLUMN, .type = &SQL_TYPE_BIGINT, .index = 1};
    f->foreign_keys[0] = &f->foreign_key;
    f->node.join.foreign_keys = f->foreign_keys;
    f->node.join.foreign_key_count = 1;
    return f;
}

static fixture *stream_join(join_kind kind, int64_t before_ms, int64_t after_ms, int64_t grace_ms) {
    fixture *f = fixture_join(stream_join_operator_create, PLAN_STREAM_JOIN, kind);
    f->node.join.before_ms = before_ms;
    f->node.join.after_ms = after_ms;
    f->node.join.grace_ms = grace_ms;
    return f;
}

static fixture *stream_table_join(join_kind kind) {
    return fixture_join(stream_table_join_operator_create, PLAN_STREAM_TABLE_JOIN, kind);
}

/* ---- stream-table ---- */

static void a_stream_row_takes_the_tables_row_of_the_moment(void **unused) {
    fixture *f = stream_table_join(JOIN_INNER);
    fixture_open(f, false);
    check(f, "L 1 early @1", "");
    check(f, "R 1 x @20; R 1 y @5; R 2 z @1", "");
    check(f, "L 1 a @7; L 3 b @8; L 2 c @9", "+1|1 a|1 y @7; +2|2 c|2 z @9");
    check(f, "R -1 @9; L 1 d @10; R 1 w @1; L 1 e @11", "+1|1 e|1 w @11");
    fixture_close(f);
}

static void a_left_join_keeps_rows_without_a_match(void **unused) {
    fixture *f = stream_table_join(JOIN_LEFT);
    fixture_open(f, false);
    check(f, "L 1 a @1; R 1 x @2; L 1 b @3", "+1|1 a|_ _ @1; +1|1 b|1 x @3");
    check(f, "R -1 @4; L 1 _ @5", "+1|1 _|_ _ @5");
    fixture_close(f);
}

static void stream_rows_without_key_or_value_are_dropped(void **unused) {
    fixture *f = stream_table_join(JOIN_LEFT);
    fixture_open(f, false);
    check(f, "R _ x @1; L _ a @1; L ?1 @2; L 1 _ @3", "+1|1 _|_ _ @3");
    fixture_close(f);
}

static void a_retracted_table_row_is_replaced(void **unused) {
    fixture *f = stream_table_join(JOIN_INNER);
    f->inputs[1].mode = CHANGELOG_RETRACT;
    fixture_open(f, false);
    check(f, "R 1 x @1; R -1 x @2; R 1 y @2; L 1 a @3; R -1 y @4; L 1 b @5", "+1|1 a|1 y @3");
    fixture_close(f);
}

/* ---- table-table: the steps of ksqlDB's table of semantics ---- */

static const char *const table_steps[] = {"L -1 @1", "R -1 @2", "L 1 A @3", "R 1 a @4", "L 1 B @5",
    "R 1 b @6", "L -1 @7", "R -1 @8", "L 1 C @9", "R 1 c @10", "R -1 @11", "L -1 @12", "R -1 @13",
    "R 1 d @14", "L 1 D @15", "R 1 d @17"};
enum { TABLE_STEPS = sizeof table_steps / sizeof *table_steps };

static void check_table_steps(join_kind kind, const char *const *results) {
    fixture *f = table_join(kind);
    fixture_open(f, false);
    for (int i = 0; i < TABLE_STEPS; i++)
        check(f, table_steps[i], results[i]);
    fixture_close(f);
}

static void tables_join_inner(void **unused) {
    check_table_steps(
        JOIN_INNER, (const char *[]){"", "", "", "+1|1 A|1 a @4", "+1|1 B|1 a @5", "+1|1 B|1 b @6",
                        "-1|_ _|_ _ @7", "", "", "+1|1 C|1 c @10", "-1|_ _|_ _ @11", "", "", "",
                        "+1|1 D|1 d @15", "+1|1 D|1 d @17"});
}

static void tables_join_left(void **unused) {
    check_table_steps(JOIN_LEFT,
        (const char *[]){"", "", "+1|1 A|_ _ @3", "+1|1 A|1 a @4", "+1|1 B|1 a @5", "+1|1 B|1 b @6",
            "-1|_ _|_ _ @7", "", "+1|1 C|_ _ @9", "+1|1 C|1 c @10", "+1|1 C|_ _ @11",
            "-1|_ _|_ _ @12", "", "", "+1|1 D|1 d @15", "+1|1 D|1 d @17"});
}

static void tables_join_right(void **unused) {
    check_table_steps(
        JOIN_RIGHT, (const char *[]){"", "", "", "+1|1 A|1 a @4", "+1|1 B|1 a @5", "+1|1 B|1 b @6",
                        "+1|_ _|1 b @7", "-1|_ _|_ _ @8", "", "+1|1 C|1 c @10", "-1|_ _|_ _ @11",
                        "", "", "+1|_ _|1 d @14", "+1|1 D|1 d @15", "+1|1 D|1 d @17"});
}

static void tables_join_full(void **unused) {
    check_table_steps(JOIN_FULL,
        (const char *[]){"", "", "+1|1 A|_ _ @3", "+1|1 A|1 a @4", "+1|1 B|1 a @5", "+1|1 B|1 b @6",
            "+1|_ _|1 b @7", "-1|_ _|_ _ @8", "+1|1 C|_ _ @9", "+1|1 C|1 c @10", "+1|1 C|_ _ @11",
            "-1|_ _|_ _ @12", "", "+1|_ _|1 d @14", "+1|1 D|1 d @15", "+1|1 D|1 d @17"});
}

static void a_table_result_has_the_later_time(void **unused) {
    fixture *f = table_join(JOIN_INNER);
    fixture_open(f, false);
    check(f, "L 1 a @10; R 1 x @5; R 1 y @20; L 1 b @7; L -1 @8",
        "+1|1 a|1 x @10; +1|1 a|1 y @20; +1|1 b|1 y @20; -1|_ _|_ _ @20");
    fixture_close(f);
}

/* Where the old row is wanted, it stands in front of the new one. */
static void a_table_join_can_retract(void **unused) {
    fixture *f = table_join(JOIN_LEFT);
    f->node.mode = CHANGELOG_RETRACT;
    fixture_open(f, false);
    check(f, "L 1 a @1; R 1 x @2; L 1 b @3; R -1 @4; L -1 @5; L -1 @6",
        "+1|1 a|_ _ @1; -1|1 a|_ _ @2; +1|1 a|1 x @2; -1|1 a|1 x @3; +1|1 b|1 x @3; "
        "-1|1 b|1 x @4; +1|1 b|_ _ @4; -1|1 b|_ _ @5");
    fixture_close(f);
}

static void windows_are_part_of_a_tables_key(void **unused) {
    fixture *f = table_join(JOIN_INNER);
    f->node.window = WINDOW_TUMBLING;
    fixture_open(f, false);
    check(f, "L 1 a @1 [0-10]; L 1 b @11 [10-20]; R 1 x @12 [10-20]; R 1 y @25 [20-30]",
        "+1|1 b|1 x @12 [10-20]");
    fixture_close(f);
}

/* ---- foreign keys ---- */

static void left_rows_follow_their_foreign_key(void **unused) {
    fixture *f = foreign_key_join(JOIN_INNER);
    fixture_open(f, false);
    check(f, "R 0 blah @0; L 1 0 zero @10; L 0 100 foo @13", "+1|1 0 zero|0 blah @10");
    check(f, "R 0 a @15; L 10 0 bar @16", "+1|1 0 zero|0 a @15; +10|10 0 bar|0 a @16");
    check(f, "R -0 @17", "-1|_ _ _|_ _ @17; -10|_ _ _|_ _ @17");
    check(f, "L -1 @18; L -7 @19", "-1|_ _ _|_ _ @18");
    check(f, "R 100 b @20; R 0 c @21", "+0|0 100 foo|100 b @20; +10|10 0 bar|0 c @21");
    check(f, "L 10 100 bar @22; R 0 d @23; R 100 e @24",
        "+10|10 100 bar|100 b @22; +0|0 100 foo|100 e @24; +10|10 100 bar|100 e @24");
    check(f, "L 10 5 bar @25", "-10|_ _ _|_ _ @25");
    fixture_close(f);
}

static void left_rows_without_a_right_row_stay(void **unused) {
    fixture *f = foreign_key_join(JOIN_LEFT);
    fixture_open(f, false);
    check(f, "L 1 0 zero @0; R 0 blah @10; L 1 0 zero @11; L 0 100 foo @13",
        "+1|1 0 zero|_ _ @0; +1|1 0 zero|0 blah @10; +1|1 0 zero|0 blah @11; +0|0 100 foo|_ _ @13");
    check(f, "R -0 @17; L -1 @18; L -0 @19",
        "+1|1 0 zero|_ _ @17; -1|_ _ _|_ _ @18; -0|_ _ _|_ _ @19");
    fixture_close(f);
}

static void a_null_foreign_key_matches_nothing(void **unused) {
    fixture *f = foreign_key_join(JOIN_INNER);
    fixture_open(f, false);
    check(f, "R 5 x @1; L 1 _ a @2; L 1 5 a @3; L 1 _ a @4; R 5 y @5; L -1 @6; L _ 5 z @7",
        "+1|1 5 a|5 x @3; -1|_ _ _|_ _ @4");
    fixture_close(f);
    f = foreign_key_join(JOIN_LEFT);
    fixture_open(f, false);
    check(f, "R 5 x @1; L 1 _ a @2; L 1 5 a @3; L 1 _ a @4; R 5 y @5; L -1 @6",
        "+1|1 _ a|_ _ @2; +1|1 5 a|5 x @3; +1|1 _ a|_ _ @4; -1|_ _ _|_ _ @6");
    fixture_close(f);
}

static void a_foreign_key_join_can_retract(void **unused) {
    fixture *f = foreign_key_join(JOIN_INNER);
    f->node.mode = CHANGELOG_RETRACT;
    fixture_open(f, false);
    check(f, "R 5 x @1; R 6 y @1; L 1 5 a @2; L 1 6 a @3; R 6 z @4; R -6 @5; L -1 @6",
        "+1|1 5 a|5 x @2; -1|1 5 a|5 x @3; +1|1 6 a|6 y @3; -1|1 6 a|6 y @4; +1|1 6 a|6 z @4; "
        "-1|1 6 a|6 z @5");
    fixture_close(f);
}

/* ---- stream-stream ---- */

static void rows_within_the_window_join(void **unused) {
    fixture *f = stream_join(JOIN_INNER, 10, 20, -1);
    fixture_open(f, false);
    check(f, "L 1 a @100; R 1 w @89; R 1 x @90; R 1 y @120; R 1 z @121; R 2 x @100",
        "+1|1 a|1 x @100; +1|1 a|1 y @120");
    check(f, "L 1 b @110", "+1|1 b|1 y @120; +1|1 b|1 z @121");
    check(f, "L ?1 @110; L _ c @110; R _ d @110", "");
    fixture_close(f);
}

static void without_a_grace_period_unmatched_rows_come_at_once(void **unused) {
    fixture *f = stream_join(JOIN_FULL, 11, 11, -1);
    fixture_open(f, false);
    check(f,
        "L 0 zero @0; R 0 blah @10; L 10 a @11; L 0 foo @13; R 0 b @15; L 0 bar @30; R 9 c @20",
        "+0|0 zero|_ _ @0; +0|0 zero|0 blah @10; +10|10 a|_ _ @11; +0|0 foo|0 blah @13; "
        "+0|0 foo|0 b @15; +0|0 bar|_ _ @30; +9|_ _|9 c @20");
    fixture_close(f);
}

static void with_a_grace_period_they_come_when_the_window_closes(void **unused) {
    fixture *f = stream_join(JOIN_LEFT, 15, 15, 5);
    fixture_open(f, false);
    check(f, "L 1 A @3; R 1 a @4", "+1|1 A|1 a @4");
    check(f, "L 2 E @40; L 3 F @60; L 4 G @61", "+2|2 E|_ _ @40");
    check(f, "R 4 f @80", "");
    check(f, "R 4 f @81", "+3|3 F|_ _ @60");
    check(f, "R 4 g @82", "+4|4 G|_ _ @61"); /* 61 + 15 + 5 < 82, and g is too late to join it */
    fixture_close(f);
}

static void closed_rows_come_in_order_of_time_side_and_key(void **unused) {
    fixture *f = stream_join(JOIN_FULL, 10, 10, 0);
    fixture_open(f, false);
    check(f, "L 2 a @5; L 1 b @5; R 3 c @5; L 4 d @4; L 4 e @4; L 9 z @100",
        "+4|4 d|_ _ @4; +4|4 e|_ _ @4; +3|_ _|3 c @5; +1|1 b|_ _ @5; +2|2 a|_ _ @5");
    fixture_close(f);
}

/* A right row's window reaches forward by `before`, a left row's by `after`. */
static void sides_close_at_their_own_times(void **unused) {
    fixture *f = stream_join(JOIN_FULL, 100, 0, 0);
    fixture_open(f, false);
    check(f, "L 1 a @10; R 2 b @10; L 3 c @11", "+1|1 a|_ _ @10");
    check(f, "L 3 d @110", "+3|3 c|_ _ @11");
    check(f, "L 3 e @111", "+2|_ _|2 b @10; +3|3 d|_ _ @110");
    fixture_close(f);
}

static void a_row_whose_window_is_past_does_not_wait(void **unused) {
    fixture *f = stream_join(JOIN_LEFT, 10, 10, 1000);
    fixture_open(f, false);
    check(f, "L 1 a @100; L 2 b @89; L 3 c @90", "+2|2 b|_ _ @89");
    fixture_close(f);
}

static void expired_rows_are_late_and_do_not_join(void **unused) {
    fixture *f = stream_join(JOIN_INNER, 60000, 60000, 60000);
    fixture_open(f, false);
    check(f,
        "L 0 A @0; R 0 a @60000; L 1 B @330000; L 2 C @90000; R 2 c @90000; L 3 D @60000; R 3 d "
        "@60000",
        "+0|0 A|0 a @60000");
    assert_int_equal(f->task.late_rows, 2);
    fixture_close(f);
}

static void state_is_bounded(void **unused) {
    fixture *f = stream_join(JOIN_FULL, 1000, 1000, 1000);
    fixture_open(f, true);
    int64_t most = 0;
    for (int i = 0; i < 400; i++) {
        char rows[200];
        snprintf(rows, sizeof rows, "L %d a @%d; R %d b @%d; L %d c @%d", i % 7, i * 2000, i % 5,
            i * 2000 + 500, i, i * 2000 + 1000);
        feed(f, rows);
        commit(f);
        buffer_clear(&f->task.results);
        int64_t rows_now = 0;
        static const char *const names[] = {"Join1-Left", "Join1-Right", "Join1-Waiting"};
        for (int s = 0; s < 3; s++)
            rows_now += store_count(state_store(f->task.state, slice_of(names[s]), 0, &f->problem));
        most = rows_now > most ? rows_now : most;
    }
    assert_true(most < 30); /* five seconds of rows at most: retention and a segment */
    fixture_close(f);
}

static void windowed_streams_join_on_key_and_window(void **unused) {
    fixture *f = stream_join(JOIN_INNER, 60000, 60000, -1);
    f->node.window = WINDOW_SESSION;
    fixture_open(f, false);
    check(f, "L 1 a @765 [234-765]; R 1 b @567 [234-567]; R 1 c @765 [234-765]",
        "+1|1 a|1 c @765 [234-765]");
    fixture_close(f);
}

/* ---- against a model of Kafka Streams' stream-stream join ---- */

typedef struct model_row {
    int input;
    int64_t key, time_ms;
    char value;
    bool waiting;
} model_row;

typedef struct model {
    const plan_node *node;
    model_row rows[2000];
    int count;
    int64_t latest_ms[2], stream_time_ms;
    buffer results;
} model;

static void model_result(model *m, const model_row *a, const model_row *b) {
    const model_row *sides[2] = {a, b};
    if (a->input)
        sides[0] = b, sides[1] = a;
    int64_t time_ms = b && b->time_ms > a->time_ms ? b->time_ms : a->time_ms;
    buffer_format(&m->results, "%s+%lld", m->results.length ? "; " : "", (long long)a->key);
    for (int i = 0; i < 2; i++)
        if (sides[i])
            buffer_format(&m->results, "|%lld %c", (long long)sides[i]->key, sides[i]->value);
        else
            buffer_append_text(&m->results, "|_ _");
    buffer_format(&m->results, " @%lld", (long long)time_ms);
}

static int64_t model_forward(const model *m, int input) {
    return input ? m->node->join.before_ms : m->node->join.after_ms;
}

/* The waiting row that is next in order of time, side (right first) and key. */
static model_row *model_next_closed(model *m) {
    model_row *best = NULL;
    for (int i = 0; i < m->count; i++) {
        model_row *r = &m->rows[i];
        if (!r->waiting ||
            r->time_ms + model_forward(m, r->input) + m->node->join.grace_ms >= m->stream_time_ms)
            continue;
        if (!best || r->time_ms < best->time_ms ||
            (r->time_ms == best->time_ms &&
                (r->input > best->input || (r->input == best->input && r->key < best->key))))
            best = r;
    }
    return best;
}

static void model_feed(model *m, model_row row) {
    const plan_node *node = m->node;
    join_kind kind = node->join.kind;
    int64_t grace_ms = node->join.grace_ms < 0 ? 86400000 : node->join.grace_ms;
    int64_t retention_ms = node->join.before_ms + node->join.after_ms + grace_ms;
    bool waits = node->join.grace_ms >= 0;
    if (row.time_ms > m->latest_ms[row.input])
        m->latest_ms[row.input] = row.time_ms;
    if (row.time_ms > m->stream_time_ms)
        m->stream_time_ms = row.time_ms;
    model_row *closed;
    while (waits && row.time_ms == m->stream_time_ms && (closed = model_next_closed(m))) {
        closed->waiting = false;
        model_result(m, closed, NULL);
    }
    int64_t from_ms = row.time_ms - model_forward(m, !row.input);
    int64_t to_ms = row.time_ms + model_forward(m, row.input);
    bool found = false;
    for (int64_t t = from_ms; t <= to_ms; t++)
        for (int i = 0; i < m->count; i++) {
            model_row *other = &m->rows[i];
            if (other->input == row.input || other->key != row.key || other->time_ms != t ||
                t <= m->latest_ms[other->input] - retention_ms)
                continue;
            found = true;
            other->waiting = false;
            model_result(m, &row, other);
        }
    bool preserved = kind == JOIN_FULL || kind == (row.input ? JOIN_RIGHT : JOIN_LEFT);
    row.waiting = !found && preserved && waits && to_ms >= m->stream_time_ms;
    if (!found && preserved && !row.waiting)
        model_result(m, &row, NULL);
    m->rows[m->count++] = row;
}

static uint64_t seed;

static uint64_t random_bits(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* So little memory that most rows are found in the store, some in both. */
static operator* create_with_little_memory(const plan_node *node, task *t) {
    operator* self = stream_join_operator_create(node, t);
    stream_join_operator_limit_memory(self, 1500);
    return self;
}

static void check_against_model(
    join_kind kind, int64_t before_ms, int64_t after_ms, int64_t grace_ms, bool has_memory) {
    fixture *f = stream_join(kind, before_ms, after_ms, grace_ms);
    if (!has_memory)
        f->create = create_with_little_memory;
    model *m = MEMORY_NEW(model);
    m->node = &f->node;
    m->latest_ms[0] = m->latest_ms[1] = m->stream_time_ms = INT64_MIN / 2;
    fixture_open(f, true);
    int64_t now_ms = 1000;
    while (m->count < 600) {
        buffer rows = {0};
        for (uint64_t n = 1 + random_bits() % 8; n > 0; n--) {
            now_ms += (int64_t)(random_bits() % 6);
            int64_t time_ms = now_ms - (random_bits() % 4 ? 0 : (int64_t)(random_bits() % 40));
            model_row row = {.input = random_bits() % 2,
                .key = (int64_t)(random_bits() % 4),
                .time_ms = time_ms,
                .value = (char)('a' + random_bits() % 26)};
            buffer_format(&rows, "%s%c %lld %c @%lld", rows.length ? "; " : "",
                row.input ? 'R' : 'L', (long long)row.key, row.value, (long long)time_ms);
            model_feed(m, row);
        }
        buffer_append_byte(&rows, 0);
        feed(f, rows.data);
        buffer_free(&rows);
        if (random_bits() % 4 == 0)
            commit(f);
        if (random_bits() % 16 == 0) {
            commit(f);
            restart(f);
        }
    }
    buffer_append_byte(&m->results, 0);
    expect(f, m->results.data);
    buffer_free(&m->results);
    memory_free(m);
    fixture_close(f);
}

static void random_streams_join_as_the_model_does(void **unused) {
    for (int run = 0; run < 24; run++) {
        seed = 1000 + (uint64_t)run;
        check_against_model((join_kind)(run % 4), run % 3 * 7, 5 + run % 5 * 3,
            run % 2 ? -1 : run % 7 * 4, run % 3);
    }
}

/* ---- neither batches nor restarts are visible ---- */

typedef fixture *(*fixture_maker)(int variant);

static fixture *make_table_join(int variant) {
    return table_join((join_kind)(variant % 4));
}
static fixture *make_foreign_key_join(int variant) {
    return foreign_key_join(variant % 2 ? JOIN_LEFT : JOIN_INNER);
}
static fixture *make_stream_table_join(int variant) {
    return stream_table_join(variant % 2 ? JOIN_LEFT : JOIN_INNER);
}

static void random_row(buffer *out, const fixture *f, bool deletes_left, int64_t time_ms) {
    int input = random_bits() % 2;
    bool deletes = random_bits() % 5 == 0 && (input || deletes_left);
    buffer_format(out, "%c %s%d", input ? 'R' : 'L', deletes ? "-" : "", (int)(random_bits() % 5));
    for (int i = 1; i < f->inputs[input].column_count && !deletes; i++)
        buffer_format(out, " %d", (int)(random_bits() % 5));
    buffer_format(out, " @%lld", (long long)time_ms);
}

static void check_cuts(fixture_maker make, int variant) {
    fixture *whole = make(variant), *cut = make(variant);
    fixture_open(whole, false);
    fixture_open(cut, true);
    bool deletes_left = whole->inputs[0].mode != CHANGELOG_APPEND;
    buffer all = {0};
    for (int i = 0; i < 300; i++) {
        buffer row = {0};
        random_row(&row, whole, deletes_left, 1000 + i + (int64_t)(random_bits() % 20));
        buffer_append_text(&all, all.length ? "; " : "");
        buffer_append(&all, buffer_slice(&row));
        buffer_append_byte(&row, 0);
        if (random_bits() % 10 == 0) { /* what is not committed is fed again */
            commit(cut);
            size_t length = cut->task.results.length;
            feed(cut, row.data);
            cut->task.results.length = length;
            restart(cut);
        }
        feed(cut, row.data);
        buffer_free(&row);
    }
    buffer_append_byte(&all, 0);
    feed(whole, all.data);
    buffer_append_byte(&whole->task.results, 0);
    expect(cut, whole->task.results.data);
    buffer_free(&all);
    fixture_close(whole);
    fixture_close(cut);
}

static void cuts_and_restarts_are_not_visible(void **unused) {
    seed = 99;
    for (int variant = 0; variant < 4; variant++) {
        check_cuts(make_table_join, variant);
        check_cuts(make_foreign_key_join, variant);
        check_cuts(make_stream_table_join, variant);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_row_takes_the_tables_row_of_the_moment),
        cmocka_unit_test(a_left_join_keeps_rows_without_a_match),
        cmocka_unit_test(stream_rows_without_key_or_value_are_dropped),
        cmocka_unit_test(a_retracted_table_row_is_replaced),
        cmocka_unit_test(tables_join_inner),
        cmocka_unit_test(tables_join_left),
        cmocka_unit_test(tables_join_right),
        cmocka_unit_test(tables_join_full),
        cmocka_unit_test(a_table_result_has_the_later_time),
        cmocka_unit_test(a_table_join_can_retract),
        cmocka_unit_test(windows_are_part_of_a_tables_key),
        cmocka_unit_test(left_rows_follow_their_foreign_key),
        cmocka_unit_test(left_rows_without_a_right_row_stay),
        cmocka_unit_test(a_null_foreign_key_matches_nothing),
        cmocka_unit_test(a_foreign_key_join_can_retract),
        cmocka_unit_test(rows_within_the_window_join),
        cmocka_unit_test(without_a_grace_period_unmatched_rows_come_at_once),
        cmocka_unit_test(with_a_grace_period_they_come_when_the_window_closes),
        cmocka_unit_test(closed_rows_come_in_order_of_time_side_and_key),
        cmocka_unit_test(sides_close_at_their_own_times),
        cmocka_unit_test(a_row_whose_window_is_past_does_not_wait),
        cmocka_unit_test(expired_rows_are_late_and_do_not_join),
        cmocka_unit_test(state_is_bounded),
        cmocka_unit_test(windowed_streams_join_on_key_and_window),
        cmocka_unit_test(random_streams_join_as_the_model_does),
        cmocka_unit_test(cuts_and_restarts_are_not_visible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
