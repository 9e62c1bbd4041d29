/* What waits to be sent to one client: whole messages, in order, few and small enough. Pure. */
#ifndef TL_DOOR_OUTGOING_H
#define TL_DOOR_OUTGOING_H

#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"

enum { TL_OUTGOING_MESSAGES_LIMIT = 512, TL_OUTGOING_BYTES_LIMIT = 1024 * 1024 };

struct tl_outgoing_message {
    struct tl_outgoing_message *next;
    size_t size;
    unsigned char data[]; /* room for lws before, then the message */
};

struct tl_outgoing {
    struct tl_outgoing_message *first, *last;
    size_t count, bytes;
};

/* room: bytes left free before the message. TL_ERROR_LIMIT: the client does not read;
 * TL_ERROR_MEMORY. */
enum tl_error tl_outgoing_add(struct tl_outgoing *outgoing, struct tl_text message,
                              size_t room);
void tl_outgoing_drop_first(struct tl_outgoing *outgoing);
void tl_outgoing_drop_all(struct tl_outgoing *outgoing);

#endif
