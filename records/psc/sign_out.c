/* Signing out both ways: ours takes the browser to the end of its session over there (OpenID Connect
 * RP-Initiated Logout 1.0), and the provider ends ours (Back-Channel Logout 1.0). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/seal.h"
#include "psc/handlers.h"
#include "psc/psc.h"
#include "sign_in/handlers.h"
#include "sign_in/tokens.h"

/* A longer ID token is not shown as a hint: no server is bound to take so long an address. */
enum { HINT_LIMIT = 6000, ADDRESS_SIZE = 8192 };

/* ---- ours ends: the address that ends theirs ---- */

static size_t write_leave(struct tl_call *call, const char *id_token, char *buffer, size_t size)
{
    const struct tl_psc_endpoints *there = NULL;
    struct tl_psc_provider *provider = call->settings->psc->provider;
    if (tl_psc_provider_endpoints(provider, &there) || !there->end_session[0])
        return 0;
    struct tl_writer writer = tl_writer(buffer, size);
    tl_write_format(&writer, "%s%c", there->end_session,
                    strchr(there->end_session, '?') ? '&' : '?');
    if (strlen(id_token) <= HINT_LIMIT)
        tl_write_format(&writer, "id_token_hint=%s&", id_token); /* base64url and dots */
    /* the configuration lets neither hold anything that an address would read otherwise */
    tl_write_format(&writer, "post_logout_redirect_uri=%s/connexion",
                    call->settings->public_url);
    return writer.failed ? 0 : writer.used;
}

bool tl_psc_keep(struct tl_call *call, const struct tl_psc_identity *identity,
                 const char *id_token)
{
    tl_autofree uint8_t *sealed = NULL;
    size_t sealed_size = 0;
    char address[ADDRESS_SIZE];
    size_t size = write_leave(call, id_token, address, sizeof address);
    enum tl_error error = tl_seal_with(call->settings->psc_seal, tl_text(identity->sub),
                                       tl_bytes(address, size), &sealed, &sealed_size);
    tl_secret_wipe(address, sizeof address);
    if (error)
        return tl_refuse_error(call, error);
    return tl_call_ask(call, TL_SQL_PSC_SESSION_ADD, NULL, tl_value(identity->sub),
                       tl_value(identity->sid[0] ? identity->sid : NULL),
                       tl_value_raw(sealed, sealed_size));
}

bool tl_psc_leave(struct tl_call *call, json_t **ret_address)
{
    tl_autorows struct tl_rows rows = { 0 };
    tl_autofree uint8_t *sealed = NULL;
    uint8_t *address = NULL;
    size_t sealed_size = 0, size = 0;
    if (!call->settings->psc)
        return true;
    if (!tl_call_run(call, TL_SQL_PSC_SESSION_LEAVE, NULL, 0, &rows))
        return false;
    /* What does not open (the key was changed) keeps nobody from signing out here. */
    if (!rows.count || tl_rows_bytes(&rows, 0, 0, &sealed, &sealed_size) ||
        tl_unseal_with(call->settings->psc_seal, tl_text(tl_rows_text(&rows, 0, 1)),
                       tl_bytes(sealed, sealed_size), &address, &size))
        return true;
    if (size)
        *ret_address = json_stringn((const char *)address, size);
    tl_secret_wipe(address, size);
    free(address);
    return true;
}

/* ---- theirs ends: a token says so ---- */

static unsigned read_form(struct tl_call *call, char *token, size_t room, size_t *ret_size)
{
    static const char form[] = "application/x-www-form-urlencoded", name[] = "logout_token=";
    struct tl_text type = call->request->content_type;
    struct tl_text rest = { (const char *)call->request->body.data, call->request->body.size };
    struct tl_text field, found = { NULL, 0 };
    if (type.size < sizeof form - 1 || memcmp(type.data, form, sizeof form - 1) != 0)
        return TL_PSC_FORM;
    for (bool more = rest.size > 0; more;) {
        more = tl_text_split(&rest, '&', &field);
        if (field.size < sizeof name - 1 || memcmp(field.data, name, sizeof name - 1) != 0)
            continue;
        if (found.data)
            return TL_PSC_FORM; /* twice */
        found =
            (struct tl_text){ field.data + sizeof name - 1, field.size - (sizeof name - 1) };
    }
    return found.data && tl_percent_read(found, token, room, ret_size) == TL_OK
               ? (unsigned)TL_PSC_GOOD
               : (unsigned)TL_PSC_FORM;
}

static unsigned take(struct tl_call *call, const struct tl_psc_logout *logout)
{
    uint8_t digest[TL_DIGEST_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    tl_token_digest(tl_text(logout->jti), digest);
    if (!tl_call_ask(call, TL_SQL_PSC_LOGOUT_TAKE, &rows, tl_value_raw(digest, sizeof digest),
                     tl_value(logout->sub[0] ? logout->sub : NULL),
                     tl_value(logout->sid[0] ? logout->sid : NULL)))
        return TL_PSC_OUTCOME_COUNT; /* answered */
    return tl_rows_integer(&rows, 0, 0) < 0 ? (unsigned)TL_PSC_REPEATED : (unsigned)TL_PSC_GOOD;
}

void tl_post_psc_logout(struct tl_call *call)
{
    char token[TL_PSC_TOKEN_LIMIT + 1];
    struct tl_psc *psc = call->settings->psc;
    struct tl_psc_logout logout = { 0 };
    size_t size = 0;
    if (!psc) {
        (void)tl_refuse(call, TL_PROBLEM_MISSING, NULL,
                        TL_SAY("Pro Santé Connect n'est pas proposé ici.",
                               "Pro Santé Connect is not offered here."));
        return;
    }
    tl_psc_provider_begin(psc->provider);
    unsigned outcome = read_form(call, token, sizeof token, &size);
    if (!outcome) {
        struct tl_psc_expected expected = { .issuer = tl_psc_provider_issuer(psc->provider),
                                            .client_id =
                                                tl_psc_provider_client(psc->provider) };
        struct tl_psc_judging judging = { .token = { token, size },
                                          .expected = &expected,
                                          .now = tl_clock_wall(),
                                          .logout = &logout };
        outcome = tl_psc_judge(psc, &judging);
    }
    if (!outcome)
        outcome = take(call, &logout);
    if (outcome == TL_PSC_OUTCOME_COUNT || !tl_psc_ended(call, TL_PSC_LOGOUT, outcome, NULL) ||
        (outcome == TL_PSC_GOOD && !tl_sessions_tell_ended(call)))
        return;
    if (outcome == TL_PSC_GOOD) {
        tl_answer_empty(call, 200);
        return;
    }
    call->keep = true; /* what came is in the audit */
    (void)tl_refuse(
        call, outcome == TL_PSC_AWAY ? TL_PROBLEM_AWAY : TL_PROBLEM_FORMAT, NULL,
        TL_SAY("Ce jeton de déconnexion n'est pas admis.", "This logout token is not taken."));
}
