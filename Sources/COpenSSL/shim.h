#ifndef MAILARC_COPENSSL_SHIM_H
#define MAILARC_COPENSSL_SHIM_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* Macros in OpenSSL, and so invisible to Swift. */

static inline int mailarc_ssl_set_server_name(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

/* TLS 1.2 at least, no compression, no renegotiation. Reading ahead takes several records with one
   system call. */
static inline int mailarc_ssl_ctx_prepare(SSL_CTX *context) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, 4 * SSL3_RT_MAX_PLAIN_LENGTH);
  return (int)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline int mailarc_x509_name_print(BIO *out, const X509_NAME *name) {
  return X509_NAME_print_ex(out, name, 0, XN_FLAG_ONELINE);
}

#endif
