/* Functions that take values of every type apart and put them together again, and functions that do
 * what a library must not do. */
#include <sluice/udf.h>

static void copy_parts(sluice_call *call, sluice_value value);

static void copy_list(sluice_call *call, sluice_value value, int is_map) {
    sluice_begin(call);
    for (int i = 0; i < sluice_get_length(value); i++) {
        if (is_map)
            copy_parts(call, sluice_get_key(value, i));
        copy_parts(call, sluice_get_element(value, i));
    }
    sluice_end(call);
}

static void copy_struct(sluice_call *call, sluice_value value) {
    sluice_type type = sluice_type_of(value);
    sluice_begin(call);
    for (int i = 0; i < type.field_count; i++) {
        char name[64];
        sluice_text text = sluice_field_name(type, i);
        snprintf(name, sizeof name, "%.*s", (int)text.length, text.data);
        copy_parts(call, sluice_get_field_named(value, name));
    }
    sluice_end(call);
}

/* Part by part, by each type's own functions. */
static void copy_parts(sluice_call *call, sluice_value value) {
    if (sluice_is_null(value)) {
        sluice_put_null(call);
        return;
    }
    sluice_text text;
    switch (sluice_type_of(value).kind) {
    case SLUICE_BOOLEAN:
        sluice_put_boolean(call, sluice_get_boolean(value));
        break;
    case SLUICE_INT:
        sluice_put_int(call, sluice_get_int(value));
        break;
    case SLUICE_BIGINT:
        sluice_put_bigint(call, sluice_get_bigint(value));
        break;
    case SLUICE_DOUBLE:
        sluice_put_double(call, sluice_get_double(value));
        break;
    case SLUICE_DECIMAL:
        sluice_put_decimal(call, sluice_get_decimal(value), sluice_type_of(value).scale);
        break;
    case SLUICE_VARCHAR:
        text = sluice_get_text(value);
        sluice_put_text(call, text.data, text.length);
        break;
    case SLUICE_BYTES:
        text = sluice_get_bytes(value);
        sluice_put_bytes(call, text.data, text.length);
        break;
    case SLUICE_DATE:
        sluice_put_date(call, sluice_get_date(value));
        break;
    case SLUICE_TIME:
        sluice_put_time(call, sluice_get_time(value));
        break;
    case SLUICE_TIMESTAMP:
        sluice_put_timestamp(call, sluice_get_timestamp(value));
        break;
    case SLUICE_ARRAY:
        copy_list(call, value, 0);
        break;
    case SLUICE_MAP:
        copy_list(call, value, 1);
        break;
    case SLUICE_STRUCT:
        copy_struct(call, value);
        break;
    }
}

static void rebuilt(sluice_call *call) {
    copy_parts(call, sluice_argument(call, 0));
}

/* How a type looks from here: "ARRAY of DECIMAL(9, 2)". */
static void write_type(sluice_type type, char *to, size_t room) {
    static const char *const names[] = {"?", "BOOLEAN", "INT", "BIGINT", "DOUBLE", "DECIMAL",
        "VARCHAR", "BYTES", "DATE", "TIME", "TIMESTAMP", "ARRAY of ", "MAP of ", "STRUCT of "};
    size_t length = (size_t)snprintf(to, room, "%s", names[type.kind]);
    if (type.kind == SLUICE_DECIMAL) {
        snprintf(to + length, room - length, "(%d, %d)", type.precision, type.scale);
    } else if (type.kind == SLUICE_ARRAY) {
        write_type(sluice_element_type(type), to + length, room - length);
    } else if (type.kind == SLUICE_MAP) {
        write_type(sluice_key_type(type), to + length, room - length);
        length = strlen(to);
        length += (size_t)snprintf(to + length, room - length, " to ");
        write_type(sluice_element_type(type), to + length, room - length);
    } else if (type.kind == SLUICE_STRUCT) {
        for (int i = 0; i < type.field_count; i++) {
            sluice_text name = sluice_field_name(type, i);
            length = strlen(to);
            length += (size_t)snprintf(
                to + length, room - length, "%s%.*s ", i ? ", " : "", (int)name.length, name.data);
            write_type(sluice_field_type(type, i), to + length, room - length);
        }
    }
}

static void kind_of(sluice_call *call) {
    char text[200];
    write_type(sluice_argument_type(call, 0), text, sizeof text);
    sluice_put_string(call, text);
}

static void negated(sluice_call *call) {
    char text[SLUICE_DECIMAL_TEXT_MAX + 1] = "-";
    sluice_get_decimal_text(sluice_argument(call, 0), text + 1);
    sluice_put_decimal_text(call, text[1] == '-' ? text + 2 : text);
}

static void labelled(sluice_call *call) {
    sluice_put_format(call, "%s %.1f", (const char *)sluice_prepared(call),
        sluice_get_double(sluice_argument(call, 0)));
}

static void *prepare_label(sluice_call *call) {
    static const char *const labels[] = {
        [SLUICE_INT] = "int", [SLUICE_DOUBLE] = "double", [SLUICE_DECIMAL] = "decimal"};
    (void)labels;
    return (void *)"value";
}

static void counter(sluice_call *call) {
    static _Thread_local int64_t count;
    sluice_put_bigint(call, ++count);
}

/* ---- an aggregate whose state has a type variable ---- */

static void middle_step(sluice_call *call) {
    sluice_value kept = sluice_state(call);
    sluice_begin(call);
    for (int i = 0; i < sluice_get_length(kept); i++)
        sluice_put_value(call, sluice_get_element(kept, i));
    sluice_put_value(call, sluice_argument(call, 0));
    sluice_end(call);
}

static void middle_result(sluice_call *call) {
    sluice_value kept = sluice_state(call);
    sluice_put_value(call, sluice_get_element(kept, sluice_get_length(kept) / 2));
}

/* A sum that refuses negative numbers. */
static void grow(sluice_call *call) {
    int64_t by = sluice_get_bigint(sluice_argument(call, 0));
    if (by < 0)
        sluice_fail(call, "%lld is below 0", (long long)by);
    else
        sluice_put_bigint(call, sluice_get_bigint(sluice_state(call)) + by);
}

/* ---- mistakes: each fails its row ---- */

static void reads_wrong_type(sluice_call *call) {
    sluice_put_bigint(call, sluice_get_bigint(sluice_argument(call, 0)));
}

static void puts_wrong_type(sluice_call *call) {
    sluice_put_double(call, 1.5);
}

static void puts_twice(sluice_call *call) {
    sluice_put_bigint(call, 1);
    sluice_put_bigint(call, 2);
}

static void reads_too_far(sluice_call *call) {
    sluice_put_bigint(call, sluice_get_bigint(sluice_argument(call, 7)));
}

static void never_ends(sluice_call *call) {
    sluice_begin(call);
    sluice_begin(call);
    sluice_put_bigint(call, 1);
}

static void puts_bad_text(sluice_call *call) {
    sluice_put_text(call, "\xff\xfe", 2);
}

static void fails_after_rows(sluice_call *call) {
    sluice_put_bigint(call, 1);
    sluice_fail(call, "no more");
}

#define SCALAR(NAME, SIGNATURE, RUN)                                                               \
    {                                                                                              \
        .name = NAME, .kind = SLUICE_SCALAR, .signature = SIGNATURE, .summary = "A test.",         \
        .run = RUN                                                                                 \
    }

static const sluice_function functions[] = {
    SCALAR("rebuilt", "(T) -> T", rebuilt),
    SCALAR("kind_of", "(ANY) -> VARCHAR", kind_of),
    SCALAR("kind_of", "(ANY, ANY) -> VARCHAR", kind_of),
    SCALAR("negated", "(DECIMAL) -> DECIMAL", negated),
    {.name = "labelled",
        .kind = SLUICE_SCALAR,
        .signature = "(DOUBLE) -> VARCHAR",
        .summary = "A test.",
        .prepare = prepare_label,
        .run = labelled},
    {.name = "counter",
        .kind = SLUICE_SCALAR,
        .signature = "() -> BIGINT",
        .flags = SLUICE_VOLATILE,
        .summary = "A test.",
        .run = counter},
    {.name = "middle",
        .kind = SLUICE_AGGREGATE,
        .signature = "(T) -> T",
        .nulls = SLUICE_SEES_NULLS,
        .summary = "A test.",
        .state = "ARRAY<T>",
        .step = middle_step,
        .result = middle_result},
    {.name = "grown",
        .kind = SLUICE_AGGREGATE,
        .signature = "(BIGINT) -> BIGINT",
        .summary = "A test.",
        .state = "BIGINT",
        .step = grow},
    SCALAR("reads_wrong_type", "(VARCHAR) -> BIGINT", reads_wrong_type),
    SCALAR("puts_wrong_type", "(VARCHAR) -> BIGINT", puts_wrong_type),
    SCALAR("puts_twice", "(VARCHAR) -> BIGINT", puts_twice),
    SCALAR("reads_too_far", "(VARCHAR) -> BIGINT", reads_too_far),
    SCALAR("never_ends", "(VARCHAR) -> ARRAY<ARRAY<BIGINT>>", never_ends),
    SCALAR("puts_bad_text", "(VARCHAR) -> VARCHAR", puts_bad_text),
    {.name = "fails_after_rows",
        .kind = SLUICE_TABLE,
        .signature = "(VARCHAR) -> BIGINT",
        .summary = "A test.",
        .run = fails_after_rows},
};

SLUICE_LIBRARY(.name = "types", .functions = functions,
    .function_count = sizeof functions / sizeof *functions);
