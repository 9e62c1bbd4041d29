#include "links.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_ROOM = 16 * 1024 };

enum tl_error tl_link_open(struct tl_link *link, const struct tl_address *to)
{
    bool ipv4 = tl_address_is_ipv4(to);
    struct sockaddr_in6 in6;
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(to->port) };
    int on = 1;
    tl_address_to_socket(to, &in6);
    memcpy(&in.sin_addr, to->ip + 12, 4);
    int fd = socket(ipv4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return TL_ERROR_IO;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    int connected = ipv4 ? connect(fd, (struct sockaddr *)&in, sizeof in)
                         : connect(fd, (struct sockaddr *)&in6, sizeof in6);
    if (connected != 0 && errno != EINPROGRESS) {
        close(fd);
        return TL_ERROR_IO;
    }
    link->fd = fd;
    link->to = *to;
    link->in.used = link->rest_used = 0;
    link->why = 0;
    return TL_OK;
}

/* False while something is left. */
static bool push(struct tl_link *link)
{
    if (!link->rest_used)
        return true;
    ssize_t sent = send(link->fd, link->rest, link->rest_used, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent <= 0)
        return false;
    link->rest_used -= (size_t)sent;
    memmove(link->rest, link->rest + sent, link->rest_used);
    return link->rest_used == 0;
}

void tl_link_send(struct tl_link *link, struct tl_bytes datagram)
{
    size_t size;
    if (link->fd < 0 || !push(link) ||
        tl_frame_write(datagram, link->rest, sizeof link->rest, &size))
        return;
    ssize_t sent = send(link->fd, link->rest, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent <= 0)
        return; /* not even begun */
    link->rest_used = size - (size_t)sent;
    memmove(link->rest, link->rest + sent, link->rest_used);
}

bool tl_link_receive(struct tl_link *link, tl_link_receiver *receiver, void *context)
{
    uint8_t data[READ_ROOM], *at = data, *frame;
    ssize_t got = recv(link->fd, data, sizeof data, MSG_DONTWAIT);
    if (got < 0) {
        link->why = errno;
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    }
    if (got == 0)
        return false;
    size_t left = (size_t)got, size;
    enum tl_error error;
    while ((error = tl_deframer_next(&link->in, &at, &left, &frame, &size)) == TL_OK)
        receiver(context, &link->to, frame, size);
    (void)push(link);
    return error == TL_ERROR_AGAIN;
}
