#include "shell/output.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void put(FILE *file, slice text, bool whole_lines) {
    if (!file)
        return;
    fwrite(text.data, 1, text.length, file);
    if (whole_lines && text.length && text.data[text.length - 1] != '\n')
        fputc('\n', file);
    fflush(file);
}

void output_result(output *o, slice text) {
    put(stdout, text, false);
    put(o->spool, text, false);
}

void output_message(output *o, slice text) {
    put(o->interactive ? stdout : stderr, text, true);
    put(o->spool, text, true);
}

void output_messagef(output *o, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    output_message(o, slice_of(text));
}

void output_error(output *o, slice text) {
    put(stderr, text, true);
    put(o->spool, text, true);
}

int output_width(const output *o) {
    struct winsize size;
    if (o->no_wrap || !isatty(STDOUT_FILENO))
        return 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size.ws_col;
    return 80;
}
