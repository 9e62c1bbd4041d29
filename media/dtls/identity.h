#ifndef TL_MEDIA_DTLS_IDENTITY_H
#define TL_MEDIA_DTLS_IDENTITY_H

#include <openssl/ssl.h>

#include "media/dtls.h"

struct tl_dtls_identity {
    SSL_CTX *context;
    char fingerprint[TL_DTLS_FINGERPRINT_TEXT_SIZE];
};

/* SHA-256 of the certificate's DER form. */
enum tl_error tl_dtls_certificate_digest(const X509 *certificate,
                                         uint8_t ret_digest[TL_DTLS_FINGERPRINT_SIZE]);
/* Where the association keeps the fingerprint it expects. */
int tl_dtls_expectation_index(void);

#endif
