#include "server/known_catalog.h"

static bool has_more_columns(const catalog *c, slice name, int columns) {
    const source_descriptor *source = catalog_source(c, name);
    return source && columns > 0 && source->column_count > columns;
}

/* Whether a source or the sink has got columns since the query was made. */
static bool has_grown(const catalog *c, const query_descriptor *query) {
    for (int n = 0; n < query->source_count; n++)
        if (query->source_columns &&
            has_more_columns(c, query->sources[n], query->source_columns[n]))
            return true;
    return has_more_columns(c, query->sink, query->sink_columns);
}

/* Columns are only ever added behind the other values: the last ones go. */
static void cut_columns(arena *a, source_descriptor *source, int columns) {
    source_column *kept = ARENA_ARRAY(a, source_column, source->column_count);
    int surplus = source->column_count - columns, count = source->column_count;
    for (int n = source->column_count; n-- > 0;) {
        if (surplus > 0 && source->columns[n].role == COLUMN_VALUE) {
            surplus--;
            continue;
        }
        kept[--count] = source->columns[n];
    }
    source->columns = kept + count;
    source->column_count -= count;
}

static bool put_as_known(
    const catalog *from, catalog *to, arena *a, const query_descriptor *query, error *e) {
    int count;
    const source_descriptor *const *sources = catalog_sources(from, &count);
    for (int n = 0; n < count; n++) {
        source_descriptor *source = source_copy(a, sources[n]);
        int columns = slice_equal(source->name, query->sink) ? query->sink_columns : 0;
        for (int k = 0; k < query->source_count && query->source_columns; k++)
            if (slice_equal(query->sources[k], source->name))
                columns = query->source_columns[k];
        if (columns > 0 && columns < source->column_count)
            cut_columns(a, source, columns);
        if (!catalog_put_source(to, source, e))
            return false;
    }
    const type_descriptor *const *types = catalog_types(from, &count);
    for (int n = 0; n < count; n++)
        if (!catalog_put_type(to, types[n], e))
            return false;
    return true;
}

bool known_catalog_open(
    const catalog *c, const query_descriptor *query, catalog **known, error *e) {
    *known = NULL;
    if (!has_grown(c, query))
        return true;
    catalog *copy = catalog_open((slice){NULL, 0}, e);
    if (!copy)
        return false;
    arena *a = arena_create();
    bool begun = catalog_begin(copy, e), ok = begun && put_as_known(c, copy, a, query, e);
    if (begun && !ok)
        catalog_rollback(copy);
    ok = ok && catalog_commit(copy, query->sql, e);
    arena_destroy(a);
    if (ok)
        *known = copy;
    else
        catalog_close(copy);
    return ok;
}
