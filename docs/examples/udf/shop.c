/* A library with one function of each kind, and a few more of what a signature can say. The manual
 * goes through it in docs/user-defined-functions.md. Build it anywhere with
 *
 *     cc -shared -fPIC -I include -o shop.so docs/examples/udf/shop.c
 */
#include <sluice/udf.h>

/* ---- scalar: TAXED(19.90, 7) ---- */

static void taxed(sluice_call *call) {
    sluice_int128 cents = sluice_decimal_number(sluice_get_decimal(sluice_argument(call, 0)));
    int32_t percent = sluice_get_int(sluice_argument(call, 1));
    if (percent < 0) {
        sluice_fail(call, "a tax of %d percent", percent);
        return;
    }
    /* Two digits behind the point times two more: the engine rounds to what the signature says. */
    sluice_put_decimal(call, sluice_decimal_of(cents * (100 + percent)), 4);
}

/* ---- scalar: INITIALS('Ada', NULL, 'Lovelace'), any number of names ---- */

static void initials(sluice_call *call) {
    int count = sluice_argument_count(call);
    char *letters = sluice_scratch(call, (size_t)count);
    size_t length = 0;
    for (int i = 0; i < count; i++) {
        sluice_text name = sluice_get_text(sluice_argument(call, i)); /* null: no letters */
        if (name.length && (unsigned char)name.data[0] < 128)
            letters[length++] = name.data[0];
    }
    sluice_put_text(call, letters, length);
}

/* ---- scalar: LAST_OF(ARRAY[1, 2, 3]), of any type ---- */

static void last_of(sluice_call *call) {
    sluice_value list = sluice_argument(call, 0);
    int length = sluice_get_length(list);
    if (length)
        sluice_put_value(call, sluice_get_element(list, length - 1));
    /* nothing put is null */
}

/* ---- aggregate: PERCENT_TRUE(paid) ---- */

static void put_votes(sluice_call *call, int64_t yes, int64_t all) {
    sluice_begin(call); /* STRUCT<YES BIGINT, VOTES BIGINT> */
    sluice_put_bigint(call, yes);
    sluice_put_bigint(call, all);
    sluice_end(call);
}

static int64_t yes_of(sluice_value state) {
    return sluice_get_bigint(sluice_get_field(state, 0));
}

static int64_t votes_of(sluice_value state) {
    return sluice_get_bigint(sluice_get_field(state, 1));
}

static void percent_start(sluice_call *call) {
    put_votes(call, 0, 0);
}

static void percent_change(sluice_call *call, int weight) {
    sluice_value state = sluice_state(call);
    int yes = sluice_get_boolean(sluice_argument(call, 0));
    put_votes(call, yes_of(state) + weight * yes, votes_of(state) + weight);
}

static void percent_step(sluice_call *call) {
    percent_change(call, 1);
}

static void percent_undo(sluice_call *call) {
    percent_change(call, -1);
}

static void percent_merge(sluice_call *call) {
    sluice_value earlier = sluice_state(call), later = sluice_other_state(call);
    put_votes(call, yes_of(earlier) + yes_of(later), votes_of(earlier) + votes_of(later));
}

static void percent_result(sluice_call *call) {
    sluice_value state = sluice_state(call);
    if (votes_of(state))
        sluice_put_double(call, 100.0 * (double)yes_of(state) / (double)votes_of(state));
}

/* ---- aggregate: LONGEST(name, 3), the three longest texts so far ---- */

static void longest_step(sluice_call *call) {
    sluice_value kept = sluice_state(call), text = sluice_argument(call, 0);
    int most = sluice_get_int(sluice_constant(call, 0)), count = sluice_get_length(kept);
    size_t length = sluice_get_text(text).length;
    int i = 0, n = 0;
    sluice_begin(call);
    for (; i < count && sluice_get_text(sluice_get_element(kept, i)).length >= length; i++, n++)
        sluice_put_value(call, sluice_get_element(kept, i));
    if (n++ < most)
        sluice_put_value(call, text);
    for (; i < count && n < most; i++, n++)
        sluice_put_value(call, sluice_get_element(kept, i));
    sluice_end(call);
}

/* ---- table: WORDS('to be or not') ---- */

static void words(sluice_call *call) {
    sluice_text text = sluice_get_text(sluice_argument(call, 0));
    int32_t place = 0;
    for (size_t at = 0; at < text.length;) {
        const char *word = text.data + at;
        const char *space = memchr(word, ' ', text.length - at);
        size_t length = space ? (size_t)(space - word) : text.length - at;
        if (length) {
            sluice_begin(call);
            sluice_put_int(call, ++place);
            sluice_put_text(call, word, length);
            sluice_end(call);
        }
        at += length + 1;
    }
}

static const sluice_function functions[] = {
    {
        .name = "TAXED",
        .kind = SLUICE_SCALAR,
        .signature = "(DECIMAL(10, 2), INT) -> DECIMAL(12, 2)",
        .summary = "A price with so many percent of tax on top.",
        .example = "TAXED(19.90, 7)",
        .example_result = "21.29",
        .run = taxed,
    },
    {
        .name = "INITIALS",
        .kind = SLUICE_SCALAR,
        .signature = "(VARCHAR...) -> VARCHAR",
        .nulls = SLUICE_SEES_NULLS,
        .summary = "The first letters of names; those that are null are left out.",
        .example = "INITIALS('Ada', NULL, 'Lovelace')",
        .example_result = "\"AL\"",
        .run = initials,
    },
    {
        .name = "LAST_OF",
        .kind = SLUICE_SCALAR,
        .signature = "(ARRAY<T>) -> T",
        .summary = "The last element of an array, or null where it has none.",
        .example = "LAST_OF(ARRAY[1, 2, 3])",
        .example_result = "3",
        .run = last_of,
    },
    {
        .name = "PERCENT_TRUE",
        .kind = SLUICE_AGGREGATE,
        .signature = "(BOOLEAN) -> DOUBLE",
        .summary = "How many percent of the values are true.",
        .state = "STRUCT<yes BIGINT, votes BIGINT>",
        .start = percent_start,
        .step = percent_step,
        .undo = percent_undo,
        .merge = percent_merge,
        .result = percent_result,
    },
    {
        .name = "LONGEST",
        .kind = SLUICE_AGGREGATE,
        .signature = "(VARCHAR, INT) -> ARRAY<VARCHAR>",
        .summary = "The longest texts, so many of them.",
        .state = "ARRAY<VARCHAR>",
        .step = longest_step,
        .constants = 1,
    },
    {
        .name = "WORDS",
        .kind = SLUICE_TABLE,
        .signature = "(VARCHAR) -> STRUCT<place INT, word VARCHAR>",
        .summary = "A row for each word of a text, with its place.",
        .run = words,
    },
};

SLUICE_LIBRARY(.name = "shop", .version = "1.0", .author = "The manual", .functions = functions,
    .function_count = sizeof functions / sizeof *functions);
