/* The registry is an array sorted by name; each entry has the rows' descriptor and its signatures,
 * parsed once. Choosing an overload unifies each one with the arguments and takes the cheapest:
 * the same types cost nothing, casts cost more the further they go, variadics a little on top.
 * STRING literals are unified last, because what they become depends on the other arguments.
 */
#include "catalog/function.h"

#include <assert.h>

#include "base/memory.h"
#include "base/similar.h"
#include "catalog/coercion.h"
#include "catalog/signature.h"

typedef struct registered {
    const function_descriptor *descriptor;
    const signature *const *signatures; /* one an overload */
} registered;

typedef struct function_table {
    registered *entries;
    const function_descriptor **descriptors; /* the same, for function_all */
    int count, capacity;
} function_table;

static function_table registry, flink_registry; /* the second: what only that dialect has */
static arena *registry_arena;

/* What was chosen, kept for the second step of calls with lambdas. */
struct function_match {
    const signature *signature;
    type_bindings bindings;
    const sql_type **arguments;
    const sql_type **results;
};

/* The place of `name`, or where it belongs as -(place + 1). */
static int find_place(const function_table *t, slice name) {
    char upper[64];
    if (name.length >= sizeof upper)
        return -1;
    for (size_t i = 0; i < name.length; i++)
        upper[i] =
            (char)(name.data[i] >= 'a' && name.data[i] <= 'z' ? name.data[i] - 32 : name.data[i]);
    slice key = slice_make(upper, name.length);
    int low = 0, high = t->count;
    while (low < high) {
        int middle = (low + high) / 2;
        int order = slice_compare(slice_of(t->entries[middle].descriptor->name), key);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -(low + 1);
}

static void insert_entry(function_table *t, int place, const function_descriptor *row) {
    if (t->count == t->capacity) {
        t->capacity = t->capacity ? t->capacity * 2 : 256;
        size_t capacity = (size_t)t->capacity;
        t->entries = memory_resize(t->entries, capacity * sizeof *t->entries);
        t->descriptors = memory_resize(t->descriptors, capacity * sizeof *t->descriptors);
    }
    size_t behind = (size_t)(t->count - place);
    memmove(t->entries + place + 1, t->entries + place, behind * sizeof *t->entries);
    memmove(t->descriptors + place + 1, t->descriptors + place, behind * sizeof *t->descriptors);
    t->entries[place] = (registered){row, NULL};
    t->count++;
}

/* A descriptor with the overloads of both. */
static const function_descriptor *merge(
    const function_descriptor *first, const function_descriptor *second) {
    assert(first->kind == second->kind);
    int count = first->overload_count + second->overload_count;
    function_overload *overloads = ARENA_ARRAY(registry_arena, function_overload, count);
    memcpy(overloads, first->overloads, sizeof *overloads * (size_t)first->overload_count);
    memcpy(overloads + first->overload_count, second->overloads,
        sizeof *overloads * (size_t)second->overload_count);
    function_descriptor *merged = ARENA_NEW(registry_arena, function_descriptor);
    *merged = *first;
    merged->overloads = overloads;
    merged->overload_count = count;
    return merged;
}

static void register_row(function_table *t, const function_descriptor *row) {
    assert(row->overload_count > 0);
    int place = find_place(t, slice_of(row->name));
    if (place < 0) {
        place = -(place + 1);
        insert_entry(t, place, row);
    } else {
        t->entries[place].descriptor = merge(t->entries[place].descriptor, row);
    }
    registered *entry = &t->entries[place];
    t->descriptors[place] = entry->descriptor;
    int count = entry->descriptor->overload_count;
    const signature **signatures = ARENA_ARRAY(registry_arena, const signature *, count);
    for (int i = 0; i < count; i++)
        signatures[i] = signature_parse(registry_arena, entry->descriptor->overloads[i].signature);
    entry->signatures = signatures;
}

static void register_rows(function_table *t, const function_descriptor *rows, int count) {
    if (!registry_arena)
        registry_arena = arena_create();
    for (int i = 0; i < count; i++)
        register_row(t, &rows[i]);
}

void function_register(const function_descriptor *rows, int count) {
    register_rows(&registry, rows, count);
}

void function_register_flink(const function_descriptor *rows, int count) {
    register_rows(&flink_registry, rows, count);
}

static const function_descriptor *find_in(const function_table *t, slice name) {
    int place = find_place(t, name);
    return place < 0 ? NULL : t->entries[place].descriptor;
}

const function_descriptor *function_find(slice name) {
    return find_in(&registry, name);
}

const function_descriptor *function_find_flink(slice name) {
    const function_descriptor *own = find_in(&flink_registry, name);
    return own ? own : function_find(name);
}

const function_descriptor *function_find_class(slice class_name) {
    const function_descriptor *found = function_find_flink(class_name);
    slice last = class_name;
    for (size_t i = 0; i < class_name.length; i++)
        if (class_name.data[i] == '.' || class_name.data[i] == '$')
            last = slice_make(class_name.data + i + 1, class_name.length - i - 1);
    if (!found)
        found = function_find_flink(last);
    buffer words = {0};
    for (size_t i = 0; i < last.length; i++) {
        bool starts_word = i > 0 && last.data[i] >= 'A' && last.data[i] <= 'Z';
        if (starts_word)
            buffer_append_byte(&words, '_');
        buffer_append_byte(&words, last.data[i]);
    }
    if (!found)
        found = function_find_flink(buffer_slice(&words));
    buffer_free(&words);
    return found;
}

const function_descriptor *const *function_all_flink(int *count) {
    *count = flink_registry.count;
    return flink_registry.descriptors;
}

const function_descriptor *const *function_all(int *count) {
    *count = registry.count;
    return registry.descriptors;
}

const function_descriptor *function_nearest(slice name) {
    const function_descriptor *nearest = NULL;
    int least = similar_limit(name) + 1;
    for (int i = 0; i < registry.count; i++) {
        int distance = similar_distance(slice_of(registry.entries[i].descriptor->name), name);
        if (distance < least) {
            least = distance;
            nearest = registry.entries[i].descriptor;
        }
    }
    return nearest;
}

bool function_takes_unit(const function_descriptor *function, int index) {
    const registered *entry = &registry.entries[find_place(&registry, slice_of(function->name))];
    for (int i = 0; i < function->overload_count; i++)
        if (entry->signatures[i]->parameter_count > 0 &&
            signature_parameter(entry->signatures[i], index)->kind == PATTERN_UNIT)
            return true;
    return false;
}

/* ---- choosing an overload ---- */

static bool takes_count(const signature *s, int count) {
    return s->is_variadic ? count >= s->parameter_count : count == s->parameter_count;
}

/* The cost of calling `s` with these arguments; the variables end up in `bindings`. */
static int unify_all(arena *a, const signature *s, const function_argument *arguments, int count,
    type_bindings *bindings) {
    *bindings = (type_bindings){0};
    int total = s->is_variadic ? 5 : 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < count; i++) {
            if (arguments[i].is_text_literal != (pass == 1))
                continue;
            int cost = signature_unify(a, signature_parameter(s, i), &arguments[i], bindings);
            if (cost == SIGNATURE_MISMATCH)
                return SIGNATURE_MISMATCH;
            total += cost;
        }
    return total;
}

static void append_argument(buffer *out, const function_argument *argument) {
    if (argument->is_unit)
        buffer_append_text(out, "UNIT");
    else if (argument->lambda_parameters > 0)
        buffer_format(out, "LAMBDA with %d parameter%s", argument->lambda_parameters,
            argument->lambda_parameters == 1 ? "" : "s");
    else
        sql_type_format(argument->type, out);
}

static slice format_arguments(arena *a, const function_argument *arguments, int count) {
    buffer out = {0};
    for (int i = 0; i < count; i++) {
        if (i)
            buffer_append_text(&out, ", ");
        append_argument(&out, &arguments[i]);
    }
    slice text = arena_copy(a, buffer_slice(&out));
    buffer_free(&out);
    return text;
}

static bool report_mismatch(arena *a, const function_descriptor *function,
    const function_argument *arguments, int count, error *e) {
    slice given = format_arguments(a, arguments, count);
    error_set(e, ERROR_STATEMENT, "Function '%s' does not accept parameters (%.*s).",
        function->name, SLICE_ARG(given));
    buffer out = {0};
    for (int i = 0; i < function->overload_count && out.length < 400; i++)
        buffer_format(
            &out, "%s%s%s", i ? ", " : "", function->name, function->overloads[i].signature);
    error_hint(e, "It can be called as %.*s.", (int)out.length, out.data);
    buffer_free(&out);
    return false;
}

static bool report_unknown(slice name, error *e) {
    error_set(e, ERROR_NOT_FOUND, "There is no function called '%.*s'.", SLICE_ARG(name));
    const function_descriptor *nearest = function_nearest(name);
    if (nearest)
        return error_hint(e, "Did you mean %s?", nearest->name);
    return error_hint(e, "SHOW FUNCTIONS lists all of them.");
}

/* The types a lambda's parameters have; NULL when one is not known. */
static const sql_type *const *lambda_types(
    arena *a, const pattern *lambda, const type_bindings *bindings) {
    const sql_type **types = ARENA_ARRAY(a, const sql_type *, lambda->parameter_count + 1);
    for (int i = 0; i < lambda->parameter_count; i++) {
        types[i] = signature_type(a, &lambda->parameters[i], NULL, bindings);
        if (!types[i])
            types[i] = &SQL_TYPE_NULL;
    }
    return types;
}

static bool is_open(const pattern *p, const type_bindings *bindings) {
    switch (p->kind) {
    case PATTERN_VARIABLE: {
        const sql_type *bound = bindings->types[p->variable - 'A'];
        return !bound || bound->base == SQL_NULL;
    }
    case PATTERN_ARRAY:
    case PATTERN_MAP:
        return (p->key && is_open(p->key, bindings)) || is_open(p->element, bindings);
    default:
        return false;
    }
}

static bool report_open_result(const function_descriptor *function, error *e) {
    error_set(e, ERROR_STATEMENT,
        "The result type of function '%s' cannot be told from NULL arguments.", function->name);
    return error_hint(e, "Give one of them a type: CAST(NULL AS INTEGER).");
}

static bool has_null_part(const sql_type *type) {
    return type->base == SQL_NULL || (type->key && has_null_part(type->key)) ||
           (type->element && has_null_part(type->element));
}

/* The result when all lambdas (if there are any) are typed. */
static bool decide_result(arena *a, function_binding *binding, error *e) {
    const struct function_match *match = binding->match;
    const pattern *result = &match->signature->result;
    if (binding->overload->result_type)
        binding->result = binding->overload->result_type(a, binding->parameters, binding->count, e);
    else if (is_open(result, &match->bindings))
        return report_open_result(binding->function, e);
    else
        binding->result = signature_type(a, result, NULL, &match->bindings);
    if (binding->result && has_null_part(binding->result))
        return report_open_result(binding->function, e);
    return binding->result != NULL;
}

static bool fill_binding(arena *a, const signature *s, const type_bindings *bindings,
    const function_argument *arguments, int count, function_binding *binding, error *e) {
    struct function_match *match = ARENA_NEW(a, struct function_match);
    match->signature = s;
    match->bindings = *bindings;
    match->results = ARENA_ARRAY(a, const sql_type *, count + 1);
    const sql_type **parameters = ARENA_ARRAY(a, const sql_type *, count + 1);
    const sql_type *const **lambdas = ARENA_ARRAY(a, const sql_type *const *, count + 1);
    bool has_lambda = false;
    type_bindings closed = *bindings; /* what nothing decides is NULL: ARRAY<NULL> */
    for (size_t i = 0; i < sizeof closed.types / sizeof *closed.types; i++)
        if (!closed.types[i])
            closed.types[i] = &SQL_TYPE_NULL;
    for (int i = 0; i < count; i++) {
        const pattern *p = signature_parameter(s, i);
        if (p->kind == PATTERN_LAMBDA) {
            lambdas[i] = lambda_types(a, p, bindings);
            has_lambda = true;
        } else if (p->kind != PATTERN_UNIT) {
            parameters[i] = signature_type(a, p, arguments[i].type, &closed);
        }
    }
    binding->parameters = parameters;
    binding->lambda_types = lambdas;
    binding->lambda_results = match->results;
    binding->count = count;
    binding->match = match;
    binding->result = NULL;
    return has_lambda || decide_result(a, binding, e);
}

static bool bind_entry(arena *a, const registered *entry, const function_argument *arguments,
    int count, function_binding *binding, error *e) {
    const function_descriptor *function = entry->descriptor;
    type_bindings best_bindings, bindings;
    int best = -1, best_cost = 0;
    for (int i = 0; i < function->overload_count; i++) {
        if (!takes_count(entry->signatures[i], count))
            continue;
        int cost = unify_all(a, entry->signatures[i], arguments, count, &bindings);
        if (cost == SIGNATURE_MISMATCH || (best >= 0 && cost >= best_cost))
            continue;
        best = i;
        best_cost = cost;
        best_bindings = bindings;
    }
    if (best < 0)
        return report_mismatch(a, function, arguments, count, e);
    *binding = (function_binding){.function = function, .overload = &function->overloads[best]};
    return fill_binding(a, entry->signatures[best], &best_bindings, arguments, count, binding, e);
}

bool function_bind(arena *a, slice name, const function_argument *arguments, int count,
    function_binding *binding, error *e) {
    int place = find_place(&registry, name);
    if (place < 0)
        return report_unknown(name, e);
    return bind_entry(a, &registry.entries[place], arguments, count, binding, e);
}

bool function_bind_flink(arena *a, slice name, const function_argument *arguments, int count,
    function_binding *binding, error *e) {
    int place = find_place(&flink_registry, name);
    if (place < 0)
        return function_bind(a, name, arguments, count, binding, e);
    return bind_entry(a, &flink_registry.entries[place], arguments, count, binding, e);
}

bool function_bind_lambda_results(
    arena *a, function_binding *binding, const sql_type *const *lambda_results, error *e) {
    struct function_match *match = (struct function_match *)(uintptr_t)binding->match;
    for (int i = 0; i < binding->count; i++) {
        const pattern *p = signature_parameter(match->signature, i);
        if (p->kind != PATTERN_LAMBDA)
            continue;
        function_argument body = {.type = lambda_results[i]};
        /* A variable that an argument has decided stays as it is: the body must become that. */
        const pattern *result = p->element;
        bool decided = !is_open(result, &match->bindings);
        if (!decided && signature_unify(a, result, &body, &match->bindings) < 0)
            return error_set(e, ERROR_STATEMENT, "The lambda's result does not suit function '%s'.",
                binding->function->name);
        match->results[i] = signature_type(a, result, lambda_results[i], &match->bindings);
        if (!match->results[i] || !coercion_widens(lambda_results[i], match->results[i])) {
            slice given = sql_type_name(a, lambda_results[i]);
            slice wanted =
                match->results[i] ? sql_type_name(a, match->results[i]) : SLICE_LITERAL("?");
            return error_set(e, ERROR_STATEMENT,
                "The lambda given to function '%s' must return %.*s, but it returns %.*s.",
                binding->function->name, SLICE_ARG(wanted), SLICE_ARG(given));
        }
    }
    return decide_result(a, binding, e);
}
