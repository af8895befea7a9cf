/* Reading: the files below a path, in order of their names, as one sequence of lines (where they
 * are watched, in the order in which they were found); the
 * directories NAME=VALUE on the way become the record's key, {"NAME":"VALUE"}. Files are mapped, so
 * that records point into them. Names that begin with . or _ are not read: they are being written,
 * or marks.
 *
 * Writing: lines go to one file a directory and transaction, hidden by a dot in front of its name
 * until the transaction has committed. A name has the query's token and the commit's number; both
 * are kept with the commit, so that after a crash the next writer knows which hidden files count.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "executor/topic/connector.h"
#include "executor/topic/file_ledger.h"

/* The directory of rows whose partition column is null. */
#define DEFAULT_PARTITION "__HIVE_DEFAULT_PARTITION__"

/* ---- reading ---- */

enum { GIVE_BACK_BYTES = 8 << 20 }; /* whole pages */

typedef struct input_file {
    char *path;
    char *key; /* of its records; NULL: none */
    int64_t start, length;
    int64_t time_ms;
} input_file;

typedef struct file_source {
    connector_source base;
    input_file *files;
    int count, capacity;
    int open; /* index of the mapped file; -1: none */
    char *mapped;
    int64_t given_back; /* of the mapped file: bytes from its start on */
    topic_record *records;
    int64_t record_capacity;
    char *path;
    file_ledger *ledger; /* NULL: it is not watched */
    int64_t interval_ms, looked_ms;
    const char **known; /* paths, sorted, while it is looked for new ones */
    int known_count;
} file_source;

static int compare_paths(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_known(const file_source *s, const char *path) {
    return s->known_count &&
           bsearch(&path, s->known, (size_t)s->known_count, sizeof path, compare_paths);
}

static void append_file(file_source *s, slice path, slice key, int64_t length, int64_t time_ms) {
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 8;
        s->files = memory_resize(s->files, sizeof(input_file) * (size_t)s->capacity);
    }
    s->files[s->count++] = (input_file){memory_copy_text(path),
        key.length ? memory_copy_text(key) : NULL, s->base.end, length, time_ms};
    s->base.end += length;
}

static void add_file(file_source *s, const char *path, const char *key, const struct stat *info) {
    ledger_entry entry = {.path = slice_of(path),
        .key = slice_of(key),
        .length = info->st_size,
        .time_ms = (int64_t)info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000};
    if (is_known(s, path))
        return;
    append_file(s, entry.path, entry.key, entry.length, entry.time_ms);
    if (s->ledger)
        file_ledger_add(s->ledger, &entry);
}

/* The value in a directory's name, where some characters are %XX. */
static json_t *partition_value(const char *escaped) {
    buffer plain = {0};
    for (const char *at = escaped; *at; at++) {
        int high = *at == '%' ? number_hex_digit(at[1]) : -1;
        int low = high >= 0 ? number_hex_digit(at[2]) : -1;
        buffer_append_byte(&plain, low >= 0 ? (char)(high * 16 + low) : *at);
        at += low >= 0 ? 2 : 0;
    }
    json_t *value = json_stringn_nocheck(plain.data ? plain.data : "", plain.length);
    buffer_free(&plain);
    return value;
}

/* The key with one more directory NAME=VALUE. */
static char *extend_key(const char *key, const char *directory) {
    const char *equal = strchr(directory, '=');
    if (!equal)
        return memory_copy_text(slice_of(key));
    json_t *object = key[0] ? json_loads(key, 0, NULL) : json_object();
    char *name = memory_copy_text(slice_make(directory, (size_t)(equal - directory)));
    if (strcmp(equal + 1, DEFAULT_PARTITION) != 0) /* what is not in the key is null */
        json_object_set_new(object, name, partition_value(equal + 1));
    char *text = json_dumps(object, JSON_COMPACT);
    char *copy = memory_copy_text(slice_of(text));
    free(text);
    memory_free(name);
    json_decref(object);
    return copy;
}

static int visible(const struct dirent *entry) {
    return entry->d_name[0] != '.' && entry->d_name[0] != '_';
}

static bool add_path(file_source *s, const char *path, const char *key, error *e);

static bool add_directory(file_source *s, const char *path, const char *key, error *e) {
    struct dirent **entries;
    int count = scandir(path, &entries, visible, alphasort);
    if (count < 0)
        return error_set(e, ERROR_IO, "Cannot read the directory '%s': %s", path, strerror(errno));
    bool ok = true;
    for (int i = 0; i < count; i++) {
        buffer name = {0};
        buffer_format(&name, "%s/%s", path, entries[i]->d_name);
        buffer_append_byte(&name, 0);
        char *longer = extend_key(key, entries[i]->d_name);
        ok = ok && add_path(s, name.data, longer, e);
        memory_free(longer);
        buffer_free(&name);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool add_path(file_source *s, const char *path, const char *key, error *e) {
    struct stat info;
    if (stat(path, &info)) /* of those that are watched one may have gone meanwhile */
        return (s->ledger && errno == ENOENT && strcmp(path, s->path) != 0) ||
               error_set(e, ERROR_IO, "Cannot read '%s': %s", path, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return add_directory(s, path, key, e);
    add_file(s, path, key, &info);
    return true;
}

static void add_found(void *context, const ledger_entry *entry) {
    append_file(context, entry->path, entry->key, entry->length, entry->time_ms);
}

static void list_known(file_source *s) {
    s->known = memory_resize(s->known, sizeof *s->known * (size_t)(s->count + 1));
    for (int i = 0; i < s->count; i++)
        s->known[i] = s->files[i].path;
    s->known_count = s->count;
    qsort(s->known, (size_t)s->count, sizeof *s->known, compare_paths);
}

/* Files that others have found, then those that nobody has. */
static bool files_look(connector_source *source, error *e) {
    file_source *s = (file_source *)source;
    file_ledger_hold();
    bool ok = file_ledger_read(s->ledger, add_found, s, e);
    list_known(s);
    ok = ok && add_path(s, s->path, "", e) && file_ledger_write(s->ledger, e);
    file_ledger_release();
    s->looked_ms = clock_monotonic_ms();
    return ok;
}

static void unmap(file_source *s) {
    if (s->open >= 0 && s->files[s->open].length)
        munmap(s->mapped, (size_t)s->files[s->open].length);
    s->open = -1;
}

static bool map(file_source *s, int index, error *e) {
    unmap(s);
    const input_file *f = &s->files[index];
    int file = open(f->path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return error_set(e, ERROR_IO, "Cannot read '%s': %s", f->path, strerror(errno));
    s->mapped = f->length ? mmap(NULL, (size_t)f->length, PROT_READ, MAP_PRIVATE, file, 0) : NULL;
    close(file);
    if (s->mapped == MAP_FAILED)
        return error_set(e, ERROR_IO, "Cannot read '%s': %s", f->path, strerror(errno));
    s->open = index;
    s->given_back = 0;
    return true;
}

/* What has been read leaves memory. Whoever should look at it again gets it from the file. */
static void give_back(file_source *s, int64_t read) {
    read -= read % GIVE_BACK_BYTES;
    if (read > s->given_back)
        madvise(s->mapped + s->given_back, (size_t)(read - s->given_back), MADV_DONTNEED);
    s->given_back = read;
}

static void reserve(file_source *s, int64_t most) {
    if (s->record_capacity >= most)
        return;
    s->record_capacity = most;
    s->records = memory_resize(s->records, sizeof(topic_record) * (size_t)most);
}

static bool files_read(connector_source *source, int64_t most, const topic_record **records,
    int64_t *count, error *e) {
    file_source *s = (file_source *)source;
    reserve(s, most);
    *records = s->records;
    *count = 0;
    int index = 0;
    while (index < s->count && source->position >= s->files[index].start + s->files[index].length)
        index++;
    if (index == s->count)
        return !s->ledger || clock_monotonic_ms() - s->looked_ms < s->interval_ms ||
               files_look(source, e);
    const input_file *f = &s->files[index];
    if (s->open != index && !map(s, index, e))
        return false;
    slice key = f->key ? slice_of(f->key) : (slice){NULL, 0};
    give_back(s, source->position - f->start);
    const char *at = s->mapped + (source->position - f->start), *end = s->mapped + f->length;
    while (at < end && *count < most) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        const char *next = line_end ? line_end + 1 : end;
        size_t length = (size_t)((line_end ? line_end : end) - at);
        if (length && at[length - 1] == '\r')
            length--;
        if (length)
            s->records[(*count)++] = (topic_record){.key = key,
                .value = slice_make(at, length),
                .timestamp_ms = f->time_ms,
                .offset = f->start + (at - s->mapped)};
        at = next;
    }
    source->position = f->start + (at - s->mapped);
    return true;
}

static void files_close(connector_source *source) {
    file_source *s = (file_source *)source;
    unmap(s);
    for (int i = 0; i < s->count; i++) {
        memory_free(s->files[i].path);
        memory_free(s->files[i].key);
    }
    file_ledger_close(s->ledger);
    memory_free(s->known);
    memory_free(s->path);
    memory_free(s->files);
    memory_free(s->records);
    memory_free(s);
}

slice file_source_path(slice path, int64_t *interval_ms) {
    slice mark = SLICE_LITERAL("watch=");
    *interval_ms = 0;
    if (!slice_starts_with(path, mark))
        return path;
    slice rest = slice_make(path.data + mark.length, path.length - mark.length);
    const char *colon = memchr(rest.data, ':', rest.length);
    size_t digits = colon ? (size_t)(colon - rest.data) : 0;
    if (!colon || !slice_to_int64(slice_make(rest.data, digits), interval_ms))
        return path;
    return slice_make(colon + 1, rest.length - digits - 1);
}

connector_source *file_source_open(slice path, slice directory, error *e) {
    static const connector_source_functions FIXED = {files_close, files_read, NULL};
    static const connector_source_functions WATCHED = {files_close, files_read, files_look};
    file_source *s = MEMORY_NEW(file_source);
    path = file_source_path(path, &s->interval_ms);
    s->base.functions = s->interval_ms ? &WATCHED : &FIXED;
    s->open = -1;
    s->path = memory_copy_text(path);
    if (s->interval_ms)
        s->ledger = file_ledger_open(directory, path, e);
    bool ok = s->ledger ? files_look(&s->base, e) : !s->interval_ms && add_path(s, s->path, "", e);
    if (ok)
        return &s->base;
    files_close(&s->base);
    return NULL;
}

/* ---- writing ---- */

typedef struct output_file {
    char *directory;
    char *hidden, *visible; /* paths; NULL before the first write */
    buffer pending;
} output_file;

struct file_sink {
    output_file *files;
    int count, last;
    uint64_t token; /* makes the names of this writer's files its own */
    int64_t number;
};

file_sink *file_sink_open(void) {
    file_sink *s = MEMORY_NEW(file_sink);
    if (getrandom(&s->token, sizeof s->token, 0) != sizeof s->token)
        s->token = (uint64_t)getpid();
    return s;
}

static void append_escaped(buffer *out, const char *text) {
    for (; *text; text++) {
        if (strchr("/\\:*?\"<>|%#[]^{}'", *text) || (unsigned char)*text < 0x20)
            buffer_format(out, "%%%02X", (unsigned char)*text);
        else
            buffer_append_byte(out, *text);
    }
}

/* PATH/NAME=VALUE/... */
static bool directory_of(slice path, slice key, buffer *out, error *e) {
    buffer_append(out, path);
    json_t *object = key.length ? json_loadb(key.data, key.length, 0, NULL) : NULL;
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) {
        char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
        if (out->data[out->length - 1] != '/')
            buffer_append_byte(out, '/');
        buffer_format(out, "%s=", name);
        append_escaped(out, json_is_null(value) ? DEFAULT_PARTITION
                            : text              ? text
                                                : json_string_value(value));
        free(text);
    }
    json_decref(object);
    buffer_append_byte(out, 0);
    return out->length > 1 || error_set(e, ERROR_IO, "A table of files needs a path to write to");
}

static output_file *file_for(file_sink *s, const char *directory) {
    if (s->count && strcmp(s->files[s->last].directory, directory) == 0)
        return &s->files[s->last];
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->files[i].directory, directory) == 0)
            return &s->files[s->last = i];
    s->files = memory_resize(s->files, sizeof(output_file) * (size_t)(s->count + 1));
    s->last = s->count++;
    s->files[s->last] = (output_file){.directory = memory_copy_text(slice_of(directory))};
    return &s->files[s->last];
}

bool file_sink_append(file_sink *s, slice path, const topic_record *record, error *e) {
    buffer directory = {0};
    bool ok = directory_of(path, record->key, &directory, e);
    if (ok) {
        output_file *f = file_for(s, directory.data);
        buffer_append(&f->pending, record->value);
        buffer_append_byte(&f->pending, '\n');
    }
    buffer_free(&directory);
    return ok;
}

static bool make_directories(const char *path, error *e) {
    char *name = memory_copy_text(slice_of(path));
    bool ok = true;
    for (char *at = name + 1; ok && *at; at++) {
        if (*at != '/')
            continue;
        *at = 0;
        ok = mkdir(name, 0777) == 0 || errno == EEXIST;
        *at = '/';
    }
    ok = ok && (mkdir(name, 0777) == 0 || errno == EEXIST);
    memory_free(name);
    return ok ||
           error_set(e, ERROR_IO, "Cannot make the directory '%s': %s", path, strerror(errno));
}

static char *file_name(const file_sink *s, const char *directory, const char *mark) {
    buffer name = {0};
    bool slash = directory[strlen(directory) - 1] == '/';
    buffer_format(&name, "%s%s%spart-%016llx-%lld", directory, slash ? "" : "/", mark,
        (unsigned long long)s->token, (long long)s->number);
    char *copy = memory_copy_text(buffer_slice(&name));
    buffer_free(&name);
    return copy;
}

static bool write_hidden(file_sink *s, output_file *f, error *e) {
    if (!make_directories(f->directory, e))
        return false;
    f->hidden = file_name(s, f->directory, ".");
    f->visible = file_name(s, f->directory, "");
    FILE *file = fopen(f->hidden, "wb");
    bool ok = file && fwrite(f->pending.data, 1, f->pending.length, file) == f->pending.length &&
              fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (file)
        ok = fclose(file) == 0 && ok;
    return ok || error_set(e, ERROR_IO, "Cannot write '%s': %s", f->hidden, strerror(errno));
}

bool file_sink_prepare(file_sink *s, error *e) {
    s->number++;
    for (int i = 0; i < s->count; i++)
        if (!write_hidden(s, &s->files[i], e))
            return false;
    return true;
}

static void forget(file_sink *s) {
    for (int i = 0; i < s->count; i++) {
        memory_free(s->files[i].directory);
        memory_free(s->files[i].hidden);
        memory_free(s->files[i].visible);
        buffer_free(&s->files[i].pending);
    }
    s->count = s->last = 0;
}

bool file_sink_publish(file_sink *s, error *e) {
    bool ok = true;
    for (int i = 0; i < s->count; i++)
        if (rename(s->files[i].hidden, s->files[i].visible))
            ok = error_set(
                e, ERROR_IO, "Cannot name the file '%s': %s", s->files[i].visible, strerror(errno));
    forget(s);
    return ok;
}

/* Hidden files stay: whether the commit happened after all is known when the next writer comes. */
void file_sink_abort(file_sink *s) {
    forget(s);
}

/* ---- after a crash ---- */

void file_sink_mark(const file_sink *s, topic_commit_mark *mark) {
    *mark = (topic_commit_mark){(int64_t)s->token, s->number + 1};
}

static bool settle(file_sink *s, const char *directory, const char *name, error *e) {
    unsigned long long token;
    long long number;
    if (sscanf(name, ".part-%llx-%lld", &token, &number) != 2 || token != s->token)
        return true;
    buffer hidden = {0}, visible = {0};
    buffer_format(&hidden, "%s/%s", directory, name);
    buffer_format(&visible, "%s/%s", directory, name + 1);
    buffer_append_byte(&hidden, 0);
    buffer_append_byte(&visible, 0);
    bool ok = (number <= s->number ? rename(hidden.data, visible.data) : unlink(hidden.data)) == 0;
    if (!ok)
        error_set(e, ERROR_IO, "Cannot name the file '%s': %s", visible.data, strerror(errno));
    buffer_free(&hidden);
    buffer_free(&visible);
    return ok;
}

/* A directory that is not there has nothing hidden in it. */
static bool settle_directory(file_sink *s, const char *path, error *e) {
    DIR *directory = opendir(path);
    bool ok = true;
    for (struct dirent *entry; ok && directory && (entry = readdir(directory));) {
        if (strncmp(entry->d_name, ".part-", 6) == 0) {
            ok = settle(s, path, entry->d_name, e);
        } else if (entry->d_name[0] != '.' && strchr(entry->d_name, '=')) {
            buffer below = {0};
            buffer_format(&below, "%s/%s", path, entry->d_name);
            buffer_append_byte(&below, 0);
            ok = settle_directory(s, below.data, e);
            buffer_free(&below);
        }
    }
    if (directory)
        closedir(directory);
    return ok;
}

bool file_sink_resume(file_sink *s, slice path, const topic_commit_mark *mark, error *e) {
    s->token = (uint64_t)mark->token;
    s->number = mark->number;
    char *name = memory_copy_text(path);
    bool ok = settle_directory(s, name, e);
    memory_free(name);
    return ok;
}

void file_sink_close(file_sink *s) {
    if (!s)
        return;
    file_sink_abort(s);
    memory_free(s->files);
    memory_free(s);
}
