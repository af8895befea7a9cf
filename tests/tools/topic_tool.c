/* Fills and dumps topics for tests, on the embedded log or on Kafka.
 *
 *   topic_tool (--log DIR | --kafka HOST:PORT) create TOPIC PARTITIONS
 *   topic_tool (--log DIR | --kafka HOST:PORT) produce TOPIC      lines: KEY <tab> TIMESTAMP <tab>
 * VALUE topic_tool (--log DIR | --kafka HOST:PORT) dump TOPIC         lines: PARTITION OFFSET
 * TIMESTAMP KEY VALUE, tabs between
 *   topic_tool (--log DIR | --kafka HOST:PORT) script -           many topics in one go; lines:
 *     create TOPIC PARTITIONS, record TOPIC <tab> KEY <tab> TIMESTAMP <tab> VALUE, dump TOPIC (a
 *     line "topic TOPIC" goes in front of the dump). What is recorded is committed at the end.
 *
 *     bytes TOPIC <tab> KEY <tab> TIMESTAMP <tab> VALUE and export TOPIC do the same with keys and
 *     values in hexadecimal digits, where - stands for null.
 *
 * An empty key or value stands for null. Bytes that are not printable ASCII are dumped as \xNN. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/memory.h"
#include "executor/topic/topic.h"

static int fail(const error *e) {
    fprintf(stderr, "topic_tool: %s\n", e->message);
    return 1;
}

static slice take_field(slice *line) {
    const char *tab = memchr(line->data, '\t', line->length);
    size_t length = tab ? (size_t)(tab - line->data) : line->length;
    slice field = slice_make(line->data, length);
    size_t skip = tab ? length + 1 : length;
    *line = slice_make(line->data + skip, line->length - skip);
    return field;
}

static slice null_if_empty(slice text) {
    return text.length ? text : (slice){NULL, 0};
}

/* Hexadecimal digits become bytes in their own place. */
static slice unhex(slice text) {
    if (slice_is(text, "-"))
        return (slice){NULL, 0};
    char *out = (char *)text.data;
    for (size_t i = 0; i + 1 < text.length; i += 2) {
        char digits[3] = {text.data[i], text.data[i + 1], 0};
        out[i / 2] = (char)strtol(digits, NULL, 16);
    }
    return slice_make(out, text.length / 2);
}

static bool append_bytes(topic_writer *writer, slice topic, slice line, error *e) {
    topic_record record = {.partition = TOPIC_PARTITION_BY_KEY};
    record.key = unhex(take_field(&line));
    slice_to_int64(take_field(&line), &record.timestamp_ms);
    record.value = unhex(line);
    return topic_writer_append(writer, topic, &record, e);
}

static bool append_record(topic_writer *writer, slice topic, slice line, error *e) {
    topic_record record = {.partition = TOPIC_PARTITION_BY_KEY};
    record.key = null_if_empty(take_field(&line));
    slice_to_int64(take_field(&line), &record.timestamp_ms);
    record.value = null_if_empty(line);
    return topic_writer_append(writer, topic, &record, e);
}

static int produce(topic_system *topics, slice topic) {
    error e = {0};
    topic_writer *writer = topic_writer_open(topics, (slice){NULL, 0}, &e);
    if (!writer)
        return fail(&e);
    char *text = NULL;
    size_t capacity = 0;
    bool ok = true;
    for (ssize_t got; ok && (got = getline(&text, &capacity, stdin)) > 0;) {
        slice line = slice_make(text, (size_t)got - (text[got - 1] == '\n'));
        ok = append_record(writer, topic, line, &e);
    }
    ok = ok && topic_writer_commit(writer, NULL, NULL, 0, &e);
    free(text);
    topic_writer_close(writer);
    return ok ? 0 : fail(&e);
}

/* Whether what stands there would be taken for an escape. */
static bool looks_escaped(slice text, size_t i) {
    return text.data[i] == '\\' && i + 1 < text.length && text.data[i + 1] == 'x';
}

static void print_bytes(slice text) {
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20 || c > 0x7e || looks_escaped(text, i))
            printf("\\x%02x", c);
        else
            putchar(c);
    }
}

static void print_hex(slice bytes) {
    if (!bytes.data)
        putchar('-');
    for (size_t i = 0; i < bytes.length; i++)
        printf("%02x", (unsigned char)bytes.data[i]);
}

static void print_record(const topic_record *r, void (*print)(slice bytes)) {
    printf("%d\t%lld\t%lld\t", r->partition, (long long)r->offset, (long long)r->timestamp_ms);
    print(r->key);
    putchar('\t');
    print(r->value);
    putchar('\n');
}

static bool dump_partition(
    topic_system *topics, slice topic, int32_t partition, void (*print)(slice bytes), error *e) {
    int64_t start, end;
    if (!topic_offsets(topics, topic, partition, &start, &end, e))
        return false;
    topic_reader *reader = topic_reader_open(topics, SLICE_LITERAL("topic_tool"), e);
    bool ok = reader && topic_reader_assign(reader, topic, partition, start, e);
    while (ok && topic_reader_position(reader, 0) < end) {
        const topic_segment *segments;
        int count;
        ok = topic_reader_poll(reader, 1000, 10000, &segments, &count, e);
        for (int s = 0; ok && s < count; s++)
            for (int64_t i = 0; i < segments[s].count; i++)
                print_record(&segments[s].records[i], print);
    }
    if (reader)
        topic_reader_close(reader);
    return ok;
}

static int dump(topic_system *topics, slice topic, void (*print)(slice bytes)) {
    error e = {0};
    topic_info info;
    if (!topic_describe(topics, topic, &info, &e))
        return fail(&e);
    for (int32_t p = 0; p < info.config.partitions; p++)
        if (!dump_partition(topics, topic, p, print, &e))
            return fail(&e);
    return 0;
}

static int create(topic_system *topics, slice topic, const char *partitions) {
    error e = {0};
    topic_config config = {.partitions = (int32_t)strtol(partitions, NULL, 10), .retention_ms = -1};
    return topic_create(topics, topic, &config, &e) ? 0 : fail(&e);
}

static slice take_word(slice *line) {
    const char *space = memchr(line->data, ' ', line->length);
    size_t length = space ? (size_t)(space - line->data) : line->length;
    slice word = slice_make(line->data, length);
    size_t skip = space ? length + 1 : length;
    *line = slice_make(line->data + skip, line->length - skip);
    return word;
}

static bool script_line(topic_system *topics, topic_writer *writer, slice line, error *e) {
    slice command = take_word(&line);
    if (slice_is(command, "record")) {
        slice topic = take_field(&line);
        return append_record(writer, topic, line, e);
    }
    if (slice_is(command, "bytes")) {
        slice topic = take_field(&line);
        return append_bytes(writer, topic, line, e);
    }
    slice topic = take_word(&line);
    if (slice_is(command, "create")) {
        int64_t partitions = 1;
        slice_to_int64(line, &partitions);
        topic_config config = {.partitions = (int32_t)partitions, .retention_ms = -1};
        return topic_create(topics, topic, &config, e);
    }
    printf("topic %.*s\n", SLICE_ARG(topic));
    return dump(topics, topic, slice_is(command, "export") ? print_hex : print_bytes) == 0;
}

static int script(topic_system *topics) {
    error e = {0};
    topic_writer *writer = topic_writer_open(topics, (slice){NULL, 0}, &e);
    if (!writer)
        return fail(&e);
    char *text = NULL;
    size_t capacity = 0;
    bool ok = true;
    for (ssize_t got; ok && (got = getline(&text, &capacity, stdin)) > 0;)
        ok = script_line(
            topics, writer, slice_make(text, (size_t)got - (text[got - 1] == '\n')), &e);
    ok = ok && topic_writer_commit(writer, NULL, NULL, 0, &e);
    free(text);
    topic_writer_close(writer);
    return ok ? 0 : fail(&e);
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr,
            "usage: topic_tool (--log DIR | --kafka HOST:PORT) create|produce|dump|script TOPIC "
            "[PARTITIONS]\n");
        return 2;
    }
    error e = {0};
    bool kafka = slice_is(slice_of(argv[1]), "--kafka");
    slice where = slice_of(argv[2]), command = slice_of(argv[3]), topic = slice_of(argv[4]);
    topic_system *topics =
        kafka ? kafka_open(where, NULL, 0, &e) : embedded_log_open(where, true, &e);
    if (!topics)
        return fail(&e);
    int status = 2;
    if (slice_is(command, "create"))
        status = create(topics, topic, argc > 5 ? argv[5] : "1");
    else if (slice_is(command, "produce"))
        status = produce(topics, topic);
    else if (slice_is(command, "dump"))
        status = dump(topics, topic, print_bytes);
    else if (slice_is(command, "script"))
        status = script(topics);
    topic_system_close(topics);
    return status;
}
