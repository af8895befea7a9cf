/* sluice manual: pages of the manual that are made from the tables in the code, as Markdown.
 *
 * `functions`: every function by theme, with its signatures and its example. `properties`: every
 * property with its default. A test compares them with the pages in docs/. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/function.h"
#include "executor/function/functions.h"
#include "server/property.h"
#include "shell/commands.h"

static const char help[] =
    "usage: sluice manual functions|properties\n"
    "\n"
    "Prints a page of the manual that is made from the engine's own tables, as Markdown.\n";

/* ---- functions ---- */

static int compare_functions(const void *a, const void *b) {
    const function_descriptor *x = *(const function_descriptor *const *)a;
    const function_descriptor *y = *(const function_descriptor *const *)b;
    int order = strcmp(x->category, y->category);
    return order ? order : strcmp(x->name, y->name);
}

/* "STRING" is String; short ones (JSON, URL) stay. */
static void print_title(const char *category) {
    bool is_short = strlen(category) <= 4;
    putchar(category[0]);
    for (const char *at = category + 1; *at; at++)
        putchar(*at >= 'A' && *at <= 'Z' && !is_short ? *at + 32 : *at);
}

/* As GitHub names a heading's place: other signs than letters, digits, _ and - go. */
static void print_anchor(const char *text) {
    for (; *text; text++)
        if (*text == ' ')
            putchar('-');
        else if (isalnum((unsigned char)*text) || *text == '_' || *text == '-')
            putchar(tolower((unsigned char)*text));
}

static void print_function(const function_descriptor *f) {
    printf("\n### %s\n\n%s\n\n", f->name, f->summary);
    for (int i = 0; i < f->overload_count; i++) {
        printf("    %s%s\n", f->name, f->overloads[i].signature);
        if (f->overloads[i].description)
            printf("        %s\n", f->overloads[i].description);
    }
    if (f->example)
        printf("\n`%s` is `%s`\n", f->example, f->example_result);
}

static void print_contents(const function_descriptor **functions, int count) {
    for (int i = 0; i < count; i++) {
        if (i == 0 || strcmp(functions[i]->category, functions[i - 1]->category) != 0) {
            printf("%s**[", i ? "\n\n" : "");
            print_title(functions[i]->category);
            printf("](#");
            print_anchor(functions[i]->category);
            printf(")**:");
        }
        printf("\n[%s](#", functions[i]->name);
        print_anchor(functions[i]->name);
        printf(")");
    }
    putchar('\n');
}

static void print_functions(void) {
    int count;
    functions_register_all();
    const function_descriptor *const *all = function_all(&count);
    arena *a = arena_create();
    const function_descriptor **functions = ARENA_ARRAY(a, const function_descriptor *, count);
    memcpy(functions, all, sizeof *functions * (size_t)count);
    qsort(functions, (size_t)count, sizeof *functions, compare_functions);
    printf(
        "# Functions\n\n"
        "Every built-in function. This page is made by `sluice manual functions` from the same "
        "rows that SQL is checked\n"
        "with, and a test computes every example. In a signature `T` or another single letter "
        "stands for any one type, `x...`\n"
        "for one or more of it, `(T) => R` for a [lambda](language/expressions.md#lambdas), and "
        "UNIT for a unit of time such as\n"
        "DAYS. Where a function differs from Java's, [the notes](functions-notes.md) say so. You "
        "can\n"
        "[write your own](user-defined-functions.md).\n\n");
    print_contents(functions, count);
    for (int i = 0; i < count; i++) {
        if (i == 0 || strcmp(functions[i]->category, functions[i - 1]->category) != 0) {
            printf("\n## ");
            print_title(functions[i]->category);
            putchar('\n');
        }
        print_function(functions[i]);
    }
    arena_destroy(a);
}

/* ---- properties ---- */

static void print_property(const property_description *p) {
    printf("| `%s` | ", p->name);
    if (p->value)
        printf("%s%s%s", *p->value ? "`" : "(empty)", p->value, *p->value ? "`" : "");
    printf(" | %s |\n", p->summary);
}

static void print_properties(void) {
    int count;
    const property_description *all = property_all(&count);
    printf("# Properties\n\n"
           "    SET 'auto.offset.reset' = 'earliest';\n\n"
           "A property tunes the queries that a session starts after it is set. `UNSET 'name'` "
           "takes it back, `ALTER SYSTEM 'name' =\n"
           "'value'` sets it for all sessions and restarts, `SHOW PROPERTIES` lists all with their "
           "values. For a whole engine they are\n"
           "given at its start: `--property name=value`. The prefix `ksql.streams.` makes no "
           "difference. This page is made by\n"
           "`sluice manual properties`.\n\n"
           "| property | default | |\n|---|---|---|\n");
    for (int i = 0; i < count; i++)
        if (all[i].summary)
            print_property(&all[i]);
    printf("\n## Accepted without effect\n\n"
           "What these tune does not exist here, or is always as their default says. They can be "
           "set, so that scripts written for\n"
           "ksqlDB run.\n\n");
    for (int i = 0; i < count; i++)
        if (!all[i].summary)
            printf("- `%s`\n", all[i].name);
}

int manual_command(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "functions") == 0)
        print_functions();
    else if (argc == 2 && strcmp(argv[1], "properties") == 0)
        print_properties();
    else {
        bool asked = argc == 2 && strcmp(argv[1], "--help") == 0;
        fputs(help, asked ? stdout : stderr);
        return asked ? 0 : 2;
    }
    return 0;
}
