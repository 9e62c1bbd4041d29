/* Sealing: bytes that only the holder of a key can open, and cannot change unseen.
 *
 * To a public key (outbox payloads: api seals, only the courier opens): an ephemeral X25519
 * exchange (RFC 7748), HKDF-SHA256 (RFC 5869) over the shared secret and both public keys,
 * AES-256-GCM. With a secret key (journal, data at rest): AES-256-GCM with a random nonce.
 *
 * The context is bound as associated data: a sealed text moved to another row does not open.
 *
 *     public key:  u8 version 1 | 32 ephemeral public | 12 nonce | ciphertext | 16 tag
 *     secret key:  u8 version 2 |                       12 nonce | ciphertext | 16 tag
 */
#ifndef TL_BASE_SEAL_H
#define TL_BASE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum {
    TL_SEAL_KEY_SIZE = 32,
    TL_SEAL_PUBLIC_OVERHEAD = 1 + 32 + 12 + 16,
    TL_SEAL_SECRET_OVERHEAD = 1 + 12 + 16,
    TL_SEAL_LIMIT = 16 * 1024 * 1024
};

/* Raw keys, 32 bytes. The files hold them as 64 hexadecimal digits. */
enum tl_error tl_seal_key_make(uint8_t ret_private[TL_SEAL_KEY_SIZE],
                               uint8_t ret_public[TL_SEAL_KEY_SIZE]);
enum tl_error tl_seal_key_read(const char *path, uint8_t ret_key[TL_SEAL_KEY_SIZE]);

/* ret_sealed is malloc'ed. TL_ERROR_LIMIT over TL_SEAL_LIMIT, TL_ERROR_CRYPTO. */
enum tl_error tl_seal_to(const uint8_t public_key[TL_SEAL_KEY_SIZE], struct tl_text context,
                         struct tl_bytes plain, uint8_t **ret_sealed, size_t *ret_size);
enum tl_error tl_seal_with(const uint8_t key[TL_SEAL_KEY_SIZE], struct tl_text context,
                           struct tl_bytes plain, uint8_t **ret_sealed, size_t *ret_size);

/* ret_plain is malloc'ed with a NUL behind it; the caller wipes it. TL_ERROR_FORMAT: not sealed
 * bytes; TL_ERROR_AUTH: another key, another context, or changed. */
enum tl_error tl_unseal_to(const uint8_t private_key[TL_SEAL_KEY_SIZE], struct tl_text context,
                           struct tl_bytes sealed, uint8_t **ret_plain, size_t *ret_size);
enum tl_error tl_unseal_with(const uint8_t key[TL_SEAL_KEY_SIZE], struct tl_text context,
                             struct tl_bytes sealed, uint8_t **ret_plain, size_t *ret_size);

#endif
