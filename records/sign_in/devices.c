#include "sign_in/devices.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "http/policy.h"
#include "sign_in/handlers.h"
#include "sign_in/tokens.h"

static void make_mark(const struct tl_device *device, const uint8_t key[32],
                      const uint8_t login[TL_DIGEST_SIZE], char ret_mark[TL_DEVICE_MARK_SIZE])
{
    uint8_t both[2 * TL_DIGEST_SIZE], digest[TL_DIGEST_SIZE];
    unsigned size = sizeof digest;
    memcpy(both, device->digest, TL_DIGEST_SIZE);
    memcpy(both + TL_DIGEST_SIZE, login, TL_DIGEST_SIZE);
    HMAC(EVP_sha256(), key, 32, both, sizeof both, digest, &size);
    tl_base64url_write(tl_bytes(digest, 16), ret_mark);
}

void tl_device_read(struct tl_text cookies, struct tl_device *ret_device)
{
    struct tl_device device = { 0 };
    struct tl_text value, part;
    *ret_device = device;
    if (tl_cookie_read(cookies, TL_COOKIE_DEVICE, &value))
        return;
    bool more = tl_text_split(&value, '.', &part);
    if (part.size != TL_TOKEN_SIZE - 1)
        return;
    memcpy(device.token, part.data, part.size);
    tl_token_digest(tl_text(device.token), device.digest);
    while (more && device.mark_count < TL_DEVICE_MARKS) {
        more = tl_text_split(&value, '.', &part);
        if (part.size == TL_DEVICE_MARK_SIZE - 1)
            memcpy(device.marks[device.mark_count++], part.data, part.size);
    }
    *ret_device = device;
}

bool tl_device_is_known(const struct tl_device *device, const uint8_t key[32],
                        const uint8_t login[TL_DIGEST_SIZE])
{
    char mark[TL_DEVICE_MARK_SIZE];
    bool known = false;
    if (!device->token[0])
        return false;
    make_mark(device, key, login, mark);
    for (size_t i = 0; i < device->mark_count; i++)
        known |= tl_secret_equal(tl_bytes(device->marks[i], TL_DEVICE_MARK_SIZE - 1),
                                 tl_bytes(mark, TL_DEVICE_MARK_SIZE - 1));
    return known;
}

void tl_device_mark(struct tl_device *device, const uint8_t key[32],
                    const uint8_t login[TL_DIGEST_SIZE], char ret_cookie[TL_DEVICE_COOKIE_SIZE])
{
    char mark[TL_DEVICE_MARK_SIZE];
    if (!device->token[0]) {
        tl_random_token(TL_TOKEN_BYTES, device->token);
        tl_token_digest(tl_text(device->token), device->digest);
    }
    make_mark(device, key, login, mark);
    size_t used = (size_t)snprintf(ret_cookie, TL_DEVICE_COOKIE_SIZE, "%s.%s", device->token,
                                   mark),
           marks = 1;
    for (size_t i = 0; i < device->mark_count && marks < TL_DEVICE_MARKS; i++)
        if (strcmp(device->marks[i], mark) != 0) {
            used += (size_t)snprintf(ret_cookie + used, TL_DEVICE_COOKIE_SIZE - used, ".%s",
                                     device->marks[i]);
            marks++;
        }
}

bool tl_device_remember(struct tl_call *call, const char *account,
                        const uint8_t login[TL_DIGEST_SIZE], bool trusted)
{
    struct tl_device device;
    char cookie[TL_DEVICE_COOKIE_SIZE], days[8];
    tl_device_read(call->request->cookie, &device);
    tl_device_mark(&device, call->settings->device_key, login, cookie);
    snprintf(days, sizeof days, "%d", TL_DEVICE_TRUST_DAYS);
    if (!tl_call_ask(call, TL_SQL_DEVICE_SEEN, NULL, tl_value(account),
                     tl_value_raw(device.digest, TL_DIGEST_SIZE),
                     tl_value(trusted ? days : NULL)))
        return false;
    tl_answer_cookie_for(call, TL_COOKIE_DEVICE, cookie, TL_DEVICE_MEMORY_DAYS);
    tl_secret_wipe(cookie, sizeof cookie);
    return true;
}

void tl_post_me_device_forget(struct tl_call *call)
{
    tl_autorows struct tl_rows rows = { 0 };
    if (!tl_call_empty_body(call) ||
        !tl_call_ask(call, TL_SQL_DEVICE_FORGET, &rows, tl_value(call->who.account),
                     tl_value(call->ids[0])))
        return;
    if (rows.count)
        tl_answer_empty(call, 204);
    else
        (void)tl_refuse_missing(call);
}
