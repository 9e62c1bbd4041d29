#ifndef TL_CERTS_PAIR_PRIVATE_H
#define TL_CERTS_PAIR_PRIVATE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "certs/pair.h"

struct tl_pair {
    X509 *certificate;
    EVP_PKEY *key;
};

/* Owns both, whatever it returns. */
enum tl_error tl_pair_new(X509 *certificate, EVP_PKEY *key, struct tl_pair **ret_pair);

/* TL_ERROR_FORMAT. */
enum tl_error tl_pair_time_read(const ASN1_TIME *time, tl_time_us *ret_time);

/* 4 or 16 bytes of an address, or 0 when the name is not one. */
size_t tl_name_address(const char *name, uint8_t ret_address[16]);

#endif
