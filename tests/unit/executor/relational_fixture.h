/* relational_fixture.h - a relational operator on its own, with rows and results as text.
 *
 * Columns of an input are a letter each: i BIGINT, n INTEGER, s VARCHAR, t TIMESTAMP, b BOOLEAN,
 * d DOUBLE. A row is its values and, when it has one, its time: "1 a @5", with "-" in front when it
 * is taken back; "_" is null. Rows are separated by "; ". A result is "+1 a" or "-1 a", a watermark
 * "W5". The operator's neighbours are stubs that stand in for a task.
 */
#include "executor/function/functions.h"
#include "tests/unit/executor/task_fixture.h"

batch_builder *node_batch_builder(const plan_node *node) {
    const sql_type *types[32];
    for (int i = 0; i < node->column_count; i++)
        types[i] = node->columns[i].type;
    return batch_builder_create(types, node->column_count, false, false, false);
}

static void append_cell(buffer *out, const column *c, int64_t row) {
    if (!c || column_is_null(c, row))
        buffer_append_text(out, "_");
    else if (c->type->base == SQL_BIGINT || c->type->base == SQL_TIMESTAMP)
        buffer_format(out, "%lld", (long long)c->int64s[row]);
    else if (c->type->base == SQL_INTEGER)
        buffer_format(out, "%d", c->int32s[row]);
    else if (c->type->base == SQL_DOUBLE)
        buffer_format(out, "%g", c->doubles[row]);
    else if (c->type->base == SQL_BOOLEAN)
        buffer_append_text(out, c->booleans[row] ? "true" : "false");
    else
        buffer_append(out, column_slice(c, row));
}

void operator_emit(operator* self, const batch *rows) {
    buffer *out = &self->task->results;
    for (int64_t row = 0; row < rows->rows; row++) {
        buffer_append_text(out, out->length ? "; " : "");
        buffer_append_byte(out, rows->change[row] > 0 ? '+' : '-');
        for (int c = 0; c < rows->column_count; c++) {
            buffer_append_text(out, c ? " " : "");
            append_cell(out, rows->columns[c], row);
        }
    }
}

void operator_emit_watermark(operator* self, int64_t watermark_ms) {
    buffer *out = &self->task->results;
    buffer_append_text(out, out->length ? "; " : "");
    if (watermark_ms == WATERMARK_IDLE)
        buffer_append_text(out, "idle");
    else if (watermark_ms == INT64_MAX)
        buffer_append_text(out, "end");
    else
        buffer_format(out, "W%lld", (long long)watermark_ms);
}

/* ---- building ---- */

typedef operator* (*operator_constructor)(const plan_node *node, task *t);

typedef struct fixture {
    arena *arena;
    operator_constructor create;
    task task;
    plan_node inputs[2], node;
    operator* operator;
    batch_builder *rows[2];
    char directory[TEMPORARY_DIRECTORY_BYTES];
    error problem;
} fixture;

static const sql_type *type_of_letter(char letter) {
    switch (letter) {
    case 'n':
        return &SQL_TYPE_INTEGER;
    case 's':
        return &SQL_TYPE_VARCHAR;
    case 't':
        return &SQL_TYPE_TIMESTAMP;
    case 'b':
        return &SQL_TYPE_BOOLEAN;
    case 'd':
        return &SQL_TYPE_DOUBLE;
    default:
        return &SQL_TYPE_BIGINT;
    }
}

static void add_columns(fixture *f, plan_node *node, const char *letters) {
    plan_column *columns = ARENA_ARRAY(f->arena, plan_column, 32);
    if (node->column_count)
        memcpy(columns, node->columns, sizeof *columns * (size_t)node->column_count);
    for (; *letters; letters++)
        columns[node->column_count++] = (plan_column){{letters, 1}, type_of_letter(*letters)};
    node->columns = columns;
}

static int64_t now_of_task(void *context) {
    return ((task *)context)->now_ms;
}

/* An operator with these input columns; `right` NULL: it has one input. */
static fixture *fixture_create(
    operator_constructor create, plan_kind kind, const char *left, const char *right) {
    functions_register_all();
    fixture *f = MEMORY_NEW(fixture);
    f->arena = arena_create();
    f->create = create;
    f->task.clock = (clock_source){now_of_task, &f->task};
    f->node.kind = kind;
    f->node.store = SLICE_LITERAL("Store");
    f->node.mode = CHANGELOG_RETRACT;
    f->node.input_count = right ? 2 : 1;
    f->task.results_per_row = true;
    for (int i = 0; i < f->node.input_count; i++) {
        f->inputs[i].kind = PLAN_PROJECT;
        f->inputs[i].id = i;
        add_columns(f, &f->inputs[i], i ? right : left);
        f->node.inputs[i] = &f->inputs[i];
    }
    return f;
}

static inline int *numbers(fixture *f, int count, ...) {
    int *list = ARENA_ARRAY(f->arena, int, count + 1);
    va_list all;
    va_start(all, count);
    for (int i = 0; i < count; i++)
        list[i] = va_arg(all, int);
    va_end(all);
    return list;
}

/* A call of an aggregate over one column (-1: none). */
static inline plan_call call_of(fixture *f, const char *name, int argument) {
    function_argument given = {.type = argument < 0 ? NULL : f->inputs[0].columns[argument].type};
    function_binding binding;
    assert_true(function_bind_flink(
        f->arena, slice_of(name), &given, argument >= 0, &binding, &f->problem));
    return (plan_call){.function = binding.overload,
        .descriptor = binding.function,
        .argument_count = argument >= 0,
        .arguments = numbers(f, 1, argument),
        .result = binding.result,
        .filter = -1};
}

static inline const expression *column_expression(fixture *f, const sql_type *type, int index) {
    expression *e = ARENA_NEW(f->arena, expression);
    *e = (expression){.kind = EXPRESSION_COLUMN, .type = type, .index = index};
    return e;
}

static inline const expression *compare_columns(
    fixture *f, const sql_type *type, int a, compare_operator how, int b) {
    const expression **arguments = ARENA_ARRAY(f->arena, const expression *, 2);
    arguments[0] = column_expression(f, type, a);
    arguments[1] = column_expression(f, type, b);
    expression *e = ARENA_NEW(f->arena, expression);
    *e = (expression){.kind = EXPRESSION_COMPARE,
        .type = &SQL_TYPE_BOOLEAN,
        .argument_count = 2,
        .arguments = arguments,
        .compare = how};
    return e;
}

static void create_operator(fixture *f) {
    f->operator= f->create(&f->node, &f->task);
    if (f->operator->class->open && !f->operator->class->open(f->operator, & f->problem))
        fail_msg("%s", f->problem.message);
}

/* With the types of its output columns. On disk, so that it can be restarted. */
static void fixture_open(fixture *f, const char *outputs) {
    add_columns(f, &f->node, outputs);
    for (int input = 0; input < f->node.input_count; input++)
        f->rows[input] = node_batch_builder(&f->inputs[input]);
    temporary_directory_make(f->directory, "relational");
    f->task.state = state_open(slice_of(f->directory), &f->problem);
    assert_non_null(f->task.state);
    create_operator(f);
}

static void fixture_close(fixture *f) {
    assert_false(error_is_set(&f->task.failure));
    f->operator->class->close(f->operator);
    state_close(f->task.state);
    assert_true(state_remove(slice_of(f->directory), &f->problem));
    for (int input = 0; input < 2; input++)
        batch_builder_destroy(f->rows[input]);
    buffer_free(&f->task.results);
    arena_destroy(f->arena);
    memory_free(f);
}

/* ---- feeding ---- */

static void append_word(column *c, slice word) {
    int64_t number = 0;
    double real = 0;
    if (slice_is(word, "_") || !word.length)
        column_append_null(c);
    else if (c->type->base == SQL_VARCHAR)
        column_append_bytes(c, word);
    else if (c->type->base == SQL_BOOLEAN)
        column_append_boolean(c, slice_is(word, "true"));
    else if (c->type->base == SQL_DOUBLE && slice_to_double(word, &real))
        column_append_double(c, real);
    else if (!slice_to_int64(word, &number))
        fail_msg("not a number: %.*s", SLICE_ARG(word));
    else if (c->type->base == SQL_INTEGER)
        column_append_int32(c, (int32_t)number);
    else
        column_append_int64(c, number);
}

static void add_row(batch_builder *b, slice text) {
    int8_t change = CHANGE_INSERT;
    if (text.data[0] == '-') {
        change = CHANGE_DELETE;
        text = slice_make(text.data + 1, text.length - 1);
    }
    int64_t row = batch_builder_add_row(b, 0, change);
    for (int i = 0; i < b->column_count; i++)
        append_word(b->columns[i], take_word(&text));
    slice time = take_word(&text);
    if (time.length)
        assert_true(slice_to_int64(slice_make(time.data + 1, time.length - 1), &b->rowtime[row]));
}

/* The rows make a batch. */
static void feed(fixture *f, int input, const char *rows) {
    slice text = slice_of(rows);
    batch_builder *b = f->rows[input];
    batch_builder_clear(b);
    while (text.length) {
        const char *end = memchr(text.data, ';', text.length);
        size_t length = end ? (size_t)(end - text.data) : text.length;
        add_row(b, slice_trim(slice_make(text.data, length)));
        size_t skip = end ? length + 1 : length;
        text = slice_make(text.data + skip, text.length - skip);
    }
    f->operator->class->batch(f->operator, input, batch_builder_view(b));
}

static void commit(fixture *f) {
    if (f->operator->class->barrier)
        assert_true(f->operator->class->barrier(f->operator, & f->problem));
    assert_true(state_flush(f->task.state, NULL, NULL, &f->problem));
    assert_true(state_commit(f->task.state, &f->problem));
}

/* As after a crash: everything since the last commit is gone. */
static inline void restart(fixture *f) {
    f->operator->class->close(f->operator);
    state_close(f->task.state);
    f->task.state = state_open(slice_of(f->directory), &f->problem);
    create_operator(f);
}

static void expect(fixture *f, const char *expected) {
    buffer_append_byte(&f->task.results, 0);
    assert_string_equal(f->task.results.data, expected);
    buffer_clear(&f->task.results);
}

/* Feeds rows to the first input and expects their results. */
static inline void check(fixture *f, const char *rows, const char *expected) {
    feed(f, 0, rows);
    expect(f, expected);
}

static inline void check_right(fixture *f, const char *rows, const char *expected) {
    feed(f, 1, rows);
    expect(f, expected);
}

static inline void tell_time(fixture *f, int input, int64_t watermark_ms) {
    if (f->operator->class->watermark)
        f->operator->class->watermark(f->operator, input, watermark_ms);
}

static inline void check_time(fixture *f, int64_t watermark_ms, const char *expected) {
    tell_time(f, 0, watermark_ms);
    expect(f, expected);
}

static inline void check_commit(fixture *f, const char *expected) {
    commit(f);
    expect(f, expected);
}
