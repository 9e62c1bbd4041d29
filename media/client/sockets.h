/* The sockets of the loop: one UDP socket a path, and where a WebSocket goes. */
#ifndef TL_CLIENT_SOCKETS_H
#define TL_CLIENT_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "media/address.h"

enum { TL_PATH_DATAGRAM_ROOM = 2048, TL_SOCKET_URL_SIZE = 256 };

struct tl_path {
    int fd;
    bool ipv6; /* it speaks both; false on a host without IPv6 */
};

/* Non-blocking, on a port of the system's choice; whoever holds fd closes it. TL_ERROR_IO. */
enum tl_error tl_path_open(struct tl_path *path, uint16_t *ret_port);
void tl_path_send(const struct tl_path *path, const struct tl_address *to,
                  struct tl_bytes datagram);
/* False when nothing is there. */
bool tl_path_receive(const struct tl_path *path, uint8_t data[TL_PATH_DATAGRAM_ROOM],
                     struct tl_address *ret_from, size_t *ret_size);

struct tl_socket_url {
    char host[TL_SOCKET_URL_SIZE], path[TL_SOCKET_URL_SIZE];
    int port;
};
/* wss://HOST[:PORT]/PATH; HOST may be [::1]. TL_ERROR_FORMAT. */
enum tl_error tl_socket_url_read(const char *url, struct tl_socket_url *ret_url);

#endif
