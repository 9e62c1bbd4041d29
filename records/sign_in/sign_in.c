/* Local accounts: who signs in, and out. */
#include <string.h>

#include "http/limits.h"
#include "http/policy.h"
#include "psc/psc.h"
#include "sign_in/devices.h"
#include "sign_in/factor.h"
#include "sign_in/handlers.h"
#include "sign_in/lock_out.h"
#include "sign_in/password.h"
#include "sign_in/tokens.h"

void tl_get_about(struct tl_call *call)
{
    tl_answer_object(call, 200,
                     json_pack("{s:s,s:s,s:s,s:b,s:b}", "name", "Téléloire", "version",
                               call->settings->version, "region", call->settings->region,
                               "demo", call->settings->demo, "psc",
                               call->settings->psc != NULL));
}

/* Of who is signed in by half: what is missing, and nothing more. */
static json_t *half_me(struct tl_call *call)
{
    json_t *object = json_pack("{s:s,s:s,s:s,s:s,s:b}", "missing",
                               call->who.enrolled ? "code" : "enrol", "name", call->who.name,
                               "language", call->who.language == TL_ENGLISH ? "en" : "fr",
                               "csrf", call->who.csrf, "demo", (int)call->settings->demo);
    json_t *code = object ? tl_factor_demo_code(call) : NULL;
    if (object && call->settings->demo && call->who.demo)
        json_object_set_new(object, "demo_code", code ? code : json_string(""));
    return object;
}

json_t *tl_me(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (call->who.proof == TL_PROOF_MISSING)
        return half_me(call);
    if (!tl_call_ask(call, TL_SQL_ME, &rows, tl_value(call->who.account)))
        return NULL;
    json_t *object = rows.count ? json_loads(tl_rows_text(&rows, 0, 0), 0, NULL) : NULL;
    if (!object) {
        (void)tl_refuse_error(call, TL_ERROR_IO);
        return NULL;
    }
    json_object_set_new(object, "csrf", json_string(call->who.csrf));
    json_object_set_new(object, "demo", json_boolean(call->settings->demo));
    return object;
}

void tl_get_me(struct tl_call *call)
{
    json_t *object = tl_me(call);
    if (object)
        tl_answer_object(call, 200, object);
}

void tl_patch_me(struct tl_call *call)
{
    static const char *const languages[] = { "fr", "en" };
    struct tl_fields f;
    if (!tl_call_body(call, &f))
        return;
    size_t language = tl_field_word(&f, "language", languages, 2);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    if (tl_call_ask(call, TL_SQL_ACCOUNT_LANGUAGE, NULL, tl_value(call->who.account),
                    tl_value(languages[language])))
        tl_get_me(call);
}

void tl_post_sign_out(struct tl_call *call)
{
    if (!tl_call_empty_body(call))
        return;
    json_t *leave = NULL; /* the session over there goes on until its own page ends it */
    if (!tl_psc_leave(call, &leave) ||
        !tl_call_run(call, TL_SQL_WEB_SESSION_END, NULL, 0, NULL) ||
        !tl_sessions_tell_ended(call)) {
        json_decref(leave);
        return;
    }
    if (leave)
        tl_answer_object(call, 200, json_pack("{s:o}", "leave", leave));
    else
        tl_answer_empty(call, 204);
    tl_answer_cookie(call, TL_COOKIE_ACCOUNT, "");
}

/* ---- how a session begins ---- */

bool tl_session_whole(struct tl_call *call, const char *token,
                      const uint8_t login[TL_DIGEST_SIZE], bool trusted, json_t *extra)
{
    json_t *object = tl_me(call), *answer = extra ? extra : json_object();
    if (!object || (login && !tl_device_remember(call, call->who.account, login, trusted))) {
        json_decref(object);
        json_decref(answer);
        return false;
    }
    json_object_set_new(answer, "me", object);
    tl_answer_object(call, 200, answer);
    if (token)
        tl_answer_cookie(call, TL_COOKIE_ACCOUNT, token);
    return true;
}

/* What the database is to hold the new session for; it looks for a factor in force by itself. */
static bool judge(struct tl_call *call, const char *account, enum tl_strength strength,
                  const uint8_t device[TL_DIGEST_SIZE], const char **ret_proof)
{
    tl_autorows struct tl_rows facts = { 0 };
    if (!tl_call_ask(call, TL_SQL_SESSION_FACTS, &facts, tl_value(account),
                     tl_value_raw(device, TL_DIGEST_SIZE)))
        return false;
    const char *roles = tl_rows_text(&facts, 0, 0);
    bool needs = tl_access_needs_factor(tl_roles_read(tl_text(roles ? roles : "")));
    bool enrolled = tl_rows_boolean(&facts, 0, 1), demo = tl_rows_boolean(&facts, 0, 3);
    *ret_proof = strength == TL_STRENGTH_PROVIDER ? "provider" : needs ? NULL : "none";
    if (strength == TL_STRENGTH_PASSWORD && needs && !enrolled && demo && call->settings->demo)
        return tl_factor_of_demo(call, account);
    return true;
}

void tl_session_begin(struct tl_call *call, const char *account,
                      const uint8_t login[TL_DIGEST_SIZE], enum tl_strength strength)
{
    char token[TL_TOKEN_SIZE];
    uint8_t digest[TL_DIGEST_SIZE];
    struct tl_device device;
    const char *proof;
    tl_device_read(call->request->cookie, &device);
    tl_random_token(TL_TOKEN_BYTES, token);
    tl_token_digest(tl_text(token), digest);
    /* From here on the database works for the browser that has just signed in: it counts its own. */
    if (!judge(call, account, strength, device.digest, &proof) ||
        !tl_call_ask(call, TL_SQL_WEB_SESSION_BEGIN, NULL, tl_value_raw(digest, sizeof digest),
                     tl_value(account), tl_value(proof),
                     tl_value_raw(device.digest, TL_DIGEST_SIZE)) ||
        (login && !tl_call_ask(call, TL_SQL_SIGN_IN_FORGIVE, NULL,
                               tl_value_raw(login, TL_DIGEST_SIZE))) ||
        !tl_principal_of(call, tl_text(token)) ||
        !tl_limit_holds(call, TL_LIMIT_ACCOUNT_SESSIONS, account, NULL, 0))
        return;
    if (call->who.proof == TL_PROOF_MISSING)
        login = NULL; /* a device is remembered once somebody was wholly signed in there */
    (void)tl_session_whole(call, token, login, false, NULL);
    tl_secret_wipe(token, sizeof token);
}

/* What is typed at the sign-in. */
static bool read_sign_in(struct tl_call *call, struct tl_text *ret_login,
                         struct tl_text *ret_password)
{
    struct tl_fields f;
    if (call->body)
        f = tl_fields(call->body);
    else if (!tl_call_body(call, &f))
        return false;
    *ret_login = tl_field_characters(&f, "login", 1, TL_LOGIN_LIMIT, TL_ONE_LINE);
    *ret_password = tl_field_characters(&f, "password", 1, TL_PASSWORD_LIMIT, TL_ONE_LINE);
    return tl_fields_end(&f) ? tl_refuse_fields(call, &f) : true;
}

/* Whose shares a try takes from: its device's, when that was here before; else login and address. */
static struct tl_attempts_try shares_of(const struct tl_attempt *attempt)
{
    struct tl_bytes login = tl_bytes(attempt->login, TL_DIGEST_SIZE);
    struct tl_attempts_try tried = { 0 };
    tried.keys[attempt->by_device ? TL_ATTEMPTS_DEVICE : TL_ATTEMPTS_LOGIN] = login;
    if (!attempt->by_device)
        tried.keys[TL_ATTEMPTS_ADDRESS] = tl_bytes(attempt->peer, strlen(attempt->peer));
    return tried;
}

bool tl_sign_in_front(struct tl_call *call)
{
    struct tl_text login, password;
    struct tl_attempt attempt;
    enum tl_attempts_kind kind;
    int seconds;
    if (!call->attempts)
        return true;
    if (!read_sign_in(call, &login, &password) || !tl_attempt_of_device(call, login, &attempt))
        return false;
    struct tl_attempts_try tried = shares_of(&attempt);
    return tl_attempts_take(call->attempts, &tried, call->now, &kind, &seconds) ||
           tl_attempt_refuse(call, seconds);
}

void tl_post_sign_in(struct tl_call *call)
{
    struct tl_text name, password;
    char login[TL_LOGIN_SIZE];
    struct tl_attempt attempt;
    if (!read_sign_in(call, &name, &password))
        return;
    tl_login_lower(name, login, sizeof login);
    if (!tl_attempt_of_device(call, name, &attempt) || !tl_attempt_may(call, &attempt))
        return;
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_ACCOUNT_BY_LOGIN, &rows, tl_value(login)))
        return;
    call->hashed = true;
    enum tl_error error = tl_password_verify(password, tl_rows_text(&rows, 0, 1));
    struct tl_attempts_try tried = shares_of(&attempt);
    if (error == TL_OK && call->attempts)
        tl_attempts_give_back(call->attempts, &tried);
    if (error == TL_OK && attempt.by_device &&
        !tl_call_ask(call, TL_SQL_SIGN_IN_FORGIVE, NULL,
                     tl_value_raw(attempt.login, TL_DIGEST_SIZE)))
        return;
    if (error == TL_OK) {
        (void)tl_attempt_read(call, name, &attempt); /* the login itself marks the device */
        tl_session_begin(call, tl_rows_text(&rows, 0, 0), attempt.login, TL_STRENGTH_PASSWORD);
    } else if (error != TL_ERROR_AUTH) {
        (void)tl_refuse_error(call, error);
    } else {
        (void)tl_attempt_failed(call, &attempt, TL_PROBLEM_CREDENTIALS, NULL,
                                TL_SAY("Vérifiez l'identifiant et le mot de passe.",
                                       "Check the login and the password."));
    }
}
