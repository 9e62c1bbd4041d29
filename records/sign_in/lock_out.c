#include "sign_in/lock_out.h"

#include <stdio.h>

#include "sign_in/password.h"

void tl_login_lower(struct tl_text login, char *buffer, size_t size)
{
    size_t used = login.size < size - 1 ? login.size : size - 1;
    for (size_t i = 0; i < used; i++)
        buffer[i] = login.data[i] >= 'A' && login.data[i] <= 'Z' ? (char)(login.data[i] + 32)
                                                                 : login.data[i];
    buffer[used] = 0;
}

bool tl_attempt_read(struct tl_call *call, struct tl_text login, struct tl_attempt *ret_attempt)
{
    char lower[TL_LOGIN_SIZE];
    tl_login_lower(login, lower, sizeof lower);
    tl_sha256(tl_bytes(lower, strlen(lower)), ret_attempt->login);
    return tl_text_copy(call->request->peer, ret_attempt->peer, sizeof ret_attempt->peer)
               ? tl_refuse_error(call, TL_ERROR_LIMIT)
               : true;
}

static bool refuse(struct tl_call *call, int seconds)
{
    char texts[2][120];
    int minutes = (seconds + 59) / 60;
    snprintf(texts[TL_FRENCH], sizeof texts[0], "Trop d'essais. Réessayez dans %d minute%s.",
             minutes, minutes > 1 ? "s" : "");
    snprintf(texts[TL_ENGLISH], sizeof texts[0], "Too many tries. Try again in %d minute%s.",
             minutes, minutes > 1 ? "s" : "");
    call->answer.retry_after_s = seconds;
    return tl_refuse(call, TL_PROBLEM_LOCKED, NULL,
                     TL_SAY(texts[TL_FRENCH], texts[TL_ENGLISH]));
}

bool tl_attempt_may(struct tl_call *call, const struct tl_attempt *attempt)
{
    char hex[2 * TL_DIGEST_SIZE + 1], login_most[8], address_most[8], window[8];
    tl_autorows struct tl_rows rows = { 0 };
    tl_hex_write(tl_bytes(attempt->login, TL_DIGEST_SIZE), hex);
    snprintf(login_most, sizeof login_most, "%d", TL_LOGIN_FAILURES_LIMIT);
    snprintf(address_most, sizeof address_most, "%d", TL_ADDRESS_FAILURES_LIMIT);
    snprintf(window, sizeof window, "%d", TL_LOCK_MINUTES);
    if (!tl_call_ask(call, TL_SQL_LIMIT_LOCK, NULL, tl_value("login"), tl_value(hex)) ||
        !tl_call_ask(call, TL_SQL_SIGN_IN_LOCKED_FOR, &rows,
                     tl_value_raw(attempt->login, TL_DIGEST_SIZE), tl_value(attempt->peer),
                     tl_value(login_most), tl_value(address_most), tl_value(window)))
        return false;
    int seconds = (int)tl_rows_integer(&rows, 0, 0);
    return seconds > 0 ? refuse(call, seconds) : true;
}

bool tl_attempt_failed(struct tl_call *call, const struct tl_attempt *attempt,
                       const char *field, struct tl_words detail)
{
    if (!tl_call_ask(call, TL_SQL_SIGN_IN_FAILURE_ADD, NULL,
                     tl_value_raw(attempt->login, TL_DIGEST_SIZE), tl_value(attempt->peer)))
        return false;
    call->keep = true;
    return tl_refuse(call, TL_PROBLEM_CREDENTIALS, field, detail);
}
