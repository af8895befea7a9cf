/* Each part of the schema knows the column type it takes its values from. A field without a column,
 * and a null where the schema has none, get the field's default, whose bytes were made beforehand.
 */
#include "executor/format/avro_writer.h"

#include "base/decimal.h"
#include "base/memory.h"
#include "executor/format/schema_header.h"

typedef struct script_part script_part;

struct script_part {
    const avro_node *node;
    script_part **parts; /* of a record's fields, a union's branches; [0] of an array or map */
    script_part *key;    /* of map entries */
    int *sources; /* record: the STRUCT field (or column) of each field, or -1: its default; union
                     written from a STRUCT: the field of each branch, or -1 */
    slice *fallbacks; /* record: bytes of each field's default; NULL slice: none */
    int null_branch;  /* union: -1 when it has none */
    int value_branch; /* union: the one that takes values */
};

struct avro_script {
    script_part *root;
    const format_schema *schema;
};

typedef struct scripter {
    arena *memory;
    error *e;
} scripter;

static void append_long(buffer *out, int64_t value) {
    uint64_t bits = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    for (; bits >= 0x80; bits >>= 7)
        buffer_append_byte(out, (char)(bits | 0x80));
    buffer_append_byte(out, (char)bits);
}

static void append_floating(buffer *out, avro_kind kind, double value) {
    float narrow = (float)value;
    if (kind == AVRO_FLOAT)
        buffer_append_bytes(out, &narrow, 4);
    else
        buffer_append_bytes(out, &value, 8);
}

static void append_run(buffer *out, slice bytes) {
    append_long(out, (int64_t)bytes.length);
    buffer_append(out, bytes);
}

/* ---- defaults ---- */

static bool fail_default(error *e, slice field) {
    return error_set(e, ERROR_STATEMENT, "The default of the Avro field %.*s does not fit its type",
        SLICE_ARG(field));
}

static bool append_default(buffer *out, const avro_node *node, const json_t *json, int depth);

static bool append_default_record(
    buffer *out, const avro_node *node, const json_t *json, int depth) {
    for (int i = 0; i < node->count; i++) {
        const avro_field *field = &node->fields[i];
        const json_t *value = json_object_getn(json, field->name.data, field->name.length);
        if (!value)
            value = field->fallback;
        if (!value || !append_default(out, field->node, value, depth))
            return false;
    }
    return true;
}

static bool append_default_array(
    buffer *out, const avro_node *node, const json_t *json, int depth) {
    size_t count = json_array_size(json);
    if (count)
        append_long(out, (int64_t)count);
    for (size_t i = 0; i < count; i++)
        if (!append_default(out, node->element, json_array_get(json, i), depth))
            return false;
    append_long(out, 0);
    return json_is_array(json);
}

static bool append_default_map(buffer *out, const avro_node *node, json_t *json, int depth) {
    const char *key;
    json_t *value;
    if (json_object_size(json))
        append_long(out, (int64_t)json_object_size(json));
    json_object_foreach(json, key, value) {
        append_run(out, slice_of(key));
        if (!append_default(out, node->element, value, depth))
            return false;
    }
    append_long(out, 0);
    return json_is_object(json);
}

/* Bytes are written in JSON as characters up to U+00FF, one a byte. */
static bool append_default_text(buffer *out, const avro_node *node, const json_t *json) {
    if (!json_is_string(json))
        return false;
    slice text = slice_make(json_string_value(json), json_string_length(json));
    if (node->kind == AVRO_ENUM) {
        for (int i = 0; i < node->count; i++)
            if (slice_equal(node->symbols[i], text)) {
                append_long(out, i);
                return true;
            }
        return false;
    }
    buffer bytes = {0};
    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = (uint8_t)text.data[i];
        if (node->kind != AVRO_STRING && (byte == 0xC2 || byte == 0xC3) && i + 1 < text.length)
            byte = (uint8_t)((byte & 3) << 6 | ((uint8_t)text.data[++i] & 0x3F));
        buffer_append_byte(&bytes, (char)byte);
    }
    bool fits = node->kind != AVRO_FIXED || (int64_t)bytes.length == node->size;
    if (node->kind == AVRO_FIXED)
        buffer_append(out, buffer_slice(&bytes));
    else
        append_run(out, buffer_slice(&bytes));
    buffer_free(&bytes);
    return fits;
}

static bool append_default(buffer *out, const avro_node *node, const json_t *json, int depth) {
    if (depth > AVRO_MAX_DEPTH)
        return false;
    switch (node->kind) {
    case AVRO_NULL:
        return json_is_null(json);
    case AVRO_BOOLEAN:
        buffer_append_byte(out, json_is_true(json));
        return json_is_boolean(json);
    case AVRO_INT:
    case AVRO_LONG:
        append_long(out, json_integer_value(json));
        return json_is_integer(json);
    case AVRO_FLOAT:
    case AVRO_DOUBLE:
        append_floating(out, node->kind, json_number_value(json));
        return json_is_number(json);
    case AVRO_BYTES:
    case AVRO_STRING:
    case AVRO_FIXED:
    case AVRO_ENUM:
        return append_default_text(out, node, json);
    case AVRO_RECORD:
        return append_default_record(out, node, json, depth + 1);
    case AVRO_ARRAY:
        return append_default_array(out, node, json, depth + 1);
    case AVRO_MAP:
        return append_default_map(out, node, (json_t *)json, depth + 1);
    case AVRO_UNION: /* a default is of the first branch */
        append_long(out, 0);
        return node->count > 0 && append_default(out, node->branches[0], json, depth + 1);
    }
    return false;
}

/* The bytes of a field's default, or of null where that is allowed; the NULL slice: neither. */
static bool fallback_of(scripter *s, const avro_field *field, slice *bytes) {
    *bytes = (slice){NULL, 0};
    buffer out = {0};
    bool fine = true;
    if (field->fallback) {
        fine = append_default(&out, field->node, field->fallback, 0);
    } else {
        int branch = -1;
        for (int i = 0; field->node->kind == AVRO_UNION && i < field->node->count; i++)
            if (field->node->branches[i]->kind == AVRO_NULL)
                branch = i;
        if (branch < 0)
            return true;
        append_long(&out, branch);
    }
    if (fine)
        *bytes = arena_copy(s->memory, buffer_slice(&out));
    buffer_free(&out);
    return fine || fail_default(s->e, field->name);
}

/* ---- pairing ---- */

static script_part *pair(scripter *s, const avro_node *node, const sql_type *type);

static bool takes_scalar(const avro_node *node, const sql_type *type) {
    switch (type->base) {
    case SQL_BOOLEAN:
        return node->kind == AVRO_BOOLEAN;
    case SQL_INTEGER:
        return node->kind >= AVRO_INT && node->kind <= AVRO_DOUBLE;
    case SQL_BIGINT:
        return node->kind == AVRO_LONG || node->kind == AVRO_INT;
    case SQL_DOUBLE:
        return node->kind == AVRO_DOUBLE || node->kind == AVRO_FLOAT;
    case SQL_DECIMAL:
        return node->logical == AVRO_DECIMAL;
    case SQL_VARCHAR:
        return node->kind == AVRO_STRING || node->kind == AVRO_ENUM;
    case SQL_BYTES:
        return node->kind == AVRO_BYTES || node->kind == AVRO_FIXED;
    case SQL_DATE:
        return node->kind == AVRO_INT;
    case SQL_TIME:
        return node->kind == AVRO_INT || node->logical == AVRO_TIME_MICROS;
    case SQL_TIMESTAMP:
        return node->kind == AVRO_LONG;
    case SQL_NULL:
        return node->kind == AVRO_NULL;
    default:
        return false;
    }
}

static script_part *refuse(scripter *s, const avro_node *node, const sql_type *type) {
    buffer name = {0};
    sql_type_format(type, &name);
    error_set(s->e, ERROR_STATEMENT, "A column of type %.*s cannot be written as Avro type %s",
        SLICE_ARG(buffer_slice(&name)), avro_kind_name(node->kind));
    buffer_free(&name);
    return NULL;
}

static script_part *new_part(scripter *s, const avro_node *node, int parts) {
    script_part *part = ARENA_NEW(s->memory, script_part);
    part->node = node;
    part->parts = ARENA_ARRAY(s->memory, script_part *, parts + 1);
    part->null_branch = part->value_branch = -1;
    return part;
}

static int find_source(slice name, int count, const sql_field *fields) {
    for (int i = 0; i < count; i++)
        if (slice_equal(fields[i].name, name))
            return i;
    for (int i = 0; i < count; i++)
        if (slice_equal_ignore_case(fields[i].name, name))
            return i;
    return -1;
}

static script_part *pair_record(
    scripter *s, const avro_node *node, int count, const sql_field *fields) {
    script_part *part = new_part(s, node, node->count);
    part->sources = ARENA_ARRAY(s->memory, int, node->count + 1);
    part->fallbacks = ARENA_ARRAY(s->memory, slice, node->count + 1);
    for (int i = 0; i < node->count; i++) {
        const avro_field *field = &node->fields[i];
        part->sources[i] = find_source(field->name, count, fields);
        if (!fallback_of(s, field, &part->fallbacks[i]))
            return NULL;
        if (part->sources[i] >= 0) {
            part->parts[i] = pair(s, field->node, fields[part->sources[i]].type);
            if (!part->parts[i]) {
                error_detail(s->e, "In field %.*s.", SLICE_ARG(field->name));
                return NULL;
            }
        } else if (!part->fallbacks[i].data) {
            error_set(s->e, ERROR_STATEMENT,
                "The Avro schema has a field %.*s without a default, and there is no such column",
                SLICE_ARG(field->name));
            return NULL;
        }
    }
    return part;
}

static script_part *pair_map(scripter *s, const avro_node *node, const sql_type *type) {
    script_part *part = new_part(s, node, 1);
    bool entries = node->kind == AVRO_ARRAY;
    if (!entries && type->key->base != SQL_VARCHAR)
        return refuse(s, node, type);
    part->parts[0] =
        pair(s, entries ? node->element->fields[1].node : node->element, type->element);
    if (entries)
        part->key = pair(s, node->element->fields[0].node, type->key);
    return part->parts[0] && (part->key || !entries) ? part : NULL;
}

/* A union written from a STRUCT with a field for each branch. */
static script_part *pair_choice(
    scripter *s, const avro_node *node, const sql_type *type, int *fields) {
    script_part *part = new_part(s, node, node->count);
    part->sources = fields;
    for (int i = 0; i < node->count; i++) {
        if (node->branches[i]->kind == AVRO_NULL)
            part->null_branch = i;
        else if (fields[i] >= 0 &&
                 !(part->parts[i] = pair(s, node->branches[i], type->fields[fields[i]].type)))
            return NULL;
    }
    return part;
}

static script_part *pair_union(scripter *s, const avro_node *node, const sql_type *type) {
    int *fields = avro_match_choice(s->memory, node, type);
    if (fields)
        return pair_choice(s, node, type, fields);
    script_part *part = new_part(s, node, node->count);
    error first = {.code = ERROR_NONE};
    for (int i = 0; i < node->count; i++) {
        if (node->branches[i]->kind == AVRO_NULL) {
            part->null_branch = i;
            continue;
        }
        scripter quiet = {s->memory, &first};
        if (part->value_branch < 0 && (part->parts[i] = pair(&quiet, node->branches[i], type)))
            part->value_branch = i;
    }
    if (part->value_branch >= 0)
        return part;
    if (!error_is_set(&first))
        return refuse(s, node, type);
    *s->e = first;
    return NULL;
}

static script_part *pair(scripter *s, const avro_node *node, const sql_type *type) {
    if (node->kind == AVRO_UNION)
        return pair_union(s, node, type);
    if (node->kind == AVRO_RECORD && type->base == SQL_STRUCT)
        return pair_record(s, node, type->field_count, type->fields);
    if (type->base == SQL_MAP &&
        (node->kind == AVRO_MAP || (node->kind == AVRO_ARRAY && avro_is_map_entries(node))))
        return pair_map(s, node, type);
    if (node->kind == AVRO_ARRAY && type->base == SQL_ARRAY) {
        script_part *part = new_part(s, node, 1);
        part->parts[0] = pair(s, node->element, type->element);
        return part->parts[0] ? part : NULL;
    }
    return takes_scalar(node, type) ? new_part(s, node, 0) : refuse(s, node, type);
}

/* A record, or a union with one, for wrapped columns. */
static script_part *pair_columns(scripter *s, const avro_node *root, const format_schema *schema) {
    sql_field *fields = ARENA_ARRAY(s->memory, sql_field, schema->count + 1);
    for (int i = 0; i < schema->count; i++)
        fields[i] = (sql_field){schema->columns[i].name, schema->columns[i].type};
    const sql_type *row = sql_type_struct(s->memory, fields, schema->count);
    if (root->kind == AVRO_RECORD || root->kind == AVRO_UNION)
        return pair(s, root, row);
    error_set(s->e, ERROR_STATEMENT, "The Avro schema is of type %s: columns need a record",
        avro_kind_name(root->kind));
    return NULL;
}

avro_script *avro_script_create(
    arena *a, const avro_schema *schema, const format_schema *columns, error *e) {
    scripter s = {a, e};
    avro_script *script = ARENA_NEW(a, avro_script);
    script->schema = columns;
    script->root = columns->wrapped ? pair_columns(&s, schema->root, columns)
                                    : pair(&s, schema->root, columns->columns[0].type);
    return script->root ? script : NULL;
}

/* ---- writing ---- */

static bool write_part(
    const script_part *part, const column *c, int64_t row, buffer *out, error *e);

static void write_decimal(const avro_node *node, decimal128 value, buffer *out) {
    int8_t bytes[16];
    for (int i = 15; i >= 0; i--, value >>= 8)
        bytes[i] = (int8_t)(value & 0xFF);
    int from = 0; /* leading bytes that only repeat the sign are left out */
    while (from < 15 && ((bytes[from] == 0 && bytes[from + 1] >= 0) ||
                            (bytes[from] == -1 && bytes[from + 1] < 0)))
        from++;
    if (node->kind == AVRO_BYTES) {
        append_run(out, slice_make((const char *)bytes + from, (size_t)(16 - from)));
        return;
    }
    char fill = bytes[0] < 0 ? (char)-1 : 0;
    for (int64_t i = 16; i < node->size; i++)
        buffer_append_byte(out, fill);
    int64_t length = node->size < 16 ? node->size : 16;
    buffer_append_bytes(out, bytes + 16 - length, (size_t)length);
}

static bool write_scaled_decimal(
    const avro_node *node, const column *c, int64_t row, buffer *out, error *e) {
    decimal128 value;
    if (!decimal_convert(c->decimals[row], c->type->scale, node->precision, node->scale, &value))
        return error_set(e, ERROR_DATA, "a decimal does not fit the Avro schema's decimal(%d, %d)",
            node->precision, node->scale);
    write_decimal(node, value, out);
    return true;
}

static bool write_text(const avro_node *node, const column *c, int64_t row, buffer *out, error *e) {
    slice text = column_slice(c, row);
    if (node->kind == AVRO_FIXED) {
        buffer_append(out, text);
        return (int64_t)text.length == node->size ||
               error_set(e, ERROR_DATA, "%zu bytes for a fixed of %lld", text.length,
                   (long long)node->size);
    }
    if (node->kind != AVRO_ENUM) {
        append_run(out, text);
        return true;
    }
    for (int i = 0; i < node->count; i++)
        if (slice_equal(node->symbols[i], text)) {
            append_long(out, i);
            return true;
        }
    return error_set(e, ERROR_DATA, "'%.*s' is no symbol of enum %.*s",
        (int)(text.length < 60 ? text.length : 60), text.data, SLICE_ARG(node->name));
}

static bool write_whole(
    const avro_node *node, const column *c, int64_t row, buffer *out, error *e) {
    bool wide = c->type->base == SQL_BIGINT || c->type->base == SQL_TIMESTAMP;
    int64_t value = wide ? c->int64s[row] : c->int32s[row];
    if (node->kind == AVRO_FLOAT || node->kind == AVRO_DOUBLE) {
        append_floating(out, node->kind, (double)value);
        return true;
    }
    if (node->logical == AVRO_TIME_MICROS || node->logical == AVRO_TIMESTAMP_MICROS)
        value *= 1000;
    if (node->kind == AVRO_INT && (value < INT32_MIN || value > INT32_MAX))
        return error_set(e, ERROR_DATA, "%lld is out of range for an Avro int", (long long)value);
    append_long(out, value);
    return true;
}

static bool write_list(
    const script_part *part, const column *c, int64_t row, buffer *out, error *e) {
    int32_t first = c->offsets[row], end = c->offsets[row + 1];
    if (end > first)
        append_long(out, end - first);
    for (int32_t i = first; i < end; i++) {
        if (c->type->base == SQL_MAP) {
            if (part->key && !write_part(part->key, c->children[0], i, out, e))
                return false;
            if (!part->key)
                append_run(out, column_slice(c->children[0], i));
        }
        const column *values = c->children[c->type->base == SQL_MAP];
        if (!write_part(part->parts[0], values, i, out, e))
            return false;
    }
    append_long(out, 0);
    return true;
}

static bool accepts_null(const script_part *part) {
    return part->node->kind == AVRO_NULL ||
           (part->node->kind == AVRO_UNION && part->null_branch >= 0);
}

static bool write_fields(
    const script_part *part, column *const *columns, int64_t row, buffer *out, error *e) {
    for (int i = 0; i < part->node->count; i++) {
        const column *c = part->sources[i] < 0 ? NULL : columns[part->sources[i]];
        bool fallback = !c || (column_is_null(c, row) && !accepts_null(part->parts[i]));
        if (fallback && !part->fallbacks[i].data)
            return error_set(e, ERROR_DATA,
                "field %.*s is null, which the Avro schema does not allow",
                SLICE_ARG(part->node->fields[i].name));
        if (fallback)
            buffer_append(out, part->fallbacks[i]);
        else if (!write_part(part->parts[i], c, row, out, e))
            return false;
    }
    return true;
}

static bool write_value(
    const script_part *part, const column *c, int64_t row, buffer *out, error *e) {
    switch (c->type->base) {
    case SQL_BOOLEAN:
        buffer_append_byte(out, (char)c->booleans[row]);
        return true;
    case SQL_INTEGER:
    case SQL_BIGINT:
    case SQL_DATE:
    case SQL_TIME:
    case SQL_TIMESTAMP:
        return write_whole(part->node, c, row, out, e);
    case SQL_DOUBLE:
        append_floating(out, part->node->kind, c->doubles[row]);
        return true;
    case SQL_DECIMAL:
        return write_scaled_decimal(part->node, c, row, out, e);
    case SQL_VARCHAR:
    case SQL_BYTES:
        return write_text(part->node, c, row, out, e);
    case SQL_ARRAY:
    case SQL_MAP:
        return write_list(part, c, row, out, e);
    case SQL_STRUCT:
        return write_fields(part, c->children, row, out, e);
    case SQL_NULL:
        return true;
    }
    return false;
}

/* The first field that is not null says which branch it is; without one it is null. */
static bool write_choice(
    const script_part *part, column *const *fields, int64_t row, buffer *out, error *e) {
    for (int i = 0; i < part->node->count; i++) {
        const column *field = part->sources[i] < 0 ? NULL : fields[part->sources[i]];
        if (!field || column_is_null(field, row))
            continue;
        append_long(out, i);
        return write_part(part->parts[i], field, row, out, e);
    }
    if (part->null_branch < 0)
        return error_set(e, ERROR_DATA, "none of the types of an Avro union has a value");
    append_long(out, part->null_branch);
    return true;
}

static bool write_part(
    const script_part *part, const column *c, int64_t row, buffer *out, error *e) {
    bool null = column_is_null(c, row);
    if (null && !accepts_null(part))
        return error_set(e, ERROR_DATA, "a null where the Avro schema has type %s",
            avro_kind_name(part->node->kind));
    if (part->node->kind != AVRO_UNION)
        return null || write_value(part, c, row, out, e);
    if (part->sources && !null)
        return write_choice(part, c->children, row, out, e);
    append_long(out, null ? part->null_branch : part->value_branch);
    return null || write_part(part->parts[part->value_branch], c, row, out, e);
}

bool avro_write(
    const avro_script *script, column *const *columns, int64_t row, buffer *out, error *e) {
    const script_part *part = script->root;
    if (!script->schema->wrapped)
        return write_part(part, columns[0], row, out, e);
    if (part->sources && part->node->kind == AVRO_UNION)
        return write_choice(part, columns, row, out, e);
    if (part->node->kind == AVRO_UNION) {
        append_long(out, part->value_branch);
        part = part->parts[part->value_branch];
    }
    return write_fields(part, columns, row, out, e);
}
