/* Equality of schemas and references, without a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/embedded_registry.h"
#include "server/registry_compatibility.h"
#include "server/registry_text.h"

#define TEXT(literal) SLICE_LITERAL(literal)

static arena *memory;

static void assert_text(slice actual, const char *expected) {
    assert_string_equal(arena_copy(memory, actual).data, expected);
}

static void equal_schemas_have_one_identity(void **state) {
    slice none = TEXT("");
    assert_text(registry_identity(memory, TEXT("AVRO"), TEXT(" { \"type\" :\n\"long\" }"), none),
        "\"long\"");
    assert_text(registry_identity(memory, TEXT("JSON"), TEXT("{ \"a b\\\" \": [1, 2.50] }"), none),
        "{\"a b\\\" \":[1,2.50]}");
    assert_text(registry_identity(memory, TEXT("PROTOBUF"),
                    TEXT("message M { // \"x\n  int32 a = 1; /* b */ string s=2; }"), none),
        "message M{int32 a=1;string s=2;}");
    assert_text(
        registry_identity(memory, TEXT("AVRO"), TEXT("\"x\""), TEXT("[{}]")), "\"x\"\n[{}]");
    /* Broken texts end somewhere, too. */
    assert_text(registry_store_text(memory, TEXT("JSON"), TEXT("\"a\\")), "\"a\\");
    assert_text(registry_identity(memory, TEXT("PROTOBUF"), TEXT("a /*"), none), "a");
}

static bool fetch(void *context, slice subject, int32_t version, arena *a, slice *schema,
    slice *references, error *e) {
    *references = TEXT("");
    if (!slice_is(subject, "address") || version != 3)
        return error_set(e, ERROR_NOT_FOUND, "there is no such subject");
    *schema = TEXT("{\"type\":\"record\",\"name\":\"Address\",\"fields\":[]}");
    return true;
}

static void references_are_put_in_once(void **state) {
    registry_fetcher fetcher = {fetch, NULL};
    slice resolved;
    error e = {0};
    assert_true(registry_resolve(&fetcher, TEXT("AVRO"),
        TEXT("{\"type\":\"record\",\"name\":\"a.U\",\"fields\":[{\"name\":\"x\",\"type\":[\"null\","
             "\"Address\"]},{\"name\":\"y\",\"type\":\"Address\"}]}"),
        TEXT("[{\"name\":\"Address\",\"subject\":\"address\",\"version\":3}]"), memory, &resolved,
        &e));
    assert_text(resolved,
        "{\"type\":\"record\",\"name\":\"a.U\",\"fields\":[{\"name\":\"x\",\"type\":[\"null\","
        "{\"type\":\"record\",\"name\":\"Address\",\"fields\":[],\"namespace\":\"\"}]},"
        "{\"name\":\"y\",\"type\":\"Address\"}]}");
    assert_false(registry_resolve(&fetcher, TEXT("AVRO"), TEXT("\"x\""),
        TEXT("[{\"name\":\"x\",\"subject\":\"none\",\"version\":1}]"), memory, &resolved, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
}

static void levels_say_who_must_read(void **state) {
    error e = {0};
    slice avro = TEXT("AVRO"), wide = TEXT("\"long\""), narrow = TEXT("\"int\"");
    assert_text(registry_level_find(TEXT("full_transitive")), "FULL_TRANSITIVE");
    assert_null(registry_level_find(TEXT("some")).data);
    assert_true(registry_level_allows(TEXT("BACKWARD"), avro, wide, narrow, NULL, &e));
    assert_true(registry_level_allows(TEXT("FORWARD"), avro, narrow, wide, NULL, &e));
    assert_false(registry_level_allows(TEXT("FULL"), avro, wide, narrow, NULL, &e));
    error_clear(&e);
    assert_false(registry_level_allows(TEXT("BACKWARD"), avro, TEXT("{"), narrow, NULL, &e));
}

static void the_interface_registers_once(void **state) {
    error e = {0};
    int32_t first, again, other;
    slice type, text, *subjects;
    int count;
    embedded_registry *r = embedded_registry_open((slice){NULL, 0}, &e);
    schema_registry *i = embedded_registry_interface(r);
    assert_true(i->register_schema(i, TEXT("a"), TEXT("AVRO"), TEXT("\"int\""), &first, &e));
    assert_true(
        i->register_schema(i, TEXT("b"), TEXT("AVRO"), TEXT("{\"type\": \"int\"}"), &again, &e));
    assert_int_equal(first, again);
    /* No level was set: SQL statements may change their mind. */
    assert_true(i->register_schema(i, TEXT("a"), TEXT("AVRO"), TEXT("\"string\""), &other, &e));
    assert_true(i->latest_schema(i, TEXT("a"), memory, &first, &type, &text, &e));
    assert_int_equal(first, other);
    assert_text(text, "\"string\"");
    assert_true(embedded_registry_put(r, TEXT("c"), TEXT("JSON"), TEXT("{}"), 42, &e));
    assert_true(i->schema_by_id(i, 42, memory, &type, &text, &e));
    assert_text(type, "JSON");
    assert_true(embedded_registry_subjects(r, memory, &subjects, &count, &e));
    assert_int_equal(count, 3);
    assert_false(i->schema_by_id(i, 99, memory, &type, &text, &e));
    assert_int_equal(e.code, ERROR_NOT_FOUND);
    embedded_registry_close(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_schemas_have_one_identity),
        cmocka_unit_test(references_are_put_in_once),
        cmocka_unit_test(levels_say_who_must_read),
        cmocka_unit_test(the_interface_registers_once),
    };
    memory = arena_create();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_destroy(memory);
    return failed;
}
