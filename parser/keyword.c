/* The keywords in alphabetical order, found by bisection. Whether one is reserved repeats %fallback
 * of grammar.y; a test compares the two. */
#include "parser/keyword.h"

#include <ctype.h>

#include "parser/grammar.h"

static const keyword_entry KEYWORDS[] = {
    /* clang-format off */
    {{"ADD", false}, TK_ADD},
    {{"ADVANCE", false}, TK_ADVANCE},
    {{"ALL", false}, TK_ALL},
    {{"ALTER", false}, TK_ALTER},
    {{"ANALYZE", false}, TK_ANALYZE},
    {{"AND", true}, TK_AND},
    {{"ARRAY", false}, TK_ARRAY},
    {{"AS", true}, TK_AS},
    {{"ASC", false}, TK_ASC},
    {{"ASSERT", false}, TK_ASSERT},
    {{"AT", false}, TK_AT},
    {{"BEGINNING", false}, TK_BEGINNING},
    {{"BETWEEN", true}, TK_BETWEEN},
    {{"BY", true}, TK_BY},
    {{"CASE", true}, TK_CASE},
    {{"CAST", true}, TK_CAST},
    {{"CHANGES", false}, TK_CHANGES},
    {{"COLUMN", false}, TK_COLUMN},
    {{"CONNECTOR", false}, TK_CONNECTOR},
    {{"CONNECTORS", false}, TK_CONNECTORS},
    {{"CREATE", true}, TK_CREATE},
    {{"DEFINE", false}, TK_DEFINE},
    {{"DELETE", false}, TK_DELETE},
    {{"DESC", false}, TK_DESC},
    {{"DESCRIBE", false}, TK_DESCRIBE},
    {{"DISTINCT", true}, TK_DISTINCT},
    {{"DROP", false}, TK_DROP},
    {{"ELSE", true}, TK_ELSE},
    {{"EMIT", false}, TK_EMIT},
    {{"END", true}, TK_END},
    {{"ESCAPE", false}, TK_ESCAPE},
    {{"EXISTS", false}, TK_EXISTS},
    {{"EXPLAIN", false}, TK_EXPLAIN},
    {{"EXTENDED", false}, TK_EXTENDED},
    {{"FALSE", true}, TK_FALSE},
    {{"FINAL", false}, TK_FINAL},
    {{"FIRST", false}, TK_FIRST},
    {{"FROM", true}, TK_FROM},
    {{"FULL", true}, TK_FULL},
    {{"FUNCTION", false}, TK_FUNCTION},
    {{"FUNCTIONS", false}, TK_FUNCTIONS},
    {{"GRACE", false}, TK_GRACE},
    {{"GROUP", true}, TK_GROUP},
    {{"HAVING", true}, TK_HAVING},
    {{"HEADER", false}, TK_HEADER},
    {{"HEADERS", false}, TK_HEADERS},
    {{"HOPPING", false}, TK_HOPPING},
    {{"ID", false}, TK_ID},
    {{"IF", false}, TK_IF},
    {{"IN", true}, TK_IN},
    {{"INNER", true}, TK_INNER},
    {{"INSERT", true}, TK_INSERT},
    {{"INTERVAL", false}, TK_INTERVAL},
    {{"INTO", true}, TK_INTO},
    {{"IS", true}, TK_IS},
    {{"JOIN", true}, TK_JOIN},
    {{"KEY", false}, TK_KEY},
    {{"LAST", false}, TK_LAST},
    {{"LEFT", true}, TK_LEFT},
    {{"LIKE", true}, TK_LIKE},
    {{"LIMIT", true}, TK_LIMIT},
    {{"LIST", false}, TK_LIST},
    {{"MAP", false}, TK_MAP},
    {{"NOT", true}, TK_NOT},
    {{"NULL", true}, TK_NULL},
    {{"NULLS", false}, TK_NULLS},
    {{"OFFSET", false}, TK_OFFSET},
    {{"ON", true}, TK_ON},
    {{"OR", true}, TK_OR},
    {{"ORDER", false}, TK_ORDER},
    {{"OUTER", true}, TK_OUTER},
    {{"PARTITION", false}, TK_PARTITION},
    {{"PAUSE", false}, TK_PAUSE},
    {{"PERIOD", false}, TK_PERIOD},
    {{"PLUGINS", false}, TK_PLUGINS},
    {{"PRIMARY", false}, TK_PRIMARY},
    {{"PRINT", false}, TK_PRINT},
    {{"PROPERTIES", false}, TK_PROPERTIES},
    {{"QUERIES", false}, TK_QUERIES},
    {{"REPLACE", false}, TK_REPLACE},
    {{"RESUME", false}, TK_RESUME},
    {{"RETENTION", false}, TK_RETENTION},
    {{"RIGHT", true}, TK_RIGHT},
    {{"RUN", false}, TK_RUN},
    {{"SAMPLE", false}, TK_SAMPLE},
    {{"SCHEMA", false}, TK_SCHEMA},
    {{"SCRIPT", false}, TK_SCRIPT},
    {{"SELECT", true}, TK_SELECT},
    {{"SESSION", false}, TK_SESSION},
    {{"SET", false}, TK_SET},
    {{"SHOW", false}, TK_SHOW},
    {{"SINK", false}, TK_SINK},
    {{"SIZE", false}, TK_SIZE},
    {{"SOURCE", false}, TK_SOURCE},
    {{"STREAM", false}, TK_STREAM},
    {{"STREAMS", false}, TK_STREAMS},
    {{"STRUCT", false}, TK_STRUCT},
    {{"SUBJECT", false}, TK_SUBJECT},
    {{"SYSTEM", false}, TK_SYSTEM},
    {{"TABLE", false}, TK_TABLE},
    {{"TABLES", false}, TK_TABLES},
    {{"TERMINATE", false}, TK_TERMINATE},
    {{"THEN", true}, TK_THEN},
    {{"TIME", false}, TK_TIME},
    {{"TIMEOUT", false}, TK_TIMEOUT},
    {{"TOPIC", false}, TK_TOPIC},
    {{"TOPICS", false}, TK_TOPICS},
    {{"TRUE", true}, TK_TRUE},
    {{"TUMBLING", false}, TK_TUMBLING},
    {{"TYPE", false}, TK_TYPE},
    {{"TYPES", false}, TK_TYPES},
    {{"UNDEFINE", false}, TK_UNDEFINE},
    {{"UNSET", false}, TK_UNSET},
    {{"VALUES", true}, TK_VALUES},
    {{"VARIABLES", false}, TK_VARIABLES},
    {{"WHEN", true}, TK_WHEN},
    {{"WHERE", true}, TK_WHERE},
    {{"WINDOW", false}, TK_WINDOW},
    {{"WITH", true}, TK_WITH},
    {{"WITHIN", true}, TK_WITHIN},
    {{"ZONE", false}, TK_ZONE},
    /* clang-format on */
};

enum { KEYWORD_COUNT = sizeof KEYWORDS / sizeof KEYWORDS[0] };

static int compare_word(slice word, const char *keyword) {
    for (size_t i = 0; i < word.length; i++) {
        int difference = toupper((unsigned char)word.data[i]) - (unsigned char)keyword[i];
        if (difference)
            return difference;
    }
    return keyword[word.length] ? -1 : 0;
}

static const keyword_entry *find_among(const keyword_entry *entries, int count, slice word) {
    int low = 0, high = count - 1;
    while (low <= high) {
        int middle = (low + high) / 2;
        int order = compare_word(word, entries[middle].keyword.text);
        if (order == 0)
            return &entries[middle];
        if (order < 0)
            high = middle - 1;
        else
            low = middle + 1;
    }
    return NULL;
}

static const keyword_entry *find(parser_dialect dialect, slice word) {
    const keyword_entry *found = NULL;
    if (dialect == PARSER_FLINK)
        found = find_among(FLINK_KEYWORDS, FLINK_KEYWORD_COUNT, word);
    return found ? found : find_among(KEYWORDS, KEYWORD_COUNT, word);
}

int keyword_code(parser_dialect dialect, slice word) {
    const keyword_entry *entry = find(dialect, word);
    return entry ? entry->code : TK_IDENTIFIER;
}

const char *keyword_text(int code) {
    for (int i = 0; i < KEYWORD_COUNT; i++)
        if (KEYWORDS[i].code == code)
            return KEYWORDS[i].keyword.text;
    for (int i = 0; i < FLINK_KEYWORD_COUNT; i++)
        if (FLINK_KEYWORDS[i].code == code)
            return FLINK_KEYWORDS[i].keyword.text;
    return NULL;
}

bool keyword_is_reserved(parser_dialect dialect, slice word) {
    const keyword_entry *entry = find(dialect, word);
    return entry && entry->keyword.reserved;
}

const parser_keyword *parser_keyword_at(int index) {
    return index >= 0 && index < KEYWORD_COUNT ? &KEYWORDS[index].keyword : NULL;
}

static bool is_plain(slice name) {
    if (name.length == 0 || isdigit((unsigned char)name.data[0]))
        return false;
    for (size_t i = 0; i < name.length; i++)
        if (!(name.data[i] >= 'A' && name.data[i] <= 'Z') && name.data[i] != '_' &&
            !isdigit((unsigned char)name.data[i]))
            return false;
    return true;
}

/* Words that are names or keywords by what follows them are quoted: that spares the reader, person
 * or parser, the looking. */
static bool is_contextual(slice name) {
    switch (keyword_code(PARSER_KSQL, name)) {
    case TK_ARRAY:
    case TK_EMIT:
    case TK_MAP:
    case TK_OFFSET:
    case TK_ORDER:
    case TK_PARTITION:
    case TK_STRUCT:
    case TK_WINDOW:
        return true;
    default:
        return false;
    }
}

bool parser_name_needs_quotes(slice name) {
    return !is_plain(name) || keyword_is_reserved(PARSER_KSQL, name) || is_contextual(name);
}
