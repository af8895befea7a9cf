/* aggregate_fixture.h - an AGGREGATE operator on its own, with rows and results as text.
 *
 * Input columns are K (the key), V and W. A row is written "KEY V W @TIME", with "-" in front when
 * it leaves and "?" when it is a record without a value; "_" is null and missing columns are null.
 * A result is "+KEY RESULT... @TIME", with " [START-END]" when there are windows. Rows are
 * separated by "; ". Everything stands in for a task: the operator's neighbours are stubs.
 */
#include "base/decimal.h"
#include "executor/operator/aggregate.h"
#include "tests/unit/executor/task_fixture.h"

static inline void append_value(buffer *out, const column *c, int64_t row) {
    if (column_is_null(c, row)) {
        buffer_append_text(out, "null");
        return;
    }
    switch (c->type->base) {
    case SQL_BOOLEAN:
        buffer_append_text(out, c->booleans[row] ? "true" : "false");
        break;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        buffer_format(out, "%d", c->int32s[row]);
        break;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        buffer_format(out, "%lld", (long long)c->int64s[row]);
        break;
    case SQL_DOUBLE:
        buffer_format(out, "%.12g", c->doubles[row]);
        break;
    case SQL_DECIMAL:
        decimal_append(out, c->decimals[row], c->type->scale);
        break;
    case SQL_VARCHAR:
    case SQL_BYTES:
        buffer_append(out, column_slice(c, row));
        break;
    case SQL_ARRAY:
    case SQL_MAP:
        buffer_append_byte(out, '[');
        for (int32_t i = c->offsets[row]; i < c->offsets[row + 1]; i++) {
            if (i > c->offsets[row])
                buffer_append_byte(out, ',');
            append_value(out, c->children[0], i);
            if (c->child_count == 2) {
                buffer_append_byte(out, ':');
                append_value(out, c->children[1], i);
            }
        }
        buffer_append_byte(out, ']');
        break;
    case SQL_STRUCT:
        for (int i = 0; i < c->child_count; i++) {
            buffer_append_byte(out, i ? '/' : '(');
            append_value(out, c->children[i], row);
        }
        buffer_append_byte(out, ')');
        break;
    default:
        buffer_append_byte(out, '?');
    }
}

void operator_emit(operator* self, const batch *rows) {
    buffer *out = &self->task->results;
    for (int64_t row = 0; row < rows->rows; row++) {
        buffer_append_text(out, out->length ? "; " : "");
        buffer_append_byte(out, rows->change[row] > 0 ? '+' : '-');
        for (int c = 0; c < rows->column_count; c++) {
            buffer_append_text(out, c ? " " : "");
            append_value(out, rows->columns[c], row);
        }
        buffer_format(out, " @%lld", (long long)rows->rowtime[row]);
        if (rows->window_start)
            buffer_format(out, " [%lld-%lld]", (long long)rows->window_start[row],
                (long long)rows->window_end[row]);
    }
}

void operator_emit_watermark(operator* self, int64_t watermark_ms) {
    buffer *out = &self->task->results;
    buffer_format(out, "%swatermark %lld", out->length ? "; " : "", (long long)watermark_ms);
}

/* ---- building an operator ---- */

typedef struct aggregate_fixture {
    arena *arena;
    task task;
    plan_node input, node;
    plan_column columns[3], outputs[8];
    plan_aggregate aggregates[7];
    int arguments[2];
    operator* operator;
    batch_builder *rows;
    error problem;
} aggregate_fixture;

static inline int begin(void **unused) {
    static bool registered;
    if (!registered)
        aggregate_functions_register();
    registered = true;
    return 0;
}

/* Columns K, V and W of these types; NULL: BIGINT. */
static inline aggregate_fixture *fixture_make(
    const sql_type *k, const sql_type *v, const sql_type *w) {
    aggregate_fixture *f = MEMORY_NEW(aggregate_fixture);
    f->arena = arena_create();
    const sql_type *types[] = {
        k ? k : &SQL_TYPE_BIGINT, v ? v : &SQL_TYPE_BIGINT, w ? w : &SQL_TYPE_BIGINT};
    for (int i = 0; i < 3; i++)
        f->columns[i] = (plan_column){SLICE_LITERAL("KVW"), types[i]};
    f->arguments[0] = 1;
    f->arguments[1] = 2;
    f->input =
        (plan_node){.kind = PLAN_PROJECT, .column_count = 3, .columns = f->columns, .key_count = 1};
    f->outputs[0] = f->columns[0];
    f->node = (plan_node){.kind = PLAN_AGGREGATE,
        .column_count = 1,
        .columns = f->outputs,
        .key_count = 1,
        .mode = CHANGELOG_UPSERT,
        .input_count = 1,
        .inputs = {&f->input},
        .store = SLICE_LITERAL("Aggregate-Materialize")};
    f->node.aggregate.aggregates = f->aggregates;
    f->rows = batch_builder_create(types, 3, true, false, false);
    f->task.state = state_open((slice){NULL, 0}, &f->problem);
    f->task.results_per_row = true;
    return f;
}

/* NAME over V (and W, when `columns` is 2; none when 0) with literal arguments. */
static inline plan_aggregate *fixture_add(
    aggregate_fixture *f, const char *name, int columns, int constant_count, column **constants) {
    function_argument arguments[8] = {0};
    for (int i = 0; i < columns; i++)
        arguments[i].type = f->columns[f->arguments[i]].type;
    for (int i = 0; i < constant_count; i++)
        arguments[columns + i].type = constants[i]->type;
    function_binding binding;
    bool bound = function_bind(
        f->arena, slice_of(name), arguments, columns + constant_count, &binding, &f->problem);
    if (!bound)
        fail_msg("%s", f->problem.message);
    int index = f->node.aggregate.aggregate_count++;
    column **kept = ARENA_ARRAY(f->arena, column *, 4);
    for (int i = 0; i < constant_count; i++)
        kept[i] = constants[i];
    f->aggregates[index] = (plan_aggregate){.function = binding.overload,
        .descriptor = binding.function,
        .argument_count = columns,
        .arguments = f->arguments,
        .constants = (const column *const *)kept,
        .constant_count = constant_count,
        .result = binding.result};
    f->outputs[f->node.column_count++] = (plan_column){SLICE_LITERAL("A"), binding.result};
    return &f->aggregates[index];
}

/* Input is a table: rows leave. */
static inline void fixture_over_table(aggregate_fixture *f) {
    f->input.mode = CHANGELOG_RETRACT;
}

static inline void fixture_window(aggregate_fixture *f, plan_window window) {
    if (!window.retention_ms)
        window.retention_ms = window.size_ms + window.grace_ms;
    f->node.aggregate.window = window;
    f->node.window = window.kind;
}

static inline bool fixture_try_open(aggregate_fixture *f) {
    f->operator= aggregate_operator_create(&f->node, &f->task);
    f->task.sink.task = &f->task;
    f->operator->next = & f->task.sink;
    return f->operator->class->open(f->operator, & f->problem);
}

static inline void fixture_open(aggregate_fixture *f) {
    if (!fixture_try_open(f))
        fail_msg("%s", f->problem.message);
}

static inline void fixture_close(aggregate_fixture *f) {
    if (f->operator)
        f->operator->class->close(f->operator);
    for (int a = 0; a < f->node.aggregate.aggregate_count; a++)
        for (int i = 0; i < f->aggregates[a].constant_count; i++)
            column_destroy((column *)f->aggregates[a].constants[i]);
    batch_builder_destroy(f->rows);
    buffer_free(&f->task.results);
    state_close(f->task.state);
    arena_destroy(f->arena);
    memory_free(f);
}

/* ---- rows in, results out ---- */

static inline slice next_word(slice *text, char end) {
    const char *at = memchr(text->data, end, text->length);
    size_t length = at ? (size_t)(at - text->data) : text->length;
    slice word = slice_make(text->data, length);
    size_t used = at ? length + 1 : length;
    *text = slice_make(text->data + used, text->length - used);
    return word;
}

static inline void append_word(column *c, slice word) {
    int64_t integer = 0;
    double number = 0;
    if (word.length == 0 || slice_is(word, "_")) {
        column_append_null(c);
        return;
    }
    switch (c->type->base) {
    case SQL_BOOLEAN:
        column_append_boolean(c, slice_is(word, "true"));
        break;
    case SQL_INTEGER:
    case SQL_DATE:
    case SQL_TIME:
        assert_true(slice_to_int64(word, &integer));
        column_append_int32(c, (int32_t)integer);
        break;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        assert_true(slice_to_int64(word, &integer));
        column_append_int64(c, integer);
        break;
    case SQL_DOUBLE:
        assert_true(slice_to_double(word, &number));
        column_append_double(c, number);
        break;
    case SQL_DECIMAL: {
        decimal128 value;
        assert_int_equal(
            decimal_parse(word, c->type->precision, c->type->scale, DECIMAL_EXACT, &value),
            DECIMAL_OK);
        column_append_decimal(c, value);
        break;
    }
    case SQL_ARRAY:
        while (word.length)
            append_word(c->children[0], next_word(&word, ','));
        column_append_nested(c);
        break;
    case SQL_STRUCT:
        for (int i = 0; i < c->child_count; i++)
            append_word(c->children[i], next_word(&word, '/'));
        column_append_nested(c);
        break;
    default:
        column_append_bytes(c, word);
    }
}

static inline void add_row(aggregate_fixture *f, slice line) {
    int8_t change = CHANGE_INSERT;
    line = slice_trim(line);
    if (line.data[0] == '-' && line.length > 1 && line.data[1] == ' ')
        change = CHANGE_DELETE;
    else if (line.data[0] == '?')
        change = CHANGE_EMPTY;
    if (change != CHANGE_INSERT)
        line = slice_make(line.data + 2, line.length - 2);
    slice values = next_word(&line, '@');
    int64_t time = 0;
    if (line.length)
        assert_true(slice_to_int64(line, &time));
    batch_builder_add_row(f->rows, time, change);
    values = slice_trim(values);
    for (int c = 0; c < 3; c++)
        append_word(f->rows->columns[c], next_word(&values, ' '));
}

/* Gives one batch to the operator. */
static inline void feed(aggregate_fixture *f, const char *text) {
    slice rest = slice_of(text);
    batch_builder_clear(f->rows);
    while (rest.length)
        add_row(f, next_word(&rest, ';'));
    f->operator->class->batch(f->operator, 0, batch_builder_view(f->rows));
    assert_false(error_is_set(&f->task.failure));
}

/* One row of V 1 each for keys from `first` on, as one batch. K and V are BIGINTs. */
static inline void feed_keys(aggregate_fixture *f, int64_t first, int64_t count, int64_t time) {
    batch_builder_clear(f->rows);
    for (int64_t key = first; key < first + count; key++) {
        batch_builder_add_row(f->rows, time, CHANGE_INSERT);
        column_append_int64(f->rows->columns[0], key);
        column_append_int64(f->rows->columns[1], 1);
        column_append_null(f->rows->columns[2]);
    }
    f->operator->class->batch(f->operator, 0, batch_builder_view(f->rows));
}

/* How often this comes in what was emitted since the last look. */
static inline int64_t count_results(aggregate_fixture *f, const char *text) {
    int64_t count = 0;
    buffer *results = &f->task.results;
    buffer_append_byte(results, 0);
    const char *at = results->data, *end = at + results->length;
    for (; (at = memchr(at, text[0], (size_t)(end - at))); at++)
        count += strncmp(at, text, strlen(text)) == 0;
    buffer_clear(results);
    return count;
}

/* After a restart: what the store has of the first group is damaged, and a row of it comes. */
static inline void feed_damaged(aggregate_fixture *f, const char *row) {
    store *st = state_store(f->task.state, f->node.store, 0, &f->problem);
    slice key, value;
    store_cursor *c = store_cursor_open(st, SLICE_LITERAL("\1"), SLICE_LITERAL("\2"));
    assert_true(store_cursor_next(c, &key, &value));
    buffer copy = {0};
    buffer_append(&copy, key);
    store_cursor_close(c);
    store_put(st, buffer_slice(&copy), SLICE_LITERAL("short"));
    buffer_free(&copy);
    batch_builder_clear(f->rows);
    add_row(f, slice_of(row));
    f->operator->class->batch(f->operator, 0, batch_builder_view(f->rows));
}

/* What was emitted since the last look. */
static inline void expect(aggregate_fixture *f, const char *expected) {
    buffer_append_byte(&f->task.results, 0);
    assert_string_equal(f->task.results.data, expected);
    buffer_clear(&f->task.results);
}

static inline void barrier(aggregate_fixture *f) {
    if (!f->operator->class->barrier(f->operator, & f->problem))
        fail_msg("%s", f->problem.message);
}

static inline void commit(aggregate_fixture *f) {
    barrier(f);
    assert_true(state_flush(f->task.state, NULL, NULL, &f->problem));
    assert_true(state_commit(f->task.state, &f->problem));
}

/* Commits, forgets everything in memory, and starts again from the store. */
static inline void restart(aggregate_fixture *f) {
    commit(f);
    f->operator->class->close(f->operator);
    fixture_open(f);
}
