/* The statements that only tests have.
 *
 *   PRODUCE TO topic [KEY payload] [VALUE payload] [TIMESTAMP n] [PARTITION n] [HEADER 'k'
 * payload]... payload := 'text' | X'hex' | INT n | BIGINT n | DOUBLE n | NULL EXPECT ROWS what the
 * last SELECT or PRINT gave since it was last asked EXPECT TOPIC topic             the topic's
 * records that no one has looked at yet, as JSON RESTART                        closes the engine
 * and opens it again on the same data ADVANCE TIME TO n | BY n unit  the wall clock, in
 * milliseconds; it starts at 1000 */
#include "base/number.h"
#include "server/json_out.h"
#include "shell/sql_test_state.h"
#include "shell/test_record.h"

typedef struct words {
    slice rest;
    sql_test_state *test;
} words;

/* ---- reading ---- */

static void skip_space(words *w) {
    for (;;) {
        w->rest = slice_trim(w->rest);
        if (!slice_starts_with(w->rest, SLICE_LITERAL("--")))
            return;
        const char *end = memchr(w->rest.data, '\n', w->rest.length);
        size_t length = end ? (size_t)(end - w->rest.data) : w->rest.length;
        w->rest = slice_make(w->rest.data + length, w->rest.length - length);
    }
}

static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

static slice next_word(words *w) {
    skip_space(w);
    size_t length = 0;
    while (length < w->rest.length && is_word_byte(w->rest.data[length]))
        length++;
    slice word = slice_make(w->rest.data, length);
    w->rest = slice_make(w->rest.data + length, w->rest.length - length);
    return word;
}

static bool take_word(words *w, const char *word) {
    words before = *w;
    if (slice_is_ignore_case(next_word(w), word))
        return true;
    *w = before;
    return false;
}

static bool complain(words *w, const char *wanted) {
    return error_set(&w->test->e, ERROR_SYNTAX, "%s should stand at: %.*s", wanted,
        (int)(w->rest.length < 60 ? w->rest.length : 60), w->rest.data ? w->rest.data : "");
}

static bool next_quoted(words *w, slice *text) {
    skip_space(w);
    buffer out = {0};
    size_t i = 1;
    bool closed = false;
    if (!w->rest.length || w->rest.data[0] != '\'')
        return complain(w, "A text in quotes");
    for (; i < w->rest.length; i++) {
        bool quote = w->rest.data[i] == '\'';
        if (quote && !(i + 1 < w->rest.length && w->rest.data[i + 1] == '\'')) {
            closed = true;
            break;
        }
        i += quote;
        buffer_append_byte(&out, w->rest.data[i]);
    }
    *text = arena_copy(w->test->arena, buffer_slice(&out));
    buffer_free(&out);
    if (!closed)
        return complain(w, "A closing quote");
    w->rest = slice_make(w->rest.data + i + 1, w->rest.length - i - 1);
    return true;
}

static bool next_number(words *w, int64_t *number) {
    return slice_to_int64(next_word(w), number) || complain(w, "A number");
}

/* 'topic' or a bare word; never folded. */
static bool next_topic(words *w, slice *topic) {
    skip_space(w);
    if (w->rest.length && w->rest.data[0] == '\'')
        return next_quoted(w, topic);
    *topic = next_word(w);
    return topic->length || complain(w, "The name of a topic");
}

static bool at_end(words *w) {
    skip_space(w);
    return w->rest.length == 0 || complain(w, "The end of the statement");
}

/* ---- payloads ---- */

static slice big_endian(arena *a, uint64_t value, int bytes) {
    char *to = arena_allocate(a, 8);
    for (int i = 0; i < bytes; i++)
        to[i] = (char)(value >> (8 * (bytes - 1 - i)));
    return slice_make(to, (size_t)bytes);
}

static bool read_hex(words *w, slice *bytes) {
    slice text;
    if (!next_quoted(w, &text))
        return false;
    char *to = arena_allocate(w->test->arena, text.length / 2 + 1);
    for (size_t i = 0; i + 1 < text.length; i += 2) {
        int high = number_hex_digit(text.data[i]), low = number_hex_digit(text.data[i + 1]);
        if (high < 0 || low < 0)
            return complain(w, "Hexadecimal digits");
        to[i / 2] = (char)(high << 4 | low);
    }
    *bytes = slice_make(to, text.length / 2);
    return true;
}

static bool next_payload(words *w, slice *bytes) {
    int64_t number;
    double real;
    uint64_t bits;
    arena *a = w->test->arena;
    if (take_word(w, "NULL")) {
        *bytes = (slice){NULL, 0};
        return true;
    }
    if (take_word(w, "X"))
        return read_hex(w, bytes);
    if (take_word(w, "INT") || take_word(w, "INTEGER")) {
        if (!next_number(w, &number))
            return false;
        *bytes = big_endian(a, (uint64_t)number, 4);
        return true;
    }
    if (take_word(w, "BIGINT")) {
        if (!next_number(w, &number))
            return false;
        *bytes = big_endian(a, (uint64_t)number, 8);
        return true;
    }
    if (take_word(w, "DOUBLE")) {
        if (!number_parse_double(next_word(w), &real))
            return complain(w, "A number");
        memcpy(&bits, &real, sizeof bits);
        *bytes = big_endian(a, bits, 8);
        return true;
    }
    return next_quoted(w, bytes);
}

/* ---- PRODUCE ---- */

enum { HEADERS_MOST = 100 };

static bool next_header(words *w, topic_header *headers, int32_t *count) {
    if (*count == HEADERS_MOST)
        return complain(w, "Fewer headers");
    topic_header *header = &headers[(*count)++];
    return next_quoted(w, &header->key) && next_payload(w, &header->value);
}

static bool read_record(words *w, topic_record *record, topic_header *headers) {
    for (;;) {
        int64_t number;
        skip_space(w);
        if (w->rest.length == 0)
            return true;
        bool ok;
        if (take_word(w, "KEY"))
            ok = next_payload(w, &record->key);
        else if (take_word(w, "VALUE"))
            ok = next_payload(w, &record->value);
        else if (take_word(w, "TIMESTAMP"))
            ok = next_number(w, &record->timestamp_ms);
        else if (take_word(w, "HEADER"))
            ok = next_header(w, headers, &record->header_count);
        else if (take_word(w, "PARTITION")) {
            ok = next_number(w, &number);
            record->partition = ok ? (int32_t)number : 0;
        } else
            return complain(w, "KEY, VALUE, TIMESTAMP, PARTITION or HEADER");
        if (!ok)
            return false;
    }
}

static bool produce(words *w) {
    sql_test_state *t = w->test;
    topic_header headers[HEADERS_MOST];
    topic_record record = {
        .timestamp_ms = sql_test_now_ms(), .partition = TOPIC_PARTITION_BY_KEY, .headers = headers};
    slice topic;
    if (!take_word(w, "TO"))
        return complain(w, "TO");
    if (!next_topic(w, &topic) || !read_record(w, &record, headers))
        return false;
    topic_system *topics = instance_topics(t->instance);
    topic_info info;
    if (!topic_describe(topics, topic, &info, &t->e))
        return false;
    if (record.partition == TOPIC_PARTITION_BY_KEY && !record.key.data)
        record.partition = 0;
    topic_writer *writer = topic_writer_open(topics, (slice){NULL, 0}, &t->e);
    bool ok = writer && topic_writer_append(writer, topic, &record, &t->e) &&
              topic_writer_commit(writer, NULL, NULL, 0, &t->e);
    if (writer)
        topic_writer_close(writer);
    return ok && sql_test_drain(t);
}

/* ---- EXPECT ---- */

static bool expect_topic(words *w) {
    sql_test_state *t = w->test;
    slice topic;
    topic_record *records;
    int64_t count;
    int32_t partitions;
    if (!next_topic(w, &topic) || !at_end(w) || !sql_test_drain(t) ||
        !sql_test_unread(t, topic, &records, &count, &partitions))
        return false;
    const source_descriptor *source = sql_test_topic_source(t, topic);
    for (int64_t i = 0; i < count; i++) {
        buffer line = {0};
        test_record_append_json(&line, source, instance_registry(t->instance), &records[i]);
        slice none = SLICE_LITERAL(",\"headers\":[]}"); /* the usual case goes without saying */
        if (slice_ends_with(buffer_slice(&line), none)) {
            line.length -= none.length;
            buffer_append_byte(&line, '}');
        }
        buffer_append(&t->lines, buffer_slice(&line));
        buffer_append_byte(&t->lines, '\n');
        buffer_free(&line);
        sql_test_mark_read(t, topic, &records[i]);
    }
    t->gives_lines = true;
    t->any_order = partitions > 1;
    return true;
}

static bool expect(words *w) {
    if (take_word(w, "ROWS"))
        return at_end(w) && sql_test_take_rows(w->test);
    if (take_word(w, "TOPIC"))
        return expect_topic(w);
    return complain(w, "ROWS or TOPIC");
}

/* ---- RESTART, ADVANCE ---- */

static void carry_over(session *from, session *to) {
    slice name, value;
    error ignored = {0};
    for (int i = 0; i < session_property_count(from); i++) {
        session_property_at(from, i, &name, &value);
        session_set_property(to, name, value, &ignored);
    }
    for (int i = 0; i < session_variable_count(from); i++) {
        session_variable_at(from, i, &name, &value);
        session_set_variable(to, name, value, &ignored);
    }
}

static bool restart(words *w) {
    sql_test_state *t = w->test;
    session *before = t->session;
    if (!at_end(w))
        return false;
    sql_test_close_instance(t);
    t->session = NULL;
    bool ok = sql_test_open_instance(t);
    if (ok)
        carry_over(before, t->session);
    session_close(before);
    return ok && sql_test_drain(t);
}

static int64_t unit_ms(slice unit) {
    static const struct {
        const char *name;
        int64_t ms;
    } units[] = {{"MILLISECOND", 1}, {"SECOND", 1000}, {"MINUTE", 60000}, {"HOUR", 3600000},
        {"DAY", 86400000}};
    if (unit.length && (unit.data[unit.length - 1] == 's' || unit.data[unit.length - 1] == 'S'))
        unit.length--;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (slice_is_ignore_case(unit, units[i].name))
            return units[i].ms;
    return 0;
}

static bool advance(words *w) {
    int64_t number, unit;
    if (!take_word(w, "TIME"))
        return complain(w, "TIME");
    if (take_word(w, "TO")) {
        if (!next_number(w, &number) || !at_end(w))
            return false;
        sql_test_set_now_ms(number);
        return sql_test_drain(w->test);
    }
    if (!take_word(w, "BY"))
        return complain(w, "TO or BY");
    if (!next_number(w, &number))
        return false;
    unit = unit_ms(next_word(w));
    if (!unit)
        return complain(w, "MILLISECONDS, SECONDS, MINUTES, HOURS or DAYS");
    if (!at_end(w))
        return false;
    sql_test_set_now_ms(sql_test_now_ms() + number * unit);
    return sql_test_drain(w->test);
}

bool sql_test_own_statement(sql_test_state *t, slice text, bool *known) {
    static const struct {
        const char *word;
        bool (*run)(words *w);
    } own[] = {
        {"PRODUCE", produce}, {"EXPECT", expect}, {"RESTART", restart}, {"ADVANCE", advance}};
    words w = {text, t};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (take_word(&w, own[i].word)) {
            *known = true;
            t->failed_text = text;
            return own[i].run(&w);
        }
    return false;
}
