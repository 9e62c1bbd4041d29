/* Session keys of SRTP (RFC 3711 section 4.3, RFC 6188 for 256 bits): AES in counter mode over the
 * label; key derivation rate 0, as DTLS-SRTP has it. */
#ifndef TL_SRTP_DERIVE_H
#define TL_SRTP_DERIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    TL_SRTP_LABEL_RTP_KEY = 0,
    TL_SRTP_LABEL_RTP_AUTH = 1,
    TL_SRTP_LABEL_RTP_SALT = 2,
    TL_SRTP_LABEL_RTCP_KEY = 3,
    TL_SRTP_LABEL_RTCP_SALT = 5
};
enum { TL_SRTP_DERIVED_LIMIT = 94 };

/* master: key of key_size bytes (16 or 32), then the salt, 14 bytes at most. size: at most
 * TL_SRTP_DERIVED_LIMIT. TL_ERROR_CRYPTO, TL_ERROR_RANGE. */
enum tl_error tl_srtp_derive(const uint8_t *master, size_t key_size, size_t salt_size,
                             uint8_t label, uint8_t *ret_key, size_t size);

#endif
