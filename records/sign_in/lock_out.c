#include "sign_in/lock_out.h"

#include <stdio.h>
#include <string.h>

#include "sign_in/devices.h"
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
    *ret_attempt = (struct tl_attempt){ 0 };
    tl_login_lower(login, lower, sizeof lower);
    tl_sha256(tl_bytes(lower, strlen(lower)), ret_attempt->login);
    return tl_text_copy(call->request->peer, ret_attempt->peer, sizeof ret_attempt->peer)
               ? tl_refuse_error(call, TL_ERROR_LIMIT)
               : true;
}

/* A digest of what is counted, the device's own share apart. */
static void count_for(const char *what, const char *whose, const struct tl_device *device,
                      uint8_t ret_digest[TL_DIGEST_SIZE])
{
    char text[200];
    int used =
        snprintf(text, sizeof text, "%s|%s|%s", what, whose, device ? device->token : "");
    tl_sha256(tl_bytes(text, (size_t)used), ret_digest);
    tl_secret_wipe(text, sizeof text);
}

bool tl_attempt_of_device(struct tl_call *call, struct tl_text login,
                          struct tl_attempt *ret_attempt)
{
    struct tl_device device;
    char hex[2 * TL_DIGEST_SIZE + 1];
    if (!tl_attempt_read(call, login, ret_attempt))
        return false;
    tl_device_read(call->request->cookie, &device);
    if (!tl_device_is_known(&device, call->settings->device_key, ret_attempt->login))
        return true;
    tl_hex_write(tl_bytes(ret_attempt->login, TL_DIGEST_SIZE), hex);
    count_for("login", hex, &device, ret_attempt->login);
    ret_attempt->by_device = true;
    return true;
}

bool tl_attempt_of_factor(struct tl_call *call, struct tl_attempt *ret_attempt)
{
    struct tl_device device;
    uint8_t login[TL_DIGEST_SIZE];
    tl_autorows struct tl_rows rows = { 0 };
    *ret_attempt = (struct tl_attempt){ 0 };
    if (!tl_call_run(call, TL_SQL_FACTOR_LOGIN, NULL, 0, &rows))
        return false;
    const char *text = rows.count ? tl_rows_text(&rows, 0, 0) : NULL;
    tl_sha256(tl_bytes(text ? text : "", text ? strlen(text) : 0), login);
    tl_device_read(call->request->cookie, &device);
    bool known = tl_device_is_known(&device, call->settings->device_key, login);
    count_for("factor", call->who.account, known ? &device : NULL, ret_attempt->login);
    ret_attempt->by_device = known;
    return tl_text_copy(call->request->peer, ret_attempt->peer, sizeof ret_attempt->peer)
               ? tl_refuse_error(call, TL_ERROR_LIMIT)
               : true;
}

bool tl_attempt_refuse(struct tl_call *call, int seconds)
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
                     tl_value_raw(attempt->login, TL_DIGEST_SIZE),
                     tl_value(attempt->by_device ? NULL : attempt->peer), tl_value(login_most),
                     tl_value(address_most), tl_value(window)))
        return false;
    int seconds = (int)tl_rows_integer(&rows, 0, 0);
    return seconds > 0 ? tl_attempt_refuse(call, seconds) : true;
}

bool tl_attempt_failed(struct tl_call *call, const struct tl_attempt *attempt,
                       enum tl_problem problem, const char *field, struct tl_words detail)
{
    if (!tl_call_ask(call, TL_SQL_SIGN_IN_FAILURE_ADD, NULL,
                     tl_value_raw(attempt->login, TL_DIGEST_SIZE), tl_value(attempt->peer)))
        return false;
    call->keep = true;
    return tl_refuse(call, problem, field, detail);
}
