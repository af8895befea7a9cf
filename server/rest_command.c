/* What became of statements (/status), what other servers report, and the end of everything
 * (/ksql/terminate). */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <jansson.h>
#include <pcre2.h>

#include "base/memory.h"
#include "server/rest_private.h"

/* Other servers say that they live and how far they are: heard, and not needed here. */
void rest_peer_report(rest *r, http_exchange *x, const http_request *request) {
    json_error_t syntax;
    json_t *body = json_loadb(request->body.data, request->body.length, 0, &syntax);
    (void)r;
    if (json_is_object(body))
        rest_answer_json(x, 200, SLICE_LITERAL("{\"isOk\":true}"));
    else
        rest_answer_error(x, 40000, "The request's body is not a JSON object.");
    json_decref(body);
}

/* ---- what became of statements ---- */

void rest_note_command(rest *r, const response *answer) {
    json_error_t syntax;
    if (!answer->type || strcmp(answer->type, "currentStatus") != 0)
        return;
    json_t *entity = json_loadb(answer->json.data, answer->json.length, 0, &syntax);
    json_t *id = json_object_get(entity, "commandId");
    json_t *status = json_object_get(entity, "commandStatus");
    pthread_mutex_lock(&r->lock);
    if (json_is_string(id) && status) {
        if (!json_object_get(r->commands, json_string_value(id)))
            json_array_append(r->command_ids, id);
        json_object_set(r->commands, json_string_value(id), status);
        if (json_array_size(r->command_ids) > REST_COMMANDS_KEPT) {
            json_object_del(r->commands, json_string_value(json_array_get(r->command_ids, 0)));
            json_array_remove(r->command_ids, 0);
        }
    }
    if (answer->sequence > r->sequence)
        r->sequence = answer->sequence;
    pthread_mutex_unlock(&r->lock);
    json_decref(entity);
}

/* "stream/`NAME`/create" of a statement that was executed before the server was started. */
static bool is_of_catalog(rest *r, slice id) {
    slice create = SLICE_LITERAL("/create");
    const char *slash = memchr(id.data, '/', id.length);
    if (!slash || !slice_ends_with(id, create))
        return false;
    size_t start = (size_t)(slash - id.data) + 1;
    if (id.length < start + create.length)
        return false;
    slice name = slice_make(id.data + start, id.length - start - create.length);
    if (name.length >= 2 && name.data[0] == '`')
        name = slice_make(name.data + 1, name.length - 2);
    catalog *c = instance_catalog(r->instance);
    catalog_read_lock(c);
    const source_descriptor *source = catalog_source(c, name);
    bool same = source && slice_is(slice_make(id.data, start - 1),
                              source->kind == SOURCE_TABLE ? "table" : "stream");
    catalog_unlock(c);
    return same;
}

static void append_text(buffer *out, const char *name, const char *text) {
    buffer_format(out, "%s\"%s\":", out->length > 1 ? "," : "", name);
    if (text)
        buffer_append_json_string(out, slice_of(text));
    else
        buffer_append_text(out, "null");
}

static void append_status(buffer *out, const json_t *status) {
    buffer_append_byte(out, '{');
    const char *word = json_string_value(json_object_get(status, "status"));
    const char *message = json_string_value(json_object_get(status, "message"));
    append_text(out, "status", word ? word : "SUCCESS");
    append_text(out, "message", message ? message : "");
    append_text(out, "queryId", json_string_value(json_object_get(status, "queryId")));
    buffer_append_byte(out, '}');
}

/* /status/KIND/NAME/VERB, escapes decoded. */
void rest_status(rest *r, http_exchange *x, const http_request *request) {
    arena *a = arena_create();
    slice prefix = SLICE_LITERAL("/status/");
    http_request only = {
        .query = arena_format(a, "id=%.*s", (int)(request->path.length - prefix.length),
            request->path.data + prefix.length)};
    slice id = rest_parameter(a, &only, "id");
    buffer body = {0};
    char *key = memory_copy_text(id);
    pthread_mutex_lock(&r->lock);
    const json_t *status = json_object_get(r->commands, key);
    if (status)
        append_status(&body, status);
    pthread_mutex_unlock(&r->lock);
    memory_free(key);
    if (!body.length && is_of_catalog(r, id))
        buffer_append_text(
            &body, "{\"status\":\"SUCCESS\",\"message\":\"Executed\",\"queryId\":null}");
    if (body.length)
        rest_answer_json(x, 200, buffer_slice(&body));
    else
        rest_answer_error(x, 40400, "There is no command with that id.");
    buffer_free(&body);
    arena_destroy(a);
}

void rest_all_statuses(rest *r, http_exchange *x, const http_request *request) {
    buffer body = {0};
    const char *id;
    json_t *status;
    (void)request;
    buffer_append_text(&body, "{\"commandStatuses\":{");
    pthread_mutex_lock(&r->lock);
    json_object_foreach(r->commands, id, status) {
        const char *word = json_string_value(json_object_get(status, "status"));
        buffer_append_text(&body, body.data[body.length - 1] == '{' ? "" : ",");
        buffer_append_json_string(&body, slice_of(id));
        buffer_format(&body, ":\"%s\"", word ? word : "SUCCESS");
    }
    pthread_mutex_unlock(&r->lock);
    buffer_append_text(&body, "}}");
    rest_answer_json(x, 200, buffer_slice(&body));
    buffer_free(&body);
}

/* ---- the end ---- */

static bool matches_whole(const char *pattern, slice topic) {
    int code;
    PCRE2_SIZE at;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
        PCRE2_ANCHORED | PCRE2_ENDANCHORED, &code, &at, NULL);
    if (!compiled)
        return false;
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(compiled, NULL);
    int found = pcre2_match(compiled, (PCRE2_SPTR)topic.data, topic.length, 0, 0, match, NULL);
    pcre2_match_data_free(match);
    pcre2_code_free(compiled);
    return found >= 0;
}

static bool is_listed(const json_t *patterns, slice topic) {
    size_t i;
    json_t *pattern;
    json_array_foreach((json_t *)patterns, i, pattern) {
        const char *text = json_string_value(pattern);
        if (text && (slice_is(topic, text) || matches_whole(text, topic)))
            return true;
    }
    return false;
}

static bool run_all(rest *r, arena *a, slice sql, error *e) {
    session *s = session_open(r->instance);
    size_t position = 0;
    session_outcome outcome;
    do {
        session_result result = {0};
        outcome = session_next(s, sql, &position, a, NULL, &result, e);
    } while (outcome == SESSION_DONE);
    session_close(s);
    return outcome == SESSION_END;
}

/* DROP statements for everything, the latest first; topics that queries made and that are listed go
 * with them. */
static slice drop_statements(rest *r, arena *a, const json_t *patterns) {
    catalog *c = instance_catalog(r->instance);
    buffer sql = {0};
    int count;
    catalog_read_lock(c);
    const source_descriptor *const *sources = catalog_sources(c, &count);
    for (int i = count - 1; i >= 0; i--)
        buffer_format(&sql, "DROP %s IF EXISTS `%.*s`%s;",
            sources[i]->kind == SOURCE_TABLE ? "TABLE" : "STREAM", SLICE_ARG(sources[i]->name),
            sources[i]->query_id.data && is_listed(patterns, sources[i]->topic) ? " DELETE TOPIC"
                                                                                : "");
    catalog_unlock(c);
    slice text = arena_copy(a, buffer_slice(&sql));
    buffer_free(&sql);
    return text;
}

static bool terminate_all(rest *r, const json_t *patterns, error *e) {
    arena *a = arena_create();
    slice drops = drop_statements(r, a, patterns); /* before their queries are gone */
    bool ok = run_all(r, a, SLICE_LITERAL("TERMINATE ALL;"), e) && run_all(r, a, drops, e);
    arena_destroy(a);
    return ok;
}

void rest_terminate(rest *r, http_exchange *x, const http_request *request) {
    json_error_t syntax;
    error e = {0};
    json_t *body = request->body.length
                       ? json_loadb(request->body.data, request->body.length, 0, &syntax)
                       : json_object();
    if (!json_is_object(body)) {
        rest_answer_error(x, 40000, "The request's body is not a JSON object.");
        json_decref(body);
        return;
    }
    pthread_mutex_lock(&r->lock);
    r->terminated = true;
    pthread_mutex_unlock(&r->lock);
    rest_end_queries(r);
    if (terminate_all(r, json_object_get(body, "deleteTopicList"), &e))
        rest_answer_json(x, 200,
            SLICE_LITERAL("[{\"@type\":\"currentStatus\",\"statementText\":\"TERMINATE CLUSTER;\","
                          "\"commandId\":\"cluster/TerminateCluster/terminate\","
                          "\"commandStatus\":{\"status\":\"SUCCESS\",\"message\":\"Terminated\","
                          "\"queryId\":null},\"commandSequenceNumber\":-1,\"warnings\":[]}]"));
    else
        rest_answer_error(x, 50000, e.message);
    json_decref(body);
}
