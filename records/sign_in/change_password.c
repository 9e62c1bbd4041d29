/* A new password for one's own account: the old one is asked for again, as at the door. */
#include <string.h>

#include "sign_in/handlers.h"
#include "sign_in/lock_out.h"
#include "sign_in/password.h"
#include "sign_in/tokens.h"

static bool read_passwords(struct tl_call *call, struct tl_text *ret_old,
                           struct tl_text *ret_new)
{
    struct tl_fields f;
    if (!tl_call_body(call, &f))
        return false;
    *ret_old = tl_field_characters(&f, "old_password", 1, TL_PASSWORD_LIMIT, TL_ONE_LINE);
    *ret_new = tl_field_characters(&f, "new_password", TL_PASSWORD_LEAST, TL_PASSWORD_LIMIT,
                                   TL_ONE_LINE);
    if (!f.wrong_field && ret_old->size == ret_new->size &&
        memcmp(ret_old->data, ret_new->data, ret_new->size) == 0)
        tl_field_is_wrong(&f, "new_password", "same");
    return tl_fields_end(&f) ? tl_refuse_fields(call, &f) : true;
}

static void change(struct tl_call *call, const struct tl_attempt *attempt,
                   struct tl_text password)
{
    char hash[TL_PASSWORD_HASH_SIZE];
    uint8_t digest[TL_DIGEST_SIZE];
    struct tl_text token = { NULL, 0 };
    enum tl_error error = tl_password_hash(password, hash);
    if (error) {
        (void)tl_refuse_error(call, error);
        return;
    }
    (void)tl_cookie_read(call->request->cookie, TL_COOKIE_ACCOUNT, &token);
    tl_token_digest(token, digest);
    if (tl_call_ask(call, TL_SQL_ACCOUNT_SET_PASSWORD, NULL, tl_value(call->who.account),
                    tl_value(hash)) &&
        tl_call_ask(call, TL_SQL_WEB_SESSIONS_END_OTHERS, NULL, tl_value(call->who.account),
                    tl_value_raw(digest, sizeof digest)) &&
        tl_call_ask(call, TL_SQL_SIGN_IN_FORGIVE, NULL,
                    tl_value_raw(attempt->login, TL_DIGEST_SIZE)) &&
        tl_sessions_tell_ended(call))
        tl_answer_empty(call, 204);
}

void tl_post_me_password(struct tl_call *call)
{
    struct tl_text old, new;
    struct tl_attempt attempt;
    tl_autorows struct tl_rows account = { 0 };
    if (!read_passwords(call, &old, &new) ||
        !tl_call_ask(call, TL_SQL_ACCOUNT_LOGIN, &account, tl_value(call->who.account)) ||
        !tl_attempt_read(call, tl_text(tl_rows_text(&account, 0, 0)), &attempt) ||
        !tl_attempt_may(call, &attempt))
        return;
    /* Read behind the lock: of two changes at once the second asks for the first one's password. */
    tl_autorows struct tl_rows known = { 0 };
    if (!tl_call_ask(call, TL_SQL_ACCOUNT_BY_LOGIN, &known,
                     tl_value(tl_rows_text(&account, 0, 0))))
        return;
    enum tl_error error = tl_password_verify(old, tl_rows_text(&known, 0, 1));
    if (error == TL_OK)
        change(call, &attempt, new);
    else if (error == TL_ERROR_AUTH)
        (void)tl_attempt_failed(
            call, &attempt, TL_PROBLEM_CREDENTIALS, "old_password",
            TL_SAY("Ce n'est pas votre mot de passe.", "This is not your password."));
    else
        (void)tl_refuse_error(call, error);
}
