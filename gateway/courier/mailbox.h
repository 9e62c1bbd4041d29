/* Delivery into a folder, one file a message, for an installation without an SMTP server or SMS
 * provider (the demo shows it). The file is named by the row's id: no identity in a file name. */
#ifndef TL_COURIER_MAILBOX_H
#define TL_COURIER_MAILBOX_H

#include "base/bytes.h"
#include "base/error.h"

/* Written, synced, then renamed into place: a file that is there is whole. Writing the same id
 * again replaces it. TL_ERROR_IO. */
enum tl_error tl_mailbox_write(const char *folder, const char *id, const char *ending,
                               struct tl_bytes content);

#endif
