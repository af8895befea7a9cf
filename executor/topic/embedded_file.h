/* embedded_file.h - files and directories for the embedded log. Private to executor/topic.
 *
 * Paths are zero-terminated. Failures fill an ERROR_IO that names the path and the reason.
 */
#ifndef SLUICE_EXECUTOR_TOPIC_EMBEDDED_FILE_H
#define SLUICE_EXECUTOR_TOPIC_EMBEDDED_FILE_H

#include "base/error.h"

/* A path by printf; freed with memory_free. */
char *file_path(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool file_error(error *e, const char *doing, const char *path);

/* The whole of `bytes` at `position`; false leaves the file with any part of it. */
bool file_write_at(int fd, const char *path, slice bytes, int64_t position, error *e);
/* Exactly `length` bytes from `position`. A shorter file is ERROR_DATA. */
bool file_read_at(int fd, const char *path, char *bytes, size_t length, int64_t position, error *e);
bool file_sync(int fd, const char *path, error *e);
/* Makes names created, renamed or removed in a directory durable. */
bool directory_sync(const char *path, error *e);
/* Makes a directory and its parents where absent. `sync` makes the names durable. */
bool directory_make(const char *path, bool sync, error *e);
/* Removes a file or a directory with all in it; what is absent already is removed. */
bool directory_remove(const char *path, error *e);

#endif
