#include "shell/text_table.h"

#include <utf8proc.h>

#include "base/arena.h"
#include "base/memory.h"

enum { COLUMN_LEAST = 6 };

/* The next character: its bytes and its width. */
static size_t next_character(slice text, size_t at, int *width) {
    utf8proc_int32_t code;
    utf8proc_ssize_t taken = utf8proc_iterate(
        (const utf8proc_uint8_t *)text.data + at, (utf8proc_ssize_t)(text.length - at), &code);
    if (taken < 1) {
        *width = 1;
        return 1;
    }
    *width = utf8proc_charwidth(code);
    return (size_t)taken;
}

int text_width(slice text) {
    int total = 0, width;
    for (size_t at = 0; at < text.length; total += width)
        at += next_character(text, at, &width);
    return total;
}

slice text_cut(arena *a, slice text, int width) {
    int used = 0, character;
    size_t end = 0;
    if (text_width(text) <= width)
        return text;
    for (size_t at = 0; at < text.length; end = at) {
        at += next_character(text, at, &character);
        used += character;
        if (used >= width)
            break;
    }
    return arena_format(a, "%.*s~", (int)end, text.data);
}

void text_append_visible(buffer *out, slice text) {
    for (size_t at = 0; at < text.length; at++) {
        unsigned char c = (unsigned char)text.data[at];
        bool second = c == 0xC2 && at + 1 < text.length && (unsigned char)text.data[at + 1] < 0xA0;
        if (second) /* U+0080 to U+009F */
            c = (unsigned char)text.data[++at];
        if (c == '\t' || c == '\r')
            buffer_append_text(out, c == '\t' ? "\\t" : "\\r");
        else if (second || (c < ' ' && c != '\n') || c == 0x7F)
            buffer_format(out, "\\x%02X", c);
        else
            buffer_append_byte(out, (char)c);
    }
}

/* ---- lines ---- */

static void append_spaces(buffer *out, int count) {
    while (count-- > 0)
        buffer_append_byte(out, ' ');
}

/* The part of a cell that goes into its next line; moves *at behind it. */
static slice next_line(slice cell, size_t *at, int width, bool wrap) {
    size_t start = *at, i = start;
    int used = 0;
    while (i < cell.length && cell.data[i] != '\n') {
        int character;
        size_t taken = next_character(cell, i, &character);
        if (wrap && used + character > width && i > start) {
            *at = i;
            return slice_make(cell.data + start, i - start);
        }
        used += character;
        i += taken;
    }
    *at = i < cell.length ? i + 1 : i;
    return slice_make(cell.data + start, i - start);
}

static void append_cell(buffer *out, const text_column *column, slice text, bool last) {
    int padding = column->width - text_width(text);
    buffer_append_byte(out, ' ');
    if (column->right)
        append_spaces(out, padding);
    buffer_append(out, text);
    if (last)
        return;
    if (!column->right)
        append_spaces(out, padding);
    buffer_append_text(out, " |");
}

static void append_columns_row(
    buffer *out, const text_column *columns, int count, const slice *cells, bool wrap) {
    size_t *at = memory_allocate_zero(sizeof(size_t) * (size_t)count);
    bool more = true;
    while (more) {
        more = false;
        for (int i = 0; i < count; i++) {
            slice line = next_line(cells[i], &at[i], columns[i].width, wrap);
            append_cell(out, &columns[i], line, i == count - 1);
            more = more || at[i] < cells[i].length;
        }
        while (out->length && out->data[out->length - 1] == ' ')
            out->length--;
        buffer_append_byte(out, '\n');
    }
    memory_free(at);
}

static void append_columns_head(
    buffer *out, const text_column *columns, int count, const slice *titles) {
    text_column *plain = memory_allocate(sizeof(text_column) * (size_t)count);
    for (int i = 0; i < count; i++) {
        plain[i] = columns[i];
        plain[i].right = false;
    }
    append_columns_row(out, plain, count, titles, true);
    for (int i = 0; i < count; i++) {
        for (int n = 0; n < columns[i].width + 2; n++)
            buffer_append_byte(out, '-');
        buffer_append_byte(out, i == count - 1 ? '\n' : '+');
    }
    memory_free(plain);
}

/* ---- other forms ---- */

static bool needs_quotes(slice cell) {
    for (size_t i = 0; i < cell.length; i++)
        if (strchr(",\"\r\n", cell.data[i]))
            return true;
    return false;
}

static void append_csv_row(buffer *out, int count, const slice *cells) {
    for (int i = 0; i < count; i++) {
        bool quoted = needs_quotes(cells[i]);
        if (i)
            buffer_append_byte(out, ',');
        if (quoted)
            buffer_append_byte(out, '"');
        for (size_t at = 0; at < cells[i].length; at++) {
            if (cells[i].data[at] == '"')
                buffer_append_byte(out, '"');
            buffer_append_byte(out, cells[i].data[at]);
        }
        if (quoted)
            buffer_append_byte(out, '"');
    }
    buffer_append_byte(out, '\n');
}

static void append_markdown_row(buffer *out, int count, const slice *cells) {
    for (int i = 0; i < count; i++) {
        buffer_append_text(out, i ? " | " : "| ");
        for (size_t at = 0; at < cells[i].length; at++) {
            char c = cells[i].data[at];
            if (c == '|')
                buffer_append_byte(out, '\\');
            if (c == '\n')
                buffer_append_text(out, "<br>");
            else
                buffer_append_byte(out, c);
        }
    }
    buffer_append_text(out, " |\n");
}

static void append_vertical_row(
    buffer *out, const text_column *columns, int count, const slice *cells, int64_t number) {
    int widest = 0;
    for (int i = 0; i < count; i++) {
        int width = text_width(columns[i].title);
        widest = width > widest ? width : widest;
    }
    buffer_format(out, "-[ ROW %lld ]-\n", (long long)number);
    for (int i = 0; i < count; i++) {
        size_t at = 0;
        slice title = columns[i].title;
        do {
            buffer_append(out, title);
            append_spaces(out, widest - text_width(title));
            slice line = next_line(cells[i], &at, 0, false);
            buffer_append_text(out, line.length ? " | " : " |");
            buffer_append(out, line);
            buffer_append_byte(out, '\n');
            title = SLICE_LITERAL("");
        } while (at < cells[i].length);
    }
}

/* ---- rows of any form ---- */

void text_table_row(buffer *out, const table_style *style, const text_column *columns, int count,
    const slice *cells, int64_t number) {
    switch (style->form) {
    case TABLE_COLUMNS:
        append_columns_row(out, columns, count, cells, style->line_width != 0);
        break;
    case TABLE_VERTICAL:
        append_vertical_row(out, columns, count, cells, number);
        break;
    case TABLE_CSV:
        append_csv_row(out, count, cells);
        break;
    case TABLE_MARKDOWN:
        append_markdown_row(out, count, cells);
        break;
    }
}

void text_table_head(buffer *out, const table_style *style, const text_column *columns, int count) {
    slice *titles = memory_allocate(sizeof(slice) * (size_t)count);
    for (int i = 0; i < count; i++)
        titles[i] = columns[i].title;
    if (style->form == TABLE_COLUMNS)
        append_columns_head(out, columns, count, titles);
    else if (style->form != TABLE_VERTICAL)
        text_table_row(out, style, columns, count, titles, 0);
    for (int i = 0; style->form == TABLE_MARKDOWN && i < count; i++)
        buffer_append_text(out, columns[i].right ? "|---:" : "|---");
    if (style->form == TABLE_MARKDOWN)
        buffer_append_text(out, "|\n");
    memory_free(titles);
}

void text_table_shrink(text_column *columns, int count, int line_width) {
    for (;;) {
        int total = 0, widest = 0;
        for (int i = 0; i < count; i++) {
            total += columns[i].width + 3;
            if (columns[i].width > columns[widest].width)
                widest = i;
        }
        if (total <= line_width || columns[widest].width <= COLUMN_LEAST)
            return;
        columns[widest].width--;
    }
}

/* ---- gathered ---- */

struct text_table {
    arena *arena;
    text_column *columns;
    int column_count, cell_count, capacity;
    slice *cells;
};

text_table *text_table_create(int column_count, const char *const *titles) {
    text_table *t = MEMORY_NEW(text_table);
    t->arena = arena_create();
    t->columns = ARENA_ARRAY(t->arena, text_column, column_count);
    t->column_count = column_count;
    for (int i = 0; i < column_count; i++) {
        t->columns[i].title = slice_of(titles[i]);
        t->columns[i].width = text_width(t->columns[i].title);
    }
    return t;
}

void text_table_destroy(text_table *t) {
    arena_destroy(t->arena);
    memory_free(t->cells);
    memory_free(t);
}

static int widest_line(slice cell) {
    int widest = 0;
    size_t at = 0;
    do {
        int width = text_width(next_line(cell, &at, 0, false));
        widest = width > widest ? width : widest;
    } while (at < cell.length);
    return widest;
}

void text_table_add(text_table *t, slice cell) {
    if (t->cell_count == t->capacity) {
        t->capacity = t->capacity ? t->capacity * 2 : 64;
        t->cells = memory_resize(t->cells, sizeof(slice) * (size_t)t->capacity);
    }
    text_column *column = &t->columns[t->cell_count % t->column_count];
    int width = widest_line(cell);
    column->width = width > column->width ? width : column->width;
    t->cells[t->cell_count++] = arena_copy(t->arena, cell.data ? cell : SLICE_LITERAL(""));
}

void text_table_add_text(text_table *t, const char *cell) {
    text_table_add(t, slice_of(cell ? cell : ""));
}

void text_table_align_right(text_table *t, int index) {
    t->columns[index].right = true;
}

int text_table_rows(const text_table *t) {
    return t->cell_count / t->column_count;
}

void text_table_write(const text_table *t, const table_style *style, int64_t first, buffer *out) {
    size_t bytes = sizeof(text_column) * (size_t)t->column_count;
    text_column *columns = memory_allocate(bytes);
    memcpy(columns, t->columns, bytes);
    if (style->line_width)
        text_table_shrink(columns, t->column_count, style->line_width);
    if (first == 1 || style->form == TABLE_COLUMNS)
        text_table_head(out, style, columns, t->column_count);
    for (int i = 0; i + t->column_count <= t->cell_count; i += t->column_count)
        text_table_row(out, style, columns, t->column_count, t->cells + i, first++);
    memory_free(columns);
}
