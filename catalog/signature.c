/* A recursive-descent reader:
 *
 *   signature = "(" [item {"," item}] ")" "->" type
 *   item      = lambda | type ["..."]
 *   lambda    = "(" type {"," type} ")" "=>" type
 *   type      = NAME | "DECIMAL(" n "," n ")" | "ARRAY<" type ">" | "MAP<" type "," type ">"
 *             | "STRUCT" ["<" name type {"," name type} ">"]
 *
 * A STRUCT whose fields have variables is any STRUCT: the descriptor's result_type knows more. The
 * first mistake fills the error; what is read after it does not matter.
 */
#include "catalog/signature.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>

#include "catalog/coercion.h"

enum { MOST_PARAMETERS = 16, MOST_FIELDS = 64, MOST_NESTING = 16 };

typedef struct reader {
    arena *arena;
    const char *at;
    int depth;
    error *e;
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

static bool report(reader *r, const char *expected) {
    skip_space(r);
    if (!*r->at)
        return error_set(r->e, ERROR_STATEMENT, "%s is expected at its end", expected);
    return error_set(r->e, ERROR_STATEMENT, "%s is expected before '%.20s'", expected, r->at);
}

static bool expect(reader *r, const char *text) {
    char quoted[16] = {'\'', 0};
    return accept(r, text) || report(r, strcat(strcat(quoted, text), "'"));
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

static bool read_type(reader *r, pattern *p);

static pattern *read_part(reader *r) {
    pattern *part = ARENA_NEW(r->arena, pattern);
    return read_type(r, part) ? part : NULL;
}

static slice read_word(reader *r, bool is_name) {
    skip_space(r);
    slice word = {r->at, 0};
    while (isalpha((unsigned char)*r->at) ||
           (is_name && (isdigit((unsigned char)*r->at) || *r->at == '_')))
        r->at++;
    word.length = (size_t)(r->at - word.data);
    return word;
}

static bool read_number(reader *r, int *number) {
    skip_space(r);
    if (!isdigit((unsigned char)*r->at))
        return report(r, "a number");
    char *end;
    long value = strtol(r->at, &end, 10);
    r->at = end;
    *number = value > 1000 ? 1000 : (int)value;
    return true;
}

static bool read_digits(reader *r, pattern *p) {
    int precision, scale;
    if (!accept(r, "("))
        return true;
    if (!read_number(r, &precision) || !expect(r, ",") || !read_number(r, &scale) ||
        !expect(r, ")"))
        return false;
    if (precision < 1 || precision > 38 || scale > precision)
        return error_set(r->e, ERROR_STATEMENT, "there is no DECIMAL(%d, %d)", precision, scale);
    p->exact = sql_type_decimal(r->arena, precision, scale);
    return true;
}

static bool read_field(reader *r, sql_field *field, bool *is_exact) {
    if (accept(r, "`")) {
        const char *end = strchr(r->at, '`');
        if (!end)
            return report(r, "'`'");
        field->name = slice_make(r->at, (size_t)(end - r->at));
        r->at = end + 1;
    } else {
        field->name = arena_upper(r->arena, read_word(r, true));
    }
    if (!field->name.length)
        return report(r, "a field's name");
    pattern type = {0};
    if (!read_type(r, &type))
        return false;
    field->type = signature_exact_type(r->arena, &type);
    *is_exact &= field->type != NULL;
    return true;
}

static bool read_fields(reader *r, pattern *p) {
    bool is_exact = true;
    int count = 0;
    if (!accept(r, "<"))
        return true;
    sql_field *fields = ARENA_ARRAY(r->arena, sql_field, MOST_FIELDS);
    do {
        if (count == MOST_FIELDS)
            return error_set(r->e, ERROR_STATEMENT, "a STRUCT has too many fields");
        if (!read_field(r, &fields[count++], &is_exact))
            return false;
    } while (accept(r, ","));
    if (is_exact)
        p->exact = sql_type_struct(r->arena, fields, count);
    return expect(r, ">");
}

static bool read_details(reader *r, pattern *p) {
    if (p->base == SQL_DECIMAL)
        return read_digits(r, p);
    if (p->base == SQL_STRUCT)
        return read_fields(r, p);
    if (p->kind != PATTERN_ARRAY && p->kind != PATTERN_MAP)
        return true;
    if (!expect(r, "<"))
        return false;
    if (p->kind == PATTERN_MAP && (!(p->key = read_part(r)) || !expect(r, ",")))
        return false;
    return (p->element = read_part(r)) && expect(r, ">");
}

static bool read_type(reader *r, pattern *p) {
    slice word = read_word(r, false);
    if (word.length == 1 && isupper((unsigned char)*word.data)) {
        *p = (pattern){.kind = PATTERN_VARIABLE, .variable = *word.data};
        return true;
    }
    size_t i = 0, count = sizeof names / sizeof *names;
    while (i < count && !slice_is(word, names[i].name))
        i++;
    if (i == count && word.length)
        return error_set(r->e, ERROR_STATEMENT, "there is no type '%.*s'", SLICE_ARG(word));
    if (i == count)
        return report(r, "a type");
    if (++r->depth > MOST_NESTING)
        return error_set(r->e, ERROR_STATEMENT, "its types are nested too deeply");
    *p = (pattern){.kind = names[i].kind, .base = names[i].base};
    bool ok = read_details(r, p);
    r->depth--;
    return ok;
}

static bool read_lambda(reader *r, pattern *p) {
    *p = (pattern){.kind = PATTERN_LAMBDA};
    p->parameters = ARENA_ARRAY(r->arena, pattern, MOST_PARAMETERS);
    do
        if (p->parameter_count == MOST_PARAMETERS ||
            !read_type(r, &p->parameters[p->parameter_count++]))
            return report(r, "a shorter list of parameters");
    while (accept(r, ","));
    return expect(r, ")") && expect(r, "=>") && (p->element = read_part(r));
}

static bool read_parameters(reader *r, signature *s) {
    if (accept(r, ")"))
        return true;
    do {
        if (s->parameter_count == MOST_PARAMETERS || s->is_variadic)
            return report(r, s->is_variadic ? "')' behind '...'" : "a shorter list of parameters");
        pattern *p = &s->parameters[s->parameter_count++];
        if (!(accept(r, "(") ? read_lambda(r, p) : read_type(r, p)))
            return false;
        s->is_variadic = accept(r, "...");
    } while (accept(r, ","));
    return expect(r, ")");
}

static bool read_end(reader *r) {
    skip_space(r);
    return !*r->at || report(r, "nothing more");
}

signature *signature_read(arena *a, const char *text, error *e) {
    reader r = {.arena = a, .at = text, .e = e};
    signature *s = ARENA_NEW(a, signature);
    s->parameters = ARENA_ARRAY(a, pattern, MOST_PARAMETERS);
    bool ok = expect(&r, "(") && read_parameters(&r, s) && expect(&r, "->") &&
              read_type(&r, &s->result) && read_end(&r);
    return ok ? s : NULL;
}

signature *signature_parse(arena *a, const char *text) {
    error e = {0};
    signature *s = signature_read(a, text, &e);
    assert(s && "a function's signature is malformed");
    return s;
}

bool signature_read_type(arena *a, const char *text, pattern *p, error *e) {
    reader r = {.arena = a, .at = text, .e = e};
    return read_type(&r, p) && read_end(&r);
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

static int unify_exact(const sql_type *type, const sql_type *wanted) {
    if (sql_type_equal(type, wanted))
        return 0;
    if (!coercion_widens(type, wanted))
        return SIGNATURE_MISMATCH;
    return type->base == SQL_NULL ? COST_NULL : 2 * COST_WIDEN;
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
        return p->exact ? unify_exact(type, p->exact) : unify_base(type, p->base, is_text_literal);
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

const sql_type *signature_exact_type(arena *a, const pattern *p) {
    const sql_type *key = NULL, *element = NULL;
    if ((p->key && !(key = signature_exact_type(a, p->key))) ||
        (p->element && !(element = signature_exact_type(a, p->element))))
        return NULL;
    switch (p->kind) {
    case PATTERN_BASE:
        if (p->exact)
            return p->exact;
        return p->base == SQL_DECIMAL || p->base == SQL_STRUCT ? NULL : base_type(a, p->base, NULL);
    case PATTERN_ARRAY:
        return sql_type_array(a, element);
    case PATTERN_MAP:
        return sql_type_map(a, key, element);
    default:
        return NULL;
    }
}

static const sql_type *part_of(const sql_type *type, bool key) {
    return !type || type->base == SQL_NULL ? NULL : key ? type->key : type->element;
}

const sql_type *signature_type(
    arena *a, const pattern *p, const sql_type *argument, const type_bindings *bindings) {
    switch (p->kind) {
    case PATTERN_BASE:
        return p->exact ? p->exact : base_type(a, p->base, argument);
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
