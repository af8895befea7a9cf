/* A recursive-descent reader:
 *
 *   signature = "(" [item {"," item}] ")" "->" type
 *   item      = lambda | type ["..."]
 *   lambda    = "(" type {"," type} ")" "=>" type
 *   type      = NAME | "ARRAY<" type ">" | "MAP<" type "," type ">" | "STRUCT" ["<" anything ">"]
 */
#include "catalog/signature.h"

#include <assert.h>
#include <ctype.h>

#include "catalog/coercion.h"

enum { MOST_PARAMETERS = 16 };

typedef struct reader {
    arena *arena;
    const char *at;
} reader;

static void skip_space(reader *r) {
    while (*r->at == ' ')
        r->at++;
}

static bool accept(reader *r, const char *text) {
    skip_space(r);
    size_t length = strlen(text);
    if (strncmp(r->at, text, length) != 0)
        return false;
    r->at += length;
    return true;
}

static void expect(reader *r, const char *text) {
    bool found = accept(r, text);
    assert(found && "a function's signature is malformed");
    (void)found;
}

static const struct {
    const char *name;
    pattern_kind kind;
    sql_base base;
} names[] = {
    {"BOOLEAN", PATTERN_BASE, SQL_BOOLEAN},
    {"INTEGER", PATTERN_BASE, SQL_INTEGER},
    {"INT", PATTERN_BASE, SQL_INTEGER},
    {"BIGINT", PATTERN_BASE, SQL_BIGINT},
    {"DOUBLE", PATTERN_BASE, SQL_DOUBLE},
    {"DECIMAL", PATTERN_BASE, SQL_DECIMAL},
    {"STRING", PATTERN_BASE, SQL_VARCHAR},
    {"VARCHAR", PATTERN_BASE, SQL_VARCHAR},
    {"BYTES", PATTERN_BASE, SQL_BYTES},
    {"DATE", PATTERN_BASE, SQL_DATE},
    {"TIME", PATTERN_BASE, SQL_TIME},
    {"TIMESTAMP", PATTERN_BASE, SQL_TIMESTAMP},
    {"STRUCT", PATTERN_BASE, SQL_STRUCT},
    {"ANY", PATTERN_ANY, SQL_NULL},
    {"UNIT", PATTERN_UNIT, SQL_NULL},
    {"ARRAY", PATTERN_ARRAY, SQL_ARRAY},
    {"MAP", PATTERN_MAP, SQL_MAP},
};

static pattern read_type(reader *r);

static pattern *read_part(reader *r) {
    pattern *part = ARENA_NEW(r->arena, pattern);
    *part = read_type(r);
    return part;
}

/* Fields of a STRUCT and digits of a DECIMAL are for people; the descriptor's result_type knows. */
static void skip_details(reader *r) {
    char open = *r->at, close = open == '<' ? '>' : ')';
    int depth = 0;
    do {
        depth += (*r->at == open) - (*r->at == close);
        assert(*r->at);
    } while (*r->at++ && depth);
}

static pattern read_type(reader *r) {
    skip_space(r);
    slice word = {r->at, 0};
    while (isalpha((unsigned char)*r->at))
        r->at++;
    word.length = (size_t)(r->at - word.data);
    if (word.length == 1)
        return (pattern){.kind = PATTERN_VARIABLE, .variable = *word.data};
    pattern p = {0};
    size_t i = 0, count = sizeof names / sizeof *names;
    while (i < count && !slice_is(word, names[i].name))
        i++;
    assert(i < count && "a function's signature names no type");
    p.kind = names[i].kind;
    p.base = names[i].base;
    if (p.kind == PATTERN_ARRAY || p.kind == PATTERN_MAP) {
        expect(r, "<");
        if (p.kind == PATTERN_MAP) {
            p.key = read_part(r);
            expect(r, ",");
        }
        p.element = read_part(r);
        expect(r, ">");
    } else if ((p.base == SQL_STRUCT && *r->at == '<') ||
               (p.base == SQL_DECIMAL && *r->at == '(')) {
        skip_details(r);
    }
    return p;
}

static pattern read_lambda(reader *r) {
    pattern p = {.kind = PATTERN_LAMBDA};
    p.parameters = ARENA_ARRAY(r->arena, pattern, MOST_PARAMETERS);
    do
        p.parameters[p.parameter_count++] = read_type(r);
    while (accept(r, ","));
    expect(r, ")");
    expect(r, "=>");
    p.element = read_part(r);
    return p;
}

signature *signature_parse(arena *a, const char *text) {
    reader r = {a, text};
    signature *s = ARENA_NEW(a, signature);
    s->parameters = ARENA_ARRAY(a, pattern, MOST_PARAMETERS);
    expect(&r, "(");
    if (!accept(&r, ")")) {
        do {
            assert(s->parameter_count < MOST_PARAMETERS && !s->is_variadic);
            s->parameters[s->parameter_count++] = accept(&r, "(") ? read_lambda(&r) : read_type(&r);
            s->is_variadic = accept(&r, "...");
        } while (accept(&r, ","));
        expect(&r, ")");
    }
    expect(&r, "->");
    s->result = read_type(&r);
    skip_space(&r);
    assert(*r.at == 0 && "text follows a function's signature");
    return s;
}

const pattern *signature_parameter(const signature *s, int index) {
    return &s->parameters[index < s->parameter_count ? index : s->parameter_count - 1];
}

/* What each kind of mismatch costs. An overload with cheaper casts is preferred. */
enum { COST_NULL = 1, COST_VARIABLE = 2, COST_ANY = 4, COST_WIDEN = 10, COST_TEXT = 100 };

static int unify_base(const sql_type *type, sql_base wanted, bool is_text_literal) {
    if (type->base == wanted)
        return 0;
    if (type->base == SQL_NULL)
        return COST_NULL;
    switch (wanted) {
    case SQL_BIGINT:
        return type->base == SQL_INTEGER ? COST_WIDEN : SIGNATURE_MISMATCH;
    case SQL_DECIMAL:
        return type->base == SQL_INTEGER || type->base == SQL_BIGINT ? 2 * COST_WIDEN
                                                                     : SIGNATURE_MISMATCH;
    case SQL_DOUBLE:
        return sql_type_is_numeric(type) ? 3 * COST_WIDEN : SIGNATURE_MISMATCH;
    case SQL_DATE:
    case SQL_TIME:
    case SQL_TIMESTAMP:
        return is_text_literal ? COST_TEXT : SIGNATURE_MISMATCH;
    default:
        return SIGNATURE_MISMATCH;
    }
}

static bool is_time(const sql_type *type) {
    return type->base == SQL_DATE || type->base == SQL_TIME || type->base == SQL_TIMESTAMP;
}

static int unify_variable(
    arena *a, char variable, const sql_type *type, bool is_text_literal, type_bindings *bindings) {
    const sql_type **bound = &bindings->types[variable - 'A'];
    if (!*bound) {
        *bound = type;
        return COST_VARIABLE;
    }
    if (is_text_literal && is_time(*bound))
        return COST_TEXT;
    const sql_type *common = coercion_common(a, *bound, type);
    if (!common)
        return SIGNATURE_MISMATCH;
    int cost = sql_type_equal(common, *bound) ? COST_VARIABLE : COST_WIDEN;
    *bound = common;
    return cost;
}

static int unify_type(arena *a, const pattern *p, const sql_type *type, bool is_text_literal,
    type_bindings *bindings) {
    switch (p->kind) {
    case PATTERN_BASE:
        return unify_base(type, p->base, is_text_literal);
    case PATTERN_ANY:
        return COST_ANY;
    case PATTERN_VARIABLE:
        return unify_variable(a, p->variable, type, is_text_literal, bindings);
    case PATTERN_ARRAY:
    case PATTERN_MAP: {
        if (type->base == SQL_NULL)
            return COST_NULL;
        if (type->base != p->base)
            return SIGNATURE_MISMATCH;
        int key = p->key ? unify_type(a, p->key, type->key, false, bindings) : 0;
        int element = unify_type(a, p->element, type->element, false, bindings);
        return key < 0 || element < 0 ? SIGNATURE_MISMATCH : key + element;
    }
    default:
        return SIGNATURE_MISMATCH;
    }
}

int signature_unify(
    arena *a, const pattern *p, const function_argument *argument, type_bindings *bindings) {
    if (argument->is_unit || p->kind == PATTERN_UNIT)
        return argument->is_unit && p->kind == PATTERN_UNIT ? 0 : SIGNATURE_MISMATCH;
    if (argument->lambda_parameters > 0 || p->kind == PATTERN_LAMBDA)
        return p->kind == PATTERN_LAMBDA && argument->lambda_parameters == p->parameter_count
                   ? 0
                   : SIGNATURE_MISMATCH;
    return unify_type(a, p, argument->type, argument->is_text_literal, bindings);
}

static const sql_type *base_type(arena *a, sql_base base, const sql_type *argument) {
    static const sql_type *const simple[] = {[SQL_BOOLEAN] = &SQL_TYPE_BOOLEAN,
        [SQL_INTEGER] = &SQL_TYPE_INTEGER,
        [SQL_BIGINT] = &SQL_TYPE_BIGINT,
        [SQL_DOUBLE] = &SQL_TYPE_DOUBLE,
        [SQL_VARCHAR] = &SQL_TYPE_VARCHAR,
        [SQL_BYTES] = &SQL_TYPE_BYTES,
        [SQL_DATE] = &SQL_TYPE_DATE,
        [SQL_TIME] = &SQL_TYPE_TIME,
        [SQL_TIMESTAMP] = &SQL_TYPE_TIMESTAMP};
    if (base == SQL_DECIMAL) {
        const sql_type *decimal = argument ? coercion_decimal(a, argument) : NULL;
        return decimal ? decimal : coercion_decimal(a, &SQL_TYPE_INTEGER);
    }
    if (base == SQL_STRUCT)
        return argument ? argument : &SQL_TYPE_NULL;
    return simple[base];
}

static const sql_type *part_of(const sql_type *type, bool key) {
    return !type || type->base == SQL_NULL ? NULL : key ? type->key : type->element;
}

const sql_type *signature_type(
    arena *a, const pattern *p, const sql_type *argument, const type_bindings *bindings) {
    switch (p->kind) {
    case PATTERN_BASE:
        return base_type(a, p->base, argument);
    case PATTERN_ANY:
        return argument;
    case PATTERN_VARIABLE:
        return bindings->types[p->variable - 'A'];
    case PATTERN_ARRAY: {
        const sql_type *element = signature_type(a, p->element, part_of(argument, false), bindings);
        return element ? sql_type_array(a, element) : NULL;
    }
    case PATTERN_MAP: {
        const sql_type *key = signature_type(a, p->key, part_of(argument, true), bindings);
        const sql_type *element = signature_type(a, p->element, part_of(argument, false), bindings);
        return key && element ? sql_type_map(a, key, element) : NULL;
    }
    default:
        return NULL;
    }
}
