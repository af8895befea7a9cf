/* A query of Flink's SQL decodes the fields of a ROW that it reads. A reader that it shares decodes
 * those that any of its queries reads, and gives each a view with its own: the columns are there,
 * only the list of them is another. Such decoders find fields by name, so their order is free. */
#include "base/memory.h"
#include "executor/shared_reader_private.h"

bool reader_has_fields(const sql_type *there, const sql_type *wanted) {
    if (there->base != SQL_STRUCT || wanted->base != SQL_STRUCT)
        return sql_type_equal(there, wanted);
    for (int f = 0; f < wanted->field_count; f++) {
        int at = sql_type_field(there, wanted->fields[f].name);
        if (at < 0 || !sql_type_equal(there->fields[at].type, wanted->fields[f].type))
            return false;
    }
    return true;
}

static const sql_type *add_fields(arena *a, const sql_type *there, const sql_type *more) {
    int count = there->field_count;
    sql_field *fields = ARENA_ARRAY(a, sql_field, count + more->field_count + 1);
    for (int f = 0; f < count; f++)
        fields[f] = there->fields[f];
    for (int f = 0; f < more->field_count; f++)
        if (sql_type_field(there, more->fields[f].name) < 0)
            fields[count++] = (sql_field){.name = arena_copy(a, more->fields[f].name),
                .type = sql_type_copy(a, more->fields[f].type)};
    return sql_type_struct(a, fields, count);
}

const source_descriptor *reader_add_fields(
    arena *a, const source_descriptor *source, const plan_node *node) {
    source_descriptor *wider = NULL;
    source_column *columns = NULL;
    for (int i = 0; i < node->column_count; i++) {
        int at = node->source.source_columns[i];
        const sql_type *type = node->source.source->columns[at].type;
        if ((node->source.wanted && !node->source.wanted[i]) ||
            reader_has_fields(source->columns[at].type, type))
            continue;
        if (!wider) {
            wider = ARENA_NEW(a, source_descriptor);
            columns = ARENA_ARRAY(a, source_column, source->column_count + 1);
            memcpy(columns, source->columns, sizeof *columns * (size_t)source->column_count);
            *wider = *source;
            wider->columns = columns;
        }
        columns[at].type = add_fields(a, columns[at].type, type);
    }
    return wider ? wider : source;
}

column *reader_narrow(held_block *h, int index, int count, column *c, const sql_type *type) {
    if (!c || type->base != SQL_STRUCT || sql_type_equal(c->type, type))
        return c;
    if (!h->narrow) {
        h->narrow = memory_allocate_zero(sizeof *h->narrow * (size_t)count);
        h->fields = memory_allocate_zero(sizeof *h->fields * (size_t)count);
    }
    if (!h->fields[index])
        h->fields[index] = memory_allocate(sizeof(column *) * (size_t)(type->field_count + 1));
    column *view = &h->narrow[index];
    *view = *c;
    view->type = type;
    view->children = h->fields[index];
    view->child_count = type->field_count;
    for (int f = 0; f < type->field_count; f++)
        view->children[f] = c->children[sql_type_field(c->type, type->fields[f].name)];
    return view;
}

void reader_free_narrow(held_block *h, int count) {
    for (int i = 0; h->fields && i < count; i++)
        memory_free(h->fields[i]);
    memory_free(h->fields);
    memory_free(h->narrow);
}
