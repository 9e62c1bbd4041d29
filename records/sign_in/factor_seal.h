/* The secrets of second factors at rest: sealed for one account each, so that a row moved to another
 * account does not open. */
#ifndef TL_RECORDS_FACTOR_SEAL_H
#define TL_RECORDS_FACTOR_SEAL_H

#include "base/seal.h"
#include "sign_in/totp.h"

enum { TL_FACTOR_SEALED_SIZE = TL_TOTP_SECRET_SIZE + TL_SEAL_SECRET_OVERHEAD };

enum tl_error tl_factor_seal(const uint8_t key[TL_SEAL_KEY_SIZE], const char *account,
                             const uint8_t secret[TL_TOTP_SECRET_SIZE],
                             uint8_t ret_sealed[TL_FACTOR_SEALED_SIZE]);
/* TL_ERROR_FORMAT: not a sealed secret; TL_ERROR_AUTH: of another account, or under another key. */
enum tl_error tl_factor_open(const uint8_t key[TL_SEAL_KEY_SIZE], const char *account,
                             struct tl_bytes sealed, uint8_t ret_secret[TL_TOTP_SECRET_SIZE]);

#endif
