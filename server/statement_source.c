/* CREATE STREAM / TABLE over a topic, ALTER, DROP, and custom types. */
#include "server/replace_query.h"
#include "server/statement.h"

/* ---- CREATE ---- */

/* Whether the statement goes on although the name may be taken; `done` when there is nothing to do.
 */
static bool check_name(
    statement_call *call, const source_descriptor *existing, error *e, bool *done) {
    const ast_create_source *create = &call->statement->create_source;
    *done = false;
    if (!existing || create->or_replace)
        return true;
    const char *wanted = create->source_kind == AST_TABLE ? "table" : "stream";
    if (create->if_not_exists) {
        *done = true;
        answer_warning(
            call, arena_format(call->arena,
                      "Cannot add %s `%.*s`: A %s with the same name already exists.", wanted,
                      SLICE_ARG(existing->name), source_kind_name(existing->kind)));
        return true;
    }
    error_at(e, ERROR_EXISTS, create->name.span,
        "Cannot add %s '%.*s': A %s with the same name already exists", wanted,
        SLICE_ARG(existing->name), source_kind_name(existing->kind));
    return error_hint(e, "Drop it first, or use CREATE OR REPLACE or IF NOT EXISTS.");
}

static bool describe_new(statement_call *call, source_descriptor **source, error *e, bool *done) {
    catalog *c = call->instance->catalog;
    planner_options options = statement_planner_options(call);
    catalog_read_lock(c);
    const source_descriptor *existing = catalog_source(c, call->statement->create_source.name.text);
    bool ok = check_name(call, existing, e, done);
    if (ok && !*done)
        ok = planner_create_source(call->statement, c, &options, call->arena, source, e) &&
             (!existing || planner_check_replace(
                               existing, *source, call->statement->create_source.name.span, e));
    if (ok && !*done && existing)
        (*source)->query_id = arena_copy(call->arena, existing->query_id);
    catalog_unlock(c);
    return ok;
}

/* The query that keeps a source table's rows. Inside the transaction, which it needs to see the
 * table. */
static bool start_materialization(
    statement_call *call, source_descriptor *source, running_query **query, error *e) {
    catalog *c = call->instance->catalog;
    planner_options options = statement_planner_options(call);
    slice sources[1] = {source->name};
    query_descriptor descriptor = {.id = statement_query_id(call, source->name),
        .sql = call->text,
        .sink = source->name,
        .sources = sources,
        .source_count = 1};
    source->query_id = descriptor.id;
    plan *p = NULL;
    if (!catalog_put_source(c, source, e) ||
        !planner_plan_query(call->statement, c, &options, descriptor.id, &p, e))
        return false;
    descriptor.fingerprint = p->fingerprint;
    statement_query_properties(call, &descriptor);
    *query = statement_open_query(call, p, true, NULL, e);
    return *query && catalog_put_query(c, &descriptor, e);
}

static bool store_new(statement_call *call, source_descriptor *source, error *e) {
    catalog *c = call->instance->catalog;
    running_query *query = NULL;
    source->sql = call->text;
    if (!catalog_begin(c, e))
        return false;
    bool queried = source->is_source && source->kind == SOURCE_TABLE;
    bool ok =
        queried ? start_materialization(call, source, &query, e) : catalog_put_source(c, source, e);
    if (!ok)
        catalog_rollback(c);
    ok = ok && catalog_commit(c, call->text, e);
    if (query && !ok)
        query_stop(query, true, &(error){0});
    else if (query)
        query_pause(query, false);
    return ok;
}

static bool create_locked(statement_call *call, error *e) {
    bool done;
    source_descriptor *source = NULL;
    topic_info info;
    if (!describe_new(call, &source, e, &done))
        return false;
    if (done)
        return true;
    bool given = ast_property_find(&call->statement->create_source.properties, "PARTITIONS");
    if (!given && !topic_describe(call->instance->topics, source->topic, &info, &(error){0}))
        call->warning = arena_format(call->arena,
            "The topic '%.*s' did not exist: it was created with 1 partition.",
            SLICE_ARG(source->topic));
    if (!instance_ensure_topic(call->instance, source->topic, source->partitions, source, e) ||
        !instance_register_source(call->instance, source, e) || !store_new(call, source, e))
        return false;
    const char *kind = source_kind_name(source->kind);
    answer_status(call, kind, arena_format(call->arena, "`%.*s`", SLICE_ARG(source->name)),
        "create",
        source->kind == SOURCE_STREAM ? SLICE_LITERAL("Stream created")
                                      : SLICE_LITERAL("Table created"),
        source->query_id);
    return true;
}

bool statement_create_source(statement_call *call, error *e) {
    pthread_mutex_lock(&call->instance->change);
    bool ok = create_locked(call, e);
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}

/* ---- ALTER ---- */

static bool alter_locked(statement_call *call, error *e) {
    catalog *c = call->instance->catalog;
    const ast_alter_source *alter = &call->statement->alter_source;
    source_descriptor *altered = NULL;
    catalog_read_lock(c);
    bool ok = catalog_source(c, alter->name.text) || statement_source_missing(call, alter->name, e);
    ok = ok && planner_alter_source(call->statement, c, call->arena, &altered, e);
    catalog_unlock(c);
    if (!ok || !catalog_begin(c, e))
        return false;
    if (!catalog_put_source(c, altered, e)) {
        catalog_rollback(c);
        return false;
    }
    if (!catalog_commit(c, call->text, e))
        return false;
    const char *kind = source_kind_name(altered->kind);
    answer_status(call, kind, arena_format(call->arena, "`%.*s`", SLICE_ARG(altered->name)),
        "alter",
        altered->kind == SOURCE_STREAM ? SLICE_LITERAL("Stream altered")
                                       : SLICE_LITERAL("Table altered"),
        (slice){NULL, 0});
    return true;
}

bool statement_alter_source(statement_call *call, error *e) {
    pthread_mutex_lock(&call->instance->change);
    bool ok = alter_locked(call, e);
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}

/* ---- DROP ---- */

static bool reads(const query_descriptor *query, slice source) {
    for (int i = 0; i < query->source_count; i++)
        if (slice_equal(query->sources[i], source))
            return true;
    return false;
}

static void append_name(buffer *names, slice name) {
    buffer_format(names, "%s%.*s", names->length ? ", " : "", SLICE_ARG(name));
}

/* Refuses while other queries read or write it; its own query goes with it. The catalog is locked.
 */
static bool check_unused(statement_call *call, const source_descriptor *source, error *e) {
    buffer readers = {0}, writers = {0};
    int count;
    const query_descriptor *const *queries = catalog_queries(call->instance->catalog, &count);
    for (int i = 0; i < count; i++) {
        if (slice_equal(queries[i]->id, source->query_id))
            continue;
        if (reads(queries[i], source->name))
            append_name(&readers, queries[i]->id);
        if (slice_equal(queries[i]->sink, source->name))
            append_name(&writers, queries[i]->id);
    }
    bool free = !readers.length && !writers.length;
    if (!free) {
        error_at(e, ERROR_STATEMENT, call->statement->drop_source.name.span,
            "Cannot drop %.*s: queries use it", SLICE_ARG(source->name));
        if (readers.length)
            error_detail(e, "These queries read from it: [%.*s].%s%.*s%s",
                SLICE_ARG(buffer_slice(&readers)), writers.length ? " These write into it: [" : "",
                SLICE_ARG(buffer_slice(&writers)), writers.length ? "]." : "");
        else
            error_detail(
                e, "These queries write into it: [%.*s].", SLICE_ARG(buffer_slice(&writers)));
        error_hint(e, "Terminate them (TERMINATE QUERY_ID;) or drop what they make first.");
    }
    buffer_free(&readers);
    buffer_free(&writers);
    return free;
}

static bool check_drop(statement_call *call, source_descriptor **source, error *e, bool *done) {
    const ast_drop_source *drop = &call->statement->drop_source;
    const source_descriptor *existing = catalog_source(call->instance->catalog, drop->name.text);
    source_kind wanted = drop->source_kind == AST_TABLE ? SOURCE_TABLE : SOURCE_STREAM;
    if (!existing && drop->if_exists) {
        *done = true;
        answer_warning(call,
            arena_format(call->arena, "Source `%.*s` does not exist.", SLICE_ARG(drop->name.text)));
        return true;
    }
    if (!existing)
        return statement_source_missing(call, drop->name, e);
    if (existing->kind != wanted) {
        error_at(e, ERROR_STATEMENT, drop->name.span, "'%.*s' is a %s, not a %s",
            SLICE_ARG(existing->name), source_kind_name(existing->kind), source_kind_name(wanted));
        return error_hint(e, "Use DROP %s.", source_kind_title(existing->kind));
    }
    if (drop->delete_topic && existing->is_source)
        return error_at(e, ERROR_STATEMENT, drop->name.span,
            "Cannot delete the topic of the read-only source %.*s", SLICE_ARG(existing->name));
    *source = source_copy(call->arena, existing);
    return check_unused(call, existing, e);
}

static bool drop_locked(statement_call *call, error *e) {
    catalog *c = call->instance->catalog;
    source_descriptor *source = NULL;
    bool done = false;
    catalog_read_lock(c);
    bool ok = check_drop(call, &source, e, &done);
    catalog_unlock(c);
    if (!ok || done)
        return ok;
    if (!catalog_begin(c, e))
        return false;
    bool own = source->query_id.data && catalog_query(c, source->query_id);
    ok = catalog_drop_source(c, source->name, e) &&
         (!own || catalog_drop_query(c, source->query_id, e));
    if (!ok) {
        catalog_rollback(c);
        return false;
    }
    if (!catalog_commit(c, call->text, e))
        return false;
    running_query *query =
        source->query_id.data ? engine_query(call->instance->engine, source->query_id) : NULL;
    if (query && !query_stop(query, true, e))
        return false;
    if (call->statement->drop_source.delete_topic &&
        !topic_delete(call->instance->topics, source->topic, e) && e->code != ERROR_NOT_FOUND)
        return false;
    error_clear(e);
    slice message = arena_format(call->arena, "Source `%.*s` (topic: %.*s) was dropped.",
        SLICE_ARG(source->name), SLICE_ARG(source->topic));
    answer_status(call, source_kind_name(source->kind),
        arena_format(call->arena, "`%.*s`", SLICE_ARG(source->name)), "drop", message,
        (slice){NULL, 0});
    return true;
}

bool statement_drop_source(statement_call *call, error *e) {
    pthread_mutex_lock(&call->instance->change);
    bool ok = drop_locked(call, e);
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}

/* ---- custom types ---- */

static bool create_type_locked(statement_call *call, error *e) {
    catalog *c = call->instance->catalog;
    const ast_create_type *create = &call->statement->create_type;
    catalog_read_lock(c);
    bool exists = catalog_type(c, create->name.text);
    const sql_type *type = exists ? NULL : planner_resolve_type(create->type, c, call->arena, e);
    catalog_unlock(c);
    if (exists && create->if_not_exists) {
        answer_warning(call, arena_format(call->arena, "The type `%.*s` exists already.",
                                 SLICE_ARG(create->name.text)));
        return true;
    }
    if (exists) {
        error_at(e, ERROR_EXISTS, create->name.span,
            "Cannot create the type '%.*s': a type with that name exists already",
            SLICE_ARG(create->name.text));
        return error_hint(e, "Drop it first with DROP TYPE.");
    }
    type_descriptor descriptor = {create->name.text, type};
    if (!type || !catalog_begin(c, e))
        return false;
    if (!catalog_put_type(c, &descriptor, e)) {
        catalog_rollback(c);
        return false;
    }
    if (!catalog_commit(c, call->text, e))
        return false;
    slice type_name = sql_type_name(call->arena, type);
    answer_status(call, "type", create->name.text, "create",
        arena_format(call->arena, "Registered custom type with name '%.*s' and SQL type %.*s",
            SLICE_ARG(create->name.text), SLICE_ARG(type_name)),
        (slice){NULL, 0});
    return true;
}

bool statement_create_type(statement_call *call, error *e) {
    pthread_mutex_lock(&call->instance->change);
    bool ok = create_type_locked(call, e);
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}

static bool is_name_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool mentions(slice sql, slice name) {
    for (size_t i = 0; i + name.length <= sql.length; i++) {
        slice here = slice_make(sql.data + i, name.length);
        bool whole = (i == 0 || !is_name_byte(sql.data[i - 1])) &&
                     (i + name.length == sql.length || !is_name_byte(sql.data[i + name.length]));
        if (whole && slice_equal_ignore_case(here, name))
            return true;
    }
    return false;
}

/* A query is planned again from its text at every start, so the types that the text names must
 * stay. */
static bool check_type_unused(statement_call *call, ast_name name, error *e) {
    int count;
    const query_descriptor *const *queries = catalog_queries(call->instance->catalog, &count);
    for (int i = 0; i < count; i++)
        if (mentions(queries[i]->sql, name.text)) {
            error_at(e, ERROR_STATEMENT, name.span,
                "Cannot drop the type '%.*s': the query %.*s names it", SLICE_ARG(name.text),
                SLICE_ARG(queries[i]->id));
            return error_hint(e, "Terminate the query or drop what it makes first.");
        }
    return true;
}

static bool drop_type_locked(statement_call *call, error *e) {
    catalog *c = call->instance->catalog;
    const ast_drop_type *drop = &call->statement->drop_type;
    catalog_read_lock(c);
    bool exists = catalog_type(c, drop->name.text);
    const type_descriptor *near = exists ? NULL : catalog_nearest_type(c, drop->name.text);
    slice meant = near ? arena_copy(call->arena, near->name) : (slice){NULL, 0};
    bool unused = !exists || check_type_unused(call, drop->name, e);
    catalog_unlock(c);
    if (!unused)
        return false;
    if (!exists && drop->if_exists) {
        answer_warning(call,
            arena_format(call->arena, "There is no type `%.*s`.", SLICE_ARG(drop->name.text)));
        return true;
    }
    if (!exists) {
        error_at(e, ERROR_NOT_FOUND, drop->name.span, "There is no type named '%.*s'",
            SLICE_ARG(drop->name.text));
        return meant.data ? error_hint(e, "Did you mean %.*s?", SLICE_ARG(meant))
                          : error_hint(e, "SHOW TYPES lists them.");
    }
    if (!catalog_begin(c, e))
        return false;
    if (!catalog_drop_type(c, drop->name.text, e)) {
        catalog_rollback(c);
        return false;
    }
    if (!catalog_commit(c, call->text, e))
        return false;
    answer_status(call, "type", drop->name.text, "drop",
        arena_format(call->arena, "Dropped type '%.*s'", SLICE_ARG(drop->name.text)),
        (slice){NULL, 0});
    return true;
}

bool statement_drop_type(statement_call *call, error *e) {
    pthread_mutex_lock(&call->instance->change);
    bool ok = drop_type_locked(call, e);
    pthread_mutex_unlock(&call->instance->change);
    return ok;
}
