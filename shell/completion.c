/* What may come next, by where the cursor stands (sql_place.h): names that the server knows, types,
 * properties, keywords, files, and the shell's own commands. What the server knows is asked for
 * when Tab is pressed, at most every few seconds, and kept as it was answered. */
#include <dirent.h>
#include <jansson.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "parser/parser.h"
#include "shell/sql_place.h"
#include "shell/sql_shell.h"

enum { FRESH_MS = 5000 };

struct completion {
    sql_shell *shell;
    json_t *entities; /* NULL: nothing is known */
    bool asked;
    int64_t asked_ms, sent; /* when: the time, and the number of statements before it */
};

/* One press of Tab. */
typedef struct request {
    const json_t *entities;
    const sql_place *place;
    arena *arena;
    slice word;
    line_editor_offer *offer;
} request;

completion *completion_create(sql_shell *s) {
    completion *c = MEMORY_NEW(completion);
    c->shell = s;
    return c;
}

void completion_destroy(completion *c) {
    if (!c)
        return;
    json_decref(c->entities);
    memory_free(c);
}

static void refresh(completion *c) {
    static const char question[] = "SHOW STREAMS EXTENDED; SHOW TABLES EXTENDED; SHOW FUNCTIONS; "
                                   "SHOW QUERIES; SHOW TOPICS; SHOW TYPES; SHOW PROPERTIES";
    buffer answer = {0};
    json_error_t ignored;
    c->asked = true;
    if (sql_request_quietly(c->shell, "/ksql", SLICE_LITERAL(question), &answer)) {
        json_decref(c->entities);
        c->entities = json_loadb(answer.data, answer.length, 0, &ignored);
    }
    c->asked_ms = clock_monotonic_ms();
    c->sent = c->shell->sent;
    buffer_free(&answer);
}

/* ---- ways to offer ---- */

/* A word of SQL, in the case that the person types in, with `behind` it. */
static void offer_word(const request *r, slice word, const char *behind) {
    bool lower = r->word.length && r->word.data[0] >= 'a' && r->word.data[0] <= 'z';
    slice text = arena_format(r->arena, "%.*s%s", SLICE_ARG(word), behind);
    for (size_t i = 0; lower && i < word.length; i++)
        if (text.data[i] >= 'A' && text.data[i] <= 'Z')
            ((char *)text.data)[i] |= 32;
    if (!r->place->quote)
        line_editor_offer_word(r->offer, slice_make(text.data, word.length), text);
}

/* Words with a space behind each. */
static void offer_words(const request *r, const char *words) {
    for (const char *end; (end = strchr(words, ' ')); words = end + 1)
        offer_word(r, slice_make(words, (size_t)(end - words)), " ");
}

static void offer_keywords(const request *r) {
    for (int i = 0; parser_keyword_at(i); i++)
        offer_word(r, slice_of(parser_keyword_at(i)->text), " ");
}

/* Behind an opening quote, which `close` ends: what `typed` and the word are the beginning of. */
static void offer_rest(const request *r, slice name, const char *close) {
    slice typed = r->place->typed;
    if (name.length < typed.length ||
        !slice_equal_ignore_case(slice_make(name.data, typed.length), typed))
        return;
    slice rest = slice_make(name.data + typed.length, name.length - typed.length);
    line_editor_offer_word(
        r->offer, rest, arena_format(r->arena, "%.*s%s", SLICE_ARG(rest), close));
}

/* The name of a source, a column, a query: with backquotes where it needs them. */
static void offer_name(const request *r, slice name) {
    if (!name.length || r->place->quote == '\'')
        return;
    if (r->place->quote)
        offer_rest(r, name, "` ");
    else
        line_editor_offer_word(r->offer, name,
            arena_format(
                r->arena, parser_name_needs_quotes(name) ? "`%.*s` " : "%.*s ", SLICE_ARG(name)));
}

/* A text that stands in single quotes, typed already or not. */
static void offer_text(const request *r, slice text) {
    if (!text.length || r->place->quote == '`')
        return;
    if (r->place->quote)
        offer_rest(r, text, "' ");
    else
        line_editor_offer_word(r->offer, text, arena_format(r->arena, "'%.*s' ", SLICE_ARG(text)));
}

static void offer_texts(const request *r, const char *texts) {
    for (const char *end; (end = strchr(texts, ' ')); texts = end + 1)
        offer_text(r, slice_make(texts, (size_t)(end - texts)));
}

/* ---- what the server knows ---- */

static slice text_of(const json_t *text) {
    return json_is_string(text) ? slice_make(json_string_value(text), json_string_length(text))
                                : (slice){NULL, 0};
}

typedef void offer_one(const request *r, slice name);

/* A member of each item of each entity's list of that name. */
static void offer_all(const request *r, const char *list, const char *member, offer_one *offer) {
    size_t i, n;
    json_t *entity, *item;
    json_array_foreach((json_t *)r->entities, i, entity) {
        json_array_foreach(json_object_get(entity, list), n, item) {
            offer(r, text_of(json_object_get(item, member)));
        }
    }
}

static void offer_fields(const request *r, const json_t *fields) {
    size_t i;
    json_t *field;
    json_array_foreach((json_t *)fields, i, field) {
        offer_name(r, text_of(json_object_get(field, "name")));
    }
}

static const json_t *field_named(const json_t *fields, slice name) {
    size_t i;
    json_t *field;
    json_array_foreach((json_t *)fields, i, field) {
        if (slice_equal_ignore_case(text_of(json_object_get(field, "name")), name))
            return field;
    }
    return NULL;
}

static void offer_function(const request *r, slice name) {
    offer_word(r, name, "(");
}

/* ---- columns ---- */

/* Its "fields"; NULL when there is no such stream or table. */
static const json_t *fields_of(const request *r, slice source) {
    size_t i, n;
    json_t *entity, *item;
    json_array_foreach((json_t *)r->entities, i, entity) {
        json_array_foreach(json_object_get(entity, "sourceDescriptions"), n, item) {
            if (slice_equal_ignore_case(text_of(json_object_get(item, "name")), source))
                return json_object_get(item, "fields");
        }
    }
    return NULL;
}

/* What an alias or a source's own name stands for. */
static slice source_called(const sql_place *place, slice name) {
    for (int i = 0; i < place->source_count; i++)
        if (slice_equal_ignore_case(place->sources[i].alias, name))
            return place->sources[i].name;
    return name;
}

static void offer_columns(const request *r) {
    size_t i, n;
    json_t *entity, *item;
    for (int s = 0; s < r->place->source_count; s++) {
        offer_fields(r, fields_of(r, r->place->sources[s].name));
        if (!r->place->quote)
            line_editor_offer_word(r->offer, r->place->sources[s].alias,
                arena_format(r->arena, "%.*s.", SLICE_ARG(r->place->sources[s].alias)));
    }
    if (r->place->source_count)
        return;
    json_array_foreach((json_t *)r->entities, i, entity) {
        json_array_foreach(json_object_get(entity, "sourceDescriptions"), n, item) {
            offer_fields(r, json_object_get(item, "fields"));
        }
    }
}

/* The fields of the struct at the end of the path, which begins with a column and may go through
 * elements of arrays and maps. */
static void offer_struct(const request *r, const json_t *fields) {
    for (int i = 0; fields && i < r->place->path_length; i++) {
        const json_t *schema = json_object_get(field_named(fields, r->place->path[i]), "schema");
        while (json_is_object(json_object_get(schema, "memberSchema")))
            schema = json_object_get(schema, "memberSchema");
        fields = json_object_get(schema, "fields");
    }
    offer_fields(r, fields);
}

static void offer_path(const request *r) {
    const sql_place *place = r->place;
    if (place->qualifier.data) {
        offer_struct(r, fields_of(r, source_called(place, place->qualifier)));
        return;
    }
    for (int i = 0; i < place->source_count; i++)
        offer_struct(r, fields_of(r, place->sources[i].name));
}

/* ---- other things ---- */

static void offer_type_names(const request *r) {
    size_t i;
    json_t *entity, *type;
    const char *name;
    json_array_foreach((json_t *)r->entities, i, entity) {
        if (!slice_is(text_of(json_object_get(entity, "@type")), "type_list"))
            continue;
        json_object_foreach(json_object_get(entity, "types"), name, type) {
            offer_name(r, slice_of(name));
        }
    }
}

static void offer_types(const request *r) {
    static const char *const generic[] = {"ARRAY", "MAP", "STRUCT"};
    offer_words(r, "BOOLEAN INT INTEGER BIGINT DOUBLE STRING VARCHAR BYTES TIME DATE TIMESTAMP ");
    offer_word(r, SLICE_LITERAL("DECIMAL"), "(");
    for (size_t i = 0; i < sizeof generic / sizeof *generic; i++)
        offer_word(r, slice_of(generic[i]), "<");
    offer_type_names(r);
}

static void offer_start(const request *r) {
    offer_words(r,
        "ALTER ASSERT CREATE DEFINE DESCRIBE DROP EXPLAIN INSERT LIST PAUSE PRINT RESUME "
        "RUN SELECT SET SHOW TERMINATE UNDEFINE UNSET ");
    offer_words(r, "HELP HISTORY OUTPUT SPOOL VERSION SERVER CLEAR EXIT QUIT WRAP PAGER LIVE "
                   "REQUEST ");
}

static void offer_backslash(const request *r) {
    static const char *const names[] = {
        "d", "ds", "dt", "df", "dq", "dT", "l", "i", "x", "timing", "watch", "q"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        line_editor_offer_word(
            r->offer, slice_of(names[i]), arena_format(r->arena, "%s ", names[i]));
}

static void offer_with(const request *r) {
    static const char *const names[] = {"KAFKA_TOPIC", "PARTITIONS", "REPLICAS", "RETENTION_MS",
        "FORMAT", "KEY_FORMAT", "VALUE_FORMAT", "TIMESTAMP", "TIMESTAMP_FORMAT", "WINDOW_TYPE",
        "WINDOW_SIZE", "KEY_DELIMITER", "VALUE_DELIMITER", "WRAP_SINGLE_VALUE", "KEY_SCHEMA_ID",
        "VALUE_SCHEMA_ID", "KEY_SCHEMA_FULL_NAME", "VALUE_SCHEMA_FULL_NAME",
        "KEY_PROTOBUF_NULLABLE_REPRESENTATION", "VALUE_PROTOBUF_NULLABLE_REPRESENTATION"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        offer_word(r, slice_of(names[i]), " = ");
}

static void offer_value(const request *r) {
    slice name = r->place->qualifier;
    if (slice_is_ignore_case(name, "KAFKA_TOPIC"))
        offer_all(r, "topics", "name", offer_text);
    else if (slice_is_ignore_case(name, "WINDOW_TYPE"))
        offer_texts(r, "TUMBLING HOPPING SESSION ");
    else if (slice_is_ignore_case(name, "WRAP_SINGLE_VALUE"))
        offer_words(r, "true false ");
    else if (slice_ends_with(name, SLICE_LITERAL("FORMAT")) ||
             slice_ends_with(name, SLICE_LITERAL("format")))
        offer_texts(r, "AVRO DELIMITED JSON JSON_SR KAFKA NONE PROTOBUF PROTOBUF_NOSR ");
}

static void offer_behind(const request *r) {
    static const struct {
        const char *word, *next;
    } rows[] = {{"SHOW", "ALL FUNCTIONS PROPERTIES QUERIES STREAMS TABLES TOPICS TYPES VARIABLES "},
        {"LIST", "ALL FUNCTIONS PROPERTIES QUERIES STREAMS TABLES TOPICS TYPES VARIABLES "},
        {"CREATE", "OR SOURCE STREAM TABLE TYPE "}, {"OR", "REPLACE "},
        {"REPLACE", "SOURCE STREAM TABLE "}, {"SOURCE", "STREAM TABLE "},
        {"DROP", "STREAM TABLE TYPE "}, {"ALTER", "STREAM SYSTEM TABLE "}, {"INSERT", "INTO "},
        {"ASSERT", "NOT SCHEMA TOPIC "}, {"RUN", "SCRIPT "}, {"REQUEST", "PIPELINING "},
        {"PIPELINING", "ON OFF "}, {"WRAP", "ON OFF "}, {"PAGER", "ON OFF "}, {"LIVE", "ON OFF "},
        {"OUTPUT", "TABULAR VERTICAL CSV MARKDOWN JSON NDJSON "},
        {"HELP", "ALTER ASSERT CREATE DESCRIBE DROP EXPLAIN INSERT PRINT SELECT SET SHOW "
                 "TERMINATE "},
        {"EMIT", "CHANGES FINAL "}, {"GROUP", "BY "}, {"PARTITION", "BY "}, {"ORDER", "BY "},
        {"WINDOW", "HOPPING SESSION TUMBLING "}, {"PRIMARY", "KEY "}, {"INNER", "JOIN "},
        {"LEFT", "JOIN OUTER "}, {"RIGHT", "JOIN OUTER "}, {"FULL", "JOIN OUTER "},
        {"OUTER", "JOIN "}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (slice_is_ignore_case(r->place->typed, rows[i].word))
            offer_words(r, rows[i].next);
}

/* Files and directories that the path may be the beginning of. */
static void offer_files(const request *r) {
    slice typed = r->place->typed;
    const char *slash = typed.length ? memrchr(typed.data, '/', typed.length) : NULL;
    size_t length = slash ? (size_t)(slash - typed.data) + 1 : 0;
    slice directory =
        length ? arena_format(r->arena, "%.*s", (int)length, typed.data) : SLICE_LITERAL("./");
    DIR *files = opendir(directory.data);
    for (struct dirent *file; files && (file = readdir(files));) {
        slice path = arena_format(
            r->arena, "%.*s%s", (int)length, typed.data ? typed.data : "", file->d_name);
        if (file->d_name[0] == '.')
            continue;
        if (file->d_type == DT_DIR && r->place->quote)
            offer_rest(r, path, "/");
        else
            offer_text(r, path);
    }
    if (files)
        closedir(files);
}

static void offer_place(const request *r) {
    switch (r->place->kind) {
    case SQL_PLACE_START:
        offer_start(r);
        break;
    case SQL_PLACE_KEYWORD:
        offer_keywords(r);
        break;
    case SQL_PLACE_BEHIND:
        offer_behind(r);
        break;
    case SQL_PLACE_SOURCE:
        offer_all(r, "sourceDescriptions", "name", offer_name);
        offer_words(r, "FUNCTION STREAMS TABLES IF ");
        break;
    case SQL_PLACE_EXPRESSION:
        offer_columns(r);
        offer_all(r, "functions", "name", offer_function);
        offer_keywords(r);
        break;
    case SQL_PLACE_COLUMN:
        offer_fields(r, fields_of(r, source_called(r->place, r->place->qualifier)));
        break;
    case SQL_PLACE_FIELD:
        offer_path(r);
        break;
    case SQL_PLACE_TYPE:
        offer_types(r);
        break;
    case SQL_PLACE_TYPE_NAME:
        offer_type_names(r);
        break;
    case SQL_PLACE_TOPIC:
        offer_all(r, "topics", "name", r->place->quote == '\'' ? offer_text : offer_name);
        break;
    case SQL_PLACE_EXPLAIN:
        offer_words(r, "ANALYZE SELECT CREATE INSERT ");
        offer_all(r, "queries", "id", offer_name);
        break;
    case SQL_PLACE_QUERY:
        offer_words(r, "ALL ");
        offer_all(r, "queries", "id", offer_name);
        break;
    case SQL_PLACE_SETTING:
        offer_all(r, "properties", "name", offer_text);
        break;
    case SQL_PLACE_WITH:
        offer_with(r);
        break;
    case SQL_PLACE_VALUE:
        offer_value(r);
        break;
    case SQL_PLACE_FUNCTION:
        offer_all(r, "functions", "name", offer_name);
        break;
    case SQL_PLACE_BACKSLASH:
        offer_backslash(r);
        break;
    case SQL_PLACE_FILE:
        offer_files(r);
        break;
    case SQL_PLACE_NEW_NAME:
        break;
    }
}

void completion_words(
    void *context, slice before, slice word, slice after, line_editor_offer *words) {
    completion *c = context;
    if (!c->asked || c->sent != c->shell->sent || clock_monotonic_ms() - c->asked_ms > FRESH_MS)
        refresh(c);
    arena *a = arena_create();
    slice pending = c->shell->pending ? buffer_slice(c->shell->pending) : SLICE_LITERAL("");
    slice text = arena_format(a, "%.*s%.*s", SLICE_ARG(pending), SLICE_ARG(before));
    /* Statements that are complete are not part of this one. */
    size_t start = 0;
    for (parser_piece piece; (piece = parser_split(text, start)).end == PARSER_PIECE_STATEMENT;)
        start = piece.next;
    sql_place place = sql_place_find(a, slice_make(text.data + start, text.length - start), after);
    request r = {c->entities, &place, a, word, words};
    offer_place(&r);
    arena_destroy(a);
}
