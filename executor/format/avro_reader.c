/* Reading walks the plan: a part with a type is read into its column, one without is skipped.
 *
 * Type mismatches inside a union count only when that branch comes: the plan keeps them as parts
 * that refuse.
 */
#include "executor/format/avro_reader.h"

#include "base/decimal.h"
#include "base/number.h"
#include "base/utf8.h"

typedef struct plan_part plan_part;

struct plan_part {
    const avro_node *node;
    const sql_type *type; /* NULL: skip */
    plan_part **parts;    /* of a record's fields, a union's branches; [0] of an array or map */
    plan_part *key;       /* of map entries */
    int *targets; /* record, or union read into a STRUCT: the STRUCT field (or column) of each field
                     or branch, or -1 */
};

struct avro_plan {
    plan_part *root;
    const format_schema *schema;
    const bool *wanted;
};

typedef struct cursor {
    const char *at, *end;
    int depth;
    error *e;
} cursor;

/* ---- planning ---- */

typedef struct planner {
    arena *memory;
    error *e;
} planner;

static plan_part *plan(planner *p, const avro_node *node, const sql_type *type);

static bool is_whole(const avro_node *node) {
    return node->kind == AVRO_INT || node->kind == AVRO_LONG;
}

static bool fits_scalar(const avro_node *node, const sql_type *type) {
    switch (type->base) {
    case SQL_BOOLEAN:
        return node->kind == AVRO_BOOLEAN;
    case SQL_INTEGER:
    case SQL_DATE:
        return node->kind == AVRO_INT;
    case SQL_TIME:
        return node->kind == AVRO_INT || node->logical == AVRO_TIME_MICROS;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        return is_whole(node);
    case SQL_DOUBLE:
        return is_whole(node) || node->kind == AVRO_FLOAT || node->kind == AVRO_DOUBLE;
    case SQL_VARCHAR:
        return (node->kind >= AVRO_BOOLEAN && node->kind <= AVRO_DOUBLE) ||
               node->kind == AVRO_STRING || node->kind == AVRO_ENUM;
    case SQL_BYTES:
        return node->kind == AVRO_BYTES || node->kind == AVRO_FIXED;
    case SQL_DECIMAL:
        return node->logical == AVRO_DECIMAL;
    default:
        return false;
    }
}

static plan_part *refuse(planner *p, const avro_node *node, const sql_type *type) {
    buffer name = {0};
    sql_type_format(type, &name);
    error_set(p->e, ERROR_DATA, "Avro type %s cannot be read as %.*s", avro_kind_name(node->kind),
        SLICE_ARG(buffer_slice(&name)));
    buffer_free(&name);
    return NULL;
}

static plan_part *new_part(planner *p, const avro_node *node, const sql_type *type, int parts) {
    plan_part *part = ARENA_NEW(p->memory, plan_part);
    part->node = node;
    part->type = type;
    part->parts = ARENA_ARRAY(p->memory, plan_part *, parts + 1);
    return part;
}

/* Fields: `name_of` and `type_of` come from a STRUCT or from the columns. */
static plan_part *plan_record(planner *p, const avro_node *node, const sql_type *type, int count,
    const sql_field *fields, const bool *wanted) {
    plan_part *part = new_part(p, node, type, node->count);
    part->targets = ARENA_ARRAY(p->memory, int, node->count + 1);
    for (int i = 0; i < node->count; i++)
        part->targets[i] = -1;
    for (int i = 0; i < count; i++) {
        int field = wanted && !wanted[i] ? -1 : avro_find_field(node, fields[i].name);
        if (field >= 0)
            part->targets[field] = i;
    }
    for (int i = 0; i < node->count; i++) {
        int target = part->targets[i];
        if (target < 0)
            continue;
        part->parts[i] = plan(p, node->fields[i].node, fields[target].type);
        if (!part->parts[i]) {
            error_detail(p->e, "In field %.*s.", SLICE_ARG(node->fields[i].name));
            return NULL;
        }
    }
    return part;
}

static plan_part *plan_map(planner *p, const avro_node *node, const sql_type *type) {
    plan_part *part = new_part(p, node, type, 1);
    bool entries = node->kind == AVRO_ARRAY;
    part->parts[0] =
        plan(p, entries ? node->element->fields[1].node : node->element, type->element);
    if (entries)
        part->key = plan(p, node->element->fields[0].node, type->key);
    else if (type->key->base != SQL_VARCHAR)
        return refuse(p, node, type);
    return part->parts[0] && (part->key || !entries) ? part : NULL;
}

/* A union read into a STRUCT with a field for each branch. */
static plan_part *plan_choice(
    planner *p, const avro_node *node, const sql_type *type, int *fields) {
    plan_part *part = new_part(p, node, type, node->count);
    part->targets = fields;
    for (int i = 0; i < node->count; i++) {
        if (fields[i] < 0)
            continue;
        part->parts[i] = plan(p, node->branches[i], type->fields[fields[i]].type);
        if (!part->parts[i])
            return NULL;
    }
    return part;
}

static plan_part *plan_union(planner *p, const avro_node *node, const sql_type *type) {
    int *fields = avro_match_choice(p->memory, node, type);
    if (fields)
        return plan_choice(p, node, type, fields);
    plan_part *part = new_part(p, node, type, node->count);
    error first = {.code = ERROR_NONE};
    bool any = node->count == 0;
    for (int i = 0; i < node->count; i++) {
        if (node->branches[i]->kind == AVRO_NULL) {
            any |= node->count == 1;
            continue;
        }
        planner quiet = {p->memory, &first};
        part->parts[i] = plan(&quiet, node->branches[i], type);
        any |= part->parts[i] != NULL;
    }
    if (any)
        return part;
    *p->e = first;
    return NULL;
}

static plan_part *plan(planner *p, const avro_node *node, const sql_type *type) {
    if (node->kind == AVRO_UNION)
        return plan_union(p, node, type);
    if (node->kind == AVRO_RECORD && type->base == SQL_STRUCT)
        return plan_record(p, node, type, type->field_count, type->fields, NULL);
    if (type->base == SQL_MAP &&
        (node->kind == AVRO_MAP || (node->kind == AVRO_ARRAY && avro_is_map_entries(node))))
        return plan_map(p, node, type);
    if (node->kind == AVRO_ARRAY && type->base == SQL_ARRAY) {
        plan_part *part = new_part(p, node, type, 1);
        part->parts[0] = plan(p, node->element, type->element);
        return part->parts[0] ? part : NULL;
    }
    return fits_scalar(node, type) ? new_part(p, node, type, 0) : refuse(p, node, type);
}

static const avro_node *record_of(const avro_node *node) {
    if (node->kind != AVRO_UNION)
        return node;
    for (int i = 0; i < node->count; i++)
        if (node->branches[i]->kind == AVRO_RECORD)
            return node->branches[i];
    return node;
}

static plan_part *plan_columns(
    planner *p, const avro_node *root, const format_schema *schema, const bool *wanted) {
    sql_field *fields = ARENA_ARRAY(p->memory, sql_field, schema->count + 1);
    for (int i = 0; i < schema->count; i++)
        fields[i] = (sql_field){schema->columns[i].name, schema->columns[i].type};
    const sql_type *row = sql_type_struct(p->memory, fields, schema->count);
    int *branches = avro_match_choice(p->memory, root, row);
    if (branches)
        return plan_choice(p, root, row, branches);
    const avro_node *record = record_of(root);
    if (record->kind != AVRO_RECORD) {
        error_set(p->e, ERROR_DATA, "Avro type %s is no record", avro_kind_name(root->kind));
        return NULL;
    }
    plan_part *part = plan_record(p, record, NULL, schema->count, fields, wanted);
    if (!part || record == root)
        return part;
    plan_part *whole = new_part(p, root, NULL, root->count);
    for (int i = 0; i < root->count; i++)
        whole->parts[i] = root->branches[i] == record ? part : NULL;
    return whole;
}

avro_plan *avro_plan_create(arena *a, const avro_schema *written, const format_schema *schema,
    const bool *wanted, error *e) {
    planner p = {a, e};
    avro_plan *made = ARENA_NEW(a, avro_plan);
    made->schema = schema;
    made->wanted = wanted;
    made->root = schema->wrapped ? plan_columns(&p, written->root, schema, wanted)
                                 : plan(&p, written->root, schema->columns[0].type);
    return made->root ? made : NULL;
}

/* ---- primitives ---- */

static bool fail_short(cursor *c) {
    return error_set(c->e, ERROR_DATA, "the Avro payload ends too early");
}

static bool read_longer(cursor *c, int64_t *value) {
    uint64_t bits = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        if (c->at == c->end)
            return fail_short(c);
        uint8_t byte = (uint8_t)*c->at++;
        if (shift < 64)
            bits |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) {
            *value = (int64_t)(bits >> 1) ^ -(int64_t)(bits & 1);
            return true;
        }
    }
    return error_set(c->e, ERROR_DATA, "a number in the Avro payload is too long");
}

/* Most are one byte: branches of unions, short lengths, small numbers. */
static inline bool read_long(cursor *c, int64_t *value) {
    if (c->at == c->end || *c->at & 0x80)
        return read_longer(c, value);
    uint8_t byte = (uint8_t)*c->at++;
    *value = (int64_t)(byte >> 1) ^ -(int64_t)(byte & 1);
    return true;
}

static inline bool read_run(cursor *c, int64_t length, slice *bytes) {
    if (length < 0 || length > c->end - c->at)
        return fail_short(c);
    *bytes = slice_make(c->at, (size_t)length);
    c->at += length;
    return true;
}

static bool read_bytes(cursor *c, const avro_node *node, slice *bytes) {
    int64_t length = node->size;
    if (node->kind != AVRO_FIXED && !read_long(c, &length))
        return false;
    return read_run(c, length, bytes);
}

static bool read_floating(cursor *c, avro_kind kind, double *value) {
    slice bytes = {NULL, 0};
    if (!read_run(c, kind == AVRO_FLOAT ? 4 : 8, &bytes))
        return false;
    if (kind == AVRO_FLOAT) {
        float narrow;
        memcpy(&narrow, bytes.data, 4);
        *value = (double)narrow;
    } else {
        memcpy(value, bytes.data, 8);
    }
    return true;
}

static inline bool read_index(cursor *c, int count, int *index) {
    int64_t value = 0;
    if (!read_long(c, &value))
        return false;
    if (value < 0 || value >= count)
        return error_set(c->e, ERROR_DATA, "the Avro payload names branch or symbol %lld of %d",
            (long long)value, count);
    *index = (int)value;
    return true;
}

/* The length of the next block of an array or map; 0 at its end. A negative count is followed by
 * the block's size in bytes. */
static bool read_block(cursor *c, int64_t *count) {
    int64_t bytes = 0;
    if (!read_long(c, count))
        return false;
    if (*count < 0) {
        if (*count == INT64_MIN || !read_long(c, &bytes))
            return fail_short(c);
        *count = -*count;
    }
    return true;
}

/* ---- skipping ---- */

static bool skip(cursor *c, const avro_node *node);

static bool skip_blocks(cursor *c, const avro_node *node) {
    int64_t count = 0, budget = c->end - c->at + 1;
    slice key = {NULL, 0};
    do {
        if (!read_block(c, &count))
            return false;
        for (int64_t i = 0; i < count; i++) {
            const char *before = c->at;
            if (node->kind == AVRO_MAP && !read_bytes(c, node, &key))
                return false;
            if (!skip(c, node->element))
                return false;
            /* elements of no bytes cannot be counted on to end */
            if (c->at == before && --budget < 0)
                return error_set(c->e, ERROR_DATA, "an Avro array has too many empty elements");
        }
    } while (count);
    return true;
}

static bool skip_nested(cursor *c, const avro_node *node) {
    bool fine = true;
    if (++c->depth > AVRO_MAX_DEPTH)
        return error_set(c->e, ERROR_LIMIT, "the Avro payload is nested too deep");
    if (node->kind == AVRO_RECORD)
        for (int i = 0; fine && i < node->count; i++)
            fine = skip(c, node->fields[i].node);
    else
        fine = skip_blocks(c, node);
    c->depth--;
    return fine;
}

static bool skip(cursor *c, const avro_node *node) {
    int64_t whole = 0;
    int index = 0;
    slice bytes = {NULL, 0};
    if (node->kind == AVRO_UNION) {
        if (!read_index(c, node->count, &index))
            return false;
        node = node->branches[index];
    }
    switch (node->kind) {
    case AVRO_NULL:
        return true;
    case AVRO_BOOLEAN:
        return read_run(c, 1, &bytes);
    case AVRO_INT:
    case AVRO_LONG:
    case AVRO_ENUM:
        return read_long(c, &whole);
    case AVRO_FLOAT:
        return read_run(c, 4, &bytes);
    case AVRO_DOUBLE:
        return read_run(c, 8, &bytes);
    case AVRO_BYTES:
    case AVRO_STRING:
    case AVRO_FIXED:
        return read_bytes(c, node, &bytes);
    case AVRO_UNION: /* directly in another */
        return skip(c, node);
    case AVRO_RECORD:
    case AVRO_ARRAY:
    case AVRO_MAP:
        return skip_nested(c, node);
    }
    return false;
}

/* ---- reading ---- */

static bool read_part(cursor *c, const plan_part *part, column *to);

static bool append_whole(cursor *c, const avro_node *node, column *to) {
    int64_t value = 0;
    if (!read_long(c, &value))
        return false;
    if (node->kind == AVRO_INT && (value < INT32_MIN || value > INT32_MAX))
        return error_set(c->e, ERROR_DATA, "an Avro int is out of range");
    if ((node->logical == AVRO_TIME_MICROS && to->type->base == SQL_TIME) ||
        (node->logical == AVRO_TIMESTAMP_MICROS && to->type->base == SQL_TIMESTAMP))
        value = value >= 0 ? value / 1000 : -((-(value + 1)) / 1000) - 1;
    switch (to->type->base) {
    case SQL_DOUBLE:
        column_append_double(to, (double)value);
        return true;
    case SQL_BIGINT:
    case SQL_TIMESTAMP:
        column_append_int64(to, value);
        return true;
    case SQL_VARCHAR: {
        char text[NUMBER_INT64_MAX];
        column_append_bytes(to, slice_make(text, number_write_int64(text, value)));
        return true;
    }
    default:
        column_append_int32(to, (int32_t)value);
        return true;
    }
}

static bool append_floating(cursor *c, const avro_node *node, column *to) {
    double value = 0;
    if (!read_floating(c, node->kind, &value))
        return false;
    if (to->type->base == SQL_DOUBLE) {
        column_append_double(to, value);
        return true;
    }
    char text[NUMBER_DOUBLE_MAX];
    column_append_bytes(to, slice_make(text, number_write_double(text, value)));
    return true;
}

static bool append_boolean(cursor *c, column *to) {
    slice byte = {"", 0};
    if (!read_run(c, 1, &byte))
        return false;
    if (to->type->base == SQL_BOOLEAN)
        column_append_boolean(to, byte.data[0] != 0);
    else
        column_append_bytes(to, byte.data[0] ? SLICE_LITERAL("true") : SLICE_LITERAL("false"));
    return true;
}

/* A decimal's unscaled value: two's complement, big endian. */
static bool decimal_of_bytes(slice bytes, decimal128 *value) {
    bool negative = bytes.length && (signed char)bytes.data[0] < 0;
    while (bytes.length > 16 && (uint8_t)bytes.data[0] == (negative ? 0xFF : 0))
        bytes = slice_make(bytes.data + 1, bytes.length - 1);
    if (bytes.length > 16)
        return false;
    unsigned __int128 bits = negative ? ~(unsigned __int128)0 : 0;
    for (size_t i = 0; i < bytes.length; i++)
        bits = bits << 8 | (uint8_t)bytes.data[i];
    *value = (decimal128)bits;
    return decimal_fits(*value, DECIMAL_MAX_PRECISION);
}

static bool append_decimal(cursor *c, const avro_node *node, column *to) {
    slice bytes = {NULL, 0};
    decimal128 value = 0;
    if (!read_bytes(c, node, &bytes))
        return false;
    if (!decimal_of_bytes(bytes, &value) ||
        !decimal_convert(value, node->scale, to->type->precision, to->type->scale, &value))
        return error_set(c->e, ERROR_DATA, "an Avro decimal does not fit DECIMAL(%d, %d)",
            to->type->precision, to->type->scale);
    column_append_decimal(to, value);
    return true;
}

static bool append_text(cursor *c, const avro_node *node, column *to) {
    slice bytes = {NULL, 0};
    if (node->kind == AVRO_ENUM) {
        int index = 0;
        if (!read_index(c, node->count, &index))
            return false;
        column_append_bytes(to, node->symbols[index]);
        return true;
    }
    if (!read_bytes(c, node, &bytes))
        return false;
    if (to->type->base == SQL_VARCHAR && !utf8_valid(bytes))
        return error_set(c->e, ERROR_DATA, "an Avro string is not UTF-8");
    column_append_bytes(to, bytes);
    return true;
}

static bool read_elements(cursor *c, const plan_part *part, column *to) {
    int64_t count = 0, budget = c->end - c->at + 1;
    do {
        if (!read_block(c, &count))
            return false;
        for (int64_t i = 0; i < count; i++) {
            const char *before = c->at;
            if (!read_part(c, part->parts[0], to->children[0]))
                return false;
            if (c->at == before && --budget < 0)
                return error_set(c->e, ERROR_DATA, "an Avro array has too many empty elements");
        }
    } while (count);
    column_append_nested(to);
    return true;
}

static bool read_key(cursor *c, const plan_part *part, column *keys) {
    if (part->key)
        return read_part(c, part->key, keys);
    slice key = {NULL, 0};
    if (!read_bytes(c, part->node, &key))
        return false;
    if (!utf8_valid(key))
        return error_set(c->e, ERROR_DATA, "an Avro string is not UTF-8");
    column_append_bytes(keys, key);
    return true;
}

static bool read_entries(cursor *c, const plan_part *part, column *to) {
    int64_t count = 0, budget = c->end - c->at + 1;
    do {
        if (!read_block(c, &count))
            return false;
        for (int64_t i = 0; i < count; i++) {
            const char *before = c->at;
            if (!read_key(c, part, to->children[0]) ||
                !read_part(c, part->parts[0], to->children[1]))
                return false;
            if (c->at == before && --budget < 0)
                return error_set(c->e, ERROR_DATA, "an Avro map has too many empty entries");
        }
    } while (count);
    column_append_map(to);
    return true;
}

static bool read_fields(cursor *c, const plan_part *part, column *const *columns, int64_t row) {
    for (int i = 0; i < part->node->count; i++) {
        column *to = part->targets[i] < 0 ? NULL : columns[part->targets[i]];
        if (to && to->length > row)
            column_truncate(to, row);
        bool fine = to ? read_part(c, part->parts[i], to) : skip(c, part->node->fields[i].node);
        if (!fine)
            return false;
    }
    return true;
}

static void append_missing(column *const *columns, int count, int64_t row) {
    for (int i = 0; i < count; i++)
        if (columns[i] && columns[i]->length == row)
            column_append_null(columns[i]);
}

static bool read_struct(cursor *c, const plan_part *part, column *to) {
    int64_t row = to->length;
    if (!read_fields(c, part, to->children, row))
        return false;
    append_missing(to->children, to->child_count, row);
    column_append_nested(to);
    return true;
}

static bool read_value(cursor *c, const plan_part *part, column *to);

static bool read_choice(cursor *c, const plan_part *part, int index, column *to) {
    int64_t row = to->length;
    int target = part->targets[index];
    if (target < 0 ? !skip(c, part->node->branches[index])
                   : !read_part(c, part->parts[index], to->children[target]))
        return false;
    append_missing(to->children, to->child_count, row);
    column_append_nested(to);
    return true;
}

static bool read_union(cursor *c, const plan_part *part, column *to) {
    int index = 0;
    if (!read_index(c, part->node->count, &index))
        return false;
    if (part->node->branches[index]->kind == AVRO_NULL) {
        column_append_null(to);
        return true;
    }
    if (part->targets)
        return read_choice(c, part, index, to);
    if (!part->parts[index])
        return error_set(c->e, ERROR_DATA, "Avro type %s does not fit the column",
            avro_kind_name(part->node->branches[index]->kind));
    return read_value(c, part->parts[index], to);
}

static bool read_value(cursor *c, const plan_part *part, column *to) {
    const avro_node *node = part->node;
    switch (node->kind) {
    case AVRO_NULL:
        column_append_null(to);
        return true;
    case AVRO_BOOLEAN:
        return append_boolean(c, to);
    case AVRO_INT:
    case AVRO_LONG:
        return append_whole(c, node, to);
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        return append_floating(c, node, to);
    case AVRO_BYTES:
    case AVRO_FIXED:
    case AVRO_STRING:
    case AVRO_ENUM:
        return to->type->base == SQL_DECIMAL ? append_decimal(c, node, to)
                                             : append_text(c, node, to);
    case AVRO_RECORD:
        return read_struct(c, part, to);
    case AVRO_ARRAY:
        return part->key ? read_entries(c, part, to) : read_elements(c, part, to);
    case AVRO_MAP:
        return read_entries(c, part, to);
    case AVRO_UNION:
        return read_union(c, part, to);
    }
    return false;
}

/* On failure the column has exactly one null row more, as every level above expects. */
static bool read_part(cursor *c, const plan_part *part, column *to) {
    int64_t row = to->length;
    bool choice = part->node->kind == AVRO_UNION;
    if (choice ? read_union(c, part, to) : read_value(c, part, to))
        return true;
    column_truncate(to, row);
    column_append_null_discarding(to);
    return false;
}

/* The branch of a union into the column that stands for it. */
static bool read_branch(cursor *c, const plan_part *part, int index, column *const *columns) {
    int target = part->targets[index];
    if (target < 0 || !columns[target])
        return skip(c, part->node->branches[index]);
    return read_part(c, part->parts[index], columns[target]);
}

/* A union at the top: of one record (and null), or with a column for each branch. */
static bool read_root_union(
    cursor *c, const plan_part *part, column *const *columns, int64_t row, bool *null) {
    int index = 0;
    if (!read_index(c, part->node->count, &index))
        return false;
    *null = part->node->branches[index]->kind == AVRO_NULL;
    if (*null)
        return true;
    if (part->targets)
        return read_branch(c, part, index, columns);
    if (!part->parts[index])
        return error_set(c->e, ERROR_DATA, "the Avro payload is no record");
    return read_fields(c, part->parts[index], columns, row);
}

bool avro_read(const avro_plan *made, slice payload, column *const *columns, int64_t row,
    bool *null, error *e) {
    cursor c = {payload.data, payload.data + payload.length, 0, e};
    const plan_part *part = made->root;
    *null = false;
    if (!made->schema->wrapped) {
        if (!columns[0])
            return true;
        if (!read_part(&c, part, columns[0]))
            return false;
        *null = column_is_null(columns[0], row);
        return true;
    }
    bool fine = part->node->kind == AVRO_UNION ? read_root_union(&c, part, columns, row, null)
                                               : read_fields(&c, part, columns, row);
    if (!fine)
        return false;
    if (!*null)
        append_missing(columns, made->schema->count, row);
    return true;
}
