/* A verified password is remembered as a keyed digest, because a good hash takes a tenth of a
 * second and clients send their password with every request. */
#include "server/rest_auth.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/log.h"
#include "base/memory.h"

enum { DIGEST_BYTES = 32, LINE_MOST = 4096 };

typedef struct user {
    struct user *next;
    slice name, password;
    slice roles;                          /* "admin,user" */
    unsigned char verified[DIGEST_BYTES]; /* guarded by the lock */
    bool has_verified;
} user;

struct rest_auth {
    arena *arena;
    slice realm, roles, read_roles, skip_paths;
    user *users;
    unsigned char key[DIGEST_BYTES];
    pthread_mutex_t lock;
};

/* ---- the file of users ---- */

static void add_user(rest_auth *a, slice line) {
    line = slice_trim(line);
    const char *colon = line.length ? memchr(line.data, ':', line.length) : NULL;
    if (!colon || line.data[0] == '#')
        return;
    size_t name = (size_t)(colon - line.data);
    slice rest = slice_trim(slice_make(colon + 1, line.length - name - 1));
    const char *comma = memchr(rest.data, ',', rest.length);
    size_t password = comma ? (size_t)(comma - rest.data) : rest.length;
    user *u = arena_allocate(a->arena, sizeof *u);
    *u = (user){.next = a->users,
        .name = arena_copy(a->arena, slice_trim(slice_make(line.data, name))),
        .password = arena_copy(a->arena, slice_trim(slice_make(rest.data, password))),
        .roles = comma ? arena_copy(a->arena, slice_make(comma + 1, rest.length - password - 1))
                       : SLICE_LITERAL("")};
    a->users = u;
    if (!slice_starts_with(u->password, SLICE_LITERAL("CRYPT:")) &&
        !slice_starts_with(u->password, SLICE_LITERAL("MD5:")))
        log_warn("http: the password of user '%.*s' can be read in the users' file; put CRYPT: and "
                 "what `mkpasswd -m bcrypt` prints in its place",
            SLICE_ARG(u->name));
}

static bool read_users(rest_auth *a, slice path, error *e) {
    char *name = memory_copy_text(path), line[LINE_MOST];
    FILE *file = fopen(name, "r");
    memory_free(name);
    if (!file) {
        error_set(e, ERROR_IO, "Cannot read the users' file '%.*s'", SLICE_ARG(path));
        return error_hint(e, "authentication.method=BASIC needs authentication.users.file, with "
                             "lines like `ann: CRYPT:$2b$...,admin`.");
    }
    while (fgets(line, sizeof line, file))
        add_user(a, slice_of(line));
    fclose(file);
    return true;
}

static slice text_or(slice value, const char *otherwise) {
    return value.length ? value : slice_of(otherwise);
}

rest_auth *rest_auth_open(instance *i, error *e) {
    arena *arena = arena_create();
    slice method = instance_property(i, arena, SLICE_LITERAL("authentication.method"));
    if (!method.length || slice_is_ignore_case(method, "NONE")) {
        arena_destroy(arena);
        return NULL;
    }
    rest_auth *a = MEMORY_NEW(rest_auth);
    a->arena = arena;
    pthread_mutex_init(&a->lock, NULL);
    a->realm = text_or(
        instance_property(i, arena, SLICE_LITERAL("authentication.realm")), "KsqlServer-Props");
    a->roles = text_or(instance_property(i, arena, SLICE_LITERAL("authentication.roles")), "**");
    a->read_roles = instance_property(i, arena, SLICE_LITERAL("authentication.roles.read"));
    a->skip_paths = instance_property(i, arena, SLICE_LITERAL("authentication.skip.paths"));
    bool ok = slice_is_ignore_case(method, "BASIC") ||
              error_set(e, ERROR_STATEMENT,
                  "authentication.method can be NONE or BASIC, not '%.*s'", SLICE_ARG(method));
    ok = ok && (RAND_bytes(a->key, sizeof a->key) == 1 ||
                   error_set(e, ERROR_IO, "There is no randomness for authentication"));
    ok = ok &&
         read_users(a, instance_property(i, arena, SLICE_LITERAL("authentication.users.file")), e);
    if (ok)
        return a;
    rest_auth_close(a);
    return NULL;
}

void rest_auth_close(rest_auth *a) {
    if (!a)
        return;
    pthread_mutex_destroy(&a->lock);
    arena_destroy(a->arena);
    memory_free(a);
}

/* ---- passwords ---- */

static bool same_bytes(slice a, slice b) {
    return a.length == b.length && CRYPTO_memcmp(a.data, b.data, a.length) == 0;
}

static bool crypt_matches(slice hash, slice password) {
    struct crypt_data *data = MEMORY_NEW(struct crypt_data);
    char *word = memory_copy_text(password), *setting = memory_copy_text(hash);
    const char *got = crypt_r(word, setting, data);
    bool same = got && same_bytes(slice_of(got), hash);
    OPENSSL_cleanse(word, password.length);
    memory_free(word);
    memory_free(setting);
    memory_free(data);
    return same;
}

static bool md5_matches(slice hash, slice password) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    char hex[2 * EVP_MAX_MD_SIZE + 1] = "";
    if (!EVP_Digest(password.data, password.length, digest, &length, EVP_md5(), NULL))
        return false;
    for (unsigned int i = 0; i < length; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return same_bytes(slice_of(hex), hash);
}

/* Jetty's OBF: two characters of password in four of base 36, summed and subtracted. */
static bool obfuscation_matches(slice hidden, slice password) {
    buffer plain = {0};
    for (size_t i = 0; i + 4 <= hidden.length; i += 4) {
        char digits[5] = {0};
        memcpy(digits, hidden.data + i, 4);
        long number = strtol(digits, NULL, 36);
        buffer_append_byte(&plain, (char)((number / 256 + number % 256 - 254) / 2));
    }
    bool same = same_bytes(buffer_slice(&plain), password);
    buffer_free(&plain);
    return same;
}

static slice behind(slice text, const char *prefix) {
    slice p = slice_of(prefix);
    return slice_starts_with(text, p) ? slice_make(text.data + p.length, text.length - p.length)
                                      : (slice){NULL, 0};
}

static bool password_matches(const user *u, slice password) {
    slice hash = behind(u->password, "CRYPT:");
    if (hash.data)
        return crypt_matches(hash, password);
    hash = behind(u->password, "MD5:");
    if (hash.data)
        return md5_matches(hash, password);
    hash = behind(u->password, "OBF:");
    return hash.data ? obfuscation_matches(hash, password) : same_bytes(u->password, password);
}

static bool verify(rest_auth *a, user *u, slice password) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    HMAC(EVP_sha256(), a->key, sizeof a->key, (const unsigned char *)password.data, password.length,
        digest, &length);
    pthread_mutex_lock(&a->lock);
    bool known = u->has_verified && CRYPTO_memcmp(u->verified, digest, DIGEST_BYTES) == 0;
    pthread_mutex_unlock(&a->lock);
    if (known)
        return true;
    if (!password_matches(u, password))
        return false;
    pthread_mutex_lock(&a->lock);
    memcpy(u->verified, digest, DIGEST_BYTES);
    u->has_verified = true;
    pthread_mutex_unlock(&a->lock);
    return true;
}

/* ---- roles ---- */

static bool in_list(slice list, slice word) {
    while (list.length) {
        const char *comma = memchr(list.data, ',', list.length);
        size_t length = comma ? (size_t)(comma - list.data) : list.length;
        if (slice_equal(slice_trim(slice_make(list.data, length)), word))
            return true;
        size_t taken = length + (comma != NULL);
        list = slice_make(list.data + taken, list.length - taken);
    }
    return false;
}

static bool has_one_of(const user *u, slice wanted) {
    if (in_list(wanted, SLICE_LITERAL("**")))
        return true;
    for (slice list = u->roles; list.length;) {
        const char *comma = memchr(list.data, ',', list.length);
        size_t length = comma ? (size_t)(comma - list.data) : list.length;
        if (in_list(wanted, slice_trim(slice_make(list.data, length))))
            return true;
        size_t taken = length + (comma != NULL);
        list = slice_make(list.data + taken, list.length - taken);
    }
    return false;
}

/* ---- requests ---- */

static user *find_user(rest_auth *a, slice name) {
    user *u = a->users;
    while (u && !slice_equal(u->name, name))
        u = u->next;
    return u;
}

static user *user_of(rest_auth *a, slice both) {
    const char *colon = both.length ? memchr(both.data, ':', both.length) : NULL;
    if (!colon)
        return NULL;
    size_t name = (size_t)(colon - both.data);
    user *u = find_user(a, slice_make(both.data, name));
    return u && verify(a, u, slice_make(colon + 1, both.length - name - 1)) ? u : NULL;
}

/* "Basic dXNlcjpwYXNz" */
static user *known_user(rest_auth *a, slice header) {
    slice scheme = SLICE_LITERAL("Basic ");
    if (header.length <= scheme.length ||
        !slice_equal_ignore_case(slice_make(header.data, scheme.length), scheme))
        return NULL;
    slice text = slice_trim(slice_make(header.data + scheme.length, header.length - scheme.length));
    char *plain = memory_allocate(base64_decoded_max(text));
    size_t length = 0;
    user *u = base64_decode(text, plain, &length) ? user_of(a, slice_make(plain, length)) : NULL;
    memory_free(plain);
    return u;
}

rest_access rest_auth_check(rest_auth *a, const http_request *request) {
    if (!a)
        return REST_WRITER;
    const user *u = known_user(a, http_header_value(request, "authorization"));
    if (!u)
        return REST_UNKNOWN;
    if (has_one_of(u, a->roles))
        return REST_WRITER;
    return has_one_of(u, a->read_roles) ? REST_READER : REST_FORBIDDEN;
}

bool rest_auth_skips(const rest_auth *a, slice path) {
    static const char *const open[] = {"/livez", "/readyz", "/chc/live", "/chc/ready"};
    for (int i = 0; i < 4; i++)
        if (slice_is(path, open[i]))
            return true;
    return !a || in_list(a->skip_paths, path);
}

slice rest_auth_realm(const rest_auth *a) {
    return a->realm;
}
