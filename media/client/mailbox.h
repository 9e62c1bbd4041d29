/* What the demo's mailbox folder holds for an address: the link and the code of a visit, sent as
 * two messages (docs/api.md, The patient's visit). */
#ifndef TL_CLIENT_MAILBOX_H
#define TL_CLIENT_MAILBOX_H

#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

enum { TL_MAIL_TOKEN_SIZE = 256, TL_MAIL_CODE_SIZE = 7 };

struct tl_mail_invitation {
    char token[TL_MAIL_TOKEN_SIZE]; /* "" until the link came */
    char code[TL_MAIL_CODE_SIZE];   /* "" until the code came */
};

/* One message as it would leave by SMTP; keeps what it finds. False: it is for somebody else. */
bool tl_mail_read(struct tl_bytes message, const char *address,
                  struct tl_mail_invitation *invitation);
/* All messages (*.eml) of a folder not older than since (seconds since 1970). TL_ERROR_MISSING
 * until both are there; TL_ERROR_IO. */
enum tl_error tl_mailbox_find(const char *folder, const char *address, long since,
                              struct tl_mail_invitation *ret_invitation);

#endif
