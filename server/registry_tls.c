/* Files are looked at when the settings are read, so that a wrong one is told at start and not with
 * the first request: Java's own key stores (JKS) are not PEM and OpenSSL cannot read them. */
#include "server/registry_tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SETTING "ksql.schema.registry.ssl."

typedef struct reading {
    arena *arena;
    slice (*setting)(void *context, const char *name);
    void *context;
    error *e;
} reading;

static slice get(reading *r, const char *name) {
    slice value = r->setting(r->context, name);
    return value.length ? arena_copy(r->arena, value) : (slice){NULL, 0};
}

typedef enum file_kind { FILE_PEM, FILE_PKCS12, FILE_JKS, FILE_OTHER } file_kind;

static bool look_at(reading *r, const char *name, slice path, file_kind *kind) {
    unsigned char head[4096] = {0};
    FILE *file = fopen(path.data, "rb");
    if (!file) {
        error_set(r->e, ERROR_STATEMENT, "The file of %s cannot be read: %s: %s", name, path.data,
            strerror(errno));
        return false;
    }
    size_t got = fread(head, 1, sizeof head - 1, file);
    fclose(file);
    *kind = memmem(head, got, "-----BEGIN ", 11)                  ? FILE_PEM
            : got > 4 && memcmp(head, "\xFE\xED\xFE\xED", 4) == 0 ? FILE_JKS
            : got > 4 && head[0] == 0x30                          ? FILE_PKCS12
                                                                  : FILE_OTHER;
    return true;
}

static bool refuse(reading *r, const char *name, slice path, const char *wanted) {
    error_set(r->e, ERROR_STATEMENT, "The file of %s is not %s: %s", name, wanted, path.data);
    return error_hint(r->e,
        "Convert a JKS with keytool -importkeystore -deststoretype PKCS12, and a PKCS12 with "
        "openssl pkcs12 -nodes.");
}

static bool check_pem(reading *r, const char *name, slice path) {
    file_kind kind;
    if (!path.data)
        return true;
    return look_at(r, name, path, &kind) && (kind == FILE_PEM || refuse(r, name, path, "PEM"));
}

static bool read_keystore(reading *r, registry_tls *tls) {
    const char *name = SETTING "keystore.location";
    slice path = get(r, name);
    file_kind kind;
    if (!path.data)
        return true;
    if (!look_at(r, name, path, &kind))
        return false;
    if (kind != FILE_PEM && kind != FILE_PKCS12)
        return refuse(r, name, path, "PEM or PKCS12");
    tls->certificate = path;
    tls->certificate_type = kind == FILE_PEM ? "PEM" : "P12";
    if (kind == FILE_PEM)
        tls->key = path;
    return true;
}

bool registry_tls_read(registry_tls *tls, arena *a,
    slice (*setting)(void *context, const char *name), void *context, error *e) {
    reading r = {a, setting, context, e};
    *tls = (registry_tls){.certificate_type = "PEM"};
    const char *ca = SETTING "truststore.location";
    tls->ca = get(&r, ca);
    if (!tls->ca.data)
        tls->ca = get(&r, ca = SETTING "ca.location");
    tls->certificate = get(&r, SETTING "certificate.location");
    tls->key = get(&r, SETTING "key.location");
    tls->password = get(&r, SETTING "key.password");
    if (!tls->password.data)
        tls->password = get(&r, SETTING "keystore.password");
    slice host = setting(context, SETTING "endpoint.identification.algorithm");
    tls->any_host = host.data && slice_trim(host).length == 0;
    return check_pem(&r, ca, tls->ca) &&
           check_pem(&r, SETTING "certificate.location", tls->certificate) &&
           check_pem(&r, SETTING "key.location", tls->key) && read_keystore(&r, tls);
}

void registry_tls_apply(const registry_tls *tls, CURL *curl) {
    if (tls->ca.data)
        curl_easy_setopt(curl, CURLOPT_CAINFO, tls->ca.data);
    if (tls->certificate.data) {
        curl_easy_setopt(curl, CURLOPT_SSLCERT, tls->certificate.data);
        curl_easy_setopt(curl, CURLOPT_SSLCERTTYPE, tls->certificate_type);
    }
    if (tls->key.data)
        curl_easy_setopt(curl, CURLOPT_SSLKEY, tls->key.data);
    if (tls->password.data)
        curl_easy_setopt(curl, CURLOPT_KEYPASSWD, tls->password.data);
    if (tls->any_host)
        curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
}
