/* Pro Santé Connect, asked for api: one policy for every connection (TLS 1.2 or later, the issuer's
 * own host and port, no redirect, no proxy, no cookie; answers, time and asks in flight limited). The
 * client secret and access tokens stay here. Without blocking, on libcurl: the caller's loop waits on
 * one descriptor.
 *
 *     ask ─▶ [discovery, when it is not known or old] ─▶ keys, or code ─▶ tokens ─▶ person ─▶ done */
#ifndef TL_COURIER_PROVIDER_H
#define TL_COURIER_PROVIDER_H

#include "base/clock.h"
#include "provider_text.h"

enum {
    TL_PROVIDER_ASKS_LIMIT = 8, /* in flight; the next is refused at once */
    TL_PROVIDER_CONNECT_MS = 3000,
    TL_PROVIDER_TRANSFER_MS = 5000,
    TL_PROVIDER_ASK_MS = 7000, /* all transfers of an ask */
    TL_PROVIDER_DISCOVERY_S = 3600
};

struct tl_provider_settings {
    const char *issuer, *client_id, *client_secret;
    const char *ca_file;  /* NULL: the system's */
    const char *redirect; /* where the provider sends browsers back to */
};

/* error: TL_OK; TL_ERROR_AWAY (not reached, too slow, 5xx); TL_ERROR_AUTH (the code was refused);
 * TL_ERROR_FORMAT (its answer is none, or too large); TL_ERROR_LIMIT (too many asks). */
struct tl_provider_answer {
    enum tl_error error;
    const char *detail;  /* why, in words of ours */
    json_t *json;        /* borrowed; NULL with an error */
    struct tl_bytes raw; /* keys, or the person */
};

struct tl_provider;
typedef void (*tl_provider_done)(void *context, unsigned asker, uint32_t request,
                                 enum tl_provider_what what,
                                 const struct tl_provider_answer *answer);

/* Copies nothing of settings: they outlive it. NULL when out of memory or descriptors. */
struct tl_provider *tl_provider_new(const struct tl_provider_settings *settings,
                                    tl_provider_done done, void *context);
struct tl_provider *tl_provider_free(struct tl_provider *provider);
/* Readable when tl_provider_work has something to do. */
int tl_provider_fd(const struct tl_provider *provider);
/* The answer comes by `done`, from tl_provider_work or from here. */
void tl_provider_ask(struct tl_provider *provider, const struct tl_provider_ask *ask,
                     unsigned asker, uint32_t request);
/* Nobody waits for the answers of this asker any more. */
void tl_provider_forget(struct tl_provider *provider, unsigned asker);
void tl_provider_work(struct tl_provider *provider);

#endif
