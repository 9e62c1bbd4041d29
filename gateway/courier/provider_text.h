/* What a provider of OpenID Connect says of itself and answers to a code, and what api may ask of it.
 * Pure: bytes in, values out; whoever made the bytes is not believed beyond what is checked here.
 *
 * Sources: OpenID Connect Discovery 1.0 section 4.3, RFC 6749 sections 4.1.3, 5.1 and 5.2, RFC 7636
 * section 4.5, RFC 9207 section 3. */
#ifndef TL_COURIER_PROVIDER_TEXT_H
#define TL_COURIER_PROVIDER_TEXT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/channel.h"
#include "base/error.h"

enum {
    TL_PROVIDER_URL_SIZE = 512,
    TL_PROVIDER_ANSWER_LIMIT = TL_CHANNEL_RAW_LIMIT, /* bytes of any of its answers */
    TL_PROVIDER_TOKEN_LIMIT = 16384,
    TL_PROVIDER_CODE_LIMIT = 400,
    TL_PROVIDER_VERIFIER_LEAST = 43,
    TL_PROVIDER_VERIFIER_LIMIT = 128,
    TL_PROVIDER_FORM_SIZE = 3 * (TL_PROVIDER_CODE_LIMIT + TL_PROVIDER_URL_SIZE) + 256
};

struct tl_provider_endpoints {
    /* asked by the courier: all at the issuer's own host and port */
    char token[TL_PROVIDER_URL_SIZE], userinfo[TL_PROVIDER_URL_SIZE],
        keys[TL_PROVIDER_URL_SIZE];
    /* where browsers are sent */
    char authorization[TL_PROVIDER_URL_SIZE];
    char end_session[TL_PROVIDER_URL_SIZE]; /* empty: the provider has none */
    bool names_itself;                      /* its redirects carry iss */
};

/* TL_ERROR_FORMAT: not such a document, or an address is no https address; TL_ERROR_AUTH: it speaks of
 * another issuer, or would send us to another host. */
enum tl_error tl_provider_endpoints_read(struct tl_bytes document, const char *issuer,
                                         struct tl_provider_endpoints *ret_endpoints);
/* https, the same host and port, no user: the one place the courier connects to. */
bool tl_provider_is_at(const char *url, const char *issuer);

struct tl_provider_tokens {
    json_t *json; /* the texts point into it; the caller releases it */
    const char *identity, *access;
};

/* TL_ERROR_FORMAT, TL_ERROR_LIMIT (a token is too long), TL_ERROR_MEMORY. */
enum tl_error tl_provider_tokens_read(struct tl_bytes answer,
                                      struct tl_provider_tokens *ret_tokens);
/* Whether a 4xx of the token endpoint says that the code is not good (RFC 6749 section 5.2). */
bool tl_provider_refuses_code(struct tl_bytes answer);

enum tl_provider_what { TL_PROVIDER_ENDPOINTS, TL_PROVIDER_KEYS, TL_PROVIDER_TOKENS };

/* What api asks. */
struct tl_provider_ask {
    enum tl_provider_what what;
    char code[TL_PROVIDER_CODE_LIMIT + 1];         /* TOKENS only */
    char verifier[TL_PROVIDER_VERIFIER_LIMIT + 1]; /* TOKENS only */
};

/* TL_ERROR_UNSUPPORTED: no such type; TL_ERROR_FORMAT: anything else wrong, descriptors, raw bytes and
 * a request without number included. */
enum tl_error tl_provider_ask_read(const struct tl_channel_message *message,
                                   struct tl_provider_ask *ret_ask);
/* The form of an exchange. TL_ERROR_LIMIT. */
enum tl_error tl_provider_form_write(const struct tl_provider_ask *ask, const char *redirect,
                                     char ret_form[TL_PROVIDER_FORM_SIZE]);

#endif
