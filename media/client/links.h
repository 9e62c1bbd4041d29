/* TCP connections to a relay (RFC 6544, active side), opened when the first datagram for their address
 * is sent. A shell. What the kernel does not take at once is lost, as a datagram would be; only a
 * frame that is half out is finished. */
#ifndef TL_CLIENT_LINKS_H
#define TL_CLIENT_LINKS_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/error.h"
#include "media/address.h"
#include "media/deframer.h"

struct tl_link {
    int fd; /* -1: none */
    struct tl_address to;
    struct tl_deframer in;
    size_t rest_used;
    int why; /* errno of what ended it */
    uint8_t rest[TL_FRAME_HEADER_SIZE + TL_FRAME_LIMIT];
};

/* Begins to connect. TL_ERROR_IO. */
enum tl_error tl_link_open(struct tl_link *link, const struct tl_address *to);
void tl_link_send(struct tl_link *link, struct tl_bytes datagram);
typedef void tl_link_receiver(void *context, const struct tl_address *from, uint8_t *data,
                              size_t size);
/* What is there. False: the connection is over; whoever holds fd closes it. */
bool tl_link_receive(struct tl_link *link, tl_link_receiver *receiver, void *context);

#endif
