/* The listening sockets, held by the supervisor so that connections queue while the door is
 * started again. */
#ifndef TL_SUPERVISOR_LISTENERS_H
#define TL_SUPERVISOR_LISTENERS_H

#include "base/error.h"

/* A TCP socket bound to a literal IPv4 or IPv6 address, listening, close-on-exec. TL_ERROR_EXISTS:
 * the port is taken; TL_ERROR_FORMAT: not an address; TL_ERROR_IO. */
enum tl_error tl_listener_open(const char *address, int port, int *ret_fd);

#endif
