#include "shell/row_printer.h"

#include "base/arena.h"
#include "base/memory.h"
#include "parser/parser.h"
#include "shell/json_text.h"
#include "shell/text_table.h"

enum {
    GATHERED_MOST = 1000,
    WIDTH_LEAST = 8,
    WIDTH_MOST = 60,
    HELD_MOST = 1 << 20 /* of a bounded query, for the pager */
};

struct row_printer {
    output *output;
    arena *arena;
    int64_t row_limit, rows;
    bool bounded, shows_changes;
    json_splitter splitter;
    text_column *columns;
    int column_count;
    const char **titles;
    table_style style;
    slice *cells;
    buffer *cell_texts;
    text_table *gathered; /* rows of a bounded query */
    slice query_id, last_message, error;
    buffer out;
};

row_printer *row_printer_create(output *o, int64_t row_limit, bool bounded) {
    row_printer *p = MEMORY_NEW(row_printer);
    p->output = o;
    p->arena = arena_create();
    p->row_limit = row_limit;
    p->bounded = bounded;
    return p;
}

void row_printer_show_changes(row_printer *p) {
    bool is_json = p->output->format == OUTPUT_JSON || p->output->format == OUTPUT_NDJSON;
    p->shows_changes = !is_json;
}

void row_printer_destroy(row_printer *p) {
    for (int i = 0; i < p->column_count; i++)
        buffer_free(&p->cell_texts[i]);
    if (p->gathered)
        text_table_destroy(p->gathered);
    buffer_free(&p->splitter.object);
    buffer_free(&p->out);
    arena_destroy(p->arena);
    memory_free(p);
}

/* ---- the header ---- */

/* What a value of the type usually needs. */
static int natural_width(const ast_type *type) {
    switch (type->kind) {
    case AST_TYPE_BOOLEAN:
        return 5;
    case AST_TYPE_INTEGER:
        return 8;
    case AST_TYPE_BIGINT:
        return 13;
    case AST_TYPE_DOUBLE:
        return 12;
    case AST_TYPE_DECIMAL:
        return type->precision + 2;
    case AST_TYPE_DATE:
        return 10;
    case AST_TYPE_TIME:
        return 12;
    case AST_TYPE_TIMESTAMP:
        return 23;
    case AST_TYPE_STRING:
        return 20;
    default:
        return 32;
    }
}

static bool is_number(ast_type_kind kind) {
    return kind == AST_TYPE_INTEGER || kind == AST_TYPE_BIGINT || kind == AST_TYPE_DOUBLE ||
           kind == AST_TYPE_DECIMAL;
}

static void set_columns(row_printer *p, const ast_column_list *list) {
    int op = p->shows_changes;
    p->column_count = list->count + op;
    p->columns = ARENA_ARRAY(p->arena, text_column, p->column_count);
    p->titles = ARENA_ARRAY(p->arena, const char *, p->column_count);
    p->cells = ARENA_ARRAY(p->arena, slice, p->column_count);
    p->cell_texts = ARENA_ARRAY(p->arena, buffer, p->column_count);
    if (op)
        p->columns[0] = (text_column){.title = SLICE_LITERAL("op"), .width = WIDTH_LEAST};
    if (op)
        p->titles[0] = "op";
    for (int i = 0; i < list->count; i++) {
        text_column *column = &p->columns[i + op];
        column->title = arena_copy(p->arena, list->items[i].name.text);
        p->titles[i + op] = column->title.data;
        column->right = is_number(list->items[i].type->kind);
        column->width = natural_width(list->items[i].type);
        int title = text_width(column->title);
        column->width = column->width > title ? column->width : title;
        column->width = column->width > WIDTH_LEAST ? column->width : WIDTH_LEAST;
    }
}

static bool is_open_ended(ast_type_kind kind) {
    return kind == AST_TYPE_STRING || kind == AST_TYPE_BYTES || kind == AST_TYPE_ARRAY ||
           kind == AST_TYPE_MAP || kind == AST_TYPE_STRUCT;
}

/* Gives what the line has left to the columns that can be of any length. */
static void widen(row_printer *p, const ast_column_list *list, int line_width) {
    int spare = line_width;
    for (int i = 0; i < p->column_count; i++)
        spare -= p->columns[i].width + 3;
    for (bool grown = true; grown && spare > 0;) {
        grown = false;
        for (int i = 0; i < p->column_count && spare > 0; i++)
            if (i >= p->shows_changes &&
                is_open_ended(list->items[i - p->shows_changes].type->kind) &&
                p->columns[i].width < WIDTH_MOST) {
                p->columns[i].width++;
                spare--;
                grown = true;
            }
    }
}

static void take_header(row_printer *p, slice object, slice header) {
    buffer schema = {0}, id = {0};
    ast_column_list list;
    error ignored = {0};
    json_text_append_plain(&schema, json_text_find(header, "schema"));
    json_text_append_plain(&id, json_text_find(header, "queryId"));
    p->query_id = arena_copy(p->arena, buffer_slice(&id));
    slice text = arena_copy(p->arena, buffer_slice(&schema));
    buffer_free(&schema);
    buffer_free(&id);
    if (p->output->format == OUTPUT_JSON) {
        buffer_append(&p->out, object);
        buffer_append_byte(&p->out, '\n');
        return;
    }
    if (!parser_parse_schema(p->arena, text, &list, &ignored))
        return;
    set_columns(p, &list);
    p->style = output_style(p->output);
    if (p->bounded || p->output->format == OUTPUT_NDJSON)
        return;
    int width = p->style.line_width;
    if (width) {
        widen(p, &list, width);
        text_table_shrink(p->columns, p->column_count, width);
    }
    text_table_head(&p->out, &p->style, p->columns, p->column_count);
}

/* ---- rows ---- */

static void write_gathered(row_printer *p) {
    if (!p->gathered)
        return;
    int64_t first = p->rows - text_table_rows(p->gathered) + 1;
    text_table_write(p->gathered, &p->style, first, &p->out);
    text_table_destroy(p->gathered);
    p->gathered = NULL;
}

static void begin_gathering(row_printer *p) {
    p->gathered = text_table_create(p->column_count, p->titles);
    for (int i = 0; i < p->column_count; i++)
        if (p->columns[i].right)
            text_table_align_right(p->gathered, i);
}

static void gather(row_printer *p) {
    if (!p->gathered)
        begin_gathering(p);
    for (int i = 0; i < p->column_count; i++)
        text_table_add(p->gathered, p->cells[i]);
    if (text_table_rows(p->gathered) == GATHERED_MOST)
        write_gathered(p);
}

/* {"ID":1,"V":"a"}; a deleted row of a table has "@tombstone":true besides. */
static void write_json_line(row_printer *p, slice row) {
    slice columns = json_text_find(row, "columns"), value;
    size_t at = 0;
    for (int i = 0; i < p->column_count && json_text_next(columns, &at, &value); i++) {
        buffer_append_byte(&p->out, i ? ',' : '{');
        buffer_append_json_string(&p->out, p->columns[i].title);
        buffer_append_byte(&p->out, ':');
        buffer_append(&p->out, value);
    }
    if (slice_is(json_text_find(row, "tombstone"), "true"))
        buffer_append_text(&p->out, ",\"@tombstone\":true");
    buffer_append_text(&p->out, "}\n");
}

static void append_cell(buffer *text, slice value) {
    buffer plain = {0};
    json_text_append_plain(&plain, value);
    text_append_visible(text, buffer_slice(&plain));
    buffer_free(&plain);
}

static void write_cells(row_printer *p, slice row) {
    slice columns = json_text_find(row, "columns"), value,
          tombstone = json_text_find(row, "tombstone");
    size_t at = 0;
    int count = 0;
    if (p->shows_changes)
        p->cells[count++] = slice_of(slice_is(tombstone, "true") ? "-D" : "+I");
    while (count < p->column_count && json_text_next(columns, &at, &value)) {
        buffer *text = &p->cell_texts[count];
        buffer_clear(text);
        if (slice_is(tombstone, "true") && slice_is(value, "null"))
            buffer_append_text(text, "<deleted>");
        else if (p->style.form != TABLE_CSV)
            append_cell(text, value);
        else if (!slice_is(value, "null"))
            json_text_append_plain(text, value);
        p->cells[count++] = buffer_slice(text);
    }
    while (count < p->column_count)
        p->cells[count++] = SLICE_LITERAL("");
    if (p->bounded)
        gather(p);
    else
        text_table_row(&p->out, &p->style, p->columns, p->column_count, p->cells, p->rows);
}

static slice message_of(row_printer *p, slice value) {
    buffer text = {0};
    slice message = json_text_find(value, "message");
    json_text_append_plain(&text, message.data ? message : value);
    slice copy = arena_copy(p->arena, buffer_slice(&text));
    buffer_free(&text);
    return copy;
}

static bool take_object(void *context, slice object) {
    row_printer *p = context;
    slice header = json_text_find(object, "header"), row = json_text_find(object, "row");
    slice last = json_text_find(object, "finalMessage"),
          failed = json_text_find(object, "errorMessage");
    if (header.data)
        take_header(p, object, header);
    if (last.data)
        p->last_message = message_of(p, last);
    if (failed.data && !slice_is(failed, "null"))
        p->error = message_of(p, failed);
    if (!row.data || slice_is(row, "null"))
        return true;
    if (p->row_limit >= 0 && p->rows == p->row_limit)
        return false;
    p->rows++;
    if (p->output->format == OUTPUT_JSON) {
        buffer_append(&p->out, object);
        buffer_append_byte(&p->out, '\n');
    } else if (p->output->format == OUTPUT_NDJSON) {
        write_json_line(p, row);
    } else if (p->column_count) {
        write_cells(p, row);
    }
    return p->row_limit < 0 || p->rows < p->row_limit;
}

static void flush(row_printer *p) {
    if (p->out.length)
        output_result(p->output, buffer_slice(&p->out));
    buffer_clear(&p->out);
}

bool row_printer_take(void *context, bool is_json, slice bytes) {
    row_printer *p = context;
    if (!is_json) {
        output_result(p->output, bytes);
        return true;
    }
    bool more = json_splitter_take(&p->splitter, bytes, take_object, p);
    if (!p->bounded || p->out.length > HELD_MOST)
        flush(p);
    return more;
}

void row_printer_finish(row_printer *p) {
    if (p->bounded && p->column_count && !p->rows && p->output->format != OUTPUT_NDJSON)
        begin_gathering(p);
    write_gathered(p);
    if (p->bounded && p->out.length)
        output_page(p->output, buffer_slice(&p->out));
    else
        flush(p);
    buffer_clear(&p->out);
}

slice row_printer_last_message(const row_printer *p) {
    return p->last_message;
}

slice row_printer_error(const row_printer *p) {
    return p->error;
}

slice row_printer_query_id(const row_printer *p) {
    return p->query_id;
}
