/* A connection just accepted: who it is, and whose it is. */
#ifndef TL_DOOR_ACCEPTOR_H
#define TL_DOOR_ACCEPTOR_H

#include <stddef.h>

#include "base/error.h"

/* Every connection is for HTTPS today. When relays also listen on TCP 443 (framed ICE, RFC 4571;
 * TURN over TLS), the first bytes are peeked at here, before any TLS. */
enum tl_accept_kind { TL_ACCEPT_HTTPS };

enum tl_accept_kind tl_acceptor_sort(int fd);
/* The peer's address as text, without port. */
enum tl_error tl_acceptor_address(int fd, char *buffer, size_t size);

#endif
