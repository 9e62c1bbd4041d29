/* Randomness, secrets in memory, and reading them from files. */
#ifndef TL_BASE_SECRET_H
#define TL_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

/* From the operating system; ends the process if there is none. */
void tl_random_bytes(void *buffer, size_t size);
/* Uniform in [0, bound). */
uint32_t tl_random_below(uint32_t bound);
/* An unguessable identifier: 128 random bits as 32 lower-case hexadecimal digits and a NUL. */
enum { TL_ID_SIZE = 33 };
void tl_random_id(char buffer[TL_ID_SIZE]);
/* UUID version 4 (RFC 9562), 36 characters and a NUL. */
enum { TL_UUID_SIZE = 37 };
void tl_random_uuid(char buffer[TL_UUID_SIZE]);
bool tl_uuid_is_valid(struct tl_text text);
/* size random bytes as base64url: a bearer token. Buffer holds (size * 4 + 2) / 3 + 1. */
void tl_random_token(size_t size, char *buffer);

void tl_secret_wipe(void *secret, size_t size);
/* Wipes and frees malloc'ed text; takes NULL. */
void tl_secret_free_text(char *text);
/* Constant time; different sizes differ at once. */
bool tl_secret_equal(struct tl_bytes a, struct tl_bytes b);
/* SHA-256 of the parts one after the other; 32 bytes. */
void tl_sha256(struct tl_bytes bytes, uint8_t ret_digest[32]);

/* Reads a whole small file (at most limit bytes) into malloc'ed memory with a NUL behind it.
 * Trailing newlines stay. TL_ERROR_IO, TL_ERROR_LIMIT. */
enum tl_error tl_file_read(const char *path, size_t limit, char **ret_data, size_t *ret_size);
/* The same without trailing white space: a password or key file. */
enum tl_error tl_secret_file_read(const char *path, char *buffer, size_t size);
/* The same of an open regular file, from its beginning; fd stays the caller's. */
enum tl_error tl_secret_fd_read(int fd, char *buffer, size_t size);

#endif
