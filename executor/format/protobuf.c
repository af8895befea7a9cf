/* PROTOBUF: the schema's id, the path of the message in its file, then the message. PROTOBUF_NOSR:
 * the message alone, of the schema that is made from the columns.
 *
 * The path is a count and that many indexes, zigzag; the usual path, the file's first message, is
 * one zero.
 */
#include "base/memory.h"
#include "executor/format/format_common.h"
#include "executor/format/proto_wire.h"
#include "executor/format/schema_header.h"

enum { PATH_MAX_STEPS = 16 };

typedef struct known_binding {
    int32_t id;
    int32_t path[PATH_MAX_STEPS];
    int path_length;
    proto_schema *schema;
    proto_binding *binding; /* NULL: it does not fit the columns, as `problem` says */
    char problem[300];
} known_binding;

typedef struct protobuf_decoder {
    format_decoder base;
    const format_schema *schema;
    format_options options;
    bool *wanted; /* in `memory`; NULL: all */
    arena *memory;
    known_binding *known;
    int known_count;
} protobuf_decoder;

typedef struct protobuf_encoder {
    format_encoder base;
    arena *memory;
    proto_schema *schema;
    proto_binding *binding;
    buffer header;
} protobuf_encoder;

static bool has_registry(const format *f) {
    return f->needs_registry;
}

static bool validate(const format_schema *schema, const format_options *options, error *e) {
    return proto_schema_check("PROTOBUF", schema, e);
}

static bool validate_nosr(const format_schema *schema, const format_options *options, error *e) {
    return proto_schema_check("PROTOBUF_NOSR", schema, e);
}

/* ---- decoding ---- */

static known_binding *add_known(protobuf_decoder *d, int32_t id, const int32_t *path, int length,
    proto_schema *schema, const proto_message *message) {
    error problem = {.code = ERROR_NONE};
    proto_binding *binding = proto_bind(d->memory, message, d->schema, d->wanted, &problem);
    d->known = memory_resize(d->known, sizeof(known_binding) * (size_t)(d->known_count + 1));
    known_binding *k = &d->known[d->known_count++];
    *k = (known_binding){.id = id, .path_length = length, .schema = schema, .binding = binding};
    if (length)
        memcpy(k->path, path, sizeof(int32_t) * (size_t)length);
    if (!binding)
        memcpy(k->problem, problem.message, sizeof k->problem - 1);
    return k;
}

/* The schema that the columns themselves make. */
static bool learn_own(protobuf_decoder *d, error *e) {
    buffer text = {0};
    bool fine = proto_schema_append(d->schema, &d->options, &text, e);
    proto_schema *schema = fine ? proto_schema_parse(buffer_slice(&text), NULL, e) : NULL;
    buffer_free(&text);
    const proto_message *m = schema ? proto_schema_message(schema, (slice){NULL, 0}, e) : NULL;
    if (!m) {
        proto_schema_close(schema);
        return false;
    }
    add_known(d, 0, NULL, 0, schema, m);
    return true;
}

static void close_decoder(format_decoder *decoder) {
    protobuf_decoder *d = (protobuf_decoder *)decoder;
    for (int i = 0; i < d->known_count; i++)
        proto_schema_close(d->known[i].schema);
    memory_free(d->known);
    arena_destroy(d->memory);
    memory_free(d);
}

static format_decoder *open_decoder_of(const format *f, const format_schema *schema,
    const format_options *options, const bool *wanted, error *e) {
    if (!proto_schema_check(f->name, schema, e))
        return NULL;
    if (has_registry(f) && !schema_require_registry(f->name, options, e))
        return NULL;
    protobuf_decoder *d = MEMORY_NEW(protobuf_decoder);
    d->base.format = f;
    d->schema = schema;
    if (options)
        d->options = *options;
    d->memory = arena_create();
    if (wanted) {
        d->wanted = ARENA_ARRAY(d->memory, bool, schema->count + 1);
        memcpy(d->wanted, wanted, sizeof(bool) * (size_t)schema->count);
    }
    if (has_registry(f) || learn_own(d, e))
        return &d->base;
    close_decoder(&d->base);
    return NULL;
}

static format_decoder *open_decoder(
    const format_schema *schema, const format_options *options, const bool *wanted, error *e) {
    return open_decoder_of(&FORMAT_PROTOBUF, schema, options, wanted, e);
}

static format_decoder *open_decoder_nosr(
    const format_schema *schema, const format_options *options, const bool *wanted, error *e) {
    return open_decoder_of(&FORMAT_PROTOBUF_NOSR, schema, options, wanted, e);
}

static bool take_path(slice *payload, int32_t *path, int *length, error *e) {
    uint64_t bits;
    bool fine = proto_take_varint(payload, &bits);
    int64_t count = proto_unzigzag(bits);
    if (!fine || count < 0 || count > PATH_MAX_STEPS)
        return error_set(e, ERROR_DATA, "the payload names no message of its protobuf schema");
    *length = count ? (int)count : 1;
    path[0] = 0;
    for (int i = 0; i < count; i++) {
        if (!proto_take_varint(payload, &bits))
            return error_set(e, ERROR_DATA, "the payload names no message of its protobuf schema");
        path[i] = (int32_t)proto_unzigzag(bits);
    }
    return true;
}

static const known_binding *learn(
    protobuf_decoder *d, int32_t id, const int32_t *path, int length, error *e) {
    slice text;
    if (!schema_fetch(&d->options, SLICE_LITERAL("PROTOBUF"), id, d->memory, &text, e))
        return NULL;
    proto_schema *schema = proto_schema_parse(text, d->options.registry, e);
    if (!schema)
        return NULL;
    const proto_message *m = proto_schema_at(schema, path, length);
    if (m)
        return add_known(d, id, path, length, schema, m);
    proto_schema_close(schema);
    error_set(e, ERROR_DATA, "the payload names a message that its protobuf schema does not have");
    return NULL;
}

static const known_binding *find_binding(protobuf_decoder *d, slice *payload, error *e) {
    if (!has_registry(d->base.format))
        return &d->known[0];
    int32_t id = 0, path[PATH_MAX_STEPS] = {0};
    int length = 1;
    if (!schema_header_take(payload, &id, e) || !take_path(payload, path, &length, e))
        return NULL;
    for (int i = d->known_count - 1; i >= 0; i--) {
        const known_binding *k = &d->known[i];
        if (k->id == id && k->path_length == length &&
            memcmp(k->path, path, sizeof(int32_t) * (size_t)length) == 0)
            return k;
    }
    return learn(d, id, path, length, e);
}

static bool decode_row(
    protobuf_decoder *d, slice payload, column *const *columns, int64_t row, error *e) {
    const known_binding *k = find_binding(d, &payload, e);
    if (!k)
        return false;
    if (!k->binding)
        return error_set(e, ERROR_DATA, "%s", k->problem);
    return proto_read(k->binding, payload, columns, row, e);
}

static void decode(format_decoder *decoder, const slice *payloads, int64_t count,
    column *const *columns, uint8_t *status, const format_report *report) {
    protobuf_decoder *d = (protobuf_decoder *)decoder;
    int64_t first = format_first_row(columns, d->schema->count);
    for (int64_t i = 0; i < count; i++) {
        error e;
        e.code = ERROR_NONE;
        status[i] = FORMAT_NULL;
        if (payloads[i].data)
            status[i] = decode_row(d, payloads[i], columns, first + i, &e) ? FORMAT_OK : FORMAT_BAD;
        if (status[i] == FORMAT_BAD)
            format_report_bad(report, i, slice_of(e.message));
        if (status[i] != FORMAT_OK)
            format_append_null_row(columns, d->schema->count, first + i);
    }
}

/* ---- encoding ---- */

static void close_encoder(format_encoder *encoder) {
    protobuf_encoder *c = (protobuf_encoder *)encoder;
    proto_schema_close(c->schema);
    buffer_free(&c->header);
    arena_destroy(c->memory);
    memory_free(c);
}

static void append_path(buffer *out, const proto_message *m) {
    int32_t path[PATH_MAX_STEPS];
    int length = 0;
    for (; m && length < PATH_MAX_STEPS; m = m->outer)
        path[length++] = m->index;
    if (length == 1 && path[0] == 0) {
        buffer_append_byte(out, 0);
        return;
    }
    proto_append_varint(out, proto_zigzag(length));
    while (length)
        proto_append_varint(out, proto_zigzag(path[--length]));
}

static bool prepare(
    protobuf_encoder *c, const format_schema *schema, const format_options *options, error *e) {
    buffer made = {0};
    slice text, type = SLICE_LITERAL("PROTOBUF");
    int32_t id = 0;
    bool registers = has_registry(c->base.format), fine;
    bool given = registers && options->schema_id;
    if (given) {
        id = options->schema_id;
        fine = schema_fetch(options, type, id, c->memory, &text, e);
    } else {
        fine = proto_schema_append(schema, options, &made, e);
        text = buffer_slice(&made);
        fine = fine && (!registers || schema_id_for(options, type, text, &id, e));
    }
    c->schema = fine ? proto_schema_parse(text, registers ? options->registry : NULL, e) : NULL;
    slice name = given ? options->schema_full_name : (slice){NULL, 0};
    const proto_message *m = c->schema ? proto_schema_message(c->schema, name, e) : NULL;
    c->binding = m ? proto_bind(c->memory, m, schema, NULL, e) : NULL;
    if (c->binding && registers) {
        schema_header_append(&c->header, id);
        append_path(&c->header, m);
    }
    buffer_free(&made);
    return c->binding != NULL;
}

static format_encoder *open_encoder_of(
    const format *f, const format_schema *schema, const format_options *options, error *e) {
    if (!proto_schema_check(f->name, schema, e))
        return NULL;
    if (has_registry(f) && !schema_require_registry(f->name, options, e))
        return NULL;
    protobuf_encoder *c = MEMORY_NEW(protobuf_encoder);
    c->base.format = f;
    c->memory = arena_create();
    if (prepare(c, schema, options, e))
        return &c->base;
    close_encoder(&c->base);
    return NULL;
}

static format_encoder *open_encoder(
    const format_schema *schema, const format_options *options, error *e) {
    return open_encoder_of(&FORMAT_PROTOBUF, schema, options, e);
}

static format_encoder *open_encoder_nosr(
    const format_schema *schema, const format_options *options, error *e) {
    return open_encoder_of(&FORMAT_PROTOBUF_NOSR, schema, options, e);
}

static format_status write_row(
    format_encoder *encoder, column *const *columns, int64_t row, buffer *out, error *e) {
    protobuf_encoder *c = (protobuf_encoder *)encoder;
    buffer_append(out, buffer_slice(&c->header));
    return proto_write(c->binding, columns, row, out, e) ? FORMAT_OK : FORMAT_BAD;
}

static void encode(format_encoder *encoder, column *const *columns, int64_t first, int64_t count,
    const uint8_t *skip, buffer *out, size_t *ends, uint8_t *status, const format_report *report) {
    format_encode_rows(write_row, encoder, columns, first, count, skip, out, ends, status, report);
}

const format FORMAT_PROTOBUF = {
    .name = "PROTOBUF",
    .wraps = true,
    .unwraps = false,
    .wraps_single_by_default = true,
    .needs_registry = true,
    .validate = validate,
    .open_decoder = open_decoder,
    .decode = decode,
    .close_decoder = close_decoder,
    .open_encoder = open_encoder,
    .encode = encode,
    .close_encoder = close_encoder,
    .schema_type = "PROTOBUF",
    .describe = proto_schema_append,
    .infer = proto_schema_infer,
};

const format FORMAT_PROTOBUF_NOSR = {
    .name = "PROTOBUF_NOSR",
    .wraps = true,
    .unwraps = false,
    .wraps_single_by_default = true,
    .validate = validate_nosr,
    .open_decoder = open_decoder_nosr,
    .decode = decode,
    .close_decoder = close_decoder,
    .open_encoder = open_encoder_nosr,
    .encode = encode,
    .close_encoder = close_encoder,
};
