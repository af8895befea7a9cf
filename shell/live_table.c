/* The screen is cleared once and then drawn over from its top, each line with its rest cleared: so
 * nothing flickers, and a changed size needs no more than clearing it again. Lines are cut where
 * the screen ends, because a wrapped line would move all below it. */
#include "shell/live_table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "parser/parser.h"
#include "shell/json_text.h"
#include "shell/live_rows.h"

enum {
    DRAW_MS = 100,
    FACTS_MS = 1000,
    ROWS_MOST = 100000, /* of a table */
    NEWEST_MOST = 500,  /* of a stream */
    SCREEN_LEAST = 4,
    WIDTH_MOST = 60,
};

struct live_table {
    output *output;
    live_options options;
    arena *arena;
    json_splitter splitter;
    text_column *columns;
    bool *is_key;
    slice *cells;
    buffer *cell_texts;
    int column_count;
    live_rows *rows;
    slice query_id, last_message, error;
    live_facts facts;
    bool changed; /* since it was drawn */
    int64_t changes, changes_before;
    int64_t drawn_ms, asked_ms;
    double per_second;
    int width, height; /* of the screen when it was drawn; 0: it has not been */
    buffer key, out;
};

live_table *live_table_create(output *o, const live_options *options) {
    live_table *t = MEMORY_NEW(live_table);
    t->output = o;
    t->options = *options;
    t->arena = arena_create();
    t->facts = (live_facts){-1, -1};
    t->asked_ms = clock_monotonic_ms();
    return t;
}

void live_table_destroy(live_table *t) {
    for (int i = 0; i < t->column_count; i++)
        buffer_free(&t->cell_texts[i]);
    live_rows_destroy(t->rows);
    buffer_free(&t->splitter.object);
    buffer_free(&t->key);
    buffer_free(&t->out);
    arena_destroy(t->arena);
    memory_free(t);
}

slice live_table_last_message(const live_table *t) {
    return t->last_message;
}

slice live_table_error(const live_table *t) {
    return t->error;
}

/* ---- the header ---- */

static bool is_number(ast_type_kind kind) {
    return kind == AST_TYPE_INTEGER || kind == AST_TYPE_BIGINT || kind == AST_TYPE_DOUBLE ||
           kind == AST_TYPE_DECIMAL;
}

static bool is_key_column(const live_table *t, slice name) {
    for (int i = 0; i < t->options.key_count; i++)
        if (slice_equal(t->options.key_columns[i], name))
            return true;
    return false;
}

static void set_columns(live_table *t, const ast_column_list *list) {
    t->column_count = list->count;
    t->columns = ARENA_ARRAY(t->arena, text_column, list->count);
    t->is_key = ARENA_ARRAY(t->arena, bool, list->count);
    t->cells = ARENA_ARRAY(t->arena, slice, list->count);
    t->cell_texts = ARENA_ARRAY(t->arena, buffer, list->count);
    for (int i = 0; i < list->count; i++) {
        t->columns[i].title = arena_copy(t->arena, list->items[i].name.text);
        t->columns[i].right = is_number(list->items[i].type->kind);
        t->is_key[i] = is_key_column(t, t->columns[i].title);
    }
    t->rows = live_rows_create(
        t->column_count, t->options.is_table && t->options.key_count ? ROWS_MOST : NEWEST_MOST);
}

static slice plain_copy(live_table *t, slice value) {
    buffer text = {0};
    json_text_append_plain(&text, value);
    slice copy = arena_copy(t->arena, buffer_slice(&text));
    buffer_free(&text);
    return copy;
}

static void take_header(live_table *t, slice header) {
    ast_column_list list;
    error ignored = {0};
    t->query_id = plain_copy(t, json_text_find(header, "queryId"));
    slice schema = plain_copy(t, json_text_find(header, "schema"));
    if (!t->column_count && parser_parse_schema(t->arena, schema, &list, &ignored))
        set_columns(t, &list);
    t->changed = true;
}

/* ---- rows ---- */

/* A cell is one line on the screen. */
static void append_cell(buffer *text, slice value) {
    buffer plain = {0};
    json_text_append_plain(&plain, value);
    buffer_clear(text);
    text_append_visible(text, buffer_slice(&plain));
    for (size_t i = 0; i < text->length; i++)
        if (text->data[i] == '\n')
            text->data[i] = ' ';
    buffer_free(&plain);
}

static void take_row(live_table *t, slice row) {
    slice columns = json_text_find(row, "columns"), value;
    bool deleted = slice_is(json_text_find(row, "tombstone"), "true");
    bool keyed = t->options.is_table && t->options.key_count > 0;
    size_t at = 0;
    int count = 0;
    buffer_clear(&t->key);
    for (; count < t->column_count && json_text_next(columns, &at, &value); count++) {
        append_cell(&t->cell_texts[count], value);
        t->cells[count] = buffer_slice(&t->cell_texts[count]);
        if (!t->is_key[count])
            continue;
        buffer_append(&t->key, value); /* as JSON: NULL and 'null' are different keys */
        buffer_append_byte(&t->key, '\n');
    }
    while (count < t->column_count)
        t->cells[count++] = SLICE_LITERAL("");
    t->changes++;
    t->changed = true;
    if (keyed && deleted)
        live_rows_delete(t->rows, buffer_slice(&t->key));
    else if (!deleted)
        live_rows_put(t->rows, keyed ? buffer_slice(&t->key) : (slice){NULL, 0}, t->cells);
}

static slice message_of(live_table *t, slice value) {
    slice message = json_text_find(value, "message");
    return plain_copy(t, message.data ? message : value);
}

static bool take_object(void *context, slice object) {
    live_table *t = context;
    slice header = json_text_find(object, "header"), row = json_text_find(object, "row");
    slice last = json_text_find(object, "finalMessage"),
          failed = json_text_find(object, "errorMessage");
    if (header.data)
        take_header(t, header);
    if (last.data)
        t->last_message = message_of(t, last);
    if (failed.data && !slice_is(failed, "null"))
        t->error = message_of(t, failed);
    if (!row.data || slice_is(row, "null") || !t->column_count)
        return true;
    if (t->options.row_limit < 0 || t->changes < t->options.row_limit)
        take_row(t, row);
    return t->options.row_limit < 0 || t->changes < t->options.row_limit;
}

bool live_table_take(void *context, bool is_json, slice bytes) {
    live_table *t = context;
    bool more = !is_json || json_splitter_take(&t->splitter, bytes, take_object, t);
    live_table_tick(t);
    return more;
}

/* ---- the screen ---- */

static void set_widths(live_table *t, const live_row *shown, int count) {
    for (int i = 0; i < t->column_count; i++) {
        int width = text_width(t->columns[i].title);
        for (int r = 0; r < count; r++) {
            int cell = text_width(shown[r].cells[i]);
            width = cell > width ? cell : width;
        }
        t->columns[i].width = width < WIDTH_MOST ? width : WIDTH_MOST;
    }
    text_table_shrink(t->columns, t->column_count, t->width);
}

static void write_status(live_table *t, int shown) {
    buffer *out = &t->out;
    int64_t count = live_rows_count(t->rows);
    if (t->options.is_table && t->options.key_count) {
        buffer_format(out, "%s%lld row%s", live_rows_forgotten(t->rows) ? "more than " : "",
            (long long)count, count == 1 ? "" : "s");
        if (shown < count)
            buffer_format(out, " (%d shown, changed last)", shown);
        buffer_append_text(out, ", ");
    } else if (shown < t->changes) {
        buffer_format(out, "the newest %d, ", shown);
    }
    buffer_format(out, "%lld %s, %.1f/s", (long long)t->changes,
        t->options.is_table ? "changes" : "rows", t->per_second);
    if (t->facts.lag >= 0)
        buffer_format(out, ", lag %lld", (long long)t->facts.lag);
    if (t->facts.late >= 0)
        buffer_format(out, ", late %lld", (long long)t->facts.late);
    buffer_append_byte(out, '\n');
}

/* The table and the line below it, in no more than `height` lines. */
static void write_table(live_table *t, int height) {
    enum { AROUND = 3 /* titles, rule, status */ };
    int room = height - AROUND;
    arena *a = arena_create();
    live_row *shown = ARENA_ARRAY(a, live_row, room);
    slice *cells = ARENA_ARRAY(a, slice, t->column_count);
    text_column *columns = ARENA_ARRAY(a, text_column, t->column_count);
    int count = live_rows_latest(t->rows, shown, room);
    table_style style = {.form = TABLE_COLUMNS, .line_width = t->width};
    set_widths(t, shown, count);
    for (int i = 0; i < t->column_count; i++) {
        columns[i] = t->columns[i];
        columns[i].title = text_cut(a, columns[i].title, columns[i].width);
    }
    buffer_clear(&t->out);
    text_table_head(&t->out, &style, columns, t->column_count);
    for (int r = 0; r < count; r++) {
        for (int i = 0; i < t->column_count; i++)
            cells[i] = text_cut(a, shown[r].cells[i], columns[i].width);
        text_table_row(&t->out, &style, columns, t->column_count, cells, r + 1);
    }
    write_status(t, count);
    arena_destroy(a);
}

/* Gives the screen what is to be on it, line by line. */
static void show(live_table *t, bool clear) {
    arena *a = arena_create();
    fputs(clear ? "\033[H\033[2J" : "\033[H", stdout);
    for (size_t at = 0; at < t->out.length;) {
        const char *end = memchr(t->out.data + at, '\n', t->out.length - at);
        size_t stop = end ? (size_t)(end - t->out.data) : t->out.length;
        slice line = text_cut(a, slice_make(t->out.data + at, stop - at), t->width);
        printf("%.*s\033[K\r\n", SLICE_ARG(line));
        at = stop + 1;
    }
    fputs("\033[J", stdout);
    fflush(stdout);
    arena_destroy(a);
}

static void draw(live_table *t) {
    struct winsize size = {0};
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    int width = size.ws_col ? size.ws_col : 80, height = size.ws_row ? size.ws_row : 24;
    bool resized = width != t->width || height != t->height;
    t->drawn_ms = clock_monotonic_ms();
    if (!t->column_count || (!resized && !t->changed))
        return;
    t->width = width;
    t->height = height;
    t->changed = false;
    /* One line is left for the prompt. */
    write_table(t, height - 1 > SCREEN_LEAST ? height - 1 : SCREEN_LEAST);
    show(t, resized);
}

static void ask(live_table *t, int64_t now_ms) {
    t->per_second =
        (double)(t->changes - t->changes_before) * 1000 / (double)(now_ms - t->asked_ms);
    t->changes_before = t->changes;
    t->asked_ms = now_ms;
    t->changed = true;
    if (t->options.ask && t->query_id.length)
        t->options.ask(t->options.context, t->query_id, &t->facts);
}

void live_table_tick(void *context) {
    live_table *t = context;
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - t->asked_ms >= FACTS_MS)
        ask(t, now_ms);
    if (now_ms - t->drawn_ms >= DRAW_MS)
        draw(t);
}

void live_table_finish(live_table *t) {
    if (!t->column_count)
        return;
    t->changed = true;
    draw(t);
    if (t->output->spool)
        fwrite(t->out.data, 1, t->out.length, t->output->spool);
}
