/* The courier, asked about Pro Santé Connect: where it is, its keys, a code into tokens. The worker
 * waits, for no longer than one budget a request, whatever it asks in it. Answers are another role's
 * messages: typed, bounded, read as hostile. */
#ifndef TL_PSC_PROVIDER_H
#define TL_PSC_PROVIDER_H

#include "base/channel.h"
#include "psc/person.h"
#include "psc/token.h"

enum {
    TL_PSC_URL_SIZE = 512,
    TL_PSC_BUDGET_MS = 8000,   /* below the 10 s within which the supervisor wants its PING */
    TL_PSC_KEYS_FRESH_S = 600, /* a key withdrawn over there is taken for so long at most */
    TL_PSC_KEYS_AGAIN_S = 10,  /* keys nobody knows make us ask again, and no more often */
};

struct tl_psc_endpoints {
    char authorization[TL_PSC_URL_SIZE];
    char end_session[TL_PSC_URL_SIZE]; /* empty: none */
    bool names_itself;                 /* its redirects carry iss (RFC 9207) */
};

/* Of a code. Bytes are malloc'ed. */
struct tl_psc_tokens {
    char *identity;
    bool is_signed; /* the person is a signed answer, a token */
    uint8_t *person;
    size_t person_size;
};
void tl_psc_tokens_release(struct tl_psc_tokens *tokens);

struct tl_psc_provider;

/* issuer and client_id stay the caller's, and outlive it. */
struct tl_psc_provider *tl_psc_provider_new(const char *issuer, const char *client_id);
struct tl_psc_provider *tl_psc_provider_free(struct tl_psc_provider *provider);
const char *tl_psc_provider_issuer(const struct tl_psc_provider *provider);
const char *tl_psc_provider_client(const struct tl_psc_provider *provider);
/* Takes over a channel's descriptor, in place of the one before. */
void tl_psc_provider_attach(struct tl_psc_provider *provider, int fd);

/* A request begins: its budget of waiting is whole again. */
void tl_psc_provider_begin(struct tl_psc_provider *provider);
/* TL_ERROR_AWAY: nobody there, or out of time; TL_ERROR_AUTH: the code was refused; TL_ERROR_FORMAT: the
 * provider's answer is none. What is given is the provider's until the next call. */
enum tl_error tl_psc_provider_endpoints(struct tl_psc_provider *provider,
                                        const struct tl_psc_endpoints **ret_endpoints);
/* unknown: a token names a key that those at hand are without. TL_ERROR_LIMIT: asked for that reason a
 * moment ago already. */
enum tl_error tl_psc_provider_keys(struct tl_psc_provider *provider, bool unknown,
                                   const struct tl_psc_keys **ret_keys);
enum tl_error tl_psc_provider_tokens(struct tl_psc_provider *provider, const char *code,
                                     const char *verifier, struct tl_psc_tokens *ret_tokens);

/* The courier's messages; for the code above and for fuzzing. The error of a refusal, TL_ERROR_FORMAT
 * for what is no answer. */
enum tl_error tl_psc_endpoints_read(const struct tl_channel_message *message,
                                    struct tl_psc_endpoints *ret_endpoints);
enum tl_error tl_psc_tokens_read(const struct tl_channel_message *message,
                                 struct tl_psc_tokens *ret_tokens);
enum tl_error tl_psc_keys_answer_read(const struct tl_channel_message *message,
                                      struct tl_psc_keys **ret_keys);

#endif
