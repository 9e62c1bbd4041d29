/* Tokens of Pro Santé Connect, judged: who signed, for whom, when, in answer to what. Sans-IO: keys,
 * time and what is expected come in. Signatures are cjose's work (RFC 7515), never ours.
 *
 * Sources: OpenID Connect Core 1.0 section 3.1.3.7 (ID token), OpenID Connect Back-Channel Logout 1.0
 * sections 2.4 and 2.6 (logout token), RFC 7517 (keys), RFC 8725 (JSON Web Token best practices). */
#ifndef TL_PSC_TOKEN_H
#define TL_PSC_TOKEN_H

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

enum {
    TL_PSC_TOKEN_LIMIT = 16384,     /* bytes of a compact token */
    TL_PSC_KEYS_SIZE_LIMIT = 65536, /* bytes of a key set */
    TL_PSC_KEYS_LIMIT = 16,         /* signing keys of a set */
    TL_PSC_NAME_SIZE = 256,         /* sub, sid, jti, kid with their NUL */
    TL_PSC_LEEWAY_S = 30,           /* between the clocks of the two houses */
    TL_PSC_AGE_S = 600,             /* a token made longer ago answers nothing of ours */
};

/* Why a token is refused. Each has a word for the audit. */
enum tl_psc_verdict {
    TL_PSC_GOOD = 0,
    TL_PSC_MALFORMED,   /* not a compact token of JSON objects, or too large */
    TL_PSC_ALGORITHM,   /* none, HS256, anything but RS256, PS256, ES256; or not the key's */
    TL_PSC_KEY_UNKNOWN, /* the key is not in the set: the caller may fetch the set again */
    TL_PSC_SIGNATURE,
    TL_PSC_ISSUER,
    TL_PSC_AUDIENCE, /* aud or azp */
    TL_PSC_EXPIRED,
    TL_PSC_TIME, /* made in the future, or too long ago, or without a time */
    TL_PSC_NONCE,
    TL_PSC_LEVEL,   /* acr */
    TL_PSC_SUBJECT, /* no sub; or neither sub nor sid in a logout token */
    TL_PSC_EVENT,   /* a logout token without its event, or the event in an ID token */
    TL_PSC_NUMBER,  /* jti */
    TL_PSC_MEMORY,
    TL_PSC_VERDICT_COUNT
};

/* A stable lower-case word, never NULL. */
const char *tl_psc_verdict_word(enum tl_psc_verdict verdict);

/* The public signing keys of a provider. */
struct tl_psc_keys;

/* Reads a key set. Keys that do not serve here (another use, kind, curve or algorithm, an RSA key
 * below 2,048 bits, without kid) are left out, as RFC 7517 section 5 says. TL_ERROR_FORMAT,
 * TL_ERROR_LIMIT (more than TL_PSC_KEYS_LIMIT), TL_ERROR_EXISTS (a kid twice), TL_ERROR_MEMORY. */
enum tl_error tl_psc_keys_read(struct tl_bytes set, struct tl_psc_keys **ret_keys);
size_t tl_psc_keys_count(const struct tl_psc_keys *keys);
/* Takes NULL; returns NULL. */
struct tl_psc_keys *tl_psc_keys_free(struct tl_psc_keys *keys);

struct tl_psc_expected {
    const char *issuer;
    const char *client_id;
    const char *nonce; /* of the attempt; an ID token only */
    const char *acr;   /* an ID token only */
};

struct tl_psc_identity {
    char sub[TL_PSC_NAME_SIZE];
    char sid[TL_PSC_NAME_SIZE]; /* empty when the provider gives none */
    int64_t expires_s;          /* since 1970 */
};

struct tl_psc_logout {
    char sub[TL_PSC_NAME_SIZE]; /* either may be empty, not both */
    char sid[TL_PSC_NAME_SIZE];
    char jti[TL_PSC_NAME_SIZE]; /* the caller takes each once */
    int64_t expires_s;
};

/* Outputs are untouched unless the verdict is TL_PSC_GOOD. now is of the wall clock. */
enum tl_psc_verdict tl_psc_identity_judge(struct tl_text token, const struct tl_psc_keys *keys,
                                          const struct tl_psc_expected *expected,
                                          tl_time_us now, struct tl_psc_identity *ret_identity);
enum tl_psc_verdict tl_psc_logout_judge(struct tl_text token, const struct tl_psc_keys *keys,
                                        const struct tl_psc_expected *expected, tl_time_us now,
                                        struct tl_psc_logout *ret_logout);

/* A signed answer of userinfo (OpenID Connect Core 1.0 section 5.3.2): issuer and audience alone, as it
 * answers one request made just now. *ret_json: malloc'ed. */
enum tl_psc_verdict tl_psc_answer_judge(struct tl_text token, const struct tl_psc_keys *keys,
                                        const struct tl_psc_expected *expected,
                                        char **ret_json);

/* Shared by the two files of this idea. NULL when no key of that name serves that algorithm:
 * *ret_named says whether there is one of that name. The key is borrowed. */
bool tl_psc_is_base64url(struct tl_text text);
const void *tl_psc_keys_find(const struct tl_psc_keys *keys, const char *kid,
                             const char *algorithm, bool *ret_named);

#endif
