/* To Pro Santé Connect and back: authorization code with PKCE (RFC 6749 section 4.1, RFC 7636), state
 * and nonce bound to one browser, each once, within ten minutes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/policy.h"
#include "psc/handlers.h"
#include "psc/psc.h"
#include "sign_in/handlers.h"
#include "sign_in/tokens.h"

enum { ADDRESS_SIZE = 2048, CODE_LIMIT = 400, STATE_LIMIT = 200, PEER_LIMIT = 64 };
static const char nonce_use[] = "psc nonce", verifier_use[] = "psc verifier";

/* ---- what browsers are told: one shape, four words ---- */

static const char *word_for_people(unsigned outcome)
{
    switch (outcome) {
    case TL_PSC_DECLINED: return "refused";
    case TL_PSC_UNKNOWN:
    case TL_PSC_NO_RPPS: return "unknown";
    case TL_PSC_AWAY:
    case TL_PSC_CROWD: return "away";
    default: return "failed";
    }
}

static void tell(struct tl_call *call, unsigned outcome, const char *page)
{
    char address[ADDRESS_SIZE];
    struct tl_writer writer = tl_writer(address, sizeof address);
    if (!call->query) /* unreadable, and dealt with */
        call->query = json_object();
    if (!tl_psc_ended(call, TL_PSC_SIGN_IN, outcome, NULL))
        return;
    tl_write_format(&writer, "/connexion?psc=%s", word_for_people(outcome));
    if (page && strcmp(page, "/") != 0) {
        tl_write_format(&writer, "&retour=");
        tl_percent_write(&writer, tl_text(page));
    }
    tl_write_u8(&writer, 0);
    tl_answer_redirect(call, writer.failed ? "/connexion?psc=failed" : address);
}

static bool is_offered(struct tl_call *call)
{
    if (call->settings->psc) {
        tl_psc_provider_begin(call->settings->psc->provider);
        return true;
    }
    return tl_refuse(call, TL_PROBLEM_MISSING, NULL,
                     TL_SAY("Pro Santé Connect n'est pas proposé ici.",
                            "Pro Santé Connect is not offered here."));
}

/* A path of our pages, and nothing a browser could read as an address elsewhere. */
static bool is_page(struct tl_text page)
{
    static const char api[] = "/api";
    if (!page.size || page.size > TL_PSC_PAGE_LIMIT || page.data[0] != '/' ||
        (page.size > 1 && (page.data[1] == '/' || page.data[1] == '\\')) ||
        (page.size >= sizeof api - 1 && memcmp(page.data, api, sizeof api - 1) == 0))
        return false;
    for (size_t i = 0; i < page.size; i++)
        if (page.data[i] <= ' ' || page.data[i] > '~' || page.data[i] == '\\')
            return false;
    return true;
}

static bool is_token(struct tl_text text)
{
    return text.size == TL_TOKEN_SIZE - 1 && tl_psc_is_base64url(text);
}

/* ---- there ---- */

/* A browser that has several attempts under way has one cookie for them all. */
static void cookie_of(struct tl_call *call, char ret_cookie[TL_TOKEN_SIZE])
{
    struct tl_text cookie = { NULL, 0 };
    if (tl_cookie_read(call->request->cookie, TL_COOKIE_PSC, &cookie) || !is_token(cookie) ||
        tl_text_copy(cookie, ret_cookie, TL_TOKEN_SIZE))
        tl_random_token(TL_TOKEN_BYTES, ret_cookie);
}

static enum tl_error write_address(struct tl_call *call, const struct tl_psc_endpoints *there,
                                   const char *state, const char *cookie,
                                   char ret_address[ADDRESS_SIZE])
{
    char nonce[TL_TOKEN_SIZE], verifier[TL_TOKEN_SIZE], challenge[TL_TOKEN_SIZE],
        redirect[ADDRESS_SIZE / 2];
    uint8_t digest[TL_DIGEST_SIZE];
    const uint8_t *key = call->settings->psc_key;
    tl_state_token(key, nonce_use, state, tl_text(cookie), nonce);
    tl_state_token(key, verifier_use, state, tl_text(cookie), verifier);
    tl_sha256(tl_bytes(verifier, strlen(verifier)), digest);
    tl_base64url_write(tl_bytes(digest, sizeof digest), challenge);
    tl_secret_wipe(verifier, sizeof verifier);
    snprintf(redirect, sizeof redirect, "%s/api/psc/callback", call->settings->public_url);
    const struct {
        const char *name, *value;
    } parameters[] = {
        { "response_type", "code" },
        { "client_id", tl_psc_provider_client(call->settings->psc->provider) },
        { "redirect_uri", redirect },
        { "scope", "openid scope_all" },
        { "acr_values", TL_PSC_ACR },
        { "state", state },
        { "nonce", nonce },
        { "code_challenge", challenge },
        { "code_challenge_method", "S256" },
    };
    struct tl_writer writer = tl_writer(ret_address, ADDRESS_SIZE);
    tl_write_format(&writer, "%s", there->authorization);
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++) {
        tl_write_format(&writer, "%s%s=", i || strchr(there->authorization, '?') ? "&" : "?",
                        parameters[i].name);
        tl_percent_write(&writer, tl_text(parameters[i].value));
    }
    tl_write_u8(&writer, 0);
    return writer.failed ? TL_ERROR_LIMIT : TL_OK;
}

void tl_get_psc_begin(struct tl_call *call)
{
    struct tl_fields f;
    char page[TL_PSC_PAGE_LIMIT + 1] = "/", peer[PEER_LIMIT + 1], cookie[TL_TOKEN_SIZE],
                                  state[TL_TOKEN_SIZE], address[ADDRESS_SIZE];
    uint8_t state_digest[TL_DIGEST_SIZE], cookie_digest[TL_DIGEST_SIZE];
    const struct tl_psc_endpoints *there = NULL;
    tl_autorows struct tl_rows rows = { 0 };
    if (!is_offered(call) || !tl_call_query(call, &f))
        return;
    struct tl_text wanted = tl_field_text_or_none(&f, "page", TL_PSC_PAGE_LIMIT);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (is_page(wanted))
        (void)tl_text_copy(wanted, page, sizeof page);
    if (tl_text_copy(call->request->peer, peer, sizeof peer)) {
        (void)tl_refuse_error(call, TL_ERROR_LIMIT);
        return;
    }
    if (!tl_call_ask(call, TL_SQL_PSC_ATTEMPT_COUNT, &rows, tl_value(peer)))
        return;
    if (tl_rows_integer(&rows, 0, 0) >= TL_PSC_ATTEMPTS_LIMIT) {
        tell(call, TL_PSC_CROWD, page);
        return;
    }
    enum tl_error error = tl_psc_provider_endpoints(call->settings->psc->provider, &there);
    if (error) {
        tell(call, tl_psc_outcome_of(error), page);
        return;
    }
    cookie_of(call, cookie);
    tl_random_token(TL_TOKEN_BYTES, state);
    tl_token_digest(tl_text(state), state_digest);
    tl_token_digest(tl_text(cookie), cookie_digest);
    if (write_address(call, there, state, cookie, address)) {
        tell(call, TL_PSC_ANSWER, page);
        return;
    }
    if (!tl_call_become(call, TL_DB_STRANGER, state_digest) ||
        !tl_call_ask(
            call, TL_SQL_PSC_ATTEMPT_ADD, NULL, tl_value_raw(state_digest, sizeof state_digest),
            tl_value_raw(cookie_digest, sizeof cookie_digest), tl_value(peer), tl_value(page)))
        return;
    tl_answer_redirect(call, address);
    tl_answer_cookie_lax(call, TL_COOKIE_PSC, cookie, TL_PSC_ATTEMPT_S);
    tl_secret_wipe(cookie, sizeof cookie);
}

/* ---- and back ---- */

/* One redirect back to us, as far as it has come. */
struct arrival {
    char state[STATE_LIMIT + 1], page[TL_PSC_PAGE_LIMIT + 1];
    char code[CODE_LIMIT + 1];
    struct tl_text cookie, issuer, refusal; /* spans */
    struct tl_psc_identity identity;
    struct tl_psc_tokens tokens;
    struct tl_psc_person who;
    bool asked_database_in_vain; /* answered already */
};

static unsigned read_redirect(struct tl_call *call, struct arrival *arrival)
{
    if (tl_query_read(call->request->query, &call->query))
        return TL_PSC_FORM;
    struct tl_fields f = tl_fields(call->query);
    struct tl_text state = tl_field_text(&f, "state", 1, STATE_LIMIT);
    struct tl_text code = tl_field_text_or_none(&f, "code", CODE_LIMIT);
    arrival->issuer = tl_field_text_or_none(&f, "iss", TL_QUERY_VALUE_LIMIT);
    arrival->refusal = tl_field_text_or_none(&f, "error", TL_QUERY_VALUE_LIMIT);
    /* What else is there is let be: RFC 6749 section 4.1.2. */
    if (f.wrong_field || tl_text_copy(state, arrival->state, sizeof arrival->state) ||
        tl_text_copy(code, arrival->code, sizeof arrival->code) ||
        !arrival->code[0] == !arrival->refusal.size)
        return TL_PSC_FORM;
    if (tl_cookie_read(call->request->cookie, TL_COOKIE_PSC, &arrival->cookie) ||
        !is_token(arrival->cookie))
        return TL_PSC_BROWSER;
    return TL_PSC_GOOD;
}

static unsigned take_attempt(struct tl_call *call, struct arrival *arrival)
{
    uint8_t state[TL_DIGEST_SIZE], browser[TL_DIGEST_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    tl_token_digest(tl_text(arrival->state), state);
    tl_token_digest(arrival->cookie, browser);
    arrival->asked_database_in_vain = true;
    if (!tl_call_become(call, TL_DB_STRANGER, state) ||
        !tl_call_ask(call, TL_SQL_PSC_ATTEMPT_FIND, &rows, tl_value_raw(state, sizeof state),
                     tl_value_raw(browser, sizeof browser)))
        return TL_PSC_MEMORY;
    arrival->asked_database_in_vain = false;
    if (!rows.count)
        return TL_PSC_STATE;
    if (!tl_rows_boolean(&rows, 0, 1))
        return TL_PSC_BROWSER; /* left to whose it is */
    (void)tl_text_copy(tl_text(tl_rows_text(&rows, 0, 0)), arrival->page, sizeof arrival->page);
    arrival->asked_database_in_vain = true;
    if (!tl_call_ask(call, TL_SQL_PSC_ATTEMPT_END, NULL, tl_value_raw(state, sizeof state)))
        return TL_PSC_MEMORY;
    arrival->asked_database_in_vain = false;
    return tl_rows_boolean(&rows, 0, 2) ? (unsigned)TL_PSC_GOOD : (unsigned)TL_PSC_LATE;
}

/* RFC 9207 section 2.4: whose redirect it is, before its code is shown to anybody. */
static unsigned check_issuer(struct tl_psc *psc, const struct arrival *arrival)
{
    const struct tl_psc_endpoints *there = NULL;
    if (arrival->issuer.size)
        return tl_text_is(arrival->issuer, tl_psc_provider_issuer(psc->provider))
                   ? (unsigned)TL_PSC_GOOD
                   : (unsigned)TL_PSC_PROVIDER;
    enum tl_error error = tl_psc_provider_endpoints(psc->provider, &there);
    if (error)
        return tl_psc_outcome_of(error);
    return there->names_itself ? (unsigned)TL_PSC_PROVIDER : (unsigned)TL_PSC_GOOD;
}

static unsigned refusal_of(struct tl_text error)
{
    return tl_text_is(error, "temporarily_unavailable") || tl_text_is(error, "server_error")
               ? (unsigned)TL_PSC_AWAY
               : (unsigned)TL_PSC_DECLINED;
}

static unsigned read_person(struct tl_psc *psc, const struct tl_psc_expected *expected,
                            tl_time_us now, struct arrival *arrival)
{
    struct tl_bytes answer = tl_bytes(arrival->tokens.person, arrival->tokens.person_size);
    char *opened = NULL;
    if (arrival->tokens.is_signed) {
        struct tl_psc_judging judging = {
            .token = { (const char *)answer.data, answer.size },
            .expected = expected,
            .now = now,
            .person = &opened,
        };
        unsigned verdict = tl_psc_judge(psc, &judging);
        if (verdict || !opened)
            return verdict ? verdict : (unsigned)TL_PSC_MEMORY;
        answer = tl_bytes(opened, strlen(opened));
    }
    enum tl_error error = tl_psc_person_read(answer, arrival->identity.sub, &arrival->who);
    free(opened);
    switch (error) {
    case TL_OK: return TL_PSC_GOOD;
    case TL_ERROR_AUTH: return TL_PSC_SUBJECT_OTHER;
    case TL_ERROR_UNSUPPORTED: return TL_PSC_NO_RPPS;
    default: return TL_PSC_ANSWER;
    }
}

/* The code into somebody. */
static unsigned ask_provider(struct tl_call *call, struct arrival *arrival)
{
    struct tl_psc *psc = call->settings->psc;
    char nonce[TL_TOKEN_SIZE], verifier[TL_TOKEN_SIZE];
    const uint8_t *key = call->settings->psc_key;
    tl_state_token(key, nonce_use, arrival->state, arrival->cookie, nonce);
    tl_state_token(key, verifier_use, arrival->state, arrival->cookie, verifier);
    enum tl_error error =
        tl_psc_provider_tokens(psc->provider, arrival->code, verifier, &arrival->tokens);
    tl_secret_wipe(verifier, sizeof verifier);
    if (error)
        return tl_psc_outcome_of(error);
    struct tl_psc_expected expected = {
        .issuer = tl_psc_provider_issuer(psc->provider),
        .client_id = tl_psc_provider_client(psc->provider),
        .nonce = nonce,
        .acr = TL_PSC_ACR,
    };
    tl_time_us now = tl_clock_wall(); /* the provider's answer is younger than the request */
    struct tl_psc_judging judging = { .token = tl_text(arrival->tokens.identity),
                                      .expected = &expected,
                                      .now = now,
                                      .identity = &arrival->identity };
    unsigned verdict = tl_psc_judge(psc, &judging);
    return verdict ? verdict : read_person(psc, &expected, now, arrival);
}

/* A session of ours, and on to the page that was wanted. */
static void let_in(struct tl_call *call, const struct arrival *arrival)
{
    char account[TL_UUID_SIZE], person[TL_UUID_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_ACCOUNT_BY_RPPS, &rows, tl_value(arrival->who.rpps)))
        return;
    if (!rows.count) {
        tell(call, TL_PSC_UNKNOWN, arrival->page);
        return;
    }
    (void)tl_text_copy(tl_text(tl_rows_text(&rows, 0, 0)), account, sizeof account);
    (void)tl_text_copy(tl_text(tl_rows_text(&rows, 0, 1)), person, sizeof person);
    tl_session_begin(call, account, NULL,
                     TL_STRENGTH_PROVIDER); /* wrong passwords are not forgiven */
    if (call->answer.status == tl_problem_status(TL_PROBLEM_LIMIT) ||
        call->answer.status == tl_problem_status(TL_PROBLEM_FULL)) {
        tell(call, TL_PSC_CROWD, arrival->page);
        call->undo = true; /* the session was one too many */
        return;
    }
    if (call->answer.status != 200)
        return;
    if (tl_psc_keep(call, &arrival->identity, arrival->tokens.identity) &&
        tl_psc_ended(call, TL_PSC_SIGN_IN, TL_PSC_GOOD, person))
        tl_answer_redirect(call, arrival->page);
}

void tl_get_psc_callback(struct tl_call *call)
{
    struct arrival arrival = { .page = "/" };
    if (!is_offered(call))
        return;
    unsigned outcome = read_redirect(call, &arrival);
    if (!outcome)
        outcome = take_attempt(call, &arrival);
    if (!outcome)
        outcome = check_issuer(call->settings->psc, &arrival);
    if (!outcome && arrival.refusal.size)
        outcome = refusal_of(arrival.refusal);
    if (!outcome)
        outcome = ask_provider(call, &arrival);
    if (!outcome)
        let_in(call, &arrival);
    else if (!arrival.asked_database_in_vain)
        tell(call, outcome, arrival.page);
    tl_psc_tokens_release(&arrival.tokens);
    tl_secret_wipe(arrival.code, sizeof arrival.code);
}
