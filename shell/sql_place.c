/* The text is cut into words, operators and strings. The words right before the cursor decide first
 * (FROM, a dot, an arrow, ...), then the clause it stands in, which is the last clause word outside
 * of the parentheses that are closed already. */
#include "shell/sql_place.h"

#include <string.h>

typedef enum token_kind { TOKEN_WORD, TOKEN_SIGN, TOKEN_TEXT } token_kind;

typedef struct token {
    token_kind kind;
    slice text; /* of a word: without backquotes */
} token;

typedef struct tokens {
    token *items;
    int count;
    char quote; /* of a string or name that has not ended; 0: none */
    slice open; /* its characters; they are no token */
} tokens;

static bool is_word_byte(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '@' || (c & 0x80);
}

static size_t skip_comment(slice text, size_t at) {
    bool block = text.data[at] == '/';
    const char *end = block ? memmem(text.data + at, text.length - at, "*/", 2)
                            : memchr(text.data + at, '\n', text.length - at);
    return end ? (size_t)(end - text.data) + (block ? 2 : 1) : text.length;
}

/* The token at `at`, which is no white space; gives the place behind it. */
static size_t read_token(slice text, size_t at, tokens *t) {
    char c = text.data[at];
    size_t end = at + 1;
    if (c == '\'' || c == '`') {
        const char *quote = memchr(text.data + end, c, text.length - end);
        size_t stop = quote ? (size_t)(quote - text.data) : text.length;
        slice inside = slice_make(text.data + end, stop - end);
        if (quote) {
            t->items[t->count++] = (token){c == '`' ? TOKEN_WORD : TOKEN_TEXT, inside};
            return stop + 1;
        }
        t->quote = c;
        t->open = inside;
        return stop;
    }
    if (is_word_byte(c)) {
        while (end < text.length && is_word_byte(text.data[end]))
            end++;
        t->items[t->count++] = (token){TOKEN_WORD, slice_make(text.data + at, end - at)};
        return end;
    }
    if (c == '-' && end < text.length && text.data[end] == '>')
        end++;
    t->items[t->count++] = (token){TOKEN_SIGN, slice_make(text.data + at, end - at)};
    return end;
}

static tokens read_tokens(arena *a, slice text) {
    tokens t = {.items = ARENA_ARRAY(a, token, (int)text.length + 1)};
    for (size_t at = 0; at < text.length;) {
        slice rest = slice_make(text.data + at, text.length - at);
        if (strchr(" \t\r\n", text.data[at]))
            at++;
        else if (slice_starts_with(rest, SLICE_LITERAL("--")) ||
                 slice_starts_with(rest, SLICE_LITERAL("/*")))
            at = skip_comment(text, at);
        else
            at = read_token(text, at, &t);
    }
    return t;
}

/* ---- looking at tokens ---- */

static bool is_sign(const tokens *t, int i, const char *sign) {
    return i >= 0 && i < t->count && t->items[i].kind == TOKEN_SIGN &&
           slice_is(t->items[i].text, sign);
}

static bool is_name(const tokens *t, int i) {
    return i >= 0 && i < t->count && t->items[i].kind == TOKEN_WORD;
}

static bool is_word(const tokens *t, int i, const char *word) {
    return is_name(t, i) && slice_is_ignore_case(t->items[i].text, word);
}

/* `words` are between spaces, with one at each end. */
static bool is_one_of(const tokens *t, int i, const char *words) {
    if (!is_name(t, i))
        return false;
    slice word = t->items[i].text, list = slice_of(words);
    for (size_t at = 0; at + word.length + 2 <= list.length; at++)
        if (list.data[at] == ' ' && list.data[at + word.length + 1] == ' ' &&
            slice_equal_ignore_case(slice_make(list.data + at + 1, word.length), word))
            return true;
    return false;
}

/* ---- sources ---- */

#define ENDS_A_SOURCE                                                                              \
    " JOIN ON WHERE GROUP PARTITION HAVING EMIT LIMIT WINDOW WITHIN INNER LEFT RIGHT FULL OUTER "  \
    "ORDER UNION GRACE "

static void add_sources(const tokens *t, sql_place *place, int most) {
    for (int i = 0; i + 1 < t->count && place->source_count < most; i++) {
        if (!is_one_of(t, i, " FROM JOIN ") || !is_name(t, i + 1))
            continue;
        slice name = t->items[i + 1].text, alias = name;
        int next = is_word(t, i + 2, "AS") ? i + 3 : i + 2;
        if (is_name(t, next) && !is_one_of(t, next, ENDS_A_SOURCE))
            alias = t->items[next].text;
        place->sources[place->source_count++] = (sql_place_source){name, alias};
    }
}

/* ---- what decides ---- */

static bool found(sql_place *place, sql_place_kind kind) {
    place->kind = kind;
    return true;
}

/* The last token of what stands before the `]` at `last`: of m in m['a'][1]. */
static int before_index(const tokens *t, int last) {
    for (int depth = 0; last >= 0; last--) {
        depth += is_sign(t, last, "]") - is_sign(t, last, "[");
        if (!depth && !is_sign(t, last - 1, "]"))
            return last - 1;
    }
    return last;
}

/* column->field[1]->: from the arrow back to the column. */
static bool find_path(arena *a, const tokens *t, sql_place *place) {
    int at = t->count - 1, count = 0;
    slice *names = ARENA_ARRAY(a, slice, t->count);
    while (is_sign(t, at, "->")) {
        int name = is_sign(t, at - 1, "]") ? before_index(t, at - 1) : at - 1;
        if (!is_name(t, name))
            break;
        names[count++] = t->items[name].text;
        at = name - 1;
    }
    if (is_sign(t, at, ".") && is_name(t, at - 1))
        place->qualifier = t->items[at - 1].text;
    place->path = ARENA_ARRAY(a, slice, count + 1);
    place->path_length = count;
    for (int i = 0; i < count; i++)
        place->path[i] = names[count - 1 - i];
    return found(place, SQL_PLACE_FIELD);
}

/* A word that few others can follow (completion.c knows which). */
static bool introduces(const tokens *t, int last) {
    static const char starts[] = " SHOW LIST CREATE DROP INSERT RUN REQUEST OUTPUT WRAP PAGER LIVE "
                                 "HELP ASSERT ALTER ";
    static const char clauses[] = " EMIT GROUP PARTITION ORDER WINDOW PRIMARY INNER LEFT RIGHT "
                                  "FULL OUTER ";
    if (last == 0 && is_one_of(t, last, starts))
        return true;
    if (is_word(t, 0, "CREATE") && last <= 3 && is_one_of(t, last, " OR REPLACE SOURCE "))
        return true;
    return is_one_of(t, last, clauses) || (last == 1 && is_word(t, last, "PIPELINING"));
}

/* The shell's own commands that begin with a backslash. */
static bool look_at_backslash(const tokens *t, sql_place *place) {
    if (!is_sign(t, 0, "\\"))
        return false;
    if (t->count == 1)
        return found(place, SQL_PLACE_BACKSLASH);
    return found(place, is_word(t, 1, "df")   ? SQL_PLACE_FUNCTION
                        : is_word(t, 1, "dq") ? SQL_PLACE_QUERY
                        : is_word(t, 1, "d")  ? SQL_PLACE_SOURCE
                        : is_word(t, 1, "i")  ? SQL_PLACE_FILE
                                              : SQL_PLACE_NEW_NAME);
}

static bool names_a_file(const tokens *t) {
    int last = t->count - 1;
    return (is_word(t, last, "SCRIPT") && is_word(t, last - 1, "RUN")) ||
           (last == 0 && is_word(t, 0, "SPOOL"));
}

/* What the words right before the cursor say. */
static bool look_right_before(arena *a, const tokens *t, sql_place *place) {
    int last = t->count - 1;
    if (last < 0)
        return found(place, t->quote ? SQL_PLACE_NEW_NAME : SQL_PLACE_START);
    if (look_at_backslash(t, place))
        return true;
    if (is_sign(t, last, "->"))
        return find_path(a, t, place);
    if (is_sign(t, last, ".") && is_name(t, last - 1)) {
        place->qualifier = t->items[last - 1].text;
        return found(place, SQL_PLACE_COLUMN);
    }
    if (names_a_file(t))
        return found(place, SQL_PLACE_FILE);
    if (is_one_of(t, last, " FROM JOIN INTO DESCRIBE ") || (last == 0 && is_word(t, 0, "DESC")) ||
        (is_one_of(t, last, " STREAM TABLE ") && is_one_of(t, last - 1, " DROP ALTER ")))
        return found(place, SQL_PLACE_SOURCE);
    if (is_word(t, last, "TYPE") && is_word(t, last - 1, "DROP"))
        return found(place, SQL_PLACE_TYPE_NAME);
    if (is_one_of(t, last, " SET UNSET ") ||
        (is_word(t, last, "SYSTEM") && is_word(t, last - 1, "ALTER")))
        return found(place, SQL_PLACE_SETTING);
    if (is_word(t, last, "PRINT") || (is_word(t, last, "TOPIC") && is_word(t, 0, "ASSERT")))
        return found(place, SQL_PLACE_TOPIC);
    if (is_one_of(t, last, " TERMINATE PAUSE RESUME "))
        return found(place, SQL_PLACE_QUERY);
    if (is_word(t, last, "EXPLAIN") || (is_word(t, last, "ANALYZE") && is_word(t, 0, "EXPLAIN")))
        return found(place, SQL_PLACE_EXPLAIN);
    if (is_word(t, last, "FUNCTION") && is_one_of(t, last - 1, " DESCRIBE DESC "))
        return found(place, SQL_PLACE_FUNCTION);
    if (introduces(t, last)) {
        place->typed = t->items[last].text;
        return found(place, SQL_PLACE_BEHIND);
    }
    return false;
}

/* How deep in parentheses (and angle brackets of types) the end is; where the innermost began. */
static int depth_of(const tokens *t, int *opened) {
    int depth = 0, last = t->count - 1;
    *opened = -1;
    for (int i = last, closed = 0; i >= 0; i--) {
        if (is_sign(t, i, ")"))
            closed++;
        else if (is_sign(t, i, "(") && closed > 0)
            closed--;
        else if (is_sign(t, i, "(")) {
            if (!depth++)
                *opened = i;
        }
    }
    return depth;
}

static bool has_word(const tokens *t, const char *word) {
    for (int i = 0; i < t->count; i++)
        if (is_word(t, i, word))
            return true;
    return false;
}

/* WITH (NAME = value, ...), which begins at token `opened`. */
static bool look_at_with(const tokens *t, int opened, sql_place *place) {
    int last = t->count - 1;
    if (last == opened || is_sign(t, last, ","))
        return found(place, SQL_PLACE_WITH);
    if (!is_sign(t, last, "=") || !is_name(t, last - 1))
        return found(place, SQL_PLACE_NEW_NAME);
    place->qualifier = t->items[last - 1].text;
    return found(place, SQL_PLACE_VALUE);
}

/* Columns of CREATE STREAM s (name type, ...), types, INSERT INTO s (...), and WITH (...). */
static bool look_at_definition(const tokens *t, sql_place *place) {
    int opened, last = t->count - 1, depth = depth_of(t, &opened);
    if (is_word(t, last, "AS")) {
        bool casts = depth && is_one_of(t, opened - 1, " CAST TRY_CAST ");
        bool defines = is_word(t, 0, "CREATE") && is_word(t, 1, "TYPE");
        if (casts || defines)
            return found(place, SQL_PLACE_TYPE);
    }
    if (depth && is_word(t, opened - 1, "WITH"))
        return look_at_with(t, opened, place);
    if (is_sign(t, last, "<") && is_one_of(t, last - 1, " ARRAY MAP "))
        return found(place, SQL_PLACE_TYPE);
    if (is_word(t, 0, "INSERT") && is_word(t, 1, "INTO") && depth == 1 && opened == 3) {
        place->qualifier = t->items[2].text;
        return found(place, SQL_PLACE_COLUMN);
    }
    if (!is_word(t, 0, "CREATE") || has_word(t, "SELECT"))
        return false;
    if (depth == 1 && (last == opened || is_sign(t, last, ",")))
        return found(place, SQL_PLACE_NEW_NAME);
    bool names = is_name(t, last) &&
                 (last - 1 == opened || is_sign(t, last - 1, ",") || is_sign(t, last - 1, "<"));
    return depth == 1 && names && found(place, SQL_PLACE_TYPE);
}

static sql_place_kind clause_of(const tokens *t) {
    int closed = 0;
    for (int i = t->count - 1; i >= 0; i--) {
        if (is_sign(t, i, ")"))
            closed++;
        else if (is_sign(t, i, "(") && closed > 0)
            closed--;
        else if (closed)
            continue;
        else if (is_one_of(t, i, " SELECT WHERE HAVING ON BY VALUES "))
            return SQL_PLACE_EXPRESSION;
        else if (is_one_of(t, i, " FROM JOIN WINDOW EMIT LIMIT WITH WITHIN CREATE "))
            return SQL_PLACE_KEYWORD;
    }
    return SQL_PLACE_KEYWORD;
}

/* Strings hold names of a few kinds only. */
static bool may_stand_in_string(sql_place_kind kind) {
    return kind == SQL_PLACE_SETTING || kind == SQL_PLACE_TOPIC || kind == SQL_PLACE_VALUE ||
           kind == SQL_PLACE_FILE;
}

sql_place sql_place_find(arena *a, slice before, slice after) {
    sql_place place = {.kind = SQL_PLACE_KEYWORD};
    tokens t = read_tokens(a, before), behind = read_tokens(a, after);
    int most = t.count + behind.count;
    place.sources = ARENA_ARRAY(a, sql_place_source, most + 1);
    add_sources(&t, &place, most);
    add_sources(&behind, &place, most);
    if (!look_right_before(a, &t, &place) && !look_at_definition(&t, &place))
        place.kind = clause_of(&t);
    place.quote = t.quote;
    if (t.quote)
        place.typed = t.open;
    if (t.quote == '\'' && !may_stand_in_string(place.kind))
        place.kind = SQL_PLACE_NEW_NAME;
    return place;
}
