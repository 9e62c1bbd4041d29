/* Local accounts. Five failures in fifteen minutes lock the login, known or not, and fifty the
 * address they came from; a locked one is refused before any hashing, so that it costs us nothing. */
#include <string.h>

#include "sign_in/handlers.h"
#include "sign_in/password.h"
#include "sign_in/tokens.h"

/* A whole site may share one address: five wrong passwords of one colleague must not lock it. */
enum { LOGIN_FAILURES_LIMIT = 5, ADDRESS_FAILURES_LIMIT = 50, LOCK_MINUTES = 15 };

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
    (void)tl_cookie_read(call->request->cookie, TL_COOKIE_ACCOUNT, &token);
    tl_token_digest(token, digest);
    if (!tl_call_ask(call, TL_SQL_WEB_SESSION_END, NULL, tl_value_raw(digest, sizeof digest)))
        return;
    tl_answer_empty(call, 204);
    tl_answer_cookie(call, TL_COOKIE_ACCOUNT, "");
}

static void lower(const struct tl_text text, char *buffer, size_t size)
{
    size_t used = text.size < size - 1 ? text.size : size - 1;
    for (size_t i = 0; i < used; i++)
        buffer[i] = text.data[i] >= 'A' && text.data[i] <= 'Z' ? (char)(text.data[i] + 32)
                                                               : text.data[i];
    buffer[used] = 0;
}

static bool is_locked(struct tl_call *call, const uint8_t login[TL_DIGEST_SIZE],
                      const char *peer)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_SIGN_IN_FAILURES, &rows, tl_value_raw(login, TL_DIGEST_SIZE),
                     tl_value(peer)))
        return true;
    if (tl_rows_integer(&rows, 0, 0) < LOGIN_FAILURES_LIMIT &&
        tl_rows_integer(&rows, 0, 1) < ADDRESS_FAILURES_LIMIT)
        return false;
    call->answer.retry_after_s = LOCK_MINUTES * 60;
    (void)tl_refuse(call, TL_PROBLEM_LOCKED, NULL,
                    TL_SAY("Trop d'essais. Réessayez dans un quart d'heure.",
                           "Too many tries. Try again in a quarter of an hour."));
    return true;
}

static void begin_session(struct tl_call *call, const char *account,
                          const uint8_t login[TL_DIGEST_SIZE])
{
    char token[TL_TOKEN_SIZE], csrf[TL_TOKEN_SIZE];
    uint8_t digest[TL_DIGEST_SIZE];
    tl_random_token(TL_TOKEN_BYTES, token);
    tl_token_digest(tl_text(token), digest);
    tl_csrf_write(tl_text(token), csrf);
    if (!tl_call_ask(call, TL_SQL_WEB_SESSION_ADD, NULL, tl_value_raw(digest, sizeof digest),
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
    char login[256], peer[65];
    uint8_t digest[TL_DIGEST_SIZE];
    if (!tl_call_body(call, &f))
        return;
    struct tl_text name = tl_field_text(&f, "login", 1, 200);
    struct tl_text password = tl_field_text(&f, "password", 1, TL_PASSWORD_LIMIT);
    if (tl_fields_end(&f)) {
        (void)tl_refuse_fields(call, &f);
        return;
    }
    lower(name, login, sizeof login);
    tl_sha256(tl_bytes(login, strlen(login)), digest);
    if (tl_text_copy(call->request->peer, peer, sizeof peer) || is_locked(call, digest, peer))
        return;
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_ask(call, TL_SQL_ACCOUNT_BY_LOGIN, &rows, tl_value(login)))
        return;
    enum tl_error error = tl_password_verify(password, tl_rows_text(&rows, 0, 1));
    if (error == TL_OK) {
        begin_session(call, tl_rows_text(&rows, 0, 0), digest);
    } else if (error != TL_ERROR_AUTH) {
        (void)tl_refuse_error(call, error);
    } else if (tl_call_ask(call, TL_SQL_SIGN_IN_FAILURE_ADD, NULL,
                           tl_value_raw(digest, sizeof digest), tl_value(peer))) {
        call->keep = true;
        (void)tl_refuse(call, TL_PROBLEM_CREDENTIALS, NULL,
                        TL_SAY("Vérifiez l'identifiant et le mot de passe.",
                               "Check the login and the password."));
    }
}
