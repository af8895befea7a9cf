/* join_fixture.h - an operator of one or two inputs on its own, with rows and results as text.
 *
 * A row is written "INPUT KEY VALUE... @TIME [START-END]": the input is L or R, with "-" in front
 * of the key when the row leaves and "?" when it is a record without a value; "_" is null. Missing
 * columns are null. A result is "+KEY|LEFT...|RIGHT... @TIME". Rows are separated by "; ". The
 * operator's neighbours are stubs that stand in for a task.
 */
#include "tests/unit/executor/task_fixture.h"

batch_builder *node_batch_builder(const plan_node *node) {
    const sql_type *types[16];
    for (int i = 0; i < node->column_count; i++)
        types[i] = node->columns[i].type;
    return batch_builder_create(types, node->column_count, node->needs_source,
        node->window != WINDOW_NONE, node->needs_headers);
}

static void append_cell(buffer *out, const column *c, int64_t row) {
    if (column_is_null(c, row))
        buffer_append_text(out, "_");
    else if (c->type->base == SQL_BIGINT)
        buffer_format(out, "%lld", (long long)c->int64s[row]);
    else
        buffer_append(out, column_slice(c, row));
}

void operator_emit(operator* self, const batch *rows) {
    buffer *out = &self->task->results;
    const plan_node *node = self->node;
    int left_end = node->input_count == 2 ? node->key_count + node->inputs[0]->column_count : -1;
    for (int64_t row = 0; row < rows->rows; row++) {
        buffer_append_text(out, out->length ? "; " : "");
        buffer_append_byte(out, rows->change[row] > 0 ? '+' : '-');
        for (int c = 0; c < rows->column_count; c++) {
            bool bar = node->input_count == 2 && (c == node->key_count || c == left_end);
            buffer_append_text(out, c == 0 ? "" : bar ? "|" : " ");
            append_cell(out, rows->columns[c], row);
        }
        buffer_format(out, " @%lld", (long long)rows->rowtime[row]);
        if (rows->window_start)
            buffer_format(out, " [%lld-%lld]", (long long)rows->window_start[row],
                (long long)rows->window_end[row]);
    }
}

void operator_emit_watermark(operator* self, int64_t watermark_ms) {}

/* ---- building ---- */

typedef operator* (*operator_constructor)(const plan_node *node, task *t);

typedef struct fixture {
    operator_constructor create;
    task task;
    plan_node inputs[2], node;
    plan_column columns[2][4], outputs[9];
    expression foreign_key;
    const expression *foreign_keys[1];
    operator* operator;
    batch_builder *rows[2];
    char directory[TEMPORARY_DIRECTORY_BYTES];
    error problem;
} fixture;

static plan_column key_column = {{"K", 1}, &SQL_TYPE_BIGINT},
                   text_column = {{"V", 1}, &SQL_TYPE_VARCHAR};

static void fixture_input(fixture *f, int input, int columns, changelog_mode mode) {
    f->columns[input][0] = key_column;
    for (int i = 1; i < columns; i++)
        f->columns[input][i] = text_column;
    f->inputs[input] = (plan_node){.kind = PLAN_PROJECT,
        .column_count = columns,
        .columns = f->columns[input],
        .key_count = 1,
        .mode = mode};
    f->node.inputs[input] = &f->inputs[input];
}

/* A join of K, V with K, V. */
static inline fixture *fixture_join(operator_constructor create, plan_kind kind, join_kind join) {
    fixture *f = MEMORY_NEW(fixture);
    f->create = create;
    bool tables = kind == PLAN_TABLE_JOIN || kind == PLAN_FOREIGN_KEY_JOIN;
    fixture_input(f, 0, 2, tables ? CHANGELOG_UPSERT : CHANGELOG_APPEND);
    fixture_input(f, 1, 2, kind == PLAN_STREAM_JOIN ? CHANGELOG_APPEND : CHANGELOG_UPSERT);
    f->node.kind = kind;
    f->node.input_count = 2;
    f->node.mode = tables ? CHANGELOG_UPSERT : CHANGELOG_APPEND;
    f->node.join.kind = join;
    f->node.store = SLICE_LITERAL("Join1");
    f->task.results_per_row = true;
    return f;
}

/* One input K, V. */
static inline fixture *fixture_single(
    operator_constructor create, plan_kind kind, changelog_mode mode) {
    fixture *f = MEMORY_NEW(fixture);
    f->create = create;
    fixture_input(f, 0, 2, CHANGELOG_UPSERT);
    f->node.kind = kind;
    f->node.input_count = 1;
    f->node.mode = mode;
    f->node.store = SLICE_LITERAL("Single");
    f->task.results_per_row = true;
    return f;
}

static void fixture_create_operator(fixture *f) {
    f->operator= f->create(&f->node, &f->task);
    assert_true(f->operator->class->open(f->operator, & f->problem));
}

/* On disk when `on_disk`, so that it can be restarted. */
static void fixture_open(fixture *f, bool on_disk) {
    plan_node *node = &f->node;
    node->key_count = 1;
    if (node->input_count == 2) {
        f->outputs[node->column_count++] = key_column;
        for (int input = 0; input < 2; input++)
            for (int i = 0; i < f->inputs[input].column_count; i++)
                f->outputs[node->column_count++] = f->columns[input][i];
        node->columns = f->outputs;
    } else {
        node->column_count = f->inputs[0].column_count;
        node->columns = f->columns[0];
    }
    for (int input = 0; input < node->input_count; input++) {
        f->inputs[input].window = node->window;
        f->rows[input] = node_batch_builder(&f->inputs[input]);
    }
    if (on_disk)
        temporary_directory_make(f->directory, "join");
    f->task.state = state_open(on_disk ? slice_of(f->directory) : (slice){NULL, 0}, &f->problem);
    assert_non_null(f->task.state);
    fixture_create_operator(f);
}

static void fixture_close(fixture *f) {
    assert_false(error_is_set(&f->task.failure));
    f->operator->class->close(f->operator);
    state_close(f->task.state);
    if (f->directory[0])
        assert_true(state_remove(slice_of(f->directory), &f->problem));
    for (int input = 0; input < 2; input++)
        batch_builder_destroy(f->rows[input]);
    buffer_free(&f->task.results);
    memory_free(f);
}

/* ---- feeding ---- */

static void append_word(column *c, slice word) {
    int64_t number;
    if (slice_is(word, "_") || !word.length)
        column_append_null(c);
    else if (c->type->base == SQL_VARCHAR)
        column_append_bytes(c, word);
    else if (slice_to_int64(word, &number))
        column_append_int64(c, number);
    else
        fail_msg("not a number: %.*s", SLICE_ARG(word));
}

static int64_t take_number(slice *word, char before) {
    size_t length = 0;
    while (length < word->length && word->data[length] != before)
        length++;
    int64_t number = 0;
    assert_true(slice_to_int64(slice_make(word->data, length), &number));
    size_t skip = length < word->length ? length + 1 : length;
    *word = slice_make(word->data + skip, word->length - skip);
    return number;
}

/* Adds one row to its input's builder and returns the input. */
static int add_row(fixture *f, slice text) {
    int input = slice_is(take_word(&text), "R");
    batch_builder *b = f->rows[input];
    int64_t row = batch_builder_add_row(b, 0, CHANGE_INSERT);
    slice key = take_word(&text);
    if (key.data[0] == '-' || key.data[0] == '?') {
        b->change[row] = key.data[0] == '-' ? CHANGE_DELETE : CHANGE_EMPTY;
        key = slice_make(key.data + 1, key.length - 1);
    }
    append_word(b->columns[0], key);
    slice word = take_word(&text);
    for (int i = 1; i < b->column_count; i++) {
        bool ended = word.length && word.data[0] == '@';
        append_word(b->columns[i], ended ? (slice){"", 0} : word);
        if (!ended)
            word = take_word(&text);
    }
    word = slice_make(word.data + 1, word.length - 1);
    b->rowtime[row] = take_number(&word, ' ');
    word = take_word(&text);
    if (word.length) {
        word = slice_make(word.data + 1, word.length - 2);
        b->window_start[row] = take_number(&word, '-');
        b->window_end[row] = take_number(&word, '-');
    }
    return input;
}

static void push(fixture *f, int input) {
    if (f->rows[input]->rows)
        f->operator->class->batch(f->operator, input, batch_builder_view(f->rows[input]));
    batch_builder_clear(f->rows[input]);
}

/* Rows of one input that follow each other make a batch. */
static void feed(fixture *f, const char *rows) {
    slice text = slice_of(rows);
    int last = -1;
    while (text.length) {
        const char *end = memchr(text.data, ';', text.length);
        size_t length = end ? (size_t)(end - text.data) : text.length;
        slice row = slice_trim(slice_make(text.data, length));
        int input = row.data[0] == 'R';
        if (last >= 0 && input != last)
            push(f, last);
        last = add_row(f, row);
        size_t skip = end ? length + 1 : length;
        text = slice_make(text.data + skip, text.length - skip);
    }
    if (last >= 0)
        push(f, last);
}

static void commit(fixture *f) {
    if (f->operator->class->barrier)
        assert_true(f->operator->class->barrier(f->operator, & f->problem));
    assert_true(state_flush(f->task.state, NULL, NULL, &f->problem));
    assert_true(state_commit(f->task.state, &f->problem));
}

/* As after a crash: everything since the last commit is gone. */
static void restart(fixture *f) {
    f->operator->class->close(f->operator);
    state_close(f->task.state);
    f->task.state = state_open(slice_of(f->directory), &f->problem);
    fixture_create_operator(f);
}

static void expect(fixture *f, const char *expected) {
    buffer_append_byte(&f->task.results, 0);
    assert_string_equal(f->task.results.data, expected);
    buffer_clear(&f->task.results);
}

/* Feeds rows and expects their results. */
static void check(fixture *f, const char *rows, const char *expected) {
    feed(f, rows);
    expect(f, expected);
}
