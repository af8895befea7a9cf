/* temporary_directory.h - a directory of a test's own, which goes with all that is in it. */
#ifndef SLUICE_TEMPORARY_DIRECTORY_H
#define SLUICE_TEMPORARY_DIRECTORY_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEMPORARY_DIRECTORY_BYTES = 64 };

/* Makes it, with `name` in its path, which is written to `path`. */
static inline void temporary_directory_make(
    char path[static TEMPORARY_DIRECTORY_BYTES], const char *name) {
    snprintf(path, TEMPORARY_DIRECTORY_BYTES, "/tmp/sluice-%s-XXXXXX", name);
    assert_non_null(mkdtemp(path));
}

static inline int temporary_directory_remove_one(
    const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    return remove(path);
}

static inline void temporary_directory_remove(const char *path) {
    assert_int_equal(nftw(path, temporary_directory_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
