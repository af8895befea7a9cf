/* remove_directory.h - a directory and everything in it. */
#ifndef SLUICE_SHELL_REMOVE_DIRECTORY_H
#define SLUICE_SHELL_REMOVE_DIRECTORY_H

void remove_directory(const char *path);

#endif
