#include "shell/output.h"

#include <ctype.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "shell/highlight.h"

static void hide_progress(output *o) {
    if (o->progress_shown)
        fputs("\r\033[K", stderr);
    o->progress_shown = false;
}

void output_progress(output *o, slice text) {
    if (!isatty(STDERR_FILENO))
        return;
    hide_progress(o);
    fprintf(stderr, "%.*s", SLICE_ARG(text));
    o->progress_shown = text.length > 0;
}

static void put(FILE *file, slice text, bool whole_lines) {
    if (!file)
        return;
    fwrite(text.data, 1, text.length, file);
    if (whole_lines && text.length && text.data[text.length - 1] != '\n')
        fputc('\n', file);
    fflush(file);
}

/* Without colors and what else a terminal is told. */
static void put_spool(output *o, slice text, bool whole_lines) {
    buffer plain = {0};
    if (!o->spool)
        return;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] != '\033') {
            buffer_append_byte(&plain, text.data[i]);
            continue;
        }
        while (i + 1 < text.length && !isalpha((unsigned char)text.data[++i]))
            continue;
    }
    put(o->spool, buffer_slice(&plain), whole_lines);
    buffer_free(&plain);
}

void output_result(output *o, slice text) {
    hide_progress(o);
    put(stdout, text, false);
    put_spool(o, text, false);
}

/* ---- formats ---- */

static const char *const FORMAT_NAMES[] = {
    "TABULAR", "VERTICAL", "CSV", "MARKDOWN", "JSON", "NDJSON"};
const char OUTPUT_FORMATS[] = "TABULAR, VERTICAL, CSV, MARKDOWN, JSON or NDJSON";

bool output_format_find(slice name, output_format *format) {
    for (size_t i = 0; i < sizeof FORMAT_NAMES / sizeof *FORMAT_NAMES; i++)
        if (slice_is_ignore_case(name, FORMAT_NAMES[i])) {
            *format = (output_format)i;
            return true;
        }
    return false;
}

const char *output_format_name(output_format format) {
    return FORMAT_NAMES[format];
}

table_style output_style(const output *o) {
    static const table_form forms[] = {[OUTPUT_VERTICAL] = TABLE_VERTICAL,
        [OUTPUT_CSV] = TABLE_CSV,
        [OUTPUT_MARKDOWN] = TABLE_MARKDOWN};
    table_form form = o->format <= OUTPUT_MARKDOWN ? forms[o->format] : TABLE_COLUMNS;
    return (table_style){.form = form,
        .line_width = form == TABLE_COLUMNS ? output_width(o) : 0,
        .colored = o->colored && o->format <= OUTPUT_VERTICAL};
}

/* ---- the pager ---- */

static int screen_height(void) {
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row : 24;
}

static int lines_of(slice text) {
    int lines = 0;
    for (size_t i = 0; i < text.length; i++)
        lines += text.data[i] == '\n';
    return lines;
}

static bool wants_pager(const output *o, slice text) {
    return o->interactive && !o->no_pager && isatty(STDOUT_FILENO) &&
           lines_of(text) >= screen_height();
}

void output_page(output *o, slice text) {
    const char *pager = getenv("SLUICE_PAGER");
    if (!pager)
        pager = getenv("PAGER");
    if (!wants_pager(o, text)) {
        output_result(o, text);
        return;
    }
    hide_progress(o);
    fflush(stdout);
    /* A person who leaves the pager early breaks the pipe. */
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    FILE *pipe = popen(pager && pager[0] ? pager : "less -RS", "w");
    put(pipe ? pipe : stdout, text, false);
    if (pipe)
        pclose(pipe);
    signal(SIGPIPE, before);
    put_spool(o, text, false);
}

void output_message(output *o, slice text) {
    hide_progress(o);
    put(o->interactive ? stdout : stderr, text, true);
    put_spool(o, text, true);
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
    hide_progress(o);
    buffer colored = {0};
    if (o->colored)
        highlight_error(&colored, text);
    put(stderr, o->colored ? buffer_slice(&colored) : text, true);
    buffer_free(&colored);
    put_spool(o, text, true);
}

int output_width(const output *o) {
    struct winsize size;
    if (o->no_wrap || !isatty(STDOUT_FILENO))
        return 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size.ws_col;
    return 80;
}
