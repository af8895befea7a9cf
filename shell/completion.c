/* Words that may come next: keywords, and what the server knows: streams and tables, their columns,
 * functions, queries. What the server knows is asked for when Tab is pressed, at most every few
 * seconds. */
#include <jansson.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "parser/parser.h"
#include "shell/sql_shell.h"

enum { FRESH_MS = 5000 };

struct completion {
    sql_shell *shell;
    arena *arena; /* the names */
    slice *names;
    int count, capacity;
    bool asked;
    int64_t asked_ms;
};

completion *completion_create(sql_shell *s) {
    completion *c = MEMORY_NEW(completion);
    c->shell = s;
    c->arena = arena_create();
    return c;
}

void completion_destroy(completion *c) {
    if (!c)
        return;
    arena_destroy(c->arena);
    memory_free(c->names);
    memory_free(c);
}

static void add_name(completion *c, const json_t *name) {
    if (!json_is_string(name))
        return;
    if (c->count == c->capacity) {
        c->capacity = c->capacity ? c->capacity * 2 : 64;
        c->names = memory_resize(c->names, sizeof(slice) * (size_t)c->capacity);
    }
    c->names[c->count++] =
        arena_copy(c->arena, slice_make(json_string_value(name), json_string_length(name)));
}

static void add_all(completion *c, const json_t *items, const char *member, const char *inner) {
    size_t i, n;
    json_t *item, *part;
    json_array_foreach((json_t *)items, i, item) {
        add_name(c, json_object_get(item, member));
        if (!inner)
            continue;
        json_array_foreach(json_object_get(item, inner), n, part) {
            add_name(c, json_object_get(part, "name"));
        }
    }
}

static void refresh(completion *c) {
    static const char question[] = "SHOW STREAMS EXTENDED; SHOW TABLES EXTENDED; SHOW FUNCTIONS; "
                                   "SHOW QUERIES; SHOW TOPICS";
    buffer answer = {0};
    json_error_t ignored;
    size_t i;
    json_t *entity;
    c->asked = true;
    c->asked_ms = clock_monotonic_ms();
    if (sql_request_quietly(c->shell, "/ksql", SLICE_LITERAL(question), &answer)) {
        json_t *entities = json_loadb(answer.data, answer.length, 0, &ignored);
        arena_reset(c->arena);
        c->count = 0;
        json_array_foreach(entities, i, entity) {
            add_all(c, json_object_get(entity, "sourceDescriptions"), "name", "fields");
            add_all(c, json_object_get(entity, "functions"), "name", NULL);
            add_all(c, json_object_get(entity, "queries"), "id", NULL);
            add_all(c, json_object_get(entity, "topics"), "name", NULL);
        }
        json_decref(entities);
    }
    buffer_free(&answer);
}

/* A keyword in the case that the person types in. */
static void offer_keyword(slice word, const char *keyword, line_editor_offer *offer) {
    char text[64];
    size_t length = strlen(keyword);
    bool lower = word.length && word.data[0] >= 'a' && word.data[0] <= 'z';
    if (length >= sizeof text)
        return;
    for (size_t i = 0; i < length; i++)
        text[i] =
            lower && keyword[i] >= 'A' && keyword[i] <= 'Z' ? (char)(keyword[i] | 32) : keyword[i];
    line_editor_offer_word(offer, slice_make(text, length));
}

void completion_words(void *context, slice before, slice word, line_editor_offer *offer) {
    static const char *const own[] = {"HELP", "HISTORY", "OUTPUT", "SPOOL", "VERSION", "SERVER",
        "CLEAR", "EXIT", "WRAP", "PAGER", "REQUEST PIPELINING"};
    completion *c = context;
    if (!c->asked || clock_monotonic_ms() - c->asked_ms > FRESH_MS)
        refresh(c);
    for (int i = 0; i < c->count; i++)
        line_editor_offer_word(offer, c->names[i]);
    for (int i = 0; parser_keyword_at(i); i++)
        offer_keyword(word, parser_keyword_at(i)->text, offer);
    for (size_t i = 0; !slice_trim(before).length && i < sizeof own / sizeof *own; i++)
        offer_keyword(word, own[i], offer);
}
