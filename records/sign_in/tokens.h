/* Tokens in cookies and links, and what is derived from them. The database holds digests only. */
#ifndef TL_RECORDS_TOKENS_H
#define TL_RECORDS_TOKENS_H

#include "http/call.h"

#define TL_COOKIE_ACCOUNT "__Host-teleloire"
#define TL_COOKIE_VISIT   "__Host-teleloire-visit"
#define TL_COOKIE_PSC     "__Host-teleloire-psc"

enum { TL_CODE_SIZE = 7 }; /* six digits and a NUL */

/* One key file, a key for each use (HMAC as the expansion of RFC 5869). */
void tl_key_derive(const uint8_t key[32], const char *use, uint8_t ret_key[32]);

void tl_token_digest(struct tl_text token, uint8_t ret_digest[TL_DIGEST_SIZE]);
/* Proof that a page was given by us: a digest of the session's own token, so nothing is stored. */
void tl_csrf_write(struct tl_text token, char ret_csrf[TL_TOKEN_SIZE]);

/* The token of a link is made from the row's id with a key of this installation, so that a
 * reminder can carry the same link again while the database holds a digest only. */
void tl_link_token(const uint8_t key[32], const char *kind, const char *id,
                   char ret_token[TL_TOKEN_SIZE]);
/* The same of a row's state and the cookie of the browser that has it: nothing secret is stored. */
void tl_state_token(const uint8_t key[32], const char *use, const char *state,
                    struct tl_text cookie, char ret_token[TL_TOKEN_SIZE]);
void tl_code_make(char ret_code[TL_CODE_SIZE]);
/* Keyed: six digits alone would be found from their digest in a second. */
void tl_code_hash(const uint8_t key[32], const char *id, struct tl_text code,
                  uint8_t ret_hash[TL_DIGEST_SIZE]);

#endif
