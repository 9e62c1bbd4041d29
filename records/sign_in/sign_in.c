/* Local accounts: who signs in, and out. */
#include <string.h>

#include "http/limits.h"
#include "sign_in/handlers.h"
#include "sign_in/lock_out.h"
#include "sign_in/password.h"
#include "sign_in/tokens.h"

void tl_get_about(struct tl_call *call)
{
    tl_answer_object(call, 200,
                     json_pack("{s:s,s:s,s:s,s:b}", "name", "Téléloire", "version",
                               call->settings->version, "region", call->settings->region,
                               "demo", call->settings->demo));
}

static json_t *me(struct tl_call *call, const char *account, const char *csrf)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_ME, &rows, tl_value(account)))
        return NULL;
    json_t *object = rows.count ? json_loads(tl_rows_text(&rows, 0, 0), 0, NULL) : NULL;
    if (!object) {
        (void)tl_refuse_error(call, TL_ERROR_IO);
        return NULL;
    }
    json_object_set_new(object, "csrf", json_string(csrf));
    json_object_set_new(object, "demo", json_boolean(call->settings->demo));
    return object;
}

void tl_get_me(struct tl_call *call)
{
    json_t *object = me(call, call->who.account, call->who.csrf);
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
    struct tl_text token = { NULL, 0 };
    uint8_t digest[TL_DIGEST_SIZE];
    if (!tl_call_empty_body(call))
        return;
    (void)tl_cookie_read(call->request->cookie, TL_COOKIE_ACCOUNT, &token);
    tl_token_digest(token, digest);
    if (!tl_call_ask(call, TL_SQL_WEB_SESSION_END, NULL, tl_value_raw(digest, sizeof digest)))
        return;
    tl_answer_empty(call, 204);
    tl_answer_cookie(call, TL_COOKIE_ACCOUNT, "");
}

static void begin_session(struct tl_call *call, const char *account,
                          const uint8_t login[TL_DIGEST_SIZE])
{
    char token[TL_TOKEN_SIZE], csrf[TL_TOKEN_SIZE];
    uint8_t digest[TL_DIGEST_SIZE];
    tl_random_token(TL_TOKEN_BYTES, token);
    tl_token_digest(tl_text(token), digest);
    tl_csrf_write(tl_text(token), csrf);
    if (!tl_limit_holds(call, TL_LIMIT_ACCOUNT_SESSIONS, account, NULL, 1) ||
        !tl_call_ask(call, TL_SQL_WEB_SESSION_ADD, NULL, tl_value_raw(digest, sizeof digest),
                     tl_value(account)) ||
        !tl_call_ask(call, TL_SQL_SIGN_IN_FORGIVE, NULL, tl_value_raw(login, TL_DIGEST_SIZE)))
        return;
    json_t *object = me(call, account, csrf);
    if (!object)
        return;
    tl_answer_object(call, 200, json_pack("{s:o}", "me", object));
    tl_answer_cookie(call, TL_COOKIE_ACCOUNT, token);
    tl_secret_wipe(token, sizeof token);
}

void tl_post_sign_in(struct tl_call *call)
{
    struct tl_fields f;
    char login[TL_LOGIN_SIZE];
    struct tl_attempt attempt;
    if (!tl_call_body(call, &f))
        return;
    struct tl_text name = tl_field_characters(&f, "login", 1, TL_LOGIN_LIMIT, TL_ONE_LINE);
    struct tl_text password =
        tl_field_characters(&f, "password", 1, TL_PASSWORD_LIMIT, TL_ONE_LINE);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    tl_login_lower(name, login, sizeof login);
    if (!tl_attempt_read(call, name, &attempt) || !tl_attempt_may(call, &attempt))
        return;
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_ACCOUNT_BY_LOGIN, &rows, tl_value(login)))
        return;
    enum tl_error error = tl_password_verify(password, tl_rows_text(&rows, 0, 1));
    if (error == TL_OK)
        begin_session(call, tl_rows_text(&rows, 0, 0), attempt.login);
    else if (error != TL_ERROR_AUTH)
        (void)tl_refuse_error(call, error);
    else
        (void)tl_attempt_failed(call, &attempt, NULL,
                                TL_SAY("Vérifiez l'identifiant et le mot de passe.",
                                       "Check the login and the password."));
}
