/* A file has the list of changes, then the changes in the order of their keys, so that walks read
 * it from front to back. The list holds pointers, as in memory: the place in the address space is
 * taken before the file is written, as large as it may become. The file is written, not
 * stored to through the map, because a full disk is an error here and would be a signal there. */
#include "executor/state/spill.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"

enum { MEMORY_BYTES = 4 << 20, RUN_BYTES_LEAST = 256 << 10, WRITTEN_BYTES = 64 << 10 };

typedef struct part_writer {
    int file;
    int64_t at; /* behind what is in the file */
    size_t used;
    bool failed;
    char *bytes;
} part_writer;

static void write_all(part_writer *w, const char *bytes, size_t count) {
    while (count && !w->failed) {
        ssize_t written = pwrite(w->file, bytes, count, w->at);
        w->failed = written <= 0;
        if (w->failed)
            return;
        w->at += written;
        bytes += written;
        count -= (size_t)written;
    }
}

static void write_out(part_writer *w) {
    write_all(w, w->bytes, w->used);
    w->used = 0;
}

static void add(part_writer *w, const void *bytes, size_t count) {
    if (count > WRITTEN_BYTES - w->used)
        write_out(w);
    if (count > WRITTEN_BYTES) {
        write_all(w, bytes, count);
        return;
    }
    memcpy(w->bytes + w->used, bytes, count);
    w->used += count;
}

/* Where a thread's name is taken over by another's, both files go on without one. */
static int open_file(const char *directory) {
    buffer path = {0};
    buffer_format(&path, "%s/" SPILL_FILE "%c", directory, 0);
    unlink(path.data);
    int file = open(path.data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0)
        unlink(path.data);
    buffer_free(&path);
    return file;
}

/* How many bytes the file has then; 0: it failed. */
static size_t write_run(const run *r, int file, const char *map) {
    size_t count = r->changes.count;
    char *room = memory_allocate((size_t)WRITTEN_BYTES * 2);
    part_writer list = {.file = file, .bytes = room};
    part_writer changes = {
        .file = file, .at = (int64_t)(sizeof(char *) * count), .bytes = room + WRITTEN_BYTES};
    for (size_t i = 0; i < count && !changes.failed; i++) {
        run_prefetch(r, i);
        const char *place = map + changes.at + changes.used;
        add(&list, &place, sizeof place);
        add(&changes, r->changes.changes[i], unread_change_bytes(r->changes.changes[i]));
    }
    write_out(&list);
    write_out(&changes);
    memory_free(room);
    return list.failed || changes.failed ? 0 : (size_t)changes.at;
}

static run *spill(const run *r, int file) {
    size_t map_bytes = (size_t)r->changes.bytes; /* the list included */
    char *map = mmap(NULL, map_bytes, PROT_READ, MAP_SHARED, file, 0);
    if (map == MAP_FAILED)
        return NULL;
    madvise(map, map_bytes, MADV_NOHUGEPAGE); /* a page that is read is to come without others */
    size_t bytes = write_run(r, file, map);
    if (bytes)
        return run_mapped(map, map_bytes, bytes, r->changes.count);
    munmap(map, map_bytes);
    return NULL;
}

run *spill_when_much(run *r, const char *directory) {
    if (r->changes.bytes < RUN_BYTES_LEAST || run_memory_bytes() < MEMORY_BYTES)
        return r;
    int file = open_file(directory);
    if (file < 0)
        return r;
    run *spilled = spill(r, file);
    close(file); /* the map keeps it */
    if (!spilled)
        return r;
    run_let_go(r);
    return spilled;
}

void spill_trim(const run *r) {
    if (r->map)
        madvise(r->map, r->map_bytes, MADV_DONTNEED);
}
