/* Bytes and their texts: TO_BYTES, FROM_BYTES, ENCODE, numbers from bytes, UUIDs.
 *
 * The encodings are hex, utf8, ascii and base64. As in Java, a character that ASCII lacks becomes
 * '?', and bytes that are not ASCII or UTF-8 become U+FFFD.
 */
#include <sys/random.h>

#include "base/base64.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"
#include "executor/function/registry.h"
#include "executor/function/text.h"

typedef enum encoding {
    ENCODING_HEX,
    ENCODING_UTF8,
    ENCODING_ASCII,
    ENCODING_BASE64,
    ENCODING_UNKNOWN
} encoding;

static encoding encoding_of(slice name) {
    static const char *const names[] = {"hex", "utf8", "ascii", "base64"};
    for (int i = 0; i < 4; i++)
        if (slice_is_ignore_case(name, names[i]))
            return (encoding)i;
    return ENCODING_UNKNOWN;
}

/* ---- text to bytes ---- */

/* Hex may be written as 0x4B or X'4B'; an odd digit at the start is a byte of its own. */
static bool decode_hex(slice text, buffer *out) {
    if (text.length >= 2 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x')
        text = slice_make(text.data + 2, text.length - 2);
    else if (text.length >= 3 && (text.data[0] | 0x20) == 'x' && text.data[1] == '\'')
        text = slice_make(text.data + 2, text.length - 3);
    size_t at = 0;
    if (text.length % 2) {
        int digit = number_hex_digit(text.data[at++]);
        if (digit < 0)
            return false;
        buffer_append_byte(out, (char)digit);
    }
    for (; at < text.length; at += 2) {
        int high = number_hex_digit(text.data[at]), low = number_hex_digit(text.data[at + 1]);
        if (high < 0 || low < 0)
            return false;
        buffer_append_byte(out, (char)(high << 4 | low));
    }
    return true;
}

static void decode_ascii(slice text, buffer *out) {
    for (size_t at = 0; at < text.length; at += text_character_bytes(text, at))
        buffer_append_byte(out, (unsigned char)text.data[at] < 0x80 ? text.data[at] : '?');
}

static bool decode_base64(slice text, buffer *out) {
    buffer_reserve(out, base64_decoded_max(text));
    size_t length;
    if (!base64_decode(text, out->data + out->length, &length))
        return false;
    out->length += length;
    return true;
}

static bool decode(encoding from, slice text, buffer *out) {
    switch (from) {
    case ENCODING_HEX:
        return decode_hex(text, out);
    case ENCODING_BASE64:
        return decode_base64(text, out);
    case ENCODING_ASCII:
        decode_ascii(text, out);
        return true;
    default:
        buffer_append(out, text);
        return true;
    }
}

/* ---- bytes to text ---- */

static void encode_hex(slice bytes, buffer *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.length; i++) {
        buffer_append_byte(out, digits[(unsigned char)bytes.data[i] >> 4]);
        buffer_append_byte(out, digits[bytes.data[i] & 15]);
    }
}

static void encode_ascii(slice bytes, buffer *out) {
    for (size_t i = 0; i < bytes.length; i++)
        if ((unsigned char)bytes.data[i] < 0x80)
            buffer_append_byte(out, bytes.data[i]);
        else
            buffer_append_text(out, "\xEF\xBF\xBD");
}

static void encode(encoding to, slice bytes, buffer *out) {
    switch (to) {
    case ENCODING_HEX:
        encode_hex(bytes, out);
        break;
    case ENCODING_BASE64:
        base64_append(out, bytes);
        break;
    case ENCODING_ASCII:
        encode_ascii(bytes, out);
        break;
    default:
        utf8_append_repaired(out, bytes);
        break;
    }
}

typedef struct encoding_scratch {
    buffer bytes, text;
} encoding_scratch;

static void *prepare_scratch(const function_call *call) {
    return MEMORY_NEW(encoding_scratch);
}

static void release_scratch(void *prepared) {
    encoding_scratch *s = prepared;
    buffer_free(&s->bytes);
    buffer_free(&s->text);
    memory_free(s);
}

static void fail_encoding(function_call *call, slice name) {
    function_fail(call, "Unknown encoding '%.*s': use hex, utf8, ascii or base64", SLICE_ARG(name));
}

static void run_to_bytes(function_call *call) {
    encoding_scratch *s = call->prepared;
    while (function_next_row(call)) {
        slice name = argument_slice(call, 1);
        encoding from = encoding_of(name);
        buffer_clear(&s->bytes);
        if (from == ENCODING_UNKNOWN)
            fail_encoding(call, name);
        else if (!decode(from, argument_slice(call, 0), &s->bytes))
            function_fail(call, "The text is not %.*s", SLICE_ARG(name));
        else
            return_slice(call, buffer_slice(&s->bytes));
    }
}

static void run_from_bytes(function_call *call) {
    encoding_scratch *s = call->prepared;
    while (function_next_row(call)) {
        slice name = argument_slice(call, 1);
        encoding to = encoding_of(name);
        buffer_clear(&s->text);
        if (to == ENCODING_UNKNOWN) {
            fail_encoding(call, name);
            continue;
        }
        encode(to, argument_slice(call, 0), &s->text);
        return_slice(call, buffer_slice(&s->text));
    }
}

static void run_encode(function_call *call) {
    encoding_scratch *s = call->prepared;
    while (function_next_row(call)) {
        slice from_name = argument_slice(call, 1), to_name = argument_slice(call, 2);
        encoding from = encoding_of(from_name), to = encoding_of(to_name);
        buffer_clear(&s->bytes);
        buffer_clear(&s->text);
        if (from == ENCODING_UNKNOWN || to == ENCODING_UNKNOWN) {
            fail_encoding(call, from == ENCODING_UNKNOWN ? from_name : to_name);
        } else if (!decode(from, argument_slice(call, 0), &s->bytes)) {
            function_fail(call, "The text is not %.*s", SLICE_ARG(from_name));
        } else {
            encode(to, buffer_slice(&s->bytes), &s->text);
            return_slice(call, buffer_slice(&s->text));
        }
    }
}

#define SCRATCH .prepare = prepare_scratch, .release = release_scratch

static const scalar_kernel to_bytes = {.run = run_to_bytes, SCRATCH},
                           from_bytes = {.run = run_from_bytes, SCRATCH},
                           encode_kernel = {.run = run_encode, SCRATCH};
static const function_overload to_bytes_overloads[] = {
    {.signature = "(STRING, STRING) -> BYTES", .scalar = &to_bytes}};
static const function_overload from_bytes_overloads[] = {
    {.signature = "(BYTES, STRING) -> STRING", .scalar = &from_bytes}};
static const function_overload encode_overloads[] = {
    {.signature = "(STRING, STRING, STRING) -> STRING", .scalar = &encode_kernel}};

/* ---- numbers from bytes ---- */

/* The bytes of the row as a number of `size` bytes; false (and null) when they are not that. */
static bool read_number(function_call *call, size_t size, uint64_t *value) {
    slice bytes = argument_slice(call, 0);
    bool little = false;
    if (call->argument_count > 1) {
        slice order = argument_slice(call, 1);
        little = slice_is_ignore_case(order, "LITTLE_ENDIAN");
        if (!little && !slice_is_ignore_case(order, "BIG_ENDIAN")) {
            function_fail(call, "The byte order is BIG_ENDIAN or LITTLE_ENDIAN, not '%.*s'",
                SLICE_ARG(order));
            return false;
        }
    }
    if (bytes.length != size) {
        function_fail(call, "%d bytes are needed, and there are %d", (int)size, (int)bytes.length);
        return false;
    }
    *value = 0;
    for (size_t i = 0; i < size; i++)
        *value = *value << 8 | (unsigned char)bytes.data[little ? size - 1 - i : i];
    return true;
}

static void run_int_from_bytes(function_call *call) {
    uint64_t value;
    while (function_next_row(call))
        if (read_number(call, 4, &value))
            return_int32(call, (int32_t)(uint32_t)value);
}

static void run_bigint_from_bytes(function_call *call) {
    uint64_t value;
    while (function_next_row(call))
        if (read_number(call, 8, &value))
            return_int64(call, (int64_t)value);
}

static void run_double_from_bytes(function_call *call) {
    uint64_t value;
    while (function_next_row(call))
        if (read_number(call, 8, &value)) {
            double number;
            memcpy(&number, &value, sizeof number);
            return_double(call, number);
        }
}

static const scalar_kernel int_from_bytes = {.run = run_int_from_bytes},
                           bigint_from_bytes = {.run = run_bigint_from_bytes},
                           double_from_bytes = {.run = run_double_from_bytes};
static const function_overload int_from_bytes_overloads[] = {
    {.signature = "(BYTES) -> INTEGER", .scalar = &int_from_bytes},
    {.signature = "(BYTES, STRING) -> INTEGER", .scalar = &int_from_bytes}};
static const function_overload bigint_from_bytes_overloads[] = {
    {.signature = "(BYTES) -> BIGINT", .scalar = &bigint_from_bytes},
    {.signature = "(BYTES, STRING) -> BIGINT", .scalar = &bigint_from_bytes}};
static const function_overload double_from_bytes_overloads[] = {
    {.signature = "(BYTES) -> DOUBLE", .scalar = &double_from_bytes},
    {.signature = "(BYTES, STRING) -> DOUBLE", .scalar = &double_from_bytes}};

/* ---- UUID ---- */

static void return_uuid(function_call *call, const unsigned char *bytes) {
    char text[36];
    int length = 0;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[length++] = '-';
        text[length++] = "0123456789abcdef"[bytes[i] >> 4];
        text[length++] = "0123456789abcdef"[bytes[i] & 15];
    }
    return_slice(call, slice_make(text, (size_t)length));
}

/* Version 4: random but for its version and variant bits. */
static void run_uuid(function_call *call) {
    while (function_next_row(call)) {
        unsigned char bytes[16];
        if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
            function_fail(call, "The system gives no random bytes");
            continue;
        }
        bytes[6] = (bytes[6] & 0x0F) | 0x40;
        bytes[8] = (bytes[8] & 0x3F) | 0x80;
        return_uuid(call, bytes);
    }
}

static void run_uuid_bytes(function_call *call) {
    while (function_next_row(call)) {
        slice bytes = argument_slice(call, 0);
        if (bytes.length != 16)
            return_null(call);
        else
            return_uuid(call, (const unsigned char *)bytes.data);
    }
}

static const scalar_kernel uuid = {.run = run_uuid}, uuid_bytes = {.run = run_uuid_bytes};
static const function_overload uuid_overloads[] = {
    {.signature = "() -> STRING", .scalar = &uuid, .is_volatile = true},
    {.signature = "(BYTES) -> STRING", .scalar = &uuid_bytes}};

static const function_descriptor rows[] = {
    {"TO_BYTES", FUNCTION_SCALAR, "STRING",
        "The bytes that a text encodes in hex, utf8, ascii or base64.", "TO_BYTES('4b', 'hex')",
        "\"Sw==\"", OVERLOADS(to_bytes_overloads)},
    {"FROM_BYTES", FUNCTION_SCALAR, "STRING", "The text of bytes in hex, utf8, ascii or base64.",
        "FROM_BYTES(TO_BYTES('K', 'ascii'), 'hex')", "\"4b\"", OVERLOADS(from_bytes_overloads)},
    {"ENCODE", FUNCTION_SCALAR, "STRING", "A text from one encoding in another.",
        "ENCODE('K', 'ascii', 'base64')", "\"Sw==\"", OVERLOADS(encode_overloads)},
    {"INT_FROM_BYTES", FUNCTION_SCALAR, "BYTES",
        "The INTEGER that 4 bytes are, BIG_ENDIAN unless LITTLE_ENDIAN is asked for.",
        "INT_FROM_BYTES(TO_BYTES('000007e5', 'hex'))", "2021", OVERLOADS(int_from_bytes_overloads)},
    {"BIGINT_FROM_BYTES", FUNCTION_SCALAR, "BYTES", "The BIGINT that 8 bytes are.",
        "BIGINT_FROM_BYTES(TO_BYTES('000000012a05f200', 'hex'))", "5000000000",
        OVERLOADS(bigint_from_bytes_overloads)},
    {"DOUBLE_FROM_BYTES", FUNCTION_SCALAR, "BYTES", "The DOUBLE that 8 bytes are.",
        "DOUBLE_FROM_BYTES(TO_BYTES('QICm/ZvJ9YI=', 'base64'))", "532.8738323",
        OVERLOADS(double_from_bytes_overloads)},
    {"UUID", FUNCTION_SCALAR, "STRING", "A random UUID, or the UUID that 16 bytes are.",
        "LEN(UUID())", "36", OVERLOADS(uuid_overloads)},
};

void encoding_functions_register(void) {
    REGISTER_ROWS(rows);
}
