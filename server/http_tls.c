/* A session is an SSL object between two memory BIOs: the socket stays the loop's. */
#include "server/http_tls.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "base/memory.h"

struct http_tls {
    SSL_CTX *context;
};

struct http_tls_session {
    SSL *ssl;
    BIO *in, *out;
    char client[256];
    bool client_known;
};

/* ---- files ---- */

static bool complain(error *e, const char *what, slice file) {
    char reason[256];
    unsigned long code = ERR_peek_last_error();
    ERR_error_string_n(code, reason, sizeof reason);
    ERR_clear_error();
    error_set(e, ERROR_IO, "Cannot use %s '%.*s' for TLS: %s", what, SLICE_ARG(file),
        code ? reason : "it cannot be read");
    return error_hint(e, "Give a PEM file with ssl.certificate.file and ssl.key.file, or a PKCS#12 "
                         "store with ssl.keystore.location and ssl.keystore.password.");
}

static int give_password(char *to, int size, int writing, void *context) {
    const char *password = context;
    (void)writing;
    return password ? snprintf(to, (size_t)size, "%s", password) : 0;
}

static bool use_pem(SSL_CTX *c, const http_tls_options *o, error *e) {
    slice key_file = o->key_file.data ? o->key_file : o->certificate_file;
    char *certificate = memory_copy_text(o->certificate_file), *key = memory_copy_text(key_file);
    char *password = o->key_password.data ? memory_copy_text(o->key_password) : NULL;
    SSL_CTX_set_default_passwd_cb(c, give_password);
    SSL_CTX_set_default_passwd_cb_userdata(c, password);
    bool ok = SSL_CTX_use_certificate_chain_file(c, certificate) == 1 ||
              complain(e, "the certificate", o->certificate_file);
    ok = ok && (SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) == 1 ||
                   complain(e, "the key", key_file));
    SSL_CTX_set_default_passwd_cb_userdata(c, NULL);
    memory_free(certificate);
    memory_free(key);
    memory_free(password);
    return ok;
}

typedef struct store {
    EVP_PKEY *key;
    X509 *certificate;
    STACK_OF(X509) * others;
} store;

static bool read_store(slice file, slice password, store *out, error *e) {
    char *name = memory_copy_text(file), *word = memory_copy_text(password);
    BIO *bytes = BIO_new_file(name, "rb");
    PKCS12 *p12 = bytes ? d2i_PKCS12_bio(bytes, NULL) : NULL;
    bool ok = p12 && PKCS12_parse(p12, word, &out->key, &out->certificate, &out->others) == 1;
    if (!ok)
        complain(e, "the PKCS#12 store", file);
    PKCS12_free(p12);
    BIO_free(bytes);
    memory_free(name);
    memory_free(word);
    return ok;
}

static void free_store(store *s) {
    EVP_PKEY_free(s->key);
    X509_free(s->certificate);
    sk_X509_pop_free(s->others, X509_free);
}

static bool use_keystore(SSL_CTX *c, const http_tls_options *o, error *e) {
    store s = {0};
    bool ok = read_store(o->keystore_file, o->keystore_password, &s, e);
    if (ok && (!s.key || !s.certificate))
        ok = error_set(e, ERROR_IO, "The PKCS#12 store '%.*s' has no key with a certificate",
            SLICE_ARG(o->keystore_file));
    ok = ok && (SSL_CTX_use_cert_and_key(c, s.certificate, s.key, s.others, 1) == 1 ||
                   complain(e, "the PKCS#12 store", o->keystore_file));
    free_store(&s);
    return ok;
}

static void trust(SSL_CTX *c, X509 *certificate) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(c), certificate);
    SSL_CTX_add_client_CA(c, certificate);
}

static bool use_truststore(SSL_CTX *c, const http_tls_options *o, error *e) {
    store s = {0};
    if (!read_store(o->truststore_file, o->truststore_password, &s, e))
        return false;
    if (s.certificate)
        trust(c, s.certificate);
    for (int i = 0; i < sk_X509_num(s.others); i++)
        trust(c, sk_X509_value(s.others, i));
    free_store(&s);
    return true;
}

static bool use_ca_file(SSL_CTX *c, slice file, error *e) {
    char *name = memory_copy_text(file);
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(name);
    bool ok = (names && SSL_CTX_load_verify_locations(c, name, NULL) == 1) ||
              complain(e, "the certificate authority", file);
    if (ok)
        SSL_CTX_set_client_CA_list(c, names);
    else
        sk_X509_NAME_pop_free(names, X509_NAME_free);
    memory_free(name);
    return ok;
}

/* ---- the context ---- */

/* HTTP/2 where the client offers it. */
static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *length,
    const unsigned char *offered, unsigned int offered_length, void *context) {
    static const unsigned char ours[] = "\x02h2\x08http/1.1";
    (void)ssl;
    (void)context;
    int found = SSL_select_next_proto(
        (unsigned char **)chosen, length, ours, sizeof ours - 1, offered, offered_length);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static bool set_protocols(SSL_CTX *c, slice protocols, error *e) {
    static const struct {
        const char *name;
        int version;
    } known[] = {{"TLSv1.2", TLS1_2_VERSION}, {"TLSv1.3", TLS1_3_VERSION}};
    int least = 0, most = 0;
    for (int i = 0; i < 2; i++)
        if (memmem(protocols.data, protocols.length, known[i].name, strlen(known[i].name))) {
            least = least ? least : known[i].version;
            most = known[i].version;
        }
    if (!least)
        return error_set(e, ERROR_STATEMENT,
            "ssl.enabled.protocols names none of TLSv1.2 and TLSv1.3: '%.*s'",
            SLICE_ARG(protocols));
    SSL_CTX_set_min_proto_version(c, least);
    SSL_CTX_set_max_proto_version(c, most);
    return true;
}

/* TLS 1.3's suites and the older ones are set apart. */
static bool set_ciphers(SSL_CTX *c, slice ciphers, error *e) {
    char *list = memory_copy_text(ciphers);
    for (char *at = list; *at; at++)
        *at = *at == ',' || *at == ' ' ? ':' : *at;
    bool ok = SSL_CTX_set_cipher_list(c, list) == 1;
    ok = SSL_CTX_set_ciphersuites(c, list) == 1 || ok;
    ERR_clear_error();
    memory_free(list);
    return ok || error_set(e, ERROR_STATEMENT, "ssl.cipher.suites names no suite that is known");
}

static bool set_up(SSL_CTX *c, const http_tls_options *o, error *e) {
    static const int modes[] = {
        SSL_VERIFY_NONE, SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT};
    if (!o->certificate_file.data && !o->keystore_file.data) {
        error_set(e, ERROR_STATEMENT, "An https listener needs a certificate");
        return error_hint(
            e, "Set ssl.certificate.file and ssl.key.file, or ssl.keystore.location.");
    }
    if (!(o->keystore_file.data ? use_keystore(c, o, e) : use_pem(c, o, e)))
        return false;
    if ((o->protocols.length && !set_protocols(c, o->protocols, e)) ||
        (o->ciphers.length && !set_ciphers(c, o->ciphers, e)) ||
        (o->ca_file.data && !use_ca_file(c, o->ca_file, e)) ||
        (o->truststore_file.data && !use_truststore(c, o, e)))
        return false;
    if (o->client == HTTP_CLIENT_REQUIRED && !o->ca_file.data && !o->truststore_file.data)
        return error_set(e, ERROR_STATEMENT,
            "ssl.client.authentication needs ssl.ca.file or ssl.truststore.location");
    SSL_CTX_set_verify(c, modes[o->client], NULL);
    SSL_CTX_set_alpn_select_cb(c, choose_protocol, NULL);
    return true;
}

http_tls *http_tls_open(const http_tls_options *options, error *e) {
    SSL_CTX *c = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_id_context(c, (const unsigned char *)"sluice", 6);
    if (!set_up(c, options, e)) {
        SSL_CTX_free(c);
        return NULL;
    }
    http_tls *t = MEMORY_NEW(http_tls);
    t->context = c;
    return t;
}

void http_tls_close(http_tls *t) {
    if (!t)
        return;
    SSL_CTX_free(t->context);
    memory_free(t);
}

/* ---- sessions ---- */

http_tls_session *http_tls_accept(http_tls *t) {
    http_tls_session *s = MEMORY_NEW(http_tls_session);
    s->ssl = SSL_new(t->context);
    s->in = BIO_new(BIO_s_mem());
    s->out = BIO_new(BIO_s_mem());
    SSL_set_bio(s->ssl, s->in, s->out);
    SSL_set_accept_state(s->ssl);
    return s;
}

void http_tls_end(http_tls_session *s) {
    if (!s)
        return;
    SSL_free(s->ssl);
    memory_free(s);
}

static void take_wire(http_tls_session *s, buffer *wire) {
    char *bytes;
    long count = BIO_get_mem_data(s->out, &bytes);
    if (count > 0)
        buffer_append_bytes(wire, bytes, (size_t)count);
    (void)BIO_reset(s->out);
}

bool http_tls_receive(http_tls_session *s, slice came, buffer *plain, buffer *wire) {
    char bytes[16 * 1024];
    int count;
    BIO_write(s->in, came.data, (int)came.length);
    while ((count = SSL_read(s->ssl, bytes, sizeof bytes)) > 0)
        buffer_append_bytes(plain, bytes, (size_t)count);
    bool more = SSL_get_error(s->ssl, count) == SSL_ERROR_WANT_READ;
    ERR_clear_error();
    take_wire(s, wire);
    return more;
}

bool http_tls_send(http_tls_session *s, slice plain, buffer *wire) {
    bool ok = !plain.length || SSL_write(s->ssl, plain.data, (int)plain.length) > 0;
    ERR_clear_error();
    take_wire(s, wire);
    return ok;
}

void http_tls_finish(http_tls_session *s, buffer *wire) {
    if (SSL_is_init_finished(s->ssl))
        SSL_shutdown(s->ssl);
    ERR_clear_error();
    take_wire(s, wire);
}

slice http_tls_client(http_tls_session *s) {
    if (!s->client_known) {
        s->client_known = true;
        X509 *certificate = SSL_get1_peer_certificate(s->ssl);
        if (certificate)
            X509_NAME_get_text_by_NID(
                X509_get_subject_name(certificate), NID_commonName, s->client, sizeof s->client);
        X509_free(certificate);
    }
    return s->client[0] ? slice_of(s->client) : (slice){NULL, 0};
}
