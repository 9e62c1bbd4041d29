/* The relayed addresses: UDP sockets bound before the sandbox, lent to one allocation at a time. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "turn_service.h"

enum { DATAGRAM_ROOM = 1700, DATAGRAMS_AT_ONCE = 64, DSCP_AF41 = 34 };

static enum tl_error open_one(const struct tl_turn_service_config *config, uint16_t port,
                              struct relayed *relayed)
{
    bool ipv4 = tl_address_is_ipv4(&config->bind_to);
    int on = 1, off = 0;
    int fd = socket(ipv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return TL_ERROR_IO;
    relayed->fd = fd;
    (void)setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
    if (!ipv4) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on);
    }
    struct sockaddr_storage bound;
    struct sockaddr_in6 in6;
    struct sockaddr_in in = { .sin_family = AF_INET };
    socklen_t size = sizeof bound;
    tl_address_to_socket(&config->bind_to, &in6);
    in6.sin6_port = htons(port);
    in.sin_port = htons(port);
    memcpy(&in.sin_addr, config->bind_to.ip + 12, 4);
    int bad = ipv4 ? bind(fd, (struct sockaddr *)&in, sizeof in)
                   : bind(fd, (struct sockaddr *)&in6, sizeof in6);
    if (bad && port) {
        in.sin_port = in6.sin6_port = 0;
        bad = ipv4 ? bind(fd, (struct sockaddr *)&in, sizeof in)
                   : bind(fd, (struct sockaddr *)&in6, sizeof in6);
    }
    if (bad || getsockname(fd, (struct sockaddr *)&bound, &size) != 0)
        return TL_ERROR_IO;
    struct tl_address own;
    enum tl_error error = tl_address_from_socket(&bound, &own);
    if (error)
        return error;
    relayed->address = config->own[0];
    relayed->address.port = own.port;
    return TL_OK;
}

enum tl_error turn_pool_open(struct tl_turn_service *service,
                             const struct tl_turn_service_config *config)
{
    service->ipv4 = tl_address_is_ipv4(&config->bind_to);
    for (size_t i = 0; i < TL_TURN_CONNECTIONS_LIMIT; i++) {
        uint16_t port = config->pool_port ? (uint16_t)(config->pool_port + i) : 0;
        enum tl_error error = open_one(config, port, &service->pool[i]);
        if (!error)
            error = turn_watch(service, EPOLL_CTL_ADD, service->pool[i].fd, EPOLLIN,
                               TURN_POOL_TAG | (uint32_t)i);
        if (error)
            return error;
    }
    return TL_OK;
}

void turn_pool_close(struct tl_turn_service *service)
{
    for (size_t i = 0; i < TL_TURN_CONNECTIONS_LIMIT; i++)
        if (service->pool[i].fd >= 0)
            close(service->pool[i].fd);
}

bool turn_pool_reserve(void *context, void *its_stream, struct tl_address *ret_relayed)
{
    struct tl_turn_service *service = context;
    struct turn_stream *stream = its_stream;
    for (size_t tried = 0; tried < TL_TURN_CONNECTIONS_LIMIT; tried++) {
        size_t i = (service->pool_next + tried) % TL_TURN_CONNECTIONS_LIMIT;
        if (service->pool[i].owner)
            continue;
        service->pool[i].owner = stream->number;
        service->pool_next = i + 1;
        stream->relayed = (int)i;
        *ret_relayed = service->pool[i].address;
        return true;
    }
    return false;
}

void turn_pool_release(void *context, void *its_stream)
{
    struct tl_turn_service *service = context;
    struct turn_stream *stream = its_stream;
    service->pool[stream->relayed].owner = 0;
    stream->relayed = -1;
    stream->idle_since = service->now;
}

void turn_pool_send(struct turn_stream *stream, const struct tl_address *peer,
                    struct tl_bytes data)
{
    struct tl_turn_service *service = stream->service;
    const struct relayed *relayed = &service->pool[stream->relayed];
    struct sockaddr_in6 in6;
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(peer->port) };
    tl_address_to_socket(peer, &in6);
    memcpy(&in.sin_addr, peer->ip + 12, 4);
    ssize_t sent = service->ipv4 ? sendto(relayed->fd, data.data, data.size, MSG_DONTWAIT,
                                          (struct sockaddr *)&in, sizeof in)
                                 : sendto(relayed->fd, data.data, data.size, MSG_DONTWAIT,
                                          (struct sockaddr *)&in6, sizeof in6);
    if (sent < 0)
        service->counters.dropped++;
    else
        service->counters.to_peers++;
}

/* Pictures by the mark the relay gave them; STUN and DTLS carry the same and are none. */
static bool is_video(struct msghdr *header, const uint8_t *data)
{
    int mark = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
            mark = *(const uint8_t *)CMSG_DATA(c);
        else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)
            memcpy(&mark, CMSG_DATA(c), sizeof mark);
    }
    return mark >> 2 == DSCP_AF41 && data[0] >= 128;
}

void turn_pool_hear(struct tl_turn_service *service, struct relayed *relayed)
{
    struct turn_stream *stream = turn_stream_find(service, relayed->owner);
    for (unsigned i = 0; i < DATAGRAMS_AT_ONCE; i++) {
        uint8_t data[DATAGRAM_ROOM], control[128], message[TL_TURN_MESSAGE_LIMIT];
        struct sockaddr_storage from;
        struct iovec part = { data, sizeof data };
        struct msghdr header = { .msg_name = &from,
                                 .msg_namelen = sizeof from,
                                 .msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control };
        ssize_t got = recvmsg(relayed->fd, &header, MSG_DONTWAIT);
        struct tl_address peer;
        size_t size;
        if (got < 0 && errno != ECONNREFUSED)
            break;
        if (got <= 0 || !stream || header.msg_flags & MSG_TRUNC ||
            tl_address_from_socket(&from, &peer) ||
            !tl_turn_from_peer(service->core, &stream->turn, service->now, &peer,
                               tl_bytes(data, (size_t)got), message, sizeof message, &size)) {
            service->counters.dropped++;
            continue;
        }
        service->counters.from_peers++;
        turn_stream_send(stream, tl_bytes(message, size), is_video(&header, data));
    }
    if (stream)
        turn_stream_push(stream);
}
