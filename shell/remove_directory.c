#include "shell/remove_directory.h"

#include <ftw.h>
#include <stdio.h>

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place) {
    return remove(path);
}

void remove_directory(const char *path) {
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
