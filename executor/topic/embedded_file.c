/* System calls with retries and error messages, nothing more. */
#include "executor/topic/embedded_file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

char *file_path(const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *path = memory_allocate((size_t)length + 1);
    vsnprintf(path, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return path;
}

bool file_error(error *e, const char *doing, const char *path) {
    int reason = errno;
    char text[128];
    return error_set(
        e, ERROR_IO, "Cannot %s %s: %s.", doing, path, strerror_r(reason, text, sizeof text));
}

bool file_write_at(int fd, const char *path, slice bytes, int64_t position, error *e) {
    while (bytes.length) {
        ssize_t written = pwrite(fd, bytes.data, bytes.length, position);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return file_error(e, "write", path);
        bytes = slice_make(bytes.data + written, bytes.length - (size_t)written);
        position += written;
    }
    return true;
}

bool file_read_at(
    int fd, const char *path, char *bytes, size_t length, int64_t position, error *e) {
    while (length) {
        ssize_t got = pread(fd, bytes, length, position);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return file_error(e, "read", path);
        if (got == 0)
            return error_set(e, ERROR_DATA, "%s ends at byte %lld, before what was committed.",
                path, (long long)position);
        bytes += got;
        length -= (size_t)got;
        position += got;
    }
    return true;
}

bool file_sync(int fd, const char *path, error *e) {
    return fdatasync(fd) == 0 || file_error(e, "sync", path);
}

bool directory_sync(const char *path, error *e) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return file_error(e, "open", path);
    bool good = fsync(fd) == 0 || file_error(e, "sync", path);
    close(fd);
    return good;
}

/* The directory that holds the last name of `path`; freed by the caller. */
static char *parent_of(const char *path) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    while (end > 0 && path[end - 1] != '/')
        end--;
    while (end > 1 && path[end - 1] == '/')
        end--;
    return end ? memory_copy_text(slice_make(path, end)) : memory_copy_text(slice_of("."));
}

bool directory_make(const char *path, bool sync, error *e) {
    if (mkdir(path, 0777) == 0) {
        char *parent = parent_of(path);
        bool good = !sync || directory_sync(parent, e);
        memory_free(parent);
        return good;
    }
    if (errno == EEXIST) {
        struct stat status;
        if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
            return true;
        errno = ENOTDIR;
    }
    if (errno != ENOENT)
        return file_error(e, "make the directory", path);
    char *parent = parent_of(path);
    bool good = !slice_is(slice_of(path), parent) && directory_make(parent, sync, e);
    memory_free(parent);
    return good && directory_make(path, sync, e);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

bool directory_remove(const char *path, error *e) {
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return true;
    return file_error(e, "remove", path);
}
