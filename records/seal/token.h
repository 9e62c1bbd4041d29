/* A key-encryption key that only a PKCS#11 token can open: a hardware security module, or SoftHSM2.
 *
 * The file of key-encryption keys then holds, on a line, the address of an AES key that never leaves the
 * token (RFC 7512) and our key sealed by it:
 *
 *     pkcs11:token=teleloire;object=seal?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/etc/teleloire/pin 8d1c…
 *
 * The token is asked once, as the program starts and before it enters its sandbox. The hexadecimal digits
 * are 12 bytes of nonce, 32 of ciphertext, 16 of tag: AES-256-GCM (CKM_AES_GCM, PKCS#11 v2.40 mechanisms
 * section 2.12), the associated data "teleloire key-encryption key". */
#ifndef TL_RECORDS_TOKEN_H
#define TL_RECORDS_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/seal.h"

enum { TL_TOKEN_WRAPPED_SIZE = 12 + TL_SEAL_KEY_SIZE + 16 };

/* A token's AES key at hand, logged in. TL_ERROR_FORMAT: no such address, or one without module-path,
 * pin-source or object; TL_ERROR_IO: the module or the file of the PIN cannot be read; TL_ERROR_MISSING:
 * no such token or key; TL_ERROR_AUTH: the PIN is refused. make: a key that is missing is generated
 * there, never to be exported. */
struct tl_token;
enum tl_error tl_token_open(const char *uri, bool make, struct tl_token **ret_token);
struct tl_token *tl_token_close(struct tl_token *token);

enum tl_error tl_token_wrap(struct tl_token *token, const uint8_t key[TL_SEAL_KEY_SIZE],
                            uint8_t ret_wrapped[TL_TOKEN_WRAPPED_SIZE]);
/* TL_ERROR_AUTH: another key of the token wrapped it, or it was changed. */
enum tl_error tl_token_unwrap(struct tl_token *token,
                              const uint8_t wrapped[TL_TOKEN_WRAPPED_SIZE],
                              uint8_t ret_key[TL_SEAL_KEY_SIZE]);

#endif
