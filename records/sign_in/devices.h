/* Browsers an account was signed in from before. Their cookie holds a random token, and for the
 * accounts last signed in there a mark that only we can make: by it a device that was here before is
 * told from any other without asking the database, so that it keeps a share of its own while its
 * account, or its address, is attacked (sign_in/attempts.h). The mark opens nothing; whether the
 * password alone is enough is for the database to say, by the token. */
#ifndef TL_RECORDS_DEVICES_H
#define TL_RECORDS_DEVICES_H

#include "http/call.h"

#define TL_COOKIE_DEVICE "__Host-teleloire-device"

enum {
    TL_DEVICE_MARK_SIZE = 23, /* base64url of 16 bytes and a NUL */
    TL_DEVICE_MARKS = 4,      /* a shared computer: so many accounts keep their share */
    TL_DEVICE_COOKIE_SIZE = TL_TOKEN_SIZE + TL_DEVICE_MARKS * TL_DEVICE_MARK_SIZE,
    TL_DEVICE_TRUST_DAYS = 30,
    TL_DEVICE_MEMORY_DAYS = 180
};

struct tl_device {
    char token[TL_TOKEN_SIZE]; /* "" : the browser has none */
    uint8_t digest[TL_DIGEST_SIZE];
    char marks[TL_DEVICE_MARKS][TL_DEVICE_MARK_SIZE];
    size_t mark_count;
};

/* The device of a Cookie header; all zero when it has none, or something else in its place. */
void tl_device_read(struct tl_text cookies, struct tl_device *ret_device);
/* Was an account of this login signed in there, by its mark? */
bool tl_device_is_known(const struct tl_device *device, const uint8_t key[32],
                        const uint8_t login[TL_DIGEST_SIZE]);
/* The cookie once the account was signed in there: a token where there was none, its mark first. */
void tl_device_mark(struct tl_device *device, const uint8_t key[32],
                    const uint8_t login[TL_DIGEST_SIZE],
                    char ret_cookie[TL_DEVICE_COOKIE_SIZE]);

/* The browser of a whole session is remembered, and its cookie set; trusted: vouched for by its
 * owner, for TL_DEVICE_TRUST_DAYS. False, and answered, when the database refused. */
bool tl_device_remember(struct tl_call *call, const char *account,
                        const uint8_t login[TL_DIGEST_SIZE], bool trusted);

#endif
