/* select_list.c - SELECT: stars expanded, every item named and typed.
 *
 * A star becomes references to the columns it stands for, as if they had been written; so GROUP BY
 * and the rules for keys need not know about stars. A column keeps its name, or gets its source's
 * as a prefix where a join makes it ambiguous (and always in a join's star); a dereference is named
 * after its last field; everything else is KSQL_COL_n. */
#include "planner/planning.h"

typedef struct expansion {
    planning *b;
    const relation *r;
    expression_scope *scope;
    select_list *out;
    int capacity;
} expansion;

static void add_item(expansion *x, select_item item) {
    select_list *list = x->out;
    if (list->count == x->capacity) {
        int capacity = x->capacity ? 2 * x->capacity : 16;
        select_item *items = ARENA_ARRAY(x->b->arena, select_item, capacity);
        if (list->count > 0)
            memcpy(items, list->items, sizeof *items * (size_t)list->count);
        list->items = items;
        x->capacity = capacity;
    }
    item.key = -1;
    list->items[list->count++] = item;
}

/* ---- names ---- */

static bool name_is_used(planning *b, const relation *r, slice name) {
    for (int i = 0; i < r->source_count; i++)
        if (source_column_index(r->sources[i].descriptor, name) >= 0)
            return true;
    for (int i = 0; i < b->generated_name_count; i++)
        if (slice_equal(b->generated_names[i], name))
            return true;
    return false;
}

slice select_generated_name(planning *b, const relation *r, const ast_expression *ast) {
    bool dereference = ast->kind == AST_EXPRESSION_DEREFERENCE;
    slice base =
        dereference ? arena_copy(b->arena, ast->dereference.field.text) : SLICE_LITERAL("KSQL_COL");
    slice name = base;
    for (int i = 0; i == 0 || name_is_used(b, r, name); i++)
        if (i > 0 || !dereference)
            name = planning_text(b, "%.*s_%d", SLICE_ARG(base), i);
    slice *names = ARENA_ARRAY(b->arena, slice, b->generated_name_count + 1);
    if (b->generated_name_count > 0)
        memcpy(names, b->generated_names, sizeof *names * (size_t)b->generated_name_count);
    names[b->generated_name_count++] = name;
    b->generated_names = names;
    return name;
}

static slice prefixed(planning *b, const scope_column *column) {
    return column->source.data
               ? planning_text(b, "%.*s_%.*s", SLICE_ARG(column->source), SLICE_ARG(column->name))
               : column->name;
}

slice relation_column_name(planning *b, const relation *r, const scope_column *column) {
    for (int i = 0; i < r->column_count && r->source_count > 1; i++)
        if (&r->columns[i] != column && slice_equal(r->columns[i].name, column->name))
            return prefixed(b, column);
    return column->name;
}

static slice item_name(expansion *x, const ast_expression *ast) {
    if (ast->kind != AST_EXPRESSION_COLUMN)
        return select_generated_name(x->b, x->r, ast);
    const scope_column *column =
        scope_find(x->scope, ast->column.qualifier.text, ast->column.name.text);
    return column ? relation_column_name(x->b, x->r, column)
                  : arena_copy(x->b->arena, ast->column.name.text);
}

/* ---- stars ---- */

static void add_column(expansion *x, const scope_column *column, source_span span) {
    select_item item = {
        .ast = ast_make_column(x->b->arena, column->source, column->name, span),
        .name = x->r->source_count > 1 ? prefixed(x->b, column) : column->name,
        .from_star = true,
        .span = span,
    };
    add_item(x, item);
}

/* With PARTITION BY the old key columns are values: they come behind the others, and in a join
 * the pseudo columns stand between. */
static void expand_source(expansion *x, const relation_source *source, source_span span) {
    const relation *r = x->r;
    for (int i = source->first; i < source->first + source->count; i++)
        if (r->traits[i].star && !(r->partitioned && r->traits[i].is_key))
            add_column(x, &r->columns[i], span);
    if (!r->partitioned)
        return;
    for (int i = source->first; i < source->first + source->count; i++)
        if (!r->traits[i].star && r->source_count > 1)
            add_column(x, &r->columns[i], span);
    for (int i = source->first; i < source->first + source->count; i++)
        if (r->traits[i].is_key)
            add_column(x, &r->columns[i], span);
}

static void expand_all(expansion *x, source_span span) {
    const relation *r = x->r;
    for (int i = 0; i < r->key_count; i++)
        if (r->partitioned && r->keys[i].ast)
            add_item(x,
                (select_item){.ast = r->keys[i].ast,
                    .name = r->keys[i].name.data ? r->keys[i].name
                                                 : select_generated_name(x->b, r, r->keys[i].ast),
                    .from_star = true,
                    .span = span});
    for (int i = 0; i < r->sources[0].first; i++)
        if (r->traits[i].star)
            add_column(x, &r->columns[i], span);
    for (int i = 0; i < r->source_count; i++)
        expand_source(x, &r->sources[i], span);
}

static bool expand_named_source(expansion *x, const ast_select_item *ast) {
    for (int i = 0; i < x->r->source_count; i++)
        if (slice_equal(x->r->sources[i].alias, ast->source.text)) {
            expand_source(x, &x->r->sources[i], ast->span);
            return true;
        }
    error_at(x->b->e, ERROR_NOT_FOUND, ast->source.span,
        "'%.*s' is not a valid stream/table name or alias", SLICE_ARG(ast->source.text));
    return error_hint(x->b->e, "FROM has %.*s.", SLICE_ARG(x->r->sources[0].alias));
}

static bool expand_struct(expansion *x, const ast_select_item *ast) {
    planning *b = x->b;
    const expression *base = expression_analyze(x->scope, ast->expression, b->e);
    if (!base)
        return false;
    if (base->type->base != SQL_STRUCT)
        return error_at(b->e, ERROR_STATEMENT, ast->span,
            "->* needs a STRUCT, but the expression is of type %.*s",
            SLICE_ARG(sql_type_name(b->arena, base->type)));
    for (int i = 0; i < base->type->field_count; i++) {
        ast_expression *field = ARENA_NEW(b->arena, ast_expression);
        field->kind = AST_EXPRESSION_DEREFERENCE;
        field->span = ast->span;
        field->depth = ast->expression->depth + 1;
        field->dereference.base = ast->expression;
        field->dereference.field = (ast_name){base->type->fields[i].name, ast->span, true};
        add_item(
            x, (select_item){
                   .ast = field, .name = select_generated_name(b, x->r, field), .span = ast->span});
    }
    return true;
}

static bool expand_item(expansion *x, const ast_select_item *ast) {
    switch (ast->kind) {
    case AST_SELECT_ALL:
        expand_all(x, ast->span);
        return true;
    case AST_SELECT_SOURCE_ALL:
        return expand_named_source(x, ast);
    case AST_SELECT_STRUCT_ALL:
        return expand_struct(x, ast);
    case AST_SELECT_EXPRESSION:
        break;
    }
    bool named = ast_name_given(ast->alias);
    add_item(x, (select_item){.ast = ast->expression,
                    .name = named ? arena_copy(x->b->arena, ast->alias.text)
                                  : item_name(x, ast->expression),
                    .named = named,
                    .span = ast->span});
    return true;
}

bool select_expand(planning *b, const relation *r, expression_scope *scope, select_list *out) {
    *out = (select_list){0};
    expansion x = {.b = b, .r = r, .scope = scope, .out = out};
    for (int i = 0; i < b->query->select.count; i++)
        if (!expand_item(&x, &b->query->select.items[i]))
            return false;
    return true;
}

/* ---- types ---- */

static bool contains_null(const sql_type *type) {
    switch (type->base) {
    case SQL_NULL:
        return true;
    case SQL_ARRAY:
        return contains_null(type->element);
    case SQL_MAP:
        return contains_null(type->key) || contains_null(type->element);
    case SQL_STRUCT:
        for (int i = 0; i < type->field_count; i++)
            if (contains_null(type->fields[i].type))
                return true;
        return false;
    default:
        return false;
    }
}

bool select_analyze(planning *b, expression_scope *scope, select_list *list) {
    for (int i = 0; i < list->count; i++) {
        select_item *item = &list->items[i];
        item->typed = expression_analyze(scope, item->ast, b->e);
        if (!item->typed)
            return false;
        if (contains_null(item->typed->type)) {
            error_at(b->e, ERROR_STATEMENT, item->span, "The type of a null cannot be inferred");
            return error_hint(b->e, "Cast it to the type you need: CAST(null AS STRING).");
        }
    }
    return true;
}
