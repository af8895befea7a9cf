/* parser_fuzz.c - whatever the text, the parser neither crashes nor contradicts itself.
 *
 * What is checked beside memory safety: a refusal has a message; a statement that parses prints to
 * a text that parses, and that prints to itself; the pieces a text is cut into cover every
 * statement.
 *
 *   clang -fsanitize=fuzzer,address,undefined ... && ./parser_fuzz tests/fuzz/seeds/parser
 *
 * Built without libFuzzer (-DFUZZ_STANDALONE) it mutates each statement of the seeds by itself; a
 * number per mutation, counted up from the first one given, makes every run repeatable:
 *   ./parser_fuzz RUNS FIRST FILE...
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "parser/ast_format.h"
#include "parser/lexer.h"
#include "parser/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t inputs, accepted;

static void require(bool condition, const char *what, slice text) {
    if (condition)
        return;
    fprintf(stderr, "%s:\n%.*s\n", what, SLICE_ARG(text));
    abort();
}

static bool lookup(void *context, slice name, slice *value) {
    *value = name;
    return name.length % 2 == 0;
}

static void check_round_trip(arena *a, const ast_statement *statement) {
    error e;
    slice once = ast_format_statement(a, statement);
    ast_statement *again = parser_parse_statement(a, once, &e);
    /* Printing adds parentheses, and the grammar's stack is what bounds those. */
    require(again || e.code == ERROR_LIMIT, e.message, once);
    if (again)
        require(slice_equal(ast_format_statement(a, again), once), "prints differently", once);
}

static void check_script(arena *a, slice text) {
    error e;
    ast_script script;
    if (!parser_parse_script(a, text, &script, &e)) {
        require(e.code != ERROR_NONE && e.message[0], "refused without a message", text);
        return;
    }
    accepted += script.count > 0;
    for (int i = 0; i < script.count; i++)
        check_round_trip(a, script.items[i]);
    int pieces = 0;
    parser_piece piece = {0};
    do {
        piece = parser_split(text, piece.next);
        pieces += piece.end != PARSER_PIECE_EMPTY;
    } while (piece.end == PARSER_PIECE_STATEMENT);
    require(pieces == script.count, "is cut differently than it parses", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    error e;
    arena *a = arena_create();
    inputs++;
    /* A copy of its own size, so that reading past the end is seen. */
    char *copy = memory_allocate(size);
    memcpy(copy, data, size);
    slice text = slice_make(copy, size), substituted;
    ast_column_list columns;
    check_script(a, text);
    parser_substitute(a, text, lookup, NULL, &substituted, &e);
    parser_parse_schema(a, text, &columns, &e);
    parser_parse_type(a, text, &e);
    parser_parse_expression(a, text, &e);
    memory_free(copy);
    arena_destroy(a);
    return 0;
}

#ifdef FUZZ_STANDALONE

static uint64_t state;

static uint32_t random_below(uint32_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % bound;
}

static void read_seed(const char *path, buffer *out) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return;
    char chunk[4096];
    for (size_t got; (got = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buffer_append_bytes(out, chunk, got);
    fclose(file);
}

/* A token of the text, any one; an empty slice at its end when there is none. */
static slice random_token(slice text) {
    lexer l = {text, random_below((uint32_t)text.length)};
    return lexer_next(&l).text;
}

/* Puts `with` in the place of bytes of the buffer; `with` is not part of it. */
static void replace(buffer *out, size_t at, size_t length, slice with) {
    buffer_reserve(out, with.length);
    memmove(out->data + at + with.length, out->data + at + length, out->length - at - length);
    memcpy(out->data + at, with.data, with.length);
    out->length += with.length - length;
}

/* Changes a byte, or puts a token or a run of tokens of the seed before or over another token. */
static void mutate(slice seed, buffer *out) {
    buffer_clear(out);
    buffer_append(out, seed);
    for (uint32_t i = random_below(3) + 1; i > 0 && out->length > 0; i--) {
        slice target = random_token(buffer_slice(out)), source = random_token(seed);
        size_t rest = (size_t)(seed.data + seed.length - source.data);
        size_t at = (size_t)(target.data - out->data);
        uint32_t choice = random_below(8);
        if (choice == 0)
            out->data[random_below((uint32_t)out->length)] = (char)random_below(256);
        else if (choice == 1)
            replace(out, at, target.length, SLICE_LITERAL(""));
        else if (choice == 2)
            replace(out, at, 0, slice_make(source.data, random_below((uint32_t)rest + 1)));
        else
            replace(out, at, choice < 6 ? target.length : 0, source);
    }
}

/* Runs one statement, and as many mutations of it as asked for. */
static void run_seed(slice statement, int64_t runs, int64_t first) {
    buffer text = {0};
    LLVMFuzzerTestOneInput((const uint8_t *)statement.data, statement.length);
    for (int64_t run = 0; run < runs; run++) {
        state = (uint64_t)(first + run);
        random_below(1);
        mutate(statement, &text);
        LLVMFuzzerTestOneInput((const uint8_t *)text.data, text.length);
    }
    buffer_free(&text);
}

int main(int count, char **arguments) {
    int64_t runs = 0, first = 0;
    if (count < 4 || !slice_to_int64(slice_of(arguments[1]), &runs) ||
        !slice_to_int64(slice_of(arguments[2]), &first))
        return 2;
    for (int i = 3; i < count; i++) {
        buffer file = {0};
        read_seed(arguments[i], &file);
        parser_piece piece = {0};
        do {
            piece = parser_split(buffer_slice(&file), piece.next);
            if (piece.end != PARSER_PIECE_EMPTY)
                run_seed(piece.text, runs, first);
        } while (piece.end == PARSER_PIECE_STATEMENT);
        buffer_free(&file);
    }
    printf("%lld inputs, %lld of them SQL\n", (long long)inputs, (long long)accepted);
    return 0;
}

#endif
