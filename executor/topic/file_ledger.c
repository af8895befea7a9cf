/* An entry is a line of numbers (the file's length, its time, the lengths of key and path), then
 * key and path, and a line break. What a crash has left of one at the end was never used, and is
 * written over. */
#include "executor/topic/file_ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"

enum { NUMBERS_MOST = 100 };

struct file_ledger {
    char *name;
    int file;
    int64_t end; /* of the whole entries that are known */
    buffer added;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void file_ledger_hold(void) {
    pthread_mutex_lock(&lock);
}

void file_ledger_release(void) {
    pthread_mutex_unlock(&lock);
}

static bool fail(const file_ledger *l, const char *what, error *e) {
    return error_set(e, ERROR_IO, "Cannot %s '%s', the list of files that were found: %s", what,
        l->name, strerror(errno));
}

file_ledger *file_ledger_open(slice directory, slice path, error *e) {
    file_ledger *l = MEMORY_NEW(file_ledger);
    buffer name = {0};
    buffer_append(&name, directory);
    buffer_append_byte(&name, 0);
    mkdir(name.data, 0777);
    buffer_clear(&name);
    buffer_format(
        &name, "%.*s/%016llx", SLICE_ARG(directory), (unsigned long long)slice_hash(path));
    l->name = memory_copy_text(buffer_slice(&name));
    buffer_free(&name);
    l->file = open(l->name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (l->file >= 0)
        return l;
    fail(l, "open", e);
    file_ledger_close(l);
    return NULL;
}

void file_ledger_close(file_ledger *l) {
    if (!l)
        return;
    if (l->file >= 0)
        close(l->file);
    buffer_free(&l->added);
    memory_free(l->name);
    memory_free(l);
}

/* Takes an entry off the front; false: it is not whole. */
static bool take_entry(slice *from, ledger_entry *entry) {
    char numbers[NUMBERS_MOST];
    long long length, time_ms;
    size_t key, path;
    const char *end = memchr(from->data, '\n', from->length);
    size_t line = end ? (size_t)(end - from->data) : from->length;
    if (!end || line >= sizeof numbers)
        return false;
    snprintf(numbers, sizeof numbers, "%.*s", (int)line, from->data);
    if (sscanf(numbers, "%lld %lld %zu %zu", &length, &time_ms, &key, &path) != 4)
        return false;
    size_t left = from->length - line - 1;
    if (key > left || path >= left - key || end[1 + key + path] != '\n')
        return false;
    *entry = (ledger_entry){.path = slice_make(end + 1 + key, path),
        .key = key ? slice_make(end + 1, key) : (slice){NULL, 0},
        .length = length,
        .time_ms = time_ms};
    *from = slice_make(end + 2 + key + path, left - key - path - 1);
    return true;
}

bool file_ledger_read(file_ledger *l, void (*visit)(void *context, const ledger_entry *entry),
    void *context, error *e) {
    struct stat info;
    if (fstat(l->file, &info))
        return fail(l, "read", e);
    if (info.st_size <= l->end)
        return true;
    size_t length = (size_t)(info.st_size - l->end);
    char *text = memory_allocate(length);
    bool ok = pread(l->file, text, length, l->end) == (ssize_t)length;
    slice rest = slice_make(text, length);
    ledger_entry entry;
    while (ok && rest.length && take_entry(&rest, &entry))
        visit(context, &entry);
    l->end += (int64_t)(length - rest.length);
    memory_free(text);
    return ok || fail(l, "read", e);
}

void file_ledger_add(file_ledger *l, const ledger_entry *entry) {
    buffer_format(&l->added, "%lld %lld %zu %zu\n", (long long)entry->length,
        (long long)entry->time_ms, entry->key.length, entry->path.length);
    buffer_append(&l->added, entry->key);
    buffer_append(&l->added, entry->path);
    buffer_append_byte(&l->added, '\n');
}

bool file_ledger_write(file_ledger *l, error *e) {
    if (!l->added.length)
        return true;
    bool ok = ftruncate(l->file, l->end) == 0 &&
              pwrite(l->file, l->added.data, l->added.length, l->end) == (ssize_t)l->added.length &&
              fdatasync(l->file) == 0;
    if (ok)
        l->end += (int64_t)l->added.length;
    buffer_clear(&l->added);
    return ok || fail(l, "write", e);
}
