#include "sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SOCKET_BUFFER = 1 << 20 };

enum tl_error tl_path_open(struct tl_path *path, uint16_t *ret_port)
{
    struct sockaddr_storage address = { .ss_family = AF_INET6 };
    socklen_t size = sizeof(struct sockaddr_in6);
    int flags = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, off = 0, room = SOCKET_BUFFER;
    path->fd = socket(AF_INET6, flags, 0);
    path->ipv6 = path->fd >= 0;
    if (!path->ipv6) { /* a host without IPv6 */
        path->fd = socket(AF_INET, flags, 0);
        address.ss_family = AF_INET;
        size = sizeof(struct sockaddr_in);
    }
    if (path->fd < 0)
        return TL_ERROR_IO;
    if (path->ipv6)
        (void)setsockopt(path->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    (void)setsockopt(path->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    (void)setsockopt(path->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (bind(path->fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(path->fd, (struct sockaddr *)&address, &size) != 0) {
        close(path->fd);
        return TL_ERROR_IO;
    }
    struct tl_address bound;
    if (tl_address_from_socket(&address, &bound) == TL_OK)
        *ret_port = bound.port;
    return TL_OK;
}

void tl_path_send(const struct tl_path *path, const struct tl_address *to,
                  struct tl_bytes datagram)
{
    struct sockaddr_in6 in6;
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(to->port) };
    tl_address_to_socket(to, &in6);
    memcpy(&in.sin_addr, to->ip + 12, 4);
    /* What does not leave is lost, as on any network: repeats make up for it. */
    if (path->ipv6)
        (void)!sendto(path->fd, datagram.data, datagram.size, 0, (struct sockaddr *)&in6,
                      sizeof in6);
    else
        (void)!sendto(path->fd, datagram.data, datagram.size, 0, (struct sockaddr *)&in,
                      sizeof in);
}

bool tl_path_receive(const struct tl_path *path, uint8_t data[TL_PATH_DATAGRAM_ROOM],
                     struct tl_address *ret_from, size_t *ret_size)
{
    struct sockaddr_storage from;
    for (;;) {
        socklen_t size = sizeof from;
        ssize_t got =
            recvfrom(path->fd, data, TL_PATH_DATAGRAM_ROOM, 0, (struct sockaddr *)&from, &size);
        /* A relay that is gone answers by ICMP: that is an error of an earlier sendto. */
        if (got < 0 && errno != ECONNREFUSED)
            return false;
        if (got > 0 && tl_address_from_socket(&from, ret_from) == TL_OK) {
            *ret_size = (size_t)got;
            return true;
        }
    }
}

enum tl_error tl_socket_url_read(const char *url, struct tl_socket_url *ret_url)
{
    struct tl_socket_url read = { .port = 443 };
    struct tl_text rest = tl_text(url), host, port = { NULL, 0 };
    if (!tl_text_starts_with(rest, "wss://"))
        return TL_ERROR_FORMAT;
    rest.data += 6;
    rest.size -= 6;
    (void)tl_text_split(&rest, '/', &host);
    if (host.size && host.data[0] == '[') {
        host.data++;
        host.size--;
        struct tl_text after = host;
        if (!tl_text_split(&after, ']', &host))
            return TL_ERROR_FORMAT;
        if (after.size && after.data[0] == ':')
            port = (struct tl_text){ after.data + 1, after.size - 1 };
    } else {
        struct tl_text after = host;
        (void)tl_text_split(&after, ':', &host);
        port = after;
    }
    uint64_t number = 443;
    if ((port.size && tl_text_u64(port, UINT16_MAX, &number)) || host.size == 0 ||
        tl_text_copy(host, read.host, sizeof read.host) || rest.size + 2 > sizeof read.path)
        return TL_ERROR_FORMAT;
    read.path[0] = '/';
    memcpy(read.path + 1, rest.data, rest.size);
    read.path[rest.size + 1] = 0;
    read.port = (int)number;
    *ret_url = read;
    return TL_OK;
}
