/* The second factor: time-based codes (RFC 6238 over RFC 4226: SHA-1, 30 s, six digits, what every
 * authenticator application speaks), and the recovery codes for who lost their telephone. liboath
 * computes; here is what may be taken, and when. Pure. */
#ifndef TL_RECORDS_TOTP_H
#define TL_RECORDS_TOTP_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

enum {
    TL_TOTP_SECRET_SIZE = 20, /* RFC 4226 section 4, R6: 160 bits */
    TL_TOTP_STEP_S = 30,
    TL_TOTP_DIGITS = 6,
    TL_TOTP_CODE_SIZE = TL_TOTP_DIGITS + 1,
    TL_TOTP_DRIFT = 1,      /* steps each side (RFC 6238 section 5.2) */
    TL_TOTP_TEXT_SIZE = 33, /* base32 of the secret and a NUL */
    TL_TOTP_URI_SIZE = 1200,
    TL_RECOVERY_CODES = 10,
    TL_RECOVERY_CODE_SIZE = 12, /* "abcde-fghij" and a NUL: 50 random bits */
    TL_RECOVERY_HASH_SIZE = 32
};

int64_t tl_totp_step(tl_time_us now);
enum tl_error tl_totp_code(const uint8_t secret[TL_TOTP_SECRET_SIZE], int64_t step,
                           char ret_code[TL_TOTP_CODE_SIZE]);
/* *ret_step is the step the code belongs to: kept as the next last_step. TL_ERROR_FORMAT: not six
 * digits; TL_ERROR_EXISTS: of last_step or before, which is used up; TL_ERROR_AUTH: another. */
enum tl_error tl_totp_check(const uint8_t secret[TL_TOTP_SECRET_SIZE], struct tl_text code,
                            tl_time_us now, int64_t last_step, int64_t *ret_step);
/* What somebody types into an application that sees no QR code (RFC 4648 section 6). */
enum tl_error tl_totp_text(const uint8_t secret[TL_TOTP_SECRET_SIZE],
                           char ret_text[TL_TOTP_TEXT_SIZE]);
/* otpauth://totp/..., the form of the QR code. TL_ERROR_LIMIT: the login is too long. */
enum tl_error tl_totp_uri(const uint8_t secret[TL_TOTP_SECRET_SIZE], struct tl_text login,
                          char ret_uri[TL_TOTP_URI_SIZE]);

void tl_recovery_code_make(char ret_code[TL_RECOVERY_CODE_SIZE]);
/* Keyed, and of one account. Capitals, spaces and hyphens are let be. TL_ERROR_FORMAT: not ten of
 * the letters. */
enum tl_error tl_recovery_code_hash(const uint8_t key[32], const char *account,
                                    struct tl_text code,
                                    uint8_t ret_hash[TL_RECOVERY_HASH_SIZE]);

#endif
