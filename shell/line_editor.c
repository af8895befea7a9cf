/* libedit reads through a function of ours, which waits for a key and looks at the interrupt flag
 * meanwhile: so Ctrl-C gives a line up at once, in any terminal. libedit knows no colors; so before
 * each wait the line that it has drawn is drawn once more, with colors, at the same place, and the
 * cursor put back: the same characters stand where libedit believes them to be. */
#include "shell/line_editor.h"

#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "base/arena.h"
#include "base/memory.h"
#include "shell/interrupt.h"
#include "shell/text_table.h"

enum { HISTORY_MOST = 1000, WAKE_MS = 100, WORDS_SHOWN_MOST = 200 };

struct line_editor {
    EditLine *edit;
    History *history;
    const char *prompt;
    int width;          /* of the screen when the line was drawn */
    char *history_path; /* or NULL */
    line_editor_completer *completer;
    void *completer_context;
    line_editor_painter *painter;
    void *painter_context;
    buffer painted;
    mbstate_t decoding;
    bool cancelled;
};

static volatile sig_atomic_t resized;

static void on_resize(int number) {
    (void)number;
    resized = 1;
}

/* ---- colors ---- */

static struct winsize screen_size(void) {
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || !size.ws_col || !size.ws_row)
        size = (struct winsize){.ws_row = 24, .ws_col = 80};
    return size;
}

/* Whether every character takes one place; then rows break where columns say. */
static bool is_simple(slice text) {
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
            return false;
    return true;
}

/* Below that of the prompt, on a screen so wide. */
static int row_of_cursor(line_editor *e, int width) {
    const LineInfo *line = el_line(e->edit);
    slice before = slice_make(line->buffer, (size_t)(line->cursor - line->buffer));
    return ((int)strlen(e->prompt) + text_width(before)) / width;
}

static void paint(line_editor *e) {
    const LineInfo *line = el_line(e->edit);
    slice text = slice_make(line->buffer, (size_t)(line->lastchar - line->buffer));
    struct winsize size = screen_size();
    int prompt = (int)strlen(e->prompt), width = prompt + text_width(text);
    bool one_row = width < size.ws_col;
    if (!e->painter || !text.length || !is_simple(text) || width / size.ws_col >= size.ws_row ||
        (!one_row && text_width(text) != (int)text.length))
        return;
    int row = row_of_cursor(e, size.ws_col);
    buffer *out = &e->painted;
    buffer_clear(out);
    buffer_append_text(out, "\0337\r"); /* keeps the cursor */
    if (row)
        buffer_format(out, "\033[%dA", row);
    if (prompt)
        buffer_format(out, "\033[%dC", prompt);
    e->painter(e->painter_context, text, out);
    buffer_append_text(out, "\0338");
    fwrite(out->data, 1, out->length, stdout);
    fflush(stdout);
}

/* The screen has another size. Some terminals have wrapped the line anew, others have not: so no
 * more rows are taken for the line's than it has either way. */
static void redraw(line_editor *e) {
    int width = screen_size().ws_col;
    int before = row_of_cursor(e, e->width), after = row_of_cursor(e, width);
    int row = before < after ? before : after;
    resized = 0;
    if (row)
        printf("\033[%dA", row);
    fputs("\r\033[J", stdout);
    el_resize(e->edit);
    el_set(e->edit, EL_REFRESH);
    e->width = width;
    paint(e);
}

static bool is_key_waiting(void) {
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&ready, 1, 0) == 1;
}

/* ---- reading keys ---- */

/* One byte. 1 as read(2) gives it, 0 at the end, -1 when Ctrl-C came. */
static int read_byte(line_editor *e, char *byte) {
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    for (;;) {
        if (interrupt_pending()) {
            e->cancelled = true;
            return -1;
        }
        if (resized)
            redraw(e);
        int count = poll(&ready, 1, WAKE_MS);
        if (count == 1)
            return (int)read(STDIN_FILENO, byte, 1);
        if (count < 0 && errno != EINTR)
            return -1;
    }
}

static int read_key(EditLine *edit, wchar_t *key) {
    line_editor *e;
    char byte;
    el_wget(edit, EL_CLIENTDATA, &e);
    if (!is_key_waiting())
        paint(e);
    for (;;) {
        int got = read_byte(e, &byte);
        if (got != 1)
            return got;
        if (byte == '\n' || byte == '\r')
            paint(e); /* as it stays on the screen */
        size_t taken = mbrtowc(key, &byte, 1, &e->decoding);
        if (taken == (size_t)-2)
            continue; /* the character has more bytes */
        if (taken == (size_t)-1) {
            memset(&e->decoding, 0, sizeof e->decoding);
            *key = L'?';
        }
        return 1;
    }
}

static char *give_prompt(EditLine *edit) {
    line_editor *e;
    el_get(edit, EL_CLIENTDATA, &e);
    return (char *)e->prompt;
}

/* ---- completion ---- */

typedef struct offered_word {
    slice word, text;
} offered_word;

struct line_editor_offer {
    arena *arena;
    slice typed, common;
    offered_word *words;
    int count, capacity;
};

void line_editor_offer_word(line_editor_offer *offer, slice word, slice text) {
    if (word.length < offer->typed.length ||
        !slice_equal_ignore_case(slice_make(word.data, offer->typed.length), offer->typed))
        return;
    for (int i = 0; i < offer->count; i++)
        if (slice_equal(offer->words[i].word, word))
            return;
    if (offer->count == offer->capacity) {
        offer->capacity = offer->capacity ? offer->capacity * 2 : 64;
        offer->words = memory_resize(offer->words, sizeof(offered_word) * (size_t)offer->capacity);
    }
    word = arena_copy(offer->arena, word);
    offer->words[offer->count++] = (offered_word){word, arena_copy(offer->arena, text)};
    if (offer->count == 1) {
        offer->common = word;
        return;
    }
    size_t same = 0;
    while (same < offer->common.length && same < word.length &&
           slice_equal_ignore_case(
               slice_make(offer->common.data, same + 1), slice_make(word.data, same + 1)))
        same++;
    offer->common.length = same;
}

static bool is_word_byte(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           (c & 0x80);
}

static int compare_words(const void *a, const void *b) {
    return slice_compare(((const offered_word *)a)->word, ((const offered_word *)b)->word);
}

/* Below the line, in columns. */
static void show_words(line_editor_offer *offer) {
    enum { BETWEEN = 2 };
    int shown = offer->count < WORDS_SHOWN_MOST ? offer->count : WORDS_SHOWN_MOST;
    int wide = 1;
    qsort(offer->words, (size_t)offer->count, sizeof(offered_word), compare_words);
    for (int i = 0; i < shown; i++) {
        int width = text_width(offer->words[i].word);
        wide = width > wide ? width : wide;
    }
    int in_a_line = (screen_size().ws_col + BETWEEN - 1) / (wide + BETWEEN);
    if (in_a_line < 1)
        in_a_line = 1;
    putchar('\n');
    for (int i = 0; i < shown; i++) {
        bool last = i % in_a_line == in_a_line - 1 || i == shown - 1;
        int space = last ? 0 : wide + BETWEEN - text_width(offer->words[i].word);
        printf("%.*s%*s%s", SLICE_ARG(offer->words[i].word), space, "", last ? "\n" : "");
    }
    if (shown < offer->count)
        printf("... and %d more\n", offer->count - shown);
    fflush(stdout);
}

/* Of UTF-8. */
static int characters_in(slice text) {
    int count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += ((unsigned char)text.data[i] & 0xC0) != 0x80;
    return count;
}

/* Puts the only word, or what all of them have in common, in place of what was typed. */
static unsigned char insert_common(EditLine *edit, const line_editor_offer *offer) {
    char *text = memory_copy_text(offer->count == 1 ? offer->words[0].text : offer->common);
    el_deletestr(edit, characters_in(offer->typed));
    el_insertstr(edit, text);
    memory_free(text);
    return CC_REFRESH;
}

static unsigned char complete(EditLine *edit, int key) {
    line_editor *e;
    (void)key;
    el_get(edit, EL_CLIENTDATA, &e);
    const LineInfo *line = el_line(edit);
    const char *start = line->cursor;
    while (start > line->buffer && is_word_byte(start[-1]))
        start--;
    if (!e->completer)
        return CC_ERROR;
    line_editor_offer offer = {
        .arena = arena_create(), .typed = slice_make(start, (size_t)(line->cursor - start))};
    e->completer(e->completer_context, slice_make(line->buffer, (size_t)(start - line->buffer)),
        offer.typed, slice_make(line->cursor, (size_t)(line->lastchar - line->cursor)), &offer);
    unsigned char result = CC_ERROR;
    if (offer.count == 1 || (offer.count && offer.common.length > offer.typed.length)) {
        result = insert_common(edit, &offer);
    } else if (offer.count) {
        show_words(&offer);
        result = CC_REDISPLAY;
    }
    memory_free(offer.words);
    arena_destroy(offer.arena);
    return result;
}

/* ---- the history's file ---- */

static void make_directory_of(const char *path) {
    char *part = memory_copy_text(slice_of(path));
    for (char *at = strchr(part + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = 0;
        mkdir(part, 0700);
        *at = '/';
    }
    memory_free(part);
}

/* $XDG_STATE_HOME/sluice/history, or ~/.local/state/sluice/history. */
static char *find_history_path(void) {
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    buffer path = {0};
    if (state && state[0] == '/')
        buffer_format(&path, "%s/sluice/history", state);
    else if (home && home[0] == '/')
        buffer_format(&path, "%s/.local/state/sluice/history", home);
    char *copy = path.length ? memory_copy_text(buffer_slice(&path)) : NULL;
    buffer_free(&path);
    return copy;
}

static void load_history(line_editor *e) {
    HistEvent event;
    history(e->history, &event, H_SETSIZE, HISTORY_MOST);
    history(e->history, &event, H_SETUNIQUE, 1);
    e->history_path = find_history_path();
    if (e->history_path)
        history(e->history, &event, H_LOAD, e->history_path);
}

static void save_history(line_editor *e) {
    HistEvent event;
    if (!e->history_path)
        return;
    make_directory_of(e->history_path);
    mode_t before = umask(077); /* statements may hold what is not for everybody */
    history(e->history, &event, H_SAVE, e->history_path);
    umask(before);
}

/* ---- opening and closing ---- */

line_editor *line_editor_open(void) {
    line_editor *e = MEMORY_NEW(line_editor);
    e->prompt = "";
    e->edit = el_init("sluice", stdin, isatty(STDOUT_FILENO) ? stdout : stderr, stderr);
    if (!e->edit) {
        memory_free(e);
        return NULL;
    }
    e->history = history_init();
    load_history(e);
    el_set(e->edit, EL_CLIENTDATA, e);
    el_set(e->edit, EL_PROMPT, give_prompt);
    el_set(e->edit, EL_EDITOR, "emacs");
    el_set(e->edit, EL_HIST, history, e->history);
    el_wset(e->edit, EL_GETCFN, read_key);
    el_wset(e->edit, EL_ADDFN, L"sluice-complete", L"complete a word", complete);
    el_set(e->edit, EL_BIND, "\t", "sluice-complete", NULL);
    el_set(e->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(e->edit, NULL); /* ~/.editrc */
    struct sigaction action = {.sa_handler = on_resize, .sa_flags = SA_RESTART};
    sigaction(SIGWINCH, &action, NULL);
    return e;
}

void line_editor_set_completer(line_editor *e, line_editor_completer *completer, void *context) {
    e->completer = completer;
    e->completer_context = context;
}

void line_editor_set_painter(line_editor *e, line_editor_painter *painter, void *context) {
    e->painter = painter;
    e->painter_context = context;
}

void line_editor_close(line_editor *e) {
    if (!e)
        return;
    save_history(e);
    history_end(e->history);
    el_end(e->edit);
    memory_free(e->history_path);
    buffer_free(&e->painted);
    memory_free(e);
}

/* ---- lines ---- */

line_read line_editor_read(line_editor *e, const char *prompt, slice *line) {
    int count = 0;
    e->prompt = prompt;
    e->cancelled = false;
    memset(&e->decoding, 0, sizeof e->decoding);
    e->width = screen_size().ws_col;
    if (resized)
        el_resize(e->edit);
    resized = 0;
    el_set(e->edit, EL_PREP_TERM, 1); /* before the prompt: keys typed right after it count */
    const char *text = el_gets(e->edit, &count);
    if (e->cancelled) {
        el_reset(e->edit);
        putchar('\n');
        fflush(stdout);
        interrupt_clear();
        return LINE_CANCELLED;
    }
    if (!text || count <= 0)
        return LINE_END;
    *line = slice_make(text, strlen(text));
    while (line->length &&
           (line->data[line->length - 1] == '\n' || line->data[line->length - 1] == '\r'))
        line->length--;
    return LINE_READ;
}

static void enter(line_editor *e, slice text) {
    HistEvent event;
    char *copy = memory_copy_text(text);
    history(e->history, &event, H_ENTER, copy);
    memory_free(copy);
}

/* A comment ends with its line, and a string keeps its breaks. */
static bool needs_its_lines(slice text) {
    bool in_string = false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\'')
            in_string = !in_string;
        else if (text.data[i] == '\n' && in_string)
            return true;
    }
    return memmem(text.data, text.length, "--", 2) != NULL;
}

void line_editor_remember(line_editor *e, slice text) {
    text = slice_trim(text);
    if (!text.length)
        return;
    if (needs_its_lines(text)) {
        for (size_t at = 0; at < text.length;) {
            const char *end = memchr(text.data + at, '\n', text.length - at);
            size_t stop = end ? (size_t)(end - text.data) : text.length;
            if (slice_trim(slice_make(text.data + at, stop - at)).length)
                enter(e, slice_make(text.data + at, stop - at));
            at = stop + 1;
        }
        return;
    }
    buffer line = {0};
    for (size_t i = 0; i < text.length; i++)
        buffer_append_byte(&line, text.data[i] == '\n' ? ' ' : text.data[i]);
    enter(e, buffer_slice(&line));
    buffer_free(&line);
}

void line_editor_history(
    line_editor *e, void (*visit)(void *context, int number, slice text), void *context) {
    HistEvent event;
    int number = 1;
    for (int more = history(e->history, &event, H_LAST); more >= 0;
         more = history(e->history, &event, H_PREV))
        visit(context, number++, slice_of(event.str));
}
