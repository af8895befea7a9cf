/* Columns to a .proto file and back.
 *
 * Messages are called ConnectDefault1, 2, ... in the order they are met, nested where they are
 * used. Nulls of scalars are not told from zero unless the columns are declared optional or
 * wrapped.
 */
#include "executor/format/format_common.h"
#include "executor/format/proto_schema.h"
#include "executor/format/schema_header.h"

/* ---- checks ---- */

static bool is_proto_name(slice name) {
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.length > 0;
}

static bool check_name(const char *format_name, slice name, error *e) {
    if (is_proto_name(name))
        return true;
    error_set(e, ERROR_STATEMENT, "The '%s' format does not allow the name `%.*s`", format_name,
        SLICE_ARG(name));
    return error_hint(
        e, "Protobuf names have letters, digits and underscores, and do not start with a digit.");
}

static bool check_type(const char *format_name, const format_column *c, const sql_type *type,
    bool repeated, error *e) {
    switch (type->base) {
    case SQL_MAP:
        if (type->key->base != SQL_VARCHAR)
            return error_set(
                e, ERROR_STATEMENT, "%s only supports MAP types with STRING keys", format_name);
        /* fall through */
    case SQL_ARRAY:
        if (repeated) {
            error_set(e, ERROR_STATEMENT,
                "The '%s' format does not support ARRAY or MAP directly inside ARRAY or MAP, "
                "column: `%.*s`",
                format_name, SLICE_ARG(c->name));
            return error_hint(e, "Put the inner one into a STRUCT.");
        }
        return check_type(format_name, c, type->element, true, e);
    case SQL_STRUCT:
        for (int i = 0; i < type->field_count; i++)
            if (!check_name(format_name, type->fields[i].name, e) ||
                !check_type(format_name, c, type->fields[i].type, false, e))
                return false;
        return true;
    default:
        return true;
    }
}

bool proto_schema_check(const char *format_name, const format_schema *schema, error *e) {
    if (!schema->wrapped)
        return error_set(
            e, ERROR_STATEMENT, "The '%s' format does not support unwrapped values", format_name);
    for (int i = 0; i < schema->count; i++) {
        const format_column *c = &schema->columns[i];
        if (!check_name(format_name, c->name, e) || !check_type(format_name, c, c->type, false, e))
            return false;
    }
    return true;
}

/* ---- writing ---- */

typedef struct proto_text {
    buffer *out;
    format_nullable nullable;
    int message_count;
    bool wrappers, decimals, dates, times, timestamps; /* imports needed */
} proto_text;

static void indent(proto_text *t, int depth) {
    for (int i = 0; i < depth; i++)
        buffer_append_text(t->out, "  ");
}

static const char *scalar_name(proto_text *t, const sql_type *type, bool wrapped) {
    switch (type->base) {
    case SQL_BOOLEAN:
        return wrapped ? "google.protobuf.BoolValue" : "bool";
    case SQL_INTEGER:
        return wrapped ? "google.protobuf.Int32Value" : "int32";
    case SQL_BIGINT:
        return wrapped ? "google.protobuf.Int64Value" : "int64";
    case SQL_DOUBLE:
        return wrapped ? "google.protobuf.DoubleValue" : "double";
    case SQL_BYTES:
        return wrapped ? "google.protobuf.BytesValue" : "bytes";
    case SQL_DECIMAL:
        t->decimals = true;
        return "confluent.type.Decimal";
    case SQL_DATE:
        t->dates = true;
        return "google.type.Date";
    case SQL_TIME:
        t->times = true;
        return "google.type.TimeOfDay";
    case SQL_TIMESTAMP:
        t->timestamps = true;
        return "google.protobuf.Timestamp";
    default:
        return wrapped ? "google.protobuf.StringValue" : "string";
    }
}

/* The name of a type in a field; structs take the next message's name into `message`. */
static void append_type(proto_text *t, const sql_type *type, bool nullable, int *message) {
    if (type->base == SQL_STRUCT) {
        *message = ++t->message_count;
        buffer_format(t->out, "ConnectDefault%d", *message);
        return;
    }
    bool wraps = nullable && t->nullable == FORMAT_NULLABLE_WRAPPER && type->base < SQL_DATE &&
                 type->base != SQL_DECIMAL;
    t->wrappers |= wraps;
    buffer_append_text(t->out, scalar_name(t, type, wraps));
}

static void append_body(proto_text *t, int count, const sql_field *fields, int depth);

/* One field, and its number of a nested message that has to follow. */
static int append_field(proto_text *t, const sql_field *field, int number, int depth) {
    const sql_type *type = field->type, *inner = type;
    int message = 0;
    indent(t, depth);
    if (type->base == SQL_MAP) {
        inner = type->element;
        buffer_append_text(t->out, "map<string, ");
        append_type(t, inner, false, &message);
        buffer_append_text(t->out, ">");
    } else if (type->base == SQL_ARRAY) {
        inner = type->element;
        buffer_append_text(t->out, "repeated ");
        append_type(t, inner, false, &message);
    } else {
        bool scalar = type->base < SQL_DATE && type->base != SQL_DECIMAL;
        if (scalar && t->nullable == FORMAT_NULLABLE_OPTIONAL)
            buffer_append_text(t->out, "optional ");
        append_type(t, type, true, &message);
    }
    buffer_format(t->out, " %.*s = %d", SLICE_ARG(field->name), number);
    if (inner->base == SQL_DECIMAL)
        buffer_format(t->out,
            " [(confluent.field_meta) = { params: [{ value: \"%d\", key: \"precision\" }, "
            "{ value: \"%d\", key: \"scale\" }] }]",
            inner->precision, inner->scale);
    buffer_append_text(t->out, ";\n");
    return message;
}

static const sql_type *struct_inside(const sql_type *type) {
    if (type->base == SQL_ARRAY || type->base == SQL_MAP)
        type = type->element;
    return type;
}

static void append_body(proto_text *t, int count, const sql_field *fields, int depth) {
    arena *scratch = arena_create();
    int *messages = ARENA_ARRAY(scratch, int, count + 1);
    for (int i = 0; i < count; i++)
        messages[i] = append_field(t, &fields[i], i + 1, depth);
    for (int i = 0; i < count; i++) {
        if (!messages[i])
            continue;
        const sql_type *inner = struct_inside(fields[i].type);
        buffer_append_byte(t->out, '\n');
        indent(t, depth);
        buffer_format(t->out, "message ConnectDefault%d {\n", messages[i]);
        append_body(t, inner->field_count, inner->fields, depth + 1);
        indent(t, depth);
        buffer_append_text(t->out, "}\n");
    }
    arena_destroy(scratch);
}

static void append_imports(const proto_text *t, buffer *out) {
    size_t before = out->length;
    if (t->decimals)
        buffer_append_text(
            out, "import \"confluent/meta.proto\";\nimport \"confluent/type/decimal.proto\";\n");
    if (t->timestamps)
        buffer_append_text(out, "import \"google/protobuf/timestamp.proto\";\n");
    if (t->wrappers)
        buffer_append_text(out, "import \"google/protobuf/wrappers.proto\";\n");
    if (t->dates)
        buffer_append_text(out, "import \"google/type/date.proto\";\n");
    if (t->times)
        buffer_append_text(out, "import \"google/type/timeofday.proto\";\n");
    if (out->length > before)
        buffer_append_byte(out, '\n');
}

bool proto_schema_append(
    const format_schema *schema, const format_options *options, buffer *out, error *e) {
    if (!proto_schema_check("PROTOBUF", schema, e))
        return false;
    slice name = SLICE_LITERAL("ConnectDefault1");
    if (options && options->schema_full_name.data)
        name = options->schema_full_name;
    size_t dot = 0;
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] == '.')
            dot = i + 1;
    arena *scratch = arena_create();
    sql_field *fields = ARENA_ARRAY(scratch, sql_field, schema->count + 1);
    for (int i = 0; i < schema->count; i++)
        fields[i] = (sql_field){schema->columns[i].name, schema->columns[i].type};
    buffer body = {0};
    proto_text t = {.out = &body, .message_count = 1, .nullable = options ? options->nullable : 0};
    append_body(&t, schema->count, fields, 1);
    buffer_append_text(out, "syntax = \"proto3\";\n");
    if (dot)
        buffer_format(out, "package %.*s;\n", (int)dot - 1, name.data);
    buffer_append_byte(out, '\n');
    append_imports(&t, out);
    buffer_format(out, "message %.*s {\n", (int)(name.length - dot), name.data + dot);
    buffer_append(out, buffer_slice(&body));
    buffer_append_text(out, "}\n");
    buffer_free(&body);
    arena_destroy(scratch);
    return true;
}

/* ---- inference ---- */

typedef struct inference {
    const format_options *options;
    arena *memory;
    error *e;
    int depth;
} inference;

static const sql_type *refuse(inference *in, const char *what) {
    error_set(in->e, ERROR_UNSUPPORTED, "The protobuf schema cannot become columns: %s", what);
    return NULL;
}

static const sql_type *infer_message(inference *in, const proto_message *m);

static const sql_type *infer_scalar(proto_kind kind) {
    switch (kind) {
    case PROTO_DOUBLE:
    case PROTO_FLOAT:
        return &SQL_TYPE_DOUBLE;
    case PROTO_INT32:
    case PROTO_SINT32:
    case PROTO_SFIXED32:
        return &SQL_TYPE_INTEGER;
    case PROTO_BOOL:
        return &SQL_TYPE_BOOLEAN;
    case PROTO_STRING:
    case PROTO_ENUM:
        return &SQL_TYPE_VARCHAR;
    case PROTO_BYTES:
        return &SQL_TYPE_BYTES;
    default:
        return &SQL_TYPE_BIGINT;
    }
}

static const sql_type *infer_decimal(inference *in, const proto_field *f) {
    if (f->precision < 1 || f->precision > 38 || f->scale < 0 || f->scale > f->precision)
        return refuse(in, "a decimal without precision, or of more than 38 digits");
    return sql_type_decimal(in->memory, f->precision, f->scale);
}

static const sql_type *infer_single(inference *in, const proto_field *f) {
    if (f->kind != PROTO_MESSAGE)
        return infer_scalar(f->kind);
    switch (f->message->known) {
    case PROTO_ORDINARY:
        return infer_message(in, f->message);
    case PROTO_WRAPPER:
        return infer_scalar(f->message->fields[0].kind);
    case PROTO_TIMESTAMP:
        return &SQL_TYPE_TIMESTAMP;
    case PROTO_DATE:
        return &SQL_TYPE_DATE;
    case PROTO_TIME_OF_DAY:
        return &SQL_TYPE_TIME;
    case PROTO_DECIMAL:
        return infer_decimal(in, f);
    }
    return NULL;
}

static const sql_type *infer_field(inference *in, const proto_field *f) {
    if (f->map) {
        const sql_type *key = infer_single(in, &f->message->fields[0]);
        const sql_type *value = infer_single(in, &f->message->fields[1]);
        return key && value ? sql_type_map(in->memory, key, value) : NULL;
    }
    const sql_type *type = infer_single(in, f);
    return type && f->repeated ? sql_type_array(in->memory, type) : type;
}

static const sql_type *infer_message(inference *in, const proto_message *m) {
    if (++in->depth > PROTO_MAX_DEPTH)
        return refuse(in, "it is recursive, or nested too deep");
    sql_field *fields = ARENA_ARRAY(in->memory, sql_field, m->count + m->oneof_count + 1);
    int count = 0;
    for (int i = 0; i < m->oneof_count; i++) { /* they come first, as a STRUCT each */
        fields[count].name = schema_column_name(in->options, in->memory, m->oneofs[i].name);
        fields[count].type = infer_message(in, m->oneofs[i].members);
        if (!fields[count++].type)
            return NULL;
    }
    for (int i = 0; i < m->count; i++) {
        if (m->oneof_count && m->fields[i].oneof >= 0)
            continue;
        fields[count].name = schema_column_name(in->options, in->memory, m->fields[i].name);
        fields[count].type = infer_field(in, &m->fields[i]);
        if (!fields[count++].type)
            return NULL;
    }
    in->depth--;
    return sql_type_struct(in->memory, fields, count);
}

bool proto_schema_infer(slice text, bool wrapped, bool is_key, const format_options *options,
    arena *a, format_schema *out, error *e) {
    proto_schema *schema = proto_schema_parse(text, options ? options->registry : NULL, e);
    if (!schema)
        return false;
    inference in = {options, a, e, 0};
    slice name = options ? options->schema_full_name : (slice){NULL, 0};
    const proto_message *m = proto_schema_message(schema, name, e);
    const sql_type *type = m ? infer_message(&in, m) : NULL;
    bool ok = schema_of_type(type, wrapped, is_key, a, out, e);
    proto_schema_close(schema);
    return ok;
}
