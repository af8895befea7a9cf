/* expression_fuzz.c - whatever the expression, it runs over rows or is refused with a message.
 *
 * An input is one expression over columns of every type, with rows of ordinary values, of extreme
 * values and of nulls. It is analyzed, compiled and run twice: a program gives one row for each row
 * of its input, of the type that was promised, and its registers, which it uses again, do not
 * change what it gives.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "executor/expression/program.h"
#include "executor/function/functions.h"
#include "executor/function/json_value.h"
#include "parser/parser.h"
#include "planner/expression_analysis.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- the rows ---- */

static const struct {
    const char *name, *rows;
} COLUMNS[] = {
    {"I", "ARRAY[1, -2147483648, 2147483647, null]"},
    {"B", "ARRAY[CAST(7 AS BIGINT), -9223372036854775808, 9223372036854775807, null]"},
    {"D", "ARRAY[1.5e0, -1.7e308, 0e0, null]"},
    {"F", "ARRAY[true, false, true, null]"},
    {"V", "ARRAY['a,b c', '', '{\"a\": [1, \"\u00e9\"]}', null]"},
    {"Y", "ARRAY[TO_BYTES('616263', 'hex'), TO_BYTES('', 'hex'), TO_BYTES('FF00', 'hex'), null]"},
    {"N", "ARRAY[CAST(1.250 AS DECIMAL(9, 3)), CAST(-999999.999 AS DECIMAL(9, 3)), "
          "CAST(0 AS DECIMAL(9, 3)), null]"},
    {"DA", "ARRAY[PARSE_DATE('2024-02-29', 'yyyy-MM-dd'), FROM_DAYS(-800000), FROM_DAYS(2932896), "
           "null]"},
    {"TS", "ARRAY[FROM_UNIXTIME(1700000000000), FROM_UNIXTIME(-9223372036854775808), "
           "FROM_UNIXTIME(9223372036854775807), null]"},
    {"A", "ARRAY[ARRAY[3, 1, 2], ARRAY[CAST(null AS INT)], ARRAY[1, 1], null]"},
    {"AV", "ARRAY[ARRAY['x', 'y'], ARRAY['', null], ARRAY['x', 'x'], null]"},
    {"M", "ARRAY[MAP('a' := 1, 'b' := 2), MAP('' := CAST(null AS INT)), MAP('z' := 0), null]"},
    {"R", "ARRAY[STRUCT(x := 1, y := ARRAY['q']), STRUCT(x := CAST(null AS INT), y := "
          "CAST(null AS ARRAY<STRING>)), STRUCT(x := 3, y := ARRAY['w']), null]"},
};
enum { COUNT = sizeof COLUMNS / sizeof *COLUMNS, ROWS = 4 };

static scope_column names[COUNT];
static column *inputs[COUNT];
static arena *for_ever; /* their types */

static void require(bool condition, const char *what) {
    if (condition)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

/* ---- literals, which the scope's owner destroys ---- */

typedef struct literals {
    column **items;
    int count;
} literals;

static column *own(void *context, column *literal) {
    literals *l = context;
    l->items = memory_resize(l->items, sizeof *l->items * (size_t)(l->count + 1));
    return l->items[l->count++] = literal;
}

static void literals_free(literals *l) {
    for (int i = 0; i < l->count; i++)
        column_destroy(l->items[i]);
    memory_free(l->items);
}

/* ---- making the rows ---- */

static void make_column(int i) {
    error e = {0};
    literals owned = {0};
    arena *a = arena_create();
    expression_scope scope = {.arena = a, .context = &owned, .own = own};
    ast_expression *ast = parser_parse_expression(a, slice_of(COLUMNS[i].rows), &e);
    require(ast != NULL, e.message);
    const expression *rows = expression_analyze(&scope, ast, &e);
    require(rows != NULL, e.message);
    column *array = program_evaluate_constant(rows, &e);
    require(array != NULL, e.message);
    require(!column_is_null(array, 0), COLUMNS[i].rows);
    const sql_type *type = sql_type_copy(for_ever, array->type->element);
    inputs[i] = column_create(type);
    column_append_rows(inputs[i], array->children[0], 0, ROWS);
    names[i] = (scope_column){
        .source = SLICE_LITERAL("T"), .name = slice_of(COLUMNS[i].name), .type = type, .index = i};
    column_destroy(array);
    literals_free(&owned);
    arena_destroy(a);
}

/* Writes the functions' examples into a folder, as a first corpus. */
static void write_examples(const char *folder) {
    int count;
    const function_descriptor *const *all = function_all(&count);
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, all[i]->name);
        FILE *file = all[i]->example ? fopen(path, "w") : NULL;
        if (!file)
            continue;
        fputs(all[i]->example, file);
        fclose(file);
    }
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    functions_register_all();
    if (getenv("FUZZ_EXAMPLES")) {
        write_examples(getenv("FUZZ_EXAMPLES"));
        exit(0);
    }
    for_ever = arena_create();
    for (int i = 0; i < COUNT; i++)
        make_column(i);
    return 0;
}

/* ---- one expression ---- */

static void note_failed(void *context, int64_t row, int expression, const char *message) {
    require(row >= 0 && row < ROWS && message[0], "a failed row without words");
}

static void run(program *p, const sql_type *type, buffer *out) {
    int64_t rowtime[ROWS] = {0};
    int8_t change[ROWS] = {1, 1, 1, 1};
    batch input = {.rows = ROWS,
        .column_count = COUNT,
        .columns = inputs,
        .rowtime = rowtime,
        .change = change};
    const column *result;
    program_run(p, &input, &result, &(program_report){note_failed, NULL});
    require(result->length == ROWS, "one result a row");
    require(sql_type_equal(result->type, type), "a result of another type");
    for (int64_t row = 0; row < ROWS; row++)
        json_value_append(out, result, row);
}

/* Random values, and those of the clock, differ from run to run. */
static bool is_repeatable(slice sql) {
    arena *a = arena_create();
    slice upper = arena_upper(a, sql);
    bool repeatable = !memmem(upper.data, upper.length, "RANDOM", 6) &&
                      !memmem(upper.data, upper.length, "UUID", 4) &&
                      !memmem(upper.data, upper.length, "UNIX_", 5) &&
                      !memmem(upper.data, upper.length, "NOW", 3);
    arena_destroy(a);
    return repeatable;
}

static void check(const expression *node, slice sql, error *e) {
    program *p = program_compile(&node, 1, e);
    if (!p) {
        require(e->message[0] != 0, "refused without a message");
        return;
    }
    buffer first = {0}, second = {0};
    run(p, node->type, &first);
    run(p, node->type, &second);
    require(!is_repeatable(sql) || slice_equal(buffer_slice(&first), buffer_slice(&second)),
        "the second run gives something else");
    buffer_free(&first);
    buffer_free(&second);
    program_destroy(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    error e = {0};
    literals owned = {0};
    arena *a = arena_create();
    char *copy = memory_allocate(size); /* of the exact size, for the sanitizer */
    memcpy(copy, data, size);
    slice sql = slice_make(copy, size);
    expression_scope scope = {
        .arena = a, .columns = names, .column_count = COUNT, .context = &owned, .own = own};
    ast_expression *ast = parser_parse_expression(a, sql, &e);
    const expression *node = ast ? expression_analyze(&scope, ast, &e) : NULL;
    if (node)
        check(node, sql, &e);
    else
        require(e.message[0] != 0, "refused without a message");
    literals_free(&owned);
    memory_free(copy);
    arena_destroy(a);
    return 0;
}
