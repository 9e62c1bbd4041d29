/* The second factor at work: a code is given, at sign-in or for a step-up; one is enrolled, replaced,
 * and taken away by who answers for somebody. */
#include "sign_in/factor.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "http/limits.h"
#include "http/policy.h"
#include "outbox/outbox.h"
#include "sign_in/devices.h"
#include "sign_in/factor_seal.h"
#include "sign_in/lock_out.h"
#include "sign_in/step_up.h"
#include "sign_in/tokens.h"

/* The rows of the account, behind their lock: a code given twice at once is taken once. */
struct factor {
    bool in_force, pending;
    int64_t last_step;
    uint8_t secret[TL_TOTP_SECRET_SIZE], pending_secret[TL_TOTP_SECRET_SIZE];
};

static bool open_secret(struct tl_call *call, const struct tl_rows *rows, size_t column,
                        uint8_t ret_secret[TL_TOTP_SECRET_SIZE])
{
    tl_autofree uint8_t *sealed = NULL;
    size_t size = 0;
    enum tl_error error = tl_rows_bytes(rows, 0, column, &sealed, &size);
    if (!error)
        error = tl_factor_open(call->settings->factor_key, call->who.account,
                               tl_bytes(sealed, size), ret_secret);
    return error ? tl_refuse_error(call, TL_ERROR_IO) : true;
}

static bool find(struct tl_call *call, struct factor *ret_factor)
{
    tl_autorows struct tl_rows rows = { 0 };
    *ret_factor = (struct factor){ 0 };
    if (!tl_call_ask(call, TL_SQL_FACTOR_FIND, &rows, tl_value(call->who.account)))
        return false;
    if (!rows.count)
        return true;
    ret_factor->in_force = tl_rows_text(&rows, 0, 0) != NULL;
    ret_factor->pending = tl_rows_text(&rows, 0, 1) != NULL;
    ret_factor->last_step = tl_rows_integer(&rows, 0, 2);
    return (!ret_factor->in_force || open_secret(call, &rows, 0, ret_factor->secret)) &&
           (!ret_factor->pending || open_secret(call, &rows, 1, ret_factor->pending_secret));
}

static void forget(struct factor *factor)
{
    tl_secret_wipe(factor, sizeof *factor);
}

static bool login_of(struct tl_call *call, uint8_t ret_login[TL_DIGEST_SIZE], char *ret_text,
                     size_t size)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_run(call, TL_SQL_FACTOR_LOGIN, NULL, 0, &rows))
        return false;
    const char *login = rows.count ? tl_rows_text(&rows, 0, 0) : NULL;
    if (!login)
        return tl_refuse_error(call, TL_ERROR_IO);
    tl_sha256(tl_bytes(login, strlen(login)), ret_login);
    return ret_text && tl_text_copy(tl_text(login), ret_text, size)
               ? tl_refuse_error(call, TL_ERROR_LIMIT)
               : true;
}

/* ---- codes ---- */

static bool wrong(struct tl_call *call, const struct tl_attempt *attempt, bool used)
{
    call->audit_as = "factor.refused";
    return tl_attempt_failed(
        call, attempt, TL_PROBLEM_CODE, "code",
        used ? TL_SAY("Ce code a déjà servi : attendez le suivant.",
                      "This code was used already: wait for the next.")
             : TL_SAY("Ce n'est pas le code attendu.", "This is not the code expected."));
}

/* A code of the application. */
static bool take_code(struct tl_call *call, const struct tl_attempt *attempt,
                      const uint8_t secret[TL_TOTP_SECRET_SIZE], int64_t last_step,
                      struct tl_text code, int64_t *ret_step)
{
    enum tl_error error = tl_totp_check(secret, code, call->now, last_step, ret_step);
    if (error == TL_ERROR_CRYPTO)
        return tl_refuse_error(call, error);
    return error ? wrong(call, attempt, error == TL_ERROR_EXISTS) : true;
}

/* A recovery code is of ten letters, so that nobody has to say which of the two they give. */
static bool take(struct tl_call *call, const struct tl_attempt *attempt,
                 const struct factor *factor, struct tl_text code)
{
    uint8_t hash[TL_RECOVERY_HASH_SIZE];
    char step[24];
    int64_t at;
    tl_autorows struct tl_rows rows = { 0 };
    if (tl_recovery_code_hash(call->settings->recovery_key, call->who.account, code, hash)) {
        if (!take_code(call, attempt, factor->secret, factor->last_step, code, &at))
            return false;
        snprintf(step, sizeof step, "%lld", (long long)at);
        return tl_call_ask(call, TL_SQL_FACTOR_USED, NULL, tl_value(call->who.account),
                           tl_value(step));
    }
    if (!tl_call_ask(call, TL_SQL_RECOVERY_CODE_USE, &rows, tl_value(call->who.account),
                     tl_value_raw(hash, sizeof hash)))
        return false;
    return rows.count ? true : wrong(call, attempt, false);
}

/* The half session becomes whole, or the whole one has proved itself anew. Answers. */
static void prove(struct tl_call *call, const struct tl_attempt *attempt, bool trusted,
                  json_t *extra)
{
    char token[TL_TOKEN_SIZE] = "";
    uint8_t digest[TL_DIGEST_SIZE], login[TL_DIGEST_SIZE];
    bool half = call->who.proof == TL_PROOF_MISSING;
    bool done = tl_call_ask(call, TL_SQL_SIGN_IN_FORGIVE, NULL,
                            tl_value_raw(attempt->login, TL_DIGEST_SIZE)) &&
                login_of(call, login, NULL, 0);
    if (done && half) {
        tl_random_token(TL_TOKEN_BYTES, token);
        tl_token_digest(tl_text(token), digest);
        done = tl_call_ask(call, TL_SQL_WEB_SESSION_COMPLETE, NULL,
                           tl_value_raw(digest, sizeof digest)) &&
               tl_call_become(call, TL_DB_PERSON, digest) &&
               tl_limit_holds(call, TL_LIMIT_ACCOUNT_SESSIONS, call->who.account, NULL, 0);
        tl_csrf_write(tl_text(token), call->who.csrf);
    } else if (done) {
        done = tl_call_run(call, TL_SQL_WEB_SESSION_PROVED, NULL, 0, NULL);
    }
    if (!done) {
        json_decref(extra);
        return;
    }
    call->who.proof = TL_PROOF_CODE;
    call->who.enrolled = true;
    (void)tl_session_whole(call, half ? token : NULL, login, trusted, extra);
    tl_secret_wipe(token, sizeof token);
}

static bool read_code(struct tl_call *call, struct tl_text *ret_code, bool *ret_remember)
{
    struct tl_fields f;
    if (!tl_call_body(call, &f))
        return false;
    *ret_code = tl_field_characters(&f, "code", TL_TOTP_DIGITS, 20, TL_ONE_LINE);
    *ret_remember = tl_field_boolean_or(&f, "remember", false);
    return tl_fields_end(&f) ? tl_refuse_fields(call, &f) : true;
}

void tl_post_factor_code(struct tl_call *call)
{
    struct tl_text code;
    struct tl_attempt attempt;
    struct factor factor;
    bool remember;
    if (!read_code(call, &code, &remember) || !tl_attempt_of_factor(call, &attempt) ||
        !tl_attempt_may(call, &attempt) || !find(call, &factor))
        return;
    if (!factor.in_force)
        (void)tl_refuse(call, TL_PROBLEM_STATE, NULL,
                        TL_SAY("Ce compte n'a pas encore de second facteur.",
                               "This account has no second factor yet."));
    else if (take(call, &attempt, &factor, code))
        prove(call, &attempt, remember, NULL);
    forget(&factor);
}

/* ---- enrolment ---- */

/* A first factor needs the password only; another one, a proof of the one in force. */
static bool may_enrol(struct tl_call *call, const struct factor *factor)
{
    if (!factor->in_force)
        return true;
    if (call->who.proof == TL_PROOF_MISSING)
        return tl_refuse(call, TL_PROBLEM_FORBIDDEN, NULL,
                         TL_SAY("Donnez d'abord un code du second facteur en place.",
                                "First give a code of the second factor in force."));
    return tl_step_up_check(call, TL_ACTION_FACTOR_CHANGE);
}

void tl_post_factor_enrol(struct tl_call *call)
{
    struct factor factor;
    uint8_t secret[TL_TOTP_SECRET_SIZE], sealed[TL_FACTOR_SEALED_SIZE], digest[TL_DIGEST_SIZE];
    char login[4 * 200 + 1], text[TL_TOTP_TEXT_SIZE], uri[TL_TOTP_URI_SIZE];
    if (!tl_call_empty_body(call) || !find(call, &factor))
        return;
    bool may = may_enrol(call, &factor);
    forget(&factor);
    if (!may || !login_of(call, digest, login, sizeof login))
        return;
    tl_random_bytes(secret, sizeof secret);
    enum tl_error error =
        tl_factor_seal(call->settings->factor_key, call->who.account, secret, sealed);
    if (!error)
        error = tl_totp_text(secret, text);
    if (!error)
        error = tl_totp_uri(secret, tl_text(login), uri);
    tl_secret_wipe(secret, sizeof secret);
    if (error)
        (void)tl_refuse_error(call, error);
    else if (tl_call_ask(call, TL_SQL_FACTOR_PENDING, NULL, tl_value(call->who.account),
                         tl_value_raw(sealed, sizeof sealed)))
        tl_answer_object(call, 200, json_pack("{s:s,s:s}", "secret", text, "uri", uri));
    tl_secret_wipe(text, sizeof text);
    tl_secret_wipe(uri, sizeof uri);
}

/* The ten codes, shown this once; NULL, and answered, when they could not be kept. */
static json_t *make_recovery_codes(struct tl_call *call)
{
    json_t *codes = json_array();
    char code[TL_RECOVERY_CODE_SIZE];
    uint8_t hash[TL_RECOVERY_HASH_SIZE];
    bool made = codes && tl_call_ask(call, TL_SQL_RECOVERY_CODES_FORGET, NULL,
                                     tl_value(call->who.account));
    for (unsigned i = 0; made && i < TL_RECOVERY_CODES; i++) {
        tl_recovery_code_make(code);
        made = (!tl_recovery_code_hash(call->settings->recovery_key, call->who.account,
                                       tl_text(code), hash) ||
                tl_refuse_error(call, TL_ERROR_CRYPTO)) &&
               tl_call_ask(call, TL_SQL_RECOVERY_CODE_ADD, NULL, tl_value(call->who.account),
                           tl_value_raw(hash, sizeof hash));
        json_array_append_new(codes, json_string(code));
    }
    tl_secret_wipe(code, sizeof code);
    if (made)
        return codes;
    json_decref(codes);
    return NULL;
}

void tl_post_factor_confirm(struct tl_call *call)
{
    struct tl_text code;
    struct tl_attempt attempt;
    struct factor factor;
    bool remember;
    char step[24];
    int64_t at;
    json_t *codes;
    if (!read_code(call, &code, &remember) || !tl_attempt_of_factor(call, &attempt) ||
        !tl_attempt_may(call, &attempt) || !find(call, &factor))
        return;
    if (!factor.pending) {
        (void)tl_refuse(call, TL_PROBLEM_STATE, NULL,
                        TL_SAY("Recommencez : le code à scanner a expiré.",
                               "Begin again: the code to scan has expired."));
    } else if (may_enrol(call, &factor) &&
               take_code(call, &attempt, factor.pending_secret, 0, code, &at)) {
        snprintf(step, sizeof step, "%lld", (long long)at);
        if (tl_call_ask(call, TL_SQL_FACTOR_CONFIRM, NULL, tl_value(call->who.account),
                        tl_value(step)) &&
            (codes = make_recovery_codes(call)))
            prove(call, &attempt, remember, json_pack("{s:o}", "recovery_codes", codes));
    }
    forget(&factor);
}

void tl_post_recovery_codes(struct tl_call *call)
{
    struct factor factor;
    json_t *codes;
    if (!tl_call_empty_body(call) || !find(call, &factor))
        return;
    if (!factor.in_force)
        (void)tl_refuse(call, TL_PROBLEM_STATE, NULL,
                        TL_SAY("Ce compte n'a pas encore de second facteur.",
                               "This account has no second factor yet."));
    else if ((codes = make_recovery_codes(call)))
        tl_answer_object(call, 200, json_pack("{s:o}", "recovery_codes", codes));
    forget(&factor);
}

void tl_get_factor(struct tl_call *call)
{
    struct tl_device device;
    tl_autorows struct tl_rows rows = { 0 };
    tl_device_read(call->request->cookie, &device);
    if (tl_call_ask(call, TL_SQL_FACTOR_MINE, &rows, tl_value(call->who.account),
                    tl_value_raw(device.digest, TL_DIGEST_SIZE)))
        tl_answer_json(call, 200, tl_rows_text(&rows, 0, 0));
}

/* ---- taken away ---- */

static bool tell_reset(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_LEAVER_FACTS, &rows, tl_value(call->ids[0]),
                     tl_value(call->ids[1])))
        return false;
    const char *language = tl_rows_text(&rows, 0, 1);
    struct tl_recipient to = { tl_rows_text(&rows, 0, 0), NULL,
                               language && strcmp(language, "en") == 0 ? TL_ENGLISH
                                                                       : TL_FRENCH };
    struct tl_message_facts facts = { call->who.name, tl_rows_text(&rows, 0, 2), call->now, "",
                                      "" };
    return tl_outbox_tell(call, TL_TOPIC_FACTOR_RESET, &to, &facts);
}

void tl_post_people_factor_reset(struct tl_call *call)
{
    tl_autorows struct tl_rows member = { 0 }, rows = { 0 };
    if (!tl_call_empty_body(call) ||
        !tl_call_ask(call, TL_SQL_MEMBER_ROLES, &member, tl_value(call->ids[0]),
                     tl_value(call->ids[1])))
        return;
    if (!tl_rows_text(&member, 0, 0)[0]) {
        (void)tl_refuse_missing(call);
        return;
    }
    memcpy(call->audit_object, call->ids[1], sizeof call->audit_object);
    if (!tl_call_ask(call, TL_SQL_FACTOR_RESET, &rows, tl_value(call->ids[1])))
        return;
    if (!tl_rows_boolean(&rows, 0, 0))
        (void)tl_refuse(call, TL_PROBLEM_STATE, NULL,
                        TL_SAY("Cette personne n'a pas de compte, ou c'est vous : remplacez le "
                               "vôtre dans vos réglages.",
                               "This person has no account, or is you: replace your own in "
                               "your settings."));
    else if (tell_reset(call) && tl_sessions_tell_ended(call))
        tl_answer_empty(call, 204);
}

/* ---- the demo ---- */

bool tl_factor_of_demo(struct tl_call *call, const char *account)
{
    uint8_t secret[TL_TOTP_SECRET_SIZE], sealed[TL_FACTOR_SEALED_SIZE];
    tl_random_bytes(secret, sizeof secret);
    enum tl_error error = tl_factor_seal(call->settings->factor_key, account, secret, sealed);
    tl_secret_wipe(secret, sizeof secret);
    return error ? tl_refuse_error(call, error)
                 : tl_call_ask(call, TL_SQL_FACTOR_OF_DEMO, NULL, tl_value(account),
                               tl_value_raw(sealed, sizeof sealed));
}

json_t *tl_factor_demo_code(struct tl_call *call)
{
    struct factor factor;
    char code[TL_TOTP_CODE_SIZE];
    json_t *found = NULL;
    if (!call->settings->demo || !call->who.demo || !find(call, &factor))
        return NULL;
    int64_t now = tl_totp_step(call->now), step = now;
    if (step <= factor.last_step)
        step = factor.last_step + 1;
    if (factor.in_force && step <= now + TL_TOTP_DRIFT &&
        tl_totp_code(factor.secret, step, code) == TL_OK)
        found = json_string(code);
    tl_secret_wipe(code, sizeof code);
    forget(&factor);
    return found;
}
