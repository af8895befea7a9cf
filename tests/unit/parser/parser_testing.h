/* parser_testing.h - what the parser's tests share: parse a text, compare what comes back. */
#ifndef SLUICE_TESTS_PARSER_TESTING_H
#define SLUICE_TESTS_PARSER_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parser/ast_format.h"
#include "parser/parser.h"

static arena *test_arena;

static inline int setup_arena(void **state) {
    test_arena = arena_create();
    return 0;
}

static inline int teardown_arena(void **state) {
    arena_destroy(test_arena);
    return 0;
}

#define parser_unit_test(f) cmocka_unit_test_setup_teardown(f, setup_arena, teardown_arena)

static inline void assert_slice(slice actual, const char *expected) {
    assert_string_equal(arena_format(test_arena, "%.*s", SLICE_ARG(actual)).data, expected);
}

/* The statement, which must parse. */
static inline ast_statement *statement(const char *sql) {
    error e;
    ast_statement *s = parser_parse_statement(test_arena, slice_of(sql), &e);
    if (!s)
        fail_msg("%s\n  %s", sql, e.message);
    return s;
}

static inline ast_query *query(const char *sql) {
    ast_statement *s = statement(sql);
    assert_int_equal(s->kind, AST_STATEMENT_QUERY);
    return s->query;
}

static inline ast_expression *expression(const char *sql) {
    error e;
    ast_expression *x = parser_parse_expression(test_arena, slice_of(sql), &e);
    if (!x)
        fail_msg("%s\n  %s", sql, e.message);
    return x;
}

/* The canonical text of an expression is `expected`, and parses to itself. */
static inline void assert_expression(const char *sql, const char *expected) {
    assert_slice(ast_format_expression(test_arena, expression(sql)), expected);
    assert_slice(ast_format_expression(test_arena, expression(expected)), expected);
}

static inline void assert_statement(const char *sql, const char *expected) {
    assert_slice(ast_format_statement(test_arena, statement(sql)), expected);
    assert_slice(ast_format_statement(test_arena, statement(expected)), expected);
}

/* A statement whose text is canonical already. */
static inline void assert_canonical(const char *sql) {
    assert_statement(sql, sql);
}

/* The part of sql that the span covers. */
static inline void assert_span(const char *sql, source_span span, const char *covered) {
    assert_true(span.offset >= 0);
    assert_slice(slice_make(sql + span.offset, (size_t)span.length), covered);
}

#endif
