/* Libraries: opened, checked, registered.
 *
 * Each row of a library is copied into a struct of this engine's size, so that what an older
 * library does not know is zero. Then signatures, names and callbacks are checked. Only when every
 * row is right are they registered; the first mistake refuses the library as a whole. */
#include "executor/function/extension.h"

#include <ctype.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "executor/function/extension_call.h"
#include "executor/function/functions.h"

enum {
    MOST_FUNCTIONS = 10000,
    NAME_MAX_BYTES = 63,
    /* What version 1 of the header has, the least there is. */
    LIBRARY_BYTES_1 = offsetof(sluice_library, function_count) + sizeof(int),
    FUNCTION_BYTES_1 = offsetof(sluice_function, constants) + sizeof(int),
};

/* What all libraries declared, for as long as the process lives. */
static arena *memory;
static struct loaded_library {
    const char *path;
    struct loaded_library *next;
} * loaded;

typedef struct loading {
    const char *path;
    const sluice_library *declared;
    const function_origin *origin;
    extension_function *functions;
    const char *function; /* the one that is checked */
    error e;
} loading;

static bool refuse(loading *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(loading *l, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (l->function)
        return error_set(&l->e, ERROR_STATEMENT, "%s: %s", l->function, text);
    return error_set(&l->e, ERROR_STATEMENT, "%s", text);
}

/* ---- one function ---- */

static bool uses_variable(const pattern *p, char variable) {
    return p && ((p->kind == PATTERN_VARIABLE && p->variable == variable) ||
                    uses_variable(p->key, variable) || uses_variable(p->element, variable));
}

static bool parameters_use(const signature *s, int count, char variable) {
    for (int i = 0; i < count; i++)
        if (uses_variable(&s->parameters[i], variable))
            return true;
    return false;
}

/* Whether the types of `count` arguments decide it. */
static bool is_decided(loading *l, const pattern *p, const signature *s, int count) {
    if ((p->key && !is_decided(l, p->key, s, count)) ||
        (p->element && !is_decided(l, p->element, s, count)))
        return false;
    if (p->kind == PATTERN_VARIABLE && !parameters_use(s, count, p->variable))
        return refuse(l, "no argument says what %c is", p->variable);
    if (p->kind == PATTERN_ANY || p->kind == PATTERN_UNIT)
        return refuse(
            l, "a result or state cannot be ANY or UNIT: name its type, or use a variable");
    if (p->kind == PATTERN_BASE && p->base == SQL_STRUCT && !p->exact)
        return refuse(l, "a STRUCT in a result or state needs its fields: STRUCT<name VARCHAR>");
    if (p->kind == PATTERN_BASE && p->base == SQL_DECIMAL && !p->exact)
        return refuse(l, "a DECIMAL inside of a result or state needs its digits: DECIMAL(10, 2)");
    return true;
}

static bool is_open_decimal(const pattern *p) {
    return p->kind == PATTERN_BASE && p->base == SQL_DECIMAL && !p->exact;
}

static bool has_decimal(const signature *s, int count) {
    for (int i = 0; i < count; i++)
        if (s->parameters[i].kind == PATTERN_BASE && s->parameters[i].base == SQL_DECIMAL)
            return true;
    return false;
}

/* A result or a state. */
static bool check_outcome(loading *l, const pattern *p, const signature *s, int count) {
    if (!is_open_decimal(p))
        return is_decided(l, p, s, count);
    return has_decimal(s, count) ||
           refuse(l, "no argument says how many digits its DECIMAL has: write DECIMAL(10, 2)");
}

static bool check_signature(loading *l, extension_function *f) {
    error e = {0};
    if (!f->declared.signature)
        return refuse(l, "it has no signature");
    const signature *s = f->signature = signature_read(memory, f->declared.signature, &e);
    if (!s)
        return refuse(
            l, "the signature \"%s\" cannot be read: %s", f->declared.signature, e.message);
    for (int i = 0; i < s->parameter_count; i++)
        if (s->parameters[i].kind == PATTERN_LAMBDA || s->parameters[i].kind == PATTERN_UNIT)
            return refuse(l, "lambdas and units cannot be parameters of a library's function");
    int constants = f->declared.constants;
    if (constants < 0 || constants > s->parameter_count || (constants && s->is_variadic))
        return refuse(l, "it cannot have %d constants", constants);
    if (is_open_decimal(&s->result))
        f->overload.result_type = extension_type_of_decimal;
    return check_outcome(l, &s->result, s, s->parameter_count);
}

static bool check_aggregate(loading *l, extension_function *f) {
    const sluice_function *d = &f->declared;
    error e = {0};
    if (!d->step || !d->state)
        return refuse(l, "an aggregate function needs `step` and `state`");
    if (f->signature->is_variadic)
        return refuse(l, "an aggregate function cannot be variadic");
    if (!signature_read_type(memory, d->state, &f->state, &e))
        return refuse(l, "the state \"%s\" cannot be read: %s", d->state, e.message);
    if (!check_outcome(l, &f->state, f->signature, f->signature->parameter_count - d->constants))
        return false;
    const sql_type *state = signature_exact_type(memory, &f->state);
    const sql_type *result = signature_exact_type(memory, &f->signature->result);
    if (!d->result && state && result && !sql_type_equal(state, result))
        return refuse(l, "without `result` the state is the result, and their types differ");
    extension_aggregate_fill(f);
    return true;
}

static bool check_rows(loading *l, extension_function *f) {
    if (!f->declared.run)
        return refuse(l, "it has no `run`");
    if (f->declared.constants)
        return refuse(l, "only aggregate functions have constants");
    extension_rows_fill(f);
    return true;
}

static bool check_name(loading *l, extension_function *f) {
    const char *name = f->declared.name;
    size_t length = name ? strlen(name) : 0;
    bool ok = length > 0 && length <= NAME_MAX_BYTES && !isdigit((unsigned char)*name);
    for (size_t i = 0; i < length; i++)
        ok = ok && (isalnum((unsigned char)name[i]) || name[i] == '_');
    if (!ok)
        return refuse(
            l, "'%.80s' cannot be a function's name: use letters, digits and _", name ? name : "");
    f->descriptor.name = l->function = arena_upper(memory, slice_of(name)).data;
    return true;
}

static bool check_taken(loading *l, const extension_function *f) {
    const function_descriptor *other = function_find(slice_of(f->descriptor.name));
    if (other)
        return refuse(l, "there is a function of that name already, %s%s",
            other->origin ? "from " : "built in", other->origin ? other->origin->path : "");
    for (const extension_function *g = l->functions; g < f; g++) {
        if (strcmp(g->descriptor.name, f->descriptor.name) != 0)
            continue;
        if (g->descriptor.kind != f->descriptor.kind)
            return refuse(l, "its overloads must be of one kind");
        if (strcmp(g->declared.signature, f->declared.signature) == 0)
            return refuse(l, "it comes twice with the signature %s", f->declared.signature);
    }
    return true;
}

static void describe(loading *l, extension_function *f) {
    const sluice_function *d = &f->declared;
    f->overload.signature = d->signature;
    f->overload.nulls =
        d->nulls == SLUICE_SEES_NULLS ? FUNCTION_SEES_NULLS : FUNCTION_NULL_IF_ANY_NULL;
    f->descriptor.category = d->category ? d->category : "EXTENSION";
    f->descriptor.summary = d->summary;
    f->descriptor.example = d->example_result ? d->example : NULL;
    f->descriptor.example_result = d->example_result;
    f->descriptor.overloads = &f->overload;
    f->descriptor.overload_count = 1;
    f->descriptor.origin = l->origin;
}

static bool check_function(loading *l, extension_function *f) {
    static const function_kind kinds[] = {FUNCTION_SCALAR, FUNCTION_AGGREGATE, FUNCTION_TABLE};
    const sluice_function *d = &f->declared;
    l->function = NULL;
    if (!check_name(l, f))
        return false;
    if ((unsigned)d->kind > SLUICE_TABLE)
        return refuse(l, "it is neither a scalar, an aggregate nor a table function");
    f->descriptor.kind = kinds[d->kind];
    if (!d->summary || !*d->summary)
        return refuse(l, "it has no summary: DESCRIBE FUNCTION shows one");
    if (!check_signature(l, f) || !check_taken(l, f) ||
        !(d->kind == SLUICE_AGGREGATE ? check_aggregate(l, f) : check_rows(l, f)))
        return false;
    describe(l, f);
    return true;
}

/* ---- one library ---- */

static bool check_library(loading *l) {
    const sluice_library *d = l->declared;
    if (d->abi > SLUICE_UDF_VERSION)
        return refuse(l,
            "it was built with version %u of sluice/udf.h, and this engine knows versions up to "
            "%d: build it with this engine's header, or use a newer engine",
            d->abi, SLUICE_UDF_VERSION);
    if (d->abi == 0 || d->library_size < LIBRARY_BYTES_1 || d->function_size < FUNCTION_BYTES_1)
        return refuse(l, "it does not say which version of sluice/udf.h it was built with: use "
                         "SLUICE_LIBRARY");
    if (d->function_count < 1 || d->function_count > MOST_FUNCTIONS || !d->functions)
        return refuse(l, "it has no functions");
    l->functions = ARENA_ARRAY(memory, extension_function, d->function_count);
    for (int i = 0; i < d->function_count; i++) {
        size_t known = sizeof(sluice_function);
        memcpy(&l->functions[i].declared, (const char *)d->functions + (size_t)i * d->function_size,
            d->function_size < known ? d->function_size : known);
        if (!check_function(l, &l->functions[i]))
            return false;
    }
    return true;
}

static const char *or_empty(const char *text) {
    return text ? text : "";
}

static bool check_and_register(loading *l) {
    function_origin *origin = ARENA_NEW(memory, function_origin);
    origin->path = l->path;
    l->origin = origin;
    if (!check_library(l))
        return false;
    origin->version = or_empty(l->declared->version);
    origin->author = or_empty(l->declared->author);
    for (int i = 0; i < l->declared->function_count; i++)
        function_register(&l->functions[i].descriptor, 1);
    return true;
}

static bool is_loaded(const char *path) {
    for (const struct loaded_library *at = loaded; at; at = at->next)
        if (strcmp(at->path, path) == 0)
            return true;
    return false;
}

static void remember(const char *path) {
    struct loaded_library *library = ARENA_NEW(memory, struct loaded_library);
    *library = (struct loaded_library){path, loaded};
    loaded = library;
}

static bool open_library(loading *l) {
    void *handle = dlopen(l->path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *why = dlerror();
        size_t prefix = strlen(l->path);
        if (why && strncmp(why, l->path, prefix) == 0 && strncmp(why + prefix, ": ", 2) == 0)
            why += prefix + 2;
        return refuse(l, "it cannot be loaded as a shared library: %s", why ? why : "unknown");
    }
    l->declared = dlsym(handle, "sluice_library_entry");
    bool ok = l->declared ? check_and_register(l)
                          : refuse(l, "it declares no functions: SLUICE_LIBRARY is missing");
    if (!ok)
        dlclose(handle);
    return ok;
}

static bool load_one(const char *path, extension_report *report, void *context) {
    char *real = realpath(path, NULL);
    const char *kept = arena_copy(memory, slice_of(real ? real : path)).data;
    free(real); /* realpath's */
    if (is_loaded(kept))
        return false;
    loading l = {.path = kept};
    bool ok = open_library(&l);
    buffer line = {0};
    if (ok)
        buffer_format(&line, "%s: %d function%s", kept, l.declared->function_count,
            l.declared->function_count == 1 ? "" : "s");
    else
        buffer_format(&line, "No functions are loaded from %s: %s", kept, l.e.message);
    buffer_append_byte(&line, 0);
    report(context, ok, line.data);
    buffer_free(&line);
    if (ok)
        remember(kept);
    return ok;
}

/* ---- directories ---- */

static int is_library(const struct dirent *entry) {
    return slice_ends_with(slice_of(entry->d_name), SLICE_LITERAL(".so"));
}

static int load_directory(const char *path, extension_report *report, void *context) {
    struct dirent **entries;
    int count = scandir(path, &entries, is_library, alphasort), libraries = 0;
    for (int i = 0; i < count; i++) {
        slice file = arena_format(memory, "%s/%s", path, entries[i]->d_name);
        libraries += load_one(file.data, report, context);
        free(entries[i]); /* scandir's */
    }
    if (count >= 0)
        free(entries);
    return libraries;
}

int extensions_load(slice path, extension_report *report, void *context) {
    functions_register_all();
    if (!memory)
        memory = arena_create();
    const char *name = arena_copy(memory, path).data;
    struct stat info;
    if (stat(name, &info) == 0)
        return S_ISDIR(info.st_mode) ? load_directory(name, report, context)
                                     : load_one(name, report, context);
    slice line = arena_format(memory, "No functions are loaded from %s: %s", name, strerror(errno));
    report(context, false, line.data);
    return 0;
}
