/* AVRO: the id of the writer's schema, then Avro's binary form.
 *
 * A decoder meets schemas as payloads name them; each is fetched and planned once. An encoder
 * writes with one schema: the one asked for, or the one made from the columns, which it registers.
 */
#include "base/memory.h"
#include "executor/format/avro_reader.h"
#include "executor/format/avro_record.h"
#include "executor/format/avro_writer.h"
#include "executor/format/format_common.h"
#include "executor/format/schema_header.h"

typedef struct known_schema {
    int32_t id;
    avro_schema *schema;
    avro_plan *plan; /* NULL: it does not fit the columns, as `problem` says */
    char problem[400];
} known_schema;

typedef struct avro_decoder {
    format_decoder base;
    const format_schema *schema;
    format_options options;
    const bool *wanted; /* in `memory` */
    arena *memory;
    known_schema *known;
    int known_count;
} avro_decoder;

typedef struct avro_encoder {
    format_encoder base;
    const format_schema *schema;
    arena *memory;
    avro_schema *written;
    avro_script *script;
    int32_t id;
} avro_encoder;

static bool validate(const format_schema *schema, const format_options *options, error *e) {
    return format_check_unwrapped("AVRO", schema, e) && avro_schema_check(schema, e);
}

/* Tables of the two dialects have schemas of different kinds for the same columns. */
static bool describe(
    const format_schema *schema, const format_options *options, buffer *out, error *e) {
    if (!options->flink)
        return avro_schema_append(schema, options, out, e);
    slice given = format_flink_option(options, "avro-confluent.schema");
    if (given.length)
        buffer_append(out, given);
    else
        avro_record_append_schema(schema, options, out);
    return true;
}

/* ---- decoding ---- */

static format_decoder *open_decoder(
    const format_schema *schema, const format_options *options, const bool *wanted, error *e) {
    if (!validate(schema, options, e) || !schema_require_registry("AVRO", options, e))
        return NULL;
    avro_decoder *d = MEMORY_NEW(avro_decoder);
    d->base.format = &FORMAT_AVRO;
    d->schema = schema;
    d->options = *options;
    d->memory = arena_create();
    if (wanted) {
        bool *copy = ARENA_ARRAY(d->memory, bool, schema->count + 1);
        memcpy(copy, wanted, sizeof(bool) * (size_t)schema->count);
        d->wanted = copy;
    }
    return &d->base;
}

static void close_decoder(format_decoder *decoder) {
    avro_decoder *d = (avro_decoder *)decoder;
    for (int i = 0; i < d->known_count; i++)
        avro_schema_close(d->known[i].schema);
    memory_free(d->known);
    arena_destroy(d->memory);
    memory_free(d);
}

/* A schema that cannot be fetched is asked for again the next time; one that does not fit is
 * remembered with its problem. */
static const known_schema *learn(avro_decoder *d, int32_t id, error *e) {
    slice text;
    if (!schema_fetch(&d->options, SLICE_LITERAL("AVRO"), id, d->memory, &text, e))
        return NULL;
    avro_schema *schema = avro_schema_parse(text, e);
    if (!schema)
        return NULL;
    error problem = {.code = ERROR_NONE};
    avro_plan *plan = avro_plan_create(d->memory, schema, d->schema, d->wanted, &problem);
    d->known = memory_resize(d->known, sizeof(known_schema) * (size_t)(d->known_count + 1));
    known_schema *added = &d->known[d->known_count++];
    *added = (known_schema){.id = id, .schema = schema, .plan = plan};
    if (!plan) {
        buffer words = {0};
        buffer_format(&words, "%s. %s", problem.message, problem.detail);
        size_t length =
            words.length < sizeof added->problem ? words.length : sizeof added->problem - 1;
        memcpy(added->problem, words.data, length);
        added->problem[length] = 0;
        buffer_free(&words);
    }
    return added;
}

static const known_schema *find_schema(avro_decoder *d, int32_t id, error *e) {
    for (int i = d->known_count - 1; i >= 0; i--)
        if (d->known[i].id == id)
            return &d->known[i];
    return learn(d, id, e);
}

static uint8_t decode_row(
    avro_decoder *d, slice payload, column *const *columns, int64_t row, error *e) {
    int32_t id;
    if (!schema_header_take(&payload, &id, e))
        return FORMAT_BAD;
    const known_schema *known = find_schema(d, id, e);
    if (!known)
        return FORMAT_BAD;
    if (!known->plan) {
        error_set(e, ERROR_DATA, "%s", known->problem);
        return FORMAT_BAD;
    }
    bool null;
    if (!avro_read(known->plan, payload, columns, row, &null, e))
        return FORMAT_BAD;
    return null ? FORMAT_NULL : FORMAT_OK;
}

static void decode(format_decoder *decoder, const slice *payloads, int64_t count,
    column *const *columns, uint8_t *status, const format_report *report) {
    avro_decoder *d = (avro_decoder *)decoder;
    int64_t first = format_first_row(columns, d->schema->count);
    for (int64_t i = 0; i < count; i++) {
        error e;
        e.code = ERROR_NONE;
        status[i] = FORMAT_NULL;
        if (payloads[i].data)
            status[i] = decode_row(d, payloads[i], columns, first + i, &e);
        if (status[i] == FORMAT_BAD)
            format_report_bad(report, i, slice_of(e.message));
        if (status[i] != FORMAT_OK)
            format_append_null_row(columns, d->schema->count, first + i);
    }
}

/* ---- encoding ---- */

static void close_encoder(format_encoder *encoder) {
    avro_encoder *c = (avro_encoder *)encoder;
    avro_schema_close(c->written);
    arena_destroy(c->memory);
    memory_free(c);
}

static bool prepare(avro_encoder *c, const format_options *options, error *e) {
    buffer made = {0};
    slice text = {NULL, 0};
    bool fine;
    if (options->schema_id) {
        c->id = options->schema_id;
        fine = schema_fetch(options, SLICE_LITERAL("AVRO"), c->id, c->memory, &text, e);
    } else {
        fine = describe(c->schema, options, &made, e);
        text = buffer_slice(&made);
        fine = fine && schema_id_for(options, SLICE_LITERAL("AVRO"), text, &c->id, e);
    }
    c->written = fine ? avro_schema_parse(text, e) : NULL;
    c->script = c->written ? avro_script_create(c->memory, c->written, c->schema, e) : NULL;
    buffer_free(&made);
    return c->script != NULL;
}

static format_encoder *open_encoder(
    const format_schema *schema, const format_options *options, error *e) {
    if (!validate(schema, options, e) || !schema_require_registry("AVRO", options, e))
        return NULL;
    avro_encoder *c = MEMORY_NEW(avro_encoder);
    c->base.format = &FORMAT_AVRO;
    c->schema = schema;
    c->memory = arena_create();
    if (prepare(c, options, e))
        return &c->base;
    close_encoder(&c->base);
    return NULL;
}

static format_status write_row(
    format_encoder *encoder, column *const *columns, int64_t row, buffer *out, error *e) {
    avro_encoder *c = (avro_encoder *)encoder;
    if (!c->schema->wrapped && column_is_null(columns[0], row))
        return FORMAT_NULL;
    schema_header_append(out, c->id);
    return avro_write(c->script, columns, row, out, e) ? FORMAT_OK : FORMAT_BAD;
}

static void encode(format_encoder *encoder, column *const *columns, int64_t first, int64_t count,
    const uint8_t *skip, buffer *out, size_t *ends, uint8_t *status, const format_report *report) {
    format_encode_rows(write_row, encoder, columns, first, count, skip, out, ends, status, report);
}

const format FORMAT_AVRO = {
    .name = "AVRO",
    .wraps = true,
    .unwraps = true,
    .wraps_single_by_default = true,
    .needs_registry = true,
    .validate = validate,
    .open_decoder = open_decoder,
    .decode = decode,
    .close_decoder = close_decoder,
    .open_encoder = open_encoder,
    .encode = encode,
    .close_encoder = close_encoder,
    .schema_type = "AVRO",
    .describe = describe,
    .infer = avro_schema_infer,
};
