/* Whose a connection is, told from its first bytes before any TLS. A core: bytes in, a verdict out;
 * it reads what anybody may send.
 *
 *     0x16 ...                TLS: the ClientHello's server name (RFC 6066 section 3) says which
 *     length, STUN Binding    ICE over TCP (RFC 4571): the user name says which relay
 *     anything else           HTTPS, whose library answers as it sees fit
 */
#ifndef TL_DOOR_FIRST_BYTES_H
#define TL_DOOR_FIRST_BYTES_H

#include <stdbool.h>

#include "base/bytes.h"

enum {
    TL_FIRST_BYTES_LIMIT = 8192, /* a ClientHello with post-quantum shares has about 2,000 */
    TL_FIRST_BYTES_FRAME_LIMIT = 1200 /* of a framed STUN message */
};

enum tl_first_bytes {
    TL_FIRST_BYTES_MORE, /* not to be said yet */
    TL_FIRST_BYTES_HTTPS,
    TL_FIRST_BYTES_ICE,  /* for the relay of *ret_relay */
    TL_FIRST_BYTES_TURN, /* TLS for the TURN name */
    TL_FIRST_BYTES_NONE  /* STUN that names no relay: nobody's */
};

/* turn_name NULL or empty: no TURN here. */
enum tl_first_bytes tl_first_bytes_sort(struct tl_bytes bytes, const char *turn_name,
                                        unsigned *ret_relay);

#endif
