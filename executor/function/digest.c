/* Hashes of texts and bytes, in hex, as OpenSSL computes them. */
#include <openssl/evp.h>

#include "base/memory.h"
#include "executor/function/registry.h"

typedef struct digest_state {
    EVP_MD_CTX *context;
    EVP_MD *method; /* fetched once: looking it up costs more than a short text's hash */
} digest_state;

static void *prepare(const char *name) {
    digest_state *s = MEMORY_NEW(digest_state);
    s->context = EVP_MD_CTX_new();
    s->method = EVP_MD_fetch(NULL, name, NULL);
    return s;
}

static void release(void *prepared) {
    digest_state *s = prepared;
    EVP_MD_CTX_free(s->context);
    EVP_MD_free(s->method);
    memory_free(s);
}

static bool compute(digest_state *s, slice bytes, unsigned char *digest, unsigned *length) {
    return s->method && EVP_DigestInit_ex2(s->context, s->method, NULL) &&
           EVP_DigestUpdate(s->context, bytes.data, bytes.length) &&
           EVP_DigestFinal_ex(s->context, digest, length);
}

static void run(function_call *call) {
    while (function_next_row(call)) {
        unsigned char digest[EVP_MAX_MD_SIZE];
        char hex[2 * EVP_MAX_MD_SIZE];
        unsigned length = 0;
        if (!compute(call->prepared, argument_slice(call, 0), digest, &length)) {
            function_fail(call, "OpenSSL does not offer this hash here");
            continue;
        }
        for (unsigned i = 0; i < length; i++) {
            hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
            hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
        }
        return_slice(call, slice_make(hex, 2 * length));
    }
}

/* ---- the rows ---- */

#define DIGEST(name, openssl_name)                                                                 \
    static void *prepare_##name(const function_call *call) {                                       \
        return prepare(openssl_name);                                                              \
    }                                                                                              \
    static const scalar_kernel name = {.run = run, .prepare = prepare_##name, .release = release}; \
    static const function_overload name##_overloads[] = {                                          \
        {.signature = "(STRING) -> STRING", .scalar = &name},                                      \
        {.signature = "(BYTES) -> STRING", .scalar = &name}}
#define OF_TEXTS(list) .overloads = (list), .overload_count = 1
#define OF_TEXTS_AND_BYTES(list) OVERLOADS(list)

DIGEST(md5, "MD5");
DIGEST(sha1, "SHA1");
DIGEST(sha224, "SHA2-224");
DIGEST(sha256, "SHA2-256");
DIGEST(sha384, "SHA2-384");
DIGEST(sha512, "SHA2-512");

static const function_descriptor rows[] = {
    {"MD5", FUNCTION_SCALAR, "STRING", "The MD5 hash of a text, in hex.", "MD5('')",
        "\"d41d8cd98f00b204e9800998ecf8427e\"", OF_TEXTS(md5_overloads)},
    {"SHA256", FUNCTION_SCALAR, "STRING", "The SHA-256 hash, in hex.",
        "SUBSTRING(SHA256(''), 1, 8)", "\"e3b0c442\"", OF_TEXTS_AND_BYTES(sha256_overloads)},
};

#define FLINK_ROW(text, list)                                                                      \
    {                                                                                              \
        .name = "SHA" text, .kind = FUNCTION_SCALAR, .category = "STRING",                         \
        .summary = "The SHA-" text " hash of a text, in hex.", OF_TEXTS(list)                      \
    }

static const function_descriptor flink_rows[] = {FLINK_ROW("1", sha1_overloads),
    FLINK_ROW("224", sha224_overloads), FLINK_ROW("384", sha384_overloads),
    FLINK_ROW("512", sha512_overloads)};

void digest_functions_register(void) {
    REGISTER_ROWS(rows);
    function_register_flink(flink_rows, (int)(sizeof flink_rows / sizeof *flink_rows));
}
